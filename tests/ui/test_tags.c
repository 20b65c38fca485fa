/* Tagged lines on a real demo store: the sign and the count, the list before anything is done, what is left out and why,
 * what is done line by line, and what is never done to several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "tests/ui/desk_fixture.h"

static void go_on(struct desk *desk)
{
	while (app_tagged_step(desk->app))
		continue;
}

static size_t in_state(struct desk *desk, const char *state)
{
	size_t count = 0;
	for (size_t i = 0; i < desk->app->plans.rows; i++)
		count += strcmp(desk->app->plans.row[i].state, state) == 0;
	return count;
}

/* Three drafts, one of them proposed and approved since. */
static void three_plans(struct desk *desk)
{
	open_plan(desk, "");
	approve(desk);
	add_draft(desk, "");
	add_draft(desk, "");
	type(desk, "8");
	assert_int_equal(desk->app->plans.rows, 3);
	assert_int_equal(in_state(desk, "draft"), 2);
}

/* --- tags -------------------------------------------------------------------------------------------------- */

static void tags_have_a_sign_and_are_counted(void **state)
{
	struct desk *desk = *state;
	hides(desk, "*1 tagged");
	type(desk, "**");
	shows(desk, "*2 tagged");
	shows(desk, " *Ada Demo");
	assert_int_equal(desk->app->selected[SCREEN_WORKLIST], 1);
	type(desk, "/zo\r"); /* lines that the search leaves out stay tagged */
	assert_int_equal(desk->app->shown_count, 1);
	shows(desk, "*2 tagged");
	type(desk, "*");
	shows(desk, "*1 tagged");
	type(desk, "&x");
	hides(desk, "1 tagged");
	type(desk, "u");
	shows(desk, "*1 tagged");
	type(desk, "/");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "&a");
	assert_int_equal(app_tags(desk->app), desk->app->patients);
}

static void tags_stay_with_their_plans(void **state)
{
	struct desk *desk = *state;
	char tagged[UUID_TEXT_SIZE];
	add_draft(desk, "");
	add_draft(desk, "");
	type(desk, "8*");
	memcpy(tagged, desk->app->plans.row[0].plan, sizeof tagged);
	add_draft(desk, "");
	type(desk, "1");
	assert_int_equal(app_tags(desk->app), 0); /* each list has its own */
	type(desk, "8");
	assert_int_equal(app_tags(desk->app), 1);
	for (size_t i = 0; i < desk->app->plans.rows; i++)
		assert_true(desk->app->plans.row[i].tag.set == (strcmp(desk->app->plans.row[i].plan, tagged) == 0));
}

static void without_tags_nothing_is_asked(void **state)
{
	struct desk *desk = *state;
	add_draft(desk, "");
	type(desk, "8&p");
	assert_int_equal(app_screen(desk->app), SCREEN_PLANS);
	shows(desk, "nothing is tagged: * tags a line");
}

/* --- proposing ----------------------------------------------------------------------------------------------- */

static void the_list_stands_before_anything_is_done(void **state)
{
	struct desk *desk = *state;
	three_plans(desk);
	type(desk, "&a&p");
	assert_int_equal(app_screen(desk->app), SCREEN_TAGGED);
	shows(desk, "3 tagged: propose to a dermatologist 2, leave out 1");
	shows(desk, "only a draft is proposed");
	shows(desk, "y propose to a dermatologist: these 2");
	press(desk, UI_KEY_ENTER); /* neither Enter nor the key that opened it does it */
	type(desk, "p&");
	go_on(desk);
	type(desk, "q8");
	assert_int_equal(in_state(desk, "draft"), 2);
	assert_int_equal(app_tags(desk->app), 3);
	type(desk, "&py");
	go_on(desk);
	shows(desk, "2 done, 0 failed, 0 not done, 1 left out");
	assert_int_equal(in_state(desk, "proposed"), 2);
	type(desk, "y"); /* once is enough */
	assert_false(app_tagged_step(desk->app));
	type(desk, "q");
	assert_int_equal(app_screen(desk->app), SCREEN_PLANS);
	assert_int_equal(app_tags(desk->app), 1); /* what was left out stays tagged */
}

static void escape_leaves_the_rest_undone(void **state)
{
	struct desk *desk = *state;
	three_plans(desk);
	type(desk, "&a&py");
	assert_true(app_tagged_step(desk->app));
	press(desk, UI_KEY_ESCAPE);
	assert_int_equal(app_screen(desk->app), SCREEN_TAGGED);
	assert_false(app_tagged_step(desk->app));
	shows(desk, "1 done, 0 failed, 1 not done, 1 left out");
	assert_int_equal(in_state(desk, "proposed"), 1);
	assert_int_equal(in_state(desk, "draft"), 1);
	press(desk, UI_KEY_ESCAPE);
	assert_int_equal(app_screen(desk->app), SCREEN_PLANS);
	assert_int_equal(app_tags(desk->app), 2);
}

/* What cannot be done after all is told line by line and stays tagged: one plan moved on behind the list's back. */
static void what_fails_is_told(void **state)
{
	struct desk *desk = *state;
	struct fail why;
	add_draft(desk, "");
	add_draft(desk, "");
	type(desk, "8&a&p");
	const struct course_input nothing = {.login = NULL};
	struct workflow_plan *plan = NULL;
	must(desk->functions.open(&desk->course, desk->app->tagged.item[1].plan, &plan, &why), &why);
	must(desk->functions.move(&desk->course, LIFE_PROPOSE, &nothing, &plan, &why), &why);
	workflow_plan_free(&plan);
	type(desk, "y");
	go_on(desk);
	shows(desk, "1 done, 1 failed");
	shows(desk, "FAILED");
	type(desk, "q");
	assert_int_equal(app_tags(desk->app), 1);
}

static void a_viewer_proposes_nothing(void **state)
{
	struct desk *desk = *state;
	struct fail why;
	add_draft(desk, "");
	must(clinic_login(desk->clinic, "demo-viewer", (struct secret){CLINIC_DEMO_SECRET, strlen(CLINIC_DEMO_SECRET)}, &why),
	     &why);
	shows(desk, "READ ONLY");
	type(desk, "8&a&p");
	shows(desk, "your role does not propose");
	shows(desk, "Nothing of it can be done");
	type(desk, "y");
	assert_false(app_tagged_step(desk->app));
	assert_int_equal(in_state(desk, "draft"), 1);
}

/* --- sheets ----------------------------------------------------------------------------------------------------- */

static void sheets_of_approved_plans_into_a_folder(void **state)
{
	struct desk *desk = *state;
	char path[2 * TEMP_PATH_SIZE];
	three_plans(desk);
	type(desk, "&a&s");
	assert_int_equal(app_screen(desk->app), SCREEN_FORM);
	type(desk, "/no/such/folder\r");
	shows(desk, "no such folder");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "&s");
	type(desk, desk->home);
	type(desk, "\r");
	assert_int_equal(app_screen(desk->app), SCREEN_TAGGED);
	shows(desk, "3 tagged: write treatment sheets 1, leave out 2");
	shows(desk, "no sheet before it is approved");
	(void)snprintf(path, sizeof path, "%s/%s", desk->home, desk->app->tagged.item[0].file);
	assert_false(files_exists(path));
	type(desk, "y");
	go_on(desk);
	if (!files_exists(path))
		fail_msg("%s was not written: %s", path, desk->app->tagged.item[0].note);
	type(desk, "q&a&s\r"); /* the folder is remembered; what is there is not written over */
	shows(desk, "is there already");
	assert_int_equal(desk->app->tagged.will, 0);
}

static void records_of_tagged_patients(void **state)
{
	struct desk *desk = *state;
	char path[2 * TEMP_PATH_SIZE];
	struct stat about;
	type(desk, "*&s");
	type(desk, desk->home);
	type(desk, "\ry");
	go_on(desk);
	(void)snprintf(path, sizeof path, "%s/%s", desk->home, desk->app->tagged.item[0].file);
	if (stat(path, &about) != 0)
		fail_msg("%s: %s", path, desk->app->tagged.item[0].note);
	assert_int_equal(about.st_mode & 077, 0); /* for its owner only */
	assert_true(about.st_size > 1000);
}

/* --- never ------------------------------------------------------------------------------------------------------- */

/* What asks for the identifiers of its patient is not done to several, and the popup says so. */
static void never_approving_nor_treating(void **state)
{
	struct desk *desk = *state;
	for (size_t i = 0; i < action_count(); i++)
		if (action_follows(action_at(i), '&')) {
			assert_int_not_equal(action_at(i)->id, ACTION_APPROVE);
			assert_int_not_equal(action_at(i)->id, ACTION_TREAT);
			assert_null(strstr(action_at(i)->name, "approve"));
			assert_null(strstr(action_at(i)->name, "treat"));
		}
	add_draft(desk, "");
	type(desk, "8*&");
	desk->app->keys_shown = true;
	shows(desk, "approving, treating: never of several");
	type(desk, "P");
	assert_int_equal(app_screen(desk->app), SCREEN_PLANS);
	assert_int_equal(in_state(desk, "draft"), 1);
}

/* Names of patients do not outlive the lock. */
static void the_lock_forgets_the_list(void **state)
{
	struct desk *desk = *state;
	struct fail why;
	add_draft(desk, "");
	type(desk, "8&a&p");
	app_lock(desk->app);
	assert_null(desk->app->tagged.item);
	assert_string_equal(desk->app->tagged.folder, "");
	must(app_unlock(desk->app, &why), &why);
	assert_int_equal(app_tags(desk->app), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DESK(tags_have_a_sign_and_are_counted), DESK(tags_stay_with_their_plans),
	        DESK(without_tags_nothing_is_asked),    DESK(the_list_stands_before_anything_is_done),
	        DESK(escape_leaves_the_rest_undone),    DESK(what_fails_is_told),
	        DESK(a_viewer_proposes_nothing),        DESK(sheets_of_approved_plans_into_a_folder),
	        DESK(records_of_tagged_patients),       DESK(never_approving_nor_treating),
	        DESK(the_lock_forgets_the_list),
	};
	return cmocka_run_group_tests(tests, load_library, free_library);
}
