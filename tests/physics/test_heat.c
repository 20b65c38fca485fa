/* The heat solver against closed forms, its own limits, and what it must refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/heat.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SINGLE_FRAC 1e-7 /* histories are kept in single precision: 6e-8, of 35 C and of what was absorbed */

/* Dermis-like: kappa = 1.1e-7 m2/s. */
static const struct heat_layer dermis = {20000.0, 0.42, 1100.0, 3500.0, 0.0, 0.7};

static double diffusivity(const struct heat_layer *layer)
{
	return layer->conductivity_W_mK / (layer->density_kg_m3 * layer->heat_capacity_J_kgK);
}

static struct heat_problem insulated(const struct heat_layer *layer, size_t layers)
{
	return (struct heat_problem){.layers = layers,
	                             .layer = layer,
	                             .surface_C = 35.0,
	                             .core_C = 35.0,
	                             .surface = {.ambient_h_W_m2K = 0.0, .ambient_C = 35.0},
	                             .pulses = {.duration_s = 1e-6, .count = 1}};
}

static struct heat *solved(const struct heat_problem *problem)
{
	struct heat *solver = NULL;
	struct fail why = {0};
	enum status status = heat_new(problem, &solver, &why);
	if (status != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return solver;
}

static void assert_near_frac(double got, double expected, double allowed_frac)
{
	if (!(fabs(got - expected) <= allowed_frac * fabs(expected)))
		fail_msg("got %.9g, expected %.9g: off by %.3g %%", got, expected,
		         100.0 * (got / expected - 1.0));
}

static void assert_near(double got, double expected, double allowed)
{
	if (!(fabs(got - expected) <= allowed))
		fail_msg("got %.9g, expected %.9g, allowed +-%.3g", got, expected, allowed);
}

/* Response at a depth and the last node. */
static double response_at_end(const struct heat *solver, double depth_um)
{
	double value[HEAT_CELLS_MAX + 1];
	for (size_t row = 0; row < heat_rows(solver); row++)
		value[row] = heat_response(solver, row)[heat_steps(solver) - 1];
	return heat_at_depth(solver, value, depth_um);
}

static double base_at_end(const struct heat *solver, double depth_um)
{
	double value[HEAT_CELLS_MAX + 1];
	for (size_t row = 0; row < heat_rows(solver); row++)
		value[row] = heat_base(solver, row)[heat_steps(solver) - 1];
	return heat_at_depth(solver, value, depth_um);
}

/* Exponential absorption on the solver's own cells, exact bin means; the arrays are the caller's. */
static struct heat_source exponential(const struct heat_problem *problem, double mua_1_cm, double *edge_um,
                                      double *value)
{
	size_t edges = 0;
	struct fail why = {0};
	assert_int_equal(heat_grid(problem->layers, problem->layer, &problem->options, edge_um,
	                           HEAT_CELLS_MAX + 1, &edges, &why),
	                 ST_OK);
	for (size_t i = 0; i + 1 < edges; i++) {
		double top_cm = edge_um[i] * CM_PER_UM, bottom_cm = edge_um[i + 1] * CM_PER_UM;
		value[i] = (exp(-mua_1_cm * top_cm) - exp(-mua_1_cm * bottom_cm)) / (bottom_cm - top_cm);
	}
	return (struct heat_source){edges - 1, edge_um, value};
}

/* ---- closed forms ---- */

/* Carslaw & Jaeger 1959, 2.9 eq. 7: T = 2q/k (sqrt(kappa t/pi) exp(-z2/4 kappa t) - z/2 erfc(z/(2 sqrt(kappa
 * t)))). */
static double constant_flux(double flux_W_m2, double z_m, double time_s)
{
	double spread_m = sqrt(diffusivity(&dermis) * time_s);
	return 2.0 * flux_W_m2 / dermis.conductivity_W_mK *
	       (spread_m / sqrt(PI) * exp(-z_m * z_m / (4.0 * spread_m * spread_m)) -
	        0.5 * z_m * erfc(z_m / (2.0 * spread_m)));
}

static void constant_flux_into_half_space(void **state)
{
	(void)state;
	const double edge_um[] = {0.0, 0.25};
	const double all_absorbed_1_cm[] = {1.0 / (0.25 * CM_PER_UM)};
	struct heat_problem problem = insulated(&dermis, 1);
	problem.options.finest_um = 0.5;
	problem.source = (struct heat_source){1, edge_um, all_absorbed_1_cm};
	problem.pulses.duration_s = 1.0;
	problem.end_s = 1.0;
	struct heat *solver = solved(&problem);
	/* 1 J/cm2 in 1 s is 1e4 W/m2. */
	for (size_t row = 0; heat_depth_um(solver)[row] < 600.0; row++)
		assert_near_frac(heat_response(solver, row)[heat_steps(solver) - 1],
		                 constant_flux(1e4, heat_depth_um(solver)[row] * M_PER_UM, 1.0), 1e-3);
	heat_free(&solver);
	assert_null(solver);
}

/* A pulse in parts is a sum of constant fluxes that start and stop: exact by superposition. */
static void pulse_in_parts(void **state)
{
	(void)state;
	static const double slice_frac[] = {0.5, 0.0, 0.125, 0.375};
	const double edge_um[] = {0.0, 0.25};
	const double all_absorbed_1_cm[] = {1.0 / (0.25 * CM_PER_UM)};
	struct heat_problem problem = insulated(&dermis, 1);
	problem.options.finest_um = 0.5;
	problem.source = (struct heat_source){1, edge_um, all_absorbed_1_cm};
	problem.pulses = (struct heat_pulses){
	        .duration_s = 0.8, .count = 1, .slices = COUNT(slice_frac), .slice_frac = slice_frac};
	problem.end_s = 1.0;
	struct heat *solver = solved(&problem);
	for (size_t row = 0; heat_depth_um(solver)[row] < 400.0; row++) {
		double z_m = heat_depth_um(solver)[row] * M_PER_UM, expected = 0.0;
		for (size_t i = 0; i < COUNT(slice_frac); i++) {
			double flux_W_m2 = 1e4 * slice_frac[i] / 0.2, since_s = 1.0 - 0.2 * (double)i;
			expected += constant_flux(flux_W_m2, z_m, since_s);
			expected -= since_s > 0.2 + 1e-9 ? constant_flux(flux_W_m2, z_m, since_s - 0.2) : 0.0;
		}
		assert_near_frac(heat_response(solver, row)[heat_steps(solver) - 1], expected, 2e-3);
	}
	heat_free(&solver);
}

/* Conductivity that follows temperature, k = k0 (1 + b (T - 37)): in a slab between two held faces the integral of k dT
 * is straight (Kirchhoff; Carslaw & Jaeger 1959, 1.6). */
static void warm_tissue_conducts_better(void **state)
{
	(void)state;
	static const struct heat_layer slab[] = {{1000.0, 0.5, 1000.0, 4000.0, 0.0, 0.7}};
	const struct heat_stage hot = {0.0, 60.0, INFINITY, 95.0};
	struct heat_problem problem = {.layers = 1,
	                               .layer = slab,
	                               .surface_C = 37.0,
	                               .core_C = 37.0,
	                               .surface = {10.0, NAN, 1, &hot},
	                               .end_s = 60.0};
	struct heat *solver = NULL;
	struct fail why = {0};
	if (heat_new_boiling(&problem, 0.0, true, &solver, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	const double b = 0.0025, rise_K = 95.0 - 37.0, whole = rise_K + 0.5 * b * rise_K * rise_K;
	for (size_t row = 1; row < heat_rows(solver); row += 5) {
		double left = whole * (1.0 - heat_depth_um(solver)[row] / 1000.0);
		double want_K = (sqrt(1.0 + 2.0 * b * left) - 1.0) / b;
		assert_near(heat_base(solver, row)[heat_steps(solver) - 1], 37.0 + want_K, 2e-3 * rise_K);
	}
	heat_free(&solver);
}

/* Carslaw & Jaeger 1959, 2.7 eq. 5: (T - Ti)/(Tm - Ti) = erfc(x) - exp(h z/k + b2) erfc(x + b),
 * x = z/(2 sqrt(kappa t)), b = h sqrt(kappa t)/k. */
static double convective(double h_W_m2K, double z_m, double time_s)
{
	double spread_m = sqrt(diffusivity(&dermis) * time_s), x = z_m / (2.0 * spread_m);
	double b = h_W_m2K * spread_m / dermis.conductivity_W_mK;
	return erfc(x) - exp(h_W_m2K * z_m / dermis.conductivity_W_mK + b * b) * erfc(x + b);
}

static void convective_surface(void **state)
{
	(void)state;
	static const double h_W_m2K[] = {10.0, 200.0, 4500.0};
	for (size_t i = 0; i < COUNT(h_W_m2K); i++) {
		const struct heat_stage stage = {0.0, 2.0, h_W_m2K[i], -35.0};
		struct heat_problem problem = insulated(&dermis, 1);
		problem.surface.stages = 1;
		problem.surface.stage = &stage;
		struct heat *solver = solved(&problem);
		static const double depth_um[] = {0.0, 50.0, 300.0};
		for (size_t d = 0; d < COUNT(depth_um); d++)
			assert_near(base_at_end(solver, depth_um[d]),
			            35.0 - 70.0 * convective(h_W_m2K[i], depth_um[d] * M_PER_UM, 2.0),
			            1e-3 * 70.0);
		/* The surface itself to 0.1 % of its change. */
		assert_near_frac(base_at_end(solver, 0.0) - 35.0, -70.0 * convective(h_W_m2K[i], 0.0, 2.0),
		                 1e-3);
		heat_free(&solver);
	}
}

/* A surface held at a temperature is the limit h = infinity: erfc(x). */
static void held_surface(void **state)
{
	(void)state;
	const struct heat_stage stage = {0.0, 5.0, INFINITY, 60.0};
	struct heat_problem problem = insulated(&dermis, 1);
	problem.surface.stages = 1;
	problem.surface.stage = &stage;
	struct heat *solver = solved(&problem);
	double spread_m = sqrt(diffusivity(&dermis) * 5.0);
	assert_near(base_at_end(solver, 0.0), 60.0, 1e-9);
	assert_near_frac(base_at_end(solver, 80.0) - 35.0, 25.0 * erfc(80e-6 / (2.0 * spread_m)), 1e-3);
	assert_near_frac(base_at_end(solver, 800.0) - 35.0, 25.0 * erfc(800e-6 / (2.0 * spread_m)), 1e-3);
	heat_free(&solver);
}

/* exp(-a z) at t = 0 under an insulated surface (image of the surface, Carslaw & Jaeger 2.2):
 * T/T0 = exp(a2 D)/2 (exp(-a z) erfc(a s - z/2s) + exp(a z) erfc(a s + z/2s)), s = sqrt(D), D = kappa t. */
static double exponential_decay(double a_1_m, double z_m, double time_s)
{
	double spread_m = sqrt(diffusivity(&dermis) * time_s), b = a_1_m * spread_m,
	       x = z_m / (2.0 * spread_m);
	double image = b + x < 26.0 ? exp(b * b + a_1_m * z_m) * erfc(b + x) : 0.0; /* below: inf x 0 */
	return 0.5 * (exp(b * b - a_1_m * z_m) * erfc(b - x) + image);
}

static double exponential_worst_frac(double refine, double tolerance, double mua_1_cm, double end_s)
{
	double edge_um[HEAT_CELLS_MAX + 1], value[HEAT_CELLS_MAX + 1], worst = 0.0;
	struct heat_problem problem = insulated(&dermis, 1);
	double finest_um = fmin(2.0, 0.05 * UM_PER_CM / mua_1_cm); /* a twentieth of the absorption length */
	problem.options = (struct heat_options){.finest_um = finest_um, .refine = refine, .time_tolerance = tolerance};
	problem.source = exponential(&problem, mua_1_cm, edge_um, value);
	problem.pulses.duration_s = 1e-9;
	problem.end_s = end_s;
	struct heat *solver = solved(&problem);
	double initial_K =
	        mua_1_cm * 1e6 / (dermis.density_kg_m3 * dermis.heat_capacity_J_kgK); /* per J/cm2 */
	for (size_t row = 0; row < heat_rows(solver); row++) {
		double expected =
		        exponential_decay(mua_1_cm * 100.0, heat_depth_um(solver)[row] * M_PER_UM, end_s);
		double got = heat_response(solver, row)[heat_steps(solver) - 1] / initial_K;
		worst = fmax(worst, fabs(got - expected) / exponential_decay(mua_1_cm * 100.0, 0.0, end_s));
	}
	heat_free(&solver);
	return worst;
}

static void exponential_source_decays(void **state)
{
	(void)state;
	static const double mua_1_cm[] = {10.0, 100.0, 500.0}, end_s[] = {0.001, 0.05, 1.0};
	/* Errors are judged by what is left at end_s (6 % of the peak at worst), the step control by the
	 * peak. */
	for (size_t i = 0; i < COUNT(mua_1_cm); i++)
		for (size_t j = 0; j < COUNT(end_s); j++)
			assert_true(exponential_worst_frac(1.0, 1e-4, mua_1_cm[i], end_s[j]) < 1e-3);
}

/* Halving the cells quarters the error: second order in space on a graded grid. */
static void second_order_in_space(void **state)
{
	(void)state;
	double coarse = exponential_worst_frac(0.5, 1e-6, 100.0, 0.05);
	double fine = exponential_worst_frac(1.0, 1e-6, 100.0, 0.05);
	double finest = exponential_worst_frac(2.0, 1e-6, 100.0, 0.05);
	print_message("space: errors %.2e %.2e %.2e, observed order %.2f %.2f\n", coarse, fine, finest,
	              log2(coarse / fine), log2(fine / finest));
	assert_in_range((uintmax_t)(100.0 * log2(coarse / fine)), 170, 240);
	assert_in_range((uintmax_t)(100.0 * log2(fine / finest)), 170, 240);
}

/* Largest difference of the surface history to a much finer run at the same cells. */
static double time_error_frac(double tolerance, size_t *steps)
{
	double edge_um[HEAT_CELLS_MAX + 1], value[HEAT_CELLS_MAX + 1];
	struct heat_problem problem = insulated(&dermis, 1);
	problem.source = exponential(&problem, 100.0, edge_um, value);
	problem.pulses.duration_s = 0.01;
	problem.end_s = 0.5;
	problem.options.time_tolerance = 2e-6;
	struct heat *reference = solved(&problem);
	problem.options.time_tolerance = tolerance;
	struct heat *solver = solved(&problem);
	const double *time_s = heat_time_s(reference);
	const float *good = heat_response(reference, 1);
	double worst = 0.0, largest = 0.0;
	for (size_t i = 0, j = 0; i < heat_steps(reference); i++) {
		while (j + 2 < heat_steps(solver) && heat_time_s(solver)[j + 1] < time_s[i])
			j++;
		double t0 = heat_time_s(solver)[j], t1 = heat_time_s(solver)[j + 1];
		double w = t1 > t0 ? (time_s[i] - t0) / (t1 - t0) : 0.0;
		double before = (double)heat_response(solver, 1)[j], after = (double)heat_response(solver, 1)[j + 1];
		worst = fmax(worst, fabs((1.0 - w) * before + w * after - (double)good[i]));
		largest = fmax(largest, (double)good[i]);
	}
	*steps = heat_steps(solver);
	heat_free(&solver);
	heat_free(&reference);
	return worst / largest;
}

/* The error of the whole piecewise linear history follows the tolerance, with steps growing as its root. */
static void second_order_in_time(void **state)
{
	(void)state;
	size_t coarse_steps = 0, fine_steps = 0;
	double coarse = time_error_frac(2e-3, &coarse_steps), fine = time_error_frac(1.25e-4, &fine_steps);
	double order = log(coarse / fine) / log((double)fine_steps / (double)coarse_steps);
	print_message("time: errors %.2e (%zu steps) %.2e (%zu steps), observed order %.2f\n", coarse,
	              coarse_steps, fine, fine_steps, order);
	assert_true(order > 1.7 && order < 3.0);
	assert_true(fine < 2.0 * 1.25e-4);
}

static void short_pulse_is_adiabatic(void **state)
{
	(void)state;
	double edge_um[HEAT_CELLS_MAX + 1], value[HEAT_CELLS_MAX + 1], peak_C[HEAT_CELLS_MAX + 1];
	struct heat_problem problem = insulated(&dermis, 1);
	problem.source = exponential(&problem, 80.0, edge_um, value);
	problem.pulses.duration_s = 450e-12;
	struct heat *solver = solved(&problem);
	struct heat_damage damage = {.peak_C = peak_C};
	struct heat_peak peak;
	assert_int_equal(heat_evaluate(solver, 2.0, &damage, &peak, NULL), ST_OK);
	double rise_K = 2.0 * value[0] * 1e6 / (dermis.density_kg_m3 * dermis.heat_capacity_J_kgK);
	assert_near_frac(peak_C[1] - 35.0, rise_K, SINGLE_FRAC);
	assert_near_frac(peak.temperature_C - 35.0, rise_K, SINGLE_FRAC);
	assert_near(peak.time_s, 0.0, 0.0);
	heat_free(&solver);
}

/* A short pulse that is still resolved in time agrees with one deposited at once. */
static void instant_and_resolved_pulses_agree(void **state)
{
	(void)state;
	double edge_um[HEAT_CELLS_MAX + 1], value[HEAT_CELLS_MAX + 1];
	struct heat_problem problem = insulated(&dermis, 1);
	problem.source = exponential(&problem, 50.0, edge_um, value);
	problem.end_s = 0.1;
	problem.pulses.duration_s = 1e-9;
	struct heat *instant = solved(&problem);
	problem.pulses.duration_s = 20e-6;
	struct heat *resolved = solved(&problem);
	assert_near_frac(response_at_end(resolved, 50.0), response_at_end(instant, 50.0), 5e-4);
	heat_free(&instant);
	heat_free(&resolved);
}

/* Pennes, uniform perfusion: (T - Tc)/(Ts - Tc) = sinh(m (L - z))/sinh(m L), m2 = w rho_b c_b/k. */
static void steady_perfused_profile(void **state)
{
	(void)state;
	struct heat_layer layer = dermis;
	layer.perfusion_1_s = 0.002;
	struct heat_problem problem = insulated(&layer, 1);
	problem.surface_C = 32.0;
	problem.core_C = 37.0;
	problem.surface = heat_still_air();
	problem.end_s = 30.0;
	struct heat *solver = solved(&problem);
	double m_1_m = sqrt(0.002 * 1050.0 * 3617.0 / layer.conductivity_W_mK), length_m = 0.02;
	static const double depth_um[] = {200.0, 2000.0, 10000.0};
	for (size_t d = 0; d < COUNT(depth_um); d++) {
		double expected = sinh(m_1_m * (length_m - depth_um[d] * M_PER_UM)) / sinh(m_1_m * length_m);
		assert_near((base_at_end(solver, depth_um[d]) - 37.0) / -5.0, expected, 1e-3);
	}
	/* The balanced ambient keeps the state: flux k m (Tc - Ts)/tanh(m L) leaves through h. */
	double flux_W_m2 = layer.conductivity_W_mK * m_1_m * 5.0 / tanh(m_1_m * length_m);
	assert_near_frac(32.0 - heat_ambient_C(solver), flux_W_m2 / problem.surface.ambient_h_W_m2K, 1e-3);
	assert_near(base_at_end(solver, 0.0), 32.0, 1e-6);
	heat_free(&solver);
}

/* Uniform metabolic heat between ends held at Tc: T - Tc = q_m/(w rho_b c_b) (1 - 1/cosh(m L/2)) in the
 * middle. */
static void metabolic_heat_raises_perfused_tissue(void **state)
{
	(void)state;
	struct heat_layer layer = dermis;
	layer.thickness_um = 60000.0;
	layer.perfusion_1_s = 0.002;
	struct heat_problem problem = insulated(&layer, 1);
	problem.metabolic_W_m3 = 1000.0;
	problem.surface = heat_still_air();
	problem.end_s = 1.0;
	struct heat *solver = solved(&problem);
	double sink_W_m3K = 0.002 * 1050.0 * 3617.0, m_1_m = sqrt(sink_W_m3K / layer.conductivity_W_mK);
	assert_near_frac(base_at_end(solver, 30000.0) - 35.0,
	                 1000.0 / sink_W_m3K * (1.0 - 1.0 / cosh(0.03 * m_1_m)), 2e-3);
	heat_free(&solver);
}

/* Two half spaces, the upper one heated uniformly at t = 0 (Carslaw & Jaeger 2.15 eqs 9, 10), effusivities e:
 * upper: C (1 + e2/e1 erf(x/2 sqrt(kappa1 t))), lower: C erfc(x/2 sqrt(kappa2 t)), C = T0 e1/(e1 + e2). */
static void two_layer_contact(void **state)
{
	(void)state;
	const struct heat_layer layer[] = {{4000.0, 0.21, 1200.0, 3600.0, 0.0, 0.0},
	                                   {20000.0, 0.6, 1000.0, 4190.0, 0.0, 0.0}};
	const double edge_um[] = {0.0, 4000.0}, absorption_1_cm[] = {10.0};
	struct heat_problem problem = insulated(layer, 2);
	problem.source = (struct heat_source){1, edge_um, absorption_1_cm};
	problem.end_s = 1.0;
	struct heat *solver = solved(&problem);
	double e1 = sqrt(0.21 * 1200.0 * 3600.0), e2 = sqrt(0.6 * 1000.0 * 4190.0);
	double hot_K = 10.0 * 1e6 / (1200.0 * 3600.0), contact_K = hot_K * e1 / (e1 + e2);
	double s1_m = 2.0 * sqrt(diffusivity(&layer[0])), s2_m = 2.0 * sqrt(diffusivity(&layer[1]));
	assert_near_frac(response_at_end(solver, 3800.0), contact_K * (1.0 + e2 / e1 * erf(200e-6 / s1_m)),
	                 1e-3);
	assert_near_frac(response_at_end(solver, 3900.0), contact_K * (1.0 + e2 / e1 * erf(100e-6 / s1_m)),
	                 1e-3);
	assert_near_frac(response_at_end(solver, 4100.0), contact_K * erfc(100e-6 / s2_m), 1e-3);
	assert_near_frac(response_at_end(solver, 4300.0), contact_K * erfc(300e-6 / s2_m), 1e-3);
	heat_free(&solver);
}

/* ---- properties ---- */

static const struct heat_layer skin[] = {
        {15.0, 0.21, 1200.0, 3600.0, 0.0, 0.3},        {55.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},
        {10.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},        {150.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
        {1500.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65}, {8000.0, 0.2, 950.0, 2300.0, 0.0005, 0.15},
};
static const double melanin_edge_um[] = {0.0, 15.0, 70.0, 80.0, 230.0, 1000.0, 3000.0};
static const double melanin_1_cm[] = {2.0, 5.0, 60.0, 3.0, 2.0, 0.3};

static struct heat_problem skin_problem(void)
{
	return (struct heat_problem){.layers = COUNT(skin),
	                             .layer = skin,
	                             .surface_C = 33.0,
	                             .core_C = 37.0,
	                             .surface = heat_still_air(),
	                             .source = {COUNT(melanin_1_cm), melanin_edge_um, melanin_1_cm},
	                             .pulses = {.duration_s = 0.003, .count = 1}};
}

static void energy_is_conserved(void **state)
{
	(void)state;
	struct heat_layer layer[COUNT(skin)];
	memcpy(layer, skin, sizeof skin);
	for (size_t i = 0; i < COUNT(layer); i++)
		layer[i].perfusion_1_s = 0.0;
	struct heat_problem problem = skin_problem();
	problem.layer = layer;
	problem.deep = HEAT_DEEP_INSULATED;
	problem.surface = (struct heat_surface){.ambient_h_W_m2K = 0.0, .ambient_C = 33.0};
	problem.pulses.count = 3;
	problem.pulses.rate_Hz = 10.0;
	struct heat *solver = solved(&problem);
	double deposited_J_m2 = 0.0;
	for (size_t i = 0; i < COUNT(melanin_1_cm); i++)
		deposited_J_m2 +=
		        melanin_1_cm[i] * (melanin_edge_um[i + 1] - melanin_edge_um[i]) * CM_PER_UM * 1e4;
	double held_J_m2 = 0.0;
	for (size_t row = 1, l = 0; row < heat_rows(solver); row++) {
		double bottom_um = 0.0;
		for (size_t i = 0; i <= l; i++)
			bottom_um += layer[i].thickness_um;
		if (heat_depth_um(solver)[row] > bottom_um)
			l++;
		double size_m = (heat_edge_um(solver)[row] - heat_edge_um(solver)[row - 1]) * M_PER_UM;
		held_J_m2 += heat_response(solver, row)[heat_steps(solver) - 1] * size_m *
		             layer[l].density_kg_m3 * layer[l].heat_capacity_J_kgK;
	}
	assert_near_frac(held_J_m2, 3.0 * deposited_J_m2, SINGLE_FRAC);
	heat_free(&solver);
}

/* A train is the sum of its shifted pulses as long as the surface does not change. */
static void trains_superpose(void **state)
{
	(void)state;
	struct heat_problem problem = skin_problem();
	problem.end_s = 0.6;
	problem.pulses.count = 2;
	problem.pulses.rate_Hz = 5.0;
	problem.pulses.passes = 2;
	problem.pulses.pass_interval_s = 0.3;
	struct heat *train = solved(&problem);
	double sum = 0.0;
	static const double starts_s[] = {0.0, 0.2, 0.3, 0.5};
	for (size_t p = 0; p < COUNT(starts_s); p++) {
		struct heat_problem one = skin_problem();
		one.pulses.start_s = starts_s[p];
		one.end_s = 0.6;
		struct heat *solver = solved(&one);
		sum += response_at_end(solver, 75.0);
		heat_free(&solver);
	}
	assert_near_frac(response_at_end(train, 75.0), sum, 2e-3);
	heat_free(&train);
}

/* The first pass meets warm skin, the later ones skin cooled by the spurt: the peak is the first pass's. */
static void peak_covers_all_stages(void **state)
{
	(void)state;
	struct heat_stage stage[HEAT_CRYOGEN_STAGES];
	heat_cryogen_r134a(0.5, 0.08, stage);
	struct heat_problem problem = skin_problem();
	problem.surface.stages = HEAT_CRYOGEN_STAGES;
	problem.surface.stage = stage;
	problem.pulses.passes = 3;
	problem.pulses.pass_interval_s = 0.6;
	struct heat *solver = solved(&problem);
	struct heat_peak peak, alone;
	double peak_C[HEAT_CELLS_MAX + 1];
	struct heat_damage damage = {.peak_C = peak_C};
	assert_int_equal(heat_evaluate(solver, 10.0, &damage, &peak, NULL), ST_OK);
	struct heat_problem first = skin_problem();
	struct heat *single = solved(&first);
	assert_int_equal(heat_evaluate(single, 10.0, NULL, &alone, NULL), ST_OK);
	assert_near(peak.temperature_C, alone.temperature_C, 0.02);
	assert_near(peak.time_s, 0.003, 1e-9);
	/* Row by row, the maximum of the history itself. */
	double history[HEAT_STEPS_MAX];
	for (size_t row = 0; row < heat_rows(solver); row += 17) {
		double highest = -INFINITY;
		assert_int_equal(heat_history(solver, 10.0, heat_depth_um(solver)[row], history, NULL),
		                 ST_OK);
		for (size_t i = 0; i < heat_steps(solver); i++)
			highest = fmax(highest, history[i]);
		assert_near(peak_C[row], highest, 1e-9);
	}
	heat_free(&solver);
	heat_free(&single);
}

static void linear_answer_equals_direct_run(void **state)
{
	(void)state;
	struct heat_stage stage[HEAT_CRYOGEN_STAGES];
	heat_cryogen_r134a(0.0, 0.05, stage);
	struct heat_problem problem = skin_problem();
	problem.surface.stages = HEAT_CRYOGEN_STAGES;
	problem.surface.stage = stage;
	problem.pulses.start_s = 0.07;
	problem.pulses.count = 2;
	problem.pulses.rate_Hz = 4.0;
	problem.end_s = 1.0;
	problem.options.time_tolerance = 1e-4;
	struct heat *linear = solved(&problem), *direct = NULL;
	assert_int_equal(heat_new_boiling(&problem, 12.0, false, &direct, NULL), ST_OK);
	double linear_C[HEAT_CELLS_MAX + 1], direct_C[HEAT_CELLS_MAX + 1];
	struct heat_damage from_linear = {.peak_C = linear_C}, from_direct = {.peak_C = direct_C};
	assert_int_equal(heat_evaluate(linear, 12.0, &from_linear, NULL, NULL), ST_OK);
	assert_int_equal(heat_evaluate(direct, 0.0, &from_direct, NULL, NULL), ST_OK);
	for (size_t row = 0; row < heat_rows(linear); row++)
		assert_near(linear_C[row], direct_C[row], 0.02);
	assert_null(heat_response(direct, 0));
	heat_free(&linear);
	heat_free(&direct);
}

/* Single rows, and the hottest of some, say what the whole evaluation says. */
static void rows_alone_say_the_same(void **state)
{
	(void)state;
	struct heat_stage stage[HEAT_CRYOGEN_STAGES];
	heat_cryogen_r134a(0.5, 0.08, stage);
	struct heat_problem problem = skin_problem();
	problem.surface.stages = HEAT_CRYOGEN_STAGES;
	problem.surface.stage = stage;
	struct heat *solver = solved(&problem);
	static const enum damage_set_id set = DAMAGE_HENRIQUES_ER75000;
	static double omega[HEAT_CELLS_MAX + 1], peak_C[HEAT_CELLS_MAX + 1], own_C[HEAT_CELLS_MAX + 1];
	double own[HEAT_CELLS_MAX + 1];
	struct heat_damage damage = {.sets = 1, .set = &set, .omega = omega, .peak_C = peak_C};
	struct heat_peak hottest, part;
	for (double fluence = 0; fluence < 30; fluence += 6) {
		assert_int_equal(heat_evaluate(solver, fluence, &damage, &hottest, NULL), ST_OK);
		size_t rows = heat_rows(solver), from = rows / 4, to = rows / 2, best = from;
		double whole_C = -INFINITY;
		for (size_t row = 0; row < rows; row++) {
			own_C[row] = own[row] = -1.0;
			whole_C = fmax(whole_C, peak_C[row]);
			best = row >= from && row < to && peak_C[row] > peak_C[best] ? row : best;
		}
		assert_near(hottest.temperature_C, whole_C, 0.0);
		assert_int_equal(heat_hottest(solver, fluence, from, to, &part, NULL), ST_OK);
		assert_near(part.temperature_C, peak_C[best], 0.0);
		assert_near(part.depth_um, heat_depth_um(solver)[best], 0.0);
		assert_int_equal(heat_peak_rows(solver, fluence, from, to, own_C, NULL), ST_OK);
		assert_int_equal(heat_evaluate_rows(solver, fluence, set, from, to, own, NULL), ST_OK);
		for (size_t row = 0; row < rows; row++) {
			bool asked = row >= from && row < to;
			assert_near(own_C[row], asked ? peak_C[row] : -1.0, 0.0);
			assert_near(own[row], asked ? omega[row] : -1.0, 0.0);
		}
		heat_rows_at_depth(solver, 0.5 * (heat_depth_um(solver)[3] + heat_depth_um(solver)[4]), &from, &to);
		assert_true(from == 3 && to == 5);
	}
	assert_int_equal(heat_hottest(solver, -1.0, 0, 2, &part, NULL), ST_RANGE);
	heat_free(&solver);
}

static void damage_equals_integral_of_history(void **state)
{
	(void)state;
	struct heat_problem problem = skin_problem();
	struct heat *solver = solved(&problem);
	static const enum damage_set_id id[] = {DAMAGE_HENRIQUES_ER75000, DAMAGE_WEAVER_STOLL};
	static double omega[2 * (HEAT_CELLS_MAX + 1)], cem[HEAT_CELLS_MAX + 1], history[HEAT_STEPS_MAX];
	struct heat_damage damage = {.sets = 2, .set = id, .omega = omega, .cem43_min = cem};
	assert_int_equal(heat_evaluate(solver, 12.0, &damage, NULL, NULL), ST_OK);
	size_t rows = heat_rows(solver), hit = 0;
	for (size_t row = 0; row < rows; row += 5) {
		assert_int_equal(heat_history(solver, 12.0, heat_depth_um(solver)[row], history, NULL),
		                 ST_OK);
		for (size_t s = 0; s < 2; s++) {
			double expected = damage_omega(damage_set(id[s]), heat_time_s(solver), history,
			                               heat_steps(solver));
			assert_near(omega[s * rows + row], expected, 1e-6 + 1e-3 * expected);
			hit += expected > 0.1;
		}
		assert_near_frac(cem[row],
		                 damage_cem43_min(heat_time_s(solver), history, heat_steps(solver), NULL),
		                 1e-9);
	}
	assert_true(hit > 2);
	heat_free(&solver);
}

static void boiling_limits_the_linear_answer(void **state)
{
	(void)state;
	struct heat_problem problem = skin_problem();
	struct heat *solver = solved(&problem);
	struct heat_peak peak, low;
	assert_int_equal(heat_evaluate(solver, 1.0, NULL, &low, NULL), ST_OK);
	assert_int_equal(low.flags, VALID);
	assert_near(low.above_boiling_C, 0.0, 0.0);
	assert_int_equal(heat_evaluate(solver, 40.0, NULL, &peak, NULL), ST_OK);
	assert_int_equal(peak.flags, VALIDITY_MODEL_LIMIT);
	assert_near(peak.above_boiling_C, peak.temperature_C - 100.0, 1e-9);
	assert_true(peak.above_boiling_C > 10.0);
	heat_free(&solver);
}

/* Uniform heating, nothing lost: 100 C, and the rest of the energy has boiled water. */
static void boiling_takes_latent_heat(void **state)
{
	(void)state;
	const double edge_um[] = {0.0, 20000.0}, absorption_1_cm[] = {10.0};
	struct heat_problem problem = insulated(&dermis, 1);
	problem.deep = HEAT_DEEP_INSULATED;
	problem.source = (struct heat_source){1, edge_um, absorption_1_cm};
	problem.pulses.duration_s = 0.01;
	problem.end_s = 0.02;
	struct heat *solver = NULL;
	assert_int_equal(heat_new_boiling(&problem, 60.0, true, &solver, NULL), ST_OK);
	struct heat_peak peak;
	assert_int_equal(heat_evaluate(solver, 0.0, NULL, &peak, NULL), ST_OK);
	assert_near(peak.temperature_C, 100.0, 1e-6);
	assert_int_equal(peak.flags, VALID);
	double energy_J_m3 = 60.0 * 10.0 * 1e6, warming_J_m3 = 65.0 * 1100.0 * 3500.0;
	assert_near_frac(heat_boiled_frac(solver, 20),
	                 (energy_J_m3 - warming_J_m3) / (1000.0 * 0.7 * 2.257e6), 1e-6);
	heat_free(&solver);
}

static void error_estimate_is_small_and_honest(void **state)
{
	(void)state;
	struct heat_problem problem = skin_problem();
	struct heat_error error;
	assert_int_equal(heat_error(&problem, 12.0, DAMAGE_HENRIQUES_ER75000, &error, NULL), ST_OK);
	print_message("discretisation at 12 J/cm2: peak %.3f K, Omega %.2f %%\n", error.peak_K,
	              100.0 * error.omega_frac);
	assert_true(error.peak_K > 0.0 && error.peak_K < 0.3);
	assert_true(error.omega_frac < 0.05);
}

static void grid_is_modest_and_aligned(void **state)
{
	(void)state;
	double edge_um[HEAT_CELLS_MAX + 1];
	size_t edges = 0, faces = 0;
	assert_int_equal(heat_grid(COUNT(skin), skin, NULL, edge_um, HEAT_CELLS_MAX + 1, &edges, NULL),
	                 ST_OK);
	assert_in_range(edges, 100, 301);
	double depth_um = 0.0;
	for (size_t l = 0; l < COUNT(skin); l++) {
		depth_um += skin[l].thickness_um;
		for (size_t i = 0; i < edges; i++)
			faces += edge_um[i] == depth_um;
	}
	assert_int_equal(faces, COUNT(skin));
	for (size_t i = 1; i < edges; i++)
		assert_true(edge_um[i] > edge_um[i - 1]);
	assert_int_equal(heat_grid(COUNT(skin), skin, NULL, edge_um, 50, &edges, NULL), ST_FULL);
}

/* ---- refusals ---- */

struct refusal {
	void (*spoil)(struct heat_problem *problem, struct heat_layer *layer);
	const char *field;
};

static struct heat_stage bad_stage[2];
static const double falling_edge_um[] = {0.0, 15.0, 10.0, 80.0, 230.0, 1000.0, 3000.0};
static const double deep_edge_um[] = {0.0, 15.0, 70.0, 80.0, 230.0, 1000.0, 30000.0};
static const double half_energy[] = {0.25, 0.25}, negative_energy[] = {1.5, -0.5};
static const double nan_1_cm[] = {2.0, NAN, 60.0, 3.0, 2.0, 0.3};

#define SPOIL(name, ...)                                                                                     \
	static void spoil_##name(struct heat_problem *p, struct heat_layer *l)                               \
	{                                                                                                    \
		(void)p;                                                                                     \
		(void)l;                                                                                     \
		__VA_ARGS__;                                                                                 \
	}
SPOIL(no_layers, p->layers = 0)
SPOIL(thickness, l[2].thickness_um = 0.0)
SPOIL(conductivity, l[1].conductivity_W_mK = NAN)
SPOIL(density, l[1].density_kg_m3 = -1.0)
SPOIL(capacity, l[0].heat_capacity_J_kgK = INFINITY)
SPOIL(perfusion, l[3].perfusion_1_s = -0.001)
SPOIL(surface, p->surface_C = NAN)
SPOIL(core, p->core_C = 1e9)
SPOIL(ambient_h, p->surface.ambient_h_W_m2K = -1.0)
SPOIL(duration_zero, p->pulses.duration_s = 0.0)
SPOIL(duration_negative, p->pulses.duration_s = -1.0)
SPOIL(start, p->pulses.start_s = -0.1)
SPOIL(count, p->pulses.count = 0)
SPOIL(too_many, p->pulses.count = 3000; p->pulses.rate_Hz = 1.0)
SPOIL(no_rate, p->pulses.count = 2)
SPOIL(fast_rate, p->pulses.count = 2; p->pulses.rate_Hz = 400.0)
SPOIL(pass_interval, p->pulses.passes = 2; p->pulses.pass_interval_s = 0.001)
SPOIL(slices, p->pulses.slices = HEAT_SLICES_MAX + 1; p->pulses.slice_frac = half_energy)
SPOIL(slice_sum, p->pulses.slices = 2; p->pulses.slice_frac = half_energy)
SPOIL(slice_negative, p->pulses.slices = 2; p->pulses.slice_frac = negative_energy)
SPOIL(tolerance, p->options.time_tolerance = -1e-3)
SPOIL(tolerance_nan, p->options.time_tolerance = NAN)
SPOIL(finest, p->options.finest_um = -2.0)
SPOIL(end_early, p->end_s = 0.001)
SPOIL(end_nan, p->end_s = NAN)
SPOIL(edges_fall, p->source.edge_um = falling_edge_um)
SPOIL(edges_deep, p->source.edge_um = deep_edge_um)
SPOIL(absorption, p->source.absorption_1_cm = nan_1_cm)
SPOIL(no_arrays, p->source.edge_um = NULL)
SPOIL(stage_order, bad_stage[0] = (struct heat_stage){1.0, 1.0, 10.0, 5.0}; p->surface.stages = 1;
      p->surface.stage = bad_stage)
SPOIL(stage_overlap, bad_stage[0] = (struct heat_stage){0.0, 1.0, 10.0, 5.0};
      bad_stage[1] = (struct heat_stage){0.5, 2.0, 10.0, 5.0}; p->surface.stages = 2;
      p->surface.stage = bad_stage)
SPOIL(nothing_to_do, p->source.bins = 0)

static void bad_input_is_refused_by_name(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
	        {spoil_no_layers, "heat.layers"},
	        {spoil_thickness, "heat.layer.thickness_um"},
	        {spoil_conductivity, "heat.layer.conductivity_W_mK"},
	        {spoil_density, "heat.layer.density_kg_m3"},
	        {spoil_capacity, "heat.layer.heat_capacity_J_kgK"},
	        {spoil_perfusion, "heat.layer.perfusion_1_s"},
	        {spoil_surface, "heat.surface_C"},
	        {spoil_core, "heat.core_C"},
	        {spoil_ambient_h, "heat.surface.ambient_h_W_m2K"},
	        {spoil_duration_zero, "heat.pulses.duration_s"},
	        {spoil_duration_negative, "heat.pulses.duration_s"},
	        {spoil_start, "heat.pulses.start_s"},
	        {spoil_count, "heat.pulses.count"},
	        {spoil_too_many, "heat.pulses.count"},
	        {spoil_no_rate, "heat.pulses.rate_Hz"},
	        {spoil_fast_rate, "heat.pulses.rate_Hz"},
	        {spoil_pass_interval, "heat.pulses.pass_interval_s"},
	        {spoil_slices, "heat.pulses.slices"},
	        {spoil_slice_sum, "heat.pulses.slice_frac"},
	        {spoil_slice_negative, "heat.pulses.slice_frac"},
	        {spoil_tolerance, "heat.options.time_tolerance"},
	        {spoil_tolerance_nan, "heat.options.time_tolerance"},
	        {spoil_finest, "heat.options.finest_um"},
	        {spoil_end_early, "heat.end_s"},
	        {spoil_end_nan, "heat.end_s"},
	        {spoil_edges_fall, "heat.source.edge_um"},
	        {spoil_edges_deep, "heat.source.edge_um"},
	        {spoil_absorption, "heat.source.absorption_1_cm"},
	        {spoil_no_arrays, "heat.source"},
	        {spoil_stage_order, "heat.surface.stage.end_s"},
	        {spoil_stage_overlap, "heat.surface.stage"},
	        {spoil_nothing_to_do, "heat.end_s"},
	};
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct heat_layer layer[COUNT(skin)];
		memcpy(layer, skin, sizeof skin);
		struct heat_problem problem = skin_problem();
		problem.layer = layer;
		refusals[i].spoil(&problem, layer);
		struct heat *solver = NULL;
		struct fail why = {0};
		assert_int_not_equal(heat_new(&problem, &solver, &why), ST_OK);
		assert_null(solver);
		assert_string_equal(why.field, refusals[i].field);
		assert_true(strlen(why.text) > 0);
	}
}

static void bad_queries_are_refused(void **state)
{
	(void)state;
	struct heat_problem problem = skin_problem();
	struct heat *solver = solved(&problem), *direct = NULL;
	struct heat_peak peak;
	struct fail why = {0};
	static double history[HEAT_STEPS_MAX];
	assert_int_equal(heat_evaluate(solver, -1.0, NULL, &peak, &why), ST_RANGE);
	assert_string_equal(why.field, "fluence_J_cm2");
	assert_int_equal(heat_evaluate(solver, NAN, NULL, &peak, &why), ST_RANGE);
	assert_int_equal(heat_history(solver, 1.0, -1.0, history, &why), ST_RANGE);
	assert_int_equal(heat_history(solver, 1.0, 1e6, history, &why), ST_RANGE);
	assert_string_equal(why.field, "depth_um");
	assert_int_equal(heat_new_boiling(&problem, -1.0, true, &direct, &why), ST_RANGE);
	assert_null(direct);
	heat_free(&solver);
	heat_free(&solver);
	heat_free(NULL);
}

/* ---- living skin ---- */

/* A slab insulated on both sides, warmed evenly at once: blood alone cools it. Reference: Runge-Kutta on
 * dT/dt = -w f rho_b c_b / (rho c) (T - Tc), df/dt = (f_s(T) - f) / 100 s, dOmega/dt = Brown's rate, f_s = 1 + 7.89
 * exp(-(T - 45)^2 / 12). */
static const struct heat_layer bloody = {2000.0, 0.42, 1100.0, 3500.0, 2e-3, 0.7};

struct blood_state {
	double temperature_K, flow, omega;
};

static struct blood_state blood_rates(struct blood_state x, double core_C)
{
	const double blood_J_m3K = 1050.0 * 3617.0, tissue_J_m3K = 1100.0 * 3500.0;
	double below = fmin(core_C + x.temperature_K - 45.0, 0.0);
	double settled = 1.0 + (4.0 / 0.45 - 1.0) * exp(-below * below / 12.0);
	return (struct blood_state){
	        -2e-3 * x.flow * exp(-x.omega) * blood_J_m3K / tissue_J_m3K * x.temperature_K,
	        (settled - x.flow) / 100.0,
	        damage_rate_1_s(damage_set(DAMAGE_BROWN_MICROVASCULAR), core_C + x.temperature_K)};
}

static struct blood_state moved(struct blood_state x, struct blood_state rate, double dt)
{
	return (struct blood_state){x.temperature_K + dt * rate.temperature_K, x.flow + dt * rate.flow,
	                            x.omega + dt * rate.omega};
}

static double blood_reference_C(double rise_K, double core_C, double end_s)
{
	struct blood_state x = {rise_K, 1.0, 0.0};
	const size_t steps = 20000;
	double dt = end_s / (double)steps;
	for (size_t i = 0; i < steps; i++)
		x = moved(x, blood_rates(moved(x, blood_rates(x, core_C), 0.5 * dt), core_C), dt);
	return core_C + x.temperature_K;
}

/* Mean temperature after warming evenly by rise_K. */
static double warmed_C(double rise_K, double end_s, bool living)
{
	const double edge_um[] = {0.0, 2000.0};
	const double absorbed_1_cm[] = {1.0};
	struct heat_problem problem = insulated(&bloody, 1);
	double fluence_J_cm2 = rise_K * 1100.0 * 3500.0 * 1e-6;
	struct heat *solver = NULL;
	struct fail why = {0};
	problem.surface_C = problem.core_C = 37.0;
	problem.deep = HEAT_DEEP_INSULATED;
	problem.source = (struct heat_source){1, edge_um, absorbed_1_cm};
	problem.end_s = end_s;
	problem.living = living;
	if (heat_new_boiling(&problem, fluence_J_cm2, false, &solver, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	double result = heat_base(solver, heat_rows(solver) / 2)[heat_steps(solver) - 1];
	heat_free(&solver);
	return result;
}

static void blood_follows_temperature(void **state)
{
	(void)state;
	const double rise_K[] = {1.0, 6.0, 9.0, 25.0};
	for (size_t i = 0; i < COUNT(rise_K); i++)
		assert_near(warmed_C(rise_K[i], 300.0, true), blood_reference_C(rise_K[i], 37.0, 300.0), 0.02 * rise_K[i]);
	assert_true(warmed_C(9.0, 300.0, true) < warmed_C(9.0, 300.0, false) - 1.0); /* wide vessels cool more */
	assert_near(warmed_C(25.0, 300.0, true), 62.0, 0.05);                         /* closed ones not at all */
}

/* Air: the same as a constant h at rest, 5 % to 30 % more at 60 C; a stage's h stays as given. */
static double cooled_surface_C(double start_C, bool living, bool staged)
{
	const struct heat_stage stage = {0.0, 60.0, 10.0, 20.0};
	struct heat_layer still = dermis;
	struct heat_problem problem = insulated(&still, 1);
	struct heat *solver = NULL;
	struct fail why = {0};
	problem.surface_C = problem.core_C = start_C;
	problem.surface = (struct heat_surface){.ambient_h_W_m2K = staged ? 0.0 : 10.0, .ambient_C = 20.0};
	problem.surface.stages = staged ? 1 : 0;
	problem.surface.stage = &stage;
	problem.living = living;
	problem.end_s = 60.0;
	if (heat_new_boiling(&problem, 0.0, false, &solver, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	double result = heat_base(solver, 0)[heat_steps(solver) - 1];
	heat_free(&solver);
	return result;
}

static void hot_skin_loses_more_to_air(void **state)
{
	(void)state;
	double rest = 33.0 - cooled_surface_C(33.0, false, false), hot = 60.0 - cooled_surface_C(60.0, false, false);
	assert_near_frac(33.0 - cooled_surface_C(33.0, true, false), rest, 0.02);
	double more = (60.0 - cooled_surface_C(60.0, true, false)) / hot;
	assert_true(more > 1.05 && more < 1.3);
	assert_near_frac(60.0 - cooled_surface_C(60.0, true, true), 60.0 - cooled_surface_C(60.0, false, true), 1e-3);
}

static void places_of_many_depths_are_those_of_each(void **state)
{
	(void)state;
	struct heat_problem problem = insulated(&dermis, 1);
	const double edge_um[] = {0.0, 100.0}, absorption_1_cm[] = {10.0};
	problem.source = (struct heat_source){1, edge_um, absorption_1_cm};
	struct heat *solver = solved(&problem);
	const double *row_um = heat_depth_um(solver);
	size_t last = heat_rows(solver) - 1;
	const double depth_um[] = {0.0, 0.1, row_um[1], row_um[1], 7.3, row_um[9], 500.0, row_um[last], 20000.0, 1e9};
	struct heat_place place[COUNT(depth_um)];
	heat_places(solver, depth_um, COUNT(depth_um), place);
	for (size_t i = 0; i < COUNT(depth_um); i++) {
		struct heat_place one = heat_place(solver, depth_um[i]);
		assert_int_equal(place[i].row, one.row);
		assert_true(place[i].lower_frac == one.lower_frac);
	}
	heat_free(&solver);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(places_of_many_depths_are_those_of_each),
	        cmocka_unit_test(constant_flux_into_half_space),
	        cmocka_unit_test(pulse_in_parts),
	        cmocka_unit_test(warm_tissue_conducts_better),
	        cmocka_unit_test(convective_surface),
	        cmocka_unit_test(held_surface),
	        cmocka_unit_test(exponential_source_decays),
	        cmocka_unit_test(second_order_in_space),
	        cmocka_unit_test(second_order_in_time),
	        cmocka_unit_test(short_pulse_is_adiabatic),
	        cmocka_unit_test(instant_and_resolved_pulses_agree),
	        cmocka_unit_test(steady_perfused_profile),
	        cmocka_unit_test(metabolic_heat_raises_perfused_tissue),
	        cmocka_unit_test(two_layer_contact),
	        cmocka_unit_test(energy_is_conserved),
	        cmocka_unit_test(trains_superpose),
	        cmocka_unit_test(peak_covers_all_stages),
	        cmocka_unit_test(linear_answer_equals_direct_run),
	        cmocka_unit_test(rows_alone_say_the_same),
	        cmocka_unit_test(damage_equals_integral_of_history),
	        cmocka_unit_test(boiling_limits_the_linear_answer),
	        cmocka_unit_test(boiling_takes_latent_heat),
	        cmocka_unit_test(error_estimate_is_small_and_honest),
	        cmocka_unit_test(grid_is_modest_and_aligned),
	        cmocka_unit_test(bad_input_is_refused_by_name),
	        cmocka_unit_test(bad_queries_are_refused),
	        cmocka_unit_test(blood_follows_temperature),
	        cmocka_unit_test(hot_skin_loses_more_to_air),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
