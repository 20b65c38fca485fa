/* The store in trouble: killed, locked, damaged, out of disk, without permission. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "physics/base/rng.h"
#include "planner/store/internal.h"
#include "tests/support/store_fixture.h"
#include "tests/support/store_steps.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vfs_powercut.h"

enum { KILLS = 25, KILL_WITHIN_US = 120000, FLIPS = 300, NOBODY = 65534 };

struct world {
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	struct fail why;
};

static int world_new(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	temp_folder_make(world->folder);
	(void)snprintf(world->path, sizeof world->path, "%s/clinic.db", world->folder);
	powercut_arm(0, 0);
	*state = world;
	return 0;
}

static int world_free(void **state)
{
	struct world *world = *state;
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

static enum status open_with(struct world *world, const char *vfs, struct store **store)
{
	struct store_options options = {
	        .create = true, .now_ms = FIXTURE_NOW_MS, .vfs = vfs, .kdf = store_kdf_least};
	enum status st = store_open(world->path, &options, store, &world->why);
	if (st == ST_OK) {
		(*store)->names_per_page = fixture_names_per_page;
		st = fixture_unlock(*store, &world->why);
	}
	if (st != ST_OK)
		store_close(store);
	return st;
}

static void expect_steps(struct world *world, const char *vfs, unsigned at_least, unsigned at_most)
{
	struct store *store = NULL;
	unsigned count = 0;
	ok(world, open_with(world, vfs, &store));
	ok(world, store_check(store, NULL, &world->why));
	ok(world, steps_count(store, at_most + 1, &count, &world->why));
	assert_in_range(count, at_least, at_most);
	store_close(&store);
}

/* ---- killed ---- */

static void write_for_ever(const char *path, unsigned step, int acknowledge)
{
	struct store *store = fixture_open(path, STORE_CLINIC, NULL);
	struct fail why;
	for (;; step++)
		if (step_write(store, step, &why) != ST_OK || write(acknowledge, "a", 1) != 1)
			_exit(1);
}

static unsigned count_bytes(int fd)
{
	char bytes[64];
	unsigned count = 0;
	ssize_t n;
	while ((n = read(fd, bytes, sizeof bytes)) > 0)
		count += (unsigned)n;
	return count;
}

static unsigned write_until_killed(const char *path, unsigned step, useconds_t after_us)
{
	int ends[2], status;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ends[0]);
		write_for_ever(path, step, ends[1]);
	}
	(void)close(ends[1]);
	(void)usleep(after_us);
	assert_int_equal(kill(child, SIGKILL), 0);
	unsigned acknowledged = count_bytes(ends[0]);
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return acknowledged;
}

static unsigned steps_in(struct world *world, unsigned at_most)
{
	struct store *store = NULL;
	unsigned count = 0;
	ok(world, open_with(world, NULL, &store));
	ok(world, steps_count(store, at_most, &count, &world->why));
	store_close(&store);
	return count;
}

/* Each child goes on where the last one was killed; a step that was written but not acknowledged is not
 * written again. */
static void killed_writer_loses_nothing_acknowledged(void **state)
{
	struct world *world = *state;
	struct rng rng;
	unsigned steps = 0, acknowledged = 0;
	rng_seed(&rng, 1, 0);
	for (int i = 0; i < KILLS; i++) {
		unsigned more =
		        write_until_killed(world->path, steps, (useconds_t)(rng_next(&rng) % KILL_WITHIN_US));
		unsigned found = steps_in(world, steps + more + 2);
		assert_in_range(found, steps + more, steps + more + 1);
		acknowledged += more;
		steps = found;
	}
	expect_steps(world, NULL, steps, steps);
	print_message("%d kills, %u acknowledged writes, all there\n", KILLS, acknowledged);
}

/* ---- two processes ---- */

static void second_process_is_refused_politely(void **state)
{
	struct world *world = *state;
	struct store *store = fixture_open(world->path, STORE_CLINIC, NULL), *second = NULL;
	assert_int_equal(open_with(world, NULL, &second), ST_CONFLICT);
	assert_non_null(strstr(world->why.text, "another program has the store open"));
	assert_null(second);
	pid_t child = fork();
	if (child == 0) {
		enum status st = open_with(world, NULL, &second);
		_exit(st == ST_CONFLICT && strstr(world->why.text, "another program") ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ok(world, step_write(store, 0, &world->why));
	store_close(&store);
	expect_steps(world, NULL, 1, 1);
}

/* ---- damage ---- */

static void flip(const char *path, size_t at, unsigned bit)
{
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
	int byte = fgetc(file);
	assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
	assert_int_not_equal(fputc(byte ^ (1 << bit), file), EOF);
	assert_int_equal(fclose(file), 0);
}

/* Where the bytes that a query gives stand in the file. */
static size_t find_blob(struct store *store, const char *path, const char *sql)
{
	sqlite3_stmt *statement;
	size_t n, found = 0;
	unsigned char *bytes = read_file(path, &n);
	assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	size_t length = (size_t)sqlite3_column_bytes(statement, 0);
	for (size_t i = 0; i + length <= n && !found; i++)
		if (memcmp(bytes + i, sqlite3_column_blob(statement, 0), length) == 0)
			found = i;
	assert_true(found > 0);
	sqlite3_finalize(statement);
	free(bytes);
	return found;
}

static void flipped_content_is_named(void **state)
{
	struct world *world = *state;
	struct store_patient patient;
	struct store_plan back;
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE], name[FAIL_FIELD_MAX];
	struct store *store = fixture_open(world->path, STORE_CLINIC, NULL);
	fixture_patient(store, "Zebedee", &patient);
	fixture_readings(store, patient.uuid, "{\"ita_deg\":41}", readings);
	fixture_twin(store, patient.uuid, readings, twin);
	struct store_plan plan = fixture_plan(patient.uuid, twin);
	plan.json = "{\"energy_mJ\":15}";
	plan.json_len = strlen(plan.json);
	ok(world, store_plan_add_version(store, &plan, &fixture_stamp, &world->why));
	size_t at = find_blob(store, world->path, "SELECT sealed FROM plan_version");
	store_close(&store);
	flip(world->path, at + 100, 1);
	ok(world, open_with(world, NULL, &store));
	assert_int_equal(store_check(store, NULL, &world->why), ST_IO);
	(void)snprintf(name, sizeof name, "plan_version %s 1", plan.uuid);
	assert_string_equal(world->why.field, name);
	assert_int_equal(store_plan_get(store, plan.uuid, 1, &back, &world->why), ST_IO);
	assert_string_equal(world->why.field, name);
	assert_null(back.json);
	struct store_plan_list list;
	assert_int_equal(store_plan_list(store, &(struct store_plan_query){0}, &list, &world->why), ST_IO);
	assert_int_equal(list.count, 0);
	char copy[TEMP_PATH_SIZE + 16];
	(void)snprintf(copy, sizeof copy, "%s/copy.db", world->folder);
	assert_int_equal(store_backup(store, copy, &world->why), ST_IO);
	assert_int_not_equal(access(copy, F_OK), 0);
	store_close(&store);
}

/* Everything a reader can see, as one digest. */
static enum status digest_all(struct store *store, struct digest *out, struct fail *why)
{
	struct digest_stream stream;
	enum status st = store_check(store, NULL, why);
	digest_begin(&stream, "all");
	for (int table = 0; table < TABLES && st == ST_OK; table++) {
		if (table == TABLE_ATTEMPT) /* changes with every login */
			continue;
		sqlite3_stmt *row = statement_use(store, (enum statement)(SQL_ALL_ROWS + table));
		while (sqlite3_step(row) == SQLITE_ROW)
			for (int i = 0; i < sqlite3_column_count(row); i++)
				digest_add_blob(&stream, sqlite3_column_blob(row, i),
				                (size_t)sqlite3_column_bytes(row, i));
		statement_done(row);
	}
	digest_end(&stream, out);
	return st;
}

/* False when the file is refused; when it is not, what is read must not have changed. */
static bool reads_the_same(struct world *world, const struct digest *before)
{
	struct store *store = NULL;
	struct digest after;
	enum status st = open_with(world, POWERCUT_VFS, &store);
	if (st == ST_OK)
		st = digest_all(store, &after, &world->why);
	store_close(&store);
	if (st != ST_OK) {
		assert_true(world->why.text[0] != '\0');
		assert_null(strchr(world->why.text, '\n'));
		return false;
	}
	assert_true(digest_equal(before, &after));
	return true;
}

/* Without its anchor a store can be read and not written: a login leaves it as it was. */
static void take_anchor(const struct world *world)
{
	char path[sizeof world->path + sizeof STORE_ANCHOR_SUFFIX];
	(void)snprintf(path, sizeof path, "%s" STORE_ANCHOR_SUFFIX, world->path);
	assert_int_equal(unlink(path), 0);
}

/* Single-bit flips anywhere in the file: refused, or nothing that is read has changed. */
static void no_flip_changes_what_is_read(void **state)
{
	struct world *world = *state;
	struct digest before;
	struct rng rng;
	size_t n;
	unsigned refusals = 0;
	struct store *store = fixture_open(world->path, STORE_CLINIC, POWERCUT_VFS);
	for (unsigned step = 0; step < STEPS_PER_VISIT; step++)
		ok(world, step_write(store, step, &world->why));
	ok(world, digest_all(store, &before, &world->why));
	store_close(&store);
	take_anchor(world);
	unsigned char *bytes = read_file(world->path, &n);
	rng_seed(&rng, 2, 0);
	for (int i = 0; i < FLIPS; i++) {
		size_t at = rng_next(&rng) % n;
		flip(world->path, at, (unsigned)(rng_next(&rng) % 8));
		refusals += !reads_the_same(world, &before);
		write_file(world->path, bytes, n);
	}
	print_message("%d flips in %zu bytes: %u refused, the others changed nothing that is read\n", FLIPS,
	              n, refusals);
	assert_true(refusals > FLIPS / 10);
	free(bytes);
}

/* Also here: SQLite rounds the file's size up to a page, and a lost tail may have held nothing. */
static void no_truncation_changes_what_is_read(void **state)
{
	struct world *world = *state;
	struct digest before;
	size_t n;
	unsigned refusals = 0, harmless = 0;
	struct store *store = fixture_open(world->path, STORE_CLINIC, POWERCUT_VFS);
	for (unsigned step = 0; step < STEPS_PER_VISIT; step++)
		ok(world, step_write(store, step, &world->why));
	ok(world, digest_all(store, &before, &world->why));
	store_close(&store);
	take_anchor(world);
	unsigned char *bytes = read_file(world->path, &n);
	for (size_t kept = 1; kept < n; kept += 1777) {
		write_file(world->path, bytes, kept);
		bool same = reads_the_same(world, &before);
		refusals += !same;
		harmless += same;
	}
	print_message("%u truncations refused, %u lost nothing that is read\n", refusals, harmless);
	assert_true(harmless <= 3); /* at most the last page's */
	free(bytes);
}

/* ---- the disk ---- */

static size_t file_size(const char *path)
{
	struct stat about;
	BUG_ON(stat(path, &about) != 0);
	return (size_t)about.st_size;
}

/* In a child, because the limit and the ignored signal are the process's. */
static void fill_disk(struct world *world)
{
	struct store *store = fixture_open(world->path, STORE_CLINIC, NULL);
	struct rlimit limit;
	unsigned step = 0;
	enum status st;
	(void)signal(SIGXFSZ, SIG_IGN);
	BUG_ON(getrlimit(RLIMIT_FSIZE, &limit) != 0);
	limit.rlim_cur = (rlim_t)file_size(world->path) + 100000;
	BUG_ON(setrlimit(RLIMIT_FSIZE, &limit) != 0);
	while ((st = step_write(store, step, &world->why)) == ST_OK)
		step++;
	BUG_ON(st != ST_FULL || !strstr(world->why.text, "disk is full"));
	BUG_ON(step_write(store, step, &world->why) != ST_FULL); /* and again */
	unsigned count = 0;
	BUG_ON(steps_count(store, step + 2, &count, &world->why) != ST_OK || count != step);
	limit.rlim_cur = limit.rlim_max;
	BUG_ON(setrlimit(RLIMIT_FSIZE, &limit) != 0);
	for (unsigned i = 0; i < STEPS_PER_VISIT; i++)
		BUG_ON(step_write(store, step++, &world->why) != ST_OK);
	BUG_ON(store_check(store, NULL, &world->why) != ST_OK);
	store_close(&store);
	_exit((int)step);
}

static void full_disk_is_told_and_survived(void **state)
{
	struct world *world = *state;
	int status;
	pid_t child = fork();
	if (child == 0)
		fill_disk(world);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	unsigned steps = (unsigned)WEXITSTATUS(status);
	assert_true(steps > STEPS_PER_VISIT);
	expect_steps(world, NULL, steps, steps);
}

/* Goes through one visit; when the disk is well again a step that failed is tried once more, unless its
 * reason said that it may be there and it is. Gives the number of steps that failed. */
static unsigned visit_with_fault(struct world *world, struct store *store, uint64_t fail_at, bool for_good)
{
	unsigned failed = 0;
	bool there = false;
	powercut_fail(fail_at, for_good);
	for (unsigned step = 0; step < STEPS_PER_VISIT; step++) {
		if (step_write(store, step, &world->why) == ST_OK)
			continue;
		failed++;
		assert_true(world->why.text[0] != '\0');
		powercut_fail(0, false);
		bool uncertain = strstr(world->why.text, "look whether it is there") != NULL;
		ok(world, step_find(store, step, &there, &world->why));
		assert_true(uncertain || !there);
		if (!there)
			ok(world, step_write(store, step, &world->why));
	}
	return failed;
}

static void fault_at(struct world *world, uint64_t fail_at, bool for_good, unsigned *failures)
{
	struct store *store = fixture_open(world->path, STORE_CLINIC, POWERCUT_VFS);
	*failures += visit_with_fault(world, store, fail_at, for_good);
	powercut_fail(0, false);
	store_close(&store);
	expect_steps(world, POWERCUT_VFS, STEPS_PER_VISIT, STEPS_PER_VISIT);
	assert_int_equal(unlink(world->path), 0);
	powercut_arm(0, 0);
}

static void every_failing_operation_is_survived(void **state)
{
	struct world *world = *state;
	unsigned failures = 0;
	struct store *store = fixture_open(world->path, STORE_CLINIC, POWERCUT_VFS);
	assert_int_equal(visit_with_fault(world, store, 0, false), 0);
	uint64_t operations = powercut_operations();
	store_close(&store);
	assert_int_equal(unlink(world->path), 0);
	powercut_arm(0, 0);
	for (uint64_t at = 1; at <= operations; at += 2)
		fault_at(world, at, at % 4 == 1, &failures);
	print_message(
	        "%llu operations of a visit, every second one failing: %u writes refused and repeated\n",
	        (unsigned long long)operations, failures);
	assert_true(failures > operations / 4);
}

/* ---- permission ---- */

/* root may write anywhere, so that the child becomes nobody first. */
static void expect_refusal_as_nobody(struct world *world, enum status expected, const char *about)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		struct store *store = NULL;
		if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
			_exit(2);
		enum status st = open_with(world, NULL, &store);
		if (st != expected || !strstr(world->why.text, about))
			print_error("got %s: %s %s\n", status_name(st), world->why.field, world->why.text);
		_exit(st == expected && strstr(world->why.text, about) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void give_to_nobody(const char *path)
{
	if (geteuid() == 0)
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
}

static void missing_permission_is_told(void **state)
{
	struct world *world = *state;
	struct store *store = fixture_open(world->path, STORE_CLINIC, NULL);
	store_close(&store);
	give_to_nobody(world->folder);
	if (geteuid() == 0)
		expect_refusal_as_nobody(world, ST_DENIED, "belongs to another user");
	give_to_nobody(world->path);
	assert_int_equal(chmod(world->path, 0400), 0);
	expect_refusal_as_nobody(world, ST_IO, "cannot be written");
	assert_int_equal(chmod(world->path, 0600), 0);
	assert_int_equal(chmod(world->folder, 0500), 0);
	expect_refusal_as_nobody(world, ST_IO, "check the folder's permissions");
	(void)snprintf(world->path, sizeof world->path, "%s/new.db", world->folder);
	expect_refusal_as_nobody(world, ST_IO, "check the folder's permissions");
	assert_int_equal(chmod(world->folder, 0000), 0);
	expect_refusal_as_nobody(world, ST_IO, "folder");
	assert_int_equal(chmod(world->folder, 0700), 0);
	assert_int_not_equal(access(world->path, F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(void)
{
	powercut_register();
	const struct CMUnitTest tests[] = {
	        TEST(killed_writer_loses_nothing_acknowledged),
	        TEST(second_process_is_refused_politely),
	        TEST(flipped_content_is_named),
	        TEST(no_flip_changes_what_is_read),
	        TEST(no_truncation_changes_what_is_read),
	        TEST(full_disk_is_told_and_survived),
	        TEST(every_failing_operation_is_survived),
	        TEST(missing_permission_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
