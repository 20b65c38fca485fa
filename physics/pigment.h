/* Pigment under nanosecond and picosecond pulses: one absorbing sphere in skin.
 *
 * A sphere of absorption mua takes energy from the local fluence (incident fluence x subsurface fluence
 * factor), loses heat while the pulse lasts, and ruptures when it reaches one vaporisation temperature,
 * whatever the wavelength and the pulse. The pressure is thermoelastic. Arrays of lenses or gratings
 * concentrate the pulse; their peak is compared with breakdown.
 *
 * Sphere and surroundings share their thermal properties (a melanosome in epidermis: within 30 %; for
 * carbon or metal ink the centre is cooler than computed, the threshold a lower bound).
 */
#ifndef LASERTWIN_PIGMENT_H
#define LASERTWIN_PIGMENT_H

#include <stdbool.h>

#include "physics/base/estimate.h"
#include "physics/base/status.h"

#define PIGMENT_RADIUS_MIN_UM 0.05
#define PIGMENT_RADIUS_MAX_UM 10.0
#define PIGMENT_PULSE_MIN_S 1e-13
#define PIGMENT_PULSE_MAX_S 1.0
#define PIGMENT_SUPERHEAT_C 302.0 /* spinodal of water at 1 atm, 300..305 C: Vogel & Venugopalan 2003 */

struct pigment_absorber {
	double radius_um;
	struct estimate mua_1_cm;    /* inside the sphere */
	struct estimate heat_J_cm3K; /* volumetric heat capacity */
	double diffusivity_um2_us;   /* 0.1 um2/us = 1e-7 m2/s */
	double sound_um_ns;          /* speed of sound, um per ns */
	struct estimate gruneisen;
	struct estimate vaporisation_C; /* value 0: pigment_vaporisation_C() */
};

/* A cutaneous melanosome at this wavelength (radius 0.5 um: Jacques & McAuliffe's absorber). */
struct pigment_absorber pigment_melanosome(double wavelength_nm);
/* A carbon ink particle of this radius. */
struct pigment_absorber pigment_carbon(double radius_um);

/* Absorption efficiency of a sphere, x = mua d: 1 - 2 [1 - (1 + x) e^-x] / x^2. 0..1. */
double pigment_absorption_efficiency(double mua_diameter);

/* Temperature at the centre after a rectangular pulse, per J/cm3 absorbed and unit heat capacity:
 * 1 with perfect confinement, falling with pulse_s. */
double pigment_thermal_confinement_frac(const struct pigment_absorber *a, double pulse_s);
/* Share of the full thermoelastic pressure that builds up: (1 - e^-q)/q, q = pulse c / d. */
double pigment_stress_confinement_frac(const struct pigment_absorber *a, double pulse_s);
/* d^2 / (27 kappa): the textbook relaxation time of a sphere. */
double pigment_relaxation_s(const struct pigment_absorber *a);

/* Highest temperature of the absorber under local_J_cm2 (the fluence at the particle). Without phase
 * change: MODEL_LIMIT is flagged above the superheat limit of water. */
enum status pigment_peak_C(const struct pigment_absorber *a, double local_J_cm2, double pulse_s,
                           double start_C, struct estimate *out, struct fail *why) MUST_CHECK;

/* Incident fluence at which the absorber reaches the vaporisation criterion, for a subsurface fluence
 * factor (local / incident fluence). */
enum status pigment_threshold_J_cm2(const struct pigment_absorber *a, double pulse_s, double start_C,
                                    struct estimate fluence_factor, struct estimate *out,
                                    struct fail *why) MUST_CHECK;

enum status pigment_pressure_MPa(const struct pigment_absorber *a, double local_J_cm2, double pulse_s,
                                 struct estimate *out, struct fail *why) MUST_CHECK;

/* The one temperature criterion, of granules in skin. First bubbles: what is seen as whitening takes many, in fair
 * human skin 5 to 12 times as much (694 nm: Hruza et al. 1991). */
struct estimate pigment_vaporisation_C(void);
/* Of isolated granules in water, which superheats on them. */
struct estimate pigment_suspended_vaporisation_C(void);

/* ------------------------------------------------------------------ lens and grating arrays */

struct pigment_array {
	double mean_J_cm2;            /* energy / whole spot */
	double microbeam_energy_frac; /* of the energy in the microbeams */
	double microbeam_area_frac;   /* of the spot they cover */
	double spread_frac;           /* relative sd between microbeams: lens arrays 0.26, gratings 0.03 */
};

struct pigment_array_light {
	struct estimate peak_J_cm2;       /* in a microbeam, at its focus in a clear medium */
	struct estimate background_J_cm2; /* between them */
	struct estimate irradiance_W_cm2; /* peak */
	struct estimate breakdown_W_cm2;  /* threshold, with melanin as the seed or without */
	bool breakdown;                   /* the irradiance reaches the threshold within one sd of both */
};

enum status pigment_array_light(const struct pigment_array *array, double pulse_s, bool melanin_seed,
                                struct pigment_array_light *out, struct fail *why) MUST_CHECK;

#endif
