/* A round electrode on layered tissue, semi-analytically.
 *
 * The disc is a mixed boundary problem: V = V0 - zeta j under it, j = 0 beside it. The current density is
 * expanded under the disc and the condition tested with the same functions (Galerkin):
 *   bare    j = sum c_n P_2n(sqrt(1 - r^2/a^2)) / sqrt(1 - r^2/a^2), transform (-1)^n j_2n(ka): the singular
 *           rim is part of every term, the half-space part of the matrix is diagonal, convergence geometric;
 *   coated  j = sum c_n P_n(1 - 2 r^2/a^2), transform J_(2n+1)(ka) / k: the current at the rim is finite.
 * Sneddon, Mixed Boundary Value Problems in Potential Theory (1966), ch. 3; half-space parts in closed form
 * (Weber-Schafheitlin), only K - 1 is integrated, which falls as e^(-2 k h_1). A bare disc on a half-space
 * gives R = 1/(4 sigma a) exactly. Exact for plane layers of constant properties and a static field.
 */
#ifndef LASERTWIN_RF_DISC_H
#define LASERTWIN_RF_DISC_H

#include "physics/rf.h"

struct rf_disc_problem {
	struct rf_stack stack; /* return far or plate */
	double radius_um;
	struct rf_contact contact;
	double tolerance; /* of the impedance, relative; default 1e-6 */
};

struct rf_disc; /* owns all; free with rf_disc_free; read only once made */

/* Layers that rf_stack_fold names act as a contact in series (its error is added, VALIDITY_MODEL_LIMIT set
 * above 0.5 %). All others are solved: about 1 ms down to radius / 10, 30 ms at radius / 150. Well conducting
 * layers thinner than radius / RF_FOLD_THIN: ST_MODEL. ST_NUMERIC with the residual when the expansion does
 * not reach the tolerance. */
enum status rf_disc_new(const struct rf_disc_problem *problem, struct rf_disc **out,
                        struct fail *why) MUST_CHECK;
void rf_disc_free(struct rf_disc **disc);

/* At 1 V. Layers are those of the problem, whether folded or not. */
const struct rf_result *rf_disc_result(const struct rf_disc *disc);
size_t rf_disc_terms(const struct rf_disc *disc);

/* Field at 1 V on the grid of nr radii and nz depths (>= 0): out[iz * nr + ir], components r, phi, z. At an
 * interface the lower layer's. On the rim of a bare disc the field is infinite: points nearer to it than
 * 1e-6 radii are refused. */
enum status rf_disc_grid(const struct rf_disc *disc, size_t nr, const double *r_um, size_t nz,
                         const double *z_um, struct rf_field *out, struct fail *why) MUST_CHECK;

/* Current density into the tissue at radius r < a, A/m2 at 1 V. */
double complex rf_disc_density_A_m2(const struct rf_disc *disc, double r_um);

#endif
