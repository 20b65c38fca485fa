/* The joint estimate: readings of every kind explained together, their covariance, and what disagrees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "planner/twin/instrument.h"
#include "planner/twin/twin_private.h"
#include "tests/support/near.h"

static void set(struct readings *r, enum reading which, double value)
{
	struct fail why = {0};
	if (readings_set(r, which, value, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
}

static struct twin twin_of(const struct readings *r)
{
	struct twin t;
	struct fail why = {0};
	if (twin_from_readings(r, &t, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return t;
}

static const struct twin_residual *residual_of(const struct twin *t, const char *key)
{
	for (size_t i = 0; i < t->residuals; i++)
		if (strcmp(t->residual[i].key, key) == 0)
			return &t->residual[i];
	fail_msg("no residual for %s", key);
	return NULL;
}

static double width(const struct twin *t, enum twin_property p)
{
	return sqrt(t->covariance[p][p]);
}

/* A skin drawn from the prior, its spectrum with 1 % noise as a reading. */
static void measured_spectrum(struct readings *r, uint64_t draw, double first_nm, double last_nm, size_t points,
                              double *value, double *clean)
{
	struct twin prior = twin_of(r);
	struct tissue tissue;
	struct fail why = {0};
	struct rng rng;
	twin_sample(&prior, draw, 1, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	r->spectrum.count = points;
	r->spectrum.surface = SPECTRUM_SURFACE_EXCLUDED;
	for (size_t i = 0; i < points; i++)
		r->spectrum.wavelength_nm[i] = first_nm + (last_nm - first_nm) * (double)i / (double)(points - 1);
	if (twin_model_spectrum(&tissue, r->spectrum.wavelength_nm, points, clean, &why) != ST_OK)
		fail_msg("%s", why.text);
	rng_seed(&rng, draw, 77);
	for (size_t i = 0; i < points; i++)
		r->spectrum.reflectance[i] = clean[i] * (1.0 + 0.01 * rng_normal(&rng));
}

static double rms_back(const struct twin *t, const struct readings *r, const double *clean)
{
	double value[TWIN_PROPERTIES], back[SPECTRUM_POINTS_MAX], sum = 0.0;
	struct tissue tissue;
	struct fail why = {0};
	twin_sample(t, 0, 0, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	assert_int_equal(twin_model_spectrum(&tissue, r->spectrum.wavelength_nm, r->spectrum.count, back, &why), ST_OK);
	for (size_t i = 0; i < r->spectrum.count; i++)
		sum += (back[i] - clean[i]) * (back[i] - clean[i]);
	return sqrt(sum / (double)r->spectrum.count);
}

static double noise_rms(const struct readings *r, const double *clean)
{
	double sum = 0.0;
	for (size_t i = 0; i < r->spectrum.count; i++)
		sum += (r->spectrum.reflectance[i] - clean[i]) * (r->spectrum.reflectance[i] - clean[i]);
	return sqrt(sum / (double)r->spectrum.count);
}

/* Spectrum to twin to spectrum, in the visible, the near infrared and a narrow band: nearer to the skin that
 * was measured than the 1 % noise on it, and the truth stands inside three standard deviations. */
static void a_spectrum_goes_to_a_twin_and_back(void **state)
{
	(void)state;
	static const struct {
		double first_nm, last_nm;
		size_t points;
	} range[] = {{400, 700, 61}, {350, 1100, 76}, {900, 1700, 81}, {500, 560, 13}, {1400, 2500, 56}};
	for (size_t k = 0; k < sizeof range / sizeof range[0]; k++) {
		struct readings r = {.fitzpatrick = (int)k + 1, .site = "cheek"};
		double value[TWIN_PROPERTIES], clean[SPECTRUM_POINTS_MAX];
		measured_spectrum(&r, 11 + k, range[k].first_nm, range[k].last_nm, range[k].points, value, clean);
		struct twin t = twin_of(&r);
		assert_true(rms_back(&t, &r, clean) < noise_rms(&r, clean));
		assert_true(residual_of(&t, "spectrum")->innovation < 1.5);
		assert_int_equal(t.disagreements, 0);
		for (int p = 0; p < TWIN_PROPERTIES; p++) {
			double off = t.latent[p] - twin_latent((enum twin_property)p, value[p]);
			assert_true(fabs(off) < 3.3 * width(&t, (enum twin_property)p));
		}
	}
}

/* What a spectrum of the visible knows: blood to a tenth or two, where the prior knew it to a half. */
static void a_spectrum_narrows_what_it_sees(void **state)
{
	(void)state;
	struct readings r = {.fitzpatrick = 2, .site = "cheek"};
	double value[TWIN_PROPERTIES], clean[SPECTRUM_POINTS_MAX];
	struct twin before = twin_of(&r);
	measured_spectrum(&r, 5, 400, 700, 61, value, clean);
	struct twin t = twin_of(&r);
	assert_true(width(&t, TWIN_BLOOD_FRAC) < 0.4 * width(&before, TWIN_BLOOD_FRAC));
	assert_true(width(&t, TWIN_MELANOSOME_FRAC) < width(&before, TWIN_MELANOSOME_FRAC));
	assert_int_equal(t.property[TWIN_BLOOD_FRAC].origin, TWIN_DERIVED);
	assert_non_null(strstr(t.property[TWIN_BLOOD_FRAC].source, "spectrum"));
	assert_int_equal(t.property[TWIN_CORNEUM_WATER_FRAC].origin, TWIN_PRIOR);
	assert_near(width(&t, TWIN_TEWL_G_M2_H), width(&before, TWIN_TEWL_G_M2_H), 1e-9);
}

/* The derivatives the fit goes by against central differences of the readings themselves. */
static void derivatives_are_those_of_the_readings(void **state)
{
	(void)state;
	struct readings r = {.fitzpatrick = 3, .site = "cheek"};
	double value[TWIN_PROPERTIES], clean[SPECTRUM_POINTS_MAX], x[COORDINATES], up[64], down[64], slope[64 * COORDINATES];
	struct fail why = {0};
	struct instruments *in = NULL;
	measured_spectrum(&r, 9, 450, 650, 21, value, clean);
	set(&r, READING_ITA_DEG, 30);
	set(&r, READING_MI_ADJACENT_NORMAL, 220);
	set(&r, READING_MI_FIELD, 320);
	set(&r, READING_EI, 290);
	struct twin prior = {0};
	twin_population(&r, &prior);
	assert_int_equal(instruments_new(&r, &in, &why), ST_OK);
	size_t rows = instruments_rows(in);
	assert_int_equal(rows, 25);
	memcpy(x, prior.latent, sizeof prior.latent);
	for (int o = 0; o < OFFSETS; o++) {
		double sd;
		instrument_offset_prior(in, (enum instrument_offset)o, &x[TWIN_PROPERTIES + o], &sd);
	}
	assert_int_equal(instruments_anchor(in, x, &why), ST_OK);
	assert_int_equal(instruments_residuals(in, x, up, &why), ST_OK);
	instruments_jacobian(in, slope);
	for (size_t c = 0; c < COORDINATES; c++) {
		double was = x[c], sd = 1.0, mean;
		if (c < TWIN_PROPERTIES)
			sd = sqrt(prior.covariance[c][c]);
		else
			instrument_offset_prior(in, (enum instrument_offset)(c - TWIN_PROPERTIES), &mean, &sd);
		double step = 0.1 * sd;
		x[c] = was + step;
		assert_int_equal(instruments_residuals(in, x, up, &why), ST_OK);
		x[c] = was - step;
		assert_int_equal(instruments_residuals(in, x, down, &why), ST_OK);
		x[c] = was;
		for (size_t i = 0; i < rows; i++) {
			/* per standard deviation of the prior: what a step of the fit is made of. The forward step of 0.08 leaves
			 * a few per cent; what is left out of a band is small there */
			double want = sd * (up[i] - down[i]) / (2 * step), got = sd * slope[i * COORDINATES + c];
			if (fabs(got - want) > 0.08 * fabs(want) + 0.10)
				fail_msg("row %zu (%s) by coordinate %zu: %g, not %g", i, instruments_row(in, i).key, c, got,
				         want);
		}
	}
	instruments_free(&in);
}

/* Samples have the mean and the covariance of the posterior, off the diagonal too. */
static void samples_carry_the_covariance(void **state)
{
	(void)state;
	struct readings r = {.fitzpatrick = 3, .site = "cheek"};
	set(&r, READING_ITA_DEG, 30);
	set(&r, READING_MI_ADJACENT_NORMAL, 220);
	set(&r, READING_EI, 320);
	struct twin t = twin_of(&r);
	enum { N = 8000 };
	static const enum twin_property a[] = {TWIN_MELANOSOME_FRAC, TWIN_MELANOSOME_FRAC, TWIN_MELANOSOME_FRAC};
	static const enum twin_property b[] = {TWIN_LESION_MELANOSOME_FRAC, TWIN_BLOOD_FRAC, TWIN_EPIDERMIS_UM};
	for (size_t k = 0; k < 3; k++) {
		double sum = 0.0, want = t.covariance[a[k]][b[k]], scale = width(&t, a[k]) * width(&t, b[k]);
		for (unsigned s = 1; s <= N; s++) {
			double value[TWIN_PROPERTIES];
			twin_sample(&t, 42, s, value);
			sum += (log(value[a[k]]) - t.latent[a[k]]) * (log(value[b[k]]) - t.latent[b[k]]);
		}
		assert_near(sum / N / scale, want / scale, 0.04); /* 4 standard errors of a correlation */
	}
	double skin = t.covariance[a[0]][b[0]] / (width(&t, a[0]) * width(&t, b[0]));
	assert_true(skin > 0.4 && skin < 1.0); /* a lesion nobody read follows the skin beside it */
}

static void a_reading_that_disagrees_is_named(void **state)
{
	(void)state;
	struct readings r = {.fitzpatrick = 2, .site = "cheek"};
	set(&r, READING_ITA_DEG, 48);
	set(&r, READING_MI_ADJACENT_NORMAL, 150);
	struct twin good = twin_of(&r);
	assert_int_equal(good.disagreements, 0);
	assert_near(good.spread_factor, 1.0, 1e-12);
	set(&r, READING_MI_ADJACENT_NORMAL, 620); /* 62 typed with a zero too many, say */
	struct twin bad = twin_of(&r);
	assert_true(bad.disagreements >= 1);
	assert_true(residual_of(&bad, "mi_adjacent_normal")->innovation > TWIN_DISAGREES);
	assert_non_null(strstr(residual_of(&bad, "mi_adjacent_normal")->note, "measure again"));
	assert_true(bad.spread_factor > 1.2);
	assert_true(width(&bad, TWIN_MELANOSOME_FRAC) > width(&good, TWIN_MELANOSOME_FRAC));
	/* what no reading touches is known as well as before */
	assert_near(width(&bad, TWIN_DEPTH_FACTOR), width(&good, TWIN_DEPTH_FACTOR), 1e-9);
	assert_near(width(&bad, TWIN_DERMIS_UM), width(&good, TWIN_DERMIS_UM), 0.02);
}

/* For a linear reading the normalised innovation is exact: what it would have been off by, had it been left out. */
static void the_innovation_is_that_of_a_reading_left_out(void **state)
{
	(void)state;
	struct readings r = {.site = "cheek"};
	set(&r, READING_DERMIS_MM, 1.9);
	struct twin t = twin_of(&r);
	double prior = log1p(pow(0.25 / 1.2, 2));
	double want = (log(1900) - log(1200)) / sqrt(prior + 0.08 * 0.08);
	assert_near(residual_of(&t, "dermis_mm")->innovation, want, 0.01);
	assert_near(residual_of(&t, "dermis_mm")->read, 1.9, 1e-9);
	set(&r, READING_HYDRATION_AU, 48);
	t = twin_of(&r);
	assert_near(residual_of(&t, "hydration_au")->read, 48, 1e-9);
}

/* Two sites read with one meter share its zero: their difference is known better than either. */
static void one_meter_reads_differences_sharper(void **state)
{
	(void)state;
	struct readings r = {.fitzpatrick = 3, .site = "cheek"};
	struct twin_tan tan;
	set(&r, READING_MI_ADJACENT_NORMAL, 330);
	set(&r, READING_MI_UNEXPOSED, 220);
	struct twin t = twin_of(&r);
	twin_tan(&t, &tan);
	double of_difference = (log1p(tan.melanin_p95) - log1p(tan.melanin_p05)) / (2 * 1.645);
	assert_true(of_difference < 0.6 * width(&t, TWIN_MELANOSOME_FRAC));
	assert_true(tan.measured && tan.tanned && tan.melanin_p05 > 0.0);
	set(&r, READING_MI_ADJACENT_NORMAL, 226);
	t = twin_of(&r);
	twin_tan(&t, &tan);
	assert_true(tan.measured && !tan.tanned);
	set(&r, READING_MI_FIELD, 480); /* melasma does not fake a tan */
	t = twin_of(&r);
	twin_tan(&t, &tan);
	assert_false(tan.tanned);
	assert_true(t.property[TWIN_LESION_MELANOSOME_FRAC].median > 1.4 * t.property[TWIN_MELANOSOME_FRAC].median);
}

/* 60 is very light on one scale and very dark on another. */
static void scales_do_not_mix(void **state)
{
	(void)state;
	double melanin[MI_SCALES];
	for (int s = 0; s < MI_SCALES; s++) {
		struct readings r = {.site = "cheek", .mi_scale = (enum melanin_scale)s};
		set(&r, READING_MI_ADJACENT_NORMAL, 60);
		melanin[s] = twin_of(&r).property[TWIN_MELANOSOME_FRAC].median;
	}
	assert_true(melanin[MI_DERMASPECTROMETER] > 3 * melanin[MI_MEXAMETER]);
	assert_true(melanin[MI_REFLECTANCE680] > 3 * melanin[MI_MEXAMETER]);
	struct readings r = {.site = "cheek", .mi_scale = MI_REFLECTANCE680};
	set(&r, READING_EI, 30);
	struct twin t = twin_of(&r);
	assert_false(residual_of(&t, "ei")->used);
	assert_non_null(strstr(residual_of(&t, "ei")->note, "no erythema index"));
	r.mi_scale = MI_DERMASPECTROMETER;
	t = twin_of(&r);
	assert_true(residual_of(&t, "ei")->used);
}

/* Every reading there is, at once: all are used, each narrows its property, and the fit converges. */
static void all_readings_together(void **state)
{
	(void)state;
	static const struct {
		enum reading reading;
		double value;
	} all[] = {{READING_AGE_Y, 40}, {READING_LAB_L, 62}, {READING_LAB_A, 11}, {READING_LAB_B, 17},
	           {READING_MI_ADJACENT_NORMAL, 190}, {READING_MI_UNEXPOSED, 180}, {READING_MI_FIELD, 260},
	           {READING_EI, 290}, {READING_EPIDERMIS_UM, 70}, {READING_DERMIS_MM, 1.3}, {READING_SUBCUTIS_MM, 4},
	           {READING_TEWL_G_M2_H, 14}, {READING_HYDRATION_AU, 48}, {READING_ELASTICITY_R2, 0.75},
	           {READING_SKIN_TEMP_C, 32.5}, {READING_LESION_LAB_L, 52}, {READING_LESION_LAB_A, 12},
	           {READING_LESION_LAB_B, 18}, {READING_LESION_DEPTH_UM, 90}, {READING_CORNEUM_UM, 12},
	           {READING_ITA_UNEXPOSED_DEG, 36}};
	struct readings r = {.fitzpatrick = 3, .site = "cheek"};
	struct twin before = twin_of(&r);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		set(&r, all[i].reading, all[i].value);
	struct twin t = twin_of(&r);
	assert_int_equal(t.residuals, sizeof all / sizeof all[0] - 1); /* all but the age */
	assert_int_equal(t.disagreements, 0);
	for (int p = 0; p < TWIN_DEPTH_FACTOR; p++)
		assert_true(width(&t, (enum twin_property)p) <= width(&before, (enum twin_property)p) * 1.0001);
	assert_int_equal(t.property[TWIN_TEWL_G_M2_H].origin, TWIN_MEASURED);
	assert_int_equal(t.property[TWIN_LESION_DEPTH_UM].origin, TWIN_MEASURED);
	for (int p = TWIN_DEPTH_FACTOR; p < TWIN_PROPERTIES; p++)
		assert_near(width(&t, (enum twin_property)p), width(&before, (enum twin_property)p), 1e-9);
}

/* Blood and melanin of a skin are told apart: the redder of two equally dark skins has the more blood. */
static void redness_is_blood(void **state)
{
	(void)state;
	struct readings r = {.fitzpatrick = 2, .site = "cheek"};
	set(&r, READING_LAB_L, 63);
	set(&r, READING_LAB_A, 8);
	set(&r, READING_LAB_B, 16);
	double pale = twin_of(&r).property[TWIN_BLOOD_FRAC].median;
	set(&r, READING_LAB_A, 16);
	assert_true(twin_of(&r).property[TWIN_BLOOD_FRAC].median > 1.3 * pale);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_spectrum_goes_to_a_twin_and_back),
		cmocka_unit_test(a_spectrum_narrows_what_it_sees),
		cmocka_unit_test(derivatives_are_those_of_the_readings),
		cmocka_unit_test(samples_carry_the_covariance),
		cmocka_unit_test(a_reading_that_disagrees_is_named),
		cmocka_unit_test(the_innovation_is_that_of_a_reading_left_out),
		cmocka_unit_test(one_meter_reads_differences_sharper),
		cmocka_unit_test(scales_do_not_mix),
		cmocka_unit_test(all_readings_together),
		cmocka_unit_test(redness_is_blood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
