/* Every plan's newest version with its state. */
#include "ui/view.h"

static enum role state_role(const char *name)
{
	enum plan_state state;
	if (!plan_state_parse(name, &state))
		return ROLE_STOP;
	switch (state) {
	case PLAN_APPROVED:
	case PLAN_TREATING:
		return ROLE_OK;
	case PLAN_EXPIRED:
	case PLAN_REVOKED:
	case PLAN_STALE:
	case PLAN_REJECTED:
		return ROLE_CAUTION;
	case PLAN_DRAFT:
	case PLAN_PROPOSED:
		return ROLE_STRONG;
	default:
		return ROLE_DIM;
	}
}

enum { STATE_COL = 2, VERSION_COL = 13, VERDICT_COL = 18, LABEL_COL = 34, TIME_COLS = 17, NAME_COLS = 9 };

static void draw_row(struct canvas *canvas, struct area line, const struct course_row *row)
{
	char verdict[STORE_VERDICT_MAX + 1];
	const bool wide = line.cols >= 100;
	const int tail = TIME_COLS + (wide ? NAME_COLS : 0), room = line.cols - LABEL_COL - tail;
	const int label_cols = room * 3 / 5;
	view_words(verdict, sizeof verdict, row->verdict);
	canvas_text(canvas, line.row, line.col + STATE_COL, VERSION_COL - STATE_COL - 1, state_role(row->state), row->state);
	canvas_format(canvas, line.row, line.col + VERSION_COL, 4, ROLE_DIM, "v%lld", (long long)row->version);
	canvas_text(canvas, line.row, line.col + VERDICT_COL, LABEL_COL - VERDICT_COL - 1, ROLE_TEXT, verdict);
	canvas_text(canvas, line.row, line.col + LABEL_COL, label_cols - 1, ROLE_TEXT, row->label);
	canvas_text(canvas, line.row, line.col + LABEL_COL + label_cols, room - label_cols - 1, ROLE_TEXT, row->device);
	if (wide)
		canvas_format(canvas, line.row, line.col + line.cols - tail, NAME_COLS - 1, ROLE_DIM, "%.8s", row->plan);
	canvas_text_right(canvas, line.row, line.col + line.cols - TIME_COLS, TIME_COLS, ROLE_DIM, row->when);
}

void screen_plans(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct app_plans *plans = &app->plans;
	const int top = view_heading(canvas, area, area.row, "Plans, latest first (times in UTC)");
	const int rows = area.rows - 2;
	const size_t selected = app->selected[SCREEN_PLANS], first = view_first(selected, (size_t)rows, plans->rows);
	for (int i = 0; i < rows && first + (size_t)i < plans->rows; i++) {
		struct area line = {top + i, area.col, 1, area.cols};
		draw_row(canvas, line, &plans->row[first + (size_t)i]);
		if (strcmp(plans->compared, plans->row[first + (size_t)i].plan) == 0) /* to be compared with another */
			canvas_text(canvas, line.row, line.col + VERSION_COL - 1, 1, ROLE_KEY, "=");
		view_tag(canvas, line, &plans->row[first + (size_t)i].tag);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	if (plans->rows == 0)
		canvas_wrap(canvas, (struct area){top + 1, area.col + 2, 3, area.cols - 4}, ROLE_DIM,
		            "No plans are kept yet. Open a patient, plan, and save with s: the draft appears here.");
	view_scroll_note(canvas, (struct area){area.row + area.rows - 1, area.col, 1, area.cols}, first, (size_t)rows,
	                 plans->rows);
	view_tags(app, canvas, (struct area){area.row, area.col, 1, area.cols});
}
