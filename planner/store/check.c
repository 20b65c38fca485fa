/* Verifying everything: rows by their digests first, because those name what is damaged; then what holds
 * between rows; then SQLite's own structure, indexes included. */
#include "planner/store/internal.h"

/* Each gives the name of an offender, or nothing. */
struct relation {
	const char *sql, *text;
};
static const struct relation relations[] = {
        {"SELECT 'plan_version ' || plan FROM plan_version GROUP BY plan"
         " HAVING min(version) <> 1 OR max(version) <> count(*)",
         "a version of this plan is missing"},
        {"SELECT 'twin ' || uuid FROM twin GROUP BY uuid HAVING min(version) <> 1 OR max(version) <> "
         "count(*)",
         "a version of this twin is missing"},
        {"SELECT 'plan_version ' || plan || ' ' || version FROM plan_version AS p WHERE NOT EXISTS"
         " (SELECT 1 FROM plan_event WHERE plan = p.plan AND version = p.version)",
         "this plan version has lost its state"},
        {"SELECT 'plan_event ' || plan || ' ' || version FROM plan_event GROUP BY plan, version"
         " HAVING min(ordinal) <> 1 OR max(ordinal) <> count(*)",
         "an event of this plan version is missing"},
        {"SELECT 'plan_event ' || e.plan || ' ' || e.version || ' ' || e.ordinal FROM plan_event AS e"
         " JOIN plan_version AS p ON p.plan = e.plan AND p.version = e.version WHERE e.content <> p.content",
         "this event speaks of other content than its plan's"},
        {"SELECT 'twin ' || uuid || ' ' || version FROM twin AS t WHERE sources <>"
         " (SELECT count(*) FROM twin_source WHERE twin = t.uuid AND version = t.version)",
         "the list of readings of this twin is incomplete"},
        {"SELECT 'record ' || min(uuid) FROM record GROUP BY kind, patient, plan, plan_version, subject"
         " HAVING min(ordinal) <> 1 OR max(ordinal) <> count(*)",
         "a record before or after this one is missing"},
        {"SELECT 'patient ' || p.uuid FROM patient AS p WHERE"
         " NOT EXISTS (SELECT 1 FROM patient_key WHERE patient = p.uuid)"
         " AND NOT EXISTS (SELECT 1 FROM record WHERE kind = 'erasure' AND subject = p.uuid)",
         "the key of this patient is missing, and nobody erased them"},
        {"SELECT 'patient_key ' || patient FROM patient_key AS k WHERE"
         " NOT EXISTS (SELECT 1 FROM patient WHERE uuid = k.patient)",
         "this key's patient is missing"},
        {"SELECT 'identity ' || patient FROM identity GROUP BY patient HAVING min(version) <> 1"
         " OR max(version) <> count(*)",
         "a former identity of this patient is missing"},
        {"SELECT 'outbox ' || count(*) FROM outbox HAVING count(*) > 0 AND (min(seq) <> 1 OR max(seq) <> count(*))",
         "an entry of the outbox is missing"},
        {"SELECT 'audit ' || count(*) FROM audit HAVING min(seq) <> 1 OR max(seq) <> count(*)",
         "an audit entry is missing"},
        {"SELECT \"table\" || ' row ' || rowid FROM pragma_foreign_key_check",
         "this row refers to something that is missing"},
        {"SELECT 'store_info' WHERE (SELECT count(*) FROM store_info) <> 1", "the description is missing"},
        {"SELECT integrity_check FROM pragma_integrity_check(1) WHERE integrity_check <> 'ok'",
         "the file's structure is damaged"},
};

static enum status check_table(struct store *store, enum table table, int64_t *rows, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, (enum statement)(SQL_ALL_ROWS + table));
	struct row row;
	bool got = false;
	enum status st = row_step(store, statement, &got, why);
	while (st == ST_OK && got) {
		++*rows;
		st = row_read(store, statement, 0, table, &row, why);
		if (st == ST_NOT_FOUND && row.is_erased)
			st = ST_OK; /* its code was right, and nobody can read more of it */
		row_clear(&row);
		if (st == ST_OK)
			st = row_step(store, statement, &got, why);
	}
	statement_done(statement);
	return st;
}

enum status check_rows(struct store *store, int64_t *rows, struct fail *why)
{
	int64_t seen = 0;
	enum status st = ST_OK;
	for (int table = 0; table < TABLES && st == ST_OK; table++)
		st = check_table(store, (enum table)table, &seen, why);
	if (rows)
		*rows = seen;
	return st;
}

static enum status check_relation(struct store *store, const struct relation *relation, struct fail *why)
{
	sqlite3_stmt *statement = NULL;
	bool got = false;
	char name[FAIL_FIELD_MAX] = "";
	enum status st = ST_OK;
	if (sqlite3_prepare_v2(store->db, relation->sql, -1, &statement, NULL) != SQLITE_OK)
		st = db_fail(store, "the store cannot be checked", why);
	if (st == ST_OK)
		st = row_step(store, statement, &got, why);
	if (st == ST_OK && got) {
		(void)snprintf(name, sizeof name, "%s", (const char *)sqlite3_column_text(statement, 0));
		one_line(name);
		st = fail_set(why, ST_IO, name, "%s: restore the last backup", relation->text);
	}
	sqlite3_finalize(statement);
	return st;
}

enum status store_check(struct store *store, int64_t *rows, struct fail *why)
{
	enum status st = check_rows(store, rows, why);
	for (size_t i = 0; i < sizeof relations / sizeof *relations && st == ST_OK; i++)
		st = check_relation(store, &relations[i], why);
	return st == ST_OK ? name_pages_check(store, why) : st;
}
