/* The table of shares by discrete ordinates, and photons that check the broad beam they are shares of. */
#include "planner/fit/spots.h"

#include "physics/montecarlo.h"
#include "physics/ordinates.h"
#include "physics/ordinates_beam.h"

#define SPOT_PHOTONS 40000 /* thinned out below the layers that are checked, in the time of 10000 others */
/* Of the table: 0.4 % from 0.05 cm radius up on the layers of a twin, 2 % at 0.025 cm (against 5 nodes, 5
 * azimuths, 28 frequencies), in a quarter of the photons' time. The broad beam has the nodes that anchor the
 * finite ones. */
static const struct beam_options spot_options = {.nodes_per_panel = 4, .azimuths = 4, .frequencies = 16};
#define BROAD_NODES 8
/* Below this ratio of reduced scattering to absorption light is gone before it spreads. */
#define SCATTER_RATIO_MIN 0.2

static const double ring_cm[SPOT_RINGS + 1] = {0,    0.025, 0.05, 0.075, 0.10, 0.125, 0.15, 0.175, 0.20,
                                               0.225, 0.25, 0.30, 0.35,  0.40, 0.45,  0.50, 0.60,  0.75};
static const double slab_cm[SPOT_SLABS + 1] = {0,     0.002, 0.005, 0.0075, 0.010, 0.015, 0.020, 0.030,
                                               0.040, 0.050, 0.060, 0.070,  0.080, 0.090, 0.100, 0.115,
                                               0.130, 0.145, 0.160, 0.190,  0.230, 0.300};

/* Light that hardly scatters keeps its spot; there is no share to find. */
static bool scatters(const struct light_stack *stack)
{
	for (size_t l = 0; l < stack->count; l++) {
		double reduced = stack->layer[l].mus_1_cm * (1.0 - stack->layer[l].g);
		if (reduced > SCATTER_RATIO_MIN * stack->layer[l].mua_1_cm)
			return true;
	}
	return false;
}

static double slab_middle_cm(size_t iz)
{
	return 0.5 * (slab_cm[iz] + slab_cm[iz + 1]);
}

/* Fluence at the middles of the slabs under a broad beam. */
static enum status broad_fluence(const struct light_stack *stack, const double *z_cm, double *fluence, struct fail *why)
{
	const struct light_source normal = {.kind = LIGHT_COLLIMATED};
	struct ordinates *solver = NULL;
	enum status st = ordinates_new(BROAD_NODES, &solver, why);
	if (!st)
		st = ordinates_solve(solver, stack, &normal, why);
	for (size_t iz = 0; !st && iz < SPOT_SLABS; iz++)
		fluence[iz] = ordinates_fluence(solver, z_cm[iz]);
	ordinates_free(&solver);
	return st;
}

/* A larger spot never has less: what rounding takes from a share near 1 is put back. */
static void note_share(double share, size_t iz, size_t ir, struct spot_table *out)
{
	out->share[iz][ir] = fmin(fmax(share, out->share[iz][ir - 1]), 1.0);
}

static enum status fill_shares(struct beam_solver *beam, const struct light_stack *stack, struct spot_table *out,
                               struct fail *why)
{
	double z_cm[SPOT_SLABS], broad[SPOT_SLABS], axis[SPOT_SLABS];
	for (size_t iz = 0; iz < SPOT_SLABS; iz++)
		z_cm[iz] = slab_middle_cm(iz);
	enum status st = broad_fluence(stack, z_cm, broad, why);
	for (size_t ir = 1; !st && ir <= SPOT_RINGS; ir++) {
		const struct beam_shape spot = {BEAM_FLAT_TOP, ring_cm[ir]};
		st = beam_fluence(beam, &spot, 0.0, SPOT_SLABS, z_cm, axis, why);
		for (size_t iz = 0; !st && iz < SPOT_SLABS; iz++)
			note_share(broad[iz] > 0.0 ? axis[iz] / broad[iz] : 1.0, iz, ir, out);
	}
	out->ready = !st;
	return st;
}

static enum status find_shares(const struct light_stack *stack, struct spot_table *out, struct fail *why)
{
	struct beam_solver *beam = NULL;
	enum status st = beam_new(&spot_options, &beam, why);
	if (!st)
		st = beam_solve(beam, stack, ring_cm[1], why);
	if (!st)
		st = fill_shares(beam, stack, out, why);
	beam_free(&beam);
	return st;
}

static void read_absorbed(const struct mc_result *mc, size_t layers, struct spot_table *out)
{
	double se_frac = 0.0;
	for (size_t l = 0; l < layers; l++) {
		double se;
		out->absorbed_frac += mc_layer_absorbed(mc, 0, l, &se);
		se_frac += se; /* the same photons pass all layers: their errors rise and fall together */
	}
	out->absorbed_se_frac = se_frac;
}

static size_t checked_layers(const struct spot_request *q)
{
	return q->check_layers < q->stack.count ? q->check_layers : q->stack.count;
}

static double checked_depth_cm(const struct spot_request *q)
{
	double depth_cm = 0.0;
	for (size_t l = 0; l < checked_layers(q); l++)
		depth_cm += q->stack.layer[l].thickness_cm;
	return depth_cm;
}

enum status spots_measure(const struct spot_request *q, struct spot_table *out, struct fail *why)
{
	const struct mc_request request = {
		.stack = q->stack,
		.source = {.beam = MC_PENCIL},
		.grid = {0, SPOT_SLABS, NULL, slab_cm},
		.photons = SPOT_PHOTONS,
		.sharp_depth_cm = checked_depth_cm(q),
		.seed = q->seed,
	};
	struct mc_result *mc = NULL;
	memset(out, 0, sizeof *out);
	if (!scatters(&q->stack))
		return ST_OK;
	enum status st = q->broad ? ST_OK : find_shares(&q->stack, out, why);
	if (!st)
		st = mc_run(&request, &mc, why);
	if (st) {
		memset(out, 0, sizeof *out);
		return st;
	}
	read_absorbed(mc, checked_layers(q), out);
	mc_free(&mc);
	return ST_OK;
}

double spot_share(const struct spot_table *t, double radius_cm, double depth_cm)
{
	if (!t->ready || !(radius_cm < ring_cm[SPOT_RINGS]))
		return 1.0;
	size_t ir = 0, iz = 0;
	while (ir + 1 < SPOT_RINGS && ring_cm[ir + 1] < radius_cm)
		ir++;
	while (iz + 2 < SPOT_SLABS && slab_middle_cm(iz + 1) < depth_cm)
		iz++;
	double fr = fmax((radius_cm - ring_cm[ir]) / (ring_cm[ir + 1] - ring_cm[ir]), 0.0);
	double fz = (depth_cm - slab_middle_cm(iz)) / (slab_middle_cm(iz + 1) - slab_middle_cm(iz));
	fz = fmin(fmax(fz, 0.0), 1.0);
	double upper = t->share[iz][ir] * (1.0 - fr) + t->share[iz][ir + 1] * fr;
	double lower = t->share[iz + 1][ir] * (1.0 - fr) + t->share[iz + 1][ir + 1] * fr;
	return upper * (1.0 - fz) + lower * fz;
}
