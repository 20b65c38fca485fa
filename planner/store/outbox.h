/* What still has to reach the clinic's server, and what is known of the server's side.
 *
 * Every write of a patient, readings, twin version, plan version, plan event or record adds its row to
 * the outbox in the same transaction, unless the outbox is silent. A row carries no
 * content: the object it names is read when it is sent. Rows are numbered in the order of the writes and
 * never removed; "synced" may be shown only for a row that is acked, with the receipt it carries.
 */
#ifndef LASERTWIN_STORE_OUTBOX_H
#define LASERTWIN_STORE_OUTBOX_H

#include "planner/store/record.h"

#define STORE_SERVER_ID_MAX 128 /* FHIR ids have at most 64; a type may stand before it: "Patient/..." */
#define STORE_SERVER_TIME_MAX 40
#define STORE_SYNC_KEY_MAX 64
#define STORE_SYNC_VALUE_MAX 4096

enum outbox_object {
	OUTBOX_PATIENT = 0,
	OUTBOX_READINGS,
	OUTBOX_TWIN,
	OUTBOX_PLAN,       /* a version of a plan */
	OUTBOX_PLAN_EVENT, /* a change of its state */
	OUTBOX_RECORD,
	OUTBOX_OBJECTS
};

enum outbox_state {
	OUTBOX_PENDING = 0, /* to be sent */
	OUTBOX_INFLIGHT,    /* sent, no answer yet; pending again after a restart */
	OUTBOX_ACKED,       /* the server has it: see the receipt */
	OUTBOX_CONFLICT,    /* the server has something else: a person decides */
	OUTBOX_REFUSED,     /* the server will not take it: a person looks */
	OUTBOX_STATES
};

/* What the server said of one version of one object. */
struct store_receipt {
	char server_id[STORE_SERVER_ID_MAX + 1];
	char version_id[STORE_SERVER_ID_MAX + 1];
	char last_updated[STORE_SERVER_TIME_MAX + 1];
};

struct store_outbox {
	int64_t seq; /* 1, 2, 3 ... in the order of the writes */
	enum outbox_object object;
	char uuid[UUID_TEXT_SIZE];
	int64_t version;               /* of a twin, plan or event's plan; else 0 */
	int64_t ordinal;               /* of an event or record; else 0 */
	char kind[STORE_KIND_MAX + 1]; /* of a record; else "" */
	char patient[UUID_TEXT_SIZE];  /* "" where there is none */
	int64_t added_at_ms;
	enum outbox_state state;
	int64_t state_at_ms;
	int64_t attempts;    /* times it went inflight */
	int64_t next_try_ms; /* not before; 0: at once */
	struct store_receipt receipt;
	char note[STORE_REASON_MAX + 1]; /* the last error or conflict in words */
};

struct store_outbox_list {
	struct store_outbox *items; /* by seq */
	size_t count;
	bool more;
};

/* All zero: pending ones, from the first. */
struct store_outbox_query {
	unsigned states;     /* OR of 1u << state; 0: pending only */
	int64_t after_seq;
	int64_t due_ms;      /* only those with next_try_ms <= due_ms; 0: all */
	const char *patient; /* NULL: all */
	size_t limit;
};

struct store_outbox_mark {
	enum outbox_state state;
	const struct store_receipt *receipt; /* required for OUTBOX_ACKED; NULL keeps what is there */
	int64_t next_try_ms;
	const char *note; /* NULL: "" */
};

enum status store_outbox_list(struct store *store, const struct store_outbox_query *query,
                              struct store_outbox_list *list, struct fail *why) MUST_CHECK;
void store_outbox_list_free(struct store_outbox_list *list);
/* While silent, writes leave no row: for what came from the server itself. Ends with the caller's work. */
void store_outbox_silence(struct store *store, bool silent);
/* The audit names acked, conflict and refused. ST_NOT_FOUND: no such row. ST_CONFLICT: it is acked already. */
enum status store_outbox_mark(struct store *store, int64_t seq, const struct store_outbox_mark *mark,
                              const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* An acknowledged row counts as pending again: the server lost what it had confirmed. The audit names it. */
enum status store_outbox_reopen(struct store *store, int64_t seq, const struct store_stamp *stamp,
                                struct fail *why) MUST_CHECK;
/* The newest row of one object (version 0: of any version): its state and receipt. */
enum status store_outbox_find(struct store *store, enum outbox_object object, const char *uuid, int64_t version,
                              struct store_outbox *out, struct fail *why) MUST_CHECK;
enum status store_outbox_count(struct store *store, int64_t count[OUTBOX_STATES], struct fail *why) MUST_CHECK;

/* ---- names on the server's side ---- */

/* One object of ours under its name there; the pair is unique both ways. */
struct store_external {
	enum outbox_object object;
	char uuid[UUID_TEXT_SIZE];
	int64_t version; /* 0: the object as such */
	struct store_receipt receipt;
};

/* Adds or replaces what is known of (object, uuid, version). ST_CONFLICT: the server's id is another object's. */
enum status store_external_put(struct store *store, const struct store_external *external,
                               const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status store_external_of(struct store *store, enum outbox_object object, const char *uuid, int64_t version,
                              struct store_external *out, struct fail *why) MUST_CHECK;
/* Whose is the server's id. */
enum status store_external_find(struct store *store, const char *server_id, struct store_external *out,
                                struct fail *why) MUST_CHECK;

/* ---- watermarks and the like: small texts by name ---- */

enum status store_sync_set(struct store *store, const char *key, const char *value, const struct store_stamp *stamp,
                           struct fail *why) MUST_CHECK;
/* ST_NOT_FOUND: never set. value has STORE_SYNC_VALUE_MAX + 1 bytes. */
enum status store_sync_get(struct store *store, const char *key, char *value, struct fail *why) MUST_CHECK;
/* The next one, by key, after key ("" for the first) among those whose key begins with prefix; key has
 * STORE_SYNC_KEY_MAX + 1 bytes and is replaced. ST_NOT_FOUND: no more. */
enum status store_sync_next(struct store *store, const char *prefix, char *key, char *value,
                            struct fail *why) MUST_CHECK;

#endif
