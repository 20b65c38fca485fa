/* One sample's heat at one dose: of a march of all its passes, or of one pass that serves any number.
 * Include from planner/fit only. */
#ifndef LASERTWIN_ANSWER_H
#define LASERTWIN_ANSWER_H

#include "physics/heat_passes.h"

struct answer {
	const struct heat *rows; /* the march; where there are passes, its rows and depths alone */
	const struct heat_passes *passes; /* NULL: the march is of them all */
	struct heat_repeat dose;
};

/* Of rows from .. to - 1, into arrays of all rows. */
enum status answer_peaks(const struct answer *answer, size_t from, size_t to, double *peak_C,
                         struct fail *why) MUST_CHECK;
/* peak_C: of these rows where they are known, or NULL. */
enum status answer_omega(const struct answer *answer, enum damage_set_id set, const double *peak_C, size_t from,
                         size_t to, double *omega, struct fail *why) MUST_CHECK;
/* The hottest moment of rows from .. on, of which floor_C is one. */
enum status answer_hottest(const struct answer *answer, size_t from, double floor_C, double *out_C,
                           struct fail *why) MUST_CHECK;

#endif
