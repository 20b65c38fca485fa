/* One plan on its way: what was found first, then settings, what it stands on, and who signed. */
#include "ui/view.h"

static void draw_state(const struct workflow_plan *p, struct canvas *canvas, struct area area, int *row)
{
	char text[STALE_TEXT_MAX];
	canvas_format(canvas, *row, area.col, area.cols, ROLE_STRONG, "%s, version %lld of %lld, %s",
	              p->row.device, (long long)p->row.version, (long long)p->newest_version, plan_state_name(p->state));
	(void)snprintf(text, sizeof text, " plan %.8s", p->row.uuid);
	canvas_text_over(canvas, *row, area.col, area.cols, ROLE_DIM, text);
	(*row)++;
	if (p->stale)
		*row += canvas_wrap(canvas, (struct area){*row, area.col, 2, area.cols}, ROLE_STOP,
		                    life_stale_text(p->stale, text, sizeof text));
}

static void draw_settings(const struct workflow_plan *p, struct canvas *canvas, struct area area, int *row)
{
	char settings[512], zones[512] = "", zone[PLANNING_TEXT_MAX + 20], indication[PLANNING_TEXT_MAX];
	size_t used = 0;
	for (size_t i = 0; i < p->zones && used < sizeof zones; i++)
		used += (size_t)snprintf(zones + used, sizeof zones - used, "%s%s", i > 0 ? ", " : "",
		                         side_of_zone(p->zone[i], p->side[i], zone, sizeof zone));
	view_words(indication, sizeof indication, p->indication);
	canvas_format(canvas, *row, area.col, area.cols, ROLE_TEXT, "%s: %s", indication, zones);
	*row += 1 + canvas_wrap(canvas, (struct area){*row + 1, area.col, 2, area.cols}, ROLE_STRONG,
	                        settings_text(&p->settings, settings, sizeof settings));
}

static void draw_approval(const struct workflow_plan *p, struct canvas *canvas, struct area area, int *row)
{
	if (!p->approved)
		return;
	if (p->unverified.code != ST_OK)
		*row += canvas_wrap(canvas, (struct area){*row, area.col, 2, area.cols},
		                    p->state == PLAN_APPROVED ? ROLE_STOP : ROLE_DIM, p->unverified.text);
	else
		canvas_format(canvas, (*row)++, area.col, area.cols, ROLE_OK, "Signed by %s (%s), signature verified; audit %lld",
		              p->approval.name, p->approval.login, (long long)p->approval.audit_seq);
}

static enum role finding_role(const struct workflow_finding *f)
{
	if (f->overridden)
		return ROLE_DIM;
	return f->phase == PHASE_START ? ROLE_DIM : view_outcome_role(f->outcome);
}

static void draw_finding(struct canvas *canvas, struct area line, const struct workflow_finding *f)
{
	const char *word = f->overridden ? "OVERRIDDEN" : f->phase == PHASE_START ? "AT START" : outcome_name(f->outcome);
	int used = canvas_format(canvas, line.row, line.col + 2, 12, finding_role(f), "%-11s ", word) + 2;
	used += canvas_format(canvas, line.row, line.col + used, 14, ROLE_STRONG, "%-*s ", VIEW_RULE_COLS, f->rule);
	canvas_format(canvas, line.row, line.col + used, line.cols - used, ROLE_TEXT, "%s%s%s", f->zone,
	              f->zone[0] != '\0' ? ": " : "", f->text);
}

/* The selected finding in full below the list. */
static void draw_findings(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct workflow_plan *p = app->plans.open;
	const size_t selected = app->selected[SCREEN_APPROVE];
	const int detail = 4, rows = area.rows - detail - 1;
	const int top = view_heading(canvas, area, area.row, "Findings, strongest first");
	const size_t first = view_first(selected, (size_t)rows, p->findings);
	for (int i = 0; i < rows && first + (size_t)i < p->findings; i++) {
		struct area line = {top + i, area.col, 1, area.cols};
		draw_finding(canvas, line, &p->finding[first + (size_t)i]);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	view_scroll_note(canvas, area, first, (size_t)rows, p->findings);
	canvas_rule(canvas, top + rows, area.col, area.cols, ROLE_FRAME);
	if (selected < p->findings)
		canvas_wrap(canvas, (struct area){top + rows + 1, area.col, detail - 1, area.cols}, ROLE_TEXT,
		            p->finding[selected].text);
	if (p->findings == 0)
		canvas_text(canvas, top, area.col + 2, area.cols - 2, ROLE_DIM, "No finding.");
}

void screen_approve(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct workflow_plan *p = app->plans.open;
	int row = area.row;
	if (p == NULL) {
		canvas_text(canvas, row, area.col, area.cols, ROLE_DIM, "No plan is open; 8 lists them.");
		return;
	}
	draw_state(p, canvas, area, &row);
	draw_settings(p, canvas, area, &row);
	draw_approval(p, canvas, area, &row);
	draw_findings(app, canvas, (struct area){row, area.col, area.row + area.rows - row, area.cols});
}
