/* A plan on its way through the clinic, on a real store: every move, every refusal, and what a thief, a clock or a
 * crash would try. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/calibration.h"
#include "planner/plan/case.h"
#include "planner/plan/response.h"
#include "planner/plan/inventory.h"
#include "planner/plan/united.h"
#include "planner/plan/workflow.h"
#include "planner/twin/twin_json.h"
#include "tests/support/store_fixture.h"
#include "tests/support/temp_folder.h"

#define HOUR_MS INT64_C(3600000)

static struct library *library;

/* ---- people: keys of their own, and a secret that was given or not ---- */

struct someone {
	const char *login;
	unsigned roles;
	unsigned char seed;
	bool disabled;
	struct sign_secret secret;
};
enum { TECH, DERM, DERM2, ADMIN, VIEWER, PEOPLE };
static struct someone people[PEOPLE] = {
        [TECH] = {"technician", 1u << LIFE_TECHNICIAN, 1, false, {{0}}},
        [DERM] = {"dermatologist", 1u << LIFE_DERMATOLOGIST, 2, false, {{0}}},
        [DERM2] = {"dermatologist2", 1u << LIFE_DERMATOLOGIST | 1u << LIFE_TECHNICIAN, 3, false, {{0}}},
        [ADMIN] = {"administrator", 1u << LIFE_ADMINISTRATOR, 4, false, {{0}}},
        [VIEWER] = {"viewer", 1u << LIFE_VIEWER, 5, false, {{0}}},
};

static enum status sign(void *context, const void *bytes, size_t n, struct signature *out, struct fail *why)
{
	struct someone *someone = context;
	if (someone->disabled)
		return fail_set(why, ST_DENIED, "secret", "wrong secret");
	sign_bytes(&someone->secret, bytes, n, out);
	return ST_OK;
}

static struct workflow_person person(int who)
{
	struct workflow_person p = {.roles = people[who].roles, .key_number = 1, .sign = sign, .context = &people[who]};
	unsigned char seed[SIGN_SEED_BYTES] = {people[who].seed};
	(void)snprintf(p.uuid, sizeof p.uuid, "00000000-0000-4000-8000-00000000000%d", who);
	(void)snprintf(p.login, sizeof p.login, "%s", people[who].login);
	(void)snprintf(p.name, sizeof p.name, "VIRTUAL %s", people[who].login);
	sign_keys(seed, &p.key, &people[who].secret);
	return p;
}

static enum status key_of(void *context, const char *login, int64_t number, struct sign_public *out, struct fail *why)
{
	(void)context;
	for (int i = 0; i < PEOPLE; i++)
		if (strcmp(people[i].login, login) == 0 && number == 1 && !people[i].disabled) {
			*out = person(i).key;
			return ST_OK;
		}
	return fail_set(why, ST_DENIED, "key", "%s has no valid key here", login);
}

/* ---- a clinic with one patient ---- */

struct desk {
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	struct workflow w;
	struct store_patient patient;
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE];
	int64_t twin_version;
};

static char *case_text;

static void open_store(struct desk *desk)
{
	desk->w.store = fixture_open(desk->path, STORE_DEMO, NULL);
}

/* Of the demo's readings, as a saved plan keeps it. */
static void add_twin(struct desk *desk)
{
	struct store_twin row = {.version = 1, .created_at_ms = desk->w.clock.now_ms, .readings_count = 1};
	const struct store_stamp stamp = {desk->w.clock.now_ms, "technician"};
	struct case_file *file = NULL;
	struct twin twin;
	char *json = NULL;
	struct fail why = {0};
	desk->twin_version = 1;
	if (uuid_new(desk->twin, &why) || case_parse("02", case_text, strlen(case_text), &file, &why) ||
	    twin_from_readings(&file->request[0].subject.readings, &twin, &why) || twin_write(&twin, &json, &why))
		fail_msg("%s: %s", why.field, why.text);
	memcpy(row.uuid, desk->twin, sizeof row.uuid);
	memcpy(row.patient, desk->patient.uuid, sizeof row.patient);
	memcpy(row.readings[0], desk->readings, sizeof row.readings[0]);
	row.json = json;
	row.json_len = strlen(json);
	if (store_twin_add(desk->w.store, &row, &stamp, &why))
		fail_msg("%s: %s", why.field, why.text);
	free(json);
	case_free(&file);
}

static int make_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	assert_non_null(desk);
	temp_folder_make(desk->folder);
	(void)snprintf(desk->path, sizeof desk->path, "%s/demo.db", desk->folder);
	open_store(desk);
	desk->w.lib = library;
	desk->w.clock = life_clock(FIXTURE_NOW_MS, 0);
	desk->w.audit_seq = 7;
	desk->w.key_of = key_of;
	fixture_patient(desk->w.store, "VIRTUAL 02 (IV)", &desk->patient);
	fixture_readings(desk->w.store, desk->patient.uuid, case_text, desk->readings);
	add_twin(desk);
	for (int i = 0; i < PEOPLE; i++)
		people[i].disabled = false;
	*state = desk;
	return 0;
}

static int remove_desk(void **state)
{
	struct desk *desk = *state;
	store_close(&desk->w.store);
	temp_folder_remove(desk->folder);
	free(desk);
	return 0;
}

#define RULE(id, outcome) \
	"{\"id\":\"" id "\",\"name\":\"n\",\"outcome\":\"" outcome "\",\"phase\":\"plan\",\"zone\":\"cheeks\",\"message\":" \
	"\"said by the rule.\",\"next_step\":\"Do this.\",\"value\":2,\"limit\":1,\"unit\":\"%\"}"

/* The member of plans that state it; plans of before have none. */
static const char *add_version_sides = "";

/* Adds the next version, written by `author`; gives it loaded. */
static struct workflow_plan *add_version(struct desk *desk, const char *uuid, int64_t version, const char *author,
                                         const char *rules)
{
	static const char form[] = "{\"name\":\"plan\",\"device\":\"fraxel_dual.1927\",\"indication\":\"melasma\",\"zones\":["
	                           "\"cheeks\"]%s,\"settings\":{\"energy_mJ\":10,\"treatment_level\":1,\"passes\":4},\"verdict\":"
	                           "\"ALLOW\",\"predictions\":{\"coagulation_depth_um\":{\"value\":300}},\"rules\":[%s],\"models\":{\"light\":\"ordinates\"},\"versions\":{\"lasertwin\":"
	                           "\"%s\",\"library\":\"%s\"}}";
	char json[4096];
	const struct store_stamp stamp = {desk->w.clock.now_ms, author};
	struct store_plan row = fixture_plan(desk->patient.uuid, desk->twin);
	struct workflow_plan *plan = NULL;
	struct fail why = {0};
	if (uuid)
		memcpy(row.uuid, uuid, sizeof row.uuid);
	row.version = version;
	row.twin_version = desk->twin_version;
	(void)snprintf(row.device, sizeof row.device, "fraxel_dual.1927");
	(void)snprintf(row.author, sizeof row.author, "%s", author);
	row.json_len = (size_t)snprintf(json, sizeof json, form, add_version_sides, rules, LASERTWIN_VERSION,
	                                library_digest(library));
	row.json = json;
	if (store_plan_add_version(desk->w.store, &row, &stamp, &why) ||
	    workflow_plan_load(&desk->w, row.uuid, version, &plan, &why))
		fail_msg("%s: %s", why.field, why.text);
	return plan;
}

static struct workflow_plan *draft(struct desk *desk, const char *rules)
{
	return add_version(desk, NULL, 1, "technician", rules);
}

#define MUST(call) \
	do { \
		struct fail why = {0}; \
		if (call) \
			fail_msg("%s: %s: %s", #call, why.field, why.text); \
	} while (0)
#define REFUSED(call, code, in_field) \
	do { \
		struct fail why = {0}; \
		const enum status st_ = (call); \
		if (st_ != (code) || strcmp(why.field, in_field) != 0) \
			fail_msg("%s: %s, %s: %s", #call, status_name(st_), why.field, why.text); \
	} while (0)

static const struct workflow_move identified = {.reason = "seen with the patient today",
                                                .identifier_1 = "VIRTUAL 02 (IV)",
                                                .identifier_2 = "1987-06-30"};

static struct workflow_plan *approved(struct desk *desk)
{
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	struct workflow_plan *plan = draft(desk, "");
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	MUST(workflow_approve(&desk->w, &derm, &identified, &plan, &why));
	return plan;
}

/* ---- the way to an approval ---- */

static void draft_to_approved(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	struct workflow_plan *plan = draft(desk, RULE("R-TEST", "REQUIRE"));
	assert_int_equal(plan->state, PLAN_DRAFT);
	assert_int_equal(plan->stale, 0);
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &plan, &why), ST_DENIED, "state");
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	assert_int_equal(plan->state, PLAN_PROPOSED);
	MUST(workflow_approve(&desk->w, &derm, &identified, &plan, &why));
	assert_int_equal(plan->state, PLAN_APPROVED);
	assert_true(plan->approved);
	assert_int_equal(plan->unverified.code, ST_OK);
	assert_int_equal(plan->approval.meaning, MEANING_APPROVED);
	assert_string_equal(plan->approval.login, "dermatologist");
	assert_int_equal(plan->approval.audit_seq, 7);
	assert_int_equal(plan->approval.authors, 1);
	assert_int_equal(plan->approval.setting_micro[SETTING_ENERGY_MJ], 10000000);
	/* type IV, not ablative: a fortnight (limits.json, sync_age_max_h) */
	assert_int_equal(plan->approval.expires_at_ms - plan->approval.signed_at_ms, 336 * HOUR_MS);
	workflow_plan_free(&plan);
}

static void who_may_not_approve(void **state)
{
	struct desk *desk = *state;
	struct workflow_person tech = person(TECH), derm = person(DERM), derm2 = person(DERM2), admin = person(ADMIN);
	struct workflow_move wrong = identified;
	struct workflow_plan *plan = add_version(desk, NULL, 1, "dermatologist2", "");
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	REFUSED(workflow_approve(&desk->w, &derm2, &identified, &plan, &why), ST_DENIED, "author");
	REFUSED(workflow_approve(&desk->w, &tech, &identified, &plan, &why), ST_DENIED, "role");
	REFUSED(workflow_approve(&desk->w, &admin, &identified, &plan, &why), ST_DENIED, "role");
	wrong.identifier_2 = "1987-06-29";
	REFUSED(workflow_approve(&desk->w, &derm, &wrong, &plan, &why), ST_DENIED, "identifier 2");
	wrong.identifier_1 = wrong.identifier_2 = NULL;
	REFUSED(workflow_approve(&desk->w, &derm, &wrong, &plan, &why), ST_DENIED, "identifiers");
	people[DERM].disabled = true; /* as a wrong secret */
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &plan, &why), ST_DENIED, "secret");
	people[DERM].disabled = false;
	derm.sign = NULL;
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &plan, &why), ST_DENIED, "secret");
	derm = person(DERM);
	derm.key = person(ADMIN).key; /* a key that does not fit is found at once */
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &plan, &why), ST_DENIED, "signature");
	assert_int_equal(plan->state, PLAN_PROPOSED);
	workflow_plan_free(&plan);
}

/* Somebody who wrote version 1 or proposed it is an author of version 2 as well. */
static void two_persons_through_versions(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM), derm2 = person(DERM2);
	char uuid[UUID_TEXT_SIZE];
	struct workflow_plan *plan = draft(desk, "");
	memcpy(uuid, plan->row.uuid, sizeof uuid);
	MUST(workflow_propose(&desk->w, &derm2, &plan, &why));
	workflow_plan_free(&plan);
	plan = add_version(desk, uuid, 2, "technician", "");
	assert_int_equal(plan->authors, 2);
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	REFUSED(workflow_approve(&desk->w, &derm2, &identified, &plan, &why), ST_DENIED, "author");
	MUST(workflow_approve(&desk->w, &derm, &identified, &plan, &why));
	workflow_plan_free(&plan);
}

static void a_race_of_two_approvals(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM), derm2 = person(DERM2);
	struct workflow_plan *one = draft(desk, ""), *other = NULL;
	MUST(workflow_propose(&desk->w, &tech, &one, &why));
	MUST(workflow_plan_load(&desk->w, one->row.uuid, 1, &other, &why));
	MUST(workflow_approve(&desk->w, &derm, &identified, &one, &why));
	REFUSED(workflow_approve(&desk->w, &derm2, &identified, &other, &why), ST_DENIED, "state");
	REFUSED(workflow_reject(&desk->w, &derm2, &identified, &other, &why), ST_DENIED, "state");
	workflow_plan_free(&one);
	workflow_plan_free(&other);
}

/* ---- findings ---- */

static void findings_decide(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	struct workflow_move no_reason = identified;
	no_reason.reason = NULL;
	struct workflow_plan *plan = draft(desk, RULE("R-ISO", "INFO") "," RULE("R-GOLD", "BLOCK"));
	assert_int_equal(plan->finding[0].outcome, OUTCOME_BLOCK); /* strongest first */
	REFUSED(workflow_propose(&desk->w, &tech, &plan, &why), ST_DENIED, "R-GOLD");
	workflow_plan_free(&plan);
	plan = draft(desk, RULE("R-TAN", "DEFER"));
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &plan, &why), ST_DENIED, "R-TAN");
	workflow_plan_free(&plan);
	plan = draft(desk, RULE("R-ISO", "MD_DECISION"));
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	REFUSED(workflow_approve(&desk->w, &derm, &no_reason, &plan, &why), ST_INPUT, "R-ISO");
	MUST(workflow_approve(&desk->w, &derm, &identified, &plan, &why));
	assert_int_equal(plan->approval.overrides, 1);
	assert_string_equal(plan->approval.override[0].rule, "R-ISO");
	assert_string_equal(plan->approval.override[0].reason, identified.reason);
	workflow_plan_free(&plan);
	plan = draft(desk, RULE("R-NEW", "NOBODY_KNOWS")); /* a word of a later version stops */
	REFUSED(workflow_propose(&desk->w, &tech, &plan, &why), ST_DENIED, "R-NEW");
	workflow_plan_free(&plan);
}

static void overrides_take_two_people_and_a_reason(void **state)
{
	struct desk *desk = *state;
	struct workflow_person tech = person(TECH), derm = person(DERM), viewer = person(VIEWER);
	struct workflow_move brief = {.reason = "fine"};
	struct workflow_plan *plan = draft(desk, RULE("R-COV", "BLOCK_MD") "," RULE("R-X", "CAUTION"));
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &plan, &why), ST_DENIED, "R-COV");
	REFUSED(workflow_override(&desk->w, &tech, &derm, "R-COV", "cheeks", &identified, &plan, &why), ST_DENIED, "role");
	REFUSED(workflow_override(&desk->w, &derm, &derm, "R-COV", "cheeks", &identified, &plan, &why), ST_DENIED, "second");
	REFUSED(workflow_override(&desk->w, &derm, &viewer, "R-COV", "cheeks", &identified, &plan, &why), ST_DENIED, "second");
	REFUSED(workflow_override(&desk->w, &derm, NULL, "R-COV", "cheeks", &identified, &plan, &why), ST_DENIED, "second");
	REFUSED(workflow_override(&desk->w, &derm, &tech, "R-COV", "cheeks", &brief, &plan, &why), ST_INPUT, "reason");
	REFUSED(workflow_override(&desk->w, &derm, &tech, "R-COV", "nose", &identified, &plan, &why), ST_NOT_FOUND, "R-COV");
	REFUSED(workflow_override(&desk->w, &derm, &tech, "R-X", "cheeks", &identified, &plan, &why), ST_DENIED, "R-X");
	people[TECH].disabled = true; /* the second person's secret is wrong */
	REFUSED(workflow_override(&desk->w, &derm, &tech, "R-COV", "cheeks", &identified, &plan, &why), ST_DENIED, "secret");
	people[TECH].disabled = false;
	assert_false(plan->finding[0].overridden);
	MUST(workflow_override(&desk->w, &derm, &tech, plan->finding[0].rule, plan->finding[0].zone, &identified, &plan, &why));
	assert_true(plan->finding[0].overridden);
	REFUSED(workflow_override(&desk->w, &derm, &tech, "R-COV", "cheeks", &identified, &plan, &why), ST_CONFLICT, "R-COV");
	MUST(workflow_approve(&desk->w, &derm, &identified, &plan, &why));
	assert_int_equal(plan->approval.overrides, 1);
	assert_string_equal(plan->approval.override[0].second, tech.uuid);
	struct workflow_override_count counts[4];
	size_t rules, all;
	MUST(workflow_override_counts(&desk->w, counts, 4, &rules, &all, &why));
	assert_int_equal(all, 1);
	assert_int_equal(rules, 1);
	assert_string_equal(counts[0].rule, "R-COV");
	workflow_plan_free(&plan);
}

/* An override record of one plan copied under another does not count there. */
static void overrides_do_not_travel(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	struct workflow_plan *one = draft(desk, RULE("R-COV", "BLOCK_MD")), *two = draft(desk, RULE("R-COV", "BLOCK_MD"));
	MUST(workflow_propose(&desk->w, &tech, &one, &why));
	MUST(workflow_propose(&desk->w, &tech, &two, &why));
	MUST(workflow_override(&desk->w, &derm, &tech, "R-COV", "cheeks", &identified, &one, &why));
	const struct store_record_query query = {.kind = "override"};
	struct store_record_list list = {0};
	MUST(store_record_list(desk->w.store, &query, &list, &why));
	struct store_record copy = list.items[0];
	memcpy(copy.plan, two->row.uuid, sizeof copy.plan);
	MUST(uuid_new(copy.uuid, &why));
	MUST(store_record_add(desk->w.store, &copy, &fixture_stamp, &why));
	store_record_list_free(&list);
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &two, &why), ST_DENIED, "R-COV");
	MUST(workflow_approve(&desk->w, &derm, &identified, &one, &why));
	workflow_plan_free(&one);
	workflow_plan_free(&two);
}

/* ---- reject, revoke ---- */

static void rejected_and_revoked_with_a_reason(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM), admin = person(ADMIN);
	const struct workflow_move silent = {0};
	struct workflow_plan *plan = draft(desk, "");
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	REFUSED(workflow_reject(&desk->w, &derm, &silent, &plan, &why), ST_INPUT, "reason");
	MUST(workflow_reject(&desk->w, &derm, &identified, &plan, &why));
	assert_int_equal(plan->state, PLAN_REJECTED);
	REFUSED(workflow_propose(&desk->w, &tech, &plan, &why), ST_DENIED, "state");
	workflow_plan_free(&plan);
	plan = approved(desk);
	REFUSED(workflow_revoke(&desk->w, &tech, &identified, &plan, &why), ST_DENIED, "role");
	MUST(workflow_revoke(&desk->w, &admin, &identified, &plan, &why));
	assert_int_equal(plan->state, PLAN_REVOKED);
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &plan, &why), ST_DENIED, "state");
	workflow_plan_free(&plan);
}

/* ---- time and change ---- */

static void approvals_expire(void **state)
{
	struct desk *desk = *state;
	struct workflow_plan *plan = approved(desk);
	size_t moved = 9;
	desk->w.clock.now_ms = plan->approval.expires_at_ms - 1;
	MUST(workflow_refresh(&desk->w, &moved, &why));
	assert_int_equal(moved, 0);
	desk->w.clock.now_ms++;
	struct workflow_plan *late = NULL;
	MUST(workflow_plan_load(&desk->w, plan->row.uuid, 0, &late, &why));
	assert_string_equal(late->unverified.field, "expiry");
	workflow_plan_free(&late);
	MUST(workflow_refresh(&desk->w, &moved, &why));
	assert_int_equal(moved, 1);
	MUST(workflow_plan_load(&desk->w, plan->row.uuid, 0, &late, &why));
	assert_int_equal(late->state, PLAN_EXPIRED);
	workflow_plan_free(&late);
	workflow_plan_free(&plan);
}

static void newer_readings_make_stale(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	char other[UUID_TEXT_SIZE], *changed = strdup(case_text);
	struct workflow_plan *plan = approved(desk), *waiting = draft(desk, "");
	size_t moved;
	MUST(workflow_propose(&desk->w, &tech, &waiting, &why));
	fixture_readings(desk->w.store, desk->patient.uuid, case_text, other); /* the same again changes nothing */
	MUST(workflow_refresh(&desk->w, &moved, &why));
	assert_int_equal(moved, 0);
	char *ita = strstr(changed, "\"ita_deg\": 19");
	assert_non_null(ita);
	memcpy(ita, "\"ita_deg\": 12", 13); /* tanned */
	fixture_readings(desk->w.store, desk->patient.uuid, changed, other);
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &waiting, &why), ST_DENIED, "stale");
	MUST(workflow_refresh(&desk->w, &moved, &why));
	assert_int_equal(moved, 2);
	char uuid[UUID_TEXT_SIZE];
	memcpy(uuid, plan->row.uuid, sizeof uuid);
	workflow_plan_free(&plan);
	MUST(workflow_plan_load(&desk->w, uuid, 0, &plan, &why));
	assert_int_equal(plan->state, PLAN_STALE);
	assert_int_equal(plan->stale, STALE_READINGS);
	workflow_plan_free(&plan);
	workflow_plan_free(&waiting);
	free(changed);
}

/* Taken before the plan's readings and arrived after the approval, in ignorance of them. */
static void what_another_station_was_told_makes_stale(void **state)
{
	struct desk *desk = *state;
	struct workflow_plan *plan = approved(desk);
	struct store_readings row = {.taken_at_ms = FIXTURE_NOW_MS - 1000};
	struct facts *answers = NULL;
	const size_t room = strlen(case_text) + 200;
	char *text = malloc(room), *history = strstr(case_text, "\"history\": {");
	size_t moved, id = 0;
	assert_true(text && history && facts_find("keloid", &id));
	history += strlen("\"history\": {");
	(void)snprintf(text, room, "{\"x_follows\":[\"%s\"],%.*s\"keloid\":true,%s", desk->readings,
	              (int)(history - strchr(case_text, '{') - 1), strchr(case_text, '{') + 1, history);
	memcpy(row.patient, desk->patient.uuid, sizeof row.patient);
	row.json = text;
	row.json_len = strlen(text);
	MUST(workflow_refresh(&desk->w, &moved, &why));
	assert_int_equal(moved, 0);
	MUST(uuid_new(row.uuid, &why));
	MUST(store_readings_add(desk->w.store, &row, &fixture_stamp, &why));
	MUST(workflow_refresh(&desk->w, &moved, &why));
	assert_int_equal(moved, 1);
	MUST(united_answers(desk->w.store, desk->patient.uuid, &answers, &why));
	assert_int_equal(facts_state(answers, id), FACT_SET);
	facts_free(&answers);
	free(text);
	workflow_plan_free(&plan);
}

static void a_clock_set_back_is_asked_about(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	struct workflow_plan *plan = draft(desk, "");
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	desk->w.clock = life_clock(FIXTURE_NOW_MS - HOUR_MS, FIXTURE_NOW_MS);
	REFUSED(workflow_approve(&desk->w, &derm, &identified, &plan, &why), ST_DENIED, "clock");
	desk->w.clock_confirmed = true;
	MUST(workflow_approve(&desk->w, &derm, &identified, &plan, &why));
	assert_int_equal(plan->approval.signed_at_ms, FIXTURE_NOW_MS);
	workflow_plan_free(&plan);
}

/* The clock of the station that signed ran ahead, or this one's was set back and the audit with it. */
static void an_approval_of_the_future_treats_nobody(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	struct workflow_plan *plan = draft(desk, "");
	struct delivery session;
	struct store_audit_list audit = {0};
	const struct delivery_event event = {.kind = DELIVERY_OPEN};
	MUST(workflow_propose(&desk->w, &tech, &plan, &why));
	MUST(workflow_approve(&desk->w, &derm, &identified, &plan, &why));
	assert_int_equal(plan->unverified.code, ST_OK);
	desk->w.clock = life_clock(plan->approval.signed_at_ms - LIFE_CLOCK_SLACK_MS - 1, 0);
	REFUSED(workflow_deliver(&desk->w, &tech, &event, NULL, &plan, &session, &why), ST_DENIED, "clock");
	assert_string_equal(plan->unverified.field, "clock");
	MUST(store_audit_list(desk->w.store, 0, 0, &audit, &why));
	assert_true(audit.count > 0);
	assert_string_equal(audit.items[audit.count - 1].action, "approval.refused");
	assert_non_null(strstr(audit.items[audit.count - 1].object, "clock"));
	store_audit_list_free(&audit);
	workflow_plan_free(&plan);
}

/* ---- forgeries in the store ---- */

static void approvals_do_not_travel(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH);
	struct workflow_plan *good = approved(desk), *other = draft(desk, "");
	struct store_plan_event event = {.version = 1, .from_state = "proposed", .to_state = "approved"};
	char *text;
	size_t n;
	MUST(workflow_propose(&desk->w, &tech, &other, &why));
	MUST(approval_document_write(&good->document, &text, &n, &why));
	memcpy(event.plan, other->row.uuid, sizeof event.plan);
	event.digest = other->row.digest;
	event.json = text;
	event.json_len = n;
	MUST(store_plan_event_add(desk->w.store, &event, &fixture_stamp, &why));
	char uuid[UUID_TEXT_SIZE];
	memcpy(uuid, other->row.uuid, sizeof uuid);
	workflow_plan_free(&other);
	MUST(workflow_plan_load(&desk->w, uuid, 0, &other, &why));
	assert_int_equal(other->state, PLAN_APPROVED);
	assert_string_equal(other->unverified.field, "plan");
	struct delivery session;
	struct delivery_event open;
	delivery_event_init(&open, DELIVERY_OPEN, 0, tech.uuid);
	REFUSED(workflow_deliver(&desk->w, &tech, &open, NULL, &other, &session, &why), ST_DENIED, "plan");
	free(text);
	workflow_plan_free(&good);
	workflow_plan_free(&other);
}

static void approvals_of_disabled_people_do_not_hold(void **state)
{
	struct desk *desk = *state;
	struct workflow_plan *plan = approved(desk), *again = NULL;
	people[DERM].disabled = true;
	MUST(workflow_plan_load(&desk->w, plan->row.uuid, 0, &again, &why));
	assert_string_equal(again->unverified.field, "key");
	workflow_plan_free(&plan);
	workflow_plan_free(&again);
}

static void the_exported_file_verifies_with_the_key_alone(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), viewer = person(VIEWER);
	const struct sign_public key = person(DERM).key;
	struct workflow_plan *plan = approved(desk), *plain = draft(desk, "");
	struct approval_document document;
	struct approval read;
	char *text;
	size_t n;
	REFUSED(workflow_export(&desk->w, &viewer, plan, &text, &n, &why), ST_DENIED, "role");
	REFUSED(workflow_export(&desk->w, &tech, plain, &text, &n, &why), ST_DENIED, "state");
	MUST(workflow_export(&desk->w, &tech, plan, &text, &n, &why));
	MUST(approval_document_read("file", text, n, &document, &why));
	MUST(approval_verify(&document, &key, 1, &read, &why));
	assert_string_equal(read.plan, plan->row.uuid);
	approval_document_clear(&document);
	free(text);
	workflow_plan_free(&plan);
	workflow_plan_free(&plain);
}

/* ---- delivery ---- */

static void deliver(struct desk *desk, struct workflow_plan **plan, struct delivery *session, const char *words)
{
	static const struct findings none = {0};
	const struct workflow_person tech = person(TECH);
	char copy[512], *rest = copy, *word;
	struct delivery_event event;
	enum delivery_kind kind;
	struct fail why = {0};
	(void)snprintf(copy, sizeof copy, "%s", words);
	assert_true(delivery_kind_parse(strsep(&rest, "|"), &kind));
	delivery_event_init(&event, kind, 0, tech.uuid);
	while ((word = strsep(&rest, "|"))) {
		char *value = strchr(word, '=');
		*value++ = '\0';
		assert_int_equal(delivery_event_set(&event, word, value, &why), ST_OK);
	}
	desk->w.clock.now_ms += 1000;
	if (workflow_deliver(&desk->w, &tech, &event, &none, plan, session, &why))
		fail_msg("%s: %s: %s", words, why.field, why.text);
}

static const char *const checklist[] = {
        "open",
        "identity|identifier_1=VIRTUAL 02 (IV)|identifier_2=1987-06-30",
        "site|field=cheeks|side=both",
        "consent|reference=paper 7",
        "photograph|field=cheeks|reference=IMG_1|digest=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "device|serial=FD-1|handpiece=fraxel_dual.1927|handpiece_serial=HP-9",
        "calibration|measured=10.4|set=10|text=mJ",
        "eyewear|od_operator=7|od_patient=7",
        "cooling|text=cold air",
        "time_out|side=both|text=technician and patient",
};
#define PASS "pass|field=cheeks|energy_mJ=10|treatment_level=1"

static void begin(struct desk *desk, struct workflow_plan **plan, struct delivery *session)
{
	for (size_t i = 0; i < sizeof checklist / sizeof checklist[0]; i++)
		deliver(desk, plan, session, checklist[i]);
	deliver(desk, plan, session, "start");
}

static size_t count_records(struct desk *desk, const char *kind)
{
	const struct store_record_query query = {.kind = kind};
	struct store_record_list list = {0};
	MUST(store_record_list(desk->w.store, &query, &list, &why));
	const size_t count = list.count;
	store_record_list_free(&list);
	return count;
}

/* Stated in the plan, signed, and no other is taken at the delivery. */
static void the_side_is_signed_and_held_to(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH);
	struct delivery session = {0};
	struct delivery_event event;
	add_version_sides = ",\"sides\":[\"left\"]";
	struct workflow_plan *plan = approved(desk);
	add_version_sides = "";
	assert_int_equal(plan->side[0], SIDE_LEFT);
	assert_int_equal(plan->approval.form, APPROVAL_FORM);
	assert_int_equal(plan->approval.side[0], SIDE_LEFT);
	for (int i = 0; i < 2; i++)
		deliver(desk, &plan, &session, checklist[i]);
	delivery_event_init(&event, DELIVERY_SITE, 0, tech.uuid);
	MUST(delivery_event_set(&event, "field", "cheeks", &why));
	MUST(delivery_event_set(&event, "side", "right", &why));
	REFUSED(workflow_deliver(&desk->w, &tech, &event, NULL, &plan, &session, &why), ST_DENIED, "side");
	MUST(delivery_event_set(&event, "side", "left", &why));
	MUST(workflow_deliver(&desk->w, &tech, &event, NULL, &plan, &session, &why));
	assert_string_equal(session.field[0].side, "left");
	workflow_plan_free(&plan);
}

/* ---- one output check a day for every session ---- */

/* Opens a session of a new plan up to console and handpiece. */
static struct workflow_plan *with_device(struct desk *desk, struct delivery *session)
{
	struct workflow_plan *plan = approved(desk);
	*session = (struct delivery){0};
	deliver(desk, &plan, session, checklist[0]);
	deliver(desk, &plan, session, checklist[5]);
	return plan;
}

static void reload(struct desk *desk, const struct workflow_plan *plan, struct delivery *session)
{
	struct delivery_plan delivery_plan;
	MUST(workflow_session(&desk->w, plan, &delivery_plan, session, &why));
}

static enum calibration_standing standing_of(struct desk *desk, size_t at)
{
	const struct calibration_day day = {desk->w.clock.now_ms, desk->w.ahead_ms};
	struct calibration_entry *list;
	size_t count;
	MUST(calibration_list(desk->w.store, "FD-1", &day, &list, &count, &why));
	const enum calibration_standing standing = at < count ? list[at].standing : CALIBRATION_STANDINGS;
	free(list);
	return standing;
}

static void a_check_counts_for_every_session_of_its_day(void **state)
{
	struct desk *desk = *state;
	struct delivery first, second, other;
	struct workflow_plan *a = with_device(desk, &first), *b;
	assert_false(first.calibrated);
	deliver(desk, &a, &first, checklist[6]);
	assert_string_equal(first.output_check, "10.4 of 10 mJ");
	b = with_device(desk, &second);
	assert_true(second.calibrated);
	assert_non_null(strstr(second.output_check, "10.4 of 10 mJ; checked "));
	assert_non_null(strstr(second.output_check, "by technician"));
	assert_int_equal(count_records(desk, CALIBRATION_KIND), 1); /* entered once, referred to */
	reload(desk, b, &other);
	assert_memory_equal(&other, &second, sizeof other);
	deliver(desk, &b, &second, "device|serial=FD-1|handpiece=fraxel_dual.1927|handpiece_serial=HP-10");
	assert_false(second.calibrated); /* another handpiece's output is not known */
	workflow_plan_free(&a);
	workflow_plan_free(&b);
}

static void a_check_ends_with_its_day(void **state)
{
	struct desk *desk = *state;
	const int64_t day_ms = 86400000;
	struct delivery session;
	struct workflow_plan *plan = with_device(desk, &session), *next;
	deliver(desk, &plan, &session, checklist[6]);
	const int64_t checked_ms = desk->w.clock.now_ms, today = checked_ms / day_ms;
	/* the station's midnight comes half an hour, then two hours after the check */
	desk->w.ahead_ms = (today + 1) * day_ms - checked_ms - 1800000;
	desk->w.clock.now_ms = checked_ms + 3500000; /* past it, within the grace of an hour */
	reload(desk, plan, &session);
	assert_true(session.calibrated);
	desk->w.clock.now_ms = checked_ms + 3700000;
	reload(desk, plan, &session);
	assert_false(session.calibrated);
	assert_int_equal(standing_of(desk, 0), CALIBRATION_PAST);
	desk->w.ahead_ms -= 5400000; /* still the same day where it is */
	reload(desk, plan, &session);
	assert_true(session.calibrated);
	desk->w.clock.now_ms = checked_ms + day_ms;
	next = with_device(desk, &session);
	assert_false(session.calibrated);
	reload(desk, plan, &session);
	assert_false(session.calibrated);
	workflow_plan_free(&plan);
	workflow_plan_free(&next);
}

static void a_fault_revokes_the_check(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH);
	struct delivery first, second;
	struct workflow_plan *a = with_device(desk, &first), *b;
	deliver(desk, &a, &first, checklist[6]);
	desk->w.clock.now_ms += 1000;
	MUST(workflow_device_fault(&desk->w, &tech, "FD-1", "", "smoke at the fan", &why));
	assert_int_equal(standing_of(desk, 0), CALIBRATION_FAULT);
	assert_int_equal(standing_of(desk, 1), CALIBRATION_REVOKED);
	reload(desk, a, &first);
	assert_false(first.calibrated);
	b = with_device(desk, &second);
	assert_false(second.calibrated);
	const struct calibration again = {"FD-1", "HP-9", 10.1, 10.0, "mJ"};
	desk->w.clock.now_ms += 1000;
	MUST(workflow_calibrate(&desk->w, &tech, &again, &why));
	reload(desk, a, &first);
	assert_true(first.calibrated); /* its own, and one of after the fault */
	workflow_plan_free(&a);
	workflow_plan_free(&b);
}

/* The console's error in a session is a fault like any other. */
static void an_error_of_a_session_revokes_the_check(void **state)
{
	struct desk *desk = *state;
	struct workflow_plan *plan = approved(desk), *next;
	struct delivery session = {0};
	begin(desk, &plan, &session);
	deliver(desk, &plan, &session, "error|code=E42");
	assert_int_equal(standing_of(desk, 0), CALIBRATION_FAULT);
	deliver(desk, &plan, &session, "abort|text=the console failed");
	next = with_device(desk, &session);
	assert_false(session.calibrated);
	workflow_plan_free(&plan);
	workflow_plan_free(&next);
}

static void checks_of_the_day_are_refused_like_any_other(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), view = person(VIEWER);
	const struct calibration far = {"FD-1", "HP-9", 12.5, 10.0, "mJ"}, good = {"FD-1", "HP-9", 10.0, 10.0, "mJ"},
	                         nameless = {"", "HP-9", 10.0, 10.0, "mJ"};
	struct delivery session;
	struct workflow_plan *plan = with_device(desk, &session);
	REFUSED(workflow_calibrate(&desk->w, &tech, &far, &why), ST_RANGE, "measured");
	REFUSED(workflow_calibrate(&desk->w, &tech, &nameless, &why), ST_INPUT, "serial");
	REFUSED(workflow_calibrate(&desk->w, &view, &good, &why), ST_DENIED, "role");
	REFUSED(workflow_device_fault(&desk->w, &view, "FD-1", "", "smoke at the fan", &why), ST_DENIED, "role");
	REFUSED(workflow_device_fault(&desk->w, &tech, "FD-1", "", "smoke", &why), ST_INPUT, "reason");
	assert_int_equal(count_records(desk, CALIBRATION_KIND), 0);
	struct delivery_event event;
	delivery_event_init(&event, DELIVERY_CALIBRATION, 0, tech.uuid);
	MUST(delivery_event_set(&event, "measured", "10", &why));
	MUST(delivery_event_set(&event, "set", "10", &why));
	MUST(delivery_event_set(&event, "text", "mJ", &why));
	MUST(delivery_event_set(&event, "reference", "00000000-0000-4000-8000-000000000009", &why));
	REFUSED(workflow_deliver(&desk->w, &tech, &event, NULL, &plan, &session, &why), ST_INPUT, "reference");
	workflow_plan_free(&plan);
}

static void a_time_out_reads_the_sides_back(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH);
	struct workflow_plan *plan = approved(desk);
	struct delivery session = {0};
	struct delivery_event event;
	for (int i = 0; i < 3; i++)
		deliver(desk, &plan, &session, checklist[i]);
	delivery_event_init(&event, DELIVERY_TIME_OUT, 0, tech.uuid);
	MUST(delivery_event_set(&event, "text", "technician and patient", &why));
	REFUSED(workflow_deliver(&desk->w, &tech, &event, NULL, &plan, &session, &why), ST_INPUT, "side");
	MUST(delivery_event_set(&event, "side", "left", &why));
	REFUSED(workflow_deliver(&desk->w, &tech, &event, NULL, &plan, &session, &why), ST_DENIED, "side");
	assert_false(session.timed_out);
	MUST(delivery_event_set(&event, "side", "both", &why));
	MUST(workflow_deliver(&desk->w, &tech, &event, NULL, &plan, &session, &why));
	assert_true(session.timed_out);
	workflow_plan_free(&plan);
}

static void approved_to_closed_over_a_crash(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	struct workflow_plan *plan = approved(desk);
	struct delivery session, resumed;
	struct delivery_plan delivery_plan;
	begin(desk, &plan, &session);
	assert_int_equal(plan->state, PLAN_TREATING);
	deliver(desk, &plan, &session, PASS);
	deliver(desk, &plan, &session, PASS);
	char uuid[UUID_TEXT_SIZE];
	memcpy(uuid, plan->row.uuid, sizeof uuid);
	workflow_plan_free(&plan);
	store_close(&desk->w.store); /* the program is gone; what it had acknowledged is there */
	open_store(desk);
	MUST(workflow_plan_load(&desk->w, uuid, 0, &plan, &why));
	MUST(workflow_session(&desk->w, plan, &delivery_plan, &resumed, &why));
	assert_memory_equal(&resumed, &session, sizeof resumed);
	deliver(desk, &plan, &session, PASS);
	deliver(desk, &plan, &session, PASS);
	deliver(desk, &plan, &session, "endpoint|field=cheeks|endpoint=erythema");
	deliver(desk, &plan, &session, "finish");
	assert_int_equal(plan->state, PLAN_DELIVERED);
	assert_int_equal(count_records(desk, "outcome"), 1);
	assert_int_equal(count_records(desk, INVENTORY_KIND), 2); /* the laser and the handpiece whose labels were read */
	const struct follow_up seen = {.days = 28, .clearance_pct = 40, .erythema_days = 3, .pih = 0, .text = "healed"};
	const struct adverse_event event = {.kind = "PIH", .severity = SEVERITY_MILD, .onset_days = 14, .text = "left",
	                                    .serious = SERIOUS_NO, .outcome = "ongoing"};
	struct adverse_event serious = {.kind = "burn", .severity = SEVERITY_SEVERE, .serious = SERIOUS_YES};
	const struct adverse_event odd = {.kind = "magic", .severity = SEVERITY_MILD};
	MUST(workflow_adverse(&desk->w, &tech, &event, &plan, &why));
	REFUSED(workflow_adverse(&desk->w, &tech, &odd, &plan, &why), ST_INPUT, "kind");
	REFUSED(workflow_adverse(&desk->w, &tech, &serious, &plan, &why), ST_INPUT, "serious_reason");
	(void)snprintf(serious.serious_reason, sizeof serious.serious_reason, "hospital");
	(void)snprintf(serious.outcome, sizeof serious.outcome, "gone");
	REFUSED(workflow_adverse(&desk->w, &tech, &serious, &plan, &why), ST_INPUT, "outcome");
	MUST(workflow_follow_up(&desk->w, &tech, &seen, &plan, &why));
	REFUSED(workflow_close(&desk->w, &tech, &plan, &why), ST_DENIED, "role");
	MUST(workflow_close(&desk->w, &derm, &plan, &why));
	assert_int_equal(plan->state, PLAN_CLOSED);
	assert_int_equal(count_records(desk, "follow_up"), 1);
	assert_int_equal(count_records(desk, "adverse_event"), 1);
	MUST(store_check(desk->w.store, NULL, &why));
	workflow_plan_free(&plan);
}

/* ---- the twin learns ---- */

static struct workflow_plan *delivered(struct desk *desk)
{
	struct workflow_plan *plan = approved(desk);
	struct delivery session;
	begin(desk, &plan, &session);
	for (int i = 0; i < 4; i++)
		deliver(desk, &plan, &session, PASS);
	deliver(desk, &plan, &session, "endpoint|field=cheeks|endpoint=erythema");
	deliver(desk, &plan, &session, "finish");
	return plan;
}

static int64_t newest_twin(struct desk *desk, struct twin *out)
{
	struct store_twin row = {0};
	MUST(store_twin_latest(desk->w.store, desk->patient.uuid, &row, &why));
	MUST(twin_read("twin", row.json, row.json_len, out, &why));
	const int64_t version = row.version;
	store_twin_clear(&row);
	return version;
}

static void what_is_seen_later_makes_the_twins_next_version(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH);
	struct twin twin, again;
	struct workflow_plan *plan = delivered(desk);
	assert_int_equal(newest_twin(desk, &twin), 1); /* redness during treatment says nothing of any factor */
	desk->w.clock.now_ms += 28 * 24 * HOUR_MS;
	struct follow_up seen = {
	        .days = 28, .clearance_pct = 40, .erythema_days = 6, .pih = 0, .depth_um = 390, .text = "healed"};
	MUST(workflow_follow_up(&desk->w, &tech, &seen, &plan, &why));
	assert_int_equal(newest_twin(desk, &twin), 2);
	assert_int_equal(twin.lessons, 4);
	assert_true(twin.property[TWIN_HEALING_FACTOR].median > 1.2);
	assert_true(twin.property[TWIN_DEPTH_FACTOR].median > 1.1); /* 390 um measured, 300 predicted */
	assert_false(twin_had_pih(&twin));
	assert_string_equal(twin.lesson[0].device_mode, "fraxel_dual.1927");
	MUST(workflow_follow_up(&desk->w, &tech, &seen, &plan, &why)); /* the same said again: kept, not counted */
	assert_int_equal(newest_twin(desk, &again), 2);
	const struct adverse_event event = {.kind = "PIH", .severity = SEVERITY_MILD, .onset_days = 30, .text = "left"};
	const struct adverse_event pain = {.kind = "pain", .severity = SEVERITY_MILD, .onset_days = 1, .text = "left"};
	MUST(workflow_adverse(&desk->w, &tech, &pain, &plan, &why));
	assert_int_equal(newest_twin(desk, &again), 2);
	MUST(workflow_adverse(&desk->w, &tech, &event, &plan, &why));
	assert_int_equal(newest_twin(desk, &again), 3);
	assert_int_equal(again.lessons, 4); /* of the same treatment: the word on PIH replaced */
	assert_true(twin_had_pih(&again));
	assert_true(again.property[TWIN_PIH_OFFSET].median > twin.property[TWIN_PIH_OFFSET].median + 0.1);
	MUST(workflow_follow_up(&desk->w, &tech, &seen, &plan, &why)); /* a later no does not unsay it */
	assert_int_equal(newest_twin(desk, &again), 3);
	MUST(store_check(desk->w.store, NULL, &why));
	workflow_plan_free(&plan);
}

static void what_cannot_be_learnt_is_kept_and_moves_nothing(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH);
	struct twin twin;
	struct workflow_plan *plan = delivered(desk);
	const struct follow_up odd = {.days = 28, .clearance_pct = -30, .erythema_days = 300, .pih = -1, .depth_um = 3000};
	const struct follow_up bad = {.days = 28, .clearance_pct = NAN, .erythema_days = NAN, .pih = -1, .depth_um = 2};
	REFUSED(workflow_follow_up(&desk->w, &tech, &bad, &plan, &why), ST_RANGE, "depth_um");
	MUST(workflow_follow_up(&desk->w, &tech, &odd, &plan, &why));
	assert_int_equal(count_records(desk, "follow_up"), 1);
	assert_int_equal(count_records(desk, RESPONSE_KIND), 0);
	assert_int_equal(newest_twin(desk, &twin), 1);
	/* a record of a form nobody knows does not stop the others */
	const struct store_stamp stamp = {desk->w.clock.now_ms, "elsewhere"};
	static const char strange[] = "{\"schema\":\"lasertwin-outcome/9\"}";
	struct store_record record = {.kind = RESPONSE_KIND, .json = strange, .json_len = sizeof strange - 1};
	memcpy(record.patient, desk->patient.uuid, sizeof record.patient);
	MUST(uuid_new(record.uuid, &why));
	MUST(store_record_add(desk->w.store, &record, &stamp, &why));
	const struct follow_up seen = {.days = 28, .clearance_pct = NAN, .erythema_days = 6, .pih = -1, .depth_um = NAN};
	MUST(workflow_follow_up(&desk->w, &tech, &seen, &plan, &why));
	assert_int_equal(newest_twin(desk, &twin), 2);
	assert_int_equal(twin.lessons, 1);
	size_t refused = 0;
	MUST(response_learn(desk->w.store, desk->patient.uuid, &twin, &refused, &why));
	assert_int_equal(refused, 1);
	assert_int_equal(twin.lessons, 1);
	workflow_plan_free(&plan);
}

static void revoked_under_treatment_stops(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), derm = person(DERM);
	struct workflow_plan *plan = approved(desk);
	struct delivery session;
	struct delivery_event pass;
	struct fail set;
	begin(desk, &plan, &session);
	deliver(desk, &plan, &session, PASS);
	MUST(workflow_revoke(&desk->w, &derm, &identified, &plan, &why));
	delivery_event_init(&pass, DELIVERY_PASS, 0, tech.uuid);
	assert_int_equal(delivery_event_set(&pass, "field", "cheeks", &set), ST_OK);
	assert_int_equal(delivery_event_set(&pass, "energy_mJ", "10", &set), ST_OK);
	REFUSED(workflow_deliver(&desk->w, &tech, &pass, NULL, &plan, &session, &why), ST_DENIED, "state");
	deliver(desk, &plan, &session, "abort|text=revoked by the dermatologist");
	assert_int_equal(plan->state, PLAN_REVOKED);
	assert_int_equal(count_records(desk, "outcome"), 1); /* one pass has fallen: the twin must know */
	workflow_plan_free(&plan);
}

static void not_started_is_not_delivered(void **state)
{
	struct desk *desk = *state;
	const struct workflow_person tech = person(TECH), viewer = person(VIEWER);
	struct workflow_plan *plan = approved(desk), *other = approved(desk);
	struct delivery session = {0}, second = {0};
	struct delivery_event open, start;
	delivery_event_init(&open, DELIVERY_OPEN, 0, tech.uuid);
	delivery_event_init(&start, DELIVERY_START, 0, tech.uuid);
	REFUSED(workflow_deliver(&desk->w, &viewer, &open, NULL, &plan, &session, &why), ST_DENIED, "role");
	deliver(desk, &plan, &session, "open");
	REFUSED(workflow_deliver(&desk->w, &tech, &start, NULL, &plan, &session, &why), ST_DENIED, "start");
	deliver(desk, &plan, &session, "abort|text=patient has gone home again");
	assert_int_equal(plan->state, PLAN_APPROVED);
	assert_int_equal(count_records(desk, "outcome"), 0);
	begin(desk, &plan, &session); /* a second visit begins with an empty checklist */
	REFUSED(workflow_deliver(&desk->w, &tech, &open, NULL, &other, &second, &why), ST_CONFLICT, "treating");
	workflow_plan_free(&plan);
	workflow_plan_free(&other);
}

/* With the real rules and the real prediction: what stands against the start, until it does not. */
static void the_rules_are_judged_again_at_the_start(void **state)
{
	struct desk *desk = *state;
	struct workflow_plan *plan = approved(desk);
	struct delivery session;
	struct delivery_plan delivery_plan;
	struct delivery_permits none = {0};
	struct findings findings;
	const struct predict_options few = {.samples = 4};
	for (size_t i = 0; i < sizeof checklist / sizeof checklist[0]; i++)
		deliver(desk, &plan, &session, checklist[i]);
	MUST(workflow_session(&desk->w, plan, &delivery_plan, &session, &why));
	desk->w.hours_since_sync = (double)NAN; /* unknown is not "just now" */
	desk->w.clock.now_ms += 24 * HOUR_MS;   /* tomorrow: the melanin index is of yesterday */
	MUST(workflow_judge_start(&desk->w, plan, &session, &few, &findings, &why));
	bool stale = false, approval = false, twin = false;
	for (size_t i = 0; i < findings.count; i++) {
		stale = stale || strcmp(findings.finding[i].rule, "R-STALE") == 0;
		approval = approval || strcmp(findings.finding[i].rule, "R-APPR") == 0;
		twin = twin || (strcmp(findings.finding[i].rule, "R-TWIN") == 0 && findings.finding[i].outcome == OUTCOME_BLOCK);
	}
	assert_true(stale && twin);
	assert_false(approval);
	struct fail why = {0};
	assert_int_equal(delivery_may_start(&session, &delivery_plan, &findings, &none, &why), ST_DENIED);
	findings_clear(&findings);
	workflow_plan_free(&plan);
}

static const struct finding *raised(const struct findings *findings, const char *rule)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->finding[i].rule, rule) == 0)
			return &findings->finding[i];
	return NULL;
}

/* Both are of the date the readings were taken on. */
static void measured_today_is_at_this_visit_whatever_the_date(void **state)
{
	struct desk *desk = *state;
	struct workflow_plan *plan = approved(desk);
	struct delivery session;
	struct delivery_plan delivery_plan;
	struct findings findings;
	const struct predict_options few = {.samples = 4};
	const int64_t from_ms = desk->w.clock.now_ms;
	MUST(workflow_session(&desk->w, plan, &delivery_plan, &session, &why));
	static const struct {
		int64_t hours;
		bool stale;
	} rows[] = {{11, false}, {13, true}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		desk->w.clock.now_ms = from_ms + rows[i].hours * HOUR_MS;
		MUST(workflow_judge_start(&desk->w, plan, &session, &few, &findings, &why));
		const struct finding *twin = raised(&findings, "R-TWIN");
		assert_int_equal(twin != NULL && twin->outcome == OUTCOME_BLOCK, rows[i].stale);
		findings_clear(&findings);
	}
	workflow_plan_free(&plan);
}

/* The next version of the desk's twin; edited in the latent coordinate of one property. json NULL: of a strange form. */
static void next_twin(struct desk *desk, enum twin_property property, double shift_sd, const char *strange)
{
	struct store_twin row = {0};
	struct twin twin;
	char *json = NULL;
	MUST(store_twin_latest(desk->w.store, desk->patient.uuid, &row, &why));
	MUST(twin_read("twin", row.json, row.json_len, &twin, &why));
	twin.latent[property] += shift_sd * sqrt(twin.covariance[property][property]);
	MUST(twin_refresh(&twin, &why));
	MUST(twin_write(&twin, &json, &why));
	struct store_twin next = row;
	const struct store_stamp stamp = {desk->w.clock.now_ms, "technician"};
	next.version++;
	next.json = strange ? strange : json;
	next.json_len = strlen(next.json);
	MUST(store_twin_add(desk->w.store, &next, &stamp, &why));
	desk->twin_version = next.version;
	store_twin_clear(&row);
	free(json);
}

/* Output checks of one handpiece over months: their trend is judged at the start, another handpiece's is not. */
static void a_drifting_output_stops_the_start(void **state)
{
	struct desk *desk = *state;
	const struct predict_options few = {.samples = 1};
	struct workflow_plan *plan = draft(desk, "");
	for (int other = 0; other < 2; other++) {
		struct delivery session = {.device_known = true, .serial = "C-1"};
		struct findings findings;
		struct workflow_start *start = NULL;
		(void)snprintf(session.handpiece_serial, sizeof session.handpiece_serial, "%s", other ? "H-2" : "H-1");
		for (int month = 0; month < 12; month++) {
			const struct calibration c = {"C-1", "H-1", 10.0 * (1.0 + 0.015 * month), 10.0, NULL};
			const struct store_stamp stamp = {desk->w.clock.now_ms - (12 - month) * 30 * 24 * HOUR_MS, "technician"};
			if (!other)
				MUST(calibration_keep(desk->w.store, &c, &stamp, &why));
		}
		MUST(workflow_start_new(&desk->w, plan, &session, &start, &why));
		MUST(workflow_start_judge(start, &few, &findings, &why));
		assert_true((raised(&findings, "R-DRIFT") != NULL) == !other);
		findings_clear(&findings);
		workflow_start_free(&start);
	}
	workflow_plan_free(&plan);
}

/* The plan stands on a twin darker than today's readings would make: the start is judged on that one. */
static void the_start_is_judged_on_the_signed_twin(void **state)
{
	struct desk *desk = *state;
	struct delivery session = {0};
	const struct predict_options few = {.samples = 1};
	double basal_C[2];
	for (int darker = 0; darker < 2; darker++) {
		struct findings findings;
		struct workflow_start *start = NULL;
		struct assessment a;
		if (darker)
			next_twin(desk, TWIN_MELANOSOME_FRAC, 3.0, NULL);
		struct workflow_plan *plan = draft(desk, "");
		MUST(workflow_start_new(&desk->w, plan, &session, &start, &why));
		MUST(workflow_start_assess(start, &few, &a, &findings, &why));
		assert_null(raised(&findings, "R-TWIN-2")); /* it is the signed skin, whatever the readings say */
		basal_C[darker] = a.prediction.metric[METRIC_BASAL_PEAK_C].value;
		assert_true(a.predicted);
		assessment_clear(&a);
		findings_clear(&findings);
		workflow_start_free(&start);
		workflow_plan_free(&plan);
	}
	assert_true(basal_C[1] != basal_C[0]);
}

/* New readings since: they are taken in, and how far they move the skin is said. */
static void a_skin_that_moved_is_said_to_have(void **state)
{
	struct desk *desk = *state;
	struct delivery session = {0};
	struct workflow_plan *plan = draft(desk, "");
	for (int day = 0; day < 2; day++) {
		char *other = strdup(case_text), *at = strstr(other, "\"epidermis_um\"");
		struct workflow_start *start = NULL;
		struct findings findings;
		const struct predict_options few = {.samples = 1};
		desk->w.clock.now_ms += 24 * HOUR_MS;
		if (day) { /* the epidermis is found twice as thick */
			assert_non_null(at);
			at = strpbrk(at, "0123456789");
			*at = '9', at[1] = '9';
			const struct store_stamp stamp = {desk->w.clock.now_ms, "technician"};
			struct store_readings row = {.taken_at_ms = desk->w.clock.now_ms, .json = other, .json_len = strlen(other)};
			memcpy(row.patient, desk->patient.uuid, sizeof row.patient);
			MUST(uuid_new(row.uuid, &why));
			MUST(store_readings_add(desk->w.store, &row, &stamp, &why));
		}
		MUST(workflow_start_new(&desk->w, plan, &session, &start, &why));
		MUST(workflow_start_judge(start, &few, &findings, &why));
		assert_true((raised(&findings, "R-TWIN-2") != NULL) == (day == 1));
		if (day)
			assert_true(raised(&findings, "R-TWIN-2")->value > 1.0);
		findings_clear(&findings);
		workflow_start_free(&start);
		free(other);
	}
	workflow_plan_free(&plan);
}

static void a_signed_twin_that_cannot_be_read_is_no_twin(void **state)
{
	struct desk *desk = *state;
	struct delivery session = {0};
	struct findings findings;
	const struct predict_options few = {.samples = 1};
	next_twin(desk, TWIN_MELANOSOME_FRAC, 0.0, "{\"melanin_frac\":0.08}");
	struct workflow_plan *plan = draft(desk, "");
	MUST(workflow_judge_start(&desk->w, plan, &session, &few, &findings, &why));
	assert_non_null(raised(&findings, "R-TWIN-2"));
	assert_true(raised(&findings, "R-TWIN-2")->value >= WORKFLOW_TWIN_SHIFT_MAX);
	findings_clear(&findings);
	workflow_plan_free(&plan);
}

static void unknown_plans_and_damaged_content(void **state)
{
	struct desk *desk = *state;
	struct workflow_plan *plan = NULL;
	REFUSED(workflow_plan_load(&desk->w, "no such name", 0, &plan, &why), ST_INPUT, "plan");
	struct fail why = {0};
	assert_int_equal(workflow_plan_load(&desk->w, desk->patient.uuid, 0, &plan, &why), ST_NOT_FOUND);
	assert_null(plan);
}

static int load_all(void **state)
{
	(void)state;
	size_t n;
	case_text = (char *)read_file("profiles/demo/02.json", &n);
	case_text[n] = '\0';
	return library_load("profiles", &library, NULL) != ST_OK;
}

static int free_all(void **state)
{
	(void)state;
	free(case_text);
	library_free(&library);
	return 0;
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, make_desk, remove_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DESK(draft_to_approved),
	        DESK(who_may_not_approve),
	        DESK(two_persons_through_versions),
	        DESK(a_race_of_two_approvals),
	        DESK(findings_decide),
	        DESK(overrides_take_two_people_and_a_reason),
	        DESK(overrides_do_not_travel),
	        DESK(rejected_and_revoked_with_a_reason),
	        DESK(approvals_expire),
	        DESK(newer_readings_make_stale),
	        DESK(what_another_station_was_told_makes_stale),
	        DESK(a_clock_set_back_is_asked_about),
	        DESK(an_approval_of_the_future_treats_nobody),
	        DESK(approvals_do_not_travel),
	        DESK(approvals_of_disabled_people_do_not_hold),
	        DESK(the_exported_file_verifies_with_the_key_alone),
	        DESK(the_side_is_signed_and_held_to),
	        DESK(a_check_counts_for_every_session_of_its_day),
	        DESK(a_check_ends_with_its_day),
	        DESK(a_fault_revokes_the_check),
	        DESK(an_error_of_a_session_revokes_the_check),
	        DESK(checks_of_the_day_are_refused_like_any_other),
	        DESK(a_time_out_reads_the_sides_back),
	        DESK(approved_to_closed_over_a_crash),
	        DESK(what_is_seen_later_makes_the_twins_next_version),
	        DESK(what_cannot_be_learnt_is_kept_and_moves_nothing),
	        DESK(revoked_under_treatment_stops),
	        DESK(not_started_is_not_delivered),
	        DESK(the_rules_are_judged_again_at_the_start),
	        DESK(a_drifting_output_stops_the_start),
	        DESK(measured_today_is_at_this_visit_whatever_the_date),
	        DESK(the_start_is_judged_on_the_signed_twin),
	        DESK(a_skin_that_moved_is_said_to_have),
	        DESK(a_signed_twin_that_cannot_be_read_is_no_twin),
	        DESK(unknown_plans_and_damaged_content),
	};
	return cmocka_run_group_tests(tests, load_all, free_all);
}
