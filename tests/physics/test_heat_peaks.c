/* Peaks after heat_prepare_peaks against those of the histories, where spray, pulses and skin make them a curve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above first */
#include <cmocka.h>

#include "physics/heat.h"

#define ALLOWED_K 1e-3

static const struct heat_layer skin[] = {
        {15.0, 0.21, 1200.0, 3600.0, 0.0, 0.3},
        {70.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},
        {2000.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
};
static const double edge_um[] = {0.0, 15.0, 75.0, 85.0, 2085.0}, mua_1_cm[] = {2.0, 5.0, 40.0, 1.0};

static struct heat_problem problem_of(size_t pulses)
{
	return (struct heat_problem){.layers = 3,
	                             .layer = skin,
	                             .surface_C = 33.0,
	                             .core_C = 37.0,
	                             .surface = heat_still_air(),
	                             .source = {4, edge_um, mua_1_cm},
	                             .pulses = {.start_s = 0.07, .duration_s = 0.003, .count = pulses, .rate_Hz = 5.0}};
}

static struct heat *solved(struct heat_stage *stage, size_t stages, size_t pulses)
{
	struct heat *solver = NULL;
	struct heat_problem problem = problem_of(pulses);
	problem.surface.stages = stages;
	problem.surface.stage = stage;
	assert_int_equal(heat_new(&problem, &solver, NULL), ST_OK);
	return solver;
}

static void assert_same_peaks(struct heat *solver)
{
	static const double fluence_J_cm2[] = {0.0, 0.01, 0.3, 1.0, 3.0, 6.0, 10.0, 25.0, 1000.0};
	enum { DOSES = sizeof fluence_J_cm2 / sizeof *fluence_J_cm2 };
	static double exact_C[DOSES][HEAT_CELLS_MAX + 1], peak_C[HEAT_CELLS_MAX + 1];
	struct heat_peak exact[DOSES], hottest;
	size_t rows = heat_rows(solver);
	for (int i = 0; i < DOSES; i++) {
		assert_int_equal(heat_peak_rows(solver, fluence_J_cm2[i], 0, rows, exact_C[i], NULL), ST_OK);
		assert_int_equal(heat_hottest(solver, fluence_J_cm2[i], 0, rows, &exact[i], NULL), ST_OK);
	}
	assert_int_equal(heat_prepare_peaks(solver, NULL), ST_OK);
	assert_int_equal(heat_prepare_peaks(solver, NULL), ST_OK); /* once more changes nothing */
	for (int i = 0; i < DOSES; i++) {
		assert_int_equal(heat_peak_rows(solver, fluence_J_cm2[i], 0, rows, peak_C, NULL), ST_OK);
		for (size_t row = 0; row < rows; row++)
			if (!(peak_C[row] <= exact_C[i][row] && peak_C[row] >= exact_C[i][row] - ALLOWED_K))
				fail_msg("row %zu, %g J/cm2: %.9g, by its history %.9g C", row, fluence_J_cm2[i], peak_C[row],
				         exact_C[i][row]);
		assert_int_equal(heat_hottest(solver, fluence_J_cm2[i], 0, rows, &hottest, NULL), ST_OK);
		assert_true(fabs(hottest.temperature_C - exact[i].temperature_C) <= ALLOWED_K);
		assert_int_equal(heat_validity(hottest.temperature_C), exact[i].flags);
	}
}

static void peaks_by_lines_are_those_of_the_histories(void **state)
{
	(void)state;
	struct heat_stage cryogen[HEAT_CRYOGEN_STAGES];
	heat_cryogen_r134a(0.0, 0.03, cryogen);
	for (size_t stages = 0; stages <= HEAT_CRYOGEN_STAGES; stages += HEAT_CRYOGEN_STAGES)
		for (size_t pulses = 1; pulses < 20; pulses += 9) {
			struct heat *solver = solved(cryogen, stages, pulses);
			assert_same_peaks(solver);
			heat_free(&solver);
		}
}

/* Cells that are given are the cells that would have been found; others are refused. */
static void cells_may_be_given(void **state)
{
	(void)state;
	struct heat_problem problem = problem_of(1);
	struct heat *found = NULL, *given = NULL;
	struct fail why = {0};
	double own_um[HEAT_CELLS_MAX + 1];
	assert_int_equal(heat_new(&problem, &found, NULL), ST_OK);
	size_t edges = heat_rows(found), last = edges - 1;
	memcpy(own_um, heat_edge_um(found), edges * sizeof *own_um);
	problem.options.edges = edges;
	problem.options.edge_um = own_um;
	assert_int_equal(heat_new(&problem, &given, NULL), ST_OK);
	assert_int_equal(heat_steps(given), heat_steps(found));
	for (size_t row = 0; row < edges; row++)
		assert_memory_equal(heat_response(given, row), heat_response(found, row), heat_steps(found) * sizeof(float));
	heat_free(&given);
	struct {
		size_t edges, at;
		double um;
	} wrong[] = {{edges - 1, 0, 0.0}, {edges, last, own_um[last] + 1.0}, {edges, 3, own_um[2]}, {edges, 0, 0.1}, {1, 0, 0.0}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		double kept_um = own_um[wrong[i].at];
		own_um[wrong[i].at] = wrong[i].um;
		problem.options.edges = wrong[i].edges;
		assert_int_equal(heat_new(&problem, &given, &why), ST_RANGE);
		assert_string_equal(why.field, "heat.options.edge_um");
		own_um[wrong[i].at] = kept_um;
	}
	heat_free(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(peaks_by_lines_are_those_of_the_histories),
	                                   cmocka_unit_test(cells_may_be_given)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
