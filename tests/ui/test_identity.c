/* On the screens and on real records: who a patient is corrected, answers of two stations settled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/library.h"
#include "planner/safety/unite.h"
#include "tests/support/store_fixture.h"
#include "tests/support/temp_folder.h"
#include "tests/ui/fake_clinic.h"
#include "ui/source.h"

#define DAY_MS INT64_C(86400000)
#define FIRST 0 /* on the demo's list */

struct bench {
	char home[TEMP_PATH_SIZE], whom[UUID_TEXT_SIZE];
	struct clinic *clinic;
	struct lists records;
	struct app_lists lists;
	struct source source;
	struct app_source sources;
	struct jobs *jobs;
	struct app *app;
};

static int64_t now_ms(void)
{
	return 1000 * (int64_t)time(NULL);
}

static void must(enum status st, const struct fail *why)
{
	if (st)
		fail_msg("%s: %s: %s", status_name(st), why->field, why->text);
}

static int make_bench(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	struct fail why = {0};
	assert_non_null(b);
	temp_folder_make(b->home);
	const struct clinic_options options = {
	        .home = b->home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = now_ms(), .kdf = store_kdf_least};
	must(clinic_open(&options, &b->clinic, &why), &why);
	b->records = (struct lists){.clinic = b->clinic, .now_ms = now_ms};
	b->lists = lists_of(&b->records);
	b->source = (struct source){.clinic = b->clinic, .now_ms = now_ms, .lists = &b->lists};
	b->sources = source_of(&b->source, "demo");
	b->app = fake_open(false, &b->jobs);
	app_free(&b->app); /* another on the real records, with the same engine */
	must(app_new(&b->sources, &fake_engine, b->jobs, &b->app, &why), &why);
	(void)snprintf(b->whom, sizeof b->whom, "%s", clinic_patient_uuid(b->clinic, FIRST));
	*state = b;
	return 0;
}

static int remove_bench(void **state)
{
	struct bench *b = *state;
	fake_close(&b->app, &b->jobs);
	clinic_close(&b->clinic);
	temp_folder_remove(b->home);
	free(b);
	return 0;
}

/* \r Enter, \b Backspace, \t the line below. */
static void type(struct app *app, const char *keys)
{
	for (; *keys != '\0'; keys++)
		fake_press(app, *keys == '\r' ? UI_KEY_ENTER : *keys == '\b' ? UI_KEY_BACKSPACE : *keys == '\t' ? UI_KEY_DOWN : *keys);
}

static const char *said(const struct app *app)
{
	return app->messages > 0 ? app->message[(app->messages - 1) % APP_MESSAGES_MAX].text : "";
}

/* Over what stands in the line. */
static void retype(struct app *app, const char *text)
{
	const struct form *form = &app->plans.form;
	while (form->field[form->at].typed[0] != '\0')
		fake_press(app, UI_KEY_BACKSPACE);
	type(app, text);
}

static void the_open_patient_is_called_otherwise_at_once(void **state)
{
	struct bench *b = *state;
	struct store_patient here;
	struct fail why;
	type(b->app, "\r"); /* opened */
	assert_string_equal(b->app->subject.label, "VIRTUAL 01 (II)");
	type(b->app, "#");
	assert_int_equal(app_screen(b->app), SCREEN_FORM);
	assert_string_equal(b->app->plans.form.field[0].typed, "VIRTUAL 01 (II)");
	retype(b->app, "VIRTUAL 99 One");
	type(b->app, "\t\t1984-02\t\r");
	assert_int_equal(app_screen(b->app), SCREEN_FORM); /* the second step */
	assert_non_null(strstr(b->app->plans.form.text, "name: \"VIRTUAL 01 (II)\" becomes \"VIRTUAL 99 One\""));
	assert_non_null(strstr(b->app->plans.form.text, "date of birth: \"\" becomes \"1984-02\""));
	must(store_patient_get(clinic_store(b->clinic), b->whom, &here, &why), &why);
	assert_int_equal(here.version, 0); /* nothing yet */
	type(b->app, "VIRTUAL 99 One\tVIRTUAL-01\tas on the passport\r");
	assert_non_null(strstr(b->app->plans.form.refusal.text, "does not belong to this patient"));
	fake_press(b->app, UI_KEY_UP);
	fake_press(b->app, UI_KEY_UP);
	retype(b->app, "virtual 01 (ii)");
	type(b->app, "\t\t\r");
	assert_int_equal(app_screen(b->app), SCREEN_PATIENT);
	assert_non_null(strstr(said(b->app), "Corrected"));
	assert_string_equal(b->app->subject.label, "VIRTUAL 99 One"); /* the header, although it went to the list's end */
	assert_string_equal(b->app->patient[b->app->open_index].label, "VIRTUAL 99 One");
	assert_int_not_equal(b->app->open_index, FIRST);
	must(store_patient_get(clinic_store(b->clinic), b->whom, &here, &why), &why);
	assert_string_equal(here.label, "VIRTUAL 99 One");
	assert_string_equal(here.birth, "1984-02");
}

static void leaving_the_second_step_changes_nothing(void **state)
{
	struct bench *b = *state;
	struct store_patient here;
	struct fail why;
	type(b->app, "#");
	retype(b->app, "VIRTUAL 99 One");
	type(b->app, "\t\t\t\r");
	fake_press(b->app, UI_KEY_ESCAPE);
	assert_int_equal(app_screen(b->app), SCREEN_WORKLIST);
	must(store_patient_get(clinic_store(b->clinic), b->whom, &here, &why), &why);
	assert_int_equal(here.version, 0);
	type(b->app, "#");
	type(b->app, "\t\t\t\r"); /* nothing differs: said in the first step */
	assert_non_null(strstr(b->app->plans.form.refusal.text, "says that already"));
}

static void save_answer(struct bench *b, const char *words)
{
	struct subject subject;
	struct request request;
	struct fail why;
	must(clinic_load(b->clinic, FIRST, &subject, &request, &why), &why);
	must(facts_set_words(subject.answers, "keloid", words, &why), &why);
	must(clinic_save_readings(b->clinic, FIRST, &subject, &request, now_ms(), &why), &why);
	subject_free(&subject);
}

/* As another station saved them that knew of the same readings as this one did. */
static void answer_elsewhere(struct bench *b, const struct store_readings *base, const char *words)
{
	static const char member[] = "\"keloid\":";
	struct store_readings row = {.taken_at_ms = base->taken_at_ms + DAY_MS};
	const struct store_stamp stamp = {now_ms(), CLINIC_DEMO_TECHNICIAN};
	const char *start = strstr(base->json, "\"schema\""), *at = strstr(base->json, member);
	char *text = malloc(base->json_len + 400);
	struct fail why;
	assert_non_null(text);
	assert_non_null(at);
	at += strlen(member);
	(void)snprintf(text, base->json_len + 400, "{\"x_by\":\"elsewhere\",\"x_follows\":[\"%s\"],%.*s%s%s", base->uuid,
	               (int)(at - start), start, words, at + strcspn(at, ",}"));
	must(uuid_new(row.uuid, &why), &why);
	(void)snprintf(row.patient, sizeof row.patient, "%s", b->whom);
	row.json = text;
	row.json_len = strlen(text);
	must(store_readings_add(clinic_store(b->clinic), &row, &stamp, &why), &why);
	free(text);
}

static bool keloid_differs(struct bench *b, char words[100])
{
	struct united united;
	struct fail why;
	size_t id;
	assert_true(facts_find("keloid", &id));
	must(united_load(clinic_store(b->clinic), b->whom, &united, &why), &why);
	(void)facts_words(united.together, id, words, 100);
	const bool differs = united_differs(&united, id);
	united_clear(&united);
	return differs;
}

static void answers_that_differ_are_settled_by_who_may(void **state)
{
	struct bench *b = *state;
	struct store_readings base;
	struct fail why;
	char words[100];
	type(b->app, "\r~");
	assert_non_null(strstr(said(b->app), "Nothing was answered differently"));
	struct subject subject;
	struct request request;
	must(clinic_load(b->clinic, FIRST, &subject, &request, &why), &why);
	must(clinic_save_readings(b->clinic, FIRST, &subject, &request, now_ms(), &why), &why);
	subject_free(&subject);
	must(store_readings_latest(clinic_store(b->clinic), b->whom, &base, &why), &why);
	answer_elsewhere(b, &base, "true");
	answer_elsewhere(b, &base, "false");
	store_readings_clear(&base);
	assert_true(keloid_differs(b, words));
	assert_string_equal(words, "yes");
	type(b->app, "~");
	assert_int_equal(app_screen(b->app), SCREEN_FORM);
	assert_string_equal(b->app->plans.form.field[0].label, "keloid");
	assert_non_null(strstr(b->app->plans.form.field[0].hint, "elsewhere: yes"));
	type(b->app, "no\tdemo-technician\tvirtual\tseen today, a plain scar\r");
	assert_non_null(strstr(b->app->plans.form.refusal.text, "dermatologist alone"));
	assert_true(keloid_differs(b, words));
	fake_press(b->app, UI_KEY_UP);
	fake_press(b->app, UI_KEY_UP);
	retype(b->app, "demo-dermatologist");
	type(b->app, "\tvirtual\t\r");
	assert_string_equal(said(b->app), "Settled. Open the patient again: plans judged before are to be judged again.");
	assert_false(keloid_differs(b, words));
	assert_string_equal(words, "no");
	save_answer(b, "no"); /* and whoever is logged in stays so */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bench, remove_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_open_patient_is_called_otherwise_at_once),
	        TEST(leaving_the_second_step_changes_nothing),
	        TEST(answers_that_differ_are_settled_by_who_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
