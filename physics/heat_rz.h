/* Heat in a cylinder of tissue: enthalpy finite volumes in r and z, with boiling, drying and damage.
 *
 * A cell holds sensible heat, the latent heat of its water and the heat that destroys its dry matrix.
 * Heated past the boiling point it stays there until its water has left as steam, then warms dry to the
 * decomposition temperature, stays there until the matrix is used up, and may then be removed: a removed
 * cell neither conducts nor absorbs. Steam leaves for good where the tissue is open (a crater); where it
 * is closed (an intact surface) it condenses in the neighbouring cells and gives them its heat and water.
 * Arrhenius damage is integrated in every cell. The outer radius and the bottom are adiabatic; the caller
 * puts them far away.
 *
 * Explicit in time (Patankar 1980, Numerical Heat Transfer and Fluid Flow, ch. 4); conserves energy to
 * rounding, whatever boils or is removed. Lengths um, times s, energy densities J/cm3, energies J.
 */
#ifndef LASERTWIN_HEAT_RZ_H
#define LASERTWIN_HEAT_RZ_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"

struct damage_set;

#define HEAT_RZ_CELLS_MAX 60000
#define HEAT_RZ_BOILING_C 100.0   /* water at 1 atm */
#define HEAT_RZ_LATENT_J_G 2257.0 /* at 100 C, IAPWS-95 (Wagner & Pruss 2002) */

struct heat_rz_grid {
	size_t nr, nz;
	const double *r_edge_um; /* nr + 1, first is 0, increasing */
	const double *z_edge_um; /* nz + 1, increasing */
};

struct heat_rz_material {
	double conductivity_W_mK;
	double heat_capacity_J_cm3K; /* of the wet tissue */
	double water_frac;           /* by volume */
	double matrix_J_cm3;         /* heat to destroy the dry matrix once the water is gone; 0: none */
};

struct heat_rz_setup {
	struct heat_rz_grid grid;
	const struct heat_rz_material *row; /* nz: plane layers */
	const double *start_C;              /* nz */
	double surface_W_m2K;               /* to ambient_C; 0: adiabatic */
	double ambient_C;
	double boiling_C;                /* 0: HEAT_RZ_BOILING_C */
	double latent_J_g;               /* 0: HEAT_RZ_LATENT_J_G */
	bool closed;                     /* steam condenses in the tissue instead of leaving it */
	double decomposition_C;          /* 0: 300 C */
	const struct damage_set *damage; /* NULL: damage is not integrated */
};

struct heat_rz;

/* ST_INPUT with the field at fault; ST_FULL without memory or above HEAT_RZ_CELLS_MAX. Copies the setup. */
enum status heat_rz_new(const struct heat_rz_setup *setup, struct heat_rz **out, struct fail *why) MUST_CHECK;
void heat_rz_free(struct heat_rz **h);

/* Largest stable conduction step now; heat that is deposited over time should come in portions of it. */
double heat_rz_stable_step_s(const struct heat_rz *h);

/* Adds energy to one cell; to all cells: scale * field[iz * nr + ir]. Removed cells take nothing. */
void heat_rz_deposit(struct heat_rz *h, size_t ir, size_t iz, double energy_J_cm3);
void heat_rz_deposit_field(struct heat_rz *h, const double *field, double scale_J_cm3);

/* Spreads steam and heat and integrates damage over this time, in stable steps. */
void heat_rz_advance(struct heat_rz *h, double duration_s);

/* The same over as long a step as one may be, at most most_s: plain while something boils, and where nothing does as
 * long as the damage integral allows (temperatures that do damage leave the chord of a step by at most 0.1 K).
 * Returns the time that has passed. */
double heat_rz_advance_freely(struct heat_rz *h, double most_s);

/* Energy a cell still takes until water and matrix are used up [J/cm3]; 0 when it has been removed. */
double heat_rz_room_J_cm3(const struct heat_rz *h, size_t ir, size_t iz);
/* Adds this energy to a cell if that is less than it still takes; false: it is not, and nothing is added. */
bool heat_rz_takes(struct heat_rz *h, size_t ir, size_t iz, double energy_J_cm3);
void heat_rz_remove(struct heat_rz *h, size_t ir, size_t iz);

bool heat_rz_removed(const struct heat_rz *h, size_t ir, size_t iz);
double heat_rz_temperature_C(const struct heat_rz *h, size_t ir, size_t iz);
double heat_rz_peak_C(const struct heat_rz *h, size_t ir, size_t iz);
double heat_rz_omega(const struct heat_rz *h, size_t ir, size_t iz); /* INFINITY in removed cells */
/* Used share of the latent and matrix heat: 0 wet (or wetter than at the start), 1 used up. */
double heat_rz_consumed_frac(const struct heat_rz *h, size_t ir, size_t iz);
double heat_rz_hottest_C(const struct heat_rz *h); /* of the cells present, after the last step */
/* Water left of the water at the start, 0..1 (more may have condensed). */
double heat_rz_water_frac(const struct heat_rz *h, size_t ir, size_t iz);

/* Where the energy is. deposited_J = stored_J + vented_J + decomposed_J + removed_J + surface_J. */
struct heat_rz_balance {
	double deposited_J;
	double stored_J;     /* sensible heat above the start; of steam on its way all heat */
	double vented_J;     /* left with steam: latent and sensible */
	double decomposed_J; /* destroyed matrix, and gas beyond it */
	double removed_J;    /* sensible heat of removed cells */
	double surface_J;    /* lost through the surface */
};
struct heat_rz_balance heat_rz_balance(const struct heat_rz *h);

#endif
