/* The lock behind its form: what the model holds of patients goes, and comes back from the records. */
#include "ui/app.h"

static void wipe(void *bytes, size_t n)
{
	if (bytes != NULL)
		explicit_bzero(bytes, n);
}

static void forget_list(struct app *app)
{
	wipe(app->patient, app->patients * sizeof *app->patient);
	free(app->patient);
	free(app->shown);
	app->patient = NULL;
	app->shown = NULL;
	app->patients = app->shown_count = 0;
	app->tags = (struct app_tags){.set = 0};
	wipe(app->find, sizeof app->find); /* may be a name */
	app->finding = false;
}

static void forget_patient(struct app *app)
{
	app_plan_forget(app);
	app_edits_forget(app);
	subject_free(&app->subject);
	wipe(&app->subject, sizeof app->subject);
	wipe(&app->request, sizeof app->request);
	wipe(&app->entry, sizeof app->entry);
	wipe(&app->settings, sizeof app->settings);
	wipe(&app->fit, sizeof app->fit);
	wipe(&app->undo, sizeof app->undo);
	wipe(&app->redo, sizeof app->redo);
	app->open = app->readings_changed = app->work.settings_changed = false;
}

static void forget_course(struct app *app)
{
	struct app_plans *plans = &app->plans;
	if (plans->open != NULL)
		wipe(plans->open, sizeof *plans->open);
	wipe(plans->row, plans->rows * sizeof *plans->row);
	app_course_free(app);
	wipe(plans, sizeof *plans);
}

static void remember_place(struct app *app)
{
	const char *name = NULL;
	app->place = (struct app_place){.open = app->open, .had_course = app->plans.open != NULL};
	if (app->open && app->source->name != NULL)
		name = app->source->name(app->source->context, app->open_index);
	if (name != NULL)
		(void)snprintf(app->place.patient, sizeof app->place.patient, "%s", name);
	if (app->plans.open != NULL)
		(void)snprintf(app->place.plan, sizeof app->place.plan, "%s", app->plans.open->row.uuid);
}

void app_lock(struct app *app)
{
	app_form_close(app); /* a secret may stand in it */
	wipe(&app->plans.correction, sizeof app->plans.correction);
	while (app->depth > 1 && app_screen(app) >= SCREEN_PALETTE)
		app->depth--;
	app_work_flush(app);
	app_listing_forget(app); /* whoever comes next may not be allowed to see it */
	remember_place(app);
	forget_course(app);
	forget_patient(app);
	forget_list(app);
	app_work_free(app);
	app_tagged_forget(app);
	app->tagged.folder[0] = '\0';
	app->banner[0] = '\0';
	wipe(app->message, sizeof app->message); /* they name patients and readings */
	app->messages = app->hidden = 0;
	app->locked = true;
}

/* --- coming back ----------------------------------------------------------------------------------------- */

static bool needs_patient(enum screen screen)
{
	return screen != SCREEN_WORKLIST && screen != SCREEN_PLANS && screen != SCREEN_HELP && screen != SCREEN_MESSAGES &&
	       screen != SCREEN_APPROVE && screen != SCREEN_TREAT;
}

/* Screens for which there is nothing to show any more leave the way back. */
static void drop_screens(struct app *app, bool patient, bool course)
{
	size_t kept = 1;
	for (size_t i = 1; i < app->depth; i++) {
		const enum screen screen = app->stack[i];
		const bool shows_course = screen == SCREEN_APPROVE || screen == SCREEN_TREAT;
		const bool recomputed = screen == SCREEN_ALTERNATIVES || screen == SCREEN_EXPLORE;
		if ((patient || !needs_patient(screen)) && (course || !shows_course) && !recomputed)
			app->stack[kept++] = screen;
	}
	app->depth = kept;
}

/* One's own unfinished work goes on without a question: the lock is no end of it. */
static enum status load(struct app *app, size_t index, bool *unfinished, struct subject *subject,
                        struct request *request, struct fail *why)
{
	const struct app_work *work = app->source->work;
	struct fail none;
	*unfinished = work != NULL && work->load(work->context, index, subject, request, &none) == ST_OK;
	return *unfinished ? ST_OK : app->source->load(app->source->context, index, subject, request, why);
}

static enum status reopen_patient(struct app *app, struct fail *why)
{
	struct subject subject = {.answers = NULL};
	struct request request = {.name = ""};
	enum screen stack[APP_STACK_MAX];
	const size_t depth = app->depth, patient = app->selected[SCREEN_PATIENT], setting = app->selected[SCREEN_PARAMETERS];
	size_t index = app->open_index;
	bool unfinished = false;
	enum status status = ST_OK;
	if (app->source->find != NULL)
		status = app->source->find(app->source->context, app->place.patient, &index, why);
	if (status == ST_OK && index >= app->patients)
		status = fail_set(why, ST_NOT_FOUND, "patient", "no longer on the list");
	if (status == ST_OK)
		status = load(app, index, &unfinished, &subject, &request, why);
	if (status != ST_OK)
		return status;
	memcpy(stack, app->stack, sizeof stack);
	app_plan_adopt(app, index, &subject, &request);
	memcpy(app->stack, stack, sizeof stack);
	app->depth = depth;
	app->selected[SCREEN_PATIENT] = patient;
	app->selected[SCREEN_PARAMETERS] = setting;
	if (unfinished)
		app_work_resume(app);
	return ST_OK;
}

static void reopen(struct app *app)
{
	struct fail why;
	bool patient = app->place.open, course = app->place.had_course;
	if (patient && reopen_patient(app, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "The patient cannot be opened again: %s", why.text);
		patient = false;
	}
	if (course && app_course_reopen(app, app->place.plan, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "The plan cannot be opened again: %s", why.text);
		course = false;
	}
	drop_screens(app, patient, course);
}

enum status app_unlock(struct app *app, struct fail *why)
{
	forget_list(app); /* of a try that failed half-way */
	enum status status = app_list_patients(app, why);
	if (status != ST_OK)
		return status;
	app->locked = false;
	app->depth = app->depth > 0 ? app->depth : 1;
	reopen(app);
	app->place = (struct app_place){.open = false};
	if (app_screen(app) == SCREEN_PLANS || app_screen_below(app) == SCREEN_PLANS)
		app_course_show(app);
	app_emergency_remind(app);
	if (!app->open)
		app_work_offer(app);
	return ST_OK;
}
