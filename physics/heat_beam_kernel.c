/* The inner loops of the beam solver, written for vector registers.
 *
 * The lanes of a block are independent problems, so the recurrences over depth run in all of them at once. */
#include "physics/base/widest.h"
#include "physics/heat_beam_private.h"

#define VECTOR 4
#define PARTS (HEAT_BEAM_LANES / VECTOR)
#define TILE 6 /* radii at a time */

#ifdef __clang__
#pragma clang fp contract(off)
#endif

typedef double lane4 __attribute__((vector_size(VECTOR * sizeof(double)), aligned(8), may_alias));
typedef double lane8 __attribute__((vector_size(HEAT_BEAM_PANEL * sizeof(double)), aligned(8), may_alias));

typedef float single8 __attribute__((vector_size(HEAT_BEAM_PANEL * sizeof(float)), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

#define STAGE_FRAC (0.5 * HEAT_BEAM_GAMMA) /* implicit part of both stages, as in heat_march.c */
#define FROM_STAGE (1.0 / (HEAT_BEAM_GAMMA * (2.0 - HEAT_BEAM_GAMMA)))
#define FROM_START                                                                                           \
	((1.0 - HEAT_BEAM_GAMMA) * (1.0 - HEAT_BEAM_GAMMA) / (HEAT_BEAM_GAMMA * (2.0 - HEAT_BEAM_GAMMA)))

/* Factors M + theta K of PARTS x VECTOR modes from the top and eliminates the trapezoid's right side,
 * M T + theta (2 s - K T), on the way. */
INLINE void trapezoid_down(const struct heat_beam_step *s, const double *eigenvalue, size_t at)
{
	const lane4 *mu = (const lane4 *)eigenvalue, *now = (const lane4 *)(s->now + at);
	const lane4 *supply = (const lane4 *)(s->supply_W_m2 + at);
	lane4 *stage = (lane4 *)(s->stage + at), *pivot = (lane4 *)s->pivot, *ratio = (lane4 *)s->ratio;
	lane4 inflow[PARTS], taken[PARTS], carried[PARTS];
	for (int p = 0; p < PARTS; p++) {
		inflow[p] = -s->surface_W_m2K * now[p];
		taken[p] = carried[p] = inflow[p] * 0.0;
	}
	for (size_t i = 0; i < s->cells; i++) {
		double up = i == 0 ? s->surface_W_m2K : s->conductance_W_m2K[i],
		       down = s->conductance_W_m2K[i + 1];
		double plain = s->capacity_J_m2K[i] + s->theta_s * (up + down + s->sink_W_m2K[i]);
		double lateral = s->lateral_W_K[i], coupling = s->theta_s * down;
		bool last = i + 1 == s->cells;
		for (int p = 0; p < PARTS; p++) {
			lane4 here = now[p], sink = lateral * mu[p], outflow = here;
			if (!last)
				outflow -= now[p + PARTS];
			outflow *= down;
			lane4 net = inflow[p] - outflow - (s->sink_W_m2K[i] + sink) * here + 2.0 * supply[p];
			lane4 inverse = 1.0 / (plain + s->theta_s * sink - taken[p]);
			lane4 side = s->capacity_J_m2K[i] * here + s->theta_s * net + carried[p];
			ratio[p] = coupling * inverse;
			pivot[p] = inverse;
			stage[p] = side;
			taken[p] = coupling * ratio[p];
			carried[p] = ratio[p] * side;
			inflow[p] = outflow;
		}
		now += PARTS;
		supply += PARTS;
		stage += PARTS;
		pivot += PARTS;
		ratio += PARTS;
	}
}

/* Eliminates the right side of BDF2. */
INLINE void bdf2_down(const struct heat_beam_step *s, size_t at)
{
	const lane4 *now = (const lane4 *)(s->now + at), *stage = (const lane4 *)(s->stage + at);
	const lane4 *supply = (const lane4 *)(s->supply_W_m2 + at), *ratio = (const lane4 *)s->ratio;
	lane4 *next = (lane4 *)(s->next + at), carried[PARTS];
	for (int p = 0; p < PARTS; p++)
		carried[p] = now[p] * 0.0;
	for (size_t i = 0; i < s->cells; i++) {
		for (int p = 0; p < PARTS; p++) {
			lane4 old = FROM_STAGE * stage[p] - FROM_START * now[p];
			next[p] = s->capacity_J_m2K[i] * old + s->theta_s * supply[p] + carried[p];
			carried[p] = ratio[p] * next[p];
		}
		now += PARTS;
		stage += PARTS;
		supply += PARTS;
		next += PARTS;
		ratio += PARTS;
	}
}

/* Back substitution, from the bottom. */
INLINE void up(const struct heat_beam_step *s, double *state, size_t at)
{
	lane4 *x = (lane4 *)(state + at), below[PARTS];
	const lane4 *pivot = (const lane4 *)s->pivot, *ratio = (const lane4 *)s->ratio;
	for (int p = 0; p < PARTS; p++)
		below[p] = x[p] * 0.0;
	for (size_t i = s->cells; i-- > 0;)
		for (int p = 0; p < PARTS; p++) {
			below[p] = x[i * PARTS + (size_t)p] * pivot[i * PARTS + (size_t)p] +
			           ratio[i * PARTS + (size_t)p] * below[p];
			x[i * PARTS + (size_t)p] = below[p];
		}
}

INLINE void step_all(const struct heat_beam_step *s)
{
	for (size_t b = 0; b < s->blocks; b++) {
		size_t at = b * s->cells * HEAT_BEAM_LANES;
		trapezoid_down(s, s->eigenvalue_1_m2 + b * HEAT_BEAM_LANES, at);
		up(s, s->stage, at);
		bdf2_down(s, at);
		up(s, s->next, at);
	}
}

INLINE double across(const lane4 *v)
{
	return fabs(((*v)[0] + (*v)[1]) + ((*v)[2] + (*v)[3]));
}

INLINE void watch_all(struct heat_beam_watch *w)
{
	for (size_t i = 0; i < w->cells; i++) {
		lane4 off[HEAT_BEAM_WATCHED] = {{0}}, value[HEAT_BEAM_WATCHED] = {{0}};
		for (size_t b = 0; b < w->blocks; b++) {
			size_t at = (b * w->cells + i) * HEAT_BEAM_LANES;
			const lane4 *now = (const lane4 *)(w->now + at),
			            *stage = (const lane4 *)(w->stage + at);
			const lane4 *next = (const lane4 *)(w->next + at);
			for (size_t p = 0; p < PARTS; p++) {
				lane4 bend = stage[p] - now[p] - w->gamma * (next[p] - now[p]);
				for (int k = 0; k < HEAT_BEAM_WATCHED; k++) {
					lane4 row = ((const lane4 *)(w->row[k] + b * HEAT_BEAM_LANES))[p];
					off[k] += row * bend;
					value[k] += row * next[p];
				}
			}
		}
		for (int k = 0; k < HEAT_BEAM_WATCHED; k++) {
			double bend = across(&off[k]), size = across(&value[k]);
			w->error = bend > w->error ? bend : w->error;
			w->size = size > w->size ? size : w->size;
		}
	}
}

/* TILE radii x HEAT_BEAM_PANEL steps at a time. */
INLINE void sum_tile(const struct heat_beam_sum *s, size_t modes, const double *vector, const double *panel, lane8 *sum)
{
	for (int r = 0; r < TILE; r++)
		sum[r] = (lane8){0};
	for (size_t m = 0; m < modes; m++) {
		lane8 history = *(const lane8 *)(panel + m * s->padded);
		for (size_t r = 0; r < TILE; r++)
			sum[r] += vector[r * s->lanes + m] * history;
	}
}

/* The steps of a panel that there are. */
INLINE void put(const struct heat_beam_sum *s, size_t at, size_t steps, lane8 value)
{
	single8 kept = __builtin_convertvector(value, single8);
	if (s->out)
		memcpy(s->out + at, &value, steps * sizeof *s->out);
	else if (steps == HEAT_BEAM_PANEL)
		*(single8 *)(s->kept + at) = kept;
	else
		memcpy(s->kept + at, &kept, steps * sizeof *s->kept);
}

INLINE void sum_all(const struct heat_beam_sum *s)
{
	size_t whole = s->steps - s->steps % HEAT_BEAM_PANEL;
	for (size_t first = 0; first < s->radii; first += TILE) {
		/* The last tile overlaps the one before rather than running over the end. */
		size_t from = first + TILE <= s->radii || s->radii < TILE ? first : s->radii - TILE;
		for (size_t t = 0; t < s->steps; t += HEAT_BEAM_PANEL) {
			lane8 sum[TILE];
			sum_tile(s, s->modes[t / HEAT_BEAM_PANEL], s->vector + from * s->lanes, s->panel + t, sum);
			size_t left = t < whole ? HEAT_BEAM_PANEL : s->steps - whole;
			for (size_t r = 0; r < TILE && from + r < s->radii; r++)
				put(s, (from + r) * s->stride + t, left, sum[r]);
		}
	}
}

/* VECTOR steps of VECTOR lanes. */
INLINE void turn_square(const struct heat_beam_turn *t, size_t step, size_t lane)
{
	const double *from = t->state + step * t->stride + lane;
	double *to = t->out + lane * t->padded + step;
	lane4 a = *(const lane4 *)from, b = *(const lane4 *)(from + t->stride);
	lane4 c = *(const lane4 *)(from + 2 * t->stride), d = *(const lane4 *)(from + 3 * t->stride);
	lane4 ab0 = __builtin_shufflevector(a, b, 0, 4, 2, 6), ab1 = __builtin_shufflevector(a, b, 1, 5, 3, 7);
	lane4 cd0 = __builtin_shufflevector(c, d, 0, 4, 2, 6), cd1 = __builtin_shufflevector(c, d, 1, 5, 3, 7);
	*(lane4 *)to = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
	*(lane4 *)(to + t->padded) = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
	*(lane4 *)(to + 2 * t->padded) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
	*(lane4 *)(to + 3 * t->padded) = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
}

/* Whole cache lines go both ways: a panel's steps of one lane are written together. */
INLINE void turn_all(const struct heat_beam_turn *t)
{
	size_t whole = t->steps - t->steps % VECTOR;
	for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane += VECTOR)
		for (size_t step = 0; step < whole; step += VECTOR)
			turn_square(t, step, lane);
	for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++)
		for (size_t step = whole; step < t->steps; step++)
			t->out[lane * t->padded + step] = t->state[step * t->stride + lane];
}

WIDEST(turn_widest, turn_all, const struct heat_beam_turn *)
WIDEST(step_widest, step_all, const struct heat_beam_step *)
WIDEST(watch_widest, watch_all, struct heat_beam_watch *)
WIDEST(sum_widest, sum_all, const struct heat_beam_sum *)

void heat_beam_kernel_step(const struct heat_beam_step *step)
{
	step_widest(step);
}

void heat_beam_kernel_watch(struct heat_beam_watch *watch)
{
	watch_widest(watch);
}

void heat_beam_kernel_sum(const struct heat_beam_sum *sum)
{
	sum_widest(sum);
}

void heat_beam_kernel_turn(const struct heat_beam_turn *turn)
{
	turn_widest(turn);
}
