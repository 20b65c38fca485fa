/* The open patient's plan: preparing it, turning its knobs, judging, fitting, keeping.
 *
 * One job runs at a time. What is wanted next stands in three flags; app_plan_pump starts the most urgent
 * when the worker is free. A result belongs to the generation of the plan it was asked for; when readings
 * or device change, the generation moves on and late results are dropped.
 */
#include "ui/app.h"

#include <strings.h>

/* --- plans ------------------------------------------------------------------------------------------ */

static void plan_free(const struct app_engine *engine, struct app_plan **plan)
{
	if (*plan == NULL)
		return;
	if ((*plan)->planning != NULL)
		engine->release(&(*plan)->planning);
	subject_free(&(*plan)->subject);
	free(*plan);
	*plan = NULL;
}

static enum status plan_new(const struct subject *subject, struct app_plan **out, struct fail *why)
{
	struct app_plan *plan = calloc(1, sizeof *plan);
	if (plan == NULL)
		return fail_set(why, ST_FULL, "plan", "no memory for a plan");
	plan->subject = *subject;
	plan->subject.answers = NULL;
	enum status status = facts_clone(subject->answers, &plan->subject.answers, why);
	if (status != ST_OK) {
		free(plan);
		return status;
	}
	*out = plan;
	return ST_OK;
}

static void forget_assessment(struct app *app)
{
	if (app->assessed)
		app->engine->clear(&app->assessment);
	app->assessed = app->stale = false;
}

/* Gives up plan, assessment and fit: what they were made from has changed. */
void app_plan_forget(struct app *app)
{
	bool in_use = app->task != NULL && app->task->plan == app->plan;
	forget_assessment(app);
	if (in_use && app->plan != NULL)
		app->orphan = app->plan;
	else
		plan_free(app->engine, &app->plan);
	app->plan = NULL;
	app->fitted = app->failed = false;
	app_explore_forget(app);
	app_twin_forget(app);
	app->undo.count = app->redo.count = 0;
	app->prepare_wanted = app->assess_wanted = app->fit_wanted = app->answers_changed = false;
	app->generation++;
	if (app->task != NULL)
		jobs_cancel(app->jobs);
}

/* --- work (runs on the worker; touches its task only) ------------------------------------------------- */

static enum status prepare_work(void *argument, void *context, struct fail *why)
{
	struct app_task *task = argument;
	const struct app_engine *engine = task->engine;
	struct predict_options options = {.progress = job_progress, .context = context};
	enum status status = engine->prepare(engine->context, &task->plan->subject, &task->request, &options,
	                                     &task->plan->planning, why);
	if (status != ST_OK)
		return status;
	engine->tissue(task->plan->planning, &task->plan->tissue);
	task->settings = task->request.settings;
	if (task->settings.present == 0)
		engine->default_settings(task->plan->planning, &task->settings);
	task->assessed = engine->assess(task->plan->planning, &task->settings, &task->assessment,
	                                &task->unassessed) == ST_OK;
	if (task->assessed)
		task->settings = task->assessment.settings;
	task->plan->initial = task->settings;
	return ST_OK;
}

static enum status assess_work(void *argument, void *context, struct fail *why)
{
	struct app_task *task = argument;
	(void)context;
	enum status status = ST_OK;
	if (task->answers != NULL)
		status = task->engine->answers(task->plan->planning, task->answers, why);
	if (status == ST_OK)
		status = task->engine->assess(task->plan->planning, &task->settings, &task->assessment, why);
	task->assessed = status == ST_OK;
	return status;
}

static enum status fit_work(void *argument, void *context, struct fail *why)
{
	struct app_task *task = argument;
	return task->engine->fit(task->plan->planning, job_progress, context, &task->fit, why);
}

/* --- starting ---------------------------------------------------------------------------------------- */

/* What the job needs of the patient, as a copy. */
static enum status task_take_subject(struct app *app, struct app_task *task, struct fail *why)
{
	enum status status = ST_OK;
	if (task->kind == TASK_PREPARE)
		status = plan_new(&app->subject, &task->plan, why);
	else if (task->kind == TASK_ASSESS && app->answers_changed)
		status = facts_clone(app->subject.answers, &task->answers, why);
	else if (task->kind == TASK_EXPLORE) {
		task->map = calloc(1, sizeof *task->map);
		if (task->map == NULL)
			return fail_set(why, ST_FULL, "map", "no memory for the map");
		task->map->x = app->map_x;
		task->map->y = app->map_y;
	}
	if (status == ST_OK && (task->kind == TASK_PREPARE || task->kind == TASK_ASSESS))
		app->answers_changed = false;
	return status;
}

static void start(struct app *app, enum task_kind kind, job_work *work)
{
	struct fail why;
	struct app_task *task = calloc(1, sizeof *task);
	if (task == NULL) {
		app_say(app, ROLE_STOP, "no memory for the computation");
		return;
	}
	task->kind = kind;
	task->engine = app->engine;
	task->request = app->request;
	task->settings = app->settings;
	task->generation = app->generation;
	task->plan = app->plan;
	if (task_take_subject(app, task, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "%s", why.text);
		free(task);
		return;
	}
	app->task = task;
	app->job = (struct job_state){.phase = JOB_RUNNING};
	BUG_ON(!jobs_start(app->jobs, work, task));
}

/* Contradicting readings are not a record: half an L*a*b* would be read as zeros. */
static bool app_readings_keep(struct app *app)
{
	struct fail why;
	if (!app->readings_changed || app->source->save_readings == NULL)
		return true;
	enum status status = readings_check(&app->subject.readings, &why);
	if (status == ST_OK)
		status = app->source->save_readings(app->source->context, app->open_index, &app->subject,
		                                    &app->request, &why);
	app->readings_changed = status != ST_OK;
	app_work_note(app, WORK_DUE);
	if (status != ST_OK)
		app_say(app, ROLE_STOP, "The readings are NOT kept: %s", why.text);
	return status == ST_OK;
}

void app_plan_pump(struct app *app)
{
	if (app->task != NULL)
		return;
	if (app->prepare_wanted) {
		app->prepare_wanted = app->assess_wanted = false;
		(void)app_readings_keep(app);
		start(app, TASK_PREPARE, prepare_work);
	} else if (app->plan != NULL && app->assess_wanted) {
		app->assess_wanted = false;
		start(app, TASK_ASSESS, assess_work);
	} else if (app->plan != NULL && app->fit_wanted) {
		app->fit_wanted = false;
		start(app, TASK_FIT, fit_work);
	} else if (app->plan != NULL && app->map_wanted) {
		app->map_wanted = false;
		start(app, TASK_EXPLORE, app_explore_work);
	}
}

/* --- ending ------------------------------------------------------------------------------------------ */

bool app_same_settings(const struct settings *a, const struct settings *b)
{
	for (int id = 0; id < SETTINGS; id++) {
		bool has = settings_has(a, (enum setting_id)id);
		if (has != settings_has(b, (enum setting_id)id))
			return false;
		if (has && fabs(a->value[id] - b->value[id]) > 1e-9 * fabs(a->value[id]))
			return false;
	}
	return true;
}

/* Takes the task's assessment; it is old at once when the knobs have moved on, or an answer has. */
static void accept_assessment(struct app *app, struct app_task *task)
{
	bool latest = app_same_settings(&task->settings, &app->settings);
	forget_assessment(app);
	app->assessment = task->assessment;
	app->assessed = true;
	app->stale = !latest || app->answers_changed;
	task->assessed = false; /* moved */
	if (latest)
		app->settings = app->assessment.settings;
}

static void prepare_ended(struct app *app, struct app_task *task)
{
	if (app->job.status != ST_OK) {
		app->failed = true;
		app->failure = app->job.why;
		if (app->job.status == ST_CANCELLED)
			app_say(app, ROLE_CAUTION,
			        "Preparing was cancelled; Enter on a device (4) starts it again.");
		else
			app_say(app, ROLE_STOP, "The plan could not be prepared: %s", app->failure.text);
		return;
	}
	app->plan = task->plan;
	task->plan = NULL;
	app->settings = task->settings;
	if (task->assessed)
		accept_assessment(app, task);
	else
		app_say(app, ROLE_STOP, "The settings could not be judged: %s", task->unassessed.text);
}

static void assess_ended(struct app *app, struct app_task *task)
{
	if (task->assessed) {
		accept_assessment(app, task);
		return;
	}
	forget_assessment(app);
	app_say(app, ROLE_STOP, "The settings could not be judged: %s", app->job.why.text);
}

static void fit_ended(struct app *app, struct app_task *task)
{
	if (app->answers_changed) {
		app_say(app, ROLE_CAUTION, "The fit is dropped: it was for the answers before; f fits again.");
		return;
	}
	if (app->job.status == ST_CANCELLED) {
		app_say(app, ROLE_CAUTION, "The fit was cancelled; settings are as they were.");
		return;
	}
	if (app->job.status != ST_OK) {
		app_say(app, ROLE_STOP, "The fit failed: %s", app->job.why.text);
		return;
	}
	app->fit = task->fit;
	app->fitted = true;
	app->selected[SCREEN_ALTERNATIVES] = 0;
	if (app->fit.feasible) {
		app_plan_set(app, &app->fit.settings);
		app_say(app, ROLE_OK,
		        "Fitted: the lowest sufficient dose of %zu settings (%zu sufficient, %zu allowed).",
		        app->fit.candidates, app->fit.sufficient, app->fit.allowed);
	} else {
		app_say(app, ROLE_CAUTION,
		        "No setting reaches the endpoint within every limit; a shows what stops it.");
	}
}

static void task_free(struct app *app)
{
	if (app->task->assessed)
		app->engine->clear(&app->task->assessment);
	if (app->task->kind == TASK_PREPARE)
		plan_free(app->engine, &app->task->plan);
	facts_free(&app->task->answers);
	findings_clear(&app->task->findings);
	workflow_start_free(&app->task->start);
	free(app->task->map);
	free(app->task);
	app->task = NULL;
	plan_free(app->engine, &app->orphan);
}

/* The job of app->task has ended with app->job. */
void app_plan_ended(struct app *app)
{
	struct app_task *task = app->task;
	static void (*const ended[])(struct app *, struct app_task *) = {
	        [TASK_PREPARE] = prepare_ended, [TASK_ASSESS] = assess_ended, [TASK_FIT] = fit_ended,
	        [TASK_EXPLORE] = app_explore_ended, [TASK_JUDGE] = app_course_judged};
	if (!app->locked && (task->generation == app->generation || task->kind == TASK_JUDGE))
		ended[task->kind](app, task);
	task_free(app);
}

/* --- what users do ------------------------------------------------------------------------------------ */

static void list_modes(struct app *app)
{
	app->modes =
	        app->engine->modes(app->engine->context, app->request.indication, app->mode, APP_MODES_MAX);
	app->selected[SCREEN_DEVICE] = 0;
	for (size_t i = 0; i < app->modes; i++)
		if (strcmp(app->mode[i].device_mode, app->request.device_mode) == 0)
			app->selected[SCREEN_DEVICE] = i;
}

static void close_patient(struct app *app)
{
	const bool kept = app->source->work != NULL;
	if (app->open && !app_readings_keep(app))
		app_say(app, ROLE_STOP, "%s closed; the changed readings and answers are %s.", app->subject.label,
		        kept ? "kept as unfinished work" : "lost");
	if (app->open && app->undo.count > 0)
		app_say(app, ROLE_CAUTION, kept ? "%s closed; changed settings are kept as unfinished work."
		                                : "%s closed; changed settings were not saved.",
		        app->subject.label);
	app_work_flush(app);
	app->work.settings_changed = false;
	app_edits_forget(app);
	app_plan_forget(app);
	subject_free(&app->subject);
	app->open = app->readings_changed = false;
}

/* The same name twice on the list is the beginning of a mix-up. */
static void warn_of_same_name(struct app *app, size_t index)
{
	size_t same = 0;
	for (size_t i = 0; i < app->patients; i++)
		same += strcasecmp(app->patient[i].label, app->patient[index].label) == 0;
	if (same > 1)
		app_say(app, ROLE_CAUTION, "SAME NAME: %zu patients are called %s. Check number and birth.", same,
		        app->patient[index].label);
}

void app_plan_open(struct app *app, size_t index)
{
	struct fail why;
	if (app->open && app->open_index == index) {
		app_push(app, SCREEN_PATIENT);
		return;
	}
	if (app_work_stops_opening(app, index))
		return;
	struct subject subject = {.answers = NULL};
	struct request request = {.name = ""};
	if (app->source->load(app->source->context, index, &subject, &request, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "This patient cannot be opened: %s", why.text);
		return;
	}
	app_plan_adopt(app, index, &subject, &request);
}

/* Opens the patient with this subject, whose answers become the model's. */
void app_plan_adopt(struct app *app, size_t index, struct subject *subject, const struct request *request)
{
	close_patient(app);
	app->subject = *subject;
	app->request = *request;
	app->open = true;
	app->open_index = index;
	app_patient_opened(app, index);
	app->selected[SCREEN_PATIENT] = app->selected[SCREEN_PARAMETERS] = app->selected[SCREEN_CHECKS] = 0;
	list_modes(app);
	warn_of_same_name(app, index);
	app_push(app, SCREEN_PATIENT);
	app_plan_ensure(app);
}

/* Prepares the plan when there is none, so that the next screens have something to show. */
void app_plan_ensure(struct app *app)
{
	bool possible = app->open && app->request.device_mode[0] != '\0';
	if (app->plan != NULL)
		(void)app_readings_keep(app); /* else the preparation does */
	if (!possible || app->plan != NULL || app_preparing(app))
		return;
	app->failed = false;
	app->prepare_wanted = true;
	app_plan_pump(app);
}

void app_plan_request(struct app *app, const char *device_mode)
{
	bool same = strcmp(app->request.device_mode, device_mode) == 0;
	if (!same || app->plan == NULL) {
		app_plan_forget(app);
		if (!same)
			app->request.settings = (struct settings){.present = 0};
		snprintf(app->request.device_mode, sizeof app->request.device_mode, "%s", device_mode);
		app->work.settings_changed = app->work.settings_changed || !same;
		app_work_note(app, WORK_DUE);
		app_plan_ensure(app);
	}
	app_push(app, SCREEN_PARAMETERS);
}

static void history_push(struct app_history *history, const struct settings *settings)
{
	if (history->count == APP_UNDO_MAX) {
		memmove(history->settings, history->settings + 1,
		        (APP_UNDO_MAX - 1) * sizeof *history->settings);
		history->count--;
	}
	history->settings[history->count++] = *settings;
}

static void take_settings(struct app *app, const struct settings *settings)
{
	app->settings = *settings;
	app->stale = app->assessed;
	app->assess_wanted = true;
	app->work.settings_changed = true;
	app_work_note(app, WORK_DUE_SOON);
	app_plan_pump(app);
}

void app_plan_set(struct app *app, const struct settings *settings)
{
	if (app->plan == NULL || app_same_settings(settings, &app->settings))
		return;
	history_push(&app->undo, &app->settings);
	app->redo.count = 0;
	take_settings(app, settings);
}

void app_plan_undo(struct app *app)
{
	if (app->undo.count == 0)
		return;
	history_push(&app->redo, &app->settings);
	take_settings(app, &app->undo.settings[--app->undo.count]);
}

void app_plan_redo(struct app *app)
{
	if (app->redo.count == 0)
		return;
	history_push(&app->undo, &app->settings);
	take_settings(app, &app->redo.settings[--app->redo.count]);
}

void app_plan_step(struct app *app, int steps)
{
	enum setting_id knob[APP_KNOBS_MAX];
	size_t count, turnable = app_knobs(app, knob, &count);
	struct settings settings;
	struct fail why;
	if (turnable == 0)
		return;
	if (app->selected[SCREEN_PARAMETERS] >= turnable)
		app->selected[SCREEN_PARAMETERS] = turnable - 1;
	enum setting_id id = knob[app->selected[SCREEN_PARAMETERS]];
	if (setting_step(app->engine->mode(app->plan->planning), &app->settings, id, steps, &settings,
	                 &why) != ST_OK)
		app_say(app, ROLE_CAUTION, "%s", why.text);
	else
		app_plan_set(app, &settings);
}

/* Answers enter the rules alone: the prepared plan stays and is judged again. */
void app_plan_answers_changed(struct app *app)
{
	if (app->plan == NULL && !app_preparing(app))
		return;
	app->answers_changed = true;
	app->stale = app->assessed;
	app->fitted = app->fit_wanted = app->map_wanted = false;
	app->map_stale = app->map != NULL;
	app->assess_wanted = true;
	if (app->task != NULL && (app->task->kind == TASK_FIT || app->task->kind == TASK_EXPLORE))
		jobs_cancel(app->jobs);
	app_plan_pump(app);
}

void app_plan_fit(struct app *app)
{
	if (app->plan == NULL || (app->task != NULL && app->task->kind == TASK_FIT))
		return;
	app->fit_wanted = true;
	app_plan_pump(app);
}

static void save_readings(struct app *app)
{
	bool changed = app->readings_changed;
	if (app_readings_keep(app))
		app_say(app, ROLE_OK,
		        changed ? "Readings and answers are kept." : "Readings and answers were kept already.");
}

static void save_plan(struct app *app)
{
	struct fail why;
	struct app_draft draft = {.subject = &app->subject, /* the plan is judged with these: it is not stale */
	                          .twin = app->engine->twin(app->plan->planning),
	                          .request = &app->request,
	                          .assessment = &app->assessment};
	enum status status = app->source->save_plan(app->source->context, app->open_index, &draft, &why);
	if (status != ST_OK) {
		app_say(app, ROLE_STOP, "NOT saved: %s", why.text);
		return;
	}
	app->undo.count = app->redo.count = 0;
	app->readings_changed = app->work.settings_changed = false;
	app_work_note(app, WORK_DUE);
	app->unread -= app->patient[app->open_index].unread;
	if (app_worklist_reread(app, app->open_index, &why) == ST_OK)
		app_worklist_refresh(app);
	else
		app_say(app, ROLE_CAUTION, "Saved, but the worklist shows the plan before: %s", why.text);
	app_say(app, ROLE_OK, "Saved as a draft, verdict %s.", verdict_name(app->assessment.verdict));
}

void app_save(struct app *app)
{
	if (app_on_patient(app))
		save_readings(app);
	else
		save_plan(app);
}

/* A plan that was prepared stands under the former name: it is given up. */
void app_plan_rename(struct app *app, const char *label)
{
	char fitted[APP_NAME_MAX]; /* as the list has it */
	text_fit(fitted, sizeof fitted, app->subject.label, APP_NAME_MAX - 1);
	if (strcmp(fitted, label) == 0)
		return;
	(void)snprintf(app->subject.label, sizeof app->subject.label, "%s", label);
	app->renamed = true;
	app_plan_forget(app);
}
