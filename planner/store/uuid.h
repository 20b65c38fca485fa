/* Names of records: random UUIDs, version 4 (RFC 4122, section 4.4), lower case. */
#ifndef LASERTWIN_STORE_UUID_H
#define LASERTWIN_STORE_UUID_H

#include <stdbool.h>

#include "physics/base/status.h"

#define UUID_BYTES 16
#define UUID_TEXT_SIZE 37 /* 8-4-4-4-12 digits, four hyphens and the closing NUL */

/* A new name from the kernel's generator; ST_IO when that gives nothing. For the edge of the program:
 * the rest takes names as arguments. */
enum status uuid_new(char text[UUID_TEXT_SIZE], struct fail *why) MUST_CHECK;

/* Writes 16 bytes as a version 4 UUID; the bits for version and variant are set here. Pure. */
void uuid_from_bytes(const unsigned char bytes[UUID_BYTES], char text[UUID_TEXT_SIZE]);

/* Lower-case hexadecimal in the form 8-4-4-4-12. Any version: records of other stations are welcome. */
bool uuid_valid(const char *text);

#endif
