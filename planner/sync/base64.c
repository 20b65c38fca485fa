#include "planner/sync/base64.h"

#include <stdint.h>

static const char alphabets[2][65] = {
        [BASE64_PLAIN] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        [BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void base64_write(const void *bytes, size_t n, enum base64_kind kind, char *text)
{
	const unsigned char *in = bytes;
	const char *digits = alphabets[kind];
	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		uint32_t word = (uint32_t)in[i] << 16 | (have > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
		                (have > 2 ? in[i + 2] : 0u);
		for (size_t k = 0; k < 4; k++)
			if (k <= have)
				*text++ = digits[word >> (18 - 6 * k) & 63];
			else if (kind == BASE64_PLAIN)
				*text++ = '=';
	}
	*text = '\0';
}

static int digit_value(char c, enum base64_kind kind)
{
	const char *at = c ? strchr(alphabets[kind], c) : NULL;
	return at ? (int)(at - alphabets[kind]) : -1;
}

static enum status refuse(struct fail *why)
{
	return fail_set(why, ST_INPUT, "base64", "is not well-formed base64");
}

/* One group of 2 to 4 digits; the bits left over must be zero. */
static enum status read_group(const char *text, size_t digits, enum base64_kind kind, unsigned char *out,
                              struct fail *why)
{
	uint32_t word = 0;
	for (size_t k = 0; k < 4; k++) {
		int value = k < digits ? digit_value(text[k], kind) : 0;
		if (value < 0)
			return refuse(why);
		word = word << 6 | (uint32_t)value;
	}
	for (size_t k = 0; k < 3; k++) {
		unsigned char byte = (unsigned char)(word >> (16 - 8 * k) & 255);
		if (k + 1 < digits)
			out[k] = byte;
		else if (byte != 0)
			return refuse(why);
	}
	return ST_OK;
}

enum status base64_read(const char *text, size_t len, enum base64_kind kind, unsigned char *out, size_t *n,
                        struct fail *why)
{
	if (kind == BASE64_PLAIN && len % 4 != 0)
		return refuse(why);
	if (kind == BASE64_PLAIN && len > 0)
		for (int pad = 0; pad < 2 && text[len - 1] == '='; pad++)
			len--;
	if (len % 4 == 1)
		return refuse(why);
	*n = 0;
	for (size_t i = 0; i < len; i += 4) {
		size_t digits = len - i < 4 ? len - i : 4;
		enum status st = read_group(text + i, digits, kind, out + *n, why);
		if (st)
			return st;
		*n += digits - 1;
	}
	return ST_OK;
}
