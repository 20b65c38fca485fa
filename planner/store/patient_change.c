/* Corrections of who a patient is. */
#include "planner/store/internal.h"

enum { PATIENT, VERSION, LABEL, RECORD_NUMBER, BIRTH, SEX, AT, ACTOR, REASON };

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_identity *identity = item;
	struct store_patient *patient = &identity->patient;
	char sex[2];
	if (!row_text(row, PATIENT, patient->uuid, sizeof patient->uuid) ||
	    !row_text(row, LABEL, patient->label, sizeof patient->label) ||
	    !row_text(row, RECORD_NUMBER, patient->record_number, sizeof patient->record_number) ||
	    !row_text(row, BIRTH, patient->birth, sizeof patient->birth) ||
	    !row_text(row, SEX, sex, sizeof sex) || !row_text(row, ACTOR, identity->actor, sizeof identity->actor) ||
	    !row_text(row, REASON, identity->reason, sizeof identity->reason))
		return row_misfit(row, why);
	patient->sex = sex[0];
	patient->version = row_int(row, VERSION);
	identity->at_ms = row_int(row, AT);
	return ST_OK;
}

static const struct reader reader = {TABLE_IDENTITY, sizeof(struct store_identity), load, NULL};

/* What a correction says, over what it cannot change. */
static void put_over(struct store_patient *patient, const struct store_patient *corrected)
{
	memcpy(patient->label, corrected->label, sizeof patient->label);
	memcpy(patient->record_number, corrected->record_number, sizeof patient->record_number);
	memcpy(patient->birth, corrected->birth, sizeof patient->birth);
	patient->sex = corrected->sex;
	patient->version = corrected->version;
}

enum status patient_correct(struct store *store, struct store_patient *patient, struct fail *why)
{
	struct store_identity last;
	struct fail reason = {0};
	sqlite3_stmt *statement = statement_use(store, SQL_IDENTITY_LATEST);
	bind_text(statement, 1, patient->uuid);
	enum status st = read_one(store, statement, &reader, &last, "was never corrected", &reason);
	if (st == ST_OK)
		put_over(patient, &last.patient);
	secret_wipe(&last, sizeof last);
	return st == ST_OK || st == ST_NOT_FOUND ? ST_OK : fail_set(why, st, reason.field, "%s", reason.text);
}

enum status store_patient_version(struct store *store, const char *uuid, int64_t version, struct store_identity *out,
                                  struct fail *why)
{
	struct store_identity corrected = {0};
	memset(out, 0, sizeof *out);
	enum status st = uuid_check("patient", uuid, why);
	if (st == ST_OK)
		st = patient_first(store, uuid, &out->patient, why);
	out->at_ms = out->patient.created_at_ms;
	if (st != ST_OK || version == 0)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_IDENTITY_GET);
	bind_text(statement, 1, uuid);
	bind_int(statement, 2, version);
	st = read_one(store, statement, &reader, &corrected, "the patient has no such earlier identity", why);
	if (st == ST_OK) {
		put_over(&out->patient, &corrected.patient);
		out->at_ms = corrected.at_ms;
		memcpy(out->actor, corrected.actor, sizeof out->actor);
		memcpy(out->reason, corrected.reason, sizeof out->reason);
	}
	secret_wipe(&corrected, sizeof corrected);
	return st;
}

/* ---- what differs ---- */

unsigned store_patient_differs(const struct store_patient *a, const struct store_patient *b)
{
	return (strcmp(a->label, b->label) != 0 ? STORE_IDENTITY_LABEL : 0u) |
	       (strcmp(a->record_number, b->record_number) != 0 ? STORE_IDENTITY_NUMBER : 0u) |
	       (strcmp(a->birth, b->birth) != 0 ? STORE_IDENTITY_BIRTH : 0u) |
	       (a->sex != b->sex ? STORE_IDENTITY_SEX : 0u);
}

const char *store_identity_parts(unsigned parts, char *out, size_t size)
{
	static const struct {
		unsigned part;
		const char *name;
	} names[] = {{STORE_IDENTITY_LABEL, "name"},
	             {STORE_IDENTITY_NUMBER, "record number"},
	             {STORE_IDENTITY_BIRTH, "date of birth"},
	             {STORE_IDENTITY_SEX, "sex"}};
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof *names && used < size; i++)
		if (parts & names[i].part)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[i].name);
	return out;
}

/* ---- changing ---- */

static enum status insert(struct store *store, const struct store_patient *patient, const char *reason,
                          const struct store_stamp *stamp, struct fail *why)
{
	const struct cell cells[] = {
	        [PATIENT] = cell_text(patient->uuid),
	        [VERSION] = cell_int(patient->version + 1),
	        [LABEL] = cell_text(patient->label),
	        [RECORD_NUMBER] = cell_text(patient->record_number),
	        [BIRTH] = cell_text(patient->birth),
	        [SEX] = cell_text_n(&patient->sex, 1),
	        [AT] = cell_int(stamp->at_ms),
	        [ACTOR] = cell_text(stamp->actor),
	        [REASON] = cell_text(reason),
	};
	return row_insert(store, SQL_IDENTITY_INSERT, TABLE_IDENTITY, cells, "the correction was not saved", why);
}

/* What may be changed into what: against the patient as read inside of the write. */
static enum status check_change(const struct store_patient *here, const struct store_patient *patient,
                                unsigned *parts, struct fail *why)
{
	*parts = store_patient_differs(here, patient);
	if (here->is_virtual != patient->is_virtual)
		return fail_set(why, ST_DENIED, "patient", "a virtual patient stays virtual, a real one real");
	if (here->version != patient->version)
		return fail_set(why, ST_CONFLICT, "patient",
		                "was corrected meanwhile: look at what it says now, then correct it again");
	return *parts ? ST_OK : fail_set(why, ST_INPUT, "patient", "says that already: nothing was changed");
}

/* As it reads now. */
static enum status renew_page(struct store *store, const struct store_patient *patient, struct fail *why)
{
	struct store_patient now;
	enum status st = store_patient_get(store, patient->uuid, &now, why);
	if (st == ST_OK)
		st = name_page_renew(store, now.uuid, &now, why);
	secret_wipe(&now, sizeof now);
	return st;
}

static enum status write_change(struct store *store, const struct store_patient *patient, unsigned parts,
                                const char *reason, const struct store_stamp *stamp, struct fail *why)
{
	char object[STORE_OBJECT_MAX + 1], names[64];
	struct store_outbox entry = {.object = OUTBOX_PATIENT, .version = patient->version + 1};
	memcpy(entry.uuid, patient->uuid, sizeof entry.uuid);
	memcpy(entry.patient, patient->uuid, sizeof entry.patient);
	(void)snprintf(object, sizeof object, "%s: %s", patient->uuid, store_identity_parts(parts, names, sizeof names));
	names_forget(store);
	enum status st = insert(store, patient, reason, stamp, why);
	if (st == ST_OK)
		st = renew_page(store, patient, why);
	if (st == ST_OK && parts & STORE_IDENTITY_NUMBER)
		st = patient_key_renumber(store, patient->uuid, patient->record_number, why);
	if (st == ST_OK)
		st = outbox_append(store, &entry, stamp, why);
	/* which parts, never what they said: the audit outlives an erasure */
	return st == ST_OK ? audit_append(store, "patient.change", object, NULL, stamp, why) : st;
}

enum status store_patient_change(struct store *store, const struct store_patient *patient, const char *reason,
                                 const struct store_stamp *stamp, struct fail *why)
{
	struct store_patient here;
	unsigned parts = 0;
	enum status st = patient_check(store, patient, why);
	if (st == ST_OK)
		st = text_check("reason", reason, STORE_REASON_MAX, true, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	st = store_patient_get(store, patient->uuid, &here, why);
	if (st == ST_OK)
		st = check_change(&here, patient, &parts, why);
	if (st == ST_OK)
		st = write_change(store, patient, parts, reason, stamp, why);
	secret_wipe(&here, sizeof here);
	return store_write_end(store, st, why);
}
