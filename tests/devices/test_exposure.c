/* Exposures: the published and worked numbers of every family; eyewear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "devices/exposure.h"
#include "physics/base/units.h"
#include "tests/support/device_profiles.h"
#include "tests/support/near.h"

struct entry {
	enum setting_id id;
	double value;
};

/* The exposure of a mode at some settings, and the device to free. */
static struct exposure expose(const char *device_id, const char *mode_id, const struct entry *entry,
                              size_t count, struct device **device)
{
	struct settings settings = {0};
	struct setting_issues issues;
	struct exposure exposure;
	struct fail why = {0};

	*device = profile_device(device_id);
	assert_non_null(*device);
	const struct device_mode *mode = device_mode_find(*device, mode_id);
	assert_non_null(mode);
	for (size_t i = 0; i < count; i++)
		settings_set(&settings, entry[i].id, entry[i].value);
	if (!settings_complete(mode, &settings, &settings, &issues))
		fail_msg("%s; %s", issues.issue[0].text, issues.issue[0].remedy);
	if (exposure_of(*device, mode, &settings, &exposure, &why))
		fail_msg("%s", why.text);
	return exposure;
}
#define EXPOSE(device_id, mode_id, device, ...)                                                              \
	expose(device_id, mode_id, (const struct entry[]){__VA_ARGS__},                                      \
	       sizeof((const struct entry[]){__VA_ARGS__}) / sizeof(struct entry), device)

/* Worked case: 15 mJ, 10 % of 120 um microbeams: 884 /cm2, 13.26 and 132.6 J/cm2. */
static void deepfx_worked_case(void **state)
{
	struct device *device;

	(void)state;
	struct exposure e = EXPOSE("ultrapulse", "deepfx", &device, {SETTING_ENERGY_MJ, 15},
	                           {SETTING_DENSITY_PCT, 10}, {SETTING_PASSES, 1}, {SETTING_REP_HZ, 300});
	assert_int_equal(e.kind, EXPOSURE_MICROBEAMS);
	assert_near(exposure_number(&e, "microbeams_per_cm2"), 884, 0.5);
	assert_near(exposure_number(&e, "mean_fluence_J_cm2"), 13.26, 0.005);
	assert_near(exposure_number(&e, "microbeam_mean_fluence_J_cm2"), 132.6, 0.05);
	assert_near(exposure_number(&e, "coverage_sum_pct"), 10, 1e-9);
	assert_near(e.pulse_s, 62.5e-6, 1e-9); /* 15 mJ at 240 W */
	assert_near(e.microbeam_um, 120, 0);
	assert_near(e.rep_hz, 300, 0);
	assert_true(isnan(exposure_number(&e, "spot_diameter_mm")));
	assert_true(isnan(exposure_number(&e, "no_such_number")));
	device_free(&device);
}

/* Worked case: two passes of 25 %: 50 % added, 1 - 0.75^2 = 43.75 % at random. */
static void passes_add_and_unite(void **state)
{
	struct device *device;

	(void)state;
	struct exposure e = EXPOSE("ultrapulse", "deepfx", &device, {SETTING_ENERGY_MJ, 30},
	                           {SETTING_DENSITY_PCT, 25}, {SETTING_PASSES, 2});
	assert_near(exposure_number(&e, "coverage_sum_pct"), 50, 1e-9);
	assert_near(exposure_number(&e, "coverage_union_pct"), 43.75, 1e-9);
	assert_near(e.microbeams_per_cm2, 2 * e.microbeams_per_cm2_pass, 1e-9);
	assert_near(exposure_number(&e, "total_fluence_J_cm2"), 2 * e.fluence_J_cm2, 1e-9);
	device_free(&device);
}

/* Fraxel counts all passes: 20 % in 6 passes stays 20 %. Density near the published 252 /cm2 at 20 % and 784
 * at 70 % (Polder & Bruce 2012). */
static void fraxel_coverage_is_the_total(void **state)
{
	struct device *device;

	(void)state;
	struct exposure e = EXPOSE("fraxel_dual", "1927", &device, {SETTING_ENERGY_MJ, 10},
	                           {SETTING_TREATMENT_LEVEL, 1}, {SETTING_PASSES, 6});
	assert_near(e.coverage_sum_frac, 0.20, 1e-12);
	assert_near(e.coverage_pass_frac, 0.20 / 6, 1e-12);
	assert_near(e.coverage_union_frac, 1 - pow(1 - 0.20 / 6, 6), 1e-12);
	assert_near(e.microbeams_per_cm2, 252, 0.06 * 252);
	device_free(&device);
	e = EXPOSE("fraxel_dual", "1927", &device, {SETTING_ENERGY_MJ, 20}, {SETTING_TREATMENT_LEVEL, 11},
	           {SETTING_PASSES, 8});
	assert_near(e.microbeams_per_cm2, 784, 0.07 * 784);
	device_free(&device);
}

/* PicoSure runs at 200 mJ: the maker's fluence at every spot (JAAD 2016;74:931; JCM 2024;13:2116). */
static void picosure_fluence_by_spot(void **state)
{
	static const struct {
		double spot_mm, fluence_J_cm2;
	} rows[] = {{2, 6.37},   {2.5, 4.07}, {3, 2.83}, {3.5, 2.08}, {4, 1.59},
	            {4.5, 1.26}, {5, 1.02},   {6, 0.71}, {8, 0.40},   {10, 0.25}};
	struct device *device;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct exposure e =
		        EXPOSE("picosure", "755_zoom", &device, {SETTING_SPOT_MM, rows[i].spot_mm});
		assert_int_equal(e.kind, EXPOSURE_BROAD);
		assert_near(e.fluence_J_cm2, rows[i].fluence_J_cm2, 0.006);
		assert_near(e.energy_mJ, 200, 1e-9);
		assert_near(e.pulse_s, 750e-12, 1e-18);
		assert_int_equal(e.passes, 1);
		device_free(&device);
	}
}

/* PicoSure Focus array: 500 um pitch, 70 % of the energy in the foci (JDD 2021;20:1302): 131 lenses in 6 mm
 * with 1.07 mJ each, 232 in 8 mm, 363 in 10 mm. */
static void lens_array_shares_the_pulse(void **state)
{
	static const double spots_mm[] = {6, 8, 10}, lenses[] = {131, 232, 363};
	struct device *device;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct exposure e = EXPOSE("picosure", "755_focus_array", &device,
		                           {SETTING_SPOT_MM, spots_mm[i]}, {SETTING_PASSES, 3});
		double area_cm2 = disc_area_cm2(e.spot_um);
		assert_int_equal(e.kind, EXPOSURE_LENS_ARRAY);
		assert_near(e.microbeams_per_cm2_pass * area_cm2, lenses[i], 1e-9);
		if (i == 0)
			assert_near(e.microbeam_energy_mJ, 1.07, 0.005);
		/* no energy is lost: foci and background add up to the pulse */
		double foci_mJ = e.microbeam_energy_mJ * lenses[i];
		double rest_mJ =
		        e.background_fluence_J_cm2 * area_cm2 * (1 - e.coverage_pass_frac) / J_PER_MJ;
		assert_near(foci_mJ + rest_mJ, 200, 1e-6);
		assert_true(e.background_fluence_J_cm2 < e.fluence_J_cm2);
		assert_true(e.microbeam_fluence_J_cm2 > 5 * e.fluence_J_cm2);
		assert_near(e.coverage_sum_frac, 3 * e.coverage_pass_frac, 1e-12);
		assert_near(e.microbeam_spread_frac, 0.26, 0);
		device_free(&device);
	}
}

/* ProFractional asks for depth: 300 um at 6 um per J/cm2 (Hibst & Kaufmann 1991) are 50 J/cm2 in each beam.
 */
static void depth_gives_energy(void **state)
{
	struct device *device;

	(void)state;
	struct exposure e = EXPOSE("profractional", "2940", &device, {SETTING_DEPTH_UM, 300},
	                           {SETTING_SPOT_MM, 0.25}, {SETTING_DENSITY_PCT, 11});
	assert_near(e.microbeam_fluence_J_cm2, 50, 1e-9);
	assert_near(e.microbeam_um, 250, 1e-9);
	assert_near(e.fluence_J_cm2, 0.11 * 50, 1e-9);
	device_free(&device);
}

static void radiofrequency_carries_the_console(void **state)
{
	struct device *device;

	(void)state;
	struct exposure e =
	        EXPOSE("morpheus8", "face24", &device, {SETTING_DEPTH_MM, 3}, {SETTING_ENERGY_MJ_PIN, 20});
	assert_int_equal(e.kind, EXPOSURE_RF);
	assert_near(e.depth_um, 3000, 0);
	assert_near(e.energy_mJ, 20, 0);
	assert_near(e.pins, 24, 0);
	assert_true(isnan(e.wavelength_nm) && isnan(e.coverage_sum_frac));
	/* 20 mJ for every 1.5 mm x 1.5 mm; 0.5 mm bare at the tip; the profile says that its geometry is assumed */
	assert_near(e.fluence_J_cm2, 0.020 / 0.0225, 1e-9);
	assert_near(e.pulse_s, 0.2, 0);
	assert_near(e.bare_um, 500, 0);
	assert_int_equal(e.needle_layout, NEEDLES_ROWS);
	assert_true(e.geometry_assumed);
	device_free(&device);
	/* power shared among the pins over the pulse */
	e = EXPOSE("secret_rf", "25pin", &device, {SETTING_DEPTH_MM, 2}, {SETTING_POWER_W, 10}, {SETTING_PULSE_MS, 100});
	assert_near(e.energy_mJ, 10.0 * 100.0 / 25.0, 1e-9);
	assert_int_equal(e.needle_layout, NEEDLES_CHECKERBOARD);
	device_free(&device);
	e = EXPOSE("morpheus8", "resurf24", &device, {SETTING_DEPTH_MM, 0.5}, {SETTING_ENERGY_MJ_PIN, 20});
	assert_near(e.bare_um, e.depth_um, 0); /* bare all the way */
	device_free(&device);
	e = EXPOSE("potenza", "mono1", &device, {SETTING_DEPTH_MM, 2});
	assert_true(isnan(e.pitch_um) && isnan(e.bare_um) && isnan(e.energy_mJ)); /* not known is not zero */
	device_free(&device);
	e = EXPOSE("thermage_flx", "total_tip", &device, {SETTING_LEVEL, 2.5}, {SETTING_SHOTS, 900});
	assert_near(e.level, 2.5, 0);
	assert_near(e.tip_cm2, 4, 0);
	assert_true(isnan(e.energy_mJ));
	device_free(&device);
}

/* Every usable laser mode gives an exposure with a pulse, a fluence and, if fractional, a coverage. */
static void every_open_mode_exposes(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROFILES; i++) {
		struct device *device = profile_device(profile_ids[i]);
		assert_non_null(device);
		for (size_t m = 0; m < device->modes; m++) {
			const struct device_mode *mode = &device->mode[m];
			struct device_grid grid;
			struct settings settings;
			struct exposure e;
			struct fail why = {0};
			if (mode->locked || device_grid_init(&grid, mode, NULL, NULL))
				continue;
			size_t at = 0;
			while (!device_grid_at(&grid, at, &settings))
				at++;
			if (exposure_of(device, mode, &settings, &e, &why))
				fail_msg("%s.%s: %s", device->id, mode->id, why.text);
			if (e.kind == EXPOSURE_RF)
				continue;
			if (!(e.pulse_s > 0 && e.pulse_s < 1 && e.fluence_J_cm2 > 0 && e.energy_mJ > 0))
				fail_msg("%s.%s has no pulse or fluence", device->id, mode->id);
			if (e.kind != EXPOSURE_BROAD)
				assert_true(e.coverage_union_frac > 0 &&
				            e.coverage_union_frac <= e.coverage_sum_frac + 1e-12);
			struct exposure_numbers numbers;
			exposure_numbers(&e, &numbers);
			assert_true(numbers.count >= 6);
			for (size_t n = 0; n < numbers.count; n++)
				assert_near(exposure_number(&e, numbers.number[n].key),
				            numbers.number[n].value, 0);
		}
		device_free(&device);
	}
}

static void what_the_profile_lacks_is_named(void **state)
{
	struct device *device = profile_device("discovery_pico");
	const struct device_mode *mode = device_mode_find(device, "532_ps");
	struct settings settings = {0};
	struct exposure e;
	struct fail why = {0};

	(void)state;
	settings_set(&settings, SETTING_ENERGY_MJ, 100);
	assert_int_equal(exposure_of(device, mode, &settings, &e, &why), ST_MODEL);
	assert_string_equal(why.field, "spot_mm");
	device_free(&device);
}

/* Whole pulse into a 7 mm pupil: 532 nm 0.2 J: OD 6.4; 1064 nm 0.4 J: 5.7; 0.8 J: 6.0. */
static void eyewear_for_the_highest_pulse(void **state)
{
	static const struct {
		const char *device, *mode;
		double computed_od, required_od;
	} rows[] = {
	        {"picoway", "532_zoom", 6.41, 7},
	        {"picoway", "1064_zoom", 5.72, 7},
	        {"picoplus", "1064", 6.02, 7},
	        {"picoway", "730", 6.15, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct device *device = profile_device(rows[i].device);
		struct eyewear eyewear = eyewear_for(device_mode_find(device, rows[i].mode));
		assert_near(eyewear.computed_od, rows[i].computed_od, 0.006);
		assert_near(eyewear.required_od, rows[i].required_od, 0);
		device_free(&device);
	}
	struct device *device = profile_device("ultrapulse");
	assert_near(eyewear_for(&device->mode[0]).required_od, 5, 0);
	device_free(&device);
	device = profile_device("genius");
	assert_true(isnan(eyewear_for(&device->mode[0]).required_od));
	device_free(&device);
	device = profile_device("piqo4"); /* no energy on file at 532 nm: what is worn there anyway */
	struct eyewear eyewear = eyewear_for(device_mode_find(device, "532"));
	assert_true(isnan(eyewear.computed_od));
	assert_near(eyewear.required_od, 7, 0);
	device_free(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(deepfx_worked_case),
	        cmocka_unit_test(passes_add_and_unite),
	        cmocka_unit_test(fraxel_coverage_is_the_total),
	        cmocka_unit_test(picosure_fluence_by_spot),
	        cmocka_unit_test(lens_array_shares_the_pulse),
	        cmocka_unit_test(depth_gives_energy),
	        cmocka_unit_test(radiofrequency_carries_the_console),
	        cmocka_unit_test(every_open_mode_exposes),
	        cmocka_unit_test(what_the_profile_lacks_is_named),
	        cmocka_unit_test(eyewear_for_the_highest_pulse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
