/* What outcomes of earlier treatments do to this plan, and the words that say so.
 *
 * Depth and threshold lessons bear on predictions of the same kind of beam: modality, wavelength and pattern of the
 * mode they were learnt with. Redness lengthens the interval, never shortens it; clearance per session moves the number
 * of visits (both DESIGN); PIH after a treatment on record answers the question of earlier PIH with yes, whatever was
 * said. Without lessons nothing of this does anything.
 */
#ifndef LASERTWIN_PLAN_LEARNT_H
#define LASERTWIN_PLAN_LEARNT_H

#include "planner/plan/planning.h"

/* Puts what bears on this mode into options; what stands there already stays. */
void learnt_options(const struct library *library, const struct device *device, const struct device_mode *mode,
                    const struct twin *twin, struct predict_options *options);
/* The facts that outcomes establish. */
enum status learnt_facts(const struct twin *twin, struct facts *facts, struct fail *why) MUST_CHECK;

/* By how much visits move apart: 1 without lessons, and never less. */
double learnt_interval_factor(const struct twin *twin);
/* The protocol's visits for this person, at least 1. */
double learnt_visits(const struct twin *twin, double visits);

#define LEARNT_LINES_MAX 8
struct learnt {
	size_t lines; /* 0: nothing was learnt of this skin */
	struct learnt_line {
		char factor[24]; /* key of the twin's property */
		unsigned treatments;
		bool used;                  /* false: of another kind of treatment, text says which */
		double ratio, p05, p95;     /* NAN where not used; of pih_offset: probits */
		char changes[64];           /* "coagulation_depth_um"; what it bears on */
		double without, with;       /* NAN: not a number of this plan */
		char text[224];
	} line[LEARNT_LINES_MAX];
};
/* assessment may be NULL: what bears on the course alone. */
void learnt_of(const struct library *library, const struct request *request, const struct twin *twin,
               const struct assessment *assessment, struct learnt *out);

#endif
