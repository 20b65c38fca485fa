/* Alternatives: what the fit found, and which rule stops each from going higher. */
#include "ui/view.h"

static void draw_alternative(struct canvas *canvas, struct area line,
                             const struct fit_alternative *alternative, const struct metric_spec *goal)
{
	char settings[200], endpoint[64] = "-", verdict[32];
	view_words(verdict, sizeof verdict, verdict_name(alternative->verdict));
	canvas_text(canvas, line.row, line.col + 2, line.cols - text_width(verdict) - 4, ROLE_STRONG,
	            settings_text(&alternative->settings, settings, sizeof settings));
	canvas_text_right(canvas, line.row, line.col, line.cols, view_verdict_role(alternative->verdict),
	                  verdict);
	if (goal != NULL)
		view_band(endpoint, sizeof endpoint, &alternative->endpoint, goal->decimals);
	int used = canvas_format(canvas, line.row + 1, line.col + 4, line.cols - 4, ROLE_TEXT,
	                         "%.3g " FIT_DOSE_UNIT ", %s %s; ", alternative->dose_J_cm2, endpoint,
	                         goal != NULL ? goal->unit : "");
	canvas_format(canvas, line.row + 1, line.col + 4 + used, line.cols - 4 - used, ROLE_DIM, "%s%s",
	              alternative->binding[0] != '\0' ? "more: " : "nothing stops more",
	              alternative->binding);
}

static int draw_summary(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct fit_result *fit = &app->fit;
	size_t open = app_questions_open(app);
	canvas_format(canvas, area.row, area.col, area.cols, fit->feasible ? ROLE_OK : ROLE_CAUTION,
	              "%s: %zu tried, %zu sufficient, %zu allowed",
	              fit->feasible ? "Lowest sufficient dose found" : "Nothing suffices within the limits",
	              fit->candidates, fit->sufficient, fit->allowed);
	if (fit->endpoint_unreachable)
		canvas_text(canvas, area.row + 1, area.col, area.cols, ROLE_CAUTION,
		            "No setting of this device reaches the endpoint in this skin, limits aside.");
	else if (!fit->feasible && open > 0)
		canvas_format(canvas, area.row + 1, area.col, area.cols, ROLE_CAUTION,
		              "%zu questions are not answered; their rules stand until they are: w", open);
	return area.row + 2;
}

static int draw_list(const struct app *app, struct canvas *canvas, struct area area, int top)
{
	const struct protocol *protocol = app->engine->protocol(app->plan->planning);
	const struct metric_spec *goal =
	        protocol != NULL && protocol->goals > 0 ? metric_spec(protocol->goal[0].metric) : NULL;
	char heading[160];
	snprintf(heading, sizeof heading, "Alternatives: settings, mean dose, %s, what stops more",
	         goal != NULL ? goal->label : "endpoint");
	int row = view_heading(canvas, area, top, heading);
	for (size_t i = 0; i < app->fit.alternatives; i++) {
		struct area line = {row + 2 * (int)i, area.col, 1, area.cols};
		const struct fit_alternative *alternative = &app->fit.alternative[i];
		if (line.row + 1 >= area.row + area.rows)
			break;
		draw_alternative(canvas, line, alternative, goal);
		if (i == app->selected[SCREEN_ALTERNATIVES])
			view_select_line(canvas, line);
	}
	return row + 2 * (int)app->fit.alternatives;
}

static void draw_exclusions(const struct app *app, struct canvas *canvas, struct area area, int row)
{
	if (app->fit.exclusions == 0 || row + 1 >= area.row + area.rows)
		return;
	row = view_heading(canvas, area, row, "What excludes settings");
	for (size_t i = 0; i < app->fit.exclusions && row < area.row + area.rows; i++) {
		const struct fit_exclusion *exclusion = &app->fit.exclusion[i];
		int used = canvas_format(canvas, row, area.col + 2, area.cols - 2, ROLE_CAUTION, "%-*s %5zu ",
		                         VIEW_RULE_COLS, exclusion->rule, exclusion->candidates);
		canvas_text(canvas, row++, area.col + 2 + used, area.cols - 2 - used, ROLE_TEXT,
		            exclusion->text);
	}
}

void screen_alternatives(const struct app *app, struct canvas *canvas, struct area area)
{
	if (view_no_plan(app, canvas, area))
		return;
	if (!app->fitted) {
		canvas_text(canvas, area.row + 2, area.col + 2, area.cols - 4, ROLE_DIM,
		            "No fit yet: f computes one.");
		return;
	}
	int row = draw_summary(app, canvas, area);
	if (app->fit.alternatives > 0)
		row = draw_list(app, canvas, area, row);
	draw_exclusions(app, canvas, area, row);
}
