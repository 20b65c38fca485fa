/* The model under keys: the walk from worklist to checks, edits, refusals, jobs, and a long random walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "tests/ui/fake_clinic.h"
#include "ui/view.h"

struct bench {
	struct app *app;
	struct jobs *jobs;
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	bench->app = fake_open(false, &bench->jobs);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	fake_close(&bench->app, &bench->jobs);
	free(bench);
	return 0;
}

static struct app *app_of(void **state)
{
	return ((struct bench *)*state)->app;
}

static void type(struct app *app, const char *keys)
{
	for (; *keys != '\0'; keys++)
		fake_press(app, *keys);
}

static const char *said(const struct app *app)
{
	const struct app_message *message = app_last_message(app);
	return message != NULL ? message->text : "";
}

static double energy(const struct app *app)
{
	return settings_get(&app->settings, SETTING_ENERGY_MJ);
}

static void opening_a_patient_prepares_the_plan(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_PATIENT);
	assert_int_equal(clinic.prepared, 1);
	assert_true(app->assessed && !app->stale);
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW_AFTER_MD);
}

static void tab_walks_the_steps_and_q_goes_back(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_TAB); /* no patient yet: refused with a word */
	assert_int_equal(app_screen(app), SCREEN_WORKLIST);
	assert_non_null(strstr(said(app), "Open a patient first"));
	fake_press(app, UI_KEY_ENTER);
	for (int screen = SCREEN_TWIN; screen <= SCREEN_CHECKS; screen++) {
		fake_press(app, UI_KEY_TAB);
		assert_int_equal(app_screen(app), screen);
	}
	for (int screen = SCREEN_PREDICTION; screen >= SCREEN_WORKLIST; screen--) {
		fake_press(app, 'q');
		assert_int_equal(app_screen(app), screen);
	}
	fake_press(app, 'q');
	assert_int_equal(app_screen(app), SCREEN_QUIT);
	fake_press(app, UI_KEY_ENTER);
	assert_false(app->leaving);
	fake_press(app, 'y');
	assert_true(app->leaving);
}

static void a_knob_changes_prediction_and_checks(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5l");
	assert_true(fabs(energy(app) - 17.5) < 1e-9);
	assert_false(app->stale);
	assert_true(fabs(app->assessment.prediction.metric[METRIC_ABLATION_DEPTH_UM].value - 30.0 * 17.5) <
	            1e-9);
	type(app, "jlll"); /* density to 25 % */
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW_AFTER_MD);
	type(app, "jl"); /* a second pass: 50 % */
	assert_int_equal(app->assessment.verdict, VERDICT_BLOCK_MD);
	type(app, "uuu");
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW_AFTER_MD);
	type(app, "UUU");
	assert_int_equal(app->assessment.verdict, VERDICT_BLOCK_MD);
	type(app, "r");
	assert_true(fabs(energy(app) - 15.0) < 1e-9);
}

/* At the end of the grid a step is refused with a reason; the value stays. */
static void the_end_of_the_grid_is_said(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5hhhhh");
	assert_true(fabs(energy(app) - 2.5) < 1e-9);
	size_t before = app->messages;
	type(app, "h");
	assert_true(fabs(energy(app) - 2.5) < 1e-9);
	assert_int_equal(app->messages, before + 1);
}

static void typed_settings_are_refused_off_the_grid(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5");
	fake_press(app, UI_KEY_ENTER);
	type(app, "60");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_ENTRY);
	assert_non_null(strstr(app->entry.refusal.text, "2.5 to 50"));
	fake_press(app, UI_KEY_BACKSPACE);
	fake_press(app, UI_KEY_BACKSPACE);
	type(app, "16");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_ENTRY);
	assert_true(app->entry.refusal.text[0] != '\0');
	assert_true(fabs(energy(app) - 15.0) < 1e-9);
	fake_press(app, UI_KEY_BACKSPACE);
	type(app, "7.5");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_PARAMETERS);
	assert_true(fabs(energy(app) - 17.5) < 1e-9);
}

static void a_changed_reading_makes_the_plan_anew(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	fake_press(app, UI_KEY_DOWN); /* ITA */
	fake_press(app, UI_KEY_ENTER);
	type(app, "12,5");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_ENTRY);
	assert_non_null(strstr(app->entry.refusal.text, "12.5"));
	for (int i = 0; i < 4; i++)
		fake_press(app, UI_KEY_BACKSPACE);
	type(app, "12.5");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_PATIENT);
	assert_true(fabs(app->subject.readings.value[READING_ITA_DEG] - 12.5) < 1e-12);
	assert_false(app->assessed); /* nothing old may be shown */
	type(app, "3");
	assert_int_equal(clinic.prepared, 2);
	assert_int_equal(clinic.saved_readings, 1);
	assert_true(app->assessed);
}

static void implausible_readings_are_refused_unchanged(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	fake_press(app, UI_KEY_ENTER);
	type(app, "999");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_ENTRY);
	assert_true(app->entry.refusal.text[0] != '\0');
	type(app, "q");
	assert_int_equal(app_screen(app), SCREEN_PATIENT);
	assert_true(fabs(app->subject.readings.value[READING_AGE_Y] - 29.0) < 1e-12);
	type(app, "x");
	assert_false(app->subject.readings.present[READING_AGE_Y]);
}

static void the_fit_sets_the_lowest_dose_and_can_be_undone(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5a");
	assert_int_equal(app_screen(app), SCREEN_PARAMETERS);
	assert_non_null(strstr(said(app), "fit first"));
	type(app, "f");
	assert_true(fabs(energy(app) - 10.0) < 1e-9);
	type(app, "a");
	fake_press(app, UI_KEY_DOWN);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_PARAMETERS);
	assert_true(fabs(energy(app) - 12.5) < 1e-9);
	type(app, "uu");
	assert_true(fabs(energy(app) - 15.0) < 1e-9);
}

static void locked_devices_say_why(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "4j");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_DEVICE);
	assert_non_null(strstr(said(app), "recalled"));
}

static void saving_needs_a_current_assessment(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5s");
	assert_int_equal(clinic.saved_plans, 1);
	app->stale = true;
	type(app, "s");
	assert_int_equal(clinic.saved_plans, 1);
}

static void a_refused_preparation_is_explained(void **state)
{
	struct app *app = app_of(state);
	clinic.refuse_prepare = true;
	fake_press(app, UI_KEY_ENTER);
	assert_true(app->failed);
	assert_non_null(strstr(said(app), "contradict"));
	type(app, "5l"); /* knobs without a plan do nothing but say so */
	assert_null(app->plan);
}

static void the_palette_finds_and_runs(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5:lowest");
	assert_int_equal(app_line_count(app, SCREEN_PALETTE), 1);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_PARAMETERS);
	assert_true(app->fitted);
	/* Every action of the screen can be found. */
	for (size_t i = 0; i < action_count(); i++) {
		const struct action_spec *spec = action_at(i);
		if (!action_on_screen(spec, SCREEN_PARAMETERS) || spec->id == ACTION_PALETTE)
			continue;
		type(app, ":");
		snprintf(app->filter, sizeof app->filter, "%.31s", spec->name);
		assert_true(app_line_count(app, SCREEN_PALETTE) >= 1);
		fake_press(app, UI_KEY_ESCAPE);
	}
}

static void pastes_are_no_commands(void **state)
{
	struct app *app = app_of(state);
	for (const char *keys = "qy\rQy"; *keys != '\0'; keys++)
		app_key(app, (struct key_event){.key = *keys == '\r' ? UI_KEY_ENTER : *keys, .pasted = true});
	assert_false(app->leaving);
	assert_int_equal(app_screen(app), SCREEN_WORKLIST);
}

/* --- the worker --------------------------------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void escape_cancels_a_long_preparation(void **state)
{
	(void)state;
	struct jobs *jobs = NULL;
	struct app *app = fake_open(true, &jobs);
	clinic.wait_for_cancel = true;
	app_key(app, (struct key_event){.key = UI_KEY_ENTER});
	assert_true(app_busy(app));
	app_key(app, (struct key_event){.key = '4'}); /* other screens stay usable */
	assert_int_equal(app_screen(app), SCREEN_DEVICE);
	double start = seconds();
	app_key(app, (struct key_event){.key = UI_KEY_ESCAPE});
	assert_int_equal(app_screen(app), SCREEN_DEVICE); /* Esc went to the job */
	fake_settle(app);
	printf("cancelled after %.1f ms\n", 1e3 * (seconds() - start));
	assert_false(app_busy(app));
	assert_null(app->plan);
	assert_int_equal(app->failure.code, ST_CANCELLED);
	clinic.wait_for_cancel = false;
	app_key(app, (struct key_event){.key = UI_KEY_ENTER});
	fake_settle(app);
	assert_non_null(app->plan);
	fake_close(&app, &jobs);
}

/* Leaving, or another patient, while a job works: late results are dropped, nothing leaks. */
static void late_results_are_dropped(void **state)
{
	(void)state;
	struct jobs *jobs = NULL;
	struct app *app = fake_open(true, &jobs);
	clinic.wait_for_cancel = true;
	app_key(app, (struct key_event){.key = UI_KEY_ENTER});
	clinic.wait_for_cancel = false;
	app_key(app, (struct key_event){.key = 'q'});
	app_key(app, (struct key_event){.key = UI_KEY_DOWN});
	app_key(app, (struct key_event){.key = UI_KEY_ENTER});
	assert_int_equal(app->open_index, 1);
	fake_settle(app);
	assert_non_null(app->plan);
	assert_string_equal(app->plan->subject.label, app->subject.label);
	app_key(app, (struct key_event){.key = '5'});
	app_key(app, (struct key_event){.key = 'l'});
	assert_true(app->stale); /* until the worker answers */
	fake_close(&app, &jobs);
}

/* --- random walk -------------------------------------------------------------------------------------- */

#define WALK_KEYS 24000

static int random_key(struct rng *rng)
{
	static const int special[] = {UI_KEY_UP,      UI_KEY_DOWN,      UI_KEY_LEFT,   UI_KEY_RIGHT,
	                              UI_KEY_PAGE_UP, UI_KEY_PAGE_DOWN, UI_KEY_HOME,   UI_KEY_END,
	                              UI_KEY_ENTER,   UI_KEY_ENTER,     UI_KEY_ESCAPE, UI_KEY_BACKSPACE,
	                              UI_KEY_TAB,     UI_KEY_BACKTAB,   UI_KEY_F1};
	uint64_t draw = rng_next(rng);
	if (draw % 3 == 0)
		return special[(draw >> 8) % (sizeof special / sizeof *special)];
	if (draw % 50 == 1)
		return (int)((draw >> 8) % 0x110000);
	int key = ' ' + (int)((draw >> 8) % 95);
	return key == 'y' ? 'n' : key;
}

static void assert_invariants(const struct app *app)
{
	assert_in_range(app->depth, 1, APP_STACK_MAX);
	assert_int_equal(app->stack[0], SCREEN_WORKLIST);
	for (size_t i = 0; i + 1 < app->depth; i++)
		assert_true(app->stack[i] < SCREEN_PALETTE); /* dialogs only on top */
	assert_false(app->leaving);
	if (app->assessed && !app->stale)
		assert_true(fabs(settings_get(&app->assessment.settings, SETTING_ENERGY_MJ) - energy(app)) <
		            1e-9);
	if (app->plan != NULL)
		assert_string_equal(app->plan->subject.label, app->subject.label);
}

/* The canvas is followed by a guard: a screen that draws outside is found without a checker too. */
static void a_random_walk_holds_the_invariants(void **state)
{
	struct app *app = app_of(state);
	struct canvas *canvas = NULL;
	struct fail why;
	struct rng rng;
	rng_seed(&rng, 20240607, 1);
	assert_int_equal(canvas_new(24, 80, false, &canvas, &why), ST_OK);
	for (int i = 0; i < WALK_KEYS; i++) {
		fake_press(app, random_key(&rng));
		assert_invariants(app);
		if (rng_next(&rng) % 20 == 0)
			assert_int_equal(canvas_resize(canvas, (int)(rng_next(&rng) % 60),
			                               (int)(rng_next(&rng) % 200), &why),
			                 ST_OK);
		if (i % 4 == 0)
			app_draw(app, canvas);
	}
	for (size_t i = 0; i < APP_STACK_MAX && app->depth > 1; i++)
		fake_press(app, UI_KEY_ESCAPE);
	assert_int_equal(app_screen(app), SCREEN_WORKLIST);
	canvas_free(&canvas);
}

/* From wherever a walk ends, q (Esc where letters are text) leads back to the worklist. */
static void q_always_leads_back(void **state)
{
	struct app *app = app_of(state);
	struct rng rng;
	rng_seed(&rng, 7, 2);
	for (int walk = 0; walk < 60; walk++) {
		for (int i = 0; i < 40; i++)
			fake_press(app, random_key(&rng));
		for (int i = 0; i < APP_STACK_MAX && app->depth > 1; i++)
			fake_press(app, app_screen(app) == SCREEN_PALETTE ? UI_KEY_ESCAPE : 'q');
		assert_int_equal(app_screen(app), SCREEN_WORKLIST);
	}
}

/* --- numbers ------------------------------------------------------------------------------------------ */

static void numbers_are_read_strictly(void **state)
{
	(void)state;
	static const char *const bad[] = {"",   "-",    ".",  "1e5", "1,5", "1.2.3", "--1",
	                                  "1-", "0x10", " 1", "nan", "inf", "1 "};
	static const struct {
		const char *typed;
		double value;
	} good[] = {{"0", 0}, {"12.5", 12.5}, {"-3", -3}, {".5", 0.5}, {"7.", 7}, {"0012", 12}};
	double value;
	struct fail why;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(entry_number(bad[i], &value, &why), ST_INPUT);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(entry_number(good[i].typed, &value, &why), ST_OK);
		assert_true(fabs(value - good[i].value) < 1e-12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(opening_a_patient_prepares_the_plan, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(tab_walks_the_steps_and_q_goes_back, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_knob_changes_prediction_and_checks, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_end_of_the_grid_is_said, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(typed_settings_are_refused_off_the_grid, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_changed_reading_makes_the_plan_anew, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(implausible_readings_are_refused_unchanged, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(the_fit_sets_the_lowest_dose_and_can_be_undone, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(locked_devices_say_why, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(saving_needs_a_current_assessment, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_refused_preparation_is_explained, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_palette_finds_and_runs, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(pastes_are_no_commands, set_up, tear_down),
	        cmocka_unit_test(escape_cancels_a_long_preparation),
	        cmocka_unit_test(late_results_are_dropped),
	        cmocka_unit_test_setup_teardown(a_random_walk_holds_the_invariants, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(q_always_leads_back, set_up, tear_down),
	        cmocka_unit_test(numbers_are_read_strictly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
