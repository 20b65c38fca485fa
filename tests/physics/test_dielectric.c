/* Dielectrics: the published table, the traps of transcription, mixtures, layers of a tissue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/dielectric.h"
#include "tests/support/near.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static double complex at(enum dielectric_tissue tissue, double frequency_Hz)
{
	double complex y_S_m;
	assert_int_equal(dielectric_gabriel(tissue, frequency_Hz, &y_S_m, NULL), ST_OK);
	return y_S_m;
}

/* Computed from the published parameters by an independent program; the 1 MHz values are IFAC's. */
static const struct {
	enum dielectric_tissue tissue;
	double frequency_Hz, sigma_S_m, permittivity;
} published[] = {
        {DIELECTRIC_SKIN_DRY, 0.46e6, 0.00382, 1067.72},  {DIELECTRIC_SKIN_DRY, 1e6, 0.01324, 990.76},
        {DIELECTRIC_SKIN_DRY, 6.78e6, 0.14712, 478.40},   {DIELECTRIC_SKIN_DRY, 40.68e6, 0.37983, 122.91},
        {DIELECTRIC_SKIN_WET, 0.3e6, 0.14402, 6012.6},    {DIELECTRIC_SKIN_WET, 1e6, 0.22141, 1832.79},
        {DIELECTRIC_SKIN_WET, 2e6, 0.26649, 948.60},      {DIELECTRIC_SKIN_WET, 40.68e6, 0.45520, 92.98},
        {DIELECTRIC_FAT, 0.46e6, 0.02481, 35.80},         {DIELECTRIC_FAT, 1e6, 0.02508, 27.22},
        {DIELECTRIC_FAT, 6.78e6, 0.02778, 16.32},         {DIELECTRIC_FAT, 40.68e6, 0.03414, 7.29},
        {DIELECTRIC_FAT_INFILTRATED, 1e6, 0.04406, 50.81}, {DIELECTRIC_FAT_INFILTRATED, 27.12e6, 0.06099, 17.93},
        {DIELECTRIC_MUSCLE, 1e6, 0.50269, 1836.42},       {DIELECTRIC_MUSCLE, 40.68e6, 0.66987, 82.12},
        {DIELECTRIC_BLOOD, 1e6, 0.82211, 3026.30},        {DIELECTRIC_BLOOD, 13.56e6, 1.11701, 210.64},
        {DIELECTRIC_TENDON, 1e6, 0.39207, 160.03},        {DIELECTRIC_TENDON, 6.78e6, 0.40209, 110.94},
};

static void test_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(published); i++) {
		double complex y_S_m = at(published[i].tissue, published[i].frequency_Hz);
		assert_near(creal(y_S_m), published[i].sigma_S_m, 6e-6);
		assert_near(dielectric_permittivity(y_S_m, published[i].frequency_Hz), published[i].permittivity,
		            0.006 + 1e-5 * published[i].permittivity);
	}
}

/* Dry skin is not the dermis: at 1 MHz the two differ by more than ten times. The slower relaxation some
 * copies give fat would be 0.0189 S/m. */
static void test_traps(void **state)
{
	(void)state;
	assert_true(creal(at(DIELECTRIC_SKIN_WET, 1e6)) > 10.0 * creal(at(DIELECTRIC_SKIN_DRY, 1e6)));
	assert_near(creal(at(DIELECTRIC_FAT, 1e6)), 0.025079, 1e-6);
	double loss = creal(at(DIELECTRIC_SKIN_DRY, 6.78e6)) / cimag(at(DIELECTRIC_SKIN_DRY, 6.78e6));
	assert_near(loss, 0.8, 0.05);
}

/* sigma and er of a causal response are not free: sigma never falls with frequency, er never rises. */
static void test_dispersion_has_one_sense(void **state)
{
	(void)state;
	for (int t = 0; t < DIELECTRIC_TISSUES; t++) {
		double complex last = at((enum dielectric_tissue)t, 1e4);
		for (double f = 1.1e4; f < 1e8; f *= 1.1) {
			double complex next = at((enum dielectric_tissue)t, f);
			assert_true(creal(next) >= creal(last));
			assert_true(dielectric_permittivity(next, f) <= dielectric_permittivity(last, f / 1.1) * (1.0 + 1e-12));
			last = next;
		}
	}
}

static void test_range(void **state)
{
	(void)state;
	struct fail why = {0};
	double complex y_S_m = 7.0;
	static const double bad_Hz[] = {0.0, -1e6, 9.9e3, 1.01e8, NAN, INFINITY};
	for (size_t i = 0; i < COUNT(bad_Hz); i++) {
		assert_int_equal(dielectric_gabriel(DIELECTRIC_FAT, bad_Hz[i], &y_S_m, &why), ST_RANGE);
		assert_string_equal(why.field, "frequency_Hz");
	}
	assert_true(y_S_m == 7.0);
	assert_int_equal(dielectric_gabriel(DIELECTRIC_TISSUES, 1e6, &y_S_m, &why), ST_INPUT);
}

/* Any texture lies between plates along and across the field; thin mixtures of spheres are exact. */
static void test_mixtures(void **state)
{
	(void)state;
	double complex fat = at(DIELECTRIC_FAT, 1e6), septa = at(DIELECTRIC_TENDON, 1e6);
	for (double share = 0.0; share <= 1.0; share += 0.125) {
		double low = creal(dielectric_across(fat, septa, share)), high = creal(dielectric_along(fat, septa, share));
		double spheres = creal(dielectric_spheres(fat, septa, share)), middle = creal(dielectric_between(fat, septa, share));
		assert_true(low <= spheres + 1e-12 && spheres <= high + 1e-12);
		assert_true(low <= middle + 1e-12 && middle <= high + 1e-12);
	}
	assert_near(cabs(dielectric_between(fat, septa, 1.0) - septa), 0.0, 1e-12);
	double complex thin = dielectric_spheres(2.0, 1e9, 1e-4);
	assert_near(creal(thin) / 2.0 - 1.0, 3e-4, 1e-7); /* Maxwell: 1 + 3 f for perfect conductors */
}

static void test_warming(void **state)
{
	(void)state;
	assert_near(dielectric_warm_factor(0.015, 37.0), 1.0, 1e-15);
	assert_near(dielectric_warm_factor(0.015, 77.0), 1.6, 1e-12);
	assert_near(dielectric_warm_factor(0.015, 100.0), 1.945, 1e-12);
	assert_near(dielectric_warm_factor(0.015, 105.0) / 1.945, 1e-4, 1e-12);
	assert_near(dielectric_warm_factor(0.015, 150.0), dielectric_warm_factor(0.015, 105.0), 1e-15);
	assert_near(dielectric_warm_factor(0.0, 150.0), 1.0, 1e-15);
	assert_true(dielectric_warm_factor(0.1, -60.0) > 0.0);
}

static struct tissue skin(void)
{
	return (struct tissue){.count = 5,
	                       .surface_temperature_C = 33.0,
	                       .core_temperature_C = 37.0,
	                       .layer = {{TISSUE_STRATUM_CORNEUM, 15.0, 0.0, 0.0, 0.7, 0.3, 0.1},
	                                 {TISSUE_EPIDERMIS, 60.0, 0.02, 0.0, 0.7, 0.65, 0.0},
	                                 {TISSUE_PAPILLARY, 150.0, 0.0, 0.005, 0.7, 0.65, 0.0},
	                                 {TISSUE_RETICULAR, 1300.0, 0.0, 0.005, 0.7, 0.65, 0.0},
	                                 {TISSUE_SUBCUTIS, 5000.0, 0.0, 0.005, 0.7, 0.15, 0.8}}};
}

static void test_layers_of_a_tissue(void **state)
{
	(void)state;
	struct tissue tissue = skin();
	struct dielectric_options options = {.frequency_Hz = 1e6};
	struct rf_layer layer[RF_LAYERS_MAX];
	size_t count = RF_LAYERS_MAX;
	assert_int_equal(dielectric_layers(&tissue, &options, layer, &count, NULL), ST_OK);
	assert_int_equal(count, 5); /* the two dermal layers are one material, muscle follows */
	assert_near(layer[2].thickness_um, 1450.0, 1e-9);
	assert_near(layer[2].conductivity_S_m, 0.22141, 1e-5);
	assert_near(layer[3].conductivity_S_m, 0.02508, 1e-5);
	assert_near(layer[0].conductivity_S_m, 1e-3, 1e-12);
	assert_near(layer[0].permittivity, 200.0, 1e-9);
	assert_int_equal(layer[0].flags, VALIDITY_ASSUMED);
	assert_int_equal(layer[2].flags, VALID);
	assert_int_equal(layer[4].matter, RF_MUSCLE);
	assert_true(isinf(layer[4].thickness_um));
	struct rf_stack stack = {1e6, count, layer, RF_RETURN_FAR};
	assert_int_equal(rf_stack_check(&stack, NULL), ST_OK);
	assert_int_equal(rf_thermal_check(&stack, NULL), ST_OK);
}

/* Every option moves what it names, in the sense it names; sums of the fat models bracket published values. */
static void test_options_of_layers(void **state)
{
	(void)state;
	struct tissue tissue = skin();
	struct rf_layer usual[RF_LAYERS_MAX], other[RF_LAYERS_MAX];
	size_t count = RF_LAYERS_MAX;
	struct dielectric_options options = {.frequency_Hz = 1e6};
	assert_int_equal(dielectric_layers(&tissue, &options, usual, &count, NULL), ST_OK);
	options = (struct dielectric_options){.frequency_Hz = 1e6, .dryness_frac = 1.0, .infiltration_frac = 1.0,
	                                      .constant = true, .no_muscle = true};
	tissue.layer[3].water_frac = tissue.layer[2].water_frac = 0.75;
	count = RF_LAYERS_MAX;
	assert_int_equal(dielectric_layers(&tissue, &options, other, &count, NULL), ST_OK);
	assert_int_equal(count, 4);
	assert_true(isinf(other[3].thickness_um));
	assert_near(other[0].conductivity_S_m, 1e-4, 1e-12);
	assert_near(other[1].conductivity_S_m, 0.01324, 1e-5);
	assert_near(other[2].conductivity_S_m / usual[2].conductivity_S_m, pow(0.75 / 0.65, 1.75), 1e-9);
	assert_near(other[3].conductivity_S_m, 0.04406, 1e-5);
	assert_true(other[2].warming_1_K == 0.0 && usual[2].warming_1_K == 0.015);
	options.septa_frac = 0.1;
	count = RF_LAYERS_MAX;
	assert_int_equal(dielectric_layers(&tissue, &options, usual, &count, NULL), ST_OK);
	assert_near(usual[3].conductivity_S_m, 0.9 * 0.04406 + 0.1 * 0.39207, 2e-5);
}

static void test_options_refused(void **state)
{
	(void)state;
	struct tissue tissue = skin();
	struct rf_layer layer[RF_LAYERS_MAX];
	const struct {
		struct dielectric_options options;
		const char *field;
	} bad[] = {{{.frequency_Hz = 1e9}, "frequency_Hz"},
	           {{.frequency_Hz = 1e6, .dryness_frac = 1.5}, "dryness_frac"},
	           {{.frequency_Hz = 1e6, .infiltration_frac = -0.1}, "infiltration_frac"},
	           {{.frequency_Hz = 1e6, .septa_frac = NAN}, "septa_frac"}};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fail why = {0};
		size_t count = RF_LAYERS_MAX;
		assert_int_equal(dielectric_layers(&tissue, &bad[i].options, layer, &count, &why), ST_RANGE);
		assert_string_equal(why.field, bad[i].field);
	}
	struct fail why = {0};
	size_t count = 2;
	struct dielectric_options options = {.frequency_Hz = 1e6};
	assert_int_equal(dielectric_layers(&tissue, &options, layer, &count, &why), ST_FULL);
	tissue.layer[1].kind = TISSUE_WATER;
	count = RF_LAYERS_MAX;
	assert_int_equal(dielectric_layers(&tissue, &options, layer, &count, &why), ST_MODEL);
}

static void test_stack_refused(void **state)
{
	(void)state;
	const struct {
		double frequency_Hz;
		struct rf_layer layer[2];
		enum rf_return back;
		const char *field;
	} bad[] = {
	        {1e3, {{.thickness_um = 1, .conductivity_S_m = 1}, {.thickness_um = INFINITY, .conductivity_S_m = 1}}, RF_RETURN_FAR, "frequency_Hz"},
	        {1e6, {{.thickness_um = -1, .conductivity_S_m = 1}, {.thickness_um = INFINITY, .conductivity_S_m = 1}}, RF_RETURN_FAR, "layers[0].thickness_um"},
	        {1e6, {{.thickness_um = INFINITY, .conductivity_S_m = 1}, {.thickness_um = 5, .conductivity_S_m = 1}}, RF_RETURN_PLATE, "layers[0].thickness_um"},
	        {1e6, {{.thickness_um = 1, .conductivity_S_m = 0}, {.thickness_um = INFINITY, .conductivity_S_m = 1}}, RF_RETURN_FAR, "layers[0].conductivity_S_m"},
	        {1e6, {{.thickness_um = 1, .conductivity_S_m = 1}, {.thickness_um = INFINITY, .conductivity_S_m = NAN}}, RF_RETURN_FAR, "layers[1].conductivity_S_m"},
	        {1e6, {{.thickness_um = 1, .conductivity_S_m = 1, .permittivity = -2}, {.thickness_um = INFINITY, .conductivity_S_m = 1}}, RF_RETURN_FAR, "layers[0].permittivity"},
	        {1e6, {{.thickness_um = 1, .conductivity_S_m = 1}, {.thickness_um = 9, .conductivity_S_m = 1}}, RF_RETURN_FAR, "return"},
	        {1e6, {{.thickness_um = 1, .conductivity_S_m = 1}, {.thickness_um = INFINITY, .conductivity_S_m = 1}}, RF_RETURN_PLATE, "return"},
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fail why = {0};
		struct rf_stack stack = {bad[i].frequency_Hz, 2, bad[i].layer, bad[i].back};
		assert_int_not_equal(rf_stack_check(&stack, &why), ST_OK);
		assert_string_equal(why.field, bad[i].field);
	}
}

static void test_fold_and_drive(void **state)
{
	(void)state;
	struct rf_layer layer[3] = {{.thickness_um = 15, .conductivity_S_m = 1e-3, .permittivity = 200},
	                            {.thickness_um = 70, .conductivity_S_m = 0.1},
	                            {.thickness_um = INFINITY, .conductivity_S_m = 0.2}};
	struct rf_stack stack = {1e6, 3, layer, RF_RETURN_FAR}, thick;
	double factor;
	struct rf_fold fold = rf_stack_fold(&stack, 10000.0, &thick); /* the epidermis is thin but no film */
	assert_int_equal(thick.layers, 2);
	assert_int_equal(fold.layers, 1);
	assert_near(fold.thickness_um, 15.0, 1e-12);
	assert_near(cabs(fold.ohm_m2), 1.34e-3, 2e-5); /* |zeta| of a wet horny layer at 1 MHz */
	fold = rf_stack_fold(&stack, 40000.0, &thick); /* under a wide electrode it folds too */
	assert_int_equal(thick.layers, 1);
	assert_true(fold.error_frac > 70.0 / 40000.0);
	fold = rf_stack_fold(&stack, 500.0, &thick);
	assert_int_equal(fold.layers, 0);
	double complex z_ohm = 300.0 - I * 400.0;
	struct rf_drive drive = {RF_DRIVE_POWER, 12.0};
	assert_int_equal(rf_amplitude(&drive, z_ohm, &factor, NULL), ST_OK);
	assert_near(factor * factor * creal(1.0 / z_ohm), 12.0, 1e-12);
	drive = (struct rf_drive){RF_DRIVE_CURRENT, 0.2};
	assert_int_equal(rf_amplitude(&drive, z_ohm, &factor, NULL), ST_OK);
	assert_near(factor, 100.0, 1e-12);
	drive.value = -1.0;
	assert_int_equal(rf_amplitude(&drive, z_ohm, &factor, NULL), ST_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_published),         cmocka_unit_test(test_traps),
	        cmocka_unit_test(test_dispersion_has_one_sense), cmocka_unit_test(test_range),
	        cmocka_unit_test(test_mixtures),          cmocka_unit_test(test_warming),
	        cmocka_unit_test(test_layers_of_a_tissue), cmocka_unit_test(test_options_of_layers),
	        cmocka_unit_test(test_options_refused),   cmocka_unit_test(test_stack_refused),
	        cmocka_unit_test(test_fold_and_drive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
