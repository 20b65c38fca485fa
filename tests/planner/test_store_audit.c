/* The audit under attack: twelve kinds of tampering, by somebody with the file alone and by somebody who holds
 * the store's keys of today. Each must be found, and the position named. LASERTWIN_TAMPERINGS asks for more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "physics/base/rng.h"
#include "tests/support/campaign.h"
#include "tests/support/store_world.h"
#include "tests/support/vfs_powercut.h"

enum { TAMPERINGS = 6, ENTRIES = 130 };

static unsigned char recovery_public[32], recovery_secret[32];

static enum status verify(struct store_world *world, bool seals, struct store_audit_found *found)
{
	return store_audit_verify(world->store, seals ? recovery_secret : NULL, found, &world->why);
}

static void add_entries(struct store_world *world, int count)
{
	world_ok(world, store_group_begin(world->store, &world->why));
	for (int i = 0; i < count; i++) {
		char object[32];
		(void)snprintf(object, sizeof object, "page %d", i);
		world_ok(world, store_audit_add(world->store, "report.print", object, NULL, &fixture_stamp, &world->why));
	}
	world_ok(world, store_group_commit(world->store, &world->why));
}

static int audit_world_new(void **state)
{
	int failed = store_world_new(state);
	fixture_recovery(recovery_public, recovery_secret);
	add_entries(*state, ENTRIES);
	return failed;
}

/* ---- in order ---- */

static void a_whole_audit_verifies(void **state)
{
	struct store_world *world = *state;
	struct store_audit_found found;
	struct store_audit_head head;
	world_ok(world, verify(world, true, &found));
	world_ok(world, store_audit_head(world->store, &head, &world->why));
	assert_int_equal(found.entries, head.seq);
	assert_true(digest_equal(&found.head.chain, &head.chain));
	assert_true(found.seals);
	assert_int_equal(found.checkpoints, 1);
	assert_int_equal(found.last_signed, 100);
	world_ok(world, verify(world, false, &found));
	assert_false(found.seals);
	unsigned char other[32] = {1};
	world_refused(world, store_audit_verify(world->store, other, &found, &world->why), ST_DENIED, "recovery key");
	world_reopen(world);
	world_ok(world, verify(world, true, &found));
	assert_int_equal(found.entries, head.seq + 1); /* the login */
}

/* In pieces, entries coming meanwhile: the same is found, and how far it has come is told. */
static void in_pieces_the_same_is_verified(void **state)
{
	struct store_world *world = *state;
	struct store_audit_check *check;
	struct store_audit_found whole;
	bool done = false;
	double before = -1;
	int pieces = 0;
	world_ok(world, store_audit_check_begin(world->store, recovery_secret, &check, &world->why));
	for (; !done && pieces < 100; pieces++) {
		world_ok(world, store_audit_check_go_on(check, 10, &done, &world->why));
		assert_true(store_audit_check_done_frac(check) >= before);
		before = store_audit_check_done_frac(check);
		if (pieces == 3)
			add_entries(world, 30);
	}
	assert_in_range(pieces, ENTRIES / 10, 99);
	world_ok(world, verify(world, true, &whole));
	assert_memory_equal(&whole.head, &store_audit_check_found(check)->head, sizeof whole.head);
	assert_int_equal(whole.checkpoints, store_audit_check_found(check)->checkpoints);
	assert_int_equal(whole.last_signed, store_audit_check_found(check)->last_signed);
	store_audit_check_end(&check);
	assert_null(check);
	store_audit_check_end(&check);
	world_ok(world, store_audit_check_begin(world->store, NULL, &check, &world->why)); /* given up after one piece */
	world_ok(world, store_audit_check_go_on(check, 10, &done, &world->why));
	assert_false(done);
	assert_int_equal(store_audit_check_found(check)->entries, 10);
	store_audit_check_end(&check);
}

static void an_approval_is_a_checkpoint(void **state)
{
	struct store_world *world = *state;
	struct store_audit_found found;
	static const char *const states[] = {"draft", "proposed", "approved"};
	for (int i = 0; i < 2; i++) {
		struct store_plan_event event = {.version = 1};
		memcpy(event.plan, world->plan.uuid, sizeof event.plan);
		(void)snprintf(event.from_state, sizeof event.from_state, "%s", states[i]);
		(void)snprintf(event.to_state, sizeof event.to_state, "%s", states[i + 1]);
		digest_bytes(world->plan.json, world->plan.json_len, &event.digest);
		world_ok(world, store_plan_event_add(world->store, &event, &fixture_stamp, &world->why));
	}
	world_ok(world, verify(world, true, &found));
	assert_int_equal(found.checkpoints, 2);
	assert_int_equal(found.last_signed, found.entries);
}

/* ---- tools of the one who tampers ---- */

static void run(struct store_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void run(struct store_world *world, const char *format, ...)
{
	char sql[600];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(sql, sizeof sql, format, arguments);
	va_end(arguments);
	if (sqlite3_exec(world->store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(world->store->db));
}

static void drop_triggers(struct store_world *world)
{
	run(world, "PRAGMA foreign_keys = OFF; DROP TRIGGER IF EXISTS audit_no_update;"
	           "DROP TRIGGER IF EXISTS audit_no_delete; DROP TRIGGER IF EXISTS audit_in_order;"
	           "DROP TRIGGER IF EXISTS checkpoint_no_update; DROP TRIGGER IF EXISTS checkpoint_no_delete");
}

/* Writes the audit anew from entry seq on, the edited entry first, as the store itself would, with today's
 * ratchet key: all that an insider can do. */
static void rewrite_from(struct store_world *world, int64_t seq, const char *action, int64_t at_ms)
{
	struct store_audit_list list;
	struct store_audit before;
	struct audit_head head;
	world_ok(world, store_audit_list(world->store, seq - 1, 0, &list, &world->why));
	world_ok(world, audit_entry_get(world->store, seq - 1, &before, &world->why));
	world_ok(world, audit_head_get(world->store, &head, &world->why));
	run(world, "DELETE FROM audit WHERE seq >= %lld", (long long)seq);
	head.seq = seq - 1;
	head.chain = before.chain;
	world_ok(world, audit_head_put(world->store, &head, &world->why));
	struct session *signer = world->store->sessions;
	world->store->sessions = NULL; /* the keys of others, who signed, are not at hand */
	for (size_t i = 0; i < list.count; i++) {
		struct store_audit *entry = &list.items[i];
		const struct store_stamp stamp = {i == 0 ? at_ms : entry->at_ms, entry->actor};
		world_ok(world, audit_append(world->store, i == 0 ? action : entry->action, entry->object,
		                             entry->has_digest ? &entry->digest : NULL, &stamp, &world->why));
	}
	store_audit_list_free(&list);
	world->store->sessions = signer;
	anchor_write(world->store);
}

/* ---- twelve kinds ---- */

struct tampering {
	const char *name;
	void (*tamper)(struct store_world *world, int64_t seq); /* seq: which entry, 2 to the last but one */
	bool needs_seals;                                       /* by an insider who also took the checkpoints */
	bool at_seq;                                            /* the entry named is this very one */
};

static void edit(struct store_world *world, int64_t seq)
{
	run(world, "UPDATE audit SET sealed = CAST(substr(sealed, 1, 40) || ~unicode(hex(substr(sealed, 41, 1)))"
	           " || substr(sealed, 44) AS BLOB) WHERE seq = %lld",
	    (long long)seq);
}

static void delete(struct store_world *world, int64_t seq)
{
	run(world, "DELETE FROM audit WHERE seq = %lld", (long long)seq);
}

static void insert(struct store_world *world, int64_t seq)
{
	run(world,
	    "UPDATE audit SET seq = -1 - seq WHERE seq > %lld; UPDATE audit SET seq = -seq WHERE seq < 0;"
	    "INSERT INTO audit SELECT %lld, chain, seal, sealed, code FROM audit WHERE seq = %lld",
	    (long long)seq, (long long)seq + 1, (long long)seq);
}

static void swap(struct store_world *world, int64_t seq)
{
	run(world,
	    "UPDATE audit SET seq = 0 WHERE seq = %lld; UPDATE audit SET seq = %lld WHERE seq = %lld;"
	    "UPDATE audit SET seq = %lld WHERE seq = 0",
	    (long long)seq, (long long)seq, (long long)seq + 1, (long long)seq + 1);
}

static void truncate_tail(struct store_world *world, int64_t seq)
{
	run(world, "DELETE FROM audit WHERE seq > %lld", (long long)seq);
}

/* With the head as it was then, from an old copy of the file. */
static void truncate_with_head(struct store_world *world, int64_t seq)
{
	struct store_audit last;
	struct audit_head head;
	world_ok(world, audit_entry_get(world->store, seq, &last, &world->why));
	world_ok(world, audit_head_get(world->store, &head, &world->why));
	run(world, "DELETE FROM audit WHERE seq > %lld; DELETE FROM checkpoint WHERE seq > %lld", (long long)seq,
	    (long long)seq);
	head.seq = seq;
	head.chain = last.chain;
	world_ok(world, audit_head_put(world->store, &head, &world->why));
}

static void edit_and_rewrite(struct store_world *world, int64_t seq)
{
	rewrite_from(world, seq, "report.forged", FIXTURE_NOW_MS);
}

static void change_clock_and_rewrite(struct store_world *world, int64_t seq)
{
	rewrite_from(world, seq, "report.print", FIXTURE_NOW_MS - 86400000);
}

static void rewrite_without_checkpoints(struct store_world *world, int64_t seq)
{
	run(world, "DELETE FROM checkpoint");
	rewrite_from(world, seq, "report.forged", FIXTURE_NOW_MS);
	run(world, "DELETE FROM checkpoint");
}

static void other_chain(struct store_world *world, int64_t seq)
{
	run(world, "UPDATE audit SET chain = (SELECT chain FROM audit WHERE seq = 1) WHERE seq = %lld", (long long)seq);
}

static void forge_checkpoint(struct store_world *world, int64_t seq)
{
	struct store_audit entry;
	struct signature none = {{0}};
	(void)seq;
	world_ok(world, audit_entry_get(world->store, 100, &entry, &world->why));
	run(world, "DELETE FROM checkpoint");
	const struct cell cells[] = {cell_int(100),
	                             cell_text(world->store->sessions->person.uuid),
	                             cell_int(1),
	                             cell_digest(&entry.chain),
	                             cell_int(FIXTURE_NOW_MS),
	                             cell_blob(none.bytes, sizeof none.bytes)};
	world_ok(world, row_insert(world->store, SQL_CHECKPOINT_INSERT, TABLE_CHECKPOINT, cells, "x", &world->why));
}

static void change_ratchet(struct store_world *world, int64_t seq)
{
	struct audit_head head;
	(void)seq;
	world_ok(world, audit_head_get(world->store, &head, &world->why));
	head.key[0] ^= 1;
	world_ok(world, audit_head_put(world->store, &head, &world->why));
}

static const struct tampering kinds[] = {
        {"edited", edit, false, true},
        {"deleted", delete, false, true},
        {"inserted", insert, false, true},
        {"swapped", swap, false, true},
        {"tail cut off", truncate_tail, false, false},
        {"tail cut off, head put back", truncate_with_head, false, false},
        {"edited and written anew with today's key", edit_and_rewrite, true, true},
        {"clock changed and written anew with today's key", change_clock_and_rewrite, true, true},
        {"the same with the checkpoints taken away", rewrite_without_checkpoints, true, true},
        {"another chain", other_chain, false, true},
        {"checkpoint forged", forge_checkpoint, false, false},
        {"ratchet key changed", change_ratchet, true, false},
};

static void check_named(const struct store_world *world, const struct tampering *kind, int64_t seq)
{
	long long named = -1;
	if (sscanf(world->why.field, "audit %lld", &named) != 1)
		fail_msg("%s: names \"%s\": %s", kind->name, world->why.field, world->why.text);
	/* An inserted or swapped row shows at its own place or the next; a rewritten one at the first sealed anew. */
	if (kind->at_seq && (named < seq || named > seq + 1))
		fail_msg("%s at %lld: names %lld", kind->name, (long long)seq, named);
}

static void tamper_once(struct store_world *world, const struct tampering *kind, int64_t seq, bool seals)
{
	struct store_audit_found found;
	drop_triggers(world);
	kind->tamper(world, seq);
	enum status st = verify(world, seals, &found);
	if (st != ST_IO)
		fail_msg("%s at %lld was not found (seals %d)", kind->name, (long long)seq, seals);
	check_named(world, kind, seq);
}

static void every_tampering_is_found_and_named(void **state)
{
	struct store_world *world = *state;
	struct rng rng;
	size_t n, anchor_n;
	const unsigned asked = campaign_asked("LASERTWIN_TAMPERINGS", TAMPERINGS);
	store_close(&world->store);
	unsigned char *bytes = read_file(world->path, &n), *anchor = read_file(world->anchor, &anchor_n);
	rng_seed(&rng, 12, campaign_seed());
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (unsigned i = 0; i < asked; i++) {
			world->store = fixture_open_locked(world->path, STORE_CLINIC, POWERCUT_VFS);
			world_ok(world, fixture_unlock(world->store, &world->why));
			tamper_once(world, &kinds[k], 2 + (int64_t)(rng_next(&rng) % ENTRIES), kinds[k].needs_seals || i % 2);
			store_close(&world->store);
			write_file(world->path, bytes, n);
			write_file(world->anchor, anchor, anchor_n);
			campaign_progress("tamperings of this kind", i + 1, asked);
		}
	print_message("%zu kinds of tampering x %u: all found and named\n", sizeof kinds / sizeof *kinds, asked);
	free(bytes);
	free(anchor);
	world_reopen(world);
}

/* Up to the last checkpoint an insider is found without the recovery key, too. */
static void a_checkpoint_finds_an_insider(void **state)
{
	struct store_world *world = *state;
	drop_triggers(world);
	run(world, "CREATE TEMP TABLE kept AS SELECT * FROM checkpoint; DELETE FROM checkpoint");
	rewrite_from(world, 50, "report.forged", FIXTURE_NOW_MS);
	run(world, "DELETE FROM checkpoint; INSERT INTO checkpoint SELECT * FROM kept");
	world_refused(world, verify(world, false, NULL), ST_IO, "audit 100");
}

/* ---- old copies ---- */

static void an_old_copy_can_be_read_and_not_written(void **state)
{
	struct store_world *world = *state;
	size_t n, erased = 0;
	struct store_patient back;
	store_close(&world->store);
	unsigned char *bytes = read_file(world->path, &n);
	world_reopen(world);
	add_entries(world, 3);
	assert_null(store_is_rolled_back(world->store));
	store_close(&world->store);
	write_file(world->path, bytes, n);
	free(bytes);
	world_reopen(world);
	assert_non_null(strstr(store_is_rolled_back(world->store), "old copy"));
	world_ok(world, store_patient_get(world->store, world->patient.uuid, &back, &world->why));
	world_refused(world, store_audit_add(world->store, "x", "y", NULL, &fixture_stamp, &world->why), ST_DENIED,
	              "old copy");
	world_refused(world, verify(world, true, NULL), ST_IO, "old copy");
	world_refused(world, store_anchor_accept(world->store, world->store->sessions, "", &fixture_stamp, &erased,
	                                         &world->why),
	              ST_INPUT, "reason");
	world_ok(world, store_anchor_accept(world->store, world->store->sessions, "disk replaced", &fixture_stamp, &erased,
	                                    &world->why));
	world_ok(world, store_audit_add(world->store, "x", "y", NULL, &fixture_stamp, &world->why));
	world_ok(world, verify(world, true, NULL));
	world_reopen(world);
	assert_null(store_is_rolled_back(world->store));
	struct store_audit_list audit;
	world_ok(world, store_audit_list(world->store, 0, 0, &audit, &world->why));
	assert_string_equal(audit.items[audit.count - 3].action, "store.accept");
	assert_non_null(strstr(audit.items[audit.count - 3].object, "disk replaced"));
	store_audit_list_free(&audit);
}

static void an_old_copy_does_not_bring_the_erased_back(void **state)
{
	struct store_world *world = *state;
	struct store_patient other, back;
	char list[sizeof world->path + 16];
	size_t n, erased = 0;
	fixture_patient(world->store, "Other", &other);
	store_close(&world->store);
	unsigned char *bytes = read_file(world->path, &n);
	world_reopen(world);
	world_ok(world, store_patient_erase(world->store, world->store->sessions, world->patient.uuid, "asked",
	                                    &fixture_stamp, &world->why));
	store_close(&world->store);
	write_file(world->path, bytes, n);
	free(bytes);
	/* a line that somebody added, whole in form, erases nobody */
	(void)snprintf(list, sizeof list, "%s" STORE_ERASED_SUFFIX, world->path);
	bytes = read_file(list, &n);
	assert_int_equal(n, UUID_TEXT_SIZE - 1 + DIGEST_BYTES);
	unsigned char *more = malloc(2 * n);
	memcpy(more, bytes, n);
	memcpy(more + n, bytes, n);
	memcpy(more, other.uuid, UUID_TEXT_SIZE - 1);
	write_file(list, more, 2 * n);
	free(more);
	free(bytes);
	world_reopen(world);
	world_ok(world, store_patient_get(world->store, world->patient.uuid, &back, &world->why));
	world_ok(world, store_anchor_accept(world->store, world->store->sessions, "disk replaced", &fixture_stamp, &erased,
	                                    &world->why));
	assert_int_equal(erased, 1);
	world_refused(world, store_patient_get(world->store, world->patient.uuid, &back, &world->why), ST_NOT_FOUND,
	              "erased");
	world_ok(world, store_patient_get(world->store, other.uuid, &back, &world->why));
	world_ok(world, store_check(world->store, NULL, &world->why));
	world_ok(world, verify(world, true, NULL));
}

static void a_missing_or_foreign_anchor_is_told(void **state)
{
	struct store_world *world = *state;
	store_close(&world->store);
	assert_int_equal(unlink(world->anchor), 0);
	world_reopen(world);
	assert_non_null(strstr(store_is_rolled_back(world->store), "missing"));
	store_close(&world->store);
	write_file(world->anchor, "LTWNANC1 and then something that no store ever wrote there, long enough for two"
	                          " records of the anchor file, which have eighty bytes each, and a little more than it",
	           160);
	world_reopen(world);
	assert_non_null(strstr(store_is_rolled_back(world->store), "another"));
	store_close(&world->store);
	char path[TEMP_PATH_SIZE + 32], anchor[TEMP_PATH_SIZE + 64];
	(void)snprintf(path, sizeof path, "%s/other.db", world->folder);
	(void)snprintf(anchor, sizeof anchor, "%s" STORE_ANCHOR_SUFFIX, path);
	struct store *other = fixture_open(path, STORE_CLINIC, POWERCUT_VFS);
	store_close(&other);
	assert_int_equal(rename(anchor, world->anchor), 0);
	world_reopen(world);
	assert_non_null(store_is_rolled_back(world->store));
}

/* A record half written when the power failed is not believed; the one before stands. */
static void a_torn_anchor_is_no_alarm(void **state)
{
	struct store_world *world = *state;
	size_t n;
	store_close(&world->store);
	for (int torn = 0; torn < 2; torn++) {
		world_reopen(world);
		add_entries(world, 1 + torn);
		store_close(&world->store);
		unsigned char *bytes = read_file(world->anchor, &n);
		assert_int_equal(n, 160);
		bytes[torn * 80 + 50] ^= 0x55;
		write_file(world->anchor, bytes, n);
		free(bytes);
		world_reopen(world);
		assert_null(store_is_rolled_back(world->store));
		store_close(&world->store);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, audit_world_new, store_world_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_whole_audit_verifies),
	        TEST(in_pieces_the_same_is_verified),
	        TEST(an_approval_is_a_checkpoint),
	        TEST(every_tampering_is_found_and_named),
	        TEST(a_checkpoint_finds_an_insider),
	        TEST(an_old_copy_can_be_read_and_not_written),
	        TEST(an_old_copy_does_not_bring_the_erased_back),
	        TEST(a_missing_or_foreign_anchor_is_told),
	        TEST(a_torn_anchor_is_no_alarm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
