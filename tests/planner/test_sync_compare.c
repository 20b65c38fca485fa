/* Two versions of one record: what differs comes first, and nothing that does not matter is called different. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "planner/sync/compare.h"

static struct compare compared(const char *mine, const char *theirs)
{
	struct compare c;
	struct fail why;
	if (compare_records(mine, theirs, &c, &why))
		fail_msg("%s: %s", why.field, why.text);
	return c;
}

static void differences_come_first(void **state)
{
	(void)state;
	struct compare c = compared("{\"resourceType\":\"Patient\",\"active\":true,\"gender\":\"female\",\"birthDate\":\"1980\"}",
	                            "{\"resourceType\":\"Patient\",\"active\":true,\"gender\":\"male\",\"deceased\":false}");
	assert_int_equal(c.count, 5);
	assert_int_equal(c.different, 3);
	assert_string_equal(c.row[0].path, "gender");
	assert_string_equal(c.row[0].mine, "female");
	assert_string_equal(c.row[0].theirs, "male");
	assert_string_equal(c.row[1].path, "deceased");
	assert_string_equal(c.row[1].mine, "");
	assert_string_equal(c.row[1].theirs, "no");
	assert_string_equal(c.row[2].path, "birthDate");
	assert_string_equal(c.row[2].theirs, "");
	assert_false(c.row[3].differs);
	compare_free(&c);
}

static void what_servers_rewrite_is_no_difference(void **state)
{
	(void)state;
	struct compare c = compared(
	        "{\"resourceType\":\"Observation\",\"meta\":{\"tag\":[{\"code\":\"1\"}]},\"value\":12.50}",
	        "{\"value\":12.5,\"resourceType\":\"Observation\",\"id\":\"7\",\"meta\":{\"versionId\":\"3\",\"lastUpdated\":"
	        "\"2026-01-01T00:00:00Z\",\"tag\":[{\"code\":\"2\"}]},\"text\":{\"div\":\"<script>\"}}");
	assert_int_equal(c.different, 0);
	assert_int_equal(c.count, 2);
	compare_free(&c);
}

/* {"schema":"x","json":"{\"a\":1}"} and the same with 2, in base64. */
static void what_travels_in_base64_is_opened(void **state)
{
	(void)state;
	struct compare c = compared("{\"data\":\"eyJzY2hlbWEiOiJ4IiwianNvbiI6IntcImFcIjoxfSJ9\"}",
	                            "{\"data\":\"eyJzY2hlbWEiOiJ4IiwianNvbiI6IntcImFcIjoyfSJ9\"}");
	assert_int_equal(c.different, 1);
	assert_string_equal(c.row[0].path, "data.json.a");
	assert_string_equal(c.row[0].mine, "1");
	assert_string_equal(c.row[0].theirs, "2");
	compare_free(&c);
}

static void nonsense_is_refused_by_side(void **state)
{
	(void)state;
	struct compare c;
	struct fail why;
	assert_int_equal(compare_records("{}", "<html>", &c, &why), ST_INPUT);
	assert_non_null(strstr(why.field, "the server's"));
	assert_int_equal(c.count, 0);
}

static void any_text_is_survived(void **state)
{
	static const char whole[] = "{\"a\":[{\"b\":\"eyJhIjp7ImIiOlsxLDIsM119fQ==\",\"c\":[1,2,{\"d\":null}]},true],\"e\":\"{\\\"f\\\":1}\"}";
	struct rng rng;
	(void)state;
	rng_seed(&rng, 5, 0);
	for (int round = 0; round < 3000; round++) {
		char text[sizeof whole];
		struct compare c;
		struct fail why;
		memcpy(text, whole, sizeof whole);
		for (uint64_t hits = rng_next(&rng) % 4; hits > 0; hits--)
			text[rng_next(&rng) % (sizeof whole - 1)] = "{}[]\",:0\\a"[rng_next(&rng) % 10];
		if (compare_records(whole, text, &c, &why) == ST_OK) {
			for (size_t i = 0; i < c.count; i++)
				assert_int_equal(c.row[i].differs, i < c.different);
			compare_free(&c);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(differences_come_first),        cmocka_unit_test(what_servers_rewrite_is_no_difference),
	        cmocka_unit_test(what_travels_in_base64_is_opened), cmocka_unit_test(nonsense_is_refused_by_side),
	        cmocka_unit_test(any_text_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
