/* Keys and sealing: everything of the store that needs libsodium beyond plain digests and signatures.
 *
 *   secret --Argon2id--> slot key ----opens----> slot = store key + the person's signing seed
 *   clinic's recovery key --------opens----> recovery = store key + first key of the audit's ratchet
 *   store key --KDF--> one key for each use: wrapping patients' keys, sealing rows that are nobody's,
 *                      row MACs, blind indexes, audit, the anchor
 *   patient's key (random, wrapped) --seals--> that patient's rows; erasing it erases them
 *
 * Sealed: XChaCha20-Poly1305 with a random nonce, padded to VAULT_PAD bytes (ISO/IEC 7816-4), bound to the
 * associated data: nonce 24, ciphertext, tag 16. Keys live in memory that is locked, guarded and wiped.
 */
#ifndef LASERTWIN_STORE_VAULT_H
#define LASERTWIN_STORE_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "planner/store/person.h"

#define VAULT_KEY_BYTES 32
#define VAULT_SALT_BYTES 16
#define VAULT_SLOT_BYTES 104 /* nonce 24, store key 32, seed 32, tag 16 */
#define VAULT_RECOVERY_BYTES 112 /* ephemeral public key 32, tag 16, store key 32, ratchet key 32 */
#define VAULT_WRAP_BYTES 72      /* nonce 24, key 32, tag 16 */
#define VAULT_MARK_BYTES 16
#define VAULT_PAD 64

enum vault_use {
	VAULT_WRAP, /* wraps patients' keys */
	VAULT_SEAL, /* seals rows of no patient */
	VAULT_MAC,
	VAULT_INDEX,
	VAULT_AUDIT,
	VAULT_ANCHOR,
	VAULT_USES
};

struct vault; /* the store's key and what is derived from it */

/* Memory that is locked, never dumped, and wiped when freed. NULL: no memory. */
void *vault_alloc(size_t n);
void vault_free(void *bytes);
void vault_random(void *bytes, size_t n);

/* A new store's. ST_FULL: no memory. */
enum status vault_new(struct vault **out, struct fail *why) MUST_CHECK;
void vault_close(struct vault **vault);
const unsigned char *vault_key(const struct vault *vault, enum vault_use use);

/* ---- who can open it ---- */

/* The slot is bound to the digest `to`. ST_FULL: no memory for the derivation; ST_DENIED: the secret is wrong
 * or the slot was changed, which cannot be told apart. */
enum status vault_slot_make(const struct vault *vault, const unsigned char seed[VAULT_KEY_BYTES],
                            struct secret secret, const struct store_kdf *kdf, const struct digest *to,
                            unsigned char salt[VAULT_SALT_BYTES], unsigned char slot[VAULT_SLOT_BYTES],
                            struct fail *why) MUST_CHECK;
enum status vault_slot_open(const unsigned char slot[VAULT_SLOT_BYTES], const unsigned char salt[VAULT_SALT_BYTES],
                            struct secret secret, const struct store_kdf *kdf, const struct digest *to,
                            struct vault **vault, unsigned char seed[VAULT_KEY_BYTES], struct fail *why) MUST_CHECK;

/* The clinic's recovery pair (X25519); store_recovery_pair makes one. */
void vault_recovery_public(const unsigned char secret_key[VAULT_KEY_BYTES], unsigned char public_key[VAULT_KEY_BYTES]);
void vault_recovery_make(const struct vault *vault, const unsigned char ratchet[VAULT_KEY_BYTES],
                         const unsigned char public_key[VAULT_KEY_BYTES], unsigned char box[VAULT_RECOVERY_BYTES]);
/* ST_DENIED: another key's box. vault may be NULL. */
enum status vault_recovery_open(const unsigned char box[VAULT_RECOVERY_BYTES],
                                const unsigned char secret_key[VAULT_KEY_BYTES], struct vault **vault,
                                unsigned char ratchet[VAULT_KEY_BYTES], struct fail *why) MUST_CHECK;

/* ---- sealing ---- */

void vault_wrap(const struct vault *vault, const unsigned char key[VAULT_KEY_BYTES], const struct digest *to,
                unsigned char wrapped[VAULT_WRAP_BYTES]);
bool vault_unwrap(const struct vault *vault, const void *wrapped, size_t n, const struct digest *to,
                  unsigned char key[VAULT_KEY_BYTES]) MUST_CHECK;

size_t vault_sealed_size(size_t n);
void vault_seal(const unsigned char key[VAULT_KEY_BYTES], const struct digest *to, const void *plain, size_t n,
                unsigned char *sealed);
/* plain has sealed_n bytes; false: not sealed by this key, for this, or changed since. */
bool vault_unseal(const unsigned char key[VAULT_KEY_BYTES], const struct digest *to, const void *sealed,
                  size_t sealed_n, unsigned char *plain, size_t *n) MUST_CHECK;

/* k := BLAKE2b(k): the audit's ratchet. What it was cannot be computed from what it is. */
void vault_ratchet(unsigned char key[VAULT_KEY_BYTES]);

#endif
