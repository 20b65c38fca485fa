#include "ui/app.h"

#include <stdarg.h>

#define PAGE_LINES 10
#define BIG_STEP 5

/* --- life ------------------------------------------------------------------------------------------- */

enum status app_new(const struct app_source *source, const struct app_engine *engine, struct jobs *jobs,
                    struct app **out, struct fail *why)
{
	struct app *app = calloc(1, sizeof *app);
	*out = NULL;
	if (app == NULL)
		return fail_set(why, ST_FULL, "planner", "no memory");
	app->source = source;
	app->engine = engine;
	app->jobs = jobs;
	app->stack[0] = SCREEN_WORKLIST;
	app->depth = 1;
	enum status status = app_list_patients(app, why);
	if (status == ST_OK) {
		app_emergency_remind(app);
		app_work_offer(app);
	} else {
		app_free(&app);
	}
	*out = app;
	return status;
}

void app_free(struct app **owned)
{
	struct app *app = *owned;
	if (app == NULL)
		return;
	app_plan_forget(app);
	while (app->task != NULL) {
		jobs_take(app->jobs, &app->job);
		if (app->job.phase == JOB_ENDED)
			app_plan_ended(app);
		else
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	app_edits_forget(app);
	subject_free(&app->subject);
	app_listing_forget(app);
	app_course_free(app);
	app_work_free(app);
	app_tagged_forget(app);
	free(app->patient);
	free(app->shown);
	free(app);
	*owned = NULL;
}

/* --- questions -------------------------------------------------------------------------------------- */

enum screen app_screen(const struct app *app)
{
	return app->stack[app->depth - 1];
}

enum screen app_screen_below(const struct app *app)
{
	size_t at = app->depth;
	while (at > 1 && app->stack[at - 1] >= SCREEN_PALETTE)
		at--;
	return app->stack[at - 1];
}

bool app_on_patient(const struct app *app)
{
	enum screen screen = app_screen_below(app);
	return screen == SCREEN_PATIENT || screen == SCREEN_QUESTIONS;
}

bool app_busy(const struct app *app)
{
	return app->task != NULL;
}

bool app_preparing(const struct app *app)
{
	bool running = app->task != NULL && app->task->kind == TASK_PREPARE &&
	               app->task->generation == app->generation;
	return app->prepare_wanted || running;
}

const char *app_task_text(const struct app *app)
{
	static const char *const text[] = {
	        [TASK_NONE] = "",
	        [TASK_PREPARE] = "making the twin, preparing light and heat",
	        [TASK_ASSESS] = "judging the settings",
	        [TASK_FIT] = "searching the lowest sufficient dose",
	        [TASK_EXPLORE] = "judging every combination",
	        [TASK_JUDGE] = "judging the rules again before the first pulse",
	};
	return text[app->task != NULL ? app->task->kind : TASK_NONE];
}

bool app_read_only(const struct app *app)
{
	return (app_roles(app) & ROLES_ALL) == ROLE_VIEWER && app->banner[0] == '\0'; /* in an emergency they may record */
}

static bool undoable(const struct app *app)
{
	if (app_can_tag(app))
		return app_tags_undoable(app);
	if (app_screen_below(app) == SCREEN_SETTINGS)
		return app->setting_changes > 0;
	return app_on_patient(app) ? app->edits.undone > 0 : app->undo.count > 0;
}

/* Readings on the patient's screens, else the plan that is shown. */
static bool can_be_kept(const struct app *app)
{
	if (app_read_only(app))
		return false;
	if (app_on_patient(app))
		return app->open && app->source->save_readings != NULL;
	return app->source->save_plan != NULL && app->assessed && !app->stale;
}

uint64_t app_available(const struct app *app)
{
	int64_t entry;
	const bool has[NEEDS] = {
	        [NEED_NOTHING] = true,
	        [NEED_PATIENT] = app->open,
	        [NEED_PLAN] = app->plan != NULL,
	        [NEED_STEPS] = app->plan != NULL || app_screen(app) == SCREEN_SKIN_TYPE ||
	                       app_screen(app) == SCREEN_DIFFERENCES ||
	                       (app_screen(app) == SCREEN_SETTINGS && app->source->settings != NULL),
	        [NEED_OPEN_QUESTION] = app->open && app_questions_open(app) > 0,
	        [NEED_UNDO] = undoable(app),
	        [NEED_REDO] = app_on_patient(app) ? app->edits.redone > 0 : app->redo.count > 0,
	        [NEED_MAP] = app->map != NULL,
	        [NEED_FIT] = app->fitted,
	        [NEED_UNFINISHED] = app->selected[SCREEN_UNFINISHED] < app->work.own,
	        [NEED_STORE] = can_be_kept(app),
	        [NEED_COURSE] = app->source->course != NULL,
	        [NEED_PROPOSE] = app_course_may(app, LIFE_PROPOSE),
	        [NEED_APPROVE] = app_course_may(app, LIFE_APPROVE),
	        [NEED_OVERRIDE] = app_course_overridable(app) != NULL,
	        [NEED_REVOKE] = app_course_may(app, LIFE_REVOKE),
	        [NEED_TREAT] = app->plans.open != NULL &&
	                       (app->plans.open->state == PLAN_APPROVED || app->plans.open->state == PLAN_TREATING ||
	                        app->plans.open->state == PLAN_DELIVERED),
	        [NEED_CLOSE] = app_course_may(app, LIFE_CLOSE),
	        [NEED_FOLLOW_UP] = app_course_may(app, LIFE_FOLLOW_UP),
	        [NEED_ADVERSE] = app_course_may(app, LIFE_ADVERSE),
	        [NEED_RECORDS] = app->source->lists != NULL,
	        [NEED_ADMINISTRATOR] = (app_roles(app) & ROLE_ADMINISTRATOR) != 0,
	        [NEED_PERSON] = (app_roles(app) & ROLE_ADMINISTRATOR) != 0 && app_people_selected(app),
	        [NEED_COMPARABLE] = app_comparable(app),
	        [NEED_SYNC] = app->source->sync != NULL,
	        [NEED_CONFLICT] = app_sync_conflict(app, &entry),
	        [NEED_WHOM] = app_whom(app) != NULL,
	        [NEED_SOMEBODY] = app_listing_has_patient(app),
	        [NEED_JOB] = app_busy(app) || app_verifying(app),
	        [NEED_BEFORE] = app_patient_before(app) != SIZE_MAX,
	        [NEED_LINE] = app_can_tag(app),
	        [NEED_TAGGED] = app_tags(app) > 0,
	};
	uint64_t available = app_read_only(app) ? AVAILABLE_READ_ONLY : 0;
	for (int need = 0; need < NEEDS; need++)
		available |= (uint64_t)has[need] << need;
	return available;
}

static bool turnable(const struct device_mode *mode, int id)
{
	enum domain_kind kind = mode->setting[id].kind;
	return kind == DOMAIN_RANGE || kind == DOMAIN_CHOICES;
}

size_t app_knobs(const struct app *app, enum setting_id knob[APP_KNOBS_MAX], size_t *count)
{
	size_t turning;
	*count = 0;
	if (app->plan == NULL)
		return 0;
	const struct device_mode *mode = app->engine->mode(app->plan->planning);
	for (int id = 0; id < SETTINGS; id++)
		if (turnable(mode, id))
			knob[(*count)++] = (enum setting_id)id;
	turning = *count;
	for (int id = 0; id < SETTINGS; id++)
		if (mode->setting[id].kind == DOMAIN_FIXED || mode->setting[id].kind == DOMAIN_DERIVED)
			knob[(*count)++] = (enum setting_id)id;
	return turning;
}

static int finding_rank(const struct finding *finding)
{
	return (finding->phase == PHASE_START ? (int)OUTCOMES : 0) + (int)finding->outcome;
}

size_t app_findings_order(const struct findings *findings, size_t order[APP_FINDINGS_MAX])
{
	size_t count = 0;
	for (int rank = 0; rank < 2 * (int)OUTCOMES; rank++)
		for (size_t i = 0; i < findings->count && count < APP_FINDINGS_MAX; i++)
			if (finding_rank(&findings->finding[i]) == rank)
				order[count++] = i;
	return count;
}

/* By name, or by the word in the footer. */
static unsigned palette_rank(const struct action_spec *spec, const char *typed)
{
	const unsigned by_name = app_name_rank(spec->name, typed);
	const unsigned by_word = spec->label != NULL ? app_name_rank(spec->label, typed) : 0;
	return by_name > by_word ? by_name : by_word;
}

size_t app_palette(const struct app *app, const struct action_spec *out[ACTIONS])
{
	size_t count = 0;
	for (unsigned rank = 4; rank > 0; rank--)
		for (size_t i = 0; i < action_count(); i++) {
			const struct action_spec *spec = action_at(i);
			bool here = action_on_screen(spec, app_screen_below(app)) && spec->id != ACTION_PALETTE;
			if (here && palette_rank(spec, app->filter) == rank)
				out[count++] = spec;
		}
	return count;
}

static size_t help_lines(const struct app *app)
{
	enum screen below = app->depth > 1 ? app->stack[app->depth - 2] : SCREEN_WORKLIST;
	size_t count = 0;
	for (size_t i = 0; i < action_count(); i++)
		count += action_on_screen(action_at(i), below);
	return count;
}

static size_t histogram_rows(const struct app *app)
{
	struct histogram histogram = {.rows = 0};
	if (app->plan != NULL && app->assessed)
		app->engine->histogram(app->plan->planning, &app->assessment, &histogram);
	return histogram.rows;
}

size_t app_line_count(const struct app *app, enum screen screen)
{
	const struct action_spec *matches[ACTIONS];
	enum setting_id knob[APP_KNOBS_MAX];
	enum metric order[METRICS];
	size_t count, findings = app->assessed ? app->assessment.findings.count : 0;
	if (app_is_listing(screen))
		return app->listings[screen].shown_count;
	switch (screen) {
	case SCREEN_WORKLIST:
		return app->shown_count;
	case SCREEN_PATIENT:
		return app_patient_rows(app);
	case SCREEN_QUESTIONS:
		return app->questions.count;
	case SCREEN_CHOICE:
		return app_choice_count(app->choosing.choice);
	case SCREEN_UNFINISHED:
		return app->work.own;
	case SCREEN_SKIN_TYPE:
		return FITZPATRICK_QUESTIONS;
	case SCREEN_TWIN:
		return app_twin_line_count(app);
	case SCREEN_DEVICE:
		return app->modes;
	case SCREEN_PARAMETERS:
		return app_knobs(app, knob, &count);
	case SCREEN_PREDICTION:
		return app->assessed && app->assessment.predicted ? prediction_order(&app->assessment.prediction, order) : 0;
	case SCREEN_CHECKS:
		return findings < APP_FINDINGS_MAX ? findings : APP_FINDINGS_MAX;
	case SCREEN_ALTERNATIVES:
		return app->fitted ? app->fit.alternatives : 0;
	case SCREEN_HISTOGRAM:
		return histogram_rows(app);
	case SCREEN_PLANS:
		return app->plans.rows;
	case SCREEN_APPROVE:
		return app->plans.open != NULL ? app->plans.open->findings : 0;
	case SCREEN_TREAT:
		return app_treat_rows(app, NULL);
	case SCREEN_TAGGED:
		return app->tagged.count;
	case SCREEN_TOUR:
		return app_tour_steps();
	case SCREEN_HELP:
		return help_lines(app);
	case SCREEN_MESSAGES:
		return app->messages < APP_MESSAGES_MAX ? app->messages : APP_MESSAGES_MAX;
	case SCREEN_PALETTE:
		return app_palette(app, matches);
	default:
		return 0;
	}
}

const struct app_message *app_last_message(const struct app *app)
{
	return app->messages > app->hidden ? &app->message[(app->messages - 1) % APP_MESSAGES_MAX] : NULL;
}

void app_say(struct app *app, enum role role, const char *format, ...)
{
	struct app_message *message = &app->message[app->messages++ % APP_MESSAGES_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message->text, sizeof message->text, format, arguments);
	va_end(arguments);
	message->role = role;
}

/* --- moving between screens ------------------------------------------------------------------------- */

static bool shows_plan(enum screen screen)
{
	return screen == SCREEN_TWIN || screen == SCREEN_PARAMETERS || screen == SCREEN_PREDICTION ||
	       screen == SCREEN_CHECKS;
}

/* Goes to a screen: back to it when it is already below, else on top. */
void app_push(struct app *app, enum screen screen)
{
	size_t at = 0;
	while (at < app->depth && app->stack[at] != screen)
		at++;
	if (at < app->depth)
		app->depth = at + 1;
	else if (app->depth < APP_STACK_MAX)
		app->stack[app->depth++] = screen;
	if (shows_plan(screen))
		app_plan_ensure(app);
}

static void go_back(struct app *app)
{
	if (app_listing_back(app) || app_tagged_back(app))
		return;
	if (app_screen(app) == SCREEN_FORM)
		app_form_close(app);
	else if (app->depth > 1)
		app->depth--;
	else
		app_push(app, SCREEN_QUIT);
	app_listing_again(app, app_screen(app)); /* what was done since may show there */
}

/* Dialogs are not steps on the way: they close before another screen opens. */
void app_close_dialogs(struct app *app)
{
	while (app->depth > 1 && app_screen(app) >= SCREEN_PALETTE) {
		if (app_screen(app) == SCREEN_FORM)
			app_form_close(app);
		else
			app->depth--;
	}
}

static void go_beside(struct app *app, int direction)
{
	int next = (int)app_screen(app) + direction;
	if (next < SCREEN_WORKLIST || next > SCREEN_CHECKS)
		return;
	if (next != SCREEN_WORKLIST && !app->open)
		app_say(app, ROLE_CAUTION, "Open a patient first (Enter).");
	else
		app_push(app, (enum screen)next);
}

static void move(struct app *app, long lines)
{
	enum screen screen = app_screen(app);
	if (screen == SCREEN_EXPLORE) {
		app_explore_move(app, 0, lines < 0 ? 1 : -1); /* up is more */
		return;
	}
	if (app_listing_scroll(app, lines) || app_listing_turn(app, lines))
		return;
	long count = (long)app_line_count(app, screen), at = (long)app->selected[screen] + lines;
	at = at < 0 ? 0 : at >= count ? count - 1 : at;
	app->selected[screen] = at < 0 ? 0 : (size_t)at;
}

/* --- doing ------------------------------------------------------------------------------------------ */

static void choose_device(struct app *app)
{
	if (app->selected[SCREEN_DEVICE] >= app->modes)
		return;
	const struct app_mode *mode = &app->mode[app->selected[SCREEN_DEVICE]];
	if (mode->locked)
		app_say(app, ROLE_CAUTION, "%s is locked: %s", mode->name, mode->locked_reason);
	else
		app_plan_request(app, mode->device_mode);
}

static void choose_alternative(struct app *app)
{
	if (!app->fitted || app->selected[SCREEN_ALTERNATIVES] >= app->fit.alternatives)
		return;
	app_plan_set(app, &app->fit.alternative[app->selected[SCREEN_ALTERNATIVES]].settings);
	app_push(app, SCREEN_PARAMETERS);
}

static void run_palette(struct app *app)
{
	const struct action_spec *match[ACTIONS];
	size_t count = app_palette(app, match);
	size_t at = app->selected[SCREEN_PALETTE];
	app_close_dialogs(app);
	if (at < count)
		app_do(app, match[at]->id);
}

static void enter_patient(struct app *app)
{
	struct patient_row row = app_patient_row(app->selected[SCREEN_PATIENT]);
	if (row.choice != CHOICE_NONE)
		app_choice_open(app, row);
	else
		app_entry_open(app);
}

/* Leaves the program, does what a list before says, or answers the question. */
static void yes(struct app *app)
{
	if (app_screen(app) == SCREEN_QUIT)
		app->leaving = true;
	else if (app_screen(app) == SCREEN_TAGGED)
		app_tagged_begin(app);
	else
		app_answer_yes(app);
}

static void step(struct app *app, int steps)
{
	if (app_screen(app) == SCREEN_EXPLORE)
		app_explore_move(app, steps, 0);
	else if (app_screen(app) == SCREEN_SKIN_TYPE)
		app_skin_form_step(app, steps);
	else if (app_screen(app) == SCREEN_DIFFERENCES)
		app_compare_step(app, steps);
	else if (app_screen(app) == SCREEN_SETTINGS)
		app_settings_step(app, steps);
	else
		app_plan_step(app, steps);
}

static void enter(struct app *app)
{
	if (app_screen(app) == SCREEN_SETTINGS && app->source->settings != NULL) {
		app_settings_enter(app);
		return;
	}
	if (app_is_listing(app_screen(app))) {
		app_sync_enter(app);
		return;
	}
	switch (app_screen(app)) {
	case SCREEN_WORKLIST:
		if (app->selected[SCREEN_WORKLIST] < app->shown_count)
			app_plan_open(app, app->shown[app->selected[SCREEN_WORKLIST]]);
		break;
	case SCREEN_PATIENT:
		if (app->open)
			enter_patient(app);
		break;
	case SCREEN_QUESTIONS:
		if (app->selected[SCREEN_QUESTIONS] < app->questions.count)
			app_entry_open(app);
		break;
	case SCREEN_CHOICE:
		app_choice_commit(app);
		break;
	case SCREEN_SKIN_TYPE:
		app_skin_form_commit(app);
		break;
	case SCREEN_DEVICE:
		choose_device(app);
		break;
	case SCREEN_PARAMETERS:
		if (app->plan != NULL)
			app_entry_open(app);
		else
			app_plan_ensure(app);
		break;
	case SCREEN_ALTERNATIVES:
		choose_alternative(app);
		break;
	case SCREEN_EXPLORE:
		app_explore_take(app);
		break;
	case SCREEN_PALETTE:
		run_palette(app);
		break;
	case SCREEN_ENTRY:
		app_entry_commit(app);
		break;
	case SCREEN_PLANS:
		app_course_open(app);
		break;
	case SCREEN_TREAT:
		app_course_enter(app);
		break;
	case SCREEN_FORM:
		app_form_enter(app);
		break;
	case SCREEN_UNFINISHED:
		app_work_take(app);
		break;
	default:
		break;
	}
}

static void clear(struct app *app)
{
	if (app_screen(app) == SCREEN_QUESTIONS)
		app_answer_clear(app);
	else
		app_reading_clear(app);
}

static void open_palette(struct app *app)
{
	app->filter[0] = '\0';
	app->selected[SCREEN_PALETTE] = 0;
	app_push(app, SCREEN_PALETTE);
}

static void open_help(struct app *app)
{
	app->selected[SCREEN_HELP] = 0;
	app_push(app, SCREEN_HELP);
}

static void open_messages(struct app *app)
{
	app_push(app, SCREEN_MESSAGES);
	app->selected[SCREEN_MESSAGES] = 0;
}

void app_cancel_job(struct app *app)
{
	if (app_verifying(app)) {
		app_audit_stop(app);
		return;
	}
	jobs_cancel(app->jobs);
	app->fit_wanted = app->prepare_wanted = app->map_wanted = false;
	app->job.cancelling = true;
}

/* What does not depend on more than the screen number or a count. */
static bool do_move(struct app *app, enum action action)
{
	static const struct {
		enum action action;
		long lines;
	} moves[] = {{ACTION_UP, -1},
	             {ACTION_DOWN, 1},
	             {ACTION_PAGE_UP, -PAGE_LINES},
	             {ACTION_PAGE_DOWN, PAGE_LINES},
	             {ACTION_FIRST, -100000},
	             {ACTION_LAST, 100000}};
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
		if (moves[i].action == action) {
			move(app, moves[i].lines);
			return true;
		}
	if (action >= ACTION_WORKLIST && action <= ACTION_CHECKS) {
		app_close_dialogs(app);
		app_push(app, (enum screen)(SCREEN_WORKLIST + (int)(action - ACTION_WORKLIST)));
		return true;
	}
	return false;
}

/* Readings and answers. */
static bool do_patient(struct app *app, enum action action)
{
	switch (action) {
	case ACTION_YES:
		yes(app);
		return true;
	case ACTION_NO:
		app_answer_no(app);
		return true;
	case ACTION_CLEAR:
		clear(app);
		return true;
	case ACTION_ALL_NO:
		app_push(app, SCREEN_ALL_NO);
		return true;
	case ACTION_CONFIRM_ASKED:
		app_answer_all_no(app);
		app->depth--;
		return true;
	case ACTION_QUESTIONS:
		app_questions_show(app);
		return true;
	case ACTION_SKIN_TYPE:
		app_skin_form_open(app);
		return true;
	default:
		return false;
	}
}

static bool do_step(struct app *app, enum action action)
{
	static const struct {
		enum action action;
		int steps;
	} rows[] = {{ACTION_LESS, -1}, {ACTION_MORE, 1}, {ACTION_MUCH_LESS, -BIG_STEP}, {ACTION_MUCH_MORE, BIG_STEP}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].action == action) {
			step(app, rows[i].steps);
			return true;
		}
	return false;
}

/* Plans on their way. */
static bool do_course(struct app *app, enum action action)
{
	static const struct {
		enum action action;
		enum life_action move;
	} moves[] = {{ACTION_PROPOSE, LIFE_PROPOSE},   {ACTION_APPROVE, LIFE_APPROVE}, {ACTION_REJECT, LIFE_REJECT},
	             {ACTION_OVERRIDE, LIFE_OVERRIDE}, {ACTION_REVOKE, LIFE_REVOKE},   {ACTION_CLOSE_PLAN, LIFE_CLOSE}};
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
		if (moves[i].action == action) {
			app_course_form(app, moves[i].move);
			return true;
		}
	if (action == ACTION_PLANS) {
		app_close_dialogs(app);
		app_course_show(app);
	} else if (action == ACTION_TREAT) {
		app_course_treat(app);
	} else if (action == ACTION_FOLLOW_UP) {
		app_follow_up_form(app);
	} else if (action == ACTION_ADVERSE) {
		app_adverse_form(app);
	}
	return action == ACTION_PLANS || action == ACTION_TREAT || action == ACTION_FOLLOW_UP || action == ACTION_ADVERSE;
}

static bool do_sync(struct app *app, enum action action)
{
	switch (action) {
	case ACTION_SYNC:
		app_close_dialogs(app);
		app_sync_show(app);
		return true;
	case ACTION_SYNC_NOW:
		app_sync_now(app);
		return true;
	case ACTION_SYNC_STOP:
		app_sync_stop(app);
		return true;
	case ACTION_KEEP_OURS:
	case ACTION_KEEP_THEIRS:
		app_sync_form(app, action == ACTION_KEEP_OURS);
		return true;
	default:
		return false;
	}
}

/* Of readings and answers on the patient's screens, of settings elsewhere. */
static bool do_undo(struct app *app, enum action action)
{
	const bool patient = app_on_patient(app);
	if (action == ACTION_UNDO && app_can_tag(app))
		app_tags_undo(app);
	else if (action == ACTION_UNDO && app_screen(app) == SCREEN_SETTINGS)
		app_settings_undo(app);
	else if (action == ACTION_UNDO)
		(patient ? app_edits_undo : app_plan_undo)(app);
	else if (action == ACTION_REDO)
		(patient ? app_edits_redo : app_plan_redo)(app);
	return action == ACTION_UNDO || action == ACTION_REDO;
}

/* What only opens a screen. */
static bool do_open(struct app *app, enum action action)
{
	static const struct {
		enum action action;
		enum screen screen;
	} opens[] = {{ACTION_TOUR, SCREEN_TOUR},
	             {ACTION_QUIT, SCREEN_QUIT},
	             {ACTION_ALTERNATIVES, SCREEN_ALTERNATIVES},
	             {ACTION_HISTOGRAM, SCREEN_HISTOGRAM},
	             {ACTION_GOALS, SCREEN_GOALS}};
	for (size_t i = 0; i < sizeof opens / sizeof *opens; i++)
		if (opens[i].action == action) {
			app_push(app, opens[i].screen);
			return true;
		}
	return false;
}

static void open_keys(struct app *app, enum action action)
{
	app->keys_shown = false;
	app->keys_after = action_prefix(action);
	app_push(app, SCREEN_KEYS);
}

static void perform(struct app *app, enum action action)
{
	if (do_move(app, action) || do_patient(app, action) || do_step(app, action) || do_undo(app, action) ||
	    do_course(app, action) || app_listing_do(app, action) || do_sync(app, action) || app_tags_do(app, action) ||
	    do_open(app, action) || app_identity_do(app, action))
		return;
	switch (action) {
	case ACTION_BACK:
		go_back(app);
		break;
	case ACTION_HELP:
		open_help(app);
		break;
	case ACTION_KEYS:
	case ACTION_TAGGED:
	case ACTION_OWN:
		open_keys(app, action);
		break;
	case ACTION_PALETTE:
		open_palette(app);
		break;
	case ACTION_MESSAGES:
		open_messages(app);
		break;
	case ACTION_NEXT_SCREEN:
		go_beside(app, 1);
		break;
	case ACTION_PREVIOUS_SCREEN:
		go_beside(app, -1);
		break;
	case ACTION_ENTER:
		enter(app);
		break;
	case ACTION_FIT:
		app_plan_fit(app);
		break;
	case ACTION_FIND:
		app_find_begin(app);
		break;
	case ACTION_PATIENT_BEFORE:
		app_close_dialogs(app);
		app_plan_open(app, app_patient_before(app));
		break;
	case ACTION_SORT:
		app_worklist_sort(app);
		break;
	case ACTION_EXPLORE:
		app_explore_open(app);
		break;
	case ACTION_AXES:
		app_explore_next_axes(app);
		break;
	case ACTION_TWIN_VIEW:
		app_next_view(app);
		break;
	case ACTION_RESET:
		app_plan_set(app, &app->plan->initial);
		break;
	case ACTION_SAVE:
		app_save(app);
		break;
	case ACTION_EMERGENCY:
		app_emergency(app);
		break;
	case ACTION_DISCARD:
		app_work_discard(app);
		break;
	case ACTION_CANCEL_JOB:
		app_cancel_job(app);
		break;
	default:
		break;
	}
}

static void perform_with_undo(struct app *app, enum action action)
{
	struct app_edit before;
	const unsigned serial = app->edits.serial;
	const bool kept = app_edits_begin(app, action, &before);
	perform(app, action);
	if (kept)
		app_edits_end(app, serial, &before);
}

void app_do(struct app *app, enum action action)
{
	const struct action_spec *spec = action_spec(action);
	const char *why = NULL;
	if (spec == NULL || !action_on_screen(spec, app_screen(app)))
		return;
	if (action_enabled(spec, app_available(app), &why))
		perform_with_undo(app, action);
	else if ((spec->need == NEED_PLAN || spec->need == NEED_STEPS) && app_preparing(app))
		app_say(app, ROLE_CAUTION, "%s: the plan is still being prepared.", spec->name);
	else
		app_say(app, ROLE_CAUTION, "%s: %s.", spec->name, why);
}
