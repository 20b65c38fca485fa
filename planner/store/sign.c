/* Ed25519 by libsodium. */
#include "planner/store/sign.h"

#include <sodium.h>

_Static_assert(crypto_sign_SEEDBYTES == SIGN_SEED_BYTES, "Ed25519");
_Static_assert(crypto_sign_PUBLICKEYBYTES == SIGN_PUBLIC_BYTES, "Ed25519");
_Static_assert(crypto_sign_SECRETKEYBYTES == SIGN_SECRET_BYTES, "Ed25519");
_Static_assert(crypto_sign_BYTES == SIGN_BYTES, "Ed25519");
_Static_assert(SIGN_TEXT_SIZE == SIGN_BASE64_SIZE(SIGN_BYTES), "base64url");

void sign_keys(const unsigned char seed[SIGN_SEED_BYTES], struct sign_public *public, struct sign_secret *secret)
{
	BUG_ON(sodium_init() < 0);
	BUG_ON(crypto_sign_seed_keypair(public->bytes, secret->bytes, seed) != 0);
}

void sign_forget(struct sign_secret *secret)
{
	sodium_memzero(secret->bytes, sizeof secret->bytes);
}

void sign_key_id(const struct sign_public *public, struct digest *id)
{
	digest_bytes(public->bytes, sizeof public->bytes, id);
}

void sign_bytes(const struct sign_secret *secret, const void *bytes, size_t n, struct signature *out)
{
	BUG_ON(sodium_init() < 0);
	BUG_ON(crypto_sign_detached(out->bytes, NULL, bytes, n, secret->bytes) != 0);
}

bool sign_verify(const struct sign_public *public, const void *bytes, size_t n, const struct signature *signature)
{
	BUG_ON(sodium_init() < 0);
	return crypto_sign_verify_detached(signature->bytes, bytes, n, public->bytes) == 0;
}

void sign_public_hex(const struct sign_public *public, char text[SIGN_PUBLIC_TEXT_SIZE])
{
	sodium_bin2hex(text, SIGN_PUBLIC_TEXT_SIZE, public->bytes, sizeof public->bytes);
}

static bool is_lower_hex(const char *text, size_t n)
{
	return strnlen(text, n + 1) == n && strspn(text, "0123456789abcdef") == n;
}

enum status sign_public_parse(const char *text, struct sign_public *out, struct fail *why)
{
	const size_t digits = SIGN_PUBLIC_TEXT_SIZE - 1;
	size_t got = 0;
	if (!is_lower_hex(text, digits) ||
	    sodium_hex2bin(out->bytes, sizeof out->bytes, text, digits, NULL, &got, NULL) != 0 ||
	    got != sizeof out->bytes)
		return fail_set(why, ST_INPUT, "key", "not a public key: give %zu lower-case hexadecimal digits", digits);
	return ST_OK;
}

void sign_text(const struct signature *signature, char text[SIGN_TEXT_SIZE])
{
	sign_base64(signature->bytes, sizeof signature->bytes, text, SIGN_TEXT_SIZE);
}

enum status sign_parse(const char *text, struct signature *out, struct fail *why)
{
	size_t n = 0;
	if (!sign_base64_parse(text, strnlen(text, SIGN_TEXT_SIZE), out->bytes, sizeof out->bytes, &n) ||
	    n != sizeof out->bytes)
		return fail_set(why, ST_INPUT, "signature", "not a signature: give %d characters of base64url",
		                SIGN_TEXT_SIZE - 1);
	return ST_OK;
}

void sign_base64(const void *bytes, size_t n, char *text, size_t size)
{
	BUG_ON(size < SIGN_BASE64_SIZE(n));
	(void)sodium_bin2base64(text, size, bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* libsodium refuses foreign characters, impossible lengths and leftover bits that are not zero. */
bool sign_base64_parse(const char *text, size_t length, void *bytes, size_t max, size_t *n)
{
	*n = 0;
	return sodium_base642bin(bytes, max, text, length, NULL, n, NULL,
	                         sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}
