/* Seeded random numbers: xoshiro256++ (Blackman & Vigna 2021, ACM TOMS 47:36), seeded by splitmix64.
 *
 * The generator is state the caller owns; the seed is an argument of every calculation, so equal seeds
 * give equal results. Streams of one seed are independent for every stream number. The lagged-Fibonacci
 * generator of stock MCML is not used because its correlations bias light transport by up to 2 %.
 */
#ifndef LASERTWIN_RNG_H
#define LASERTWIN_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state[4];
};

void rng_seed(struct rng *rng, uint64_t seed, uint64_t stream);
uint64_t rng_next(struct rng *rng);

/* Uniform on the open interval (0, 1): log() of it is always finite. */
double rng_uniform(struct rng *rng);

/* Standard normal by the polar method (Marsaglia & Bray 1964). */
double rng_normal(struct rng *rng);

#endif
