/* Worklist: who is to be treated, with what, and how the last plan was judged. */
#include "planner/plan/report.h"
#include "ui/view.h"

struct columns {
	int label, device, indication, state, verdict; /* column offsets; 0: not shown */
	int end;
};

static struct columns layout(int cols)
{
	if (cols >= 100)
		return (struct columns){2, 34, 58, 82, 92, cols};
	if (cols >= 76)
		return (struct columns){2, 24, 45, 0, 64, cols};
	return (struct columns){2, 28, 0, 0, 44, cols};
}

static void cell(struct canvas *canvas, struct area line, int at, int next, enum role role, const char *text)
{
	if (at > 0)
		canvas_text(canvas, line.row, line.col + at, next - at - 1, role, text);
}

static enum role verdict_role(const char *verdict)
{
	for (int v = 0; v < VERDICTS; v++)
		if (strcmp(verdict, verdict_name((enum verdict)v)) == 0)
			return view_verdict_role((enum verdict)v);
	return ROLE_DIM;
}

static void draw_line(struct canvas *canvas, struct area line, struct columns at,
                      const struct app_patient *patient)
{
	char words[APP_NAME_MAX];
	bool marked = patient->is_virtual && strstr(patient->label, "VIRTUAL") == NULL; /* once is enough */
	canvas_format(canvas, line.row, line.col + at.label, at.device - at.label - 1, ROLE_TEXT, "%s%s",
	              patient->label, marked ? " (virtual)" : "");
	cell(canvas, line, at.device, at.indication > 0 ? at.indication : at.verdict, ROLE_TEXT,
	     patient->device_mode);
	view_words(words, sizeof words, patient->indication);
	cell(canvas, line, at.indication, at.state > 0 ? at.state : at.verdict, ROLE_TEXT, words);
	view_words(words, sizeof words, patient->state[0] != '\0' ? patient->state : "no plan");
	cell(canvas, line, at.state, at.verdict, ROLE_TEXT, words);
	view_words(words, sizeof words, patient->verdict[0] != '\0' ? patient->verdict : "-");
	cell(canvas, line, at.verdict, at.end, verdict_role(patient->verdict), words);
}

static void draw_head(struct canvas *canvas, struct area line, struct columns at)
{
	cell(canvas, line, at.label, at.device, ROLE_HEADING, "Patient");
	cell(canvas, line, at.device, at.indication > 0 ? at.indication : at.verdict, ROLE_HEADING, "Device");
	cell(canvas, line, at.indication, at.state > 0 ? at.state : at.verdict, ROLE_HEADING, "Indication");
	cell(canvas, line, at.state, at.verdict, ROLE_HEADING, "Plan");
	cell(canvas, line, at.verdict, at.end, ROLE_HEADING, "Verdict");
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

void screen_worklist(const struct app *app, struct canvas *canvas, struct area area)
{
	struct columns at = layout(area.cols);
	int notice_rows =
	        canvas_wrap(canvas, (struct area){0, 0, 0, area.cols}, ROLE_TEXT, report_intended_use);
	int top = area.row + 1, rows = area.rows - 3 - notice_rows - 1;
	size_t selected = app->selected[SCREEN_WORKLIST];
	size_t first = view_first(selected, (size_t)rows, app->patients);
	draw_head(canvas, (struct area){top, area.col, 1, area.cols}, at);
	for (int i = 0; i < rows && first + (size_t)i < app->patients; i++) {
		struct area line = {top + 1 + i, area.col, 1, area.cols};
		draw_line(canvas, line, at, &app->patient[first + (size_t)i]);
		if (first + (size_t)i == selected)
			view_select_line(canvas, line);
	}
	if (app->patients == 0)
		draw_empty(canvas, (struct area){top + 2, area.col + 2, rows - 2, area.cols - 4});
	struct area notice = {area.row + area.rows - notice_rows, area.col, notice_rows, area.cols};
	canvas_rule(canvas, notice.row - 1, area.col, area.cols, ROLE_FRAME);
	view_scroll_note(canvas, (struct area){notice.row - 1, area.col, 1, area.cols}, first, (size_t)rows,
	                 app->patients);
	canvas_wrap(canvas, notice, ROLE_DIM, report_intended_use);
}
