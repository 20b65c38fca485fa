/* Patient: what was measured and what was answered today. */
#include "ui/view.h"

#define READINGS_COLS 42

static void draw_reading(struct canvas *canvas, struct area line, const struct readings *readings,
                         enum reading id)
{
	const struct reading_spec *spec = readings_spec(id);
	int label = line.cols - 19;
	canvas_text(canvas, line.row, line.col + 2, label - 3, ROLE_TEXT, spec->label);
	if (readings->present[id])
		canvas_format_right(canvas, line.row, line.col + label, 9, ROLE_STRONG, "%.*f",
		                    spec->decimals, readings->value[id]);
	else
		canvas_text_right(canvas, line.row, line.col + label, 9, ROLE_DIM, "not taken");
	canvas_text(canvas, line.row, line.col + label + 10, line.cols - label - 10, ROLE_DIM,
	            readings->present[id] ? spec->unit : "");
}

static void draw_readings(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct readings *readings = &app->subject.readings;
	size_t selected = app->selected[SCREEN_PATIENT], rows = (size_t)area.rows - 1;
	size_t first = view_first(selected, rows, READINGS);
	char heading[64] = "Readings";
	if (readings->present[READING_MEASURED_DAYS_AGO])
		snprintf(heading, sizeof heading, "Readings, %.0f d old",
		         readings->value[READING_MEASURED_DAYS_AGO]);
	view_heading(canvas, area, area.row, heading);
	view_scroll_note(canvas, area, first, rows, READINGS);
	for (size_t i = 0; i < rows && first + i < READINGS; i++) {
		struct area line = {area.row + 1 + (int)i, area.col, 1, area.cols};
		draw_reading(canvas, line, readings, (enum reading)(first + i));
		if (first + i == selected)
			view_select_line(canvas, line);
	}
}

struct answers {
	size_t not_answered, no, listed;
	size_t list[256];
};

static bool says_no(const struct fact_spec *spec, const struct expr_value *value)
{
	switch (value->type) {
	case EXPR_BOOL:
		return !value->truth;
	case EXPR_NUMBER: /* "never" is infinite */
		return !isfinite(value->number) || (spec->no == NO_IS_ZERO && value->number == 0.0);
	case EXPR_LIST:
		return value->items == 0;
	default:
		return value->text == NULL || value->text[0] == '\0';
	}
}

/* Unanswered questions first, then what was not a plain no. */
static void sort_answers(const struct facts *facts, struct answers *out)
{
	*out = (struct answers){.not_answered = 0};
	for (int pass = 0; pass < 2; pass++)
		for (size_t id = 0; id < facts_spec_count(); id++) {
			struct expr_value value;
			bool set = facts_state(facts, id) == FACT_SET;
			if (facts_spec(id)->kind != FACT_QUESTION || set != (pass == 1))
				continue;
			facts_get(facts, id, &value);
			if (!set && value.known)
				continue; /* not asked of this sex */
			out->not_answered += !set;
			bool no = set && says_no(facts_spec(id), &value);
			out->no += no;
			if (!no && out->listed < sizeof out->list / sizeof *out->list)
				out->list[out->listed++] = id;
		}
}

static void answer_text(const struct facts *facts, size_t id, char *out, size_t capacity)
{
	struct expr_value value;
	size_t used = 0;
	facts_get(facts, id, &value);
	out[0] = '\0';
	if (facts_state(facts, id) != FACT_SET)
		snprintf(out, capacity, "NOT ANSWERED");
	else if (value.type == EXPR_BOOL)
		snprintf(out, capacity, "yes");
	else if (value.type == EXPR_NUMBER)
		snprintf(out, capacity, "%g %s", value.number, facts_spec(id)->unit);
	else if (value.type == EXPR_TEXT)
		snprintf(out, capacity, "%s", value.text);
	else
		for (size_t i = 0; i < value.items && used < capacity; i++)
			used += (size_t)snprintf(out + used, capacity - used, "%s%s", i > 0 ? ", " : "",
			                         value.item[i]);
}

static void draw_answer(const struct facts *facts, struct canvas *canvas, struct area line, size_t id)
{
	char answer[160];
	enum role role = facts_state(facts, id) == FACT_SET ? ROLE_STRONG : ROLE_CAUTION;
	answer_text(facts, id, answer, sizeof answer);
	int width = text_width(answer) < line.cols / 2 ? text_width(answer) : line.cols / 2;
	canvas_text(canvas, line.row, line.col, line.cols - width - 2, ROLE_TEXT, facts_spec(id)->wording);
	canvas_text_right(canvas, line.row, line.col + line.cols - width, width, role, answer);
}

static void draw_answers(const struct app *app, struct canvas *canvas, struct area area)
{
	struct answers answers;
	sort_answers(app->subject.answers, &answers);
	view_heading(canvas, area, area.row, "Answers");
	size_t rows = area.rows > 3 ? (size_t)area.rows - 3 : 0;
	size_t shown = answers.listed < rows ? answers.listed : rows;
	for (size_t i = 0; i < shown; i++)
		draw_answer(app->subject.answers, canvas,
		            (struct area){area.row + 1 + (int)i, area.col, 1, area.cols}, answers.list[i]);
	canvas_format(canvas, area.row + area.rows - 1, area.col, area.cols,
	              answers.not_answered > 0 ? ROLE_CAUTION : ROLE_DIM,
	              "%zu not answered%s, %zu answered no%s", answers.not_answered,
	              answers.not_answered > 0 ? " (never taken as no)" : "", answers.no,
	              shown < answers.listed ? "; more than fits" : "");
}

static void draw_detail(const struct app *app, struct canvas *canvas, struct area area)
{
	enum reading id = (enum reading)app->selected[SCREEN_PATIENT];
	const struct reading_spec *spec = readings_spec(id);
	double min, max;
	readings_range(&app->subject.readings, id, &min, &max);
	canvas_rule(canvas, area.row, area.col, area.cols, ROLE_FRAME);
	canvas_format(canvas, area.row + 1, area.col, area.cols, ROLE_DIM, "%s: plausible %g to %g %s. %s",
	              spec->label, min, max, spec->unit, spec->source);
}

void screen_patient(const struct app *app, struct canvas *canvas, struct area area)
{
	if (!app->open)
		return;
	const struct readings *readings = &app->subject.readings;
	char indication[APP_NAME_MAX];
	view_words(indication, sizeof indication, app->request.indication);
	canvas_format(canvas, area.row, area.col, area.cols, ROLE_TEXT, "For %s on %s; melanin scale %s",
	              indication[0] != '\0' ? indication : "no indication",
	              app->request.zones > 0 ? app->request.zone[0] : "no zone",
	              melanin_scale_name(readings->mi_scale));
	struct area left = {area.row + 1, area.col, area.rows - 3,
	                    area.cols < 76 ? area.cols / 2 : READINGS_COLS};
	if (area.cols >= VIEW_COLS_WIDE)
		left.cols = area.cols / 2 - 2;
	struct area right = {left.row, left.col + left.cols + 2, left.rows, area.cols - left.cols - 2};
	draw_readings(app, canvas, left);
	draw_answers(app, canvas, right);
	draw_detail(app, canvas, (struct area){area.row + area.rows - 2, area.col, 2, area.cols});
}
