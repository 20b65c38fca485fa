/* Tagged lines of the worklist and the plan list, and what is done with all of them: first a list of what will be
 * touched and what is left out and why, then, on a key that opens nothing, one line after the other while nobody waits.
 * Approving and treating are not among it: each needs the identifiers of its own patient. */
#include "ui/app.h"

/* --- tags ------------------------------------------------------------------------------------------------- */

static bool on_plans(const struct app *app)
{
	return app_screen_below(app) == SCREEN_PLANS;
}

static size_t lines(const struct app *app)
{
	return on_plans(app) ? app->plans.rows : app->patients;
}

static struct app_tag *tag_of(const struct app *app, size_t line)
{
	return on_plans(app) ? &app->plans.row[line].tag : &app->patient[line].tag;
}

bool app_can_tag(const struct app *app)
{
	const enum screen screen = app_screen_below(app);
	return (screen == SCREEN_WORKLIST && app->shown_count > 0) || (screen == SCREEN_PLANS && app->plans.rows > 0);
}

/* Counted after a change, not at every key: lists are long. */
void app_tags_count(struct app *app)
{
	app->tags = app->plans.tags = (struct app_tags){.set = 0};
	for (size_t i = 0; i < app->patients; i++) {
		app->tags.set += app->patient[i].tag.set;
		app->tags.cleared += app->patient[i].tag.cleared;
	}
	for (size_t i = 0; i < app->plans.rows; i++) {
		app->plans.tags.set += app->plans.row[i].tag.set;
		app->plans.tags.cleared += app->plans.row[i].tag.cleared;
	}
}

size_t app_tags(const struct app *app)
{
	const enum screen screen = app_screen_below(app);
	return screen == SCREEN_WORKLIST ? app->tags.set : screen == SCREEN_PLANS ? app->plans.tags.set : 0;
}

bool app_tags_undoable(const struct app *app)
{
	return app_can_tag(app) && app_tags(app) == 0 && (on_plans(app) ? &app->plans.tags : &app->tags)->cleared > 0;
}

/* Tags the selected line, or takes its tag away, and goes to the next. */
static void tag_one(struct app *app)
{
	const enum screen screen = app_screen(app);
	const size_t at = app->selected[screen];
	if (at >= app_line_count(app, screen))
		return;
	struct app_tag *tag = tag_of(app, screen == SCREEN_WORKLIST ? app->shown[at] : at);
	tag->set = !tag->set;
	app_tags_count(app);
	app->selected[screen] = at + 1 < app_line_count(app, screen) ? at + 1 : at;
}

static void tag_all(struct app *app)
{
	const size_t count = app_line_count(app, app_screen(app));
	for (size_t i = 0; i < count; i++)
		tag_of(app, on_plans(app) ? i : app->shown[i])->set = true;
	app_tags_count(app);
	app_say(app, ROLE_TEXT, "Tagged: every line shown, %zu.", app_tags(app));
}

static void untag(struct app *app)
{
	for (size_t i = 0; i < lines(app); i++) {
		struct app_tag *tag = tag_of(app, i);
		*tag = (struct app_tag){.cleared = tag->set};
	}
	app_tags_count(app);
	app_say(app, ROLE_TEXT, "No line is tagged; u brings the tags back.");
}

void app_tags_undo(struct app *app)
{
	for (size_t i = 0; i < lines(app); i++) {
		struct app_tag *tag = tag_of(app, i);
		*tag = (struct app_tag){.set = tag->cleared};
	}
	app_tags_count(app);
}

static int by_plan(const void *a, const void *b)
{
	return strcmp(((const struct course_row *)a)->plan, ((const struct course_row *)b)->plan);
}

/* The list was read anew: tags stay with their plans. A tag without memory for it is lost, which nothing depends on. */
void app_tags_keep(const struct course_row *old, size_t old_count, struct course_row *fresh, size_t count)
{
	size_t tagged = 0;
	struct course_row *kept = old_count > 0 ? malloc(old_count * sizeof *kept) : NULL;
	for (size_t i = 0; i < old_count && kept != NULL; i++)
		if (old[i].tag.set || old[i].tag.cleared)
			kept[tagged++] = old[i];
	if (tagged > 0)
		qsort(kept, tagged, sizeof *kept, by_plan);
	for (size_t i = 0; i < count && tagged > 0; i++) {
		const struct course_row *found = bsearch(&fresh[i], kept, tagged, sizeof *kept, by_plan);
		fresh[i].tag = found != NULL ? found->tag : fresh[i].tag;
	}
	free(kept);
}

/* --- what it would be done to ------------------------------------------------------------------------------- */

void app_tagged_forget(struct app *app)
{
	struct app_tagged *t = &app->tagged;
	if (t->item != NULL)
		explicit_bzero(t->item, t->count * sizeof *t->item); /* names of patients */
	free(t->item);
	t->item = NULL;
	t->count = t->will = t->at = 0;
	t->running = t->ended = false;
}

/* Why the plan on this line is left out; NULL: it is not. may: by state, asked once. */
static const char *plan_left_out(enum tagged_kind kind, const struct course_row *row, const bool may[PLAN_STATES])
{
	enum plan_state state;
	if (!plan_state_parse(row->state, &state))
		return "its state is unknown to this version";
	if (may[state])
		return NULL;
	if (kind == TAGGED_PROPOSE)
		return state == PLAN_DRAFT ? "your role does not propose" : "only a draft is proposed";
	return state == PLAN_DRAFT || state == PLAN_PROPOSED || state == PLAN_REJECTED
	               ? "no sheet before it is approved"
	               : "your role hands out no sheets";
}

static void fill_plan(struct tagged_item *item, const struct app_tagged *t, const struct course_row *row)
{
	memcpy(item->plan, row->plan, sizeof item->plan);
	(void)snprintf(item->label, sizeof item->label, "%s", row->label);
	(void)snprintf(item->about, sizeof item->about, "%.8s v%lld %.40s", row->plan, (long long)row->version, row->device);
	if (t->kind == TAGGED_SHEETS)
		(void)snprintf(item->file, sizeof item->file, "treatment-%.8s-v%lld.pdf", row->plan, (long long)row->version);
}

static void fill_patient(struct tagged_item *item, const struct app *app, size_t patient)
{
	const char *name = app->source->name != NULL ? app->source->name(app->source->context, patient) : NULL;
	item->patient = patient;
	(void)snprintf(item->label, sizeof item->label, "%s", app->patient[patient].label);
	(void)snprintf(item->about, sizeof item->about, "record");
	if (name != NULL)
		(void)snprintf(item->file, sizeof item->file, "record-%.8s.pdf", name);
	else
		(void)snprintf(item->file, sizeof item->file, "record-line-%zu.pdf", patient + 1);
}

static void file_left_out(const struct app *app, struct tagged_item *item)
{
	char path[sizeof app->tagged.folder + sizeof item->file + 1];
	(void)snprintf(path, sizeof path, "%s/%s", app->tagged.folder, item->file);
	if (item->fate == TAGGED_WILL && app->source->exists != NULL && app->source->exists(path)) {
		item->fate = TAGGED_LEFT_OUT;
		(void)snprintf(item->note, sizeof item->note, "%s", "this file is there already; it stays as it is");
	}
}

static void fill(const struct app *app, struct tagged_item *item, size_t line, const bool may[PLAN_STATES])
{
	const bool may_hand_out = (app_roles(app) & (ROLE_TECHNICIAN | ROLE_DERMATOLOGIST | ROLE_ADMINISTRATOR)) != 0;
	const char *why = NULL;
	*item = (struct tagged_item){.fate = TAGGED_WILL};
	if (on_plans(app)) {
		fill_plan(item, &app->tagged, &app->plans.row[line]);
		why = plan_left_out(app->tagged.kind, &app->plans.row[line], may);
	} else {
		fill_patient(item, app, line);
		why = may_hand_out ? NULL : "your role hands out no records";
	}
	if (why != NULL) {
		item->fate = TAGGED_LEFT_OUT;
		(void)snprintf(item->note, sizeof item->note, "%s", why);
	}
	if (app->tagged.kind == TAGGED_SHEETS)
		file_left_out(app, item);
}

/* What will be touched stands first; within it the order of the list stays. */
static void will_first(struct app_tagged *t)
{
	size_t to = 0;
	for (size_t i = 0; i < t->count; i++)
		if (t->item[i].fate == TAGGED_WILL) {
			const struct tagged_item moved = t->item[i];
			memmove(&t->item[to + 1], &t->item[to], (i - to) * sizeof moved);
			t->item[to++] = moved;
		}
	t->will = to;
}

/* The list before anything is done. */
static bool list(struct app *app, enum tagged_kind kind)
{
	struct app_tagged *t = &app->tagged;
	const struct app_course *course = app->source->course;
	const enum life_action action = kind == TAGGED_PROPOSE ? LIFE_PROPOSE : LIFE_EXPORT;
	bool may[PLAN_STATES] = {false};
	app_tagged_forget(app);
	t->kind = kind;
	t->plans = on_plans(app);
	t->item = calloc(app_tags(app) + 1, sizeof *t->item);
	if (t->item == NULL) {
		app_say(app, ROLE_STOP, "no memory for the list of what is tagged");
		return false;
	}
	for (int state = 0; state < PLAN_STATES && course != NULL; state++)
		may[state] = course->may(course->context, action, (enum plan_state)state);
	for (size_t i = 0; i < lines(app); i++)
		if (tag_of(app, i)->set)
			fill(app, &t->item[t->count++], i, may);
	will_first(t);
	app->selected[SCREEN_TAGGED] = 0;
	return true;
}

static enum status submit_folder(struct app *app, const struct form *form, struct fail *refusal)
{
	const char *folder = app_form_typed(form, "folder");
	if (app->source->exists != NULL && !app->source->exists(folder))
		return fail_set(refusal, ST_NOT_FOUND, "folder", "there is no such folder; make it first, or type another");
	(void)snprintf(app->tagged.folder, sizeof app->tagged.folder, "%s", folder);
	app_form_close(app);
	if (list(app, TAGGED_SHEETS))
		app_push(app, SCREEN_TAGGED);
	return ST_OK;
}

static bool can_write(const struct app *app)
{
	return on_plans(app) ? app->source->course != NULL && app->source->course->sheet != NULL
	                     : app->source->lists != NULL && app->source->lists->record != NULL;
}

static void ask_folder(struct app *app)
{
	struct form form = {.submit = submit_folder};
	if (!can_write(app)) {
		app_say(app, ROLE_CAUTION, "There are no records here to write sheets of.");
		return;
	}
	(void)snprintf(form.title, sizeof form.title, "%s of what is tagged, as PDF",
	               on_plans(app) ? "Treatment sheets" : "Records");
	(void)snprintf(form.text, sizeof form.text,
	               "They name patients and leave the records; each is entered in the audit. They are listed first.");
	struct form_field *field = app_form_add(&form, "folder", "folder", "one that exists; no file in it is written over");
	(void)snprintf(field->typed, sizeof field->typed, "%s", app->tagged.folder);
	app_form_open(app, &form);
}

/* --- doing it ------------------------------------------------------------------------------------------------ */

void app_tagged_begin(struct app *app)
{
	struct app_tagged *t = &app->tagged;
	t->running = !t->ended && t->will > 0;
	if (!t->running)
		app_say(app, ROLE_CAUTION, "%s", t->ended ? "It is done already." : "Nothing of it can be done.");
}

static enum status propose(const struct app *app, const struct tagged_item *item, struct fail *why)
{
	static const struct course_input nothing = {.login = NULL};
	const struct app_course *course = app->source->course;
	struct workflow_plan *plan = NULL;
	enum status status = course->open(course->context, item->plan, &plan, why);
	if (status == ST_OK)
		status = course->move(course->context, LIFE_PROPOSE, &nothing, &plan, why);
	workflow_plan_free(&plan);
	return status;
}

static enum status write_sheet(const struct app *app, const struct tagged_item *item, struct fail *why)
{
	const struct app_course *course = app->source->course;
	const struct app_lists *lists = app->source->lists;
	char path[sizeof app->tagged.folder + sizeof item->file + 1];
	(void)snprintf(path, sizeof path, "%s/%s", app->tagged.folder, item->file);
	return app->tagged.plans ? course->sheet(course->context, item->plan, path, why)
	                         : lists->record(lists->context, item->patient, path, why);
}

static struct app_tag *tag_of_item(const struct app *app, const struct tagged_item *item)
{
	if (!app->tagged.plans)
		return &app->patient[item->patient].tag;
	for (size_t i = 0; i < app->plans.rows; i++)
		if (strcmp(app->plans.row[i].plan, item->plan) == 0)
			return &app->plans.row[i].tag;
	return NULL;
}

static size_t with_fate(const struct app_tagged *t, enum tagged_fate fate)
{
	size_t count = 0;
	for (size_t i = 0; i < t->count; i++)
		count += t->item[i].fate == fate;
	return count;
}

size_t app_tagged_with(const struct app *app, enum tagged_fate fate)
{
	return with_fate(&app->tagged, fate);
}

static void end(struct app *app)
{
	struct app_tagged *t = &app->tagged;
	const size_t failed = with_fate(t, TAGGED_FAILED), left = with_fate(t, TAGGED_NOT_DONE);
	t->running = false;
	t->ended = true;
	if (t->plans)
		app_course_refresh(app);
	app_tags_count(app);
	const enum role role = failed > 0 ? ROLE_STOP : left > 0 ? ROLE_CAUTION : ROLE_OK;
	app_say(app, role, "%s: %zu; failed: %zu; not done: %zu.", t->kind == TAGGED_PROPOSE ? "Proposed" : "Written",
	        with_fate(t, TAGGED_DONE), failed, left);
}

bool app_tagged_step(struct app *app)
{
	struct app_tagged *t = &app->tagged;
	struct fail why = {.text = ""};
	if (!t->running)
		return false;
	struct tagged_item *item = &t->item[t->at];
	struct app_tag *tag = tag_of_item(app, item);
	const enum status status = t->kind == TAGGED_PROPOSE ? propose(app, item, &why) : write_sheet(app, item, &why);
	item->fate = status == ST_OK ? TAGGED_DONE : TAGGED_FAILED;
	if (status != ST_OK)
		(void)snprintf(item->note, sizeof item->note, "%.*s", (int)sizeof item->note - 1, why.text);
	if (status == ST_OK && tag != NULL)
		*tag = (struct app_tag){.set = false};
	if (++t->at == t->will)
		end(app);
	return t->running;
}

bool app_tagged_back(struct app *app)
{
	struct app_tagged *t = &app->tagged;
	if (!t->running)
		return false;
	for (size_t i = t->at; i < t->will; i++)
		t->item[i].fate = TAGGED_NOT_DONE;
	end(app);
	return true;
}

/* --- actions --------------------------------------------------------------------------------------------------- */

bool app_tags_do(struct app *app, enum action action)
{
	switch (action) {
	case ACTION_TAG:
		tag_one(app);
		return true;
	case ACTION_TAG_ALL:
		tag_all(app);
		return true;
	case ACTION_UNTAG:
		untag(app);
		return true;
	case ACTION_TAGGED_PROPOSE:
		if (list(app, TAGGED_PROPOSE))
			app_push(app, SCREEN_TAGGED);
		return true;
	case ACTION_TAGGED_SHEETS:
		ask_folder(app);
		return true;
	default:
		return false;
	}
}
