/* Optical breakdown below the skin's surface: one focus of a lens or grating array.
 *
 * A microbeam converges towards a focus in scattering tissue. On the way its unscattered light is lost by
 * absorption and scattering; what is scattered little stays near the axis and spreads as a cloud. Where the
 * irradiance reaches the threshold a plasma forms and leaves a vacuole, between the depths where it does. In
 * layers with melanin the pigment seeds it, far below the threshold of clear tissue.
 *
 * Not in the model: interference of scattered light (speckle), self-focusing, the screening of light behind the
 * first plasma, gas that is left. Every result is flagged ASSUMED; MODEL_LIMIT beyond half a transport length.
 */
#ifndef LASERTWIN_BREAKDOWN_H
#define LASERTWIN_BREAKDOWN_H

#include <stdbool.h>

#include "physics/tissue.h"

#define BREAKDOWN_PULSE_MIN_S 1e-11
#define BREAKDOWN_PULSE_MAX_S 1e-7
#define BREAKDOWN_HALF_ANGLE_MAX 0.6 /* radians, in air: paraxial */

struct breakdown_beam {
	double wavelength_nm;
	double pulse_s;
	double energy_mJ;     /* of one microbeam */
	double half_angle;    /* of convergence in air, radians; 0: parallel */
	double waist_um;      /* 1/e2 radius at the focus in a clear medium; 0: what diffraction leaves (M2 = 1) */
	double focus_um;      /* depth of the focus in the skin */
};

struct breakdown {
	bool formed;                      /* somewhere the irradiance reaches the threshold */
	bool seeded;                      /* by melanin, where it is strongest against its threshold */
	struct estimate energy_mJ;        /* of a microbeam that just does */
	struct estimate irradiance_W_cm2; /* there */
	struct estimate threshold_W_cm2;
	double depth_um;                  /* where irradiance over threshold is largest */
	struct estimate top_um, bottom_um;    /* of the depths with breakdown; ABSENT when none */
	/* Largest diameter of the bubble; ABSENT when none. A section shows what is left of it after it fell together:
	 * 40-163 um are published where this gives 300-400. MODEL_LIMIT where melanin seeds many small ones in its place. */
	struct estimate bubble_um;
};

/* Irradiance on the axis at a depth [W/cm2]; a plane interface at 0. */
enum status breakdown_irradiance_W_cm2(const struct tissue *tissue, const struct breakdown_beam *beam, double depth_um,
                                       struct estimate *out, struct fail *why) MUST_CHECK;

/* Threshold irradiance [W/cm2] for a pulse, without or with melanin as the seed. */
struct estimate breakdown_threshold_W_cm2(double pulse_s, bool melanin_seed);

/* Depths at which a profile stands: the middles of steps of 5 um from the surface down. */
#define BREAKDOWN_DEPTHS 300
#define BREAKDOWN_STEP_UM 5.0

/* The same by depth, linear in energy: irradiance over the threshold for 1 mJ. */
struct breakdown_profile {
	float excess_1_mJ[BREAKDOWN_DEPTHS];
	double energy_mJ; /* that just breaks down somewhere, at ... */
	double depth_um;
	double threshold_rel_sd; /* of the threshold there */
	bool seeded;
	unsigned flags;
};
enum status breakdown_profile_of(const struct tissue *tissue, const struct breakdown_beam *beam,
                                 struct breakdown_profile *out, struct fail *why) MUST_CHECK;

enum status breakdown_find(const struct tissue *tissue, const struct breakdown_beam *beam, struct breakdown *out,
                           struct fail *why) MUST_CHECK;

#endif
