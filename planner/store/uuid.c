/* Random names of records. */
#include "planner/store/uuid.h"

#include <errno.h>
#include <sys/random.h>

enum { VERSION_BYTE = 6, VARIANT_BYTE = 8 };

static bool hyphen_at(unsigned position)
{
	return position == 8 || position == 13 || position == 18 || position == 23;
}

static bool is_lower_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

void uuid_from_bytes(const unsigned char bytes[UUID_BYTES], char text[UUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned position = 0;
	for (unsigned i = 0; i < UUID_BYTES; i++) {
		unsigned byte = bytes[i];
		if (i == VERSION_BYTE)
			byte = (byte & 0x0F) | 0x40;
		if (i == VARIANT_BYTE)
			byte = (byte & 0x3F) | 0x80;
		if (hyphen_at(position))
			text[position++] = '-';
		text[position++] = digits[byte >> 4];
		text[position++] = digits[byte & 0x0F];
	}
	text[position] = '\0';
}

enum status uuid_new(char text[UUID_TEXT_SIZE], struct fail *why)
{
	unsigned char bytes[UUID_BYTES];
	ssize_t got;
	do
		got = getrandom(bytes, sizeof bytes, 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof bytes)
		return fail_set(why, ST_IO, "uuid", "the system's random numbers cannot be read: %s",
		                strerror(errno));
	uuid_from_bytes(bytes, text);
	return ST_OK;
}

bool uuid_valid(const char *text)
{
	for (unsigned i = 0; i < UUID_TEXT_SIZE - 1; i++)
		if (hyphen_at(i) ? text[i] != '-' : !is_lower_hex(text[i]))
			return false;
	return text[UUID_TEXT_SIZE - 1] == '\0';
}
