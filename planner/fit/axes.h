/* Axes of many samples from those of the anchors: temperature and damage against depth.
 *
 * Fronts of the anchors lie at different depths. A weighted sum at equal depth would show shelves between them that no
 * column has, so it is taken at equal shares of the killed depth, wherever every anchor kills something. Include from
 * planner/fit only.
 */
#ifndef LASERTWIN_AXES_H
#define LASERTWIN_AXES_H

#include "physics/microbeam.h"
#include "planner/fit/anchors.h"

#define AXES_POINTS 192

/* The anchors' axes on common points: shares of the killed depth, or depths where some anchor kills nothing. */
struct axes {
	bool shares;
	double last; /* point AXES_POINTS - 1; point k lies at its (k / (AXES_POINTS - 1))^2: finer at the surface */
	double peak_C[ANCHORS_MAX][AXES_POINTS];
	double omega_ln[ANCHORS_MAX][AXES_POINTS];
};

/* killed_um: of the anchors; reach_um: no deeper will be asked of samples that kill at least least_um, stretched. */
void axes_prepare(const struct anchors *anchors, const struct microbeam_axis *axis, const double *killed_um,
                  double reach_um, double least_um, struct axes *out);

/* Sample s, whose anchors say it kills down to killed_um; all of it lies stretch times as deep. */
void axes_sample(const struct axes *axes, const struct anchors *anchors, unsigned s, double killed_um,
                 double stretch, const double *depth_um, size_t depths, double *peak_C, double *omega_ln);

#endif
