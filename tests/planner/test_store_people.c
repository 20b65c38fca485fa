/* Who may open the store: first person, logins, delays, roles, secrets, recovery, signing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/store/record.h"
#include "tests/support/store_world.h"
#include "tests/support/vfs_powercut.h"

#define SECRET(text) ((struct secret){text, sizeof text - 1})
#define HOUR_MS 3600000

static struct session *own(struct store_world *world)
{
	return world->store->sessions;
}

static enum status try(struct store_world *world, const char *login, struct secret secret, int64_t later_ms,
                       const char *boot, struct session **session)
{
	struct store_moment moment = fixture_moment;
	moment.since_boot_ms += later_ms;
	moment.at_ms += later_ms;
	if (boot)
		(void)snprintf(moment.boot, sizeof moment.boot, "%s", boot);
	return store_login(world->store, login, secret, &moment, session, &world->why);
}

static void add_person(struct store_world *world, const char *login, unsigned roles, struct secret secret)
{
	const struct store_person_new person = {.login = login, .name = "Somebody", .roles = roles, .secret = secret};
	world_ok(world, store_person_add(world->store, own(world), &person, &fixture_stamp, &world->why));
}

static const struct secret dermatologist = {"copper lantern meadow", 21};

/* ---- in whose name ---- */

/* A record, a draft, an audit entry: the name on it is the session's, or the program's. */
static void nobody_writes_in_anothers_name(void **state)
{
	struct store_world *world = *state;
	const struct store_stamp other = {FIXTURE_NOW_MS, "derm"}, self = {FIXTURE_NOW_MS, FIXTURE_LOGIN};
	const struct store_stamp program = {FIXTURE_NOW_MS, "program"};
	struct store_readings readings = {.taken_at_ms = FIXTURE_NOW_MS, .json = "{}", .json_len = 2};
	struct session *session = NULL;
	int64_t rows = 0, after = 0;
	add_person(world, "derm", ROLE_DERMATOLOGIST, dermatologist);
	world->store->any_actor = false;
	world_ok(world, uuid_new(readings.uuid, &world->why));
	memcpy(readings.patient, world->patient.uuid, sizeof readings.patient);
	world_ok(world, store_check(world->store, &rows, &world->why));
	world_refused(world, store_readings_add(world->store, &readings, &other, &world->why), ST_DENIED, "another's name");
	world_refused(world, store_draft_put(world->store, readings.patient, "x", "{}", 2, &other, &world->why), ST_DENIED,
	              "another's name");
	world_refused(world, store_audit_add(world->store, "a.b", "c", NULL, &other, &world->why), ST_DENIED,
	              "another's name");
	world_ok(world, store_check(world->store, &after, &world->why));
	assert_int_equal(after, rows);
	world_ok(world, store_audit_add(world->store, "a.b", "c", NULL, &self, &world->why));
	world_ok(world, store_audit_add(world->store, "a.b", "c", NULL, &program, &world->why));
	world_ok(world, try(world, "derm", dermatologist, 0, NULL, &session)); /* beside the technician, to sign */
	world_ok(world, store_readings_add(world->store, &readings, &other, &world->why));
	store_logout(&session);
	world_refused(world, store_audit_add(world->store, "a.b", "c", NULL, &other, &world->why), ST_DENIED,
	              "another's name");
	const struct store_person_new taken = {.login = "sync", .name = "S", .roles = ROLE_VIEWER, .secret = dermatologist};
	world_refused(world, store_person_add(world->store, own(world), &taken, &self, &world->why), ST_INPUT,
	              "program's own name");
}

/* ---- first person ---- */

static void a_new_store_needs_an_administrator(void **state)
{
	struct store_world *world = *state;
	struct store_person_new first = {.login = "one", .name = "One", .roles = ROLE_VIEWER, .secret = fixture_secret};
	struct session *session = NULL;
	struct store_patient back;
	char path[TEMP_PATH_SIZE + 16];
	(void)snprintf(path, sizeof path, "%s/new.db", world->folder);
	struct store *store = fixture_open_locked(path, STORE_CLINIC, POWERCUT_VFS);
	assert_int_equal(store_access(store), STORE_NEW);
	world_refused(world, store_patient_get(store, world->patient.uuid, &back, &world->why), ST_NOT_FOUND, "patient");
	world_refused(world, store_patient_add(store, &world->patient, &fixture_stamp, &world->why), ST_DENIED, "locked");
	world_refused(world, store_login(store, "one", fixture_secret, &fixture_moment, &session, &world->why),
	              ST_NOT_FOUND, "nobody yet");
	world_refused(world, store_setup(store, &first, NULL, &fixture_stamp, &session, &world->why), ST_INPUT,
	              "administrator");
	first.roles = ROLE_ADMINISTRATOR;
	first.is_virtual = true;
	world_refused(world, store_setup(store, &first, NULL, &fixture_stamp, &session, &world->why), ST_DENIED, "mixed");
	first.is_virtual = false;
	world_ok(world, store_setup(store, &first, NULL, &fixture_stamp, &session, &world->why));
	assert_int_equal(store_access(store), STORE_UNLOCKED);
	world_refused(world, store_setup(store, &first, NULL, &fixture_stamp, &session, &world->why), ST_CONFLICT,
	              "people already");
	store_close(&store);
}

static void secrets_are_judged(void **state)
{
	struct store_world *world = *state;
	static const struct {
		struct secret secret;
		enum status expected;
	} cases[] = {
	        {{"short secret", 11}, ST_INPUT},
	        {{"passwordpassword", 16}, ST_INPUT},
	        {{"Password12345678", 16}, ST_INPUT},
	        {{"12341234123412", 14}, ST_INPUT},
	        {{"aaaaaaaaaaaaaaaaa", 17}, ST_INPUT},
	        {{"831904520938475", 15}, ST_INPUT},
	        {{"dermatologist.one", 17}, ST_INPUT}, /* the login */
	        {{"walnut harbour\xFF!", 16}, ST_INPUT},
	        {{"walnut harbour\nx", 16}, ST_INPUT},
	        {{"walnut harbour", 14}, ST_OK},
	        {{"p\xC3\xA4sse im nebel", 15}, ST_OK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (secret_check("dermatologist.one", cases[i].secret, &world->why) != cases[i].expected)
			fail_msg("case %zu", i);
	char longest[STORE_SECRET_MAX + 1];
	for (size_t i = 0; i < sizeof longest; i++)
		longest[i] = (char)('a' + i * 7 % 23);
	world_ok(world, secret_check("x", (struct secret){longest, STORE_SECRET_MAX}, &world->why));
	world_refused(world, secret_check("x", (struct secret){longest, sizeof longest}, &world->why), ST_RANGE, "longer");
}

/* ---- locked ---- */

static void nothing_is_read_or_written_while_locked(void **state)
{
	struct store_world *world = *state;
	struct store_patient patient;
	struct store_patient_list patients;
	struct store_readings readings;
	struct store_plan_list plans;
	struct store_audit_list audit;
	struct store_record_list records;
	struct store_outbox_list outbox;
	struct store_audit_found found;
	char value[STORE_SYNC_VALUE_MAX + 1];
	struct store *store;
	struct fail *why = &world->why;
	world_ok(world, store_sync_set(world->store, "k", "v", &fixture_stamp, why));
	world_reopen_locked(world);
	store = world->store;
	assert_int_equal(store_access(store), STORE_LOCKED);
	world_refused(world, store_patient_get(store, world->patient.uuid, &patient, why), ST_DENIED, "locked");
	world_refused(world, store_patient_list(store, &(struct store_patient_query){0}, &patients, why), ST_DENIED,
	              "locked");
	world_refused(world, store_patient_of_number(store, "A", &patient, why), ST_DENIED, "locked");
	world_refused(world, store_readings_get(store, world->readings, &readings, why), ST_DENIED, "locked");
	world_refused(world, store_plan_list(store, &(struct store_plan_query){0}, &plans, why), ST_DENIED, "locked");
	world_refused(world, store_audit_list(store, 0, 0, &audit, why), ST_DENIED, "locked");
	world_refused(world, store_audit_verify(store, NULL, &found, why), ST_DENIED, "locked");
	world_ok(world, store_record_list(store, &(struct store_record_query){0}, &records, why)); /* there are none */
	world_refused(world, store_outbox_list(store, &(struct store_outbox_query){0}, &outbox, why), ST_DENIED, "locked");
	world_refused(world, store_sync_get(store, "k", value, why), ST_DENIED, "locked");
	world_refused(world, store_audit_add(store, "x", "y", NULL, &fixture_stamp, why), ST_DENIED, "locked");
	world_refused(world, store_draft_put(store, world->patient.uuid, "plan", "{}", 2, &fixture_stamp, why), ST_DENIED,
	              "locked");
	world_refused(world, store_check(store, NULL, why), ST_DENIED, "locked");
	struct store_person person;
	world_ok(world, store_person_get(store, FIXTURE_LOGIN, &person, why)); /* who is known may be asked */
	assert_string_equal(person.name, "");
	assert_int_equal(person.roles, 0);
}

static void the_last_session_locks(void **state)
{
	struct store_world *world = *state;
	struct session *second = NULL, *first = own(world);
	struct store_patient back;
	add_person(world, "derm", ROLE_DERMATOLOGIST, dermatologist);
	world_ok(world, try(world, "derm", dermatologist, 0, NULL, &second));
	assert_true(session_has(second, ROLE_DERMATOLOGIST));
	assert_false(session_has(second, ROLE_ADMINISTRATOR | ROLE_TECHNICIAN));
	assert_false(session_has(NULL, ROLES_ALL));
	store_logout(&first);
	assert_null(first);
	world_ok(world, store_patient_get(world->store, world->patient.uuid, &back, &world->why));
	store_logout(&second);
	assert_int_equal(store_access(world->store), STORE_LOCKED);
	assert_null(world->store->vault);
	assert_null(world->store->names);
	assert_null(world->store->key_at_hand);
	world_refused(world, store_patient_get(world->store, world->patient.uuid, &back, &world->why), ST_DENIED,
	              "locked");
}

/* ---- delays ---- */

static void wrong_secrets_cost_growing_delays(void **state)
{
	struct store_world *world = *state;
	static const int64_t delay_s[] = {0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900};
	struct session *session = NULL;
	struct store_person person;
	const struct secret bad = SECRET("walnut harbour sextanz");
	int64_t at = 0;
	world_reopen_locked(world);
	for (size_t i = 0; i < sizeof delay_s / sizeof *delay_s; i++) {
		world_refused(world, try(world, FIXTURE_LOGIN, bad, at, NULL, &session), ST_DENIED, "wrong secret");
		if (delay_s[i] == 0)
			continue;
		world_refused(world, try(world, FIXTURE_LOGIN, fixture_secret, at + delay_s[i] * 1000 - 1, NULL, &session),
		              ST_DENIED, "wait 1 s");
		at += delay_s[i] * 1000;
	}
	world_ok(world, store_person_get(world->store, FIXTURE_LOGIN, &person, &world->why));
	assert_int_equal(person.failures, (int)(sizeof delay_s / sizeof *delay_s));
	world_ok(world, try(world, FIXTURE_LOGIN, fixture_secret, at, NULL, &session));
	world_ok(world, store_person_get(world->store, FIXTURE_LOGIN, &person, &world->why));
	assert_int_equal(person.failures, 0);
	struct store_audit_list audit;
	world_ok(world, store_audit_list(world->store, 0, 0, &audit, &world->why));
	assert_string_equal(audit.items[audit.count - 2].action, "login.failed");
	assert_string_equal(audit.items[audit.count - 2].object, "fixture, 14 wrong");
	store_audit_list_free(&audit);
}

static void fail_times(struct store_world *world, int times, int64_t at_ms)
{
	struct session *session = NULL;
	for (int i = 0; i < times; i++)
		world_refused(world, try(world, FIXTURE_LOGIN, SECRET("no such secret"), at_ms + i * HOUR_MS, NULL, &session),
		              ST_DENIED, "wrong secret");
}

/* Neither a restart of the program, nor of the machine, nor another clock shortens a delay. */
static void delays_outlive_restarts_and_clocks(void **state)
{
	struct store_world *world = *state;
	static const char other_boot[] = "00000000-0000-4000-8000-000000000002";
	struct session *session = NULL;
	struct store_moment moment = fixture_moment;
	world_reopen_locked(world);
	fail_times(world, 12, 0); /* 512 s */
	const int64_t last = 11 * HOUR_MS;
	world_reopen_locked(world);
	world_refused(world, try(world, FIXTURE_LOGIN, fixture_secret, last + 500000, NULL, &session), ST_DENIED,
	              "wait 12 s");
	moment.at_ms += 1000 * (int64_t)HOUR_MS; /* the clock is set forward, or back */
	moment.since_boot_ms += last;
	world_refused(world, store_login(world->store, FIXTURE_LOGIN, fixture_secret, &moment, &session, &world->why),
	              ST_DENIED, "wait 512 s");
	moment.at_ms = 0;
	world_refused(world, store_login(world->store, FIXTURE_LOGIN, fixture_secret, &moment, &session, &world->why),
	              ST_DENIED, "wait 512 s");
	moment = (struct store_moment){.at_ms = FIXTURE_NOW_MS * 2, .since_boot_ms = 30000};
	(void)snprintf(moment.boot, sizeof moment.boot, "%s", other_boot); /* only this boot's time counts */
	world_refused(world, store_login(world->store, FIXTURE_LOGIN, fixture_secret, &moment, &session, &world->why),
	              ST_DENIED, "wait 482 s");
	moment.since_boot_ms = 512000;
	world_ok(world, store_login(world->store, FIXTURE_LOGIN, fixture_secret, &moment, &session, &world->why));
}

static void a_hundred_failures_close_a_login(void **state)
{
	struct store_world *world = *state;
	struct session *session = NULL;
	add_person(world, "derm", ROLE_DERMATOLOGIST | ROLE_ADMINISTRATOR, dermatologist);
	world_reopen_locked(world);
	fail_times(world, STORE_FAILURES_MAX, 0);
	world_refused(world, try(world, FIXTURE_LOGIN, fixture_secret, 1000 * (int64_t)HOUR_MS, NULL, &session),
	              ST_DENIED, "closed");
	world_ok(world, try(world, "derm", dermatologist, 0, NULL, &session)); /* others are not locked out */
	world_ok(world, store_person_reset(world->store, session, FIXTURE_LOGIN, SECRET("granite violin summer"),
	                                   &fixture_stamp, &world->why));
	store_logout(&session);
	world_ok(world, try(world, FIXTURE_LOGIN, SECRET("granite violin summer"), 0, NULL, &session));
	assert_int_equal(session_person(session)->key_number, 2);
}

/* The failure stands in the file before the secret is tried: a process that is killed in between gains nothing.
 * Unknown logins are refused with the same words. */
static void unknown_logins_look_like_wrong_secrets(void **state)
{
	struct store_world *world = *state;
	struct session *session = NULL;
	struct fail known;
	world_reopen_locked(world);
	world_refused(world, try(world, FIXTURE_LOGIN, SECRET("no such secret"), 0, NULL, &session), ST_DENIED, "wrong");
	known = world->why;
	world_refused(world, try(world, "nobody", SECRET("no such secret"), 0, NULL, &session), ST_DENIED, "wrong");
	assert_string_equal(known.text, world->why.text);
	world_refused(world, try(world, "No Login'; --", SECRET("no such secret"), 0, NULL, &session), ST_DENIED, "wrong");
	assert_null(session);
}

/* ---- people ---- */

static void only_administrators_let_people_in(void **state)
{
	struct store_world *world = *state;
	struct session *session = NULL, *administrator = own(world);
	size_t erased;
	struct store_person_new person = {.login = "new", .name = "N", .roles = ROLE_VIEWER, .secret = dermatologist};
	add_person(world, "derm", ROLE_DERMATOLOGIST, dermatologist);
	world_ok(world, try(world, "derm", dermatologist, 0, NULL, &session));
	world_refused(world, store_person_add(world->store, session, &person, &fixture_stamp, &world->why), ST_DENIED,
	              "administrators");
	world_refused(world, store_person_disable(world->store, session, FIXTURE_LOGIN, true, &fixture_stamp, &world->why),
	              ST_DENIED, "administrators");
	world_refused(world, store_person_reset(world->store, session, FIXTURE_LOGIN, dermatologist, &fixture_stamp,
	                                        &world->why),
	              ST_DENIED, "administrators");
	world_refused(world, store_patient_erase(world->store, session, world->patient.uuid, "x", &fixture_stamp,
	                                         &world->why),
	              ST_DENIED, "administrators");
	world_refused(world, store_anchor_accept(world->store, session, "x", &fixture_stamp, &erased, &world->why),
	              ST_DENIED, "administrators");
	person.login = "derm";
	world_refused(world, store_person_add(world->store, administrator, &person, &fixture_stamp, &world->why),
	              ST_CONFLICT, "taken");
	person.login = "Derm";
	world_refused(world, store_person_add(world->store, administrator, &person, &fixture_stamp, &world->why), ST_INPUT,
	              "login");
	person.login = "new";
	person.roles = 0;
	world_refused(world, store_person_add(world->store, administrator, &person, &fixture_stamp, &world->why), ST_INPUT,
	              "role");
	person.roles = ROLES_ALL + 1;
	world_refused(world, store_person_add(world->store, administrator, &person, &fixture_stamp, &world->why), ST_INPUT,
	              "role");
}

static void the_disabled_open_nothing(void **state)
{
	struct store_world *world = *state;
	struct session *session = NULL;
	struct store_person person;
	const struct store_stamp *stamp = &fixture_stamp;
	world_refused(world, store_person_disable(world->store, own(world), FIXTURE_LOGIN, true, stamp, &world->why),
	              ST_DENIED, "themselves");
	world_refused(world, store_person_roles(world->store, own(world), FIXTURE_LOGIN, ROLE_VIEWER, stamp, &world->why),
	              ST_DENIED, "last administrator");
	add_person(world, "derm", ROLE_DERMATOLOGIST, dermatologist);
	world_ok(world, store_person_disable(world->store, own(world), "derm", true, stamp, &world->why));
	world_reopen(world);
	world_refused(world, try(world, "derm", dermatologist, 0, NULL, &session), ST_DENIED, "disabled");
	world_refused(world, store_person_disable(world->store, own(world), "derm", false, stamp, &world->why), ST_DENIED,
	              "new secret");
	world_ok(world, store_person_get(world->store, "derm", &person, &world->why));
	assert_true(person.is_disabled);
	struct sign_public first;
	world_ok(world, store_person_key(world->store, person.uuid, 1, &first, &world->why)); /* what they signed stays */
	assert_memory_equal(first.bytes, person.public_key.bytes, sizeof first.bytes);
	world_ok(world, store_person_reset(world->store, own(world), "derm", dermatologist, stamp, &world->why));
	world_ok(world, try(world, "derm", dermatologist, 0, NULL, &session));
	assert_memory_not_equal(session_person(session)->public_key.bytes, first.bytes, sizeof first.bytes);
	world_refused(world, store_person_key(world->store, person.uuid, 3, &first, &world->why), ST_NOT_FOUND, "key");
}

static void one_changes_ones_own_secret(void **state)
{
	struct store_world *world = *state;
	const struct secret fresh = SECRET("granite violin summer");
	struct sign_public key = own(world)->person.public_key;
	struct session *session = NULL;
	world_refused(world, store_person_secret(world->store, own(world), dermatologist, fresh, &fixture_moment,
	                                         &world->why),
	              ST_DENIED, "wrong");
	world_refused(world, store_person_secret(world->store, own(world), fixture_secret, SECRET("short"),
	                                         &fixture_moment, &world->why),
	              ST_INPUT, "shorter");
	world_ok(world, store_person_secret(world->store, own(world), fixture_secret, fresh, &fixture_moment,
	                                    &world->why));
	world_reopen_locked(world);
	world_refused(world, try(world, FIXTURE_LOGIN, fixture_secret, 0, NULL, &session), ST_DENIED, "wrong");
	world_ok(world, try(world, FIXTURE_LOGIN, fresh, 0, NULL, &session));
	assert_memory_equal(session_person(session)->public_key.bytes, key.bytes, sizeof key.bytes);
	assert_int_equal(session_person(session)->key_number, 1);
}

/* A row of the table of people changed in the file, or another store's slot, opens nothing. */
static void changed_people_are_refused(void **state)
{
	struct store_world *world = *state;
	struct session *session = NULL;
	add_person(world, "derm", ROLE_DERMATOLOGIST, dermatologist);
	store_close(&world->store);
	size_t n;
	unsigned char *bytes = read_file(world->path, &n);
	static const struct {
		const char *sql;
		enum status expected;
	} changes[] = {
	        {"UPDATE person SET operations = 2", ST_IO},
	        {"UPDATE person SET login = 'derm2' WHERE login = 'derm'", ST_DENIED},
	        {"UPDATE person SET sealed = (SELECT sealed FROM person WHERE login = 'fixture') WHERE login = 'derm'",
	         ST_IO},
	        {"UPDATE person SET slot = (SELECT slot FROM person WHERE login = 'fixture'),"
	         " salt = (SELECT salt FROM person WHERE login = 'fixture') WHERE login = 'derm'",
	         ST_IO},
	        {"UPDATE store_info SET uuid = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'", ST_IO},
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct store_options options = {.now_ms = FIXTURE_NOW_MS, .vfs = POWERCUT_VFS, .kdf = store_kdf_least};
		world_sql(world, "DROP TRIGGER IF EXISTS store_info_no_update");
		world_sql(world, changes[i].sql);
		enum status st = store_open(world->path, &options, &world->store, &world->why);
		if (st == ST_OK)
			st = try(world, "derm", dermatologist, 0, NULL, &session);
		if (st != changes[i].expected)
			fail_msg("%s: %s %s", changes[i].sql, status_name(st), world->why.text);
		assert_null(session);
		store_close(&world->store);
		write_file(world->path, bytes, n);
	}
	free(bytes);
}

/* ---- recovery and signing ---- */

static void the_recovery_key_opens_when_nobody_can(void **state)
{
	struct store_world *world = *state;
	unsigned char public_key[32], secret_key[32], wrong[32] = {9};
	const struct secret fresh = SECRET("granite violin summer");
	struct session *session = NULL;
	struct store_patient back;
	fixture_recovery(public_key, secret_key);
	world_refused(world, store_recover(world->store, secret_key, FIXTURE_LOGIN, fresh, &fixture_stamp, &session,
	                                   &world->why),
	              ST_CONFLICT, "not locked");
	world_reopen_locked(world);
	world_refused(world, store_recover(world->store, wrong, FIXTURE_LOGIN, fresh, &fixture_stamp, &session,
	                                   &world->why),
	              ST_DENIED, "recovery key");
	world_refused(world, store_recover(world->store, secret_key, "nobody", fresh, &fixture_stamp, &session,
	                                   &world->why),
	              ST_NOT_FOUND, "nobody");
	assert_int_equal(store_access(world->store), STORE_LOCKED);
	world_ok(world, store_recover(world->store, secret_key, FIXTURE_LOGIN, fresh, &fixture_stamp, &session,
	                              &world->why));
	world_ok(world, store_patient_get(world->store, world->patient.uuid, &back, &world->why));
	assert_string_equal(back.label, "Zebedee Quill");
	struct store_audit_list audit;
	world_ok(world, store_audit_list(world->store, 0, 0, &audit, &world->why));
	assert_string_equal(audit.items[audit.count - 1].action, "person.recover");
	store_audit_list_free(&audit);
	world_reopen_locked(world);
	world_ok(world, try(world, FIXTURE_LOGIN, fresh, 0, NULL, &session));
}

static void signing_takes_the_secret_again(void **state)
{
	struct store_world *world = *state;
	struct signature signature;
	struct session *session = own(world);
	const struct sign_public *key = &session_person(session)->public_key;
	world_refused(world, session_sign(session, "derm", fixture_secret, &fixture_moment, "plan", 4, &signature,
	                                  &world->why),
	              ST_DENIED, "not yours");
	world_refused(world, session_sign(session, FIXTURE_LOGIN, dermatologist, &fixture_moment, "plan", 4, &signature,
	                                  &world->why),
	              ST_DENIED, "wrong");
	world_ok(world, session_sign(session, FIXTURE_LOGIN, fixture_secret, &fixture_moment, "plan", 4, &signature,
	                             &world->why));
	assert_true(sign_verify(key, "plan", 4, &signature));
	assert_false(sign_verify(key, "plam", 4, &signature));
}

static void roles_are_words(void **state)
{
	struct store_world *world = *state;
	unsigned roles = 0;
	char text[64];
	world_ok(world, roles_parse("technician,viewer", &roles, &world->why));
	assert_int_equal(roles, ROLE_TECHNICIAN | ROLE_VIEWER);
	roles_format(ROLES_ALL, text, sizeof text);
	assert_string_equal(text, "technician,dermatologist,administrator,viewer");
	world_refused(world, roles_parse("", &roles, &world->why), ST_INPUT, "missing");
	world_refused(world, roles_parse("viewer,root", &roles, &world->why), ST_INPUT, "root");
	assert_string_equal(role_name(ROLE_DERMATOLOGIST), "dermatologist");
	assert_null(role_name((enum person_role)(ROLE_VIEWER | ROLE_TECHNICIAN)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_world_new, store_world_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(nobody_writes_in_anothers_name),
	        TEST(a_new_store_needs_an_administrator),
	        TEST(secrets_are_judged),
	        TEST(nothing_is_read_or_written_while_locked),
	        TEST(the_last_session_locks),
	        TEST(wrong_secrets_cost_growing_delays),
	        TEST(delays_outlive_restarts_and_clocks),
	        TEST(a_hundred_failures_close_a_login),
	        TEST(unknown_logins_look_like_wrong_secrets),
	        TEST(only_administrators_let_people_in),
	        TEST(the_disabled_open_nothing),
	        TEST(one_changes_ones_own_secret),
	        TEST(changed_people_are_refused),
	        TEST(the_recovery_key_opens_when_nobody_can),
	        TEST(signing_takes_the_secret_again),
	        TEST(roles_are_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
