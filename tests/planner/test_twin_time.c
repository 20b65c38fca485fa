/* The twin in time: drift, season, tan, versions, outcomes, forecasts, and its JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>

#include "physics/base/rng.h"
#include "planner/safety/pih.h"
#include "planner/twin/forecast.h"
#include "planner/twin/twin_json.h"
#include "planner/twin/twin_text.h"
#include "tests/support/near.h"

static const struct twin_sun no_season = {true, 1.0, 0.0, NAN, NAN};

static void set(struct readings *r, enum reading which, double value)
{
	struct fail why = {0};
	if (readings_set(r, which, value, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
}

static struct twin cheek(int type, double age, double adjacent, double unexposed)
{
	struct readings r = {.fitzpatrick = type, .site = "cheek"};
	struct twin t;
	struct fail why = {0};
	set(&r, READING_AGE_Y, age);
	set(&r, READING_UV_LAST_DAYS, 3);
	set(&r, READING_MI_ADJACENT_NORMAL, adjacent);
	set(&r, READING_MI_UNEXPOSED, unexposed);
	if (twin_from_readings(&r, &t, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return t;
}

static struct twin forward(const struct twin *before, double days, double age, struct twin_sun sun)
{
	const struct twin_interval interval = {days, age, sun};
	struct twin t;
	struct fail why = {0};
	if (twin_bring_forward(before, &interval, &t, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return t;
}

static double excess(const struct twin *t)
{
	return t->latent[TWIN_MELANOSOME_FRAC] - t->latent[TWIN_UNEXPOSED_MELANOSOME_FRAC];
}

static double sd(const struct twin *t, enum twin_property p)
{
	return sqrt(t->covariance[p][p]);
}

static void a_tan_fades_with_its_half_life(void **state)
{
	(void)state;
	struct twin t = cheek(3, 40, 320, 220);
	struct twin_sun dark = no_season;
	dark.sed_per_day = 0.0;
	double was = excess(&t);
	assert_true(was > 0.15);
	struct twin month = forward(&t, 30, NAN, dark), quarter = forward(&t, 90, NAN, dark);
	assert_near(excess(&month), 0.5 * was, 1e-9);
	assert_near(excess(&quarter), 0.125 * was, 1e-9);
}

/* In steps or at once: the same mean and covariance, but for the one day more that was looked at between. */
static void steps_add_up(void **state)
{
	(void)state;
	struct twin t = cheek(3, 40, 320, 220);
	struct twin half = forward(&t, 30, NAN, no_season), two = forward(&half, 30, NAN, no_season);
	struct twin once = forward(&t, 60, NAN, no_season);
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		assert_near(two.latent[p], once.latent[p], 1e-9);
		for (int q = 0; q < TWIN_PROPERTIES; q++)
			if (q != p && p != TWIN_LESION_MELANOSOME_FRAC && q != TWIN_LESION_MELANOSOME_FRAC)
				assert_near(two.covariance[p][q], once.covariance[p][q], 1e-9);
		double day = twin_process((enum twin_property)p)->day_sd, more = two.covariance[p][p] - once.covariance[p][p];
		assert_true(more >= -1e-12 && more <= 1.3 * day * day + 1e-12);
	}
	struct twin none = forward(&t, 0, NAN, no_season);
	assert_memory_equal(none.latent, t.latent, sizeof t.latent);
}

static void sun_darkens_by_type_and_protection_holds_it_off(void **state)
{
	(void)state;
	double last = -1.0;
	static const int order[] = {1, 2, 3};
	for (size_t i = 0; i < 3; i++) {
		double tan = twin_tan_equilibrium(1.0, order[i]);
		assert_true(tan > last);
		last = tan;
	}
	/* ten exposures of 2.6 SED in 17 days: melanin index of type III up 10 to 30 % */
	struct twin pale = cheek(3, 40, 220, 220);
	struct twin_sun holiday = no_season;
	holiday.sed_per_day = 26.0 / 17.0;
	struct twin after = forward(&pale, 17, NAN, holiday);
	double gain = expm1(excess(&after) - excess(&pale));
	assert_true(gain > 0.10 && gain < 0.30);
	holiday.protected_frac = 0.75;
	struct twin covered = forward(&pale, 17, NAN, holiday);
	assert_true(excess(&covered) - excess(&pale) < 0.4 * (excess(&after) - excess(&pale)));
}

static void summer_is_brighter_than_winter(void **state)
{
	(void)state;
	struct twin_sun north = {true, 1.0, 0.0, 52.0, NAN}, south = {true, 1.0, 0.0, -52.0, NAN}, equator = {true, 1.0, 0.0, 0.0, NAN};
	double swing = 0.9 * 52.0 / 60.0;
	assert_near(twin_sed_on(&north, 172), 1.0 + swing, 1e-12);
	assert_near(twin_sed_on(&south, 355), 1.0 + swing, 1e-12);
	assert_true(twin_sed_on(&north, 355) < 0.25 && twin_sed_on(&south, 172) < 0.25);
	assert_near(twin_sed_on(&equator, 10), 1.0, 1e-12);
	struct twin t = cheek(3, 40, 250, 220);
	north.from_day_of_year = 130;
	struct twin summer = forward(&t, 60, NAN, north);
	north.from_day_of_year = 310;
	struct twin winter = forward(&t, 60, NAN, north);
	assert_true(excess(&summer) > excess(&winter) + 0.05);
}

static void time_widens_and_readings_narrow(void **state)
{
	(void)state;
	struct twin t = cheek(3, 40, 230, 220);
	struct twin later = forward(&t, 365, 41, no_season);
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		if (isinf(twin_process((enum twin_property)p)->half_life_days) && p != TWIN_LESION_MELANOSOME_FRAC)
			assert_true(sd(&later, (enum twin_property)p) > sd(&t, (enum twin_property)p));
	struct readings r = {.fitzpatrick = 3, .site = "cheek"};
	struct twin next, alone;
	struct fail why = {0};
	set(&r, READING_DERMIS_MM, 1.6);
	assert_int_equal(twin_from_readings_after(&r, &later, &next, &why), ST_OK);
	assert_int_equal(twin_from_readings(&r, &alone, &why), ST_OK);
	assert_true(sd(&next, TWIN_DERMIS_UM) < sd(&later, TWIN_DERMIS_UM));
	/* an earlier state is a better prior than the population: melanin was read then, not now */
	assert_true(sd(&next, TWIN_MELANOSOME_FRAC) <= sd(&later, TWIN_MELANOSOME_FRAC));
	assert_true(sd(&later, TWIN_MELANOSOME_FRAC) < sd(&alone, TWIN_MELANOSOME_FRAC));
	/* it moves by what it shares with the dermis, and by nothing else: the mean of one normal variable given another */
	const double *of_dermis = later.covariance[TWIN_DERMIS_UM];
	const double shared = of_dermis[TWIN_MELANOSOME_FRAC] / of_dermis[TWIN_DERMIS_UM];
	const double dermis_moved = next.latent[TWIN_DERMIS_UM] - later.latent[TWIN_DERMIS_UM];
	assert_true(fabs(dermis_moved) > 0.1);
	assert_near(next.latent[TWIN_MELANOSOME_FRAC] - later.latent[TWIN_MELANOSOME_FRAC], shared * dermis_moved, 1e-3);
}

/* A person read many times: the state's error against the truth is what the state says it is. */
static void visits_settle_on_the_truth(void **state)
{
	(void)state;
	const double truth = log(1500.0);
	struct twin t = cheek(3, 40, 230, 220);
	struct rng rng;
	rng_seed(&rng, 7, 0);
	for (int visit = 0; visit < 12; visit++) {
		struct readings r = {.fitzpatrick = 3, .site = "cheek"};
		struct fail why = {0};
		struct twin today = forward(&t, 30, NAN, no_season);
		set(&r, READING_DERMIS_MM, exp(truth + 0.08 * rng_normal(&rng)) / 1000.0);
		assert_int_equal(twin_from_readings_after(&r, &today, &t, &why), ST_OK);
	}
	assert_true(fabs(t.latent[TWIN_DERMIS_UM] - truth) < 3.0 * sd(&t, TWIN_DERMIS_UM));
	assert_true(sd(&t, TWIN_DERMIS_UM) < 0.05);
	assert_true(fabs(t.property[TWIN_DERMIS_UM].median - 1500.0) < 150.0);
}

/* What is not a person's own for long is the population's again after years, with its whole spread. */
static void readings_of_the_day_are_forgotten(void **state)
{
	(void)state;
	struct readings r = {.fitzpatrick = 3, .site = "cheek"};
	struct twin fresh, wet;
	struct fail why = {0};
	assert_int_equal(twin_from_readings(&r, &fresh, &why), ST_OK);
	set(&r, READING_TEWL_G_M2_H, 20);
	set(&r, READING_SKIN_TEMP_C, 31.5);
	assert_int_equal(twin_from_readings(&r, &wet, &why), ST_OK);
	struct twin later = forward(&wet, 365, NAN, no_season);
	static const enum twin_property gone[] = {TWIN_TEWL_G_M2_H, TWIN_SKIN_TEMPERATURE_C};
	for (size_t i = 0; i < 2; i++) {
		assert_true(sd(&wet, gone[i]) < 0.8 * sd(&fresh, gone[i]));
		assert_near(later.latent[gone[i]], fresh.latent[gone[i]], 2e-3);
		assert_near(sd(&later, gone[i]) / sd(&fresh, gone[i]), 1.0, 2e-3);
	}
}

static void skin_ages(void **state)
{
	(void)state;
	struct twin t = cheek(2, 60, 150, 148);
	struct twin old = forward(&t, 3652.5, 70, no_season);
	assert_near(old.property[TWIN_DERMIS_UM].median / t.property[TWIN_DERMIS_UM].median, exp(-0.06), 2e-3);
	assert_true(old.property[TWIN_ELASTICITY_R2].median < t.property[TWIN_ELASTICITY_R2].median - 0.03);
	struct twin young = cheek(2, 30, 150, 148), forty = forward(&young, 3652.5, 40, no_season);
	assert_near(forty.property[TWIN_DERMIS_UM].median, young.property[TWIN_DERMIS_UM].median, 1e-6);
}

static void intervals_are_checked(void **state)
{
	(void)state;
	struct twin t = cheek(2, 60, 150, 148), out;
	struct fail why = {0};
	const struct twin_interval bad[] = {{-1, NAN, no_season},
	                                    {1e6, NAN, no_season},
	                                    {NAN, NAN, no_season},
	                                    {30, 200, no_season},
	                                    {30, NAN, {true, 400, 0, NAN, NAN}},
	                                    {30, NAN, {true, 1, 1.5, NAN, NAN}}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(twin_bring_forward(&t, &bad[i], &out, &why), ST_RANGE);
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		assert_true(twin_process((enum twin_property)p)->source && twin_process((enum twin_property)p)->half_life_days > 0);
}

static void changes_name_what_moved(void **state)
{
	(void)state;
	struct twin t = cheek(3, 40, 230, 220), after;
	struct readings r = {.fitzpatrick = 3, .site = "cheek"};
	struct twin_change change[TWIN_PROPERTIES];
	struct fail why = {0};
	char *text = NULL;
	assert_int_equal(twin_changes(&t, &t, change), 0);
	set(&r, READING_EPIDERMIS_UM, 110);
	assert_int_equal(twin_from_readings_after(&r, &t, &after, &why), ST_OK);
	assert_true(twin_changes(&t, &after, change) >= 1);
	assert_int_equal(change[0].property, TWIN_EPIDERMIS_UM);
	assert_true(change[0].shift > 1.0 && change[0].narrowing < 0.6);
	assert_int_equal(twin_changes_text(&t, &after, "the readings", &text, &why), ST_OK);
	assert_non_null(strstr(text, "Changed by the readings:\n  Epidermis"));
	free(text);
}

/* ---- outcomes ---- */

static struct twin learnt(const struct twin *t, const struct twin_outcome *o)
{
	struct twin after = *t;
	struct fail why = {0};
	if (twin_learn(&after, o, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return after;
}

static void numbers_teach_their_factor_and_no_other(void **state)
{
	(void)state;
	struct twin t = cheek(3, 40, 230, 220);
	struct twin_outcome o = TWIN_NO_OUTCOME;
	o.erythema_days = 6;
	o.erythema_expected_days = 3;
	struct twin slow = learnt(&t, &o);
	double v = t.covariance[TWIN_HEALING_FACTOR][TWIN_HEALING_FACTOR], gain = v / (v + 0.25 * 0.25);
	assert_near(slow.latent[TWIN_HEALING_FACTOR], gain * log(2.0), 1e-12);
	assert_near(slow.covariance[TWIN_HEALING_FACTOR][TWIN_HEALING_FACTOR], (1 - gain) * v, 1e-12);
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		if (p != TWIN_HEALING_FACTOR)
			assert_near(slow.latent[p], t.latent[p], 1e-12);
	o = (struct twin_outcome)TWIN_NO_OUTCOME;
	o.cleared_frac = 0.9;
	o.sessions = 3;
	o.cleared_expected_frac = 0.3;
	assert_true(learnt(&t, &o).property[TWIN_CLEARANCE_FACTOR].median > 1.3);
	o = (struct twin_outcome)TWIN_NO_OUTCOME;
	o.depth_measured_um = 300;
	o.depth_predicted_um = 400;
	struct twin shallow = learnt(&t, &o);
	assert_true(shallow.property[TWIN_DEPTH_FACTOR].median < 0.9);
	assert_int_equal(shallow.property[TWIN_DEPTH_FACTOR].origin, TWIN_DERIVED);
}

/* The moments of prior times probit, against the integral. */
static void events_move_by_the_exact_moments(void **state)
{
	(void)state;
	struct twin t = cheek(3, 40, 230, 220);
	for (int seen = 0; seen < 2; seen++) {
		struct twin_outcome o = TWIN_NO_OUTCOME;
		o.pih = seen;
		o.pih_expected_frac = 0.1;
		struct twin after = learnt(&t, &o);
		double m = t.latent[TWIN_PIH_OFFSET], s = sd(&t, TWIN_PIH_OFFSET), z0 = gsl_cdf_ugaussian_Pinv(0.1);
		double w = 0, wx = 0, wxx = 0;
		for (double x = m - 8 * s; x <= m + 8 * s; x += s / 200) {
			double p = gsl_cdf_ugaussian_P(z0 + x), like = seen ? p : 1 - p;
			double weight = like * exp(-0.5 * (x - m) * (x - m) / (s * s));
			w += weight;
			wx += weight * x;
			wxx += weight * x * x;
		}
		double mean = wx / w;
		assert_near(after.latent[TWIN_PIH_OFFSET], mean, 1e-6);
		assert_near(after.covariance[TWIN_PIH_OFFSET][TWIN_PIH_OFFSET], wxx / w - mean * mean, 1e-6);
		assert_true(seen ? mean > 0.2 : mean < 0);
	}
}

static void endpoints_place_the_threshold(void **state)
{
	(void)state;
	struct twin t = cheek(3, 40, 230, 220);
	struct twin_outcome o = TWIN_NO_OUTCOME;
	o.endpoint_seen = 1;
	o.endpoint_dose_ratio = 0.5; /* seen at half the predicted dose: this skin's threshold is lower */
	assert_true(learnt(&t, &o).property[TWIN_THRESHOLD_FACTOR].median < 0.7);
	o.endpoint_dose_ratio = 3.0; /* seen well above it: says little */
	assert_near(learnt(&t, &o).property[TWIN_THRESHOLD_FACTOR].median, 1.0, 0.02);
	o.endpoint_seen = 0;
	o.endpoint_dose_ratio = 1.5; /* not seen though it should have been */
	assert_true(learnt(&t, &o).property[TWIN_THRESHOLD_FACTOR].median > 1.5);
}

static void outcomes_are_read_and_refused(void **state)
{
	(void)state;
	static const char good[] = "{\"schema\": \"lasertwin-outcome/1\", \"pih\": false, \"pih_expected_frac\": 0.044, "
				   "\"erythema_days\": 4, \"erythema_expected_days\": 3}";
	static const char *const bad[] = {
		"{\"schema\": \"lasertwin-outcome/1\", \"phi\": true}",
		"{\"schema\": \"lasertwin-outcome/2\"}",
		"{\"schema\": \"lasertwin-outcome/1\", \"cleared_frac\": 75}",
		"{\"schema\": \"lasertwin-outcome/1\", \"pih\": 1}",
		"{\"schema\": \"lasertwin-outcome/1\", \"sessions\": 0}",
		"[]",
	};
	struct twin_outcome o;
	struct twin t = cheek(3, 40, 230, 220);
	struct fail why = {0};
	assert_int_equal(twin_outcome_read("o.json", good, sizeof good - 1, &o, &why), ST_OK);
	assert_int_equal(o.pih, 0);
	assert_int_equal(o.endpoint_seen, -1);
	assert_near(o.erythema_days, 4, 1e-12);
	assert_true(isnan(o.cleared_frac));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_not_equal(twin_outcome_read("o.json", bad[i], strlen(bad[i]), &o, &why), ST_OK);
	struct twin_outcome lacking = TWIN_NO_OUTCOME;
	lacking.erythema_days = 4;
	assert_int_equal(twin_learn(&t, &lacking, &why), ST_INPUT);
	assert_string_equal(why.field, "erythema_expected_days");
}

/* ---- forecasts ---- */

static struct forecast forecast_of(const struct twin *t, const struct forecast_request *r)
{
	struct forecast f;
	struct fail why = {0};
	if (twin_forecast(t, r, &f, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return f;
}

static void bands_are_ordered_and_protection_helps(void **state)
{
	(void)state;
	struct twin t = cheek(4, 40, 380, 330);
	const struct forecast_request r = {.sun = {true, 1.0, 0, NAN, NAN}, .age_y = 40};
	struct forecast f = forecast_of(&t, &r), again = forecast_of(&t, &r);
	assert_memory_equal(&f.pigment, &again.pigment, sizeof f.pigment);
	for (size_t i = 0; i < f.pigment.points; i++) {
		const struct forecast_band *u = &f.pigment.unprotected[i], *p = &f.pigment.protected_[i];
		assert_true(u->p05 < u->p50 && u->p50 < u->p95 && p->p05 < p->p50 && p->p50 < p->p95);
		assert_true(p->p50 < u->p50);
	}
	assert_true(f.ageing.known);
	for (size_t i = 0; i < f.ageing.points; i++) {
		assert_true(f.ageing.collagen[0][i].p50 < f.ageing.collagen[1][i].p50);
		assert_true(f.ageing.collagen[1][i].p50 < 1.0);
	}
	assert_near(f.ageing.collagen[1][1].p50, exp(-0.1), 0.01); /* 1 % a year for ten years */
	assert_false(f.healing.known || f.sessions.known);
	assert_null(f.pih.published);
}

static void sessions_follow_the_published_course_and_ones_own(void **state)
{
	(void)state;
	struct twin t = cheek(3, 40, 230, 220);
	struct forecast_request r = {.indication = "tattoo_black", .goal_cleared_frac = 0.79, .age_y = NAN,
	                             .mode_class = "pico_spot"};
	struct forecast f = forecast_of(&t, &r);
	assert_true(f.sessions.known && f.healing.known && !f.ageing.known);
	assert_near(f.sessions.sessions.p50, 7, 1.01); /* 6.5 published, whole sessions */
	assert_true(f.sessions.sessions.p05 <= 4 && f.sessions.sessions.p95 >= 12);
	struct twin_outcome o = TWIN_NO_OUTCOME;
	o.cleared_frac = 0.7;
	o.sessions = 2;
	o.cleared_expected_frac = f.sessions.published_per_session_frac;
	struct twin quick = learnt(&t, &o);
	struct forecast g = forecast_of(&quick, &r);
	assert_true(g.sessions.sessions.p50 < f.sessions.sessions.p50);
	assert_true(g.sessions.sessions.p95 - g.sessions.sessions.p05 < f.sessions.sessions.p95 - f.sessions.sessions.p05);
	r.goal_cleared_frac = 1.0;
	struct fail why = {0};
	assert_int_equal(twin_forecast(&t, &r, &f, &why), ST_RANGE);
	r.goal_cleared_frac = 0.5;
	r.members = 1;
	assert_int_equal(twin_forecast(&t, &r, &f, &why), ST_RANGE);
}

/* 3 of 68: the twin's estimate starts from the series and its doubt, and moves with this person's outcomes. */
static void the_published_series_and_the_twin_stay_apart(void **state)
{
	(void)state;
	const struct pih_series series = {"made for the test (3/68 patients)", 3, 68, "patients", 12, 4.4, 1.5, 12.2, "V46"};
	struct twin t = cheek(4, 40, 330, 320);
	struct forecast_request r = {.age_y = NAN, .pih = &series, .members = 2000};
	struct forecast f = forecast_of(&t, &r);
	assert_true(f.pih.published == &series);
	assert_true(f.pih.own_frac.p50 > 0.02 && f.pih.own_frac.p50 < 0.08);
	assert_true(f.pih.own_frac.p05 < 0.015 && f.pih.own_frac.p95 > 0.122); /* wider than the series' own interval */
	struct twin_outcome o = TWIN_NO_OUTCOME;
	o.pih = 1;
	o.pih_expected_frac = 0.044;
	struct twin burnt = learnt(&t, &o);
	struct forecast g = forecast_of(&burnt, &r);
	assert_true(g.pih.own_frac.p50 > 1.5 * f.pih.own_frac.p50);
	assert_true(g.pih.published == &series);
	char *text = NULL;
	struct fail why = {0};
	assert_int_equal(forecast_text(&t, &f, &text, &why), ST_OK);
	assert_non_null(strstr(text, "3 of 68 patients"));
	assert_non_null(strstr(text, "not from this patient"));
	assert_non_null(strstr(text, "own estimate"));
	free(text);
}

static void a_scenario_is_called_one(void **state)
{
	(void)state;
	struct twin t = cheek(4, 40, 330, 320);
	const struct forecast_request r = {.age_y = 40, .indication = "melasma"};
	struct forecast f = forecast_of(&t, &r);
	struct fail why = {0};
	char *text = NULL, *json = NULL;
	assert_int_equal(forecast_text(&t, &f, &text, &why), ST_OK);
	assert_int_equal(forecast_json(&t, &f, &json, &why), ST_OK);
	assert_non_null(strstr(text, "SCENARIO, not a prognosis"));
	assert_non_null(strstr(text, "sun not known"));
	assert_non_null(strstr(json, "scenario, not a prognosis"));
	free(text);
	free(json);
}

/* ---- JSON ---- */

static void a_twin_survives_its_json(void **state)
{
	(void)state;
	struct twin t = cheek(4, 40, 380, 330), back;
	struct fail why = {0};
	char *json = NULL, *again = NULL;
	assert_int_equal(twin_write(&t, &json, &why), ST_OK);
	if (twin_read("twin", json, strlen(json), &back, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	assert_memory_equal(back.latent, t.latent, sizeof t.latent);
	assert_memory_equal(back.covariance, t.covariance, sizeof t.covariance);
	assert_int_equal(back.residuals, t.residuals);
	assert_string_equal(back.residual[0].key, t.residual[0].key);
	assert_near(back.tan_rel, t.tan_rel, 0.0);
	assert_int_equal(twin_write(&back, &again, &why), ST_OK);
	assert_string_equal(json, again);
	free(again);
	for (size_t cut = 1; cut < strlen(json); cut += 97)
		assert_int_not_equal(twin_read("twin", json, cut, &back, &why), ST_OK);
	/* a covariance that is none */
	char *row = strstr(json, "\"covariance\":[[");
	assert_non_null(row);
	row[strlen("\"covariance\":[[")] = '-';
	assert_int_not_equal(twin_read("twin", json, strlen(json), &back, &why), ST_OK);
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tan_fades_with_its_half_life),
		cmocka_unit_test(steps_add_up),
		cmocka_unit_test(sun_darkens_by_type_and_protection_holds_it_off),
		cmocka_unit_test(summer_is_brighter_than_winter),
		cmocka_unit_test(time_widens_and_readings_narrow),
		cmocka_unit_test(visits_settle_on_the_truth),
		cmocka_unit_test(readings_of_the_day_are_forgotten),
		cmocka_unit_test(skin_ages),
		cmocka_unit_test(intervals_are_checked),
		cmocka_unit_test(changes_name_what_moved),
		cmocka_unit_test(numbers_teach_their_factor_and_no_other),
		cmocka_unit_test(events_move_by_the_exact_moments),
		cmocka_unit_test(endpoints_place_the_threshold),
		cmocka_unit_test(outcomes_are_read_and_refused),
		cmocka_unit_test(bands_are_ordered_and_protection_helps),
		cmocka_unit_test(sessions_follow_the_published_course_and_ones_own),
		cmocka_unit_test(the_published_series_and_the_twin_stay_apart),
		cmocka_unit_test(a_scenario_is_called_one),
		cmocka_unit_test(a_twin_survives_its_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
