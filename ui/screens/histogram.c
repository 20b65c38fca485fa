/* The target and safety histogram: for each goal and each limit a strip of bars over the skins that the readings
 * allow, with the line of what is asked and the share on either side of it. */
#include "ui/view.h"

#define STRIP_ROWS_MIN 4 /* title, two of bars, axis */
#define STRIP_ROWS_MAX 7
#define BINS 20
#define LEVELS 8 /* of one cell: eighth blocks */

/* What one cell of a column shows of its height, counted in eighths. */
static uint32_t block(bool ascii, int eighths)
{
	static const char stand_in[LEVELS + 1] = " .,:;+*%#";
	if (eighths <= 0)
		return ' ';
	const int level = eighths < LEVELS ? eighths : LEVELS;
	return ascii ? (uint32_t)stand_in[level] : 0x2580u + (uint32_t)level;
}

static bool is_within(const struct histogram_row *row, double value)
{
	return value >= row->min && value <= row->max;
}

static double bin_middle(const struct histogram_axis *axis, size_t bin)
{
	const double f = ((double)bin + 0.5) / BINS;
	return axis->is_log ? axis->lo * pow(axis->hi / axis->lo, f) : axis->lo + f * (axis->hi - axis->lo);
}

static void draw_bars(const struct histogram_row *row, const struct histogram_axis *axis, struct canvas *canvas,
                      struct area area)
{
	unsigned count[BINS], most = 1;
	const int width = area.cols / BINS;
	histogram_count(row, axis, BINS, count);
	for (size_t i = 0; i < BINS; i++)
		most = count[i] > most ? count[i] : most;
	for (size_t i = 0; i < BINS; i++) {
		const enum role role = is_within(row, bin_middle(axis, i)) ? ROLE_OK : ROLE_STOP;
		int eighths = (int)ceil((double)(LEVELS * area.rows) * count[i] / most); /* one skin is never nothing */
		for (int line = area.rows - 1; line >= 0; line--, eighths -= LEVELS)
			for (int c = 0; c < width; c++)
				canvas_point(canvas, area.row + line, area.col + (int)i * width + c, role,
				             block(canvas->ascii, eighths));
	}
}

/* The ends of the axis as text; returns the columns left between them. */
static struct area draw_axis(const struct histogram_row *row, const struct histogram_axis *axis, struct canvas *canvas,
                             struct area area)
{
	char hi[64];
	const int cols = area.cols / BINS * BINS;
	canvas_rule(canvas, area.row, area.col, cols, ROLE_FRAME);
	const int left = canvas_format(canvas, area.row, area.col, cols, ROLE_DIM, "%.4g ", axis->lo);
	(void)snprintf(hi, sizeof hi, " %.4g %s%s", axis->hi, metric_spec(row->metric)->unit, axis->is_log ? "(log)" : "");
	canvas_text_right(canvas, area.row, area.col, cols, ROLE_DIM, hi);
	return (struct area){area.row, area.col + left, 1, cols - left - text_width(hi)};
}

/* The line of one end of what is asked, with its number between the ends of the axis. */
static void draw_line(const struct histogram_axis *axis, double at, struct canvas *canvas, struct area bars,
                      struct area labels)
{
	char label[24];
	if (!isfinite(at))
		return;
	const int col = bars.col + (int)histogram_bin(axis, at, (size_t)(bars.cols / BINS * BINS));
	for (int row = bars.row; row < bars.row + bars.rows; row++)
		canvas_point(canvas, row, col, ROLE_GUIDE, 0x2502);
	const int width = snprintf(label, sizeof label, "%.4g", at), last = labels.col + labels.cols - width;
	const int left = col - width / 2 > last ? last : col - width / 2;
	canvas_text(canvas, labels.row, left < labels.col ? labels.col : left, width, ROLE_GUIDE, label);
}

static void asked(const struct histogram_row *row, char *out, size_t size)
{
	if (isfinite(row->min) && isfinite(row->max))
		(void)snprintf(out, size, "%.4g .. %.4g", row->min, row->max);
	else if (isfinite(row->min))
		(void)snprintf(out, size, ">= %.4g", row->min);
	else
		(void)snprintf(out, size, "<= %.4g", row->max);
}

/* "GOAL  Coagulation depth >= 300 um: reached in 61 of 64 skins (95 %)" */
static void draw_title(const struct histogram_row *row, struct canvas *canvas, struct area line)
{
	const struct metric_spec *spec = metric_spec(row->metric);
	char limit[48], flags[4], source[140];
	const double share = row->samples > 0 ? 100.0 * row->within / row->samples : 0.0;
	const bool all = row->within == row->samples;
	asked(row, limit, sizeof limit);
	view_flags(row->flags, flags);
	canvas_text(canvas, line.row, line.col + 2, 6, row->is_goal ? ROLE_HEADING : ROLE_CAUTION,
	            row->is_goal ? "GOAL" : "LIMIT");
	int used = 8 + canvas_format(canvas, line.row, line.col + 8, line.cols - 8, ROLE_TEXT, "%s %s%s%s: ", spec->label,
	                             limit, spec->unit[0] != '\0' ? " " : "", spec->unit);
	used += canvas_format(canvas, line.row, line.col + used, line.cols - used,
	                      all ? ROLE_OK : row->is_goal ? ROLE_CAUTION : ROLE_STOP, "%s in %u of %u (%.0f %%)%s%s",
	                      row->is_goal ? "reached" : "kept", row->within, row->samples, share, flags[0] != '\0' ? " " : "",
	                      flags);
	(void)snprintf(source, sizeof source, "  %s, %s, %s", row->rule, row->origin, row->source);
	if (line.cols - used > text_width(source))
		canvas_text_right(canvas, line.row, line.col + used, line.cols - used, ROLE_DIM, source);
}

static void draw_strip(const struct histogram_row *row, struct canvas *canvas, struct area area)
{
	const struct histogram_axis axis = histogram_axis(row);
	const struct area bars = {area.row + 1, area.col + 2, area.rows - 2, area.cols - 2};
	draw_title(row, canvas, (struct area){area.row, area.col, 1, area.cols});
	draw_bars(row, &axis, canvas, bars);
	const struct area labels =
	        draw_axis(row, &axis, canvas, (struct area){bars.row + bars.rows, bars.col, 1, bars.cols});
	draw_line(&axis, row->min, canvas, bars, labels);
	draw_line(&axis, row->max, canvas, bars, labels);
}

/* Strips share the height; where they do not all fit, the selected one is in view. */
static void draw_strips(const struct app *app, const struct histogram *histogram, struct canvas *canvas,
                        struct area area)
{
	const size_t selected = app->selected[SCREEN_HISTOGRAM];
	int rows = area.rows / (int)histogram->rows;
	rows = rows < STRIP_ROWS_MIN ? STRIP_ROWS_MIN : rows > STRIP_ROWS_MAX ? STRIP_ROWS_MAX : rows;
	const size_t fit = (size_t)(area.rows / rows), first = view_first(selected, fit, histogram->rows);
	for (size_t i = 0; i < fit && first + i < histogram->rows; i++) {
		struct area strip = {area.row + (int)i * rows, area.col, rows, area.cols};
		draw_strip(&histogram->row[first + i], canvas, strip);
		if (first + i == selected)
			view_select_line(canvas, (struct area){strip.row, strip.col, 1, strip.cols});
	}
	view_scroll_note(canvas, (struct area){area.row - 1, area.col, 1, area.cols}, first, fit, histogram->rows);
}

void screen_histogram(const struct app *app, struct canvas *canvas, struct area area)
{
	struct histogram histogram = {.rows = 0};
	char heading[96];
	if (view_no_plan(app, canvas, area))
		return;
	if (!app->assessed || !app->assessment.predicted) {
		view_no_prediction(app, canvas, area);
		return;
	}
	app->engine->histogram(app->plan->planning, &app->assessment, &histogram);
	(void)snprintf(heading, sizeof heading, "Benefit and harm over %u skins the readings allow",
	               histogram.rows > 0 ? histogram.row[0].samples : 0);
	area.rows -= view_heading(canvas, area, area.row, heading) - area.row;
	area.row++;
	if (histogram.rows == 0)
		canvas_wrap(canvas, area, ROLE_DIM,
		            "Neither a goal nor a limit on file speaks of what this prediction gives; 6 shows every number.");
	else
		draw_strips(app, &histogram, canvas, area);
	if (app->stale)
		canvas_role(canvas, area, ROLE_DIM);
}
