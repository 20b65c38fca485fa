/* What outcomes taught reaches the next prediction, check and course: with the right sign, with less doubt, within
 * bounds, said in words; without outcomes nothing changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/exposure.h"
#include "planner/plan/advice.h"
#include "planner/plan/case.h"
#include "planner/plan/learnt.h"
#include "planner/plan/report.h"
#include "planner/twin/time.h"
#include "planner/twin/twin_json.h"
#include "tests/support/near.h"

#define SEED 7

static struct library *library;
static struct case_file *melasma; /* S2: type IV, fraxel_dual.1927 */
static struct twin skin;          /* of its readings */

static int make_all(void **state)
{
	struct fail why = {0};
	(void)state;
	if (library_load("profiles", &library, &why) || case_read("tests/validation/cases/S2.json", &melasma, &why) ||
	    twin_from_readings(&melasma->request[0].subject.readings, &skin, &why)) {
		print_error("%s: %s\n", why.field, why.text);
		return 1;
	}
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	case_free(&melasma);
	library_free(&library);
	return 0;
}

#define MUST(call) \
	do { \
		struct fail must_ = {0}; \
		if (call) \
			fail_msg("%s: %s: %s", #call, must_.field, must_.text); \
	} while (0)

static struct twin_outcome depth_of(const char *device_mode, double ratio)
{
	struct twin_outcome o = TWIN_NO_OUTCOME;
	(void)snprintf(o.device_mode, sizeof o.device_mode, "%s", device_mode);
	(void)snprintf(o.treatment, sizeof o.treatment, "first");
	o.depth_predicted_um = 300.0;
	o.depth_measured_um = 300.0 * ratio;
	return o;
}

static struct twin taught(const struct twin_outcome *o)
{
	struct twin t = skin;
	MUST(twin_learn(&t, o, &must_));
	return t;
}

/* ---- a prediction ---- */

struct knob {
	enum setting_id id;
	double value;
};

/* The list of knobs ends with SETTINGS. */
static struct exposure expose(const char *device_mode, const struct knob *knob)
{
	const struct device *device;
	const struct device_mode *mode;
	struct settings settings = {0};
	struct exposure e;
	MUST(library_find_mode(library, device_mode, &device, &mode, &must_));
	for (; knob->id != SETTINGS; knob++)
		settings_set(&settings, knob->id, knob->value);
	assert_true(settings_complete(mode, &settings, &settings, NULL));
	MUST(exposure_of(device, mode, &settings, &e, &must_));
	return e;
}

static struct exposure expose_columns(void)
{
	const struct knob knob[] = {{SETTING_ENERGY_MJ, 15}, {SETTING_DENSITY_PCT, 10}, {SETTING_PASSES, 1}, {SETTINGS, 0}};
	return expose("ultrapulse.deepfx", knob);
}

static struct prediction predict(const struct exposure *e, const struct target *target, struct predict_options options)
{
	struct predictor *p = NULL;
	struct prediction out;
	options.seed = SEED;
	if (e->kind == EXPOSURE_MICROBEAMS) {
		options.energy_min_mJ = 0.99 * e->microbeam_energy_mJ;
		options.energy_max_mJ = 1.01 * e->microbeam_energy_mJ;
	}
	MUST(predictor_new(&skin, e, target, &options, &p, &must_));
	MUST(predictor_run(p, e, PREDICT_QUICK, &out, &must_));
	predictor_free(&p);
	return out;
}

static double relative(const struct band *b)
{
	return (b->p95 - b->p05) / b->value;
}

/* To the bit; what fills a band up to its size is nobody's number. */
static void assert_same_band(const struct band *a, const struct band *b)
{
	assert_memory_equal(a, b, offsetof(struct band, flags) + sizeof a->flags);
}

static const struct target no_target = {.kind = TARGET_NONE};

/* And without outcomes nothing changes, to the bit. */
static void a_deeper_column_deepens_the_next_and_narrows_it(void **state)
{
	(void)state;
	const struct exposure e = expose_columns();
	struct predict_options options = {.samples = 5};
	struct prediction before = predict(&e, &no_target, options), after[2];
	options.depth = (struct predict_evidence){0, log(1.3), 0.01, 0.34}; /* of no treatment: not looked at */
	struct prediction same = predict(&e, &no_target, options);
	for (int m = 0; m < METRICS; m++)
		assert_same_band(&before.metric[m], &same.metric[m]);
	assert_int_equal(same.profile.count, before.profile.count);
	for (size_t i = 0; i < same.profile.count; i++) {
		assert_same_band(&before.profile.peak_C[i], &same.profile.peak_C[i]);
		assert_same_band(&before.profile.damage_frac[i], &same.profile.damage_frac[i]);
	}
	assert_int_equal(same.depth_learnt.treatments, 0);
	for (int deeper = 0; deeper < 2; deeper++) {
		options.depth = (struct predict_evidence){1, deeper ? log(1.3) : log(0.7), 0.15 * 0.15, 0.34};
		after[deeper] = predict(&e, &no_target, options);
		const struct band *was = &before.metric[METRIC_COAGULATION_DEPTH_UM];
		const struct band *is = &after[deeper].metric[METRIC_COAGULATION_DEPTH_UM];
		double ratio = is->value / was->value;
		if (deeper ? !(ratio > 1.05 && ratio < 1.3) : !(ratio < 0.99 && ratio > 0.7))
			fail_msg("x%g after x%g", ratio, deeper ? 1.3 : 0.7);
		assert_true(relative(is) < relative(was));
		assert_true((after[deeper].metric[METRIC_DERMIS_MARGIN_UM].value < before.metric[METRIC_DERMIS_MARGIN_UM].value) ==
		            (deeper == 1));
		assert_true((after[deeper].metric[METRIC_ABLATION_DEPTH_UM].value >
		             before.metric[METRIC_ABLATION_DEPTH_UM].value) == (deeper == 1));
		assert_int_equal(after[deeper].depth_learnt.treatments, 1);
		assert_near(after[deeper].depth_learnt.without, before.metric[METRIC_ABLATION_DEPTH_UM].value, 1e-9);
		assert_near(after[deeper].depth_learnt.ratio * after[deeper].depth_learnt.without,
		            after[deeper].metric[METRIC_ABLATION_DEPTH_UM].value, 1e-9);
	}
	/* the second calculation of craters is another one, of the model without lessons; published craters scatter by 24 % */
	assert_true(fabs(before.check_difference_pct) < 2.0 + 3.0 * before.check_se_pct && before.check_se_pct < 40.0);
	assert_near(after[1].check_difference_pct, before.check_difference_pct, 1e-9);
	assert_string_equal(before.check, "published heat of ablation, crater depth");
	/* towards danger more is believed than away from it */
	double up = log(after[1].depth_learnt.ratio) / log(1.3), down = log(after[0].depth_learnt.ratio) / log(0.7);
	assert_true(up > down);
}

/* An endpoint seen early lowers the threshold of lesion and skin beside it, one not seen raises the lesion's alone. */
static void an_endpoint_moves_the_target_and_never_calms_the_skin_beside_it(void **state)
{
	(void)state;
	const struct knob knob[] = {{SETTING_FLUENCE_J_CM2, 0.3}, {SETTING_SPOT_MM, 4}, {SETTINGS, 0}};
	const struct exposure e = expose("picoway.532_zoom", knob);
	const struct target lesion = {.kind = TARGET_LESION_MELANOSOME}, ink = {.kind = TARGET_INK, .depth_um = 600};
	struct predict_options options = {.samples = 12};
	struct prediction before = predict(&e, &lesion, options);
	options.threshold = (struct predict_evidence){1, log(0.7), 0.04, 0.39};
	struct prediction lower = predict(&e, &lesion, options);
	assert_true(lower.metric[METRIC_TARGET_RATIO].value > 1.05 * before.metric[METRIC_TARGET_RATIO].value);
	assert_true(lower.metric[METRIC_MELANOSOME_RATIO].p95 > before.metric[METRIC_MELANOSOME_RATIO].p95);
	assert_near(lower.threshold_learnt.without, before.metric[METRIC_TARGET_RATIO].value, 1e-9);
	options.threshold.ln_ratio = log(1.5);
	struct prediction higher = predict(&e, &lesion, options);
	assert_true(higher.metric[METRIC_TARGET_RATIO].value < 0.99 * before.metric[METRIC_TARGET_RATIO].value);
	assert_same_band(&higher.metric[METRIC_MELANOSOME_RATIO], &before.metric[METRIC_MELANOSOME_RATIO]);
	options.threshold.ln_ratio = log(0.7); /* ink's threshold says nothing of melanin */
	struct prediction tattoo = predict(&e, &ink, options);
	assert_same_band(&tattoo.metric[METRIC_MELANOSOME_RATIO], &before.metric[METRIC_MELANOSOME_RATIO]);
}

static void evidence_that_is_no_number_is_refused(void **state)
{
	(void)state;
	const struct exposure e = expose_columns();
	const struct predict_evidence bad[] = {{1, NAN, 0.01, 0.3}, {1, 0.1, 0.0, 0.3}, {1, 0.1, -1.0, 0.3}, {1, 0.1, 0.1, NAN}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct predict_options options = {.samples = 2, .depth = bad[i]};
		struct predictor *p = NULL;
		struct fail why = {0};
		assert_int_equal(predictor_new(&skin, &e, &no_target, &options, &p, &why), ST_INPUT);
		assert_string_equal(why.field, "depth");
		assert_null(p);
	}
}

/* ---- lessons ---- */

static void the_same_word_counts_once_and_a_later_one_replaces_it(void **state)
{
	(void)state;
	struct twin_outcome o = depth_of("fraxel_dual.1927", 1.3);
	struct twin once = taught(&o), twice = once, other, direct;
	MUST(twin_learn(&twice, &o, &must_));
	assert_memory_equal(&once.latent, &twice.latent, sizeof once.latent);
	assert_memory_equal(&once.covariance, &twice.covariance, sizeof once.covariance);
	assert_int_equal(twice.lessons, 1);
	o.depth_measured_um = 240.0;
	other = twice;
	MUST(twin_learn(&other, &o, &must_));
	direct = taught(&o);
	assert_int_equal(other.lessons, 1);
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		assert_near(other.latent[p], direct.latent[p], 1e-9);
		assert_near(other.covariance[p][p], direct.covariance[p][p], 1e-9);
	}
	(void)snprintf(o.treatment, sizeof o.treatment, "second");
	MUST(twin_learn(&other, &o, &must_));
	assert_int_equal(twin_evidence(&other, TWIN_DEPTH_FACTOR, NULL, NULL).treatments, 2);
}

/* Events, too: taken back and told otherwise is told otherwise from the first. */
static void an_event_can_be_corrected(void **state)
{
	(void)state;
	struct twin_outcome o = TWIN_NO_OUTCOME;
	(void)snprintf(o.treatment, sizeof o.treatment, "first");
	o.pih = 0;
	o.pih_expected_frac = 0.1;
	struct twin no = taught(&o), yes = no;
	assert_false(twin_had_pih(&no));
	o.pih = 1;
	MUST(twin_learn(&yes, &o, &must_));
	struct twin direct = taught(&o);
	assert_true(twin_had_pih(&yes));
	assert_int_equal(yes.lessons, 1);
	assert_near(yes.latent[TWIN_PIH_OFFSET], direct.latent[TWIN_PIH_OFFSET], 1e-9);
	assert_near(yes.covariance[TWIN_PIH_OFFSET][TWIN_PIH_OFFSET], direct.covariance[TWIN_PIH_OFFSET][TWIN_PIH_OFFSET],
	            1e-9);
}

static void what_cannot_be_a_person_is_refused(void **state)
{
	(void)state;
	struct twin_outcome o = depth_of("fraxel_dual.1927", 3.9);
	struct twin t = taught(&o), before = t;
	struct fail why = {0};
	const double slips[] = {4.1, 0.24, 10.0, 0.1};
	for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
		o.depth_measured_um = slips[i] * o.depth_predicted_um;
		assert_int_equal(twin_learn(&t, &o, &why), ST_RANGE);
		assert_string_equal(why.field, "depth_measured_um");
	}
	o = (struct twin_outcome)TWIN_NO_OUTCOME;
	o.endpoint_seen = 1;
	o.endpoint_dose_ratio = 0.2;
	assert_int_equal(twin_learn(&t, &o, &why), ST_RANGE);
	o.endpoint_seen = 0;
	o.endpoint_dose_ratio = 5.0;
	assert_int_equal(twin_learn(&t, &o, &why), ST_RANGE);
	assert_memory_equal(&t, &before, sizeof t);
}

static void lessons_fill_up_and_say_so(void **state)
{
	(void)state;
	struct twin t = skin;
	struct twin_outcome o = depth_of("fraxel_dual.1927", 1.1);
	struct fail why = {0};
	for (int i = 0; i < TWIN_LESSONS_MAX; i++) {
		(void)snprintf(o.treatment, sizeof o.treatment, "treatment %d", i);
		MUST(twin_learn(&t, &o, &must_));
	}
	struct twin full = t;
	(void)snprintf(o.treatment, sizeof o.treatment, "one more");
	assert_int_equal(twin_learn(&t, &o, &why), ST_FULL);
	assert_memory_equal(&t, &full, sizeof t);
	char *json = NULL;
	MUST(twin_write(&full, &json, &must_));
	MUST(twin_read("twin", json, strlen(json), &t, &must_));
	assert_int_equal(t.lessons, TWIN_LESSONS_MAX);
	assert_memory_equal(t.lesson, full.lesson, sizeof t.lesson);
	free(json);
}

static void lessons_wear_off(void **state)
{
	(void)state;
	struct twin_outcome o = depth_of("fraxel_dual.1927", 1.3);
	struct twin t = taught(&o), later;
	const struct twin_interval years = {.days = 3652.5, .age_y = NAN, .sun = {.latitude_deg = NAN, .from_day_of_year = NAN}};
	MUST(twin_bring_forward(&t, &years, &later, &must_));
	assert_near(later.lesson[0].variance, 0.15 * 0.15 + 10.0 * 0.05 * 0.05, 1e-9);
	assert_near(later.lesson[0].read, t.lesson[0].read, 0.0);
}

static void files_of_lessons_are_read_and_refused(void **state)
{
	(void)state;
	struct twin_outcome o = depth_of("fraxel_dual.1927", 1.3);
	struct twin t = taught(&o), back;
	char *json = NULL;
	MUST(twin_write(&t, &json, &must_));
	static const char *const spoil[][2] = {{"depth_factor\",\"event", "dermis_um\",\"event"},
	                                       {"\"event\":-1", "\"event\":7"},
	                                       {"\"variance\":0.0", "\"variance\":-0.0"},
	                                       {"\"treatment\":\"first\"", "\"treatment\":1"},
	                                       {"\"treatment\":\"first\"", "\"treatmeant\":\"first\""}};
	for (size_t i = 0; i < sizeof spoil / sizeof spoil[0]; i++) {
		char *at = strstr(json, spoil[i][0]), bad[32768];
		struct fail why = {0};
		assert_non_null(at);
		(void)snprintf(bad, sizeof bad, "%.*s%s%s", (int)(at - json), json, spoil[i][1], at + strlen(spoil[i][0]));
		assert_true(twin_read("twin", bad, strlen(bad), &back, &why) != ST_OK);
		assert_true(why.text[0] != '\0');
	}
	free(json);
}

/* ---- a plan ---- */

static struct request scars = {
        .name = "A", .device_mode = "ultrapulse.deepfx", .indication = "acne_scars_atrophic", .zones = 1, .zone = {"cheeks"}};

static struct planning *plan_for(const struct twin *before, struct assessment *out)
{
	const struct predict_options options = {.samples = 3, .seed = SEED};
	static struct subject subject; /* borrowed by the planning */
	struct planning *p = NULL;
	subject = melasma->request[0].subject;
	subject.follows = true;
	subject.before = *before;
	struct settings lowest;
	MUST(planning_new(library, &subject, &scars, &options, &p, &must_));
	planning_default_settings(p, &lowest);
	MUST(planning_assess_to(p, &lowest, ASSESS_QUICK, out, &must_));
	return p;
}

static const struct learnt_line *line_of(const struct learnt *learnt, const char *factor)
{
	for (size_t i = 0; i < learnt->lines; i++)
		if (strcmp(learnt->line[i].factor, factor) == 0)
			return &learnt->line[i];
	return NULL;
}

static void a_plan_takes_lessons_of_its_own_kind_and_says_so(void **state)
{
	(void)state;
	static const struct {
		const char *device_mode;
		bool used;
	} rows[] = {{"ultrapulse.deepfx", true}, {"fraxel_dual.1550", false}, {"", false}, {"no_such.mode", false}};
	struct assessment without;
	struct planning *p = plan_for(&skin, &without);
	struct learnt learnt;
	learnt_of(library, &scars, planning_twin(p), &without, &learnt);
	assert_int_equal(learnt.lines, 0);
	planning_free(&p);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct twin_outcome o = depth_of(rows[i].device_mode, 1.3);
		struct twin t = taught(&o);
		struct assessment with;
		p = plan_for(&t, &with);
		learnt_of(library, &scars, planning_twin(p), &with, &learnt);
		assert_int_equal(learnt.lines, 1);
		const struct learnt_line *l = line_of(&learnt, "depth_factor");
		assert_int_equal(l->used, rows[i].used);
		const struct band *was = &without.prediction.metric[METRIC_ABLATION_DEPTH_UM];
		const struct band *is = &with.prediction.metric[METRIC_ABLATION_DEPTH_UM];
		assert_true(rows[i].used == (is->value > was->value));
		if (rows[i].used) {
			assert_near(l->without, was->value, 1e-9);
			assert_near(l->with, is->value, 1e-9);
			assert_string_equal(l->changes, "ablation_depth_um");
			assert_non_null(strstr(l->text, "from 1 treatment:"));
		} else {
			assert_same_band(is, was);
			assert_non_null(strstr(l->text, "not in this prediction"));
		}
		assessment_clear(&with);
		planning_free(&p);
	}
	assessment_clear(&without);
}

static bool raised(const struct assessment *a, const char *rule)
{
	for (size_t i = 0; i < a->findings.count; i++)
		if (strcmp(a->findings.finding[i].rule, rule) == 0)
			return true;
	return false;
}

/* PIH on record, slow healing and slow clearing: the check asks no more, visits move apart, there are more of them. */
static void a_hard_course_changes_check_and_course(void **state)
{
	(void)state;
	struct twin_outcome o = TWIN_NO_OUTCOME;
	o.pih = 1;
	o.pih_expected_frac = 0.044;
	o.erythema_days = 8;
	o.erythema_expected_days = 3;
	o.cleared_frac = 0.1;
	o.sessions = 2;
	o.cleared_expected_frac = 0.11;
	struct twin t = taught(&o);
	struct subject subject = melasma->request[0].subject;
	MUST(facts_clone(melasma->request[0].subject.answers, &subject.answers, &must_));
	MUST(facts_set_bool(subject.answers, "pih_history", false, &must_));
	for (int after = 0; after < 2; after++) {
		struct planning *p = NULL;
		struct assessment a;
		struct learnt learnt;
		subject.follows = true;
		subject.before = after ? t : skin;
		const struct predict_options options = {.samples = 1, .seed = SEED};
		struct request locked = melasma->request[0].request; /* judged by the rules alone: nothing to prepare */
		(void)snprintf(locked.device_mode, sizeof locked.device_mode, "lasemd.1927");
		memset(&locked.settings, 0, sizeof locked.settings);
		MUST(planning_new(library, &subject, &locked, &options, &p, &must_));
		MUST(planning_assess_to(p, &locked.settings, ASSESS_RULES, &a, &must_));
		assert_int_equal(raised(&a, "R-PIHX"), after);
		learnt_of(library, &melasma->request[0].request, planning_twin(p), &a, &learnt);
		if (after) {
			assert_true(line_of(&learnt, "healing_factor")->with > line_of(&learnt, "healing_factor")->without);
			assert_true(line_of(&learnt, "clearance_factor")->with > line_of(&learnt, "clearance_factor")->without);
			assert_true(line_of(&learnt, "pih_offset")->with > line_of(&learnt, "pih_offset")->without);
			assert_non_null(strstr(line_of(&learnt, "pih_offset")->text, "answered yes"));
			assert_true(learnt_interval_factor(&t) > 1.2);
		} else {
			assert_int_equal(learnt.lines, 0);
		}
		assessment_clear(&a);
		planning_free(&p);
	}
	subject_free(&subject);
	o = (struct twin_outcome)TWIN_NO_OUTCOME;
	o.erythema_days = 1;
	o.erythema_expected_days = 3;
	t = taught(&o);
	assert_near(learnt_interval_factor(&t), 1.0, 0.0); /* quick healing shortens nothing */
	assert_near(learnt_visits(&skin, 3.0), 3.0, 0.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deeper_column_deepens_the_next_and_narrows_it),
		cmocka_unit_test(an_endpoint_moves_the_target_and_never_calms_the_skin_beside_it),
		cmocka_unit_test(evidence_that_is_no_number_is_refused),
		cmocka_unit_test(the_same_word_counts_once_and_a_later_one_replaces_it),
		cmocka_unit_test(an_event_can_be_corrected),
		cmocka_unit_test(what_cannot_be_a_person_is_refused),
		cmocka_unit_test(lessons_fill_up_and_say_so),
		cmocka_unit_test(lessons_wear_off),
		cmocka_unit_test(files_of_lessons_are_read_and_refused),
		cmocka_unit_test(a_plan_takes_lessons_of_its_own_kind_and_says_so),
		cmocka_unit_test(a_hard_course_changes_check_and_course),
	};
	return cmocka_run_group_tests(tests, make_all, free_all);
}
