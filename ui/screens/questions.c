/* Questions: every safety question with its answer, the open ones first, by what they are about; and the
 * confirmation of "no" to all that are open. */
#include "ui/view.h"

#define DETAIL_ROWS 5
#define LINES_MAX (2 * APP_QUESTIONS_MAX)
#define HEADING_LINE SIZE_MAX

/* A line is a question (its place in the list) or, before the first of a group, the group's heading. */
struct lines {
	size_t count, selected;
	size_t place[LINES_MAX];
	size_t next[LINES_MAX]; /* of a heading: the question below it */
};

static bool starts_group(const struct questions *questions, size_t place)
{
	if (place == 0 || place == questions->open_first)
		return true;
	return facts_question_group(questions->id[place]) != facts_question_group(questions->id[place - 1]);
}

static void lay_out(const struct app *app, struct lines *out)
{
	*out = (struct lines){.count = 0};
	for (size_t place = 0; place < app->questions.count; place++) {
		if (starts_group(&app->questions, place)) {
			out->next[out->count] = place;
			out->place[out->count++] = HEADING_LINE;
		}
		if (place == app->selected[SCREEN_QUESTIONS])
			out->selected = out->count;
		out->place[out->count++] = place;
	}
}

static enum role answer_role(const struct app *app, size_t id)
{
	if (app_question_open(app, id))
		return ROLE_CAUTION;
	return app_answer_is_no(app->subject.answers, id) ? ROLE_DIM : ROLE_STRONG;
}

static void draw_question(const struct app *app, struct canvas *canvas, struct area line, size_t id)
{
	char answer[160];
	app_answer_text(app->subject.answers, id, answer, sizeof answer);
	int width = text_width(answer) < line.cols / 3 ? text_width(answer) : line.cols / 3;
	canvas_text(canvas, line.row, line.col + 2, line.cols - width - 4, ROLE_TEXT, facts_spec(id)->wording);
	canvas_text_right(canvas, line.row, line.col + line.cols - width, width, answer_role(app, id), answer);
}

static void draw_line(const struct app *app, struct canvas *canvas, struct area line,
                      const struct lines *lines, size_t at)
{
	const struct questions *questions = &app->questions;
	if (lines->place[at] != HEADING_LINE) {
		draw_question(app, canvas, line, questions->id[lines->place[at]]);
		if (at == lines->selected)
			view_select_line(canvas, line);
		return;
	}
	size_t place = lines->next[at];
	canvas_format(canvas, line.row, line.col, line.cols, ROLE_HEADING, "%s%s",
	              facts_question_group(questions->id[place]),
	              place >= questions->open_first ? ", answered before" : "");
}

static const char *takes(const struct fact_spec *spec)
{
	switch (spec->type) {
	case EXPR_BOOL:
		return "y yes, n no, x not answered";
	case EXPR_NUMBER:
		return spec->no == NO_IS_NEVER ? "Enter types the number, n never, x not answered"
		                               : "Enter types the number, n no, x not answered";
	case EXPR_LIST:
		return "Enter types the names, n none, x not answered";
	default:
		return "Enter types the name, n none, x not answered";
	}
}

static void draw_detail(const struct app *app, struct canvas *canvas, struct area area)
{
	char answer[320];
	size_t selected = app->selected[SCREEN_QUESTIONS];
	canvas_rule(canvas, area.row, area.col, area.cols, ROLE_FRAME);
	if (selected >= app->questions.count)
		return;
	size_t id = app->questions.id[selected];
	int row = area.row + 1, end = area.row + area.rows;
	row += canvas_wrap(canvas, (struct area){row, area.col, 2, area.cols}, ROLE_STRONG,
	                   facts_spec(id)->wording);
	app_answer_text(app->subject.answers, id, answer, sizeof answer);
	canvas_text(canvas, row, area.col, 8, ROLE_DIM, "answer");
	canvas_text(canvas, row, area.col + 8, area.cols - 8, answer_role(app, id), answer);
	if (row + 1 < end)
		canvas_format(canvas, row + 1, area.col, area.cols, ROLE_DIM, "takes   %s",
		              takes(facts_spec(id)));
}

void screen_questions(const struct app *app, struct canvas *canvas, struct area area)
{
	struct lines lines;
	char heading[80];
	size_t open = app_questions_open(app), rows = (size_t)(area.rows - 1 - DETAIL_ROWS);
	if (!app->open)
		return;
	lay_out(app, &lines);
	size_t first = view_first(lines.selected, rows, lines.count);
	if (first == 1)
		first = 0; /* the first heading is worth its line */
	snprintf(heading, sizeof heading,
	         open > 0 ? "Questions: %zu not answered (never taken as no)" : "Questions: all answered",
	         open);
	view_heading(canvas, area, area.row, heading);
	view_scroll_note(canvas, area, first, rows, lines.count);
	for (size_t i = 0; i < rows && first + i < lines.count; i++)
		draw_line(app, canvas, (struct area){area.row + 1 + (int)i, area.col, 1, area.cols}, &lines,
		          first + i);
	draw_detail(app, canvas,
	            (struct area){area.row + area.rows - DETAIL_ROWS, area.col, DETAIL_ROWS, area.cols});
}

/* --- no to all -------------------------------------------------------------------------------------------- */

#define GROUPS_MAX 12

/* How many are open in each group, in the order of the questions; returns the number of groups. */
static size_t count_groups(const struct app *app, const char *title[GROUPS_MAX], size_t open[GROUPS_MAX])
{
	size_t groups = 0;
	for (size_t id = 0; id < facts_spec_count(); id++) {
		if (!app_question_open(app, id))
			continue;
		const char *group = facts_question_group(id);
		if (groups > 0 && title[groups - 1] == group) {
			open[groups - 1]++;
		} else if (groups < GROUPS_MAX) {
			title[groups] = group;
			open[groups++] = 1;
		}
	}
	return groups;
}

static const char confirmation[] =
        "Each of them will stand as the patient's answer \"no\". Press A only if the patient was asked every one "
        "of these questions today and said no to each. A question that was not asked must stay open.";

void screen_all_no(const struct app *app, struct canvas *canvas, struct area area)
{
	const char *title[GROUPS_MAX];
	size_t open[GROUPS_MAX], groups = count_groups(app, title, open);
	struct area box = view_dialog(area, (int)groups + 10 < area.rows ? (int)groups + 10 : area.rows);
	struct area in = area_inside(box, 1, 2);
	char heading[64];
	snprintf(heading, sizeof heading, "No to %zu open question%s?", app_questions_open(app),
	         app_questions_open(app) == 1 ? "" : "s");
	canvas_box(canvas, box, ROLE_CAUTION, heading);
	int row = in.row;
	for (size_t i = 0; i < groups; i++, row++) {
		canvas_format_right(canvas, row, in.col, 4, ROLE_STRONG, "%zu", open[i]);
		canvas_text(canvas, row, in.col + 5, in.cols - 5, ROLE_TEXT, title[i]);
	}
	row += 1 + canvas_wrap(canvas, (struct area){row + 1, in.col, 4, in.cols}, ROLE_CAUTION, confirmation);
	int used = canvas_text(canvas, row + 1, in.col, in.cols, ROLE_KEY, "Esc");
	used += canvas_text(canvas, row + 1, in.col + used, in.cols, ROLE_TEXT, " leaves them open      ");
	used += canvas_text(canvas, row + 1, in.col + used, in.cols, ROLE_KEY, "A");
	canvas_text(canvas, row + 1, in.col + used, in.cols - used, ROLE_TEXT, " all were asked");
}
