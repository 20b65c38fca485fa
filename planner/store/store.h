/* The local store: patients, readings, twins, plan versions and the audit trail, in one SQLite file.
 *
 * What it promises
 *   - A write that returned ST_OK is on the disk: it is acknowledged only after COMMIT, with
 *     synchronous=EXTRA and a rollback journal. A write that failed left nothing behind, unless its reason
 *     says that this is not certain (the disk failed in the last step of the COMMIT).
 *   - Versions of twins and plans, readings, events and audit rows are append-only: the database itself
 *     refuses to change or remove them, and refuses readings or a twin of another patient.
 *   - Every row carries a digest over all its columns, verified whenever the row is read: a damaged row
 *     is refused by name, never shown. The digest is not keyed: it finds accidents, not forgers. Rows
 *     and audit are not sealed in schema version 1, and nothing here claims that they are.
 *   - A store is a clinic's or a demo, said at creation and checked at each opening. A clinic store
 *     holds only real patients, a demo store only virtual ones.
 *
 * One process, one connection: the file is locked as long as it is open. A struct store belongs to one
 * thread at a time. Clinical content travels as canonical JSON text (one object), which the store keeps
 * byte for byte and does not interpret. Times are milliseconds UTC since 1970 and always given by the
 * caller; the store reads no clock. Text is UTF-8, kept as given (control characters too: whoever prints
 * cleans), and refused when longer than the named maximum.
 *
 * Errors beyond those named: ST_INPUT text or name malformed, ST_RANGE too long or out of range, ST_IO
 * disk or damage, ST_FULL disk, memory or a named maximum exhausted.
 */
#ifndef LASERTWIN_STORE_H
#define LASERTWIN_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"
#include "planner/store/digest.h"
#include "planner/store/uuid.h"

#define STORE_LABEL_MAX 200 /* all maxima in bytes, without the closing NUL */
#define STORE_RECORD_NUMBER_MAX 64
#define STORE_BIRTH_MAX 10 /* "1987", "1987-06" or "1987-06-30" */
#define STORE_ACTOR_MAX 96
#define STORE_DEVICE_MAX 96 /* "profile.mode" */
#define STORE_STATE_MAX 32
#define STORE_VERDICT_MAX 32
#define STORE_REASON_MAX 1000
#define STORE_ACTION_MAX 64
#define STORE_OBJECT_MAX 160
#define STORE_FILTER_MAX 200
#define STORE_JSON_MAX (1 << 20)
#define STORE_TWIN_READINGS_MAX 32
#define STORE_LIST_MAX 20000 /* rows one list call gives at most; more are flagged, read by offset */
#define STORE_TIME_MAX_MS INT64_C(253402300799999) /* 9999-12-31, the last day four digits can write */

struct store;

enum store_kind { STORE_CLINIC = 0, STORE_DEMO, STORE_KINDS };

/* What trying a secret costs (Argon2id, RFC 9106). All zero: what a station bears, 3 passes over 256 MB. */
struct store_kdf {
	uint64_t operations, memory_bytes;
};
extern const struct store_kdf store_kdf_station; /* about 1 s */
extern const struct store_kdf store_kdf_least;   /* no protection: for tests and the demo, whose secrets are none */
#define STORE_KDF_OPERATIONS_MAX 64
#define STORE_KDF_MEMORY_MAX (UINT64_C(4) << 30)

struct store_options {
	enum store_kind kind;
	bool create;     /* make the store when the file does not exist or is empty */
	int64_t now_ms;  /* stamped on creation */
	const char *vfs; /* name of an SQLite VFS; NULL: the system's */
	struct store_kdf kdf; /* of secrets given from now on */
};

/* Who writes, and when. The actor is the login of somebody who is logged in, else the write is refused (ST_DENIED). */
struct store_stamp {
	int64_t at_ms;
	const char *actor;
};

/* Opens, checks and locks the file at path; gives a store. Refused, with nothing changed: ST_NOT_FOUND
 * no such file or folder, ST_CONFLICT in use by another process, ST_DENIED other kind, other program's
 * file, newer schema, other owner or open to others, network file system; ST_IO damaged or read-only. */
enum status store_open(const char *path, const struct store_options *options, struct store **out,
                       struct fail *why) MUST_CHECK;
/* Writes of an open group that was not committed are gone. */
void store_close(struct store **store);
enum store_kind store_kind(const struct store *store);
const char *store_kind_name(enum store_kind kind);

/* A group: several writes that count together or not at all. Inside it a write's ST_OK acknowledges
 * nothing; store_group_commit does. A write that fails inside leaves the others of the group as they
 * were, unless the disk failed: then the whole group is gone and the commit says so. No nesting. */
enum status store_group_begin(struct store *store, struct fail *why) MUST_CHECK;
enum status store_group_commit(struct store *store, struct fail *why) MUST_CHECK;
void store_group_abandon(struct store *store);

/* ---- patients ---- */

struct store_patient {
	char uuid[UUID_TEXT_SIZE];
	char label[STORE_LABEL_MAX + 1]; /* the name shown; required */
	char record_number[STORE_RECORD_NUMBER_MAX + 1]; /* the clinic's; unique in the store; may be empty */
	char birth[STORE_BIRTH_MAX + 1]; /* year, month or day, as known; may be empty */
	char sex;                        /* 'M', 'F', 'X'; 'U' unknown */
	bool is_virtual;                 /* made up: required in a demo store, refused in a clinic's */
	int64_t created_at_ms;           /* set by the store from the stamp */
	int64_t version;                 /* corrections so far; set when read */
};

enum store_patient_sort { STORE_SORT_LABEL = 0, STORE_SORT_RECORD_NUMBER, STORE_SORT_NEWEST, STORE_SORTS };

/* All zero: everybody, by label. */
struct store_patient_query {
	const char *text; /* part of label or record number, ASCII letters in either case; NULL or "": all */
	enum store_patient_sort sort;
	size_t offset, limit; /* limit 0: STORE_LIST_MAX */
};

struct store_patient_list {
	struct store_patient *items;
	size_t count;
	bool more; /* there are further rows after these */
};

/* ST_CONFLICT: uuid or record number already there. ST_DENIED: real patient in a demo, or virtual one
 * in a clinic. */
enum status store_patient_add(struct store *store, const struct store_patient *patient,
                              const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status store_patient_get(struct store *store, const char *uuid, struct store_patient *out,
                              struct fail *why) MUST_CHECK;
/* Whose record number; letters in either case, spaces left out. ST_NOT_FOUND: nobody's. */
enum status store_patient_of_number(struct store *store, const char *record_number, struct store_patient *out,
                                    struct fail *why) MUST_CHECK;
/* Gives *list; freed by store_patient_list_free. */
enum status store_patient_list(struct store *store, const struct store_patient_query *query,
                               struct store_patient_list *list, struct fail *why) MUST_CHECK;
void store_patient_list_free(struct store_patient_list *list);

/* Corrects who this is: label, record number, birth and sex become those of *patient, whose version is that of the
 * patient it was made from. What they were stays readable, sealed with the reason by the patient's key.
 * ST_CONFLICT: somebody was faster, or the record number is another patient's. ST_INPUT: nothing changes. */
enum status store_patient_change(struct store *store, const struct store_patient *patient, const char *reason,
                                 const struct store_stamp *stamp, struct fail *why) MUST_CHECK;

/* Which parts of an identity differ. */
enum store_identity_part {
	STORE_IDENTITY_LABEL = 1,
	STORE_IDENTITY_NUMBER = 2,
	STORE_IDENTITY_BIRTH = 4,
	STORE_IDENTITY_SEX = 8
};
unsigned store_patient_differs(const struct store_patient *a, const struct store_patient *b);
/* "name, date of birth". Returns out. */
const char *store_identity_parts(unsigned parts, char *out, size_t size);

/* Who the patient was after `version` corrections (0: as first recorded), since when and by whom. */
struct store_identity {
	struct store_patient patient;
	int64_t at_ms;
	char actor[STORE_ACTOR_MAX + 1]; /* "" of version 0: the audit has it */
	char reason[STORE_REASON_MAX + 1];
};
enum status store_patient_version(struct store *store, const char *uuid, int64_t version, struct store_identity *out,
                                  struct fail *why) MUST_CHECK;

struct session; /* planner/store/person.h */
/* Drops the patient's key: identity, readings, twins, plans and records can be read by nobody any more, here or in
 * what is copied from here on. The audit still verifies. A backup made before still opens: restore erases anew
 * whoever was erased since. */
enum status store_patient_erase(struct store *store, const struct session *by, const char *patient,
                                const char *reason, const struct store_stamp *stamp, struct fail *why) MUST_CHECK;

/* ---- readings: one visit's measurements ---- */

struct store_readings {
	char uuid[UUID_TEXT_SIZE];
	char patient[UUID_TEXT_SIZE];
	int64_t taken_at_ms;
	int64_t added_at_ms;  /* set by the store */
	const char *json;     /* borrowed when added; given, NUL-terminated, when read */
	size_t json_len;
	struct digest digest; /* of the JSON; set by the store */
};

struct store_readings_list {
	struct store_readings *items; /* latest taken first */
	size_t count;
	bool more;
};

/* ST_CONFLICT: uuid already there. ST_NOT_FOUND: no such patient. */
enum status store_readings_add(struct store *store, const struct store_readings *readings,
                               const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status store_readings_get(struct store *store, const char *uuid, struct store_readings *out,
                               struct fail *why) MUST_CHECK;
/* The patient's last taken; ST_NOT_FOUND when there are none. */
enum status store_readings_latest(struct store *store, const char *patient, struct store_readings *out,
                                  struct fail *why) MUST_CHECK;
enum status store_readings_list(struct store *store, const char *patient, size_t limit,
                                struct store_readings_list *list, struct fail *why) MUST_CHECK;
void store_readings_clear(struct store_readings *readings);
void store_readings_list_free(struct store_readings_list *list);

/* ---- twins ---- */

struct store_twin {
	char uuid[UUID_TEXT_SIZE]; /* the same for all versions of one twin (one patient, one site) */
	char patient[UUID_TEXT_SIZE];
	int64_t version; /* 1, 2, 3 ... without a gap */
	int64_t created_at_ms;
	size_t readings_count; /* made from these; all of the same patient */
	char readings[STORE_TWIN_READINGS_MAX][UUID_TEXT_SIZE];
	const char *json;
	size_t json_len;
	struct digest digest;
};

struct store_twin_list {
	struct store_twin *items; /* newest first */
	size_t count;
	bool more;
};

/* ST_CONFLICT: version does not follow the last one, or the uuid is another patient's twin.
 * ST_NOT_FOUND: patient or readings are not there or belong to somebody else. */
enum status store_twin_add(struct store *store, const struct store_twin *twin,
                           const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status store_twin_get(struct store *store, const char *uuid, int64_t version, struct store_twin *out,
                           struct fail *why) MUST_CHECK;
/* The patient's newest twin of any site. */
enum status store_twin_latest(struct store *store, const char *patient, struct store_twin *out,
                              struct fail *why) MUST_CHECK;
enum status store_twin_list(struct store *store, const char *patient, size_t limit,
                            struct store_twin_list *list, struct fail *why) MUST_CHECK;
void store_twin_clear(struct store_twin *twin);
void store_twin_list_free(struct store_twin_list *list);

/* ---- plans ---- */

struct store_plan {
	char uuid[UUID_TEXT_SIZE]; /* the same for all versions of one plan */
	int64_t version;           /* 1, 2, 3 ... without a gap */
	char patient[UUID_TEXT_SIZE];
	char twin[UUID_TEXT_SIZE];
	int64_t twin_version;
	char device[STORE_DEVICE_MAX + 1];
	char verdict[STORE_VERDICT_MAX + 1];
	char author[STORE_ACTOR_MAX + 1];
	int64_t created_at_ms;
	char state[STORE_STATE_MAX + 1]; /* when added: the first state; when read: the last */
	int64_t state_at_ms;
	const char *json;
	size_t json_len;
	struct digest digest;
};

struct store_plan_list {
	struct store_plan *items;
	size_t count;
	bool more;
};

/* All zero: the latest version of every plan, newest first. */
struct store_plan_query {
	const char *patient; /* uuid; NULL: all */
	const char *state;   /* NULL: any */
	size_t offset, limit;
};

/* Adds version `version` (the last one plus 1) in state `state`, with its first event, in one
 * transaction. ST_CONFLICT: somebody else added that version, or the uuid is another patient's plan.
 * ST_NOT_FOUND: patient or twin version are not there or belong to somebody else. */
enum status store_plan_add_version(struct store *store, const struct store_plan *plan,
                                   const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status store_plan_get(struct store *store, const char *uuid, int64_t version, struct store_plan *out,
                           struct fail *why) MUST_CHECK;
enum status store_plan_latest(struct store *store, const char *uuid, struct store_plan *out,
                              struct fail *why) MUST_CHECK;
/* Every version of one plan, newest first. */
enum status store_plan_list_versions(struct store *store, const char *uuid, struct store_plan_list *list,
                                     struct fail *why) MUST_CHECK;
enum status store_plan_list(struct store *store, const struct store_plan_query *query,
                            struct store_plan_list *list, struct fail *why) MUST_CHECK;
void store_plan_clear(struct store_plan *plan);
void store_plan_list_free(struct store_plan_list *list);

/* A change of state of one plan version. Which moves are allowed to whom is the plan module's table;
 * the store sees to it that the plan is still in from_state and still has the content the actor saw. */
struct store_plan_event {
	char plan[UUID_TEXT_SIZE];
	int64_t version;
	int64_t ordinal; /* 1 is the version's creation; set by the store */
	char from_state[STORE_STATE_MAX + 1];
	char to_state[STORE_STATE_MAX + 1];
	char actor[STORE_ACTOR_MAX + 1]; /* set by the store from the stamp */
	int64_t at_ms;                   /* likewise */
	char reason[STORE_REASON_MAX + 1];
	struct digest digest; /* of the plan content the actor saw */
	const char *json;     /* further particulars of the move (a signature); NULL or "": none */
	size_t json_len;
};

struct store_plan_event_list {
	struct store_plan_event *items; /* in the order they happened */
	size_t count;
	bool more;
};

/* ST_CONFLICT: the plan is no longer in from_state, or its content is not the one with that digest. */
enum status store_plan_event_add(struct store *store, const struct store_plan_event *event,
                                 const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
enum status store_plan_event_list(struct store *store, const char *uuid, int64_t version,
                                  struct store_plan_event_list *list, struct fail *why) MUST_CHECK;
/* Those of all plans and versions, a page at a time: what comes after the last one of the page before (NULL: the
 * first page), at most limit. Those of the erased are not among them. */
enum status store_plan_event_all(struct store *store, const struct store_plan_event *after, size_t limit,
                                 struct store_plan_event_list *list, struct fail *why) MUST_CHECK;
void store_plan_event_list_free(struct store_plan_event_list *list);

/* ---- audit ---- */

/* Every write above adds its own row; these are for what happens elsewhere (login, export, print). */
struct store_audit {
	int64_t seq; /* 1, 2, 3 ... without a gap; order holds whatever the clock does */
	int64_t at_ms;
	char actor[STORE_ACTOR_MAX + 1];
	char action[STORE_ACTION_MAX + 1];
	char object[STORE_OBJECT_MAX + 1];
	bool has_digest;
	struct digest digest; /* of the content concerned */
	struct digest chain, seal; /* set by the store: what binds it to the entries before */
};

struct store_audit_list {
	struct store_audit *items; /* by seq */
	size_t count;
	bool more;
};

/* digest may be NULL. */
enum status store_audit_add(struct store *store, const char *action, const char *object,
                            const struct digest *digest, const struct store_stamp *stamp,
                            struct fail *why) MUST_CHECK;
/* Rows with seq > after_seq. */
enum status store_audit_list(struct store *store, int64_t after_seq, size_t limit,
                             struct store_audit_list *list, struct fail *why) MUST_CHECK;
void store_audit_list_free(struct store_audit_list *list);

/* The last entry's number and chain: printed on every sheet, sent at synchronisation. */
struct store_audit_head {
	int64_t seq;
	struct digest chain;
};
enum status store_audit_head(struct store *store, struct store_audit_head *out, struct fail *why) MUST_CHECK;

/* Verifies every entry's code, chain and number, every checkpoint's signature, the head and the anchor, and
 * with the clinic's recovery key (NULL: without) every seal. ST_IO names the first bad entry ("audit 57").
 * *found (may be NULL) tells what was verified. Works on an old copy, too, which it names. */
struct store_audit_found {
	int64_t entries, checkpoints;
	bool seals;             /* verified, too */
	int64_t last_signed;    /* the last entry that a checkpoint covers; 0: none */
	struct store_audit_head head;
};
enum status store_audit_verify(struct store *store, const unsigned char *recovery_secret,
                               struct store_audit_found *found, struct fail *why) MUST_CHECK;
/* The same in pieces, for who has something else to do between them: each at most so many entries and checkpoints.
 * Entries that are written meanwhile are verified, too. *done: all of it held, or the status says what did not. Ended
 * before that, found tells up to where it held (head and anchor come last). Lives no longer than the store is open. */
struct store_audit_check;
enum status store_audit_check_begin(struct store *store, const unsigned char *recovery_secret,
                                    struct store_audit_check **out, struct fail *why) MUST_CHECK;
enum status store_audit_check_go_on(struct store_audit_check *check, size_t most, bool *done,
                                    struct fail *why) MUST_CHECK;
double store_audit_check_done_frac(const struct store_audit_check *check);
const struct store_audit_found *store_audit_check_found(const struct store_audit_check *check); /* borrowed */
void store_audit_check_end(struct store_audit_check **check);

#define STORE_ANCHOR_SUFFIX ".anchor" /* the second file, beside the store's */
/* Why nothing can be written: an old copy was put in place, or the anchor is missing. NULL: all is well. */
const char *store_is_rolled_back(const struct store *store);
#define STORE_ERASED_SUFFIX ".erased" /* the third: who was erased, by random name */
/* An administrator takes the store as it is; the audit keeps what the anchor said. Whoever was erased here since the
 * copy was made is erased again; *erased is how many. */
enum status store_anchor_accept(struct store *store, const struct session *by, const char *reason,
                                const struct store_stamp *stamp, size_t *erased, struct fail *why) MUST_CHECK;

/* ---- the whole ---- */

/* Verifies every row's digest, the content digests, versions without gaps, references and SQLite's own
 * structure. ST_IO names the first bad row. *rows (may be NULL) counts the rows verified. */
enum status store_check(struct store *store, int64_t *rows, struct fail *why) MUST_CHECK;

/* Copies the store to a new file at path, opens the copy and runs store_check on it; only then does the
 * file get its name. ST_CONFLICT: path exists. ST_DENIED: a group is open. The copy is not encrypted. */
enum status store_backup(struct store *store, const char *path, struct fail *why) MUST_CHECK;

const char *store_library_version(void); /* of SQLite, at run time */
const char *store_sealing_version(void); /* of libsodium */

#endif
