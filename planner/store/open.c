/* Opening: the file is found, looked at, locked, recognised, hardened, checked and brought up to date,
 * in that order, so that whatever is refused has not been changed.
 *
 *   place_find      a private file on a local disk              (no descriptor is opened)
 *   peek            another program's file is left alone        (read without locks or recovery)
 *   harden, lock    one connection, no other process            (a crash's journal is rolled back here)
 *   recognise       ours, not newer, clinic or demo as asked
 *   settle          pragmas, each read back
 *   quick_check     SQLite's structure
 *   schema_open     created or migrated in one transaction, statements prepared
 */
#include "planner/store/internal.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const kind_names[STORE_KINDS] = {[STORE_CLINIC] = "clinic", [STORE_DEMO] = "demo"};
static const char *const kind_words[STORE_KINDS] = {
        [STORE_CLINIC] = "a clinic's store", [STORE_DEMO] = "a demo store"};

const char *store_is_rolled_back(const struct store *store)
{
	return store->is_rolled_back ? store->anchor_says : NULL;
}

const char *store_kind_name(enum store_kind kind)
{
	BUG_ON((unsigned)kind >= STORE_KINDS);
	return kind_names[kind];
}

enum store_kind store_kind(const struct store *store)
{
	return store->kind;
}

static const char *vfs_of(const struct store *store)
{
	return store->vfs[0] ? store->vfs : NULL;
}

/* ---- questions with one answer ---- */

/* The first column of the first row as one line of text, "" when there is none. */
static enum status ask(sqlite3 *db, const char *sql, char *answer, size_t size)
{
	sqlite3_stmt *statement = NULL;
	answer[0] = '\0';
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		(void)snprintf(answer, size, "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	one_line(answer);
	return code == SQLITE_ROW || code == SQLITE_DONE ? ST_OK : ST_IO;
}

/* ---- looking without touching ---- */

/* An SQLite URI of a path: everything but letters, digits and -._~/ as %XX. */
static void uri_of(const char *path, char *uri, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
	size_t n = (size_t)snprintf(uri, size, "file:");
	for (; *path && n < size; path++)
		n += (size_t)snprintf(uri + n, size - n, strchr(plain, *path) ? "%c" : "%%%02X",
		                      (unsigned char)*path);
	BUG_ON(n + sizeof "?immutable=1" > size);
	(void)snprintf(uri + n, size - n, "?immutable=1");
}

static enum status not_ours(const struct store *store, struct fail *why)
{
	return fail_set(why, ST_DENIED, store->path,
	                "is not a store of lasertwin (or its first page is damaged): name another file, or "
	                "restore the last backup");
}

/* Whether the file is ours, read without locks and without rolling a journal back. */
static enum status peek(const struct store *store, struct fail *why)
{
	char uri[3 * PATH_MAX + 32], id[24];
	sqlite3 *db = NULL;
	uri_of(store->path, uri, sizeof uri);
	int code = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, vfs_of(store));
	bool ours = code == SQLITE_OK && ask(db, "PRAGMA application_id", id, sizeof id) == ST_OK &&
	            strcmp(id, STORE_APPLICATION_ID_TEXT) == 0;
	(void)sqlite3_close(db);
	return ours ? ST_OK : not_ours(store, why);
}

/* ---- hardening ---- */

/* As recommended in SQLite's "Defense Against The Dark Arts" (security.html), lowered further where our
 * statements allow; the length must hold the longest JSON and its row. */
static const struct {
	int limit, value;
} limits[] = {
        {SQLITE_LIMIT_LENGTH, 2 * STORE_JSON_MAX},
        {SQLITE_LIMIT_SQL_LENGTH, 100000},
        {SQLITE_LIMIT_COLUMN, 100},
        {SQLITE_LIMIT_EXPR_DEPTH, 20},
        {SQLITE_LIMIT_COMPOUND_SELECT, 3},
        {SQLITE_LIMIT_VDBE_OP, 25000},
        {SQLITE_LIMIT_FUNCTION_ARG, 8},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 20},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 10},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static const struct {
	int option, value;
	const char *name;
} switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1, "defensive"},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, "load_extension"},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1, "foreign_keys"},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, "triggers"},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, "trusted_schema"},
        {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, "writable_schema"},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, "fts3_tokenizer"},
        {SQLITE_DBCONFIG_DQS_DML, 0, "double-quoted strings"},
        {SQLITE_DBCONFIG_DQS_DDL, 0, "double-quoted strings"},
};

static enum status did_not_take(const struct store *store, const char *name, const char *found,
                                struct fail *why)
{
	return fail_set(
	        why, ST_IO, store->path,
	        "the setting %s did not take (it reads \"%s\"): this SQLite cannot keep the store safely; "
	        "install the distribution's own",
	        name, found);
}

static enum status harden(struct store *store, struct fail *why)
{
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		(void)sqlite3_limit(store->db, limits[i].limit, limits[i].value);
		if (sqlite3_limit(store->db, limits[i].limit, -1) > limits[i].value)
			return did_not_take(store, "limit", "higher", why);
	}
	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
		int now = -1;
		if (sqlite3_db_config(store->db, switches[i].option, switches[i].value, &now) != SQLITE_OK ||
		    now != switches[i].value)
			return did_not_take(store, switches[i].name, now > 0 ? "on" : "off", why);
	}
	return ST_OK;
}

/* Each is set and read back. The first one is set before the lock is taken, so that it stays taken. */
static const struct pragma {
	const char *name, *set, *get, *expect;
} pragmas[] = {
        {"locking_mode", "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode", "exclusive"},
        {"encoding", "PRAGMA encoding = 'UTF-8'", "PRAGMA encoding", "UTF-8"},
        {"journal_mode", "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode", "delete"},
        {"synchronous", "PRAGMA synchronous = EXTRA", "PRAGMA synchronous", "3"},
        {"foreign_keys", "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1"},
        {"recursive_triggers", "PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers", "1"},
        {"ignore_check_constraints", "PRAGMA ignore_check_constraints = OFF",
         "PRAGMA ignore_check_constraints", "0"},
        {"trusted_schema", "PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0"},
        {"cell_size_check", "PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", "1"},
        {"temp_store", "PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2"},
        {"cache_size", "PRAGMA cache_size = -16000", "PRAGMA cache_size", "-16000"},
        {"mmap_size", "PRAGMA mmap_size = 0", "PRAGMA mmap_size", "0"},
        {"secure_delete", "PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1"},
};

static enum status set_pragma(struct store *store, const struct pragma *pragma, struct fail *why)
{
	char found[64];
	if (sqlite3_exec(store->db, pragma->set, NULL, NULL, NULL) != SQLITE_OK ||
	    ask(store->db, pragma->get, found, sizeof found) != ST_OK)
		return db_fail(store, "the store cannot be opened", why);
	/* A file system without memory mapping answers nothing, which is as good as none. */
	if (strcmp(found, pragma->expect) != 0 &&
	    !(found[0] == '\0' && strcmp(pragma->name, "mmap_size") == 0))
		return did_not_take(store, pragma->name, found, why);
	return ST_OK;
}

static enum status settle(struct store *store, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas && st == ST_OK; i++)
		st = set_pragma(store, &pragmas[i], why);
	return st;
}

/* ---- locking and recognising ---- */

/* In exclusive mode the lock of this transaction is kept until the file is closed. It is rolled back
 * because a commit would write the first page of an empty file. */
static enum status lock(struct store *store, struct fail *why)
{
	enum status st = set_pragma(store, &pragmas[0], why);
	if (st != ST_OK)
		return st;
	if (sqlite3_exec(store->db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(store, "the store was not opened", why);
	if (sqlite3_db_readonly(store->db, "main") != 0)
		return fail_set(why, ST_IO, store->path,
		                "cannot be written: check the permissions and the disk");
	return ST_OK;
}

static enum status kind_in_file(struct store *store, enum store_kind *kind, struct fail *why)
{
	if (store->is_plain)
		return schema_1_kind(store, kind, why);
	sqlite3_stmt *statement = NULL;
	struct row row;
	bool got = false;
	char name[16] = "";
	enum status st = ST_OK;
	if (sqlite3_prepare_v2(store->db, "SELECT id, kind, uuid, created_at_ms, code FROM store_info",
	                       -1, &statement, NULL) != SQLITE_OK)
		st = db_fail(store, "the store cannot be read", why);
	if (st == ST_OK)
		st = row_step(store, statement, &got, why);
	if (st == ST_OK && !got)
		st = not_ours(store, why);
	if (st == ST_OK) {
		st = row_read(store, statement, 0, TABLE_INFO, &row, why);
		if (st == ST_OK &&
		    (!row_text(&row, 1, name, sizeof name) || !row_text(&row, 2, store->uuid, sizeof store->uuid)))
			st = row_misfit(&row, why);
		row_clear(&row);
	}
	sqlite3_finalize(statement);
	*kind = strcmp(name, kind_names[STORE_DEMO]) == 0 ? STORE_DEMO : STORE_CLINIC;
	return st;
}

static enum status check_kind(struct store *store, struct fail *why)
{
	enum store_kind found = STORE_CLINIC;
	enum status st = kind_in_file(store, &found, why);
	if (st == ST_OK && found != store->kind)
		st = fail_set(
		        why, ST_DENIED, store->path,
		        "is %s and was to be opened as %s: demo and real patients are never mixed; name the "
		        "right file",
		        kind_words[found], kind_words[store->kind]);
	return st;
}

static enum status recognise(struct store *store, bool create, struct fail *why)
{
	char pages[24], id[24];
	if (ask(store->db, "PRAGMA page_count", pages, sizeof pages) != ST_OK ||
	    ask(store->db, "PRAGMA application_id", id, sizeof id) != ST_OK)
		return db_fail(store, "the store cannot be read", why);
	if (strcmp(pages, "0") == 0)
		return create ? ST_OK
		              : fail_set(why, ST_NOT_FOUND, store->path,
		                         "is empty: create a store there, or restore the last backup");
	if (strcmp(id, STORE_APPLICATION_ID_TEXT) != 0)
		return not_ours(store, why);
	enum status st = schema_known(store, why);
	return st == ST_OK ? check_kind(store, why) : st;
}

/* A damaged row is named where that can still be done. */
static enum status name_damage(struct store *store, const char *found, struct fail *why)
{
	struct fail row = {.code = ST_OK};
	if (sql_prepare_all(store, &row) == ST_OK)
		(void)(check_rows(store, NULL, &row) == ST_OK);
	sql_finalize_all(store);
	if (row.code == ST_IO && strcmp(row.field, store->path) != 0) {
		if (why)
			*why = row;
		return ST_IO;
	}
	return fail_set(why, ST_IO, store->path, "the file is damaged (%s): restore the last backup", found);
}

/* Every page is read, so that it is left out where a person would wait for it; what is read is verified in any
 * case, and a backup verifies everything. */
enum { QUICK_CHECK_PAGES_MAX = 8192 };

static enum status quick_check(struct store *store, struct fail *why)
{
	char found[200];
	if (ask(store->db, "PRAGMA page_count", found, sizeof found) == ST_OK &&
	    strtoll(found, NULL, 10) > QUICK_CHECK_PAGES_MAX)
		return ST_OK;
	if (ask(store->db, "PRAGMA quick_check(1)", found, sizeof found) != ST_OK)
		return db_fail(store, "the store was not opened", why);
	return strcmp(found, "ok") == 0 ? ST_OK : name_damage(store, found, why);
}

/* ---- all of it ---- */

static enum status connect(struct store *store, struct fail *why)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE |
	            SQLITE_OPEN_NOMUTEX; /* a store belongs to one thread at a time */
	if (sqlite3_open_v2(store->path, &store->db, flags, vfs_of(store)) == SQLITE_OK)
		return ST_OK;
	if (!store->db)
		return fail_set(why, ST_FULL, store->path, "memory is exhausted");
	return db_fail(store, "the store was not opened", why);
}

static enum status count_people(struct store *store, struct fail *why)
{
	bool got = false;
	if (store->is_plain)
		return ST_OK;
	sqlite3_stmt *statement = statement_use(store, SQL_PERSON_COUNT);
	enum status st = row_step(store, statement, &got, why);
	store->is_new = got && column_int(statement, 0) == 0;
	statement_done(statement);
	return st;
}

static enum status open_file(struct store *store, const struct store_options *options, struct fail *why)
{
	enum status st = connect(store, why);
	if (st == ST_OK)
		st = harden(store, why);
	if (st == ST_OK)
		st = lock(store, why);
	if (st == ST_OK)
		st = recognise(store, options->create, why);
	if (st == ST_OK)
		st = settle(store, why);
	if (st == ST_OK)
		st = quick_check(store, why);
	if (st == ST_OK)
		st = schema_open(store, store_migrations, store_migration_count, options->now_ms, why);
	return st == ST_OK ? count_people(store, why) : st;
}

static enum status check_options(const struct store_options *options, struct store *store, struct fail *why)
{
	if ((unsigned)options->kind >= STORE_KINDS)
		return fail_set(why, ST_INPUT, "kind", "is neither clinic nor demo");
	int n = snprintf(store->vfs, sizeof store->vfs, "%s", options->vfs ? options->vfs : "");
	if (n < 0 || (size_t)n >= sizeof store->vfs)
		return fail_set(why, ST_RANGE, "vfs", "its name is too long");
	store->kind = options->kind;
	store->kdf = options->kdf.operations ? options->kdf : store_kdf_station;
	return ST_OK;
}

enum status store_open(const char *path, const struct store_options *options, struct store **out,
                       struct fail *why)
{
	struct place place = {.exists = true};
	struct store *store = calloc(1, sizeof *store);
	*out = NULL;
	if (!store)
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	store->names_per_page = NAMES_PER_PAGE;
	enum status st = check_options(options, store, why);
	if (st == ST_OK)
		st = place_find(path, options->create, &place, why);
	memcpy(store->path, place.path, sizeof store->path);
	bool made = st == ST_OK && !place.exists;
	if (made)
		st = place_create(&place, why);
	if (st == ST_OK && place.exists && !place.is_empty && !place.has_journal)
		st = peek(store, why);
	if (st == ST_OK)
		st = open_file(store, options, why);
	if (st == ST_OK)
		*out = store;
	else {
		if (made && store->db) /* still locked: nobody else has begun to use it */
			(void)unlink(place.path);
		store_close(&store);
	}
	return st;
}

void store_close(struct store **store)
{
	if (!*store)
		return;
	if ((*store)->in_group)
		store_group_abandon(*store);
	while ((*store)->sessions) {
		struct session *session = (*store)->sessions;
		store_logout(&session);
	}
	store_lock(*store);
	sql_finalize_all(*store);
	BUG_ON(sqlite3_close((*store)->db) != SQLITE_OK);
	free(*store);
	*store = NULL;
}

const char *store_library_version(void)
{
	return sqlite3_libversion();
}
