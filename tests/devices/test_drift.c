/* The trend of a device's output: what one reading and a series say, and with what error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/drift.h"
#include "tests/support/near.h"

static struct drift of(const struct drift_reading *r, size_t count, double today)
{
	struct drift out;
	struct fail why = {0};
	if (drift_today(r, count, today, &out, &why))
		fail_msg("%s: %s", why.field, why.text);
	return out;
}

static void nothing_read_is_nothing_known(void **state)
{
	(void)state;
	struct drift d = of(NULL, 0, 100);
	assert_near(d.ratio, 1.0, 0.0);
	assert_near(d.rel_sd, 0.10, 1e-12);
}

static void one_reading_is_believed_by_its_error(void **state)
{
	(void)state;
	const struct drift_reading r = {100, 12, 10};
	struct drift today = of(&r, 1, 100), later = of(&r, 1, 800);
	assert_near(log(today.ratio), log(1.2) * 0.01 / (0.01 + 0.0025), 1e-9); /* prior 10 %, meter 5 % */
	assert_near(today.per_year_frac, 0.0, 1e-12);
	assert_true(later.rel_sd > today.rel_sd);
}

/* 1 % a month over a year, read monthly: the trend is found and goes on to today. */
static void a_series_shows_its_trend(void **state)
{
	(void)state;
	struct drift_reading r[13];
	for (int i = 0; i < 13; i++)
		r[i] = (struct drift_reading){30.4375 * i, 10.0 * exp(0.01 * i), 10.0};
	struct drift d = of(r, 13, 30.4375 * 15);
	assert_true(d.per_year_frac > 0.06 && d.per_year_frac < 0.13);
	assert_near(log(d.ratio), 0.15, 2.0 * d.rel_sd);
	assert_true(d.ratio > 1.10);
	struct drift far = of(r, 13, 30.4375 * 40);
	assert_true(far.rel_sd > 2.0 * d.rel_sd);
	struct drift few = of(r + 10, 3, 30.4375 * 15);
	assert_true(few.per_year_sd > d.per_year_sd);
}

static void what_is_no_reading_is_refused(void **state)
{
	(void)state;
	const struct drift_reading bad[] = {{1, 0, 10}, {1, 10, 0}, {1, NAN, 10}, {1, 10, INFINITY}, {11, 10, 10}, {NAN, 10, 10}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct drift out;
		struct fail why = {0};
		assert_int_equal(drift_today(&bad[i], 1, 10, &out, &why), ST_INPUT);
		assert_string_equal(why.field, "calibration");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_read_is_nothing_known),
		cmocka_unit_test(one_reading_is_believed_by_its_error),
		cmocka_unit_test(a_series_shows_its_trend),
		cmocka_unit_test(what_is_no_reading_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
