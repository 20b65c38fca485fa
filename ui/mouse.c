#include "ui/mouse.h"

#define STEPS_ROW 1
#define NEAR_LINES 80 /* lines of a list looked at on either side of the selected one: more than a window shows */

struct span {
	int row, from, to; /* to: one after */
};

/* The marked part of the body: the selected line. */
static bool find_selected(const struct canvas *canvas, struct span *out)
{
	for (int row = STEPS_ROW + 1; row < canvas->rows; row++)
		for (int col = 0; col < canvas->cols; col++) {
			if (!canvas_cell(canvas, row, col)->selected)
				continue;
			*out = (struct span){row, col, col};
			while (out->to < canvas->cols && canvas_cell(canvas, row, out->to)->selected)
				out->to++;
			return true;
		}
	return false;
}

/* What stands there but for the sign of selection in the first column. */
static void copy_points(const struct canvas *canvas, const struct span *span, uint32_t *out)
{
	for (int col = span->from + 1; col < span->to; col++)
		out[col - span->from - 1] = canvas_cell(canvas, span->row, col)->point[0];
}

/* The list's line that is drawn in the row: the one that looks like it when it is selected, the nearest first. */
static bool find_line(struct app *app, struct canvas *canvas, const struct span *here, int row, size_t *found)
{
	uint32_t wanted[CANVAS_COLS_MAX], drawn[CANVAS_COLS_MAX];
	const enum screen screen = app_screen(app);
	const size_t count = app_line_count(app, screen), kept = app->selected[screen];
	const struct span clicked = {row, here->from, here->to};
	const long step = row > here->row ? 1 : -1;
	bool done = false;
	copy_points(canvas, &clicked, wanted);
	for (long away = 1; away <= NEAR_LINES && !done; away++) {
		const long at = (long)kept + step * away;
		struct span span;
		if (at < 0 || at >= (long)count)
			break;
		app->selected[screen] = (size_t)at;
		app_draw(app, canvas);
		if (!find_selected(canvas, &span) || span.to - span.from != here->to - here->from)
			continue;
		copy_points(canvas, &span, drawn);
		done = memcmp(wanted, drawn, (size_t)(span.to - span.from - 1) * sizeof *drawn) == 0;
		*found = (size_t)at;
	}
	app->selected[screen] = kept;
	app_draw(app, canvas);
	return done;
}

/* "3 Twin": the digit before what was clicked is the key. */
static bool click_step(struct app *app, const struct canvas *canvas, int col)
{
	for (; col >= 0; col--) {
		const struct cell *cell = canvas_cell(canvas, STEPS_ROW, col), *left = canvas_cell(canvas, STEPS_ROW, col - 1);
		const bool starts = left == NULL || left->point[0] == ' ';
		if (starts && cell->point[0] >= '1' && cell->point[0] <= '9') {
			app_key(app, (struct key_event){.key = (int)cell->point[0]});
			return true;
		}
	}
	return false;
}

bool mouse_click(struct app *app, struct canvas *canvas, int row, int col)
{
	const enum screen screen = app_screen(app);
	struct span here;
	size_t line;
	if (screen == SCREEN_FORM || screen == SCREEN_ENTRY || screen == SCREEN_ALL_NO || screen == SCREEN_QUIT)
		return false;
	if (row == STEPS_ROW && screen < SCREEN_PALETTE)
		return click_step(app, canvas, col);
	if (!find_selected(canvas, &here) || col < here.from || col >= here.to || app_line_count(app, screen) == 0)
		return false;
	if (row == here.row) {
		app_key(app, (struct key_event){.key = UI_KEY_ENTER});
		return true;
	}
	if (!find_line(app, canvas, &here, row, &line))
		return false;
	app->selected[screen] = line;
	return true;
}
