/* Stations, a server, and everything between them that can go wrong. */
#ifndef LASERTWIN_TESTS_SYNC_WORLD_H
#define LASERTWIN_TESTS_SYNC_WORLD_H

#include "physics/base/rng.h"
#include "tests/support/fake_fhir.h"
#include "tests/support/memory_local.h"

#define WORLD_STATIONS_MAX 5

enum line_fault {
	LINE_SOUND,
	LINE_DROP_BEFORE, /* the request is lost */
	LINE_DROP_AFTER,  /* the server acts, the answer is lost */
	LINE_TWICE,       /* delivered twice */
	LINE_CUT,         /* the answer breaks off: HTTP code there, body short */
	LINE_HTML,        /* 200 and a page of a captive portal */
	LINE_BAD_JSON,    /* 200 and broken JSON, after the server acted */
	LINE_503,
	LINE_500_AFTER, /* the server acts, then says 500 */
	LINE_429,
	LINE_BUSY_IN_BATCH, /* 200, single entries 429 */
	LINE_409,           /* instead of acting */
	LINE_LATE_COMMIT,   /* the write carries a time in the past */
	LINE_FAULTS
};

struct station {
	struct memory_local local;
	struct sync_engine *engine;
	int64_t audit; /* its last audit number */
	size_t made;
};

struct sent {
	struct sync_request request;
	char *method, *path, *body, *if_match, *if_none_exist, *if_none_match;
};

struct world {
	struct fake_fhir server;
	bool pages_by_size; /* as in the program, instead of five records each; for stations (re)started from then on */
	struct station station[WORLD_STATIONS_MAX];
	size_t stations;
	struct rng rng;
	int fault_percent;               /* chance that a request meets a fault */
	bool fault_allowed[LINE_FAULTS]; /* which */
	enum line_fault next_fault;      /* for the next request only */
	size_t fault_after;              /* 1: the next request, 2: the one after it ... meets fault_then; 0: none */
	enum line_fault fault_then;
	uint64_t next_uuid;
	struct sync_wire real[WORLD_STATIONS_MAX]; /* exchange NULL: the server in memory */
	struct {
		char plan[UUID_TEXT_SIZE], patient[UUID_TEXT_SIZE];
	} plans[64];
	size_t plan_count;
	bool keeps_late; /* late_ms of the server holds for more than one request */
	bool keeps_traffic;
	struct sent *traffic;
	size_t traffic_count;
};

void world_begin(struct world *world, size_t stations, uint64_t seed);
void world_end(struct world *world);
const char *const *world_types(void);
void world_uuid(struct world *world, char uuid[UUID_TEXT_SIZE]);
uint64_t world_dice(struct world *world, uint64_t sides); /* 0 .. sides - 1 */

/* Local changes; each is one unit. Bodies carry `content`. */
void world_create(struct world *world, size_t station, const char *type, const char *refers_to,
                  const char *content, char sync_id[UUID_TEXT_SIZE]);
void world_edit(struct world *world, size_t station, const char *sync_id, const char *content);
void world_create_plan(struct world *world, size_t station, const char *patient, char plan[UUID_TEXT_SIZE]);
void world_edit_plan(struct world *world, size_t station, const char *plan, const char *content);
void world_audit(struct world *world, size_t station);

/* A station starts anew: engine lost, durable side kept. */
void world_restart(struct world *world, size_t station);
/* One round of a station; a dead station is started anew first. */
enum status world_round(struct world *world, size_t station, struct sync_outcome *outcome, struct fail *why);
/* Faults off, rounds until nothing moves; conflicts are settled by the dice. False: it does not come to rest.
 */
bool world_settle(struct world *world);
/* Checks the invariants; NULL, or what is broken. */
const char *world_check(struct world *world, char *text, size_t size);

#endif
