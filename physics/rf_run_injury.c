/* Peak, Arrhenius integrals and CEM43 of every cell while the run goes on. Within a step the exponent is
 * taken as linear in time: its integral is the logarithmic mean of the rates at both ends (as in damage.c).
 */
#include "physics/rf_run_private.h"

#include "physics/base/units.h"

#define COLD_C 37.0     /* below it no set accrues */
#define CEM_COLD_C 39.0 /* Sapareto & Dewey 1984: no dose below 39 C */
#define CEM_REFERENCE_C 43.0
#define S_PER_MIN 60.0

static struct rf_kinetics kinetics_of(const struct damage_set *set)
{
	struct rf_kinetics k = {0};
	for (int i = 0; i < 2 && (i == 0 || set->branch[i].frequency_factor_1_s > 0.0); i++) {
		k.from_C[i] = set->branch[i].from_C;
		k.log_factor[i] = log(set->branch[i].frequency_factor_1_s);
		k.barrier_K[i] = set->branch[i].activation_energy_J_mol / GAS_CONSTANT_J_MOL_K;
		k.branches = i + 1;
	}
	return k;
}

static double rate_1_s(const struct rf_kinetics *k, double temperature_C)
{
	if (temperature_C <= COLD_C)
		return 0.0;
	for (int i = k->branches - 1; i >= 0; i--)
		if (temperature_C >= k->from_C[i])
			return exp(k->log_factor[i] - k->barrier_K[i] / kelvin_from_C(temperature_C));
	return 0.0;
}

static double cem_rate(double temperature_C)
{
	if (temperature_C < CEM_COLD_C)
		return 0.0;
	double above_K = temperature_C - CEM_REFERENCE_C;
	return exp2(above_K >= 0.0 ? above_K : 2.0 * above_K);
}

/* Logarithmic mean; from or to nothing the plain mean. */
static double mean_rate(double a, double b)
{
	if (a <= 0.0 || b <= 0.0 || fabs(a - b) <= 1e-4 * a)
		return 0.5 * (a + b);
	return (b - a) / log(b / a);
}

static void accrue(const struct rf_kinetics *k, double temperature_C, double step_s, double *omega,
                   double *rate)
{
	double now = rate_1_s(k, temperature_C);
	if (now > 0.0 || *rate > 0.0)
		*omega += step_s * mean_rate(*rate, now);
	*rate = now;
}

void rf_run_injury_start(struct rf_run *run)
{
	size_t cells = run->grid->cells;
	run->vessel_kinetics = kinetics_of(damage_set(DAMAGE_BROWN_MICROVASCULAR));
	for (size_t i = 0; i < run->problem.sets; i++)
		run->kinetics[i] = kinetics_of(damage_set(run->problem.set[i]));
	for (size_t n = 0; n < cells; n++) {
		double t = run->heat.temperature_C[n];
		run->peak_C[n] = t;
		run->cem_rate[n] = cem_rate(t);
		run->vessel_rate[n] = rate_1_s(&run->vessel_kinetics, t);
		for (size_t i = 0; i < run->problem.sets; i++)
			run->omega_rate[i * cells + n] = rate_1_s(&run->kinetics[i], t);
	}
}

void rf_run_injure(struct rf_run *run, double step_s)
{
	size_t cells = run->grid->cells;
	for (size_t n = 0; n < cells; n++) {
		double t = run->heat.temperature_C[n], before = run->before_C[n];
		run->peak_C[n] = fmax(run->peak_C[n], t);
		if (t <= COLD_C && before <= COLD_C)
			continue;
		double rate = cem_rate(t);
		run->cem43_min[n] += step_s / S_PER_MIN * mean_rate(run->cem_rate[n], rate);
		run->cem_rate[n] = rate;
		if (run->problem.perfusion.stops)
			accrue(&run->vessel_kinetics, t, step_s, &run->vessels[n], &run->vessel_rate[n]);
		for (size_t i = 0; i < run->problem.sets; i++)
			accrue(&run->kinetics[i], t, step_s, &run->omega[i * cells + n],
			       &run->omega_rate[i * cells + n]);
	}
}
