/* Heat in layered skin under a circular beam: the linear equation of physics/heat.h, in r and z.
 *
 *   rho c dT/dt = k (1/r) d/dr(r dT/dr) + d/dz(k dT/dz) - w rho_b c_b (T - T_core) + q_m + S(r,z,t)
 *
 * The layers are plane, so the radial part has the same modes in every layer: each mode is a problem in
 * depth alone, and the finite volumes in r and z are solved without splitting error. Pulses, trains,
 * passes, surface stages, perfusion, base and response are those of the one-dimensional solver; so is the
 * result: one `struct heat` per radius, read and evaluated with the functions of physics/heat.h (histories,
 * peaks, damage at any radiant exposure). F is the radiant exposure the source is given for: on the axis
 * of a Gaussian beam, the mean of a flat-top beam. The outermost radius is insulated: put it where neither
 * light nor heat arrives. Rows, times, units and threads as in physics/heat.h.
 */
#ifndef LASERTWIN_HEAT_BEAM_H
#define LASERTWIN_HEAT_BEAM_H

#include "physics/heat.h"

#define HEAT_BEAM_RADII_MAX 256
#define HEAT_BEAM_VALUES_MAX ((size_t)1 << 26) /* cells x time nodes kept: 0.5 GB */

/* Absorbed energy density per unit radiant exposure F: radius by radius, from the axis outwards. The radial
 * cells of the source are those of the solver; its depth bins need not be (energy is conserved). */
struct heat_beam_source {
	size_t radii, bins;
	const double *r_edge_um;       /* radii + 1, first 0, increasing */
	const double *z_edge_um;       /* bins + 1 */
	const double *absorption_1_cm; /* [radii x bins], >= 0 */
	double keep_um; /* depth down to which histories are kept: the tissue of the columns; 0 keeps all */
};

struct heat_beam; /* owns everything; free with heat_beam_free */

/* Radial cells for a beam whose profile changes around edge_um, out to far_um: fine there, coarse elsewhere.
 * refine (0: 1) divides the sizes. *count becomes the number of edges. ST_RANGE unless 0 < edge < far;
 * ST_FULL when capacity (HEAT_BEAM_RADII_MAX + 1 always suffices) is too small. */
enum status heat_beam_radii(double edge_um, double far_um, double refine, double *r_edge_um, size_t capacity,
                            size_t *count, struct fail *why) MUST_CHECK;

/* column: as for heat_new; its source is ignored. Refuses what heat_problem_check refuses, and radii that do
 * not increase from 0. Borrows nothing after it returns. */
enum status heat_beam_new(const struct heat_problem *column, const struct heat_beam_source *source,
                          struct heat_beam **out, struct fail *why) MUST_CHECK;
void heat_beam_free(struct heat_beam **beam);

/* Direct run at one radiant exposure with the latent heat of water, as heat_new_boiling in one dimension: a cell
 * stays at 100 C until its water has boiled off. The columns have no response: evaluate them with radiant
 * exposure 0. Slower than heat_beam_new by what turning modes into cells and back costs at every step. */
enum status heat_beam_new_boiling(const struct heat_problem *column, const struct heat_beam_source *source,
                                  double fluence_J_cm2, struct heat_beam **out, struct fail *why) MUST_CHECK;

size_t heat_beam_columns(const struct heat_beam *beam);
const double *heat_beam_edge_um(const struct heat_beam *beam); /* [columns + 1] */
/* The tissue under the ring between two edges (its mean); borrowed from the beam. */
const struct heat *heat_beam_column(const struct heat_beam *beam, size_t column);

/* Radius inside which a quantity that falls outwards, given per column, reaches at_least: linear between the
 * middles of the columns; 0 when the axis does not reach it, the outermost middle when all do. With
 * logarithmic true the interpolation is geometric, for Omega. */
double heat_beam_reach_um(const struct heat_beam *beam, const double *column_value, double at_least,
                          bool logarithmic);

#endif
