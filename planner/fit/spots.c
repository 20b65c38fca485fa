/* The table of shares: one pencil beam, summed outwards. */
#include "planner/fit/spots.h"

#include "physics/base/units.h"
#include "physics/montecarlo.h"
#include "planner/fit/parallel.h"

#define SPOT_PHOTONS 20000
/* Below this ratio of reduced scattering to absorption light is gone before it spreads. */
#define SCATTER_RATIO_MIN 0.2

static const double ring_cm[SPOT_RINGS + 1] = {0,    0.025, 0.05, 0.075, 0.10, 0.125, 0.15, 0.175, 0.20,
                                               0.225, 0.25, 0.30, 0.35,  0.40, 0.45,  0.50, 0.60,  0.75};
static const double slab_cm[SPOT_SLABS + 1] = {0,     0.002, 0.005, 0.0075, 0.010, 0.015, 0.020, 0.030,
                                               0.040, 0.050, 0.060, 0.070,  0.080, 0.090, 0.100, 0.115,
                                               0.130, 0.145, 0.160, 0.190,  0.230, 0.300};

/* Light that hardly scatters keeps its spot; there is nothing for Monte Carlo to find. */
static bool scatters(const struct light_stack *stack)
{
	for (size_t l = 0; l < stack->count; l++) {
		double reduced = stack->layer[l].mus_1_cm * (1.0 - stack->layer[l].g);
		if (reduced > SCATTER_RATIO_MIN * stack->layer[l].mua_1_cm)
			return true;
	}
	return false;
}

static void read_shares(const struct mc_result *mc, struct spot_table *out)
{
	for (size_t iz = 0; iz < SPOT_SLABS; iz++) {
		double inside = 0.0, broad = mc_absorbed_z(mc, 0, iz, NULL);
		for (size_t ir = 0; ir < SPOT_RINGS; ir++) {
			double area_cm2 = PI * (ring_cm[ir + 1] * ring_cm[ir + 1] - ring_cm[ir] * ring_cm[ir]);
			inside += mc_absorbed(mc, 0, ir, iz, NULL) * area_cm2;
			out->share[iz][ir + 1] = broad > 0.0 ? fmin(inside / broad, 1.0) : 1.0;
		}
	}
	out->ready = true;
}

static void read_absorbed(const struct mc_result *mc, size_t layers, struct spot_table *out)
{
	double variance = 0.0;
	for (size_t l = 0; l < layers; l++) {
		double se;
		out->absorbed_frac += mc_layer_absorbed(mc, 0, l, &se);
		variance += se * se;
	}
	out->absorbed_se_frac = sqrt(variance);
}

enum status spots_measure(const struct spot_request *q, struct spot_table *out, struct fail *why)
{
	const struct mc_request request = {
		.stack = q->stack,
		.source = {.beam = MC_PENCIL},
		.grid = {SPOT_RINGS, SPOT_SLABS, ring_cm, slab_cm},
		.photons = SPOT_PHOTONS,
		.seed = q->seed,
		.run = parallel_run_silent,
		.progress = q->progress,
		.context = q->context,
	};
	struct mc_result *mc = NULL;
	memset(out, 0, sizeof *out);
	if (!scatters(&q->stack))
		return ST_OK;
	enum status st = mc_run(&request, &mc, why);
	if (st)
		return st;
	read_shares(mc, out);
	read_absorbed(mc, q->check_layers < q->stack.count ? q->check_layers : q->stack.count, out);
	mc_free(&mc);
	return ST_OK;
}

static double slab_middle_cm(size_t iz)
{
	return 0.5 * (slab_cm[iz] + slab_cm[iz + 1]);
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
