/* Prediction of radiofrequency needles: dose, depth, the fat model, the rim, what is not known, cancel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/exposure.h"
#include "planner/fit/needles.h"
#include "planner/plan/case.h"
#include "planner/plan/library.h"
#include "tests/support/near.h"

#define SEED 7
#define SAMPLES 4

static struct library *library;
static struct twin twin;
static struct predictor *genius;

static const struct target no_target = {.kind = TARGET_NONE};

static int setup(void **state)
{
	struct readings r = {.fitzpatrick = 3, .site = "back"};
	struct fail why = {0};
	(void)state;
	assert_int_equal(library_load("profiles", &library, &why), ST_OK);
	assert_int_equal(readings_set(&r, READING_DERMIS_MM, 3.0, &why), ST_OK);
	if (twin_from_readings(&r, &twin, &why))
		fail_msg("%s: %s", why.field, why.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	predictor_free(&genius);
	library_free(&library);
	return 0;
}

static struct exposure needles(const char *device_mode, double depth_mm, double energy_mJ)
{
	const struct device *device;
	const struct device_mode *mode;
	struct settings settings = {0};
	struct exposure e;
	struct fail why = {0};
	assert_int_equal(library_find_mode(library, device_mode, &device, &mode, &why), ST_OK);
	settings_set(&settings, SETTING_DEPTH_MM, depth_mm);
	if (!isnan(energy_mJ))
		settings_set(&settings, SETTING_ENERGY_MJ_PIN, energy_mJ);
	if (exposure_of(device, mode, &settings, &e, &why))
		fail_msg("%s: %s", why.field, why.text);
	return e;
}

static struct predictor *prepare(const struct exposure *e, unsigned samples)
{
	const struct predict_options options = {.samples = samples, .seed = SEED};
	struct predictor *p = NULL;
	struct fail why = {0};
	if (predictor_new(&twin, e, &no_target, &options, &p, &why))
		fail_msg("%s: %s", why.field, why.text);
	return p;
}

/* 49 insulated needles 0.2 mm thick, 0.3 mm bare, bipolar rows: geometry of medium confidence. */
static void predict(double depth_mm, double energy_mJ, enum predict_depth depth, struct prediction *out)
{
	struct exposure e = needles("genius.49pin", depth_mm, energy_mJ);
	struct fail why = {0};
	if (!genius)
		genius = prepare(&e, SAMPLES);
	assert_true(predictor_serves(genius, &e));
	if (predictor_run(genius, &e, depth, out, &why))
		fail_msg("%s: %s", why.field, why.text);
}

static double at(const struct prediction *p, enum metric metric)
{
	assert_false(p->metric[metric].flags & VALIDITY_ABSENT);
	return p->metric[metric].value;
}

static void more_energy_is_hotter(void **state)
{
	static const enum metric rising[] = {
	        METRIC_RF_DERMIS_C, METRIC_RF_EPIDERMIS_C,       METRIC_RF_FAT_C,       METRIC_SURFACE_PEAK_C,
	        METRIC_RF_ZONE_UM,  METRIC_COAGULATION_WIDTH_UM, METRIC_RF_PENUMBRA_UM, METRIC_OMEGA_BASAL};
	struct prediction p, before = {0};
	(void)state;
	for (int i = 0; i < 4; i++) {
		predict(2.0, 20.0 + 12.0 * i, PREDICT_QUICK, &p);
		assert_int_equal(p.samples, 1);
		for (size_t m = 0; i > 0 && m < sizeof rising / sizeof rising[0]; m++)
			if (!(at(&p, rising[m]) >=
			      at(&before, rising[m]) - 0.05)) /* what the parabola leaves */
				fail_msg("%s: %g after %g", metric_spec(rising[m])->key, at(&p, rising[m]),
				         at(&before, rising[m]));
		assert_true(i == 0 || at(&p, METRIC_RF_DERMIS_C) > at(&before, METRIC_RF_DERMIS_C) + 3.0);
		before = p;
	}
	assert_true(at(&p, METRIC_RF_ZONE_UM) >
	            300.0); /* 46 mJ coagulate around half a millimetre of metal */
}

static void deeper_needles_reach_further(void **state)
{
	struct prediction two, four;
	(void)state;
	predict(2.0, 20.0, PREDICT_QUICK, &two);
	predict(4.0, 20.0, PREDICT_QUICK, &four);
	assert_true(at(&two, METRIC_RF_REACH_UM) < 0.0 && at(&four, METRIC_RF_REACH_UM) > 0.0);
	assert_true(at(&four, METRIC_RF_FAT_C) > at(&two, METRIC_RF_FAT_C) + 5.0);
	assert_true(at(&four, METRIC_RF_FAT_PCT) > at(&two, METRIC_RF_FAT_PCT));
	assert_near(at(&four, METRIC_DERMIS_MARGIN_UM),
	            twin.property[TWIN_DERMIS_UM].median + twin.property[TWIN_EPIDERMIS_UM].median - 4000.0,
	            120.0);
}

/* Every full answer shows the fat by both published kinds and with its spread, assumed throughout. */
static void the_fat_model_is_shown(void **state)
{
	struct prediction p;
	(void)state;
	predict(3.1, 30.0, PREDICT_FULL, &p); /* about the lower face of the dermis */
	assert_int_equal(p.samples, SAMPLES);
	assert_true(fabs(at(&p, METRIC_RF_FAT_LEAN_C) - at(&p, METRIC_RF_FAT_INFILTRATED_C)) > 0.05);
	assert_true(p.metric[METRIC_RF_FAT_C].flags & VALIDITY_ASSUMED);
	assert_true(p.metric[METRIC_RF_FAT_C].p95 - p.metric[METRIC_RF_FAT_C].p05 > 1.0);
	assert_true(p.metric[METRIC_RF_RIM_PCT].value > 105.0);
	assert_true(p.metric[METRIC_RF_IMPEDANCE_OHM].p95 > 1.2 * p.metric[METRIC_RF_IMPEDANCE_OHM].p05);
	assert_string_equal(p.source, "field");
	assert_null(strstr(p.light, "selective"));
	for (size_t i = 1; i < p.profile.count; i++)
		assert_true(p.profile.depth_um[i] > p.profile.depth_um[i - 1]);
}

/* Between its nodes the answer follows a run made for that very energy: 2 x 1.5^k are nodes, and a predictor
 * scaled by the rim gives others; here the parabola at a node of one triple against the next triple. */
static void interpolation_is_smooth(void **state)
{
	struct prediction below, on, above;
	(void)state;
	double node_mJ = 2.0 * pow(1.5, 6), edge_mJ = node_mJ * sqrt(1.5); /* where the triple changes */
	predict(2.0, 0.999 * edge_mJ, PREDICT_QUICK, &below);
	predict(2.0, 1.001 * edge_mJ, PREDICT_QUICK, &above);
	assert_near(at(&below, METRIC_RF_DERMIS_C), at(&above, METRIC_RF_DERMIS_C), 1.0);
	assert_near(at(&below, METRIC_RF_ZONE_UM), at(&above, METRIC_RF_ZONE_UM),
	            0.05 * at(&above, METRIC_RF_ZONE_UM));
	predict(2.0, node_mJ, PREDICT_QUICK, &on);
	assert_true(at(&on, METRIC_RF_DERMIS_C) < at(&below, METRIC_RF_DERMIS_C));
}

static void equal_seeds_give_equal_answers(void **state)
{
	struct exposure e = needles("morpheus8.face24", 2.0, 20.0);
	struct predictor *one = prepare(&e, 3), *two = prepare(&e, 3);
	struct prediction a, b;
	struct fail why;
	(void)state;
	assert_int_equal(predictor_run(one, &e, PREDICT_FULL, &a, &why), ST_OK);
	assert_int_equal(predictor_run(two, &e, PREDICT_FULL, &b, &why), ST_OK);
	for (int m = 0; m < METRICS; m++)
		if (!(a.metric[m].flags & VALIDITY_ABSENT))
			assert_true(a.metric[m].value == b.metric[m].value &&
			            a.metric[m].p95 == b.metric[m].p95);
	predictor_free(&one);
	predictor_free(&two);
}

/* What a profile does not say is named; nothing is made up. */
static void unknown_geometry_is_named(void **state)
{
	struct exposure e = needles("potenza.mono1", 2.0, (double)NAN);
	const struct predict_options options = {.samples = 2, .seed = SEED};
	struct predictor *p = NULL;
	struct fail why = {0};
	(void)state;
	assert_int_equal(predictor_new(&twin, &e, &no_target, &options, &p, &why), ST_NOT_FOUND);
	assert_non_null(strstr(why.text, "pitch_um"));
	assert_null(p);
	e.tip_cm2 = 4.0; /* a plate planned by level */
	assert_int_equal(predictor_new(&twin, &e, &no_target, &options, &p, &why), ST_NOT_FOUND);
	assert_non_null(strstr(why.text, "level"));
	e = needles("morpheus8.face24", 2.0, 20.0);
	e.energy_mJ = 5000.0;
	struct prediction out;
	p = prepare(&e, 2);
	assert_int_equal(predictor_run(p, &e, PREDICT_QUICK, &out, &why), ST_MODEL);
	assert_non_null(strstr(why.text, "5000 mJ"));
	predictor_free(&p);
}

static int stop_at_once(void *context, double done_frac)
{
	(void)done_frac;
	++*(int *)context;
	return 1;
}

static void it_can_be_cancelled(void **state)
{
	struct exposure e = needles("morpheus8.face24", 2.0, 20.0);
	int asked = 0;
	const struct predict_options options = {
	        .samples = 4, .seed = SEED, .progress = stop_at_once, .context = &asked};
	struct predictor *p = NULL;
	struct prediction out;
	struct fail why = {0};
	(void)state;
	assert_int_equal(predictor_new(&twin, &e, &no_target, &options, &p, &why), ST_OK);
	assert_int_equal(predictor_run(p, &e, PREDICT_FULL, &out, &why), ST_CANCELLED);
	assert_true(asked > 0);
	predictor_free(&p);
}

/* The whole path: the fit finds the lowest energy that reaches the goal on the console's grid and no depth
 * the rules forbid; a needle in the fat is blocked for its reach and for the fat's dose. */
static void cases_are_fitted_and_judged(void **state)
{
	struct case_file *file = NULL;
	struct fail why = {0};
	const struct case_options options = {.seed = 1, .samples = 3};
	(void)state;
	if (case_read("tests/validation/cases/needles.json", &file, &why))
		fail_msg("%s: %s", why.field, why.text);
	for (size_t i = 0; i < file->requests; i++) {
		struct case_result *r = calloc(1, sizeof *r);
		assert_non_null(r);
		if (case_evaluate(library, &file->request[i], &options, r, &why))
			fail_msg("%s: %s", why.field, why.text);
		for (size_t c = 0; c < r->checks; c++)
			if (!r->check[c].met)
				fail_msg("request %zu: %s: %s", i, r->check[c].what, r->check[c].got);
		assert_true(r->assessment.predicted);
		if (r->fitted) {
			assert_true(r->fit.feasible && r->fit.allowed < r->fit.candidates);
			assert_true(settings_get(&r->fit.settings, SETTING_DEPTH_MM) < 4.0);
			assert_true(r->fit.alternative[0].endpoint.value >= 55.0);
			assert_true(r->assessment.prediction.metric[METRIC_RF_REACH_UM].p95 < 0.0);
		}
		case_result_clear(r);
		free(r);
	}
	case_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(more_energy_is_hotter),
	        cmocka_unit_test(deeper_needles_reach_further),
	        cmocka_unit_test(the_fat_model_is_shown),
	        cmocka_unit_test(interpolation_is_smooth),
	        cmocka_unit_test(equal_seeds_give_equal_answers),
	        cmocka_unit_test(unknown_geometry_is_named),
	        cmocka_unit_test(it_can_be_cancelled),
	        cmocka_unit_test(cases_are_fitted_and_judged),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
