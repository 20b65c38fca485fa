/* What will be done to the tagged lines, before it is; what became of each, afterwards. */
#include "ui/view.h"

enum { FATE_COLS = 10, LABEL_COLS = 20, ABOUT_COLS = 28, NOTE_ROWS = 2, KEYS_ROWS = 2, BAR_COLS = 24 };

static const struct {
	const char *word;
	enum role role;
} fates[TAGGED_FATES] = {
        [TAGGED_WILL] = {"+ ", ROLE_STRONG},  [TAGGED_LEFT_OUT] = {"- left out", ROLE_DIM},
        [TAGGED_DONE] = {"done", ROLE_OK},          [TAGGED_FAILED] = {"FAILED", ROLE_STOP},
        [TAGGED_NOT_DONE] = {"not done", ROLE_CAUTION},
};

static const char *deed(const struct app_tagged *t)
{
	if (t->kind == TAGGED_PROPOSE)
		return "propose to a dermatologist";
	return t->plans ? "write treatment sheets" : "write records";
}

static void draw_line(const struct app_tagged *t, struct canvas *canvas, struct area line,
                      const struct tagged_item *item)
{
	int col = line.col + 2;
	const char *what = item->fate != TAGGED_WILL ? "" : t->kind == TAGGED_PROPOSE ? "propose" : "write";
	canvas_format(canvas, line.row, col, FATE_COLS, fates[item->fate].role, "%s%s", fates[item->fate].word, what);
	col += FATE_COLS + 1;
	canvas_text(canvas, line.row, col, LABEL_COLS, ROLE_TEXT, item->label);
	col += LABEL_COLS + 1;
	const char *more = item->note[0] != '\0' ? item->note : item->file;
	const int end = line.col + line.cols, room = more[0] != '\0' ? ABOUT_COLS : end - col;
	const int about = end - col < room ? end - col : room;
	canvas_text(canvas, line.row, col, about, ROLE_DIM, item->about);
	col += about + 1;
	canvas_text(canvas, line.row, col, end - col, ROLE_DIM, more);
}

/* Why, or where to: of the selected line, whole. */
static void draw_note(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct app_tagged *t = &app->tagged;
	const size_t at = app->selected[SCREEN_TAGGED];
	char text[sizeof t->folder + sizeof t->item->file + sizeof t->item->note + 8];
	if (at >= t->count)
		return;
	const struct tagged_item *item = &t->item[at];
	if (item->note[0] != '\0')
		(void)snprintf(text, sizeof text, "%s: %s", item->label, item->note);
	else if (item->file[0] != '\0')
		(void)snprintf(text, sizeof text, "%s/%s", t->folder, item->file);
	else
		(void)snprintf(text, sizeof text, "%s", item->about);
	canvas_wrap(canvas, area, item->fate == TAGGED_FAILED ? ROLE_STOP : ROLE_TEXT, text);
}

static void draw_keys(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct app_tagged *t = &app->tagged;
	int used = 0;
	if (t->running) {
		canvas_bar(canvas, area.row, area.col, BAR_COLS, (double)t->at / (double)t->will, ROLE_KEY);
		canvas_format(canvas, area.row, area.col + BAR_COLS + 1, area.cols - BAR_COLS - 1, ROLE_TEXT,
		              "%zu of %zu; Esc leaves the rest undone", t->at, t->will);
		return;
	}
	if (t->ended) {
		canvas_format(canvas, area.row, area.col, area.cols, ROLE_TEXT, "%zu done, %zu failed, %zu not done, %zu left out",
		              app_tagged_with(app, TAGGED_DONE), app_tagged_with(app, TAGGED_FAILED),
		              app_tagged_with(app, TAGGED_NOT_DONE), app_tagged_with(app, TAGGED_LEFT_OUT));
		canvas_text(canvas, area.row + 1, area.col, area.cols, ROLE_DIM, "Esc closes; what was not done stays tagged");
		return;
	}
	if (t->will == 0) {
		canvas_text(canvas, area.row, area.col, area.cols, ROLE_CAUTION, "Nothing of it can be done. Esc closes.");
		return;
	}
	used = canvas_text(canvas, area.row, area.col, area.cols, ROLE_KEY, "y");
	used += canvas_format(canvas, area.row, area.col + used, area.cols - used, ROLE_TEXT, " %s: these %zu     ", deed(t),
	                      t->will);
	used += canvas_text(canvas, area.row, area.col + used, area.cols - used, ROLE_KEY, "Esc");
	canvas_text(canvas, area.row, area.col + used, area.cols - used, ROLE_TEXT, " leaves all as it is");
	canvas_text(canvas, area.row + 1, area.col, area.cols, ROLE_DIM,
	            t->kind == TAGGED_PROPOSE ? "Not undone by a key: a dermatologist rejects, or a new version supersedes."
	                                      : "Files stay until you delete them; the entries in the audit stay.");
}

void screen_tagged(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct app_tagged *t = &app->tagged;
	const struct area in = area_inside(area, 1, 2);
	char title[96];
	const int rows = in.rows - NOTE_ROWS - KEYS_ROWS - 1;
	const size_t selected = app->selected[SCREEN_TAGGED], first = view_first(selected, (size_t)rows, t->count);
	(void)snprintf(title, sizeof title, "%zu tagged: %s %zu, leave out %zu", t->count, deed(t), t->will,
	               t->count - t->will);
	canvas_box(canvas, area, ROLE_CAUTION, title);
	for (int i = 0; i < rows && first + (size_t)i < t->count; i++) {
		const struct area line = {in.row + i, in.col, 1, in.cols};
		draw_line(t, canvas, line, &t->item[first + (size_t)i]);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	canvas_rule(canvas, in.row + rows, in.col, in.cols, ROLE_FRAME);
	view_scroll_note(canvas, (struct area){in.row + rows, in.col, 1, in.cols}, first, (size_t)rows, t->count);
	draw_note(app, canvas, (struct area){in.row + rows + 1, in.col, NOTE_ROWS, in.cols});
	draw_keys(app, canvas, (struct area){in.row + rows + 1 + NOTE_ROWS, in.col, KEYS_ROWS, in.cols});
}
