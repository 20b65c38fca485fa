/* Many absorptions at little more than the price of one (two-phase sampling with a regression estimator: Cochran
 * 1977, Sampling Techniques, 12.6; also known as multilevel Monte Carlo of two levels).
 *
 * Every packet could carry a weight for each variant, each without bias, but to book 64 weights along every piece
 * of path takes seven times as long as to fly it. So all packets carry one weight, that of a leader whose absorption
 * is the mean of all variants', and one in MC_SHARE_ONE_IN of as many again carries the variants and the leader. On
 * these, what a variant books goes with what the leader books (correlation 0.99 and more for absorptions within a
 * third of the mean): the leader's error on them is known from the many, and is taken off. Unbiased: its coefficient
 * comes from the other half of the few, and neither half of them nor the many know of each other. The standard
 * error told holds all three parts of it, and grows where variants lie far from their mean.
 */
#include "physics/montecarlo_private.h"

#define SHARED_FROM 16         /* variants; fewer are carried by all packets */
#define SHARE_ONE_IN 20
#define SHARE_PHOTONS_MIN 2048 /* that carry all variants: enough for coefficients */

/* In depth alone, with lanes, and not where the run's length or its angles hang on the variants themselves. */
bool mc_is_shared(const struct mc_request *q, enum mc_engine engine)
{
	return !q->uncontrolled && engine != MC_ENGINE_SCALAR && q->variants >= SHARED_FROM && q->grid.nr == 0 &&
	       q->angles == 0 && q->target_error_frac <= 0.0 && q->photons >= SHARE_ONE_IN * SHARE_PHOTONS_MIN;
}

uint64_t mc_share_photons(uint64_t photons)
{
	return photons / SHARE_ONE_IN;
}

void mc_share_leader(const struct mc_request *q, struct light_layer *layer)
{
	size_t layers = q->stack.count;
	for (size_t l = 0; l < layers; l++) {
		double sum = 0.0;
		for (size_t v = 0; v < q->variants; v++)
			sum += q->variant_mua_1_cm[v * layers + l];
		layer[l] = q->stack.layer[l];
		layer[l].mua_1_cm = sum / (double)q->variants;
	}
}

void mc_share_carried(const struct mc_request *q, const struct light_layer *leader, double *mua)
{
	size_t layers = q->stack.count, values = q->variants * layers;
	memcpy(mua, q->variant_mua_1_cm, values * sizeof *mua);
	for (size_t l = 0; l < layers; l++)
		mua[values + l] = leader[l].mua_1_cm;
}
