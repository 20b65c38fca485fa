/* The views of the prediction: depth plot, its numbers, the column in cross-section, the skin against time. */
#include "ui/app.h"

static bool has_view(const struct app *app, enum prediction_view view)
{
	const struct prediction *prediction = &app->assessment.prediction;
	const bool predicted = app->assessed && app->assessment.predicted;
	switch (view) {
	case PREDICTION_NUMBERS:
		return predicted && prediction->profile.count > 1;
	case PREDICTION_SECTION:
		return predicted && prediction->section.count > 1;
	case PREDICTION_TIME:
		return predicted && prediction->course.count > 1;
	default:
		return true;
	}
}

enum prediction_view app_prediction_view(const struct app *app)
{
	return has_view(app, app->prediction_view) ? app->prediction_view : PREDICTION_DEPTH;
}

void app_next_view(struct app *app)
{
	if (app_screen(app) != SCREEN_PREDICTION) {
		app_twin_next_view(app);
		return;
	}
	do
		app->prediction_view = (enum prediction_view)((app->prediction_view + 1) % PREDICTION_VIEWS);
	while (!has_view(app, app->prediction_view));
}
