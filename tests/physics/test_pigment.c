/* One absorbing sphere: closed forms, limits, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/pigment.h"
#include "tests/support/near.h"

/* A sphere with round numbers: 1 um across, kappa 0.1 um2/us, sound 1.5 um/ns. */
static struct pigment_absorber round_sphere(double mua_1_cm)
{
	return (struct pigment_absorber){.radius_um = 0.5,
	                                 .mua_1_cm = {mua_1_cm, 0.0, VALID},
	                                 .heat_J_cm3K = {4.0, 0.0, VALID},
	                                 .diffusivity_um2_us = 0.1,
	                                 .sound_um_ns = 1.5,
	                                 .gruneisen = {0.2, 0.0, VALID}};
}

/* Mean of 1 - e^(-mua chord) over the disc of a sphere, by the midpoint rule. */
static double efficiency_by_quadrature(double mua_diameter)
{
	const int n = 200000;
	double sum = 0.0;
	for (int i = 0; i < n; i++) {
		double s = (i + 0.5) / n; /* (impact parameter / radius)^2 */
		sum += -expm1(-mua_diameter * sqrt(1.0 - s));
	}
	return sum / n;
}

static void test_absorption_efficiency(void **state)
{
	(void)state;
	const double xs[] = {1e-4, 0.01, 0.1, 1.0, 5.0, 30.0};
	for (size_t i = 0; i < sizeof xs / sizeof xs[0]; i++)
		assert_near(pigment_absorption_efficiency(xs[i]) / efficiency_by_quadrature(xs[i]), 1.0,
		            1e-5);
	assert_near(pigment_absorption_efficiency(1e-9) / 1e-9, 2.0 / 3.0, 1e-8); /* volume absorber */
	assert_near(pigment_absorption_efficiency(1e4), 1.0, 1e-7);               /* black disc */
	/* the small-argument series joins the closed form */
	assert_near(pigment_absorption_efficiency(0.000999) / 0.000999,
	            pigment_absorption_efficiency(0.001001) / 0.001001, 2e-6);
}

/* Centre of a sphere heated at t = 0: erf(u) - 2 u e^(-u^2)/sqrt(pi) (Carslaw & Jaeger 1959, 10.3 VI). */
static double centre_after_flash(double radius_um, double diffusivity_um2_us, double t_us)
{
	double u = radius_um / sqrt(4.0 * diffusivity_um2_us * t_us);
	return erf(u) - 2.0 * u * exp(-u * u) / sqrt(PI);
}

static void test_confinement_is_the_integral_of_the_flash(void **state)
{
	(void)state;
	struct pigment_absorber a = round_sphere(500);
	const double pulses_us[] = {0.01, 0.3, 3.0, 100.0};
	for (size_t k = 0; k < sizeof pulses_us / sizeof pulses_us[0]; k++) {
		const int n = 100000;
		double sum = 0.0;
		for (int i = 0; i < n; i++)
			sum += centre_after_flash(0.5, 0.1, pulses_us[k] * (i + 0.5) / n);
		assert_near(pigment_thermal_confinement_frac(&a, pulses_us[k] * 1e-6) / (sum / n), 1.0, 1e-4);
	}
}

/* Steady heating of a sphere: centre a^2/(2 kappa) above the medium (per unit heating rate). */
static void test_confinement_limits(void **state)
{
	(void)state;
	struct pigment_absorber a = round_sphere(500);
	assert_near(pigment_thermal_confinement_frac(&a, 1e-11), 1.0, 1e-6);
	double steady_us = 0.5 * 0.5 / (2 * 0.1);
	assert_near(pigment_thermal_confinement_frac(&a, 1.0) * 1e6, steady_us, 2e-3);
	assert_near(pigment_stress_confinement_frac(&a, 1e-13), 1.0, 1e-3);
	double transit_s = 1.0 / 1.5 * 1e-9;
	assert_near(pigment_stress_confinement_frac(&a, transit_s), 1.0 - exp(-1.0), 1e-12);
	assert_near(pigment_stress_confinement_frac(&a, 1000 * transit_s), 1e-3, 1e-6);
}

/* Textbook: a melanosome of 1 um relaxes in 0.3 to 1 us. */
static void test_relaxation_time(void **state)
{
	(void)state;
	struct pigment_absorber m = pigment_melanosome(532);
	double us = pigment_relaxation_s(&m) * 1e6;
	assert_true(us > 0.25 && us < 1.0);
	struct pigment_absorber twice = m;
	twice.radius_um *= 2;
	assert_near(pigment_relaxation_s(&twice) / pigment_relaxation_s(&m), 4.0, 1e-12);
}

/* A granule's own criterion: in water the first bubble comes later, in proportion to the rise. */
static void test_suspended_granules_superheat(void **state)
{
	(void)state;
	struct pigment_absorber m = pigment_melanosome(532);
	const struct estimate one = {1.0, 0.0, VALID};
	struct estimate in_skin, in_water;
	assert_int_equal(pigment_threshold_J_cm2(&m, 1e-8, 20, one, &in_skin, NULL), ST_OK);
	m.vaporisation_C = pigment_suspended_vaporisation_C();
	assert_int_equal(pigment_threshold_J_cm2(&m, 1e-8, 20, one, &in_water, NULL), ST_OK);
	assert_near(in_water.value / in_skin.value, 130.0 / 92.0, 1e-12);
	assert_int_equal(pigment_threshold_J_cm2(&m, 1e-8, 120, one, &in_water, NULL), ST_OK);
	assert_int_equal(pigment_threshold_J_cm2(&m, 1e-8, 151, one, &in_water, NULL), ST_RANGE);
}

/* Volume absorber, no loss: dT = mua F / (rho c). */
static void test_temperature_of_a_small_absorber(void **state)
{
	(void)state;
	struct pigment_absorber a = round_sphere(10); /* x = 1e-3 */
	struct estimate t;
	assert_int_equal(pigment_peak_C(&a, 2.0, 1e-11, 34.0, &t, NULL), ST_OK);
	assert_near(t.value, 34.0 + 10 * 2.0 / 4.0, 5e-3);
	assert_int_equal(pigment_peak_C(&a, 0.0, 1e-8, 34.0, &t, NULL), ST_OK);
	assert_near(t.value, 34.0, 0.0);
}

static void test_threshold_meets_the_criterion(void **state)
{
	(void)state;
	struct pigment_absorber m = pigment_melanosome(755);
	struct estimate threshold, t, factor = {2.5, 0.2, VALID};
	assert_int_equal(pigment_threshold_J_cm2(&m, 5e-8, 34.0, factor, &threshold, NULL), ST_OK);
	assert_int_equal(pigment_peak_C(&m, threshold.value * factor.value, 5e-8, 34.0, &t, NULL), ST_OK);
	assert_near(t.value, pigment_vaporisation_C().value, 1e-9);
	assert_true(threshold.sd > 0.1 * threshold.value && threshold.sd < threshold.value);
	assert_true(threshold.flags & VALIDITY_ASSUMED);
}

/* One temperature for all wavelengths: thresholds go as 1 / mua, and 1 / fluence factor. */
static void test_threshold_by_wavelength_and_fluence(void **state)
{
	(void)state;
	struct estimate one = {1, 0, VALID}, two = {2, 0, VALID}, a, b;
	struct pigment_absorber green = pigment_melanosome(532), infrared = pigment_melanosome(1064);
	assert_int_equal(pigment_threshold_J_cm2(&green, 1e-8, 34, one, &a, NULL), ST_OK);
	assert_int_equal(pigment_threshold_J_cm2(&infrared, 1e-8, 34, one, &b, NULL), ST_OK);
	assert_near(b.value / a.value, green.mua_1_cm.value / infrared.mua_1_cm.value, 0.25);
	assert_int_equal(pigment_threshold_J_cm2(&green, 1e-8, 34, two, &b, NULL), ST_OK);
	assert_near(b.value, 0.5 * a.value, 1e-12);
}

/* Pre-warmed skin ruptures earlier (Jacques & McAuliffe 1991): linear in the distance to the criterion. */
static void test_threshold_falls_with_warming(void **state)
{
	(void)state;
	struct pigment_absorber m = pigment_melanosome(694);
	struct estimate one = {1, 0, VALID}, cold, warm;
	assert_int_equal(pigment_threshold_J_cm2(&m, 4e-8, 12, one, &cold, NULL), ST_OK);
	assert_int_equal(pigment_threshold_J_cm2(&m, 4e-8, 62, one, &warm, NULL), ST_OK);
	assert_near(cold.value / warm.value, 2.0, 1e-9); /* (112-12)/(112-62) */
}

/* Pulse scaling (Watanabe & Anderson 1991): flat below 100 ns, then rising; less than twofold from 30 ps
 * to 10 ns. */
static void test_threshold_by_pulse(void **state)
{
	(void)state;
	struct pigment_absorber m = pigment_melanosome(694);
	const double pulses_s[] = {3e-11, 1e-8, 1e-7, 1e-6, 1e-5};
	double f[5];
	for (size_t i = 0; i < 5; i++) {
		struct estimate one = {1, 0, VALID}, t;
		assert_int_equal(pigment_threshold_J_cm2(&m, pulses_s[i], 34, one, &t, NULL), ST_OK);
		f[i] = t.value;
	}
	assert_true(f[1] / f[0] < 1.05);
	assert_true(f[2] / f[1] < 1.2);
	assert_true(f[3] / f[2] > 1.2);
	assert_true(f[4] / f[3] > 3.0);
}

static void test_pressure(void **state)
{
	(void)state;
	struct pigment_absorber a = round_sphere(10);
	struct estimate p, longer;
	assert_int_equal(pigment_pressure_MPa(&a, 3.0, 1e-12, &p, NULL), ST_OK);
	assert_near(p.value, 0.2 * 10 * 3.0, 0.01); /* Gamma mua F, J/cm3 = MPa */
	assert_int_equal(pigment_pressure_MPa(&a, 3.0, 1e-8, &longer, NULL), ST_OK);
	assert_true(longer.value < 0.1 * p.value); /* 10 ns is 15 transit times */
}

/* Carbon is far blacker than melanin: lower threshold in small particles, even at 1064 nm. */
static void test_ink_needs_less_than_melanin(void **state)
{
	(void)state;
	struct pigment_absorber ink = pigment_carbon(0.5), melanin = pigment_melanosome(1064);
	struct estimate one = {1, 0, VALID}, a, b;
	assert_int_equal(pigment_threshold_J_cm2(&ink, 1e-9, 34, one, &a, NULL), ST_OK);
	assert_int_equal(pigment_threshold_J_cm2(&melanin, 1e-9, 34, one, &b, NULL), ST_OK);
	assert_true(a.value < 0.05 * b.value);
	assert_true(a.flags & VALIDITY_MODEL_LIMIT);
}

/* 755 nm array, 6 mm: 0.71 J/cm2 mean, 70 % of the energy in about 10 % of the area; the peak stands
 * about 20 times above the background (Tanghetti 2016). */
static void test_array(void **state)
{
	(void)state;
	struct pigment_array array = {.mean_J_cm2 = 0.71,
	                              .microbeam_energy_frac = 0.7,
	                              .microbeam_area_frac = 0.1,
	                              .spread_frac = 0.26};
	struct pigment_array_light light;
	assert_int_equal(pigment_array_light(&array, 7.5e-10, true, &light, NULL), ST_OK);
	assert_near(light.peak_J_cm2.value, 4.97, 1e-9);
	assert_near(light.peak_J_cm2.value / light.background_J_cm2.value, 21, 0.01);
	assert_near(light.peak_J_cm2.value * 0.1 + light.background_J_cm2.value * 0.9, 0.71, 1e-12);
	assert_near(light.irradiance_W_cm2.value, 4.97 / 7.5e-10, 1);
	assert_true(light.breakdown);
	assert_int_equal(pigment_array_light(&array, 7.5e-10, false, &light, NULL), ST_OK);
	assert_false(light.breakdown); /* without pigment: water plasma lies an order higher */
	assert_true(light.breakdown_W_cm2.flags & VALIDITY_ASSUMED);
}

static void assert_refused(enum status st, const struct fail *why, const char *field)
{
	assert_int_equal(st, ST_RANGE);
	assert_string_equal(why->field, field);
}

static void test_refusals_by_name(void **state)
{
	(void)state;
	struct fail why = {0};
	struct estimate out, one = {1, 0, VALID}, none = {0, 0, VALID};
	struct pigment_absorber a = pigment_carbon(11);
	assert_refused(pigment_peak_C(&a, 1, 1e-9, 34, &out, &why), &why, "radius_um");
	a = pigment_melanosome(532);
	assert_refused(pigment_peak_C(&a, NAN, 1e-9, 34, &out, &why), &why, "local_J_cm2");
	assert_refused(pigment_peak_C(&a, -1, 1e-9, 34, &out, &why), &why, "local_J_cm2");
	assert_refused(pigment_peak_C(&a, 1, 0, 34, &out, &why), &why, "pulse_s");
	assert_refused(pigment_peak_C(&a, 1, 1e-9, INFINITY, &out, &why), &why, "start_C");
	assert_refused(pigment_threshold_J_cm2(&a, 1e-9, 34, none, &out, &why), &why, "fluence_factor");
	assert_refused(pigment_threshold_J_cm2(&a, 1e-9, 112, one, &out, &why), &why, "start_C");
	a.mua_1_cm.value = 0;
	assert_refused(pigment_pressure_MPa(&a, 1, 1e-9, &out, &why), &why, "mua_1_cm");
	struct pigment_array array = {.mean_J_cm2 = 1, .microbeam_energy_frac = 0.7};
	struct pigment_array_light light;
	assert_refused(pigment_array_light(&array, 1e-9, true, &light, &why), &why, "microbeam_area_frac");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_absorption_efficiency),
	        cmocka_unit_test(test_confinement_is_the_integral_of_the_flash),
	        cmocka_unit_test(test_confinement_limits),
	        cmocka_unit_test(test_relaxation_time),
	        cmocka_unit_test(test_suspended_granules_superheat),
	        cmocka_unit_test(test_temperature_of_a_small_absorber),
	        cmocka_unit_test(test_threshold_meets_the_criterion),
	        cmocka_unit_test(test_threshold_by_wavelength_and_fluence),
	        cmocka_unit_test(test_threshold_falls_with_warming),
	        cmocka_unit_test(test_threshold_by_pulse),
	        cmocka_unit_test(test_pressure),
	        cmocka_unit_test(test_ink_needs_less_than_melanin),
	        cmocka_unit_test(test_array),
	        cmocka_unit_test(test_refusals_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
