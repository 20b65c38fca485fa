/* Several sources at once: their sums against the same source solved alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/heat.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct heat_layer skin[] = {
        {15.0, 0.21, 1200.0, 3600.0, 0.0, 0.3},
        {60.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},
        {1500.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
        {4000.0, 0.2, 950.0, 2300.0, 0.0005, 0.15},
};
static const double to_100_um[] = {0.0, 100.0}, to_500_um[] = {0.0, 500.0}, thin_um[] = {20.0, 30.0};
static const double ten_1_cm[] = {10.0}, two_1_cm[] = {2.0}, strong_1_cm[] = {300.0};
static const struct heat_source sources[] = {
        {1, to_100_um, ten_1_cm}, {1, to_500_um, two_1_cm}, {1, thin_um, strong_1_cm}};
static const double weight[] = {0.5, 2.0, 0.1};
/* 0.5, 2 and 0.1 times the three, by hand */
static const double sum_um[] = {0.0, 20.0, 30.0, 100.0, 500.0}, sum_1_cm[] = {9.0, 39.0, 9.0, 4.0};
static const struct heat_source sum = {4, sum_um, sum_1_cm};

static struct heat_problem pulses(size_t count, size_t passes)
{
	return (struct heat_problem){.layers = COUNT(skin),
	                             .layer = skin,
	                             .surface_C = 33.0,
	                             .core_C = 37.0,
	                             .surface = heat_still_air(),
	                             .end_s = 12.0, /* else it is the responses that end it: of all sources, or of the sum */
	                             .pulses = {.start_s = 0.05,
	                                        .duration_s = 1e-3,
	                                        .count = count,
	                                        .rate_Hz = 5.0,
	                                        .passes = passes,
	                                        .pass_interval_s = 3.0}};
}

static struct heat_family *family_of(const struct heat_problem *problem, size_t count, const struct heat_source *source)
{
	struct heat_family *family = NULL;
	struct fail why = {0};
	if (heat_family_new(problem, count, source, &family, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return family;
}

/* Peaks of all rows, and the largest Omega, against a march of the sum four times as strict in time. */
static void assert_sum_is(struct heat_problem problem, double fluence_J_cm2, double allowed_K, double allowed_frac)
{
	double got_C[HEAT_CELLS_MAX + 1], expected_C[HEAT_CELLS_MAX + 1], got[HEAT_CELLS_MAX + 1], expected[HEAT_CELLS_MAX + 1];
	const enum damage_set_id set = DAMAGE_HENRIQUES_ER75000;
	struct heat_family *family = family_of(&problem, COUNT(sources), sources);
	const struct heat *answer = heat_family_sum(family, weight);
	struct heat *alone = NULL;
	problem.source = sum;
	problem.options.time_tolerance = 1.25e-4;
	assert_int_equal(heat_new(&problem, &alone, NULL), ST_OK);
	assert_int_equal(heat_rows(answer), heat_rows(alone));
	assert_int_equal(heat_peak_rows(answer, fluence_J_cm2, 0, SIZE_MAX, got_C, NULL), ST_OK);
	assert_int_equal(heat_peak_rows(alone, fluence_J_cm2, 0, SIZE_MAX, expected_C, NULL), ST_OK);
	assert_int_equal(heat_evaluate_rows(answer, fluence_J_cm2, set, 0, SIZE_MAX, got, NULL), ST_OK);
	assert_int_equal(heat_evaluate_rows(alone, fluence_J_cm2, set, 0, SIZE_MAX, expected, NULL), ST_OK);
	for (size_t row = 0; row < heat_rows(alone); row++) {
		if (!(fabs(got_C[row] - expected_C[row]) <= allowed_K))
			fail_msg("row %zu: %.4f C, alone %.4f C", row, got_C[row], expected_C[row]);
		if (!(fabs(got[row] - expected[row]) <= allowed_frac * expected[row] + 1e-4))
			fail_msg("row %zu: Omega %g, alone %g", row, got[row], expected[row]);
	}
	heat_free(&alone);
	heat_family_free(&family);
}

static void a_sum_of_sources_is_what_the_sum_gives_alone(void **state)
{
	(void)state;
	assert_sum_is(pulses(1, 1), 8.0, 0.05, 0.02);
	assert_sum_is(pulses(3, 2), 4.0, 0.05, 0.02);
}

static void cooling_belongs_to_the_base_alone(void **state)
{
	(void)state;
	struct heat_stage stage[HEAT_CRYOGEN_STAGES];
	struct heat_problem problem = pulses(1, 1);
	heat_cryogen_r134a(0.0, 0.03, stage);
	problem.surface.stages = HEAT_CRYOGEN_STAGES;
	problem.surface.stage = stage;
	assert_sum_is(problem, 8.0, 0.08, 0.03);
	struct heat_stage held = {0.0, 1.0, INFINITY, 4.0}; /* a surface that is held */
	problem.surface.stages = 1;
	problem.surface.stage = &held;
	assert_sum_is(problem, 8.0, 0.08, 0.03);
}

/* A pulse shorter than any cell's relaxation is deposited at once. */
static void flashes_are_deposited(void **state)
{
	(void)state;
	struct heat_problem problem = pulses(2, 1);
	problem.pulses.duration_s = 1e-9;
	assert_sum_is(problem, 4.0, 0.05, 0.02);
}

static void a_sum_does_not_depend_on_the_one_before(void **state)
{
	(void)state;
	struct heat_problem problem = pulses(1, 1);
	struct heat_family *family = family_of(&problem, COUNT(sources), sources);
	const struct heat *answer = heat_family_sum(family, weight);
	size_t values = heat_rows(answer) * heat_steps(answer);
	float *first = malloc(values * sizeof *first);
	double other[COUNT(sources)] = {3.0, 0.0, 7.0}, peak_C[HEAT_CELLS_MAX + 1];
	struct heat_peak before, after;
	assert_non_null(first);
	memcpy(first, heat_response(answer, 0), values * sizeof *first);
	assert_int_equal(heat_evaluate(answer, 5.0, NULL, &before, NULL), ST_OK);
	answer = heat_family_sum(family, other);
	assert_int_equal(heat_peak_rows(answer, 5.0, 0, 1, peak_C, NULL), ST_OK);
	assert_memory_not_equal(first, heat_response(answer, 0), values * sizeof *first);
	answer = heat_family_sum(family, weight);
	assert_memory_equal(first, heat_response(answer, 0), values * sizeof *first);
	assert_int_equal(heat_evaluate(answer, 5.0, NULL, &after, NULL), ST_OK);
	assert_true(before.temperature_C == after.temperature_C && before.depth_um == after.depth_um);
	assert_true(heat_family_bytes(family) >= values * (2 + COUNT(sources)) * sizeof(float));
	free(first);
	heat_family_free(&family);
	heat_family_free(&family);
}

/* Without an end the slowest response ends the march: here far before the minute that is the limit. */
static void it_ends_when_all_responses_have_decayed(void **state)
{
	(void)state;
	struct heat_problem problem = pulses(1, 1);
	problem.end_s = 0.0;
	const double thinner_um[] = {10.0, 14.0};
	const struct heat_source shallow[] = {{1, thinner_um, strong_1_cm}, sources[2]};
	struct heat_family *family = family_of(&problem, COUNT(shallow), shallow);
	for (size_t s = 0; s < COUNT(shallow); s++) {
		double one[COUNT(shallow)] = {0}, last = 0.0, ever = 0.0;
		one[s] = 1.0;
		const struct heat *answer = heat_family_sum(family, one);
		size_t steps = heat_steps(answer);
		for (size_t row = 1; row < heat_rows(answer); row++) {
			for (size_t step = 0; step < steps; step++)
				ever = fmax(ever, heat_response(answer, row)[step]);
			last = fmax(last, heat_response(answer, row)[steps - 1]);
		}
		if (!(last <= 0.02 * ever && heat_time_s(answer)[steps - 1] < 59.0))
			fail_msg("source %zu: %g of %g left after %g s", s, last, ever, heat_time_s(answer)[steps - 1]);
	}
	heat_family_free(&family);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	struct heat_problem problem = pulses(1, 1);
	struct heat_source many[HEAT_FAMILY_SOURCES + 1], negative = {1, to_100_um, (const double[]){-1.0}};
	struct heat_family *family = NULL;
	struct fail why;
	for (size_t s = 0; s < COUNT(many); s++)
		many[s] = sources[0];
	assert_int_equal(heat_family_new(&problem, 0, many, &family, &why), ST_RANGE);
	assert_int_equal(heat_family_new(&problem, COUNT(many), many, &family, &why), ST_RANGE);
	assert_string_equal(why.field, "heat.sources");
	assert_int_equal(heat_family_new(&problem, 1, &negative, &family, &why), ST_RANGE);
	problem.core_C = NAN;
	assert_int_not_equal(heat_family_new(&problem, 1, many, &family, &why), ST_OK);
	assert_null(family);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_sum_of_sources_is_what_the_sum_gives_alone),
	        cmocka_unit_test(cooling_belongs_to_the_base_alone),
	        cmocka_unit_test(flashes_are_deposited),
	        cmocka_unit_test(a_sum_does_not_depend_on_the_one_before),
	        cmocka_unit_test(it_ends_when_all_responses_have_decayed),
	        cmocka_unit_test(what_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
