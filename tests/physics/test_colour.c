/* Colour of spectra against published colours, and the meters' scales at their fixed points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/colour.h"
#include "physics/spectra.h"

static void assert_near(double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		print_error("got %.9g, want %.9g within %g\n", got, want, tolerance);
	assert_true(fabs(got - want) <= tolerance);
}

static void fill(double *reflectance, double value)
{
	for (size_t i = 0; i < COLOUR_BANDS; i++)
		reflectance[i] = value;
}

static void test_perfect_white(void **state)
{
	(void)state;
	double white[COLOUR_BANDS];
	fill(white, 1.0);
	struct colour_lab lab = colour_lab_of_spectrum(white);
	assert_near(lab.L, 100, 1e-12);
	assert_near(lab.a, 0, 1e-12);
	assert_near(lab.b, 0, 1e-12);
}

/* The D65 white point of the 1931 observer is X 95.047, Z 108.883 (ISO/CIE 11664-2, 1 nm, 360-830 nm);
 * a 10 nm sum cut off at 400 and 700 nm stays within 0.3. */
static void test_white_point(void **state)
{
	(void)state;
	double white[COLOUR_BANDS];
	fill(white, 1.0);
	struct colour_xyz xyz = colour_xyz_of_spectrum(white);
	assert_near(xyz.x, 95.047, 0.3);
	assert_near(xyz.y, 100.0, 1e-12);
	assert_near(xyz.z, 108.883, 0.3);
}

/* L* of an 18 % grey is 49.496 (116 cbrt(0.18) - 16); below Y = 0.8856 % it is linear: 903.296 Y. */
static void test_greys(void **state)
{
	(void)state;
	double grey[COLOUR_BANDS];
	fill(grey, 0.18);
	assert_near(colour_lab_of_spectrum(grey).L, 49.496, 1e-3);
	assert_near(colour_lab_of_spectrum(grey).b, 0, 1e-12);
	fill(grey, 0.004);
	assert_near(colour_lab_of_spectrum(grey).L, 903.296 * 0.004, 1e-3);
}

/* The mean spectra of the classes of Xiao 2016 against the mean colours of the single spectra. Averaging
 * and the cube root do not commute; one SD of 3 in L* bends the mean by 0.1. */
static void test_published_class_colours(void **state)
{
	(void)state;
	const struct spectra_table *spectra = spectra_find_table("xiao2016_class_spectra");
	const struct spectra_table *colours = spectra_find_table("xiao2016_class_lab");
	assert_non_null(spectra);
	assert_non_null(colours);
	for (size_t c = 0; c < COLOUR_ITACLASSES; c++) {
		double reflectance[COLOUR_BANDS];
		for (size_t i = 0; i < COLOUR_BANDS; i++)
			reflectance[i] = spectra_interpolate(spectra, 1 + 2 * c, colour_band_nm(i));
		struct colour_lab lab = colour_lab_of_spectrum(reflectance);
		assert_near(lab.L, spectra_cell(colours, c, 2), 0.25);
		assert_near(lab.a, spectra_cell(colours, c, 4), 0.25);
		assert_near(lab.b, spectra_cell(colours, c, 6), 0.25);
		assert_int_equal(colour_itaclass_of(colour_ita_deg(lab)), c);
	}
}

/* ISSA anchors: the angle of each median colour is the angle the bin is named after. */
static void test_ita_of_published_anchors(void **state)
{
	(void)state;
	const struct spectra_table *anchors = spectra_find_table("issa_ita_anchors");
	assert_non_null(anchors);
	for (size_t row = 0; row < anchors->rows; row++) {
		struct colour_lab lab = {spectra_cell(anchors, row, 2), spectra_cell(anchors, row, 3),
		                         spectra_cell(anchors, row, 4)};
		assert_near(colour_ita_deg(lab), spectra_cell(anchors, row, 0), 2.0);
	}
}

static void test_ita_at_fixed_points(void **state)
{
	(void)state;
	assert_near(colour_ita_deg((struct colour_lab){65, 8, 15}), 45, 1e-12);
	assert_near(colour_ita_deg((struct colour_lab){35, 8, 15}), -45, 1e-12);
	assert_near(colour_ita_deg((struct colour_lab){70, 8, 0}), 90, 1e-12);
	assert_near(colour_ita_deg((struct colour_lab){70, 8, -20}), 135, 1e-12);
}

static void test_class_limits(void **state)
{
	(void)state;
	const struct {
		double ita_deg;
		enum colour_itaclass want;
	} edge[] = {
		{90, COLOUR_VERY_LIGHT}, {55.01, COLOUR_VERY_LIGHT}, {55, COLOUR_LIGHT}, {41, COLOUR_INTERMEDIATE},
		{28.01, COLOUR_INTERMEDIATE}, {28, COLOUR_TAN}, {10, COLOUR_BROWN}, {-29.99, COLOUR_BROWN},
		{-30, COLOUR_DARK}, {-90, COLOUR_DARK},
	};
	for (size_t i = 0; i < sizeof(edge) / sizeof(edge[0]); i++)
		assert_int_equal(colour_itaclass_of(edge[i].ita_deg), edge[i].want);
	assert_string_equal(colour_itaclass_name(COLOUR_VERY_LIGHT), "very light");
	assert_string_equal(colour_itaclass_name(COLOUR_DARK), "dark");
	assert_string_equal(colour_itaclass_name(COLOUR_ITACLASSES), "unknown");
}

static void test_difference(void **state)
{
	(void)state;
	assert_near(colour_difference((struct colour_lab){50, 1, 2}, (struct colour_lab){52, 4, 8}), 7.0, 1e-12);
}

static void test_meters(void **state)
{
	(void)state;
	assert_near(colour_melanin_index(0.5), 30.103, 1e-3);
	assert_near(colour_mexameter_melanin(0.4, 0.4), 500, 1e-9);
	assert_near(colour_mexameter_melanin(0.1, 0.5), 1000, 1e-9);
	assert_near(colour_mexameter_erythema(0.5, 0.1), 0, 1e-9);
	assert_near(colour_mexameter_erythema(0.2, 0.4), 500 + 500 * log(2) / log(5), 1e-9);
	assert_near(colour_dermaspectrometer_melanin(0.1), 100, 1e-9);
	assert_near(colour_dermaspectrometer_erythema(0.2, 0.4), 30.103, 1e-3);
}

static void test_what_is_not_a_reflectance_has_no_colour(void **state)
{
	(void)state;
	const double bad[] = {0.0, -0.1, NAN, INFINITY};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		double reflectance[COLOUR_BANDS];
		fill(reflectance, 0.3);
		reflectance[COLOUR_BANDS - 1] = bad[i];
		assert_true(isnan(colour_lab_of_spectrum(reflectance).L));
		assert_true(isnan(colour_melanin_index(bad[i])));
		assert_true(isnan(colour_mexameter_melanin(0.3, bad[i])));
		assert_true(isnan(colour_mexameter_erythema(bad[i], 0.3)));
		assert_true(isnan(colour_dermaspectrometer_melanin(bad[i])));
		assert_true(isnan(colour_dermaspectrometer_erythema(0.3, bad[i])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_perfect_white),
		cmocka_unit_test(test_white_point),
		cmocka_unit_test(test_greys),
		cmocka_unit_test(test_published_class_colours),
		cmocka_unit_test(test_ita_of_published_anchors),
		cmocka_unit_test(test_ita_at_fixed_points),
		cmocka_unit_test(test_class_limits),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_meters),
		cmocka_unit_test(test_what_is_not_a_reflectance_has_no_colour),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
