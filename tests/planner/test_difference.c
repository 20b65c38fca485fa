/* Differences between plan versions: what changed, first things first; nothing for equal ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/difference.h"

#define PLAN(energy, verdict, rules, depth) \
	"{\"name\":\"A\",\"device\":\"ultrapulse.deepfx\",\"indication\":\"acne_scars\",\"zones\":[\"cheeks\",\"nose\"]," \
	"\"settings\":{\"passes\":1,\"energy_mJ\":" energy ",\"density_pct\":10},\"verdict\":\"" verdict "\",\"rules\":[" rules \
	"],\"numbers\":{\"mean_fluence_J_cm2\":13.3},\"predictions\":{\"ablation_depth_um\":{\"value\":" depth \
	",\"p05\":400,\"p95\":600}},\"models\":{\"light\":\"mc\"},\"versions\":{\"lasertwin\":\"0.1.0\"}}"
#define RULE(id, outcome, value) \
	"{\"id\":\"" id "\",\"name\":\"n\",\"outcome\":\"" outcome "\",\"zone\":\"neck\",\"value\":" value ",\"limit\":10," \
	"\"unit\":\"%\"}"

static struct difference_side side(const char *plan)
{
	return (struct difference_side){.plan = plan, .plan_len = strlen(plan)};
}

static void equal_versions_do_not_differ(void **state)
{
	(void)state;
	const struct difference_side a = side(PLAN("15", "ALLOW", RULE("R-COV", "BLOCK_MD", "12"), "500"));
	struct difference d;
	struct fail why = {0};
	assert_int_equal(difference_of(&a, &a, &d, &why), ST_OK);
	assert_int_equal(d.count, 0);
	assert_int_equal(d.same, 12);
	difference_free(&d);
}

static void expect(const struct difference_line *line, enum difference_section section, const char *key,
                   const char *before, const char *after)
{
	assert_int_equal(line->section, section);
	assert_string_equal(line->key, key);
	assert_string_equal(line->before, before);
	assert_string_equal(line->after, after);
}

static void changes_come_settings_first(void **state)
{
	(void)state;
	const struct difference_side a = side(PLAN("15", "ALLOW", RULE("R-COV", "BLOCK_MD", "12"), "500"));
	const struct difference_side b =
	        side(PLAN("17.5", "BLOCK_MD", RULE("R-COV", "BLOCK_MD", "14") "," RULE("R-X", "INFO", "1"), "520.5"));
	struct difference d;
	struct fail why = {0};
	assert_int_equal(difference_of(&a, &b, &d, &why), ST_OK);
	assert_int_equal(d.count, 5);
	expect(&d.line[0], DIFFERENCE_SETTINGS, "energy_mJ", "15 mJ", "17.5 mJ");
	expect(&d.line[1], DIFFERENCE_VERDICT, "verdict", "ALLOW", "BLOCK_MD");
	expect(&d.line[2], DIFFERENCE_FINDINGS, "R-COV neck", "BLOCK_MD 12 against 10 %", "BLOCK_MD 14 against 10 %");
	expect(&d.line[3], DIFFERENCE_FINDINGS, "R-X neck", "", "INFO 1 against 10 %");
	expect(&d.line[4], DIFFERENCE_PREDICTION, "ablation_depth_um", "500 [400..600] um", "520.5 [400..600] um");
	difference_free(&d);
}

static void readings_and_twins_are_compared(void **state)
{
	(void)state;
	struct difference_side a = side(PLAN("15", "ALLOW", "", "500")), b = a;
	a.readings = "{\"patient\":{\"ita_deg\":20,\"fitz\":\"IV\"},\"history\":{\"keloid\":null,\"drugs\":[\"a\",\"b\"]}}";
	b.readings = "{\"patient\":{\"ita_deg\":14,\"fitz\":\"IV\"},\"history\":{\"keloid\":false}}";
	a.twin = "{\"properties\":{\"melanin_frac\":{\"median\":0.08,\"sd\":0.01}}}";
	b.twin = "{\"properties\":{\"melanin_frac\":{\"median\":0.09,\"sd\":0.01}}}";
	a.readings_len = strlen(a.readings);
	b.readings_len = strlen(b.readings);
	a.twin_len = b.twin_len = strlen(a.twin);
	struct difference d;
	struct fail why = {0};
	assert_int_equal(difference_of(&a, &b, &d, &why), ST_OK);
	assert_int_equal(d.count, 4);
	expect(&d.line[0], DIFFERENCE_READINGS, "ita_deg", "20", "14");
	expect(&d.line[1], DIFFERENCE_ANSWERS, "drugs", "a, b", "");
	expect(&d.line[2], DIFFERENCE_ANSWERS, "keloid", "not answered", "no");
	expect(&d.line[3], DIFFERENCE_TWIN, "melanin_frac", "0.08 (sd 0.01)", "0.09 (sd 0.01)");
	difference_free(&d);
}

/* Long values are cut, deep ones are flat, wrong ones refused: nothing overruns. */
static void hostile_documents(void **state)
{
	(void)state;
	static char text[5000];
	struct difference d;
	struct fail why = {0};
	(void)snprintf(text, sizeof text, "{\"settings\":{\"%0*d\":\"%0*d\"},\"rules\":[1,\"x\",{\"id\":{}},[]]}", 900, 1, 3000, 2);
	const struct difference_side a = side(text), b = side("{}"), bad = side("{\"settings\":"), list = side("[1]");
	assert_int_equal(difference_of(&a, &b, &d, &why), ST_OK);
	assert_int_equal(strlen(d.line[0].key), DIFFERENCE_KEY_MAX - 1);
	assert_int_equal(strlen(d.line[0].before), DIFFERENCE_VALUE_MAX - 1);
	difference_free(&d);
	assert_int_equal(difference_of(&list, &b, &d, &why), ST_OK);
	assert_int_equal(d.count, 0);
	difference_free(&d);
	assert_int_equal(difference_of(&bad, &b, &d, &why), ST_INPUT);
	difference_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(equal_versions_do_not_differ),
	        cmocka_unit_test(changes_come_settings_first),
	        cmocka_unit_test(readings_and_twins_are_compared),
	        cmocka_unit_test(hostile_documents),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
