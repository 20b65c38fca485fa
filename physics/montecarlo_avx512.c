/* The photon loop for AVX-512; called only where the machine has it. */
#include "physics/montecarlo_private.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include "physics/montecarlo_avx512.h"

#include "physics/montecarlo_lanes.h"

LANE_ENTRY void mc_batch_avx512(const struct mc_plan *plan, uint64_t number, uint64_t photons, struct mc_work *work)
{
	run_lanes(plan, number, photons, work);
}
#else
void mc_batch_avx512(const struct mc_plan *plan, uint64_t number, uint64_t photons, struct mc_work *work)
{
	mc_batch_scalar(plan, number, photons, work);
}
#endif
