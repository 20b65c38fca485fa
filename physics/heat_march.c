/* The march in time.
 *
 * Events (pulse starts and ends, stage starts and ends) cut the time axis; between two events everything but
 * the temperatures is constant. Each step is one TR-BDF2 step (Bank et al. 1985, IEEE Trans Electron Devices
 * 32:1992; Hosea & Shampine 1996, Appl Numer Math 20:21): second order and L-stable, so a jump of the surface
 * or of the source needs no tiny steps to stay free of oscillation (Crank-Nicolson rings there), and both
 * stages share one matrix.
 *
 * Step control: the stored history is used as piecewise linear (peaks, damage integrals), so the step is
 * chosen by the error of just that. The middle stage value minus the chord at gamma = 2 - sqrt 2 is gamma (1
 * - gamma)/2 dt^2 T'' = 0.121 dt^2 T'', the chord's largest error being 0.125 dt^2 T''. The error of the
 * integration itself is of third order and smaller.
 */
#include "physics/heat_private.h"

#define REFERENCE_C 37.0
#define CONDUCTIVITY_1_K 0.0025
#define DRY_FRAC (0.06 / 0.46)

struct march {
	const struct heat_problem *problem;
	struct heat *solver;
	struct heat_field *field;
	struct heat_timeline timeline;
	bool latent;
	struct heat_regime regime;
	double *now, *stage, *next, *supply_W_m2; /* folded: see heat_kernel.c */
	double *pivot, *ratio;                    /* of the factored matrix */
	double factored_s, factored_W_m2K;        /* step and surface it was factored for */
	struct heat_step_size size;               /* of the state now */
	struct heat_blood *blood; /* [cells]; NULL: blood flows as at rest */
	double *sink_W_m2K;       /* of the cells, or as the blood flows now */
	double *conductance_W_m2K; /* of the cells, or in a run with boiling as warm and dry as they are now */
	bool airy; /* no stage is on */
	size_t capacity;
	float *state, *surface; /* the record: [steps][folded], [steps][fields] */
};

static size_t at(const struct march *march, size_t cell, size_t field)
{
	return heat_fold_at(march->solver->cells.count, cell, field);
}

/* Sources of the fields [W/m2], constant within a regime: boundaries, blood, metabolism, light. */
static void fill_supply(struct march *march)
{
	const struct heat_cells *cells = &march->solver->cells;
	double core_C = march->problem->core_C;
	size_t n = cells->count;
	for (size_t f = 0; f < march->solver->fields; f++) {
		const struct heat_field *field = &march->field[f];
		double power_1_s = field->source * march->regime.power_1_s;
		for (size_t i = 0; i < n; i++)
			march->supply_W_m2[at(march, i, f)] =
			        field->boundary * (march->sink_W_m2K[i] * core_C + cells->metabolic_W_m2[i]) +
			        power_1_s * cells->deposit_J_m2[i];
		march->supply_W_m2[at(march, 0, f)] +=
		        field->boundary * march->regime.surface_W_m2K * march->regime.medium_C;
		march->supply_W_m2[at(march, n - 1, f)] += field->boundary * march->conductance_W_m2K[n] * core_C;
	}
}

/* ---- one step ---- */

static void take_step(struct march *march, double dt_s)
{
	const struct heat_cells *cells = &march->solver->cells;
	const struct heat_step step = {
	        .cells = cells->count,
	        .changed = dt_s != march->factored_s || march->regime.surface_W_m2K != march->factored_W_m2K,
	        .theta_s = 0.5 * HEAT_GAMMA * dt_s,
	        .surface_W_m2K = march->regime.surface_W_m2K,
	        .capacity_J_m2K = cells->capacity_J_m2K,
	        .conductance_W_m2K = march->conductance_W_m2K,
	        .sink_W_m2K = march->sink_W_m2K,
	        .supply_W_m2 = march->supply_W_m2,
	        .now = march->now,
	        .stage = march->stage,
	        .next = march->next,
	        .pivot = march->pivot,
	        .ratio = march->ratio};
	heat_kernel_step(&step, &march->size);
	march->factored_s = dt_s;
	march->factored_W_m2K = step.surface_W_m2K;
}

static double largest_of(const struct march *march, size_t f)
{
	double largest = 0.0;
	for (size_t i = f; i < HEAT_FIELDS * march->solver->cells.count; i += HEAT_FIELDS)
		largest = fmax(largest, fabs(march->now[i]));
	return largest;
}

/* Error of the step over its allowance. */
static double step_error(const struct march *march, size_t f)
{
	const struct heat_field *field = &march->field[f];
	double scale = fmax(field->largest, march->size.largest[f]);
	double allowed = field->tolerance_K + field->tolerance_frac * scale;
	return allowed > 0.0 ? march->size.error[f] / allowed : 0.0;
}

/* Boiling: what would pass 100 C goes into the cell's latent store until that is full. */
static void boil(struct march *march, double *state)
{
	const struct heat_cells *cells = &march->solver->cells;
	double *boiled = march->solver->boiled_J_m2;
	for (size_t i = 0; i < cells->count; i++) {
		double *temperature_C = &state[at(march, i, 0)];
		double excess_J_m2 = (*temperature_C - HEAT_BOILING_C) * cells->capacity_J_m2K[i];
		double taken_J_m2 = fmin(excess_J_m2, cells->latent_J_m2[i] - boiled[i]);
		if (taken_J_m2 <= 0.0)
			continue;
		boiled[i] += taken_J_m2;
		*temperature_C -= taken_J_m2 / cells->capacity_J_m2K[i];
	}
}

/* ---- properties that change ---- */

/* How well a cell conducts, to what it does at 37 C and wet. Tissue: dk/dT / k 0.0025 1/K (J. Valvano et al. 1985, Int
 * J Thermophys 6:301, k = k0 + k1 T over tissues at 3-45 C; water 0.0022 at 20-60 C); without its water the rule of
 * Takata (1977) leaves 0.06 of 0.46 W/mK, pores filled with steam. Held above 100 C. What
 * never held water is no tissue: it conducts as it is said to. */
static double conducts_frac(const struct march *march, size_t cell)
{
	double latent_J_m2 = march->solver->cells.latent_J_m2[cell];
	if (!(latent_J_m2 > 0.0))
		return 1.0;
	double dry_frac = march->solver->boiled_J_m2[cell] / latent_J_m2;
	double warm_K = fmin(march->now[at(march, cell, 0)], HEAT_BOILING_C) - REFERENCE_C;
	return (1.0 + CONDUCTIVITY_1_K * warm_K) * (1.0 - (1.0 - DRY_FRAC) * dry_frac);
}

/* Two neighbours in series: exact for equal halves, and between layers for what matters, the smaller one. */
static void follow_properties(struct march *march)
{
	const struct heat_cells *cells = &march->solver->cells;
	size_t n = cells->count;
	double above = conducts_frac(march, 0);
	march->conductance_W_m2K[0] = cells->conductance_W_m2K[0] * above;
	for (size_t i = 1; i <= n; i++) {
		double below = i < n ? conducts_frac(march, i) : above;
		march->conductance_W_m2K[i] = cells->conductance_W_m2K[i] * 2.0 * above * below / (above + below);
		above = below;
	}
	march->regime.half_W_m2K = march->conductance_W_m2K[0];
	march->regime.surface_W_m2K =
	        march->regime.h_W_m2K > 0.0 ? 1.0 / (1.0 / march->regime.h_W_m2K + 1.0 / march->regime.half_W_m2K) : 0.0;
	march->factored_s = 0.0; /* factor again */
	fill_supply(march);
}

static double surface_value(const struct heat_regime *regime, const struct heat_field *field, double first);

/* Air without a stage; a stage's h is what the device gives. */
static void follow_air(struct march *march)
{
	double at_rest_W_m2K = march->problem->surface.ambient_h_W_m2K;
	struct heat_regime *regime = &march->regime;
	if (!march->airy || !(at_rest_W_m2K > 0.0) || isinf(at_rest_W_m2K))
		return;
	double surface_C = surface_value(regime, &march->field[0], march->now[at(march, 0, 0)]);
	regime->h_W_m2K = heat_air_W_m2K(at_rest_W_m2K, surface_C, regime->medium_C);
	regime->surface_W_m2K =
	        regime->h_W_m2K > 0.0 ? 1.0 / (1.0 / regime->h_W_m2K + 1.0 / regime->half_W_m2K) : 0.0;
}

/* Blood and air as they are after a step; the next one uses them. */
static void follow_life(struct march *march, double dt_s)
{
	const struct heat_cells *cells = &march->solver->cells;
	for (size_t i = 0; i < cells->count; i++) {
		if (!(cells->sink_W_m2K[i] > 0.0))
			continue;
		heat_blood_advance(&march->blood[i], march->now[at(march, i, 0)], dt_s);
		march->sink_W_m2K[i] = cells->sink_W_m2K[i] * heat_blood_frac(&march->blood[i]);
	}
	follow_air(march);
	march->factored_s = 0.0; /* factor again */
	fill_supply(march);
}

/* ---- the record ---- */

static enum status grow(struct march *march, struct fail *why)
{
	size_t capacity = march->capacity ? 2 * march->capacity : HEAT_STEPS_FIRST, n = march->solver->cells.count;
	double *time_s = realloc(march->solver->time_s, capacity * sizeof *time_s);
	float *state = NULL, *surface = NULL;
	if (time_s)
		march->solver->time_s = time_s;
	if (time_s)
		state = realloc(march->state, capacity * HEAT_FIELDS * n * sizeof *state);
	if (state)
		march->state = state;
	if (state)
		surface = realloc(march->surface, capacity * HEAT_FIELDS * sizeof *surface);
	if (!surface)
		return fail_set(why, ST_FULL, "heat.steps", "out of memory for %zu steps", capacity);
	march->surface = surface;
	march->capacity = capacity;
	return ST_OK;
}

/* The surface has no heat capacity: what reaches it through the half cell leaves through h. */
static double surface_value(const struct heat_regime *regime, const struct heat_field *field, double first)
{
	double medium = field->boundary * regime->medium_C;
	if (isinf(regime->h_W_m2K))
		return medium;
	return (regime->half_W_m2K * first + regime->h_W_m2K * medium) /
	       (regime->half_W_m2K + regime->h_W_m2K);
}

/* Largest value of the state and the surface: the step's own, or found anew after a flash. */
static void note_largest(struct march *march, const double *surface)
{
	for (size_t f = 0; f < march->solver->fields; f++) {
		double largest = fmax(march->size.largest[f], fabs(surface[f]));
		march->field[f].largest = fmax(march->field[f].largest, largest);
	}
}

static enum status record(struct march *march, double time_s, struct fail *why)
{
	struct heat *solver = march->solver;
	size_t size = HEAT_FIELDS * solver->cells.count;
	if (solver->steps >= HEAT_STEPS_MAX)
		return fail_set(why, ST_FULL, "heat.steps",
		                "more than %d time steps; fewer pulses or a shorter run", HEAT_STEPS_MAX);
	if (solver->steps == march->capacity) {
		enum status status = grow(march, why);
		if (status != ST_OK)
			return status;
	}
	double surface[HEAT_FIELDS];
	heat_kernel_keep(march->now, size, march->state + solver->steps * size);
	for (size_t f = 0; f < solver->fields; f++) {
		surface[f] = surface_value(&march->regime, &march->field[f], march->now[at(march, 0, f)]);
		march->surface[HEAT_FIELDS * solver->steps + f] = (float)surface[f];
	}
	note_largest(march, surface);
	solver->time_s[solver->steps++] = time_s;
	return ST_OK;
}

/* The record by rows, as it is read: row 0 is the surface. */
static enum status turn_record(struct march *march, struct fail *why)
{
	struct heat *solver = march->solver;
	size_t steps = solver->steps;
	for (size_t f = 0; f < solver->fields; f++) {
		solver->value[f] = malloc(solver->rows * steps * sizeof *solver->value[f]);
		if (!solver->value[f])
			return fail_set(why, ST_FULL, "heat.steps", "out of memory for %zu steps", steps);
		for (size_t i = 0; i < steps; i++)
			solver->value[f][i] = march->surface[HEAT_FIELDS * i + f];
	}
	struct heat_turn turn = {.cells = solver->cells.count, .steps = steps, .state = march->state};
	for (size_t f = 0; f < solver->fields; f++)
		turn.row[f] = solver->value[f] + steps;
	heat_kernel_turn(&turn);
	return ST_OK;
}

/* ---- intervals ---- */

static double try_step(struct march *march, double dt_s)
{
	double error = 0.0;
	take_step(march, dt_s);
	for (size_t f = 0; f < march->solver->fields; f++)
		error = fmax(error, step_error(march, f));
	return error;
}

static void accept_step(struct march *march, double dt_s)
{
	double *swap = march->now;
	if (march->latent)
		boil(march, march->next);
	march->now = march->next;
	march->next = swap;
	if (march->latent)
		follow_properties(march);
	if (march->blood)
		follow_life(march, dt_s);
}

/* The last step's size is that of the response now. */
static bool decayed(const struct march *march)
{
	size_t last = march->solver->fields - 1;
	return march->solver->fields == HEAT_FIELDS &&
	       march->size.largest[last] < HEAT_TAIL_DECAY_FRAC * march->field[last].largest;
}

/* From one event to the next; when stop_early the response may end it. */
static enum status march_interval(struct march *march, double from_s, double to_s, bool stop_early,
                                  struct fail *why)
{
	struct heat_steps steps = heat_steps_between(from_s, to_s);
	enum status status = ST_OK;
	while (status == ST_OK && heat_steps_left(&steps)) {
		const struct heat_blood *blood = march->blood;
		double most_s = blood ? heat_blood_step_s(blood, march->now, march->solver->cells.count) : INFINITY;
		double dt_s = heat_steps_next(&steps, most_s);
		bool taken = false;
		status = heat_steps_judge(&steps, try_step(march, dt_s), &taken, why);
		if (!taken)
			continue;
		accept_step(march, dt_s);
		status = record(march, heat_steps_time_s(&steps), why);
		if (stop_early && decayed(march))
			break;
	}
	return status;
}

static void deposit(struct march *march, double pulses)
{
	const struct heat_cells *cells = &march->solver->cells;
	for (size_t f = 0; f < march->solver->fields; f++)
		for (size_t i = 0; i < cells->count; i++)
			march->now[at(march, i, f)] += pulses * march->field[f].source * cells->deposit_J_m2[i] /
			                               cells->capacity_J_m2K[i];
	if (march->latent)
		boil(march, march->now);
	for (size_t f = 0; f < march->solver->fields; f++)
		march->size.largest[f] = largest_of(march, f);
}

static enum status march_events(struct march *march, struct fail *why)
{
	const struct heat_timeline *timeline = &march->timeline;
	enum status status = ST_OK;
	for (size_t e = 0; status == ST_OK && e + 1 < timeline->events; e++) {
		const struct heat_event *event = &timeline->event[e];
		double to_s = timeline->event[e + 1].time_s;
		march->regime =
		        heat_regime_at(march->problem, timeline, march->solver->cells.conductance_W_m2K[0],
		                       march->solver->ambient_C, 0.5 * (event->time_s + to_s));
		march->airy = march->regime.h_W_m2K == march->problem->surface.ambient_h_W_m2K;
		if (march->blood)
			follow_air(march);
		fill_supply(march);
		if (march->latent)
			follow_properties(march);
		if (event->instant > 0.0)
			deposit(march, event->instant);
		status = record(march, event->time_s, why);
		if (status == ST_OK)
			status = march_interval(march, event->time_s, to_s, event->last_event, why);
	}
	return status;
}

static bool blood_at_rest(struct march *march)
{
	size_t n = march->solver->cells.count;
	if (!march->problem->living || march->solver->fields == HEAT_FIELDS)
		return true; /* base and response stay linear */
	march->blood = calloc(n, sizeof *march->blood);
	for (size_t i = 0; march->blood && i < n; i++)
		march->blood[i].flow_frac = march->solver->cells.sink_W_m2K[i] > 0.0 ? 1.0 : 0.0;
	return march->blood != NULL;
}

static bool workspace(struct march *march, const double *start_C, double **block)
{
	size_t n = march->solver->cells.count, size = HEAT_FIELDS * n;
	enum { VECTORS = 6 };
	*block = calloc(VECTORS * size + 2 * n + 1, sizeof **block);
	if (!*block || !blood_at_rest(march))
		return false;
	march->sink_W_m2K = *block + VECTORS * size + n + 1;
	memcpy(march->sink_W_m2K, march->solver->cells.sink_W_m2K, n * sizeof **block);
	march->conductance_W_m2K = *block + VECTORS * size;
	memcpy(march->conductance_W_m2K, march->solver->cells.conductance_W_m2K, (n + 1) * sizeof **block);
	march->now = *block;
	march->stage = march->now + size;
	march->next = march->stage + size;
	march->supply_W_m2 = march->next + size;
	march->pivot = march->supply_W_m2 + size;
	march->ratio = march->pivot + size;
	for (size_t i = 0; i < n; i++)
		march->now[at(march, i, 0)] = start_C[i];
	march->size.largest[0] = largest_of(march, 0);
	return true;
}

enum status heat_march(const struct heat_problem *problem, struct heat *solver, struct heat_field *field,
                       const double *start_C, bool latent, struct fail *why)
{
	double *block = NULL;
	struct march march = {.problem = problem, .solver = solver, .field = field, .latent = latent};
	enum status status = heat_timeline_new(problem, &solver->cells, &march.timeline, why);
	if (status != ST_OK)
		return status;
	if (workspace(&march, start_C, &block))
		status = march_events(&march, why);
	else
		status = fail_set(why, ST_FULL, "heat", "out of memory for %zu cells", solver->cells.count);
	if (status == ST_OK)
		status = turn_record(&march, why);
	free(block);
	free(march.blood);
	free(march.state);
	free(march.surface);
	heat_timeline_free(&march.timeline);
	return status;
}

/* ---- initial state ---- */

/* Solves K T = s with the surface held: k T'' = w rho_b c_b (T - T_core) - q_m between the two temperatures.
 * Returns the conductive flux from the tissue to the surface [W/m2]. */
double heat_steady_state(const struct heat_cells *cells, double surface_C, double core_C,
                         double *temperature_C)
{
	double ratio[HEAT_CELLS_MAX], coupling = 0.0;
	size_t n = cells->count;
	for (size_t i = 0; i < n; i++) {
		double up = cells->conductance_W_m2K[i], down = cells->conductance_W_m2K[i + 1];
		double pivot = up + down + cells->sink_W_m2K[i] - (i > 0 ? coupling * ratio[i - 1] : 0.0);
		double right = cells->sink_W_m2K[i] * core_C + cells->metabolic_W_m2[i];
		right += i == 0 ? up * surface_C : coupling * temperature_C[i - 1];
		if (i + 1 == n)
			right += down * core_C;
		temperature_C[i] = right / pivot;
		ratio[i] = down / pivot;
		coupling = down;
	}
	for (size_t i = n - 1; i-- > 0;)
		temperature_C[i] += ratio[i] * temperature_C[i + 1];
	return cells->conductance_W_m2K[0] * (temperature_C[0] - surface_C);
}
