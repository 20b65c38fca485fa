/* Plane layers at one lateral wavenumber: the recursion the semi-analytic solvers of RF share. Private to
 * physics/.
 *
 * In layer j, depth z below its top, a potential of lateral wavenumber k is
 *   V(z) = A_j (e^(-k z) + G_j e^(-k (2 h_j - z))),
 * G_j being the reflection at its lower face. A current density j into the surface raises the potential
 *   V(0) = j K / (y_1 k),   K = (1 + G_1 e^(-2 k h_1)) / (1 - G_1 e^(-2 k h_1)),
 * K = 1 for a half-space. All exponents are negative, so nothing overflows. Lengths in any one unit.
 */
#ifndef LASERTWIN_RF_LAYERS_H
#define LASERTWIN_RF_LAYERS_H

#include "physics/rf.h"

struct rf_layers {
	size_t count;
	double complex y_S_m[RF_LAYERS_MAX];
	double thickness[RF_LAYERS_MAX]; /* INFINITY where unbounded */
	double deep_reflection;          /* 0 unbounded, -1 plate, 1 insulating */
};

struct rf_response {
	double complex kernel_less_1;             /* K - 1 */
	double complex reflection[RF_LAYERS_MAX]; /* G_j */
	double complex amplitude[RF_LAYERS_MAX];  /* A_j y_1 k per unit current density */
	double decay[RF_LAYERS_MAX];              /* e^(-2 k h_j) */
};

/* The layers in units of unit_um. */
void rf_layers_init(struct rf_layers *layers, const struct rf_stack *stack, double unit_um);

/* k > 0. */
void rf_layers_respond(const struct rf_layers *layers, double k, struct rf_response *out);

/* Power in each layer per |j|^2 k^2 dk / ..: with |j| the transform of the surface current density,
 * P_i = 2 pi integral share[i] |j|^2 dk. The first layer's share tends to sigma_1 / |y_1|^2 for large k. */
void rf_layers_share(const struct rf_layers *layers, const struct rf_response *response, double *share);

/* Gauss-Legendre panels on 0 .. k_max: doubling from a first width up to a largest one. The caller frees *k,
 * which holds the nodes and after them the weights; returns their number, 0 without memory. */
size_t rf_wavenumbers(double first_width, double largest_width, double k_max, double **k);

/* Bessel functions of orders 0 .. count-1 at x > 0: spherical j_n, or J_n. */
void rf_bessel_orders(double x, bool spherical, size_t count, double *out);

#endif
