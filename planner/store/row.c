/* Rows and statements: what every table's code is made of. */
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

struct cell cell_blob(const void *bytes, size_t n)
{
	return (struct cell){.type = CELL_BLOB, .bytes = bytes, .n = n};
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

/* ---- cells ---- */

struct cell cell_of(sqlite3_stmt *statement, int column)
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

/* ---- sealing ---- */

enum { PACKED_HEAD = 9 }; /* the type, then the length or the number in eight bytes, the lowest first */

static bool is_sealed(const struct table_spec *spec, int cell)
{
	return (spec->sealed >> cell & 1) != 0;
}

static void digest_cell(struct digest_stream *stream, const struct cell *cell)
{
	if (cell->type == CELL_INT)
		digest_add_int(stream, cell->number);
	else if (cell->type == CELL_TEXT)
		digest_add_text(stream, cell->bytes, cell->n);
	else
		digest_add_blob(stream, cell->bytes, cell->n);
}

/* The table and its plain cells: what a blob is bound to, and, with the blob, what the code covers. */
static void digest_row(const char *domain, const unsigned char *key, const struct table_spec *spec,
                       const struct cell *cells, const struct cell *blob, struct digest *out)
{
	struct digest_stream stream;
	digest_begin_keyed(&stream, domain, key);
	digest_add_text(&stream, spec->name, strlen(spec->name));
	for (int i = 0; i < spec->cells; i++)
		if (!is_sealed(spec, i))
			digest_cell(&stream, &cells[i]);
	if (blob)
		digest_cell(&stream, blob);
	digest_end(&stream, out);
}

static void row_code(const struct store *store, const struct table_spec *spec, const struct cell *cells,
                     const struct cell *blob, struct digest *out)
{
	const unsigned char *key = spec->open ? NULL : vault_key(store->vault, VAULT_MAC);
	digest_row("lasertwin-row/2", key, spec, cells, spec->sealed ? blob : NULL, out);
}

size_t cells_packed_size(const struct cell *cells, int count)
{
	size_t n = 0;
	for (int i = 0; i < count; i++)
		n += PACKED_HEAD + (cells[i].type == CELL_INT ? 0 : cells[i].n);
	return n;
}

static size_t packed_size(const struct table_spec *spec, const struct cell *cells)
{
	size_t n = 0;
	for (int i = 0; i < spec->cells; i++)
		n += is_sealed(spec, i) ? cells_packed_size(&cells[i], 1) : 0;
	return n;
}

unsigned char *cell_pack(unsigned char *to, const struct cell *cell)
{
	uint64_t number = cell->type == CELL_INT ? (uint64_t)cell->number : cell->n;
	*to++ = (unsigned char)cell->type;
	for (int i = 0; i < 8; i++)
		*to++ = (unsigned char)(number >> (8 * i) & 0xFF);
	if (cell->type == CELL_INT)
		return to;
	memcpy(to, cell->bytes, cell->n);
	return to + cell->n;
}

bool cell_unpack(const unsigned char **from, size_t *left, struct cell *cell)
{
	uint64_t number = 0;
	if (*left < PACKED_HEAD || **from > CELL_BLOB)
		return false;
	cell->type = (enum cell_type) * *from;
	for (int i = 0; i < 8; i++)
		number |= (uint64_t)(*from)[1 + i] << (8 * i);
	*from += PACKED_HEAD;
	*left -= PACKED_HEAD;
	cell->number = (int64_t)number;
	if (cell->type == CELL_INT)
		return true;
	if (number > *left)
		return false;
	cell->bytes = *from;
	cell->n = (size_t)number;
	*from += cell->n;
	*left -= cell->n;
	return true;
}

static bool unpack(const struct table_spec *spec, const unsigned char *bytes, size_t n, struct cell *cells)
{
	for (int i = 0; i < spec->cells; i++)
		if (is_sealed(spec, i) && !cell_unpack(&bytes, &n, &cells[i]))
			return false;
	return n == 0;
}

/* Whose key: the patient's, or the store's for what is nobody's. */
static enum status key_of(struct store *store, const struct table_spec *spec, const struct cell *cells,
                          const unsigned char **key, bool *erased, struct fail *why)
{
	char patient[UUID_TEXT_SIZE] = "";
	*erased = false;
	*key = vault_key(store->vault, VAULT_SEAL);
	if (spec->patient < 0 || cells[spec->patient].n == 0)
		return ST_OK;
	if (cells[spec->patient].n == sizeof patient - 1)
		memcpy(patient, cells[spec->patient].bytes, sizeof patient - 1);
	return patient_key_get(store, patient, key, erased, why);
}

/* Gives the blob of the sealed cells. */
static enum status seal_cells(struct store *store, const struct table_spec *spec, const struct cell *cells,
                              struct cell *blob, struct fail *why)
{
	const unsigned char *key = NULL;
	struct digest to;
	bool erased;
	size_t n = packed_size(spec, cells);
	enum status st = key_of(store, spec, cells, &key, &erased, why);
	if (st != ST_OK)
		return st;
	unsigned char *plain = malloc(n + 1), *sealed = malloc(vault_sealed_size(n)), *end = plain;
	if (!plain || !sealed) {
		free(plain);
		free(sealed);
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	}
	for (int i = 0; i < spec->cells; i++)
		if (is_sealed(spec, i))
			end = cell_pack(end, &cells[i]);
	digest_row("lasertwin-seal/2", NULL, spec, cells, NULL, &to);
	vault_seal(key, &to, plain, n, sealed);
	secret_wipe(plain, n);
	free(plain);
	*blob = (struct cell){.type = CELL_BLOB, .bytes = sealed, .n = vault_sealed_size(n)};
	return ST_OK;
}

void mark_of(const struct store *store, const char *domain, const void *bytes, size_t n,
             unsigned char mark[VAULT_MARK_BYTES])
{
	struct digest_stream stream;
	struct digest digest;
	digest_begin_keyed(&stream, domain, vault_key(store->vault, VAULT_INDEX));
	digest_add_blob(&stream, bytes, n);
	digest_end(&stream, &digest);
	memcpy(mark, digest.bytes, VAULT_MARK_BYTES);
}

/* ---- reading ---- */

bool cell_is_digest(const struct cell *cell, const struct digest *digest)
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
	for (int i = 0; i < spec->keys && n < size; i++) {
		const struct cell *key = &row->cell[i];
		int width = (int)(key->n < size ? key->n : size);
		n += (size_t)(key->type == CELL_INT
		                      ? snprintf(text + n, size - n, " %lld", (long long)key->number)
		                      : snprintf(text + n, size - n, " %.*s", width, (const char *)key->bytes));
	}
	one_line(text); /* a damaged key may hold anything */
}

enum status row_misfit(const struct row *row, struct fail *why)
{
	char name[FAIL_FIELD_MAX];
	row_name(row, name, sizeof name);
	return fail_set(why, ST_IO, name,
	                "this row is damaged or was changed outside lasertwin (its code does not match): restore the "
	                "last backup");
}

static int plain_cells(const struct table_spec *spec)
{
	int count = 0;
	for (int i = 0; i < spec->cells; i++)
		count += !is_sealed(spec, i);
	return count;
}

int row_width(enum table table)
{
	const struct table_spec *spec = table_spec(table);
	return plain_cells(spec) + (spec->sealed ? 1 : 0) + 1;
}

static enum status locked(const struct store *store, struct fail *why)
{
	return fail_set(why, ST_DENIED, store->path, "is locked: log in first");
}

static enum status unseal(struct store *store, const struct table_spec *spec, struct row *row,
                          const struct cell *blob, struct fail *why)
{
	const unsigned char *key = NULL;
	struct digest to;
	enum status st = key_of(store, spec, row->cell, &key, &row->is_erased, why);
	if (st != ST_OK)
		return st;
	row->unsealed = malloc(blob->n + 1);
	if (!row->unsealed)
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	digest_row("lasertwin-seal/2", NULL, spec, row->cell, NULL, &to);
	if (!vault_unseal(key, &to, blob->bytes, blob->n, row->unsealed, &row->unsealed_n) ||
	    !unpack(spec, row->unsealed, row->unsealed_n, row->cell))
		return row_misfit(row, why);
	return ST_OK;
}

static bool content_is_whole(const struct table_spec *spec, const struct row *row)
{
	struct digest digest;
	if (spec->json < 0)
		return true;
	digest_bytes(row->cell[spec->json].bytes, row->cell[spec->json].n, &digest);
	return cell_is_digest(&row->cell[spec->json + 1], &digest);
}

enum status row_read(struct store *store, sqlite3_stmt *statement, int first, enum table table, struct row *row,
                     struct fail *why)
{
	const struct table_spec *spec = table_spec(table);
	struct digest expected;
	struct cell blob = {.type = CELL_BLOB, .bytes = ""};
	int column = first;
	row->table = table;
	row->is_erased = false;
	row->unsealed = NULL;
	row->unsealed_n = 0;
	for (int i = 0; i < spec->cells; i++)
		row->cell[i] = is_sealed(spec, i) ? blob : cell_of(statement, column++);
	if (!store->vault && !spec->open)
		return locked(store, why);
	if (spec->sealed)
		blob = cell_of(statement, column++);
	struct cell code = cell_of(statement, column);
	row_code(store, spec, row->cell, &blob, &expected);
	if (!cell_is_digest(&code, &expected))
		return row_misfit(row, why);
	if (!spec->sealed || !store->vault)
		return ST_OK;
	enum status st = unseal(store, spec, row, &blob, why);
	return st == ST_OK && !content_is_whole(spec, row) ? row_misfit(row, why) : st;
}

void row_clear(struct row *row)
{
	if (row->unsealed)
		secret_wipe(row->unsealed, row->unsealed_n);
	free(row->unsealed);
	row->unsealed = NULL;
	row->unsealed_n = 0;
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

static int bind_row(sqlite3_stmt *statement, const struct table_spec *spec, const struct cell *cells,
                    const struct cell *blob, const struct cell *code)
{
	int column = 1, result = SQLITE_OK;
	for (int i = 0; i < spec->cells && result == SQLITE_OK; i++)
		if (!is_sealed(spec, i))
			result = bind_cell(statement, column++, &cells[i]);
	if (spec->sealed && result == SQLITE_OK)
		result = bind_cell(statement, column++, blob);
	return result == SQLITE_OK ? bind_cell(statement, column, code) : result;
}

enum status row_insert(struct store *store, enum statement id, enum table table, const struct cell *cells,
                       const char *what, struct fail *why)
{
	const struct table_spec *spec = table_spec(table);
	struct cell blob = {.type = CELL_BLOB, .bytes = ""};
	struct digest digest;
	if (!store->vault && (!spec->open || spec->sealed))
		return locked(store, why);
	enum status st = spec->sealed ? seal_cells(store, spec, cells, &blob, why) : ST_OK;
	if (st != ST_OK)
		return st;
	row_code(store, spec, cells, &blob, &digest);
	struct cell code = cell_digest(&digest);
	sqlite3_stmt *statement = statement_use(store, id);
	errno = 0;
	if (bind_row(statement, spec, cells, &blob, &code) != SQLITE_OK || sqlite3_step(statement) != SQLITE_DONE)
		st = db_fail(store, what, why);
	statement_done(statement);
	if (spec->sealed)
		free((void *)blob.bytes);
	return st;
}
