/* Answers to the safety questions: their groups, the sun as a reading, and a plan that is told of other answers
 * against one made anew with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/case.h"

/* Groups are asked together: each has a title and stands in one piece. */
static void every_question_has_a_group_in_one_piece(void **state)
{
	(void)state;
	const char *seen[32], *before = NULL;
	size_t groups = 0;
	for (size_t id = 0; id < facts_spec_count(); id++) {
		const char *group = facts_question_group(id);
		if (facts_spec(id)->kind != FACT_QUESTION) {
			assert_null(group);
			continue;
		}
		assert_non_null(group);
		if (group == before)
			continue;
		for (size_t i = 0; i < groups; i++)
			assert_ptr_not_equal(seen[i], group);
		assert_true(groups < 32);
		seen[groups++] = before = group;
	}
	assert_int_equal(groups, 7);
	size_t id = 0;
	assert_true(facts_find("tattoo_colours", &id));
	assert_string_equal(facts_question_group(id), "Tattoo");
}

/* A number, never and unanswered: present with the number, present as the longest, absent. */
static void the_sun_is_a_reading_too(void **state)
{
	(void)state;
	struct subject subject;
	struct fail why;
	const struct readings *r = &subject.readings;
	assert_int_equal(subject_init(&subject, &why), ST_OK);
	assert_false(subject_sun_from_answers(&subject));
	assert_false(r->present[READING_UV_LAST_DAYS]);
	assert_int_equal(facts_set_number(subject.answers, "uv_last_days", 6, &why), ST_OK);
	assert_true(subject_sun_from_answers(&subject));
	assert_false(subject_sun_from_answers(&subject)); /* the same again */
	assert_true(r->present[READING_UV_LAST_DAYS] && fabs(r->value[READING_UV_LAST_DAYS] - 6.0) < 1e-12);
	assert_int_equal(facts_set_bool(subject.answers, "uv_last_days", false, &why), ST_OK);
	assert_true(subject_sun_from_answers(&subject));
	assert_true(r->present[READING_UV_LAST_DAYS] && r->value[READING_UV_LAST_DAYS] > 10000.0);
	assert_int_equal(facts_set_unanswered(subject.answers, "uv_last_days", &why), ST_OK);
	assert_true(subject_sun_from_answers(&subject));
	assert_false(r->present[READING_UV_LAST_DAYS]);
	subject_free(&subject);
}

static void assert_same_findings(const struct assessment *a, const struct assessment *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->findings.count, b->findings.count);
	for (size_t i = 0; i < a->findings.count; i++) {
		assert_string_equal(a->findings.finding[i].rule, b->findings.finding[i].rule);
		assert_int_equal(a->findings.finding[i].unknown, b->findings.finding[i].unknown);
	}
}

static size_t raised_unknown(const struct assessment *a)
{
	size_t count = 0;
	for (size_t i = 0; i < a->findings.count; i++)
		count += a->findings.finding[i].phase == PHASE_PLAN && a->findings.finding[i].unknown;
	return count;
}

/* VIRTUAL 08 was asked next to nothing. Told that all was asked and answered no, the plan judges as one made
 * from those answers; told the open ones again, as before. The prediction is the same throughout. */
static void a_plan_told_of_answers_equals_one_made_with_them(void **state)
{
	(void)state;
	struct library *library = NULL;
	struct case_file *file = NULL;
	struct planning *told = NULL, *fresh = NULL;
	struct facts *answered = NULL;
	struct assessment before, after, expected, again;
	struct settings settings;
	struct fail why = {.text = ""};
	assert_int_equal(library_load("profiles", &library, &why), ST_OK);
	assert_int_equal(case_read("profiles/demo/08.json", &file, &why), ST_OK);
	struct subject *subject = &file->request[0].subject;
	const struct request *request = &file->request[0].request;
	assert_int_equal(planning_new(library, subject, request, NULL, &told, &why), ST_OK);
	planning_default_settings(told, &settings);
	assert_int_equal(planning_assess(told, &settings, &before, &why), ST_OK);
	assert_true(raised_unknown(&before) > 3);

	assert_int_equal(facts_clone(subject->answers, &answered, &why), ST_OK);
	for (size_t id = 0; id < facts_spec_count(); id++)
		if (facts_spec(id)->kind == FACT_QUESTION && facts_state(answered, id) != FACT_SET)
			assert_int_equal(facts_set_bool(answered, facts_spec(id)->name, false, &why), ST_OK);
	assert_int_equal(planning_answers_changed(told, answered, &why), ST_OK);
	assert_int_equal(planning_assess(told, &settings, &after, &why), ST_OK);
	assert_true(raised_unknown(&after) < raised_unknown(&before));

	assert_int_equal(planning_answers_changed(told, subject->answers, &why), ST_OK);
	assert_int_equal(planning_assess(told, &settings, &again, &why), ST_OK);
	assert_same_findings(&again, &before);

	struct facts *open = subject->answers;
	subject->answers = answered;
	assert_int_equal(planning_new(library, subject, request, NULL, &fresh, &why), ST_OK);
	assert_int_equal(planning_assess(fresh, &settings, &expected, &why), ST_OK);
	assert_same_findings(&after, &expected);
	for (int m = 0; m < METRICS; m++)
		assert_memory_equal(&after.prediction.metric[m], &before.prediction.metric[m],
		                    offsetof(struct band, flags)); /* the numbers, without padding */
	subject->answers = open;

	assessment_clear(&before);
	assessment_clear(&after);
	assessment_clear(&again);
	assessment_clear(&expected);
	planning_free(&told);
	planning_free(&fresh);
	facts_free(&answered);
	case_free(&file);
	library_free(&library);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_question_has_a_group_in_one_piece),
	        cmocka_unit_test(the_sun_is_a_reading_too),
	        cmocka_unit_test(a_plan_told_of_answers_equals_one_made_with_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
