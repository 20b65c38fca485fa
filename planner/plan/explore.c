#include "planner/plan/explore.h"

/* --- axes --------------------------------------------------------------------------------------------- */

/* The settings that carry dose and can be turned in steps, in the table's order. */
static size_t knobs_of(const struct planning *planning, enum setting_id out[SETTINGS])
{
	const struct device_mode *mode = planning_mode(planning);
	size_t count = 0;
	for (int id = 0; id < SETTINGS; id++)
		if (setting_spec((enum setting_id)id)->dose && setting_grid_count(&mode->setting[id]) > 1)
			out[count++] = (enum setting_id)id;
	return count;
}

enum status explore_axes(const struct planning *planning, enum setting_id *x, enum setting_id *y, struct fail *why)
{
	enum setting_id knob[SETTINGS];
	size_t count = knobs_of(planning, knob);
	if (count < 2)
		return fail_set(why, ST_MODEL, "settings",
		                "this mode has %zu setting%s to turn; a map takes two. Turn it on the parameters screen",
		                count, count == 1 ? "" : "s");
	*x = knob[0];
	*y = knob[1];
	return ST_OK;
}

void explore_next_axes(const struct planning *planning, enum setting_id *x, enum setting_id *y)
{
	enum setting_id knob[SETTINGS], pair[SETTINGS * SETTINGS][2];
	size_t count = knobs_of(planning, knob), pairs = 0, here = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++, pairs++) {
			pair[pairs][0] = knob[i];
			pair[pairs][1] = knob[j];
			if (knob[i] == *x && knob[j] == *y)
				here = pairs;
		}
	if (pairs == 0)
		return;
	*x = pair[(here + 1) % pairs][0];
	*y = pair[(here + 1) % pairs][1];
}

static size_t axis_values(const struct setting_domain *domain, size_t most, double *out)
{
	size_t all = setting_grid_count(domain), n = all < most ? all : most;
	for (size_t i = 0; i < n; i++)
		out[i] = setting_grid_value(domain, n > 1 ? i * (all - 1) / (n - 1) : 0);
	return n;
}

/* --- cells -------------------------------------------------------------------------------------------- */

/* What is derived from the two must follow them: only what the base sets of the other turnable knobs is kept. */
static struct settings cell_settings(const struct device_mode *mode, const struct settings *base, enum setting_id x,
                                     double x_value, enum setting_id y, double y_value)
{
	struct settings settings = {.present = 0};
	for (int id = 0; id < SETTINGS; id++)
		if (settings_has(base, (enum setting_id)id) && mode->setting[id].kind != DOMAIN_DERIVED)
			settings_set(&settings, (enum setting_id)id, base->value[id]);
	settings_set(&settings, x, x_value);
	settings_set(&settings, y, y_value);
	return settings;
}

static void name_strongest(const struct findings *findings, char *out, size_t size)
{
	const struct finding *strongest = NULL;
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->finding[i];
		if (f->phase == PHASE_PLAN && (strongest == NULL || f->outcome < strongest->outcome))
			strongest = f;
	}
	(void)snprintf(out, size, "%s", strongest != NULL ? strongest->rule : "");
}

static enum status judge(struct planning *planning, struct explore_cell *cell, struct fail *why)
{
	const struct protocol *protocol = planning_protocol(planning);
	struct assessment a;
	cell->goal.flags = VALIDITY_ABSENT;
	cell->possible = settings_complete(planning_mode(planning), &cell->settings, &cell->settings, NULL);
	cell->judged = true;
	if (!cell->possible)
		return ST_OK;
	enum status status = planning_assess(planning, &cell->settings, &a, why);
	if (status != ST_OK)
		return status;
	cell->predicted = a.predicted;
	cell->verdict = a.verdict;
	cell->sufficient = a.predicted && protocol != NULL && protocol_met(protocol, &a.prediction);
	if (a.predicted && protocol != NULL)
		cell->goal = a.prediction.metric[protocol->goal[0].metric];
	name_strongest(&a.findings, cell->rule, sizeof cell->rule);
	assessment_clear(&a);
	return ST_OK;
}

enum status explore(struct planning *planning, const struct settings *base, enum setting_id x, enum setting_id y,
                    int (*progress)(void *context, double done_frac), void *context, struct explore_map *out,
                    struct fail *why)
{
	const struct device_mode *mode = planning_mode(planning);
	enum status status = ST_OK;
	*out = (struct explore_map){.x = x, .y = y};
	if (x == y || setting_grid_count(&mode->setting[x]) < 2 || setting_grid_count(&mode->setting[y]) < 2)
		return fail_set(why, ST_INPUT, "axes", "%s and %s are not two settings this mode turns in steps",
		                setting_spec(x)->label, setting_spec(y)->label);
	out->nx = axis_values(&mode->setting[x], EXPLORE_X_MAX, out->x_value);
	out->ny = axis_values(&mode->setting[y], EXPLORE_Y_MAX, out->y_value);
	size_t cells = out->nx * out->ny;
	for (size_t i = 0; i < cells && status == ST_OK; i++) {
		struct explore_cell *cell = &out->cell[i / out->nx][i % out->nx];
		if (progress != NULL && progress(context, (double)i / (double)cells) != 0)
			return fail_set(why, ST_CANCELLED, "map", "stopped after %zu of %zu combinations", i, cells);
		cell->settings = cell_settings(mode, base, x, out->x_value[i % out->nx], y, out->y_value[i / out->nx]);
		status = judge(planning, cell, why);
		out->judged += status == ST_OK;
	}
	return status;
}
