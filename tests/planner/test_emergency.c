/* Breaking the glass: what it gives and what it never gives, how it ends, who reviews it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/desk.h"
#include "planner/plan/emergency.h"
#include "planner/plan/unfinished.h"
#include "tests/support/temp_folder.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */
#define MIN_MS INT64_C(60000)

static const char reason[] = "the patient swells, nobody else is here";

struct bench {
	char home[TEMP_PATH_SIZE];
	struct clinic *clinic;
	struct fail why;
	struct emergency broken;
};

static void ok(const struct bench *b, enum status st)
{
	if (st != ST_OK)
		fail_msg("%s: %s", b->why.field, b->why.text);
}

static void refused(const struct bench *b, enum status st, enum status expected, const char *about)
{
	if (st != expected || !strstr(b->why.text, about))
		fail_msg("%s instead of %s: %s: %s", status_name(st), status_name(expected), b->why.field, b->why.text);
}

static void enter(struct bench *b, const char *login)
{
	const struct secret secret = {CLINIC_DEMO_SECRET, sizeof CLINIC_DEMO_SECRET - 1};
	ok(b, clinic_login(b->clinic, login, secret, &b->why));
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	temp_folder_make(b->home);
	const struct clinic_options options = {
	        .home = b->home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = NOW_MS, .kdf = store_kdf_least};
	ok(b, clinic_open(&options, &b->clinic, &b->why));
	enter(b, CLINIC_DEMO_VIEWER);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	clinic_close(&b->clinic);
	temp_folder_remove(b->home);
	free(b);
	return 0;
}

/* The logins of the tests are stamped with the real clock, which is later than NOW_MS. */
static int64_t now(struct bench *b)
{
	struct store_moment moment;
	ok(b, store_moment_now(&moment, &b->why));
	return moment.at_ms;
}

static void break_glass(struct bench *b, double minutes)
{
	ok(b, emergency_begin(clinic_store(b->clinic), clinic_session(b->clinic), reason, minutes, now(b), &b->broken,
	                      &b->why));
}

static enum status save(struct bench *b, int64_t at_ms)
{
	struct subject subject = {.answers = NULL};
	struct request request = {.name = ""};
	ok(b, clinic_load(b->clinic, 0, &subject, &request, &b->why));
	enum status st = clinic_save_readings(b->clinic, 0, &subject, &request, at_ms, &b->why);
	subject_free(&subject);
	return st;
}

static bool lasts(struct bench *b, int64_t at_ms)
{
	struct emergency e;
	bool active = false;
	ok(b, emergency_active(clinic_store(b->clinic), CLINIC_DEMO_VIEWER, at_ms, &e, &active, &b->why));
	return active;
}

static void a_viewer_records_nothing(void **state)
{
	struct bench *b = *state;
	refused(b, save(b, now(b)), ST_DENIED, "may not record readings");
	refused(b, clinic_add(b->clinic, "profiles/demo/01.json", now(b), &b->why), ST_DENIED, "may not register");
	refused(b, clinic_may(b->clinic, LIFE_REVISE, now(b), &b->why), ST_DENIED, "may not revise");
	struct subject subject = {.answers = NULL};
	struct request request = {.name = ""};
	ok(b, clinic_load(b->clinic, 0, &subject, &request, &b->why));
	refused(b, unfinished_put(b->clinic, 0, &subject, &request, now(b), &b->why), ST_DENIED, "may not record");
	subject_free(&subject);
}

static void it_lets_record_for_a_while(void **state)
{
	struct bench *b = *state;
	break_glass(b, 10);
	assert_true(lasts(b, now(b)));
	ok(b, save(b, now(b)));
	refused(b, save(b, b->broken.until_ms), ST_DENIED, "may not record"); /* by itself */
	refused(b, clinic_may(b->clinic, LIFE_REVISE, now(b), &b->why), ST_DENIED, "may not revise");
	refused(b, clinic_may(b->clinic, LIFE_REGISTER, now(b), &b->why), ST_DENIED, "may not register");
}

/* The audit has seen the later time: setting the clock back gives nothing. */
static void a_clock_set_back_prolongs_nothing(void **state)
{
	struct bench *b = *state;
	break_glass(b, 10);
	const struct store_stamp later = {b->broken.until_ms + MIN_MS, CLINIC_DEMO_VIEWER};
	ok(b, store_audit_add(clinic_store(b->clinic), "test.later", "x", NULL, &later, &b->why));
	assert_false(lasts(b, b->broken.began_ms));
}

static void it_ends_by_hand(void **state)
{
	struct bench *b = *state;
	break_glass(b, 10);
	refused(b, emergency_begin(clinic_store(b->clinic), clinic_session(b->clinic), reason, 10, now(b), &b->broken, &b->why),
	        ST_DENIED, "lasts already");
	ok(b, emergency_end(clinic_store(b->clinic), clinic_session(b->clinic), now(b), &b->why));
	assert_false(lasts(b, now(b)));
	refused(b, emergency_end(clinic_store(b->clinic), clinic_session(b->clinic), now(b), &b->why), ST_NOT_FOUND,
	        "no emergency");
	refused(b, save(b, now(b)), ST_DENIED, "may not record");
	break_glass(b, 1);
	assert_true(lasts(b, now(b)));
}

static void it_asks_for_a_reason_and_a_time(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *reason;
		double minutes;
		enum status st;
		const char *about;
	} cases[] = {{NULL, 10, ST_INPUT, "too short"},    {"", 10, ST_INPUT, "too short"},
	             {"ok       ok", 10, ST_INPUT, "too short"}, {reason, 0, ST_RANGE, "outside 1 to 60"},
	             {reason, 61, ST_RANGE, "outside 1 to 60"},  {reason, (double)NAN, ST_RANGE, "outside 1 to 60"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refused(b, emergency_begin(clinic_store(b->clinic), clinic_session(b->clinic), cases[i].reason, cases[i].minutes,
		                           now(b), &b->broken, &b->why),
		        cases[i].st, cases[i].about);
	enter(b, CLINIC_DEMO_DERMATOLOGIST);
	refused(b, emergency_begin(clinic_store(b->clinic), clinic_session(b->clinic), reason, 10, now(b), &b->broken, &b->why),
	        ST_DENIED, "clinical role");
}

/* No cell of the table signs, plans, starts or exports by it; whose the moves are that it has, stands in test_life. */
static void it_never_signs(void **state)
{
	(void)state;
	for (int action = 0; action < LIFE_ACTIONS; action++)
		for (int s = 0; s < PLAN_STATES; s++) {
			const bool given = life_allowed((enum life_action)action, LIFE_EMERGENCY, (enum plan_state)s);
			const bool signs = (life_needs((enum life_action)action) & LIFE_NEEDS_SECRET) != 0;
			const bool clinical = action == LIFE_REVISE || action == LIFE_PROPOSE || action == LIFE_APPROVE ||
			                      action == LIFE_START || action == LIFE_CLOSE || action == LIFE_EXPORT;
			assert_false(given && (signs || clinical));
		}
}

static void the_role_comes_and_goes_at_the_desk(void **state)
{
	struct bench *b = *state;
	struct workflow_person person;
	enum life_role role;
	ok(b, desk_person(b->clinic, clinic_session(b->clinic), NULL, &person, &b->why));
	ok(b, desk_emergency(b->clinic, now(b), &person, &b->why));
	assert_false(workflow_role(&person, LIFE_ADVERSE, PLAN_DELIVERED, &role));
	break_glass(b, 10);
	ok(b, desk_emergency(b->clinic, now(b), &person, &b->why));
	assert_true(workflow_role(&person, LIFE_ADVERSE, PLAN_DELIVERED, &role));
	assert_int_equal(role, LIFE_EMERGENCY);
	assert_true(workflow_role(&person, LIFE_STOP, PLAN_TREATING, &role));
	assert_false(workflow_role(&person, LIFE_START, PLAN_APPROVED, &role));
	ok(b, desk_person(b->clinic, clinic_session(b->clinic), NULL, &person, &b->why));
	ok(b, desk_emergency(b->clinic, b->broken.until_ms, &person, &b->why));
	assert_false(workflow_role(&person, LIFE_ADVERSE, PLAN_DELIVERED, &role));
}

static size_t open_reviews(struct bench *b)
{
	struct emergency_list list;
	ok(b, emergency_list(clinic_store(b->clinic), &list, &b->why));
	const size_t open = list.open;
	emergency_list_free(&list);
	return open;
}

static enum status review(struct bench *b, const char *text)
{
	return emergency_review(clinic_store(b->clinic), clinic_session(b->clinic), b->broken.uuid, text, now(b), &b->why);
}

static void another_person_reviews_it(void **state)
{
	struct bench *b = *state;
	static const char text[] = "seen with the colleague, all of it was right";
	struct emergency_list list;
	enter(b, CLINIC_DEMO_ADMINISTRATOR);
	break_glass(b, 10);
	assert_int_equal(open_reviews(b), 1);
	refused(b, review(b, text), ST_DENIED, "their own");
	enter(b, CLINIC_DEMO_TECHNICIAN);
	refused(b, review(b, text), ST_DENIED, "administrators and dermatologists");
	enter(b, CLINIC_DEMO_DERMATOLOGIST);
	refused(b, review(b, text), ST_DENIED, "still lasts");
	enter(b, CLINIC_DEMO_ADMINISTRATOR);
	ok(b, emergency_end(clinic_store(b->clinic), clinic_session(b->clinic), now(b), &b->why));
	enter(b, CLINIC_DEMO_DERMATOLOGIST);
	refused(b, review(b, "fine"), ST_INPUT, "too short");
	refused(b, emergency_review(clinic_store(b->clinic), clinic_session(b->clinic), "ffffffff", text, now(b), &b->why),
	        ST_NOT_FOUND, "begin with");
	ok(b, review(b, text));
	assert_int_equal(open_reviews(b), 0);
	refused(b, review(b, text), ST_CONFLICT, CLINIC_DEMO_DERMATOLOGIST);
	ok(b, emergency_list(clinic_store(b->clinic), &list, &b->why));
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].reason, reason);
	assert_string_equal(list.items[0].review, text);
	assert_string_equal(list.items[0].reviewer, CLINIC_DEMO_DERMATOLOGIST);
	emergency_list_free(&list);
}

/* Begun, used, ended, reviewed: each has its line, in the name of who did it. */
static void all_of_it_is_in_the_audit(void **state)
{
	struct bench *b = *state;
	static const char *const actions[] = {"emergency.begin", "readings.add", "emergency.end", "emergency.review"};
	struct store_audit_list list;
	struct store_audit_found found;
	size_t next = 0;
	break_glass(b, 10);
	ok(b, save(b, now(b)));
	ok(b, emergency_end(clinic_store(b->clinic), clinic_session(b->clinic), now(b), &b->why));
	enter(b, CLINIC_DEMO_ADMINISTRATOR);
	ok(b, review(b, "talked it over with the viewer"));
	ok(b, store_audit_list(clinic_store(b->clinic), 0, 10000, &list, &b->why));
	for (size_t i = 0; i < list.count; i++) {
		const bool mine = strcmp(list.items[i].actor, next < 3 ? CLINIC_DEMO_VIEWER : CLINIC_DEMO_ADMINISTRATOR) == 0;
		next += next < 4 && mine && strcmp(list.items[i].action, actions[next]) == 0;
	}
	store_audit_list_free(&list);
	assert_int_equal(next, 4);
	ok(b, store_audit_verify(clinic_store(b->clinic), NULL, &found, &b->why));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_viewer_records_nothing),
	        TEST(it_lets_record_for_a_while),
	        TEST(a_clock_set_back_prolongs_nothing),
	        TEST(it_ends_by_hand),
	        TEST(it_asks_for_a_reason_and_a_time),
	        TEST(it_never_signs),
	        TEST(the_role_comes_and_goes_at_the_desk),
	        TEST(another_person_reviews_it),
	        TEST(all_of_it_is_in_the_audit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
