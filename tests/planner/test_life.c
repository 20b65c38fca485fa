/* The life of a plan: every cell of action x role x state, every condition, time and staleness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/life.h"

/* What is allowed, written a second time and in another form than the program's: for each action the states
 * it leaves, with the roles (Technician Dermatologist Administrator Viewer Program Emergency) and the state it leads to. */
struct expected {
	const char *action, *state, *roles, *to;
};
static const struct expected expected[] = {
	{"view", "draft", "TDAV", "draft"},
	{"view", "proposed", "TDAV", "proposed"},
	{"view", "rejected", "TDAV", "rejected"},
	{"view", "approved", "TDAV", "approved"},
	{"view", "treating", "TDAV", "treating"},
	{"view", "delivered", "TDAV", "delivered"},
	{"view", "closed", "TDAV", "closed"},
	{"view", "expired", "TDAV", "expired"},
	{"view", "revoked", "TDAV", "revoked"},
	{"view", "stale", "TDAV", "stale"},
	{"view", "superseded", "TDAV", "superseded"},
	{"revise", "draft", "TD", "superseded"},
	{"revise", "proposed", "TD", "superseded"},
	{"revise", "approved", "TD", "superseded"},
	{"revise", "rejected", "TD", "rejected"},
	{"revise", "delivered", "TD", "delivered"},
	{"revise", "closed", "TD", "closed"},
	{"revise", "expired", "TD", "expired"},
	{"revise", "revoked", "TD", "revoked"},
	{"revise", "stale", "TD", "stale"},
	{"revise", "superseded", "TD", "superseded"},
	{"propose", "draft", "TD", "proposed"},
	{"override", "proposed", "D", "proposed"},
	{"override", "approved", "D", "approved"},
	{"approve", "proposed", "D", "approved"},
	{"reject", "proposed", "D", "rejected"},
	{"revoke", "approved", "DA", "revoked"},
	{"revoke", "treating", "DA", "revoked"},
	{"expire", "approved", "P", "expired"},
	{"outdate", "proposed", "P", "stale"},
	{"outdate", "approved", "P", "stale"},
	{"start", "approved", "TD", "treating"},
	{"finish", "treating", "TDE", "delivered"},
	{"record an adverse event of", "treating", "TDE", "treating"},
	{"record an adverse event of", "delivered", "TDE", "delivered"},
	{"record an adverse event of", "closed", "TDE", "closed"},
	{"record an adverse event of", "revoked", "TDE", "revoked"},
	{"record a follow-up of", "delivered", "TDE", "delivered"},
	{"record a follow-up of", "closed", "TDE", "closed"},
	{"record a follow-up of", "revoked", "TDE", "revoked"},
	{"close", "delivered", "D", "closed"},
	{"export", "approved", "TDA", "approved"},
	{"export", "treating", "TDA", "treating"},
	{"export", "delivered", "TDA", "delivered"},
	{"export", "closed", "TDA", "closed"},
	{"export", "expired", "TDA", "expired"},
	{"export", "revoked", "TDA", "revoked"},
	{"export", "stale", "TDA", "stale"},
	{"export", "superseded", "TDA", "superseded"},
	{"register the patient of", "draft", "TDA", "draft"},
	{"record readings for", "draft", "TDE", "draft"},
	{"register the patient of", "proposed", "TDA", "proposed"},
	{"record readings for", "proposed", "TDE", "proposed"},
	{"register the patient of", "rejected", "TDA", "rejected"},
	{"record readings for", "rejected", "TDE", "rejected"},
	{"register the patient of", "approved", "TDA", "approved"},
	{"record readings for", "approved", "TDE", "approved"},
	{"register the patient of", "treating", "TDA", "treating"},
	{"record readings for", "treating", "TDE", "treating"},
	{"register the patient of", "delivered", "TDA", "delivered"},
	{"record readings for", "delivered", "TDE", "delivered"},
	{"register the patient of", "closed", "TDA", "closed"},
	{"record readings for", "closed", "TDE", "closed"},
	{"register the patient of", "expired", "TDA", "expired"},
	{"record readings for", "expired", "TDE", "expired"},
	{"register the patient of", "revoked", "TDA", "revoked"},
	{"record readings for", "revoked", "TDE", "revoked"},
	{"register the patient of", "stale", "TDA", "stale"},
	{"record readings for", "stale", "TDE", "stale"},
	{"register the patient of", "superseded", "TDA", "superseded"},
	{"record readings for", "superseded", "TDE", "superseded"},
	{"stop the treatment of", "approved", "TDE", "approved"},
	{"stop the treatment of", "treating", "TDE", "treating"},
	{"stop the treatment of", "revoked", "TDE", "revoked"},
};
enum { EXPECTED = sizeof expected / sizeof expected[0] };

static const char letters[] = "TDAVPE"; /* in the order of enum life_role */

static const struct expected *expect(enum life_action action, enum life_role role, enum plan_state state)
{
	for (size_t i = 0; i < EXPECTED; i++)
		if (strcmp(expected[i].action, life_action_name(action)) == 0 &&
		    strcmp(expected[i].state, plan_state_name(state)) == 0 && strchr(expected[i].roles, letters[role]))
			return &expected[i];
	return NULL;
}

static const char *const wrote[] = {"author"};

/* Everything a move can ask for, granted. */
static struct life_request granted(enum life_action action, enum life_role role, enum plan_state state)
{
	return (struct life_request){.action = action,
	                             .role = role,
	                             .state = state,
	                             .actor = "somebody",
	                             .author = wrote,
	                             .authors = 1,
	                             .reason = "swelling seen on the left cheek",
	                             .secret_given = true,
	                             .identifiers_confirmed = true,
	                             .second = "colleague",
	                             .second_role = LIFE_TECHNICIAN};
}

static void every_cell(void **state)
{
	(void)state;
	unsigned allowed = 0;
	for (int a = 0; a < LIFE_ACTIONS; a++)
		for (int r = 0; r < LIFE_ROLES; r++)
			for (int s = 0; s < PLAN_STATES; s++) {
				const struct expected *e = expect((enum life_action)a, (enum life_role)r, (enum plan_state)s);
				struct life_request request = granted((enum life_action)a, (enum life_role)r, (enum plan_state)s);
				enum plan_state to = PLAN_STATES;
				struct fail why = {0};
				enum status st = life_move(&request, &to, &why);
				assert_int_equal(st, e ? ST_OK : ST_DENIED);
				assert_int_equal(life_allowed(request.action, request.role, request.state), e != NULL);
				if (e)
					assert_string_equal(plan_state_name(to), e->to);
				else
					assert_int_equal(to, PLAN_STATES);
				allowed += e != NULL;
			}
	unsigned written = 0;
	for (size_t i = 0; i < EXPECTED; i++)
		written += (unsigned)strlen(expected[i].roles);
	assert_int_equal(allowed, written);
}

static void what_is_no_cell_is_refused(void **state)
{
	(void)state;
	enum plan_state to;
	struct fail why;
	struct life_request request = granted(LIFE_VIEW, LIFE_VIEWER, PLAN_STATES);
	assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
	request = granted(LIFE_VIEW, LIFE_ROLES, PLAN_DRAFT);
	assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
	request = granted(LIFE_ACTIONS, LIFE_DERMATOLOGIST, PLAN_DRAFT);
	assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
	assert_false(life_allowed((enum life_action)99, LIFE_DERMATOLOGIST, PLAN_PROPOSED));
}

/* For every allowed cell: each condition alone, taken away, refuses exactly those moves that ask for it. */
enum missing { MISSING_REASON, MISSING_OTHER, MISSING_SECRET, MISSING_IDENTIFIERS, MISSING_SECOND, MISSING };

static void take_away(struct life_request *request, enum missing what)
{
	static const char *const own[] = {"colleague", "somebody"};
	if (what == MISSING_REASON)
		request->reason = "  too short";
	if (what == MISSING_OTHER) {
		request->author = own;
		request->authors = 2;
	}
	if (what == MISSING_SECRET)
		request->secret_given = false;
	if (what == MISSING_IDENTIFIERS)
		request->identifiers_confirmed = false;
	if (what == MISSING_SECOND)
		request->second = NULL;
}

static void each_condition_alone(void **state)
{
	(void)state;
	static const struct {
		const char *actions, *field;
	} asked[MISSING] = {
		[MISSING_REASON] = {"override reject revoke outdate", "reason"},
		[MISSING_OTHER] = {"approve override", "author"},
		[MISSING_SECRET] = {"approve override revoke", "secret"},
		[MISSING_IDENTIFIERS] = {"approve start", "identifiers"},
		[MISSING_SECOND] = {"override", "second"},
	};
	for (size_t i = 0; i < EXPECTED; i++)
		for (int a = 0; a < LIFE_ACTIONS; a++)
			for (int m = 0; m < MISSING; m++) {
				enum plan_state from, to;
				const enum life_role role = (enum life_role)(strchr(letters, expected[i].roles[0]) - letters);
				struct fail why = {0};
				if (strcmp(life_action_name((enum life_action)a), expected[i].action) != 0)
					continue;
				assert_true(plan_state_parse(expected[i].state, &from));
				struct life_request request = granted((enum life_action)a, role, from);
				take_away(&request, (enum missing)m);
				const bool refused = strstr(asked[m].actions, expected[i].action) != NULL;
				assert_int_equal(life_move(&request, &to, &why) != ST_OK, refused);
				if (refused)
					assert_string_equal(why.field, asked[m].field);
			}
}

/* The author is found wherever in the line of versions the name stands; a plan of unknown authors is nobody's
 * to approve. */
static void author_of_any_version_cannot_approve(void **state)
{
	(void)state;
	static const char *const line[] = {"clone of somebody else", "first", "second", "third"};
	enum plan_state to;
	struct fail why;
	struct life_request request = granted(LIFE_APPROVE, LIFE_DERMATOLOGIST, PLAN_PROPOSED);
	request.author = line;
	request.authors = 4;
	assert_int_equal(life_move(&request, &to, &why), ST_OK);
	for (size_t i = 0; i < 4; i++) {
		request.actor = line[i];
		assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
		assert_string_equal(why.field, "author");
	}
	request.actor = "somebody";
	request.authors = 0;
	assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
	request.actor = "";
	request.authors = 4;
	assert_int_equal(life_move(&request, &to, &why), ST_INPUT);
}

static void second_person_is_another_and_clinical(void **state)
{
	(void)state;
	enum plan_state to;
	struct fail why;
	struct life_request request = granted(LIFE_OVERRIDE, LIFE_DERMATOLOGIST, PLAN_PROPOSED);
	request.second_role = LIFE_DERMATOLOGIST;
	assert_int_equal(life_move(&request, &to, &why), ST_OK);
	request.second = "somebody";
	assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
	request.second = "colleague";
	for (int r = LIFE_ADMINISTRATOR; r < LIFE_ROLES; r++) {
		request.second_role = (enum life_role)r;
		assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
		assert_string_equal(why.field, "second");
	}
}

static void refusals_say_what_would_do(void **state)
{
	(void)state;
	enum plan_state to;
	struct fail why;
	struct life_request request = granted(LIFE_APPROVE, LIFE_TECHNICIAN, PLAN_PROPOSED);
	assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
	assert_string_equal(why.text, "the role technician may not approve a plan; allowed: dermatologist");
	request = granted(LIFE_REVOKE, LIFE_DERMATOLOGIST, PLAN_CLOSED);
	assert_int_equal(life_move(&request, &to, &why), ST_DENIED);
	assert_string_equal(why.text, "cannot revoke a plan that is closed; it must be approved, treating");
}

static void a_reason_has_ten_visible_characters(void **state)
{
	(void)state;
	enum plan_state to;
	struct fail why;
	struct life_request request = granted(LIFE_REJECT, LIFE_DERMATOLOGIST, PLAN_PROPOSED);
	request.reason = " 12345 6789 ";
	assert_int_equal(life_move(&request, &to, &why), ST_INPUT);
	request.reason = "12345 67890";
	assert_int_equal(life_move(&request, &to, &why), ST_OK);
	request.reason = NULL;
	assert_int_equal(life_move(&request, &to, &why), ST_INPUT);
}

static void names_read_back(void **state)
{
	(void)state;
	enum plan_state plan;
	for (int s = 0; s < PLAN_STATES; s++) {
		assert_true(plan_state_parse(plan_state_name((enum plan_state)s), &plan));
		assert_int_equal(plan, s);
	}
	assert_false(plan_state_parse("Approved", &plan));
	assert_false(plan_state_parse("", &plan));
	assert_string_equal(plan_state_name(PLAN_STATES), "unknown");
}

/* A clock set back prolongs nothing, and by more than two minutes it is asked about. */
static void clock_only_goes_forward(void **state)
{
	(void)state;
	const int64_t seen = INT64_C(1767225600000);
	struct life_clock clock = life_clock(seen + 5, seen);
	assert_int_equal(clock.now_ms, seen + 5);
	assert_false(clock.went_back);
	clock = life_clock(seen - LIFE_CLOCK_SLACK_MS, seen);
	assert_int_equal(clock.now_ms, seen);
	assert_false(clock.went_back);
	clock = life_clock(seen - LIFE_CLOCK_SLACK_MS - 1, seen);
	assert_int_equal(clock.now_ms, seen);
	assert_true(clock.went_back);
	assert_int_equal(clock.back_ms, LIFE_CLOCK_SLACK_MS + 1);
}

static void approval_expires_by_risk(void **state)
{
	(void)state;
	const int64_t at = INT64_C(1767225600000), hour = 3600000;
	int64_t expires = 0;
	struct fail why;
	assert_int_equal(life_expiry_ms(at, 336.0, &expires, &why), ST_OK);
	assert_int_equal(expires, at + 336 * hour);
	assert_int_equal(life_expiry_ms(at, (double)NAN, &expires, &why), ST_OK);
	assert_int_equal(expires, at + 72 * hour);
	struct life_clock clock = life_clock(expires - 1, 0);
	assert_false(life_expired(expires, &clock));
	clock = life_clock(expires, 0);
	assert_true(life_expired(expires, &clock));
	clock = life_clock(at, expires); /* set back to the day of the approval */
	assert_true(life_expired(expires, &clock));
	static const double bad[] = {0.0, -1.0, 1e9, (double)INFINITY};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(life_expiry_ms(at, bad[i], &expires, &why), ST_RANGE);
}

static void each_change_makes_stale(void **state)
{
	(void)state;
	const struct life_basis then = {"p", "r", "t", "d", "u", "m", 3};
	const struct life_basis now[] = {
		{"P", "r", "t", "d", "u", "m", 3}, {"p", "R", "t", "d", "u", "m", 3}, {"p", "r", "T", "d", "u", "m", 3},
		{"p", "r", "t", "D", "u", "m", 3}, {"p", "r", "t", "d", "U", "m", 3}, {"p", "r", "t", "d", "u", "M", 3},
		{"p", "r", "t", "d", "u", "m", 4},
	};
	char text[STALE_TEXT_MAX], all[STALE_TEXT_MAX];
	assert_int_equal(life_stale(&then, &then), 0);
	assert_string_equal(life_stale_text(0, text, sizeof text), "");
	(void)life_stale_text(~0u, all, sizeof all);
	for (unsigned i = 0; i < sizeof now / sizeof now[0]; i++) {
		assert_int_equal(life_stale(&then, &now[i]), 1u << i);
		(void)life_stale_text(1u << i, text, sizeof text);
		assert_true(text[0] && strstr(all, text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_cell),
	        cmocka_unit_test(what_is_no_cell_is_refused),
	        cmocka_unit_test(each_condition_alone),
	        cmocka_unit_test(author_of_any_version_cannot_approve),
	        cmocka_unit_test(second_person_is_another_and_clinical),
	        cmocka_unit_test(refusals_say_what_would_do),
	        cmocka_unit_test(a_reason_has_ten_visible_characters),
	        cmocka_unit_test(names_read_back),
	        cmocka_unit_test(clock_only_goes_forward),
	        cmocka_unit_test(approval_expires_by_risk),
	        cmocka_unit_test(each_change_makes_stale),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
