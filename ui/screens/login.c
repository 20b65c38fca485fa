/* The lock's face: nothing of a patient, two fields, why the last try failed. */
#include "ui/lock.h"
#include "ui/view.h"

enum { FORM_ROWS = 13, FORM_COLS = 64, FIELD_COL = 9, DOTS_MAX = 32 };

static void field(struct canvas *canvas, struct area in, int row, const char *name, const char *text, bool here)
{
	canvas_text(canvas, in.row + row, in.col, FIELD_COL, ROLE_DIM, name);
	canvas_format(canvas, in.row + row, in.col + FIELD_COL, in.cols - FIELD_COL, here ? ROLE_STRONG : ROLE_TEXT, "%s%s",
	              text, here ? "_" : "");
}

/* As many dots as bytes, but not more than some: a long secret need not show how long it is. */
static void dots(char *out, size_t count)
{
	if (count > DOTS_MAX)
		count = DOTS_MAX;
	memset(out, '*', count);
	out[count] = '\0';
}

void screen_login(const struct lock_form *form, struct canvas *canvas)
{
	char secret[DOTS_MAX + 1], title[96];
	int cols = canvas->cols < FORM_COLS ? canvas->cols : FORM_COLS;
	struct area box = {canvas->rows > FORM_ROWS ? (canvas->rows - FORM_ROWS) / 2 : 0, (canvas->cols - cols) / 2,
	                   FORM_ROWS, cols};
	struct area in = area_inside(box, 1, 2);
	canvas_clear(canvas);
	(void)snprintf(title, sizeof title, "lasertwin: %s, locked", form->place);
	canvas_box(canvas, box, ROLE_FRAME, title);
	dots(secret, form->length);
	field(canvas, in, 1, "Login", form->login, !form->on_secret);
	field(canvas, in, 3, "Secret", secret, form->on_secret);
	canvas_wrap(canvas, (struct area){in.row + 5, in.col, 2, in.cols}, ROLE_STOP, form->said);
	canvas_wrap(canvas, (struct area){in.row + 7, in.col, 2, in.cols}, ROLE_VIRTUAL, form->hint);
	canvas_text(canvas, in.row + 9, in.col, in.cols, ROLE_DIM, "Enter log in  Tab other field  Esc clear, again: leave");
}
