/* Inside of the store; for planner/store and its tests only.
 *
 * A write goes: check the text (text.c), store_write_begin, row_insert, audit_append, store_write_end.
 * A read goes: statement_use, bind_*, row_step, row_read, row_*, row_clear, statement_done.
 * Tables and their columns are in schema.c, statements in sql.c.
 *
 * A row has cells (what the code sees) and columns (what the file holds): the plain cells in their order,
 * then, where the table has sealed cells, one blob of them, then the row's code. The blob is sealed with the
 * patient's key, or the store's where the row is nobody's, and bound to the table and the plain cells. The
 * code is a MAC over the table's name, the plain columns and the blob; in the few `open` tables, which are
 * read before anybody has logged in, it is a plain digest, and their sealed blob makes up for it.
 */
#ifndef LASERTWIN_STORE_INTERNAL_H
#define LASERTWIN_STORE_INTERNAL_H

#include <limits.h>
#include <sqlite3.h>

#include "planner/store/outbox.h"
#include "planner/store/person.h"
#include "planner/store/sign.h"
#include "planner/store/vault.h"

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
	TABLE_PATIENT_KEY,
	TABLE_PERSON,
	TABLE_PERSON_KEY,
	TABLE_ATTEMPT,
	TABLE_RECOVERY,
	TABLE_AUDIT_HEAD,
	TABLE_CHECKPOINT,
	TABLE_IDENTITY,
	TABLE_PATIENT_PAGE,
	TABLES
};

struct table_spec {
	const char *name;
	int cells;
	int keys;        /* the first cells, plain; they name the row */
	int json;        /* the cell of the content, whose digest follows; -1: none */
	int patient;     /* the plain cell that names whose key seals; -1: the store's */
	unsigned sealed; /* bit i: cell i is sealed */
	bool open;       /* read before login */
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
	SQL_PLAN_EVENT_ALL,
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
	SQL_SYNC_FROM,
	SQL_PATIENT_AFTER,
	SQL_PATIENT_PAGE_PUT,
	SQL_PATIENT_PAGE_OF,
	SQL_PATIENT_PAGE_EXTENT,
	SQL_PATIENT_COUNT,
	SQL_PATIENT_KEY_INSERT,
	SQL_PATIENT_KEY_GET,
	SQL_PATIENT_KEY_DROP,
	SQL_PATIENT_KEY_OF,
	SQL_PATIENT_KEY_NUMBER,
	SQL_IDENTITY_INSERT,
	SQL_IDENTITY_GET,
	SQL_IDENTITY_LATEST,
	SQL_DRAFT_DROP_ALL,
	SQL_PERSON_PUT,
	SQL_PERSON_GET,
	SQL_PERSON_LIST,
	SQL_PERSON_COUNT,
	SQL_PERSON_KEY_INSERT,
	SQL_PERSON_KEY_GET,
	SQL_ATTEMPT_PUT,
	SQL_ATTEMPT_GET,
	SQL_RECOVERY_PUT,
	SQL_RECOVERY_GET,
	SQL_AUDIT_HEAD_PUT,
	SQL_AUDIT_HEAD_GET,
	SQL_AUDIT_GET,
	SQL_CHECKPOINT_INSERT,
	SQL_CHECKPOINT_LIST,
	SQL_ALL_ROWS, /* one for each table, in the order of enum table */
	STATEMENTS = SQL_ALL_ROWS + TABLES
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENTS];
	enum store_kind kind;
	bool is_new;   /* has no people */
	bool is_plain; /* of schema 1, to be sealed by store_setup */
	char uuid[UUID_TEXT_SIZE];
	struct store_kdf kdf;
	struct vault *vault; /* NULL: locked */
	bool vault_is_borrowed;
	struct session *sessions;       /* the last to log in first: that one signs checkpoints */
	struct patient_key *key_at_hand; /* the last one used, in locked memory */
	struct names *names;            /* every patient, in locked memory; NULL: to be read */
	int names_per_page;             /* NAMES_PER_PAGE; tests take fewer */
	bool in_group;
	bool outbox_silent;   /* what is written comes from the server */
	bool any_actor;       /* tests write under made-up names; nothing else sets it */
	int64_t seq_at_begin; /* the next audit number when the transaction began */
	bool is_rolled_back;  /* the file is older than its anchor says: no writes */
	char anchor_says[FAIL_TEXT_MAX];
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

/* ---- schema.c, schema_1.c ---- */

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

/* The row of store_info; uuid NULL: a new one. */
enum status describe(struct store *store, const char *uuid, const struct store_stamp *stamp,
                     struct fail *why) MUST_CHECK;
enum status schema_apply(struct store *store, const struct migration *migration, struct fail *why) MUST_CHECK;

/* A store of schema 1 holds everything in the clear and has no people. */
enum status schema_1_kind(struct store *store, enum store_kind *kind, struct fail *why) MUST_CHECK;
/* In the transaction of store_setup, with the vault open: makes the present schema beside it (prepare) and
 * moves every row over (move), verifying each. */
enum status schema_1_prepare(struct store *store, const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status schema_1_move(struct store *store, const struct store_stamp *stamp, struct fail *why) MUST_CHECK;

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
struct cell cell_blob(const void *bytes, size_t n);
struct cell cell_digest(const struct digest *digest); /* NULL: an empty blob */

/* Turns SQLite's last error on this connection into a status; what: "the patient was not saved". */
enum status db_fail(struct store *store, const char *what, struct fail *why);

struct cell cell_of(sqlite3_stmt *statement, int column);
bool cell_is_digest(const struct cell *cell, const struct digest *digest);

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

/* One row as it was written: its plain cells borrow from the statement, which must stand on the row. */
struct row {
	enum table table;
	bool is_erased; /* its patient's key is gone */
	struct cell cell[ROW_CELLS_MAX];
	unsigned char *unsealed; /* what the sealed cells point into */
	size_t unsealed_n;
};
/* Verifies and takes apart the table's columns, which begin at column `first` of the current row. Every row
 * read is cleared, whatever became of it. ST_IO: damaged, by name; ST_DENIED: the store is locked;
 * ST_NOT_FOUND: the patient was erased. Of an open table the sealed cells are empty while locked. */
enum status row_read(struct store *store, sqlite3_stmt *statement, int first, enum table table, struct row *row,
                     struct fail *why) MUST_CHECK;
void row_clear(struct row *row);
/* Columns of the table in a result, the row's code among them. */
int row_width(enum table table);

int64_t row_int(const struct row *row, int column);
/* Cells as they stand in a sealed blob, one after another. */
size_t cells_packed_size(const struct cell *cells, int count);
unsigned char *cell_pack(unsigned char *to, const struct cell *cell); /* gives where the next one goes */
bool cell_unpack(const unsigned char **from, size_t *left, struct cell *cell);
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
/* The same while the store is locked: for failed logins, and for the first person. */
enum status write_begin(struct store *store, const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* Commits when st is ST_OK, else takes everything back; gives what became of it. */
enum status store_write_end(struct store *store, enum status st, struct fail *why) MUST_CHECK;

/* What stands in for a text or digest where it may not be plain: keyed, for equality only. */
void mark_of(const struct store *store, const char *domain, const void *bytes, size_t n,
             unsigned char mark[VAULT_MARK_BYTES]);

/* ---- patient_key.c ---- */

struct patient_key {
	char patient[UUID_TEXT_SIZE];
	unsigned char key[VAULT_KEY_BYTES];
};
/* Borrowed until the next call. ST_NOT_FOUND with *erased: there is none. */
enum status patient_key_get(struct store *store, const char *patient, const unsigned char **key, bool *erased,
                            struct fail *why) MUST_CHECK;
/* The key on whose row the statement stands, its columns first: the next patient_key_get has it at hand. */
enum status patient_key_take(struct store *store, sqlite3_stmt *statement, struct fail *why) MUST_CHECK;
/* record_number may be "". */
enum status patient_key_add(struct store *store, const char *patient, const char *record_number,
                            struct fail *why) MUST_CHECK;
void patient_key_forget(struct store *store);
/* ST_NOT_FOUND: nobody has that number. */
enum status patient_key_of_number(struct store *store, const char *record_number, char patient[UUID_TEXT_SIZE],
                                  struct fail *why) MUST_CHECK;

/* Another record number ("" none) for the same key. ST_CONFLICT: another patient's. */
enum status patient_key_renumber(struct store *store, const char *patient, const char *record_number,
                                 struct fail *why) MUST_CHECK;

/* ---- patient.c, patient_change.c, record.c: inside of a write ---- */

enum status patient_check(const struct store *store, const struct store_patient *patient, struct fail *why) MUST_CHECK;
/* As first recorded. */
enum status patient_first(struct store *store, const char *uuid, struct store_patient *out,
                          struct fail *why) MUST_CHECK;
/* Over the patient as first recorded goes the last correction. */
enum status patient_correct(struct store *store, struct store_patient *patient, struct fail *why) MUST_CHECK;

#define PATIENT_CELLS 7
/* The patient's cells in the order of their table, and back. The cells borrow from the patient and are given again. */
const struct cell *patient_cells(const struct store_patient *patient, struct cell *cells);
enum status patient_of_row(const struct row *row, struct store_patient *out, struct fail *why) MUST_CHECK;
/* The patient on whose row the statement stands, from column `first` on. */
enum status patient_load_row(struct store *store, sqlite3_stmt *statement, int first, struct store_patient *out,
                             struct fail *why) MUST_CHECK;
enum status record_append(struct store *store, const struct store_record *record, const struct store_stamp *stamp,
                          struct fail *why) MUST_CHECK;

/* ---- names.c, name_page.c: every patient's identity, unsealed for search ---- */

#define NAMES_PER_PAGE 256 /* some 50 kB: an erasure writes one page, a list opens one for each 256 patients */

struct names {
	size_t count;
	struct store_patient item[]; /* as they came; store->names: by label */
};
/* In locked memory; freed by vault_free. ST_IO: a row or page is damaged, or they do not agree. */
enum status names_read(struct store *store, struct names **out, struct fail *why) MUST_CHECK;
/* Inside of a write, after a patient came: makes the pages that are full by now. */
enum status name_pages_fill(struct store *store, struct fail *why) MUST_CHECK;
/* The same in a write of its own where there is anything to do, for a store of an earlier schema. What fails is made
 * good by the next one, and said by the list. */
void name_pages_settle(struct store *store, const struct store_stamp *stamp);
/* Inside of the write that corrects or erases (corrected NULL): the patient's page is written anew. */
enum status name_page_renew(struct store *store, const char *patient, const struct store_patient *corrected,
                            struct fail *why) MUST_CHECK;
/* Whether the pages say what the rows say. */
enum status name_pages_check(struct store *store, struct fail *why) MUST_CHECK;
void names_forget(struct store *store);

/* ---- person.c, session.c ---- */

struct session {
	struct store *store;
	struct store_person person;
	unsigned char seed[VAULT_KEY_BYTES];
	struct session *next;
};
/* As it stands in the file. */
struct person_row {
	struct store_person person;
	struct store_kdf kdf;
	unsigned char salt[VAULT_SALT_BYTES], slot[VAULT_SLOT_BYTES];
	bool has_slot; /* not when disabled */
};
enum status person_get(struct store *store, const char *login, struct person_row *out, struct fail *why) MUST_CHECK;
enum status person_check_new(struct store *store, const struct store_person_new *person,
                             struct fail *why) MUST_CHECK;
/* Inside of a write. */
enum status person_append(struct store *store, const struct store_person_new *person,
                          const struct store_stamp *stamp, struct store_person *out, struct fail *why) MUST_CHECK;
enum status person_reset(struct store *store, struct person_row *row, struct secret fresh, const char *action,
                         const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status attempt_clear(struct store *store, const char *person, struct fail *why) MUST_CHECK;
/* A write of its own. */
enum status person_secret(struct store *store, struct person_row *row, const unsigned char *seed,
                          struct secret fresh, const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status attempt_failures(struct store *store, const char *person, int *failures, struct fail *why) MUST_CHECK;
enum status recovery_get(struct store *store, unsigned char box[VAULT_RECOVERY_BYTES], struct fail *why) MUST_CHECK;
/* What a slot is bound to: this store, its kind, this person. */
void slot_bind(const struct store *store, const struct store_person *person, struct digest *to);

void session_sign_with(const struct session *session, const void *bytes, size_t n, struct signature *out);
/* The transaction of store_setup, in which tables are made and statements prepared. */
enum status setup_begin(struct store *store, const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status setup_end(struct store *store, enum status st, struct fail *why) MUST_CHECK;
/* Names under which the program itself writes; no person has one of them. */
bool is_program_name(const char *name);
void store_lock(struct store *store);
/* "the store is locked" or "is older than": why nothing can be written now; ST_OK when it can. */
enum status writable_check(const struct store *store, struct fail *why) MUST_CHECK;

/* ---- anchor.c: the head of the audit in a second file ---- */

/* After every commit; a failure is no failure of the write, and is made good by the next. */
void anchor_write(struct store *store);
/* Compares at login; sets is_rolled_back. */
enum status anchor_check(struct store *store, struct fail *why) MUST_CHECK;

/* ---- erased.c: who was erased, in a third file ---- */

/* After the commit; a failure is no failure of the erasure. */
void erased_note(const struct store *store, const char *patient);
enum status erased_again(struct store *store, const struct session *by, const struct store_stamp *stamp, size_t *count,
                         struct fail *why) MUST_CHECK;

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

/* {"name":"text"}, escaped. */
enum status json_of_text(const char *name, const char *text, char *json, size_t size, struct fail *why) MUST_CHECK;

/* ---- outbox.c, audit.c, check.c ---- */

/* The object's row in the outbox, unless the outbox is silent. */
enum status outbox_append(struct store *store, const struct store_outbox *entry, const struct store_stamp *stamp,
                          struct fail *why) MUST_CHECK;

struct audit_head {
	int64_t seq;
	struct digest chain;
	unsigned char key[VAULT_KEY_BYTES]; /* of the next seal */
	int64_t schema;                     /* the last one the audit was told of */
};
enum status audit_head_get(struct store *store, struct audit_head *head, struct fail *why) MUST_CHECK;
enum status audit_head_put(struct store *store, const struct audit_head *head, struct fail *why) MUST_CHECK;
enum status audit_entry_get(struct store *store, int64_t seq, struct store_audit *out, struct fail *why) MUST_CHECK;
void audit_chain(const struct store *store, const struct digest *before, const struct store_audit *entry,
                 struct digest *chain);
void audit_seal(const unsigned char key[VAULT_KEY_BYTES], const struct digest *chain, struct digest *seal);

/* A person's signature over the head at that time. */
struct store_checkpoint {
	int64_t seq;
	char person[UUID_TEXT_SIZE];
	int64_t key_number;
	struct digest chain;
	int64_t at_ms;
	struct signature signature;
};
void checkpoint_digest(const struct store *store, const struct store_checkpoint *point, struct digest *out);
extern const struct reader checkpoint_reader;

enum status audit_next_seq(struct store *store, int64_t *seq, struct fail *why) MUST_CHECK;
enum status audit_append(struct store *store, const char *action, const char *object,
                         const struct digest *digest, const struct store_stamp *stamp,
                         struct fail *why) MUST_CHECK;
/* Only the rows, table by table; needs the statements. */
enum status check_rows(struct store *store, int64_t *rows, struct fail *why) MUST_CHECK;

#endif
