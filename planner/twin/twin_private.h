/* Between the files of the twin. */
#ifndef LASERTWIN_TWIN_PRIVATE_H
#define LASERTWIN_TWIN_PRIVATE_H

#include "physics/base/matrix.h"
#include "planner/twin/twin.h"

/* The latent spread that a spread of the value at its median stands for. */
double twin_latent_sd(enum twin_property property, double median, double sd);

/* The population prior of a person as readings describe them: latent mean, covariance, and origin, flags and
 * source of every property. */
void twin_population(const struct readings *readings, struct twin *out);

#endif
