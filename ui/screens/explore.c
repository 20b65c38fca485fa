/* Explore: a map of two settings with the safe window, and what the combination under the cursor means. A letter says
 * what a colour says. */
#include "ui/view.h"

#define CELL_COLS 3
#define AXIS_COLS 9
#define DETAIL_ROWS 7

struct mark {
	char letter;
	enum role role;
	const char *meaning;
};

enum mark_kind {
	MARK_OPEN,
	MARK_NONE,
	MARK_WINDOW,
	MARK_WINDOW_MD,
	MARK_WEAK,
	MARK_DEFER,
	MARK_STOP,
	MARK_DARK,
	MARKS
};

static const struct mark marks[MARKS] = {
        [MARK_OPEN] = {'?', ROLE_DIM, "not judged"},
        [MARK_NONE] = {' ', ROLE_DIM, "the device does not take it"},
        [MARK_WINDOW] = {'O', ROLE_OK, "reaches the goals, allowed"},
        [MARK_WINDOW_MD] = {'m', ROLE_CAUTION, "reaches the goals, dermatologist decides"},
        [MARK_WEAK] = {'.', ROLE_DIM, "allowed, misses a goal"},
        [MARK_DEFER] = {'d', ROLE_CAUTION, "not before a date"},
        [MARK_STOP] = {'X', ROLE_STOP, "refused"},
        [MARK_DARK] = {'-', ROLE_CAUTION, "no prediction"},
};

static enum mark_kind mark_of(const struct explore_cell *cell)
{
	if (!cell->judged)
		return MARK_OPEN;
	if (!cell->possible)
		return MARK_NONE;
	if (cell->verdict == VERDICT_BLOCK || cell->verdict == VERDICT_BLOCK_MD)
		return MARK_STOP;
	if (cell->verdict == VERDICT_DEFER)
		return MARK_DEFER;
	if (!cell->predicted)
		return MARK_DARK;
	if (!cell->sufficient)
		return MARK_WEAK;
	return cell->verdict == VERDICT_ALLOW ? MARK_WINDOW : MARK_WINDOW_MD;
}

/* First of the columns shown, so that the cursor is in view. */
static size_t first_column(const struct explore_map *map, size_t at, size_t shown)
{
	return view_first(at % map->nx, shown, map->nx);
}

static void draw_cells(const struct app *app, struct canvas *canvas, struct area area, size_t first, size_t shown)
{
	const struct explore_map *map = app->map;
	for (size_t y = 0; y < map->ny; y++) {
		int row = area.row + (int)(map->ny - 1 - y); /* more is up */
		canvas_format_right(canvas, row, area.col, AXIS_COLS - 1, ROLE_TEXT, "%.*f",
		                    setting_spec(map->y)->decimals, map->y_value[y]);
		for (size_t x = first; x < first + shown && x < map->nx; x++) {
			int col = area.col + AXIS_COLS + CELL_COLS * (int)(x - first);
			const struct mark *mark = &marks[mark_of(&map->cell[y][x])];
			canvas_format(canvas, row, col, CELL_COLS, mark->role, " %c ", mark->letter);
			if (y * map->nx + x == app->selected[SCREEN_EXPLORE])
				canvas_select(canvas, (struct area){row, col, 1, CELL_COLS});
		}
	}
}

/* Values under every second or third column, as they fit. */
static void draw_x_axis(const struct app *app, struct canvas *canvas, struct area area, int row, size_t first,
                        size_t shown)
{
	const struct explore_map *map = app->map;
	const struct setting_spec *spec = setting_spec(map->x);
	char text[24];
	int free_from = area.col + AXIS_COLS;
	for (size_t x = first; x < first + shown && x < map->nx; x++) {
		int col = area.col + AXIS_COLS + CELL_COLS * (int)(x - first) + 1;
		int width = snprintf(text, sizeof text, "%.*f", spec->decimals, map->x_value[x]);
		if (col < free_from)
			continue;
		canvas_text(canvas, row, col, width, ROLE_TEXT, text);
		free_from = col + width + 1;
	}
	canvas_format(canvas, row + 1, area.col + AXIS_COLS, area.cols - AXIS_COLS, ROLE_HEADING, "%s %s", spec->label,
	              spec->unit);
}

static void draw_cell_detail(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct explore_cell *cell = app_explore_cell(app);
	const struct protocol *protocol = app->engine->protocol(app->plan->planning);
	const struct mark *mark = &marks[mark_of(cell)];
	char settings[200], band[64], verdict[32];
	int row = area.row;
	canvas_text(canvas, row++, area.col, area.cols, ROLE_STRONG,
	            settings_text(&cell->settings, settings, sizeof settings));
	view_words(verdict, sizeof verdict, cell->possible && cell->judged ? verdict_name(cell->verdict) : "");
	canvas_format(canvas, row++, area.col, area.cols, mark->role, "%c  %s%s%s%s%s", mark->letter, mark->meaning,
	              verdict[0] != '\0' ? "; " : "", verdict, cell->rule[0] != '\0' ? ", strongest " : "", cell->rule);
	if (cell->predicted && protocol != NULL) {
		const struct metric_spec *spec = metric_spec(protocol->goal[0].metric);
		view_band(band, sizeof band, &cell->goal, spec->decimals);
		canvas_format(canvas, row++, area.col, area.cols, ROLE_TEXT, "%s %s %s, goal %g or more", spec->label, band,
		              spec->unit, protocol->goal[0].min);
	}
	if (app->map_stale)
		canvas_text(canvas, row, area.col, area.cols, ROLE_CAUTION,
		            "Answers have changed since this map was made: e makes it anew.");
}

static void draw_legend(struct canvas *canvas, struct area area)
{
	int col = area.col, row = area.row;
	for (int m = MARK_WINDOW; m < MARKS; m++) {
		int width = 3 + text_width(marks[m].meaning);
		if (col + width > area.col + area.cols) {
			col = area.col;
			row++;
		}
		canvas_format(canvas, row, col, 1, marks[m].role, "%c", marks[m].letter);
		canvas_text(canvas, row, col + 2, width, ROLE_DIM, marks[m].meaning);
		col += width + 2;
	}
}

void screen_explore(const struct app *app, struct canvas *canvas, struct area area)
{
	if (view_no_plan(app, canvas, area))
		return;
	if (app->map == NULL) {
		canvas_text(canvas, area.row + 2, area.col + 2, area.cols - 4, ROLE_DIM,
		            app->task != NULL ? "Judging every combination; the map appears when it is done, Esc stops."
		                              : "No map: e makes one.");
		return;
	}
	const struct explore_map *map = app->map;
	const struct setting_spec *y = setting_spec(map->y);
	char heading[200];
	snprintf(heading, sizeof heading, "%s %s against %s %s; the rest as on the parameters screen", y->label, y->unit,
	         setting_spec(map->x)->label, setting_spec(map->x)->unit);
	int row = view_heading(canvas, area, area.row, heading);
	size_t shown = (size_t)((area.cols - AXIS_COLS) / CELL_COLS);
	shown = shown < map->nx ? shown : map->nx;
	size_t first = first_column(map, app->selected[SCREEN_EXPLORE], shown);
	draw_cells(app, canvas, (struct area){row, area.col, (int)map->ny, area.cols}, first, shown);
	row += (int)map->ny;
	draw_x_axis(app, canvas, area, row, first, shown);
	row += 2;
	draw_cell_detail(app, canvas, (struct area){row, area.col, 4, area.cols});
	draw_legend(canvas, (struct area){row + 4, area.col, 2, area.cols});
}
