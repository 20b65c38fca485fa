/* Setting up the lanes, and reading their tallies.
 *
 * What lanes book is the energy absorbed above each edge of the grid, as a function of the edge's depth z:
 * a path piece from z1 to z2 that loses E with relative slope b contributes P(z) = E t ((1 + b) - b t) with
 * t = (z - z1) / (z2 - z1) to the edges between, and E to those beyond. The coefficients of P are added
 * where a piece starts and taken off where it ends, so the cost does not grow with the rows crossed; their
 * running sums down the rows, evaluated at the edges, are the answer, and differences are the bins.
 */
#include <float.h>

#include "physics/montecarlo_lanes_private.h"

#define FAR_FLOAT 3e38f
#define PLACES_MAX 16384
#define PLACES_PER_GAP 2.0     /* so that a place holds one edge at most */
#define UNIFORM_TOLERANCE 1e-5 /* of a row */
#define LEAST_RISE_FRAC 0.01   /* of the thinnest row */
#define LIGHT_AT_TOP 0.3
#define LIGHT_DECAY 0.7        /* of the diffuse attenuation */
#define LIGHT_SURVIVAL 0.4

double *mc_new_lines(size_t doubles)
{
	size_t bytes = doubles * sizeof(double), lines = bytes / MC_LINE + 1;
	return aligned_alloc(MC_LINE, lines * MC_LINE);
}

static float inverse(double x)
{
	double y = 1.0 / x;
	return x > 0.0 && y < (double)FAR_FLOAT ? (float)y : FAR_FLOAT;
}

static double largest_mua(const struct mc_plan *plan, size_t layer)
{
	double largest = 0.0;
	for (size_t v = 0; v < plan->shape.variants; v++)
		largest = fmax(largest, plan->mua[layer * plan->shape.variants + v]);
	return largest;
}

static double least_mua(const struct mc_plan *plan, size_t layer)
{
	double least = INFINITY;
	for (size_t v = 0; v < plan->shape.variants; v++)
		least = fmin(least, plan->mua[layer * plan->shape.variants + v]);
	return least;
}

/* Henyey-Greenstein inverted (Witt 1977, ApJS 35:1, eq. 19) without its division by g: with s = 2 u - 1,
 * mu = ((1 + g^2) s + g/2 (1 + g^2) s^2 + g/2 (3 - g^2)) / (1 + g s)^2, which holds for every |g| < 1. */
static void set_layer(const struct mc_plan *plan, size_t i, struct mc_layer_tables *t)
{
	const struct light_stack *stack = &plan->request->stack;
	const struct light_layer *l = &stack->layer[i];
	double mua = largest_mua(plan, i), g = l->g;
	t->mus[i] = (float)l->mus_1_cm;
	t->per_mus[i] = inverse(l->mus_1_cm);
	t->mua[i] = (float)mua;
	t->piece[i] = mua > 0.0 ? (float)fmin(MC_PIECE_ABSORBED / mua, (double)FAR_FLOAT) : FAR_FLOAT;
	t->thickness[i] = (float)l->thickness_cm;
	t->top[i] = (float)plan->medium[i].top;
	t->n[i] = (float)l->n;
	t->n_up[i] = (float)(i ? stack->layer[i - 1].n : stack->n_above);
	t->n_down[i] = (float)(i + 1 < stack->count ? stack->layer[i + 1].n : stack->n_below);
	t->g[i] = (float)g;
	t->hg_a[i] = (float)(1.0 + g * g);
	t->hg_b[i] = (float)(0.5 * g * (1.0 + g * g));
	t->hg_c[i] = (float)(0.5 * g * (3.0 - g * g));
}

static bool rows_are_uniform(const double *edge, size_t nz)
{
	double step = (edge[nz] - edge[0]) / (double)nz;
	for (size_t i = 0; i <= nz; i++)
		if (fabs(edge[i] - edge[0] - step * (double)i) > UNIFORM_TOLERANCE * step)
			return false;
	return true;
}

static double thinnest_row(const double *edge, size_t nz)
{
	double least = edge[1] - edge[0];
	for (size_t i = 1; i < nz; i++)
		least = fmin(least, edge[i + 1] - edge[i]);
	return least;
}

static void set_uniform(const double *edge, size_t nz, struct mc_row_finder *f)
{
	f->uniform = true;
	f->low = (float)edge[0];
	f->per_cm = inverse((edge[nz] - edge[0]) / (double)nz);
	f->last = (float)nz;
}

/* Places of equal width from half a place above the grid on, so that the first holds the first edge. */
static bool set_places(const double *edge, size_t nz, struct mc_row_finder *f)
{
	double range = edge[nz] - edge[0], fine = PLACES_PER_GAP * range / thinnest_row(edge, nz);
	size_t places = (size_t)fmin(fmax(fine, 1.0), PLACES_MAX - 2) + 2, row = 0;
	double width = range / (double)(places - 2), low = edge[0] - 0.5 * width;
	f->first_row = malloc(places * sizeof *f->first_row);
	if (!f->first_row)
		return false;
	f->low = (float)low;
	f->per_cm = inverse(width);
	f->last = (float)(places - 1);
	f->single = fine <= (double)(places - 2);
	for (size_t i = 0; i < places; i++) {
		double start = low + width * ((double)i - UNIFORM_TOLERANCE);
		while (row <= nz && edge[row] <= start)
			row++;
		f->first_row[i] = (int32_t)row;
	}
	return true;
}

static bool set_rows(const struct mc_plan *plan, struct mc_lanes *l)
{
	const struct mc_shape *s = &plan->shape;
	const double *edge = plan->row_edge + 1;
	struct mc_row_finder *f = &l->rows;
	f->edge = malloc((s->rows + 1) * sizeof *f->edge);
	if (!f->edge)
		return false;
	f->edge[0] = -INFINITY;
	f->edge[s->rows] = INFINITY;
	for (size_t i = 0; i <= s->nz; i++)
		f->edge[i + 1] = (float)edge[i];
	l->least_rise = (float)(LEAST_RISE_FRAC * thinnest_row(edge, s->nz));
	if (!rows_are_uniform(edge, s->nz))
		return set_places(edge, s->nz, f);
	set_uniform(edge, s->nz, f);
	return true;
}

static bool set_rings(const struct mc_plan *plan, struct mc_lanes *l)
{
	size_t count = plan->shape.nr + 2;
	l->ring_edge2 = malloc(count * sizeof *l->ring_edge2);
	for (size_t i = 0; l->ring_edge2 && i < count; i++)
		l->ring_edge2[i] = (float)plan->ring_edge2[i];
	return l->ring_edge2 != NULL;
}

static bool set_variants(const struct mc_plan *plan, struct mc_lanes *l)
{
	const struct mc_shape *s = &plan->shape;
	l->stride = (s->variants + MC_VARIANTS_STEP - 1) / MC_VARIANTS_STEP * MC_VARIANTS_STEP;
	l->mua = mc_new_lines(s->layers * l->stride);
	if (l->mua)
		memset(l->mua, 0, s->layers * l->stride * sizeof *l->mua);
	for (size_t i = 0; l->mua && i < s->layers; i++)
		memcpy(l->mua + i * l->stride, plan->mua + i * s->variants, s->variants * sizeof *l->mua);
	return l->mua != NULL;
}

static double reduced_per_cm(const struct light_layer *l)
{
	return l->mua_1_cm + l->mus_1_cm * (1.0 - l->g);
}

/* Depth at which `reduced` of reduced optical depth lies above; the stack's thickness where there is less. */
static double depth_of(const struct light_stack *stack, double reduced)
{
	double depth = 0.0;
	for (size_t i = 0; i < stack->count; i++) {
		const struct light_layer *l = &stack->layer[i];
		double here = reduced_per_cm(l) * l->thickness_cm;
		if (here > reduced)
			return depth + reduced / reduced_per_cm(l);
		reduced -= here;
		depth += l->thickness_cm;
	}
	return depth;
}

static double reduced_above(const struct light_stack *stack, double depth)
{
	double reduced = 0.0, top = 0.0;
	for (size_t i = 0; i < stack->count; i++) {
		const struct light_layer *l = &stack->layer[i];
		reduced += reduced_per_cm(l) * fmin(fmax(depth - top, 0.0), l->thickness_cm);
		top += l->thickness_cm;
	}
	return reduced;
}

static void set_thinning(const struct mc_plan *plan, struct mc_lanes *l)
{
	const struct mc_request *q = plan->request;
	double sharp = reduced_above(&q->stack, q->sharp_depth_cm);
	l->thins = q->sharp_depth_cm > 0.0 && plan->shape.controls > 0;
	l->per_basis = inverse(depth_of(&q->stack, MC_BASIS_DEPTH));
	for (size_t i = 0; i < q->stack.count; i++) {
		double above = reduced_above(&q->stack, plan->medium[i].top);
		l->layer.thin_at_top[i] = (float)(1.0 + MC_THIN_PER_DEPTH * (above - sharp));
		l->layer.thin_per_cm[i] = (float)(MC_THIN_PER_DEPTH * reduced_per_cm(&q->stack.layer[i]));
	}
}

/* Roulette comes early, and the later the deeper a layer lies: what a packet still gives is about its weight, to be
 * measured by what reaches its depth at all, e^(- diffuse attenuation), sqrt(3 mua (mua + mus')) for each length. The
 * three constants are chosen so that no depth of the skins of bench_light has errors that differ by more than their
 * own scatter from those of MC_ROULETTE_BELOW; dark or blood-rich skin takes half the steps. Plain runs play late. */
static void set_roulette(const struct mc_plan *plan, struct mc_lanes *l)
{
	const struct light_stack *stack = &plan->request->stack;
	bool plain = plan->request->uncontrolled;
	double passed = 0.0;
	l->roulette_gain = (float)(1.0 / (plain ? MC_ROULETTE_SURVIVAL : LIGHT_SURVIVAL));
	for (size_t i = 0; i < stack->count; i++) {
		double mua = least_mua(plan, i), reduced = stack->layer[i].mus_1_cm * (1.0 - stack->layer[i].g);
		double across = sqrt(3.0 * mua * (mua + reduced)) * stack->layer[i].thickness_cm;
		double light = LIGHT_AT_TOP * exp(-LIGHT_DECAY * (passed + 0.5 * across));
		l->layer.light[i] = (float)(plain ? MC_ROULETTE_BELOW : fmax(light, MC_ROULETTE_BELOW));
		passed += across;
	}
}

enum status mc_lanes_new(struct mc_plan *plan, struct fail *why)
{
	struct mc_lanes *l = calloc(1, sizeof *l);
	plan->lanes = l;
	if (!l || !set_rows(plan, l) || !set_rings(plan, l) || !set_variants(plan, l))
		return fail_set(why, ST_FULL, "grid", "no memory for the grid");
	for (size_t i = 0; i < plan->shape.layers; i++)
		set_layer(plan, i, &l->layer);
	set_thinning(plan, l);
	set_roulette(plan, l);
	return ST_OK;
}

void mc_lanes_free(struct mc_lanes **lanes)
{
	if (!*lanes)
		return;
	free((*lanes)->rows.edge);
	free((*lanes)->rows.first_row);
	free((*lanes)->ring_edge2);
	free((*lanes)->mua);
	free(*lanes);
	*lanes = NULL;
}

size_t mc_lanes_cell_size(const struct mc_shape *s)
{
	size_t stride = (s->variants + MC_VARIANTS_STEP - 1) / MC_VARIANTS_STEP * MC_VARIANTS_STEP;
	return s->variants == 1 ? MC_QUAD : MC_COEFFICIENTS * stride;
}

size_t mc_lanes_room(const struct mc_shape *s)
{
	return (s->nr + 1) * (s->rows + 1) * mc_lanes_cell_size(s);
}

/* Down one ring, for variants whose coefficients stand side by side, `apart` between one coefficient and the next. The
 * last edge lies at infinity, where every piece has ended. Rounding may leave a bin that nothing touched a hair below
 * 0. */
static void settle_ring(const struct mc_plan *plan, const double *room, size_t apart, double *tally)
{
	const struct mc_shape *s = &plan->shape;
	size_t size = mc_lanes_cell_size(s), variants = s->variants;
	double p0[MC_CARRIED_MAX] = {0}, p1[MC_CARRIED_MAX] = {0}, p2[MC_CARRIED_MAX] = {0}, above[MC_CARRIED_MAX] = {0};
	for (size_t row = 0; row < s->rows; row++) {
		const double *c = room + (row + 1) * size;
		double z = row + 1 < s->rows ? (double)plan->lanes->rows.edge[row + 1] : 0.0;
		for (size_t v = 0; v < variants; v++) {
			p0[v] += c[v];
			p1[v] += c[apart + v];
			p2[v] += c[2 * apart + v];
			double here = p0[v] + z * (p1[v] + z * p2[v]), bin = here - above[v];
			tally[row * variants + v] += bin > 0.0 ? bin : 0.0;
			above[v] = here;
		}
	}
}

void mc_lanes_settle(const struct mc_plan *plan, const double *room, double *tally)
{
	const struct mc_shape *s = &plan->shape;
	size_t ring_size = (s->rows + 1) * mc_lanes_cell_size(s);
	bool quad = s->variants == 1;
	for (size_t ring = 0; ring <= s->nr; ring++)
		settle_ring(plan, room + ring * ring_size, quad ? 1 : plan->lanes->stride,
		            tally + mc_place_cell(s, ring, 0));
}
