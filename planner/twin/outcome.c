/* Outcomes as JSON. */
#include "devices/json.h"
#include "planner/twin/time.h"

static enum status read_numbers(const struct json_at *root, struct twin_outcome *o, struct fail *why)
{
	const struct {
		const char *key, *unit;
		double low, high, *out;
	} rows[] = {
		{"endpoint_dose_ratio", "", 0.05, 20, &o->endpoint_dose_ratio},
		{"erythema_days", "d", 0.05, 400, &o->erythema_days},
		{"erythema_expected_days", "d", 0.05, 400, &o->erythema_expected_days},
		{"pih_expected_frac", "", 0.001, 0.999, &o->pih_expected_frac},
		{"cleared_frac", "", 0.01, 0.99, &o->cleared_frac},
		{"cleared_expected_frac", "", 0.01, 0.99, &o->cleared_expected_frac},
		{"depth_measured_um", "um", 5, 5000, &o->depth_measured_um},
		{"depth_predicted_um", "um", 5, 5000, &o->depth_predicted_um},
	};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof rows / sizeof rows[0]; i++) {
		bool given;
		st = json_number_in(root, rows[i].key, rows[i].low, rows[i].high, rows[i].unit, rows[i].out, &given, why);
	}
	return st;
}

static enum status read_answers(const struct json_at *root, struct twin_outcome *o, struct fail *why)
{
	bool given = false, answer = false;
	enum status st = json_bool(root, "endpoint_seen", &answer, &given, why);
	if (!st && given)
		o->endpoint_seen = answer;
	given = false;
	if (!st)
		st = json_bool(root, "pih", &answer, &given, why);
	if (!st && given)
		o->pih = answer;
	return st ? st : json_integer_in(root, "sessions", 1, 50, "", &o->sessions, &given, why);
}

enum status twin_outcome_read(const char *name, const char *bytes, size_t length, struct twin_outcome *out,
                              struct fail *why)
{
	static const char *const keys[] = {"schema", "note", "endpoint_seen", "endpoint_dose_ratio", "erythema_days",
	                                   "erythema_expected_days", "pih", "pih_expected_frac", "cleared_frac",
	                                   "sessions", "cleared_expected_frac", "depth_measured_um",
	                                   "depth_predicted_um", NULL};
	struct json_doc *doc = NULL;
	struct twin_outcome o = TWIN_NO_OUTCOME;
	enum status st = json_parse(name, bytes, length, &doc, why);
	if (st)
		return st;
	struct json_at root = json_root(doc);
	if (!(st = json_schema(&root, "lasertwin-outcome/1", why)) &&
	    !(st = json_known_keys(&root, keys, JSON_X_EXTRA, why)) && !(st = read_numbers(&root, &o, why)))
		st = read_answers(&root, &o, why);
	json_free(&doc);
	if (!st)
		*out = o;
	return st;
}
