/* Shared by the files of the heat solver only. */
#ifndef LASERTWIN_HEAT_PRIVATE_H
#define LASERTWIN_HEAT_PRIVATE_H

#include "physics/heat.h"

/* Finite volumes per unit area. conductance[0] joins the first centre to the surface, [i] cells i-1 and i,
 * [count] the last centre to the core (0 when insulated). */
struct heat_cells {
	size_t count;
	double *edge_um;           /* [count + 1] */
	double *capacity_J_m2K;    /* rho c dz */
	double *sink_W_m2K;        /* w rho_b c_b dz */
	double *metabolic_W_m2;    /* q_m dz */
	double *latent_J_m2;       /* water x rho_w L dz */
	double *deposit_J_m2;      /* absorbed per J/cm2 of radiant exposure */
	double *conductance_W_m2K; /* [count + 1] */
	double *lateral_W_K;       /* k dz: conduction along the layer, for the beam solver */
	double *block;             /* owns all of the above */
};

/* One linear problem on the cells: scaled boundary temperatures and scaled source. The base has (1, 0), the
 * response (0, 1), a direct run (1, F). */
struct heat_field {
	double boundary, source;
	double tolerance_K;    /* allowed interpolation error, absolute part */
	double tolerance_frac; /* and relative to the largest value so far */
	double largest;
};

#define HEAT_FIELDS 2
#define HEAT_BLOCK 16
#define HEAT_BLOCKS_MAX ((HEAT_STEPS_MAX + HEAT_BLOCK - 1) / HEAT_BLOCK)

/* A moment's temperature at any radiant exposure. */
#define HEAT_LINES_MAX 24
struct heat_line {
	float base_C, response;
};

/* Of the marches in time. */
#define HEAT_TAIL_DECAY_FRAC 0.02
#define HEAT_STEPS_FIRST 256

/* The record, row by row. */
struct heat {
	struct heat_cells cells;
	size_t rows, steps, fields;
	double *depth_um;             /* [rows] */
	double *time_s;               /* [steps] */
	float *value[HEAT_FIELDS];   /* [rows x steps] base and response */
	size_t blocks;               /* runs of HEAT_BLOCK steps */
	float *highest[HEAT_FIELDS]; /* [rows x blocks] largest value of each run, next node included */
	struct heat_line *line; /* of heat_prepare_peaks, row after row; NULL before it */
	unsigned *line_from;    /* [rows + 1] where those of a row begin; none: more than there is room for */
	double *boiled_J_m2;    /* [cells] latent heat taken up */
	double core_C, ambient_C;
};

struct heat_event {
	double time_s;
	double instant;  /* pulses deposited at this moment */
	bool last_event; /* nothing changes after it: the march may stop when the response has decayed */
};

/* What holds between two events. */
struct heat_regime {
	double surface_W_m2K; /* conductance from the first centre to the medium */
	double half_W_m2K;    /* from the first centre to the surface */
	double h_W_m2K, medium_C;
	double power_1_s; /* source per unit radiant exposure: 1/duration while a pulse is on */
};

/* Everything that happens, in order of time. */
struct heat_timeline {
	struct heat_pulses pulses;
	bool instant; /* pulses are deposited at once */
	struct heat_event *event;
	size_t events;
};

/* heat_living.c: what a cell's vessels carry, and the air's h beside it. */
struct heat_blood {
	double flow_frac; /* of the flow at rest, while unhurt */
	double omega;     /* injury of the vessels */
};
double heat_flow_settled_frac(double temperature_C);
void heat_blood_advance(struct heat_blood *blood, double temperature_C, double duration_s);
double heat_blood_frac(const struct heat_blood *blood);
double heat_blood_step_s(const struct heat_blood *blood, const double *folded_C, size_t cells);
double heat_air_W_m2K(double at_rest_W_m2K, double surface_C, double ambient_C);

/* heat_kernel.c: one step of both fields at once, in folded states (2 x cells doubles). */
#define HEAT_GAMMA 0.58578643762690495 /* 2 - sqrt 2 */
#define HEAT_FROM_STAGE (1.0 / (HEAT_GAMMA * (2.0 - HEAT_GAMMA)))
#define HEAT_FROM_START ((1.0 - HEAT_GAMMA) * (1.0 - HEAT_GAMMA) / (HEAT_GAMMA * (2.0 - HEAT_GAMMA)))
struct heat_step {
	size_t cells;
	bool changed; /* factor the matrix again */
	double theta_s, surface_W_m2K;
	const double *capacity_J_m2K, *conductance_W_m2K, *sink_W_m2K; /* by cell */
	const double *supply_W_m2, *now;                               /* folded */
	double *stage, *next, *pivot, *ratio;                          /* folded */
};
struct heat_step_size {
	double error[HEAT_FIELDS], largest[HEAT_FIELDS]; /* of the chord; of the new state */
};
void heat_kernel_step(const struct heat_step *step, struct heat_step_size *out);
/* Folded states as they are kept, in single precision. */
void heat_kernel_keep(const double *state, size_t count, float *kept);
/* Kept states of many steps, turned into the history of every cell and field: row[field][cell x steps + step]; no
 * second field where row[1] is NULL. */
struct heat_turn {
	size_t cells, steps;
	const float *state;
	float *row[HEAT_FIELDS];
};
void heat_kernel_turn(const struct heat_turn *turn);
/* The largest value of every run of HEAT_BLOCK steps in every row, the first of the next run included. */
struct heat_runs {
	size_t rows, steps, blocks;
	const float *value; /* [rows x steps] */
	float *highest;     /* [rows x blocks] */
};
void heat_kernel_highest(const struct heat_runs *runs);
size_t heat_fold_at(size_t cells, size_t cell, size_t field);

/* heat_events.c */
enum status heat_timeline_new(const struct heat_problem *problem, const struct heat_cells *cells,
                              struct heat_timeline *timeline, struct fail *why);
void heat_timeline_free(struct heat_timeline *timeline);
struct heat_regime heat_regime_at(const struct heat_problem *problem, const struct heat_timeline *timeline,
                                  double half_W_m2K, double ambient_C, double time_s);

/* heat_steps.c: the steps of a march from one event to the next, as large as the last one's error allows. Ask for
 * a step, try it, judge it; one that is not taken is tried again, smaller. */
struct heat_steps {
	double from_s, to_s, length_s, done_s, left_s, dt_s;
};
struct heat_steps heat_steps_between(double from_s, double to_s);
bool heat_steps_left(const struct heat_steps *steps);
/* The next step to try, at most at_most_s (INFINITY: no such bound). */
double heat_steps_next(struct heat_steps *steps, double at_most_s);
/* Error of the step tried, 1: the most that is allowed. ST_NUMERIC where no step is small enough. */
enum status heat_steps_judge(struct heat_steps *steps, double error, bool *taken, struct fail *why) MUST_CHECK;
double heat_steps_time_s(const struct heat_steps *steps); /* reached so far */

/* heat_grid.c */
double heat_option(double value, double fallback);
enum status heat_cells_new(const struct heat_problem *problem, struct heat_cells *cells, struct fail *why);
void heat_cells_free(struct heat_cells *cells);
/* Energy of the source's bins that falls into each cell: overlap length times bin mean; conserves energy.
 * Adds to deposit_J_m2[cells->count]. */
void heat_cells_deposit(const struct heat_cells *cells, const struct heat_source *source,
                        double *deposit_J_m2);

/* heat.c: grid and room, without a record; initial steady state with the ambient that keeps it (into *ambient_C), and
 * the largest value of every run of HEAT_BLOCK steps of a finished record. */
enum status heat_alloc(const struct heat_problem *problem, size_t fields, struct heat **out, struct fail *why);
void heat_start(const struct heat_problem *problem, const struct heat_cells *cells, double *temperature_C,
                double *ambient_C);
enum status heat_find_highest(struct heat *solver, size_t f, struct fail *why);
void heat_note_highest(struct heat *solver, size_t f); /* into the room that is there */
double heat_time_tolerance(const struct heat_problem *problem);
double heat_base_tolerance_K(const struct heat_problem *problem);

/* heat_family.c: fields beside the base, marched with it. One with a start (by cell) and a dark source only decays. */
struct heat_family {
	size_t sources;
	size_t mark;       /* the step that was asked for by its time */
	struct heat *heat; /* base, and the response that was asked for last */
	float *response[HEAT_FAMILY_SOURCES]; /* [rows x steps] */
};
struct heat_family_start {
	const double *state[HEAT_FAMILY_SOURCES]; /* [cells]; NULL: nothing */
	double mark_s; /* a moment after the last pulse and stage that becomes a step; 0: none */
};
enum status heat_family_march(const struct heat_problem *problem, size_t sources, const struct heat_source *source,
                              const struct heat_family_start *start, struct heat_family **out, struct fail *why);

/* heat_check.c */
struct heat_pulses heat_pulses_filled(const struct heat_problem *problem);

/* heat_march.c: the initial steady state and the march through all events; latent: water boils in field 0. */
double heat_steady_state(const struct heat_cells *cells, double surface_C, double core_C,
                         double *temperature_C);
enum status heat_march(const struct heat_problem *problem, struct heat *solver, struct heat_field *field,
                       const double *start_C, bool latent, struct fail *why);

#endif
