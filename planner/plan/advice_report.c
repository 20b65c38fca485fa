/* Advice written down. */
#include <cjson/cJSON.h>

#include "planner/plan/advice.h"

static void write_settings(FILE *f, const struct settings *settings)
{
	char text[256];
	fprintf(f, "%s", settings_text(settings, text, sizeof text));
}

static void write_benefit(FILE *f, const struct advice *a, const struct band *b)
{
	const struct metric_spec *m = metric_spec(a->benefit_metric);
	if (b->flags & VALIDITY_ABSENT)
		fprintf(f, "not predicted");
	else
		fprintf(f, "%.*f [%.*f..%.*f] %s", m->decimals, b->value, m->decimals, b->p05, m->decimals, b->p95, m->unit);
}

static void write_risk(FILE *f, const struct advice_risk *risk)
{
	if (isnan(risk->share))
		fprintf(f, "no limit on file");
	else
		fprintf(f, "%.0f %% of the limit of %s", 100.0 * risk->share, risk->limit);
}

static void write_curve(FILE *f, const struct advice *a)
{
	fprintf(f, "Trade-off   benefit: %s; risk: largest share of a limit used up at the 95th percentile\n",
	        metric_spec(a->benefit_metric)->label);
	for (size_t i = 0; i < a->points; i++) {
		const struct advice_point *p = &a->curve[i];
		fprintf(f, "  %c %8.3g J/cm2  ", p->chosen ? '>' : p->efficient ? '+' : ' ', p->dose_J_cm2);
		write_benefit(f, a, &p->benefit);
		fprintf(f, "%s; ", p->sufficient ? ", enough" : "");
		write_risk(f, &p->risk);
		fprintf(f, "; %s\n      ", verdict_name(p->verdict));
		write_settings(f, &p->settings);
		fprintf(f, "\n");
	}
	fprintf(f, "    > the plan, + no other point gives more for no more risk\n");
}

static void write_scenarios(FILE *f, const struct advice *a)
{
	fprintf(f, "What if     (a scenario, not a finding about this skin)\n");
	for (size_t i = 0; i < ADVICE_SCENARIOS; i++) {
		const struct advice_scenario *s = &a->scenario[i];
		fprintf(f, "    %-22s ", s->name);
		if (!s->evaluated) {
			fprintf(f, "not evaluated: %s\n", s->why_not.text);
			continue;
		}
		write_benefit(f, a, &s->benefit);
		fprintf(f, "%s; ", s->sufficient ? ", enough" : ", not enough");
		write_risk(f, &s->risk);
		fprintf(f, "; %s%s%s%s\n", verdict_name(s->verdict), s->forbids[0] ? " (" : "", s->forbids, s->forbids[0] ? ")" : "");
	}
}

static void write_course(FILE *f, const struct advice *a)
{
	fprintf(f, "Course      ");
	if (isnan(a->interval_days))
		fprintf(f, "no interval on file: the dermatologist sets it\n");
	else
		fprintf(f, "%.0f d between visits\n", a->interval_days);
	for (size_t i = 0; i < a->visits; i++)
		fprintf(f, "    day %4d    %s\n", a->visit[i].day, a->visit[i].what);
}

enum status advice_text(const struct advice *a, char **out, struct fail *why)
{
	size_t size;
	FILE *f = open_memstream(out, &size);
	if (!f)
		return fail_set(why, ST_FULL, "advice", "out of memory");
	write_curve(f, a);
	write_scenarios(f, a);
	write_course(f, a);
	if (fclose(f) == 0)
		return ST_OK;
	free(*out);
	return fail_set(why, ST_FULL, "advice", "out of memory");
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static void add(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, key, value);
}

static void add_common(cJSON *object, const struct settings *settings, const struct band *benefit,
                       const struct advice_risk *risk, enum verdict verdict, bool sufficient)
{
	cJSON *o = cJSON_AddObjectToObject(object, "settings");
	for (unsigned id = 0; id < SETTINGS; id++)
		if (settings_has(settings, id))
			add(o, setting_spec(id)->key, settings->value[id]);
	o = cJSON_AddObjectToObject(object, "benefit");
	add(o, "value", benefit->value);
	add(o, "p05", benefit->p05);
	add(o, "p95", benefit->p95);
	add(object, "risk_share", risk->share);
	cJSON_AddStringToObject(object, "risk_limit", risk->limit);
	cJSON_AddStringToObject(object, "verdict", verdict_name(verdict));
	cJSON_AddBoolToObject(object, "sufficient", sufficient);
}

static cJSON *curve_json(const struct advice *a)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < a->points; i++) {
		const struct advice_point *p = &a->curve[i];
		cJSON *o = cJSON_CreateObject();
		add(o, "dose_J_cm2", p->dose_J_cm2);
		add_common(o, &p->settings, &p->benefit, &p->risk, p->verdict, p->sufficient);
		cJSON_AddBoolToObject(o, "chosen", p->chosen);
		cJSON_AddBoolToObject(o, "efficient", p->efficient);
		cJSON_AddItemToArray(array, o);
	}
	return array;
}

static cJSON *scenarios_json(const struct advice *a)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < ADVICE_SCENARIOS; i++) {
		const struct advice_scenario *s = &a->scenario[i];
		cJSON *o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "name", s->name);
		if (s->evaluated) {
			add_common(o, &s->settings, &s->benefit, &s->risk, s->verdict, s->sufficient);
			cJSON_AddStringToObject(o, "forbidden_by", s->forbids);
		} else
			cJSON_AddStringToObject(o, "not_evaluated", s->why_not.text);
		cJSON_AddItemToArray(array, o);
	}
	return array;
}

static cJSON *course_json(const struct advice *a)
{
	cJSON *object = cJSON_CreateObject(), *array;
	add(object, "interval_days", a->interval_days);
	cJSON_AddBoolToObject(object, "test_spot", a->test_spot);
	if (a->test_spot)
		add(object, "test_spot_wait_days", a->test_spot_wait_days);
	array = cJSON_AddArrayToObject(object, "visits");
	for (size_t i = 0; i < a->visits; i++) {
		cJSON *o = cJSON_CreateObject();
		add(o, "day", a->visit[i].day);
		cJSON_AddStringToObject(o, "what", a->visit[i].what);
		cJSON_AddItemToArray(array, o);
	}
	return object;
}

enum status advice_json(const struct advice *a, char **out, struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "benefit_metric", metric_spec(a->benefit_metric)->key);
	cJSON_AddItemToObject(root, "curve", curve_json(a));
	cJSON_AddItemToObject(root, "what_if", scenarios_json(a));
	cJSON_AddItemToObject(root, "course", course_json(a));
	*out = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return *out ? ST_OK : fail_set(why, ST_FULL, "advice", "out of memory");
}
