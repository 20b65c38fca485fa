/* Craters by energy balance. */
#include "physics/blowoff.h"

#include "physics/base/units.h"
#include "physics/microbeam.h"

#define UM_PER_CM 1e4
#define PULSE_MAX_S 1e-3

/* Published ranges taken as 5 to 95 %: sd = (high - low) / 3.29, on a logarithmic scale for the heats. */
static const struct published {
	double first_nm, last_nm;
	double low_J_cm3, high_J_cm3; /* heat of ablation */
	double threshold_J_cm2;
} rows[] = {
	/* CO2 on skin 2.5 to 4.3 kJ/cm3, threshold 4 to 5 J/cm2 up to 1 ms (Walsh & Deutsch 1988, 1989; resurfacing) */
	{10500, 10700, 2500, 4300, 4.5},
	/* Er:YAG 1.67 kJ/cm3 at high exposure (6 um per J/cm2, Hibst & Kaufmann 1991), 2.5 and more at low: partly
	 * explosive; threshold 0.6 to 1.5 J/cm2 (Walsh 1989) */
	{2900, 2980, 1500, 2500, 1.0},
};

static const struct published *published(double wavelength_nm)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (wavelength_nm >= rows[i].first_nm && wavelength_nm <= rows[i].last_nm)
			return &rows[i];
	return NULL;
}

static double centre_J_cm2(const struct microbeam *beam)
{
	double radius_cm = 0.5 * beam->diameter_um / UM_PER_CM, area_cm2 = PI * radius_cm * radius_cm;
	return (beam->profile == MICROBEAM_GAUSSIAN ? 2.0 : 1.0) * beam->energy_mJ * J_PER_MJ / area_cm2;
}

enum status blowoff_depth_um(const struct microbeam *beam, struct estimate *out, struct fail *why)
{
	const struct published *p = published(beam->wavelength_nm);
	if (!p)
		return fail_set(why, ST_MODEL, "wavelength_nm", "no heat of ablation is published for %g nm", beam->wavelength_nm);
	if (!(beam->energy_mJ >= 0.0 && isfinite(beam->energy_mJ) && beam->diameter_um > 0.0 && isfinite(beam->diameter_um)))
		return fail_set(why, ST_RANGE, "beam", "%g mJ over %g um is no beam", beam->energy_mJ, beam->diameter_um);
	double heat_J_cm3 = sqrt(p->low_J_cm3 * p->high_J_cm3);
	double rel_sd = log(p->high_J_cm3 / p->low_J_cm3) / 3.29;
	double depth_um = fmax(centre_J_cm2(beam) - p->threshold_J_cm2, 0.0) / heat_J_cm3 * UM_PER_CM;
	*out = (struct estimate){depth_um, depth_um * rel_sd, beam->pulse_s > PULSE_MAX_S ? VALIDITY_EXTRAPOLATED : VALID};
	return ST_OK;
}
