/* The life of a plan version: which move is allowed to whom, in which state, and on what conditions.
 *
 *     draft -> proposed -> approved -> treating -> delivered -> closed
 *                 |            |  `-> expired | revoked | stale
 *              rejected        `-> superseded by a new version
 *
 * One table holds every allowed move (action x role x state); what is not in it is refused. A version never
 * changes: revising makes the next version, a draft, and supersedes this one where it was still on its way.
 * Pure: no clock, no store. Who the persons are and whether a secret was right is the caller's to establish.
 */
#ifndef LASERTWIN_PLAN_LIFE_H
#define LASERTWIN_PLAN_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"

enum plan_state {
	PLAN_DRAFT,
	PLAN_PROPOSED,
	PLAN_REJECTED,
	PLAN_APPROVED,
	PLAN_TREATING,  /* the first pulse may have fallen */
	PLAN_DELIVERED, /* wholly or in part: the delivery record says */
	PLAN_CLOSED,
	PLAN_EXPIRED,
	PLAN_REVOKED,
	PLAN_STALE, /* what it was made from is no longer so */
	PLAN_SUPERSEDED,
	PLAN_STATES
};

/* Administrators look after people and machines; clinical moves are not theirs. */
enum life_role {
	LIFE_TECHNICIAN,
	LIFE_DERMATOLOGIST,
	LIFE_ADMINISTRATOR,
	LIFE_VIEWER,
	LIFE_PROGRAM, /* the program itself, when time or a comparison decides */
	LIFE_EMERGENCY, /* whoever broke the glass, for a while: records and ends, never starts, never signs */
	LIFE_ROLES
};

enum life_action {
	LIFE_VIEW,
	LIFE_REVISE, /* the next version, as a draft */
	LIFE_PROPOSE,
	LIFE_OVERRIDE, /* of a finding BLOCK_MD */
	LIFE_APPROVE,
	LIFE_REJECT,
	LIFE_REVOKE,
	LIFE_EXPIRE,
	LIFE_OUTDATE, /* to stale */
	LIFE_START,
	LIFE_FINISH,
	LIFE_ADVERSE, /* an adverse event is recorded */
	LIFE_FOLLOW_UP,
	LIFE_CLOSE,
	LIFE_EXPORT, /* of the signed approval */
	LIFE_REGISTER, /* a patient; state and version do not matter here and in the next */
	LIFE_READ,     /* readings and answers are recorded */
	LIFE_STOP,     /* a treatment: pause, error or abort */
	LIFE_ACTIONS
};

const char *plan_state_name(enum plan_state state); /* "draft": as the store keeps it */
bool plan_state_parse(const char *name, enum plan_state *out);
const char *life_role_name(enum life_role role);
const char *life_action_name(enum life_action action);

/* What a move asks for besides role and state. */
enum {
	LIFE_NEEDS_REASON = 1,      /* written */
	LIFE_NEEDS_OTHER = 2,       /* the actor has neither written nor proposed any version that led here */
	LIFE_NEEDS_SECRET = 4,      /* the actor's secret, given again for this move */
	LIFE_NEEDS_IDENTIFIERS = 8, /* the patient's identifiers, entered again */
	LIFE_NEEDS_SECOND = 16      /* a second person of a clinical role, with a secret of their own */
};

#define LIFE_REASON_MIN 10 /* bytes: "ok" is not a reason */

struct life_request {
	enum life_action action;
	enum plan_state state;
	enum life_role role;
	const char *actor;         /* the person's identifier */
	const char *const *author; /* whoever wrote or proposed this or an earlier version, or what it was copied from */
	size_t authors;
	const char *reason; /* NULL: none */
	bool secret_given, identifiers_confirmed;
	const char *second; /* the second person's identifier; NULL: none */
	enum life_role second_role;
};

/* Gives the state after the move. ST_DENIED: not in the table, or a condition not met (why->field names it);
 * ST_INPUT: no actor, or a reason missing or too short. */
enum status life_move(const struct life_request *request, enum plan_state *to, struct fail *why) MUST_CHECK;
/* For menus: whether the table has the move, and what it will ask for. */
bool life_allowed(enum life_action action, enum life_role role, enum plan_state state);
unsigned life_needs(enum life_action action);

/* ---- time ---- */

#define LIFE_CLOCK_SLACK_MS 120000 /* a clock further back than this is asked about before a signature */

struct life_clock {
	int64_t now_ms; /* the later of the clock and the last time seen: a clock set back prolongs nothing */
	int64_t back_ms;
	bool went_back; /* by more than the slack */
};
struct life_clock life_clock(int64_t clock_ms, int64_t last_seen_ms);

/* How long an approval holds. lease_h: the table's longest time without the server (sync_age_max_h: shorter
 * for ablative and radiofrequency modes and for types V and VI); NAN: not known, then the shortest. */
#define LIFE_LEASE_UNKNOWN_H 72.0
#define LIFE_LEASE_MAX_H 8784.0 /* a year */
enum status life_expiry_ms(int64_t approved_at_ms, double lease_h, int64_t *expires_at_ms,
                           struct fail *why) MUST_CHECK;
bool life_expired(int64_t expires_at_ms, const struct life_clock *clock);

/* ---- staleness ---- */

#define LIFE_DIGEST_SIZE 65 /* 64 hexadecimal digits */
#define LIFE_MODELS_SIZE 160

/* What a plan stands on. */
struct life_basis {
	char patient[LIFE_DIGEST_SIZE];  /* digest of the identity */
	char readings[LIFE_DIGEST_SIZE]; /* digest of what was read and answered last */
	char twin[LIFE_DIGEST_SIZE];     /* digest of the snapshot */
	char device[LIFE_DIGEST_SIZE];   /* of the device's profile */
	char rules[LIFE_DIGEST_SIZE];    /* of rules, limits, drugs, protocols */
	char models[LIFE_MODELS_SIZE];   /* program version and model names */
	int64_t version;                 /* the plan's newest */
};

enum {
	STALE_IDENTITY = 1,
	STALE_READINGS = 2,
	STALE_TWIN = 4,
	STALE_DEVICE = 8,
	STALE_RULES = 16,
	STALE_MODELS = 32,
	STALE_VERSION = 64
};
#define STALE_TEXT_MAX 320

/* The bits of what differs; 0: nothing. */
unsigned life_stale(const struct life_basis *then, const struct life_basis *now);
/* "newer readings (the skin may have tanned); the rules have changed"; returns out. */
const char *life_stale_text(unsigned stale, char *out, size_t size);

#endif
