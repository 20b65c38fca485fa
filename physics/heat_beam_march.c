/* The beam's march in time: that of heat_march.c (TR-BDF2, steps chosen by the error of the chord) for all
 * radial modes at once, the base in a lane of its own, so that base and response share their times. The chord
 * is checked on the axis and where the beam ends. */
#include "physics/heat_beam_private.h"

/* A boiling cell runs beyond 100 C within a step and is taken back after it, which bends its chord however short the
 * step. Where tissue boils for seconds a bend of up to this is let pass, the more of it the longer it goes on. */
#define BOILING_CHORD_K 0.35
#define BOILING_STEPS 6000.0

static size_t state_size(const struct heat_beam_march *march)
{
	return march->modes->blocks * HEAT_BEAM_LANES * march->cells->count;
}

/* Where the base stands in a state, cell by cell. */
static size_t base_at(size_t cell)
{
	return cell * HEAT_BEAM_LANES + HEAT_BEAM_BASE;
}

/* ---- the record ---- */

static bool grow_array(double **array, size_t count)
{
	double *grown = realloc(*array, count * sizeof *grown);
	if (grown)
		*array = grown;
	return grown != NULL;
}

static enum status make_room(struct heat_beam_march *march, struct fail *why)
{
	size_t size = march->modes->blocks * march->kept * HEAT_BEAM_LANES,
	       most = HEAT_BEAM_VALUES_MAX / size;
	if (march->steps >= most || march->steps >= HEAT_STEPS_MAX)
		return fail_set(why, ST_FULL, "heat.steps",
		                "more than %zu time steps; fewer pulses, a shorter run or a coarser grid",
		                march->steps);
	if (march->steps < march->capacity)
		return ST_OK;
	size_t capacity = march->capacity ? 2 * march->capacity : HEAT_STEPS_FIRST;
	float *value = realloc(march->value, capacity * size * sizeof *value);
	if (value)
		march->value = value;
	if (!value || !grow_array(&march->time_s, capacity) || !grow_array(&march->surface_share, capacity) ||
	    !grow_array(&march->surface_C, capacity))
		return fail_set(why, ST_FULL, "heat.steps", "out of memory for %zu steps", capacity);
	march->capacity = capacity;
	return ST_OK;
}

static enum status record(struct heat_beam_march *march, double time_s, struct fail *why)
{
	enum status status = make_room(march, why);
	if (status != ST_OK)
		return status;
	const struct heat_regime *regime = &march->regime;
	double all = regime->half_W_m2K + regime->h_W_m2K;
	bool held = isinf(regime->h_W_m2K);
	size_t kept = march->kept * HEAT_BEAM_LANES, all_cells = march->cells->count * HEAT_BEAM_LANES;
	size_t at = march->steps++, blocks = march->modes->blocks;
	for (size_t b = 0; b < blocks; b++) {
		const struct heat_beam_keep keep = {
		        kept, march->now + b * all_cells, march->value + (at * blocks + b) * kept};
		if (b < march->alive)
			heat_beam_kernel_keep(&keep);
		else
			memset(keep.kept, 0, kept * sizeof *keep.kept);
	}
	march->time_s[at] = time_s;
	march->surface_share[at] = held ? 0.0 : regime->half_W_m2K / all;
	march->surface_C[at] = held ? regime->medium_C : regime->h_W_m2K * regime->medium_C / all;
	return ST_OK;
}

/* ---- steps ---- */

/* Chord error over its allowance for what the watched radii show; size is the largest response there. */
static double error_of(const struct heat_beam_march *march, const struct heat_beam_step *step)
{
	double allowed = march->tolerance_frac * fmax(march->largest, step->size);
	if (march->boiler)
		allowed = fmax(allowed, BOILING_CHORD_K * fmin((double)march->steps / BOILING_STEPS, 1.0));
	return fmax(step->base_error / march->tolerance_K, allowed > 0.0 ? step->error / allowed : 0.0);
}

static double try_step(struct heat_beam_march *march, double dt_s, double *size)
{
	const struct heat_cells *cells = march->cells;
	const struct heat_modes *modes = march->modes;
	struct heat_beam_step step = {.cells = cells->count,
	                              .blocks = march->alive,
	                              .lit = march->regime.power_1_s > 0.0 ? march->alive : 1,
	                              .theta_s = 0.5 * HEAT_BEAM_GAMMA * dt_s,
	                              .surface_W_m2K = march->regime.surface_W_m2K,
	                              .capacity_J_m2K = cells->capacity_J_m2K,
	                              .conductance_W_m2K = cells->conductance_W_m2K,
	                              .sink_W_m2K = cells->sink_W_m2K,
	                              .lateral_W_K = cells->lateral_W_K,
	                              .eigenvalue_1_m2 = modes->eigenvalue_1_m2,
	                              .supply_W_m2 = march->supply_W_m2,
	                              .now = march->now,
	                              .stage = march->stage,
	                              .next = march->next,
	                              .pivot = march->pivot,
	                              .seen = march->seen};
	for (size_t k = 0; k < HEAT_BEAM_WATCHED; k++)
		step.row[k] = modes->vector + march->watched[k] * modes->lanes;
	heat_beam_kernel_step(&step);
	*size = step.size;
	return error_of(march, &step);
}

static void accept_step(struct heat_beam_march *march, double size)
{
	double *swap = march->now;
	march->now = march->next;
	march->next = swap;
	march->largest = fmax(march->largest, size);
	if (march->boiler)
		heat_beam_boil(march->boiler, march->now);
}

/* The most that the modes of a block add anywhere. */
static double block_adds_K(const struct heat_beam_march *march, size_t block)
{
	size_t cells = march->cells->count;
	const double *state = march->now + block * cells * HEAT_BEAM_LANES;
	double most[HEAT_BEAM_LANES] = {0.0}, sum = 0.0;
	for (size_t i = 0; i < cells; i++)
		for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++) {
			double here = fabs(state[i * HEAT_BEAM_LANES + lane]);
			most[lane] = here > most[lane] ? here : most[lane];
		}
	for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++)
		sum += most[lane] * march->modes->largest[block * HEAT_BEAM_LANES + lane];
	return sum;
}

/* In the dark no mode rises any more, and the high ones soon have nothing left to add: their block is marched no
 * further until light comes again. Boiling mixes the modes. */
#define LOOK_EVERY 4 /* steps */

static void leave_blocks(struct heat_beam_march *march)
{
	if (march->boiler || march->regime.power_1_s > 0.0 || march->steps % LOOK_EVERY > 0)
		return;
	while (march->alive > 1 && block_adds_K(march, march->alive - 1) < HEAT_BEAM_MODE_SLACK * march->largest)
		march->alive--;
}

static void wake_blocks(struct heat_beam_march *march)
{
	size_t size = march->cells->count * HEAT_BEAM_LANES, asleep = march->modes->blocks - march->alive;
	memset(march->now + march->alive * size, 0, asleep * size * sizeof *march->now);
	march->alive = march->modes->blocks;
}

/* From one event to the next; a decayed response may end the last interval. */
static enum status march_interval(struct heat_beam_march *march, double from_s, double to_s, bool stop_early,
                                  struct fail *why)
{
	struct heat_steps steps = heat_steps_between(from_s, to_s);
	enum status status = ST_OK;
	while (status == ST_OK && heat_steps_left(&steps)) {
		double size = 0.0;
		bool taken = false;
		status = heat_steps_judge(&steps, try_step(march, heat_steps_next(&steps, INFINITY), &size), &taken, why);
		if (!taken)
			continue;
		accept_step(march, size);
		leave_blocks(march);
		status = record(march, heat_steps_time_s(&steps), why);
		if (stop_early && size < HEAT_TAIL_DECAY_FRAC * march->largest)
			break;
	}
	return status;
}

/* Sources [W/m2], constant within a regime: light in the modes; boundaries, blood, metabolism in the base. */
static void fill_supply(struct heat_beam_march *march)
{
	const struct heat_cells *cells = march->cells;
	size_t size = state_size(march), n = cells->count;
	double core_C = march->problem->core_C;
	for (size_t i = 0; i < size; i++)
		march->supply_W_m2[i] = march->regime.power_1_s * march->deposit_J_m2[i];
	for (size_t i = 0; i < n; i++)
		march->supply_W_m2[base_at(i)] =
		        cells->sink_W_m2K[i] * core_C + cells->metabolic_W_m2[i];
	march->supply_W_m2[base_at(0)] += march->regime.surface_W_m2K * march->regime.medium_C;
	march->supply_W_m2[base_at(n - 1)] += cells->conductance_W_m2K[n] * core_C;
}

static void deposit(struct heat_beam_march *march, double pulses)
{
	const struct heat_cells *cells = march->cells;
	for (size_t b = 0, at = 0; b < march->modes->blocks; b++)
		for (size_t i = 0; i < cells->count; i++)
			for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++, at++)
				march->now[at] += pulses * march->deposit_J_m2[at] / cells->capacity_J_m2K[i];
	if (march->boiler)
		heat_beam_boil(march->boiler, march->now);
}

/* The largest response right now, at the watched radii. */
static double size_now(const struct heat_beam_march *march)
{
	const struct heat_modes *modes = march->modes;
	size_t cells = march->cells->count;
	double size = 0.0;
	for (size_t k = 0; k < HEAT_BEAM_WATCHED; k++)
		for (size_t i = 0; i < cells; i++) {
			const double *row = modes->vector + march->watched[k] * modes->lanes;
			double value = 0.0;
			for (size_t m = 0; m < modes->blocks * HEAT_BEAM_LANES; m++)
				value += row[m] * march->now[(m / HEAT_BEAM_LANES * cells + i) * HEAT_BEAM_LANES + m % HEAT_BEAM_LANES];
			size = fmax(size, fabs(value));
		}
	return size;
}

static enum status march_events(struct heat_beam_march *march, struct fail *why)
{
	const struct heat_timeline *timeline = &march->timeline;
	enum status status = ST_OK;
	for (size_t e = 0; status == ST_OK && e + 1 < timeline->events; e++) {
		const struct heat_event *event = &timeline->event[e];
		double to_s = timeline->event[e + 1].time_s;
		march->regime = heat_regime_at(march->problem, timeline, march->cells->conductance_W_m2K[0],
		                               march->ambient_C, 0.5 * (event->time_s + to_s));
		fill_supply(march);
		if (event->instant > 0.0 || march->regime.power_1_s > 0.0)
			wake_blocks(march);
		if (event->instant > 0.0) {
			deposit(march, event->instant);
			march->largest = fmax(march->largest, size_now(march));
		}
		status = record(march, event->time_s, why);
		if (status == ST_OK)
			status = march_interval(march, event->time_s, to_s, event->last_event, why);
	}
	return status;
}

static bool workspace(struct heat_beam_march *march, double **block)
{
	size_t size = state_size(march), scratch = march->cells->count * HEAT_BEAM_LANES;
	*block = calloc(4 * size + scratch + march->cells->count * 2 * HEAT_BEAM_WATCHED, sizeof **block);
	if (!*block)
		return false;
	march->now = *block;
	march->stage = march->now + size;
	march->next = march->stage + size;
	march->supply_W_m2 = march->next + size;
	march->pivot = march->supply_W_m2 + size;
	march->seen = march->pivot + scratch;
	march->alive = march->modes->blocks;
	return true;
}

enum status heat_beam_marched(struct heat_beam_march *march, const double *start_C, struct fail *why)
{
	double *block = NULL;
	enum status status = heat_timeline_new(march->problem, march->cells, &march->timeline, why);
	if (status != ST_OK)
		return status;
	march->tolerance_frac = heat_time_tolerance(march->problem);
	march->tolerance_K = heat_base_tolerance_K(march->problem);
	if (workspace(march, &block)) {
		for (size_t i = 0; i < march->cells->count; i++)
			march->now[base_at(i)] = start_C[i];
		status = march_events(march, why);
	} else {
		status = fail_set(why, ST_FULL, "heat.beam", "out of memory for %zu values",
		                  state_size(march));
	}
	free(block);
	heat_timeline_free(&march->timeline);
	return status;
}
