/* `lasertwin answers`: safety questions that were answered differently at two stations, and settling them. */
#include "planner/plan/united.h"
#include "planner/safety/unite.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

#define LINE_BYTES 1200

static void json_row(struct json_out *out, const struct united_row *row, const struct facts *answers, size_t id)
{
	char words[400], when[RECORDS_TIME_SIZE];
	json_out_object(out, NULL);
	json_out_text(out, "answer", facts_words(answers, id, words, sizeof words));
	json_out_text_if(out, "by", row->by);
	json_out_text(out, "at", records_time(row->taken_at_ms, when));
	json_out_end_object(out);
}

static enum status print_json(const struct united *u, struct fail *why)
{
	struct json_out out;
	char words[400];
	records_json_begin(&out);
	json_out_array(&out, NULL);
	for (size_t id = 0; id < facts_spec_count(); id++) {
		if (facts_spec(id)->kind != FACT_QUESTION)
			continue;
		const bool differs = united_differs(u, id);
		json_out_object(&out, NULL);
		json_out_text(&out, "question", facts_spec(id)->name);
		json_out_bool(&out, "differs", differs);
		json_out_text(&out, "counts", facts_words(u->together, id, words, sizeof words));
		json_out_array(&out, "answers");
		for (size_t i = 0; i < (differs ? u->rows : 1); i++)
			json_row(&out, &u->row[i], u->row[i].answers, id);
		json_out_end_array(&out);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	return records_json_print(&out, why);
}

static void print_one(const struct cli_options *options, const struct united *u, size_t id)
{
	char line[LINE_BYTES], words[400], when[RECORDS_TIME_SIZE];
	(void)snprintf(line, sizeof line, "%s: %s", facts_spec(id)->name, facts_words(u->together, id, words, sizeof words));
	cli_print(stdout, cli_ascii(options), line);
	for (size_t i = 0; united_differs(u, id) && i < u->rows; i++) {
		(void)snprintf(line, sizeof line, "    %s  %-16s %s", records_time(u->row[i].taken_at_ms, when),
		               u->row[i].by[0] ? u->row[i].by : "?", facts_words(u->row[i].answers, id, words, sizeof words));
		cli_print(stdout, cli_ascii(options), line);
	}
}

/* What differs first. */
static void print_text(const struct cli_options *options, const struct united *u)
{
	cli_print(stdout, cli_ascii(options),
	          u->different ? "Answered differently at two stations; what warns counts until a person settles it:"
	                       : "Nothing was answered differently.");
	for (int differs = 1; differs >= 0; differs--)
		for (size_t id = 0; id < facts_spec_count(); id++)
			if (facts_spec(id)->kind == FACT_QUESTION && united_differs(u, id) == (differs == 1) &&
			    (differs || facts_state(u->together, id) != FACT_ABSENT))
				print_one(options, u, id);
}

static enum status show(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct united united = {0};
	size_t index = 0;
	enum status st = clinic_find(clinic, options->operand[0], &index, why);
	if (!st)
		st = clinic_united(clinic, index, &united, why);
	if (!st && cli_flag(options, "--json"))
		st = print_json(&united, why);
	else if (!st)
		print_text(options, &united);
	united_clear(&united);
	return st;
}

int command_answers(const struct cli_options *options)
{
	return records_with(options, show);
}

static enum status settle(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	size_t index = 0;
	enum status st = clinic_find(clinic, options->operand[0], &index, why);
	if (!st)
		st = clinic_settle_answers(clinic, index, options->operand + 1, (size_t)options->operands - 1,
		                           cli_value(options, "--reason"), cli_now_ms(), why);
	if (!st)
		cli_print(stdout, cli_ascii(options), "Settled; plans that were judged before are to be judged again.");
	return st;
}

int command_answers_settle(const struct cli_options *options)
{
	return records_with(options, settle);
}
