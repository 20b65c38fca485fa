#include "planner/sync/guard.h"

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

static enum status next(void *state, int64_t after, struct sync_unit *out, struct fail *why)
{
	INSIDE(next(g->inner.state, after, out, why));
}

static enum status open_unit(void *state, const char *sync_id, struct sync_unit *out, struct fail *why)
{
	INSIDE(open_unit(g->inner.state, sync_id, out, why));
}

static enum status lost(void *state, const char *sync_id, const char *version, int64_t updated_ms,
                        struct fail *why)
{
	INSIDE(lost(g->inner.state, sync_id, version, updated_ms, why));
}

static enum status find(void *state, const char *sync_id, struct sync_place *out, struct fail *why)
{
	INSIDE(find(g->inner.state, sync_id, out, why));
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

static size_t slice_of(const struct guarded *g, size_t left)
{
	return g->gate.enter && left > GUARD_SLICE ? GUARD_SLICE : left;
}

static enum status sending(void *state, struct sync_unit *const *units, size_t count, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t at = 0, n; !st && at < count; at += n) {
		n = slice_of(state, count - at);
		st = send_slice(state, units + at, n, why);
	}
	return st;
}

static enum status settle(void *state, const struct sync_verdict *verdicts, size_t count, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t at = 0, n; !st && at < count; at += n) {
		n = slice_of(state, count - at);
		st = settle_slice(state, verdicts + at, n, why);
	}
	return st;
}

static enum status arrive(void *state, const struct sync_arrival *items, size_t count, const char *key,
                          const char *value, struct fail *why)
{
	size_t at = 0;
	enum status st = ST_OK;
	while (!st && slice_of(state, count - at) < count - at) {
		st = arrive_slice(state, items + at, GUARD_SLICE, NULL, NULL, why);
		at += GUARD_SLICE;
	}
	return st ? st : arrive_slice(state, items + at, count - at, key, value, why);
}

struct sync_local guarded_local(struct guarded *guarded)
{
	return (struct sync_local){.state = guarded,
	                           .next = next,
	                           .open_unit = open_unit,
	                           .sending = sending,
	                           .settle = settle,
	                           .lost = lost,
	                           .find = find,
	                           .next_place = next_place,
	                           .mark_gone = mark_gone,
	                           .arrive = arrive,
	                           .get = get,
	                           .set = set,
	                           .note = note};
}
