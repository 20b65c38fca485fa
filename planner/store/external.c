/* Names on the server's side, and the small texts that synchronisation remembers. */
#include "planner/store/internal.h"

enum { OBJECT, UUID, VERSION, SERVER_MARK, SERVER_ID, VERSION_ID, LAST_UPDATED };
enum { SYNC_KEY, SYNC_AT, SYNC_VALUE };

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_external *external = item;
	struct store_receipt *receipt = &external->receipt;
	int64_t object = row_int(row, OBJECT);
	if (object < 0 || object >= OUTBOX_OBJECTS || !row_text(row, UUID, external->uuid, sizeof external->uuid) ||
	    !row_text(row, SERVER_ID, receipt->server_id, sizeof receipt->server_id) ||
	    !row_text(row, VERSION_ID, receipt->version_id, sizeof receipt->version_id) ||
	    !row_text(row, LAST_UPDATED, receipt->last_updated, sizeof receipt->last_updated))
		return row_misfit(row, why);
	external->object = (enum outbox_object)object;
	external->version = row_int(row, VERSION);
	return ST_OK;
}

static const struct reader reader = {TABLE_EXTERNAL, sizeof(struct store_external), load, NULL};

static enum status check(const struct store_external *external, struct fail *why)
{
	const struct store_receipt *receipt = &external->receipt;
	if ((unsigned)external->object >= OUTBOX_OBJECTS)
		return fail_set(why, ST_INPUT, "external.object", "is no kind of object");
	enum status st = uuid_check("external.uuid", external->uuid, why);
	if (st == ST_OK)
		st = text_check("external.server_id", receipt->server_id, STORE_SERVER_ID_MAX, true, why);
	if (st == ST_OK)
		st = text_check("external.version_id", receipt->version_id, STORE_SERVER_ID_MAX, false, why);
	if (st == ST_OK)
		st = text_check("external.last_updated", receipt->last_updated, STORE_SERVER_TIME_MAX, false, why);
	return st;
}

static enum status put(struct store *store, const struct store_external *external, struct fail *why)
{
	unsigned char mark[VAULT_MARK_BYTES];
	mark_of(store, "server id", external->receipt.server_id, strlen(external->receipt.server_id), mark);
	const struct cell cells[] = {
	        [SERVER_MARK] = cell_blob(mark, sizeof mark),
	        [OBJECT] = cell_int(external->object),
	        [UUID] = cell_text(external->uuid),
	        [VERSION] = cell_int(external->version),
	        [SERVER_ID] = cell_text(external->receipt.server_id),
	        [VERSION_ID] = cell_text(external->receipt.version_id),
	        [LAST_UPDATED] = cell_text(external->receipt.last_updated),
	};
	return row_insert(store, SQL_EXTERNAL_PUT, TABLE_EXTERNAL, cells,
	                  "the server's name of this object was not saved", why);
}

enum status store_external_put(struct store *store, const struct store_external *external,
                               const struct store_stamp *stamp, struct fail *why)
{
	enum status st = check(external, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, put(store, external, why), why);
}

enum status store_external_of(struct store *store, enum outbox_object object, const char *uuid, int64_t version,
                              struct store_external *out, struct fail *why)
{
	enum status st = uuid_check("external", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_EXTERNAL_OF);
	bind_int(statement, 1, object);
	bind_text(statement, 2, uuid);
	bind_int(statement, 3, version);
	return read_one(store, statement, &reader, out, "the server has no name for this object yet", why);
}

enum status store_external_find(struct store *store, const char *server_id, struct store_external *out,
                                struct fail *why)
{
	enum status st = text_check("server_id", server_id, STORE_SERVER_ID_MAX, true, why);
	if (st != ST_OK)
		return st;
	if (!store->vault)
		return writable_check(store, why);
	unsigned char mark[VAULT_MARK_BYTES];
	mark_of(store, "server id", server_id, strlen(server_id), mark);
	sqlite3_stmt *statement = statement_use(store, SQL_EXTERNAL_FIND);
	BUG_ON(sqlite3_bind_blob(statement, 1, mark, sizeof mark, SQLITE_STATIC) != SQLITE_OK);
	return read_one(store, statement, &reader, out, "no object of this store has that name on the server", why);
}

/* ---- watermarks and the like ---- */

struct setting {
	char key[STORE_SYNC_KEY_MAX + 1];
	char value[STORE_SYNC_VALUE_MAX + 1];
};

static enum status load_setting(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                                struct fail *why)
{
	(void)store;
	(void)statement;
	struct setting *setting = item;
	return row_text(row, SYNC_KEY, setting->key, sizeof setting->key) &&
	                       row_text(row, SYNC_VALUE, setting->value, sizeof setting->value)
	               ? ST_OK
	               : row_misfit(row, why);
}

static const struct reader setting_reader = {TABLE_SYNC, sizeof(struct setting), load_setting, NULL};

enum status store_sync_set(struct store *store, const char *key, const char *value, const struct store_stamp *stamp,
                           struct fail *why)
{
	enum status st = word_check("sync.key", key, STORE_SYNC_KEY_MAX, why);
	if (st == ST_OK)
		st = text_check("sync.value", value, STORE_SYNC_VALUE_MAX, false, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	const struct cell cells[] = {
	        [SYNC_KEY] = cell_text(key),
	        [SYNC_AT] = cell_int(stamp->at_ms),
	        [SYNC_VALUE] = cell_text(value),
	};
	st = row_insert(store, SQL_SYNC_PUT, TABLE_SYNC, cells, "the state of synchronisation was not saved", why);
	return store_write_end(store, st, why);
}

enum status store_sync_get(struct store *store, const char *key, char *value, struct fail *why)
{
	struct setting setting;
	enum status st = word_check("sync.key", key, STORE_SYNC_KEY_MAX, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_SYNC_GET);
	bind_text(statement, 1, key);
	st = read_one(store, statement, &setting_reader, &setting, "this was never set", why);
	if (st == ST_OK)
		memcpy(value, setting.value, sizeof setting.value);
	return st;
}

enum status store_sync_next(struct store *store, const char *prefix, char *key, char *value, struct fail *why)
{
	struct setting setting;
	enum status st = word_check("sync.key", key[0] ? key : prefix, STORE_SYNC_KEY_MAX, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_SYNC_FROM);
	bind_text(statement, 1, key[0] ? key : prefix);
	st = read_one(store, statement, &setting_reader, &setting, "no more of these", why);
	if (st == ST_OK && strncmp(setting.key, prefix, strlen(prefix)) != 0)
		return fail_set(why, ST_NOT_FOUND, "sync.key", "no more of these");
	if (st == ST_OK) {
		memcpy(key, setting.key, sizeof setting.key);
		memcpy(value, setting.value, sizeof setting.value);
	}
	return st;
}
