/* Inside the damage integral: its loops for vector registers. Not for others. */
#ifndef LASERTWIN_DAMAGE_KERNEL_H
#define LASERTWIN_DAMAGE_KERNEL_H

#include <stddef.h>

#include "physics/damage.h"

#define DAMAGE_LANES 8
/* Above this change within a segment the curvature of the exponent matters (0.5 % at 3 K): it is cut up. */
#define DAMAGE_SEGMENT_MAX_K 3.0

/* One branch ready for use: rate = exp(log_factor - barrier_K / T) where from_C <= T < to_C. */
struct damage_kinetics {
	double from_C, to_C;
	double log_factor, barrier_K;
};

/* A set ready for many histories: segments with both ends at most cutoff_C add nothing. */
#define DAMAGE_BRANCHES 2
struct damage_integral {
	size_t branches;
	double cutoff_C;
	struct damage_kinetics kinetics[DAMAGE_BRANCHES];
};
struct damage_integral damage_integral_of(const struct damage_set *set, double cutoff_C);
double damage_integral_omega(const struct damage_integral *integral, const double *time_s, const double *temperature_C,
                             size_t count);

/* Omega of count - 1 segments, segment i joining nodes i - 1 and i, within one branch: what of a segment lies in the
 * branch counts, at the logarithmic mean of the rates at its ends, in pieces of at most DAMAGE_SEGMENT_MAX_K. Segments
 * with both ends at most cutoff_C add nothing. */
double damage_kernel_omega(const struct damage_kinetics *kinetics, double cutoff_C, const double *time_s,
                           const double *temperature_C, size_t count);

#define DAMAGE_NODES 256 /* of a history, looked at in one piece */
/* Histories are kept in single precision: temperature_C[i] = base[i] + factor response[i]; response may be NULL. */
void damage_kernel_temperature(const float *base_C, const float *response, double factor, size_t count,
                               double *temperature_C);

/* Largest base + factor response; response may be NULL. count >= 1. */
double damage_kernel_highest(const float *base_C, const float *response, double factor, size_t count);

#endif
