/* Worklist: who is to be treated, with what, and how the last plan was judged. */
#include "planner/plan/report.h"
#include "ui/view.h"

enum column { LABEL, DEVICE, INDICATION, STATE, VERDICT, COLUMNS };
static const char *const titles[COLUMNS] = {"Patient", "Device", "Indication", "Plan", "Verdict"};
#define MARK_COLS 2
#define GAP_COLS 2
#define COLUMN_COLS_MIN 8
#define VERY_WIDE 32 /* more than this of free room does not help the eye */

struct columns {
	int at[COLUMNS], width[COLUMNS]; /* width 0: not shown */
};

static void cell_text(const struct app_patient *patient, enum column column, char *out, size_t capacity)
{
	bool marked = patient->is_virtual && strstr(patient->label, "VIRTUAL") == NULL; /* once is enough */
	if (patient->unread && column != LABEL) {
		snprintf(out, capacity, "...");
		return;
	}
	switch (column) {
	case LABEL:
		snprintf(out, capacity, "%s%s", patient->label, marked ? " (virtual)" : "");
		break;
	case DEVICE:
		snprintf(out, capacity, "%s", patient->device_mode);
		break;
	case INDICATION:
		view_words(out, capacity, patient->indication);
		break;
	case STATE:
		view_words(out, capacity, patient->state[0] != '\0' ? patient->state : "no plan");
		break;
	default:
		view_words(out, capacity, patient->verdict[0] != '\0' ? patient->verdict : "-");
		break;
	}
}

/* Takes from the widest column until all fit; a verdict is never cut. */
static void narrow(int width[COLUMNS], int excess)
{
	for (; excess > 0; excess--) {
		enum column widest = LABEL;
		for (int c = LABEL; c < VERDICT; c++)
			widest = width[c] > width[widest] ? (enum column)c : widest;
		if (width[widest] <= COLUMN_COLS_MIN)
			return;
		width[widest]--;
	}
}

/* As wide as what is in view, the state of the plan and the indication only where there is room. */
static struct columns layout(const struct app *app, int cols, size_t first, size_t rows)
{
	struct columns out = {.at = {0}};
	char text[2 * APP_NAME_MAX];
	int used = MARK_COLS, gap = GAP_COLS, shown = 0;
	for (int c = 0; c < COLUMNS; c++) {
		if ((c == STATE && cols < 100) || (c == INDICATION && cols < VIEW_COLS_FULL))
			continue;
		out.width[c] = text_width(titles[c]);
		for (size_t i = first; i < first + rows && i < app->shown_count; i++) {
			cell_text(&app->patient[app->shown[i]], (enum column)c, text, sizeof text);
			out.width[c] = text_width(text) > out.width[c] ? text_width(text) : out.width[c];
		}
		used += out.width[c];
		shown++;
	}
	gap = used + gap * (shown - 1) > cols ? 1 : gap;
	used += gap * (shown - 1);
	narrow(out.width, used - cols);
	int spare = cols - used > VERY_WIDE ? VERY_WIDE : cols - used, col = MARK_COLS;
	for (int c = 0; c < COLUMNS; c++) {
		out.at[c] = col;
		col += out.width[c] > 0 ? out.width[c] + gap + (spare > 0 ? spare / COLUMNS : 0) : 0;
	}
	return out;
}

static enum role verdict_role(const char *verdict)
{
	for (int v = 0; v < VERDICTS; v++)
		if (strcmp(verdict, verdict_name((enum verdict)v)) == 0)
			return view_verdict_role((enum verdict)v);
	return ROLE_DIM;
}

static void draw_line(struct canvas *canvas, struct area line, const struct columns *columns,
                      const struct app_patient *patient)
{
	char text[2 * APP_NAME_MAX];
	for (int c = 0; c < COLUMNS; c++) {
		cell_text(patient, (enum column)c, text, sizeof text);
		canvas_text(canvas, line.row, line.col + columns->at[c], columns->width[c],
		            c == VERDICT ? verdict_role(patient->verdict) : ROLE_TEXT, text);
	}
}

static void draw_head(struct canvas *canvas, struct area line, const struct columns *columns)
{
	for (int c = 0; c < COLUMNS; c++)
		canvas_text(canvas, line.row, line.col + columns->at[c], columns->width[c], ROLE_HEADING,
		            titles[c]);
}

/* What to do next. */
static void draw_empty(struct canvas *canvas, struct area area)
{
	static const char *const lines[][2] = {
	        {"lasertwin add FILE", "puts the patient of a case file on this list"},
	        {"lasertwin demo", "opens a clinic of virtual patients, to try"},
	        {"lasertwin --help", "lists the rest"},
	};
	canvas_text(canvas, area.row, area.col, area.cols, ROLE_STRONG, "No patients on file yet. Leave with q, then:");
	for (int i = 0; i < (int)(sizeof lines / sizeof *lines); i++) {
		canvas_text(canvas, area.row + 2 + i, area.col + 2, 20, ROLE_KEY, lines[i][0]);
		canvas_text(canvas, area.row + 2 + i, area.col + 22, area.cols - 22, ROLE_TEXT, lines[i][1]);
	}
}

/* What is left out, where something is. */
static void draw_find(const struct app *app, struct canvas *canvas, struct area line)
{
	if (!app->finding && app->find[0] == '\0')
		return;
	int used = canvas_format(canvas, line.row, line.col, line.cols, ROLE_KEY, "/ %s%s", app->find,
	                         app->finding ? "_" : "");
	canvas_format(canvas, line.row, line.col + used + 2, line.cols - used - 2,
	              app->shown_count == 0 ? ROLE_CAUTION : ROLE_DIM, "%zu of %zu patients%s", app->shown_count,
	              app->patients, app->finding ? "; Enter keeps it, Esc shows all" : "; / changes it");
}

void screen_worklist(const struct app *app, struct canvas *canvas, struct area area)
{
	int notice_rows = canvas_wrap_rows(report_intended_use, area.cols);
	int top = area.row + 1, rows = area.rows - 3 - notice_rows - 1;
	size_t selected = app->selected[SCREEN_WORKLIST];
	size_t first = view_first(selected, (size_t)rows, app->shown_count);
	struct columns columns = layout(app, area.cols, first, (size_t)rows);
	draw_find(app, canvas, (struct area){area.row, area.col, 1, area.cols});
	view_tags(app, canvas, (struct area){area.row, area.col, 1, area.cols});
	draw_head(canvas, (struct area){top, area.col, 1, area.cols}, &columns);
	for (int i = 0; i < rows && first + (size_t)i < app->shown_count; i++) {
		struct area line = {top + 1 + i, area.col, 1, area.cols};
		draw_line(canvas, line, &columns, &app->patient[app->shown[first + (size_t)i]]);
		view_tag(canvas, line, &app->patient[app->shown[first + (size_t)i]].tag);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	if (app->patients == 0)
		draw_empty(canvas, (struct area){top + 2, area.col + 2, rows - 2, area.cols - 4});
	struct area notice = {area.row + area.rows - notice_rows, area.col, notice_rows, area.cols};
	canvas_rule(canvas, notice.row - 1, area.col, area.cols, ROLE_FRAME);
	view_scroll_note(canvas, (struct area){notice.row - 1, area.col, 1, area.cols}, first, (size_t)rows,
	                 app->shown_count);
	canvas_wrap(canvas, notice, ROLE_DIM, report_intended_use);
}
