/* The planner's model and what keys do to it. No curses, no clock, no files: screens draw it, tests drive it.
 *
 *   key -> app_key -> action -> model        worker -> app_wake -> model        model -> app_draw -> canvas
 *
 * Whatever takes longer than a key may wait (preparing a predictor, judging settings, fitting) runs as a
 * job. Turning a knob changes the settings at once; the assessment shown is marked as old until the one for
 * the new settings arrives, and only the latest settings are worth computing.
 *
 * Data come through a source (patients) and an engine (planning), so that tests can do without both.
 */
#ifndef LASERTWIN_UI_APP_H
#define LASERTWIN_UI_APP_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"
#include "planner/plan/explore.h"
#include "planner/plan/fit.h"
#include "planner/plan/histogram.h"
#include "ui/action.h"
#include "ui/canvas.h"
#include "ui/course.h"
#include "ui/entry.h"
#include "ui/job.h"
#include "ui/key.h"
#include "ui/lists.h"
#include "ui/sync.h"

#define APP_NAME_MAX 64

/* --- where patients come from ----------------------------------------------------------------------- */

struct app_patient {
	char label[APP_NAME_MAX];
	bool is_virtual; /* made up: marked in the frame of every screen */
	char device_mode[APP_NAME_MAX], indication[APP_NAME_MAX];
	char state[APP_NAME_MAX];   /* of the latest plan; empty: none */
	char verdict[APP_NAME_MAX]; /* likewise */
	bool unread;                /* only label and is_virtual are known yet */
	struct app_tag tag;
	unsigned opened; /* the how manieth that was opened since the program began; 0: not yet */
};

/* What is kept as a draft plan. All borrowed. */
struct app_draft {
	const struct subject *subject;
	const struct twin *twin;
	const struct request *request;
	const struct assessment *assessment;
};

/* Work that was begun and not saved (planner/plan/unfinished.h); the content is its author's alone. */
struct app_unfinished {
	size_t index; /* of the patient */
	char label[APP_NAME_MAX], who[APP_NAME_MAX], when[24];
	bool is_own, is_overtaken;
};

struct app_work {
	void *context;
	/* Everything as it stands now, in the place of what was kept before. */
	enum status (*keep)(void *context, size_t index, const struct subject *subject, const struct request *request,
	                    struct fail *why);
	enum status (*drop)(void *context, size_t index, struct fail *why);
	/* Gives *items (free), one's own first. */
	enum status (*list)(void *context, struct app_unfinished **items, size_t *count, struct fail *why);
	/* One's own, as app_source.load. */
	enum status (*load)(void *context, size_t index, struct subject *subject, struct request *request,
	                    struct fail *why);
};

/* Emergency access of whoever is logged in (planner/plan/emergency.h). */
struct app_emergency {
	void *context;
	/* minutes NAN: as long as usual. */
	enum status (*begin)(void *context, const char *reason, double minutes, struct fail *why);
	enum status (*end)(void *context, struct fail *why);
	void (*banner)(void *context, char *out, size_t size); /* "": none lasts */
	size_t (*open_reviews)(void *context);                 /* for this person to see to */
};

/* Settings of the program (config.h). */
struct app_settings {
	void *context;
	/* Writes it to the configuration file and takes it over where that is possible at once. value "": as by default.
	 * before: what stood in the file. */
	enum status (*set)(void *context, const char *name, const char *value, char *before, size_t size, bool *at_once,
	                   struct fail *why);
};

/* What was changed on the screen, to be undone. */
#define APP_SETTING_MAX 400
struct app_setting_change {
	char name[48], before[APP_SETTING_MAX + 1];
};
#define APP_SETTING_CHANGES_MAX 16

struct app_source {
	void *context;
	const char *place; /* "demo clinic"; shown in the frame */
	bool training;     /* nothing here is anybody's; said in the frame of every screen */
	size_t (*count)(void *context);
	enum status (*patient)(void *context, size_t index, struct app_patient *out, struct fail *why);
	/* The name alone, quickly: then the rest of a long list is read while nobody waits. May be NULL: all at once. */
	bool (*label)(void *context, size_t index, struct app_patient *out);
	/* Gives the subject (its answers become the caller's) and the request to begin with. */
	enum status (*load)(void *context, size_t index, struct subject *subject, struct request *request,
	                    struct fail *why);
	/* Both may be NULL: then nothing is kept, and the screens say so. */
	enum status (*save_readings)(void *context, size_t index, const struct subject *subject,
	                             const struct request *request, struct fail *why);
	enum status (*save_plan)(void *context, size_t index, const struct app_draft *draft, struct fail *why);
	/* The versions of the patient's twin as lines of text, malloc'ed. May be NULL: no history is shown. */
	enum status (*history)(void *context, size_t index, char **text, struct fail *why);
	const struct app_course *course; /* NULL: plans are not moved from here */
	const struct app_work *work;     /* NULL: steps are not kept before they are saved */
	const struct app_emergency *emergency; /* NULL: there are no records */
	/* A name that holds while the list is read anew, for coming back after the lock. Both NULL: the place does. */
	const char *(*name)(void *context, size_t index);
	enum status (*find)(void *context, const char *name, size_t *index, struct fail *why);
	const struct app_lists *lists;   /* NULL: there are no lists of records */
	const struct app_sync *sync;     /* NULL: nothing is synchronised */
	const struct app_settings *settings; /* NULL: they are not changed from here */
	bool (*exists)(const char *path); /* a file or folder; NULL: not known here */
};

/* --- how plans are made ----------------------------------------------------------------------------- */

/* One line of the device screen. */
struct app_mode {
	char device_mode[APP_NAME_MAX];
	char name[2 * APP_NAME_MAX];
	bool locked;
	char locked_reason[200];
	const struct protocol *protocol; /* for the indication; NULL: none on file */
};
#define APP_MODES_MAX 64

/* The planning calls; see planner/plan/planning.h for their meaning. */
struct app_engine {
	const void *context;
	size_t (*modes)(const void *context, const char *indication, struct app_mode *out, size_t capacity);
	enum status (*prepare)(const void *context, const struct subject *subject, const struct request *request,
	                       const struct predict_options *options, struct planning **out, struct fail *why);
	void (*release)(struct planning **planning);
	const struct twin *(*twin)(const struct planning *planning);
	void (*tissue)(const struct planning *planning, struct tissue *out); /* of the median twin */
	const struct device *(*device)(const struct planning *planning);
	const struct device_mode *(*mode)(const struct planning *planning);
	const struct protocol *(*protocol)(const struct planning *planning);
	void (*default_settings)(const struct planning *planning, struct settings *out);
	enum status (*assess)(struct planning *planning, const struct settings *settings, struct assessment *out,
	                      struct fail *why);
	enum status (*answers)(struct planning *planning, const struct facts *answers, struct fail *why);
	enum status (*fit)(struct planning *planning, int (*progress)(void *context, double done_frac),
	                   void *progress_context, struct fit_result *out, struct fail *why);
	enum status (*axes)(const struct planning *planning, enum setting_id *x, enum setting_id *y, struct fail *why);
	void (*next_axes)(const struct planning *planning, enum setting_id *x, enum setting_id *y);
	enum status (*explore)(struct planning *planning, const struct settings *base, enum setting_id x,
	                       enum setting_id y, int (*progress)(void *context, double done_frac),
	                       void *progress_context, struct explore_map *out, struct fail *why);
	/* How benefit and harm spread over the samples of the assessment's prediction. */
	void (*histogram)(const struct planning *planning, const struct assessment *assessment, struct histogram *out);
	void (*clear)(struct assessment *assessment);
	/* Forecasts of the plan's twin as lines of text, malloc'ed. May be NULL: none are shown. */
	enum status (*forecast)(const void *context, const struct planning *planning, const struct subject *subject,
	                        char **text, struct fail *why);
	void (*source_text)(const void *context, const char *keys, char *out, size_t capacity); /* "V41" in words */
};

/* --- the model -------------------------------------------------------------------------------------- */

#define APP_STACK_MAX 16
#define APP_UNDO_MAX 64
#define APP_MESSAGES_MAX 100
#define APP_MESSAGE_MAX 600
#define APP_FILTER_MAX 32
#define APP_FIND_MAX 64

enum worklist_sort {
	WORKLIST_AS_KEPT,
	WORKLIST_BY_NAME,
	WORKLIST_BY_STATE,
	WORKLIST_BY_VERDICT,
	WORKLIST_BY_DEVICE,
	WORKLIST_BY_OPENED, /* the last one first */
	WORKLIST_SORTS
};

struct app_message {
	enum role role; /* ROLE_OK, ROLE_CAUTION, ROLE_STOP or ROLE_DIM */
	char text[APP_MESSAGE_MAX];
};

/* A prepared plan with the subject it was made from; the planning borrows the subject. */
struct app_plan {
	struct subject subject;
	struct planning *planning;
	struct tissue tissue;
	struct settings initial;
};

enum task_kind { TASK_NONE, TASK_PREPARE, TASK_ASSESS, TASK_FIT, TASK_EXPLORE, TASK_JUDGE };

/* A job's own data: the worker touches nothing else. */
struct app_task {
	enum task_kind kind;
	const struct app_engine *engine;
	void *progress_context;
	struct request request;
	struct app_plan *plan; /* prepare: made here; else borrowed */
	struct facts *answers; /* assess: to be judged with; NULL: those of before. Owned */
	struct settings settings;
	struct assessment assessment;
	bool assessed;
	struct fail unassessed; /* why not, after a good preparation */
	struct fit_result fit;
	struct explore_map *map; /* explore: filled here, then the model's */
	unsigned generation; /* of the plan it belongs to; older results are dropped */
	/* judge: the rules before the first pulse */
	enum status (*judge)(const struct workflow_start *start, const struct predict_options *options,
	                     struct findings *out, struct fail *why);
	struct workflow_start *start; /* owned */
	struct findings findings;     /* owned */
};

/* --- plans on their way ------------------------------------------------------------------------------ */

#define FORM_FIELDS_MAX 10
#define FORM_LABEL_MAX 40

struct form_field {
	char label[FORM_LABEL_MAX], hint[200];
	char member[32]; /* of a delivery event; "": by place */
	bool masked, optional;
	char typed[ENTRY_TYPED_MAX + 1];
};

struct app;

/* Lines typed one after the other; Enter on the last does what the form is for. */
struct form {
	char title[272], text[600]; /* text: what is signed, in full */
	bool is_event;
	bool keep_ours; /* of a conflict of synchronisation */
	int64_t entry;
	enum life_action action;
	enum delivery_kind event;
	/* What the last Enter does; NULL: the event or the move. refusal->field may name the line to mend. */
	enum status (*submit)(struct app *app, const struct form *form, struct fail *refusal);
	void (*then)(struct app *app); /* after the form has closed; may open the next one. NULL: nothing */
	int detail;                    /* for submit */
	char about[LISTING_KEY_MAX];   /* likewise: whom */
	size_t fields, at;
	struct form_field field[FORM_FIELDS_MAX];
	struct fail refusal; /* text empty: none */
};

/* A line of the treatment screen: something to do next. */
struct treat_row {
	enum delivery_kind kind;
	size_t field;      /* of the plan, where it is about one */
	const char *fact;  /* answer: which */
	bool done;
	char text[160];
};
#define TREAT_ROWS_MAX 48

struct app_plans {
	size_t rows;
	struct course_row *row;
	struct app_tags tags;
	struct workflow_plan *open; /* NULL: none */
	char compared[UUID_TEXT_SIZE]; /* the first of two plans to compare; "": none */
	bool has_session;
	struct delivery_plan delivery_plan;
	struct delivery session;
	struct form form;
	struct correction_effect correction; /* shown and to be confirmed */
};

/* When the last step is to be kept: at once, or when no further step follows at once (a knob being turned). */
enum work_due { WORK_KEPT, WORK_DUE_SOON, WORK_DUE };

struct app_work_state {
	enum work_due due;
	bool settings_changed; /* since they were last saved */
	bool not_kept;         /* the last step could not be: a full disk */
	size_t count, own;     /* of what is offered */
	struct app_unfinished *item;
	bool opening; /* the selected one's patient was asked for */
};

/* What is done with all tagged lines: to which, with what outcome. */
enum tagged_kind { TAGGED_PROPOSE, TAGGED_SHEETS };
enum tagged_fate { TAGGED_WILL, TAGGED_LEFT_OUT, TAGGED_DONE, TAGGED_FAILED, TAGGED_NOT_DONE, TAGGED_FATES };
struct tagged_item {
	enum tagged_fate fate;
	char plan[UUID_TEXT_SIZE]; /* of the plan list; else the patient */
	size_t patient;
	char label[APP_NAME_MAX], about[72], file[64], note[200]; /* note: why left out, or failed */
};
struct app_tagged {
	enum tagged_kind kind;
	bool plans, running, ended;
	size_t count, will, at; /* those that will be touched stand first; at: the next of them */
	struct tagged_item *item;
	char folder[ENTRY_TYPED_MAX + 1]; /* for sheets; the last one typed */
};

/* What the twin screen shows. */
enum twin_view { TWIN_VIEW_PROPERTIES, TWIN_VIEW_READINGS, TWIN_VIEW_FORECAST, TWIN_VIEW_HISTORY, TWIN_VIEWS };

/* What the prediction screen shows above its table. */
enum prediction_view { PREDICTION_DEPTH, PREDICTION_NUMBERS, PREDICTION_SECTION, PREDICTION_TIME, PREDICTION_VIEWS };

/* Readings and answers as they stood before a change. */
#define APP_EDITS_MAX 32
struct app_edit {
	struct readings readings;
	enum side side[PLANNING_ZONES_MAX]; /* of the request */
	struct facts *answers; /* owned */
};
struct app_edits {
	unsigned serial; /* counts changes */
	size_t undone, redone;
	struct app_edit undo[APP_EDITS_MAX], redo[APP_EDITS_MAX];
};

struct app_history {
	size_t count;
	struct settings settings[APP_UNDO_MAX];
};

/* --- the patient's data ----------------------------------------------------------------------------- */

/* A line of the patient screen: a reading, or something chosen from a list. */
enum patient_choice { CHOICE_NONE, CHOICE_SEX, CHOICE_TYPE, CHOICE_SITE, CHOICE_SCALE, CHOICE_SIDE, CHOICES };
struct patient_row {
	enum patient_choice choice; /* CHOICE_NONE: the reading */
	enum reading reading;
	size_t zone; /* whose side is chosen */
};

/* The form of ten questions while it is open. */
struct skin_form {
	int answer[FITZPATRICK_QUESTIONS]; /* 0..4; SKIN_FORM_OPEN */
	bool refused;                      /* Enter before all were answered */
};
#define SKIN_FORM_OPEN (-1)

/* The questions in the order they had when the screen was opened: what was open first, so that an answer
 * does not move its line away from under the eye. */
#define APP_QUESTIONS_MAX 128
struct questions {
	size_t count, open_first; /* the first open_first were open */
	size_t id[APP_QUESTIONS_MAX];
};

/* Where one was when the lock came: names in the store, which tell nothing. */
struct app_place {
	bool open, had_course;
	char patient[APP_NAME_MAX], plan[APP_NAME_MAX];
};

/* A list as it is shown. */
struct app_listing {
	struct listing *list; /* NULL: not read. Owned */
	size_t *shown;        /* rows with every word sought */
	size_t shown_count, shown_of[LISTING_SECTIONS_MAX];
	char find[APP_FIND_MAX];
	struct list_request asked;
	bool made_here;       /* from the model: never read again */
	bool whole;           /* the particulars of the selected row fill the window, from first_line on */
	size_t first_line;
};

struct app {
	const struct app_source *source;
	const struct app_engine *engine;
	struct jobs *jobs;
	bool leaving;

	enum screen stack[APP_STACK_MAX];
	size_t depth; /* >= 1 */
	size_t selected[SCREENS];

	size_t patients;
	struct app_patient *patient;
	struct app_tags tags;
	size_t *shown; /* the lines of the worklist: places in patient */
	size_t shown_count;
	size_t unread, read_next; /* lines known by name only; where to go on */
	unsigned openings; /* of patients, ever */
	size_t opened[2];  /* patients, the latest first; SIZE_MAX: none */
	enum worklist_sort sort;
	char find[APP_FIND_MAX]; /* words that every line shown holds; "": all */
	bool finding;            /* being typed */

	bool open; /* a patient is open */
	size_t open_index;
	struct subject subject;
	struct request request;
	size_t modes;
	struct app_mode mode[APP_MODES_MAX];

	bool readings_changed; /* readings or answers, since they were last kept */
	bool answers_changed;  /* since the plan was last told them */
	struct questions questions;
	struct patient_row choosing;
	struct skin_form skin_form;

	struct app_plan *plan;   /* NULL: none prepared */
	struct app_plan *orphan; /* given up while a job still works on it; freed when the job ends */
	unsigned generation;
	struct settings settings;
	struct app_history undo, redo;
	struct app_edits edits;
	bool keys_shown; /* the popup of keys: a moment after its key */
	int keys_after;  /* the first of two keys, which the popup is about; 0: of all keys */
	struct assessment assessment;
	bool assessed;
	bool stale; /* the assessment is not for these settings and answers */
	struct fit_result fit;
	bool fitted;
	enum twin_view twin_view;
	enum prediction_view prediction_view; /* wanted; see app_prediction_view */
	char *twin_lines;        /* of the views that are text; NULL: none. Owned */
	struct explore_map *map; /* NULL: none made for this plan */
	bool map_stale;          /* answers have changed since */
	enum setting_id map_x, map_y; /* of the map wanted */

	struct app_task *task; /* of the running job */
	bool prepare_wanted, assess_wanted, fit_wanted, map_wanted;
	struct job_state job;
	bool failed; /* the last preparation did not end well */
	struct fail failure;

	bool renamed; /* the open patient, by what the last key did */
	struct app_plans plans;
	struct app_tagged tagged;
	size_t setting_changes;
	struct app_setting_change setting_change[APP_SETTING_CHANGES_MAX];
	struct app_work_state work;
	char banner[200]; /* emergency access lasts: shown on every screen; "": none */
	bool locked; /* nothing of a patient is held */
	struct app_place place;
	struct app_listing listings[SCREENS]; /* of the screens that are lists */
	int64_t sync_entry;                   /* whose conflict is shown */
	bool verifying;                       /* the audit, between keys */
	double verified_frac;
	struct entry entry;
	char filter[APP_FILTER_MAX];

	size_t messages; /* ever said */
	size_t hidden;   /* of them, those that have left the message line; all stay in the log */
	struct app_message message[APP_MESSAGES_MAX];
};

/* Borrows source, engine and jobs, which must outlive it. */
enum status app_new(const struct app_source *source, const struct app_engine *engine, struct jobs *jobs,
                    struct app **out, struct fail *why) MUST_CHECK;
/* Cancels and waits for a running job. */
void app_free(struct app **app);

void app_key(struct app *app, struct key_event event);
void app_cancel_job(struct app *app);
void app_wake(struct app *app); /* the jobs' pipe was readable */
void app_do(struct app *app, enum action action);
void app_draw(const struct app *app, struct canvas *canvas);

enum screen app_screen(const struct app *app); /* the topmost */
enum screen app_screen_below(const struct app *app); /* the topmost that fills the window */
uint64_t app_available(const struct app *app); /* OR of UINT64_C(1) << enum need */
bool app_busy(const struct app *app);
const char *app_task_text(const struct app *app); /* what is being computed */
/* What the message line shows; NULL: nothing. */
const struct app_message *app_last_message(const struct app *app);
bool app_preparing(const struct app *app);
size_t app_line_count(const struct app *app, enum screen screen); /* lines that can be selected there */

/* --- shared between the app*.c files and the screens --- */

#define APP_KNOBS_MAX SETTINGS
/* The mode's settings in display order: those that can be turned first. Returns how many can be turned. */
size_t app_knobs(const struct app *app, enum setting_id knob[APP_KNOBS_MAX], size_t *count);
/* Plan-phase findings first, strongest first; returns the count. */
#define APP_FINDINGS_MAX 256
size_t app_findings_order(const struct findings *findings, size_t order[APP_FINDINGS_MAX]);
bool app_name_contains(const char *name, const char *part); /* whatever the case of ASCII letters */
/* How well a name answers what was typed: 0 not at all, more is better. Letters may be left out, not swapped. */
unsigned app_name_rank(const char *name, const char *typed);
/* The actions whose name answers what was typed, best first. */
size_t app_palette(const struct app *app, const struct action_spec *out[ACTIONS]);

void app_say(struct app *app, enum role role, const char *format, ...) __attribute__((format(printf, 3, 4)));
void app_push(struct app *app, enum screen screen);
void app_plan_open(struct app *app, size_t index);
void app_plan_request(struct app *app, const char *device_mode);
void app_plan_ensure(struct app *app);
void app_plan_pump(struct app *app);
void app_plan_ended(struct app *app);
void app_plan_set(struct app *app, const struct settings *settings);
void app_plan_step(struct app *app, int steps);
void app_plan_undo(struct app *app);
void app_plan_redo(struct app *app);
void app_plan_fit(struct app *app);
void app_save(struct app *app);
bool app_on_patient(const struct app *app); /* where readings and answers are entered */
void app_plan_forget(struct app *app);
void app_plan_rename(struct app *app, const char *label); /* the open patient is called otherwise */
bool app_same_settings(const struct settings *a, const struct settings *b);
void app_plan_adopt(struct app *app, size_t index, struct subject *subject, const struct request *request);
enum status app_list_patients(struct app *app, struct fail *why) MUST_CHECK;
void app_plan_answers_changed(struct app *app);
void app_entry_open(struct app *app);
void app_entry_commit(struct app *app);

/* --- unfinished work (app_work.c) --- */

void app_work_note(struct app *app, enum work_due due); /* a step was taken */
void app_work_flush(struct app *app);                   /* keeps it now, or drops what is saved by now */
bool app_work_pending(const struct app *app);
void app_work_offer(struct app *app);                   /* opens the list when there is something of one's own */
bool app_work_stops_opening(struct app *app, size_t index); /* there is work on this patient: decide first */
void app_work_take(struct app *app);
/* The open patient came from unfinished work: what differs from the records is still to be saved. */
void app_work_resume(struct app *app);
void app_work_discard(struct app *app);
void app_work_free(struct app *app);

/* --- emergency access (app_emergency.c) --- */

void app_emergency(struct app *app); /* asks for the reason, or ends the one that lasts */
void app_emergency_refresh(struct app *app);
void app_emergency_remind(struct app *app); /* of reviews that wait */

/* --- the lock (app_lock.c) --- */

/* Keeps the last step and forgets every patient: what was on the screen is nowhere in the model any more. */
void app_lock(struct app *app);
/* After somebody has logged in: reads the list anew and goes back to where one was. */
enum status app_unlock(struct app *app, struct fail *why) MUST_CHECK;

/* --- undo of readings and answers (app_edits.c) --- */

/* Around each action: false, and nothing to end, for one that changes neither. before is taken over. */
bool app_edits_begin(const struct app *app, enum action action, struct app_edit *before);
void app_edits_end(struct app *app, unsigned serial, struct app_edit *before);
void app_edits_undo(struct app *app);
void app_edits_redo(struct app *app);
void app_edits_forget(struct app *app);

/* --- the tour (tour.c) --- */

struct tour_step {
	enum screen screen; /* where one is */
	enum action action; /* what is pressed there */
	const char *text;   /* "opens a patient" */
};
size_t app_tour_steps(void);
const struct tour_step *app_tour_step(size_t index);

/* --- the worklist (app_worklist.c) --- */

/* Before the records' list is read anew: the open patient by name ("": none). False: it must stay as it is. After:
 * everything that held places in it. */
bool app_worklist_hold(const struct app *app, char name[APP_NAME_MAX]);
enum status app_worklist_again(struct app *app, const char *name, struct fail *why) MUST_CHECK;
void app_worklist_refresh(struct app *app); /* after patients, words or order have changed */
/* Reads at most limit lines that are known by name only, those in view first; true while there are more. */
bool app_worklist_read(struct app *app, size_t limit);
void app_worklist_sort(struct app *app);    /* the next order */
/* The line anew from the records; what belongs to this session alone (tag, when opened) stays. */
enum status app_worklist_reread(struct app *app, size_t index, struct fail *why) MUST_CHECK;
void app_patient_opened(struct app *app, size_t index);
/* The patient opened before the one who is open; SIZE_MAX: none. */
size_t app_patient_before(const struct app *app);
void app_find_begin(struct app *app);
bool app_find_key(struct app *app, int key); /* true: the key belonged to the search */

/* --- views of twin and prediction (app_views.c, app_twin.c) --- */

void app_next_view(struct app *app);
enum prediction_view app_prediction_view(const struct app *app); /* what this prediction has of the wanted one */

void app_twin_next_view(struct app *app);
void app_twin_forget(struct app *app); /* back to the properties */
size_t app_twin_line_count(const struct app *app);

/* --- the map of two settings (app_explore.c) --- */

void app_explore_open(struct app *app);      /* makes it when there is none for this plan */
void app_explore_next_axes(struct app *app);
void app_explore_move(struct app *app, int columns, int rows);
void app_explore_take(struct app *app); /* the selected combination becomes the plan's settings */
void app_explore_forget(struct app *app);
enum status app_explore_work(void *task, void *context, struct fail *why);
void app_explore_ended(struct app *app, struct app_task *task);
/* The cell the cursor is on; NULL without a map. */
const struct explore_cell *app_explore_cell(const struct app *app);

/* --- plans on their way (app_course.c) --- */

void app_course_show(struct app *app);   /* the list, read anew */
void app_course_refresh(struct app *app);
void app_course_open(struct app *app);   /* the selected plan */
/* The plan of this name again, after the lock. */
enum status app_course_reopen(struct app *app, const char *plan, struct fail *why) MUST_CHECK;
void app_course_treat(struct app *app);
void app_course_form(struct app *app, enum life_action action);
void app_course_enter(struct app *app);  /* on the selected line of the treatment screen */
bool app_form_type(struct app *app, struct key_event event); /* true: taken */
void app_form_enter(struct app *app);
void app_form_close(struct app *app); /* what was typed is wiped */
struct form_field *app_form_add(struct form *form, const char *member, const char *label, const char *hint);
void app_form_open(struct app *app, const struct form *form);
const char *app_form_typed(const struct form *form, const char *member); /* NULL: no such line */
bool app_course_may(const struct app *app, enum life_action action);
/* The finding an override would be of: selected, BLOCK_MD, not yet overridden. */
const struct workflow_finding *app_course_overridable(const struct app *app);
size_t app_treat_rows(const struct app *app, struct treat_row out[TREAT_ROWS_MAX]);
void app_course_judged(struct app *app, struct app_task *task);
void app_course_free(struct app *app);

/* --- settings (app_settings.c) --- */

void app_settings_enter(struct app *app);           /* a field for the selected one */
void app_settings_step(struct app *app, int steps); /* among the words it takes */
void app_settings_undo(struct app *app);

/* --- tagged lines (app_tags.c) --- */

bool app_can_tag(const struct app *app);
size_t app_tags(const struct app *app);          /* on the list shown, lines left out by a search too */
bool app_tags_undoable(const struct app *app);
void app_tags_undo(struct app *app);
void app_tags_count(struct app *app);
void app_tags_keep(const struct course_row *old, size_t old_count, struct course_row *fresh, size_t count);
bool app_tags_do(struct app *app, enum action action); /* true: it was one of theirs */
void app_tagged_begin(struct app *app);                /* what the list before says is done from now on */
bool app_tagged_step(struct app *app);                 /* one line; true while there are more */
bool app_tagged_back(struct app *app);                 /* true: it was running, and the rest is not done */
size_t app_tagged_with(const struct app *app, enum tagged_fate fate);
void app_tagged_forget(struct app *app);
bool app_read_only(const struct app *app); /* whoever is logged in may look and record nothing */

/* --- synchronisation (app_sync.c) --- */

void app_sync_show(struct app *app);
void app_sync_now(struct app *app);
void app_sync_stop(struct app *app);
void app_sync_enter(struct app *app);                   /* on the selected line */
bool app_sync_conflict(const struct app *app, int64_t *entry); /* selected or shown */
void app_sync_form(struct app *app, bool keep_ours);
/* A round has ended: what is shown is read anew; true when something arrived. */
void app_sync_ended(struct app *app);
/* "sync 14:05, 3 waiting"; the role tells how urgent. False: nothing to say. */
bool app_sync_frame(const struct app *app, bool roomy, char *out, size_t capacity, enum role *role);

/* --- lists (app_listing.c) --- */

bool app_is_listing(enum screen screen);
/* Of the topmost list that fills the window; NULL: there is none. */
const struct app_listing *app_listing_shown(const struct app *app);
const struct listing_row *app_listing_selected(const struct app *app, enum screen screen); /* NULL: none */
bool app_listing_has_patient(const struct app *app);
void app_listing_show(struct app *app, enum screen screen);    /* reads it anew */
/* One that the model made itself; owned from here on. */
void app_listing_put(struct app *app, enum screen screen, struct listing *list);
void app_listing_open(struct app *app, enum screen screen, struct list_request asked);
void app_listing_again(struct app *app, enum screen screen);   /* the same, where it was: it may have changed */
void app_listing_refresh(struct app *app, enum screen screen); /* after the words have changed */
void app_listing_enter(struct app *app);
bool app_listing_back(struct app *app);               /* true: the particulars were closed */
bool app_listing_scroll(struct app *app, long lines); /* true: the particulars were scrolled */
bool app_listing_turn(struct app *app, long lines); /* past the end of a part: true, the next part is read */
unsigned app_roles(const struct app *app); /* OR of enum person_role, of whoever is logged in */
bool app_listing_do(struct app *app, enum action action); /* true: it was one of theirs */
void app_close_dialogs(struct app *app); /* they are not steps on the way: before another screen opens */
void app_listing_forget(struct app *app);             /* all of them, and their screens */

/* --- verifying the audit (app_audit.c) --- */

void app_audit_verify(struct app *app); /* begins it */
bool app_audit_go_on(struct app *app);  /* a few ms of it, when no key waits; true while there is more */
void app_audit_stop(struct app *app);
void app_audit_forget(struct app *app); /* stops it, and shows nothing */
bool app_verifying(const struct app *app);

/* --- who a patient is; answers told differently (app_identity.c) --- */

const char *app_whom(const struct app *app); /* whose it would be, by name; NULL: nobody's */
bool app_identity_do(struct app *app, enum action action); /* true: it was one of theirs */

/* --- people (app_people.c) --- */

bool app_people_selected(const struct app *app);
void app_people_add(struct app *app);
void app_people_roles(struct app *app);
void app_people_disable(struct app *app);
void app_people_secret(struct app *app);
void app_own_secret(struct app *app);

/* --- what differs (app_compare.c) --- */

bool app_comparable(const struct app *app);
void app_compare(struct app *app);
void app_compare_step(struct app *app, int steps); /* to earlier or later versions */

/* --- after a delivery (app_after.c) --- */

void app_follow_up_form(struct app *app);
void app_adverse_form(struct app *app);

/* --- the patient screen (app_patient.c) --- */

size_t app_patient_rows(const struct app *app);
struct patient_row app_patient_row(size_t index);
/* Returns out. */
const char *app_choice_label(const struct app *app, struct patient_row row, char *out, size_t size);
size_t app_choice_count(enum patient_choice choice);
/* The option-th answer in words, and the one that stands (app_choice_count when none does). */
const char *app_choice_option(enum patient_choice choice, size_t option);
size_t app_choice_current(const struct app *app, struct patient_row row);
void app_choice_open(struct app *app, struct patient_row row);
void app_choice_commit(struct app *app);
void app_reading_clear(struct app *app);

void app_skin_form_open(struct app *app);
void app_skin_form_set(struct app *app, int points); /* of the selected question; goes to the next */
void app_skin_form_step(struct app *app, int steps);
void app_skin_form_commit(struct app *app);
struct skin_points {
	int answered, points;
	int type_min, type_max; /* with 0 and 4 points for what is open */
};
struct skin_points app_skin_points(const struct skin_form *form);

/* --- the questions screen (app_questions.c) --- */

/* Asked of this person at all (some are not, by sex). */
bool app_question_asked(const struct app *app, size_t id);
bool app_question_open(const struct app *app, size_t id); /* asked and not answered */
size_t app_questions_open(const struct app *app);         /* how many */
/* The first question behind a finding that is raised for want of an answer. */
bool app_finding_question(const struct finding *finding, size_t *id);
bool app_answer_is_no(const struct facts *answers, size_t id);
void app_answer_text(const struct facts *answers, size_t id, char *out, size_t capacity);
void app_questions_show(struct app *app);
void app_answer_yes(struct app *app);
void app_answer_no(struct app *app);
void app_answer_clear(struct app *app);
void app_answer_all_no(struct app *app);
/* The answer to the entry's question as typed. */
enum status app_answer_typed(struct app *app, struct entry *entry) MUST_CHECK;
void app_answer_entry(struct app *app, struct entry *entry); /* of the selected question */

#endif
