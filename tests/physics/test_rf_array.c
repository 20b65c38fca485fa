/* Finite arrays: the rod, symmetry, layers, the rim, agreement with the cell, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/rf_array.h"
#include "tests/support/near.h"

struct bench {
	struct rf_layer layer[2];
	struct rf_stack stack;
	struct rf_array array;
};

static void fill(struct bench *b, double fat_S_m)
{
	*b = (struct bench){0};
	b->layer[0] =
	        (struct rf_layer){.matter = RF_DERMIS, .thickness_um = 2000.0, .conductivity_S_m = 0.22};
	b->layer[1] =
	        (struct rf_layer){.matter = RF_FAT, .thickness_um = INFINITY, .conductivity_S_m = fat_S_m};
	b->stack = (struct rf_stack){.frequency_Hz = 1e6, .layers = 2, .layer = b->layer};
	b->array = (struct rf_array){.needles = {.pattern = RF_PATTERN_CHECKERBOARD,
	                                         .pitch_x_um = 1500.0,
	                                         .pitch_y_um = 1500.0,
	                                         .radius_um = 60.0,
	                                         .tip_um = 1800.0},
	                             .columns = 6,
	                             .rows = 6};
}

static void solve(const struct bench *b, struct rf_array_result *out)
{
	struct fail why = {.text = ""};
	if (rf_array_solve(&b->stack, &b->array, out, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
}

/* Rod driven into a half-space: (ln(4L/a) - 1) / (2 pi sigma L) with even current (Dwight 1936), which holds
 * more power than the true division: an upper bound, 1-2 % above. */
static void test_rod(void **state)
{
	struct bench b;
	static struct rf_array_result out;
	(void)state;
	fill(&b, 0.22);
	b.array = (struct rf_array){.needles = {.pattern = RF_PATTERN_ALIKE,
	                                        .pitch_x_um = 1500.0,
	                                        .pitch_y_um = 1500.0,
	                                        .radius_um = 50.0,
	                                        .tip_um = 3000.0},
	                            .columns = 1,
	                            .rows = 1};
	solve(&b, &out);
	double dwight = (log(4.0 * 3.0 / 0.05) - 1.0) / (2.0 * PI * 0.22 * 3e-3);
	assert_true(creal(out.impedance_ohm) < dwight && creal(out.impedance_ohm) > 0.975 * dwight);
	assert_near(cimag(out.impedance_ohm), 0.0, 1e-9);
	assert_near(out.power_frac[0], 1.0, 1e-12);
}

/* Fat that conducts like dermis is no interface, wherever it is. */
static void test_no_interface(void **state)
{
	struct bench b;
	static struct rf_array_result even, one;
	(void)state;
	fill(&b, 0.22);
	b.array.needles.tip_um = 2600.0; /* through the interface */
	solve(&b, &even);
	b.stack.layers = 1;
	b.layer[0].thickness_um = INFINITY;
	solve(&b, &one);
	/* the needle is cut at the interface, so the segments differ a little */
	assert_near(cabs(even.impedance_ohm), cabs(one.impedance_ohm), 3e-3 * cabs(one.impedance_ohm));
}

/* Reciprocal by construction of the blocks, so look at the physics: a sink of conductivity below lowers the
 * impedance of one needle, an insulator raises it, in order. */
static void test_interface(void **state)
{
	static const double fat_S_m[] = {0.002, 0.025, 0.22, 1.0};
	static struct rf_array_result out;
	double last = INFINITY;
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct bench b;
		fill(&b, fat_S_m[i]);
		b.array.needles.pattern = RF_PATTERN_ALIKE;
		solve(&b, &out);
		assert_true(creal(out.impedance_ohm) < last);
		last = creal(out.impedance_ohm);
	}
}

static void test_balance_and_symmetry(void **state)
{
	struct bench b;
	static struct rf_array_result out;
	(void)state;
	fill(&b, 0.025);
	b.layer[0].permittivity = 1800.0;
	b.array.columns = 7; /* more needles of one polarity: the potential floats */
	b.array.rows = 7;
	solve(&b, &out);
	double complex sum = 0.0;
	double power = 0.0;
	for (size_t n = 0; n < out.needles; n++) {
		sum += out.current_A[n];
		power += out.power_frac[n];
		assert_near(cabs(out.current_A[n] - out.current_A[48 - n]), 0.0,
		            1e-7 * cabs(out.current_A[n]));
	}
	assert_true(cabs(sum) < 1e-7 * cabs(out.current_A[24]));
	assert_near(power, 49.0, 1e-9);
	assert_true(cimag(out.impedance_ohm) < 0.0);
}

/* Needles alike push their current to the rim; the larger the array the more. */
static void test_rim(void **state)
{
	struct bench b;
	static struct rf_array_result small, large;
	(void)state;
	fill(&b, 0.025);
	b.array.needles.pattern = RF_PATTERN_ALIKE;
	b.array.columns = b.array.rows = 5;
	solve(&b, &small);
	b.array.columns = b.array.rows = 9;
	solve(&b, &large);
	assert_true(small.power_frac[0] > 1.3 && small.centre_frac < 0.7);
	assert_true(large.power_frac[0] > small.power_frac[0] && large.centre_frac < small.centre_frac);
	assert_near(small.power_frac[0], small.highest_frac, 1e-6);
}

/* The middle of a large checkerboard is the endless array of the cell: slender needles, dermis alone, tips in
 * dermis over fat, and tips in fat. */
static void against_cell(double fat_S_m, double bare_from_um, double tip_um, double tolerance)
{
	struct bench b;
	static struct rf_array_result out;
	struct rf_cell *cell = NULL;
	struct rf_result result;
	struct fail why = {.text = ""};
	struct rf_cell_options options = {.refine = 0.7};
	fill(&b, fat_S_m);
	b.array.columns = b.array.rows = 10;
	b.array.needles.bare_from_um = bare_from_um;
	b.array.needles.tip_um = tip_um;
	solve(&b, &out);
	assert_int_equal(rf_cell_new(&b.stack, &b.array.needles, &options, &cell, &why), ST_OK);
	assert_int_equal(rf_cell_solve(cell, &result, &why), ST_OK);
	assert_near(1.0 / cabs(out.current_A[44]), cabs(result.impedance_ohm),
	            tolerance * cabs(result.impedance_ohm));
	rf_cell_free(&cell);
}

static void test_against_cell(void **state)
{
	(void)state;
	against_cell(0.22, 0.0, 1800.0, 0.02);
	against_cell(0.025, 0.0, 1800.0, 0.02);
	against_cell(0.025, 500.0, 2800.0, 0.03);
}

static void test_lattice_forms(void **state)
{
	(void)state;
	assert_near(rf_lattice_ohm_m(RF_PATTERN_CHECKERBOARD, 1500.0, 125.0, 0.22), 2.702047,
	            1e-6 * 2.702047);
	assert_near(rf_lattice_ohm_m(RF_PATTERN_PAIR, 3000.0, 150.0, 1.0), 0.95277242, 1e-8);
	assert_near(rf_lattice_ohm_m(RF_PATTERN_ROWS, 1500.0, 125.0, 0.22),
	            log(1500.0 / (1.3110288 * 125.0)) / (PI * 0.22), 1e-6);
	assert_true(isnan(rf_lattice_ohm_m(RF_PATTERN_ALIKE, 1500.0, 125.0, 0.22)));
}

static void test_shape(void **state)
{
	static const unsigned pins[] = {49, 24, 25, 64, 80, 7}, columns[] = {7, 6, 5, 8, 10, 7},
	                      rows[] = {7, 4, 5, 8, 8, 1};
	(void)state;
	for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
		unsigned c = 0, r = 0;
		rf_array_shape(pins[i], &c, &r);
		assert_int_equal(c, columns[i]);
		assert_int_equal(r, rows[i]);
	}
}

static void test_refusals(void **state)
{
	struct bench b;
	static struct rf_array_result out;
	struct fail why;
	(void)state;
	fill(&b, 0.025);
	b.array.columns = 30; /* times 6 */
	assert_int_equal(rf_array_solve(&b.stack, &b.array, &out, &why), ST_RANGE);
	fill(&b, 0.025);
	b.array.columns = 1;
	assert_int_equal(rf_array_solve(&b.stack, &b.array, &out, &why), ST_RANGE);
	fill(&b, 0.0);
	assert_int_equal(rf_array_solve(&b.stack, &b.array, &out, &why), ST_RANGE);
	fill(&b, 0.025);
	b.array.needles.pitch_y_um = 100.0;
	assert_int_equal(rf_array_solve(&b.stack, &b.array, &out, &why), ST_RANGE);
	assert_non_null(strstr(why.text, "touch"));
	fill(&b, 0.025);
	b.array.needles.bare_from_um = 1700.0; /* stubby: answered, flagged */
	solve(&b, &out);
	assert_true(out.flags & VALIDITY_MODEL_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_rod),           cmocka_unit_test(test_no_interface),
	        cmocka_unit_test(test_interface),     cmocka_unit_test(test_balance_and_symmetry),
	        cmocka_unit_test(test_rim),           cmocka_unit_test(test_against_cell),
	        cmocka_unit_test(test_lattice_forms), cmocka_unit_test(test_shape),
	        cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
