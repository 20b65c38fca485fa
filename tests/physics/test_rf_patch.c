/* Flat electrodes: known capacitances, the layered disc, strips in two dimensions, symmetry, reciprocity, fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/dielectric.h"
#include "physics/rf_disc.h"
#include "physics/rf_patch.h"
#include "tests/support/near.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct rf_layer uniform[] = {{.thickness_um = INFINITY, .conductivity_S_m = 0.22}};
static const struct rf_layer skin_on_fat[] = {{.thickness_um = 2000.0, .conductivity_S_m = 0.22},
                                              {.thickness_um = INFINITY, .conductivity_S_m = 0.025}};
static const struct rf_patch_electrode bars[] = {{RF_PATCH_RECTANGLE, -3500.0, 0.0, 3000.0, 15000.0, RF_ACTIVE},
                                                 {RF_PATCH_RECTANGLE, 3500.0, 0.0, 3000.0, 15000.0, RF_RETURN}};

static struct rf_patch_problem problem_of(size_t layers, const struct rf_layer *layer, size_t electrodes,
                                          const struct rf_patch_electrode *electrode)
{
	return (struct rf_patch_problem){
	        .stack = {1e6, layers, layer, RF_RETURN_FAR}, .electrodes = electrodes, .electrode = electrode};
}

static struct rf_patch *solved(const struct rf_patch_problem *problem)
{
	struct rf_patch *patch = NULL;
	struct fail why = {0};
	if (rf_patch_new(problem, &patch, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	assert_true(rf_patch_result(patch)->balance_frac < 1e-5);
	return patch;
}

static struct rf_result result_of(const struct rf_patch_problem *problem)
{
	struct rf_patch *patch = solved(problem);
	struct rf_result result = *rf_patch_result(patch);
	rf_patch_free(&patch);
	return result;
}

/* A square's capacitance is 0.36679 x 4 pi e0 x side (Hwang & Mascagni, J Appl Phys 2004;95:3798): R = 1 / (2 pi x 0.36679
 * sigma side). */
static void test_square(void **state)
{
	(void)state;
	const struct rf_patch_electrode square = {RF_PATCH_RECTANGLE, 0.0, 0.0, 10000.0, 10000.0, RF_ACTIVE};
	struct rf_patch_problem p = problem_of(1, uniform, 1, &square);
	double exact_ohm = 1.0 / (2.0 * PI * 0.36679 * 0.22 * 0.01), off[2];
	for (int i = 0; i < 2; i++) {
		p.refine = i ? 1.0 : 0.5;
		struct rf_result r = result_of(&p);
		off[i] = fabs(creal(r.impedance_ohm) - exact_ohm);
		assert_true(off[i] <= r.impedance_error_ohm);
		assert_true(r.impedance_error_ohm < 4.0 * off[i]);
	}
	assert_true(off[1] < 0.0015 * exact_ohm);
	assert_true(off[0] / off[1] > 3.0); /* second order */
}

/* Discs in strips against the exact disc: bare, layered, coated, complex. */
static void test_disc(void **state)
{
	(void)state;
	const struct rf_patch_electrode round = {RF_PATCH_DISC, 0.0, 0.0, 20000.0, 0.0, RF_ACTIVE};
	struct rf_layer tissue[3];
	assert_int_equal(dielectric_layer(DIELECTRIC_SKIN_WET, 6.78e6, 1500.0, &tissue[0], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_FAT, 6.78e6, 5000.0, &tissue[1], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_MUSCLE, 6.78e6, INFINITY, &tissue[2], NULL), ST_OK);
	const struct {
		size_t layers;
		const struct rf_layer *layer;
		double complex contact_ohm_m2;
	} one[] = {{1, uniform, 0.0}, {2, skin_on_fat, 0.0}, {2, skin_on_fat, 0.02}, {3, tissue, -0.0195 * I}};
	for (size_t i = 0; i < COUNT(one); i++) {
		struct rf_patch_problem p = problem_of(one[i].layers, one[i].layer, 1, &round);
		struct rf_disc_problem q = {.stack = p.stack, .radius_um = 10000.0};
		struct rf_disc *disc = NULL;
		p.stack.frequency_Hz = q.stack.frequency_Hz = 6.78e6;
		p.contact.ohm_m2 = q.contact.ohm_m2 = one[i].contact_ohm_m2;
		p.refine = 0.6;
		assert_int_equal(rf_disc_new(&q, &disc, NULL), ST_OK);
		struct rf_result a = *rf_disc_result(disc), b = result_of(&p);
		rf_disc_free(&disc);
		assert_near(cabs(b.impedance_ohm / a.impedance_ohm - 1.0), 0.0, 2e-3);
		assert_true(cabs(b.impedance_ohm - a.impedance_ohm) <= b.impedance_error_ohm);
		for (size_t j = 0; j < a.layers; j++)
			assert_near(b.layer_frac[j], a.layer_frac[j], 1e-3);
		assert_near(b.contact_frac, a.contact_frac, 1e-3);
	}
}

/* A first layer far thinner than the panels: its reflections as images, against the disc that solves it. */
static void test_thin_first_layer(void **state)
{
	(void)state;
	const struct rf_patch_electrode round = {RF_PATCH_DISC, 0.0, 0.0, 20000.0, 0.0, RF_ACTIVE};
	struct rf_layer layer[3];
	assert_int_equal(dielectric_layer(DIELECTRIC_SKIN_DRY, 6.78e6, 75.0, &layer[0], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_SKIN_WET, 6.78e6, 1500.0, &layer[1], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_FAT, 6.78e6, INFINITY, &layer[2], NULL), ST_OK);
	struct rf_patch_problem p = problem_of(3, layer, 1, &round);
	struct rf_disc_problem q = {.stack = p.stack, .radius_um = 10000.0};
	struct rf_disc *disc = NULL;
	p.stack.frequency_Hz = q.stack.frequency_Hz = 6.78e6;
	p.refine = 0.7;
	assert_int_equal(rf_disc_new(&q, &disc, NULL), ST_OK);
	struct rf_result a = *rf_disc_result(disc);
	rf_disc_free(&disc);
	struct rf_patch *patch = solved(&p);
	struct rf_result b = *rf_patch_result(patch);
	assert_near(cabs(b.impedance_ohm / a.impedance_ohm - 1.0), 0.0, 2e-3);
	for (size_t j = 0; j < a.layers; j++)
		assert_near(b.layer_frac[j], a.layer_frac[j], 2e-3);
	double x_um = 0.0;
	struct rf_field field;
	struct fail why = {0};
	assert_int_equal(rf_patch_plane(patch, 40.0, 1, &x_um, &x_um, &field, &why), ST_MODEL);
	assert_string_equal(why.field, "z_um");
	assert_int_equal(rf_patch_plane(patch, 2000.0, 1, &x_um, &x_um, &field, NULL), ST_OK);
	rf_patch_free(&patch);
}

/* Two lengths of the same bars differ by their middle alone, which is two-dimensional: conformal mapping. */
static void test_strips(void **state)
{
	(void)state;
	double conductance_S[2];
	for (int i = 0; i < 2; i++) {
		struct rf_patch_electrode longer[2] = {bars[0], bars[1]};
		longer[0].length_um = longer[1].length_um = 60000.0 * (i + 1);
		struct rf_patch_problem p = problem_of(1, uniform, 2, longer);
		p.refine = 0.8;
		conductance_S[i] = creal(1.0 / result_of(&p).impedance_ohm);
	}
	double per_60mm_ohm = 1.0 / (conductance_S[1] - conductance_S[0]);
	assert_near(per_60mm_ohm / rf_strips_ohm(0.22, 4000.0, 3000.0, 60000.0), 1.0, 3e-3);
}

/* Moved off the axis the mirrors are not used: the same answer. */
static void test_mirrors(void **state)
{
	(void)state;
	struct rf_patch_electrode moved[2] = {bars[0], bars[1]};
	for (size_t i = 0; i < 2; i++) {
		moved[i].x_um += 1234.0;
		moved[i].y_um -= 777.0;
	}
	struct rf_patch_problem p = problem_of(2, skin_on_fat, 2, bars), q = problem_of(2, skin_on_fat, 2, moved);
	p.refine = 0.5; /* 6 panels on a half side */
	q.refine = 0.5;
	struct rf_patch *a = solved(&p), *b = solved(&q);
	double off = cabs(rf_patch_result(a)->impedance_ohm / rf_patch_result(b)->impedance_ohm - 1.0);
	assert_near(off, 0.0, 0.02); /* a whole side has 9 panels instead of twice 6 */
	assert_near(cabs(rf_patch_current_A(b, 0) + rf_patch_current_A(b, 1)), 0.0, 1e-12);
	assert_near(cabs(rf_patch_current_A(a, 0) + rf_patch_current_A(a, 1)), 0.0, 1e-12);
	rf_patch_free(&a);
	rf_patch_free(&b);
	for (size_t i = 0; i < 2; i++)
		moved[i] = bars[i];
	struct rf_patch_electrode swapped[2] = {bars[1], bars[0]};
	p = problem_of(2, skin_on_fat, 2, moved);
	q = problem_of(2, skin_on_fat, 2, swapped);
	p.refine = q.refine = 0.5;
	assert_near(cabs(result_of(&p).impedance_ohm / result_of(&q).impedance_ohm - 1.0), 0.0, 1e-12);
}

/* Reciprocity: which of two unlike electrodes is active changes nothing. Scaling: R ~ 1 / (sigma length). */
static void test_reciprocity_and_scaling(void **state)
{
	(void)state;
	struct rf_patch_electrode unlike[2] = {{RF_PATCH_RECTANGLE, -4000.0, 0.0, 2000.0, 8000.0, RF_ACTIVE},
	                                       {RF_PATCH_DISC, 5000.0, 1000.0, 6000.0, 0.0, RF_RETURN}};
	struct rf_patch_problem p = problem_of(2, skin_on_fat, 2, unlike);
	p.refine = 0.5;
	struct rf_result one = result_of(&p);
	unlike[0].terminal = RF_RETURN;
	unlike[1].terminal = RF_ACTIVE;
	assert_near(cabs(result_of(&p).impedance_ohm / one.impedance_ohm - 1.0), 0.0, 1e-10);
	struct rf_layer scaled[2] = {skin_on_fat[0], skin_on_fat[1]};
	scaled[0].thickness_um *= 2.0;
	for (size_t i = 0; i < 2; i++) {
		scaled[i].conductivity_S_m *= 3.0;
		unlike[i].x_um *= 2.0;
		unlike[i].y_um *= 2.0;
		unlike[i].width_um *= 2.0;
		unlike[i].length_um *= 2.0;
	}
	p.stack.layer = scaled;
	assert_near(cabs(one.impedance_ohm / result_of(&p).impedance_ohm), 6.0, 1e-8);
}

/* Between bars far from fat the current stays shallow; near fat it is held in the skin. */
static void test_depth_of_bars(void **state)
{
	(void)state;
	struct rf_patch_electrode narrow[2] = {bars[0], bars[1]};
	narrow[0].width_um = narrow[1].width_um = 500.0;
	narrow[0].x_um = -750.0;
	narrow[1].x_um = 750.0;
	struct rf_patch_problem p = problem_of(2, skin_on_fat, 2, narrow), q = problem_of(2, skin_on_fat, 2, bars);
	p.refine = q.refine = 0.5;
	double close = result_of(&p).layer_frac[0], wide = result_of(&q).layer_frac[0];
	assert_true(close > 0.95 && wide > 0.8 && close > wide);
}

/* An insulating lower face: bipolar only; far below it does nothing, near below it raises R. */
static void test_insulated_below(void **state)
{
	(void)state;
	struct rf_layer slab[1] = {{.thickness_um = 200000.0, .conductivity_S_m = 0.22}};
	struct rf_patch_problem p = problem_of(1, slab, 2, bars), q = problem_of(1, uniform, 2, bars);
	p.stack.back = RF_RETURN_NONE;
	p.refine = q.refine = 0.5;
	double free_ohm = creal(result_of(&q).impedance_ohm);
	assert_near(creal(result_of(&p).impedance_ohm) / free_ohm, 1.0, 1e-3);
	slab[0].thickness_um = 3000.0;
	assert_true(creal(result_of(&p).impedance_ohm) > 1.2 * free_ohm);
	struct fail why = {0};
	struct rf_patch *patch = NULL;
	p.electrodes = 1;
	assert_int_equal(rf_patch_new(&p, &patch, &why), ST_MODEL);
	assert_string_equal(why.field, "return");
}

/* E = -grad V at several places; the current density's normal part is continuous at the interface. */
static void test_field(void **state)
{
	(void)state;
	struct rf_patch_problem p = problem_of(2, skin_on_fat, 2, bars);
	p.refine = 0.6;
	struct rf_patch *patch = solved(&p);
	const double h = 5.0;
	for (double z_um = 800.0; z_um < 4000.0; z_um += 2400.0) {
		double x_um[] = {2100.0, 2100.0 - h, 2100.0 + h, 2100.0, 2100.0}, y_um[] = {900.0, 900.0, 900.0, 900.0 - h, 900.0 + h};
		struct rf_field f[5], above[1], below[1];
		assert_int_equal(rf_patch_plane(patch, z_um, 5, x_um, y_um, f, NULL), ST_OK);
		assert_int_equal(rf_patch_plane(patch, z_um - h, 1, x_um, y_um, above, NULL), ST_OK);
		assert_int_equal(rf_patch_plane(patch, z_um + h, 1, x_um, y_um, below, NULL), ST_OK);
		double size = sqrt(f[0].power_W_m3 / (z_um < 2000.0 ? 0.22 : 0.025));
		assert_near(creal(f[0].field_V_m[0] + (f[2].potential_V - f[1].potential_V) / (2e-6 * h)), 0.0, 2e-3 * size);
		assert_near(creal(f[0].field_V_m[1] + (f[4].potential_V - f[3].potential_V) / (2e-6 * h)), 0.0, 2e-3 * size);
		assert_near(creal(f[0].field_V_m[2] + (below[0].potential_V - above[0].potential_V) / (2e-6 * h)), 0.0,
		            2e-3 * size);
	}
	double x_um = 1800.0, y_um = 0.0;
	struct rf_field over, under;
	assert_int_equal(rf_patch_plane(patch, 1999.999, 1, &x_um, &y_um, &over, NULL), ST_OK);
	assert_int_equal(rf_patch_plane(patch, 2000.001, 1, &x_um, &y_um, &under, NULL), ST_OK);
	assert_near(creal(over.field_V_m[2]) * 0.22 / (creal(under.field_V_m[2]) * 0.025), 1.0, 1e-3);
	assert_near(creal(over.field_V_m[0] / under.field_V_m[0]), 1.0, 1e-3);
	rf_patch_free(&patch);
}

static void test_closed_forms(void **state)
{
	(void)state;
	assert_near(rf_strips_ohm(0.22, 4000.0, 3000.0, 15000.0), 421.292, 421.292e-5);
	assert_near(rf_cylinders_ohm_m(1.0, 3000.0, 150.0), 0.95277242, 1e-6);
}

static void test_refusals(void **state)
{
	(void)state;
	const struct rf_patch_electrode touching[] = {{RF_PATCH_RECTANGLE, -1500.0, 0.0, 3000.0, 9000.0, RF_ACTIVE},
	                                              {RF_PATCH_RECTANGLE, 1500.0, 0.0, 3000.0, 9000.0, RF_RETURN}};
	const struct rf_patch_electrode discs[] = {{RF_PATCH_DISC, 0.0, 0.0, 3000.0, 0.0, RF_ACTIVE},
	                                           {RF_PATCH_DISC, 2200.0, 2200.0, 3000.0, 0.0, RF_RETURN}};
	const struct rf_patch_electrode flat[] = {{RF_PATCH_RECTANGLE, 0.0, 0.0, 3000.0, 0.0, RF_ACTIVE}};
	const struct rf_patch_electrode idle[] = {{RF_PATCH_RECTANGLE, 0.0, 0.0, 3000.0, 3000.0, RF_RETURN}};
	const struct rf_layer thin[] = {{.thickness_um = 60.0, .conductivity_S_m = 0.5},
	                                {.thickness_um = 60.0, .conductivity_S_m = 0.2},
	                                {.thickness_um = INFINITY, .conductivity_S_m = 0.4}};
	struct rf_patch_problem bad[] = {problem_of(1, uniform, 2, touching), problem_of(1, uniform, 0, bars),
	                                 problem_of(1, uniform, 1, flat),     problem_of(1, uniform, 1, idle),
	                                 problem_of(3, thin, 2, bars),        problem_of(1, uniform, 2, bars)};
	bad[5].refine = 50.0;
	static const char *const field[] = {"electrodes", "electrodes", "electrodes[0]", "electrodes", "layers", "refine"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct rf_patch *patch = NULL;
		struct fail why = {0};
		assert_int_not_equal(rf_patch_new(&bad[i], &patch, &why), ST_OK);
		assert_string_equal(why.field, field[i]);
		assert_null(patch);
	}
	struct rf_patch_problem near = problem_of(1, uniform, 2, discs);
	near.refine = 0.4;
	(void)result_of(&near); /* corners of their boxes overlap, the discs do not */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_square),        cmocka_unit_test(test_disc),
	        cmocka_unit_test(test_thin_first_layer), cmocka_unit_test(test_strips),        cmocka_unit_test(test_mirrors),
	        cmocka_unit_test(test_reciprocity_and_scaling), cmocka_unit_test(test_depth_of_bars),
	        cmocka_unit_test(test_insulated_below), cmocka_unit_test(test_field),
	        cmocka_unit_test(test_closed_forms),  cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
