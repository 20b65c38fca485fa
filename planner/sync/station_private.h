#ifndef LASERTWIN_SYNC_STATION_PRIVATE_H
#define LASERTWIN_SYNC_STATION_PRIVATE_H

#include "planner/plan/approval.h"
#include "planner/store/outbox.h"
#include "planner/sync/station.h"

#define AUDIT_SEQ (INT64_C(1) << 52) /* audit entries come after every row of the outbox */
#define UNSETTLED                                                                                            \
	(1u << OUTBOX_PENDING | 1u << OUTBOX_INFLIGHT | 1u << OUTBOX_CONFLICT | 1u << OUTBOX_REFUSED)

struct named {
	char name[UUID_TEXT_SIZE];
	uint32_t next; /* of its bucket */
	int64_t seq;
};

struct name_index {
	struct named *items;
	uint32_t *bucket;
	size_t count, room, buckets;
	int64_t upto; /* rows to here are in it; others are added when it is asked */
};

struct station {
	struct store *store;
	struct mapping mapping;
	int64_t (*now_ms)(void);
	char uuid[UUID_TEXT_SIZE]; /* this station's own name */
	struct name_index open, all;
};

struct store_stamp station_stamp(const struct station *s);
enum status station_put(struct station *s, const char *key, const char *value, struct fail *why) MUST_CHECK;
enum status station_get(struct station *s, const char *key, char value[STORE_SYNC_VALUE_MAX + 1],
                        struct fail *why) MUST_CHECK;
bool station_place_read(const char *text, const char *name, struct sync_place *out);
enum status station_put_place(struct station *s, const struct sync_place *place, struct fail *why) MUST_CHECK;
enum status station_unit(struct station *s, const struct store_outbox *row, struct sync_unit *unit,
                         struct fail *why) MUST_CHECK;
enum status station_row(struct station *s, int64_t seq, struct store_outbox *row,
                        struct fail *why) MUST_CHECK;
/* Adds the rows in these states that were written since. The planner writes on while a round runs, and a row
 * that changed its state meanwhile stays: whoever asks reads it anew. */
enum status station_index(struct station *s, struct name_index *index, unsigned states,
                          struct fail *why) MUST_CHECK;
/* The same for at most so many rows. */
void station_index_forget(struct name_index *index);
/* The first row of that name, and the next after it; NULL: none. */
const struct named *station_named(const struct name_index *index, const char *name);
const struct named *station_named_next(const struct name_index *index, const struct named *item);
enum status station_note(struct station *s, enum sync_notice notice, const char *type, const char *name,
                         const char *text, struct fail *why) MUST_CHECK;

/* What it told of has passed. */
enum status station_unnote(struct station *s, enum sync_notice notice, const char *name,
                           struct fail *why) MUST_CHECK;

/* Whether a change of this record is not settled yet: one may have been made since the engine asked. */
enum status station_changed_here(struct station *s, const char *name, bool *changed,
                                 struct fail *why) MUST_CHECK;

/* Whether a change of it waits for the next round or is in flight: not one that the server refused. */
enum status station_sending_soon(struct station *s, const char *name, bool *soon, struct fail *why) MUST_CHECK;

/* ---- station_device.c ---- */

/* The station's own Device is on record. */
enum status station_register(struct station *s, struct fail *why) MUST_CHECK;
/* By whom, what the plan (NULL: none) orders, and if asked for what it was treated with. */
enum status station_parties(struct station *s, const struct store_plan *plan, bool used,
                            struct mapping_parties *out, struct fail *why) MUST_CHECK;
/* The record's Device, and the name of its write, which is the same wherever the same was written; uuids have
 * UUID_TEXT_SIZE. ST_NOT_FOUND: no such record. */
enum status station_device_names(struct station *s, const char *record, char *device, char *write,
                                 struct fail *why) MUST_CHECK;
bool station_is_device(const struct store_outbox *row);
enum status station_map_device(struct station *s, const struct store_record *record, bool update,
                               struct sync_unit *unit, struct fail *why) MUST_CHECK;

/* ---- station_revoke.c ---- */

#define STATION_REVOCATION "revocation" /* the record of one that came too late for its name */

/* Signed bytes, a key trusted for that person, and the very plan that is stored here. */
enum status station_check_signed(struct station *s, const struct store_plan_event *event, enum meaning meaning,
                                 struct fail *why) MUST_CHECK;
/* Whether a revocation counts, and whether its signer is unknown here (the decision stands in station_revoke.c). */
enum status station_check_revocation(struct station *s, const struct store_plan_event *event, bool *unknown,
                                     struct fail *why) MUST_CHECK;
enum status station_tell_unverified(struct station *s, const struct store_plan_event *event,
                                    struct fail *why) MUST_CHECK;
/* Whether that still needs somebody: the plan is revoked and its signer still unknown. */
enum status station_unverified_holds(struct station *s, const char *plan, bool *holds, struct fail *why) MUST_CHECK;
/* state: of the plan here. Inside a group, with the outbox silent. */
enum status station_revocation_wins(struct station *s, struct store_plan_event *row, const char *state,
                                    const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* Something else stands on the server where our revocation wanted to: not settled, it goes as a record, and what was
 * treated is an incident. */
enum status station_revoked_too_late(struct station *s, const struct store_plan_event *theirs,
                                     struct fail *why) MUST_CHECK;
/* Our own unsettled step of that name stays here: a revocation has won against it. */
enum status station_give_way(struct station *s, const struct store_plan_event *revoked, struct fail *why) MUST_CHECK;
/* Whether the plan is revoked here, or was although it had been treated. */
enum status station_is_revoked(struct station *s, const struct store_plan *plan, bool *revoked,
                               struct fail *why) MUST_CHECK;
/* Such a record from another station; ST_NOT_FOUND: what it revokes is not here yet. With the outbox silent. */
enum status station_apply_revocation(struct station *s, const struct store_record *record,
                                     struct fail *why) MUST_CHECK;
/* Whether a revocation went that way for this plan: other steps of it are passed over then, their story is told. */
enum status station_revocation_is_told(struct station *s, const struct store_plan_event *event, bool *told,
                                       struct fail *why) MUST_CHECK;

/* ---- station_apply.c ---- */

/* What stands on the server is what the unit's changes go over. Inside a group. */
enum status station_go_over(struct station *s, const struct sync_unit *unit, struct fail *why) MUST_CHECK;
/* Ours over theirs, or theirs stays. Inside a group. */
enum status station_settle_unit(struct station *s, const char *by, const struct sync_unit *unit, bool keep_mine,
                                struct fail *why) MUST_CHECK;

/* Inside a group. */
enum status station_arrival(struct station *s, const struct sync_arrival *arrival,
                            struct fail *why) MUST_CHECK;
/* A held arrival ("RECORD place", as kept) becomes one that is applied with the waiting ones. */
enum status station_wait_held(struct station *s, const struct sync_place *place, const char *kept,
                              struct fail *why) MUST_CHECK;

#endif
