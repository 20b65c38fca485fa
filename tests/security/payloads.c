#include "tests/security/payloads.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- SQL: each ending of a literal, with each thing to do then, and each way to hide the rest ---- */

static const char *const endings[] = {"'", "\"", "`", "')", "'))", "\\'", "''", "\xEF\xBC\x87", "%27", "1"};
static const char *const deeds[] = {
        " OR 1=1",
        " OR 'a'='a",
        " UNION SELECT code FROM audit",
        "; DROP TABLE patient",
        "; DELETE FROM audit",
        "; UPDATE patient SET is_virtual=1",
        "; INSERT INTO draft VALUES(1)",
        "; ATTACH '/tmp/x' AS y",
        "; PRAGMA user_version=9",
        "; VACUUM INTO '/tmp/x'",
        " AND load_extension('x')",
        "||writefile('/tmp/x',1)",
        "; COMMIT",
};
static const char *const hidings[] = {"--", "/*", ";--", "\n"};

static bool sql(size_t index, char *out)
{
	const size_t nd = sizeof deeds / sizeof *deeds, nh = sizeof hidings / sizeof *hidings;
	const size_t e = index / (nd * nh), d = index / nh % nd, h = index % nh;
	if (e >= sizeof endings / sizeof *endings)
		return false;
	(void)snprintf(out, PAYLOAD_SIZE, "%s%s%s", endings[e], deeds[d], hidings[h]);
	return true;
}

/* ---- terminals: ECMA-48 in 7 and 8 bits, OSC, strings, single controls, direction, zero width ---- */

static size_t encode(uint32_t p, char *out)
{
	const size_t n = p < 0x80 ? 1 : p < 0x800 ? 2 : p < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
	for (size_t i = n; i-- > 1; p >>= 6)
		out[i] = (char)(0x80 | (p & 0x3F));
	out[0] = (char)(n == 1 ? p : lead[n] | p);
	out[n] = '\0';
	return n;
}

/* CSI (two introducers) x parameters x final byte. */
static bool csi(size_t *index, char *out)
{
	static const char *const intro[] = {"\x1b[", "\xC2\x9B"};
	static const char *const parameters[] = {"", "2", "?25", "1;1", ">0", "38;5;1", "!", "999;999"};
	const size_t finals = 0x7E - 0x40 + 1, all = 2 * 8 * finals;
	if (*index >= all) {
		*index -= all;
		return false;
	}
	(void)snprintf(out, PAYLOAD_SIZE, "a%s%s%cb", intro[*index / (8 * finals)], parameters[*index / finals % 8],
	               (char)(0x40 + *index % finals));
	return true;
}

/* OSC, DCS, APC, PM, SOS with a number, closed by BEL, ST or not at all. */
static bool strings(size_t *index, char *out)
{
	static const char *const intro[] = {"\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\xC2\x9D", "\xC2\x90"};
	static const char *const end[] = {"\a", "\x1b\\", ""};
	const size_t numbers = 60, all = 7 * 3 * numbers;
	if (*index >= all) {
		*index -= all;
		return false;
	}
	(void)snprintf(out, PAYLOAD_SIZE, "a%s%zu;rm -rf%sb", intro[*index / (3 * numbers)], *index % numbers,
	               end[*index / numbers % 3]);
	return true;
}

static const struct {
	uint32_t first, last;
} unsafe[] = {{0x01, 0x09},     {0x0B, 0x1F},     {0x7F, 0x9F},     {0x61C, 0x61C},     {0x180E, 0x180E},
              {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x2064}, {0x2066, 0x2069},   {0xFEFF, 0xFEFF},
              {0xFFF9, 0xFFFB}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F}};

static bool single(size_t *index, char *out)
{
	char point[5];
	for (size_t r = 0; r < sizeof unsafe / sizeof *unsafe; r++) {
		const size_t all = (unsafe[r].last - unsafe[r].first + 1) * 3, at = *index % 3;
		if (*index >= all) {
			*index -= all;
			continue;
		}
		(void)encode(unsafe[r].first + (uint32_t)(*index / 3), point);
		(void)snprintf(out, PAYLOAD_SIZE, "%s%s%s%s%s", at == 0 ? point : "", "a", at == 1 ? point : "", "b",
		               at == 2 ? point : "");
		return true;
	}
	return false;
}

/* Two-byte escapes. */
static bool escapes(size_t *index, char *out)
{
	if (*index <= 0x7E - 0x20) {
		(void)snprintf(out, PAYLOAD_SIZE, "a\x1b%cb", (char)(0x20 + *index));
		return true;
	}
	*index -= 0x7E - 0x20 + 1;
	return false;
}

static bool terminal(size_t index, char *out)
{
	return csi(&index, out) || strings(&index, out) || single(&index, out) || escapes(&index, out);
}

/* ---- spreadsheets ---- */

static bool formula(size_t index, char *out)
{
	static const char *const leads[] = {"=", "+", "-", "@", "\t=", "\r=", "\n=", "\"=", " =", "|", "%", "\xEF\xBC\x9D"};
	static const char *const bodies[] = {"cmd|'/C calc'!A0", "1+1", "HYPERLINK(\"http://x\",\"y\")",
	                                     "DDE(\"cmd\";\"/C calc\")", "IMPORTXML(\"http://x\")", "SUM(A1:A9)*1e9",
	                                     "2+5+cmd|' /C calc'!A0", "\",=1+1,\""};
	if (index >= sizeof leads / sizeof *leads * (sizeof bodies / sizeof *bodies))
		return false;
	(void)snprintf(out, PAYLOAD_SIZE, "%s%s", leads[index / 8], bodies[index % 8]);
	return true;
}

bool payload(enum corpus corpus, size_t index, char out[PAYLOAD_SIZE])
{
	static bool (*const kinds[CORPORA])(size_t, char *) = {sql, terminal, formula};
	out[0] = '\0';
	return kinds[corpus](index, out);
}

size_t payload_count(enum corpus corpus)
{
	char out[PAYLOAD_SIZE];
	size_t count = 0;
	while (payload(corpus, count, out))
		count++;
	return count;
}

/* ---- judging ---- */

static size_t decode(const unsigned char *s, uint32_t *p)
{
	const size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : (s[0] & 0xF0) == 0xE0 ? 3
	                 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : 0;
	*p = n == 1 ? s[0] : n == 2 ? s[0] & 0x1Fu : n == 3 ? s[0] & 0x0Fu : s[0] & 0x07u;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		*p = *p << 6 | (s[i] & 0x3Fu);
	}
	return n == 3 && (*p < 0x800 || (*p >= 0xD800 && *p < 0xE000)) ? 0 : n == 4 && *p < 0x10000 ? 0 : n;
}

const char *payload_unsafe(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		uint32_t p = 0;
		const size_t n = decode(s, &p);
		if (n == 0)
			return (const char *)s;
		for (size_t r = 0; r < sizeof unsafe / sizeof *unsafe; r++)
			if (p >= unsafe[r].first && p <= unsafe[r].last)
				return (const char *)s;
		s += n;
	}
	return NULL;
}
