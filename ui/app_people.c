/* People on the screens of an administrator: let in, given roles, shut out, given a new secret. Every change asks for
 * the administrator's own secret; the row is named in the title, and the first line typed is never a default. */
#include "ui/app.h"

static const char *selected_login(const struct app *app)
{
	const struct listing_row *row = app_listing_selected(app, SCREEN_PEOPLE);
	return row != NULL ? row->key : NULL;
}

bool app_people_selected(const struct app *app)
{
	return app_screen_below(app) == SCREEN_PEOPLE && selected_login(app) != NULL;
}

static void add_secret(struct form *form, const char *member, const char *label, const char *hint)
{
	app_form_add(form, member, label, hint)->masked = true;
}

static void add_fresh(struct form *form)
{
	add_secret(form, "fresh", "new secret", "several words, at least twelve characters; not shown");
	add_secret(form, "again", "once more", "the same again");
}

static void add_own(struct form *form)
{
	add_secret(form, "own", "your own secret", "yours again: it is you who changes this; not shown");
}

static enum status submit(struct app *app, const struct form *form, struct fail *refusal)
{
	const struct app_lists *lists = app->source->lists;
	const char *login = app_form_typed(form, "login"), *again = app_form_typed(form, "again");
	const struct people_input input = {.move = (enum people_move)form->detail,
	                                   .login = login != NULL ? login : form->about,
	                                   .name = app_form_typed(form, "name"),
	                                   .roles = app_form_typed(form, "roles"),
	                                   .fresh = app_form_typed(form, "fresh"),
	                                   .own = app_form_typed(form, "own")};
	static const char *const done[] = {[PEOPLE_ADD] = "is let in",         [PEOPLE_ROLES] = "has other roles now",
	                                   [PEOPLE_DISABLE] = "is shut out",
	                                   [PEOPLE_SECRET] = "has a new secret"};
	if (again != NULL && strcmp(again, input.fresh) != 0)
		return fail_set(refusal, ST_INPUT, "again", "is not the same as the new secret; type both again");
	enum status status = lists->people(lists->context, &input, refusal);
	if (status == ST_OK)
		app_say(app, ROLE_OK, "%s %s; it is in the audit.", input.login, done[input.move]);
	if (status == ST_OK)
		app_listing_again(app, SCREEN_PEOPLE);
	return status;
}

/* --- one's own ---------------------------------------------------------------------------------------------- */

static enum status submit_own(struct app *app, const struct form *form, struct fail *refusal)
{
	const struct app_lists *lists = app->source->lists;
	const char *old = app_form_typed(form, "own"), *fresh = app_form_typed(form, "fresh");
	if (strcmp(app_form_typed(form, "again"), fresh) != 0)
		return fail_set(refusal, ST_INPUT, "again", "is not the same as the new secret; type both again");
	if (strcmp(old, fresh) == 0)
		return fail_set(refusal, ST_INPUT, "fresh", "is the old secret; type another");
	enum status status = lists->own_secret(lists->context, old, fresh, refusal);
	if (status == ST_INPUT) { /* of what was typed, only the new one is judged */
		const struct fail why = *refusal;
		return fail_set(refusal, ST_INPUT, "fresh", "the new secret %s", why.text);
	}
	if (status == ST_OK)
		app_say(app, ROLE_OK, "Your secret is changed; the old one no longer opens anything. It is in the audit.");
	return status;
}

void app_own_secret(struct app *app)
{
	struct form form = {.submit = submit_own};
	if (app->source->lists->own_secret == NULL) {
		app_say(app, ROLE_CAUTION, "There are no records here that a secret opens.");
		return;
	}
	app_close_dialogs(app);
	(void)snprintf(form.title, sizeof form.title, "Your own secret");
	(void)snprintf(form.text, sizeof form.text, "%s",
	               "What you log in and sign with. Your signing key stays, and so does what you signed.");
	add_secret(&form, "own", "old secret", "the one you logged in with; not shown");
	add_fresh(&form);
	app_form_open(app, &form);
}

/* --- of people ---------------------------------------------------------------------------------------------- */

static struct form form_for(enum people_move move, const char *login)
{
	struct form form = {.submit = submit, .detail = (int)move};
	(void)snprintf(form.about, sizeof form.about, "%s", login);
	return form;
}

void app_people_add(struct app *app)
{
	struct form form = form_for(PEOPLE_ADD, "");
	(void)snprintf(form.title, sizeof form.title, "Let somebody in");
	app_form_add(&form, "login", "login", "lower-case letters, digits, . _ -");
	app_form_add(&form, "name", "name", "as it stands on sheets and signatures");
	app_form_add(&form, "roles", "roles", "technician, dermatologist, administrator, viewer; several with commas");
	add_fresh(&form);
	add_own(&form);
	app_form_open(app, &form);
}

void app_people_roles(struct app *app)
{
	const char *login = selected_login(app);
	struct form form = form_for(PEOPLE_ROLES, login);
	(void)snprintf(form.title, sizeof form.title, "Other roles for %s", login);
	app_form_add(&form, "roles", "roles",
	             "all they shall have: technician, dermatologist, administrator, viewer; several with commas");
	add_own(&form);
	app_form_open(app, &form);
}

/* The key goes with it: whoever is shut out is let in again by a new secret. */
void app_people_disable(struct app *app)
{
	const char *login = selected_login(app);
	const struct listing_row *row = app_listing_selected(app, SCREEN_PEOPLE);
	struct form form = form_for(PEOPLE_DISABLE, login);
	if (strcmp(row->cell[LIST_PEOPLE_STATE], LIST_PEOPLE_DISABLED) == 0) {
		app_say(app, ROLE_CAUTION, "%s is shut out already; K gives a new secret, which lets them in again.", login);
		return;
	}
	(void)snprintf(form.title, sizeof form.title, "Shut out: %s", login);
	(void)snprintf(form.text, sizeof form.text, "%s",
	               "Their key goes: they cannot log in. What they signed stays valid. A new secret (K) lets them in.");
	add_own(&form);
	app_form_open(app, &form);
}

void app_people_secret(struct app *app)
{
	const char *login = selected_login(app);
	struct form form = form_for(PEOPLE_SECRET, login);
	(void)snprintf(form.title, sizeof form.title, "A new secret for %s", login);
	(void)snprintf(form.text, sizeof form.text, "%s",
	               "Of somebody else: the lost secret's signing key ends, a new one begins. Of your own: the key stays.");
	add_fresh(&form);
	add_own(&form);
	app_form_open(app, &form);
}
