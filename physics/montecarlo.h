/* Monte Carlo light transport in plane layers: the independent second calculation, and the first one
 * for microbeams and finite spots.
 *
 * Track-length scoring of absorbed energy on an r-z grid whose edges the caller chooses, so thin layers
 * may stand beside thick ones. Absorption is a weight carried along the path, so one run scores any
 * number of absorption variants (for example samples of a patient's melanin and blood) on the same
 * trajectories, each without bias. Photons run in fixed batches with their own random stream: the
 * result depends on seed and photon count alone; batch scatter gives the standard errors.
 */
#ifndef LASERTWIN_MONTECARLO_H
#define LASERTWIN_MONTECARLO_H

#include <stdint.h>

#include "physics/light.h"

#define MC_VARIANTS_MAX 64

enum mc_beam { MC_PENCIL = 0, MC_FLAT_TOP, MC_GAUSSIAN };

struct mc_source {
	enum mc_beam beam;
	double radius_cm; /* flat-top: edge; Gaussian: 1/e2; ignored for a pencil. Normal incidence. */
};

/* Bins are [edge[i], edge[i+1]); photons outside are followed but not scored. */
struct mc_grid {
	size_t nr, nz;
	const double *r_edge_cm; /* nr + 1, first is 0 */
	const double *z_edge_cm; /* nz + 1 */
};

struct mc_request {
	struct light_stack stack;
	struct mc_source source;
	struct mc_grid grid;
	/* Absorption variants: count x stack.count values of mua_1_cm, variant-major; with 0 variants the
	 * stack's own absorption is the one variant. */
	size_t variants;
	const double *variant_mua_1_cm;
	uint64_t photons;
	uint64_t seed;
	/* Stop early once the standard error of the total absorbed in any grid column is below this fraction
	 * (0: run all photons). */
	double target_error_frac;
	/* Called after each batch with the fraction done; may be NULL; a nonzero return cancels. */
	int (*progress)(void *context, double done_frac);
	void *context;
};

struct mc_result; /* gives it; free with mc_free */

enum status mc_run(const struct mc_request *request, struct mc_result **out, struct fail *why) MUST_CHECK;
void mc_free(struct mc_result **result);

/* Absorbed energy per volume per unit launched energy [1/cm3] in bin (ir, iz); standard error beside. */
double mc_absorbed(const struct mc_result *r, size_t variant, size_t ir, size_t iz, double *se);
/* Absorbed per depth, summed over all radii inside and outside the grid [1/cm]: equals the broad-beam
 * absorption density per unit irradiance. */
double mc_absorbed_z(const struct mc_result *r, size_t variant, size_t iz, double *se);
double mc_specular(const struct mc_result *r);
double mc_reflectance(const struct mc_result *r, size_t variant, double *se);   /* Rd, specular excluded */
double mc_transmittance(const struct mc_result *r, size_t variant, double *se); /* unscattered included */
double mc_layer_absorbed(const struct mc_result *r, size_t variant, size_t layer, double *se);
uint64_t mc_photons(const struct mc_result *r);

#endif
