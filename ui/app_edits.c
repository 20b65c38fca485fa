/* Undo of readings and answers: how both stood before each change. */
#include "ui/app.h"

static void edit_free(struct app_edit *edit)
{
	facts_free(&edit->answers);
	explicit_bzero(edit, sizeof *edit);
}

static void forget(struct app_edit *edit, size_t *count)
{
	while (*count > 0)
		edit_free(&edit[--*count]);
}

void app_edits_forget(struct app *app)
{
	forget(app->edits.undo, &app->edits.undone);
	forget(app->edits.redo, &app->edits.redone);
}

/* The oldest goes where there is no more room. */
static void push(struct app_edit *edit, size_t *count, const struct app_edit *from)
{
	if (*count == APP_EDITS_MAX) {
		edit_free(&edit[0]);
		memmove(edit, edit + 1, (APP_EDITS_MAX - 1) * sizeof *edit);
		--*count;
	}
	edit[(*count)++] = *from;
}

static bool take_copy(const struct app *app, struct app_edit *out)
{
	struct fail ignored; /* without memory there is no undo of this step, and the step itself goes on */
	*out = (struct app_edit){.readings = app->subject.readings};
	memcpy(out->side, app->request.side, sizeof out->side);
	return facts_clone(app->subject.answers, &out->answers, &ignored) == ST_OK;
}

bool app_edits_begin(const struct app *app, enum action action, struct app_edit *before)
{
	const bool changes = action == ACTION_ENTER || action == ACTION_YES || action == ACTION_NO ||
	                     action == ACTION_CLEAR || action == ACTION_CONFIRM_ASKED;
	return changes && app->open && app_on_patient(app) && take_copy(app, before);
}

void app_edits_end(struct app *app, unsigned serial, struct app_edit *before)
{
	if (!app->open || app->edits.serial == serial) {
		edit_free(before);
		return;
	}
	push(app->edits.undo, &app->edits.undone, before);
	forget(app->edits.redo, &app->edits.redone);
}

/* Puts one back and keeps how it stood until now. */
static void swap(struct app *app, struct app_edit *from, size_t *from_count, struct app_edit *to, size_t *to_count)
{
	struct app_edit now;
	if (*from_count == 0 || !take_copy(app, &now))
		return;
	push(to, to_count, &now);
	struct app_edit *back = &from[--*from_count];
	const bool twin = memcmp(&back->readings, &app->subject.readings, sizeof back->readings) != 0;
	app->subject.readings = back->readings;
	memcpy(app->request.side, back->side, sizeof back->side);
	facts_free(&app->subject.answers);
	app->subject.answers = back->answers;
	back->answers = NULL;
	app->readings_changed = true;
	app_work_note(app, WORK_DUE);
	if (twin)
		app_plan_forget(app); /* another skin: the plan is made anew */
	else
		app_plan_answers_changed(app);
}

void app_edits_undo(struct app *app)
{
	swap(app, app->edits.undo, &app->edits.undone, app->edits.redo, &app->edits.redone);
	app_say(app, ROLE_OK, "The last change of readings or answers is taken back; U makes it again.");
}

void app_edits_redo(struct app *app)
{
	swap(app, app->edits.redo, &app->edits.redone, app->edits.undo, &app->edits.undone);
	app_say(app, ROLE_OK, "Made again.");
}
