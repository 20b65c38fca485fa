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

/* On the patient screen. */
static void go_to_reading(struct app *app, enum reading reading)
{
	fake_press(app, UI_KEY_HOME);
	while (app_patient_row(app->selected[SCREEN_PATIENT]).reading != reading)
		fake_press(app, UI_KEY_DOWN);
}

static void go_to_choice(struct app *app, enum patient_choice choice)
{
	fake_press(app, UI_KEY_HOME);
	while (app_patient_row(app->selected[SCREEN_PATIENT]).choice != choice)
		fake_press(app, UI_KEY_DOWN);
}

/* On the questions screen. */
static size_t go_to_question(struct app *app, const char *name)
{
	size_t id = 0;
	assert_true(facts_find(name, &id));
	fake_press(app, UI_KEY_HOME);
	while (app->questions.id[app->selected[SCREEN_QUESTIONS]] != id)
		fake_press(app, UI_KEY_DOWN);
	return id;
}

static struct expr_value answer(const struct app *app, size_t id)
{
	struct expr_value value;
	facts_get(app->subject.answers, id, &value);
	return value;
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

/* / narrows the list, Enter keeps it so, and what opens is the patient on the line. */
static void the_worklist_is_searched(void **state)
{
	struct app *app = app_of(state);
	type(app, "/zo");
	assert_int_equal(app->shown_count, 1);
	assert_int_equal(app->shown[0], 1);
	type(app, "q1?"); /* text, not commands */
	assert_int_equal(app_screen(app), SCREEN_WORKLIST);
	assert_int_equal(app->shown_count, 0);
	for (int i = 0; i < 3; i++)
		fake_press(app, UI_KEY_BACKSPACE);
	assert_int_equal(app->shown_count, 1);
	fake_press(app, UI_KEY_ENTER);
	assert_false(app->open);
	fake_press(app, UI_KEY_ENTER);
	assert_true(app->open);
	assert_int_equal(app->open_index, 1);
	type(app, "1/");
	fake_press(app, UI_KEY_ESCAPE);
	assert_int_equal(app->shown_count, app->patients);
	assert_int_equal(app->shown[app->selected[SCREEN_WORKLIST]], 1); /* the cursor stays with its patient */
}

static void the_worklist_is_sorted(void **state)
{
	struct app *app = app_of(state);
	for (int s = 0; s < WORKLIST_SORTS; s++) {
		type(app, "z");
		bool seen[2] = {false, false};
		for (size_t i = 0; i < app->shown_count; i++)
			seen[app->shown[i]] = true;
		assert_true(seen[0] && seen[1]);
	}
	assert_int_equal(app->sort, WORKLIST_AS_KEPT);
	snprintf(app->patient[0].label, sizeof app->patient[0].label, "ZZ");
	type(app, "z");
	assert_int_equal(app->shown[0], 1);
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
	go_to_reading(app, READING_ITA_DEG);
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

/* e makes the map, arrows walk it, Enter takes a combination, u gives the settings before. */
static void a_combination_is_taken_from_the_map(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5v");
	assert_int_equal(app_screen(app), SCREEN_PARAMETERS); /* axes belong to the map */
	type(app, "e");
	assert_int_equal(app_screen(app), SCREEN_EXPLORE);
	assert_non_null(app->map);
	const struct explore_cell *cell = app_explore_cell(app);
	assert_true(fabs(settings_get(&cell->settings, SETTING_ENERGY_MJ) - 15.0) < 1e-9); /* where the plan stands */
	fake_press(app, UI_KEY_LEFT);
	fake_press(app, UI_KEY_UP);
	cell = app_explore_cell(app);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_PARAMETERS);
	assert_true(fabs(energy(app) - 10.0) < 1e-9);
	type(app, "u");
	assert_true(fabs(energy(app) - 15.0) < 1e-9);
	for (int i = 0; i < 50; i++) /* the edges hold */
		fake_press(app, i % 2 ? UI_KEY_LEFT : UI_KEY_DOWN);
	type(app, "e");
	for (int i = 0; i < 50; i++)
		fake_press(app, i % 2 ? UI_KEY_RIGHT : UI_KEY_UP);
	assert_int_equal(app->selected[SCREEN_EXPLORE], app->map->nx * app->map->ny - 1);
	fake_press(app, UI_KEY_ENTER);
	assert_non_null(strstr(said(app), "does not take"));
}

/* The map is of the answers it was made with: it says so, and a changed reading drops it. */
static void a_map_knows_when_it_is_old(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5ew");
	go_to_question(app, "gold_therapy");
	type(app, "n");
	assert_true(app->map_stale);
	type(app, "5e");
	assert_false(app->map_stale);
	app_plan_forget(app);
	assert_null(app->map);
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

static void the_palette_skips_letters_best_first(void **state)
{
	struct app *app = app_of(state);
	const struct action_spec *match[ACTIONS];
	fake_press(app, UI_KEY_ENTER);
	type(app, "5:fllsd"); /* fit: no name has this; palette's own first letter too */
	assert_int_equal(app_palette(app, match), 0);
	fake_press(app, UI_KEY_ESCAPE);
	type(app, ":flsd");
	assert_true(app_palette(app, match) >= 1);
	assert_int_equal(match[0]->id, ACTION_FIT);
	fake_press(app, UI_KEY_ESCAPE);
	type(app, ":expl"); /* the word in the footer */
	assert_true(app_palette(app, match) >= 1);
	assert_int_equal(match[0]->id, ACTION_EXPLORE);
	/* a whole part before letters strewn, the start of a word before its middle */
	assert_true(app_name_rank("plan: goals", "GOAL") > app_name_rank("plan: goals", "oal"));
	assert_true(app_name_rank("plan: goals", "oal") > app_name_rank("plan: goals", "pg"));
	assert_true(app_name_rank("plan: goals", "pg") > app_name_rank("plan: goals", "pns"));
	assert_int_equal(app_name_rank("plan: goals", "sg"), 0);
}

static void the_patient_before_is_one_key_away(void **state)
{
	struct app *app = app_of(state);
	type(app, "'");
	assert_non_null(strstr(said(app), "no other patient was opened yet"));
	fake_press(app, UI_KEY_ENTER);
	const size_t first = app->open_index;
	type(app, "'");
	assert_non_null(strstr(said(app), "no other patient was opened yet"));
	type(app, "1j");
	fake_press(app, UI_KEY_ENTER);
	const size_t second = app->open_index;
	assert_true(second != first);
	app->patient[first].tag.set = true;
	type(app, "'");
	assert_int_equal(app->open_index, first);
	assert_true(app->patient[first].tag.set);
	assert_non_null(strstr(said(app), "ANOTHER PATIENT"));
	type(app, "'");
	assert_int_equal(app->open_index, second);
	/* the list sorted by it: the latest first, then the one before, then those never opened */
	type(app, "1zzzzz");
	assert_int_equal(app->sort, WORKLIST_BY_OPENED);
	assert_int_equal(app->shown[0], second);
	assert_int_equal(app->shown[1], first);
}

static void pastes_are_no_commands(void **state)
{
	struct app *app = app_of(state);
	for (const char *keys = "qy\rQy"; *keys != '\0'; keys++)
		app_key(app, (struct key_event){.key = *keys == '\r' ? UI_KEY_ENTER : *keys, .pasted = true});
	assert_false(app->leaving);
	assert_int_equal(app_screen(app), SCREEN_WORKLIST);
}

/* --- questions ---------------------------------------------------------------------------------------- */

static void open_questions_come_first_and_are_told_to_the_plan(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW_AFTER_MD);
	type(app, "w");
	assert_int_equal(app_screen(app), SCREEN_QUESTIONS);
	assert_int_equal(app->questions.open_first, 1);
	size_t gold = 0;
	assert_true(facts_find("gold_therapy", &gold));
	assert_int_equal(app->questions.id[0], gold);
	type(app, "n");
	assert_int_equal(facts_state(app->subject.answers, gold), FACT_SET);
	assert_int_equal(answer(app, gold).items, 0);
	assert_int_equal(app->selected[SCREEN_QUESTIONS], 1); /* on to the next */
	assert_int_equal(app->questions.id[0], gold);         /* which did not move */
	assert_int_equal(clinic.prepared, 1);                 /* the physics is as before */
	assert_int_equal(clinic.told_answers, 1);
	assert_true(app->assessed && !app->stale);
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW);
	type(app, "kx"); /* back to not answered: the rule is back */
	assert_int_equal(facts_state(app->subject.answers, gold), FACT_UNANSWERED);
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW_AFTER_MD);
}

static void answers_are_kept_by_s_and_before_a_plan_is_shown(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "wn");
	assert_int_equal(clinic.saved_readings, 0);
	type(app, "s");
	assert_int_equal(clinic.saved_readings, 1);
	type(app, "s"); /* nothing new */
	assert_int_equal(clinic.saved_readings, 1);
	assert_int_equal(clinic.saved_plans, 0);
	type(app, "n5");
	assert_int_equal(clinic.saved_readings, 2);
	type(app, "2wn1"); /* and before another patient takes the place */
	fake_press(app, UI_KEY_DOWN);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app->open_index, 1);
	assert_int_equal(clinic.saved_readings, 3);
}

/* Half an L*a*b* in a record would be read as zeros. */
static void contradicting_readings_are_not_kept(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	go_to_reading(app, READING_LAB_L);
	fake_press(app, UI_KEY_ENTER);
	type(app, "60");
	fake_press(app, UI_KEY_ENTER);
	type(app, "s");
	assert_int_equal(clinic.saved_readings, 0);
	assert_true(app->readings_changed);
	assert_non_null(strstr(said(app), "NOT kept"));
}

static void numbers_and_names_are_typed_as_answers(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "w");
	size_t id = go_to_question(app, "isotretinoin_stopped_days_ago");
	type(app, "y"); /* yes is not enough: the field opens */
	assert_int_equal(app_screen(app), SCREEN_ENTRY);
	static const char *const refused[] = {"yes", "12,5", "50000", "-1", "quick", ""};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		type(app, refused[i]);
		fake_press(app, UI_KEY_ENTER);
		assert_int_equal(app_screen(app), SCREEN_ENTRY);
		assert_true(app->entry.refusal.text[0] != '\0');
		while (app->entry.typed[0] != '\0')
			fake_press(app, UI_KEY_BACKSPACE);
		assert_true(fabs(answer(app, id).number - 425.0) < 1e-9);
	}
	type(app, "30");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_QUESTIONS);
	assert_true(fabs(answer(app, id).number - 30.0) < 1e-9);
	id = go_to_question(app, "isotretinoin_stopped_days_ago");
	fake_press(app, UI_KEY_ENTER);
	type(app, "Never");
	fake_press(app, UI_KEY_ENTER);
	assert_true(isinf(answer(app, id).number));
}

static void type_answer(struct app *app, const char *question, const char *text)
{
	(void)go_to_question(app, question);
	fake_press(app, UI_KEY_ENTER);
	type(app, text);
	fake_press(app, UI_KEY_ENTER);
}

static void lists_are_split_at_commas_and_added_to(void **state)
{
	struct app *app = app_of(state);
	size_t id = 0;
	assert_true(facts_find("drugs", &id));
	fake_press(app, UI_KEY_ENTER);
	type(app, "w");
	type_answer(app, "drugs", " doxycycline ,, amiodarone,");
	assert_int_equal(answer(app, id).items, 2);
	assert_string_equal(answer(app, id).item[0], "doxycycline");
	assert_string_equal(answer(app, id).item[1], "amiodarone");
	type_answer(app, "drugs", ", q10"); /* q is a letter here */
	assert_int_equal(answer(app, id).items, 3);
	assert_string_equal(answer(app, id).item[2], "q10");
	type_answer(app, "drugs", ", none");
	assert_int_equal(app_screen(app), SCREEN_ENTRY);
	assert_non_null(strstr(app->entry.refusal.text, "contradicts"));
	fake_press(app, UI_KEY_ESCAPE);
	assert_int_equal(answer(app, id).items, 3);
}

/* Readings, forecast, history, and round again; a new reading makes another twin, whose text was not made yet. */
static void the_twin_screen_has_views(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "3");
	assert_int_equal(app_line_count(app, SCREEN_TWIN), TWIN_PROPERTIES);
	type(app, "Gi");
	assert_int_equal(app->twin_view, TWIN_VIEW_READINGS);
	assert_int_equal(app->selected[SCREEN_TWIN], 0);
	assert_non_null(strstr(app->twin_lines, "Melanin index, adjacent"));
	type(app, "i");
	assert_int_equal(app->twin_view, TWIN_VIEW_FORECAST);
	assert_non_null(strstr(app->twin_lines, "SCENARIO"));
	type(app, "ijjj");
	assert_int_equal(app->twin_view, TWIN_VIEW_HISTORY);
	assert_int_equal(app_line_count(app, SCREEN_TWIN), 2);
	assert_int_equal(app->selected[SCREEN_TWIN], 1);
	type(app, "i");
	assert_int_equal(app->twin_view, TWIN_VIEW_PROPERTIES);
	assert_null(app->twin_lines);
	type(app, "ii");
	app_plan_forget(app);
	assert_int_equal(app->twin_view, TWIN_VIEW_PROPERTIES);
	assert_null(app->twin_lines);
}

/* Depth, its numbers, cross-section, course in time, and round again; what a prediction lacks is passed over. */
static void the_prediction_has_views(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "6");
	for (int view = PREDICTION_DEPTH; view < PREDICTION_VIEWS; view++) {
		assert_int_equal(app_prediction_view(app), view);
		type(app, "i");
	}
	assert_int_equal(app_prediction_view(app), PREDICTION_DEPTH);
	app->assessment.prediction.section.count = 0;
	type(app, "ii");
	assert_int_equal(app_prediction_view(app), PREDICTION_TIME);
	app->assessment.prediction.course.count = 0; /* another device's: what is wanted stays wanted */
	assert_int_equal(app_prediction_view(app), PREDICTION_DEPTH);
	assert_int_equal(app->prediction_view, PREDICTION_TIME);
}

static void no_to_all_asks_and_sets_open_ones_only(void **state)
{
	struct app *app = app_of(state);
	size_t id = 0, hsv = 0;
	struct fail why;
	assert_true(facts_find("keloid", &id) && facts_find("hsv_labialis", &hsv));
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(facts_set_absent(app->subject.answers, "keloid", &why), ST_OK);
	type(app, "w");
	assert_int_equal(app_questions_open(app), 2);
	static const int habits[] = {'N', 'y', 'n', ' ', UI_KEY_ENTER};
	type(app, "N");
	for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
		fake_press(app, habits[i]);
	assert_int_equal(app_screen(app), SCREEN_ALL_NO);
	fake_press(app, UI_KEY_ESCAPE);
	assert_int_equal(app_questions_open(app), 2);
	type(app, "NA");
	assert_int_equal(app_screen(app), SCREEN_QUESTIONS);
	assert_int_equal(app_questions_open(app), 0);
	assert_false(answer(app, id).truth);
	assert_true(answer(app, hsv).truth); /* an answer given stays */
	assert_non_null(strstr(said(app), "2 questions"));
	type(app, "N"); /* nothing left to ask */
	assert_int_equal(app_screen(app), SCREEN_QUESTIONS);
	assert_non_null(strstr(said(app), "every question is answered"));
}

/* Asked of whom it can concern; of a person whose sex is not recorded, of all. */
static void pregnancy_is_not_asked_of_men(void **state)
{
	struct app *app = app_of(state);
	size_t id = 0;
	assert_true(facts_find("pregnant", &id));
	fake_press(app, UI_KEY_ENTER);
	app->subject.readings.sex = SEX_MALE;
	assert_false(app_question_asked(app, id));
	app->subject.readings.sex = SEX_UNKNOWN;
	assert_true(app_question_asked(app, id));
}

/* The days since the sun are a reading of the twin too. */
static void the_sun_makes_the_plan_anew(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "w");
	type_answer(app, "uv_last_days", "10");
	assert_true(fabs(app->subject.readings.value[READING_UV_LAST_DAYS] - 10.0) < 1e-12);
	assert_null(app->plan);
	type(app, "7");
	assert_int_equal(clinic.prepared, 2);
}

/* --- choices and the skin type ------------------------------------------------------------------------- */

static void sex_site_and_type_are_chosen(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	go_to_choice(app, CHOICE_SITE);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_CHOICE);
	fake_press(app, UI_KEY_DOWN);
	fake_press(app, UI_KEY_ENTER);
	assert_string_equal(app->subject.readings.site, "forehead"); /* after cheek in the table */
	assert_null(app->plan);
	go_to_choice(app, CHOICE_TYPE);
	fake_press(app, UI_KEY_ENTER);
	fake_press(app, UI_KEY_END);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app->subject.readings.fitzpatrick, 6);
	go_to_choice(app, CHOICE_SEX);
	fake_press(app, UI_KEY_ENTER);
	fake_press(app, UI_KEY_HOME);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app->subject.readings.sex, SEX_UNKNOWN);
	type(app, "x"); /* a choice is no reading: said, not done */
	assert_non_null(strstr(said(app), "Enter shows the choices"));
	type(app, "3");
	assert_int_equal(clinic.prepared, 2);
	assert_int_equal(clinic.saved_readings, 1);
}

/* A side enters the plan and no model: nothing is computed anew, and it can be undone. */
static void the_side_of_a_zone_is_chosen(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	const int prepared = (int)clinic.prepared;
	go_to_choice(app, CHOICE_SIDE);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_CHOICE);
	fake_press(app, UI_KEY_DOWN);
	fake_press(app, UI_KEY_DOWN);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app->request.side[0], SIDE_RIGHT);
	assert_non_null(strstr(said(app), "right, was not stated"));
	assert_true(app->readings_changed);
	assert_non_null(app->plan);
	assert_int_equal(clinic.prepared, prepared);
	type(app, "u");
	assert_int_equal(app->request.side[0], SIDE_NOT_STATED);
	type(app, "U");
	assert_int_equal(app->request.side[0], SIDE_RIGHT);
	type(app, "x");
	assert_non_null(strstr(said(app), "not stated"));
}

/* The DermaSpectrometer's scale ends at 200: an index of 300 was read on another instrument. */
static void a_scale_that_does_not_fit_the_indices_is_refused(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	app->subject.readings.value[READING_MI_FIELD] = 300.0;
	app->subject.readings.present[READING_MI_FIELD] = true;
	go_to_choice(app, CHOICE_SCALE);
	fake_press(app, UI_KEY_ENTER);
	fake_press(app, UI_KEY_DOWN);
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_CHOICE);
	assert_non_null(strstr(app->entry.refusal.text, "300 is outside"));
	assert_int_equal(app->subject.readings.mi_scale, MI_MEXAMETER);
	fake_press(app, UI_KEY_ESCAPE);
	assert_non_null(app->plan);
}

/* Ten times 3 points: 30, the highest sum of type IV (Fitzpatrick 1988); one more gives V. */
static void ten_questions_give_the_type(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "t333333333"); /* nine */
	struct skin_points sum = app_skin_points(&app->skin_form);
	assert_int_equal(sum.answered, 9);
	assert_int_equal(sum.points, 27);
	assert_int_equal(sum.type_min, 4);
	assert_int_equal(sum.type_max, 5);
	fake_press(app, UI_KEY_ENTER); /* the tenth is missing */
	assert_int_equal(app_screen(app), SCREEN_SKIN_TYPE);
	assert_true(app->skin_form.refused);
	assert_int_equal(app->subject.readings.fitzpatrick, 2);
	type(app, "3");
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app_screen(app), SCREEN_PATIENT);
	assert_int_equal(app->subject.readings.fitzpatrick, 4);
	assert_null(app->plan);
	type(app, "t4"); /* left: nothing changes */
	fake_press(app, UI_KEY_ESCAPE);
	assert_int_equal(app->subject.readings.fitzpatrick, 4);
	type(app, "t3333333333");
	fake_press(app, UI_KEY_RIGHT); /* the last question is still selected: 4 points */
	fake_press(app, UI_KEY_ENTER);
	assert_int_equal(app->subject.readings.fitzpatrick, 5);
}

/* --- undo of readings and answers ------------------------------------------------------------------- */

static void answers_and_readings_are_undone(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "u");
	assert_non_null(strstr(said(app), "nothing to undo"));
	type(app, "w");
	size_t id = go_to_question(app, "gold_therapy");
	assert_int_not_equal(facts_state(app->subject.answers, id), FACT_SET);
	type(app, "n");
	assert_int_equal(facts_state(app->subject.answers, id), FACT_SET);
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW);
	type(app, "u");
	assert_int_not_equal(facts_state(app->subject.answers, id), FACT_SET);
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW_AFTER_MD); /* the rules know it, too */
	type(app, "U");
	assert_int_equal(facts_state(app->subject.answers, id), FACT_SET);
	type(app, "2");
	go_to_reading(app, READING_EPIDERMIS_UM);
	fake_press(app, UI_KEY_ENTER);
	type(app, "70");
	fake_press(app, UI_KEY_ENTER);
	type(app, "x");
	assert_false(app->subject.readings.present[READING_EPIDERMIS_UM]);
	type(app, "u");
	assert_true(fabs(app->subject.readings.value[READING_EPIDERMIS_UM] - 70.0) < 1e-9);
	type(app, "u");
	assert_true(fabs(app->subject.readings.value[READING_EPIDERMIS_UM] - 62.0) < 1e-9);
	assert_int_equal(facts_state(app->subject.answers, id), FACT_SET); /* one step at a time */
	type(app, "u");
	assert_int_not_equal(facts_state(app->subject.answers, id), FACT_SET);
	type(app, "UUU");
	assert_false(app->subject.readings.present[READING_EPIDERMIS_UM]);
	type(app, "1j");
	fake_press(app, UI_KEY_ENTER); /* another patient: nothing of the first comes back */
	type(app, "u");
	assert_non_null(strstr(said(app), "nothing to undo"));
}

/* More changes than are kept: the oldest are forgotten, nothing leaks. */
static void undo_has_a_depth(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "w");
	for (int i = 0; i < 3 * APP_EDITS_MAX; i++) {
		fake_press(app, UI_KEY_HOME);
		type(app, i % 2 == 0 ? "n" : "x");
	}
	for (int i = 0; i < 4 * APP_EDITS_MAX; i++)
		type(app, "u");
	for (int i = 0; i < 4 * APP_EDITS_MAX; i++)
		type(app, "U");
	assert_true(app->edits.undone <= APP_EDITS_MAX && app->edits.redone == 0);
}

/* --- the popup of keys, jobs ----------------------------------------------------------------------------- */

static char *drawn(const struct app *app)
{
	struct canvas *canvas = NULL;
	struct fail why;
	assert_int_equal(canvas_new(24, 80, false, &canvas, &why), ST_OK);
	app_draw(app, canvas);
	char *dump = canvas_dump(canvas);
	canvas_free(&canvas);
	return dump;
}

static void the_popup_comes_late_and_goes_with_a_key(void **state)
{
	struct app *app = app_of(state);
	fake_press(app, UI_KEY_ENTER);
	type(app, "5 ");
	assert_int_equal(app_screen(app), SCREEN_KEYS);
	char *before = drawn(app);
	assert_null(strstr(before, "Keys here")); /* who knows the key goes on without seeing it */
	free(before);
	app->keys_shown = true; /* what the shell says after 300 ms */
	char *shown = drawn(app);
	assert_non_null(strstr(shown, "Keys here"));
	assert_non_null(strstr(shown, "plan: fit the lowest"));
	free(shown);
	type(app, "o");
	assert_int_equal(app_screen(app), SCREEN_GOALS);
	type(app, " ");
	fake_press(app, UI_KEY_ESCAPE);
	assert_int_equal(app_screen(app), SCREEN_GOALS);
	type(app, "  ");
	assert_int_equal(app_screen(app), SCREEN_GOALS);
	type(app, " Q");
	assert_int_equal(app_screen(app), SCREEN_QUIT);
}

static void what_is_computed_stands_with_the_messages(void **state)
{
	(void)state;
	struct jobs *jobs = NULL;
	struct app *app = fake_open(true, &jobs);
	clinic.wait_for_cancel = true;
	app_key(app, (struct key_event){.key = UI_KEY_ENTER});
	app_key(app, (struct key_event){.key = 'm'});
	char *shown = drawn(app);
	assert_non_null(strstr(shown, "making the twin"));
	assert_non_null(strstr(shown, "c stops it"));
	free(shown);
	app_key(app, (struct key_event){.key = 'c'});
	fake_settle(app);
	shown = drawn(app);
	assert_non_null(strstr(shown, "Nothing is being computed."));
	assert_non_null(strstr(shown, "Preparing was cancelled"));
	free(shown);
	fake_close(&app, &jobs);
}

static void leaving_while_something_is_computed_is_asked(void **state)
{
	(void)state;
	struct jobs *jobs = NULL;
	struct app *app = fake_open(true, &jobs);
	clinic.wait_for_cancel = true;
	app_key(app, (struct key_event){.key = UI_KEY_ENTER});
	app_key(app, (struct key_event){.key = 'Q'});
	char *shown = drawn(app);
	assert_non_null(strstr(shown, "A computation is running; it will be stopped."));
	free(shown);
	app_key(app, (struct key_event){.key = UI_KEY_ESCAPE});
	assert_true(app_busy(app) && !app->leaving); /* it goes on */
	app_key(app, (struct key_event){.key = 'Q'});
	app_key(app, (struct key_event){.key = 'y'});
	assert_true(app->leaving);
	fake_close(&app, &jobs); /* stops it and waits for it */
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

/* An answer given while the plan is still prepared from the old ones: what comes is marked old, then judged
 * with the new. */
static void answers_overtake_a_running_job(void **state)
{
	(void)state;
	struct jobs *jobs = NULL;
	struct app *app = fake_open(true, &jobs);
	app_key(app, (struct key_event){.key = UI_KEY_ENTER});
	app_key(app, (struct key_event){.key = 'w'});
	app_key(app, (struct key_event){.key = 'n'});
	assert_true(app->answers_changed);
	fake_settle(app);
	assert_false(app->answers_changed);
	assert_int_equal(clinic.prepared, 1);
	assert_int_equal(clinic.told_answers, 1);
	assert_false(app->stale);
	assert_int_equal(app->assessment.verdict, VERDICT_ALLOW);
	app_key(app, (struct key_event){.key = '5'});
	app_key(app, (struct key_event){.key = 'f'});
	app_key(app, (struct key_event){.key = 'w'});
	app_key(app, (struct key_event){.key = 'x'}); /* while fitting: the fit was for other answers */
	fake_settle(app);
	assert_false(app->fitted);
	assert_false(app->stale);
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

static bool letters_are_text(const struct app *app)
{
	return app_screen(app) == SCREEN_PALETTE || app_screen(app) == SCREEN_FORM || app->finding ||
	       (app_screen(app) == SCREEN_ENTRY && app->entry.kind == ENTRY_ANSWER);
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
			fake_press(app, letters_are_text(app) ? UI_KEY_ESCAPE : 'q');
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
	        cmocka_unit_test_setup_teardown(the_worklist_is_searched, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_worklist_is_sorted, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(tab_walks_the_steps_and_q_goes_back, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_knob_changes_prediction_and_checks, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_end_of_the_grid_is_said, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(typed_settings_are_refused_off_the_grid, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_changed_reading_makes_the_plan_anew, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(implausible_readings_are_refused_unchanged, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(the_fit_sets_the_lowest_dose_and_can_be_undone, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(a_combination_is_taken_from_the_map, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_map_knows_when_it_is_old, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(locked_devices_say_why, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(saving_needs_a_current_assessment, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_refused_preparation_is_explained, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_palette_finds_and_runs, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_palette_skips_letters_best_first, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_patient_before_is_one_key_away, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(pastes_are_no_commands, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(open_questions_come_first_and_are_told_to_the_plan, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(answers_are_kept_by_s_and_before_a_plan_is_shown, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(contradicting_readings_are_not_kept, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(numbers_and_names_are_typed_as_answers, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(lists_are_split_at_commas_and_added_to, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_twin_screen_has_views, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_prediction_has_views, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(no_to_all_asks_and_sets_open_ones_only, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(pregnancy_is_not_asked_of_men, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_sun_makes_the_plan_anew, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_side_of_a_zone_is_chosen, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(sex_site_and_type_are_chosen, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_scale_that_does_not_fit_the_indices_is_refused, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(ten_questions_give_the_type, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(answers_and_readings_are_undone, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(undo_has_a_depth, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_popup_comes_late_and_goes_with_a_key, set_up, tear_down),
	        cmocka_unit_test(what_is_computed_stands_with_the_messages),
	        cmocka_unit_test(leaving_while_something_is_computed_is_asked),
	        cmocka_unit_test(escape_cancels_a_long_preparation),
	        cmocka_unit_test(late_results_are_dropped),
	        cmocka_unit_test(answers_overtake_a_running_job),
	        cmocka_unit_test_setup_teardown(a_random_walk_holds_the_invariants, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(q_always_leads_back, set_up, tear_down),
	        cmocka_unit_test(numbers_are_read_strictly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
