/* Emergency access: breaking the glass, ending it, and what others have to say about it. */
#include <stdarg.h>

#include "planner/plan/emergency.h"
#include "planner/plan/clinic.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

enum { LINE_SIZE = 2 * STORE_REASON_MAX, AUDIT_PAGE = 1000 };

static void say(const struct cli_options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct cli_options *options, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	cli_print(stdout, cli_ascii(options), line);
}

static enum status begin(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const char *reason = cli_value(options, "--reason");
	struct emergency broken;
	uint64_t minutes = EMERGENCY_MINUTES;
	char text[LINE_SIZE];
	enum status status = cli_whole_number(options, "--minutes", 1, EMERGENCY_MINUTES_MAX, &minutes, why);
	if (status == ST_OK)
		status = emergency_begin(clinic_store(clinic), clinic_session(clinic), reason, (double)minutes, cli_now_ms(),
		                         &broken, why);
	if (status != ST_OK)
		return status;
	say(options, "%s", emergency_text(&broken, text, sizeof text));
	say(options, "Readings, adverse events and follow-ups can be recorded, a treatment can be stopped; nothing can be "
	             "planned, started or signed. It is in the audit and will be reviewed.");
	return ST_OK;
}

static enum status end(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	enum status status = emergency_end(clinic_store(clinic), clinic_session(clinic), cli_now_ms(), why);
	if (status == ST_OK)
		say(options, "Emergency access has ended. It waits for review.");
	return status;
}

static void print_one(const struct cli_options *options, const struct emergency *e)
{
	char began[RECORDS_TIME_SIZE], over[RECORDS_TIME_SIZE];
	records_time(e->began_ms, began);
	records_time(e->ended_ms ? e->ended_ms : e->until_ms, over);
	say(options, "%.8s  %s to %s  %s: %s", e->uuid, began, over, e->login, e->reason);
	if (e->reviewed_ms)
		say(options, "          reviewed by %s: %s", e->reviewer, e->review);
	else
		say(options, "          WAITS FOR REVIEW");
}

static void add_one(struct json_out *out, const struct emergency *e)
{
	char time[RECORDS_TIME_SIZE];
	json_out_text(out, "id", e->uuid);
	json_out_text(out, "login", e->login);
	json_out_text(out, "reason", e->reason);
	json_out_text(out, "began", records_time(e->began_ms, time));
	json_out_text(out, "ended", records_time(e->ended_ms ? e->ended_ms : e->until_ms, time));
	json_out_bool(out, "reviewed", e->reviewed_ms != 0);
	json_out_text_if(out, "reviewer", e->reviewer);
	json_out_text_if(out, "review", e->review);
}

static enum status print_list_json(const struct emergency_list *found, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_array(&out, NULL);
	for (size_t i = 0; i < found->count; i++) {
		json_out_object(&out, NULL);
		add_one(&out, &found->items[i]);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	return records_json_print(&out, why);
}

static enum status list(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct emergency_list found;
	const bool json = cli_flag(options, "--json");
	enum status status = emergency_list(clinic_store(clinic), &found, why);
	if (status == ST_OK && json)
		status = print_list_json(&found, why);
	for (size_t i = 0; status == ST_OK && !json && i < found.count; i++)
		print_one(options, &found.items[i]);
	if (status == ST_OK && !json)
		say(options, "%zu of %zu wait for review.", found.open, found.count);
	emergency_list_free(&found);
	return status;
}

static void print_deed(const struct cli_options *options, const struct store_audit *entry, struct json_out *out)
{
	char at[RECORDS_TIME_SIZE];
	records_time(entry->at_ms, at);
	if (out == NULL) {
		say(options, "%8lld  %s  %s %s", (long long)entry->seq, at, entry->action, entry->object);
		return;
	}
	json_out_object(out, NULL);
	json_out_int(out, "entry", entry->seq);
	json_out_text(out, "at", at);
	json_out_text(out, "action", entry->action);
	json_out_text(out, "object", entry->object);
	json_out_end_object(out);
}

/* What the person did meanwhile, from the audit; into out unless it is NULL. */
static enum status print_deeds(const struct cli_options *options, struct clinic *clinic, const struct emergency *e,
                               struct json_out *out, struct fail *why)
{
	const int64_t over_ms = e->ended_ms ? e->ended_ms : e->until_ms;
	struct store_audit_list page = {.more = true};
	int64_t after = 0;
	enum status status = ST_OK;
	while (status == ST_OK && page.more) {
		status = store_audit_list(clinic_store(clinic), after, AUDIT_PAGE, &page, why);
		for (size_t i = 0; i < page.count; i++) {
			const struct store_audit *entry = &page.items[i];
			after = entry->seq;
			if (strcmp(entry->actor, e->login) != 0 || entry->at_ms < e->began_ms || entry->at_ms > over_ms)
				continue;
			print_deed(options, entry, out);
		}
		bool more = page.more;
		store_audit_list_free(&page);
		page.more = more;
	}
	return status;
}

static enum status show_one(const struct cli_options *options, struct clinic *clinic, const struct emergency *e,
                            struct fail *why)
{
	struct json_out out;
	if (!cli_flag(options, "--json")) {
		print_one(options, e);
		return print_deeds(options, clinic, e, NULL, why);
	}
	records_json_begin(&out);
	json_out_object(&out, NULL);
	add_one(&out, e);
	json_out_array(&out, "deeds");
	enum status status = print_deeds(options, clinic, e, &out, why);
	json_out_end_array(&out);
	json_out_end_object(&out);
	if (status == ST_OK)
		return records_json_print(&out, why);
	json_out_drop(&out);
	return status;
}

static enum status show(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const char *beginning = options->operand[0];
	struct emergency_list found;
	bool shown = false;
	enum status status = emergency_list(clinic_store(clinic), &found, why);
	for (size_t i = 0; status == ST_OK && i < found.count && !shown; i++) {
		shown = strncmp(found.items[i].uuid, beginning, strlen(beginning)) == 0;
		if (shown)
			status = show_one(options, clinic, &found.items[i], why);
	}
	emergency_list_free(&found);
	return status == ST_OK && !shown ? fail_set(why, ST_NOT_FOUND, "emergency",
	                                            "none begins with \"%.40s\"; `lasertwin emergency list` shows them",
	                                            beginning)
	                                 : status;
}

static enum status review(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	enum status status = emergency_review(clinic_store(clinic), clinic_session(clinic), options->operand[0],
	                                      cli_value(options, "--reason"), cli_now_ms(), why);
	if (status == ST_OK)
		say(options, "The review is kept.");
	return status;
}

int command_emergency_begin(const struct cli_options *options)
{
	return records_with(options, begin);
}

int command_emergency_end(const struct cli_options *options)
{
	return records_with(options, end);
}

int command_emergency_list(const struct cli_options *options)
{
	return records_with(options, list);
}

int command_emergency_show(const struct cli_options *options)
{
	return records_with(options, show);
}

int command_emergency_review(const struct cli_options *options)
{
	return records_with(options, review);
}
