/* People: who they are, what they may, and which keys they had. */
#include "planner/store/internal.h"

enum {
	UUID,
	LOGIN,
	OPERATIONS,
	MEMORY,
	SALT,
	SLOT,
	NAME,
	ROLES,
	PUBLIC_KEY,
	KEY_NUMBER,
	IS_DISABLED,
	IS_VIRTUAL,
	ADDED_AT
};

enum { KEY_PERSON, KEY_ORDINAL, KEY_PUBLIC };

static const char *const role_names[] = {"technician", "dermatologist", "administrator", "viewer"};
enum { ROLE_COUNT = sizeof role_names / sizeof *role_names };

/* ---- roles ---- */

const char *role_name(enum person_role role)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		if ((unsigned)role == 1u << i)
			return role_names[i];
	return NULL;
}

static unsigned role_of(const char *word, size_t n)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		if (strlen(role_names[i]) == n && memcmp(role_names[i], word, n) == 0)
			return 1u << i;
	return 0;
}

enum status roles_parse(const char *text, unsigned *roles, struct fail *why)
{
	unsigned found = 0;
	for (const char *word = text; *word;) {
		size_t n = strcspn(word, ",");
		unsigned role = role_of(word, n);
		if (role == 0)
			return fail_set(why, ST_INPUT, "role",
			                "\"%.*s\" is none of technician, dermatologist, administrator, viewer", (int)n, word);
		found |= role;
		word += n + (word[n] == ',');
	}
	if (found == 0)
		return fail_set(why, ST_INPUT, "role", "is missing: technician, dermatologist, administrator or viewer");
	*roles = found;
	return ST_OK;
}

void roles_format(unsigned roles, char *text, size_t size)
{
	size_t n = 0;
	text[0] = '\0';
	for (int i = 0; i < ROLE_COUNT && n < size; i++)
		if (roles >> i & 1)
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? "," : "", role_names[i]);
}

/* ---- rows ---- */

/* While the store is locked the sealed cells are empty blobs. */
static bool load_sealed(const struct row *row, struct store_person *person)
{
	const struct cell *key = &row->cell[PUBLIC_KEY];
	if (row->cell[NAME].type == CELL_BLOB)
		return true;
	if (!row_text(row, NAME, person->name, sizeof person->name) || key->type != CELL_BLOB ||
	    key->n != sizeof person->public_key.bytes)
		return false;
	memcpy(person->public_key.bytes, key->bytes, key->n);
	person->roles = (unsigned)row_int(row, ROLES);
	person->key_number = row_int(row, KEY_NUMBER);
	person->is_disabled = row_int(row, IS_DISABLED) != 0;
	person->is_virtual = row_int(row, IS_VIRTUAL) != 0;
	person->added_at_ms = row_int(row, ADDED_AT);
	return true;
}

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct person_row *out = item;
	const struct cell *salt = &row->cell[SALT], *slot = &row->cell[SLOT];
	if (!row_text(row, UUID, out->person.uuid, sizeof out->person.uuid) ||
	    !row_text(row, LOGIN, out->person.login, sizeof out->person.login) || salt->n != sizeof out->salt ||
	    (slot->n != 0 && slot->n != sizeof out->slot) || !load_sealed(row, &out->person))
		return row_misfit(row, why);
	out->kdf.operations = (uint64_t)row_int(row, OPERATIONS);
	out->kdf.memory_bytes = (uint64_t)row_int(row, MEMORY);
	memcpy(out->salt, salt->bytes, salt->n);
	memcpy(out->slot, slot->bytes, slot->n);
	out->has_slot = slot->n != 0;
	return ST_OK;
}

static const struct reader reader = {TABLE_PERSON, sizeof(struct person_row), load, NULL};

static enum status person_put(struct store *store, const struct person_row *row, struct fail *why)
{
	const struct store_person *person = &row->person;
	const struct cell cells[] = {
	        [UUID] = cell_text(person->uuid),
	        [LOGIN] = cell_text(person->login),
	        [OPERATIONS] = cell_int((int64_t)row->kdf.operations),
	        [MEMORY] = cell_int((int64_t)row->kdf.memory_bytes),
	        [SALT] = cell_blob(row->salt, sizeof row->salt),
	        [SLOT] = cell_blob(row->slot, row->has_slot ? sizeof row->slot : 0),
	        [NAME] = cell_text(person->name),
	        [ROLES] = cell_int(person->roles),
	        [PUBLIC_KEY] = cell_blob(person->public_key.bytes, sizeof person->public_key.bytes),
	        [KEY_NUMBER] = cell_int(person->key_number),
	        [IS_DISABLED] = cell_int(person->is_disabled),
	        [IS_VIRTUAL] = cell_int(person->is_virtual),
	        [ADDED_AT] = cell_int(person->added_at_ms),
	};
	return row_insert(store, SQL_PERSON_PUT, TABLE_PERSON, cells, "the person was not saved", why);
}

static enum status get(struct store *store, enum statement id, const char *key, struct person_row *out,
                       struct fail *why)
{
	memset(out, 0, sizeof *out);
	sqlite3_stmt *statement = statement_use(store, id);
	bind_text(statement, 1, key);
	return read_one(store, statement, &reader, out, "nobody of that login is in this store", why);
}

enum status person_get(struct store *store, const char *login, struct person_row *out, struct fail *why)
{
	memset(out, 0, sizeof *out);
	if (store->is_plain)
		return fail_set(why, ST_NOT_FOUND, "person", "this store has nobody yet");
	enum status st = word_check("login", login, STORE_LOGIN_MAX, why);
	return st == ST_OK ? get(store, SQL_PERSON_GET, login, out, why) : st;
}

enum status store_person_get(struct store *store, const char *login, struct store_person *out, struct fail *why)
{
	struct person_row row;
	enum status st = person_get(store, login, &row, why);
	*out = row.person;
	if (st == ST_OK)
		st = attempt_failures(store, out->uuid, &out->failures, why);
	return st;
}

enum status store_person_list(struct store *store, struct store_person_list *list, struct fail *why)
{
	struct rows rows = {0};
	*list = (struct store_person_list){0};
	if (store->is_plain)
		return ST_OK;
	enum status st = read_list(store, statement_use(store, SQL_PERSON_LIST), &reader, STORE_LIST_MAX, &rows, why);
	if (st != ST_OK)
		return st;
	const struct person_row *found = rows.items;
	list->items = calloc(rows.count + 1, sizeof *list->items);
	if (!list->items)
		st = fail_set(why, ST_FULL, "", "memory is exhausted");
	for (size_t i = 0; i < rows.count && st == ST_OK; i++) {
		list->items[list->count] = found[i].person;
		st = attempt_failures(store, found[i].person.uuid, &list->items[list->count++].failures, why);
	}
	rows_free(&reader, rows.items, rows.count);
	if (st != ST_OK)
		store_person_list_free(list);
	return st;
}

void store_person_list_free(struct store_person_list *list)
{
	free(list->items);
	*list = (struct store_person_list){0};
}

/* ---- keys ---- */

static enum status key_append(struct store *store, const struct store_person *person, struct fail *why)
{
	const struct cell cells[] = {
	        [KEY_PERSON] = cell_text(person->uuid),
	        [KEY_ORDINAL] = cell_int(person->key_number),
	        [KEY_PUBLIC] = cell_blob(person->public_key.bytes, sizeof person->public_key.bytes),
	};
	return row_insert(store, SQL_PERSON_KEY_INSERT, TABLE_PERSON_KEY, cells, "the person's key was not saved", why);
}

static enum status load_key(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                            struct fail *why)
{
	(void)store;
	(void)statement;
	struct sign_public *out = item;
	if (row->cell[KEY_PUBLIC].n != sizeof out->bytes)
		return row_misfit(row, why);
	memcpy(out->bytes, row->cell[KEY_PUBLIC].bytes, sizeof out->bytes);
	return ST_OK;
}

static const struct reader key_reader = {TABLE_PERSON_KEY, sizeof(struct sign_public), load_key, NULL};

enum status store_person_key(struct store *store, const char *uuid, int64_t key_number, struct sign_public *out,
                             struct fail *why)
{
	enum status st = uuid_check("person", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_PERSON_KEY_GET);
	bind_text(statement, 1, uuid);
	bind_int(statement, 2, key_number);
	return read_one(store, statement, &key_reader, out, "this person never had such a key", why);
}

/* ---- slots ---- */

void slot_bind(const struct store *store, const struct store_person *person, struct digest *to)
{
	struct digest_stream stream;
	digest_begin(&stream, "lasertwin-slot/2");
	digest_add_text(&stream, store->uuid, strlen(store->uuid));
	digest_add_int(&stream, store->kind);
	digest_add_text(&stream, person->uuid, strlen(person->uuid));
	digest_add_text(&stream, person->login, strlen(person->login));
	digest_end(&stream, to);
}

/* A new slot under the store's present cost. */
static enum status slot_fill(struct store *store, struct person_row *row, const unsigned char *seed,
                             struct secret secret, struct fail *why)
{
	struct digest to;
	slot_bind(store, &row->person, &to);
	row->kdf = store->kdf;
	enum status st = vault_slot_make(store->vault, seed, secret, &row->kdf, &to, row->salt, row->slot, why);
	row->has_slot = st == ST_OK;
	return st;
}

/* A new signing key and a slot for it. */
static enum status new_keys(struct store *store, struct person_row *row, struct secret secret, struct fail *why)
{
	unsigned char seed[SIGN_SEED_BYTES];
	struct sign_secret own;
	vault_random(seed, sizeof seed);
	sign_keys(seed, &row->person.public_key, &own);
	sign_forget(&own);
	row->person.key_number++;
	enum status st = slot_fill(store, row, seed, secret, why);
	secret_wipe(seed, sizeof seed);
	return st;
}

/* ---- adding ---- */

static enum status check_new(struct store *store, const struct store_person_new *person, struct fail *why)
{
	enum status st = word_check("login", person->login, STORE_LOGIN_MAX, why);
	if (st == ST_OK && is_program_name(person->login))
		st = fail_set(why, ST_INPUT, "login", "\"%s\" is the program's own name: choose another", person->login);
	if (st == ST_OK)
		st = text_check("name", person->name, STORE_LABEL_MAX, true, why);
	if (st == ST_OK && (person->roles == 0 || person->roles > ROLES_ALL))
		st = fail_set(why, ST_INPUT, "role", "is missing: technician, dermatologist, administrator or viewer");
	if (st == ST_OK && person->is_virtual != (store->kind == STORE_DEMO))
		st = fail_set(why, ST_DENIED, "person", "demo people and real ones are never mixed");
	if (st == ST_OK && !person->is_virtual)
		st = secret_check(person->login, person->secret, why);
	return st;
}

enum status person_append(struct store *store, const struct store_person_new *person,
                          const struct store_stamp *stamp, struct store_person *out, struct fail *why)
{
	struct person_row row = {.person = {.roles = person->roles, .is_virtual = person->is_virtual}};
	char object[STORE_OBJECT_MAX + 1], roles[64];
	struct digest id;
	row.person.added_at_ms = stamp->at_ms;
	(void)snprintf(row.person.login, sizeof row.person.login, "%s", person->login);
	(void)snprintf(row.person.name, sizeof row.person.name, "%s", person->name);
	enum status st = uuid_new(row.person.uuid, why);
	if (st == ST_OK)
		st = new_keys(store, &row, person->secret, why);
	if (st == ST_OK)
		st = person_put(store, &row, why);
	if (st == ST_OK)
		st = key_append(store, &row.person, why);
	if (st != ST_OK)
		return st;
	*out = row.person;
	roles_format(person->roles, roles, sizeof roles);
	(void)snprintf(object, sizeof object, "%s %s", person->login, roles);
	sign_key_id(&row.person.public_key, &id);
	return audit_append(store, "person.add", object, &id, stamp, why);
}

enum status person_check_new(struct store *store, const struct store_person_new *person, struct fail *why)
{
	struct person_row before;
	enum status st = check_new(store, person, why);
	if (st == ST_OK && !store->is_plain && person_get(store, person->login, &before, NULL) == ST_OK)
		st = fail_set(why, ST_CONFLICT, "login", "\"%s\" is taken: choose another", person->login);
	return st;
}

static enum status administrator(const struct session *by, struct fail *why)
{
	return session_has(by, ROLE_ADMINISTRATOR) ? ST_OK
	                                           : fail_set(why, ST_DENIED, "person", "is for administrators: ask one");
}

enum status store_person_add(struct store *store, const struct session *by, const struct store_person_new *person,
                             const struct store_stamp *stamp, struct fail *why)
{
	struct store_person added;
	enum status st = administrator(by, why);
	if (st == ST_OK)
		st = person_check_new(store, person, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, person_append(store, person, stamp, &added, why), why);
}

/* ---- changing ---- */

static enum status other_administrator(struct store *store, const char *login, struct fail *why)
{
	struct store_person_list list;
	bool found = false;
	enum status st = store_person_list(store, &list, why);
	for (size_t i = 0; st == ST_OK && i < list.count; i++)
		found = found || ((list.items[i].roles & ROLE_ADMINISTRATOR) && !list.items[i].is_disabled &&
		                  strcmp(list.items[i].login, login) != 0);
	store_person_list_free(&list);
	return st == ST_OK && !found ? fail_set(why, ST_DENIED, "person",
	                                        "is the last administrator: make another one first")
	                             : st;
}

/* What is to become of the person; the row as it is when this is called. */
static enum status change(struct store *store, const struct session *by, struct person_row *row, const char *action,
                          const char *particulars, const struct store_stamp *stamp, struct fail *why)
{
	char object[STORE_OBJECT_MAX + 1];
	struct digest id;
	(void)by;
	sign_key_id(&row->person.public_key, &id);
	(void)snprintf(object, sizeof object, "%s %s", row->person.login, particulars);
	enum status st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	st = person_put(store, row, why);
	if (st == ST_OK)
		st = audit_append(store, action, object, &id, stamp, why);
	return store_write_end(store, st, why);
}

static enum status find_to_change(struct store *store, const struct session *by, const char *login,
                                  struct person_row *row, struct fail *why)
{
	enum status st = administrator(by, why);
	if (st == ST_OK)
		st = writable_check(store, why);
	return st == ST_OK ? person_get(store, login, row, why) : st;
}

enum status store_person_disable(struct store *store, const struct session *by, const char *login, bool disabled,
                                 const struct store_stamp *stamp, struct fail *why)
{
	struct person_row row;
	enum status st = find_to_change(store, by, login, &row, why);
	if (st == ST_OK && strcmp(login, by->person.login) == 0)
		st = fail_set(why, ST_DENIED, "person", "nobody disables themselves: ask another administrator");
	if (st == ST_OK && disabled)
		st = other_administrator(store, login, why);
	if (st == ST_OK && !disabled && !row.has_slot)
		st = fail_set(why, ST_DENIED, "person",
		              "has no key any more: give a new secret (lasertwin user secret), which enables them");
	if (st != ST_OK)
		return st;
	row.person.is_disabled = disabled;
	if (disabled) { /* the key goes, so that the old secret opens nothing, here or in a copy made from now on */
		secret_wipe(row.slot, sizeof row.slot);
		row.has_slot = false;
	}
	return change(store, by, &row, disabled ? "person.disable" : "person.enable", "", stamp, why);
}

enum status store_person_roles(struct store *store, const struct session *by, const char *login, unsigned roles,
                               const struct store_stamp *stamp, struct fail *why)
{
	struct person_row row;
	char text[64];
	enum status st = find_to_change(store, by, login, &row, why);
	if (st == ST_OK && (roles == 0 || roles > ROLES_ALL))
		st = fail_set(why, ST_INPUT, "role", "is missing: technician, dermatologist, administrator or viewer");
	if (st == ST_OK && !(roles & ROLE_ADMINISTRATOR))
		st = other_administrator(store, login, why);
	if (st != ST_OK)
		return st;
	row.person.roles = roles;
	roles_format(roles, text, sizeof text);
	return change(store, by, &row, "person.roles", text, stamp, why);
}

enum status person_reset(struct store *store, struct person_row *row, struct secret fresh, const char *action,
                         const struct store_stamp *stamp, struct fail *why)
{
	char object[STORE_OBJECT_MAX + 1];
	struct digest id;
	row->person.is_disabled = false;
	enum status st = new_keys(store, row, fresh, why);
	if (st == ST_OK)
		st = person_put(store, row, why);
	if (st == ST_OK)
		st = key_append(store, &row->person, why);
	if (st == ST_OK)
		st = attempt_clear(store, row->person.uuid, why);
	sign_key_id(&row->person.public_key, &id);
	(void)snprintf(object, sizeof object, "%s key %lld", row->person.login, (long long)row->person.key_number);
	return st == ST_OK ? audit_append(store, action, object, &id, stamp, why) : st;
}

enum status store_person_reset(struct store *store, const struct session *by, const char *login, struct secret fresh,
                               const struct store_stamp *stamp, struct fail *why)
{
	struct person_row row;
	enum status st = find_to_change(store, by, login, &row, why);
	if (st == ST_OK && !row.person.is_virtual)
		st = secret_check(login, fresh, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, person_reset(store, &row, fresh, "person.reset", stamp, why), why);
}

/* One's own: the same signing key in a new slot. */
enum status person_secret(struct store *store, struct person_row *row, const unsigned char *seed,
                          struct secret fresh, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = slot_fill(store, row, seed, fresh, why);
	return st == ST_OK ? change(store, NULL, row, "person.secret", "", stamp, why) : st;
}
