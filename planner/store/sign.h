/* Signatures: Ed25519 (RFC 8032, section 5.1.6) by libsodium, and the two ways their bytes are written.
 *
 * Deterministic: equal key and equal bytes give the equal signature. A public key of small order and a
 * signature with an unreduced half are refused, so that nobody but the holder of the secret half can
 * make a second signature that verifies. Whose a key is, and what a signature means, is not known here.
 */
#ifndef LASERTWIN_STORE_SIGN_H
#define LASERTWIN_STORE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"
#include "planner/store/digest.h"

#define SIGN_SEED_BYTES 32
#define SIGN_PUBLIC_BYTES 32
#define SIGN_SECRET_BYTES 64 /* the seed, then the public key */
#define SIGN_BYTES 64
#define SIGN_PUBLIC_TEXT_SIZE (2 * SIGN_PUBLIC_BYTES + 1) /* lower-case hexadecimal and the closing NUL */
#define SIGN_TEXT_SIZE 87 /* base64url without padding, and the closing NUL */

struct sign_public {
	unsigned char bytes[SIGN_PUBLIC_BYTES];
};

/* Keep in locked memory and end with sign_forget. */
struct sign_secret {
	unsigned char bytes[SIGN_SECRET_BYTES];
};

struct signature {
	unsigned char bytes[SIGN_BYTES];
};

/* The pair of a seed; a new person's seed is SIGN_SEED_BYTES of the system's random numbers. */
void sign_keys(const unsigned char seed[SIGN_SEED_BYTES], struct sign_public *public,
               struct sign_secret *secret);
void sign_forget(struct sign_secret *secret);

/* The short name of a key: BLAKE2b-256 of its 32 bytes. */
void sign_key_id(const struct sign_public *public, struct digest *id);

void sign_bytes(const struct sign_secret *secret, const void *bytes, size_t n, struct signature *out);
bool sign_verify(const struct sign_public *public, const void *bytes, size_t n,
                 const struct signature *signature);

/* Written forms. Reading takes exactly what writing gives; anything else is ST_INPUT. */
void sign_public_hex(const struct sign_public *public, char text[SIGN_PUBLIC_TEXT_SIZE]);
enum status sign_public_parse(const char *text, struct sign_public *out, struct fail *why) MUST_CHECK;
void sign_text(const struct signature *signature, char text[SIGN_TEXT_SIZE]);
enum status sign_parse(const char *text, struct signature *out, struct fail *why) MUST_CHECK;

/* Base64url without padding (RFC 4648, section 5). Encoding needs SIGN_BASE64_SIZE(n) bytes. Decoding gives
 * false for any character, length or leftover bit that encoding would not have written, and when more
 * than max bytes come out. */
#define SIGN_BASE64_SIZE(n) (((n) * 4 + 2) / 3 + 1)
void sign_base64(const void *bytes, size_t n, char *text, size_t size);
bool sign_base64_parse(const char *text, size_t length, void *bytes, size_t max, size_t *n) MUST_CHECK;

#endif
