/* Unfinished work: every accepted reading, answer and setting is kept before the next action, and offered again after
 * a crash. A knob that is being turned is kept when it comes to rest. */
#include "ui/app.h"

static const struct app_work *work_of_app(const struct app *app)
{
	return app->source->work;
}

/* --- keeping ------------------------------------------------------------------------------------------- */

void app_work_note(struct app *app, enum work_due due)
{
	if (work_of_app(app) != NULL && app->open && app->work.due < due)
		app->work.due = due;
}

bool app_work_pending(const struct app *app)
{
	return app->work.due != WORK_KEPT;
}

void app_work_flush(struct app *app)
{
	const struct app_work *work = work_of_app(app);
	struct request request = app->request;
	struct fail why;
	if (!app_work_pending(app))
		return;
	app->work.due = WORK_KEPT;
	if (app->plan != NULL && app->work.settings_changed)
		request.settings = app->settings;
	const bool unsaved = app->readings_changed || app->work.settings_changed;
	enum status status = unsaved ? work->keep(work->context, app->open_index, &app->subject, &request, &why)
	                             : work->drop(work->context, app->open_index, &why);
	app->work.not_kept = status != ST_OK;
	if (status != ST_OK)
		app_say(app, ROLE_STOP, "This step is NOT kept: %s", why.text);
}

/* --- offering ------------------------------------------------------------------------------------------ */

void app_work_free(struct app *app)
{
	if (app->work.item != NULL)
		explicit_bzero(app->work.item, app->work.count * sizeof *app->work.item);
	free(app->work.item);
	app->work.item = NULL;
	app->work.count = app->work.own = 0;
}

static void read_list(struct app *app)
{
	const struct app_work *work = work_of_app(app);
	struct app_work_state *state = &app->work;
	struct fail why;
	app_work_free(app);
	state->opening = false;
	app->selected[SCREEN_UNFINISHED] = 0;
	if (work == NULL)
		return;
	if (work->list(work->context, &state->item, &state->count, &why) != ST_OK) {
		state->item = NULL;
		state->count = 0;
		app_say(app, ROLE_STOP, "Unfinished work cannot be read: %s", why.text);
	}
	while (state->own < state->count && state->item[state->own].is_own)
		state->own++;
}

void app_work_offer(struct app *app)
{
	read_list(app);
	if (app->work.own > 0)
		app_push(app, SCREEN_UNFINISHED);
}

bool app_work_stops_opening(struct app *app, size_t index)
{
	read_list(app);
	for (size_t i = 0; i < app->work.count; i++) {
		const struct app_unfinished *item = &app->work.item[i];
		if (item->index != index)
			continue;
		if (!item->is_own) {
			app_say(app, ROLE_CAUTION, "%s has unfinished work on this patient since %s.", item->who, item->when);
			continue;
		}
		app->selected[SCREEN_UNFINISHED] = i;
		app->work.opening = true;
		app_push(app, SCREEN_UNFINISHED);
		return true;
	}
	return false;
}

/* --- deciding ------------------------------------------------------------------------------------------ */

static const struct app_unfinished *selected(const struct app *app)
{
	const size_t at = app->selected[SCREEN_UNFINISHED];
	return at < app->work.own ? &app->work.item[at] : NULL;
}

void app_work_resume(struct app *app)
{
	struct subject subject = {.answers = NULL};
	struct request saved = {.name = ""};
	struct fail why;
	app->readings_changed = app->work.settings_changed = true;
	if (app->source->load(app->source->context, app->open_index, &subject, &saved, &why) != ST_OK)
		return;
	app->work.settings_changed = strcmp(saved.device_mode, app->request.device_mode) != 0 ||
	                             !app_same_settings(&saved.settings, &app->request.settings);
	subject_free(&subject);
}

void app_work_take(struct app *app)
{
	const struct app_unfinished *item = selected(app);
	const struct app_work *work = work_of_app(app);
	struct subject subject = {.answers = NULL};
	struct request request = {.name = ""};
	struct fail why;
	if (item == NULL)
		return;
	if (work->load(work->context, item->index, &subject, &request, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "This work cannot be taken up: %s", why.text);
		return;
	}
	app->depth--;
	app_plan_adopt(app, item->index, &subject, &request);
	app_work_resume(app);
	app_say(app, ROLE_OK, "Taken up: work of %s; s saves it.", item->when);
}

void app_work_discard(struct app *app)
{
	const struct app_unfinished *item = selected(app);
	const struct app_work *work = work_of_app(app);
	const bool opening = app->work.opening;
	struct fail why;
	if (item == NULL)
		return;
	const size_t index = item->index;
	if (work->drop(work->context, index, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "NOT discarded: %s", why.text);
		return;
	}
	app_say(app, ROLE_OK, "Discarded: unfinished work on %s.", item->label);
	read_list(app);
	if (opening || app->work.own == 0)
		app->depth--;
	if (opening)
		app_plan_open(app, index);
}
