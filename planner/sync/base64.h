/* Base64 and base64url (RFC 4648, sections 4 and 5). */
#ifndef LASERTWIN_SYNC_BASE64_H
#define LASERTWIN_SYNC_BASE64_H

#include <stddef.h>

#include "physics/base/status.h"

enum base64_kind { BASE64_PLAIN, BASE64_URL /* no padding, - and _ */ };

/* Bytes the text of n bytes needs, with the closing NUL. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

void base64_write(const void *bytes, size_t n, enum base64_kind kind, char *text);

/* Strict: no spaces, padding as it must be (plain) or none (url), no stray bits. out holds at least
 * 3 * (len / 4) + 2 bytes. ST_INPUT. */
enum status base64_read(const char *text, size_t len, enum base64_kind kind, unsigned char *out, size_t *n,
                        struct fail *why) MUST_CHECK;

#endif
