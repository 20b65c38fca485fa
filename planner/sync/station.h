/* A station's store as the engine's durable side: outbox rows become units, arrivals become rows.
 *
 * Everything lives in the store: outbox and rows in their tables, places, watermarks, held and waiting
 * arrivals in its small texts by name (keys below). Every call is one transaction of the store.
 *
 *   p.NAME  place        h.NAME  held arrival     w.NAME  arrival that waits (for what it refers to, or a
 * person) b.SEQ   versions replaced by a unit in flight  d.SEQ  refused, and a person has dealt with it
 *   v.KEY   the engine's values    n.KIND.NAME  notice   a.NAME  a person took the server's version of this
 *
 * What arrives is applied only when it is sound by itself (mapping_read) and the store takes it. An approval
 * counts only when its signature verifies over the stored bytes with a key trusted here; nothing else on the
 * server, no status and no parameter, makes a plan treatable.
 */
#ifndef LASERTWIN_SYNC_STATION_H
#define LASERTWIN_SYNC_STATION_H

#include "planner/store/outbox.h"
#include "planner/store/person.h"
#include "planner/sync/mapping.h"

struct station;

enum status station_new(struct store *store, const struct mapping *mapping, int64_t (*now_ms)(void),
                        struct station **out, struct fail *why) MUST_CHECK;
void station_free(struct station **station);
struct sync_local station_local(struct station *station);
/* Which changes name which records: looked through a part at a time, so that nobody waits for the whole. `all`: the
 * acknowledged ones too. For struct guarded. */
enum status station_prepare(void *station, bool all, bool *done, struct fail *why);

/* Tries again what waits; *applied counts. Between rounds, and after a person settled something. */
enum status station_apply_waiting(struct station *station, size_t *applied, struct fail *why) MUST_CHECK;
/* The same a few at a time: start with zero, go on until done. */
struct station_waiting {
	char key[STORE_SYNC_KEY_MAX + 1];
	size_t applied, before; /* before this pass */
	bool done;
};
enum status station_apply_some(struct station *station, struct station_waiting *at, size_t most,
                               struct fail *why) MUST_CHECK;

/* ---- for the person ---- */

struct station_item {
	enum sync_notice notice;
	char name[UUID_TEXT_SIZE]; /* the record's; "" of none */
	char text[SYNC_REASON_MAX + 1];
};
struct station_list {
	struct station_item *items;
	size_t count;
};
/* Notices, by kind. */
enum status station_notices(struct station *station, struct station_list *out, struct fail *why) MUST_CHECK;
void station_list_free(struct station_list *list);

/* Whether a person has dealt with this refused entry ("theirs stays"): it needs nobody any more. */
enum status station_dismissed(struct station *station, int64_t seq, bool *dismissed, struct fail *why) MUST_CHECK;

/* A conflict as two texts: the content here and what stands on the server, both JSON; to free. ST_NOT_FOUND:
 * the unit is not in conflict. */
enum status station_conflict(struct station *station, int64_t seq, char **mine, char **theirs,
                             struct fail *why) MUST_CHECK;
/* Mine goes over theirs (as a new version), or theirs stays and mine is kept here only. ST_DENIED: a signed
 * plan is never overwritten; the person lacks the role. */
enum status station_settle(struct station *station, const struct session *by, int64_t seq, bool keep_mine,
                           struct fail *why) MUST_CHECK;

#endif
