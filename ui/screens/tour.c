/* The tour and where the lessons are. */
#include "ui/view.h"

#define TOUR_KEY_COLS 8
#define TOUR_SCREEN_COLS 12

static int draw_step(struct canvas *canvas, struct area area, const struct tour_step *step, bool selected)
{
	char label[8];
	const int text = 2 + TOUR_SCREEN_COLS + TOUR_KEY_COLS;
	canvas_text(canvas, area.row, area.col + 2, TOUR_SCREEN_COLS - 1, ROLE_DIM, screen_title(step->screen));
	canvas_text(canvas, area.row, area.col + 2 + TOUR_SCREEN_COLS, TOUR_KEY_COLS - 1, ROLE_KEY,
	            key_label(action_spec(step->action)->key[0], label));
	if (selected)
		view_select_line(canvas, (struct area){area.row, area.col, 1, text});
	return canvas_wrap(canvas, (struct area){area.row, area.col + text, area.rows, area.cols - text}, ROLE_TEXT,
	                   step->text);
}

void screen_tour(const struct app *app, struct canvas *canvas, struct area area)
{
	const size_t selected = app->selected[SCREEN_TOUR];
	struct area rest = area;
	int row = view_heading(canvas, area, area.row, "Tour: where, which key, what it does");
	size_t first = selected > 2 ? selected - 2 : 0;
	for (size_t i = canvas->linear ? 0 : first; i < app_tour_steps() && row < area.row + area.rows - 3; i++) {
		rest = (struct area){row, area.col, area.row + area.rows - 3 - row, area.cols};
		row += draw_step(canvas, rest, app_tour_step(i), i == selected);
	}
	canvas_rule(canvas, area.row + area.rows - 3, area.col, area.cols, ROLE_FRAME);
	canvas_wrap(canvas, (struct area){area.row + area.rows - 2, area.col, 2, area.cols}, ROLE_DIM,
	            "Lessons with marks, on virtual patients alone: leave, then lasertwin train. Nothing of the demo or of a "
	            "lesson touches the clinic's records.");
}
