/* Work that was begun and not saved: one's own to be taken up or discarded, other people's by name alone. */
#include "ui/view.h"

#define UNFINISHED_ROWS 14
#define OTHERS_MAX 3

static int draw_own(const struct app *app, struct canvas *canvas, struct area in, int row, int rows)
{
	const struct app_work_state *work = &app->work;
	const size_t at = app->selected[SCREEN_UNFINISHED];
	const size_t first = view_first(at, (size_t)rows, work->own);
	for (size_t i = first; i < work->own && i < first + (size_t)rows; i++, row++) {
		const struct app_unfinished *item = &work->item[i];
		struct area line = {row, in.col, 1, in.cols};
		canvas_text(canvas, row, in.col + 2, in.cols - 22, ROLE_TEXT, item->label);
		canvas_text_right(canvas, row, in.col, in.cols, item->is_overtaken ? ROLE_CAUTION : ROLE_DIM, item->when);
		if (i == at)
			view_select_line(canvas, line);
	}
	return row;
}

static void draw_others(const struct app *app, struct canvas *canvas, struct area in, int row)
{
	const struct app_work_state *work = &app->work;
	for (size_t i = work->own; i < work->count && i < work->own + OTHERS_MAX; i++, row++)
		canvas_format(canvas, row, in.col, in.cols, ROLE_DIM, "%s began work on %s, %s", work->item[i].who,
		              work->item[i].label, work->item[i].when);
}

void screen_unfinished(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct app_work_state *work = &app->work;
	const size_t at = app->selected[SCREEN_UNFINISHED];
	struct area box = view_dialog(area, UNFINISHED_ROWS), in = area_inside(box, 1, 2);
	const size_t others = work->count - work->own < OTHERS_MAX ? work->count - work->own : OTHERS_MAX;
	const int rows = in.rows - 5 - (int)others;
	char title[sizeof work->item->who + 32] = "Unfinished work";
	if (work->own > 0)
		(void)snprintf(title, sizeof title, "Unfinished work of %s", work->item[0].who);
	canvas_box(canvas, box, ROLE_CAUTION, title);
	canvas_text(canvas, in.row, in.col, in.cols, ROLE_TEXT, "Begun and not saved. It is kept until you decide:");
	draw_own(app, canvas, in, in.row + 2, rows);
	draw_others(app, canvas, in, in.row + in.rows - 2 - (int)others);
	if (at < work->own && work->item[at].is_overtaken)
		canvas_text(canvas, in.row + in.rows - 2, in.col, in.cols, ROLE_CAUTION,
		            "Newer readings of this patient were kept since.");
	int used = canvas_text(canvas, in.row + in.rows - 1, in.col, in.cols, ROLE_KEY, "Enter");
	used += canvas_text(canvas, in.row + in.rows - 1, in.col + used, in.cols, ROLE_TEXT, " take up   ");
	used += canvas_text(canvas, in.row + in.rows - 1, in.col + used, in.cols, ROLE_KEY, "D");
	used += canvas_text(canvas, in.row + in.rows - 1, in.col + used, in.cols, ROLE_TEXT, " discard   ");
	used += canvas_text(canvas, in.row + in.rows - 1, in.col + used, in.cols, ROLE_KEY, "Esc");
	canvas_text(canvas, in.row + in.rows - 1, in.col + used, in.cols - used, ROLE_TEXT, " later");
}
