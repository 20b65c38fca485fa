/* Tables and their history. One migration per schema version, run in one transaction; a migration that
 * was released is never edited. Version 1 held content in the clear; what is left of it is read by
 * schema_1.c when a store of it gets its first administrator and with that a key.
 *
 * What the database refuses by itself: a change or removal of patients, readings, twins, plan versions, events,
 * records and audit rows; a gap or repeat in their numbering; readings or a twin of another patient; an event that
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

#define SEALED "sealed BLOB NOT NULL, "
#define MARK(name) name " BLOB NOT NULL CHECK (length(" name ") = 16), "
#define CODE "code BLOB NOT NULL CHECK (length(code) = 32)"

static const char store_info_2[] =
	"CREATE TABLE store_info ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" kind TEXT NOT NULL CHECK (kind IN ('clinic', 'demo')),"
	" uuid TEXT NOT NULL,"
	" created_at_ms INTEGER NOT NULL,"
	" " CODE ") STRICT;\n"
	APPEND_ONLY("store_info")
	NO_REPLACE("store_info", "id");

static const char person_2[] =
	"CREATE TABLE person ("
	" uuid TEXT NOT NULL PRIMARY KEY,"
	" login TEXT NOT NULL UNIQUE CHECK (login <> ''),"
	" operations INTEGER NOT NULL,"
	" memory_bytes INTEGER NOT NULL,"
	" salt BLOB NOT NULL,"
	" slot BLOB NOT NULL,"
	" " SEALED CODE ") STRICT;\n"
	"CREATE TRIGGER person_no_delete BEFORE DELETE ON person"
	" BEGIN SELECT RAISE(ABORT, 'people are not removed: what they signed must stay theirs'); END;\n"
	/* Every signing key there ever was, for old signatures. */
	"CREATE TABLE person_key ("
	" person TEXT NOT NULL REFERENCES person (uuid),"
	" number INTEGER NOT NULL,"
	" public_key BLOB NOT NULL CHECK (length(public_key) = 32),"
	" " CODE ","
	" PRIMARY KEY (person, number)) STRICT;\n"
	APPEND_ONLY("person_key")
	IN_ORDER("person_key", "number", "person = NEW.person")
	"CREATE TABLE attempt ("
	" person TEXT NOT NULL PRIMARY KEY REFERENCES person (uuid),"
	" failures INTEGER NOT NULL,"
	" boot TEXT NOT NULL,"
	" since_boot_ms INTEGER NOT NULL,"
	" at_ms INTEGER NOT NULL,"
	" " CODE ") STRICT;\n"
	"CREATE TABLE recovery ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" public_key BLOB NOT NULL,"
	" box BLOB NOT NULL,"
	" " CODE ") STRICT;\n";

static const char patient_2[] =
	"CREATE TABLE patient ("
	" uuid TEXT NOT NULL PRIMARY KEY,"
	" is_virtual INTEGER NOT NULL CHECK (is_virtual IN (0, 1)),"
	" " SEALED CODE ") STRICT;\n"
	APPEND_ONLY("patient")
	NO_REPLACE("patient", "uuid")
	"CREATE TRIGGER patient_kind BEFORE INSERT ON patient"
	" WHEN NEW.is_virtual <> (SELECT kind = 'demo' FROM store_info)"
	" BEGIN SELECT RAISE(ABORT, 'demo and real patients are never mixed'); END;\n"
	/* Erasing a patient removes the row here. The record number goes with it. */
	"CREATE TABLE patient_key ("
	" patient TEXT NOT NULL PRIMARY KEY,"
	" number_mark BLOB NOT NULL CHECK (length(number_mark) IN (0, 16)),"
	" wrapped BLOB NOT NULL,"
	" " CODE ") STRICT, WITHOUT ROWID;\n"
	"CREATE UNIQUE INDEX patient_number ON patient_key (number_mark) WHERE number_mark <> x'';\n"
	NO_REPLACE("patient_key", "patient")
	"CREATE TRIGGER patient_number_taken BEFORE INSERT ON patient_key"
	" WHEN NEW.number_mark <> x'' AND EXISTS"
	" (SELECT 1 FROM patient_key WHERE number_mark = NEW.number_mark)"
	" BEGIN SELECT RAISE(ABORT, 'that record number belongs to another patient'); END;\n"
	"CREATE TRIGGER patient_key_no_update BEFORE UPDATE ON patient_key"
	" BEGIN SELECT RAISE(ABORT, 'keys are not changed'); END;\n";

static const char readings_2[] =
	"CREATE TABLE readings ("
	" uuid TEXT NOT NULL PRIMARY KEY,"
	" patient TEXT NOT NULL REFERENCES patient (uuid),"
	" taken_min INTEGER NOT NULL,"
	" " SEALED CODE ","
	" UNIQUE (uuid, patient)) STRICT;\n"
	"CREATE INDEX readings_of_patient ON readings (patient, taken_min);\n"
	APPEND_ONLY("readings")
	NO_REPLACE("readings", "uuid");

static const char twin_2[] =
	"CREATE TABLE twin ("
	" uuid TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" patient TEXT NOT NULL REFERENCES patient (uuid),"
	" sources INTEGER NOT NULL,"
	" " SEALED CODE ","
	" PRIMARY KEY (uuid, version), UNIQUE (uuid, version, patient)) STRICT;\n"
	"CREATE INDEX twin_of_patient ON twin (patient);\n"
	APPEND_ONLY("twin")
	IN_ORDER("twin", "version", "uuid = NEW.uuid")
	SAME_PATIENT("twin", "uuid");

static const char twin_source_2[] =
	"CREATE TABLE twin_source ("
	" twin TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" ordinal INTEGER NOT NULL,"
	" patient TEXT NOT NULL,"
	" readings TEXT NOT NULL,"
	" " CODE ","
	" PRIMARY KEY (twin, version, ordinal),"
	" FOREIGN KEY (twin, version, patient) REFERENCES twin (uuid, version, patient),"
	" FOREIGN KEY (readings, patient) REFERENCES readings (uuid, patient)) STRICT;\n"
	APPEND_ONLY("twin_source")
	IN_ORDER("twin_source", "ordinal", "twin = NEW.twin AND version = NEW.version");

static const char plan_version_2[] =
	"CREATE TABLE plan_version ("
	" plan TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" patient TEXT NOT NULL REFERENCES patient (uuid),"
	" twin TEXT NOT NULL,"
	" twin_version INTEGER NOT NULL,"
	" device TEXT NOT NULL,"
	" " MARK("content") SEALED CODE ","
	" PRIMARY KEY (plan, version), UNIQUE (plan, version, patient),"
	" FOREIGN KEY (twin, twin_version, patient) REFERENCES twin (uuid, version, patient)) STRICT;\n"
	"CREATE INDEX plan_of_patient ON plan_version (patient);\n"
	APPEND_ONLY("plan_version")
	IN_ORDER("plan_version", "version", "plan = NEW.plan")
	SAME_PATIENT("plan_version", "plan");

static const char plan_event_2[] =
	"CREATE TABLE plan_event ("
	" plan TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" ordinal INTEGER NOT NULL,"
	" from_state TEXT NOT NULL,"
	" to_state TEXT NOT NULL,"
	" patient TEXT NOT NULL,"
	" " MARK("content") SEALED CODE ","
	" PRIMARY KEY (plan, version, ordinal),"
	" FOREIGN KEY (plan, version, patient) REFERENCES plan_version (plan, version, patient)) STRICT;\n"
	APPEND_ONLY("plan_event")
	IN_ORDER("plan_event", "ordinal", "plan = NEW.plan AND version = NEW.version")
	"CREATE TRIGGER plan_event_from_state BEFORE INSERT ON plan_event"
	" WHEN NEW.from_state IS NOT coalesce((SELECT to_state FROM plan_event"
	" WHERE plan = NEW.plan AND version = NEW.version ORDER BY ordinal DESC LIMIT 1), '')"
	" BEGIN SELECT RAISE(ABORT, 'the plan is no longer in that state: load it again'); END;\n"
	"CREATE TRIGGER plan_event_content BEFORE INSERT ON plan_event"
	" WHEN NEW.content <> (SELECT content FROM plan_version"
	" WHERE plan = NEW.plan AND version = NEW.version)"
	" BEGIN SELECT RAISE(ABORT, 'the plan is not the one that was shown: load it again'); END;\n";

static const char record_2[] =
	"CREATE TABLE record ("
	" uuid TEXT NOT NULL PRIMARY KEY,"
	" kind TEXT NOT NULL CHECK (kind <> ''),"
	" patient TEXT NOT NULL,"
	" plan TEXT NOT NULL,"
	" plan_version INTEGER NOT NULL,"
	" subject TEXT NOT NULL,"
	" ordinal INTEGER NOT NULL,"
	" " SEALED CODE ","
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
	" " SEALED CODE ","
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
	" " SEALED CODE ") STRICT;\n"
	"CREATE INDEX outbox_of ON outbox (object, uuid, version);\n"
	"CREATE INDEX outbox_open ON outbox (seq) WHERE state <> 2;\n";

static const char external_2[] =
	"CREATE TABLE external ("
	" object INTEGER NOT NULL,"
	" uuid TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" " MARK("server_mark") SEALED CODE ","
	" PRIMARY KEY (object, uuid, version)) STRICT;\n"
	"CREATE INDEX external_server_id ON external (server_mark);\n"
	"CREATE TRIGGER external_taken BEFORE INSERT ON external"
	" WHEN EXISTS (SELECT 1 FROM external WHERE server_mark = NEW.server_mark"
	" AND (uuid <> NEW.uuid OR object <> NEW.object))"
	" BEGIN SELECT RAISE(ABORT, 'the server has given that name to another object'); END;\n"
	"CREATE TABLE sync ("
	" key TEXT NOT NULL PRIMARY KEY,"
	" " SEALED CODE ") STRICT;\n";

static const char audit_2[] =
	"CREATE TABLE audit ("
	" seq INTEGER PRIMARY KEY,"
	" chain BLOB NOT NULL CHECK (length(chain) = 32),"
	" seal BLOB NOT NULL CHECK (length(seal) = 32),"
	" " SEALED CODE ") STRICT;\n"
	APPEND_ONLY("audit")
	IN_ORDER("audit", "seq", "true")
	"CREATE TABLE audit_head ("
	" id INTEGER PRIMARY KEY CHECK (id = 1),"
	" seq INTEGER NOT NULL,"
	" " SEALED CODE ") STRICT;\n"
	"CREATE TABLE checkpoint ("
	" seq INTEGER PRIMARY KEY REFERENCES audit (seq),"
	" person TEXT NOT NULL REFERENCES person (uuid),"
	" key_number INTEGER NOT NULL,"
	" chain BLOB NOT NULL,"
	" at_ms INTEGER NOT NULL,"
	" signature BLOB NOT NULL CHECK (length(signature) = 64),"
	" " CODE ") STRICT;\n"
	APPEND_ONLY("checkpoint");

static const char header_2[] =
	"PRAGMA application_id = " STORE_APPLICATION_ID_TEXT ";\n"
	"PRAGMA user_version = 2;\n";

/* Who a patient is can be corrected: each correction is a row more, the former ones stay. The record number of
 * patient_key, by which a patient is found, follows; the key itself never changes. */
static const char identity_3[] =
	"CREATE TABLE identity ("
	" patient TEXT NOT NULL REFERENCES patient (uuid),"
	" version INTEGER NOT NULL,"
	" " SEALED CODE ","
	" PRIMARY KEY (patient, version)) STRICT, WITHOUT ROWID;\n"
	APPEND_ONLY("identity")
	IN_ORDER("identity", "version", "patient = NEW.patient")
	"DROP TRIGGER patient_key_no_update;\n"
	"CREATE TRIGGER patient_key_no_update BEFORE UPDATE ON patient_key"
	" WHEN NEW.patient <> OLD.patient OR NEW.wrapped <> OLD.wrapped"
	" BEGIN SELECT RAISE(ABORT, 'keys are not changed'); END;\n"
	"CREATE TRIGGER patient_number_free BEFORE UPDATE ON patient_key"
	" WHEN NEW.number_mark <> x'' AND EXISTS"
	" (SELECT 1 FROM patient_key WHERE number_mark = NEW.number_mark AND patient <> NEW.patient)"
	" BEGIN SELECT RAISE(ABORT, 'that record number belongs to another patient'); END;\n"
	"PRAGMA user_version = 3;\n";

/* Names once more, many to a row (name_page.c); the program fills it in. */
static const char patient_page_4[] =
	"CREATE TABLE patient_page ("
	" number INTEGER PRIMARY KEY,"
	" last_row INTEGER NOT NULL,"
	" " SEALED CODE ") STRICT;\n"
	"PRAGMA user_version = 4;\n";

/* clang-format on */

static const char *const schema_2[] = {store_info_2, person_2,   patient_2,    readings_2, twin_2, twin_source_2,
                                       plan_version_2, plan_event_2, record_2, draft_2,    outbox_2, external_2,
                                       audit_2,      header_2,   NULL};

static const char *const schema_3[] = {identity_3, NULL};
static const char *const schema_4[] = {patient_page_4, NULL};

const struct migration store_migrations[] = {
        {2, schema_2},
        {3, schema_3},
        {4, schema_4},
};
const size_t store_migration_count = sizeof store_migrations / sizeof *store_migrations;

/* Cells from..count-1 are sealed. */
#define SEALED_FROM(from, count) ((1u << (count)) - (1u << (from)))

/* clang-format off */
static const struct table_spec tables[TABLES] = {
	[TABLE_INFO] = {"store_info", 4, 1, -1, -1, 0, true},
	[TABLE_PATIENT] = {"patient", 7, 1, -1, 0, SEALED_FROM(2, 7), false},
	[TABLE_READINGS] = {"readings", 7, 1, 5, 1, SEALED_FROM(3, 7), false},
	[TABLE_TWIN] = {"twin", 7, 2, 5, 2, SEALED_FROM(4, 7), false},
	[TABLE_TWIN_SOURCE] = {"twin_source", 5, 3, -1, -1, 0, false},
	[TABLE_PLAN] = {"plan_version", 12, 2, 10, 2, SEALED_FROM(7, 12), false},
	[TABLE_PLAN_EVENT] = {"plan_event", 12, 3, -1, 5, SEALED_FROM(7, 12), false},
	[TABLE_AUDIT] = {"audit", 8, 1, -1, -1, SEALED_FROM(3, 8), false},
	[TABLE_RECORD] = {"record", 12, 1, 10, 2, SEALED_FROM(7, 12), false},
	[TABLE_DRAFT] = {"draft", 6, 2, 4, 0, SEALED_FROM(2, 6), false},
	[TABLE_OUTBOX] = {"outbox", 16, 1, -1, -1, SEALED_FROM(9, 16), false},
	[TABLE_EXTERNAL] = {"external", 7, 3, -1, -1, SEALED_FROM(4, 7), false},
	[TABLE_SYNC] = {"sync", 3, 1, -1, -1, SEALED_FROM(1, 3), false},
	[TABLE_IDENTITY] = {"identity", 9, 2, -1, 0, SEALED_FROM(2, 9), false},
	[TABLE_PATIENT_KEY] = {"patient_key", 3, 1, -1, -1, 0, false},
	[TABLE_PERSON] = {"person", 13, 2, -1, -1, SEALED_FROM(6, 13), true},
	[TABLE_PERSON_KEY] = {"person_key", 3, 2, -1, -1, 0, false},
	[TABLE_ATTEMPT] = {"attempt", 5, 1, -1, -1, 0, true},
	[TABLE_RECOVERY] = {"recovery", 3, 1, -1, -1, 0, true},
	[TABLE_AUDIT_HEAD] = {"audit_head", 5, 1, -1, -1, SEALED_FROM(2, 5), false},
	[TABLE_CHECKPOINT] = {"checkpoint", 6, 1, -1, -1, 0, false},
	[TABLE_PATIENT_PAGE] = {"patient_page", 3, 1, -1, -1, SEALED_FROM(2, 3), false},
};
/* clang-format on */

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

enum status schema_apply(struct store *store, const struct migration *migration, struct fail *why)
{
	int version = 0;
	for (const char *const *sql = migration->sql; *sql; sql++)
		if (sqlite3_exec(store->db, *sql, NULL, NULL, NULL) != SQLITE_OK)
			return db_fail(store, not_migrated, why);
	enum status st = ask_int(store, "PRAGMA user_version", &version, why);
	BUG_ON(st == ST_OK && version != migration->version);
	return st;
}

enum status describe(struct store *store, const char *uuid, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = uuid ? ST_OK : uuid_new(store->uuid, why);
	if (st != ST_OK)
		return st;
	if (uuid)
		(void)snprintf(store->uuid, sizeof store->uuid, "%s", uuid);
	const struct cell cells[] = {cell_int(1), cell_text(store_kind_name(store->kind)), cell_text(store->uuid),
	                             cell_int(stamp->at_ms)};
	return row_insert(store, SQL_INFO_INSERT, TABLE_INFO, cells, "the store was not created", why);
}

/* The audit, which needs a key, is told at the next login (audit_schema). */
static enum status apply_from(struct store *store, const struct migration *migrations, size_t count,
                              int version, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < count && st == ST_OK; i++)
		if (migrations[i].version > version)
			st = schema_apply(store, &migrations[i], why);
	if (st == ST_OK)
		st = sql_prepare_all(store, why);
	return st == ST_OK && version == 0 ? describe(store, NULL, stamp, why) : st;
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
	store->is_plain = st == ST_OK && version == 1;
	return st;
}

enum status schema_open(struct store *store, const struct migration *migrations, size_t count, int64_t now_ms,
                        struct fail *why)
{
	int version = 0;
	enum status st = ask_int(store, "PRAGMA user_version", &version, why);
	if (st != ST_OK)
		return st;
	if (store->is_plain) /* in the clear: store_setup seals it, because that takes a key */
		return ST_OK;
	if (version == migrations[count - 1].version)
		return sql_prepare_all(store, why);
	return migrate(store, migrations, count, version, now_ms, why);
}
