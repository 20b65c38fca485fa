/* The safe-window map: every cell is the assessment a plan would get, the device's impossible combinations are marked,
 * and a cancelled map keeps what it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/case.h"
#include "planner/plan/explore.h"

static struct library *library;
static struct case_file *file;
static struct planning *planning;
static struct settings base;
static struct explore_map map;

static int prepare(void **state)
{
	(void)state;
	const struct predict_options options = {.samples = 2, .seed = 1};
	struct fail why = {0};
	enum setting_id x, y;
	enum status status = library_load("profiles", &library, &why);
	if (status == ST_OK)
		status = case_read("tests/validation/cases/S1.json", &file, &why);
	if (status == ST_OK)
		status = planning_new(library, &file->request[0].subject, &file->request[0].request, &options, &planning,
		                      &why);
	if (status == ST_OK) {
		planning_default_settings(planning, &base);
		status = explore_axes(planning, &x, &y, &why);
	}
	if (status == ST_OK)
		status = explore(planning, &base, x, y, NULL, NULL, &map, &why);
	if (status != ST_OK)
		print_error("%s: %s\n", why.field, why.text);
	return status != ST_OK;
}

static int finish(void **state)
{
	(void)state;
	planning_free(&planning);
	case_free(&file);
	library_free(&library);
	return 0;
}

static void cells_are_assessments(void **state)
{
	(void)state;
	struct fail why = {0};
	size_t possible = 0;
	assert_int_equal(map.judged, map.nx * map.ny);
	assert_true(map.nx > 3 && map.ny > 2);
	for (size_t i = 0; i < map.nx * map.ny; i += 3) {
		const struct explore_cell *cell = &map.cell[i / map.nx][i % map.nx];
		struct assessment a;
		if (!cell->possible)
			continue;
		possible++;
		assert_int_equal(planning_assess(planning, &cell->settings, &a, &why), ST_OK);
		assert_int_equal(a.verdict, cell->verdict);
		assert_true(a.prediction.metric[planning_protocol(planning)->goal[0].metric].value == cell->goal.value);
		assessment_clear(&a);
	}
	assert_true(possible > 5);
}

static void axes_run_over_the_whole_grid(void **state)
{
	(void)state;
	const struct setting_domain *x = &planning_mode(planning)->setting[map.x];
	assert_true(map.x_value[0] == setting_grid_value(x, 0));
	assert_true(map.x_value[map.nx - 1] == setting_grid_value(x, setting_grid_count(x) - 1));
	for (size_t i = 1; i < map.nx; i++)
		assert_true(map.x_value[i] > map.x_value[i - 1]);
}

/* More energy at equal density never turns a refusal into a permission. */
static void more_dose_is_not_milder(void **state)
{
	(void)state;
	assert_int_equal(map.x, SETTING_ENERGY_MJ);
	size_t refused = 0;
	for (size_t y = 0; y < map.ny; y++)
		for (size_t x = 1; x < map.nx; x++)
			if (map.cell[y][x].possible && map.cell[y][x - 1].possible) {
				assert_true(map.cell[y][x].verdict >= map.cell[y][x - 1].verdict);
				refused += map.cell[y][x].verdict >= VERDICT_BLOCK_MD;
			}
	assert_true(refused > 0);
}

static int stop_at_half(void *context, double done_frac)
{
	(void)context;
	return done_frac >= 0.5;
}

static void a_cancelled_map_keeps_its_cells(void **state)
{
	(void)state;
	struct explore_map *half = calloc(1, sizeof *half);
	struct fail why = {0};
	assert_non_null(half);
	assert_int_equal(explore(planning, &base, map.x, map.y, stop_at_half, NULL, half, &why), ST_CANCELLED);
	assert_true(half->judged >= map.judged / 2 - 1 && half->judged <= map.judged / 2 + 1);
	for (size_t i = 0; i < map.nx * map.ny; i++)
		assert_int_equal(half->cell[i / map.nx][i % map.nx].judged, i < half->judged);
	free(half);
}

static void axes_that_are_none_are_refused(void **state)
{
	(void)state;
	struct explore_map *none = calloc(1, sizeof *none);
	struct fail why = {0};
	assert_non_null(none);
	assert_int_equal(explore(planning, &base, map.x, map.x, NULL, NULL, none, &why), ST_INPUT);
	assert_int_equal(explore(planning, &base, map.x, SETTING_VISITS, NULL, NULL, none, &why), ST_INPUT);
	free(none);
}

static void the_round_of_axes_comes_back(void **state)
{
	(void)state;
	enum setting_id x = map.x, y = map.y;
	int steps = 0;
	do {
		explore_next_axes(planning, &x, &y);
		assert_true(x < y);
		steps++;
	} while ((x != map.x || y != map.y) && steps < 100);
	assert_true(steps < 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(cells_are_assessments),       cmocka_unit_test(axes_run_over_the_whole_grid),
	        cmocka_unit_test(more_dose_is_not_milder),     cmocka_unit_test(a_cancelled_map_keeps_its_cells),
	        cmocka_unit_test(axes_that_are_none_are_refused), cmocka_unit_test(the_round_of_axes_comes_back),
	};
	return cmocka_run_group_tests(tests, prepare, finish);
}
