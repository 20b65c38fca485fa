/* What text may enter the store: UTF-8, no NUL, no longer than its named maximum. */
#include "planner/store/internal.h"

/* The table 3-7 of the Unicode standard (version 15, section 3.9): well-formed UTF-8, no surrogates, no
 * overlong forms, nothing above U+10FFFF. Pinned by test_store: text rules. */
struct utf8_form {
	unsigned char first_lo, first_hi, second_lo, second_hi;
	size_t length;
};
static const struct utf8_form forms[] = {
        {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static bool within(unsigned char byte, unsigned char lo, unsigned char hi)
{
	return byte >= lo && byte <= hi;
}

static bool fits(const struct utf8_form *form, const unsigned char *bytes, size_t n)
{
	if (!within(bytes[0], form->first_lo, form->first_hi) || form->length > n)
		return false;
	if (form->length > 1 && !within(bytes[1], form->second_lo, form->second_hi))
		return false;
	for (size_t i = 2; i < form->length; i++)
		if (!within(bytes[i], 0x80, 0xBF))
			return false;
	return true;
}

/* Length of the character at bytes; 0 when it is malformed. */
static size_t utf8_length(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (fits(&forms[i], bytes, n))
			return forms[i].length;
	return 0;
}

bool utf8_valid(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0, length; i < n; i += length) {
		length = utf8_length(bytes + i, n - i);
		if (length == 0)
			return false;
	}
	return true;
}

enum status text_check(const char *field, const char *text, size_t max, bool required, struct fail *why)
{
	size_t n = text ? strnlen(text, max + 1) : 0;
	if (n > max)
		return fail_set(why, ST_RANGE, field, "is longer than %zu bytes: shorten it", max);
	if (n == 0 && required)
		return fail_set(why, ST_INPUT, field, "is missing: give it");
	if (n > 0 && !utf8_valid((const unsigned char *)text, n))
		return fail_set(why, ST_INPUT, field, "is not UTF-8 text: enter it again");
	return ST_OK;
}

static enum status json_text_check(const char *field, const char *json, size_t len, struct fail *why)
{
	if (!json || len == 0)
		return fail_set(why, ST_INPUT, field, "is missing: a JSON object is needed");
	if (len > STORE_JSON_MAX)
		return fail_set(why, ST_RANGE, field, "has %zu bytes, more than %d: split or shorten it", len,
		                STORE_JSON_MAX);
	if (memchr(json, '\0', len))
		return fail_set(why, ST_INPUT, field, "holds a NUL byte: a JSON object is needed");
	if (!utf8_valid((const unsigned char *)json, len))
		return fail_set(why, ST_INPUT, field, "is not UTF-8 text: a JSON object is needed");
	return ST_OK;
}

enum status json_check(struct store *store, const char *field, const char *json, size_t len, struct fail *why)
{
	bool got = false;
	enum status st = json_text_check(field, json, len, why);
	if (st != ST_OK)
		return st;
	sqlite3_stmt *statement = statement_use(store, SQL_IS_JSON_OBJECT);
	BUG_ON(sqlite3_bind_text64(statement, 1, json, len, SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK);
	st = row_step(store, statement, &got, why);
	if (st == ST_OK && column_int(statement, 0) != 1)
		st = fail_set(why, ST_INPUT, field, "is not one JSON object");
	statement_done(statement);
	return st;
}

enum status uuid_check(const char *field, const char *uuid, struct fail *why)
{
	if (!uuid || !uuid_valid(uuid))
		return fail_set(why, ST_INPUT, field, "is not a UUID (lower case, 8-4-4-4-12 digits)");
	return ST_OK;
}

enum status time_check(const char *field, int64_t time_ms, struct fail *why)
{
	if (time_ms < 0 || time_ms > STORE_TIME_MAX_MS)
		return fail_set(why, ST_RANGE, field, "lies outside 1970 to 9999: set the clock");
	return ST_OK;
}

/* The letters of "dddd-dd-dd" as far as the date is known. */
static bool date_form(const char *date, size_t n)
{
	if (n != 4 && n != 7 && n != 10)
		return false;
	for (size_t i = 0; i < n; i++)
		if (i == 4 || i == 7 ? date[i] != '-' : date[i] < '0' || date[i] > '9')
			return false;
	return true;
}

static int two_digits(const char *digits)
{
	return (digits[0] - '0') * 10 + (digits[1] - '0');
}

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool date_exists(const char *date, size_t n)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = two_digits(date) * 100 + two_digits(date + 2);
	int month = n > 4 ? two_digits(date + 5) : 1;
	int day = n > 7 ? two_digits(date + 8) : 1;
	if (month < 1 || month > 12)
		return false;
	return day >= 1 && day <= days[month - 1] + (month == 2 && leap(year));
}

enum status birth_check(const char *field, const char *birth, struct fail *why)
{
	size_t n = strnlen(birth, STORE_BIRTH_MAX + 1);
	if (n == 0 || (date_form(birth, n) && date_exists(birth, n)))
		return ST_OK;
	return fail_set(why, ST_INPUT, field, "is not a date: write 1987, 1987-06 or 1987-06-30");
}

enum status word_check(const char *field, const char *word, size_t max, struct fail *why)
{
	size_t n = strnlen(word, max + 1);
	if (n > max)
		return fail_set(why, ST_RANGE, field, "is longer than %zu bytes: shorten it", max);
	if (n == 0 || strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_.-") < n)
		return fail_set(why, ST_INPUT, field,
		                "is not a word of lower-case letters, digits, dot, hyphen and underscore");
	return ST_OK;
}

/* The escapes of RFC 8259, section 7, and no others. */
enum status json_of_text(const char *name, const char *text, char *json, size_t size, struct fail *why)
{
	size_t n = (size_t)snprintf(json, size, "{\"%s\":\"", name);
	for (; *text && n + 9 < size; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == '"' || c == '\\')
			n += (size_t)snprintf(json + n, size - n, "\\u%04x", c);
		else
			json[n++] = (char)c;
	}
	if (*text)
		return fail_set(why, ST_RANGE, name, "is too long: shorten it");
	(void)snprintf(json + n, size - n, "\"}");
	return ST_OK;
}
