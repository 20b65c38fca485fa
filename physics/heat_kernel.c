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
typedef long long mask4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef double two __attribute__((vector_size(16), aligned(8), may_alias));

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

/* The factors of the middle, once those of both ends are known. */
INLINE void factor_middle(const struct heat_step *s, four taken)
{
	size_t n = s->cells, pairs = (n - 1) / 2, middle = n - 1 - pairs;
	const double *g = s->conductance_W_m2K;
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

/* What is known of the middle once both ends are eliminated: solves it. Returns what the innermost pair meets. */
INLINE four solve_middle(const struct heat_step *s, double *state, two from_top, two from_bottom)
{
	size_t n = s->cells, pairs = (n - 1) / 2, tail = n - 2 * pairs;
	const double *tail_pivot = s->pivot + 4 * pairs, *tail_ratio = s->ratio + 4 * pairs;
	two *middle = (two *)(state + 4 * pairs);
	middle[0] += from_top;
	if (tail > 1)
		middle[1] += tail_ratio[0] * middle[0];
	middle[tail - 1] = (middle[tail - 1] + from_bottom) * tail_pivot[tail - 1];
	if (tail > 1)
		middle[0] = middle[0] * tail_pivot[0] + tail_ratio[0] * middle[1];
	return join(middle[0], middle[tail - 1]);
}

/* x_k = a_k + r_k x_k+1 for two neighbours at once, from what is known of the one before them: the outer one does not
 * wait for the inner, a_k + r_k a_k+1 + r_k r_k+1 x_k+2. Returns the outer. */
INLINE four two_on(four *outer, four *inner, four outer_a, four inner_a, four outer_r, four inner_r, four before)
{
	*inner = inner_a + inner_r * before;
	return *outer = (outer_a + outer_r * inner_a) + outer_r * inner_r * before;
}

/* Back to the ends, two pairs at a time. */
INLINE four pairs_outwards(four *x, const four *pivot, const four *ratio, size_t k, four inner)
{
	return two_on(&x[k - 2], &x[k - 1], x[k - 2] * pivot[k - 2], x[k - 1] * pivot[k - 1], ratio[k - 2], ratio[k - 1],
	              inner);
}

INLINE void stage_outwards(const struct heat_step *s, four inner)
{
	const four *pivot = (const four *)s->pivot, *ratio = (const four *)s->ratio;
	four *x = (four *)s->stage;
	size_t k = (s->cells - 1) / 2;
	for (; k >= 2; k -= 2)
		inner = pairs_outwards(x, pivot, ratio, k, inner);
	if (k > 0)
		x[0] = x[0] * pivot[0] + ratio[0] * inner;
}

INLINE four every(double value)
{
	return (four){value, value, value, value};
}

/* 2 to the minus exponent of a positive number. */
INLINE four one_over_exponent(four v)
{
	return (four)(0x7fe0000000000000LL - ((mask4)v & 0x7ff0000000000000LL));
}

/* M T + theta (2 s - K T), K T being what flows out of each cell, eliminated on the way; the factors are found on the
 * same way, since either recurrence waits for itself most of the time. A pivot is the quotient of two leading minors
 * of the matrix, which follow P_k = d_k P_k-1 - c_k-1^2 P_k-2 (d the diagonal, c beside it): divisions then wait for
 * nothing. Minors grow and shrink with the size of their elements, so now and then a power of two is taken out. */
#define MINORS 8
INLINE void trapezoid(const struct heat_step *s, bool factor)
{
	size_t n = s->cells, pairs = (n - 1) / 2, tail = n - 2 * pairs;
	const four *now = (const four *)s->now, *supply = (const four *)s->supply_W_m2;
	const two *now_tail = (const two *)(s->now + 4 * pairs), *supply_tail = (const two *)(s->supply_W_m2 + 4 * pairs);
	four *stage = (four *)s->stage, *pivot = (four *)s->pivot, *ratio = (four *)s->ratio;
	four inflow = {0}, carried = {0}, minor = every(1.0), before = {0}, coupled = {0};
	two *stage_tail = (two *)(s->stage + 4 * pairs);
	if (pairs > 0)
		inflow = -outwards(s, 0) * now[0];
	for (size_t k = 0; k < pairs; k++) {
		four capacity = both(s->capacity_J_m2K[k], s->capacity_J_m2K[n - 1 - k]), conductance = inwards(s, k);
		four sink = both(s->sink_W_m2K[k], s->sink_W_m2K[n - 1 - k]);
		if (factor) {
			four inner = s->theta_s * conductance, outer = s->theta_s * outwards(s, k);
			four whole = (capacity + outer + inner + s->theta_s * sink) * minor - coupled * coupled * before;
			pivot[k] = minor / whole;
			ratio[k] = inner * pivot[k];
			four scale = k % MINORS == MINORS - 1 ? one_over_exponent(whole) : every(1.0);
			before = minor * scale;
			minor = whole * scale;
			coupled = inner;
		}
		four next = k + 1 < pairs ? now[k + 1] : join(now_tail[0], now_tail[tail - 1]);
		four outflow = conductance * (now[k] - next);
		four net = inflow - outflow - sink * now[k] + 2.0 * supply[k];
		stage[k] = capacity * now[k] + s->theta_s * net + carried;
		carried = ratio[k] * stage[k];
		inflow = outflow;
	}
	if (factor && pairs > 0)
		coupled *= ratio[pairs - 1];
	if (factor)
		factor_middle(s, coupled);
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
	stage_outwards(s, solve_middle(s, s->stage, low(carried), high(carried)));
}

INLINE four bdf2_side(const struct heat_step *s, size_t k)
{
	const four *now = (const four *)s->now, *stage = (const four *)s->stage, *supply = (const four *)s->supply_W_m2;
	four old = HEAT_FROM_STAGE * stage[k] - HEAT_FROM_START * now[k];
	return both(s->capacity_J_m2K[k], s->capacity_J_m2K[s->cells - 1 - k]) * old + s->theta_s * supply[k];
}

/* The right side of BDF2, eliminated; returns what the innermost pair meets. */
INLINE four bdf2(const struct heat_step *s)
{
	size_t n = s->cells, pairs = (n - 1) / 2, tail = n - 2 * pairs, k = 1;
	const four *ratio = (const four *)s->ratio;
	four *next = (four *)s->next, last = {0};
	if (pairs > 0)
		next[0] = last = bdf2_side(s, 0);
	for (; k + 1 < pairs; k += 2)
		last = two_on(&next[k + 1], &next[k], bdf2_side(s, k + 1), bdf2_side(s, k), ratio[k], ratio[k - 1], last);
	if (k < pairs)
		next[k] = last = bdf2_side(s, k) + ratio[k - 1] * last;
	for (size_t i = 4 * pairs; i < 4 * pairs + 2 * tail; i++)
		s->next[i] = s->capacity_J_m2K[pairs + (i - 4 * pairs) / 2] *
		                     (HEAT_FROM_STAGE * s->stage[i] - HEAT_FROM_START * s->now[i]) +
		             s->theta_s * s->supply_W_m2[i];
	if (pairs > 0)
		last *= ratio[pairs - 1];
	return solve_middle(s, s->next, low(last), high(last));
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

struct seen {
	four error, size;
};

INLINE struct seen look(const struct heat_step *s, size_t k, struct seen seen)
{
	const four *now = (const four *)s->now, *stage = (const four *)s->stage, *next = (const four *)s->next;
	seen.error = larger(seen.error, size_of(stage[k] - now[k] - HEAT_GAMMA * (next[k] - now[k])));
	seen.size = larger(seen.size, size_of(next[k]));
	return seen;
}

/* The new state from its middle outwards, with chord error and largest value of each field on the way. */
INLINE void next_outwards(const struct heat_step *s, four inner, struct heat_step_size *out)
{
	size_t pairs = (s->cells - 1) / 2, tail = s->cells - 2 * pairs, k = pairs;
	const four *pivot = (const four *)s->pivot, *ratio = (const four *)s->ratio;
	four *next = (four *)s->next;
	struct seen one = {{0}, {0}}, other = {{0}, {0}};
	for (; k >= 2; k -= 2) {
		inner = pairs_outwards(next, pivot, ratio, k, inner);
		one = look(s, k - 1, one);
		other = look(s, k - 2, other);
	}
	if (k > 0) {
		next[0] = next[0] * pivot[0] + ratio[0] * inner;
		one = look(s, 0, one);
	}
	four error = larger(one.error, other.error), size = larger(one.size, other.size);
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
		trapezoid(s, true);
	else
		trapezoid(s, false);
	next_outwards(s, bdf2(s), out);
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
