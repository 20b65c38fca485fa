/* Exposures: what reaches the skin when a mode fires with given settings.
 *
 * Pure arithmetic on a completed setting (settings_complete() without issues); the physics takes it from
 * here. Radiant exposures are what arrives at the surface, before any reflection. Fractions are 0..1.
 */
#ifndef LASERTWIN_EXPOSURE_H
#define LASERTWIN_EXPOSURE_H

#include "devices/device.h"
#include "physics/exposure_limits.h"

enum exposure_kind {
	EXPOSURE_BROAD,      /* one even spot */
	EXPOSURE_MICROBEAMS, /* separate narrow beams, nothing between them */
	EXPOSURE_LENS_ARRAY, /* foci on a background */
	EXPOSURE_RF,         /* no light: only the numbers of the console */
	EXPOSURE_KINDS
};

/* Not applicable: NAN. */
struct exposure {
	enum exposure_kind kind;
	enum modality modality;
	double wavelength_nm;
	double pulse_s;
	double fluence_J_cm2; /* one pass, mean over the treated area; per pulse for broad and lens arrays */
	double spot_um;       /* broad and lens arrays */
	double energy_mJ;     /* one pulse; one microbeam where they come one by one; one pin */
	/* microbeams and foci */
	double microbeam_energy_mJ;
	double microbeam_um;
	double microbeam_fluence_J_cm2; /* energy over its area; for foci the mean inside one */
	double microbeams_per_cm2_pass; /* one pass */
	double microbeams_per_cm2;      /* all passes */
	double coverage_pass_frac;
	double coverage_sum_frac;        /* passes added: what limits are judged on; may exceed 1 */
	double coverage_union_frac;      /* share hit at least once by passes at random: 1 - (1 - c)^passes */
	double background_fluence_J_cm2; /* lens arrays: between the foci */
	double microbeam_spread_frac;    /* deviation of energy between microbeams; 0 when not known */
	double focus_half_angle, focus_depth_um, focus_um; /* one microbeam's focus, as in struct device_mode */
	bool focus_assumed;                                /* a figure of it is of low confidence */
	unsigned passes, stack;          /* at least 1 */
	double rep_hz;
	enum cooling_kind cooling;
	double spray_s, delay_s; /* cryogen before every pass; 0: the profile does not say */
	/* radiofrequency */
	double frequency_MHz, tip_cm2, pins, depth_um, power_W, level;
	enum needle_layout needle_layout;
	double pitch_um, needle_um, bare_um; /* bare_um: of depth_um at most, counted from the tip */
	bool geometry_assumed;               /* a figure of it is of low confidence */
};

#define EXPOSURE_NUMBERS_MAX 24

/* The numbers every device has in common, by the names of the case format: microbeams_per_cm2,
 * mean_fluence_J_cm2, microbeam_mean_fluence_J_cm2, coverage_sum_pct, coverage_union_pct, ... Only those
 * that apply. */
struct exposure_number {
	const char *key, *unit, *label;
	int decimals;
	double value;
};
struct exposure_numbers {
	size_t count;
	struct exposure_number number[EXPOSURE_NUMBERS_MAX];
};

/* settings: completed. ST_MODEL when what the exposure needs is not in them or the profile; *out then holds
 * NAN for every quantity of the beam, never a zero somebody could take for a dose. */
enum status exposure_of(const struct device *device, const struct device_mode *mode,
                        const struct settings *settings, struct exposure *out, struct fail *why) MUST_CHECK;
void exposure_numbers(const struct exposure *exposure, struct exposure_numbers *out);
/* Unit, label and decimals of a number by its key (value 0); false: no such key. For stored plans. */
bool exposure_number_named(const char *key, struct exposure_number *out);
/* NAN when the exposure has no such number. */
double exposure_number(const struct exposure *exposure, const char *key);

/* Eyewear against the strongest, shortest and fastest pulses of a mode, for ten seconds. NAN throughout for RF
 * and where the profile has no energy; required_od is then what is worn at the wavelength anyway. */
struct eyewear {
	double energy_J, pulse_s, rate_Hz;
	double aperture_mm, beam_mm; /* of the eye; of the narrowest beam */
	double exposure_J_m2; /* of the unprotected eye, over the limiting aperture, per pulse */
	double mpe_J_m2;      /* per pulse */
	struct mpe mpe;       /* how it comes about; meaningful where mpe_J_m2 is a number */
	double computed_od;   /* log10(exposure / MPE) */
	double required_od;   /* computed, rounded up, and never below what is worn at the wavelength */
	enum protector_kind protector;
	int protector_lb; /* EN 207, in the narrowest beam; -1: not known, or beyond LB10 */
};
struct eyewear eyewear_for(const struct device_mode *mode);

#endif
