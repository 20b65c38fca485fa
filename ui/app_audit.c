/* Verifying the audit piece by piece between keys: its progress stands in the frame, Esc stops it, every screen stays
 * usable, and one store is never used by two threads. */
#include "ui/app.h"

bool app_verifying(const struct app *app)
{
	return app->verifying;
}

static void show_found(struct app *app)
{
	struct app_listing *l = &app->listings[SCREEN_AUDIT];
	if (l->list == NULL || app_screen_below(app) != SCREEN_AUDIT)
		return;
	struct list_request asked = l->asked;
	asked.verify = true;
	asked.before = 0; /* the latest part, or the one with the fault */
	app_listing_open(app, SCREEN_AUDIT, asked);
}

static void piece(struct app *app, bool begin)
{
	const struct app_lists *lists = app->source->lists;
	struct fail why = {.text = ""};
	bool done = false;
	app->verifying = true;
	enum status status = lists->verify(lists->context, begin, &app->verified_frac, &done, &why);
	if (status != ST_OK)
		app_say(app, ROLE_STOP, "The audit is not verified: %s", why.text);
	if (status != ST_OK || done)
		app->verifying = false;
	if (done && app_screen_below(app) != SCREEN_AUDIT)
		app_say(app, ROLE_CAUTION, "The audit has been verified; Z and Y show what was found.");
	if (done)
		show_found(app);
}

void app_audit_verify(struct app *app)
{
	if (!app->verifying)
		piece(app, true);
}

bool app_audit_go_on(struct app *app)
{
	if (app->verifying)
		piece(app, false);
	return app->verifying;
}

/* The records may be closed next. */
void app_audit_forget(struct app *app)
{
	if (app->verifying)
		app->source->lists->verify_stop(app->source->lists->context);
	app->verifying = false;
}

/* The part that was verified is shown as such. */
void app_audit_stop(struct app *app)
{
	if (!app->verifying)
		return;
	app_audit_forget(app);
	app_say(app, ROLE_CAUTION, "Verifying the audit was stopped before its end.");
	show_found(app);
}
