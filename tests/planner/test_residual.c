/* Heat left by columns at any depth: against the same source solved by itself, whatever was asked before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "planner/fit/residual.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct heat_layer skin[] = {
        {70.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},
        {1500.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
        {3000.0, 0.2, 950.0, 2300.0, 0.0005, 0.15},
};
static double edge_um[HEAT_CELLS_MAX + 1];

static struct heat_problem problem(void)
{
	struct heat_problem p = {.layers = COUNT(skin),
	                         .layer = skin,
	                         .surface_C = 33.0,
	                         .core_C = 37.0,
	                         .surface = heat_still_air(),
	                         .pulses = {.duration_s = 1e-4, .count = 1, .passes = 2, .pass_interval_s = 10.0},
	                         .options = {.finest_um = 10.0, .refine = 0.25, .time_tolerance = 1e-3}};
	size_t edges = 0;
	assert_int_equal(heat_grid(p.layers, p.layer, &p.options, edge_um, COUNT(edge_um), &edges, NULL), ST_OK);
	p.options.edges = edges;
	p.options.edge_um = edge_um;
	return p;
}

static const struct heat *ask(struct residual *r, const struct heat_problem *p, double depth_um)
{
	const struct heat *answer = NULL;
	struct fail why = {0};
	if (residual_at(r, p, depth_um, &answer, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return answer;
}

static void assert_like_alone(struct residual *r, double depth_um)
{
	const double fluence_J_cm2 = 2.0, range_um[] = {0.0, depth_um}, spread_1_cm = 1.0 / (depth_um * CM_PER_UM);
	struct heat_problem p = problem();
	const struct heat *answer = ask(r, &p, depth_um);
	struct heat *alone = NULL;
	double got_C[HEAT_CELLS_MAX + 1], expected_C[HEAT_CELLS_MAX + 1];
	p.source = (struct heat_source){1, range_um, &spread_1_cm};
	p.options.time_tolerance = 1e-4;
	assert_int_equal(heat_new(&p, &alone, NULL), ST_OK);
	assert_int_equal(heat_peak_rows(answer, fluence_J_cm2, 0, SIZE_MAX, got_C, NULL), ST_OK);
	assert_int_equal(heat_peak_rows(alone, fluence_J_cm2, 0, SIZE_MAX, expected_C, NULL), ST_OK);
	for (size_t row = 0; row < heat_rows(alone); row++)
		if (!(fabs(got_C[row] - expected_C[row]) <= 2e-3 * fluence_J_cm2 * spread_1_cm / 3.5))
			fail_msg("%g um, row %zu: %.4f C, alone %.4f C", depth_um, row, got_C[row], expected_C[row]);
	heat_free(&alone);
}

static void any_depth_is_as_if_solved_alone(void **state)
{
	(void)state;
	const struct heat_problem p = problem();
	struct residual *r = residual_new(p.options.edges - 1);
	assert_non_null(r);
	const double depth_um[] = {3.0, 41.0, 70.0, 333.0, edge_um[7], 1200.0, edge_um[p.options.edges - 2], 4500.0};
	for (size_t i = 0; i < COUNT(depth_um); i++)
		assert_like_alone(r, depth_um[i]);
	residual_free(&r);
}

static void nothing_is_left_at_no_depth(void **state)
{
	(void)state;
	const struct heat_problem p = problem();
	struct residual *r = residual_new(p.options.edges - 1);
	const struct heat *answer = ask(r, &p, 0.0);
	for (size_t row = 0; row < heat_rows(answer); row++)
		for (size_t step = 0; step < heat_steps(answer); step++)
			assert_true(heat_response(answer, row)[step] == 0.0);
	residual_free(&r);
}

static void what_was_asked_before_changes_nothing(void **state)
{
	(void)state;
	const struct heat_problem p = problem();
	struct residual *one = residual_new(p.options.edges - 1), *other = residual_new(p.options.edges - 1);
	assert_false(residual_has(one, &p, 700.0));
	(void)ask(one, &p, 100.0);
	(void)ask(one, &p, 3000.0);
	(void)ask(one, &p, 650.0);
	size_t bytes = residual_bytes(one);
	const struct heat *a = ask(one, &p, 700.0), *b = ask(other, &p, 700.0);
	assert_true(residual_has(one, &p, 700.0) && residual_bytes(one) >= bytes && bytes > residual_bytes(other));
	assert_int_equal(heat_steps(a), heat_steps(b));
	assert_memory_equal(heat_response(a, 0), heat_response(b, 0),
	                    heat_rows(a) * heat_steps(a) * sizeof *heat_response(a, 0));
	residual_free(&one);
	residual_free(&other);
}

static void bad_problems_are_refused_and_can_be_asked_again(void **state)
{
	(void)state;
	struct heat_problem p = problem();
	struct residual *r = residual_new(p.options.edges - 1);
	const struct heat *answer = NULL;
	struct fail why;
	p.core_C = INFINITY;
	assert_int_not_equal(residual_at(r, &p, 300.0, &answer, &why), ST_OK);
	assert_null(answer);
	p.core_C = 37.0;
	assert_non_null(ask(r, &p, 300.0));
	residual_free(&r);
	residual_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_depth_is_as_if_solved_alone),
	        cmocka_unit_test(nothing_is_left_at_no_depth),
	        cmocka_unit_test(what_was_asked_before_changes_nothing),
	        cmocka_unit_test(bad_problems_are_refused_and_can_be_asked_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
