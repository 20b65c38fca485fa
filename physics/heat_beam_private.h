/* Shared by the files of the beam solver only. */
#ifndef LASERTWIN_HEAT_BEAM_PRIVATE_H
#define LASERTWIN_HEAT_BEAM_PRIVATE_H

#include "physics/heat_beam.h"
#include "physics/heat_private.h"

/* Modes are marched in blocks of this many; the state is [blocks][cells][HEAT_BEAM_LANES]. */
#define HEAT_BEAM_LANES 16
#define HEAT_BEAM_WATCHED 2

#define HEAT_BEAM_BASE 0 /* the lane that carries the base, in the first block; the modes follow it */

/* The radial modes of the finite volumes: V' M V = 1, V' L V = diag(eigenvalue), M the ring areas. */
struct heat_modes {
	size_t radii;
	size_t blocks;           /* marched: those that hold the base and the modes kept */
	size_t lanes;            /* from row to row of vector */
	size_t kept;             /* modes kept, in the lanes 1 .. kept */
	double *eigenvalue_1_m2; /* [lanes], rising; 0 for the base and the padding */
	double *vector;          /* [radii][lanes]: value of each mode at a radius; 0 in base and padding */
	double *largest;         /* [lanes]: largest |vector| of a mode */
	double *area_m2;         /* [radii] */
};

#define HEAT_BEAM_MODE_SLACK 1e-6 /* of the largest response: what is left out of it stays below */

/* One linear problem per lane, all with the same matrix but for the radial sink. */
struct heat_beam_march {
	const struct heat_problem *problem;
	const struct heat_cells *cells;
	const struct heat_modes *modes;
	double ambient_C;
	const double *deposit_J_m2;        /* [blocks][cells][lanes] per unit radiant exposure */
	size_t watched[HEAT_BEAM_WATCHED]; /* radii whose history the steps must follow */
	/* the record */
	size_t steps, capacity;
	double *time_s;
	size_t kept;           /* cells recorded, from the top */
	float *value;          /* [steps][blocks][kept][lanes] */
	double *surface_share; /* [steps]: surface = share x first cell + offset (base only) */
	double *surface_C;     /* [steps] */
	/* at work */
	struct heat_timeline timeline;
	struct heat_regime regime;
	size_t alive; /* blocks that have anything left to add */
	double *now, *stage, *next, *supply_W_m2, *pivot, *seen;
	double tolerance_frac, tolerance_K, largest;
	struct heat_beam_boiler *boiler; /* NULL: linear */
};

/* heat_beam_boil.c: the latent heat of every cell. boiled_J_m2[radii x cells] is the caller's. */
enum status heat_beam_boiler_new(const struct heat_cells *cells, const struct heat_modes *modes,
                                 double *boiled_J_m2, struct heat_beam_boiler **out, struct fail *why);
void heat_beam_boiler_free(struct heat_beam_boiler **boiler);
/* Takes what passes 100 C out of a state of the march and into the latent store. */
void heat_beam_boil(struct heat_beam_boiler *boiler, double *state);

/* heat_beam_march.c: start_C[cells] is the initial state of the base. The record is the caller's to free. */
enum status heat_beam_marched(struct heat_beam_march *march, const double *start_C, struct fail *why);

/* heat_beam_kernel.c, dispatched once per call to the widest registers the machine has; the same operations
 * in the same order on every machine. */
struct heat_beam_step {
	size_t cells, blocks;
	size_t lit; /* blocks that have a supply */
	double theta_s, surface_W_m2K;
	const double *capacity_J_m2K, *conductance_W_m2K, *sink_W_m2K, *lateral_W_K; /* by cell */
	const double *eigenvalue_1_m2, *supply_W_m2, *now;
	double *stage, *next, *pivot;
	/* Of the watched radii, whose rows of the modes these are: the largest over cells of |row . bend|, the bend of the
	 * chord being stage - now - gamma (next - now), and of |row . next|; and the base's largest bend. */
	const double *row[HEAT_BEAM_WATCHED];
	double *seen; /* [cells x 2 x HEAT_BEAM_WATCHED] */
	double error, size, base_error;
};
void heat_beam_kernel_step(struct heat_beam_step *step);

/* Adds to the deposit of every mode what one ring takes. */
struct heat_beam_ring {
	size_t cells, blocks;
	double area_m2;
	const double *vector, *ring_J_m2; /* [lanes], [cells] */
	double *deposit_J_m2;             /* [blocks][cells][lanes] */
};
void heat_beam_kernel_project(const struct heat_beam_ring *ring);

/* out[radius x stride + step] = sum over the first modes of vector[radius][mode] x panel[mode][step]; modes[i] of
 * them for the i-th HEAT_BEAM_PANEL steps: high modes soon have nothing left to add. The vector is readable for
 * HEAT_BEAM_LANES radii more than there are. */
#define HEAT_BEAM_PANEL 16 /* padded is a multiple of it, not less than steps */
struct heat_beam_sum {
	size_t radii, lanes, steps, padded, stride;
	const size_t *modes;
	const float *vector, *panel;
	float *out;
};
void heat_beam_kernel_sum(const struct heat_beam_sum *sum);
struct heat_beam_sum_whole { /* the same in double precision */
	size_t radii, lanes, steps, padded, stride;
	const size_t *modes;
	const double *vector, *panel;
	double *out;
};
void heat_beam_kernel_sum_whole(const struct heat_beam_sum_whole *sum);

/* A state as it is kept, in single precision; count is a multiple of HEAT_BEAM_LANES. */
struct heat_beam_keep {
	size_t count;
	const double *state;
	float *kept;
};
void heat_beam_kernel_keep(const struct heat_beam_keep *keep);

/* The lanes of a cell's block in up to HEAT_BEAM_PANEL states, stride apart, turned into the histories of its modes,
 * padded apart. */
struct heat_beam_turn {
	size_t steps, stride, padded;
	const float *state;
	float *out;
};
void heat_beam_kernel_turn(const struct heat_beam_turn *turn);

#define HEAT_BEAM_GAMMA 0.58578643762690495 /* 2 - sqrt 2 */

#endif
