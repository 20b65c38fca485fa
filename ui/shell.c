#include "ui/shell.h"

static enum status show(const struct app *app, struct canvas *canvas, struct fail *why)
{
	int rows, cols;
	enum status status = ST_OK;
	term_size(&rows, &cols);
	if (rows != canvas->rows || cols != canvas->cols)
		status = canvas_resize(canvas, rows, cols, why);
	if (status != ST_OK)
		return status;
	app_draw(app, canvas);
	term_show(canvas);
	return ST_OK;
}

/* False when the program is to end. */
static bool take_event(struct app *app, struct key_event event)
{
	if (event.key == UI_KEY_LEAVE)
		return false;
	if (event.key == UI_KEY_WAKE)
		app_wake(app);
	else if (event.key != UI_KEY_NONE && event.key != UI_KEY_RESIZE)
		app_key(app, event);
	return !app->leaving;
}

static enum status loop(struct app *app, struct jobs *jobs, struct fail *why)
{
	struct canvas *canvas = NULL;
	enum status status = canvas_new(1, 1, term_ascii(), &canvas, why);
	while (status == ST_OK) {
		status = show(app, canvas, why);
		if (status == ST_OK && !take_event(app, term_read(-1, jobs_wake_fd(jobs))))
			break;
	}
	canvas_free(&canvas);
	return status;
}

enum status shell_run(const struct app_source *source, const struct app_engine *engine,
                      const struct term_options *options, int *leave_signal, struct fail *why)
{
	struct jobs *jobs = NULL;
	struct app *app = NULL;
	*leave_signal = 0;
	enum status status = jobs_new(false, &jobs, why);
	if (status == ST_OK)
		status = app_new(source, engine, jobs, &app, why);
	if (status == ST_OK)
		status = term_open(options, why);
	if (status == ST_OK) {
		status = loop(app, jobs, why);
		*leave_signal = term_leave_signal();
		term_close();
	}
	app_free(&app);
	jobs_free(&jobs);
	return status;
}
