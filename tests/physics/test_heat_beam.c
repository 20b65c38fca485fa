/* Heat under a circular beam: closed forms, energy, order of convergence, agreement with the one-dimensional
 * solver and with the explicit one for columns, trains, stages, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/heat_beam.h"
#include "physics/heat_rz.h"
#include "tests/support/near.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define KAPPA_UM2_S (0.5 / (1000.0 * 4000.0) * 1e12) /* of the uniform tissue below: 1.25e5 um2/s */
#define RHO_C_J_CM3K 4.0

static const struct heat_layer uniform[] = {{4000.0, 0.5, 1000.0, 4000.0, 0.0, 0.7}};
static const struct heat_layer skin[] = {
        {80.0, 0.24, 1200.0, 3590.0, 0.0, 0.65},
        {1500.0, 0.45, 1116.0, 3500.0, 0.002, 0.65},
        {4000.0, 0.20, 950.0, 2300.0, 0.0005, 0.15},
};

static void must(enum status status, const struct fail *why)
{
	if (status != ST_OK)
		fail_msg("%s: %s", why->field, why->text);
}

/* A beam on its own grid with a profile over the radius and one over the depth. */
struct beam {
	size_t radii, bins;
	double r_edge_um[HEAT_BEAM_RADII_MAX + 1], z_edge_um[HEAT_CELLS_MAX + 1];
	double absorption_1_cm[HEAT_BEAM_RADII_MAX * 64];
};
static struct beam beam;

/* Mean over a ring of exp(-r2/a2), the Gaussian of 1/e radius a. */
static double gaussian(double inner_um, double outer_um, double a_um)
{
	double inner = inner_um * inner_um / (a_um * a_um), outer = outer_um * outer_um / (a_um * a_um);
	return (exp(-inner) - exp(-outer)) / (outer - inner);
}

static double flat(double inner_um, double outer_um, double radius_um)
{
	(void)inner_um;
	return outer_um <= radius_um * (1.0 + 1e-9) ? 1.0 : 0.0;
}

static struct heat_beam_source source_of(double radius_um, double far_um, double refine,
                                         double (*profile)(double, double, double), const double *z_edge_um,
                                         const double *depth_1_cm, size_t bins)
{
	struct fail why = {0};
	size_t edges = 0;
	must(heat_beam_radii(radius_um, far_um, refine, beam.r_edge_um, COUNT(beam.r_edge_um), &edges, &why),
	     &why);
	for (size_t j = 0; j + 1 < edges; j++)
		for (size_t i = 0; i < bins; i++)
			beam.absorption_1_cm[j * bins + i] =
			        depth_1_cm[i] * profile(beam.r_edge_um[j], beam.r_edge_um[j + 1], radius_um);
	return (struct heat_beam_source){edges - 1, bins, beam.r_edge_um, z_edge_um, beam.absorption_1_cm,
	                                 0.0};
}

static struct heat_problem insulated(const struct heat_layer *layer, size_t layers)
{
	return (struct heat_problem){.layers = layers,
	                             .layer = layer,
	                             .surface_C = 34.0,
	                             .core_C = 34.0,
	                             .deep = HEAT_DEEP_INSULATED,
	                             .surface = {.ambient_h_W_m2K = 0.0, .ambient_C = NAN},
	                             .pulses = {.duration_s = 1e-9, .count = 1},
	                             .end_s = 1.0};
}

static struct heat_beam *solve(const struct heat_problem *problem, const struct heat_beam_source *source)
{
	struct heat_beam *solver = NULL;
	struct fail why = {0};
	must(heat_beam_new(problem, source, &solver, &why), &why);
	return solver;
}

/* Response at a time: linear between nodes. */
static double at_time(const struct heat *column, size_t row, double time_s)
{
	const double *time = heat_time_s(column);
	const float *value = heat_response(column, row);
	size_t i = 1;
	while (i + 1 < heat_steps(column) && time[i] < time_s)
		i++;
	double before = (double)value[i - 1], after = (double)value[i];
	return before + (after - before) * (time_s - time[i - 1]) / (time[i] - time[i - 1]);
}

/* Carslaw & Jaeger 1959, 10.3: an instantaneous Gaussian exp(-r2/a2) uniform in depth spreads to
 * T(r,t) = T0 a2/(a2 + 4 kappa t) exp(-r2/(a2 + 4 kappa t)). Returns the largest error over radii at 1 s. */
static double gaussian_error(double refine)
{
	static const double z_um[] = {0.0, 4000.0}, mua[] = {1.0};
	const double a_um = 500.0, wide_um2 = a_um * a_um + 4.0 * KAPPA_UM2_S;
	struct heat_problem problem = insulated(uniform, COUNT(uniform));
	struct heat_beam_source source = source_of(a_um, 8000.0, refine, gaussian, z_um, mua, 1);
	problem.options.time_tolerance = 5e-4 / (refine * refine);
	struct heat_beam *solver = solve(&problem, &source);
	double worst = 0.0;
	for (size_t j = 0; j < heat_beam_columns(solver); j++) {
		double inner = heat_beam_edge_um(solver)[j], outer = heat_beam_edge_um(solver)[j + 1];
		double want = a_um * a_um / wide_um2 * gaussian(inner, outer, sqrt(wide_um2)) / RHO_C_J_CM3K;
		worst = fmax(worst, fabs(at_time(heat_beam_column(solver, j), 20, 1.0) - want));
	}
	heat_beam_free(&solver);
	return worst / (a_um * a_um / wide_um2 / RHO_C_J_CM3K);
}

/* Boiling: where nothing passes 100 C the direct run is the linear answer; a wide beam is the column in one
 * dimension; and heat is kept: what the light brought is in the tissue or in the steam. */
static void boiling_keeps_heat_and_agrees_in_one_dimension(void **state)
{
	(void)state;
	static const double z_um[] = {0.0, 100.0, 300.0}, mua[] = {40.0, 10.0};
	struct heat_problem problem = insulated(uniform, COUNT(uniform));
	problem.pulses.duration_s = 0.01;
	problem.end_s = 0.3;
	problem.options.finest_um = 10.0;
	struct heat_beam_source source = source_of(1500.0, 4000.0, 0.6, flat, z_um, mua, 2);
	struct fail why = {0};
	struct heat_beam *linear = solve(&problem, &source), *direct = NULL;
	must(heat_beam_new_boiling(&problem, &source, 2.0, &direct, &why), &why);
	const struct heat *axis = heat_beam_column(direct, 0);
	assert_null(heat_response(axis, 0));
	double last = heat_base(axis, 3)[heat_steps(axis) - 1], want = 0.0;
	const struct heat *before = heat_beam_column(linear, 0);
	want = 34.0 + 2.0 * heat_response(before, 3)[heat_steps(before) - 1];
	assert_near(last, want, 0.002 * (want - 34.0));
	heat_beam_free(&direct);
	must(heat_beam_new_boiling(&problem, &source, 12.0, &direct, &why), &why);
	struct heat *column = NULL;
	problem.source = (struct heat_source){2, z_um, mua};
	must(heat_new_boiling(&problem, 12.0, true, &column, &why), &why);
	axis = heat_beam_column(direct, 0);
	double heat_J = 0.0, steam_J = 0.0, light_J = 12.0 * PI * 0.15 * 0.15 * (40.0 * 0.01 + 10.0 * 0.02);
	for (size_t row = 1; row < 12; row++) {
		double wide = heat_boiled_frac(axis, row), broad = heat_boiled_frac(column, row);
		/* both take the latent heat at the end of a step, and the steps differ; the column alone conducts as warm
		 * as it is: 1.5 % of the light's heat */
		assert_near(wide, broad, 0.015 * 480.0 / (0.7 * 2257.0));
		struct heat_peak peak;
		must(heat_evaluate(axis, 0.0, NULL, &peak, &why), &why);
		assert_near(peak.temperature_C, 100.0, 1e-4); /* sums in single precision */
		assert_true(peak.flags == VALID);
	}
	assert_true(heat_boiled_frac(axis, 1) > 0.02);
	for (size_t j = 0; j < heat_beam_columns(direct); j++) {
		const struct heat *ring = heat_beam_column(direct, j);
		double inner = heat_beam_edge_um(direct)[j], outer = heat_beam_edge_um(direct)[j + 1];
		double area_cm2 = PI * (outer - inner) * (outer + inner) * CM_PER_UM * CM_PER_UM;
		for (size_t row = 1; row < heat_rows(ring); row++) {
			double dz_cm = (heat_edge_um(ring)[row] - heat_edge_um(ring)[row - 1]) * CM_PER_UM;
			heat_J += area_cm2 * dz_cm * RHO_C_J_CM3K * (heat_base(ring, row)[heat_steps(ring) - 1] - 34.0);
			steam_J += area_cm2 * dz_cm * 0.7 * 2257.0 * heat_boiled_frac(ring, row);
		}
	}
	assert_true(steam_J > 0.01 * light_J);
	assert_near(heat_J + steam_J, light_J, 2e-4 * light_J);
	heat_beam_free(&direct);
	heat_beam_free(&linear);
	heat_free(&column);
	assert_int_equal(heat_beam_new_boiling(&problem, &source, NAN, &direct, &why), ST_RANGE);
}

static void gaussian_spreads_as_in_closed_form(void **state)
{
	(void)state;
	double coarse = gaussian_error(0.5), middle = gaussian_error(1.0), fine = gaussian_error(2.0);
	assert_true(middle < 2.5e-3); /* of the axis, at the default grid */
	double order = log(coarse / fine) / log(4.0);
	if (!(order > 1.9))
		fail_msg("errors %g %g %g: order %g", coarse, middle, fine, order);
}

static double ierfc(double x)
{
	return exp(-x * x) / sqrt(PI) - x * erfc(x);
}

/* Carslaw & Jaeger 1959, 10.5 (III): constant flux q over the disc r < R on a half space,
 * T(0,z,t) = (2 q sqrt(kappa t)/k) {ierfc(z/(2 sqrt(kappa t))) - ierfc(sqrt(z2 + R2)/(2 sqrt(kappa t)))}.
 * All light is absorbed within half a micron; 1 J/cm2 over 1 s is 1e4 W/m2. */
static void disc_source_on_half_space(void **state)
{
	(void)state;
	static const double z_um[] = {0.0, 0.5}, mua[] = {1.0 / (0.5 * CM_PER_UM)};
	const double radius_um = 400.0;
	struct heat_problem problem = insulated(uniform, COUNT(uniform));
	struct heat_beam_source source = source_of(radius_um, 6000.0, 1.0, flat, z_um, mua, 1);
	problem.pulses.duration_s = 1.0;
	problem.options.finest_um = 0.5;
	struct heat_beam *solver = solve(&problem, &source);
	const struct heat *axis = heat_beam_column(solver, 0);
	static const double depth_um[] = {0.0, 50.0, 200.0, 500.0}, time_s[] = {0.05, 0.3, 1.0};
	double *history_C = calloc(heat_steps(axis), sizeof *history_C);
	assert_non_null(history_C);
	for (size_t d = 0; d < COUNT(depth_um); d++)
		for (size_t t = 0; t < COUNT(time_s); t++) {
			double spread_um = sqrt(KAPPA_UM2_S * time_s[t]), z = depth_um[d];
			double peak = 2.0 * 1e4 * spread_um * 1e-6 / 0.5;
			double want = peak * (ierfc(z / (2.0 * spread_um)) -
			                      ierfc(hypot(z, radius_um) / (2.0 * spread_um)));
			must(heat_history(axis, 1.0, z, history_C, NULL), &(struct fail){0});
			size_t i = 0;
			while (heat_time_s(axis)[i + 1] < time_s[t])
				i++;
			double share = (time_s[t] - heat_time_s(axis)[i]) /
			               (heat_time_s(axis)[i + 1] - heat_time_s(axis)[i]);
			double got = history_C[i] + share * (history_C[i + 1] - history_C[i]) - 34.0;
			/* The first column is the mean over a tenth of the radius: 0.2 % off the axis. */
			assert_near(got, want, 0.006 * peak);
		}
	free(history_C);
	heat_beam_free(&solver);
}

static double stored_J(const struct heat_beam *solver, const struct heat_layer *layer, double time_s)
{
	double sum_J = 0.0;
	for (size_t j = 0; j < heat_beam_columns(solver); j++) {
		const struct heat *column = heat_beam_column(solver, j);
		const double *r = heat_beam_edge_um(solver) + j, *z = heat_edge_um(column);
		double area_m2 = PI * (r[1] - r[0]) * (r[1] + r[0]) * 1e-12,
		       bottom_um = layer[0].thickness_um;
		size_t l = 0;
		for (size_t row = 1; row < heat_rows(column); row++) {
			if (z[row - 1] >= bottom_um)
				bottom_um += layer[++l].thickness_um;
			sum_J += layer[l].density_kg_m3 * layer[l].heat_capacity_J_kgK *
			         (z[row] - z[row - 1]) * 1e-6 * area_m2 * at_time(column, row, time_s);
		}
	}
	return sum_J;
}

/* Insulated all around, no blood: what was absorbed stays. */
static void energy_is_conserved(void **state)
{
	(void)state;
	struct heat_layer dry[COUNT(skin)];
	static const double z_um[] = {0.0, 80.0, 1000.0}, mua[] = {20.0, 3.0};
	memcpy(dry, skin, sizeof dry);
	for (size_t i = 0; i < COUNT(dry); i++)
		dry[i].perfusion_1_s = 0.0;
	struct heat_problem problem = insulated(dry, COUNT(dry));
	struct heat_beam_source source = source_of(1000.0, 5000.0, 1.0, flat, z_um, mua, 2);
	problem.pulses.duration_s = 0.05;
	struct heat_beam *solver = solve(&problem, &source);
	double absorbed_J = (20.0 * 80e-4 + 3.0 * 920e-4) * PI * 0.1 * 0.1;
	assert_near(stored_J(solver, dry, 0.05) / absorbed_J, 1.0, 2e-6);
	assert_near(stored_J(solver, dry, 1.0) / absorbed_J, 1.0, 2e-6);
	heat_beam_free(&solver);
}

static const struct heat_stage cold[] = {{0.0, 0.05, 4500.0, -35.0}, {0.05, 0.2, 500.0, 5.0}};

static struct heat_problem cooled(void)
{
	struct heat_problem problem = {.layers = COUNT(skin),
	                               .layer = skin,
	                               .surface_C = 33.0,
	                               .core_C = 37.0,
	                               .surface = heat_still_air(),
	                               .pulses = {.start_s = 0.06,
	                                          .duration_s = 0.01,
	                                          .count = 3,
	                                          .rate_Hz = 10.0,
	                                          .passes = 2,
	                                          .pass_interval_s = 0.5},
	                               .end_s = 2.0};
	problem.surface.stages = COUNT(cold);
	problem.surface.stage = cold;
	return problem;
}

/* A beam much wider than sqrt(4 kappa t) is the broad beam: layers, blood, stages, trains and passes. */
static void wide_beam_is_the_one_dimensional_answer(void **state)
{
	(void)state;
	static const double z_um[] = {0.0, 80.0, 1000.0}, mua[] = {20.0, 3.0};
	struct heat_problem problem = cooled();
	struct heat_beam_source source = source_of(20000.0, 40000.0, 1.0, flat, z_um, mua, 2);
	struct heat_beam *wide = solve(&problem, &source);
	struct heat *broad = NULL;
	struct fail why = {0};
	problem.source = (struct heat_source){2, z_um, mua};
	must(heat_new(&problem, &broad, &why), &why);
	const struct heat *axis = heat_beam_column(wide, 0);
	static const size_t row[] = {0, 1, 10, 40, 100};
	assert_int_equal(heat_rows(axis), heat_rows(broad));
	for (size_t i = 0; i < COUNT(row); i++)
		for (double time_s = 0.005; time_s < 2.0; time_s += 0.0731)
			assert_near(at_time(axis, row[i], time_s), at_time(broad, row[i], time_s),
			            3e-3 * 6.0);
	enum damage_set_id set = DAMAGE_HENRIQUES_ER75000;
	static double omega[2][HEAT_CELLS_MAX + 1], peak_C[2][HEAT_CELLS_MAX + 1];
	struct heat_damage damage[2] = {{1, &set, omega[0], peak_C[0], NULL},
	                                {1, &set, omega[1], peak_C[1], NULL}};
	must(heat_evaluate(axis, 5.0, &damage[0], NULL, &why), &why);
	must(heat_evaluate(broad, 5.0, &damage[1], NULL, &why), &why);
	for (size_t i = 0; i < COUNT(row); i++) {
		assert_near(peak_C[0][row[i]], peak_C[1][row[i]], 0.08);
		assert_near(omega[0][row[i]], omega[1][row[i]], 0.04 * omega[1][row[i]] + 1e-5);
	}
	assert_near(heat_base(axis, 0)[heat_steps(axis) - 1], heat_base(broad, 0)[heat_steps(broad) - 1],
	            0.05);
	heat_free(&broad);
	heat_beam_free(&wide);
}

/* The explicit enthalpy solver, written apart from this one, on the same cells: layered, small beam. */
static void explicit_solver_agrees(void **state)
{
	(void)state;
	static const struct heat_layer thin[] = {{80.0, 0.24, 1200.0, 3590.0, 0.0, 0.0},
	                                         {900.0, 0.45, 1116.0, 3500.0, 0.0, 0.0}};
	static const double z_um[] = {0.0, 80.0, 400.0}, mua[] = {60.0, 8.0};
	struct heat_problem problem = insulated(thin, COUNT(thin));
	struct heat_beam_source source = source_of(150.0, 900.0, 1.0, flat, z_um, mua, 2);
	problem.end_s = 0.05;
	problem.options.finest_um = 8.0;
	struct heat_beam *solver = solve(&problem, &source);
	const struct heat *axis = heat_beam_column(solver, 0);
	size_t nz = heat_rows(axis) - 1, nr = heat_beam_columns(solver);
	const double *z = heat_edge_um(axis);
	struct heat_rz_material *material = calloc(nz, sizeof *material);
	double *start_C = calloc(nz, sizeof *start_C);
	assert_true(material && start_C);
	for (size_t i = 0; i < nz; i++) {
		const struct heat_layer *l = &thin[z[i] >= 80.0];
		material[i] = (struct heat_rz_material){
		        .conductivity_W_mK = l->conductivity_W_mK,
		        .heat_capacity_J_cm3K = l->density_kg_m3 * l->heat_capacity_J_kgK * 1e-6};
		start_C[i] = 0.0;
	}
	struct heat_rz_setup setup = {
	        .grid = {nr, nz, heat_beam_edge_um(solver), z}, .row = material, .start_C = start_C};
	struct heat_rz *other = NULL;
	struct fail why = {0};
	must(heat_rz_new(&setup, &other, &why), &why);
	for (size_t j = 0; j < nr; j++)
		for (size_t i = 0; i < nz && z[i] < 400.0; i++) {
			double share = (fmin(z[i + 1], 400.0) - z[i]) / (z[i + 1] - z[i]);
			double here = z[i] < 80.0 ? 60.0 : 8.0;
			heat_rz_deposit(other, j, i,
			                heat_beam_edge_um(solver)[j + 1] <= 150.001 ? here * share : 0.0);
		}
	heat_rz_advance(other, 0.05);
	for (size_t j = 0; j < nr; j += 5)
		for (size_t i = 0; i < nz; i += 7)
			assert_near(at_time(heat_beam_column(solver, j), i + 1, 0.05),
			            heat_rz_temperature_C(other, j, i), 0.02);
	heat_rz_free(&other);
	free(material);
	free(start_C);
	heat_beam_free(&solver);
}

/* Linear and invariant in time: a train is the sum of shifted single pulses. */
static void train_is_the_sum_of_its_pulses(void **state)
{
	(void)state;
	static const double z_um[] = {0.0, 80.0, 1000.0}, mua[] = {20.0, 3.0};
	struct heat_problem problem = insulated(skin, COUNT(skin));
	struct heat_beam_source source = source_of(800.0, 5000.0, 1.0, flat, z_um, mua, 2);
	problem.pulses = (struct heat_pulses){.duration_s = 0.02, .count = 1};
	struct heat_beam *single = solve(&problem, &source);
	problem.pulses = (struct heat_pulses){.duration_s = 0.02, .count = 4, .rate_Hz = 5.0};
	struct heat_beam *train = solve(&problem, &source);
	for (size_t j = 0; j < heat_beam_columns(single); j += 6) {
		const struct heat *one = heat_beam_column(single, j), *all = heat_beam_column(train, j);
		double sum = at_time(one, 30, 0.95) + at_time(one, 30, 0.75) + at_time(one, 30, 0.55) +
		             at_time(one, 30, 0.35);
		assert_near(at_time(all, 30, 0.95), sum, 0.01);
	}
	heat_beam_free(&single);
	heat_beam_free(&train);
}

static void kept_rows_are_the_same_rows(void **state)
{
	(void)state;
	static const double z_um[] = {0.0, 80.0, 1000.0}, mua[] = {20.0, 3.0};
	struct heat_problem problem = cooled();
	struct heat_beam_source source = source_of(800.0, 5000.0, 1.0, flat, z_um, mua, 2);
	struct heat_beam *all = solve(&problem, &source);
	source.keep_um = 100.0;
	struct heat_beam *some = solve(&problem, &source);
	const struct heat *a = heat_beam_column(all, 3), *b = heat_beam_column(some, 3);
	double bottom_um = heat_edge_um(b)[heat_rows(b) - 1];
	assert_true(bottom_um >= 100.0 && heat_rows(b) < heat_rows(a));
	for (size_t row = 0; row < heat_rows(b); row++)
		assert_memory_equal(heat_response(a, row), heat_response(b, row),
		                    heat_steps(b) * sizeof(float));
	double *history_C = calloc(heat_steps(b), sizeof *history_C);
	struct fail why = {0};
	assert_int_equal(heat_history(b, 1.0, 2.0 * bottom_um, history_C, &why), ST_RANGE);
	free(history_C);
	heat_beam_free(&all);
	heat_beam_free(&some);
}

static void radii_fit_the_beam(void **state)
{
	(void)state;
	double r_um[HEAT_BEAM_RADII_MAX + 1];
	struct fail why = {0};
	for (double far = 1.2; far < 1000.0; far *= 3.0) {
		size_t edges = 0, at = 0;
		must(heat_beam_radii(300.0, 300.0 * far, 1.0, r_um, COUNT(r_um), &edges, &why), &why);
		for (size_t i = 1; i < edges; i++) {
			assert_true(r_um[i] > r_um[i - 1]);
			at += r_um[i] == 300.0;
		}
		assert_int_equal(at, 1);
		assert_true(r_um[0] == 0.0 && r_um[edges - 1] == 300.0 * far);
	}
	size_t edges = 0;
	assert_int_equal(heat_beam_radii(300.0, 300.0, 1.0, r_um, COUNT(r_um), &edges, &why), ST_RANGE);
	assert_int_equal(heat_beam_radii(0.0, 300.0, 1.0, r_um, COUNT(r_um), &edges, &why), ST_RANGE);
	assert_int_equal(heat_beam_radii(300.0, 900.0, 1.0, r_um, 5, &edges, &why), ST_FULL);
}

static void reach_is_interpolated(void **state)
{
	(void)state;
	static const double z_um[] = {0.0, 80.0}, mua[] = {20.0};
	struct heat_problem problem = insulated(skin, COUNT(skin));
	struct heat_beam_source source = source_of(800.0, 5000.0, 1.0, flat, z_um, mua, 1);
	struct heat_beam *solver = solve(&problem, &source);
	double value[HEAT_BEAM_RADII_MAX];
	for (size_t j = 0; j < heat_beam_columns(solver); j++)
		value[j] = exp(-(heat_beam_edge_um(solver)[j] + heat_beam_edge_um(solver)[j + 1]) / 400.0);
	assert_near(heat_beam_reach_um(solver, value, exp(-2.0), true), 400.0, 1e-6);
	assert_near(heat_beam_reach_um(solver, value, 2.0, true), 0.0, 0.0);
	assert_true(heat_beam_reach_um(solver, value, 0.0, false) > 4000.0);
	heat_beam_free(&solver);
}

static void what_cannot_be_computed_is_refused(void **state)
{
	(void)state;
	static const double z_um[] = {0.0, 80.0}, mua[] = {20.0};
	struct heat_problem problem = insulated(skin, COUNT(skin));
	struct heat_beam_source source = source_of(800.0, 5000.0, 1.0, flat, z_um, mua, 1);
	struct heat_beam *solver = NULL;
	struct fail why = {0};
	beam.absorption_1_cm[3] = -1.0;
	assert_int_equal(heat_beam_new(&problem, &source, &solver, &why), ST_RANGE);
	assert_string_equal(why.field, "heat.source.absorption_1_cm");
	beam.absorption_1_cm[3] = 1.0;
	beam.r_edge_um[2] = beam.r_edge_um[1];
	assert_int_equal(heat_beam_new(&problem, &source, &solver, &why), ST_INPUT);
	assert_string_equal(why.field, "heat.beam.r_edge_um");
	source.radii = 0;
	assert_int_equal(heat_beam_new(&problem, &source, &solver, &why), ST_RANGE);
	assert_string_equal(why.field, "heat.beam.radii");
	problem.pulses.duration_s = -1.0;
	source = source_of(800.0, 5000.0, 1.0, flat, z_um, mua, 1);
	assert_int_equal(heat_beam_new(&problem, &source, &solver, &why), ST_RANGE);
	assert_string_equal(why.field, "heat.pulses.duration_s");
	assert_null(solver);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(gaussian_spreads_as_in_closed_form),
	        cmocka_unit_test(boiling_keeps_heat_and_agrees_in_one_dimension),
	        cmocka_unit_test(disc_source_on_half_space),
	        cmocka_unit_test(energy_is_conserved),
	        cmocka_unit_test(wide_beam_is_the_one_dimensional_answer),
	        cmocka_unit_test(explicit_solver_agrees),
	        cmocka_unit_test(train_is_the_sum_of_its_pulses),
	        cmocka_unit_test(kept_rows_are_the_same_rows),
	        cmocka_unit_test(radii_fit_the_beam),
	        cmocka_unit_test(reach_is_interpolated),
	        cmocka_unit_test(what_cannot_be_computed_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
