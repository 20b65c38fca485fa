/* Text cleaning, width and ASCII stand-ins against a hostile corpus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/text.h"

/* Independent of the code under test: UTF-8 by RFC 3629. */
static size_t utf8(uint32_t point, char *out)
{
	if (point < 0x80)
		return (size_t)snprintf(out, 5, "%c", (int)point);
	size_t extra = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
	static const uint32_t lead[] = {0, 0xC0, 0xE0, 0xF0};
	out[0] = (char)(lead[extra] | point >> (6 * extra));
	for (size_t i = 1; i <= extra; i++)
		out[i] = (char)(0x80 | ((point >> (6 * (extra - i))) & 0x3F));
	out[extra + 1] = '\0';
	return extra + 1;
}

static bool dangerous(uint32_t p)
{
	return p < 0x20 || (p >= 0x7F && p < 0xA0) || p == 0xAD || p == 0x61C ||
	       (p >= 0x200B && p <= 0x200F) || (p >= 0x2028 && p <= 0x202E) || (p >= 0x2060 && p <= 0x206F) ||
	       p == 0xFEFF || (p >= 0xFFF9 && p <= 0xFFFB) || (p >= 0xD800 && p <= 0xDFFF) ||
	       (p >= 0xE000 && p <= 0xF8FF) || (p >= 0xE0000 && p <= 0xE0FFF) || p == 0x3164 || p == 0x115F ||
	       p == 0x1160 || p == 0xFFA0 || p >= 0xF0000;
}

/* Decodes what came out (well-formed by then) and fails on anything dangerous. */
static void assert_harmless(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s != 0;) {
		int extra = *s < 0x80 ? 0 : *s < 0xE0 ? 1 : *s < 0xF0 ? 2 : 3;
		uint32_t point = extra == 0 ? *s : *s & (0x3Fu >> extra);
		for (int i = 1; i <= extra; i++) {
			assert_int_equal(s[i] & 0xC0, 0x80);
			point = point << 6 | (s[i] & 0x3Fu);
		}
		if (dangerous(point))
			fail_msg("U+%04X came through", point);
		s += extra + 1;
	}
}

static void every_code_point_in_three_places(void **state)
{
	(void)state;
	for (uint32_t point = 1; point <= 0x10FFFF; point++) {
		char encoded[8], name[32], out[64];
		if (point >= 0xD800 && point <= 0xDFFF)
			continue;
		size_t length = utf8(point, encoded);
		static const char *const around[3][2] = {{"", "Doe"}, {"D", "oe"}, {"Doe", ""}};
		for (int place = 0; place < 3; place++) {
			snprintf(name, sizeof name, "%s%s%s", around[place][0], encoded, around[place][1]);
			size_t marks = text_clean(out, sizeof out, name, length + 3);
			assert_harmless(out);
			if (dangerous(point))
				assert_int_equal(marks, 1);
			/* 3 for the letters; at most 3 more for points that normalise to a group (music). */
			assert_in_range(text_width(out), 3, 6);
		}
	}
}

static void sequences_stay_visible(void **state)
{
	(void)state;
	char out[128];
	assert_int_equal(text_clean(out, sizeof out, "M\rN", 3), 1);
	assert_string_equal(out, "M\xE2\x90\x8DN");
	text_clean(out, sizeof out, "a\x1b[2Jb\x08\tc", 9);
	assert_string_equal(out, "a\xE2\x90\x9B[2Jb\xE2\x90\x88\xE2\x90\x89"
	                         "c");
	text_clean(out, sizeof out, "x\xE2\x80\xAEtxt.exe", 11);
	assert_string_equal(out, "x\xEF\xBF\xBDtxt.exe");
	assert_int_equal(text_clean(out, sizeof out, "a\0b", 3), 1);
	assert_string_equal(out, "a\xE2\x90\x80"
	                         "b");
}

static void malformed_bytes_are_marked_one_by_one(void **state)
{
	(void)state;
	static const char *const bad[] = {"\xFF",         "\xC0\xAF",         "\xE2\x80",
	                                  "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char out[64];
		assert_int_equal(text_clean(out, sizeof out, bad[i], strlen(bad[i])), strlen(bad[i]));
		assert_harmless(out);
		assert_int_equal(text_width(out), (int)strlen(bad[i]));
	}
}

/* A base carries at most two marks; the rest cannot climb over neighbouring lines. */
static void stacked_marks_are_limited(void **state)
{
	(void)state;
	char out[256], name[64] = "a";
	for (int i = 0; i < 10; i++)
		utf8(0x0300u + (uint32_t)i, name + strlen(name));
	size_t marks = text_clean(out, sizeof out, name, strlen(name));
	assert_true(marks > 0);
	assert_harmless(out);
}

struct script_name {
	const char *script, *name;
	int width;
};

/* Names in twenty scripts pass unmarked; widths after Unicode East Asian Width (UAX 11). */
static const struct script_name names[] = {
        {"Latin", "Zo\xC3\xAB", 3},
        {"Latin combining", "Zoe\xCC\x88", 3},
        {"Vietnamese", "Nguy\xE1\xBB\x85n", 6},
        {"Greek", "Ελένη", 5},
        {"Cyrillic", "Дарья", 5},
        {"Armenian", "Անի", 3},
        {"Georgian", "ნინო", 4},
        {"Hebrew", "דוד", 3},
        {"Arabic", "محمد", 4},
        {"Devanagari", "सीता", -1},
        {"Bengali", "রহিম", -1},
        {"Gurmukhi", "ਗੁਰੂ", -1},
        {"Tamil", "கண்ணன்", -1},
        {"Telugu", "రాము", -1},
        {"Thai", "สมชาย", 5},
        {"Lao", "ສົມ", -1},
        {"Khmer", "សុខ", -1},
        {"Amharic", "አበበ", 3},
        {"Han", "王小明", 6},
        {"Hiragana", "はなこ", 6},
        {"Hangul", "김철수", 6},
        {"Cherokee", "ᏣᎳᎩ", 3},
};

static void names_of_many_scripts_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char out[128];
		size_t marks = text_clean(out, sizeof out, names[i].name, strlen(names[i].name));
		if (marks != 0)
			fail_msg("%s: %zu marks in %s", names[i].script, marks, out);
		if (names[i].width >= 0)
			assert_int_equal(text_width(out), names[i].width);
	}
}

static void equal_names_compare_equal_after_cleaning(void **state)
{
	(void)state;
	char composed[32], combining[32];
	text_clean(composed, sizeof composed, "Zo\xC3\xAB", 4);
	text_clean(combining, sizeof combining, "Zoe\xCC\x88", 5);
	assert_string_equal(composed, combining);
}

static void cut_never_splits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (int width = 0; width < 8; width++)
			for (size_t capacity = 1; capacity < 24; capacity++) {
				char out[32];
				int used = text_fit(out, capacity, names[i].name, width);
				assert_true(used <= width);
				assert_harmless(out);
				assert_true(strlen(out) < capacity);
			}
	char out[32];
	text_fit(out, sizeof out, "epidermis", 5);
	assert_string_equal(out, "epid\xE2\x80\xA6");
}

static void ascii_keeps_columns(void **state)
{
	(void)state;
	char out[64];
	text_to_ascii(out, sizeof out, "┌─┐ Zoë µm cm² → 王");
	assert_string_equal(out, "+-+ Zoe um cm2 > ? ");
	for (uint32_t point = 1; point <= 0x10FFFF; point++) {
		char c = text_ascii(point);
		assert_true(c >= 0x20 && c < 0x7F);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_code_point_in_three_places),
	        cmocka_unit_test(sequences_stay_visible),
	        cmocka_unit_test(malformed_bytes_are_marked_one_by_one),
	        cmocka_unit_test(stacked_marks_are_limited),
	        cmocka_unit_test(names_of_many_scripts_pass),
	        cmocka_unit_test(equal_names_compare_equal_after_cleaning),
	        cmocka_unit_test(cut_never_splits),
	        cmocka_unit_test(ascii_keeps_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
