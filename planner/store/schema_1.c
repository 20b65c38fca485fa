/* Stores of schema 1, which held everything in the clear: recognised, and moved row by row into sealed
 * tables when they get their first administrator. Every old row is verified by its own digest on the way;
 * one that is damaged stops the move by name, and nothing has changed.
 */
#include "planner/store/internal.h"

enum { OLD_COLUMNS_MAX = 12, MS_PER_MIN = 60000 };

/* clang-format off */
static const char *const set_aside[] = {
	"DROP TRIGGER store_info_no_update; DROP TRIGGER store_info_no_delete; DROP TRIGGER store_info_no_replace;"
	"DROP TRIGGER patient_no_replace; DROP TRIGGER patient_number_taken; DROP TRIGGER patient_kind;"
	"DROP INDEX patient_record_number; DROP INDEX patient_label;"
	"DROP TRIGGER readings_no_update; DROP TRIGGER readings_no_delete; DROP TRIGGER readings_no_replace;"
	"DROP INDEX readings_of_patient;"
	"DROP TRIGGER twin_no_update; DROP TRIGGER twin_no_delete; DROP TRIGGER twin_in_order;"
	"DROP TRIGGER twin_same_patient; DROP INDEX twin_of_patient;"
	"DROP TRIGGER twin_source_no_update; DROP TRIGGER twin_source_no_delete; DROP TRIGGER twin_source_in_order;",
	"DROP TRIGGER plan_version_no_update; DROP TRIGGER plan_version_no_delete; DROP TRIGGER plan_version_in_order;"
	"DROP TRIGGER plan_version_same_patient; DROP INDEX plan_of_patient; DROP INDEX plan_by_time;"
	"DROP TRIGGER plan_event_no_update; DROP TRIGGER plan_event_no_delete; DROP TRIGGER plan_event_in_order;"
	"DROP TRIGGER plan_event_from_state; DROP TRIGGER plan_event_content;"
	"DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_in_order;",
	"ALTER TABLE store_info RENAME TO old_store_info; ALTER TABLE patient RENAME TO old_patient;"
	"ALTER TABLE readings RENAME TO old_readings; ALTER TABLE twin RENAME TO old_twin;"
	"ALTER TABLE twin_source RENAME TO old_twin_source; ALTER TABLE plan_version RENAME TO old_plan_version;"
	"ALTER TABLE plan_event RENAME TO old_plan_event; ALTER TABLE audit RENAME TO old_audit;",
	NULL
};

/* What refers goes before what is referred to; freed pages are overwritten (secure_delete). */
static const char take_away[] =
	"DROP TABLE old_audit; DROP TABLE old_plan_event; DROP TABLE old_plan_version; DROP TABLE old_twin_source;"
	"DROP TABLE old_twin; DROP TABLE old_readings; DROP TABLE old_patient; DROP TABLE old_store_info;";
/* clang-format on */

static const char not_sealed[] = "the store was not brought to this program's schema";

struct old_table {
	const char *name, *sql; /* the columns in the order of the digest, the digest, then what else is needed */
	int columns;
	enum status (*move)(struct store *store, const struct cell *old, const struct cell *extra, struct fail *why);
};

static enum status old_digest(const struct old_table *table, const struct cell *cells, struct fail *why)
{
	struct digest_stream stream;
	struct digest digest;
	char name[FAIL_FIELD_MAX];
	digest_begin(&stream, "lasertwin-row/1");
	digest_add_text(&stream, table->name, strlen(table->name));
	for (int i = 0; i < table->columns; i++)
		if (cells[i].type == CELL_INT)
			digest_add_int(&stream, cells[i].number);
		else if (cells[i].type == CELL_TEXT)
			digest_add_text(&stream, cells[i].bytes, cells[i].n);
		else
			digest_add_blob(&stream, cells[i].bytes, cells[i].n);
	digest_end(&stream, &digest);
	if (cell_is_digest(&cells[table->columns], &digest))
		return ST_OK;
	(void)snprintf(name, sizeof name, "%s %.*s", table->name, cells[0].type == CELL_TEXT ? (int)cells[0].n : 0,
	               cells[0].type == CELL_TEXT ? (const char *)cells[0].bytes : "");
	one_line(name);
	return fail_set(why, ST_IO, name, "this row is damaged (its digest does not match): restore the last backup");
}

static bool copy_text(const struct cell *cell, char *out, size_t size)
{
	if (cell->type != CELL_TEXT || cell->n >= size)
		return false;
	memcpy(out, cell->bytes, cell->n);
	out[cell->n] = '\0';
	return true;
}

static enum status misfit(struct fail *why)
{
	return fail_set(why, ST_IO, "schema 1", "holds a value that no store holds: restore the last backup");
}

/* The row goes out to the server, too: nothing of a store of schema 1 has been there. */
static enum status send(struct store *store, enum outbox_object object, const struct cell *uuid, int64_t version,
                        int64_t ordinal, const struct cell *patient, int64_t at_ms, struct fail *why)
{
	struct store_outbox entry = {.object = object, .version = version, .ordinal = ordinal};
	const struct store_stamp stamp = {at_ms, "lasertwin"};
	if (!copy_text(uuid, entry.uuid, sizeof entry.uuid) || !copy_text(patient, entry.patient, sizeof entry.patient))
		return misfit(why);
	return outbox_append(store, &entry, &stamp, why);
}

enum { OLD_UUID, OLD_LABEL, OLD_NUMBER, OLD_BIRTH, OLD_SEX, OLD_VIRTUAL, OLD_CREATED };

static enum status move_patient(struct store *store, const struct cell *old, const struct cell *extra,
                                struct fail *why)
{
	(void)extra;
	char uuid[UUID_TEXT_SIZE], number[STORE_RECORD_NUMBER_MAX + 1];
	const struct cell cells[] = {old[OLD_UUID],   old[OLD_VIRTUAL], old[OLD_LABEL],  old[OLD_NUMBER],
	                             old[OLD_BIRTH], old[OLD_SEX],     old[OLD_CREATED]};
	if (!copy_text(&old[OLD_UUID], uuid, sizeof uuid) || !copy_text(&old[OLD_NUMBER], number, sizeof number))
		return misfit(why);
	enum status st = patient_key_add(store, uuid, number, why);
	if (st == ST_OK)
		st = row_insert(store, SQL_PATIENT_INSERT, TABLE_PATIENT, cells, not_sealed, why);
	return st == ST_OK
	               ? send(store, OUTBOX_PATIENT, &old[OLD_UUID], 0, 0, &old[OLD_UUID], old[OLD_CREATED].number, why)
	               : st;
}

static enum status move_readings(struct store *store, const struct cell *old, const struct cell *extra,
                                 struct fail *why)
{
	(void)extra;
	const struct cell cells[] = {old[0], old[1], cell_int(old[2].number / MS_PER_MIN), old[2], old[3], old[4],
	                             old[5]};
	enum status st = row_insert(store, SQL_READINGS_INSERT, TABLE_READINGS, cells, not_sealed, why);
	return st == ST_OK ? send(store, OUTBOX_READINGS, &old[0], 0, 0, &old[1], old[3].number, why) : st;
}

static enum status move_twin(struct store *store, const struct cell *old, const struct cell *extra,
                             struct fail *why)
{
	(void)extra;
	enum status st = row_insert(store, SQL_TWIN_INSERT, TABLE_TWIN, old, not_sealed, why);
	return st == ST_OK ? send(store, OUTBOX_TWIN, &old[0], old[1].number, 0, &old[2], old[4].number, why) : st;
}

static enum status move_source(struct store *store, const struct cell *old, const struct cell *extra,
                               struct fail *why)
{
	(void)extra;
	return row_insert(store, SQL_TWIN_SOURCE_INSERT, TABLE_TWIN_SOURCE, old, not_sealed, why);
}

static struct cell content_of(const struct store *store, const struct cell *digest,
                              unsigned char mark[VAULT_MARK_BYTES])
{
	mark_of(store, "plan content", digest->bytes, digest->n, mark);
	return cell_blob(mark, VAULT_MARK_BYTES);
}

static enum status move_plan(struct store *store, const struct cell *old, const struct cell *extra,
                             struct fail *why)
{
	(void)extra;
	unsigned char mark[VAULT_MARK_BYTES];
	const struct cell cells[] = {old[0], old[1], old[2], old[3], old[4],  old[5], content_of(store, &old[10], mark),
	                             old[6], old[7], old[8], old[9], old[10]};
	enum status st = row_insert(store, SQL_PLAN_INSERT, TABLE_PLAN, cells, not_sealed, why);
	return st == ST_OK ? send(store, OUTBOX_PLAN, &old[0], old[1].number, 0, &old[2], old[8].number, why) : st;
}

static enum status move_event(struct store *store, const struct cell *old, const struct cell *extra,
                              struct fail *why)
{
	unsigned char mark[VAULT_MARK_BYTES];
	const struct cell cells[] = {old[0],   old[1],                              old[2], old[3], old[4],
	                             extra[0], content_of(store, &old[9], mark), old[5], old[6], old[7],
	                             old[8],   old[9]};
	enum status st = row_insert(store, SQL_PLAN_EVENT_INSERT, TABLE_PLAN_EVENT, cells, not_sealed, why);
	if (st != ST_OK || old[2].number == 1)
		return st;
	return send(store, OUTBOX_PLAN_EVENT, &old[0], old[1].number, old[2].number, extra, old[6].number, why);
}

/* Chained anew in the old order: from here on it cannot be changed unseen. */
static enum status move_audit(struct store *store, const struct cell *old, const struct cell *extra,
                              struct fail *why)
{
	(void)extra;
	char actor[STORE_ACTOR_MAX + 1], action[STORE_ACTION_MAX + 1], object[STORE_OBJECT_MAX + 1];
	const struct store_stamp stamp = {old[1].number, actor};
	struct digest digest;
	if (!copy_text(&old[2], actor, sizeof actor) || !copy_text(&old[3], action, sizeof action) ||
	    !copy_text(&old[4], object, sizeof object))
		return misfit(why);
	if (old[5].n == sizeof digest.bytes)
		memcpy(digest.bytes, old[5].bytes, sizeof digest.bytes);
	return audit_append(store, action, object, old[5].n == sizeof digest.bytes ? &digest : NULL, &stamp, why);
}

static const struct old_table old_tables[] = {
        {"patient", "SELECT * FROM old_patient ORDER BY rowid", 7, move_patient},
        {"readings", "SELECT * FROM old_readings ORDER BY rowid", 6, move_readings},
        {"twin", "SELECT * FROM old_twin ORDER BY rowid", 7, move_twin},
        {"twin_source", "SELECT * FROM old_twin_source ORDER BY rowid", 5, move_source},
        {"plan_version", "SELECT * FROM old_plan_version ORDER BY rowid", 11, move_plan},
        {"plan_event",
         "SELECT e.*, p.patient FROM old_plan_event AS e JOIN old_plan_version AS p ON p.plan = e.plan"
         " AND p.version = e.version ORDER BY e.rowid",
         10, move_event},
        {"audit", "SELECT * FROM old_audit ORDER BY seq", 6, move_audit},
};

static enum status move_row(struct store *store, const struct old_table *table, sqlite3_stmt *statement,
                            struct fail *why)
{
	struct cell cells[OLD_COLUMNS_MAX + 2];
	int count = sqlite3_column_count(statement);
	BUG_ON(count > OLD_COLUMNS_MAX + 1);
	for (int i = 0; i < count; i++)
		cells[i] = cell_of(statement, i);
	enum status st = old_digest(table, cells, why);
	return st == ST_OK ? table->move(store, cells, &cells[table->columns + 1], why) : st;
}

static enum status move_table(struct store *store, const struct old_table *table, struct fail *why)
{
	sqlite3_stmt *statement = NULL;
	bool got = false;
	enum status st = ST_OK;
	if (sqlite3_prepare_v2(store->db, table->sql, -1, &statement, NULL) != SQLITE_OK)
		st = db_fail(store, not_sealed, why);
	if (st == ST_OK)
		st = row_step(store, statement, &got, why);
	while (st == ST_OK && got) {
		st = move_row(store, table, statement, why);
		if (st == ST_OK)
			st = row_step(store, statement, &got, why);
	}
	sqlite3_finalize(statement);
	return st;
}

enum status schema_1_prepare(struct store *store, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = ST_OK;
	for (const char *const *sql = set_aside; *sql && st == ST_OK; sql++)
		if (sqlite3_exec(store->db, *sql, NULL, NULL, NULL) != SQLITE_OK)
			st = db_fail(store, not_sealed, why);
	for (size_t i = 0; i < store_migration_count && st == ST_OK; i++)
		st = schema_apply(store, &store_migrations[i], why);
	if (st == ST_OK)
		st = sql_prepare_all(store, why);
	return st == ST_OK ? describe(store, store->uuid, stamp, why) : st;
}

enum status schema_1_move(struct store *store, const struct store_stamp *stamp, struct fail *why)
{
	(void)stamp;
	enum status st = ST_OK;
	for (size_t i = 0; i < sizeof old_tables / sizeof *old_tables && st == ST_OK; i++)
		st = move_table(store, &old_tables[i], why);
	if (st == ST_OK && sqlite3_exec(store->db, take_away, NULL, NULL, NULL) != SQLITE_OK)
		st = db_fail(store, not_sealed, why);
	return st;
}

enum status schema_1_kind(struct store *store, enum store_kind *kind, struct fail *why)
{
	static const struct old_table info = {"store_info", "SELECT * FROM store_info", 4, NULL};
	sqlite3_stmt *statement = NULL;
	struct cell cells[5];
	char name[16] = "";
	bool got = false;
	enum status st = ST_OK;
	if (sqlite3_prepare_v2(store->db, info.sql, -1, &statement, NULL) != SQLITE_OK)
		st = db_fail(store, "the store cannot be read", why);
	if (st == ST_OK)
		st = row_step(store, statement, &got, why);
	if (st == ST_OK && (!got || sqlite3_column_count(statement) != info.columns + 1))
		st = misfit(why);
	for (int i = 0; i <= info.columns && st == ST_OK; i++)
		cells[i] = cell_of(statement, i);
	if (st == ST_OK)
		st = old_digest(&info, cells, why);
	if (st == ST_OK && (!copy_text(&cells[1], name, sizeof name) ||
	                    !copy_text(&cells[2], store->uuid, sizeof store->uuid)))
		st = misfit(why);
	sqlite3_finalize(statement);
	*kind = strcmp(name, store_kind_name(STORE_DEMO)) == 0 ? STORE_DEMO : STORE_CLINIC;
	return st;
}
