/* Parameters: the knobs of the console, and what they would do, at once.
 *
 * 80 columns: knobs over the whole width, below them the depth plot and, to its right, outcomes and
 * findings. From 110 columns: knobs, outcomes and findings on the left, the plot on the right. */
#include "ui/view.h"

#define LABEL_COLS 18
#define VALUE_COLS 9
#define UNIT_COLS 7
#define NOTE_COLS 12
#define SLIDER_ROOM_MIN 19
#define SLIDER_COLS_MAX 26
#define KNOBS_ROWS_MAX 8
#define KNOB_SIGN 0x25CFu
#define LABEL_SIGN 0x25BCu

struct knob {
	enum setting_id id;
	const struct setting_domain *domain;
	double value;     /* NAN: not set */
	double label_max; /* the maker's own limit for this skin; NAN: none */
	bool turnable;
};

static struct knob knob_of(const struct app *app, enum setting_id id, bool turnable)
{
	const struct device_mode *mode = app->engine->mode(app->plan->planning);
	const struct twin *twin = app->engine->twin(app->plan->planning);
	struct knob knob = {id, &mode->setting[id], settings_get(&app->settings, id), NAN, turnable};
	double spot_mm = settings_get(&app->settings, SETTING_SPOT_MM);
	if (id == SETTING_FLUENCE_J_CM2)
		knob.label_max = device_label_fluence_max_J_cm2(mode, twin->effective_type, spot_mm);
	else if (id == SETTING_ENERGY_MJ_PIN && twin->effective_type >= 1)
		knob.label_max = mode->label_energy_mJ_pin_max[twin->effective_type - 1];
	return knob;
}

static int slider_column(const struct setting_domain *domain, double value, int cols)
{
	double span = domain->max - domain->min;
	if (!(span > 0.0) || !isfinite(value))
		return -1;
	double frac = (value - domain->min) / span;
	return frac < 0.0 ? 0 : frac > 1.0 ? cols - 1 : (int)lround(frac * (cols - 1));
}

static void domain_ends(const struct setting_domain *domain, double *min, double *max)
{
	bool choices = domain->kind == DOMAIN_CHOICES && domain->choices > 0;
	*min = choices ? domain->choice[0] : domain->min;
	*max = choices ? domain->choice[domain->choices - 1] : domain->max;
}

/* "2.5 ├───●────┤ 50": where the value stands in what the device takes. */
static int draw_slider(struct canvas *canvas, int row, int col, int room, const struct knob *knob)
{
	char low[16], high[16];
	struct setting_domain ends = *knob->domain;
	domain_ends(knob->domain, &ends.min, &ends.max);
	snprintf(low, sizeof low, "%g", ends.min);
	snprintf(high, sizeof high, "%g", ends.max);
	int cols = room - 6 - 7;
	if (canvas->linear)
		return canvas_format(canvas, row, col, room, ROLE_DIM, "%s to %s ", low, high);
	cols = cols > SLIDER_COLS_MAX ? SLIDER_COLS_MAX : cols;
	if (cols < 6)
		return 0;
	canvas_text_right(canvas, row, col, 5, ROLE_DIM, low);
	canvas_rule(canvas, row, col + 6, cols, ROLE_FRAME);
	canvas_point(canvas, row, col + 6, ROLE_FRAME, 0x251C);
	canvas_point(canvas, row, col + 5 + cols, ROLE_FRAME, 0x2524);
	int label = slider_column(&ends, knob->label_max, cols),
	    here = slider_column(&ends, knob->value, cols);
	bool over = knob->value > knob->label_max;
	if (label >= 0)
		canvas_point(canvas, row, col + 6 + label, ROLE_CAUTION, LABEL_SIGN);
	if (here >= 0)
		canvas_point(canvas, row, col + 6 + here, over ? ROLE_STOP : ROLE_KEY, KNOB_SIGN);
	canvas_text(canvas, row, col + 7 + cols, 6, ROLE_DIM, high);
	return cols + 13;
}

static void knob_note(const struct knob *knob, char *out, size_t capacity, enum role *role)
{
	*role = ROLE_DIM;
	out[0] = '\0';
	if (isfinite(knob->label_max)) {
		bool over = knob->value > knob->label_max;
		snprintf(out, capacity, over ? "! over label %g" : "label max %g", knob->label_max);
		*role = over ? ROLE_STOP : ROLE_CAUTION;
	} else if (!knob->turnable) {
		snprintf(out, capacity, "%s",
		         knob->domain->kind == DOMAIN_FIXED ? "fixed by the device" : "follows");
	} else if (knob->domain->kind == DOMAIN_CHOICES) {
		snprintf(out, capacity, "%zu choices", knob->domain->choices);
	} else if (knob->domain->step > 0.0) {
		snprintf(out, capacity, "step %g", knob->domain->step);
	} else {
		snprintf(out, capacity, "Enter types it");
	}
}

static void draw_knob(struct canvas *canvas, struct area line, const struct knob *knob)
{
	const struct setting_spec *spec = setting_spec(knob->id);
	char note[48], label[48];
	enum role note_role, role = knob->turnable ? ROLE_TEXT : ROLE_DIM;
	int col = line.col + 2 + LABEL_COLS;
	view_capital(label, sizeof label, spec->label);
	canvas_text(canvas, line.row, line.col + 2, LABEL_COLS - 1, role, label);
	if (isfinite(knob->value))
		canvas_format_right(canvas, line.row, col, VALUE_COLS,
		                    knob->turnable ? ROLE_STRONG : ROLE_DIM, "%.*f", spec->decimals,
		                    knob->value);
	else
		canvas_text_right(canvas, line.row, col, VALUE_COLS, ROLE_DIM, "not set");
	canvas_text(canvas, line.row, col + VALUE_COLS + 1, UNIT_COLS - 1, ROLE_DIM,
	            isfinite(knob->value) ? spec->unit : "");
	col += VALUE_COLS + UNIT_COLS;
	int end = line.col + line.cols, used = 0;
	/* Where both do not fit, a limit in words goes before a picture of the range. */
	bool both = end - col - NOTE_COLS >= SLIDER_ROOM_MIN;
	if (knob->turnable && (both || !isfinite(knob->label_max)))
		used = draw_slider(canvas, line.row, col, both ? end - col - NOTE_COLS : end - col, knob);
	knob_note(knob, note, sizeof note, &note_role);
	canvas_text(canvas, line.row, col + used + 1, end - col - used - 1, note_role, note);
}

/* Returns the rows used. */
static int draw_knobs(const struct app *app, struct canvas *canvas, struct area area)
{
	enum setting_id id[APP_KNOBS_MAX];
	size_t count, turnable = app_knobs(app, id, &count), selected = app->selected[SCREEN_PARAMETERS];
	size_t rows = count < (size_t)area.rows ? count : (size_t)area.rows;
	size_t first = view_first(selected, rows, count);
	for (size_t i = 0; i < rows && first + i < count; i++) {
		struct area line = {area.row + (int)i, area.col, 1, area.cols};
		struct knob knob = knob_of(app, id[first + i], first + i < turnable);
		draw_knob(canvas, line, &knob);
		if (first + i == selected && turnable > 0)
			view_select_line(canvas, (struct area){line.row, line.col, 1,
			                                       2 + LABEL_COLS + VALUE_COLS + UNIT_COLS - 1});
	}
	return (int)rows;
}

/* What matters most, in order; those without meaning for the exposure are left out. */
static const enum metric key_metrics[] = {
        METRIC_RF_REACH_UM,      METRIC_RF_FAT_C,       METRIC_RF_FAT_LEAN_C,     METRIC_RF_FAT_INFILTRATED_C,
        METRIC_RF_DERMIS_C,      METRIC_RF_EPIDERMIS_C, METRIC_RF_FAT_CEM43_MIN,  METRIC_RF_ZONE_UM,
        METRIC_BASAL_PEAK_C,     METRIC_SURFACE_PEAK_C, METRIC_ABLATION_DEPTH_UM, METRIC_COAGULATION_DEPTH_UM,
        METRIC_DERMIS_MARGIN_UM, METRIC_BELOW_BASAL_UM, METRIC_MELANOSOME_RATIO,  METRIC_TARGET_RATIO,
        METRIC_SELECTIVITY,      METRIC_OMEGA_BASAL,    METRIC_DERMIS_PEAK_C,     METRIC_PRESSURE_MPA,
};

static void draw_outcome(struct canvas *canvas, struct area line, enum metric metric, const struct band *band,
                         bool stale)
{
	const struct metric_spec *spec = metric_spec(metric);
	char text[64];
	view_band(text, sizeof text, band, spec->decimals);
	int width = text_width(text), unit = text_width(spec->unit) + 1;
	canvas_text(canvas, line.row, line.col, line.cols - width - unit - 1, ROLE_TEXT, spec->label);
	canvas_text_right(canvas, line.row, line.col, line.cols - unit, stale ? ROLE_DIM : ROLE_STRONG, text);
	canvas_text_right(canvas, line.row, line.col, line.cols, band->flags != 0 ? ROLE_CAUTION : ROLE_DIM,
	                  spec->unit);
}

static int draw_outcomes(const struct app *app, struct canvas *canvas, struct area area)
{
	int row = view_heading(canvas, area, area.row,
	                       app->stale ? "Outcomes (old settings)" : "Outcomes, 5..95 %");
	const struct prediction *prediction = &app->assessment.prediction;
	if (!app->assessed || !app->assessment.predicted) {
		const char *why = app->assessed ? app->assessment.unpredicted.text : "not judged yet";
		canvas_wrap(canvas, (struct area){row, area.col, area.rows - 1, area.cols}, ROLE_CAUTION, why);
		int used = canvas_wrap_rows(why, area.cols);
		return row + (used < area.rows - 1 ? used : area.rows - 1);
	}
	for (size_t i = 0; i < sizeof key_metrics / sizeof *key_metrics && row < area.row + area.rows; i++) {
		const struct band *band = &prediction->metric[key_metrics[i]];
		if ((band->flags & VALIDITY_ABSENT) == 0)
			draw_outcome(canvas, (struct area){row++, area.col, 1, area.cols}, key_metrics[i],
			             band, app->stale);
	}
	return row;
}

static void draw_short_finding(struct canvas *canvas, struct area line, const struct finding *finding)
{
	enum role role = view_outcome_role(finding->outcome);
	int used = canvas_format(canvas, line.row, line.col, line.cols, role, "%-*s ", VIEW_RULE_COLS,
	                         finding->rule);
	if (finding->has_value && finding->has_limit)
		canvas_format(canvas, line.row, line.col + used, line.cols - used, ROLE_TEXT,
		              "%s%s%.4g / %.4g %s", finding->zone, finding->zone[0] != '\0' ? " " : "",
		              finding->value, finding->limit, finding->unit);
	else
		canvas_text(canvas, line.row, line.col + used, line.cols - used, ROLE_TEXT, finding->name);
}

static void draw_findings(const struct app *app, struct canvas *canvas, struct area area)
{
	size_t order[APP_FINDINGS_MAX], count = app_findings_order(&app->assessment.findings, order),
	                                plan = 0;
	char heading[64];
	while (plan < count && app->assessment.findings.finding[order[plan]].phase == PHASE_PLAN)
		plan++;
	snprintf(heading, sizeof heading, "%zu check%s, 7 shows all", plan, plan == 1 ? "" : "s");
	int row = view_heading(canvas, area, area.row, heading);
	for (size_t i = 0; i < plan && row < area.row + area.rows; i++)
		draw_short_finding(canvas, (struct area){row++, area.col, 1, area.cols},
		                   &app->assessment.findings.finding[order[i]]);
	if (plan == 0)
		canvas_text(canvas, row, area.col, area.cols, ROLE_OK, "nothing raised");
}

/* Outcomes above, findings below; each gets about half. */
static void draw_side(const struct app *app, struct canvas *canvas, struct area area)
{
	int outcomes = area.rows * 3 / 5;
	int row = draw_outcomes(app, canvas, (struct area){area.row, area.col, outcomes, area.cols});
	if (app->assessed)
		draw_findings(app, canvas,
		              (struct area){row, area.col, area.row + area.rows - row, area.cols});
}

static void draw_title(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct device *device = app->engine->device(app->plan->planning);
	const struct device_mode *mode = app->engine->mode(app->plan->planning);
	const struct protocol *protocol = app->engine->protocol(app->plan->planning);
	char text[400] = "", words[APP_NAME_MAX], zone[PLANNING_TEXT_MAX + 20];
	size_t used = 0;
	view_words(words, sizeof words, app->request.indication);
	if (view_wide(canvas, area))
		used = (size_t)snprintf(text, sizeof text, "%s, %s for %s", device->name, mode->name, words);
	else
		used = (size_t)snprintf(text, sizeof text, "%s for %s", app->request.device_mode, words);
	for (size_t i = 0; i < app->request.zones && used < sizeof text; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i == 0 ? ", " : " and ",
		                         app->request.side[i] == SIDE_NOT_STATED
		                                 ? app->request.zone[i]
		                                 : side_of_zone(app->request.zone[i], app->request.side[i], zone, sizeof zone));
	int columns = canvas_text(canvas, area.row, area.col, area.cols, ROLE_STRONG, text);
	int room = area.cols - columns - (int)sizeof "  endpoint: ";
	if (protocol != NULL && protocol->endpoint[0] != '\0' && text_width(protocol->endpoint) <= room)
		canvas_format(canvas, area.row, area.col + columns, area.cols - columns, ROLE_DIM,
		              "  endpoint: %s", protocol->endpoint);
}

#define PANEL_COLS_MAX 84 /* further from its name a number is read on the wrong line; the plot takes the rest */

void screen_parameters(const struct app *app, struct canvas *canvas, struct area area)
{
	if (view_no_plan(app, canvas, area))
		return;
	draw_title(app, canvas, area);
	bool wide = view_wide(canvas, area), full = view_full(canvas, area);
	int max = wide ? 12 : full ? KNOBS_ROWS_MAX : canvas->linear ? area.rows / 4 : 6;
	int left = wide ? area.cols * 3 / 5 : area.cols;
	left = wide && left > PANEL_COLS_MAX ? PANEL_COLS_MAX : left;
	struct area knobs = {area.row + 1, area.col, max, left};
	int used = draw_knobs(app, canvas, knobs) + 1, rest = area.rows - used;
	struct area side = {area.row + used, area.col, rest, left};
	struct area plot = {area.row + 1, area.col + left + 1, area.rows - 1, area.cols - left - 1};
	if (!wide && full) {
		int side_cols = 40;
		side = (struct area){area.row + used, area.col + area.cols - side_cols, rest, side_cols};
		plot = (struct area){area.row + used, area.col, rest, area.cols - side_cols - 1};
	}
	if (full)
		view_depth_plot(app, canvas, plot);
	draw_side(app, canvas, side);
}
