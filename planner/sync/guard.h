/* The durable side shared with another thread: every call goes through a gate, and long ones in slices.
 *
 * A round waits for the network most of its time and for the disk the rest. The planner's screens use the same
 * store, one thread at a time: they wait at most as long as one slice takes. A slice is a transaction of its own, with
 * as many items as GUARD_WORK_MS of computing hold, judged by the slices before it, and then a COMMIT; a page of
 * arrivals moves its watermark with the last one, so that a round that ends in between is repeated, not lost.
 */
#ifndef LASERTWIN_SYNC_GUARD_H
#define LASERTWIN_SYNC_GUARD_H

#include "planner/sync/engine.h"

#define GUARD_WORK_MS 4.0  /* of the processor; what the disk takes comes on top */
#define GUARD_SLICE_MAX 32 /* arrivals, units or verdicts to one transaction */

struct sync_gate {
	void *context;
	/* ST_CANCELLED: the records are closed now; the round ends. */
	enum status (*enter)(void *context, struct fail *why);
	void (*leave)(void *context);
};

enum guarded_work { GUARDED_SENDING, GUARDED_SETTLE, GUARDED_ARRIVE, GUARDED_WORKS };

struct guarded {
	struct sync_local inner;
	struct sync_gate gate; /* enter NULL: nobody else is there */
	/* What open_unit (all: lost) would have to look through at once, a part of it at a time; may be NULL. */
	enum status (*prepare)(void *state, bool all, bool *done, struct fail *why);
	double item_ms[GUARDED_WORKS]; /* of the processor, for one; 0: not known yet */
};

/* Borrows guarded for the life of the result. */
struct sync_local guarded_local(struct guarded *guarded);
enum status gate_enter(const struct sync_gate *gate, struct fail *why) MUST_CHECK;
void gate_leave(const struct sync_gate *gate);

#endif
