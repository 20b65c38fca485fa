/* Deterministic light transport: delta-M discrete ordinates in plane layers with index mismatch.
 *
 * Broad beams only (the azimuthal mean; for normal incidence that is the whole field); finite ones are in
 * ordinates_beam.h. Two Gauss panels per hemisphere split at the critical angle; see ordinates.c for the
 * method and its sources.
 * Use: ordinates_new, ordinates_solve, then query as often as wanted; one solver per thread.
 * Accuracy with the default nodes: absorption and fluence within 0.6 % everywhere, Rd and T within 0.1 % of
 * the incident light (tests/validation/test_light.c); optical depths 0 to 1e4, albedo 0 to 1, any order
 * of indices. Cost grows with the cube of the nodes and with the layers.
 */
#ifndef LASERTWIN_ORDINATES_H
#define LASERTWIN_ORDINATES_H

#include "physics/base/estimate.h"
#include "physics/light.h"

#define ORDINATES_NODES_DEFAULT 4 /* per panel: 8 per hemisphere */
#define ORDINATES_NODES_MAX 48

struct ordinates; /* solver, workspace and last solution; gives it, free with ordinates_free */

/* nodes_per_panel 0 means the default. ST_RANGE outside 2..ORDINATES_NODES_MAX, ST_FULL without memory. */
enum status ordinates_new(int nodes_per_panel, struct ordinates **out, struct fail *why) MUST_CHECK;
void ordinates_free(struct ordinates **solver);

/* Solves for unit irradiance on the surface. Keeps a copy of the stack. On failure the previous
 * solution is gone and queries must not be made. ST_RANGE and ST_INPUT as light_stack_check and
 * light_source_check, ST_FULL without memory, ST_NUMERIC when the field is not finite. */
enum status ordinates_solve(struct ordinates *solver, const struct light_stack *stack,
                            const struct light_source *source, struct fail *why) MUST_CHECK;

struct light_balance {
	double specular_frac;            /* Rsp: reflected at the first surface */
	double diffuse_reflectance_frac; /* Rd: leaves upwards after entering (excludes Rsp) */
	double transmittance_frac;       /* T: leaves downwards, unscattered included */
	double absorbed_frac[LIGHT_LAYERS_MAX];
	double residual_frac; /* 1 - (Rsp + Rd + T + sum A): energy balance of the numerics */
};
void ordinates_balance(const struct ordinates *solver, struct light_balance *out);

/* Fluence rate per unit irradiance [-] at depth z_cm (0 .. total thickness); at an interface, just above. */
double ordinates_fluence(const struct ordinates *solver, double z_cm);

/* Mean absorbed energy density per unit irradiance [1/cm] in each of count bins, given count + 1
 * increasing edges; bins may span interfaces, parts outside the stack absorb nothing. Exact integral of the
 * solution; runs of bins of equal width are the fast case. */
void ordinates_absorption(const struct ordinates *solver, const double *edges_cm, size_t count,
                          double *absorption_1_cm);

/* As ordinates_absorption, with the discretisation error of each bin: the relative difference to a second
 * solve with one node per panel fewer, which is two to four times the error itself. error_frac may be
 * NULL. ST_FULL without memory, ST_NUMERIC as ordinates_solve. */
enum status ordinates_absorption_with_error(struct ordinates *solver, const double *edges_cm, size_t count,
                                            double *absorption_1_cm, double *error_frac,
                                            struct fail *why) MUST_CHECK;

#endif
