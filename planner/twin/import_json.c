/* Readings in JSON: our own form, and FHIR R4 Observations. */
#include "devices/json.h"
#include "planner/twin/import_private.h"

#define WORD_SIZE 96

/* ---- lasertwin-readings/1 ---- */

static void number_text(double value, char *out, size_t size)
{
	(void)snprintf(out, size, "%.17g", value);
}

struct words {
	char where[64], date[WORD_SIZE], site[WORD_SIZE], reading[WORD_SIZE], unit[WORD_SIZE], scale[WORD_SIZE],
		value[WORD_SIZE];
};

static void add(struct import_set *set, const struct import_options *o, const struct words *w)
{
	const struct import_words words = {.where = w->where, .date = w->date, .site = w->site, .reading = w->reading,
	                                   .unit = w->unit, .scale = w->scale, .value = w->value};
	import_add(set, o, &words);
}

static void where_of(const struct json_at *at, char *out, size_t size)
{
	char path[256];
	(void)snprintf(out, size, "%.63s", json_path(at, path, sizeof path));
}

/* A faulty item becomes a fault and the next is read. */
static void read_item(const struct json_at *at, const struct import_options *o, struct import_set *set)
{
	static const char *const keys[] = {"date", "site", "reading", "value", "unit", "scale", NULL};
	struct words w = {.where = ""};
	struct json_at value;
	struct fail why = {.text = ""};
	bool given;
	double number = 0.0;
	where_of(at, w.where, sizeof w.where);
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, &why);
	if (!st)
		st = json_string(at, "reading", w.reading, sizeof w.reading, NULL, &why);
	if (!st)
		st = json_string(at, "date", w.date, sizeof w.date, &given, &why);
	if (!st)
		st = json_string(at, "site", w.site, sizeof w.site, &given, &why);
	if (!st)
		st = json_string(at, "unit", w.unit, sizeof w.unit, &given, &why);
	if (!st)
		st = json_string(at, "scale", w.scale, sizeof w.scale, &given, &why);
	if (!st && json_find(at, "value", &value) && json_text(&value))
		(void)snprintf(w.value, sizeof w.value, "%s", json_text(&value));
	else if (!st && !(st = json_number_in(at, "value", -1e9, 1e9, "", &number, NULL, &why)))
		number_text(number, w.value, sizeof w.value);
	if (st)
		import_fault(set, w.where, "%s", why.text);
	else
		add(set, o, &w);
}

enum status import_json(const struct json_at *root, const struct import_options *o, struct import_set *set,
                        struct fail *why)
{
	static const char *const keys[] = {"schema", "note", "readings", NULL};
	struct json_at list, item = {0};
	enum status st = json_schema(root, "lasertwin-readings/1", why);
	if (!st)
		st = json_known_keys(root, keys, JSON_X_EXTRA, why);
	if (!st)
		st = json_member(root, "readings", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item))
		read_item(&item, o, set);
	return st;
}

/* ---- FHIR ---- */

/* Codes of the clinic's own code system for a twin reading; a reading's own key is understood as well. */
static const struct {
	const char *code, *reading; /* NULL: known, but a question, not a reading */
} codes[] = {
	{"melanin-index", "mi_adjacent_normal"},
	{"melanin-index-lesion", "mi_field"},
	{"melanin-index-unexposed", "mi_unexposed"},
	{"erythema-index", "ei"},
	{"ita", "ita_deg"},
	{"ita-unexposed", "ita_unexposed_deg"},
	{"hydration", "hydration_au"},
	{"tewl", "tewl_g_m2_h"},
	{"elasticity-r2", "elasticity_r2"},
	{"skin-thickness", "dermis_mm"},
	{"epidermis-thickness", "epidermis_um"},
	{"skin-temperature", "skin_temp_C"},
	{"masi", "masi"},
	{"66555-4", "fitz"}, /* LOINC: Fitzpatrick */
	{"fitzpatrick", "fitz"},
	{"uv-exposure-7d", NULL},
	{"tan-now", NULL},
};

/* SNOMED CT phototypes I to VI (value set of the German MII, rare diseases). */
static const char *const snomed_types[] = {"403221005", "403222003", "403226000",
                                           "403231003", "403235007", "403236008"};

/* The first code of a CodeableConcept that the callback takes. */
static bool each_code(const struct json_at *concept, bool (*take)(const char *code, char *out), char *out)
{
	struct json_at list, item = {0}, code;
	if (!json_find(concept, "coding", &list))
		return false;
	while (json_array_each(&list, &item))
		if (json_find(&item, "code", &code) && json_text(&code) && take(json_text(&code), out))
			return true;
	return false;
}

static bool take_reading(const char *code, char *out)
{
	enum reading reading;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(codes[i].code, code) == 0) {
			(void)snprintf(out, WORD_SIZE, "%s", codes[i].reading ? codes[i].reading : "");
			return true;
		}
	if (!readings_find(code, &reading))
		return false;
	(void)snprintf(out, WORD_SIZE, "%s", code);
	return true;
}

static bool take_type(const char *code, char *out)
{
	for (int t = 0; t < 6; t++)
		if (strcmp(snomed_types[t], code) == 0) {
			(void)snprintf(out, WORD_SIZE, "%s", fitzpatrick_name(t + 1));
			return true;
		}
	if (fitzpatrick_parse(code) == FITZPATRICK_UNKNOWN)
		return false;
	(void)snprintf(out, WORD_SIZE, "%s", code);
	return true;
}

static bool take_scale(const char *code, char *out)
{
	enum melanin_scale scale;
	if (!melanin_scale_parse(code, &scale))
		return false;
	(void)snprintf(out, WORD_SIZE, "%s", code);
	return true;
}

static bool take_any(const char *code, char *out)
{
	(void)snprintf(out, WORD_SIZE, "%.90s", code);
	return true;
}

/* valueQuantity with its UCUM code (or unit), or a skin type; false: a fault was added. */
static bool read_value(const struct json_at *at, struct import_set *set, struct words *w)
{
	struct json_at quantity, concept, value, unit;
	struct fail why = {.text = ""};
	double number = 0.0;
	if (json_find(at, "valueCodeableConcept", &concept) && each_code(&concept, take_type, w->value))
		return true;
	if (!json_find(at, "valueQuantity", &quantity) || !json_find(&quantity, "value", &value)) {
		import_fault(set, w->where, "%s has no valueQuantity with a value", w->reading);
		return false;
	}
	if (json_number_at(&value, -1e9, 1e9, "", &number, &why)) {
		import_fault(set, w->where, "%s: %s", w->reading, why.text);
		return false;
	}
	number_text(number, w->value, sizeof w->value);
	if ((json_find(&quantity, "code", &unit) || json_find(&quantity, "unit", &unit)) && json_text(&unit))
		(void)snprintf(w->unit, sizeof w->unit, "%.90s", json_text(&unit));
	return true;
}

/* One code with its value: a component, or an Observation without components. */
static void read_coded(const struct json_at *at, const struct import_options *o, struct import_set *set,
                       const struct words *head)
{
	struct words w = *head;
	struct json_at code;
	char name[WORD_SIZE] = "";
	where_of(at, w.where, sizeof w.where);
	if (!json_find(at, "code", &code) || !each_code(&code, take_reading, w.reading)) {
		if (json_kind(at) == JSON_OBJECT && json_find(at, "code", &code))
			(void)each_code(&code, take_any, name);
		import_fault(set, w.where, "the code \"%s\" is not known as a reading", name);
		return;
	}
	if (!w.reading[0]) {
		set->skipped++;
		return;
	}
	if (read_value(at, set, &w))
		add(set, o, &w);
}

/* Date, site and meter stand once, over all components. */
static bool read_head(const struct json_at *at, struct import_set *set, struct words *w)
{
	struct json_at status, when, site, text, method;
	where_of(at, w->where, sizeof w->where);
	const char *state = json_find(at, "status", &status) ? json_text(&status) : NULL;
	if (!state || (strcmp(state, "final") != 0 && strcmp(state, "amended") != 0 && strcmp(state, "corrected") != 0)) {
		import_fault(set, w->where, "has the status \"%.30s\"; only final, amended and corrected readings are taken",
		             state ? state : "");
		return false;
	}
	if (json_find(at, "effectiveDateTime", &when) && json_text(&when))
		(void)snprintf(w->date, sizeof w->date, "%.90s", json_text(&when));
	if (json_find(at, "bodySite", &site) && json_find(&site, "text", &text) && json_text(&text))
		(void)snprintf(w->site, sizeof w->site, "%.90s", json_text(&text));
	if (json_find(at, "method", &method))
		(void)each_code(&method, take_scale, w->scale);
	return true;
}

static void read_observation(const struct json_at *at, const struct import_options *o, struct import_set *set)
{
	struct words head = {.where = ""};
	struct json_at list, item = {0};
	if (!read_head(at, set, &head))
		return;
	if (!json_find(at, "component", &list)) {
		read_coded(at, o, set, &head);
		return;
	}
	while (json_array_each(&list, &item))
		read_coded(&item, o, set, &head);
}

static bool is_a(const struct json_at *at, const char *type)
{
	struct json_at kind;
	return json_find(at, "resourceType", &kind) && json_text(&kind) && strcmp(json_text(&kind), type) == 0;
}

/* A Bundle's other resources are not ours to take: counted as skipped. */
static enum status read_bundle(const struct json_at *root, const struct import_options *o, struct import_set *set,
                               struct fail *why)
{
	struct json_at list, entry = {0}, resource;
	enum status st = json_member(root, "entry", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &entry)) {
		if (json_find(&entry, "resource", &resource) && is_a(&resource, "Observation"))
			read_observation(&resource, o, set);
		else
			set->skipped++;
	}
	return st;
}

enum status import_fhir(const struct json_at *root, const struct import_options *o, struct import_set *set,
                        struct fail *why)
{
	if (is_a(root, "Bundle"))
		return read_bundle(root, o, set, why);
	if (!is_a(root, "Observation"))
		return json_refuse(root, ST_INPUT, why, "is neither a Bundle nor an Observation");
	read_observation(root, o, set);
	return ST_OK;
}
