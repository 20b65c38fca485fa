/* PIH series: Wilson intervals against published figures, the file as it stands, and wrong figures refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/safety/pih.h"
#include "tests/planner/read_profile.h"

static void near(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.6g is not %.6g", a, b);
}

/* Newcombe 1998, Stat Med 17:857, table I, method 3: 81/263, 15/148, 0/20, 1/29. */
static void test_wilson_against_newcombe(void **state)
{
	static const struct {
		int events, n;
		double low, high;
	} row[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0, 0.1611}, {1, 29, 0.0061, 0.1718}};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		double low, high;
		pih_wilson(row[i].events, row[i].n, &low, &high);
		near(low, row[i].low, 6e-5);
		near(high, row[i].high, 6e-5);
		pih_wilson(row[i].n - row[i].events, row[i].n, &low, &high); /* symmetric in success and failure */
		near(1.0 - high, row[i].low, 6e-5);
		near(1.0 - low, row[i].high, 6e-5);
	}
}

static void test_file_and_words(void **state)
{
	struct pih_table table;
	struct fail why = {0};
	char text[256];
	size_t length = 0;
	char *json = read_profile("pih.json", &length);
	(void)state;
	if (pih_parse(json, length, "pih.json", &table, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	free(json);
	assert_int_equal(table.count, 6);
	assert_string_equal(pih_text(pih_find(&table, "1927 melasma III-IV (3/68 patients)"), text, sizeof(text)),
	                    "PIH 4.4 % (95 % interval 1.5-12.2 %), 3 of 68 patients, types III-IV [V46]; "
	                    "not from this patient");
	/* none in 14 still allows a fifth */
	near(pih_find(&table, "1927 melasma Polder (0/14)")->high_pct, 21.5, 0.0);
	assert_null(pih_find(&table, "nobody"));
}

#define SERIES(members) "{\"schema\":\"lasertwin-pih/1\",\"series\":[{\"key\":\"k\",\"of\":\"visits\",\"fitz\":[]," \
	"\"source\":[\"V1\"]," members "}]}"

static void test_wrong_figures_are_refused(void **state)
{
	static const char *const text[] = {
		SERIES("\"events\":3,\"n\":68,\"pct\":4.4,\"low_pct\":1.5,\"high_pct\":9.9"),
		SERIES("\"events\":3,\"n\":68,\"pct\":5.4,\"low_pct\":1.5,\"high_pct\":12.2"),
		SERIES("\"events\":3,\"n\":68,\"pct\":4.4,\"low_pct\":2.5,\"high_pct\":12.2"),
		SERIES("\"events\":69,\"n\":68,\"pct\":4.4,\"low_pct\":1.5,\"high_pct\":12.2"),
		SERIES("\"events\":0,\"n\":0,\"pct\":0,\"low_pct\":0,\"high_pct\":0"),
		"{\"schema\":\"lasertwin-pih/1\"}", "{}", "",
	};
	struct pih_table table = {.count = 77};
	(void)state;
	const char *good = SERIES("\"events\":3,\"n\":68,\"pct\":4.4,\"low_pct\":1.5,\"high_pct\":12.2");
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		assert_true(pih_parse(text[i], strlen(text[i]), "t.json", &table, NULL) != ST_OK);
		assert_int_equal(table.count, 77);
	}
	assert_int_equal(pih_parse(good, strlen(good), "t.json", &table, NULL), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wilson_against_newcombe),
		cmocka_unit_test(test_file_and_words),
		cmocka_unit_test(test_wrong_figures_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
