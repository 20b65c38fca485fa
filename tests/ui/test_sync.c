/* Synchronisation on the screens: what keys do, whose decision settles, and rounds on their own thread beside writes of
 * the planner (run under the thread sanitiser). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/temp_folder.h"
#include "tests/ui/fake_clinic.h"

static void type(struct app *app, const char *keys)
{
	for (; *keys != '\0'; keys++)
		fake_press(app, *keys == '\r' ? UI_KEY_ENTER : *keys);
}

static const char *said(const struct app *app)
{
	return app->messages > 0 ? app->message[(app->messages - 1) % APP_MESSAGES_MAX].text : "";
}

static void off_says_how_to_set_up(void **state)
{
	struct jobs *jobs = NULL;
	struct app *app = fake_open(false, &jobs);
	char text[80];
	enum role role;
	(void)state;
	assert_false(app_sync_frame(app, true, text, sizeof text, &role));
	type(app, "0");
	assert_int_equal(app_screen(app), SCREEN_SYNC);
	assert_non_null(strstr(app->listings[SCREEN_SYNC].list->note[0].text, "sync setup"));
	type(app, "M");
	assert_non_null(strstr(said(app), "select a conflict"));
	fake_close(&app, &jobs);
}

static void the_frame_counts_what_needs_somebody(void **state)
{
	struct jobs *jobs = NULL;
	struct app *app = fake_open(false, &jobs);
	char text[80];
	enum role role;
	(void)state;
	type(app, "0S");
	assert_true(app_sync_frame(app, true, text, sizeof text, &role));
	assert_string_equal(text, "sync 12:00, 2 waiting, 2 parked, 1 conflict");
	assert_int_equal(role, ROLE_STOP);
	assert_true(app_sync_frame(app, false, text, sizeof text, &role));
	assert_string_equal(text, "sync 12:00 2w 2p 1c");
	type(app, "T");
	assert_true(app_sync_frame(app, true, text, sizeof text, &role));
	assert_memory_equal(text, "sync stopped", 12);
	fake_close(&app, &jobs);
}

static void a_conflict_is_settled_by_who_may(void **state)
{
	struct jobs *jobs = NULL;
	struct app *app = fake_open(false, &jobs);
	(void)state;
	type(app, "0S\r");
	assert_int_equal(app_screen(app), SCREEN_CONFLICT);
	type(app, "M");
	assert_int_equal(app_screen(app), SCREEN_FORM);
	type(app, "tech\rx\r");
	assert_int_equal(app_screen(app), SCREEN_FORM); /* refused: stays, and the secret is typed anew */
	assert_int_equal(fake_exchange.settled, 0);
	assert_string_equal(app->plans.form.field[1].typed, "");
	fake_press(app, UI_KEY_ESCAPE);
	type(app, "Mderm\rx\r");
	assert_int_equal(fake_exchange.settled, 1);
	assert_true(fake_exchange.kept_ours);
	assert_int_equal(app_screen(app), SCREEN_SYNC); /* what it was about is done */
	type(app, "M");
	assert_non_null(strstr(said(app), "select a conflict"));
	fake_close(&app, &jobs);
}

static void arrivals_renew_the_worklist_and_conflicts_are_told(void **state)
{
	struct jobs *jobs = NULL;
	struct app *app = fake_open(false, &jobs);
	(void)state;
	type(app, "0S");
	fake_exchange.status.received = 0;
	app_sync_ended(app);
	assert_int_equal(fake_exchange.refreshed, 0);
	fake_exchange.status.received = 3;
	fake_exchange.status.new_conflicts = 1;
	app_sync_ended(app);
	assert_int_equal(fake_exchange.refreshed, 1);
	assert_non_null(strstr(said(app), "1 new conflict"));
	fake_close(&app, &jobs);
}

/* --- the thread ---------------------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
	return INT64_C(1767268800000);
}

static void must(enum status st, const struct fail *why)
{
	if (st)
		fail_msg("%s: %s: %s", status_name(st), why->field, why->text);
}

/* Nobody listens there: every round fails at the line, after it has been through the gate. */
static void set_up(const char *home)
{
	struct service_settings settings = {.base = "https://127.0.0.1:1/fhir", .local = "https://clinic.example/fhir"};
	struct fail why;
	must(service_settings_save(home, &settings, &why), &why);
}

static void add_patient(struct clinic *records, int number)
{
	struct store_patient patient = {.sex = 'U', .is_virtual = true};
	const struct store_stamp stamp = {now_ms(), CLINIC_DEMO_TECHNICIAN};
	struct fail why;
	(void)snprintf(patient.label, sizeof patient.label, "VIRTUAL %d", number);
	must(uuid_new(patient.uuid, &why), &why);
	must(store_patient_add(clinic_store(records), &patient, &stamp, &why), &why);
}

static void rounds_run_beside_the_planner(void **state)
{
	char home[TEMP_PATH_SIZE];
	struct clinic *records = NULL;
	struct background *b = NULL;
	struct sync_status status;
	struct fail why = {0};
	int ended = 0;
	(void)state;
	temp_folder_make(home);
	set_up(home);
	const struct clinic_options options = {.home = home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = now_ms()};
	must(clinic_open(&options, &records, &why), &why);
	must(background_new(records, home, now_ms, &b, &why), &why);
	const struct app_sync sync = background_sync(b);
	for (int turn = 0; (ended < 3 || turn < 40) && turn < 20000; turn++) {
		background_enter(b);
		ended += background_pump(b);
		if (turn < 30)
			add_patient(records, turn);
		if (turn % 3 == 0)
			sync.start(sync.context);
		sync.state(sync.context, &status);
		if (ended == 1 && turn % 7 == 0)
			sync.stop(sync.context);
		background_leave(b);
		nanosleep(&(struct timespec){.tv_nsec = turn < 400 ? 1000000 : 20000000}, NULL); /* longer where rounds are slow */
	}
	assert_true(ended >= 3);
	background_enter(b);
	struct listing *list = NULL;
	must(sync.read(sync.context, SCREEN_SYNC, 0, &list, &why), &why);
	assert_true(list->section[1].rows > 30); /* everything still waits */
	listing_free(&list);
	sync.state(sync.context, &status);
	assert_true(status.waiting > 30);
	assert_int_equal(status.last_ms, 0);
	background_lock(b, true);
	clinic_lock(records);
	sync.start(sync.context);
	(void)background_pump(b);
	sync.state(sync.context, &status);
	assert_int_equal(status.phase, SYNC_PHASE_LOCKED);
	background_leave(b);
	background_free(&b);
	clinic_close(&records);
	temp_folder_remove(home);
}

static void without_settings_nothing_runs(void **state)
{
	char home[TEMP_PATH_SIZE];
	struct clinic *records = NULL;
	struct background *b = NULL;
	struct sync_status status;
	struct fail why = {0};
	struct listing *list = NULL;
	(void)state;
	temp_folder_make(home);
	const struct clinic_options options = {.home = home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = now_ms()};
	must(clinic_open(&options, &records, &why), &why);
	must(background_new(records, home, now_ms, &b, &why), &why);
	const struct app_sync sync = background_sync(b);
	background_enter(b);
	assert_int_equal(background_wait_ms(b), -1);
	assert_false(background_pump(b));
	sync.state(sync.context, &status);
	assert_int_equal(status.phase, SYNC_PHASE_OFF);
	must(sync.read(sync.context, SCREEN_SYNC, 0, &list, &why), &why);
	assert_true(list->section[1].rows > 0); /* the outbox is kept all the same */
	listing_free(&list);
	background_leave(b);
	background_free(&b);
	clinic_close(&records);
	temp_folder_remove(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(off_says_how_to_set_up),
	        cmocka_unit_test(the_frame_counts_what_needs_somebody),
	        cmocka_unit_test(a_conflict_is_settled_by_who_may),
	        cmocka_unit_test(arrivals_renew_the_worklist_and_conflicts_are_told),
	        cmocka_unit_test(rounds_run_beside_the_planner),
	        cmocka_unit_test(without_settings_nothing_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
