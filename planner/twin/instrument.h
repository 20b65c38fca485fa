/* Instruments: what a melanin, erythema or colour meter would read on a layered skin, and the inverse.
 *
 * The forward model is the reflectance of the tissue by the same optics and transport that plan the
 * treatment (collimated in, hemisphere out: by reciprocity the d/8 geometry of colorimeters, specular
 * part excluded). Used by the twin alone.
 */
#ifndef LASERTWIN_INSTRUMENT_H
#define LASERTWIN_INSTRUMENT_H

#include "physics/base/status.h"
#include "planner/twin/twin.h"

enum instrument_field { INSTRUMENT_NORMAL_SKIN, INSTRUMENT_LESION };

struct instrument_posterior {
	double median, sd;  /* of the fraction itself */
	unsigned readings;  /* how many readings informed it */
	unsigned flags;     /* VALIDITY_EXTRAPOLATED when it runs against the end of the grid */
	char source[128];
};

/* Posterior of the melanosome fraction given a log-normal prior; value holds the other properties. */
enum status instrument_fit_melanin(const double *value, const struct readings *readings,
                                   enum instrument_field field, double prior_ln, double prior_ln_sd,
                                   struct instrument_posterior *out, struct fail *why) MUST_CHECK;
/* The same for the blood fraction, from the erythema index (Mexameter scale). */
enum status instrument_fit_blood(const double *value, const struct readings *readings, double prior_ln,
                                 double prior_ln_sd, struct instrument_posterior *out,
                                 struct fail *why) MUST_CHECK;

#endif
