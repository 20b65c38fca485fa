/* Any number of passes from one: the modes, what a pass leaves in them, and sums over them. */
#include "physics/heat_passes.h"

#include "physics/base/units.h"
#include "physics/base/widest.h"
#include "physics/heat_private.h"

#ifdef __clang__
#pragma clang fp contract(off)
#endif
/* All that uses a vector is inlined: no call has to agree on registers. Both compilers obey this. */
#pragma GCC diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

enum { WIDTH = 8 };
typedef double wide __attribute__((vector_size(WIDTH * sizeof(double)), aligned(8), may_alias));
typedef float narrow __attribute__((vector_size(WIDTH * sizeof(float)), aligned(4), may_alias));
enum { TOGETHER = 8 }; /* bounds, in single precision */
typedef float bounds __attribute__((vector_size(TOGETHER * sizeof(float)), aligned(4), may_alias));
typedef int marks __attribute__((vector_size(TOGETHER * sizeof(int)), aligned(4), may_alias));
typedef long long masks __attribute__((vector_size(WIDTH * sizeof(long long)), aligned(8), may_alias));

enum { MODES = HEAT_FAMILY_SOURCES - 1 }; /* the first field beside the base is the response */
#define BOUND_ROUNDING_K 1e-3f /* of bounds, in single precision */
#define ROWS_AHEAD 3
#define CACHE_LINE 16 /* of single-precision values */
#define SWEEPS 4 /* of inverse iteration: starts are close, rests long */

/* Runs of steps, whose bounds spare most sums. */
#define RUN (2 * TOGETHER)
enum { BOUNDS = 1 + 2 * HEAT_FAMILY_SOURCES }; /* of a run: the base's highest, each other field's, their lowest */

struct heat_passes {
	struct heat_family *family;
	double interval_s;
	size_t runs, runs_to_mark, runs_filled; /* filled up to whole vectors, with runs no temperature is in */
	float *bound;                           /* [rows x BOUNDS x runs_filled] */
	/* What a pass leaves, in modes: beyond the start of the base, of a J/cm2, and of each mode. */
	double base_left_K[MODES], response_left_K[MODES], mode_left[MODES][MODES];
};

/* A field for each mode, by cell. */
struct modes {
	size_t cells;
	const double *capacity_J_m2K;
	double *value[MODES];
};

void heat_passes_free(struct heat_passes **passes)
{
	if (!passes || !*passes)
		return;
	heat_family_free(&(*passes)->family);
	free((*passes)->bound);
	free(*passes);
	*passes = NULL;
}

/* ---- modes ---------------------------------------------------------------------------------------------- */

static double inner(const struct modes *m, const double *a, const double *b)
{
	double sum = 0.0;
	for (size_t i = 0; i < m->cells; i++)
		sum += m->capacity_J_m2K[i] * a[i] * b[i];
	return sum;
}

/* Each mode freed of those before it, and of unit size in heat capacity (Gram-Schmidt). */
static void make_orthonormal(struct modes *m)
{
	for (int k = 0; k < MODES; k++) {
		double *own = m->value[k];
		for (int before = 0; before < k; before++) {
			double share = inner(m, m->value[before], own);
			for (size_t i = 0; i < m->cells; i++)
				own[i] -= share * m->value[before][i];
		}
		double size = sqrt(inner(m, own, own));
		for (size_t i = 0; i < m->cells; i++)
			own[i] /= size;
	}
}

/* x := inverse(K) M x: conduction at rest, the surface in its air. */
static void settle(const struct heat_cells *c, double surface_W_m2K, double *x)
{
	double ratio[HEAT_CELLS_MAX], above = surface_W_m2K, taken = 0.0, carried = 0.0;
	for (size_t i = 0; i < c->count; i++) {
		double below = c->conductance_W_m2K[i + 1], pivot = above + below + c->sink_W_m2K[i] - taken;
		x[i] = (c->capacity_J_m2K[i] * x[i] + carried) / pivot;
		ratio[i] = below / pivot;
		taken = below * ratio[i];
		carried = below * x[i];
		above = below;
	}
	for (size_t i = c->count - 1; i-- > 0;)
		x[i] += ratio[i] * x[i + 1];
}

/* The slowest modes span what a rest leaves. They are found as a span, by inverse iteration from the cosines of an even
 * slab, insulated above and held below. */
static void find_modes(const struct heat_cells *c, double surface_W_m2K, struct modes *m)
{
	double deep_um = c->edge_um[c->count];
	for (int k = 0; k < MODES; k++)
		for (size_t i = 0; i < c->count; i++)
			m->value[k][i] = cos((k + 0.5) * PI * 0.5 * (c->edge_um[i] + c->edge_um[i + 1]) / deep_um);
	for (int sweep = 0; sweep < SWEEPS; sweep++) {
		for (int k = 0; k < MODES; k++)
			settle(c, surface_W_m2K, m->value[k]);
		make_orthonormal(m);
	}
}

/* ---- what a pass leaves --------------------------------------------------------------------------------- */

/* A field of the family when the next pass begins, by cell: 0 the base beyond its start, 1 .. the others. */
static void left_at_mark(const struct heat_family *family, int field, double *out)
{
	const struct heat *heat = family->heat;
	for (size_t i = 0; i < heat->cells.count; i++) {
		size_t at = (i + 1) * heat->steps;
		out[i] = field == 0 ? (double)heat->value[0][at + family->mark] - (double)heat->value[0][at]
		                    : (double)family->response[field - 1][at + family->mark];
	}
}

/* Shares of the modes in a state, and the most that is not in them. */
static double project(const struct modes *m, double *state, double share[MODES])
{
	double missed = 0.0;
	for (int k = 0; k < MODES; k++)
		share[k] = inner(m, m->value[k], state);
	for (size_t i = 0; i < m->cells; i++) {
		for (int k = 0; k < MODES; k++)
			state[i] -= share[k] * m->value[k][i];
		missed = fmax(missed, fabs(state[i]));
	}
	return missed;
}

static double largest(const float *value, size_t count)
{
	float most = 0.0f;
	for (size_t i = 0; i < count; i++)
		most = value[i] > most ? value[i] : most;
	return (double)most;
}

static enum status measure_left(const struct heat_problem *problem, const struct modes *m, struct heat_passes *p,
                                struct fail *why)
{
	const struct heat *heat = p->family->heat;
	double state[HEAT_CELLS_MAX];
	left_at_mark(p->family, 0, state);
	double base_K = project(m, state, p->base_left_K);
	left_at_mark(p->family, 1, state);
	double response = project(m, state, p->response_left_K);
	for (int k = 0; k < MODES; k++) {
		double of_mode[MODES];
		left_at_mark(p->family, 2 + k, state);
		(void)project(m, state, of_mode);
		for (int to = 0; to < MODES; to++)
			p->mode_left[to][k] = of_mode[to];
	}
	double allowed = heat_time_tolerance(problem) * largest(p->family->response[0], heat->rows * heat->steps);
	if (base_K <= heat_base_tolerance_K(problem) && response <= allowed)
		return ST_OK;
	return fail_set(why, ST_MODEL, "heat.pass_interval_s",
	                "%g s: too short a rest, what a pass leaves is not smooth enough for %d modes", p->interval_s, MODES);
}

/* ---- bounds --------------------------------------------------------------------------------------------- */

static size_t run_end(const struct heat_passes *p, size_t run)
{
	size_t end = (run + 1) * RUN;
	return end < p->family->heat->steps ? end : p->family->heat->steps;
}

static void bound_run(const struct heat_passes *p, size_t row, size_t run)
{
	const struct heat *heat = p->family->heat;
	float *to = p->bound + row * BOUNDS * p->runs_filled + run;
	size_t from = row * heat->steps + run * RUN, end = row * heat->steps + run_end(p, run);
	for (size_t i = from; i < end; i++)
		to[0] = fmaxf(to[0], heat->value[0][i]);
	for (size_t s = 0; s < HEAT_FAMILY_SOURCES; s++) {
		const float *field = p->family->response[s];
		float *highest = to + (1 + s) * p->runs_filled, *lowest = highest + HEAT_FAMILY_SOURCES * p->runs_filled;
		*highest = *lowest = field[from];
		for (size_t i = from + 1; i < end; i++) {
			*highest = field[i] > *highest ? field[i] : *highest;
			*lowest = field[i] < *lowest ? field[i] : *lowest;
		}
	}
}

static enum status find_bounds(struct heat_passes *p, struct fail *why)
{
	const struct heat *heat = p->family->heat;
	p->runs = (heat->steps + RUN - 1) / RUN;
	p->runs_to_mark = (p->family->mark + 1 + RUN - 1) / RUN;
	p->runs_filled = (p->runs + TOGETHER - 1) / TOGETHER * TOGETHER;
	p->bound = calloc(heat->rows * BOUNDS * p->runs_filled, sizeof *p->bound);
	if (!p->bound)
		return fail_set(why, ST_FULL, "heat", "out of memory");
	for (size_t row = 0; row < heat->rows; row++) {
		for (size_t run = 0; run < p->runs_filled; run++)
			p->bound[row * BOUNDS * p->runs_filled + run] = -INFINITY;
		for (size_t run = 0; run < p->runs; run++)
			bound_run(p, row, run);
	}
	return ST_OK;
}

static enum status march_modes(const struct heat_problem *problem, const struct modes *m, struct heat_passes *p,
                               struct fail *why)
{
	struct heat_source source[HEAT_FAMILY_SOURCES] = {problem->source};
	struct heat_family_start start = {.mark_s = p->interval_s};
	for (int k = 0; k < MODES; k++)
		start.state[1 + k] = m->value[k];
	enum status st = heat_family_march(problem, 1 + MODES, source, &start, &p->family, why);
	if (!st)
		st = measure_left(problem, m, p, why);
	return st ? st : find_bounds(p, why);
}

static double last_change_s(const struct heat_problem *problem)
{
	const struct heat_pulses *pulses = &problem->pulses;
	double within_s = pulses->count > 1 ? (double)(pulses->count - 1) / pulses->rate_Hz : 0.0;
	double last_s = pulses->start_s + within_s + pulses->duration_s;
	for (size_t i = 0; i < problem->surface.stages; i++)
		last_s = fmax(last_s, problem->surface.stage[i].end_s);
	return last_s;
}

static enum status check(const struct heat_problem *problem, struct fail *why)
{
	double interval_s = problem->pulses.pass_interval_s, last_s = last_change_s(problem);
	if (problem->pulses.passes > 1)
		return fail_set(why, ST_INPUT, "heat.passes", "%zu; the problem is one pass", problem->pulses.passes);
	if (!(interval_s > last_s && isfinite(interval_s)))
		return fail_set(why, ST_MODEL, "heat.pass_interval_s", "%g s; a pass lasts %g s, and needs a rest after it",
		                interval_s, last_s);
	return heat_problem_check(problem, why);
}

static enum status solve(const struct heat_problem *problem, struct heat_passes *p, struct fail *why)
{
	struct heat_cells cells = {0};
	enum status st = heat_cells_new(problem, &cells, why);
	if (st)
		return st;
	double *values = calloc(MODES * cells.count, sizeof *values), h_W_m2K = problem->surface.ambient_h_W_m2K;
	double surface_W_m2K = h_W_m2K > 0.0 ? 1.0 / (1.0 / h_W_m2K + 1.0 / cells.conductance_W_m2K[0]) : 0.0;
	struct modes m = {.cells = cells.count, .capacity_J_m2K = cells.capacity_J_m2K};
	for (int k = 0; values && k < MODES; k++)
		m.value[k] = values + (size_t)k * cells.count;
	if (values) {
		find_modes(&cells, surface_W_m2K, &m);
		st = march_modes(problem, &m, p, why);
	} else {
		st = fail_set(why, ST_FULL, "heat", "out of memory for %zu cells", cells.count);
	}
	free(values);
	heat_cells_free(&cells);
	return st;
}

enum status heat_passes_new(const struct heat_problem *problem, struct heat_passes **out, struct fail *why)
{
	*out = NULL;
	enum status st = check(problem, why);
	if (st)
		return st;
	struct heat_passes *p = calloc(1, sizeof *p);
	if (!p)
		return fail_set(why, ST_FULL, "heat", "out of memory");
	p->interval_s = problem->pulses.pass_interval_s;
	st = solve(problem, p, why);
	if (st)
		heat_passes_free(&p);
	*out = p;
	return st;
}

const struct heat *heat_passes_rows(const struct heat_passes *passes)
{
	return passes->family->heat;
}

size_t heat_passes_bytes(const struct heat_passes *passes)
{
	size_t values = passes->family->heat->rows * BOUNDS * passes->runs_filled;
	return heat_family_bytes(passes->family) + values * sizeof *passes->bound;
}

/* ---- sums ----------------------------------------------------------------------------------------------- */

/* Shares of the fields in the temperatures of one pass, base apart. */
struct shares {
	double of[HEAT_FAMILY_SOURCES];
};

/* a := left by this pass + what the modes of the last state have become. */
static void carry_on(const struct heat_passes *p, double fluence_J_cm2, struct shares *s)
{
	double next[MODES];
	for (int k = 0; k < MODES; k++) {
		next[k] = p->base_left_K[k] + fluence_J_cm2 * p->response_left_K[k];
		for (int from = 0; from < MODES; from++)
			next[k] += p->mode_left[k][from] * s->of[1 + from];
	}
	memcpy(s->of + 1, next, sizeof next);
}

static enum status follow_passes(const struct heat_passes *p, struct heat_repeat repeat, struct shares *of_pass,
                                 struct fail *why)
{
	struct shares now = {{repeat.fluence_J_cm2}};
	if (repeat.passes < 1 || repeat.passes > HEAT_PASSES_MAX)
		return fail_set(why, ST_RANGE, "passes", "%u; allowed 1 to %d", repeat.passes, HEAT_PASSES_MAX);
	if (!(repeat.fluence_J_cm2 >= 0.0 && isfinite(repeat.fluence_J_cm2)))
		return fail_set(why, ST_RANGE, "fluence_J_cm2", "%g; must be finite and not negative", repeat.fluence_J_cm2);
	for (unsigned k = 0; k < repeat.passes; k++) {
		of_pass[k] = now;
		carry_on(p, repeat.fluence_J_cm2, &now);
	}
	return ST_OK;
}

/* One row in one pass: values of steps from .. to - 1 to out_C. */
struct row_sum {
	const struct heat_family *family;
	const struct shares *shares;
	size_t row, from, to;
	double *out_C, highest_C;
};

INLINE void sum_row(struct row_sum *r)
{
	const struct heat *heat = r->family->heat;
	size_t at = r->row * heat->steps + r->from, i = 0, steps = r->to - r->from;
	const float *base_C = heat->value[0] + at;
	const double *share = r->shares->of;
	const float *f[HEAT_FAMILY_SOURCES];
	for (int s = 0; s < HEAT_FAMILY_SOURCES; s++)
		f[s] = r->family->response[s] + at;
	wide most = {0};
	most -= INFINITY;
	for (; i + WIDTH <= steps; i += WIDTH) {
		wide sum = __builtin_convertvector(*(const narrow *)(base_C + i), wide);
		for (int s = 0; s < HEAT_FAMILY_SOURCES; s++)
			sum += share[s] * __builtin_convertvector(*(const narrow *)(f[s] + i), wide);
		*(wide *)(r->out_C + i) = sum;
		masks higher = sum > most;
		most = (wide)((higher & (masks)sum) | (~higher & (masks)most));
	}
	r->highest_C = -INFINITY;
	for (size_t k = 0; k < WIDTH; k++)
		r->highest_C = most[k] > r->highest_C ? most[k] : r->highest_C;
	for (; i < steps; i++) { /* the same sums, one by one */
		double sum = (double)base_C[i];
		for (int s = 0; s < HEAT_FAMILY_SOURCES; s++)
			sum += share[s] * (double)f[s][i];
		r->out_C[i] = sum;
		r->highest_C = sum > r->highest_C ? sum : r->highest_C;
	}
}

WIDEST(sum_row_widest, sum_row, struct row_sum *)

/* Steps of one pass: to the start of the next, or to the end. */
static size_t steps_of(const struct heat_passes *p, bool last)
{
	return last ? p->family->heat->steps : p->family->mark + 1;
}

/* Temperatures of a row in a pass; returns the highest. */
static double row_in_pass(const struct heat_passes *p, const struct shares *shares, size_t row, bool last,
                          double *temperature_C)
{
	struct row_sum r = {p->family, shares, row, 0, steps_of(p, last), temperature_C, 0.0};
	sum_row_widest(&r);
	return r.highest_C;
}

static size_t runs_of(const struct heat_passes *p, bool last)
{
	return last ? p->runs : p->runs_to_mark;
}

INLINE bounds higher_of(bounds a, bounds b)
{
	marks first = a > b;
	return (bounds)((first & (marks)a) | (~first & (marks)b));
}

/* By halves: lane by lane would pass through memory. */
INLINE float highest_lane(bounds of)
{
	of = higher_of(of, __builtin_shufflevector(of, of, 4, 5, 6, 7, 0, 1, 2, 3));
	of = higher_of(of, __builtin_shufflevector(of, of, 2, 3, 0, 1, 2, 3, 0, 1));
	of = higher_of(of, __builtin_shufflevector(of, of, 1, 0, 1, 0, 1, 0, 1, 0));
	return of[0];
}

/* No temperature of a run in a pass is above its bound, nor one of a pass above the highest of them. */
struct row_bounds {
	const struct heat_passes *passes;
	const struct shares *shares;
	size_t row, pass_count;
	float *bound_C; /* [passes x runs_filled] */
	float *most_C;  /* [passes] */
};

INLINE bounds bound_together(const struct heat_passes *p, const struct shares *shares, const float *from)
{
	const size_t fields = HEAT_FAMILY_SOURCES * p->runs_filled;
	bounds sum = *(const bounds *)from + BOUND_ROUNDING_K;
	for (size_t s = 0; s < HEAT_FAMILY_SOURCES; s++) {
		float share = (float)shares->of[s];
		from += p->runs_filled;
		sum += share * *(const bounds *)(from + (share > 0.0f ? 0 : fields));
	}
	return sum;
}

INLINE void bound_row(struct row_bounds *r)
{
	const struct heat_passes *p = r->passes;
	const size_t row_bounds = BOUNDS * p->runs_filled;
	const float *from = p->bound + r->row * row_bounds;
	if (r->row + ROWS_AHEAD < p->family->heat->rows)
		for (size_t i = 0; i < row_bounds; i += CACHE_LINE)
			__builtin_prefetch(from + ROWS_AHEAD * row_bounds + i);
	for (size_t k = 0; k < r->pass_count; k++) {
		bounds most = {0};
		most -= INFINITY;
		for (size_t run = 0; run < runs_of(p, k + 1 == r->pass_count); run += TOGETHER) {
			bounds sum = bound_together(p, &r->shares[k], from + run);
			*(bounds *)(r->bound_C + k * p->runs_filled + run) = sum;
			most = higher_of(sum, most);
		}
		r->most_C[k] = highest_lane(most);
	}
}

WIDEST(bound_row_widest, bound_row, struct row_bounds *)

/* The highest of steps of one row in one pass: single precision is a tenth of the bounds' rounding. */
struct run_sum {
	const struct heat_family *family;
	const struct shares *shares;
	size_t at, steps; /* from the first value of a field */
	float highest_C;
};

INLINE void sum_run(struct run_sum *r)
{
	const struct heat_family *f = r->family;
	const float *base_C = f->heat->value[0] + r->at;
	if (r->steps == RUN) { /* memory is what takes time: the next rows' same steps are fetched ahead */
		size_t ahead = ROWS_AHEAD * f->heat->steps;
		ahead = r->at + ahead < f->heat->rows * f->heat->steps ? ahead : 0;
		bounds first = *(const bounds *)base_C, second = *(const bounds *)(base_C + TOGETHER);
		__builtin_prefetch(base_C + ahead);
		for (int s = 0; s < HEAT_FAMILY_SOURCES; s++) {
			const float *response = f->response[s] + r->at;
			float share = (float)r->shares->of[s];
			first += share * *(const bounds *)response;
			second += share * *(const bounds *)(response + TOGETHER);
			__builtin_prefetch(response + ahead);
		}
		r->highest_C = highest_lane(higher_of(first, second));
		return;
	}
	r->highest_C = -INFINITY;
	for (size_t i = 0; i < r->steps; i++) { /* the same sums, one by one */
		float sum = base_C[i];
		for (int s = 0; s < HEAT_FAMILY_SOURCES; s++)
			sum += (float)r->shares->of[s] * f->response[s][r->at + i];
		r->highest_C = sum > r->highest_C ? sum : r->highest_C;
	}
}

WIDEST(sum_run_widest, sum_run, struct run_sum *)

static double highest_in_run(const struct heat_passes *p, const struct shares *shares, unsigned passes, size_t row,
                             unsigned pass, size_t run)
{
	size_t from = run * RUN, end = run_end(p, run), steps = steps_of(p, pass + 1 == passes);
	struct run_sum r = {p->family, &shares[pass], row * p->family->heat->steps + from,
	                    (end < steps ? end : steps) - from, 0.0f};
	sum_run_widest(&r);
	return (double)r.highest_C;
}

/* The passes asked for, and room for the bounds of a row of them. */
struct asked {
	const struct heat_passes *passes;
	unsigned count;
	struct shares shares[HEAT_PASSES_MAX];
	float *bound_C; /* [count x runs_filled] */
	float most_C[HEAT_PASSES_MAX];
	double *temperature_C; /* for Omega: of a row in a pass [HEAT_STEPS_MAX] */
};

static void bound_asked(struct asked *a, size_t row)
{
	struct row_bounds r = {a->passes, a->shares, row, a->count, a->bound_C, a->most_C};
	bound_row_widest(&r);
}

/* Where a row can be hottest, which is looked at first: most other runs then need not be. */
static double first_guess_C(const struct asked *a, size_t row, double floor_C)
{
	unsigned pass = 0;
	size_t at = 0;
	for (unsigned k = 1; k < a->count; k++)
		pass = a->most_C[k] > a->most_C[pass] ? k : pass;
	const float *bound_C = a->bound_C + pass * a->passes->runs_filled;
	for (size_t run = 1; run < runs_of(a->passes, pass + 1 == a->count); run++)
		at = bound_C[run] > bound_C[at] ? run : at;
	return (double)bound_C[at] <= floor_C ? floor_C
	                                      : fmax(highest_in_run(a->passes, a->shares, a->count, row, pass, at), floor_C);
}

/* Highest temperature of a row, or floor_C where that is higher. */
static double row_peak_C(struct asked *a, size_t row, double floor_C)
{
	const struct heat_passes *p = a->passes;
	bound_asked(a, row);
	double peak_C = first_guess_C(a, row, floor_C);
	for (unsigned k = 0; k < a->count; k++)
		for (size_t run = 0; (double)a->most_C[k] > peak_C && run < runs_of(p, k + 1 == a->count); run++)
			if ((double)a->bound_C[k * p->runs_filled + run] > peak_C)
				peak_C = fmax(highest_in_run(p, a->shares, a->count, row, k, run), peak_C);
	return peak_C;
}

static enum status ask(const struct heat_passes *p, struct heat_repeat repeat, struct asked *a, struct fail *why)
{
	a->passes = p;
	a->count = repeat.passes;
	enum status st = follow_passes(p, repeat, a->shares, why);
	a->bound_C = st ? NULL : malloc(repeat.passes * p->runs_filled * sizeof *a->bound_C);
	return st || a->bound_C ? st : fail_set(why, ST_FULL, "heat", "out of memory");
}

enum status heat_passes_peaks(const struct heat_passes *p, struct heat_repeat repeat, size_t from, size_t to,
                              double *peak_C, struct fail *why)
{
	struct asked a;
	enum status st = ask(p, repeat, &a, why);
	for (size_t row = from; !st && row < to && row < p->family->heat->rows; row++)
		peak_C[row] = row_peak_C(&a, row, -INFINITY);
	free(a.bound_C);
	return st;
}

enum status heat_passes_hottest(const struct heat_passes *p, struct heat_repeat repeat, size_t from, size_t to,
                                double floor_C, double *hottest_C, struct fail *why)
{
	struct asked a;
	enum status st = ask(p, repeat, &a, why);
	*hottest_C = floor_C;
	for (size_t row = from; !st && row < to && row < p->family->heat->rows; row++)
		*hottest_C = row_peak_C(&a, row, *hottest_C);
	free(a.bound_C);
	return st;
}

/* Only passes that may get warm enough are summed. */
static double row_omega(struct asked *a, size_t row, const struct damage_set *set, double cold_C)
{
	const struct heat_passes *p = a->passes;
	double omega = 0.0;
	bound_asked(a, row);
	for (unsigned k = 0; k < a->count; k++) {
		bool last = k + 1 == a->count;
		if ((double)a->most_C[k] <= cold_C || row_in_pass(p, &a->shares[k], row, last, a->temperature_C) <= cold_C)
			continue;
		const struct damage_history history = {steps_of(p, last), p->family->heat->time_s, a->temperature_C, NULL};
		omega += damage_omega_linear(set, &history, 0.0, cold_C);
	}
	return omega;
}

enum status heat_passes_omega(const struct heat_passes *p, struct heat_repeat repeat, enum damage_set_id id,
                              const double *peak_C, size_t from, size_t to, double *omega, struct fail *why)
{
	const struct heat *heat = p->family->heat;
	const struct damage_set *set = damage_set(id);
	double temperature_C[HEAT_STEPS_MAX];
	struct asked a = {.temperature_C = temperature_C};
	enum status st = ask(p, repeat, &a, why);
	double duration_s = st ? 1.0 : (repeat.passes - 1) * p->interval_s + heat->time_s[heat->steps - 1];
	double cold_C = damage_threshold_C(set, duration_s / HEAT_OMEGA_FLOOR); /* below it nothing adds up to the floor */
	for (size_t row = from; !st && row < to && row < heat->rows; row++)
		omega[row] = peak_C && peak_C[row] < cold_C - (double)BOUND_ROUNDING_K ? 0.0 : row_omega(&a, row, set, cold_C);
	free(a.bound_C);
	return st;
}

size_t heat_passes_steps(const struct heat_passes *p, unsigned count)
{
	return (count - 1) * steps_of(p, false) + steps_of(p, true);
}

enum status heat_passes_history(const struct heat_passes *p, struct heat_repeat repeat, double depth_um, double *time_s,
                                double *temperature_C, struct fail *why)
{
	const struct heat *heat = p->family->heat;
	struct shares shares[HEAT_PASSES_MAX];
	double upper_C[HEAT_STEPS_MAX], lower_C[HEAT_STEPS_MAX];
	struct heat_place at = heat_place(heat, depth_um);
	size_t next = 0;
	enum status st = follow_passes(p, repeat, shares, why);
	for (unsigned k = 0; !st && k < repeat.passes; k++) {
		bool last = k + 1 == repeat.passes;
		(void)row_in_pass(p, &shares[k], at.row, last, upper_C);
		(void)row_in_pass(p, &shares[k], at.row + (at.lower_frac > 0.0 ? 1 : 0), last, lower_C);
		for (size_t i = 0; i < steps_of(p, last); i++, next++) {
			time_s[next] = k * p->interval_s + heat->time_s[i];
			temperature_C[next] = upper_C[i] + at.lower_frac * (lower_C[i] - upper_C[i]);
		}
	}
	return st;
}
