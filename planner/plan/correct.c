/* Corrections of who a patient is, with what protects them. */
#include "planner/plan/correct.h"

#include "planner/plan/identity.h"

static enum status copy(const char *field, const char *text, char *out, size_t size, struct fail *why)
{
	if (text == NULL)
		return ST_OK;
	if (strlen(text) >= size)
		return fail_set(why, ST_INPUT, field, "is longer than %zu bytes", size - 1);
	(void)snprintf(out, size, "%s", text);
	return ST_OK;
}

static enum status put(const struct correction *c, struct store_patient *will, struct fail *why)
{
	enum status st = copy("name", c->name, will->label, sizeof will->label, why);
	if (!st && will->label[0] == '\0')
		st = fail_set(why, ST_INPUT, "name", "is empty: a patient has a name");
	if (!st)
		st = copy("record_number", c->record_number, will->record_number, sizeof will->record_number, why);
	if (!st)
		st = copy("birth", c->birth, will->birth, sizeof will->birth, why);
	if (!st && c->sex != NULL) {
		if (strlen(c->sex) != 1 || strchr("MFXU", c->sex[0]) == NULL)
			return fail_set(why, ST_INPUT, "sex", "is not one of M, F, X, U (unknown)");
		will->sex = c->sex[0];
	}
	return st;
}

/* A treatment under way holds the identity it was begun with; approvals that were signed for the present one. */
static enum status look_at_plans(struct clinic *clinic, const char *patient, size_t *approved, struct fail *why)
{
	struct store_plan_list list = {0};
	const struct store_plan_query query = {.patient = patient};
	enum status st = store_plan_list(clinic_store(clinic), &query, &list, why);
	*approved = 0;
	for (size_t i = 0; !st && i < list.count; i++) {
		*approved += strcmp(list.items[i].state, plan_state_name(PLAN_APPROVED)) == 0;
		if (strcmp(list.items[i].state, plan_state_name(PLAN_TREATING)) == 0)
			st = fail_set(why, ST_DENIED, "patient",
			              "is being treated (plan %.8s): finish the treatment first, then correct the identity",
			              list.items[i].uuid);
	}
	store_plan_list_free(&list);
	return st;
}

enum status correct_look(struct clinic *clinic, const char *patient, const struct correction *correction,
                         int64_t now_ms, struct correction_effect *out, struct fail *why)
{
	*out = (struct correction_effect){.parts = 0};
	enum status st = clinic_may(clinic, LIFE_REGISTER, now_ms, why);
	if (!st)
		st = store_patient_get(clinic_store(clinic), patient, &out->was, why);
	out->will = out->was;
	if (!st)
		st = put(correction, &out->will, why);
	if (!st)
		st = look_at_plans(clinic, patient, &out->approved, why);
	if (!st && (out->parts = store_patient_differs(&out->was, &out->will)) == 0)
		st = fail_set(why, ST_INPUT, "patient", "says that already: nothing would change");
	out->one_identifier = out->was.record_number[0] == '\0' && out->was.birth[0] == '\0';
	return st;
}

static enum status check_confirm(const struct correction_effect *effect, const struct correction_confirm *confirm,
                                 struct fail *why)
{
	struct identity identity;
	identity_of(&effect->was, &identity);
	const char *reason = confirm->reason;
	if (reason == NULL || strlen(reason) < LIFE_REASON_MIN)
		return fail_set(why, ST_INPUT, "reason", "say why, in at least %d characters: it is kept with the former identity",
		                LIFE_REASON_MIN);
	if (confirm->identifier_1 == NULL || (confirm->identifier_2 == NULL && !effect->one_identifier))
		return fail_set(why, ST_INPUT, "identifier 1", "enter %s of the patient as on record before the correction",
		                effect->one_identifier ? "the name" : "two identifiers");
	if (!effect->one_identifier)
		return identity_confirm(&identity, confirm->identifier_1, confirm->identifier_2, why);
	return identity_is(&identity, confirm->identifier_1)
	               ? ST_OK
	               : fail_set(why, ST_DENIED, "identifier 1", "does not belong to this patient (on record: name)");
}

enum status correct_patient(struct clinic *clinic, const struct correction_effect *effect,
                            const struct correction_confirm *confirm, int64_t now_ms, struct fail *why)
{
	size_t approved;
	enum status st = clinic_may(clinic, LIFE_REGISTER, now_ms, why);
	if (!st)
		st = look_at_plans(clinic, effect->was.uuid, &approved, why);
	if (!st)
		st = check_confirm(effect, confirm, why);
	if (st)
		return st;
	const struct store_stamp stamp = {now_ms, session_person(clinic_session(clinic))->login};
	st = store_patient_change(clinic_store(clinic), &effect->will, confirm->reason, &stamp, why);
	return st ? st : clinic_refresh(clinic, why);
}
