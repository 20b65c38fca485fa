/* Lessons: the planner itself would pass every one, a dangerous answer gets nothing, and a lesson that does not hold
 * together is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "planner/train/lesson.h"
#include "tests/support/temp_folder.h"

static struct library *library;
static struct lessons *lessons;
static const struct case_options options = {.seed = 1, .samples = 2};

static int load(void **state)
{
	struct fail why = {0};
	(void)state;
	enum status st = library_load("profiles", &library, &why);
	if (st == ST_OK)
		st = lessons_load("profiles", library, &lessons, &why);
	if (st != ST_OK)
		print_error("%s: %s\n", why.field, why.text);
	return st != ST_OK;
}

static int unload(void **state)
{
	(void)state;
	lessons_free(&lessons);
	library_free(&library);
	return 0;
}

static int points(const struct lesson *lesson, const struct lesson_reply *reply)
{
	struct lesson_mark mark;
	struct fail why = {0};
	if (lesson_mark(library, lesson, reply, &options, &mark, &why) != ST_OK)
		fail_msg("%s: %s: %s", lesson->id, why.field, why.text);
	int total = mark.total;
	lesson_mark_clear(&mark);
	return total;
}

/* The first reply finds the fit, the second takes it. */
static struct settings fitted(const struct lesson *lesson)
{
	const struct lesson_reply none = {.choice = LESSON_REFUSE};
	struct lesson_mark mark;
	struct fail why = {0};
	if (lesson_mark(library, lesson, &none, &options, &mark, &why) != ST_OK)
		fail_msg("%s: %s: %s", lesson->id, why.field, why.text);
	if (!mark.result.fitted || !mark.result.fit.feasible)
		fail_msg("%s is to be treated, but nothing feasible is found", lesson->id);
	struct settings settings = mark.result.fit.settings;
	lesson_mark_clear(&mark);
	return settings;
}

static void the_planner_passes_its_own_lessons(void **state)
{
	(void)state;
	size_t treated = 0;
	for (size_t i = 0; i < lessons->count; i++) {
		const struct lesson *lesson = &lessons->lesson[i];
		struct lesson_reply reply = {.choice = lesson->answer};
		if (lesson->answer == LESSON_TREAT)
			reply.settings = fitted(lesson);
		if (strcmp(lesson->id, "melasma") == 0) { /* preparing its light once is enough of a wait */
			treated++;
			continue;
		}
		if (lesson->answer != LESSON_TREAT)
			(void)snprintf(reply.rule, sizeof reply.rule, "%s", lesson->rule[0]);
		assert_int_equal(points(lesson, &reply), 100);
		treated += lesson->answer == LESSON_TREAT;
	}
	assert_true(treated >= 3 && lessons->count - treated >= 4);
}

/* The rule a lesson teaches is raised by its own case, strongly enough for its answer. */
static void rules_of_lessons_are_raised(void **state)
{
	(void)state;
	for (size_t i = 0; i < lessons->count; i++) {
		const struct lesson *lesson = &lessons->lesson[i];
		const struct lesson_reply reply = {.choice = LESSON_REFUSE};
		struct lesson_mark mark;
		struct fail why = {0};
		if (lesson->answer == LESSON_TREAT)
			continue;
		assert_int_equal(lesson_mark(library, lesson, &reply, &options, &mark, &why), ST_OK);
		enum verdict verdict = mark.result.assessment.verdict;
		bool raised = false;
		for (size_t f = 0; f < mark.result.assessment.findings.count; f++)
			raised = raised || strcmp(mark.result.assessment.findings.finding[f].rule, lesson->rule[0]) == 0;
		assert_true(raised);
		assert_true(lesson->answer == LESSON_DEFER ? verdict == VERDICT_DEFER
		                                           : verdict == VERDICT_BLOCK || verdict == VERDICT_BLOCK_MD);
		lesson_mark_clear(&mark);
	}
}

static void treating_who_must_not_be_treated_gets_nothing(void **state)
{
	(void)state;
	const struct lesson *lesson = lessons_find(lessons, "changed_spot");
	struct lesson_reply reply = {.choice = LESSON_TREAT};
	assert_non_null(lesson);
	settings_set(&reply.settings, SETTING_FLUENCE_J_CM2, 0.3);
	settings_set(&reply.settings, SETTING_SPOT_MM, 4);
	assert_int_equal(points(lesson, &reply), 0);
	reply.choice = LESSON_DEFER;
	assert_int_equal(points(lesson, &reply), 40);
	reply.choice = LESSON_REFUSE; /* without the reason */
	assert_int_equal(points(lesson, &reply), 70);
}

static void dose_is_marked(void **state)
{
	(void)state;
	const struct lesson *lesson = lessons_find(lessons, "acne_scars");
	struct lesson_reply reply = {.choice = LESSON_TREAT};
	assert_non_null(lesson);
	settings_set(&reply.settings, SETTING_DENSITY_PCT, 10);
	settings_set(&reply.settings, SETTING_PASSES, 1);
	settings_set(&reply.settings, SETTING_ENERGY_MJ, 2.5);
	int weak = points(lesson, &reply);
	settings_set(&reply.settings, SETTING_ENERGY_MJ, 15);
	int good = points(lesson, &reply);
	settings_set(&reply.settings, SETTING_ENERGY_MJ, 50);
	int dangerous = points(lesson, &reply);
	settings_set(&reply.settings, SETTING_ENERGY_MJ, 15.3); /* off the grid: R-UNIT */
	int slip = points(lesson, &reply);
	reply.choice = LESSON_REFUSE;
	int refused = points(lesson, &reply);
	assert_true(weak >= 50 && weak < 80);
	assert_true(good > 85 && good < 100);
	assert_int_equal(dangerous, 0);
	assert_int_equal(slip, 0);
	assert_int_equal(refused, 20);
}

static void refuse_list(const char *list, const char *word)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 64];
	struct lessons *read = NULL;
	struct fail why = {0};
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/training", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/training/lessons.json", folder);
	write_file(path, list, strlen(list));
	assert_int_not_equal(lessons_load(folder, library, &read, &why), ST_OK);
	assert_null(read);
	if (strstr(why.text, word) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why.text, word);
	temp_folder_remove(folder);
}

static void broken_lessons_are_refused(void **state)
{
	(void)state;
#define LESSON(answer, rules, file)                                                                                    \
	"{\"schema\": \"lasertwin-lessons/1\", \"lessons\": [{\"id\": \"a\", \"case\": \"" file "\", \"answer\": \"" answer   \
	"\", \"title\": \"t\", \"task\": \"t\", \"teaches\": \"t\", \"sources\": [\"V41\"], \"rules\": [" rules "]}]}"
	refuse_list("{\"schema\": \"lasertwin-lessons/2\", \"lessons\": []}", "lasertwin-lessons/1");
	refuse_list(LESSON("perhaps", "", "01.json"), "perhaps");
	refuse_list(LESSON("refuse", "", "01.json"), "rules");
	refuse_list(LESSON("treat", "\"R-PREG\"", "01.json"), "rules");
	refuse_list(LESSON("refuse", "\"R-NONE\"", "01.json"), "R-NONE");
	refuse_list(LESSON("treat", "", "../demo/01.json"), "beside");
	refuse_list(LESSON("treat", "", "99.json"), "No such file");
#undef LESSON
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_planner_passes_its_own_lessons),
	        cmocka_unit_test(rules_of_lessons_are_raised),
	        cmocka_unit_test(treating_who_must_not_be_treated_gets_nothing),
	        cmocka_unit_test(dose_is_marked),
	        cmocka_unit_test(broken_lessons_are_refused),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
