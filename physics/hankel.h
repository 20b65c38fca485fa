/* Round beams as sums over lateral frequencies: from responses at a few frequencies to any spot.
 *
 * A linear medium, plane and uniform sideways, answers a round beam E(r) with
 *     A(r) = integral over k of e(k) F(k) J0(k r) k dk,   e(k) = integral of E(r) J0(k r) r dr,
 * where F(k) is its answer to the lateral frequency k. F is smooth, e J0 oscillates: so F is interpolated
 * on a fixed set of frequencies and the oscillating factor integrated against the interpolation functions.
 * What results are weights: A(r) = sum of weight[j] F(k_j), for any beam and ring from the same F.
 */
#ifndef LASERTWIN_HANKEL_H
#define LASERTWIN_HANKEL_H

#include <stddef.h>

#define HANKEL_FREQUENCIES_MAX 96

enum beam_profile { BEAM_FLAT_TOP = 0, BEAM_GAUSSIAN };

/* A round beam of unit energy per pi radius^2: a flat-top has 1 inside its edge, a Gaussian (radius to
 * 1/e2) has 2 on its axis. */
struct beam_shape {
	enum beam_profile profile;
	double radius_cm;
};

/* Frequencies from 0 to the largest, Chebyshev-Lobatto points in a variable that is even in k and turns
 * from k^2 to log k at a transport length of skin. F is taken to fall as 1/k above the largest, and to
 * vanish at infinity: unscattered light is not part of F. */
struct hankel {
	int count;
	double k_1_cm[HANKEL_FREQUENCIES_MAX];
	double place[HANKEL_FREQUENCIES_MAX];       /* in the interpolation variable */
	double barycentric[HANKEL_FREQUENCIES_MAX]; /* weights of the interpolation formula */
};

/* count 3 .. HANKEL_FREQUENCIES_MAX, k_max_1_cm > 0. */
void hankel_init(struct hankel *h, int count, double k_max_1_cm);

/* Weights of the means over rings between rings + 1 rising radii from >= 0 (a row of count per ring), and of
 * the value at a radius. */
void hankel_ring_weights(const struct hankel *h, const struct beam_shape *shape, size_t rings,
                         const double *edges_cm, double *weight);
void hankel_radius_weights(const struct hankel *h, const struct beam_shape *shape, double r_cm, double *weight);

/* The beam itself: its mean over a ring, or its value at a radius when both ends are equal. */
double hankel_beam_mean(const struct beam_shape *shape, double from_cm, double to_cm);

#endif
