/* Who a patient is, corrected in two steps: what it shall be, then old and new side by side with the identifiers on
 * record; and answers that stations were given differently, settled line by line. */
#include "ui/app.h"

#include "planner/plan/identity.h"
#include "planner/safety/unite.h"

#define TAKE_AWAY "-" /* typed where there shall be nothing */

static const struct app_lists *lists_of_app(const struct app *app)
{
	return app->source->lists;
}

/* Of the open patient, or on the worklist of the selected one. */
static const char *name_of(const struct app *app)
{
	const struct app_source *source = app->source;
	const size_t at = app->selected[SCREEN_WORKLIST];
	if (source->name == NULL)
		return NULL;
	if (app_screen_below(app) == SCREEN_WORKLIST)
		return at < app->shown_count ? source->name(source->context, app->shown[at]) : NULL;
	return app->open ? source->name(source->context, app->open_index) : NULL;
}

/* On the list of synchronisation the notice of answers that differ names its patient. */
static const char *name_of_notice(const struct app *app)
{
	static const char notice[] = "notice.";
	const struct listing_row *row = app_listing_selected(app, SCREEN_SYNC);
	const bool is = row != NULL && strncmp(row->key, notice, sizeof notice - 1) == 0 &&
	                strcmp(row->cell[0], sync_notice_name(SYNC_NOTE_ANSWERS)) == 0;
	return is ? row->key + sizeof notice - 1 : NULL;
}

const char *app_whom(const struct app *app)
{
	if (lists_of_app(app) == NULL || lists_of_app(app)->correct == NULL || lists_of_app(app)->settle_answers == NULL)
		return NULL;
	return app_screen_below(app) == SCREEN_SYNC ? name_of_notice(app) : name_of(app);
}

/* --- the correction ------------------------------------------------------------------------------------------- */

static const char *typed_or_none(const struct form *form, const char *member)
{
	const char *typed = app_form_typed(form, member);
	return typed != NULL && strcmp(typed, TAKE_AWAY) == 0 ? "" : typed;
}

static void add_filled(struct form *form, const char *member, const char *label, const char *hint, const char *now,
                       bool optional)
{
	struct form_field *field = app_form_add(form, member, label, hint);
	field->optional = optional;
	(void)snprintf(field->typed, sizeof field->typed, "%s", now);
}

struct text {
	char *out;
	size_t size, used;
};

static void put_part(struct text *t, unsigned parts, enum store_identity_part part, const char *was, const char *will)
{
	char name[32];
	if ((parts & (unsigned)part) != 0 && t->used < t->size)
		t->used += (size_t)snprintf(t->out + t->used, t->size - t->used, "%s: \"%s\" becomes \"%s\". ",
		                            store_identity_parts((unsigned)part, name, sizeof name), was, will);
}

static void describe(const struct correction_effect *e, char *out, size_t size)
{
	struct text t = {out, size, 0};
	const char was[2] = {e->was.sex, '\0'}, will[2] = {e->will.sex, '\0'};
	out[0] = '\0';
	put_part(&t, e->parts, STORE_IDENTITY_LABEL, e->was.label, e->will.label);
	put_part(&t, e->parts, STORE_IDENTITY_NUMBER, e->was.record_number, e->will.record_number);
	put_part(&t, e->parts, STORE_IDENTITY_BIRTH, e->was.birth, e->will.birth);
	put_part(&t, e->parts, STORE_IDENTITY_SEX, was, will);
	if (e->approved > 0 && t.used < size)
		(void)snprintf(out + t.used, size - t.used, "%zu approved plan%s to be approved again.", e->approved,
		               e->approved == 1 ? " has" : "s have");
}

static enum status submit_confirm(struct app *app, const struct form *form, struct fail *refusal)
{
	const struct app_lists *lists = lists_of_app(app);
	const struct correction_confirm confirm = {app_form_typed(form, "identifier_1"), app_form_typed(form, "identifier_2"),
	                                           app_form_typed(form, "reason")};
	char name[APP_NAME_MAX];
	struct fail later;
	const bool again = app_worklist_hold(app, name);
	enum status status = lists->correct(lists->context, form->about, NULL, &confirm, &app->plans.correction, refusal);
	if (status != ST_OK)
		return status;
	explicit_bzero(&app->plans.correction, sizeof app->plans.correction);
	app_say(app, ROLE_OK, "Corrected; the former identity is kept. It is in the audit.");
	if (again && app_worklist_again(app, name, &later) != ST_OK)
		app_say(app, ROLE_STOP, "The worklist cannot be read again: %s", later.text);
	return ST_OK;
}

/* Old and new; the identifiers are those of before, so that it is the right record that is open. */
static void open_confirm(struct app *app)
{
	const struct correction_effect *e = &app->plans.correction;
	struct form form = {.submit = submit_confirm};
	struct identity identity;
	char kinds[64], hint[160];
	identity_of(&e->was, &identity);
	(void)snprintf(form.about, sizeof form.about, "%s", e->was.uuid);
	(void)snprintf(form.title, sizeof form.title, "Correct who %.200s is?", e->was.label);
	describe(e, form.text, sizeof form.text);
	(void)snprintf(hint, sizeof hint, "as on record before the correction; do not read it off the screen: %s",
	               identity_kinds(&identity, kinds, sizeof kinds));
	app_form_add(&form, "identifier_1", "identifier", hint);
	if (!e->one_identifier)
		app_form_add(&form, "identifier_2", "second identifier", "another one of these");
	app_form_add(&form, "reason", "reason", "why; at least ten characters; kept with the former identity");
	explicit_bzero(&identity, sizeof identity);
	app_form_open(app, &form);
	explicit_bzero(&form, sizeof form);
}

static enum status submit_correction(struct app *app, const struct form *form, struct fail *refusal)
{
	const struct app_lists *lists = lists_of_app(app);
	const struct correction correction = {app_form_typed(form, "name"), typed_or_none(form, "record_number"),
	                                      typed_or_none(form, "birth"), app_form_typed(form, "sex")};
	return lists->correct(lists->context, form->about, &correction, NULL, &app->plans.correction, refusal);
}

static void open_correction(struct app *app)
{
	static const struct correction as_it_is;
	const struct app_lists *lists = lists_of_app(app);
	struct correction_effect *e = &app->plans.correction;
	struct form form = {.submit = submit_correction, .then = open_confirm};
	struct fail why;
	char sex[2] = {0};
	(void)snprintf(form.about, sizeof form.about, "%s", app_whom(app));
	enum status status = lists->correct(lists->context, form.about, &as_it_is, NULL, e, &why);
	if (status != ST_OK && status != ST_INPUT) { /* ST_INPUT: nothing would change, as asked */
		app_say(app, ROLE_STOP, "Not corrected: %s %s", why.field, why.text);
		return;
	}
	sex[0] = e->was.sex;
	(void)snprintf(form.title, sizeof form.title, "Who %.200s is", e->was.label);
	(void)snprintf(form.text, sizeof form.text, "%s",
	               "What is wrong is typed anew. The next step shows old and new and asks for the identifiers; nothing "
	               "changes before.");
	add_filled(&form, "name", "name", "as on the patient's papers", e->was.label, false);
	add_filled(&form, "record_number", "record number", "the clinic's; - for none", e->was.record_number, true);
	add_filled(&form, "birth", "date of birth", "1987, 1987-06 or 1987-06-30; - for not known", e->was.birth, true);
	add_filled(&form, "sex", "sex", "M, F, X, or U for not known", sex, false);
	app_form_open(app, &form);
	explicit_bzero(&form, sizeof form);
}

/* --- answers -------------------------------------------------------------------------------------------------- */

#define ANSWERS_BESIDE 3 /* login, secret, reason */

static enum status submit_answers(struct app *app, const struct form *form, struct fail *refusal)
{
	const struct app_lists *lists = lists_of_app(app);
	char text[FORM_FIELDS_MAX][sizeof form->field[0].member + sizeof form->field[0].typed + 1];
	const char *decision[FORM_FIELDS_MAX];
	struct answers_input input = {.decision = decision,
	                              .reason = app_form_typed(form, "reason"),
	                              .login = app_form_typed(form, "login"),
	                              .secret = app_form_typed(form, "secret")};
	for (size_t i = 0; i + ANSWERS_BESIDE < form->fields; i++) {
		const struct form_field *field = &form->field[i];
		if (field->typed[0] == '\0')
			continue;
		(void)snprintf(text[i], sizeof text[i], "%s=%s", field->member, field->typed);
		decision[input.decisions++] = text[i];
	}
	enum status status = lists->settle_answers(lists->context, form->about, &input, refusal);
	if (status != ST_OK)
		return status;
	app_say(app, ROLE_OK, "Settled. Open the patient again: plans judged before are to be judged again.");
	for (size_t at = 0; at < app->depth; at++)
		if (app->stack[at] == SCREEN_SYNC)
			app_listing_again(app, SCREEN_SYNC);
	return ST_OK;
}

static void add_question(struct form *form, const struct united *u, size_t id)
{
	char hint[sizeof form->field[0].hint], words[120];
	size_t used = 0;
	for (size_t i = 0; i < u->rows && used < sizeof hint; i++)
		used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%s: %s", i > 0 ? "; " : "",
		                         u->row[i].by[0] != '\0' ? u->row[i].by : "?",
		                         facts_words(u->row[i].answers, id, words, sizeof words));
	if (used < sizeof hint)
		(void)snprintf(hint + used, sizeof hint - used, ". Empty: stays %s",
		               facts_words(u->together, id, words, sizeof words));
	app_form_add(form, facts_spec(id)->name, facts_spec(id)->name, hint)->optional = true;
}

/* What a form has room for; the rest stays as it warns and comes with the next one. */
static size_t add_questions(struct form *form, const struct united *u)
{
	size_t left = 0;
	for (size_t id = 0; id < facts_spec_count(); id++) {
		if (facts_spec(id)->kind != FACT_QUESTION || !united_differs(u, id))
			continue;
		if (form->fields + ANSWERS_BESIDE < FORM_FIELDS_MAX)
			add_question(form, u, id);
		else
			left++;
	}
	return left;
}

static void open_answers(struct app *app)
{
	const struct app_lists *lists = lists_of_app(app);
	struct form form = {.submit = submit_answers};
	struct united united = {.rows = 0};
	struct fail why;
	(void)snprintf(form.about, sizeof form.about, "%s", app_whom(app));
	enum status status = lists->answers(lists->context, form.about, &united, &why);
	const size_t left = status == ST_OK ? add_questions(&form, &united) : 0;
	united_clear(&united);
	if (status != ST_OK || form.fields == 0) {
		app_say(app, status == ST_OK ? ROLE_OK : ROLE_STOP, "%s",
		        status == ST_OK ? "Nothing was answered differently." : why.text);
		return;
	}
	(void)snprintf(form.title, sizeof form.title, "Settle what stations were told differently");
	(void)snprintf(form.text, sizeof form.text,
	               "Each line: who was told what. What is left empty stays as it warns%s. What warns is taken back by a "
	               "dermatologist alone, with a reason.",
	               left > 0 ? "; further questions are settled afterwards by command" : "");
	app_form_add(&form, "login", "login", "who decides");
	app_form_add(&form, "secret", "secret", "not shown")->masked = true;
	app_form_add(&form, "reason", "reason", "required where an answer that warns is taken back")->optional = true;
	app_form_open(app, &form);
}

bool app_identity_do(struct app *app, enum action action)
{
	if (action == ACTION_IDENTITY) {
		app_close_dialogs(app);
		open_correction(app);
	} else if (action == ACTION_ANSWERS) {
		app_close_dialogs(app);
		open_answers(app);
	}
	return action == ACTION_IDENTITY || action == ACTION_ANSWERS;
}
