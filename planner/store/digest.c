/* BLAKE2b-256 by libsodium, which only the files of this folder know. */
#include "planner/store/digest.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FIELD_HEAD_BYTES 9 /* one letter for the type, eight bytes for the length or the number */

_Static_assert(sizeof(crypto_generichash_state) == DIGEST_STREAM_BYTES, "libsodium's state has grown");
_Static_assert(crypto_generichash_BYTES == DIGEST_BYTES, "BLAKE2b-256");

void digest_bytes(const void *bytes, size_t n, struct digest *out)
{
	BUG_ON(sodium_init() < 0);
	BUG_ON(crypto_generichash(out->bytes, sizeof out->bytes, bytes, n, NULL, 0) != 0);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void digest_hex(const struct digest *digest, char text[DIGEST_TEXT_SIZE])
{
	sodium_bin2hex(text, DIGEST_TEXT_SIZE, digest->bytes, sizeof digest->bytes);
}

static bool is_lower_hex(const char *text, size_t n)
{
	return strnlen(text, n + 1) == n && strspn(text, "0123456789abcdef") == n;
}

enum status digest_parse(const char *text, struct digest *out, struct fail *why)
{
	size_t got = 0;
	if (!is_lower_hex(text, DIGEST_TEXT_SIZE - 1) ||
	    sodium_hex2bin(out->bytes, sizeof out->bytes, text, DIGEST_TEXT_SIZE - 1, NULL, &got, NULL) !=
	            0 ||
	    got != sizeof out->bytes)
		return fail_set(why, ST_INPUT, "digest",
		                "not a digest: give %d lower-case hexadecimal digits", DIGEST_TEXT_SIZE - 1);
	return ST_OK;
}

static crypto_generichash_state *state_of(struct digest_stream *stream)
{
	return (crypto_generichash_state *)(void *)stream->state;
}

static void feed(struct digest_stream *stream, const void *bytes, size_t n)
{
	BUG_ON(crypto_generichash_update(state_of(stream), bytes, n) != 0);
}

static void feed_head(struct digest_stream *stream, char type, uint64_t number)
{
	unsigned char head[FIELD_HEAD_BYTES] = {(unsigned char)type};
	for (unsigned i = 1; i < FIELD_HEAD_BYTES; i++)
		head[i] = (unsigned char)(number >> (8 * (i - 1)) & 0xFF);
	feed(stream, head, sizeof head);
}

void digest_begin_keyed(struct digest_stream *stream, const char *domain, const unsigned char *key)
{
	BUG_ON(sodium_init() < 0);
	BUG_ON(crypto_generichash_init(state_of(stream), key, key ? DIGEST_BYTES : 0, DIGEST_BYTES) != 0);
	digest_add_text(stream, domain, strlen(domain));
}

void digest_begin(struct digest_stream *stream, const char *domain)
{
	digest_begin_keyed(stream, domain, NULL);
}

void digest_add_int(struct digest_stream *stream, int64_t number)
{
	feed_head(stream, 'i', (uint64_t)number);
}

void digest_add_text(struct digest_stream *stream, const void *bytes, size_t n)
{
	feed_head(stream, 't', n);
	feed(stream, bytes, n);
}

void digest_add_blob(struct digest_stream *stream, const void *bytes, size_t n)
{
	feed_head(stream, 'b', n);
	feed(stream, bytes, n);
}

void digest_end(struct digest_stream *stream, struct digest *out)
{
	BUG_ON(crypto_generichash_final(state_of(stream), out->bytes, sizeof out->bytes) != 0);
	sodium_memzero(stream->state, sizeof stream->state);
}

/* ---- files ---- */

static enum status read_through(FILE *file, const char *path, crypto_hash_sha256_state *state, struct fail *why)
{
	unsigned char part[1 << 16];
	size_t n;
	while ((n = fread(part, 1, sizeof part, file)) > 0)
		(void)crypto_hash_sha256_update(state, part, n);
	return ferror(file) ? fail_set(why, ST_IO, path, "cannot be read: %s", strerror(errno)) : ST_OK;
}

enum status digest_file_sha256(const char *path, char text[DIGEST_TEXT_SIZE], struct fail *why)
{
	crypto_hash_sha256_state state;
	unsigned char bytes[crypto_hash_sha256_BYTES];
	struct stat about;
	FILE *file = fopen(path, "rb");
	BUG_ON(sodium_init() < 0);
	if (!file)
		return fail_set(why, errno == ENOENT ? ST_NOT_FOUND : ST_IO, path, "cannot be opened: %s", strerror(errno));
	enum status st = fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode)
	                         ? ST_OK
	                         : fail_set(why, ST_INPUT, path, "is not a file of bytes");
	(void)crypto_hash_sha256_init(&state);
	if (st == ST_OK)
		st = read_through(file, path, &state, why);
	(void)crypto_hash_sha256_final(&state, bytes);
	(void)fclose(file);
	if (st == ST_OK)
		(void)sodium_bin2hex(text, DIGEST_TEXT_SIZE, bytes, sizeof bytes);
	return st;
}
