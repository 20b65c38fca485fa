/* Twins as JSON, both ways. */
#include "planner/twin/twin_json.h"

#include <cjson/cJSON.h>

#include "devices/json.h"

#define SCHEMA "lasertwin-twin/2"

/* ---- writing ---- */

static cJSON *number_json(double value)
{
	char text[40];
	(void)snprintf(text, sizeof text, "%.17g", value); /* reads back to the last bit */
	return cJSON_CreateRaw(text);
}

/* JSON has no NaN: a number that does not exist is left out. */
static void add_number(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddItemToObject(object, key, number_json(value));
}

static cJSON *properties_json(const struct twin *t)
{
	cJSON *object = cJSON_CreateObject();
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		const struct twin_value *v = &t->property[p];
		cJSON *item = cJSON_AddObjectToObject(object, twin_property_spec((enum twin_property)p)->key);
		add_number(item, "median", v->median);
		add_number(item, "sd", v->sd);
		add_number(item, "p05", v->p05);
		add_number(item, "p95", v->p95);
		add_number(item, "latent", t->latent[p]);
		cJSON_AddStringToObject(item, "origin", twin_origin_name(v->origin));
		cJSON_AddNumberToObject(item, "flags", v->flags);
		cJSON_AddStringToObject(item, "source", v->source);
	}
	return object;
}

/* Rows of the lower triangle, in the order of the properties. */
static cJSON *covariance_json(const struct twin *t)
{
	cJSON *rows = cJSON_CreateArray();
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		cJSON *row = cJSON_CreateArray();
		for (int q = 0; q <= p; q++)
			cJSON_AddItemToArray(row, number_json(t->covariance[p][q]));
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

static cJSON *residuals_json(const struct twin *t)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < t->residuals; i++) {
		const struct twin_residual *r = &t->residual[i];
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "reading", r->key);
		cJSON_AddBoolToObject(item, "used", r->used);
		if (r->used) {
			add_number(item, "read", r->read);
			add_number(item, "model", r->model);
			add_number(item, "sd", r->sd);
			add_number(item, "innovation", r->innovation);
			cJSON_AddNumberToObject(item, "count", r->count);
		}
		cJSON_AddStringToObject(item, "note", r->note);
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static cJSON *lessons_json(const struct twin *t)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < t->lessons; i++) {
		const struct twin_lesson *l = &t->lesson[i];
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "treatment", l->treatment);
		cJSON_AddStringToObject(item, "device", l->device_mode);
		cJSON_AddStringToObject(item, "factor", twin_property_spec(l->factor)->key);
		cJSON_AddNumberToObject(item, "event", l->event);
		add_number(item, "observed", l->observed);
		add_number(item, "read", l->read);
		add_number(item, "variance", l->variance);
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static cJSON *twin_json(const struct twin *t)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", SCHEMA);
	cJSON_AddStringToObject(root, "site", t->site);
	cJSON_AddNumberToObject(root, "fitzpatrick", t->fitzpatrick);
	cJSON_AddNumberToObject(root, "effective_type", t->effective_type);
	cJSON_AddBoolToObject(root, "tan_measured", t->tan_measured);
	add_number(root, "tan_rel", t->tan_rel);
	add_number(root, "ita_deg", t->ita_deg);
	add_number(root, "model_ita_deg", t->model_ita_deg);
	add_number(root, "spread_factor", t->spread_factor);
	cJSON_AddNumberToObject(root, "iterations", t->iterations);
	cJSON_AddItemToObject(root, "properties", properties_json(t));
	cJSON_AddItemToObject(root, "covariance", covariance_json(t));
	cJSON_AddItemToObject(root, "residuals", residuals_json(t));
	if (t->lessons)
		cJSON_AddItemToObject(root, "lessons", lessons_json(t));
	return root;
}

enum status twin_write(const struct twin *twin, char **out, struct fail *why)
{
	cJSON *root = twin_json(twin);
	*out = root ? cJSON_PrintUnformatted(root) : NULL;
	cJSON_Delete(root);
	return *out ? ST_OK : fail_set(why, ST_FULL, "twin", "no memory to write it");
}

/* ---- reading ---- */

static enum status read_property(const struct json_at *at, int p, struct twin *t, struct fail *why)
{
	static const char *const keys[] = {"median", "sd", "p05", "p95", "latent", "origin", "flags", "source", NULL};
	static const char *const origins[] = {"measured", "derived", "prior"};
	struct twin_value *v = &t->property[p];
	size_t origin = 0;
	int flags = 0;
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (st || (st = json_number_in(at, "latent", -50, 50, "", &t->latent[p], NULL, why)) ||
	    (st = json_choice(at, "origin", origins, 3, &origin, NULL, why)) ||
	    (st = json_integer_in(at, "flags", 0, 15, "", &flags, NULL, why)))
		return st;
	v->origin = (enum twin_origin)origin;
	v->flags = (unsigned)flags;
	return json_string(at, "source", v->source, sizeof v->source, NULL, why);
}

static enum status read_properties(const struct json_at *root, struct twin *t, struct fail *why)
{
	const char *keys[TWIN_PROPERTIES + 1] = {NULL};
	struct json_at object, item;
	enum status st = json_member(root, "properties", JSON_OBJECT, &object, NULL, why);
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		keys[p] = twin_property_spec((enum twin_property)p)->key;
	if (!st)
		st = json_known_keys(&object, keys, JSON_X_EXTRA, why);
	for (int p = 0; !st && p < TWIN_PROPERTIES; p++) {
		st = json_member(&object, keys[p], JSON_OBJECT, &item, NULL, why);
		if (!st)
			st = read_property(&item, p, t, why);
	}
	return st;
}

static enum status read_covariance(const struct json_at *root, struct twin *t, struct fail *why)
{
	struct json_at rows, row = {0};
	enum status st = json_member(root, "covariance", JSON_ARRAY, &rows, NULL, why);
	if (!st && json_count(&rows) != TWIN_PROPERTIES)
		return json_refuse(&rows, ST_INPUT, why, "%zu rows; %d belong here", json_count(&rows), TWIN_PROPERTIES);
	while (!st && json_array_each(&rows, &row)) {
		struct json_at item = {0};
		if (json_kind(&row) != JSON_ARRAY || json_count(&row) != row.index + 1)
			return json_refuse(&row, ST_INPUT, why, "row %zu of the lower triangle has %zu numbers", row.index,
			                   row.index + 1);
		while (!st && json_array_each(&row, &item)) {
			double value = 0.0;
			st = json_number_at(&item, -1e4, 1e4, "", &value, why);
			t->covariance[row.index][item.index] = t->covariance[item.index][row.index] = value;
		}
	}
	return st;
}

static enum status read_residual(const struct json_at *at, struct twin_residual *r, struct fail *why)
{
	static const char *const keys[] = {"reading", "used", "read", "model", "sd", "innovation", "count", "note", NULL};
	int count = 0;
	bool given;
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (st || (st = json_string(at, "reading", r->key, sizeof r->key, NULL, why)) ||
	    (st = json_bool(at, "used", &r->used, NULL, why)) ||
	    (st = json_string(at, "note", r->note, sizeof r->note, NULL, why)) || !r->used)
		return st;
	if ((st = json_number_in(at, "read", -1e6, 1e6, "", &r->read, &given, why)) ||
	    (st = json_number_in(at, "model", -1e6, 1e6, "", &r->model, &given, why)) ||
	    (st = json_number_in(at, "sd", 0, 1e6, "", &r->sd, &given, why)) ||
	    (st = json_number_in(at, "innovation", -1e6, 1e6, "", &r->innovation, &given, why)))
		return st;
	st = json_integer_in(at, "count", 1, SPECTRUM_POINTS_MAX, "", &count, NULL, why);
	r->count = (unsigned)count;
	return st;
}

static enum status read_residuals(const struct json_at *root, struct twin *t, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(root, "residuals", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (t->residuals == TWIN_RESIDUALS_MAX)
			return json_refuse(&list, ST_FULL, why, "more than %d", TWIN_RESIDUALS_MAX);
		struct twin_residual *r = &t->residual[t->residuals++];
		st = read_residual(&item, r, why);
		t->disagreements += !st && r->used && fabs(r->innovation) > TWIN_DISAGREES;
	}
	return st;
}

static enum status read_lesson(const struct json_at *at, struct twin_lesson *l, struct fail *why)
{
	static const char *const keys[] = {"treatment", "device", "factor", "event", "observed", "read", "variance", NULL};
	const char *factors[TWIN_PROPERTIES - TWIN_DEPTH_FACTOR]; /* the learnt ones end the list of properties */
	size_t factor = 0, count = sizeof factors / sizeof factors[0];
	for (size_t i = 0; i < count; i++)
		factors[i] = twin_property_spec((enum twin_property)(TWIN_DEPTH_FACTOR + i))->key;
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (st || (st = json_string(at, "treatment", l->treatment, sizeof l->treatment, NULL, why)) ||
	    (st = json_string(at, "device", l->device_mode, sizeof l->device_mode, NULL, why)) ||
	    (st = json_choice(at, "factor", factors, count, &factor, NULL, why)) ||
	    (st = json_integer_in(at, "event", -1, 1, "", &l->event, NULL, why)) ||
	    (st = json_number_in(at, "observed", -50, 50, "", &l->observed, NULL, why)) ||
	    (st = json_number_in(at, "read", -50, 50, "", &l->read, NULL, why)))
		return st;
	l->factor = (enum twin_property)(TWIN_DEPTH_FACTOR + factor);
	return json_number_in(at, "variance", 1e-6, 1e7, "", &l->variance, NULL, why);
}

/* Twins of before there were lessons have none. */
static enum status read_lessons(const struct json_at *root, struct twin *t, struct fail *why)
{
	struct json_at list, item = {0};
	bool given = false;
	enum status st = json_member(root, "lessons", JSON_ARRAY, &list, &given, why);
	while (!st && given && json_array_each(&list, &item)) {
		if (t->lessons == TWIN_LESSONS_MAX)
			return json_refuse(&list, ST_FULL, why, "more than %d", TWIN_LESSONS_MAX);
		st = read_lesson(&item, &t->lesson[t->lessons++], why);
	}
	return st;
}

static enum status read_head(const struct json_at *root, struct twin *t, struct fail *why)
{
	int iterations = 0;
	bool given;
	t->tan_rel = t->ita_deg = t->model_ita_deg = NAN;
	t->spread_factor = 1.0;
	enum status st;
	if ((st = json_string(root, "site", t->site, sizeof t->site, NULL, why)) ||
	    (st = json_integer_in(root, "fitzpatrick", 0, 6, "", &t->fitzpatrick, NULL, why)) ||
	    (st = json_integer_in(root, "effective_type", 0, 6, "", &t->effective_type, NULL, why)) ||
	    (st = json_bool(root, "tan_measured", &t->tan_measured, NULL, why)) ||
	    (st = json_number_in(root, "tan_rel", -1, 1000, "", &t->tan_rel, &given, why)) ||
	    (st = json_number_in(root, "ita_deg", -180, 180, "deg", &t->ita_deg, &given, why)) ||
	    (st = json_number_in(root, "model_ita_deg", -180, 180, "deg", &t->model_ita_deg, &given, why)) ||
	    (st = json_number_in(root, "spread_factor", 1, 1e6, "", &t->spread_factor, &given, why)))
		return st;
	st = json_integer_in(root, "iterations", 0, 1000, "", &iterations, NULL, why);
	t->iterations = (unsigned)iterations;
	return st;
}

static enum status read_root(const struct json_at *root, struct twin *t, struct fail *why)
{
	static const char *const keys[] = {"schema",   "site",       "fitzpatrick",   "effective_type", "tan_measured",
	                                   "tan_rel",  "ita_deg",    "model_ita_deg", "spread_factor",  "iterations",
	                                   "properties", "covariance", "residuals", "lessons", NULL};
	enum status st;
	if ((st = json_schema(root, SCHEMA, why)) || (st = json_known_keys(root, keys, JSON_X_EXTRA, why)) ||
	    (st = read_head(root, t, why)) || (st = read_properties(root, t, why)) ||
	    (st = read_covariance(root, t, why)) || (st = read_residuals(root, t, why)) ||
	    (st = read_lessons(root, t, why)))
		return st;
	return twin_refresh(t, why);
}

enum status twin_read(const char *name, const char *bytes, size_t length, struct twin *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct twin *t = calloc(1, sizeof *t);
	if (!t)
		return fail_set(why, ST_FULL, name, "no memory");
	enum status st = json_parse(name, bytes, length, &doc, why);
	if (!st) {
		struct json_at root = json_root(doc);
		st = read_root(&root, t, why);
	}
	json_free(&doc);
	if (!st)
		*out = *t;
	free(t);
	return st;
}
