/* The inner loops of the beam solver, written for vector registers.
 *
 * The lanes of a block are independent problems, so the recurrences over depth run in all of them at once. A block of
 * hundreds of cells does not fit the first cache: what is quickly computed anew is not stored, and what is watched is
 * watched while it is at hand. */
#include "physics/base/widest.h"
#include "physics/heat_beam_private.h"

#define VECTOR 8
#define PARTS (HEAT_BEAM_LANES / VECTOR)
#define TILE 6 /* radii at a time */

#ifdef __clang__
#pragma clang fp contract(off)
#endif
/* All that returns a vector is inlined: no call has to agree on registers. Both compilers obey this. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef double lane4 __attribute__((vector_size(4 * sizeof(double)), aligned(8), may_alias));
typedef double lane8 __attribute__((vector_size(VECTOR * sizeof(double)), aligned(8), may_alias));
typedef long long mask8 __attribute__((vector_size(VECTOR * sizeof(long long)), aligned(8), may_alias));
typedef float single4 __attribute__((vector_size(4 * sizeof(float)), aligned(4), may_alias));
typedef float single8 __attribute__((vector_size(VECTOR * sizeof(float)), aligned(4), may_alias));
typedef float single16 __attribute__((vector_size(HEAT_BEAM_PANEL * sizeof(float)), aligned(4), may_alias));
typedef double lane16 __attribute__((vector_size(HEAT_BEAM_PANEL * sizeof(double)), aligned(8), may_alias));

#define INLINE static inline __attribute__((always_inline))

#define FROM_STAGE (1.0 / (HEAT_BEAM_GAMMA * (2.0 - HEAT_BEAM_GAMMA)))
#define FROM_START                                                                                           \
	((1.0 - HEAT_BEAM_GAMMA) * (1.0 - HEAT_BEAM_GAMMA) / (HEAT_BEAM_GAMMA * (2.0 - HEAT_BEAM_GAMMA)))

/* Factors M + theta K of PARTS x VECTOR modes from the top and eliminates the trapezoid's right side,
 * M T + theta (2 s - K T), on the way. */
INLINE void trapezoid_down(const struct heat_beam_step *s, const double *eigenvalue, size_t at, bool lit)
{
	const lane8 *mu = (const lane8 *)eigenvalue, *now = (const lane8 *)(s->now + at);
	const lane8 *supply = (const lane8 *)(s->supply_W_m2 + at);
	lane8 *stage = (lane8 *)(s->stage + at), *pivot = (lane8 *)s->pivot;
	lane8 inflow[PARTS], taken[PARTS], carried[PARTS];
	for (int p = 0; p < PARTS; p++) {
		inflow[p] = -s->surface_W_m2K * now[p];
		taken[p] = carried[p] = (lane8){0};
	}
	for (size_t i = 0; i < s->cells; i++) {
		double up = i == 0 ? s->surface_W_m2K : s->conductance_W_m2K[i], down = s->conductance_W_m2K[i + 1];
		double plain = s->capacity_J_m2K[i] + s->theta_s * (up + down + s->sink_W_m2K[i]);
		double lateral = s->lateral_W_K[i], coupling = s->theta_s * down;
		bool last = i + 1 == s->cells;
		for (int p = 0; p < PARTS; p++) {
			lane8 here = now[p], sink = lateral * mu[p], outflow = here;
			if (!last)
				outflow -= now[p + PARTS];
			outflow *= down;
			lane8 net = inflow[p] - outflow - (s->sink_W_m2K[i] + sink) * here;
			if (lit)
				net += 2.0 * supply[p];
			lane8 inverse = 1.0 / (plain + s->theta_s * sink - taken[p]);
			lane8 side = s->capacity_J_m2K[i] * here + s->theta_s * net + carried[p], ratio = coupling * inverse;
			pivot[p] = inverse;
			stage[p] = side;
			taken[p] = coupling * ratio;
			carried[p] = ratio * side;
			inflow[p] = outflow;
		}
		now += PARTS;
		supply += PARTS;
		stage += PARTS;
		pivot += PARTS;
	}
}

/* Eliminates the right side of BDF2. */
INLINE void bdf2_down(const struct heat_beam_step *s, size_t at, bool lit)
{
	const lane8 *now = (const lane8 *)(s->now + at), *stage = (const lane8 *)(s->stage + at);
	const lane8 *supply = (const lane8 *)(s->supply_W_m2 + at), *pivot = (const lane8 *)s->pivot;
	lane8 *next = (lane8 *)(s->next + at), carried[PARTS];
	for (int p = 0; p < PARTS; p++)
		carried[p] = (lane8){0};
	for (size_t i = 0; i < s->cells; i++) {
		double coupling = s->theta_s * s->conductance_W_m2K[i + 1];
		for (int p = 0; p < PARTS; p++) {
			lane8 old = FROM_STAGE * stage[p] - FROM_START * now[p], side = s->capacity_J_m2K[i] * old;
			if (lit)
				side += s->theta_s * supply[p];
			next[p] = side + carried[p];
			carried[p] = coupling * pivot[p] * next[p];
		}
		now += PARTS;
		stage += PARTS;
		supply += PARTS;
		next += PARTS;
		pivot += PARTS;
	}
}

/* Back substitution of one cell, from the bottom. */
INLINE void up_one(const struct heat_beam_step *s, size_t i, lane8 *x, lane8 *below)
{
	const lane8 *pivot = (const lane8 *)s->pivot + i * PARTS;
	double coupling = s->theta_s * s->conductance_W_m2K[i + 1];
	for (size_t p = 0; p < PARTS; p++)
		x[p] = below[p] = x[p] * pivot[p] + coupling * pivot[p] * below[p];
}

INLINE void stage_up(const struct heat_beam_step *s, size_t at)
{
	lane8 *x = (lane8 *)(s->stage + at), below[PARTS];
	for (int p = 0; p < PARTS; p++)
		below[p] = (lane8){0};
	for (size_t i = s->cells; i-- > 0;)
		up_one(s, i, x + i * PARTS, below);
}

INLINE lane4 halves(lane8 v)
{
	return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
}

/* The sums over the lanes of four vectors. */
INLINE lane4 sums(lane8 a, lane8 b, lane8 c, lane8 d)
{
	lane4 e = halves(a), f = halves(b), g = halves(c), h = halves(d);
	lane4 ef = __builtin_shufflevector(e, f, 0, 4, 2, 6) + __builtin_shufflevector(e, f, 1, 5, 3, 7);
	lane4 gh = __builtin_shufflevector(g, h, 0, 4, 2, 6) + __builtin_shufflevector(g, h, 1, 5, 3, 7);
	return __builtin_shufflevector(ef, gh, 0, 1, 4, 5) + __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
}

INLINE lane8 size_of(lane8 v)
{
	return (lane8)((mask8)v & 0x7fffffffffffffffLL);
}

INLINE lane8 larger(lane8 a, lane8 b)
{
	mask8 below = (mask8)(a - b) >> 63; /* the sign of the difference */
	return (lane8)((below & (mask8)b) | (~below & (mask8)a));
}

/* What the watched radii see of a block is added to s->seen: bend and value of the first, of the second. Returns the
 * largest bends of the lanes. */
INLINE lane8 next_up(const struct heat_beam_step *s, size_t block, size_t at)
{
	const lane8 *now = (const lane8 *)(s->now + at), *stage = (const lane8 *)(s->stage + at);
	const lane8 *row0 = (const lane8 *)(s->row[0] + block * HEAT_BEAM_LANES);
	const lane8 *row1 = (const lane8 *)(s->row[1] + block * HEAT_BEAM_LANES);
	lane8 *next = (lane8 *)(s->next + at), below[PARTS], largest = {0};
	lane4 *seen = (lane4 *)s->seen;
	for (int p = 0; p < PARTS; p++)
		below[p] = (lane8){0};
	for (size_t i = s->cells; i-- > 0;) {
		lane8 bend0 = {0}, value0 = {0}, bend1 = {0}, value1 = {0};
		up_one(s, i, next + i * PARTS, below);
		for (size_t p = 0; p < PARTS; p++) {
			lane8 here = now[i * PARTS + p];
			lane8 bend = stage[i * PARTS + p] - here - HEAT_BEAM_GAMMA * (below[p] - here);
			bend0 += row0[p] * bend;
			value0 += row0[p] * below[p];
			bend1 += row1[p] * bend;
			value1 += row1[p] * below[p];
			if (p == 0)
				largest = larger(largest, size_of(bend));
		}
		lane4 sum = sums(bend0, value0, bend1, value1);
		if (block > 0)
			sum += seen[i];
		seen[i] = sum;
	}
	return largest;
}

INLINE void one_block(struct heat_beam_step *s, size_t block, bool lit)
{
	size_t at = block * s->cells * HEAT_BEAM_LANES;
	trapezoid_down(s, s->eigenvalue_1_m2 + block * HEAT_BEAM_LANES, at, lit);
	stage_up(s, at);
	bdf2_down(s, at, lit);
	lane8 largest = next_up(s, block, at);
	if (block == 0)
		s->base_error = largest[HEAT_BEAM_BASE];
}

INLINE void step_all(struct heat_beam_step *s)
{
	for (size_t b = 0; b < s->blocks; b++)
		if (b < s->lit)
			one_block(s, b, true);
		else
			one_block(s, b, false);
	s->error = s->size = 0.0;
	for (size_t i = 0; i < s->cells; i++)
		for (size_t k = 0; k < 2 * HEAT_BEAM_WATCHED; k += 2) {
			double bend = fabs(s->seen[4 * i + k]), size = fabs(s->seen[4 * i + k + 1]);
			s->error = bend > s->error ? bend : s->error;
			s->size = size > s->size ? size : s->size;
		}
}

/* ---- from light to modes ---- */

/* a_m = sum_j M_j V_jm d_j, one ring at a time. */
INLINE void project_ring(const struct heat_beam_ring *r)
{
	for (size_t b = 0; b < r->blocks; b++) {
		const lane8 *vector = (const lane8 *)(r->vector + b * HEAT_BEAM_LANES);
		lane8 *out = (lane8 *)(r->deposit_J_m2 + b * r->cells * HEAT_BEAM_LANES), weight[PARTS];
		for (int p = 0; p < PARTS; p++)
			weight[p] = r->area_m2 * vector[p];
		for (size_t i = 0; i < r->cells; i++)
			for (int p = 0; p < PARTS; p++)
				out[i * PARTS + (size_t)p] += weight[p] * r->ring_J_m2[i];
	}
}

/* ---- from modes to radii ---- */

/* TILE radii x HEAT_BEAM_PANEL columns of the panel at a time: of single precision for histories, of double for what
 * goes back into the modes. The last tile overlaps the one before rather than running over the end. */
#define SUM(name, type, element, wide)                                                                                 \
	INLINE void name(const struct type *s)                                                                         \
	{                                                                                                              \
		for (size_t first = 0; first < s->radii; first += TILE) {                                              \
			size_t from = first + TILE <= s->radii || s->radii < TILE ? first : s->radii - TILE;           \
			for (size_t t = 0; t < s->steps; t += HEAT_BEAM_PANEL) {                                       \
				const element *vector = s->vector + from * s->lanes, *panel = s->panel + t;            \
				wide sum[TILE] = {{0}};                                                                \
				for (size_t m = 0; m < s->modes[t / HEAT_BEAM_PANEL]; m++) {                           \
					wide history = *(const wide *)(panel + m * s->padded);                         \
					for (size_t r = 0; r < TILE; r++)                                              \
						sum[r] += vector[r * s->lanes + m] * history;                          \
				}                                                                                      \
				size_t left = s->steps - t < HEAT_BEAM_PANEL ? s->steps - t : HEAT_BEAM_PANEL;         \
				for (size_t r = 0; r < TILE && from + r < s->radii; r++) {                             \
					element *out = s->out + (from + r) * s->stride + t;                            \
					if (left == HEAT_BEAM_PANEL)                                                   \
						*(wide *)out = sum[r];                                                 \
					else                                                                           \
						memcpy(out, &sum[r], left * sizeof *out);                              \
				}                                                                                      \
			}                                                                                              \
		}                                                                                                      \
	}

SUM(sum_singles, heat_beam_sum, float, single16)
SUM(sum_doubles, heat_beam_sum_whole, double, lane16)

/* Four steps of four lanes. */
INLINE void turn_square(const struct heat_beam_turn *t, size_t step, size_t lane)
{
	const float *from = t->state + step * t->stride + lane;
	float *to = t->out + lane * t->padded + step;
	single4 a = *(const single4 *)from, b = *(const single4 *)(from + t->stride);
	single4 c = *(const single4 *)(from + 2 * t->stride), d = *(const single4 *)(from + 3 * t->stride);
	single4 ab0 = __builtin_shufflevector(a, b, 0, 4, 2, 6), ab1 = __builtin_shufflevector(a, b, 1, 5, 3, 7);
	single4 cd0 = __builtin_shufflevector(c, d, 0, 4, 2, 6), cd1 = __builtin_shufflevector(c, d, 1, 5, 3, 7);
	*(single4 *)to = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
	*(single4 *)(to + t->padded) = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
	*(single4 *)(to + 2 * t->padded) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
	*(single4 *)(to + 3 * t->padded) = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
}

/* Whole cache lines go both ways: a panel's steps of one lane are written together. */
INLINE void turn_all(const struct heat_beam_turn *t)
{
	size_t whole = t->steps - t->steps % 4;
	for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane += 4)
		for (size_t step = 0; step < whole; step += 4)
			turn_square(t, step, lane);
	for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++)
		for (size_t step = whole; step < t->steps; step++)
			t->out[lane * t->padded + step] = t->state[step * t->stride + lane];
}

INLINE void keep_all(const struct heat_beam_keep *k)
{
	for (size_t i = 0; i < k->count; i += VECTOR)
		*(single8 *)(k->kept + i) = __builtin_convertvector(*(const lane8 *)(k->state + i), single8);
}

WIDEST(step_widest, step_all, struct heat_beam_step *)
WIDEST(project_widest, project_ring, const struct heat_beam_ring *)
WIDEST(singles_widest, sum_singles, const struct heat_beam_sum *)
WIDEST(doubles_widest, sum_doubles, const struct heat_beam_sum_whole *)
WIDEST(turn_widest, turn_all, const struct heat_beam_turn *)
WIDEST(keep_widest, keep_all, const struct heat_beam_keep *)

void heat_beam_kernel_step(struct heat_beam_step *step)
{
	step_widest(step);
}

void heat_beam_kernel_project(const struct heat_beam_ring *ring)
{
	project_widest(ring);
}

void heat_beam_kernel_sum(const struct heat_beam_sum *sum)
{
	singles_widest(sum);
}

void heat_beam_kernel_sum_whole(const struct heat_beam_sum_whole *sum)
{
	doubles_widest(sum);
}

void heat_beam_kernel_turn(const struct heat_beam_turn *turn)
{
	turn_widest(turn);
}

void heat_beam_kernel_keep(const struct heat_beam_keep *keep)
{
	keep_widest(keep);
}
