/* The map of two settings: made by the worker, walked with the arrow keys, taken with Enter. */
#include "ui/app.h"

enum status app_explore_work(void *argument, void *context, struct fail *why)
{
	struct app_task *task = argument;
	return task->engine->explore(task->plan->planning, &task->settings, task->map->x, task->map->y, job_progress,
	                             context, task->map, why);
}

void app_explore_forget(struct app *app)
{
	free(app->map);
	app->map = NULL;
	app->map_stale = app->map_wanted = false;
}

/* The cursor begins where the plan's settings stand. */
static void place_cursor(struct app *app)
{
	const struct explore_map *map = app->map;
	double best = INFINITY, x = settings_get(&app->settings, map->x), y = settings_get(&app->settings, map->y);
	app->selected[SCREEN_EXPLORE] = 0;
	for (size_t i = 0; i < map->nx * map->ny; i++) {
		double away = fabs(map->x_value[i % map->nx] - x) / map->x_value[map->nx - 1] +
		              fabs(map->y_value[i / map->nx] - y) / map->y_value[map->ny - 1];
		if (away < best) {
			best = away;
			app->selected[SCREEN_EXPLORE] = i;
		}
	}
}

void app_explore_ended(struct app *app, struct app_task *task)
{
	if (app->job.status != ST_OK && app->job.status != ST_CANCELLED) {
		app_say(app, ROLE_STOP, "The map could not be made: %s", app->job.why.text);
		return;
	}
	if (app->answers_changed || task->map->judged == 0) {
		app_say(app, ROLE_CAUTION, "The map is dropped: e makes it anew.");
		return;
	}
	free(app->map);
	app->map = task->map;
	task->map = NULL;
	app->map_stale = false;
	place_cursor(app);
	if (app->job.status == ST_CANCELLED)
		app_say(app, ROLE_CAUTION, "Stopped: %zu of %zu combinations are judged, the rest says so.",
		        app->map->judged, app->map->nx * app->map->ny);
}

static void want(struct app *app)
{
	app->map_wanted = true;
	app_plan_pump(app);
}

void app_explore_open(struct app *app)
{
	struct fail why;
	bool again = app_screen(app) == SCREEN_EXPLORE;
	bool running = app->task != NULL && app->task->kind == TASK_EXPLORE;
	if (app->map == NULL &&
	    app->engine->axes(app->plan->planning, &app->map_x, &app->map_y, &why) != ST_OK) {
		app_say(app, ROLE_CAUTION, "%s", why.text);
		return;
	}
	app_push(app, SCREEN_EXPLORE);
	if (!running && (app->map == NULL || app->map_stale || again))
		want(app);
}

void app_explore_next_axes(struct app *app)
{
	enum setting_id x = app->map_x, y = app->map_y;
	app->engine->next_axes(app->plan->planning, &app->map_x, &app->map_y);
	if (x == app->map_x && y == app->map_y)
		app_say(app, ROLE_CAUTION, "This mode has no other pair of settings to turn.");
	else
		want(app);
}

void app_explore_move(struct app *app, int columns, int rows)
{
	if (app->map == NULL)
		return;
	long nx = (long)app->map->nx, ny = (long)app->map->ny, at = (long)app->selected[SCREEN_EXPLORE];
	long x = at % nx + columns, y = at / nx + rows;
	x = x < 0 ? 0 : x >= nx ? nx - 1 : x;
	y = y < 0 ? 0 : y >= ny ? ny - 1 : y;
	app->selected[SCREEN_EXPLORE] = (size_t)(y * nx + x);
}

const struct explore_cell *app_explore_cell(const struct app *app)
{
	if (app->map == NULL)
		return NULL;
	size_t at = app->selected[SCREEN_EXPLORE];
	return &app->map->cell[at / app->map->nx][at % app->map->nx];
}

void app_explore_take(struct app *app)
{
	const struct explore_cell *cell = app_explore_cell(app);
	if (cell == NULL || !cell->judged)
		return;
	if (!cell->possible) {
		app_say(app, ROLE_CAUTION, "The device does not take this combination.");
		return;
	}
	app_plan_set(app, &cell->settings);
	app_push(app, SCREEN_PARAMETERS);
}
