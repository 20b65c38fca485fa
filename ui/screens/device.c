/* Device: the modes that have a protocol for this indication. */
#include "ui/view.h"

#define DETAIL_ROWS 8

static void draw_mode(struct canvas *canvas, struct area line, const struct app_mode *mode)
{
	enum role role = mode->locked ? ROLE_DIM : ROLE_TEXT;
	int name = line.cols * 5 / 9, id = line.cols - name - 12;
	canvas_text(canvas, line.row, line.col + 2, name, role, mode->name);
	canvas_text(canvas, line.row, line.col + 3 + name, id, ROLE_DIM, mode->device_mode);
	if (mode->locked)
		canvas_text_right(canvas, line.row, line.col, line.cols, ROLE_CAUTION, "locked ");
	else if (mode->protocol == NULL)
		canvas_text_right(canvas, line.row, line.col, line.cols, ROLE_DIM, "no protocol ");
}

static int draw_field(struct canvas *canvas, struct area area, int row, const char *name, const char *text)
{
	if (text[0] == '\0' || row >= area.row + area.rows)
		return row;
	struct area value = {row, area.col + 12, area.row + area.rows - row, area.cols - 12};
	canvas_text(canvas, row, area.col, 11, ROLE_DIM, name);
	return row + canvas_wrap(canvas, value, ROLE_TEXT, text);
}

static void draw_detail(const struct app_mode *mode, struct canvas *canvas, struct area area)
{
	const struct protocol *protocol = mode->protocol;
	int row = view_heading(canvas, area, area.row, mode->name);
	if (mode->locked)
		row = draw_field(canvas, area, row, "locked", mode->locked_reason);
	if (protocol == NULL) {
		draw_field(canvas, area, row, "protocol", "none on file for this indication");
		return;
	}
	for (size_t i = 0; i < protocol->goals; i++) {
		const struct protocol_goal *goal = &protocol->goal[i];
		const struct metric_spec *spec = metric_spec(goal->metric);
		char text[200];
		snprintf(text, sizeof text, "%s at least %.*f %s at %s of the twin's spread (%s)",
		         spec->label, spec->decimals, goal->min, spec->unit, goal->at, goal->origin);
		row = draw_field(canvas, area, row, i == 0 ? "goal" : "", text);
	}
	row = draw_field(canvas, area, row, "endpoint", protocol->endpoint);
	row = draw_field(canvas, area, row, "published", protocol->published);
	draw_field(canvas, area, row, "evidence", protocol->evidence);
}

void screen_device(const struct app *app, struct canvas *canvas, struct area area)
{
	char heading[128], words[APP_NAME_MAX];
	size_t selected = app->selected[SCREEN_DEVICE];
	view_words(words, sizeof words, app->request.indication);
	snprintf(heading, sizeof heading, "Devices for %s", words);
	int top = view_heading(canvas, area, area.row, heading);
	if (app->modes == 0) {
		canvas_text(canvas, top + 1, area.col + 2, area.cols - 2, ROLE_TEXT,
		            "No device mode on file has a protocol for this indication.");
		return;
	}
	int rows = area.rows - 1 - DETAIL_ROWS;
	size_t first = view_first(selected, (size_t)rows, app->modes);
	view_scroll_note(canvas, area, first, (size_t)rows, app->modes);
	for (int i = 0; i < rows && first + (size_t)i < app->modes; i++) {
		struct area line = {top + i, area.col, 1, area.cols};
		draw_mode(canvas, line, &app->mode[first + (size_t)i]);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	struct area detail = {area.row + area.rows - DETAIL_ROWS, area.col, DETAIL_ROWS, area.cols};
	draw_detail(&app->mode[selected], canvas, detail);
}
