/* Records of every kind, in one append-only table. */
#include "planner/store/internal.h"

enum { UUID, KIND, PATIENT, PLAN, PLAN_VERSION, SUBJECT, ORDINAL, AT, ADDED_AT, ACTOR, JSON, DIGEST };

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_record *record = item;
	if (!row_text(row, UUID, record->uuid, sizeof record->uuid) ||
	    !row_text(row, KIND, record->kind, sizeof record->kind) ||
	    !row_text(row, PATIENT, record->patient, sizeof record->patient) ||
	    !row_text(row, PLAN, record->plan, sizeof record->plan) ||
	    !row_text(row, SUBJECT, record->subject, sizeof record->subject) ||
	    !row_text(row, ACTOR, record->actor, sizeof record->actor) ||
	    !row_digest(row, DIGEST, &record->digest))
		return row_misfit(row, why);
	record->plan_version = row_int(row, PLAN_VERSION);
	record->ordinal = row_int(row, ORDINAL);
	record->at_ms = row_int(row, AT);
	record->added_at_ms = row_int(row, ADDED_AT);
	return row_json(row, JSON, &record->json, &record->json_len, why);
}

static void clear(void *item)
{
	struct store_record *record = item;
	free((char *)record->json);
	*record = (struct store_record){0};
}

static const struct reader reader = {TABLE_RECORD, sizeof(struct store_record), load, clear};

static enum status check_names(const struct store_record *record, struct fail *why)
{
	enum status st = uuid_check("record.uuid", record->uuid, why);
	if (st == ST_OK && record->patient[0])
		st = uuid_check("record.patient", record->patient, why);
	if (st == ST_OK && record->plan[0])
		st = uuid_check("record.plan", record->plan, why);
	if (st == ST_OK && (record->plan[0] != '\0') != (record->plan_version > 0))
		st = fail_set(why, ST_INPUT, "record.plan_version", "goes with a plan: give both or neither");
	if (st == ST_OK && record->plan[0] && !record->patient[0])
		st = fail_set(why, ST_INPUT, "record.patient", "is missing: a plan is somebody's");
	return st;
}

static enum status check(struct store *store, const struct store_record *record, struct fail *why)
{
	enum status st = check_names(record, why);
	if (st == ST_OK)
		st = word_check("record.kind", record->kind, STORE_KIND_MAX, why);
	if (st == ST_OK)
		st = text_check("record.subject", record->subject, STORE_DEVICE_MAX, false, why);
	if (st == ST_OK)
		st = time_check("record.at", record->at_ms, why);
	return st == ST_OK ? json_check(store, "record", record->json, record->json_len, why) : st;
}

static enum status next_ordinal(struct store *store, const struct store_record *record, int64_t *ordinal,
                                struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_RECORD_NEXT);
	bool got = false;
	bind_text(statement, 1, record->kind);
	bind_text(statement, 2, record->patient);
	bind_text(statement, 3, record->plan);
	bind_int(statement, 4, record->plan_version);
	bind_text(statement, 5, record->subject);
	enum status st = row_step(store, statement, &got, why);
	*ordinal = got ? column_int(statement, 0) : 0;
	statement_done(statement);
	return st;
}

static enum status insert(struct store *store, const struct store_record *record, int64_t ordinal,
                          const struct digest *digest, const struct store_stamp *stamp, struct fail *why)
{
	const struct cell cells[] = {
	        [UUID] = cell_text(record->uuid),
	        [KIND] = cell_text(record->kind),
	        [PATIENT] = cell_text(record->patient),
	        [PLAN] = cell_text(record->plan),
	        [PLAN_VERSION] = cell_int(record->plan_version),
	        [SUBJECT] = cell_text(record->subject),
	        [ORDINAL] = cell_int(ordinal),
	        [AT] = cell_int(record->at_ms),
	        [ADDED_AT] = cell_int(stamp->at_ms),
	        [ACTOR] = cell_text(stamp->actor),
	        [JSON] = cell_text_n(record->json, record->json_len),
	        [DIGEST] = cell_digest(digest),
	};
	return row_insert(store, SQL_RECORD_INSERT, TABLE_RECORD, cells, "the record was not saved", why);
}

enum status record_append(struct store *store, const struct store_record *record, const struct store_stamp *stamp,
                          struct fail *why)
{
	struct store_outbox entry = {.object = OUTBOX_RECORD, .version = record->plan_version};
	struct digest digest;
	char action[STORE_ACTION_MAX + 1];
	digest_bytes(record->json, record->json_len, &digest);
	enum status st = next_ordinal(store, record, &entry.ordinal, why);
	if (st == ST_OK)
		st = insert(store, record, entry.ordinal, &digest, stamp, why);
	if (st != ST_OK)
		return st;
	memcpy(entry.uuid, record->uuid, sizeof entry.uuid);
	memcpy(entry.kind, record->kind, sizeof entry.kind);
	memcpy(entry.patient, record->patient, sizeof entry.patient);
	(void)snprintf(action, sizeof action, "record.%s", record->kind);
	st = outbox_append(store, &entry, stamp, why);
	return st == ST_OK ? audit_append(store, action, record->uuid, &digest, stamp, why) : st;
}

enum status store_record_add(struct store *store, const struct store_record *record, const struct store_stamp *stamp,
                             struct fail *why)
{
	enum status st = check(store, record, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, record_append(store, record, stamp, why), why);
}

enum status store_record_get(struct store *store, const char *uuid, struct store_record *out, struct fail *why)
{
	*out = (struct store_record){0};
	enum status st = uuid_check("record", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_RECORD_GET);
	bind_text(statement, 1, uuid);
	return read_one(store, statement, &reader, out, "there is no such record in this store", why);
}

/* The narrowest index that the question allows. */
static enum statement list_statement(const struct store_record_query *query)
{
	bool by_plan = query->plan && query->plan[0], by_patient = query->patient && query->patient[0];
	bool by_kind = query->kind && query->kind[0];
	enum statement newest = by_plan      ? SQL_RECORD_OF_PLAN
	                        : by_patient ? SQL_RECORD_OF_PATIENT
	                        : by_kind    ? SQL_RECORD_OF_KIND
	                                     : SQL_RECORD_LIST;
	return query->oldest_first ? newest + (SQL_RECORD_LIST_OLDEST - SQL_RECORD_LIST) : newest;
}

static enum status check_query(const struct store_record_query *query, struct fail *why)
{
	enum status st = query->patient && query->patient[0] ? uuid_check("patient", query->patient, why) : ST_OK;
	if (st == ST_OK && query->plan && query->plan[0])
		st = uuid_check("plan", query->plan, why);
	if (st == ST_OK)
		st = text_check("kind", query->kind, STORE_KIND_MAX, false, why);
	if (st == ST_OK)
		st = text_check("subject", query->subject, STORE_DEVICE_MAX, false, why);
	if (st == ST_OK && query->offset > INT_MAX)
		st = fail_set(why, ST_RANGE, "page", "no such page of the list");
	return st;
}

enum status store_record_list(struct store *store, const struct store_record_query *query,
                              struct store_record_list *list, struct fail *why)
{
	struct rows rows;
	size_t limit = rows_limit(query->limit);
	*list = (struct store_record_list){0};
	enum status st = check_query(query, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, list_statement(query));
	bind_text(statement, 1, query->kind);
	bind_text(statement, 2, query->patient);
	bind_text(statement, 3, query->plan);
	bind_int(statement, 4, query->plan_version);
	bind_text(statement, 5, query->subject);
	bind_int(statement, 6, (int64_t)limit + 1);
	bind_int(statement, 7, (int64_t)query->offset);
	st = read_list(store, statement, &reader, limit, &rows, why);
	*list = (struct store_record_list){rows.items, rows.count, rows.more};
	return st;
}

void store_record_clear(struct store_record *record)
{
	clear(record);
}

void store_record_list_free(struct store_record_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_record_list){0};
}
