/* Protocol file, schema lasertwin-protocols/1: JSON to struct protocol, strictly. */
#include "planner/plan/protocol.h"

#include "devices/json.h"

static const char *const target_names[] = {"none", "lesion_melanosome", "dermal_melanocyte", "ink"};
static const char *const at_names[] = {"p05", "p50"};

static enum status parse_goal(const struct json_at *at, struct protocol_goal *goal, struct fail *why)
{
	static const char *const keys[] = {"metric", "at", "min", "max", "origin", "source", NULL};
	char metric[40];
	size_t where = 0;
	bool bounded = false;
	enum status st;
	if ((st = json_known_keys(at, keys, JSON_X_EXTRA, why)) ||
	    (st = json_string(at, "metric", metric, sizeof metric, NULL, why)))
		return st;
	if (!metric_find(metric, &goal->metric))
		return json_refuse(at, ST_INPUT, why, "\"%s\" is not a predicted quantity", metric);
	if ((st = json_choice(at, "at", at_names, 2, &where, NULL, why)) ||
	    (st = json_number_in(at, "min", 0, 1e6, "", &goal->min, NULL, why)) ||
	    (st = json_number_in(at, "max", goal->min, 1e6, "", &goal->max, &bounded, why)) ||
	    (st = json_string(at, "origin", goal->origin, sizeof goal->origin, NULL, why)))
		return st;
	(void)snprintf(goal->at, sizeof goal->at, "%s", at_names[where]);
	if (!bounded)
		goal->max = INFINITY;
	return json_string(at, "source", goal->source, sizeof goal->source, NULL, why);
}

static enum status parse_goals(const struct json_at *at, struct protocol *p, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(at, "goals", JSON_ARRAY, &list, NULL, why);
	if (st)
		return st;
	if (json_count(&list) == 0 || json_count(&list) > PROTOCOL_GOALS_MAX)
		return json_refuse(&list, ST_INPUT, why, "%zu goals; give 1 to %d", json_count(&list), PROTOCOL_GOALS_MAX);
	while (!st && json_array_each(&list, &item))
		st = parse_goal(&item, &p->goal[p->goals++], why);
	return st;
}

static enum status parse_target(const struct json_at *at, struct target *target, struct fail *why)
{
	static const char *const keys[] = {"kind", "depth_um", "diameter_um", "mua_1_cm", "criterion_C", NULL};
	struct json_at t;
	size_t kind = 0;
	bool given;
	enum status st;
	if ((st = json_member(at, "target", JSON_OBJECT, &t, NULL, why)) ||
	    (st = json_known_keys(&t, keys, JSON_X_EXTRA, why)) ||
	    (st = json_choice(&t, "kind", target_names, 4, &kind, NULL, why)))
		return st;
	target->kind = (enum target_kind)kind;
	if ((st = json_number_in(&t, "depth_um", 0, 5000, "um", &target->depth_um, &given, why)) ||
	    (st = json_number_in(&t, "diameter_um", 0.01, 20, "um", &target->diameter_um, &given, why)) ||
	    (st = json_number_in(&t, "mua_1_cm", 1, 1e6, "1/cm", &target->mua_1_cm, &given, why)))
		return st;
	return json_number_in(&t, "criterion_C", 45, 4000, "C", &target->criterion_C, &given, why);
}

/* For whom: one device mode, or classes of modes and their wavelengths. */
static enum status parse_modes(const struct json_at *at, struct protocol *p, struct fail *why)
{
	struct json_at list, item = {0};
	bool one = false, several = false, given;
	enum status st;
	p->nm_max = INFINITY;
	if ((st = json_string(at, "device_mode", p->device_mode, sizeof p->device_mode, &one, why)) ||
	    (st = json_member(at, "mode_classes", JSON_ARRAY, &list, &several, why)))
		return st;
	if (one == several)
		return json_refuse(at, ST_INPUT, why, "give either device_mode or mode_classes");
	if (one)
		return ST_OK;
	if (json_count(&list) == 0 || json_count(&list) > PROTOCOL_CLASSES_MAX)
		return json_refuse(&list, ST_INPUT, why, "%zu classes; give 1 to %d", json_count(&list), PROTOCOL_CLASSES_MAX);
	while (!st && json_array_each(&list, &item))
		st = json_string_at(&item, p->mode_class[p->classes++], sizeof p->mode_class[0], why);
	if (st || (st = json_number_in(at, "nm_min", 100, 20000, "nm", &p->nm_min, &given, why)))
		return st;
	return json_number_in(at, "nm_max", fmax(p->nm_min, 100), 20000, "nm", &p->nm_max, &given, why);
}

static enum status parse_texts(const struct json_at *at, struct protocol *p, struct fail *why)
{
	const struct {
		const char *key;
		char *out;
		size_t size;
	} row[] = {
		{"id", p->id, sizeof p->id},
		{"indication", p->indication, sizeof p->indication},
		{"endpoint", p->endpoint, sizeof p->endpoint},
		{"published", p->published, sizeof p->published},
		{"evidence", p->evidence, sizeof p->evidence},
		{"pih_series", p->pih_series, sizeof p->pih_series},
	};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof row / sizeof row[0]; i++)
		st = json_string(at, row[i].key, row[i].out, row[i].size, NULL, why);
	return st;
}

static enum status parse_protocol(const struct json_at *at, void *record, struct fail *why)
{
	struct protocol *p = record;
	static const char *const keys[] = {"id",       "indication", "device_mode", "mode_classes", "nm_min",   "nm_max",
	                                   "goals",    "target",     "passes",      "interval_days", "visits",  "endpoint",
	                                   "published", "evidence",  "pih_series",  NULL};
	enum status st;
	if ((st = json_known_keys(at, keys, JSON_X_EXTRA, why)) || (st = parse_texts(at, p, why)) ||
	    (st = parse_modes(at, p, why)) || (st = parse_goals(at, p, why)) || (st = parse_target(at, &p->target, why)) ||
	    (st = json_number_in(at, "passes", 0, 30, "passes", &p->passes, NULL, why)) ||
	    (st = json_number_in(at, "interval_days", 0, 1000, "d", &p->interval_days, NULL, why)))
		return st;
	return json_number_in(at, "visits", 0, 50, "visits", &p->visits, NULL, why);
}

static bool share_a_class(const struct protocol *a, const struct protocol *b)
{
	for (size_t i = 0; i < a->classes; i++)
		for (size_t k = 0; k < b->classes; k++)
			if (strcmp(a->mode_class[i], b->mode_class[k]) == 0)
				return a->nm_min <= b->nm_max && b->nm_min <= a->nm_max;
	return false;
}

/* Two answers to one question: which of them was meant could not be told. */
static bool answer_the_same(const struct protocol *a, const struct protocol *b)
{
	if (strcmp(a->indication, b->indication) != 0)
		return false;
	return a->device_mode[0] ? strcmp(a->device_mode, b->device_mode) == 0 : share_a_class(a, b);
}

static enum status refuse_double(const struct json_at *at, const void *records, size_t count, struct fail *why)
{
	const struct protocol *list = records;
	const struct protocol *last = &list[count];
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].id, last->id) == 0 || answer_the_same(&list[i], last))
			return json_refuse(at, ST_INPUT, why, "protocol %s is given twice (see entry %zu)", last->id, i);
	return ST_OK;
}

enum status protocols_parse(const char *name, const char *bytes, size_t length, struct protocol **list,
                            size_t *count, struct fail *why)
{
	static const struct json_records kind = {
	        "lasertwin-protocols/1", "protocols", sizeof **list, parse_protocol, refuse_double,
	};
	void *records;
	enum status st = json_records_parse(name, bytes, length, &kind, &records, count, why);
	*list = records;
	return st;
}

/* ---- what is not planned -------------------------------------------------------------------------------- */

static enum status parse_unplanned(const struct json_at *at, void *record, struct fail *why)
{
	static const char *const keys[] = {"name", "words", "see", NULL};
	struct unplanned *u = record;
	struct json_at list, item = {0};
	enum status st;
	if ((st = json_known_keys(at, keys, JSON_X_EXTRA, why)) ||
	    (st = json_string(at, "name", u->name, sizeof u->name, NULL, why)) ||
	    (st = json_string(at, "words", u->words, sizeof u->words, NULL, why)) ||
	    (st = json_member(at, "see", JSON_ARRAY, &list, NULL, why)))
		return st;
	if (u->name[0] == '\0' || u->words[0] == '\0' || json_count(&list) > UNPLANNED_SEE_MAX)
		return json_refuse(at, ST_INPUT, why, "wants a name, words, and at most %d others to see", UNPLANNED_SEE_MAX);
	while (!st && json_array_each(&list, &item))
		st = json_string_at(&item, u->see[u->sees++], sizeof u->see[0], why);
	return st;
}

static enum status refuse_second_name(const struct json_at *at, const void *records, size_t count, struct fail *why)
{
	const struct unplanned *list = records;
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, list[count].name) == 0)
			return json_refuse(at, ST_INPUT, why, "%s is given twice", list[i].name);
	return ST_OK;
}

enum status unplanned_parse(const char *name, const char *bytes, size_t length, struct unplanned **list,
                            size_t *count, struct fail *why)
{
	static const struct json_records kind = {
	        "lasertwin-indications/1", "indications", sizeof **list, parse_unplanned, refuse_second_name,
	};
	void *records;
	enum status st = json_records_parse(name, bytes, length, &kind, &records, count, why);
	*list = records;
	return st;
}

/* ---- goals -------------------------------------------------------------------------------------------- */

double protocol_goal_value(const struct protocol_goal *goal, const struct prediction *prediction)
{
	const struct band *band = &prediction->metric[goal->metric];
	return strcmp(goal->at, "p05") == 0 ? band->p05 : band->value;
}

bool protocol_goal_met(const struct protocol_goal *goal, const struct prediction *prediction)
{
	double value = protocol_goal_value(goal, prediction);
	return value >= goal->min && value <= goal->max; /* an absent quantity is NAN and meets nothing */
}

bool protocol_met(const struct protocol *protocol, const struct prediction *prediction)
{
	for (size_t i = 0; i < protocol->goals; i++)
		if (!protocol_goal_met(&protocol->goal[i], prediction))
			return false;
	return true;
}
