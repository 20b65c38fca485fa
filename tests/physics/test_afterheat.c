/* What an earlier treatment leaves: the closed form against a sum over an explicit scheme, and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/afterheat.h"
#include "tests/support/near.h"

/* 5 J/cm2 spread evenly over a depth, in an insulated half-space of 3.5 J/cm3K and 1e-3 cm2/s, forward in time: the
 * hottest cell after a while. */
static double hottest_K(double depth_cm, double later_s)
{
	enum { CELLS = 400 };
	const double dz = 0.01, a = 1e-3, dt = 0.4 * dz * dz / a;
	double T[CELLS] = {0}, next[CELLS];
	for (int i = 0; i < CELLS && (i + 0.5) * dz < depth_cm; i++)
		T[i] = 5.0 / (3.5 * depth_cm);
	for (double t = 0.0; t < later_s; t += dt) {
		for (int i = 0; i < CELLS; i++) {
			double up = i ? T[i - 1] : T[0], down = i + 1 < CELLS ? T[i + 1] : T[i];
			next[i] = T[i] + a * dt / (dz * dz) * (up - 2.0 * T[i] + down);
		}
		for (int i = 0; i < CELLS; i++)
			T[i] = next[i];
	}
	double most = 0.0;
	for (int i = 0; i < CELLS; i++)
		most = fmax(most, T[i]);
	return most;
}

static void the_bound_holds_and_is_close(void **state)
{
	(void)state;
	const double later_s[] = {30, 60, 300, 1200}, depth_cm[] = {0.02, 0.1, 0.3};
	for (size_t t = 0; t < 4; t++)
		for (size_t d = 0; d < 3; d++) {
			double bound = afterheat_K(5.0, later_s[t]), is = hottest_K(depth_cm[d], later_s[t]);
			if (is > 1.01 * bound)
				fail_msg("%g cm after %g s: %.2f K, bound %.2f K", depth_cm[d], later_s[t], is, bound);
			if (d == 0)
				assert_near(is, bound, 0.02 * bound);
		}
}

static void nonsense_has_no_answer(void **state)
{
	(void)state;
	assert_true(isnan(afterheat_K(-1, 60)) && isnan(afterheat_K(NAN, 60)) && isnan(afterheat_K(5, 0.5)));
	assert_true(isnan(afterheat_K(5, NAN)) && isnan(afterheat_damage_factor(75000, -1)));
	assert_near(afterheat_K(0, 60), 0.0, 0.0);
	assert_near(afterheat_damage_factor(75000, 0.0), 1.0, 0.0);
	assert_true(afterheat_damage_factor(75000, 1.0) > 2.0); /* a degree doubles damage (CEM43 above 43 C) */
	assert_true(isnan(afterheat_damage_factor(75000, NAN)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bound_holds_and_is_close),
		cmocka_unit_test(nonsense_has_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
