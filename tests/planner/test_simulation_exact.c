/* Simulation files with properties of their own against closed forms, through the file's own words: what a physicist
 * does first. Carslaw & Jaeger 1959, Conduction of Heat in Solids, 2.9 (flux) and 10.5 (discs on the surface). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "planner/simulate/simulation.h"
#include "tests/support/near.h"

#define TEXT_MAX 4096
#define K_W_MK 0.5
#define KAPPA_M2_S (K_W_MK / (1000.0 * 4000.0))

/* Light stops in 0.1 um: a flux into the surface of an insulated half space at 37 C. */
static const char form[] =
        "{\"schema\": \"lasertwin-simulation/1\", \"beam\": {%s}, \"pulse\": {\"duration_s\": %g}, \"fluence_J_cm2\": %g, "
        "\"layers\": [{\"thickness_um\": 50000, \"optics\": {\"n\": 1, \"mua_1_cm\": %g, \"mus_1_cm\": 0, \"g\": 0}, "
        "\"thermal\": {\"conductivity_W_mK\": 0.5, \"density_kg_m3\": 1000, \"heat_capacity_J_kgK\": 4000%s}}], "
        "\"temperature\": {\"surface_C\": 37, \"core_C\": 37, \"ambient_h_W_m2K\": 0}, "
        "\"outputs\": {\"points\": [{\"depth_um\": 0}], %s}%s}";

static struct simulation_result run(const char *beam, double duration_s, double fluence_J_cm2, double mua_1_cm,
                                    const char *thermal, const char *outputs, const char *more)
{
	static char text[TEXT_MAX];
	struct simulation s;
	struct simulation_result result = {.end_s = 0.0};
	struct fail why = {.text = ""};
	(void)snprintf(text, sizeof text, form, beam, duration_s, fluence_J_cm2, mua_1_cm, thermal, outputs, more);
	if (simulation_read("t.json", text, strlen(text), &s, &why) != ST_OK ||
	    simulation_run(&s, NULL, &result, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return result;
}

#define BROAD "\"profile\": \"broad\""

static double flux_rise_K(double q_W_m2, double time_s)
{
	return time_s > 0.0 ? 2.0 * q_W_m2 / K_W_MK * sqrt(KAPPA_M2_S * time_s / PI) : 0.0;
}

/* A constant flux for 1 s; far past the heat's decay, where times asked for are reached all the same. */
static void flux_into_half_space(void **state)
{
	(void)state;
	const double time_s[] = {0.1, 0.5, 1.0, 3.0, 90.0}, q_W_m2 = 5e4;
	struct simulation_result r = run(BROAD, 1.0, 5.0, 1e5, "", "\"times_s\": [0.1, 0.5, 1, 3, 90]", "");
	for (int i = 0; i < 5; i++) {
		double want_K = flux_rise_K(q_W_m2, time_s[i]) - flux_rise_K(q_W_m2, time_s[i] - 1.0);
		assert_near(r.point[0].time_C[i] - 37.0, want_K, (i < 4 ? 2e-3 : 2e-2) * want_K);
	}
	assert_true(r.end_s >= 90.0);
	assert_true(fabs(r.point[0].peak_C - 37.0 - flux_rise_K(q_W_m2, 1.0)) < r.point[0].peak_error_K + 1e-3);
	assert_true(r.point[0].peak_error_K < 0.3);
}

/* On the axis of a Gaussian flux I0 exp(-r2/a2): I0 a / (k sqrt(pi)) atan(sqrt(4 kappa t / a2)). */
static void gaussian_disc_on_its_axis(void **state)
{
	(void)state;
	const double time_s[] = {0.1, 1.0, 10.0}, a_m = 0.5e-3, i0_W_m2 = 5e4;
	struct simulation_result r = run("\"profile\": \"gaussian\", \"diameter_mm\": 1, \"definition\": \"1/e\"", 10.0, 50.0, 1e5,
	                                 "", "\"times_s\": [0.1, 1, 10]", "");
	for (int i = 0; i < 3; i++) {
		double want_K = i0_W_m2 * a_m / (K_W_MK * sqrt(PI)) * atan(sqrt(4.0 * KAPPA_M2_S * time_s[i]) / a_m);
		assert_near(r.point[0].time_C[i] - 37.0, want_K, 4e-3 * want_K);
	}
	assert_true(r.peak_radius_um == 0.0 && r.peak.depth_um == 0.0);
	assert_true(r.peak.temperature_C >= r.point[0].peak_C - 1e-6); /* the hottest is no cooler than a point asked for */
}

/* On the axis of a uniform disc: 2 q sqrt(kappa t) / k (ierfc(0) - ierfc(a / 2 sqrt(kappa t))). */
static void flat_disc_on_its_axis(void **state)
{
	(void)state;
	const double time_s[] = {0.1, 1.0, 10.0}, a_m = 0.5e-3, q_W_m2 = 5e4;
	struct simulation_result r =
	        run("\"profile\": \"flat_top\", \"diameter_mm\": 1", 10.0, 50.0, 1e5, "", "\"times_s\": [0.1, 1, 10]", "");
	for (int i = 0; i < 3; i++) {
		double spread_m = sqrt(KAPPA_M2_S * time_s[i]), x = a_m / (2.0 * spread_m);
		double want_K = 2.0 * q_W_m2 * spread_m / K_W_MK * (1.0 / sqrt(PI) - (exp(-x * x) / sqrt(PI) - x * erfc(x)));
		assert_near(r.point[0].time_C[i] - 37.0, want_K, 4e-3 * want_K);
	}
}

/* exp(x2) erfc(x), by its asymptotic series: x > 5. */
static double exp_x2_erfc(double x)
{
	double y = 1.0 / (2.0 * x * x);
	return (1.0 - y + 3.0 * y * y) / (x * sqrt(PI));
}

/* What holds no water does not boil, and conducts as it is said to: the same closed form far above 100 C. With water it
 * stops at 100 C. */
static void dry_matter_does_not_boil(void **state)
{
	(void)state;
	struct simulation_result dry = run(BROAD, 1.0, 20.0, 500.0, "", "\"times_s\": [1]", "");
	struct simulation_result wet = run(BROAD, 1.0, 20.0, 500.0, ", \"water_frac\": 0.7", "\"times_s\": [1]", "");
	/* of light that stops in 20 um */
	const double mu_1_m = 5e4, x = mu_1_m * sqrt(KAPPA_M2_S);
	double want_K = 2e5 / (K_W_MK * mu_1_m) * (2.0 * x / sqrt(PI) - 1.0 + exp_x2_erfc(x));
	assert_true(want_K > 150.0);
	assert_near(dry.point[0].peak_C - 37.0, want_K, 5e-3 * want_K);
	assert_true(dry.models.flags == VALID && strstr(dry.models.heat, "linear") != NULL);
	assert_true(wet.point[0].peak_C < dry.point[0].peak_C - 10.0 && strstr(wet.models.heat, "boiling") != NULL);
}

/* Kinetics of one's own: with Henriques' numbers they are Henriques' set, at points and over the lesion. */
static void own_kinetics(void **state)
{
	(void)state;
	struct simulation_result r =
	        run(BROAD, 1.0, 4.0, 1e3, "", "\"damage_sets\": [\"henriques_ea628\", \"mine\", \"slow\"]",
	            ", \"arrhenius\": [{\"id\": \"mine\", \"frequency_factor_1_s\": 3.1e98, \"activation_energy_J_mol\": 6.28e5, "
	            "\"valid_from_C\": 44, \"valid_to_C\": 70}, {\"id\": \"slow\", \"frequency_factor_1_s\": 3.1e97, "
	            "\"activation_energy_J_mol\": 6.28e5, \"valid_from_C\": 44, \"valid_to_C\": 50}]");
	assert_true(r.point[0].omega[0] > 1.0);
	assert_near(r.point[0].omega[1], r.point[0].omega[0], 1e-9 * r.point[0].omega[0]);
	assert_near(r.point[0].omega[2], 0.1 * r.point[0].omega[0], 1e-9 * r.point[0].omega[0]);
	assert_near(r.lesion[1].bottom_um, r.lesion[0].bottom_um, 1e-3 * r.lesion[0].bottom_um);
	assert_true(r.lesion[2].bottom_um < r.lesion[0].bottom_um);
	assert_true(r.models.flags & VALIDITY_EXTRAPOLATED); /* beyond the 50 C of "slow" */
}

static void own_kinetics_are_refused_by_name(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
	        {"[{\"id\": \"takata\", \"frequency_factor_1_s\": 1, \"activation_energy_J_mol\": 1e5}]", "arrhenius[0]"},
	        {"[{\"id\": \"a b\", \"frequency_factor_1_s\": 1, \"activation_energy_J_mol\": 1e5}]", "arrhenius[0]"},
	        {"[{\"id\": \"a\", \"frequency_factor_1_s\": -1, \"activation_energy_J_mol\": 1e5}]",
	         "arrhenius[0].frequency_factor_1_s"},
	        {"[{\"id\": \"a\", \"frequency_factor_1_s\": 1, \"activation_energy_J_mol\": 628}]",
	         "arrhenius[0].activation_energy_J_mol"}, /* kJ/mol */
	        {"[{\"id\": \"a\", \"frequency_factor_1_s\": 1}]", "arrhenius[0].activation_energy_J_mol"},
	        {"[{\"id\": \"a\", \"frequency_factor_1_s\": 1, \"activation_energy_J_mol\": 1e5, \"valid_from_C\": 80, "
	         "\"valid_to_C\": 60}]",
	         "arrhenius[0]"},
	        {"[{\"id\": \"a\", \"frequency_factor_1_s\": 1, \"activation_energy_J_mol\": 1e5}, {\"id\": \"a\", "
	         "\"frequency_factor_1_s\": 1, \"activation_energy_J_mol\": 1e5}]",
	         "arrhenius[1]"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		static char text[TEXT_MAX], more[1024];
		struct simulation s;
		struct fail why = {.text = ""};
		(void)snprintf(more, sizeof more, ", \"arrhenius\": %s", bad[i][0]);
		(void)snprintf(text, sizeof text, form, BROAD, 1.0, 1.0, 1e3, "", "\"damage_sets\": []", more);
		assert_int_not_equal(simulation_read("t.json", text, strlen(text), &s, &why), ST_OK);
		assert_string_equal(why.field + strlen("t.json: "), bad[i][1]);
	}
}

/* Off the axis in boiling tissue a point lies between its rings, as it does in the linear answer. */
static void points_beside_the_axis_are_interpolated(void **state)
{
	(void)state;
	static const char text[] =
	        "{\"schema\": \"lasertwin-simulation/1\", \"wavelength_nm\": 1540, \"beam\": {\"profile\": \"gaussian\", "
	        "\"diameter_mm\": 4, \"definition\": \"1/e2\"}, \"pulse\": {\"duration_s\": 0.1}, \"fluence_J_cm2\": 60, "
	        "\"layers\": [{\"kind\": \"water\", \"water_frac\": 0.78, \"thickness_um\": 3000}]}";
	struct simulation s;
	struct simulation_result r;
	struct fail why = {.text = ""};
	if (simulation_read("t.json", text, strlen(text), &s, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	s.points = SIMULATION_POINTS_MAX;
	for (size_t i = 0; i < s.points; i++)
		s.point[i] = (struct simulation_point){50.0, 1350.0 + 5.0 * (double)i};
	if (simulation_run(&s, NULL, &r, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	assert_non_null(strstr(r.models.heat, "boiling"));
	for (size_t i = 1; i < s.points; i++) /* 0.07 K a micrometre: falls all the way, without steps of a ring */
		assert_true(r.point[i].peak_C < r.point[i - 1].peak_C - 0.1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flux_into_half_space),
		cmocka_unit_test(gaussian_disc_on_its_axis),
		cmocka_unit_test(flat_disc_on_its_axis),
		cmocka_unit_test(dry_matter_does_not_boil),
		cmocka_unit_test(own_kinetics),
		cmocka_unit_test(own_kinetics_are_refused_by_name),
		cmocka_unit_test(points_beside_the_axis_are_interpolated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
