#include "planner/train/lesson.h"

#include "devices/json.h"
#include "planner/plan/files.h"
#include "planner/safety/rules.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define PATH_BYTES_MAX 1024

static const char *const choice_names[LESSON_CHOICES] = {"treat", "defer", "refuse"};

const char *lesson_choice_name(enum lesson_choice choice)
{
	return choice_names[choice];
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static enum status parse_rules(const struct json_at *at, const struct library *library, struct lesson *lesson,
                               struct fail *why)
{
	struct json_at list, item = {0};
	size_t index;
	enum status st = json_member(at, "rules", JSON_ARRAY, &list, NULL, why);
	while (st == ST_OK && json_array_each(&list, &item)) {
		if (lesson->rules == LESSON_RULES_MAX)
			return json_refuse(&item, ST_INPUT, why, "at most %d rules", LESSON_RULES_MAX);
		st = json_string_at(&item, lesson->rule[lesson->rules], sizeof lesson->rule[0], why);
		if (st == ST_OK && !ruleset_find(library_rules(library), lesson->rule[lesson->rules], &index))
			return json_refuse(&item, ST_INPUT, why, "\"%s\" is no rule on file", lesson->rule[lesson->rules]);
		lesson->rules++;
	}
	if (st == ST_OK && (lesson->answer == LESSON_TREAT) != (lesson->rules == 0))
		return json_refuse(&list, ST_INPUT, why, "a lesson to treat has no rules against it, the others have some");
	return st;
}

static enum status parse_sources(const struct json_at *at, struct lesson *lesson, struct fail *why)
{
	struct json_at list, item = {0};
	size_t used = 0;
	enum status st = json_member(at, "sources", JSON_ARRAY, &list, NULL, why);
	while (st == ST_OK && json_array_each(&list, &item)) {
		char key[24];
		st = json_string_at(&item, key, sizeof key, why);
		int n = snprintf(lesson->sources + used, sizeof lesson->sources - used, "%s%s", used > 0 ? ", " : "", key);
		if (n < 0 || (size_t)n >= sizeof lesson->sources - used)
			return json_refuse(&item, ST_INPUT, why, "too many sources");
		used += (size_t)n;
	}
	return st;
}

static enum status read_case(const char *folder, const struct json_at *at, struct lesson *lesson, struct fail *why)
{
	char name[64], path[PATH_BYTES_MAX];
	enum status st = json_string(at, "case", name, sizeof name, NULL, why);
	if (st != ST_OK)
		return st;
	if (strchr(name, '/') != NULL || snprintf(path, sizeof path, "%s/training/%s", folder, name) >= (int)sizeof path)
		return json_refuse(at, ST_INPUT, why, "the case is a file beside the list");
	st = case_read(path, &lesson->file, why);
	if (st == ST_OK && (lesson->file->requests != 1 || !lesson->file->request[0].fit))
		return json_refuse(at, ST_INPUT, why, "%s: a lesson has one request, without settings", name);
	return st;
}

static enum status parse_lesson(const char *folder, const struct library *library, const struct json_at *at,
                                struct lesson *lesson, struct fail *why)
{
	static const char *const keys[] = {"id", "case", "answer", "title", "task", "teaches", "sources", "rules", NULL};
	size_t answer = 0;
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (st == ST_OK)
		st = json_string(at, "id", lesson->id, sizeof lesson->id, NULL, why);
	if (st == ST_OK)
		st = json_string(at, "title", lesson->title, sizeof lesson->title, NULL, why);
	if (st == ST_OK)
		st = json_string(at, "task", lesson->task, sizeof lesson->task, NULL, why);
	if (st == ST_OK)
		st = json_string(at, "teaches", lesson->teaches, sizeof lesson->teaches, NULL, why);
	if (st == ST_OK)
		st = json_choice(at, "answer", choice_names, LESSON_CHOICES, &answer, NULL, why);
	lesson->answer = (enum lesson_choice)answer;
	if (st == ST_OK)
		st = parse_sources(at, lesson, why);
	if (st == ST_OK)
		st = parse_rules(at, library, lesson, why);
	return st == ST_OK ? read_case(folder, at, lesson, why) : st;
}

static enum status parse_all(const char *folder, const struct library *library, const struct json_doc *doc,
                             struct lessons *lessons, struct fail *why)
{
	struct json_at root = json_root(doc), list, item = {0};
	enum status st = json_schema(&root, "lasertwin-lessons/1", why);
	if (st == ST_OK)
		st = json_member(&root, "lessons", JSON_ARRAY, &list, NULL, why);
	while (st == ST_OK && json_array_each(&list, &item)) {
		if (lessons->count == LESSONS_MAX)
			return json_refuse(&item, ST_FULL, why, "more than %d lessons", LESSONS_MAX);
		struct lesson *lesson = &lessons->lesson[lessons->count++];
		st = parse_lesson(folder, library, &item, lesson, why);
		if (st == ST_OK && lessons_find(lessons, lesson->id) != lesson)
			return json_refuse(&item, ST_INPUT, why, "\"%s\" is there twice", lesson->id);
	}
	return st;
}

enum status lessons_load(const char *folder, const struct library *library, struct lessons **out, struct fail *why)
{
	char path[PATH_BYTES_MAX], *bytes = NULL;
	size_t length = 0;
	struct json_doc *doc = NULL;
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return fail_set(why, ST_FULL, "lessons", "out of memory");
	(void)snprintf(path, sizeof path, "%s/training/lessons.json", folder);
	enum status st = file_read(path, FILE_BYTES_MAX, &bytes, &length, why);
	if (st == ST_OK)
		st = json_parse(path, bytes, length, &doc, why);
	if (st == ST_OK)
		st = parse_all(folder, library, doc, *out, why);
	json_free(&doc);
	free(bytes);
	if (st != ST_OK)
		lessons_free(out);
	return st;
}

void lessons_free(struct lessons **lessons)
{
	for (size_t i = 0; *lessons != NULL && i < (*lessons)->count; i++)
		case_free(&(*lessons)->lesson[i].file);
	free(*lessons);
	*lessons = NULL;
}

const struct lesson *lessons_find(const struct lessons *lessons, const char *id)
{
	for (size_t i = 0; i < lessons->count; i++)
		if (strcmp(lessons->lesson[i].id, id) == 0)
			return &lessons->lesson[i];
	return NULL;
}

/* ---- marking ------------------------------------------------------------------------------------------ */

#define SAFETY_POINTS 50
#define EFFECT_POINTS 30
#define ECONOMY_POINTS 20
#define HARMLESS_POINTS 20
#define DECISION_POINTS 70
#define REASON_POINTS 30
#define HALF_RIGHT_POINTS 40

static bool refused(enum verdict verdict)
{
	return verdict == VERDICT_BLOCK || verdict == VERDICT_BLOCK_MD;
}

static size_t goals_met(const struct protocol *protocol, const struct prediction *prediction)
{
	size_t met = 0;
	for (size_t i = 0; i < protocol->goals; i++)
		met += protocol_goal_met(&protocol->goal[i], prediction);
	return met;
}

static void mark_effect(struct lesson_mark *mark)
{
	const struct protocol *protocol = planning_protocol(mark->result.planning);
	const struct assessment *a = &mark->result.assessment;
	size_t met = protocol != NULL && a->predicted ? goals_met(protocol, &a->prediction) : 0;
	double dose = exposure_number(&a->exposure, "total_fluence_J_cm2");
	if (protocol == NULL || protocol->goals == 0)
		return;
	mark->effect = (int)(EFFECT_POINTS * met / protocol->goals);
	if (met == protocol->goals && mark->result.fit.feasible && dose > 0.0)
		mark->economy = (int)lround(ECONOMY_POINTS * fmin(1.0, mark->result.fit.alternative[0].dose_J_cm2 / dose));
	(void)snprintf(mark->why, sizeof mark->why, "%zu of %zu goals met at %.3g J/cm2; the lowest sufficient dose is %.3g.",
	               met, protocol->goals, dose,
	               mark->result.fit.feasible ? mark->result.fit.alternative[0].dose_J_cm2 : (double)NAN);
}

static void name_refusals(const struct findings *findings, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->finding[i];
		if (f->phase != PHASE_PLAN || f->outcome > OUTCOME_BLOCK_MD)
			continue;
		int n = snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", f->rule);
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

static void mark_treatment(struct lesson_mark *mark)
{
	const struct assessment *a = &mark->result.assessment;
	char rules[200];
	if (refused(a->verdict)) {
		name_refusals(&a->findings, rules, sizeof rules);
		(void)snprintf(mark->why, sizeof mark->why, "The station refuses these settings: %s.", rules);
		return;
	}
	mark->safety = SAFETY_POINTS;
	mark_effect(mark);
}

static bool names_rule(const struct lesson *lesson, const char *rule)
{
	for (size_t i = 0; i < lesson->rules; i++)
		if (strcmp(lesson->rule[i], rule) == 0)
			return true;
	return false;
}

static void mark_decision(const struct lesson *lesson, const struct lesson_reply *reply, struct lesson_mark *mark)
{
	if (lesson->answer == LESSON_TREAT) {
		mark->decision = HARMLESS_POINTS;
		(void)snprintf(mark->why, sizeof mark->why, "Nobody is harmed, but there are settings that are safe and work.");
	} else if (reply->choice == LESSON_TREAT) {
		(void)snprintf(mark->why, sizeof mark->why, "This patient must not be treated today: %s.", lesson->rule[0]);
	} else if (reply->choice == lesson->answer) {
		bool named = names_rule(lesson, reply->rule);
		mark->decision = DECISION_POINTS;
		mark->reason = named ? REASON_POINTS : 0;
		(void)snprintf(mark->why, sizeof mark->why, "Right: %s.%s", lesson->rule[0],
		               named ? "" : " The reason was not named.");
	} else {
		mark->decision = HALF_RIGHT_POINTS;
		(void)snprintf(mark->why, sizeof mark->why, "Not treating today is right; the answer is to %s (%s).",
		               lesson_choice_name(lesson->answer), lesson->rule[0]);
	}
}

/* What the reply would do, and what the fit would have chosen. */
static enum status evaluate(const struct library *library, const struct lesson *lesson,
                            const struct lesson_reply *reply, const struct case_options *options,
                            struct case_result *out, struct fail *why)
{
	const struct case_request *request = &lesson->file->request[0];
	const struct predict_options predict = {.samples = options->samples, .seed = options->seed,
	                                        .progress = options->progress, .context = options->context};
	struct settings settings = reply->settings;
	enum status st = planning_new(library, &request->subject, &request->request, &predict, &out->planning, why);
	if (st == ST_OK && lesson->answer == LESSON_TREAT)
		st = planning_fit(out->planning, options->progress, options->context, &out->fit, why);
	out->fitted = st == ST_OK && lesson->answer == LESSON_TREAT;
	if (reply->choice != LESSON_TREAT && st == ST_OK)
		planning_default_settings(out->planning, &settings);
	return st == ST_OK ? planning_assess(out->planning, &settings, &out->assessment, why) : st;
}

enum status lesson_mark(const struct library *library, const struct lesson *lesson, const struct lesson_reply *reply,
                        const struct case_options *options, struct lesson_mark *out, struct fail *why)
{
	memset(out, 0, sizeof *out);
	enum status st = evaluate(library, lesson, reply, options, &out->result, why);
	if (st != ST_OK) {
		lesson_mark_clear(out);
		return st;
	}
	if (reply->choice == LESSON_TREAT && lesson->answer == LESSON_TREAT)
		mark_treatment(out);
	else
		mark_decision(lesson, reply, out);
	out->total = out->safety + out->effect + out->economy + out->decision + out->reason;
	return ST_OK;
}

void lesson_mark_clear(struct lesson_mark *mark)
{
	case_result_clear(&mark->result);
}
