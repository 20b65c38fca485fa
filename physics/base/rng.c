/* xoshiro256++ with splitmix64 seeding. */
#include "physics/base/rng.h"

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

void rng_seed(struct rng *rng, uint64_t seed, uint64_t stream)
{
	uint64_t stream_state = stream;
	uint64_t state = seed ^ splitmix64(&stream_state);
	for (int i = 0; i < 4; i++)
		rng->state[i] = splitmix64(&state);
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->state;
	uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

double rng_uniform(struct rng *rng)
{
	/* 53 random bits centred in their cell: never 0, never 1 */
	return ((double)(rng_next(rng) >> 11) + 0.5) * 0x1p-53;
}

double rng_normal(struct rng *rng)
{
	double u, v, s;
	do {
		u = 2.0 * rng_uniform(rng) - 1.0;
		v = 2.0 * rng_uniform(rng) - 1.0;
		s = u * u + v * v;
	} while (s >= 1.0 || s == 0.0);
	return u * sqrt(-2.0 * log(s) / s);
}
