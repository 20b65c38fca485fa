/* How a device's output drifts: the trend of energy-meter readings of one console and handpiece, carried to today.
 *
 * ln(measured / set) = offset + slope x (day - today), each reading with the meter's error, offset and slope with a
 * prior of no drift: Bayesian linear regression in closed form (Rasmussen & Williams 2006, 2.1). So one reading says
 * what it says, a series a trend, and the error grows with the time since the last.
 *
 * Meter 5 % (thermal heads, recalled); an output is off by 20 % at most (IEC 60601-2-22), taken as two standard
 * deviations; it drifts by 20 % a year (DESIGN).
 */
#ifndef LASERTWIN_DRIFT_H
#define LASERTWIN_DRIFT_H

#include <stddef.h>

#include "physics/base/status.h"

struct drift_reading {
	double day;      /* any count of days */
	double measured, set; /* in one unit */
};

struct drift {
	size_t readings;
	double ratio;            /* measured over set, today */
	double rel_sd;           /* of it */
	double per_year_frac;    /* trend; and its error */
	double per_year_sd;
};

/* today: the day to carry it to, not before the last reading. ST_INPUT: a reading that is none, or of the future. */
enum status drift_today(const struct drift_reading *reading, size_t count, double today, struct drift *out,
                        struct fail *why) MUST_CHECK;

#endif
