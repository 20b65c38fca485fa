#include "planner/sync/guard.h"

#include <time.h>

#define FIRST_SLICE 3 /* of every call: what came before may have been of another kind, and cheaper */
#define NEW_SHARE 0.3 /* of a latest slice that was cheaper in the estimate */

enum status gate_enter(const struct sync_gate *gate, struct fail *why)
{
	return gate->enter ? gate->enter(gate->context, why) : ST_OK;
}

void gate_leave(const struct sync_gate *gate)
{
	if (gate->leave)
		gate->leave(gate->context);
}

/* One call inside the gate; its parameters are in scope where it is used. */
#define INSIDE(call)                                                                                         \
	struct guarded *g = state;                                                                           \
	enum status st = gate_enter(&g->gate, why);                                                          \
	if (st)                                                                                              \
		return st;                                                                                   \
	st = g->inner.call;                                                                                  \
	gate_leave(&g->gate);                                                                                \
	return st

/* Part after part, each inside by itself. */
static enum status prepare(struct guarded *g, bool all, struct fail *why)
{
	enum status st = ST_OK;
	for (bool done = !g->prepare || !g->gate.enter; !st && !done;) {
		st = gate_enter(&g->gate, why);
		if (st)
			return st;
		st = g->prepare(g->inner.state, all, &done, why);
		gate_leave(&g->gate);
	}
	return st;
}

static enum status next(void *state, int64_t after, struct sync_unit *out, struct fail *why)
{
	enum status first = prepare(state, false, why);
	if (first)
		return first;
	INSIDE(next(g->inner.state, after, out, why));
}

static enum status open_unit(void *state, const char *sync_id, struct sync_unit *out, struct fail *why)
{
	enum status first = prepare(state, false, why);
	if (first)
		return first;
	INSIDE(open_unit(g->inner.state, sync_id, out, why));
}

static enum status lost(void *state, const char *sync_id, const char *version, int64_t updated_ms,
                        struct fail *why)
{
	enum status first = prepare(state, true, why);
	if (first)
		return first;
	INSIDE(lost(g->inner.state, sync_id, version, updated_ms, why));
}

static enum status find(void *state, const char *sync_id, struct sync_place *out, struct fail *why)
{
	INSIDE(find(g->inner.state, sync_id, out, why));
}

/* The station's rows are not touched: outside. */
static enum status keep(void *state, struct sync_entry *entry, const char *theirs, size_t len, struct fail *why)
{
	struct guarded *g = state;
	return g->inner.keep(g->inner.state, entry, theirs, len, why);
}

static enum status next_place(void *state, const char *after, struct sync_place *out, struct fail *why)
{
	INSIDE(next_place(g->inner.state, after, out, why));
}

static enum status mark_gone(void *state, const char *sync_id, struct fail *why)
{
	INSIDE(mark_gone(g->inner.state, sync_id, why));
}

static enum status get(void *state, const char *key, char *value, struct fail *why)
{
	INSIDE(get(g->inner.state, key, value, why));
}

static enum status set(void *state, const char *key, const char *value, struct fail *why)
{
	INSIDE(set(g->inner.state, key, value, why));
}

static enum status note(void *state, enum sync_notice notice, const char *type, const char *sync_id,
                        const char *text, struct fail *why)
{
	INSIDE(note(g->inner.state, notice, type, sync_id, text, why));
}

/* ---- in slices ---------------------------------------------------------------------------------------- */

static enum status send_slice(void *state, struct sync_unit *const *units, size_t count, struct fail *why)
{
	INSIDE(sending(g->inner.state, units, count, why));
}

static enum status settle_slice(void *state, const struct sync_verdict *verdicts, size_t count,
                                struct fail *why)
{
	INSIDE(settle(g->inner.state, verdicts, count, why));
}

static enum status arrive_slice(void *state, const struct sync_arrival *items, size_t count, const char *key,
                                const char *value, struct fail *why)
{
	INSIDE(arrive(g->inner.state, items, count, key, value, why));
}

static double thread_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static size_t slice_of(const struct guarded *g, enum guarded_work work, size_t at, size_t left)
{
	const double fit = g->item_ms[work] > 0 ? GUARD_WORK_MS / g->item_ms[work] : FIRST_SLICE;
	const size_t most = at == 0 ? FIRST_SLICE : GUARD_SLICE_MAX, n = fit < 1 ? 1 : fit > (double)most ? most : (size_t)fit;
	return g->gate.enter && left > n ? n : left;
}

static void learn(struct guarded *g, enum guarded_work work, double since_ms, size_t items)
{
	const double now = (thread_ms() - since_ms) / (double)items, before = g->item_ms[work];
	g->item_ms[work] = before > now ? (1 - NEW_SHARE) * before + NEW_SHARE * now : now; /* dearer at once */
}

static enum status sending(void *state, struct sync_unit *const *units, size_t count, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t at = 0, n; !st && at < count; at += n) {
		const double since_ms = thread_ms();
		n = slice_of(state, GUARDED_SENDING, at, count - at);
		st = send_slice(state, units + at, n, why);
		learn(state, GUARDED_SENDING, since_ms, n);
	}
	return st;
}

static enum status settle(void *state, const struct sync_verdict *verdicts, size_t count, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t at = 0, n; !st && at < count; at += n) {
		const double since_ms = thread_ms();
		n = slice_of(state, GUARDED_SETTLE, at, count - at);
		st = settle_slice(state, verdicts + at, n, why);
		learn(state, GUARDED_SETTLE, since_ms, n);
	}
	return st;
}

static enum status arrive(void *state, const struct sync_arrival *items, size_t count, const char *key,
                          const char *value, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t at = 0, n; !st; at += n) {
		const double since_ms = thread_ms();
		n = slice_of(state, GUARDED_ARRIVE, at, count - at);
		if (n == count - at)
			return arrive_slice(state, items + at, n, key, value, why);
		st = arrive_slice(state, items + at, n, NULL, NULL, why);
		learn(state, GUARDED_ARRIVE, since_ms, n);
	}
	return st;
}

struct sync_local guarded_local(struct guarded *guarded)
{
	return (struct sync_local){.state = guarded,
	                           .next = next,
	                           .open_unit = open_unit,
	                           .sending = sending,
	                           .settle = settle,
	                           .lost = lost,
	                           .shared_type = guarded->inner.shared_type,
	                           .keep = keep,
	                           .find = find,
	                           .next_place = next_place,
	                           .mark_gone = mark_gone,
	                           .arrive = arrive,
	                           .get = get,
	                           .set = set,
	                           .note = note};
}
