/* The target and safety histogram: counts over the samples, limits as the rules ask them, axes that hold everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/case.h"
#include "planner/plan/histogram.h"

static struct library *library;
static struct case_file *file;
static struct planning *planning;

/* The demo's first patient, planned. */
static int set_up(void **state)
{
	struct fail why = {.text = ""};
	const struct predict_options options = {.samples = 16};
	(void)state;
	bool good = library_load("profiles", &library, &why) == ST_OK && case_read("profiles/demo/01.json", &file, &why) == ST_OK;
	const struct case_request *request = good ? &file->request[0] : NULL;
	good = good && planning_new(library, &request->subject, &request->request, &options, &planning, &why) == ST_OK;
	if (!good)
		print_error("%s: %s\n", why.field, why.text);
	return good ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	planning_free(&planning);
	case_free(&file);
	library_free(&library);
	return 0;
}

static void assess(double energy_mJ, struct assessment *out)
{
	struct settings settings;
	struct fail why = {.text = ""};
	planning_default_settings(planning, &settings);
	settings_set(&settings, SETTING_ENERGY_MJ, energy_mJ);
	if (planning_assess(planning, &settings, out, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	if (!out->predicted)
		fail_msg("%s", out->unpredicted.text);
}

static const struct histogram_row *row_of(const struct histogram *h, const char *rule)
{
	for (size_t i = 0; i < h->rows; i++)
		if (!h->row[i].is_goal && strcmp(h->row[i].rule, rule) == 0)
			return &h->row[i];
	return NULL;
}

static bool raised(const struct assessment *a, const char *rule)
{
	for (size_t i = 0; i < a->findings.count; i++)
		if (strcmp(a->findings.finding[i].rule, rule) == 0)
			return true;
	return false;
}

/* Independent of the counting: the samples themselves, the band's percentiles, the protocol's own answer. */
static void rows_agree_with_the_prediction(void **state)
{
	(void)state;
	struct assessment a;
	struct histogram h;
	assess(10.0, &a);
	planning_histogram(planning, &a, &h);
	assert_true(h.rows >= 3 && h.row[0].is_goal);
	for (size_t i = 0; i < h.rows; i++) {
		const struct histogram_row *row = &h.row[i];
		const struct band *band = &a.prediction.metric[row->metric];
		unsigned within = 0, between = 0;
		assert_int_equal(row->samples, 16);
		assert_true(fabs((double)row->value[0] - band->value) <= 1e-6 * fabs(band->value) + 1e-30);
		for (unsigned s = 0; s < row->samples; s++) {
			const double v = (double)row->value[s], slack = 1e-6 * fabs(v);
			within += v >= row->min && v <= row->max;
			between += v >= band->p05 - slack && v <= band->p95 + slack;
		}
		assert_int_equal(row->within, within);
		assert_true(between >= 14); /* of 16: the ends of the band lie inside the outermost samples */
	}
	assert_true(row_of(&h, "R-DERM")->max == 60.0); /* limits.json */
	assert_true(row_of(&h, "R-DEPTH")->min == 100.0);
	assert_null(row_of(&h, "R-PIGMENT")); /* picosecond lasers only */
	assert_null(row_of(&h, "R-RF-6"));
	assessment_clear(&a);
}

/* A limit that most skins pass is one whose rule is raised; one that all keep is not. */
static void shares_follow_the_dose_and_the_rules(void **state)
{
	(void)state;
	static const double energy_mJ[] = {5.0, 15.0, 30.0, 50.0};
	unsigned before = 0;
	for (size_t i = 0; i < 4; i++) {
		struct assessment a;
		struct histogram h;
		assess(energy_mJ[i], &a);
		planning_histogram(planning, &a, &h);
		assert_true(h.row[0].within >= before); /* deeper with more energy */
		before = h.row[0].within;
		for (size_t r = 0; r < h.rows; r++)
			if (!h.row[r].is_goal && h.row[r].within == h.row[r].samples && raised(&a, h.row[r].rule))
				fail_msg("%s is raised at %g mJ though every skin keeps it", h.row[r].rule, energy_mJ[i]);
			else if (!h.row[r].is_goal && 2 * h.row[r].within < h.row[r].samples && !raised(&a, h.row[r].rule))
				fail_msg("%s is not raised at %g mJ though most skins pass it", h.row[r].rule, energy_mJ[i]);
		assessment_clear(&a);
	}
	assert_true(before > 0);
}

static void without_a_prediction_there_is_nothing(void **state)
{
	(void)state;
	const struct assessment a = {.predicted = false};
	struct histogram h = {.rows = 7};
	planning_histogram(planning, &a, &h);
	assert_int_equal(h.rows, 0);
}

static void axes_hold_samples_and_limits(void **state)
{
	(void)state;
	static const float linear[] = {10, 20, 30}, decades[] = {1e-6f, 1e-3f, 0.2f}, same[] = {5, 5}, none[] = {0, 0};
	const struct histogram_row rows[] = {{.samples = 3, .value = linear, .min = 42, .max = INFINITY},
	                                     {.samples = 3, .value = decades, .min = -INFINITY, .max = 0.53},
	                                     {.samples = 2, .value = same, .min = -INFINITY, .max = INFINITY},
	                                     {.samples = 2, .value = none, .min = -INFINITY, .max = 0.53}};
	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		const struct histogram_axis axis = histogram_axis(&rows[r]);
		unsigned count[10], all = 0;
		assert_true(axis.is_log == (r == 1));
		assert_true(axis.lo < axis.hi);
		assert_true(axis.lo >= 0.0); /* none of these rows can be negative */
		for (unsigned i = 0; i < rows[r].samples; i++)
			assert_true((double)rows[r].value[i] >= axis.lo * (1 - 1e-6) && (double)rows[r].value[i] <= axis.hi);
		if (isfinite(rows[r].min))
			assert_true(rows[r].min > axis.lo && rows[r].min < axis.hi);
		histogram_count(&rows[r], &axis, 10, count);
		for (size_t i = 0; i < 10; i++)
			all += count[i];
		assert_int_equal(all, rows[r].samples);
	}
	const struct histogram_axis axis = {.lo = 0, .hi = 10};
	assert_int_equal(histogram_bin(&axis, -3, 10), 0);
	assert_int_equal(histogram_bin(&axis, 9.99, 10), 9);
	assert_int_equal(histogram_bin(&axis, 1e9, 10), 9);
	assert_int_equal(histogram_bin(&axis, (double)NAN, 10), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rows_agree_with_the_prediction),
	        cmocka_unit_test(shares_follow_the_dose_and_the_rules),
	        cmocka_unit_test(without_a_prediction_there_is_nothing),
	        cmocka_unit_test(axes_hold_samples_and_limits),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
