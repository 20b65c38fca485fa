/* From settings to exposure, by family, and the numbers all devices share. */
#include "devices/exposure.h"

#include "devices/families.h"
#include "physics/base/units.h"

#define PCT 100.0
#define S_PER_MS 1e-3
#define S_PER_US 1e-6
#define PER_KILO 1e3

/* --- what the families have in common ----------------------------------------------------------------- */

enum status family_need(const struct device_mode *mode, const struct settings *settings, enum setting_id id,
                        double *out, struct fail *why)
{
	if (!settings_has(settings, id))
		return fail_set(why, ST_MODEL, setting_spec(id)->key,
		                "the exposure of %s needs %s, which is not known", mode->name,
		                setting_spec(id)->key);
	*out = settings->value[id];
	return ST_OK;
}

double family_pulse_s(const struct device_mode *mode, const struct settings *settings, double energy_mJ)
{
	if (settings_has(settings, SETTING_PULSE_PS))
		return settings->value[SETTING_PULSE_PS] * S_PER_PS;
	if (settings_has(settings, SETTING_PULSE_MS))
		return settings->value[SETTING_PULSE_MS] * S_PER_MS;
	if (settings_has(settings, SETTING_DWELL_US))
		return settings->value[SETTING_DWELL_US] * S_PER_US;
	return energy_mJ * J_PER_MJ / mode->peak_power_W.value; /* NAN without */
}

double family_union_frac(double coverage_frac, unsigned passes)
{
	return 1 - pow(1 - fmin(coverage_frac, 1), passes);
}

/* --- exposure ----------------------------------------------------------------------------------------- */

static family_expose *const families[PATTERNS] = {
        [PATTERN_BROAD] = picosecond_expose,          [PATTERN_MICROBEAMS] = fractional_expose,
        [PATTERN_LENS_ARRAY] = lens_array_expose,     [PATTERN_RF_PLATE] = radiofrequency_expose,
        [PATTERN_RF_NEEDLES] = radiofrequency_expose,
};

static unsigned count_of(const struct settings *settings, enum setting_id id)
{
	return settings_has(settings, id) && settings->value[id] >= 1 ? (unsigned)lround(settings->value[id])
	                                                              : 1;
}

/* Everything not applicable. */
static struct exposure blank(void)
{
	const double none = (double)NAN;

	return (struct exposure){
	        .wavelength_nm = none,
	        .pulse_s = none,
	        .fluence_J_cm2 = none,
	        .spot_um = none,
	        .energy_mJ = none,
	        .microbeam_energy_mJ = none,
	        .microbeam_um = none,
	        .microbeam_fluence_J_cm2 = none,
	        .microbeams_per_cm2_pass = none,
	        .microbeams_per_cm2 = none,
	        .coverage_pass_frac = none,
	        .coverage_sum_frac = none,
	        .coverage_union_frac = none,
	        .background_fluence_J_cm2 = none,
	        .focus_half_angle = none,
	        .focus_depth_um = none,
	        .focus_um = none,
	        .rep_hz = none,
	        .frequency_MHz = none,
	        .tip_cm2 = none,
	        .pins = none,
	        .depth_um = none,
	        .power_W = none,
	        .level = none,
	        .pitch_um = none,
	        .needle_um = none,
	        .bare_um = none,
	};
}

/* A focus needs its convergence, its depth and its width. */
static void note_focus(const struct device_mode *mode, struct exposure *out)
{
	const struct device_figure *angle = &mode->focus_half_angle, *depth = &mode->focus_depth_um,
	                           *width = &mode->focus_um;
	if (!(angle->value > 0.0) || isnan(depth->value) || !(width->value > 0.0))
		return;
	out->focus_half_angle = angle->value;
	out->focus_depth_um = depth->value;
	out->focus_um = width->value;
	out->focus_assumed = angle->from.confidence == CONFIDENCE_LOW || depth->from.confidence == CONFIDENCE_LOW ||
	                     width->from.confidence == CONFIDENCE_LOW;
}

enum status exposure_of(const struct device *device, const struct device_mode *mode,
                        const struct settings *settings, struct exposure *out, struct fail *why)
{
	struct exposure exposure = blank();

	exposure.modality = device->modality;
	exposure.cooling = device->cooling;
	exposure.spray_s = device->cooling_spray_s;
	exposure.delay_s = device->cooling_delay_s;
	exposure.wavelength_nm = mode->wavelength_nm;
	exposure.passes = count_of(settings, SETTING_PASSES);
	exposure.stack = count_of(settings, SETTING_STACK);
	exposure.rep_hz = settings_get(settings, SETTING_REP_HZ);
	exposure.microbeam_spread_frac =
	        isnan(mode->microbeam_spread_frac.value) ? 0 : mode->microbeam_spread_frac.value;
	note_focus(mode, &exposure);
	*out = exposure;
	enum status st = families[mode->pattern](mode, settings, &exposure, why);
	if (!st)
		*out = exposure;
	return st;
}

/* --- common numbers ----------------------------------------------------------------------------------- */

static double total_fluence_J_cm2(const struct exposure *e)
{
	return e->fluence_J_cm2 * e->passes * e->stack;
}

static double irradiance_kW_cm2(const struct exposure *e)
{
	double fluence_J_cm2 = e->kind == EXPOSURE_BROAD ? e->fluence_J_cm2 : e->microbeam_fluence_J_cm2;

	return fluence_J_cm2 / e->pulse_s / PER_KILO;
}

static double passes(const struct exposure *e)
{
	return e->passes;
}

/* A field of the exposure times a scale, or a function of it. */
static const struct {
	const char *key, *unit, *label;
	int decimals;
	size_t offset;
	double scale;
	double (*of)(const struct exposure *exposure); /* NULL: the field */
} numbers[] = {
#define FIELD(name, scale) offsetof(struct exposure, name), scale, NULL
        {"wavelength_nm", "nm", "wavelength", 0, FIELD(wavelength_nm, 1)},
        {"frequency_MHz", "MHz", "frequency", 2, FIELD(frequency_MHz, 1)},
        {"pulse_s", "s", "pulse duration", 12, FIELD(pulse_s, 1)},
        {"pulse_energy_mJ", "mJ", "energy of a pulse", 2, FIELD(energy_mJ, 1)},
        {"spot_diameter_mm", "mm", "spot diameter", 2, FIELD(spot_um, MM_PER_UM)},
        {"mean_fluence_J_cm2", "J/cm2", "mean fluence of a pass", 2, FIELD(fluence_J_cm2, 1)},
        {"total_fluence_J_cm2", "J/cm2", "mean fluence of all passes", 2, 0, 1, total_fluence_J_cm2},
        {"irradiance_kW_cm2", "kW/cm2", "irradiance in the beam", 0, 0, 1, irradiance_kW_cm2},
        {"microbeam_energy_mJ", "mJ", "energy of a microbeam", 2, FIELD(microbeam_energy_mJ, 1)},
        {"microbeam_diameter_um", "um", "microbeam diameter", 0, FIELD(microbeam_um, 1)},
        {"microbeam_mean_fluence_J_cm2", "J/cm2", "mean fluence in a microbeam", 1,
         FIELD(microbeam_fluence_J_cm2, 1)},
        {"background_fluence_J_cm2", "J/cm2", "fluence between the microbeams", 2,
         FIELD(background_fluence_J_cm2, 1)},
        {"microbeams_per_cm2_pass", "/cm2", "microbeams of a pass", 0, FIELD(microbeams_per_cm2_pass, 1)},
        {"microbeams_per_cm2", "/cm2", "microbeams of all passes", 0, FIELD(microbeams_per_cm2, 1)},
        {"coverage_pass_pct", "%", "coverage of a pass", 1, FIELD(coverage_pass_frac, PCT)},
        {"coverage_sum_pct", "%", "coverage, passes added", 1, FIELD(coverage_sum_frac, PCT)},
        {"coverage_union_pct", "%", "coverage, passes at random", 1, FIELD(coverage_union_frac, PCT)},
        {"needle_depth_mm", "mm", "needle depth", 2, FIELD(depth_um, MM_PER_UM)},
        {"pins", "", "pins", 0, FIELD(pins, 1)},
        {"needle_pitch_mm", "mm", "distance of needles", 2, FIELD(pitch_um, MM_PER_UM)},
        {"needle_bare_mm", "mm", "bare metal above the tip", 2, FIELD(bare_um, MM_PER_UM)},
        {"tip_cm2", "cm2", "tip area", 2, FIELD(tip_cm2, 1)},
        {"passes", "", "passes", 0, 0, 1, passes},
#undef FIELD
};
#define NUMBERS (sizeof numbers / sizeof numbers[0])
_Static_assert(NUMBERS <= EXPOSURE_NUMBERS_MAX, "struct exposure_numbers holds every number");

static double number_value(const struct exposure *exposure, size_t index)
{
	if (numbers[index].of)
		return numbers[index].of(exposure);
	double value;
	memcpy(&value, (const char *)exposure + numbers[index].offset, sizeof value);
	return value * numbers[index].scale;
}

static struct exposure_number number_at(size_t index, double value)
{
	return (struct exposure_number){.key = numbers[index].key,
	                                .unit = numbers[index].unit,
	                                .label = numbers[index].label,
	                                .decimals = numbers[index].decimals,
	                                .value = value};
}

void exposure_numbers(const struct exposure *exposure, struct exposure_numbers *out)
{
	out->count = 0;
	for (size_t i = 0; i < NUMBERS; i++) {
		double value = number_value(exposure, i);
		if (isfinite(value))
			out->number[out->count++] = number_at(i, value);
	}
}

bool exposure_number_named(const char *key, struct exposure_number *out)
{
	for (size_t i = 0; i < NUMBERS; i++)
		if (strcmp(numbers[i].key, key) == 0) {
			*out = number_at(i, 0.0);
			return true;
		}
	return false;
}

double exposure_number(const struct exposure *exposure, const char *key)
{
	for (size_t i = 0; i < NUMBERS; i++)
		if (strcmp(numbers[i].key, key) == 0)
			return number_value(exposure, i);
	return (double)NAN;
}
