/* Published settings: strict reading, and comparison. */
#include "planner/plan/published.h"

#include "devices/json.h"

static const char *const types[] = {"I", "II", "III", "IV", "V", "VI"};

static enum status parse_range(const struct json_at *at, double least, double most, const char *unit,
                               struct published_range *out, struct fail *why)
{
	static const char *const keys[] = {"min", "max", NULL};
	bool low, high;
	enum status st;
	*out = (struct published_range){-INFINITY, INFINITY};
	if ((st = json_known_keys(at, keys, JSON_NO_EXTRA, why)) ||
	    (st = json_number_in(at, "min", least, most, unit, &out->min, &low, why)) ||
	    (st = json_number_in(at, "max", fmax(out->min, least), most, unit, &out->max, &high, why)))
		return st;
	return low || high ? ST_OK : json_refuse(at, ST_INPUT, why, "give min, max or both");
}

static enum status parse_setting(const struct json_at *at, struct published *p, struct fail *why)
{
	enum setting_id id;
	if (!setting_find(at->key, &id))
		return json_refuse(at, ST_INPUT, why, "is not a setting");
	const struct setting_spec *spec = setting_spec(id);
	p->given |= UINT32_C(1) << id;
	return parse_range(at, spec->min, spec->max, spec->unit, &p->range[id], why);
}

static enum status parse_settings(const struct json_at *at, struct published *p, struct fail *why)
{
	static const char *const of_the_course[] = {"passes", "interval_days", "visits"};
	struct json_at object, member = {0};
	enum status st = json_member(at, "settings", JSON_OBJECT, &object, NULL, why);
	while (!st && json_object_each(&object, &member))
		st = parse_setting(&member, p, why);
	for (size_t i = 0; !st && i < sizeof of_the_course / sizeof of_the_course[0]; i++) {
		bool present = false;
		st = json_member(at, of_the_course[i], JSON_OBJECT, &object, &present, why);
		if (!st && present)
			st = parse_setting(&object, p, why);
	}
	return st;
}

/* A list of short texts into rows of PUBLISHED_NAME_MAX. */
static enum status parse_names(const struct json_at *at, const char *key, size_t most, size_t *count,
                               char (*name)[PUBLISHED_NAME_MAX], struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(at, key, JSON_ARRAY, &list, NULL, why);
	if (!st && json_count(&list) > most)
		return json_refuse(&list, ST_INPUT, why, "%zu entries; at most %zu", json_count(&list), most);
	while (!st && json_array_each(&list, &item))
		st = json_string_at(&item, name[(*count)++], PUBLISHED_NAME_MAX, why);
	return st;
}

static enum status parse_types(const struct json_at *at, struct published *p, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(at, "fitzpatrick", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		size_t type = 0;
		st = json_choice_at(&item, types, sizeof types / sizeof types[0], &type, why);
		p->fitzpatrick |= 1u << type;
	}
	return st;
}

static enum status parse_sources(const struct json_at *at, struct published *p, struct fail *why)
{
	struct json_at list, item = {0};
	size_t used = 0;
	enum status st = json_member(at, "source", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		const char *text = json_text(&item);
		int wrote = text ? snprintf(p->source + used, sizeof p->source - used, "%s%s", used ? ", " : "", text) : -1;
		if (wrote < 0 || (used += (size_t)wrote) >= sizeof p->source)
			return json_refuse(&item, ST_INPUT, why, "is no source, or one too many");
	}
	return !st && used == 0 ? json_refuse(at, ST_INPUT, why, "a row without a source") : st;
}

static enum status parse_texts(const struct json_at *at, struct published *p, struct fail *why)
{
	const struct {
		const char *key;
		char *out;
		size_t size;
		bool required;
	} row[] = {
		{"id", p->id, sizeof p->id, true},
		{"device", p->device, sizeof p->device, true},
		{"zone", p->zone, sizeof p->zone, true},
		{"confidence", p->confidence, sizeof p->confidence, true},
		{"endpoint", p->endpoint, sizeof p->endpoint, false},
		{"outcome", p->outcome, sizeof p->outcome, false},
		{"pih", p->pih, sizeof p->pih, false},
		{"note", p->note, sizeof p->note, false},
	};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof row / sizeof row[0]; i++) {
		bool present;
		st = json_string(at, row[i].key, row[i].out, row[i].size, row[i].required ? NULL : &present, why);
	}
	return st;
}

static enum status parse_row(const struct json_at *at, void *record, struct fail *why)
{
	struct published *p = record;
	static const char *const keys[] = {"id",       "indications",   "device", "device_modes", "zone",    "fitzpatrick",
	                                   "settings", "passes",        "visits", "interval_days", "endpoint", "outcome",
	                                   "pih",      "note",          "source", "confidence",   NULL};
	enum status st;
	if ((st = json_known_keys(at, keys, JSON_X_EXTRA, why)) || (st = parse_texts(at, p, why)) ||
	    (st = parse_names(at, "indications", PUBLISHED_INDICATIONS_MAX, &p->indications, p->indication, why)) ||
	    (st = parse_names(at, "device_modes", PUBLISHED_MODES_MAX, &p->modes, p->mode, why)) ||
	    (st = parse_types(at, p, why)) || (st = parse_settings(at, p, why)) || (st = parse_sources(at, p, why)))
		return st;
	return p->indications ? ST_OK : json_refuse(at, ST_INPUT, why, "a row without an indication");
}

static enum status refuse_double(const struct json_at *at, const void *records, size_t count, struct fail *why)
{
	const struct published *list = records;
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].id, list[count].id) == 0)
			return json_refuse(at, ST_INPUT, why, "row %s is given twice", list[i].id);
	return ST_OK;
}

enum status published_parse(const char *name, const char *bytes, size_t length, struct published **list,
                            size_t *count, struct fail *why)
{
	static const struct json_records kind = {
	        "lasertwin-published/1", "rows", sizeof **list, parse_row, refuse_double,
	};
	void *records;
	enum status st = json_records_parse(name, bytes, length, &kind, &records, count, why);
	*list = records;
	return st;
}

/* ---- comparison ------------------------------------------------------------------------------------------ */

const char *published_place_name(enum published_place place)
{
	static const char *const name[] = {"no range", "inside", "other spot", "below", "above"};
	BUG_ON((unsigned)place >= sizeof name / sizeof name[0]);
	return name[place];
}

/* Consoles and papers round: half a per cent is not above. */
#define ROUNDING_FRAC 0.005

/* More of these is more dose; a larger spot or a longer pulse is not. */
static bool is_dose(enum setting_id id)
{
	return id != SETTING_SPOT_MM && id != SETTING_PULSE_MS && id != SETTING_PULSE_PS && id != SETTING_REP_HZ;
}

static enum published_place place_of(enum setting_id id, const struct published_range *range, double value)
{
	bool above = value > range->max * (1 + ROUNDING_FRAC), below = value < range->min * (1 - ROUNDING_FRAC);
	if (!above && !below)
		return PUBLISHED_INSIDE;
	if (!is_dose(id))
		return PUBLISHED_ELSEWHERE;
	return above ? PUBLISHED_ABOVE : PUBLISHED_BELOW;
}

enum published_place published_compare(const struct published *row, const struct settings *settings,
                                       enum setting_id *which)
{
	enum published_place place = PUBLISHED_SAYS_NOTHING;
	for (unsigned id = 0; id < SETTINGS; id++) {
		if (!(row->given >> id & 1u) || !settings_has(settings, id) || setting_spec(id)->of_the_plan)
			continue;
		enum published_place here = place_of(id, &row->range[id], settings_get(settings, id));
		if (here <= place)
			continue;
		place = here;
		if (which)
			*which = id;
	}
	return place;
}

bool published_speaks_of(const struct published *row, const char *indication, const char *device_mode)
{
	bool indicated = false;
	for (size_t i = 0; i < row->indications; i++)
		indicated = indicated || strcmp(row->indication[i], indication) == 0;
	for (size_t i = 0; indicated && i < row->modes; i++)
		if (strcmp(row->mode[i], device_mode) == 0)
			return true;
	return false;
}
