/* Pennes' equation on the cells of the axisymmetric solver. Private to physics/.
 *
 * Peaceman-Rachford alternating directions (J SIAM 1955;3:28): second order in time, no limit on the step,
 * steady states exact. The side is insulated, the bottom held at core temperature; both lie far away. Steps
 * should start small after a jump and grow: the scheme does not damp the fastest modes.
 */
#ifndef LASERTWIN_RF_BIOHEAT_H
#define LASERTWIN_RF_BIOHEAT_H

#include "physics/rf_axisym_private.h"

struct rf_bioheat {
	const struct rf_axisym *grid;
	double core_C;
	double *block; /* owns the arrays below */
	double *temperature_C, *half_C, *source_W, *capacity_J_K, *sink_W_K;
	double *above_W_K, *inside_W_K; /* links to n - 1 and n - nz */
	double *deep_W_K;               /* per column, to core_C */
	double *top_h_W_m2K, *top_C;    /* per column; set by the caller between steps */
	double *factor, *rhs, *top_W_K;
	/* since the start, J: what went in and where it is */
	double source_J, surface_J, blood_J, deep_J;
};

/* Allocates and sets the initial state: steady in depth through surface_C and core_C. Insulated on top. */
enum status rf_bioheat_new(struct rf_bioheat *heat, const struct rf_axisym *grid, double surface_C,
                           double core_C, struct fail *why) MUST_CHECK;
void rf_bioheat_free(struct rf_bioheat *heat);

/* Heat flux out of the surface in the initial state, W/m2. */
double rf_bioheat_start_flux_W_m2(const struct rf_bioheat *heat, double surface_C);

/* One step with source_W, sink_W_K and the top as they stand. */
void rf_bioheat_step(struct rf_bioheat *heat, double step_s);

/* Temperature of the surface above a top cell. */
double rf_bioheat_surface_C(const struct rf_bioheat *heat, size_t ir);

/* Bilinear between cell centres; the surface, the axis and the last cells continue. */
double rf_bioheat_at_C(const struct rf_bioheat *heat, double r_um, double z_um);

double rf_bioheat_stored_J(const struct rf_bioheat *heat, const double *start_C);

#endif
