/* Many sources in one tissue under one schedule, marched side by side.
 *
 * The answer is linear in the source: whoever needs the response to many sources that are sums of a few solves for the
 * few once. The base and up to seven responses lie in one vector: one matrix serves all, and its recurrences, bound by
 * latency, cost one of them what they cost eight. Steps and their control are those of heat_march.c; a step is as short
 * as the strictest of the fields asks. */
#include "physics/base/widest.h"
#include "physics/heat_private.h"

#ifdef __clang__
#pragma clang fp contract(off)
#endif
/* All that returns a vector is inlined: no call has to agree on registers. Both compilers obey this. */
#pragma GCC diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

enum { LANES = 1 + HEAT_FAMILY_SOURCES }; /* the base is the first */
typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));
typedef long long masks __attribute__((vector_size(LANES * sizeof(long long)), aligned(8), may_alias));

struct family_march {
	const struct heat_problem *problem;
	struct heat *heat;
	size_t sources;
	const struct heat_family_start *from;
	size_t mark;
	struct heat_timeline timeline;
	struct heat_regime regime;
	double *deposit_J_m2[HEAT_FAMILY_SOURCES]; /* [cells] */
	lanes *now, *stage, *next, *supply_W_m2;   /* [cells] */
	double *pivot, *ratio;                     /* [cells] of the factored matrix */
	double factored_s, factored_W_m2K, theta_s;
	lanes error, size, ever; /* of the last step's chord; of its state; of all states */
	lanes tolerance_K, tolerance_frac;
	size_t capacity;
	lanes *state; /* the record: [steps][rows] */
};

void heat_family_free(struct heat_family **family)
{
	if (!family || !*family)
		return;
	for (size_t s = 0; s < HEAT_FAMILY_SOURCES; s++)
		free((*family)->response[s]);
	heat_free(&(*family)->heat);
	free(*family);
	*family = NULL;
}

/* ---- one step ---- */

/* M + theta K, symmetric and diagonally dominant, from the surface down. */
static void factor(struct family_march *m)
{
	const struct heat_cells *c = &m->heat->cells;
	double taken = 0.0, above = m->regime.surface_W_m2K;
	for (size_t i = 0; i < c->count; i++) {
		double below = c->conductance_W_m2K[i + 1];
		double diagonal = c->capacity_J_m2K[i] + m->theta_s * (above + below + c->sink_W_m2K[i]);
		m->pivot[i] = 1.0 / (diagonal - taken);
		m->ratio[i] = m->theta_s * below * m->pivot[i];
		taken = m->theta_s * below * m->ratio[i];
		above = below;
	}
}

/* From the last cell, which is eliminated, up. */
INLINE void solve_upwards(const struct family_march *m, lanes *x)
{
	lanes below = {0};
	for (size_t i = m->heat->cells.count; i-- > 0;)
		x[i] = below = x[i] * m->pivot[i] + m->ratio[i] * below;
}

/* M T + theta (2 s - K T), eliminated on the way. */
INLINE void trapezoid(struct family_march *m)
{
	const struct heat_cells *c = &m->heat->cells;
	lanes inflow = -m->regime.surface_W_m2K * m->now[0], carried = {0}, here = m->now[0];
	for (size_t i = 0; i < c->count; i++) {
		lanes next = i + 1 < c->count ? m->now[i + 1] : (lanes){0};
		lanes outflow = c->conductance_W_m2K[i + 1] * (here - next);
		lanes net = inflow - outflow - c->sink_W_m2K[i] * here + 2.0 * m->supply_W_m2[i];
		m->stage[i] = c->capacity_J_m2K[i] * here + m->theta_s * net + carried;
		carried = m->ratio[i] * m->stage[i];
		inflow = outflow;
		here = next;
	}
	solve_upwards(m, m->stage);
}

INLINE void bdf2(struct family_march *m)
{
	const struct heat_cells *c = &m->heat->cells;
	lanes carried = {0};
	for (size_t i = 0; i < c->count; i++) {
		lanes old = HEAT_FROM_STAGE * m->stage[i] - HEAT_FROM_START * m->now[i];
		m->next[i] = c->capacity_J_m2K[i] * old + m->theta_s * m->supply_W_m2[i] + carried;
		carried = m->ratio[i] * m->next[i];
	}
	solve_upwards(m, m->next);
}

INLINE lanes larger(lanes a, lanes b)
{
	masks which = a > b;
	return (lanes)((which & (masks)a) | (~which & (masks)b));
}

INLINE void watch(struct family_march *m)
{
	lanes error = {0}, size = {0};
	for (size_t i = 0; i < m->heat->cells.count; i++) {
		lanes off = m->stage[i] - m->now[i] - HEAT_GAMMA * (m->next[i] - m->now[i]);
		error = larger(error, larger(off, -off));
		size = larger(size, larger(m->next[i], -m->next[i]));
	}
	m->error = error;
	m->size = size;
}

INLINE void step_all(struct family_march *m)
{
	trapezoid(m);
	bdf2(m);
	watch(m);
}

WIDEST(dispatch, step_all, struct family_march *)

/* Largest error of a field over its allowance. */
static double try_step(struct family_march *m, double dt_s)
{
	double worst = 0.0;
	m->theta_s = 0.5 * HEAT_GAMMA * dt_s;
	if (dt_s != m->factored_s || m->regime.surface_W_m2K != m->factored_W_m2K)
		factor(m);
	m->factored_s = dt_s;
	m->factored_W_m2K = m->regime.surface_W_m2K;
	dispatch(m);
	for (size_t f = 0; f <= m->sources; f++) {
		double allowed = m->tolerance_K[f] + m->tolerance_frac[f] * fmax(m->ever[f], m->size[f]);
		worst = fmax(worst, allowed > 0.0 ? m->error[f] / allowed : 0.0);
	}
	return isfinite(m->size[0]) ? worst : INFINITY;
}

/* ---- the record ---- */

static enum status grow(struct family_march *m, struct fail *why)
{
	size_t capacity = m->capacity ? 2 * m->capacity : HEAT_STEPS_FIRST;
	double *time_s = realloc(m->heat->time_s, capacity * sizeof *time_s);
	if (time_s)
		m->heat->time_s = time_s;
	lanes *state = time_s ? realloc(m->state, capacity * m->heat->rows * sizeof *state) : NULL;
	if (!state)
		return fail_set(why, ST_FULL, "heat.steps", "out of memory for %zu steps", capacity);
	m->state = state;
	m->capacity = capacity;
	return ST_OK;
}

/* The surface has no heat capacity: what reaches it through the half cell leaves through h. */
static void surface_value(const struct family_march *m, lanes *out)
{
	const struct heat_regime *r = &m->regime;
	double leaving = isinf(r->h_W_m2K) ? 1.0 : r->h_W_m2K / (r->half_W_m2K + r->h_W_m2K);
	*out = (1.0 - leaving) * m->now[0];
	(*out)[0] += leaving * r->medium_C;
}

static enum status record(struct family_march *m, double time_s, struct fail *why)
{
	struct heat *heat = m->heat;
	if (heat->steps >= HEAT_STEPS_MAX)
		return fail_set(why, ST_FULL, "heat.steps", "more than %d time steps; fewer pulses or a shorter run",
		                HEAT_STEPS_MAX);
	if (heat->steps == m->capacity) {
		enum status status = grow(m, why);
		if (status != ST_OK)
			return status;
	}
	lanes *row = m->state + heat->steps * heat->rows;
	surface_value(m, &row[0]);
	memcpy(row + 1, m->now, heat->cells.count * sizeof *row);
	for (size_t f = 0; f <= m->sources; f++)
		m->ever[f] = fmax(m->ever[f], fmax(m->size[f], fabs(row[0][f])));
	heat->time_s[heat->steps++] = time_s;
	return ST_OK;
}

/* The record by rows, as it is read. */
static enum status turn_record(const struct family_march *m, struct heat_family *family, struct fail *why)
{
	struct heat *heat = m->heat;
	size_t steps = heat->steps, values = heat->rows * steps;
	bool room = true;
	for (size_t f = 0; f < HEAT_FIELDS; f++)
		room = (heat->value[f] = malloc(values * sizeof *heat->value[f])) != NULL && room;
	for (size_t s = 0; s < m->sources; s++)
		room = (family->response[s] = malloc(values * sizeof *family->response[s])) != NULL && room;
	if (!room)
		return fail_set(why, ST_FULL, "heat.steps", "out of memory for %zu steps", steps);
	for (size_t row = 0; row < heat->rows; row++)
		for (size_t step = 0; step < steps; step++) {
			const lanes *from = m->state + step * heat->rows + row;
			heat->value[0][row * steps + step] = (float)(*from)[0];
			for (size_t s = 0; s < m->sources; s++)
				family->response[s][row * steps + step] = (float)(*from)[s + 1];
		}
	enum status status = heat_find_highest(heat, 0, why);
	if (status != ST_OK)
		return status;
	heat->highest[1] = calloc(heat->rows * heat->blocks, sizeof *heat->highest[1]);
	return heat->highest[1] ? ST_OK : fail_set(why, ST_FULL, "heat.steps", "out of memory for %zu steps", steps);
}

/* ---- intervals ---- */

static void fill_supply(struct family_march *m)
{
	const struct heat_cells *c = &m->heat->cells;
	double core_C = m->problem->core_C;
	for (size_t i = 0; i < c->count; i++) {
		lanes supply = {0};
		supply[0] = c->sink_W_m2K[i] * core_C + c->metabolic_W_m2[i];
		for (size_t s = 0; s < m->sources; s++)
			supply[s + 1] = m->regime.power_1_s * m->deposit_J_m2[s][i];
		m->supply_W_m2[i] = supply;
	}
	m->supply_W_m2[0][0] += m->regime.surface_W_m2K * m->regime.medium_C;
	m->supply_W_m2[c->count - 1][0] += c->conductance_W_m2K[c->count] * core_C;
}

static bool decayed(const struct family_march *m)
{
	for (size_t s = 1; s <= m->sources; s++)
		if (m->size[s] > HEAT_TAIL_DECAY_FRAC * m->ever[s])
			return false;
	return true;
}

/* From one event to the next; when stop_early the decay of all responses may end it. */
static enum status march_interval(struct family_march *m, double from_s, double to_s, bool stop_early, struct fail *why)
{
	struct heat_steps steps = heat_steps_between(from_s, to_s);
	enum status status = ST_OK;
	while (status == ST_OK && heat_steps_left(&steps)) {
		bool taken = false;
		status = heat_steps_judge(&steps, try_step(m, heat_steps_next(&steps, INFINITY)), &taken, why);
		if (!taken)
			continue;
		lanes *old = m->now;
		m->now = m->next;
		m->next = old;
		status = record(m, heat_steps_time_s(&steps), why);
		if (stop_early && decayed(m))
			break;
	}
	return status;
}

static void deposit(struct family_march *m, double pulses)
{
	const struct heat_cells *c = &m->heat->cells;
	for (size_t i = 0; i < c->count; i++)
		for (size_t s = 0; s < m->sources; s++)
			m->now[i][s + 1] += pulses * m->deposit_J_m2[s][i] / c->capacity_J_m2K[i];
	for (size_t i = 0; i < c->count; i++)
		for (size_t f = 0; f <= m->sources; f++)
			m->size[f] = i == 0 ? fabs(m->now[i][f]) : fmax(m->size[f], fabs(m->now[i][f]));
}

/* The same, with a step at the mark where that lies between. */
static enum status march_past_mark(struct family_march *m, double from_s, double to_s, bool stop_early,
                                   struct fail *why)
{
	double mark_s = m->from ? m->from->mark_s : 0.0;
	if (!(mark_s > from_s && mark_s < to_s))
		return march_interval(m, from_s, to_s, stop_early, why);
	enum status status = march_interval(m, from_s, mark_s, false, why);
	m->mark = m->heat->steps - 1;
	return status == ST_OK ? march_interval(m, mark_s, to_s, stop_early, why) : status;
}

static enum status march_events(struct family_march *m, struct fail *why)
{
	const struct heat_timeline *timeline = &m->timeline;
	enum status status = ST_OK;
	for (size_t e = 0; status == ST_OK && e + 1 < timeline->events; e++) {
		const struct heat_event *event = &timeline->event[e];
		double to_s = timeline->event[e + 1].time_s;
		m->regime = heat_regime_at(m->problem, timeline, m->heat->cells.conductance_W_m2K[0], m->heat->ambient_C,
		                           0.5 * (event->time_s + to_s));
		fill_supply(m);
		if (event->instant > 0.0)
			deposit(m, event->instant);
		status = record(m, event->time_s, why);
		if (status == ST_OK)
			status = march_past_mark(m, event->time_s, to_s, event->last_event, why);
	}
	return status;
}

/* ---- building ---- */

/* Vectors of all cells first, then rows of numbers. */
static bool workspace(struct family_march *m, const struct heat_source *source, lanes **block)
{
	enum { VECTORS = 4, NUMBERS = 2 + HEAT_FAMILY_SOURCES };
	size_t n = m->heat->cells.count;
	*block = calloc(VECTORS * n + (NUMBERS * n + LANES - 1) / LANES, sizeof **block);
	if (!*block)
		return false;
	m->now = *block;
	m->stage = m->now + n;
	m->next = m->stage + n;
	m->supply_W_m2 = m->next + n;
	m->pivot = (double *)(m->supply_W_m2 + n);
	m->ratio = m->pivot + n;
	for (size_t s = 0; s < m->sources; s++) {
		m->deposit_J_m2[s] = m->ratio + (s + 1) * n;
		heat_cells_deposit(&m->heat->cells, &source[s], m->deposit_J_m2[s]);
	}
	return true;
}

static void start(struct family_march *m)
{
	double start_C[HEAT_CELLS_MAX];
	heat_start(m->problem, &m->heat->cells, start_C, &m->heat->ambient_C);
	for (size_t i = 0; i < m->heat->cells.count; i++) {
		m->now[i][0] = start_C[i];
		for (size_t s = 0; m->from && s < m->sources; s++)
			m->now[i][s + 1] = m->from->state[s] ? m->from->state[s][i] : 0.0;
		for (size_t f = 0; f <= m->sources; f++)
			m->size[f] = fmax(m->size[f], fabs(m->now[i][f]));
	}
	m->tolerance_K[0] = heat_base_tolerance_K(m->problem);
	for (size_t s = 1; s <= m->sources; s++)
		m->tolerance_frac[s] = heat_time_tolerance(m->problem);
}

static enum status build(const struct heat_problem *problem, const struct heat_source *source,
                         const struct heat_family_start *from, struct heat_family *family, struct fail *why)
{
	lanes *block = NULL;
	struct family_march m = {.problem = problem, .heat = family->heat, .sources = family->sources, .from = from};
	enum status status = heat_timeline_new(problem, &m.heat->cells, &m.timeline, why);
	if (status != ST_OK)
		return status;
	if (workspace(&m, source, &block)) {
		start(&m);
		status = march_events(&m, why);
	} else {
		status = fail_set(why, ST_FULL, "heat", "out of memory for %zu cells", m.heat->cells.count);
	}
	if (status == ST_OK)
		status = turn_record(&m, family, why);
	family->mark = m.mark;
	free(block);
	free(m.state);
	heat_timeline_free(&m.timeline);
	return status;
}

enum status heat_family_march(const struct heat_problem *problem, size_t sources, const struct heat_source *source,
                              const struct heat_family_start *start, struct heat_family **out, struct fail *why)
{
	*out = NULL;
	if (sources < 1 || sources > HEAT_FAMILY_SOURCES)
		return fail_set(why, ST_RANGE, "heat.sources", "%zu; allowed 1 to %d", sources, HEAT_FAMILY_SOURCES);
	struct heat_problem one = *problem; /* with one of the sources */
	one.source = source[0];
	enum status status = ST_OK;
	for (size_t s = 0; s < sources; s++) /* dark ones are sources too, but not all */
		one.source = one.source.bins > 0 ? one.source : source[s];
	for (size_t s = 0; status == ST_OK && s < sources; s++) {
		one.source = source[s].bins > 0 ? source[s] : one.source;
		status = heat_problem_check(&one, why);
	}
	struct heat_family *family = status == ST_OK ? calloc(1, sizeof *family) : NULL;
	if (status == ST_OK && !family)
		status = fail_set(why, ST_FULL, "heat", "out of memory");
	if (status != ST_OK)
		return status;
	family->sources = sources;
	status = heat_alloc(&one, HEAT_FIELDS, &family->heat, why);
	if (status == ST_OK)
		status = build(&one, source, start, family, why);
	if (status != ST_OK)
		heat_family_free(&family);
	*out = family;
	return status;
}

enum status heat_family_new(const struct heat_problem *problem, size_t sources, const struct heat_source *source,
                            struct heat_family **out, struct fail *why)
{
	return heat_family_march(problem, sources, source, NULL, out, why);
}

size_t heat_family_bytes(const struct heat_family *family)
{
	size_t values = family->heat->rows * family->heat->steps;
	return values * (HEAT_FIELDS + family->sources) * sizeof(float);
}

/* Summed in double precision and rounded once. */
typedef float singles __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

struct sum {
	const struct heat_family *family;
	const double *weight;
	size_t values;
	float *to;
};

INLINE void sum_all(const struct sum *c)
{
	size_t i = 0, sources = c->family->sources;
	for (; i + LANES <= c->values; i += LANES) {
		lanes sum = {0};
		for (size_t s = 0; s < sources; s++)
			sum += c->weight[s] * __builtin_convertvector(*(const singles *)(c->family->response[s] + i), lanes);
		*(singles *)(c->to + i) = __builtin_convertvector(sum, singles);
	}
	for (; i < c->values; i++) {
		double sum = 0.0;
		for (size_t s = 0; s < sources; s++)
			sum += c->weight[s] * (double)c->family->response[s][i];
		c->to[i] = (float)sum;
	}
}

WIDEST(sum_widest, sum_all, const struct sum *)

const struct heat *heat_family_sum(struct heat_family *family, const double *weight)
{
	struct heat *heat = family->heat;
	const struct sum sum = {family, weight, heat->rows * heat->steps, heat->value[1]};
	sum_widest(&sum);
	heat_note_highest(heat, 1);
	return heat;
}
