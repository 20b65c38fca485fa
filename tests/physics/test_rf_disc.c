/* The layered disc: closed forms, limits, conservation, fields against their own potential, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/dielectric.h"
#include "physics/rf_disc.h"
#include "tests/support/near.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ROWS 12

static const struct rf_layer uniform[] = {{.thickness_um = INFINITY, .conductivity_S_m = 0.22}};
static const struct rf_layer skin_on_fat[] = {{.thickness_um = 2000.0, .conductivity_S_m = 0.22},
                                              {.thickness_um = INFINITY, .conductivity_S_m = 0.025}};

static struct rf_disc_problem problem_of(size_t layers, const struct rf_layer *layer, double radius_um)
{
	return (struct rf_disc_problem){.stack = {1e6, layers, layer, RF_RETURN_FAR}, .radius_um = radius_um};
}

static struct rf_disc *solved(const struct rf_disc_problem *problem)
{
	struct rf_disc *disc = NULL;
	struct fail why = {0};
	if (rf_disc_new(problem, &disc, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return disc;
}

static double complex impedance(const struct rf_disc_problem *problem)
{
	struct rf_disc *disc = solved(problem);
	struct rf_result result = *rf_disc_result(disc);
	rf_disc_free(&disc);
	assert_true(result.balance_frac < 1e-9);
	return result.impedance_ohm;
}

static void complex_stack(struct rf_layer layer[3])
{
	assert_int_equal(dielectric_layer(DIELECTRIC_SKIN_WET, 6.78e6, 1500.0, &layer[0], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_FAT, 6.78e6, 5000.0, &layer[1], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_MUSCLE, 6.78e6, INFINITY, &layer[2], NULL), ST_OK);
}

/* V = (2/pi) Im asinh-like closed form on the surface outside, atan on the axis; J ~ 1/sqrt(a^2 - r^2). */
static void test_half_space(void **state)
{
	(void)state;
	struct rf_disc_problem p = problem_of(1, uniform, 10000.0);
	struct rf_disc *disc = solved(&p);
	assert_near(creal(rf_disc_result(disc)->impedance_ohm), 1.0 / (4.0 * 0.22 * 0.01), 1e-9);
	double r_um[] = {0.0, 4000.0, 15000.0}, z_um[] = {0.0, 5000.0, 40000.0};
	struct rf_field f[9];
	assert_int_equal(rf_disc_grid(disc, 3, r_um, 3, z_um, f, NULL), ST_OK);
	for (size_t i = 1; i < 3; i++) {
		double z = z_um[i] / 1e4;
		assert_near(creal(f[3 * i].potential_V), 2.0 / PI * atan(1.0 / z), 1e-12);
		assert_near(creal(f[3 * i].field_V_m[2]), 2.0 / PI / 0.01 / (1.0 + z * z), 1e-9);
	}
	assert_near(creal(f[1].potential_V), 1.0, 1e-6);
	assert_near(creal(f[2].potential_V), 2.0 / PI * asin(10.0 / 15.0), 1e-6);
	double density = 1.0 / 113.63636363636 / (2.0 * PI * 0.01 * sqrt(1e-4 - 16e-6));
	assert_near(creal(rf_disc_density_A_m2(disc, 4000.0)), density, 1e-8 * density);
	rf_disc_free(&disc);
}

/* Cutting a medium into layers changes nothing; R ~ 1/(sigma a); a thick first layer hides the second. */
static void test_limits(void **state)
{
	(void)state;
	const struct rf_layer same[] = {{.thickness_um = 300.0, .conductivity_S_m = 0.22},
	                                {.thickness_um = 900.0, .conductivity_S_m = 0.22},
	                                {.thickness_um = INFINITY, .conductivity_S_m = 0.22}};
	struct rf_disc_problem p = problem_of(3, same, 10000.0);
	assert_near(creal(impedance(&p)), 113.636363636, 1e-6);
	struct rf_layer scaled[2] = {skin_on_fat[0], skin_on_fat[1]};
	scaled[0].thickness_um *= 3.0;
	scaled[0].conductivity_S_m *= 2.0;
	scaled[1].conductivity_S_m *= 2.0;
	p = problem_of(2, skin_on_fat, 10000.0);
	double one = creal(impedance(&p));
	p = problem_of(2, scaled, 30000.0);
	assert_near(one / creal(impedance(&p)), 6.0, 1e-9);
	/* small disc: images of a point source, 1 - (2 a / pi h) ln(1 - G) */
	double reflection = (0.22 - 0.025) / (0.22 + 0.025);
	p = problem_of(2, skin_on_fat, 20.0);
	assert_near(creal(impedance(&p)) * 4.0 * 0.22 * 20e-6, 1.0 - 0.02 / PI * log(1.0 - reflection), 1e-6);
}

/* A disc much wider than the tissue over a plate: parallel plates of radius a + (2 ln 2 / pi) h (a strip
 * between two plates, the insulating surface being its mirror). Two complex layers tend to sum d / (y A). */
static void test_plate_return(void **state)
{
	(void)state;
	const struct rf_layer slab[] = {{.thickness_um = 1000.0, .conductivity_S_m = 0.2}};
	struct rf_disc_problem p = problem_of(1, slab, 50000.0);
	p.stack.back = RF_RETURN_PLATE;
	double wide_m = 0.05 + 2.0 * log(2.0) / PI * 1e-3;
	assert_near(creal(impedance(&p)) * 0.2 * PI * wide_m * wide_m / 1e-3, 1.0, 2e-4);
	struct rf_layer layer[3];
	complex_stack(layer);
	double last = INFINITY;
	for (double radius_um = 40000.0; radius_um <= 160000.0; radius_um *= 2.0) {
		p = problem_of(2, layer, radius_um);
		p.stack.frequency_Hz = 6.78e6;
		p.stack.back = RF_RETURN_PLATE;
		double area_m2 = PI * radius_um * radius_um * 1e-12;
		double complex plates = (1.5e-3 / rf_admittivity_S_m(&layer[0], 6.78e6) +
		                         5e-3 / rf_admittivity_S_m(&layer[1], 6.78e6)) / area_m2;
		double off = cabs(impedance(&p) / plates - 1.0);
		assert_true(off < 0.6 * last);
		last = off;
	}
}

/* A film thinner and thinner tends to bare metal; a thick one to its own impedance under an even current. */
static void test_contact_limits(void **state)
{
	(void)state;
	struct rf_disc_problem p = problem_of(2, skin_on_fat, 10000.0);
	double bare = creal(impedance(&p));
	p.contact.ohm_m2 = 1e-4;
	double thin = creal(impedance(&p));
	assert_true(thin > bare && thin < bare * 1.01);
	p.contact.ohm_m2 = 1e-11;
	assert_near(creal(impedance(&p)), bare, 1e-6);
	p.contact.ohm_m2 = 500.0;
	double alone = 500.0 / (PI * 1e-4), rest = creal(impedance(&p)) - alone;
	assert_true(rest > bare && rest < 1.1 * bare);
	struct rf_disc_problem half = problem_of(1, uniform, 10000.0);
	half.contact.ohm_m2 = 1e4; /* even current on a half-space: 8 / (3 pi^2 sigma a) */
	assert_near(creal(impedance(&half)) - 1e4 / (PI * 1e-4), 8.0 / (3.0 * PI * PI * 0.22 * 0.01), 0.01);
}

/* E = -grad V, div(y E) = 0, and the layers' powers are the volume integrals of sigma |E|^2. */
static void test_field_is_consistent(void **state)
{
	(void)state;
	struct rf_layer layer[3];
	complex_stack(layer);
	struct rf_disc_problem p = problem_of(3, layer, 11283.8);
	p.stack.frequency_Hz = 6.78e6;
	p.contact.ohm_m2 = 1e-4 - 0.019 * I;
	for (int coated = 0; coated < 2; coated++) {
		struct rf_disc *disc = solved(&p);
		const double h = 2.0;
		double r_um[] = {7000.0 - h, 7000.0, 7000.0 + h}, z_um[] = {900.0 - h, 900.0, 900.0 + h, 3000.0 - h, 3000.0, 3000.0 + h};
		struct rf_field f[18];
		assert_int_equal(rf_disc_grid(disc, 3, r_um, 6, z_um, f, NULL), ST_OK);
		for (int block = 0; block < 18; block += 9) {
			const struct rf_field *c = &f[block + 4];
			double complex er = -(c[1].potential_V - c[-1].potential_V) / (2e-6 * h);
			double complex ez = -(c[3].potential_V - c[-3].potential_V) / (2e-6 * h);
			double size = cabs(c->field_V_m[2]);
			assert_near(cabs(er - c->field_V_m[0]), 0.0, 1e-4 * size);
			assert_near(cabs(ez - c->field_V_m[2]), 0.0, 1e-4 * size);
		}
		rf_disc_free(&disc);
		p.contact.ohm_m2 = 0.0;
	}
}

/* Gauss-like product sums over the second layer, out to where nothing is left. */
static void test_layer_power_is_the_volume_integral(void **state)
{
	(void)state;
	struct rf_layer layer[3];
	complex_stack(layer);
	struct rf_disc_problem p = problem_of(3, layer, 11283.8);
	p.stack.frequency_Hz = 6.78e6;
	struct rf_disc *disc = solved(&p);
	enum { NR = 160, NZ = 24 };
	double r_um[NR], z_um[NZ], edge_um[NR + 1], sum_W = 0.0;
	for (size_t i = 0; i <= NR; i++)
		edge_um[i] = 100.0 * (double)i * (1.0 + 0.0015 * (double)(i * i) / 10.0);
	for (size_t i = 0; i < NR; i++)
		r_um[i] = 0.5 * (edge_um[i] + edge_um[i + 1]);
	for (size_t j = 0; j < NZ; j++)
		z_um[j] = 1500.0 + 5000.0 * ((double)j + 0.5) / NZ;
	static struct rf_field f[NR * NZ];
	assert_int_equal(rf_disc_grid(disc, NR, r_um, NZ, z_um, f, NULL), ST_OK);
	for (size_t j = 0; j < NZ; j++)
		for (size_t i = 0; i < NR; i++)
			sum_W += f[j * NR + i].power_W_m3 * PI * (edge_um[i + 1] * edge_um[i + 1] - edge_um[i] * edge_um[i]) *
			         1e-12 * 5000e-6 / NZ;
	const struct rf_result *r = rf_disc_result(disc);
	double total_W = creal(1.0 / r->impedance_ohm);
	assert_near(sum_W / total_W, r->layer_frac[1], 1e-3 * r->layer_frac[1]);
	rf_disc_free(&disc);
}

/* A horny layer is folded into the contact; its share of the power comes back under its own index. */
static void test_thin_layers_fold(void **state)
{
	(void)state;
	struct rf_layer layer[4] = {{.thickness_um = 15.0, .conductivity_S_m = 1e-3, .permittivity = 200.0}};
	complex_stack(layer + 1);
	struct rf_disc_problem p = problem_of(4, layer, 11283.8);
	p.stack.frequency_Hz = 6.78e6;
	struct rf_disc *disc = solved(&p);
	struct rf_result folded = *rf_disc_result(disc);
	double r_um[] = {0.0}, z_um[] = {7.5, 14.999, 15.0};
	struct rf_field f[3];
	assert_int_equal(rf_disc_grid(disc, 1, r_um, 3, z_um, f, NULL), ST_OK);
	rf_disc_free(&disc);
	p = problem_of(3, layer + 1, 11283.8 + 2.0 * log(2.0) / PI * 15.0); /* as wide as the rim's spread in the film makes it */
	p.stack.frequency_Hz = 6.78e6;
	p.contact.ohm_m2 = rf_film_ohm_m2(15.0, 1e-3, 200.0, 6.78e6);
	disc = solved(&p);
	assert_near(cabs(folded.impedance_ohm - rf_disc_result(disc)->impedance_ohm), 0.0, 1e-9);
	assert_near(folded.layer_frac[0], rf_disc_result(disc)->contact_frac, 1e-12);
	assert_near(folded.layer_frac[2], rf_disc_result(disc)->layer_frac[1], 1e-12);
	assert_true(folded.contact_frac == 0.0);
	/* the current density is continuous and the potential too */
	double complex above = f[1].field_V_m[2] * rf_admittivity_S_m(&layer[0], 6.78e6);
	double complex below = f[2].field_V_m[2] * rf_admittivity_S_m(&layer[1], 6.78e6);
	assert_near(cabs(above / below - 1.0), 0.0, 1e-4);
	assert_near(cabs(f[1].potential_V - f[2].potential_V), 0.0, 1e-4);
	assert_true(creal(f[0].potential_V) > creal(f[1].potential_V));
	rf_disc_free(&disc);
}

/* Power in the contact is zeta dR/dzeta / R for a stationary R: by differences, independent of the expansion's sums. */
static void test_contact_power_by_differences(void **state)
{
	(void)state;
	struct rf_disc_problem p = problem_of(2, skin_on_fat, 10000.0);
	double r_ohm[2];
	p.tolerance = 1e-11;
	for (int i = 0; i < 2; i++) {
		p.contact.ohm_m2 = i ? 0.02002 : 0.01998;
		r_ohm[i] = creal(impedance(&p));
	}
	p.contact.ohm_m2 = 0.02;
	struct rf_disc *disc = solved(&p);
	double expected = 0.02 * (r_ohm[1] - r_ohm[0]) / 4e-5 / creal(rf_disc_result(disc)->impedance_ohm);
	assert_near(rf_disc_result(disc)->contact_frac, expected, 2e-8);
	rf_disc_free(&disc);
}

/* The reported error is not smaller than the true one. */
static void test_error_is_honest(void **state)
{
	(void)state;
	struct rf_disc_problem p = problem_of(2, skin_on_fat, 10000.0);
	p.contact.ohm_m2 = 0.02;
	p.tolerance = 1e-12;
	struct rf_disc *fine = solved(&p);
	p.tolerance = 1e-3;
	struct rf_disc *coarse = solved(&p);
	double off = cabs(rf_disc_result(coarse)->impedance_ohm - rf_disc_result(fine)->impedance_ohm);
	assert_true(rf_disc_terms(fine) > rf_disc_terms(coarse));
	assert_true(off <= rf_disc_result(coarse)->impedance_error_ohm);
	rf_disc_free(&fine);
	rf_disc_free(&coarse);
}

static void test_refusals(void **state)
{
	(void)state;
	const struct rf_layer insulated[] = {{.thickness_um = 1000.0, .conductivity_S_m = 0.2}};
	const struct rf_layer gel[] = {{.thickness_um = 10.0, .conductivity_S_m = 2.0}, {.thickness_um = INFINITY, .conductivity_S_m = 0.2}};
	struct rf_disc_problem bad[6];
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = problem_of(2, skin_on_fat, 10000.0);
	bad[0].radius_um = 0.0;
	bad[1].radius_um = NAN;
	bad[2].contact.ohm_m2 = -1.0;
	bad[3] = problem_of(1, insulated, 10000.0);
	bad[3].stack.back = RF_RETURN_NONE;
	bad[4] = problem_of(2, gel, 10000.0);
	bad[5].tolerance = 1e-15;
	static const char *const field[] = {"radius_um", "radius_um", "contact_ohm_m2", "return", "layers", "tolerance"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fail why = {0};
		struct rf_disc *disc = NULL;
		assert_int_not_equal(rf_disc_new(&bad[i], &disc, &why), ST_OK);
		assert_string_equal(why.field, field[i]);
		assert_null(disc);
	}
	struct rf_disc_problem p = problem_of(2, skin_on_fat, 10000.0);
	struct rf_disc *disc = solved(&p);
	struct rf_field f;
	double rim_um = 10000.0, surface_um = 0.0, above_um = -1.0;
	assert_int_equal(rf_disc_grid(disc, 1, &rim_um, 1, &surface_um, &f, NULL), ST_MODEL);
	assert_int_equal(rf_disc_grid(disc, 1, &surface_um, 1, &above_um, &f, NULL), ST_RANGE);
	rf_disc_free(&disc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_half_space),
	        cmocka_unit_test(test_limits),
	        cmocka_unit_test(test_plate_return),
	        cmocka_unit_test(test_contact_limits),
	        cmocka_unit_test(test_field_is_consistent),
	        cmocka_unit_test(test_layer_power_is_the_volume_integral),
	        cmocka_unit_test(test_thin_layers_fold),
	        cmocka_unit_test(test_contact_power_by_differences),
	        cmocka_unit_test(test_error_is_honest),
	        cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
