/* Heat in layered skin, one dimension: Pennes' equation with pulsed sources and a cooled surface.
 *
 *   rho c dT/dt = d/dz(k dT/dz) - w rho_b c_b (T - T_core) + q_m + S(z,t)      Pennes 1948, J Appl Physiol
 * 1:93
 *
 * The equation is linear until water boils, so the answer for any radiant exposure F is
 *   T(z,t) = base(z,t) + F x response(z,t),
 * base being the tissue under its cooling without light. heat_new computes both once (about half a ms a pulse);
 * heat_evaluate then costs only the damage integrals, so scanning F is nearly free. F is the radiant exposure
 * of each pulse; every pulse of every pass gets the same.
 *
 * Rows: row 0 is the surface itself (z = 0), rows 1.. are the cell centres. Times: nodes need not be
 * distinct; where the source or the surface jumps, the node appears twice (just before, just after). One
 * dimension means no sideways flow: right for beams much wider than sqrt(4 kappa t); for narrower ones the
 * tissue stays too hot too long (pessimistic). Units in the names; z = 0 is the surface, z grows inwards.
 * A finished solver is read only and may be shared between threads.
 */
#ifndef LASERTWIN_HEAT_H
#define LASERTWIN_HEAT_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/estimate.h"
#include "physics/base/status.h"
#include "physics/damage.h"
#include "physics/tissue.h"

#define HEAT_LAYERS_MAX 32
#define HEAT_STAGES_MAX 64
#define HEAT_CELLS_MAX 2000
#define HEAT_PULSES_MAX 2000 /* pulses x passes */
#define HEAT_STEPS_MAX 20000 /* time nodes kept */
#define HEAT_BOILING_C 100.0 /* water at one atmosphere: above it the linear answer is not valid */

struct heat_layer {
	double thickness_um;
	double conductivity_W_mK;
	double density_kg_m3;
	double heat_capacity_J_kgK;
	double perfusion_1_s; /* volume of blood per volume of tissue and second */
	double water_frac;    /* volume fraction of water, for boiling in heat_new_boiling only */
};

/* Between start_s and end_s the surface loses h (T_surface - medium). h may be INFINITY: surface held. */
struct heat_stage {
	double start_s, end_s;
	double h_W_m2K, medium_C;
};

struct heat_surface {
	double ambient_h_W_m2K; /* outside the stages; 0 insulates */
	double ambient_C;       /* NAN: the temperature that keeps the initial state steady */
	size_t stages;          /* in any order, not overlapping */
	const struct heat_stage *stage;
};

#define HEAT_SLICES_MAX 64

struct heat_pulses {
	double start_s;         /* of the first pulse, >= 0 */
	double duration_s;      /* of one pulse, > 0: while light comes */
	size_t count;           /* pulses per pass, >= 1 */
	double rate_Hz;         /* within a pass; needed when count > 1; 1/rate must exceed the duration */
	size_t passes;          /* 0 means 1 */
	double pass_interval_s; /* from the start of a pass to the start of the next; needed when passes > 1
	                         */
	/* A pulse that is not square: its share of energy in each of equal parts of the duration, >= 0, together
	 * 1. The power is constant within a part. 0 parts: square. */
	size_t slices;
	const double *slice_frac;
};

/* Absorbed energy density per unit radiant exposure, mean of each bin, from a light engine. The bins need
 * not match the cells (energy is conserved); best are the cells themselves: see heat_grid. */
struct heat_source {
	size_t bins;                   /* 0: no light, only the surface changes */
	const double *edge_um;         /* bins + 1 increasing depths inside the tissue */
	const double *absorption_1_cm; /* bins values, >= 0 */
};

enum heat_deep {
	HEAT_DEEP_CORE = 0, /* the last layer's lower face is held at core temperature */
	HEAT_DEEP_INSULATED
};

/* Zero is the default everywhere. */
struct heat_options {
	double finest_um; /* cell at the surface; default 2; set it well below 1/mua for strong absorbers */
	double refine;    /* divides every cell size and its growth; default 1 */
	double time_tolerance; /* linear interpolation error in time, of the peak response; default 5e-4 */
	/* Cells found by heat_grid before for these layers and options, which then need not be found again; 0 edges: none. */
	size_t edges;
	const double *edge_um;
};

struct heat_problem {
	size_t layers;
	const struct heat_layer *layer;
	double surface_C, core_C; /* the initial state is the steady state through these two */
	double metabolic_W_m3;    /* in perfused layers; 0 leaves it out */
	enum heat_deep deep;
	struct heat_surface surface;
	struct heat_pulses pulses; /* ignored without a source */
	struct heat_source source;
	/* Direct runs only (heat_new_boiling): blood flow rises with temperature and stops in injured vessels, and air takes
	 * more from a hot surface than h at rest says. Sources and ranges: heat_living.c. */
	bool living;
	double end_s; /* 0: after the last pulse and stage, until the response has decayed to 2 % (60 s at
	                 most) */
	struct heat_options options;
};

struct heat; /* grid, time axis, base and response; owns all; free with heat_free */

/* Refuses by field what cannot be computed: no layers, non-finite or non-positive properties, pulses that
 * overlap, stages that overlap, times before 0, bins outside the tissue. */
enum status heat_problem_check(const struct heat_problem *problem, struct fail *why) MUST_CHECK;

/* Cell edges heat_new will use: to ask the light engine for exactly these bins. *count becomes the number of
 * edges; ST_FULL when capacity (HEAT_CELLS_MAX + 1 always suffices) is too small. */
enum status heat_grid(size_t layers, const struct heat_layer *layer, const struct heat_options *options,
                      double *edge_um, size_t capacity, size_t *count, struct fail *why) MUST_CHECK;

/* Computes base and response. Borrows nothing after it returns. */
enum status heat_new(const struct heat_problem *problem, struct heat **out, struct fail *why) MUST_CHECK;

/* Direct run at one radiant exposure with the latent heat of water: a cell stays at 100 C until its water has
 * boiled off (2.257 MJ/kg; steam leaves and does not condense), and conducts as its temperature and the water left
 * in it say. The result has no response: evaluate it with fluence 0. With latent false it is the plain direct run,
 * for checking the linear answer. */
enum status heat_new_boiling(const struct heat_problem *problem, double fluence_J_cm2, bool latent,
                             struct heat **out, struct fail *why) MUST_CHECK;
void heat_free(struct heat **solver);

/* The same tissue and schedule under several sources at once, in a third of their time: what problem says of a source
 * does not count. For answers to sources that are sums of these. */
#define HEAT_FAMILY_SOURCES 7
struct heat_family; /* owns all; free with heat_family_free */
enum status heat_family_new(const struct heat_problem *problem, size_t sources, const struct heat_source *source,
                            struct heat_family **out, struct fail *why) MUST_CHECK;
void heat_family_free(struct heat_family **family);
/* The answer to the sum of weight[s] times source s, as of heat_new, responses rounded to 1e-7 of themselves. The
 * family's, until the next sum. */
const struct heat *heat_family_sum(struct heat_family *family, const double *weight);
size_t heat_family_bytes(const struct heat_family *family);

size_t heat_rows(const struct heat *solver);
size_t heat_steps(const struct heat *solver);
const double *heat_depth_um(const struct heat *solver);             /* [rows] */
const double *heat_edge_um(const struct heat *solver);              /* [rows]: rows - 1 cells */
const double *heat_time_s(const struct heat *solver);               /* [steps], not decreasing */
/* Histories are kept in single precision: they are rounded to 2e-6 K at 37 C and to 6e-8 of a response, a thousandth of
 * what the steps may miss. */
const float *heat_base(const struct heat *solver, size_t row);     /* [steps], C */
const float *heat_response(const struct heat *solver, size_t row); /* [steps], K per J/cm2; NULL if direct */
double heat_boiled_frac(const struct heat *solver, size_t row);     /* of the row's water; heat_new_boiling */
double heat_ambient_C(const struct heat *solver);                   /* the ambient actually used */

/* What to compute per row; NULL arrays are left out. Caller's arrays. */
struct heat_damage {
	size_t sets;
	const enum damage_set_id *set;
	double *omega;     /* [sets x rows], set by set; below HEAT_OMEGA_FLOOR given as 0 */
	double *peak_C;    /* [rows]: maximum over all pulses, passes and stages */
	double *cem43_min; /* [rows] */
};
#define HEAT_OMEGA_FLOOR 1e-6

struct heat_peak {
	double temperature_C, depth_um, time_s; /* the hottest moment of all rows and times */
	double above_boiling_C;                 /* by how much it passes HEAT_BOILING_C, 0 if it does not */
	unsigned flags;                         /* VALIDITY_MODEL_LIMIT when it does */
};

/* peak and damage may each be NULL. ST_RANGE for a negative or non-finite radiant exposure. */
enum status heat_evaluate(const struct heat *solver, double fluence_J_cm2, const struct heat_damage *damage,
                          struct heat_peak *peak, struct fail *why) MUST_CHECK;

/* For a solver that is asked for the peaks of many radiant exposures: finds once which moments can be the peak, after
 * which peaks cost next to nothing; they are the same to 0.001 K. Not while others read it. */
enum status heat_prepare_peaks(struct heat *solver, struct fail *why) MUST_CHECK;
/* Peaks, or Omega, of rows from .. to - 1 alone; arrays of all rows, the others of which stay as they are; the hottest
 * moment of them. ST_RANGE as above. */
enum status heat_peak_rows(const struct heat *solver, double fluence_J_cm2, size_t from, size_t to, double *peak_C,
                           struct fail *why) MUST_CHECK;
enum status heat_hottest(const struct heat *solver, double fluence_J_cm2, size_t from, size_t to,
                         struct heat_peak *peak, struct fail *why) MUST_CHECK;
enum status heat_evaluate_rows(const struct heat *solver, double fluence_J_cm2, enum damage_set_id set, size_t from,
                               size_t to, double *omega, struct fail *why) MUST_CHECK;
/* Flags of a linear answer whose hottest moment is this: VALIDITY_MODEL_LIMIT beyond boiling. */
unsigned heat_validity(double hottest_C);
/* The rows heat_at_depth and heat_omega_at_depth read for this depth: the first, and past the last. */
void heat_rows_at_depth(const struct heat *solver, double depth_um, size_t *from, size_t *to);

/* Temperature history at any depth inside the tissue: temperature_C[steps]. */
enum status heat_history(const struct heat *solver, double fluence_J_cm2, double depth_um,
                         double *temperature_C, struct fail *why) MUST_CHECK;

/* A row quantity at any depth: temperature linear between rows; Omega, which changes by decades from cell to
 * cell, geometric (linear where one of the rows has none). */
struct heat_place {
	size_t row;
	double lower_frac; /* weight of the row below */
};
struct heat_place heat_place(const struct heat *solver, double depth_um);
/* Of many depths in rising order. */
void heat_places(const struct heat *solver, const double *depth_um, size_t depths, struct heat_place *place);
double heat_at(const double *row_value, struct heat_place at);
double heat_omega_at(const double *row_omega, struct heat_place at);
double heat_at_depth(const struct heat *solver, const double *row_value, double depth_um);
double heat_omega_at_depth(const struct heat *solver, const double *row_omega, double depth_um);

/* Discretisation error at one radiant exposure: the difference to a run with half the cells' size and a
 * quarter of the time tolerance. */
struct heat_error {
	double peak_K; /* largest difference of peak temperature over the rows, reading between rows included
	                */
	double omega_frac; /* relative difference of the largest Omega of this set; 0 when there is none */
};
enum status heat_error(const struct heat_problem *problem, double fluence_J_cm2, enum damage_set_id set,
                       struct heat_error *out, struct fail *why) MUST_CHECK;

/* The tissue's layers as heat_layers; *count is capacity in, layers out. */
enum status heat_layers_from_tissue(const struct tissue *tissue, struct heat_layer *layer, size_t *count,
                                    struct fail *why) MUST_CHECK;

/* Surfaces. Values and sources stand in heat_surface.c; all are design values inside the published brackets,
 * none is fitted. */
struct heat_surface heat_still_air(void); /* balanced ambient */
struct heat_stage heat_cold_air(double start_s, double end_s);
struct heat_stage heat_sapphire(double start_s, double end_s, double window_C);
/* Spurt and the film that stays after it: two stages. */
#define HEAT_CRYOGEN_STAGES 2
void heat_cryogen_r134a(double start_s, double spurt_s, struct heat_stage stage[HEAT_CRYOGEN_STAGES]);

#endif
