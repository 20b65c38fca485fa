/* Digests: BLAKE2b-256 (RFC 7693) over exact bytes, by libsodium.
 *
 * One digest names one content: approvals, rows and signatures are bound to it. A digest of several
 * fields is taken through a digest_stream, which puts the type and length before every field, so that
 * no two different lists of fields give the same bytes. An unkeyed digest finds accidents, not forgers; a
 * keyed one is a message authentication code.
 */
#ifndef LASERTWIN_STORE_DIGEST_H
#define LASERTWIN_STORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"

#define DIGEST_BYTES 32
#define DIGEST_TEXT_SIZE (2 * DIGEST_BYTES + 1) /* lower-case hexadecimal and the closing NUL */

struct digest {
	unsigned char bytes[DIGEST_BYTES];
};

/* The plain digest of n bytes, as `b2sum -l 256` prints it. bytes may be NULL when n is 0. */
void digest_bytes(const void *bytes, size_t n, struct digest *out);

bool digest_equal(const struct digest *a, const struct digest *b);
void digest_hex(const struct digest *digest, char text[DIGEST_TEXT_SIZE]);

/* Reads exactly what digest_hex writes; anything else is ST_INPUT. */
enum status digest_parse(const char *text, struct digest *out, struct fail *why) MUST_CHECK;

/* The digest of a list of fields. domain names what is digested ("row/1 patient"), so that equal
 * fields of different things differ. Every begun stream is ended once. */
#define DIGEST_STREAM_BYTES 384
struct digest_stream {
	_Alignas(64) unsigned char state[DIGEST_STREAM_BYTES];
};
void digest_begin(struct digest_stream *stream, const char *domain);
/* Keyed with DIGEST_BYTES bytes: only who has the key can make or check it. NULL: as digest_begin. */
void digest_begin_keyed(struct digest_stream *stream, const char *domain, const unsigned char *key);
void digest_add_int(struct digest_stream *stream, int64_t number);
void digest_add_text(struct digest_stream *stream, const void *bytes, size_t n);
void digest_add_blob(struct digest_stream *stream, const void *bytes, size_t n);
void digest_end(struct digest_stream *stream, struct digest *out);

/* SHA-256 of a whole file (FIPS 180-4), as sha256sum prints it, of what is kept elsewhere and only named here.
 * ST_NOT_FOUND no such file, ST_INPUT no file of bytes, ST_IO unreadable. */
enum status digest_file_sha256(const char *path, char text[DIGEST_TEXT_SIZE], struct fail *why) MUST_CHECK;

#endif
