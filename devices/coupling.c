/* The equations between settings. Each can be solved for any of its terms, so that an operator may enter
 * whichever the console shows. */
#include "devices/coupling.h"

#include "physics/base/units.h"

#define PCT 100.0
#define W_US_PER_MJ 1000.0 /* 1 W x 1000 us = 1 mJ */

static bool has(const struct device_mode *mode, enum setting_id id)
{
	return mode->setting[id].kind != DOMAIN_NONE;
}

enum setting_id coupling_share(const struct device_mode *mode)
{
	return has(mode, SETTING_DENSITY_PCT) ? SETTING_DENSITY_PCT : SETTING_COVERAGE_PCT;
}

double coupling_microbeam_um(const struct device_mode *mode, const struct settings *settings)
{
	if (mode->spot_is_microbeam)
		return settings_get(settings, SETTING_SPOT_MM) * UM_PER_MM;
	return mode->microbeam_um.value;
}

static double coupling_lesion_um(const struct device_mode *mode, const struct settings *settings)
{
	return isnan(mode->lesion_um.value) ? coupling_microbeam_um(mode, settings) : mode->lesion_um.value;
}

static double spot_area_cm2(const struct settings *settings)
{
	return disc_area_cm2(settings_get(settings, SETTING_SPOT_MM) * UM_PER_MM);
}

/* F = E / (pi d^2 / 4): even fluence over a round spot. Pinned by PicoSure, 200 mJ at 6 mm = 0.71 J/cm2
 * (JAAD 2016;74:931). */
static double solve_spot(const struct device_mode *mode, const struct settings *settings, enum setting_id id)
{
	double energy_J = settings_get(settings, SETTING_ENERGY_MJ) * J_PER_MJ;
	double fluence_J_cm2 = settings_get(settings, SETTING_FLUENCE_J_CM2);

	(void)mode;
	if (id == SETTING_ENERGY_MJ)
		return fluence_J_cm2 * spot_area_cm2(settings) / J_PER_MJ;
	if (id == SETTING_FLUENCE_J_CM2)
		return energy_J / spot_area_cm2(settings);
	return 2 * sqrt(energy_J / fluence_J_cm2 / PI) / CM_PER_MM;
}

/* Coverage of a treatment level: the maker's table. */
static double solve_level(const struct device_mode *mode, const struct settings *settings, enum setting_id id)
{
	double level = settings_get(settings, SETTING_TREATMENT_LEVEL);
	double coverage_pct = settings_get(settings, SETTING_COVERAGE_PCT);

	if (id == SETTING_COVERAGE_PCT) {
		bool valid = level >= 1 && level <= (double)mode->levels && level == floor(level);
		return valid ? mode->level_coverage_pct[(size_t)level - 1] : (double)NAN;
	}
	for (size_t i = 0; i < mode->levels; i++) {
		double listed_pct = mode->level_coverage_pct[i];
		if (fabs(coverage_pct - listed_pct) <= SETTINGS_COUPLING_TOLERANCE * listed_pct)
			return (double)(i + 1);
	}
	return (double)NAN;
}

/* E = P t */
static double solve_power(const struct device_mode *mode, const struct settings *settings, enum setting_id id)
{
	double energy_mJ = settings_get(settings, SETTING_ENERGY_MJ);
	double power_W = settings_get(settings, SETTING_POWER_W);
	double dwell_us = settings_get(settings, SETTING_DWELL_US);

	(void)mode;
	if (id == SETTING_ENERGY_MJ)
		return power_W * dwell_us / W_US_PER_MJ;
	return energy_mJ * W_US_PER_MJ / (id == SETTING_POWER_W ? dwell_us : power_W);
}

/* Coverage = density x lesion area. Pinned by DeepFX: 10 % of 120 um microbeams = 884 /cm2. */
static double solve_density(const struct device_mode *mode, const struct settings *settings,
                            enum setting_id id)
{
	double area_cm2 = disc_area_cm2(coupling_lesion_um(mode, settings));
	double share = settings_get(settings, coupling_share(mode)) / PCT;
	double density_1_cm2 = settings_get(settings, SETTING_DENSITY_PER_CM2);

	if (id == SETTING_DENSITY_PER_CM2)
		return share / area_cm2;
	return density_1_cm2 * area_cm2 * PCT;
}

/* Square grid: density = 1 / (distance of centres)^2. */
static double solve_pitch(const struct device_mode *mode, const struct settings *settings, enum setting_id id)
{
	double gap_um = mode->pitch_basis == PITCH_GAPS ? coupling_microbeam_um(mode, settings) : 0;

	if (id == SETTING_DENSITY_PER_CM2) {
		double centres_cm = (settings_get(settings, SETTING_PITCH_UM) + gap_um) * CM_PER_UM;
		return 1 / (centres_cm * centres_cm);
	}
	return UM_PER_CM / sqrt(settings_get(settings, SETTING_DENSITY_PER_CM2)) - gap_um;
}

/* Consoles that ask for depth: fluence = depth / (depth per fluence), energy = fluence x microbeam area. */
static double solve_depth(const struct device_mode *mode, const struct settings *settings, enum setting_id id)
{
	double area_cm2 = disc_area_cm2(coupling_microbeam_um(mode, settings));
	double um_per_J_cm2 = mode->ablation_um_per_J_cm2.value;

	if (id == SETTING_ENERGY_MJ)
		return settings_get(settings, SETTING_DEPTH_UM) / um_per_J_cm2 * area_cm2 / J_PER_MJ;
	return settings_get(settings, SETTING_ENERGY_MJ) * J_PER_MJ / area_cm2 * um_per_J_cm2;
}

static bool has_all(const struct device_mode *mode, const struct relation *relation)
{
	for (size_t i = 0; i < relation->terms; i++)
		if (!has(mode, relation->term[i]))
			return false;
	return true;
}

static bool spot_applies(const struct device_mode *mode)
{
	return mode->pattern == PATTERN_BROAD || mode->pattern == PATTERN_LENS_ARRAY;
}

static bool level_applies(const struct device_mode *mode)
{
	return mode->levels > 0;
}

static bool always(const struct device_mode *mode)
{
	(void)mode;
	return true;
}

static bool depth_applies(const struct device_mode *mode)
{
	return !isnan(mode->ablation_um_per_J_cm2.value);
}

static const struct {
	bool (*applies)(const struct device_mode *mode);
	struct relation relation;
} relations[RELATIONS_MAX] = {
        {spot_applies,
         {"energy = fluence x spot area",
          3,
          {SETTING_ENERGY_MJ, SETTING_FLUENCE_J_CM2, SETTING_SPOT_MM},
          solve_spot}},
        {level_applies,
         {"coverage of the treatment level",
          2,
          {SETTING_COVERAGE_PCT, SETTING_TREATMENT_LEVEL},
          solve_level}},
        {always,
         {"energy = power x dwell", 3, {SETTING_ENERGY_MJ, SETTING_POWER_W, SETTING_DWELL_US}, solve_power}},
        {always,
         {"density = coverage / microbeam area",
          2,
          {SETTING_DENSITY_PCT, SETTING_DENSITY_PER_CM2},
          solve_density}},
        {always,
         {"density = coverage / microbeam area",
          2,
          {SETTING_COVERAGE_PCT, SETTING_DENSITY_PER_CM2},
          solve_density}},
        {always, {"density = 1 / spacing^2", 2, {SETTING_DENSITY_PER_CM2, SETTING_PITCH_UM}, solve_pitch}},
        {depth_applies,
         {"energy = depth / depth per fluence x area",
          2,
          {SETTING_ENERGY_MJ, SETTING_DEPTH_UM},
          solve_depth}},
};

size_t coupling_relations(const struct device_mode *mode, struct relation out[RELATIONS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < RELATIONS_MAX; i++) {
		if (!relations[i].applies(mode) || !has_all(mode, &relations[i].relation))
			continue;
		out[count++] = relations[i].relation;
	}
	return count;
}

bool coupling_gives(const struct device_mode *mode, enum setting_id id)
{
	struct relation relation[RELATIONS_MAX];
	size_t count = coupling_relations(mode, relation);

	for (size_t i = 0; i < count; i++)
		for (size_t term = 0; term < relation[i].terms; term++)
			if (relation[i].term[term] == id)
				return true;
	return false;
}
