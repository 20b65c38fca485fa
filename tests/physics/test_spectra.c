/* Chromophore absorption against the published figures, and the compiled-in tables against their files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/spectra.h"
#include "tests/support/near.h"

static double mua(enum chromophore chromophore, double wavelength_nm)
{
	return spectra_absorption(chromophore, wavelength_nm).value;
}

static void assert_near_rel(double got, double want, double rel)
{
	if (!(fabs(got - want) <= rel * fabs(want)))
		print_error("got %.9g, want %.9g within %g\n", got, want, rel);
	assert_true(fabs(got - want) <= rel * fabs(want));
}

struct pin {
	enum chromophore chromophore;
	double wavelength_nm, want_1_cm, rel;
};

static void assert_pins(const struct pin *pin, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_near_rel(mua(pin[i].chromophore, pin[i].wavelength_nm), pin[i].want_1_cm, pin[i].rel);
}

/* OMLC melanosome page (Jacques 1998), evaluated by hand to three digits. */
static void test_melanosome_published_values(void **state)
{
	(void)state;
	const struct pin pins[] = {
		{CHROMOPHORE_MELANOSOME, 500, 688, 2e-3},  {CHROMOPHORE_MELANOSOME, 532, 555, 2e-3},
		{CHROMOPHORE_MELANOSOME, 694, 220, 2e-3},  {CHROMOPHORE_MELANOSOME, 755, 164, 3e-3},
		{CHROMOPHORE_MELANOSOME, 800, 134.2, 2e-3},
	};
	assert_pins(pins, sizeof(pins) / sizeof(pins[0]));
	assert_near_rel(spectra_melanosome_rupture(532).value, 555, 2e-3);
	assert_near_rel(spectra_melanosome_rupture(1064).value, 49.7, 2e-3);
}

/* Bosschaart 2014, appendix; columns SO2 > 98 % and SO2 = 0. */
static void test_blood_published_values(void **state)
{
	(void)state;
	const struct pin pins[] = {
		{CHROMOPHORE_BLOOD_OXY, 532, 224.8, 1e-3},   {CHROMOPHORE_BLOOD_DEOXY, 532, 186.6, 1e-3},
		{CHROMOPHORE_BLOOD_OXY, 585, 182.8, 5e-3},   {CHROMOPHORE_BLOOD_DEOXY, 585, 168.0, 5e-3},
		{CHROMOPHORE_BLOOD_OXY, 755, 2.6, 1e-2},     {CHROMOPHORE_BLOOD_DEOXY, 755, 8.5, 1e-2},
		{CHROMOPHORE_BLOOD_OXY, 1064, 4.52, 5e-3},   {CHROMOPHORE_BLOOD_DEOXY, 1064, 2.02, 5e-3},
		{CHROMOPHORE_BLOOD_OXY, 1550, 10.3, 1e-2},   {CHROMOPHORE_BLOOD_DEOXY, 1550, 10.5, 1e-2},
	};
	assert_pins(pins, sizeof(pins) / sizeof(pins[0]));
}

/* Segelstein 1981: figures as quoted, two or three digits. */
static void test_water_published_values(void **state)
{
	(void)state;
	const struct pin pins[] = {
		{CHROMOPHORE_WATER, 1064, 0.151, 0.01}, {CHROMOPHORE_WATER, 1320, 1.80, 0.01},
		{CHROMOPHORE_WATER, 1440, 31.6, 0.01},  {CHROMOPHORE_WATER, 1540, 12.0, 0.01},
		{CHROMOPHORE_WATER, 1550, 10.9, 0.01},  {CHROMOPHORE_WATER, 1565, 9.6, 0.01},
		{CHROMOPHORE_WATER, 1927, 123, 0.01},   {CHROMOPHORE_WATER, 1940, 124, 0.01},
		{CHROMOPHORE_WATER, 2790, 4.9e3, 0.02}, {CHROMOPHORE_WATER, 2940, 1.20e4, 0.02},
		{CHROMOPHORE_WATER, 10600, 847, 0.01},
	};
	assert_pins(pins, sizeof(pins) / sizeof(pins[0]));
}

/* Saidi's form gives 1.2192 1/cm at 450 nm; van Veen's lard 13.1 1/m at 930 nm; fat 10 1/cm at 1726 nm. */
static void test_baseline_and_fat(void **state)
{
	(void)state;
	const struct pin pins[] = {
		{CHROMOPHORE_BASELINE, 450, 1.2192, 1e-4},
		{CHROMOPHORE_FAT, 930, 0.131, 1e-2},
		{CHROMOPHORE_FAT, 1726, 10.0, 1e-9},
	};
	assert_pins(pins, sizeof(pins) / sizeof(pins[0]));
	assert_true(mua(CHROMOPHORE_FAT, 1726) > 1.5 * mua(CHROMOPHORE_WATER, 1726));
}

/* Spread of the sources: melanosome 519 against 688 at 500 nm; water 0.122 against 0.151 at 1064 nm. */
static void test_uncertainty_is_the_disagreement(void **state)
{
	(void)state;
	struct estimate dark = spectra_absorption(CHROMOPHORE_MELANOSOME, 500);
	assert_near_rel(dark.sd, sqrt((pow(688.5 - 678.9, 2) + pow(688.5 - 519.0, 2)) / 2.0), 0.02);
	struct estimate wet = spectra_absorption(CHROMOPHORE_WATER, 1064);
	assert_near_rel(wet.sd, (0.151 - 0.122) / sqrt(2.0), 0.05);
	struct estimate red = spectra_absorption(CHROMOPHORE_BLOOD_OXY, 1064); /* 4.52 against 3.43 + 0.12 */
	assert_near_rel(red.sd, (4.52 - 3.55) / sqrt(2.0), 0.05);
}

/* Isolated melanosomes absorb 3713 1/cm at 800 nm, 925 at 1000 nm, 222 (176) at 1319 nm, Schmidt 2014, 2015; thresholds
 * follow the power law: the middle of both, without a step where they part. */
static void test_melanosome_in_the_infrared(void **state)
{
	(void)state;
	double at_800 = mua(CHROMOPHORE_MELANOSOME, 800);
	struct estimate at_1064 = spectra_absorption(CHROMOPHORE_MELANOSOME, 1064);
	double low_1064 = at_800 * (925.0 / 3713.0) * pow(222.0 / 925.0, 64.0 / 319.0);
	assert_near_rel(mua(CHROMOPHORE_MELANOSOME, 800.01), at_800, 1e-3);
	assert_near_rel(mua(CHROMOPHORE_MELANOSOME, 1000.01), mua(CHROMOPHORE_MELANOSOME, 1000), 1e-3);
	assert_near_rel(mua(CHROMOPHORE_MELANOSOME, 1064.01), at_1064.value, 1e-3);
	assert_near_rel(mua(CHROMOPHORE_MELANOSOME, 1000),
	                sqrt(at_800 * 925.0 / 3713.0 * 1.70e12 * pow(1000, -3.48)), 1e-9);
	assert_near_rel(at_1064.value, sqrt(49.7 * low_1064), 3e-3);
	assert_true(at_1064.value + 1.3 * at_1064.sd > 49.7 && at_1064.value - at_1064.sd < low_1064 + 0.5);
	assert_near_rel(spectra_melanosome_rupture(1064.01).value, spectra_melanosome_rupture(1064).value, 1e-3);
	assert_near_rel(spectra_melanosome_rupture(1319).value, 49.7 * pow(222.0 / 925.0, 255.0 / 319.0), 2e-3);
	assert_true(isnan(spectra_melanosome_rupture(349).value) && isnan(spectra_melanosome_rupture(NAN).value));
}

/* Living dermis, 3809 persons: 0.048 (upper) and 0.035 1/cm (lower) in all at 850 nm, Jonasson 2023; the excised
 * samples' constant must be gone by then, without a step, and what those samples say stays in the uncertainty. */
static void test_baseline_in_the_near_infrared(void **state)
{
	(void)state;
	struct estimate at_850 = spectra_absorption(CHROMOPHORE_BASELINE, 850);
	struct estimate at_1064 = spectra_absorption(CHROMOPHORE_BASELINE, 1064);
	assert_near(mua(CHROMOPHORE_BASELINE, 740), 0.244 + 85.3 * exp(-586.0 / 66.2), 1e-9);
	assert_near(mua(CHROMOPHORE_BASELINE, 740.01), mua(CHROMOPHORE_BASELINE, 740), 1e-4);
	assert_near(mua(CHROMOPHORE_BASELINE, 850.01), at_850.value, 1e-4);
	double water_and_blood_1_cm = 0.65 * mua(CHROMOPHORE_WATER, 850) + 0.003 * mua(CHROMOPHORE_BLOOD_OXY, 850);
	assert_in_range((unsigned)(1e3 * (at_850.value + water_and_blood_1_cm)), 35, 55);
	assert_near_rel(at_1064.sd, 7.84e8 * pow(1064, -3.255) / sqrt(2.0), 0.01);
}

static void test_flags_mark_the_published_range(void **state)
{
	(void)state;
	assert_int_equal(spectra_absorption(CHROMOPHORE_MELANOSOME, 1064).flags, VALID);
	assert_int_equal(spectra_absorption(CHROMOPHORE_MELANOSOME, 1319).flags, VALID);
	assert_int_equal(spectra_absorption(CHROMOPHORE_MELANOSOME, 1320).flags, VALIDITY_EXTRAPOLATED);
	assert_int_equal(spectra_absorption(CHROMOPHORE_BLOOD_OXY, 1995).flags, VALID);
	assert_int_equal(spectra_absorption(CHROMOPHORE_BLOOD_OXY, 1996).flags, VALIDITY_EXTRAPOLATED);
	assert_int_equal(spectra_absorption(CHROMOPHORE_WATER, 10600).flags, VALID);
	assert_int_equal(spectra_absorption(CHROMOPHORE_FAT, 399).flags, VALIDITY_EXTRAPOLATED);
	assert_int_equal(spectra_absorption(CHROMOPHORE_FAT, 1700).flags, VALIDITY_ASSUMED);
	assert_int_equal(spectra_absorption(CHROMOPHORE_BASELINE, 1064).flags, VALIDITY_EXTRAPOLATED);
	assert_int_equal(spectra_absorption(CHROMOPHORE_PROTEIN, 6450).flags, VALIDITY_ASSUMED);
}

static void test_outside_the_range_there_is_no_value(void **state)
{
	(void)state;
	const double outside_nm[] = {349.99, 11000.01, 0.0, -1.0, NAN, INFINITY};
	for (size_t i = 0; i < sizeof(outside_nm) / sizeof(outside_nm[0]); i++) {
		for (int c = 0; c < CHROMOPHORE_COUNT; c++) {
			struct estimate none = spectra_absorption((enum chromophore)c, outside_nm[i]);
			assert_true(isnan(none.value));
			assert_int_equal(none.flags, VALIDITY_ABSENT);
		}
		assert_true(isnan(spectra_water_index(outside_nm[i])));
	}
}

static void test_every_value_is_finite_and_not_negative(void **state)
{
	(void)state;
	for (int c = 0; c < CHROMOPHORE_COUNT; c++) {
		for (double nm = 350; nm <= 11000; nm += 5) {
			struct estimate x = spectra_absorption((enum chromophore)c, nm);
			assert_true(isfinite(x.value) && x.value >= 0.0);
			assert_true(isfinite(x.sd) && x.sd >= 0.0);
		}
		assert_true(strlen(spectra_name((enum chromophore)c)) > 0);
		assert_true(strlen(spectra_source((enum chromophore)c)) > 0);
	}
}

/* Joining two sources must not make a step that a spectrum would show: blood at 1995 nm, fat at 1600 nm. */
static void test_joints_are_small(void **state)
{
	(void)state;
	assert_near_rel(mua(CHROMOPHORE_BLOOD_OXY, 1995.5), mua(CHROMOPHORE_BLOOD_OXY, 1995), 0.15);
	assert_near_rel(mua(CHROMOPHORE_FAT, 1600.5), mua(CHROMOPHORE_FAT, 1600), 0.10);
}

/* 1.333 at the sodium line; Segelstein's row at 10.59 um; Hale & Querry, independently measured, give 1.292
 * at 2.95 um and 1.179 at 10.6 um: the two sources disagree there by 2.3 %. */
static void test_water_index(void **state)
{
	(void)state;
	assert_near_rel(spectra_water_index(589), 1.333, 2e-3);
	assert_near_rel(spectra_water_index(10590), 1.15384, 1e-9);
	assert_near_rel(spectra_water_index(2950), 1.292, 0.025);
	assert_near_rel(spectra_water_index(10600), 1.179, 0.025);
}

/* Roettgers 2014, rows of the published table: 1129.76 1/m and -6.41879 1/m/K at 1550 nm. The 1.94 um band moves to
 * shorter waves (Jansen et al., Lasers Surg Med 1994;14:258): more below its peak, less above. */
static void test_water_warms(void **state)
{
	(void)state;
	const double slope = -6.41879 / 1129.76;
	assert_near_rel(spectra_water_warming(1550, 25).value, 1.0, 1e-12);
	assert_near_rel(spectra_water_warming(1550, 60).value, (1.0 + 40.0 * slope) / (1.0 + 5.0 * slope), 1e-3);
	assert_true(spectra_water_warming(1927, 60).value > 1.02 && spectra_water_warming(1960, 60).value < 0.93);
	assert_true(spectra_water_warming(1550, 55).flags == VALID);
	assert_true(spectra_water_warming(1550, 90).flags & VALIDITY_EXTRAPOLATED);
	assert_true(spectra_water_warming(1550, 90).sd > 0.0);
	assert_true(spectra_water_warming(1550, 180).value == spectra_water_warming(1550, 100).value);
	assert_true(spectra_water_warming(2940, 60).value == 1.0 &&
	            (spectra_water_warming(2940, 60).flags & VALIDITY_EXTRAPOLATED));
	for (double nm = 1254; nm <= 2200; nm += 7)
		assert_true(spectra_water_warming(nm, 100).value > 0.4);
}

/* van Veen 2002: (1 - exp(-x)) / x; x = 3 for 30 um vessels of 1000 1/cm. */
static void test_vessel_factor(void **state)
{
	(void)state;
	assert_near_rel(spectra_vessel_factor(1000, 30), (1.0 - exp(-3.0)) / 3.0, 1e-12);
	assert_near_rel(spectra_vessel_factor(1e-9, 10), 1.0, 1e-9);
	assert_true(spectra_vessel_factor(200, 0) == 1.0);
	assert_true(spectra_vessel_factor(0, 50) == 1.0);
}

static void test_tables_are_found_with_their_rows(void **state)
{
	(void)state;
	const struct {
		const char *name;
		size_t rows, columns;
	} want[] = {
		{"hb_prahl", 376, 3},          {"blood_bosschaart2014", 455, 3}, {"dermis_salomatina2006", 278, 5},
		{"cie_observer_d65", 41, 5},   {"issa_ita_anchors", 10, 5},      {"xiao2016_class_spectra", 39, 13},
		{"subcutis_shimojo2020", 9, 5},
	};
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct spectra_table *table = spectra_find_table(want[i].name);
		assert_non_null(table);
		assert_int_equal(table->rows, want[i].rows);
		assert_int_equal(table->columns, want[i].columns);
		assert_true(strlen(table->source) > 10);
	}
	assert_null(spectra_find_table("no_such_table"));
	assert_null(spectra_find_table(""));
}

static void test_every_table_increases_and_is_finite(void **state)
{
	(void)state;
	assert_true(spectra_tables_count > 0);
	for (size_t t = 0; t < spectra_tables_count; t++) {
		const struct spectra_table *table = &spectra_tables[t];
		assert_true(table->rows >= 2 && table->columns >= 2);
		assert_ptr_equal(spectra_find_table(table->name), table);
		for (size_t row = 0; row < table->rows; row++)
			for (size_t column = 0; column < table->columns; column++)
				assert_true(isfinite(spectra_cell(table, row, column)));
		for (size_t row = 1; row < table->rows; row++)
			assert_true(spectra_cell(table, row, 0) > spectra_cell(table, row - 1, 0));
	}
}

static void test_interpolation(void **state)
{
	(void)state;
	const double cells[] = {1, 10, 100, 2, 20, 50, 4, 40, 0};
	const struct spectra_table table = {"t", "s", 3, 3, cells};
	assert_near_rel(spectra_interpolate(&table, 1, 1), 10, 1e-15);
	assert_near_rel(spectra_interpolate(&table, 1, 3), 30, 1e-15);
	assert_near_rel(spectra_interpolate(&table, 2, 1.5), 75, 1e-15);
	assert_near_rel(spectra_interpolate(&table, 1, 4), 40, 1e-15);
	assert_true(isnan(spectra_interpolate(&table, 1, 0.999)));
	assert_true(isnan(spectra_interpolate(&table, 1, 4.001)));
	assert_true(isnan(spectra_interpolate(&table, 1, NAN)));
	for (size_t row = 0; row < 3; row++)
		assert_near_rel(spectra_interpolate(&table, 1, cells[3 * row]), cells[3 * row + 1], 1e-15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_melanosome_published_values),
		cmocka_unit_test(test_blood_published_values),
		cmocka_unit_test(test_water_published_values),
		cmocka_unit_test(test_baseline_and_fat),
		cmocka_unit_test(test_melanosome_in_the_infrared),
		cmocka_unit_test(test_baseline_in_the_near_infrared),
		cmocka_unit_test(test_uncertainty_is_the_disagreement),
		cmocka_unit_test(test_flags_mark_the_published_range),
		cmocka_unit_test(test_outside_the_range_there_is_no_value),
		cmocka_unit_test(test_every_value_is_finite_and_not_negative),
		cmocka_unit_test(test_joints_are_small),
		cmocka_unit_test(test_water_index),
		cmocka_unit_test(test_water_warms),
		cmocka_unit_test(test_vessel_factor),
		cmocka_unit_test(test_tables_are_found_with_their_rows),
		cmocka_unit_test(test_every_table_increases_and_is_finite),
		cmocka_unit_test(test_interpolation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
