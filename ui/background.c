/* Rounds beside the screens, and what the screens read of them. */
#include <pthread.h>
#include <stdatomic.h>

#include "planner/plan/desk.h"
#include "ui/job.h"
#include "ui/sync.h"

#define MS_PER_S 1000
#define NS_PER_MS 1000000
#define ROUND_EVERY_MS 30000 /* when nothing presses; as `lasertwin sync --watch` */
#define ROUND_LATEST_MS 300000
#define WAITING_SHOWN 200
#define RECEIPTS_SHOWN 100
#define FRAC_PER_REQUEST 0.01 /* every request wakes the screens */

struct background {
	struct clinic *clinic;
	const char *home;
	int64_t (*now_ms)(void);
	struct jobs *jobs;
	struct service_settings settings;
	bool is_set_up;

	/* the gate */
	pthread_mutex_t lock; /* guards the next four */
	pthread_cond_t changed;
	bool held, closed;
	unsigned waiting; /* of the screens: they go first */

	/* the round's thread writes, the screens read */
	atomic_bool cancel;
	atomic_size_t sent, received, requests;

	/* the round's alone while it runs, the screens' otherwise (jobs hand it over) */
	struct service *service;
	struct sync_outcome outcome;
	size_t applied;

	/* the screens' */
	struct station *station; /* their own view of the same store */
	struct mapping mapping;
	bool running, stopped, stopping;
	int64_t next_ms; /* by the clock that nobody sets */
	int failures;
	struct sync_status state;
};

static int64_t clock_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* --- the gate --------------------------------------------------------------------------------------------- */

void background_enter(struct background *b)
{
	pthread_mutex_lock(&b->lock);
	b->waiting++;
	while (b->held)
		pthread_cond_wait(&b->changed, &b->lock);
	b->waiting--;
	b->held = true;
	pthread_mutex_unlock(&b->lock);
}

void background_leave(struct background *b)
{
	pthread_mutex_lock(&b->lock);
	b->held = false;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

static enum status round_enter(void *context, struct fail *why)
{
	struct background *b = context;
	pthread_mutex_lock(&b->lock);
	while ((b->held || b->waiting > 0) && !b->closed)
		pthread_cond_wait(&b->changed, &b->lock);
	const bool closed = b->closed;
	b->held = b->held || !closed;
	pthread_mutex_unlock(&b->lock);
	return closed ? fail_set(why, ST_CANCELLED, "sync", "the records are locked") : ST_OK;
}

static void round_leave(void *context)
{
	background_leave(context);
}

static void close_gate(struct background *b, bool closed)
{
	pthread_mutex_lock(&b->lock);
	b->closed = closed;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

/* --- a round (on its thread) --------------------------------------------------------------------------------- */


static bool go_on(void *context, const struct sync_progress *progress)
{
	struct background *b = context;
	atomic_store(&b->sent, progress->pushed);
	atomic_store(&b->received, progress->pulled);
	atomic_store(&b->requests, progress->requests);
	return !atomic_load(&b->cancel);
}

static enum status open_service(struct background *b, struct fail *why)
{
	const struct service_options options = {.home = b->home,
	                                        .store = clinic_store(b->clinic),
	                                        .now_ms = b->now_ms,
	                                        .cancel = &b->cancel,
	                                        .go_on = go_on,
	                                        .context = b,
	                                        .gate = {b, round_enter, round_leave}};
	return service_open(&options, &b->service, why);
}

/* The line stays open between rounds: no new handshake, no new token. */
static enum status round_work(void *argument, void *context, struct fail *why)
{
	struct background *b = argument;
	(void)job_progress(context, FRAC_PER_REQUEST);
	b->outcome = (struct sync_outcome){0};
	b->applied = 0;
	enum status st = b->service ? ST_OK : open_service(b, why);
	if (!st)
		st = service_round(b->service, &b->outcome, &b->applied, why);
	if (st && st != ST_IO)
		service_close(&b->service); /* settings may have been changed to mend it */
	return st;
}

/* --- life --------------------------------------------------------------------------------------------------- */

/* Settings are read anew until there are some: they may be entered while the planner runs. */
static void look_for_settings(struct background *b)
{
	struct fail none;
	if (!b->is_set_up)
		b->is_set_up = service_settings_load(b->home, &b->settings, &none) == ST_OK &&
		               mapping_init(&b->mapping, b->settings.local, &none) == ST_OK;
	(void)snprintf(b->state.server, sizeof b->state.server, "%.*s", SYNC_TEXT_MAX - 1, b->settings.base);
}

enum status background_new(struct clinic *clinic, const char *home, int64_t (*now_ms)(void), struct background **out,
                           struct fail *why)
{
	struct background *b = calloc(1, sizeof *b);
	*out = NULL;
	if (b == NULL)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	b->clinic = clinic;
	b->home = home;
	b->now_ms = now_ms;
	enum status st = jobs_new(false, &b->jobs, why);
	if (st) {
		free(b);
		return st;
	}
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	atomic_init(&b->cancel, false);
	b->next_ms = clock_ms();
	look_for_settings(b);
	*out = b;
	return ST_OK;
}

void background_free(struct background **owned)
{
	struct background *b = *owned;
	if (b == NULL)
		return;
	atomic_store(&b->cancel, true);
	close_gate(b, true);
	jobs_free(&b->jobs);
	service_close(&b->service);
	station_free(&b->station);
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
	free(b);
	*owned = NULL;
}

void background_lock(struct background *b, bool locked)
{
	atomic_store(&b->cancel, locked || b->stopping);
	close_gate(b, locked);
	station_free(&b->station);
	b->next_ms = clock_ms();
}

int background_wake_fd(const struct background *b)
{
	return jobs_wake_fd(b->jobs);
}

/* --- when --------------------------------------------------------------------------------------------------- */

static bool is_due_ever(const struct background *b)
{
	return b->is_set_up && !b->stopped && !b->running && !b->closed;
}

int64_t background_wait_ms(const struct background *b)
{
	int64_t left = b->next_ms - clock_ms();
	return !is_due_ever(b) ? -1 : left > 0 ? left : 0;
}

/* Longer pauses where nothing works, never shorter than the server wishes. */
static void plan_next(struct background *b, enum status st)
{
	b->failures = st ? b->failures + 1 : 0;
	int64_t ms = (int64_t)ROUND_EVERY_MS << (b->failures < 4 ? b->failures : 4);
	ms = st && st != ST_IO && st != ST_CANCELLED ? ROUND_LATEST_MS : ms > ROUND_LATEST_MS ? ROUND_LATEST_MS : ms;
	b->next_ms = clock_ms() + (b->outcome.wait_ms > ms ? b->outcome.wait_ms : ms);
}

static void count(struct background *b);

static void round_ended(struct background *b, const struct job_state *job)
{
	b->running = b->stopping = false;
	b->state.rolled_back |= b->outcome.rolled_back;
	b->state.sent = b->outcome.pushed;
	b->state.received = b->outcome.pulled;
	b->state.requests = b->outcome.requests;
	b->state.applied = b->applied;
	b->state.new_conflicts = b->outcome.conflicts;
	b->state.problem[0] = '\0';
	if (job->status && job->status != ST_CANCELLED)
		(void)snprintf(b->state.problem, sizeof b->state.problem, "%.40s%s%.150s", job->why.field,
		               job->why.field[0] ? ": " : "", job->why.text);
	plan_next(b, job->status);
	if (job->status == ST_CANCELLED) /* stopped and started again, or locked: the next may go at once */
		b->next_ms = clock_ms();
	count(b);
}

bool background_pump(struct background *b)
{
	struct job_state job;
	jobs_take(b->jobs, &job);
	const bool ended = job.phase == JOB_ENDED;
	if (ended)
		round_ended(b, &job);
	if (is_due_ever(b) && clock_ms() >= b->next_ms) {
		atomic_store(&b->cancel, false);
		atomic_store(&b->sent, 0);
		atomic_store(&b->received, 0);
		atomic_store(&b->requests, 0);
		b->running = jobs_start(b->jobs, round_work, b);
	}
	return ended;
}

/* --- what the screens read (inside the gate) -------------------------------------------------------------------- */

static enum status own_station(struct background *b, struct fail *why)
{
	if (b->station != NULL)
		return ST_OK;
	look_for_settings(b);
	if (!b->is_set_up)
		return fail_set(why, ST_NOT_FOUND, "sync", "is not set up: `lasertwin sync setup ADDRESS`");
	return station_new(clinic_store(b->clinic), &b->mapping, b->now_ms, &b->station, why);
}

static void count_notices(struct background *b, struct sync_status *s)
{
	struct station_list list = {0};
	struct fail none;
	s->parked = s->duplicates = s->others = 0;
	if (own_station(b, &none) != ST_OK || station_notices(b->station, &list, &none) != ST_OK)
		return;
	for (size_t i = 0; i < list.count; i++) {
		const enum sync_notice notice = list.items[i].notice;
		s->parked += notice == SYNC_NOTE_PARKED;
		s->duplicates += notice == SYNC_NOTE_DUPLICATE;
		s->others += notice == SYNC_NOTE_DELETED || notice == SYNC_NOTE_ROLLBACK || notice == SYNC_NOTE_SERVER ||
		             notice == SYNC_NOTE_ANSWERS || notice == SYNC_NOTE_IDENTITY ||
		             notice == SYNC_NOTE_UNVERIFIED;
	}
	station_list_free(&list);
}

/* Those that nobody has dealt with. */
static int64_t count_refused(struct background *b)
{
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {.states = 1u << OUTBOX_REFUSED};
	struct fail none;
	int64_t n = 0;
	if (own_station(b, &none) != ST_OK || store_outbox_list(clinic_store(b->clinic), &query, &list, &none) != ST_OK)
		return 0;
	for (size_t i = 0; i < list.count; i++) {
		bool dismissed = false;
		n += station_dismissed(b->station, list.items[i].seq, &dismissed, &none) != ST_OK || !dismissed;
	}
	store_outbox_list_free(&list);
	return n;
}

/* Kept until the next round, save or decision: the frame is drawn at every key. */
static void count(struct background *b)
{
	int64_t of[OUTBOX_STATES];
	char value[STORE_SYNC_VALUE_MAX + 1];
	struct sync_status *s = &b->state;
	struct fail none;
	if (b->closed)
		return;
	if (store_outbox_count(clinic_store(b->clinic), of, &none) == ST_OK) {
		s->waiting = of[OUTBOX_PENDING] + of[OUTBOX_INFLIGHT];
		s->conflicts = of[OUTBOX_CONFLICT];
		s->refused = of[OUTBOX_REFUSED] > 0 ? count_refused(b) : 0;
	}
	s->last_ms = store_sync_get(clinic_store(b->clinic), DESK_SYNC_KEY, value, &none) == ST_OK
	                     ? strtoll(value, NULL, 10)
	                     : 0;
	count_notices(b, s);
}

static void state(void *context, struct sync_status *out)
{
	struct background *b = context;
	*out = b->state;
	out->phase = !b->is_set_up ? SYNC_PHASE_OFF
	             : b->closed   ? SYNC_PHASE_LOCKED
	             : b->running  ? SYNC_PHASE_RUNNING
	             : b->stopped  ? SYNC_PHASE_STOPPED
	                           : SYNC_PHASE_IDLE;
	out->stopping = b->stopping;
	int64_t wait_ms = background_wait_ms(b);
	out->next_s = wait_ms < 0 ? -1 : wait_ms / MS_PER_S;
	if (b->running) {
		out->sent = atomic_load(&b->sent);
		out->received = atomic_load(&b->received);
		out->requests = atomic_load(&b->requests);
	}
}

static void start(void *context)
{
	struct background *b = context;
	look_for_settings(b);
	b->stopped = false;
	b->next_ms = clock_ms();
}

static void stop(void *context)
{
	struct background *b = context;
	b->stopped = true;
	b->stopping = b->running;
	atomic_store(&b->cancel, true);
}

/* --- lists ------------------------------------------------------------------------------------------------------ */

struct gathered {
	struct sync_entry_row *item;
	size_t count, room;
};

static enum status gather(struct background *b, const struct store_outbox *row, struct gathered *to, struct fail *why)
{
	struct store_patient patient;
	struct fail none;
	if (to->count == to->room) {
		const size_t room = to->room ? 2 * to->room : 64;
		struct sync_entry_row *more = realloc(to->item, room * sizeof *more);
		if (more == NULL)
			return fail_set(why, ST_FULL, "sync", "out of memory");
		to->item = more;
		to->room = room;
	}
	struct sync_entry_row *item = &to->item[to->count++];
	*item = (struct sync_entry_row){.row = *row};
	const char *uuid = row->object == OUTBOX_PATIENT ? row->uuid : row->patient;
	if (uuid[0] != '\0' && store_patient_get(clinic_store(b->clinic), uuid, &patient, &none) == ST_OK)
		(void)snprintf(item->patient, sizeof item->patient, "%s", patient.label);
	return ST_OK;
}

static enum status gather_open(struct background *b, struct gathered *to, bool *more, struct fail *why)
{
	static const unsigned sets[] = {1u << OUTBOX_CONFLICT | 1u << OUTBOX_REFUSED,
	                                1u << OUTBOX_PENDING | 1u << OUTBOX_INFLIGHT};
	enum status st = ST_OK;
	struct fail none;
	*more = false;
	for (size_t s = 0; !st && s < sizeof sets / sizeof *sets; s++) {
		struct store_outbox_list list = {0};
		const struct store_outbox_query query = {.states = sets[s], .limit = WAITING_SHOWN};
		st = store_outbox_list(clinic_store(b->clinic), &query, &list, why);
		for (size_t i = 0; !st && i < list.count; i++) {
			bool dismissed = false;
			if (list.items[i].state == OUTBOX_REFUSED && own_station(b, &none) == ST_OK)
				st = station_dismissed(b->station, list.items[i].seq, &dismissed, why);
			if (!st && !dismissed)
				st = gather(b, &list.items[i], to, why);
		}
		*more |= list.more;
		store_outbox_list_free(&list);
	}
	return st;
}

/* Rows are numbered without a gap, so that the last ones are found by their count. */
static enum status gather_receipts(struct background *b, struct gathered *to, struct fail *why)
{
	int64_t of[OUTBOX_STATES], rows = 0;
	struct store_outbox_list list = {0};
	enum status st = store_outbox_count(clinic_store(b->clinic), of, why);
	for (int i = 0; !st && i < OUTBOX_STATES; i++)
		rows += of[i];
	const struct store_outbox_query query = {.states = 1u << OUTBOX_ACKED,
	                                         .after_seq = rows > RECEIPTS_SHOWN ? rows - RECEIPTS_SHOWN : 0,
	                                         .limit = RECEIPTS_SHOWN};
	if (!st)
		st = store_outbox_list(clinic_store(b->clinic), &query, &list, why);
	for (size_t i = list.count; !st && i-- > 0;)
		st = gather(b, &list.items[i], to, why);
	store_outbox_list_free(&list);
	return st;
}

static enum status read_sync(struct background *b, struct listing *out, struct fail *why)
{
	struct sync_status now;
	struct gathered rows = {0};
	struct station_list notices = {0};
	bool more;
	struct fail none;
	enum status st = gather_open(b, &rows, &more, why);
	if (!st)
		st = gather_receipts(b, &rows, why);
	if (!st && own_station(b, &none) == ST_OK)
		st = station_notices(b->station, &notices, why);
	count(b);
	state(b, &now);
	const struct sync_lists lists = {&now, rows.item, rows.count, notices.items, notices.count, more};
	if (!st)
		list_sync(out, &lists);
	station_list_free(&notices);
	free(rows.item);
	return st;
}

static enum status find_entry(struct background *b, int64_t entry, struct gathered *to, struct fail *why)
{
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {
	        .states = (1u << OUTBOX_STATES) - 1, .after_seq = entry - 1, .limit = 1};
	enum status st = store_outbox_list(clinic_store(b->clinic), &query, &list, why);
	if (!st && (list.count == 0 || list.items[0].seq != entry))
		st = fail_set(why, ST_NOT_FOUND, "sync", "entry %lld is not there", (long long)entry);
	if (!st)
		st = gather(b, &list.items[0], to, why);
	store_outbox_list_free(&list);
	return st;
}

static enum status read_conflict(struct background *b, int64_t entry, struct listing *out, struct fail *why)
{
	struct gathered row = {0};
	struct compare compare = {0};
	struct store_patient patient;
	struct fail none;
	char *mine = NULL, *theirs = NULL;
	enum status st = own_station(b, why);
	if (!st)
		st = find_entry(b, entry, &row, why);
	if (!st)
		st = station_conflict(b->station, entry, &mine, &theirs, why);
	if (!st)
		st = compare_records(mine, theirs, &compare, why);
	if (!st) {
		const struct store_outbox *of = &row.item[0].row;
		const char *uuid = of->object == OUTBOX_PATIENT ? of->uuid : of->patient;
		if (uuid[0] != '\0' && store_patient_get(clinic_store(b->clinic), uuid, &patient, &none) == ST_OK)
			listing_patient(out, &patient);
		list_conflict(out, &row.item[0], &compare);
	}
	compare_free(&compare);
	free(mine);
	free(theirs);
	free(row.item);
	return st;
}

static enum status read(void *context, enum screen screen, int64_t entry, struct listing **out, struct fail *why)
{
	struct listing *listing = NULL;
	enum status st = listing_new(&listing, why);
	if (!st)
		st = screen == SCREEN_CONFLICT ? read_conflict(context, entry, listing, why)
		                               : read_sync(context, listing, why);
	return listing_finish(listing, st, out, why);
}

static enum status settle(void *context, int64_t entry, bool keep_ours, const struct course_input *who,
                          struct fail *why)
{
	struct background *b = context;
	struct store_moment moment;
	struct session *session = NULL;
	size_t applied;
	const struct secret secret = {who->secret, strlen(who->secret)};
	enum status st = own_station(b, why);
	if (!st)
		st = store_moment_now(&moment, why);
	if (!st)
		st = store_login(clinic_store(b->clinic), who->login, secret, &moment, &session, why);
	if (!st)
		st = station_settle(b->station, session, entry, keep_ours, why);
	store_logout(&session);
	if (!st)
		st = station_apply_waiting(b->station, &applied, why);
	if (!st)
		b->next_ms = clock_ms();
	count(b);
	return st;
}

static enum status refresh(void *context, struct fail *why)
{
	const struct background *b = context;
	return clinic_refresh(b->clinic, why);
}

struct app_sync background_sync(struct background *background)
{
	count(background);
	return (struct app_sync){.context = background,
	                         .state = state,
	                         .start = start,
	                         .stop = stop,
	                         .read = read,
	                         .settle = settle,
	                         .refresh = refresh};
}
