/* Signatures against the published vectors; forgeries; written forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "planner/store/sign.h"

struct vector {
	const char *seed, *public, *message, *signature;
};

/* RFC 8032, section 7.1: TEST 1, TEST 2, TEST 3, TEST SHA(abc). */
static const struct vector vectors[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
         "d25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
         "387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
         "4a7c15e9716ed28dc027beceea1ec40a"},
        {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
         "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
         "454d4423643ce80e2a9ac94fa54ca49f",
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
         "3dca179c138ac17ad9bef1177331a704"},
};
enum { VECTORS = sizeof vectors / sizeof vectors[0], MESSAGE_MAX = 64 };

static size_t unhex(const char *text, unsigned char *bytes)
{
	size_t n = strlen(text) / 2;
	for (size_t i = 0; i < n; i++) {
		const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};
		bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return n;
}

static void published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		unsigned char seed[SIGN_SEED_BYTES], message[MESSAGE_MAX], expected[SIGN_BYTES];
		struct sign_public public;
		struct sign_secret secret;
		struct signature signature;
		char hex[SIGN_PUBLIC_TEXT_SIZE];
		assert_int_equal(unhex(vectors[i].seed, seed), sizeof seed);
		size_t n = unhex(vectors[i].message, message);
		assert_int_equal(unhex(vectors[i].signature, expected), sizeof expected);
		sign_keys(seed, &public, &secret);
		sign_public_hex(&public, hex);
		assert_string_equal(hex, vectors[i].public);
		sign_bytes(&secret, message, n, &signature);
		assert_memory_equal(signature.bytes, expected, sizeof expected);
		assert_true(sign_verify(&public, message, n, &signature));
	}
}

/* RFC 8037, appendix A.4: a JWS over the key of TEST 1, and base64url as it is written there. */
static void published_jws(void **state)
{
	(void)state;
	static const char input[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
	unsigned char seed[SIGN_SEED_BYTES];
	struct sign_public public;
	struct sign_secret secret;
	struct signature signature, again;
	struct fail why;
	char text[SIGN_TEXT_SIZE], key[SIGN_BASE64_SIZE(SIGN_PUBLIC_BYTES)];
	(void)unhex(vectors[0].seed, seed);
	sign_keys(seed, &public, &secret);
	sign_bytes(&secret, input, sizeof input - 1, &signature);
	sign_text(&signature, text);
	assert_string_equal(text, "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvp"
	                          "Ar_MuM0KAg");
	assert_int_equal(sign_parse(text, &again, &why), ST_OK);
	assert_memory_equal(again.bytes, signature.bytes, sizeof again.bytes);
	sign_base64(public.bytes, sizeof public.bytes, key, sizeof key);
	assert_string_equal(key, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}

/* The 32 bytes of that key through `b2sum -l 256` of GNU coreutils 9.1. */
static void key_id_is_the_digest_of_the_key(void **state)
{
	(void)state;
	struct sign_public public;
	struct digest id;
	struct fail why;
	char hex[DIGEST_TEXT_SIZE];
	assert_int_equal(sign_public_parse(vectors[0].public, &public, &why), ST_OK);
	sign_key_id(&public, &id);
	digest_hex(&id, hex);
	assert_string_equal(hex, "7849ac3049680be1ef762efe0d36e01733c3464eb0c7c558138acf24bb263bd3");
}

enum { FORGERIES = 2000, TEXT_BYTES = 200 };

/* One bit of message, signature or key: never accepted. */
static void one_bit_is_enough(void **state)
{
	(void)state;
	unsigned char seed[SIGN_SEED_BYTES] = {1}, message[TEXT_BYTES];
	struct sign_public public;
	struct sign_secret secret;
	struct signature signature;
	struct rng rng;
	rng_seed(&rng, 8032, 0);
	for (size_t i = 0; i < sizeof message; i++)
		message[i] = (unsigned char)rng_next(&rng);
	sign_keys(seed, &public, &secret);
	sign_bytes(&secret, message, sizeof message, &signature);
	unsigned char *const targets[] = {message, signature.bytes, public.bytes};
	const size_t sizes[] = {sizeof message, sizeof signature.bytes, sizeof public.bytes};
	for (unsigned i = 0; i < FORGERIES; i++) {
		unsigned char *target = targets[i % 3] + rng_next(&rng) % sizes[i % 3];
		unsigned char bit = (unsigned char)(1u << (rng_next(&rng) & 7));
		*target ^= bit;
		assert_false(sign_verify(&public, message, sizeof message, &signature));
		*target ^= bit;
	}
	assert_true(sign_verify(&public, message, sizeof message, &signature));
	assert_false(sign_verify(&public, message, sizeof message - 1, &signature));
}

/* s + L instead of s: the same point equation, another text; RFC 8032, 5.1.7 refuses s >= L. */
static void unreduced_signature_is_refused(void **state)
{
	(void)state;
	static const unsigned char order[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
	                                      0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
	                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
	unsigned char seed[SIGN_SEED_BYTES] = {2};
	struct sign_public public;
	struct sign_secret secret;
	struct signature signature;
	sign_keys(seed, &public, &secret);
	sign_bytes(&secret, "plan", 4, &signature);
	unsigned carry = 0;
	for (size_t i = 0; i < sizeof order; i++) {
		carry += (unsigned)signature.bytes[32 + i] + order[i];
		signature.bytes[32 + i] = (unsigned char)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_false(sign_verify(&public, "plan", 4, &signature));
}

/* The key 1 (the neutral point): R = [s]B verifies any message where small orders are let through. */
static void key_of_small_order_is_refused(void **state)
{
	(void)state;
	struct sign_public neutral = {{1}};
	struct signature signature = {{1}};
	assert_false(sign_verify(&neutral, "anything", 8, &signature));
}

static void secret_is_forgotten(void **state)
{
	(void)state;
	static const unsigned char zero[SIGN_SECRET_BYTES];
	unsigned char seed[SIGN_SEED_BYTES] = {3};
	struct sign_public public;
	struct sign_secret secret;
	sign_keys(seed, &public, &secret);
	assert_memory_not_equal(secret.bytes, zero, sizeof zero);
	sign_forget(&secret);
	assert_memory_equal(secret.bytes, zero, sizeof zero);
}

static void only_the_written_form_is_read(void **state)
{
	(void)state;
	struct sign_public public;
	struct signature signature = {{0}};
	struct fail why;
	char text[SIGN_TEXT_SIZE + 1];
	static const char *const keys[] = {
	        "", "d75a", "D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A",
	        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a0",
	        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511g"};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		assert_int_equal(sign_public_parse(keys[i], &public, &why), ST_INPUT);
	assert_string_equal(why.field, "key");
	sign_text(&signature, text);
	text[SIGN_TEXT_SIZE - 2] = 'B'; /* four leftover bits must be zero: A, Q, g or w */
	assert_int_equal(sign_parse(text, &signature, &why), ST_INPUT);
	text[SIGN_TEXT_SIZE - 2] = '=';
	assert_int_equal(sign_parse(text, &signature, &why), ST_INPUT);
	memcpy(text + SIGN_TEXT_SIZE - 2, "AA", 3);
	assert_int_equal(sign_parse(text, &signature, &why), ST_INPUT);
	text[SIGN_TEXT_SIZE - 3] = '\0';
	assert_int_equal(sign_parse(text, &signature, &why), ST_INPUT);
}

/* RFC 4648, section 10, without padding; and the two letters in which base64url differs. */
static void base64url_vectors(void **state)
{
	(void)state;
	static const struct {
		const char *plain, *coded;
	} cases[] = {{"", ""},           {"f", "Zg"},           {"fo", "Zm8"},       {"foo", "Zm9v"},
	             {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[16], back[8];
		size_t n = 0;
		sign_base64(cases[i].plain, strlen(cases[i].plain), text, sizeof text);
		assert_string_equal(text, cases[i].coded);
		assert_true(sign_base64_parse(text, strlen(text), back, sizeof back, &n));
		assert_int_equal(n, strlen(cases[i].plain));
		assert_memory_equal(back, cases[i].plain, n);
	}
	char small[2];
	size_t n = 0;
	assert_false(sign_base64_parse("Zm9v", 4, small, sizeof small, &n));
	assert_false(sign_base64_parse("Zg==", 4, small, sizeof small, &n));
	assert_false(sign_base64_parse("Zh", 2, small, sizeof small, &n));
	assert_false(sign_base64_parse("+/8", 3, small, sizeof small, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(published_vectors),
	        cmocka_unit_test(published_jws),
	        cmocka_unit_test(key_id_is_the_digest_of_the_key),
	        cmocka_unit_test(one_bit_is_enough),
	        cmocka_unit_test(unreduced_signature_is_refused),
	        cmocka_unit_test(key_of_small_order_is_refused),
	        cmocka_unit_test(secret_is_forgotten),
	        cmocka_unit_test(only_the_written_form_is_read),
	        cmocka_unit_test(base64url_vectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
