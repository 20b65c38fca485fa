/* Unfinished work from the command line: whose, on whom, since when; discarding one's own. */
#include "planner/plan/unfinished.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

enum { LINE_SIZE = 512, TIME_SIZE = 32, MS_PER_S = 1000 };

static void print_item(const struct cli_options *options, const struct unfinished *item)
{
	const time_t seconds = (time_t)(item->at_ms / MS_PER_S);
	char line[LINE_SIZE], at[TIME_SIZE] = "?";
	struct tm utc;
	if (gmtime_r(&seconds, &utc) != NULL)
		(void)strftime(at, sizeof at, "%Y-%m-%d %H:%M UTC", &utc);
	(void)snprintf(line, sizeof line, "%s  %-18s %s%s", at, item->login, item->label,
	               item->is_overtaken ? "  (newer readings were kept since)" : "");
	cli_print(stdout, cli_ascii(options), line);
}

static enum status list_json(const struct unfinished_list *found, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_array(&out, NULL);
	for (size_t i = 0; i < found->count; i++) {
		json_out_object(&out, NULL);
		json_out_text(&out, "login", found->items[i].login);
		json_out_text(&out, "patient", found->items[i].label);
		json_out_int(&out, "at_ms", found->items[i].at_ms);
		json_out_bool(&out, "overtaken", found->items[i].is_overtaken);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	return records_json_print(&out, why);
}

static enum status list(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct unfinished_list found;
	enum status status = unfinished_list(clinic, &found, why);
	const bool json = cli_flag(options, "--json");
	if (status == ST_OK && json)
		status = list_json(&found, why);
	for (size_t i = 0; status == ST_OK && !json && i < found.count; i++)
		print_item(options, &found.items[i]);
	if (status == ST_OK && !json && found.count == 0)
		cli_print(stdout, cli_ascii(options), "Nothing is unfinished.");
	unfinished_list_free(&found);
	return status;
}

static enum status discard(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct unfinished_list found = {0};
	size_t index = 0;
	bool there = false;
	enum status status = clinic_find(clinic, options->operand[0], &index, why);
	if (status == ST_OK)
		status = unfinished_list(clinic, &found, why);
	for (size_t i = 0; status == ST_OK && i < found.own; i++)
		there = there || found.items[i].index == index;
	unfinished_list_free(&found);
	if (status == ST_OK && !there)
		status = fail_set(why, ST_NOT_FOUND, "unfinished work",
		                  "you have none on this patient; `lasertwin unfinished` lists all");
	if (status == ST_OK)
		status = unfinished_drop(clinic, index, cli_now_ms(), why);
	if (status == ST_OK)
		cli_print(stdout, cli_ascii(options), "Discarded; the records are as they were before it.");
	return status;
}

int command_unfinished(const struct cli_options *options)
{
	return records_with(options, list);
}

int command_unfinished_discard(const struct cli_options *options)
{
	return records_with(options, discard);
}
