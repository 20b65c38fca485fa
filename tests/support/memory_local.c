#include "tests/support/memory_local.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void memory_local_begin(struct memory_local *local)
{
	*local = (struct memory_local){.lives = -1};
}

void memory_local_end(struct memory_local *local)
{
	for (size_t i = 0; i < local->unit_count; i++)
		sync_unit_clear(&local->units[i].unit);
	for (size_t i = 0; i < local->record_count; i++) {
		free(local->records[i].body);
		free(local->records[i].held_body);
		free(local->records[i].clean);
	}
	free(local->units);
	free(local->records);
	free(local->notes);
	*local = (struct memory_local){0};
}

struct memory_record *memory_local_record(struct memory_local *local, const char *sync_id)
{
	for (size_t i = 0; i < local->record_count; i++)
		if (strcmp(local->records[i].place.sync_id, sync_id) == 0)
			return &local->records[i];
	return NULL;
}

size_t memory_local_notes(const struct memory_local *local, enum sync_notice notice)
{
	size_t n = 0;
	for (size_t i = 0; i < local->note_count; i++)
		n += local->notes[i].notice == notice;
	return n;
}

static struct memory_record *record_for(struct memory_local *local, const char *sync_id)
{
	struct memory_record *there = memory_local_record(local, sync_id);
	if (there)
		return there;
	local->records = realloc(local->records, (local->record_count + 1) * sizeof *local->records);
	assert(local->records);
	there = &local->records[local->record_count++];
	*there = (struct memory_record){0};
	(void)snprintf(there->place.sync_id, sizeof there->place.sync_id, "%s", sync_id);
	return there;
}

static void show(struct memory_record *record, const char *body, size_t len)
{
	char *copy = malloc(len + 1);
	memcpy(copy, body, len);
	copy[len] = '\0';
	free(record->body);
	record->body = copy;
}

void memory_local_add(struct memory_local *local, const char *uuid, bool in_order,
                      const struct sync_entry *entries, size_t count)
{
	local->units = realloc(local->units, (local->unit_count + 1) * sizeof *local->units);
	assert(local->units);
	struct memory_unit *u = &local->units[local->unit_count++];
	*u = (struct memory_unit){
	        .unit = {.seq = (int64_t)local->unit_count, .in_order = in_order, .count = count}};
	(void)snprintf(u->unit.uuid, sizeof u->unit.uuid, "%s", uuid);
	for (size_t i = 0; i < count; i++) {
		u->unit.entry[i] = entries[i];
		u->unit.entry[i].body = strdup(entries[i].body);
		struct memory_record *record = record_for(local, entries[i].sync_id);
		record->local |= !entries[i].update;
		(void)snprintf(record->place.type, sizeof record->place.type, "%s", entries[i].type);
		show(record, entries[i].body, entries[i].len);
	}
}

/* ---- life and death ----------------------------------------------------------------------------------- */

enum fate { GOES_ON, DIES_BEFORE, DIES_AFTER };

static enum fate step(struct memory_local *local, bool writes)
{
	if (local->dead || (writes && local->full))
		return DIES_BEFORE;
	if (local->lives < 0 || local->lives-- > 0)
		return GOES_ON;
	local->dead = true;
	return local->dies_after ? DIES_AFTER : DIES_BEFORE;
}

bool memory_local_step(struct memory_local *local)
{
	bool full = local->full;
	local->full = false;
	bool goes_on = step(local, false) == GOES_ON;
	local->full = full;
	return goes_on;
}

static enum status dead(struct fail *why)
{
	return fail_set(why, ST_FULL, "station", "is gone");
}

/* ---- outbox ------------------------------------------------------------------------------------------- */

static void copy_unit(const struct sync_unit *from, struct sync_unit *to, bool bodies)
{
	*to = *from;
	for (size_t i = 0; i < SYNC_UNIT_ENTRIES_MAX; i++)
		to->entry[i].body = bodies && from->entry[i].body ? strdup(from->entry[i].body) : NULL;
}

static bool settled(const struct memory_unit *u)
{
	return u->unit.state == SYNC_ACKED || u->dismissed;
}

static enum status next(void *state, int64_t after, struct sync_unit *out, struct fail *why)
{
	struct memory_local *local = state;
	if (step(local, false) != GOES_ON)
		return dead(why);
	for (size_t i = (size_t)after; i < local->unit_count; i++)
		if (!settled(&local->units[i])) {
			copy_unit(&local->units[i].unit, out, true);
			return ST_OK;
		}
	return fail_set(why, ST_NOT_FOUND, "outbox", "no more");
}

static enum status open_unit(void *state, const char *sync_id, struct sync_unit *out, struct fail *why)
{
	struct memory_local *local = state;
	if (step(local, false) != GOES_ON)
		return dead(why);
	for (size_t i = 0; i < local->unit_count; i++)
		for (size_t k = 0; !settled(&local->units[i]) && k < local->units[i].unit.count; k++)
			if (strcmp(local->units[i].unit.entry[k].sync_id, sync_id) == 0) {
				copy_unit(&local->units[i].unit, out, false);
				const struct memory_record *record = memory_local_record(local, sync_id);
				if (record)
					memcpy(out->held, record->held.version, sizeof out->held);
				return ST_OK;
			}
	return fail_set(why, ST_NOT_FOUND, "outbox", "none");
}

static enum status sending(void *state, struct sync_unit *const *units, size_t count, struct fail *why)
{
	struct memory_local *local = state;
	enum fate fate = step(local, true);
	if (fate == DIES_BEFORE)
		return dead(why);
	for (size_t i = 0; i < count; i++) {
		struct memory_unit *u = &local->units[units[i]->seq - 1];
		assert(u->unit.state == SYNC_PENDING || u->unit.state == SYNC_INFLIGHT);
		u->unit.state = SYNC_INFLIGHT;
		u->unit.attempts++;
		for (size_t k = 0; k < u->unit.count; k++)
			memcpy(u->unit.entry[k].base, units[i]->entry[k].base, sizeof u->unit.entry[k].base);
	}
	return fate == DIES_AFTER ? dead(why) : ST_OK;
}

static void release(struct memory_record *record)
{
	record->place = record->held;
	record->place.ours = false;
	free(record->body);
	free(record->clean);
	record->body = record->held_body;
	record->clean = strdup(record->body);
	record->held_body = NULL;
	record->held.version[0] = '\0';
}

static void drop_held(struct memory_record *record)
{
	free(record->held_body);
	record->held_body = NULL;
	record->held.version[0] = '\0';
}

static bool has_open_unit(const struct memory_local *local, const char *sync_id)
{
	for (size_t i = 0; i < local->unit_count; i++)
		for (size_t k = 0; !settled(&local->units[i]) && k < local->units[i].unit.count; k++)
			if (strcmp(local->units[i].unit.entry[k].sync_id, sync_id) == 0)
				return true;
	return false;
}

static void take_receipt(struct memory_local *local, const struct sync_entry *entry,
                         const struct sync_place *receipt)
{
	struct memory_record *record = record_for(local, receipt->sync_id);
	record->place = *receipt;
	free(record->clean);
	record->clean = strdup(entry->body);
	if (!has_open_unit(local, receipt->sync_id))
		show(record, entry->body, entry->len);
	if (record->held.version[0] == '\0')
		return;
	if (record->held.updated_ms > receipt->updated_ms &&
	    strcmp(record->held.version, receipt->version) != 0)
		release(record);
	else
		drop_held(record);
}

static enum status settle(void *state, const struct sync_verdict *verdicts, size_t count, struct fail *why)
{
	struct memory_local *local = state;
	enum fate fate = step(local, true);
	if (fate == DIES_BEFORE)
		return dead(why);
	for (size_t i = 0; i < count; i++) {
		struct memory_unit *u = &local->units[verdicts[i].seq - 1];
		assert(u->unit.state != SYNC_ACKED);
		u->unit.state = verdicts[i].state;
		memcpy(u->reason, verdicts[i].reason, sizeof u->reason);
		for (size_t k = 0; verdicts[i].state == SYNC_ACKED && k < u->unit.count; k++) {
			u->receipt[k] = verdicts[i].receipt[k];
			u->acked_ms = verdicts[i].receipt[k].updated_ms;
			take_receipt(local, &u->unit.entry[k], &verdicts[i].receipt[k]);
		}
	}
	return fate == DIES_AFTER ? dead(why) : ST_OK;
}

static enum status lost(void *state, const char *sync_id, const char *version, int64_t updated_ms,
                        struct fail *why)
{
	struct memory_local *local = state;
	enum fate fate = step(local, true);
	if (fate == DIES_BEFORE)
		return dead(why);
	struct memory_record *record = record_for(local, sync_id);
	memcpy(record->place.version, version, strlen(version) + 1);
	record->place.updated_ms = updated_ms;
	drop_held(record);
	for (size_t i = 0; i < local->unit_count; i++) {
		struct memory_unit *u = &local->units[i];
		for (size_t k = 0; u->unit.state == SYNC_ACKED && k < u->unit.count; k++)
			if (strcmp(u->unit.entry[k].sync_id, sync_id) == 0 &&
			    u->receipt[k].updated_ms > updated_ms) {
				u->unit.state = SYNC_PENDING;
				u->unit.attempts = 0;
			}
	}
	return fate == DIES_AFTER ? dead(why) : ST_OK;
}

/* ---- places ------------------------------------------------------------------------------------------- */

static enum status find(void *state, const char *sync_id, struct sync_place *out, struct fail *why)
{
	struct memory_local *local = state;
	if (step(local, false) != GOES_ON)
		return dead(why);
	const struct memory_record *record = memory_local_record(local, sync_id);
	if (!record || record->place.version[0] == '\0')
		return fail_set(why, ST_NOT_FOUND, "place", "none");
	*out = record->place;
	return ST_OK;
}

static enum status next_place(void *state, const char *after, struct sync_place *out, struct fail *why)
{
	struct memory_local *local = state;
	const struct memory_record *best = NULL;
	if (step(local, false) != GOES_ON)
		return dead(why);
	for (size_t i = 0; i < local->record_count; i++) {
		const struct memory_record *r = &local->records[i];
		if (r->place.version[0] && strcmp(r->place.sync_id, after) > 0 &&
		    (!best || strcmp(r->place.sync_id, best->place.sync_id) < 0))
			best = r;
	}
	if (!best)
		return fail_set(why, ST_NOT_FOUND, "place", "no more");
	*out = best->place;
	return ST_OK;
}

static enum status mark_gone(void *state, const char *sync_id, struct fail *why)
{
	struct memory_local *local = state;
	enum fate fate = step(local, true);
	if (fate == DIES_BEFORE)
		return dead(why);
	struct memory_record *record = memory_local_record(local, sync_id);
	if (record)
		record->place.gone = true;
	return fate == DIES_AFTER ? dead(why) : ST_OK;
}

/* ---- values, arrivals, notes -------------------------------------------------------------------------- */

static void put_value(struct memory_local *local, const char *key, const char *value)
{
	size_t i = 0;
	while (i < local->value_count && strcmp(local->values[i].key, key) != 0)
		i++;
	assert(i < sizeof local->values / sizeof *local->values);
	local->value_count += i == local->value_count;
	(void)snprintf(local->values[i].key, sizeof local->values[i].key, "%s", key);
	(void)snprintf(local->values[i].value, sizeof local->values[i].value, "%s", value);
}

static enum status arrive(void *state, const struct sync_arrival *items, size_t count, const char *key,
                          const char *value, struct fail *why)
{
	struct memory_local *local = state;
	enum fate fate = step(local, true);
	if (fate == DIES_BEFORE)
		return dead(why);
	for (size_t i = 0; i < count; i++) {
		struct memory_record *record = record_for(local, items[i].place.sync_id);
		if (!items[i].held) {
			record->place = items[i].place;
			show(record, items[i].body, items[i].len);
			free(record->clean);
			record->clean = strdup(record->body);
			continue;
		}
		record->held = items[i].place;
		free(record->held_body);
		record->held_body = malloc(items[i].len + 1);
		memcpy(record->held_body, items[i].body, items[i].len);
		record->held_body[items[i].len] = '\0';
	}
	if (key)
		put_value(local, key, value);
	return fate == DIES_AFTER ? dead(why) : ST_OK;
}

static enum status get(void *state, const char *key, char *value, struct fail *why)
{
	struct memory_local *local = state;
	if (step(local, false) != GOES_ON)
		return dead(why);
	for (size_t i = 0; i < local->value_count; i++)
		if (strcmp(local->values[i].key, key) == 0) {
			memcpy(value, local->values[i].value, SYNC_VALUE_MAX + 1);
			return ST_OK;
		}
	return fail_set(why, ST_NOT_FOUND, key, "never set");
}

static enum status set(void *state, const char *key, const char *value, struct fail *why)
{
	struct memory_local *local = state;
	enum fate fate = step(local, true);
	if (fate == DIES_BEFORE)
		return dead(why);
	put_value(local, key, value);
	return fate == DIES_AFTER ? dead(why) : ST_OK;
}

static enum status note(void *state, enum sync_notice notice, const char *type, const char *sync_id,
                        const char *text, struct fail *why)
{
	struct memory_local *local = state;
	enum fate fate = step(local, true);
	(void)type;
	if (fate == DIES_BEFORE)
		return dead(why);
	for (size_t i = 0; i < local->note_count; i++)
		if (local->notes[i].notice == notice && strcmp(local->notes[i].sync_id, sync_id) == 0 &&
		    strcmp(local->notes[i].text, text) == 0) {
			local->note_repeats++;
			return ST_OK;
		}
	local->notes = realloc(local->notes, (local->note_count + 1) * sizeof *local->notes);
	assert(local->notes);
	struct memory_note *n = &local->notes[local->note_count++];
	*n = (struct memory_note){.notice = notice};
	(void)snprintf(n->sync_id, sizeof n->sync_id, "%s", sync_id);
	(void)snprintf(n->text, sizeof n->text, "%s", text);
	return fate == DIES_AFTER ? dead(why) : ST_OK;
}

void memory_local_decide(struct memory_local *local, struct memory_unit *u, bool keep_mine)
{
	assert(u->unit.state == SYNC_CONFLICT);
	for (size_t k = 0; k < u->unit.count; k++) {
		struct memory_record *record = memory_local_record(local, u->unit.entry[k].sync_id);
		u->unit.entry[k].base[0] = '\0';
		if (record && !keep_mine && record->held.version[0] == '\0' && record->clean)
			show(record, record->clean, strlen(record->clean));
		if (!record || record->held.version[0] == '\0')
			continue;
		if (!keep_mine) {
			release(record);
			continue;
		}
		record->place = record->held;
		free(record->clean);
		record->clean = record->held_body; /* what stands in that place, should the next word be theirs */
		record->held_body = NULL;
		u->unit.entry[k].update = true;
		drop_held(record);
	}
	u->unit.state = keep_mine ? SYNC_PENDING : SYNC_REFUSED;
	u->unit.attempts = 0;
	u->dismissed = !keep_mine;
}

struct sync_local memory_local_table(struct memory_local *local)
{
	return (struct sync_local){.state = local,
	                           .next = next,
	                           .open_unit = open_unit,
	                           .sending = sending,
	                           .settle = settle,
	                           .lost = lost,
	                           .find = find,
	                           .next_place = next_place,
	                           .mark_gone = mark_gone,
	                           .arrive = arrive,
	                           .get = get,
	                           .set = set,
	                           .note = note};
}
