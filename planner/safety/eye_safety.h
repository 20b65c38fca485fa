/* Eye and skin safety of a beam, answered at one go: limits, density of goggles, protectors, hazard distance.
 *
 * For a beam described by numbers, or the strongest one of a device mode (devices/exposure.h). The formulas are
 * physics/exposure_limits.h; what the numbers given do not decide is NAN and said to be missing. Pure.
 */
#ifndef LASERTWIN_EYE_SAFETY_H
#define LASERTWIN_EYE_SAFETY_H

#include "devices/exposure.h"
#include "physics/exposure_limits.h"

/* NAN: not given. */
struct eye_safety_question {
	char name[96]; /* whose beam */
	double wavelength_nm, pulse_s;
	double rate_Hz;         /* 0: single pulse */
	double time_s;          /* exposure taken for a train; NAN: mpe_time_base_s() */
	double energy_J;        /* per pulse */
	double beam_mm;         /* at the aperture */
	double divergence_mrad; /* full angle */
	double least_od;        /* worn at this wavelength whatever is computed; 0: none */
};

struct eye_safety {
	struct eye_safety_question question; /* time_s filled in */
	struct mpe eye, skin;
	double eye_aperture_mm, skin_aperture_mm;
	double eye_exposure_J_m2, skin_exposure_J_m2; /* at the aperture, per pulse */
	double computed_od, required_od;              /* required: rounded up, at least what is worn */
	double nohd_m;
	enum protector_kind protector;
	int protector_lb; /* EN 207; -1: not known */
	int alignment_rb; /* EN 208, of the mean power; -1: not visible, or not known */
};

/* ST_RANGE names the field that the limits do not reach. */
enum status eye_safety(const struct eye_safety_question *question, struct eye_safety *out,
                       struct fail *why) MUST_CHECK;
/* The strongest, shortest, fastest pulses of the mode. ST_MODEL for radiofrequency and where the profile lacks
 * energy or pulse. */
enum status eye_safety_of_mode(const struct device *device, const struct device_mode *mode,
                               struct eye_safety_question *out, struct fail *why) MUST_CHECK;

/* Each gives a malloc'ed text. */
enum status eye_safety_text(const struct eye_safety *answer, char **out, struct fail *why) MUST_CHECK;
enum status eye_safety_json(const struct eye_safety *answer, char **out, struct fail *why) MUST_CHECK;

#endif
