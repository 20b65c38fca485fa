/* Canonical JSON: writer and checker. */
#include "planner/plan/canonical.h"

/* ---- writing ---- */

static void keep_failure(struct canonical *c, enum status code, const char *key, const char *text)
{
	if (c->fail.code == ST_OK)
		(void)fail_set(&c->fail, code, key ? key : "canonical", "%s", text);
}

static void put(struct canonical *c, const char *bytes, size_t n)
{
	if (c->fail.code != ST_OK)
		return;
	if (c->used + n + 1 > c->size) {
		const size_t size = 2 * (c->used + n + 1) + 256;
		char *grown = realloc(c->text, size);
		if (!grown) {
			keep_failure(c, ST_FULL, NULL, "out of memory");
			return;
		}
		c->text = grown;
		c->size = size;
	}
	memcpy(c->text + c->used, bytes, n);
	c->used += n;
	c->text[c->used] = '\0';
}

static bool is_key_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

static bool is_key(const char *key)
{
	size_t n = 0;
	while (is_key_byte(key[n]))
		n++;
	return n > 0 && n < CANONICAL_KEY_MAX && key[n] == '\0';
}

/* Comma, and the key where there is one. */
static void begin_value(struct canonical *c, const char *key)
{
	if (c->depth == 0) {
		BUG_ON(key || c->used);
		return;
	}
	const unsigned level = c->depth - 1;
	BUG_ON(c->is_list[level] != !key);
	if (!c->is_empty[level])
		put(c, ",", 1);
	c->is_empty[level] = false;
	if (!key)
		return;
	BUG_ON(!is_key(key) || strcmp(c->last_key[level], key) >= 0);
	(void)snprintf(c->last_key[level], CANONICAL_KEY_MAX, "%s", key);
	put(c, "\"", 1);
	put(c, key, strlen(key));
	put(c, "\":", 2);
}

static void open_level(struct canonical *c, const char *key, bool is_list)
{
	begin_value(c, key);
	BUG_ON(c->depth == CANONICAL_DEPTH_MAX);
	c->is_list[c->depth] = is_list;
	c->is_empty[c->depth] = true;
	c->last_key[c->depth][0] = '\0';
	c->depth++;
	put(c, is_list ? "[" : "{", 1);
}

void canonical_object(struct canonical *c, const char *key)
{
	open_level(c, key, false);
}

void canonical_list(struct canonical *c, const char *key)
{
	open_level(c, key, true);
}

void canonical_close(struct canonical *c)
{
	BUG_ON(c->depth == 0);
	c->depth--;
	BUG_ON(!c->is_list[c->depth] && c->is_empty[c->depth]);
	put(c, c->is_list[c->depth] ? "]" : "}", 1);
}

static bool stands_as_itself(char byte)
{
	return (unsigned char)byte >= 0x20 && byte != '"' && byte != '\\';
}

void canonical_text(struct canonical *c, const char *key, const char *text)
{
	begin_value(c, key);
	put(c, "\"", 1);
	while (*text) {
		size_t run = 0;
		char escaped[8];
		while (stands_as_itself(text[run]))
			run++;
		put(c, text, run);
		text += run;
		if (!*text)
			break;
		(void)snprintf(escaped, sizeof escaped, (unsigned char)*text < 0x20 ? "\\u%04x" : "\\%c",
		               (unsigned)(unsigned char)*text);
		put(c, escaped, strlen(escaped));
		text++;
	}
	put(c, "\"", 1);
}

void canonical_int(struct canonical *c, const char *key, int64_t value)
{
	char digits[24];
	begin_value(c, key);
	if (value > CANONICAL_INT_MAX || value < -CANONICAL_INT_MAX)
		keep_failure(c, ST_RANGE, key, "the number is beyond 2^53 - 1");
	int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
	put(c, digits, (size_t)n);
}

void canonical_micro(struct canonical *c, const char *key, double value)
{
	const double micro = round(value * CANONICAL_MICRO);
	const bool fits = fabs(micro) <= (double)CANONICAL_INT_MAX; /* false for NAN */
	if (!fits)
		keep_failure(c, ST_RANGE, key, "the quantity has no form in millionths");
	canonical_int(c, key, fits ? (int64_t)micro : 0);
}

enum status canonical_finish(struct canonical *c, char **text, size_t *n, struct fail *why)
{
	*text = NULL;
	*n = 0;
	BUG_ON(c->depth != 0 || (c->fail.code == ST_OK && !c->text));
	enum status st = c->fail.code;
	if (st)
		(void)fail_set(why, st, c->fail.field, "%s", c->fail.text);
	else
		st = canonical_check(c->text, c->used, why);
	if (st) {
		canonical_abandon(c);
		return st;
	}
	*text = c->text;
	*n = c->used;
	*c = (struct canonical){0};
	return ST_OK;
}

void canonical_abandon(struct canonical *c)
{
	free(c->text);
	*c = (struct canonical){0};
}

/* ---- checking ---- */

struct scan {
	const unsigned char *text;
	size_t at, n;
	unsigned depth;
	const char *complaint;
};

static bool bad(struct scan *s, const char *complaint)
{
	if (!s->complaint)
		s->complaint = complaint;
	return false;
}

static bool take(struct scan *s, char expected, const char *complaint)
{
	if (s->at >= s->n || s->text[s->at] != (unsigned char)expected)
		return bad(s, complaint);
	s->at++;
	return true;
}

static bool next_is(const struct scan *s, char byte)
{
	return s->at < s->n && s->text[s->at] == (unsigned char)byte;
}

/* Well-formed sequences, by the table of lead bytes (The Unicode Standard 15, table 3-7): lead bytes from..to
 * are followed by `more` bytes, the first of them within low..high, the others within 80..BF. */
static const struct utf8_row {
	unsigned char from, to, more, low, high;
} utf8_rows[] = {
	{0x20, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
	{0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
	{0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct utf8_row *utf8_row(unsigned char lead)
{
	for (size_t i = 0; i < sizeof utf8_rows / sizeof utf8_rows[0]; i++)
		if (lead >= utf8_rows[i].from && lead <= utf8_rows[i].to)
			return &utf8_rows[i];
	return NULL;
}

static bool character(struct scan *s)
{
	const struct utf8_row *row = utf8_row(s->text[s->at]);
	if (!row || s->n - s->at <= row->more)
		return bad(s, "not UTF-8, or an unescaped control");
	for (unsigned i = 1; i <= row->more; i++) {
		const unsigned char byte = s->text[s->at + i];
		if (i == 1 ? byte < row->low || byte > row->high : byte < 0x80 || byte > 0xbf)
			return bad(s, "not UTF-8");
	}
	s->at += 1u + row->more;
	return true;
}

/* \" and \\, or \u0001 to \u001f in lower case. */
static bool escape(struct scan *s)
{
	static const char hex[] = "0123456789abcdef";
	if (s->at < s->n && (s->text[s->at] == '"' || s->text[s->at] == '\\')) {
		s->at++;
		return true;
	}
	if (s->n - s->at < 5 || memcmp(s->text + s->at, "u00", 3) != 0)
		return bad(s, "an escape that is not of the form");
	const unsigned char tens = s->text[s->at + 3], ones = s->text[s->at + 4];
	const bool known = (tens == '0' || tens == '1') && ones != '\0' && strchr(hex, ones);
	if (!known || (tens == '0' && ones == '0'))
		return bad(s, "an escape that is not of the form");
	s->at += 5;
	return true;
}

static bool string(struct scan *s)
{
	if (!take(s, '"', "a string is missing"))
		return false;
	while (s->at < s->n && s->text[s->at] != '"') {
		const bool is_escape = s->text[s->at] == '\\';
		s->at += is_escape;
		if (!(is_escape ? escape(s) : character(s)))
			return false;
	}
	return take(s, '"', "a string without end");
}

static bool integer(struct scan *s)
{
	const bool negative = next_is(s, '-');
	int64_t value = 0;
	s->at += negative;
	const size_t first = s->at;
	while (s->at < s->n && s->text[s->at] >= '0' && s->text[s->at] <= '9' && value <= CANONICAL_INT_MAX)
		value = 10 * value + (s->text[s->at++] - '0');
	if (s->at == first)
		return bad(s, "neither string, integer, object nor list");
	if (value > CANONICAL_INT_MAX)
		return bad(s, "an integer beyond 2^53 - 1");
	if (s->text[first] == '0' && (s->at > first + 1 || negative))
		return bad(s, "an integer with a leading zero or a negative zero");
	return true;
}

static bool value(struct scan *s);

static bool list_items(struct scan *s)
{
	if (next_is(s, ']'))
		return take(s, ']', "");
	do
		if (!value(s))
			return false;
	while (next_is(s, ',') && s->at++ < s->n);
	return take(s, ']', "a list without end");
}

/* Keeps the key for the comparison with the next. */
static bool key(struct scan *s, char last[CANONICAL_KEY_MAX])
{
	char now[CANONICAL_KEY_MAX];
	size_t n = 0;
	if (!take(s, '"', "a key is missing"))
		return false;
	while (s->at < s->n && n + 1 < sizeof now && is_key_byte((char)s->text[s->at]))
		now[n++] = (char)s->text[s->at++];
	now[n] = '\0';
	if (n == 0 || !next_is(s, '"'))
		return bad(s, "a key of other characters than letters, digits and _, or too long");
	if (strcmp(last, now) >= 0)
		return bad(s, "keys that do not ascend");
	memcpy(last, now, n + 1);
	s->at++;
	return take(s, ':', "a colon is missing");
}

static bool members(struct scan *s)
{
	char last[CANONICAL_KEY_MAX] = "";
	do
		if (!key(s, last) || !value(s))
			return false;
	while (next_is(s, ',') && s->at++ < s->n);
	return take(s, '}', "an object without end");
}

static bool nested(struct scan *s, bool (*content)(struct scan *s))
{
	if (s->depth == CANONICAL_DEPTH_MAX)
		return bad(s, "nested too deep");
	s->depth++;
	s->at++;
	const bool good = content(s);
	s->depth--;
	return good;
}

static bool value(struct scan *s)
{
	if (next_is(s, '{'))
		return nested(s, members);
	if (next_is(s, '['))
		return nested(s, list_items);
	return next_is(s, '"') ? string(s) : integer(s);
}

enum status canonical_check(const char *text, size_t n, struct fail *why)
{
	struct scan s = {.text = (const unsigned char *)text, .n = n};
	bool good = next_is(&s, '{') ? value(&s) : bad(&s, "it does not begin with {");
	if (good && s.at != s.n)
		good = bad(&s, "something after the end");
	if (good)
		return ST_OK;
	return fail_set(why, ST_INPUT, "canonical", "not the canonical form at byte %zu: %s", s.at, s.complaint);
}
