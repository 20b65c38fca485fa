/* The loops over histories give the same bits in every set of registers this machine has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/damage_kernel.c"

enum { NODES = 203 };

static struct {
	double time_s[NODES], temperature_C[NODES];
	float base_C[NODES], response[NODES];
} history;

/* Crosses both ends of a branch, rests, jumps, and repeats its time. */
static void fill(void)
{
	for (int i = 0; i < NODES; i++) {
		history.time_s[i] = 1e-3 * (i - i % 7 / 6);
		history.base_C[i] = (float)(40.0 + 14.0 * sin(0.11 * i));
		history.response[i] = (float)(i % 50 < 3 ? 9.0 : 3.0 * exp(-0.02 * i));
		history.temperature_C[i] = (double)history.base_C[i] + 1.5 * (double)history.response[i];
	}
}

static void plain(struct call *c)
{
	run(c);
}

struct answer {
	double result, out[NODES];
};

static struct answer ask(void (*loops)(struct call *), enum loop what, size_t count)
{
	static const struct damage_kinetics kinetics = {44.0, 50.0, 227.0, 75000.0};
	struct answer a = {0};
	struct call c = {.what = what,
	                 .kinetics = &kinetics,
	                 .time_s = history.time_s,
	                 .temperature_C = history.temperature_C,
	                 .base_C = history.base_C,
	                 .response = history.response,
	                 .factor = 1.5,
	                 .cutoff_C = 45.0,
	                 .out = a.out,
	                 .count = count};
	loops(&c);
	a.result = c.result;
	return a;
}

static void same_bits(void (*loops)(struct call *))
{
	static const enum loop each[] = {OMEGA, TEMPERATURE, HIGHEST};
	for (size_t count = 1; count <= NODES; count++)
		for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
			struct answer want = ask(plain, each[i], count), got = ask(loops, each[i], count);
			assert_memory_equal(&want.result, &got.result, sizeof want.result);
			assert_memory_equal(want.out, got.out, sizeof want.out);
		}
	assert_true(ask(loops, OMEGA, NODES).result > 0.0);
}

static void every_machine_gives_the_same(void **state)
{
	(void)state;
	fill();
	same_bits(dispatch);
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		same_bits(dispatch_wide);
	if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
		same_bits(dispatch_widest);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_machine_gives_the_same)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
