#include "ui/canvas.h"

#include <stdarg.h>

#define LINE_BYTES_MAX 2048

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

void canvas_clear(struct canvas *canvas)
{
	const struct cell blank = {.point = {' '}, .role = ROLE_TEXT};
	for (int i = 0; i < canvas->rows * canvas->cols; i++)
		canvas->cell[i] = blank;
	canvas->overlaps = 0;
}

enum status canvas_resize(struct canvas *canvas, int rows, int cols, struct fail *why)
{
	rows = clamp(rows, 1, CANVAS_ROWS_MAX);
	cols = clamp(cols, 1, CANVAS_COLS_MAX);
	struct cell *cell = calloc((size_t)rows * (size_t)cols, sizeof *cell);
	if (cell == NULL)
		return fail_set(why, ST_FULL, "screen", "no memory for a screen of %d x %d", cols, rows);
	free(canvas->cell);
	canvas->cell = cell;
	canvas->rows = rows;
	canvas->cols = cols;
	canvas_clear(canvas);
	return ST_OK;
}

enum status canvas_new(int rows, int cols, bool ascii, struct canvas **out, struct fail *why)
{
	struct canvas *canvas = calloc(1, sizeof *canvas);
	if (canvas == NULL)
		return fail_set(why, ST_FULL, "screen", "no memory for the screen");
	canvas->ascii = ascii;
	enum status status = canvas_resize(canvas, rows, cols, why);
	if (status != ST_OK)
		canvas_free(&canvas);
	*out = canvas;
	return status;
}

void canvas_free(struct canvas **canvas)
{
	if (*canvas == NULL)
		return;
	free((*canvas)->cell);
	free(*canvas);
	*canvas = NULL;
}

static struct cell *cell_at(struct canvas *canvas, int row, int col)
{
	if (row < 0 || col < 0 || row >= canvas->rows || col >= canvas->cols)
		return NULL;
	return &canvas->cell[row * canvas->cols + col];
}

const struct cell *canvas_cell(const struct canvas *canvas, int row, int col)
{
	if (row < 0 || col < 0 || row >= canvas->rows || col >= canvas->cols)
		return NULL;
	return &canvas->cell[row * canvas->cols + col];
}

/* Blanks the other half when one half of a wide glyph is drawn over. */
static void split_wide(struct canvas *canvas, int row, int col)
{
	struct cell *here = cell_at(canvas, row, col), *right = cell_at(canvas, row, col + 1);
	struct cell *left = cell_at(canvas, row, col - 1);
	if (here->point[0] == 0 && left != NULL)
		*left = (struct cell){.point = {' '}, .role = left->role, .selected = left->selected};
	if (right != NULL && right->point[0] == 0)
		*right = (struct cell){.point = {' '}, .role = right->role, .selected = right->selected};
}

static void put(struct canvas *canvas, int row, int col, enum role role, const struct glyph *glyph)
{
	struct cell *cell = cell_at(canvas, row, col);
	if (cell == NULL)
		return;
	split_wide(canvas, row, col);
	*cell = (struct cell){.role = (uint8_t)role};
	if (canvas->ascii)
		cell->point[0] = (uint32_t)text_ascii(glyph->point[0]);
	else
		memcpy(cell->point, glyph->point, sizeof cell->point);
	if (glyph->width < 2)
		return;
	struct cell *right = cell_at(canvas, row, col + 1);
	if (right == NULL) {
		cell->point[0] = ' ';
		cell->point[1] = cell->point[2] = 0;
		return;
	}
	split_wide(canvas, row, col + 1);
	*right = (struct cell){.point = {canvas->ascii ? ' ' : 0}, .role = (uint8_t)role};
}

void canvas_point(struct canvas *canvas, int row, int col, enum role role, uint32_t point)
{
	const struct glyph glyph = {.point = {text_safe_point(point)}, .width = 1};
	put(canvas, row, col, role, &glyph);
}

static void put_text(struct canvas *canvas, int row, int col, enum role role, const struct glyph *glyph)
{
	struct cell *cell = cell_at(canvas, row, col);
	const bool inked = glyph->point[0] != ' ', over = cell != NULL && cell->text && inked;
	canvas->overlaps += over && cell->point[0] != glyph->point[0];
	put(canvas, row, col, role, glyph);
	if (cell != NULL)
		cell->text = inked;
}

static int draw_text(struct canvas *canvas, int row, int col, int width, enum role role, const char *text)
{
	char fitted[LINE_BYTES_MAX];
	struct glyph glyph;
	int at = col;
	text_fit(fitted, sizeof fitted, text, width);
	const char *next = fitted;
	for (size_t used; (used = text_next(next, &glyph)) > 0; next += used) {
		put_text(canvas, row, at, role, &glyph);
		at += glyph.width;
	}
	return at - col;
}

int canvas_text(struct canvas *canvas, int row, int col, int width, enum role role, const char *text)
{
	char longer[LINE_BYTES_MAX];
	if (!text_lengthened())
		return draw_text(canvas, row, col, width, role, text);
	text_longer(longer, sizeof longer, text);
	return draw_text(canvas, row, col, width, role, longer);
}

int canvas_format(struct canvas *canvas, int row, int col, int width, enum role role, const char *format, ...)
{
	char line[LINE_BYTES_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	return canvas_text(canvas, row, col, width, role, line);
}

void canvas_text_right(struct canvas *canvas, int row, int col, int width, enum role role, const char *text)
{
	int columns = text_width(text);
	int indent = columns < width ? width - columns : 0;
	canvas_text(canvas, row, col + indent, width - indent, role, text);
}

void canvas_text_over(struct canvas *canvas, int row, int col, int width, enum role role, const char *text)
{
	const int columns = text_width(text), start = columns < width ? col + width - columns : col;
	const struct cell *before = canvas_cell(canvas, row, start - 2), *last = canvas_cell(canvas, row, start - 1);
	const bool cuts = start > col && before != NULL && before->text && last->point[0] != ' ';
	const struct cell *under = canvas_cell(canvas, row, start);
	const bool reached = under != NULL && under->text;
	canvas_clear_area(canvas, (struct area){row, start, 1, col + width - start});
	if (cuts && reached)
		canvas_point(canvas, row, start - 1, ROLE_DIM, 0x2026);
	canvas_text_right(canvas, row, col, width, role, text);
}

void canvas_format_right(struct canvas *canvas, int row, int col, int width, enum role role,
                         const char *format, ...)
{
	char line[LINE_BYTES_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	canvas_text_right(canvas, row, col, width, role, line);
}

/* Length in bytes of the longest start of text that fits width columns, broken at a space if possible. */
static size_t line_break(const char *text, int width)
{
	size_t at = 0, space = 0;
	int columns = 0;
	struct glyph glyph;
	for (size_t used; (used = text_next(text + at, &glyph)) > 0; at += used) {
		if (glyph.point[0] == ' ')
			space = at;
		if (columns + glyph.width > width)
			return space > 0 ? space : at > 0 ? at : used;
		columns += glyph.width;
	}
	return at;
}

int canvas_wrap(struct canvas *canvas, struct area area, enum role role, const char *text)
{
	int rows = 0;
	char longer[LINE_BYTES_MAX];
	if (text_lengthened()) {
		text_longer(longer, sizeof longer, text);
		text = longer;
	}
	while (*text != '\0' && area.cols > 0) {
		char line[LINE_BYTES_MAX];
		size_t length = line_break(text, area.cols);
		snprintf(line, sizeof line, "%.*s", (int)length, text);
		const char *rest = text + length + strspn(text + length, " ");
		const bool cut = rows == area.rows - 1 && *rest != '\0';
		if (rows < area.rows)
			draw_text(canvas, area.row + rows, area.col, area.cols, role, cut ? text : line);
		rows++;
		text += length;
		text += strspn(text, " ");
	}
	return rows;
}

int canvas_wrap_rows(const char *text, int cols)
{
	int rows = 0;
	char longer[LINE_BYTES_MAX];
	if (text_lengthened()) {
		text_longer(longer, sizeof longer, text);
		text = longer;
	}
	while (*text != '\0' && cols > 0) {
		text += line_break(text, cols);
		text += strspn(text, " ");
		rows++;
	}
	return rows;
}

void canvas_rule(struct canvas *canvas, int row, int col, int cols, enum role role)
{
	for (int i = 0; i < cols; i++)
		canvas_point(canvas, row, col + i, role, 0x2500); /* box drawings light horizontal */
}

void canvas_clear_area(struct canvas *canvas, struct area area)
{
	for (int row = area.row; row < area.row + area.rows; row++)
		for (int col = area.col; col < area.col + area.cols; col++)
			canvas_point(canvas, row, col, ROLE_TEXT, ' ');
}

void canvas_box(struct canvas *canvas, struct area area, enum role role, const char *title)
{
	int bottom = area.row + area.rows - 1, right = area.col + area.cols - 1;
	canvas_clear_area(canvas, area);
	canvas_rule(canvas, area.row, area.col, area.cols, role);
	canvas_rule(canvas, bottom, area.col, area.cols, role);
	for (int row = area.row + 1; row < bottom; row++) {
		canvas_point(canvas, row, area.col, role, 0x2502);
		canvas_point(canvas, row, right, role, 0x2502);
	}
	canvas_point(canvas, area.row, area.col, role, 0x250C);
	canvas_point(canvas, area.row, right, role, 0x2510);
	canvas_point(canvas, bottom, area.col, role, 0x2514);
	canvas_point(canvas, bottom, right, role, 0x2518);
	if (title != NULL)
		canvas_format(canvas, area.row, area.col + 2, area.cols - 4, ROLE_HEADING, " %s ", title);
}

void canvas_bar(struct canvas *canvas, int row, int col, int cols, double frac, enum role role)
{
	double held = frac > 1.0 ? 1.0 : frac > 0.0 ? frac : 0.0; /* a fraction that is not a number is 0 */
	int filled = (int)(held * cols + 0.5);
	if (canvas->linear) {
		canvas_format(canvas, row, col, cols, role, "%.0f %%", 100.0 * held);
		return;
	}
	for (int i = 0; i < cols; i++)
		canvas_point(canvas, row, col + i, i < filled ? role : ROLE_FRAME,
		             i < filled ? 0x2588 : 0x2500);
}

void canvas_select(struct canvas *canvas, struct area area)
{
	for (int row = area.row; row < area.row + area.rows; row++)
		for (int col = area.col; col < area.col + area.cols; col++)
			if (cell_at(canvas, row, col) != NULL)
				cell_at(canvas, row, col)->selected = true;
}

void canvas_role(struct canvas *canvas, struct area area, enum role role)
{
	for (int row = area.row; row < area.row + area.rows; row++)
		for (int col = area.col; col < area.col + area.cols; col++)
			if (cell_at(canvas, row, col) != NULL)
				cell_at(canvas, row, col)->role = (uint8_t)role;
}

struct area area_inside(struct area area, int margin_rows, int margin_cols)
{
	return (struct area){area.row + margin_rows, area.col + margin_cols, area.rows - 2 * margin_rows,
	                     area.cols - 2 * margin_cols};
}

static size_t dump_cell(const struct cell *cell, char *out)
{
	size_t used = 0;
	for (int i = 0; i < GLYPH_POINTS_MAX && cell->point[i] != 0; i++)
		used += text_encode(cell->point[i], out + used);
	return used;
}

static size_t trimmed(const char *line, size_t length)
{
	while (length > 0 && line[length - 1] == ' ')
		length--;
	return length;
}

char *canvas_dump(const struct canvas *canvas)
{
	size_t row_bytes = (size_t)canvas->cols * 4 * GLYPH_POINTS_MAX + 1, used = 0;
	char *out = malloc((size_t)canvas->rows * row_bytes + 1);
	if (out == NULL)
		return NULL;
	for (int row = 0; row < canvas->rows; row++) {
		size_t start = used;
		for (int col = 0; col < canvas->cols; col++)
			used += dump_cell(canvas_cell(canvas, row, col), out + used);
		used = start + trimmed(out + start, used - start);
		out[used++] = '\n';
	}
	out[used] = '\0';
	return out;
}

/* One letter for each role, in the order of enum role. */
static const char role_letters[ROLES + 1] = ".dshfakvoxtpqrbg";

char *canvas_dump_roles(const struct canvas *canvas)
{
	char *out = malloc((size_t)canvas->rows * ((size_t)canvas->cols + 1) + 1);
	size_t used = 0;
	if (out == NULL)
		return NULL;
	for (int row = 0; row < canvas->rows; row++) {
		for (int col = 0; col < canvas->cols; col++) {
			const struct cell *cell = canvas_cell(canvas, row, col);
			char letter = role_letters[cell->role];
			bool lower = letter >= 'a' && letter <= 'z';
			out[used++] = !cell->selected ? letter : lower ? (char)(letter - 'a' + 'A') : '#';
		}
		out[used++] = '\n';
	}
	out[used] = '\0';
	return out;
}
