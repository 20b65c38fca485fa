/* What came of delivered plans, from the records to the twin.
 *
 *     delivery ends       -> record "outcome"  (delivery.h: what each field got, the endpoint seen)
 *     follow-up, adverse  -> record "response" (what was seen since, beside what was expected)
 *     both, lasertwin-outcome/1 --twin_outcome_read--> one outcome for each plan version --twin_learn--> the twin
 *
 * All records of a treatment are one outcome: the last word on clearance and depth, the longest redness, PIH once seen
 * stays seen. So nothing counts twice, in whatever order records come, from this station or another. What cannot be
 * learnt (implausible, or with nothing to compare it with) stays in the record and moves nothing.
 */
#ifndef LASERTWIN_PLAN_RESPONSE_H
#define LASERTWIN_PLAN_RESPONSE_H

#include "planner/plan/delivery.h"
#include "planner/plan/library.h"
#include "planner/store/record.h"
#include "planner/twin/learn.h"

#define RESPONSE_KIND "response"

/* Seen after a delivery; NAN and -1: not looked at. */
struct response {
	double erythema_days, clearance_pct, depth_um;
	int pih;
};

/* Beside what the plan and the published series had expected. sessions: delivered so far with this mode, this one
 * among them. *json is NULL where nothing of it can be learnt; to free. */
enum status response_json(const struct library *library, const struct store_plan *plan, const struct response *seen,
                          int sessions, char **json, struct fail *why) MUST_CHECK;
/* Sessions of this patient delivered with this device mode. */
enum status response_sessions(struct store *store, const char *patient, const char *device_mode, int *out,
                              struct fail *why) MUST_CHECK;
/* The target's ratio over threshold that the model alone predicted for a plan; NAN: none. */
double response_target_ratio(const struct store_plan *plan);

/* Takes into the twin whatever is on record of the patient and not in it. refused (may be NULL) counts records that
 * cannot be learnt from. */
enum status response_learn(struct store *store, const char *patient, struct twin *twin, size_t *refused,
                           struct fail *why) MUST_CHECK;
/* The patient's newest twin brought forward to now, with that, as its next version; none where nothing is new, or no
 * twin that can be gone on from is kept. Inside the caller's group. */
enum status response_keep(struct store *store, const char *patient, const struct store_stamp *stamp,
                          struct fail *why) MUST_CHECK;

#endif
