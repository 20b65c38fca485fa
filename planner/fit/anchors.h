/* Few simulations for many samples: lesions of all samples from those of a few anchors.
 *
 * How deep a microbeam coagulates depends on the sample through what absorbs (epidermis, dermis) and how warm the
 * skin is: three numbers, over a narrow spread. A size is taken as linear in them and found by least squares over
 * the anchors, which are chosen far apart: the median sample first, then always the sample farthest from those chosen
 * (Gonzalez 1985). Every size of a sample is then a weighted sum of the anchors' sizes, with weights that do not
 * depend on the size. What the anchors themselves miss by is the emulation's error. Include from planner/fit only.
 */
#ifndef LASERTWIN_ANCHORS_H
#define LASERTWIN_ANCHORS_H

#include <stdbool.h>

#include "physics/tissue.h"

#define ANCHORS_MAX 8
#define ANCHOR_SAMPLES_MAX 64

struct anchors {
	unsigned samples, count;
	unsigned index[ANCHORS_MAX]; /* of the samples that are simulated; [0] is 0, the median */
	/* Of the anchors' sizes in a sample's; an anchor's own row takes itself alone. Rows sum to 1. */
	double weight[ANCHOR_SAMPLES_MAX][ANCHORS_MAX];
	double smooth[ANCHORS_MAX][ANCHORS_MAX]; /* what the plane through the anchors says at the anchors */
};

/* samples <= ANCHOR_SAMPLES_MAX tissues of one geometry. No more samples than ANCHORS_MAX: each is its own anchor. */
void anchors_choose(const struct tissue *tissue, unsigned samples, double wavelength_nm, struct anchors *out);

/* Of sample s, from the anchors' values. */
double anchors_value(const struct anchors *anchors, unsigned s, const double *of_anchor);
/* Whether the sample is an anchor itself. */
bool anchors_exact(const struct anchors *anchors, unsigned s);
/* Standard error of what the plane misses; 0 where nothing is emulated. */
double anchors_error(const struct anchors *anchors, const double *of_anchor);

#endif
