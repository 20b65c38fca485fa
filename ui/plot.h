/* Plots as data, drawn on a canvas: curves with their error band, threshold lines, zones along x.
 *
 * Three levels: braille dots (2 x 4 in a cell), half blocks (1 x 2), ASCII. Axes carry their unit and ticks as text, a
 * threshold is a labelled line, at most three curves share a plot, and equal data give equal cells.
 */
#ifndef LASERTWIN_UI_PLOT_H
#define LASERTWIN_UI_PLOT_H

#include "ui/canvas.h"

#define PLOT_CURVES_MAX 3
#define PLOT_LINES_MAX 4
#define PLOT_ZONES_MAX 8

enum plot_side { PLOT_LEFT, PLOT_RIGHT };
/* PLOT_SQRT: x positions go with the square root, which opens up the shallow layers of skin. */
enum plot_scale { PLOT_LINEAR, PLOT_SQRT };

struct plot_curve {
	const char *name;
	size_t count;
	const double *x, *y;
	const double *low, *high; /* error band; NULL: none */
	enum plot_side side;
	enum role role;
	bool dotted;
};

struct plot_line {
	double value;
	enum plot_side side;
	const char *label;
};

struct plot_zone {
	double from, to;
	const char *label, *brief; /* brief where the label does not fit */
};

struct plot_axis {
	double min, max;
	const char *label; /* with unit: "temperature C" */
};

struct plot {
	const char *x_label;
	double x_min, x_max;
	enum plot_scale x_scale;
	struct plot_axis axis[2]; /* left, right; an axis without label is not drawn */
	size_t curves, lines, zones;
	struct plot_curve curve[PLOT_CURVES_MAX];
	struct plot_line line[PLOT_LINES_MAX];
	struct plot_zone zone[PLOT_ZONES_MAX];
};

#define PLOT_ROWS_MIN 7
#define PLOT_COLS_MIN 30

/* Draws into the area, or one sentence when the area is too small. ASCII when the canvas is. */
enum status plot_draw(struct canvas *canvas, struct area area, const struct plot *plot, struct fail *why) MUST_CHECK;

/* The numbers of the curves, evenly thinned to the rows there are. */
void plot_table(struct canvas *canvas, struct area area, const struct plot *plot);

/* A round step (1, 2, 2.5 or 5 times a power of ten) that gives at most intervals intervals. */
double plot_step(double span, int intervals);

#endif
