/* The canvas: clipping, wide glyphs, wrapping, dumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/canvas.h"

static struct canvas *make(int rows, int cols, bool ascii)
{
	struct canvas *canvas = NULL;
	struct fail why;
	assert_int_equal(canvas_new(rows, cols, ascii, &canvas, &why), ST_OK);
	return canvas;
}

static void assert_dump(const struct canvas *canvas, const char *expected)
{
	char *dump = canvas_dump(canvas);
	assert_non_null(dump);
	assert_string_equal(dump, expected);
	free(dump);
}

static void text_is_cut_with_an_ellipsis(void **state)
{
	(void)state;
	struct canvas *canvas = make(3, 10, false);
	assert_int_equal(canvas_text(canvas, 0, 2, 6, ROLE_TEXT, "fluence"), 6);
	canvas_text_right(canvas, 1, 0, 10, ROLE_TEXT, "8.5");
	canvas_text_right(canvas, 2, 0, 4, ROLE_TEXT, "12345");
	assert_dump(canvas, "  fluen…\n       8.5\n…\n");
	canvas_free(&canvas);
	assert_null(canvas);
}

static void nothing_is_drawn_outside(void **state)
{
	(void)state;
	struct canvas *canvas = make(2, 4, false);
	canvas_text(canvas, -1, 0, 10, ROLE_TEXT, "above");
	canvas_text(canvas, 2, 0, 10, ROLE_TEXT, "below");
	canvas_text(canvas, 0, -3, 10, ROLE_TEXT, "abcdefghij");
	canvas_box(canvas, (struct area){1, 2, 9, 9}, ROLE_FRAME, "title");
	canvas_bar(canvas, 1, -2, 3, NAN, ROLE_OK);
	assert_dump(canvas, "defg\n─ ┌─\n");
	canvas_free(&canvas);
}

static void wide_glyphs_take_two_cells_and_break_cleanly(void **state)
{
	(void)state;
	struct canvas *canvas = make(1, 6, false);
	canvas_text(canvas, 0, 0, 6, ROLE_TEXT, "王小明");
	assert_dump(canvas, "王小明\n");
	canvas_text(canvas, 0, 1, 1, ROLE_TEXT, "x");
	assert_dump(canvas, " x小明\n");
	canvas_text(canvas, 0, 2, 2, ROLE_TEXT, "王");
	canvas_text(canvas, 0, 2, 1, ROLE_TEXT, "y");
	assert_dump(canvas, " xy 明\n");
	canvas_text(canvas, 0, 5, 2, ROLE_TEXT, "王");
	assert_dump(canvas, " xy\n");
	canvas_free(&canvas);
}

static void no_escape_reaches_a_cell(void **state)
{
	(void)state;
	struct canvas *canvas = make(1, 20, false);
	canvas_text(canvas, 0, 0, 20, ROLE_TEXT,
	            "a\x1b[2J\r\tb\xE2\x80\xAE"
	            "c");
	canvas_point(canvas, 0, 15, ROLE_TEXT, 0x1B);
	for (int col = 0; col < canvas->cols; col++)
		assert_true(canvas_cell(canvas, 0, col)->point[0] >= 0x20);
	assert_dump(canvas, "a␛[2J␍␉b�c     ␛\n");
	canvas_free(&canvas);
}

static void ascii_has_the_same_layout(void **state)
{
	(void)state;
	struct canvas *canvas = make(3, 12, true);
	canvas_box(canvas, (struct area){0, 0, 3, 12}, ROLE_FRAME, "µm");
	canvas_text(canvas, 1, 2, 9, ROLE_TEXT, "Zoë 王 ±1");
	assert_dump(canvas, "+- um -----+\n| Zoe ?  ~1|\n+----------+\n");
	canvas_free(&canvas);
}

static void wrapping_counts_rows(void **state)
{
	(void)state;
	struct canvas *canvas = make(4, 12, false);
	int rows = canvas_wrap(canvas, (struct area){0, 0, 2, 12}, ROLE_TEXT,
	                       "It never controls a device, ever.");
	assert_int_equal(rows, 4);
	assert_dump(canvas, "It never\ncontrols a \xE2\x80\xA6\n\n\n");
	canvas_clear(canvas);
	assert_int_equal(canvas_wrap(canvas, (struct area){0, 0, 4, 4}, ROLE_TEXT, "abcdefghij"), 3);
	assert_int_equal(canvas_wrap(canvas, (struct area){0, 0, 4, 1}, ROLE_TEXT, "王"), 1);
	canvas_free(&canvas);
}

/* 12 of 12.5 would be another number. */
static void a_number_is_never_cut_into_another(void **state)
{
	(void)state;
	static const struct {
		const char *text, *drawn;
	} rows[] = {{"peak 12.5 C", "peak 12.5 C\n"},
	            {"the peak 12.5 C", "the peak \xE2\x80\xA6\n"},
	            {"its peak 1234.5", "its peak \xE2\x80\xA6\n"},
	            {"peak of 12.5 C", "peak of \xE2\x80\xA6\n"},
	            {"peak at 12 deg", "peak at 12\xE2\x80\xA6\n"},
	            {"e3b0c44298fc1c14", "e3b0c44298\xE2\x80\xA6\n"},
	            {"0123456789012345", "\xE2\x80\xA6\n"}};
	struct canvas *canvas = make(1, 11, false);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		canvas_clear(canvas);
		canvas_text(canvas, 0, 0, 11, ROLE_TEXT, rows[i].text);
		assert_dump(canvas, rows[i].drawn);
	}
	canvas_free(&canvas);
}

/* What would be covered is cut before it, and says so. */
static void text_over_another_cuts_it(void **state)
{
	(void)state;
	struct canvas *canvas = make(1, 12, false);
	canvas_text(canvas, 0, 0, 12, ROLE_TEXT, "a long title");
	canvas_text_over(canvas, 0, 0, 12, ROLE_DIM, " 1 of 2");
	assert_dump(canvas, "a lo\xE2\x80\xA6 1 of 2\n");
	assert_int_equal(canvas->overlaps, 0);
	canvas_text(canvas, 0, 0, 12, ROLE_TEXT, "xyz");
	assert_int_equal(canvas->overlaps, 2); /* x on a, z on l: y fell on a blank */
	canvas_clear(canvas);
	canvas_text(canvas, 0, 0, 12, ROLE_TEXT, "short");
	canvas_text_over(canvas, 0, 0, 12, ROLE_DIM, "1 of 2");
	assert_dump(canvas, "short 1 of 2\n");
	canvas_free(&canvas);
}

/* Words grow by 40 %, numbers, units and names with digits stay; what is measured is what is drawn. */
static void words_can_be_made_longer(void **state)
{
	(void)state;
	static const char text[] = "Spot 12.5 mm, v2 of plan 01c0ffee at 4 J/cm2";
	static const char grown[] = "Spottt 12.5 mm, v2 of plannn 01c0ffee at 4 J/cm2";
	struct canvas *canvas = make(1, 60, false);
	char longer[80];
	text_longer(longer, sizeof longer, text);
	assert_string_equal(longer, grown);
	assert_int_equal(text_width(text), sizeof text - 1);
	text_lengthen(true);
	const int width = text_width(text), drawn = canvas_text(canvas, 0, 0, 60, ROLE_TEXT, text);
	text_lengthen(false);
	assert_int_equal(width, sizeof grown - 1);
	assert_int_equal(drawn, width);
	canvas_free(&canvas);
}

static void roles_and_selection_show_in_the_map(void **state)
{
	(void)state;
	struct canvas *canvas = make(2, 4, false);
	canvas_text(canvas, 0, 0, 4, ROLE_STOP, "ab");
	canvas_role(canvas, (struct area){1, 0, 1, 2}, ROLE_KEY);
	canvas_select(canvas, (struct area){0, 1, 1, 2});
	char *roles = canvas_dump_roles(canvas);
	assert_string_equal(roles, "tT#.\nkk..\n");
	free(roles);
	canvas_free(&canvas);
}

static void sizes_are_held(void **state)
{
	(void)state;
	struct canvas *canvas = make(-5, 100000, false);
	assert_int_equal(canvas->rows, 1);
	assert_int_equal(canvas->cols, CANVAS_COLS_MAX);
	canvas_free(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_is_cut_with_an_ellipsis),
	        cmocka_unit_test(nothing_is_drawn_outside),
	        cmocka_unit_test(wide_glyphs_take_two_cells_and_break_cleanly),
	        cmocka_unit_test(no_escape_reaches_a_cell),
	        cmocka_unit_test(ascii_has_the_same_layout),
	        cmocka_unit_test(wrapping_counts_rows),
	        cmocka_unit_test(a_number_is_never_cut_into_another),
	        cmocka_unit_test(text_over_another_cuts_it),
	        cmocka_unit_test(words_can_be_made_longer),
	        cmocka_unit_test(roles_and_selection_show_in_the_map),
	        cmocka_unit_test(sizes_are_held),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
