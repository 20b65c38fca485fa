/* Turning the knobs: one step at a time for the operator, all combinations for the fit. */
#include "devices/device.h"

static void drop_derived(const struct device_mode *mode, struct settings *settings)
{
	for (unsigned id = 0; id < SETTINGS; id++)
		if (mode->setting[id].kind == DOMAIN_DERIVED)
			settings_drop(settings, id);
}

/* Bounds and stride of what has no grid: the plan's own settings, and ranges without steps. */
static void stride_of(const struct device_mode *mode, enum setting_id id, double *min, double *max,
                      double *stride)
{
	const struct setting_domain *domain = &mode->setting[id];
	const struct setting_spec *spec = setting_spec(id);
	bool given = domain->kind == DOMAIN_RANGE;

	*min = given ? domain->min : spec->min;
	*max = given ? domain->max : spec->max;
	*stride = pow(10, -spec->decimals);
}

static enum status refuse_end(const struct device_mode *mode, enum setting_id id, double end,
                              struct fail *why)
{
	const struct setting_spec *spec = setting_spec(id);

	return fail_set(why, ST_RANGE, spec->key, "%s ends at %.6g %s on %s", spec->label, end, spec->unit,
	                mode->name);
}

static enum status step_freely(const struct device_mode *mode, enum setting_id id, double value, int steps,
                               double *out, struct fail *why)
{
	double min, max, stride;

	stride_of(mode, id, &min, &max, &stride);
	if (isnan(value)) {
		*out = steps > 0 ? min : max;
		return ST_OK;
	}
	double next = value + steps * stride;
	if (next < min - 0.5 * stride || next > max + 0.5 * stride)
		return refuse_end(mode, id, steps > 0 ? max : min, why);
	*out = fmin(fmax(next, min), max);
	return ST_OK;
}

/* Place of the first grid value not below value. */
static long place_not_below(const struct setting_domain *domain, double value)
{
	long count = (long)setting_grid_count(domain), place = 0;

	while (place < count && setting_grid_value(domain, (size_t)place) < value * (1 - 1e-9))
		place++;
	return place;
}

static enum status step_on_grid(const struct device_mode *mode, enum setting_id id, double value, int steps,
                                double *out, struct fail *why)
{
	const struct setting_domain *domain = &mode->setting[id];
	long count = (long)setting_grid_count(domain), last = count - 1;

	if (isnan(value)) {
		*out = setting_grid_value(domain, steps > 0 ? 0 : (size_t)last);
		return ST_OK;
	}
	long place = place_not_below(domain, value);
	bool between = place == count || setting_grid_value(domain, (size_t)place) > value * (1 + 1e-9);
	/* from between two values the upper one is already one step up */
	long next = place + steps - (between && steps > 0 ? 1 : 0);
	if (next < 0 || next > last)
		return refuse_end(mode, id, setting_grid_value(domain, next < 0 ? 0 : (size_t)last), why);
	*out = setting_grid_value(domain, (size_t)next);
	return ST_OK;
}

static enum status next_value(const struct device_mode *mode, enum setting_id id, double value, int steps,
                              double *out, struct fail *why)
{
	const struct setting_spec *spec = setting_spec(id);
	enum domain_kind kind = mode->setting[id].kind;

	if (kind == DOMAIN_DERIVED)
		return fail_set(why, ST_INPUT, spec->key,
		                "%s follows from the other settings; change one of those", spec->label);
	if (kind == DOMAIN_FIXED)
		return fail_set(why, ST_INPUT, spec->key, "%s is fixed at %.6g %s on %s", spec->label,
		                mode->setting[id].min, spec->unit, mode->name);
	if (kind == DOMAIN_NONE && !spec->of_the_plan)
		return fail_set(why, ST_INPUT, spec->key, "%s has no setting %s", mode->name, spec->key);
	return setting_grid_count(&mode->setting[id]) ? step_on_grid(mode, id, value, steps, out, why)
	                                              : step_freely(mode, id, value, steps, out, why);
}

static bool issue_known(const struct setting_issues *issues, const struct setting_issue *issue)
{
	for (size_t i = 0; i < issues->count; i++)
		if (issues->issue[i].id == issue->id && issues->issue[i].kind == issue->kind)
			return true;
	return false;
}

enum status setting_step(const struct device_mode *mode, const struct settings *settings, enum setting_id id,
                         int steps, struct settings *out, struct fail *why)
{
	struct settings before, moved;
	struct setting_issues had, have;
	double value = 0;

	(void)settings_complete(mode, settings, &before, &had);
	enum status st = next_value(mode, id, settings_get(&before, id), steps, &value, why);
	if (st)
		return st;
	moved = before;
	drop_derived(mode, &moved);
	settings_set(&moved, id, value);
	(void)settings_complete(mode, &moved, &moved, &have);
	for (size_t i = 0; i < have.count; i++)
		if (!issue_known(&had, &have.issue[i]))
			return fail_set(why, ST_RANGE, setting_spec(have.issue[i].id)->key, "%s; %s",
			                have.issue[i].text, have.issue[i].remedy);
	*out = moved;
	return ST_OK;
}

static bool is_knob(const struct device_mode *mode, enum setting_id id)
{
	const struct setting_domain *domain = &mode->setting[id];

	return setting_spec(id)->dose && !domain->optional && isnan(domain->usual) &&
	       (domain->kind == DOMAIN_RANGE || domain->kind == DOMAIN_CHOICES);
}

enum status device_grid_init(struct device_grid *grid, const struct device_mode *mode,
                             const struct settings *base, struct fail *why)
{
	*grid = (struct device_grid){.mode = mode, .count = 1};
	if (base)
		grid->base = *base;
	drop_derived(mode, &grid->base);
	for (unsigned id = 0; id < SETTINGS; id++) {
		if (!is_knob(mode, id) || settings_has(&grid->base, id))
			continue;
		size_t values = setting_grid_count(&mode->setting[id]);
		if (values == 0)
			return fail_set(
			        why, ST_MODEL, setting_spec(id)->key,
			        "%s of %s has no steps in the profile; give it a value to search the others",
			        setting_spec(id)->label, mode->name);
		if (grid->knobs == GRID_KNOBS_MAX)
			return fail_set(why, ST_MODEL, setting_spec(id)->key,
			                "%s has more than %d knobs; give one a value", mode->name,
			                GRID_KNOBS_MAX);
		grid->knob[grid->knobs++] = id;
		grid->count *= values;
	}
	return ST_OK;
}

bool device_grid_at(const struct device_grid *grid, size_t index, struct settings *out)
{
	struct settings settings = grid->base;

	/* mixed radix, the last knob turning fastest */
	for (size_t i = grid->knobs; i-- > 0;) {
		const struct setting_domain *domain = &grid->mode->setting[grid->knob[i]];
		size_t values = setting_grid_count(domain);
		settings_set(&settings, grid->knob[i], setting_grid_value(domain, index % values));
		index /= values;
	}
	return settings_complete(grid->mode, &settings, out, NULL);
}
