/* The photon loop for NEON, which every 64-bit ARM has. */
#include "physics/montecarlo_private.h"

#if defined(__aarch64__) && defined(__ARM_NEON)
#include "physics/montecarlo_neon.h"

#include "physics/montecarlo_lanes.h"

LANE_ENTRY void mc_batch_neon(const struct mc_plan *plan, uint64_t number, uint64_t photons, struct mc_work *work)
{
	run_lanes(plan, number, photons, work);
}
#else
void mc_batch_neon(const struct mc_plan *plan, uint64_t number, uint64_t photons, struct mc_work *work)
{
	mc_batch_scalar(plan, number, photons, work);
}
#endif
