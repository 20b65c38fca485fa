/* What living skin does against heat: blood, and what the surface loses beyond a constant h.
 *
 * Used by direct runs only (heat_problem.living): none of it is linear in dose. */
#include "physics/heat_private.h"

#include "physics/base/units.h"
#include "physics/damage.h"

/* ---- blood ----
 * Flow a vessel bed settles to, over that at rest: 1 + (M - 1) exp(-(T - 45)^2 / 12) below 45 C, M above; the form
 * and M = 4.0 / 0.45 of muscle: J. Lang, B. Erdmann, M. Seebass, IEEE Trans Biomed Eng 1999;46:1129, eq. (5).
 * Skin under local heating reaches about ten times its flow at 42-44 C (J. Johnson, C. Minson, D. Kellogg, Compr
 * Physiol 2014;4:33), with a first peak after 3-5 min: it follows with a time constant of 100 s (design value
 * inside that). Vessels close as they are injured, by exp(-Omega) of D. Brown et al. 1993 (microvasculature),
 * as D. Schutt and D. Haemmerich, Med Phys 2008;35:3462, do. Range: 20-60 C; above, vessels are shut. */
#define FLOW_MOST (4.0 / 0.45)
#define FLOW_PEAK_C 45.0
#define FLOW_WIDTH_K2 12.0
#define FLOW_FOLLOWS_S 100.0

double heat_flow_settled_frac(double temperature_C)
{
	double below_K = fmin(temperature_C - FLOW_PEAK_C, 0.0);
	return 1.0 + (FLOW_MOST - 1.0) * exp(-below_K * below_K / FLOW_WIDTH_K2);
}

void heat_blood_advance(struct heat_blood *blood, double temperature_C, double duration_s)
{
	double settled = heat_flow_settled_frac(temperature_C);
	blood->flow_frac += (settled - blood->flow_frac) * -expm1(-duration_s / FLOW_FOLLOWS_S);
	blood->omega += damage_rate_1_s(damage_set(DAMAGE_BROWN_MICROVASCULAR), temperature_C) * duration_s;
}

double heat_blood_frac(const struct heat_blood *blood)
{
	return blood->flow_frac * exp(-blood->omega);
}

/* Blood is taken as constant within a step: a tenth of the time it follows in, and where vessels are closing no more
 * than a fifth of an Omega. */
#define STEP_FOLLOWS_FRAC 0.1
#define STEP_OMEGA 0.2
#define CLOSED_OMEGA 5.0

double heat_blood_step_s(const struct heat_blood *blood, const double *folded_C, size_t cells)
{
	double fastest_1_s = STEP_OMEGA / (STEP_FOLLOWS_FRAC * FLOW_FOLLOWS_S);
	for (size_t i = 0; i < cells; i++)
		if (blood[i].flow_frac > 0.0 && blood[i].omega < CLOSED_OMEGA)
			fastest_1_s = fmax(fastest_1_s, damage_rate_1_s(damage_set(DAMAGE_BROWN_MICROVASCULAR),
			                                                folded_C[heat_fold_at(cells, i, 0)]));
	return STEP_OMEGA / fastest_1_s;
}

/* ---- the surface ----
 * Radiation: e sigma (Ts^4 - Ta^4) / (Ts - Ta), emissivity of skin 0.98 (textbook). Water through the horny layer:
 * 10 g/m2 h at 33 C (5-12 on the forearm) in proportion to the vapour pressure below it, O. Alduchov and R.
 * Eskridge, J Appl Meteorol 1996;35:601, eq. (21); 2.4 kJ/g. Both are inside a constant h at 33 C already, so only
 * what they grow by is added to it. Range: dry, unbroken skin, 0-100 C. */
#define EMISSIVITY 0.98
#define STEFAN_W_m2K4 5.670374e-8
#define KELVIN 273.15
#define REST_C 33.0
#define WATER_LOSS_W_m2 (10.0 / 3600.0 * 2400.0)
#define LEAST_DIFFERENCE_K 1.0

static double radiation_W_m2(double surface_C, double ambient_C)
{
	return EMISSIVITY * STEFAN_W_m2K4 * (pow(surface_C + KELVIN, 4.0) - pow(ambient_C + KELVIN, 4.0));
}

static double vapour_hPa(double temperature_C)
{
	return 6.1094 * exp(17.625 * temperature_C / (temperature_C + 243.04));
}

static double nonlinear_loss_W_m2K(double surface_C, double ambient_C)
{
	double difference_K = fmax(surface_C - ambient_C, LEAST_DIFFERENCE_K);
	double water_W_m2 = WATER_LOSS_W_m2 * vapour_hPa(surface_C) / vapour_hPa(REST_C);
	return (radiation_W_m2(ambient_C + difference_K, ambient_C) + water_W_m2) / difference_K;
}

double heat_air_W_m2K(double at_rest_W_m2K, double surface_C, double ambient_C)
{
	double rest_C = fmax(REST_C, ambient_C + LEAST_DIFFERENCE_K);
	double grown_W_m2K = nonlinear_loss_W_m2K(surface_C, ambient_C) - nonlinear_loss_W_m2K(rest_C, ambient_C);
	return fmax(at_rest_W_m2K + grown_W_m2K, 0.0);
}
