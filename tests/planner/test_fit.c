/* The fit on the demo patients: what it chooses, what it says binds, and what it says when nothing goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/case.h"
#include "tests/support/near.h"
#include "tests/support/profile_folder.h"

#define DEMOS 8
#define SAMPLES 2

static struct library *library;
static struct case_file *demo[DEMOS + 1];
static struct planning *made[DEMOS + 1]; /* made when first asked for */
static struct fit_result fits[DEMOS + 1];

static const struct predict_options options = {.samples = SAMPLES, .seed = 3};

static int load_all(void **state)
{
	struct fail why = {0};
	(void)state;
	enum status st = library_load("profiles", &library, &why);
	for (int i = 1; !st && i <= DEMOS; i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "profiles/demo/%02d.json", i);
		st = case_read(path, &demo[i], &why);
	}
	if (st)
		print_error("%s: %s\n", why.field, why.text);
	return st != ST_OK;
}

static int free_all(void **state)
{
	(void)state;
	for (int i = 1; i <= DEMOS; i++) {
		planning_free(&made[i]);
		case_free(&demo[i]);
	}
	library_free(&library);
	return 0;
}

static struct planning *plan_for(const struct subject *subject, const struct request *request)
{
	struct planning *p = NULL;
	struct fail why = {0};
	if (planning_new(library, subject, request, &options, &p, &why))
		fail_msg("%s: %s", why.field, why.text);
	return p;
}

static struct fit_result fit_of(struct planning *p)
{
	struct fit_result fit;
	struct fail why = {0};
	if (planning_fit(p, NULL, NULL, &fit, &why))
		fail_msg("%s: %s", why.field, why.text);
	return fit;
}

/* Planning and fit of a demo patient, done once. */
static struct planning *demo_plan(int patient)
{
	if (!made[patient]) {
		made[patient] = plan_for(&demo[patient]->request[0].subject, &demo[patient]->request[0].request);
		fits[patient] = fit_of(made[patient]);
	}
	return made[patient];
}

static struct assessment assess(struct planning *p, const struct settings *settings)
{
	struct assessment a;
	struct fail why = {0};
	if (planning_assess(p, settings, &a, &why))
		fail_msg("%s: %s", why.field, why.text);
	return a;
}

/* ---- an independent reading of the contract ------------------------------------------------------------------ */

static const struct finding *forbidden_by(const struct assessment *a, const char *rule)
{
	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];
		bool forbids = f->phase == PHASE_PLAN && (f->outcome == OUTCOME_BLOCK || f->outcome == OUTCOME_BLOCK_MD);
		if (forbids && (!rule || strcmp(f->rule, rule) == 0))
			return f;
	}
	return NULL;
}

static bool reaches_goals(const struct planning *p, const struct assessment *a)
{
	const struct protocol *protocol = planning_protocol(p);
	for (size_t i = 0; i < protocol->goals; i++) {
		const struct protocol_goal *goal = &protocol->goal[i];
		const struct band *band = &a->prediction.metric[goal->metric];
		double value = strcmp(goal->at, "p05") == 0 ? band->p05 : band->value;
		if (!a->predicted || !(value >= goal->min && value <= goal->max))
			return false;
	}
	return true;
}

static double dose(const struct assessment *a)
{
	return a->exposure.fluence_J_cm2 * a->exposure.passes * a->exposure.stack;
}

static bool feasible(const struct planning *p, const struct assessment *a)
{
	return reaches_goals(p, a) && !forbidden_by(a, NULL);
}

static void base_settings(const struct planning *p, struct settings *base)
{
	memset(base, 0, sizeof *base);
	if (planning_protocol(p)->passes > 0.0 && planning_mode(p)->setting[SETTING_PASSES].kind != DOMAIN_NONE)
		settings_set(base, SETTING_PASSES, planning_protocol(p)->passes);
}

/* ---- the choice ------------------------------------------------------------------------------------------- */

/* What it offers reaches every goal, breaks no forbidding rule, stands on the device's own grid and rises in
 * dose. */
static void offers_are_sufficient_allowed_and_rising(void **state)
{
	(void)state;
	int feasible_patients = 0;
	for (int patient = 1; patient <= DEMOS; patient++) {
		struct planning *p = demo_plan(patient);
		const struct fit_result *fit = &fits[patient];
		assert_int_equal(fit->feasible, fit->alternatives > 0);
		assert_true(fit->allowed <= fit->candidates && fit->sufficient <= fit->allowed);
		feasible_patients += fit->feasible;
		double before = 0.0;
		for (size_t i = 0; i < fit->alternatives; i++) {
			const struct fit_alternative *offer = &fit->alternative[i];
			struct assessment a = assess(p, &offer->settings);
			assert_int_equal(a.issues.count, 0); /* on the grid */
			if (!reaches_goals(p, &a) || forbidden_by(&a, NULL))
				fail_msg("patient %d, offer %zu: not feasible", patient, i);
			assert_int_equal(a.verdict, offer->verdict);
			assert_true(offer->verdict != VERDICT_BLOCK && offer->verdict != VERDICT_BLOCK_MD);
			assert_near(offer->dose_J_cm2, dose(&a), 1e-6);
			assert_true(offer->dose_J_cm2 >= before);
			assert_true(offer->endpoint.value == a.prediction.metric[planning_protocol(p)->goal[0].metric].value);
			before = offer->dose_J_cm2;
			assessment_clear(&a);
		}
		if (fit->feasible)
			assert_memory_equal(&fit->settings, &fit->alternative[0].settings, sizeof fit->settings);
	}
	assert_true(feasible_patients >= 5);
}

/* Every combination of the grid, judged one by one: none of a lower dose would have done. */
static void nothing_lower_would_do(int patient, size_t at_least)
{
	struct planning *p = demo_plan(patient);
	const struct fit_result *fit = &fits[patient];
	struct device_grid grid;
	struct settings base, settings;
	size_t seen = 0, would_do = 0;
	double lowest = INFINITY;
	base_settings(p, &base);
	assert_true(fit->feasible);
	assert_int_equal(device_grid_init(&grid, planning_mode(p), &base, NULL), ST_OK);
	for (size_t i = 0; i < grid.count; i++) {
		if (!device_grid_at(&grid, i, &settings))
			continue;
		struct assessment a = assess(p, &settings);
		seen++;
		if (feasible(p, &a)) {
			would_do++;
			lowest = fmin(lowest, dose(&a));
		}
		assessment_clear(&a);
	}
	assert_int_equal(seen, fit->candidates);
	assert_true(seen >= at_least && would_do >= fit->alternatives);
	assert_near(fit->alternative[0].dose_J_cm2, lowest, 1e-6);
}

static void nothing_lower_would_do_on_the_grid(void **state)
{
	(void)state;
	nothing_lower_would_do(1, 100); /* ultrapulse.deepfx */
	nothing_lower_would_do(3, 200); /* picoway.532_zoom */
}

static bool same_settings(const struct settings *a, const struct settings *b)
{
	for (int id = 0; id < SETTINGS; id++)
		if (settings_has(a, (enum setting_id)id) != settings_has(b, (enum setting_id)id) ||
		    (settings_has(a, (enum setting_id)id) && a->value[id] != b->value[id]))
			return false;
	return true;
}

/* The knob that differs between two settings and is no consequence of another. */
static enum setting_id turned_knob(const struct device_mode *mode, const struct settings *a, const struct settings *b)
{
	enum setting_id knob = SETTINGS;
	for (int id = 0; id < SETTINGS; id++)
		if (settings_has(a, (enum setting_id)id) && a->value[id] != b->value[id] &&
		    mode->setting[id].kind != DOMAIN_DERIVED) {
			assert_int_equal(knob, SETTINGS); /* one knob only */
			knob = (enum setting_id)id;
		}
	assert_int_not_equal(knob, SETTINGS);
	return knob;
}

/* What is said to stop the way up does so, at the settings given; everything before is allowed. */
static void what_binds_really_forbids(void **state)
{
	(void)state;
	int stopped_by_rules = 0;
	for (int patient = 1; patient <= DEMOS; patient++) {
		struct planning *p = demo_plan(patient);
		const struct device_mode *mode = planning_mode(p);
		for (size_t i = 0; i < fits[patient].alternatives; i += 3) {
			const struct fit_alternative *offer = &fits[patient].alternative[i];
			struct settings next = offer->settings;
			char rule[24];
			assert_true(offer->binding[0]);
			if (!offer->binding_settings.present) {
				assert_string_equal(offer->binding, "end of the device's range");
				continue;
			}
			enum setting_id knob = turned_knob(mode, &offer->settings, &offer->binding_settings);
			int up = knob == SETTING_SPOT_MM ? -1 : 1, steps = 0;
			struct fail end;
			(void)snprintf(rule, sizeof rule, "%.*s", (int)strcspn(offer->binding, " "), offer->binding);
			while (setting_step(mode, &next, knob, up, &next, &end) == ST_OK) {
				struct assessment a = assess(p, &next);
				bool last = same_settings(&next, &offer->binding_settings);
				if (last && !forbidden_by(&a, rule))
					fail_msg("patient %d, offer %zu: %s does not forbid it", patient, i, offer->binding);
				if (!last && forbidden_by(&a, NULL))
					fail_msg("patient %d, offer %zu: stopped by %s before %s", patient, i,
					         forbidden_by(&a, NULL)->rule, offer->binding);
				assessment_clear(&a);
				steps++;
				if (last)
					break;
			}
			assert_true(steps > 0 && same_settings(&next, &offer->binding_settings));
			stopped_by_rules++;
		}
	}
	assert_true(stopped_by_rules >= 4);
}

static void the_fit_repeats_itself(void **state)
{
	(void)state;
	struct planning *p = demo_plan(3);
	struct fit_result again = fit_of(p);
	assert_int_equal(again.alternatives, fits[3].alternatives);
	assert_int_equal(again.exclusions, fits[3].exclusions);
	for (size_t i = 0; i < again.alternatives; i++)
		assert_true(same_settings(&again.alternative[i].settings, &fits[3].alternative[i].settings));
	for (size_t i = 0; i < again.exclusions; i++)
		assert_string_equal(again.exclusion[i].rule, fits[3].exclusion[i].rule);
}

/* ---- when nothing goes ---------------------------------------------------------------------------------------- */

/* A demo patient's request with a copy of the subject, to be changed. */
struct altered {
	struct subject subject;
	struct request request;
};

static void alter(int patient, struct altered *out)
{
	const struct case_request *q = &demo[patient]->request[0];
	out->subject = q->subject;
	out->subject.answers = NULL;
	assert_int_equal(facts_clone(q->subject.answers, &out->subject.answers, NULL), ST_OK);
	out->request = q->request;
}

static struct fit_result fit_altered(struct altered *a)
{
	struct planning *p = plan_for(&a->subject, &a->request);
	struct fit_result fit = fit_of(p);
	planning_free(&p);
	subject_free(&a->subject);
	return fit;
}

static const struct fit_exclusion *exclusion(const struct fit_result *fit, const char *rule)
{
	for (size_t i = 0; i < fit->exclusions; i++)
		if (strcmp(fit->exclusion[i].rule, rule) == 0)
			return &fit->exclusion[i];
	return NULL;
}

/* The rules named exclude every candidate, each with a text; the most excluding come first. */
static void check_excluded(const struct fit_result *fit, const char *rule, const char *says)
{
	const struct fit_exclusion *x = exclusion(fit, rule);
	assert_false(fit->feasible);
	assert_false(fit->endpoint_unreachable);
	if (!x || x->candidates != fit->candidates || !strstr(x->text, says))
		fail_msg("%s: %s, %zu of %zu", rule, x ? x->text : "not named", x ? x->candidates : 0, fit->candidates);
	for (size_t i = 1; i < fit->exclusions; i++)
		assert_true(fit->exclusion[i].candidates <= fit->exclusion[i - 1].candidates);
}

static void pregnancy_excludes_everything(void **state)
{
	(void)state;
	struct altered a;
	alter(3, &a);
	assert_int_equal(facts_set_bool(a.subject.answers, "pregnant", true, NULL), ST_OK);
	struct fit_result fit = fit_altered(&a);
	assert_int_equal(fit.allowed, 0);
	check_excluded(&fit, "R-PREG", "(");
}

/* Unanswered questions are named, and the limits broken besides are not hidden behind them. */
static void unanswered_questions_are_named(void **state)
{
	(void)state;
	(void)demo_plan(8);
	const struct fit_result *fit = &fits[8];
	check_excluded(fit, "R-PREG", "not answered: Pregnant");
	check_excluded(fit, "R-KEL", "not answered:");
	assert_non_null(exclusion(fit, "R-COV"));
	assert_non_null(exclusion(fit, "R-ENERGY"));
	assert_true(exclusion(fit, "R-COV")->candidates < fit->candidates);
	assert_true(fit->exclusions < FIT_EXCLUSIONS_MAX); /* none was left out */
}

/* A dermis of 0.35 mm: every column that reaches the depth asked for leaves too little of it. */
static void a_thin_dermis_excludes_what_is_deep_enough(void **state)
{
	(void)state;
	struct altered a;
	alter(1, &a);
	assert_int_equal(readings_set(&a.subject.readings, READING_DERMIS_MM, 0.35, NULL), ST_OK);
	struct fit_result fit = fit_altered(&a);
	assert_false(fit.feasible);
	assert_true(fit.sufficient > 0 && !fit.endpoint_unreachable);
	const struct fit_exclusion *x = exclusion(&fit, "R-DEPTH");
	assert_non_null(x);
	assert_int_equal(x->candidates, fit.sufficient);
	assert_non_null(strstr(x->text, "dermis"));
}

/* The text is of the mildest violation: the smallest excess of all candidates. */
static void exclusions_tell_the_mildest_violation(void **state)
{
	(void)state;
	struct planning *p = demo_plan(1);
	const struct fit_exclusion *x = exclusion(&fits[1], "R-ENERGY");
	struct device_grid grid;
	struct settings base, settings;
	double mildest = INFINITY;
	char text[64];
	assert_non_null(x);
	base_settings(p, &base);
	assert_int_equal(device_grid_init(&grid, planning_mode(p), &base, NULL), ST_OK);
	for (size_t i = 0; i < grid.count; i++) {
		struct assessment a;
		if (!device_grid_at(&grid, i, &settings))
			continue;
		assert_int_equal(planning_assess_to(p, &settings, ASSESS_RULES, &a, NULL), ST_OK);
		const struct finding *f = forbidden_by(&a, "R-ENERGY");
		if (f && f->value < mildest)
			mildest = f->value;
		assessment_clear(&a);
	}
	assert_true(isfinite(mildest));
	(void)snprintf(text, sizeof text, ": %.4g against", mildest);
	assert_non_null(strstr(x->text, text));
}

/* The fit of a demo patient by a library whose protocols are edited. */
static struct fit_result fit_by_protocol(int patient, const char *from, const char *to, struct assessment *chosen)
{
	char folder[TEMP_PATH_SIZE];
	struct library *shipped = library;
	struct fail why = {0};
	profile_folder_make(folder);
	profile_folder_edit(folder, "protocols/protocols.json", from, to);
	if (library_load(folder, &library, &why))
		fail_msg("%s: %s", why.field, why.text);
	struct planning *p = plan_for(&demo[patient]->request[0].subject, &demo[patient]->request[0].request);
	struct fit_result fit = fit_of(p);
	memset(chosen, 0, sizeof *chosen);
	if (fit.feasible) {
		*chosen = assess(p, &fit.settings);
		assert_true(reaches_goals(p, chosen));
	}
	findings_clear(&chosen->findings); /* they point into the library */
	planning_free(&p);
	library_free(&library);
	library = shipped;
	temp_folder_remove(folder);
	return fit;
}

static void an_endpoint_out_of_reach_is_called_so(void **state)
{
	(void)state;
	struct assessment chosen;
	struct fit_result fit =
		fit_by_protocol(1, "\"coagulation_depth_um\", \"at\": \"p50\", \"min\": 400",
	                        "\"coagulation_depth_um\", \"at\": \"p50\", \"min\": 9000", &chosen);
	assert_false(fit.feasible);
	assert_true(fit.endpoint_unreachable);
	assert_true(fit.allowed > 0);
	assert_int_equal(fit.sufficient, 0);
}

/* Asked at the 5th percentile a goal takes more than asked of the median. */
static void a_goal_for_nearly_everybody_takes_more(void **state)
{
	(void)state;
	struct assessment chosen;
	struct fit_result fit = fit_by_protocol(3, "\"target_ratio\", \"at\": \"p50\", \"min\": 1, \"origin\": \"DESIGN\", "
	                                           "\"source\": \"lesion melanosomes pass vaporisation (Jacques & McAuliffe "
	                                           "1991)\"},\n    {\"metric\": \"fluence",
	                                        "\"target_ratio\", \"at\": \"p05\", \"min\": 0.7, \"origin\": \"DESIGN\", "
	                                        "\"source\": \"x\"},\n    {\"metric\": \"fluence", &chosen);
	(void)demo_plan(3);
	assert_true(fit.feasible);
	assert_true(chosen.prediction.metric[METRIC_TARGET_RATIO].p05 >= 0.7);
	assert_true(fit.sufficient < fits[3].sufficient);
	assert_true(fit.alternative[0].dose_J_cm2 > fits[3].alternative[0].dose_J_cm2);
}

/* Goals may ask for the heat of the bulk tissue, which quick predictions leave out. */
static void a_goal_on_bulk_heat_is_reached(void **state)
{
	(void)state;
	struct assessment chosen;
	struct fit_result fit = fit_by_protocol(3, "\"fluence_J_cm2\", \"at\": \"p50\", \"min\": 0.2",
	                                        "\"basal_peak_C\", \"at\": \"p50\", \"min\": 46", &chosen);
	assert_true(fit.feasible && !fit.endpoint_unreachable);
	assert_true(chosen.prediction.metric[METRIC_BASAL_PEAK_C].value >= 46.0);
	assert_true(chosen.exposure.fluence_J_cm2 > fits[3].alternative[0].dose_J_cm2); /* 42 C there */
}

static void without_a_protocol_it_says_so(void **state)
{
	(void)state;
	struct altered a;
	struct fit_result fit;
	struct fail why = {0};
	alter(1, &a);
	(void)snprintf(a.request.indication, sizeof a.request.indication, "%s", "pores");
	struct planning *p = plan_for(&a.subject, &a.request);
	assert_int_equal(planning_fit(p, NULL, NULL, &fit, &why), ST_MODEL);
	assert_non_null(strstr(why.text, "pores"));
	assert_non_null(strstr(why.text, "ultrapulse.deepfx"));
	planning_free(&p);
	subject_free(&a.subject);
}

static int stop(void *context, double done_frac)
{
	int *calls = context;
	(void)done_frac;
	return ++*calls >= 3;
}

static void cancelling_a_fit_stops_it(void **state)
{
	(void)state;
	int calls = 0;
	struct fit_result fit;
	struct fail why = {0};
	assert_int_equal(planning_fit(demo_plan(3), stop, &calls, &fit, &why), ST_CANCELLED);
	assert_int_equal(calls, 3);
	assert_false(fit.feasible);
}

/* ---- darker skin ------------------------------------------------------------------------------------------- */

/* The same person with the recorded type raised from I to VI: whatever is offered stays within the limits of
 * that type (no forbidding rule), and the highest dose allowed never grows. */
static void darker_types_are_never_allowed_more(void **state)
{
	(void)state;
	static const double ita_deg[] = {0, 60, 48, 34, 19, -10, -45};
	size_t allowed_before = SIZE_MAX;
	for (int type = 1; type <= 6; type++) {
		struct altered a;
		alter(3, &a);
		a.subject.readings.fitzpatrick = type;
		readings_clear(&a.subject.readings, READING_MI_FIELD);
		readings_clear(&a.subject.readings, READING_MI_UNEXPOSED);
		assert_int_equal(readings_set(&a.subject.readings, READING_ITA_DEG, ita_deg[type], NULL), ST_OK);
		assert_int_equal(readings_set(&a.subject.readings, READING_MI_ADJACENT_NORMAL, 100 + 90 * type, NULL), ST_OK);
		struct planning *p = plan_for(&a.subject, &a.request);
		struct fit_result fit = fit_of(p);
		if (fit.allowed > allowed_before)
			fail_msg("type %d: %zu settings allowed, the lighter type %zu", type, fit.allowed, allowed_before);
		allowed_before = fit.allowed;
		for (size_t i = 0; i < fit.alternatives; i++) {
			struct assessment done = assess(p, &fit.alternative[i].settings);
			assert_null(forbidden_by(&done, NULL));
			assessment_clear(&done);
		}
		planning_free(&p);
		subject_free(&a.subject);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_are_sufficient_allowed_and_rising),
		cmocka_unit_test(nothing_lower_would_do_on_the_grid),
		cmocka_unit_test(what_binds_really_forbids),
		cmocka_unit_test(the_fit_repeats_itself),
		cmocka_unit_test(pregnancy_excludes_everything),
		cmocka_unit_test(unanswered_questions_are_named),
		cmocka_unit_test(a_thin_dermis_excludes_what_is_deep_enough),
		cmocka_unit_test(exclusions_tell_the_mildest_violation),
		cmocka_unit_test(an_endpoint_out_of_reach_is_called_so),
		cmocka_unit_test(a_goal_for_nearly_everybody_takes_more),
		cmocka_unit_test(a_goal_on_bulk_heat_is_reached),
		cmocka_unit_test(without_a_protocol_it_says_so),
		cmocka_unit_test(cancelling_a_fit_stops_it),
		cmocka_unit_test(darker_types_are_never_allowed_more),
	};
	return cmocka_run_group_tests(tests, load_all, free_all);
}
