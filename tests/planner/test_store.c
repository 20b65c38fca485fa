/* The store in order: round trips, what the database itself refuses, who may open what, schema, backup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/store/internal.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_world.h"
#include "tests/support/temp_folder.h"

struct world {
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 64];
	struct store *store;
	struct fail why;
};

static int world_new(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	temp_folder_make(world->folder);
	(void)snprintf(world->path, sizeof world->path, "%s/clinic.db", world->folder);
	world->store = fixture_open(world->path, STORE_CLINIC, NULL);
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

static void ok(const struct world *world, enum status st)
{
	if (st != ST_OK)
		print_error("%s: %s: %s\n", status_name(st), world->why.field, world->why.text);
	assert_int_equal(st, ST_OK);
}

/* Refused with that code, and the reason speaks of it in one line. */
static void refused(const struct world *world, enum status st, enum status expected, const char *about)
{
	char both[FAIL_FIELD_MAX + FAIL_TEXT_MAX];
	(void)snprintf(both, sizeof both, "%s %s", world->why.field, world->why.text);
	if (st != expected || !strstr(both, about))
		print_error("got %s: %s\n", status_name(st), both);
	assert_int_equal(st, expected);
	assert_non_null(strstr(both, about));
	assert_null(strchr(both, '\n'));
}

static enum status reopen_as(struct world *world, enum store_kind kind, bool create)
{
	struct store_options options = {
	        .kind = kind, .create = create, .now_ms = FIXTURE_NOW_MS, .kdf = store_kdf_least};
	store_close(&world->store);
	enum status st = store_open(world->path, &options, &world->store, &world->why);
	if (st == ST_OK)
		st = fixture_unlock(world->store, &world->why);
	if (st != ST_OK)
		store_close(&world->store);
	return st;
}

static void reopen(struct world *world)
{
	ok(world, reopen_as(world, STORE_CLINIC, false));
}

/* A second connection with SQLite's defaults, as any other tool would open the file. */
static sqlite3 *raw_open(struct world *world)
{
	sqlite3 *db = NULL;
	store_close(&world->store);
	assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
	return db;
}

static void raw_run(struct world *world, const char *sql)
{
	sqlite3 *db = raw_open(world);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static const char plan_json[] = "{\"energy_mJ\":15,\"note\":\"\xC3\xA4\"}";

struct case_ids {
	struct store_patient patient;
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE];
	struct store_plan plan;
};

static void add_case(struct world *world, const char *label, struct case_ids *ids)
{
	fixture_patient(world->store, label, &ids->patient);
	fixture_readings(world->store, ids->patient.uuid, "{\"ita_deg\":41}", ids->readings);
	fixture_twin(world->store, ids->patient.uuid, ids->readings, ids->twin);
	ids->plan = fixture_plan(ids->patient.uuid, ids->twin);
	ids->plan.json = plan_json;
	ids->plan.json_len = sizeof plan_json - 1;
	ok(world, store_plan_add_version(world->store, &ids->plan, &fixture_stamp, &world->why));
}

/* ---- round trips ---- */

static void patient_comes_back_as_given(void **state)
{
	struct world *world = *state;
	struct store_patient given = {
	        .label = "\xC3\x89milie \xE5\xB1\xB1", .record_number = "MRN-7", .birth = "1987", .sex = 'X'};
	struct store_patient back;
	ok(world, uuid_new(given.uuid, &world->why));
	ok(world, store_patient_add(world->store, &given, &fixture_stamp, &world->why));
	reopen(world);
	ok(world, store_patient_get(world->store, given.uuid, &back, &world->why));
	assert_string_equal(back.uuid, given.uuid);
	assert_string_equal(back.label, given.label);
	assert_string_equal(back.record_number, "MRN-7");
	assert_string_equal(back.birth, "1987");
	assert_int_equal(back.sex, 'X');
	assert_false(back.is_virtual);
	assert_int_equal(back.created_at_ms, FIXTURE_NOW_MS);
	given.record_number[0] = 'N';
	refused(world, store_patient_add(world->store, &given, &fixture_stamp, &world->why), ST_CONFLICT,
	        "exists already");
	given.record_number[0] = 'M';
	ok(world, uuid_new(given.uuid, &world->why));
	refused(world, store_patient_add(world->store, &given, &fixture_stamp, &world->why), ST_CONFLICT,
	        "another patient");
	refused(world, store_patient_get(world->store, given.uuid, &back, &world->why), ST_NOT_FOUND,
	        "no such patient");
}

static void expect_labels(struct world *world, const struct store_patient_query *query, const char *labels,
                          bool more)
{
	struct store_patient_list list;
	char found[200] = "";
	size_t n = 0;
	ok(world, store_patient_list(world->store, query, &list, &world->why));
	for (size_t i = 0; i < list.count; i++)
		n += (size_t)snprintf(found + n, sizeof found - n, "%s ", list.items[i].label);
	assert_string_equal(found, labels);
	assert_int_equal(list.more, more);
	store_patient_list_free(&list);
	assert_null(list.items);
}

static void patients_are_filtered_sorted_and_paged(void **state)
{
	struct world *world = *state;
	static const char *const labels[] = {"delta", "Alpha", "charlie", "Bravo"};
	static const char *const numbers[] = {"A2", "A1", "", "B9"};
	for (int i = 0; i < 4; i++) {
		struct store_patient patient = {.sex = 'U'};
		struct store_stamp stamp = {FIXTURE_NOW_MS + i, "technician"};
		(void)snprintf(patient.label, sizeof patient.label, "%s", labels[i]);
		(void)snprintf(patient.record_number, sizeof patient.record_number, "%s", numbers[i]);
		ok(world, uuid_new(patient.uuid, &world->why));
		ok(world, store_patient_add(world->store, &patient, &stamp, &world->why));
	}
	expect_labels(world, &(struct store_patient_query){0}, "Alpha Bravo charlie delta ", false);
	expect_labels(world, &(struct store_patient_query){.sort = STORE_SORT_NEWEST},
	              "Bravo charlie Alpha delta ", false);
	expect_labels(world, &(struct store_patient_query){.sort = STORE_SORT_RECORD_NUMBER},
	              "charlie Alpha delta Bravo ", false);
	expect_labels(world, &(struct store_patient_query){.text = "AL"}, "Alpha ", false);
	expect_labels(world, &(struct store_patient_query){.text = "b9"}, "Bravo ", false);
	expect_labels(world, &(struct store_patient_query){.text = "%"}, "", false);
	expect_labels(world, &(struct store_patient_query){.limit = 3}, "Alpha Bravo charlie ", true);
	expect_labels(world, &(struct store_patient_query){.offset = 3, .limit = 1}, "delta ", false);
}

static void latest_readings_are_the_last_taken(void **state)
{
	struct world *world = *state;
	struct store_patient patient;
	struct store_readings back;
	struct store_readings_list list;
	fixture_patient(world->store, "A", &patient);
	refused(world, store_readings_latest(world->store, patient.uuid, &back, &world->why), ST_NOT_FOUND,
	        "readings");
	static const int order[] = {2, 3, 1};
	for (int i = 0; i < 3; i++) {
		char json[32];
		int n = snprintf(json, sizeof json, "{\"day\":%d}", order[i]);
		struct store_readings readings = {
		        .taken_at_ms = FIXTURE_NOW_MS + order[i], .json = json, .json_len = (size_t)n};
		ok(world, uuid_new(readings.uuid, &world->why));
		memcpy(readings.patient, patient.uuid, sizeof patient.uuid);
		ok(world, store_readings_add(world->store, &readings, &fixture_stamp, &world->why));
	}
	reopen(world);
	ok(world, store_readings_latest(world->store, patient.uuid, &back, &world->why));
	assert_string_equal(back.json, "{\"day\":3}");
	struct digest digest;
	digest_bytes(back.json, back.json_len, &digest);
	assert_true(digest_equal(&digest, &back.digest));
	store_readings_clear(&back);
	ok(world, store_readings_list(world->store, patient.uuid, 2, &list, &world->why));
	assert_int_equal(list.count, 2);
	assert_true(list.more);
	assert_string_equal(list.items[1].json, "{\"day\":2}");
	store_readings_list_free(&list);
}

static void twin_versions_keep_their_readings(void **state)
{
	struct world *world = *state;
	struct case_ids ids;
	struct store_twin twin;
	struct store_twin_list list;
	add_case(world, "A", &ids);
	char second[UUID_TEXT_SIZE];
	fixture_readings(world->store, ids.patient.uuid, "{\"ita_deg\":39}", second);
	ok(world, store_twin_latest(world->store, ids.patient.uuid, &twin, &world->why));
	assert_int_equal(twin.readings_count, 1);
	free((char *)twin.json);
	twin.json = "{\"melanin_frac\":0.1}";
	twin.json_len = strlen(twin.json);
	twin.readings_count = 2;
	memcpy(twin.readings[1], second, sizeof second);
	refused(world, store_twin_add(world->store, &twin, &fixture_stamp, &world->why), ST_CONFLICT,
	        "faster");
	twin.version = 3;
	refused(world, store_twin_add(world->store, &twin, &fixture_stamp, &world->why), ST_CONFLICT,
	        "faster");
	twin.version = 2;
	ok(world, store_twin_add(world->store, &twin, &fixture_stamp, &world->why));
	reopen(world);
	ok(world, store_twin_list(world->store, ids.patient.uuid, 0, &list, &world->why));
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].version, 2);
	assert_int_equal(list.items[0].readings_count, 2);
	assert_string_equal(list.items[0].readings[0], ids.readings);
	assert_string_equal(list.items[0].readings[1], second);
	assert_string_equal(list.items[1].json, "{\"melanin_frac\":0.08}");
	store_twin_list_free(&list);
	ok(world, store_twin_get(world->store, ids.twin, 1, &twin, &world->why));
	assert_int_equal(twin.readings_count, 1);
	store_twin_clear(&twin);
	refused(world, store_twin_get(world->store, ids.twin, 3, &twin, &world->why), ST_NOT_FOUND,
	        "version");
}

static void every_plan_version_is_kept(void **state)
{
	struct world *world = *state;
	enum { VERSIONS = 7 };
	struct case_ids ids;
	struct store_plan_list list;
	struct store_plan plan;
	add_case(world, "A", &ids);
	for (int version = 2; version <= VERSIONS; version++) {
		char json[32];
		ids.plan.version = version;
		ids.plan.json = json;
		ids.plan.json_len = (size_t)snprintf(json, sizeof json, "{\"v\":%d}", version);
		ok(world, store_plan_add_version(world->store, &ids.plan, &fixture_stamp, &world->why));
		refused(world, store_plan_add_version(world->store, &ids.plan, &fixture_stamp, &world->why),
		        ST_CONFLICT, "faster");
	}
	reopen(world);
	ok(world, store_plan_list_versions(world->store, ids.plan.uuid, &list, &world->why));
	assert_int_equal(list.count, VERSIONS);
	for (int i = 0; i < VERSIONS; i++)
		assert_int_equal(list.items[i].version, VERSIONS - i);
	assert_string_equal(list.items[VERSIONS - 1].json, plan_json);
	assert_string_equal(list.items[0].json, "{\"v\":7}");
	store_plan_list_free(&list);
	ok(world, store_plan_latest(world->store, ids.plan.uuid, &plan, &world->why));
	assert_int_equal(plan.version, VERSIONS);
	assert_string_equal(plan.device, "ultrapulse.deepfx");
	assert_string_equal(plan.verdict, "ALLOW");
	assert_string_equal(plan.author, "technician");
	assert_string_equal(plan.twin, ids.twin);
	assert_int_equal(plan.twin_version, 1);
	assert_string_equal(plan.state, "draft");
	store_plan_clear(&plan);
}

static enum status move(struct world *world, const struct store_plan *plan, const char *from, const char *to)
{
	struct store_plan_event event = {
	        .version = plan->version, .reason = "seen", .json = "{\"k\":1}", .json_len = 7};
	memcpy(event.plan, plan->uuid, sizeof event.plan);
	(void)snprintf(event.from_state, sizeof event.from_state, "%s", from);
	(void)snprintf(event.to_state, sizeof event.to_state, "%s", to);
	digest_bytes(plan->json, plan->json_len, &event.digest);
	struct store_stamp stamp = {FIXTURE_NOW_MS + 5, "dr.m"};
	return store_plan_event_add(world->store, &event, &stamp, &world->why);
}

static void state_changes_are_events(void **state)
{
	struct world *world = *state;
	struct case_ids ids;
	struct store_plan plan;
	struct store_plan_event_list events;
	add_case(world, "A", &ids);
	ok(world, move(world, &ids.plan, "draft", "proposed"));
	ok(world, move(world, &ids.plan, "proposed", "approved"));
	refused(world, move(world, &ids.plan, "proposed", "rejected"), ST_CONFLICT,
	        "no longer in that state");
	struct store_plan other = ids.plan;
	other.json = "{\"energy_mJ\":16}";
	other.json_len = strlen(other.json);
	refused(world, move(world, &other, "approved", "delivered"), ST_CONFLICT,
	        "not the one that was shown");
	other = ids.plan;
	other.version = 2;
	assert_int_not_equal(move(world, &other, "approved", "delivered"), ST_OK);
	reopen(world);
	ok(world, store_plan_get(world->store, ids.plan.uuid, 1, &plan, &world->why));
	assert_string_equal(plan.state, "approved");
	assert_int_equal(plan.state_at_ms, FIXTURE_NOW_MS + 5);
	assert_int_equal(plan.created_at_ms, FIXTURE_NOW_MS);
	store_plan_clear(&plan);
	ok(world, store_plan_event_list(world->store, ids.plan.uuid, 1, &events, &world->why));
	assert_int_equal(events.count, 3);
	assert_string_equal(events.items[0].from_state, "");
	assert_string_equal(events.items[0].to_state, "draft");
	assert_string_equal(events.items[2].from_state, "proposed");
	assert_string_equal(events.items[2].actor, "dr.m");
	assert_string_equal(events.items[2].reason, "seen");
	assert_string_equal(events.items[2].json, "{\"k\":1}");
	assert_int_equal(events.items[2].ordinal, 3);
	store_plan_event_list_free(&events);
}

static void plan_list_shows_latest_versions_by_state(void **state)
{
	struct world *world = *state;
	struct case_ids a, b;
	struct store_plan_list list;
	add_case(world, "A", &a);
	add_case(world, "B", &b);
	ok(world, move(world, &a.plan, "draft", "proposed"));
	a.plan.version = 2;
	ok(world, store_plan_add_version(world->store, &a.plan, &fixture_stamp, &world->why));
	ok(world, move(world, &b.plan, "draft", "proposed"));
	ok(world, store_plan_list(world->store, &(struct store_plan_query){0}, &list, &world->why));
	assert_int_equal(list.count, 2);
	store_plan_list_free(&list);
	ok(world, store_plan_list(world->store, &(struct store_plan_query){.state = "proposed"}, &list,
	                          &world->why));
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].uuid, b.plan.uuid);
	store_plan_list_free(&list);
	ok(world, store_plan_list(world->store, &(struct store_plan_query){.patient = a.patient.uuid}, &list,
	                          &world->why));
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].version, 2);
	store_plan_list_free(&list);
}

static void every_write_leaves_an_audit_row(void **state)
{
	struct world *world = *state;
	static const char *const expected[] = {"store.create", "person.add", "patient.add",   "readings.add", "twin.add",
	                                       "plan.draft",   "plan.proposed", "report.print"};
	struct case_ids ids;
	struct store_audit_list list;
	add_case(world, "A", &ids);
	ok(world, move(world, &ids.plan, "draft", "proposed"));
	ok(world, store_audit_add(world->store, "report.print", "page 1", NULL, &fixture_stamp, &world->why));
	ok(world, store_audit_list(world->store, 0, 0, &list, &world->why));
	assert_int_equal(list.count, 8);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(list.items[i].seq, i + 1);
		assert_string_equal(list.items[i].action, expected[i]);
	}
	struct digest digest;
	digest_bytes(plan_json, sizeof plan_json - 1, &digest);
	assert_true(list.items[6].has_digest && digest_equal(&list.items[6].digest, &digest));
	assert_string_equal(list.items[6].actor, "dr.m");
	assert_false(list.items[7].has_digest);
	store_audit_list_free(&list);
	ok(world, store_audit_list(world->store, 6, 1, &list, &world->why));
	assert_int_equal(list.count, 1);
	assert_true(list.more);
	assert_int_equal(list.items[0].seq, 7);
	store_audit_list_free(&list);
}

static void group_counts_together_or_not_at_all(void **state)
{
	struct world *world = *state;
	struct case_ids a;
	struct store_patient back;
	ok(world, store_group_begin(world->store, &world->why));
	refused(world, store_group_begin(world->store, &world->why), ST_DENIED, "open already");
	add_case(world, "A", &a);
	store_group_abandon(world->store);
	refused(world, store_patient_get(world->store, a.patient.uuid, &back, &world->why), ST_NOT_FOUND,
	        "no such");
	ok(world, store_group_begin(world->store, &world->why));
	add_case(world, "A", &a);
	refused(world, store_patient_add(world->store, &a.patient, &fixture_stamp, &world->why), ST_CONFLICT,
	        "exists");
	ok(world, store_group_commit(world->store, &world->why));
	refused(world, store_group_commit(world->store, &world->why), ST_DENIED, "no group");
	ok(world, store_group_begin(world->store, &world->why));
	struct case_ids lost;
	add_case(world, "B", &lost);
	reopen(world);
	ok(world, store_patient_get(world->store, a.patient.uuid, &back, &world->why));
	refused(world, store_patient_get(world->store, lost.patient.uuid, &back, &world->why), ST_NOT_FOUND,
	        "no such");
	ok(world, store_check(world->store, NULL, &world->why));
}

/* ---- what the database itself refuses ---- */

static void database_refuses_to_change_what_is_kept(void **state)
{
	struct world *world = *state;
	static const char *const tables[] = {"readings",   "twin",  "twin_source", "plan_version",
	                                     "plan_event", "audit", "store_info"};
	struct case_ids ids;
	add_case(world, "A", &ids);
	sqlite3 *db = raw_open(world);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char sql[120];
		(void)snprintf(sql, sizeof sql, "UPDATE %s SET code = code", tables[i]);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
		assert_non_null(strstr(sqlite3_errmsg(db), "append-only"));
		(void)snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
		assert_non_null(strstr(sqlite3_errmsg(db), "append-only"));
		(void)snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO %s SELECT * FROM %s", tables[i],
		               tables[i]);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
	}
	sqlite3_close(db);
	reopen(world);
	ok(world, store_check(world->store, NULL, &world->why));
}

/* Whoever takes the triggers away and removes rows is found out by what is missing. */
static void removed_rows_are_missed(void **state)
{
	struct world *world = *state;
	static const struct {
		const char *sql, *about;
	} removals[] = {
	        {"DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq = 3", "audit entry is missing"},
	        {"DROP TRIGGER plan_event_no_delete; DELETE FROM plan_event", "lost its state"},
	        {"DROP TRIGGER twin_source_no_delete; DELETE FROM twin_source", "list of readings"},
	        {"DROP TRIGGER readings_no_delete; DELETE FROM readings", "missing"},
	        {"DROP TRIGGER plan_version_no_update; UPDATE plan_version SET device = 'other.mode'",
	         "plan_version"},
	        {"DROP TRIGGER plan_event_no_update; UPDATE plan_event SET to_state = 'approved'",
	         "plan_event"},
	        {"DROP TRIGGER patient_no_update; UPDATE patient SET sealed = zeroblob(length(sealed))", "patient"},
	        {"DELETE FROM patient_key", "nobody erased them"},
	        {"DELETE FROM outbox WHERE seq = 2", "outbox is missing"},
	};
	struct case_ids ids;
	add_case(world, "A", &ids);
	store_close(&world->store);
	size_t n;
	unsigned char *bytes = read_file(world->path, &n);
	for (size_t i = 0; i < sizeof removals / sizeof *removals; i++) {
		raw_run(world, removals[i].sql);
		reopen(world);
		refused(world, store_check(world->store, NULL, &world->why), ST_IO, removals[i].about);
		store_close(&world->store);
		write_file(world->path, bytes, n);
	}
	free(bytes);
	reopen(world);
	ok(world, store_check(world->store, NULL, &world->why));
}

static void another_patients_records_are_refused(void **state)
{
	struct world *world = *state;
	struct case_ids a, b;
	add_case(world, "A", &a);
	add_case(world, "B", &b);
	struct store_plan plan = fixture_plan(a.patient.uuid, b.twin);
	plan.json = plan_json;
	plan.json_len = sizeof plan_json - 1;
	refused(world, store_plan_add_version(world->store, &plan, &fixture_stamp, &world->why), ST_NOT_FOUND,
	        "another patient");
	b.plan.version = 2;
	memcpy(b.plan.uuid, a.plan.uuid, sizeof b.plan.uuid);
	refused(world, store_plan_add_version(world->store, &b.plan, &fixture_stamp, &world->why),
	        ST_CONFLICT, "another patient");
	struct store_twin twin = {.version = 1, .readings_count = 1, .json = "{}", .json_len = 2};
	ok(world, uuid_new(twin.uuid, &world->why));
	memcpy(twin.patient, a.patient.uuid, sizeof twin.patient);
	memcpy(twin.readings[0], b.readings, sizeof b.readings);
	refused(world, store_twin_add(world->store, &twin, &fixture_stamp, &world->why), ST_NOT_FOUND,
	        "another patient");
	struct store_twin back;
	refused(world, store_twin_get(world->store, twin.uuid, 1, &back, &world->why), ST_NOT_FOUND, "twin");
	ok(world, store_check(world->store, NULL, &world->why));
}

static void demo_and_clinic_are_never_mixed(void **state)
{
	struct world *world = *state;
	struct store_patient patient = {.label = "V", .sex = 'U', .is_virtual = true};
	ok(world, uuid_new(patient.uuid, &world->why));
	refused(world, store_patient_add(world->store, &patient, &fixture_stamp, &world->why), ST_DENIED,
	        "virtual");
	refused(world, reopen_as(world, STORE_DEMO, true), ST_DENIED, "clinic's store");
	char demo[TEMP_PATH_SIZE + 16];
	(void)snprintf(demo, sizeof demo, "%s/demo.db", world->folder);
	struct store *store = fixture_open(demo, STORE_DEMO, NULL);
	ok(world, store_patient_add(store, &patient, &fixture_stamp, &world->why));
	patient.is_virtual = false;
	ok(world, uuid_new(patient.uuid, &world->why));
	refused(world, store_patient_add(store, &patient, &fixture_stamp, &world->why), ST_DENIED, "real");
	store_close(&store);
	(void)snprintf(world->path, sizeof world->path, "%s", demo);
	refused(world, reopen_as(world, STORE_CLINIC, true), ST_DENIED, "demo store");
	sqlite3 *db = raw_open(world);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO patient VALUES ('u',0,zeroblob(64),zeroblob(32))",
	                              NULL, NULL, NULL),
	                 SQLITE_CONSTRAINT);
	assert_non_null(strstr(sqlite3_errmsg(db), "never mixed"));
	sqlite3_close(db);
}

/* ---- text ---- */

static void text_rules_name_the_field(void **state)
{
	struct world *world = *state;
	struct store_patient patient = {.label = "A", .sex = 'U'};
	ok(world, uuid_new(patient.uuid, &world->why));
	static const struct {
		const char *bytes;
		bool valid;
	} forms[] = {
	        {"\x7F", true},
	        {"\xC2\x80", true},
	        {"\xEF\xBF\xBF", true},
	        {"\xF4\x8F\xBF\xBF", true},
	        {"\xED\x9F\xBF", true},
	        {"\xEE\x80\x80", true},
	        {"\xF0\x90\x80\x80", true},
	        {"\x80", false},
	        {"\xC1\xBF", false},
	        {"\xC3", false},
	        {"\xE0\x9F\xBF", false},
	        {"\xED\xA0\x80", false},
	        {"\xF0\x8F\xBF\xBF", false},
	        {"\xF4\x90\x80\x80", false},
	        {"\xF5\x80\x80\x80", false},
	        {"\xE2\x82", false},
	        {"a\xFFz", false},
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		assert_int_equal(utf8_valid((const unsigned char *)forms[i].bytes, strlen(forms[i].bytes)),
		                 forms[i].valid);
	(void)snprintf(patient.label, sizeof patient.label, "\xC3(");
	refused(world, store_patient_add(world->store, &patient, &fixture_stamp, &world->why), ST_INPUT,
	        "patient.label is not UTF-8");
	memset(patient.label, 'x', sizeof patient.label);
	refused(world, store_patient_add(world->store, &patient, &fixture_stamp, &world->why), ST_RANGE,
	        "patient.label is longer than 200");
	patient.label[STORE_LABEL_MAX] = '\0';
	patient.sex = 'f';
	refused(world, store_patient_add(world->store, &patient, &fixture_stamp, &world->why), ST_INPUT,
	        "patient.sex");
	patient.sex = 'F';
	static const char *const births[] = {"87",       "1987-13",    "1987-02-29",
	                                     "1987-6-3", "1987-06-31", "1987/06"};
	for (size_t i = 0; i < sizeof births / sizeof *births; i++) {
		(void)snprintf(patient.birth, sizeof patient.birth, "%s", births[i]);
		refused(world, store_patient_add(world->store, &patient, &fixture_stamp, &world->why),
		        ST_INPUT, "patient.birth");
	}
	(void)snprintf(patient.birth, sizeof patient.birth, "2000-02-29");
	refused(world,
	        store_patient_add(world->store, &patient, &(struct store_stamp){FIXTURE_NOW_MS, ""},
	                          &world->why),
	        ST_INPUT, "actor");
	refused(world, store_patient_add(world->store, &patient, &(struct store_stamp){-1, "a"}, &world->why),
	        ST_RANGE, "time");
	ok(world, store_patient_add(world->store, &patient, &fixture_stamp, &world->why));
	patient.uuid[3] = 'G';
	refused(world, store_patient_add(world->store, &patient, &fixture_stamp, &world->why), ST_INPUT,
	        "patient.uuid");
}

static void content_must_be_a_json_object(void **state)
{
	struct world *world = *state;
	struct case_ids ids;
	add_case(world, "A", &ids);
	static char huge[STORE_JSON_MAX + 3];
	memset(huge, ' ', sizeof huge);
	huge[0] = '{';
	huge[STORE_JSON_MAX + 1] = '}';
	const struct {
		const char *json;
		size_t len;
		enum status expected;
	} bad[] = {{"", 0, ST_INPUT},
	           {"{", 1, ST_INPUT},
	           {"[1]", 3, ST_INPUT},
	           {"{\"a\":\0}", 7, ST_INPUT},
	           {"3", 1, ST_INPUT},
	           {"{\"a\":\"\xFF\"}", 9, ST_INPUT},
	           {huge, STORE_JSON_MAX + 2, ST_RANGE}};
	ids.plan.version = 2;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ids.plan.json = bad[i].json;
		ids.plan.json_len = bad[i].len;
		assert_int_equal(store_plan_add_version(world->store, &ids.plan, &fixture_stamp, &world->why),
		                 bad[i].expected);
	}
	huge[STORE_JSON_MAX - 1] = '}';
	ids.plan.json = huge;
	ids.plan.json_len = STORE_JSON_MAX;
	ok(world, store_plan_add_version(world->store, &ids.plan, &fixture_stamp, &world->why));
	struct store_plan back;
	ok(world, store_plan_get(world->store, ids.plan.uuid, 2, &back, &world->why));
	assert_int_equal(back.json_len, STORE_JSON_MAX);
	store_plan_clear(&back);
}

static const char *const payloads[] = {
        "'; DROP TABLE patient; --",
        "\" OR 1=1 --",
        "Robert'); DELETE FROM plan_version;--",
        "x' UNION SELECT row_digest FROM audit --",
        "%_[]*?",
        "?1 :a @b $c",
        "\x1b[2J\r\n\t",
        "a\\'b\\\"c",
        "';ATTACH DATABASE '/x' AS y;--",
        "NULL",
        "0x41",
        "\xE2\x80\xAEgnp.exe",
};

static void injection_is_stored_verbatim(void **state)
{
	struct world *world = *state;
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		const char *payload = payloads[i];
		struct store_stamp stamp = {FIXTURE_NOW_MS, payload};
		struct store_patient patient = {.sex = 'U'}, back;
		(void)snprintf(patient.label, sizeof patient.label, "%s", payload);
		(void)snprintf(patient.record_number, sizeof patient.record_number, "%s", payload);
		ok(world, uuid_new(patient.uuid, &world->why));
		ok(world, store_patient_add(world->store, &patient, &stamp, &world->why));
		ok(world, store_patient_get(world->store, patient.uuid, &back, &world->why));
		assert_string_equal(back.label, payload);
		assert_string_equal(back.record_number, payload);
		struct store_patient_list list;
		ok(world, store_patient_list(world->store, &(struct store_patient_query){.text = payload},
		                             &list, &world->why));
		assert_int_equal(list.count, 1);
		store_patient_list_free(&list);
		char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE];
		fixture_readings(world->store, patient.uuid, "{\"a\":\"'; DROP TABLE readings; --\"}",
		                 readings);
		fixture_twin(world->store, patient.uuid, readings, twin);
		struct store_plan plan = fixture_plan(patient.uuid, twin), plan_back;
		plan.json = plan_json;
		plan.json_len = sizeof plan_json - 1;
		(void)snprintf(plan.device, sizeof plan.device, "%s", payload);
		(void)snprintf(plan.author, sizeof plan.author, "%s", payload);
		(void)snprintf(plan.verdict, sizeof plan.verdict, "%.31s", payload);
		if (!utf8_valid((const unsigned char *)plan.verdict, strlen(plan.verdict)))
			(void)snprintf(plan.verdict, sizeof plan.verdict, "ALLOW");
		ok(world, store_plan_add_version(world->store, &plan, &stamp, &world->why));
		ok(world, store_plan_get(world->store, plan.uuid, 1, &plan_back, &world->why));
		assert_string_equal(plan_back.device, payload);
		assert_string_equal(plan_back.author, payload);
		assert_string_equal(plan_back.verdict, plan.verdict);
		store_plan_clear(&plan_back);
		struct store_plan_event event = {.version = 1, .from_state = "draft", .to_state = "proposed"};
		memcpy(event.plan, plan.uuid, sizeof event.plan);
		(void)snprintf(event.reason, sizeof event.reason, "%s", payload);
		digest_bytes(plan_json, sizeof plan_json - 1, &event.digest);
		ok(world, store_plan_event_add(world->store, &event, &stamp, &world->why));
		refused(world, store_patient_get(world->store, payload, &back, &world->why), ST_INPUT,
		        "UUID");
		ok(world, store_audit_add(world->store, "report.print", payload, NULL, &stamp, &world->why));
	}
	struct store_patient_list all;
	ok(world, store_patient_list(world->store, &(struct store_patient_query){0}, &all, &world->why));
	assert_int_equal(all.count, sizeof payloads / sizeof *payloads);
	store_patient_list_free(&all);
	ok(world, store_check(world->store, NULL, &world->why));
}

/* ---- opening ---- */

static void settings_are_as_promised(void **state)
{
	struct world *world = *state;
	static const char *const expected[][2] = {
	        {"PRAGMA journal_mode", "delete"},
	        {"PRAGMA synchronous", "3"},
	        {"PRAGMA locking_mode", "exclusive"},
	        {"PRAGMA foreign_keys", "1"},
	        {"PRAGMA trusted_schema", "0"},
	        {"PRAGMA cell_size_check", "1"},
	        {"PRAGMA temp_store", "2"},
	        {"PRAGMA secure_delete", "1"},
	        {"PRAGMA recursive_triggers", "1"},
	        {"PRAGMA application_id", STORE_APPLICATION_ID_TEXT},
	        {"PRAGMA user_version", "4"},
	        {"SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND NOT strict"
	         " AND name NOT LIKE 'sqlite%'",
	         "0"},
	        {"SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict", "22"},
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		sqlite3_stmt *statement;
		assert_int_equal(sqlite3_prepare_v2(world->store->db, expected[i][0], -1, &statement, NULL),
		                 SQLITE_OK);
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
		assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected[i][1]);
		sqlite3_finalize(statement);
	}
	int on = -1;
	assert_int_equal(sqlite3_db_config(world->store->db, SQLITE_DBCONFIG_DEFENSIVE, -1, &on), SQLITE_OK);
	assert_int_equal(on, 1);
	assert_int_equal(sqlite3_db_config(world->store->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1, &on),
	                 SQLITE_OK);
	assert_int_equal(on, 0);
	assert_int_equal(sqlite3_limit(world->store->db, SQLITE_LIMIT_ATTACHED, -1), 0);
}

static void file_is_for_its_owner_only(void **state)
{
	struct world *world = *state;
	struct stat about;
	struct case_ids ids;
	mode_t mask = umask(0);
	add_case(world, "A", &ids);
	char beside[TEMP_PATH_SIZE + 80];
	(void)snprintf(beside, sizeof beside, "%s-journal", world->path);
	assert_int_equal(stat(world->path, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0600);
	assert_int_equal(stat(beside, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0600);
	store_close(&world->store);
	assert_int_not_equal(stat(beside, &about), 0);
	(void)chmod(world->path, 0640);
	refused(world, reopen_as(world, STORE_CLINIC, true), ST_DENIED, "chmod 600");
	(void)chmod(world->path, 0600);
	char second[TEMP_PATH_SIZE + 32];
	(void)snprintf(second, sizeof second, "%s/second", world->folder);
	assert_int_equal(link(world->path, second), 0);
	refused(world, reopen_as(world, STORE_CLINIC, true), ST_DENIED, "hard link");
	(void)unlink(second);
	assert_int_equal(symlink(world->path, second), 0);
	char path[sizeof world->path];
	memcpy(path, world->path, sizeof path);
	(void)snprintf(world->path, sizeof world->path, "%s", second);
	refused(world, reopen_as(world, STORE_CLINIC, true), ST_DENIED, "plain file");
	memcpy(world->path, path, sizeof path);
	(void)umask(mask);
	reopen(world);
}

static void missing_places_are_named(void **state)
{
	struct world *world = *state;
	store_close(&world->store);
	struct stat about;
	char path[sizeof world->path];
	memcpy(path, world->path, sizeof path);
	(void)snprintf(world->path, sizeof world->path, "%s/no/clinic.db", world->folder);
	refused(world, reopen_as(world, STORE_CLINIC, true), ST_NOT_FOUND, "folder");
	(void)snprintf(world->path, sizeof world->path, "%s/other.db", world->folder);
	refused(world, reopen_as(world, STORE_CLINIC, false), ST_NOT_FOUND, "does not exist");
	assert_int_not_equal(stat(world->path, &about), 0);
	(void)snprintf(world->path, sizeof world->path, "%s", world->folder);
	refused(world, reopen_as(world, STORE_CLINIC, true), ST_DENIED, "plain file");
	(void)snprintf(world->path, sizeof world->path, "%s/gone.db-journal", world->folder);
	write_file(world->path, "rest", 4);
	(void)snprintf(world->path, sizeof world->path, "%s/gone.db", world->folder);
	refused(world, reopen_as(world, STORE_CLINIC, true), ST_NOT_FOUND, "journal");
	memcpy(world->path, path, sizeof path);
	reopen(world);
}

static void network_file_systems_are_known(void **state)
{
	(void)state;
	assert_string_equal(network_file_system(0x6969), "NFS");
	assert_string_equal(network_file_system(0xFF534D42), "CIFS");
	assert_string_equal(network_file_system(0xFFFFFFFFFF534D42), "CIFS"); /* sign-extended f_type */
	assert_null(network_file_system(0xEF53));                             /* ext4 */
	assert_null(network_file_system(0x9123683E));                         /* btrfs */
	assert_null(network_file_system(0x01021994));                         /* tmpfs */
	assert_null(network_file_system(0x794C7630));                         /* overlayfs */
}

static void expect_unchanged_refusal(struct world *world, enum status expected, const char *about)
{
	size_t before_n, after_n;
	unsigned char *before = read_file(world->path, &before_n);
	refused(world, reopen_as(world, STORE_CLINIC, true), expected, about);
	unsigned char *after = read_file(world->path, &after_n);
	assert_int_equal(before_n, after_n);
	assert_memory_equal(before, after, after_n);
	free(before);
	free(after);
}

static void foreign_and_newer_files_are_left_alone(void **state)
{
	struct world *world = *state;
	raw_run(world, "PRAGMA user_version = 99");
	expect_unchanged_refusal(world, ST_DENIED, "newer lasertwin (schema 99");
	raw_run(world, "PRAGMA user_version = 4; PRAGMA application_id = 7");
	expect_unchanged_refusal(world, ST_DENIED, "not a store");
	raw_run(world, "PRAGMA application_id = 0");
	expect_unchanged_refusal(world, ST_DENIED, "not a store");
	write_file(world->path, "The quick brown fox jumps over the lazy dog, twice.\n", 52);
	expect_unchanged_refusal(world, ST_DENIED, "not a store");
	assert_int_equal(unlink(world->path), 0);
	raw_run(world, "PRAGMA journal_mode = WAL; CREATE TABLE theirs (x)");
	expect_unchanged_refusal(world, ST_DENIED, "not a store");
}

static void empty_file_becomes_a_store_only_when_asked(void **state)
{
	struct world *world = *state;
	store_close(&world->store);
	write_file(world->path, "", 0);
	refused(world, reopen_as(world, STORE_CLINIC, false), ST_NOT_FOUND, "is empty");
	ok(world, reopen_as(world, STORE_CLINIC, true));
	ok(world, store_check(world->store, NULL, &world->why));
}

static void odd_paths_work(void **state)
{
	struct world *world = *state;
	store_close(&world->store);
	(void)snprintf(world->path, sizeof world->path, "%s/a?b #%%41 \xC3\xA4'.db", world->folder);
	ok(world, reopen_as(world, STORE_CLINIC, true));
	reopen(world);
	ok(world, store_check(world->store, NULL, &world->why));
	assert_int_equal(access(world->path, F_OK), 0);
}

/* ---- schema ---- */

static const char *const add_table[] = {"CREATE TABLE nickname (patient TEXT) STRICT;",
                                        "INSERT INTO nickname SELECT uuid FROM patient;",
                                        "PRAGMA user_version = 5;", NULL};
static const char *const broken[] = {"CREATE TABLE half_done (x INTEGER) STRICT;",
                                     "CREATE TABLE patient (x);", "PRAGMA user_version = 6;", NULL};

static void migration_is_all_or_nothing(void **state)
{
	struct world *world = *state;
	struct case_ids ids;
	struct migration migrations[] = {store_migrations[0], store_migrations[1], store_migrations[2], {5, add_table},
	                                 {6, broken}};
	add_case(world, "A", &ids);
	refused(world, schema_open(world->store, migrations, 5, FIXTURE_NOW_MS, &world->why), ST_IO,
	        "schema");
	assert_int_equal(store_number(world->store, "PRAGMA user_version"), 4);
	assert_int_equal(
	        store_number(world->store, "SELECT count(*) FROM sqlite_schema WHERE name IN ('nickname', 'half_done')"),
	        0);
	ok(world, schema_open(world->store, migrations, 4, FIXTURE_NOW_MS, &world->why));
	assert_int_equal(store_number(world->store, "PRAGMA user_version"), 5);
	assert_int_equal(store_number(world->store, "SELECT count(*) FROM nickname"), 1);
	struct store_plan plan;
	ok(world, store_plan_get(world->store, ids.plan.uuid, 1, &plan, &world->why));
	assert_string_equal(plan.json, plan_json);
	store_plan_clear(&plan);
	expect_unchanged_refusal(world, ST_DENIED, "newer lasertwin (schema 5");
}

static void migrations_are_numbered_without_gap(void **state)
{
	(void)state;
	for (size_t i = 0; i < store_migration_count; i++)
		assert_int_equal(store_migrations[i].version, i + 2); /* schema 1 is moved, not migrated */
}

/* ---- backup ---- */

static void backup_is_a_verified_store(void **state)
{
	struct world *world = *state;
	struct case_ids ids;
	char path[TEMP_PATH_SIZE + 32], part[TEMP_PATH_SIZE + 48];
	struct stat about;
	int64_t rows = 0, rows_back = 0;
	add_case(world, "A", &ids);
	(void)snprintf(path, sizeof path, "%s/backup.db", world->folder);
	(void)snprintf(part, sizeof part, "%s.part", path);
	ok(world, store_backup(world->store, path, &world->why));
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0600);
	assert_int_not_equal(stat(part, &about), 0);
	refused(world, store_backup(world->store, path, &world->why), ST_CONFLICT, "exists already");
	ok(world, store_check(world->store, &rows, &world->why));
	add_case(world, "B", &ids);
	(void)snprintf(world->path, sizeof world->path, "%s", path);
	reopen(world);
	ok(world, store_check(world->store, &rows_back, &world->why));
	assert_int_equal(rows + 1, rows_back); /* that somebody tried to log in */
	/* description, person, key, recovery, patient, key, page of names, readings, twin, its source, plan, event, 4 in the outbox,
	 * 6 audit, its head */
	assert_int_equal(rows, 23);
}

static void backup_inside_a_group_is_refused(void **state)
{
	struct world *world = *state;
	char path[TEMP_PATH_SIZE + 32];
	(void)snprintf(path, sizeof path, "%s/backup.db", world->folder);
	ok(world, store_group_begin(world->store, &world->why));
	refused(world, store_backup(world->store, path, &world->why), ST_DENIED, "group");
	store_group_abandon(world->store);
	(void)snprintf(path, sizeof path, "%s/no/backup.db", world->folder);
	refused(world, store_backup(world->store, path, &world->why), ST_NOT_FOUND, "folder");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(void)
{
	(void)umask(077);
	const struct CMUnitTest tests[] = {
	        TEST(patient_comes_back_as_given),
	        TEST(patients_are_filtered_sorted_and_paged),
	        TEST(latest_readings_are_the_last_taken),
	        TEST(twin_versions_keep_their_readings),
	        TEST(every_plan_version_is_kept),
	        TEST(state_changes_are_events),
	        TEST(plan_list_shows_latest_versions_by_state),
	        TEST(every_write_leaves_an_audit_row),
	        TEST(group_counts_together_or_not_at_all),
	        TEST(database_refuses_to_change_what_is_kept),
	        TEST(removed_rows_are_missed),
	        TEST(another_patients_records_are_refused),
	        TEST(demo_and_clinic_are_never_mixed),
	        TEST(text_rules_name_the_field),
	        TEST(content_must_be_a_json_object),
	        TEST(injection_is_stored_verbatim),
	        TEST(settings_are_as_promised),
	        TEST(file_is_for_its_owner_only),
	        TEST(missing_places_are_named),
	        cmocka_unit_test(network_file_systems_are_known),
	        TEST(foreign_and_newer_files_are_left_alone),
	        TEST(empty_file_becomes_a_store_only_when_asked),
	        TEST(odd_paths_work),
	        TEST(migration_is_all_or_nothing),
	        cmocka_unit_test(migrations_are_numbered_without_gap),
	        TEST(backup_is_a_verified_store),
	        TEST(backup_inside_a_group_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
