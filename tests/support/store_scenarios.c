/* What a clinic does with its store, one row each. */
#include "tests/support/store_scenarios.h"

#include <unistd.h>

static const char json[] = "{\"a\":1}";

static enum status add_patient(struct store_world *world, struct fail *why)
{
	struct store_patient patient = {.label = "New", .record_number = "N1", .sex = 'U'};
	enum status st = uuid_new(patient.uuid, why);
	return st == ST_OK ? store_patient_add(world->store, &patient, &fixture_stamp, why) : st;
}

static enum status get_patient(struct store_world *world, struct fail *why)
{
	struct store_patient patient;
	return store_patient_get(world->store, world->patient.uuid, &patient, why);
}

static enum status find_number(struct store_world *world, struct fail *why)
{
	struct store_patient patient;
	enum status st = store_patient_of_number(world->store, "none", &patient, why);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status list_patients(struct store_world *world, struct fail *why)
{
	struct store_patient_list list;
	names_forget(world->store);
	enum status st = store_patient_list(world->store, &(struct store_patient_query){.text = "z"}, &list, why);
	store_patient_list_free(&list);
	return st;
}

static enum status erase_patient(struct store_world *world, struct fail *why)
{
	return store_patient_erase(world->store, world->store->sessions, world->patient.uuid, "x", &fixture_stamp, why);
}

static enum status add_readings(struct store_world *world, struct fail *why)
{
	struct store_readings readings = {.taken_at_ms = FIXTURE_NOW_MS, .json = json, .json_len = sizeof json - 1};
	memcpy(readings.patient, world->patient.uuid, sizeof readings.patient);
	enum status st = uuid_new(readings.uuid, why);
	return st == ST_OK ? store_readings_add(world->store, &readings, &fixture_stamp, why) : st;
}

static enum status get_readings(struct store_world *world, struct fail *why)
{
	struct store_readings readings;
	enum status st = store_readings_get(world->store, world->readings, &readings, why);
	store_readings_clear(&readings);
	return st;
}

static enum status list_readings(struct store_world *world, struct fail *why)
{
	struct store_readings_list list;
	enum status st = store_readings_list(world->store, world->patient.uuid, 0, &list, why);
	store_readings_list_free(&list);
	return st;
}

static enum status add_twin(struct store_world *world, struct fail *why)
{
	struct store_twin twin = {.version = 2, .readings_count = 1, .json = json, .json_len = sizeof json - 1};
	memcpy(twin.uuid, world->twin, sizeof twin.uuid);
	memcpy(twin.patient, world->patient.uuid, sizeof twin.patient);
	memcpy(twin.readings[0], world->readings, sizeof twin.readings[0]);
	return store_twin_add(world->store, &twin, &fixture_stamp, why);
}

static enum status get_twin(struct store_world *world, struct fail *why)
{
	struct store_twin twin;
	enum status st = store_twin_latest(world->store, world->patient.uuid, &twin, why);
	store_twin_clear(&twin);
	return st;
}

static enum status add_plan(struct store_world *world, struct fail *why)
{
	struct store_plan plan = world->plan;
	plan.version = 2;
	return store_plan_add_version(world->store, &plan, &fixture_stamp, why);
}

static enum status get_plan(struct store_world *world, struct fail *why)
{
	struct store_plan plan;
	enum status st = store_plan_get(world->store, world->plan.uuid, 1, &plan, why);
	store_plan_clear(&plan);
	return st;
}

static enum status list_plans(struct store_world *world, struct fail *why)
{
	struct store_plan_list list;
	enum status st = store_plan_list(world->store, &(struct store_plan_query){.state = "draft"}, &list, why);
	store_plan_list_free(&list);
	return st;
}

static enum status add_event(struct store_world *world, struct fail *why)
{
	struct store_plan_event event = {.version = 1, .from_state = "draft", .to_state = "approved"};
	memcpy(event.plan, world->plan.uuid, sizeof event.plan);
	digest_bytes(world->plan.json, world->plan.json_len, &event.digest);
	return store_plan_event_add(world->store, &event, &fixture_stamp, why);
}

static enum status list_events(struct store_world *world, struct fail *why)
{
	struct store_plan_event_list list;
	enum status st = store_plan_event_list(world->store, world->plan.uuid, 1, &list, why);
	store_plan_event_list_free(&list);
	return st;
}

static enum status add_record(struct store_world *world, struct fail *why)
{
	struct store_record record = {.kind = "outcome", .at_ms = FIXTURE_NOW_MS, .json = json, .json_len = sizeof json - 1};
	memcpy(record.patient, world->patient.uuid, sizeof record.patient);
	enum status st = uuid_new(record.uuid, why);
	return st == ST_OK ? store_record_add(world->store, &record, &fixture_stamp, why) : st;
}

static enum status list_records(struct store_world *world, struct fail *why)
{
	struct store_record_list list;
	enum status st = store_record_list(world->store, &(struct store_record_query){0}, &list, why);
	store_record_list_free(&list);
	return st;
}

static enum status put_draft(struct store_world *world, struct fail *why)
{
	return store_draft_put(world->store, world->patient.uuid, "plan", json, sizeof json - 1, &fixture_stamp, why);
}

static enum status drop_draft(struct store_world *world, struct fail *why)
{
	return store_draft_drop(world->store, world->patient.uuid, "plan", &fixture_stamp, why);
}

static enum status list_drafts(struct store_world *world, struct fail *why)
{
	struct store_draft_list list;
	enum status st = store_draft_list(world->store, NULL, &list, why);
	store_draft_list_free(&list);
	return st;
}

static enum status list_outbox(struct store_world *world, struct fail *why)
{
	struct store_outbox_list list;
	enum status st = store_outbox_list(world->store, &(struct store_outbox_query){0}, &list, why);
	store_outbox_list_free(&list);
	return st;
}

static enum status mark_outbox(struct store_world *world, struct fail *why)
{
	const struct store_receipt receipt = {"Patient/1", "1", ""};
	const struct store_outbox_mark mark = {.state = OUTBOX_ACKED, .receipt = &receipt};
	return store_outbox_mark(world->store, 1, &mark, &fixture_stamp, why);
}

static enum status put_external(struct store_world *world, struct fail *why)
{
	struct store_external external = {.object = OUTBOX_PATIENT, .receipt = {"Patient/1", "1", ""}}, back;
	memcpy(external.uuid, world->patient.uuid, sizeof external.uuid);
	enum status st = store_external_put(world->store, &external, &fixture_stamp, why);
	return st == ST_OK ? store_external_find(world->store, "Patient/1", &back, why) : st;
}

static enum status set_sync(struct store_world *world, struct fail *why)
{
	return store_sync_set(world->store, "k", "v", &fixture_stamp, why);
}

static enum status add_audit(struct store_world *world, struct fail *why)
{
	return store_audit_add(world->store, "report.print", "page", NULL, &fixture_stamp, why);
}

static enum status verify_audit(struct store_world *world, struct fail *why)
{
	unsigned char public_key[32], secret_key[32];
	fixture_recovery(public_key, secret_key);
	return store_audit_verify(world->store, secret_key, NULL, why);
}

static enum status add_person(struct store_world *world, struct fail *why)
{
	const struct store_person_new person = {
	        .login = "new", .name = "New", .roles = ROLE_VIEWER, .secret = fixture_secret};
	return store_person_add(world->store, world->store->sessions, &person, &fixture_stamp, why);
}

static enum status list_people(struct store_world *world, struct fail *why)
{
	struct store_person_list list;
	enum status st = store_person_list(world->store, &list, why);
	store_person_list_free(&list);
	return st;
}

static enum status sign(struct store_world *world, struct fail *why)
{
	struct signature signature;
	return session_sign(world->store->sessions, FIXTURE_LOGIN, fixture_secret, &fixture_moment, "plan", 4, &signature,
	                    why);
}

static enum status change_secret(struct store_world *world, struct fail *why)
{
	return store_person_secret(world->store, world->store->sessions, fixture_secret, fixture_secret, &fixture_moment,
	                           why);
}

static enum status second_login(struct store_world *world, struct fail *why)
{
	struct session *session = NULL;
	enum status st = store_login(world->store, FIXTURE_LOGIN, fixture_secret, &fixture_moment, &session, why);
	store_logout(&session);
	return st;
}

static enum status group(struct store_world *world, struct fail *why)
{
	enum status st = store_group_begin(world->store, why);
	if (st != ST_OK)
		return st;
	st = add_readings(world, why);
	if (st == ST_OK)
		st = add_record(world, why);
	if (st == ST_OK)
		return store_group_commit(world->store, why);
	store_group_abandon(world->store);
	return st;
}

static enum status check(struct store_world *world, struct fail *why)
{
	return store_check(world->store, NULL, why);
}

static enum status back_up(struct store_world *world, struct fail *why)
{
	char path[TEMP_PATH_SIZE + 80];
	(void)snprintf(path, sizeof path, "%s/backup.db", world->folder);
	(void)unlink(path);
	return store_backup(world->store, path, why);
}

static enum status open_and_login(struct store_world *world, struct fail *why)
{
	const struct store_options options = {.now_ms = FIXTURE_NOW_MS, .kdf = store_kdf_least};
	enum status st = store_open(world->path, &options, &world->store, why);
	if (st == ST_OK)
		st = fixture_unlock(world->store, why);
	if (st != ST_OK)
		store_close(&world->store);
	return st;
}

static enum status set_up_new(struct store_world *world, struct fail *why)
{
	char path[TEMP_PATH_SIZE + 80];
	struct store *store = NULL;
	const struct store_options options = {
	        .create = true, .now_ms = FIXTURE_NOW_MS, .kdf = store_kdf_least};
	(void)snprintf(path, sizeof path, "%s/new.db", world->folder);
	(void)unlink(path);
	enum status st = store_open(path, &options, &store, why);
	if (st == ST_OK)
		st = fixture_unlock(store, why);
	store_close(&store);
	return st;
}

const struct store_scenario store_scenarios[] = {
	{"add patient", add_patient, SCENARIO_PLAIN},
	{"get patient", get_patient, SCENARIO_PLAIN},
	{"find number", find_number, SCENARIO_PLAIN},
	{"list patients", list_patients, SCENARIO_PLAIN},
	{"erase patient", erase_patient, SCENARIO_PLAIN},
	{"add readings", add_readings, SCENARIO_PLAIN},
	{"get readings", get_readings, SCENARIO_PLAIN},
	{"list readings", list_readings, SCENARIO_PLAIN},
	{"add twin", add_twin, SCENARIO_PLAIN},
	{"get twin", get_twin, SCENARIO_PLAIN},
	{"add plan", add_plan, SCENARIO_PLAIN},
	{"get plan", get_plan, SCENARIO_PLAIN},
	{"list plans", list_plans, SCENARIO_PLAIN},
	{"approve", add_event, SCENARIO_PLAIN},
	{"list events", list_events, SCENARIO_PLAIN},
	{"add record", add_record, SCENARIO_PLAIN},
	{"list records", list_records, SCENARIO_PLAIN},
	{"put draft", put_draft, SCENARIO_PLAIN},
	{"drop draft", drop_draft, SCENARIO_PLAIN},
	{"list drafts", list_drafts, SCENARIO_PLAIN},
	{"list outbox", list_outbox, SCENARIO_PLAIN},
	{"mark outbox", mark_outbox, SCENARIO_PLAIN},
	{"server's name", put_external, SCENARIO_PLAIN},
	{"watermark", set_sync, SCENARIO_PLAIN},
	{"add audit", add_audit, SCENARIO_PLAIN},
	{"verify audit", verify_audit, SCENARIO_PLAIN},
	{"add person", add_person, SCENARIO_PLAIN},
	{"list people", list_people, SCENARIO_PLAIN},
	{"sign", sign, SCENARIO_SECRET},
	{"change secret", change_secret, SCENARIO_SECRET},
	{"second login", second_login, SCENARIO_SECRET},
	{"group", group, SCENARIO_PLAIN},
	{"check", check, SCENARIO_PLAIN},
	{"backup", back_up, SCENARIO_PLAIN},
	{"open and log in", open_and_login, SCENARIO_LOCKED},
	{"set up", set_up_new, SCENARIO_LOCKED},
};
const size_t store_scenario_count = sizeof store_scenarios / sizeof *store_scenarios;

enum status store_scenario_prepare(struct store_world *world, struct fail *why)
{
	return put_draft(world, why);
}
