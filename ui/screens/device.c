/* Device: the modes that have a protocol for this indication. */
#include "ui/view.h"

#define TAG_COLS 12 /* "no protocol" */

/* Device and mode; where both do not fit, the device's name gives way: its modes differ by the mode. */
static void draw_name(struct canvas *canvas, int row, int col, int cols, enum role role, const char *name)
{
	const char *comma = strrchr(name, ',');
	char device[2 * APP_NAME_MAX];
	int tail = comma != NULL ? text_width(comma) : 0;
	if (text_width(name) <= cols || tail == 0 || tail > cols / 2) {
		canvas_text(canvas, row, col, cols, role, name);
		return;
	}
	snprintf(device, sizeof device, "%.*s", (int)(comma - name), name);
	int used = canvas_text(canvas, row, col, cols - tail, role, device);
	canvas_text(canvas, row, col + used, tail, role, comma);
}

static bool is_tagged(const struct app_mode *mode)
{
	return mode->locked || mode->protocol == NULL;
}

struct columns {
	int id;   /* of the longest device mode; 0: names need the room, the selected one's stands below */
	int tags; /* 0: none has one */
};

static struct columns layout(const struct app *app, int cols)
{
	struct columns out = {0, 0};
	int name = 0;
	for (size_t i = 0; i < app->modes; i++) {
		int width = text_width(app->mode[i].device_mode);
		out.id = width > out.id ? width : out.id;
		width = text_width(app->mode[i].name);
		name = width > name ? width : name;
		out.tags = is_tagged(&app->mode[i]) ? TAG_COLS : out.tags;
	}
	if (2 + name + 1 + out.id + out.tags > cols)
		out.id = 0;
	return out;
}

static void draw_mode(struct canvas *canvas, struct area line, const struct app_mode *mode, struct columns columns)
{
	enum role role = mode->locked ? ROLE_DIM : ROLE_TEXT;
	int name = line.cols - 2 - columns.id - 1 - columns.tags;
	draw_name(canvas, line.row, line.col + 2, name, role, mode->name);
	if (columns.id > 0)
		canvas_text(canvas, line.row, line.col + 3 + name, columns.id, ROLE_DIM, mode->device_mode);
	if (mode->locked)
		canvas_text_right(canvas, line.row, line.col, line.cols, ROLE_CAUTION, "locked");
	else if (mode->protocol == NULL)
		canvas_text_right(canvas, line.row, line.col, line.cols, ROLE_DIM, "no protocol");
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
	if (text_width(mode->name) + text_width(mode->device_mode) + 4 < area.cols)
		canvas_format_right(canvas, area.row, area.col, area.cols, ROLE_DIM, " %s", mode->device_mode);
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
		snprintf(text, sizeof text, "%s at least %.*f%s%s, %s of the twin (%s)", spec->label,
		         spec->decimals, goal->min, spec->unit[0] != '\0' ? " " : "", spec->unit,
		         strcmp(goal->at, "p05") == 0 ? "5th percentile" : "median", goal->origin);
		row = draw_field(canvas, area, row, i == 0 ? "goal" : "", text);
	}
	row = draw_field(canvas, area, row, "endpoint", protocol->endpoint);
	row = draw_field(canvas, area, row, "published", protocol->published);
	draw_field(canvas, area, row, "evidence", protocol->evidence);
}

void screen_device(const struct app *app, struct canvas *canvas, struct area area)
{
	char heading[3 * APP_NAME_MAX], words[APP_NAME_MAX];
	size_t selected = app->selected[SCREEN_DEVICE];
	view_words(words, sizeof words, app->request.indication);
	snprintf(heading, sizeof heading, "Devices for %s; now %s", words,
	         app->request.device_mode[0] != '\0' ? app->request.device_mode : "none");
	int top = view_heading(canvas, area, area.row, heading);
	if (app->modes == 0) {
		canvas_text(canvas, top + 1, area.col + 2, area.cols - 2, ROLE_TEXT,
		            "No device mode on file has a protocol for this indication.");
		return;
	}
	int half = (area.rows - 1) / 2, rows = app->modes < (size_t)half ? (int)app->modes : half;
	struct columns columns = layout(app, area.cols);
	size_t first = view_first(selected, (size_t)rows, app->modes);
	view_scroll_note(canvas, area, first, (size_t)rows, app->modes);
	for (int i = 0; i < rows && first + (size_t)i < app->modes; i++) {
		struct area line = {top + i, area.col, 1, area.cols};
		draw_mode(canvas, line, &app->mode[first + (size_t)i], columns);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	struct area detail = {top + rows + 1, area.col, area.rows - rows - 2, area.cols};
	draw_detail(&app->mode[selected], canvas, detail);
}
