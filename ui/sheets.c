#include "ui/sheets.h"

#include "planner/plan/emergency.h"

static enum status leave_trace(const struct handing_out *by, const struct sheet *sheet, struct fail *why)
{
	char *json = NULL;
	struct digest digest;
	const struct store_stamp stamp = {by->now_ms, by->login};
	enum status status = sheet_write_json(sheet, &json, why);
	if (status == ST_OK) {
		digest_bytes(json, strlen(json), &digest);
		status = store_audit_add(by->store, "export.sheet", by->what, &digest, &stamp, why);
	}
	free(json);
	return status;
}

enum status sheets_enter(const struct handing_out *by, struct sheet *sheet, struct fail *why)
{
	struct emergency broken;
	bool active = false;
	char text[STORE_REASON_MAX + 2 * STORE_LOGIN_MAX];
	enum status status = emergency_active(by->store, by->login, by->now_ms, &broken, &active, why);
	if (status == ST_OK && active)
		sheet_notice(sheet, emergency_text(&broken, text, sizeof text));
	return status == ST_OK ? leave_trace(by, sheet, why) : status;
}

/* Takes the sheet. */
static enum status save(const struct handing_out *by, struct sheet *sheet, const char *path, struct fail *why)
{
	enum status status = sheets_enter(by, sheet, why);
	if (status == ST_OK)
		status = sheet_save(sheet, path, false, why);
	sheet_free(&sheet);
	return status;
}

enum status sheets_treatment(const struct workflow *w, const char *login, const char *plan, const char *path,
                             struct fail *why)
{
	struct workflow_plan *loaded = NULL;
	struct store_plan_event_list events = {0};
	struct sheet *sheet = NULL;
	char what[STORE_OBJECT_MAX];
	enum status status = workflow_plan_load(w, plan, 0, &loaded, why);
	if (status == ST_OK)
		status = store_plan_event_list(w->store, loaded->row.uuid, loaded->row.version, &events, why);
	if (status == ST_OK) {
		const struct plan_sheet from = {w->lib, .patient = &loaded->patient, .plan = &loaded->row,
		                                .events = &events, .audit_head = w->audit_head, .made_at_ms = w->clock.now_ms};
		status = plan_treatment_sheet(&from, &sheet, why);
		(void)snprintf(what, sizeof what, "treatment %s %lld", loaded->row.uuid, (long long)loaded->row.version);
	}
	if (status == ST_OK)
		status = save(&(struct handing_out){w->store, login, what, w->clock.now_ms}, sheet, path, why);
	store_plan_event_list_free(&events);
	workflow_plan_free(&loaded);
	return status;
}

enum status sheets_record(const struct workflow *w, const char *login, const char *patient, const char *path,
                          struct fail *why)
{
	const struct record_sheet from = {.store = w->store, .audit_head = w->audit_head, .made_at_ms = w->clock.now_ms};
	struct sheet *sheet = NULL;
	char what[STORE_OBJECT_MAX];
	enum status status = record_patient_sheet(&from, patient, &sheet, why);
	(void)snprintf(what, sizeof what, "record %s", patient);
	if (status == ST_OK)
		status = save(&(struct handing_out){w->store, login, what, w->clock.now_ms}, sheet, path, why);
	return status;
}
