/* A key on its way: text where something is typed, the second of two, or an action; and news from the worker. */
#include "ui/app.h"

#define WHEEL_LINES 3

static bool palette_text(struct app *app, int key)
{
	size_t length = strlen(app->filter);
	if (key == UI_KEY_BACKSPACE && length > 0)
		app->filter[length - 1] = '\0';
	else if (key >= ' ' && key < 0x7F && length + 1 < APP_FILTER_MAX)
		snprintf(app->filter + length, APP_FILTER_MAX - length, "%c", key);
	else
		return key >= ' ' && key < 0x110000;
	app->selected[SCREEN_PALETTE] = 0;
	return true;
}

/* The popup goes with the next key, which means what it says; Esc and its own key only close it. */
static bool popup_key(struct app *app, int key)
{
	if (app_screen(app) != SCREEN_KEYS)
		return false;
	app->depth--;
	const bool second = app->keys_after != 0 && key > ' ' && key < 0x7F;
	const enum action action = action_for_key(app_screen(app), second ? UI_CHORD(app->keys_after, key) : key);
	if (key != UI_KEY_ESCAPE && action != ACTION_KEYS && (second || app->keys_after == 0))
		app_do(app, action);
	return true;
}

/* Typing screens take text before commands; everywhere else a paste is no command. */
static bool take_text(struct app *app, struct key_event event)
{
	if (event.key == UI_KEY_WHEEL_UP || event.key == UI_KEY_WHEEL_DOWN) {
		for (int i = 0; i < WHEEL_LINES; i++)
			app_do(app, event.key == UI_KEY_WHEEL_UP ? ACTION_UP : ACTION_DOWN);
		return true;
	}
	if (popup_key(app, event.pasted ? UI_KEY_ESCAPE : event.key))
		return true;
	if (app_find_key(app, event.key))
		return true;
	if (app_screen(app) == SCREEN_PALETTE)
		return palette_text(app, event.key);
	if (app_screen(app) == SCREEN_SKIN_TYPE && event.key >= '0' && event.key <= '4') {
		app_skin_form_set(app, event.key - '0');
		return true;
	}
	if (app_screen(app) == SCREEN_FORM)
		return app_form_type(app, event);
	if (app_screen(app) != SCREEN_ENTRY)
		return event.pasted;
	if (event.key == UI_KEY_BACKSPACE) {
		entry_erase(&app->entry);
		return true;
	}
	return entry_type(&app->entry, event.key) || event.pasted;
}

/* A key has been pressed, so what stood in the message line was seen; it stays in the log. Only what went
 * wrong stays until the screen changes. */
static void hide_seen_message(struct app *app)
{
	const struct app_message *message = app_last_message(app);
	if (message != NULL && message->role != ROLE_STOP)
		app->hidden = app->messages;
}

/* Lists grow shorter by themselves (findings, plans, a session that goes on): what is selected stays on a line. */
static void select_existing(struct app *app)
{
	const enum screen screens[] = {app_screen(app), app_screen_below(app)};
	for (size_t i = 0; i < 2; i++) {
		const size_t count = app_line_count(app, screens[i]);
		if (count > 0 && app->selected[screens[i]] >= count)
			app->selected[screens[i]] = count - 1;
	}
}

/* A held key turns a knob many times a second: those steps are kept when it comes to rest. */
static bool is_turning(enum action action)
{
	return action == ACTION_LESS || action == ACTION_MORE || action == ACTION_MUCH_LESS || action == ACTION_MUCH_MORE;
}

/* Whose name stands in the header: of the plan shown, else of the patient who is open. */
static const char *named(const struct app *app)
{
	const enum screen below = app_screen_below(app);
	const struct app_listing *listing = app_listing_shown(app);
	if (listing != NULL && listing->list != NULL && listing->list->banner.is)
		return ""; /* says itself whose it is */
	if ((below == SCREEN_APPROVE || below == SCREEN_TREAT) && app->plans.open != NULL)
		return app->plans.open->patient.label;
	return app->open ? app->subject.label : "";
}

/* The header can change hands without a patient having been chosen: between a plan and one's own patient. */
static void say_other_patient(struct app *app, const char *before)
{
	const bool renamed = app->renamed; /* the same one, called otherwise */
	app->renamed = false;
	const char *now = named(app);
	if (!renamed && before[0] != '\0' && now[0] != '\0' && strcmp(before, now) != 0)
		app_say(app, ROLE_CAUTION, "ANOTHER PATIENT: %s.", now);
}

void app_key(struct app *app, struct key_event event)
{
	enum screen before = app_screen(app);
	char name[APP_MESSAGE_MAX / 2];
	(void)snprintf(name, sizeof name, "%s", named(app));
	size_t said = app->messages;
	hide_seen_message(app);
	if (take_text(app, event))
		return;
	enum action action = action_for_key(app_screen(app), event.key);
	bool turning = is_turning(action);
	if (!turning)
		app_work_flush(app);
	const bool task = app->task != NULL && app->task->kind != TASK_ASSESS && !app->job.cancelling;
	const bool long_job = task || app_verifying(app);
	if (event.key == UI_KEY_ESCAPE && long_job && app_screen(app) < SCREEN_PALETTE)
		app_cancel_job(app);
	else
		app_do(app, action);
	if (!turning)
		app_work_flush(app);
	app_emergency_refresh(app);
	if (app_screen(app) != before && app->hidden < said)
		app->hidden = said;
	say_other_patient(app, name);
	select_existing(app);
}

void app_wake(struct app *app)
{
	if (app->task == NULL)
		return;
	jobs_take(app->jobs, &app->job);
	if (app->job.phase == JOB_ENDED)
		app_plan_ended(app);
	if (!app->locked)
		app_plan_pump(app);
	select_existing(app);
}
