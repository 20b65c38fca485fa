/* The needle cell: lattices in closed form, conservation, scaling, grid order, heat, control, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/rf_cell.h"
#include "tests/support/near.h"

#define DERMIS_S_m 0.22
#define FAT_S_m 0.025

static const struct tissue_thermal skin = {.conductivity_W_mK = 0.37,
                                           .density_kg_m3 = 1109.0,
                                           .heat_capacity_J_kgK = 3391.0,
                                           .perfusion_1_s = 1.98e-3,
                                           .water_frac = 0.65};
static const struct tissue_thermal fat = {.conductivity_W_mK = 0.2112,
                                          .density_kg_m3 = 911.0,
                                          .heat_capacity_J_kgK = 2348.0,
                                          .perfusion_1_s = 0.88e-3,
                                          .water_frac = 0.15};

struct bench {
	struct rf_layer layer[2];
	struct rf_stack stack;
	struct rf_needles needles;
	struct rf_cell_options options;
};

/* 2 mm of dermis over fat, complex at 1 MHz; insulated needles, 300 um bare. */
static void fill(struct bench *b)
{
	*b = (struct bench){0};
	b->layer[0] = (struct rf_layer){.matter = RF_DERMIS,
	                                .thickness_um = 2000.0,
	                                .conductivity_S_m = DERMIS_S_m,
	                                .permittivity = 1832.8,
	                                .warming_1_K = 0.015,
	                                .thermal = skin};
	b->layer[1] = (struct rf_layer){.matter = RF_FAT,
	                                .thickness_um = INFINITY,
	                                .conductivity_S_m = FAT_S_m,
	                                .permittivity = 27.2,
	                                .warming_1_K = 0.015,
	                                .thermal = fat};
	b->stack = (struct rf_stack){.frequency_Hz = 1e6, .layers = 2, .layer = b->layer};
	b->needles = (struct rf_needles){.pattern = RF_PATTERN_ROWS,
	                                 .pitch_x_um = 1500.0,
	                                 .pitch_y_um = 1500.0,
	                                 .radius_um = 100.0,
	                                 .bare_from_um = 1500.0,
	                                 .tip_um = 1800.0};
	b->options.refine = 0.5;
}

static struct rf_cell *solve(const struct bench *b, struct rf_result *result)
{
	struct rf_cell *cell = NULL;
	struct fail why = {.text = ""};
	assert_int_equal(rf_cell_new(&b->stack, &b->needles, &b->options, &cell, &why), ST_OK);
	assert_int_equal(rf_cell_solve(cell, result, &why), ST_OK);
	return cell;
}

static struct rf_result result_of(const struct bench *b)
{
	struct rf_result result;
	struct rf_cell *cell = solve(b, &result);
	rf_cell_free(&cell);
	return result;
}

/* Conductance per length of endless needles: two lengths, the same ends, so the ends cancel. */
static double lattice_ohm_m(enum rf_pattern pattern, double refine)
{
	struct bench b;
	fill(&b);
	b.layer[0].thickness_um = INFINITY;
	b.layer[0].permittivity = 0.0;
	b.stack.layers = 1;
	b.options.refine = refine;
	b.needles = (struct rf_needles){.pattern = pattern,
	                                .pitch_x_um = 1500.0,
	                                .pitch_y_um = 1500.0,
	                                .radius_um = 125.0,
	                                .tip_um = 3000.0};
	double short_S = 1.0 / creal(result_of(&b).impedance_ohm);
	b.needles.tip_um = 5000.0;
	double long_S = 1.0 / creal(result_of(&b).impedance_ohm);
	return 2e-3 / (long_S - short_S);
}

/* Thin needles, exact by elliptic functions: rows ln(p / 1.3110288 a) / (pi sigma), checkerboard 1.8540747.
 */
static void test_lattices(void **state)
{
	(void)state;
	double rows = log(1500.0 / (1.3110288 * 125.0)) / (PI * DERMIS_S_m);
	double board = log(1500.0 / (1.8540747 * 125.0)) / (PI * DERMIS_S_m);
	assert_near(lattice_ohm_m(RF_PATTERN_ROWS, 1.0), rows, 0.004 * rows);
	assert_near(lattice_ohm_m(RF_PATTERN_CHECKERBOARD, 1.0), board, 0.004 * board);
	assert_true(fabs(lattice_ohm_m(RF_PATTERN_ROWS, 2.0) / rows - 1.0) <
	            fabs(lattice_ohm_m(RF_PATTERN_ROWS, 1.0) / rows - 1.0));
}

/* Alike needles in a column with the return below, bare from the surface: the plane part below the tips is a
 * plain resistor, so deepening the cell by 1 mm adds 1 mm / (sigma p^2). */
static void test_alike_below(void **state)
{
	struct bench b;
	(void)state;
	fill(&b);
	b.needles.pattern = RF_PATTERN_ALIKE;
	b.stack.layers = 1;
	b.layer[0].thickness_um = INFINITY;
	b.options.below_um = 3000.0;
	double complex near = result_of(&b).impedance_ohm;
	b.options.below_um = 4000.0;
	double complex far = result_of(&b).impedance_ohm;
	double complex added = 1e-3 / (rf_admittivity_S_m(&b.layer[0], 1e6) * 1.5e-3 * 1.5e-3);
	assert_near(creal(far - near), creal(added), 0.002 * cabs(added));
	assert_near(cimag(far - near), cimag(added), 0.002 * cabs(added));
}

static void test_conservation(void **state)
{
	struct bench b;
	(void)state;
	fill(&b);
	for (int pattern = 0; pattern < RF_PATTERNS; pattern++) {
		b.needles.pattern = (enum rf_pattern)pattern;
		b.options.refine = pattern == RF_PATTERN_PAIR ? 0.4 : 0.5;
		struct rf_result r = result_of(&b);
		assert_true(r.balance_frac < 1e-6);
		assert_true(creal(r.impedance_ohm) > 0.0 && cimag(r.impedance_ohm) < 0.0);
		assert_true(r.layer_frac[0] > 0.0 && r.layer_frac[1] > 0.0);
	}
}

/* Twice the conductivity halves, twice the size halves again. */
static void test_scaling(void **state)
{
	struct bench b;
	(void)state;
	fill(&b);
	double complex first = result_of(&b).impedance_ohm;
	for (int i = 0; i < 2; i++) {
		b.layer[i].conductivity_S_m *= 2.0;
		b.layer[i].permittivity *= 2.0;
	}
	assert_near(cabs(result_of(&b).impedance_ohm / first), 0.5, 1e-6);
	b.layer[0].thickness_um *= 2.0;
	b.options.below_um = 7500.0;
	b.needles = (struct rf_needles){.pattern = RF_PATTERN_ROWS,
	                                .pitch_x_um = 3000.0,
	                                .pitch_y_um = 3000.0,
	                                .radius_um = 200.0,
	                                .bare_from_um = 3000.0,
	                                .tip_um = 3600.0};
	assert_near(cabs(result_of(&b).impedance_ohm / first), 0.25, 1e-6);
}

/* The default grid is within 1 % of its own converged value, and finer ones approach it. */
static void test_grid(void **state)
{
	struct bench b;
	(void)state;
	fill(&b);
	b.options.refine = 2.8;
	double fine = cabs(result_of(&b).impedance_ohm), converged = fine;
	b.options.refine = 1.4;
	double middle = cabs(result_of(&b).impedance_ohm);
	converged += (fine - middle); /* first order, links halved */
	b.options.refine = 1.0;
	b.options.estimate_error = true;
	struct rf_result plain = result_of(&b);
	double error = fabs(cabs(plain.impedance_ohm) - converged);
	assert_true(error < 0.01 * converged);
	assert_true(fabs(fine - converged) < error);
	assert_true(plain.impedance_error_ohm > 0.3 * error && plain.impedance_error_ohm < 0.03 * converged);
}

/* Insulation only takes away: fully bare conducts best, a shorter bare end least. */
static void test_insulation(void **state)
{
	struct bench b;
	double last = 0.0;
	(void)state;
	fill(&b);
	for (double from_um = 0.0; from_um < 1700.0; from_um += 400.0) {
		b.needles.bare_from_um = from_um;
		double ohm = cabs(result_of(&b).impedance_ohm);
		assert_true(ohm > last);
		last = ohm;
	}
}

static void test_field(void **state)
{
	struct bench b;
	struct rf_result result;
	struct rf_field at;
	struct fail why;
	(void)state;
	fill(&b);
	struct rf_cell *cell = solve(&b, &result);
	assert_int_equal(rf_cell_field(cell, 0.0, 0.0, 1700.0, &at, &why), ST_OK);
	assert_near(creal(at.potential_V), 0.5, 1e-9); /* metal */
	assert_int_equal(rf_cell_field(cell, 750.0, 300.0, 1000.0, &at, &why), ST_OK);
	assert_near(cabs(at.potential_V), 0.0, 1e-9); /* half way */
	assert_true(creal(at.field_V_m[0]) > 0.0);    /* from plus to minus */
	assert_near(at.power_W_m3,
	            DERMIS_S_m * (pow(cabs(at.field_V_m[0]), 2) + pow(cabs(at.field_V_m[1]), 2) +
	                          pow(cabs(at.field_V_m[2]), 2)),
	            1e-9 * at.power_W_m3);
	assert_int_equal(rf_cell_field(cell, 900.0, 0.0, 1000.0, &at, &why), ST_RANGE);
	rf_cell_free(&cell);
}

/* ---- heat
 * ------------------------------------------------------------------------------------------------------- */

static struct rf_cell_heating pulse(double power_W, double on_s)
{
	return (struct rf_cell_heating){
	        .pulsing = {.drive = {RF_DRIVE_POWER, power_W}, .on_s = on_s, .after_s = 0.5},
	        .cooling = {.surface_C = 33.0, .core_C = 37.0, .ambient_W_m2K = 10.0},
	        .sets = 1,
	        .set = {DAMAGE_HENRIQUES_ER75000},
	        .steps = 40};
}

static void heat(struct rf_cell *cell, const struct rf_cell_heating *heating, struct rf_cell_outcome *out)
{
	struct fail why = {.text = ""};
	if (rf_cell_heat(cell, heating, out, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
}

static void test_energy(void **state)
{
	struct bench b;
	struct rf_result result;
	struct rf_cell_outcome out;
	(void)state;
	fill(&b);
	struct rf_cell *cell = solve(&b, &result);
	struct rf_cell_heating heating = pulse(0.2, 0.2);
	heat(cell, &heating, &out);
	assert_near(out.energy_J, 0.04, 1e-9);
	assert_near(out.layer_energy_J[0] + out.layer_energy_J[1], 0.04, 4e-8); /* the field is renewed to 1e-6 */
	assert_true(out.balance_frac < 1e-4);
	assert_true(out.impedance_end_ohm < 0.9 * out.impedance_start_ohm); /* sigma rises 1.5 % per kelvin */
	assert_true(out.peak_C > 60.0 && out.peak_C < 80.0);
	assert_true(out.peak_depth_um > 1450.0 && out.peak_depth_um < 1900.0);
	assert_true(out.layer_peak_C[1] < out.layer_peak_C[0]);
	/* the cell is as before */
	struct rf_field at;
	struct fail why;
	assert_int_equal(rf_cell_field(cell, 0.0, 0.0, 1700.0, &at, &why), ST_OK);
	heat(cell, &heating, &out);
	assert_near(out.energy_J, 0.04, 1e-9);
	rf_cell_free(&cell);
}

/* So short that nothing flows: dT = q t / rho c, at a place away from steel and from links' averaging. */
static void test_short_pulse(void **state)
{
	struct bench b;
	struct rf_result result;
	struct rf_cell_outcome out;
	struct rf_field at;
	struct fail why;
	(void)state;
	fill(&b);
	b.options.refine = 1.0;
	b.layer[0].warming_1_K = b.layer[1].warming_1_K = 0.0;
	struct rf_cell *cell = solve(&b, &result);
	struct rf_cell_heating heating = pulse(0.0, 1e-4);
	heating.pulsing.drive = (struct rf_drive){RF_DRIVE_VOLTAGE, 300.0};
	heating.pulsing.after_s = 1e-4;
	heating.points = 1;
	heating.point[0] = (struct rf_cell_place){400.0, 0.0, 1700.0};
	heat(cell, &heating, &out);
	assert_int_equal(rf_cell_field(cell, 400.0, 0.0, 1700.0, &at, &why), ST_OK);
	double expected_K = at.power_W_m3 * 300.0 * 300.0 * 1e-4 / (1109.0 * 3391.0);
	double base_C = 37.0 - 4.0 * exp(-1.7e-3 / sqrt(0.37 / (1.98e-3 * RF_BLOOD_J_m3K)));
	assert_near(out.point_C[out.times - 1][0] - base_C, expected_K, 0.03 * expected_K);
	rf_cell_free(&cell);
}

/* No power: the base stays. Contact cooling: the surface falls towards it. */
static void test_rest_and_cooling(void **state)
{
	struct bench b;
	struct rf_result result;
	struct rf_cell_outcome out;
	(void)state;
	fill(&b);
	struct rf_cell *cell = solve(&b, &result);
	struct rf_cell_heating heating = pulse(0.0, 1.0);
	heating.points = 1;
	heating.point[0] = (struct rf_cell_place){700.0, 700.0, 0.0};
	heat(cell, &heating, &out);
	assert_near(out.point_C[out.times - 1][0], 33.0, 1e-9);
	heating.cooling.contact_W_m2K = 2000.0;
	heating.cooling.contact_C = 5.0;
	heating.cooling.contact_end_s = 10.0;
	heating.pulsing.on_s = 2.0;
	heat(cell, &heating, &out);
	/* half-space under convection: (T - Ti) / (Tc - Ti) = 1 - exp(H2) erfc(H), H = h sqrt(a t) / k */
	double h = 2000.0 * sqrt(0.37 / (1109.0 * 3391.0) * 2.5) / 0.37;
	double expected_C = 33.0 - 28.0 * (1.0 - exp(h * h) * erfc(h));
	assert_near(out.point_C[out.times - 1][0], expected_C, 0.8);
	rf_cell_free(&cell);
}

static void test_controls(void **state)
{
	struct bench b;
	struct rf_result result;
	struct rf_cell_outcome out;
	(void)state;
	fill(&b);
	struct rf_cell *cell = solve(&b, &result);
	struct rf_cell_heating heating = pulse(0.2, 0.5);
	heating.pulsing.energy_J = 0.03;
	heat(cell, &heating, &out);
	assert_near(out.energy_J, 0.03, 1e-9);
	assert_int_equal(out.stop, RF_CELL_STOP_ENERGY);
	heating = pulse(0.3, 3.0);
	heating.pulsing.target_C = 65.0;
	heating.steps = 100;
	heat(cell, &heating, &out);
	assert_near(out.peak_C, 65.0, 1.5);
	double late_W = 0.0;
	for (size_t t = 0; t < out.times && out.time_s[t] <= 3.0; t++)
		late_W = out.power_W[t];
	assert_true(late_W > 0.0 && late_W < 0.2); /* holding takes less than heating up */
	heating = pulse(0.2, 0.2);
	heating.pulsing.impedance_min_ohm = 0.9 * cabs(result.impedance_ohm);
	heat(cell, &heating, &out);
	assert_int_equal(out.stop, RF_CELL_STOP_IMPEDANCE_LOW);
	assert_true(out.energy_J < 0.03);
	rf_cell_free(&cell);
}

/* Past boiling the water takes the heat, the dry layer insulates and the impedance runs away: the cut-off. */
static void test_desiccation(void **state)
{
	struct bench b;
	struct rf_result result;
	struct rf_cell_outcome out;
	(void)state;
	fill(&b);
	struct rf_cell *cell = solve(&b, &result);
	struct rf_cell_heating heating = pulse(0.0, 1.0);
	heating.pulsing.drive = (struct rf_drive){RF_DRIVE_VOLTAGE, 90.0};
	heat(cell, &heating, &out);
	assert_true(out.boiled_frac > 0.2);
	assert_true(out.impedance_max_ohm > 1.2 * out.impedance_min_ohm);
	assert_true(out.flags & VALIDITY_MODEL_LIMIT);
	double before_J = out.energy_J;
	heating.pulsing.impedance_max_ohm = 1.05 * out.impedance_start_ohm;
	heat(cell, &heating, &out);
	assert_int_equal(out.stop, RF_CELL_STOP_IMPEDANCE_HIGH);
	assert_true(out.energy_J < before_J);
	rf_cell_free(&cell);
}

/* More energy, larger zone; zones lie where the metal is bare. */
static void test_zones(void **state)
{
	struct bench b;
	struct rf_result result;
	struct rf_cell_outcome out;
	double width_um = 0.0;
	(void)state;
	fill(&b);
	struct rf_cell *cell = solve(&b, &result);
	for (double power_W = 0.2; power_W < 0.31; power_W += 0.05) {
		struct rf_cell_heating heating = pulse(power_W, 0.2);
		heat(cell, &heating, &out);
		assert_true(out.zone[0].width_um > width_um);
		width_um = out.zone[0].width_um;
		assert_true(out.zone[0].top_um < 1700.0 && out.zone[0].bottom_um > 1700.0);
	}
	double depth_um[3] = {800.0, 1700.0, 2500.0}, peak_C[3], omega[3];
	struct fail why;
	assert_int_equal(rf_cell_line(cell, 130.0, 0.0, 3, depth_um, peak_C, 0, omega, &why), ST_OK);
	assert_true(omega[1] > 1.0 && omega[0] < 1e-3 && omega[2] < 1e-3);
	assert_true(peak_C[1] > peak_C[0] && peak_C[1] > peak_C[2]);
	rf_cell_free(&cell);
}

/* ---- refusals
 * --------------------------------------------------------------------------------------------------- */

static void refuse(const struct bench *b, enum status code, const char *field)
{
	struct rf_cell *cell = NULL;
	struct fail why = {.text = ""};
	assert_int_equal(rf_cell_new(&b->stack, &b->needles, &b->options, &cell, &why), code);
	assert_non_null(strstr(why.field, field));
	assert_null(cell);
}

static void test_refusals(void **state)
{
	struct bench b;
	(void)state;
	fill(&b);
	b.layer[1].conductivity_S_m = 0.0;
	refuse(&b, ST_RANGE, "conductivity");
	fill(&b);
	b.needles.pitch_x_um = 200.0; /* they touch */
	refuse(&b, ST_RANGE, "pitch_x_um");
	fill(&b);
	b.layer[1].thickness_um = 1000.0;
	b.stack.back = RF_RETURN_NONE;
	b.needles.tip_um = 5000.0; /* longer than the tissue */
	refuse(&b, ST_RANGE, "tip_um");
	fill(&b);
	b.needles.bare_from_um = 1800.0;
	refuse(&b, ST_RANGE, "bare_from_um");
	fill(&b);
	b.needles.radius_um = (double)NAN;
	refuse(&b, ST_RANGE, "radius_um");
	fill(&b);
	b.stack.frequency_Hz = 1e9;
	refuse(&b, ST_RANGE, "frequency");
	fill(&b);
	b.options.refine = 20.0;
	refuse(&b, ST_RANGE, "refine");
}

static bool always(void *context)
{
	(void)context;
	return true;
}

static void test_cancel(void **state)
{
	struct bench b;
	struct rf_result result;
	struct rf_cell_outcome out;
	struct fail why;
	(void)state;
	fill(&b);
	struct rf_cell *cell = solve(&b, &result);
	struct rf_cell_heating heating = pulse(0.2, 0.2);
	heating.cancelled = always;
	assert_int_equal(rf_cell_heat(cell, &heating, &out, &why), ST_CANCELLED);
	heating = pulse(-1.0, 0.2);
	assert_int_equal(rf_cell_heat(cell, &heating, &out, &why), ST_RANGE);
	rf_cell_free(&cell);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_lattices),     cmocka_unit_test(test_alike_below),
	        cmocka_unit_test(test_conservation), cmocka_unit_test(test_scaling),
	        cmocka_unit_test(test_grid),         cmocka_unit_test(test_insulation),
	        cmocka_unit_test(test_field),        cmocka_unit_test(test_energy),
	        cmocka_unit_test(test_short_pulse),  cmocka_unit_test(test_rest_and_cooling),
	        cmocka_unit_test(test_controls),     cmocka_unit_test(test_desiccation),
	        cmocka_unit_test(test_zones),        cmocka_unit_test(test_refusals),
	        cmocka_unit_test(test_cancel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
