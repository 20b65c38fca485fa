#ifndef LASERTWIN_SYNC_STATION_PRIVATE_H
#define LASERTWIN_SYNC_STATION_PRIVATE_H

#include "planner/store/outbox.h"
#include "planner/sync/station.h"

#define AUDIT_SEQ (INT64_C(1) << 52) /* audit entries come after every row of the outbox */
#define UNSETTLED                                                                                            \
	(1u << OUTBOX_PENDING | 1u << OUTBOX_INFLIGHT | 1u << OUTBOX_CONFLICT | 1u << OUTBOX_REFUSED)

struct named {
	char name[UUID_TEXT_SIZE];
	int64_t seq;
};

struct name_index {
	struct named *items; /* by name, then seq */
	size_t count, room;
	bool fresh;
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
enum status station_index(struct station *s, struct name_index *index, unsigned states,
                          struct fail *why) MUST_CHECK;
const struct named *station_named(const struct name_index *index, const char *name);
enum status station_note(struct station *s, enum sync_notice notice, const char *type, const char *name,
                         const char *text, struct fail *why) MUST_CHECK;

/* ---- station_apply.c ---- */

/* Inside a group. */
enum status station_arrival(struct station *s, const struct sync_arrival *arrival,
                            struct fail *why) MUST_CHECK;
/* A held arrival ("RECORD place", as kept) becomes one that is applied with the waiting ones. */
enum status station_wait_held(struct station *s, const struct sync_place *place, const char *kept,
                              struct fail *why) MUST_CHECK;

#endif
