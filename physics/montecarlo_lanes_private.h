/* Tables of the engine with lanes: single precision, laid out for lookups by lane. */
#ifndef LASERTWIN_MONTECARLO_LANES_PRIVATE_H
#define LASERTWIN_MONTECARLO_LANES_PRIVATE_H

#include "physics/montecarlo_private.h"

#define LANES 16
#define MC_SMALL_LAYERS LANES /* as many layers fit a table in registers */
#define MC_VARIANTS_STEP 8    /* variants are worked on in groups of eight */
#define MC_QUAD 4             /* doubles of a cell with one variant: three coefficients, one to align them */
#define MC_COEFFICIENTS 3     /* of a cell; with many variants each of them for every variant */
#define MC_PIECE_ABSORBED 0.0625 /* optical depth in absorption a piece of path may have; error (1/16)^2 / 12 */

#define MC_SPARES 256             /* packets from splits that wait; with more waiting, nothing is split */
#define MC_THIN_PER_DEPTH 3.0     /* of reduced optical depth: see montecarlo_lanes_control.h */
#define MC_THIN_WEIGHT_MAX 32.0
#define MC_BASIS_DEPTH 0.5        /* of reduced optical depth */

/* By layer; every table is padded so that any place below LANES may be read. */
struct mc_layer_tables {
	float mus[LIGHT_LAYERS_MAX], per_mus[LIGHT_LAYERS_MAX], mua[LIGHT_LAYERS_MAX], piece[LIGHT_LAYERS_MAX];
	float thickness[LIGHT_LAYERS_MAX], top[LIGHT_LAYERS_MAX];
	float n[LIGHT_LAYERS_MAX], n_up[LIGHT_LAYERS_MAX], n_down[LIGHT_LAYERS_MAX];
	float g[LIGHT_LAYERS_MAX], hg_a[LIGHT_LAYERS_MAX], hg_b[LIGHT_LAYERS_MAX], hg_c[LIGHT_LAYERS_MAX];
	float light[LIGHT_LAYERS_MAX]; /* weights below this play roulette */
	float thin_at_top[LIGHT_LAYERS_MAX], thin_per_cm[LIGHT_LAYERS_MAX];
};

/* Row of a depth: z is scaled to a place; uniform rows are that place, others are looked up in first_row,
 * which holds the row at the start of the place, and moved on past the edges that follow in it. */
struct mc_row_finder {
	float *edge; /* rows + 1; the first and last are beyond every depth */
	int32_t *first_row;
	float low, per_cm, last;
	bool uniform, single; /* single: no place holds two edges */
};

struct mc_lanes {
	struct mc_layer_tables layer;
	struct mc_row_finder rows;
	float *ring_edge2; /* nr + 2 */
	bool thins;
	float roulette_gain; /* weight that survivors go on with, in units of `light` */
	float per_basis;   /* 1 / cm */
	float least_rise;  /* cm; flatter pieces are not split between rows */
	double *mua;       /* layers x stride, for many variants */
	size_t stride;     /* variants, to the next group of eight */
};

/* Moves what a batch left in the room (see montecarlo_lanes.h) to its tally. */
void mc_lanes_settle(const struct mc_plan *plan, const double *room, double *tally);
size_t mc_lanes_cell_size(const struct mc_shape *shape);

#endif
