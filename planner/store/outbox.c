/* What still has to reach the clinic's server. */
#include "planner/store/internal.h"

enum {
	SEQ,
	OBJECT,
	UUID,
	VERSION,
	ORDINAL,
	KIND,
	PATIENT,
	STATE,
	NEXT_TRY,
	ADDED_AT,
	STATE_AT,
	ATTEMPTS,
	SERVER_ID,
	VERSION_ID,
	LAST_UPDATED,
	NOTE
};

static const char *const state_names[OUTBOX_STATES] = {[OUTBOX_PENDING] = "pending",
                                                       [OUTBOX_INFLIGHT] = "inflight",
                                                       [OUTBOX_ACKED] = "acked",
                                                       [OUTBOX_CONFLICT] = "conflict",
                                                       [OUTBOX_REFUSED] = "refused"};

static bool load_receipt(const struct row *row, struct store_receipt *receipt)
{
	return row_text(row, SERVER_ID, receipt->server_id, sizeof receipt->server_id) &&
	       row_text(row, VERSION_ID, receipt->version_id, sizeof receipt->version_id) &&
	       row_text(row, LAST_UPDATED, receipt->last_updated, sizeof receipt->last_updated);
}

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_outbox *entry = item;
	int64_t object = row_int(row, OBJECT), state = row_int(row, STATE);
	if (object < 0 || object >= OUTBOX_OBJECTS || state < 0 || state >= OUTBOX_STATES ||
	    !row_text(row, UUID, entry->uuid, sizeof entry->uuid) ||
	    !row_text(row, KIND, entry->kind, sizeof entry->kind) ||
	    !row_text(row, PATIENT, entry->patient, sizeof entry->patient) ||
	    !row_text(row, NOTE, entry->note, sizeof entry->note) || !load_receipt(row, &entry->receipt))
		return row_misfit(row, why);
	entry->seq = row_int(row, SEQ);
	entry->object = (enum outbox_object)object;
	entry->version = row_int(row, VERSION);
	entry->ordinal = row_int(row, ORDINAL);
	entry->state = (enum outbox_state)state;
	entry->next_try_ms = row_int(row, NEXT_TRY);
	entry->added_at_ms = row_int(row, ADDED_AT);
	entry->state_at_ms = row_int(row, STATE_AT);
	entry->attempts = row_int(row, ATTEMPTS);
	return ST_OK;
}

static const struct reader reader = {TABLE_OUTBOX, sizeof(struct store_outbox), load, NULL};

static enum status put(struct store *store, const struct store_outbox *entry, struct fail *why)
{
	const struct cell cells[] = {
	        [SEQ] = cell_int(entry->seq),
	        [OBJECT] = cell_int(entry->object),
	        [UUID] = cell_text(entry->uuid),
	        [VERSION] = cell_int(entry->version),
	        [ORDINAL] = cell_int(entry->ordinal),
	        [KIND] = cell_text(entry->kind),
	        [PATIENT] = cell_text(entry->patient),
	        [STATE] = cell_int(entry->state),
	        [NEXT_TRY] = cell_int(entry->next_try_ms),
	        [ADDED_AT] = cell_int(entry->added_at_ms),
	        [STATE_AT] = cell_int(entry->state_at_ms),
	        [ATTEMPTS] = cell_int(entry->attempts),
	        [SERVER_ID] = cell_text(entry->receipt.server_id),
	        [VERSION_ID] = cell_text(entry->receipt.version_id),
	        [LAST_UPDATED] = cell_text(entry->receipt.last_updated),
	        [NOTE] = cell_text(entry->note),
	};
	return row_insert(store, SQL_OUTBOX_PUT, TABLE_OUTBOX, cells, "the outbox was not written", why);
}

void store_outbox_silence(struct store *store, bool silent)
{
	store->outbox_silent = silent;
}

enum status outbox_append(struct store *store, const struct store_outbox *entry, const struct store_stamp *stamp,
                          struct fail *why)
{
	struct store_outbox added = *entry;
	bool got = false;
	if (store->outbox_silent)
		return ST_OK;
	sqlite3_stmt *statement = statement_use(store, SQL_OUTBOX_NEXT);
	enum status st = row_step(store, statement, &got, why);
	added.seq = got ? column_int(statement, 0) : 0;
	statement_done(statement);
	added.added_at_ms = added.state_at_ms = stamp->at_ms;
	return st == ST_OK ? put(store, &added, why) : st;
}

/* ---- reading ---- */

enum status store_outbox_list(struct store *store, const struct store_outbox_query *query,
                              struct store_outbox_list *list, struct fail *why)
{
	struct rows rows;
	size_t limit = rows_limit(query->limit);
	unsigned states = query->states ? query->states : 1u << OUTBOX_PENDING;
	*list = (struct store_outbox_list){0};
	enum status st = query->patient ? uuid_check("patient", query->patient, why) : ST_OK;
	if (st != ST_OK)
		return st;
	bool open_only = (states & 1u << OUTBOX_ACKED) == 0;
	sqlite3_stmt *statement = statement_use(store, open_only ? SQL_OUTBOX_LIST_OPEN : SQL_OUTBOX_LIST);
	bind_int(statement, 1, query->after_seq);
	bind_int(statement, 2, states);
	bind_int(statement, 3, query->due_ms);
	bind_text(statement, 4, query->patient);
	bind_int(statement, 5, (int64_t)limit + 1);
	st = read_list(store, statement, &reader, limit, &rows, why);
	*list = (struct store_outbox_list){rows.items, rows.count, rows.more};
	return st;
}

void store_outbox_list_free(struct store_outbox_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_outbox_list){0};
}

enum status store_outbox_find(struct store *store, enum outbox_object object, const char *uuid, int64_t version,
                              struct store_outbox *out, struct fail *why)
{
	enum status st = uuid_check("outbox", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_OUTBOX_FIND);
	bind_int(statement, 1, object);
	bind_text(statement, 2, uuid);
	bind_int(statement, 3, version);
	return read_one(store, statement, &reader, out, "this was never to be sent", why);
}

enum status store_outbox_count(struct store *store, int64_t count[OUTBOX_STATES], struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_OUTBOX_COUNT);
	bool got = false;
	memset(count, 0, OUTBOX_STATES * sizeof *count);
	enum status st = row_step(store, statement, &got, why);
	while (st == ST_OK && got) {
		int64_t state = column_int(statement, 0);
		if (state >= 0 && state < OUTBOX_STATES)
			count[state] = column_int(statement, 1);
		st = row_step(store, statement, &got, why);
	}
	statement_done(statement);
	return st;
}

/* ---- marking ---- */

static enum status check_mark(const struct store_outbox_mark *mark, struct fail *why)
{
	if ((unsigned)mark->state >= OUTBOX_STATES)
		return fail_set(why, ST_INPUT, "outbox.state", "is no state of the outbox");
	if (mark->state == OUTBOX_ACKED && (!mark->receipt || !mark->receipt->server_id[0]))
		return fail_set(why, ST_INPUT, "outbox.receipt",
		                "is missing: only the server's answer makes an entry acknowledged");
	enum status st = text_check("outbox.note", mark->note, STORE_REASON_MAX, false, why);
	return st == ST_OK ? time_check("outbox.next_try", mark->next_try_ms, why) : st;
}

static enum status find_by_seq(struct store *store, int64_t seq, struct store_outbox *out, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_OUTBOX_GET);
	bind_int(statement, 1, seq);
	return read_one(store, statement, &reader, out, "the outbox has no such entry", why);
}

static enum status audit_mark(struct store *store, const struct store_outbox *entry, const struct store_stamp *stamp,
                              struct fail *why)
{
	char action[STORE_ACTION_MAX + 1], object[STORE_OBJECT_MAX + 1];
	if (entry->state == OUTBOX_PENDING || entry->state == OUTBOX_INFLIGHT)
		return ST_OK;
	(void)snprintf(action, sizeof action, "sync.%s", state_names[entry->state]);
	(void)snprintf(object, sizeof object, "%lld %s version %lld", (long long)entry->seq, entry->uuid,
	               (long long)entry->version);
	return audit_append(store, action, object, NULL, stamp, why);
}

static enum status apply_mark(struct store *store, int64_t seq, const struct store_outbox_mark *mark,
                              const struct store_stamp *stamp, struct fail *why)
{
	struct store_outbox entry;
	enum status st = find_by_seq(store, seq, &entry, why);
	if (st == ST_OK && entry.state == OUTBOX_ACKED)
		st = fail_set(why, ST_CONFLICT, "outbox", "entry %lld is acknowledged already", (long long)seq);
	if (st != ST_OK)
		return st;
	entry.state = mark->state;
	entry.state_at_ms = stamp->at_ms;
	entry.attempts += mark->state == OUTBOX_INFLIGHT;
	entry.next_try_ms = mark->next_try_ms;
	if (mark->receipt)
		entry.receipt = *mark->receipt;
	(void)snprintf(entry.note, sizeof entry.note, "%s", mark->note ? mark->note : "");
	st = put(store, &entry, why);
	return st == ST_OK ? audit_mark(store, &entry, stamp, why) : st;
}

enum status store_outbox_mark(struct store *store, int64_t seq, const struct store_outbox_mark *mark,
                              const struct store_stamp *stamp, struct fail *why)
{
	enum status st = check_mark(mark, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, apply_mark(store, seq, mark, stamp, why), why);
}

static enum status reopen(struct store *store, int64_t seq, const struct store_stamp *stamp, struct fail *why)
{
	struct store_outbox entry;
	char object[STORE_OBJECT_MAX + 1];
	enum status st = find_by_seq(store, seq, &entry, why);
	if (st != ST_OK || entry.state != OUTBOX_ACKED)
		return st;
	entry.state = OUTBOX_PENDING;
	entry.state_at_ms = stamp->at_ms;
	entry.attempts = 0;
	(void)snprintf(entry.note, sizeof entry.note, "the server lost it: to be sent again");
	(void)snprintf(object, sizeof object, "%lld %s version %lld", (long long)seq, entry.uuid,
	               (long long)entry.version);
	st = put(store, &entry, why);
	return st == ST_OK ? audit_append(store, "sync.lost", object, NULL, stamp, why) : st;
}

enum status store_outbox_reopen(struct store *store, int64_t seq, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = store_write_begin(store, stamp, why);
	return st == ST_OK ? store_write_end(store, reopen(store, seq, stamp, why), why) : st;
}
