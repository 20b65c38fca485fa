/* Import: the rules of a row, the units, and what a set does to a person's readings. */
#include "planner/twin/import_private.h"

#include <stdarg.h>

#include "devices/json.h"

/* ---- faults ---- */

void import_fault(struct import_set *set, const char *where, const char *format, ...)
{
	set->faults++;
	if (set->faults_kept == IMPORT_FAULTS_MAX)
		return;
	struct import_fault *f = &set->fault[set->faults_kept++];
	va_list arguments;
	(void)snprintf(f->where, sizeof f->where, "%s", where);
	va_start(arguments, format);
	(void)vsnprintf(f->text, sizeof f->text, format, arguments);
	va_end(arguments);
}

/* ---- units ---- */

/* What a unit may be called, by the unit the reading is kept in: kept = offset + factor x given. */
static const struct unit {
	const char *kept, *given;
	double factor, offset;
} units[] = {
	{"um", "um", 1, 0},         {"um", "\xC2\xB5m", 1, 0},   {"um", "\xCE\xBCm", 1, 0},  {"um", "mm", 1000, 0},
	{"mm", "mm", 1, 0},         {"mm", "um", 0.001, 0},      {"mm", "\xC2\xB5m", 0.001, 0}, {"mm", "cm", 10, 0},
	{"C", "C", 1, 0},           {"C", "Cel", 1, 0},          {"C", "\xC2\xB0\x43", 1, 0},
	{"C", "[degF]", 1 / 1.8, -32 / 1.8},                     {"C", "F", 1 / 1.8, -32 / 1.8},
	{"deg", "deg", 1, 0},       {"deg", "\xC2\xB0", 1, 0},   {"y", "y", 1, 0},           {"y", "a", 1, 0},
	{"d", "d", 1, 0},           {"g/m2h", "g/m2h", 1, 0},    {"g/m2h", "g/m2/h", 1, 0},  {"g/m2h", "g/(m2.h)", 1, 0},
	{"g/m2h", "g/m\xC2\xB2/h", 1, 0},                        {"a.u.", "a.u.", 1, 0},     {"a.u.", "au", 1, 0},
	{"a.u.", "[arb'U]", 1, 0},  {"", "", 1, 0},              {"", "1", 1, 0},            {"", "a.u.", 1, 0},
	{"", "au", 1, 0},           {"", "[arb'U]", 1, 0},       {"", "{score}", 1, 0},
};
#define UNITS (sizeof units / sizeof units[0])

static const struct unit *find_unit(enum reading reading, const char *given)
{
	static const struct unit percent = {"", "%", 0.01, 0};
	const char *kept = readings_spec(reading)->unit;
	if (reading == READING_ELASTICITY_R2 && strcmp(given, "%") == 0)
		return &percent;
	for (size_t i = 0; i < UNITS; i++)
		if (strcmp(units[i].kept, kept) == 0 && strcmp(units[i].given, given) == 0)
			return &units[i];
	return NULL;
}

static void known_units(enum reading reading, char *out, size_t size)
{
	const char *kept = readings_spec(reading)->unit;
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < UNITS && used < size; i++)
		if (strcmp(units[i].kept, kept) == 0)
			used += (size_t)snprintf(out + used, size - used, "%s\"%s\"", used ? ", " : "", units[i].given);
}

/* ---- dates ---- */

/* Days since 1970-01-01 in the Gregorian calendar (Fliegel & Van Flandern 1968, Commun ACM 11:657). */
static long days_since_1970(int year, int month, int day)
{
	long a = (14 - month) / 12, y = year + 4800L - a, m = month + 12 * a - 3;
	return day + (153 * m + 2) / 5 + 365 * y + y / 4 - y / 100 + y / 400 - 32045L - 2440588L;
}

static bool import_date_of(int year, int month, int day, long *out)
{
	static const int length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > length[month - 1])
		return false;
	if (month == 2 && day == 29 && !leap)
		return false;
	*out = days_since_1970(year, month, day);
	return true;
}

static int digits(const char *text, int count)
{
	int value = 0;
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = 10 * value + (text[i] - '0');
	}
	return value;
}

/* "2026-11-27", with or without a time after T; days since 1970-01-01. */
static bool import_date_iso(const char *text, long *day)
{
	size_t n = strlen(text);
	if (n < 10 || text[4] != '-' || text[7] != '-' || (n > 10 && text[10] != 'T' && text[10] != ' '))
		return false;
	return import_date_of(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2), day);
}

/* ---- a row ---- */

bool import_number(const char *text, bool comma, double *out)
{
	char plain[64];
	size_t n = strlen(text);
	char *end = NULL;
	if (n == 0 || n >= sizeof plain || strspn(text, "0123456789+-.,eE") != n)
		return false;
	for (size_t i = 0; i <= n; i++)
		plain[i] = comma && text[i] == ',' ? '.' : text[i];
	*out = strtod(plain, &end);
	return *end == '\0' && isfinite(*out);
}

static bool given(const char *word)
{
	return word && word[0];
}

static bool is_index(enum reading reading)
{
	return reading == READING_MI_FIELD || reading == READING_MI_ADJACENT_NORMAL || reading == READING_MI_UNEXPOSED ||
	       reading == READING_EI;
}

static bool row_date(struct import_set *set, const struct import_options *o, const struct import_words *w, long *day)
{
	*day = IMPORT_TODAY;
	if (!given(w->date))
		return true;
	if (!import_date_iso(w->date, day)) {
		import_fault(set, w->where, "\"%.40s\" is not a date; write YYYY-MM-DD", w->date);
		return false;
	}
	if (*day > o->today + 1) { /* a day's grace: the zone may be ahead of ours */
		import_fault(set, w->where, "%.40s lies in the future", w->date);
		return false;
	}
	return true;
}

/* "left cheek" is the cheek. */
static bool row_site(struct import_set *set, const struct import_words *w, char *out, size_t size)
{
	static const char *const sides[] = {"left ", "right "};
	const char *site = given(w->site) ? w->site : "";
	for (size_t i = 0; i < 2; i++)
		if (!site_known(site) && strncmp(site, sides[i], strlen(sides[i])) == 0)
			site += strlen(sides[i]);
	if (site[0] && !site_known(site)) {
		char known[256];
		size_t used = 0;
		for (size_t i = 0; site_name(i) && used < sizeof known; i++)
			used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", site_name(i));
		import_fault(set, w->where, "unknown site \"%.40s\"; the sites are %s", site, known);
		return false;
	}
	(void)snprintf(out, size, "%s", site);
	return true;
}

static bool row_scale(struct import_set *set, const struct import_options *o, const struct import_words *w,
                      struct import_row *row)
{
	row->scaled = is_index(row->reading);
	if (!row->scaled)
		return true;
	row->scale = o->scale;
	if (given(w->scale) ? melanin_scale_parse(w->scale, &row->scale) : o->scale_given)
		return true;
	import_fault(set, w->where,
	             "%s is a number on its meter's scale, and the meter is %s%.40s%s; say mexameter, dermaspectrometer "
	             "or reflectance680 (column scale, or --scale)",
	             w->reading, given(w->scale) ? "\"" : "not named", given(w->scale) ? w->scale : "",
	             given(w->scale) ? "\"" : "");
	return false;
}

static bool row_value(struct import_set *set, const struct import_words *w, struct import_row *row)
{
	struct readings check = {.mi_scale = row->scale};
	struct fail why = {.text = ""};
	double number;
	char known[160];
	const struct unit *unit = find_unit(row->reading, w->unit ? w->unit : "");
	if (!import_number(w->value, w->comma, &number)) {
		import_fault(set, w->where, "\"%.40s\" is not a number", w->value);
		return false;
	}
	if (!unit) {
		known_units(row->reading, known, sizeof known);
		import_fault(set, w->where, "%s is not read in \"%.20s\"; units known are %s", w->reading,
		             w->unit ? w->unit : "", known);
		return false;
	}
	row->value = unit->offset + unit->factor * number;
	if (readings_set(&check, row->reading, row->value, &why) == ST_OK)
		return true;
	import_fault(set, w->where, "%s: %s", w->reading, why.text);
	return false;
}

static bool row_type(struct import_set *set, const struct import_words *w, struct import_row *row)
{
	int type = fitzpatrick_parse(w->value);
	row->type_given = true;
	row->value = type;
	if (type == FITZPATRICK_UNKNOWN)
		import_fault(set, w->where, "\"%.20s\" is not a skin type; write I to VI", w->value);
	return type != FITZPATRICK_UNKNOWN;
}

static bool same_reading(const struct import_row *a, const struct import_row *b)
{
	return a->day == b->day && a->type_given == b->type_given && (a->type_given || a->reading == b->reading) &&
	       strcmp(a->site, b->site) == 0;
}

static bool unread_yet(struct import_set *set, const struct import_words *w, const struct import_row *row)
{
	for (size_t i = 0; i < set->rows; i++)
		if (same_reading(&set->row[i], row)) {
			import_fault(set, w->where, "%s of that day stands at %s already; keep one of the two", w->reading,
			             set->row[i].where);
			return false;
		}
	return true;
}

static void unknown_reading(struct import_set *set, const struct import_words *w)
{
	const char *names[READINGS + 1];
	for (int i = 0; i < READINGS; i++)
		names[i] = readings_spec((enum reading)i)->key;
	names[READINGS] = "fitz";
	const char *near = json_nearest(w->reading, names, READINGS + 1);
	import_fault(set, w->where, "there is no reading \"%.40s\"%s%s%s", w->reading, near ? "; did you mean \"" : "",
	             near ? near : "", near ? "\"?" : "; README names the file that lists them");
}

void import_add(struct import_set *set, const struct import_options *o, const struct import_words *w)
{
	struct import_row row = {.day = IMPORT_TODAY};
	bool type = given(w->reading) && strcmp(w->reading, "fitz") == 0;
	(void)snprintf(row.where, sizeof row.where, "%s", w->where);
	if (!given(w->reading) || !given(w->value)) {
		import_fault(set, w->where, "%s is missing", given(w->reading) ? "the value" : "the name of the reading");
		return;
	}
	if (!type && !readings_find(w->reading, &row.reading)) {
		unknown_reading(set, w);
		return;
	}
	if (!row_date(set, o, w, &row.day) || !row_site(set, w, row.site, sizeof row.site))
		return;
	if (type ? !row_type(set, w, &row) : !row_scale(set, o, w, &row) || !row_value(set, w, &row))
		return;
	if (!unread_yet(set, w, &row))
		return;
	if (set->rows == IMPORT_ROWS_MAX) {
		import_fault(set, w->where, "more than %d readings; split the file", IMPORT_ROWS_MAX);
		return;
	}
	set->row[set->rows++] = row;
}

/* ---- a file ---- */

static enum status parse_json(const char *name, const char *bytes, size_t length, const struct import_options *o,
                              struct import_set *set, struct fail *why)
{
	struct json_doc *doc = NULL;
	enum status st = json_parse(name, bytes, length, &doc, why);
	if (st)
		return st;
	struct json_at root = json_root(doc), schema, kind;
	if (json_find(&root, "schema", &schema))
		st = import_json(&root, o, set, why);
	else if (json_find(&root, "resourceType", &kind))
		st = import_fhir(&root, o, set, why);
	else
		st = json_refuse(&root, ST_INPUT, why,
		                 "is neither lasertwin-readings/1 (no schema) nor FHIR (no resourceType)");
	json_free(&doc);
	return st;
}

static bool looks_like_json(const char *bytes, size_t length)
{
	size_t i = 0;
	while (i < length && strchr(" \t\r\n", bytes[i]) && bytes[i])
		i++;
	return i < length && (bytes[i] == '{' || bytes[i] == '[');
}

static enum status parse_any(const char *name, const char *bytes, size_t length, const struct import_options *o,
                             struct import_set *set, struct fail *why)
{
	if (o->mapping)
		return import_mapped(name, bytes, length, o, set, why);
	return looks_like_json(bytes, length) ? parse_json(name, bytes, length, o, set, why)
	                                      : import_csv(name, bytes, length, o, set, why);
}

enum status import_parse(const char *name, const char *bytes, size_t length, const struct import_options *options,
                         struct import_set **out, struct fail *why)
{
	struct import_set *set = calloc(1, sizeof *set);
	*out = NULL;
	if (!set)
		return fail_set(why, ST_FULL, name, "no memory for the readings");
	enum status st = parse_any(name, bytes, length, options, set, why);
	if (st) {
		import_free(&set);
		return st;
	}
	*out = set;
	if (set->faults) {
		char field[FAIL_FIELD_MAX];
		(void)snprintf(field, sizeof field, "%.60s: %.60s", name, set->fault[0].where);
		return fail_set(why, ST_INPUT, field, "%s", set->fault[0].text);
	}
	return set->rows ? ST_OK : fail_set(why, ST_INPUT, name, "holds no readings");
}

void import_free(struct import_set **set)
{
	free(*set);
	*set = NULL;
}

/* ---- use ---- */

static long day_of(const struct import_row *row, long today)
{
	return row->day == IMPORT_TODAY ? today : row->day;
}

static int ascending(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;
	return (x > y) - (x < y);
}

size_t import_days(const struct import_set *set, long today, long *day, size_t capacity)
{
	size_t count = 0;
	for (size_t i = 0; i < set->rows; i++) {
		long d = day_of(&set->row[i], today);
		bool seen = false;
		for (size_t k = 0; k < count && k < capacity; k++)
			seen = seen || day[k] == d;
		if (!seen && count++ < capacity)
			day[count - 1] = d;
	}
	qsort(day, count < capacity ? count : capacity, sizeof *day, ascending);
	return count;
}

static enum status apply_row(const struct import_row *row, bool *scaled, struct readings *r, struct fail *why)
{
	if (row->site[0] && r->site[0] && strcmp(row->site, r->site) != 0)
		return fail_set(why, ST_INPUT, row->where, "is of the %s, the person's readings are of the %s", row->site,
		                r->site);
	if (row->site[0])
		(void)snprintf(r->site, sizeof r->site, "%s", row->site);
	if (row->type_given) {
		r->fitzpatrick = (int)row->value;
		return ST_OK;
	}
	if (row->scaled && *scaled && row->scale != r->mi_scale)
		return fail_set(why, ST_INPUT, row->where, "is on the scale of %s, others of that day on %s; one meter a day",
		                melanin_scale_name(row->scale), melanin_scale_name(r->mi_scale));
	if (row->scaled && row->scale != r->mi_scale) {
		/* indices of the other meter do not go with the new one */
		static const enum reading indices[] = {READING_MI_FIELD, READING_MI_ADJACENT_NORMAL, READING_MI_UNEXPOSED,
		                                       READING_EI};
		for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++)
			readings_clear(r, indices[i]);
		r->mi_scale = row->scale;
	}
	*scaled = *scaled || row->scaled;
	return readings_set(r, row->reading, row->value, why);
}

enum status import_apply(const struct import_set *set, long day, long today, struct readings *readings,
                         struct fail *why)
{
	struct readings r = *readings;
	bool scaled = false, ago = false;
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < set->rows; i++) {
		if (day_of(&set->row[i], today) != day)
			continue;
		ago = ago || (!set->row[i].type_given && set->row[i].reading == READING_MEASURED_DAYS_AGO);
		st = apply_row(&set->row[i], &scaled, &r, why);
	}
	if (!st && !ago)
		st = readings_set(&r, READING_MEASURED_DAYS_AGO, fmax(0.0, (double)(today - day)), why);
	if (!st)
		st = readings_check(&r, why);
	if (!st)
		*readings = r;
	return st;
}
