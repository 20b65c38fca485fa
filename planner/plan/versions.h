/* One version of a plan as the store keeps it, with the twin and the readings it was made from: what two of them differ
 * in. */
#ifndef LASERTWIN_PLAN_VERSIONS_H
#define LASERTWIN_PLAN_VERSIONS_H

#include "planner/plan/difference.h"
#include "planner/store/store.h"

struct plan_version {
	struct store_plan plan;
	struct store_twin twin;
	struct store_readings readings;
};

/* number 0: the newest. Clear in any case. */
enum status plan_version_load(struct store *store, const char *uuid, int64_t number, struct plan_version *out,
                              struct fail *why) MUST_CHECK;
void plan_version_clear(struct plan_version *version);

/* Of two versions of one plan, or of two plans of the same patient (ST_INPUT: of different ones). */
enum status plan_versions_difference(const struct plan_version *before, const struct plan_version *after,
                                     struct difference *out, struct fail *why) MUST_CHECK;

#endif
