/* Flat electrodes of any number on layered tissue: rectangular tips, bars, pairs, multipolar sets, discs side
 * by side.
 *
 * Integral equation on the electrodes: the potential of a surface current density j is the integral of
 * G(distance) j, G = (1 / 2 pi y_1) (1/d + integral_0^inf (K - 1) J0(k d) dk), plus zeta j of the contact; on
 * each electrode it equals that electrode's potential. j is constant on rectangular panels that shrink
 * towards every edge (where bare metal has an infinite density), tested with the same panels (Galerkin):
 * their 1/d integrals are in closed form (Ruehli, IBM J Res Dev 1972;16:470), the layered part is smooth.
 * Solved on two meshes: the finer is the answer, their difference its error. A disc is cut into strips; its
 * area is kept.
 */
#ifndef LASERTWIN_RF_PATCH_H
#define LASERTWIN_RF_PATCH_H

#include "physics/rf.h"

#define RF_PATCH_ELECTRODES_MAX 16
#define RF_PATCH_PANELS_MAX 1500

enum rf_patch_shape { RF_PATCH_RECTANGLE = 0, RF_PATCH_DISC };

enum rf_terminal {
	RF_ACTIVE = 0, /* at 1 V against the return */
	RF_RETURN      /* the other terminal of the generator; there may be none (far pad or plate) */
};

struct rf_patch_electrode {
	enum rf_patch_shape shape;
	double x_um, y_um;          /* centre */
	double width_um, length_um; /* along x and y; a disc has its diameter in width_um */
	enum rf_terminal terminal;
};

struct rf_patch_problem {
	struct rf_stack stack; /* with return electrodes the body floats: no net current leaves */
	size_t electrodes;
	const struct rf_patch_electrode *electrode;
	struct rf_contact contact; /* of all */
	double refine;             /* multiplies the panels along each side; default 1 */
};

struct rf_patch; /* owns all */

/* Refuses electrodes that touch or overlap, sizes not above 0, no active electrode, a single electrode
 * without a return. Thin poorly conducting layers at the top are folded into the contact as by rf_disc_new,
 * by the least side. */
enum status rf_patch_new(const struct rf_patch_problem *problem, struct rf_patch **out,
                         struct fail *why) MUST_CHECK;
void rf_patch_free(struct rf_patch **patch);

/* At 1 V between the terminals (active electrodes in parallel, return electrodes in parallel). */
const struct rf_result *rf_patch_result(const struct rf_patch *patch);
double complex rf_patch_current_A(const struct rf_patch *patch, size_t electrode);
size_t rf_patch_panels(const struct rf_patch *patch);

/* Field at count places of one depth, components x, y, z. On the surface itself the field of the top layer
 * just below it; in a folded layer ST_MODEL. Near an edge of an electrode it is as good as the panels. */
enum status rf_patch_plane(const struct rf_patch *patch, double z_um, size_t count, const double *x_um,
                           const double *y_um, struct rf_field *out, struct fail *why) MUST_CHECK;

/* Two long coplanar strips on a half-space, 2-D: resistance of a length, ends ignored.
 * G' = sigma K(k') / (2 K(k)), k = gap / (gap + 2 width). */
double rf_strips_ohm(double conductivity_S_m, double gap_um, double width_um, double length_um);

/* Two parallel cylinders in a full space, 2-D: R' = acosh(D / 2 a) / (pi sigma), ohm m. */
double rf_cylinders_ohm_m(double conductivity_S_m, double distance_um, double radius_um);

#endif
