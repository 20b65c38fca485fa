/* What the screens share: frame, footer, lists, numbers with their error, and one function per screen.
 * Everything here is a pure function from the model to cells. */
#ifndef LASERTWIN_UI_VIEW_H
#define LASERTWIN_UI_VIEW_H

#include "ui/app.h"

#define VIEW_COLS_MIN 60
#define VIEW_ROWS_MIN 20
#define VIEW_COLS_FULL 76  /* from here on the parameters screen has its plot */
#define VIEW_RULE_COLS 11  /* the longest rule id */
#define VIEW_COLS_WIDE 110 /* from here on panels stand side by side */

/* Whether the plot has room beside the numbers, and panels beside each other. */
bool view_full(const struct canvas *canvas, struct area area);
bool view_wide(const struct canvas *canvas, struct area area);

/* First line of a window of rows lines that keeps the selected one in view. */
size_t view_first(size_t selected, size_t rows, size_t count);
/* Marks the line of a list as selected: a sign in its first column and reverse video. */
void view_select_line(struct canvas *canvas, struct area line);
/* "line 12 of 40" at the lower right corner when not all lines fit. */
void view_scroll_note(struct canvas *canvas, struct area area, size_t first, size_t rows, size_t count);
/* "3 tagged" at the right end of the row, where something is; the sign of a tagged line, after that of selection. */
void view_tags(const struct app *app, struct canvas *canvas, struct area line);
void view_tag(struct canvas *canvas, struct area line, const struct app_tag *tag);
/* Heading with a rule to the right end; returns the row below. */
int view_heading(struct canvas *canvas, struct area area, int row, const char *text);

/* A box of that many rows over the area. */
struct area view_dialog(struct area area, int rows);

/* A key as words: "acne_scars_atrophic" -> "acne scars atrophic". */
void view_words(char *out, size_t capacity, const char *key);
/* "energy" -> "Energy". */
void view_capital(char *out, size_t capacity, const char *word);

enum role view_verdict_role(enum verdict verdict);
enum role view_outcome_role(enum outcome outcome);
/* "52.3  [48.1 .. 57.0]"; "-" when absent. */
void view_band(char *out, size_t capacity, const struct band *band, int decimals);
/* "eam": extrapolated, assumed, model limit; empty when none. */
const char *view_flags(unsigned flags, char out[4]);

/* Says why there is no plan to show (preparing with progress, failed, none) and returns true then. */
bool view_no_plan(const struct app *app, struct canvas *canvas, struct area area);
/* Why the assessment has no prediction, and what to do about it. */
void view_no_prediction(const struct app *app, struct canvas *canvas, struct area area);
/* The depth plot of the assessment, with where in the beam it was taken. */
/* Pictures of the prediction (screens/pictures.c); those it has. */
void view_section(const struct app *app, struct canvas *canvas, struct area area);
void view_time_course(const struct app *app, struct canvas *canvas, struct area area);
void view_depth_numbers(const struct app *app, struct canvas *canvas, struct area area);
void view_depth_plot(const struct app *app, struct canvas *canvas, struct area area);
/* One line for a finding at row; returns nothing. */
void view_finding_line(struct canvas *canvas, struct area line, const struct finding *finding);

void screen_worklist(const struct app *app, struct canvas *canvas, struct area area);
void screen_patient(const struct app *app, struct canvas *canvas, struct area area);
void screen_twin(const struct app *app, struct canvas *canvas, struct area area);
void screen_device(const struct app *app, struct canvas *canvas, struct area area);
void screen_parameters(const struct app *app, struct canvas *canvas, struct area area);
void screen_prediction(const struct app *app, struct canvas *canvas, struct area area);
void screen_checks(const struct app *app, struct canvas *canvas, struct area area);
void screen_alternatives(const struct app *app, struct canvas *canvas, struct area area);
void screen_questions(const struct app *app, struct canvas *canvas, struct area area);
void screen_explore(const struct app *app, struct canvas *canvas, struct area area);
void screen_goals(const struct app *app, struct canvas *canvas, struct area area);
void screen_plans(const struct app *app, struct canvas *canvas, struct area area);
void screen_approve(const struct app *app, struct canvas *canvas, struct area area);
void screen_treat(const struct app *app, struct canvas *canvas, struct area area);
void screen_histogram(const struct app *app, struct canvas *canvas, struct area area);
void screen_listing(const struct app *app, struct canvas *canvas, struct area area);
void screen_form(const struct app *app, struct canvas *canvas, struct area area);
void screen_help(const struct app *app, struct canvas *canvas, struct area area);
void screen_messages(const struct app *app, struct canvas *canvas, struct area area);
void screen_palette(const struct app *app, struct canvas *canvas, struct area area);
void screen_entry(const struct app *app, struct canvas *canvas, struct area area);
void screen_choice(const struct app *app, struct canvas *canvas, struct area area);
void screen_skin_type(const struct app *app, struct canvas *canvas, struct area area);
void screen_unfinished(const struct app *app, struct canvas *canvas, struct area area);
void screen_all_no(const struct app *app, struct canvas *canvas, struct area area);
void screen_tour(const struct app *app, struct canvas *canvas, struct area area);
void screen_tagged(const struct app *app, struct canvas *canvas, struct area area);
void screen_keys(const struct app *app, struct canvas *canvas, struct area area);
void screen_quit(const struct app *app, struct canvas *canvas, struct area area);

#endif
