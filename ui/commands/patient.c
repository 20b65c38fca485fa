/* `lasertwin patient`: who a patient is on record, and correcting it. */
#include "planner/plan/correct.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

#define LINE_BYTES (STORE_REASON_MAX + 800)

static void say(const struct cli_options *options, const char *line)
{
	cli_print(stdout, cli_ascii(options), line);
}

static const char *shown(const char *text)
{
	return text[0] != '\0' ? text : "(none)";
}

/* --- show ----------------------------------------------------------------------------------------------- */

static void json_identity(struct json_out *out, const struct store_identity *then)
{
	char when[RECORDS_TIME_SIZE];
	const char sex[2] = {then->patient.sex, '\0'};
	json_out_object(out, NULL);
	json_out_int(out, "version", then->patient.version);
	json_out_text(out, "name", then->patient.label);
	json_out_text(out, "record_number", then->patient.record_number);
	json_out_text(out, "birth", then->patient.birth);
	json_out_text(out, "sex", sex);
	json_out_text(out, "since", records_time(then->at_ms, when));
	json_out_text_if(out, "by", then->actor);
	json_out_text_if(out, "reason", then->reason);
	json_out_end_object(out);
}

static void print_identity(const struct cli_options *options, const struct store_identity *then, bool present)
{
	char line[LINE_BYTES], when[RECORDS_TIME_SIZE];
	(void)snprintf(line, sizeof line, "%s%s, record number %s, born %s, sex %c", present ? "" : "    before: ",
	               then->patient.label, shown(then->patient.record_number), shown(then->patient.birth),
	               then->patient.sex);
	say(options, line);
	(void)snprintf(line, sizeof line, "%s    since %s%s%s%s%s", present ? "" : "    ", records_time(then->at_ms, when),
	               then->actor[0] ? ", corrected by " : "", then->actor, then->reason[0] ? ": " : "", then->reason);
	say(options, line);
}

/* The present identity first. */
static enum status show(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct store_patient here = {.version = -1};
	struct store_identity then;
	struct json_out out;
	const bool json = cli_flag(options, "--json");
	size_t index = 0;
	enum status st = clinic_find(clinic, options->operand[0], &index, why);
	if (!st)
		st = store_patient_get(clinic_store(clinic), clinic_patient_uuid(clinic, index), &here, why);
	if (st)
		return st;
	if (json) {
		records_json_begin(&out);
		json_out_array(&out, NULL);
	}
	for (int64_t v = here.version; !st && v >= 0; v--) {
		st = store_patient_version(clinic_store(clinic), here.uuid, v, &then, why);
		if (!st && json)
			json_identity(&out, &then);
		else if (!st)
			print_identity(options, &then, v == here.version);
	}
	secret_wipe(&here, sizeof here);
	secret_wipe(&then, sizeof then);
	if (!json)
		return st;
	json_out_end_array(&out);
	enum status printed = records_json_print(&out, st ? &(struct fail){0} : why);
	return st ? st : printed;
}

int command_patient_show(const struct cli_options *options)
{
	return records_with(options, show);
}

/* --- correct -------------------------------------------------------------------------------------------- */

static enum status read_members(const struct cli_options *options, struct correction *out, struct fail *why)
{
	const struct {
		const char *name, **value;
	} members[] = {{"name", &out->name}, {"record_number", &out->record_number}, {"birth", &out->birth},
	               {"sex", &out->sex}};
	for (int i = 1; i < options->operands; i++) {
		const char *word = options->operand[i], *equals = strchr(word, '=');
		const size_t n = equals ? (size_t)(equals - word) : strlen(word);
		size_t m = 0;
		while (m < sizeof members / sizeof *members &&
		       (strncmp(members[m].name, word, n) != 0 || members[m].name[n] != '\0'))
			m++;
		if (equals == NULL || m == sizeof members / sizeof *members)
			return fail_set(why, ST_INPUT, word, "is not name=, record_number=, birth= or sex=");
		*members[m].value = equals + 1;
	}
	return ST_OK;
}

static void print_part(const struct cli_options *options, unsigned parts, enum store_identity_part part,
                       const char *was, const char *will)
{
	char line[LINE_BYTES], name[32];
	if (!(parts & (unsigned)part))
		return;
	(void)snprintf(line, sizeof line, "%-14s %s -> %s", store_identity_parts((unsigned)part, name, sizeof name),
	               shown(was), shown(will));
	say(options, line);
}

static void print_effect(const struct cli_options *options, const struct correction_effect *e)
{
	char line[LINE_BYTES];
	const char was[2] = {e->was.sex, '\0'}, will[2] = {e->will.sex, '\0'};
	print_part(options, e->parts, STORE_IDENTITY_LABEL, e->was.label, e->will.label);
	print_part(options, e->parts, STORE_IDENTITY_NUMBER, e->was.record_number, e->will.record_number);
	print_part(options, e->parts, STORE_IDENTITY_BIRTH, e->was.birth, e->will.birth);
	print_part(options, e->parts, STORE_IDENTITY_SEX, was, will);
	if (e->approved == 0)
		return;
	(void)snprintf(line, sizeof line,
	               "%zu approved plan%s of this patient: signed for the former identity, to be approved again",
	               e->approved,
	               e->approved == 1 ? "" : "s");
	say(options, line);
}

static enum status correct(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct correction correction = {NULL, NULL, NULL, NULL};
	struct correction_effect effect = {.parts = 0};
	const struct correction_confirm confirm = {cli_value(options, "--identifier"),
	                                           cli_value(options, "--second-identifier"), cli_value(options, "--reason")};
	size_t index = 0;
	enum status st = read_members(options, &correction, why);
	if (!st)
		st = clinic_find(clinic, options->operand[0], &index, why);
	if (!st)
		st = correct_look(clinic, clinic_patient_uuid(clinic, index), &correction, cli_now_ms(), &effect, why);
	if (!st) {
		print_effect(options, &effect);
		st = correct_patient(clinic, &effect, &confirm, cli_now_ms(), why);
	}
	if (!st)
		say(options, "Corrected; the former identity is kept (lasertwin patient show).");
	secret_wipe(&effect, sizeof effect);
	return st;
}

int command_patient_correct(const struct cli_options *options)
{
	return records_with(options, correct);
}
