/* Goals: what must be reached (the protocol) and must not be passed (limits with a number), each with its margin. */
#include "ui/view.h"

#define STATE_COLS 6
#define NAME_COLS 30
#define VALUE_COLS 24
#define LIMIT_COLS 14

static void draw_head(struct canvas *canvas, struct area area, int row)
{
	int col = area.col;
	canvas_text(canvas, row, col, STATE_COLS, ROLE_DIM, "state");
	canvas_text(canvas, row, col + STATE_COLS, NAME_COLS, ROLE_DIM, "quantity");
	canvas_text_right(canvas, row, col + STATE_COLS + NAME_COLS, VALUE_COLS, ROLE_DIM, "value");
	canvas_text_right(canvas, row, col + STATE_COLS + NAME_COLS + VALUE_COLS, LIMIT_COLS, ROLE_DIM, "asked");
}

/* What follows stands beside it, or under it where there is no room. Returns the rows used. */
static int draw_row(struct canvas *canvas, struct area area, enum role role, const char *state, const char *name,
                    const char *value, const char *limit, const char *note)
{
	int col = area.col, row = area.row;
	canvas_text(canvas, row, col, STATE_COLS, role, state);
	canvas_text(canvas, row, col + STATE_COLS, NAME_COLS - 1, ROLE_TEXT, name);
	canvas_text_right(canvas, row, col + STATE_COLS + NAME_COLS, VALUE_COLS, ROLE_STRONG, value);
	canvas_text_right(canvas, row, col + STATE_COLS + NAME_COLS + VALUE_COLS, LIMIT_COLS, ROLE_TEXT, limit);
	int used = STATE_COLS + NAME_COLS + VALUE_COLS + LIMIT_COLS + 2;
	if (area.cols >= used + text_width(note)) {
		canvas_text(canvas, row, col + used, area.cols - used, ROLE_DIM, note);
		return 1;
	}
	struct area under = {row + 1, col + STATE_COLS, area.rows - 1, area.cols - STATE_COLS};
	return 1 + (under.rows > 0 ? canvas_wrap(canvas, under, ROLE_DIM, note) : 0);
}

/* "120 um short at the median; LITERATURE, V26" */
static void goal_note(const struct protocol_goal *goal, double counted, const struct metric_spec *spec, char *out,
                      size_t size)
{
	const double over = counted - goal->min, under = goal->max - counted, spare = under < over ? under : over;
	char margin[64] = "not predicted";
	if (isfinite(spare))
		(void)snprintf(margin, sizeof margin, "%.3g%s%s %s", fabs(spare), spec->unit[0] != '\0' ? " " : "", spec->unit,
		               spare >= 0.0 ? "to spare" : under < over ? "too much" : "short");
	(void)snprintf(out, size, "%s at the %s; %s, %s", margin,
	               strcmp(goal->at, "p05") == 0 ? "5th percentile" : "median", goal->origin, goal->source);
}

static int draw_goal(const struct app *app, struct canvas *canvas, struct area area, const struct protocol_goal *goal)
{
	const struct metric_spec *spec = metric_spec(goal->metric);
	const struct prediction *prediction = &app->assessment.prediction;
	char value[64], with_unit[80], limit[48], note[200];
	double counted = protocol_goal_value(goal, prediction);
	bool met = protocol_goal_met(goal, prediction);
	view_band(value, sizeof value, &prediction->metric[goal->metric], spec->decimals);
	snprintf(with_unit, sizeof with_unit, "%s %s", value, spec->unit);
	if (isfinite(goal->max))
		snprintf(limit, sizeof limit, "%g .. %g", goal->min, goal->max);
	else
		snprintf(limit, sizeof limit, ">= %g", goal->min);
	goal_note(goal, counted, spec, note, sizeof note);
	return draw_row(canvas, area, met ? ROLE_OK : ROLE_STOP, met ? "pass" : "MISS", spec->label, with_unit, limit, note);
}

/* How far from its limit, of the limit; warns in the last tenth. */
static int draw_limit(struct canvas *canvas, struct area area, const struct finding *finding)
{
	char value[48], limit[48], name[96], note[200];
	bool stops = finding->outcome <= OUTCOME_DEFER;
	snprintf(value, sizeof value, "%.4g %s", finding->value, finding->unit != NULL ? finding->unit : "");
	snprintf(limit, sizeof limit, "%.4g", finding->limit);
	snprintf(name, sizeof name, "%s %s%s%s", finding->rule, finding->name, finding->zone[0] != '\0' ? ", " : "",
	         finding->zone);
	snprintf(note, sizeof note, "%+.0f %% of the limit; %s, %s",
	         100.0 * (finding->value - finding->limit) / fmax(fabs(finding->limit), 1e-12), finding->origin,
	         finding->source);
	return draw_row(canvas, area, view_outcome_role(finding->outcome), stops ? "FAIL" : "warn", name, value, limit, note);
}

static int draw_goals(const struct app *app, struct canvas *canvas, struct area area, int row)
{
	const struct protocol *protocol = app->engine->protocol(app->plan->planning);
	row = view_heading(canvas, area, row, "Must be reached");
	draw_head(canvas, area, row++);
	if (protocol == NULL || protocol->goals == 0) {
		canvas_text(canvas, row++, area.col, area.cols, ROLE_DIM,
		            "No protocol on file for this indication and mode: nothing says what is enough.");
		return row;
	}
	for (size_t i = 0; i < protocol->goals; i++)
		row += draw_goal(app, canvas, (struct area){row, area.col, area.row + area.rows - row, area.cols},
		                 &protocol->goal[i]);
	if (protocol->endpoint[0] != '\0')
		canvas_format(canvas, row++, area.col, area.cols, ROLE_DIM, "seen on the skin: %s", protocol->endpoint);
	return row;
}

static void draw_limits(const struct app *app, struct canvas *canvas, struct area area, int row)
{
	const struct findings *findings = &app->assessment.findings;
	size_t order[APP_FINDINGS_MAX], count = app_findings_order(findings, order), shown = 0;
	row = view_heading(canvas, area, row, "Must not be passed: limits in question, strongest first");
	for (size_t i = 0; i < count && row < area.row + area.rows; i++) {
		const struct finding *finding = &findings->finding[order[i]];
		if (!finding->has_value || !finding->has_limit)
			continue;
		row += draw_limit(canvas, (struct area){row, area.col, area.row + area.rows - row, area.cols}, finding);
		shown++;
	}
	if (shown == 0 && row < area.row + area.rows)
		canvas_text(canvas, row, area.col, area.cols, ROLE_OK,
		            "No limit with a number is passed; 7 shows every rule raised.");
}

void screen_goals(const struct app *app, struct canvas *canvas, struct area area)
{
	if (view_no_plan(app, canvas, area))
		return;
	if (!app->assessed || !app->assessment.predicted) {
		view_no_prediction(app, canvas, area);
		return;
	}
	int row = draw_goals(app, canvas, area, area.row);
	draw_limits(app, canvas, area, row + 1);
	if (app->stale)
		canvas_role(canvas, area, ROLE_DIM);
}
