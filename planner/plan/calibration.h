/* Output checks of consoles and handpieces over time, from the records to the start rules.
 *
 * Every output check of a delivery leaves a record of no patient, kind "calibration", subject the console's serial
 * (lasertwin-calibration/1). Their trend (devices/drift.h) is a fact of the start: output_drift_pct, rule R-DRIFT. */
#ifndef LASERTWIN_PLAN_CALIBRATION_H
#define LASERTWIN_PLAN_CALIBRATION_H

#include "devices/drift.h"
#include "planner/store/record.h"

#define CALIBRATION_KIND "calibration"
#define CALIBRATIONS_LOOKED_AT 200 /* newest; a year of working days */

struct calibration {
	const char *serial, *handpiece_serial;
	double measured, set;
};
/* Inside the caller's group. */
enum status calibration_keep(struct store *store, const struct calibration *calibration,
                             const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* The trend of one console with one handpiece; readings 0: none on record. Records that cannot be read are left out. */
enum status calibration_drift(struct store *store, const char *serial, const char *handpiece_serial, int64_t now_ms,
                              struct drift *out, struct fail *why) MUST_CHECK;

#endif
