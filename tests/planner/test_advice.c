/* Advice beside a plan: the curve, the what-ifs and the course, on demo patients with broad beams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/json.h"
#include "planner/plan/advice.h"
#include "planner/plan/case.h"
#include "tests/support/near.h"

static struct library *library;
static const struct predict_options options = {.samples = 4, .seed = 3};

struct planned {
	struct case_file *file;
	struct planning *planning;
	struct settings settings;
	struct advice *advice;
};
static struct planned demo[9];

static int load(void **state)
{
	struct fail why;
	(void)state;
	return library_load("profiles", &library, &why) != ST_OK;
}

static int unload(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++) {
		planning_free(&demo[i].planning);
		case_free(&demo[i].file);
		free(demo[i].advice);
	}
	library_free(&library);
	return 0;
}

static void must(enum status st, const struct fail *why)
{
	if (st)
		fail_msg("%s: %s", why->field, why->text);
}

static const struct advice *advice_for(int patient)
{
	struct planned *p = &demo[patient];
	struct fail why;
	struct fit_result fit;
	char path[64];
	if (p->advice)
		return p->advice;
	(void)snprintf(path, sizeof path, "profiles/demo/%02d.json", patient);
	must(case_read(path, &p->file, &why), &why);
	const struct case_request *r = &p->file->request[0];
	must(planning_new(library, &r->subject, &r->request, &options, &p->planning, &why), &why);
	must(planning_fit(p->planning, NULL, NULL, &fit, &why), &why);
	assert_true(fit.feasible);
	p->settings = fit.settings;
	p->advice = malloc(sizeof *p->advice);
	assert_non_null(p->advice);
	const struct advice_request request = {library, &r->subject, options};
	must(advice_of(&request, p->planning, &fit.settings, p->advice, &why), &why);
	return p->advice;
}

/* More dose, more risk at one spot; the plan is on the curve; what is marked efficient is not outdone. */
static void the_curve_runs_along_the_dose(void **state)
{
	const struct advice *a = advice_for(3);
	size_t chosen = 0, efficient = 0;
	(void)state;
	assert_true(a->points >= 5 && a->points <= ADVICE_CURVE_MAX);
	for (size_t i = 0; i < a->points; i++) {
		const struct advice_point *p = &a->curve[i];
		chosen += p->chosen;
		efficient += p->efficient;
		assert_true(p->risk.share > 0.0 && p->risk.limit[0]);
		assert_true(p->benefit.p05 <= p->benefit.value && p->benefit.value <= p->benefit.p95);
		for (size_t k = 0; k < i; k++) {
			const struct advice_point *q = &a->curve[k];
			assert_true(q->dose_J_cm2 <= p->dose_J_cm2);
			if (q->dose_J_cm2 < p->dose_J_cm2 && settings_get(&q->settings, SETTING_SPOT_MM) ==
			                                               settings_get(&p->settings, SETTING_SPOT_MM))
				assert_true(p->benefit.value > q->benefit.value && p->risk.share >= q->risk.share);
			if (p->efficient)
				assert_false(q->benefit.value > p->benefit.value && q->risk.share < p->risk.share);
		}
	}
	assert_int_equal(chosen, 1);
	/* the point of most benefit is never outdone, nor is the one of least risk */
	assert_true(efficient >= 2);
}

/* What the same prediction says without this module: a share of 1 is the rule's own limit. */
static void risk_is_measured_by_the_rules_own_limits(void **state)
{
	const struct advice *a = advice_for(3);
	(void)state;
	for (size_t i = 0; i < a->points; i++) {
		struct limit_answer limit = planning_limit(demo[3].planning, "cheeks", "start_fluence_J_cm2");
		double fluence = settings_get(&a->curve[i].settings, SETTING_FLUENCE_J_CM2);
		assert_true(limit.known && a->curve[i].risk.share >= fluence / limit.value - 1e-9);
		assert_true(a->curve[i].risk.share <= 1.0 + 1e-9); /* the candidates are allowed */
	}
}

static void other_skins_are_asked(void **state)
{
	const struct advice *a = advice_for(3);
	const struct advice_point *plan = NULL;
	(void)state;
	for (size_t i = 0; i < a->points; i++)
		if (a->curve[i].chosen)
			plan = &a->curve[i];
	assert_non_null(plan);
	for (int i = 0; i < ADVICE_SCENARIOS; i++)
		assert_true(a->scenario[i].evaluated && a->scenario[i].name[0]);
	assert_true(a->scenario[1].benefit.value > plan->benefit.value); /* warmer: less to heat */
	assert_true(fabs(a->scenario[0].benefit.value / plan->benefit.value - 1.0) > 1e-3);
	assert_true(settings_get(&a->scenario[2].settings, SETTING_SPOT_MM) <
	            settings_get(&plan->settings, SETTING_SPOT_MM));
}

/* Visits no closer than the limits table lets them; types IV-VI begin with a test spot, read after its wait. */
static void the_course_keeps_the_intervals(void **state)
{
	const struct advice *light = advice_for(3), *dark = advice_for(4);
	(void)state;
	assert_false(light->test_spot);
	assert_near(light->interval_days, 28, 0);
	assert_int_equal(light->visit[0].day, 0);
	assert_int_equal(light->visit[1].day, 28);
	assert_true(dark->test_spot);
	assert_near(dark->test_spot_wait_days, 14, 0);
	assert_int_equal(dark->visit[0].day, -14);
	struct limit_answer least = planning_limit(demo[4].planning, "forearm", "interval_min_days");
	assert_true(least.known && dark->interval_days >= least.value);
	for (size_t i = 2; i < dark->visits; i++)
		assert_true(dark->visit[i].day - dark->visit[i - 1].day >= (int)least.value);
}

static void it_is_written_down_whole(void **state)
{
	const struct advice *a = advice_for(4);
	struct fail why;
	struct json_doc *doc = NULL;
	struct json_at root, at;
	char *text = NULL;
	(void)state;
	must(advice_json(a, &text, &why), &why);
	must(json_parse("advice", text, strlen(text), &doc, &why), &why);
	root = json_root(doc);
	assert_true(json_find(&root, "curve", &at) && json_count(&at) == a->points);
	assert_true(json_find(&root, "what_if", &at) && json_count(&at) == ADVICE_SCENARIOS);
	json_free(&doc);
	free(text);
	must(advice_text(a, &text, &why), &why);
	assert_non_null(strstr(text, "test spot with these settings, read after 14 d"));
	free(text);
}

/* The plan's settings asked of the palest and the darkest skin the readings allow: effects are ordered, and what the
 * plan shows as its 95th percentile is not passed by much at the 95th percentile of melanin alone. */
static double worst_at(double melanin, enum metric metric)
{
	const struct case_request *r = &demo[3].file->request[0];
	struct twin twin = *planning_twin(demo[3].planning);
	struct request request = r->request;
	struct planning *planning = NULL;
	struct assessment a;
	struct fail why;
	request.settings = demo[3].settings;
	twin.latent[TWIN_MELANOSOME_FRAC] = twin_latent(TWIN_MELANOSOME_FRAC, melanin);
	must(twin_refresh(&twin, &why), &why);
	must(planning_new_for_twin(library, &r->subject, &request, &options, &twin, &planning, &why), &why);
	must(planning_assess(planning, &demo[3].settings, &a, &why), &why);
	double value = a.prediction.metric[metric].value;
	assessment_clear(&a);
	planning_free(&planning);
	return value;
}

/* The plan's basal peak: the median skin's, returned, and its 95th percentile over the most samples there are. */
static double plan_p95(uint64_t seed, double *p95)
{
	const struct predict_options many = {.samples = 64, .seed = seed};
	const struct case_request *r = &demo[3].file->request[0];
	struct planning *planning = NULL;
	struct assessment plan;
	struct fail why;
	must(planning_new(library, &r->subject, &r->request, &many, &planning, &why), &why);
	must(planning_assess(planning, &demo[3].settings, &plan, &why), &why);
	const struct band band = plan.prediction.metric[METRIC_BASAL_PEAK_C];
	*p95 = band.p95;
	assessment_clear(&plan);
	planning_free(&planning);
	return band.value;
}

static void worst_cases_are_ordered(void **state)
{
	(void)advice_for(3);
	const struct twin_value *melanin = &planning_twin(demo[3].planning)->property[TWIN_MELANOSOME_FRAC];
	double base_p95;
	(void)state;
	double pale = worst_at(melanin->p05, METRIC_BASAL_PEAK_C);
	double base = worst_at(melanin->median, METRIC_BASAL_PEAK_C);
	double dark = worst_at(melanin->p95, METRIC_BASAL_PEAK_C);
	assert_true(pale < base && base < dark);
	assert_near(base, plan_p95(1, &base_p95), 0.02 * base);
	/* melanin alone, at its own 95th percentile, does not pass the joint one: the mean of some seeds, since one set of 64
	 * samples has it within a degree or so */
	double p95 = base_p95;
	for (uint64_t seed = 2; seed <= 4; seed++) {
		(void)plan_p95(seed, &base_p95);
		p95 += base_p95;
	}
	assert_true(dark < base + 1.1 * (0.25 * p95 - base));
}

static void without_a_protocol_there_is_none(void **state)
{
	struct planning *planning = NULL;
	struct advice a;
	struct settings none = {0};
	struct fail why = {0};
	(void)state;
	(void)advice_for(3);
	const struct case_request *r = &demo[3].file->request[0];
	struct request request = r->request;
	(void)snprintf(request.indication, sizeof request.indication, "rhytids");
	must(planning_new(library, &r->subject, &request, &options, &planning, &why), &why);
	const struct advice_request asked = {library, &r->subject, options};
	assert_int_equal(advice_of(&asked, planning, &none, &a, &why), ST_MODEL);
	planning_free(&planning);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_curve_runs_along_the_dose),
	        cmocka_unit_test(risk_is_measured_by_the_rules_own_limits),
	        cmocka_unit_test(other_skins_are_asked),
	        cmocka_unit_test(the_course_keeps_the_intervals),
	        cmocka_unit_test(it_is_written_down_whole),
	        cmocka_unit_test(worst_cases_are_ordered),
	        cmocka_unit_test(without_a_protocol_there_is_none),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
