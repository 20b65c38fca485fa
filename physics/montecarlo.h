/* Monte Carlo light transport in plane layers: the independent second calculation, and the first one
 * for microbeams and finite spots. montecarlo.c has the method and its sources.
 *
 * Track-length scoring of absorbed energy on an r-z grid whose edges the caller chooses, so thin layers
 * may stand beside thick ones. Absorption is a weight carried along the path, so one run scores any
 * number of absorption variants (for example samples of a patient's melanin and blood) on the same
 * trajectories, each without bias. Photons run in fixed batches with their own random stream: the
 * result depends on seed and photon count alone; batch scatter gives the standard errors. In depth alone
 * control variates make every number sharper, and what lies below a depth of interest can be thinned out.
 */
#ifndef LASERTWIN_MONTECARLO_H
#define LASERTWIN_MONTECARLO_H

#include <stdbool.h>
#include <stdint.h>

#include "physics/light.h"

#define MC_VARIANTS_MAX 64
#define MC_CELLS_MAX (1u << 24)            /* bins x variants: 400 MB */
#define MC_PHOTONS_MAX UINT64_C(1000000000000)

enum mc_beam { MC_PENCIL = 0, MC_FLAT_TOP, MC_GAUSSIAN };
enum mc_array { MC_SINGLE = 0, MC_SQUARE, MC_HEXAGONAL };

/* Zero is upright, collimated and alone. */
struct mc_source {
	enum mc_beam beam;
	double radius_cm; /* on the surface; flat-top: edge; Gaussian: 1/e2; ignored for a pencil */
	double cos_incidence;  /* outside the tissue, slanted along x; 0 means 1: upright */
	double focus_depth_cm; /* rays aim at this depth on the axis, then refract; 0: collimated */
	/* An endless array of such beams at this pitch, each launching the same energy: results are per energy
	 * launched by one beam, and a place counts for the beam nearest to it, whose radius grid it is on. */
	enum mc_array array;
	double pitch_cm;
};

/* The photon loop. AUTO takes the fastest this machine has. NEON, AVX2 and AVX512 run the same calculation on
 * sixteen packets at a time, in single precision with sums in double, and give the same result bit for bit;
 * SCALAR is the plain loop in double: same distribution, other random numbers. */
enum mc_engine { MC_ENGINE_AUTO = 0, MC_ENGINE_SCALAR, MC_ENGINE_NEON, MC_ENGINE_AVX2, MC_ENGINE_AVX512, MC_ENGINES };

/* Bins are [edge[i], edge[i+1]), edges increasing and finite; light outside is followed and counts in the
 * balance. A straight piece of path is cut exactly at every edge it crosses. */
struct mc_grid {
	size_t nr, nz;           /* nr may be 0: depth only, which is faster; nz at least 1 */
	const double *r_edge_cm; /* nr + 1, first is 0 */
	const double *z_edge_cm; /* nz + 1 */
};

struct mc_request {
	struct light_stack stack;
	struct mc_source source;
	struct mc_grid grid;
	size_t angles; /* of what leaves, equal parts of 0 to 90 degrees; 0: not resolved */
	/* Absorption variants: count x stack.count values of mua_1_cm, variant-major; with 0 variants the
	 * stack's own absorption is the one variant. In depth alone, from 16 variants and 40960 photons on, all photons
	 * carry the variants' mean and one in 20 each of them (montecarlo_share.c): still unbiased, with errors that grow
	 * with a variant's distance from the mean. */
	size_t variants;
	const double *variant_mua_1_cm;
	uint64_t photons;
	uint64_t seed;
	/* Stop early once no depth bin (summed over radii, first variant) has a standard error above this
	 * fraction of the fullest bin's absorption per depth; 0: run all photons. */
	double target_error_frac;
	/* Down to here results are wanted sharp: below, packets are thinned out the more the more scattering lies
	 * between, and split on their way back. Costs a fraction of the time and stays unbiased everywhere, with larger
	 * errors far below. 0: alike everywhere. In depth alone with one absorption; else, and in the scalar engine,
	 * without effect. */
	double sharp_depth_cm;
	bool uncontrolled; /* plain: no control variates, thinning, shared leader, early roulette */
	enum mc_engine engine;
	/* Runs item(state, 0 .. count - 1), in any order and on any threads of the caller's; false: cancelled.
	 * NULL: one after the other, here. The result is the same for any number of threads. */
	bool (*run)(void *context, size_t count, void (*item)(void *state, size_t index), void *state);
	/* Called after each batch with the fraction done; may be NULL; a nonzero return cancels. */
	int (*progress)(void *context, double done_frac);
	void *context; /* of progress and run */
};

struct mc_result; /* gives it; free with mc_free. Queries BUG_ON an index out of range; se may be NULL. */

/* ST_RANGE, by field, for what cannot be followed (stack, beam, grid, variants, photons, grids above
 * MC_CELLS_MAX), ST_MODEL for an engine this machine lacks, ST_CANCELLED, ST_FULL without memory. */
enum status mc_run(const struct mc_request *request, struct mc_result **out, struct fail *why) MUST_CHECK;
void mc_free(struct mc_result **result);

bool mc_engine_available(enum mc_engine engine);
const char *mc_engine_name(enum mc_engine engine);         /* "AVX-512" and the like, never NULL */
enum mc_engine mc_engine_used(const struct mc_result *r); /* never AUTO */

/* Absorbed energy per volume per unit launched energy [1/cm3] in bin (ir, iz); standard error beside. */
double mc_absorbed(const struct mc_result *r, size_t variant, size_t ir, size_t iz, double *se);
/* Absorbed per depth, summed over all radii inside and outside the grid [1/cm]: equals the broad-beam
 * absorption density per unit irradiance. */
double mc_absorbed_z(const struct mc_result *r, size_t variant, size_t iz, double *se);
double mc_specular(const struct mc_result *r); /* of a focused beam: the mean of its rays */
double mc_reflectance(const struct mc_result *r, size_t variant, double *se);   /* Rd, specular excluded */
double mc_transmittance(const struct mc_result *r, size_t variant, double *se); /* unscattered included */
/* Share of the launched energy that leaves upwards (diffuse) or downwards, first variant, by where (ring 0 .. nr,
 * the last beyond the grid; 0 alone without rings) and under which angle outside, 0 .. angles - 1. */
double mc_left(const struct mc_result *r, bool upwards, size_t ring, size_t angle, double *se);
double mc_layer_absorbed(const struct mc_result *r, size_t variant, size_t layer, double *se);
/* Energy destroyed less energy created by Russian roulette, per unit launched: zero on average. With it
 * specular + Rd + T + the layers' absorption is 1 to rounding. Roulette comes early where that costs no depth its
 * precision: without control variates (which take its chance off) the value scatters about as much as Rd. Well
 * beyond its standard error it means packets given up after 1e7 steps: a lossless medium too thick for this method. */
double mc_roulette(const struct mc_result *r, size_t variant, double *se);
uint64_t mc_photons(const struct mc_result *r);

#endif
