/* Inside the predictor: radiofrequency through needles. Include from planner/fit only.
 *
 * Every sample of the twin is a needle cell (physics/rf_cell.h) over its own layers, with its own fat between
 * the two published kinds, its own conductivities within their scatter, and, where the profile's geometry is
 * assumed, its own pitch and bare length. A cell is heated at energies a factor 1.5 apart, when they are
 * first needed; what an energy between does is interpolated from the three nearest (temperature and log
 * damage in the energy), so that a search over settings costs no more than a few runs.
 */
#ifndef LASERTWIN_NEEDLES_H
#define LASERTWIN_NEEDLES_H

#include "devices/exposure.h"
#include "planner/fit/predict_private.h"

struct needles;

struct needles_request {
	const struct cohort *cohort;
	const struct exposure *exposure; /* geometry and frequency; depth, energy and pulse may vary later */
	uint64_t seed;
	int (*progress)(void *context, double done_frac);
	void *context;
};

/* ST_MODEL, naming what the profile does not say, when the geometry is incomplete. */
enum status needles_new(const struct needles_request *request, struct needles **out,
                        struct fail *why) MUST_CHECK;
void needles_free(struct needles **needles);
bool needles_serve(const struct needles *needles, const struct exposure *exposure);
/* PREDICT_QUICK: the median twin alone; bands are then as narrow as a point. */
enum status needles_predict(struct needles *needles, const struct exposure *exposure,
                            enum predict_depth depth, struct prediction *out, struct fail *why) MUST_CHECK;

#endif
