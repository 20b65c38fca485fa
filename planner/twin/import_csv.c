/* Separated values: our own long form, and exports laid out by a mapping. */
#include "devices/json.h"
#include "planner/twin/import_private.h"

#define LINE_SIZE 4096
#define NAME_SIZE 64

/* ---- lines ---- */

/* Next line of bytes into line (at most size - 1); false at the end. Too long or not text: *bad. */
static bool import_line(const char **at, const char *end, char *line, size_t size, bool *bad)
{
	if (*at >= end)
		return false;
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	size_t n = (size_t)((stop ? stop : end) - *at);
	*bad = n >= size || memchr(*at, '\0', n) != NULL;
	size_t kept = *bad ? 0 : n;
	memcpy(line, *at, kept);
	while (kept && line[kept - 1] == '\r')
		kept--;
	line[kept] = '\0';
	*at += n + 1;
	return true;
}

static char *trim(char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	size_t n = strlen(text);
	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		text[--n] = '\0';
	return text;
}

/* RFC 4180: a field in quotes may hold the separator, and quotes doubled. */
static int import_split(char *line, char separator, char **field, int capacity)
{
	int count = 0;
	char *in = line;
	for (;;) {
		char *out = in, *start = in;
		bool quoted = *in == '"';
		if (quoted)
			in++;
		while (*in && (quoted || *in != separator)) {
			if (quoted && in[0] == '"' && in[1] == '"')
				in++;
			else if (quoted && *in == '"') {
				quoted = false;
				in++;
				continue;
			}
			*out++ = *in++;
		}
		if (quoted)
			return -1;
		bool more = *in == separator;
		in += more;
		*out = '\0';
		if (count < capacity)
			field[count] = trim(start);
		count++;
		if (!more)
			return count;
	}
}

static const char *skip_mark(const char *bytes, size_t length)
{
	return length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? bytes + 3 : bytes;
}

/* ---- the long form ---- */

enum column { DATE, SITE, READING, VALUE, UNIT, SCALE, COLUMNS };
static const char *const column_names[COLUMNS] = {"date", "site", "reading", "value", "unit", "scale"};

static enum status read_header(const char *name, size_t number, char **field, int fields, int place[COLUMNS],
                               struct fail *why)
{
	char where[FAIL_FIELD_MAX];
	(void)snprintf(where, sizeof where, "%.80s: line %zu", name, number);
	for (int c = 0; c < COLUMNS; c++)
		place[c] = -1;
	for (int i = 0; i < fields; i++) {
		int c = 0;
		while (c < COLUMNS && strcmp(field[i], column_names[c]) != 0)
			c++;
		if (c == COLUMNS && strncmp(field[i], "x_", 2) == 0)
			continue;
		if (c == COLUMNS || place[c] >= 0)
			return fail_set(why, ST_INPUT, where,
			                "column \"%.40s\" is %s; columns are date, site, reading, value, unit, scale "
			                "(a device's own export needs --map)",
			                field[i], c == COLUMNS ? "not known" : "there twice");
		place[c] = i;
	}
	if (place[READING] < 0 || place[VALUE] < 0 || place[UNIT] < 0)
		return fail_set(why, ST_INPUT, where, "the columns reading, value and unit are needed");
	return ST_OK;
}

static void add_long_row(struct import_set *set, const struct import_options *o, size_t number, char **field,
                         int fields, int columns, bool comma, const int place[COLUMNS])
{
	char where[32];
	(void)snprintf(where, sizeof where, "line %zu", number);
	if (fields != columns) {
		import_fault(set, where, "%d fields; the header has %d", fields, columns);
		return;
	}
	const char *word[COLUMNS];
	for (int c = 0; c < COLUMNS; c++)
		word[c] = place[c] < 0 ? "" : field[place[c]];
	const struct import_words words = {.where = where, .date = word[DATE], .site = word[SITE],
	                                   .reading = word[READING], .value = word[VALUE], .unit = word[UNIT],
	                                   .scale = word[SCALE], .comma = comma};
	import_add(set, o, &words);
}

static enum status check_note(const char *name, size_t number, const char *line, struct fail *why)
{
	char where[FAIL_FIELD_MAX];
	const char *schema = strstr(line, "schema:");
	if (!schema || strstr(schema, "lasertwin-readings/1"))
		return ST_OK;
	(void)snprintf(where, sizeof where, "%.80s: line %zu", name, number);
	return fail_set(why, ST_INPUT, where, "another schema than lasertwin-readings/1");
}

enum status import_csv(const char *name, const char *bytes, size_t length, const struct import_options *options,
                       struct import_set *set, struct fail *why)
{
	const char *at = skip_mark(bytes, length), *end = bytes + length;
	char line[LINE_SIZE], *field[IMPORT_COLUMNS_MAX];
	int place[COLUMNS], columns = 0;
	char separator = ',';
	size_t number = 0;
	bool bad = false;
	enum status st = ST_OK;
	while (!st && import_line(&at, end, line, sizeof line, &bad)) {
		char where[32];
		(void)snprintf(where, sizeof where, "line %zu", ++number);
		if (bad) {
			import_fault(set, where, "is too long or not text");
			continue;
		}
		if (line[0] == '#' || line[strspn(line, " \t,;")] == '\0') {
			st = check_note(name, number, line, why);
			continue;
		}
		if (!columns)
			separator = strchr(line, ';') ? ';' : strchr(line, '\t') ? '\t' : ',';
		int fields = import_split(line, separator, field, IMPORT_COLUMNS_MAX);
		if (fields < 0 || fields > IMPORT_COLUMNS_MAX)
			import_fault(set, where, fields < 0 ? "a quote is not closed" : "too many fields");
		else if (!columns && !(st = read_header(name, number, field, fields, place, why)))
			columns = fields;
		else if (!st)
			add_long_row(set, options, number, field, fields, columns, separator != ',', place);
	}
	return st;
}

/* ---- mappings ---- */

struct mapped_column {
	char column[NAME_SIZE], reading[NAME_SIZE], unit[NAME_SIZE], scale[NAME_SIZE];
};

#define SITES_MAX 32

struct import_mapping {
	char separator;
	bool comma;
	int skip_lines;
	size_t columns;
	struct mapped_column column[IMPORT_COLUMNS_MAX];
	char date_column[NAME_SIZE], date_format[16];
	char site_column[NAME_SIZE];
	size_t sites;
	char site_from[SITES_MAX][NAME_SIZE], site_to[SITES_MAX][NAME_SIZE];
};

static enum status read_column(const struct json_at *at, struct mapped_column *c, struct fail *why)
{
	static const char *const keys[] = {"column", "reading", "unit", "scale", NULL};
	enum melanin_scale scale;
	enum reading reading;
	bool given = false;
	enum status st = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (st || (st = json_string(at, "column", c->column, sizeof c->column, NULL, why)) ||
	    (st = json_string(at, "reading", c->reading, sizeof c->reading, NULL, why)) ||
	    (st = json_string(at, "unit", c->unit, sizeof c->unit, NULL, why)) ||
	    (st = json_string(at, "scale", c->scale, sizeof c->scale, &given, why)))
		return st;
	if (strcmp(c->reading, "fitz") != 0 && !readings_find(c->reading, &reading))
		return json_refuse(at, ST_INPUT, why, "there is no reading \"%s\"", c->reading);
	if (given && !melanin_scale_parse(c->scale, &scale))
		return json_refuse(at, ST_INPUT, why, "\"%s\" is no scale; mexameter, dermaspectrometer or reflectance680",
		                   c->scale);
	return ST_OK;
}

static enum status read_columns(const struct json_at *root, struct import_mapping *m, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(root, "columns", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (m->columns == IMPORT_COLUMNS_MAX)
			return json_refuse(&list, ST_FULL, why, "more than %d columns", IMPORT_COLUMNS_MAX);
		st = read_column(&item, &m->column[m->columns++], why);
	}
	return !st && !m->columns ? json_refuse(&list, ST_INPUT, why, "names no column") : st;
}

static enum status read_date_rule(const struct json_at *root, struct import_mapping *m, struct fail *why)
{
	struct json_at date;
	bool given = false;
	enum status st = json_member(root, "date", JSON_OBJECT, &date, &given, why);
	if (st || !given)
		return st;
	if ((st = json_string(&date, "column", m->date_column, sizeof m->date_column, NULL, why)) ||
	    (st = json_string(&date, "format", m->date_format, sizeof m->date_format, NULL, why)))
		return st;
	if (strlen(m->date_format) != 10 || !strstr(m->date_format, "YYYY") || !strstr(m->date_format, "MM") ||
	    !strstr(m->date_format, "DD"))
		return json_refuse(&date, ST_INPUT, why, "the format has YYYY, MM and DD with one character between, as DD.MM.YYYY");
	return ST_OK;
}

static enum status read_site_rule(const struct json_at *root, struct import_mapping *m, struct fail *why)
{
	struct json_at site, names, name = {0};
	bool given = false;
	enum status st = json_member(root, "site", JSON_OBJECT, &site, &given, why);
	if (st || !given || (st = json_string(&site, "column", m->site_column, sizeof m->site_column, NULL, why)))
		return st;
	given = false;
	st = json_member(&site, "names", JSON_OBJECT, &names, &given, why);
	while (!st && given && json_object_each(&names, &name)) {
		if (m->sites == SITES_MAX || strlen(name.key) >= NAME_SIZE)
			return json_refuse(&names, ST_FULL, why, "more than %d names, or one too long", SITES_MAX);
		(void)snprintf(m->site_from[m->sites], NAME_SIZE, "%s", name.key);
		st = json_string_at(&name, m->site_to[m->sites], NAME_SIZE, why);
		if (!st && !site_known(m->site_to[m->sites]))
			return json_refuse(&name, ST_INPUT, why, "\"%s\" is no site", m->site_to[m->sites]);
		m->sites++;
	}
	return st;
}

static enum status read_mapping(const struct json_at *root, struct import_mapping *m, struct fail *why)
{
	static const char *const keys[] = {"schema", "name", "separator", "decimal", "skip_lines", "columns", "date",
	                                   "site", "note", NULL};
	static const char *const separators[] = {",", ";", "tab"};
	static const char *const decimals[] = {".", ","};
	size_t separator = 0, decimal = 0;
	bool given;
	enum status st;
	if ((st = json_schema(root, "lasertwin-mapping/1", why)) || (st = json_known_keys(root, keys, JSON_X_EXTRA, why)) ||
	    (st = json_choice(root, "separator", separators, 3, &separator, &given, why)) ||
	    (st = json_choice(root, "decimal", decimals, 2, &decimal, &given, why)) ||
	    (st = json_integer_in(root, "skip_lines", 0, 100, "", &m->skip_lines, &given, why)) ||
	    (st = read_columns(root, m, why)) || (st = read_date_rule(root, m, why)))
		return st;
	m->separator = ",;\t"[separator];
	m->comma = decimal == 1;
	if (m->comma && m->separator == ',')
		return json_refuse(root, ST_INPUT, why, "a decimal comma cannot go with a comma between fields");
	return read_site_rule(root, m, why);
}

enum status import_mapping_parse(const char *name, const char *bytes, size_t length, struct import_mapping **out,
                                 struct fail *why)
{
	struct json_doc *doc = NULL;
	struct import_mapping *m = calloc(1, sizeof *m);
	*out = NULL;
	if (!m)
		return fail_set(why, ST_FULL, name, "no memory");
	enum status st = json_parse(name, bytes, length, &doc, why);
	if (!st) {
		struct json_at root = json_root(doc);
		st = read_mapping(&root, m, why);
	}
	json_free(&doc);
	if (st)
		import_mapping_free(&m);
	*out = m;
	return st;
}

void import_mapping_free(struct import_mapping **mapping)
{
	free(*mapping);
	*mapping = NULL;
}

/* ---- exports ---- */

static int find_field(char **field, int fields, const char *name)
{
	for (int i = 0; i < fields; i++)
		if (strcmp(field[i], name) == 0)
			return i;
	return -1;
}

/* By the format's letters: "27.11.2026" under "DD.MM.YYYY" is 2026-11-27. */
static bool iso_date(const char *text, const char *format, char out[16])
{
	const char *year = strstr(format, "YYYY"), *month = strstr(format, "MM"), *day = strstr(format, "DD");
	if (strlen(text) < 10)
		return false;
	for (size_t i = 0; i < 10; i++)
		if (!strchr("YMD", format[i]) && text[i] != format[i])
			return false;
	(void)snprintf(out, 16, "%.4s-%.2s-%.2s", text + (year - format), text + (month - format), text + (day - format));
	return true;
}

struct layout {
	int place[IMPORT_COLUMNS_MAX], date, site;
};

static enum status find_columns(const char *name, size_t number, const struct import_mapping *m, char **field,
                                int fields, struct layout *l, struct fail *why)
{
	char where[FAIL_FIELD_MAX];
	const char *missing = NULL;
	for (size_t c = 0; c < m->columns; c++)
		if ((l->place[c] = find_field(field, fields, m->column[c].column)) < 0)
			missing = m->column[c].column;
	l->date = m->date_column[0] ? find_field(field, fields, m->date_column) : -1;
	l->site = m->site_column[0] ? find_field(field, fields, m->site_column) : -1;
	if (m->date_column[0] && l->date < 0)
		missing = m->date_column;
	if (m->site_column[0] && l->site < 0)
		missing = m->site_column;
	if (!missing)
		return ST_OK;
	(void)snprintf(where, sizeof where, "%.80s: line %zu", name, number);
	return fail_set(why, ST_INPUT, where, "the mapping's column \"%.60s\" is not in the header", missing);
}

static const char *site_of(const struct import_mapping *m, const char *word)
{
	for (size_t i = 0; i < m->sites; i++)
		if (strcmp(m->site_from[i], word) == 0)
			return m->site_to[i];
	return word;
}

/* Every mapped column that holds something is a reading. */
static void add_wide_row(struct import_set *set, const struct import_options *o, size_t number, char **field,
                         int fields, const struct layout *l)
{
	const struct import_mapping *m = o->mapping;
	char where[96], date[16] = "";
	for (size_t c = 0; c < m->columns; c++) {
		(void)snprintf(where, sizeof where, "line %zu, %.40s", number, m->column[c].column);
		if (l->place[c] >= fields || l->date >= fields || l->site >= fields) {
			import_fault(set, where, "the line has %d fields only", fields);
			return;
		}
		if (!field[l->place[c]][0])
			continue;
		if (l->date >= 0 && !iso_date(field[l->date], m->date_format, date)) {
			import_fault(set, where, "\"%.40s\" is not a date like %s", field[l->date], m->date_format);
			return;
		}
		const struct import_words words = {.where = where, .date = date,
		                                   .site = l->site >= 0 ? site_of(m, field[l->site]) : "",
		                                   .reading = m->column[c].reading, .value = field[l->place[c]],
		                                   .unit = m->column[c].unit, .scale = m->column[c].scale,
		                                   .comma = m->comma};
		import_add(set, o, &words);
	}
}

enum status import_mapped(const char *name, const char *bytes, size_t length, const struct import_options *options,
                          struct import_set *set, struct fail *why)
{
	const struct import_mapping *m = options->mapping;
	const char *at = skip_mark(bytes, length), *end = bytes + length;
	char line[LINE_SIZE], *field[IMPORT_COLUMNS_MAX];
	struct layout layout = {.date = -1};
	bool bad = false, header = true;
	enum status st = ST_OK;
	for (size_t number = 1; !st && import_line(&at, end, line, sizeof line, &bad); number++) {
		char where[32];
		(void)snprintf(where, sizeof where, "line %zu", number);
		if (number <= (size_t)m->skip_lines || (!bad && line[0] == '\0'))
			continue;
		int fields = bad ? -1 : import_split(line, m->separator, field, IMPORT_COLUMNS_MAX);
		if (fields < 0 || fields > IMPORT_COLUMNS_MAX)
			import_fault(set, where, bad ? "is too long or not text" : "a quote is not closed, or too many fields");
		else if (header)
			st = find_columns(name, number, m, field, fields, &layout, why);
		else
			add_wide_row(set, options, number, field, fields, &layout);
		header = false;
	}
	return st;
}
