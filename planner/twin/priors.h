/* Population priors: what is known of a skin nobody has measured yet. Used by the twin alone. */
#ifndef LASERTWIN_PRIORS_H
#define LASERTWIN_PRIORS_H

#include "planner/twin/twin.h"

/* Value and spread of a property for a site, age and skin type (0: unknown); every value has a source. */
struct prior {
	double median, sd;
	unsigned flags;
	const char *source;
};
struct prior prior_of(enum twin_property property, const struct readings *readings);

/* Melanosome fraction by skin type: median, and spread of its logarithm. */
struct prior prior_melanosome_ln(int fitzpatrick);

#endif
