/* Learning from outcomes, and what was learnt. */
#include "planner/twin/learn.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "planner/twin/twin_private.h"

/* ---- one coordinate moves ---- */

/* The rest of the state follows one coordinate whose mean moves by shift and whose variance becomes kept of itself. */
static void follow(struct twin *t, enum twin_property p, double shift, double kept)
{
	double column[TWIN_PROPERTIES], variance = t->covariance[p][p];
	for (int i = 0; i < TWIN_PROPERTIES; i++)
		column[i] = t->covariance[i][p] / variance;
	for (int i = 0; i < TWIN_PROPERTIES; i++) {
		t->latent[i] += column[i] * shift;
		for (int j = 0; j < TWIN_PROPERTIES; j++)
			t->covariance[i][j] -= column[i] * column[j] * variance * (1.0 - kept);
	}
}

/* What one outcome says of one factor. */
struct word {
	enum twin_property factor;
	int event;         /* -1: a number */
	double observed;
	double spread;     /* error of the number, width of the probit */
	double sign;       /* of the event's probability in the factor: 1 rises with it, -1 falls */
};

/* Kalman's update by a number read of the coordinate itself. */
static void learn_number(struct twin *t, const struct word *w)
{
	double variance = t->covariance[w->factor][w->factor], gain = variance / (variance + w->spread * w->spread);
	follow(t, w->factor, gain * (w->observed - t->latent[w->factor]), 1.0 - gain);
}

/* An event of probability Phi((threshold + x) / width) that was (sign 1) or was not (sign -1) seen. With
 * z = sign (threshold + m) / sqrt(width^2 + v) and rho = phi(z) / Phi(z):
 * m' = m + sign rho v / sqrt(width^2 + v), v' = v - v^2 rho (z + rho) / (width^2 + v). */
static void learn_event(struct twin *t, const struct word *w)
{
	double v = t->covariance[w->factor][w->factor], total = w->spread * w->spread + v;
	double z = w->sign * (w->observed + t->latent[w->factor]) / sqrt(total);
	double rho = gsl_ran_ugaussian_pdf(z) / fmax(gsl_cdf_ugaussian_P(z), 1e-12);
	follow(t, w->factor, w->sign * rho * v / sqrt(total), 1.0 - v * rho * (z + rho) / total);
}

/* ---- lessons ---- */

#define SAYS_NOTHING 1e6 /* variance of a lesson that left the factor where it was */

static struct twin_lesson *lesson_of(struct twin *t, const char *treatment, enum twin_property factor)
{
	for (size_t i = 0; treatment[0] && i < t->lessons; i++)
		if (t->lesson[i].factor == factor && strcmp(t->lesson[i].treatment, treatment) == 0)
			return &t->lesson[i];
	return NULL;
}

/* The posterior divided by the lesson: 1/v' = 1/v - 1/R, m'/v' = m/v - r/R. */
static void take_back(struct twin *t, const struct twin_lesson *l)
{
	double v = t->covariance[l->factor][l->factor], m = t->latent[l->factor];
	double precision = 1.0 / v - 1.0 / l->variance;
	if (!(precision > 0.0))
		return; /* it has long worn off */
	follow(t, l->factor, (m / v - l->read / l->variance) / precision - m, 1.0 / (precision * v));
}

/* What the step from (m, v) to the state now said by itself. */
static void write_lesson(const struct twin *t, const struct word *w, double m, double v, struct twin_lesson *l)
{
	double after = t->covariance[w->factor][w->factor], precision = 1.0 / after - 1.0 / v;
	l->factor = w->factor;
	l->event = w->event;
	l->observed = w->observed;
	bool says = precision > 1.0 / SAYS_NOTHING;
	l->variance = says ? 1.0 / precision : SAYS_NOTHING;
	l->read = says ? (t->latent[w->factor] / after - m / v) / precision : t->latent[w->factor];
}

static bool same_word(const struct twin_lesson *l, const struct word *w)
{
	return l->event == w->event && fabs(l->observed - w->observed) <= 1e-9;
}

static enum status take_in(struct twin *t, const struct twin_outcome *o, const struct word *w, struct fail *why)
{
	struct twin_lesson *l = lesson_of(t, o->treatment, w->factor);
	if (l && same_word(l, w))
		return ST_OK;
	if (l)
		take_back(t, l);
	else if (t->lessons == TWIN_LESSONS_MAX)
		return fail_set(why, ST_FULL, "outcome", "%d lessons are learnt of this skin, the most it holds; this one is not",
		                TWIN_LESSONS_MAX);
	else
		l = &t->lesson[t->lessons++];
	double m = t->latent[w->factor], v = t->covariance[w->factor][w->factor];
	if (w->event < 0)
		learn_number(t, w);
	else
		learn_event(t, w);
	write_lesson(t, w, m, v, l);
	(void)snprintf(l->treatment, sizeof l->treatment, "%s", o->treatment);
	(void)snprintf(l->device_mode, sizeof l->device_mode, "%s", o->device_mode);
	return ST_OK;
}

/* ---- an outcome's words ---- */

#define ENDPOINT_WIDTH 0.25 /* of ln dose over which an endpoint is seen or not: probit slope 8 to 12 (skin ED50s) */
#define ERYTHEMA_SD 0.25    /* of ln days, as patients count them; design */
#define CLEARANCE_SD 0.25   /* of ln(-ln(1 - cleared)), as graded by eye; design */
#define DEPTH_SD 0.15       /* of ln depth, OCT or histology; design */
#define UNINFORMED_WIDTH 1e4 /* probits */

static enum status within(const char *field, double value, double low, double high, struct fail *why)
{
	if (value >= low && value <= high)
		return ST_OK;
	if (isnan(value))
		return fail_set(why, ST_INPUT, field, "missing; an outcome is compared with what was expected");
	return fail_set(why, ST_RANGE, field, "%g lies outside %g to %g", value, low, high);
}

static enum status plausible(const char *field, double ratio, double most, struct fail *why)
{
	if (ratio >= 1.0 / most && ratio <= most)
		return ST_OK;
	return fail_set(why, ST_RANGE, field,
	                "is %.3g times what was expected; 1/%g to %g can be a person, more is a slip: check unit, patient and "
	                "what it is compared with", ratio, most, most);
}

typedef enum status say(const struct twin_outcome *o, struct word *w, bool *said, struct fail *why);

static enum status say_endpoint(const struct twin_outcome *o, struct word *w, bool *said, struct fail *why)
{
	*said = o->endpoint_seen >= 0;
	if (!*said)
		return ST_OK;
	enum status st = within("endpoint_dose_ratio", o->endpoint_dose_ratio, 0.05, 20.0, why);
	bool seen = o->endpoint_seen > 0;
	/* what was seen at a tenth, or not seen at ten times, is no threshold of this skin */
	if (!st && (seen ? o->endpoint_dose_ratio < 1.0 / TWIN_IMPLAUSIBLE_RATIO
	                 : o->endpoint_dose_ratio > TWIN_IMPLAUSIBLE_RATIO))
		st = plausible("endpoint_dose_ratio", o->endpoint_dose_ratio, TWIN_IMPLAUSIBLE_RATIO, why);
	/* seen when ln(dose) passes the threshold: Phi((ln ratio - x) / width), the mirror of learn_event */
	if (!st)
		*w = (struct word){TWIN_THRESHOLD_FACTOR, seen, -log(o->endpoint_dose_ratio), ENDPOINT_WIDTH, seen ? -1.0 : 1.0};
	return st;
}

static enum status say_erythema(const struct twin_outcome *o, struct word *w, bool *said, struct fail *why)
{
	*said = !isnan(o->erythema_days);
	if (!*said)
		return ST_OK;
	double ratio = o->erythema_days / o->erythema_expected_days;
	enum status st = within("erythema_days", o->erythema_days, 0.05, 400.0, why);
	if (!st)
		st = within("erythema_expected_days", o->erythema_expected_days, 0.05, 400.0, why);
	if (!st)
		st = plausible("erythema_days", ratio, TWIN_IMPLAUSIBLE_DAYS_RATIO, why);
	if (!st)
		*w = (struct word){TWIN_HEALING_FACTOR, -1, log(ratio), ERYTHEMA_SD, 0.0};
	return st;
}

static enum status say_pih(const struct twin_outcome *o, struct word *w, bool *said, struct fail *why)
{
	*said = o->pih >= 0;
	if (!*said)
		return ST_OK;
	if (isnan(o->pih_expected_frac)) { /* nothing published to compare with: remembered, it moves nothing */
		*w = (struct word){TWIN_PIH_OFFSET, o->pih > 0, 0.0, UNINFORMED_WIDTH, o->pih ? 1.0 : -1.0};
		return ST_OK;
	}
	enum status st = within("pih_expected_frac", o->pih_expected_frac, 0.001, 0.999, why);
	if (!st)
		*w = (struct word){TWIN_PIH_OFFSET, o->pih > 0, gsl_cdf_ugaussian_Pinv(o->pih_expected_frac), 1.0,
		                   o->pih ? 1.0 : -1.0};
	return st;
}

static enum status say_clearance(const struct twin_outcome *o, struct word *w, bool *said, struct fail *why)
{
	*said = !isnan(o->cleared_frac);
	if (!*said)
		return ST_OK;
	enum status st = within("cleared_frac", o->cleared_frac, 0.01, 0.99, why);
	if (!st)
		st = within("sessions", o->sessions, 1, 50, why);
	if (!st)
		st = within("cleared_expected_frac", o->cleared_expected_frac, 0.01, 0.99, why);
	if (st)
		return st;
	double rate = -log1p(-o->cleared_frac) / o->sessions, expected = -log1p(-o->cleared_expected_frac);
	*w = (struct word){TWIN_CLEARANCE_FACTOR, -1, log(rate / expected), CLEARANCE_SD, 0.0};
	return ST_OK;
}

static enum status say_depth(const struct twin_outcome *o, struct word *w, bool *said, struct fail *why)
{
	*said = !isnan(o->depth_measured_um);
	if (!*said)
		return ST_OK;
	double ratio = o->depth_measured_um / o->depth_predicted_um;
	enum status st = within("depth_measured_um", o->depth_measured_um, 5.0, 5000.0, why);
	if (!st)
		st = within("depth_predicted_um", o->depth_predicted_um, 5.0, 5000.0, why);
	if (!st)
		st = plausible("depth_measured_um", ratio, TWIN_IMPLAUSIBLE_RATIO, why);
	if (!st)
		*w = (struct word){TWIN_DEPTH_FACTOR, -1, log(ratio), DEPTH_SD, 0.0};
	return st;
}

static unsigned treatments_of(const struct twin *t, enum twin_property factor)
{
	return twin_evidence(t, factor, NULL, NULL).treatments;
}

static void name_source(const struct twin *before, struct twin *t, enum twin_property factor)
{
	struct twin_value *v = &t->property[factor];
	unsigned count = treatments_of(t, factor);
	if (t->covariance[factor][factor] >= 0.999 * before->covariance[factor][factor])
		return;
	v->origin = TWIN_DERIVED;
	(void)snprintf(v->source, sizeof v->source, "outcomes of %u earlier treatment%s", count, count == 1 ? "" : "s");
}

static say *const words[] = {say_endpoint, say_erythema, say_pih, say_clearance, say_depth};
#define WORDS (sizeof words / sizeof words[0])

enum status twin_outcome_check(const struct twin_outcome *outcome, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < WORDS; i++) {
		struct word w;
		bool said;
		st = words[i](outcome, &w, &said, why);
	}
	return st;
}

enum status twin_learn(struct twin *twin, const struct twin_outcome *outcome, struct fail *why)
{
	static const enum twin_property learnt[] = {TWIN_DEPTH_FACTOR, TWIN_THRESHOLD_FACTOR, TWIN_CLEARANCE_FACTOR,
	                                            TWIN_HEALING_FACTOR, TWIN_PIH_OFFSET};
	struct twin t = *twin;
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < WORDS; i++) {
		struct word w = {0};
		bool said = false;
		st = words[i](outcome, &w, &said, why);
		if (!st && said)
			st = take_in(&t, outcome, &w, why);
	}
	if (st)
		return st;
	for (size_t i = 0; i < sizeof learnt / sizeof learnt[0]; i++)
		name_source(twin, &t, learnt[i]);
	if ((st = twin_refresh(&t, why)) == ST_OK)
		*twin = t;
	return st;
}

/* ---- what was learnt ---- */

struct twin_evidence twin_evidence(const struct twin *twin, enum twin_property factor,
                                   bool (*counts)(void *context, const struct twin_lesson *lesson), void *context)
{
	struct twin_evidence e = {.treatments = 0};
	double precision = 0.0, weighted = 0.0;
	for (size_t i = 0; i < twin->lessons; i++) {
		const struct twin_lesson *l = &twin->lesson[i];
		if (l->factor != factor || (counts && !counts(context, l)))
			continue;
		e.treatments++;
		precision += 1.0 / l->variance;
		weighted += l->read / l->variance;
	}
	if (e.treatments) {
		e.variance = 1.0 / precision;
		e.read = weighted / precision;
	}
	return e;
}

double twin_population_sd(const struct twin *twin, enum twin_property factor)
{
	struct readings person = {.fitzpatrick = twin->fitzpatrick};
	struct twin home = {0};
	twin_population(&person, &home);
	return sqrt(home.covariance[factor][factor]);
}

double twin_pih_frac(const struct twin *twin, double published_frac)
{
	double base = gsl_cdf_ugaussian_Pinv(published_frac);
	double scale = sqrt(1.0 + twin->covariance[TWIN_PIH_OFFSET][TWIN_PIH_OFFSET]);
	return gsl_cdf_ugaussian_P((base + twin->latent[TWIN_PIH_OFFSET]) / scale);
}

bool twin_had_pih(const struct twin *twin)
{
	for (size_t i = 0; i < twin->lessons; i++)
		if (twin->lesson[i].factor == TWIN_PIH_OFFSET && twin->lesson[i].event == 1)
			return true;
	return false;
}
