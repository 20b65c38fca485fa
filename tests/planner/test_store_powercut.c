/* Power cuts at random operations of every kind of write: nothing acknowledged is lost, nothing is half
 * there, the file opens. The same harness must find the losses of a store that does not sync and of one
 * that acknowledges too early, or it proves nothing. LASERTWIN_CUTS asks for a longer campaign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "physics/base/rng.h"
#include "planner/store/internal.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_steps.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vfs_powercut.h"

enum { STEPS = 2 * STEPS_PER_VISIT, CUTS = 40, BLIND_CUTS = 24, RECOVERY_OPERATIONS = 24 };

struct manner {
	bool without_sync;
	bool acknowledges_early;
};

struct tally {
	unsigned runs, finished, acknowledged, lost, damaged;
	char first[FAIL_FIELD_MAX + FAIL_TEXT_MAX + 32];
};

static enum status open_cut(const char *path, struct store **store, struct fail *why)
{
	struct store_options options = {
	        .create = true, .now_ms = FIXTURE_NOW_MS, .vfs = POWERCUT_VFS, .kdf = store_kdf_least};
	enum status st = store_open(path, &options, store, why);
	if (st == ST_OK)
		st = fixture_unlock(*store, why);
	if (st != ST_OK)
		store_close(store);
	return st;
}

/* In the child: every byte written to the pipe acknowledges one step. */
static void write_until_dark(const char *path, const struct manner *manner, int acknowledge)
{
	struct store *store = NULL;
	struct fail why;
	BUG_ON(open_cut(path, &store, &why) != ST_OK);
	if (manner->without_sync)
		BUG_ON(sqlite3_exec(store->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL) != SQLITE_OK);
	for (unsigned step = 0; step < STEPS; step++) {
		if (manner->acknowledges_early)
			BUG_ON(write(acknowledge, "a", 1) != 1);
		BUG_ON(step_write(store, step, &why) != ST_OK);
		if (!manner->acknowledges_early)
			BUG_ON(write(acknowledge, "a", 1) != 1);
	}
	store_close(&store);
}

static int wait_for(pid_t child)
{
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static unsigned count_bytes(int fd)
{
	char bytes[STEPS];
	unsigned count = 0;
	ssize_t n;
	while ((n = read(fd, bytes, sizeof bytes)) > 0)
		count += (unsigned)n;
	return count;
}

/* Writes until the cut; gives the acknowledged steps. */
static unsigned run_child(const char *path, const struct manner *manner, uint64_t cut_at, uint64_t seed,
                          bool *finished)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ends[0]);
		powercut_arm(cut_at, seed);
		write_until_dark(path, manner, ends[1]);
		_exit(0);
	}
	(void)close(ends[1]);
	unsigned acknowledged = count_bytes(ends[0]);
	(void)close(ends[0]);
	int code = wait_for(child);
	assert_true(code == 0 || code == POWERCUT_EXIT);
	*finished = code == 0;
	return acknowledged;
}

/* The power fails once more while the store recovers. */
static void cut_recovery(const char *path, uint64_t cut_at, uint64_t seed)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *store = NULL;
		powercut_arm(cut_at, seed);
		enum status st = open_cut(path, &store, NULL);
		_exit(st == ST_OK ? 0 : 1);
	}
	(void)wait_for(child); /* a refusal shows again in the verdict */
}

static void judge(const char *path, unsigned acknowledged, struct tally *tally)
{
	struct store *store = NULL;
	struct fail why = {.code = ST_OK};
	unsigned found = 0;
	powercut_arm(0, 0);
	enum status st = open_cut(path, &store, &why);
	if (st == ST_OK)
		st = store_check(store, NULL, &why);
	if (st == ST_OK)
		st = steps_count(store, STEPS, &found, &why);
	store_close(&store);
	if (st != ST_OK)
		tally->damaged++;
	else if (found < acknowledged)
		tally->lost++;
	if ((st != ST_OK || found < acknowledged) && !tally->first[0])
		(void)snprintf(tally->first, sizeof tally->first, "%u acknowledged, %u found; %s: %s",
		               acknowledged, found, why.field, why.text);
}

static void one_cut(const struct manner *manner, uint64_t operations, struct rng *rng, struct tally *tally)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	bool finished;
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/clinic.db", folder);
	unsigned acknowledged =
	        run_child(path, manner, 1 + rng_next(rng) % operations, rng_next(rng), &finished);
	if (rng_next(rng) % 2)
		cut_recovery(path, 1 + rng_next(rng) % RECOVERY_OPERATIONS, rng_next(rng));
	judge(path, acknowledged, tally);
	tally->runs++;
	tally->finished += finished;
	tally->acknowledged += acknowledged;
	temp_folder_remove(folder);
}

/* How many operations the whole scenario takes. */
static uint64_t count_operations(const struct manner *manner)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	int null[2];
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/clinic.db", folder);
	assert_int_equal(pipe(null), 0);
	powercut_arm(0, 0);
	write_until_dark(path, manner, null[1]);
	(void)close(null[0]);
	(void)close(null[1]);
	temp_folder_remove(folder);
	return powercut_operations();
}

static struct tally campaign(const char *name, struct manner manner, unsigned cuts)
{
	struct tally tally = {0};
	struct rng rng;
	uint64_t operations = count_operations(&manner);
	rng_seed(&rng, 20260101, cuts);
	while (tally.runs < cuts)
		one_cut(&manner, operations, &rng, &tally);
	print_message(
	        "%s: %u cuts among %llu operations, %u acknowledged writes, %u runs lost some, %u damaged\n",
	        name, tally.runs, (unsigned long long)operations, tally.acknowledged, tally.lost,
	        tally.damaged);
	if (tally.first[0])
		print_message("%s: first: %s\n", name, tally.first);
	return tally;
}

/* ---- sealing a store of schema 1 ---- */

#define OLD_PLAN "3b3d6055-0a4f-43a9-8596-d321ea49badc" /* of tests/planner/data/schema_1.sql */

static void load_schema_1(const char *path)
{
	size_t n;
	sqlite3 *db = NULL;
	write_file(path, "", 0);
	assert_int_equal(chmod(path, 0600), 0);
	unsigned char *sql = read_file("tests/planner/data/schema_1.sql", &n);
	powercut_arm(0, 0);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, POWERCUT_VFS), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, (const char *)sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	free(sql);
}

/* What the file is afterwards, it is whole: sealed by now or at the next try, every row is there. */
static void judge_sealing(const char *path, struct tally *tally)
{
	struct store *store = NULL;
	struct store_plan plan = {.json = NULL};
	struct fail why = {.code = ST_OK};
	powercut_arm(0, 0);
	enum status st = open_cut(path, &store, &why);
	if (st == ST_OK)
		st = store_check(store, NULL, &why);
	if (st == ST_OK)
		st = store_audit_verify(store, NULL, NULL, &why);
	if (st == ST_OK)
		st = store_plan_get(store, OLD_PLAN, 2, &plan, &why);
	store_plan_clear(&plan);
	store_close(&store);
	tally->damaged += st != ST_OK;
	if (st != ST_OK && !tally->first[0])
		(void)snprintf(tally->first, sizeof tally->first, "%s: %s", why.field, why.text);
}

static void cut_sealing(uint64_t cut_at, uint64_t seed, struct tally *tally)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/clinic.db", folder);
	load_schema_1(path);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *store = NULL;
		powercut_arm(cut_at, seed);
		_exit(open_cut(path, &store, NULL) == ST_OK ? 0 : 1);
	}
	int code = wait_for(child);
	assert_true(code == 0 || code == POWERCUT_EXIT);
	tally->finished += code == 0;
	tally->runs++;
	judge_sealing(path, tally);
	temp_folder_remove(folder);
}

static unsigned cuts_asked(void)
{
	const char *text = getenv("LASERTWIN_CUTS");
	unsigned long asked = text ? strtoul(text, NULL, 10) : 0;
	return asked > 0 && asked <= 1000000 ? (unsigned)asked : CUTS;
}

static void nothing_acknowledged_is_lost(void **state)
{
	(void)state;
	struct tally tally = campaign("store", (struct manner){0}, cuts_asked());
	assert_int_equal(tally.lost, 0);
	assert_int_equal(tally.damaged, 0);
	assert_int_equal(tally.finished, 0); /* every run was cut */
	assert_true(tally.acknowledged > tally.runs);
}

static void harness_sees_a_store_that_does_not_sync(void **state)
{
	(void)state;
	struct tally tally = campaign("synchronous=OFF", (struct manner){.without_sync = true}, BLIND_CUTS);
	assert_true(tally.lost + tally.damaged > 0);
}

static void harness_sees_an_early_acknowledgement(void **state)
{
	(void)state;
	struct tally tally =
	        campaign("acknowledged early", (struct manner){.acknowledges_early = true}, BLIND_CUTS);
	assert_true(tally.lost > 0);
	assert_int_equal(tally.damaged, 0);
}

static void sealing_is_all_or_nothing(void **state)
{
	(void)state;
	enum { SEALING_OPERATIONS = 250 };
	struct tally tally = {0};
	struct rng rng;
	rng_seed(&rng, 1, 0);
	while (tally.runs < cuts_asked() / 2)
		cut_sealing(1 + rng_next(&rng) % SEALING_OPERATIONS, rng_next(&rng), &tally);
	print_message("sealing schema 1: %u cuts, %u after its end, %u damaged %s\n", tally.runs, tally.finished,
	              tally.damaged, tally.first);
	assert_int_equal(tally.damaged, 0);
	assert_true(tally.finished < tally.runs / 2);
}

int main(void)
{
	powercut_register();
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_acknowledged_is_lost),
	        cmocka_unit_test(sealing_is_all_or_nothing),
	        cmocka_unit_test(harness_sees_a_store_that_does_not_sync),
	        cmocka_unit_test(harness_sees_an_early_acknowledgement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
