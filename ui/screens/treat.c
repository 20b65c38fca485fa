/* The treatment session: the approved settings in full, the checklist or the passes, and the forms of both. */
#include "ui/view.h"

#define BAR_COLS 16

static void draw_settings(const struct app *app, struct canvas *canvas, struct area area, int *row)
{
	char settings[512];
	const struct delivery_plan *plan = &app->plans.delivery_plan;
	canvas_format(canvas, *row, area.col, area.cols, ROLE_STRONG, "%s  %s", plan->device->name, plan->mode->name);
	*row += 1 + canvas_wrap(canvas, (struct area){*row + 1, area.col, 2, area.cols}, ROLE_STRONG,
	                        settings_text(&plan->settings, settings, sizeof settings));
}

/* Pass counter and cumulative coverage of each field. */
static void draw_fields(const struct app *app, struct canvas *canvas, struct area area, int *row)
{
	const struct delivery_plan *plan = &app->plans.delivery_plan;
	const struct delivery *d = &app->plans.session;
	for (size_t i = 0; i < plan->fields; i++, (*row)++) {
		const struct delivery_field *f = &d->field[i];
		const unsigned planned = delivery_passes_planned(plan);
		char side[24];
		(void)snprintf(side, sizeof side, "%s?", plan->side[i] != SIDE_NOT_STATED ? side_name(plan->side[i]) : "side ");
		int used = canvas_format(canvas, *row, area.col, area.cols, ROLE_STRONG, "%-14.14s %-8s pass %u of %u  ",
		                         plan->field[i], f->side[0] != '\0' ? f->side : side, f->passes, planned);
		canvas_bar(canvas, *row, area.col + used, BAR_COLS, (double)f->passes / (double)planned, ROLE_KEY);
		used += BAR_COLS + 2;
		if (!isnan(plan->exposure.coverage_sum_frac))
			used += canvas_format(canvas, *row, area.col + used, area.cols - used, ROLE_TEXT, "%.3g of %.3g %%  ",
			                      100.0 * f->coverage_frac, 100.0 * plan->exposure.coverage_sum_frac);
		canvas_text(canvas, *row, area.col + used, area.cols - used, f->stop_seen ? ROLE_STOP : ROLE_TEXT, f->endpoint);
	}
}

static void draw_rows(const struct app *app, struct canvas *canvas, struct area area)
{
	struct treat_row row[TREAT_ROWS_MAX];
	const size_t count = app_treat_rows(app, row), selected = app->selected[SCREEN_TREAT];
	const size_t first = view_first(selected, (size_t)area.rows, count);
	for (int i = 0; i < area.rows && first + (size_t)i < count; i++) {
		const struct treat_row *r = &row[first + (size_t)i];
		struct area line = {area.row + i, area.col, 1, area.cols};
		canvas_text(canvas, line.row, line.col + 2, 5, r->done ? ROLE_OK : ROLE_CAUTION, r->done ? "done" : "open");
		canvas_text(canvas, line.row, line.col + 8, line.cols - 8, r->done ? ROLE_DIM : ROLE_TEXT, r->text);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	view_scroll_note(canvas, area, first, (size_t)area.rows, count);
}

static void draw_end(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct delivery *d = &app->plans.session;
	int row = area.row;
	canvas_format(canvas, row++, area.col, area.cols, d->phase == DELIVERY_ABORTED ? ROLE_CAUTION : ROLE_OK,
	              "The session is %s.", delivery_phase_name(d->phase));
	if (d->reason[0] != '\0')
		row += canvas_wrap(canvas, (struct area){row, area.col, 3, area.cols}, ROLE_TEXT, d->reason);
	canvas_wrap(canvas, (struct area){row + 1, area.col, 3, area.cols}, ROLE_DIM,
	            "F enters a follow-up, E an adverse event, 9 shows the course. The dermatologist closes the plan (q, "
	            "then C).");
}

void screen_treat(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct app_plans *plans = &app->plans;
	int row = area.row;
	char heading[96];
	if (plans->open == NULL || !plans->has_session) {
		canvas_text(canvas, row, area.col, area.cols, ROLE_DIM, "No session: open an approved plan (8), then d.");
		return;
	}
	draw_settings(app, canvas, area, &row);
	draw_fields(app, canvas, area, &row);
	(void)snprintf(heading, sizeof heading, "Session %s, %u errors, %u pauses",
	               delivery_phase_name(plans->session.phase), plans->session.errors, plans->session.pauses);
	row = view_heading(canvas, area, row, heading);
	struct area rest = {row, area.col, area.row + area.rows - row, area.cols};
	if (app_treat_rows(app, NULL) > 0)
		draw_rows(app, canvas, rest);
	else
		draw_end(app, canvas, rest);
}

/* --- the form ------------------------------------------------------------------------------------------ */

static void draw_field(const struct form *form, size_t i, struct canvas *canvas, struct area line)
{
	const struct form_field *field = &form->field[i];
	const bool here = i == form->at;
	char text[ENTRY_TYPED_MAX + 2];
	if (field->masked) {
		const size_t n = strlen(field->typed);
		memset(text, '*', n);
		(void)snprintf(text + n, sizeof text - n, "%s", here ? "_" : "");
	} else {
		(void)snprintf(text, sizeof text, "%s%s", field->typed, here ? "_" : "");
	}
	canvas_text(canvas, line.row, line.col + 2, 18, here ? ROLE_STRONG : ROLE_DIM, field->label);
	canvas_text(canvas, line.row, line.col + 21, line.cols - 21, ROLE_STRONG, text);
	if (here)
		canvas_point(canvas, line.row, line.col, ROLE_KEY, 0x25B8u);
}

void screen_form(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct form *form = &app->plans.form;
	const int long_text = strlen(form->text) > 240 ? 3 : 0;
	struct area box = view_dialog(area, (int)form->fields + 10 + long_text), in = area_inside(box, 1, 2);
	int row = in.row;
	canvas_box(canvas, box, ROLE_KEY, form->title);
	if (form->text[0] != '\0')
		row += canvas_wrap(canvas, (struct area){row, in.col, 4 + long_text, in.cols}, ROLE_STRONG, form->text);
	for (size_t i = 0; i < form->fields; i++)
		draw_field(form, i, canvas, (struct area){row++, in.col, 1, in.cols});
	const struct form_field *here = &form->field[form->at];
	struct area below = {row, in.col, in.row + in.rows - row, in.cols};
	if (form->refusal.text[0] != '\0')
		canvas_wrap(canvas, below, ROLE_STOP, form->refusal.text);
	else
		canvas_wrap(canvas, below, ROLE_DIM, here->hint);
}
