/* Any number of passes from one: against the march of all of them, at the same cells and four times as strict in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/heat_passes.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct heat_layer skin[] = {
        {15.0, 0.21, 1200.0, 3600.0, 0.0, 0.3},
        {60.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},
        {1500.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
        {4000.0, 0.2, 950.0, 2300.0, 0.0005, 0.15},
};
static const double edge_um[] = {0.0, 15.0, 75.0, 300.0, 1000.0}, absorption_1_cm[] = {30.0, 60.0, 20.0, 5.0};
static const enum damage_set_id cells = DAMAGE_HENRIQUES_ER75000;

enum { INTERVAL_S = 10, LEAD_S = 3 };

/* One pass under blown air, or so many of them; stage: room for them. */
static struct heat_problem passes_of(size_t passes, bool air, struct heat_stage *stage)
{
	for (size_t k = 0; air && k < passes; k++)
		stage[k] = heat_cold_air((double)(k * INTERVAL_S), (double)(k * INTERVAL_S) + LEAD_S + 1.0);
	struct heat_problem problem = {.layers = COUNT(skin),
	                               .layer = skin,
	                               .surface_C = 33.0,
	                               .core_C = 37.0,
	                               .surface = heat_still_air(),
	                               .source = {COUNT(absorption_1_cm), edge_um, absorption_1_cm},
	                               .pulses = {.start_s = air ? LEAD_S : 0.0,
	                                          .duration_s = 5e-3,
	                                          .count = 1,
	                                          .passes = passes,
	                                          .pass_interval_s = INTERVAL_S}};
	problem.surface.stages = air ? passes : 0;
	problem.surface.stage = stage;
	return problem;
}

static struct heat_passes *new_passes(const struct heat_problem *problem)
{
	struct heat_passes *passes = NULL;
	struct fail why = {0};
	if (heat_passes_new(problem, &passes, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return passes;
}

/* Peaks to 0.02 K and Omega to 2 %: the tolerance of the march, whose steps differ. */
static void assert_same(const struct heat_passes *passes, struct heat_repeat repeat, bool air)
{
	static double got[HEAT_CELLS_MAX + 1], expected[HEAT_CELLS_MAX + 1];
	static double peak_C[HEAT_CELLS_MAX + 1], unknown[HEAT_CELLS_MAX + 1];
	struct heat_stage stage[HEAT_STAGES_MAX];
	struct heat_problem all = passes_of(repeat.passes, air, stage);
	struct heat *alone = NULL;
	all.options.time_tolerance = 1.25e-4;
	assert_int_equal(heat_new(&all, &alone, NULL), ST_OK);
	size_t rows = heat_rows(alone);
	assert_int_equal(heat_rows(heat_passes_rows(passes)), rows);
	assert_int_equal(heat_passes_peaks(passes, repeat, 0, SIZE_MAX, got, NULL), ST_OK);
	assert_int_equal(heat_peak_rows(alone, repeat.fluence_J_cm2, 0, SIZE_MAX, expected, NULL), ST_OK);
	for (size_t row = 0; row < rows; row++)
		if (!(fabs(got[row] - expected[row]) <= 0.02))
			fail_msg("%u passes, row %zu: %.4f C, alone %.4f C", repeat.passes, row, got[row], expected[row]);
	memcpy(peak_C, got, sizeof got);
	assert_int_equal(heat_passes_omega(passes, repeat, cells, peak_C, 0, SIZE_MAX, got, NULL), ST_OK);
	assert_int_equal(heat_passes_omega(passes, repeat, cells, NULL, 0, SIZE_MAX, unknown, NULL), ST_OK);
	assert_memory_equal(got, unknown, rows * sizeof *got); /* peaks spare work, no more */
	assert_int_equal(heat_evaluate_rows(alone, repeat.fluence_J_cm2, cells, 0, SIZE_MAX, expected, NULL), ST_OK);
	assert_true(expected[1] > 1e-3); /* there is something to compare */
	for (size_t row = 0; row < rows; row++)
		if (!(fabs(got[row] - expected[row]) <= 0.02 * expected[row] + 1e-5))
			fail_msg("%u passes, row %zu: Omega %g, alone %g", repeat.passes, row, got[row], expected[row]);
	heat_free(&alone);
}

static void any_number_of_passes_is_what_their_march_gives(void **state)
{
	(void)state;
	for (int air = 0; air < 2; air++) {
		struct heat_stage stage;
		struct heat_problem one = passes_of(1, air, &stage);
		struct heat_passes *passes = new_passes(&one);
		for (unsigned count = 1; count <= 13; count += 4)
			assert_same(passes, (struct heat_repeat){count, air ? 5.0 : 4.0}, air);
		heat_passes_free(&passes);
	}
}

/* Value at a time of a sampled history, linear between its steps. */
static double at_time(const double *time_s, const double *value, size_t steps, double t_s)
{
	size_t i = 1;
	while (i + 1 < steps && time_s[i] < t_s)
		i++;
	double length_s = time_s[i] - time_s[i - 1];
	return length_s > 0.0 ? value[i - 1] + (t_s - time_s[i - 1]) / length_s * (value[i] - value[i - 1]) : value[i];
}

/* Coldest and hottest moments of every pass, and moments of rest between them. */
static void a_history_is_that_of_the_march(void **state)
{
	(void)state;
	static double time_s[HEAT_STEPS_MAX], got_C[HEAT_STEPS_MAX], expected_C[HEAT_STEPS_MAX];
	const struct heat_repeat repeat = {8, 5.0};
	struct heat_stage stage[HEAT_STAGES_MAX];
	struct heat_problem one = passes_of(1, true, stage), all;
	struct heat_passes *passes = new_passes(&one);
	struct heat *alone = NULL;
	size_t steps = heat_passes_steps(passes, repeat.passes);
	all = passes_of(repeat.passes, true, stage);
	all.options.time_tolerance = 1.25e-4;
	assert_int_equal(heat_new(&all, &alone, NULL), ST_OK);
	for (double depth_um = 0.0; depth_um < 1500.0; depth_um += 83.0) {
		assert_int_equal(heat_passes_history(passes, repeat, depth_um, time_s, got_C, NULL), ST_OK);
		assert_int_equal(heat_history(alone, repeat.fluence_J_cm2, depth_um, expected_C, NULL), ST_OK);
		for (double t_s = 0.5; t_s < repeat.passes * INTERVAL_S + 20.0; t_s += 0.37) {
			double got = at_time(time_s, got_C, steps, t_s);
			double expected = at_time(heat_time_s(alone), expected_C, heat_steps(alone), t_s);
			if (t_s <= heat_time_s(alone)[heat_steps(alone) - 1] && !(fabs(got - expected) <= 0.05))
				fail_msg("%g um, %.2f s: %.4f C, march %.4f C", depth_um, t_s, got, expected);
		}
	}
	for (size_t i = 1; i < steps; i++)
		assert_true(time_s[i] >= time_s[i - 1]);
	heat_free(&alone);
	heat_passes_free(&passes);
}

static void what_needs_all_passes_is_refused(void **state)
{
	(void)state;
	struct heat_passes *passes = NULL;
	struct heat_stage stage[2];
	struct fail why = {0};
	double peak_C[HEAT_CELLS_MAX + 1];
	struct heat_problem two = passes_of(2, true, stage), crowded = passes_of(1, true, stage), hasty;
	assert_int_equal(heat_passes_new(&two, &passes, &why), ST_INPUT);
	assert_string_equal(why.field, "heat.passes");
	crowded.pulses.pass_interval_s = 3.5; /* in the middle of the blow */
	assert_int_equal(heat_passes_new(&crowded, &passes, &why), ST_MODEL);
	hasty = passes_of(1, false, stage);
	hasty.pulses.pass_interval_s = 0.02; /* what a pulse leaves is not smooth yet */
	assert_int_equal(heat_passes_new(&hasty, &passes, &why), ST_MODEL);
	assert_string_equal(why.field, "heat.pass_interval_s");
	assert_null(passes);
	struct heat_problem one = passes_of(1, true, stage);
	passes = new_passes(&one);
	assert_int_equal(heat_passes_peaks(passes, (struct heat_repeat){0, 1.0}, 0, 1, peak_C, &why), ST_RANGE);
	assert_int_equal(heat_passes_peaks(passes, (struct heat_repeat){HEAT_PASSES_MAX + 1, 1.0}, 0, 1, peak_C, &why),
	                 ST_RANGE);
	assert_int_equal(heat_passes_peaks(passes, (struct heat_repeat){1, -1.0}, 0, 1, peak_C, &why), ST_RANGE);
	heat_passes_free(&passes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_number_of_passes_is_what_their_march_gives),
	        cmocka_unit_test(a_history_is_that_of_the_march),
	        cmocka_unit_test(what_needs_all_passes_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
