/* The durable side shared with another thread: every call goes through a gate, and long ones in slices.
 *
 * A round waits for the network most of its time and for the disk the rest. The planner's screens use the same
 * store, one thread at a time: they wait at most as long as one slice takes. A slice is a transaction of its own;
 * a page of arrivals moves its watermark with the last one, so that a round that ends in between is repeated, not
 * lost.
 */
#ifndef LASERTWIN_SYNC_GUARD_H
#define LASERTWIN_SYNC_GUARD_H

#include "planner/sync/engine.h"

#define GUARD_SLICE 8 /* arrivals, units or verdicts to one transaction */

struct sync_gate {
	void *context;
	/* ST_CANCELLED: the records are closed now; the round ends. */
	enum status (*enter)(void *context, struct fail *why);
	void (*leave)(void *context);
};

struct guarded {
	struct sync_local inner;
	struct sync_gate gate; /* enter NULL: nobody else is there */
};

/* Borrows guarded for the life of the result. */
struct sync_local guarded_local(struct guarded *guarded);
enum status gate_enter(const struct sync_gate *gate, struct fail *why) MUST_CHECK;
void gate_leave(const struct sync_gate *gate);

#endif
