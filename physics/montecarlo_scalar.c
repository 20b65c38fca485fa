/* The plain photon loop: one packet at a time, in double precision. Every other engine is held against it.
 *
 * A straight piece of path is cut at every edge of the grid it crosses, and each part is scored in its bin.
 */
#include "physics/montecarlo_private.h"

#define ISOTROPIC_G 1e-6  /* below this the Henyey-Greenstein formula divides by zero */
#define GRAZING 1e-12     /* least cosine to the layers: a packet always reaches a wall */
#define SERIES_BELOW 0.01 /* absorbed fraction by series up to here */

struct packet {
	double x, y, z, ux, uy, uz;
	size_t layer, ring, row;
	double weight[MC_VARIANTS_MAX];
};

struct worker {
	const struct mc_plan *plan;
	double *tally;
	struct rng rng;
};

/* ---- flight ---- */

/* 1 - e^-x without the cost of expm1: the series to x^5 is exact to 1e-13 below SERIES_BELOW. */
static double absorbed_fraction(double x)
{
	if (x < SERIES_BELOW)
		return x * (1.0 - x * (1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 24 - x * (1.0 / 120)))));
	return 1.0 - exp(-x);
}

/* Loses weight along a piece of path that lies in one layer, ring and row. */
static void score(const struct worker *run, struct packet *p, double length)
{
	const struct mc_shape *r = &run->plan->shape;
	size_t variants = r->variants;
	const double *mua = run->plan->mua + p->layer * variants;
	double *cell = run->tally + mc_place_cell(r, p->ring, p->row);
	for (size_t v = 0; v < variants; v++) {
		double lost = p->weight[v] * absorbed_fraction(mua[v] * length);
		p->weight[v] -= lost;
		cell[v] += lost;
	}
}

/* sign +1 before a flight and -1 after it books what the flight lost in the layer. */
static void book_layer(const struct worker *run, const struct packet *p, double sign)
{
	const struct mc_shape *r = &run->plan->shape;
	double *layer = run->tally + mc_place_layer(r, p->layer);
	for (size_t v = 0; v < r->variants; v++)
		layer[v] += sign * p->weight[v];
}

/* Where a straight path meets circles about the axis: r^2(t) = c + 2 b t + a t^2, inwards until it can
 * reach no smaller ring, then outwards. */
struct rings {
	double a, b, c;
	int inwards;
};

static double next_ring(const struct worker *run, struct rings *path, size_t ring)
{
	if (!(path->a > 0.0))
		return INFINITY;
	if (path->inwards) {
		double square = path->b * path->b - path->a * (path->c - run->plan->ring_edge2[ring]);
		if (square > 0.0)
			return (-path->b - sqrt(square)) / path->a;
		path->inwards = 0;
	}
	double square = path->b * path->b - path->a * (path->c - run->plan->ring_edge2[ring + 1]);
	return (-path->b + sqrt(square > 0.0 ? square : 0.0)) / path->a;
}

/* Moves a packet straight on, scoring each piece between the grid's edges. An edge at the very end is
 * left to the next flight, whose direction decides about it. */
static void fly(const struct worker *run, struct packet *p, double length)
{
	struct rings path = {p->ux * p->ux + p->uy * p->uy, p->x * p->ux + p->y * p->uy,
	                     p->x * p->x + p->y * p->y, 0};
	path.inwards = path.b < 0.0;
	size_t down = p->uz > 0.0;
	const double *far_edge = run->plan->row_edge + down;
	double done = 0.0, per_z = 1.0 / p->uz, row = (far_edge[p->row] - p->z) * per_z;
	double ring = run->plan->shape.nr ? next_ring(run, &path, p->ring) : INFINITY;
	book_layer(run, p, 1.0);
	for (;;) {
		double edge = row < ring ? row : ring;
		double next = edge < length ? edge : length;
		if (next > done) {
			score(run, p, next - done);
			done = next;
		}
		if (edge >= length)
			break;
		if (row < ring) {
			p->row = down ? p->row + 1 : p->row - 1;
			row = (far_edge[p->row] - p->z) * per_z;
		} else {
			p->ring = path.inwards ? p->ring - 1 : p->ring + 1;
			ring = next_ring(run, &path, p->ring);
		}
	}
	book_layer(run, p, -1.0);
	p->x += p->ux * length;
	p->y += p->uy * length;
	p->z += p->uz * length;
}

/* Cosine of the scattering angle (Henyey & Greenstein 1941; inverted by Witt 1977, ApJS 35:1, eq. 19). */
static double scattering_cosine(const struct mc_medium *m, double u)
{
	if (fabs(m->g) < ISOTROPIC_G)
		return 2.0 * u - 1.0;
	double t = m->hg_b / (m->hg_c + 2.0 * m->g * u);
	double mu = (m->hg_a - t * t) / (2.0 * m->g);
	return mu > 1.0 ? 1.0 : mu < -1.0 ? -1.0 : mu;
}

/* A random azimuth without trigonometry (von Neumann 1951). */
static void random_azimuth(struct rng *rng, double *cosine, double *sine)
{
	double x, y, square;
	do {
		x = 2.0 * rng_uniform(rng) - 1.0;
		y = 2.0 * rng_uniform(rng) - 1.0;
		square = x * x + y * y;
	} while (square > 1.0 || square == 0.0);
	*cosine = (x * x - y * y) / square;
	*sine = 2.0 * x * y / square;
}

/* New direction at scattering angle and azimuth about the old one (Wang et al. 1995, eqs 3.22, 3.23). */
static void scatter(struct worker *run, struct packet *p)
{
	double cosine, sine, across;
	double mu = scattering_cosine(&run->plan->medium[p->layer], rng_uniform(&run->rng));
	double s = sqrt(1.0 - mu * mu);
	random_azimuth(&run->rng, &cosine, &sine);
	across = sqrt(p->ux * p->ux + p->uy * p->uy);
	if (across < 1e-6) {
		p->ux = s * cosine;
		p->uy = s * sine;
		p->uz = copysign(mu, p->uz * mu);
	} else {
		double ux = p->ux, uy = p->uy, uz = p->uz, f = s / across;
		p->ux = f * (ux * uz * cosine - uy * sine) + ux * mu;
		p->uy = f * (uy * uz * cosine + ux * sine) + uy * mu;
		p->uz = -s * cosine * across + uz * mu;
		double scale = 0.5 * (3.0 - (p->ux * p->ux + p->uy * p->uy + p->uz * p->uz)); /* 1 / length, to rounding */
		p->ux *= scale;
		p->uy *= scale;
		p->uz *= scale;
	}
	if (fabs(p->uz) < GRAZING)
		p->uz = copysign(GRAZING, p->uz);
}

static double index_beyond(const struct worker *run, const struct packet *p)
{
	const struct light_stack *stack = &run->plan->request->stack;
	if (p->uz < 0.0)
		return p->layer == 0 ? stack->n_above : run->plan->medium[p->layer - 1].n;
	return p->layer + 1 == stack->count ? stack->n_below : run->plan->medium[p->layer + 1].n;
}

static void book(struct worker *run, const struct packet *p, size_t place)
{
	for (size_t v = 0; v < run->plan->shape.variants; v++)
		run->tally[place + v] += p->weight[v];
}

static void book_left(struct worker *run, const struct packet *p, double n, double beyond)
{
	const struct mc_shape *s = &run->plan->shape;
	if (s->na > 0)
		run->tally[mc_place_left(s, p->uz < 0.0 ? 0 : 1, p->ring, mc_angle_of(s, p->uz, n, beyond))] += p->weight[0];
}

/* Reflects or refracts a packet standing at a wall; 0 when it has left the stack. */
static int meet_wall(struct worker *run, struct packet *p)
{
	const struct light_stack *stack = &run->plan->request->stack;
	double n = run->plan->medium[p->layer].n, beyond = index_beyond(run, p), mu = fabs(p->uz);
	if (n != beyond && rng_uniform(&run->rng) < light_fresnel(n, beyond, mu)) {
		p->uz = -p->uz;
		return 1;
	}
	if (p->uz < 0.0 && p->layer == 0) {
		book(run, p, mc_place_up(&run->plan->shape));
		book_left(run, p, n, beyond);
		return 0;
	}
	if (p->uz > 0.0 && p->layer + 1 == stack->count) {
		book(run, p, mc_place_down(&run->plan->shape));
		book_left(run, p, n, beyond);
		return 0;
	}
	if (n != beyond) {
		double ratio = n / beyond, refracted = sqrt(fmax(0.0, 1.0 - ratio * ratio * (1.0 - mu * mu)));
		p->ux *= ratio;
		p->uy *= ratio;
		p->uz = copysign(fmax(refracted, GRAZING), p->uz);
	}
	p->layer = p->uz > 0.0 ? p->layer + 1 : p->layer - 1;
	return 1;
}

/* Ends light packets with probability 1 - MC_ROULETTE_SURVIVAL and makes up for it in the others; 0 when
 * the packet is gone. */
static int survives(struct worker *run, struct packet *p)
{
	const struct mc_shape *r = &run->plan->shape;
	double heaviest = 0.0, *booked = run->tally + mc_place_roulette(r);
	for (size_t v = 0; v < r->variants; v++)
		heaviest = p->weight[v] > heaviest ? p->weight[v] : heaviest;
	if (heaviest >= MC_ROULETTE_BELOW)
		return 1;
	double factor = rng_uniform(&run->rng) < MC_ROULETTE_SURVIVAL ? 1.0 / MC_ROULETTE_SURVIVAL : 0.0;
	for (size_t v = 0; v < r->variants; v++) {
		booked[v] += p->weight[v] * (1.0 - factor);
		p->weight[v] *= factor;
	}
	return factor > 0.0;
}

static void launch(struct worker *run, struct packet *p)
{
	struct mc_ray ray;
	mc_launch(run->plan, &run->rng, &ray);
	*p = (struct packet){.x = ray.x, .y = ray.y, .ux = ray.ux, .uy = ray.uy, .uz = ray.uz, .ring = ray.ring,
	                     .row = ray.row};
	for (size_t v = 0; v < run->plan->shape.variants; v++)
		p->weight[v] = ray.weight;
	run->tally[mc_place_specular(&run->plan->shape)] += ray.specular;
}

/* Way to the side of the cell a packet heads for; INFINITY with a single beam. */
static double way_to_side(const struct mc_cell *cell, const struct packet *p, int *side)
{
	double nearest = INFINITY;
	for (int i = 0; i < cell->pairs; i++) {
		double towards = p->ux * cell->nx[i] + p->uy * cell->ny[i];
		double way = (copysign(cell->half, towards) - p->x * cell->nx[i] - p->y * cell->ny[i]) / towards;
		if (way < nearest) {
			nearest = way;
			*side = i;
		}
	}
	return nearest > 0.0 ? nearest : 0.0;
}

/* Out through one side of the cell and in through the opposite one, as far from the axis as before. */
static void cross_cell(const struct mc_cell *cell, int side, struct packet *p)
{
	double towards = p->ux * cell->nx[side] + p->uy * cell->ny[side];
	double step = copysign(2.0 * cell->half, towards);
	p->x -= step * cell->nx[side];
	p->y -= step * cell->ny[side];
}

/* One straight flight, to the next scattering, wall or side of the cell, and what happens there; 0 when the
 * packet is gone. depth: optical depth left to the next scattering. */
static int follow_on(struct worker *run, struct packet *p, double *depth)
{
	const struct mc_medium *m = &run->plan->medium[p->layer];
	int side = 0;
	double wall = p->uz > 0.0 ? m->bottom : m->top;
	double to_wall = (wall - p->z) / p->uz, to_side = way_to_side(&run->plan->cell, p, &side);
	to_wall = to_wall > 0.0 ? to_wall : 0.0;
	double clear_way = fmin(to_wall, to_side);
	if (*depth < clear_way * m->mus) {
		fly(run, p, *depth / m->mus);
		scatter(run, p);
		*depth = -log(rng_uniform(&run->rng));
		return 1;
	}
	fly(run, p, clear_way);
	*depth -= clear_way * m->mus;
	if (to_side < to_wall) {
		cross_cell(&run->plan->cell, side, p);
		return 1;
	}
	p->z = wall;
	return meet_wall(run, p);
}

static void follow(struct worker *run, struct packet *p)
{
	double depth = -log(rng_uniform(&run->rng));
	for (long step = 0; step < MC_STEPS_MAX; step++)
		if (!follow_on(run, p, &depth) || !survives(run, p))
			return;
	book(run, p, mc_place_roulette(&run->plan->shape));
}

void mc_batch_scalar(const struct mc_plan *plan, uint64_t number, uint64_t photons, struct mc_work *work)
{
	struct worker run = {.plan = plan, .tally = work->tally};
	struct packet p;
	rng_seed(&run.rng, plan->request->seed, number);
	for (uint64_t i = 0; i < photons; i++) {
		launch(&run, &p);
		if (p.weight[0] > 0.0)
			follow(&run, &p);
	}
}
