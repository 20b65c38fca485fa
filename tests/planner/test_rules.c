/* The rules: every one raised, just not raised, and raised by silence (rules_cases.json); the worked cases
 * S1-S3; the verdict; refusals of hostile data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/json.h"
#include "planner/safety/rules.h"
#include "planner/safety/ruleset.h"
#include "tests/planner/rules_cases.h"

#define RULES_REFERENCE 73 /* the published and design rules; more are ours */

static struct findings judge(const struct facts *facts, enum rule_phase phase)
{
	struct findings findings;
	struct fail why = {0};
	if (rules_evaluate(set, facts, phase, &findings, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return findings;
}

static const struct finding *find(const struct findings *findings, const char *rule, const char *outcome)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->finding[i].rule, rule) == 0 &&
		    (outcome == NULL || strcmp(outcome_name(findings->finding[i].outcome), outcome) == 0))
			return &findings->finding[i];
	return NULL;
}

/* --- one case after the other ----------------------------------------------------------------------- */

static bool names_question(const struct finding *finding, const char *question)
{
	for (size_t i = 0; i < finding->missing; i++)
		if (strcmp(finding->missing_fact[i]->name, question) == 0)
			return true;
	return false;
}

/* A rule raised by silence names the question, in the finding and in its text. */
static void check_silence(const struct finding *finding, const struct json_at *facts, size_t number)
{
	struct json_at at = {0};
	char text[2048];
	size_t id = 0;
	finding_text(finding, text, sizeof(text));
	while (json_object_each(facts, &at)) {
		if (json_kind(&at) != JSON_NULL || !facts_find(at.key, &id) || facts_spec(id)->kind != FACT_QUESTION)
			continue;
		if (!finding->unknown || !names_question(finding, at.key))
			fail_msg("case %zu, %s: does not name the unanswered question %s", number, finding->rule, at.key);
		if (strstr(text, facts_spec(id)->wording) == NULL)
			fail_msg("case %zu: '%s' does not ask '%s'", number, text, facts_spec(id)->wording);
	}
}

static void check_case(const struct json_at *at, size_t number)
{
	struct json_at facts_at = member(at, "facts"), outcome_at;
	const struct json_at rule_at = member(at, "rule"), base_at = member(at, "base"), raised_at = member(at, "raised");
	const char *rule = json_text(&rule_at);
	const char *outcome = json_find(at, "outcome", &outcome_at) ? json_text(&outcome_at) : NULL;
	bool raised = false;
	assert_int_equal(json_bool_at(&raised_at, &raised, NULL), ST_OK);
	struct facts *facts = facts_of_base(json_text(&base_at));
	set_facts(facts, &facts_at);
	struct findings findings = judge(facts, PHASE_START);
	const struct finding *finding = find(&findings, rule, outcome);
	if ((finding != NULL) != raised)
		fail_msg("case %zu: %s %s is %s", number, rule, outcome != NULL ? outcome : "",
		         raised ? "not raised" : "raised");
	if (finding != NULL)
		check_silence(finding, &facts_at, number);
	findings_clear(&findings);
	facts_free(&facts);
}

static void test_every_case(void **state)
{
	struct json_at list = member(&cases_root, "cases"), at = {0};
	(void)state;
	while (json_array_each(&list, &at))
		check_case(&at, at.index + 1);
}

struct seen {
	bool raised, not_raised;
};

static bool has_silence(const struct json_at *facts)
{
	struct json_at at = {0};
	while (json_object_each(facts, &at))
		if (json_kind(&at) == JSON_NULL)
			return true;
	return false;
}

static struct seen seen_in_cases(const char *rule)
{
	struct json_at list = member(&cases_root, "cases"), at = {0};
	struct seen seen = {0};
	while (json_array_each(&list, &at)) {
		struct json_at rule_at = member(&at, "rule"), raised_at = member(&at, "raised"), facts = member(&at, "facts");
		bool raised = false;
		if (strcmp(json_text(&rule_at), rule) != 0)
			continue;
		assert_int_equal(json_bool_at(&raised_at, &raised, NULL), ST_OK);
		seen.raised = seen.raised || (raised && !has_silence(&facts));
		seen.not_raised = seen.not_raised || !raised;
	}
	return seen;
}

static bool silence_seen(const char *rule, const char *question)
{
	struct json_at list = member(&cases_root, "cases"), at = {0}, found;
	while (json_array_each(&list, &at)) {
		struct json_at rule_at = member(&at, "rule"), raised_at = member(&at, "raised"), facts = member(&at, "facts");
		bool raised = false;
		assert_int_equal(json_bool_at(&raised_at, &raised, NULL), ST_OK);
		if (raised && strcmp(json_text(&rule_at), rule) == 0 && json_find(&facts, question, &found) &&
		    json_kind(&found) == JSON_NULL)
			return true;
	}
	return false;
}

static void check_questions(const struct rule *rule, const struct expr *when)
{
	for (size_t i = 0; i < expr_fact_count(when); i++) {
		const struct fact_spec *spec = facts_spec((size_t)expr_fact_id(when, i));
		size_t id = 0;
		if (spec->asked_as != NULL && facts_find(spec->asked_as, &id))
			spec = facts_spec(id);
		if (spec->kind == FACT_QUESTION && !silence_seen(rule->id, spec->name))
			fail_msg("%s asks %s: no case leaves it unanswered", rule->id, spec->name);
	}
}

static void test_cases_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < set->rules; i++) {
		const struct rule *rule = &set->rule[i];
		struct seen seen = seen_in_cases(rule->id);
		if (!seen.raised && rule->phase == PHASE_PLAN)
			fail_msg("%s: no case raises it with everything answered", rule->id);
		if (!seen.not_raised)
			fail_msg("%s: no case in which it is just not raised", rule->id);
		for (size_t b = 0; b < rule->branches; b++)
			check_questions(rule, rule->branch[b].when);
	}
}

/* The bases are what nothing objects to: otherwise "just not raised" would prove little. */
static void test_bases_are_allowed(void **state)
{
	struct json_at bases = member(&cases_root, "bases"), at = {0};
	(void)state;
	while (json_object_each(&bases, &at)) {
		struct facts *facts = facts_of_base(at.key);
		struct findings findings = judge(facts, PHASE_START);
		assert_int_equal(rules_verdict(&findings, PHASE_START), VERDICT_ALLOW);
		for (size_t i = 0; i < findings.count; i++)
			assert_true(findings.finding[i].outcome >= OUTCOME_REQUIRE);
		findings_clear(&findings);
		facts_free(&facts);
	}
}

/* With nothing answered, every modality is refused, and silence alone never lets a plan through. */
static void test_silence_never_allows(void **state)
{
	struct json_at bases = member(&cases_root, "bases"), at = {0};
	(void)state;
	while (json_object_each(&bases, &at)) {
		struct facts *facts = NULL;
		assert_int_equal(facts_new(&facts, NULL), ST_OK);
		set_facts(facts, &at);
		struct findings findings = judge(facts, PHASE_PLAN);
		assert_true(rules_verdict(&findings, PHASE_PLAN) >= VERDICT_BLOCK_MD);
		findings_clear(&findings);
		facts_free(&facts);
	}
}

static void check_more_silence(struct facts *facts, enum verdict before)
{
	for (size_t id = 0; id < facts_spec_count(); id++) {
		struct facts *copy = NULL;
		if (facts_spec(id)->kind != FACT_QUESTION)
			continue;
		assert_int_equal(facts_clone(facts, &copy, NULL), ST_OK);
		assert_int_equal(facts_set_unanswered(copy, facts_spec(id)->name, NULL), ST_OK);
		struct findings findings = judge(copy, PHASE_PLAN);
		if (rules_verdict(&findings, PHASE_PLAN) < before)
			fail_msg("leaving %s unanswered weakens the verdict", facts_spec(id)->name);
		findings_clear(&findings);
		facts_free(&copy);
	}
}

/* Taking an answer "no" away never weakens the verdict. */
static void test_less_answered_is_not_weaker(void **state)
{
	struct json_at bases = member(&cases_root, "bases"), at = {0};
	(void)state;
	while (json_object_each(&bases, &at)) {
		struct facts *facts = facts_of_base(at.key);
		struct findings findings = judge(facts, PHASE_PLAN);
		check_more_silence(facts, rules_verdict(&findings, PHASE_PLAN));
		findings_clear(&findings);
		facts_free(&facts);
	}
}

/* --- the worked cases ------------------------------------------------------------------------------- */

static void set_text(struct facts *facts, const char *name, const char *text)
{
	assert_int_equal(facts_set_text(facts, name, text, NULL), ST_OK);
}

static void set_number(struct facts *facts, const char *name, double number)
{
	struct fail why = {0};
	if (facts_set_number(facts, name, number, &why) != ST_OK)
		fail_msg("%s: %s", name, why.text);
}

static void set_bool(struct facts *facts, const char *name, bool truth)
{
	assert_int_equal(facts_set_bool(facts, name, truth, NULL), ST_OK);
}

static void set_one(struct facts *facts, const char *name, const char *item)
{
	assert_int_equal(facts_set_list(facts, name, &item, 1, NULL), ST_OK);
}

static struct facts *person(const char *sex, double age_y, int fitz, double tan_mi_rel)
{
	struct facts *facts = NULL;
	assert_int_equal(facts_new(&facts, NULL), ST_OK);
	set_text(facts, "sex", sex);
	set_number(facts, "age_y", age_y);
	set_number(facts, "fitz", fitz);
	set_number(facts, "tan_mi_rel", tan_mi_rel);
	set_number(facts, "mi_measured_days_ago", 0.0);
	set_number(facts, "readings_age_max_days", 0.0);
	set_number(facts, "setting_issues", 0.0);
	return facts;
}

static void set_mode(struct facts *facts, const char *modality, const char *device_mode, double nm,
                     const char *indication, const char *zone)
{
	set_text(facts, "modality", modality);
	set_text(facts, "device_mode", device_mode);
	set_text(facts, "indication", indication);
	set_one(facts, "zones", zone);
	if (!isnan(nm))
		set_number(facts, "wavelength_nm", nm);
	const char *class = limits_mode_class(ruleset_limits(set), device_mode, modality, nm, true);
	assert_non_null(class);
	set_text(facts, "mode_class", class);
}

static void set_dose(struct facts *facts, double energy_mJ, double coverage_sum_pct, double passes)
{
	set_number(facts, "energy_mJ", energy_mJ);
	set_number(facts, "coverage_sum_pct", coverage_sum_pct);
	set_number(facts, "passes", passes);
	set_bool(facts, "full_field", false);
}

static void expect_raised(const struct findings *findings, const char *rule, const char *outcome)
{
	if (find(findings, rule, outcome) == NULL)
		fail_msg("%s %s is not raised", rule, outcome);
}

static void expect_not(const struct findings *findings, const char *rule)
{
	if (find(findings, rule, NULL) != NULL)
		fail_msg("%s is raised", rule);
}

static void expect_verdict(const struct findings *findings, const char *verdict)
{
	assert_string_equal(verdict_name(rules_verdict(findings, PHASE_PLAN)), verdict);
}

/* Skin II acne scars, CO2 15 mJ 10 % on the cheeks: allowed with antiviral; 206 against 200 is no tan. */
static void test_s1_accepted(void **state)
{
	static const char *const start[] = {"R-EYE-1", "R-PLUME", "R-CONS", "R-CAL"};
	struct facts *facts = person("F", 29.0, 2, 206.0 / 200.0 - 1.0);
	(void)state;
	set_mode(facts, "afl", "ultrapulse.deepfx", 10600.0, "acne_scars_atrophic", "cheeks");
	set_dose(facts, 15.0, 10.0, 1.0);
	set_number(facts, "isotretinoin_stopped_days_ago", 425.0);
	set_bool(facts, "hsv_labialis", true);
	set_number(facts, "uv_last_days", 45.0);
	facts_answer_all_other_questions_no(facts);
	struct findings findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "ALLOW");
	expect_raised(&findings, "R-HSV-2", "REQUIRE");
	expect_not(&findings, "R-ISO-1");
	expect_not(&findings, "R-ISO-2");
	expect_not(&findings, "R-TAN-1");
	for (size_t i = 0; i < 4; i++) {
		const struct finding *finding = find(&findings, start[i], NULL);
		assert_non_null(finding);
		assert_int_equal(finding->phase, PHASE_START);
	}
	findings_clear(&findings);
	facts_free(&facts);
}

static const struct finding *find_in_zone(const struct findings *findings, const char *rule, const char *zone)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->finding[i].rule, rule) == 0 && strcmp(findings->finding[i].zone, zone) == 0)
			return &findings->finding[i];
	return NULL;
}

static void expect_numbers(const struct finding *finding, double value, double limit)
{
	assert_non_null(finding);
	assert_true(finding->has_value && finding->value == value);
	assert_true(finding->has_limit && finding->limit == limit);
}

/* 30 mJ, 2 x 25 % on cheeks and neck: refused, with the neck injuries cited and each zone's own numbers. */
static void test_s1_refused(void **state)
{
	static const char *const zones[] = {"cheeks", "neck"};
	static const char cite[] = "neck hypertrophic scars at 30 mJ/25% and 20 mJ/30% (V87)";
	struct facts *facts = person("F", 29.0, 2, 206.0 / 200.0 - 1.0);
	char text[2048];
	(void)state;
	set_mode(facts, "afl", "ultrapulse.deepfx", 10600.0, "acne_scars_atrophic", "cheeks");
	assert_int_equal(facts_set_list(facts, "zones", zones, 2, NULL), ST_OK);
	set_dose(facts, 30.0, 50.0, 2.0);
	facts_answer_all_other_questions_no(facts);
	struct findings findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "BLOCK_MD");
	expect_numbers(find_in_zone(&findings, "R-ZONE", "neck"), 30.0, 10.0);
	expect_numbers(find_in_zone(&findings, "R-COV", "cheeks"), 50.0, 25.0);
	expect_numbers(find_in_zone(&findings, "R-COV", "neck"), 50.0, 10.0);
	expect_numbers(find_in_zone(&findings, "R-ENERGY", "neck"), 30.0, 10.0);
	assert_null(find_in_zone(&findings, "R-ZONE", "cheeks"));
	assert_null(find_in_zone(&findings, "R-ENERGY", "cheeks")); /* 30 is the limit there */
	assert_non_null(strstr(finding_text(find(&findings, "R-ZONE", "MODIFY"), text, sizeof(text)), cite));
	assert_non_null(strstr(finding_text(find(&findings, "R-COV", "BLOCK_MD"), text, sizeof(text)), cite));
	assert_non_null(strstr(text, "50 %, limit 25 %"));
	findings_clear(&findings);
	facts_free(&facts);
}

static struct facts *melasma_patient(const char *device_mode, double energy_mJ, double coverage_pct, double passes)
{
	struct facts *facts = person("F", 38.0, 4, 372.0 / 365.0 - 1.0); /* never the lesion's 480 */
	set_mode(facts, "nafl", device_mode, 1927.0, "melasma", "cheeks");
	set_dose(facts, energy_mJ, coverage_pct, passes);
	set_bool(facts, "pih_history", true);
	set_one(facts, "drugs", "oral contraceptive");
	set_number(facts, "uv_last_days", 36.0);
	facts_answer_all_other_questions_no(facts);
	return facts;
}

static void test_s2_too_dense(void **state)
{
	struct facts *facts = melasma_patient("fraxel_dual.1927", 20.0, 55.0, 8.0);
	char text[2048];
	(void)state;
	set_bool(facts, "cleared_listed", true);
	set_bool(facts, "cleared_use", false);
	struct findings findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "BLOCK_MD");
	assert_int_equal(findings.recorded_type, 4);
	assert_int_equal(findings.effective_type, 5); /* earlier PIH: the V row */
	expect_numbers(find(&findings, "R-MEL-LIM", "BLOCK_MD"), 55.0, 20.0);
	expect_numbers(find(&findings, "R-ENERGY", "BLOCK_MD"), 20.0, 10.0);
	finding_text(find(&findings, "R-MEL-LIM", NULL), text, sizeof(text));
	assert_non_null(strstr(text, "20 mJ/20% gave more PIH than 20 mJ/5% (V42)"));
	findings_clear(&findings);
	facts_free(&facts);
}

static void test_s2_after_the_dermatologist(void **state)
{
	struct facts *facts = melasma_patient("fraxel_dual.1927", 10.0, 20.0, 6.0);
	(void)state;
	set_bool(facts, "cleared_listed", true);
	set_bool(facts, "cleared_use", false);
	struct findings findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "ALLOW_AFTER_MD");
	expect_raised(&findings, "R-OFFUSE", "MD_DECISION");
	assert_string_equal(find(&findings, "R-OFFUSE", NULL)->source, "device profile"); /* no entry was given */
	expect_raised(&findings, "R-TEST", "REQUIRE");
	expect_raised(&findings, "R-PIHX", "MODIFY");
	expect_raised(&findings, "R-MEL-REL", "INFO"); /* the contraceptive: a relapse factor, not a stop */
	expect_not(&findings, "R-TAN-1");
	assert_true(find(&findings, "R-TEST", NULL)->value == 14.0);
	findings_clear(&findings);
	facts_free(&facts);
}

static void test_off_label_cites_the_devices_own_entries(void **state)
{
	static const char *const entries[] = {"V4", "V6"};
	struct facts *facts = melasma_patient("fraxel_dual.1927", 10.0, 20.0, 6.0);
	(void)state;
	set_bool(facts, "cleared_listed", true);
	set_bool(facts, "cleared_use", false);
	assert_int_equal(facts_set_list(facts, "clearance_sources", entries, 2, NULL), ST_OK);
	struct findings findings = judge(facts, PHASE_PLAN);
	assert_string_equal(find(&findings, "R-OFFUSE", NULL)->source, "V4, V6");
	findings_clear(&findings);
	facts_free(&facts);
}

/* In the words that were typed, and those alone that the table does not have. */
static void test_unknown_medicines_are_named(void **state)
{
	static const char *const said[] = {"aspirin 100 mg; Unheardofumab 10 mg", "unobtainium"};
	static const char longest[] = "a medicine whose name goes on and on up to the longest there is";
	const char *many[FACT_ITEMS_MAX];
	struct facts *facts = melasma_patient("fraxel_dual.1927", 10.0, 20.0, 6.0);
	(void)state;
	assert_int_equal(facts_set_list(facts, "drugs", said, 2, NULL), ST_OK);
	struct findings findings = judge(facts, PHASE_PLAN);
	const struct finding *found = find(&findings, "R-DRUG", "CAUTION");
	assert_non_null(found);
	assert_non_null(strstr(found->message, ": Unheardofumab 10 mg, unobtainium."));
	assert_null(strstr(found->message, "aspirin"));
	assert_true(found->value == 2.0);
	findings_clear(&findings);
	for (size_t i = 0; i < FACT_ITEMS_MAX; i++)
		many[i] = longest;
	assert_int_equal(facts_set_list(facts, "drugs", many, FACT_ITEMS_MAX, NULL), ST_OK);
	findings = judge(facts, PHASE_PLAN);
	found = find(&findings, "R-DRUG", "CAUTION");
	assert_non_null(strstr(found->message, longest));
	assert_non_null(strstr(found->message, " .... Nothing was judged")); /* what does not fit is said to be more */
	findings_clear(&findings);
	assert_int_equal(facts_set_unanswered(facts, "drugs", NULL), ST_OK);
	findings = judge(facts, PHASE_PLAN);
	assert_non_null(strstr(find(&findings, "R-DRUG", NULL)->message, "not answered"));
	findings_clear(&findings);
	facts_free(&facts);
}

static void test_s2_permea(void **state)
{
	struct facts *facts = melasma_patient("clear_brilliant.1927", 5.0, 7.5, 6.0);
	(void)state;
	set_number(facts, "interval_days", 14.0);
	set_number(facts, "visits", 6.0);
	struct findings findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "ALLOW");
	expect_raised(&findings, "R-TEST", "REQUIRE");
	expect_raised(&findings, "R-OFFUSE", "INFO"); /* clearance not on file */
	findings_clear(&findings);
	facts_free(&facts);
}

static struct facts *pacemaker_patient(const char *modality, const char *device_mode, double nm)
{
	struct facts *facts = person("M", 66.0, 3, 300.0 / 282.0 - 1.0);
	set_mode(facts, modality, device_mode, nm, "laxity_lower_face", "lower face");
	set_one(facts, "active_implants", "dual-chamber pacemaker");
	set_one(facts, "passive_metal", "dental implants");
	set_one(facts, "drugs", "apixaban");
	set_number(facts, "uv_last_days", 60.0);
	facts_answer_all_other_questions_no(facts);
	return facts;
}

static void test_s3_pacemaker(void **state)
{
	struct facts *facts = pacemaker_patient("rf_mono", "thermage_flx.total_tip", (double)NAN);
	(void)state;
	struct findings findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "BLOCK");
	expect_raised(&findings, "R-RF-1", "BLOCK");
	expect_raised(&findings, "R-RF-2", "CAUTION"); /* dental metal */
	assert_null(find(&findings, "R-RF-2", "BLOCK_MD"));
	findings_clear(&findings);
	/* D: the implant question is not answered */
	assert_int_equal(facts_set_unanswered(facts, "active_implants", NULL), ST_OK);
	findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "BLOCK");
	assert_true(find(&findings, "R-RF-1", "BLOCK")->unknown);
	findings_clear(&findings);
	facts_free(&facts);
	/* B: needles too */
	facts = pacemaker_patient("rf_mn", "morpheus8.face24", (double)NAN);
	set_number(facts, "depth_um", 3000.0);
	set_number(facts, "energy_mJ_pin", 20.0);
	set_number(facts, "dermis_um_p05", 1350.0);
	findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "BLOCK");
	expect_raised(&findings, "R-RF-1", "BLOCK");
	expect_raised(&findings, "R-ACOAG", "CAUTION");
	expect_raised(&findings, "R-RF-4", "BLOCK_MD");
	findings_clear(&findings);
	facts_free(&facts);
}

static void test_s3_laser_instead(void **state)
{
	struct facts *facts = pacemaker_patient("nafl", "fraxel_dual.1550", 1550.0);
	(void)state;
	set_dose(facts, 40.0, 20.0, 8.0);
	set_bool(facts, "cleared_listed", true);
	set_bool(facts, "cleared_use", false);
	struct findings findings = judge(facts, PHASE_PLAN);
	expect_verdict(&findings, "ALLOW_AFTER_MD");
	expect_raised(&findings, "R-OFFUSE", "MD_DECISION");
	expect_not(&findings, "R-RF-1");
	expect_not(&findings, "R-RF-2");
	findings_clear(&findings);
	facts_free(&facts);
}

/* --- verdict and words ------------------------------------------------------------------------------ */

static void test_verdict_of_every_outcome(void **state)
{
	static const char *const verdict[OUTCOMES] = {"BLOCK", "BLOCK_MD", "ALLOW_AFTER_MD", "DEFER", "ALLOW", "ALLOW",
	                                              "ALLOW", "ALLOW"};
	(void)state;
	for (unsigned i = 0; i < OUTCOMES; i++) {
		enum outcome parsed;
		assert_string_equal(verdict_name(verdict_of_outcome((enum outcome)i)), verdict[i]);
		assert_true(outcome_parse(outcome_name((enum outcome)i), &parsed) && parsed == (enum outcome)i);
		assert_true(strlen(outcome_meaning((enum outcome)i)) > 5);
	}
}

/* Every set of outcomes in both phases: the strongest plan finding decides, and one more never weakens. */
static void test_verdict_is_monotone(void **state)
{
	(void)state;
	for (unsigned mask = 0; mask < 1u << (2 * OUTCOMES); mask += 7) {
		struct finding finding[2 * OUTCOMES + 1] = {{0}};
		struct findings findings = {.finding = finding};
		for (unsigned i = 0; i < 2 * OUTCOMES; i++)
			if (mask & (1u << i))
				finding[findings.count++] = (struct finding){.outcome = (enum outcome)(i % OUTCOMES),
				                                             .phase = i < OUTCOMES ? PHASE_PLAN : PHASE_START};
		enum verdict plan = rules_verdict(&findings, PHASE_PLAN), start = rules_verdict(&findings, PHASE_START);
		assert_true(start >= plan);
		for (unsigned i = 0; i < 2 * OUTCOMES; i++) {
			finding[findings.count] = (struct finding){.outcome = (enum outcome)(i % OUTCOMES),
			                                           .phase = i < OUTCOMES ? PHASE_PLAN : PHASE_START};
			findings.count++;
			assert_true(rules_verdict(&findings, PHASE_PLAN) >= plan);
			assert_true(rules_verdict(&findings, PHASE_START) >= start);
			findings.count--;
		}
	}
}

static void test_every_rule_explains_itself(void **state)
{
	char text[4096];
	size_t index = 0;
	(void)state;
	assert_true(ruleset_count(set) >= RULES_REFERENCE);
	for (size_t i = 0; i < ruleset_count(set); i++) {
		struct rule_info info = ruleset_info(set, i);
		assert_true(ruleset_find(set, info.id, &index) && index == i);
		assert_true(strlen(info.message) > 10 && strlen(info.source) > 0 && strlen(info.origin) > 0);
		rules_source_text(set, info.source, text, sizeof(text));
		if (strncmp(info.source, "V", 1) == 0)
			assert_non_null(strstr(text, ": "));
	}
	assert_string_equal(rules_source_text(set, "V87, K", text, sizeof(text)),
	                    "V87: Avram 2009 (hypertrophic scars of the neck after fractional CO2); K");
	assert_string_equal(rules_source_text(set, "V87, K", text, 6), "V87: ");
}

static void test_finding_text_is_cut_not_overrun(void **state)
{
	struct facts *facts = facts_of_base("afl");
	char text[40];
	(void)state;
	set_number(facts, "coverage_sum_pct", 26.0);
	struct findings findings = judge(facts, PHASE_PLAN);
	const struct finding *finding = find(&findings, "R-COV", "BLOCK_MD");
	assert_non_null(finding);
	for (size_t size = 1; size <= sizeof(text); size++) {
		memset(text, '#', sizeof(text));
		finding_text(finding, text, size);
		assert_true(strlen(text) < size);
		assert_int_equal(strncmp(text, "R-COV BLOCK_MD cheeks: 26 %, limit 25 %. ", strlen(text)), 0);
	}
	findings_clear(&findings);
	facts_free(&facts);
}

/* Superficial CO2 is not judged by the limits of deep beams, though its profile may say the wider class. */
static void test_named_mode_has_its_class(void **state)
{
	struct facts *facts = facts_of_base("afl");
	(void)state;
	assert_true(rules_limit(set, facts, "cheeks", "energy_max_mJ").value == 30.0);
	set_text(facts, "device_mode", "ultrapulse.activefx");
	assert_false(rules_limit(set, facts, "cheeks", "energy_max_mJ").row);
	assert_true(rules_limit(set, facts, "cheeks", "coverage_total_pct").value == 25.0);
	facts_free(&facts);
}

/* Types shift one row per raised rule and stop at VI; unknown stays unknown. */
static void test_effective_type(void **state)
{
	struct facts *facts = facts_of_base("nafl");
	(void)state;
	assert_int_equal(rules_effective_type(set, facts), 2);
	set_bool(facts, "pih_history", true);
	assert_int_equal(rules_effective_type(set, facts), 3);
	set_number(facts, "tan_mi_rel", 0.3);
	set_bool(facts, "tan_accepted", true);
	assert_int_equal(rules_effective_type(set, facts), 4);
	assert_true(rules_limit(set, facts, "cheeks", "energy_max_mJ").value == 40.0);
	assert_true(fabs(rules_limit(set, facts, "Neck", "coverage_total_pct").value - 12.0) < 1e-12);
	set_number(facts, "fitz", 6.0);
	assert_int_equal(rules_effective_type(set, facts), 6);
	assert_int_equal(facts_set_absent(facts, "fitz", NULL), ST_OK);
	assert_int_equal(rules_effective_type(set, facts), 0);
	assert_false(rules_limit(set, facts, "cheeks", "energy_max_mJ").known);
	facts_free(&facts);
}

static void test_required_facts(void **state)
{
	static const char *const required[] = {"modality", "indication", "zones"};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct facts *facts = facts_of_base("nafl");
		struct findings findings = {0};
		struct fail why = {0};
		assert_int_equal(facts_set_absent(facts, required[i], NULL), ST_OK);
		assert_int_equal(rules_evaluate(set, facts, PHASE_PLAN, &findings, &why), ST_INPUT);
		assert_string_equal(why.field, required[i]);
		assert_null(findings.finding);
		facts_free(&facts);
	}
}

static void test_requirements_can_be_met(void **state)
{
	struct facts *facts = facts_of_base("afl");
	(void)state;
	struct findings findings = judge(facts, PHASE_START);
	assert_false(find(&findings, "R-HSV-2", "REQUIRE")->done);
	findings_clear(&findings);
	set_bool(facts, "antiviral_recorded", true);
	findings = judge(facts, PHASE_START);
	assert_true(find(&findings, "R-HSV-2", NULL)->done);
	findings_clear(&findings);
	facts_free(&facts);
}

/* --- hostile data ----------------------------------------------------------------------------------- */

#define RULE(members) "{\"schema\":\"lasertwin-rules/1\",\"rules\":[{\"id\":\"R-X\",\"name\":\"x\"," members "}]}"
#define USUAL "\"modalities\":[\"afl\"],\"phase\":\"plan\",\"outcome\":\"BLOCK\",\"origin\":\"LABEL\"," \
	"\"source\":[\"V87\"],\"conf\":\"high\",\"message\":\"m\""

static enum status parse_with_rules(const char *rules, struct fail *why)
{
	struct ruleset_files files = {.rules = {"rules.json", rules, strlen(rules)}};
	struct ruleset *parsed = NULL;
	char *limits = read_profile("limits.json", &files.limits.length);
	char *drugs = read_profile("drugs.json", &files.drugs.length);
	char *sources = read_profile("sources.json", &files.sources.length);
	files.limits.text = limits, files.limits.file = "limits.json";
	files.drugs.text = drugs, files.drugs.file = "drugs.json";
	files.sources.text = sources, files.sources.file = "sources.json";
	enum status status = ruleset_parse(&files, &parsed, why);
	assert_true((status == ST_OK) == (parsed != NULL));
	ruleset_free(&parsed);
	free(limits);
	free(drugs);
	free(sources);
	return status;
}

static void test_hostile_rules_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} row[] = {
		{RULE(USUAL ",\"when\":\"nothing > 1\""), "R-X.when, column 1"},
		{RULE(USUAL ",\"when\":\"keloid > 1\""), "compared"},
		{RULE(USUAL ",\"when\":\"known(keloid)\""), "must raise"},
		{RULE(USUAL ",\"when\":\"age_y > limit('no such')\""), "no quantity"},
		{RULE(USUAL ",\"when\":\"age_y\""), "wants a bool"},
		{RULE(USUAL ",\"when\":true"), "when"},
		{RULE(USUAL), "no condition"},
		{RULE(USUAL ",\"when\":\"true\",\"value\":\"keloid\""), "R-X.value"},
		{RULE(USUAL ",\"when\":\"true\",\"overide\":1"), "overide"},
		{RULE(USUAL ",\"when\":\"true\",\"limits_type_shift\":1"), "MODIFY"},
		{RULE(USUAL ",\"when\":\"true\",\"variants\":[{\"when\":\"true\",\"outcome\":\"MAYBE\",\"message\":\"m\"}]"),
		 "MAYBE"},
		{RULE("\"modalities\":[\"afl\"],\"phase\":\"plan\",\"outcome\":\"BLOCK\",\"origin\":\"LABEL\",\"source\":[\"V87\"],"
		      "\"conf\":\"high\",\"message\":\"m {nothing} m\",\"when\":\"true\""), "{nothing"},
		{RULE("\"modalities\":[\"afl\"],\"phase\":\"plan\",\"outcome\":\"BLOCK\",\"origin\":\"LABEL\",\"source\":[\"V87\"],"
		      "\"conf\":\"high\",\"message\":\"m {drugs\",\"when\":\"true\""), "{drugs"},
		{RULE(USUAL ",\"source_from\":\"age_y\",\"when\":\"true\""), "age_y"},
		{RULE("\"modalities\":[],\"phase\":\"plan\""), "no modality"},
		{RULE("\"modalities\":[\"ipl\"],\"phase\":\"plan\""), "ipl"},
		{RULE("\"modalities\":[\"afl\"],\"phase\":\"plan\",\"outcome\":\"BLOCK\",\"origin\":\"LABEL\",\"source\":[\"V999\"],"
		      "\"conf\":\"high\",\"message\":\"m\",\"when\":\"true\""), "V999"},
		{"{\"schema\":\"lasertwin-rules/1\",\"rules\":[]}", "no rule"},
		{"{\"schema\":\"lasertwin-rules/9\",\"rules\":[]}", "lasertwin-rules/1"},
		{"{\"schema\":\"lasertwin-rules/1\",\"rules\":[{\"id\":\"R-X\",\"id\":\"R-Y\"}]}", "id"},
		{"not json", ""},
	};
	(void)state;
	struct fail good = {0};
	assert_int_equal(parse_with_rules(RULE(USUAL ",\"when\":\"age_y > 1\""), &good), ST_OK);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct fail why = {0};
		if (parse_with_rules(row[i].text, &why) == ST_OK)
			fail_msg("taken: %s", row[i].text);
		if (strstr(why.text, row[i].says) == NULL && strstr(why.field, row[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", why.text, row[i].says);
	}
}

static void test_missing_folder(void **state)
{
	struct ruleset *none = NULL;
	struct fail why = {0};
	(void)state;
	assert_int_equal(ruleset_load("profiles/no-such-folder", &none, &why), ST_IO);
	assert_null(none);
}

/* --- hazards ---------------------------------------------------------------------------------------- */

static struct json_doc *parse_profile(const char *name)
{
	size_t length = 0;
	char *text = read_profile(name, &length);
	struct json_doc *doc = NULL;
	struct fail why = {0};
	if (json_parse(name, text, length, &doc, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	free(text);
	return doc;
}

static void test_hazards_link_to_rules(void **state)
{
	struct json_doc *doc = parse_profile("hazards.json");
	struct json_at root = json_root(doc), hazards = member(&root, "hazards"), at = {0};
	(void)state;
	assert_int_equal(json_count(&hazards), 36);
	while (json_array_each(&hazards, &at)) {
		struct json_at rules = member(&at, "rules"), rule = {0};
		size_t index = 0;
		while (json_array_each(&rules, &rule))
			if (strcmp(json_text(&rule), "*") != 0 && !ruleset_find(set, json_text(&rule), &index))
				fail_msg("hazard %zu names rule %s", at.index + 1, json_text(&rule));
	}
	json_free(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_case),
		cmocka_unit_test(test_cases_are_complete),
		cmocka_unit_test(test_bases_are_allowed),
		cmocka_unit_test(test_silence_never_allows),
		cmocka_unit_test(test_less_answered_is_not_weaker),
		cmocka_unit_test(test_s1_accepted),
		cmocka_unit_test(test_s1_refused),
		cmocka_unit_test(test_s2_too_dense),
		cmocka_unit_test(test_s2_after_the_dermatologist),
		cmocka_unit_test(test_s2_permea),
		cmocka_unit_test(test_off_label_cites_the_devices_own_entries),
		cmocka_unit_test(test_unknown_medicines_are_named),
		cmocka_unit_test(test_s3_pacemaker),
		cmocka_unit_test(test_s3_laser_instead),
		cmocka_unit_test(test_verdict_of_every_outcome),
		cmocka_unit_test(test_verdict_is_monotone),
		cmocka_unit_test(test_every_rule_explains_itself),
		cmocka_unit_test(test_finding_text_is_cut_not_overrun),
		cmocka_unit_test(test_effective_type),
		cmocka_unit_test(test_named_mode_has_its_class),
		cmocka_unit_test(test_required_facts),
		cmocka_unit_test(test_requirements_can_be_met),
		cmocka_unit_test(test_hostile_rules_are_refused),
		cmocka_unit_test(test_missing_folder),
		cmocka_unit_test(test_hazards_link_to_rules),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
