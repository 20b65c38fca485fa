/* The canonical form: vectors, what is refused, and random trees that come back equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/json.h"
#include "physics/base/rng.h"
#include "planner/plan/canonical.h"
#include "planner/store/digest.h"

static char *finish(struct canonical *c, size_t *n)
{
	struct fail why = {0};
	char *text = NULL;
	assert_int_equal(canonical_finish(c, &text, n, &why), ST_OK);
	assert_int_equal(strlen(text), *n);
	return text;
}

/* Vector 1: every kind of value. Its digest was computed with `b2sum -l 256`, not with this program. */
static void vector_of_every_kind(void **state)
{
	(void)state;
	struct canonical c = {0};
	size_t n;
	canonical_object(&c, NULL);
	canonical_int(&c, "a", 0);
	canonical_micro(&c, "energy_mj", 12.5);
	canonical_list(&c, "list");
	canonical_int(&c, NULL, -1);
	canonical_text(&c, NULL, "");
	canonical_object(&c, NULL);
	canonical_int(&c, "x", CANONICAL_INT_MAX);
	canonical_close(&c);
	canonical_close(&c);
	canonical_list(&c, "none");
	canonical_close(&c);
	canonical_text(&c, "text", "q\"b\\s/ \n\x1f\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	canonical_close(&c);
	char *text = finish(&c, &n);
	static const char expected[] = "{\"a\":0,\"energy_mj\":12500000,\"list\":[-1,\"\",{\"x\":9007199254740991}],\"none\":[],"
	                               "\"text\":\"q\\\"b\\\\s/ \\u000a\\u001f\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"}";
	assert_string_equal(text, expected);
	struct digest digest;
	char hex[DIGEST_TEXT_SIZE];
	digest_bytes(text, n, &digest);
	digest_hex(&digest, hex);
	assert_string_equal(hex, "421c5b0381d7dcb90c813400363b01dc81b1a65bce6a0d0d172ffe1f62fdd266");
	free(text);
}

static void micro_units_round_to_the_nearest(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *text;
	} rows[] = {{0.71, "{\"a\":710000}"},       {-0.0, "{\"a\":0}"},       {0.1 + 0.2, "{\"a\":300000}"},
	            {1e-7, "{\"a\":0}"},            {5e-7, "{\"a\":1}"},       {-2.5, "{\"a\":-2500000}"},
	            {336.0, "{\"a\":336000000}"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct canonical c = {0};
		size_t n;
		canonical_object(&c, NULL);
		canonical_micro(&c, "a", rows[i].value);
		canonical_close(&c);
		char *text = finish(&c, &n);
		assert_string_equal(text, rows[i].text);
		free(text);
	}
}

static void unwritable_values_fail_by_name(void **state)
{
	(void)state;
	static const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1e10, -1e300};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct canonical c = {0};
		struct fail why = {0};
		char *text;
		size_t n;
		canonical_object(&c, NULL);
		canonical_micro(&c, "energy_mj", bad[i]);
		canonical_text(&c, "later", "more");
		canonical_close(&c);
		assert_int_equal(canonical_finish(&c, &text, &n, &why), ST_RANGE);
		assert_string_equal(why.field, "energy_mj");
		assert_null(text);
	}
}

static void text_that_is_not_utf8_fails(void **state)
{
	(void)state;
	static const char *const bad[] = {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "ab\xe2\x82", "\xff"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct canonical c = {0};
		struct fail why = {0};
		char *text;
		size_t n;
		canonical_object(&c, NULL);
		canonical_text(&c, "a", bad[i]);
		canonical_close(&c);
		assert_int_equal(canonical_finish(&c, &text, &n, &why), ST_INPUT);
	}
}

static void other_forms_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	        "", "{}", "[]", "1", "\"a\"", "{\"a\":1} ", " {\"a\":1}", "{ \"a\":1}", "{\"a\": 1}", "{\"a\":1 }",
	        "{\"a\":1}\n", "{\"b\":1,\"a\":2}", "{\"a\":1,\"B\":2}", "{\"a\":1,\"a\":1}", "{\"a\":1.0}", "{\"a\":1e3}", "{\"a\":01}",
	        "{\"a\":-0}", "{\"a\":+1}", "{\"a\":--1}", "{\"a\":-}", "{\"a\":9007199254740992}",
	        "{\"a\":-9007199254740992}", "{\"a\":99999999999999999999}", "{\"a\":null}", "{\"a\":true}",
	        "{\"a\":false}", "{\"a\":{}}", "{\"a-b\":1}", "{\"a b\":1}", "{\"\":1}", "{\"\\u0061\":1}", "{\"a\"}",
	        "{\"a\":}", "{\"a\":1,}", "{\"a\":[1,]}", "{\"a\":[1 ,2]}", "{\"a\":[", "{\"a\":\"", "{\"a\":\"\\",
	        "{\"a\":\"\\u\"}", "{\"a\":\"\\n\"}", "{\"a\":\"\\/\"}", "{\"a\":\"\\u0041\"}", "{\"a\":\"\\u000A\"}",
	        "{\"a\":\"\\u0000\"}", "{\"a\":\"\\u0020\"}", "{\"a\":\"\n\"}", "{\"a\":\"\xff\"}", "\xef\xbb\xbf{\"a\":1}",
	        "{\"a\":1}{\"a\":1}", "{\"a\":[[[[[[[[1]]]]]]]]}",
	        "{\"a23456789a123456789a123456789a123456789a12345678\":1}"};
	struct fail why;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (canonical_check(bad[i], strlen(bad[i]), &why) != ST_INPUT)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(canonical_check("{\"a\":\"\0\"}", 9, &why), ST_INPUT);
	static const char good[] = "{\"a\":[[[[[[[1]]]]]]],\"a1\":\"\xf4\x8f\xbf\xbf\",\"a_\":-1}";
	assert_int_equal(canonical_check(good, sizeof good - 1, &why), ST_OK);
}

/* No byte of a text in the form can be changed, left out or doubled without the text being refused or
 * meaning something else: here, every text that is still accepted is another text. */
enum { TREES = 2000, EDITS = 40 };

static void write_tree(struct canonical *c, const char *name, struct rng *rng, unsigned depth)
{
	static const char *const words[] = {"", "a", "\"", "\\", "\n", "\x7f", "\xc3\xa9", "0", "null", "long enough"};
	const uint64_t kind = rng_next(rng) % (depth > 4 ? 2 : 4);
	if (kind == 0)
		canonical_int(c, name, (int64_t)(rng_next(rng) >> 12) * (rng_next(rng) & 1 ? 1 : -1));
	if (kind == 1)
		canonical_text(c, name, words[rng_next(rng) % (sizeof words / sizeof words[0])]);
	if (kind == 2) {
		canonical_list(c, name);
		for (uint64_t i = rng_next(rng) % 4; i > 0; i--)
			write_tree(c, NULL, rng, depth + 1);
		canonical_close(c);
	}
	if (kind == 3) {
		canonical_object(c, name);
		for (char k[] = "a"; k[0] < 'c' + (char)(rng_next(rng) % 3); k[0]++)
			write_tree(c, k, rng, depth + 1);
		canonical_close(c);
	}
}

static void random_trees_are_read_by_the_strict_reader(void **state)
{
	(void)state;
	struct rng rng;
	rng_seed(&rng, 7, 0);
	for (unsigned i = 0; i < TREES; i++) {
		struct canonical c = {0};
		struct json_doc *doc = NULL;
		struct fail why = {0};
		size_t n;
		canonical_object(&c, NULL);
		write_tree(&c, "tree", &rng, 1);
		canonical_close(&c);
		char *text = finish(&c, &n);
		assert_int_equal(json_parse("tree", text, n, &doc, &why), ST_OK);
		json_free(&doc);
		for (unsigned e = 0; e < EDITS; e++) { /* whatever the checker accepts, the strict reader does too */
			char *edited = malloc(n + 1);
			assert_non_null(edited);
			memcpy(edited, text, n + 1);
			edited[rng_next(&rng) % n] = (char)(rng_next(&rng) & 0xff);
			if (canonical_check(edited, n, &why) == ST_OK) {
				assert_int_equal(json_parse("tree", edited, n, &doc, &why), ST_OK);
				json_free(&doc);
			}
			free(edited);
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(vector_of_every_kind),
	        cmocka_unit_test(micro_units_round_to_the_nearest),
	        cmocka_unit_test(unwritable_values_fail_by_name),
	        cmocka_unit_test(text_that_is_not_utf8_fails),
	        cmocka_unit_test(other_forms_are_refused),
	        cmocka_unit_test(random_trees_are_read_by_the_strict_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
