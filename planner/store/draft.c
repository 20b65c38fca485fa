/* Drafts: the one table whose rows are replaced and removed as a matter of course. */
#include "planner/store/internal.h"

enum { PATIENT, KIND, AT, ACTOR, JSON, DIGEST };

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_draft *draft = item;
	if (!row_text(row, PATIENT, draft->patient, sizeof draft->patient) ||
	    !row_text(row, KIND, draft->kind, sizeof draft->kind) ||
	    !row_text(row, ACTOR, draft->actor, sizeof draft->actor))
		return row_misfit(row, why);
	draft->at_ms = row_int(row, AT);
	return row_json(row, JSON, &draft->json, &draft->json_len, why);
}

static void clear(void *item)
{
	struct store_draft *draft = item;
	free((char *)draft->json);
	*draft = (struct store_draft){0};
}

static const struct reader reader = {TABLE_DRAFT, sizeof(struct store_draft), load, clear};

static enum status check_name(const char *patient, const char *kind, struct fail *why)
{
	enum status st = uuid_check("draft.patient", patient, why);
	return st == ST_OK ? word_check("draft.kind", kind ? kind : "", STORE_KIND_MAX, why) : st;
}

enum status store_draft_put(struct store *store, const char *patient, const char *kind, const char *json,
                            size_t json_len, const struct store_stamp *stamp, struct fail *why)
{
	struct digest digest;
	enum status st = check_name(patient, kind, why);
	if (st == ST_OK)
		st = json_check(store, "draft", json, json_len, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	digest_bytes(json, json_len, &digest);
	const struct cell cells[] = {
	        [PATIENT] = cell_text(patient),
	        [KIND] = cell_text(kind),
	        [AT] = cell_int(stamp->at_ms),
	        [ACTOR] = cell_text(stamp->actor),
	        [JSON] = cell_text_n(json, json_len),
	        [DIGEST] = cell_digest(&digest),
	};
	st = row_insert(store, SQL_DRAFT_PUT, TABLE_DRAFT, cells, "the draft was not saved", why);
	return store_write_end(store, st, why);
}

enum status store_draft_get(struct store *store, const char *patient, const char *kind, struct store_draft *out,
                            struct fail *why)
{
	*out = (struct store_draft){0};
	enum status st = check_name(patient, kind, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_DRAFT_GET);
	bind_text(statement, 1, patient);
	bind_text(statement, 2, kind);
	return read_one(store, statement, &reader, out, "there is no draft of this patient", why);
}

static int latest_first(const void *a, const void *b)
{
	const struct store_draft *x = a, *y = b;
	return (x->at_ms < y->at_ms) - (x->at_ms > y->at_ms);
}

enum status store_draft_list(struct store *store, const char *patient, struct store_draft_list *list,
                             struct fail *why)
{
	struct rows rows;
	*list = (struct store_draft_list){0};
	enum status st = patient ? uuid_check("patient", patient, why) : ST_OK;
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_DRAFT_LIST);
	bind_text(statement, 1, patient);
	bind_int(statement, 2, STORE_LIST_MAX + 1);
	st = read_list(store, statement, &reader, STORE_LIST_MAX, &rows, why);
	if (rows.count > 1)
		qsort(rows.items, rows.count, sizeof(struct store_draft), latest_first);
	*list = (struct store_draft_list){rows.items, rows.count, rows.more};
	return st;
}

enum status store_draft_drop(struct store *store, const char *patient, const char *kind,
                             const struct store_stamp *stamp, struct fail *why)
{
	enum status st = check_name(patient, kind, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_DRAFT_DROP);
	bool got = false;
	bind_text(statement, 1, patient);
	bind_text(statement, 2, kind);
	st = row_step(store, statement, &got, why);
	statement_done(statement);
	return store_write_end(store, st, why);
}

void store_draft_clear(struct store_draft *draft)
{
	clear(draft);
}

void store_draft_list_free(struct store_draft_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_draft_list){0};
}
