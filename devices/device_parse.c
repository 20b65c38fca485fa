/* From the text of a profile to a device. Strict: see devices/device.h. */
#include "devices/coupling.h"
#include "devices/device.h"
#include "devices/json.h"

#define SCHEMA "lasertwin-device/1"

static const double none = (double)NAN;

/* --- small readers ------------------------------------------------------------------------------------ */

/* Reads a choice among names that another module keeps: table built on the spot from its _name(). */
#define NAMES_MAX 8
static enum status read_name(const struct json_at *at, const char *key, const char *(*name)(int), int count,
                             int *out, bool *present, struct fail *why)
{
	const char *table[NAMES_MAX];
	size_t index = 0;
	bool there = true;

	BUG_ON(count > NAMES_MAX);
	for (int i = 0; i < count; i++)
		table[i] = name(i);
	enum status st = json_choice(at, key, table, (size_t)count, &index, present ? &there : NULL, why);
	if (!st && there)
		*out = (int)index;
	if (present)
		*present = there;
	return st;
}

static const char *name_of_modality(int i)
{
	return modality_name((enum modality)i);
}

static const char *name_of_confidence(int i)
{
	return confidence_name((enum confidence)i);
}

static const char *name_of_pattern(int i)
{
	return pattern_name((enum pattern)i);
}

static const char *name_of_cooling(int i)
{
	return cooling_name((enum cooling_kind)i);
}

static enum status read_id_at(const struct json_at *at, char *out, struct fail *why)
{
	enum status st = json_string_at(at, out, DEVICE_ID_MAX, why);

	if (!st && (out[0] == '\0' || strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(out)))
		st = json_refuse(at, ST_INPUT, why, "an identifier is made of a-z, 0-9 and _");
	return st;
}

static enum status read_id(const struct json_at *at, const char *key, char *out, struct fail *why)
{
	struct json_at value;
	enum status st = json_member(at, key, JSON_STRING, &value, NULL, why);

	return st ? st : read_id_at(&value, out, why);
}

static enum status read_provenance(const struct json_at *at, struct provenance *out, struct fail *why)
{
	int confidence = CONFIDENCE_LOW;
	enum status st = json_string(at, "source", out->source, sizeof out->source, NULL, why);

	if (!st && out->source[0] == '\0')
		st = json_refuse(at, ST_INPUT, why, "source is empty; name where the figure comes from");
	if (!st)
		st = read_name(at, "confidence", name_of_confidence, CONFIDENCES, &confidence, NULL, why);
	out->confidence = (enum confidence)confidence;
	return st;
}

/* A list of texts or identifiers into rows of a fixed width. */
static enum status read_list(const struct json_at *at, const char *key, char *rows, size_t width, size_t max,
                             size_t *count, struct fail *why)
{
	struct json_at list, item = {0};
	bool present = false;
	enum status st = json_member(at, key, JSON_ARRAY, &list, &present, why);

	if (st || !present)
		return st;
	if (json_count(&list) > max)
		return json_refuse(&list, ST_FULL, why, "has %zu entries; at most %zu are kept",
		                   json_count(&list), max);
	while (!st && json_array_each(&list, &item)) {
		char *row = rows + item.index * width;
		st = width == DEVICE_ID_MAX ? read_id_at(&item, row, why)
		                            : json_string_at(&item, row, width, why);
		*count = item.index + 1;
	}
	return st;
}

static const char *const fitzpatrick_names[FITZPATRICK_TYPES_MAX] = {"I", "II", "III", "IV", "V", "VI"};

/* {"I": 40, "II": 40, ...}: a number per skin type; types left out are NAN. */
static enum status read_by_type(const struct json_at *at, const char *key, enum setting_id id,
                                double out[FITZPATRICK_TYPES_MAX], struct fail *why)
{
	static const char *const keys[] = {"I", "II", "III", "IV", "V", "VI", NULL};
	const struct setting_spec *spec = setting_spec(id);
	struct json_at object;
	enum status st = json_member(at, key, JSON_OBJECT, &object, NULL, why);

	if (!st)
		st = json_known_keys(&object, keys, JSON_NO_EXTRA, why);
	for (size_t i = 0; i < FITZPATRICK_TYPES_MAX && !st; i++) {
		bool present = false;
		out[i] = none;
		st = json_number_in(&object, fitzpatrick_names[i], spec->min, spec->max, spec->unit, &out[i],
		                    &present, why);
	}
	return st;
}

/* --- setting domains ---------------------------------------------------------------------------------- */

static enum status read_range(const struct json_at *at, const struct setting_spec *spec,
                              struct setting_domain *domain, struct fail *why)
{
	bool stepped = false;
	enum status st = json_number_in(at, "min", spec->min, spec->max, spec->unit, &domain->min, NULL, why);

	if (!st)
		st = json_number_in(at, "max", domain->min, spec->max, spec->unit, &domain->max, NULL, why);
	if (st)
		return st;
	double width = domain->max - domain->min;
	if (width == 0)
		return json_refuse(at, ST_INPUT, why, "min equals max; write \"fixed\"");
	domain->kind = DOMAIN_RANGE;
	st = json_number_in(at, "step", width * 1e-6, width, spec->unit, &domain->step, &stepped, why);
	if (st || !stepped)
		return st;
	double places = width / domain->step;
	if (fabs(places - round(places)) > 1e-6 * places)
		return json_refuse(at, ST_INPUT, why, "max is not reached from min in steps of %.6g",
		                   domain->step);
	return ST_OK;
}

static enum status read_choices(const struct json_at *list, const struct setting_spec *spec,
                                struct setting_domain *domain, struct fail *why)
{
	struct json_at item = {0};
	enum status st = ST_OK;

	domain->choices = json_count(list);
	if (domain->choices < 2 || domain->choices > DOMAIN_CHOICES_MAX)
		return json_refuse(list, ST_INPUT, why, "has %zu entries; 2 to %d are expected",
		                   domain->choices, DOMAIN_CHOICES_MAX);
	while (!st && json_array_each(list, &item)) {
		double *choice = &domain->choice[item.index];
		st = json_number_at(&item, spec->min, spec->max, spec->unit, choice, why);
		if (!st && item.index > 0 && *choice <= choice[-1])
			st = json_refuse(&item, ST_INPUT, why, "choices must ascend");
	}
	domain->kind = DOMAIN_CHOICES;
	domain->min = domain->choice[0];
	domain->max = domain->choice[domain->choices - 1];
	return st;
}

static enum status read_derived(const struct json_at *at, const struct setting_spec *spec,
                                struct setting_domain *domain, struct fail *why)
{
	bool present = false, derived = false;

	domain->kind = DOMAIN_DERIVED;
	domain->min = spec->min;
	domain->max = spec->max;
	enum status st = json_bool(at, "derived", &derived, NULL, why);
	if (!st && !derived)
		st = json_refuse(at, ST_INPUT, why, "derived is true or left out");
	if (!st)
		st = json_number_in(at, "min", spec->min, spec->max, spec->unit, &domain->min, &present, why);
	if (!st)
		st = json_number_in(at, "max", domain->min, spec->max, spec->unit, &domain->max, &present,
		                    why);
	return st;
}

static enum status read_fixed(const struct json_at *at, const struct setting_spec *spec,
                              struct setting_domain *domain, struct fail *why)
{
	domain->kind = DOMAIN_FIXED;
	enum status st =
	        json_number_in(at, "fixed", spec->min, spec->max, spec->unit, &domain->min, NULL, why);
	domain->max = domain->min;
	return st;
}

enum domain_form { FORM_RANGE, FORM_CHOICES, FORM_FIXED, FORM_DERIVED, FORMS };

static const char *const form_keys[FORMS][7] = {
        [FORM_RANGE] = {"min", "max", "step", "usual", "optional", "source", "confidence"},
        [FORM_CHOICES] = {"choices", "usual", "optional", "source", "confidence"},
        [FORM_FIXED] = {"fixed", "source", "confidence"},
        [FORM_DERIVED] = {"derived", "min", "max", "source", "confidence"},
};

static enum domain_form form_of(const struct json_at *at)
{
	struct json_at value;

	if (json_find(at, "choices", &value))
		return FORM_CHOICES;
	if (json_find(at, "fixed", &value))
		return FORM_FIXED;
	return json_find(at, "derived", &value) ? FORM_DERIVED : FORM_RANGE;
}

static enum status read_form(const struct json_at *at, const struct setting_spec *spec,
                             struct setting_domain *domain, struct fail *why)
{
	enum domain_form form = form_of(at);
	const char *keys[8] = {0};
	struct json_at list;

	memcpy(keys, form_keys[form], sizeof form_keys[form]);
	enum status st = json_known_keys(at, keys, JSON_NO_EXTRA, why);
	if (st)
		return st;
	if (form == FORM_FIXED)
		return read_fixed(at, spec, domain, why);
	if (form == FORM_DERIVED)
		return read_derived(at, spec, domain, why);
	if (form == FORM_RANGE)
		return read_range(at, spec, domain, why);
	st = json_member(at, "choices", JSON_ARRAY, &list, NULL, why);
	return st ? st : read_choices(&list, spec, domain, why);
}

static bool on_domain(const struct setting_domain *domain, double value)
{
	size_t count = setting_grid_count(domain);

	for (size_t i = 0; i < count; i++)
		if (fabs(setting_grid_value(domain, i) - value) <= 1e-9 * fabs(value))
			return true;
	return count == 0 && value >= domain->min && value <= domain->max;
}

static enum status read_domain(const struct json_at *at, enum setting_id id, struct setting_domain *domain,
                               struct fail *why)
{
	const struct setting_spec *spec = setting_spec(id);
	bool present = false;
	enum status st = read_form(at, spec, domain, why);

	if (!st)
		st = read_provenance(at, &domain->from, why);
	if (!st)
		st = json_bool(at, "optional", &domain->optional, &present, why);
	if (!st)
		st = json_number_in(at, "usual", domain->min, domain->max, spec->unit, &domain->usual,
		                    &present, why);
	if (!st && present && !on_domain(domain, domain->usual))
		st = json_refuse(at, ST_INPUT, why, "usual %.6g is not one of its own values", domain->usual);
	return st;
}

static enum status read_settings(const struct json_at *at, struct device_mode *mode, struct fail *why)
{
	const char *keys[SETTINGS + 1] = {0};
	struct json_at object, value = {0};
	enum setting_id id;
	enum status st = json_member(at, "settings", JSON_OBJECT, &object, NULL, why);

	for (unsigned i = 0; i < SETTINGS; i++) {
		keys[i] = setting_spec((enum setting_id)i)->key;
		mode->setting[i].usual = none;
	}
	if (!st)
		st = json_known_keys(&object, keys, JSON_NO_EXTRA, why);
	while (!st && json_object_each(&object, &value))
		if (setting_find(value.key, &id))
			st = read_domain(&value, id, &mode->setting[id], why);
	return st;
}

/* --- figures, tables ---------------------------------------------------------------------------------- */

static enum status read_figure(const struct json_at *at, const char *key, double min, double max,
                               const char *unit, struct device_figure *out, struct fail *why)
{
	static const char *const keys[] = {"value", "source", "confidence", NULL};
	struct json_at object;
	bool present = false;
	enum status st = json_member(at, key, JSON_OBJECT, &object, &present, why);

	out->value = none;
	if (st || !present)
		return st;
	st = json_known_keys(&object, keys, JSON_NO_EXTRA, why);
	if (!st)
		st = json_number_in(&object, "value", min, max, unit, &out->value, NULL, why);
	return st ? st : read_provenance(&object, &out->from, why);
}

static enum status read_figures(const struct json_at *at, struct device_mode *mode, struct fail *why)
{
	const struct {
		const char *key, *unit;
		double min, max;
		struct device_figure *out;
	} figures[] = {
	        {"microbeam_um", "um", 10, 5000, &mode->microbeam_um},
	        {"lesion_um", "um", 10, 5000, &mode->lesion_um},
	        {"pitch_um", "um", 50, 5000, &mode->pitch_um},
	        {"microbeams_per_pulse", "", 1, 10000, &mode->microbeams_per_pulse},
	        {"energy_fraction_in_microbeams", "", 0.01, 1, &mode->energy_fraction_in_microbeams},
	        {"peak_power_W", "W", 0.1, 1e4, &mode->peak_power_W},
	        {"ablation_um_per_J_cm2", "um/(J/cm2)", 0.1, 100, &mode->ablation_um_per_J_cm2},
	        {"microbeam_spread_frac", "", 0, 1, &mode->microbeam_spread_frac},
	        {"focus_half_angle", "rad", 0.005, 0.6, &mode->focus_half_angle},
	        {"focus_depth_um", "um", 0, 1500, &mode->focus_depth_um},
	        {"focus_um", "um", 1, 1000, &mode->focus_um},
	        {"pins", "", 1, 400, &mode->pins},
	        {"needle_um", "um", 20, 2000, &mode->needle_um},
	        {"bare_um", "um", 20, 10000, &mode->bare_um},
	        {"pulse_s", "s", 1e-3, 60, &mode->pulse_s},
	        {"tip_cm2", "cm2", 0.01, 50, &mode->tip_cm2},
	};
	enum status st = ST_OK;

	for (size_t i = 0; i < sizeof figures / sizeof figures[0] && !st; i++)
		st = read_figure(at, figures[i].key, figures[i].min, figures[i].max, figures[i].unit,
		                 figures[i].out, why);
	return st;
}

static const char *const layout_names[NEEDLE_LAYOUTS] = {"", "rows", "checkerboard", "alike", "pairs"};

/* Geometry of needles: wiring, and whether any figure of it rests on a low confidence. */
static enum status read_needles(const struct json_at *at, struct device_mode *mode, struct fail *why)
{
	const struct device_figure *const figure[] = {&mode->needle_um, &mode->bare_um, &mode->pitch_um, &mode->pulse_s};
	size_t layout = 0;
	bool present = false;
	enum status st = json_choice(at, "needle_layout", layout_names + 1, NEEDLE_LAYOUTS - 1, &layout, &present, why);

	if (!st && present && mode->pattern != PATTERN_RF_NEEDLES)
		st = json_refuse(at, ST_INPUT, why, "needle_layout goes with pattern rf_needles only");
	mode->needle_layout = present ? (enum needle_layout)(layout + 1) : NEEDLES_NOT_GIVEN;
	if (!st)
		st = json_bool(at, "needles_bare", &mode->needles_bare, &present, why);
	if (!st && mode->needles_bare && !isnan(mode->bare_um.value))
		st = json_refuse(at, ST_INPUT, why, "needles_bare and bare_um contradict each other; keep one");
	for (size_t i = 0; i < sizeof figure / sizeof figure[0]; i++)
		if (!isnan(figure[i]->value) && figure[i]->from.confidence == CONFIDENCE_LOW)
			mode->geometry_assumed = true;
	return st;
}

static enum status read_levels(const struct json_at *at, struct device_mode *mode, struct fail *why)
{
	static const char *const keys[] = {"coverage_pct", "source", "confidence", NULL};
	struct json_at object, list, item = {0};
	bool present = false;
	enum status st = json_member(at, "treatment_levels", JSON_OBJECT, &object, &present, why);

	if (st || !present)
		return st;
	st = json_known_keys(&object, keys, JSON_NO_EXTRA, why);
	if (!st)
		st = read_provenance(&object, &mode->levels_from, why);
	if (!st)
		st = json_member(&object, "coverage_pct", JSON_ARRAY, &list, NULL, why);
	if (st)
		return st;
	if (json_count(&list) == 0 || json_count(&list) > TREATMENT_LEVELS_MAX)
		return json_refuse(&list, ST_FULL, why, "has %zu levels; 1 to %d are expected",
		                   json_count(&list), TREATMENT_LEVELS_MAX);
	while (!st && json_array_each(&list, &item)) {
		double *coverage_pct = &mode->level_coverage_pct[item.index];
		double least = item.index > 0 ? coverage_pct[-1] : 0;
		st = json_number_at(&item, least, 100, "%", coverage_pct, why);
		mode->levels = item.index + 1;
	}
	return st;
}

static enum status read_label_row(const struct json_at *at, struct label_fluence *row, struct fail *why)
{
	static const char *const keys[] = {"spot_mm", "max_J_cm2", NULL};
	const struct setting_spec *spot = setting_spec(SETTING_SPOT_MM);
	enum status st = json_known_keys(at, keys, JSON_NO_EXTRA, why);

	if (!st)
		st = json_number_in(at, "spot_mm", spot->min, spot->max, "mm", &row->spot_mm, NULL, why);
	return st ? st : read_by_type(at, "max_J_cm2", SETTING_FLUENCE_J_CM2, row->max_J_cm2, why);
}

static enum status read_label_fluence(const struct json_at *at, struct device_mode *mode, struct fail *why)
{
	static const char *const keys[] = {"rows", "source", "confidence", NULL};
	struct json_at object, list, item = {0};
	bool present = false;
	enum status st = json_member(at, "label_fluence", JSON_OBJECT, &object, &present, why);

	if (st || !present)
		return st;
	st = json_known_keys(&object, keys, JSON_NO_EXTRA, why);
	if (!st)
		st = read_provenance(&object, &mode->label_fluence_from, why);
	if (!st)
		st = json_member(&object, "rows", JSON_ARRAY, &list, NULL, why);
	if (!st && json_count(&list) > DOMAIN_CHOICES_MAX)
		st = json_refuse(&list, ST_FULL, why, "has more than %d rows", DOMAIN_CHOICES_MAX);
	while (!st && json_array_each(&list, &item)) {
		st = read_label_row(&item, &mode->label_fluence[item.index], why);
		mode->label_fluences = item.index + 1;
	}
	return st;
}

static enum status read_label_energy(const struct json_at *at, struct device_mode *mode, struct fail *why)
{
	static const char *const keys[] = {"max_mJ_pin", "source", "confidence", NULL};
	struct provenance from;
	struct json_at object;
	bool present = false;
	enum status st = json_member(at, "label_energy", JSON_OBJECT, &object, &present, why);

	for (size_t i = 0; i < FITZPATRICK_TYPES_MAX; i++)
		mode->label_energy_mJ_pin_max[i] = none;
	if (st || !present)
		return st;
	st = json_known_keys(&object, keys, JSON_NO_EXTRA, why);
	if (!st)
		st = read_provenance(&object, &from, why);
	return st ? st
	          : read_by_type(&object, "max_mJ_pin", SETTING_ENERGY_MJ_PIN, mode->label_energy_mJ_pin_max,
	                         why);
}

/* --- modes -------------------------------------------------------------------------------------------- */

static const char *const mode_keys[] = {
        "id",
        "name",
        "mode_class",
        "pattern",
        "wavelength_nm",
        "frequency_MHz",
        "settings",
        "coverage_basis",
        "pitch_basis",
        "spot_is_microbeam",
        "microbeam_um",
        "lesion_um",
        "pitch_um",
        "microbeams_per_pulse",
        "energy_fraction_in_microbeams",
        "peak_power_W",
        "ablation_um_per_J_cm2",
        "microbeam_spread_frac",
        "focus_half_angle",
        "focus_depth_um",
        "focus_um",
        "pins",
        "needle_layout",
        "needle_um",
        "bare_um",
        "needles_bare",
        "pulse_s",
        "tip_cm2",
        "treatment_levels",
        "label_fluence",
        "label_energy",
        "locked",
        "note",
        NULL,
};

/* Lasers have a wavelength and a light pattern, RF a frequency and an RF pattern. */
static enum status read_source(const struct json_at *at, enum modality modality, struct device_mode *mode,
                               struct fail *why)
{
	bool rf = modality_is_rf(modality);
	int pattern = 0;

	mode->wavelength_nm = mode->frequency_MHz = none;
	enum status st = read_name(at, "pattern", name_of_pattern, PATTERNS, &pattern, NULL, why);
	mode->pattern = (enum pattern)pattern;
	bool rf_pattern = mode->pattern == PATTERN_RF_PLATE || mode->pattern == PATTERN_RF_NEEDLES;
	if (!st && rf != rf_pattern)
		st = json_refuse(at, ST_INPUT, why, "pattern %s does not go with modality %s",
		                 pattern_name(mode->pattern), modality_name(modality));
	if (st)
		return st;
	if (rf)
		return json_number_in(at, "frequency_MHz", 0.1, 100, "MHz", &mode->frequency_MHz, NULL, why);
	return json_number_in(at, "wavelength_nm", 180, 20000, "nm", &mode->wavelength_nm, NULL, why);
}

static enum status read_bases(const struct json_at *at, struct device_mode *mode, struct fail *why)
{
	static const char *const coverage[] = {[COVERAGE_PER_PASS] = "per_pass", [COVERAGE_TOTAL] = "total"};
	static const char *const pitch[] = {[PITCH_CENTRES] = "centres", [PITCH_GAPS] = "gaps"};
	size_t index = COVERAGE_PER_PASS;
	bool present = false;
	enum status st = json_choice(at, "coverage_basis", coverage, 2, &index, &present, why);

	mode->coverage_basis = (enum coverage_basis)index;
	if (!st && !present && mode->pattern == PATTERN_MICROBEAMS)
		st = json_refuse(at, ST_INPUT, why, "coverage_basis is missing: \"per_pass\" or \"total\"");
	index = PITCH_CENTRES;
	if (!st)
		st = json_choice(at, "pitch_basis", pitch, 2, &index, &present, why);
	mode->pitch_basis = (enum pitch_basis)index;
	return st ? st : json_bool(at, "spot_is_microbeam", &mode->spot_is_microbeam, &present, why);
}

/* What a mode must have to be used; a locked one may lack anything. */
static enum status check_mode(const struct json_at *at, const struct device_mode *mode, struct fail *why)
{
	size_t given = 0;

	for (unsigned id = 0; id < SETTINGS; id++) {
		enum domain_kind kind = mode->setting[id].kind;
		given += kind != DOMAIN_NONE;
		if (kind == DOMAIN_DERIVED && !coupling_gives(mode, (enum setting_id)id))
			return json_refuse(at, ST_INPUT, why,
			                   "%s is derived, but nothing it follows from is given",
			                   setting_spec((enum setting_id)id)->key);
	}
	if (mode->spot_is_microbeam && mode->setting[SETTING_SPOT_MM].kind == DOMAIN_NONE)
		return json_refuse(at, ST_INPUT, why, "spot_is_microbeam needs a setting spot_mm");
	if (mode->locked)
		return ST_OK;
	if (given == 0)
		return json_refuse(at, ST_INPUT, why,
		                   "has no settings; give them, or lock the mode with a reason");
	if (mode->pattern == PATTERN_MICROBEAMS && !mode->spot_is_microbeam &&
	    isnan(mode->microbeam_um.value))
		return json_refuse(at, ST_INPUT, why, "microbeam_um is missing; give it, or lock the mode");
	return ST_OK;
}

static enum status read_mode(const struct json_at *at, enum modality modality, struct device_mode *mode,
                             struct fail *why)
{
	bool present = false;
	enum status st = json_known_keys(at, mode_keys, JSON_NO_EXTRA, why);

	if (!st)
		st = read_id(at, "id", mode->id, why);
	if (!st)
		st = json_string(at, "name", mode->name, sizeof mode->name, NULL, why);
	if (!st)
		st = read_id(at, "mode_class", mode->mode_class, why);
	if (!st)
		st = read_source(at, modality, mode, why);
	if (!st)
		st = read_settings(at, mode, why);
	if (!st)
		st = read_bases(at, mode, why);
	if (!st)
		st = read_figures(at, mode, why);
	if (!st)
		st = read_needles(at, mode, why);
	if (!st)
		st = read_levels(at, mode, why);
	if (!st)
		st = read_label_fluence(at, mode, why);
	if (!st)
		st = read_label_energy(at, mode, why);
	if (!st)
		st = json_string(at, "note", mode->note, sizeof mode->note, &present, why);
	if (!st)
		st = json_string(at, "locked", mode->locked_reason, sizeof mode->locked_reason, &mode->locked,
		                 why);
	return st ? st : check_mode(at, mode, why);
}

static enum status read_modes(const struct json_at *at, struct device *device, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(at, "modes", JSON_ARRAY, &list, NULL, why);

	if (!st && (json_count(&list) == 0 || json_count(&list) > DEVICE_MODES_MAX))
		st = json_refuse(&list, ST_FULL, why, "has %zu modes; 1 to %d are expected",
		                 json_count(&list), DEVICE_MODES_MAX);
	while (!st && json_array_each(&list, &item)) {
		struct device_mode *mode = &device->mode[item.index];
		st = read_mode(&item, device->modality, mode, why);
		if (!st && device_mode_find(device, mode->id))
			st = json_refuse(&item, ST_INPUT, why, "there is another mode \"%s\"", mode->id);
		device->modes = item.index + 1;
	}
	return st;
}

/* --- clearances --------------------------------------------------------------------------------------- */

static enum status read_types(const struct json_at *at, struct clearance *clearance, struct fail *why)
{
	struct json_at list, item = {0};
	bool present = false;
	enum status st = json_member(at, "fitzpatrick", JSON_ARRAY, &list, &present, why);

	while (!st && present && json_array_each(&list, &item)) {
		size_t type = 0;
		st = json_choice_at(&item, fitzpatrick_names, FITZPATRICK_TYPES_MAX, &type, why);
		clearance->fitzpatrick |= 1u << type;
	}
	return st;
}

static enum status read_clearance(const struct json_at *at, const struct device *device,
                                  struct clearance *clearance, struct fail *why)
{
	static const char *const keys[] = {"use", "indications", "modes", "fitzpatrick", "source", NULL};
	enum status st = json_known_keys(at, keys, JSON_NO_EXTRA, why);

	if (!st)
		st = json_string(at, "use", clearance->use, sizeof clearance->use, NULL, why);
	if (!st)
		st = json_string(at, "source", clearance->source, sizeof clearance->source, NULL, why);
	if (!st)
		st = read_list(at, "indications", clearance->indication[0], DEVICE_ID_MAX,
		               DEVICE_INDICATIONS_MAX, &clearance->indications, why);
	if (!st)
		st = read_list(at, "modes", clearance->mode[0], DEVICE_ID_MAX, DEVICE_MODES_MAX,
		               &clearance->modes, why);
	for (size_t i = 0; i < clearance->modes && !st; i++)
		if (!device_mode_find(device, clearance->mode[i]))
			st = json_refuse(at, ST_INPUT, why,
			                 "names the mode \"%s\", which the profile does not have",
			                 clearance->mode[i]);
	return st ? st : read_types(at, clearance, why);
}

static enum status read_clearances(const struct json_at *at, struct device *device, struct fail *why)
{
	struct json_at list, item = {0};
	bool present = false;
	enum status st = json_member(at, "cleared", JSON_ARRAY, &list, &present, why);

	if (!st && present && json_count(&list) > DEVICE_CLEARANCES_MAX)
		st = json_refuse(&list, ST_FULL, why, "has more than %d entries", DEVICE_CLEARANCES_MAX);
	while (!st && present && json_array_each(&list, &item)) {
		st = read_clearance(&item, device, &device->clearance[item.index], why);
		device->clearances = item.index + 1;
	}
	return st;
}

/* --- device ------------------------------------------------------------------------------------------- */

/* Both or neither, and of cryogen alone. */
static enum status read_spray(const struct json_at *object, struct device *device, struct fail *why)
{
	double spray_ms = 0.0, delay_ms = 0.0;
	bool spray = false, delay = false;
	enum status st = json_number_in(object, "spray_ms", 5, 300, "ms", &spray_ms, &spray, why);
	if (!st)
		st = json_number_in(object, "delay_ms", 0, 300, "ms", &delay_ms, &delay, why);
	if (!st && (spray != delay || (spray && device->cooling != COOLING_CRYOGEN)))
		return json_refuse(object, ST_INPUT, why, "spray_ms and delay_ms go together, with kind \"cryogen\"");
	device->cooling_spray_s = 1e-3 * spray_ms;
	device->cooling_delay_s = 1e-3 * delay_ms;
	return st;
}

static enum status read_cooling(const struct json_at *at, struct device *device, struct fail *why)
{
	static const char *const keys[] = {"kind", "required", "spray_ms", "delay_ms", "note", "source", NULL};
	char source[DEVICE_SOURCE_MAX];
	struct json_at object;
	bool present = false;
	int kind = COOLING_NONE;
	enum status st = json_member(at, "cooling", JSON_OBJECT, &object, &present, why);

	if (st || !present)
		return st;
	st = json_known_keys(&object, keys, JSON_NO_EXTRA, why);
	if (!st)
		st = read_name(&object, "kind", name_of_cooling, COOLING_KINDS, &kind, NULL, why);
	device->cooling = (enum cooling_kind)kind;
	if (!st)
		st = json_bool(&object, "required", &device->cooling_required, NULL, why);
	if (!st)
		st = read_spray(&object, device, why);
	if (!st)
		st = json_string(&object, "note", device->cooling_note, sizeof device->cooling_note, &present,
		                 why);
	return st ? st : json_string(&object, "source", source, sizeof source, NULL, why);
}

static enum status read_eyewear(const struct json_at *at, struct device *device, struct fail *why)
{
	struct json_at list, item = {0};
	bool present = false;
	enum status st = json_member(at, "eyewear_nm", JSON_ARRAY, &list, &present, why);

	if (!st && present && json_count(&list) > DEVICE_WAVELENGTHS_MAX)
		st = json_refuse(&list, ST_FULL, why, "has more than %d wavelengths", DEVICE_WAVELENGTHS_MAX);
	while (!st && present && json_array_each(&list, &item)) {
		st = json_number_at(&item, 180, 20000, "nm", &device->eyewear_nm[item.index], why);
		device->eyewear_wavelengths = item.index + 1;
	}
	return st;
}

static enum status read_identity(const struct json_at *at, struct device *device, struct fail *why)
{
	int modality = 0;
	enum status st = json_schema(at, SCHEMA, why);

	if (!st)
		st = read_id(at, "id", device->id, why);
	if (!st)
		st = json_string(at, "name", device->name, sizeof device->name, NULL, why);
	if (!st)
		st = json_string(at, "maker", device->maker, sizeof device->maker, NULL, why);
	if (!st)
		st = read_name(at, "modality", name_of_modality, MODALITIES, &modality, NULL, why);
	device->modality = (enum modality)modality;
	return st ? st
	          : read_list(at, "regulatory", device->regulatory_number[0], DEVICE_NAME_MAX,
	                      DEVICE_NOTES_MAX, &device->regulatory, why);
}

static enum status read_label(const struct json_at *at, struct device *device, struct fail *why)
{
	char source[DEVICE_SOURCE_MAX];
	bool present = false;
	enum status st = read_list(at, "label_notes", device->label_note[0], DEVICE_TEXT_MAX,
	                           DEVICE_NOTES_MAX, &device->label_notes, why);

	if (!st)
		st = json_string(at, "label_source", source, sizeof source,
		                 device->label_notes ? NULL : &present, why);
	if (!st)
		st = read_list(at, "contraindications", device->contraindication[0], DEVICE_TEXT_MAX,
		               DEVICE_NOTES_MAX, &device->contraindications, why);
	if (!st)
		st = json_bool(at, "label_excludes_isotretinoin", &device->label_excludes_isotretinoin,
		               &present, why);
	if (!st)
		st = json_bool(at, "plume", &device->plume, &present, why);
	return st ? st : json_string(at, "note", device->note, sizeof device->note, &present, why);
}

static enum status read_device(const struct json_at *at, struct device *device, struct fail *why)
{
	static const char *const keys[] = {
	        "schema",
	        "id",
	        "name",
	        "maker",
	        "modality",
	        "regulatory",
	        "cleared",
	        "modes",
	        "label_notes",
	        "label_source",
	        "contraindications",
	        "label_excludes_isotretinoin",
	        "cooling",
	        "plume",
	        "eyewear_nm",
	        "energy_stability_pct",
	        "note",
	        "signed",
	        NULL,
	};
	bool present = false;
	struct json_at signed_part;
	enum status st = json_known_keys(at, keys, JSON_NO_EXTRA, why);

	device->energy_stability_pct = none;
	if (!st)
		st = read_identity(at, device, why);
	if (!st)
		st = read_modes(at, device, why);
	if (!st)
		st = read_clearances(at, device, why);
	if (!st)
		st = read_label(at, device, why);
	if (!st)
		st = read_cooling(at, device, why);
	if (!st)
		st = read_eyewear(at, device, why);
	if (!st && json_find(at, "signed", &signed_part))
		st = signature_read(at, device->signed_by, why);
	return st ? st
	          : json_number_in(at, "energy_stability_pct", 0, 100, "%", &device->energy_stability_pct,
	                           &present, why);
}

enum status device_parse(const char *name, const char *bytes, size_t len, struct device **out,
                         struct fail *why)
{
	struct json_doc *doc = NULL;
	struct device *device = NULL;
	enum status st = json_parse(name, bytes, len, &doc, why);

	if (st)
		return st;
	device = calloc(1, sizeof *device);
	struct json_at root = json_root(doc);
	st = device ? read_device(&root, device, why) : fail_set(why, ST_FULL, name, "out of memory");
	json_free(&doc);
	if (st)
		device_free(&device);
	else
		*out = device;
	return st;
}
