/* The twin against skin as it was measured: spectra and colours of ITA classes as its readings, and what its settings
 * do from type I to VI. Nothing was fitted to these rows. LASERTWIN_VALIDATE=1 prints the tables.
 *
 * Measured: K. Xiao et al., Opt Express 2016;24:14934 (mean spectra of six classes); ISSA, Y. Lu et al., Sci Data
 * 2025;12:487 (median colours of ten ITA bins); starting fluences by type at 755 nm: Candela GentleMAX Pro treatment
 * guidelines 8502-00-0924 Rev C (2013), 18 mm, middle of the range over that of types I-II. They are chosen with
 * cryogen and for hair; what warms the basal layer equally falls more steeply, which is asserted only to fall.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/exposure.h"
#include "physics/colour.h"
#include "physics/spectra.h"
#include "planner/fit/predict.h"
#include "planner/plan/library.h"
#include "planner/twin/twin.h"

static bool wants_table(void)
{
	return getenv("LASERTWIN_VALIDATE") != NULL;
}

static struct twin twin_of(const struct readings *r)
{
	struct twin t;
	struct fail why = {0};
	if (twin_from_readings(r, &t, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return t;
}

static void model_of(const struct twin *t, const struct spectrum *s, double *reflectance, struct twin_colour *colour)
{
	double value[TWIN_PROPERTIES];
	struct tissue tissue;
	struct fail why = {0};
	twin_sample(t, 0, 0, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	assert_int_equal(twin_model_colour(&tissue, colour, &why), ST_OK);
	if (s)
		assert_int_equal(twin_model_spectrum(&tissue, s->wavelength_nm, s->count, reflectance, &why), ST_OK);
}

/* ---- spectra of the classes ---- */

#define SURFACE 0.028 /* Fresnel at n = 1.4: taken as included, as in test_reflectance */

static void read_class(size_t c, struct spectrum *out)
{
	const struct spectra_table *table = spectra_find_table("xiao2016_class_spectra");
	assert_non_null(table);
	*out = (struct spectrum){.surface = SPECTRUM_SURFACE_INCLUDED};
	for (size_t row = 0; row < table->rows; row++) {
		double nm = spectra_cell(table, row, 0);
		if (nm < 400.0)
			continue; /* the scattering tables begin at 370 nm, the bands of colour at 400 */
		out->wavelength_nm[out->count] = nm;
		out->reflectance[out->count++] = spectra_cell(table, row, 1 + 2 * c);
	}
}

/* The spectrum of a class explained by one skin: rms of reflectance, colour difference over 400-700 nm. */
static void class_spectra_are_explained(void **state)
{
	(void)state;
	double last = 0.0;
	if (wants_table())
		printf("\nMean spectra of ITA classes as the twin's only reading (Xiao 2016, 400-740 nm)\n"
		       "class         rms R    dE   ITA read  model  melanosomes %% (90 %%)     blood %%  scatter  innovation\n");
	for (size_t c = 0; c < COLOUR_ITACLASSES; c++) {
		struct readings r = {.site = "cheek"};
		double model[SPECTRUM_POINTS_MAX], sum = 0.0;
		struct twin_colour colour;
		read_class(c, &r.spectrum);
		struct twin t = twin_of(&r);
		model_of(&t, &r.spectrum, model, &colour);
		for (size_t i = 0; i < r.spectrum.count; i++) {
			model[i] += SURFACE;
			sum += pow(model[i] - r.spectrum.reflectance[i], 2);
		}
		double rms = sqrt(sum / (double)r.spectrum.count);
		struct colour_lab want = colour_lab_of_spectrum(r.spectrum.reflectance), got = colour_lab_of_spectrum(model);
		const struct twin_value *m = &t.property[TWIN_MELANOSOME_FRAC];
		if (wants_table())
			printf("%-13s %.4f %5.1f   %7.1f %6.1f   %5.2f (%4.2f to %5.2f)      %5.2f    %4.2f     %5.2f\n",
			       colour_itaclass_name((enum colour_itaclass)c), rms, colour_difference(want, got),
			       colour_ita_deg(want), colour_ita_deg(got), 100 * m->median, 100 * m->p05, 100 * m->p95,
			       100 * t.property[TWIN_BLOOD_FRAC].median, t.property[TWIN_SCATTERING_SCALE].median,
			       t.residual[0].innovation);
		assert_true(m->median > last); /* darker class, more melanin */
		last = m->median;
		assert_true(rms < 0.010);
		assert_true(colour_difference(want, got) < 2.5);
	}
}

/* ---- colours of the bins ---- */

/* L*a*b* alone, type unknown: the fitted skin reads within the meter's and the model's error. */
static void archive_colours_are_explained(void **state)
{
	(void)state;
	const struct spectra_table *anchors = spectra_find_table("issa_ita_anchors");
	double last = 0.0;
	assert_non_null(anchors);
	if (wants_table())
		printf("\nMedian colours of ITA bins as the twin's only reading (ISSA 2025)\n"
		       "ITA read  model   L* read model   a* read model   b* read model    dE   melanosomes %% (90 %%)\n");
	for (size_t row = anchors->rows; row-- > 0;) {
		struct readings r = {.site = "cheek"};
		struct colour_lab want = {spectra_cell(anchors, row, 2), spectra_cell(anchors, row, 3),
		                          spectra_cell(anchors, row, 4)};
		struct twin_colour got;
		const double lab[] = {want.L, want.a, want.b};
		for (int i = 0; i < 3; i++)
			assert_int_equal(readings_set(&r, (enum reading)(READING_LAB_L + i), lab[i], NULL), ST_OK);
		struct twin t = twin_of(&r);
		model_of(&t, NULL, NULL, &got);
		const struct twin_value *m = &t.property[TWIN_MELANOSOME_FRAC];
		if (wants_table())
			printf("%7.1f %6.1f   %6.1f %5.1f   %6.1f %5.1f   %6.1f %5.1f   %5.1f   %5.2f (%4.2f to %5.2f)\n",
			       colour_ita_deg(want), got.ita_deg, want.L, got.lab.L, want.a, got.lab.a, want.b, got.lab.b,
			       colour_difference(want, got.lab), 100 * m->median, 100 * m->p05, 100 * m->p95);
		assert_true(m->median > last); /* the table is read from light to dark */
		last = m->median;
		assert_true(colour_difference(want, got.lab) < 10.0);
		assert_true(fabs(colour_ita_deg(want) - got.ita_deg) < 14.0);
	}
}

/* ---- settings by type ---- */

#define TYPES 6

static struct twin typical(int type)
{
	static const double ita_deg[TYPES + 1] = {0, 60, 48, 34, 19, -10, -45}; /* middles of the classes */
	struct readings r = {.fitzpatrick = type, .site = "cheek"};
	assert_int_equal(readings_set(&r, READING_ITA_DEG, ita_deg[type], NULL), ST_OK);
	assert_int_equal(readings_set(&r, READING_UV_LAST_DAYS, 60, NULL), ST_OK);
	return twin_of(&r);
}

/* Fluence at which the basal layer's 95th percentile meets a temperature; heat is linear in fluence below boiling. */
static double fluence_to(const struct library *library, const struct twin *t, double limit_C)
{
	const struct device *device;
	const struct device_mode *mode;
	const struct target none = {.kind = TARGET_NONE};
	const struct predict_options options = {.samples = 16, .seed = 1};
	struct settings settings = {0};
	struct predictor *p = NULL;
	struct fail why = {0};
	double fluence = 6.0, at = NAN;
	assert_int_equal(library_find_mode(library, "gentlemax_pro.755", &device, &mode, &why), ST_OK);
	settings_set(&settings, SETTING_FLUENCE_J_CM2, fluence);
	settings_set(&settings, SETTING_SPOT_MM, 18);
	assert_true(settings_complete(mode, &settings, &settings, NULL));
	for (int i = 0; i < 6; i++) {
		struct exposure e;
		struct prediction q;
		assert_int_equal(exposure_of(device, mode, &settings, &e, &why), ST_OK);
		e.fluence_J_cm2 = fluence;
		if (!p && predictor_new(t, &e, &none, &options, &p, &why) != ST_OK)
			fail_msg("%s: %s", why.field, why.text);
		assert_int_equal(predictor_run(p, &e, PREDICT_FULL, &q, &why), ST_OK);
		double rise = q.metric[METRIC_BASAL_PEAK_C].p95 - 33.0;
		at = fluence;
		fluence *= fmin(fmax((limit_C - 33.0) / rise, 0.3), 3.0);
	}
	predictor_free(&p);
	return at;
}

static void settings_fall_from_type_to_type(void **state)
{
	(void)state;
	static const double published[TYPES + 1] = {0, 1.0, 1.0, 0.76, 0.71, 0.65, 0.65};
	struct library *library = NULL;
	struct fail why = {0};
	double fluence[TYPES + 1];
	assert_int_equal(library_load("profiles", &library, &why), ST_OK);
	if (wants_table())
		printf("\n755 nm, 18 mm, 3 ms: fluence that brings the basal layer's 95th percentile to 60 C\n"
		       "type   J/cm2   over types I-II   published starting fluences\n");
	for (int type = 1; type <= TYPES; type++) {
		struct twin t = typical(type);
		fluence[type] = fluence_to(library, &t, 60.0);
	}
	double light = 0.5 * (fluence[1] + fluence[2]);
	for (int type = 1; type <= TYPES; type++) {
		if (wants_table())
			printf("%-4s %8.1f %14.2f %20.2f\n", fitzpatrick_name(type), fluence[type], fluence[type] / light,
			       published[type]);
		if (type > 1)
			assert_true(fluence[type] < fluence[type - 1]);
	}
	library_free(&library);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(class_spectra_are_explained),
		cmocka_unit_test(archive_colours_are_explained),
		cmocka_unit_test(settings_fall_from_type_to_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
