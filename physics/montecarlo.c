/* Monte Carlo in plane layers: trajectories by scattering alone, absorption carried as weights.
 *
 * A photon packet flies to its next scattering after the optical depth -ln(u), counted in scattering only
 * (Wang, Jacques & Zheng 1995, Comput. Methods Programs Biomed. 47:131, with mut replaced by mus), turns by
 * Henyey-Greenstein, and is reflected or refracted at interfaces by Fresnel. Along every piece of path its
 * weight falls as exp(-mua length), and what it loses is scored in the bin the piece lies in: the
 * track-length estimator with continuous absorption, which scores in thin layers that few scatterings hit.
 * Since the path does not depend on absorption, weights for many absorptions ride on it, each unbiased.
 * Packets that are light in every variant play Russian roulette; what that adds or takes is booked, so the
 * balance closes to rounding.
 *
 * Batches have their own random streams and equal sizes (within one photon). They run in groups, on the caller's
 * threads where it offers some, and are added up in order, so the sums do not depend on who ran them. Where the
 * loop keeps control variates, batches are cut in parts, each with a tally of its own.
 *
 * This file: checks, batches, answers. Photon loops: montecarlo_scalar.c, montecarlo_lanes.h; thinning and
 * controls: montecarlo_lanes_control.h. Means and standard errors: montecarlo_sums.c. Sources: montecarlo_source.c.
 */
#include "physics/montecarlo.h"

#include "physics/base/units.h"
#include "physics/montecarlo_private.h"

#define BATCHES_MIN 32         /* so that a standard error is itself known to 13 % */
#define BATCHES_CUT_MIN 8      /* of batches cut in parts, whose scatter serves as well */
#define BATCH_PHOTONS_MAX 2000 /* so that progress and cancelling are prompt */
#define PARTS_MAX 16           /* of a batch with controls, so that their coefficients are known well */
#define PART_PHOTONS_MIN 32
#define STOP_BATCHES_MIN 32
#define GROUP_MAX 16                  /* batches between two looks at progress and precision */
#define GROUP_FEW 4                   /* on large grids: enough for a few threads, and warm in the cache */
#define GROUP_DOUBLES_FEW (1u << 19)  /* 4 MB: beyond, groups are small */
#define GROUP_DOUBLES_MAX (1u << 22)  /* 32 MB: beyond, one batch after the other */
#define LANES_ROOM_MAX (1u << 27)     /* 1 GB: beyond, AUTO takes the plain loop, which needs less */

struct mc_result {
	struct mc_shape shape;
	struct mc_cell cell;
	enum mc_engine engine;
	double *r_edge, *z_edge;
	double bottom_cm; /* of the stack */
	double specular; /* NAN: in the tally */
	size_t size; /* of a tally */
	struct mc_sums *sums;
	struct mc_result *leader; /* variants share its run (montecarlo_share.c); else NULL */
};

#define LEADER_SHARE 0.7                  /* of the time */
#define FEW_STREAMS (UINT64_C(1) << 62)   /* batch numbers of the few; those of other runs stay below */
#define FEW_BATCHES_MIN 32

/* A group of batches under way: slot i takes batch number first + i. */
struct group {
	const struct mc_plan *plan;
	mc_batch *batch;
	uint64_t first, each, more; /* the first `more` batches of the run have one photon more than each */
	uint64_t stream;            /* of batch 0 */
	double done_before, done_share;
	size_t slots, parts, tally_size, control_size, room_size; /* sizes of one part */
	double *tally, *control, *room;                            /* slots x parts */
};

/* ---- engines ---- */

#if defined(__x86_64__) && defined(__GNUC__)
static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
	return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}
#else
static bool has_avx2(void)
{
	return false;
}

static bool has_avx512(void)
{
	return false;
}
#endif

static bool has_neon(void)
{
#if defined(__aarch64__) && defined(__ARM_NEON)
	return true;
#else
	return false;
#endif
}

static bool always(void)
{
	return true;
}

static const struct {
	const char *name;
	bool (*available)(void);
	mc_batch *batch;
} engines[MC_ENGINES] = {
	[MC_ENGINE_AUTO] = {"automatic", always, NULL},
	[MC_ENGINE_SCALAR] = {"scalar", always, mc_batch_scalar},
	[MC_ENGINE_NEON] = {"NEON", has_neon, mc_batch_neon},
	[MC_ENGINE_AVX2] = {"AVX2", has_avx2, mc_batch_avx2},
	[MC_ENGINE_AVX512] = {"AVX-512", has_avx512, mc_batch_avx512},
};

bool mc_engine_available(enum mc_engine engine)
{
	return engine >= 0 && engine < MC_ENGINES && engines[engine].available();
}

const char *mc_engine_name(enum mc_engine engine)
{
	return engine >= 0 && engine < MC_ENGINES ? engines[engine].name : "unknown";
}

static enum mc_engine choose_engine(enum mc_engine wanted, const struct mc_shape *shape)
{
	enum mc_engine fastest = MC_ENGINES - 1;
	if (wanted != MC_ENGINE_AUTO)
		return wanted;
	if (mc_lanes_room(shape) > LANES_ROOM_MAX)
		return MC_ENGINE_SCALAR;
	while (fastest > MC_ENGINE_SCALAR && !mc_engine_available(fastest))
		fastest--;
	return fastest;
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
	    (g->nr + 1) * (g->nz + 2) > MC_CELLS_MAX / variants || q->angles > MC_CELLS_MAX / (2 * (g->nr + 1)))
		return fail_set(why, ST_RANGE, "grid", "%zu x %zu bins for %zu variants; allowed are %u in all", g->nr,
		                g->nz, variants, MC_CELLS_MAX);
	enum status st = check_edges(g->z_edge_cm, g->nz, "z_edge_cm", why);
	if (st == ST_OK && g->nr > 0)
		st = check_edges(g->r_edge_cm, g->nr, "r_edge_cm", why);
	if (st == ST_OK && g->nr > 0 && g->r_edge_cm[0] != 0.0)
		return fail_set(why, ST_RANGE, "r_edge_cm", "the first radius is %g; it must be 0", g->r_edge_cm[0]);
	return st;
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
	if (!(q->sharp_depth_cm >= 0.0 && q->sharp_depth_cm < INFINITY))
		return fail_set(why, ST_RANGE, "sharp_depth_cm", "sharp_depth_cm is %g; allowed is 0 (alike everywhere) or more",
		                q->sharp_depth_cm);
	if (!mc_engine_available(q->engine))
		return fail_set(why, ST_MODEL, "engine", "this machine has no %s engine", mc_engine_name(q->engine));
	enum status st = light_stack_check(&q->stack, why);
	if (st == ST_OK)
		st = mc_check_source(&q->source, why);
	if (st == ST_OK)
		st = check_variants(q, why);
	return st == ST_OK ? check_grid(q, why) : st;
}

/* ---- batches ---- */

static void sum_depths(const struct mc_shape *s, double *tally)
{
	double *depth = tally + mc_place_depth(s, 0);
	size_t width = s->rows * s->variants;
	for (size_t ring = 0; s->nr && ring <= s->nr; ring++) {
		const double *cells = tally + mc_place_cell(s, ring, 0);
		for (size_t i = 0; i < width; i++)
			depth[i] += cells[i];
	}
}

static uint64_t photons_of(const struct group *g, uint64_t number)
{
	return g->each + (number < g->more ? 1 : 0);
}

static void run_slot(void *state, size_t slot)
{
	struct group *g = state;
	uint64_t number = g->first + slot;
	size_t first = slot * g->parts;
	struct mc_work work = {g->parts, g->tally + first * g->tally_size, g->control + first * g->control_size,
	                       g->room + first * g->room_size};
	memset(work.tally, 0, g->parts * g->tally_size * sizeof *work.tally);
	memset(work.control, 0, g->parts * g->control_size * sizeof *work.control);
	g->batch(g->plan, g->stream + number, photons_of(g, number), &work);
	for (size_t i = 0; i < g->parts; i++)
		sum_depths(&g->plan->shape, work.tally + i * g->tally_size);
}

static bool run_slots(struct group *g, size_t count)
{
	const struct mc_request *q = g->plan->request;
	if (q->run)
		return q->run(q->context, count, run_slot, g);
	for (size_t i = 0; i < count; i++)
		run_slot(g, i);
	return true;
}

static void add_batch(const struct group *g, size_t slot, struct mc_sums *sums)
{
	uint64_t photons = photons_of(g, g->first + slot);
	for (size_t i = 0; i < g->parts; i++) {
		size_t part = slot * g->parts + i;
		mc_sums_add(sums, g->tally + part * g->tally_size, g->control + part * g->control_size,
		            mc_photons_of_part(photons, g->parts, i));
	}
}

static double mean_at(const struct mc_result *r, size_t place, double *se)
{
	size_t variants = r->shape.variants;
	if (r->leader)
		return mc_sums_led_mean(r->sums, r->leader->sums, place / variants, place % variants, se);
	return mc_sums_mean(r->sums, place, se);
}

static bool is_precise(const struct mc_result *r, double target_error_frac)
{
	double fullest = 0.0, worst = 0.0;
	if (target_error_frac <= 0.0 || mc_sums_parts(r->sums) < STOP_BATCHES_MIN)
		return false;
	mc_sums_settle(r->sums);
	for (size_t i = 0; i < r->shape.nz; i++) {
		double se, value = mc_absorbed_z(r, 0, i, &se);
		fullest = fmax(fullest, value);
		worst = fmax(worst, se);
	}
	return worst < target_error_frac * fullest;
}

static enum status cancelled(const struct mc_result *r, struct fail *why)
{
	return fail_set(why, ST_CANCELLED, "", "cancelled after %llu photons", (unsigned long long)mc_sums_photons(r->sums));
}

/* Runs one group and adds it up in order. */
static enum status run_group(struct group *g, size_t count, uint64_t batches, struct mc_result *r, struct fail *why)
{
	const struct mc_request *q = g->plan->request;
	if (!run_slots(g, count))
		return cancelled(r, why);
	for (size_t i = 0; i < count; i++) {
		uint64_t number = g->first + i;
		add_batch(g, i, r->sums);
		double done = g->done_before + g->done_share * (double)(number + 1) / (double)batches;
		if (q->progress && q->progress(q->context, done))
			return cancelled(r, why);
	}
	return ST_OK;
}

static size_t slots_for(size_t doubles)
{
	size_t few = GROUP_DOUBLES_FEW / doubles, most = GROUP_DOUBLES_MAX / doubles;
	if (few >= GROUP_FEW)
		return few < GROUP_MAX ? few : GROUP_MAX;
	return most < 1 ? 1 : most < GROUP_FEW ? most : GROUP_FEW;
}

static enum status fill_group(struct group *g, const struct mc_result *r, struct fail *why)
{
	size_t parts = (size_t)(g->each / PART_PHOTONS_MIN);
	g->batch = engines[r->engine].batch;
	g->parts = !r->shape.controls || parts < 1 ? 1 : parts > PARTS_MAX ? PARTS_MAX : parts;
	g->tally_size = r->size;
	g->control_size = r->shape.controls;
	g->room_size = r->engine == MC_ENGINE_SCALAR ? 0 : mc_lanes_room(&r->shape);
	g->slots = slots_for(g->parts * (g->tally_size + g->room_size));
	size_t parts_all = g->slots * g->parts;
	g->tally = malloc(parts_all * g->tally_size * sizeof *g->tally);
	g->control = malloc((parts_all * g->control_size + 1) * sizeof *g->control);
	g->room = mc_new_lines(parts_all * g->room_size);
	if (g->tally && g->control && g->room)
		return ST_OK;
	return fail_set(why, ST_FULL, "grid", "no memory for %zu tallies", g->tally_size);
}

static uint64_t batches_of(uint64_t photons, const struct mc_shape *shape)
{
	uint64_t batches = (photons + BATCH_PHOTONS_MAX - 1) / BATCH_PHOTONS_MAX;
	uint64_t least = shape->leads ? FEW_BATCHES_MIN : BATCHES_MIN;
	if (batches >= (shape->controls ? BATCHES_CUT_MIN : least))
		return batches;
	return photons < least ? photons : least;
}

static enum status run_batches(struct group *g, struct mc_result *r, struct fail *why)
{
	const struct mc_request *q = g->plan->request;
	uint64_t batches = batches_of(q->photons, &r->shape);
	enum status st = ST_OK;
	g->each = q->photons / batches;
	g->more = q->photons % batches;
	st = fill_group(g, r, why);
	for (uint64_t i = 0; st == ST_OK && i < batches && !is_precise(r, q->target_error_frac); i += g->slots) {
		size_t count = batches - i < g->slots ? (size_t)(batches - i) : g->slots;
		g->first = i;
		st = run_group(g, count, batches, r, why);
	}
	mc_sums_settle(r->sums);
	return st;
}

/* ---- setting up ---- */

static void set_media(struct mc_plan *plan)
{
	const struct light_stack *stack = &plan->request->stack;
	double top = 0.0;
	for (size_t i = 0; i < stack->count; i++) {
		const struct light_layer *l = &stack->layer[i];
		struct mc_medium *m = &plan->medium[i];
		*m = (struct mc_medium){.n = l->n, .mus = l->mus_1_cm, .g = l->g, .top = top};
		m->hg_a = 1.0 + l->g * l->g;
		m->hg_b = 1.0 - l->g * l->g;
		m->hg_c = 1.0 - l->g;
		top += l->thickness_cm;
		m->bottom = top;
	}
}

static void set_absorption(struct mc_plan *plan)
{
	const struct mc_request *q = plan->request;
	size_t variants = plan->shape.variants, layers = q->stack.count;
	for (size_t l = 0; l < layers; l++) {
		for (size_t v = 0; v < variants; v++)
			plan->mua[l * variants + v] = q->variants ? q->variant_mua_1_cm[v * layers + l]
			                                          : q->stack.layer[l].mua_1_cm;
	}
}

static void set_edges(struct mc_plan *plan)
{
	const struct mc_shape *s = &plan->shape;
	const struct mc_grid *g = &plan->request->grid;
	memcpy(plan->row_edge + 1, g->z_edge_cm, (s->nz + 1) * sizeof *plan->row_edge);
	plan->row_edge[0] = -INFINITY;
	plan->row_edge[s->rows] = INFINITY;
	for (size_t i = 1; i <= s->nr; i++)
		plan->ring_edge2[i] = g->r_edge_cm[i] * g->r_edge_cm[i];
	plan->ring_edge2[0] = -1.0;
	plan->ring_edge2[s->nr + 1] = INFINITY;
}

static struct mc_shape shape_of(const struct mc_request *q)
{
	return (struct mc_shape){.variants = q->variants ? q->variants : 1,
	                         .nr = q->grid.nr,
	                         .nz = q->grid.nz,
	                         .layers = q->stack.count,
	                         .na = q->angles,
	                         .rows = q->grid.nz + 2};
}

/* In depth alone, with one absorption, the loops with lanes keep controls. */
static bool has_controls(const struct mc_request *q, const struct mc_result *r)
{
	return !q->uncontrolled && r->engine != MC_ENGINE_SCALAR && r->shape.nr == 0 && r->shape.variants == 1;
}

static enum status new_result(const struct mc_request *q, bool leads, struct mc_result **out, struct fail *why)
{
	struct mc_result *r = calloc(1, sizeof *r);
	if (!r)
		return fail_set(why, ST_FULL, "", "no memory for the light result");
	*out = r;
	r->shape = shape_of(q);
	r->engine = choose_engine(q->engine, &r->shape);
	r->specular = mc_source_specular(q);
	mc_set_cell(&q->source, &r->cell);
	r->shape.controls = has_controls(q, r) ? MC_CONTROLS : 0;
	r->shape.leads = leads;
	r->size = mc_tally_size(&r->shape);
	r->r_edge = calloc(r->shape.nr + 1, sizeof *r->r_edge);
	r->z_edge = calloc(r->shape.nz + 1, sizeof *r->z_edge);
	enum status st = mc_sums_new(&r->shape, r->size, &r->sums, why);
	if (st != ST_OK)
		return st;
	if (!r->r_edge || !r->z_edge)
		return fail_set(why, ST_FULL, "grid", "no memory for %zu tallies", r->size);
	memcpy(r->z_edge, q->grid.z_edge_cm, (r->shape.nz + 1) * sizeof *r->z_edge);
	for (size_t i = 0; i < q->stack.count; i++)
		r->bottom_cm += q->stack.layer[i].thickness_cm;
	if (r->shape.nr)
		memcpy(r->r_edge, q->grid.r_edge_cm, (r->shape.nr + 1) * sizeof *r->r_edge);
	return ST_OK;
}

void mc_free(struct mc_result **result)
{
	struct mc_result *r = *result;
	if (!r)
		return;
	free(r->r_edge);
	free(r->z_edge);
	mc_sums_free(&r->sums);
	mc_free(&r->leader);
	free(r);
	*result = NULL;
}

static enum status fill_plan(struct mc_plan *plan, const struct mc_result *r, struct fail *why)
{
	const struct mc_shape *s = &plan->shape;
	plan->mua = malloc(s->layers * s->variants * sizeof *plan->mua);
	plan->row_edge = malloc((s->rows + 1) * sizeof *plan->row_edge);
	plan->ring_edge2 = malloc((s->nr + 2) * sizeof *plan->ring_edge2);
	if (!plan->mua || !plan->row_edge || !plan->ring_edge2)
		return fail_set(why, ST_FULL, "grid", "no memory for the grid");
	set_media(plan);
	set_absorption(plan);
	set_edges(plan);
	mc_set_ray(plan);
	return r->engine == MC_ENGINE_SCALAR ? ST_OK : mc_lanes_new(plan, why);
}

/* Runs all of a request whose share of the whole work comes after done_before. */
static enum status run_all(const struct mc_request *q, double done_before, double done_share, struct mc_result *r,
                           struct fail *why)
{
	struct mc_plan plan = {.request = q, .shape = r->shape, .cell = r->cell};
	struct group group = {.plan = &plan, .done_before = done_before, .done_share = done_share};
	group.stream = r->shape.leads ? FEW_STREAMS : 0;
	enum status st = fill_plan(&plan, r, why);
	if (st == ST_OK)
		st = run_batches(&group, r, why);
	free(group.tally);
	free(group.control);
	free(group.room);
	mc_lanes_free(&plan.lanes);
	free(plan.mua);
	free(plan.row_edge);
	free(plan.ring_edge2);
	return st;
}

static enum status run_alone(const struct mc_request *q, struct mc_result **out, struct fail *why)
{
	enum status st = new_result(q, false, out, why);
	return st == ST_OK ? run_all(q, 0.0, 1.0, *out, why) : st;
}

/* The leader first, then the few photons that carry all. */
static enum status run_shared(const struct mc_request *q, struct mc_result **out, struct fail *why)
{
	struct light_layer layer[LIGHT_LAYERS_MAX];
	double *mua = malloc((q->variants + 1) * q->stack.count * sizeof *mua);
	struct mc_request one = *q, few = *q;
	struct mc_result *leader = NULL;
	if (!mua)
		return fail_set(why, ST_FULL, "variants", "no memory for %zu variants", q->variants);
	mc_share_leader(q, layer);
	mc_share_carried(q, layer, mua);
	one.stack.layer = layer;
	one.variants = 0;
	few.variants = q->variants + 1;
	few.variant_mua_1_cm = mua;
	few.photons = mc_share_photons(q->photons);
	enum status st = new_result(&one, false, &leader, why);
	if (st == ST_OK)
		st = run_all(&one, 0.0, LEADER_SHARE, leader, why);
	if (st == ST_OK)
		st = new_result(&few, true, out, why);
	if (st == ST_OK)
		st = run_all(&few, LEADER_SHARE, 1.0 - LEADER_SHARE, *out, why);
	if (st == ST_OK)
		(*out)->leader = leader;
	else
		mc_free(&leader);
	free(mua);
	return st;
}

enum status mc_run(const struct mc_request *request, struct mc_result **out, struct fail *why)
{
	*out = NULL;
	enum status st = check_request(request, why);
	if (st != ST_OK)
		return st;
	struct mc_shape shape = shape_of(request);
	bool shared = mc_is_shared(request, choose_engine(request->engine, &shape));
	st = shared ? run_shared(request, out, why) : run_alone(request, out, why);
	if (st != ST_OK)
		mc_free(out);
	return st;
}

/* ---- answers ---- */

static size_t variants_of(const struct mc_result *r)
{
	return r->shape.variants - (r->leader ? 1 : 0);
}

static double scaled(const struct mc_result *r, size_t place, double scale, double *se)
{
	double value = scale * mean_at(r, place, se);
	if (se)
		*se *= scale;
	return value;
}

/* Single precision ends the tissue a rounding early or late, control variates leave as much: below it is nothing. */
#define BOTTOM_ROUNDING 1e-6

static bool is_below(const struct mc_result *r, size_t iz, double *se)
{
	bool below = r->z_edge[iz] >= r->bottom_cm * (1.0 - BOTTOM_ROUNDING);
	if (below && se)
		*se = 0.0;
	return below;
}

double mc_absorbed(const struct mc_result *r, size_t variant, size_t ir, size_t iz, double *se)
{
	BUG_ON(variant >= variants_of(r) || ir >= r->shape.nr || iz >= r->shape.nz);
	if (is_below(r, iz, se))
		return 0.0;
	double area = PI * (r->r_edge[ir + 1] - r->r_edge[ir]) * (r->r_edge[ir + 1] + r->r_edge[ir]);
	if (r->cell.pairs)
		area = mc_cell_area(&r->cell, r->r_edge[ir + 1]) - mc_cell_area(&r->cell, r->r_edge[ir]);
	if (!(area > 0.0)) { /* beyond the corners of a cell no place is left */
		if (se)
			*se = 0.0;
		return 0.0;
	}
	double volume = area * (r->z_edge[iz + 1] - r->z_edge[iz]);
	return scaled(r, mc_place_cell(&r->shape, ir, iz + 1) + variant, 1.0 / volume, se);
}

double mc_absorbed_z(const struct mc_result *r, size_t variant, size_t iz, double *se)
{
	BUG_ON(variant >= variants_of(r) || iz >= r->shape.nz);
	if (is_below(r, iz, se))
		return 0.0;
	return scaled(r, mc_place_depth(&r->shape, iz + 1) + variant, 1.0 / (r->z_edge[iz + 1] - r->z_edge[iz]), se);
}

double mc_specular(const struct mc_result *r)
{
	const struct mc_result *all = r->leader ? r->leader : r;
	return isnan(r->specular) ? mc_sums_mean(all->sums, mc_place_specular(&all->shape), NULL) : r->specular;
}

double mc_reflectance(const struct mc_result *r, size_t variant, double *se)
{
	BUG_ON(variant >= variants_of(r));
	return mean_at(r, mc_place_up(&r->shape) + variant, se);
}

double mc_transmittance(const struct mc_result *r, size_t variant, double *se)
{
	BUG_ON(variant >= variants_of(r));
	return mean_at(r, mc_place_down(&r->shape) + variant, se);
}

double mc_left(const struct mc_result *r, bool upwards, size_t ring, size_t angle, double *se)
{
	BUG_ON(ring > r->shape.nr || angle >= r->shape.na);
	return mean_at(r, mc_place_left(&r->shape, upwards ? 0 : 1, ring, angle), se);
}

double mc_layer_absorbed(const struct mc_result *r, size_t variant, size_t layer, double *se)
{
	BUG_ON(variant >= variants_of(r) || layer >= r->shape.layers);
	return mean_at(r, mc_place_layer(&r->shape, layer) + variant, se);
}

/* Of variants that share a run: what their balance lacks, each number having been corrected by itself. */
static double missing(const struct mc_result *r, size_t variant, double *se)
{
	double each[2], sum = mc_specular(r) + mc_reflectance(r, variant, &each[0]) + mc_transmittance(r, variant, &each[1]);
	double square = each[0] * each[0] + each[1] * each[1];
	for (size_t l = 0; l < r->shape.layers; l++) {
		sum += mc_layer_absorbed(r, variant, l, &each[0]);
		square += each[0] * each[0];
	}
	if (se)
		*se = sqrt(square);
	return 1.0 - sum;
}

double mc_roulette(const struct mc_result *r, size_t variant, double *se)
{
	BUG_ON(variant >= variants_of(r));
	if (r->leader)
		return missing(r, variant, se);
	return mean_at(r, mc_place_roulette(&r->shape) + variant, se);
}

enum mc_engine mc_engine_used(const struct mc_result *r)
{
	return r->engine;
}

uint64_t mc_photons(const struct mc_result *r)
{
	return mc_sums_photons(r->leader ? r->leader->sums : r->sums);
}
