/* Pictures of a prediction beside its depth plot: one microbeam's column in cross-section, the skin against time. */
#include "ui/plot.h"
#include "ui/view.h"

/* --- cross-section --------------------------------------------------------------------------------------- */

#define DEPTH_COLS 6 /* left of the picture: depths */
#define HEAD_ROWS 2  /* heading and legend */
#define KILLED 0x2588u
#define KILLED_UPPER 0x2580u
#define KILLED_LOWER 0x2584u
#define REMOVED 0x2591u
#define BORDER 0x2504u
#define SURFACE 0x2500u
#define CELL_ASPECT 2.0 /* height over width of a cell, nearly, on every terminal */
#define BELOW_LESION 1.25
#define TICK_ROWS 2 /* apart at least */
#define TABLE_STEP 8

enum fate { LIVING, DEAD, GONE };

/* Where a row's tissue has ended, at this distance from the nearest axis. */
static enum fate fate_at(const struct cross_section *section, double depth_um, double off_um)
{
	size_t i = 0;
	while (i + 1 < section->count && section->depth_um[i + 1] <= depth_um)
		i++;
	if (off_um <= section->removed_um[i])
		return GONE;
	return off_um <= section->killed_um[i] ? DEAD : LIVING;
}

static double lesion_um(const struct cross_section *section)
{
	double deepest_um = 0.0;
	for (size_t i = 0; i < section->count; i++)
		deepest_um = section->killed_um[i] > 0.0 ? section->depth_um[i] : deepest_um;
	return deepest_um;
}

struct scale {
	double row_um, col_um;
	struct area field;
};

/* The distance from the nearest axis: one in the middle, neighbours at their mean distance. */
static double off_axis_um(const struct cross_section *section, const struct scale *scale, int col)
{
	const double x_um = (col + 0.5 - 0.5 * scale->field.cols) * scale->col_um;
	return isfinite(section->pitch_um) ? fabs(remainder(x_um, section->pitch_um)) : fabs(x_um);
}

static void draw_cell(const struct cross_section *section, const struct scale *scale, struct canvas *canvas, int row,
                      int col)
{
	const double off_um = off_axis_um(section, scale, col), top_um = row * scale->row_um;
	const enum fate upper = fate_at(section, top_um + 0.25 * scale->row_um, off_um);
	const enum fate lower = fate_at(section, top_um + 0.75 * scale->row_um, off_um);
	const int at_row = scale->field.row + row, at_col = scale->field.col + col;
	if (upper == GONE && lower == GONE)
		canvas_point(canvas, at_row, at_col, ROLE_GUIDE, REMOVED);
	else if (canvas->ascii && (upper == DEAD || lower == DEAD))
		canvas_point(canvas, at_row, at_col, ROLE_CURVE_2, '#');
	else if (upper == DEAD && lower == DEAD)
		canvas_point(canvas, at_row, at_col, ROLE_CURVE_2, KILLED);
	else if (upper == DEAD || lower == DEAD)
		canvas_point(canvas, at_row, at_col, ROLE_CURVE_2, upper == DEAD ? KILLED_UPPER : KILLED_LOWER);
}

/* Layers whose upper border and name are worth a line. */
static bool is_landmark(enum tissue_kind kind)
{
	return kind == TISSUE_PAPILLARY || kind == TISSUE_RETICULAR || kind == TISSUE_SUBCUTIS;
}

/* Where one layer ends and the next begins. */
static void draw_borders(const struct tissue *tissue, const struct scale *scale, struct canvas *canvas)
{
	const struct area *field = &scale->field;
	double bottom_um = 0.0;
	int last = 0;
	for (size_t i = 0; i < tissue->count; i++) {
		const int row = (int)(bottom_um / scale->row_um);
		bottom_um += tissue->layer[i].thickness_um;
		if (!is_landmark(tissue->layer[i].kind) || row <= last || row >= field->rows)
			continue;
		last = row;
		for (int col = 0; col < field->cols; col++)
			canvas_point(canvas, field->row + row, field->col + col, ROLE_FRAME, BORDER);
	}
}

/* Names stand over the picture: a word is worth more than what is beneath it. */
static void draw_names(const struct tissue *tissue, const struct scale *scale, struct canvas *canvas)
{
	const struct area *field = &scale->field;
	double top_um = 0.0;
	for (size_t i = 0; i < tissue->count; top_um += tissue->layer[i].thickness_um, i++) {
		const int row = (int)(top_um / scale->row_um);
		const char *name = tissue_kind_name(tissue->layer[i].kind);
		if (is_landmark(tissue->layer[i].kind) && row > 0 && row < field->rows)
			canvas_text_right(canvas, field->row + row, field->col, field->cols, ROLE_DIM, name);
	}
}

/* Round depths, as many as keep apart, each at the row that holds it. */
static void draw_depths(const struct scale *scale, struct canvas *canvas)
{
	static const double ticks_um[] = {0,   20,  50,   100,  150,  200,  300,  400,  500,  600,
	                                  800, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 5000, 7500};
	const struct area *field = &scale->field;
	int free_from = 0;
	for (size_t i = 0; i < sizeof ticks_um / sizeof *ticks_um; i++) {
		const int row = (int)(ticks_um[i] / scale->row_um);
		if (row < free_from || row >= field->rows)
			continue;
		canvas_format_right(canvas, field->row + row, field->col - DEPTH_COLS, DEPTH_COLS - 1, ROLE_DIM, "%.0f",
		                    ticks_um[i]);
		free_from = row + TICK_ROWS;
	}
}

static void say_section(const struct cross_section *section, struct canvas *canvas, struct area area)
{
	for (size_t i = 0; i < section->count; i += TABLE_STEP)
		if (section->killed_um[i] > 0.0)
			canvas_format(canvas, area.row++, area.col, area.cols, ROLE_TEXT,
			              "depth %.0f um: killed to %.0f um from the axis, removed to %.0f um", section->depth_um[i],
			              section->killed_um[i], section->removed_um[i]);
}

static int section_head(const struct cross_section *section, struct canvas *canvas, struct area area)
{
	char heading[120] = "Cross-section of the median skin, to scale";
	if (isfinite(section->pitch_um))
		(void)snprintf(heading, sizeof heading, "Cross-section of the median skin, to scale; neighbours at %.0f µm",
		               section->pitch_um);
	const int row = view_heading(canvas, area, area.row, heading);
	if (!canvas->linear)
		canvas_text(canvas, row, area.col, area.cols, ROLE_DIM,
		            canvas->ascii ? "depth um   # killed   : removed   neighbours: their mean distance in one pass"
		                          : "depth µm   █ killed   ░ removed   neighbours: their mean distance in one pass");
	return row + !canvas->linear;
}

void view_section(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct cross_section *section = &app->assessment.prediction.section;
	const int row = section_head(section, canvas, area), rows = area.row + area.rows - row;
	const double deep_um = BELOW_LESION * lesion_um(section);
	if (canvas->linear) {
		say_section(section, canvas, (struct area){row, area.col, rows, area.cols});
		return;
	}
	if (!(deep_um > 0.0)) {
		canvas_text(canvas, row + 1, area.col, area.cols, ROLE_TEXT, "Nothing is killed or removed at the median.");
		return;
	}
	const double row_um = deep_um / (rows > 0 ? rows : 1);
	const struct scale scale = {row_um, row_um / CELL_ASPECT,
	                            {row, area.col + DEPTH_COLS, rows, area.cols - DEPTH_COLS}};
	draw_borders(&app->plan->tissue, &scale, canvas);
	for (int r = 0; r < scale.field.rows; r++)
		for (int c = 0; c < scale.field.cols; c++)
			draw_cell(section, &scale, canvas, r, c);
	draw_names(&app->plan->tissue, &scale, canvas);
	draw_depths(&scale, canvas);
}

/* --- against time ---------------------------------------------------------------------------------------- */

#define BINS_MAX 120
#define MS_PER_S 1e3
#define SECONDS_FROM 10.0 /* an axis this long is in seconds */

struct binned {
	size_t count;
	double time[BINS_MAX], basal_C[BINS_MAX], damage_pct[BINS_MAX];
};

/* Of every stretch of the axis, as long as a cell, its hottest moment: a pulse is shorter than that. Stretches in which
 * nothing was computed are left out: the curve goes straight through. */
static void bin_course(const struct time_course *course, double unit, size_t bins, struct binned *out)
{
	const double end_s = course->time_s[course->count - 1];
	size_t last = SIZE_MAX;
	out->count = 0;
	for (size_t i = 0; i < course->count; i++) {
		const double share = sqrt(course->time_s[i] / end_s);
		const size_t bin = share < 1.0 ? (size_t)(share * (double)bins) : bins - 1;
		if (bin != last) {
			const double middle = ((double)bin + 0.5) / (double)bins;
			out->time[out->count] = unit * end_s * middle * middle;
			out->basal_C[out->count] = -INFINITY;
			out->count++;
			last = bin;
		}
		const size_t at = out->count - 1;
		out->basal_C[at] = fmax(out->basal_C[at], course->temperature_C[COURSE_BASAL][i]);
		out->damage_pct[at] = 100.0 * course->damage_frac[i];
	}
}

static void course_axis(const struct binned *bins, struct plot_axis *axis)
{
	double low_C = INFINITY, high_C = -INFINITY;
	for (size_t i = 0; i < bins->count; i++) {
		low_C = fmin(low_C, bins->basal_C[i]);
		high_C = fmax(high_C, bins->basal_C[i]);
	}
	const double step = plot_step(high_C + 1.0 - low_C, 4);
	*axis = (struct plot_axis){floor(low_C / step) * step, ceil((high_C + 1.0) / step) * step, "°C"};
}

void view_time_course(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct time_course *course = &app->assessment.prediction.course;
	const double end_s = course->time_s[course->count - 1], unit = end_s < SECONDS_FROM ? MS_PER_S : 1.0;
	struct binned bins;
	struct fail why;
	char heading[120];
	(void)snprintf(heading, sizeof heading, "The median skin's basal layer against time, %s", course->where);
	const int row = view_heading(canvas, area, area.row, heading);
	const struct area field = {row, area.col, area.row + area.rows - row, area.cols};
	bin_course(course, unit, field.cols < BINS_MAX ? (size_t)field.cols : BINS_MAX, &bins);
	struct plot plot = {
	        .x_label = unit > 1.0 ? "time ms" : "time s",
	        .x_scale = PLOT_SQRT,
	        .x_max = unit * end_s,
	        .curves = 2,
	        .lines = 2,
	        .line = {{60.0, PLOT_LEFT, "60 °C"}, {100.0, PLOT_LEFT, "100 °C"}},
	};
	course_axis(&bins, &plot.axis[PLOT_LEFT]);
	plot.axis[PLOT_RIGHT] = (struct plot_axis){0.0, 100.0, "damage %"};
	plot.curve[0] = (struct plot_curve){"basal layer", bins.count, bins.time, bins.basal_C, NULL, NULL,
	                                    PLOT_LEFT,     ROLE_CURVE_1, false};
	plot.curve[1] = (struct plot_curve){"its damage", bins.count, bins.time, bins.damage_pct, NULL, NULL,
	                                    PLOT_RIGHT,   ROLE_CURVE_2, true};
	if (plot_draw(canvas, field, &plot, &why) != ST_OK)
		canvas_wrap(canvas, field, ROLE_CAUTION, why.text);
}
