#include "planner/plan/visits.h"

#include "devices/json.h"
#include "planner/plan/learnt.h"

#define MS_PER_DAY 86400000.0
#define DOSE_MAX 1e9
#define TOTALS_PER_VISIT PLANNING_ZONES_MAX

/* --- one delivery --------------------------------------------------------------------------------------- */

static enum status optional_number(const struct json_at *at, const char *key, double *out, struct fail *why)
{
	bool present = false;
	*out = (double)NAN;
	return json_number_in(at, key, -DOSE_MAX, DOSE_MAX, "", out, &present, why);
}

static enum status read_settings(const struct json_at *field, struct settings *out, struct fail *why)
{
	struct json_at list;
	enum status st = ST_OK;
	if (!json_find(field, "settings", &list))
		return ST_OK;
	for (int i = 0; !st && i < SETTINGS; i++) {
		double value;
		st = optional_number(&list, setting_spec((enum setting_id)i)->key, &value, why);
		if (!st && isfinite(value))
			settings_set(out, (enum setting_id)i, value);
	}
	return st;
}

static enum status read_field(const struct json_at *at, struct visit_field *out, struct fail *why)
{
	int passes = 0, planned = 0;
	bool present;
	memset(out, 0, sizeof *out);
	enum status st = json_string(at, "field", out->field, sizeof out->field, NULL, why);
	if (!st)
		st = json_string(at, "side", out->side, sizeof out->side, &present, why);
	if (!st)
		st = json_integer_in(at, "passes", 0, 1000, "", &passes, NULL, why);
	if (!st)
		st = json_integer_in(at, "passes_planned", 0, 1000, "", &planned, NULL, why);
	if (!st)
		st = optional_number(at, "coverage_sum_pct", &out->coverage_pct, why);
	if (!st)
		st = optional_number(at, "mean_fluence_J_cm2", &out->dose_J_cm2, why);
	if (!st)
		st = json_string(at, "endpoint", out->endpoint, sizeof out->endpoint, &present, why);
	if (!st)
		st = json_bool(at, "stop", &out->stop, &present, why);
	out->passes = (unsigned)passes;
	out->passes_planned = (unsigned)planned;
	return st ? st : read_settings(at, &out->settings, why);
}

static enum status read_fields(const struct json_at *root, struct visit *out, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(root, "fields", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (out->fields == PLANNING_ZONES_MAX)
			return json_refuse(&item, ST_INPUT, why, "more than %d fields", PLANNING_ZONES_MAX);
		st = read_field(&item, &out->field[out->fields++], why);
	}
	return st;
}

/* A reason is as long as people write: what does not fit is cut. */
static void read_reason(const struct json_at *root, struct visit *out)
{
	struct json_at reason;
	out->aborted = json_find(root, "aborted", &reason);
	if (!out->aborted && !json_find(root, "ended_early", &reason))
		return;
	const char *text = json_text(&reason);
	(void)snprintf(out->ended, sizeof out->ended, "%s", text != NULL ? text : "");
}

static enum status read_outcome(const struct json_at *root, struct visit *out, struct fail *why)
{
	double version = 0, ended_ms = 0;
	bool present;
	enum status st = json_schema(root, "lasertwin-outcome/1", why);
	if (!st)
		st = json_string(root, "plan", out->plan, sizeof out->plan, NULL, why);
	if (!st)
		st = json_number_in(root, "version", 1, 1e9, "", &version, NULL, why);
	if (!st)
		st = json_string(root, "device", out->device_mode, sizeof out->device_mode, NULL, why);
	if (!st)
		st = json_bool(root, "complete", &out->complete, NULL, why);
	if (!st)
		st = json_integer_in(root, "errors", 0, 1000000, "", &out->errors, &present, why);
	if (!st)
		st = json_number_in(root, "ended_at_ms", 0, 9e15, "ms", &ended_ms, NULL, why);
	out->version = (int64_t)version;
	out->at_ms = (int64_t)ended_ms;
	read_reason(root, out);
	return st ? st : read_fields(root, out, why);
}

enum status visit_of_outcome(const char *json, size_t n, struct visit *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	memset(out, 0, sizeof *out);
	enum status st = json_parse("outcome", json, n, &doc, why);
	if (st)
		return st;
	const struct json_at root = json_root(doc);
	st = read_outcome(&root, out, why);
	json_free(&doc);
	return st;
}

/* --- what was seen after it ------------------------------------------------------------------------------- */

static void add_text(char *out, size_t size, const char *text)
{
	const size_t used = strlen(out);
	(void)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", text);
}

static enum status read_adverse(const struct json_at *root, struct visit_after *out, struct fail *why)
{
	const char *names[SEVERITIES];
	char kind[32];
	size_t severity = 0;
	double micro = 0;
	for (int i = 0; i < SEVERITIES; i++)
		names[i] = severity_name((enum severity)i);
	enum status st = json_string(root, "kind", kind, sizeof kind, NULL, why);
	if (!st)
		st = json_choice(root, "severity", names, SEVERITIES, &severity, NULL, why);
	if (!st)
		st = json_number_in(root, "onset_days_micro", 0, 1e12, "", &micro, NULL, why);
	out->severity = (enum severity)severity;
	out->days = micro * 1e-6;
	if (!st)
		(void)snprintf(out->text, sizeof out->text, "%s, %s", kind, severity_name(out->severity));
	return st;
}

static enum status read_follow_up(const struct json_at *root, struct visit_after *out, struct fail *why)
{
	double days = 0, clearance, erythema, depth;
	char pih[8] = "", part[48];
	bool present;
	enum status st = json_number_in(root, "days_micro", 0, 1e12, "", &days, NULL, why);
	if (!st)
		st = optional_number(root, "clearance_pct_micro", &clearance, why);
	if (!st)
		st = optional_number(root, "erythema_days_micro", &erythema, why);
	if (!st)
		st = optional_number(root, "depth_um_micro", &depth, why);
	if (!st)
		st = json_string(root, "pih", pih, sizeof pih, &present, why);
	if (st)
		return st;
	out->days = days * 1e-6;
	if (isfinite(clearance)) {
		(void)snprintf(part, sizeof part, "clearance %.3g %%", clearance * 1e-6);
		add_text(out->text, sizeof out->text, part);
	}
	if (isfinite(erythema)) {
		(void)snprintf(part, sizeof part, "erythema %.3g d", erythema * 1e-6);
		add_text(out->text, sizeof out->text, part);
	}
	if (pih[0] != '\0')
		add_text(out->text, sizeof out->text, strcmp(pih, "yes") == 0 ? "PIH" : "no PIH");
	if (isfinite(depth)) {
		(void)snprintf(part, sizeof part, "depth %.4g um", depth * 1e-6);
		add_text(out->text, sizeof out->text, part);
	}
	return ST_OK;
}

static enum status read_after(const struct json_at *root, struct visit_after *out, struct fail *why)
{
	struct json_at note;
	enum status st =
	        json_schema(root, out->adverse ? "lasertwin-adverse-event/1" : "lasertwin-follow-up/1", why);
	if (!st)
		st = out->adverse ? read_adverse(root, out, why) : read_follow_up(root, out, why);
	const char *text = !st && json_find(root, "text", &note) ? json_text(&note) : NULL;
	if (text != NULL && text[0] != '\0')
		add_text(out->text, sizeof out->text, text);
	return st;
}

enum status visit_after_of(bool adverse, const char *json, size_t n, struct visit_after *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	*out = (struct visit_after){.adverse = adverse};
	enum status st = json_parse(adverse ? "adverse event" : "follow-up", json, n, &doc, why);
	if (st)
		return st;
	const struct json_at root = json_root(doc);
	st = read_after(&root, out, why);
	json_free(&doc);
	return st;
}

/* --- sums ------------------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct visit *x = a, *y = b;
	return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

static int by_field(const void *a, const void *b)
{
	const struct visit_total *x = a, *y = b;
	int order = strcmp(x->field, y->field);
	if (order == 0)
		order = strcmp(x->side, y->side);
	return order != 0 ? order : strcmp(x->device_mode, y->device_mode);
}

static struct visit_total *total_of(struct visits *visits, const struct visit *visit, const struct visit_field *field)
{
	for (size_t i = 0; i < visits->totals; i++) {
		struct visit_total *t = &visits->total[i];
		if (strcmp(t->field, field->field) == 0 && strcmp(t->side, field->side) == 0 &&
		    strcmp(t->device_mode, visit->device_mode) == 0)
			return t;
	}
	struct visit_total *t = &visits->total[visits->totals++];
	*t = (struct visit_total){.visits = 0};
	memcpy(t->field, field->field, sizeof t->field);
	memcpy(t->side, field->side, sizeof t->side);
	memcpy(t->device_mode, visit->device_mode, sizeof t->device_mode);
	return t;
}

/* A field that was not reached has had nothing. A sum with a part that is not known is not known. */
static void add_up(struct visits *visits, const struct visit *visit)
{
	for (size_t i = 0; i < visit->fields; i++) {
		const struct visit_field *field = &visit->field[i];
		if (field->passes == 0)
			continue;
		struct visit_total *t = total_of(visits, visit, field);
		t->visits++;
		t->coverage_pct += field->coverage_pct;
		t->dose_J_cm2 += field->dose_J_cm2;
		if (visit->at_ms >= t->last_ms) {
			t->last_ms = visit->at_ms;
			memcpy(t->indication, visit->indication, sizeof t->indication);
		}
	}
}

static int64_t later(int64_t at_ms, double days)
{
	return at_ms + (int64_t)(days * MS_PER_DAY);
}

enum status visits_total(struct visits *visits, const struct library *library, struct fail *why)
{
	free(visits->total);
	visits->totals = 0;
	visits->total = calloc(visits->count * TOTALS_PER_VISIT + 1, sizeof *visits->total);
	if (visits->total == NULL)
		return fail_set(why, ST_FULL, "course", "no memory");
	if (visits->count > 0)
		qsort(visits->visit, visits->count, sizeof *visits->visit, by_time);
	for (size_t i = 0; i < visits->count; i++)
		add_up(visits, &visits->visit[i]);
	if (visits->totals > 0)
		qsort(visits->total, visits->totals, sizeof *visits->total, by_field);
	for (size_t i = 0; i < visits->totals; i++) {
		struct visit_total *t = &visits->total[i];
		t->interval = visits_interval(library, t->device_mode, t->field, t->indication);
		t->next_ms = t->interval.known ? later(t->last_ms, t->interval.value) : 0;
	}
	return ST_OK;
}

/* --- intervals ---------------------------------------------------------------------------------------------- */

struct limit_answer visits_interval(const struct library *library, const char *device_mode, const char *field,
                                    const char *indication)
{
	const struct device *device;
	const struct device_mode *mode;
	struct fail ignored;
	if (library == NULL || library_find_mode(library, device_mode, &device, &mode, &ignored) != ST_OK)
		return (struct limit_answer){.row = false};
	const struct limits *limits = ruleset_limits(library_rules(library));
	const bool full_field = mode->pattern == PATTERN_BROAD && device->modality == MODALITY_AFL;
	const struct limit_query query = {
	        .quantity = full_field ? "interval_min_full_field_days" : "interval_min_days",
	        .mode_class = mode->mode_class,
	        .zone_class = limits_zone_class(limits, field),
	        .indication = indication,
	        .wavelength_nm = mode->wavelength_nm,
	        .spot_mm = (double)NAN,
	};
	return limits_lookup(limits, &query);
}

struct visit_course visit_course_of(const struct library *library, const char *device_mode, const char *indication,
                                    const struct limit_answer *least, const struct twin *twin)
{
	struct visit_course course = {.slower = twin != NULL ? learnt_interval_factor(twin) : 1.0, .days = (double)NAN};
	const struct protocol *protocol = library != NULL ? library_protocol(library, indication, device_mode) : NULL;
	if (protocol != NULL) {
		(void)snprintf(course.protocol, sizeof course.protocol, "%s", protocol->id);
		course.protocol_days = protocol->interval_days;
	}
	const double longer = fmax(course.protocol_days > 0.0 ? course.protocol_days : (double)NAN,
	                           least->known ? least->value : (double)NAN);
	course.days = course.slower > 1.0 ? ceil(course.slower * longer) : longer;
	return course;
}

void visits_course(struct visits *visits, const struct library *library, const struct twin *twin)
{
	for (size_t i = 0; i < visits->totals; i++) {
		struct visit_total *t = &visits->total[i];
		t->course = visit_course_of(library, t->device_mode, t->indication, &t->interval, twin);
		t->course_ms = isfinite(t->course.days) ? later(t->last_ms, t->course.days) : 0;
	}
}

static bool in_request(const struct request *request, const char *field)
{
	for (size_t i = 0; i < request->zones; i++)
		if (strcmp(request->zone[i], field) == 0)
			return true;
	return false;
}

bool visits_next(const struct visits *visits, const struct library *library, const struct request *request,
                 int64_t *next_ms, struct limit_answer *interval)
{
	bool treated = false;
	*next_ms = 0;
	*interval = (struct limit_answer){.row = false};
	for (size_t i = 0; i < visits->totals; i++) {
		const struct visit_total *t = &visits->total[i];
		if (!in_request(request, t->field))
			continue;
		const struct limit_answer least =
		        visits_interval(library, request->device_mode, t->field, request->indication);
		const int64_t at_ms = least.known ? later(t->last_ms, least.value) : 0;
		treated = true;
		if (at_ms > *next_ms) {
			*next_ms = at_ms;
			*interval = least;
		}
	}
	return treated;
}

/* --- from the records ----------------------------------------------------------------------------------------- */

void visits_free(struct visits *visits)
{
	free(visits->visit);
	free(visits->total);
	*visits = (struct visits){.count = 0};
}

/* What it was for stands in the plan. */
static enum status read_indication(struct store *store, struct visit *visit, struct fail *why)
{
	struct store_plan plan = {0};
	struct json_doc *doc = NULL;
	bool present;
	enum status st = store_plan_get(store, visit->plan, visit->version, &plan, why);
	if (!st)
		st = json_parse("plan", plan.json, plan.json_len, &doc, why);
	if (!st) {
		const struct json_at root = json_root(doc);
		st = json_string(&root, "indication", visit->indication, sizeof visit->indication, &present, why);
	}
	json_free(&doc);
	store_plan_clear(&plan);
	return st;
}

static enum status load_deliveries(struct store *store, const char *patient, struct visits *out, struct fail *why)
{
	const struct store_record_query query = {.kind = "outcome", .patient = patient, .oldest_first = true};
	struct store_record_list list = {0};
	enum status st = store_record_list(store, &query, &list, why);
	if (!st && (out->visit = calloc(list.count + 1, sizeof *out->visit)) == NULL)
		st = fail_set(why, ST_FULL, "course", "no memory for %zu visits", list.count);
	for (size_t i = 0; !st && i < list.count; i++) {
		struct visit *visit = &out->visit[out->count];
		st = visit_of_outcome(list.items[i].json, list.items[i].json_len, visit, why);
		if (!st)
			st = read_indication(store, visit, why);
		out->count += st == ST_OK;
	}
	store_record_list_free(&list);
	return st;
}

static struct visit *visit_of(struct visits *visits, const struct store_record *record)
{
	for (size_t i = 0; i < visits->count; i++)
		if (strcmp(visits->visit[i].plan, record->plan) == 0 && visits->visit[i].version == record->plan_version)
			return &visits->visit[i];
	return NULL;
}

static enum status load_after(struct store *store, const char *patient, bool adverse, struct visits *out,
                              struct fail *why)
{
	const struct store_record_query query = {
	        .kind = adverse ? "adverse_event" : "follow_up", .patient = patient, .oldest_first = true};
	struct store_record_list list = {0};
	enum status st = store_record_list(store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		struct visit *visit = visit_of(out, &list.items[i]);
		struct visit_after seen;
		st = visit_after_of(adverse, list.items[i].json, list.items[i].json_len, &seen, why);
		if (!st && visit != NULL && visit->after < VISIT_AFTER_MAX)
			visit->seen[visit->after++] = seen;
		else if (!st && visit != NULL)
			visit->after_more++;
		else
			out->unplaced += st == ST_OK;
	}
	store_record_list_free(&list);
	return st;
}

static enum status count_running(struct store *store, const char *patient, struct visits *out, struct fail *why)
{
	const struct store_plan_query query = {.patient = patient, .state = plan_state_name(PLAN_TREATING)};
	struct store_plan_list list = {0};
	enum status st = store_plan_list(store, &query, &list, why);
	out->running = list.count;
	store_plan_list_free(&list);
	return st;
}

enum status visits_load(struct store *store, const struct library *library, const char *patient, struct visits *out,
                        struct fail *why)
{
	*out = (struct visits){.count = 0};
	enum status st = load_deliveries(store, patient, out, why);
	if (!st)
		st = load_after(store, patient, false, out, why);
	if (!st)
		st = load_after(store, patient, true, out, why);
	if (!st)
		st = count_running(store, patient, out, why);
	if (!st)
		st = visits_total(out, library, why);
	if (st)
		visits_free(out);
	return st;
}
