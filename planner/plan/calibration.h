/* Output checks of consoles and handpieces over time, from the records to the start rules.
 *
 * Every output check leaves a record of no patient, kind "calibration", subject the console's serial
 * (lasertwin-calibration/1), and so does every fault of the console (lasertwin-device-fault/1): one series for each
 * console, in the order they were entered. The records travel to every station (planner/sync), so that a console that
 * was checked or found faulty at one is so at all. A check counts for every session of its day with that handpiece,
 * until the console has a fault: one entered after it, or one of a later time. Their trend (devices/drift.h) is a fact
 * of the start: output_drift_pct, rule R-DRIFT. */
#ifndef LASERTWIN_PLAN_CALIBRATION_H
#define LASERTWIN_PLAN_CALIBRATION_H

#include "devices/drift.h"
#include "planner/store/record.h"

#define CALIBRATION_KIND "calibration"
#define CALIBRATIONS_LOOKED_AT 200 /* newest; a year of working days */
#define CALIBRATION_GRACE_MS INT64_C(3600000) /* counts after midnight for a session then under way, DESIGN */
#define CALIBRATION_WORD 64

struct calibration {
	const char *serial, *handpiece_serial;
	double measured, set;
	const char *unit; /* NULL: not on record */
};
/* Inside the caller's group. */
enum status calibration_keep(struct store *store, const struct calibration *calibration,
                             const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* A fault of the console, with that handpiece where it is known (else ""): revokes every check before it. */
enum status calibration_fault(struct store *store, const char *serial, const char *handpiece_serial, const char *reason,
                              const struct store_stamp *stamp, struct fail *why) MUST_CHECK;

enum calibration_standing {
	CALIBRATION_COUNTS,     /* today */
	CALIBRATION_PAST,       /* of an earlier day */
	CALIBRATION_REPLACED,   /* by a later check of the same day */
	CALIBRATION_REVOKED,    /* by a fault entered after it */
	CALIBRATION_FAULT,      /* is a fault itself */
	CALIBRATION_UNREADABLE, /* a record in another form */
	CALIBRATION_STANDINGS
};
const char *calibration_standing_name(enum calibration_standing standing);

struct calibration_entry {
	char uuid[UUID_TEXT_SIZE], serial[CALIBRATION_WORD], handpiece_serial[CALIBRATION_WORD], unit[CALIBRATION_WORD];
	char actor[STORE_ACTOR_MAX + 1], reason[STORE_REASON_MAX + 1];
	int64_t at_ms;
	double measured, set;
	enum calibration_standing standing;
};
/* Now, and how far the station's clock is ahead of UTC: its day ends at its own midnight. */
struct calibration_day {
	int64_t now_ms, ahead_ms;
};
/* The series of one console, or of all (serial NULL), latest entered first; to free. At most CALIBRATIONS_LOOKED_AT. */
enum status calibration_list(struct store *store, const char *serial, const struct calibration_day *day,
                             struct calibration_entry **out, size_t *count, struct fail *why) MUST_CHECK;
/* The check that counts today for this console and handpiece. ST_NOT_FOUND: none, and why. */
enum status calibration_today(struct store *store, const char *serial, const char *handpiece_serial,
                              const struct calibration_day *day, struct calibration_entry *out,
                              struct fail *why) MUST_CHECK;
/* "mJ; checked 08:12 UTC by technician", to stand after the numbers. Returns out. */
const char *calibration_words(const struct calibration_entry *entry, char *out, size_t size);

/* The trend of one console with one handpiece; readings 0: none on record. Records that cannot be read are left out. */
enum status calibration_drift(struct store *store, const char *serial, const char *handpiece_serial, int64_t now_ms,
                              struct drift *out, struct fail *why) MUST_CHECK;

#endif
