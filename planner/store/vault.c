/* Keys and sealing by libsodium. */
#include "planner/store/vault.h"

#include <sodium.h>

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };

_Static_assert(VAULT_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "XChaCha20-Poly1305");
_Static_assert(VAULT_KEY_BYTES == crypto_kdf_KEYBYTES, "one size of key");
_Static_assert(VAULT_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "X25519");
_Static_assert(VAULT_SALT_BYTES == crypto_pwhash_SALTBYTES, "Argon2id");
_Static_assert(VAULT_SLOT_BYTES == NONCE + 2 * VAULT_KEY_BYTES + TAG, "slot");
_Static_assert(VAULT_RECOVERY_BYTES == crypto_box_SEALBYTES + 2 * VAULT_KEY_BYTES, "recovery box");
_Static_assert(VAULT_WRAP_BYTES == NONCE + VAULT_KEY_BYTES + TAG, "wrapped key");

struct vault {
	unsigned char master[VAULT_KEY_BYTES];
	unsigned char key[VAULT_USES][VAULT_KEY_BYTES];
};

const struct store_kdf store_kdf_station = {crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE};
const struct store_kdf store_kdf_least = {crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN};

/* What a slot or box carries. */
struct pair {
	unsigned char first[VAULT_KEY_BYTES], second[VAULT_KEY_BYTES];
};

void *vault_alloc(size_t n)
{
	BUG_ON(sodium_init() < 0);
	return sodium_malloc(n);
}

void vault_free(void *bytes)
{
	sodium_free(bytes);
}

void vault_random(void *bytes, size_t n)
{
	BUG_ON(sodium_init() < 0);
	randombytes_buf(bytes, n);
}

void secret_wipe(void *bytes, size_t n)
{
	sodium_memzero(bytes, n);
}

void secret_wipe_stack(void)
{
	sodium_stackzero((size_t)512 << 10);
}

static enum status no_memory(struct fail *why)
{
	return fail_set(why, ST_FULL, "", "memory is exhausted");
}

static enum status vault_of(const unsigned char master[VAULT_KEY_BYTES], struct vault **out, struct fail *why)
{
	struct vault *vault = vault_alloc(sizeof *vault);
	*out = vault;
	if (!vault)
		return no_memory(why);
	memcpy(vault->master, master, sizeof vault->master);
	for (int use = 0; use < VAULT_USES; use++)
		BUG_ON(crypto_kdf_derive_from_key(vault->key[use], VAULT_KEY_BYTES, (uint64_t)use + 1, "lasertwn",
		                                  master) != 0);
	return ST_OK;
}

enum status vault_new(struct vault **out, struct fail *why)
{
	unsigned char master[VAULT_KEY_BYTES];
	vault_random(master, sizeof master);
	enum status st = vault_of(master, out, why);
	sodium_memzero(master, sizeof master);
	return st;
}

void vault_close(struct vault **vault)
{
	sodium_free(*vault);
	*vault = NULL;
}

const unsigned char *vault_key(const struct vault *vault, enum vault_use use)
{
	return vault->key[use];
}

/* ---- sealing ---- */

/* nonce, ciphertext, tag */
static void encrypt(const unsigned char *key, const struct digest *to, const void *plain, size_t n,
                    unsigned char *out)
{
	randombytes_buf(out, NONCE);
	BUG_ON(crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, plain, n, to->bytes, sizeof to->bytes,
	                                                  NULL, out, key) != 0);
}

static bool decrypt(const unsigned char *key, const struct digest *to, const unsigned char *in, size_t n,
                    unsigned char *plain)
{
	return n >= NONCE + TAG &&
	       crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, in + NONCE, n - NONCE, to->bytes,
	                                                  sizeof to->bytes, in, key) == 0;
}

void vault_wrap(const struct vault *vault, const unsigned char key[VAULT_KEY_BYTES], const struct digest *to,
                unsigned char wrapped[VAULT_WRAP_BYTES])
{
	encrypt(vault->key[VAULT_WRAP], to, key, VAULT_KEY_BYTES, wrapped);
}

bool vault_unwrap(const struct vault *vault, const void *wrapped, size_t n, const struct digest *to,
                  unsigned char key[VAULT_KEY_BYTES])
{
	return n == VAULT_WRAP_BYTES && decrypt(vault->key[VAULT_WRAP], to, wrapped, n, key);
}

static size_t padded_size(size_t n)
{
	return (n / VAULT_PAD + 1) * VAULT_PAD;
}

size_t vault_sealed_size(size_t n)
{
	return NONCE + padded_size(n) + TAG;
}

/* Padded where the ciphertext will stand, which may be the place of the plaintext. */
void vault_seal(const unsigned char key[VAULT_KEY_BYTES], const struct digest *to, const void *plain, size_t n,
                unsigned char *sealed)
{
	size_t padded = padded_size(n), full = 0;
	memcpy(sealed + NONCE, plain, n);
	BUG_ON(sodium_pad(&full, sealed + NONCE, n, VAULT_PAD, padded) != 0 || full != padded);
	encrypt(key, to, sealed + NONCE, padded, sealed);
}

bool vault_unseal(const unsigned char key[VAULT_KEY_BYTES], const struct digest *to, const void *sealed,
                  size_t sealed_n, unsigned char *plain, size_t *n)
{
	return decrypt(key, to, sealed, sealed_n, plain) &&
	       sodium_unpad(n, plain, sealed_n - NONCE - TAG, VAULT_PAD) == 0;
}

void vault_ratchet(unsigned char key[VAULT_KEY_BYTES])
{
	static const unsigned char step[] = "lasertwin-ratchet/1";
	unsigned char next[VAULT_KEY_BYTES];
	BUG_ON(crypto_generichash(next, sizeof next, step, sizeof step - 1, key, VAULT_KEY_BYTES) != 0);
	memcpy(key, next, sizeof next);
	sodium_memzero(next, sizeof next);
}

/* ---- slots ---- */

static enum status derive(struct secret secret, const struct store_kdf *kdf,
                          const unsigned char salt[VAULT_SALT_BYTES], unsigned char *key, struct fail *why)
{
	BUG_ON(sodium_init() < 0);
	if (kdf->operations < crypto_pwhash_OPSLIMIT_MIN || kdf->memory_bytes < crypto_pwhash_MEMLIMIT_MIN ||
	    kdf->operations > STORE_KDF_OPERATIONS_MAX || kdf->memory_bytes > STORE_KDF_MEMORY_MAX)
		return fail_set(why, ST_IO, "person", "the cost of the secret is out of range: restore the last backup");
	if (crypto_pwhash(key, VAULT_KEY_BYTES, secret.bytes, secret.length, salt, kdf->operations,
	                  (size_t)kdf->memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return fail_set(why, ST_FULL, "secret", "needs %llu MB of memory that are not free: close other programs",
		                (unsigned long long)(kdf->memory_bytes >> 20));
	return ST_OK;
}

/* Room for keys on their way, wiped by vault_free. */
struct bench {
	unsigned char key[VAULT_KEY_BYTES];
	struct pair pair;
};

enum status vault_slot_make(const struct vault *vault, const unsigned char seed[VAULT_KEY_BYTES],
                            struct secret secret, const struct store_kdf *kdf, const struct digest *to,
                            unsigned char salt[VAULT_SALT_BYTES], unsigned char slot[VAULT_SLOT_BYTES],
                            struct fail *why)
{
	struct bench *bench = vault_alloc(sizeof *bench);
	if (!bench)
		return no_memory(why);
	vault_random(salt, VAULT_SALT_BYTES);
	enum status st = derive(secret, kdf, salt, bench->key, why);
	if (st == ST_OK) {
		memcpy(bench->pair.first, vault->master, VAULT_KEY_BYTES);
		memcpy(bench->pair.second, seed, VAULT_KEY_BYTES);
		encrypt(bench->key, to, &bench->pair, sizeof bench->pair, slot);
	}
	vault_free(bench);
	return st;
}

enum status vault_slot_open(const unsigned char slot[VAULT_SLOT_BYTES], const unsigned char salt[VAULT_SALT_BYTES],
                            struct secret secret, const struct store_kdf *kdf, const struct digest *to,
                            struct vault **vault, unsigned char seed[VAULT_KEY_BYTES], struct fail *why)
{
	struct bench *bench = vault_alloc(sizeof *bench);
	*vault = NULL;
	if (!bench)
		return no_memory(why);
	enum status st = derive(secret, kdf, salt, bench->key, why);
	if (st == ST_OK && !decrypt(bench->key, to, slot, VAULT_SLOT_BYTES, (unsigned char *)&bench->pair))
		st = fail_set(why, ST_DENIED, "secret", "is wrong");
	if (st == ST_OK)
		st = vault_of(bench->pair.first, vault, why);
	if (st == ST_OK)
		memcpy(seed, bench->pair.second, VAULT_KEY_BYTES);
	vault_free(bench);
	return st;
}

/* ---- recovery ---- */

void store_recovery_pair(unsigned char public_key[VAULT_KEY_BYTES], unsigned char secret_key[VAULT_KEY_BYTES])
{
	BUG_ON(sodium_init() < 0);
	BUG_ON(crypto_box_keypair(public_key, secret_key) != 0);
}

void vault_recovery_public(const unsigned char secret_key[VAULT_KEY_BYTES], unsigned char public_key[VAULT_KEY_BYTES])
{
	BUG_ON(sodium_init() < 0);
	BUG_ON(crypto_scalarmult_base(public_key, secret_key) != 0);
}

void vault_recovery_make(const struct vault *vault, const unsigned char ratchet[VAULT_KEY_BYTES],
                         const unsigned char public_key[VAULT_KEY_BYTES], unsigned char box[VAULT_RECOVERY_BYTES])
{
	struct pair pair;
	memcpy(pair.first, vault->master, sizeof pair.first);
	memcpy(pair.second, ratchet, sizeof pair.second);
	BUG_ON(crypto_box_seal(box, (const unsigned char *)&pair, sizeof pair, public_key) != 0);
	sodium_memzero(&pair, sizeof pair);
}

enum status vault_recovery_open(const unsigned char box[VAULT_RECOVERY_BYTES],
                                const unsigned char secret_key[VAULT_KEY_BYTES], struct vault **vault,
                                unsigned char ratchet[VAULT_KEY_BYTES], struct fail *why)
{
	unsigned char public_key[VAULT_KEY_BYTES];
	struct pair pair;
	enum status st = ST_OK;
	vault_recovery_public(secret_key, public_key);
	if (crypto_box_seal_open((unsigned char *)&pair, box, VAULT_RECOVERY_BYTES, public_key, secret_key) != 0)
		return fail_set(why, ST_DENIED, "recovery key", "is not the one this store was sealed to: look for the "
		                                                "clinic's own");
	memcpy(ratchet, pair.second, sizeof pair.second);
	if (vault)
		st = vault_of(pair.first, vault, why);
	sodium_memzero(&pair, sizeof pair);
	return st;
}

const char *store_sealing_version(void)
{
	return sodium_version_string();
}
