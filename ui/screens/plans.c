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

enum { STATE_COL = 2, VERSION_COL = 13, VERDICT_COL = 18, LABEL_COL = 33 };
enum { TIME_COLS = 17, DAY_COLS = 11, NAME_COLS = 9, WIDE_COLS = 100, LABEL_COLS_MAX = 40, DAY_LENGTH = 10 };

struct columns {
	int label, device_col, device, name_col, when_col, when; /* name_col 0: not shown */
};

/* Where it is narrow the day is enough, and names of patients and devices stay whole. */
static struct columns lay_out(int cols)
{
	const bool wide = cols >= WIDE_COLS;
	struct columns out = {.when = wide ? TIME_COLS : DAY_COLS};
	const int tail = out.when + (wide ? NAME_COLS : 0), room = cols - LABEL_COL - tail;
	out.label = room / 2 < LABEL_COLS_MAX ? room / 2 : LABEL_COLS_MAX;
	out.device_col = LABEL_COL + out.label;
	out.device = room - out.label < LABEL_COLS_MAX ? room - out.label : LABEL_COLS_MAX;
	out.name_col = wide ? out.device_col + out.device : 0;
	out.when_col = out.device_col + out.device + (wide ? NAME_COLS : 0);
	return out;
}

static void draw_titles(struct canvas *canvas, struct area line, const struct columns *at)
{
	canvas_text(canvas, line.row, line.col + STATE_COL, VERSION_COL - STATE_COL - 1, ROLE_DIM, "state");
	canvas_text(canvas, line.row, line.col + VERDICT_COL, LABEL_COL - VERDICT_COL - 1, ROLE_DIM, "verdict");
	canvas_text(canvas, line.row, line.col + LABEL_COL, at->label - 1, ROLE_DIM, "patient");
	canvas_text(canvas, line.row, line.col + at->device_col, at->device - 1, ROLE_DIM, "device");
	if (at->name_col > 0)
		canvas_text(canvas, line.row, line.col + at->name_col, NAME_COLS - 1, ROLE_DIM, "plan");
	canvas_text(canvas, line.row, line.col + at->when_col + 1, at->when - 1, ROLE_DIM,
	            at->when == DAY_COLS ? "since" : "since (UTC)");
}

static void draw_row(struct canvas *canvas, struct area line, const struct course_row *row, const struct columns *at)
{
	char verdict[STORE_VERDICT_MAX + 1];
	view_words(verdict, sizeof verdict, row->verdict);
	canvas_text(canvas, line.row, line.col + STATE_COL, VERSION_COL - STATE_COL - 1, state_role(row->state), row->state);
	canvas_format(canvas, line.row, line.col + VERSION_COL, 4, ROLE_DIM, "v%lld", (long long)row->version);
	canvas_text(canvas, line.row, line.col + VERDICT_COL, LABEL_COL - VERDICT_COL - 1, ROLE_TEXT, verdict);
	canvas_text(canvas, line.row, line.col + LABEL_COL, at->label - 1, ROLE_TEXT, row->label);
	canvas_text(canvas, line.row, line.col + at->device_col, at->device, ROLE_TEXT, row->device);
	if (at->name_col > 0)
		canvas_format(canvas, line.row, line.col + at->name_col, NAME_COLS - 1, ROLE_DIM, "%.8s", row->plan);
	canvas_format(canvas, line.row, line.col + at->when_col + 1, at->when - 1, ROLE_DIM, "%.*s",
	              at->when == DAY_COLS ? DAY_LENGTH : (int)sizeof row->when, row->when);
}

void screen_plans(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct app_plans *plans = &app->plans;
	const int top = view_heading(canvas, area, area.row, "Plans, latest first");
	const struct columns at = lay_out(area.cols);
	const int rows = area.rows - 3;
	const size_t selected = app->selected[SCREEN_PLANS], first = view_first(selected, (size_t)rows, plans->rows);
	for (int i = 0; i < rows && first + (size_t)i < plans->rows; i++) {
		struct area line = {top + 1 + i, area.col, 1, area.cols};
		draw_row(canvas, line, &plans->row[first + (size_t)i], &at);
		if (strcmp(plans->compared, plans->row[first + (size_t)i].plan) == 0) /* to be compared with another */
			canvas_text(canvas, line.row, line.col + VERSION_COL - 1, 1, ROLE_KEY, "=");
		view_tag(canvas, line, &plans->row[first + (size_t)i].tag);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	if (plans->rows > 0)
		draw_titles(canvas, (struct area){top, area.col, 1, area.cols}, &at);
	else
		canvas_wrap(canvas, (struct area){top + 1, area.col + 2, 3, area.cols - 4}, ROLE_DIM,
		            "No plans are kept yet. Open a patient, plan, and save with s: the draft appears here.");
	view_scroll_note(canvas, (struct area){area.row + area.rows - 1, area.col, 1, area.cols}, first, (size_t)rows,
	                 plans->rows);
	view_tags(app, canvas, (struct area){area.row, area.col, 1, area.cols});
}
