/* Patients. */
#include "planner/store/internal.h"

enum { UUID, IS_VIRTUAL, LABEL, RECORD_NUMBER, BIRTH, SEX, CREATED_AT, CELLS };
_Static_assert(CELLS == PATIENT_CELLS, "the table of patients");

enum status patient_of_row(const struct row *row, struct store_patient *patient, struct fail *why)
{
	char sex[2];
	if (!row_text(row, UUID, patient->uuid, sizeof patient->uuid) ||
	    !row_text(row, LABEL, patient->label, sizeof patient->label) ||
	    !row_text(row, RECORD_NUMBER, patient->record_number, sizeof patient->record_number) ||
	    !row_text(row, BIRTH, patient->birth, sizeof patient->birth) ||
	    !row_text(row, SEX, sex, sizeof sex))
		return row_misfit(row, why);
	patient->sex = sex[0];
	patient->is_virtual = row_int(row, IS_VIRTUAL) != 0;
	patient->created_at_ms = row_int(row, CREATED_AT);
	return ST_OK;
}

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	return patient_of_row(row, item, why);
}

static const struct reader reader = {TABLE_PATIENT, sizeof(struct store_patient), load, NULL};

static enum status check_kind(const struct store *store, const struct store_patient *patient,
                              struct fail *why)
{
	if (patient->is_virtual && store->kind == STORE_CLINIC)
		return fail_set(
		        why, ST_DENIED, "patient",
		        "is virtual and this is the clinic's store: use the demo for made-up patients");
	if (!patient->is_virtual && store->kind == STORE_DEMO)
		return fail_set(why, ST_DENIED, "patient",
		                "is real and this is a demo: open the clinic's store for real patients");
	return ST_OK;
}

enum status patient_check(const struct store *store, const struct store_patient *patient, struct fail *why)
{
	enum status st = uuid_check("patient.uuid", patient->uuid, why);
	if (st == ST_OK)
		st = text_check("patient.label", patient->label, STORE_LABEL_MAX, true, why);
	if (st == ST_OK)
		st = text_check("patient.record_number", patient->record_number, STORE_RECORD_NUMBER_MAX,
		                false, why);
	if (st == ST_OK)
		st = birth_check("patient.birth", patient->birth, why);
	if (st == ST_OK && (patient->sex == '\0' || !strchr("MFXU", patient->sex)))
		st = fail_set(why, ST_INPUT, "patient.sex", "is not one of M, F, X, U (unknown)");
	return st == ST_OK ? check_kind(store, patient, why) : st;
}

enum status patient_load_row(struct store *store, sqlite3_stmt *statement, int first, struct store_patient *out,
                             struct fail *why)
{
	struct row row;
	memset(out, 0, sizeof *out);
	enum status st = row_read(store, statement, first, TABLE_PATIENT, &row, why);
	if (st == ST_OK)
		st = patient_of_row(&row, out, why);
	row_clear(&row);
	return st == ST_OK ? patient_correct(store, out, why) : st;
}

const struct cell *patient_cells(const struct store_patient *patient, struct cell *cells)
{
	cells[UUID] = cell_text(patient->uuid);
	cells[LABEL] = cell_text(patient->label);
	cells[RECORD_NUMBER] = cell_text(patient->record_number);
	cells[BIRTH] = cell_text(patient->birth);
	cells[SEX] = cell_text_n(&patient->sex, 1);
	cells[IS_VIRTUAL] = cell_int(patient->is_virtual);
	cells[CREATED_AT] = cell_int(patient->created_at_ms);
	return cells;
}

static enum status insert(struct store *store, const struct store_patient *patient, int64_t at_ms,
                          struct fail *why)
{
	struct cell cells[CELLS];
	(void)patient_cells(patient, cells);
	cells[CREATED_AT] = cell_int(at_ms);
	return row_insert(store, SQL_PATIENT_INSERT, TABLE_PATIENT, cells, "the patient was not saved", why);
}

enum status store_patient_add(struct store *store, const struct store_patient *patient,
                              const struct store_stamp *stamp, struct fail *why)
{
	enum status st = patient_check(store, patient, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	struct store_outbox entry = {.object = OUTBOX_PATIENT};
	memcpy(entry.uuid, patient->uuid, sizeof entry.uuid);
	memcpy(entry.patient, patient->uuid, sizeof entry.patient);
	names_forget(store);
	st = patient_key_add(store, patient->uuid, patient->record_number, why);
	if (st == ST_OK)
		st = insert(store, patient, stamp->at_ms, why);
	if (st == ST_OK)
		st = name_pages_fill(store, why);
	if (st == ST_OK)
		st = outbox_append(store, &entry, stamp, why);
	if (st == ST_OK)
		st = audit_append(store, "patient.add", patient->uuid, NULL, stamp, why);
	return store_write_end(store, st, why);
}

/* As first recorded; what was corrected since stands in patient_change.c. */
enum status patient_first(struct store *store, const char *uuid, struct store_patient *out, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_GET);
	bind_text(statement, 1, uuid);
	return read_one(store, statement, &reader, out, "there is no such patient in this store", why);
}

enum status store_patient_get(struct store *store, const char *uuid, struct store_patient *out,
                              struct fail *why)
{
	enum status st = uuid_check("patient", uuid, why);
	if (st != ST_OK)
		return st;
	st = patient_first(store, uuid, out, why);
	return st == ST_OK ? patient_correct(store, out, why) : st;
}

enum status store_patient_of_number(struct store *store, const char *record_number, struct store_patient *out,
                                    struct fail *why)
{
	char uuid[UUID_TEXT_SIZE];
	enum status st = patient_key_of_number(store, record_number, uuid, why);
	return st == ST_OK ? store_patient_get(store, uuid, out, why) : st;
}

/* ---- erasing ---- */

static enum status drop(struct store *store, enum statement id, const char *patient, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, id);
	bool got = false;
	bind_text(statement, 1, patient);
	enum status st = row_step(store, statement, &got, why);
	statement_done(statement);
	return st;
}

/* The reason is kept as a record of no patient, because the patient's own can be read no more. */
static enum status record_erasure(struct store *store, const char *patient, const char *reason,
                                  const struct store_stamp *stamp, struct fail *why)
{
	char json[2 * STORE_REASON_MAX + 32];
	struct store_record record = {.kind = "erasure", .at_ms = stamp->at_ms, .json = json};
	enum status st = uuid_new(record.uuid, why);
	(void)snprintf(record.subject, sizeof record.subject, "%s", patient);
	if (st == ST_OK)
		st = json_of_text("reason", reason, json, sizeof json, why);
	record.json_len = st == ST_OK ? strlen(json) : 0;
	return st == ST_OK ? record_append(store, &record, stamp, why) : st;
}

enum status store_patient_erase(struct store *store, const struct session *by, const char *patient,
                                const char *reason, const struct store_stamp *stamp, struct fail *why)
{
	struct store_patient found;
	if (!session_has(by, ROLE_ADMINISTRATOR))
		return fail_set(why, ST_DENIED, "erase", "is for administrators: ask one");
	enum status st = text_check("reason", reason, STORE_REASON_MAX, true, why);
	if (st == ST_OK)
		st = store_patient_get(store, patient, &found, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	st = name_page_renew(store, patient, NULL, why);
	if (st == ST_OK)
		st = drop(store, SQL_PATIENT_KEY_DROP, patient, why);
	if (st == ST_OK)
		st = drop(store, SQL_DRAFT_DROP_ALL, patient, why);
	if (st == ST_OK)
		st = record_erasure(store, patient, reason, stamp, why);
	if (st == ST_OK)
		st = audit_append(store, "patient.erase", patient, NULL, stamp, why);
	names_forget(store);
	patient_key_forget(store);
	secret_wipe(&found, sizeof found);
	st = store_write_end(store, st, why);
	if (st == ST_OK && !store->in_group) /* in a group nothing is erased yet */
		erased_note(store, patient);
	return st;
}
