/* Checks a text against RFC 8259 and RFC 3629 before any tree is built from it.
 *
 * Recursive descent, bounded by JSON_DEPTH_MAX. Every function reads from scan->pos, advances it past
 * what it accepted and returns a status; on refusal pos stands at the offending byte, from which line and
 * column are counted (columns in bytes, from 1).
 */
#include "devices/json_scan.h"

#include <stdbool.h>

#include "devices/json.h"

struct scan {
	const char *name;
	const unsigned char *bytes;
	size_t len, pos;
	unsigned depth;
	struct fail *why;
};

static int peek(const struct scan *scan)
{
	return scan->pos < scan->len ? scan->bytes[scan->pos] : -1;
}

static enum status refuse_at(const struct scan *scan, size_t pos, const char *text)
{
	char field[FAIL_FIELD_MAX];
	size_t line = 1, column = 1;

	for (size_t i = 0; i < pos && i < scan->len; i++) {
		column++;
		if (scan->bytes[i] == '\n') {
			line++;
			column = 1;
		}
	}
	(void)snprintf(field, sizeof field, "%.60s:%zu:%zu", scan->name, line, column);
	return fail_set(scan->why, ST_INPUT, field, "%s", text);
}

static enum status refuse(const struct scan *scan, const char *text)
{
	if (scan->pos >= scan->len)
		return refuse_at(scan, scan->pos,
		                 "the text ends in the middle of a value; it may be cut off");
	return refuse_at(scan, scan->pos, text);
}

static void skip_space(struct scan *scan)
{
	for (int c = peek(scan); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(scan))
		scan->pos++;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool skip_digits(struct scan *scan)
{
	size_t start = scan->pos;

	while (is_digit(peek(scan)))
		scan->pos++;
	return scan->pos > start;
}

static enum status scan_exponent(struct scan *scan)
{
	scan->pos++;
	if (peek(scan) == '+' || peek(scan) == '-')
		scan->pos++;
	return skip_digits(scan) ? ST_OK : refuse(scan, "a digit is expected in the exponent");
}

/* number = [-] int [frac] [exp] (RFC 8259, section 6) */
static enum status scan_number(struct scan *scan)
{
	size_t start = scan->pos;
	enum status st = ST_OK;

	if (peek(scan) == '-')
		scan->pos++;
	if (peek(scan) == '0') {
		scan->pos++;
		if (is_digit(peek(scan)))
			return refuse(scan, "a number has no leading zeros");
	} else if (!skip_digits(scan)) {
		return refuse(scan, "a digit is expected here");
	}
	if (peek(scan) == '.') {
		scan->pos++;
		if (!skip_digits(scan))
			return refuse(scan, "a digit is expected after the decimal point");
	}
	if (peek(scan) == 'e' || peek(scan) == 'E')
		st = scan_exponent(scan);
	if (!st && scan->pos - start > JSON_NUMBER_CHARS_MAX)
		return refuse_at(scan, start, "a number this long is not a measurement; round it");
	return st;
}

static int hex_value(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum status scan_hex4(struct scan *scan, unsigned *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(peek(scan));
		if (digit < 0)
			return refuse(scan, "\\u needs four hexadecimal digits");
		*unit = *unit * 16 + (unsigned)digit;
		scan->pos++;
	}
	return ST_OK;
}

static bool high_surrogate(unsigned unit)
{
	return unit >= 0xD800 && unit < 0xDC00;
}

static bool low_surrogate(unsigned unit)
{
	return unit >= 0xDC00 && unit < 0xE000;
}

static enum status scan_low_surrogate(struct scan *scan)
{
	size_t start = scan->pos;
	unsigned unit = 0;

	if (scan->len - scan->pos >= 2 && peek(scan) == '\\' && scan->bytes[scan->pos + 1] == 'u') {
		scan->pos += 2;
		enum status st = scan_hex4(scan, &unit);
		if (st)
			return st;
	}
	return low_surrogate(unit) ? ST_OK : refuse_at(scan, start, "half of a surrogate pair is missing");
}

static enum status scan_escape(struct scan *scan)
{
	size_t start = scan->pos++;
	int c = peek(scan);
	unsigned unit;

	if (c <= 0 || !strchr("\"\\/bfnrtu", c))
		return refuse(scan, "an unknown escape; use \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX");
	scan->pos++;
	if (c != 'u')
		return ST_OK;
	enum status st = scan_hex4(scan, &unit);
	if (st)
		return st;
	if (unit == 0)
		return refuse_at(scan, start, "a NUL character is not allowed, not even escaped");
	if (low_surrogate(unit))
		return refuse_at(scan, start, "half of a surrogate pair is missing");
	return high_surrogate(unit) ? scan_low_surrogate(scan) : ST_OK;
}

/* One character outside ASCII: no overlong form, no surrogate, nothing past U+10FFFF (RFC 3629, sect. 4). */
static enum status scan_utf8(struct scan *scan)
{
	unsigned char lead = scan->bytes[scan->pos];
	size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
	int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
	int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

	if (lead < 0xC2 || lead > 0xF4)
		return refuse(scan, "not UTF-8; save the file as UTF-8");
	scan->pos++;
	for (size_t i = 0; i < more; i++, scan->pos++) {
		int c = peek(scan);
		if (c < low || c > high)
			return refuse(scan, "not UTF-8; save the file as UTF-8");
		low = 0x80;
		high = 0xBF;
	}
	return ST_OK;
}

static enum status scan_string(struct scan *scan)
{
	enum status st = ST_OK;

	if (peek(scan) != '"')
		return refuse(scan, "a text in double quotes is expected here");
	scan->pos++;
	while (!st) {
		int c = peek(scan);
		if (c == '"') {
			scan->pos++;
			return ST_OK;
		}
		if (c < 0x20)
			return refuse(scan, "a control character in a text; write it as an escape");
		if (c == '\\')
			st = scan_escape(scan);
		else if (c >= 0x80)
			st = scan_utf8(scan);
		else
			scan->pos++;
	}
	return st;
}

static enum status scan_word(struct scan *scan)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t length = strlen(words[i]);
		if (scan->len - scan->pos >= length &&
		    memcmp(scan->bytes + scan->pos, words[i], length) == 0) {
			scan->pos += length;
			return ST_OK;
		}
	}
	return refuse(scan, "a value is expected here: a number, a text in double quotes, true, false, null, "
	                    "a list or an object");
}

static enum status scan_value(struct scan *scan);

/* An item, or with its key a member; the space around it too. */
static enum status scan_entry(struct scan *scan, bool keyed)
{
	enum status st = ST_OK;

	skip_space(scan);
	if (keyed) {
		st = scan_string(scan);
		if (st)
			return st;
		skip_space(scan);
		if (peek(scan) != ':')
			return refuse(scan, "a colon is expected after the key");
		scan->pos++;
	}
	st = scan_value(scan);
	skip_space(scan);
	return st;
}

static enum status scan_entries(struct scan *scan, bool keyed, int close)
{
	for (;;) {
		enum status st = scan_entry(scan, keyed);
		if (st || peek(scan) == close)
			return st;
		if (peek(scan) != ',')
			return refuse(scan, keyed ? "a comma or } is expected here"
			                          : "a comma or ] is expected here");
		scan->pos++;
	}
}

static enum status scan_container(struct scan *scan, bool keyed)
{
	int close = keyed ? '}' : ']';
	enum status st = ST_OK;

	if (++scan->depth > JSON_DEPTH_MAX)
		return refuse(scan, "nested deeper than 32 levels; flatten the document");
	scan->pos++;
	skip_space(scan);
	if (peek(scan) != close)
		st = scan_entries(scan, keyed, close);
	if (st)
		return st;
	scan->pos++;
	scan->depth--;
	return ST_OK;
}

static enum status scan_value(struct scan *scan)
{
	skip_space(scan);
	int c = peek(scan);
	if (c == '{' || c == '[')
		return scan_container(scan, c == '{');
	if (c == '"')
		return scan_string(scan);
	return c == '-' || is_digit(c) ? scan_number(scan) : scan_word(scan);
}

enum status json_scan(const char *name, const char *bytes, size_t len, struct fail *why)
{
	struct scan scan = {.name = name, .bytes = (const unsigned char *)bytes, .len = len, .why = why};

	if (len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		return refuse(&scan, "the file starts with a byte order mark; save it as UTF-8 without one");
	enum status st = scan_value(&scan);
	if (st)
		return st;
	skip_space(&scan);
	return scan.pos == len ? ST_OK : refuse(&scan, "something follows the end of the value; remove it");
}
