/* Monte Carlo in plane layers: trajectories by scattering alone, absorption carried as weights.
 *
 * A photon packet flies to its next scattering after the optical depth -ln(u), counted in scattering only
 * (Wang, Jacques & Zheng 1995, Comput. Methods Programs Biomed. 47:131, with mut replaced by mus), turns by
 * Henyey-Greenstein, and is reflected or refracted at interfaces by Fresnel. Along every piece of path its
 * weight falls as exp(-mua length), and what it loses is scored in the bin the piece lies in: the
 * track-length estimator with continuous absorption, which scores in thin layers that few scatterings hit.
 * Since the path does not depend on absorption, weights for many absorptions ride on it, each unbiased.
 * Packets lighter than ROULETTE_BELOW in every variant play Russian roulette; what that adds or takes is
 * booked, so the balance closes to rounding.
 *
 * Batches have their own random streams and equal sizes (within one photon); a standard error is the
 * scatter of the batch means over the square root of their number.
 */
#include "physics/montecarlo.h"

#include "physics/base/rng.h"
#include "physics/base/units.h"

#define BATCHES_MIN 32         /* so that a standard error is itself known to 13 % */
#define BATCH_PHOTONS_MAX 2000 /* so that progress and cancelling are prompt */
#define STOP_BATCHES_MIN 32
#define ROULETTE_BELOW 1e-3
#define ROULETTE_SURVIVAL 0.1
#define STEPS_MAX 10000000 /* of one packet; the rest of it is booked with the roulette */
#define ISOTROPIC_G 1e-6   /* below this the Henyey-Greenstein formula divides by zero */
#define GRAZING 1e-12      /* least cosine to the layers: a packet always reaches a wall */
#define SERIES_BELOW 0.01  /* absorbed fraction by series up to here */

struct medium {
	double n, mus, g;
	double hg_a, hg_b, hg_c; /* 1 + g^2, 1 - g^2, 1 - g */
	double top, bottom;
};

struct mc_result {
	size_t variants, nr, nz, layers;
	size_t rows; /* nz + 2: bins above and below the grid, too */
	double *r_edge, *z_edge;
	double specular;
	uint64_t photons, batches;
	/* tallies of one batch, sums of all, sums of the squares of batch means; see the places below */
	size_t size;
	double *batch, *sum, *square;
};

struct packet {
	double x, y, z, ux, uy, uz;
	size_t layer, ring, row;
	double weight[MC_VARIANTS_MAX];
};

struct run {
	const struct mc_request *request;
	struct mc_result *result;
	struct medium medium[LIGHT_LAYERS_MAX];
	double *mua;        /* layer-major, variants inside */
	double *row_edge;   /* rows + 1, from -inf to inf */
	double *ring_edge2; /* squares: nr + 2, from -1 (never crossed) to inf */
	struct rng rng;
};

/* ---- places in a tally: cells, depth rows, layers, up, down, roulette; variants innermost ---- */

static size_t cells_of(const struct mc_result *r)
{
	return (r->nr + 1) * r->rows;
}

static size_t place_cell(const struct mc_result *r, size_t ring, size_t row)
{
	return (ring * r->rows + row) * r->variants;
}

static size_t place_depth(const struct mc_result *r, size_t row)
{
	return (cells_of(r) + row) * r->variants;
}

static size_t place_layer(const struct mc_result *r, size_t layer)
{
	return (cells_of(r) + r->rows + layer) * r->variants;
}

static size_t place_up(const struct mc_result *r)
{
	return place_layer(r, r->layers);
}

static size_t place_down(const struct mc_result *r)
{
	return place_up(r) + r->variants;
}

static size_t place_roulette(const struct mc_result *r)
{
	return place_down(r) + r->variants;
}

/* ---- checks ---- */

static enum status check_edges(const double *edge, size_t bins, const char *field, struct fail *why)
{
	if (!edge)
		return fail_set(why, ST_RANGE, field, "%s is missing", field);
	for (size_t i = 0; i <= bins; i++) {
		if (!isfinite(edge[i]) || (i > 0 && !(edge[i] > edge[i - 1])))
			return fail_set(why, ST_RANGE, field, "edge %zu (%g) must be finite and above the one before", i,
			                edge[i]);
	}
	return ST_OK;
}

static enum status check_grid(const struct mc_request *q, struct fail *why)
{
	const struct mc_grid *g = &q->grid;
	size_t variants = q->variants ? q->variants : 1;
	if (g->nz < 1 || g->nz > MC_CELLS_MAX || g->nr > MC_CELLS_MAX ||
	    (g->nr + 1) * (g->nz + 2) > MC_CELLS_MAX / variants)
		return fail_set(why, ST_RANGE, "grid", "%zu x %zu bins for %zu variants; allowed are %u in all", g->nr,
		                g->nz, variants, MC_CELLS_MAX);
	enum status st = check_edges(g->z_edge_cm, g->nz, "z_edge_cm", why);
	if (st == ST_OK && g->nr > 0)
		st = check_edges(g->r_edge_cm, g->nr, "r_edge_cm", why);
	if (st == ST_OK && g->nr > 0 && g->r_edge_cm[0] != 0.0)
		return fail_set(why, ST_RANGE, "r_edge_cm", "the first radius is %g; it must be 0", g->r_edge_cm[0]);
	return st;
}

static enum status check_source(const struct mc_source *source, struct fail *why)
{
	if (source->beam == MC_PENCIL)
		return ST_OK;
	if (source->beam != MC_FLAT_TOP && source->beam != MC_GAUSSIAN)
		return fail_set(why, ST_INPUT, "beam", "beam kind %d is unknown", (int)source->beam);
	if (!isfinite(source->radius_cm) || source->radius_cm <= 0.0)
		return fail_set(why, ST_RANGE, "radius_cm", "radius_cm is %g; allowed is above 0", source->radius_cm);
	return ST_OK;
}

static enum status check_variants(const struct mc_request *q, struct fail *why)
{
	if (q->variants > MC_VARIANTS_MAX)
		return fail_set(why, ST_RANGE, "variants", "%zu variants; allowed are %d", q->variants, MC_VARIANTS_MAX);
	if (q->variants && !q->variant_mua_1_cm)
		return fail_set(why, ST_RANGE, "variant_mua_1_cm", "variant_mua_1_cm is missing");
	for (size_t i = 0; i < q->variants * q->stack.count; i++) {
		struct light_layer layer = q->stack.layer[i % q->stack.count];
		layer.mua_1_cm = q->variant_mua_1_cm[i];
		struct light_stack one = {1.0, 1.0, 1, &layer};
		if (light_stack_check(&one, NULL) != ST_OK)
			return fail_set(why, ST_RANGE, "variant_mua_1_cm", "variant %zu, layer %zu: %g 1/cm is out of range",
			                i / q->stack.count + 1, i % q->stack.count + 1, layer.mua_1_cm);
	}
	return ST_OK;
}

static enum status check_request(const struct mc_request *q, struct fail *why)
{
	if (q->photons < 1 || q->photons > MC_PHOTONS_MAX)
		return fail_set(why, ST_RANGE, "photons", "%llu photons; allowed are 1 to 1e12",
		                (unsigned long long)q->photons);
	if (!(q->target_error_frac >= 0.0 && q->target_error_frac < INFINITY))
		return fail_set(why, ST_RANGE, "target_error_frac", "target_error_frac is %g; allowed is 0 or more",
		                q->target_error_frac);
	enum status st = light_stack_check(&q->stack, why);
	if (st == ST_OK)
		st = check_source(&q->source, why);
	if (st == ST_OK)
		st = check_variants(q, why);
	return st == ST_OK ? check_grid(q, why) : st;
}

/* ---- flight ---- */

/* 1 - e^-x without the cost of expm1: the series to x^5 is exact to 1e-13 below SERIES_BELOW. */
static double absorbed_fraction(double x)
{
	if (x < SERIES_BELOW)
		return x * (1.0 - x * (1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 24 - x * (1.0 / 120)))));
	return 1.0 - exp(-x);
}

/* Loses weight along a piece of path that lies in one layer, ring and row. */
static void score(const struct run *run, struct packet *p, double length)
{
	const struct mc_result *r = run->result;
	size_t variants = r->variants;
	const double *mua = run->mua + p->layer * variants;
	double *cell = r->batch + place_cell(r, p->ring, p->row);
	for (size_t v = 0; v < variants; v++) {
		double lost = p->weight[v] * absorbed_fraction(mua[v] * length);
		p->weight[v] -= lost;
		cell[v] += lost;
	}
}

/* sign +1 before a flight and -1 after it books what the flight lost in the layer. */
static void book_layer(const struct run *run, const struct packet *p, double sign)
{
	const struct mc_result *r = run->result;
	double *layer = r->batch + place_layer(r, p->layer);
	for (size_t v = 0; v < r->variants; v++)
		layer[v] += sign * p->weight[v];
}

/* Where a straight path meets circles about the axis: r^2(t) = c + 2 b t + a t^2, inwards until it can
 * reach no smaller ring, then outwards. */
struct rings {
	double a, b, c;
	int inwards;
};

static double next_ring(const struct run *run, struct rings *path, size_t ring)
{
	if (!(path->a > 0.0))
		return INFINITY;
	if (path->inwards) {
		double square = path->b * path->b - path->a * (path->c - run->ring_edge2[ring]);
		if (square > 0.0)
			return (-path->b - sqrt(square)) / path->a;
		path->inwards = 0;
	}
	double square = path->b * path->b - path->a * (path->c - run->ring_edge2[ring + 1]);
	return (-path->b + sqrt(square > 0.0 ? square : 0.0)) / path->a;
}

/* Moves a packet straight on, scoring each piece between the grid's edges. An edge at the very end is
 * left to the next flight, whose direction decides about it. */
static void fly(const struct run *run, struct packet *p, double length)
{
	struct rings path = {p->ux * p->ux + p->uy * p->uy, p->x * p->ux + p->y * p->uy,
	                     p->x * p->x + p->y * p->y, 0};
	path.inwards = path.b < 0.0;
	size_t down = p->uz > 0.0;
	const double *far_edge = run->row_edge + down;
	double done = 0.0, per_z = 1.0 / p->uz, row = (far_edge[p->row] - p->z) * per_z;
	double ring = run->result->nr ? next_ring(run, &path, p->ring) : INFINITY;
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
static double scattering_cosine(const struct medium *m, double u)
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
static void scatter(struct run *run, struct packet *p)
{
	double cosine, sine, across;
	double mu = scattering_cosine(&run->medium[p->layer], rng_uniform(&run->rng));
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

static double index_beyond(const struct run *run, const struct packet *p)
{
	const struct light_stack *stack = &run->request->stack;
	if (p->uz < 0.0)
		return p->layer == 0 ? stack->n_above : run->medium[p->layer - 1].n;
	return p->layer + 1 == stack->count ? stack->n_below : run->medium[p->layer + 1].n;
}

static void book(struct run *run, const struct packet *p, size_t place)
{
	for (size_t v = 0; v < run->result->variants; v++)
		run->result->batch[place + v] += p->weight[v];
}

/* Reflects or refracts a packet standing at a wall; 0 when it has left the stack. */
static int meet_wall(struct run *run, struct packet *p)
{
	const struct light_stack *stack = &run->request->stack;
	double n = run->medium[p->layer].n, beyond = index_beyond(run, p), mu = fabs(p->uz);
	if (n != beyond && rng_uniform(&run->rng) < light_fresnel(n, beyond, mu)) {
		p->uz = -p->uz;
		return 1;
	}
	if (p->uz < 0.0 && p->layer == 0) {
		book(run, p, place_up(run->result));
		return 0;
	}
	if (p->uz > 0.0 && p->layer + 1 == stack->count) {
		book(run, p, place_down(run->result));
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

/* Ends light packets with probability 1 - ROULETTE_SURVIVAL and makes up for it in the others; 0 when
 * the packet is gone. */
static int survives(struct run *run, struct packet *p)
{
	struct mc_result *r = run->result;
	double heaviest = 0.0, *booked = r->batch + place_roulette(r);
	for (size_t v = 0; v < r->variants; v++)
		heaviest = p->weight[v] > heaviest ? p->weight[v] : heaviest;
	if (heaviest >= ROULETTE_BELOW)
		return 1;
	double factor = rng_uniform(&run->rng) < ROULETTE_SURVIVAL ? 1.0 / ROULETTE_SURVIVAL : 0.0;
	for (size_t v = 0; v < r->variants; v++) {
		booked[v] += p->weight[v] * (1.0 - factor);
		p->weight[v] *= factor;
	}
	return factor > 0.0;
}

static double launch_radius(struct run *run)
{
	const struct mc_source *source = &run->request->source;
	if (source->beam == MC_PENCIL)
		return 0.0;
	double u = rng_uniform(&run->rng);
	/* irradiance flat to the edge, or e^(-2 r^2 / w^2) */
	return source->radius_cm * sqrt(source->beam == MC_FLAT_TOP ? u : -0.5 * log(u));
}

static size_t bin_of(const double *edge, size_t bins, double value)
{
	size_t low = 0, high = bins;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (value < edge[middle])
			high = middle;
		else
			low = middle;
	}
	return low;
}

static void launch(struct run *run, struct packet *p)
{
	const struct mc_result *r = run->result;
	p->x = launch_radius(run);
	p->y = p->z = p->ux = p->uy = 0.0;
	p->uz = 1.0;
	p->layer = 0;
	p->row = bin_of(run->row_edge, r->rows, 0.0);
	p->ring = bin_of(run->ring_edge2, r->nr + 1, p->x * p->x);
	for (size_t v = 0; v < r->variants; v++)
		p->weight[v] = 1.0 - r->specular;
}

static void follow(struct run *run, struct packet *p)
{
	double depth = -log(rng_uniform(&run->rng));
	for (long step = 0; step < STEPS_MAX; step++) {
		const struct medium *m = &run->medium[p->layer];
		double wall = p->uz > 0.0 ? m->bottom : m->top;
		double to_wall = (wall - p->z) / p->uz;
		to_wall = to_wall > 0.0 ? to_wall : 0.0;
		if (depth < to_wall * m->mus) {
			fly(run, p, depth / m->mus);
			scatter(run, p);
			depth = -log(rng_uniform(&run->rng));
		} else {
			fly(run, p, to_wall);
			p->z = wall;
			depth -= to_wall * m->mus;
			if (!meet_wall(run, p))
				return;
		}
		if (!survives(run, p))
			return;
	}
	book(run, p, place_roulette(run->result));
}

/* ---- batches ---- */

static void sum_depths(struct mc_result *r)
{
	double *depth = r->batch + place_depth(r, 0);
	size_t width = r->rows * r->variants;
	for (size_t ring = 0; ring <= r->nr; ring++) {
		const double *cells = r->batch + place_cell(r, ring, 0);
		for (size_t i = 0; i < width; i++)
			depth[i] += cells[i];
	}
}

static void run_batch(struct run *run, uint64_t number, uint64_t photons)
{
	struct mc_result *r = run->result;
	struct packet p;
	memset(r->batch, 0, r->size * sizeof *r->batch);
	rng_seed(&run->rng, run->request->seed, number);
	for (uint64_t i = 0; i < photons; i++) {
		launch(run, &p);
		follow(run, &p);
	}
	sum_depths(r);
	for (size_t i = 0; i < r->size; i++) {
		double mean = r->batch[i] / (double)photons;
		r->sum[i] += r->batch[i];
		r->square[i] += mean * mean;
	}
	r->photons += photons;
	r->batches++;
}

static double mean_at(const struct mc_result *r, size_t place, double *se)
{
	double mean = r->sum[place] / (double)r->photons, batches = (double)r->batches;
	double scatter = r->square[place] - batches * mean * mean;
	if (se)
		*se = r->batches > 1 ? sqrt(fmax(scatter, 0.0) / (batches * (batches - 1.0))) : INFINITY;
	return mean;
}

static int is_precise(const struct run *run)
{
	const struct mc_result *r = run->result;
	double fullest = 0.0, worst = 0.0;
	if (run->request->target_error_frac <= 0.0 || r->batches < STOP_BATCHES_MIN)
		return 0;
	for (size_t i = 0; i < r->nz; i++) {
		double se, value = mc_absorbed_z(r, 0, i, &se);
		fullest = fmax(fullest, value);
		worst = fmax(worst, se);
	}
	return worst < run->request->target_error_frac * fullest;
}

static enum status run_batches(struct run *run, struct fail *why)
{
	const struct mc_request *q = run->request;
	uint64_t batches = q->photons < BATCHES_MIN ? q->photons : BATCHES_MIN;
	uint64_t wanted = (q->photons + BATCH_PHOTONS_MAX - 1) / BATCH_PHOTONS_MAX;
	batches = wanted > batches ? wanted : batches;
	uint64_t each = q->photons / batches, more = q->photons % batches;
	for (uint64_t i = 0; i < batches && !is_precise(run); i++) {
		run_batch(run, i, each + (i < more ? 1 : 0));
		if (q->progress && q->progress(q->context, (double)(i + 1) / (double)batches))
			return fail_set(why, ST_CANCELLED, "", "cancelled after %llu photons",
			                (unsigned long long)run->result->photons);
	}
	return ST_OK;
}

/* ---- setting up ---- */

static void set_media(struct run *run)
{
	const struct light_stack *stack = &run->request->stack;
	double top = 0.0;
	for (size_t i = 0; i < stack->count; i++) {
		const struct light_layer *l = &stack->layer[i];
		run->medium[i] = (struct medium){.n = l->n, .mus = l->mus_1_cm, .g = l->g, .top = top};
		run->medium[i].hg_a = 1.0 + l->g * l->g;
		run->medium[i].hg_b = 1.0 - l->g * l->g;
		run->medium[i].hg_c = 1.0 - l->g;
		top += l->thickness_cm;
		run->medium[i].bottom = top;
	}
}

static void set_absorption(struct run *run)
{
	const struct mc_request *q = run->request;
	size_t variants = run->result->variants, layers = q->stack.count;
	for (size_t l = 0; l < layers; l++) {
		for (size_t v = 0; v < variants; v++)
			run->mua[l * variants + v] = q->variants ? q->variant_mua_1_cm[v * layers + l]
			                                         : q->stack.layer[l].mua_1_cm;
	}
}

static void set_edges(struct run *run)
{
	struct mc_result *r = run->result;
	const struct mc_grid *g = &run->request->grid;
	memcpy(r->z_edge, g->z_edge_cm, (r->nz + 1) * sizeof *r->z_edge);
	memcpy(run->row_edge + 1, g->z_edge_cm, (r->nz + 1) * sizeof *r->z_edge);
	run->row_edge[0] = -INFINITY;
	run->row_edge[r->rows] = INFINITY;
	if (r->nr)
		memcpy(r->r_edge, g->r_edge_cm, (r->nr + 1) * sizeof *r->r_edge);
	for (size_t i = 1; i <= r->nr; i++)
		run->ring_edge2[i] = r->r_edge[i] * r->r_edge[i];
	run->ring_edge2[0] = -1.0;
	run->ring_edge2[r->nr + 1] = INFINITY;
}

static enum status new_result(const struct mc_request *q, struct mc_result **out, struct fail *why)
{
	struct mc_result *r = calloc(1, sizeof *r);
	if (!r)
		return fail_set(why, ST_FULL, "", "no memory for the light result");
	r->variants = q->variants ? q->variants : 1;
	r->nr = q->grid.nr;
	r->nz = q->grid.nz;
	r->rows = r->nz + 2;
	r->layers = q->stack.count;
	r->specular = light_fresnel(q->stack.n_above, q->stack.layer[0].n, 1.0);
	r->size = place_roulette(r) + r->variants;
	r->r_edge = calloc(r->nr + 1, sizeof *r->r_edge);
	r->z_edge = calloc(r->nz + 1, sizeof *r->z_edge);
	r->batch = calloc(r->size, sizeof *r->batch);
	r->sum = calloc(r->size, sizeof *r->sum);
	r->square = calloc(r->size, sizeof *r->square);
	*out = r;
	if (r->r_edge && r->z_edge && r->batch && r->sum && r->square)
		return ST_OK;
	return fail_set(why, ST_FULL, "grid", "no memory for %zu tallies", r->size);
}

void mc_free(struct mc_result **result)
{
	struct mc_result *r = *result;
	if (!r)
		return;
	free(r->r_edge);
	free(r->z_edge);
	free(r->batch);
	free(r->sum);
	free(r->square);
	free(r);
	*result = NULL;
}

static enum status run_all(const struct mc_request *q, struct mc_result *r, struct fail *why)
{
	struct run run = {.request = q, .result = r};
	enum status st = ST_OK;
	run.mua = malloc(r->layers * r->variants * sizeof *run.mua);
	run.row_edge = malloc((r->rows + 1) * sizeof *run.row_edge);
	run.ring_edge2 = malloc((r->nr + 2) * sizeof *run.ring_edge2);
	if (run.mua && run.row_edge && run.ring_edge2) {
		set_media(&run);
		set_absorption(&run);
		set_edges(&run);
		st = run_batches(&run, why);
	} else {
		st = fail_set(why, ST_FULL, "grid", "no memory for the grid");
	}
	free(run.mua);
	free(run.row_edge);
	free(run.ring_edge2);
	return st;
}

enum status mc_run(const struct mc_request *request, struct mc_result **out, struct fail *why)
{
	struct mc_result *r = NULL;
	*out = NULL;
	enum status st = check_request(request, why);
	if (st == ST_OK)
		st = new_result(request, &r, why);
	if (st == ST_OK)
		st = run_all(request, r, why);
	if (st == ST_OK)
		*out = r;
	else
		mc_free(&r);
	return st;
}

/* ---- answers ---- */

static double scaled(const struct mc_result *r, size_t place, double scale, double *se)
{
	double value = scale * mean_at(r, place, se);
	if (se)
		*se *= scale;
	return value;
}

double mc_absorbed(const struct mc_result *r, size_t variant, size_t ir, size_t iz, double *se)
{
	BUG_ON(variant >= r->variants || ir >= r->nr || iz >= r->nz);
	double area = PI * (r->r_edge[ir + 1] - r->r_edge[ir]) * (r->r_edge[ir + 1] + r->r_edge[ir]);
	double volume = area * (r->z_edge[iz + 1] - r->z_edge[iz]);
	return scaled(r, place_cell(r, ir, iz + 1) + variant, 1.0 / volume, se);
}

double mc_absorbed_z(const struct mc_result *r, size_t variant, size_t iz, double *se)
{
	BUG_ON(variant >= r->variants || iz >= r->nz);
	return scaled(r, place_depth(r, iz + 1) + variant, 1.0 / (r->z_edge[iz + 1] - r->z_edge[iz]), se);
}

double mc_specular(const struct mc_result *r)
{
	return r->specular;
}

double mc_reflectance(const struct mc_result *r, size_t variant, double *se)
{
	BUG_ON(variant >= r->variants);
	return mean_at(r, place_up(r) + variant, se);
}

double mc_transmittance(const struct mc_result *r, size_t variant, double *se)
{
	BUG_ON(variant >= r->variants);
	return mean_at(r, place_down(r) + variant, se);
}

double mc_layer_absorbed(const struct mc_result *r, size_t variant, size_t layer, double *se)
{
	BUG_ON(variant >= r->variants || layer >= r->layers);
	return mean_at(r, place_layer(r, layer) + variant, se);
}

double mc_roulette(const struct mc_result *r, size_t variant, double *se)
{
	BUG_ON(variant >= r->variants);
	return mean_at(r, place_roulette(r) + variant, se);
}

uint64_t mc_photons(const struct mc_result *r)
{
	return r->photons;
}
