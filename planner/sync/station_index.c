/* Which units name a record: a table from names to rows of the outbox, kept up to date by what was added since. */
#include "planner/sync/station_private.h"

#define BUCKETS_START 512
#define ROWS_AT_ONCE 1000
#define ROWS_IN_PASSING 100
#define NONE UINT32_MAX

static size_t bucket_of(const struct name_index *index, const char *name)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
	return (size_t)hash & (index->buckets - 1);
}

/* At the end of its chain: rows of one name stand in the order of the local changes. */
static void hang(struct name_index *index, uint32_t at)
{
	uint32_t *link = &index->bucket[bucket_of(index, index->items[at].name)];
	while (*link != NONE)
		link = &index->items[*link].next;
	*link = at;
	index->items[at].next = NONE;
}

static enum status widen(struct name_index *index, struct fail *why)
{
	size_t room = index->room ? 2 * index->room : BUCKETS_START;
	struct named *items = realloc(index->items, room * sizeof *items);
	if (items)
		index->items = items;
	uint32_t *bucket = items ? malloc(room * sizeof *bucket) : NULL;
	if (!bucket || room > NONE / 2) {
		free(bucket);
		return fail_set(why, ST_FULL, "sync", "out of memory");
	}
	free(index->bucket);
	index->bucket = bucket;
	index->room = index->buckets = room;
	for (size_t i = 0; i < room; i++)
		bucket[i] = NONE;
	for (size_t i = 0; i < index->count; i++)
		hang(index, (uint32_t)i);
	return ST_OK;
}

static enum status add_name(struct name_index *index, const char *uuid, int64_t version, int64_t ordinal,
                            int part, int64_t seq, struct fail *why)
{
	enum status st = index->count == index->room ? widen(index, why) : ST_OK;
	if (st)
		return st;
	struct named *item = &index->items[index->count];
	item->seq = seq;
	if (part < 0)
		memcpy(item->name, uuid, UUID_TEXT_SIZE);
	else
		mapping_name(uuid, version, ordinal, (enum mapping_part)part, item->name);
	hang(index, (uint32_t)index->count++);
	return ST_OK;
}

/* The names a row's unit can have; a few more than it has do no harm. */
static enum status add_names(struct station *s, struct name_index *index, const struct store_outbox *row,
                             struct fail *why)
{
	static const int plan_parts[] = {PART_PLAN, PART_SERVICE, PART_DEVICE, PART_CAREPLAN};
	static const int event_parts[] = {PART_SERVICE, PART_DEVICE, PART_CAREPLAN, PART_TASK, PART_PROCEDURE};
	enum status st = ST_OK;
	if (station_is_device(row)) {
		char device[UUID_TEXT_SIZE], write[UUID_TEXT_SIZE];
		st = station_device_names(s, row->uuid, device, write, why);
		return st ? st : add_name(index, device, 0, 0, -1, row->seq, why);
	}
	if (row->object == OUTBOX_TWIN)
		return add_name(index, row->uuid, row->version, 0, PART_TWIN, row->seq, why);
	if (row->object == OUTBOX_PLAN)
		for (size_t i = 0; !st && i < 4; i++)
			st = add_name(index, row->uuid, row->version, 0, plan_parts[i], row->seq, why);
	else if (row->object == OUTBOX_PLAN_EVENT) {
		st = add_name(index, row->uuid, row->version, row->ordinal, PART_EVENT, row->seq, why);
		if (!st)
			st = add_name(index, row->uuid, row->version, row->ordinal, PART_PAYLOAD, row->seq,
			              why);
		for (size_t i = 0; !st && i < sizeof event_parts / sizeof *event_parts; i++)
			st = add_name(index, row->uuid, row->version, 0, event_parts[i], row->seq, why);
	} else {
		st = add_name(index, row->uuid, 0, 0, -1, row->seq, why);
		if (!st && row->object == OUTBOX_RECORD)
			st = add_name(index, row->uuid, 0, 0, PART_ADVERSE, row->seq, why);
		if (!st && row->object == OUTBOX_RECORD)
			st = add_name(index, row->uuid, 0, 0, PART_AFTER, row->seq, why);
	}
	return st;
}

void station_index_forget(struct name_index *index)
{
	index->count = 0;
	index->upto = 0;
	for (size_t i = 0; i < index->buckets; i++)
		index->bucket[i] = NONE;
}

static enum status station_index_some(struct station *s, struct name_index *index, unsigned states, size_t rows,
                                      bool *more, struct fail *why)
{
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {.states = states, .after_seq = index->upto, .limit = rows};
	enum status st = store_outbox_list(s->store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		st = add_names(s, index, &list.items[i], why);
		index->upto = st ? index->upto : list.items[i].seq;
	}
	*more = !st && list.more;
	store_outbox_list_free(&list);
	return st;
}

enum status station_index(struct station *s, struct name_index *index, unsigned states, struct fail *why)
{
	bool more = true;
	enum status st = ST_OK;
	while (!st && more)
		st = station_index_some(s, index, states, ROWS_AT_ONCE, &more, why);
	return st;
}

enum status station_prepare(void *state, bool all, bool *done, struct fail *why)
{
	struct station *s = state;
	bool more = false;
	enum status st = station_index_some(s, all ? &s->all : &s->open, all ? (1u << OUTBOX_STATES) - 1 : UNSETTLED,
	                                    ROWS_IN_PASSING, &more, why);
	*done = !more;
	return st;
}

static const struct named *from(const struct name_index *index, uint32_t at, const char *name)
{
	while (at != NONE && strcmp(index->items[at].name, name) != 0)
		at = index->items[at].next;
	return at == NONE ? NULL : &index->items[at];
}

const struct named *station_named(const struct name_index *index, const char *name)
{
	return index->buckets ? from(index, index->bucket[bucket_of(index, name)], name) : NULL;
}

const struct named *station_named_next(const struct name_index *index, const struct named *item)
{
	return from(index, item->next, item->name);
}
