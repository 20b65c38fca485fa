/* Prediction: the plot, every metric with its 5..95 % band, and which models said so. */
#include "ui/plot.h"
#include "ui/view.h"

#define TABLE_COLS 46

static void draw_metric(struct canvas *canvas, struct area line, enum metric metric, const struct band *band)
{
	const struct metric_spec *spec = metric_spec(metric);
	char text[64], flags[4];
	bool absent = (band->flags & VALIDITY_ABSENT) != 0;
	view_band(text, sizeof text, band, spec->decimals);
	int unit = 8, width = text_width(text);
	canvas_text(canvas, line.row, line.col + 1, line.cols - width - unit - 2,
	            absent ? ROLE_DIM : ROLE_TEXT, spec->label);
	canvas_text_right(canvas, line.row, line.col, line.cols - unit - 1, absent ? ROLE_DIM : ROLE_STRONG,
	                  text);
	canvas_text(canvas, line.row, line.col + line.cols - unit, 5, ROLE_DIM, absent ? "" : spec->unit);
	canvas_text(canvas, line.row, line.col + line.cols - 3, 3, ROLE_CAUTION,
	            view_flags(band->flags, flags));
}

static void draw_table(const struct app *app, struct canvas *canvas, struct area area)
{
	size_t rows = (size_t)area.rows - 1, selected = app->selected[SCREEN_PREDICTION];
	enum metric order[METRICS];
	size_t count = prediction_order(&app->assessment.prediction, order);
	size_t first = view_first(selected, rows, count);
	view_heading(canvas, area, area.row, "Outcomes: median [5..95 %]");
	view_scroll_note(canvas, area, first, rows, count);
	for (size_t i = 0; i < rows && first + i < count; i++)
		draw_metric(canvas, (struct area){area.row + 1 + (int)i, area.col, 1, area.cols},
		            order[first + i], &app->assessment.prediction.metric[order[first + i]]);
}

#define MODEL_ROWS_MAX 6

/* What the second engine said of light; R-CALC2 blocks where they differ. Fields have none in a plan. */
static void check_text(const struct prediction *p, char *out, size_t capacity)
{
	out[0] = '\0';
	if (strcmp(p->source, "light") != 0 || p->check == NULL)
		return;
	if (isnan(p->check_difference_pct))
		snprintf(out, capacity, "; second calculation: %s", p->check);
	else
		snprintf(out, capacity, "; second calculation (%s): %+.1f +- %.1f %%", p->check, p->check_difference_pct,
		         p->check_se_pct);
}

static void models_text(const struct prediction *prediction, char *out, size_t capacity)
{
	char check[128];
	check_text(prediction, check, sizeof check);
	snprintf(out, capacity,
	         "%s: %s%s; heat: %s; damage: %s. %u samples of the twin; e extrapolated, a assumed, m beyond "
	         "the model",
	         prediction->source, prediction->light, check, prediction->heat, prediction->damage, prediction->samples);
}

static int models_rows(const char *text, int cols)
{
	int rows = 1 + canvas_wrap_rows(text, cols);
	return rows < MODEL_ROWS_MAX ? rows : MODEL_ROWS_MAX;
}

static void draw_view(const struct app *app, struct canvas *canvas, struct area area)
{
	static void (*const views[PREDICTION_VIEWS])(const struct app *app, struct canvas *canvas, struct area area) = {
	        [PREDICTION_DEPTH] = view_depth_plot,
	        [PREDICTION_NUMBERS] = view_depth_numbers,
	        [PREDICTION_SECTION] = view_section,
	        [PREDICTION_TIME] = view_time_course,
	};
	views[app_prediction_view(app)](app, canvas, area);
	if (app->stale)
		canvas_role(canvas, area, ROLE_DIM);
}

/* Side by side where there is room, else the table under the depth plot; other views have the room to themselves. */
static void draw_panels(const struct app *app, struct canvas *canvas, struct area area)
{
	const bool wide = view_wide(canvas, area), alone = app_prediction_view(app) != PREDICTION_DEPTH;
	const int table_cols = wide ? TABLE_COLS + 6 : area.cols;
	const int part = view_full(canvas, area) ? area.rows * 3 / 5 : area.rows / 2;
	const int plot_rows = wide || (alone && !canvas->linear) ? area.rows : part > PLOT_ROWS_MIN ? part : PLOT_ROWS_MIN;
	const struct area plot = {area.row, area.col, plot_rows, wide ? area.cols - table_cols - 2 : area.cols};
	const struct area beside = {area.row, area.col + plot.cols + 2, area.rows, table_cols};
	const struct area under = {area.row + plot_rows, area.col, area.rows - plot_rows, table_cols};
	draw_view(app, canvas, plot);
	if (wide || under.rows > 0)
		draw_table(app, canvas, wide ? beside : under);
}

void screen_prediction(const struct app *app, struct canvas *canvas, struct area area)
{
	char models[640];
	if (view_no_plan(app, canvas, area))
		return;
	if (!app->assessed || !app->assessment.predicted) {
		view_no_prediction(app, canvas, area);
		return;
	}
	models_text(&app->assessment.prediction, models, sizeof models);
	const int rows = area.rows - models_rows(models, area.cols);
	draw_panels(app, canvas, (struct area){area.row, area.col, rows, area.cols});
	canvas_rule(canvas, area.row + rows, area.col, area.cols, ROLE_FRAME);
	canvas_wrap(canvas, (struct area){area.row + rows + 1, area.col, area.rows - rows - 1, area.cols},
	            ROLE_DIM, models);
}
