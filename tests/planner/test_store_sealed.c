/* Sealed at rest: nothing of a patient stands in any file, no row can be moved, erasing leaves nothing to read,
 * keys are wiped, and a store of schema 1 is sealed without loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "physics/base/rng.h"
#include "tests/support/campaign.h"
#include "tests/support/store_world.h"
#include "tests/support/vfs_powercut.h"

/* ---- at rest ---- */

static bool holds(const unsigned char *bytes, size_t n, const char *text)
{
	size_t length = strlen(text);
	for (size_t i = 0; i + length <= n; i++)
		if (memcmp(bytes + i, text, length) == 0)
			return true;
	return false;
}

/* Whether any file of the folder holds the text. */
static bool folder_holds(const char *folder, const char *text)
{
	bool found = false;
	DIR *files = opendir(folder);
	assert_non_null(files);
	for (struct dirent *file; (file = readdir(files)) != NULL;) {
		char path[2 * TEMP_PATH_SIZE + 300];
		size_t n;
		if (file->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
		unsigned char *bytes = read_file(path, &n);
		found = found || holds(bytes, n, text);
		free(bytes);
	}
	closedir(files);
	return found;
}

static const char *const private_texts[] = {"Zebedee", "Quill", "1987-06-30", "lentigo", "ita_deg",  "melanin",
                                            "energy",  "ALLOW", "note-77",    "R-4711",  "technician", "server-9",
                                            "Virtual administrator", "walnut", "report.print", "unfinished"};

static void write_everything(struct store_world *world)
{
	struct store_record record = {.kind = "outcome", .at_ms = FIXTURE_NOW_MS, .json = "{\"text\":\"note-77\"}"};
	struct store_patient other = {.label = "Quill Zebedee", .record_number = "R-4711", .sex = 'U'};
	struct store_external external = {.object = OUTBOX_PATIENT, .receipt = {"server-9", "1", ""}};
	record.json_len = strlen(record.json);
	world_ok(world, uuid_new(record.uuid, &world->why));
	world_ok(world, uuid_new(other.uuid, &world->why));
	memcpy(record.patient, world->patient.uuid, sizeof record.patient);
	memcpy(external.uuid, other.uuid, sizeof external.uuid);
	world_ok(world, store_record_add(world->store, &record, &fixture_stamp, &world->why));
	world_ok(world, store_patient_add(world->store, &other, &fixture_stamp, &world->why));
	world_ok(world, store_external_put(world->store, &external, &fixture_stamp, &world->why));
	world_ok(world, store_draft_put(world->store, world->patient.uuid, "plan", "{\"text\":\"unfinished\"}", 21,
	                                &fixture_stamp, &world->why));
	world_ok(world, store_audit_add(world->store, "report.print", "page", NULL, &fixture_stamp, &world->why));
	world_ok(world, store_sync_set(world->store, "k", "server-9", &fixture_stamp, &world->why));
}

/* Also while a transaction is open, when the journal is there. */
static void nothing_private_stands_in_any_file(void **state)
{
	struct store_world *world = *state;
	write_everything(world);
	world_ok(world, store_group_begin(world->store, &world->why));
	struct store_patient third = {.label = "Zebedee Third", .sex = 'U'};
	for (int i = 0; i < 40; i++) {
		world_ok(world, uuid_new(third.uuid, &world->why));
		world_ok(world, store_patient_add(world->store, &third, &fixture_stamp, &world->why));
	}
	for (size_t i = 0; i < sizeof private_texts / sizeof *private_texts; i++)
		if (folder_holds(world->folder, private_texts[i]))
			fail_msg("\"%s\" stands in a file while it is written", private_texts[i]);
	world_ok(world, store_group_commit(world->store, &world->why));
	store_close(&world->store);
	for (size_t i = 0; i < sizeof private_texts / sizeof *private_texts; i++)
		if (folder_holds(world->folder, private_texts[i]))
			fail_msg("\"%s\" stands in a file", private_texts[i]);
	assert_true(folder_holds(world->folder, "ultrapulse.deepfx")); /* the search does find what is plain */
}

static void equal_patients_do_not_look_equal(void **state)
{
	struct store_world *world = *state;
	struct store_patient twin = {.label = "Zebedee Quill", .birth = "1987-06-30", .sex = 'F'};
	sqlite3_stmt *statement;
	world_ok(world, uuid_new(twin.uuid, &world->why));
	world_ok(world, store_patient_add(world->store, &twin, &fixture_stamp, &world->why));
	assert_int_equal(sqlite3_prepare_v2(world->store->db, "SELECT count(DISTINCT sealed), count(DISTINCT length(sealed))"
	                                                      " FROM patient",
	                                    -1, &statement, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(statement, 0), 2);
	assert_int_equal(sqlite3_column_int(statement, 1), 1); /* padded */
	sqlite3_finalize(statement);
}

/* ---- the seal itself ---- */

static void seals_hold_what_they_are_bound_to(void **state)
{
	(void)state;
	unsigned char key[VAULT_KEY_BYTES] = {1}, other[VAULT_KEY_BYTES] = {2}, plain[600], sealed[700], out[700];
	struct digest to = {{3}}, elsewhere = {{4}};
	size_t n = 0;
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (unsigned char)(i * 7);
	for (size_t length = 0; length <= 520; length++) {
		size_t size = vault_sealed_size(length);
		assert_true(size <= sizeof sealed && (size - 40) % VAULT_PAD == 0 && size > length + 40);
		vault_seal(key, &to, plain, length, sealed);
		assert_true(vault_unseal(key, &to, sealed, size, out, &n));
		assert_int_equal(n, length);
		assert_memory_equal(out, plain, length);
		assert_false(vault_unseal(other, &to, sealed, size, out, &n));
		assert_false(vault_unseal(key, &elsewhere, sealed, size, out, &n));
		assert_false(vault_unseal(key, &to, sealed, size - 1, out, &n));
		sealed[length % size] ^= 1;
		assert_false(vault_unseal(key, &to, sealed, size, out, &n));
	}
	assert_false(vault_unseal(key, &to, sealed, 39, out, &n));
	assert_false(vault_unseal(key, &to, sealed, 0, out, &n));
}

/* draft-irtf-cfrg-xchacha-03, appendix A.3.1, through libsodium as the vault calls it, is libsodium's own test; the
 * ratchet is ours: BLAKE2b-256 keyed with the key, of the step's name. */
static void the_ratchet_is_one_way_and_fixed(void **state)
{
	(void)state;
	unsigned char key[VAULT_KEY_BYTES];
	struct digest third;
	char text[DIGEST_TEXT_SIZE];
	for (int i = 0; i < VAULT_KEY_BYTES; i++)
		key[i] = (unsigned char)i;
	for (int i = 0; i < 3; i++)
		vault_ratchet(key);
	memcpy(third.bytes, key, sizeof key);
	digest_hex(&third, text);
	/* python3 -c 'import hashlib as h; k=bytes(range(32))
	 * for i in range(3): k=h.blake2b(b"lasertwin-ratchet/1",key=k,digest_size=32).digest()
	 * print(k.hex())' */
	assert_string_equal(text, "1daf53641a18e3beb346c8c6294a033db07a1c570043e329349dba3b6fa91954");
}

static void a_patient_key_is_bound_to_its_patient(void **state)
{
	struct store_world *world = *state;
	struct store_patient other, back;
	char sql[400];
	fixture_patient(world->store, "Other", &other);
	world_sql(world, "DROP TRIGGER patient_key_no_update");
	(void)snprintf(sql, sizeof sql,
	               "UPDATE patient_key SET wrapped = (SELECT wrapped FROM patient_key WHERE patient = '%s')"
	               " WHERE patient = '%s'",
	               other.uuid, world->patient.uuid);
	world_sql(world, sql);
	world_reopen(world);
	world_refused(world, store_patient_get(world->store, world->patient.uuid, &back, &world->why), ST_IO,
	              "patient_key");
}

/* ---- moved rows: every pair of columns of two rows of one table exchanged ---- */

static const char *const moved_tables[] = {"patient",  "readings", "twin",   "plan_version", "plan_event",
                                           "record",   "outbox",   "audit",  "patient_key",  "twin_source",
                                           "external", "sync",     "draft",  "patient_page"};

static void add_second_of_each(struct store_world *world)
{
	struct store_patient other;
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE];
	write_everything(world);
	fixture_patient(world->store, "Other", &other);
	fixture_readings(world->store, other.uuid, "{\"ita_deg\":12}", readings);
	fixture_twin(world->store, other.uuid, readings, twin);
	struct store_plan plan = fixture_plan(other.uuid, twin);
	plan.json = "{\"energy_mJ\":99}";
	plan.json_len = strlen(plan.json);
	world_ok(world, store_plan_add_version(world->store, &plan, &fixture_stamp, &world->why));
	struct store_record record = {.kind = "outcome", .at_ms = FIXTURE_NOW_MS, .json = "{}", .json_len = 2};
	world_ok(world, uuid_new(record.uuid, &world->why));
	memcpy(record.patient, other.uuid, sizeof record.patient);
	world_ok(world, store_record_add(world->store, &record, &fixture_stamp, &world->why));
	struct store_external external = {.object = OUTBOX_PATIENT, .receipt = {"server-10", "1", ""}};
	memcpy(external.uuid, other.uuid, sizeof external.uuid);
	world_ok(world, store_external_put(world->store, &external, &fixture_stamp, &world->why));
	world_ok(world, store_draft_put(world->store, other.uuid, "plan", "{}", 2, &fixture_stamp, &world->why));
	world_ok(world, store_sync_set(world->store, "l", "other", &fixture_stamp, &world->why));
}

static void drop_all_triggers(struct store_world *world)
{
	static const char list[] = "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'";
	sqlite3_stmt *statement;
	char sql[200];
	for (;;) {
		assert_int_equal(sqlite3_prepare_v2(world->store->db, list, -1, &statement, NULL), SQLITE_OK);
		bool more = sqlite3_step(statement) == SQLITE_ROW;
		if (more)
			(void)snprintf(sql, sizeof sql, "%s", (const char *)sqlite3_column_text(statement, 0));
		sqlite3_finalize(statement);
		if (!more)
			return;
		assert_int_equal(sqlite3_exec(world->store->db, sql, NULL, NULL, NULL), SQLITE_OK);
	}
}

static int columns_of(struct store_world *world, const char *table, char names[][32], int most)
{
	char sql[100];
	int count = 0;
	sqlite3_stmt *statement;
	(void)snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s')", table);
	assert_int_equal(sqlite3_prepare_v2(world->store->db, sql, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW && count < most)
		(void)snprintf(names[count++], 32, "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return count;
}

/* The first row takes one column of the last one; gives false when that changes nothing or cannot be done. */
static bool take_column(struct store_world *world, const char *table, const char *column)
{
	char sql[8192];
	bool keyless = strcmp(table, "patient_key") == 0; /* without rowid */
	const char *name = keyless ? "patient" : "rowid";
	(void)snprintf(sql, sizeof sql,
	               "UPDATE %s SET %s = (SELECT %s FROM %s ORDER BY %s DESC LIMIT 1) WHERE %s = (SELECT min(%s) FROM %s)"
	               " AND %s IS NOT (SELECT %s FROM %s ORDER BY %s DESC LIMIT 1)",
	               table, column, column, table, name, name, name, table, column, column, table, name);
	return sqlite3_exec(world->store->db, sql, NULL, NULL, NULL) == SQLITE_OK &&
	       sqlite3_changes(world->store->db) > 0;
}

static void no_column_can_be_moved_to_another_row(void **state)
{
	struct store_world *world = *state;
	unsigned moves = 0;
	add_second_of_each(world);
	drop_all_triggers(world);
	assert_int_equal(sqlite3_exec(world->store->db, "PRAGMA foreign_keys = OFF", NULL, NULL, NULL), SQLITE_OK);
	for (size_t t = 0; t < sizeof moved_tables / sizeof *moved_tables; t++) {
		char names[16][32];
		int count = columns_of(world, moved_tables[t], names, 16);
		assert_true(count >= 3);
		for (int c = 0; c < count; c++) {
			assert_int_equal(sqlite3_exec(world->store->db, "SAVEPOINT moved", NULL, NULL, NULL), SQLITE_OK);
			if (take_column(world, moved_tables[t], names[c])) {
				patient_key_forget(world->store);
				world_refused(world, store_check(world->store, NULL, &world->why), ST_IO, "");
				if (!strstr(world->why.field, moved_tables[t]) && strcmp(names[c], "seq") != 0)
					fail_msg("%s.%s: names %s", moved_tables[t], names[c], world->why.field);
				moves++;
			}
			assert_int_equal(sqlite3_exec(world->store->db, "ROLLBACK TO moved; RELEASE moved", NULL, NULL, NULL),
			                 SQLITE_OK);
			patient_key_forget(world->store);
		}
	}
	print_message("%u columns moved between rows: all refused by name\n", moves);
	assert_true(moves > 40);
	world_ok(world, store_check(world->store, NULL, &world->why));
}

/* ---- erasing ---- */

static void an_erased_patient_cannot_be_read(void **state)
{
	struct store_world *world = *state;
	struct store_patient back;
	struct store_patient_list patients;
	struct store_plan_list plans;
	struct store_plan plan;
	struct store_readings readings;
	struct store_record_list records;
	struct store_audit_found found;
	const char *patient = world->patient.uuid;
	struct store_plan_event_list events;
	write_everything(world);
	world_ok(world, store_plan_event_all(world->store, NULL, 100, &events, &world->why));
	assert_true(events.count > 0);
	store_plan_event_list_free(&events);
	world_refused(world, store_patient_erase(world->store, world->store->sessions, patient, "", &fixture_stamp,
	                                         &world->why),
	              ST_INPUT, "reason");
	world_ok(world, store_patient_erase(world->store, world->store->sessions, patient, "asked to be \"forgotten\"",
	                                    &fixture_stamp, &world->why));
	for (int opening = 0; opening < 2; opening++) {
		world_refused(world, store_patient_get(world->store, patient, &back, &world->why), ST_NOT_FOUND, "erased");
		world_refused(world, store_readings_get(world->store, world->readings, &readings, &world->why), ST_NOT_FOUND,
		              "erased");
		world_refused(world, store_plan_get(world->store, world->plan.uuid, 1, &plan, &world->why), ST_NOT_FOUND,
		              "erased");
		world_ok(world, store_plan_list(world->store, &(struct store_plan_query){0}, &plans, &world->why));
		assert_int_equal(plans.count, 0);
		store_plan_list_free(&plans);
		world_ok(world, store_plan_event_all(world->store, NULL, 100, &events, &world->why));
		assert_int_equal(events.count, 0);
		store_plan_event_list_free(&events);
		world_ok(world, store_patient_list(world->store, &(struct store_patient_query){0}, &patients, &world->why));
		assert_int_equal(patients.count, 1);
		assert_string_equal(patients.items[0].label, "Quill Zebedee");
		store_patient_list_free(&patients);
		world_ok(world, store_record_list(world->store, &(struct store_record_query){0}, &records, &world->why));
		assert_int_equal(records.count, 1);
		assert_string_equal(records.items[0].kind, "erasure");
		assert_string_equal(records.items[0].subject, patient);
		assert_non_null(strstr(records.items[0].json, "forgotten"));
		store_record_list_free(&records);
		world_ok(world, store_check(world->store, NULL, &world->why));
		world_ok(world, store_audit_verify(world->store, NULL, &found, &world->why));
		world_reopen(world);
	}
	world_refused(world, store_patient_erase(world->store, world->store->sessions, patient, "again", &fixture_stamp,
	                                         &world->why),
	              ST_NOT_FOUND, "erased");
	world_refused(world, store_draft_put(world->store, patient, "plan", "{}", 2, &fixture_stamp, &world->why),
	              ST_NOT_FOUND, "erased");
}

static void an_erased_record_number_is_free_again(void **state)
{
	struct store_world *world = *state;
	struct store_patient found, again = {.label = "New", .record_number = "r- 4711", .sex = 'U'};
	write_everything(world);
	world_ok(world, store_patient_of_number(world->store, " R-4711", &found, &world->why));
	assert_string_equal(found.label, "Quill Zebedee");
	world_ok(world, uuid_new(again.uuid, &world->why));
	world_refused(world, store_patient_add(world->store, &again, &fixture_stamp, &world->why), ST_CONFLICT,
	              "another patient");
	world_ok(world, store_patient_erase(world->store, world->store->sessions, found.uuid, "x", &fixture_stamp,
	                                    &world->why));
	world_refused(world, store_patient_of_number(world->store, "R-4711", &found, &world->why), ST_NOT_FOUND,
	              "no patient's");
	world_ok(world, store_patient_add(world->store, &again, &fixture_stamp, &world->why));
}

/* ---- damage, at random ---- */

enum { DAMAGES = 250 };

/* Flips of 1 to 4 bits, pages exchanged, bytes zeroed, tails cut. */
static size_t damage(unsigned char *bytes, size_t n, struct rng *rng)
{
	static unsigned char page[4096];
	size_t at = rng_next(rng) % n, pages = n / sizeof page;
	switch (rng_next(rng) % 8) {
	case 0: {
		unsigned char *a = bytes + sizeof page * (rng_next(rng) % pages), *b = bytes + sizeof page * (at % pages);
		memcpy(page, a, sizeof page);
		memmove(a, b, sizeof page);
		memcpy(b, page, sizeof page);
		return n;
	}
	case 1:
		memset(bytes + at, 0, n - at < 64 ? n - at : 64);
		return n;
	case 2:
		return n - sizeof page * (1 + rng_next(rng) % 3);
	default:
		for (unsigned flips = 1 + (unsigned)(rng_next(rng) % 4); flips > 0; flips--)
			bytes[(at + rng_next(rng) % 8) % n] ^= (unsigned char)(1u << rng_next(rng) % 8);
		return n;
	}
}

struct contents {
	struct digest digest;
	bool opened;
};

/* All that a reader can see of patients, readings, plans and records. */
static struct contents read_all(struct store_world *world)
{
	static const enum table seen[] = {TABLE_PATIENT,     TABLE_IDENTITY, TABLE_READINGS,   TABLE_TWIN,
	                                  TABLE_TWIN_SOURCE, TABLE_PLAN,     TABLE_PLAN_EVENT, TABLE_RECORD,
	                                  TABLE_OUTBOX,      TABLE_EXTERNAL, TABLE_PATIENT_PAGE};
	struct store_options options = {.now_ms = FIXTURE_NOW_MS, .vfs = POWERCUT_VFS, .kdf = store_kdf_least};
	struct contents all = {.opened = false};
	struct digest_stream stream;
	enum status st = store_open(world->path, &options, &world->store, &world->why);
	if (st == ST_OK)
		st = fixture_unlock(world->store, &world->why);
	if (st == ST_OK)
		st = store_check(world->store, NULL, &world->why);
	digest_begin(&stream, "all");
	for (size_t t = 0; t < sizeof seen / sizeof *seen && st == ST_OK; t++) {
		sqlite3_stmt *statement = statement_use(world->store, (enum statement)(SQL_ALL_ROWS + seen[t]));
		while (sqlite3_step(statement) == SQLITE_ROW)
			for (int i = 0; i < sqlite3_column_count(statement); i++)
				digest_add_blob(&stream, sqlite3_column_blob(statement, i),
				                (size_t)sqlite3_column_bytes(statement, i));
		statement_done(statement);
	}
	digest_end(&stream, &all.digest);
	all.opened = st == ST_OK;
	store_close(&world->store);
	return all;
}

static void no_damage_changes_what_is_read(void **state)
{
	struct store_world *world = *state;
	struct rng rng;
	size_t n;
	unsigned refused = 0, harmless = 0;
	const unsigned asked = campaign_asked("LASERTWIN_DAMAGES", DAMAGES);
	add_second_of_each(world);
	store_close(&world->store);
	assert_int_equal(unlink(world->anchor), 0); /* a login writes nothing then */
	unsigned char *bytes = read_file(world->path, &n), *damaged = malloc(n);
	struct contents before = read_all(world);
	assert_true(before.opened);
	rng_seed(&rng, 31, campaign_seed());
	for (unsigned i = 0; i < asked; i++) {
		memcpy(damaged, bytes, n);
		write_file(world->path, damaged, damage(damaged, n, &rng));
		world->why = (struct fail){.code = ST_OK};
		struct contents after = read_all(world);
		if (after.opened && !digest_equal(&after.digest, &before.digest))
			fail_msg("damage %u changed what is read", i);
		if (!after.opened && (!world->why.text[0] || !world->why.field[0]))
			fail_msg("damage %u is refused without a name: %s", i, world->why.text);
		refused += !after.opened;
		harmless += after.opened;
		campaign_progress("damages", i + 1, asked);
	}
	print_message("%u damages: %u refused by name, %u changed nothing that is read\n", asked, refused,
	              harmless);
	assert_true(refused > asked / 10);
	free(damaged);
	free(bytes);
}

/* ---- schema 1 ---- */

static void load_schema_1(struct store_world *world)
{
	size_t n;
	sqlite3 *db = NULL;
	store_close(&world->store);
	(void)snprintf(world->path, sizeof world->path, "%s/old.db", world->folder);
	write_file(world->path, "", 0);
	assert_int_equal(chmod(world->path, 0600), 0);
	unsigned char *sql = read_file("tests/planner/data/schema_1.sql", &n);
	assert_int_equal(sqlite3_open_v2(world->path, &db, SQLITE_OPEN_READWRITE, POWERCUT_VFS), SQLITE_OK);
	if (sqlite3_exec(db, (const char *)sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("schema 1: %s", sqlite3_errmsg(db));
	sqlite3_close(db);
	free(sql);
}

#define OLD_PATIENT "88f02032-faa5-4d0b-aab6-3c5ccf7bfe10"
#define OLD_PLAN "3b3d6055-0a4f-43a9-8596-d321ea49badc"

static void schema_1_is_sealed_without_loss(void **state)
{
	struct store_world *world = *state;
	struct store_patient patient;
	struct store_readings readings;
	struct store_plan_list versions;
	struct store_plan_event_list events;
	struct store_audit_list audit;
	struct store_twin twin;
	int64_t count[OUTBOX_STATES];
	load_schema_1(world);
	assert_true(folder_holds(world->folder, "VIRTUAL Second"));
	world->store = fixture_open_locked(world->path, STORE_CLINIC, POWERCUT_VFS);
	assert_int_equal(store_access(world->store), STORE_NEW);
	world_refused(world, store_patient_add(world->store, &world->patient, &fixture_stamp, &world->why), ST_DENIED,
	              "locked");
	world_ok(world, fixture_unlock(world->store, &world->why));
	for (int opening = 0; opening < 2; opening++) {
		world_ok(world, store_check(world->store, NULL, &world->why));
		world_ok(world, store_patient_get(world->store, OLD_PATIENT, &patient, &world->why));
		assert_string_equal(patient.label, "VIRTUAL \xC3\x89milie");
		assert_string_equal(patient.birth, "1987-06-30");
		world_ok(world, store_patient_of_number(world->store, "virtual-2", &patient, &world->why));
		assert_string_equal(patient.label, "VIRTUAL Second");
		world_ok(world, store_readings_latest(world->store, OLD_PATIENT, &readings, &world->why));
		assert_string_equal(readings.json, "{\"ita_deg\":41}");
		store_readings_clear(&readings);
		world_ok(world, store_twin_latest(world->store, OLD_PATIENT, &twin, &world->why));
		assert_int_equal(twin.readings_count, 1);
		store_twin_clear(&twin);
		world_ok(world, store_plan_list_versions(world->store, OLD_PLAN, &versions, &world->why));
		assert_int_equal(versions.count, 2);
		assert_string_equal(versions.items[0].json, "{\"energy_mJ\":14}");
		assert_string_equal(versions.items[1].json, "{\"energy_mJ\":15}");
		assert_string_equal(versions.items[1].state, "proposed");
		assert_string_equal(versions.items[1].verdict, "ALLOW");
		store_plan_list_free(&versions);
		world_ok(world, store_plan_event_list(world->store, OLD_PLAN, 1, &events, &world->why));
		assert_int_equal(events.count, 2);
		assert_string_equal(events.items[1].reason, "seen");
		store_plan_event_list_free(&events);
		world_ok(world, store_audit_list(world->store, 0, 0, &audit, &world->why));
		assert_string_equal(audit.items[8].object, "page 1");
		assert_string_equal(audit.items[9].action, "store.migrate");
		assert_string_equal(audit.items[10].action, "person.add");
		store_audit_list_free(&audit);
		world_ok(world, store_audit_verify(world->store, NULL, NULL, &world->why));
		world_ok(world, store_outbox_count(world->store, count, &world->why));
		assert_int_equal(count[OUTBOX_PENDING], 7); /* 2 patients, readings, twin, 2 versions, 1 event */
		world_reopen(world);
	}
	store_close(&world->store);
	assert_false(folder_holds(world->folder, "VIRTUAL Second"));
	assert_false(folder_holds(world->folder, "ita_deg"));
}

static void damaged_schema_1_is_refused_and_left_alone(void **state)
{
	struct store_world *world = *state;
	size_t before_n, after_n;
	load_schema_1(world);
	world_sql(world, "UPDATE patient SET birth = '1986-06-30' WHERE birth <> ''");
	unsigned char *before = read_file(world->path, &before_n);
	world->store = fixture_open_locked(world->path, STORE_CLINIC, POWERCUT_VFS);
	world_refused(world, fixture_unlock(world->store, &world->why), ST_IO, "patient " OLD_PATIENT);
	store_close(&world->store);
	unsigned char *after = read_file(world->path, &after_n);
	assert_int_equal(before_n, after_n);
	assert_memory_equal(before, after, before_n);
	free(before);
	free(after);
	world_sql(world, "UPDATE patient SET birth = '1987-06-30' WHERE birth <> ''");
	world->store = fixture_open_locked(world->path, STORE_CLINIC, POWERCUT_VFS);
	world_ok(world, fixture_unlock(world->store, &world->why));
	world_ok(world, store_check(world->store, NULL, &world->why));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_world_new, store_world_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(nothing_private_stands_in_any_file),
	        TEST(equal_patients_do_not_look_equal),
	        cmocka_unit_test(seals_hold_what_they_are_bound_to),
	        cmocka_unit_test(the_ratchet_is_one_way_and_fixed),
	        TEST(a_patient_key_is_bound_to_its_patient),
	        TEST(no_column_can_be_moved_to_another_row),
	        TEST(an_erased_patient_cannot_be_read),
	        TEST(an_erased_record_number_is_free_again),
	        TEST(no_damage_changes_what_is_read),
	        TEST(schema_1_is_sealed_without_loss),
	        TEST(damaged_schema_1_is_refused_and_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
