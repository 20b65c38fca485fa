/* Needle arrays in layered tissue: one needle of an endless array, in three dimensions.
 *
 * The periodic array is cut along its mirror planes to the part around one needle: a box whose sides insulate
 * (planes between needles of one polarity) or lie at zero potential (planes half way between opposite ones).
 * Finite volumes on a graded grid of nodes that resolves the needle: nodes inside the metal are held at its
 * potential, a link that crosses the needle's surface is as long as its part in tissue (Gibou et al. 2002,
 * J Comput Phys 176:205: symmetric, second order). Insulated shaft carries no current. div(y grad V) = 0 with
 * the complex admittivity of each layer; COCG with a modified incomplete factorisation.
 *
 * Heat runs on the same grid: Joule power of every link goes half to each of its nodes, so heat and Re(V I*)
 * agree to rounding; Crank-Nicolson with implicit Euler after each switch (Rannacher 1984); conductivity
 * follows temperature; water boils at 100 C, takes its latent heat and leaves a dry layer that conducts a
 * thousandth; steam is not moved. The steel conducts heat. Temperatures are a base that would be steady by
 * itself (surface_C to core_C with depth) plus the excess computed.
 *
 * What the periodic cell misses, needles at the rim of a real array, is in physics/rf_array.h.
 */
#ifndef LASERTWIN_RF_CELL_H
#define LASERTWIN_RF_CELL_H

#include "physics/damage.h"
#include "physics/rf.h"

enum rf_pattern {
	RF_PATTERN_ROWS = 0,     /* bipolar, rows of alternating polarity: opposite across x, alike along y */
	RF_PATTERN_CHECKERBOARD, /* bipolar, opposite across x and y */
	RF_PATTERN_ALIKE,        /* all needles one polarity, the return far away or at the lower face */
	RF_PATTERN_PAIR,         /* two opposite needles a pitch_x apart, none else within reach */
	RF_PATTERNS
};

struct rf_needles {
	enum rf_pattern pattern;
	double pitch_x_um, pitch_y_um; /* between neighbours; pitch_y is not used for a pair */
	double radius_um;
	bool square;                 /* a bar of that half width instead of a round needle */
	double bare_from_um, tip_um; /* depths between which the metal is bare; 0: bare from the surface */
};

#define RF_CELL_NODES_MAX 900000
#define RF_NEEDLE_DEPTH_MIN_UM 100.0
#define RF_NEEDLE_DEPTH_MAX_UM 10000.0

struct rf_cell_options {
	double refine;       /* links per length over the default; 0: 1 */
	double below_um;     /* tissue below the tip that is computed; 0: 2.5 pitches, at least 2 mm */
	bool estimate_error; /* solve a coarser grid too: impedance_error_ohm; costs a third more */
};

struct rf_cell;

/* Borrows nothing. Refuses by field: what rf_stack_check refuses, needles that touch, a bare part upside
 * down, tips outside the range above or outside the tissue. */
enum status rf_cell_new(const struct rf_stack *stack, const struct rf_needles *needles,
                        const struct rf_cell_options *options, struct rf_cell **out,
                        struct fail *why) MUST_CHECK;
void rf_cell_free(struct rf_cell **cell);

/* Fields at 1 V: between opposite needles, or from the needles to the lower face of the cell (alike). The
 * impedance is that of one needle and its share of its neighbours: per pair where bipolar, per needle where
 * alike. ST_NUMERIC with the residual when the iteration does not converge. */
enum status rf_cell_solve(struct rf_cell *cell, struct rf_result *out, struct fail *why) MUST_CHECK;

/* After rf_cell_solve: the field at a place within the cell, x from the needle's axis. ST_RANGE outside. */
enum status rf_cell_field(const struct rf_cell *cell, double x_um, double y_um, double depth_um,
                          struct rf_field *out, struct fail *why) MUST_CHECK;

size_t rf_cell_nodes(const struct rf_cell *cell);

/* ---- heat ------------------------------------------------------------------------------------------- */

#define RF_CELL_SETS_MAX 4
#define RF_CELL_POINTS_MAX 16
#define RF_CELL_TIMES_MAX 240

enum rf_cell_stop {
	RF_CELL_STOP_TIME,
	RF_CELL_STOP_ENERGY,
	RF_CELL_STOP_IMPEDANCE_LOW,
	RF_CELL_STOP_IMPEDANCE_HIGH,
	RF_CELL_STOPS
};

/* Pulses, and what ends them. Power, current and energy are those of one needle. */
struct rf_pulsing {
	struct rf_drive drive;
	double on_s, off_s; /* one pulse, and the pause after it */
	unsigned pulses;    /* 0: 1 */
	double after_s;     /* followed after the last pulse; 0: 1 s */
	double energy_J;    /* delivered in all, then off; 0: no such limit */
	double target_C; /* power is cut so that the hottest tissue at the metal holds this; 0: no control */
	double impedance_min_ohm, impedance_max_ohm; /* modulus outside: off for good; 0: no such limit */
};

struct rf_cell_cooling {
	double surface_C, core_C; /* of the base */
	double ambient_W_m2K;     /* what the excess loses at the surface; air 5-10 */
	double contact_W_m2K,
	        contact_C; /* a cooled hand piece from the first moment to contact_end_s; 0: none */
	double contact_end_s;
};

struct rf_cell_heating {
	struct rf_pulsing pulsing;
	struct rf_cell_cooling cooling;
	size_t sets;
	enum damage_set_id set[RF_CELL_SETS_MAX];
	size_t points;
	struct rf_cell_place {
		double x_um, y_um, depth_um;
	} point[RF_CELL_POINTS_MAX];
	double tolerance; /* of the heat of a step, relative to its increment; 0: 1e-5 */
	double update_K;  /* conductivities follow when the hottest node has changed by this; 0: 4 K */
	unsigned steps;   /* of time in all, roughly; 0: 60 */
	bool (*cancelled)(void *context);
	void *context;
};

struct rf_cell_zone {
	double top_um, bottom_um; /* depths between which the value is reached anywhere; NAN: nowhere */
	double width_um;          /* widest, mean of both directions */
	double at_um;             /* where it is widest */
	bool joined;              /* reaches the next needle's zone */
};

struct rf_cell_outcome {
	double peak_C, peak_depth_um;
	double layer_peak_C[RF_LAYERS_MAX]; /* tissue, not metal */
	double surface_peak_C;
	double layer_cem43_min[RF_LAYERS_MAX]; /* highest within the layer */
	double layer_energy_J[RF_LAYERS_MAX];
	struct rf_cell_zone zone[RF_CELL_SETS_MAX]; /* Omega >= 1 */
	struct rf_cell_zone zone_43min[2];          /* CEM43 >= 12 and >= 240 min */
	double energy_J;                            /* delivered by one needle */
	double on_s;                                /* with power */
	double impedance_start_ohm, impedance_end_ohm, impedance_min_ohm, impedance_max_ohm; /* modulus */
	double boiled_frac; /* largest share of a node's water gone */
	enum rf_cell_stop stop;
	unsigned updates, steps;
	double balance_frac; /* |energy in - stored - lost| / energy in */
	unsigned flags;
	size_t times;
	double time_s[RF_CELL_TIMES_MAX], power_W[RF_CELL_TIMES_MAX], impedance_ohm[RF_CELL_TIMES_MAX];
	double point_C[RF_CELL_TIMES_MAX][RF_CELL_POINTS_MAX];
};

/* After rf_cell_solve. The cell is left as after the solve: it can be heated again with other pulses. */
enum status rf_cell_heat(struct rf_cell *cell, const struct rf_cell_heating *heating,
                         struct rf_cell_outcome *out, struct fail *why) MUST_CHECK;

/* After rf_cell_heat: the highest temperature and Omega of set k down a vertical line x, y from the axis. */
enum status rf_cell_line(const struct rf_cell *cell, double x_um, double y_um, size_t count,
                         const double *depth_um, double *peak_C, size_t set, double *omega,
                         struct fail *why) MUST_CHECK;

/* After rf_cell_heat, tissue alone: the highest of all places at each depth, and along x through the needle's
 * axis at one depth. omega[set * count + i]; cem43_min may be NULL. */
enum status rf_cell_hottest(const struct rf_cell *cell, size_t count, const double *depth_um, double *peak_C,
                            double *omega, double *cem43_min, struct fail *why) MUST_CHECK;
enum status rf_cell_across(const struct rf_cell *cell, double depth_um, size_t count, const double *x_um,
                           double *peak_C, double *omega, struct fail *why) MUST_CHECK;

#endif
