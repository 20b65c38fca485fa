/* Records of every kind, drafts, the outbox and the server's names: what later modules stand on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/store/outbox.h"
#include "tests/support/store_fixture.h"
#include "tests/support/temp_folder.h"

struct world {
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 64];
	struct store *store;
	struct store_patient patient, other;
	struct store_plan plan;
	struct fail why;
};

static const char content[] = "{\"pulses\":120}";

static void ok(const struct world *world, enum status st)
{
	if (st != ST_OK)
		print_error("%s: %s: %s\n", status_name(st), world->why.field, world->why.text);
	assert_int_equal(st, ST_OK);
}

static void refused(const struct world *world, enum status st, enum status expected, const char *about)
{
	char both[FAIL_FIELD_MAX + FAIL_TEXT_MAX];
	(void)snprintf(both, sizeof both, "%s %s", world->why.field, world->why.text);
	if (st != expected || !strstr(both, about))
		print_error("got %s: %s\n", status_name(st), both);
	assert_int_equal(st, expected);
	assert_non_null(strstr(both, about));
}

static int world_new(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE];
	temp_folder_make(world->folder);
	(void)snprintf(world->path, sizeof world->path, "%s/clinic.db", world->folder);
	world->store = fixture_open(world->path, STORE_CLINIC, NULL);
	fixture_patient(world->store, "A", &world->patient);
	fixture_patient(world->store, "B", &world->other);
	fixture_readings(world->store, world->patient.uuid, "{\"ita_deg\":41}", readings);
	fixture_twin(world->store, world->patient.uuid, readings, twin);
	world->plan = fixture_plan(world->patient.uuid, twin);
	world->plan.json = content;
	world->plan.json_len = sizeof content - 1;
	ok(world, store_plan_add_version(world->store, &world->plan, &fixture_stamp, &world->why));
	*state = world;
	return 0;
}

static int world_free(void **state)
{
	struct world *world = *state;
	store_close(&world->store);
	temp_folder_remove(world->folder);
	free(world);
	return 0;
}

static void reopen(struct world *world)
{
	store_close(&world->store);
	world->store = fixture_open(world->path, STORE_CLINIC, NULL);
}

static struct store_record record_of(struct world *world, const char *kind, bool of_plan)
{
	struct store_record record = {.at_ms = FIXTURE_NOW_MS - 5, .json = content, .json_len = sizeof content - 1};
	ok(world, uuid_new(record.uuid, &world->why));
	(void)snprintf(record.kind, sizeof record.kind, "%s", kind);
	memcpy(record.patient, world->patient.uuid, sizeof record.patient);
	if (of_plan) {
		memcpy(record.plan, world->plan.uuid, sizeof record.plan);
		record.plan_version = 1;
	}
	return record;
}

/* ---- records ---- */

static void a_record_comes_back_as_given(void **state)
{
	struct world *world = *state;
	struct store_record given = record_of(world, "delivery", true), back;
	(void)snprintf(given.subject, sizeof given.subject, "ultrapulse");
	ok(world, store_record_add(world->store, &given, &fixture_stamp, &world->why));
	refused(world, store_record_add(world->store, &given, &fixture_stamp, &world->why), ST_CONFLICT, "exists");
	reopen(world);
	ok(world, store_record_get(world->store, given.uuid, &back, &world->why));
	assert_string_equal(back.kind, "delivery");
	assert_string_equal(back.patient, world->patient.uuid);
	assert_string_equal(back.plan, world->plan.uuid);
	assert_int_equal(back.plan_version, 1);
	assert_string_equal(back.subject, "ultrapulse");
	assert_int_equal(back.ordinal, 1);
	assert_int_equal(back.at_ms, FIXTURE_NOW_MS - 5);
	assert_int_equal(back.added_at_ms, FIXTURE_NOW_MS);
	assert_string_equal(back.actor, fixture_stamp.actor);
	assert_string_equal(back.json, content);
	struct digest digest;
	digest_bytes(content, sizeof content - 1, &digest);
	assert_true(digest_equal(&back.digest, &digest));
	store_record_clear(&back);
	given.uuid[0] = given.uuid[0] == 'a' ? 'b' : 'a';
	refused(world, store_record_get(world->store, given.uuid, &back, &world->why), ST_NOT_FOUND, "no such record");
}

static void bad_records_are_refused_by_field(void **state)
{
	struct world *world = *state;
	struct store_record record = record_of(world, "delivery", true);
	memcpy(record.patient, world->other.uuid, sizeof record.patient);
	refused(world, store_record_add(world->store, &record, &fixture_stamp, &world->why), ST_NOT_FOUND,
	        "belongs to another patient");
	record = record_of(world, "delivery", true);
	record.plan_version = 2;
	refused(world, store_record_add(world->store, &record, &fixture_stamp, &world->why), ST_NOT_FOUND, "plan");
	record.plan_version = 0;
	refused(world, store_record_add(world->store, &record, &fixture_stamp, &world->why), ST_INPUT,
	        "record.plan_version");
	record = record_of(world, "delivery", true);
	record.patient[0] = '\0';
	refused(world, store_record_add(world->store, &record, &fixture_stamp, &world->why), ST_INPUT,
	        "record.patient");
	record = record_of(world, "Not A Word", false);
	refused(world, store_record_add(world->store, &record, &fixture_stamp, &world->why), ST_INPUT, "record.kind");
	record = record_of(world, "photo", false);
	record.json = "[]";
	record.json_len = 2;
	refused(world, store_record_add(world->store, &record, &fixture_stamp, &world->why), ST_INPUT, "record");
	ok(world, store_check(world->store, NULL, &world->why));
}

static size_t listed(struct world *world, const struct store_record_query *query, char *kinds, size_t size)
{
	struct store_record_list list;
	size_t n = 0;
	ok(world, store_record_list(world->store, query, &list, &world->why));
	kinds[0] = '\0';
	for (size_t i = 0; i < list.count; i++)
		n += (size_t)snprintf(kinds + n, size - n, "%s%lld ", list.items[i].kind,
		                      (long long)list.items[i].ordinal);
	size_t count = list.count;
	store_record_list_free(&list);
	return count;
}

static void add(struct world *world, const char *kind, bool of_plan, const char *subject)
{
	struct store_record record = record_of(world, kind, of_plan);
	(void)snprintf(record.subject, sizeof record.subject, "%s", subject);
	if (strcmp(kind, "calibration") == 0)
		record.patient[0] = '\0';
	ok(world, store_record_add(world->store, &record, &fixture_stamp, &world->why));
}

static void records_are_numbered_and_found(void **state)
{
	struct world *world = *state;
	char kinds[200];
	add(world, "consent", false, "");
	add(world, "delivery", true, "");
	add(world, "delivery", true, "");
	add(world, "calibration", false, "picoway");
	add(world, "calibration", false, "fraxel");
	add(world, "calibration", false, "picoway");
	add(world, "delivery", false, "");
	(void)listed(world, &(struct store_record_query){0}, kinds, sizeof kinds);
	assert_string_equal(kinds, "delivery1 calibration2 calibration1 calibration1 delivery2 delivery1 consent1 ");
	(void)listed(world, &(struct store_record_query){.kind = "calibration", .subject = "picoway"}, kinds,
	             sizeof kinds);
	assert_string_equal(kinds, "calibration2 calibration1 ");
	(void)listed(world, &(struct store_record_query){.plan = world->plan.uuid, .oldest_first = true}, kinds,
	             sizeof kinds);
	assert_string_equal(kinds, "delivery1 delivery2 ");
	(void)listed(world, &(struct store_record_query){.plan = world->plan.uuid, .plan_version = 2}, kinds,
	             sizeof kinds);
	assert_string_equal(kinds, "");
	(void)listed(world, &(struct store_record_query){.patient = world->patient.uuid, .kind = "consent"}, kinds,
	             sizeof kinds);
	assert_string_equal(kinds, "consent1 ");
	(void)listed(world, &(struct store_record_query){.patient = world->other.uuid}, kinds, sizeof kinds);
	assert_string_equal(kinds, "");
	(void)listed(world, &(struct store_record_query){.oldest_first = true, .offset = 1, .limit = 2}, kinds,
	             sizeof kinds);
	assert_string_equal(kinds, "delivery1 delivery2 ");
	ok(world, store_check(world->store, NULL, &world->why));
}

/* ---- drafts ---- */

static void drafts_are_replaced_and_dropped(void **state)
{
	struct world *world = *state;
	struct store_draft draft;
	struct store_draft_list list;
	const char *patient = world->patient.uuid;
	const struct store_stamp later = {FIXTURE_NOW_MS + 1, "other"};
	refused(world, store_draft_get(world->store, patient, "plan", &draft, &world->why), ST_NOT_FOUND, "no draft");
	ok(world, store_draft_put(world->store, patient, "plan", "{\"a\":1}", 7, &fixture_stamp, &world->why));
	ok(world, store_draft_put(world->store, patient, "plan", "{\"a\":2}", 7, &later, &world->why));
	ok(world, store_draft_put(world->store, world->other.uuid, "plan", "{}", 2, &fixture_stamp, &world->why));
	reopen(world);
	ok(world, store_draft_get(world->store, patient, "plan", &draft, &world->why));
	assert_string_equal(draft.json, "{\"a\":2}");
	assert_string_equal(draft.actor, "other");
	assert_int_equal(draft.at_ms, FIXTURE_NOW_MS + 1);
	store_draft_clear(&draft);
	ok(world, store_draft_list(world->store, NULL, &list, &world->why));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].patient, patient);
	store_draft_list_free(&list);
	ok(world, store_draft_drop(world->store, patient, "plan", &fixture_stamp, &world->why));
	ok(world, store_draft_drop(world->store, patient, "plan", &fixture_stamp, &world->why));
	ok(world, store_draft_list(world->store, patient, &list, &world->why));
	assert_int_equal(list.count, 0);
	store_draft_list_free(&list);
	char nobody[UUID_TEXT_SIZE];
	ok(world, uuid_new(nobody, &world->why));
	refused(world, store_draft_put(world->store, nobody, "plan", "{}", 2, &fixture_stamp, &world->why),
	        ST_NOT_FOUND, "not in this store");
}

/* ---- outbox ---- */

static void every_write_goes_to_the_outbox(void **state)
{
	struct world *world = *state;
	static const enum outbox_object expected[] = {OUTBOX_PATIENT, OUTBOX_PATIENT,    OUTBOX_READINGS, OUTBOX_TWIN,
	                                              OUTBOX_PLAN,    OUTBOX_PLAN_EVENT, OUTBOX_RECORD};
	struct store_outbox_list list;
	struct store_plan_event event = {.version = 1, .from_state = "draft", .to_state = "proposed"};
	memcpy(event.plan, world->plan.uuid, sizeof event.plan);
	digest_bytes(content, sizeof content - 1, &event.digest);
	ok(world, store_plan_event_add(world->store, &event, &fixture_stamp, &world->why));
	add(world, "delivery", true, "");
	ok(world, store_outbox_list(world->store, &(struct store_outbox_query){0}, &list, &world->why));
	assert_int_equal(list.count, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(list.items[i].seq, i + 1);
		assert_int_equal(list.items[i].object, expected[i]);
		assert_int_equal(list.items[i].state, OUTBOX_PENDING);
		assert_string_equal(list.items[i].patient, i == 1 ? world->other.uuid : world->patient.uuid);
		assert_int_equal(list.items[i].added_at_ms, FIXTURE_NOW_MS);
	}
	assert_int_equal(list.items[5].ordinal, 2);
	assert_string_equal(list.items[6].kind, "delivery");
	store_outbox_list_free(&list);
	ok(world, store_group_begin(world->store, &world->why));
	add(world, "outcome", true, "");
	store_group_abandon(world->store); /* and its row with it */
	store_outbox_silence(world->store, true);
	add(world, "outcome", true, "");
	store_outbox_silence(world->store, false);
	ok(world, store_outbox_list(world->store, &(struct store_outbox_query){.after_seq = 6}, &list, &world->why));
	assert_int_equal(list.count, 1);
	store_outbox_list_free(&list);
}

static void marks_carry_receipts(void **state)
{
	struct world *world = *state;
	const struct store_receipt receipt = {"Patient/7", "3", "2026-01-01T00:00:00Z"};
	struct store_outbox_mark mark = {.state = OUTBOX_INFLIGHT};
	struct store_outbox entry;
	struct store_outbox_list list;
	int64_t count[OUTBOX_STATES];
	ok(world, store_outbox_mark(world->store, 1, &mark, &fixture_stamp, &world->why));
	mark = (struct store_outbox_mark){.state = OUTBOX_PENDING, .next_try_ms = FIXTURE_NOW_MS + 9, .note = "503"};
	ok(world, store_outbox_mark(world->store, 1, &mark, &fixture_stamp, &world->why));
	const struct store_outbox_query due = {.due_ms = FIXTURE_NOW_MS};
	ok(world, store_outbox_list(world->store, &due, &list, &world->why));
	assert_int_equal(list.count, 4);
	store_outbox_list_free(&list);
	mark = (struct store_outbox_mark){.state = OUTBOX_ACKED};
	refused(world, store_outbox_mark(world->store, 1, &mark, &fixture_stamp, &world->why), ST_INPUT, "receipt");
	mark.receipt = &receipt;
	ok(world, store_outbox_mark(world->store, 1, &mark, &fixture_stamp, &world->why));
	refused(world, store_outbox_mark(world->store, 1, &mark, &fixture_stamp, &world->why), ST_CONFLICT, "already");
	refused(world, store_outbox_mark(world->store, 99, &mark, &fixture_stamp, &world->why), ST_NOT_FOUND,
	        "no such entry");
	reopen(world);
	ok(world, store_outbox_find(world->store, OUTBOX_PATIENT, world->patient.uuid, 0, &entry, &world->why));
	assert_int_equal(entry.state, OUTBOX_ACKED);
	assert_int_equal(entry.attempts, 1);
	assert_string_equal(entry.receipt.server_id, "Patient/7");
	assert_string_equal(entry.receipt.version_id, "3");
	assert_string_equal(entry.receipt.last_updated, "2026-01-01T00:00:00Z");
	ok(world, store_outbox_count(world->store, count, &world->why));
	assert_int_equal(count[OUTBOX_PENDING], 4);
	assert_int_equal(count[OUTBOX_ACKED], 1);
	refused(world, store_outbox_find(world->store, OUTBOX_TWIN, world->patient.uuid, 0, &entry, &world->why),
	        ST_NOT_FOUND, "never");
	ok(world, store_check(world->store, NULL, &world->why));
}

static void server_names_are_unique(void **state)
{
	struct world *world = *state;
	struct store_external external = {.object = OUTBOX_PATIENT, .receipt = {"Patient/7", "1", ""}}, back;
	memcpy(external.uuid, world->patient.uuid, sizeof external.uuid);
	ok(world, store_external_put(world->store, &external, &fixture_stamp, &world->why));
	(void)snprintf(external.receipt.version_id, sizeof external.receipt.version_id, "2");
	ok(world, store_external_put(world->store, &external, &fixture_stamp, &world->why));
	memcpy(external.uuid, world->other.uuid, sizeof external.uuid);
	refused(world, store_external_put(world->store, &external, &fixture_stamp, &world->why), ST_CONFLICT,
	        "another object");
	reopen(world);
	ok(world, store_external_find(world->store, "Patient/7", &back, &world->why));
	assert_string_equal(back.uuid, world->patient.uuid);
	assert_string_equal(back.receipt.version_id, "2");
	ok(world, store_external_of(world->store, OUTBOX_PATIENT, world->patient.uuid, 0, &back, &world->why));
	assert_string_equal(back.receipt.server_id, "Patient/7");
	refused(world, store_external_of(world->store, OUTBOX_PATIENT, world->other.uuid, 0, &back, &world->why),
	        ST_NOT_FOUND, "no name");
	refused(world, store_external_find(world->store, "Patient/8", &back, &world->why), ST_NOT_FOUND, "no object");
}

static void watermarks_are_kept(void **state)
{
	struct world *world = *state;
	char value[STORE_SYNC_VALUE_MAX + 1];
	refused(world, store_sync_get(world->store, "pull.patient", value, &world->why), ST_NOT_FOUND, "never set");
	ok(world, store_sync_set(world->store, "pull.patient", "2026-01-01T00:00:00Z", &fixture_stamp, &world->why));
	ok(world, store_sync_set(world->store, "pull.patient", "2026-01-02T00:00:00Z", &fixture_stamp, &world->why));
	reopen(world);
	ok(world, store_sync_get(world->store, "pull.patient", value, &world->why));
	assert_string_equal(value, "2026-01-02T00:00:00Z");
	refused(world, store_sync_set(world->store, "Pull", "", &fixture_stamp, &world->why), ST_INPUT, "sync.key");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_record_comes_back_as_given),
	        TEST(bad_records_are_refused_by_field),
	        TEST(records_are_numbered_and_found),
	        TEST(drafts_are_replaced_and_dropped),
	        TEST(every_write_goes_to_the_outbox),
	        TEST(marks_carry_receipts),
	        TEST(server_names_are_unique),
	        TEST(watermarks_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
