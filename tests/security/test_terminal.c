/* Hostile text on its way out: the terminal obeys none of it, a window keeps its layout, a spreadsheet computes
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/report/sheet.h"
#include "tests/security/payloads.h"
#include "ui/canvas.h"
#include "ui/cli.h"
#include "ui/text.h"

/* ---- the terminal ---- */

static void expect_safe(const char *what, const char *text, const char *given)
{
	const char *at = payload_unsafe(text);
	if (at)
		fail_msg("%s lets byte %02x of %s through", what, (unsigned char)*at, given);
}

static char *printed(const char *text, bool ascii)
{
	char *out = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&out, &n);
	assert_non_null(f);
	cli_print(f, ascii, text);
	assert_int_equal(fclose(f), 0);
	return out;
}

static void on_a_canvas(struct canvas *canvas, const char *text)
{
	canvas_clear(canvas);
	canvas_text(canvas, 0, 0, canvas->cols, ROLE_TEXT, text);
	canvas_text(canvas, 1, 2, 10, ROLE_TEXT, "below");
	char *dump = canvas_dump(canvas);
	expect_safe("the canvas", dump, text);
	assert_non_null(strstr(dump, "\n  below")); /* the layout stays */
	free(dump);
}

static void the_terminal_obeys_nothing(void **state)
{
	(void)state;
	char text[PAYLOAD_SIZE], out[4 * PAYLOAD_SIZE];
	struct canvas *canvas = NULL;
	struct fail why;
	const size_t count = payload_count(CORPUS_TERMINAL);
	assert_int_equal(canvas_new(2, 40, false, &canvas, &why), ST_OK);
	for (size_t i = 0; payload(CORPUS_TERMINAL, i, text); i++) {
		assert_non_null(payload_unsafe(text)); /* it is hostile to begin with */
		assert_true(text_clean(out, sizeof out, text, strlen(text)) > 0);
		expect_safe("text_clean", out, text);
		(void)text_fit(out, sizeof out, text, 40);
		expect_safe("text_fit", out, text);
		on_a_canvas(canvas, text);
		for (int ascii = 0; ascii < 2; ascii++) {
			char *line = printed(text, ascii != 0);
			expect_safe("cli_print", line, text);
			free(line);
		}
	}
	canvas_free(&canvas);
	print_message("%zu terminal payloads: canvas, window, pipe\n", count);
	assert_in_range(count, 2000, 10000);
}

/* Every code point at the beginning, in the middle and at the end of a name. */
static void every_code_point_is_safe(void **state)
{
	(void)state;
	char text[24], out[96], point[5];
	for (uint32_t p = 1; p < 0x110000; p++) {
		if (p >= 0xD800 && p < 0xE000)
			continue;
		point[text_encode(p, point)] = '\0';
		(void)snprintf(text, sizeof text, "%s7%s8%s", point, point, point); /* digits: no accent makes them one */
		(void)text_clean(out, sizeof out, text, strlen(text));
		expect_safe("text_clean", out, text);
		if (strchr(out, '\n') || !strchr(out, '7') || !strchr(out, '8'))
			fail_msg("U+%04X breaks the line", (unsigned)p);
	}
}

/* ---- sheets and spreadsheets ---- */

static struct sheet *sheet_of(const char *text)
{
	static const struct sheet_column columns[] = {{"Name", 0.5, false}, {"Value", 0.5, false}};
	struct sheet *sheet = NULL;
	struct fail why;
	assert_int_equal(sheet_new(text, text, INT64_C(1767225600000), &sheet, &why), ST_OK);
	sheet_frame(sheet, text);
	sheet_footer(sheet, "%s", text);
	sheet_notice(sheet, text);
	sheet_heading(sheet, text);
	sheet_text(sheet, SHEET_PLAIN, "%s", text);
	sheet_pair(sheet, text, "%s", text);
	sheet_table(sheet, columns, 2);
	sheet_row(sheet, SHEET_PLAIN, (const char *const[]){text, text});
	sheet_tick(sheet, true, "%s", text);
	sheet_line(sheet, text);
	return sheet;
}

/* RFC 4180: no field begins with what a spreadsheet takes for a formula. */
static void expect_no_formula(const char *csv, const char *given)
{
	bool quoted = false, begins = true;
	for (const char *c = csv; *c; c++) {
		if (begins && *c == '"') {
			quoted = true;
			begins = false;
			c++;
			if (strchr("=+-@\t\r", *c) && *c)
				fail_msg("a cell begins with %c: %s", *c, given);
			c--;
			continue;
		}
		if (begins && strchr("=+-@\t", *c))
			fail_msg("a cell begins with %c: %s", *c, given);
		begins = false;
		if (quoted && *c == '"' && c[1] == '"')
			c++;
		else if (quoted && *c == '"')
			quoted = false;
		else if (!quoted && (*c == ',' || *c == '\n'))
			begins = true;
	}
	assert_false(quoted);
}

static void sheets_are_inert(void **state)
{
	(void)state;
	char text[PAYLOAD_SIZE];
	size_t count = 0;
	for (int corpus = 0; corpus < CORPORA; corpus++)
		for (size_t i = 0; payload((enum corpus)corpus, i, text); i += corpus == CORPUS_TERMINAL ? 7 : 1, count++) {
			struct sheet *sheet = sheet_of(text);
			struct fail why;
			char *out = NULL;
			assert_int_equal(sheet_write_text(sheet, &out, &why), ST_OK);
			expect_safe("a sheet's text", out, text);
			free(out);
			assert_int_equal(sheet_write_csv(sheet, &out, &why), ST_OK);
			for (char *c = out; *c; c++) /* RFC 4180 ends its lines so */
				if (c[0] == '\r' && c[1] == '\n')
					*c = ' ';
			expect_safe("a sheet's CSV", out, text);
			expect_no_formula(out, text);
			free(out);
			assert_int_equal(sheet_write_json(sheet, &out, &why), ST_OK);
			for (char *c = out; *c; c++) /* the printer's own */
				*c = *c == '\t' ? ' ' : *c;
			expect_safe("a sheet's JSON", out, text);
			free(out);
			sheet_free(&sheet);
		}
	print_message("%zu sheets in three forms\n", count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_terminal_obeys_nothing),
	        cmocka_unit_test(every_code_point_is_safe),
	        cmocka_unit_test(sheets_are_inert),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
