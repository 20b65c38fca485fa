/* Every statement of the store, constant text, prepared once. Parameters are always bound.
 *
 * Columns are read in the order of the tables (schema.c), because their digest is taken in that order.
 */
#include "planner/store/internal.h"

/* clang-format off */
#define PATIENT "SELECT uuid, is_virtual, sealed, code FROM patient "
#define READINGS "SELECT uuid, patient, taken_min, sealed, code FROM readings "
#define TWIN "SELECT uuid, version, patient, sources, sealed, code FROM twin "
#define PLAN_COLUMNS "p.plan, p.version, p.patient, p.twin, p.twin_version, p.device, p.content, p.sealed, p.code"
#define EVENT_COLUMNS "e.plan, e.version, e.ordinal, e.from_state, e.to_state, e.patient, e.content, e.sealed, e.code"
#define EVENT "SELECT " EVENT_COLUMNS " FROM plan_event AS e "
#define LAST_EVENT "e.plan = p.plan AND e.version = p.version AND e.ordinal =" \
	" (SELECT max(ordinal) FROM plan_event WHERE plan = p.plan AND version = p.version) "
/* LEFT: a plan whose event is lost must be reported, not left out. */
#define PLAN "SELECT " PLAN_COLUMNS ", " EVENT_COLUMNS \
	" FROM plan_version AS p LEFT JOIN plan_event AS e ON " LAST_EVENT
#define PLAN_IS_LATEST "p.version = (SELECT max(version) FROM plan_version WHERE plan = p.plan) "
/* Of an erased patient nothing can be listed. */
#define IS_READABLE "EXISTS (SELECT 1 FROM patient_key AS k WHERE k.patient = p.patient) "
#define AUDIT "SELECT seq, chain, seal, sealed, code FROM audit "
#define RECORD "SELECT uuid, kind, patient, plan, plan_version, subject, ordinal, sealed, code FROM record AS p "
#define RECORD_IS "(?1 = '' OR kind = ?1) AND (?2 = '' OR patient = ?2) AND (?3 = '' OR plan = ?3)" \
	" AND (?4 = 0 OR plan_version = ?4) AND (?5 = '' OR subject = ?5)" \
	" AND (p.patient = '' OR " IS_READABLE ") "
#define DRAFT "SELECT patient, kind, sealed, code FROM draft "
#define OUTBOX "SELECT seq, object, uuid, version, ordinal, kind, patient, state, next_try_ms, sealed, code" \
	" FROM outbox "
#define OUTBOX_IS "seq > ?1 AND ((1 << state) & ?2) <> 0 AND (?3 = 0 OR next_try_ms <= ?3)" \
	" AND (?4 = '' OR patient = ?4) ORDER BY seq LIMIT ?5"
#define EXTERNAL "SELECT object, uuid, version, server_mark, sealed, code FROM external "
#define SYNC "SELECT key, sealed, code FROM sync "
#define IDENTITY "SELECT patient, version, sealed, code FROM identity "
#define PATIENT_KEY "SELECT patient, number_mark, wrapped, code FROM patient_key "
#define PATIENT_PAGE "SELECT number, last_row, sealed, code FROM patient_page "
#define PERSON "SELECT uuid, login, operations, memory_bytes, salt, slot, sealed, code FROM person "
#define PERSON_KEY "SELECT person, number, public_key, code FROM person_key "
#define ATTEMPT "SELECT person, failures, boot, since_boot_ms, at_ms, code FROM attempt "
#define RECOVERY "SELECT id, public_key, box, code FROM recovery "
#define AUDIT_HEAD "SELECT id, seq, sealed, code FROM audit_head "
#define CHECKPOINT "SELECT seq, person, key_number, chain, at_ms, signature, code FROM checkpoint "
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
	[SQL_PATIENT_INSERT] = "INSERT INTO patient VALUES (?1, ?2, ?3, ?4)",
	[SQL_PATIENT_GET] = PATIENT "WHERE uuid = ?1",
	/* Each with its key beside it, which spares a question for each. */
	[SQL_PATIENT_AFTER] = "SELECT k.patient, k.number_mark, k.wrapped, k.code, p.uuid, p.is_virtual, p.sealed, p.code,"
		" p.rowid FROM patient AS p CROSS JOIN patient_key AS k ON k.patient = p.uuid"
		" WHERE p.rowid > ?1 ORDER BY p.rowid LIMIT ?2",
	[SQL_PATIENT_PAGE_PUT] = "REPLACE INTO patient_page VALUES (?1, ?2, ?3, ?4)",
	[SQL_PATIENT_PAGE_OF] = PATIENT_PAGE "WHERE last_row >= (SELECT rowid FROM patient WHERE uuid = ?1)"
		" ORDER BY number LIMIT 1",
	[SQL_PATIENT_PAGE_EXTENT] = "SELECT coalesce(max(number), 0), coalesce(max(last_row), 0),"
		" coalesce((SELECT max(rowid) FROM patient), 0) FROM patient_page",
	[SQL_PATIENT_COUNT] = "SELECT count(*), (SELECT count(*) FROM identity AS p WHERE " IS_READABLE ") FROM patient_key",
	[SQL_PATIENT_KEY_INSERT] = "INSERT INTO patient_key VALUES (?1, ?2, ?3, ?4)",
	[SQL_PATIENT_KEY_GET] = PATIENT_KEY "WHERE patient = ?1",
	[SQL_PATIENT_KEY_DROP] = "DELETE FROM patient_key WHERE patient = ?1",
	[SQL_PATIENT_KEY_NUMBER] = "UPDATE patient_key SET number_mark = ?2, wrapped = ?3, code = ?4 WHERE patient = ?1",
	[SQL_IDENTITY_INSERT] = "INSERT INTO identity VALUES (?1, ?2, ?3, ?4)",
	[SQL_IDENTITY_GET] = IDENTITY "WHERE patient = ?1 AND version = ?2",
	[SQL_IDENTITY_LATEST] = IDENTITY "WHERE patient = ?1 ORDER BY version DESC LIMIT 1",
	[SQL_PATIENT_KEY_OF] = PATIENT_KEY "WHERE number_mark = ?1",
	[SQL_READINGS_INSERT] = "INSERT INTO readings VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_READINGS_GET] = READINGS "WHERE uuid = ?1",
	[SQL_READINGS_LIST] = READINGS
		"WHERE patient = ?1 AND taken_min >= coalesce((SELECT taken_min FROM readings WHERE patient = ?1"
		" ORDER BY taken_min DESC LIMIT 1 OFFSET ?2), 0) ORDER BY taken_min DESC, rowid DESC",
	[SQL_TWIN_INSERT] = "INSERT INTO twin VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_TWIN_GET] = TWIN "WHERE uuid = ?1 AND version = ?2",
	[SQL_TWIN_LIST] = TWIN "WHERE patient = ?1 ORDER BY rowid DESC LIMIT ?2",
	[SQL_TWIN_SOURCE_INSERT] = "INSERT INTO twin_source VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_TWIN_SOURCE_LIST] = "SELECT twin, version, ordinal, patient, readings, code"
		" FROM twin_source WHERE twin = ?1 AND version = ?2 ORDER BY ordinal",
	[SQL_PLAN_INSERT] = "INSERT INTO plan_version VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_PLAN_GET] = PLAN "WHERE p.plan = ?1 AND p.version = ?2",
	[SQL_PLAN_LATEST] = PLAN "WHERE p.plan = ?1 ORDER BY p.version DESC LIMIT 1",
	[SQL_PLAN_VERSIONS] = PLAN "WHERE p.plan = ?1 ORDER BY p.version DESC LIMIT ?2",
	[SQL_PLAN_LIST] = PLAN "WHERE " PLAN_IS_LATEST "AND (?1 = '' OR e.to_state = ?1 OR e.to_state IS NULL)"
		" AND " IS_READABLE "ORDER BY p.rowid DESC " PAGE("2", "3"),
	[SQL_PLAN_LIST_PATIENT] = PLAN "WHERE p.patient = ?4 AND " PLAN_IS_LATEST
		"AND (?1 = '' OR e.to_state = ?1 OR e.to_state IS NULL)"
		" ORDER BY p.rowid DESC " PAGE("2", "3"),
	[SQL_PLAN_EVENT_INSERT] = "INSERT INTO plan_event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_PLAN_EVENT_NEXT] = "SELECT 1 + coalesce(max(ordinal), 0),"
		" coalesce((SELECT patient FROM plan_version WHERE plan = ?1 AND version = ?2), '')"
		" FROM plan_event WHERE plan = ?1 AND version = ?2",
	[SQL_PLAN_EVENT_LIST] = EVENT "WHERE e.plan = ?1 AND e.version = ?2 ORDER BY e.ordinal LIMIT ?3",
	[SQL_PLAN_EVENT_ALL] = EVENT "WHERE (e.plan, e.version, e.ordinal) > (?1, ?2, ?3)"
		" AND EXISTS (SELECT 1 FROM patient_key AS k WHERE k.patient = e.patient)"
		" ORDER BY e.plan, e.version, e.ordinal LIMIT ?4",
	[SQL_AUDIT_INSERT] = "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_AUDIT_NEXT] = "SELECT 1 + coalesce(max(seq), 0) FROM audit",
	[SQL_AUDIT_LIST] = AUDIT "WHERE seq > ?1 ORDER BY seq LIMIT ?2",
	[SQL_RECORD_INSERT] = "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
	[SQL_DRAFT_PUT] = "REPLACE INTO draft VALUES (?1, ?2, ?3, ?4)",
	[SQL_DRAFT_GET] = DRAFT "WHERE patient = ?1 AND kind = ?2",
	[SQL_DRAFT_LIST] = DRAFT "WHERE ?1 = '' OR patient = ?1 ORDER BY rowid DESC LIMIT ?2",
	[SQL_DRAFT_DROP_ALL] = "DELETE FROM draft WHERE patient = ?1",
	[SQL_DRAFT_DROP] = "DELETE FROM draft WHERE patient = ?1 AND kind = ?2",
	[SQL_OUTBOX_PUT] = "REPLACE INTO outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[SQL_OUTBOX_NEXT] = "SELECT 1 + coalesce(max(seq), 0) FROM outbox",
	[SQL_OUTBOX_GET] = OUTBOX "WHERE seq = ?1",
	[SQL_OUTBOX_LIST] = OUTBOX "WHERE " OUTBOX_IS,
	[SQL_OUTBOX_LIST_OPEN] = OUTBOX "WHERE state <> 2 AND " OUTBOX_IS,
	[SQL_OUTBOX_FIND] = OUTBOX "WHERE object = ?1 AND uuid = ?2 AND (?3 = 0 OR version = ?3) ORDER BY seq DESC LIMIT 1",
	[SQL_OUTBOX_COUNT] = "SELECT state, count(*) FROM outbox GROUP BY state",
	[SQL_EXTERNAL_PUT] = "INSERT INTO external VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT (object, uuid, version) DO UPDATE SET server_mark = ?4, sealed = ?5, code = ?6",
	[SQL_EXTERNAL_OF] = EXTERNAL "WHERE object = ?1 AND uuid = ?2 AND version = ?3",
	[SQL_EXTERNAL_FIND] = EXTERNAL "WHERE server_mark = ?1",
	[SQL_SYNC_PUT] = "REPLACE INTO sync VALUES (?1, ?2, ?3)",
	[SQL_SYNC_GET] = SYNC "WHERE key = ?1",
	[SQL_SYNC_FROM] = SYNC "WHERE key > ?1 ORDER BY key LIMIT 1",
	[SQL_PERSON_PUT] = "INSERT INTO person VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (uuid) DO UPDATE SET"
		" operations = ?3, memory_bytes = ?4, salt = ?5, slot = ?6, sealed = ?7, code = ?8",
	[SQL_PERSON_GET] = PERSON "WHERE login = ?1",
	[SQL_PERSON_LIST] = PERSON "ORDER BY login",
	[SQL_PERSON_COUNT] = "SELECT count(*) FROM person",
	[SQL_PERSON_KEY_INSERT] = "INSERT INTO person_key VALUES (?1, ?2, ?3, ?4)",
	[SQL_PERSON_KEY_GET] = PERSON_KEY "WHERE person = ?1 AND number = ?2",
	[SQL_ATTEMPT_PUT] = "REPLACE INTO attempt VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_ATTEMPT_GET] = ATTEMPT "WHERE person = ?1",
	[SQL_RECOVERY_PUT] = "REPLACE INTO recovery VALUES (?1, ?2, ?3, ?4)",
	[SQL_RECOVERY_GET] = RECOVERY,
	[SQL_AUDIT_HEAD_PUT] = "REPLACE INTO audit_head VALUES (?1, ?2, ?3, ?4)",
	[SQL_AUDIT_HEAD_GET] = AUDIT_HEAD,
	[SQL_AUDIT_GET] = AUDIT "WHERE seq = ?1",
	[SQL_CHECKPOINT_INSERT] = "INSERT INTO checkpoint VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_CHECKPOINT_LIST] = CHECKPOINT "WHERE seq > ?1 ORDER BY seq",
	[SQL_ALL_ROWS + TABLE_INFO] = "SELECT id, kind, uuid, created_at_ms, code FROM store_info",
	[SQL_ALL_ROWS + TABLE_PATIENT] = PATIENT,
	[SQL_ALL_ROWS + TABLE_READINGS] = READINGS,
	[SQL_ALL_ROWS + TABLE_TWIN] = TWIN,
	[SQL_ALL_ROWS + TABLE_TWIN_SOURCE] = "SELECT twin, version, ordinal, patient, readings, code"
		" FROM twin_source",
	[SQL_ALL_ROWS + TABLE_PLAN] = "SELECT " PLAN_COLUMNS " FROM plan_version AS p",
	[SQL_ALL_ROWS + TABLE_PLAN_EVENT] = EVENT,
	[SQL_ALL_ROWS + TABLE_AUDIT] = AUDIT,
	[SQL_ALL_ROWS + TABLE_RECORD] = RECORD,
	[SQL_ALL_ROWS + TABLE_DRAFT] = DRAFT,
	[SQL_ALL_ROWS + TABLE_OUTBOX] = OUTBOX,
	[SQL_ALL_ROWS + TABLE_EXTERNAL] = EXTERNAL,
	[SQL_ALL_ROWS + TABLE_SYNC] = SYNC,
	[SQL_ALL_ROWS + TABLE_PATIENT_KEY] = PATIENT_KEY,
	[SQL_ALL_ROWS + TABLE_PERSON] = PERSON,
	[SQL_ALL_ROWS + TABLE_PERSON_KEY] = PERSON_KEY,
	[SQL_ALL_ROWS + TABLE_ATTEMPT] = ATTEMPT,
	[SQL_ALL_ROWS + TABLE_RECOVERY] = RECOVERY,
	[SQL_ALL_ROWS + TABLE_AUDIT_HEAD] = AUDIT_HEAD,
	[SQL_ALL_ROWS + TABLE_CHECKPOINT] = CHECKPOINT,
	[SQL_ALL_ROWS + TABLE_IDENTITY] = IDENTITY,
	[SQL_ALL_ROWS + TABLE_PATIENT_PAGE] = PATIENT_PAGE "ORDER BY number",
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
