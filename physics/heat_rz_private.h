/* Inside the solver in r and z: the state, what boils and condenses, and the loops over cells. Not for others. */
#ifndef LASERTWIN_HEAT_RZ_PRIVATE_H
#define LASERTWIN_HEAT_RZ_PRIVATE_H

#include "physics/heat_rz.h"

/* Damage rates are read from a table: between its nodes the rate bends by less than 1e-3. */
#define HEAT_RZ_RATE_FROM_C 40.0
#define HEAT_RZ_RATE_STEP_C 0.1
#define HEAT_RZ_RATE_NODES 2701

#define HEAT_RZ_LANES 8 /* cells side by side; every array is filled up to a multiple */
#define HEAT_RZ_GROUP 4 /* and where they are compared */
#define HEAT_RZ_BUFFERS 3

struct heat_rz_cell {
	double capacity_J_cm3K; /* now: falls as water leaves */
	double latent_J_cm3;    /* left */
	double matrix_J_cm3;    /* left */
	double latent_full_J_cm3;
	double matrix_full_J_cm3;
	double water_capacity_J_cm3K; /* of the full water */
	double conductivity_W_mK;     /* now */
	double wet_W_mK, dry_W_mK;
	double renewed_frac; /* water share at which the conductivity was last renewed */
};

/* All fields are flat, radius fastest: n = iz * nr + ir. Face conductances stand in two flat arrays so that the
 * conduction loop has no branch: radial[n] joins n-1 and n (0 on the axis), axial[n] joins n-nr and n (0 at the top).
 * A temperature has a row of padding before and behind for the same reason; the one before holds the ambient. */
struct heat_rz {
	size_t nr, nz, count;
	double boiling_C, decomposition_C, ambient_C, latent_J_g;
	double reference_C; /* sensible heat is counted from here, in every cell */
	double start_J;     /* sensible heat at the start */
	bool closed, any_removed;
	/* Steam is under way in cells of [from, to), and of these in the first rings alone. */
	size_t steam_from, steam_to, steam_rings;
	size_t *ring; /* by cell */
	double *block;               /* owns every array of doubles below */
	double *r_edge_um, *z_edge_um;
	double *temperature_C, *spare_C[HEAT_RZ_BUFFERS - 1]; /* padded; they change places */
	double *peak_C, *omega;
	double *radial_W_K, *axial_W_K, *surface_W_K;
	double *volume_cm3;
	double *warming_K_J; /* 1 / heat capacity of the whole cell */
	double *limit_C;     /* above it a cell boils or decomposes; INFINITY where it is removed */
	double *slope_K_s;   /* dT/dt at the start of a long step */
	double *steam_J, *arriving_J; /* per cell: latent heat of steam under way, and where it goes in a sweep */
	double capacity_1_K; /* heat capacity of that steam's water, over its latent heat */
	struct heat_rz_cell *cell;
	size_t *crossing; /* first cells of the groups in which one crosses its limit, or is hot */
	bool *removed;
	bool damages;
	double rate_1_s[HEAT_RZ_RATE_NODES];
	double area_C_s[HEAT_RZ_RATE_NODES]; /* integral of the rate over temperature from the first node */
	double stable_s, hottest_C, long_s;  /* long_s: what the next long step tries; 0: unknown */
	bool crossed;                        /* something boiled or decomposed in the last step */
	double deposited_J, vented_J, decomposed_J, removed_J, surface_J;
};

/* Heat into a cell that may cross its limit: sets its temperature. */
void heat_rz_heat_slowly(struct heat_rz *h, size_t n, double energy_J_cm3);
/* Steam under way goes one cell on, and condenses. */
void heat_rz_spread_steam(struct heat_rz *h);
double heat_rz_sensible_J(const struct heat_rz *h);

/* heat_rz_kernel.c: loops over all cells, for vector registers. */
struct heat_rz_grid_view {
	size_t nr, count; /* count: filled up to a multiple of HEAT_RZ_LANES */
	const double *radial_W_K, *axial_W_K, *warming_K_J;
};
/* next = now + dt_s dT/dt; the first cells of groups where next passes the limit go to crossing. Returns how many. */
size_t heat_rz_kernel_step(const struct heat_rz_grid_view *grid, double dt_s, const double *now, const double *limit_C,
                           double *next, size_t *crossing);
/* One stage of a long step: out = mu prev + nu before + rest start + dt_s dT/dt(prev) + start_s slope; out may be
 * before. */
struct heat_rz_stage {
	double mu, nu, rest, dt_s, start_s;
	const double *previous, *before, *start, *slope_K_s;
};
void heat_rz_kernel_stage(const struct heat_rz_grid_view *grid, const struct heat_rz_stage *stage, double *out);
/* Raises the peaks by a step's two ends; the first cells of groups that were hotter than hot_C go to hot, the largest
 * after_C to *hottest_C. Returns how many. */
struct heat_rz_note {
	size_t count;
	const double *before_C, *after_C;
	double hot_C;
	double *peak_C;
};
size_t heat_rz_kernel_note(const struct heat_rz_note *note, size_t *hot, double *hottest_C);
void heat_rz_kernel_slope(const struct heat_rz_grid_view *grid, const double *now, double *slope_K_s);

/* heat_rz_conduct.c */
void heat_rz_fill_rates(struct heat_rz *h, const struct damage_set *set);

#endif
