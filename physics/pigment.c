/* One absorbing sphere, one temperature criterion. */
#include "physics/pigment.h"

#include "physics/base/units.h"
#include "physics/breakdown.h"
#include "physics/spectra.h"

/* Explosive vaporisation of melanosomes: 112 +- 7 C (Jacques & McAuliffe 1991, Photochem Photobiol 53:769).
 */
#define VAPORISATION_C 112.0
#define VAPORISATION_SD_C 7.0
/* Isolated melanosomes (RPE, pig) in water: 150 C for 12 ns to 1.8 us (Neumann & Brinkmann 2005, J Biomed Opt
 * 10:024001); sd: design. */
#define SUSPENDED_C 150.0
#define SUSPENDED_SD_C 15.0

/* Absorbers. Melanosome: 1 um sphere of protein, melanin and water; design values within the ranges in use.
 */
#define MELANOSOME_RADIUS_UM 0.5
#define MELANOSOME_HEAT_J_CM3K 3.5
/* One granule against the mean law: granules vary (OMLC 1998 warns of tenfold melanin contents), the most
 * absorbing ones rupture first; design value beside the sd of the law. */
#define MELANOSOME_GRANULE_REL_SD 0.3
#define MELANOSOME_HEAT_SD_J_CM3K 0.4
#define MELANOSOME_GRUNEISEN 0.45 /* 0.3..0.6 assumed in the literature */
#define MELANOSOME_GRUNEISEN_SD 0.09
#define TISSUE_DIFFUSIVITY_UM2_US 0.12 /* 1.1..1.3e-7 m2/s */
#define SKIN_SOUND_UM_NS 1.624         /* 1624 m/s: IT'IS tissue properties v4 */
/* Carbon ink: absorption length of the order of 0.1 um; design value. */
#define CARBON_MUA_1_CM 1e5
#define CARBON_MUA_SD_1_CM 5e4
#define CARBON_HEAT_J_CM3K 1.6
#define CARBON_HEAT_SD_J_CM3K 0.4
#define CARBON_GRUNEISEN 0.4
#define CARBON_GRUNEISEN_SD 0.15

#define SPHERE_RELAXATION_DIVISOR 27.0 /* textbook form d^2 / (27 kappa) */
#define UM2_US_PER_UM2_S 1e6
#define NS_PER_S 1e9
#define SMALL_ARGUMENT 1e-3
#define START_MIN_C (-60.0)
#define START_MAX_C 300.0
#define FLUENCE_FACTOR_MAX 20.0

struct pigment_absorber pigment_melanosome(double wavelength_nm)
{
	struct estimate mua = spectra_melanosome_rupture(wavelength_nm);
	mua.sd = hypot(mua.sd, MELANOSOME_GRANULE_REL_SD * mua.value);
	return (struct pigment_absorber){
	        .radius_um = MELANOSOME_RADIUS_UM,
	        .mua_1_cm = mua,
	        .heat_J_cm3K = {MELANOSOME_HEAT_J_CM3K, MELANOSOME_HEAT_SD_J_CM3K, VALIDITY_ASSUMED},
	        .diffusivity_um2_us = TISSUE_DIFFUSIVITY_UM2_US,
	        .sound_um_ns = SKIN_SOUND_UM_NS,
	        .gruneisen = {MELANOSOME_GRUNEISEN, MELANOSOME_GRUNEISEN_SD, VALIDITY_ASSUMED},
	};
}

struct pigment_absorber pigment_carbon(double radius_um)
{
	return (struct pigment_absorber){
	        .radius_um = radius_um,
	        .mua_1_cm = {CARBON_MUA_1_CM, CARBON_MUA_SD_1_CM, VALIDITY_ASSUMED},
	        .heat_J_cm3K = {CARBON_HEAT_J_CM3K, CARBON_HEAT_SD_J_CM3K,
	                        VALIDITY_ASSUMED | VALIDITY_MODEL_LIMIT},
	        .diffusivity_um2_us = TISSUE_DIFFUSIVITY_UM2_US,
	        .sound_um_ns = SKIN_SOUND_UM_NS,
	        .gruneisen = {CARBON_GRUNEISEN, CARBON_GRUNEISEN_SD, VALIDITY_ASSUMED},
	};
}

static enum status check_within(double value, double low, double high, const char *field, struct fail *why)
{
	if (!(value >= low && value <= high))
		return fail_set(why, ST_RANGE, field, "%g is outside %g to %g", value, low, high);
	return ST_OK;
}

/* ST_RANGE naming the field. */
static enum status pigment_check(const struct pigment_absorber *a, struct fail *why)
{
	const struct {
		double value, low, high;
		const char *field;
	} rows[] = {
	        {a->radius_um, PIGMENT_RADIUS_MIN_UM, PIGMENT_RADIUS_MAX_UM, "radius_um"},
	        {a->mua_1_cm.value, 1e-6, 1e7, "mua_1_cm"},
	        {a->heat_J_cm3K.value, 0.1, 20.0, "heat_J_cm3K"},
	        {a->diffusivity_um2_us, 1e-3, 1e3, "diffusivity_um2_us"},
	        {a->sound_um_ns, 0.1, 20.0, "sound_um_ns"},
	        {a->gruneisen.value, 0.0, 5.0, "gruneisen"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum status st = check_within(rows[i].value, rows[i].low, rows[i].high, rows[i].field, why);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* Q = 1 - 2 [1 - (1 + x) e^-x] / x^2, x = mua d: chords of a sphere without refraction, van de Hulst 1957,
 * Light Scattering by Small Particles, 11.22. Series 2x/3 - x^2/4 for small x, where the form cancels. */
double pigment_absorption_efficiency(double mua_diameter)
{
	double x = mua_diameter;
	if (x < SMALL_ARGUMENT)
		return x * (2.0 / 3.0 - x / 4.0);
	return 1.0 - 2.0 * (1.0 - (1.0 + x) * exp(-x)) / (x * x);
}

/* Mean absorbed energy per volume and fluence: Q pi a^2 / (4/3 pi a^3) = 3 Q / (4 a); mua when small. */
static double absorbed_1_cm(const struct pigment_absorber *a)
{
	double radius_cm = a->radius_um * CM_PER_UM;
	return 0.75 * pigment_absorption_efficiency(2.0 * radius_cm * a->mua_1_cm.value) / radius_cm;
}

/* A uniformly heated sphere in an infinite medium of the same properties: the centre after a pulse of
 * constant power, relative to no heat loss, with u = a / sqrt(4 kappa t):
 * 2 u^2 [ erf(u)/(2 u^2) - e^(-u^2)/(sqrt(pi) u) + erfc(u) ]. Time integral of Carslaw & Jaeger 1959,
 * 10.3 (VI); equals Goldenberg & Tranter 1952 for equal constants. Tests: quadrature and both limits. */
double pigment_thermal_confinement_frac(const struct pigment_absorber *a, double pulse_s)
{
	double pulse_us = pulse_s * UM2_US_PER_UM2_S;
	double u2 = a->radius_um * a->radius_um / (4.0 * a->diffusivity_um2_us * pulse_us);
	double u = sqrt(u2);
	return erf(u) - 2.0 * u * exp(-u2) / sqrt(PI) + 2.0 * u2 * erfc(u);
}

/* Mean of the pressure relief over a rectangular pulse, (1 - e^-q)/q with q = pulse / (d / c): Paltauf &
 * Dyer 2003, Chem Rev 103:487, thermoelastic stress. */
double pigment_stress_confinement_frac(const struct pigment_absorber *a, double pulse_s)
{
	double transit_ns = 2.0 * a->radius_um / a->sound_um_ns;
	double q = pulse_s * NS_PER_S / transit_ns;
	return q < SMALL_ARGUMENT ? 1.0 - 0.5 * q : -expm1(-q) / q;
}

double pigment_relaxation_s(const struct pigment_absorber *a)
{
	double diameter_um = 2.0 * a->radius_um;
	return diameter_um * diameter_um /
	       (SPHERE_RELAXATION_DIVISOR * a->diffusivity_um2_us * UM2_US_PER_UM2_S);
}

static enum status check_exposure(const struct pigment_absorber *a, double pulse_s, double start_C,
                                  struct fail *why)
{
	enum status st = pigment_check(a, why);
	if (st == ST_OK)
		st = check_within(pulse_s, PIGMENT_PULSE_MIN_S, PIGMENT_PULSE_MAX_S, "pulse_s", why);
	if (st == ST_OK)
		st = check_within(start_C, START_MIN_C, START_MAX_C, "start_C", why);
	return st;
}

static double relative_sd(struct estimate e)
{
	return e.value > 0.0 ? e.sd / e.value : 0.0;
}

/* Kelvin per J/cm2 at the particle. The relative sd of mua enters with the slope of Q at its x. */
static struct estimate heating_K_per_J_cm2(const struct pigment_absorber *a, double pulse_s)
{
	double value = absorbed_1_cm(a) / a->heat_J_cm3K.value * pigment_thermal_confinement_frac(a, pulse_s);
	struct pigment_absorber more = *a;
	more.mua_1_cm.value *= 1.0 + SMALL_ARGUMENT;
	double slope = (absorbed_1_cm(&more) / absorbed_1_cm(a) - 1.0) / SMALL_ARGUMENT;
	double spread = hypot(slope * relative_sd(a->mua_1_cm), relative_sd(a->heat_J_cm3K));
	return (struct estimate){value, value * spread, a->mua_1_cm.flags | a->heat_J_cm3K.flags};
}

enum status pigment_peak_C(const struct pigment_absorber *a, double local_J_cm2, double pulse_s,
                           double start_C, struct estimate *out, struct fail *why)
{
	enum status st = check_exposure(a, pulse_s, start_C, why);
	if (st == ST_OK)
		st = check_within(local_J_cm2, 0.0, 1e6, "local_J_cm2", why);
	if (st != ST_OK)
		return st;
	*out = estimate_scale(heating_K_per_J_cm2(a, pulse_s), local_J_cm2);
	out->value += start_C;
	if (out->value > PIGMENT_SUPERHEAT_C)
		out->flags |= VALIDITY_MODEL_LIMIT;
	return ST_OK;
}

struct estimate pigment_vaporisation_C(void)
{
	return (struct estimate){VAPORISATION_C, VAPORISATION_SD_C, VALIDITY_ASSUMED};
}

struct estimate pigment_suspended_vaporisation_C(void)
{
	return (struct estimate){SUSPENDED_C, SUSPENDED_SD_C, VALIDITY_ASSUMED};
}

enum status pigment_threshold_J_cm2(const struct pigment_absorber *a, double pulse_s, double start_C,
                                    struct estimate fluence_factor, struct estimate *out, struct fail *why)
{
	enum status st = check_exposure(a, pulse_s, start_C, why);
	if (st == ST_OK)
		st = check_within(fluence_factor.value, SMALL_ARGUMENT, FLUENCE_FACTOR_MAX, "fluence_factor",
		                  why);
	if (st != ST_OK)
		return st;
	struct estimate criterion = a->vaporisation_C.value > 0.0 ? a->vaporisation_C : pigment_vaporisation_C();
	if (start_C >= criterion.value)
		return fail_set(why, ST_RANGE, "start_C",
		                "%g C is not below the vaporisation criterion of %g C", start_C,
		                criterion.value);
	struct estimate heating = heating_K_per_J_cm2(a, pulse_s);
	double rise_K = criterion.value - start_C;
	double value = rise_K / (heating.value * fluence_factor.value);
	double spread =
	        hypot(hypot(criterion.sd / rise_K, relative_sd(heating)), relative_sd(fluence_factor));
	*out = (struct estimate){value, value * spread,
	                         criterion.flags | heating.flags | fluence_factor.flags};
	return ST_OK;
}

/* p = Gamma mua phi F x stress confinement; 1 J/cm3 is 1 MPa. */
enum status pigment_pressure_MPa(const struct pigment_absorber *a, double local_J_cm2, double pulse_s,
                                 struct estimate *out, struct fail *why)
{
	enum status st = check_exposure(a, pulse_s, 0.0, why);
	if (st == ST_OK)
		st = check_within(local_J_cm2, 0.0, 1e6, "local_J_cm2", why);
	if (st != ST_OK)
		return st;
	double energy_J_cm3 = absorbed_1_cm(a) * local_J_cm2;
	struct estimate energy = {energy_J_cm3, energy_J_cm3 * relative_sd(a->mua_1_cm), a->mua_1_cm.flags};
	*out = estimate_scale(estimate_mul(a->gruneisen, energy),
	                      pigment_stress_confinement_frac(a, pulse_s));
	return ST_OK;
}

static enum status check_array(const struct pigment_array *array, double pulse_s, struct fail *why)
{
	enum status st = check_within(array->mean_J_cm2, 0.0, 1e4, "mean_J_cm2", why);
	if (st == ST_OK)
		st = check_within(array->microbeam_energy_frac, 0.0, 1.0, "microbeam_energy_frac", why);
	if (st == ST_OK)
		st = check_within(array->microbeam_area_frac, 1e-4, 0.999, "microbeam_area_frac", why);
	if (st == ST_OK)
		st = check_within(array->spread_frac, 0.0, 1.0, "spread_frac", why);
	if (st == ST_OK)
		st = check_within(pulse_s, PIGMENT_PULSE_MIN_S, PIGMENT_PULSE_MAX_S, "pulse_s", why);
	return st;
}

enum status pigment_array_light(const struct pigment_array *array, double pulse_s, bool melanin_seed,
                                struct pigment_array_light *out, struct fail *why)
{
	enum status st = check_array(array, pulse_s, why);
	if (st != ST_OK)
		return st;
	double in_frac = array->microbeam_energy_frac, area_frac = array->microbeam_area_frac;
	double peak_J_cm2 = array->mean_J_cm2 * in_frac / area_frac;
	double between_J_cm2 = array->mean_J_cm2 * (1.0 - in_frac) / (1.0 - area_frac);
	*out = (struct pigment_array_light){
	        .peak_J_cm2 = {peak_J_cm2, peak_J_cm2 * array->spread_frac, VALIDITY_ASSUMED},
	        .background_J_cm2 = {between_J_cm2, between_J_cm2 * array->spread_frac, VALIDITY_ASSUMED},
	        .breakdown_W_cm2 = breakdown_threshold_W_cm2(pulse_s, melanin_seed),
	};
	out->irradiance_W_cm2 = estimate_scale(out->peak_J_cm2, 1.0 / pulse_s);
	out->irradiance_W_cm2.flags |= VALIDITY_MODEL_LIMIT; /* focusing and scattering inside the skin */
	out->breakdown = out->irradiance_W_cm2.value + out->irradiance_W_cm2.sd >=
	                 out->breakdown_W_cm2.value - out->breakdown_W_cm2.sd;
	return ST_OK;
}
