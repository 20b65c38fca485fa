/* Twins: versions of what the program believes of one skin, and the readings each was made from. */
#include "planner/store/internal.h"

enum { UUID, VERSION, PATIENT, SOURCES, CREATED_AT, JSON, DIGEST };
enum { SOURCE_TWIN, SOURCE_VERSION, SOURCE_ORDINAL, SOURCE_PATIENT, SOURCE_READINGS };

/* One row of twin_source into the twin. */
static enum status take_source(struct store *store, sqlite3_stmt *source, struct store_twin *twin,
                               struct fail *why)
{
	size_t i = twin->readings_count;
	struct row row;
	enum status st = row_read(store, source, 0, TABLE_TWIN_SOURCE, &row, why);
	if (st == ST_OK && !(i < STORE_TWIN_READINGS_MAX && row_int(&row, SOURCE_ORDINAL) == (int64_t)i + 1 &&
	                     row_text(&row, SOURCE_READINGS, twin->readings[i], sizeof twin->readings[i])))
		st = row_misfit(&row, why);
	twin->readings_count++;
	row_clear(&row);
	return st;
}

static enum status load_sources(struct store *store, struct store_twin *twin, struct fail *why)
{
	sqlite3_stmt *source = statement_use(store, SQL_TWIN_SOURCE_LIST);
	bool got = false;
	bind_text(source, 1, twin->uuid);
	bind_int(source, 2, twin->version);
	enum status st = row_step(store, source, &got, why);
	while (st == ST_OK && got) {
		st = take_source(store, source, twin, why);
		if (st == ST_OK)
			st = row_step(store, source, &got, why);
	}
	statement_done(source);
	return st;
}

static void clear(void *item)
{
	struct store_twin *twin = item;
	free((char *)twin->json);
	memset(twin, 0, sizeof *twin);
}

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)statement;
	struct store_twin *twin = item;
	if (!row_text(row, UUID, twin->uuid, sizeof twin->uuid) ||
	    !row_text(row, PATIENT, twin->patient, sizeof twin->patient) ||
	    !row_digest(row, DIGEST, &twin->digest))
		return row_misfit(row, why);
	twin->version = row_int(row, VERSION);
	twin->created_at_ms = row_int(row, CREATED_AT);
	enum status st = load_sources(store, twin, why);
	if (st == ST_OK && (int64_t)twin->readings_count != row_int(row, SOURCES))
		st = row_misfit(row, why);
	return st == ST_OK ? row_json(row, JSON, &twin->json, &twin->json_len, why) : st;
}

static const struct reader reader = {TABLE_TWIN, sizeof(struct store_twin), load, clear};

static enum status check(struct store *store, const struct store_twin *twin, struct fail *why)
{
	enum status st = uuid_check("twin.uuid", twin->uuid, why);
	if (st == ST_OK)
		st = uuid_check("twin.patient", twin->patient, why);
	if (st == ST_OK && twin->readings_count > STORE_TWIN_READINGS_MAX)
		st = fail_set(why, ST_RANGE, "twin.readings", "has more than %d: leave the oldest out",
		              STORE_TWIN_READINGS_MAX);
	for (size_t i = 0; i < twin->readings_count && st == ST_OK; i++)
		st = uuid_check("twin.readings", twin->readings[i], why);
	return st == ST_OK ? json_check(store, "twin", twin->json, twin->json_len, why) : st;
}

static enum status insert_sources(struct store *store, const struct store_twin *twin, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < twin->readings_count && st == ST_OK; i++) {
		const struct cell cells[] = {
		        [SOURCE_TWIN] = cell_text(twin->uuid),
		        [SOURCE_VERSION] = cell_int(twin->version),
		        [SOURCE_ORDINAL] = cell_int((int64_t)i + 1),
		        [SOURCE_PATIENT] = cell_text(twin->patient),
		        [SOURCE_READINGS] = cell_text(twin->readings[i]),
		};
		st = row_insert(store, SQL_TWIN_SOURCE_INSERT, TABLE_TWIN_SOURCE, cells,
		                "the twin was not saved", why);
	}
	return st;
}

static enum status insert(struct store *store, const struct store_twin *twin, const struct digest *digest,
                          int64_t at_ms, struct fail *why)
{
	const struct cell cells[] = {
	        [UUID] = cell_text(twin->uuid),       [VERSION] = cell_int(twin->version),
	        [PATIENT] = cell_text(twin->patient), [SOURCES] = cell_int((int64_t)twin->readings_count),
	        [CREATED_AT] = cell_int(at_ms),       [JSON] = cell_text_n(twin->json, twin->json_len),
	        [DIGEST] = cell_digest(digest),
	};
	enum status st = row_insert(store, SQL_TWIN_INSERT, TABLE_TWIN, cells, "the twin was not saved", why);
	return st == ST_OK ? insert_sources(store, twin, why) : st;
}

enum status store_twin_add(struct store *store, const struct store_twin *twin,
                           const struct store_stamp *stamp, struct fail *why)
{
	struct digest digest;
	char object[STORE_OBJECT_MAX + 1];
	enum status st = check(store, twin, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	digest_bytes(twin->json, twin->json_len, &digest);
	(void)snprintf(object, sizeof object, "%s version %lld", twin->uuid, (long long)twin->version);
	struct store_outbox entry = {.object = OUTBOX_TWIN, .version = twin->version};
	memcpy(entry.uuid, twin->uuid, sizeof entry.uuid);
	memcpy(entry.patient, twin->patient, sizeof entry.patient);
	st = insert(store, twin, &digest, stamp->at_ms, why);
	if (st == ST_OK)
		st = outbox_append(store, &entry, stamp, why);
	if (st == ST_OK)
		st = audit_append(store, "twin.add", object, &digest, stamp, why);
	return store_write_end(store, st, why);
}

enum status store_twin_get(struct store *store, const char *uuid, int64_t version, struct store_twin *out,
                           struct fail *why)
{
	memset(out, 0, sizeof *out);
	enum status st = uuid_check("twin", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_TWIN_GET);
	bind_text(statement, 1, uuid);
	bind_int(statement, 2, version);
	return read_one(store, statement, &reader, out, "there is no such version of a twin in this store",
	                why);
}

static sqlite3_stmt *list_of(struct store *store, const char *patient, size_t limit)
{
	sqlite3_stmt *statement = statement_use(store, SQL_TWIN_LIST);
	bind_text(statement, 1, patient);
	bind_int(statement, 2, (int64_t)limit);
	return statement;
}

enum status store_twin_latest(struct store *store, const char *patient, struct store_twin *out,
                              struct fail *why)
{
	memset(out, 0, sizeof *out);
	enum status st = uuid_check("patient", patient, why);
	if (st != ST_OK)
		return st;
	return read_one(store, list_of(store, patient, 1), &reader, out,
	                "this patient has no twin yet: enter readings", why);
}

enum status store_twin_list(struct store *store, const char *patient, size_t limit,
                            struct store_twin_list *list, struct fail *why)
{
	struct rows rows;
	*list = (struct store_twin_list){0};
	enum status st = uuid_check("patient", patient, why);
	if (st != ST_OK)
		return st;
	limit = rows_limit(limit);
	st = read_list(store, list_of(store, patient, limit + 1), &reader, limit, &rows, why);
	*list = (struct store_twin_list){rows.items, rows.count, rows.more};
	return st;
}

void store_twin_clear(struct store_twin *twin)
{
	clear(twin);
}

void store_twin_list_free(struct store_twin_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_twin_list){0};
}
