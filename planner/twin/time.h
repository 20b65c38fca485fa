/* The twin in time: between visits it drifts, at a visit readings correct it, outcomes teach it.
 *
 *     before --twin_bring_forward(days, sun)--> today's prior --twin_from_readings_after--> after
 *     after  --twin_learn(outcome)--> after, with its response to treatment known better (learn.h)
 *
 * The drift is linear in the latent coordinates: x' = F x + b, P' = F P F' + Q, the prediction step of a Kalman
 * filter (Kalman 1960, J Basic Eng 82:35); the correction is the calibration itself. Rates stand in one table with
 * their sources. Pure functions: states come and go as JSON (twin_json.h).
 */
#ifndef LASERTWIN_TIME_H
#define LASERTWIN_TIME_H

#include "planner/twin/learn.h"
#include "planner/twin/twin.h"

#define TWIN_DAYS_MAX 36500.0

/* Erythemal dose the field gets: 1 SED = 100 J/m2, CIE weighted. */
struct twin_sun {
	bool known;              /* false: anything from indoors to outdoors, and the error says so */
	double sed_per_day;      /* mean of the year at the skin, before protection */
	double protected_frac;   /* share that clothing, shade and sunscreen keep off, 0 to 1 */
	double latitude_deg;     /* for the season; NAN: none */
	double from_day_of_year; /* of the interval's start, 1 to 366; NAN: no season */
};

struct twin_interval {
	double days; /* 0 to TWIN_DAYS_MAX */
	double age_y; /* at its end; NAN: not known, no ageing */
	struct twin_sun sun;
};

/* ST_RANGE for an interval, dose or share outside its range. Residuals of before do not come along. */
enum status twin_bring_forward(const struct twin *before, const struct twin_interval *interval, struct twin *out,
                               struct fail *why) MUST_CHECK;

/* How the drift of a property is described, for reports: half-life back to where it belongs (INFINITY: it wanders),
 * day-to-day spread, wandering per year, ageing per year (latent), and where the numbers come from. */
struct twin_process {
	double half_life_days, day_sd, year_sd, ageing_per_year;
	const char *source;
};
const struct twin_process *twin_process(enum twin_property property);

/* Dose of a day of the year: the mean times 1 + A cos(2 pi (day - midsummer) / 365.25), A = 0.9 |latitude| / 60, at
 * most 0.9 (the clear-sky UV index of 52 degrees swings about tenfold). */
double twin_sed_on(const struct twin_sun *sun, double day_of_year);
/* Latent tan that a daily dose, kept up, leads to in a skin of this type (0: unknown). */
double twin_tan_equilibrium(double sed_per_day, int fitzpatrick);
#define TWIN_TAN_HALF_LIFE_DAYS 30.0

/* What changed from one version to the next. */
struct twin_change {
	enum twin_property property;
	double before, after; /* medians */
	double shift;         /* in standard deviations of before */
	double narrowing;     /* spread after over spread before, latent */
};
/* Largest shift first: properties that moved by a quarter of a standard deviation or were narrowed by a tenth. */
size_t twin_changes(const struct twin *before, const struct twin *after, struct twin_change out[TWIN_PROPERTIES]);

#endif
