/* PIH series: read, checked against their counts, shown with their uncertainty. */
#include "planner/safety/pih.h"

#include "planner/safety/safety_json.h"

#define NORMAL_975 1.959963984540054 /* 97.5 % quantile of the standard normal */
#define PRINTED_PCT 0.051            /* figures are printed to one decimal */
#define COUNT_MAX 10000000

/* Wilson 1927: centre (p + z^2/2n) / (1 + z^2/n), half width z sqrt(p(1-p)/n + z^2/4n^2) / (1 + z^2/n).
 * Holds for p = 0 and p = 1 too. Pinned by test_pih against the published intervals. */
void pih_wilson(int events, int n, double *low_frac, double *high_frac)
{
	BUG_ON(n <= 0 || events < 0 || events > n);
	double p = (double)events / n, z2n = NORMAL_975 * NORMAL_975 / n;
	double centre = (p + 0.5 * z2n) / (1.0 + z2n);
	double half = NORMAL_975 * sqrt(p * (1.0 - p) / n + 0.25 * z2n / n) / (1.0 + z2n);
	*low_frac = events == 0 ? 0.0 : centre - half;
	*high_frac = events == n ? 1.0 : centre + half;
}

static enum status read_counts(const struct json_at *at, struct pih_series *series, struct fail *why)
{
	enum status status = json_integer_in(at, "n", 1, COUNT_MAX, "", &series->n, NULL, why);
	if (status == ST_OK)
		status = json_integer_in(at, "events", 0, series->n, "", &series->events, NULL, why);
	if (status == ST_OK)
		status = json_number_in(at, "pct", 0.0, 100.0, "%", &series->pct, NULL, why);
	if (status == ST_OK)
		status = json_number_in(at, "low_pct", 0.0, 100.0, "%", &series->low_pct, NULL, why);
	if (status == ST_OK)
		status = json_number_in(at, "high_pct", 0.0, 100.0, "%", &series->high_pct, NULL, why);
	return status;
}

static enum status check_interval(const struct json_at *at, const struct pih_series *series, struct fail *why)
{
	double low, high, pct = 100.0 * series->events / series->n;
	pih_wilson(series->events, series->n, &low, &high);
	if (fabs(pct - series->pct) > PRINTED_PCT || fabs(100.0 * low - series->low_pct) > PRINTED_PCT ||
	    fabs(100.0 * high - series->high_pct) > PRINTED_PCT)
		return json_refuse(at, ST_INPUT, why, "%d of %d is %.1f %% (%.1f-%.1f %%), not the figures given",
		                   series->events, series->n, pct, 100.0 * low, 100.0 * high);
	return ST_OK;
}

static enum status read_types(const struct json_at *at, struct pih_series *series, struct fail *why)
{
	struct json_at list, item = {0};
	enum status status = json_member(at, "fitz", JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item)) {
		int type = json_text(&item) != NULL ? safety_fitzpatrick(json_text(&item)) : 0;
		if (type == 0)
			return json_refuse(&item, ST_INPUT, why, "is no skin type; use I to VI");
		series->fitzpatrick |= 1u << (type - 1);
	}
	return status;
}

static enum status read_series(const struct json_at *at, struct pih_series *series, struct fail *why)
{
	static const char *const keys[] = {"key", "events", "n", "of", "fitz", "pct", "low_pct", "high_pct", "source",
	                                   NULL};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_string(at, "key", series->key, sizeof(series->key), NULL, why);
	if (status == ST_OK)
		status = json_string(at, "of", series->of, sizeof(series->of), NULL, why);
	if (status == ST_OK)
		status = safety_sources(at, series->source, sizeof(series->source), why);
	if (status == ST_OK)
		status = read_types(at, series, why);
	if (status == ST_OK)
		status = read_counts(at, series, why);
	return status == ST_OK ? check_interval(at, series, why) : status;
}

static enum status read_table(const struct json_at *root, struct pih_table *table, struct fail *why)
{
	static const char *const keys[] = {"schema", "note", "series", NULL};
	struct json_at list, item = {0};
	enum status status = json_schema(root, "lasertwin-pih/1", why);
	if (status == ST_OK)
		status = json_known_keys(root, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_member(root, "series", JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item)) {
		if (table->count == PIH_SERIES_MAX)
			return json_refuse(&item, ST_FULL, why, "is one series more than the %d there may be", PIH_SERIES_MAX);
		status = read_series(&item, &table->series[table->count++], why);
	}
	return status;
}

enum status pih_parse(const char *text, size_t length, const char *file, struct pih_table *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct pih_table table = {0};
	enum status status = json_parse(file, text, length, &doc, why);
	if (status != ST_OK)
		return status;
	struct json_at root = json_root(doc);
	status = read_table(&root, &table, why);
	json_free(&doc);
	if (status == ST_OK)
		*out = table;
	return status;
}

const struct pih_series *pih_find(const struct pih_table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->series[i].key, key) == 0)
			return &table->series[i];
	return NULL;
}

/* ", types III-IV": the lowest and highest type of the series; "" when not stated. */
static void types_text(unsigned fitzpatrick, char *out, size_t size)
{
	int low = 0, high = 0;
	for (int type = 1; type <= SAFETY_FITZPATRICK_TYPES; type++)
		if (fitzpatrick & (1u << (type - 1))) {
			low = low == 0 ? type : low;
			high = type;
		}
	if (low == 0)
		snprintf(out, size, ", types not stated");
	else if (low == high)
		snprintf(out, size, ", type %s", safety_fitzpatrick_name(low));
	else
		snprintf(out, size, ", types %s-%s", safety_fitzpatrick_name(low), safety_fitzpatrick_name(high));
}

const char *pih_text(const struct pih_series *series, char *out, size_t size)
{
	char types[32];
	types_text(series->fitzpatrick, types, sizeof(types));
	snprintf(out, size, "PIH %.1f %% (95 %% interval %.1f-%.1f %%), %d of %d %s%s [%s]; not from this patient",
	         series->pct, series->low_pct, series->high_pct, series->events, series->n, series->of, types,
	         series->source);
	return out;
}
