/* Every statement of the store, constant text, prepared once. Parameters are always bound.
 *
 * Columns are read in the order of the tables (schema.c), because their digest is taken in that order.
 */
#include "planner/store/internal.h"

/* clang-format off */
#define PATIENT "SELECT uuid, label, record_number, birth, sex, is_virtual, created_at_ms, row_digest" \
	" FROM patient "
#define READINGS "SELECT uuid, patient, taken_at_ms, added_at_ms, json, digest, row_digest FROM readings "
#define TWIN "SELECT uuid, version, patient, sources, created_at_ms, json, digest, row_digest FROM twin "
#define PLAN_COLUMNS "p.plan, p.version, p.patient, p.twin, p.twin_version, p.device, p.verdict, p.author," \
	" p.created_at_ms, p.json, p.digest, p.row_digest"
#define EVENT_COLUMNS "e.plan, e.version, e.ordinal, e.from_state, e.to_state, e.actor, e.at_ms, e.reason," \
	" e.json, e.digest, e.row_digest"
#define EVENT "SELECT " EVENT_COLUMNS " FROM plan_event AS e "
#define LAST_EVENT "e.plan = p.plan AND e.version = p.version AND e.ordinal =" \
	" (SELECT max(ordinal) FROM plan_event WHERE plan = p.plan AND version = p.version) "
/* LEFT: a plan whose event is lost must be reported, not left out. */
#define PLAN "SELECT " PLAN_COLUMNS ", " EVENT_COLUMNS \
	" FROM plan_version AS p LEFT JOIN plan_event AS e ON " LAST_EVENT
#define PLAN_IS_LATEST "p.version = (SELECT max(version) FROM plan_version WHERE plan = p.plan) "
#define AUDIT "SELECT seq, at_ms, actor, action, object, digest, row_digest FROM audit "
#define MATCHES_TEXT "WHERE ?1 = '' OR instr(lower(label), lower(?1)) > 0" \
	" OR instr(lower(record_number), lower(?1)) > 0 "
#define RECORD "SELECT uuid, kind, patient, plan, plan_version, subject, ordinal, at_ms, added_at_ms, actor, json," \
	" digest, row_digest FROM record "
#define RECORD_IS "(?1 = '' OR kind = ?1) AND (?2 = '' OR patient = ?2) AND (?3 = '' OR plan = ?3)" \
	" AND (?4 = 0 OR plan_version = ?4) AND (?5 = '' OR subject = ?5) "
#define DRAFT "SELECT patient, kind, at_ms, actor, json, digest, row_digest FROM draft "
#define OUTBOX "SELECT seq, object, uuid, version, ordinal, kind, patient, state, next_try_ms, added_at_ms," \
	" state_at_ms, attempts, server_id, version_id, last_updated, note, row_digest FROM outbox "
#define OUTBOX_IS "seq > ?1 AND ((1 << state) & ?2) <> 0 AND (?3 = 0 OR next_try_ms <= ?3)" \
	" AND (?4 = '' OR patient = ?4) ORDER BY seq LIMIT ?5"
#define EXTERNAL "SELECT object, uuid, version, server_id, version_id, last_updated, row_digest FROM external "
#define SYNC "SELECT key, at_ms, value, row_digest FROM sync "
#define PAGE(limit, offset) "LIMIT ?" limit " OFFSET ?" offset

static const char *const texts[STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SAVEPOINT] = "SAVEPOINT one_write",
	[SQL_SAVEPOINT_RELEASE] = "RELEASE one_write",
	[SQL_SAVEPOINT_ROLLBACK] = "ROLLBACK TO one_write",
	/* Asked here and not in a CHECK, where an untrusted schema may not use it. */
	[SQL_IS_JSON_OBJECT] = "SELECT CASE WHEN json_valid(?1) THEN json_type(?1) = 'object' ELSE 0 END",
	[SQL_INFO_INSERT] = "INSERT INTO store_info VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_PATIENT_INSERT] = "INSERT INTO patient VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_PATIENT_GET] = PATIENT "WHERE uuid = ?1",
	[SQL_PATIENT_BY_LABEL] = PATIENT MATCHES_TEXT "ORDER BY label COLLATE NOCASE, uuid " PAGE("2", "3"),
	[SQL_PATIENT_BY_RECORD_NUMBER] = PATIENT MATCHES_TEXT
		"ORDER BY record_number, label COLLATE NOCASE, uuid " PAGE("2", "3"),
	[SQL_PATIENT_NEWEST] = PATIENT MATCHES_TEXT
		"ORDER BY created_at_ms DESC, label COLLATE NOCASE, uuid " PAGE("2", "3"),
	[SQL_READINGS_INSERT] = "INSERT INTO readings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_READINGS_GET] = READINGS "WHERE uuid = ?1",
	[SQL_READINGS_LIST] = READINGS
		"WHERE patient = ?1 ORDER BY taken_at_ms DESC, added_at_ms DESC, rowid DESC LIMIT ?2",
	[SQL_TWIN_INSERT] = "INSERT INTO twin VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_TWIN_GET] = TWIN "WHERE uuid = ?1 AND version = ?2",
	[SQL_TWIN_LIST] = TWIN "WHERE patient = ?1 ORDER BY created_at_ms DESC, rowid DESC LIMIT ?2",
	[SQL_TWIN_SOURCE_INSERT] = "INSERT INTO twin_source VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_TWIN_SOURCE_LIST] = "SELECT twin, version, ordinal, patient, readings, row_digest"
		" FROM twin_source WHERE twin = ?1 AND version = ?2 ORDER BY ordinal",
	[SQL_PLAN_INSERT] = "INSERT INTO plan_version VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[SQL_PLAN_GET] = PLAN "WHERE p.plan = ?1 AND p.version = ?2",
	[SQL_PLAN_LATEST] = PLAN "WHERE p.plan = ?1 ORDER BY p.version DESC LIMIT 1",
	[SQL_PLAN_VERSIONS] = PLAN "WHERE p.plan = ?1 ORDER BY p.version DESC LIMIT ?2",
	[SQL_PLAN_LIST] = PLAN "WHERE " PLAN_IS_LATEST "AND (?1 = '' OR e.to_state = ?1 OR e.to_state IS NULL)"
		" ORDER BY p.created_at_ms DESC, p.rowid DESC " PAGE("2", "3"),
	[SQL_PLAN_LIST_PATIENT] = PLAN "WHERE p.patient = ?4 AND " PLAN_IS_LATEST
		"AND (?1 = '' OR e.to_state = ?1 OR e.to_state IS NULL)"
		" ORDER BY p.created_at_ms DESC, p.rowid DESC " PAGE("2", "3"),
	[SQL_PLAN_EVENT_INSERT] = "INSERT INTO plan_event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[SQL_PLAN_EVENT_NEXT] = "SELECT 1 + coalesce(max(ordinal), 0),"
		" coalesce((SELECT patient FROM plan_version WHERE plan = ?1 AND version = ?2), '')"
		" FROM plan_event WHERE plan = ?1 AND version = ?2",
	[SQL_PLAN_EVENT_LIST] = EVENT "WHERE e.plan = ?1 AND e.version = ?2 ORDER BY e.ordinal LIMIT ?3",
	[SQL_AUDIT_INSERT] = "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_AUDIT_NEXT] = "SELECT 1 + coalesce(max(seq), 0) FROM audit",
	[SQL_AUDIT_LIST] = AUDIT "WHERE seq > ?1 ORDER BY seq LIMIT ?2",
	[SQL_RECORD_INSERT] = "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	[SQL_RECORD_NEXT] = "SELECT 1 + coalesce(max(ordinal), 0) FROM record WHERE kind = ?1 AND patient = ?2"
		" AND plan = ?3 AND plan_version = ?4 AND subject = ?5",
	[SQL_RECORD_GET] = RECORD "WHERE uuid = ?1",
	[SQL_RECORD_LIST] = RECORD "WHERE " RECORD_IS "ORDER BY rowid DESC " PAGE("6", "7"),
	[SQL_RECORD_OF_KIND] = RECORD "WHERE kind = ?1 AND " RECORD_IS "ORDER BY rowid DESC " PAGE("6", "7"),
	[SQL_RECORD_OF_PATIENT] = RECORD "WHERE patient = ?2 AND " RECORD_IS "ORDER BY rowid DESC " PAGE("6", "7"),
	[SQL_RECORD_OF_PLAN] = RECORD "WHERE plan = ?3 AND " RECORD_IS "ORDER BY rowid DESC " PAGE("6", "7"),
	[SQL_RECORD_LIST_OLDEST] = RECORD "WHERE " RECORD_IS "ORDER BY rowid " PAGE("6", "7"),
	[SQL_RECORD_OF_KIND_OLDEST] = RECORD "WHERE kind = ?1 AND " RECORD_IS "ORDER BY rowid " PAGE("6", "7"),
	[SQL_RECORD_OF_PATIENT_OLDEST] = RECORD "WHERE patient = ?2 AND " RECORD_IS "ORDER BY rowid " PAGE("6", "7"),
	[SQL_RECORD_OF_PLAN_OLDEST] = RECORD "WHERE plan = ?3 AND " RECORD_IS "ORDER BY rowid " PAGE("6", "7"),
	[SQL_DRAFT_PUT] = "REPLACE INTO draft VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_DRAFT_GET] = DRAFT "WHERE patient = ?1 AND kind = ?2",
	[SQL_DRAFT_LIST] = DRAFT "WHERE ?1 = '' OR patient = ?1 ORDER BY at_ms DESC, rowid DESC LIMIT ?2",
	[SQL_DRAFT_DROP] = "DELETE FROM draft WHERE patient = ?1 AND kind = ?2",
	[SQL_OUTBOX_PUT] = "REPLACE INTO outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
		" ?15, ?16, ?17)",
	[SQL_OUTBOX_NEXT] = "SELECT 1 + coalesce(max(seq), 0) FROM outbox",
	[SQL_OUTBOX_GET] = OUTBOX "WHERE seq = ?1",
	[SQL_OUTBOX_LIST] = OUTBOX "WHERE " OUTBOX_IS,
	[SQL_OUTBOX_LIST_OPEN] = OUTBOX "WHERE state <> 2 AND " OUTBOX_IS,
	[SQL_OUTBOX_FIND] = OUTBOX "WHERE object = ?1 AND uuid = ?2 AND (?3 = 0 OR version = ?3) ORDER BY seq DESC LIMIT 1",
	[SQL_OUTBOX_COUNT] = "SELECT state, count(*) FROM outbox GROUP BY state",
	[SQL_EXTERNAL_PUT] = "INSERT INTO external VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
		" ON CONFLICT (object, uuid, version) DO UPDATE SET server_id = ?4, version_id = ?5, last_updated = ?6,"
		" row_digest = ?7",
	[SQL_EXTERNAL_OF] = EXTERNAL "WHERE object = ?1 AND uuid = ?2 AND version = ?3",
	[SQL_EXTERNAL_FIND] = EXTERNAL "WHERE server_id = ?1",
	[SQL_SYNC_PUT] = "REPLACE INTO sync VALUES (?1, ?2, ?3, ?4)",
	[SQL_SYNC_GET] = SYNC "WHERE key = ?1",
	[SQL_ALL_ROWS + TABLE_INFO] = "SELECT id, kind, uuid, created_at_ms, row_digest FROM store_info",
	[SQL_ALL_ROWS + TABLE_PATIENT] = PATIENT,
	[SQL_ALL_ROWS + TABLE_READINGS] = READINGS,
	[SQL_ALL_ROWS + TABLE_TWIN] = TWIN,
	[SQL_ALL_ROWS + TABLE_TWIN_SOURCE] = "SELECT twin, version, ordinal, patient, readings, row_digest"
		" FROM twin_source",
	[SQL_ALL_ROWS + TABLE_PLAN] = "SELECT " PLAN_COLUMNS " FROM plan_version AS p",
	[SQL_ALL_ROWS + TABLE_PLAN_EVENT] = EVENT,
	[SQL_ALL_ROWS + TABLE_AUDIT] = AUDIT,
	[SQL_ALL_ROWS + TABLE_RECORD] = RECORD,
	[SQL_ALL_ROWS + TABLE_DRAFT] = DRAFT,
	[SQL_ALL_ROWS + TABLE_OUTBOX] = OUTBOX,
	[SQL_ALL_ROWS + TABLE_EXTERNAL] = EXTERNAL,
	[SQL_ALL_ROWS + TABLE_SYNC] = SYNC,
};
/* clang-format on */

void sql_finalize_all(struct store *store)
{
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(store->statement[i]);
		store->statement[i] = NULL;
	}
}

enum status sql_prepare_all(struct store *store, struct fail *why)
{
	sql_finalize_all(store);
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(store->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
		                       &store->statement[i], NULL) != SQLITE_OK)
			return db_fail(store, "the store does not have the tables it should", why);
	return ST_OK;
}
