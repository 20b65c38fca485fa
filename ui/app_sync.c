/* Synchronisation on the screens: its list, a conflict and its settling, and what follows from a round. */
#include "ui/app.h"

#include <inttypes.h>

static const struct app_sync *sync_of(const struct app *app)
{
	return app->source->sync;
}

/* Where it is shown, and not read in particular at the moment. */
static void reread(struct app *app)
{
	for (size_t at = 0; at < app->depth; at++)
		if (app->stack[at] == SCREEN_SYNC && !app->listings[SCREEN_SYNC].whole)
			app_listing_again(app, SCREEN_SYNC);
}

/* --- screens ----------------------------------------------------------------------------------------------- */

void app_sync_show(struct app *app)
{
	app_listing_show(app, SCREEN_SYNC);
}

void app_sync_now(struct app *app)
{
	struct sync_status state;
	sync_of(app)->start(sync_of(app)->context);
	sync_of(app)->state(sync_of(app)->context, &state);
	if (state.phase == SYNC_PHASE_OFF)
		app_say(app, ROLE_CAUTION, "Not set up: `lasertwin sync setup ADDRESS` enters the clinic's server.");
	reread(app);
}

void app_sync_stop(struct app *app)
{
	sync_of(app)->stop(sync_of(app)->context);
	app_say(app, ROLE_CAUTION, "Synchronisation is stopped until S; what is not sent stays in the outbox.");
	reread(app);
}

bool app_sync_conflict(const struct app *app, int64_t *entry)
{
	const enum screen below = app_screen_below(app);
	const struct listing_row *row = app_listing_selected(app, SCREEN_SYNC);
	*entry = app->sync_entry;
	if (below == SCREEN_CONFLICT)
		return true;
	return below == SCREEN_SYNC && row != NULL && sscanf(row->key, "conflict.%" SCNd64, entry) == 1;
}

void app_sync_enter(struct app *app)
{
	int64_t entry;
	if (app_screen(app) != SCREEN_SYNC || !app_sync_conflict(app, &entry)) {
		app_listing_enter(app);
		return;
	}
	app->sync_entry = entry;
	app_listing_show(app, SCREEN_CONFLICT);
}

/* --- settling ------------------------------------------------------------------------------------------------ */

static void add_field(struct form *form, const char *member, const char *hint, bool masked)
{
	struct form_field *field = &form->field[form->fields++];
	*field = (struct form_field){.masked = masked};
	(void)snprintf(field->member, sizeof field->member, "%s", member);
	(void)snprintf(field->label, sizeof field->label, "%s", member);
	(void)snprintf(field->hint, sizeof field->hint, "%s", hint);
}

static enum status submit(struct app *app, const struct form *form, struct fail *refusal)
{
	const struct course_input who = {.login = form->field[0].typed, .secret = form->field[1].typed};
	enum status status = sync_of(app)->settle(sync_of(app)->context, form->entry, form->keep_ours, &who, refusal);
	if (status != ST_OK)
		return status;
	app_say(app, ROLE_OK, form->keep_ours ? "Settled: ours goes to the server with the next round."
	                                      : "Settled: the server's stays; ours is kept here.");
	for (size_t at = 1; at < app->depth; at++)
		if (app->stack[at] == SCREEN_CONFLICT) { /* the form closes by itself; what it was about is done */
			memmove(&app->stack[at], &app->stack[at + 1], (app->depth - at - 1) * sizeof app->stack[0]);
			app->depth--;
		}
	reread(app);
	return ST_OK;
}

void app_sync_form(struct app *app, bool keep_ours)
{
	struct form form = {.submit = submit, .keep_ours = keep_ours};
	if (!app_sync_conflict(app, &form.entry))
		return;
	(void)snprintf(form.title, sizeof form.title, "Settle the conflict of entry %" PRId64, form.entry);
	(void)snprintf(form.text, sizeof form.text, "%s",
	               keep_ours ? "Our version goes over the server's as its newest; theirs stays in the server's history."
	                         : "The server's version stays; ours is kept here and not sent.");
	add_field(&form, "login", "who decides: for plans a dermatologist, else also a technician", false);
	add_field(&form, "secret", "not shown", true);
	app->plans.form = form;
	explicit_bzero(&form, sizeof form);
	app_push(app, SCREEN_FORM);
}

/* --- after a round --------------------------------------------------------------------------------------------- */

static enum status read_worklist(struct app *app, struct fail *why)
{
	char name[APP_NAME_MAX];
	if (!app_worklist_hold(app, name))
		return ST_OK;
	enum status status = sync_of(app)->refresh(sync_of(app)->context, why);
	return status == ST_OK ? app_worklist_again(app, name, why) : status;
}

/* Another station may have revoked, approved or delivered what is open here. */
static void reread_plan(struct app *app)
{
	char uuid[UUID_TEXT_SIZE];
	struct fail why;
	if (app->plans.open == NULL)
		return;
	const enum plan_state before = app->plans.open->state;
	memcpy(uuid, app->plans.open->row.uuid, sizeof uuid);
	if (app_course_reopen(app, uuid, &why) != ST_OK)
		app_say(app, ROLE_STOP, "The plan cannot be read again: %s", why.text);
	else if (app->plans.open->state != before)
		app_say(app, ROLE_STOP, "Plan %.8s is %s now: that came from the clinic's server.", uuid,
		        plan_state_name(app->plans.open->state));
}

void app_sync_ended(struct app *app)
{
	struct sync_status state;
	struct fail why;
	if (app->locked)
		return;
	sync_of(app)->state(sync_of(app)->context, &state);
	if (state.received + state.applied > 0) {
		if (read_worklist(app, &why) != ST_OK)
			app_say(app, ROLE_STOP, "The worklist cannot be read again: %s", why.text);
		reread_plan(app);
	}
	if (state.new_conflicts > 0)
		app_say(app, ROLE_STOP, "%zu new conflict%s with the clinic's server: 0 shows %s.", state.new_conflicts,
		        state.new_conflicts == 1 ? "" : "s", state.new_conflicts == 1 ? "it" : "them");
	reread(app);
}

/* --- the frame --------------------------------------------------------------------------------------------------- */

struct words {
	char *out;
	size_t capacity, used;
};

static void word(struct words *w, const char *text)
{
	if (w->used < w->capacity)
		w->used += (size_t)snprintf(w->out + w->used, w->capacity - w->used, "%s", text);
}

static void number(struct words *w, bool roomy, int64_t n, const char *one, const char *letter)
{
	char text[48];
	if (n == 0)
		return;
	if (roomy)
		(void)snprintf(text, sizeof text, ", %" PRId64 " %s", n, one);
	else
		(void)snprintf(text, sizeof text, " %" PRId64 "%s", n, letter);
	word(w, text);
}

bool app_sync_frame(const struct app *app, bool roomy, char *out, size_t capacity, enum role *role)
{
	struct sync_status s;
	struct words w = {out, capacity, 0};
	char when[LISTING_TIME_SIZE];
	if (sync_of(app) == NULL)
		return false;
	sync_of(app)->state(sync_of(app)->context, &s);
	if (s.phase == SYNC_PHASE_OFF)
		return false;
	word(&w, s.phase == SYNC_PHASE_RUNNING ? "syncing" : s.phase == SYNC_PHASE_STOPPED ? "sync stopped" : "sync ");
	if (s.phase != SYNC_PHASE_RUNNING && s.phase != SYNC_PHASE_STOPPED)
		word(&w, s.problem[0] != '\0' ? "FAILS" : s.last_ms > 0 ? listing_time(s.last_ms, when) + 11 : "never");
	number(&w, roomy, s.waiting, "waiting", "w");
	number(&w, roomy, (int64_t)s.parked + s.refused, "parked", "p");
	number(&w, roomy, s.conflicts, s.conflicts == 1 ? "conflict" : "conflicts", "c");
	*role = s.conflicts > 0 || s.problem[0] != '\0'                        ? ROLE_STOP
	        : s.parked > 0 || s.refused > 0 || s.phase == SYNC_PHASE_STOPPED ? ROLE_CAUTION
	                                                                         : ROLE_DIM;
	return true;
}
