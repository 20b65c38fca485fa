/* Patients. */
#include "planner/store/internal.h"

enum { UUID, LABEL, RECORD_NUMBER, BIRTH, SEX, IS_VIRTUAL, CREATED_AT };

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_patient *patient = item;
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

static enum status check(const struct store *store, const struct store_patient *patient, struct fail *why)
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

static enum status insert(struct store *store, const struct store_patient *patient, int64_t at_ms,
                          struct fail *why)
{
	const struct cell cells[] = {
	        [UUID] = cell_text(patient->uuid),
	        [LABEL] = cell_text(patient->label),
	        [RECORD_NUMBER] = cell_text(patient->record_number),
	        [BIRTH] = cell_text(patient->birth),
	        [SEX] = cell_text_n(&patient->sex, 1),
	        [IS_VIRTUAL] = cell_int(patient->is_virtual),
	        [CREATED_AT] = cell_int(at_ms),
	};
	return row_insert(store, SQL_PATIENT_INSERT, TABLE_PATIENT, cells, "the patient was not saved", why);
}

enum status store_patient_add(struct store *store, const struct store_patient *patient,
                              const struct store_stamp *stamp, struct fail *why)
{
	enum status st = check(store, patient, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	struct store_outbox entry = {.object = OUTBOX_PATIENT};
	memcpy(entry.uuid, patient->uuid, sizeof entry.uuid);
	memcpy(entry.patient, patient->uuid, sizeof entry.patient);
	st = insert(store, patient, stamp->at_ms, why);
	if (st == ST_OK)
		st = outbox_append(store, &entry, stamp, why);
	if (st == ST_OK)
		st = audit_append(store, "patient.add", patient->uuid, NULL, stamp, why);
	return store_write_end(store, st, why);
}

enum status store_patient_get(struct store *store, const char *uuid, struct store_patient *out,
                              struct fail *why)
{
	enum status st = uuid_check("patient", uuid, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_GET);
	bind_text(statement, 1, uuid);
	return read_one(store, statement, &reader, out, "there is no such patient in this store", why);
}

static const enum statement sorted[STORE_SORTS] = {
        [STORE_SORT_LABEL] = SQL_PATIENT_BY_LABEL,
        [STORE_SORT_RECORD_NUMBER] = SQL_PATIENT_BY_RECORD_NUMBER,
        [STORE_SORT_NEWEST] = SQL_PATIENT_NEWEST,
};

enum status store_patient_list(struct store *store, const struct store_patient_query *query,
                               struct store_patient_list *list, struct fail *why)
{
	struct rows rows;
	size_t limit = rows_limit(query->limit);
	*list = (struct store_patient_list){0};
	enum status st = text_check("filter", query->text, STORE_FILTER_MAX, false, why);
	if (st == ST_OK && ((unsigned)query->sort >= STORE_SORTS || query->offset > INT_MAX))
		st = fail_set(why, ST_RANGE, "filter", "no such order or page of the list");
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, sorted[query->sort]);
	bind_text(statement, 1, query->text);
	bind_int(statement, 2, (int64_t)limit + 1);
	bind_int(statement, 3, (int64_t)query->offset);
	st = read_list(store, statement, &reader, limit, &rows, why);
	*list = (struct store_patient_list){rows.items, rows.count, rows.more};
	return st;
}

void store_patient_list_free(struct store_patient_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_patient_list){0};
}
