/* Inside of the store; for planner/store and its tests only.
 *
 * A write goes: check the text (text.c), store_write_begin, row_insert, audit_append, store_write_end.
 * A read goes: statement_use, bind_*, row_step, row_verify, column_*, statement_done.
 * Tables and their columns are in schema.c, statements in sql.c; every table's last column is the
 * digest of the columns before it.
 */
#ifndef LASERTWIN_STORE_INTERNAL_H
#define LASERTWIN_STORE_INTERNAL_H

#include <limits.h>
#include <sqlite3.h>

#include "planner/store/outbox.h"

#define STORE_APPLICATION_ID 1280595790 /* "LTWN", in the header of the file */
#define STORE_APPLICATION_ID_TEXT "1280595790"

/* Tables, their columns in order and what names a row. */
enum table {
	TABLE_INFO,
	TABLE_PATIENT,
	TABLE_READINGS,
	TABLE_TWIN,
	TABLE_TWIN_SOURCE,
	TABLE_PLAN,
	TABLE_PLAN_EVENT,
	TABLE_AUDIT,
	TABLE_RECORD,
	TABLE_DRAFT,
	TABLE_OUTBOX,
	TABLE_EXTERNAL,
	TABLE_SYNC,
	TABLES
};

struct table_spec {
	const char *name;
	int columns;     /* without the row digest */
	int key_columns; /* the first ones; they name the row */
	int json_column; /* content, followed by its digest; -1: none */
};
const struct table_spec *table_spec(enum table table);

enum statement {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_SAVEPOINT,
	SQL_SAVEPOINT_RELEASE,
	SQL_SAVEPOINT_ROLLBACK,
	SQL_IS_JSON_OBJECT,
	SQL_INFO_INSERT,
	SQL_PATIENT_INSERT,
	SQL_PATIENT_GET,
	SQL_PATIENT_BY_LABEL,
	SQL_PATIENT_BY_RECORD_NUMBER,
	SQL_PATIENT_NEWEST,
	SQL_READINGS_INSERT,
	SQL_READINGS_GET,
	SQL_READINGS_LIST,
	SQL_TWIN_INSERT,
	SQL_TWIN_GET,
	SQL_TWIN_LIST,
	SQL_TWIN_SOURCE_INSERT,
	SQL_TWIN_SOURCE_LIST,
	SQL_PLAN_INSERT,
	SQL_PLAN_GET,
	SQL_PLAN_LATEST,
	SQL_PLAN_VERSIONS,
	SQL_PLAN_LIST,
	SQL_PLAN_LIST_PATIENT,
	SQL_PLAN_EVENT_INSERT,
	SQL_PLAN_EVENT_NEXT,
	SQL_PLAN_EVENT_LIST,
	SQL_AUDIT_INSERT,
	SQL_AUDIT_NEXT,
	SQL_AUDIT_LIST,
	SQL_RECORD_INSERT,
	SQL_RECORD_NEXT,
	SQL_RECORD_GET,
	SQL_RECORD_LIST, /* four and the same four with the oldest first */
	SQL_RECORD_OF_KIND,
	SQL_RECORD_OF_PATIENT,
	SQL_RECORD_OF_PLAN,
	SQL_RECORD_LIST_OLDEST,
	SQL_RECORD_OF_KIND_OLDEST,
	SQL_RECORD_OF_PATIENT_OLDEST,
	SQL_RECORD_OF_PLAN_OLDEST,
	SQL_DRAFT_PUT,
	SQL_DRAFT_GET,
	SQL_DRAFT_LIST,
	SQL_DRAFT_DROP,
	SQL_OUTBOX_PUT,
	SQL_OUTBOX_NEXT,
	SQL_OUTBOX_GET,
	SQL_OUTBOX_LIST,
	SQL_OUTBOX_LIST_OPEN,
	SQL_OUTBOX_FIND,
	SQL_OUTBOX_COUNT,
	SQL_EXTERNAL_PUT,
	SQL_EXTERNAL_OF,
	SQL_EXTERNAL_FIND,
	SQL_SYNC_PUT,
	SQL_SYNC_GET,
	SQL_ALL_ROWS, /* one for each table, in the order of enum table */
	STATEMENTS = SQL_ALL_ROWS + TABLES
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENTS];
	enum store_kind kind;
	bool in_group;
	bool outbox_silent;   /* what is written comes from the server */
	int64_t seq_at_begin; /* the next audit number when the transaction began */
	char path[PATH_MAX];
	char vfs[64]; /* "": the system's */
};

/* ---- place.c: is this a file and a folder a store may live in ---- */

struct place {
	char path[PATH_MAX]; /* absolute, folder resolved */
	char folder[PATH_MAX];
	bool exists, is_empty;
	bool has_journal; /* left by a crash: SQLite rolls it back when it opens the file */
};
enum status place_find(const char *path, bool create, struct place *place, struct fail *why) MUST_CHECK;
/* Makes the empty file, for its owner only. ST_CONFLICT: it exists by now. */
enum status place_create(const struct place *place, struct fail *why) MUST_CHECK;
/* Makes a change of the folder itself (a new or renamed file) durable. */
enum status place_sync(const struct place *place, struct fail *why) MUST_CHECK;
/* The name of a network file system by its statfs type; NULL for others. */
const char *network_file_system(unsigned long type);

/* ---- schema.c ---- */

/* The texts of sql, closed by NULL, end with PRAGMA user_version = version. */
struct migration {
	int version;
	const char *const *sql;
};
extern const struct migration store_migrations[];
extern const size_t store_migration_count;

/* ST_DENIED when the file, which is ours, has a schema that this program does not know. */
enum status schema_known(struct store *store, struct fail *why) MUST_CHECK;
/* Brings the file from its user_version (0: empty) to the last of the table, in one transaction, and
 * prepares the statements. */
enum status schema_open(struct store *store, const struct migration *migrations, size_t count, int64_t now_ms,
                        struct fail *why) MUST_CHECK;

/* ---- sql.c ---- */

enum status sql_prepare_all(struct store *store, struct fail *why) MUST_CHECK;
void sql_finalize_all(struct store *store);

/* ---- row.c ---- */

enum cell_type { CELL_INT, CELL_TEXT, CELL_BLOB };
struct cell {
	enum cell_type type;
	int64_t number;
	const void *bytes;
	size_t n;
};
#define ROW_CELLS_MAX 20
struct cell cell_int(int64_t number);
struct cell cell_text(const char *text);
struct cell cell_text_n(const char *text, size_t n);
struct cell cell_digest(const struct digest *digest); /* NULL: an empty blob */

/* Turns SQLite's last error on this connection into a status; what: "the patient was not saved". */
enum status db_fail(struct store *store, const char *what, struct fail *why);

/* Ready to be bound; every use ends with statement_done. */
sqlite3_stmt *statement_use(struct store *store, enum statement id);
void statement_done(sqlite3_stmt *statement);
enum status statement_run(struct store *store, enum statement id, const char *what,
                          struct fail *why) MUST_CHECK;
void bind_text(sqlite3_stmt *statement, int index, const char *text);
void bind_int(sqlite3_stmt *statement, int index, int64_t number);

enum status row_insert(struct store *store, enum statement id, enum table table, const struct cell *cells,
                       const char *what, struct fail *why) MUST_CHECK;
/* ST_OK with *got, or ST_IO. */
enum status row_step(struct store *store, sqlite3_stmt *statement, bool *got, struct fail *why) MUST_CHECK;

/* One row as it was written: its cells borrow from the statement, which must stand on the row. */
struct row {
	enum table table;
	struct cell cell[ROW_CELLS_MAX];
};
/* Verifies and takes apart the table's columns, which begin at column `first` of the current row. Every row
 * read is cleared. */
enum status row_read(struct store *store, sqlite3_stmt *statement, int first, enum table table, struct row *row,
                     struct fail *why) MUST_CHECK;
void row_clear(struct row *row);
/* Columns of the table in a result, its row digest among them. */
int row_width(enum table table);

int64_t row_int(const struct row *row, int column);
/* Copies text or a digest; false when it does not fit, which a verified row of ours always does. */
bool row_text(const struct row *row, int column, char *out, size_t size);
bool row_digest(const struct row *row, int column, struct digest *out);
/* Gives a NUL-terminated copy. */
enum status row_json(const struct row *row, int column, const char **json, size_t *len,
                     struct fail *why) MUST_CHECK;
enum status row_misfit(const struct row *row, struct fail *why);

/* Line ends become spaces, everything else but plain ASCII question marks. */
void one_line(char *text);

int64_t column_int(sqlite3_stmt *statement, int column);

enum status store_write_begin(struct store *store, const struct store_stamp *stamp,
                              struct fail *why) MUST_CHECK;
/* Commits when st is ST_OK, else takes everything back; gives what became of it. */
enum status store_write_end(struct store *store, enum status st, struct fail *why) MUST_CHECK;

/* ---- list.c: from rows to records ---- */

struct reader {
	enum table table;
	size_t item_size;
	/* Fills the zeroed item from a verified row, on which the statement stands. */
	enum status (*load)(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
	                    struct fail *why);
	void (*clear)(void *item); /* frees what the item owns; NULL: nothing */
};

/* The whole of a result: what the public lists are made from. */
struct rows {
	void *items;
	size_t count;
	bool more;
};

size_t rows_limit(size_t asked); /* 0 or too many: STORE_LIST_MAX */
/* Both finish the statement. missing: the text of ST_NOT_FOUND when there is no row. */
enum status read_one(struct store *store, sqlite3_stmt *statement, const struct reader *reader, void *out,
                     const char *missing, struct fail *why) MUST_CHECK;
/* The statement is bound to ask for one row more than limit. */
enum status read_list(struct store *store, sqlite3_stmt *statement, const struct reader *reader, size_t limit,
                      struct rows *rows, struct fail *why) MUST_CHECK;
void rows_free(const struct reader *reader, void *items, size_t count);

/* ---- text.c ---- */

bool utf8_valid(const unsigned char *bytes, size_t n);
enum status text_check(const char *field, const char *text, size_t max, bool required,
                       struct fail *why) MUST_CHECK;
enum status json_check(struct store *store, const char *field, const char *json, size_t len,
                       struct fail *why) MUST_CHECK;
enum status uuid_check(const char *field, const char *uuid, struct fail *why) MUST_CHECK;
enum status time_check(const char *field, int64_t time_ms, struct fail *why) MUST_CHECK;
enum status birth_check(const char *field, const char *birth, struct fail *why) MUST_CHECK;
/* A word: lower-case letters, digits and _ . - */
enum status word_check(const char *field, const char *word, size_t max, struct fail *why) MUST_CHECK;

/* ---- plan.c, audit.c, check.c ---- */

/* The object's row in the outbox, unless the outbox is silent. */
enum status outbox_append(struct store *store, const struct store_outbox *entry, const struct store_stamp *stamp,
                          struct fail *why) MUST_CHECK;

enum status audit_next_seq(struct store *store, int64_t *seq, struct fail *why) MUST_CHECK;
enum status audit_append(struct store *store, const char *action, const char *object,
                         const struct digest *digest, const struct store_stamp *stamp,
                         struct fail *why) MUST_CHECK;
/* Only the rows, table by table; needs the statements. */
enum status check_rows(struct store *store, int64_t *rows, struct fail *why) MUST_CHECK;

#endif
