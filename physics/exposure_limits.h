/* Limits for eye and skin that a laser was not aimed at: maximum permissible exposure (MPE), nominal ocular
 * hazard distance (NOHD), optical density (OD), scale numbers of protectors (EN 207, EN 208).
 *
 * IEC 60825-1:2014, tables A.1-A.5 (point source) and the skin table, as generally reproduced; the skin part was
 * compared with ICNIRP 2013 as transcribed in CBORT-NCBIB/MPE-Calculator-Skin. The standards themselves were not
 * read: confidence medium. The tissue that is treated is outside these limits.
 *
 * Radiant exposures in J/m2, as in the standard; 180 nm to 1 mm, 100 fs to 30 000 s. Pure.
 */
#ifndef LASERTWIN_EXPOSURE_LIMITS_H
#define LASERTWIN_EXPOSURE_LIMITS_H

#include <stdbool.h>

#include "physics/base/status.h"

enum mpe_organ { MPE_EYE, MPE_SKIN };

/* Which of two laws holds at the very instant they meet, say at 10 s: sources differ, by up to 2.3 %. */
enum mpe_ends {
	MPE_ENDS_CLOSED,    /* (t1, t2]: the law before */
	MPE_ENDS_HALF_OPEN, /* [t1, t2): the law after */
	MPE_ENDS_STRICTER   /* the lower of the two */
};
#define MPE_ENDS MPE_ENDS_STRICTER /* what this program takes, everywhere */

#define MPE_NM_MIN 180.0
#define MPE_NM_MAX 1e6
#define MPE_S_MIN 1e-13
#define MPE_S_MAX 3e4

/* One exposure of the given duration. ST_RANGE outside the tables. The eye's limit from 1250 to 1400 nm guards
 * the retina alone and passes that of the skin; mpe_train() then takes the skin's, which guards the cornea. */
enum status mpe_single_J_m2(enum mpe_organ organ, double wavelength_nm, double duration_s, enum mpe_ends ends,
                            double *out, struct fail *why) MUST_CHECK;

struct mpe_train {
	enum mpe_organ organ;
	double wavelength_nm, pulse_s;
	double rate_Hz; /* 0: a single pulse, and time_s is not looked at */
	double time_s;  /* how long the train may be looked into */
};

enum mpe_rule { MPE_RULE_SINGLE, MPE_RULE_TOTAL, MPE_RULE_TRAIN, MPE_RULE_CORNEA, MPE_RULES };
const char *mpe_rule_text(enum mpe_rule rule);

struct mpe {
	double per_pulse_J_m2; /* the lowest of all rules */
	enum mpe_rule rule;    /* which of them that is */
	double single_J_m2;    /* rule 1: any one pulse */
	double total_J_m2;     /* rule 2: the whole train, shared among its pulses; NAN for one pulse */
	double c5;             /* rule 3, eye: correction of many short pulses; 1 where it does not apply */
	double pulses;
};

/* The limit for each pulse of a train: any single pulse; the average of all; for the eye C5 (pulses up to 5 us,
 * 13 us beyond 1050 nm, which is also the time within which pulses count as one). The N^-0.25 rule does not hold
 * for skin (ICNIRP 2013). */
enum status mpe_of_train(const struct mpe_train *train, enum mpe_ends ends, struct mpe *out,
                         struct fail *why) MUST_CHECK;

/* Over which the exposure is averaged: 7 mm pupil for 400-1400 nm, 1 to 3.5 mm otherwise, 11 mm beyond 100 um. */
double mpe_aperture_mm(enum mpe_organ organ, double wavelength_nm, double duration_s);

/* How long an unprotected person is taken to look: 0.25 s where light is seen (aversion), 100 s in the infrared,
 * 30 000 s in the ultraviolet (IEC 60825-1:2014, 8.3). */
double mpe_time_base_s(double wavelength_nm);

/* Exposure of what the limiting aperture sees of a beam: its energy over the larger of both areas. */
double mpe_exposure_J_m2(double energy_J, double beam_mm, double aperture_mm);

/* Distance at which a beam of energy (or power) has spread until the limit (J/m2, or W/m2) is met: flat beam,
 * diameter beam_mm at the aperture, full divergence. 0 where the aperture is already safe. */
double mpe_nohd_m(double energy_J, double limit_J_m2, double beam_mm, double divergence_mrad);

/* log10(exposure / limit), at least 0. */
double mpe_optical_density(double exposure, double limit);

/* Protectors, scale number by kind of operation (EN 207:2009, tables 1 and B.1). */
enum protector_kind {
	PROTECTOR_D, /* continuous */
	PROTECTOR_I, /* pulsed, and R: giant pulsed (Q-switched) */
	PROTECTOR_M  /* mode-locked: shorter than 1 ns */
};
enum protector_kind protector_kind_of(double wavelength_nm, double pulse_s);

/* Lowest n of LBn that stands the exposure: W/m2 for D, J/m2 of one pulse for I and M in 315-1400 nm (times
 * pulses_10s^0.25, pulses in 10 s), J/m2 for I and W/m2 for M beyond. -1 where no number (1..10) does; 0: none
 * needed. */
int protector_en207(double wavelength_nm, enum protector_kind kind, double exposure, double pulses_10s);
/* Alignment protector RBn for 400-700 nm: continuous power in W. -1 outside. */
int protector_en208(double wavelength_nm, double power_W);

#endif
