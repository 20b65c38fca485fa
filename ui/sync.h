/* Synchronisation behind the screens: rounds on a thread of their own, what they left for a person, and settling it.
 *
 * The store belongs to one thread at a time. The screens' thread holds the gate except while it waits for a key; a
 * round takes it for one slice at a time (planner/sync/guard.h), and the screens go first. Nothing here waits for the
 * network.
 *
 *   off (not set up) | stopped | locked | idle --due--> running --> idle
 */
#ifndef LASERTWIN_UI_SYNC_H
#define LASERTWIN_UI_SYNC_H

#include "planner/plan/clinic.h"
#include "planner/sync/compare.h"
#include "planner/sync/service.h"
#include "ui/course.h"
#include "ui/lists.h"

enum sync_phase { SYNC_PHASE_OFF, SYNC_PHASE_STOPPED, SYNC_PHASE_LOCKED, SYNC_PHASE_IDLE, SYNC_PHASE_RUNNING };

#define SYNC_TEXT_MAX 200

struct sync_status {
	enum sync_phase phase;
	bool stopping;                    /* a round that runs was asked to end */
	char server[SYNC_TEXT_MAX];       /* its address */
	char problem[SYNC_TEXT_MAX];      /* why the last round was not complete; "" it was */
	int64_t last_ms;                  /* of the last complete round, UTC; 0: never */
	int64_t next_s;                   /* until the next round; -1: none is due */
	size_t sent, received, requests;  /* of the round that runs, else of the last */
	size_t applied, new_conflicts;    /* of the last: rows that had waited; what it found */
	int64_t waiting, conflicts, refused; /* entries of the outbox; waiting: with those in flight */
	size_t parked, duplicates, others;   /* notices */
	bool rolled_back;                 /* the server lost confirmed records in this session */
};

/* What the screens ask for; tests have their own. */
struct app_sync {
	void *context;
	void (*state)(void *context, struct sync_status *out); /* does not wait */
	void (*start)(void *context); /* a round now; after a stop, rounds go on */
	void (*stop)(void *context);  /* cancels what runs; no round until start */
	/* SCREEN_SYNC, or SCREEN_CONFLICT of that entry of the outbox. Gives a listing to free. */
	enum status (*read)(void *context, enum screen screen, int64_t entry, struct listing **out, struct fail *why);
	/* By whoever the login and secret are of. */
	enum status (*settle)(void *context, int64_t entry, bool keep_ours, const struct course_input *who,
	                      struct fail *why);
	/* The worklist anew, after something arrived. */
	enum status (*refresh)(void *context, struct fail *why);
};

/* --- the thread ------------------------------------------------------------------------------------------- */

struct background;

/* Borrows clinic and home. A station that is not set up has a background that is off. */
enum status background_new(struct clinic *clinic, const char *home, int64_t (*now_ms)(void), struct background **out,
                           struct fail *why) MUST_CHECK;
/* Cancels and waits for the round; ends within a second. */
void background_free(struct background **background);
struct app_sync background_sync(struct background *background);

/* Around everything the screens' thread does with the records; it starts outside. */
void background_enter(struct background *background);
void background_leave(struct background *background);
/* The records are locked: the round ends, none is started. Inside the gate. */
void background_lock(struct background *background, bool locked);

int background_wake_fd(const struct background *background);
/* Milliseconds until background_pump has something to do; -1: nothing is due. */
int64_t background_wait_ms(const struct background *background);
/* Inside the gate, whenever the screens' thread turns: starts what is due. True: a round has ended since. */
bool background_pump(struct background *background);

/* --- the lists (ui/lists/sync.c): pure, from data to a listing ----------------------------------------------- */

struct sync_entry_row {
	struct store_outbox row;
	char patient[STORE_LABEL_MAX + 1];
};

struct sync_lists {
	const struct sync_status *state;
	const struct sync_entry_row *entry; /* unsettled ones first, by number; then receipts, latest first */
	size_t entries;
	const struct station_item *notice;
	size_t notices;
	bool more; /* unsettled ones that are not listed */
};
void list_sync(struct listing *listing, const struct sync_lists *lists);
void list_conflict(struct listing *listing, const struct sync_entry_row *entry, const struct compare *compare);

#endif
