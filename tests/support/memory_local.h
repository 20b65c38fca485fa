/* A station's durable side in memory. Each call is whole or did not happen; a countdown ends the station's
 * life at any call, before or after it took effect, as kill -9 would. */
#ifndef LASERTWIN_TESTS_MEMORY_LOCAL_H
#define LASERTWIN_TESTS_MEMORY_LOCAL_H

#include "planner/sync/engine.h"

struct memory_unit {
	struct sync_unit unit;
	bool dismissed; /* a person has dealt with it */
	char reason[SYNC_REASON_MAX + 1];
	int64_t acked_ms;
	struct sync_place receipt[SYNC_UNIT_ENTRIES_MAX];
};

struct memory_record {
	struct sync_place place; /* version "": not on the server as far as we know */
	char *body;              /* the content the station shows */
	char *clean;             /* the content of the place's version */
	bool local;              /* made here */
	struct sync_place held;  /* a version that waits for a person; version "": none */
	char *held_body;
};

struct memory_note {
	enum sync_notice notice;
	char sync_id[UUID_TEXT_SIZE], text[SYNC_REASON_MAX + 1];
};

struct memory_local {
	struct memory_unit *units;
	size_t unit_count;
	struct memory_record *records;
	size_t record_count;
	struct {
		char key[40], value[SYNC_VALUE_MAX + 1];
	} values[48];
	size_t value_count;
	struct memory_note *notes;
	size_t note_count, note_repeats;
	int64_t lives;   /* calls until the station dies; < 0: for ever */
	bool dies_after; /* the fatal call takes effect */
	bool dead;
	bool full; /* no write succeeds: the disk is full */
};

void memory_local_begin(struct memory_local *local);
void memory_local_end(struct memory_local *local);
struct sync_local memory_local_table(struct memory_local *local);

/* A local change: a unit of count entries whose bodies are copied; the records show them at once. */
void memory_local_add(struct memory_local *local, const char *uuid, bool in_order,
                      const struct sync_entry *entries, size_t count);
struct memory_record *memory_local_record(struct memory_local *local, const char *sync_id); /* NULL: none */
size_t memory_local_notes(const struct memory_local *local, enum sync_notice notice);
/* The wire counts against the station's life too; false: it dies here. */
bool memory_local_step(struct memory_local *local);
/* A person settles a conflict. */
void memory_local_decide(struct memory_local *local, struct memory_unit *unit, bool keep_mine);

#endif
