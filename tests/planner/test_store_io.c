/* A disk that fails: every open, read, write, sync, truncation, removal, lock and link of every scenario fails in turn,
 * once and for good, in the store's own calls and in SQLite's. Whatever the scenario then says, the store is whole
 * afterwards; what was acknowledged is there, what was refused is not.
 *
 * The calls are this program's own and go to the kernel. Nothing is synced: this is not about power cuts.
 * LASERTWIN_IO_STRIDE=1 fails every call instead of some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/store_scenarios.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_CALLS 0 /* the checker has its own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_CALLS 0
#else
#define OWN_CALLS 1
#endif
#else
#define OWN_CALLS 1
#endif

/* ---- the calls that fail ---- */

enum call { CALL_OPEN, CALL_READ, CALL_WRITE, CALL_SYNC, CALL_TRUNCATE, CALL_REMOVE, CALL_LOCK, CALL_LINK, CALLS };
static const char *const call_names[CALLS] = {"open", "read", "write", "sync", "truncate", "remove", "lock", "link"};

static uint64_t calls, fail_call, seen[CALLS];
static bool for_good, counting;
static const char *folder; /* only what happens there counts */

#if OWN_CALLS
/* not static: the checked C library declares some of the calls below inline */
bool io_fails(enum call call, int code);
bool io_fails(enum call call, int code)
{
	if (!counting)
		return false;
	calls++;
	seen[call]++;
	if (fail_call == 0 || (calls != fail_call && !(for_good && calls > fail_call)))
		return false;
	errno = code;
	return true;
}

static bool here(const char *path)
{
	return counting && folder && strncmp(path, folder, strlen(folder)) == 0;
}

/* As the library calls them; off_t has 64 bits here. */
int open64(const char *path, int flags, ...);
int fcntl64(int fd, int command, ...);
ssize_t pread64(int fd, void *bytes, size_t n, off_t at);
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at);
int ftruncate64(int fd, off_t n);

static int do_open(const char *path, int flags, unsigned mode)
{
	if (here(path) && io_fails(CALL_OPEN, EACCES))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
	va_end(args);
	return do_open(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
	va_end(args);
	return do_open(path, flags, mode);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t at)
{
	return io_fails(CALL_READ, EIO) ? -1 : syscall(SYS_pread64, fd, bytes, n, at);
}

ssize_t pread64(int fd, void *bytes, size_t n, off_t at)
{
	return io_fails(CALL_READ, EIO) ? -1 : syscall(SYS_pread64, fd, bytes, n, at);
}

/* A full disk takes the first half. */
static ssize_t do_write(int fd, const void *bytes, size_t n, off_t at)
{
	if (!io_fails(CALL_WRITE, ENOSPC))
		return syscall(SYS_pwrite64, fd, bytes, n, at);
	(void)syscall(SYS_pwrite64, fd, bytes, n / 2, at);
	errno = ENOSPC;
	return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	return do_write(fd, bytes, n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
	return do_write(fd, bytes, n, at);
}

int fsync(int fd)
{
	(void)fd;
	return io_fails(CALL_SYNC, EIO) ? -1 : 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return io_fails(CALL_SYNC, EIO) ? -1 : 0;
}

int ftruncate64(int fd, off_t n)
{
	return io_fails(CALL_TRUNCATE, EIO) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int unlink(const char *path)
{
	return here(path) && io_fails(CALL_REMOVE, EIO) ? -1 : (int)syscall(SYS_unlink, path);
}

int link(const char *from, const char *to)
{
	return here(to) && io_fails(CALL_LINK, EIO) ? -1 : (int)syscall(SYS_link, from, to);
}

int fcntl64(int fd, int command, ...)
{
	va_list args;
	va_start(args, command);
	void *argument = va_arg(args, void *);
	va_end(args);
	if ((command == F_SETLK || command == F_GETLK) && io_fails(CALL_LOCK, EIO))
		return -1;
	return (int)syscall(SYS_fcntl, fd, command, argument);
}
#endif

static void start_counting(uint64_t fail_at, bool goes_on)
{
	calls = 0;
	fail_call = fail_at;
	for_good = goes_on;
	counting = true;
}

/* ---- what is there ---- */

struct base {
	unsigned char *bytes, *anchor;
	size_t n, anchor_n;
};

static unsigned stride(void)
{
	const char *text = getenv("LASERTWIN_IO_STRIDE");
	unsigned long asked = text ? strtoul(text, NULL, 10) : 0;
	return asked > 0 && asked <= 100000 ? (unsigned)asked : 43;
}

static void begin(struct store_world *world, const struct base *base, const struct store_scenario *scenario)
{
	char path[TEMP_PATH_SIZE + 80];
	(void)snprintf(path, sizeof path, "%s-journal", world->path);
	store_close(&world->store);
	(void)unlink(path);
	(void)unlink(world->anchor);
	write_file(world->path, base->bytes, base->n);
	write_file(world->anchor, base->anchor, base->anchor_n);
	if (scenario->kind != SCENARIO_LOCKED)
		world_reopen(world);
}

/* Drafts and attempts leave no entry: they do not count here. */
static int64_t entries(struct store_world *world)
{
	struct store_audit_head head;
	world_ok(world, store_audit_head(world->store, &head, &world->why));
	return head.seq;
}

static bool is_unsure(const struct fail *why)
{
	return strstr(why->text, "look whether it is there") != NULL;
}

struct tally {
	unsigned runs, refused, unsure;
};

/* Opens anew without faults: whole, and with the entries of before or of after. */
static int64_t judge(struct store_world *world, const char *name, uint64_t at)
{
	world_reopen(world);
	if (store_check(world->store, NULL, &world->why) != ST_OK ||
	    store_audit_verify(world->store, NULL, NULL, &world->why) != ST_OK)
		fail_msg("%s: after call %llu: %s: %s", name, (unsigned long long)at, world->why.field, world->why.text);
	return entries(world);
}

struct expected {
	int64_t before, after; /* entries when nothing of it, and when all of it happened */
};

static void run_once(struct store_world *world, const struct store_scenario *scenario, uint64_t at, bool goes_on,
                     const struct expected *expected, struct tally *tally)
{
	struct fail why = {.code = ST_OK};
	start_counting(at, goes_on);
	enum status st = scenario->run(world, &why);
	counting = false;
	if (st != ST_OK && !why.text[0])
		fail_msg("%s: call %llu failed without a reason", scenario->name, (unsigned long long)at);
	int64_t found = judge(world, scenario->name, at);
	tally->runs++;
	tally->refused += st != ST_OK;
	tally->unsure += st != ST_OK && is_unsure(&why);
	if (scenario->kind != SCENARIO_PLAIN)
		return;
	if (found != expected->after && (st == ST_OK || found != expected->before))
		fail_msg("%s: call %llu: %s (%s): %lld entries, neither %lld nor %lld", scenario->name, (unsigned long long)at,
		         status_name(st), why.text, (long long)found, (long long)expected->before, (long long)expected->after);
	if (st != ST_OK && !is_unsure(&why) && found != expected->before)
		fail_msg("%s: call %llu: refused (%s), and yet there", scenario->name, (unsigned long long)at, why.text);
}

static void sweep(struct store_world *world, const struct base *base, const struct store_scenario *scenario,
                  struct tally *tally)
{
	struct expected expected = {0, 0};
	begin(world, base, scenario);
	if (scenario->kind != SCENARIO_LOCKED) {
		expected.before = judge(world, scenario->name, 0);
		begin(world, base, scenario);
	}
	start_counting(0, false);
	world_ok(world, scenario->run(world, &world->why));
	counting = false;
	const uint64_t count = calls;
	expected.after = judge(world, scenario->name, 0);
	for (uint64_t at = 1 + tally->runs % stride(); at <= count; at += stride())
		for (int goes_on = 0; goes_on < 2; goes_on++) {
			begin(world, base, scenario);
			run_once(world, scenario, at, goes_on, &expected, tally);
		}
}

static void a_failing_disk_breaks_nothing(void **state)
{
	struct store_world *world = *state;
	struct base base;
	struct tally tally = {0};
	if (!OWN_CALLS) {
		print_message("skipped: the checker's calls cannot be made to fail\n");
		return;
	}
	folder = world->folder;
	world_ok(world, store_scenario_prepare(world, &world->why));
	store_close(&world->store);
	base.bytes = read_file(world->path, &base.n);
	base.anchor = read_file(world->anchor, &base.anchor_n);
	for (size_t i = 0; i < store_scenario_count; i++)
		sweep(world, &base, &store_scenarios[i], &tally);
	print_message("%zu scenarios, %u failing calls, %u refused with a reason (%u of them unsure), none half done\n",
	              store_scenario_count, tally.runs, tally.refused, tally.unsure);
	for (int call = 0; call < CALLS; call++) {
		print_message("  %-9s %llu calls\n", call_names[call], (unsigned long long)seen[call]);
		assert_true(seen[call] > 0 || call == CALL_TRUNCATE); /* SQLite truncates when it rolls back, at most */
	}
	assert_true(tally.refused > tally.runs / 3);
	free(base.bytes);
	free(base.anchor);
}

int main(void)
{
	store_world_vfs = NULL;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_failing_disk_breaks_nothing, store_world_new, store_world_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
