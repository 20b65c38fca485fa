/* Memory that runs out: every allocation of every scenario fails in turn, once and for good. Whatever the scenario
 * then says, the store is whole afterwards, and what was to be written is there or it is not.
 *
 * This program brings its own malloc, which the store, SQLite and cJSON get as well; the C library's stands behind
 * it. LASERTWIN_MEMORY_STRIDE=1 fails every site instead of some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "tests/support/store_scenarios.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0 /* the checker has its own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MALLOC 0
#else
#define OWN_MALLOC 1
#endif
#else
#define OWN_MALLOC 1
#endif

/* ---- the malloc that fails ---- */

static uint64_t allocations, fail_allocation;
static bool for_good, counting;

#if OWN_MALLOC
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *old, size_t n);
void *malloc(size_t n);
void *calloc(size_t count, size_t n);
void *realloc(void *old, size_t n);

static bool runs_out(void)
{
	if (!counting)
		return false;
	allocations++;
	return fail_allocation > 0 &&
	       (allocations == fail_allocation || (for_good && allocations > fail_allocation));
}

void *malloc(size_t n)
{
	return runs_out() ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	return runs_out() ? NULL : __libc_calloc(count, n);
}

void *realloc(void *old, size_t n)
{
	return runs_out() ? NULL : __libc_realloc(old, n);
}
#endif

/* Nothing here is about the disk; without syncs many more can be tried. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

static void start_counting(uint64_t fail_at, bool goes_on)
{
	allocations = 0;
	fail_allocation = fail_at;
	for_good = goes_on;
	counting = true;
}

static void stop_counting(void)
{
	counting = false;
}

/* ---- the sweep ---- */

struct base {
	unsigned char *bytes, *anchor;
	size_t n, anchor_n;
};

static unsigned stride(void)
{
	const char *text = getenv("LASERTWIN_MEMORY_STRIDE");
	unsigned long asked = text ? strtoul(text, NULL, 10) : 0;
	return asked > 0 && asked <= 100000 ? (unsigned)asked : 797;
}

static void begin(struct store_world *world, const struct base *base, const struct store_scenario *scenario)
{
	store_close(&world->store);
	write_file(world->path, base->bytes, base->n);
	write_file(world->anchor, base->anchor, base->anchor_n);
	if (scenario->kind != SCENARIO_LOCKED)
		world_reopen(world);
}

/* Gives the allocations that were asked for. */
static uint64_t run_once(struct store_world *world, const struct store_scenario *scenario, uint64_t fail_at, bool goes_on,
                         unsigned *refused)
{
	struct fail why = {.code = ST_OK};
	start_counting(fail_at, goes_on);
	enum status st = scenario->run(world, &why);
	stop_counting();
	uint64_t count = allocations;
	if (fail_at == 0 && st != ST_OK)
		fail_msg("%s: %s: %s", scenario->name, why.field, why.text);
	if (st != ST_OK && !why.text[0])
		fail_msg("%s: allocation %llu failed without a reason", scenario->name, (unsigned long long)fail_at);
	*refused += st != ST_OK;
	world_reopen(world);
	if (store_check(world->store, NULL, &why) != ST_OK || store_audit_verify(world->store, NULL, NULL, &why) != ST_OK)
		fail_msg("%s: after allocation %llu: %s: %s", scenario->name, (unsigned long long)fail_at, why.field,
		         why.text);
	return count;
}

static void sweep(struct store_world *world, const struct base *base, const struct store_scenario *scenario,
                  unsigned *sites, unsigned *refused)
{
	begin(world, base, scenario);
	uint64_t count = run_once(world, scenario, 0, false, refused);
	for (uint64_t at = 1 + *sites % stride(); at <= count; at += stride())
		for (int goes_on = 0; goes_on < 2; goes_on++) {
			begin(world, base, scenario);
			(void)run_once(world, scenario, at, goes_on, refused);
			++*sites;
		}
}

static void memory_that_runs_out_breaks_nothing(void **state)
{
	struct store_world *world = *state;
	struct base base;
	unsigned sites = 0, refused = 0;
	if (!OWN_MALLOC) {
		print_message("skipped: the checker's malloc cannot be made to fail\n");
		return;
	}
	world_ok(world, store_scenario_prepare(world, &world->why));
	store_close(&world->store);
	base.bytes = read_file(world->path, &base.n);
	base.anchor = read_file(world->anchor, &base.anchor_n);
	for (size_t i = 0; i < store_scenario_count; i++)
		sweep(world, &base, &store_scenarios[i], &sites, &refused);
	print_message("%zu scenarios, %u failing allocations, %u refused with a reason, none half done\n",
	              store_scenario_count, sites, refused);
	assert_true(refused > sites / 4);
	free(base.bytes);
	free(base.anchor);
}

int main(void)
{
	store_world_vfs = NULL;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(memory_that_runs_out_breaks_nothing, store_world_new, store_world_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
