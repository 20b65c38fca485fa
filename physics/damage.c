/* Damage integrals. Between two samples the temperature is taken as linear in time; the exponent
 * x = ln A - Ea/RT is then nearly linear too, and the integral of exp(x) over the segment is its logarithmic
 * mean, which stays right where the rate changes by decades within a step and the trapezoid does not. */
#include "physics/damage.h"
#include "physics/damage_kernel.h"

#include "physics/base/status.h"
#include "physics/base/units.h"

/* E/R = 150 000 cal/mol over 2 cal/mol K, as Henriques & Moritz wrote it. */
#define HENRIQUES_ER_J_MOL (75000.0 * GAS_CONSTANT_J_MOL_K)
#define TWO_BRANCH_JOIN_C 50.0
#define BURN_FLOOR_C 44.0 /* below it skin is not injured: Moritz & Henriques 1947; ASTM F1930, 12.1 */
#define REST_FLOOR_C 37.0 /* tissue at rest accrues nothing */
#define CEM_REFERENCE_C 43.0
#define CEM_VALID_MAX_C 55.0
#define CEM_R_ABOVE 0.5
#define CEM_R_BELOW 0.25
#define S_PER_MIN 60.0

/* Cells under short heat. Henriques' law rests on exposures of a second and more; followed to milliseconds it has
 * cells die at 66 C. Those that were heated so (D. Simanovskii et al., Phys Rev E 2006;74:011915: 0.3 to 100 ms,
 * peaks to 130 C) stood more and answered less steeply: their threshold follows an activation energy of 1 eV. Seen
 * at once, death took 160 C at 0.3 ms (Proc SPIE 2005;5695). The factor is not in the abstracts; it is taken so that
 * 130 C is just lethal in the shortest of these pulses, whose rise and fall count as a tenth of a millisecond: 10^4
 * per second at 130 C; a factor of 3 is 12 K. The two laws then meet at 62.6 C, where Henriques' takes 32 ms:
 * without a step, and within what both were measured in. Omega = 1 takes 100 C for 1 ms, 87 C for 3 ms, 74 C for 10
 * ms. */
#define SHORT_HEAT_EA_J_MOL 96485.33 /* 1 eV */
#define SHORT_HEAT_FACTOR_1_S 3.1696e16
#define SHORT_HEAT_FROM_C 62.649323 /* where both rates are 31.1 per second */

static const struct damage_set sets[DAMAGE_SETS] = {
        [DAMAGE_HENRIQUES_ER75000] =
                {"henriques_er75000",
                 "Henriques & Moritz, E/R = 75 000 K",
                 "Henriques & Moritz, Am J Pathol 1947;23:531 and Henriques, Arch Pathol 1947;43:489",
                 "basal epidermis: Omega 0.53 first, 1 second, 1e4 third degree",
                 {{BURN_FLOOR_C, 3.1e98, HENRIQUES_ER_J_MOL}, {0}},
                 44.0,
                 70.0},
        [DAMAGE_HENRIQUES_EA628] =
                {"henriques_ea628",
                 "Henriques, Ea = 6.28e5 J/mol",
                 "the rounding found in most published codes; 4.9 times slower at 60 C than E/R = 75 000 K",
                 "comparison with codes that use it",
                 {{BURN_FLOOR_C, 3.1e98, 6.28e5}, {0}},
                 44.0,
                 70.0},
        [DAMAGE_GAYLOR] = {"gaylor",
                           "Gaylor, membrane rupture",
                           "Gaylor 1989 (isolated muscle cells)",
                           "cell membrane rupture above 42 C",
                           {{42.0, 2.9e37, 2.4e5}, {0}},
                           42.0,
                           60.0},
        [DAMAGE_WEAVER_STOLL] = {"weaver_stoll",
                                 "Weaver & Stoll, epidermis",
                                 "Weaver & Stoll, Aerospace Med 1969;40:24; ASTM F1930",
                                 "epidermis, with the ASTM property set",
                                 {{BURN_FLOOR_C, 2.185e124, 93534.9 * GAS_CONSTANT_J_MOL_K},
                                  {TWO_BRANCH_JOIN_C, 1.823e51, 39109.8 * GAS_CONSTANT_J_MOL_K}},
                                 44.0,
                                 80.0},
        [DAMAGE_TAKATA] = {"takata",
                           "Takata, dermis",
                           "Takata, Aerospace Med 1974;45:634; ASTM F1930",
                           "dermis, with the ASTM property set",
                           {{BURN_FLOOR_C, 4.322e64, 50000.0 * GAS_CONSTANT_J_MOL_K},
                            {TWO_BRANCH_JOIN_C, 9.389e104, 80000.0 * GAS_CONSTANT_J_MOL_K}},
                           44.0,
                           80.0},
        [DAMAGE_DILLER_KLUTKE] = {"diller_klutke",
                                  "Diller & Klutke",
                                  "Diller & Klutke, ASME HTD 1993;268:117",
                                  "refit of the burn data of 1947",
                                  {{BURN_FLOOR_C, 8.82e94, 6.03e5}, {0}},
                                  44.0,
                                  70.0},
        [DAMAGE_COLLAGEN_PEARCE] =
                {"collagen_pearce",
                 "Collagen, birefringence loss",
                 "Pearce & Thomsen 1995, in Welch & van Gemert, Optical-Thermal Response, ch. 17",
                 "dermal coagulation, edge of the zone in H&E",
                 {{REST_FLOOR_C, 1.606e45, 3.06e5}, {0}},
                 55.0,
                 100.0},
        [DAMAGE_COLLAGEN_AKSAN] = {"collagen_aksan",
                                   "Collagen, patellar tendon",
                                   "Aksan et al. 2005 (recalled)",
                                   "collagen denaturation, onset",
                                   {{REST_FLOOR_C, 1.14e86, 5.623e5}, {0}},
                                   55.0,
                                   80.0},
        [DAMAGE_BULK_SKIN_PFEFER] = {"bulk_skin_pfefer",
                                     "Bulk skin, port-wine stain models",
                                     "constants of Pfefer's port-wine stain models (recalled)",
                                     "perivascular dermis",
                                     {{REST_FLOOR_C, 1.18e44, 3.02e5}, {0}},
                                     55.0,
                                     100.0},
        [DAMAGE_WHOLE_BLOOD] = {"whole_blood",
                                "Whole blood, coagulation",
                                "Lepock et al. 1993 (haemoglobin), as used in port-wine stain models",
                                "vessel coagulation",
                                {{REST_FLOOR_C, 7.6e66, 4.55e5}, {0}},
                                60.0,
                                100.0},
        [DAMAGE_AGAH_AORTA] = {"agah_aorta",
                               "Aorta",
                               "Agah et al., Lasers Surg Med 1994;15:176",
                               "vessel wall",
                               {{REST_FLOOR_C, 5.6e63, 4.3e5}, {0}},
                               55.0,
                               90.0},
        [DAMAGE_BROWN_MICROVASCULAR] = {"brown_microvascular",
                                        "Microvascular blood flow",
                                        "Brown 1993 (recalled)",
                                        "vessel shutdown",
                                        {{REST_FLOOR_C, 1.98e106, 6.67e5}, {0}},
                                        42.0,
                                        60.0},
        [DAMAGE_EPIDERMIS] = {"epidermis",
                              "Epidermis: Henriques & Moritz, under milliseconds Simanovskii",
                              "Henriques & Moritz 1947; D. Simanovskii et al., Phys Rev E 2006;74:011915",
                              "basal epidermis under light, milliseconds to hours",
                              {{BURN_FLOOR_C, 3.1e98, HENRIQUES_ER_J_MOL},
                               {SHORT_HEAT_FROM_C, SHORT_HEAT_FACTOR_1_S, SHORT_HEAT_EA_J_MOL}},
                              44.0,
                              130.0},
        [DAMAGE_COLLAGEN_ONSET] = {"collagen_onset",
                                   "Collagen, first denaturation",
                                   "Maitland & Walsh, Lasers Surg Med 1997;20:310 (rat tail tendon, recalled)",
                                   "dermal shrinkage begins",
                                   {{REST_FLOOR_C, 6.66e79, 5.21e5}, {0}},
                                   55.0,
                                   85.0},
};

static double history_C(const struct damage_history *history, double factor, size_t i)
{
	return history->base_C[i] + (history->response ? factor * history->response[i] : 0.0);
}

const struct damage_set *damage_set(enum damage_set_id id)
{
	BUG_ON((unsigned)id >= DAMAGE_SETS);
	return &sets[id];
}

static int branch_count(const struct damage_set *set)
{
	return set->branch[1].frequency_factor_1_s > 0.0 ? 2 : 1;
}

static struct damage_kinetics kinetics_of(const struct damage_set *set, int index)
{
	const struct damage_branch *branch = &set->branch[index];
	return (struct damage_kinetics){
	        .from_C = branch->from_C,
	        .to_C = index + 1 < branch_count(set) ? set->branch[index + 1].from_C : INFINITY,
	        .log_factor = log(branch->frequency_factor_1_s),
	        .barrier_K = branch->activation_energy_J_mol / GAS_CONSTANT_J_MOL_K,
	};
}

static double exponent(const struct damage_kinetics *kinetics, double temperature_C)
{
	return kinetics->log_factor - kinetics->barrier_K / kelvin_from_C(temperature_C);
}

double damage_rate_1_s(const struct damage_set *set, double temperature_C)
{
	for (int i = branch_count(set) - 1; i >= 0; i--) {
		struct damage_kinetics kinetics = kinetics_of(set, i);
		if (temperature_C >= kinetics.from_C)
			return exp(exponent(&kinetics, temperature_C));
	}
	return 0.0;
}

/* Mean of exp(x) for x linear from x0 to x1: (e1 - e0)/(x1 - x0); by series where the difference cancels. */
static double logarithmic_mean(double x0, double e0, double x1, double e1)
{
	double difference = x1 - x0;
	if (fabs(difference) < 1e-4)
		return 0.5 * (e0 + e1); /* relative error difference^2 / 12 < 1e-9 */
	return (e1 - e0) / difference;
}

struct damage_integral damage_integral_of(const struct damage_set *set, double cutoff_C)
{
	struct damage_integral integral = {.branches = (size_t)branch_count(set), .cutoff_C = cutoff_C};
	for (size_t i = 0; i < integral.branches; i++)
		integral.kinetics[i] = kinetics_of(set, (int)i);
	return integral;
}

double damage_integral_omega(const struct damage_integral *integral, const double *time_s, const double *temperature_C,
                             size_t count)
{
	double omega = 0.0;
	for (size_t b = 0; b < integral->branches; b++)
		omega += damage_kernel_omega(&integral->kinetics[b], integral->cutoff_C, time_s, temperature_C, count);
	return omega;
}

double damage_omega_linear(const struct damage_set *set, const struct damage_history *history, double factor,
                           double cutoff_C)
{
	const struct damage_integral integral = damage_integral_of(set, cutoff_C);
	double temperature_C[DAMAGE_NODES], omega = 0.0;
	for (size_t from = 0; from + 1 < history->count; from += DAMAGE_NODES - 1) {
		size_t nodes = history->count - from < DAMAGE_NODES ? history->count - from : DAMAGE_NODES;
		for (size_t i = 0; i < nodes; i++)
			temperature_C[i] = history_C(history, factor, from + i);
		omega += damage_integral_omega(&integral, history->time_s + from, temperature_C, nodes);
	}
	return omega;
}

double damage_omega(const struct damage_set *set, const double *time_s, const double *temperature_C,
                    size_t count)
{
	struct damage_history history = {count, time_s, temperature_C, NULL};
	return damage_omega_linear(set, &history, 0.0, -INFINITY);
}

/* Omega = A t exp(-Ea/RT) = 1  =>  T = Ea / (R ln(A t)), in the lowest branch that holds it. */
double damage_threshold_C(const struct damage_set *set, double duration_s)
{
	BUG_ON(!(duration_s > 0.0));
	for (int i = 0;; i++) {
		struct damage_kinetics kinetics = kinetics_of(set, i);
		double log_product = kinetics.log_factor + log(duration_s);
		double threshold_C =
		        log_product > 0.0 ? kinetics.barrier_K / log_product - ZERO_CELSIUS_K : INFINITY;
		if (threshold_C < kinetics.to_C || isinf(kinetics.to_C))
			return fmax(threshold_C, kinetics.from_C);
	}
}

double damage_fraction(double omega)
{
	return -expm1(-omega);
}

/* Integral of R^(43 - T) over a segment linear in T that lies on one side of 43 C: exact. */
static double cem_side(double duration_s, double first_C, double last_C, double ratio)
{
	double slope = -log(ratio), x0 = (first_C - CEM_REFERENCE_C) * slope,
	       x1 = (last_C - CEM_REFERENCE_C) * slope;
	return duration_s * logarithmic_mean(x0, exp(x0), x1, exp(x1));
}

static double cem_segment(double duration_s, double first_C, double last_C)
{
	double low_C = fmin(first_C, last_C), high_C = fmax(first_C, last_C);
	if (low_C >= CEM_REFERENCE_C)
		return cem_side(duration_s, low_C, high_C, CEM_R_ABOVE);
	if (high_C <= CEM_REFERENCE_C)
		return cem_side(duration_s, low_C, high_C, CEM_R_BELOW);
	double above_frac = (high_C - CEM_REFERENCE_C) / (high_C - low_C);
	return cem_side(duration_s * (1.0 - above_frac), low_C, CEM_REFERENCE_C, CEM_R_BELOW) +
	       cem_side(duration_s * above_frac, CEM_REFERENCE_C, high_C, CEM_R_ABOVE);
}

double damage_cem43_linear_min(const struct damage_history *history, double factor, bool *valid)
{
	double sum_s = 0.0, first_C = 0.0, hottest_C = -INFINITY;
	for (size_t i = 0; i < history->count; i++) {
		double last_C = history_C(history, factor, i);
		double duration_s = i > 0 ? history->time_s[i] - history->time_s[i - 1] : 0.0;
		if (duration_s > 0.0)
			sum_s += cem_segment(duration_s, first_C, last_C);
		hottest_C = last_C > hottest_C ? last_C : hottest_C;
		first_C = last_C;
	}
	if (valid)
		*valid = hottest_C <= CEM_VALID_MAX_C;
	return sum_s / S_PER_MIN;
}

double damage_cem43_min(const double *time_s, const double *temperature_C, size_t count, bool *valid)
{
	struct damage_history history = {count, time_s, temperature_C, NULL};
	return damage_cem43_linear_min(&history, 0.0, valid);
}
