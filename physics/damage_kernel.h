/* Inside the damage integral: its loop for vector registers. Not for others. */
#ifndef LASERTWIN_DAMAGE_KERNEL_H
#define LASERTWIN_DAMAGE_KERNEL_H

#include <stddef.h>

#include "physics/damage.h"

#define DAMAGE_LANES 4
/* Above this change within a segment the curvature of the exponent matters (0.5 % at 3 K): it is cut up. */
#define DAMAGE_SEGMENT_MAX_K 3.0

/* One branch ready for use: rate = exp(log_factor - barrier_K / T) where from_C <= T < to_C. */
struct damage_kinetics {
	double from_C, to_C;
	double log_factor, barrier_K;
};

/* Adds the Omega of the segments from .. on to *omega, in groups of DAMAGE_LANES, each segment's rate having the
 * logarithmic mean of its ends; segments with both ends at most cutoff_C add nothing. A segment that leaves the branch
 * or is too long adds nothing either and is listed in left. Stops when left may be full or the last group is
 * incomplete. Segment i joins times i - 1 and i, from >= 1. Returns the first segment that has not been looked at. */
#define DAMAGE_LEFT_MAX 64
size_t damage_kernel_omega(const struct damage_kinetics *kinetics, const struct damage_history *history, double factor,
                           double cutoff_C, size_t from, double *omega, size_t left[DAMAGE_LEFT_MAX], size_t *lefts);

/* Largest base + factor response; response may be NULL. count >= 1. */
double damage_kernel_highest(const double *base, const double *response, double factor, size_t count);

#endif
