/* Layout of a plot area:
 *
 *   header   axis titles and legend
 *   zones    names of the layers
 *   field    curves, bands, thresholds      left ticks | field | right ticks
 *   x axis   line with ticks
 *   x ticks  numbers and label
 */
#include "ui/plot.h"

#define LEFT_COLS 5
#define RIGHT_COLS 5
#define DOTS_X 2 /* of one braille cell */
#define DOTS_Y 4
#define HEADER_ROWS 2
#define FOOTER_ROWS 2
#define BRAILLE_BASE 0x2800u
#define BLOCK_DOTS_Y 2 /* of one cell of half blocks */
#define BAND_SHADE 0x2591u
#define TICKS_Y_MAX 5
#define TICK_GAP_COLS 2
#define NOT_DRAWN (-1000000)
#define LINE_DASH 0x2504u
#define ZONE_BORDER 0x250Au
#define AXIS_VERTICAL 0x2502u

/* Bits of a braille cell by column and row of its dots (Unicode 15, chapter 21.1). */
static const unsigned char braille_bit[DOTS_X][DOTS_Y] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

struct raster {
	struct canvas *canvas;
	const struct plot *plot;
	struct area field;
	int dots_x, dots_y;  /* resolution of the field */
	unsigned char *bits; /* braille bits of each cell of the field */
	unsigned char *role; /* 0: nothing drawn, else role + 1 */
};

double plot_step(double span, int intervals)
{
	static const double round_steps[] = {1.0, 2.0, 2.5, 5.0, 10.0};
	if (!(span > 0.0) || intervals < 1)
		return 1.0;
	double raw = span / intervals, power = pow(10.0, floor(log10(raw)));
	for (size_t i = 0; i < sizeof round_steps / sizeof *round_steps; i++)
		if (round_steps[i] * power >= raw * (1.0 - 1e-9))
			return round_steps[i] * power;
	return 10.0 * power;
}

/* Position along x, 0 at the left end of the field and 1 at the right. */
static double x_position(const struct plot *plot, double x)
{
	double frac = (x - plot->x_min) / (plot->x_max - plot->x_min);
	if (plot->x_scale == PLOT_SQRT)
		return frac > 0.0 ? sqrt(frac) : 0.0;
	return frac;
}

static double y_position(const struct plot *plot, enum plot_side side, double y)
{
	const struct plot_axis *axis = &plot->axis[side];
	return (y - axis->min) / (axis->max - axis->min);
}

static int dot_x(const struct raster *raster, double x)
{
	return (int)lround(x_position(raster->plot, x) * (raster->dots_x - 1));
}

static int dot_y(const struct raster *raster, enum plot_side side, double y)
{
	/* Held to one field's height beyond the edges: far values leave the field, loops stay short. */
	double position = y_position(raster->plot, side, y);
	double held = position > 2.0 ? 2.0 : position < -1.0 ? -1.0 : position;
	return (int)lround((1.0 - held) * (raster->dots_y - 1));
}

static int column_of(const struct raster *raster, double x)
{
	return raster->field.col + dot_x(raster, x) * raster->field.cols / raster->dots_x;
}

static int row_of(const struct raster *raster, enum plot_side side, double y)
{
	return raster->field.row + dot_y(raster, side, y) * raster->field.rows / raster->dots_y;
}

static void set_dot(struct raster *raster, int x, int y, enum role role)
{
	if (x < 0 || y < 0 || x >= raster->dots_x || y >= raster->dots_y)
		return;
	int width = raster->dots_x / raster->field.cols, height = raster->dots_y / raster->field.rows;
	int cell = (y / height) * raster->field.cols + x / width;
	raster->bits[cell] |= (unsigned char)(width == 1 ? 1u << y % height : braille_bit[x % width][y % height]);
	raster->role[cell] = (unsigned char)(role + 1);
}

/* Linear interpolation of column values over x; the ends are held. */
static double interpolate(const struct plot_curve *curve, const double *values, double x)
{
	if (x <= curve->x[0])
		return values[0];
	for (size_t i = 1; i < curve->count; i++)
		if (x <= curve->x[i]) {
			double span = curve->x[i] - curve->x[i - 1];
			double t = span > 0.0 ? (x - curve->x[i - 1]) / span : 1.0;
			return values[i - 1] + t * (values[i] - values[i - 1]);
		}
	return values[curve->count - 1];
}

/* The x at the middle of a column of dots: the inverse of x_position. */
static double x_of_dot(const struct raster *raster, int dot)
{
	const struct plot *plot = raster->plot;
	double frac = (double)dot / (raster->dots_x - 1);
	if (plot->x_scale == PLOT_SQRT)
		frac *= frac;
	return plot->x_min + frac * (plot->x_max - plot->x_min);
}

/* The band is a chequered veil, so that a curve stays visible on it. */
static void draw_band(struct raster *raster, const struct plot_curve *curve)
{
	if (curve->low == NULL || curve->high == NULL)
		return;
	for (int x = 0; x < raster->dots_x; x++) {
		double at = x_of_dot(raster, x);
		double low = interpolate(curve, curve->low, at), high = interpolate(curve, curve->high, at);
		if (!isfinite(low) || !isfinite(high))
			continue;
		for (int y = dot_y(raster, curve->side, high); y <= dot_y(raster, curve->side, low); y++)
			if ((x + y) % 2 == 0)
				set_dot(raster, x, y, ROLE_BAND);
	}
}

/* One column of dots from the previous height to this one, so that steep parts stay connected. */
static void draw_step(struct raster *raster, int x, int from, int to, const struct plot_curve *curve)
{
	int step = to > from ? 1 : -1;
	bool gaps = curve->dotted && !raster->canvas->ascii; /* cells of ASCII are coarse enough */
	for (int y = from; y != to; y += step)
		if (!gaps || y % 2 == 0)
			set_dot(raster, x, y, curve->role);
	if (!gaps || from != to || x % 3 != 2)
		set_dot(raster, x, to, curve->role);
}

static void clear_cells_of_band(struct raster *raster, int x, int y)
{
	if (x < 0 || y < 0 || x >= raster->dots_x || y >= raster->dots_y)
		return;
	int width = raster->dots_x / raster->field.cols, height = raster->dots_y / raster->field.rows;
	int cell = (y / height) * raster->field.cols + x / width;
	if (raster->role[cell] == ROLE_BAND + 1) {
		raster->bits[cell] = 0;
		raster->role[cell] = 0;
	}
}

static void draw_curve(struct raster *raster, const struct plot_curve *curve)
{
	int before = NOT_DRAWN;
	for (int x = 0; x < raster->dots_x; x++) {
		double y = interpolate(curve, curve->y, x_of_dot(raster, x));
		if (!isfinite(y)) {
			before = NOT_DRAWN;
			continue;
		}
		int dot = dot_y(raster, curve->side, y);
		clear_cells_of_band(raster, x, dot);
		draw_step(raster, x, before == NOT_DRAWN ? dot : before, dot, curve);
		before = dot;
	}
}

static const char ascii_signs[PLOT_CURVES_MAX] = {'*', 'o', 'x'};

static char ascii_sign(const struct plot *plot, unsigned char role)
{
	for (size_t i = 0; i < plot->curves; i++)
		if (plot->curve[i].role + 1 == role)
			return ascii_signs[i];
	return '.';
}

/* Upper half, lower half, both; a veil where only the band is. */
static uint32_t half_block(unsigned char bits, unsigned char role)
{
	static const uint32_t blocks[] = {' ', 0x2580u, 0x2584u, 0x2588u};
	return role == ROLE_BAND + 1 ? BAND_SHADE : blocks[bits & 3u];
}

static uint32_t cell_point(const struct raster *raster, int cell)
{
	if (raster->canvas->ascii)
		return (uint32_t)ascii_sign(raster->plot, raster->role[cell]);
	return raster->canvas->blocks ? half_block(raster->bits[cell], raster->role[cell]) : BRAILLE_BASE + raster->bits[cell];
}

static void show_raster(struct raster *raster)
{
	for (int row = 0; row < raster->field.rows; row++)
		for (int col = 0; col < raster->field.cols; col++) {
			int cell = row * raster->field.cols + col;
			if (raster->role[cell] == 0)
				continue;
			enum role role = (enum role)(raster->role[cell] - 1);
			canvas_point(raster->canvas, raster->field.row + row, raster->field.col + col, role,
			             cell_point(raster, cell));
		}
}

/* --- axes ------------------------------------------------------------------------------------------- */

static void draw_y_axis(struct raster *raster, enum plot_side side)
{
	const struct plot_axis *axis = &raster->plot->axis[side];
	const struct area *field = &raster->field;
	int col = side == PLOT_LEFT ? field->col - 1 : field->col + field->cols;
	for (int row = 0; row < field->rows; row++)
		canvas_point(raster->canvas, field->row + row, col, ROLE_GUIDE, AXIS_VERTICAL);
	double step = plot_step(axis->max - axis->min,
	                        field->rows / 2 < TICKS_Y_MAX ? field->rows / 2 : TICKS_Y_MAX);
	int used = field->row + field->rows;
	for (double tick = ceil(axis->min / step - 1e-9) * step; tick <= axis->max + 1e-9 * step;
	     tick += step) {
		int row = row_of(raster, side, tick);
		if (row >= used)
			continue;
		used = row;
		tick = fabs(tick) < 1e-9 * step ? 0.0 : tick; /* no "-0" */
		if (side == PLOT_LEFT)
			canvas_format_right(raster->canvas, row, field->col - LEFT_COLS, LEFT_COLS - 1,
			                    ROLE_DIM, "%g", tick);
		else
			canvas_format(raster->canvas, row, col + 1, RIGHT_COLS - 1, ROLE_DIM, "%g", tick);
	}
}

/* Depth ticks: round numbers, as many as fit without touching. */
static const double x_ticks[] = {0,    10,   20,   50,   100,  200,  300,  500,  750,
                                 1000, 1500, 2000, 3000, 4000, 5000, 7500, 10000};

static void draw_x_axis(struct raster *raster)
{
	const struct plot *plot = raster->plot;
	const struct area *field = &raster->field;
	int row = field->row + field->rows, free_from = field->col - 1;
	int label_cols = text_width(plot->x_label) + 1;
	canvas_rule(raster->canvas, row, field->col, field->cols, ROLE_GUIDE);
	canvas_point(raster->canvas, row, field->col - 1, ROLE_GUIDE, 0x2514);
	canvas_point(raster->canvas, row, field->col + field->cols, ROLE_GUIDE,
	             plot->axis[PLOT_RIGHT].label != NULL ? 0x2518 : 0x2500);
	for (size_t i = 0; i < sizeof x_ticks / sizeof *x_ticks; i++) {
		char number[16];
		if (x_ticks[i] < plot->x_min || x_ticks[i] > plot->x_max)
			continue;
		int length = snprintf(number, sizeof number, "%g", x_ticks[i]);
		int col = column_of(raster, x_ticks[i]), start = col - length / 2;
		if (start < free_from || start + length > field->col + field->cols - label_cols + 1)
			continue;
		canvas_point(raster->canvas, row, col, ROLE_GUIDE, 0x252C);
		canvas_text(raster->canvas, row + 1, start, length, ROLE_DIM, number);
		free_from = start + length + TICK_GAP_COLS;
	}
	canvas_text_right(raster->canvas, row + 1, field->col, field->cols + 1, ROLE_DIM, plot->x_label);
}

static void draw_zone(struct raster *raster, const struct plot_zone *zone)
{
	const struct area *field = &raster->field;
	double to = zone->to < raster->plot->x_max ? zone->to : raster->plot->x_max;
	if (zone->from >= raster->plot->x_max)
		return;
	int start = column_of(raster, zone->from), room = column_of(raster, to) - start - 1;
	const char *label = text_width(zone->label) <= room ? zone->label : zone->brief;
	if (zone->from > raster->plot->x_min)
		for (int row = -1; row < field->rows; row++)
			canvas_point(raster->canvas, field->row + row, start, ROLE_GUIDE, ZONE_BORDER);
	if (text_width(label) <= room)
		canvas_text(raster->canvas, field->row - 1, start + 1 + (room - text_width(label)) / 2, room,
		            ROLE_DIM, label);
}

static void draw_line(struct raster *raster, const struct plot_line *line)
{
	const struct plot_axis *axis = &raster->plot->axis[line->side];
	if (line->value <= axis->min || line->value >= axis->max)
		return;
	int row = row_of(raster, line->side, line->value);
	for (int col = 0; col < raster->field.cols; col++)
		canvas_point(raster->canvas, row, raster->field.col + col, ROLE_GUIDE, LINE_DASH);
}

/* Labels come after the curves: a word is worth more than the dots beneath it. */
static void draw_line_label(struct raster *raster, const struct plot_line *line, int end)
{
	const struct area *field = &raster->field;
	int row = row_of(raster, line->side, line->value), width = text_width(line->label);
	if (field->cols - end - width > 1)
		canvas_text(raster->canvas, row, field->col + field->cols - end - width, width, ROLE_GUIDE,
		            line->label);
}

static bool line_shown(const struct raster *raster, const struct plot_line *line)
{
	const struct plot_axis *axis = &raster->plot->axis[line->side];
	return line->value > axis->min && line->value < axis->max;
}

/* Lines that fall into one row have their words side by side. */
static void draw_line_labels(struct raster *raster)
{
	const struct plot_line *line = raster->plot->line;
	for (size_t i = 0; i < raster->plot->lines; i++) {
		int end = 1;
		if (!line_shown(raster, &line[i]))
			continue;
		for (size_t j = 0; j < i; j++)
			if (line_shown(raster, &line[j]) && row_of(raster, line[i].side, line[i].value) ==
			                                            row_of(raster, line[j].side, line[j].value))
				end += text_width(line[j].label) + 1;
		draw_line_label(raster, &line[i], end);
	}
}

static int draw_legend_entry(struct raster *raster, const struct plot_curve *curve, size_t index, int row,
                             int col)
{
	char sign = ascii_signs[index];
	const char ascii_key[] = {sign, sign, sign, ' ', '\0'};
	const char *key = raster->canvas->ascii    ? ascii_key
	                  : raster->canvas->blocks ? curve->dotted ? "▀ ▀ " : "▀▀▀ "
	                  : curve->dotted          ? "⠒ ⠒ "
	                                           : "⠤⠤⠤ ";
	int width = raster->field.cols + LEFT_COLS + RIGHT_COLS;
	int used = canvas_text(raster->canvas, row, col, width, curve->role, key);
	return used + canvas_text(raster->canvas, row, col + used, width, ROLE_TEXT, curve->name) + 2;
}

static void draw_legend(struct raster *raster, struct area area)
{
	const struct plot *plot = raster->plot;
	bool right = plot->axis[PLOT_RIGHT].label != NULL;
	int col = area.col +
	          canvas_text(raster->canvas, area.row, area.col, area.cols, ROLE_DIM, plot->axis[0].label) +
	          2;
	int end = area.col + area.cols - (right ? text_width(plot->axis[1].label) + 1 : 0);
	for (size_t i = 0; i < plot->curves; i++)
		if (col + text_width(plot->curve[i].name) + 4 <= end)
			col += draw_legend_entry(raster, &plot->curve[i], i, area.row, col);
	if (right)
		canvas_text_right(raster->canvas, area.row, area.col, area.cols, ROLE_DIM,
		                  plot->axis[1].label);
}

/* --- the whole -------------------------------------------------------------------------------------- */

static void draw_all(struct raster *raster, struct area area)
{
	const struct plot *plot = raster->plot;
	draw_legend(raster, area);
	draw_y_axis(raster, PLOT_LEFT);
	if (plot->axis[PLOT_RIGHT].label != NULL)
		draw_y_axis(raster, PLOT_RIGHT);
	draw_x_axis(raster);
	for (size_t i = 0; i < plot->zones; i++)
		draw_zone(raster, &plot->zone[i]);
	for (size_t i = 0; i < plot->lines; i++)
		draw_line(raster, &plot->line[i]);
	for (size_t i = 0; i < plot->curves; i++)
		if (plot->curve[i].count > 0)
			draw_band(raster, &plot->curve[i]);
	for (size_t i = plot->curves; i-- > 0;)
		if (plot->curve[i].count > 0)
			draw_curve(raster, &plot->curve[i]);
	show_raster(raster);
	draw_line_labels(raster);
}

static bool drawable(const struct plot *plot)
{
	return plot->x_max > plot->x_min && plot->axis[0].max > plot->axis[0].min &&
	       (plot->axis[1].label == NULL || plot->axis[1].max > plot->axis[1].min);
}

/* --- the numbers ------------------------------------------------------------------------------------------ */

#define TABLE_LINES 16

#define COLUMN_X 12
#define COLUMN_Y 26

/* "depth µm": the unit is the last word. */
static const char *unit_of(const char *label)
{
	const char *last = strrchr(label, ' ');
	return last != NULL ? last + 1 : label;
}

/* A thousandth of what an axis spans is the least that is worth a digit. */
static int decimals_of(double span)
{
	return span >= 1000.0 ? 0 : span >= 100.0 ? 1 : span >= 10.0 ? 2 : 3;
}

/* The curve's value at a point of the first curve, where it has one. */
static void value_text(const struct plot *plot, const struct plot_curve *curve, size_t at, char *out, size_t size)
{
	const struct plot_axis *axis = &plot->axis[curve->side];
	const int decimals = decimals_of(axis->max - axis->min);
	out[0] = '\0';
	if (at >= curve->count)
		return;
	if (curve->low != NULL && curve->high != NULL)
		(void)snprintf(out, size, "%.*f [%.*f..%.*f]", decimals, curve->y[at], decimals, curve->low[at], decimals,
		               curve->high[at]);
	else
		(void)snprintf(out, size, "%.*f", decimals, curve->y[at]);
}

/* In a conversation every line says what it holds. */
static void sentence(const struct plot *plot, size_t at, char *out, size_t size)
{
	char value[96];
	const char *unit = unit_of(plot->x_label);
	size_t used = (size_t)snprintf(out, size, "%.*s%.*f %s: ", (int)(unit - plot->x_label), plot->x_label,
	                               decimals_of(plot->x_max - plot->x_min), plot->curve[0].x[at], unit);
	for (size_t c = 0; c < plot->curves && used < size; c++) {
		const char *label = plot->axis[plot->curve[c].side].label;
		value_text(plot, &plot->curve[c], at, value, sizeof value);
		used += (size_t)snprintf(out + used, size - used, "%s%s %s %s", c > 0 ? ", " : "", plot->curve[c].name, value,
		                         label != NULL ? unit_of(label) : "");
	}
}

static void table_head(struct canvas *canvas, struct area area, const struct plot *plot)
{
	canvas_text(canvas, area.row, area.col, COLUMN_X, ROLE_HEADING, plot->x_label);
	for (size_t c = 0; c < plot->curves; c++) {
		const char *label = plot->axis[plot->curve[c].side].label;
		int col = COLUMN_X + (int)c * COLUMN_Y;
		if (col < area.cols)
			canvas_format(canvas, area.row, area.col + col, area.cols - col, ROLE_HEADING, "%s %s%s", plot->curve[c].name,
			              label != NULL ? unit_of(label) : "", plot->curve[c].low != NULL ? " [5..95 %]" : "");
	}
}

static void table_line(struct canvas *canvas, struct area area, int row, const struct plot *plot, size_t at)
{
	char value[96];
	canvas_format(canvas, row, area.col, COLUMN_X, ROLE_TEXT, "%.*f", decimals_of(plot->x_max - plot->x_min),
	              plot->curve[0].x[at]);
	for (size_t c = 0; c < plot->curves; c++) {
		int col = COLUMN_X + (int)c * COLUMN_Y;
		value_text(plot, &plot->curve[c], at, value, sizeof value);
		if (col < area.cols)
			canvas_text(canvas, row, area.col + col, area.cols - col, ROLE_TEXT, value);
	}
}

void plot_table(struct canvas *canvas, struct area area, const struct plot *plot)
{
	char line[400];
	const size_t count = plot->curves > 0 ? plot->curve[0].count : 0;
	size_t shown = 0, rows = area.rows > 0 ? (size_t)area.rows : 0;
	rows = rows > TABLE_LINES && canvas->linear ? TABLE_LINES : rows;
	if (!canvas->linear && rows > 0) {
		table_head(canvas, area, plot);
		area.row++;
		area.rows--;
		rows--;
	}
	size_t inside = 0; /* points that the axis shows */
	while (inside < count && plot->curve[0].x[inside] <= plot->x_max)
		inside++;
	for (size_t i = 0; i < inside && shown < rows; i++) {
		if (inside > rows && i * rows / inside == (i + 1) * rows / inside && i > 0)
			continue; /* evenly thinned */
		const int row = area.row + (int)shown++;
		if (!canvas->linear) {
			table_line(canvas, area, row, plot, i);
			continue;
		}
		sentence(plot, i, line, sizeof line);
		canvas_text(canvas, row, area.col, area.cols, ROLE_TEXT, line);
	}
	for (size_t i = 0; i < plot->lines && shown < rows + PLOT_LINES_MAX && (int)shown < area.rows; i++)
		canvas_format(canvas, area.row + (int)shown++, area.col, area.cols, ROLE_DIM, "line at %.4g: %s",
		              plot->line[i].value, plot->line[i].label);
}

enum status plot_draw(struct canvas *canvas, struct area area, const struct plot *plot, struct fail *why)
{
	if (!drawable(plot))
		return fail_set(why, ST_INPUT, "plot", "an axis of the plot has no extent");
	if (canvas->linear) {
		plot_table(canvas, area, plot);
		return ST_OK;
	}
	if (area.rows < PLOT_ROWS_MIN || area.cols < PLOT_COLS_MIN) {
		canvas_wrap(canvas, area, ROLE_DIM, "no room for the plot");
		return ST_OK;
	}
	int right = plot->axis[PLOT_RIGHT].label != NULL ? RIGHT_COLS : 1;
	struct raster raster = {.canvas = canvas, .plot = plot};
	raster.field = (struct area){area.row + HEADER_ROWS, area.col + LEFT_COLS,
	                             area.rows - HEADER_ROWS - FOOTER_ROWS, area.cols - LEFT_COLS - right};
	raster.dots_x = raster.field.cols * (canvas->ascii || canvas->blocks ? 1 : DOTS_X);
	raster.dots_y = raster.field.rows * (canvas->ascii ? 1 : canvas->blocks ? BLOCK_DOTS_Y : DOTS_Y);
	size_t cells = (size_t)raster.field.rows * (size_t)raster.field.cols;
	raster.bits = calloc(cells, 2);
	if (raster.bits == NULL)
		return fail_set(why, ST_FULL, "plot", "no memory for the plot");
	raster.role = raster.bits + cells;
	draw_all(&raster, area);
	free(raster.bits);
	return ST_OK;
}
