/* Shared by the files of the beam solver only. */
#ifndef LASERTWIN_HEAT_BEAM_PRIVATE_H
#define LASERTWIN_HEAT_BEAM_PRIVATE_H

#include "physics/heat_beam.h"
#include "physics/heat_private.h"

/* Modes are marched in blocks of this many; the state is [blocks][cells][HEAT_BEAM_LANES]. */
#define HEAT_BEAM_LANES 16
#define HEAT_BEAM_WATCHED 2

/* The radial modes of the finite volumes: V' M V = 1, V' L V = diag(eigenvalue), M the ring areas. */
struct heat_modes {
	size_t radii;
	size_t blocks;           /* marched: those that hold the modes kept and the base */
	size_t lanes;            /* from row to row of vector */
	size_t base;             /* the lane after the modes kept carries the base */
	double *eigenvalue_1_m2; /* [lanes], rising; 0 for the base and the padding */
	double *vector;          /* [radii][lanes]: value of each mode at a radius; 0 in base and padding */
	double *largest;         /* [lanes]: largest |vector| of a mode */
	double *area_m2;         /* [radii] */
};

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
	double *value;         /* [steps][blocks][kept][lanes] */
	double *surface_share; /* [steps]: surface = share x first cell + offset (base only) */
	double *surface_C;     /* [steps] */
	/* at work */
	struct heat_timeline timeline;
	struct heat_regime regime;
	double *now, *stage, *next, *supply_W_m2, *pivot, *ratio;
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
	double theta_s, surface_W_m2K;
	const double *capacity_J_m2K, *conductance_W_m2K, *sink_W_m2K, *lateral_W_K; /* by cell */
	const double *eigenvalue_1_m2, *supply_W_m2, *now;
	double *stage, *next, *pivot, *ratio;
};
void heat_beam_kernel_step(const struct heat_beam_step *step);

/* Largest over cells of |a[w] . (stage - now - gamma (next - now))| into error and of |a[w] . next| into
 * size, for the rows a of the watched radii. */
struct heat_beam_watch {
	size_t cells, blocks;
	double gamma;
	const double *row[HEAT_BEAM_WATCHED];
	const double *now, *stage, *next;
	double error, size;
};
void heat_beam_kernel_watch(struct heat_beam_watch *watch);

/* out[radius x stride + step] = sum over the first modes of vector[radius][mode] x panel[mode][step]; modes[i] of
 * them for the i-th HEAT_BEAM_PANEL steps: high modes soon have nothing left to add. The vector is readable for
 * HEAT_BEAM_LANES radii more than there are. */
#define HEAT_BEAM_PANEL 8 /* padded is a multiple of it, not less than steps */
struct heat_beam_sum {
	size_t radii, lanes, steps, padded, stride;
	const size_t *modes;
	const double *vector, *panel;
	double *out; /* or, where it is NULL, */
	float *kept;
};
void heat_beam_kernel_sum(const struct heat_beam_sum *sum);

/* The lanes of a cell's block in up to HEAT_BEAM_PANEL states, stride apart, turned into the histories of its modes,
 * padded apart. */
struct heat_beam_turn {
	size_t steps, stride, padded;
	const double *state;
	double *out;
};
void heat_beam_kernel_turn(const struct heat_beam_turn *turn);

#define HEAT_BEAM_GAMMA 0.58578643762690495 /* 2 - sqrt 2 */

#endif
