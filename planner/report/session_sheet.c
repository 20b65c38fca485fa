#include "planner/report/session_sheet.h"

#include "planner/plan/report.h"
#include "planner/safety/facts.h"

#define PERCENT 100.0
#define SETTINGS_TEXT 300

/* --- who and with what --------------------------------------------------------------------------------- */

static void add_identity(const struct session_sheet *from, struct sheet *sheet)
{
	const struct store_patient *p = from->plan.patient;
	const struct delivery *d = from->session;
	char settings[SETTINGS_TEXT], when[SHEET_TIME_SIZE];
	bool hidden = from->plan.deidentified;
	sheet_heading(sheet, "Session");
	if (!hidden) {
		sheet_pair(sheet, "Patient", "%s   %s   born %s", p->label, p->record_number, p->birth[0] ? p->birth : "-");
		sheet_pair(sheet, "Opened", "%s", sheet_time(d->opened_at_ms, when));
	}
	sheet_pair(sheet, "Phase", "%s%s%s", delivery_phase_name(d->phase), d->reason[0] && !hidden ? ": " : "",
	           hidden ? "" : d->reason);
	sheet_pair(sheet, "Device", "%s, %s", from->delivery_plan->device->name, from->delivery_plan->device_mode);
	sheet_pair(sheet, "Console, handpiece", "%s, %s", d->serial[0] ? d->serial : "-",
	           d->handpiece_serial[0] ? d->handpiece_serial : "-");
	sheet_pair(sheet, "Approved settings", "%s",
	           settings_text(&from->delivery_plan->settings, settings, sizeof settings));
	sheet_pair(sheet, "Errors, pauses", "%u, %u", d->errors, d->pauses);
}

static void add_checklist(const struct session_sheet *from, struct sheet *sheet)
{
	const struct delivery *d = from->session;
	const struct {
		bool done, asked; /* cooling: of devices that must have it */
		const char *what;
	} lines[] = {{d->identified, true, "two identifiers"},
	             {d->consented, true, "consent signed"},
	             {d->photographed, true, "photographs"},
	             {d->device_known, true, "device, handpiece and tip"},
	             {d->calibrated, true, "output verified today"},
	             {d->eyewear_known, true, "eyewear of everyone in the room"},
	             {d->cooled, from->delivery_plan->device->cooling_required, "cooling"},
	             {d->timed_out, true, "time-out"}};
	sheet_heading(sheet, "Before the first pulse");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (lines[i].asked || lines[i].done)
			sheet_tick(sheet, lines[i].done, "%s", lines[i].what);
	if (d->output_check[0] != '\0')
		sheet_pair(sheet, "Output check", "%s", d->output_check);
}

/* --- delivered against planned ------------------------------------------------------------------------- */

static void add_field(const struct session_sheet *from, size_t i, struct sheet *sheet)
{
	const struct delivery_field *f = &from->session->field[i];
	const struct exposure *planned = &from->delivery_plan->exposure;
	char passes[48], coverage[64] = "-", dose[64] = "-", last[SETTINGS_TEXT];
	(void)snprintf(passes, sizeof passes, "%u of %u", f->passes, delivery_passes_planned(from->delivery_plan));
	if (!isnan(f->coverage_frac) && !isnan(planned->coverage_sum_frac))
		(void)snprintf(coverage, sizeof coverage, "%.1f of %.1f %%", PERCENT * f->coverage_frac,
		               PERCENT * planned->coverage_sum_frac);
	if (!isnan(f->dose_J_cm2))
		(void)snprintf(dose, sizeof dose, "%.2f of %.2f", f->dose_J_cm2, exposure_number(planned, "total_fluence_J_cm2"));
	settings_text(&f->last, last, sizeof last);
	bool whole = f->passes == delivery_passes_planned(from->delivery_plan);
	sheet_row(sheet, f->stop_seen ? SHEET_STOP : whole ? SHEET_PLAIN : SHEET_CAUTION,
	          (const char *const[]){from->delivery_plan->field[i], f->side, passes, coverage, dose,
	                                f->endpoint[0] ? f->endpoint : "-", last});
}

static void add_fields(const struct session_sheet *from, struct sheet *sheet)
{
	static const struct sheet_column columns[] = {{"Field", .13, false},    {"Side", .08, false},
	                                              {"Passes", .09, false},   {"Coverage", .14, false},
	                                              {"J/cm2", .13, false},    {"Endpoint seen", .17, false},
	                                              {"Console, last pass", .26, false}};
	sheet_heading(sheet, "Delivered against approved");
	sheet_table(sheet, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < from->delivery_plan->fields; i++)
		add_field(from, i, sheet);
}

/* --- events -------------------------------------------------------------------------------------------- */

/* A number of an event with what it is, "" where there is none. */
static const char *number_text(const char *format, double value, char out[48])
{
	out[0] = '\0';
	if (isfinite(value))
		(void)snprintf(out, 48, format, value);
	return out;
}

/* "oxygen running: no", in the words of the question's name. */
static void answer_text(const struct delivery_event *e, char *out, size_t size)
{
	size_t id;
	out[0] = '\0';
	if (e->fact[0] == '\0')
		return;
	const bool truth = facts_find(e->fact, &id) && facts_spec(id)->type == EXPR_BOOL;
	if (truth)
		(void)snprintf(out, size, "%s: %s", e->fact, e->value > 0.0 ? "yes" : "no");
	else
		(void)snprintf(out, size, "%s: %.6g", e->fact, e->value);
	for (char *c = out; *c != '\0'; c++)
		*c = *c == '_' ? ' ' : *c;
}

/* The words of an event that are there, with blanks between; what does not fit is left out. Identifiers are compared,
 * not printed once more; free text, references and serial numbers go where names do. */
static void what_happened(const struct delivery_event *e, bool hidden, char *out, size_t size)
{
	char settings[SETTINGS_TEXT] = "", answer[FACT_TEXT_MAX + 48];
	char measured[48], set[48], pulses[48], operator[48], patient[48];
	if (e->settings.present)
		settings_text(&e->settings, settings, sizeof settings);
	answer_text(e, answer, sizeof answer);
	const char *const words[] = {e->field,
	                             e->side,
	                             settings,
	                             number_text("%.0f pulses", e->pulses, pulses),
	                             e->endpoint,
	                             e->code,
	                             answer,
	                             number_text("OD %.3g operator", e->od_operator, operator),
	                             number_text("OD %.3g patient", e->od_patient, patient),
	                             hidden ? "" : e->serial,
	                             e->handpiece,
	                             hidden ? "" : e->handpiece_serial,
	                             e->tip,
	                             hidden ? "" : e->reference,
	                             number_text("%.4g measured", e->measured, measured),
	                             number_text("of %.4g", e->set, set),
	                             hidden ? "" : e->text};
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < sizeof words / sizeof *words && used < size; i++)
		if (words[i][0] != '\0')
			used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", words[i]);
}

static enum status add_event(const struct session_sheet *from, const struct store_record *record, struct sheet *sheet,
                             struct fail *why)
{
	struct delivery_event event;
	char when[SHEET_TIME_SIZE], what[SHEET_CELL_MAX * 3];
	enum status status = delivery_event_decode(record->json, record->json_len, &event, why);
	if (status != ST_OK)
		return status;
	bool hidden = from->plan.deidentified;
	if (hidden)
		(void)snprintf(when, sizeof when, "minute %.0f", (double)(event.at_ms - from->session->opened_at_ms) / 60000.0);
	else
		sheet_time(event.at_ms, when);
	what_happened(&event, hidden, what, sizeof what);
	sheet_row(sheet, SHEET_PLAIN,
	          (const char *const[]){when, delivery_kind_name(event.kind), what, hidden ? "staff" : record->actor});
	return ST_OK;
}

static enum status add_events(const struct session_sheet *from, struct sheet *sheet, struct fail *why)
{
	static const struct sheet_column columns[] = {
	        {"When", .2, false}, {"Event", .14, false}, {"What", .48, false}, {"Who", .18, false}};
	enum status status = ST_OK;
	sheet_heading(sheet, "Event by event");
	sheet_table(sheet, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < from->records->count && status == ST_OK; i++)
		status = add_event(from, &from->records->items[i], sheet, why);
	return status;
}

enum status session_sheet(const struct session_sheet *from, struct sheet **out, struct fail *why)
{
	const struct plan_sheet *plan = &from->plan;
	struct sheet *sheet = NULL;
	*out = NULL;
	if (from->session->phase == DELIVERY_NONE)
		return fail_set(why, ST_NOT_FOUND, "session", "none was opened for this plan");
	enum status status = sheet_new("Session record", plan->deidentified ? "de-identified" : plan->patient->label,
	                               plan->made_at_ms, &sheet, why);
	if (status != ST_OK)
		return status;
	sheet_frame(sheet, plan->patient->is_virtual ? "VIRTUAL PATIENT" : "");
	sheet_footer(sheet, "%s lasertwin %s, plan %s version %lld, audit head %s", report_intended_use, LASERTWIN_VERSION,
	             plan->plan->uuid, (long long)plan->plan->version, plan->audit_head != NULL ? plan->audit_head : "none");
	add_identity(from, sheet);
	add_checklist(from, sheet);
	add_fields(from, sheet);
	status = add_events(from, sheet, why);
	sheet_line(sheet, "Operator, date");
	if (status == ST_OK && sheet->status != ST_OK) {
		status = sheet->status;
		*why = sheet->fail;
	}
	if (status != ST_OK)
		sheet_free(&sheet);
	*out = sheet;
	return status;
}
