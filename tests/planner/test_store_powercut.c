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
#include "tests/support/campaign.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_steps.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vfs_powercut.h"

enum { STEPS = 2 * STEPS_PER_VISIT, CUTS = 120, BLIND_CUTS = 40, RECOVERY_OPERATIONS = 24 };
enum { CUTS_PER_RUN = 50 }; /* of one run of the scenario */

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
	if (st == ST_OK) {
		(*store)->names_per_page = fixture_names_per_page;
		st = fixture_unlock(*store, why);
	}
	if (st != ST_OK)
		store_close(store);
	return st;
}

/* ---- one run of a scenario, in a process of its own, and what the disk may hold at each of its cuts ---- */

struct run {
	size_t cuts;
	struct powercut cut[CUTS_PER_RUN];
	char folder[CUTS_PER_RUN][TEMP_PATH_SIZE];
	unsigned acknowledged[CUTS_PER_RUN];
	bool taken[CUTS_PER_RUN];
};

/* Of the process that writes. */
static struct {
	const char *path;
	const struct run *run;
	int tell;
	unsigned acknowledged;
} writer;

struct told {
	size_t which;
	unsigned acknowledged;
};

/* The anchor is written past the VFS, and so is as it is. */
static void copy_anchor(const char *from_path, const char *to_path)
{
	char from[TEMP_PATH_SIZE + 48], to[TEMP_PATH_SIZE + 48];
	(void)snprintf(from, sizeof from, "%s" STORE_ANCHOR_SUFFIX, from_path);
	(void)snprintf(to, sizeof to, "%s" STORE_ANCHOR_SUFFIX, to_path);
	if (access(from, F_OK) == 0) {
		size_t n;
		unsigned char *bytes = read_file(from, &n);
		write_file(to, bytes, n);
		free(bytes);
	}
}

static void tell_of_cut(size_t which)
{
	const struct told told = {which, writer.acknowledged};
	char to[TEMP_PATH_SIZE + 16];
	(void)snprintf(to, sizeof to, "%s/clinic.db", writer.run->folder[which]);
	copy_anchor(writer.path, to);
	BUG_ON(write(writer.tell, &told, sizeof told) != (ssize_t)sizeof told);
}

static void write_all(const char *path, const struct manner *manner)
{
	struct store *store = NULL;
	struct fail why;
	BUG_ON(open_cut(path, &store, &why) != ST_OK);
	if (manner->without_sync)
		BUG_ON(sqlite3_exec(store->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL) != SQLITE_OK);
	for (unsigned step = 0; step < STEPS; step++) {
		writer.acknowledged += manner->acknowledges_early;
		BUG_ON(step_write(store, step, &why) != ST_OK);
		writer.acknowledged += !manner->acknowledges_early;
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

static int by_operation(const void *a, const void *b)
{
	const struct powercut *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

static void plan_cuts(struct run *run, size_t cuts, uint64_t operations, struct rng *rng)
{
	*run = (struct run){.cuts = cuts};
	for (size_t i = 0; i < cuts; i++) {
		run->cut[i].at = 1 + rng_next(rng) % operations;
		run->cut[i].seed = rng_next(rng);
	}
	qsort(run->cut, cuts, sizeof *run->cut, by_operation);
	for (size_t i = 0; i < cuts; i++) {
		temp_folder_make(run->folder[i]);
		run->cut[i].folder = run->folder[i];
	}
}

static void hear(struct run *run, int fd)
{
	struct told told;
	while (read(fd, &told, sizeof told) == (ssize_t)sizeof told) {
		assert_true(told.which < run->cuts && !run->taken[told.which]);
		run->taken[told.which] = true;
		run->acknowledged[told.which] = told.acknowledged;
	}
}

/* Runs `scenario` from beginning to end on an own file, sharing the planned cuts. */
static void run_shared(struct run *run, void (*prepare)(const char *path),
                       void (*scenario)(const char *path, const struct manner *manner), const struct manner *manner)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	int ends[2];
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/clinic.db", folder);
	if (prepare)
		prepare(path);
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ends[0]);
		writer.path = path;
		writer.run = run;
		writer.tell = ends[1];
		writer.acknowledged = 0;
		powercut_share(run->cut, run->cuts, tell_of_cut);
		scenario(path, manner);
		_exit(0);
	}
	(void)close(ends[1]);
	hear(run, ends[0]);
	(void)close(ends[0]);
	assert_int_equal(wait_for(child), 0);
	temp_folder_remove(folder);
}

/* The power fails once more while the store recovers: `folder` becomes what the disk holds then. */
static struct {
	const char *path, *again;
	bool taken;
} recovery;

static void take_recovery(size_t which)
{
	char to[TEMP_PATH_SIZE + 32];
	(void)which;
	(void)snprintf(to, sizeof to, "%s/clinic.db", recovery.again);
	copy_anchor(recovery.path, to);
	recovery.taken = true;
}

static void cut_recovery(char folder[TEMP_PATH_SIZE], uint64_t cut_at, uint64_t seed)
{
	char again[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	struct store *store = NULL;
	const struct powercut once = {.at = cut_at, .seed = seed, .folder = again};
	temp_folder_make(again);
	(void)snprintf(path, sizeof path, "%s/clinic.db", folder);
	recovery.path = path;
	recovery.again = again;
	recovery.taken = false;
	powercut_share(&once, 1, take_recovery);
	if (open_cut(path, &store, NULL) == ST_OK) /* a refusal shows again in the verdict */
		store_close(&store);
	powercut_arm(0, 0);
	temp_folder_remove(recovery.taken ? folder : again);
	if (recovery.taken)
		memcpy(folder, again, TEMP_PATH_SIZE);
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

static void judge_cut(struct run *run, size_t i, struct rng *rng, struct tally *tally)
{
	char path[TEMP_PATH_SIZE + 16];
	if (rng_next(rng) % 2)
		cut_recovery(run->folder[i], 1 + rng_next(rng) % RECOVERY_OPERATIONS, rng_next(rng));
	(void)snprintf(path, sizeof path, "%s/clinic.db", run->folder[i]);
	judge(path, run->acknowledged[i], tally);
	tally->runs++;
	tally->finished += !run->taken[i];
	tally->acknowledged += run->acknowledged[i];
	temp_folder_remove(run->folder[i]);
}

/* How many operations the whole scenario takes. */
static uint64_t count_operations(const struct manner *manner)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/clinic.db", folder);
	powercut_arm(0, 0);
	write_all(path, manner);
	temp_folder_remove(folder);
	return powercut_operations();
}

static size_t of_this_run(unsigned done, unsigned asked)
{
	return asked - done < CUTS_PER_RUN ? asked - done : CUTS_PER_RUN;
}

static struct tally campaign(const char *name, struct manner manner, unsigned cuts)
{
	struct tally tally = {0};
	struct rng rng;
	static struct run run;
	uint64_t operations = count_operations(&manner);
	rng_seed(&rng, 20260101, cuts + campaign_seed());
	while (tally.runs < cuts) {
		plan_cuts(&run, of_this_run(tally.runs, cuts), operations, &rng);
		run_shared(&run, NULL, write_all, &manner);
		for (size_t i = 0; i < run.cuts; i++)
			judge_cut(&run, i, &rng, &tally);
		campaign_progress(name, tally.runs, cuts);
	}
	print_message(
	        "%s: %u cuts among %llu operations, %u acknowledged writes, %u cuts lost some, %u damaged\n",
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

static void seal_all(const char *path, const struct manner *manner)
{
	struct store *store = NULL;
	(void)manner;
	BUG_ON(open_cut(path, &store, NULL) != ST_OK);
	store_close(&store);
}

static uint64_t count_sealing(void)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/clinic.db", folder);
	load_schema_1(path);
	powercut_arm(0, 0);
	seal_all(path, NULL);
	temp_folder_remove(folder);
	return powercut_operations();
}

static void nothing_acknowledged_is_lost(void **state)
{
	(void)state;
	struct tally tally = campaign("store", (struct manner){0}, campaign_asked("LASERTWIN_CUTS", CUTS));
	assert_int_equal(tally.lost, 0);
	assert_int_equal(tally.damaged, 0);
	assert_int_equal(tally.finished, 0); /* every cut was taken */
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
	struct tally tally = {0};
	struct rng rng;
	static struct run run;
	const unsigned cuts = campaign_asked("LASERTWIN_CUTS", CUTS) / 2;
	uint64_t operations = count_sealing();
	rng_seed(&rng, 1, campaign_seed());
	while (tally.runs < cuts) {
		plan_cuts(&run, of_this_run(tally.runs, cuts), operations, &rng);
		run_shared(&run, load_schema_1, seal_all, NULL);
		for (size_t i = 0; i < run.cuts; i++) {
			char path[TEMP_PATH_SIZE + 16];
			(void)snprintf(path, sizeof path, "%s/clinic.db", run.folder[i]);
			judge_sealing(path, &tally);
			tally.runs++;
			tally.finished += !run.taken[i];
			temp_folder_remove(run.folder[i]);
		}
	}
	print_message("sealing schema 1: %u cuts among %llu operations, %u damaged %s\n", tally.runs,
	              (unsigned long long)operations, tally.damaged, tally.first);
	assert_int_equal(tally.damaged, 0);
	assert_int_equal(tally.finished, 0); /* every cut was taken */
}

int main(void)
{
	(void)umask(077); /* what the disk holds after a cut is its owner's, as the files were */
	powercut_register();
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_acknowledged_is_lost),
	        cmocka_unit_test(sealing_is_all_or_nothing),
	        cmocka_unit_test(harness_sees_a_store_that_does_not_sync),
	        cmocka_unit_test(harness_sees_an_early_acknowledgement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
