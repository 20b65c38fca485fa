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

#define GAMMA 0.58578643762690495 /* 2 - sqrt 2 */
#define STAGE_FRAC (0.5 * GAMMA)  /* implicit part of both stages */
#define FROM_STAGE (1.0 / (GAMMA * (2.0 - GAMMA)))
#define FROM_START ((1.0 - GAMMA) * (1.0 - GAMMA) / (GAMMA * (2.0 - GAMMA)))
#define SAFETY 0.9
#define GROW_MAX 4.0
#define SHRINK_MAX 0.05
#define FIRST_STEP_FRAC 0.25     /* of the interval between events; step control cuts it down */
#define FEWEST_STEPS 2.0         /* per interval */
#define SMALLEST_STEP_FRAC 1e-12 /* of the interval: below it something is wrong */
#define TAIL_DECAY_FRAC 0.02
#define STEPS_FIRST 128

struct march {
	const struct heat_problem *problem;
	struct heat *solver;
	struct heat_field *field;
	struct heat_timeline timeline;
	bool latent;
	struct heat_regime regime;
	double *pivot, *ratio; /* [cells] of the factored matrix */
	double *spare;         /* [cells] the second column when there is one field only */
};

/* ---- linear algebra ---- */

/* The matrix M + theta K, theta = STAGE_FRAC dt, is symmetric and diagonally dominant. It is eliminated from
 * both ends towards the middle cell: the recurrences are bound by latency, so two chains, and two fields in
 * each, cost little more than one. ratio[i] couples cell i to its neighbour on the middle's side. */

static double diagonal(const struct march *march, size_t i, double theta_s)
{
	const struct heat_cells *cells = &march->solver->cells;
	double up_W_m2K = i == 0 ? march->regime.surface_W_m2K : cells->conductance_W_m2K[i];
	return cells->capacity_J_m2K[i] +
	       theta_s * (up_W_m2K + cells->conductance_W_m2K[i + 1] + cells->sink_W_m2K[i]);
}

static void factor(struct march *march, double theta_s)
{
	const double *conductance = march->solver->cells.conductance_W_m2K;
	double *pivot = march->pivot, *ratio = march->ratio;
	double from_top = 0.0, from_bottom = 0.0; /* what elimination takes off the next diagonal */
	size_t n = march->solver->cells.count, middle = n / 2;
	for (size_t i = 0; i < middle; i++) {
		size_t j = n - 1 - i;
		double down = theta_s * conductance[i + 1], up = theta_s * conductance[j];
		pivot[i] = 1.0 / (diagonal(march, i, theta_s) - from_top);
		ratio[i] = down * pivot[i];
		from_top = down * ratio[i];
		if (j == middle) /* an even count: the lower part is one shorter */
			break;
		pivot[j] = 1.0 / (diagonal(march, j, theta_s) - from_bottom);
		ratio[j] = up * pivot[j];
		from_bottom = up * ratio[j];
	}
	pivot[middle] = 1.0 / (diagonal(march, middle, theta_s) - from_top - from_bottom);
}

static void substitute(const struct march *march, double *x, double *y)
{
	size_t n = march->solver->cells.count, middle = n / 2, below = n - 1 - middle;
	const double *ratio = march->ratio, *pivot = march->pivot;
	for (size_t i = 1; i < below; i++) {
		size_t j = n - 1 - i;
		x[i] += ratio[i - 1] * x[i - 1];
		y[i] += ratio[i - 1] * y[i - 1];
		x[j] += ratio[j + 1] * x[j + 1];
		y[j] += ratio[j + 1] * y[j + 1];
	}
	for (size_t i = below > 1 ? below : 1; i <= middle; i++) {
		x[i] += ratio[i - 1] * x[i - 1];
		y[i] += ratio[i - 1] * y[i - 1];
	}
	if (below > 0) {
		x[middle] += ratio[middle + 1] * x[middle + 1];
		y[middle] += ratio[middle + 1] * y[middle + 1];
	}
	x[middle] *= pivot[middle];
	y[middle] *= pivot[middle];
	for (size_t k = 1; k <= below; k++) {
		size_t i = middle - k, j = middle + k;
		x[i] = x[i] * pivot[i] + ratio[i] * x[i + 1];
		y[i] = y[i] * pivot[i] + ratio[i] * y[i + 1];
		x[j] = x[j] * pivot[j] + ratio[j] * x[j - 1];
		y[j] = y[j] * pivot[j] + ratio[j] * y[j - 1];
	}
	if (below < middle) {
		x[0] = x[0] * pivot[0] + ratio[0] * x[1];
		y[0] = y[0] * pivot[0] + ratio[0] * y[1];
	}
}

/* Sources of one field [W/m2], constant within a regime: boundaries, blood, metabolism, light. */
static void fill_supply(const struct march *march, struct heat_field *field)
{
	const struct heat_cells *cells = &march->solver->cells;
	double core_C = march->problem->core_C, power_1_s = field->source * march->regime.power_1_s;
	size_t n = cells->count;
	for (size_t i = 0; i < n; i++)
		field->supply_W_m2[i] =
		        field->boundary * (cells->sink_W_m2K[i] * core_C + cells->metabolic_W_m2[i]) +
		        power_1_s * cells->deposit_J_m2[i];
	field->supply_W_m2[0] += field->boundary * march->regime.surface_W_m2K * march->regime.medium_C;
	field->supply_W_m2[n - 1] += field->boundary * cells->conductance_W_m2K[n] * core_C;
}

/* ---- one step ---- */

/* Right side of the trapezoid to gamma dt: M T + theta (2 s - K T), K T being what flows out of each cell. */
static void trapezoid_side(const struct march *march, struct heat_field *field, double theta_s)
{
	const struct heat_cells *cells = &march->solver->cells;
	const double *now = field->now, *conductance = cells->conductance_W_m2K;
	size_t n = cells->count;
	double inflow_W_m2 = -march->regime.surface_W_m2K * now[0]; /* through the upper face */
	for (size_t i = 0; i < n; i++) {
		double down_W_m2 = conductance[i + 1] * (i + 1 < n ? now[i] - now[i + 1] : now[i]);
		double net_W_m2 =
		        inflow_W_m2 - down_W_m2 - cells->sink_W_m2K[i] * now[i] + 2.0 * field->supply_W_m2[i];
		field->stage[i] = cells->capacity_J_m2K[i] * now[i] + theta_s * net_W_m2;
		inflow_W_m2 = down_W_m2;
	}
}

/* Right side of BDF2 to dt. */
static void bdf2_side(const struct march *march, struct heat_field *field, double theta_s)
{
	const double *capacity = march->solver->cells.capacity_J_m2K;
	for (size_t i = 0; i < march->solver->cells.count; i++)
		field->next[i] = capacity[i] * (FROM_STAGE * field->stage[i] - FROM_START * field->now[i]) +
		                 theta_s * field->supply_W_m2[i];
}

/* The last field; the first again when there is only one. */
static struct heat_field *second_field(struct march *march)
{
	return &march->field[march->solver->fields - 1];
}

static void take_step(struct march *march, double dt_s)
{
	double theta_s = STAGE_FRAC * dt_s;
	struct heat_field *first = &march->field[0], *second = second_field(march);
	bool alone = first == second;
	factor(march, theta_s);
	trapezoid_side(march, first, theta_s);
	if (!alone)
		trapezoid_side(march, second, theta_s);
	substitute(march, first->stage, alone ? march->spare : second->stage);
	bdf2_side(march, first, theta_s);
	if (!alone)
		bdf2_side(march, second, theta_s);
	substitute(march, first->next, alone ? march->spare : second->next);
}

static double largest_of(const double *value, size_t count)
{
	double largest = 0.0;
	for (size_t i = 0; i < count; i++) {
		double size = fabs(value[i]);
		largest = size > largest ? size : largest;
	}
	return largest;
}

/* Error of the step over its allowance. */
static double step_error(const struct march *march, const struct heat_field *field)
{
	size_t n = march->solver->cells.count;
	double error = 0.0;
	for (size_t i = 0; i < n; i++) {
		double off = fabs(field->stage[i] - field->now[i] - GAMMA * (field->next[i] - field->now[i]));
		error = off > error ? off : error;
	}
	double scale = field->tolerance_frac > 0.0 ? fmax(field->largest, largest_of(field->next, n)) : 0.0;
	double allowed = field->tolerance_K + field->tolerance_frac * scale;
	return allowed > 0.0 ? error / allowed : 0.0;
}

/* Boiling: what would pass 100 C goes into the cell's latent store until that is full. */
static void boil(struct march *march, double *temperature_C)
{
	const struct heat_cells *cells = &march->solver->cells;
	double *boiled = march->solver->boiled_J_m2;
	for (size_t i = 0; i < cells->count; i++) {
		double excess_J_m2 = (temperature_C[i] - HEAT_BOILING_C) * cells->capacity_J_m2K[i];
		double taken_J_m2 = fmin(excess_J_m2, cells->latent_J_m2[i] - boiled[i]);
		if (taken_J_m2 <= 0.0)
			continue;
		boiled[i] += taken_J_m2;
		temperature_C[i] -= taken_J_m2 / cells->capacity_J_m2K[i];
	}
}

/* ---- the record ---- */

static enum status grow(struct heat *solver, struct fail *why)
{
	size_t capacity = solver->capacity ? 2 * solver->capacity : STEPS_FIRST;
	double *time_s = realloc(solver->time_s, capacity * sizeof *time_s);
	if (!time_s)
		return fail_set(why, ST_FULL, "heat.steps", "out of memory for %zu steps", capacity);
	solver->time_s = time_s;
	for (size_t f = 0; f < solver->fields; f++) {
		double *value = realloc(solver->value[f], capacity * solver->rows * sizeof *value);
		if (!value)
			return fail_set(why, ST_FULL, "heat.steps", "out of memory for %zu steps", capacity);
		solver->value[f] = value;
	}
	solver->capacity = capacity;
	return ST_OK;
}

/* The surface has no heat capacity: what reaches it through the half cell leaves through h. */
static double surface_value(const struct heat_regime *regime, const struct heat_field *field)
{
	double medium = field->boundary * regime->medium_C;
	if (isinf(regime->h_W_m2K))
		return medium;
	return (regime->half_W_m2K * field->now[0] + regime->h_W_m2K * medium) /
	       (regime->half_W_m2K + regime->h_W_m2K);
}

static enum status record(struct march *march, double time_s, struct fail *why)
{
	struct heat *solver = march->solver;
	if (solver->steps >= HEAT_STEPS_MAX)
		return fail_set(why, ST_FULL, "heat.steps",
		                "more than %d time steps; fewer pulses or a shorter run", HEAT_STEPS_MAX);
	if (solver->steps == solver->capacity) {
		enum status status = grow(solver, why);
		if (status != ST_OK)
			return status;
	}
	for (size_t f = 0; f < solver->fields; f++) {
		double *row = solver->value[f] + solver->steps * solver->rows;
		row[0] = surface_value(&march->regime, &march->field[f]);
		memcpy(row + 1, march->field[f].now, solver->cells.count * sizeof *row);
		march->field[f].largest = fmax(march->field[f].largest, largest_of(row, solver->rows));
	}
	solver->time_s[solver->steps++] = time_s;
	return ST_OK;
}

/* ---- intervals ---- */

static double try_step(struct march *march, double dt_s)
{
	double error = 0.0;
	take_step(march, dt_s);
	for (size_t f = 0; f < march->solver->fields; f++)
		error = fmax(error, step_error(march, &march->field[f]));
	return error;
}

static void accept_step(struct march *march)
{
	if (march->latent)
		boil(march, march->field[0].next);
	for (size_t f = 0; f < march->solver->fields; f++) {
		double *swap = march->field[f].now;
		march->field[f].now = march->field[f].next;
		march->field[f].next = swap;
	}
}

static bool decayed(const struct march *march)
{
	const struct heat_field *response = &march->field[march->solver->fields - 1];
	if (march->solver->fields < HEAT_FIELDS)
		return false;
	return largest_of(response->now, march->solver->cells.count) < TAIL_DECAY_FRAC * response->largest;
}

/* From one event to the next; when stop_early the response may end it. */
static enum status march_interval(struct march *march, double from_s, double to_s, bool stop_early,
                                  struct fail *why)
{
	double length_s = to_s - from_s, done_s = 0.0, dt_s = FIRST_STEP_FRAC * length_s;
	while (done_s < length_s) {
		double left_s = length_s - done_s;
		if (left_s <= FEWEST_STEPS * dt_s)
			dt_s = left_s <= dt_s ? left_s : 0.5 * left_s;
		double error = try_step(march, dt_s);
		if (!isfinite(error) || dt_s < SMALLEST_STEP_FRAC * length_s)
			return fail_set(why, ST_NUMERIC, "heat", "no step is small enough at %g s",
			                from_s + done_s);
		double factor_next = error > 0.0 ? SAFETY / sqrt(error) : GROW_MAX;
		if (error > 1.0) {
			dt_s *= fmax(factor_next, SHRINK_MAX);
			continue;
		}
		accept_step(march);
		done_s = dt_s == left_s ? length_s : done_s + dt_s;
		enum status status = record(march, done_s == length_s ? to_s : from_s + done_s, why);
		if (status != ST_OK)
			return status;
		if (stop_early && decayed(march))
			break;
		dt_s *= fmin(factor_next, GROW_MAX);
	}
	return ST_OK;
}

static void deposit(struct march *march, double pulses)
{
	const struct heat_cells *cells = &march->solver->cells;
	for (size_t f = 0; f < march->solver->fields; f++)
		for (size_t i = 0; i < cells->count; i++)
			march->field[f].now[i] += pulses * march->field[f].source * cells->deposit_J_m2[i] /
			                          cells->capacity_J_m2K[i];
	if (march->latent)
		boil(march, march->field[0].now);
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
		for (size_t f = 0; f < march->solver->fields; f++)
			fill_supply(march, &march->field[f]);
		if (event->instant > 0.0)
			deposit(march, event->instant);
		status = record(march, event->time_s, why);
		if (status == ST_OK)
			status = march_interval(march, event->time_s, to_s, event->last_event, why);
	}
	return status;
}

enum status heat_march(const struct heat_problem *problem, struct heat *solver, struct heat_field *field,
                       bool latent, struct fail *why)
{
	size_t n = solver->cells.count;
	struct march march = {.problem = problem, .solver = solver, .field = field, .latent = latent};
	enum status status = heat_timeline_new(problem, &solver->cells, &march.timeline, why);
	if (status != ST_OK)
		return status;
	march.pivot = calloc(3 * n, sizeof *march.pivot);
	if (march.pivot) {
		march.ratio = march.pivot + n;
		march.spare = march.pivot + 2 * n;
		status = march_events(&march, why);
	} else {
		status = fail_set(why, ST_FULL, "heat", "out of memory for %zu cells", n);
	}
	free(march.pivot);
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
