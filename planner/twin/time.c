/* Drift between visits. */
#include "planner/twin/time.h"

#include "physics/base/units.h"
#include "planner/twin/twin_private.h"

#define DAYS_PER_YEAR 365.25
#define NEVER INFINITY

/* ---- rates ---- */

/* Latent units. "design" marks what no source was found for. */
static const struct twin_process processes[TWIN_PROPERTIES] = {
	[TWIN_MELANOSOME_FRAC] = {TWIN_TAN_HALF_LIFE_DAYS, 0.02, 0.05, 0.0,
	                          "tan fades with the epidermis, half-life 3 to 6 weeks (recalled); wandering design"},
	[TWIN_LESION_MELANOSOME_FRAC] = {NEVER, 0.03, 0.30, 0.0, "moves with the skin round it; its own wandering design"},
	[TWIN_UNEXPOSED_MELANOSOME_FRAC] = {NEVER, 0.0, 0.03, -0.01,
	                                    "melanocytes fall 10 to 20 % a decade (recalled); wandering design"},
	[TWIN_BASAL_RATIO] = {NEVER, 0.0, 0.05, 0.0, "design"},
	[TWIN_BLOOD_FRAC] = {365.0, 0.30, 0.0, 0.0, "climate, meals, posture: day-to-day spread of erythema readings, design"},
	[TWIN_SATURATION_FRAC] = {365.0, 0.25, 0.0, 0.0, "as blood, design"},
	[TWIN_CORNEUM_WATER_FRAC] = {14.0, 0.25, 0.0, 0.0, "renewed with the corneum in two weeks (recalled); climate design"},
	[TWIN_EPIDERMIS_WATER_FRAC] = {365.0, 0.05, 0.0, 0.0, "design"},
	[TWIN_DERMIS_WATER_FRAC] = {365.0, 0.05, 0.0, 0.0, "design"},
	[TWIN_CORNEUM_UM] = {180.0, 0.05, 0.05, 0.0, "thickens under sun and friction, design"},
	[TWIN_EPIDERMIS_UM] = {NEVER, 0.03, 0.04, 0.0,
	                       "no trend with age (Sandby-Moller 2003); repeat scans differ by a few %, design"},
	[TWIN_DERMIS_UM] = {NEVER, 0.02, 0.02, -0.006, "6 % a decade after 50 (recalled, women); wandering design"},
	[TWIN_SUBCUTIS_UM] = {NEVER, 0.05, 0.15, 0.0, "body weight, design"},
	[TWIN_ELASTICITY_R2] = {NEVER, 0.08, 0.05, -0.027,
	                        "R2 0.88 at 20 y to 0.62 at 70 y (Cutometer series, recalled): 0.0052 a year"},
	[TWIN_SKIN_TEMPERATURE_C] = {0.1, 0.8, 0.0, 0.0, "room climate, design"},
	[TWIN_SCATTERING_SCALE] = {NEVER, 0.01, 0.02, 0.0, "collagen changes by 1 % a year (Shuster 1975)"},
	[TWIN_TEWL_G_M2_H] = {30.0, 0.20, 0.0, 0.0, "the barrier recovers in weeks (recalled); climate design"},
	[TWIN_LESION_DEPTH_UM] = {NEVER, 0.0, 0.05, 0.0, "ink and dermal pigment stay; design"},
	[TWIN_DEPTH_FACTOR] = {NEVER, 0.0, 0.05, 0.0, "a person's own; design"},
	[TWIN_THRESHOLD_FACTOR] = {NEVER, 0.0, 0.05, 0.0, "a person's own; design"},
	[TWIN_CLEARANCE_FACTOR] = {NEVER, 0.0, 0.10, 0.0, "a person's own; design"},
	[TWIN_HEALING_FACTOR] = {NEVER, 0.0, 0.05, 0.0, "a person's own; design"},
	[TWIN_PIH_OFFSET] = {NEVER, 0.0, 0.05, 0.0, "a person's own; design"},
};
#define DERMIS_THINS_FROM_Y 50.0
#define TAN_GAIN_SD 0.5    /* of the equilibrium's logarithm: the rule behind it spans 10 to 30 % */
#define SUN_UNKNOWN_SED 0.7 /* of an indoor worker's face in a mid-latitude summer (recalled), known to x2 */
#define SUN_UNKNOWN_SD 0.7
#define STEP_DAYS 15.0     /* the season changes little in it */

const struct twin_process *twin_process(enum twin_property property)
{
	BUG_ON((unsigned)property >= TWIN_PROPERTIES);
	return &processes[property];
}

double twin_sed_on(const struct twin_sun *sun, double day_of_year)
{
	double sed = sun->sed_per_day;
	if (isfinite(sun->latitude_deg) && isfinite(day_of_year)) {
		double swing = fmin(0.9, 0.9 * fabs(sun->latitude_deg) / 60.0);
		double midsummer = sun->latitude_deg >= 0.0 ? 172.0 : 355.0;
		sed *= 1.0 + swing * cos(2.0 * PI * (day_of_year - midsummer) / DAYS_PER_YEAR);
	}
	return sed * (1.0 - sun->protected_frac);
}

/* Ten exposures of 0.5 to 0.8 MED in two to three weeks raise the melanin index of types III-IV by 10 to 30 %, type I
 * little (recalled): about ln 1.2 for 26 SED, against a fading half-life of 30 days: 0.007 per SED, so a daily dose
 * kept up ends at 0.007 x 30 / ln 2 = 0.30 per SED a day. Shares of the other types are design. */
double twin_tan_equilibrium(double sed_per_day, int fitzpatrick)
{
	static const double share[7] = {0.9, 0.2, 0.6, 1.0, 1.0, 0.9, 0.7};
	double gain = 0.007 * TWIN_TAN_HALF_LIFE_DAYS / log(2.0);
	return gain * share[fitzpatrick >= 1 && fitzpatrick <= 6 ? fitzpatrick : 0] * sed_per_day;
}

/* ---- drift ---- */

static enum status check_interval(const struct twin_interval *i, struct fail *why)
{
	const struct twin_sun *s = &i->sun;
	if (!(i->days >= 0.0 && i->days <= TWIN_DAYS_MAX))
		return fail_set(why, ST_RANGE, "days", "%g days lie outside 0 to %g", i->days, TWIN_DAYS_MAX);
	if (s->known && !(s->sed_per_day >= 0.0 && s->sed_per_day <= 30.0))
		return fail_set(why, ST_RANGE, "sed_per_day",
		                "%g SED a day lies outside 0 to 30 (a whole day in the tropics; 1 SED = 100 J/m2)",
		                s->sed_per_day);
	if (s->known && !(s->protected_frac >= 0.0 && s->protected_frac <= 1.0))
		return fail_set(why, ST_RANGE, "protected_frac", "%g is no share, 0 to 1", s->protected_frac);
	if (isfinite(i->age_y) && (i->age_y < 0.0 || i->age_y > 120.0))
		return fail_set(why, ST_RANGE, "age", "%g years lie outside 0 to 120", i->age_y);
	return ST_OK;
}

/* x' = F x + b with noise Q, property by property; two of them lean on another. */
struct drift {
	double F[TWIN_PROPERTIES][TWIN_PROPERTIES];
	double b[TWIN_PROPERTIES];
	double q[TWIN_PROPERTIES]; /* variance */
};

static double ageing(enum twin_property p, double age_y, double years)
{
	if (!isfinite(age_y))
		return 0.0;
	if (p == TWIN_DERMIS_UM)
		years = fmin(years, fmax(0.0, age_y - DERMIS_THINS_FROM_Y));
	return processes[p].ageing_per_year * years;
}

/* Back to where such people are, and to how far they are apart. */
static void own_drift(struct drift *d, enum twin_property p, const struct twin *home, double age_y, double days)
{
	const struct twin_process *r = &processes[p];
	double years = days / DAYS_PER_YEAR;
	double keep = isinf(r->half_life_days) ? 1.0 : exp2(-days / r->half_life_days);
	memset(d->F[p], 0, sizeof d->F[p]);
	d->F[p][p] = keep;
	d->b[p] = (1.0 - keep) * home->latent[p] + ageing(p, age_y, years);
	d->q[p] = r->year_sd * r->year_sd * years;
	if (p != TWIN_MELANOSOME_FRAC) /* which goes back to the person's own unexposed skin */
		d->q[p] += (1.0 - keep * keep) * home->covariance[p][p];
}

/* Normal skin tends to the unexposed skin plus the tan of its dose; the lesion goes along. */
static void melanin_drift(struct drift *d, const struct twin *t, const struct twin_interval *i, double sed)
{
	const enum twin_property n = TWIN_MELANOSOME_FRAC, u = TWIN_UNEXPOSED_MELANOSOME_FRAC,
				 l = TWIN_LESION_MELANOSOME_FRAC;
	double tan = twin_tan_equilibrium(sed, t->fitzpatrick), keep = d->F[n][n];
	double doubt = i->sun.known ? TAN_GAIN_SD : hypot(TAN_GAIN_SD, SUN_UNKNOWN_SD);
	d->F[n][u] = 1.0 - keep;
	d->b[n] = (1.0 - keep) * tan;
	d->q[n] += (1.0 - keep * keep) * pow(tan * doubt, 2); /* in the long run: tan x doubt */
	for (int q = 0; q < TWIN_PROPERTIES; q++)
		d->F[l][q] = d->F[n][q] - (q == (int)n ? 1.0 : 0.0);
	d->F[l][l] += 1.0;
	d->b[l] += d->b[n];
}

static void apply(const struct drift *d, struct twin *t)
{
	double x[TWIN_PROPERTIES], FP[TWIN_PROPERTIES][TWIN_PROPERTIES];
	for (int i = 0; i < TWIN_PROPERTIES; i++) {
		x[i] = d->b[i];
		for (int k = 0; k < TWIN_PROPERTIES; k++)
			x[i] += d->F[i][k] * t->latent[k];
		for (int j = 0; j < TWIN_PROPERTIES; j++) {
			FP[i][j] = 0.0;
			for (int k = 0; k < TWIN_PROPERTIES; k++)
				FP[i][j] += d->F[i][k] * t->covariance[k][j];
		}
	}
	for (int i = 0; i < TWIN_PROPERTIES; i++)
		for (int j = 0; j <= i; j++) {
			double sum = i == j ? d->q[i] : 0.0;
			for (int k = 0; k < TWIN_PROPERTIES; k++)
				sum += FP[i][k] * d->F[j][k];
			t->covariance[i][j] = t->covariance[j][i] = sum;
		}
	memcpy(t->latent, x, sizeof x);
}

static void step(struct twin *t, const struct twin *home, const struct twin_interval *i, double from, double days)
{
	struct drift d;
	double middle = i->sun.from_day_of_year + from + 0.5 * days;
	double age = i->age_y - (i->days - from - days) / DAYS_PER_YEAR;
	double sed = i->sun.known ? twin_sed_on(&i->sun, middle) : SUN_UNKNOWN_SED;
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		own_drift(&d, (enum twin_property)p, home, age, days);
	melanin_drift(&d, t, i, sed);
	apply(&d, t);
}

/* The spread from one day to another comes once, however long it has been; from one hour to the next nothing has
 * changed. What goes back to the population has its days in the population's spread. */
static void another_day(struct twin *t, double days)
{
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		const struct twin_process *r = &processes[p];
		double keep = isinf(r->half_life_days) ? 1.0 : exp2(-days / r->half_life_days);
		t->covariance[p][p] += keep * keep * r->day_sd * r->day_sd * (1.0 - exp(-days));
	}
}

enum status twin_bring_forward(const struct twin *before, const struct twin_interval *interval, struct twin *out,
                               struct fail *why)
{
	struct twin t = *before, home = {0};
	struct readings person = {.fitzpatrick = before->fitzpatrick};
	enum status st = check_interval(interval, why);
	if (st)
		return st;
	(void)snprintf(person.site, sizeof person.site, "%s", before->site);
	if (isfinite(interval->age_y)) {
		person.present[READING_AGE_Y] = true;
		person.value[READING_AGE_Y] = interval->age_y;
	}
	twin_population(&person, &home);
	int steps = (int)fmax(1.0, ceil(interval->days / STEP_DAYS));
	for (int s = 0; s < steps && interval->days > 0.0; s++)
		step(&t, &home, interval, interval->days * s / steps, interval->days / steps);
	another_day(&t, interval->days);
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		struct twin_value *v = &t.property[p];
		if (v->origin != TWIN_PRIOR)
			(void)snprintf(v->source, sizeof v->source, "%.0f days ago: %.90s", interval->days,
			               before->property[p].source);
		v->origin = v->origin == TWIN_MEASURED ? TWIN_DERIVED : v->origin;
	}
	for (size_t i = 0; i < t.lessons; i++) /* the factor has wandered since: the lesson says less of it */
		t.lesson[i].variance += pow(processes[t.lesson[i].factor].year_sd, 2) * interval->days / DAYS_PER_YEAR;
	t.residuals = t.disagreements = t.iterations = 0;
	t.tan_measured = false;
	t.tan_rel = t.ita_deg = NAN;
	st = twin_refresh(&t, why);
	if (!st)
		*out = t;
	return st;
}

/* ---- changes ---- */

static int by_shift(const void *a, const void *b)
{
	double x = fabs(((const struct twin_change *)a)->shift), y = fabs(((const struct twin_change *)b)->shift);
	return (x < y) - (x > y);
}

size_t twin_changes(const struct twin *before, const struct twin *after, struct twin_change out[TWIN_PROPERTIES])
{
	size_t count = 0;
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		double sd = sqrt(before->covariance[p][p]), now = sqrt(after->covariance[p][p]);
		struct twin_change c = {(enum twin_property)p, before->property[p].median, after->property[p].median,
		                        (after->latent[p] - before->latent[p]) / sd, now / sd};
		if (fabs(c.shift) > 0.25 || fabs(c.narrowing - 1.0) > 0.1)
			out[count++] = c;
	}
	qsort(out, count, sizeof *out, by_shift);
	return count;
}
