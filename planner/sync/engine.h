/* The sync engine: brings a station's outbox to a FHIR R4 server and the server's news to the station.
 *
 * The engine knows records, versions and answers; it knows no clock, file, socket or thread. What it needs is
 * behind two tables of functions, so that the same code runs against a clinic's server and, ten thousand
 * times over with faults at every step, in memory.
 *
 *   local  the station's durable side: outbox, places (which server record is which of ours), arrivals.
 *          Every call is one transaction: when it returned ST_OK it survives a power cut.
 *   wire   one request, one answer.
 *
 * One round: capabilities (once a day) - canary - reconcile (when due or suspected) - pull - push - pull.
 *
 *   unit   what one local change sends: one resource, or up to eight that count together or not at all.
 *          pending -> in flight -> acked | conflict | refused
 *          In flight means the server may have it: the same bytes under the same names are sent again until
 *          an answer says which. Every resource carries its record's name (sync-id) and the name of the write
 *          (the unit's uuid) as tags, so "did it land?" is a question with an answer.
 *   place  record name -> server id, version, time. An update goes out with the version it replaces; a
 * version that is not ours is a conflict, never overwritten: both are kept until a person decides.
 *
 * The order rests on server times and versions only. The station's clock decides nothing.
 */
#ifndef LASERTWIN_SYNC_ENGINE_H
#define LASERTWIN_SYNC_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"
#include "planner/store/uuid.h"

#define SYNC_TYPE_MAX 24      /* "DocumentReference" */
#define SYNC_SERVER_ID_MAX 64 /* R4: id is [A-Za-z0-9-.]{1,64} */
#define SYNC_VERSION_MAX 64
#define SYNC_UNIT_ENTRIES_MAX 8 /* conditional entries a Medplum transaction takes (fhir.md, section 2) */
#define SYNC_REASON_MAX 240
#define SYNC_VALUE_MAX 512
#define SYNC_BODY_MAX ((size_t)1 << 20)
/* In a unit's bodies a reference to another record reads "reference":"urn:lasertwin:UUID"; the engine writes
 * the server's name for it when it sends. */
#define SYNC_REFERENCE "\"reference\":\"urn:lasertwin:"

enum sync_state { SYNC_PENDING, SYNC_INFLIGHT, SYNC_ACKED, SYNC_CONFLICT, SYNC_REFUSED, SYNC_STATES };
const char *sync_state_name(enum sync_state state);

struct sync_entry {
	char type[SYNC_TYPE_MAX + 1];
	char sync_id[UUID_TEXT_SIZE];
	bool update;
	char base[SYNC_VERSION_MAX + 1]; /* update: the version it replaces; chosen at the first sending */
	char *body;                      /* one resource, without id; owned */
	size_t len;
};

struct sync_unit {
	int64_t seq; /* order of the local changes */
	char uuid[UUID_TEXT_SIZE];
	enum sync_state state;
	int attempts;
	char held[SYNC_VERSION_MAX + 1]; /* by open_unit: the version that is held against it; "" none */
	bool in_order;                   /* goes only after every earlier unit that is in order too (audit) */
	size_t count;
	struct sync_entry entry[SYNC_UNIT_ENTRIES_MAX];
};
void sync_unit_clear(struct sync_unit *unit);

struct sync_place {
	char sync_id[UUID_TEXT_SIZE];
	char type[SYNC_TYPE_MAX + 1];
	char server_id[SYNC_SERVER_ID_MAX + 1];
	char version[SYNC_VERSION_MAX + 1];
	int64_t updated_ms; /* the server's meta.lastUpdated */
	bool gone;          /* deleted on the server by somebody */
	bool ours;          /* this station's unit made the version */
};

struct sync_arrival {
	struct sync_place place;
	const char *body; /* the server's bytes; borrowed */
	size_t len;
	bool held; /* an unsettled change of ours stands against it: kept, not applied, place unchanged */
};

/* What became of a unit. receipt[i] belongs to entry[i] when the state is acked. */
struct sync_verdict {
	int64_t seq;
	enum sync_state
	        state; /* SYNC_INFLIGHT: still unknown; SYNC_PENDING: certainly not there, later again */
	char reason[SYNC_REASON_MAX + 1];
	size_t count;
	struct sync_place receipt[SYNC_UNIT_ENTRIES_MAX];
};

enum sync_notice {
	SYNC_NOTE_CONFLICT,  /* two versions of one record */
	SYNC_NOTE_REFUSED,   /* the server will not take it */
	SYNC_NOTE_DUPLICATE, /* one record stands twice on the server */
	SYNC_NOTE_ROLLBACK,  /* the server lost what it had confirmed */
	SYNC_NOTE_DELETED,   /* somebody deleted it there */
	SYNC_NOTE_PARKED,    /* what the server sent cannot be used */
	SYNC_NOTE_SERVER,    /* the server does not keep to the rules it states */
	SYNC_NOTE_IDENTITY,  /* who a patient is was corrected elsewhere */
	SYNC_NOTE_UNVERIFIED, /* a revocation that stopped a plan is signed by somebody unknown here */
	SYNC_NOTE_ANSWERS,   /* safety questions were answered differently at two stations */
	SYNC_NOTES
};
const char *sync_notice_name(enum sync_notice notice);

struct sync_local {
	void *state;
	/* The first unsettled unit (any state but acked, and refused ones that a person has dealt with) with
	 * seq > after, with its bodies: as they were when first sent, if ever. ST_NOT_FOUND: no more. The
	 * caller clears it. */
	enum status (*next)(void *state, int64_t after, struct sync_unit *out, struct fail *why);
	/* The record's unsettled unit with the lowest seq, without bodies. ST_NOT_FOUND: none. */
	enum status (*open_unit)(void *state, const char *sync_id, struct sync_unit *out, struct fail *why);
	/* In flight from here on, with these bodies and bases; attempts counted up. */
	enum status (*sending)(void *state, struct sync_unit *const *units, size_t count, struct fail *why);
	/* Acked: receipts become places; a held arrival that is newer than the receipt is released, others
	 * of the record are dropped. */
	enum status (*settle)(void *state, const struct sync_verdict *verdicts, size_t count,
	                      struct fail *why);
	/* Acked units of this record count as pending again (the server lost them); its place is forgotten.
	 * version empty: the server has nothing; otherwise that version is what the next update replaces. */
	enum status (*lost)(void *state, const char *sync_id, const char *version, int64_t updated_ms,
	                    struct fail *why);
	/* Others write in records of this type too; NULL: none. Before an update of one is first sent, keep puts what
	 * they wrote in the version it replaces into the entry's body. No other state changes. */
	const char *shared_type;
	enum status (*keep)(void *state, struct sync_entry *entry, const char *theirs, size_t len, struct fail *why);
	enum status (*find)(void *state, const char *sync_id, struct sync_place *out, struct fail *why);
	/* The place with the lowest name above after ("" for the first). */
	enum status (*next_place)(void *state, const char *after, struct sync_place *out, struct fail *why);
	enum status (*mark_gone)(void *state, const char *sync_id, struct fail *why);
	/* One page: the arrivals, then the named value (key may be NULL), in one transaction. */
	enum status (*arrive)(void *state, const struct sync_arrival *items, size_t count, const char *key,
	                      const char *value, struct fail *why);
	/* ST_NOT_FOUND: never set. value has SYNC_VALUE_MAX + 1 bytes. */
	enum status (*get)(void *state, const char *key, char *value, struct fail *why);
	enum status (*set)(void *state, const char *key, const char *value, struct fail *why);
	/* For the screen and the audit trail; the same notice of the same record twice is one. */
	enum status (*note)(void *state, enum sync_notice notice, const char *type, const char *sync_id,
	                    const char *text, struct fail *why);
};

struct sync_request {
	const char *method;
	const char *path; /* below the server's base: "Patient/123"; "" is the base itself */
	const char *body; /* NULL: none */
	size_t len;
	const char *if_match;      /* whole header value: W/"3"; NULL: none */
	const char *if_none_exist; /* query; NULL: none */
	const char *if_none_match; /* "*": only where nothing stands; NULL: none */
};

#define SYNC_HEADER_MAX 256

struct sync_reply {
	int http;
	char etag[SYNC_HEADER_MAX], location[SYNC_HEADER_MAX];
	int64_t retry_after_ms; /* from Retry-After or RateLimit; 0: not said */
	int64_t date_ms;        /* the server's clock; 0: not said */
	char *body;             /* owned, NUL-terminated; NULL: none */
	size_t len;
};
void sync_reply_clear(struct sync_reply *reply);

struct sync_wire {
	void *state;
	/* ST_OK: a whole answer of any HTTP status. ST_IO: no whole answer; the server may have acted.
	 * ST_FULL: the answer is larger than allowed. Anything else ends the round: nothing was sent (no
	 * trust, no token, cancelled). */
	enum status (*exchange)(void *state, const struct sync_request *request, struct sync_reply *reply,
	                        struct fail *why);
};

struct sync_progress {
	size_t pulled, pushed, requests;
};

/* Zero: the default in brackets. */
struct sync_options {
	const char *id_system;    /* identifier system of record names */
	const char *write_system; /* tag system of write names */
	const char *const *types; /* resource types pulled, referred-to first; NULL-terminated */
	int64_t overlap_ms;       /* how late a commit may surface below the watermark [20 min] */
	/* How often the overlap is swept; between, only 1 min [5 min; -1: always]. */
	int64_t deep_every_ms;
	int64_t reconcile_every_ms;  /* [20 h; -1: never] */
	int64_t capability_every_ms; /* [20 h; -1: always] */
	size_t page, batch;          /* resources per page [200, then what 4 MB hold], units per request [50] */
	uint64_t seed;               /* of the jitter of the back-off */
	/* Called between requests; false: stop. May be NULL. */
	bool (*go_on)(void *context, const struct sync_progress *progress);
	void *context;
};

struct sync_outcome {
	size_t pulled, pushed;             /* resources */
	size_t conflicts, refused, parked; /* new ones of this round */
	size_t waiting;                    /* units not yet acked that will be tried again */
	size_t requests, foreign;          /* foreign: resources on the server that are not ours to read */
	int64_t wait_ms;                   /* the server wants to be left alone this long; 0: no wish */
	bool rolled_back;
};

struct sync_engine;

/* Borrows local, wire and what options point to for its life. */
enum status sync_engine_new(const struct sync_local *local, const struct sync_wire *wire,
                            const struct sync_options *options, struct sync_engine **out,
                            struct fail *why) MUST_CHECK;
void sync_engine_free(struct sync_engine **engine);

/* One round. ST_OK: everything that could be exchanged was (units may still wait for others, or stand in
 * conflict). ST_IO: the line or the server failed; outcome->wait_ms says when to come again. ST_MODEL: the
 * server cannot do what safe writing needs. Other codes are local's and wire's own. outcome is filled in
 * every case. */
enum status sync_round(struct sync_engine *engine, struct sync_outcome *outcome, struct fail *why) MUST_CHECK;

/* Asks for the reconcile sweep in the next round. */
void sync_engine_reconcile(struct sync_engine *engine);

#endif
