/* What the heat solver refuses, by field. */
#include "physics/heat_private.h"

#include "physics/base/units.h"

#define TEMPERATURE_MIN_C (-273.0)
#define TEMPERATURE_MAX_C 400.0
#define PERFUSION_MAX_1_S 1.0
#define BIN_SLACK_FRAC 1e-9 /* rounding allowed between the bins' last edge and the tissue's */
#define RATE_SLACK_FRAC 1e-9
#define SLICE_SLACK_FRAC 1e-9

struct bound {
	const char *field;
	double value, low, high;
	bool low_excluded;
};

static enum status check_bound(const struct bound *bound, const char *what, size_t index, struct fail *why)
{
	bool low = bound->low_excluded ? bound->value > bound->low : bound->value >= bound->low;
	if (low && bound->value <= bound->high)
		return ST_OK;
	return fail_set(why, ST_RANGE, bound->field, "%s %zu: %g; allowed %s %g to %g", what, index,
	                bound->value, bound->low_excluded ? "above" : "from", bound->low, bound->high);
}

static enum status check_bounds(const struct bound *bound, size_t count, const char *what, size_t index,
                                struct fail *why)
{
	for (size_t i = 0; i < count; i++) {
		enum status status = check_bound(&bound[i], what, index, why);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

#define CHECK_ALL(bounds, what, index, why)                                                                  \
	check_bounds(bounds, sizeof(bounds) / sizeof *(bounds), what, index, why)

static enum status check_layers(const struct heat_problem *problem, struct fail *why)
{
	if (problem->layers < 1 || problem->layers > HEAT_LAYERS_MAX || !problem->layer)
		return fail_set(why, ST_RANGE, "heat.layers", "%zu layers; allowed 1 to %d", problem->layers,
		                HEAT_LAYERS_MAX);
	for (size_t i = 0; i < problem->layers; i++) {
		const struct heat_layer *layer = &problem->layer[i];
		const struct bound bounds[] = {
		        {"heat.layer.thickness_um", layer->thickness_um, 0.0, 1e6, true},
		        {"heat.layer.conductivity_W_mK", layer->conductivity_W_mK, 0.0, 1e4, true},
		        {"heat.layer.density_kg_m3", layer->density_kg_m3, 0.0, 3e4, true},
		        {"heat.layer.heat_capacity_J_kgK", layer->heat_capacity_J_kgK, 0.0, 1e5, true},
		        {"heat.layer.perfusion_1_s", layer->perfusion_1_s, 0.0, PERFUSION_MAX_1_S, false},
		        {"heat.layer.water_frac", layer->water_frac, 0.0, 1.0, false},
		};
		enum status status = CHECK_ALL(bounds, "layer", i, why);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

static enum status check_state(const struct heat_problem *problem, struct fail *why)
{
	const struct heat_options *options = &problem->options;
	const struct bound bounds[] = {
	        {"heat.surface_C", problem->surface_C, TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, false},
	        {"heat.core_C", problem->core_C, TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, false},
	        {"heat.metabolic_W_m3", problem->metabolic_W_m3, 0.0, 1e6, false},
	        {"heat.end_s", problem->end_s, 0.0, 1e6, false},
	        {"heat.options.finest_um", options->finest_um, 0.0, 1e4, false},
	        {"heat.options.refine", options->refine, 0.0, 64.0, false},
	        {"heat.options.time_tolerance", options->time_tolerance, 0.0, 0.1, false},
	        {"heat.surface.ambient_h_W_m2K", problem->surface.ambient_h_W_m2K, 0.0, INFINITY, false},
	};
	enum status status = CHECK_ALL(bounds, "value", (size_t)0, why);
	if (status != ST_OK)
		return status;
	if (problem->deep != HEAT_DEEP_CORE && problem->deep != HEAT_DEEP_INSULATED)
		return fail_set(why, ST_INPUT, "heat.deep", "unknown deep boundary %d", (int)problem->deep);
	double ambient_C = problem->surface.ambient_C;
	if (!isnan(ambient_C) && !(ambient_C >= TEMPERATURE_MIN_C && ambient_C <= TEMPERATURE_MAX_C))
		return fail_set(why, ST_RANGE, "heat.surface.ambient_C",
		                "%g; allowed %g to %g, or NAN for balance", ambient_C, TEMPERATURE_MIN_C,
		                TEMPERATURE_MAX_C);
	return ST_OK;
}

static enum status check_overlap(const struct heat_surface *surface, size_t i, struct fail *why)
{
	for (size_t j = 0; j < i; j++)
		if (surface->stage[i].start_s < surface->stage[j].end_s &&
		    surface->stage[j].start_s < surface->stage[i].end_s)
			return fail_set(why, ST_INPUT, "heat.surface.stage",
			                "stages %zu and %zu overlap in time", j, i);
	return ST_OK;
}

static enum status check_stages(const struct heat_surface *surface, struct fail *why)
{
	if (surface->stages > HEAT_STAGES_MAX || (surface->stages && !surface->stage))
		return fail_set(why, ST_RANGE, "heat.surface.stages", "%zu stages; at most %d",
		                surface->stages, HEAT_STAGES_MAX);
	for (size_t i = 0; i < surface->stages; i++) {
		const struct heat_stage *stage = &surface->stage[i];
		const struct bound bounds[] = {
		        {"heat.surface.stage.start_s", stage->start_s, 0.0, 1e6, false},
		        {"heat.surface.stage.end_s", stage->end_s, stage->start_s, 1e6, true},
		        {"heat.surface.stage.h_W_m2K", stage->h_W_m2K, 0.0, INFINITY, false},
		        {"heat.surface.stage.medium_C", stage->medium_C, TEMPERATURE_MIN_C, TEMPERATURE_MAX_C,
		         false},
		};
		enum status status = CHECK_ALL(bounds, "stage", i, why);
		if (status == ST_OK)
			status = check_overlap(surface, i, why);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

struct heat_pulses heat_pulses_filled(const struct heat_problem *problem)
{
	struct heat_pulses pulses = problem->pulses;
	if (problem->source.bins == 0)
		return (struct heat_pulses){0};
	if (pulses.passes == 0)
		pulses.passes = 1;
	return pulses;
}

static enum status check_passes(const struct heat_pulses *pulses, struct fail *why)
{
	double pass_s = pulses->duration_s;
	if (pulses->count > 1)
		pass_s += (double)(pulses->count - 1) / pulses->rate_Hz;
	bool fits = pulses->pass_interval_s >= pass_s * (1.0 - RATE_SLACK_FRAC) &&
	            isfinite(pulses->pass_interval_s);
	if (pulses->passes > 1 && !fits)
		return fail_set(why, ST_RANGE, "heat.pulses.pass_interval_s", "%g s, but one pass lasts %g s",
		                pulses->pass_interval_s, pass_s);
	return ST_OK;
}

static enum status check_slices(const struct heat_pulses *pulses, struct fail *why)
{
	double sum = 0.0;
	if (pulses->slices == 0)
		return ST_OK;
	if (pulses->slices > HEAT_SLICES_MAX || !pulses->slice_frac)
		return fail_set(why, ST_RANGE, "heat.pulses.slices", "%zu parts of a pulse; at most %d, with values",
		                pulses->slices, HEAT_SLICES_MAX);
	for (size_t i = 0; i < pulses->slices; i++) {
		if (!(pulses->slice_frac[i] >= 0.0))
			return fail_set(why, ST_RANGE, "heat.pulses.slice_frac", "part %zu: %g; allowed 0 or more", i,
			                pulses->slice_frac[i]);
		sum += pulses->slice_frac[i];
	}
	if (!(fabs(sum - 1.0) <= SLICE_SLACK_FRAC))
		return fail_set(why, ST_RANGE, "heat.pulses.slice_frac", "the parts add up to %.9g, not to 1", sum);
	return ST_OK;
}

static enum status check_pulses(const struct heat_pulses *pulses, struct fail *why)
{
	const struct bound bounds[] = {
	        {"heat.pulses.start_s", pulses->start_s, 0.0, 1e6, false},
	        {"heat.pulses.duration_s", pulses->duration_s, 0.0, 1e6, true},
	};
	enum status status = CHECK_ALL(bounds, "value", (size_t)0, why);
	if (status == ST_OK)
		status = check_slices(pulses, why);
	if (status != ST_OK)
		return status;
	if (pulses->count < 1 || pulses->count > HEAT_PULSES_MAX ||
	    pulses->passes > HEAT_PULSES_MAX / pulses->count)
		return fail_set(why, ST_RANGE, "heat.pulses.count",
		                "%zu pulses x %zu passes; allowed 1 to %d in all", pulses->count,
		                pulses->passes, HEAT_PULSES_MAX);
	if (pulses->count > 1 && !(pulses->rate_Hz > 0.0 && isfinite(pulses->rate_Hz)))
		return fail_set(why, ST_RANGE, "heat.pulses.rate_Hz",
		                "%g; several pulses need a positive rate", pulses->rate_Hz);
	if (pulses->count > 1 && pulses->rate_Hz * pulses->duration_s > 1.0 + RATE_SLACK_FRAC)
		return fail_set(why, ST_RANGE, "heat.pulses.rate_Hz",
		                "%g Hz leaves %g s per pulse, but a pulse lasts %g s", pulses->rate_Hz,
		                1.0 / pulses->rate_Hz, pulses->duration_s);
	return check_passes(pulses, why);
}

static double total_um(const struct heat_problem *problem)
{
	double sum_um = 0.0;
	for (size_t i = 0; i < problem->layers; i++)
		sum_um += problem->layer[i].thickness_um;
	return sum_um;
}

static enum status check_source(const struct heat_problem *problem, struct fail *why)
{
	const struct heat_source *source = &problem->source;
	double limit_um = total_um(problem) * (1.0 + BIN_SLACK_FRAC);
	if (!source->edge_um || !source->absorption_1_cm)
		return fail_set(why, ST_INPUT, "heat.source", "%zu bins without edges or values",
		                source->bins);
	if (!(source->edge_um[0] >= 0.0))
		return fail_set(why, ST_RANGE, "heat.source.edge_um",
		                "edge 0: %g; must not lie above the surface", source->edge_um[0]);
	for (size_t i = 0; i < source->bins; i++) {
		const struct bound bounds[] = {
		        {"heat.source.edge_um", source->edge_um[i + 1], source->edge_um[i], limit_um, true},
		        {"heat.source.absorption_1_cm", source->absorption_1_cm[i], 0.0, 1e7, false},
		};
		enum status status = CHECK_ALL(bounds, "bin", i, why);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

/* A run that ends before the last pulse would miss its peak. */
static enum status check_end(const struct heat_problem *problem, const struct heat_pulses *pulses,
                             struct fail *why)
{
	double last_s = pulses->start_s + pulses->duration_s;
	if (pulses->count > 1)
		last_s += (double)(pulses->count - 1) / pulses->rate_Hz;
	if (pulses->passes > 1)
		last_s += (double)(pulses->passes - 1) * pulses->pass_interval_s;
	if (problem->end_s > 0.0 && problem->end_s < last_s)
		return fail_set(why, ST_RANGE, "heat.end_s", "%g s, but the last pulse ends at %g s",
		                problem->end_s, last_s);
	return ST_OK;
}

enum status heat_problem_check(const struct heat_problem *problem, struct fail *why)
{
	if (!problem)
		return fail_set(why, ST_INPUT, "heat", "no problem given");
	enum status status = check_layers(problem, why);
	if (status == ST_OK)
		status = check_state(problem, why);
	if (status == ST_OK)
		status = check_stages(&problem->surface, why);
	if (status != ST_OK)
		return status;
	if (problem->source.bins == 0) {
		if (problem->surface.stages == 0 && !(problem->end_s > 0.0))
			return fail_set(why, ST_INPUT, "heat.end_s",
			                "neither light nor cooling: say when to end");
		return ST_OK;
	}
	struct heat_pulses pulses = heat_pulses_filled(problem);
	status = check_pulses(&pulses, why);
	if (status == ST_OK)
		status = check_end(problem, &pulses, why);
	return status == ST_OK ? check_source(problem, why) : status;
}
