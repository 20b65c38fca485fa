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

/* --- after a delivery ------------------------------------------------------------------------------------------ */

static void follow_up_and_adverse_event_by_keys(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "F");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
	shows(desk, "once the plan is delivered");
	approve(desk);
	deliver_all(desk);
	type(desk, "9q"); /* the course was looked at before; it must not be shown as it was */
	type(desk, "F");
	shows(desk, "picoway.532_zoom, delivered on 20");
	type(desk, "12,5\r\r\r\r\r");
	shows(desk, "comma means different");
	assert_int_equal(desk->app->plans.form.at, 0); /* the line that is to be mended */
	for (int i = 0; i < 4; i++)
		press(desk, UI_KEY_BACKSPACE);
	type(desk, "21\r140\r\rperhaps\r\r");
	shows(desk, "neither yes nor no");
	assert_int_equal(desk->app->plans.form.at, 3);
	for (int i = 0; i < 7; i++)
		press(desk, UI_KEY_BACKSPACE);
	type(desk, "no\rhealed well\r");
	shows(desk, "140 is outside -100..100 %");
	assert_int_equal(desk->app->plans.form.at, 1);
	press(desk, UI_KEY_BACKSPACE);
	type(desk, "\r\r\r\r");
	shows(desk, "Recorded: follow-up on day 21");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
	type(desk, "E");
	shows(desk, "1 blister");
	type(desk, "magic\r1\r3\r\r");
	shows(desk, "is not in the list");
	for (int i = 0; i < 5; i++)
		press(desk, UI_KEY_BACKSPACE);
	type(desk, "6\r\r\rleft cheek\r");
	shows(desk, "Recorded: PIH, mild, day 3");
	type(desk, "9j");
	shows(desk, "Follow-up, day 21: clearance 14 %, no PIH, healed well");
	shows(desk, "ADVERSE EVENT, day 3: PIH, mild, left cheek");
	shows(desk, "1 ADVERSE");
}

/* Back on the course after an entry: what is shown is what is kept now. */
static void the_course_follows_an_entry(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	approve(desk);
	deliver_all(desk);
	type(desk, "9");
	desk->app->stack[desk->app->depth++] = SCREEN_TREAT; /* something above it, where an event is entered */
	type(desk, "E2\r1\r1\rleft\rq");
	assert_int_equal(app_screen(desk->app), SCREEN_COURSE);
	type(desk, "j");
	shows(desk, "ADVERSE EVENT, day 1: burn, mild, left");
}

static void a_viewer_enters_nothing(void **state)
{
	struct desk *desk = *state;
	struct fail why = {.text = ""};
	open_plan(desk, "");
	approve(desk);
	deliver_all(desk);
	must(clinic_login(desk->clinic, CLINIC_DEMO_VIEWER, (struct secret){CLINIC_DEMO_SECRET, strlen(CLINIC_DEMO_SECRET)},
	                  &why), &why);
	type(desk, "E");
	shows(desk, "a technician or dermatologist enters it");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
}

/* --- what differs -------------------------------------------------------------------------------------------------- */

/* The next version of the open plan, with another fluence. */
static void add_version(struct desk *desk, const char *fluence)
{
	static const char form[] = "{\"name\":\"plan\",\"device\":\"picoway.532_zoom\",\"indication\":\"solar_lentigines\","
	                           "\"zones\":[\"cheeks\"],\"settings\":{\"fluence_J_cm2\":%s,\"spot_mm\":4},\"verdict\":\"ALLOW\","
	                           "\"rules\":[],\"models\":{},\"versions\":{\"lasertwin\":\"%s\",\"library\":\"%s\"}}";
	const struct store_stamp stamp = {NOW_MS, CLINIC_DEMO_TECHNICIAN};
	struct store *store = clinic_store(desk->clinic);
	struct store_plan plan;
	struct fail why = {0};
	char json[4096];
	must(store_plan_latest(store, desk->app->plans.open->row.uuid, &plan, &why), &why);
	struct store_plan next = plan;
	next.version++;
	(void)snprintf(next.state, sizeof next.state, "draft");
	next.json_len = (size_t)snprintf(json, sizeof json, form, fluence, LASERTWIN_VERSION, library_digest(library));
	next.json = json;
	must(store_plan_add_version(store, &next, &stamp, &why), &why);
	store_plan_clear(&plan);
}

static void versions_are_compared(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "=");
	shows(desk, "there is nothing to compare");
	add_version(desk, "0.4");
	add_version(desk, "0.2");
	type(desk, "8\r=");
	assert_int_equal(app_screen(desk->app), SCREEN_DIFFERENCES);
	shows(desk, "version 2, picoway.532_zoom");
	shows(desk, "version 3, picoway.532_zoom");
	shows(desk, "-0.2 (-50 %)");
	shows(desk, "record VIRTUAL-03");
	press(desk, UI_KEY_LEFT);
	shows(desk, "version 1, picoway.532_zoom");
	shows(desk, "+0.1 (+33.3 %)");
	press(desk, UI_KEY_LEFT);
	shows(desk, "Version 1 is the first.");
	press(desk, UI_KEY_RIGHT);
	press(desk, UI_KEY_RIGHT);
	shows(desk, "there is no such version of a plan");
	shows(desk, "version 3, picoway.532_zoom"); /* what was there stays */
	type(desk, "q");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
}

static void two_plans_are_compared(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "8=");
	shows(desk, "there is nothing to compare");
	add_draft(desk, "{\"id\":\"R-TEST\",\"outcome\":\"REQUIRE\",\"phase\":\"plan\",\"message\":\"Test spot first.\"}");
	type(desk, "8=");
	shows(desk, "= on another plan of the same patient");
	type(desk, "=");
	shows(desk, "is no longer marked");
	type(desk, "=j=");
	assert_int_equal(app_screen(desk->app), SCREEN_DIFFERENCES);
	shows(desk, "R-TEST");
	press(desk, UI_KEY_LEFT);
	shows(desk, "where two versions of one plan are compared");
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
	        DESK(follow_up_and_adverse_event_by_keys),
	        DESK(the_course_follows_an_entry),
	        DESK(a_viewer_enters_nothing),
	        DESK(versions_are_compared),
	        DESK(two_plans_are_compared),
	};
	return cmocka_run_group_tests(tests, load_library, free_library);
}
