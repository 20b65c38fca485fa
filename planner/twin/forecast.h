/* What may come, each with a 90 % band, from an ensemble drawn from the twin's posterior and from the spread of the
 * published rates. Nothing here is a promise: pigment, healing and sessions are forecasts from one's own state and
 * published means; the PIH risk keeps the published series and the twin's own estimate apart; ageing is a scenario.
 */
#ifndef LASERTWIN_FORECAST_H
#define LASERTWIN_FORECAST_H

#include "planner/twin/time.h"

struct pih_series;

#define FORECAST_POINTS_MAX 16
#define FORECAST_MEMBERS_DEFAULT 400
#define FORECAST_MEMBERS_MAX 5000

struct forecast_band {
	double p05, p50, p95;
};

struct forecast_request {
	uint64_t seed;
	unsigned members; /* 0: default */
	struct twin_sun sun; /* usual dose; protection is what the forecast varies */
	double age_y;     /* NAN: not known */
	const char *mode_class, *indication; /* of the treatment; "" or NULL: none chosen */
	double goal_cleared_frac;            /* 0.01 to 0.99; 0: 0.75 */
	const struct pih_series *pih;        /* published for this protocol; NULL: none */
};

/* Melanin of the normal skin at days after now, with and without sun protection; relative to now. */
#define FORECAST_PROTECTED_FRAC 0.75 /* of the dose is kept off by sunscreen as people use it; design */
struct forecast_pigment {
	size_t points;
	double at_days[FORECAST_POINTS_MAX];
	struct forecast_band unprotected[FORECAST_POINTS_MAX], protected_[FORECAST_POINTS_MAX]; /* over now */
	struct forecast_band unprotected_frac[FORECAST_POINTS_MAX]; /* melanosome fraction */
	struct forecast_band protected_frac[FORECAST_POINTS_MAX];
	bool sun_assumed; /* nobody said how much sun the field gets */
};

struct forecast_healing {
	bool known; /* false: no figures for this class of mode */
	struct forecast_band erythema_days, barrier_days;
	const char *source;
};

struct forecast_sessions {
	bool known; /* false: nothing published for this indication */
	double goal_cleared_frac;
	struct forecast_band sessions;
	double published_per_session_frac;
	const char *source;
};

struct forecast_pih {
	const struct pih_series *published; /* NULL: none; the twin makes no estimate without a base */
	struct forecast_band own_frac;      /* this person's, not checked against outcomes yet */
};

/* Scenario, not prognosis. */
struct forecast_ageing {
	bool known; /* false: age not given */
	size_t points;
	double at_years[FORECAST_POINTS_MAX];
	struct forecast_band collagen[2][FORECAST_POINTS_MAX]; /* over now; [0] without, [1] with sun protection */
	struct forecast_band elasticity_r2[2][FORECAST_POINTS_MAX];
	struct forecast_band dermis_um[2][FORECAST_POINTS_MAX];
};

struct forecast {
	struct forecast_pigment pigment;
	struct forecast_healing healing;
	struct forecast_sessions sessions;
	struct forecast_pih pih;
	struct forecast_ageing ageing;
};

/* What is published, for comparing an outcome with: days of redness after a mode of this class, and the share of what
 * is left that one session clears. NAN: nothing is on file. */
double forecast_erythema_days(const char *mode_class);
double forecast_clearance_per_session(const char *indication);

/* Deterministic for a seed; some milliseconds. ST_RANGE for members, dose or goal outside their ranges. */
enum status twin_forecast(const struct twin *twin, const struct forecast_request *request, struct forecast *out,
                          struct fail *why) MUST_CHECK;

/* As text and as JSON (schema lasertwin-forecast/1); *out is malloc'ed. */
enum status forecast_text(const struct twin *twin, const struct forecast *forecast, char **out,
                          struct fail *why) MUST_CHECK;
enum status forecast_json(const struct twin *twin, const struct forecast *forecast, char **out,
                          struct fail *why) MUST_CHECK;

#endif
