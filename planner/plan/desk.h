/* The workflow at a station: who is logged in, the clock, the head of the audit trail and the keys on file, put
 * together from an open clinic. */
#ifndef LASERTWIN_PLAN_DESK_H
#define LASERTWIN_PLAN_DESK_H

#include "planner/plan/clinic.h"
#include "planner/plan/workflow.h"
#include "planner/store/person.h"

/* key of store_sync_get under which the time of the last good pull is kept, milliseconds as decimal digits */
#define DESK_SYNC_KEY "last_pull_ms"

/* Reads the head of the audit trail and the last synchronisation. A clinic that never synchronised has no server
 * that could have revoked anything: its approvals are confirmed now. Borrows clinic and library. */
enum status desk_open(struct clinic *clinic, const struct library *library, int64_t clock_ms, struct workflow *out,
                      struct fail *why) MUST_CHECK;

/* Signs with a session after its secret was given again. Borrowed by the person until both are done with. */
struct desk_signer {
	struct session *session;
	struct secret secret; /* as typed; the owner wipes it */
	struct store_moment moment;
};
/* The person of a session; signer NULL: no secret was given. */
enum status desk_person(struct clinic *clinic, struct session *session, struct desk_signer *signer,
                        struct workflow_person *out, struct fail *why) MUST_CHECK;

/* Adds what emergency access gives, while it lasts (emergency.h). */
enum status desk_emergency(struct clinic *clinic, int64_t clock_ms, struct workflow_person *person,
                           struct fail *why) MUST_CHECK;

/* A plan by the beginning of its name, at least 4 digits. ST_NOT_FOUND, ST_CONFLICT: several begin so. */
enum status desk_find_plan(const struct workflow *w, const char *beginning, char uuid[UUID_TEXT_SIZE],
                           struct fail *why) MUST_CHECK;

#endif
