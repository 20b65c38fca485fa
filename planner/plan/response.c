/* Outcomes on record: written beside their expectations, gathered by treatment, learnt. */
#include "planner/plan/response.h"

#include <cjson/cJSON.h>

#include "devices/json.h"
#include "planner/safety/pih.h"
#include "planner/twin/forecast.h"
#include "planner/twin/time.h"
#include "planner/twin/twin_json.h"

#define MS_PER_DAY 86400000.0

/* ---- what a plan expected ---- */

static double number_at(const struct json_at *object, const char *key)
{
	bool present = false;
	double value = (double)NAN;
	struct fail ignored;
	enum status st = json_number_in(object, key, -HUGE_VAL, HUGE_VAL, "", &value, &present, &ignored);
	return st || !present ? (double)NAN : value;
}

/* What the model alone says: where the plan's number had lessons in it, what it was without them. */
static double without_lessons(const struct json_at *root, const char *metric)
{
	struct json_at list, item = {0}, changes;
	if (!json_find(root, "learnt", &list))
		return (double)NAN;
	while (json_array_each(&list, &item)) {
		const char *text = json_find(&item, "changes", &changes) ? json_text(&changes) : NULL;
		if (text && strcmp(text, metric) == 0)
			return number_at(&item, "without");
	}
	return (double)NAN;
}

static double predicted_in(const struct json_at *root, enum metric metric)
{
	const char *key = metric_spec(metric)->key;
	struct json_at predictions, band;
	double without = without_lessons(root, key);
	if (!isnan(without) || !json_find(root, "predictions", &predictions) || !json_find(&predictions, key, &band))
		return without;
	return number_at(&band, "value");
}

/* The first of the metrics that the plan predicted. */
static double predicted(const struct store_plan *plan, const enum metric *metric, size_t count)
{
	struct json_doc *doc = NULL;
	struct fail unread;
	double value = (double)NAN;
	if (json_parse("plan", plan->json, plan->json_len, &doc, &unread))
		return value;
	const struct json_at root = json_root(doc);
	for (size_t i = 0; i < count && isnan(value); i++)
		value = predicted_in(&root, metric[i]);
	json_free(&doc);
	return value;
}

double response_target_ratio(const struct store_plan *plan)
{
	static const enum metric ratio[] = {METRIC_TARGET_RATIO};
	return predicted(plan, ratio, 1);
}

static void indication_of(const struct store_plan *plan, char out[PLANNING_TEXT_MAX])
{
	struct json_doc *doc = NULL;
	struct fail unread;
	bool present = false;
	out[0] = '\0';
	if (json_parse("plan", plan->json, plan->json_len, &doc, &unread))
		return;
	const struct json_at root = json_root(doc);
	if (json_string(&root, "indication", out, PLANNING_TEXT_MAX, &present, &unread))
		out[0] = '\0';
	json_free(&doc);
}

/* ---- writing ---- */

static void expect_erythema(const struct library *library, const struct store_plan *plan, const struct response *seen,
                            struct twin_outcome *o)
{
	const struct device *device;
	const struct device_mode *mode;
	struct fail unknown;
	if (library_find_mode(library, plan->device, &device, &mode, &unknown))
		return;
	o->erythema_days = seen->erythema_days;
	o->erythema_expected_days = forecast_erythema_days(mode->mode_class);
}

static void expect_pih(const struct library *library, const struct store_plan *plan, const char *indication,
                       const struct response *seen, struct twin_outcome *o)
{
	const struct protocol *protocol = library_protocol(library, indication, plan->device);
	const struct pih_series *series = protocol ? library_pih(library, protocol) : NULL;
	o->pih = seen->pih;
	if (series) /* Jeffreys' mean: a series without events does not mean never */
		o->pih_expected_frac = (series->events + 0.5) / (series->n + 1.0);
}

/* Graders do not tell less than one part in a hundred: none and all are taken as the least and the most they see. Worse
 * than before is no clearance at all and is not learnt from. */
static void expect_clearance(const char *indication, const struct response *seen, int sessions, struct twin_outcome *o)
{
	if (!(seen->clearance_pct >= 0.0))
		return;
	o->cleared_frac = fmin(fmax(0.01 * seen->clearance_pct, 0.01), 0.99);
	o->sessions = sessions;
	o->cleared_expected_frac = forecast_clearance_per_session(indication);
}

static void expect_depth(const struct store_plan *plan, const struct response *seen, struct twin_outcome *o)
{
	static const enum metric depths[] = {METRIC_ABLATION_DEPTH_UM, METRIC_COAGULATION_DEPTH_UM};
	if (!(seen->depth_um > 0.0))
		return;
	o->depth_measured_um = seen->depth_um;
	o->depth_predicted_um = predicted(plan, depths, 2);
}

/* Each word by itself: one that cannot be learnt does not take the others with it. */
static void only_learnable(struct twin_outcome *o)
{
	const struct twin_outcome none = TWIN_NO_OUTCOME;
	struct twin_outcome alone[4] = {none, none, none, none};
	alone[0].erythema_days = o->erythema_days, alone[0].erythema_expected_days = o->erythema_expected_days;
	alone[1].pih = o->pih, alone[1].pih_expected_frac = o->pih_expected_frac;
	alone[2].cleared_frac = o->cleared_frac, alone[2].cleared_expected_frac = o->cleared_expected_frac;
	alone[2].sessions = o->sessions;
	alone[3].depth_measured_um = o->depth_measured_um, alone[3].depth_predicted_um = o->depth_predicted_um;
	for (size_t i = 0; i < 4; i++) {
		struct fail unlearnable;
		if (twin_outcome_check(&alone[i], &unlearnable) == ST_OK)
			continue;
		if (i == 0)
			o->erythema_days = o->erythema_expected_days = NAN;
		else if (i == 1)
			o->pih = -1, o->pih_expected_frac = NAN;
		else if (i == 2)
			o->cleared_frac = o->cleared_expected_frac = NAN, o->sessions = 0;
		else
			o->depth_measured_um = o->depth_predicted_um = NAN;
	}
}

static void add_number(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, key, value);
}

static enum status write(const struct store_plan *plan, const struct twin_outcome *o, char **json, struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", "lasertwin-outcome/1");
	cJSON_AddStringToObject(root, "plan", plan->uuid);
	cJSON_AddNumberToObject(root, "version", (double)plan->version);
	cJSON_AddStringToObject(root, "patient", plan->patient);
	cJSON_AddStringToObject(root, "device", plan->device);
	add_number(root, "erythema_days", o->erythema_days);
	add_number(root, "erythema_expected_days", o->erythema_expected_days);
	if (o->pih >= 0)
		cJSON_AddBoolToObject(root, "pih", o->pih);
	add_number(root, "pih_expected_frac", o->pih_expected_frac);
	add_number(root, "cleared_frac", o->cleared_frac);
	if (o->sessions > 0)
		cJSON_AddNumberToObject(root, "sessions", o->sessions);
	add_number(root, "cleared_expected_frac", o->cleared_expected_frac);
	add_number(root, "depth_measured_um", o->depth_measured_um);
	add_number(root, "depth_predicted_um", o->depth_predicted_um);
	*json = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return *json ? ST_OK : fail_set(why, ST_FULL, "response", "out of memory");
}

enum status response_json(const struct library *library, const struct store_plan *plan, const struct response *seen,
                          int sessions, char **json, struct fail *why)
{
	struct twin_outcome o = TWIN_NO_OUTCOME;
	char indication[PLANNING_TEXT_MAX];
	*json = NULL;
	indication_of(plan, indication);
	expect_erythema(library, plan, seen, &o);
	expect_pih(library, plan, indication, seen, &o);
	expect_clearance(indication, seen, sessions, &o);
	expect_depth(plan, seen, &o);
	only_learnable(&o);
	if (isnan(o.erythema_days) && o.pih < 0 && isnan(o.cleared_frac) && isnan(o.depth_measured_um))
		return ST_OK;
	return write(plan, &o, json, why);
}

/* ---- gathering ---- */

struct gathered {
	struct twin_outcome *item;
	size_t count, capacity, refused;
};

static struct twin_outcome *treatment_of(struct gathered *g, const struct twin_outcome *o)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->item[i].treatment, o->treatment) == 0)
			return &g->item[i];
	if (g->count == g->capacity)
		return NULL;
	struct twin_outcome *out = &g->item[g->count++];
	*out = (struct twin_outcome)TWIN_NO_OUTCOME;
	(void)snprintf(out->treatment, sizeof out->treatment, "%s", o->treatment);
	(void)snprintf(out->device_mode, sizeof out->device_mode, "%s", o->device_mode);
	return out;
}

/* Records come oldest first. */
static void merge(const struct twin_outcome *o, struct twin_outcome *out)
{
	if (o->endpoint_seen >= 0) {
		out->endpoint_seen = o->endpoint_seen;
		out->endpoint_dose_ratio = o->endpoint_dose_ratio;
	}
	if (!isnan(o->erythema_days) && !(out->erythema_days >= o->erythema_days)) {
		out->erythema_days = o->erythema_days;
		out->erythema_expected_days = o->erythema_expected_days;
	}
	if (o->pih > out->pih) {
		out->pih = o->pih;
		out->pih_expected_frac = o->pih_expected_frac;
	}
	if (!isnan(o->cleared_frac)) {
		out->cleared_frac = o->cleared_frac;
		out->sessions = o->sessions;
		out->cleared_expected_frac = o->cleared_expected_frac;
	}
	if (!isnan(o->depth_measured_um)) {
		out->depth_measured_um = o->depth_measured_um;
		out->depth_predicted_um = o->depth_predicted_um;
	}
}

static enum status gather(struct store *store, const char *kind, const char *patient, struct gathered *g,
                          struct fail *why)
{
	const struct store_record_query query = {.kind = kind, .patient = patient, .oldest_first = true};
	struct store_record_list list = {0};
	enum status st = store_record_list(store, &query, &list, why);
	struct twin_outcome *grown = !st && list.count ? realloc(g->item, (g->count + list.count) * sizeof *g->item) : NULL;
	if (!st && list.count && !grown)
		st = fail_set(why, ST_FULL, "outcome", "no memory for %zu records", list.count);
	if (grown) {
		g->item = grown;
		g->capacity = g->count + list.count;
	}
	for (size_t i = 0; !st && i < list.count; i++) {
		struct twin_outcome o;
		struct fail unread;
		if (twin_outcome_read(kind, list.items[i].json, list.items[i].json_len, &o, &unread))
			g->refused++;
		else
			merge(&o, treatment_of(g, &o));
	}
	store_record_list_free(&list);
	return st;
}

enum status response_learn(struct store *store, const char *patient, struct twin *twin, size_t *refused,
                           struct fail *why)
{
	struct gathered g = {0};
	enum status st = gather(store, "outcome", patient, &g, why);
	if (!st)
		st = gather(store, RESPONSE_KIND, patient, &g, why);
	for (size_t i = 0; !st && i < g.count; i++) {
		struct fail unlearnable;
		st = twin_learn(twin, &g.item[i], &unlearnable);
		if (st == ST_RANGE || st == ST_INPUT || st == ST_FULL) {
			g.refused++;
			st = ST_OK;
		} else if (st) {
			(void)fail_set(why, st, unlearnable.field, "%s", unlearnable.text);
		}
	}
	free(g.item);
	if (refused)
		*refused = g.refused;
	return st;
}

enum status response_sessions(struct store *store, const char *patient, const char *device_mode, int *out,
                              struct fail *why)
{
	const struct store_record_query query = {.kind = "outcome", .patient = patient};
	struct store_record_list list = {0};
	enum status st = store_record_list(store, &query, &list, why);
	*out = 0;
	for (size_t i = 0; !st && i < list.count; i++) {
		struct twin_outcome o;
		struct fail unread;
		*out += twin_outcome_read("outcome", list.items[i].json, list.items[i].json_len, &o, &unread) == ST_OK &&
		        strcmp(o.device_mode, device_mode) == 0;
	}
	store_record_list_free(&list);
	return st;
}

/* ---- the next version ---- */

static bool same_lessons(const struct twin *a, const struct twin *b)
{
	if (a->lessons != b->lessons)
		return false;
	for (size_t i = 0; i < a->lessons; i++)
		if (a->lesson[i].event != b->lesson[i].event || fabs(a->lesson[i].observed - b->lesson[i].observed) > 1e-9)
			return false;
	return true;
}

static enum status add_version(struct store *store, struct store_twin *row, const struct twin *twin,
                               const struct store_stamp *stamp, struct fail *why)
{
	char *json = NULL;
	struct store_twin next = *row;
	enum status st = twin_write(twin, &json, why);
	next.version = row->version + 1;
	next.created_at_ms = stamp->at_ms;
	next.json = json;
	next.json_len = json ? strlen(json) : 0;
	if (!st)
		st = store_twin_add(store, &next, stamp, why);
	free(json);
	return st;
}

enum status response_keep(struct store *store, const char *patient, const struct store_stamp *stamp, struct fail *why)
{
	struct store_twin row = {0};
	struct twin kept, now;
	struct fail unread;
	enum status st = store_twin_latest(store, patient, &row, &unread);
	if (st)
		return st == ST_NOT_FOUND ? ST_OK : fail_set(why, st, unread.field, "%s", unread.text);
	const struct twin_interval since = {.days = fmax(0.0, (double)(stamp->at_ms - row.created_at_ms) / MS_PER_DAY),
	                                    .age_y = NAN,
	                                    .sun = {.latitude_deg = NAN, .from_day_of_year = NAN}};
	if (since.days <= TWIN_DAYS_MAX && twin_read("twin", row.json, row.json_len, &kept, &unread) == ST_OK) {
		st = twin_bring_forward(&kept, &since, &now, why);
		if (!st)
			st = response_learn(store, patient, &now, NULL, why);
		if (!st && !same_lessons(&kept, &now))
			st = add_version(store, &row, &now, stamp, why);
	}
	store_twin_clear(&row);
	return st;
}
