/* Two versions flattened to lines of section, key and value, sorted and merged. */
#include "planner/plan/difference.h"

#include "devices/exposure.h"
#include "devices/json.h"
#include "devices/settings.h"
#include "planner/fit/predict.h"

static const char *const section_names[DIFFERENCE_SECTIONS] = {
	[DIFFERENCE_REQUEST] = "request",   [DIFFERENCE_SETTINGS] = "settings",     [DIFFERENCE_VERDICT] = "verdict",
	[DIFFERENCE_FINDINGS] = "findings", [DIFFERENCE_PREDICTION] = "prediction", [DIFFERENCE_NUMBERS] = "numbers",
	[DIFFERENCE_READINGS] = "readings", [DIFFERENCE_ANSWERS] = "answers",       [DIFFERENCE_TWIN] = "twin",
	[DIFFERENCE_MODELS] = "models",
};

const char *difference_section_name(enum difference_section section)
{
	return (unsigned)section < DIFFERENCE_SECTIONS ? section_names[section] : "unknown";
}

/* ---- flattening ---- */

struct entry {
	enum difference_section section;
	char key[DIFFERENCE_KEY_MAX];
	char value[DIFFERENCE_VALUE_MAX];
};

struct entries {
	size_t count, capacity;
	struct entry *items;
	bool out_of_memory;
};

static void add(struct entries *all, enum difference_section section, const char *key, const char *value)
{
	if (all->count == all->capacity) {
		const size_t capacity = all->capacity ? 2 * all->capacity : 128;
		struct entry *grown = realloc(all->items, capacity * sizeof *grown);
		if (!grown) {
			all->out_of_memory = true;
			return;
		}
		all->items = grown;
		all->capacity = capacity;
	}
	struct entry *e = &all->items[all->count++];
	e->section = section;
	(void)snprintf(e->key, sizeof e->key, "%s", key);
	(void)snprintf(e->value, sizeof e->value, "%s", value);
}

/* One value in words; lists as "a, b". */
static void words(const struct json_at *at, char *out, size_t size)
{
	struct json_at item = {0};
	double number = 0.0;
	bool truth = false;
	struct fail ignored;
	size_t used = 0;
	out[0] = '\0';
	switch (json_kind(at)) {
	case JSON_STRING:
		(void)snprintf(out, size, "%s", json_text(at));
		break;
	case JSON_NUMBER:
		if (json_number_at(at, -HUGE_VAL, HUGE_VAL, "", &number, &ignored) == ST_OK)
			(void)snprintf(out, size, "%.9g", number);
		break;
	case JSON_BOOL:
		if (json_bool_at(at, &truth, &ignored) == ST_OK)
			(void)snprintf(out, size, "%s", truth ? "yes" : "no");
		break;
	case JSON_ARRAY:
		while (json_array_each(at, &item) && used + 2 < size) {
			used += (size_t)snprintf(out + used, size - used, "%s", item.index ? ", " : "");
			words(&item, out + used, size - used);
			used += strlen(out + used);
		}
		break;
	default:
		(void)snprintf(out, size, "%s", json_kind(at) == JSON_NULL ? "not answered" : "");
	}
}

static void with_unit(char *value, size_t size, const char *unit)
{
	const size_t used = strlen(value);
	if (unit && unit[0] && used < size)
		(void)snprintf(value + used, size - used, " %s", unit);
}

static const char *setting_unit(const char *key)
{
	enum setting_id id;
	return setting_find(key, &id) ? setting_spec(id)->unit : "";
}

static const char *metric_unit(const char *key)
{
	for (int m = 0; m < METRICS; m++)
		if (strcmp(metric_spec((enum metric)m)->key, key) == 0)
			return metric_spec((enum metric)m)->unit;
	return "";
}

static const char *number_unit(const char *key)
{
	struct exposure_number number;
	return exposure_number_named(key, &number) ? number.unit : "";
}

static const char *no_unit(const char *key)
{
	(void)key;
	return "";
}

/* Every member of an object as a line. */
static void add_members(struct entries *all, enum difference_section section, const struct json_at *object,
                        const char *(*unit)(const char *key))
{
	struct json_at member = {0};
	char value[DIFFERENCE_VALUE_MAX];
	while (json_object_each(object, &member)) {
		words(&member, value, sizeof value);
		with_unit(value, sizeof value, unit(member.key));
		add(all, section, member.key, value);
	}
}

static void part(const struct json_at *object, const char *key, char *out, size_t size)
{
	struct json_at at;
	out[0] = '\0';
	if (json_find(object, key, &at))
		words(&at, out, size);
}

/* "52.3 [48.1..57.0] um" */
static void add_bands(struct entries *all, const struct json_at *object)
{
	struct json_at member = {0};
	char middle[32], low[32], high[32], value[DIFFERENCE_VALUE_MAX];
	while (json_object_each(object, &member)) {
		part(&member, "value", middle, sizeof middle);
		part(&member, "p05", low, sizeof low);
		part(&member, "p95", high, sizeof high);
		if (json_kind(&member) == JSON_OBJECT)
			(void)snprintf(value, sizeof value, "%s [%s..%s]", middle, low, high);
		else
			words(&member, value, sizeof value);
		with_unit(value, sizeof value, metric_unit(member.key));
		add(all, DIFFERENCE_PREDICTION, member.key, value);
	}
}

static void add_finding(struct entries *all, const struct json_at *rule)
{
	char id[32], zone[64], outcome[32], number[32], limit[32], unit[24], key[DIFFERENCE_KEY_MAX];
	char value[DIFFERENCE_VALUE_MAX];
	part(rule, "id", id, sizeof id);
	part(rule, "zone", zone, sizeof zone);
	part(rule, "outcome", outcome, sizeof outcome);
	part(rule, "value", number, sizeof number);
	part(rule, "limit", limit, sizeof limit);
	part(rule, "unit", unit, sizeof unit);
	(void)snprintf(key, sizeof key, "%s%s%s", id, zone[0] ? " " : "", zone);
	(void)snprintf(value, sizeof value, "%s%s%s%s%s%s%s", outcome, number[0] ? " " : "", number,
	               limit[0] ? " against " : "", limit, number[0] && unit[0] ? " " : "", number[0] ? unit : "");
	add(all, DIFFERENCE_FINDINGS, key, value);
}

static void add_medians(struct entries *all, const struct json_at *properties)
{
	struct json_at member = {0};
	char middle[32], sd[32], value[DIFFERENCE_VALUE_MAX];
	while (json_object_each(properties, &member)) {
		part(&member, "median", middle, sizeof middle);
		part(&member, "sd", sd, sizeof sd);
		(void)snprintf(value, sizeof value, "%s (sd %s)", middle, sd);
		add(all, DIFFERENCE_TWIN, member.key, value);
	}
}

static void add_plain(struct entries *all, enum difference_section section, const struct json_at *root,
                      const char *const *keys)
{
	struct json_at at;
	char value[DIFFERENCE_VALUE_MAX];
	for (; *keys; keys++)
		if (json_find(root, *keys, &at)) {
			words(&at, value, sizeof value);
			add(all, section, *keys, value);
		}
}

static void flatten_plan(struct entries *all, const struct json_at *root)
{
	static const char *const request[] = {"device", "indication", "zones", "sides", NULL};
	static const char *const verdict[] = {"verdict", NULL};
	struct json_at at, item = {0};
	add_plain(all, DIFFERENCE_REQUEST, root, request);
	add_plain(all, DIFFERENCE_VERDICT, root, verdict);
	if (json_find(root, "settings", &at))
		add_members(all, DIFFERENCE_SETTINGS, &at, setting_unit);
	if (json_find(root, "rules", &at))
		while (json_array_each(&at, &item))
			add_finding(all, &item);
	if (json_find(root, "predictions", &at))
		add_bands(all, &at);
	if (json_find(root, "numbers", &at))
		add_members(all, DIFFERENCE_NUMBERS, &at, number_unit);
	if (json_find(root, "models", &at))
		add_members(all, DIFFERENCE_MODELS, &at, no_unit);
	if (json_find(root, "versions", &at))
		add_members(all, DIFFERENCE_MODELS, &at, no_unit);
}

static void flatten_readings(struct entries *all, const struct json_at *root)
{
	struct json_at at;
	if (json_find(root, "patient", &at))
		add_members(all, DIFFERENCE_READINGS, &at, no_unit);
	if (json_find(root, "history", &at))
		add_members(all, DIFFERENCE_ANSWERS, &at, no_unit);
}

static void flatten_twin(struct entries *all, const struct json_at *root)
{
	struct json_at at;
	if (json_find(root, "properties", &at))
		add_medians(all, &at);
}

static enum status flatten_one(struct entries *all, const char *name, const char *json, size_t len,
                               void (*flatten)(struct entries *all, const struct json_at *root), struct fail *why)
{
	struct json_doc *doc = NULL;
	if (!json)
		return ST_OK;
	enum status st = json_parse(name, json, len, &doc, why);
	if (st)
		return st;
	const struct json_at root = json_root(doc);
	flatten(all, &root);
	json_free(&doc);
	return all->out_of_memory ? fail_set(why, ST_FULL, name, "out of memory") : ST_OK;
}

static int by_section_and_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return strcmp(x->key, y->key);
}

static enum status flatten(const struct difference_side *side, struct entries *all, struct fail *why)
{
	enum status st = flatten_one(all, "plan", side->plan, side->plan_len, flatten_plan, why);
	if (!st)
		st = flatten_one(all, "readings", side->readings, side->readings_len, flatten_readings, why);
	if (!st)
		st = flatten_one(all, "twin", side->twin, side->twin_len, flatten_twin, why);
	if (!st && all->count)
		qsort(all->items, all->count, sizeof all->items[0], by_section_and_key);
	return st;
}

/* ---- merging ---- */

static void put(struct difference *out, const struct entry *before, const struct entry *after)
{
	const struct entry *either = before ? before : after;
	if (before && after && strcmp(before->value, after->value) == 0) {
		out->same++;
		return;
	}
	struct difference_line *line = &out->line[out->count++];
	*line = (struct difference_line){.section = either->section};
	memcpy(line->key, either->key, sizeof line->key);
	if (before)
		memcpy(line->before, before->value, sizeof line->before);
	if (after)
		memcpy(line->after, after->value, sizeof line->after);
}

static enum status merge(const struct entries *a, const struct entries *b, struct difference *out, struct fail *why)
{
	size_t i = 0, j = 0;
	out->line = calloc(a->count + b->count + 1, sizeof *out->line);
	if (!out->line)
		return fail_set(why, ST_FULL, "difference", "out of memory");
	while (i < a->count || j < b->count) {
		const int order = i == a->count   ? 1
		                  : j == b->count ? -1
		                                  : by_section_and_key(&a->items[i], &b->items[j]);
		put(out, order <= 0 ? &a->items[i] : NULL, order >= 0 ? &b->items[j] : NULL);
		i += order <= 0;
		j += order >= 0;
	}
	return ST_OK;
}

enum status difference_of(const struct difference_side *before, const struct difference_side *after,
                          struct difference *out, struct fail *why)
{
	struct entries a = {0}, b = {0};
	*out = (struct difference){0};
	enum status st = flatten(before, &a, why);
	if (!st)
		st = flatten(after, &b, why);
	if (!st)
		st = merge(&a, &b, out, why);
	free(a.items);
	free(b.items);
	return st;
}

void difference_free(struct difference *difference)
{
	free(difference->line);
	*difference = (struct difference){0};
}
