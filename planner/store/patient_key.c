/* One key for each patient. Who loses it has lost the patient's records: that is how they are erased. */
#include "planner/store/internal.h"

enum { PATIENT, NUMBER_MARK, WRAPPED };

static void bind_to(const char *patient, struct digest *to)
{
	struct digest_stream stream;
	digest_begin(&stream, "lasertwin-patient-key/2");
	digest_add_text(&stream, patient, strlen(patient));
	digest_end(&stream, to);
}

/* Letters count alike in either case and spaces do not count, so that one number is not two. */
static size_t normalise(const char *number, char *out)
{
	size_t n = 0;
	for (; *number; number++)
		if (*number != ' ')
			out[n++] = *number >= 'a' && *number <= 'z' ? (char)(*number - 'a' + 'A') : *number;
	return n;
}

static size_t number_mark(const struct store *store, const char *number, unsigned char mark[VAULT_MARK_BYTES])
{
	char normal[STORE_RECORD_NUMBER_MAX + 1];
	size_t n = normalise(number, normal);
	if (n == 0)
		return 0;
	mark_of(store, "record number", normal, n, mark);
	secret_wipe(normal, sizeof normal);
	return VAULT_MARK_BYTES;
}

static enum status at_hand(struct store *store, struct fail *why)
{
	if (!store->key_at_hand)
		store->key_at_hand = vault_alloc(sizeof *store->key_at_hand);
	if (!store->key_at_hand)
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	store->key_at_hand->patient[0] = '\0';
	return ST_OK;
}

static void take(struct store *store, const char *patient)
{
	(void)snprintf(store->key_at_hand->patient, sizeof store->key_at_hand->patient, "%s", patient);
}

static enum status unwrap(struct store *store, sqlite3_stmt *statement, const char *patient, struct fail *why)
{
	struct row row;
	struct digest to;
	enum status st = row_read(store, statement, 0, TABLE_PATIENT_KEY, &row, why);
	bind_to(patient, &to);
	if (st == ST_OK && !vault_unwrap(store->vault, row.cell[WRAPPED].bytes, row.cell[WRAPPED].n, &to,
	                                 store->key_at_hand->key))
		st = row_misfit(&row, why);
	row_clear(&row);
	return st;
}

enum status patient_key_take(struct store *store, sqlite3_stmt *statement, struct fail *why)
{
	char patient[UUID_TEXT_SIZE] = "";
	enum status st = at_hand(store, why);
	if (sqlite3_column_bytes(statement, PATIENT) == UUID_TEXT_SIZE - 1)
		memcpy(patient, sqlite3_column_text(statement, PATIENT), sizeof patient - 1);
	if (st == ST_OK)
		st = unwrap(store, statement, patient, why);
	if (st == ST_OK)
		take(store, patient);
	return st;
}

enum status patient_key_get(struct store *store, const char *patient, const unsigned char **key, bool *erased,
                            struct fail *why)
{
	bool got = false;
	*erased = false;
	if (!store->key_at_hand || strcmp(store->key_at_hand->patient, patient) != 0) {
		enum status st = at_hand(store, why);
		if (st != ST_OK)
			return st;
		sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_KEY_GET);
		bind_text(statement, 1, patient);
		st = row_step(store, statement, &got, why);
		*erased = st == ST_OK && !got;
		if (*erased)
			st = fail_set(why, ST_NOT_FOUND, "patient",
			              "is not in this store: they were erased, or never added");
		if (st == ST_OK)
			st = unwrap(store, statement, patient, why);
		statement_done(statement);
		if (st != ST_OK)
			return st;
		take(store, patient);
	}
	*key = store->key_at_hand->key;
	return ST_OK;
}

enum status patient_key_add(struct store *store, const char *patient, const char *record_number, struct fail *why)
{
	unsigned char wrapped[VAULT_WRAP_BYTES], mark[VAULT_MARK_BYTES];
	struct digest to;
	enum status st = at_hand(store, why);
	if (st != ST_OK)
		return st;
	vault_random(store->key_at_hand->key, VAULT_KEY_BYTES);
	bind_to(patient, &to);
	vault_wrap(store->vault, store->key_at_hand->key, &to, wrapped);
	const struct cell cells[] = {
	        [PATIENT] = cell_text(patient),
	        [NUMBER_MARK] = cell_blob(mark, number_mark(store, record_number, mark)),
	        [WRAPPED] = cell_blob(wrapped, sizeof wrapped),
	};
	st = row_insert(store, SQL_PATIENT_KEY_INSERT, TABLE_PATIENT_KEY, cells, "the patient was not saved", why);
	if (st == ST_OK)
		take(store, patient);
	return st;
}

enum status patient_key_renumber(struct store *store, const char *patient, const char *record_number, struct fail *why)
{
	unsigned char wrapped[VAULT_WRAP_BYTES], mark[VAULT_MARK_BYTES];
	struct row row;
	bool got = false;
	sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_KEY_GET);
	bind_text(statement, 1, patient);
	enum status st = row_step(store, statement, &got, why);
	if (st == ST_OK && !got)
		st = fail_set(why, ST_NOT_FOUND, "patient", "is not in this store: they were erased, or never added");
	if (st == ST_OK) {
		st = row_read(store, statement, 0, TABLE_PATIENT_KEY, &row, why);
		if (st == ST_OK && row.cell[WRAPPED].n != sizeof wrapped)
			st = row_misfit(&row, why);
		if (st == ST_OK)
			memcpy(wrapped, row.cell[WRAPPED].bytes, sizeof wrapped);
		row_clear(&row);
	}
	statement_done(statement);
	if (st != ST_OK)
		return st;
	const struct cell cells[] = {
	        [PATIENT] = cell_text(patient),
	        [NUMBER_MARK] = cell_blob(mark, number_mark(store, record_number, mark)),
	        [WRAPPED] = cell_blob(wrapped, sizeof wrapped),
	};
	return row_insert(store, SQL_PATIENT_KEY_NUMBER, TABLE_PATIENT_KEY, cells, "the record number was not saved", why);
}

void patient_key_forget(struct store *store)
{
	vault_free(store->key_at_hand);
	store->key_at_hand = NULL;
}

enum status patient_key_of_number(struct store *store, const char *record_number, char patient[UUID_TEXT_SIZE],
                                  struct fail *why)
{
	unsigned char mark[VAULT_MARK_BYTES];
	struct row row;
	bool got = false;
	if (!store->vault)
		return writable_check(store, why);
	enum status st = text_check("record_number", record_number, STORE_RECORD_NUMBER_MAX, true, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_KEY_OF);
	BUG_ON(sqlite3_bind_blob(statement, 1, mark, (int)number_mark(store, record_number, mark), SQLITE_STATIC) !=
	       SQLITE_OK);
	st = row_step(store, statement, &got, why);
	if (st == ST_OK && !got)
		st = fail_set(why, ST_NOT_FOUND, "record_number", "is no patient's in this store");
	if (st == ST_OK) {
		st = row_read(store, statement, 0, TABLE_PATIENT_KEY, &row, why);
		if (st == ST_OK && !row_text(&row, PATIENT, patient, UUID_TEXT_SIZE))
			st = row_misfit(&row, why);
		row_clear(&row);
	}
	statement_done(statement);
	return st;
}
