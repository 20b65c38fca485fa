/* The screens that are lists, by keys, on a real demo store: what was recorded is what is shown, whose name stands
 * above it, who may see it, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ui/desk_fixture.h"

/* --- the course of treatments ------------------------------------------------------------------------------- */

static void a_course_without_visits_says_so(void **state)
{
	struct desk *desk = *state;
	type(desk, "9");
	assert_int_equal(app_screen(desk->app), SCREEN_WORKLIST);
	shows(desk, "open a patient");
	open_plan(desk, "");
	type(desk, "9");
	assert_int_equal(app_screen(desk->app), SCREEN_COURSE);
	shows(desk, "Nothing was delivered here yet.");
	shows(desk, "record VIRTUAL-03");
}

static void what_was_delivered_is_the_course(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	approve(desk);
	deliver_all(desk);
	type(desk, "9");
	shows(desk, "record VIRTUAL-03");
	shows(desk, "picoway.532_zoom");
	shows(desk, "0.3"); /* one pass of 0.3 J/cm2 */
	shows(desk, "Too soon today");
	shows(desk, "28 d (LITERATURE, V36, V37)"); /* solar lentigines, picosecond spot */
	type(desk, "j");
	shows(desk, "cheeks both: pass 1 of 1, 0.3 J/cm2");
	shows(desk, "slight immediate whitening");
	shows(desk, "Nothing is recorded after this visit yet.");
	type(desk, "q");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
}

/* Ada is open in the planner; the plan is VIRTUAL 03's, and so is the course that is asked for from it. */
static void the_header_is_whose_course_it_is(void **state)
{
	struct desk *desk = *state;
	type(desk, "\r");
	open_plan(desk, "");
	type(desk, "9");
	char *dump = screen_text(desk, 30, 110);
	assert_non_null(strstr(dump, "VIRTUAL 03 (III)"));
	assert_null(strstr(dump, desk->app->subject.label));
	free(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DESK(a_course_without_visits_says_so),
	        DESK(what_was_delivered_is_the_course),
	        DESK(the_header_is_whose_course_it_is),
	};
	return cmocka_run_group_tests(tests, load_library, free_library);
}
