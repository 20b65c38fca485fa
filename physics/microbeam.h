/* Fractional laser: what one microbeam does to the skin, and what many of them cover.
 *
 * Two mechanisms, chosen by the tissue's optics and not by the device:
 *  - opaque tissue (absorption far above reduced scattering: CO2, Er:YAG, Er:YSGG): light stops at the
 *    front (Beer's law, column by column), absorbed by what water and matrix each cell has left; the front recedes as
 *    its cells use up the heat of ablation, and the heat left in the wall and under the dry front coagulates a rim;
 *  - turbid tissue (1440 .. 1940 nm): the absorbed energy comes from Monte Carlo, prepared once per
 *    tissue, wavelength and spot (struct microbeam_light), and heats, boils and coagulates in place. The
 *    surface stays closed, so steam condenses in the neighbourhood; light that dried tissue does not
 *    absorb goes on to the tissue below it.
 * Both run on the enthalpy solver of heat_rz.h with Arrhenius collagen damage; the lesion is the region
 * of Omega >= 1 together with what was removed. Sizes are physical sizes in living tissue; histology
 * reads smaller by histology_factor (Marqa & Mordon 2014: simulated/histologic depth 1.21 +- 0.02).
 *
 * As water warms its bands move (spectra_water_warming): at 1550 nm hot tissue lets more light through.
 *
 * Left out: scattering does not change while tissue coagulates or dries, the beam's focus is the surface
 * (it widens in its crater from there), light does not reflect off crater walls, plume and debris
 * absorb nothing. Every size is
 * flagged VALIDITY_ASSUMED (it rests on design constants); MODEL_LIMIT where turbid tissue dried out and in narrow
 * craters of long pulses.
 */
#ifndef LASERTWIN_MICROBEAM_H
#define LASERTWIN_MICROBEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/estimate.h"
#include "physics/base/status.h"
#include "physics/tissue.h"

enum microbeam_profile { MICROBEAM_GAUSSIAN = 0, MICROBEAM_FLAT };

struct microbeam {
	double wavelength_nm;
	double energy_mJ;
	double diameter_um; /* 1/e2 for a Gaussian, edge for a flat beam */
	double pulse_s;
	enum microbeam_profile profile;
	/* Opaque tissue: after pulse_s of constant power it decays with this time constant; 0: it ends at once. The
	 * share tail / (pulse + tail) of the energy comes in the decay. */
	double tail_s;
};

/* Free-running, lamp-pumped erbium lasers near 3 um emit on while their upper level empties: lifetime of 4I11/2 in
 * YAG about 0.1 ms (textbook value); a laser with shaped power has none. */
#define MICROBEAM_ERBIUM_TAIL_S 1e-4

/* Relative sd of what is coagulated below and beside a crater: see microbeam.c. */
#define MICROBEAM_RESIDUE_REL_SD 0.98

#define MICROBEAM_ENERGY_MAX_MJ 1000.0
#define MICROBEAM_DIAMETER_MIN_UM 20.0
#define MICROBEAM_DIAMETER_MAX_UM 3000.0
#define MICROBEAM_PULSE_MIN_S 1e-6
#define MICROBEAM_PULSE_MAX_S 0.5

/* ST_RANGE naming the field. Energy 0 is allowed: no lesion. */
enum status microbeam_check(const struct microbeam *beam, struct fail *why) MUST_CHECK;

enum microbeam_mechanism { MICROBEAM_TURBID = 0, MICROBEAM_OPAQUE };

/* Which model answers at this wavelength. */
enum status microbeam_mechanism(const struct tissue *tissue, double wavelength_nm,
                                enum microbeam_mechanism *out, struct fail *why) MUST_CHECK;

/* What happened beside the numbers. */
enum microbeam_event {
	MICROBEAM_ABLATED = 1 << 0,     /* tissue was removed */
	MICROBEAM_BOILED = 1 << 1,      /* tissue that remains has boiled */
	MICROBEAM_DRIED = 1 << 2,       /* ... and lost more than half of its water somewhere */
	MICROBEAM_CHARRED = 1 << 3,     /* ... and burnt where it was not removed */
	MICROBEAM_BEYOND_GRID = 1 << 4, /* the lesion reaches the end of the tissue that was modelled */
	/* A crater deeper than wide from a pulse over 1 ms: published ones of one device are a half to a quarter as deep as
	 * a Gaussian beam makes them, and 0.4 to 0.85 as deep as a flat one does; those of shorter pulses are met. What the
	 * light meets in a channel (debris, walls that close) is left out; steam on the wall is no reason, conduction from
	 * 100 C takes below 5 % of 30 W. */
	MICROBEAM_LONG_IN_CHANNEL = 1 << 5,
};

/* Depths are below the surface before treatment. Without a lesion every size is 0. */
struct microbeam_lesion {
	struct estimate ablation_depth_um;
	struct estimate ablation_width_um;    /* full width of the crater at the surface */
	struct estimate coagulation_depth_um; /* deepest coagulated or removed point */
	struct estimate coagulation_width_um; /* largest full width of removed and coagulated column */
	/* Mean thickness of the crater's coagulated wall; ABSENT without a crater. A lower bound
	 * (MODEL_LIMIT): the vapour in the crater heats the wall too, which the model leaves out. */
	struct estimate coagulation_rim_um;
	struct estimate peak_C;           /* hottest remaining tissue at any time */
	struct estimate heat_left_mJ; /* stays in the skin as heat: what warms the tissue between columns */
	struct estimate histology_factor; /* divide a depth by it to compare with sections */
	unsigned events;                  /* OR of enum microbeam_event */
};

/* Along the beam axis. Removed points: omega INFINITY. */
#define MICROBEAM_AXIS_MAX 192
struct microbeam_axis {
	size_t count;
	double depth_um[MICROBEAM_AXIS_MAX];
	double peak_C[MICROBEAM_AXIS_MAX];
	double omega[MICROBEAM_AXIS_MAX];
	/* How far from the axis tissue is killed or removed at this depth, and removed; 0: nowhere. A run's alone: a table
	 * gives them by microbeam_table_outline. */
	double killed_um[MICROBEAM_AXIS_MAX], removed_um[MICROBEAM_AXIS_MAX];
};

/* The column in cross-section. */
#define MICROBEAM_OUTLINE_POINTS 128
struct microbeam_outline {
	double depth_um[MICROBEAM_OUTLINE_POINTS];
	double killed_um[MICROBEAM_OUTLINE_POINTS], removed_um[MICROBEAM_OUTLINE_POINTS]; /* radii, as above */
};

/* ------------------------------------------------------------------ prepared light (turbid tissue) */

struct microbeam_light; /* gives it; free with microbeam_light_free; read-only afterwards, threads may share
                           it */

struct microbeam_light_request {
	/* variants tissues that differ in composition only: the first gives thickness and scattering, the
	 * others their absorption (samples of one patient's melanin, blood and water). */
	const struct tissue *tissue;
	size_t variants; /* 1 .. MC_VARIANTS_MAX */
	double wavelength_nm, diameter_um;
	enum microbeam_profile profile;
	uint64_t photons; /* 0: 20 000 */
	uint64_t seed;
	int (*progress)(void *context, double done_frac); /* may be NULL; nonzero cancels */
	/* As in struct mc_request: the caller's threads; NULL: none. */
	bool (*run)(void *context, size_t count, void (*item)(void *state, size_t index), void *state);
	void *context; /* of progress and run */
};

enum status microbeam_light_new(const struct microbeam_light_request *request, struct microbeam_light **out,
                                struct fail *why) MUST_CHECK;
void microbeam_light_free(struct microbeam_light **light);

/* ------------------------------------------------------------------ one microbeam */

struct microbeam_options {
	bool without_spread;              /* one run only: each sd then holds nothing but the grid error */
	bool (*cancelled)(void *context); /* may be NULL */
	void *context;
};

/* light: NULL in opaque tissue; otherwise it must have been prepared for this wavelength, diameter and
 * profile, and variant selects its absorption and must agree with tissue. options and axis may be NULL.
 * ST_INPUT when light and beam do not belong together, ST_CANCELLED, ST_FULL. */
enum status microbeam_simulate(const struct microbeam_light *light, const struct tissue *tissue,
                               const struct microbeam *beam, size_t variant,
                               const struct microbeam_options *options, struct microbeam_lesion *lesion,
                               struct microbeam_axis *axis, struct fail *why) MUST_CHECK;

/* Energy per volume of skin removed [J/cm3], and the radiant exposure that has taken the water out of the surface
 * [J/cm2]: from there Er:YAG removes; what CO2 has dried can be wiped off, or takes a few times as much to burn. */
enum status microbeam_heat_of_ablation_J_cm3(const struct tissue *tissue, double wavelength_nm,
                                             struct estimate *out, struct fail *why) MUST_CHECK;
enum status microbeam_ablation_threshold_J_cm2(const struct tissue *tissue, double wavelength_nm,
                                               struct estimate *out, struct fail *why) MUST_CHECK;
/* The radiant exposure of a square pulse at whose end the surface boils under the pressure tissue holds, or below 1 us
 * explodes: its first ejection (what a microphone or camera notes), a third to a sixth of the above near 3 um. ST_RANGE
 * naming pulse_s. */
enum status microbeam_removal_onset_J_cm2(const struct tissue *tissue, double wavelength_nm, double pulse_s,
                                          struct estimate *out, struct fail *why) MUST_CHECK;

/* ------------------------------------------------------------------ lesion against energy, precomputed */

/* Of energy. The first two variants are simulated at all of them, further ones at four and in proportion to the first
 * between: tissues of one patient. What that misses is measured on the second variant and in every error. */
#define MICROBEAM_TABLE_NODES 8

struct microbeam_table; /* gives it; free with microbeam_table_free; read-only afterwards */

struct microbeam_table_request {
	const struct microbeam_light *light; /* NULL in opaque tissue; borrowed during the build only */
	const struct tissue *tissue;         /* variants tissues */
	size_t variants;
	struct microbeam beam; /* its energy is ignored */
	double energy_min_mJ, energy_max_mJ;
	int (*progress)(void *context, double done_frac); /* may be NULL; nonzero cancels */
	/* Runs item(state, 0 .. count - 1), in any order and on any threads of the caller's, and reports its own
	 * progress; false: cancelled. NULL: one after the other, here. The table does not depend on it. */
	bool (*run)(void *context, size_t count, void (*item)(void *state, size_t index), void *state);
	void *context; /* of progress and run */
};

enum status microbeam_table_new(const struct microbeam_table_request *request, struct microbeam_table **out,
                                struct fail *why) MUST_CHECK;
void microbeam_table_free(struct microbeam_table **table);

/* Monotone interpolation (Steffen 1990) between the nodes, in microseconds. axis may be NULL.
 * ST_RANGE outside the table's energies or variants: never extrapolated. */
enum status microbeam_table_at(const struct microbeam_table *table, double energy_mJ, size_t variant,
                               struct microbeam_lesion *lesion, struct microbeam_axis *axis,
                               struct fail *why) MUST_CHECK;

/* The first variant's column in cross-section, between the nodes at equal shares of the killed depth. ST_RANGE as
 * above. */
enum status microbeam_table_outline(const struct microbeam_table *table, double energy_mJ,
                                    struct microbeam_outline *out, struct fail *why) MUST_CHECK;

/* ------------------------------------------------------------------ many microbeams */

/* Microbeams per cm2 that put their nominal discs on this share of the skin in one pass. */
double microbeam_density_1_cm2(double coverage_frac, double diameter_um);
double microbeam_coverage_frac(double density_1_cm2, double diameter_um);
/* Over passes: added up (scanned, or as a limit) and as the union of random passes, 1 - (1-c)^k. */
double microbeam_coverage_sum_frac(double coverage_per_pass_frac, unsigned passes);
double microbeam_coverage_union_frac(double coverage_per_pass_frac, unsigned passes);
/* Mean over the treated area, and over one microbeam's nominal disc. */
double microbeam_mean_fluence_J_cm2(double energy_mJ, double density_1_cm2);
double microbeam_fluence_J_cm2(double energy_mJ, double diameter_um);
/* The depth or width a section would show. */
struct estimate microbeam_histology_um(struct estimate size_um, struct estimate histology_factor);

#endif
