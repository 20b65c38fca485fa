/* Two stations with real stores and a server between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "planner/store/outbox.h"
#include "tests/support/sync_pair.h"

/* ---- the way there ------------------------------------------------------------------------------------ */

static void everything_reaches_the_other_station(void **state)
{
	struct pair *p = *state;
	struct made made;
	struct store_patient patient;
	struct store_readings readings = {0};
	struct store_plan plan = {0};
	struct fail why;
	make_everything(&p->a, &made);
	move_plan(&p->a, &made, "draft", "proposed", NULL);
	struct sync_outcome outcome = round_of(&p->a);
	assert_int_equal(outcome.waiting, 0);
	outbox_is_done(&p->a);
	(void)round_of(&p->b);
	must(store_patient_get(p->b.store, made.patient.uuid, &patient, &why), &why);
	assert_string_equal(patient.label, made.patient.label);
	must(store_readings_get(p->b.store, made.readings, &readings, &why), &why);
	assert_string_equal(readings.json, READINGS); /* to the byte */
	must(store_plan_get(p->b.store, made.plan.uuid, 1, &plan, &why), &why);
	assert_string_equal(plan.json, PLAN);
	assert_string_equal(plan.author, made.plan.author);
	state_is(&p->b, &made, "proposed");
	outbox_is_done(&p->b); /* what came from the server is not sent back */
	store_readings_clear(&readings);
	store_plan_clear(&plan);
	assert_int_equal(p->server.blind_writes, 0);
	(void)round_of(&p->a);
	outcome = round_of(&p->a);
	assert_int_equal(outcome.pushed + outcome.pulled, 0);
	assert_true(outcome.requests <= 5);
}

static void elements_are_what_others_read(void **state)
{
	struct pair *p = *state;
	struct made made;
	char name[UUID_TEXT_SIZE];
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	const char *body = fake_fhir_body(fake_fhir_find(&p->server, made.readings));
	assert_non_null(strstr(body, "\"value\":34.25,\"unit\":\"deg\",\"system\":\"http://"
	                             "unitsofmeasure.org\",\"code\":\"deg\""));
	assert_non_null(strstr(body, "\"code\":\"66555-4\""));
	assert_non_null(strstr(body, "\"code\":\"403226000\""));
	mapping_name(made.plan.uuid, 1, 0, PART_DEVICE, name);
	body = fake_fhir_body(fake_fhir_find(&p->server, name));
	assert_non_null(strstr(body, "\"value\":12.5,\"unit\":\"mJ\""));
	assert_null(strstr(body, "urn:lasertwin:"));
}

/* A policy that forbids a write is no trouble that passes: told once, not tried again, and the rest goes on. */
static void what_a_policy_forbids_is_refused_for_good(void **state)
{
	struct pair *p = *state;
	struct made made;
	int64_t count[OUTBOX_STATES];
	struct fail why;
	make_everything(&p->a, &made);
	p->forbidden = "\"resourceType\":\"CarePlan\"";
	(void)round_of(&p->a);
	must(store_outbox_count(p->a.store, count, &why), &why);
	assert_int_equal(count[OUTBOX_REFUSED], 1);
	assert_int_equal(count[OUTBOX_ACKED], 4); /* station, patient, readings, twin */
	assert_int_equal(notices(&p->a, SYNC_NOTE_REFUSED), 1);
	size_t forbade = p->forbade;
	(void)round_of(&p->a);
	assert_int_equal(p->forbade, forbade);
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {.states = 1u << OUTBOX_REFUSED};
	must(store_outbox_list(p->a.store, &query, &list, &why), &why);
	assert_non_null(strstr(list.items[0].note, "not allowed for good"));
	store_outbox_list_free(&list);
}

/* ---- conflicts ---------------------------------------------------------------------------------------- */

static void two_plans_of_one_name_conflict_and_both_stay(void **state)
{
	struct pair *p = *state;
	struct made made;
	struct fail why;
	char *mine = NULL, *theirs = NULL;
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	struct store_plan next = made.plan;
	next.version = 2;
	must(store_plan_add_version(p->a.store, &next, &fixture_stamp, &why), &why);
	next.json = "{\"settings\":{\"energy_mJ\":15}}";
	next.json_len = strlen(next.json);
	must(store_plan_add_version(p->b.store, &next, &fixture_stamp, &why), &why);
	(void)round_of(&p->a);
	struct sync_outcome outcome = round_of(&p->b);
	assert_int_equal(outcome.conflicts, 1);
	(void)round_of(&p->b);
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {.states = 1u << OUTBOX_CONFLICT};
	must(store_outbox_list(p->b.store, &query, &list, &why), &why);
	assert_int_equal(list.count, 1);
	must(station_conflict(p->b.station, list.items[0].seq, &mine, &theirs, &why), &why);
	assert_string_not_equal(mine, theirs);
	struct session *session = NULL;
	must(store_login(p->b.store, FIXTURE_LOGIN, fixture_secret, &fixture_moment, &session, &why), &why);
	/* a plan is never written over another, whoever asks */
	assert_int_equal(station_settle(p->b.station, session, list.items[0].seq, true, &why), ST_DENIED);
	store_logout(&session);
	free(mine);
	free(theirs);
	store_outbox_list_free(&list);
}

static void one_number_two_patients_are_told_not_merged(void **state)
{
	struct pair *p = *state;
	struct fail why;
	struct store_patient one = {.label = "VIRTUAL A", .record_number = "MRN-1", .sex = 'F'}, two = one;
	must(uuid_new(one.uuid, &why), &why);
	must(uuid_new(two.uuid, &why), &why);
	must(store_patient_add(p->a.store, &one, &fixture_stamp, &why), &why);
	must(store_patient_add(p->b.store, &two, &fixture_stamp, &why), &why);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	assert_int_equal(fake_fhir_copies(&p->server, one.uuid) + fake_fhir_copies(&p->server, two.uuid), 2);
	assert_int_equal(notices(&p->b, SYNC_NOTE_DUPLICATE), 1);
	assert_int_equal(store_patient_get(p->b.store, one.uuid, &one, &why), ST_NOT_FOUND);
}

/* ---- trust -------------------------------------------------------------------------------------------- */

static void approvals_count_only_by_trusted_keys(void **state)
{
	static const unsigned char seed[SIGN_SEED_BYTES] = {7}, other_seed[SIGN_SEED_BYTES] = {8};
	struct pair *p = *state;
	struct made made;
	struct sign_public key, other;
	struct sign_secret secret, other_secret;
	struct fail why;
	size_t applied;
	sign_keys(seed, &key, &secret);
	sign_keys(other_seed, &other, &other_secret);
	make_everything(&p->a, &made);
	char *json = sign_as(&made, MEANING_APPROVED, &secret, &key);
	move_plan(&p->a, &made, "draft", "proposed", NULL);
	move_plan(&p->a, &made, "proposed", "approved", json);
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	(void)round_of(&p->b);
	state_is(&p->b, &made, "proposed"); /* the server says active: that makes nothing treatable */
	assert_int_equal(notices(&p->b, SYNC_NOTE_PARKED), 1);
	trust(&p->b, &other);
	must(station_apply_waiting(p->b.station, &applied, &why), &why);
	state_is(&p->b, &made, "proposed");
	trust(&p->b, &key);
	must(station_apply_waiting(p->b.station, &applied, &why), &why);
	assert_int_equal(applied, 1);
	state_is(&p->b, &made, "approved");
	free(json);
}

/* Signed where the clock runs ahead: it waits, is told once, and counts when its time has come. */
static void an_approval_of_the_future_waits(void **state)
{
	static const unsigned char seed[SIGN_SEED_BYTES] = {7};
	struct pair *p = *state;
	struct made made;
	struct sign_public key;
	struct sign_secret secret;
	struct fail why;
	size_t applied;
	sign_keys(seed, &key, &secret);
	make_everything(&p->a, &made);
	char *json = sign_as(&made, MEANING_APPROVED, &secret, &key);
	move_plan(&p->a, &made, "draft", "proposed", NULL);
	move_plan(&p->a, &made, "proposed", "approved", json);
	trust(&p->b, &key);
	(void)round_of(&p->a);
	pair_clock_ms = FIXTURE_NOW_MS - 10 * 60000;
	(void)round_of(&p->b);
	state_is(&p->b, &made, "proposed");
	assert_int_equal(notices(&p->b, SYNC_NOTE_PARKED), 1);
	assert_int_equal(audited(&p->b, "sync.parked"), 1);
	pair_clock_ms = FIXTURE_NOW_MS - 5 * 60000;
	must(station_apply_waiting(p->b.station, &applied, &why), &why);
	state_is(&p->b, &made, "proposed");
	assert_int_equal(audited(&p->b, "sync.parked"), 1);
	pair_clock_ms = FIXTURE_NOW_MS;
	must(station_apply_waiting(p->b.station, &applied, &why), &why);
	state_is(&p->b, &made, "approved");
	assert_int_equal(notices(&p->b, SYNC_NOTE_PARKED), 0);
	free(json);
}

static void tampered_records_are_parked(void **state)
{
	struct pair *p = *state;
	struct made made;
	struct store_readings readings = {0};
	struct fail why;
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	fake_fhir_tamper(&p->server, fake_fhir_find(&p->server, made.readings), "\"value\":34.25",
	                 "\"value\":14.25");
	(void)round_of(&p->b);
	assert_int_equal(store_readings_get(p->b.store, made.readings, &readings, &why), ST_NOT_FOUND);
	assert_true(notices(&p->b, SYNC_NOTE_PARKED) >= 1);
}

/* Whatever stands in a resource: refused by name or understood, never a crash (run under the sanitisers). */
static void mangled_resources_are_survived(void **state)
{
	struct pair *p = *state;
	struct made made;
	struct mapping mapping;
	struct fail why;
	struct rng rng;
	make_everything(&p->a, &made);
	move_plan(&p->a, &made, "draft", "proposed", NULL);
	(void)round_of(&p->a);
	must(mapping_init(&mapping, LOCAL, &why), &why);
	rng_seed(&rng, 3, 0);
	for (size_t round = 0; round < 4000; round++) {
		const char *body = fake_fhir_body(&p->server.records[rng_next(&rng) % p->server.count]);
		size_t len = strlen(body);
		char *bytes = malloc(len + 1);
		struct mapped mapped;
		memcpy(bytes, body, len + 1);
		for (uint64_t hits = 1 + rng_next(&rng) % 4; hits > 0; hits--)
			bytes[rng_next(&rng) % len] = "{}[]\",:0x\x01"[rng_next(&rng) % 10];
		if (rng_next(&rng) % 4 == 0)
			len = (size_t)(rng_next(&rng) % len);
		if (mapping_read(&mapping, bytes, len, &mapped, &why) == ST_OK)
			mapped_clear(&mapped);
		free(bytes);
	}
}

static void a_restored_server_gets_back_what_it_lost(void **state)
{
	struct pair *p = *state;
	struct made made, later;
	struct fake_fhir backup;
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	fake_fhir_copy(&p->server, &backup);
	make_everything(&p->a, &later);
	move_plan(&p->a, &made, "draft", "proposed", NULL);
	(void)round_of(&p->a);
	assert_int_equal(fake_fhir_copies(&p->server, later.patient.uuid), 1);
	backup.now_ms = p->server.now_ms + 60000;
	fake_fhir_end(&p->server);
	p->server = backup;
	struct sync_outcome outcome = round_of(&p->a);
	assert_true(outcome.rolled_back);
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	assert_int_equal(fake_fhir_copies(&p->server, made.patient.uuid), 1);
	assert_int_equal(fake_fhir_copies(&p->server, later.patient.uuid), 1);
	(void)round_of(&p->b);
	state_is(&p->b, &made, "proposed");
	state_is(&p->b, &later, "draft");
}

static void a_changed_order_is_told_as_tampering(void **state)
{
	struct pair *p = *state;
	struct made made;
	struct store_plan plan = {0};
	struct station_list list;
	struct fail why;
	char order[UUID_TEXT_SIZE];
	bool told = false;
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	assert_int_equal(notices(&p->a, SYNC_NOTE_PARKED) + notices(&p->b, SYNC_NOTE_PARKED), 0);
	mapping_name(made.plan.uuid, 1, 0, PART_DEVICE, order);
	fake_fhir_tamper(&p->server, fake_fhir_find(&p->server, order), "\"value\":12.5", "\"value\":22.5");
	(void)round_of(&p->a); /* whose plan it is */
	(void)round_of(&p->b);
	assert_int_equal(notices(&p->a, SYNC_NOTE_PARKED), 1);
	must(station_notices(p->b.station, &list, &why), &why);
	for (size_t i = 0; i < list.count; i++)
		told |= list.items[i].notice == SYNC_NOTE_PARKED && strstr(list.items[i].text, "energy_mJ") &&
		        strstr(list.items[i].text, "22.5") && strstr(list.items[i].text, "12.5");
	assert_true(told);
	station_list_free(&list);
	must(store_plan_get(p->b.store, made.plan.uuid, 1, &plan, &why), &why);
	assert_string_equal(plan.json, PLAN);
	store_plan_clear(&plan);
}

/* ---- revocation --------------------------------------------------------------------------------------- */

/* a revokes while b, offline, treats up to `last`. */
static void revoke_against(struct pair *p, struct approved *with, bool delivered, const struct sign_secret *secret)
{
	char *json = sign_as(&with->made, MEANING_REVOKED, secret, &with->key);
	move_plan(&p->a, &with->made, "approved", "revoked", json);
	(void)round_of(&p->a);
	move_plan(&p->b, &with->made, "approved", "treating", NULL);
	if (delivered)
		move_plan(&p->b, &with->made, "treating", "delivered", NULL);
	(void)round_of(&p->b);
	(void)round_of(&p->b);
	free(json);
}

static void a_revocation_stops_what_was_begun_meanwhile(void **state)
{
	struct pair *p = *state;
	struct approved with;
	share_approved(p, &with);
	revoke_against(p, &with, false, &with.secret);
	state_is(&p->b, &with.made, "revoked");
	assert_int_equal(incidents(&p->b), 0);
}

static void a_revocation_of_what_was_delivered_is_an_incident(void **state)
{
	struct pair *p = *state;
	struct approved with;
	share_approved(p, &with);
	revoke_against(p, &with, true, &with.secret);
	state_is(&p->b, &with.made, "delivered");
	assert_int_equal(incidents(&p->b), 1);
	(void)round_of(&p->b);
	assert_int_equal(incidents(&p->b), 1); /* once */
	(void)round_of(&p->a);
	assert_int_equal(incidents(&p->a), 1); /* and told to the others */
}

static void a_forged_revocation_is_parked(void **state)
{
	static const unsigned char seed[SIGN_SEED_BYTES] = {10};
	struct pair *p = *state;
	struct approved with;
	struct sign_public other;
	struct sign_secret forger;
	sign_keys(seed, &other, &forger);
	share_approved(p, &with);
	revoke_against(p, &with, false, &forger);
	state_is(&p->b, &with.made, "treating");
	assert_true(notices(&p->b, SYNC_NOTE_PARKED) >= 1);
}

/* The next step of a plan, as the server gives it: by somebody whose key is not known here, by nobody, by a known person
 * with another key. Stopped and told as unverified; or nothing changes and it is told. */
static void a_revocation_is_verified_wherever_it_comes(void **state)
{
	static const unsigned char seed[SIGN_SEED_BYTES] = {12};
	struct pair *p = *state;
	struct approved with;
	struct sign_public other;
	struct sign_secret stranger;
	sign_keys(seed, &other, &stranger);
	share_approved(p, &with);
	char *json = sign_by("administrator", &with.made, MEANING_REVOKED, &stranger, &other);
	move_plan(&p->a, &with.made, "approved", "revoked", json);
	free(json);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	state_is(&p->b, &with.made, "revoked");
	assert_int_equal(notices(&p->b, SYNC_NOTE_UNVERIFIED), 1);
	trust_of(&p->b, "administrator", &other);
	assert_int_equal(notices(&p->b, SYNC_NOTE_UNVERIFIED), 0);
}

static void stays_approved(struct pair *p, const struct approved *with, const char *json)
{
	move_plan(&p->a, &with->made, "approved", "revoked", json);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	state_is(&p->b, &with->made, "approved");
	assert_true(notices(&p->b, SYNC_NOTE_PARKED) >= 1);
	assert_int_equal(notices(&p->b, SYNC_NOTE_UNVERIFIED), 0);
}

static void an_unsigned_revocation_changes_nothing(void **state)
{
	struct approved with;
	share_approved(*state, &with);
	stays_approved(*state, &with, NULL);
}

static void a_revocation_by_another_key_than_the_persons_changes_nothing(void **state)
{
	static const unsigned char seed[SIGN_SEED_BYTES] = {12};
	struct approved with;
	struct sign_public other;
	struct sign_secret stranger;
	sign_keys(seed, &other, &stranger);
	share_approved(*state, &with);
	char *json = sign_as(&with.made, MEANING_REVOKED, &stranger, &other);
	stays_approved(*state, &with, json);
	free(json);
}

/* ---- what follows a treatment --------------------------------------------------------------------------- */

static void a_treatment_and_what_follows_reach_others_in_their_elements(void **state)
{
	struct pair *p = *state;
	struct approved with;
	char procedure[UUID_TEXT_SIZE];
	size_t after = 0, adverse = 0, unsaid = 0;
	share_approved(p, &with);
	move_plan(&p->a, &with.made, "approved", "treating", NULL);
	move_plan(&p->a, &with.made, "treating", "delivered", NULL);
	add_record(&p->a, &with.made, "follow_up",
	           "{\"clearance_pct_micro\":62500000,\"days_micro\":28000000,\"erythema_days_micro\":3000000,\"pih\":\"no\","
	           "\"schema\":\"lasertwin-follow-up/1\",\"text\":\"\"}");
	add_record(&p->a, &with.made, "adverse_event",
	           "{\"kind\":\"blister\",\"onset_days_micro\":1000000,\"schema\":\"lasertwin-adverse-event/1\","
	           "\"outcome\":\"resolved with sequelae\",\"serious\":\"yes\",\"serious_reason\":\"kept overnight\","
	           "\"severity\":\"moderate\",\"text\":\"\"}");
	add_record(&p->a, &with.made, "adverse_event",
	           "{\"kind\":\"pain\",\"onset_days_micro\":1000000,\"schema\":\"lasertwin-adverse-event/1\","
	           "\"outcome\":\"of a newer program\",\"severity\":\"mild\",\"text\":\"\"}");
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	mapping_name(with.made.plan.uuid, 1, 0, PART_PROCEDURE, procedure);
	const char *body = fake_fhir_body(fake_fhir_find(&p->server, procedure));
	assert_non_null(strstr(body, "\"status\":\"completed\""));
	for (size_t i = 0; i < p->server.count; i++) {
		body = fake_fhir_body(&p->server.records[i]);
		after += strstr(body, "\"Observation\"") && strstr(body, procedure) && strstr(body, "\"value\":62.5");
		adverse += strstr(body, "\"AdverseEvent\"") && strstr(body, procedure) && strstr(body, "\"code\":\"moderate\"") &&
		           strstr(body, "adverse-event-seriousness\",\"code\":\"Serious\"") && strstr(body, "kept overnight") &&
		           strstr(body, "adverse-event-outcome\",\"code\":\"resolvedWithSequelae\"");
		/* what was not said, or has no code, is not there */
		unsaid += strstr(body, "\"AdverseEvent\"") && strstr(body, "\"code\":\"mild\"") && !strstr(body, "seriousness") &&
		          !strstr(body, "\"outcome\"");
	}
	assert_int_equal(after, 1);
	assert_int_equal(adverse, 1);
	assert_int_equal(unsaid, 1);
	dump(&p->server, "LASERTWIN_SYNC_DUMP");
	(void)round_of(&p->b);
	state_is(&p->b, &with.made, "delivered");
	assert_int_equal(notices(&p->b, SYNC_NOTE_PARKED), 0);
}

/* ---- whatever the server says ------------------------------------------------------------------------------ */

/* In the newest version as it stands; times stay. from "" replaces the whole. */
static void bend(struct fake_fhir *server, const char *name, const char *from, const char *to)
{
	struct fake_record *record = fake_fhir_find(server, name);
	struct fake_version *version = &record->versions[record->count - 1];
	char *at = strstr(version->body, from);
	assert_non_null(at);
	size_t size = strlen(version->body) + strlen(to) + 1;
	char *bent = malloc(size);
	assert_non_null(bent);
	if (from[0])
		(void)snprintf(bent, size, "%.*s%s%s", (int)(at - version->body), version->body, to, at + strlen(from));
	else
		(void)snprintf(bent, size, "%s", to);
	free(version->body);
	version->body = bent;
}

#define TIMES_4(text) text text text text
#define DEEP TIMES_4(TIMES_4(TIMES_4("[")))
#define DEEP_END TIMES_4(TIMES_4(TIMES_4("]")))

static const struct bad {
	const char *what, *from, *to;
	bool nameless; /* told by its place on the server, or not at all */
} bad[] = {
        {"no server id", "\"id\":\"", "\"was\":\"", true},
        {"no version", "\"versionId\":", "\"was\":", true},
        {"a version of the wrong type", "\"versionId\":\"1\"", "\"versionId\":[1]", true},
        {"a time that is none", "\"lastUpdated\":\"2", "\"lastUpdated\":\"x2", true},
        {"another resource type", "\"resourceType\":\"Observation\"", "\"resourceType\":\"Patient\"", false},
        {"a foreign patient", "\"subject\":{\"reference\":\"Patient/", "\"subject\":{\"reference\":\"Patient/9", false},
        {"a reference to nothing", "\"subject\":{\"reference\":\"Patient/", "\"subject\":{\"reference\":\"Nothing/", false},
        {"no subject", "\"subject\":", "\"was\":", false},
        {"a code nobody knows", "\"code\":\"ita\"", "\"code\":\"zzz\"", false},
        {"another unit", "\"code\":\"deg\"", "\"code\":\"rad\"", false},
        {"a number as text", "\"value\":34.25", "\"value\":\"34.25\"", false},
        {"a number no double holds", "\"value\":34.25", "\"value\":1e999", true},
        {"no time of measuring", "\"effectiveDateTime\":", "\"was\":", false},
        {"broken base64", "\"valueBase64Binary\":\"", "\"valueBase64Binary\":\"!", false},
        {"base64 of no record", "\"valueBase64Binary\":\"ey", "\"valueBase64Binary\":\"AA", false},
        {"a record of the wrong type", "\"valueBase64Binary\":\"", "\"valueBase64Binary\":[],\"was\":\"", false},
        {"nested deeper than any resource", "\"status\":\"final\"", "\"status\":" DEEP DEEP_END, true},
        {"a member twice", "\"status\":\"final\"", "\"status\":\"final\",\"status\":\"amended\"", true},
        {"a page of HTML", "", "<html><body>Welcome to the guest network</body></html>", true},
        {"a text", "", "\"resource\"", true},
        {"nothing", "", "null", true},
};
#define BAD (sizeof bad / sizeof *bad)

static bool told_of(const struct station_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].notice == SYNC_NOTE_PARKED && strcmp(list->items[i].name, name) == 0)
			return true;
	return false;
}

/* Every bad record is one of its own; those before and after it arrive, and what was here stays. */
static void one_bad_record_costs_one_record(void **state)
{
	struct pair *p = *state;
	struct store_patient patient[BAD + 1], own;
	char readings[BAD + 1][UUID_TEXT_SIZE], *huge = malloc(2 * SYNC_BODY_MAX);
	struct store_readings row = {0};
	struct station_list list;
	struct fail why;
	int wrong = 0, nameless = 0;
	assert_non_null(huge);
	must(store_group_begin(p->a.store, &why), &why);
	for (size_t i = 0; i <= BAD; i++) {
		fixture_patient(p->a.store, "VIRTUAL", &patient[i]);
		fixture_readings(p->a.store, patient[i].uuid, READINGS, readings[i]);
	}
	must(store_group_commit(p->a.store, &why), &why);
	fixture_patient(p->b.store, "VIRTUAL OWN", &own);
	(void)round_of(&p->a);
	for (size_t i = 0; i < BAD; i++)
		bend(&p->server, readings[i], bad[i].from, bad[i].to);
	/* the last patient's name is a megabyte long */
	memset(huge, 'x', 2 * SYNC_BODY_MAX - 1);
	memcpy(huge, "\"text\":\"", 8);
	huge[SYNC_BODY_MAX + 100] = '\0';
	bend(&p->server, patient[BAD].uuid, "\"text\":\"", huge);
	(void)round_of(&p->b);
	(void)round_of(&p->b);
	must(station_notices(p->b.station, &list, &why), &why);
	for (size_t i = 0; i < BAD; i++) {
		struct store_patient here;
		must(store_patient_get(p->b.store, patient[i].uuid, &here, &why), &why);
		const bool taken = store_readings_get(p->b.store, readings[i], &row, &why) != ST_NOT_FOUND;
		const bool told = bad[i].nameless || told_of(&list, readings[i]);
		if (taken || !told)
			print_message("%s: %s%s\n", bad[i].what, taken ? "taken" : "", told ? "" : " not told");
		wrong += taken || !told;
	}
	assert_int_equal(wrong, 0);
	for (size_t i = 0; i < list.count; i++)
		nameless += list.items[i].notice == SYNC_NOTE_PARKED && list.items[i].name[0] == '\0';
	assert_true(nameless >= 6); /* each with a place of its own there is told by itself */
	assert_int_equal(store_patient_get(p->b.store, patient[BAD].uuid, &own, &why), ST_NOT_FOUND);
	assert_true(told_of(&list, readings[BAD])); /* its readings wait for their patient, and that is told */
	outbox_is_done(&p->b);                      /* and what b had itself has gone */
	station_list_free(&list);
	free(huge);
}

/* ---- beside the planner ------------------------------------------------------------------------------- */

static void both_are_there_to_see(struct post *side)
{
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {.states = 1u << OUTBOX_CONFLICT};
	char *mine = NULL, *theirs = NULL;
	struct fail why;
	must(store_outbox_list(side->store, &query, &list, &why), &why);
	assert_int_equal(list.count, 1);
	must(station_conflict(side->station, list.items[0].seq, &mine, &theirs, &why), &why);
	assert_string_not_equal(mine, theirs);
	store_outbox_list_free(&list);
	free(mine);
	free(theirs);
}

static struct post *changing;
static const struct made *changed;
static enum status (*arrive_there)(void *state, const struct sync_arrival *items, size_t count, const char *key,
                                   const char *value, struct fail *why);

/* The engine has looked at what arrived; before it is kept, a person here changes the same. */
static enum status change_then_arrive(void *state, const struct sync_arrival *items, size_t count,
                                      const char *key, const char *value, struct fail *why)
{
	if (changed)
		move_plan(changing, changed, "proposed", "rejected", "{\"by\":\"b\"}");
	changed = NULL;
	return arrive_there(state, items, count, key, value, why);
}

static void a_change_made_while_a_round_runs_goes_over_nothing(void **state)
{
	struct pair *p = *state;
	struct made made;
	char care[UUID_TEXT_SIZE];
	make_everything(&p->a, &made);
	move_plan(&p->a, &made, "draft", "proposed", NULL);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	move_plan(&p->a, &made, "proposed", "rejected", "{\"by\":\"a\"}");
	(void)round_of(&p->a);
	changing = &p->b;
	changed = &made;
	arrive_there = p->b.guarded.inner.arrive;
	p->b.guarded.inner.arrive = change_then_arrive;
	size_t conflicts = round_of(&p->b).conflicts;
	assert_null(changed);
	conflicts += round_of(&p->b).conflicts;
	assert_true(conflicts >= 1);
	both_are_there_to_see(&p->b);
	mapping_name(made.plan.uuid, 1, 0, PART_CAREPLAN, care);
	assert_int_equal(fake_fhir_find(&p->server, care)->count, 2); /* made, and changed by a */
	assert_int_equal(p->server.blind_writes, 0);
}

static void a_closed_gate_ends_the_round_and_loses_nothing(void **state)
{
	struct pair *p = *state;
	struct made made;
	struct sync_outcome outcome;
	struct fail why;
	make_everything(&p->a, &made);
	p->a.closed = true;
	assert_int_equal(sync_round(p->a.engine, &outcome, &why), ST_CANCELLED);
	p->a.closed = false;
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(everything_reaches_the_other_station, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(elements_are_what_others_read, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(two_plans_of_one_name_conflict_and_both_stay, make_pair,
	                                        drop_pair),
	        cmocka_unit_test_setup_teardown(one_number_two_patients_are_told_not_merged, make_pair,
	                                        drop_pair),
	        cmocka_unit_test_setup_teardown(approvals_count_only_by_trusted_keys, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(an_approval_of_the_future_waits, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(tampered_records_are_parked, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(mangled_resources_are_survived, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_restored_server_gets_back_what_it_lost, make_pair,
	                                        drop_pair),
	        cmocka_unit_test_setup_teardown(a_change_made_while_a_round_runs_goes_over_nothing, make_pair,
	                                        drop_pair),
	        cmocka_unit_test_setup_teardown(what_a_policy_forbids_is_refused_for_good, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(one_bad_record_costs_one_record, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_changed_order_is_told_as_tampering, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_revocation_stops_what_was_begun_meanwhile, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_revocation_of_what_was_delivered_is_an_incident, make_pair,
	                                        drop_pair),
	        cmocka_unit_test_setup_teardown(a_forged_revocation_is_parked, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_revocation_is_verified_wherever_it_comes, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(an_unsigned_revocation_changes_nothing, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_revocation_by_another_key_than_the_persons_changes_nothing, make_pair,
	                                        drop_pair),
	        cmocka_unit_test_setup_teardown(a_treatment_and_what_follows_reach_others_in_their_elements,
	                                        make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_closed_gate_ends_the_round_and_loses_nothing, make_pair,
	                                        drop_pair),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
