/* Microbeams one by one: fractional CO2, Er:YAG, 1.4 to 2 um fibre lasers, holographic arrays. */
#include "devices/coupling.h"
#include "devices/families.h"
#include "physics/base/units.h"

#define PCT 100.0

enum status fractional_expose(const struct device_mode *mode, const struct settings *settings,
                              struct exposure *out, struct fail *why)
{
	double density_1_cm2, share_pct;
	enum status st = family_need(mode, settings, SETTING_ENERGY_MJ, &out->microbeam_energy_mJ, why);

	if (!st)
		st = family_need(mode, settings, SETTING_DENSITY_PER_CM2, &density_1_cm2, why);
	if (!st)
		st = family_need(mode, settings, coupling_share(mode), &share_pct, why);
	if (st)
		return st;
	/* consoles that count all passes are divided by them, the others multiplied */
	double passes = out->passes, per_pass = mode->coverage_basis == COVERAGE_TOTAL ? 1 / passes : 1;
	out->kind = EXPOSURE_MICROBEAMS;
	out->energy_mJ = out->microbeam_energy_mJ;
	out->pulse_s = family_pulse_s(mode, settings, out->energy_mJ);
	out->microbeam_um = coupling_microbeam_um(mode, settings);
	out->microbeam_fluence_J_cm2 = out->microbeam_energy_mJ * J_PER_MJ / disc_area_cm2(out->microbeam_um);
	out->microbeams_per_cm2_pass = density_1_cm2 * per_pass;
	out->microbeams_per_cm2 = out->microbeams_per_cm2_pass * passes;
	out->coverage_pass_frac = share_pct / PCT * per_pass;
	out->coverage_sum_frac = out->coverage_pass_frac * passes;
	out->coverage_union_frac = family_union_frac(out->coverage_pass_frac, out->passes);
	out->fluence_J_cm2 = out->microbeam_energy_mJ * J_PER_MJ * out->microbeams_per_cm2_pass;
	return ST_OK;
}
