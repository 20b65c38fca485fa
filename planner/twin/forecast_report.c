/* Forecasts as text and as JSON. */
#include <cjson/cJSON.h>

#include "planner/safety/pih.h"
#include "planner/twin/forecast.h"

/* ---- text ---- */

static void write_pigment(FILE *f, const struct forecast_pigment *p)
{
	fprintf(f, "Pigment of the normal skin, melanin over today's (90 %%)%s\n",
	        p->sun_assumed ? "; sun not known, 0.7 SED a day taken, to x2" : "");
	fprintf(f, "  %8s  %-26s %s\n", "days", "without sun protection", "with (75 % of the dose kept off)");
	for (size_t i = 0; i < p->points; i++) {
		const struct forecast_band *u = &p->unprotected[i], *c = &p->protected_[i];
		fprintf(f, "  %8.0f  %.2f (%.2f to %.2f)%9s %.2f (%.2f to %.2f)\n", p->at_days[i], u->p50, u->p05, u->p95,
		        "", c->p50, c->p05, c->p95);
	}
}

static void write_course(FILE *f, const struct forecast *c)
{
	if (c->healing.known)
		fprintf(f, "\nHealing: redness %.1f days (%.1f to %.1f), barrier back after %.1f days (%.1f to %.1f)\n  %s\n",
		        c->healing.erythema_days.p50, c->healing.erythema_days.p05, c->healing.erythema_days.p95,
		        c->healing.barrier_days.p50, c->healing.barrier_days.p05, c->healing.barrier_days.p95,
		        c->healing.source);
	else
		fprintf(f, "\nHealing: no figures for this treatment\n");
	if (c->sessions.known)
		fprintf(f, "\nSessions to clear %.0f %%: %.0f (%.0f to %.0f)\n  published: %.0f %% of what is left per session; %s\n",
		        100.0 * c->sessions.goal_cleared_frac, c->sessions.sessions.p50, c->sessions.sessions.p05,
		        c->sessions.sessions.p95, 100.0 * c->sessions.published_per_session_frac, c->sessions.source);
	else
		fprintf(f, "\nSessions: no published course for this indication; record outcomes\n");
}

static void write_pih(FILE *f, const struct forecast_pih *p)
{
	char text[256];
	if (!p->published) {
		fprintf(f, "\nPIH: no published series for this protocol; no estimate without one\n");
		return;
	}
	fprintf(f, "\nPublished: %s\n", pih_text(p->published, text, sizeof text));
	fprintf(f, "The twin's own estimate: PIH %.1f %% (90 %%: %.1f to %.1f); a model's, not checked against outcomes\n",
	        100.0 * p->own_frac.p50, 100.0 * p->own_frac.p05, 100.0 * p->own_frac.p95);
}

static void write_ageing(FILE *f, const struct forecast_ageing *a)
{
	static const char *const with[] = {"without", "with"};
	if (!a->known) {
		fprintf(f, "\nAgeing: give the age for a scenario\n");
		return;
	}
	fprintf(f, "\nSCENARIO, not a prognosis: ageing without and with sun protection\n"
	           "  %5s %-8s %-26s %-26s %s\n",
	        "years", "sun care", "collagen over today's", "elasticity R2", "dermis um");
	for (size_t i = 0; i < a->points; i++)
		for (int c = 0; c < 2; c++) {
			const struct forecast_band *k = &a->collagen[c][i], *r = &a->elasticity_r2[c][i],
			                           *d = &a->dermis_um[c][i];
			fprintf(f, "  %5.0f %-8s %.2f (%.2f to %.2f)%7s %.2f (%.2f to %.2f)%7s %.0f (%.0f to %.0f)\n",
			        a->at_years[i], with[c], k->p50, k->p05, k->p95, "", r->p50, r->p05, r->p95, "", d->p50,
			        d->p05, d->p95);
		}
}

enum status forecast_text(const struct twin *twin, const struct forecast *forecast, char **out, struct fail *why)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	if (!f)
		return fail_set(why, ST_FULL, "forecast", "no memory to write it");
	fprintf(f, "Forecast for %s, type %s. Bands hold 90 of 100 such skins.\n\n",
	        twin->site[0] ? twin->site : "site not given",
	        twin->fitzpatrick ? fitzpatrick_name(twin->fitzpatrick) : "not recorded");
	write_pigment(f, &forecast->pigment);
	write_course(f, forecast);
	write_pih(f, &forecast->pih);
	write_ageing(f, &forecast->ageing);
	if (fclose(f) != 0 || !text)
		return fail_set(why, ST_FULL, "forecast", "no memory to write it");
	*out = text;
	return ST_OK;
}

/* ---- JSON ---- */

static void add_band(cJSON *object, const char *key, const struct forecast_band *b)
{
	cJSON *item = cJSON_AddObjectToObject(object, key);
	cJSON_AddNumberToObject(item, "p05", b->p05);
	cJSON_AddNumberToObject(item, "p50", b->p50);
	cJSON_AddNumberToObject(item, "p95", b->p95);
}

static cJSON *pigment_json(const struct forecast_pigment *p)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddBoolToObject(object, "sun_assumed", p->sun_assumed);
	cJSON_AddNumberToObject(object, "protected_frac", FORECAST_PROTECTED_FRAC);
	cJSON *list = cJSON_AddArrayToObject(object, "points");
	for (size_t i = 0; i < p->points; i++) {
		cJSON *item = cJSON_CreateObject();
		cJSON_AddNumberToObject(item, "days", p->at_days[i]);
		add_band(item, "unprotected_over_now", &p->unprotected[i]);
		add_band(item, "protected_over_now", &p->protected_[i]);
		add_band(item, "unprotected_melanosome_frac", &p->unprotected_frac[i]);
		add_band(item, "protected_melanosome_frac", &p->protected_frac[i]);
		cJSON_AddItemToArray(list, item);
	}
	return object;
}

static cJSON *pih_json(const struct forecast_pih *p)
{
	cJSON *object = cJSON_CreateObject();
	if (!p->published)
		return object;
	cJSON *series = cJSON_AddObjectToObject(object, "published");
	cJSON_AddStringToObject(series, "series", p->published->key);
	cJSON_AddNumberToObject(series, "events", p->published->events);
	cJSON_AddNumberToObject(series, "n", p->published->n);
	cJSON_AddStringToObject(series, "of", p->published->of);
	cJSON_AddNumberToObject(series, "pct", p->published->pct);
	cJSON_AddNumberToObject(series, "low_pct", p->published->low_pct);
	cJSON_AddNumberToObject(series, "high_pct", p->published->high_pct);
	cJSON_AddStringToObject(series, "source", p->published->source);
	cJSON *own = cJSON_AddObjectToObject(object, "twin_estimate");
	add_band(own, "frac", &p->own_frac);
	cJSON_AddStringToObject(own, "note", "a model's, not checked against outcomes");
	return object;
}

static cJSON *ageing_json(const struct forecast_ageing *a)
{
	static const char *const with[] = {"unprotected", "protected"};
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "label", "scenario, not a prognosis");
	cJSON *list = cJSON_AddArrayToObject(object, "points");
	for (size_t i = 0; i < a->points; i++) {
		cJSON *item = cJSON_CreateObject();
		cJSON_AddNumberToObject(item, "years", a->at_years[i]);
		for (int c = 0; c < 2; c++) {
			cJSON *half = cJSON_AddObjectToObject(item, with[c]);
			add_band(half, "collagen_over_now", &a->collagen[c][i]);
			add_band(half, "elasticity_r2", &a->elasticity_r2[c][i]);
			add_band(half, "dermis_um", &a->dermis_um[c][i]);
		}
		cJSON_AddItemToArray(list, item);
	}
	return object;
}

static cJSON *course_json(const struct forecast *c, cJSON *root)
{
	if (c->healing.known) {
		cJSON *healing = cJSON_AddObjectToObject(root, "healing");
		add_band(healing, "erythema_days", &c->healing.erythema_days);
		add_band(healing, "barrier_days", &c->healing.barrier_days);
		cJSON_AddStringToObject(healing, "source", c->healing.source);
	}
	if (c->sessions.known) {
		cJSON *sessions = cJSON_AddObjectToObject(root, "sessions");
		cJSON_AddNumberToObject(sessions, "goal_cleared_frac", c->sessions.goal_cleared_frac);
		add_band(sessions, "count", &c->sessions.sessions);
		cJSON_AddNumberToObject(sessions, "published_per_session_frac", c->sessions.published_per_session_frac);
		cJSON_AddStringToObject(sessions, "source", c->sessions.source);
	}
	return root;
}

enum status forecast_json(const struct twin *twin, const struct forecast *forecast, char **out, struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", "lasertwin-forecast/1");
	cJSON_AddStringToObject(root, "site", twin->site);
	cJSON_AddNumberToObject(root, "fitzpatrick", twin->fitzpatrick);
	cJSON_AddItemToObject(root, "pigment", pigment_json(&forecast->pigment));
	(void)course_json(forecast, root);
	cJSON_AddItemToObject(root, "pih", pih_json(&forecast->pih));
	if (forecast->ageing.known)
		cJSON_AddItemToObject(root, "ageing", ageing_json(&forecast->ageing));
	*out = cJSON_Print(root);
	cJSON_Delete(root);
	return *out ? ST_OK : fail_set(why, ST_FULL, "forecast", "no memory to write it");
}
