/* Records: everything that is kept for good besides readings, twins and plans, one table for all kinds
 * (delivery, outcome, adverse_event, consent, photo, calibration, incident, override, conflict ...), and
 * drafts, which are replaced until they are dropped.
 *
 * A record never changes. A correction is a further record whose JSON says which one it corrects.
 */
#ifndef LASERTWIN_STORE_RECORD_H
#define LASERTWIN_STORE_RECORD_H

#include "planner/store/store.h"

#define STORE_KIND_MAX 32

struct store_record {
	char uuid[UUID_TEXT_SIZE];
	char kind[STORE_KIND_MAX + 1];      /* a word; what kinds there are is their modules' affair */
	char patient[UUID_TEXT_SIZE];       /* "": of no patient (calibration, incident) */
	char plan[UUID_TEXT_SIZE];          /* "": of no plan; else patient must be the plan's */
	int64_t plan_version;               /* 0: of no version */
	char subject[STORE_DEVICE_MAX + 1]; /* what else it is about: a device, a person; may be empty */
	int64_t ordinal; /* set by the store: 1, 2, 3 ... among records equal in kind, patient, plan, version, subject */
	int64_t at_ms;   /* when it happened; given by the caller */
	int64_t added_at_ms;             /* set by the store from the stamp */
	char actor[STORE_ACTOR_MAX + 1]; /* likewise */
	const char *json;                /* borrowed when added; given, NUL-terminated, when read */
	size_t json_len;
	struct digest digest; /* of the JSON; set by the store */
};

struct store_record_list {
	struct store_record *items;
	size_t count;
	bool more;
};

/* All zero: every record, latest added first. NULL or "": any. */
struct store_record_query {
	const char *kind, *patient, *plan, *subject;
	int64_t plan_version; /* 0: any */
	bool oldest_first;
	size_t offset, limit;
};

/* ST_CONFLICT: uuid already there. ST_NOT_FOUND: no such patient, or no such plan version of this patient.
 * The audit names it "record.KIND". */
enum status store_record_add(struct store *store, const struct store_record *record, const struct store_stamp *stamp,
                             struct fail *why) MUST_CHECK;
enum status store_record_get(struct store *store, const char *uuid, struct store_record *out,
                             struct fail *why) MUST_CHECK;
enum status store_record_list(struct store *store, const struct store_record_query *query,
                              struct store_record_list *list, struct fail *why) MUST_CHECK;
void store_record_clear(struct store_record *record);
void store_record_list_free(struct store_record_list *list);

/* ---- drafts: unfinished input, one for each patient and kind ---- */

struct store_draft {
	char patient[UUID_TEXT_SIZE];
	char kind[STORE_KIND_MAX + 1];
	char actor[STORE_ACTOR_MAX + 1];
	int64_t at_ms;
	const char *json; /* given */
	size_t json_len;
};

struct store_draft_list {
	struct store_draft *items; /* latest first */
	size_t count;
	bool more;
};

/* Replaces the draft of that patient and kind. No audit entry: a draft is nothing yet. */
enum status store_draft_put(struct store *store, const char *patient, const char *kind, const char *json,
                            size_t json_len, const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* ST_NOT_FOUND: there is none. */
enum status store_draft_get(struct store *store, const char *patient, const char *kind, struct store_draft *out,
                            struct fail *why) MUST_CHECK;
/* patient NULL: everybody's, to be offered after a crash. */
enum status store_draft_list(struct store *store, const char *patient, struct store_draft_list *list,
                             struct fail *why) MUST_CHECK;
/* ST_OK also when there was none. */
enum status store_draft_drop(struct store *store, const char *patient, const char *kind,
                             const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
void store_draft_clear(struct store_draft *draft);
void store_draft_list_free(struct store_draft_list *list);

#endif
