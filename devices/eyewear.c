/* Eyewear: how dark goggles must be for the strongest pulses of a mode to be harmless.
 *
 * Limits: physics/exposure_limits.h. Goggles must hold without the aversion reflex, so the train is taken for
 * ten seconds whatever the wavelength. What is worn at a wavelength is at least OD 7 where the retina is at risk
 * and OD 5 where the cornea is (clinic practice: manufacturers' goggles for picosecond and CO2 lasers).
 */
#include "devices/exposure.h"
#include "physics/base/units.h"

#define RETINA_OD_WORN 7.0
#define CORNEA_OD_WORN 5.0
#define LOOK_S 10.0

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

/* The fastest the mode repeats; 0: single pulses as far as the profile tells. */
static double highest_rate_Hz(const struct device_mode *mode)
{
	const struct setting_domain *domain = &mode->setting[SETTING_REP_HZ];

	switch (domain->kind) {
	case DOMAIN_CHOICES:
		return domain->choice[domain->choices - 1];
	case DOMAIN_RANGE:
	case DOMAIN_DERIVED:
		return domain->max;
	case DOMAIN_FIXED:
		return domain->min;
	default:
		return 0;
	}
}

/* Beside the smallest spot, where the beam is narrowest; microbeams come out of a focus and have spread by then:
 * the limiting aperture is taken. */
static double narrowest_mm(const struct device_mode *mode, double aperture_mm)
{
	const struct setting_domain *spot = &mode->setting[SETTING_SPOT_MM];
	bool beam = mode->pattern != PATTERN_MICROBEAMS && spot->kind != DOMAIN_NONE;
	double least = spot->kind == DOMAIN_CHOICES ? spot->choice[0] : spot->min;

	return beam ? least : aperture_mm;
}

static void require(const struct device_mode *mode, struct eyewear *out)
{
	bool retina = mode->wavelength_nm >= 400 && mode->wavelength_nm < 1400;

	out->computed_od = log10(out->exposure_J_m2 / out->mpe_J_m2);
	out->required_od = fmax(ceil(out->computed_od), retina ? RETINA_OD_WORN : CORNEA_OD_WORN);
	out->protector = protector_kind_of(mode->wavelength_nm, out->pulse_s);
	double exposure = mpe_exposure_J_m2(out->energy_J, out->beam_mm, 0);
	bool irradiance = out->protector == PROTECTOR_D || (out->protector == PROTECTOR_M && !retina);
	out->protector_lb = protector_en207(mode->wavelength_nm, out->protector,
	                                    irradiance ? exposure / out->pulse_s : exposure, out->rate_Hz * LOOK_S);
}

struct eyewear eyewear_for(const struct device_mode *mode)
{
	struct eyewear out = {.energy_J = highest_energy_J(mode), .rate_Hz = highest_rate_Hz(mode), .protector_lb = -1};
	struct fail unknown;

	out.pulse_s = shortest_pulse_s(mode, out.energy_J);
	out.aperture_mm = mpe_aperture_mm(MPE_EYE, mode->wavelength_nm, out.pulse_s);
	out.beam_mm = narrowest_mm(mode, out.aperture_mm);
	out.exposure_J_m2 = mpe_exposure_J_m2(out.energy_J, 0, out.aperture_mm);
	const struct mpe_train train = {MPE_EYE, mode->wavelength_nm, out.pulse_s, out.rate_Hz, LOOK_S};
	enum status st = mpe_of_train(&train, MPE_ENDS, &out.mpe, &unknown);
	out.mpe_J_m2 = st ? (double)NAN : out.mpe.per_pulse_J_m2;
	if (isnan(mode->wavelength_nm))
		out.computed_od = out.required_od = out.exposure_J_m2 = (double)NAN;
	else
		require(mode, &out);
	return out;
}
