/* `lasertwin train`: lessons on virtual patients. Without an answer the lesson is told, with one it is marked. */
#include <stdarg.h>

#include "planner/train/lesson.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

#define LINE_BYTES_MAX 2048

static const char banner[] = "TRAINING on virtual patients: made up, nobody's data; nothing is recorded.";

/* --- telling a lesson ---------------------------------------------------------------------------------- */

static void say(const struct cli_options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct cli_options *options, const char *format, ...)
{
	char line[LINE_BYTES_MAX];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(line, sizeof line, format, list);
	va_end(list);
	cli_print(stdout, cli_ascii(options), line);
}

static void tell_list(const struct cli_options *options, const struct lessons *lessons)
{
	say(options, "%s", banner);
	for (size_t i = 0; i < lessons->count; i++)
		say(options, "  %-14s %s", lessons->lesson[i].id, lessons->lesson[i].title);
	say(options, "`lasertwin train LESSON` tells one; answer with --settings KEY=VALUE,..., --refuse RULE or "
	             "--defer RULE.");
}

static void tell_readings(const struct cli_options *options, const struct readings *r)
{
	say(options, "Readings");
	if (r->fitzpatrick != 0)
		say(options, "  %-34s %s", "skin type", fitzpatrick_name(r->fitzpatrick));
	for (int i = 0; i < READINGS; i++) {
		const struct reading_spec *spec = readings_spec((enum reading)i);
		if (r->present[i])
			say(options, "  %-34s %10.*f %s", spec->label, spec->decimals, r->value[i], spec->unit);
	}
}

static void tell_answers(const struct cli_options *options, const struct facts *answers)
{
	say(options, "History (what is not listed was answered with no)");
	for (size_t id = 0; id < facts_spec_count(); id++) {
		struct expr_value value;
		char text[200] = "yes";
		if (facts_spec(id)->kind != FACT_QUESTION || facts_state(answers, id) != FACT_SET)
			continue;
		facts_get(answers, id, &value);
		bool no = (value.type == EXPR_BOOL && !value.truth) || (value.type == EXPR_LIST && value.items == 0) ||
		          (value.type == EXPR_TEXT && value.text[0] == '\0') ||
		          (value.type == EXPR_NUMBER && !(isfinite(value.number) && value.number > 0.0));
		if (no)
			continue;
		if (value.type == EXPR_NUMBER)
			(void)snprintf(text, sizeof text, "%g", value.number);
		else if (value.type == EXPR_TEXT)
			(void)snprintf(text, sizeof text, "%s", value.text);
		else if (value.type == EXPR_LIST)
			(void)snprintf(text, sizeof text, "%s%s", value.item[0], value.items > 1 ? ", ..." : "");
		say(options, "  %s: %s", facts_spec(id)->wording, text);
	}
}

static void tell_knobs(const struct cli_options *options, const struct device_mode *mode)
{
	say(options, "Settings to choose");
	for (int id = 0; id < SETTINGS; id++) {
		const struct setting_spec *spec = setting_spec((enum setting_id)id);
		const struct setting_domain *domain = &mode->setting[id];
		size_t count = setting_grid_count(domain);
		if (count > 1)
			say(options, "  %-22s %g to %g %s, %zu values", spec->key, setting_grid_value(domain, 0),
			    setting_grid_value(domain, count - 1), spec->unit, count);
		else if (domain->kind == DOMAIN_RANGE)
			say(options, "  %-22s %g to %g %s", spec->key, domain->min, domain->max, spec->unit);
	}
}

static enum status tell_lesson(const struct cli_options *options, const struct library *library,
                               const struct lesson *lesson, struct fail *why)
{
	const struct case_request *request = &lesson->file->request[0];
	const struct device *device;
	const struct device_mode *mode;
	enum status status = library_find_mode(library, request->request.device_mode, &device, &mode, why);
	if (status != ST_OK)
		return status;
	say(options, "%s", banner);
	say(options, "%s: %s", lesson->id, lesson->title);
	say(options, "%s", lesson->task);
	say(options, "Device %s, %s; indication %s", device->name, request->request.device_mode, request->request.indication);
	tell_readings(options, &request->subject.readings);
	tell_answers(options, request->subject.answers);
	tell_knobs(options, mode);
	say(options, "Answer with --settings KEY=VALUE,..., --refuse RULE or --defer RULE (rules by their ids, as R-PREG).");
	return ST_OK;
}

/* --- marking ------------------------------------------------------------------------------------------- */

/* "energy_mJ=15,density_pct=10" */
static enum status parse_settings(const char *text, struct settings *out, struct fail *why)
{
	*out = (struct settings){.present = 0};
	while (*text != '\0') {
		char pair[64], *end;
		enum setting_id id;
		int length = (int)strcspn(text, ",");
		(void)snprintf(pair, sizeof pair, "%.*s", length, text);
		char *equals = strchr(pair, '=');
		if (equals == NULL)
			return fail_set(why, ST_INPUT, "--settings", "\"%s\" is not KEY=VALUE", pair);
		*equals = '\0';
		if (!setting_find(pair, &id))
			return fail_set(why, ST_INPUT, "--settings", "\"%s\" is no setting; the lesson lists them", pair);
		double value = strtod(equals + 1, &end);
		if (end == equals + 1 || *end != '\0' || !isfinite(value))
			return fail_set(why, ST_INPUT, "--settings", "%s: \"%s\" is not a number", pair, equals + 1);
		settings_set(out, id, value);
		text += length + (text[length] == ',');
	}
	return out->present != 0 ? ST_OK : fail_set(why, ST_INPUT, "--settings", "names no setting");
}

static bool answered(const struct cli_options *options)
{
	return cli_flag(options, "--settings") || cli_flag(options, "--refuse") || cli_flag(options, "--defer");
}

static enum status parse_reply(const struct cli_options *options, struct lesson_reply *out, struct fail *why)
{
	const char *settings = cli_value(options, "--settings"), *refuse = cli_value(options, "--refuse");
	const char *defer = cli_value(options, "--defer"), *rule = refuse != NULL ? refuse : defer;
	*out = (struct lesson_reply){.choice = settings != NULL ? LESSON_TREAT
	                                       : refuse != NULL ? LESSON_REFUSE
	                                                        : LESSON_DEFER};
	if ((settings != NULL) + (refuse != NULL) + (defer != NULL) > 1)
		return fail_set(why, ST_INPUT, "answer", "is one of --settings, --refuse and --defer");
	if (rule != NULL)
		(void)snprintf(out->rule, sizeof out->rule, "%s", rule);
	return settings != NULL ? parse_settings(settings, &out->settings, why) : ST_OK;
}

static void tell_mark(const struct cli_options *options, const struct library *library, const struct lesson *lesson,
                      const struct lesson_mark *mark)
{
	char text[300], sources[600];
	const struct case_result *r = &mark->result;
	say(options, "%s", banner);
	say(options, "%s: %s", lesson->id, lesson->title);
	say(options, "%d of 100 points", mark->total);
	say(options, "  safety %d of 50, effect %d of 30, economy %d of 20; decision %d, reason %d", mark->safety,
	    mark->effect, mark->economy, mark->decision, mark->reason);
	say(options, "  %s", mark->why);
	say(options, "Verdict of the settings: %s", verdict_name(r->assessment.verdict));
	for (size_t i = 0; i < r->assessment.findings.count; i++)
		if (r->assessment.findings.finding[i].phase == PHASE_PLAN)
			say(options, "  %s", finding_text(&r->assessment.findings.finding[i], text, sizeof text));
	if (r->fitted && r->fit.feasible)
		say(options, "The fit would choose %s", settings_text(&r->fit.settings, text, sizeof text));
	say(options, "%s", lesson->teaches);
	say(options, "  %s", rules_source_text(library_rules(library), lesson->sources, sources, sizeof sources));
}

static void tell_mark_json(const struct lesson *lesson, const struct lesson_mark *mark)
{
	printf("{\"lesson\": \"%s\", \"training\": true, \"total\": %d, \"safety\": %d, \"effect\": %d, \"economy\": %d, "
	       "\"decision\": %d, \"reason\": %d, \"answer\": \"%s\", \"verdict\": \"%s\"}\n",
	       lesson->id, mark->total, mark->safety, mark->effect, mark->economy, mark->decision, mark->reason,
	       lesson_choice_name(lesson->answer), verdict_name(mark->result.assessment.verdict));
}

static enum status mark_lesson(const struct cli_options *options, const struct library *library,
                               const struct lesson *lesson, struct fail *why)
{
	const struct case_options evaluation = {.seed = 0};
	struct lesson_reply reply;
	struct lesson_mark mark;
	enum status status = parse_reply(options, &reply, why);
	if (status == ST_OK)
		status = lesson_mark(library, lesson, &reply, &evaluation, &mark, why);
	if (status != ST_OK)
		return status;
	if (cli_flag(options, "--json"))
		tell_mark_json(lesson, &mark);
	else
		tell_mark(options, library, lesson, &mark);
	lesson_mark_clear(&mark);
	return ST_OK;
}

static void add_lesson(struct json_out *out, const struct lesson *lesson)
{
	const struct request *request = &lesson->file->request[0].request;
	json_out_object(out, NULL);
	json_out_text(out, "lesson", lesson->id);
	json_out_bool(out, "training", true);
	json_out_text(out, "title", lesson->title);
	json_out_text(out, "task", lesson->task);
	json_out_text(out, "device_mode", request->device_mode);
	json_out_text(out, "indication", request->indication);
	json_out_end_object(out);
}

/* Not the answer, nor what it teaches. */
static enum status tell_lesson_json(const struct lesson *lesson, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	add_lesson(&out, lesson);
	return records_json_print(&out, why);
}

static enum status tell_list_json(const struct lessons *lessons, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_array(&out, NULL);
	for (size_t i = 0; i < lessons->count; i++)
		add_lesson(&out, &lessons->lesson[i]);
	json_out_end_array(&out);
	return records_json_print(&out, why);
}

/* --- the command --------------------------------------------------------------------------------------- */

static enum status train(const struct cli_options *options, const struct library *library,
                         const struct lessons *lessons, struct fail *why)
{
	if (options->operands == 0 && answered(options))
		return fail_set(why, ST_INPUT, "train", "which LESSON is that the answer to? `lasertwin train` lists them");
	if (options->operands == 0 && cli_flag(options, "--json"))
		return tell_list_json(lessons, why);
	if (options->operands == 0) {
		tell_list(options, lessons);
		return ST_OK;
	}
	const struct lesson *lesson = lessons_find(lessons, options->operand[0]);
	if (lesson == NULL)
		return fail_set(why, ST_NOT_FOUND, options->operand[0], "is no lesson; `lasertwin train` lists them");
	if (!answered(options) && cli_flag(options, "--json"))
		return tell_lesson_json(lesson, why);
	return answered(options) ? mark_lesson(options, library, lesson, why) : tell_lesson(options, library, lesson, why);
}

int command_train(const struct cli_options *options)
{
	char profiles[CLI_PATH_MAX];
	struct library *library = NULL;
	struct lessons *lessons = NULL;
	struct fail why = {.text = ""};
	enum status status = cli_profiles(options, profiles, sizeof profiles, &why);
	if (status == ST_OK)
		status = library_load(profiles, &library, &why);
	if (status == ST_OK)
		status = lessons_load(profiles, library, &lessons, &why);
	if (status == ST_OK)
		status = train(options, library, lessons, &why);
	lessons_free(&lessons);
	library_free(&library);
	return status == ST_OK ? 0 : cli_complain(options, status, &why);
}
