/* Readings: what was measured at one visit. */
#include "planner/store/internal.h"

enum { UUID, PATIENT, TAKEN_MIN, TAKEN_AT, ADDED_AT, JSON, DIGEST };
enum { MS_PER_MIN = 60000 };

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_readings *readings = item;
	if (!row_text(row, UUID, readings->uuid, sizeof readings->uuid) ||
	    !row_text(row, PATIENT, readings->patient, sizeof readings->patient) ||
	    !row_digest(row, DIGEST, &readings->digest))
		return row_misfit(row, why);
	readings->taken_at_ms = row_int(row, TAKEN_AT);
	readings->added_at_ms = row_int(row, ADDED_AT);
	return row_json(row, JSON, &readings->json, &readings->json_len, why);
}

static void clear(void *item)
{
	struct store_readings *readings = item;
	free((char *)readings->json);
	*readings = (struct store_readings){0};
}

static const struct reader reader = {TABLE_READINGS, sizeof(struct store_readings), load, clear};

static enum status check(struct store *store, const struct store_readings *readings, struct fail *why)
{
	enum status st = uuid_check("readings.uuid", readings->uuid, why);
	if (st == ST_OK)
		st = uuid_check("readings.patient", readings->patient, why);
	if (st == ST_OK)
		st = time_check("readings.taken_at", readings->taken_at_ms, why);
	return st == ST_OK ? json_check(store, "readings", readings->json, readings->json_len, why) : st;
}

static enum status insert(struct store *store, const struct store_readings *readings,
                          const struct digest *digest, int64_t at_ms, struct fail *why)
{
	const struct cell cells[] = {
	        [UUID] = cell_text(readings->uuid),
	        [PATIENT] = cell_text(readings->patient),
	        [TAKEN_MIN] = cell_int(readings->taken_at_ms / MS_PER_MIN),
	        [TAKEN_AT] = cell_int(readings->taken_at_ms),
	        [ADDED_AT] = cell_int(at_ms),
	        [JSON] = cell_text_n(readings->json, readings->json_len),
	        [DIGEST] = cell_digest(digest),
	};
	return row_insert(store, SQL_READINGS_INSERT, TABLE_READINGS, cells, "the readings were not saved",
	                  why);
}

enum status store_readings_add(struct store *store, const struct store_readings *readings,
                               const struct store_stamp *stamp, struct fail *why)
{
	struct digest digest;
	enum status st = check(store, readings, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	digest_bytes(readings->json, readings->json_len, &digest);
	struct store_outbox entry = {.object = OUTBOX_READINGS};
	memcpy(entry.uuid, readings->uuid, sizeof entry.uuid);
	memcpy(entry.patient, readings->patient, sizeof entry.patient);
	st = insert(store, readings, &digest, stamp->at_ms, why);
	if (st == ST_OK)
		st = outbox_append(store, &entry, stamp, why);
	if (st == ST_OK)
		st = audit_append(store, "readings.add", readings->uuid, &digest, stamp, why);
	return store_write_end(store, st, why);
}

enum status store_readings_get(struct store *store, const char *uuid, struct store_readings *out,
                               struct fail *why)
{
	*out = (struct store_readings){0};
	enum status st = uuid_check("readings", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_READINGS_GET);
	bind_text(statement, 1, uuid);
	return read_one(store, statement, &reader, out, "there are no such readings in this store", why);
}

static bool is_later(const struct store_readings *a, const struct store_readings *b)
{
	if (a->taken_at_ms != b->taken_at_ms)
		return a->taken_at_ms > b->taken_at_ms;
	return a->added_at_ms > b->added_at_ms;
}

/* The file tells the minute only; within it the sealed times decide, and then the order of writing. Nearly
 * sorted already, so that insertion is the right way. */
static void sort_latest_first(struct store_readings *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && is_later(&items[j], &items[j - 1]); j--) {
			struct store_readings later = items[j];
			items[j] = items[j - 1];
			items[j - 1] = later;
		}
}

enum status store_readings_list(struct store *store, const char *patient, size_t limit,
                                struct store_readings_list *list, struct fail *why)
{
	struct rows rows;
	*list = (struct store_readings_list){0};
	enum status st = uuid_check("patient", patient, why);
	if (st != ST_OK)
		return st;
	limit = rows_limit(limit);
	sqlite3_stmt *statement = statement_use(store, SQL_READINGS_LIST);
	bind_text(statement, 1, patient);
	bind_int(statement, 2, (int64_t)limit); /* and whatever shares the minute of the one after */
	st = read_list(store, statement, &reader, STORE_LIST_MAX, &rows, why);
	*list = (struct store_readings_list){rows.items, rows.count, rows.more};
	sort_latest_first(list->items, list->count);
	while (list->count > limit) {
		clear(&list->items[--list->count]);
		list->more = true;
	}
	return st;
}

enum status store_readings_latest(struct store *store, const char *patient, struct store_readings *out,
                                  struct fail *why)
{
	struct store_readings_list list;
	*out = (struct store_readings){0};
	enum status st = store_readings_list(store, patient, 1, &list, why);
	if (st == ST_OK && list.count == 0)
		st = fail_set(why, ST_NOT_FOUND, "readings",
		              "nothing was measured of this patient yet: enter readings");
	if (st == ST_OK) {
		*out = list.items[0];
		list.count = 0; /* its content has moved */
	}
	store_readings_list_free(&list);
	return st;
}

void store_readings_clear(struct store_readings *readings)
{
	clear(readings);
}

void store_readings_list_free(struct store_readings_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_readings_list){0};
}
