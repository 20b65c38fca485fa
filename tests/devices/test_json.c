/* Strict JSON: what is refused, and how the refusal reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "devices/json.h"
#include "physics/base/rng.h"
#include "tests/support/near.h"

static enum status parse(const char *text, struct json_doc **doc, struct fail *why)
{
	return json_parse("dir/t.json", text, strlen(text), doc, why);
}

static void assert_refused(const char *text, const char *field, const char *words)
{
	struct json_doc *doc = NULL;
	struct fail why = {0};

	if (parse(text, &doc, &why) == ST_OK)
		fail_msg("accepted: %s", text);
	assert_null(doc);
	assert_string_equal(why.field, field);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
}

static void malformed_text_is_refused_with_line_and_column(void **state)
{
	(void)state;
	assert_refused("", "t.json:1:1", "cut off");
	assert_refused("{\n  \"a\": 01\n}", "t.json:2:9", "leading zeros");
	assert_refused("[1.]", "t.json:1:4", "decimal point");
	assert_refused("[.5]", "t.json:1:2", "a value is expected");
	assert_refused("[+1]", "t.json:1:2", "a value is expected");
	assert_refused("[1e]", "t.json:1:4", "exponent");
	assert_refused("[-]", "t.json:1:3", "digit");
	assert_refused("[NaN]", "t.json:1:2", "a value is expected");
	assert_refused("[Infinity]", "t.json:1:2", "a value is expected");
	assert_refused("[-Infinity]", "t.json:1:3", "digit");
	assert_refused("[8,5e1,]", "t.json:1:8", "a value is expected");
	assert_refused("{\"a\":1,}", "t.json:1:8", "double quotes");
	assert_refused("{a:1}", "t.json:1:2", "double quotes");
	assert_refused("{'a':1}", "t.json:1:2", "double quotes");
	assert_refused("{\"a\" 1}", "t.json:1:6", "colon");
	assert_refused("[1 2]", "t.json:1:4", "comma or ]");
	assert_refused("{\"a\":1 \"b\":2}", "t.json:1:8", "comma or }");
	assert_refused("[1] x", "t.json:1:5", "follows the end");
	assert_refused("[1]]", "t.json:1:4", "follows the end");
	assert_refused("[tru]", "t.json:1:2", "a value is expected");
	assert_refused("/* c */ 1", "t.json:1:1", "a value is expected");
	assert_refused("\xEF\xBB\xBF{}", "t.json:1:1", "byte order mark");
	assert_refused("[0x10]", "t.json:1:3", "comma or ]");
	assert_refused("[12345678901234567890123456789012345678901]", "t.json:1:2", "round it");
}

static void texts_are_checked_to_the_byte(void **state)
{
	(void)state;
	assert_refused("[\"a\tb\"]", "t.json:1:4", "control character");
	assert_refused("[\"\\x\"]", "t.json:1:4", "unknown escape");
	assert_refused("[\"\\u12G4\"]", "t.json:1:7", "hexadecimal");
	assert_refused("[\"\\u0000\"]", "t.json:1:3", "NUL");
	assert_refused("[\"\\ud800\"]", "t.json:1:9", "surrogate");
	assert_refused("[\"\\ud800\\u0041\"]", "t.json:1:9", "surrogate");
	assert_refused("[\"\\udc00\"]", "t.json:1:3", "surrogate");
	assert_refused("[\"\xC0\xAF\"]", "t.json:1:3", "UTF-8");         /* overlong slash */
	assert_refused("[\"\xE0\x80\xAF\"]", "t.json:1:4", "UTF-8");     /* overlong */
	assert_refused("[\"\xED\xA0\x80\"]", "t.json:1:4", "UTF-8");     /* surrogate */
	assert_refused("[\"\xF4\x90\x80\x80\"]", "t.json:1:4", "UTF-8"); /* past U+10FFFF */
	assert_refused("[\"\xF8\x88\x80\x80\x80\"]", "t.json:1:3", "UTF-8");
	assert_refused("[\"\x80\"]", "t.json:1:3", "UTF-8");
	assert_refused("[\"\xC3(\"]", "t.json:1:4", "UTF-8");
	assert_refused("\xFF", "t.json:1:1", "a value is expected");
}

static void nul_bytes_are_refused(void **state)
{
	static const char inside[] = "[\"a\0b\"]", between[] = "[1]\0[2]";
	struct json_doc *doc = NULL;

	(void)state;
	assert_int_equal(json_parse("t", inside, sizeof inside - 1, &doc, NULL), ST_INPUT);
	assert_int_equal(json_parse("t", between, sizeof between - 1, &doc, NULL), ST_INPUT);
}

static void good_text_is_read(void **state)
{
	struct json_doc *doc = NULL;
	struct fail why = {0};
	double number = 0;
	char text[32];

	(void)state;
	assert_int_equal(parse(" {\"n\": -1.25e-2, \"t\": \"\\u00e9\\ud83d\\ude00\\n\xC3\xA9\", \"e\": {}, "
	                       "\"l\": []}\r\n",
	                       &doc, &why),
	                 ST_OK);
	struct json_at root = json_root(doc);
	assert_int_equal(json_number_in(&root, "n", -1, 1, "mm", &number, NULL, &why), ST_OK);
	assert_near(number, -0.0125, 0);
	assert_int_equal(json_string(&root, "t", text, sizeof text, NULL, &why), ST_OK);
	assert_string_equal(text, "\xC3\xA9\xF0\x9F\x98\x80\n\xC3\xA9");
	assert_int_equal(json_count(&root), 4);
	json_free(&doc);
	assert_null(doc);
	json_free(&doc);
}

static void what_the_tree_must_not_hold(void **state)
{
	(void)state;
	assert_refused("{\"a\":{\"b\":1,\"c\":2,\"b\":3}}", "t.json: a.b", "given twice");
	assert_refused("{\"b\":1,\"\\u0062\":3}", "t.json: b", "given twice");
	assert_refused("{\"a\":[1,{\"x\":1e400}]}", "t.json: a[1].x", "too large");
	assert_refused("[-1e999]", "t.json: [0]", "too large");
}

static void depth_and_size_are_bounded(void **state)
{
	char deep[2 * (JSON_DEPTH_MAX + 1) + 1];
	struct json_doc *doc = NULL;
	struct fail why = {0};

	(void)state;
	for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(deep, '[', depth);
		memset(deep + depth, ']', depth);
		enum status st = json_parse("t", deep, 2 * depth, &doc, &why);
		assert_int_equal(st, depth <= JSON_DEPTH_MAX ? ST_OK : ST_INPUT);
		json_free(&doc);
	}
	assert_non_null(strstr(why.text, "deeper"));
	char *huge = malloc(JSON_BYTES_MAX + 1);
	assert_non_null(huge);
	memset(huge, ' ', JSON_BYTES_MAX + 1);
	huge[0] = '1';
	assert_int_equal(json_parse("t", huge, JSON_BYTES_MAX, &doc, &why), ST_OK);
	json_free(&doc);
	assert_int_equal(json_parse("t", huge, JSON_BYTES_MAX + 1, &doc, &why), ST_FULL);
	memset(huge, '[', JSON_BYTES_MAX); /* must not recurse a million times */
	assert_int_equal(json_parse("t", huge, JSON_BYTES_MAX, &doc, &why), ST_INPUT);
	free(huge);
}

static void refusals_name_path_value_range_and_remedy(void **state)
{
	struct json_doc *doc = NULL;
	struct fail why = {0};
	struct json_at patient;
	double value = 7;
	int whole = 7;
	bool present = true;

	(void)state;
	assert_int_equal(
	        parse("{\"patient\":{\"ita_deg\":460,\"age\":\"x\",\"n\":1.5,\"z\":null}}", &doc, &why),
	        ST_OK);
	struct json_at root = json_root(doc);
	assert_int_equal(json_member(&root, "patient", JSON_OBJECT, &patient, NULL, &why), ST_OK);
	assert_int_equal(json_number_in(&patient, "ita_deg", -90, 90, "deg", &value, NULL, &why), ST_RANGE);
	assert_string_equal(why.field, "t.json: patient.ita_deg");
	assert_string_equal(why.text, "460 is outside -90..90 deg; enter a value in deg");
	assert_int_equal(json_number_in(&patient, "age", 0, 120, "y", &value, NULL, &why), ST_INPUT);
	assert_string_equal(why.text, "is a text; a number is expected");
	assert_int_equal(json_number_in(&patient, "z", 0, 1, "", &value, &present, &why), ST_INPUT);
	assert_string_equal(why.text, "is null; a number is expected");
	assert_int_equal(json_integer_in(&patient, "n", 0, 9, "", &whole, NULL, &why), ST_RANGE);
	assert_non_null(strstr(why.text, "1.5 is not a whole number"));
	assert_int_equal(json_number_in(&patient, "mi", 0, 1, "", &value, NULL, &why), ST_INPUT);
	assert_string_equal(why.field, "t.json: patient.mi");
	assert_non_null(strstr(why.text, "missing"));
	assert_int_equal(json_number_in(&patient, "mi", 0, 1, "", &value, &present, &why), ST_OK);
	assert_false(present);
	assert_near(value, 7, 0);
	assert_int_equal(whole, 7);
	json_free(&doc);
}

/* A long file name gives way to the path. */
static void the_path_is_kept_when_space_is_short(void **state)
{
	static const char name[] = "a_case_file_with_a_very_long_name_that_somebody_gave_it_in_a_hurry.json";
	static const char text[] =
	        "{\"a_key_of_some_length_0123456789\":{\"another_key_of_some_length_01234567\":{\"ita\":1}}}";
	struct json_doc *doc = NULL;
	struct fail why = {0};
	struct json_at outer, inner;
	double value;

	(void)state;
	assert_int_equal(json_parse(name, text, strlen(text), &doc, &why), ST_OK);
	struct json_at root = json_root(doc);
	assert_true(json_find(&root, "a_key_of_some_length_0123456789", &outer));
	assert_true(json_find(&outer, "another_key_of_some_length_01234567", &inner));
	assert_int_equal(json_number_in(&inner, "ita", 2, 3, "deg", &value, NULL, &why), ST_RANGE);
	assert_non_null(strstr(why.field, ".ita"));
	assert_string_equal(strstr(why.field, ".ita"), ".ita");
	json_free(&doc);
}

static void unknown_names_come_with_the_nearest(void **state)
{
	static const char *const keys[] = {"ita_deg", "age", "energy_mJ", NULL};
	struct json_doc *doc = NULL;
	struct fail why = {0};
	size_t choice = 9;

	(void)state;
	assert_int_equal(parse("{\"ita\":1,\"x_note\":2}", &doc, &why), ST_OK);
	struct json_at root = json_root(doc);
	assert_int_equal(json_known_keys(&root, keys, JSON_X_EXTRA, &why), ST_INPUT);
	assert_string_equal(why.field, "t.json: ita");
	assert_string_equal(why.text,
	                    "\"ita\" is not known; did you mean \"ita_deg\"? known: ita_deg, age, energy_mJ");
	json_free(&doc);
	assert_int_equal(parse("{\"age\":1,\"x_note\":\"energy_J\"}", &doc, &why), ST_OK);
	root = json_root(doc);
	assert_int_equal(json_known_keys(&root, keys, JSON_X_EXTRA, &why), ST_OK);
	assert_int_equal(json_known_keys(&root, keys, JSON_NO_EXTRA, &why), ST_INPUT);
	assert_int_equal(json_choice(&root, "x_note", keys, 3, &choice, NULL, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "did you mean \"energy_mJ\"?"));
	assert_int_equal(choice, 9);
	json_free(&doc);
	assert_null(json_nearest("zebra", keys, 3));
}

static void hostile_names_cannot_reach_the_terminal(void **state)
{
	static const char *const keys[] = {"a", NULL};
	struct json_doc *doc = NULL;
	struct fail why = {0};

	(void)state;
	assert_int_equal(parse("{\"\\u001b[2J\\u009b\\nred\":1}", &doc, &why), ST_OK);
	struct json_at root = json_root(doc);
	assert_int_equal(json_known_keys(&root, keys, JSON_NO_EXTRA, &why), ST_INPUT);
	assert_string_equal(why.field, "t.json: ?[2J??red");
	assert_null(strchr(why.text, '\x1b'));
	assert_null(strchr(why.text, '\n'));
	json_free(&doc);
}

static void walking_visits_everything_in_order(void **state)
{
	struct json_doc *doc = NULL;
	struct fail why = {0};
	struct json_at list, item = {0};
	double sum = 0, value = 0;
	size_t visits = 0;

	(void)state;
	assert_int_equal(parse("{\"l\":[1,2,4],\"e\":[]}", &doc, &why), ST_OK);
	struct json_at root = json_root(doc);
	assert_int_equal(json_member(&root, "l", JSON_ARRAY, &list, NULL, &why), ST_OK);
	while (json_array_each(&list, &item)) {
		assert_int_equal(item.index, visits++);
		assert_int_equal(json_number_at(&item, 0, 9, "", &value, &why), ST_OK);
		sum += value;
	}
	assert_near(sum, 7, 0);
	item = (struct json_at){0};
	assert_true(json_object_each(&root, &item));
	assert_string_equal(item.key, "l");
	assert_true(json_object_each(&root, &item));
	assert_int_equal(json_count(&item), 0);
	assert_false(json_object_each(&root, &item));
	json_free(&doc);
}

static const char sample[] =
        "{\"schema\":\"s/1\",\"id\":\"caf\xC3\xA9 \\u00e9\\ud83d\\ude00\",\"n\":[1,-2.5e3,0.25,1e-7],"
        "\"o\":{\"t\":true,\"f\":false,\"z\":null,\"deep\":[[[{\"k\":[]}]]]},\"l\":[\"a\",\"b\\n\"]}";

static void a_cut_text_is_never_accepted(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof sample - 1; len++) {
		/* an allocation of exactly len bytes lets the address checker see any reading past it */
		char *cut = malloc(len ? len : 1);
		struct json_doc *doc = NULL;
		assert_non_null(cut);
		memcpy(cut, sample, len);
		assert_int_not_equal(json_parse("t", cut, len, &doc, NULL), ST_OK);
		assert_null(doc);
		free(cut);
	}
}

/* Whatever is accepted must be well behaved: finite numbers, texts without control bytes hidden as NUL. */
static void assert_sane(const struct json_at *at)
{
	struct json_at item = {0};
	double value = 0;

	if (json_kind(at) == JSON_NUMBER)
		assert_int_equal(json_number_at(at, -1e308 * 1.7, 1e308 * 1.7, "", &value, NULL), ST_OK);
	while (json_array_each(at, &item))
		assert_sane(&item);
	item = (struct json_at){0};
	while (json_object_each(at, &item))
		assert_sane(&item);
}

static void mutated_text_never_crashes(void **state)
{
	static const char spice[] = "{}[]\",:\\u0e+-.\x01\xC3\xF0\xED\x80 \n";
	struct rng rng;
	char text[2 * sizeof sample];
	unsigned accepted = 0;

	(void)state;
	rng_seed(&rng, 20240501, 0);
	for (int round = 0; round < 5000; round++) {
		size_t len = sizeof sample - 1;
		memcpy(text, sample, len);
		for (uint64_t edits = 1 + rng_next(&rng) % 4; edits > 0; edits--) {
			size_t at = rng_next(&rng) % len;
			char c = rng_next(&rng) % 4 ? spice[rng_next(&rng) % (sizeof spice - 1)]
			                            : (char)rng_next(&rng);
			if (rng_next(&rng) % 2) {
				text[at] = c;
			} else {
				memmove(text + at + 1, text + at, len - at);
				text[at] = c;
				len++;
			}
		}
		struct json_doc *doc = NULL;
		struct fail why = {0};
		if (json_parse("t", text, len, &doc, &why) == ST_OK) {
			struct json_at root = json_root(doc);
			assert_sane(&root);
			accepted++;
		} else {
			assert_true(why.text[0] != '\0');
		}
		json_free(&doc);
	}
	assert_in_range(accepted, 1, 4999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(malformed_text_is_refused_with_line_and_column),
	        cmocka_unit_test(texts_are_checked_to_the_byte),
	        cmocka_unit_test(nul_bytes_are_refused),
	        cmocka_unit_test(good_text_is_read),
	        cmocka_unit_test(what_the_tree_must_not_hold),
	        cmocka_unit_test(depth_and_size_are_bounded),
	        cmocka_unit_test(refusals_name_path_value_range_and_remedy),
	        cmocka_unit_test(the_path_is_kept_when_space_is_short),
	        cmocka_unit_test(unknown_names_come_with_the_nearest),
	        cmocka_unit_test(hostile_names_cannot_reach_the_terminal),
	        cmocka_unit_test(walking_visits_everything_in_order),
	        cmocka_unit_test(a_cut_text_is_never_accepted),
	        cmocka_unit_test(mutated_text_never_crashes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
