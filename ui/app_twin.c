/* The views of the twin screen: properties, what the readings say, forecasts, versions. */
#include "planner/twin/twin_text.h"
#include "ui/app.h"

void app_twin_forget(struct app *app)
{
	free(app->twin_lines);
	app->twin_lines = NULL;
	app->twin_view = TWIN_VIEW_PROPERTIES;
}

/* Where there is nobody to ask the view is left out. */
static bool has_view(const struct app *app, enum twin_view view)
{
	if (view == TWIN_VIEW_FORECAST)
		return app->engine->forecast != NULL;
	return view != TWIN_VIEW_HISTORY || app->source->history != NULL;
}

static enum status view_text(const struct app *app, enum twin_view view, char **text, struct fail *why)
{
	const struct planning *planning = app->plan->planning;
	if (view == TWIN_VIEW_FORECAST)
		return app->engine->forecast(app->engine->context, planning, &app->plan->subject, text, why);
	if (view == TWIN_VIEW_HISTORY)
		return app->source->history(app->source->context, app->open_index, text, why);
	return twin_readings_text(app->engine->twin(planning), text, why);
}

void app_twin_next_view(struct app *app)
{
	enum twin_view view = app->twin_view;
	struct fail why;
	char *text = NULL;
	do
		view = (enum twin_view)((view + 1) % TWIN_VIEWS);
	while (!has_view(app, view));
	app_twin_forget(app);
	app->selected[SCREEN_TWIN] = 0;
	if (view == TWIN_VIEW_PROPERTIES)
		return;
	if (view_text(app, view, &text, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "%s", why.text);
		return;
	}
	app->twin_lines = text;
	app->twin_view = view;
}

size_t app_twin_line_count(const struct app *app)
{
	size_t lines = 0;
	if (app->twin_view == TWIN_VIEW_PROPERTIES || app->twin_lines == NULL)
		return TWIN_PROPERTIES;
	for (const char *at = app->twin_lines; *at != '\0'; lines++) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return lines;
}
