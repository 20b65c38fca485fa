/* Setting up, logging in, signing: where secrets are tried. */
#include "planner/store/internal.h"

enum { PERSON, FAILURES, BOOT, SINCE_BOOT, AT };
enum { RECOVERY_ID, RECOVERY_PUBLIC, RECOVERY_BOX };
enum { MS_PER_S = 1000, FREE_FAILURES = 2, DELAY_MAX_S = 15 * 60, DOUBLINGS_MAX = 10 };

enum store_access store_access(const struct store *store)
{
	if (store->vault)
		return STORE_UNLOCKED;
	return store->is_new || store->is_plain ? STORE_NEW : STORE_LOCKED;
}

/* ---- failures ---- */

struct attempt {
	int failures;
	char boot[UUID_TEXT_SIZE];
	int64_t since_boot_ms;
};

static enum status attempt_load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                                struct fail *why)
{
	(void)store;
	(void)statement;
	struct attempt *attempt = item;
	if (!row_text(row, BOOT, attempt->boot, sizeof attempt->boot))
		return row_misfit(row, why);
	attempt->failures = (int)row_int(row, FAILURES);
	attempt->since_boot_ms = row_int(row, SINCE_BOOT);
	return ST_OK;
}

static const struct reader attempt_reader = {TABLE_ATTEMPT, sizeof(struct attempt), attempt_load, NULL};

static enum status attempt_get(struct store *store, const char *person, struct attempt *attempt, struct fail *why)
{
	struct fail missing = {0};
	sqlite3_stmt *statement = statement_use(store, SQL_ATTEMPT_GET);
	bind_text(statement, 1, person);
	enum status st = read_one(store, statement, &attempt_reader, attempt, "", &missing);
	if (st == ST_NOT_FOUND) {
		*attempt = (struct attempt){0};
		return ST_OK;
	}
	if (st != ST_OK && why)
		*why = missing;
	return st;
}

enum status attempt_failures(struct store *store, const char *person, int *failures, struct fail *why)
{
	struct attempt attempt;
	enum status st = attempt_get(store, person, &attempt, why);
	*failures = attempt.failures;
	return st;
}

static enum status attempt_put(struct store *store, const char *person, int failures,
                               const struct store_moment *moment, struct fail *why)
{
	const struct cell cells[] = {
	        [PERSON] = cell_text(person),
	        [FAILURES] = cell_int(failures),
	        [BOOT] = cell_text(moment->boot),
	        [SINCE_BOOT] = cell_int(moment->since_boot_ms),
	        [AT] = cell_int(moment->at_ms),
	};
	return row_insert(store, SQL_ATTEMPT_PUT, TABLE_ATTEMPT, cells, "the attempt was not noted", why);
}

enum status attempt_clear(struct store *store, const char *person, struct fail *why)
{
	return attempt_put(store, person, 0, &(struct store_moment){.boot = ""}, why);
}

/* 0, 0, 1, 2, 4 ... seconds to 15 minutes, which allows about 100 tries a day. */
static int64_t delay_ms(int failures)
{
	int doublings = failures - FREE_FAILURES - 1;
	if (doublings < 0)
		return 0;
	int64_t seconds = doublings < DOUBLINGS_MAX ? INT64_C(1) << doublings : DELAY_MAX_S;
	return seconds * MS_PER_S;
}

/* Waited since the last failure. In another boot only the time since that boot counts: it cannot be set,
 * as the clock can. */
static int64_t waited_ms(const struct attempt *attempt, const struct store_moment *moment)
{
	if (strcmp(attempt->boot, moment->boot) != 0)
		return moment->since_boot_ms;
	return moment->since_boot_ms - attempt->since_boot_ms;
}

static enum status may_try(const struct attempt *attempt, const struct store_moment *moment, struct fail *why)
{
	int64_t left_ms = delay_ms(attempt->failures) - waited_ms(attempt, moment);
	if (attempt->failures >= STORE_FAILURES_MAX)
		return fail_set(why, ST_DENIED, "login",
		                "is closed after %d wrong secrets: an administrator gives a new one (lasertwin user secret)",
		                STORE_FAILURES_MAX);
	if (attempt->failures > FREE_FAILURES && left_ms > 0)
		return fail_set(why, ST_DENIED, "login", "was tried %d times with a wrong secret: wait %lld s",
		                attempt->failures, (long long)((left_ms + MS_PER_S - 1) / MS_PER_S));
	return ST_OK;
}

/* The failure is noted before the secret is tried, so that pulling the plug in between gains nothing. */
static enum status note_try(struct store *store, const struct store_person *person, int failures,
                            const struct store_moment *moment, struct fail *why)
{
	const struct store_stamp stamp = {moment->at_ms, person->login};
	enum status st = write_begin(store, &stamp, why);
	if (st != ST_OK)
		return st;
	st = attempt_put(store, person->uuid, failures, moment, why);
	if (st == ST_NOT_FOUND) /* the person was just read, and an index does not know them */
		st = fail_set(why, ST_IO, store->path, "the list of people is damaged: restore the last backup");
	return store_write_end(store, st, why);
}

static enum status wrong(const struct attempt *before, struct fail *why)
{
	int64_t next_s = delay_ms(before->failures + 1) / MS_PER_S;
	if (next_s == 0)
		return fail_set(why, ST_DENIED, "login", "unknown login or wrong secret: try again");
	return fail_set(why, ST_DENIED, "login", "unknown login or wrong secret: try again in %lld s",
	                (long long)next_s);
}

/* ---- trying a secret ---- */

struct opened {
	struct vault *vault;
	unsigned char seed[VAULT_KEY_BYTES];
};

/* An unknown login takes as long as a wrong secret. */
static enum status unknown_login(struct store *store, struct secret secret, struct fail *why)
{
	const unsigned char salt[VAULT_SALT_BYTES] = {0}, slot[VAULT_SLOT_BYTES] = {0};
	struct opened opened = {NULL, {0}};
	const struct attempt none = {0};
	struct digest to = {{0}};
	if (vault_slot_open(slot, salt, secret, &store->kdf, &to, &opened.vault, opened.seed, NULL) == ST_OK)
		vault_close(&opened.vault); /* cannot be */
	return wrong(&none, why);
}

static enum status try_slot(struct store *store, const struct person_row *row, struct secret secret,
                            struct opened *opened, struct fail *why)
{
	struct digest to;
	slot_bind(store, &row->person, &to);
	return vault_slot_open(row->slot, row->salt, secret, &row->kdf, &to, &opened->vault, opened->seed, why);
}

/* Opens the person's slot, with the delays. *failures: how many wrong ones came before. */
static enum status try_secret(struct store *store, const char *login, struct secret secret,
                              const struct store_moment *moment, struct person_row *row, struct opened *opened,
                              int *failures, struct fail *why)
{
	struct attempt attempt;
	opened->vault = NULL;
	enum status st = person_get(store, login, row, why);
	if (st == ST_NOT_FOUND || st == ST_INPUT)
		return unknown_login(store, secret, why);
	if (st == ST_OK)
		st = attempt_get(store, row->person.uuid, &attempt, why);
	if (st == ST_OK)
		st = may_try(&attempt, moment, why);
	if (st == ST_OK && !row->has_slot)
		st = fail_set(why, ST_DENIED, "login", "is disabled: ask an administrator");
	if (st == ST_OK)
		st = note_try(store, &row->person, attempt.failures + 1, moment, why);
	if (st != ST_OK)
		return st;
	*failures = attempt.failures;
	st = try_slot(store, row, secret, opened, why);
	return st == ST_DENIED ? wrong(&attempt, why) : st;
}

/* ---- sessions ---- */

static enum status session_new(struct store *store, const struct store_person *person,
                               const unsigned char seed[VAULT_KEY_BYTES], struct session **out, struct fail *why)
{
	struct session *session = vault_alloc(sizeof *session);
	*out = session;
	if (!session)
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	session->store = store;
	session->person = *person;
	memcpy(session->seed, seed, sizeof session->seed);
	session->next = store->sessions;
	store->sessions = session;
	return ST_OK;
}

void store_lock(struct store *store)
{
	names_forget(store);
	patient_key_forget(store);
	if (store->vault_is_borrowed)
		store->vault = NULL;
	else
		vault_close(&store->vault);
	store->vault_is_borrowed = false;
}

void store_logout(struct session **session)
{
	if (!*session)
		return;
	struct store *store = (*session)->store;
	struct session **link = &store->sessions;
	while (*link != *session)
		link = &(*link)->next;
	*link = (*session)->next;
	vault_free(*session);
	*session = NULL;
	if (!store->sessions)
		store_lock(store);
}

const struct store_person *session_person(const struct session *session)
{
	return &session->person;
}

bool session_has(const struct session *session, unsigned roles)
{
	return session && (session->person.roles & roles) != 0;
}

void session_sign_with(const struct session *session, const void *bytes, size_t n, struct signature *out)
{
	struct sign_public public;
	struct sign_secret own;
	sign_keys(session->seed, &public, &own);
	sign_bytes(&own, bytes, n, out);
	sign_forget(&own);
}

/* ---- recovery box ---- */

static enum status recovery_put(struct store *store, const unsigned char *public_key, const unsigned char *ratchet,
                                struct fail *why)
{
	unsigned char box[VAULT_RECOVERY_BYTES];
	vault_recovery_make(store->vault, ratchet, public_key, box);
	const struct cell cells[] = {
	        [RECOVERY_ID] = cell_int(1),
	        [RECOVERY_PUBLIC] = cell_blob(public_key, VAULT_KEY_BYTES),
	        [RECOVERY_BOX] = cell_blob(box, sizeof box),
	};
	return row_insert(store, SQL_RECOVERY_PUT, TABLE_RECOVERY, cells, "the recovery key was not saved", why);
}

enum status recovery_get(struct store *store, unsigned char box[VAULT_RECOVERY_BYTES], struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_RECOVERY_GET);
	struct row row;
	bool got = false;
	enum status st = row_step(store, statement, &got, why);
	if (st == ST_OK && !got)
		st = fail_set(why, ST_NOT_FOUND, "recovery key", "was not set up for this store");
	if (st == ST_OK) {
		st = row_read(store, statement, 0, TABLE_RECOVERY, &row, why);
		if (st == ST_OK && row.cell[RECOVERY_BOX].n != VAULT_RECOVERY_BYTES)
			st = row_misfit(&row, why);
		if (st == ST_OK)
			memcpy(box, row.cell[RECOVERY_BOX].bytes, VAULT_RECOVERY_BYTES);
		row_clear(&row);
	}
	statement_done(statement);
	return st;
}

/* ---- the first person ---- */

static enum status begin_audit(struct store *store, const unsigned char *recovery_public,
                               const struct store_stamp *stamp, struct fail *why)
{
	const int64_t schema = store_migrations[store_migration_count - 1].version;
	struct audit_head head = {.schema = schema};
	char object[STORE_OBJECT_MAX + 1];
	vault_random(head.key, sizeof head.key);
	enum status st = recovery_public ? recovery_put(store, recovery_public, head.key, why) : ST_OK;
	if (st == ST_OK)
		st = audit_head_put(store, &head, why);
	secret_wipe(&head, sizeof head);
	(void)snprintf(object, sizeof object, "schema %lld", (long long)schema);
	if (st == ST_OK && store->is_plain)
		st = schema_1_move(store, stamp, why);
	return st == ST_OK ? audit_append(store, store->is_plain ? "store.migrate" : "store.create", object, NULL, stamp,
	                                  why)
	                   : st;
}

static enum status set_up(struct store *store, const struct store_person_new *first,
                          const unsigned char *recovery_public, const struct store_stamp *stamp,
                          struct store_person *person, struct fail *why)
{
	enum status st = store->is_plain ? schema_1_prepare(store, stamp, why) : ST_OK;
	if (st == ST_OK)
		st = begin_audit(store, recovery_public, stamp, why);
	return st == ST_OK ? person_append(store, first, stamp, person, why) : st;
}

/* Logging in by the slot just made shows that it opens. */
static enum status open_own(struct store *store, const struct store_person_new *first, struct session **session,
                            struct fail *why)
{
	struct person_row row;
	struct opened opened = {NULL, {0}};
	enum status st = person_get(store, first->login, &row, why);
	if (st == ST_OK)
		st = try_slot(store, &row, first->secret, &opened, why);
	vault_close(&opened.vault);
	if (st == ST_OK)
		st = session_new(store, &row.person, opened.seed, session, why);
	secret_wipe(&opened, sizeof opened);
	return st;
}

static enum status check_setup(struct store *store, const struct store_person_new *first, struct fail *why)
{
	if (store_access(store) != STORE_NEW)
		return fail_set(why, ST_CONFLICT, store->path, "has people already: log in");
	if (!(first->roles & ROLE_ADMINISTRATOR))
		return fail_set(why, ST_INPUT, "role", "of the first person must include administrator");
	return person_check_new(store, first, why);
}

enum status store_setup(struct store *store, const struct store_person_new *first,
                        const unsigned char *recovery_public, const struct store_stamp *stamp,
                        struct session **session, struct fail *why)
{
	struct store_person person;
	*session = NULL;
	enum status st = check_setup(store, first, why);
	if (st == ST_OK)
		st = vault_new(&store->vault, why);
	if (st == ST_OK)
		st = setup_begin(store, stamp, why);
	if (st == ST_OK)
		st = setup_end(store, set_up(store, first, recovery_public, stamp, &person, why), why);
	if (st == ST_OK) {
		store->is_new = store->is_plain = false;
		st = open_own(store, first, session, why);
	}
	if (st != ST_OK && !*session)
		store_lock(store);
	return st;
}

/* ---- logging in ---- */

/* What is read before login is not yet known to be ours; the sealed part of the row says so now. */
static enum status admit(struct store *store, const char *login, struct person_row *row, struct fail *why)
{
	enum status st = person_get(store, login, row, why);
	if (st == ST_OK && row->person.is_disabled)
		st = fail_set(why, ST_DENIED, "login", "is disabled: ask an administrator");
	if (st == ST_OK && row->person.is_virtual != (store->kind == STORE_DEMO))
		st = fail_set(why, ST_DENIED, "login", "demo people and real ones are never mixed");
	return st;
}

static enum status audit_schema(struct store *store, const struct store_stamp *stamp, struct fail *why)
{
	struct audit_head head;
	char object[STORE_OBJECT_MAX + 1];
	const int64_t schema = store_migrations[store_migration_count - 1].version;
	enum status st = audit_head_get(store, &head, why);
	bool told = head.schema >= schema;
	head.schema = schema;
	if (st == ST_OK && !told)
		st = audit_head_put(store, &head, why);
	secret_wipe(&head, sizeof head);
	(void)snprintf(object, sizeof object, "schema %lld", (long long)schema);
	return st == ST_OK && !told ? audit_append(store, "store.migrate", object, NULL, stamp, why) : st;
}

static enum status record_login(struct store *store, const struct store_person *person, int failures,
                                const struct store_moment *moment, struct fail *why)
{
	const struct store_stamp stamp = {moment->at_ms, person->login};
	char object[STORE_OBJECT_MAX + 1];
	enum status st = store_write_begin(store, &stamp, why);
	if (st != ST_OK)
		return st;
	st = audit_schema(store, &stamp, why);
	(void)snprintf(object, sizeof object, "%s, %d wrong", person->login, failures);
	if (st == ST_OK && failures > 0)
		st = audit_append(store, "login.failed", object, NULL, &stamp, why);
	if (st == ST_OK)
		st = audit_append(store, "login", person->login, NULL, &stamp, why);
	if (st == ST_OK)
		st = attempt_clear(store, person->uuid, why);
	return store_write_end(store, st, why);
}

static enum status enter(struct store *store, const char *login, struct opened *opened,
                         const struct store_moment *moment, int failures, struct session **session, struct fail *why)
{
	struct person_row row;
	bool first = store->vault == NULL;
	if (first) {
		store->vault = opened->vault;
		opened->vault = NULL;
	}
	enum status st = admit(store, login, &row, why);
	if (st == ST_OK && first)
		st = anchor_check(store, why);
	if (st == ST_OK)
		st = session_new(store, &row.person, opened->seed, session, why);
	if (st == ST_OK && store->is_rolled_back) /* nothing is written but that the secret was right */
		st = note_try(store, &row.person, 0, moment, why);
	else if (st == ST_OK)
		st = record_login(store, &row.person, failures, moment, why);
	if (st == ST_OK && first)
		name_pages_settle(store, &(struct store_stamp){moment->at_ms, row.person.login});
	if (st != ST_OK)
		store_logout(session);
	if (st != ST_OK && first)
		store_lock(store);
	return st;
}

enum status store_login(struct store *store, const char *login, struct secret secret,
                        const struct store_moment *moment, struct session **session, struct fail *why)
{
	struct person_row row;
	struct opened opened = {NULL, {0}};
	int failures = 0;
	*session = NULL;
	if (store_access(store) == STORE_NEW)
		return fail_set(why, ST_NOT_FOUND, store->path, "has nobody yet: set up the first administrator");
	enum status st = try_secret(store, login, secret, moment, &row, &opened, &failures, why);
	if (st == ST_OK)
		st = enter(store, login, &opened, moment, failures, session, why);
	vault_close(&opened.vault);
	secret_wipe(&opened, sizeof opened);
	return st;
}

/* ---- the secret again ---- */

static enum status confirm(struct session *session, const char *login, struct secret secret,
                           const struct store_moment *moment, struct opened *opened, struct fail *why)
{
	struct store *store = session->store;
	struct person_row row;
	int failures = 0;
	if (strcmp(login, session->person.login) != 0)
		return fail_set(why, ST_DENIED, "login", "is not yours: give your own again");
	enum status st = try_secret(store, login, secret, moment, &row, opened, &failures, why);
	if (st == ST_OK)
		st = note_try(store, &row.person, 0, moment, why);
	return st;
}

enum status session_sign(struct session *session, const char *login, struct secret secret,
                         const struct store_moment *moment, const void *bytes, size_t n, struct signature *out,
                         struct fail *why)
{
	struct opened opened = {NULL, {0}};
	enum status st = confirm(session, login, secret, moment, &opened, why);
	if (st == ST_OK)
		session_sign_with(session, bytes, n, out);
	vault_close(&opened.vault);
	secret_wipe(&opened, sizeof opened);
	return st;
}

enum status store_person_secret(struct store *store, struct session *own, struct secret old, struct secret fresh,
                                const struct store_moment *moment, struct fail *why)
{
	const struct store_stamp stamp = {moment->at_ms, own->person.login};
	struct opened opened = {NULL, {0}};
	struct person_row row;
	enum status st = own->person.is_virtual ? ST_OK : secret_check(own->person.login, fresh, why);
	if (st == ST_OK)
		st = writable_check(store, why);
	if (st == ST_OK)
		st = confirm(own, own->person.login, old, moment, &opened, why);
	if (st == ST_OK)
		st = person_get(store, own->person.login, &row, why);
	if (st == ST_OK)
		st = person_secret(store, &row, opened.seed, fresh, &stamp, why);
	vault_close(&opened.vault);
	secret_wipe(&opened, sizeof opened);
	return st;
}

/* ---- recovery ---- */

static enum status recover(struct store *store, const char *login, struct secret fresh,
                           const struct store_stamp *stamp, struct fail *why)
{
	struct person_row row;
	enum status st = person_get(store, login, &row, why);
	if (st == ST_OK && !row.person.is_virtual)
		st = secret_check(login, fresh, why);
	if (st == ST_OK)
		st = anchor_check(store, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, person_reset(store, &row, fresh, "person.recover", stamp, why), why);
}

enum status store_recover(struct store *store, const unsigned char recovery_secret[STORE_RECOVERY_KEY_BYTES],
                          const char *login, struct secret fresh, const struct store_stamp *stamp,
                          struct session **session, struct fail *why)
{
	unsigned char box[VAULT_RECOVERY_BYTES], ratchet[VAULT_KEY_BYTES];
	const struct store_person_new person = {.login = login, .secret = fresh};
	*session = NULL;
	if (store_access(store) != STORE_LOCKED)
		return fail_set(why, ST_CONFLICT, store->path, "is not locked: recovery is for when nobody can log in");
	enum status st = recovery_get(store, box, why);
	if (st == ST_OK)
		st = vault_recovery_open(box, recovery_secret, &store->vault, ratchet, why);
	secret_wipe(ratchet, sizeof ratchet);
	if (st == ST_OK)
		st = recover(store, login, fresh, stamp, why);
	if (st == ST_OK)
		st = open_own(store, &person, session, why);
	if (st != ST_OK)
		store_lock(store);
	return st;
}
