/* A list at any size: notes, sections with their columns, the particulars of the selected line beside or below. */
#include "ui/view.h"

#define GAP 2
#define MARK_COLS 2
#define CELL_COLS_MIN 6
#define DETAIL_ROWS_MAX 10
#define WIDE_LIST_SHARE 0.62

/* --- columns -------------------------------------------------------------------------------------------- */

struct layout {
	int width[LISTING_COLUMNS_MAX]; /* 0: left out */
};

static int total(const struct layout *layout, size_t columns)
{
	int cols = MARK_COLS - GAP;
	for (size_t i = 0; i < columns; i++)
		cols += layout->width[i] > 0 ? layout->width[i] + GAP : 0;
	return cols;
}

/* The column to leave out next; columns: none may be. */
static size_t to_drop(const struct listing_section *section, const struct layout *layout)
{
	size_t which = section->columns;
	for (size_t i = 0; i < section->columns; i++)
		if (layout->width[i] > 0 && section->column[i].drop > 0 &&
		    (which == section->columns || section->column[i].drop > section->column[which].drop))
			which = i;
	return which;
}

static size_t widest_text(const struct listing_section *section, const struct layout *layout)
{
	size_t which = section->columns;
	for (size_t i = 0; i < section->columns; i++)
		if (!section->column[i].right && layout->width[i] > CELL_COLS_MIN &&
		    (which == section->columns || layout->width[i] > layout->width[which]))
			which = i;
	return which;
}

/* Whole columns as long as they fit; then those that may be missing go, then the widest text is cut. */
static void lay_out(const struct listing_section *section, int cols, struct layout *layout)
{
	size_t which;
	*layout = (struct layout){.width = {0}};
	for (size_t i = 0; i < section->columns; i++)
		layout->width[i] = section->width[i] > 0 ? section->width[i] : 1;
	while (total(layout, section->columns) > cols && (which = to_drop(section, layout)) < section->columns)
		layout->width[which] = 0;
	while (total(layout, section->columns) > cols && (which = widest_text(section, layout)) < section->columns)
		layout->width[which]--;
}

/* --- lines ---------------------------------------------------------------------------------------------- */

static void draw_titles(const struct listing_section *section, const struct layout *layout, struct canvas *canvas,
                        struct area line)
{
	int col = line.col + MARK_COLS;
	for (size_t i = 0; i < section->columns; i++) {
		if (layout->width[i] == 0)
			continue;
		if (section->column[i].right)
			canvas_text_right(canvas, line.row, col, layout->width[i], ROLE_DIM, section->column[i].title);
		else
			canvas_text(canvas, line.row, col, layout->width[i], ROLE_DIM, section->column[i].title);
		col += layout->width[i] + GAP;
	}
}

static void draw_row(const struct listing *list, const struct listing_row *row, struct canvas *canvas, struct area line)
{
	const struct listing_section *section = &list->section[row->section];
	struct layout layout;
	int col = line.col + MARK_COLS;
	lay_out(section, line.cols, &layout);
	for (size_t i = 0; i < section->columns; i++) {
		if (layout.width[i] == 0)
			continue;
		if (section->column[i].right)
			canvas_text_right(canvas, line.row, col, layout.width[i], row->role[i], row->cell[i]);
		else
			canvas_text(canvas, line.row, col, layout.width[i], row->role[i], row->cell[i]);
		col += layout.width[i] + GAP;
	}
}

/* A section takes a heading, its titles, its rows or what is said without any, and a blank line after. */
struct place {
	size_t line, row; /* counted through: line of the screen's list, row shown */
};

static size_t section_rows(const struct app_listing *l, size_t s)
{
	return l->shown_of[s] > 0 ? l->shown_of[s] : 1;
}

static size_t line_of(const struct app_listing *l, size_t selected)
{
	size_t line = 0, row = 0;
	for (size_t s = 0; s < l->list->sections; s++) {
		if (selected < row + l->shown_of[s])
			return line + 2 + (selected - row);
		line += 2 + section_rows(l, s) + 1;
		row += l->shown_of[s];
	}
	return 0;
}

static size_t line_count(const struct app_listing *l)
{
	size_t lines = 0;
	for (size_t s = 0; s < l->list->sections; s++)
		lines += 2 + section_rows(l, s) + 1;
	return lines > 0 ? lines - 1 : 0;
}

static void draw_list_row(const struct app_listing *l, size_t row, size_t selected, struct canvas *canvas,
                          struct area line)
{
	draw_row(l->list, &l->list->row[l->shown[row]], canvas, line);
	if (row == selected)
		view_select_line(canvas, line);
}

static void draw_section_line(const struct app_listing *l, size_t s, size_t at, size_t row, size_t selected,
                              struct canvas *canvas, struct area line)
{
	const struct listing_section *section = &l->list->section[s];
	struct layout layout;
	if (at == 0) {
		view_heading(canvas, line, line.row, section->heading);
	} else if (at == 1) {
		lay_out(section, line.cols, &layout);
		draw_titles(section, &layout, canvas, line);
	} else if (l->shown_of[s] > 0) {
		draw_list_row(l, row + at - 2, selected, canvas, line);
	} else {
		canvas_text(canvas, line.row, line.col + MARK_COLS, line.cols - MARK_COLS, ROLE_DIM,
		            l->find[0] != '\0' && section->rows > 0 ? "No line has these words." : section->empty);
	}
}

static void draw_lines(const struct app *app, const struct app_listing *l, struct canvas *canvas, struct area area)
{
	const size_t selected = app->selected[app_screen_below(app)], rows = (size_t)area.rows;
	const size_t count = line_count(l), first = view_first(line_of(l, selected), rows, count);
	size_t line = 0, row = 0;
	for (size_t s = 0; s < l->list->sections; s++) {
		const size_t lines = 2 + section_rows(l, s);
		for (size_t at = line < first ? first - line : 0; at < lines && line + at < first + rows; at++)
			draw_section_line(l, s, at, row, selected, canvas,
			                  (struct area){area.row + (int)(line + at - first), area.col, 1, area.cols});
		line += lines + 1;
		row += l->shown_of[s];
	}
	view_scroll_note(canvas, area, first, rows, count);
}

/* --- particulars ------------------------------------------------------------------------------------------ */

/* From the first-th line on; returns the rows drawn. */
static int draw_detail(const char *text, size_t first, struct canvas *canvas, struct area area)
{
	char line[1024];
	int used = 0;
	for (size_t n = 0; text != NULL && *text != '\0' && used < area.rows; n++) {
		const size_t length = strcspn(text, "\n");
		(void)snprintf(line, sizeof line, "%.*s", (int)length, text);
		if (n >= first)
			used += canvas_wrap(canvas, (struct area){area.row + used, area.col, area.rows - used, area.cols}, ROLE_TEXT,
			                    line);
		text += length + (text[length] == '\n');
	}
	return used;
}

static int detail_rows(const char *text, int cols)
{
	char line[1024];
	int rows = 0;
	while (text != NULL && *text != '\0') {
		const size_t length = strcspn(text, "\n");
		(void)snprintf(line, sizeof line, "%.*s", (int)length, text);
		rows += canvas_wrap_rows(line, cols);
		text += length + (text[length] == '\n');
	}
	return rows;
}

static void draw_below(const struct listing_row *row, struct canvas *canvas, struct area area)
{
	canvas_rule(canvas, area.row, area.col, area.cols, ROLE_FRAME);
	draw_detail(row->detail, 0, canvas, (struct area){area.row + 1, area.col + 2, area.rows - 1, area.cols - 2});
	if (detail_rows(row->detail, area.cols - 2) > area.rows - 1)
		canvas_text_over(canvas, area.row, area.col, area.cols, ROLE_DIM, " Enter shows all of it ");
}

static bool any_detail(const struct listing *list)
{
	for (size_t i = 0; i < list->rows; i++)
		if (list->row[i].detail != NULL)
			return true;
	return false;
}

/* The same for every line: a list that moves under the eye is hard to read. */
static int detail_height(struct area area)
{
	const int rows = area.rows * 2 / 5;
	return rows < DETAIL_ROWS_MAX ? rows : DETAIL_ROWS_MAX;
}

/* Beside the list where that leaves nothing out of it, else below. */
static bool fits_beside(const struct listing *list, int cols)
{
	struct layout layout;
	for (size_t s = 0; s < list->sections; s++) {
		lay_out(&list->section[s], cols, &layout);
		for (size_t i = 0; i < list->section[s].columns; i++)
			if (layout.width[i] < list->section[s].width[i])
				return false;
	}
	return true;
}

static void draw_list_and_detail(const struct app *app, const struct app_listing *l, struct canvas *canvas,
                                 struct area area)
{
	const struct listing_row *row = app_listing_selected(app, app_screen_below(app));
	const int beside = (int)(WIDE_LIST_SHARE * area.cols);
	struct area list = area;
	if (any_detail(l->list) && area.cols >= VIEW_COLS_WIDE && fits_beside(l->list, beside)) {
		list.cols = beside;
		if (row != NULL && row->detail != NULL)
			draw_detail(row->detail, 0, canvas,
			            (struct area){area.row, area.col + list.cols + GAP, area.rows, area.cols - list.cols - GAP});
	} else if (any_detail(l->list)) {
		list.rows -= detail_height(area);
		if (row != NULL && row->detail != NULL)
			draw_below(row, canvas, (struct area){area.row + list.rows, area.col, area.rows - list.rows, area.cols});
	}
	draw_lines(app, l, canvas, list);
}

/* --- the screen ------------------------------------------------------------------------------------------- */

static struct area draw_notes(const struct app_listing *l, bool finding, struct canvas *canvas, struct area area)
{
	for (size_t i = 0; i < l->list->notes; i++) {
		const struct listing_note *note = &l->list->note[i];
		int used = canvas_wrap(canvas, (struct area){area.row, area.col, 2, area.cols}, note->role, note->text);
		used = used < 2 ? used : 2;
		area.row += used;
		area.rows -= used;
	}
	if (finding || l->find[0] != '\0') {
		const bool older = l->list->span.first > 1; /* what is sought may be further on */
		canvas_format(canvas, area.row++, area.col, area.cols, ROLE_STRONG, "/ %s%s  %zu of %zu lines%s", l->find,
		              finding ? "_" : "", l->shown_count, l->list->rows,
		              older ? " of this part; Down at the last goes on to older ones" : "");
		area.rows--;
	}
	return area;
}

void screen_listing(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct app_listing *l = app_listing_shown(app);
	const struct listing_row *row = app_listing_selected(app, app_screen_below(app));
	if (l == NULL || l->list == NULL) {
		canvas_text(canvas, area.row, area.col, area.cols, ROLE_DIM, "Nothing was read.");
	} else if (l->whole && row != NULL) {
		const int top = view_heading(canvas, area, area.row, row->cell[0]);
		draw_detail(row->detail, l->first_line, canvas,
		            (struct area){top, area.col, area.rows - (top - area.row), area.cols});
	} else {
		area = draw_notes(l, app->finding && app_is_listing(app_screen(app)), canvas, area);
		draw_list_and_detail(app, l, canvas, area);
	}
}
