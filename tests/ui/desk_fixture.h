/* The screens on a real demo store: a clinic of virtual people in a folder of its own, the planner's model on it, and
 * words for what a test types and sees. Included by one test program each. */
#ifndef LASERTWIN_TEST_DESK_FIXTURE_H
#define LASERTWIN_TEST_DESK_FIXTURE_H

#include "planner/plan/desk.h"
#include "planner/plan/files.h"
#include "planner/plan/library.h"
#include "tests/support/temp_folder.h"
#include "tests/ui/fake_clinic.h"
#include "ui/course.h"

#define NOW_MS (1000 * (int64_t)time(NULL)) /* logins are stamped by the real clock; a clock behind them is asked about */

struct desk {
	char home[TEMP_PATH_SIZE];
	struct clinic *clinic;
	struct course course;
	struct app_course functions;
	struct lists records;
	struct app_lists lists;
	struct app_source source;
	struct jobs *jobs;
	struct app *app;
	struct store_patient patient;
};

static struct library *library;
static int64_t ticks;

static int64_t now_ms(void)
{
	return NOW_MS + 1000 * ++ticks;
}

/* The real rules are judged in the tests of the workflow; here nothing stands against the start. */
static inline enum status nothing_stands(const struct workflow_start *start, const struct predict_options *options,
                                  struct findings *out, struct fail *why)
{
	(void)start;
	(void)options;
	(void)why;
	*out = (struct findings){.count = 0};
	return ST_OK;
}

static inline void must(enum status st, const struct fail *why)
{
	if (st)
		fail_msg("%s: %s: %s", status_name(st), why->field, why->text);
}

static inline int make_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	struct fail why = {0};
	struct store_patient_list list;
	const struct store_patient_query by_label = {.text = "VIRTUAL 03"};
	assert_non_null(desk);
	ticks = 0;
	temp_folder_make(desk->home);
	const struct clinic_options options = {
	        .home = desk->home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = NOW_MS};
	must(clinic_open(&options, &desk->clinic, &why), &why);
	desk->course = (struct course){desk->clinic, library, .now_ms = now_ms};
	desk->functions = course_of(&desk->course);
	desk->functions.judge = nothing_stands;
	desk->source = fake_source;
	desk->source.course = &desk->functions;
	desk->records = (struct lists){desk->clinic, library, .now_ms = now_ms};
	desk->lists = lists_of(&desk->records);
	desk->source.lists = &desk->lists;
	desk->source.exists = files_exists;
	must(store_patient_list(clinic_store(desk->clinic), &by_label, &list, &why), &why);
	assert_int_equal(list.count, 1);
	desk->patient = list.items[0];
	store_patient_list_free(&list);
	desk->app = fake_open(false, &desk->jobs);
	desk->app->source = &desk->source;
	*state = desk;
	return 0;
}

static inline int remove_desk(void **state)
{
	struct desk *desk = *state;
	desk->app->source = &desk->source;
	fake_close(&desk->app, &desk->jobs);
	clinic_close(&desk->clinic);
	temp_folder_remove(desk->home);
	free(desk);
	return 0;
}

/* A draft of the demo's technician for patient 03, made from the demo's own readings. */
static inline void add_draft(struct desk *desk, const char *rules)
{
	static const char form[] = "{\"name\":\"plan\",\"device\":\"picoway.532_zoom\",\"indication\":\"solar_lentigines\","
	                           "\"zones\":[\"cheeks\"],\"settings\":{\"fluence_J_cm2\":0.3,\"spot_mm\":4},\"verdict\":\"ALLOW\","
	                           "\"rules\":[%s],\"models\":{},\"versions\":{\"lasertwin\":\"%s\",\"library\":\"%s\"}}";
	static const char twin_json[] = "{\"properties\":{}}";
	const struct store_stamp stamp = {NOW_MS, CLINIC_DEMO_TECHNICIAN};
	struct store *store = clinic_store(desk->clinic);
	struct store_twin twin = {.version = 1, .readings_count = 1, .json = twin_json, .json_len = sizeof twin_json - 1};
	struct store_plan plan = {.version = 1, .twin_version = 1, .state = "draft", .verdict = "ALLOW",
	                          .device = "picoway.532_zoom", .author = CLINIC_DEMO_TECHNICIAN};
	struct store_readings readings;
	struct fail why = {0};
	char json[4096];
	must(store_readings_latest(store, desk->patient.uuid, &readings, &why), &why);
	must(uuid_new(twin.uuid, &why), &why);
	must(uuid_new(plan.uuid, &why), &why);
	memcpy(twin.patient, desk->patient.uuid, sizeof twin.patient);
	memcpy(twin.readings[0], readings.uuid, sizeof twin.readings[0]);
	store_readings_clear(&readings);
	must(store_twin_add(store, &twin, &stamp, &why), &why);
	memcpy(plan.patient, desk->patient.uuid, sizeof plan.patient);
	memcpy(plan.twin, twin.uuid, sizeof plan.twin);
	plan.json_len = (size_t)snprintf(json, sizeof json, form, rules, LASERTWIN_VERSION, library_digest(library));
	plan.json = json;
	must(store_plan_add_version(store, &plan, &stamp, &why), &why);
}

/* --- keys and what stands on the screen ------------------------------------------------------------------ */

static inline void press(struct desk *desk, int key)
{
	fake_press(desk->app, key);
}

/* \r is Enter; a form line ends with it. */
static inline void type(struct desk *desk, const char *keys)
{
	for (; *keys != '\0'; keys++)
		press(desk, *keys == '\r' ? UI_KEY_ENTER : *keys);
}

static inline char *screen_text(struct desk *desk, int rows, int cols)
{
	struct canvas *canvas = NULL;
	struct fail why;
	must(canvas_new(rows, cols, true, &canvas, &why), &why);
	app_draw(desk->app, canvas);
	char *dump = canvas_dump(canvas);
	canvas_free(&canvas);
	assert_non_null(dump);
	return dump;
}

static inline void shows(struct desk *desk, const char *text)
{
	char *dump = screen_text(desk, 30, 110);
	if (strstr(dump, text) == NULL)
		fail_msg("no \"%s\" in\n%s", text, dump);
	free(dump);
}

static inline void hides(struct desk *desk, const char *text)
{
	char *dump = screen_text(desk, 30, 110);
	if (strstr(dump, text) != NULL)
		fail_msg("\"%s\" in\n%s", text, dump);
	free(dump);
}

static inline enum plan_state state_of(const struct desk *desk)
{
	return desk->app->plans.open->state;
}

#define IDENTIFIERS "VIRTUAL 03 (III)\rVIRTUAL-03\r"
#define DERMATOLOGIST "demo-dermatologist\rvirtual\r"

static inline void open_plan(struct desk *desk, const char *rules)
{
	add_draft(desk, rules);
	type(desk, "8");
	shows(desk, "draft");
	type(desk, "\r");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
}

static inline void approve(struct desk *desk)
{
	type(desk, "pP" IDENTIFIERS "seen today with the patient\r" DERMATOLOGIST);
	if (state_of(desk) != PLAN_APPROVED)
		fail_msg("not approved: %s", desk->app->plans.form.refusal.text);
}

/* --- treatment ------------------------------------------------------------------------------------------------ */

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static inline void check_all(struct desk *desk)
{
	type(desk, "d\r\r" IDENTIFIERS "\rboth\r\rpaper 7\r\rIMG_1\r" SHA "\r\rPW-1\rpicoway.532_zoom\rH1\r\r");
	type(desk, "\r0.3\r0.31\rJ/cm2\r" "\r7\r7\r" "\rcold air\r");
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_UP);
	press(desk, UI_KEY_UP);
	type(desk, "\rboth\rboth of us\r");
}

/* From an approved plan to a delivered one: the checklist, one pass with the approved settings, what is seen, the end. */
static inline void deliver_all(struct desk *desk)
{
	check_all(desk);
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_UP);
	type(desk, "\r");
	app_wake(desk->app);
	type(desk, "\r0.3\r4\r40\r" "\r1\r");
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_UP);
	type(desk, "\r\rq");
	if (state_of(desk) != PLAN_DELIVERED)
		fail_msg("not delivered: %s", app_last_message(desk->app)->text);
}

static inline int load_library(void **state)
{
	(void)state;
	return library_load("profiles", &library, NULL) != ST_OK;
}

static inline int free_library(void **state)
{
	(void)state;
	library_free(&library);
	return 0;
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, make_desk, remove_desk)

#endif
