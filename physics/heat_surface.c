/* Surfaces that treatment meets, and the tissue's layers for the heat solver.
 *
 * Every value is a design value: the middle of the published bracket (geometric where it spans a factor), not
 * fitted to any result. A clinic's own calibration replaces them. */
#include "physics/heat_private.h"

/* Convection 3-7 and radiation 5-6 W/m2K: 7-12 in all (textbook values). */
#define STILL_AIR_H_W_M2K 10.0
/* Cold-air devices: 100-350 W/m2K with air of about -30 C at the nozzle. */
#define COLD_AIR_H_W_M2K 190.0
#define COLD_AIR_C (-30.0)
/* Contact conductance of a window through gel: 2 000-10 000 W/m2K. The window is a large heat sink beside
 * skin (conductivity 25-46 against 0.4 W/mK), so its temperature is held. */
#define SAPPHIRE_H_W_M2K 4500.0
/* R134a on skin: effective 2 000-10 000 W/m2K during the spurt (the 15 000-35 000 of continuous spray on
 * copper, Aguilar et al., IEEE JSTQE 2001;7:1013, is an upper bound). The film stays 2-5 times the spurt and
 * is colder than the boiling point of -26.2 C by evaporation, down to about -44 C. */
#define CRYOGEN_H_W_M2K 4500.0
#define CRYOGEN_FILM_C (-35.0)
#define CRYOGEN_RESIDENCE_RATIO 3.2

struct heat_surface heat_still_air(void)
{
	return (struct heat_surface){.ambient_h_W_m2K = STILL_AIR_H_W_M2K, .ambient_C = NAN};
}

struct heat_stage heat_cold_air(double start_s, double end_s)
{
	return (struct heat_stage){start_s, end_s, COLD_AIR_H_W_M2K, COLD_AIR_C};
}

struct heat_stage heat_sapphire(double start_s, double end_s, double window_C)
{
	return (struct heat_stage){start_s, end_s, SAPPHIRE_H_W_M2K, window_C};
}

void heat_cryogen_r134a(double start_s, double spurt_s, struct heat_stage stage[HEAT_CRYOGEN_STAGES])
{
	double spurt_end_s = start_s + spurt_s;
	stage[0] = (struct heat_stage){start_s, spurt_end_s, CRYOGEN_H_W_M2K, CRYOGEN_FILM_C};
	stage[1] = (struct heat_stage){spurt_end_s, spurt_end_s + CRYOGEN_RESIDENCE_RATIO * spurt_s,
	                               CRYOGEN_H_W_M2K, CRYOGEN_FILM_C};
}

enum status heat_layers_from_tissue(const struct tissue *tissue, struct heat_layer *layer, size_t *count,
                                    struct fail *why)
{
	if (tissue->count > *count || tissue->count > HEAT_LAYERS_MAX)
		return fail_set(why, ST_FULL, "heat.layers", "%zu tissue layers; room for %zu", tissue->count,
		                *count);
	for (size_t i = 0; i < tissue->count; i++) {
		struct tissue_thermal thermal = tissue_layer_thermal(&tissue->layer[i]);
		layer[i] = (struct heat_layer){tissue->layer[i].thickness_um, thermal.conductivity_W_mK,
		                               thermal.density_kg_m3,         thermal.heat_capacity_J_kgK,
		                               thermal.perfusion_1_s,         thermal.water_frac};
	}
	*count = tissue->count;
	return ST_OK;
}
