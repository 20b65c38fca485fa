/* Forecasts by ensemble. Every member is a sample of the twin with rates of its own; bands are its quantiles. */
#include "planner/twin/forecast.h"

#include <gsl/gsl_cdf.h>

#include "physics/base/rng.h"
#include "planner/safety/pih.h"

#define DAYS_PER_YEAR 365.25

struct ensemble {
	unsigned members;
	double (*value)[TWIN_PROPERTIES];
	double (*luck)[4]; /* standard normals of the rates: fading, tanning, dose, between studies */
	double *column;    /* scratch, members */
};

static void ensemble_free(struct ensemble *e)
{
	free(e->value);
	free(e->luck);
	free(e->column);
}

static enum status ensemble_new(const struct twin *twin, const struct forecast_request *r, struct ensemble *e,
                                struct fail *why)
{
	e->members = r->members ? r->members : FORECAST_MEMBERS_DEFAULT;
	e->value = calloc(e->members, sizeof *e->value);
	e->luck = calloc(e->members, sizeof *e->luck);
	e->column = calloc(e->members, sizeof *e->column);
	if (!e->value || !e->luck || !e->column)
		return fail_set(why, ST_FULL, "forecast", "no memory for %u members", e->members);
	for (unsigned m = 0; m < e->members; m++) {
		struct rng rng;
		twin_sample(twin, r->seed, m + 1, e->value[m]);
		rng_seed(&rng, r->seed, 0x100000000u + m);
		for (int k = 0; k < 4; k++)
			e->luck[m][k] = rng_normal(&rng);
	}
	return ST_OK;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Quantiles of what column holds. */
static struct forecast_band band_of(struct ensemble *e)
{
	qsort(e->column, e->members, sizeof *e->column, ascending);
	double last = (double)(e->members - 1);
	return (struct forecast_band){e->column[(size_t)lround(0.05 * last)], e->column[(size_t)lround(0.5 * last)],
	                              e->column[(size_t)lround(0.95 * last)]};
}

/* ---- pigment ---- */

#define FADING_SD 0.25 /* of the half-life's logarithm: 3 to 6 weeks */
#define TANNING_SD 0.5 /* as in time.c */
#define DOSE_SD 0.3
#define DOSE_UNKNOWN_SD 0.7
#define STEP_DAYS 7.0

/* Latent excess of the normal over the unexposed skin after days, in weekly steps of one dose each. */
static double tan_after(const struct twin *t, const struct twin_sun *sun, const double *luck, double excess,
                        double days)
{
	double half_life = TWIN_TAN_HALF_LIFE_DAYS * exp(FADING_SD * luck[0]);
	double strength = exp(TANNING_SD * luck[1] + (sun->known ? DOSE_SD : DOSE_UNKNOWN_SD) * luck[2]);
	for (double done = 0.0; done < days; done += STEP_DAYS) {
		double span = fmin(STEP_DAYS, days - done), keep = exp2(-span / half_life);
		double sed = strength * twin_sed_on(sun, sun->from_day_of_year + done + 0.5 * span);
		excess = keep * excess + (1.0 - keep) * twin_tan_equilibrium(sed, t->fitzpatrick);
	}
	return excess;
}

static void pigment_band(const struct twin *t, const struct twin_sun *sun, struct ensemble *e, double days,
                         struct forecast_band *over_now, struct forecast_band *frac)
{
	for (int absolute = 0; absolute < 2; absolute++) {
		for (unsigned m = 0; m < e->members; m++) {
			const double *v = e->value[m];
			double now = log(v[TWIN_MELANOSOME_FRAC] / v[TWIN_UNEXPOSED_MELANOSOME_FRAC]);
			double then = tan_after(t, sun, e->luck[m], now, days);
			e->column[m] = exp(then) * (absolute ? v[TWIN_UNEXPOSED_MELANOSOME_FRAC]
			                                     : v[TWIN_UNEXPOSED_MELANOSOME_FRAC] / v[TWIN_MELANOSOME_FRAC]);
		}
		*(absolute ? frac : over_now) = band_of(e);
	}
}

static void forecast_pigment(const struct twin *t, const struct forecast_request *r, struct ensemble *e,
                             struct forecast_pigment *out)
{
	static const double days[] = {14, 28, 56, 84, 182, 365};
	struct twin_sun bare = r->sun, covered;
	out->sun_assumed = !r->sun.known;
	if (!r->sun.known)
		bare = (struct twin_sun){.sed_per_day = 0.7, .latitude_deg = NAN, .from_day_of_year = NAN};
	covered = bare;
	bare.protected_frac = 0.0;
	covered.protected_frac = FORECAST_PROTECTED_FRAC;
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		out->at_days[out->points] = days[i];
		pigment_band(t, &bare, e, days[i], &out->unprotected[i], &out->unprotected_frac[i]);
		pigment_band(t, &covered, e, days[i], &out->protected_[i], &out->protected_frac[i]);
		out->points++;
	}
}

/* ---- healing ---- */

/* Days of redness, and until the barrier (TEWL) is back: medians with the spread of what is published between
 * settings. Recalled orders of magnitude, low confidence; the clinic's own outcomes overrule them (healing factor). */
static const struct healing_row {
	const char *mode_class; /* of the devices' modes; a prefix */
	double erythema_days, barrier_days, ln_sd;
	const char *source;
} healing_rows[] = {
	{"afl_co2_superficial", 14, 6, 0.5, "superficial CO2: redness one to several weeks (recalled)"},
	{"afl_co2", 7, 4, 0.5, "fractional CO2: redness 3 to 14 days (recalled)"},
	{"afl_er", 5, 3, 0.5, "fractional Er:YAG: redness 3 to 7 days (recalled)"},
	{"nafl", 3, 1, 0.4, "non-ablative fractional: redness 1 to 5 days (recalled)"},
	{"permea", 2, 1, 0.4, "low-energy 1927 nm: redness 1 to 3 days (recalled)"},
	{"pico_fractional", 1, 0.5, 0.5, "picosecond arrays: redness hours to 2 days (recalled)"},
	{"pico_spot", 2, 1, 0.6, "picosecond spots: redness a day, crusts up to 10 days (recalled)"},
	{"longpulse", 1, 0.5, 0.6, "long pulses: redness hours to 2 days (recalled)"},
	{"rf_mn", 2, 1, 0.5, "radiofrequency needles: redness 1 to 4 days (recalled)"},
	{"profound", 3, 1, 0.5, "radiofrequency needles, sublative: redness 1 to 5 days (recalled)"},
};

static const struct healing_row *healing_of(const char *mode_class)
{
	for (size_t i = 0; mode_class && i < sizeof healing_rows / sizeof healing_rows[0]; i++)
		if (strncmp(mode_class, healing_rows[i].mode_class, strlen(healing_rows[i].mode_class)) == 0)
			return &healing_rows[i];
	return NULL;
}

double forecast_erythema_days(const char *mode_class)
{
	const struct healing_row *row = healing_of(mode_class);
	return row ? row->erythema_days : (double)NAN;
}

static void forecast_healing(const struct forecast_request *r, struct ensemble *e, struct forecast_healing *out)
{
	const struct healing_row *row = healing_of(r->mode_class);
	if (!row)
		return;
	out->known = true;
	out->source = row->source;
	for (int barrier = 0; barrier < 2; barrier++) {
		for (unsigned m = 0; m < e->members; m++)
			e->column[m] = (barrier ? row->barrier_days : row->erythema_days) * e->value[m][TWIN_HEALING_FACTOR] *
			               exp(row->ln_sd * e->luck[m][3]);
		*(barrier ? &out->barrier_days : &out->erythema_days) = band_of(e);
	}
}

/* ---- sessions ---- */

/* Cleared share of one session, from published courses: 1 - (1 - cleared)^(1 / sessions). */
static const struct clearance_row {
	const char *indication;
	double cleared_frac, sessions;
	const char *source;
} clearance_rows[] = {
	{"tattoo_black", 0.79, 6.5, "79 % after 6.5 sessions, picosecond 1064/532 nm (V115)"},
	{"nevus_of_ota", 0.95, 4.3, "95 % after 4.3 sessions, picosecond 755 nm (V32)"},
	{"solar_lentigines", 0.75, 1.0, "75 % after one session in 93 % of lesions, picosecond 532 nm (V36)"},
	{"melasma", 0.290, 3.0, "MASI 10.7 to 7.6 after three sessions, 1927 nm (V46); relapse is common"},
	{"acne_scars_atrophic", 0.389, 4.0, "score 1.8 to 1.1 after four sessions, picosecond array (V26)"},
	{"striae", 0.63, 3.0, "51 to 75 % after 2 to 4 sessions, 1540 nm (V58)"},
};
#define BETWEEN_STUDIES_SD 0.3 /* of the rate's logarithm; design */

double forecast_clearance_per_session(const char *indication)
{
	for (size_t i = 0; i < sizeof clearance_rows / sizeof clearance_rows[0]; i++)
		if (strcmp(indication, clearance_rows[i].indication) == 0)
			return -expm1(log1p(-clearance_rows[i].cleared_frac) / clearance_rows[i].sessions);
	return (double)NAN;
}

static enum status forecast_sessions(const struct forecast_request *r, struct ensemble *e,
                                     struct forecast_sessions *out, struct fail *why)
{
	double goal = r->goal_cleared_frac != 0.0 ? r->goal_cleared_frac : 0.75;
	if (!(goal >= 0.01 && goal <= 0.99))
		return fail_set(why, ST_RANGE, "goal", "a cleared share of %g lies outside 0.01 to 0.99", goal);
	out->goal_cleared_frac = goal;
	for (size_t i = 0; i < sizeof clearance_rows / sizeof clearance_rows[0]; i++) {
		const struct clearance_row *row = &clearance_rows[i];
		if (!r->indication || strcmp(r->indication, row->indication) != 0)
			continue;
		double rate = -log1p(-row->cleared_frac) / row->sessions;
		out->known = true;
		out->source = row->source;
		out->published_per_session_frac = -expm1(-rate);
		for (unsigned m = 0; m < e->members; m++)
			e->column[m] = ceil(-log1p(-goal) / (rate * e->value[m][TWIN_CLEARANCE_FACTOR] *
			                                     exp(BETWEEN_STUDIES_SD * e->luck[m][3])) -
			                    1e-9);
		out->sessions = band_of(e);
	}
	return ST_OK;
}

/* ---- PIH ---- */

/* The series' chance with its own doubt (Jeffreys: beta(events + 1/2, n - events + 1/2)), moved by this person's
 * liability on the probit scale. */
static void forecast_pih(const struct forecast_request *r, struct ensemble *e, struct forecast_pih *out)
{
	out->published = r->pih;
	if (!r->pih)
		return;
	double a = r->pih->events + 0.5, b = r->pih->n - r->pih->events + 0.5;
	for (unsigned m = 0; m < e->members; m++) {
		double base = gsl_cdf_beta_Pinv(gsl_cdf_ugaussian_P(e->luck[m][3]), a, b);
		double probit = gsl_cdf_ugaussian_Pinv(fmin(fmax(base, 1e-9), 1.0 - 1e-9));
		e->column[m] = gsl_cdf_ugaussian_P(probit + e->value[m][TWIN_PIH_OFFSET]);
	}
	out->own_frac = band_of(e);
}

/* ---- ageing ---- */

#define COLLAGEN_PER_YEAR 0.01 /* of adult life: Shuster 1975, Br J Dermatol 93:639 */
#define PHOTOAGEING 1.5        /* unprotected over protected; design, for the scenario alone */
#define RATE_SD 0.3

static void ageing_bands(const struct forecast_request *r, struct ensemble *e, double years, int covered,
                         size_t point, struct forecast_ageing *out)
{
	double dose = covered ? 1.0 : PHOTOAGEING;
	double after_50 = fmin(years, fmax(0.0, r->age_y + years - 50.0));
	for (unsigned m = 0; m < e->members; m++)
		e->column[m] = exp(-COLLAGEN_PER_YEAR * dose * years * exp(RATE_SD * e->luck[m][0]));
	out->collagen[covered][point] = band_of(e);
	for (unsigned m = 0; m < e->members; m++)
		e->column[m] = fmax(0.05, e->value[m][TWIN_ELASTICITY_R2] -
		                                  0.0052 * dose * years * exp(RATE_SD * e->luck[m][1]));
	out->elasticity_r2[covered][point] = band_of(e);
	for (unsigned m = 0; m < e->members; m++)
		e->column[m] = e->value[m][TWIN_DERMIS_UM] * exp(-0.006 * dose * after_50 * exp(RATE_SD * e->luck[m][2]));
	out->dermis_um[covered][point] = band_of(e);
}

static void forecast_ageing(const struct forecast_request *r, struct ensemble *e, struct forecast_ageing *out)
{
	static const double years[] = {5, 10, 20};
	out->known = isfinite(r->age_y);
	for (size_t i = 0; out->known && i < sizeof years / sizeof years[0]; i++) {
		out->at_years[out->points] = years[i];
		for (int covered = 0; covered < 2; covered++)
			ageing_bands(r, e, years[i], covered, i, out);
		out->points++;
	}
}

/* ---- all ---- */

static enum status check(const struct forecast_request *r, struct fail *why)
{
	if (r->members == 1 || r->members > FORECAST_MEMBERS_MAX)
		return fail_set(why, ST_RANGE, "members", "%u members; 2 to %d make an ensemble", r->members,
		                FORECAST_MEMBERS_MAX);
	if (r->sun.known && !(r->sun.sed_per_day >= 0.0 && r->sun.sed_per_day <= 30.0))
		return fail_set(why, ST_RANGE, "sed_per_day", "%g SED a day lies outside 0 to 30", r->sun.sed_per_day);
	if (isfinite(r->age_y) && !(r->age_y >= 0.0 && r->age_y <= 120.0))
		return fail_set(why, ST_RANGE, "age", "%g years lie outside 0 to 120", r->age_y);
	return ST_OK;
}

enum status twin_forecast(const struct twin *twin, const struct forecast_request *request, struct forecast *out,
                          struct fail *why)
{
	struct ensemble e = {0};
	struct forecast f = {0};
	enum status st = check(request, why);
	if (!st)
		st = ensemble_new(twin, request, &e, why);
	if (!st) {
		forecast_pigment(twin, request, &e, &f.pigment);
		forecast_healing(request, &e, &f.healing);
		forecast_pih(request, &e, &f.pih);
		forecast_ageing(request, &e, &f.ageing);
		st = forecast_sessions(request, &e, &f.sessions, why);
	}
	ensemble_free(&e);
	if (!st)
		*out = f;
	return st;
}
