/* Outcomes as JSON: the one reader of lasertwin-outcome/1, whoever wrote it. */
#include "devices/json.h"
#include "planner/twin/learn.h"

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

/* ---- which treatment ---- */

/* FNV-1a, 64 bits (Fowler, Noll & Vo): to tell files apart, not to seal them. */
static uint64_t content_of(const char *bytes, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* A version of a plan is one treatment. */
static enum status read_plan(const struct json_at *root, struct twin_outcome *o, struct fail *why)
{
	char plan[40] = "";
	int version = 0;
	bool given = false, numbered = false;
	enum status st = json_string(root, "plan", plan, sizeof plan, &given, why);
	if (!st)
		st = json_integer_in(root, "version", 1, INT32_MAX, "", &version, &numbered, why);
	if (!st && given != numbered)
		return json_refuse(root, ST_INPUT, why, "plan and version go together");
	if (!st && given && !o->treatment[0])
		twin_outcome_treatment(plan, version, o);
	return st;
}

void twin_outcome_treatment(const char *plan, int64_t version, struct twin_outcome *out)
{
	(void)snprintf(out->treatment, sizeof out->treatment, "%.36s:%lld", plan, (long long)version);
}

static enum status read_treatment(const struct json_at *root, const char *bytes, size_t length, struct twin_outcome *o,
                                  struct fail *why)
{
	bool given = false;
	enum status st = json_string(root, "treatment", o->treatment, sizeof o->treatment, &given, why);
	if (!st)
		st = json_string(root, "device", o->device_mode, sizeof o->device_mode, &given, why);
	if (!st)
		st = read_plan(root, o, why);
	if (!st && !o->treatment[0])
		(void)snprintf(o->treatment, sizeof o->treatment, "content %016llx", (unsigned long long)content_of(bytes, length));
	return st;
}

/* What a delivery adds, for people and servers: its form is checked, the twin does not look at it. */
static enum status check_delivery(const struct json_at *root, struct fail *why)
{
	static const struct {
		const char *key;
		enum json_kind kind;
		const char *words;
	} rows[] = {{"note", JSON_STRING, "a text"},         {"patient", JSON_STRING, "a text"},
	            {"complete", JSON_BOOL, "true or false"}, {"aborted", JSON_STRING, "a text"},
	            {"ended_early", JSON_STRING, "a text"},   {"errors", JSON_NUMBER, "a number"},
	            {"fields", JSON_ARRAY, "a list"},         {"started_at_ms", JSON_NUMBER, "a number"},
	            {"ended_at_ms", JSON_NUMBER, "a number"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct json_at at;
		if (json_find(root, rows[i].key, &at) && json_kind(&at) != rows[i].kind)
			return json_refuse(&at, ST_INPUT, why, "must be %s", rows[i].words);
	}
	return ST_OK;
}

static enum status read_root(const struct json_at *root, const char *bytes, size_t length, struct twin_outcome *o,
                             struct fail *why)
{
	static const char *const keys[] = {"schema", "note", "treatment", "device", "endpoint_seen", "endpoint_dose_ratio",
	                                   "erythema_days", "erythema_expected_days", "pih", "pih_expected_frac",
	                                   "cleared_frac", "sessions", "cleared_expected_frac", "depth_measured_um",
	                                   "depth_predicted_um", "plan", "version", "patient", "complete", "aborted",
	                                   "ended_early", "errors", "fields", "started_at_ms", "ended_at_ms", NULL};
	enum status st;
	if ((st = json_schema(root, "lasertwin-outcome/1", why)) || (st = json_known_keys(root, keys, JSON_X_EXTRA, why)) ||
	    (st = check_delivery(root, why)) || (st = read_numbers(root, o, why)) || (st = read_answers(root, o, why)))
		return st;
	return read_treatment(root, bytes, length, o, why);
}

enum status twin_outcome_read(const char *name, const char *bytes, size_t length, struct twin_outcome *out,
                              struct fail *why)
{
	struct json_doc *doc = NULL;
	struct twin_outcome o = TWIN_NO_OUTCOME;
	enum status st = json_parse(name, bytes, length, &doc, why);
	if (st)
		return st;
	struct json_at root = json_root(doc);
	st = read_root(&root, bytes, length, &o, why);
	json_free(&doc);
	if (!st)
		*out = o;
	return st;
}
