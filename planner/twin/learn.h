/* Learning from outcomes: what was seen after a treatment moves how this person is expected to answer to the next.
 *
 *     twin --twin_learn(outcome)--> twin with a lesson for each factor the outcome speaks of
 *     twin --twin_evidence(factor)--> what those lessons say together --> the prediction (planner/fit/predict.h)
 *
 * A factor is "true over predicted" of a person. Each lesson is kept beside the state as what it alone said, so that
 * a later word on the same treatment replaces the earlier one, the same word twice counts once, and a prediction can
 * take the lessons that bear on it (of its own kind of device) and hold them against its own model's error.
 */
#ifndef LASERTWIN_LEARN_H
#define LASERTWIN_LEARN_H

#include "planner/twin/twin.h"

/* What came of a treatment; what was not seen stays NAN or -1. */
struct twin_outcome {
	int endpoint_seen;               /* 1, 0, -1 not noted */
	double endpoint_dose_ratio;      /* dose given over the dose predicted for the endpoint */
	double erythema_days, erythema_expected_days;
	int pih;                         /* 1, 0, -1 not looked for */
	double pih_expected_frac;        /* of the published series */
	double cleared_frac;             /* of the lesion, since before the first of sessions */
	int sessions;
	double cleared_expected_frac;    /* of one session, published */
	double depth_measured_um, depth_predicted_um;
	char treatment[64];   /* which one: "" is a treatment of its own each time */
	char device_mode[64]; /* "ultrapulse.deepfx"; "": not told, then predictions of effects do not use it */
};
#define TWIN_NO_OUTCOME {-1, NAN, NAN, NAN, -1, NAN, NAN, 0, NAN, NAN, NAN, "", ""}

/* A number this many times off is taken for a slip of unit or of patient, not for a person: the models miss published
 * depths and thresholds by at most 2.6 times (tests/validation). DESIGN. */
#define TWIN_IMPLAUSIBLE_RATIO 4.0
#define TWIN_IMPLAUSIBLE_DAYS_RATIO 20.0 /* redness: hours against weeks happens */

/* Numbers by Kalman's update, yes and no by the moments of a Gaussian times a probit (assumed density filter:
 * Rasmussen & Williams 2006, eq. 3.85 with one case). An outcome moves its own factor and what goes along with it.
 * What the treatment said of a factor before is taken back first; said again in the same words it changes nothing.
 * Unchanged on failure: ST_INPUT where an outcome lacks what it is compared with, ST_RANGE where a number cannot be,
 * ST_FULL beyond TWIN_LESSONS_MAX. */
enum status twin_learn(struct twin *twin, const struct twin_outcome *outcome, struct fail *why) MUST_CHECK;

/* Whether that would be refused for what the outcome says; a lesson too many is not seen here. */
enum status twin_outcome_check(const struct twin_outcome *outcome, struct fail *why) MUST_CHECK;

/* What the lessons of one factor say together, those that counts() accepts (NULL: all), without any prior. */
struct twin_evidence {
	unsigned treatments; /* 0: none, the rest is not set */
	double read, variance; /* latent */
};
struct twin_evidence twin_evidence(const struct twin *twin, enum twin_property factor,
                                   bool (*counts)(void *context, const struct twin_lesson *lesson), void *context);
/* Latent spread of a factor before anything is learnt. */
double twin_population_sd(const struct twin *twin, enum twin_property factor);
/* Chance of PIH of this person where the published one is given (between 0 and 1): moved by the liability in probits,
 * its doubt averaged out. */
double twin_pih_frac(const struct twin *twin, double published_frac);
/* Whether a treatment was followed by PIH. */
bool twin_had_pih(const struct twin *twin);

/* The name of a version of a plan as a treatment. */
void twin_outcome_treatment(const char *plan, int64_t version, struct twin_outcome *out);
/* One outcome as JSON, schema lasertwin-outcome/1 (profiles/schema/outcome.schema.json): what a session amounted to, as
 * the delivery record writes it (planner/plan/delivery.h), what was seen of it, or both. Without "treatment" or "plan"
 * the content itself is the treatment's name: the same file read twice is one treatment. */
enum status twin_outcome_read(const char *name, const char *bytes, size_t length, struct twin_outcome *out,
                              struct fail *why) MUST_CHECK;

#endif
