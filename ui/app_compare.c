/* What differs: two versions of a plan, two plans of one patient, two alternatives of a fit. */
#include "ui/app.h"

/* --- alternatives ----------------------------------------------------------------------------------------- */

static void add_pair(struct listing *out, const char *what, const char *before, const char *after)
{
	static const char same[] = "the same";
	const bool differs = strcmp(before, after) != 0;
	listing_row(out, what, differs ? ROLE_TEXT : ROLE_DIM, (const char *const[]){what, before, differs ? after : same});
	if (differs)
		listing_cell_role(out, 2, ROLE_STRONG);
}

static void setting_words(const struct settings *settings, enum setting_id id, char *out, size_t size)
{
	const struct setting_spec *spec = setting_spec(id);
	(void)snprintf(out, size, "(none)");
	if (settings_has(settings, id))
		(void)snprintf(out, size, "%.*f %s", spec->decimals, settings->value[id], spec->unit);
}

static void add_settings(struct listing *out, const struct settings *a, const struct settings *b, bool differing)
{
	for (int id = 0; id < SETTINGS; id++) {
		char before[48], after[48];
		if (!settings_has(a, (enum setting_id)id) && !settings_has(b, (enum setting_id)id))
			continue;
		setting_words(a, (enum setting_id)id, before, sizeof before);
		setting_words(b, (enum setting_id)id, after, sizeof after);
		if ((strcmp(before, after) != 0) == differing)
			add_pair(out, setting_spec((enum setting_id)id)->label, before, after);
	}
}

static void add_outcomes(const struct app *app, struct listing *out, const struct fit_alternative *a,
                         const struct fit_alternative *b)
{
	const struct protocol *protocol = app->engine->protocol(app->plan->planning);
	char before[96], after[96];
	(void)snprintf(before, sizeof before, "%.3g " FIT_DOSE_UNIT, a->dose_J_cm2);
	(void)snprintf(after, sizeof after, "%.3g " FIT_DOSE_UNIT, b->dose_J_cm2);
	add_pair(out, "mean dose, all passes", before, after);
	if (protocol != NULL && protocol->goals > 0) {
		const struct metric_spec *goal = metric_spec(protocol->goal[0].metric);
		(void)snprintf(before, sizeof before, "%.*f [%.*f..%.*f] %s", goal->decimals, a->endpoint.value, goal->decimals,
		               a->endpoint.p05, goal->decimals, a->endpoint.p95, goal->unit);
		(void)snprintf(after, sizeof after, "%.*f [%.*f..%.*f] %s", goal->decimals, b->endpoint.value, goal->decimals,
		               b->endpoint.p05, goal->decimals, b->endpoint.p95, goal->unit);
		add_pair(out, goal->label, before, after);
	}
	add_pair(out, "verdict", verdict_name(a->verdict), verdict_name(b->verdict));
	add_pair(out, "what stops more", a->binding[0] != '\0' ? a->binding : "nothing",
	         b->binding[0] != '\0' ? b->binding : "nothing");
}

static void compare_alternatives(struct app *app)
{
	static const struct listing_column columns[] = {
	        {"what", false, 0}, {"the fit's choice", false, 0}, {"the selected", false, 0}};
	const struct fit_alternative *a = &app->fit.alternative[0];
	const struct fit_alternative *b = &app->fit.alternative[app->selected[SCREEN_ALTERNATIVES]];
	struct listing *list = NULL;
	struct fail why;
	enum status status = listing_new(&list, &why);
	if (status == ST_OK) {
		listing_section(list, "What the settings differ in", columns, 3, "Nothing.");
		add_settings(list, &a->settings, &b->settings, true);
		listing_section(list, "What comes of it", columns, 3, "");
		add_outcomes(app, list, a, b);
		listing_section(list, "Settings that are the same", columns, 3, "None.");
		add_settings(list, &a->settings, &b->settings, false);
		status = listing_finish(list, status, &list, &why);
	}
	if (status == ST_OK)
		app_listing_put(app, SCREEN_DIFFERENCES, list);
	else
		app_say(app, ROLE_STOP, "Not compared: %s", why.text);
}

/* --- plans -------------------------------------------------------------------------------------------------- */

static void compare_versions(struct app *app)
{
	const struct store_plan *plan = &app->plans.open->row;
	struct list_request asked = {.patient_index = LIST_NOBODY, .version = {plan->version - 1, plan->version}};
	memcpy(asked.plan[0], plan->uuid, sizeof asked.plan[0]);
	memcpy(asked.plan[1], plan->uuid, sizeof asked.plan[1]);
	app_listing_open(app, SCREEN_DIFFERENCES, asked);
}

/* The first = marks a plan, the second compares with it; the same plan twice takes the mark away. */
static void compare_plans(struct app *app)
{
	const struct course_row *row = &app->plans.row[app->selected[SCREEN_PLANS]];
	char *marked = app->plans.compared;
	struct list_request asked = {.patient_index = LIST_NOBODY};
	if (marked[0] == '\0') {
		memcpy(marked, row->plan, sizeof app->plans.compared);
		app_say(app, ROLE_TEXT, "Plan %.8s is marked: = on another plan of the same patient compares the two.", row->plan);
	} else if (strcmp(marked, row->plan) == 0) {
		marked[0] = '\0';
		app_say(app, ROLE_TEXT, "Plan %.8s is no longer marked.", row->plan);
	} else {
		memcpy(asked.plan[0], marked, sizeof asked.plan[0]);
		memcpy(asked.plan[1], row->plan, sizeof asked.plan[1]);
		marked[0] = '\0';
		app_listing_open(app, SCREEN_DIFFERENCES, asked);
	}
}

/* Versions of one plan only; two plans are what they are. */
void app_compare_step(struct app *app, int steps)
{
	const struct app_listing *l = &app->listings[SCREEN_DIFFERENCES];
	struct list_request asked = l->asked;
	if (l->list == NULL || l->made_here || strcmp(asked.plan[0], asked.plan[1]) != 0) {
		app_say(app, ROLE_CAUTION, "Earlier and later versions are shown where two versions of one plan are compared.");
		return;
	}
	asked.version[0] += steps;
	asked.version[1] += steps;
	if (asked.version[0] < 1)
		app_say(app, ROLE_CAUTION, "Version 1 is the first.");
	else
		app_listing_open(app, SCREEN_DIFFERENCES, asked);
}

/* --- on which screen ------------------------------------------------------------------------------------------ */

bool app_comparable(const struct app *app)
{
	const enum screen screen = app_screen_below(app);
	if (screen == SCREEN_ALTERNATIVES)
		return app->fitted && app->selected[SCREEN_ALTERNATIVES] > 0 &&
		       app->selected[SCREEN_ALTERNATIVES] < app->fit.alternatives;
	if (app->source->lists == NULL)
		return false;
	if (screen == SCREEN_PLANS)
		return app->plans.rows > 1 && app->selected[SCREEN_PLANS] < app->plans.rows;
	return screen == SCREEN_APPROVE && app->plans.open != NULL && app->plans.open->row.version > 1;
}

void app_compare(struct app *app)
{
	switch (app_screen(app)) {
	case SCREEN_ALTERNATIVES:
		compare_alternatives(app);
		break;
	case SCREEN_PLANS:
		compare_plans(app);
		break;
	default:
		compare_versions(app);
	}
}
