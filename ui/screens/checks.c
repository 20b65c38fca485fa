/* Checks: every finding, and for the selected one what it says, where it comes from and what to do. */
#include "ui/view.h"

#define DETAIL_ROWS 9

static int draw_field(struct canvas *canvas, struct area area, int row, const char *name, enum role role,
                      const char *text)
{
	int room = area.row + area.rows - row;
	if (text == NULL || text[0] == '\0' || room <= 0)
		return row;
	canvas_text(canvas, row, area.col, 10, ROLE_DIM, name);
	return row + canvas_wrap(canvas, (struct area){row, area.col + 11, room, area.cols - 11}, role, text);
}

static void missing_text(const struct finding *finding, char *out, size_t capacity)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < finding->missing && used < capacity; i++)
		used += (size_t)snprintf(out + used, capacity - used, "%s%s", i > 0 ? "; " : "",
		                         finding->missing_fact[i]->wording);
	if (finding->limit_missing && used < capacity)
		snprintf(out + used, capacity - used, "%sno limit on file for this skin",
		         used > 0 ? "; " : "");
}

static bool asks_patient(const struct finding *finding)
{
	size_t id;
	return app_finding_question(finding, &id);
}

static void number_text(const struct finding *finding, char *out, size_t capacity)
{
	out[0] = '\0';
	if (finding->has_value && finding->has_limit)
		snprintf(out, capacity, "%.4g %s, limit %.4g %s", finding->value, finding->unit,
		         finding->limit, finding->unit);
	else if (finding->has_value)
		snprintf(out, capacity, "%.4g %s", finding->value, finding->unit);
}

static void draw_detail(const struct app *app, const struct finding *finding, struct canvas *canvas,
                        struct area area)
{
	char text[640], title[160];
	snprintf(title, sizeof title, "%s %s: %s", finding->rule, finding->name,
	         outcome_meaning(finding->outcome));
	int row = view_heading(canvas, area, area.row, title);
	row = draw_field(canvas, area, row, "says", ROLE_TEXT, finding->message);
	number_text(finding, text, sizeof text);
	row = draw_field(canvas, area, row, "value", ROLE_STRONG, text);
	missing_text(finding, text, sizeof text);
	row = draw_field(canvas, area, row, "not known", ROLE_CAUTION, text);
	if (asks_patient(finding))
		row = draw_field(canvas, area, row, "answer", ROLE_KEY, "w opens the question");
	row = draw_field(canvas, area, row, "next", ROLE_STRONG, finding->next_step);
	char words[480];
	app->engine->source_text(app->engine->context, finding->source, words, sizeof words);
	snprintf(text, sizeof text, "%s, confidence %s. %s", finding->origin, finding->confidence, words);
	draw_field(canvas, area, row, "origin", ROLE_DIM, text);
}

void screen_checks(const struct app *app, struct canvas *canvas, struct area area)
{
	size_t order[APP_FINDINGS_MAX];
	if (view_no_plan(app, canvas, area))
		return;
	if (!app->assessed) {
		canvas_text(canvas, area.row + 2, area.col + 2, area.cols - 4, ROLE_CAUTION,
		            "These settings are not judged yet.");
		return;
	}
	size_t count = app_findings_order(&app->assessment.findings, order),
	       selected = app->selected[SCREEN_CHECKS];
	selected = count > 0 && selected >= count ? count - 1 : selected;
	int detail_rows = area.rows >= 26 ? DETAIL_ROWS + 4 : DETAIL_ROWS;
	int top = view_heading(canvas, area, area.row,
	                       app->stale ? "Checks (old settings)" : "Checks, strongest first");
	int rows = area.rows - 1 - detail_rows;
	size_t first = view_first(selected, (size_t)rows, count);
	view_scroll_note(canvas, area, first, (size_t)rows, count);
	for (int i = 0; i < rows && first + (size_t)i < count; i++) {
		struct area line = {top + i, area.col, 1, area.cols};
		view_finding_line(canvas, (struct area){line.row, line.col + 2, 1, line.cols - 2},
		                  &app->assessment.findings.finding[order[first + (size_t)i]]);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	struct area detail = {area.row + area.rows - detail_rows, area.col, detail_rows, area.cols};
	if (count > 0)
		draw_detail(app, &app->assessment.findings.finding[order[selected]], canvas, detail);
	else
		canvas_text(canvas, top + 1, area.col + 2, area.cols - 2, ROLE_OK, "No rule is raised.");
}
