/* The loops over all cells, written for vector registers. */
#include "physics/base/widest.h"
#include "physics/heat_rz_private.h"

#ifdef __clang__
#pragma clang fp contract(off)
#endif

/* All that returns a vector is inlined: no call has to agree on registers. Both compilers obey this. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef double lanes __attribute__((vector_size(HEAT_RZ_LANES * sizeof(double)), aligned(8), may_alias));
typedef long long masks __attribute__((vector_size(HEAT_RZ_LANES * sizeof(long long)), aligned(8), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* Comparisons of wider ones are taken apart by the compiler. */
typedef double quad __attribute__((vector_size(HEAT_RZ_GROUP * sizeof(double)), aligned(8), may_alias));
typedef long long quad_mask __attribute__((vector_size(HEAT_RZ_GROUP * sizeof(long long)), aligned(8), may_alias));

enum kind { STEP, STAGE, SLOPE, NOTE };
struct call {
	enum kind kind;
	const struct heat_rz_grid_view *grid;
	const struct heat_rz_stage *stage;
	double dt_s;
	const double *now, *limit_C;
	double *out;
	size_t *crossing, crossings; /* of NOTE: the hot groups */
	const struct heat_rz_note *note;
	double hottest;
};

INLINE lanes load(const double *from)
{
	lanes v;
	memcpy(&v, from, sizeof v);
	return v;
}

INLINE void store(double *to, lanes v)
{
	memcpy(to, &v, sizeof v);
}

/* dT/dt of a group of cells. */
INLINE lanes slope(const struct heat_rz_grid_view *g, const double *t, size_t n)
{
	lanes here = load(t + n);
	lanes power = load(g->radial_W_K + n) * (load(t + n - 1) - here) +
	              load(g->radial_W_K + n + 1) * (load(t + n + 1) - here);
	power += load(g->axial_W_K + n) * (load(t + n - g->nr) - here);
	power += load(g->axial_W_K + n + g->nr) * (load(t + n + g->nr) - here);
	return power * load(g->warming_K_J + n);
}

/* Whether any is below zero, by their signs. */
INLINE bool any_negative(lanes v)
{
	masks m = (masks)v;
	long long signs = 0;
	for (int k = 0; k < HEAT_RZ_LANES; k++)
		signs |= m[k];
	return signs < 0;
}

INLINE void step(struct call *c)
{
	for (size_t n = 0; n < c->grid->count; n += HEAT_RZ_LANES) {
		lanes next = load(c->now + n) + c->dt_s * slope(c->grid, c->now, n);
		store(c->out + n, next);
		if (any_negative(load(c->limit_C + n) - next))
			c->crossing[c->crossings++] = n;
	}
}

INLINE void stage(const struct call *c)
{
	const struct heat_rz_stage *s = c->stage;
	for (size_t n = 0; n < c->grid->count; n += HEAT_RZ_LANES)
		store(c->out + n, s->mu * load(s->previous + n) + s->nu * load(s->before + n) + s->rest * load(s->start + n) +
		                          s->dt_s * slope(c->grid, s->previous, n) + s->start_s * load(s->slope_K_s + n));
}

INLINE quad larger(quad a, quad b)
{
	quad_mask which = a > b;
	return (quad)((which & (quad_mask)a) | (~which & (quad_mask)b));
}

INLINE quad load_quad(const double *from)
{
	quad v;
	memcpy(&v, from, sizeof v);
	return v;
}

INLINE void note(struct call *c)
{
	const struct heat_rz_note *s = c->note;
	quad hottest = load_quad(s->after_C);
	for (size_t n = 0; n < s->count; n += HEAT_RZ_GROUP) {
		quad after = load_quad(s->after_C + n), reached = larger(load_quad(s->before_C + n), after);
		quad peak = larger(load_quad(s->peak_C + n), reached);
		memcpy(s->peak_C + n, &peak, sizeof peak);
		hottest = larger(hottest, after);
		quad_mask hot = reached > s->hot_C;
		if (hot[0] | hot[1] | hot[2] | hot[3])
			c->crossing[c->crossings++] = n;
	}
	c->hottest = hottest[0];
	for (int k = 1; k < HEAT_RZ_GROUP; k++)
		c->hottest = hottest[k] > c->hottest ? hottest[k] : c->hottest;
}

INLINE void run(struct call *c)
{
	if (c->kind == NOTE)
		note(c);
	else if (c->kind == STEP)
		step(c);
	else if (c->kind == STAGE)
		stage(c);
	else
		for (size_t n = 0; n < c->grid->count; n += HEAT_RZ_LANES)
			store(c->out + n, slope(c->grid, c->now, n));
}

WIDEST(dispatch, run, struct call *)

size_t heat_rz_kernel_step(const struct heat_rz_grid_view *grid, double dt_s, const double *now, const double *limit_C,
                           double *next, size_t *crossing)
{
	struct call c = {.kind = STEP, .grid = grid, .dt_s = dt_s, .now = now, .limit_C = limit_C, .out = next,
	                 .crossing = crossing};
	dispatch(&c);
	return c.crossings;
}

void heat_rz_kernel_stage(const struct heat_rz_grid_view *grid, const struct heat_rz_stage *s, double *out)
{
	struct call c = {.kind = STAGE, .grid = grid, .stage = s, .out = out};
	dispatch(&c);
}

void heat_rz_kernel_slope(const struct heat_rz_grid_view *grid, const double *now, double *slope_K_s)
{
	struct call c = {.kind = SLOPE, .grid = grid, .now = now, .out = slope_K_s};
	dispatch(&c);
}

size_t heat_rz_kernel_note(const struct heat_rz_note *s, size_t *hot, double *hottest_C)
{
	struct call c = {.kind = NOTE, .note = s, .crossing = hot};
	dispatch(&c);
	*hottest_C = c.hottest;
	return c.crossings;
}
