/* Printed sheets and exports from the records: to standard output as text or JSON, or to a file by its suffix. Every
 * one is entered in the audit trail before it leaves. */
#include "planner/report/session_sheet.h"
#include "ui/commands/commands.h"
#include "ui/commands/station.h"
#include "ui/sheets.h"

#define YEAR_MS (INT64_C(366) * 86400000)
#define DELIVERY_KIND_NAME "delivery"

static enum status hand_out(struct station *s, const char *what, struct sheet **sheet, struct fail *why)
{
	const char *path = cli_value(s->options, "--output");
	char *text = NULL;
	const struct handing_out by = {clinic_store(s->clinic), s->person.login, what, cli_now_ms()};
	enum status status = sheets_enter(&by, *sheet, why);
	if (status == ST_OK && path != NULL)
		status = sheet_save(*sheet, path, cli_flag(s->options, "--force"), why);
	else if (status == ST_OK)
		status = cli_flag(s->options, "--json") ? sheet_write_json(*sheet, &text, why)
		                                        : sheet_write_text(*sheet, &text, why);
	if (status == ST_OK && path != NULL)
		station_say(s->options, "%s is written", path);
	else if (status == ST_OK && cli_flag(s->options, "--json"))
		puts(text); /* its strings were cleaned when they were added; tabs are the printer's own */
	else if (status == ST_OK)
		cli_print(stdout, cli_ascii(s->options), text);
	free(text);
	sheet_free(sheet);
	return status;
}

/* --- of a plan ------------------------------------------------------------------------------------------ */

typedef enum status make_plan_sheet(struct station *s, const struct workflow_plan *plan,
                                    const struct plan_sheet *from, struct sheet **out, struct fail *why);

static enum status make_treatment(struct station *s, const struct workflow_plan *plan, const struct plan_sheet *from,
                                  struct sheet **out, struct fail *why)
{
	(void)s;
	(void)plan;
	return plan_treatment_sheet(from, out, why);
}

static enum status make_approval(struct station *s, const struct workflow_plan *plan, const struct plan_sheet *from,
                                 struct sheet **out, struct fail *why)
{
	(void)s;
	(void)plan;
	return plan_approval_sheet(from, out, why);
}

static enum status make_session(struct station *s, const struct workflow_plan *plan, const struct plan_sheet *from,
                                struct sheet **out, struct fail *why)
{
	struct delivery_plan *planned = calloc(1, sizeof *planned);
	struct delivery *session = calloc(1, sizeof *session);
	struct store_record_list records = {0};
	const struct store_record_query query = {.kind = DELIVERY_KIND_NAME, .plan = plan->row.uuid,
	                                         .plan_version = plan->row.version, .oldest_first = true};
	enum status status = planned != NULL && session != NULL ? ST_OK : fail_set(why, ST_FULL, "sheet", "out of memory");
	if (status == ST_OK)
		status = workflow_session(&s->w, plan, planned, session, why);
	if (status == ST_OK)
		status = store_record_list(clinic_store(s->clinic), &query, &records, why);
	if (status == ST_OK) {
		const struct session_sheet of = {*from, planned, session, &records};
		status = session_sheet(&of, out, why);
	}
	store_record_list_free(&records);
	free(planned);
	free(session);
	return status;
}

static enum status plan_sheet(struct station *s, const char *what, make_plan_sheet *make, struct fail *why)
{
	struct workflow_plan *plan = NULL;
	struct store_plan_event_list events = {0};
	struct sheet *sheet = NULL;
	char object[STORE_OBJECT_MAX];
	uint64_t version = 0; /* the newest */
	enum status status = cli_whole_number(s->options, "--version-number", 1, 1e6, &version, why);
	if (status == ST_OK)
		status = station_plan(s, (int64_t)version, &plan, why);
	if (status == ST_OK)
		status = store_plan_event_list(clinic_store(s->clinic), plan->row.uuid, plan->row.version, &events, why);
	if (status == ST_OK) {
		const struct plan_sheet from = {s->lib, .patient = &plan->patient, .plan = &plan->row,
		                                .events = &events, .audit_head = s->w.audit_head,
		                                .made_at_ms = cli_now_ms(),
		                                .deidentified = cli_flag(s->options, "--deidentify")};
		status = make(s, plan, &from, &sheet, why);
		(void)snprintf(object, sizeof object, "%s %s %lld", what, plan->row.uuid, (long long)plan->row.version);
	}
	if (status == ST_OK)
		status = hand_out(s, object, &sheet, why);
	store_plan_event_list_free(&events);
	workflow_plan_free(&plan);
	return status;
}

static enum status treatment(struct station *s, struct fail *why)
{
	return plan_sheet(s, "treatment", make_treatment, why);
}

static enum status approval(struct station *s, struct fail *why)
{
	return plan_sheet(s, "approval", make_approval, why);
}

static enum status session(struct station *s, struct fail *why)
{
	return plan_sheet(s, "session", make_session, why);
}

/* --- of a patient, of the clinic ------------------------------------------------------------------------ */

/* By record number, or the name as it stands on the worklist. */
static enum status find_patient(struct station *s, const char *word, struct store_patient *out, struct fail *why)
{
	struct store_patient_list list = {0};
	const struct store_patient_query query = {.text = word};
	size_t found = 0;
	enum status status = store_patient_list(clinic_store(s->clinic), &query, &list, why);
	for (size_t i = 0; status == ST_OK && i < list.count; i++)
		if (strcmp(list.items[i].label, word) == 0 || strcmp(list.items[i].record_number, word) == 0) {
			*out = list.items[i];
			found++;
		}
	store_patient_list_free(&list);
	if (status == ST_OK && found != 1)
		return fail_set(why, found == 0 ? ST_NOT_FOUND : ST_CONFLICT, word,
		                found == 0 ? "is neither a record number nor a name on the worklist"
		                           : "names %zu patients; give the record number",
		                found);
	return status;
}

static struct record_sheet record_of(struct station *s)
{
	return (struct record_sheet){.store = clinic_store(s->clinic), .audit_head = s->w.audit_head,
	                             .made_at_ms = cli_now_ms(), .deidentified = cli_flag(s->options, "--deidentify"),
	                             .salt = cli_value(s->options, "--salt")};
}

static enum status record(struct station *s, struct fail *why)
{
	struct store_patient patient;
	struct sheet *sheet = NULL;
	char object[STORE_OBJECT_MAX];
	const struct record_sheet from = record_of(s);
	enum status status = find_patient(s, s->options->operand[0], &patient, why);
	if (status == ST_OK)
		status = record_patient_sheet(&from, patient.uuid, &sheet, why);
	if (status != ST_OK)
		return status;
	(void)snprintf(object, sizeof object, "record %s", patient.uuid);
	return hand_out(s, object, &sheet, why);
}

/* "2026-03-01", the beginning of that day in UTC. */
static enum status day_ms(const struct cli_options *options, const char *name, int64_t *out, struct fail *why)
{
	const char *text = cli_value(options, name);
	struct tm day = {.tm_isdst = 0};
	char after = '\0';
	if (text == NULL)
		return ST_OK;
	int read = sscanf(text, "%4d-%2d-%2d%c", &day.tm_year, &day.tm_mon, &day.tm_mday, &after);
	day.tm_year -= 1900;
	day.tm_mon -= 1;
	struct tm given = day;
	time_t seconds = read == 3 ? timegm(&day) : -1;
	if (read != 3 || day.tm_mon != given.tm_mon || day.tm_mday != given.tm_mday || seconds < 0)
		return fail_set(why, ST_INPUT, name, "\"%.20s\" is no day; write it as 2026-03-01", text);
	*out = (int64_t)seconds * 1000;
	return ST_OK;
}

static enum status statistics(struct station *s, struct fail *why)
{
	struct sheet *sheet = NULL;
	const struct record_sheet from = record_of(s);
	int64_t to_ms = cli_now_ms(), from_ms = to_ms - YEAR_MS;
	enum status status = day_ms(s->options, "--from", &from_ms, why);
	if (status == ST_OK)
		status = day_ms(s->options, "--to", &to_ms, why);
	if (status == ST_OK)
		status = record_statistics_sheet(&from, from_ms, to_ms, &sheet, why);
	return status == ST_OK ? hand_out(s, "statistics", &sheet, why) : status;
}

int command_sheet_treatment(const struct cli_options *options)
{
	return station_run(options, STATION_READS, treatment);
}

int command_sheet_approval(const struct cli_options *options)
{
	return station_run(options, STATION_READS, approval);
}

int command_sheet_session(const struct cli_options *options)
{
	return station_run(options, STATION_READS, session);
}

int command_sheet_record(const struct cli_options *options)
{
	return station_run(options, STATION_READS, record);
}

int command_sheet_statistics(const struct cli_options *options)
{
	return station_run(options, STATION_READS, statistics);
}
