/* Rows, statements and transactions: what every table's code is made of. */
#include "planner/store/internal.h"

#include <errno.h>

struct cell cell_int(int64_t number)
{
	return (struct cell){.type = CELL_INT, .number = number};
}

struct cell cell_text_n(const char *text, size_t n)
{
	return (struct cell){.type = CELL_TEXT, .bytes = text ? text : "", .n = n};
}

struct cell cell_text(const char *text)
{
	return cell_text_n(text, text ? strlen(text) : 0);
}

struct cell cell_digest(const struct digest *digest)
{
	if (!digest)
		return (struct cell){.type = CELL_BLOB, .bytes = ""};
	return (struct cell){.type = CELL_BLOB, .bytes = digest->bytes, .n = sizeof digest->bytes};
}

/* ---- failures ---- */

static bool says_full(int error)
{
	return error == ENOSPC || error == EFBIG || error == EDQUOT;
}

/* SQLite calls only ENOSPC full, and forgets the number of an error during COMMIT; errno, cleared before
 * each step, still has it then. */
static bool disk_is_full(const struct store *store, int code, int error)
{
	return code == SQLITE_FULL ||
	       (code == SQLITE_IOERR && (says_full(error) || says_full(sqlite3_system_errno(store->db))));
}

static enum status constraint_fail(struct store *store, const char *what, struct fail *why)
{
	switch (sqlite3_extended_errcode(store->db)) {
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return fail_set(why, ST_NOT_FOUND, "",
		                "%s: it names a patient, readings, twin or plan that is not in this store or "
		                "belongs to another patient",
		                what);
	case SQLITE_CONSTRAINT_CHECK:
		return fail_set(why, ST_INPUT, "", "%s: %s", what, sqlite3_errmsg(store->db));
	case SQLITE_CONSTRAINT_TRIGGER:
		return fail_set(why, ST_CONFLICT, "", "%s: %s", what, sqlite3_errmsg(store->db));
	default:
		return fail_set(why, ST_CONFLICT, "", "%s: it exists already (%s)", what,
		                sqlite3_errmsg(store->db));
	}
}

enum status db_fail(struct store *store, const char *what, struct fail *why)
{
	int error = errno;
	int code = sqlite3_errcode(store->db) & 0xFF; /* the primary code is the low byte */
	if (disk_is_full(store, code, error))
		return fail_set(why, ST_FULL, store->path, "%s: the disk is full; free space and try again",
		                what);
	switch (code) {
	case SQLITE_CONSTRAINT:
		return constraint_fail(store, what, why);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail_set(why, ST_CONFLICT, store->path,
		                "%s: another program has the store open; close it there and try again", what);
	case SQLITE_NOMEM:
		return fail_set(why, ST_FULL, store->path, "%s: memory is exhausted", what);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return fail_set(why, ST_IO, store->path,
		                "%s: the file is damaged (%s); restore the last backup", what,
		                sqlite3_errmsg(store->db));
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return fail_set(why, ST_IO, store->path,
		                "%s: the file or its folder cannot be written (%s); check its permissions",
		                what, sqlite3_errmsg(store->db));
	default:
		return fail_set(why, ST_IO, store->path, "%s: %s; check the disk", what,
		                sqlite3_errmsg(store->db));
	}
}

/* ---- statements ---- */

sqlite3_stmt *statement_use(struct store *store, enum statement id)
{
	sqlite3_stmt *statement = store->statement[id];
	BUG_ON(!statement || sqlite3_stmt_busy(statement));
	return statement;
}

void statement_done(sqlite3_stmt *statement)
{
	(void)sqlite3_reset(statement); /* repeats the error of the step, which has been reported */
	(void)sqlite3_clear_bindings(statement);
}

/* The texts bound are borrowed until statement_done. Binding fails only for a wrong index or for lack of
 * memory; an index is ours. */
void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	BUG_ON(sqlite3_bind_text(statement, index, text ? text : "", -1, SQLITE_STATIC) != SQLITE_OK);
}

void bind_int(sqlite3_stmt *statement, int index, int64_t number)
{
	BUG_ON(sqlite3_bind_int64(statement, index, number) != SQLITE_OK);
}

enum status row_step(struct store *store, sqlite3_stmt *statement, bool *got, struct fail *why)
{
	errno = 0;
	int code = sqlite3_step(statement);
	*got = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return ST_OK;
	return db_fail(store, "the store cannot be read", why);
}

enum status statement_run(struct store *store, enum statement id, const char *what, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, id);
	enum status st = ST_OK;
	errno = 0;
	if (sqlite3_step(statement) != SQLITE_DONE)
		st = db_fail(store, what, why);
	statement_done(statement);
	return st;
}

/* ---- digests of rows ---- */

static struct cell cell_of(sqlite3_stmt *statement, int column)
{
	struct cell cell = {.type = CELL_INT};
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		cell.number = sqlite3_column_int64(statement, column);
		return cell;
	case SQLITE_TEXT:
		cell.type = CELL_TEXT;
		cell.bytes = sqlite3_column_text(statement, column);
		break;
	default: /* a blob; NULL and real numbers are in no table of ours and match no digest */
		cell.type = CELL_BLOB;
		cell.bytes = sqlite3_column_blob(statement, column);
	}
	cell.n = (size_t)sqlite3_column_bytes(statement, column);
	if (!cell.bytes)
		cell.bytes = "";
	return cell;
}

static void digest_cells(enum table table, const struct cell *cells, struct digest *out)
{
	struct digest_stream stream;
	digest_begin(&stream, "lasertwin-row/1");
	digest_add_text(&stream, table_spec(table)->name, strlen(table_spec(table)->name));
	for (int i = 0; i < table_spec(table)->columns; i++) {
		if (cells[i].type == CELL_INT)
			digest_add_int(&stream, cells[i].number);
		else if (cells[i].type == CELL_TEXT)
			digest_add_text(&stream, cells[i].bytes, cells[i].n);
		else
			digest_add_blob(&stream, cells[i].bytes, cells[i].n);
	}
	digest_end(&stream, out);
}

static bool cell_is_digest(const struct cell *cell, const struct digest *digest)
{
	struct digest found;
	if (cell->type != CELL_BLOB || cell->n != sizeof found.bytes)
		return false;
	memcpy(found.bytes, cell->bytes, sizeof found.bytes);
	return digest_equal(&found, digest);
}

/* "plan_version 0f3c... 2" */
static void row_name(const struct row *row, char *text, size_t size)
{
	const struct table_spec *spec = table_spec(row->table);
	size_t n = (size_t)snprintf(text, size, "%s", spec->name);
	for (int i = 0; i < spec->key_columns && n < size; i++) {
		const struct cell *key = &row->cell[i];
		n += (size_t)(key->type == CELL_INT
		                      ? snprintf(text + n, size - n, " %lld", (long long)key->number)
		                      : snprintf(text + n, size - n, " %.*s", (int)(key->n < size ? key->n : size),
		                                 (const char *)key->bytes));
	}
	one_line(text); /* a damaged key may hold anything */
}

enum status row_misfit(const struct row *row, struct fail *why)
{
	char name[FAIL_FIELD_MAX];
	row_name(row, name, sizeof name);
	return fail_set(why, ST_IO, name,
	                "this row is damaged (its digest does not match): restore the last backup");
}

int row_width(enum table table)
{
	return table_spec(table)->columns + 1;
}

enum status row_read(struct store *store, sqlite3_stmt *statement, int first, enum table table, struct row *row,
                     struct fail *why)
{
	(void)store;
	const struct table_spec *spec = table_spec(table);
	struct digest expected;
	row->table = table;
	for (int i = 0; i < spec->columns; i++)
		row->cell[i] = cell_of(statement, first + i);
	struct cell last = cell_of(statement, first + spec->columns);
	digest_cells(table, row->cell, &expected);
	if (!cell_is_digest(&last, &expected))
		return row_misfit(row, why);
	if (spec->json_column < 0)
		return ST_OK;
	digest_bytes(row->cell[spec->json_column].bytes, row->cell[spec->json_column].n, &expected);
	return cell_is_digest(&row->cell[spec->json_column + 1], &expected) ? ST_OK : row_misfit(row, why);
}

void row_clear(struct row *row)
{
	memset(row, 0, sizeof *row);
}

void one_line(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = *c == '\n' ? ' ' : '?';
}

/* ---- columns ---- */

int64_t column_int(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_int64(statement, column);
}

int64_t row_int(const struct row *row, int column)
{
	return row->cell[column].type == CELL_INT ? row->cell[column].number : 0;
}

bool row_text(const struct row *row, int column, char *out, size_t size)
{
	const struct cell *cell = &row->cell[column];
	if (cell->type != CELL_TEXT || cell->n >= size || memchr(cell->bytes, '\0', cell->n))
		return false;
	memcpy(out, cell->bytes, cell->n);
	out[cell->n] = '\0';
	return true;
}

bool row_digest(const struct row *row, int column, struct digest *out)
{
	const struct cell *cell = &row->cell[column];
	if (cell->type != CELL_BLOB || cell->n != sizeof out->bytes)
		return false;
	memcpy(out->bytes, cell->bytes, sizeof out->bytes);
	return true;
}

enum status row_json(const struct row *row, int column, const char **json, size_t *len, struct fail *why)
{
	const struct cell *cell = &row->cell[column];
	char *copy = malloc(cell->n + 1);
	if (!copy)
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	memcpy(copy, cell->bytes, cell->n);
	copy[cell->n] = '\0';
	*json = copy;
	*len = cell->n;
	return ST_OK;
}

/* ---- writing ---- */

static int bind_cell(sqlite3_stmt *statement, int index, const struct cell *cell)
{
	if (cell->type == CELL_INT)
		return sqlite3_bind_int64(statement, index, cell->number);
	if (cell->type == CELL_TEXT)
		return sqlite3_bind_text64(statement, index, cell->bytes, cell->n, SQLITE_STATIC,
		                           SQLITE_UTF8);
	return sqlite3_bind_blob64(statement, index, cell->bytes, cell->n, SQLITE_STATIC);
}

enum status row_insert(struct store *store, enum statement id, enum table table, const struct cell *cells,
                       const char *what, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, id);
	int columns = table_spec(table)->columns, code = SQLITE_OK;
	struct digest row_digest;
	digest_cells(table, cells, &row_digest);
	struct cell last = cell_digest(&row_digest);
	for (int i = 0; i < columns && code == SQLITE_OK; i++)
		code = bind_cell(statement, i + 1, &cells[i]);
	if (code == SQLITE_OK)
		code = bind_cell(statement, columns + 1, &last);
	errno = 0;
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	enum status st = code == SQLITE_DONE ? ST_OK : db_fail(store, what, why);
	statement_done(statement);
	return st;
}

static const char not_saved[] = "nothing was saved";

static enum status stamp_check(const struct store_stamp *stamp, struct fail *why)
{
	enum status st = text_check("actor", stamp->actor, STORE_ACTOR_MAX, true, why);
	return st == ST_OK ? time_check("time", stamp->at_ms, why) : st;
}

/* SQLite takes a transaction back by itself when the disk fails in the middle of it. */
static bool group_is_lost(const struct store *store)
{
	return store->in_group && sqlite3_get_autocommit(store->db);
}

static enum status group_fail(const struct store *store, struct fail *why)
{
	return fail_set(why, ST_IO, store->path,
	                "nothing of this group was saved: the disk failed in the middle; try again");
}

/* What goes wrong here was reported before; SQLite takes the rest back when the file is opened again. */
static void run_quietly(struct store *store, enum statement id)
{
	sqlite3_stmt *statement = statement_use(store, id);
	(void)sqlite3_step(statement);
	statement_done(statement);
}

static void take_back(struct store *store)
{
	if (sqlite3_get_autocommit(store->db))
		return;
	if (!store->in_group) {
		run_quietly(store, SQL_ROLLBACK);
		return;
	}
	run_quietly(store, SQL_SAVEPOINT_ROLLBACK);
	run_quietly(store, SQL_SAVEPOINT_RELEASE);
}

/* The next audit number tells afterwards whether a transaction took place. */
static enum status begin(struct store *store, struct fail *why)
{
	enum status st = statement_run(store, SQL_BEGIN, not_saved, why);
	if (st == ST_OK)
		st = audit_next_seq(store, &store->seq_at_begin, why);
	if (st != ST_OK)
		take_back(store);
	return st;
}

enum status store_write_begin(struct store *store, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = stamp_check(stamp, why);
	if (st != ST_OK)
		return st;
	if (group_is_lost(store))
		return group_fail(store, why);
	return store->in_group ? statement_run(store, SQL_SAVEPOINT, not_saved, why) : begin(store, why);
}

/* When the disk fails at the very end of a COMMIT, the journal may have been closed or not: what was not
 * acknowledged may be there all the same. The person is told which, as far as it can be known. */
static enum status commit(struct store *store, struct fail *why)
{
	int64_t seq = 0;
	enum status st = statement_run(store, SQL_COMMIT, not_saved, why);
	if (st == ST_OK)
		return ST_OK;
	take_back(store);
	if (audit_next_seq(store, &seq, NULL) == ST_OK && seq == store->seq_at_begin)
		return st;
	return fail_set(
	        why, ST_IO, store->path,
	        "the disk failed while this was being saved: check the disk, close and open the store, and "
	        "look whether it is there before entering it again");
}

enum status store_write_end(struct store *store, enum status st, struct fail *why)
{
	if (st == ST_OK && !store->in_group)
		return commit(store, why);
	if (st == ST_OK)
		st = statement_run(store, SQL_SAVEPOINT_RELEASE, not_saved, why);
	if (st != ST_OK)
		take_back(store);
	return st;
}

enum status store_group_begin(struct store *store, struct fail *why)
{
	if (store->in_group)
		return fail_set(why, ST_DENIED, store->path,
		                "a group of writes is open already: finish it first");
	enum status st = begin(store, why);
	store->in_group = st == ST_OK;
	return st;
}

enum status store_group_commit(struct store *store, struct fail *why)
{
	if (!store->in_group)
		return fail_set(why, ST_DENIED, store->path, "no group of writes is open");
	bool lost = group_is_lost(store);
	store->in_group = false;
	return lost ? group_fail(store, why) : store_write_end(store, ST_OK, why);
}

void store_group_abandon(struct store *store)
{
	store->in_group = false;
	take_back(store);
}
