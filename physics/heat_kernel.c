/* One TR-BDF2 step of a column, written for vector registers.
 *
 * The matrix M + theta K, theta = gamma dt/2, is symmetric and diagonally dominant. It is eliminated from both ends
 * towards the middle: recurrences are bound by latency, so the two ends and the two fields go side by side in one
 * vector of four. A folded state holds for k = 0 .. pairs - 1 the quadruple (cell k, cell n-1-k) x (field 0, field
 * 1), then the one or two cells left in the middle, field beside field. */
#include "physics/base/widest.h"
#include "physics/heat_private.h"

#ifdef __clang__
#pragma clang fp contract(off)
#endif
/* All that returns a vector is inlined: no call has to agree on registers. Both compilers obey this. */
#pragma GCC diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

typedef double four __attribute__((vector_size(32), aligned(8), may_alias));
typedef double two __attribute__((vector_size(16), aligned(8), may_alias));

#define STAGE_FRAC (0.5 * HEAT_GAMMA) /* implicit part of both stages */

/* Where a field of a cell stands in a folded state of n cells. */
size_t heat_fold_at(size_t n, size_t cell, size_t field)
{
	size_t pairs = (n - 1) / 2;
	if (cell < pairs)
		return 4 * cell + field;
	if (cell >= n - pairs)
		return 4 * (n - 1 - cell) + 2 + field;
	return 4 * pairs + 2 * (cell - pairs) + field;
}

INLINE four both(double top, double bottom)
{
	return (four){top, top, bottom, bottom};
}

INLINE two low(four v)
{
	return (two){v[0], v[1]};
}

INLINE two high(four v)
{
	return (two){v[2], v[3]};
}

INLINE four join(two top, two bottom)
{
	return (four){top[0], top[1], bottom[0], bottom[1]};
}

/* Conductance of pair k outwards: to the surface and the core at the ends, else between neighbours. */
INLINE four outwards(const struct heat_step *s, size_t k)
{
	const double *g = s->conductance_W_m2K;
	return both(k == 0 ? s->surface_W_m2K : g[k], g[s->cells - k]);
}

INLINE four inwards(const struct heat_step *s, size_t k)
{
	return both(s->conductance_W_m2K[k + 1], s->conductance_W_m2K[s->cells - 1 - k]);
}

INLINE void factor_all(const struct heat_step *s)
{
	size_t n = s->cells, pairs = (n - 1) / 2, middle = n - 1 - pairs;
	const double *g = s->conductance_W_m2K;
	four *pivot = (four *)s->pivot, *ratio = (four *)s->ratio, taken = {0};
	for (size_t k = 0; k < pairs; k++) {
		four inner = s->theta_s * inwards(s, k), outer = s->theta_s * outwards(s, k);
		four diagonal = both(s->capacity_J_m2K[k], s->capacity_J_m2K[n - 1 - k]) + outer + inner +
		                s->theta_s * both(s->sink_W_m2K[k], s->sink_W_m2K[n - 1 - k]);
		pivot[k] = 1.0 / (diagonal - taken);
		ratio[k] = inner * pivot[k];
		taken = inner * ratio[k];
	}
	double from_top = taken[0];
	for (size_t i = pairs; i <= middle; i++) {
		double up = i == 0 ? s->surface_W_m2K : g[i];
		double diagonal = s->capacity_J_m2K[i] + s->theta_s * (up + g[i + 1] + s->sink_W_m2K[i]);
		double *pivot_of = s->pivot + 4 * pairs + (i - pairs), *ratio_of = s->ratio + 4 * pairs + (i - pairs);
		*pivot_of = 1.0 / (diagonal - from_top - (i == middle ? taken[2] : 0.0));
		*ratio_of = s->theta_s * g[i + 1] * *pivot_of;
		from_top = s->theta_s * g[i + 1] * *ratio_of;
	}
}

/* What is known of the middle once both ends are eliminated: solves it, then back to the ends. */
INLINE void solve_inwards_out(const struct heat_step *s, double *state, two from_top, two from_bottom)
{
	size_t n = s->cells, pairs = (n - 1) / 2, tail = n - 2 * pairs;
	const four *pivot = (const four *)s->pivot, *ratio = (const four *)s->ratio;
	const double *tail_pivot = s->pivot + 4 * pairs, *tail_ratio = s->ratio + 4 * pairs;
	two *middle = (two *)(state + 4 * pairs);
	four *x = (four *)state;
	middle[0] += from_top;
	if (tail > 1)
		middle[1] += tail_ratio[0] * middle[0];
	middle[tail - 1] = (middle[tail - 1] + from_bottom) * tail_pivot[tail - 1];
	if (tail > 1)
		middle[0] = middle[0] * tail_pivot[0] + tail_ratio[0] * middle[1];
	four inner = join(middle[0], middle[tail - 1]);
	for (size_t k = pairs; k-- > 0;)
		x[k] = inner = x[k] * pivot[k] + ratio[k] * inner;
}

/* M T + theta (2 s - K T), K T being what flows out of each cell, eliminated on the way. */
INLINE void trapezoid(const struct heat_step *s)
{
	size_t n = s->cells, pairs = (n - 1) / 2, tail = n - 2 * pairs;
	const four *now = (const four *)s->now, *supply = (const four *)s->supply_W_m2, *ratio = (const four *)s->ratio;
	const two *now_tail = (const two *)(s->now + 4 * pairs), *supply_tail = (const two *)(s->supply_W_m2 + 4 * pairs);
	four *stage = (four *)s->stage, inflow = {0}, carried = {0};
	two *stage_tail = (two *)(s->stage + 4 * pairs);
	if (pairs > 0)
		inflow = -outwards(s, 0) * now[0];
	for (size_t k = 0; k < pairs; k++) {
		four next = k + 1 < pairs ? now[k + 1] : join(now_tail[0], now_tail[tail - 1]);
		four outflow = inwards(s, k) * (now[k] - next);
		four sink = both(s->sink_W_m2K[k], s->sink_W_m2K[n - 1 - k]);
		four net = inflow - outflow - sink * now[k] + 2.0 * supply[k];
		stage[k] = both(s->capacity_J_m2K[k], s->capacity_J_m2K[n - 1 - k]) * now[k] + s->theta_s * net + carried;
		carried = ratio[k] * stage[k];
		inflow = outflow;
	}
	two from_above = low(inflow), from_below = high(inflow), down;
	if (pairs == 0) {
		from_above = -s->surface_W_m2K * now_tail[0];
		from_below = -s->conductance_W_m2K[n] * now_tail[tail - 1];
	}
	for (size_t t = 0; t < tail; t++) {
		size_t i = pairs + t;
		down = -from_below;
		if (t + 1 < tail)
			down = s->conductance_W_m2K[i + 1] * (now_tail[t] - now_tail[t + 1]);
		two net = from_above - down - s->sink_W_m2K[i] * now_tail[t] + 2.0 * supply_tail[t];
		stage_tail[t] = s->capacity_J_m2K[i] * now_tail[t] + s->theta_s * net;
		from_above = down;
	}
	solve_inwards_out(s, s->stage, low(carried), high(carried));
}

INLINE void bdf2(const struct heat_step *s)
{
	size_t n = s->cells, pairs = (n - 1) / 2, tail = n - 2 * pairs;
	const four *now = (const four *)s->now, *supply = (const four *)s->supply_W_m2, *ratio = (const four *)s->ratio;
	const four *stage = (const four *)s->stage;
	four *next = (four *)s->next, carried = {0};
	for (size_t k = 0; k < pairs; k++) {
		four old = HEAT_FROM_STAGE * stage[k] - HEAT_FROM_START * now[k];
		four capacity = both(s->capacity_J_m2K[k], s->capacity_J_m2K[n - 1 - k]);
		next[k] = capacity * old + s->theta_s * supply[k] + carried;
		carried = ratio[k] * next[k];
	}
	for (size_t i = 4 * pairs; i < 4 * pairs + 2 * tail; i++)
		s->next[i] = s->capacity_J_m2K[pairs + (i - 4 * pairs) / 2] *
		                     (HEAT_FROM_STAGE * s->stage[i] - HEAT_FROM_START * s->now[i]) +
		             s->theta_s * s->supply_W_m2[i];
	solve_inwards_out(s, s->next, low(carried), high(carried));
}

INLINE four larger(four a, four b)
{
	four out;
	for (int i = 0; i < 4; i++)
		out[i] = a[i] > b[i] ? a[i] : b[i];
	return out;
}

INLINE four size_of(four v)
{
	return larger(v, -v);
}

/* Chord error and largest value of each field. */
INLINE void watch(const struct heat_step *s, struct heat_step_size *out)
{
	size_t pairs = (s->cells - 1) / 2, tail = s->cells - 2 * pairs;
	const four *now = (const four *)s->now, *stage = (const four *)s->stage, *next = (const four *)s->next;
	four error = {0}, size = {0};
	for (size_t k = 0; k < pairs; k++) {
		error = larger(error, size_of(stage[k] - now[k] - HEAT_GAMMA * (next[k] - now[k])));
		size = larger(size, size_of(next[k]));
	}
	for (size_t f = 0; f < HEAT_FIELDS; f++) {
		out->error[f] = fmax(error[f], error[f + 2]);
		out->largest[f] = fmax(size[f], size[f + 2]);
	}
	for (size_t i = 4 * pairs; i < 4 * pairs + 2 * tail; i++) {
		double off = fabs(s->stage[i] - s->now[i] - HEAT_GAMMA * (s->next[i] - s->now[i]));
		out->error[i % 2] = fmax(out->error[i % 2], off);
		out->largest[i % 2] = fmax(out->largest[i % 2], fabs(s->next[i]));
	}
}

INLINE void step_all(const struct heat_step *s, struct heat_step_size *out)
{
	if (s->changed)
		factor_all(s);
	trapezoid(s);
	bdf2(s);
	watch(s, out);
}

/* ---- the record, turned ---- */

#define TILE 8 /* steps turned at once: half a cache line */
typedef float single4 __attribute__((vector_size(16), aligned(4), may_alias));

/* Histories of one cell of a state in both fields, from step on. */
INLINE void turn_cell(const struct heat_turn *t, size_t cell, size_t step, size_t steps)
{
	const float *from = t->state + step * HEAT_FIELDS * t->cells;
	for (size_t f = 0; f < HEAT_FIELDS && t->row[f]; f++) {
		size_t at = heat_fold_at(t->cells, cell, f);
		float *to = t->row[f] + cell * t->steps + step;
		for (size_t i = 0; i < steps; i++)
			to[i] = from[i * HEAT_FIELDS * t->cells + at];
	}
}

/* Four steps of a pair of cells, both fields: a square of four by four. */
INLINE void turn_square(const struct heat_turn *t, size_t pair, size_t step)
{
	size_t size = HEAT_FIELDS * t->cells, top = pair * t->steps + step, bottom = (t->cells - 1 - pair) * t->steps + step;
	const float *from = t->state + step * size + 4 * pair;
	single4 a = *(const single4 *)from, b = *(const single4 *)(from + size);
	single4 c = *(const single4 *)(from + 2 * size), d = *(const single4 *)(from + 3 * size);
	single4 ab0 = __builtin_shufflevector(a, b, 0, 4, 2, 6), ab1 = __builtin_shufflevector(a, b, 1, 5, 3, 7);
	single4 cd0 = __builtin_shufflevector(c, d, 0, 4, 2, 6), cd1 = __builtin_shufflevector(c, d, 1, 5, 3, 7);
	*(single4 *)(t->row[0] + top) = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
	*(single4 *)(t->row[0] + bottom) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
	*(single4 *)(t->row[1] + top) = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
	*(single4 *)(t->row[1] + bottom) = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
}

INLINE void turn_all(const struct heat_turn *t)
{
	size_t pairs = (t->cells - 1) / 2, step = 0;
	for (; t->row[1] && step + TILE <= t->steps; step += TILE) {
		for (size_t k = 0; k < pairs; k++)
			for (size_t i = 0; i < TILE; i += 4)
				turn_square(t, k, step + i);
		for (size_t cell = pairs; cell < t->cells - pairs; cell++)
			turn_cell(t, cell, step, TILE);
	}
	for (; step < t->steps; step += TILE)
		for (size_t cell = 0; cell < t->cells; cell++)
			turn_cell(t, cell, step, t->steps - step < TILE ? t->steps - step : TILE);
}

struct keep {
	const double *state;
	size_t count;
	float *kept;
};

INLINE void keep_all(const struct keep *k)
{
	size_t i = 0;
	for (; i + 4 <= k->count; i += 4)
		*(single4 *)(k->kept + i) = __builtin_convertvector(*(const four *)(k->state + i), single4);
	for (; i < k->count; i++)
		k->kept[i] = (float)k->state[i];
}

/* ---- runs ---- */

typedef float single16 __attribute__((vector_size(HEAT_BLOCK * sizeof(float)), aligned(4), may_alias));
typedef int mask16 __attribute__((vector_size(HEAT_BLOCK * sizeof(int)), aligned(4), may_alias));

INLINE single16 larger_singles(single16 a, single16 b)
{
	mask16 below = (mask16)(a - b) >> 31; /* the sign of the difference */
	return (single16)((below & (mask16)b) | (~below & (mask16)a));
}

/* A whole run is folded in halves. */
INLINE float highest_of_run(const float *value)
{
	single16 v = *(const single16 *)value;
	v = larger_singles(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
	v = larger_singles(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
	v = larger_singles(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
	return v[0] > v[1] ? v[0] : v[1];
}

INLINE void highest_all(const struct heat_runs *r)
{
	for (size_t row = 0; row < r->rows; row++)
		for (size_t block = 0; block < r->blocks; block++) {
			const float *value = r->value + row * r->steps;
			size_t step = block * HEAT_BLOCK;
			bool whole = step + HEAT_BLOCK <= r->steps;
			float highest = whole ? highest_of_run(value + step) : value[step];
			size_t end = step + HEAT_BLOCK < r->steps ? step + HEAT_BLOCK + 1 : r->steps;
			for (step = whole ? step + HEAT_BLOCK : step; step < end; step++)
				highest = value[step] > highest ? value[step] : highest;
			r->highest[row * r->blocks + block] = highest;
		}
}

/* ---- dispatch ---- */

struct call {
	const struct heat_step *step;
	struct heat_step_size *size;
};

INLINE void run(const struct call *c)
{
	step_all(c->step, c->size);
}

WIDEST(dispatch, run, const struct call *)

WIDEST(turn_widest, turn_all, const struct heat_turn *)
WIDEST(keep_widest, keep_all, const struct keep *)
WIDEST(highest_widest, highest_all, const struct heat_runs *)

void heat_kernel_highest(const struct heat_runs *runs)
{
	highest_widest(runs);
}

void heat_kernel_keep(const double *state, size_t count, float *kept)
{
	const struct keep keep = {state, count, kept};
	keep_widest(&keep);
}

void heat_kernel_turn(const struct heat_turn *turn)
{
	turn_widest(turn);
}

void heat_kernel_step(const struct heat_step *step, struct heat_step_size *out)
{
	const struct call c = {step, out};
	dispatch(&c);
}
