/* Twin: the layers of the skin, and every property with its error and where it comes from. */
#include "ui/view.h"

#define SKETCH_COLS 21
#define SKETCH_COLS_WIDE 34
#define SKETCH_FULL_NAMES 28 /* from this width on */
#define PROPERTY_COLS_MAX 64
#define SHADE_COLS 2
#define SHADE_LIGHT 0x2591u

/* Rows of a layer: at least one, the rest by the square root of its thickness, so that the thin upper
 * layers stay visible beside a dermis thirty times as thick. The thickness stands beside it as a number. */
static int layer_rows(double thickness_um, double sum_of_roots, int rows)
{
	int share = (int)lround(sqrt(thickness_um) / sum_of_roots * rows);
	return share < 1 ? 1 : share;
}

struct sketch {
	size_t layers;
	struct {
		const char *name, *brief;
		double thickness_um, melanin_frac, blood_frac;
	} layer[TISSUE_LAYERS_MAX];
};

static const char *const brief_names[TISSUE_KINDS] = {
        [TISSUE_STRATUM_CORNEUM] = "corneum", [TISSUE_EPIDERMIS] = "epidermis", [TISSUE_BASAL] = "basal",
        [TISSUE_PAPILLARY] = "papillary",     [TISSUE_PLEXUS] = "plexus",       [TISSUE_RETICULAR] = "reticular",
        [TISSUE_SUBCUTIS] = "subcutis",       [TISSUE_WATER] = "water",
};

static void gather_layers(const struct tissue *tissue, struct sketch *out)
{
	out->layers = tissue->count < TISSUE_LAYERS_MAX ? tissue->count : TISSUE_LAYERS_MAX;
	for (size_t i = 0; i < out->layers; i++) {
		out->layer[i].name = tissue_kind_name(tissue->layer[i].kind);
		out->layer[i].brief = brief_names[tissue->layer[i].kind];
		out->layer[i].thickness_um = tissue->layer[i].thickness_um;
		out->layer[i].melanin_frac = tissue->layer[i].melanosome_frac;
		out->layer[i].blood_frac = tissue->layer[i].blood_frac;
	}
}

static void draw_layer(struct canvas *canvas, struct area layer, const char *name, double thickness_um,
                       double melanin)
{
	for (int row = 0; row < layer.rows; row++)
		for (int col = 0; col < SHADE_COLS; col++)
			canvas_point(canvas, layer.row + row, layer.col + col, ROLE_FRAME,
			             SHADE_LIGHT + (melanin > 0.05    ? 2u
			                            : melanin > 0.005 ? 1u
			                                              : 0u));
	canvas_text(canvas, layer.row, layer.col + SHADE_COLS + 1, layer.cols - SHADE_COLS - 9, ROLE_TEXT,
	            name);
	canvas_format_right(canvas, layer.row, layer.col + layer.cols - 8, 8, ROLE_DIM, "%.0f µm",
	                    thickness_um);
}

static void draw_sketch(const struct app *app, struct canvas *canvas, struct area area)
{
	struct sketch sketch;
	double roots = 0.0;
	gather_layers(&app->plan->tissue, &sketch);
	int row = view_heading(canvas, area, area.row, "Layers"), end = area.row + area.rows - 1;
	for (size_t i = 0; i < sketch.layers; i++)
		roots += sqrt(sketch.layer[i].thickness_um);
	for (size_t i = 0; i < sketch.layers && row < end; i++) {
		int left = (int)(sketch.layers - i - 1),
		    rows = layer_rows(sketch.layer[i].thickness_um, roots, end - area.row - 1);
		rows = row + rows > end - left ? end - left - row : rows;
		rows = rows < 1 ? 1 : rows;
		draw_layer(canvas, (struct area){row, area.col, rows, area.cols},
		           area.cols < SKETCH_FULL_NAMES ? sketch.layer[i].brief : sketch.layer[i].name,
		           sketch.layer[i].thickness_um, sketch.layer[i].melanin_frac);
		row += rows;
	}
	canvas_text(canvas, end, area.col, area.cols, ROLE_DIM, "heights: square root");
}

static void draw_property(struct canvas *canvas, struct area line, const struct twin_value *value,
                          const struct twin_property_spec *spec)
{
	char number[48], flags[4];
	int at = line.cols - 29;
	snprintf(number, sizeof number, "%.*f %s %.*f", spec->decimals, value->median * spec->display_scale,
	         canvas->ascii ? "+-" : "±", spec->decimals, value->sd * spec->display_scale);
	canvas_text(canvas, line.row, line.col + 2, at - 2, ROLE_TEXT, spec->label);
	canvas_text_right(canvas, line.row, line.col + at, 13, ROLE_STRONG, number);
	canvas_text(canvas, line.row, line.col + at + 14, 3, ROLE_DIM, spec->unit);
	canvas_text(canvas, line.row, line.col + at + 17, 9,
	            value->origin == TWIN_MEASURED ? ROLE_OK : ROLE_TEXT, twin_origin_name(value->origin));
	canvas_text(canvas, line.row, line.col + at + 26, 3, ROLE_CAUTION, view_flags(value->flags, flags));
}

static void draw_properties(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct twin *twin = app->engine->twin(app->plan->planning);
	size_t selected = app->selected[SCREEN_TWIN], rows = (size_t)area.rows - 1;
	size_t first = view_first(selected, rows, TWIN_PROPERTIES);
	view_heading(canvas, area, area.row, "Properties");
	view_scroll_note(canvas, area, first, rows, TWIN_PROPERTIES);
	for (size_t i = 0; i < rows && first + i < TWIN_PROPERTIES; i++) {
		struct area line = {area.row + 1 + (int)i, area.col, 1, area.cols};
		enum twin_property property = (enum twin_property)(first + i);
		draw_property(canvas, line, &twin->property[property], twin_property_spec(property));
		if (first + i == selected)
			view_select_line(canvas, line);
	}
}

static void draw_source(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct twin *twin = app->engine->twin(app->plan->planning);
	size_t selected = app->selected[SCREEN_TWIN];
	const struct twin_value *value = &twin->property[selected];
	const struct twin_property_spec *spec = twin_property_spec((enum twin_property)selected);
	double scale = spec->display_scale;
	canvas_rule(canvas, area.row, area.col, area.cols, ROLE_FRAME);
	canvas_format(canvas, area.row + 1, area.col, area.cols, ROLE_TEXT,
	              "%s: 90 %% between %.*f and %.*f %s", spec->label, spec->decimals, value->p05 * scale,
	              spec->decimals, value->p95 * scale, spec->unit);
	canvas_format(canvas, area.row + 2, area.col, area.cols, ROLE_DIM, "%s: %s",
	              twin_origin_name(value->origin), value->source);
}

static void describe_colour(const struct twin *twin, const struct subject *subject, char *out, size_t capacity)
{
	const char *type = fitzpatrick_name(twin->effective_type);
	size_t used = 0;
	if (twin->disagreements > 0)
		used = (size_t)snprintf(out, capacity, "%u reading%s (i); ", twin->disagreements,
		                        twin->disagreements == 1 ? " disagrees" : "s disagree");
	used += (size_t)snprintf(out + used, capacity - used, "judged as type %s", type != NULL ? type : "?");
	if (isfinite(twin->tan_rel) && used < capacity)
		used += (size_t)snprintf(out + used, capacity - used, "; tan %+.0f %%", 100.0 * twin->tan_rel);
	if (isfinite(twin->ita_deg) && isfinite(twin->model_ita_deg) && used < capacity)
		used += (size_t)snprintf(out + used, capacity - used, "; ITA %.0f measured, %.0f fitted",
		                         twin->ita_deg, twin->model_ita_deg);
	if (subject->follows && used < capacity)
		snprintf(out + used, capacity - used, "; on from %.0f days ago", subject->before_days);
}

/* Lines of a text view; each is broken under where it begins. */
#define TEXT_LINES_MAX 400
struct text_lines {
	size_t count;
	struct {
		const char *at;
		size_t length;
	} line[TEXT_LINES_MAX];
};

static void split_lines(const char *text, struct text_lines *out)
{
	out->count = 0;
	for (const char *at = text; at != NULL && *at != '\0' && out->count < TEXT_LINES_MAX; out->count++) {
		size_t length = strcspn(at, "\n");
		out->line[out->count].at = at;
		out->line[out->count].length = length;
		at += length + (at[length] == '\n');
	}
}

/* One line broken into the area, or counted alone (canvas NULL); an empty one takes a row too. */
static int draw_text_line(const struct text_lines *lines, size_t index, struct canvas *canvas, struct area area)
{
	char text[512];
	const size_t length = lines->line[index].length;
	(void)snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text - 1),
	               lines->line[index].at);
	const int lead = (int)strspn(text, " ");
	const struct area in = {area.row, area.col + lead, area.rows, area.cols - lead};
	const int rows = canvas != NULL ? canvas_wrap(canvas, in, ROLE_TEXT, text + lead)
	                                : canvas_wrap_rows(text + lead, in.cols);
	return rows > 0 ? rows : 1;
}

/* The selected line stands first; further down where the end would leave rows empty. */
static size_t first_text_line(const struct text_lines *lines, size_t selected, struct area area)
{
	size_t first = lines->count;
	for (int left = area.rows; first > 0; first--) {
		left -= draw_text_line(lines, first - 1, NULL, area);
		if (left < 0)
			break;
	}
	return selected < first ? selected : first;
}

/* A view that is text: readings, forecast or history. */
static void draw_lines(const struct app *app, struct canvas *canvas, struct area area)
{
	static const char *const names[TWIN_VIEWS] = {
	        [TWIN_VIEW_READINGS] = "Readings against the fitted skin",
	        [TWIN_VIEW_FORECAST] = "Forecast",
	        [TWIN_VIEW_HISTORY] = "Versions of this twin",
	};
	struct text_lines lines;
	split_lines(app->twin_lines, &lines);
	struct area rest = {view_heading(canvas, area, area.row, names[app->twin_view]), area.col, area.rows - 1, area.cols};
	const size_t first = first_text_line(&lines, app->selected[SCREEN_TWIN], rest);
	size_t at = first;
	for (; at < lines.count && rest.rows > 0; at++) {
		const int used = draw_text_line(&lines, at, canvas, rest);
		rest.row += used;
		rest.rows -= used;
	}
	view_scroll_note(canvas, area, first, at - first, lines.count);
}

void screen_twin(const struct app *app, struct canvas *canvas, struct area area)
{
	char colour[240];
	if (view_no_plan(app, canvas, area))
		return;
	describe_colour(app->engine->twin(app->plan->planning), &app->plan->subject, colour, sizeof colour);
	bool wide = view_wide(canvas, area), full = view_full(canvas, area);
	bool disagree = app->engine->twin(app->plan->planning)->disagreements > 0;
	canvas_format(canvas, area.row, area.col, area.cols, disagree ? ROLE_CAUTION : ROLE_TEXT, "%s%s",
	              wide   ? "Normal skin beside the lesion, "
	              : full ? "Normal skin, "
	                     : "Skin ",
	              colour);
	if (app->twin_view != TWIN_VIEW_PROPERTIES) {
		draw_lines(app, canvas, (struct area){area.row + 1, area.col, area.rows - 1, area.cols});
		return;
	}
	int sketch = wide ? SKETCH_COLS_WIDE : full ? SKETCH_COLS : 0, left = sketch + (full ? 2 : 0);
	int cols = area.cols - left > PROPERTY_COLS_MAX ? PROPERTY_COLS_MAX : area.cols - left;
	struct area right = {area.row + 1, area.col + left, area.rows - 4, cols};
	if (sketch > 0)
		draw_sketch(app, canvas, (struct area){right.row, area.col, right.rows, sketch});
	draw_properties(app, canvas, right);
	draw_source(app, canvas, (struct area){area.row + area.rows - 3, area.col, 3, area.cols});
}
