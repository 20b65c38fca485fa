/* Who a patient is, corrected at a station: told to the others, kept apart where two did it, never lost on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/store/outbox.h"
#include "tests/support/sync_pair.h"

static void correct(struct post *side, const char *patient, const char *label, const char *birth)
{
	static int64_t at_ms = FIXTURE_NOW_MS + 5000;
	const struct store_stamp stamp = {at_ms += 1000, "clerk"};
	struct store_patient here;
	struct fail why = {0};
	must(store_patient_get(side->store, patient, &here, &why), &why);
	(void)snprintf(here.label, sizeof here.label, "%s", label);
	(void)snprintf(here.birth, sizeof here.birth, "%s", birth);
	must(store_patient_change(side->store, &here, "as on the card", &stamp, &why), &why);
}

static void is_called(struct post *side, const char *patient, const char *label, int64_t corrections)
{
	struct store_patient here;
	struct fail why = {0};
	must(store_patient_get(side->store, patient, &here, &why), &why);
	assert_string_equal(here.label, label);
	assert_int_equal(here.version, corrections);
}

static const struct fake_record *there(struct pair *p, const char *patient)
{
	assert_int_equal(fake_fhir_copies(&p->server, patient), 1);
	assert_int_equal(p->server.blind_writes, 0);
	return fake_fhir_find(&p->server, patient);
}

static void a_correction_reaches_the_other_station(void **state)
{
	struct pair *p = *state;
	struct made made;
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	correct(&p->a, made.patient.uuid, "VIRTUAL Anna Mayer", "1987-03-02");
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	(void)round_of(&p->b);
	is_called(&p->a, made.patient.uuid, "VIRTUAL Anna Mayer", 1);
	is_called(&p->b, made.patient.uuid, "VIRTUAL Anna Mayer", 1);
	outbox_is_done(&p->b); /* what came is not sent back */
	assert_int_equal(there(p, made.patient.uuid)->count, 2);
	assert_int_equal(notices(&p->b, SYNC_NOTE_CONFLICT) + notices(&p->b, SYNC_NOTE_IDENTITY), 0);
	(void)round_of(&p->a); /* b's own Device */
	struct sync_outcome outcome = round_of(&p->a);
	assert_int_equal(outcome.pushed + outcome.pulled, 0);
	/* and back the other way */
	correct(&p->b, made.patient.uuid, "VIRTUAL Ana Mayer", "1987-03-02");
	(void)round_of(&p->b);
	(void)round_of(&p->a);
	is_called(&p->a, made.patient.uuid, "VIRTUAL Ana Mayer", 2);
}

/* The reception's address, telecom and identifier, a name in parts, and what a hostile one might write. */
static void what_others_wrote_survives_a_correction(void **state)
{
	struct pair *p = *state;
	struct made made;
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	struct fake_record *record = fake_fhir_find(&p->server, made.patient.uuid);
	fake_fhir_tamper(&p->server, record, "\"active\":true",
	                 "\"active\":false,\"telecom\":[{\"system\":\"phone\",\"value\":\"+49 30 \\\"1\\\"\"}],"
	                 "\"address\":[{\"city\":\"Jena\"}],"
	                 "\"text\":{\"status\":\"generated\",\"div\":\"<div>old</div>\"},"
	                 "\"contact\":[{\"reference\":\"urn:lasertwin:no-uuid\"}],"
	                 "\"managingOrganization\":{\"reference\":\"Organization/7\"},\"_birthDate\":{\"id\":\"b\"}");
	fake_fhir_tamper(&p->server, record, "\"identifier\":[",
	                 "\"identifier\":[{\"system\":\"urn:lab\",\"value\":\"L-1\"},");
	(void)round_of(&p->a); /* the version is known */
	correct(&p->a, made.patient.uuid, "VIRTUAL Anna Mayer", "1987-03-02");
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	const char *body = fake_fhir_body(there(p, made.patient.uuid));
	static const char *const kept[] = {"VIRTUAL Anna Mayer", "\"birthDate\":\"1987-03-02\"", "+49 30 \\\"1\\\"", "Jena",
	                                   "\"L-1\"",          "Organization/7",               "\"active\":false"};
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (strstr(body, kept[i]) == NULL)
			fail_msg("%s is lost: %s", kept[i], body);
	assert_null(strstr(body, "<div>"));      /* speaks of the former name */
	assert_null(strstr(body, "_birthDate")); /* of the former date */
	assert_null(strstr(body, "urn:lasertwin:"));
	assert_null(strstr(strstr(body, "\"address\"") + 1, "\"address\"")); /* once */
	assert_int_equal(notices(&p->a, SYNC_NOTE_PARKED), 0);
	(void)round_of(&p->b);
	is_called(&p->b, made.patient.uuid, "VIRTUAL Anna Mayer", 0);
	/* only the date is corrected: the name stands as the reception has it, in parts */
	record = fake_fhir_find(&p->server, made.patient.uuid);
	fake_fhir_tamper(&p->server, record, "\"text\":\"VIRTUAL Anna Mayer\"",
	                 "\"use\":\"official\",\"text\":\"VIRTUAL Anna Mayer\",\"family\":\"Mayer\"");
	(void)round_of(&p->a);
	correct(&p->a, made.patient.uuid, "VIRTUAL Anna Mayer", "1987-03-03");
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	body = fake_fhir_body(there(p, made.patient.uuid));
	assert_non_null(strstr(body, "\"family\":\"Mayer\""));
	assert_non_null(strstr(body, "1987-03-03"));
	assert_non_null(strstr(body, "Jena"));
}

/* Sent, answered "later", and the reception writes again before it goes: no member stands twice, theirs is newest. */
static void what_was_carried_over_once_is_not_ours(void **state)
{
	struct pair *p = *state;
	struct mapping mapping;
	struct fail why = {.text = ""};
	struct sync_unit unit = {0};
	struct store_patient row = {.sex = 'F', .label = "VIRTUAL One"};
	static const char first[] = "\"telecom\":[{\"value\":\"1\"}],"
	                            "\"identifier\":[{\"system\":\"urn:lab\",\"value\":\"L-1\"},";
	static const char second[] = "\"telecom\":[{\"value\":\"2\"}],"
	                             "\"identifier\":[{\"system\":\"urn:lab\",\"value\":\"L-2\"},";
	char theirs[2048], was[2048];
	must(mapping_init(&mapping, "https://clinic.example/fhir", &why), &why);
	must(uuid_new(row.uuid, &why), &why);
	must(uuid_new(unit.uuid, &why), &why);
	must(mapping_patient(&mapping, &row, true, &unit, &why), &why);
	(void)snprintf(was, sizeof was, "%s", unit.entry[0].body);
	char *at = strstr(was, "\"identifier\":[");
	for (int i = 0; i < 2; i++) {
		(void)snprintf(theirs, sizeof theirs, "%.*s%s%s", (int)(at - was), was, i == 0 ? first : second,
		               at + strlen("\"identifier\":["));
		must(mapping_keep(&mapping, &unit.entry[0], theirs, strlen(theirs), &why), &why);
	}
	const char *body = unit.entry[0].body;
	assert_null(strstr(body, "L-1"));
	assert_null(strstr(body, "\"value\":\"1\""));
	assert_non_null(strstr(body, "L-2"));
	assert_null(strstr(strstr(body, "\"telecom\"") + 1, "\"telecom\""));
	(void)snprintf(was, sizeof was, "%s", body);
	assert_int_equal(mapping_keep(&mapping, &unit.entry[0], "[]", 2, &why), ST_INPUT); /* and it is as it was */
	assert_string_equal(unit.entry[0].body, was);
	sync_unit_clear(&unit);
	(void)p;
}

/* Corrected before it was ever sent, and twice: in order, each once. */
static void corrections_made_offline_go_in_order(void **state)
{
	struct pair *p = *state;
	struct made made;
	make_everything(&p->a, &made);
	correct(&p->a, made.patient.uuid, "VIRTUAL One", "1987");
	correct(&p->a, made.patient.uuid, "VIRTUAL Two", "1987-03");
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	const struct fake_record *record = there(p, made.patient.uuid);
	assert_int_equal(record->count, 3);
	assert_null(strstr(record->versions[0].body, "VIRTUAL One"));
	assert_non_null(strstr(record->versions[1].body, "VIRTUAL One"));
	assert_non_null(strstr(record->versions[2].body, "VIRTUAL Two"));
	assert_non_null(strstr(record->versions[2].body, "\"birthDate\":\"1987-03\""));
	(void)round_of(&p->b);
	is_called(&p->b, made.patient.uuid, "VIRTUAL Two", 0);
}

/* Answers are lost after the server acted, and meanwhile the name is corrected again. */
static void a_lost_answer_costs_no_correction(void **state)
{
	struct pair *p = *state;
	struct made made;
	struct rng dice;
	char label[64];
	rng_seed(&dice, 77, 0);
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	p->dice = &dice;
	p->lost_percent = 40;
	for (int i = 0; i < 12; i++) {
		(void)snprintf(label, sizeof label, "VIRTUAL %d", i);
		correct(&p->a, made.patient.uuid, label, "1987");
		struct sync_outcome outcome;
		struct fail why;
		(void)(sync_round(p->a.engine, &outcome, &why) == ST_OK);
	}
	p->lost_percent = 0;
	(void)round_of(&p->a);
	(void)round_of(&p->a);
	outbox_is_done(&p->a);
	assert_int_equal(there(p, made.patient.uuid)->count, 13);
	(void)round_of(&p->b);
	is_called(&p->b, made.patient.uuid, "VIRTUAL 11", 0);
}

static int64_t conflict_of(struct post *side)
{
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {.states = 1u << OUTBOX_CONFLICT};
	struct fail why;
	must(store_outbox_list(side->store, &query, &list, &why), &why);
	assert_int_equal(list.count, 1);
	const int64_t seq = list.items[0].seq;
	store_outbox_list_free(&list);
	return seq;
}

/* Both corrected, b twice. Nobody's goes over the other's until a person decides. */
static void settle_between(struct pair *p, bool keep_mine)
{
	struct made made;
	struct fail why;
	struct session *session = NULL;
	char *mine = NULL, *theirs = NULL;
	size_t applied;
	make_everything(&p->a, &made);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	correct(&p->a, made.patient.uuid, "VIRTUAL Of A", "1987");
	correct(&p->b, made.patient.uuid, "VIRTUAL Of B", "1988");
	correct(&p->b, made.patient.uuid, "VIRTUAL Of B2", "1988");
	(void)round_of(&p->a);
	assert_int_equal(round_of(&p->b).conflicts, 1);
	assert_int_equal(round_of(&p->b).conflicts, 0);
	is_called(&p->b, made.patient.uuid, "VIRTUAL Of B2", 2);
	assert_non_null(strstr(fake_fhir_body(there(p, made.patient.uuid)), "VIRTUAL Of A"));
	const int64_t seq = conflict_of(&p->b);
	must(station_conflict(p->b.station, seq, &mine, &theirs, &why), &why);
	assert_non_null(strstr(mine, "VIRTUAL Of B"));
	assert_non_null(strstr(theirs, "VIRTUAL Of A"));
	must(store_login(p->b.store, FIXTURE_LOGIN, fixture_secret, &fixture_moment, &session, &why), &why);
	must(station_settle(p->b.station, session, seq, keep_mine, &why), &why);
	must(station_apply_waiting(p->b.station, &applied, &why), &why);
	store_logout(&session);
	for (int i = 0; i < 2; i++) {
		(void)round_of(&p->b);
		(void)round_of(&p->a);
	}
	const char *kept = keep_mine ? "VIRTUAL Of B2" : "VIRTUAL Of A";
	struct store_patient at_a, at_b;
	must(store_patient_get(p->a.store, made.patient.uuid, &at_a, &why), &why);
	must(store_patient_get(p->b.store, made.patient.uuid, &at_b, &why), &why);
	assert_string_equal(at_a.label, kept);
	assert_int_equal(store_patient_differs(&at_a, &at_b), 0);
	assert_non_null(strstr(fake_fhir_body(there(p, made.patient.uuid)), kept));
	assert_int_equal(notices(&p->b, SYNC_NOTE_CONFLICT), 0);
	free(mine);
	free(theirs);
}

static void ours_goes_over_theirs_when_a_person_says_so(void **state)
{
	settle_between(*state, true);
}

static void theirs_stays_and_nothing_of_ours_follows(void **state)
{
	settle_between(*state, false);
}

/* What the server would not take is put right by a correction, and the rest goes with it. */
static void a_refused_patient_is_put_right_by_a_correction(void **state)
{
	struct pair *p = *state;
	struct made made;
	int64_t count[OUTBOX_STATES];
	struct fail why;
	make_everything(&p->a, &made);
	correct(&p->a, made.patient.uuid, "VIRTUAL Unfit", "1987");
	p->forbidden = "\"birthDate\":\"1987\"";
	(void)round_of(&p->a);
	assert_int_equal(there(p, made.patient.uuid)->count, 1);
	correct(&p->a, made.patient.uuid, "VIRTUAL Fit", "1987-02");
	p->forbidden = NULL;
	(void)round_of(&p->a);
	assert_non_null(strstr(fake_fhir_body(there(p, made.patient.uuid)), "VIRTUAL Fit"));
	must(store_outbox_count(p->a.store, count, &why), &why);
	assert_int_equal(count[OUTBOX_PENDING] + count[OUTBOX_INFLIGHT], 0);
	(void)round_of(&p->b);
	is_called(&p->b, made.patient.uuid, "VIRTUAL Fit", 0);
}

static void a_refused_first_record_goes_as_corrected(void **state)
{
	struct pair *p = *state;
	struct made made;
	make_everything(&p->a, &made);
	p->forbidden = "\"resourceType\":\"Patient\"";
	(void)round_of(&p->a);
	assert_int_equal(fake_fhir_copies(&p->server, made.patient.uuid), 0);
	correct(&p->a, made.patient.uuid, "VIRTUAL Fit", "1987-02");
	p->forbidden = NULL;
	(void)round_of(&p->a);
	(void)round_of(&p->a);
	assert_non_null(strstr(fake_fhir_body(there(p, made.patient.uuid)), "VIRTUAL Fit"));
	(void)round_of(&p->b);
	is_called(&p->b, made.patient.uuid, "VIRTUAL Fit", 0);
}

/* The registration's own system corrects a name; then gives the patient somebody else's record number by mistake, and
 * puts that right. */
static void what_the_server_corrects_is_taken_or_told(void **state)
{
	struct pair *p = *state;
	struct store_patient one = {.label = "VIRTUAL One", .record_number = "MRN-1", .sex = 'F'},
	                     two = {.label = "VIRTUAL Two", .record_number = "MRN-2", .sex = 'M'}, here;
	struct fail why;
	must(uuid_new(one.uuid, &why), &why);
	must(uuid_new(two.uuid, &why), &why);
	must(store_patient_add(p->a.store, &one, &fixture_stamp, &why), &why);
	must(store_patient_add(p->a.store, &two, &fixture_stamp, &why), &why);
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	fake_fhir_tamper(&p->server, fake_fhir_find(&p->server, one.uuid), "VIRTUAL One", "VIRTUAL First");
	(void)round_of(&p->b);
	is_called(&p->b, one.uuid, "VIRTUAL First", 1);
	fake_fhir_tamper(&p->server, fake_fhir_find(&p->server, one.uuid), "MRN-1", "MRN-2");
	(void)round_of(&p->b);
	must(store_patient_get(p->b.store, one.uuid, &here, &why), &why);
	assert_string_equal(here.record_number, "MRN-1");
	assert_int_equal(notices(&p->b, SYNC_NOTE_DUPLICATE), 1);
	fake_fhir_tamper(&p->server, fake_fhir_find(&p->server, one.uuid), "MRN-2", "MRN-10");
	(void)round_of(&p->b);
	must(store_patient_get(p->b.store, one.uuid, &here, &why), &why);
	assert_string_equal(here.record_number, "MRN-10");
	assert_int_equal(notices(&p->b, SYNC_NOTE_DUPLICATE), 0);
	/* two's number becomes free: the version with it, which is past, must not come back */
	must(store_patient_get(p->b.store, two.uuid, &two, &why), &why);
	(void)snprintf(two.record_number, sizeof two.record_number, "MRN-20");
	must(store_patient_change(p->b.store, &two, "as on the card", &fixture_stamp, &why), &why);
	(void)round_of(&p->b);
	must(store_patient_get(p->b.store, one.uuid, &here, &why), &why);
	assert_string_equal(here.record_number, "MRN-10");
	outbox_is_done(&p->b);
}

/* Signed for the former identity: told until the plan goes on to something else. */
static void a_plan_signed_for_the_former_identity_is_told(void **state)
{
	struct pair *p = *state;
	struct approved with;
	share_approved(p, &with);
	correct(&p->a, with.made.patient.uuid, "VIRTUAL Anna Mayer", "1987-03-02");
	(void)round_of(&p->a);
	(void)round_of(&p->b);
	state_is(&p->b, &with.made, "approved"); /* the check at its next use makes it stale */
	assert_int_equal(notices(&p->b, SYNC_NOTE_IDENTITY), 1);
	assert_int_equal(notices(&p->a, SYNC_NOTE_IDENTITY), 0); /* who corrected it was told then */
	move_plan(&p->b, &with.made, "approved", "stale", NULL);
	assert_int_equal(notices(&p->b, SYNC_NOTE_IDENTITY), 1);
	move_plan(&p->b, &with.made, "stale", "superseded", NULL);
	assert_int_equal(notices(&p->b, SYNC_NOTE_IDENTITY), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_pair, drop_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_correction_reaches_the_other_station),
	        TEST(what_others_wrote_survives_a_correction),
	        TEST(what_was_carried_over_once_is_not_ours),
	        TEST(corrections_made_offline_go_in_order),
	        TEST(a_lost_answer_costs_no_correction),
	        TEST(ours_goes_over_theirs_when_a_person_says_so),
	        TEST(theirs_stays_and_nothing_of_ours_follows),
	        TEST(a_refused_patient_is_put_right_by_a_correction),
	        TEST(a_refused_first_record_goes_as_corrected),
	        TEST(what_the_server_corrects_is_taken_or_told),
	        TEST(a_plan_signed_for_the_former_identity_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
