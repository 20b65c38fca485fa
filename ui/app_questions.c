/* The safety questions: which are open, and answering them. Unanswered is never taken as no; an answer changes
 * the rules' view of the patient, not the physics, so the prepared plan is judged again and not made again. */
#include <strings.h>

#include "ui/app.h"

#define UNSPECIFIED "yes, not specified" /* how the facts keep a bare yes to "which ...?" */

/* --- what stands ---------------------------------------------------------------------------------------- */

bool app_question_asked(const struct app *app, size_t id)
{
	static const char *const sexes[] = {
	        [SEX_UNKNOWN] = "", [SEX_FEMALE] = "F", [SEX_MALE] = "M", [SEX_OTHER] = "X"};
	const struct fact_spec *spec = facts_spec(id);
	if (spec->kind != FACT_QUESTION)
		return false;
	return spec->not_asked_of_sex == NULL ||
	       strcmp(spec->not_asked_of_sex, sexes[app->subject.readings.sex]) != 0;
}

bool app_question_open(const struct app *app, size_t id)
{
	return app_question_asked(app, id) && facts_state(app->subject.answers, id) != FACT_SET;
}

size_t app_questions_open(const struct app *app)
{
	size_t open = 0;
	for (size_t id = 0; id < facts_spec_count(); id++)
		open += app_question_open(app, id);
	return open;
}

bool app_answer_is_no(const struct facts *answers, size_t id)
{
	struct expr_value value;
	if (facts_state(answers, id) != FACT_SET)
		return false;
	facts_get(answers, id, &value);
	switch (value.type) {
	case EXPR_BOOL:
		return !value.truth;
	case EXPR_NUMBER: /* "never" is infinite */
		return !isfinite(value.number) ||
		       (facts_spec(id)->no == NO_IS_ZERO && fabs(value.number) < 1e-300);
	case EXPR_LIST:
		return value.items == 0;
	default:
		return value.text == NULL || value.text[0] == '\0';
	}
}

static const char *no_word(const struct fact_spec *spec)
{
	static const char *const words[] = {[NO_IS_NOT_AN_ANSWER] = "no",
	                                    [NO_IS_FALSE] = "no",
	                                    [NO_IS_NEVER] = "never",
	                                    [NO_IS_ZERO] = "no",
	                                    [NO_IS_NONE] = "none"};
	return words[spec->no];
}

/* "a, b, c" */
static void join(const struct expr_value *value, char *out, size_t capacity)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < value->items && used < capacity; i++)
		used += (size_t)snprintf(out + used, capacity - used, "%s%s", i > 0 ? ", " : "",
		                         value->item[i]);
}

void app_answer_text(const struct facts *answers, size_t id, char *out, size_t capacity)
{
	struct expr_value value;
	facts_get(answers, id, &value);
	if (facts_state(answers, id) != FACT_SET)
		snprintf(out, capacity, "NOT ANSWERED");
	else if (app_answer_is_no(answers, id))
		snprintf(out, capacity, "%s", no_word(facts_spec(id)));
	else if (value.type == EXPR_BOOL)
		snprintf(out, capacity, "yes");
	else if (value.type == EXPR_NUMBER)
		snprintf(out, capacity, "%g %s", value.number, facts_spec(id)->unit);
	else if (value.type == EXPR_TEXT)
		snprintf(out, capacity, "%s", value.text);
	else
		join(&value, out, capacity);
}

bool app_finding_question(const struct finding *finding, size_t *id)
{
	for (size_t i = 0; i < finding->missing; i++)
		if (finding->missing_fact[i]->kind == FACT_QUESTION && facts_find(finding->missing_fact[i]->name, id))
			return true;
	return false;
}

/* From the checks: the question the selected finding waits for. */
static bool asked_for(const struct app *app, size_t *id)
{
	size_t order[APP_FINDINGS_MAX], selected = app->selected[SCREEN_CHECKS];
	if (app_screen_below(app) != SCREEN_CHECKS || !app->assessed)
		return false;
	size_t count = app_findings_order(&app->assessment.findings, order);
	return selected < count && app_finding_question(&app->assessment.findings.finding[order[selected]], id);
}

/* --- the screen's order ----------------------------------------------------------------------------------- */

void app_questions_show(struct app *app)
{
	struct questions *questions = &app->questions;
	size_t wanted = SIZE_MAX;
	(void)asked_for(app, &wanted);
	*questions = (struct questions){.count = 0};
	app->selected[SCREEN_QUESTIONS] = 0;
	for (int open = 1; open >= 0; open--) {
		for (size_t id = 0; id < facts_spec_count(); id++) {
			if (!app_question_asked(app, id) || app_question_open(app, id) != (open == 1))
				continue;
			BUG_ON(questions->count >= APP_QUESTIONS_MAX);
			if (id == wanted)
				app->selected[SCREEN_QUESTIONS] = questions->count;
			questions->id[questions->count++] = id;
		}
		if (open == 1)
			questions->open_first = questions->count;
	}
	app_push(app, SCREEN_QUESTIONS);
}

static bool selected_question(const struct app *app, size_t *id)
{
	size_t selected = app->selected[SCREEN_QUESTIONS];
	if (selected >= app->questions.count)
		return false;
	*id = app->questions.id[selected];
	return true;
}

static void select_next(struct app *app)
{
	if (app->selected[SCREEN_QUESTIONS] + 1 < app->questions.count)
		app->selected[SCREEN_QUESTIONS]++;
}

/* --- answering ------------------------------------------------------------------------------------------ */

/* The sun is asked once and is a reading too: then the twin is another, and the plan is made anew. */
static void answers_changed(struct app *app)
{
	app->edits.serial++;
	app->readings_changed = true;
	app_work_note(app, WORK_DUE);
	if (subject_sun_from_answers(&app->subject))
		app_plan_forget(app);
	else
		app_plan_answers_changed(app);
}

static void say_answer(struct app *app, size_t id, const char *before)
{
	char now[160];
	app_answer_text(app->subject.answers, id, now, sizeof now);
	app_say(app, ROLE_OK, "%s, was %s: %s", now, before, facts_spec(id)->wording);
}

static void set_truth(struct app *app, size_t id, bool truth)
{
	char before[160];
	struct fail why;
	app_answer_text(app->subject.answers, id, before, sizeof before);
	if (facts_set_bool(app->subject.answers, facts_spec(id)->name, truth, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "%s", why.text);
		return;
	}
	answers_changed(app);
	say_answer(app, id, before);
	select_next(app);
}

void app_answer_yes(struct app *app)
{
	size_t id;
	if (!selected_question(app, &id))
		return;
	if (facts_spec(id)->type == EXPR_BOOL)
		set_truth(app, id, true);
	else
		app_entry_open(app); /* yes is not enough: how many, which */
}

void app_answer_no(struct app *app)
{
	size_t id;
	if (selected_question(app, &id))
		set_truth(app, id, false);
}

void app_answer_clear(struct app *app)
{
	char before[160];
	struct fail why;
	size_t id;
	if (!selected_question(app, &id) || facts_state(app->subject.answers, id) != FACT_SET)
		return;
	app_answer_text(app->subject.answers, id, before, sizeof before);
	if (facts_set_unanswered(app->subject.answers, facts_spec(id)->name, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "%s", why.text);
		return;
	}
	answers_changed(app);
	say_answer(app, id, before);
}

void app_answer_all_no(struct app *app)
{
	size_t set = 0;
	struct fail why;
	for (size_t id = 0; id < facts_spec_count(); id++) {
		if (!app_question_open(app, id))
			continue;
		if (facts_set_bool(app->subject.answers, facts_spec(id)->name, false, &why) != ST_OK)
			app_say(app, ROLE_STOP, "%s", why.text);
		else
			set++;
	}
	answers_changed(app);
	app_say(app, ROLE_OK, "%zu questions answered no: you confirmed that the patient was asked each.", set);
}

/* --- the field for numbers and names ------------------------------------------------------------------- */

static void describe_form(const struct fact_spec *spec, char *out, size_t capacity)
{
	if (spec->type == EXPR_NUMBER)
		snprintf(out, capacity, "a number, %g to %g%s%s; or no%s", spec->min, spec->max,
		         spec->unit[0] != '\0' ? " " : "", spec->unit,
		         spec->no == NO_IS_NEVER ? ", which means never" : "");
	else if (spec->type == EXPR_LIST)
		snprintf(out, capacity, "names, with commas between; or no");
	else
		snprintf(out, capacity, spec->type == EXPR_TEXT ? "a name; or no" : "yes or no");
}

void app_answer_entry(struct app *app, struct entry *entry)
{
	size_t id;
	struct expr_value value;
	if (!selected_question(app, &id))
		return;
	const struct fact_spec *spec = facts_spec(id);
	*entry = (struct entry){.kind = ENTRY_ANSWER, .id = (int)id};
	snprintf(entry->title, sizeof entry->title, "%s", spec->wording);
	snprintf(entry->unit, sizeof entry->unit, "%s", spec->unit);
	describe_form(spec, entry->range, sizeof entry->range);
	app_answer_text(app->subject.answers, id, entry->before, sizeof entry->before);
	facts_get(app->subject.answers, id, &value);
	bool names = spec->type == EXPR_LIST && facts_state(app->subject.answers, id) == FACT_SET;
	if (names && (value.items != 1 || strcmp(value.item[0], UNSPECIFIED) != 0))
		join(&value, entry->typed, sizeof entry->typed); /* to be added to */
}

static bool is_one_of(const char *text, const char *const *word)
{
	while (*word != NULL && strcasecmp(text, *word) != 0)
		word++;
	return *word != NULL;
}

static const char *const no_words[] = {"no", "none", "never", NULL};
static const char *const yes_words[] = {"yes", NULL};

static enum status take_number(struct facts *answers, const struct fact_spec *spec, const char *text,
                               struct fail *why)
{
	double value;
	if (is_one_of(text, yes_words))
		return fail_set(why, ST_INPUT, spec->name, "yes is not enough: the number is missing (%s)",
		                spec->unit[0] != '\0' ? spec->unit : "how many");
	enum status status = entry_number(text, &value, why);
	return status == ST_OK ? facts_set_number(answers, spec->name, value, why) : status;
}

static enum status take_names(struct facts *answers, const struct fact_spec *spec, const char *const *item,
                              size_t items, struct fail *why)
{
	if (spec->type == EXPR_TEXT && items > 1)
		return fail_set(why, ST_INPUT, spec->name, "one name only, without commas");
	if (spec->type == EXPR_TEXT && is_one_of(item[0], yes_words))
		return fail_set(why, ST_INPUT, spec->name, "yes is not enough: the name is missing");
	if (spec->type == EXPR_TEXT)
		return facts_set_text(answers, spec->name, item[0], why);
	for (size_t i = 0; i < items && items > 1; i++)
		if (is_one_of(item[i], no_words) || is_one_of(item[i], yes_words))
			return fail_set(why, ST_INPUT, spec->name,
			                "'%.20s' beside other names contradicts them; type one or the other",
			                item[i]);
	return facts_set_list(answers, spec->name, item, items, why);
}

static enum status take_answer(struct facts *answers, const struct fact_spec *spec, char *typed,
                               struct fail *why)
{
	const char *item[FACT_ITEMS_MAX + 1] = {NULL};
	char whole[ENTRY_TYPED_MAX + 1];
	snprintf(whole, sizeof whole, "%s", typed);
	size_t items = entry_split(typed, item, FACT_ITEMS_MAX + 1);
	if (items == 0)
		return fail_set(why, ST_INPUT, spec->name,
		                "nothing was typed; no answers no, Esc leaves the answer as it is");
	if (items == 1 && is_one_of(item[0], no_words))
		return facts_set_bool(answers, spec->name, false, why);
	if (spec->type == EXPR_NUMBER)
		return take_number(answers, spec, items == 1 ? item[0] : whole, why);
	if (spec->type != EXPR_BOOL)
		return take_names(answers, spec, item, items, why);
	if (items == 1 && is_one_of(item[0], yes_words))
		return facts_set_bool(answers, spec->name, true, why);
	return fail_set(why, ST_INPUT, spec->name, "this question takes yes or no");
}

enum status app_answer_typed(struct app *app, struct entry *entry)
{
	char typed[ENTRY_TYPED_MAX + 1];
	size_t id = (size_t)entry->id;
	snprintf(typed, sizeof typed, "%s", entry->typed);
	enum status status = take_answer(app->subject.answers, facts_spec(id), typed, &entry->refusal);
	if (status != ST_OK)
		return status;
	answers_changed(app);
	say_answer(app, id, entry->before);
	select_next(app);
	return ST_OK;
}
