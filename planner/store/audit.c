/* The audit trail: what was done, in order. Plain rows in schema version 1: their digests show damage,
 * not forgery; the keyed chain over them comes with a later schema version. */
#include "planner/store/internal.h"

enum { SEQ, AT, ACTOR, ACTION, OBJECT, DIGEST };

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_audit *audit = item;
	if (!row_text(row, ACTOR, audit->actor, sizeof audit->actor) ||
	    !row_text(row, ACTION, audit->action, sizeof audit->action) ||
	    !row_text(row, OBJECT, audit->object, sizeof audit->object))
		return row_misfit(row, why);
	audit->seq = row_int(row, SEQ);
	audit->at_ms = row_int(row, AT);
	audit->has_digest = row_digest(row, DIGEST, &audit->digest);
	return ST_OK;
}

static const struct reader reader = {TABLE_AUDIT, sizeof(struct store_audit), load, NULL};

enum status audit_next_seq(struct store *store, int64_t *seq, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_AUDIT_NEXT);
	bool got = false;
	enum status st = row_step(store, statement, &got, why);
	*seq = got ? column_int(statement, 0) : 0;
	statement_done(statement);
	return st;
}

enum status audit_append(struct store *store, const char *action, const char *object,
                         const struct digest *digest, const struct store_stamp *stamp, struct fail *why)
{
	int64_t seq = 0;
	enum status st = audit_next_seq(store, &seq, why);
	if (st != ST_OK)
		return st;
	const struct cell cells[] = {
	        [SEQ] = cell_int(seq),
	        [AT] = cell_int(stamp->at_ms),
	        [ACTOR] = cell_text(stamp->actor),
	        [ACTION] = cell_text(action),
	        [OBJECT] = cell_text(object),
	        [DIGEST] = cell_digest(digest),
	};
	return row_insert(store, SQL_AUDIT_INSERT, TABLE_AUDIT, cells, "the audit entry was not saved", why);
}

enum status store_audit_add(struct store *store, const char *action, const char *object,
                            const struct digest *digest, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = word_check("audit.action", action, STORE_ACTION_MAX, why);
	if (st == ST_OK)
		st = text_check("audit.object", object, STORE_OBJECT_MAX, false, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, audit_append(store, action, object, digest, stamp, why), why);
}

enum status store_audit_list(struct store *store, int64_t after_seq, size_t limit,
                             struct store_audit_list *list, struct fail *why)
{
	struct rows rows;
	limit = rows_limit(limit);
	sqlite3_stmt *statement = statement_use(store, SQL_AUDIT_LIST);
	bind_int(statement, 1, after_seq);
	bind_int(statement, 2, (int64_t)limit + 1);
	enum status st = read_list(store, statement, &reader, limit, &rows, why);
	*list = (struct store_audit_list){rows.items, rows.count, rows.more};
	return st;
}

void store_audit_list_free(struct store_audit_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_audit_list){0};
}
