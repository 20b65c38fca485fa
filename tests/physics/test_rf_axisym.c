/* Axisymmetric finite volumes against the semi-analytic disc: impedance, powers, order, conservation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/dielectric.h"
#include "physics/rf_axisym.h"
#include "physics/rf_disc.h"
#include "tests/support/near.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct rf_layer uniform[] = {{.thickness_um = INFINITY, .conductivity_S_m = 0.22}};
static const struct rf_layer skin_on_fat[] = {{.thickness_um = 2000.0, .conductivity_S_m = 0.22},
                                              {.thickness_um = INFINITY, .conductivity_S_m = 0.025}};
static const struct rf_layer slab[] = {{.thickness_um = 1500.0, .conductivity_S_m = 0.3},
                                       {.thickness_um = 5000.0, .conductivity_S_m = 0.03, .permittivity = 20.0}};

static struct rf_axisym *solved(const struct rf_axisym_problem *problem, const double *factor)
{
	struct rf_axisym *s = NULL;
	struct fail why = {0};
	if (rf_axisym_new(problem, &s, &why) != ST_OK || rf_axisym_solve(s, factor, 0.0, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	assert_true(rf_axisym_result(s)->balance_frac < 1e-6);
	return s;
}

static double complex impedance(const struct rf_axisym_problem *problem)
{
	struct rf_axisym *s = solved(problem, NULL);
	double complex z_ohm = rf_axisym_result(s)->impedance_ohm;
	rf_axisym_free(&s);
	return z_ohm;
}

/* Impedance within 0.5 % and each layer's share within 0.5 % of the whole. */
static void agree(const struct rf_stack *stack, double radius_um, double complex contact_ohm_m2)
{
	struct rf_disc_problem p = {.stack = *stack, .radius_um = radius_um, .contact = {contact_ohm_m2}};
	struct rf_axisym_problem q = {.stack = *stack, .radius_um = radius_um, .contact = {contact_ohm_m2}};
	struct rf_disc *disc = NULL;
	assert_int_equal(rf_disc_new(&p, &disc, NULL), ST_OK);
	struct rf_axisym *s = solved(&q, NULL);
	const struct rf_result *a = rf_disc_result(disc), *b = rf_axisym_result(s);
	assert_near(cabs(b->impedance_ohm / a->impedance_ohm - 1.0), 0.0, 0.005);
	for (size_t i = 0; i < a->layers; i++)
		assert_near(b->layer_frac[i], a->layer_frac[i], 0.005);
	assert_near(b->contact_frac, a->contact_frac, 0.005);
	rf_axisym_free(&s);
	rf_disc_free(&disc);
}

static void tissue_at(double frequency_Hz, struct rf_layer layer[3])
{
	assert_int_equal(dielectric_layer(DIELECTRIC_SKIN_WET, frequency_Hz, 1500.0, &layer[0], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_FAT, frequency_Hz, 5000.0, &layer[1], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_MUSCLE, frequency_Hz, INFINITY, &layer[2], NULL), ST_OK);
}

static void test_engines_agree(void **state)
{
	(void)state;
	static const double frequency_Hz[] = {0.46e6, 6.78e6, 40.68e6};
	agree(&(struct rf_stack){1e6, 1, uniform, RF_RETURN_FAR}, 10000.0, 0.0);
	agree(&(struct rf_stack){1e6, 2, skin_on_fat, RF_RETURN_FAR}, 10000.0, 0.0);
	agree(&(struct rf_stack){1e6, 2, skin_on_fat, RF_RETURN_FAR}, 1500.0, 0.0);
	agree(&(struct rf_stack){1e6, 2, skin_on_fat, RF_RETURN_FAR}, 10000.0, 0.02);
	agree(&(struct rf_stack){1e6, 2, slab, RF_RETURN_PLATE}, 8000.0, 0.0);
	for (size_t i = 0; i < COUNT(frequency_Hz); i++) {
		struct rf_layer layer[3];
		tissue_at(frequency_Hz[i], layer);
		agree(&(struct rf_stack){frequency_Hz[i], 3, layer, RF_RETURN_FAR}, 11283.8, 0.0);
		agree(&(struct rf_stack){frequency_Hz[i], 3, layer, RF_RETURN_FAR}, 11283.8, 1e-4 - 0.0195 * I);
	}
}

/* A twin's skin: horny layer (folded by the disc, meshed here), epidermis (solved by both), dermis, fat, muscle. */
static void test_skin_of_a_twin(void **state)
{
	(void)state;
	const struct tissue skin = {.count = 5,
	                            .surface_temperature_C = 33.0,
	                            .core_temperature_C = 37.0,
	                            .layer = {{TISSUE_STRATUM_CORNEUM, 15.0, 0.0, 0.0, 0.7, 0.3, 0.1},
	                                      {TISSUE_EPIDERMIS, 70.0, 0.02, 0.0, 0.7, 0.65, 0.0},
	                                      {TISSUE_PAPILLARY, 150.0, 0.0, 0.005, 0.7, 0.65, 0.0},
	                                      {TISSUE_RETICULAR, 1300.0, 0.0, 0.005, 0.7, 0.65, 0.0},
	                                      {TISSUE_SUBCUTIS, 5000.0, 0.0, 0.005, 0.7, 0.15, 0.8}}};
	static const double frequency_Hz[] = {1e6, 6.78e6}, radius_um[] = {2820.0, 11283.8};
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 2; j++) {
			struct dielectric_options options = {.frequency_Hz = frequency_Hz[i], .dryness_frac = 0.5 * (double)j};
			struct rf_layer layer[RF_LAYERS_MAX];
			size_t count = RF_LAYERS_MAX;
			assert_int_equal(dielectric_layers(&skin, &options, layer, &count, NULL), ST_OK);
			agree(&(struct rf_stack){frequency_Hz[i], count, layer, RF_RETURN_FAR}, radius_um[j], 0.0);
		}
}

/* Second order with the rim's edge put where it acts; the plain grid is of first order. */
static void test_grid_order(void **state)
{
	(void)state;
	double off[3], refine = 0.5;
	for (int i = 0; i < 3; i++, refine *= 2.0) {
		struct rf_axisym_problem q = {{1e6, 1, uniform, RF_RETURN_FAR}, 10000.0, {0.0}, false, refine};
		off[i] = creal(impedance(&q)) * 4.0 * 0.22 * 0.01 - 1.0;
	}
	double first = log2(off[0] / off[1]), second = log2(off[1] / off[2]);
	assert_true(off[2] < 1e-3);
	assert_true(first > 1.7 && first < 2.3 && second > 1.7 && second < 2.3);
}

/* Parallel plates to rounding, real and complex, with a contact. */
static void test_column(void **state)
{
	(void)state;
	struct rf_axisym_problem q = {{6.78e6, 2, slab, RF_RETURN_PLATE}, 11283.8, {0.003 - 0.01 * I}, true, 0.0};
	double complex sum = q.contact.ohm_m2;
	for (size_t i = 0; i < 2; i++)
		sum += slab[i].thickness_um * 1e-6 / rf_admittivity_S_m(&slab[i], 6.78e6);
	double complex exact = sum / (PI * 11283.8e-6 * 11283.8e-6);
	assert_near(cabs(impedance(&q) / exact - 1.0), 0.0, 1e-7);
}

/* Y changes by the integral of d sigma E.E: the reciprocity that carries the coupled run between two fields. */
static void test_reciprocity(void **state)
{
	(void)state;
	struct rf_layer layer[3];
	tissue_at(6.78e6, layer);
	struct rf_axisym_problem q = {{6.78e6, 3, layer, RF_RETURN_FAR}, 11283.8, {-0.0195 * I}, false, 0.5};
	struct rf_axisym *s = solved(&q, NULL);
	size_t cells = rf_axisym_nr(s) * rf_axisym_nz(s), nz = rf_axisym_nz(s);
	double *factor = malloc(cells * sizeof *factor);
	assert_non_null(factor);
	double complex before = 1.0 / rf_axisym_result(s)->impedance_ohm, expected = 0.0;
	for (size_t n = 0; n < cells; n++) {
		double change = 1e-4 * (1.0 + sin(0.37 * (double)n));
		factor[n] = 1.0 + change;
		expected += change * layer[rf_axisym_layer(s, n % nz)].conductivity_S_m * rf_axisym_product(s)[n];
	}
	assert_int_equal(rf_axisym_solve(s, factor, 1e-12, NULL), ST_OK);
	double complex change = 1.0 / rf_axisym_result(s)->impedance_ohm - before;
	/* the outside of the grid keeps its conductivity in the sum but not in the solution */
	assert_near(cabs(change - expected), 0.0, 0.02 * cabs(change));
	free(factor);
	rf_axisym_free(&s);
}

/* All conductivities twice: half the resistance, the same shares; the solver starts from where it was. */
static void test_factors(void **state)
{
	(void)state;
	struct rf_axisym_problem q = {{1e6, 2, skin_on_fat, RF_RETURN_FAR}, 10000.0, {0.0}, false, 0.5};
	struct rf_axisym *s = solved(&q, NULL);
	struct rf_result one = *rf_axisym_result(s);
	size_t cells = rf_axisym_nr(s) * rf_axisym_nz(s), cold = rf_axisym_iterations(s);
	double *factor = malloc(cells * sizeof *factor);
	assert_non_null(factor);
	for (size_t n = 0; n < cells; n++)
		factor[n] = 2.0;
	assert_int_equal(rf_axisym_solve(s, factor, 0.0, NULL), ST_OK);
	assert_near(creal(one.impedance_ohm / rf_axisym_result(s)->impedance_ohm), 2.0, 1e-6);
	assert_near(rf_axisym_result(s)->layer_frac[0], one.layer_frac[0], 1e-7);
	assert_true(rf_axisym_iterations(s) < cold);
	factor[3] = 0.0;
	struct fail why = {0};
	assert_int_equal(rf_axisym_solve(s, factor, 0.0, &why), ST_RANGE);
	assert_string_equal(why.field, "factor");
	free(factor);
	rf_axisym_free(&s);
}

static void test_error_estimate(void **state)
{
	(void)state;
	struct rf_axisym_problem q = {{1e6, 1, uniform, RF_RETURN_FAR}, 10000.0, {0.0}, false, 0.5};
	double error_ohm;
	assert_int_equal(rf_axisym_error(&q, &error_ohm, NULL), ST_OK);
	double off_ohm = fabs(creal(impedance(&q)) - 113.636363636);
	assert_true(error_ohm >= off_ohm && error_ohm < 4.0 * off_ohm);
}

/* Not convergent is a status with the residual, never a number. */
static void test_no_convergence(void **state)
{
	(void)state;
	struct rf_axisym_problem q = {{1e6, 2, skin_on_fat, RF_RETURN_FAR}, 10000.0, {0.0}, false, 0.25};
	struct rf_axisym *s = NULL;
	struct fail why = {0};
	assert_int_equal(rf_axisym_new(&q, &s, NULL), ST_OK);
	assert_int_equal(rf_axisym_solve(s, NULL, 1e-30, &why), ST_NUMERIC);
	assert_non_null(strstr(why.text, "residual"));
	rf_axisym_free(&s);
}

static void test_refusals(void **state)
{
	(void)state;
	struct rf_axisym_problem good = {{1e6, 2, skin_on_fat, RF_RETURN_FAR}, 10000.0, {0.0}, false, 0.0};
	struct rf_axisym_problem bad[5] = {good, good, good, good, good};
	bad[0].radius_um = -1.0;
	bad[1].refine = 100.0;
	bad[2].column = true;
	bad[3].contact.ohm_m2 = NAN;
	bad[4].stack.frequency_Hz = 1.0;
	static const char *const field[] = {"radius_um", "refine", "return", "contact_ohm_m2", "frequency_Hz"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct rf_axisym *s = NULL;
		struct fail why = {0};
		assert_int_not_equal(rf_axisym_new(&bad[i], &s, &why), ST_OK);
		assert_string_equal(why.field, field[i]);
		assert_null(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_engines_agree),  cmocka_unit_test(test_skin_of_a_twin),
	        cmocka_unit_test(test_grid_order),     cmocka_unit_test(test_column),
	        cmocka_unit_test(test_reciprocity),    cmocka_unit_test(test_factors),
	        cmocka_unit_test(test_error_estimate), cmocka_unit_test(test_no_convergence),
	        cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
