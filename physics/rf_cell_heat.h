/* Inside the heating of the needle cell. Include from physics/rf_cell*.c only. */
#ifndef LASERTWIN_RF_CELL_HEAT_H
#define LASERTWIN_RF_CELL_HEAT_H

#include "physics/rf_cell_private.h"

#define BOILING_C 100.0     /* water at 1 atm */
#define LATENT_J_KG 2.257e6 /* at 100 C, IAPWS-95 (Wagner & Pruss 2002) */
#define CEM_C 43.0
#define CEM_VALID_MAX_C 55.0 /* as in physics/damage.c */
#define S_PER_MIN 60.0

struct heater {
	struct rf_cell *cell;
	const struct rf_cell_heating *heating;
	struct rf_cell_outcome *out;
	double base_C[RF_CELL_AXIS_MAX + 1];
	double *gx, *gy, *gz, *diagonal, *right, *step_K; /* padded */
	double *capacity_J_K, *sink_W_K, *room_J, *full_J, *area_m2 /* of the surface, first plane */;
	double *excess_K, *updated_K /* when the field was last solved */, *last_K, *idle_K;
	double *rate; /* per node: of each set, then CEM43 [min/s] */
	double *work;
	double complex *kept_potential;
	double *kept_joule_W, kept_layer_W[RF_LAYERS_MAX], kept_power_W;
	struct rf_result kept_result;
	double time_s, last_step_s, contact_W_m2K, vapour_J, lost_J;
	bool off; /* for good */
};

double rf_cell_base_C(const struct rf_cell *cell, const struct rf_cell_cooling *cooling, double depth_m);
double rf_cell_point_C(const struct heater *h, const struct rf_cell_place *place);
void rf_cell_outcome_of(struct heater *h);

#endif
