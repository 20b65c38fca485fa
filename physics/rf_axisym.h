/* A round electrode on layered tissue whose conductivity differs from place to place: finite volumes in r, z.
 *
 * Complex admittivity per cell, harmonic means at the faces, cells graded towards the electrode's rim and the
 * surface. The current of a bare rim is singular, so a plain grid errs by the first power of its cell there:
 * its electrode acts as one that is smaller by a fixed part of that cell (measured once, on the half-space),
 * and the edge is put that much outwards. Far away V falls as 1/distance (Robin condition). Joule heat is
 * split face by face between the two half cells, so that the sum over all cells, contact and outside is Re(V
 * I*) to rounding. Conjugate orthogonal conjugate gradients (van der Vorst & Melissen, IEEE Trans Magn
 * 1990;26:706) with a modified incomplete factorisation (Gustafsson 1978).
 */
#ifndef LASERTWIN_RF_AXISYM_H
#define LASERTWIN_RF_AXISYM_H

#include <stdint.h>

#include "physics/rf.h"

#define RF_AXISYM_CELLS_MAX 200000

struct rf_axisym_problem {
	struct rf_stack stack; /* return far or plate */
	double radius_um;
	struct rf_contact contact;
	bool column;   /* the tissue ends at the electrode's edge: plates; needs a plate as return */
	double refine; /* divides every cell and its growth; default 1 */
};

struct rf_axisym; /* owns all; free with rf_axisym_free */

/* Builds the grid; no field yet. */
enum status rf_axisym_new(const struct rf_axisym_problem *problem, struct rf_axisym **out,
                          struct fail *why) MUST_CHECK;
void rf_axisym_free(struct rf_axisym **solver);

/* Solves at 1 V. factor[cells] multiplies each cell's conductivity; NULL: all 1. Starts from the solution
 * before. ST_NUMERIC with the residual when it does not converge to the tolerance (relative residual, default
 * 1e-8). */
enum status rf_axisym_solve(struct rf_axisym *solver, const double *factor, double tolerance,
                            struct fail *why) MUST_CHECK;

/* Of the last solution. The error is not known from one grid: impedance_error_ohm is NAN; see
 * rf_axisym_error. */
const struct rf_result *rf_axisym_result(const struct rf_axisym *solver);
size_t rf_axisym_iterations(const struct rf_axisym *solver);

/* Cell (ir, iz) is n = ir * nz + iz. Edges rise from 0; lengths um. */
size_t rf_axisym_nr(const struct rf_axisym *solver);
size_t rf_axisym_nz(const struct rf_axisym *solver);
const double *rf_axisym_z_edge_um(const struct rf_axisym *solver);
size_t rf_axisym_layer(const struct rf_axisym *solver, size_t iz);

/* Per cell, at 1 V: volume integral of E.E (not conjugated: to first order a change of conductivity changes the
 * admittance by its product with this). V2 m. */
const double complex *rf_axisym_product(const struct rf_axisym *solver);

/* The cell that holds a place inside the grid; SIZE_MAX outside. */
size_t rf_axisym_cell(const struct rf_axisym *solver, double r_um, double z_um);

/* Estimate of the impedance's error: difference to a grid refined by 1.5, of first order. */
enum status rf_axisym_error(const struct rf_axisym_problem *problem, double *error_ohm,
                            struct fail *why) MUST_CHECK;

#endif
