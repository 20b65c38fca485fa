/* Plans on their way on the screens, by keys, on a real demo store: every move, what is refused, what is typed and
 * wiped, whose name stands above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ui/desk_fixture.h"

static enum status something_stands(const struct workflow_start *start, const struct predict_options *options,
                                    struct findings *out, struct fail *why)
{
	(void)start;
	(void)options;
	*out = (struct findings){.count = 1, .finding = calloc(1, sizeof *out->finding)};
	if (out->finding == NULL)
		return fail_set(why, ST_FULL, "test", "no memory");
	*out->finding = (struct finding){.rule = "R-FIRE", .name = "Ignition", .outcome = OUTCOME_BLOCK, .phase = PHASE_START,
	                                 .origin = "STANDARD", .source = "K", .message = "Oxygen is on.",
	                                 .next_step = "Turn it off."};
	return ST_OK;
}

/* --- ------------------------------------------------------------------------------------------------------ */

static void without_records_there_are_no_plans(void **state)
{
	struct desk *desk = *state;
	desk->source.course = NULL;
	type(desk, "8");
	assert_int_equal(app_screen(desk->app), SCREEN_WORKLIST);
	shows(desk, "no records to keep plans in");
}

static void an_empty_list_says_what_to_do(void **state)
{
	struct desk *desk = *state;
	type(desk, "8");
	shows(desk, "save with s");
	type(desk, "\r");
	assert_int_equal(app_screen(desk->app), SCREEN_PLANS);
}

static int64_t an_hour_ago(void)
{
	return now_ms() - 3600000;
}

/* The one who signs logs in by the clock in doubt, and is asked about it all the same. */
static void a_clock_that_went_back_is_asked_about(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "p");
	assert_int_equal(state_of(desk), PLAN_PROPOSED);
	desk->course.now_ms = an_hour_ago;
	type(desk, "P");
	shows(desk, "clock");
	type(desk, IDENTIFIERS "seen today\r" DERMATOLOGIST);
	const struct form *form = &desk->app->plans.form;
	assert_string_equal(form->field[form->at].member, "clock");
	assert_non_null(strstr(form->field[form->at].hint, "60 min before the last entry: type right"));
	type(desk, "no idea\r");
	assert_int_equal(state_of(desk), PLAN_PROPOSED);
	assert_string_equal(desk->app->plans.form.refusal.field, "clock");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "P" IDENTIFIERS "seen today\r" DERMATOLOGIST "right\r");
	assert_int_equal(state_of(desk), PLAN_APPROVED);
	assert_true(desk->app->plans.open->approval.signed_at_ms >= desk->app->plans.open->row.created_at_ms);
	/* a clock that is right again is not asked about */
	desk->course.now_ms = now_ms;
	type(desk, "X");
	assert_null(app_form_typed(&desk->app->plans.form, "clock"));
	press(desk, UI_KEY_ESCAPE);
}

static void draft_to_approved_by_keys(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "{\"id\":\"R-TEST\",\"outcome\":\"REQUIRE\",\"phase\":\"plan\",\"message\":\"Test spot first.\"}");
	shows(desk, "Test spot first.");
	type(desk, "P");
	shows(desk, "only a proposed plan can be approved");
	type(desk, "p");
	assert_int_equal(state_of(desk), PLAN_PROPOSED);
	type(desk, "p");
	shows(desk, "only a draft can be proposed");
	type(desk, "P");
	shows(desk, "I have read this plan and what was found");
	type(desk, IDENTIFIERS "\r" DERMATOLOGIST); /* no decision is asked for here */
	assert_int_equal(state_of(desk), PLAN_APPROVED);
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
	shows(desk, "Signed by");
	shows(desk, "signature verified");
}

static void refusals_keep_the_form_and_wipe_the_secret(void **state)
{
	struct desk *desk = *state;
	static const struct form empty;
	open_plan(desk, "");
	type(desk, "pP" "VIRTUAL 04 (V)\rVIRTUAL-03\r\r" DERMATOLOGIST);
	assert_int_equal(app_screen(desk->app), SCREEN_FORM);
	shows(desk, "does not belong to this patient");
	assert_int_equal(state_of(desk), PLAN_PROPOSED);
	hides(desk, "virtual");
	for (size_t i = 0; i < desk->app->plans.form.fields; i++)
		if (desk->app->plans.form.field[i].masked)
			assert_string_equal(desk->app->plans.form.field[i].typed, "");
	press(desk, UI_KEY_ESCAPE);
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
	assert_memory_equal(&desk->app->plans.form, &empty, sizeof empty);
	type(desk, "P" IDENTIFIERS "\rdemo-technician\rvirtual\r");
	shows(desk, "technician may not approve");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "P" IDENTIFIERS "\rdemo-dermatologist\rwrong\r");
	shows(desk, "unknown login or wrong secret");
	press(desk, UI_KEY_ESCAPE);
	assert_int_equal(state_of(desk), PLAN_PROPOSED);
}

static void typed_secrets_are_not_drawn(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "pP" IDENTIFIERS "\rdemo-dermatologist\rvirtual");
	hides(desk, "virtual");
	shows(desk, "*******_");
	type(desk, "Q"); /* text here, not a command */
	assert_int_equal(app_screen(desk->app), SCREEN_FORM);
	shows(desk, "********_");
	press(desk, UI_KEY_UP);
	press(desk, UI_KEY_UP);
	press(desk, UI_KEY_UP);
	shows(desk, "VIRTUAL-03_");
	press(desk, UI_KEY_ESCAPE);
}

static void lines_left_empty_are_pointed_at(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "pP" "\r\r\r\r\r");
	shows(desk, "identifier: nothing was typed");
	assert_int_equal(desk->app->plans.form.at, 0);
	press(desk, UI_KEY_ESCAPE);
}

static void rejected_and_revoked_by_keys(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "pR" "too strong\r" DERMATOLOGIST);
	shows(desk, "at least 10 characters"); /* nine that are visible */
	press(desk, UI_KEY_ESCAPE);
	type(desk, "R" "the fluence is too high\r" DERMATOLOGIST);
	assert_int_equal(state_of(desk), PLAN_REJECTED);
	open_plan(desk, "");
	approve(desk);
	type(desk, "X" "pregnancy became known\r" DERMATOLOGIST);
	assert_int_equal(state_of(desk), PLAN_REVOKED);
	type(desk, "d");
	shows(desk, "only an approved plan is treated by");
}

static void overridden_by_two_people(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "{\"id\":\"R-COV\",\"outcome\":\"BLOCK_MD\",\"phase\":\"plan\",\"zone\":\"cheeks\",\"message\":\"Much.\"},"
	                "{\"id\":\"R-Z\",\"outcome\":\"INFO\",\"phase\":\"plan\",\"message\":\"Little.\"}");
	type(desk, "O");
	shows(desk, "select a finding BLOCK MD");
	type(desk, "p");
	press(desk, UI_KEY_DOWN);
	type(desk, "O");
	shows(desk, "select a finding BLOCK MD");
	press(desk, UI_KEY_UP);
	type(desk, "O" "agreed with the patient\r" DERMATOLOGIST DERMATOLOGIST);
	shows(desk, "second person is the first");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "O" "agreed with the patient\r" DERMATOLOGIST "demo-technician\rvirtual\r");
	shows(desk, "OVERRIDDEN");
	type(desk, "P" IDENTIFIERS "seen today with the patient\r" DERMATOLOGIST);
	assert_int_equal(state_of(desk), PLAN_APPROVED);
	assert_int_equal(desk->app->plans.open->approval.overrides, 1);
}

/* Whoever else is open: on a plan's screens the header is the plan's patient. */
static void the_header_is_the_plans_patient(void **state)
{
	struct desk *desk = *state;
	type(desk, "\r"); /* the fake clinic's first patient */
	assert_true(desk->app->open);
	hides(desk, "VIRTUAL 03");
	open_plan(desk, "");
	char *dump = screen_text(desk, 30, 110), *line_end = strchr(dump, '\n');
	assert_non_null(line_end);
	*line_end = '\0';
	assert_non_null(strstr(dump, "VIRTUAL PATIENT"));
	assert_non_null(strstr(dump, "VIRTUAL 03 (III)"));
	assert_non_null(strstr(dump, "draft"));
	assert_null(strstr(dump, desk->app->subject.label));
	free(dump);
}

/* --- treatment ------------------------------------------------------------------------------------------------ */

static void delivered_by_keys(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	approve(desk);
	check_all(desk);
	assert_true(desk->app->plans.session.timed_out);
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_UP);
	type(desk, "\r");
	app_wake(desk->app);
	assert_int_equal(state_of(desk), PLAN_TREATING);
	shows(desk, "the first pulse may fall");
	type(desk, "\r0.4\r4\r\r"); /* more than the plan */
	assert_int_equal(app_screen(desk->app), SCREEN_FORM);
	assert_int_equal(desk->app->plans.session.field[0].passes, 0);
	shows(desk, "fluence 0.4 J/cm2 must not exceed the approved 0.3");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "\r0.3\r4\r40\r");
	assert_int_equal(desk->app->plans.session.field[0].passes, 1);
	type(desk, "\r1\r"); /* the first endpoint of the list */
	assert_string_equal(desk->app->plans.session.field[0].endpoint, "slight immediate whitening");
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_UP);
	type(desk, "\r\r");
	assert_int_equal(state_of(desk), PLAN_DELIVERED);
	shows(desk, "The session is finished.");
	type(desk, "q" "C" DERMATOLOGIST);
	assert_int_equal(state_of(desk), PLAN_CLOSED);
}

static void what_stands_against_it_stops_the_start(void **state)
{
	struct desk *desk = *state;
	desk->functions.judge = something_stands;
	open_plan(desk, "");
	approve(desk);
	type(desk, "d\r");
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_UP);
	type(desk, "\r");
	shows(desk, "two identifiers of the patient is missing");
	press(desk, UI_KEY_HOME);
	type(desk, "q"); /* back, and in again: the session is the same */
	type(desk, "d");
	shows(desk, "Session checking");
	type(desk, "\r" IDENTIFIERS "\rboth\r\rpaper 7\r\rIMG_1\r" SHA "\r\rPW-1\rpicoway.532_zoom\rH1\r\r");
	type(desk, "\r0.3\r0.31\rJ/cm2\r" "\r7\r7\r" "\rcold air\r");
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_UP);
	press(desk, UI_KEY_UP);
	type(desk, "\rboth\rboth of us\r");
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_UP);
	type(desk, "\r");
	app_wake(desk->app);
	shows(desk, "NOT STARTED");
	shows(desk, "Oxygen is on.");
	assert_int_equal(state_of(desk), PLAN_APPROVED);
}

/* Any window, any of these screens: drawn without a fault and with the mark of made-up patients. */
static void every_window_is_drawn(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "{\"id\":\"R-COV\",\"outcome\":\"BLOCK_MD\",\"phase\":\"plan\",\"message\":\"Much.\"}");
	static const char *const ways[] = {"8", "\r", "p", "P"};
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		type(desk, ways[i]);
		for (int rows = 1; rows < 60; rows += 7)
			for (int cols = 1; cols < 200; cols += 13) {
				char *dump = screen_text(desk, rows, cols);
				if (rows >= 20 && cols >= 60)
					assert_non_null(strstr(dump, "VIRTUAL PATIENT"));
				free(dump);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DESK(without_records_there_are_no_plans),
	        DESK(an_empty_list_says_what_to_do),
	        DESK(a_clock_that_went_back_is_asked_about),
	        DESK(draft_to_approved_by_keys),
	        DESK(refusals_keep_the_form_and_wipe_the_secret),
	        DESK(typed_secrets_are_not_drawn),
	        DESK(lines_left_empty_are_pointed_at),
	        DESK(rejected_and_revoked_by_keys),
	        DESK(overridden_by_two_people),
	        DESK(the_header_is_the_plans_patient),
	        DESK(delivered_by_keys),
	        DESK(what_stands_against_it_stops_the_start),
	        DESK(every_window_is_drawn),
	};
	return cmocka_run_group_tests(tests, load_library, free_library);
}
