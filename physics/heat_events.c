/* When something changes: pulses and surface stages as one list of events, shared by the marches in one and
 * in two dimensions.
 *
 * A pulse shorter than a tenth of the shortest cell's relaxation time dz^2/kappa is deposited at once: no
 * heat leaves its cell meanwhile.
 */
#include "physics/heat_private.h"

#define INSTANT_FRAC 0.1 /* of the shortest cell relaxation time */
#define SAME_TIME_S 1e-12
#define TAIL_MAX_S 60.0

static double pulse_start_s(const struct heat_pulses *pulses, size_t pass, size_t i)
{
	double within_s = i > 0 ? (double)i / pulses->rate_Hz : 0.0;
	return pulses->start_s + within_s + (pass > 0 ? (double)pass * pulses->pass_interval_s : 0.0);
}

/* Power per unit radiant exposure at a moment inside a pulse, after_s from its start. */
static double pulse_power_1_s(const struct heat_pulses *pulses, double after_s)
{
	double slices = (double)pulses->slices;
	if (pulses->slices == 0)
		return 1.0 / pulses->duration_s;
	size_t i = (size_t)(slices * after_s / pulses->duration_s);
	return pulses->slice_frac[i < pulses->slices ? i : pulses->slices - 1] * slices / pulses->duration_s;
}

static double power_1_s(const struct heat_pulses *pulses, double time_s)
{
	for (size_t pass = 0; pass < pulses->passes; pass++)
		for (size_t i = 0; i < pulses->count; i++) {
			double start_s = pulse_start_s(pulses, pass, i);
			if (time_s >= start_s && time_s < start_s + pulses->duration_s)
				return pulse_power_1_s(pulses, time_s - start_s);
		}
	return 0.0;
}

/* What holds at a moment inside an interval. */
struct heat_regime heat_regime_at(const struct heat_problem *problem, const struct heat_timeline *timeline,
                                  double half_W_m2K, double ambient_C, double time_s)
{
	const struct heat_surface *surface = &problem->surface;
	struct heat_regime regime = {
	        .h_W_m2K = surface->ambient_h_W_m2K, .medium_C = ambient_C, .half_W_m2K = half_W_m2K};
	for (size_t i = 0; i < surface->stages; i++)
		if (time_s >= surface->stage[i].start_s && time_s < surface->stage[i].end_s) {
			regime.h_W_m2K = surface->stage[i].h_W_m2K;
			regime.medium_C = surface->stage[i].medium_C;
		}
	regime.surface_W_m2K =
	        regime.h_W_m2K > 0.0 ? 1.0 / (1.0 / regime.h_W_m2K + 1.0 / regime.half_W_m2K) : 0.0;
	if (!timeline->instant)
		regime.power_1_s = power_1_s(&timeline->pulses, time_s);
	return regime;
}

static int by_time(const void *a, const void *b)
{
	double first_s = ((const struct heat_event *)a)->time_s,
	       second_s = ((const struct heat_event *)b)->time_s;
	return (first_s > second_s) - (first_s < second_s);
}

static void add_event(struct heat_timeline *timeline, double time_s, double instant)
{
	timeline->event[timeline->events++] = (struct heat_event){.time_s = time_s, .instant = instant};
}

static void merge_events(struct heat_timeline *timeline)
{
	size_t kept = 0;
	qsort(timeline->event, timeline->events, sizeof *timeline->event, by_time);
	for (size_t i = 1; i < timeline->events; i++) {
		if (timeline->event[i].time_s - timeline->event[kept].time_s <= SAME_TIME_S)
			timeline->event[kept].instant += timeline->event[i].instant;
		else
			timeline->event[++kept] = timeline->event[i];
	}
	timeline->events = kept + 1;
}

/* Either the run ends at end_s (later events are cut off) or a tail follows the last event. */
static void end_events(const struct heat_problem *problem, struct heat_timeline *timeline)
{
	double end_s = problem->end_s;
	bool tail = !(end_s > 0.0) && timeline->pulses.count > 0;
	if (end_s > 0.0) {
		while (timeline->events > 1 &&
		       timeline->event[timeline->events - 1].time_s >= end_s - SAME_TIME_S)
			timeline->events--;
		add_event(timeline, end_s, 0.0);
	} else if (tail) {
		timeline->event[timeline->events - 1].last_event = true;
		add_event(timeline, timeline->event[timeline->events - 1].time_s + TAIL_MAX_S, 0.0);
	}
}

/* A pulse starts, its power steps from slice to slice, it ends. */
static void add_pulse(struct heat_timeline *timeline, double start_s)
{
	const struct heat_pulses *pulses = &timeline->pulses;
	size_t slices = pulses->slices > 0 ? pulses->slices : 1;
	add_event(timeline, start_s, timeline->instant ? 1.0 : 0.0);
	for (size_t i = 1; !timeline->instant && i <= slices; i++)
		add_event(timeline, start_s + pulses->duration_s * (double)i / (double)slices, 0.0);
}

static enum status plan_events(const struct heat_problem *problem, struct heat_timeline *timeline,
                               struct fail *why)
{
	const struct heat_surface *surface = &problem->surface;
	size_t each = 2 + timeline->pulses.slices;
	size_t most = 2 + 2 * surface->stages + each * timeline->pulses.count * timeline->pulses.passes;
	timeline->event = calloc(most, sizeof *timeline->event);
	if (!timeline->event)
		return fail_set(why, ST_FULL, "heat.pulses", "out of memory for %zu events", most);
	add_event(timeline, 0.0, 0.0);
	for (size_t i = 0; i < surface->stages; i++) {
		add_event(timeline, surface->stage[i].start_s, 0.0);
		add_event(timeline, surface->stage[i].end_s, 0.0);
	}
	for (size_t pass = 0; pass < timeline->pulses.passes; pass++)
		for (size_t i = 0; i < timeline->pulses.count; i++)
			add_pulse(timeline, pulse_start_s(&timeline->pulses, pass, i));
	merge_events(timeline);
	end_events(problem, timeline);
	return ST_OK;
}

/* Shortest relaxation time of a cell: capacity over the conductances to its neighbours is dz^2/(2 kappa). */
static double shortest_relaxation_s(const struct heat_cells *cells)
{
	double shortest_s = INFINITY;
	for (size_t i = 0; i < cells->count; i++) {
		double leak_W_m2K =
		        cells->conductance_W_m2K[i + 1] + (i > 0 ? cells->conductance_W_m2K[i] : 0.0);
		if (leak_W_m2K > 0.0)
			shortest_s = fmin(shortest_s, 2.0 * cells->capacity_J_m2K[i] / leak_W_m2K);
	}
	return shortest_s;
}

enum status heat_timeline_new(const struct heat_problem *problem, const struct heat_cells *cells,
                              struct heat_timeline *timeline, struct fail *why)
{
	double instant_s = INSTANT_FRAC * shortest_relaxation_s(cells);
	*timeline = (struct heat_timeline){.pulses = heat_pulses_filled(problem)};
	timeline->instant = timeline->pulses.count > 0 && timeline->pulses.duration_s <= instant_s;
	return plan_events(problem, timeline, why);
}

void heat_timeline_free(struct heat_timeline *timeline)
{
	free(timeline->event);
	*timeline = (struct heat_timeline){0};
}
