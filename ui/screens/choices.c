/* Choosing from a list, and the ten questions for the skin type; both drawn over the patient screen. */
#include "ui/view.h"

#define CHOICE_ROWS_MAX 14
#define FORM_COLS_MAX 76
#define ANSWERS 5
#define QUESTION_COLS 33 /* the longest with its number */

void screen_choice(const struct app *app, struct canvas *canvas, struct area area)
{
	size_t count = app_choice_count(app->choosing.choice), selected = app->selected[SCREEN_CHOICE];
	size_t current = app_choice_current(app, app->choosing);
	char label[APP_NAME_MAX];
	int rows = (int)count + 5 < CHOICE_ROWS_MAX ? (int)count + 5 : CHOICE_ROWS_MAX;
	struct area box = view_dialog(area, rows), in = area_inside(box, 1, 2);
	size_t shown = (size_t)in.rows - 3, first = view_first(selected, shown, count);
	canvas_box(canvas, box, ROLE_KEY, app_choice_label(app, app->choosing, label, sizeof label));
	for (size_t i = 0; i < shown && first + i < count; i++) {
		struct area line = {in.row + (int)i, in.col, 1, in.cols};
		canvas_text(canvas, line.row, line.col + 2, line.cols - 8, ROLE_TEXT,
		            app_choice_option(app->choosing.choice, first + i));
		if (first + i == current)
			canvas_text_right(canvas, line.row, line.col, line.cols, ROLE_DIM, "now");
		if (first + i == selected)
			view_select_line(canvas, line);
	}
	view_scroll_note(canvas, (struct area){in.row + (int)shown, in.col, 1, in.cols}, first, shown, count);
	struct area note = {in.row + in.rows - 2, in.col, 2, in.cols};
	if (app->entry.refusal.text[0] != '\0')
		canvas_wrap(canvas, note, ROLE_STOP, app->entry.refusal.text);
	else
		canvas_text(canvas, note.row + 1, note.col, note.cols, ROLE_DIM,
		            "Enter takes it, Esc leaves it as it is");
}

/* --- skin type ---------------------------------------------------------------------------------------- */

static void draw_question(const struct skin_form *form, struct canvas *canvas, struct area line, size_t at)
{
	const struct fitzpatrick_question *question = fitzpatrick_question(at);
	int points = form->answer[at], half = line.cols / 2;
	int middle = half > QUESTION_COLS ? half : QUESTION_COLS;
	canvas_format(canvas, line.row, line.col + 2, middle - 3, ROLE_TEXT, "%2zu %s", at + 1, question->text);
	if (points == SKIN_FORM_OPEN) {
		canvas_text(canvas, line.row, line.col + middle, line.cols - middle - 3, ROLE_DIM, "-");
		return;
	}
	canvas_text(canvas, line.row, line.col + middle, line.cols - middle - 3, ROLE_STRONG,
	            question->answer[points]);
	canvas_format_right(canvas, line.row, line.col, line.cols, ROLE_STRONG, "%d", points);
}

static void draw_answers(const struct skin_form *form, struct canvas *canvas, struct area area, size_t at)
{
	const struct fitzpatrick_question *question = fitzpatrick_question(at);
	for (int points = 0; points < ANSWERS; points++) {
		bool chosen = form->answer[at] == points;
		struct area line = {area.row + points, area.col, 1, area.cols};
		canvas_format(canvas, line.row, line.col + 2, 2, ROLE_KEY, "%d", points);
		canvas_format(canvas, line.row, line.col + 4, line.cols - 4, chosen ? ROLE_STRONG : ROLE_TEXT,
		              "%s%s", question->answer[points], chosen ? "  (chosen)" : "");
	}
}

static void draw_sum(const struct skin_form *form, struct canvas *canvas, struct area line)
{
	struct skin_points sum = app_skin_points(form);
	char types[24];
	if (sum.type_min == sum.type_max)
		snprintf(types, sizeof types, "type %s", fitzpatrick_name(sum.type_min));
	else
		snprintf(types, sizeof types, "type %s to %s", fitzpatrick_name(sum.type_min),
		         fitzpatrick_name(sum.type_max));
	if (form->refused)
		canvas_format(canvas, line.row, line.col, line.cols, ROLE_STOP,
		              "%d of 10 not answered: all ten make the type",
		              FITZPATRICK_QUESTIONS - sum.answered);
	else
		canvas_format(canvas, line.row, line.col, line.cols, ROLE_STRONG, "%d of 10 answered, %d points, %s",
		              sum.answered, sum.points, types);
}

void screen_skin_type(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct skin_form *form = &app->skin_form;
	size_t selected = app->selected[SCREEN_SKIN_TYPE];
	int cols = area.cols < FORM_COLS_MAX ? area.cols : FORM_COLS_MAX, top = area.row;
	int rows = FITZPATRICK_QUESTIONS + ANSWERS + 5;
	bool roomy = area.rows >= rows; /* else without the box's frame and the rule */
	struct area box = {top, area.col + (area.cols - cols) / 2, roomy ? rows : area.rows, cols};
	struct area in = roomy ? area_inside(box, 1, 2) : box;
	if (roomy)
		canvas_box(canvas, box, ROLE_KEY, "Skin type: 0-4 or Left/Right answer, Enter accepts");
	else
		canvas_clear_area(canvas, box);
	for (size_t i = 0; i < FITZPATRICK_QUESTIONS; i++) {
		struct area line = {in.row + (int)i, in.col, 1, in.cols};
		draw_question(form, canvas, line, i);
		if (i == selected)
			view_select_line(canvas, line);
	}
	int row = in.row + FITZPATRICK_QUESTIONS;
	if (roomy)
		row = view_heading(canvas, in, row, fitzpatrick_question(selected)->text);
	draw_answers(form, canvas, (struct area){row, in.col, ANSWERS, in.cols}, selected);
	draw_sum(form, canvas, (struct area){row + ANSWERS + (roomy ? 1 : 0), in.col, 1, in.cols});
}
