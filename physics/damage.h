/* Thermal damage: Arrhenius integrals with named parameter sets, and CEM43.
 *
 * Omega = integral A exp(-Ea/RT) dt (Henriques & Moritz 1947). A set is only meaningful inside its
 * temperature range and for its endpoint; both are part of the set.
 */
#ifndef LASERTWIN_DAMAGE_H
#define LASERTWIN_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>

enum damage_set_id {
	DAMAGE_HENRIQUES_ER75000, /* basal epidermis, E/R = 75 000 K: exposures of a tenth of a second and more */
	DAMAGE_HENRIQUES_EA628,   /* the common variant Ea = 6.28e5 J/mol, kept for comparison */
	DAMAGE_GAYLOR,
	DAMAGE_WEAVER_STOLL, /* two branches, joined at 50 C */
	DAMAGE_TAKATA,       /* two branches, joined at 50 C */
	DAMAGE_DILLER_KLUTKE,
	DAMAGE_COLLAGEN_PEARCE, /* birefringence loss: edge of a coagulation zone in H&E; complete */
	DAMAGE_COLLAGEN_AKSAN,    /* patellar tendon: onset */
	DAMAGE_BULK_SKIN_PFEFER,
	DAMAGE_WHOLE_BLOOD,
	DAMAGE_AGAH_AORTA,
	DAMAGE_BROWN_MICROVASCULAR,
	DAMAGE_EPIDERMIS, /* the same, going on with cells under milliseconds of heat: for light on the epidermis */
	DAMAGE_COLLAGEN_ONSET, /* tendon: where collagen begins to denature; Pearce's set is where it is gone */
	DAMAGE_SETS
};

struct damage_branch {
	double from_C; /* lower end of the branch; its upper end is the next branch */
	double frequency_factor_1_s;
	double activation_energy_J_mol;
};

struct damage_set {
	const char *id, *name, *source, *use;
	struct damage_branch branch[2]; /* the second is unused when its frequency factor is 0 */
	double valid_from_C, valid_to_C;
};

const struct damage_set *damage_set(enum damage_set_id id);

/* Rate dOmega/dt [1/s] at a temperature; 0 below the set's floor. */
double damage_rate_1_s(const struct damage_set *set, double temperature_C);

/* Omega of a sampled history, temperature linear between samples; each segment by the logarithmic mean of the
 * rate, split where the temperature changes fast, so a rate that grows by decades within a step is right. */
double damage_omega(const struct damage_set *set, const double *time_s, const double *temperature_C,
                    size_t count);

/* A history that depends linearly on one factor: base_C + factor x response (NULL: none). Borrowed. */
struct damage_history {
	size_t count;
	const double *time_s, *base_C, *response;
};

/* Omega at one factor; steps wholly below cutoff_C are passed over (-INFINITY: none). */
double damage_omega_linear(const struct damage_set *set, const struct damage_history *history, double factor,
                           double cutoff_C);

/* Constant temperature at which Omega reaches 1 after duration_s. */
double damage_threshold_C(const struct damage_set *set, double duration_s);

/* Fraction destroyed for first-order kinetics: 1 - exp(-Omega). */
double damage_fraction(double omega);

/* Cumulative equivalent minutes at 43 C (Sapareto & Dewey 1984): R = 0.5 above, 0.25 below 43 C.
 * Not meaningful above about 55 C; *valid tells (may be NULL). */
double damage_cem43_min(const double *time_s, const double *temperature_C, size_t count, bool *valid);
double damage_cem43_linear_min(const struct damage_history *history, double factor, bool *valid);

#endif
