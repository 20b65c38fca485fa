/* One pulse over one spot: even, or divided among the foci of a lens array. Pico- and nanosecond lasers; the
 * long-pulsed ones share the arithmetic. */
#include "devices/families.h"
#include "physics/base/units.h"

enum status picosecond_expose(const struct device_mode *mode, const struct settings *settings,
                              struct exposure *out, struct fail *why)
{
	double spot_mm = 0;
	enum status st = family_need(mode, settings, SETTING_SPOT_MM, &spot_mm, why);

	if (!st)
		st = family_need(mode, settings, SETTING_FLUENCE_J_CM2, &out->fluence_J_cm2, why);
	if (st)
		return st;
	out->kind = EXPOSURE_BROAD;
	out->spot_um = spot_mm * UM_PER_MM;
	out->energy_mJ = out->fluence_J_cm2 * disc_area_cm2(out->spot_um) / J_PER_MJ;
	out->pulse_s = family_pulse_s(mode, settings, out->energy_mJ);
	return ST_OK;
}

/* Foci of a hexagonal grid inside the spot: area over cell, cell = pitch^2 sqrt(3)/2. Pinned by 131 lenses in
 * a 6 mm spot at 500 um (JDD 2021;20:1302 gives the pitch). */
static double foci_per_pulse(const struct device_mode *mode, double spot_area_cm2)
{
	if (!isnan(mode->microbeams_per_pulse.value))
		return mode->microbeams_per_pulse.value;
	double pitch_cm = mode->pitch_um.value * CM_PER_UM;
	return round(spot_area_cm2 / (pitch_cm * pitch_cm * sqrt(3) / 2));
}

static enum status check_array(const struct device_mode *mode, struct fail *why)
{
	bool counted = !isnan(mode->microbeams_per_pulse.value) || !isnan(mode->pitch_um.value);

	if (counted && !isnan(mode->microbeam_um.value) && !isnan(mode->energy_fraction_in_microbeams.value))
		return ST_OK;
	return fail_set(why, ST_MODEL, mode->id, "the profile of %s does not describe its lens array",
	                mode->name);
}

/* The foci share a fraction of the energy, the rest lies evenly between them. */
enum status lens_array_expose(const struct device_mode *mode, const struct settings *settings,
                              struct exposure *out, struct fail *why)
{
	enum status st = check_array(mode, why);

	if (!st)
		st = picosecond_expose(mode, settings, out, why);
	if (st)
		return st;
	double area_cm2 = disc_area_cm2(out->spot_um), foci = foci_per_pulse(mode, area_cm2);
	double in_foci_frac = mode->energy_fraction_in_microbeams.value;
	out->kind = EXPOSURE_LENS_ARRAY;
	out->microbeam_um = mode->microbeam_um.value;
	out->microbeam_energy_mJ = out->energy_mJ * in_foci_frac / foci;
	out->microbeam_fluence_J_cm2 = out->microbeam_energy_mJ * J_PER_MJ / disc_area_cm2(out->microbeam_um);
	out->microbeams_per_cm2_pass = foci / area_cm2;
	out->microbeams_per_cm2 = out->microbeams_per_cm2_pass * out->passes;
	out->coverage_pass_frac = out->microbeams_per_cm2_pass * disc_area_cm2(out->microbeam_um);
	out->coverage_sum_frac = out->coverage_pass_frac * out->passes;
	out->coverage_union_frac = family_union_frac(out->coverage_pass_frac, out->passes);
	out->background_fluence_J_cm2 =
	        out->fluence_J_cm2 * (1 - in_foci_frac) / (1 - out->coverage_pass_frac);
	return ST_OK;
}
