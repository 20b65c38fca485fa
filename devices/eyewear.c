/* Eyewear: how dark goggles must be for one pulse of a mode to be harmless.
 *
 * Limits of IEC 60825-1:2014 for the eye and a point source, as generally reproduced; the formulas are
 * recalled, not read in the standard. Computed for the single pulse; what is worn at a wavelength is at least
 * OD 7 where the retina is at risk and OD 5 where the cornea is (clinic practice: manufacturers' goggles for
 * picosecond and CO2 lasers), which also covers trains of pulses.
 */
#include "devices/exposure.h"
#include "physics/base/units.h"

#define M_PER_MM 1e-3
#define PUPIL_MM 7.0           /* limiting aperture, 400-1400 nm */
#define CORNEA_APERTURE_MM 1.0 /* limiting aperture above 1400 nm, t <= 0.35 s */
#define RETINA_OD_WORN 7.0
#define CORNEA_OD_WORN 5.0
#define LONGEST_PULSE_S 10.0
#define SHORTEST_PULSE_S 1e-13

/* C4 = 10^(0.002 (L - 700)), 700-1050 nm; 1 below. */
static double factor_c4(double wavelength_nm)
{
	return wavelength_nm <= 700 ? 1 : pow(10, 0.002 * (wavelength_nm - 700));
}

/* C7: absorption before the retina, 1050-1400 nm. */
static double factor_c7(double wavelength_nm)
{
	if (wavelength_nm <= 1150)
		return 1;
	if (wavelength_nm <= 1200)
		return pow(10, 0.018 * (wavelength_nm - 1150));
	return 8 + pow(10, 0.04 * (wavelength_nm - 1250));
}

/* 400-1050 nm: 1e-3 C4 to 10 ps, 2e-3 C4 to 5 us, 18 t^0.75 C4 to 10 s [J/m2] */
static double mpe_retina_short(double wavelength_nm, double pulse_s)
{
	double c4 = factor_c4(wavelength_nm);

	if (pulse_s < 1e-11)
		return 1e-3 * c4;
	return pulse_s < 5e-6 ? 2e-3 * c4 : 18 * pow(pulse_s, 0.75) * c4;
}

/* 1050-1400 nm: 1e-2 C7 to 10 ps, 2e-2 C7 to 13 us, 90 t^0.75 C7 to 10 s [J/m2] */
static double mpe_retina_long(double wavelength_nm, double pulse_s)
{
	double c7 = factor_c7(wavelength_nm);

	if (pulse_s < 1e-11)
		return 1e-2 * c7;
	return pulse_s < 1.3e-5 ? 2e-2 * c7 : 90 * pow(pulse_s, 0.75) * c7;
}

/* Above 1400 nm: a plateau to plateau_s (below 1 ns: its irradiance at 1 ns), then 5600 t^0.25 [J/m2] */
static double mpe_cornea(double plateau_J_m2, double plateau_s, double pulse_s)
{
	if (pulse_s < 1e-9)
		return plateau_J_m2 * pulse_s / 1e-9;
	return pulse_s < plateau_s ? plateau_J_m2 : 5600 * pow(pulse_s, 0.25);
}

double eyewear_mpe_J_m2(double wavelength_nm, double pulse_s)
{
	bool timed = pulse_s >= SHORTEST_PULSE_S && pulse_s <= LONGEST_PULSE_S;

	if (!timed || !(wavelength_nm >= 400 && wavelength_nm <= 1e6))
		return (double)NAN;
	if (wavelength_nm < 1050)
		return mpe_retina_short(wavelength_nm, pulse_s);
	if (wavelength_nm < 1400)
		return mpe_retina_long(wavelength_nm, pulse_s);
	if (wavelength_nm >= 1500 && wavelength_nm < 1800)
		return mpe_cornea(1e4, 2 * LONGEST_PULSE_S, pulse_s);
	return wavelength_nm < 2600 ? mpe_cornea(1e3, 1e-3, pulse_s) : mpe_cornea(100, 1e-7, pulse_s);
}

/* The most one pulse of the mode can carry: of a microbeam where they come one by one. */
static double highest_energy_J(const struct device_mode *mode)
{
	const struct setting_domain *domain = &mode->setting[SETTING_ENERGY_MJ];

	return domain->kind == DOMAIN_NONE ? (double)NAN : domain->max * J_PER_MJ;
}

/* The shortest pulse is the worst: the same energy meets the lowest limit. */
static double shortest_pulse_s(const struct device_mode *mode, double energy_J)
{
	static const struct {
		enum setting_id id;
		double s_per_unit;
	} durations[] = {{SETTING_PULSE_PS, S_PER_PS}, {SETTING_PULSE_MS, 1e-3}, {SETTING_DWELL_US, 1e-6}};

	for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++)
		if (mode->setting[durations[i].id].kind != DOMAIN_NONE)
			return mode->setting[durations[i].id].min * durations[i].s_per_unit;
	return energy_J / mode->peak_power_W.value; /* NAN without */
}

struct eyewear eyewear_for(const struct device_mode *mode)
{
	bool retina = mode->wavelength_nm < 1400;
	double aperture_mm = retina ? PUPIL_MM : CORNEA_APERTURE_MM;
	double aperture_m2 = PI * pow(0.5 * aperture_mm * M_PER_MM, 2);
	struct eyewear out = {.energy_J = highest_energy_J(mode)};

	out.pulse_s = shortest_pulse_s(mode, out.energy_J);
	out.exposure_J_m2 = out.energy_J / aperture_m2;
	out.mpe_J_m2 = eyewear_mpe_J_m2(mode->wavelength_nm, out.pulse_s);
	out.computed_od = log10(out.exposure_J_m2 / out.mpe_J_m2);
	out.required_od = isnan(mode->wavelength_nm)
	                          ? (double)NAN
	                          : fmax(ceil(out.computed_od), retina ? RETINA_OD_WORN : CORNEA_OD_WORN);
	return out;
}
