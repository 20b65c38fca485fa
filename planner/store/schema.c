/* Tables and their history. One migration per schema version, run in one transaction; a migration that
 * was released is never edited. Version 1 holds content in the clear: sealing rows and audit comes as a
 * later version of this table.
 *
 * What the database refuses by itself: a change or removal of readings, twins, plan versions, events and
 * audit rows; a gap or repeat in their numbering; readings or a twin of another patient; an event that
 * starts from another state or speaks of other content than the plan's; virtual patients in a clinic
 * store and real ones in a demo.
 */
#include "planner/store/internal.h"

/* clang-format off */
#define APPEND_ONLY(table) \
	"CREATE TRIGGER " table "_no_update BEFORE UPDATE ON " table \
	" BEGIN SELECT RAISE(ABORT, '" table " is append-only: rows are not changed'); END;\n" \
	"CREATE TRIGGER " table "_no_delete BEFORE DELETE ON " table \
	" BEGIN SELECT RAISE(ABORT, '" table " is append-only: rows are not removed'); END;\n"

/* REPLACE would remove a row without asking the delete trigger; this one is asked before. */
#define NO_REPLACE(table, key) \
	"CREATE TRIGGER " table "_no_replace BEFORE INSERT ON " table \
	" WHEN EXISTS (SELECT 1 FROM " table " WHERE " key " = NEW." key ")" \
	" BEGIN SELECT RAISE(ABORT, 'a record of that name exists already'); END;\n"

/* Numbers run 1, 2, 3 ... among the rows that are `same`; a REPLACE is refused with them. */
#define IN_ORDER(table, number, same) \
	"CREATE TRIGGER " table "_in_order BEFORE INSERT ON " table \
	" WHEN NEW." number " <> 1 + coalesce((SELECT max(" number ") FROM " table " WHERE " same "), 0)" \
	" BEGIN SELECT RAISE(ABORT, 'its number does not follow the last one: somebody was faster," \
	" load again'); END;\n"

#define SAME_PATIENT(table, key) \
	"CREATE TRIGGER " table "_same_patient BEFORE INSERT ON " table \
	" WHEN EXISTS (SELECT 1 FROM " table " WHERE " key " = NEW." key " AND patient <> NEW.patient)" \
	" BEGIN SELECT RAISE(ABORT, 'that name belongs to another patient'); END;\n"

#define JSON "json TEXT NOT NULL CHECK (json <> ''), "
#define DIGEST "digest BLOB NOT NULL CHECK (length(digest) = 32), "
#define ROW_DIGEST "row_digest BLOB NOT NULL CHECK (length(row_digest) = 32)"

static const char store_info_1[] =
	"CREATE TABLE store_info ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" kind TEXT NOT NULL CHECK (kind IN ('clinic', 'demo')),"
	" uuid TEXT NOT NULL,"
	" created_at_ms INTEGER NOT NULL,"
	" " ROW_DIGEST ") STRICT;\n"
	APPEND_ONLY("store_info")
	NO_REPLACE("store_info", "id");

static const char patient_1[] =
	"CREATE TABLE patient ("
	" uuid TEXT NOT NULL PRIMARY KEY,"
	" label TEXT NOT NULL CHECK (label <> ''),"
	" record_number TEXT NOT NULL,"
	" birth TEXT NOT NULL,"
	" sex TEXT NOT NULL CHECK (sex IN ('M', 'F', 'X', 'U')),"
	" is_virtual INTEGER NOT NULL CHECK (is_virtual IN (0, 1)),"
	" created_at_ms INTEGER NOT NULL,"
	" " ROW_DIGEST ") STRICT;\n"
	"CREATE UNIQUE INDEX patient_record_number ON patient (record_number) WHERE record_number <> '';\n"
	"CREATE INDEX patient_label ON patient (label COLLATE NOCASE, uuid);\n"
	NO_REPLACE("patient", "uuid")
	"CREATE TRIGGER patient_number_taken BEFORE INSERT ON patient"
	" WHEN NEW.record_number <> '' AND EXISTS"
	" (SELECT 1 FROM patient WHERE record_number = NEW.record_number)"
	" BEGIN SELECT RAISE(ABORT, 'that record number belongs to another patient'); END;\n"
	"CREATE TRIGGER patient_kind BEFORE INSERT ON patient"
	" WHEN NEW.is_virtual <> (SELECT kind = 'demo' FROM store_info)"
	" BEGIN SELECT RAISE(ABORT, 'demo and real patients are never mixed'); END;\n";

static const char readings_1[] =
	"CREATE TABLE readings ("
	" uuid TEXT NOT NULL PRIMARY KEY,"
	" patient TEXT NOT NULL REFERENCES patient (uuid),"
	" taken_at_ms INTEGER NOT NULL,"
	" added_at_ms INTEGER NOT NULL,"
	" " JSON DIGEST ROW_DIGEST ","
	" UNIQUE (uuid, patient)) STRICT;\n"
	"CREATE INDEX readings_of_patient ON readings (patient, taken_at_ms);\n"
	APPEND_ONLY("readings")
	NO_REPLACE("readings", "uuid");

static const char twin_1[] =
	"CREATE TABLE twin ("
	" uuid TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" patient TEXT NOT NULL REFERENCES patient (uuid),"
	" sources INTEGER NOT NULL,"
	" created_at_ms INTEGER NOT NULL,"
	" " JSON DIGEST ROW_DIGEST ","
	" PRIMARY KEY (uuid, version), UNIQUE (uuid, version, patient)) STRICT;\n"
	"CREATE INDEX twin_of_patient ON twin (patient, created_at_ms);\n"
	APPEND_ONLY("twin")
	IN_ORDER("twin", "version", "uuid = NEW.uuid")
	SAME_PATIENT("twin", "uuid");

static const char twin_source_1[] =
	"CREATE TABLE twin_source ("
	" twin TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" ordinal INTEGER NOT NULL,"
	" patient TEXT NOT NULL,"
	" readings TEXT NOT NULL,"
	" " ROW_DIGEST ","
	" PRIMARY KEY (twin, version, ordinal),"
	" FOREIGN KEY (twin, version, patient) REFERENCES twin (uuid, version, patient),"
	" FOREIGN KEY (readings, patient) REFERENCES readings (uuid, patient)) STRICT;\n"
	APPEND_ONLY("twin_source")
	IN_ORDER("twin_source", "ordinal", "twin = NEW.twin AND version = NEW.version");

static const char plan_version_1[] =
	"CREATE TABLE plan_version ("
	" plan TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" patient TEXT NOT NULL REFERENCES patient (uuid),"
	" twin TEXT NOT NULL,"
	" twin_version INTEGER NOT NULL,"
	" device TEXT NOT NULL,"
	" verdict TEXT NOT NULL,"
	" author TEXT NOT NULL,"
	" created_at_ms INTEGER NOT NULL,"
	" " JSON DIGEST ROW_DIGEST ","
	" PRIMARY KEY (plan, version),"
	" FOREIGN KEY (twin, twin_version, patient) REFERENCES twin (uuid, version, patient)) STRICT;\n"
	"CREATE INDEX plan_of_patient ON plan_version (patient, created_at_ms);\n"
	"CREATE INDEX plan_by_time ON plan_version (created_at_ms);\n"
	APPEND_ONLY("plan_version")
	IN_ORDER("plan_version", "version", "plan = NEW.plan")
	SAME_PATIENT("plan_version", "plan");

static const char plan_event_1[] =
	"CREATE TABLE plan_event ("
	" plan TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" ordinal INTEGER NOT NULL,"
	" from_state TEXT NOT NULL,"
	" to_state TEXT NOT NULL,"
	" actor TEXT NOT NULL,"
	" at_ms INTEGER NOT NULL,"
	" reason TEXT NOT NULL,"
	" json TEXT NOT NULL,"
	" " DIGEST ROW_DIGEST ","
	" PRIMARY KEY (plan, version, ordinal),"
	" FOREIGN KEY (plan, version) REFERENCES plan_version (plan, version)) STRICT;\n"
	APPEND_ONLY("plan_event")
	IN_ORDER("plan_event", "ordinal", "plan = NEW.plan AND version = NEW.version")
	"CREATE TRIGGER plan_event_from_state BEFORE INSERT ON plan_event"
	" WHEN NEW.from_state IS NOT coalesce((SELECT to_state FROM plan_event"
	" WHERE plan = NEW.plan AND version = NEW.version ORDER BY ordinal DESC LIMIT 1), '')"
	" BEGIN SELECT RAISE(ABORT, 'the plan is no longer in that state: load it again'); END;\n"
	"CREATE TRIGGER plan_event_content BEFORE INSERT ON plan_event"
	" WHEN NEW.digest <> (SELECT digest FROM plan_version"
	" WHERE plan = NEW.plan AND version = NEW.version)"
	" BEGIN SELECT RAISE(ABORT, 'the plan is not the one that was shown: load it again'); END;\n";

static const char audit_1[] =
	"CREATE TABLE audit ("
	" seq INTEGER PRIMARY KEY,"
	" at_ms INTEGER NOT NULL,"
	" actor TEXT NOT NULL,"
	" action TEXT NOT NULL,"
	" object TEXT NOT NULL,"
	" digest BLOB NOT NULL CHECK (length(digest) IN (0, 32)),"
	" " ROW_DIGEST ") STRICT;\n"
	APPEND_ONLY("audit")
	IN_ORDER("audit", "seq", "true");

static const char header_1[] =
	"PRAGMA application_id = " STORE_APPLICATION_ID_TEXT ";\n"
	"PRAGMA user_version = 1;\n";

static const char record_2[] =
	"CREATE UNIQUE INDEX plan_version_of_patient ON plan_version (plan, version, patient);\n"
	"CREATE TABLE record ("
	" uuid TEXT NOT NULL PRIMARY KEY,"
	" kind TEXT NOT NULL CHECK (kind <> ''),"
	" patient TEXT NOT NULL,"
	" plan TEXT NOT NULL,"
	" plan_version INTEGER NOT NULL,"
	" subject TEXT NOT NULL,"
	" ordinal INTEGER NOT NULL,"
	" at_ms INTEGER NOT NULL,"
	" added_at_ms INTEGER NOT NULL,"
	" actor TEXT NOT NULL,"
	" " JSON DIGEST ROW_DIGEST ","
	/* Empty names refer to nothing. */
	" patient_ref TEXT GENERATED ALWAYS AS (nullif(patient, '')) STORED REFERENCES patient (uuid),"
	" plan_ref TEXT GENERATED ALWAYS AS (nullif(plan, '')) STORED,"
	" CHECK ((plan = '') = (plan_version = 0)),"
	" FOREIGN KEY (plan_ref, plan_version, patient) REFERENCES plan_version (plan, version, patient)) STRICT;\n"
	"CREATE INDEX record_of_patient ON record (patient, kind);\n"
	"CREATE INDEX record_of_plan ON record (plan, plan_version) WHERE plan <> '';\n"
	"CREATE UNIQUE INDEX record_of_kind ON record (kind, patient, plan, plan_version, subject, ordinal);\n"
	APPEND_ONLY("record")
	NO_REPLACE("record", "uuid")
	IN_ORDER("record", "ordinal", "kind = NEW.kind AND patient = NEW.patient AND plan = NEW.plan"
		" AND plan_version = NEW.plan_version AND subject = NEW.subject");

static const char draft_2[] =
	"CREATE TABLE draft ("
	" patient TEXT NOT NULL REFERENCES patient (uuid),"
	" kind TEXT NOT NULL,"
	" at_ms INTEGER NOT NULL,"
	" actor TEXT NOT NULL,"
	" " JSON DIGEST ROW_DIGEST ","
	" PRIMARY KEY (patient, kind)) STRICT;\n";

static const char outbox_2[] =
	"CREATE TABLE outbox ("
	" seq INTEGER PRIMARY KEY,"
	" object INTEGER NOT NULL,"
	" uuid TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" ordinal INTEGER NOT NULL,"
	" kind TEXT NOT NULL,"
	" patient TEXT NOT NULL,"
	" state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),"
	" next_try_ms INTEGER NOT NULL,"
	" added_at_ms INTEGER NOT NULL,"
	" state_at_ms INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL,"
	" server_id TEXT NOT NULL,"
	" version_id TEXT NOT NULL,"
	" last_updated TEXT NOT NULL,"
	" note TEXT NOT NULL,"
	" " ROW_DIGEST ") STRICT;\n"
	"CREATE INDEX outbox_of ON outbox (object, uuid, version);\n"
	"CREATE INDEX outbox_open ON outbox (seq) WHERE state <> 2;\n";

static const char external_2[] =
	"CREATE TABLE external ("
	" object INTEGER NOT NULL,"
	" uuid TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" server_id TEXT NOT NULL,"
	" version_id TEXT NOT NULL,"
	" last_updated TEXT NOT NULL,"
	" " ROW_DIGEST ","
	" PRIMARY KEY (object, uuid, version)) STRICT;\n"
	"CREATE INDEX external_server_id ON external (server_id);\n"
	"CREATE TRIGGER external_taken BEFORE INSERT ON external"
	" WHEN EXISTS (SELECT 1 FROM external WHERE server_id = NEW.server_id"
	" AND (uuid <> NEW.uuid OR object <> NEW.object))"
	" BEGIN SELECT RAISE(ABORT, 'the server has given that name to another object'); END;\n"
	"CREATE TABLE sync ("
	" key TEXT NOT NULL PRIMARY KEY,"
	" at_ms INTEGER NOT NULL,"
	" value TEXT NOT NULL,"
	" " ROW_DIGEST ") STRICT;\n";

static const char header_2[] = "PRAGMA user_version = 2;\n";

/* clang-format on */

static const char *const schema_2[] = {record_2, draft_2, outbox_2, external_2, header_2, NULL};

static const char *const schema_1[] = {store_info_1,   patient_1,    readings_1, twin_1,   twin_source_1,
                                       plan_version_1, plan_event_1, audit_1,    header_1, NULL};

const struct migration store_migrations[] = {
        {1, schema_1},
        {2, schema_2},
};
const size_t store_migration_count = sizeof store_migrations / sizeof *store_migrations;

static const struct table_spec tables[TABLES] = {
        [TABLE_INFO] = {"store_info", 4, 1, -1},         [TABLE_PATIENT] = {"patient", 7, 1, -1},
        [TABLE_READINGS] = {"readings", 6, 1, 4},        [TABLE_TWIN] = {"twin", 7, 2, 5},
        [TABLE_TWIN_SOURCE] = {"twin_source", 5, 3, -1}, [TABLE_PLAN] = {"plan_version", 11, 2, 9},
        [TABLE_PLAN_EVENT] = {"plan_event", 10, 3, -1},  [TABLE_AUDIT] = {"audit", 6, 1, -1},
        [TABLE_RECORD] = {"record", 12, 1, 10},          [TABLE_DRAFT] = {"draft", 6, 2, 4},
        [TABLE_OUTBOX] = {"outbox", 16, 1, -1},          [TABLE_EXTERNAL] = {"external", 6, 3, -1},
        [TABLE_SYNC] = {"sync", 3, 1, -1},
};

const struct table_spec *table_spec(enum table table)
{
	return &tables[table];
}

/* First column of the first row of a question asked once; for pragmas. */
static enum status ask_int(struct store *store, const char *sql, int *answer, struct fail *why)
{
	sqlite3_stmt *statement = NULL;
	bool got = false;
	enum status st = ST_OK;
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		st = db_fail(store, "the store cannot be read", why);
	if (st == ST_OK)
		st = row_step(store, statement, &got, why);
	if (st == ST_OK)
		*answer = got ? sqlite3_column_int(statement, 0) : 0;
	sqlite3_finalize(statement);
	return st;
}

static const char not_migrated[] = "the store was not brought to this program's schema";

static enum status apply(struct store *store, const struct migration *migration, struct fail *why)
{
	int version = 0;
	for (const char *const *sql = migration->sql; *sql; sql++)
		if (sqlite3_exec(store->db, *sql, NULL, NULL, NULL) != SQLITE_OK)
			return db_fail(store, not_migrated, why);
	enum status st = ask_int(store, "PRAGMA user_version", &version, why);
	BUG_ON(st == ST_OK && version != migration->version);
	return st;
}

static enum status audit_schema(struct store *store, const char *action, int version,
                                const struct store_stamp *stamp, struct fail *why)
{
	char object[STORE_OBJECT_MAX + 1];
	(void)snprintf(object, sizeof object, "schema %d", version);
	return audit_append(store, action, object, NULL, stamp, why);
}

static enum status describe(struct store *store, const struct store_stamp *stamp, struct fail *why)
{
	char uuid[UUID_TEXT_SIZE];
	enum status st = uuid_new(uuid, why);
	if (st != ST_OK)
		return st;
	const struct cell cells[] = {cell_int(1), cell_text(store_kind_name(store->kind)), cell_text(uuid),
	                             cell_int(stamp->at_ms)};
	return row_insert(store, SQL_INFO_INSERT, TABLE_INFO, cells, "the store was not created", why);
}

/* The statements are prepared in the middle, because they need the tables and the audit needs them. */
static enum status apply_from(struct store *store, const struct migration *migrations, size_t count,
                              int version, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < count && st == ST_OK; i++)
		if (migrations[i].version > version)
			st = apply(store, &migrations[i], why);
	if (st == ST_OK)
		st = sql_prepare_all(store, why);
	if (st == ST_OK && version == 0)
		st = describe(store, stamp, why);
	if (st == ST_OK && version == 0)
		return audit_schema(store, "store.create", migrations[count - 1].version, stamp, why);
	for (size_t i = 0; i < count && st == ST_OK; i++)
		if (migrations[i].version > version)
			st = audit_schema(store, "store.migrate", migrations[i].version, stamp, why);
	return st;
}

static enum status migrate(struct store *store, const struct migration *migrations, size_t count, int version,
                           int64_t now_ms, struct fail *why)
{
	struct store_stamp stamp = {now_ms, "lasertwin"};
	enum status st = time_check("now", now_ms, why);
	if (st == ST_OK && sqlite3_exec(store->db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK)
		st = db_fail(store, not_migrated, why);
	if (st != ST_OK)
		return st;
	st = apply_from(store, migrations, count, version, &stamp, why);
	if (st == ST_OK && sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		st = db_fail(store, not_migrated, why);
	if (st != ST_OK) {
		sql_finalize_all(store);
		if (!sqlite3_get_autocommit(store->db))
			(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return st;
}

enum status schema_known(struct store *store, struct fail *why)
{
	int version = 0, last = store_migrations[store_migration_count - 1].version;
	enum status st = ask_int(store, "PRAGMA user_version", &version, why);
	if (st == ST_OK && (version < 1 || version > last))
		st = fail_set(why, ST_DENIED, store->path,
		              "was written by a newer lasertwin (schema %d, this one knows 1 to %d): update "
		              "lasertwin",
		              version, last);
	return st;
}

enum status schema_open(struct store *store, const struct migration *migrations, size_t count, int64_t now_ms,
                        struct fail *why)
{
	int version = 0;
	enum status st = ask_int(store, "PRAGMA user_version", &version, why);
	if (st != ST_OK)
		return st;
	if (version == migrations[count - 1].version)
		return sql_prepare_all(store, why);
	return migrate(store, migrations, count, version, now_ms, why);
}
