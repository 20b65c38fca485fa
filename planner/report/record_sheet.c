#include "planner/report/record_sheet.h"

#include "devices/json.h"
#include "planner/plan/report.h"
#include "planner/plan/visits.h"
#include "planner/safety/facts.h"
#include "planner/twin/readings.h"

#define MS_PER_DAY 86400000.0
#define NAME_SIZE 64
#define KINDS_MAX 64
#define PAGE 2000 /* plans read at a time */

/* --- names and times ---------------------------------------------------------------------------------- */

static void patient_name(const struct record_sheet *from, const char *uuid, char out[NAME_SIZE])
{
	struct digest_stream stream;
	struct digest digest;
	char hex[DIGEST_TEXT_SIZE];
	digest_begin(&stream, "de-identified patient/1");
	digest_add_text(&stream, from->salt, strlen(from->salt));
	digest_add_text(&stream, uuid, strlen(uuid));
	digest_end(&stream, &digest);
	digest_hex(&digest, hex);
	(void)snprintf(out, NAME_SIZE, "patient %.8s", hex);
}

/* A time as printed: absolute, or days since the patient's first record. */
static const char *when_text(const struct record_sheet *from, int64_t first_ms, int64_t ms, char out[SHEET_TIME_SIZE])
{
	if (!from->deidentified)
		return sheet_time(ms, out);
	(void)snprintf(out, SHEET_TIME_SIZE, "day %.0f", (double)(ms - first_ms) / MS_PER_DAY);
	return out;
}

static enum status check_salt(const struct record_sheet *from, struct fail *why)
{
	if (from->deidentified && (from->salt == NULL || from->salt[0] == '\0'))
		return fail_set(why, ST_INPUT, "salt",
		                "a de-identified export needs a secret word of your own, so that nobody can count names through");
	return ST_OK;
}

static void add_footer(const struct record_sheet *from, struct sheet *sheet)
{
	sheet_footer(sheet, "%s lasertwin %s, audit head %s", report_intended_use, LASERTWIN_VERSION,
	             from->audit_head != NULL && from->audit_head[0] ? from->audit_head : "none");
}

static enum status finish(struct sheet *sheet, enum status status, struct sheet **out, struct fail *why)
{
	if (status == ST_OK && sheet->status != ST_OK) {
		status = sheet->status;
		*why = sheet->fail;
	}
	if (status != ST_OK)
		sheet_free(&sheet);
	*out = sheet;
	return status;
}

/* --- one patient -------------------------------------------------------------------------------------- */

static void add_identity(const struct record_sheet *from, const struct store_patient *p, struct sheet *sheet)
{
	sheet_heading(sheet, "Patient");
	if (!from->deidentified) {
		sheet_pair(sheet, "Name", "%s", p->label);
		sheet_pair(sheet, "Record number", "%s", p->record_number[0] ? p->record_number : "none");
		sheet_pair(sheet, "Born", "%s", p->birth[0] ? p->birth : "not recorded");
	} else if (p->birth[0]) {
		sheet_pair(sheet, "Born", "decade of %.3s0", p->birth);
	}
	sheet_pair(sheet, "Sex", "%c", p->sex);
}

/* What a key of the case form is about, as the screens say it, and the unit of its number. */
struct label {
	const char *words, *unit;
};

static struct label label_of(const char *key)
{
	static const char *const texts[][2] = {{"fitz", "Skin type"}, {"sex", "Sex"}, {"site", "Site"},
	                                       {"mi_scale", "Melanin scale"}, {"wood", "Under Wood's lamp"}};
	enum reading reading;
	size_t fact;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(texts[i][0], key) == 0)
			return (struct label){texts[i][1], ""};
	if (readings_find(key, &reading))
		return (struct label){readings_spec(reading)->label, readings_spec(reading)->unit};
	if (facts_find(key, &fact))
		return (struct label){facts_spec(fact)->wording, facts_spec(fact)->unit};
	return (struct label){key, ""};
}

static const struct sheet_column reading_columns[] = {{"Reading or question", .56, false}, {"Value", .18, false},
                                                      {"Kept as", .26, false}};

static void add_reading(struct sheet *sheet, const struct json_at *at)
{
	const struct label label = label_of(at->key);
	char value[STORE_LABEL_MAX + 64] = "not answered";
	double number;
	bool truth;
	struct fail ignored;
	if (json_kind(at) == JSON_NUMBER && json_number_at(at, -INFINITY, INFINITY, "", &number, &ignored) == ST_OK)
		(void)snprintf(value, sizeof value, "%.10g%s%s", number, label.unit[0] != '\0' ? " " : "", label.unit);
	else if (json_kind(at) == JSON_STRING)
		(void)snprintf(value, sizeof value, "%s", json_text(at));
	else if (json_kind(at) == JSON_BOOL && json_bool_at(at, &truth, &ignored) == ST_OK)
		(void)snprintf(value, sizeof value, "%s", truth ? "yes" : "no");
	else if (json_kind(at) != JSON_NULL)
		return;
	sheet_row(sheet, SHEET_PLAIN, (const char *const[]){label.words, value, at->key});
}

/* An object of the readings' case form: its members, one level of objects deep ("lab"). */
static void add_members(struct sheet *sheet, const struct json_at *root, const char *key)
{
	struct json_at object, member = {0};
	if (!json_find(root, key, &object))
		return;
	while (json_object_each(&object, &member)) {
		struct json_at inner = {0};
		if (json_kind(&member) != JSON_OBJECT)
			add_reading(sheet, &member);
		else
			while (json_object_each(&member, &inner))
				add_reading(sheet, &inner);
	}
}

static enum status add_visit(const struct record_sheet *from, const struct store_readings *readings, int64_t first_ms,
                             struct sheet *sheet, struct fail *why)
{
	struct json_doc *doc = NULL;
	char when[SHEET_TIME_SIZE], heading[SHEET_TIME_SIZE + 32];
	enum status status = json_parse("readings", readings->json, readings->json_len, &doc, why);
	if (status != ST_OK)
		return status;
	struct json_at root = json_root(doc);
	(void)snprintf(heading, sizeof heading, "Readings, %s", when_text(from, first_ms, readings->taken_at_ms, when));
	sheet_heading(sheet, heading);
	sheet_table(sheet, reading_columns, sizeof reading_columns / sizeof *reading_columns);
	add_members(sheet, &root, "patient");
	if (!from->deidentified)
		add_members(sheet, &root, "history");
	json_free(&doc);
	return ST_OK;
}

static const struct sheet_column plan_columns[] = {{"Made", .2, false},    {"Device", .22, false},
                                                   {"Version", .08, true}, {"State", .14, false},
                                                   {"Since", .2, false},   {"Verdict", .16, false}};

static void add_plan(const struct record_sheet *from, const struct store_plan *plan, int64_t first_ms,
                     struct sheet *sheet)
{
	char made[SHEET_TIME_SIZE], since[SHEET_TIME_SIZE], version[24];
	(void)snprintf(version, sizeof version, "%lld", (long long)plan->version);
	sheet_row(sheet, SHEET_PLAIN,
	          (const char *const[]){when_text(from, first_ms, plan->created_at_ms, made), plan->device, version,
	                                plan->state, when_text(from, first_ms, plan->state_at_ms, since),
	                                plan->verdict});
}

static enum status add_plans(const struct record_sheet *from, const char *patient, int64_t first_ms,
                             struct sheet *sheet, struct fail *why)
{
	struct store_plan_list plans = {0};
	const struct store_plan_query query = {.patient = patient};
	enum status status = store_plan_list(from->store, &query, &plans, why);
	if (status != ST_OK)
		return status;
	sheet_heading(sheet, "Plans, latest version of each");
	if (plans.count == 0)
		sheet_text(sheet, SHEET_DIM, "none");
	else
		sheet_table(sheet, plan_columns, sizeof plan_columns / sizeof *plan_columns);
	for (size_t i = 0; i < plans.count; i++)
		add_plan(from, &plans.items[i], first_ms, sheet);
	store_plan_list_free(&plans);
	return ST_OK;
}

/* --- what was delivered, and seen after it --- */

static const struct sheet_column field_columns[] = {{"Field", .2, false},        {"Side", .1, false},
                                                    {"Passes", .1, false},       {"Dose J/cm2", .12, true},
                                                    {"Coverage %", .12, true},   {"Endpoint", .36, false}};

static void add_field(const struct visit_field *field, struct sheet *sheet)
{
	char passes[32], dose[24] = "-", coverage[24] = "-", endpoint[80];
	(void)snprintf(passes, sizeof passes, "%u of %u", field->passes, field->passes_planned);
	if (isfinite(field->dose_J_cm2))
		(void)snprintf(dose, sizeof dose, "%.4g", field->dose_J_cm2);
	if (isfinite(field->coverage_pct))
		(void)snprintf(coverage, sizeof coverage, "%.3g", field->coverage_pct);
	(void)snprintf(endpoint, sizeof endpoint, "%s%s", field->endpoint, field->stop ? " (STOP)" : "");
	sheet_row(sheet, field->stop ? SHEET_STRONG : SHEET_PLAIN,
	          (const char *const[]){field->field, field->side[0] != '\0' ? field->side : "-", passes, dose, coverage,
	                                endpoint});
}

/* Free text can name people: without names an event is its severity and day. */
static void add_after(const struct record_sheet *from, const struct visit_after *after, struct sheet *sheet)
{
	const char *what = after->adverse ? "Adverse event" : "Follow-up";
	if (!from->deidentified)
		sheet_text(sheet, after->adverse ? SHEET_STRONG : SHEET_PLAIN, "%s, day %.3g: %s", what, after->days,
		           after->text);
	else if (after->adverse)
		sheet_text(sheet, SHEET_STRONG, "%s, day %.3g: %s", what, after->days, severity_name(after->severity));
	else
		sheet_text(sheet, SHEET_PLAIN, "%s, day %.3g", what, after->days);
}

static void add_delivery(const struct record_sheet *from, const struct visit *visit, int64_t first_ms,
                         struct sheet *sheet)
{
	char when[SHEET_TIME_SIZE], heading[SHEET_TIME_SIZE + STORE_DEVICE_MAX + 64], settings[300];
	(void)snprintf(heading, sizeof heading, "Treatment, %s: %s%s", when_text(from, first_ms, visit->at_ms, when),
	               visit->device_mode, visit->aborted ? ", ABORTED" : visit->complete ? "" : ", ended early");
	sheet_heading(sheet, heading);
	if (visit->fields > 0)
		sheet_pair(sheet, "Settings", "%s", settings_text(&visit->field[0].settings, settings, sizeof settings));
	sheet_pair(sheet, "Plan", "%.8s version %lld", visit->plan, (long long)visit->version);
	if (visit->ended[0] != '\0' && !from->deidentified)
		sheet_pair(sheet, "Ended because", "%s", visit->ended);
	sheet_table(sheet, field_columns, sizeof field_columns / sizeof *field_columns);
	for (size_t i = 0; i < visit->fields; i++)
		add_field(&visit->field[i], sheet);
	for (size_t i = 0; i < visit->after; i++)
		add_after(from, &visit->seen[i], sheet);
	if (visit->after_more > 0)
		sheet_text(sheet, SHEET_DIM, "and %zu further follow-ups and events", visit->after_more);
}

static enum status add_deliveries(const struct record_sheet *from, const char *patient, int64_t first_ms,
                                  struct sheet *sheet, struct fail *why)
{
	struct visits visits = {0};
	enum status status = visits_load(from->store, NULL, patient, &visits, why);
	for (size_t i = visits.count; status == ST_OK && i-- > 0;)
		add_delivery(from, &visits.visit[i], first_ms, sheet);
	if (status == ST_OK && visits.running > 0)
		sheet_text(sheet, SHEET_STRONG, "%zu under treatment, not printed yet", visits.running);
	visits_free(&visits);
	return status;
}

static enum status fill_patient(const struct record_sheet *from, const struct store_patient *patient,
                                struct sheet *sheet, struct fail *why)
{
	struct store_readings_list visits = {0};
	enum status status = store_readings_list(from->store, patient->uuid, 0, &visits, why);
	if (status != ST_OK)
		return status;
	int64_t first_ms = visits.count > 0 ? visits.items[visits.count - 1].taken_at_ms : patient->created_at_ms;
	add_identity(from, patient, sheet);
	status = add_plans(from, patient->uuid, first_ms, sheet, why);
	if (status == ST_OK)
		status = add_deliveries(from, patient->uuid, first_ms, sheet, why);
	for (size_t i = 0; i < visits.count && status == ST_OK; i++)
		status = add_visit(from, &visits.items[i], first_ms, sheet, why);
	store_readings_list_free(&visits);
	return status;
}

enum status record_patient_sheet(const struct record_sheet *from, const char *patient_uuid, struct sheet **out,
                                 struct fail *why)
{
	struct store_patient patient;
	struct sheet *sheet = NULL;
	char name[NAME_SIZE] = "";
	*out = NULL;
	enum status status = check_salt(from, why);
	if (status == ST_OK)
		status = store_patient_get(from->store, patient_uuid, &patient, why);
	if (status != ST_OK)
		return status;
	if (from->deidentified)
		patient_name(from, patient_uuid, name);
	status = sheet_new("Patient record", from->deidentified ? name : patient.label, from->made_at_ms, &sheet, why);
	if (status != ST_OK)
		return status;
	sheet_frame(sheet, patient.is_virtual ? "VIRTUAL PATIENT" : "");
	add_footer(from, sheet);
	status = fill_patient(from, &patient, sheet, why);
	return finish(sheet, status, out, why);
}

/* --- statistics --------------------------------------------------------------------------------------- */

struct tally {
	const char *title, *unit;
	size_t kinds;
	struct {
		char name[STORE_DEVICE_MAX + 1];
		long count;
	} kind[KINDS_MAX];
	long other; /* of kinds beyond the table */
};

static void tally_add(struct tally *tally, const char *name)
{
	size_t k = 0;
	while (k < tally->kinds && strcmp(tally->kind[k].name, name) != 0)
		k++;
	if (k == KINDS_MAX) {
		tally->other++;
		return;
	}
	if (k == tally->kinds) {
		(void)snprintf(tally->kind[k].name, sizeof tally->kind[k].name, "%s", name);
		tally->kind[k].count = 0;
		tally->kinds++;
	}
	tally->kind[k].count++;
}

static void tally_show(const struct tally *tally, long total, struct sheet *sheet)
{
	const struct sheet_column columns[] = {{"", .5, false}, {tally->unit, .2, true}, {"Share %", .2, true}};
	sheet_heading(sheet, tally->title);
	sheet_table(sheet, columns, 3);
	for (size_t k = 0; k <= tally->kinds; k++) {
		bool rest = k == tally->kinds;
		long count = rest ? tally->other : tally->kind[k].count;
		char number[24], share[24];
		if (rest && count == 0)
			continue;
		(void)snprintf(number, sizeof number, "%ld", count);
		(void)snprintf(share, sizeof share, "%.1f", total > 0 ? 100.0 * (double)count / (double)total : 0.0);
		sheet_row(sheet, SHEET_PLAIN,
		          (const char *const[]){rest ? "further ones" : tally->kind[k].name, number, share});
	}
}

enum { BY_STATE, BY_VERDICT, BY_DEVICE, BY_STEP, TALLIES };

static enum status count_plans(const struct record_sheet *from, int64_t from_ms, int64_t to_ms,
                               struct tally tally[TALLIES], long *total, struct fail *why)
{
	struct store_plan_query query = {.limit = PAGE};
	enum status status = ST_OK;
	for (bool more = true; more && status == ST_OK; query.offset += PAGE) {
		struct store_plan_list plans = {0};
		status = store_plan_list(from->store, &query, &plans, why);
		for (size_t i = 0; status == ST_OK && i < plans.count; i++) {
			const struct store_plan *plan = &plans.items[i];
			if (plan->created_at_ms < from_ms || plan->created_at_ms >= to_ms)
				continue;
			++*total;
			tally_add(&tally[BY_STATE], plan->state);
			tally_add(&tally[BY_VERDICT], plan->verdict);
			tally_add(&tally[BY_DEVICE], plan->device);
		}
		more = plans.more;
		store_plan_list_free(&plans);
	}
	return status;
}

/* Every step of every version in the span: what an earlier version was given or refused stays done. */
static enum status count_steps(const struct record_sheet *from, int64_t from_ms, int64_t to_ms, struct tally *tally,
                               long *total, struct fail *why)
{
	struct store_plan_event last = {.json = NULL};
	enum status status = ST_OK;
	for (bool more = true, first = true; more && status == ST_OK; first = false) {
		struct store_plan_event_list steps = {0};
		status = store_plan_event_all(from->store, first ? NULL : &last, PAGE, &steps, why);
		for (size_t i = 0; status == ST_OK && i < steps.count; i++) {
			if (steps.items[i].at_ms < from_ms || steps.items[i].at_ms >= to_ms)
				continue;
			++*total;
			tally_add(tally, steps.items[i].to_state);
		}
		more = steps.more && steps.count > 0;
		if (more)
			last = steps.items[steps.count - 1];
		store_plan_event_list_free(&steps);
	}
	return status;
}

static enum status count_patients(const struct record_sheet *from, long *count, struct fail *why)
{
	struct store_patient_query query = {.limit = PAGE};
	enum status status = ST_OK;
	for (bool more = true; more && status == ST_OK; query.offset += PAGE) {
		struct store_patient_list patients = {0};
		status = store_patient_list(from->store, &query, &patients, why);
		*count += (long)patients.count;
		more = patients.more;
		store_patient_list_free(&patients);
	}
	return status;
}

static enum status fill_statistics(const struct record_sheet *from, int64_t from_ms, int64_t to_ms, struct sheet *sheet,
                                   struct fail *why)
{
	struct tally *tally = calloc(TALLIES, sizeof *tally);
	long total = 0, patients = 0, steps = 0;
	if (tally == NULL)
		return fail_set(why, ST_FULL, "statistics", "out of memory");
	tally[BY_STATE].title = "By state of the latest version";
	tally[BY_VERDICT].title = "By verdict";
	tally[BY_DEVICE].title = "By device mode";
	tally[BY_STEP].title = "Steps taken in the span, of all versions";
	for (int t = 0; t < TALLIES; t++)
		tally[t].unit = t == BY_STEP ? "Times" : "Plans";
	enum status status = count_patients(from, &patients, why);
	if (status == ST_OK)
		status = count_plans(from, from_ms, to_ms, tally, &total, why);
	if (status == ST_OK)
		status = count_steps(from, from_ms, to_ms, &tally[BY_STEP], &steps, why);
	sheet_pair(sheet, "Patients on file", "%ld", patients);
	sheet_pair(sheet, "Plans in the span", "%ld", total);
	sheet_pair(sheet, "Steps in the span", "%ld", steps);
	for (int t = 0; t < TALLIES && status == ST_OK; t++)
		tally_show(&tally[t], t == BY_STEP ? steps : total, sheet);
	free(tally);
	return status;
}

enum status record_statistics_sheet(const struct record_sheet *from, int64_t from_ms, int64_t to_ms, struct sheet **out,
                                    struct fail *why)
{
	struct sheet *sheet = NULL;
	char span[2 * SHEET_TIME_SIZE + 16], begin[SHEET_TIME_SIZE], end[SHEET_TIME_SIZE];
	*out = NULL;
	if (from_ms >= to_ms)
		return fail_set(why, ST_RANGE, "span", "ends before it begins");
	(void)snprintf(span, sizeof span, "%s to %s", sheet_time(from_ms, begin), sheet_time(to_ms, end));
	enum status status = sheet_new("Clinic statistics", span, from->made_at_ms, &sheet, why);
	if (status != ST_OK)
		return status;
	sheet_frame(sheet, store_kind(from->store) == STORE_DEMO ? "VIRTUAL PATIENTS" : "");
	add_footer(from, sheet);
	status = fill_statistics(from, from_ms, to_ms, sheet, why);
	return finish(sheet, status, out, why);
}
