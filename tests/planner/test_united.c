/* Safety answers of stations that did not know of each other: united, shown, settled by a person, never lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/clinic.h"
#include "planner/plan/files.h"
#include "planner/plan/united.h"
#include "planner/safety/unite.h"
#include "planner/store/record.h"
#include "tests/support/sync_pair.h"

#define DAY_MS INT64_C(86400000)

/* ---- one question ----------------------------------------------------------------------------------------- */

static struct facts *answered(const char *question, const char *words)
{
	struct facts *facts = NULL;
	struct fail why;
	must(facts_new(&facts, &why), &why);
	if (words)
		must(facts_set_words(facts, question, words, &why), &why);
	return facts;
}

static void what_warns_is_never_lost(void **state)
{
	static const struct {
		const char *question, *a, *b, *together; /* NULL: never asked */
	} rows[] = {
	        {"keloid", "yes", "no", "yes"},
	        {"keloid", "no", "no", "no"},
	        {"keloid", "unanswered", "no", "not answered"},
	        {"keloid", "unanswered", "yes", "yes"},
	        {"keloid", NULL, "no", "no"},
	        {"keloid", NULL, "unanswered", "not answered"},
	        {"pregnant", "no", "yes", "yes"},
	        {"tattoo_professional", "yes", "no", "not answered"}, /* yes reassures there */
	        {"tan_accepted", "yes", "unanswered", "not answered"},
	        {"isotretinoin_stopped_days_ago", "30", "no", "30 d"},
	        {"isotretinoin_stopped_days_ago", "30", "400", "30 d"},
	        {"isotretinoin_stopped_days_ago", "30", "unanswered", "not answered"},
	        {"topical_area_cm2", "100", "400", "400 cm2"},
	        {"low_fluence_1064_visits", "no", "3", "3"},
	        {"tattoo_age_years", "2", "20", "not answered"},
	        {"drugs", "aspirin", "doxycycline, aspirin", "aspirin, doxycycline"},
	        {"drugs", "no", "amiodarone", "amiodarone"},
	        {"active_implants", "unanswered", "pacemaker", "not answered"},
	        {"last_treatment_device", "a", "b", "not answered"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int turned = 0; turned < 2; turned++) { /* the order says nothing */
			struct facts *into = answered(rows[i].question, turned ? rows[i].b : rows[i].a),
			             *other = answered(rows[i].question, turned ? rows[i].a : rows[i].b);
			char words[200], wanted[200];
			size_t id;
			struct fail why;
			assert_true(facts_find(rows[i].question, &id));
			must(facts_unite(into, other, &why), &why);
			(void)snprintf(wanted, sizeof wanted, "%s",
			               turned && strcmp(rows[i].question, "drugs") == 0 && strchr(rows[i].b, ',')
			                       ? "doxycycline, aspirin"
			                       : rows[i].together);
			assert_string_equal(facts_words(into, id, words, sizeof words), wanted);
			facts_free(&into);
			facts_free(&other);
		}
}

static void words_that_answer_nothing_are_refused(void **state)
{
	struct facts *facts = answered("keloid", NULL);
	struct fail why;
	(void)state;
	assert_int_equal(facts_set_words(facts, "no_question", "yes", &why), ST_NOT_FOUND);
	assert_int_equal(facts_set_words(facts, "age_y", "40", &why), ST_NOT_FOUND); /* a reading */
	assert_int_equal(facts_set_words(facts, "topical_area_cm2", "many", &why), ST_INPUT);
	assert_int_equal(facts_set_words(facts, "topical_area_cm2", "-4", &why), ST_RANGE);
	facts_free(&facts);
}

/* ---- a clinic --------------------------------------------------------------------------------------------- */

#define WHO 2 /* on the demo's list */

static char home[TEMP_PATH_SIZE];

static int make_home(void **state)
{
	(void)state;
	temp_folder_make(home);
	return 0;
}

static int remove_home(void **state)
{
	(void)state;
	temp_folder_remove(home);
	return 0;
}

static struct clinic *open_demo(void)
{
	const struct clinic_options options = {.home = home, .profiles = "profiles", .kind = STORE_DEMO,
	                                       .now_ms = FIXTURE_NOW_MS, .kdf = store_kdf_least};
	struct clinic *clinic = NULL;
	struct fail why;
	must(clinic_open(&options, &clinic, &why), &why);
	return clinic;
}

static void latest_uuid(struct clinic *c, char uuid[UUID_TEXT_SIZE])
{
	struct store_readings row = {0};
	struct fail why;
	must(store_readings_latest(clinic_store(c), clinic_patient_uuid(c, WHO), &row, &why), &why);
	memcpy(uuid, row.uuid, UUID_TEXT_SIZE);
	store_readings_clear(&row);
}

static void answer_here(struct clinic *c, const char *question, const char *words, int64_t at_ms)
{
	struct subject subject;
	struct request request;
	struct fail why;
	must(clinic_load(c, WHO, &subject, &request, &why), &why);
	must(facts_set_words(subject.answers, question, words, &why), &why);
	must(clinic_save_readings(c, WHO, &subject, &request, at_ms, &why), &why);
	subject_free(&subject);
}

/* As another station saved them, which knew of `base` alone. */
static void answer_elsewhere(struct clinic *c, const char *base, const char *question, const char *words, int64_t at_ms)
{
	struct store_readings from = {0}, row = {.taken_at_ms = at_ms};
	char *text = NULL, key[80], head[200], *at;
	struct fail why;
	must(store_readings_get(clinic_store(c), base, &from, &why), &why);
	(void)snprintf(key, sizeof key, "\"history\":{");
	at = strstr(from.json, key);
	assert_non_null(at);
	(void)snprintf(key, sizeof key, "\"%s\":", question);
	char *old = strstr(at, key); /* taken out of the answers before: a member stands once */
	size_t cut = old ? strcspn(old, ",}") + (old[strcspn(old, ",}")] == ',') : 0;
	size_t room = from.json_len + 400;
	text = malloc(room);
	assert_non_null(text);
	(void)snprintf(head, sizeof head, "{\"x_by\":\"elsewhere\",\"x_follows\":[\"%s\"],", base);
	char *brace = strchr(from.json, '{'), *inside = at + strlen("\"history\":{");
	const char *start = strstr(brace, "\"schema\"");
	(void)snprintf(text, room, "%s%.*s\"%s\":%s,%.*s%s", head, (int)(inside - start), start, question, words,
	               old ? (int)(old - inside) : 0, inside, old ? old + cut : inside);
	must(uuid_new(row.uuid, &why), &why);
	(void)snprintf(row.patient, sizeof row.patient, "%s", clinic_patient_uuid(c, WHO));
	row.json = text;
	row.json_len = strlen(text);
	const struct store_stamp stamp = {at_ms, CLINIC_DEMO_TECHNICIAN};
	must(store_readings_add(clinic_store(c), &row, &stamp, &why), &why);
	free(text);
	store_readings_clear(&from);
}

static void counts(struct clinic *c, const char *question, const char *words, size_t different)
{
	struct subject subject;
	struct request request;
	struct united united;
	struct fail why;
	char got[200];
	size_t id;
	assert_true(facts_find(question, &id));
	must(clinic_load(c, WHO, &subject, &request, &why), &why);
	assert_string_equal(facts_words(subject.answers, id, got, sizeof got), words);
	subject_free(&subject);
	must(clinic_united(c, WHO, &united, &why), &why);
	assert_int_equal(united.different, different);
	assert_int_equal(united_differs(&united, id), different > 0 && strcmp(question, "keloid") == 0);
	united_clear(&united);
}

static void a_yes_elsewhere_holds_against_a_later_no_here(void **state)
{
	char base[UUID_TEXT_SIZE];
	struct clinic *c = open_demo();
	struct fail why;
	(void)state;
	answer_here(c, "keloid", "no", FIXTURE_NOW_MS + DAY_MS);
	latest_uuid(c, base);
	answer_elsewhere(c, base, "keloid", "true", FIXTURE_NOW_MS + 2 * DAY_MS);
	counts(c, "keloid", "yes", 0); /* a station that knew of what was said: nothing differs */
	answer_elsewhere(c, base, "keloid", "false", FIXTURE_NOW_MS + 3 * DAY_MS);
	counts(c, "keloid", "yes", 1); /* the later one did not know of the yes */
	answer_here(c, "hsv_labialis", "yes", FIXTURE_NOW_MS + 4 * DAY_MS);
	counts(c, "keloid", "yes", 1); /* what is saved meanwhile holds the yes, and settles nothing */
	answer_here(c, "keloid", "no", FIXTURE_NOW_MS + 5 * DAY_MS);
	counts(c, "keloid", "yes", 1); /* nor does whoever says no without settling */
	must(clinic_settle_answers(c, WHO, NULL, 0, NULL, FIXTURE_NOW_MS + 6 * DAY_MS, &why), &why);
	counts(c, "keloid", "yes", 0);
	answer_here(c, "keloid", "no", FIXTURE_NOW_MS + 7 * DAY_MS);
	counts(c, "keloid", "no", 0); /* once settled it is a question as any */
	clinic_close(&c);
}

static void what_is_saved_meanwhile_settles_nothing(void **state)
{
	char base[UUID_TEXT_SIZE];
	struct clinic *c = open_demo();
	(void)state;
	answer_here(c, "keloid", "no", FIXTURE_NOW_MS + DAY_MS);
	latest_uuid(c, base);
	answer_elsewhere(c, base, "keloid", "false", FIXTURE_NOW_MS + 2 * DAY_MS);
	answer_elsewhere(c, base, "keloid", "true", FIXTURE_NOW_MS + 3 * DAY_MS);
	counts(c, "keloid", "yes", 1);
	answer_here(c, "hsv_labialis", "yes", FIXTURE_NOW_MS + 4 * DAY_MS);
	counts(c, "keloid", "yes", 1);
	counts(c, "hsv_labialis", "yes", 1); /* which nobody contradicts: not open */
	clinic_close(&c);
	c = open_demo();
	answer_here(c, "keloid", "no", FIXTURE_NOW_MS + 5 * DAY_MS);
	counts(c, "keloid", "yes", 1);
	clinic_close(&c);
}

static void what_warns_is_taken_back_by_a_dermatologist_with_a_reason(void **state)
{
	static const char *const no[] = {"keloid=no"}, *const other[] = {"hsv_labialis=no"}, *const bad[] = {"keloid"};
	const struct secret secret = {CLINIC_DEMO_SECRET, sizeof CLINIC_DEMO_SECRET - 1};
	char base[UUID_TEXT_SIZE];
	struct clinic *c = open_demo();
	struct fail why;
	(void)state;
	answer_here(c, "keloid", "no", FIXTURE_NOW_MS + DAY_MS);
	latest_uuid(c, base);
	answer_elsewhere(c, base, "keloid", "false", FIXTURE_NOW_MS + 2 * DAY_MS);
	answer_elsewhere(c, base, "keloid", "true", FIXTURE_NOW_MS + 3 * DAY_MS);
	const int64_t at = FIXTURE_NOW_MS + 4 * DAY_MS;
	assert_int_equal(clinic_settle_answers(c, WHO, other, 1, "r", at, &why), ST_INPUT); /* it does not differ */
	assert_int_equal(clinic_settle_answers(c, WHO, bad, 1, "r", at, &why), ST_INPUT);
	assert_int_equal(clinic_settle_answers(c, WHO, no, 1, "asked again", at, &why), ST_DENIED);
	counts(c, "keloid", "yes", 1);
	must(clinic_login(c, CLINIC_DEMO_DERMATOLOGIST, secret, &why), &why);
	assert_int_equal(clinic_settle_answers(c, WHO, no, 1, "", at, &why), ST_INPUT);
	must(clinic_settle_answers(c, WHO, no, 1, "hypertrophic scar of a burn, seen today", at, &why), &why);
	counts(c, "keloid", "no", 0);
	struct store_record_list list = {0};
	const struct store_record_query query = {.kind = "answers_settled"};
	must(store_record_list(clinic_store(c), &query, &list, &why), &why);
	assert_int_equal(list.count, 1);
	assert_non_null(strstr(list.items[0].json, "seen today"));
	store_record_list_free(&list);
	assert_int_equal(clinic_settle_answers(c, WHO, no, 1, "r", at, &why), ST_NOT_FOUND);
	clinic_close(&c);
}

/* What a technician settles as it warns needs no dermatologist. */
static void a_technician_settles_as_it_warns(void **state)
{
	char base[UUID_TEXT_SIZE];
	struct clinic *c = open_demo();
	struct fail why;
	(void)state;
	answer_here(c, "keloid", "no", FIXTURE_NOW_MS + DAY_MS);
	latest_uuid(c, base);
	answer_elsewhere(c, base, "keloid", "false", FIXTURE_NOW_MS + 2 * DAY_MS);
	answer_elsewhere(c, base, "keloid", "null", FIXTURE_NOW_MS + 3 * DAY_MS);
	counts(c, "keloid", "not answered", 1);
	must(clinic_settle_answers(c, WHO, NULL, 0, NULL, FIXTURE_NOW_MS + 4 * DAY_MS, &why), &why);
	counts(c, "keloid", "not answered", 0);
	clinic_close(&c);
}

/* ---- two stations ------------------------------------------------------------------------------------------ */

static char *demo_case(const char *follows, const char *keloid)
{
	struct files_list files;
	char path[400], *text = NULL, *out = NULL;
	size_t n = 0;
	struct fail why;
	must(files_list("profiles/demo", ".json", &files, &why), &why);
	(void)snprintf(path, sizeof path, "profiles/demo/%s", files.name[0]);
	files_list_free(&files);
	must(file_read(path, 1 << 20, &text, &n, &why), &why);
	char *history = strstr(text, "\"history\": {");
	assert_non_null(history);
	history += strlen("\"history\": {");
	out = malloc(n + 400);
	assert_non_null(out);
	if (follows)
		(void)snprintf(out, n + 400, "{\"x_follows\":[\"%s\"],%.*s\"x_t\":\"%s\",\"keloid\":%s,%s", follows,
		               (int)(history - strchr(text, '{') - 1), strchr(text, '{') + 1, keloid, keloid, history);
	else
		(void)snprintf(out, n + 400, "%s", text);
	free(text);
	return out;
}

static void both_stations_hear_of_it(void **state)
{
	struct pair *p = *state;
	struct store_patient patient;
	char base[UUID_TEXT_SIZE], at_a[UUID_TEXT_SIZE], at_b[UUID_TEXT_SIZE];
	struct united united;
	struct fail why;
	size_t id;
	char words[40], *text = demo_case(NULL, NULL);
	assert_true(facts_find("keloid", &id));
	assert_null(strstr(text, "\"keloid\""));
	fixture_patient(p->a.store, "VIRTUAL", &patient);
	fixture_readings(p->a.store, patient.uuid, text, base);
	free(text);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	fixture_readings(p->a.store, patient.uuid, text = demo_case(base, "true"), at_a);
	free(text);
	fixture_readings(p->b.store, patient.uuid, text = demo_case(base, "false"), at_b);
	free(text);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	(void)round_of(&p->a);
	struct post *posts[] = {&p->a, &p->b};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(notices(posts[i], SYNC_NOTE_ANSWERS), 1);
		must(united_load(posts[i]->store, patient.uuid, &united, &why), &why);
		assert_int_equal(united.different, 1);
		assert_string_equal(facts_words(united.together, id, words, sizeof words), "yes");
		united_clear(&united);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_warns_is_never_lost),
	        cmocka_unit_test(words_that_answer_nothing_are_refused),
	        cmocka_unit_test_setup_teardown(a_yes_elsewhere_holds_against_a_later_no_here, make_home, remove_home),
	        cmocka_unit_test_setup_teardown(what_is_saved_meanwhile_settles_nothing, make_home, remove_home),
	        cmocka_unit_test_setup_teardown(what_warns_is_taken_back_by_a_dermatologist_with_a_reason, make_home,
	                                        remove_home),
	        cmocka_unit_test_setup_teardown(a_technician_settles_as_it_warns, make_home, remove_home),
	        cmocka_unit_test_setup_teardown(both_stations_hear_of_it, make_pair, drop_pair),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
