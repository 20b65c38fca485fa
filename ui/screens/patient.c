/* Patient: what was measured, and which questions are open or were not answered with a plain no. */
#include "ui/view.h"

#define READINGS_COLS 43
#define VALUE_COLS 9
#define UNIT_COLS 7

/* --- readings ------------------------------------------------------------------------------------------- */

static void draw_choice(const struct app *app, struct canvas *canvas, struct area line,
                        struct patient_row row)
{
	const size_t current = app_choice_current(app, row);
	const char *option = app_choice_option(row.choice, current);
	bool recorded = row.choice == CHOICE_SCALE || current > 0;
	int end = line.cols - UNIT_COLS;
	char label[APP_NAME_MAX];
	canvas_text(canvas, line.row, line.col + 2, end - 2, ROLE_TEXT, app_choice_label(app, row, label, sizeof label));
	canvas_text_right(canvas, line.row, line.col + end / 2, end - end / 2,
	                  recorded ? ROLE_STRONG : ROLE_DIM, option != NULL ? option : "unknown");
}

static void draw_reading(struct canvas *canvas, struct area line, const struct readings *readings,
                         enum reading id)
{
	const struct reading_spec *spec = readings_spec(id);
	int value = line.cols - UNIT_COLS - VALUE_COLS;
	canvas_text(canvas, line.row, line.col + 2, value - 3, ROLE_TEXT, spec->label);
	if (readings->present[id])
		canvas_format_right(canvas, line.row, line.col + value, VALUE_COLS, ROLE_STRONG, "%.*f",
		                    spec->decimals, readings->value[id]);
	else
		canvas_text_right(canvas, line.row, line.col + value, VALUE_COLS, ROLE_DIM, "not taken");
	canvas_text(canvas, line.row, line.col + line.cols - UNIT_COLS + 1, UNIT_COLS - 1, ROLE_DIM,
	            readings->present[id] ? spec->unit : "");
}

static void draw_readings(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct readings *readings = &app->subject.readings;
	size_t selected = app->selected[SCREEN_PATIENT], rows = (size_t)area.rows - 1;
	size_t count = app_patient_rows(app), first = view_first(selected, rows, count);
	view_heading(canvas, area, area.row, "Readings");
	view_scroll_note(canvas, area, first, rows, count);
	for (size_t i = 0; i < rows && first + i < count; i++) {
		struct area line = {area.row + 1 + (int)i, area.col, 1, area.cols};
		struct patient_row row = app_patient_row(first + i);
		if (row.choice != CHOICE_NONE)
			draw_choice(app, canvas, line, row);
		else
			draw_reading(canvas, line, readings, row.reading);
		if (first + i == selected)
			view_select_line(canvas, line);
	}
}

/* --- answers -------------------------------------------------------------------------------------------- */

struct answers {
	size_t open, no, other;
	size_t open_id[APP_QUESTIONS_MAX], other_id[APP_QUESTIONS_MAX];
};

static void sort_answers(const struct app *app, struct answers *out)
{
	const struct facts *facts = app->subject.answers;
	*out = (struct answers){.open = 0};
	for (size_t id = 0; id < facts_spec_count(); id++) {
		if (!app_question_asked(app, id) || out->open + out->no + out->other == APP_QUESTIONS_MAX)
			continue;
		if (app_question_open(app, id))
			out->open_id[out->open++] = id;
		else if (app_answer_is_no(facts, id))
			out->no++;
		else
			out->other_id[out->other++] = id;
	}
}

/* The question over at most rows rows, its answer beside the first; returns the rows used. */
static int draw_answer(const struct facts *facts, struct canvas *canvas, struct area line, int rows, size_t id)
{
	char answer[160];
	const char *wording = facts_spec(id)->wording;
	app_answer_text(facts, id, answer, sizeof answer);
	int width = text_width(answer) < line.cols / 2 ? text_width(answer) : line.cols / 2;
	int room = line.cols - width - 2, needed = canvas_wrap_rows(wording, room);
	canvas_text_right(canvas, line.row, line.col + line.cols - width, width, ROLE_STRONG, answer);
	if (rows < needed) {
		canvas_text(canvas, line.row, line.col, room, ROLE_TEXT, wording);
		return 1;
	}
	return canvas_wrap(canvas, (struct area){line.row, line.col, needed, room}, ROLE_TEXT, wording);
}

/* At most rows lines, the last of them "and n more" where they do not suffice; returns the row below. */
static int draw_open(struct canvas *canvas, struct area area, int rows, const struct answers *answers)
{
	char heading[48];
	size_t fit = answers->open <= (size_t)rows ? answers->open : (size_t)(rows > 0 ? rows - 1 : 0);
	snprintf(heading, sizeof heading, "Not answered: %zu", answers->open);
	int row = view_heading(canvas, area, area.row, heading);
	for (size_t i = 0; i < fit; i++)
		canvas_text(canvas, row++, area.col, area.cols, ROLE_CAUTION,
		            facts_spec(answers->open_id[i])->wording);
	if (fit < answers->open)
		canvas_format(canvas, row++, area.col, area.cols, ROLE_CAUTION, "and %zu more: w asks them",
		              answers->open - fit);
	return row;
}

static void draw_answers(const struct app *app, struct canvas *canvas, struct area area)
{
	struct answers answers;
	int row = area.row, end = area.row + area.rows;
	sort_answers(app, &answers);
	if (answers.open > 0) {
		int others = (int)answers.other + 2, half = area.rows / 2;
		row = draw_open(canvas, area, area.rows - 1 - (others < half ? others : half), &answers);
	}
	char heading[64];
	snprintf(heading, sizeof heading, "Answered: %zu no, %zu other", answers.no, answers.other);
	row = view_heading(canvas, area, row, heading);
	for (size_t i = 0; i < answers.other && row < end; i++) {
		int spare = end - row - (int)(answers.other - i - 1); /* the others need a row each */
		row += draw_answer(app->subject.answers, canvas, (struct area){row, area.col, 1, area.cols},
		                   spare, answers.other_id[i]);
	}
}

/* Where there is no room beside the readings: one line. */
static void draw_answers_line(const struct app *app, struct canvas *canvas, struct area line)
{
	struct answers answers;
	sort_answers(app, &answers);
	canvas_format(canvas, line.row, line.col, line.cols, answers.open > 0 ? ROLE_CAUTION : ROLE_DIM,
	              "Questions: %zu not answered, %zu no, %zu other; w shows them", answers.open, answers.no,
	              answers.other);
}

/* --- the screen ----------------------------------------------------------------------------------------- */

static void draw_detail(const struct app *app, struct canvas *canvas, struct area area)
{
	struct patient_row row = app_patient_row(app->selected[SCREEN_PATIENT]);
	canvas_rule(canvas, area.row, area.col, area.cols, ROLE_FRAME);
	if (row.choice != CHOICE_NONE) {
		char label[APP_NAME_MAX];
		canvas_format(canvas, area.row + 1, area.col, area.cols, ROLE_DIM, "%s: Enter shows the choices%s",
		              app_choice_label(app, row, label, sizeof label),
		              row.choice == CHOICE_TYPE ? "; t finds it by ten questions" : "");
		return;
	}
	const struct reading_spec *spec = readings_spec(row.reading);
	double min, max;
	readings_range(&app->subject.readings, row.reading, &min, &max);
	canvas_format(canvas, area.row + 1, area.col, area.cols, ROLE_DIM, "%s: plausible %g to %g%s%s (%s)",
	              spec->label, min, max, spec->unit[0] != '\0' ? " " : "", spec->unit, spec->source);
}

static void draw_purpose(const struct app *app, struct canvas *canvas, struct area line)
{
	char text[PLANNING_ZONES_MAX * PLANNING_TEXT_MAX], zone[PLANNING_TEXT_MAX + 20], indication[APP_NAME_MAX];
	view_words(indication, sizeof indication, app->request.indication);
	size_t used = (size_t)snprintf(text, sizeof text, "For %s on ",
	                               indication[0] != '\0' ? indication : "no indication");
	for (size_t i = 0; i < app->request.zones && used < sizeof text; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " and " : "",
		                         side_of_zone(app->request.zone[i], app->request.side[i], zone, sizeof zone));
	if (app->request.zones == 0)
		snprintf(text + used, sizeof text - used, "no zone");
	canvas_text(canvas, line.row, line.col, line.cols, ROLE_TEXT, text);
}

void screen_patient(const struct app *app, struct canvas *canvas, struct area area)
{
	if (!app->open)
		return;
	struct area left = {area.row + 1, area.col, area.rows - 3, READINGS_COLS};
	draw_purpose(app, canvas, area);
	if (view_wide(canvas, area))
		left.cols = area.cols / 2 - 2;
	if (!view_full(canvas, area)) {
		left.cols = area.cols;
		left.rows--;
		draw_answers_line(app, canvas, (struct area){left.row + left.rows, area.col, 1, area.cols});
	} else {
		struct area right = {left.row, left.col + left.cols + 2, left.rows,
		                     area.cols - left.cols - 2};
		draw_answers(app, canvas, right);
	}
	draw_readings(app, canvas, left);
	draw_detail(app, canvas, (struct area){area.row + area.rows - 2, area.col, 2, area.cols});
}
