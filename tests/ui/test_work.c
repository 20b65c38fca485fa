/* Unfinished work and the lock, on real records with a made-up engine: every step is in the file before the next key,
 * whoever began it gets it back, nobody else does, and a locked model holds nothing of a patient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "planner/plan/unfinished.h"
#include "planner/store/record.h"
#include "tests/support/temp_folder.h"
#include "tests/ui/fake_clinic.h"
#include "ui/source.h"
#include "ui/view.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

struct bench {
	char home[TEMP_PATH_SIZE];
	struct clinic *records;
	struct source source;
	struct app_work work;
	struct app_source app_source;
	struct jobs *jobs;
	struct app *app;
	struct fail why;
};

#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static int64_t clock_ms = NOW_MS;

static int64_t now(void)
{
	return clock_ms;
}

static void ok(const struct bench *b, enum status st)
{
	if (st != ST_OK)
		fail_msg("%s: %s", b->why.field, b->why.text);
}

static void enter(struct bench *b, const char *login)
{
	const struct secret secret = {CLINIC_DEMO_SECRET, sizeof CLINIC_DEMO_SECRET - 1};
	ok(b, clinic_login(b->records, login, secret, &b->why));
}

static void start(struct bench *b)
{
	b->source = (struct source){.clinic = b->records, .now_ms = now};
	b->work = work_of(&b->source);
	b->source.work = &b->work;
	b->app_source = source_of(&b->source, "demo clinic");
	ok(b, jobs_new(true, &b->jobs, &b->why));
	ok(b, app_new(&b->app_source, &fake_engine, b->jobs, &b->app, &b->why));
}

static void stop(struct bench *b)
{
	fake_close(&b->app, &b->jobs);
}

/* As after a crash: the model is gone, the records stay. */
static void crash(struct bench *b, const char *login)
{
	b->app->work.due = WORK_KEPT; /* nothing is kept on the way out */
	stop(b);
	clinic_lock(b->records);
	enter(b, login);
	start(b);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	clock_ms = NOW_MS;
	b->app = fake_open(false, &b->jobs); /* makes the device */
	stop(b);
	temp_folder_make(b->home);
	const struct clinic_options options = {
	        .home = b->home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = NOW_MS, .kdf = store_kdf_least};
	ok(b, clinic_open(&options, &b->records, &b->why));
	start(b);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	stop(b);
	clinic_close(&b->records);
	temp_folder_remove(b->home);
	free(b);
	return 0;
}

static void press(struct bench *b, int key)
{
	fake_press(b->app, key);
}

static void type_reading(struct bench *b, enum reading reading, const char *value)
{
	press(b, UI_KEY_HOME);
	while (app_patient_row(b->app->selected[SCREEN_PATIENT]).reading != reading)
		press(b, UI_KEY_DOWN);
	press(b, UI_KEY_ENTER);
	for (; *value; value++)
		press(b, *value);
	press(b, UI_KEY_ENTER);
	assert_int_equal(app_screen(b->app), SCREEN_PATIENT);
}

static double reading(const struct bench *b, enum reading which)
{
	return b->app->subject.readings.value[which];
}

static size_t readings_rows(struct bench *b)
{
	struct store_readings_list list;
	ok(b, store_readings_list(clinic_store(b->records), clinic_patient_uuid(b->records, 0), 100, &list, &b->why));
	size_t count = list.count;
	store_readings_list_free(&list);
	return count;
}

static void every_reading_survives_a_crash(void **state)
{
	struct bench *b = *state;
	const size_t rows = readings_rows(b);
	press(b, UI_KEY_ENTER);
	type_reading(b, READING_ITA_DEG, "41");
	type_reading(b, READING_EI, "123");
	crash(b, CLINIC_DEMO_TECHNICIAN);
	assert_int_equal(app_screen(b->app), SCREEN_UNFINISHED);
	assert_false(b->app->open);
	press(b, UI_KEY_ENTER);
	assert_true(b->app->open);
	assert_near(reading(b, READING_ITA_DEG), 41, 0);
	assert_near(reading(b, READING_EI), 123, 0);
	assert_int_equal(readings_rows(b), rows); /* taking up saves nothing */
	press(b, 's');
	assert_int_equal(readings_rows(b), rows + 1);
	crash(b, CLINIC_DEMO_TECHNICIAN);
	assert_int_equal(app_screen(b->app), SCREEN_WORKLIST); /* saved: nothing is unfinished */
	press(b, UI_KEY_ENTER);
	assert_near(reading(b, READING_ITA_DEG), 41, 0);
}

/* One number of three is no colour yet, and no record; it is work all the same. */
static void half_a_colour_survives_a_crash(void **state)
{
	struct bench *b = *state;
	press(b, UI_KEY_ENTER);
	readings_clear(&b->app->subject.readings, READING_ITA_DEG);
	for (int i = 0; i < 3; i++)
		readings_clear(&b->app->subject.readings, (enum reading)(READING_LAB_L + i));
	type_reading(b, READING_LAB_L, "61.5");
	crash(b, CLINIC_DEMO_TECHNICIAN);
	press(b, UI_KEY_ENTER);
	assert_near(reading(b, READING_LAB_L), 61.5, 0);
	assert_false(b->app->subject.readings.present[READING_LAB_B]);
}

static void answers_and_choices_survive_a_crash(void **state)
{
	struct bench *b = *state;
	size_t id;
	struct expr_value value;
	press(b, UI_KEY_ENTER);
	assert_true(facts_find("keloid", &id));
	press(b, 'w');
	while (b->app->questions.id[b->app->selected[SCREEN_QUESTIONS]] != id)
		press(b, UI_KEY_DOWN);
	press(b, 'y');
	crash(b, CLINIC_DEMO_TECHNICIAN);
	press(b, UI_KEY_ENTER);
	facts_get(b->app->subject.answers, id, &value);
	assert_true(value.known && value.truth);
}

/* A knob is kept when it comes to rest or another key is pressed. */
static void settings_survive_a_crash(void **state)
{
	struct bench *b = *state;
	press(b, UI_KEY_ENTER);
	press(b, '5');
	const double before = settings_get(&b->app->settings, SETTING_ENERGY_MJ);
	press(b, UI_KEY_RIGHT);
	press(b, UI_KEY_RIGHT);
	const double turned = settings_get(&b->app->settings, SETTING_ENERGY_MJ);
	assert_true(turned > before);
	assert_true(app_work_pending(b->app)); /* not thirty commits a second while a key is held */
	app_work_flush(b->app);                /* the shell, when no key has come for a while */
	assert_false(app_work_pending(b->app));
	crash(b, CLINIC_DEMO_TECHNICIAN);
	press(b, UI_KEY_ENTER);
	assert_near(settings_get(&b->app->settings, SETTING_ENERGY_MJ), turned, 1e-9);
	press(b, '5');
	press(b, UI_KEY_RIGHT);
	press(b, UI_KEY_DOWN);
	assert_false(app_work_pending(b->app));
}

static void discarded_work_is_gone(void **state)
{
	struct bench *b = *state;
	press(b, UI_KEY_ENTER);
	const double was = reading(b, READING_ITA_DEG);
	type_reading(b, READING_ITA_DEG, "41");
	crash(b, CLINIC_DEMO_TECHNICIAN);
	press(b, 'D');
	assert_int_equal(app_screen(b->app), SCREEN_WORKLIST);
	crash(b, CLINIC_DEMO_TECHNICIAN);
	assert_int_equal(app_screen(b->app), SCREEN_WORKLIST);
	press(b, UI_KEY_ENTER);
	assert_near(reading(b, READING_ITA_DEG), was, 0);
}

/* Put off at the start, it stands before the patient: what is typed next must not take its place. */
static void work_put_off_is_decided_before_the_patient_opens(void **state)
{
	struct bench *b = *state;
	press(b, UI_KEY_ENTER);
	type_reading(b, READING_ITA_DEG, "41");
	crash(b, CLINIC_DEMO_TECHNICIAN);
	press(b, UI_KEY_ESCAPE);
	press(b, UI_KEY_ENTER);
	assert_int_equal(app_screen(b->app), SCREEN_UNFINISHED);
	press(b, UI_KEY_ESCAPE);
	assert_false(b->app->open);
	press(b, UI_KEY_ENTER);
	press(b, 'D');
	assert_int_equal(app_screen(b->app), SCREEN_PATIENT);
	assert_true(b->app->open);
}

static void dump(const struct bench *b, char *out, size_t size)
{
	struct canvas *canvas = NULL;
	struct fail why;
	if (canvas_new(24, 80, false, &canvas, &why) != ST_OK)
		fail_msg("%s", why.text);
	app_draw(b->app, canvas);
	char *text = canvas_dump(canvas);
	(void)snprintf(out, size, "%s", text);
	free(text);
	canvas_free(&canvas);
}

static void others_are_told_who_and_not_what(void **state)
{
	struct bench *b = *state;
	static char screen[32768];
	struct subject subject;
	struct request request;
	press(b, UI_KEY_ENTER);
	const double was = reading(b, READING_ITA_DEG);
	type_reading(b, READING_ITA_DEG, "41");
	crash(b, CLINIC_DEMO_DERMATOLOGIST);
	assert_int_equal(app_screen(b->app), SCREEN_WORKLIST);
	assert_int_equal(unfinished_load(b->records, 0, &subject, &request, &b->why), ST_NOT_FOUND);
	press(b, UI_KEY_ENTER);
	assert_near(reading(b, READING_ITA_DEG), was, 0);
	dump(b, screen, sizeof screen);
	assert_non_null(strstr(screen, "demo-technician has unfinished work on this patient"));
	assert_null(strstr(screen, "41.0"));
	type_reading(b, READING_ITA_DEG, "39"); /* work of their own, beside it */
	crash(b, CLINIC_DEMO_TECHNICIAN);
	press(b, UI_KEY_ENTER);
	assert_near(reading(b, READING_ITA_DEG), 41, 0);
	crash(b, CLINIC_DEMO_DERMATOLOGIST);
	dump(b, screen, sizeof screen);
	assert_non_null(strstr(screen, "Unfinished work of demo-dermatologist"));
	assert_non_null(strstr(screen, "demo-technician began work on VIRTUAL 01"));
	press(b, UI_KEY_ENTER);
	assert_near(reading(b, READING_ITA_DEG), 39, 0);
}

static void overtaken_work_is_told(void **state)
{
	struct bench *b = *state;
	static char screen[32768];
	press(b, UI_KEY_ENTER);
	type_reading(b, READING_ITA_DEG, "41");
	crash(b, CLINIC_DEMO_DERMATOLOGIST);
	clock_ms += 60000;
	press(b, UI_KEY_ENTER);
	type_reading(b, READING_ITA_DEG, "39");
	press(b, 's');
	crash(b, CLINIC_DEMO_TECHNICIAN);
	dump(b, screen, sizeof screen);
	assert_non_null(strstr(screen, "Newer readings of this patient were kept since"));
}

/* ---- the lock ---- */

static bool holds(const void *bytes, size_t n, const char *text)
{
	const size_t length = strlen(text);
	for (size_t i = 0; i + length <= n; i++)
		if (memcmp((const char *)bytes + i, text, length) == 0)
			return true;
	return false;
}

static void a_locked_model_holds_nothing(void **state)
{
	struct bench *b = *state;
	press(b, UI_KEY_ENTER);
	press(b, '5');
	press(b, '/');
	assert_true(holds(b->app, sizeof *b->app, "VIRTUAL 01"));
	app_lock(b->app);
	clinic_lock(b->records);
	assert_false(holds(b->app, sizeof *b->app, "VIRTUAL"));
	assert_null(b->app->patient);
	assert_null(b->app->plan);
	assert_null(b->app->subject.answers);
	assert_int_equal(clinic_count(b->records), 0);
	for (int i = 0; i < READINGS; i++)
		assert_false(b->app->subject.readings.present[i]);
}

static void unlocking_goes_back_to_where_one_was(void **state)
{
	struct bench *b = *state;
	press(b, UI_KEY_DOWN);
	press(b, UI_KEY_ENTER);
	type_reading(b, READING_ITA_DEG, "41");
	press(b, '5');
	press(b, UI_KEY_RIGHT);
	const double turned = settings_get(&b->app->settings, SETTING_ENERGY_MJ);
	app_lock(b->app);
	clinic_lock(b->records);
	enter(b, CLINIC_DEMO_TECHNICIAN);
	ok(b, app_unlock(b->app, &b->why));
	fake_settle(b->app);
	assert_int_equal(app_screen(b->app), SCREEN_PARAMETERS);
	assert_int_equal(b->app->open_index, 1);
	assert_near(reading(b, READING_ITA_DEG), 41, 0);
	assert_near(settings_get(&b->app->settings, SETTING_ENERGY_MJ), turned, 1e-9);
	assert_int_equal(b->app->patients, 8);
}

/* Somebody else sees the same patient as the records have them. */
static void unlocking_as_another_shows_the_records(void **state)
{
	struct bench *b = *state;
	press(b, UI_KEY_ENTER);
	const double was = reading(b, READING_ITA_DEG);
	type_reading(b, READING_ITA_DEG, "41");
	app_lock(b->app);
	clinic_lock(b->records);
	enter(b, CLINIC_DEMO_VIEWER);
	ok(b, app_unlock(b->app, &b->why));
	assert_int_equal(app_screen(b->app), SCREEN_PATIENT);
	assert_near(reading(b, READING_ITA_DEG), was, 0);
}

static bool shown(const struct bench *b, const char *words)
{
	static char screen[32768];
	dump(b, screen, sizeof screen);
	return strstr(screen, words) != NULL;
}

static enum status no_room(void *context, size_t index, const struct subject *subject, const struct request *request,
                           struct fail *why)
{
	(void)context, (void)index, (void)subject, (void)request;
	return fail_set(why, ST_FULL, "disk", "the disk is full");
}

/* On leaving nobody is promised what could not be kept. */
static void leaving_promises_only_what_is_kept(void **state)
{
	struct bench *b = *state;
	press(b, UI_KEY_ENTER);
	type_reading(b, READING_ITA_DEG, "41");
	press(b, 'Q');
	assert_true(shown(b, "offered again at the next start"));
	press(b, UI_KEY_ESCAPE);
	b->work.keep = no_room;
	type_reading(b, READING_ITA_DEG, "42");
	press(b, 'Q');
	assert_true(shown(b, "could NOT be kept"));
	assert_false(shown(b, "offered again at the next start"));
	press(b, UI_KEY_ESCAPE);
	b->work = work_of(&b->source);
	type_reading(b, READING_ITA_DEG, "43");
	press(b, 'Q');
	assert_true(shown(b, "offered again at the next start"));
	press(b, UI_KEY_ESCAPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(every_reading_survives_a_crash, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(half_a_colour_survives_a_crash, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(answers_and_choices_survive_a_crash, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(settings_survive_a_crash, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(discarded_work_is_gone, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(work_put_off_is_decided_before_the_patient_opens, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(others_are_told_who_and_not_what, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(leaving_promises_only_what_is_kept, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(overtaken_work_is_told, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_locked_model_holds_nothing, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(unlocking_goes_back_to_where_one_was, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(unlocking_as_another_shows_the_records, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
