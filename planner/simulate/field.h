/* Light and heat of one simulation: shared by the files of planner/simulate only. */
#ifndef LASERTWIN_SIMULATE_FIELD_H
#define LASERTWIN_SIMULATE_FIELD_H

#include "physics/heat_beam.h"
#include "physics/light.h"
#include "planner/simulate/simulation.h"

struct field {
	const struct simulation *simulation;
	const struct simulation_progress *progress; /* may be NULL */
	double refine;                              /* divides the sizes of cells */
	double end_s;                               /* 0: until the light's heat has decayed */
	size_t layers;
	struct light_layer optics[SIMULATION_LAYERS_MAX];
	struct heat_layer thermal[SIMULATION_LAYERS_MAX];
	double depth_um, kept_um;           /* of the tissue; of the histories */
	double edge_um[HEAT_CELLS_MAX + 1]; /* cells of the heat solver */
	double broad_1_cm[HEAT_CELLS_MAX];  /* absorption of the broad beam in them */
	size_t cells;
	double r_edge_um[HEAT_BEAM_RADII_MAX + 1];
	size_t radii;      /* 0: broad */
	double *beam_1_cm; /* [radii x cells] */
	double light_depth_um,
	        fluence_factor; /* broad-beam fluence per radiant exposure at a depth asked for */
	struct heat_problem problem;
	struct heat *broad; /* one of these two */
	struct heat_beam *beam;
	struct simulation_models models;
};

/* absorption_factor multiplies the absorption of every layer. refine 1 is the grid of answers; FIELD_COARSE the one
 * that tells their error: second order, so what changes is three times the error. Borrows p. */
#define FIELD_COARSE 0.5
enum status field_new(const struct simulation *s, double absorption_factor, double refine,
                      const struct simulation_progress *p, struct field **out, struct fail *why) MUST_CHECK;
bool field_cancelled(const struct field *field, double done_frac);
void field_free(struct field **field);

/* Replaces the linear answer by the direct run with boiling at this radiant exposure. Under a finite beam
 * histories are kept down to keep_um. */
enum status field_boil(struct field *field, double fluence_J_cm2, double keep_um, struct fail *why) MUST_CHECK;
bool field_wet(const struct field *field); /* some layer holds water, which may boil */
bool field_direct(const struct field *field); /* after field_boil: evaluate with radiant exposure 0 */

size_t field_columns(const struct field *field);
const struct heat *field_column(const struct field *field, size_t column);

/* The history at one point, base and response apart; arrays freed with field_track_free. */
struct track {
	struct damage_history history;
	double *block;
};
enum status field_track(const struct field *field, double depth_um, double radius_um, struct track *out,
                        struct fail *why) MUST_CHECK;
void field_track_free(struct track *track);

/* Local fluence over radiant exposure on the axis, at light_depth_um. */
double field_fluence_factor(const struct field *field);

/* The hottest moment anywhere at a radiant exposure, and the radius where. */
enum status field_peak(const struct field *field, double fluence_J_cm2, struct heat_peak *out,
                       double *radius_um, struct fail *why) MUST_CHECK;

/* destroy.c: craters and plasma. */
enum status destroy_ablate(const struct simulation *s, struct simulation_crater *out, struct fail *why) MUST_CHECK;
enum status destroy_break(const struct simulation *s, struct breakdown *out, struct fail *why) MUST_CHECK;
enum status destroy_threshold(const struct simulation *s, struct simulation_threshold *out,
                              struct fail *why) MUST_CHECK;

/* Adds to the flags and says why, once. */
void field_caution(struct simulation_models *models, unsigned flag, const char *text);

#endif
