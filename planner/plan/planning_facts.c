/* Facts from readings, device, settings and prediction. */
#include "planner/plan/planning_facts.h"

/* A number that is not known stays absent: the rules then see it as unknown. */
static enum status set_known(struct facts *facts, const char *name, double value, struct fail *why)
{
	return isnan(value) ? ST_OK : facts_set_number(facts, name, value, why);
}

struct named {
	const char *name;
	double value;
};

static enum status set_all(struct facts *facts, const struct named *row, size_t rows, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < rows; i++)
		st = set_known(facts, row[i].name, row[i].value, why);
	return st;
}
#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static double reading(const struct readings *r, enum reading which)
{
	return r->present[which] ? r->value[which] : NAN;
}

/* NAN where no reading of the skin's colour informed the twin. */
static double colour_class(const struct twin *twin)
{
	bool read = twin->property[TWIN_MELANOSOME_FRAC].origin != TWIN_PRIOR;
	return read && isfinite(twin->model_ita_deg) ? (double)twin_type_of_ita(twin->model_ita_deg) : (double)NAN;
}

static double most_unusual_sd(const struct twin *twin)
{
	double most = NAN;
	for (size_t i = 0; i < twin->residuals; i++)
		if (twin->residual[i].used)
			most = fmax(most, fabs(twin->residual[i].innovation));
	return most;
}

enum status planning_facts_of_readings(struct facts *facts, const struct subject *subject, const struct twin *twin,
                                       struct fail *why)
{
	const struct readings *r = &subject->readings;
	static const char *const sex[] = {NULL, "F", "M", "X"};
	double days = reading(r, READING_MEASURED_DAYS_AGO);
	/* the lesion never stands for a tan: only the normal skin beside it is compared with unexposed skin */
	const struct named rows[] = {
		{"age_y", reading(r, READING_AGE_Y)},
		{"fitz", r->fitzpatrick ? (double)r->fitzpatrick : (double)NAN},
		{"tan_mi_rel", twin->tan_rel},
		{"ita_drop_deg", reading(r, READING_ITA_UNEXPOSED_DEG) - twin->ita_deg},
		{"mi_measured_days_ago", r->present[READING_MI_ADJACENT_NORMAL] ? days : NAN},
		{"readings_age_max_days", days},
		{"colour_class", colour_class(twin)},
		{"reading_disagrees_sd", most_unusual_sd(twin)},
		{"dermis_um_p05", twin->property[TWIN_DERMIS_UM].p05},
	};
	enum status st = set_all(facts, rows, ROWS(rows), why);
	if (!st && sex[r->sex])
		st = facts_set_text(facts, "sex", sex[r->sex], why);
	return st;
}

static enum status set_zones(struct facts *facts, const struct request *request, struct fail *why)
{
	const char *zone[PLANNING_ZONES_MAX];
	for (size_t i = 0; i < request->zones; i++)
		zone[i] = request->zone[i];
	return facts_set_list(facts, "zones", zone, request->zones, why);
}

static enum status set_clearance(struct facts *facts, const struct device *device, const struct device_mode *mode,
                                 const char *indication, int fitzpatrick, struct fail *why)
{
	enum clearance_answer answer = device_cleared(device, mode, indication, fitzpatrick, NULL);
	enum status st = facts_set_bool(facts, "cleared_listed", answer != CLEARANCE_NOT_ON_FILE, why);
	if (!st && answer != CLEARANCE_NOT_ON_FILE)
		st = facts_set_bool(facts, "cleared_use", answer == CLEARED || answer == CLEARED_OTHER_TYPES, why);
	return st;
}

/* Skin types of the clearance that covers this use, for the effective type that only the rules know. */
static enum status set_cleared_types(struct facts *facts, const struct device *device,
                                     const struct device_mode *mode, const char *indication, struct fail *why)
{
	const char *type[6];
	size_t types = 0;
	const struct clearance *which = NULL;
	if (device_cleared(device, mode, indication, 0, &which) != CLEARED || !which || !which->fitzpatrick)
		return ST_OK;
	for (int t = 1; t <= 6; t++)
		if (device_cleared(device, mode, indication, t, NULL) == CLEARED)
			type[types++] = fitzpatrick_name(t);
	return facts_set_list(facts, "cleared_fitz", type, types, why);
}

static bool is_among(const char *const *item, size_t items, const char *text)
{
	for (size_t i = 0; i < items; i++)
		if (strcmp(item[i], text) == 0)
			return true;
	return false;
}

/* Where the label was read: the entry that covers this use, else every entry there is. */
static enum status set_clearance_sources(struct facts *facts, const struct device *device,
                                         const struct device_mode *mode, const char *indication, struct fail *why)
{
	const char *source[FACT_ITEMS_MAX];
	size_t sources = 0;
	const struct clearance *which = NULL;
	(void)device_cleared(device, mode, indication, 0, &which);
	for (size_t i = 0; i < device->clearances && sources < FACT_ITEMS_MAX; i++) {
		const struct clearance *entry = &device->clearance[i];
		if ((which == NULL || which == entry) && !is_among(source, sources, entry->source))
			source[sources++] = entry->source;
	}
	return sources > 0 ? facts_set_list(facts, "clearance_sources", source, sources, why) : ST_OK;
}

static enum status set_texts(struct facts *facts, const struct ruleset *rules, const struct device *device,
                             const struct device_mode *mode, const struct request *request, struct fail *why)
{
	const char *class = mode->mode_class[0]
	                            ? mode->mode_class
	                            : limits_mode_class(ruleset_limits(rules), request->device_mode,
	                                                modality_name(device->modality), mode->wavelength_nm,
	                                                device_mode_is_fractional(mode));
	enum status st = facts_set_text(facts, "modality", modality_name(device->modality), why);
	if (!st)
		st = facts_set_text(facts, "device_mode", request->device_mode, why);
	if (!st)
		st = facts_set_text(facts, "indication", request->indication, why);
	if (!st && class)
		st = facts_set_text(facts, "mode_class", class, why);
	return st;
}

static double highest(const struct setting_domain *domain)
{
	if (domain->kind == DOMAIN_NONE)
		return NAN;
	return domain->kind == DOMAIN_CHOICES ? domain->choice[domain->choices - 1] : fmax(domain->min, domain->max);
}

enum status planning_facts_of_device(struct facts *facts, const struct ruleset *rules, const struct device *device,
                                     const struct device_mode *mode, const struct request *request, int fitzpatrick,
                                     struct fail *why)
{
	const struct named rows[] = {
		{"wavelength_nm", mode->wavelength_nm},
		{"passes_max", highest(&mode->setting[SETTING_PASSES])},
		{"eyewear_od_required", eyewear_for(mode).required_od},
	};
	const struct {
		const char *name;
		bool value;
	} truths[] = {
		{"stack_allowed", mode->setting[SETTING_STACK].kind != DOMAIN_NONE},
		{"needs_cooling", device->cooling_required},
		{"label_excludes_isotretinoin", device->label_excludes_isotretinoin},
		{"profile_locked", mode->locked},
		{"full_field", mode->pattern == PATTERN_BROAD && device->modality == MODALITY_AFL},
	};
	enum status st = set_texts(facts, rules, device, mode, request, why);
	if (st || (st = set_zones(facts, request, why)) || (st = set_all(facts, rows, ROWS(rows), why)) ||
	    (st = set_clearance(facts, device, mode, request->indication, fitzpatrick, why)) ||
	    (st = set_cleared_types(facts, device, mode, request->indication, why)) ||
	    (st = set_clearance_sources(facts, device, mode, request->indication, why)))
		return st;
	for (size_t i = 0; !st && i < ROWS(truths); i++)
		st = facts_set_bool(facts, truths[i].name, truths[i].value, why);
	return st;
}

static double percent(double fraction)
{
	return 100.0 * fraction;
}

/* NAN where the label has no figure for this type, or the type is not known. */
static double label_energy_max(const struct device_mode *mode, int type)
{
	return type >= 1 && type <= 6 ? mode->label_energy_mJ_pin_max[type - 1] : (double)NAN;
}

enum status planning_facts_of_settings(struct facts *facts, const struct ruleset *rules,
                                       const struct device_mode *mode, const struct assessment *a, size_t issues,
                                       struct fail *why)
{
	const struct exposure *e = &a->exposure;
	const struct settings *s = &a->settings;
	int type = rules_effective_type(rules, facts);
	double spot_mm = e->spot_um / 1000.0;
	double energy = isnan(e->microbeam_energy_mJ) ? e->energy_mJ : e->microbeam_energy_mJ;
	const struct named rows[] = {
		{"setting_issues", (double)issues},
		{"energy_mJ", energy},
		{"energy_mJ_pin", settings_get(s, SETTING_ENERGY_MJ_PIN)},
		{"fluence_J_cm2", e->fluence_J_cm2},
		{"spot_mm", spot_mm},
		{"fluence_label_max_J_cm2", type ? device_label_fluence_max_J_cm2(mode, type, spot_mm) : (double)NAN},
		{"energy_label_max_mJ_pin", label_energy_max(mode, type)},
		{"pulse_s", e->pulse_s},
		{"coverage_sum_pct", percent(e->coverage_sum_frac)},
		{"coverage_union_pct", percent(e->coverage_union_frac)},
		{"passes", settings_get(s, SETTING_PASSES)},
		{"stack", settings_get(s, SETTING_STACK)},
		{"depth_um", e->depth_um},
		{"interval_days", settings_get(s, SETTING_INTERVAL_DAYS)},
		{"visits", settings_get(s, SETTING_VISITS)},
		{"level", settings_get(s, SETTING_LEVEL)},
	};
	return set_all(facts, rows, ROWS(rows), why);
}

enum status planning_facts_of_prediction(struct facts *facts, const struct prediction *p, struct fail *why)
{
	const struct named rows[] = {
		{"omega_basal_p95", p->metric[METRIC_OMEGA_BASAL].p95},
		{"dermis_peak_C_p95", p->metric[METRIC_DERMIS_PEAK_C].p95},
		{"dermis_margin_um_p05", p->metric[METRIC_DERMIS_MARGIN_UM].p05},
		{"thermal_penumbra_um", p->metric[METRIC_RF_PENUMBRA_UM].p95},
		{"fat_cem43_min_p95", p->metric[METRIC_RF_FAT_CEM43_MIN].p95},
		{"melanosome_ratio_p95", p->metric[METRIC_MELANOSOME_RATIO].p95},
		{"second_check_pct", fabs(p->check_difference_pct)},
		{"second_check_se_pct", p->check_se_pct},
	};
	return set_all(facts, rows, ROWS(rows), why);
}
