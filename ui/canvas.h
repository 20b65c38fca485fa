/* The canvas: a grid of cells that screens draw on. Pure; the terminal and the tests are its back ends.
 *
 * Rows and columns count from 0 at the top left. Drawing outside is cut off, never an error, because a
 * window may be resized to any size at any time. All text passes text_next, so no unsafe code point can
 * reach a cell. With ascii set every glyph is replaced by its ASCII stand-in as it is drawn, one column
 * for one column, and the layout stays the same.
 */
#ifndef LASERTWIN_UI_CANVAS_H
#define LASERTWIN_UI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"
#include "ui/text.h"

/* What a cell means; the terminal chooses its look. Colour is never the only carrier of a fact. */
enum role {
	ROLE_TEXT,
	ROLE_DIM,     /* units, sources, what cannot be used now */
	ROLE_STRONG,  /* values that matter */
	ROLE_HEADING,
	ROLE_FRAME,
	ROLE_BAR,     /* top line */
	ROLE_KEY,     /* a key to press */
	ROLE_VIRTUAL, /* the mark of made-up patients */
	ROLE_OK,
	ROLE_CAUTION,
	ROLE_STOP,
	ROLE_CURVE_1,
	ROLE_CURVE_2,
	ROLE_CURVE_3,
	ROLE_BAND,    /* uncertainty around a curve */
	ROLE_GUIDE,   /* thresholds, layer borders, axes */
	ROLES
};

struct cell {
	uint32_t point[GLYPH_POINTS_MAX]; /* point[0] 0: right half of the wide glyph to the left */
	uint8_t role;
	bool selected; /* shown in reverse */
	bool text;     /* of a text, not of a picture */
};

#define CANVAS_ROWS_MAX 300
#define CANVAS_COLS_MAX 600

struct canvas {
	int rows, cols;
	bool ascii;
	bool blocks;       /* plots in half blocks, for fonts without braille */
	bool linear;       /* to be said line by line: words in place of pictures, nothing beside something else */
	unsigned overlaps; /* glyphs of a text drawn over those of another one, which was not cleared: a fault of the layout */
	struct cell *cell; /* rows * cols */
};

struct area {
	int row, col, rows, cols;
};

/* Sizes are held to 1..CANVAS_ROWS_MAX and 1..CANVAS_COLS_MAX. */
enum status canvas_new(int rows, int cols, bool ascii, struct canvas **out, struct fail *why) MUST_CHECK;
void canvas_free(struct canvas **canvas);
enum status canvas_resize(struct canvas *canvas, int rows, int cols, struct fail *why) MUST_CHECK;
void canvas_clear(struct canvas *canvas);
void canvas_clear_area(struct canvas *canvas, struct area area);
const struct cell *canvas_cell(const struct canvas *canvas, int row, int col); /* NULL outside */

/* Text in at most width columns from (row, col), cut with an ellipsis. Returns the columns drawn. */
int canvas_text(struct canvas *canvas, int row, int col, int width, enum role role, const char *text);
int canvas_format(struct canvas *canvas, int row, int col, int width, enum role role, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
/* The same, ending at column col + width. */
void canvas_text_right(struct canvas *canvas, int row, int col, int width, enum role role, const char *text);
void canvas_format_right(struct canvas *canvas, int row, int col, int width, enum role role,
                         const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same over what stands there, which is cut with an ellipsis before it. */
void canvas_text_over(struct canvas *canvas, int row, int col, int width, enum role role, const char *text);
/* Text broken at spaces into the area, with an ellipsis where it does not end; returns the rows it needed (drawn or
 * not). */
int canvas_wrap(struct canvas *canvas, struct area area, enum role role, const char *text);
int canvas_wrap_rows(const char *text, int cols); /* the rows alone */

void canvas_point(struct canvas *canvas, int row, int col, enum role role, uint32_t point);
void canvas_rule(struct canvas *canvas, int row, int col, int cols, enum role role);
/* A frame with an optional title in its upper edge; its inside is cleared. */
void canvas_box(struct canvas *canvas, struct area area, enum role role, const char *title);
/* A bar of cols columns, filled to the fraction. */
void canvas_bar(struct canvas *canvas, int row, int col, int cols, double frac, enum role role);
void canvas_select(struct canvas *canvas, struct area area);
void canvas_role(struct canvas *canvas, struct area area, enum role role);
struct area area_inside(struct area area, int margin_rows, int margin_cols);

/* The canvas as lines of text without trailing blanks, and its map of roles (one letter for each column,
 * capital where selected). The caller frees; NULL when memory is out. */
char *canvas_dump(const struct canvas *canvas);
char *canvas_dump_roles(const struct canvas *canvas);

#endif
