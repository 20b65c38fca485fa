/* Reports as JSON. */
#include <cjson/cJSON.h>

#include "planner/plan/learnt.h"
#include "planner/plan/report.h"
#include "planner/safety/pih.h"
#include "planner/twin/twin_json.h"

/* The shortest decimal that reads back to the last bit (17 digits always do: IEEE 754-2008, 5.12.2); cJSON's own
 * stops at 15 when the value is within rounding. */
static cJSON *number_json(double value)
{
	char text[40];
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return cJSON_CreateRaw(text);
}

/* JSON has no NaN: a number that does not exist is left out. */
static void add_number(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddItemToObject(object, key, number_json(value));
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	cJSON_AddStringToObject(object, key, text ? text : "");
}

static cJSON *settings_json(const struct settings *settings)
{
	cJSON *object = cJSON_CreateObject();
	for (int i = 0; i < SETTINGS; i++)
		if (settings_has(settings, (enum setting_id)i))
			add_number(object, setting_spec((enum setting_id)i)->key, settings->value[i]);
	return object;
}

static cJSON *band_json(const struct band *b)
{
	cJSON *object = cJSON_CreateObject();
	add_number(object, "value", b->value);
	add_number(object, "p05", b->p05);
	add_number(object, "p95", b->p95);
	if (b->flags & VALIDITY_MODEL_LIMIT)
		cJSON_AddBoolToObject(object, "beyond_model", true);
	if (b->flags & VALIDITY_ASSUMED)
		cJSON_AddBoolToObject(object, "assumed", true);
	if (b->flags & VALIDITY_EXTRAPOLATED)
		cJSON_AddBoolToObject(object, "extrapolated", true);
	return object;
}

static cJSON *predictions_json(const struct assessment *a)
{
	cJSON *object = cJSON_CreateObject();
	if (!a->predicted) {
		add_text(object, "none", a->unpredicted.text);
		return object;
	}
	for (int m = 0; m < METRICS; m++)
		if (!(a->prediction.metric[m].flags & VALIDITY_ABSENT))
			cJSON_AddItemToObject(object, metric_spec((enum metric)m)->key, band_json(&a->prediction.metric[m]));
	return object;
}

/* The depth profile as it was shown: at most PROFILE_POINTS_MAX depths, six digits (more than the models have). */
#define PROFILE_POINTS_MAX 48
#define PROFILE_DIGITS "%.6g"

static void add_short(cJSON *array, double value)
{
	char text[32];
	(void)snprintf(text, sizeof text, PROFILE_DIGITS, value);
	cJSON_AddItemToArray(array, isfinite(value) ? cJSON_CreateRaw(text) : cJSON_CreateNull());
}

static cJSON *profile_json(const struct depth_profile *profile)
{
	cJSON *object = cJSON_CreateObject();
	add_text(object, "where", profile->where);
	cJSON *depth = cJSON_AddArrayToObject(object, "depth_um"), *peak = cJSON_AddArrayToObject(object, "peak_C");
	cJSON *low = cJSON_AddArrayToObject(object, "peak_p05_C"), *high = cJSON_AddArrayToObject(object, "peak_p95_C");
	cJSON *damage = cJSON_AddArrayToObject(object, "damage_frac");
	size_t points = profile->count < PROFILE_POINTS_MAX ? profile->count : PROFILE_POINTS_MAX;
	for (size_t k = 0; k < points; k++) {
		size_t i = points > 1 ? k * (profile->count - 1) / (points - 1) : 0;
		add_short(depth, profile->depth_um[i]);
		add_short(peak, profile->peak_C[i].value);
		add_short(low, profile->peak_C[i].p05);
		add_short(high, profile->peak_C[i].p95);
		add_short(damage, profile->damage_frac[i].value);
	}
	return object;
}

static cJSON *models_json(const struct assessment *a)
{
	cJSON *object = cJSON_CreateObject();
	if (!a->predicted)
		return object;
	add_text(object, a->prediction.source, a->prediction.light);
	add_text(object, "heat", a->prediction.heat);
	add_text(object, "damage", a->prediction.damage);
	cJSON_AddNumberToObject(object, "samples", a->prediction.samples);
	add_number(object, "second_calculation_difference_pct", a->prediction.check_difference_pct);
	add_number(object, "second_calculation_se_pct", a->prediction.check_se_pct);
	if (!isnan(a->prediction.check_difference_pct))
		add_text(object, "second_calculation", a->prediction.check);
	return object;
}

static cJSON *finding_json(const struct finding *f)
{
	cJSON *object = cJSON_CreateObject();
	add_text(object, "id", f->rule);
	add_text(object, "name", f->name);
	add_text(object, "outcome", outcome_name(f->outcome));
	add_text(object, "phase", rule_phase_name(f->phase));
	add_text(object, "origin", f->origin);
	add_text(object, "source", f->source);
	add_text(object, "message", f->message);
	add_text(object, "next_step", f->next_step);
	if (f->zone[0])
		add_text(object, "zone", f->zone);
	if (f->has_value)
		add_number(object, "value", f->value);
	if (f->has_limit)
		add_number(object, "limit", f->limit);
	if (f->unit && f->unit[0])
		add_text(object, "unit", f->unit);
	if (f->limit_missing)
		cJSON_AddBoolToObject(object, "limit_missing", true);
	if (f->missing) {
		cJSON *missing = cJSON_AddArrayToObject(object, "unanswered");
		for (size_t i = 0; i < f->missing; i++)
			cJSON_AddItemToArray(missing, cJSON_CreateString(f->missing_fact[i]->name));
	}
	return object;
}

/* What is wrong with the settings as they were entered, and what would be right. */
static void add_issues(cJSON *object, const struct setting_issues *issues)
{
	if (!issues->count)
		return;
	cJSON *array = cJSON_AddArrayToObject(object, "setting_issues");
	for (size_t i = 0; i < issues->count; i++) {
		const struct setting_issue *issue = &issues->issue[i];
		cJSON *item = cJSON_CreateObject();
		add_text(item, "setting", setting_spec(issue->id)->key);
		add_number(item, "value", issue->value);
		add_text(item, "text", issue->text);
		add_text(item, "remedy", issue->remedy);
		add_text(item, "source", issue->source);
		cJSON_AddItemToArray(array, item);
	}
}

static cJSON *findings_json(const struct findings *findings)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < findings->count; i++)
		cJSON_AddItemToArray(array, finding_json(&findings->finding[i]));
	return array;
}

static cJSON *numbers_json(const struct assessment *a, const struct twin *twin)
{
	cJSON *object = cJSON_CreateObject();
	struct exposure_numbers numbers;
	exposure_numbers(&a->exposure, &numbers);
	for (size_t i = 0; i < numbers.count; i++)
		add_number(object, numbers.number[i].key, numbers.number[i].value);
	add_number(object, "tan_rel_pct", 100.0 * twin->tan_rel);
	return object;
}

static cJSON *alternatives_json(const struct fit_result *fit)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < fit->alternatives; i++) {
		const struct fit_alternative *a = &fit->alternative[i];
		cJSON *object = cJSON_CreateObject();
		cJSON_AddItemToObject(object, "settings", settings_json(&a->settings));
		add_number(object, "dose_J_cm2", a->dose_J_cm2);
		cJSON_AddItemToObject(object, "endpoint", band_json(&a->endpoint));
		add_text(object, "verdict", verdict_name(a->verdict));
		add_text(object, "binding", a->binding);
		cJSON_AddItemToArray(array, object);
	}
	return array;
}

static cJSON *fit_json(const struct fit_result *fit)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddBoolToObject(object, "feasible", fit->feasible);
	cJSON_AddBoolToObject(object, "endpoint_unreachable", fit->endpoint_unreachable);
	cJSON_AddNumberToObject(object, "candidates", (double)fit->candidates);
	cJSON_AddNumberToObject(object, "allowed", (double)fit->allowed);
	cJSON_AddNumberToObject(object, "sufficient", (double)fit->sufficient);
	cJSON *array = cJSON_AddArrayToObject(object, "exclusions");
	for (size_t i = 0; i < fit->exclusions; i++) {
		cJSON *row = cJSON_CreateObject();
		add_text(row, "rule", fit->exclusion[i].rule);
		cJSON_AddNumberToObject(row, "settings", (double)fit->exclusion[i].candidates);
		add_text(row, "text", fit->exclusion[i].text);
		cJSON_AddItemToArray(array, row);
	}
	return object;
}

static cJSON *checks_json(const struct case_result *r)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < r->checks; i++) {
		cJSON *object = cJSON_CreateObject();
		add_text(object, "what", r->check[i].what);
		add_text(object, "got", r->check[i].got);
		cJSON_AddBoolToObject(object, "met", r->check[i].met);
		cJSON_AddItemToArray(array, object);
	}
	return array;
}

static cJSON *versions_json(const struct library *library)
{
	cJSON *object = cJSON_CreateObject();
	add_text(object, "lasertwin", LASERTWIN_VERSION);
	add_text(object, "library", library_digest(library));
	add_text(object, "case_schema", "lasertwin-case/1");
	return object;
}

/* What outcomes of earlier treatments changed; absent where nothing was learnt. */
static void add_learnt(cJSON *object, const struct library *library, const struct request *request,
                       const struct twin *twin, const struct assessment *a)
{
	struct learnt learnt;
	learnt_of(library, request, twin, a, &learnt);
	cJSON *array = learnt.lines ? cJSON_AddArrayToObject(object, "learnt") : NULL;
	for (size_t i = 0; i < learnt.lines; i++) {
		const struct learnt_line *l = &learnt.line[i];
		cJSON *item = cJSON_CreateObject();
		add_text(item, "factor", l->factor);
		cJSON_AddNumberToObject(item, "treatments", l->treatments);
		cJSON_AddBoolToObject(item, "used", l->used);
		add_number(item, "ratio", l->ratio);
		add_number(item, "p05", l->p05);
		add_number(item, "p95", l->p95);
		if (l->changes[0])
			add_text(item, "changes", l->changes);
		add_number(item, "without", l->without);
		add_number(item, "with", l->with);
		add_text(item, "text", l->text);
		cJSON_AddItemToArray(array, item);
	}
}

static void add_zones(cJSON *object, const struct request *request)
{
	cJSON *zones = cJSON_AddArrayToObject(object, "zones");
	for (size_t i = 0; i < request->zones; i++)
		cJSON_AddItemToArray(zones, cJSON_CreateString(request->zone[i]));
	cJSON *sides = cJSON_AddArrayToObject(object, "sides");
	for (size_t i = 0; i < request->zones; i++)
		cJSON_AddItemToArray(sides, cJSON_CreateString(side_name(request->side[i])));
}

/* What every plan says, in a case report or in the store. */
static cJSON *plan_json(const struct library *library, const struct request *request, const struct twin *twin,
                        const struct assessment *a)
{
	const struct protocol *protocol = library_protocol(library, request->indication, request->device_mode);
	cJSON *object = cJSON_CreateObject();
	add_text(object, "name", request->name);
	add_text(object, "device", request->device_mode);
	add_text(object, "indication", request->indication);
	add_zones(object, request);
	cJSON_AddItemToObject(object, "settings", settings_json(&a->settings));
	add_issues(object, &a->issues);
	add_text(object, "verdict", verdict_name(a->verdict));
	cJSON_AddItemToObject(object, "rules", findings_json(&a->findings));
	cJSON_AddItemToObject(object, "numbers", numbers_json(a, twin));
	cJSON_AddItemToObject(object, "predictions", predictions_json(a));
	cJSON_AddItemToObject(object, "models", models_json(a));
	add_learnt(object, library, request, twin, a);
	if (a->predicted && a->prediction.profile.count > 1)
		cJSON_AddItemToObject(object, "profile", profile_json(&a->prediction.profile));
	if (protocol && protocol->evidence[0])
		add_text(object, "evidence", protocol->evidence);
	if (protocol && library_pih(library, protocol)) {
		char pih[256];
		add_text(object, "pih_published", pih_text(library_pih(library, protocol), pih, sizeof pih));
	}
	return object;
}

static void add_numbers(cJSON *object, const char *key, const double *value, size_t count)
{
	cJSON *array = cJSON_AddArrayToObject(object, key);
	for (size_t i = 0; i < count; i++)
		add_short(array, value[i]);
}

/* One microbeam's column in cross-section and the skin against time, of the median twin; reports only, no plan keeps
 * them: they follow from what it keeps. */
static void add_pictures(cJSON *object, const struct prediction *p)
{
	const struct cross_section *s = &p->section;
	const struct time_course *c = &p->course;
	if (s->count > 0) {
		cJSON *section = cJSON_AddObjectToObject(object, "section");
		add_number(section, "pitch_um", s->pitch_um);
		add_numbers(section, "depth_um", s->depth_um, s->count);
		add_numbers(section, "killed_radius_um", s->killed_um, s->count);
		add_numbers(section, "removed_radius_um", s->removed_um, s->count);
	}
	if (c->count > 0) {
		cJSON *course = cJSON_AddObjectToObject(object, "course");
		add_text(course, "where", c->where);
		add_numbers(course, "time_s", c->time_s, c->count);
		add_numbers(course, "surface_C", c->temperature_C[COURSE_SURFACE], c->count);
		add_numbers(course, "basal_C", c->temperature_C[COURSE_BASAL], c->count);
		add_numbers(course, "dermis_C", c->temperature_C[COURSE_DERMIS], c->count);
		add_numbers(course, "basal_damage_frac", c->damage_frac, c->count);
	}
}

/* With earlier treatments of the session; absent where there are none. */
static void add_session(cJSON *object, const struct case_result *r)
{
	cJSON *array = r->joints ? cJSON_AddArrayToObject(object, "session") : NULL;
	for (size_t i = 0; i < r->joints; i++) {
		const struct case_joint *j = &r->joint[i];
		cJSON *item = cJSON_CreateObject();
		add_text(item, "after", j->with);
		add_number(item, "gap_min", j->gap_min);
		cJSON_AddBoolToObject(item, "gap_assumed", j->gap_assumed);
		add_number(item, "heat_J_cm2", j->heat_J_cm2);
		add_number(item, "rise_at_most_K", j->rise_K);
		add_number(item, "omega_basal_p95_alone", j->omega_alone);
		add_number(item, "omega_basal_p95", j->omega_joint);
		add_number(item, "dermis_peak_C_p95_alone", j->dermis_alone_C);
		add_number(item, "dermis_peak_C_p95", j->dermis_joint_C);
		if (j->not_computed)
			add_text(item, "not_computed", j->not_computed);
		cJSON_AddItemToArray(array, item);
	}
}

static cJSON *request_json(const struct library *library, const struct case_result *r)
{
	cJSON *object = plan_json(library, planning_request(r->planning), planning_twin(r->planning), &r->assessment);
	add_session(object, r);
	if (r->assessment.predicted)
		add_pictures(object, &r->assessment.prediction);
	if (r->fitted || r->unfitted.code)
		cJSON_AddItemToObject(object, "fit", fit_json(&r->fit));
	if (r->unfitted.code)
		add_text(cJSON_GetObjectItemCaseSensitive(object, "fit"), "none", r->unfitted.text);
	cJSON_AddItemToObject(object, "alternatives", alternatives_json(&r->fit));
	if (r->checks)
		cJSON_AddItemToObject(object, "expected", checks_json(r));
	return object;
}

/* What a terminal would obey or what would disguise a text (cJSON escapes only what is below U+0020): DEL and
 * C1 controls, zero-width and direction marks, separators, byte order mark. All take two or three bytes. */
static const struct {
	unsigned first, last;
} unsafe[] = {{0x7f, 0x9f}, {0x61c, 0x61c}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}};

/* The code point at s when it is one of those; *bytes is its length. 0: none. */
static unsigned unsafe_point(const unsigned char *s, size_t *bytes)
{
	unsigned point = s[0];
	*bytes = 1;
	if ((s[0] & 0xe0) == 0xc0 && s[1]) {
		point = (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
		*bytes = 2;
	} else if ((s[0] & 0xf0) == 0xe0 && s[1] && s[2]) {
		point = (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
		*bytes = 3;
	} else if (s[0] > 0x7f) {
		return 0;
	}
	for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++)
		if (point >= unsafe[i].first && point <= unsafe[i].last)
			return point;
	return 0;
}

/* All of them stand inside strings, where the escape means the same character. */
static char *escape_unsafe(const char *json)
{
	size_t length = strlen(json), used = 0, bytes;
	char *out = malloc(6 * length + 1); /* DEL, one byte, grows most */
	if (!out)
		return NULL;
	for (const unsigned char *s = (const unsigned char *)json; *s; s += bytes) {
		unsigned point = unsafe_point(s, &bytes);
		if (point) {
			used += (size_t)snprintf(out + used, 7, "\\u%04x", point);
			continue;
		}
		memcpy(out + used, s, bytes);
		used += bytes;
	}
	out[used] = '\0';
	char *fitted = realloc(out, used + 1);
	return fitted ? fitted : out;
}

static enum status print(cJSON *root, bool pretty, char **out, struct fail *why)
{
	char *json = pretty ? cJSON_Print(root) : cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	*out = json ? escape_unsafe(json) : NULL;
	cJSON_free(json);
	return *out ? ST_OK : fail_set(why, ST_FULL, "report", "out of memory");
}

enum status report_case_json(const struct library *library, const struct case_file *file,
                             const struct case_result *results, char **out, struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	add_text(root, "case", file->id);
	add_text(root, "title", file->title);
	cJSON *requests = cJSON_AddArrayToObject(root, "requests");
	for (size_t i = 0; i < file->requests; i++)
		cJSON_AddItemToArray(requests, request_json(library, &results[i]));
	cJSON_AddItemToObject(root, "versions", versions_json(library));
	add_text(root, "intended_use", report_intended_use);
	return print(root, true, out, why);
}

enum status report_plan_json(const struct library *library, const struct request *request, const struct twin *twin,
                             const struct assessment *assessment, char **out, struct fail *why)
{
	cJSON *root = plan_json(library, request, twin, assessment);
	cJSON_AddItemToObject(root, "versions", versions_json(library));
	return print(root, false, out, why);
}

enum status report_twin_json(const struct twin *twin, char **out, struct fail *why)
{
	return twin_write(twin, out, why);
}

/* ---- subjects ----------------------------------------------------------------------------------------- */

/* Those of the three that were read: an incomplete colour is refused when it comes back, not completed here. */
static void add_colour(cJSON *object, const char *key, enum reading first, const struct readings *r)
{
	static const char *const axis[] = {"L", "a", "b"};
	cJSON *lab = NULL;
	for (int i = 0; i < 3; i++) {
		if (!r->present[(int)first + i])
			continue;
		if (!lab)
			lab = cJSON_AddObjectToObject(object, key);
		add_number(lab, axis[i], r->value[(int)first + i]);
	}
}

static void add_spectrum(cJSON *object, const struct spectrum *s)
{
	if (!s->count)
		return;
	cJSON *spectrum = cJSON_AddObjectToObject(object, "spectrum");
	cJSON *nm = cJSON_AddArrayToObject(spectrum, "wavelength_nm");
	cJSON *reflectance = cJSON_AddArrayToObject(spectrum, "reflectance");
	for (size_t i = 0; i < s->count; i++) {
		cJSON_AddItemToArray(nm, number_json(s->wavelength_nm[i]));
		cJSON_AddItemToArray(reflectance, number_json(s->reflectance[i]));
	}
	add_text(spectrum, "specular", spectrum_surface_name(s->surface));
	if (s->instrument[0])
		add_text(spectrum, "instrument", s->instrument);
}

static cJSON *patient_json(const struct readings *r)
{
	static const char *const sex[] = {NULL, "F", "M", "X"};
	cJSON *object = cJSON_CreateObject();
	if (r->fitzpatrick)
		add_text(object, "fitz", fitzpatrick_name(r->fitzpatrick));
	if (r->sex)
		add_text(object, "sex", sex[r->sex]);
	if (r->site[0])
		add_text(object, "site", r->site);
	if (r->wood[0])
		add_text(object, "wood", r->wood);
	add_text(object, "mi_scale", melanin_scale_name(r->mi_scale));
	add_colour(object, "lab", READING_LAB_L, r);
	add_colour(object, "lesion_lab", READING_LESION_LAB_L, r);
	add_spectrum(object, &r->spectrum);
	if (r->spectrum_csv[0])
		add_text(object, "spectrum_csv", r->spectrum_csv);
	for (int i = 0; i < READINGS; i++) {
		const char *key = readings_spec((enum reading)i)->key;
		if (r->present[i] && !strchr(key, '.') && i != READING_UV_LAST_DAYS)
			add_number(object, key, r->value[i]);
	}
	return object;
}

static cJSON *answer_json(const struct fact_spec *spec, const struct expr_value *value)
{
	switch (spec->type) {
	case EXPR_NUMBER: /* never is "no" */
		return isfinite(value->number) ? number_json(value->number) : cJSON_CreateString("no");
	case EXPR_BOOL:
		return cJSON_CreateBool(value->truth);
	case EXPR_TEXT: /* an empty text is the answer no */
		return value->text && value->text[0] ? cJSON_CreateString(value->text) : cJSON_CreateFalse();
	case EXPR_LIST: {
		cJSON *array = cJSON_CreateArray();
		for (size_t i = 0; i < value->items; i++)
			cJSON_AddItemToArray(array, cJSON_CreateString(value->item[i]));
		return array;
	}
	case EXPR_TYPES:
		break;
	}
	return cJSON_CreateNull();
}

static cJSON *history_json(const struct facts *answers)
{
	cJSON *object = cJSON_CreateObject();
	for (size_t id = 0; id < facts_spec_count(); id++) {
		const struct fact_spec *spec = facts_spec(id);
		struct expr_value value;
		if (spec->kind != FACT_QUESTION || facts_state(answers, id) == FACT_ABSENT)
			continue;
		if (facts_state(answers, id) == FACT_UNANSWERED) {
			cJSON_AddNullToObject(object, spec->name);
			continue;
		}
		facts_get(answers, id, &value);
		cJSON_AddItemToObject(object, spec->name, answer_json(spec, &value));
	}
	return object;
}

enum status report_subject_json(const char *id, const struct subject *subject, const struct request *request,
                                char **out, struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	add_text(root, "schema", "lasertwin-case/1");
	add_text(root, "id", id);
	add_text(root, "title", subject->label);
	cJSON_AddItemToObject(root, "patient", patient_json(&subject->readings));
	cJSON_AddItemToObject(root, "history", history_json(subject->answers));
	add_text(root, "indication", request->indication);
	cJSON *item = cJSON_CreateObject();
	add_text(item, "name", request->name[0] ? request->name : "A");
	add_text(item, "device", request->device_mode);
	add_zones(item, request);
	if (request->settings.present)
		cJSON_AddItemToObject(item, "settings", settings_json(&request->settings));
	cJSON_AddItemToArray(cJSON_AddArrayToObject(root, "requests"), item);
	return print(root, false, out, why);
}
