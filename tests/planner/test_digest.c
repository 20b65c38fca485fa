/* Digests and names: published vectors, separation of fields, forms accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/store/digest.h"
#include "planner/store/uuid.h"

static void expect_hex(const struct digest *digest, const char *hex)
{
	char text[DIGEST_TEXT_SIZE];
	digest_hex(digest, text);
	assert_string_equal(text, hex);
}

/* BLAKE2b with 32 bytes of output and no key, as `b2sum -l 256` of GNU coreutils 9.1 prints it. */
static void plain_digest_matches_coreutils(void **state)
{
	(void)state;
	struct digest digest;
	digest_bytes("abc", 3, &digest);
	expect_hex(&digest, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	digest_bytes(NULL, 0, &digest);
	expect_hex(&digest, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	static unsigned char million[1000000];
	memset(million, 'a', sizeof million);
	digest_bytes(million, sizeof million, &digest);
	expect_hex(&digest, "0741850f36cba4259628355d1073e24ddb9ca0e1bfac36fd39ae5dc2101e23a4");
}

static struct digest of_two_texts(const char *domain, const char *a, const char *b)
{
	struct digest_stream stream;
	struct digest digest;
	digest_begin(&stream, domain);
	digest_add_text(&stream, a, strlen(a));
	digest_add_text(&stream, b, strlen(b));
	digest_end(&stream, &digest);
	return digest;
}

/* The bytes under a stream are stated, so that another program can verify a row: for every field a
 * letter, eight bytes of length (or the number itself), little end first, then the bytes. */
static void stream_is_the_digest_of_its_stated_bytes(void **state)
{
	(void)state;
	static const unsigned char bytes[] = "t\x03\0\0\0\0\0\0\0dom"
					     "i\xfe\xff\xff\xff\xff\xff\xff\xff"
					     "b\x02\0\0\0\0\0\0\0xy";
	struct digest_stream stream;
	struct digest by_stream, by_hand;
	digest_begin(&stream, "dom");
	digest_add_int(&stream, -2);
	digest_add_blob(&stream, "xy", 2);
	digest_end(&stream, &by_stream);
	digest_bytes(bytes, sizeof bytes - 1, &by_hand);
	assert_true(digest_equal(&by_stream, &by_hand));
}

static void fields_do_not_run_into_each_other(void **state)
{
	(void)state;
	struct digest ab_c = of_two_texts("d", "ab", "c");
	struct digest a_bc = of_two_texts("d", "a", "bc");
	struct digest other_domain = of_two_texts("e", "ab", "c");
	struct digest again = of_two_texts("d", "ab", "c");
	assert_false(digest_equal(&ab_c, &a_bc));
	assert_false(digest_equal(&ab_c, &other_domain));
	assert_true(digest_equal(&ab_c, &again));
}

static void types_of_fields_differ(void **state)
{
	(void)state;
	struct digest_stream stream;
	struct digest text, blob;
	digest_begin(&stream, "d");
	digest_add_text(&stream, "x", 1);
	digest_end(&stream, &text);
	digest_begin(&stream, "d");
	digest_add_blob(&stream, "x", 1);
	digest_end(&stream, &blob);
	assert_false(digest_equal(&text, &blob));
}

static void hex_reads_back_and_nothing_else_does(void **state)
{
	(void)state;
	struct digest digest, back;
	char text[DIGEST_TEXT_SIZE + 1] = "";
	struct fail why;
	digest_bytes("x", 1, &digest);
	digest_hex(&digest, text);
	assert_int_equal(digest_parse(text, &back, &why), ST_OK);
	assert_true(digest_equal(&digest, &back));
	text[DIGEST_TEXT_SIZE - 1] = '0';
	assert_int_equal(digest_parse(text, &back, &why), ST_INPUT);
	text[DIGEST_TEXT_SIZE - 2] = '\0';
	assert_int_equal(digest_parse(text, &back, &why), ST_INPUT);
	digest_hex(&digest, text);
	text[3] = 'G';
	assert_int_equal(digest_parse(text, &back, &why), ST_INPUT);
	text[3] = 'A';
	assert_int_equal(digest_parse(text, &back, &why), ST_INPUT);
	assert_int_equal(digest_parse("", &back, &why), ST_INPUT);
}

static void uuid_has_version_and_variant(void **state)
{
	(void)state;
	unsigned char ones[UUID_BYTES], zeros[UUID_BYTES] = {0};
	char text[UUID_TEXT_SIZE];
	memset(ones, 0xFF, sizeof ones);
	uuid_from_bytes(ones, text);
	assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
	uuid_from_bytes(zeros, text);
	assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
}

static void uuids_are_valid_and_differ(void **state)
{
	(void)state;
	enum { MANY = 1000 };
	static char text[MANY][UUID_TEXT_SIZE];
	struct fail why;
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(uuid_new(text[i], &why), ST_OK);
		assert_true(uuid_valid(text[i]));
		assert_int_equal(text[i][14], '4');
		for (int j = 0; j < i; j++)
			assert_string_not_equal(text[i], text[j]);
	}
}

static void malformed_uuids_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"f",
		"ffffffff-ffff-4fff-bfff-fffffffffff",
		"ffffffff-ffff-4fff-bfff-fffffffffffff",
		"FFFFFFFF-ffff-4fff-bfff-ffffffffffff",
		"fffffffffffff-4fff-bfff-ffffffffffff",
		"ffffffff-ffff-4fff-bfff-fffffffffff'",
		"ffffffff-ffff-4fff_bfff-ffffffffffff",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(uuid_valid(bad[i]));
	assert_true(uuid_valid("ffffffff-ffff-4fff-bfff-ffffffffffff"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_digest_matches_coreutils),
		cmocka_unit_test(stream_is_the_digest_of_its_stated_bytes),
		cmocka_unit_test(fields_do_not_run_into_each_other),
		cmocka_unit_test(types_of_fields_differ),
		cmocka_unit_test(hex_reads_back_and_nothing_else_does),
		cmocka_unit_test(uuid_has_version_and_variant),
		cmocka_unit_test(uuids_are_valid_and_differ),
		cmocka_unit_test(malformed_uuids_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
