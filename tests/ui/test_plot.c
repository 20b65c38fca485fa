/* Plots: positions, labels, determinism, hostile data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/golden.h"
#include "ui/plot.h"

#define POINTS 61
static double depth[POINTS], peak[POINTS], low[POINTS], high[POINTS], damage[POINTS];

/* A made-up profile: heat that falls off with depth, damage where it is hot. */
static struct plot skin_plot(void)
{
	for (int i = 0; i < POINTS; i++) {
		depth[i] = 25.0 * i;
		peak[i] = 33.0 + 62.0 * exp(-depth[i] / 300.0);
		low[i] = peak[i] - 0.10 * (peak[i] - 33.0);
		high[i] = peak[i] + 0.15 * (peak[i] - 33.0);
		damage[i] = 1.0 / (1.0 + exp((depth[i] - 320.0) / 25.0));
	}
	return (struct plot){
	        .x_label = "depth µm",
	        .x_max = 1500.0,
	        .x_scale = PLOT_SQRT,
	        .axis = {{20.0, 110.0, "°C"}, {0.0, 1.0, "damage"}},
	        .curves = 2,
	        .curve = {{"temperature", POINTS, depth, peak, low, high, PLOT_LEFT, ROLE_CURVE_1, false},
	                  {"damage", POINTS, depth, damage, NULL, NULL, PLOT_RIGHT, ROLE_CURVE_2, true}},
	        .lines = 2,
	        .line = {{60.0, PLOT_LEFT, "60 °C"}, {100.0, PLOT_LEFT, "100 °C boils"}},
	        .zones = 3,
	        .zone = {{0.0, 70.0, "epidermis", "epi"},
	                 {70.0, 250.0, "papillary", "pap"},
	                 {250.0, 1500.0, "reticular dermis", "dermis"}},
	};
}

static struct canvas *draw(const struct plot *plot, int rows, int cols, bool ascii)
{
	struct canvas *canvas = NULL;
	struct fail why;
	assert_int_equal(canvas_new(rows, cols, ascii, &canvas, &why), ST_OK);
	assert_int_equal(plot_draw(canvas, (struct area){0, 0, rows, cols}, plot, &why), ST_OK);
	return canvas;
}

static void check_golden(bool ascii, const char *path)
{
	struct plot plot = skin_plot();
	struct canvas *canvas = draw(&plot, 16, 60, ascii);
	char *dump = canvas_dump(canvas);
	assert_true(golden_compare(path, dump));
	free(dump);
	canvas_free(&canvas);
}

static void braille_as_before(void **state)
{
	(void)state;
	check_golden(false, "tests/ui/golden/plot_braille.txt");
}

/* The same data in half blocks: no cell of braille is left, the axes are where they were. */
static void half_blocks_as_before(void **state)
{
	(void)state;
	struct plot plot = skin_plot();
	struct canvas *canvas = NULL;
	struct fail why;
	assert_int_equal(canvas_new(16, 60, false, &canvas, &why), ST_OK);
	canvas->blocks = true;
	assert_int_equal(plot_draw(canvas, (struct area){0, 0, 16, 60}, &plot, &why), ST_OK);
	for (int cell = 0; cell < 16 * 60; cell++)
		assert_false(canvas->cell[cell].point[0] >= 0x2800 && canvas->cell[cell].point[0] <= 0x28FF);
	char *dump = canvas_dump(canvas);
	assert_true(golden_compare("tests/ui/golden/plot_blocks.txt", dump));
	free(dump);
	canvas_free(&canvas);
}

/* A horizontal line lies on the half of the row that its value asks for. */
static void values_fall_on_their_half_row(void **state)
{
	(void)state;
	double x[2] = {0.0, 10.0};
	for (int level = 0; level <= 21; level++) { /* field: 11 rows, 22 halves */
		double y[2] = {level, level};
		struct plot plot = {.x_label = "x", .x_max = 10.0, .axis = {{0.0, 21.0, "y"}}, .curves = 1};
		struct canvas *canvas = NULL;
		struct fail why;
		plot.curve[0] = (struct plot_curve){.name = "c", .count = 2, .x = x, .y = y, .role = ROLE_CURVE_1};
		assert_int_equal(canvas_new(15, 40, false, &canvas, &why), ST_OK);
		canvas->blocks = true;
		assert_int_equal(plot_draw(canvas, (struct area){0, 0, 15, 40}, &plot, &why), ST_OK);
		const int half = 21 - level; /* from the top */
		assert_int_equal(canvas_cell(canvas, 2 + half / 2, 20)->point[0], half % 2 == 0 ? 0x2580 : 0x2584);
		canvas_free(&canvas);
	}
}

static void ascii_as_before(void **state)
{
	(void)state;
	check_golden(true, "tests/ui/golden/plot_ascii.txt");
}

/* A horizontal curve lies on the row its value asks for. */
static void values_fall_on_their_row(void **state)
{
	(void)state;
	double x[2] = {0.0, 10.0};
	for (int level = 0; level <= 10; level++) {
		double y[2] = {level, level};
		struct plot plot = {.x_label = "x", .x_max = 10.0, .axis = {{0.0, 10.0, "y"}}, .curves = 1};
		plot.curve[0] =
		        (struct plot_curve){.name = "c", .count = 2, .x = x, .y = y, .role = ROLE_CURVE_1};
		struct canvas *canvas = draw(&plot, 15, 40, true);
		for (int row = 2; row < 13; row++) /* field: 11 rows */
			assert_int_equal(canvas_cell(canvas, row, 20)->point[0] == '*', row == 12 - level);
		canvas_free(&canvas);
	}
}

/* Square-root axis: a quarter of the range lies at half of the width. */
static void shallow_depths_are_opened_up(void **state)
{
	(void)state;
	struct plot plot = {.x_label = "um",
	                    .x_max = 400.0,
	                    .x_scale = PLOT_SQRT,
	                    .axis = {{0.0, 1.0, "y"}},
	                    .zones = 2,
	                    .zone = {{0.0, 100.0, "a", "a"}, {100.0, 400.0, "b", "b"}}};
	struct canvas *canvas = draw(&plot, 12, 47, true); /* field: columns 5..45 */
	assert_int_equal(canvas_cell(canvas, 5, 25)->point[0], '|');
	canvas_free(&canvas);
}

static void steps_are_round(void **state)
{
	(void)state;
	assert_true(fabs(plot_step(100.0, 5) - 20.0) < 1e-12);
	assert_true(fabs(plot_step(90.0, 5) - 20.0) < 1e-12);
	assert_true(fabs(plot_step(1.0, 4) - 0.25) < 1e-12);
	assert_true(fabs(plot_step(0.0, 5) - 1.0) < 1e-12);
	assert_true(fabs(plot_step(NAN, 5) - 1.0) < 1e-12);
}

static void hostile_data_do_no_harm(void **state)
{
	(void)state;
	struct plot plot = skin_plot();
	peak[3] = NAN;
	high[10] = INFINITY;
	peak[20] = 1e300;
	low[21] = -1e300;
	for (int rows = 1; rows < 30; rows++)
		for (int cols = 1; cols < 90; cols += 3) {
			struct canvas *canvas = draw(&plot, rows, cols, false);
			canvas_free(&canvas);
		}
	struct canvas *canvas = NULL;
	struct fail why;
	plot.x_max = plot.x_min;
	assert_int_equal(canvas_new(20, 60, false, &canvas, &why), ST_OK);
	assert_int_equal(plot_draw(canvas, (struct area){0, 0, 20, 60}, &plot, &why), ST_INPUT);
	canvas_free(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(braille_as_before),        cmocka_unit_test(ascii_as_before),
	        cmocka_unit_test(half_blocks_as_before),    cmocka_unit_test(values_fall_on_their_half_row),
	        cmocka_unit_test(values_fall_on_their_row), cmocka_unit_test(shallow_depths_are_opened_up),
	        cmocka_unit_test(steps_are_round),          cmocka_unit_test(hostile_data_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
