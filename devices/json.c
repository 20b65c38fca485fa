/* The tree and its cursor. The tree is built by cJSON from text that json_scan has accepted, so cJSON
 * can only fail for want of memory. */
#include "devices/json.h"

#include <cjson/cJSON.h>
#include <stdarg.h>

#include "devices/json_scan.h"

#define NAME_MAX_BYTES 64
#define QUOTE_MAX_BYTES 48
#define PATH_MAX_BYTES 96

struct json_doc {
	char name[NAME_MAX_BYTES];
	cJSON *tree;
};

/* --- texts for errors --------------------------------------------------------------------------------- */

/* Copies text for quoting in an error: control characters (C0, DEL, C1) become '?', and a long text is
 * cut between characters. Bytes that are not UTF-8 (possible in file names only) become '?' too. */
static const char *quotable(const char *text, char *out, size_t size)
{
	const unsigned char *c = (const unsigned char *)text, *end = c + strlen(text);
	size_t length = 0;

	while (c < end) {
		size_t bytes = *c < 0x80 ? 1 : *c < 0xE0 ? 2 : *c < 0xF0 ? 3 : 4;
		bool hidden =
		        *c < 0x20 || *c == 0x7F || (c[0] == 0xC2 && c[1] < 0xA0) || bytes > (size_t)(end - c);
		if (length + bytes + sizeof "..." > size) {
			memcpy(out + length, "...", 3);
			length += 3;
			break;
		}
		if (bytes > (size_t)(end - c))
			bytes = (size_t)(end - c);
		if (hidden) {
			out[length++] = '?';
		} else {
			memcpy(out + length, c, bytes);
			length += bytes;
		}
		c += bytes;
	}
	out[length] = '\0';
	return out;
}

static void append(char *buffer, size_t size, const char *text)
{
	size_t used = strlen(buffer);

	if (used < size)
		(void)snprintf(buffer + used, size - used, "%s", text);
}

const char *json_path(const struct json_at *at, char *buffer, size_t size)
{
	char part[QUOTE_MAX_BYTES], step[QUOTE_MAX_BYTES + 4];

	if (size == 0)
		return buffer;
	buffer[0] = '\0';
	if (!at->up)
		return buffer;
	(void)json_path(at->up, buffer, size);
	if (at->key)
		(void)snprintf(step, sizeof step, "%s%s", buffer[0] ? "." : "",
		               quotable(at->key, part, sizeof part));
	else
		(void)snprintf(step, sizeof step, "[%zu]", at->index);
	append(buffer, size, step);
	return buffer;
}

enum status json_refuse(const struct json_at *at, enum status code, struct fail *why, const char *format, ...)
{
	char path[PATH_MAX_BYTES], field[FAIL_FIELD_MAX], text[FAIL_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	(void)json_path(at, path, sizeof path);
	/* where both do not fit the name is cut, because the path says which value it is */
	int room = (int)(sizeof field - sizeof ": " - strlen(path));
	(void)snprintf(field, sizeof field, "%.*s%s%s", room, at->doc->name, path[0] ? ": " : "", path);
	return fail_set(why, code, field, "%s", text);
}

/* --- kinds -------------------------------------------------------------------------------------------- */

const char *json_kind_name(enum json_kind kind)
{
	static const char *const names[] = {
	        [JSON_NULL] = "null",     [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
	        [JSON_STRING] = "a text", [JSON_ARRAY] = "a list",       [JSON_OBJECT] = "an object",
	};
	return names[kind];
}

static enum json_kind node_kind(const cJSON *node)
{
	if (cJSON_IsBool(node))
		return JSON_BOOL;
	if (cJSON_IsNumber(node))
		return JSON_NUMBER;
	if (cJSON_IsString(node))
		return JSON_STRING;
	if (cJSON_IsArray(node))
		return JSON_ARRAY;
	return cJSON_IsObject(node) ? JSON_OBJECT : JSON_NULL;
}

enum json_kind json_kind(const struct json_at *at)
{
	return node_kind(at->node);
}

static enum status expect_kind(const struct json_at *at, enum json_kind kind, struct fail *why)
{
	if (at->node && json_kind(at) == kind)
		return ST_OK;
	return json_refuse(at, ST_INPUT, why, "is %s; %s is expected", json_kind_name(json_kind(at)),
	                   json_kind_name(kind));
}

/* --- what the tree must not hold ---------------------------------------------------------------------- */

static int compare_keys(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static enum status refuse_duplicate_keys(const struct json_at *at, struct fail *why)
{
	size_t count = json_count(at), i = 0;

	if (count < 2)
		return ST_OK;
	const char **keys = malloc(count * sizeof *keys);
	if (!keys)
		return json_refuse(at, ST_FULL, why, "out of memory while checking keys");
	for (const cJSON *child = at->node->child; child; child = child->next)
		keys[i++] = child->string;
	qsort(keys, count, sizeof *keys, compare_keys);
	enum status st = ST_OK;
	for (i = 1; i < count && !st; i++) {
		struct json_at twice = {.doc = at->doc, .up = at, .key = keys[i]};
		if (strcmp(keys[i - 1], keys[i]) == 0)
			st = json_refuse(&twice, ST_INPUT, why, "is given twice; keep one");
	}
	free(keys);
	return st;
}

/* Recursion is bounded by JSON_DEPTH_MAX, which json_scan has enforced. */
static enum status check_tree(const struct json_at *at, struct fail *why)
{
	enum json_kind kind = json_kind(at);
	struct json_at item = {0};
	enum status st = ST_OK;

	if (kind == JSON_NUMBER && !isfinite(at->node->valuedouble))
		return json_refuse(at, ST_INPUT, why, "the number is too large for any quantity; correct it");
	if (kind == JSON_OBJECT)
		st = refuse_duplicate_keys(at, why);
	while (!st && kind == JSON_OBJECT && json_object_each(at, &item))
		st = check_tree(&item, why);
	while (!st && kind == JSON_ARRAY && json_array_each(at, &item))
		st = check_tree(&item, why);
	return st;
}

/* --- document ----------------------------------------------------------------------------------------- */

static void set_name(struct json_doc *doc, const char *name)
{
	const char *slash = strrchr(name, '/');

	(void)quotable(slash ? slash + 1 : name, doc->name, sizeof doc->name);
}

static enum status read_tree(struct json_doc *doc, const char *bytes, size_t len, struct fail *why)
{
	if (len > JSON_BYTES_MAX)
		return fail_set(why, ST_FULL, doc->name, "has %zu bytes; at most %zu are read", len,
		                JSON_BYTES_MAX);
	enum status st = json_scan(doc->name, bytes, len, why);
	if (st)
		return st;
	doc->tree = cJSON_ParseWithLength(bytes, len);
	if (!doc->tree)
		return fail_set(why, ST_FULL, doc->name, "out of memory while reading");
	struct json_at root = json_root(doc);
	return check_tree(&root, why);
}

enum status json_parse(const char *name, const char *bytes, size_t len, struct json_doc **out,
                       struct fail *why)
{
	struct json_doc *doc = calloc(1, sizeof *doc);

	if (!doc)
		return fail_set(why, ST_FULL, name, "out of memory");
	set_name(doc, name);
	enum status st = read_tree(doc, bytes, len, why);
	if (st)
		json_free(&doc);
	else
		*out = doc;
	return st;
}

void json_free(struct json_doc **doc)
{
	if (!*doc)
		return;
	cJSON_Delete((*doc)->tree);
	free(*doc);
	*doc = NULL;
}

struct json_at json_root(const struct json_doc *doc)
{
	return (struct json_at){.doc = doc, .node = doc->tree};
}

/* --- walking ------------------------------------------------------------------------------------------ */

static bool each(const struct json_at *container, struct json_at *item)
{
	bool first = !item->node;
	const struct cJSON *next = first ? container->node->child : item->node->next;

	*item = (struct json_at){.doc = container->doc,
	                         .node = next,
	                         .up = container,
	                         .key = next ? next->string : NULL,
	                         .index = first ? 0 : item->index + 1};
	return next != NULL;
}

bool json_array_each(const struct json_at *array, struct json_at *item)
{
	return json_kind(array) == JSON_ARRAY && each(array, item);
}

bool json_object_each(const struct json_at *object, struct json_at *member)
{
	return json_kind(object) == JSON_OBJECT && each(object, member);
}

size_t json_count(const struct json_at *at)
{
	enum json_kind kind = json_kind(at);

	return kind == JSON_ARRAY || kind == JSON_OBJECT ? (size_t)cJSON_GetArraySize(at->node) : 0;
}

/* --- values ------------------------------------------------------------------------------------------- */

bool json_find(const struct json_at *at, const char *key, struct json_at *out)
{
	*out = (struct json_at){.doc = at->doc, .up = at, .key = key};
	if (json_kind(at) == JSON_OBJECT)
		out->node = cJSON_GetObjectItemCaseSensitive(at->node, key);
	return out->node != NULL;
}

enum status json_member(const struct json_at *at, const char *key, enum json_kind kind, struct json_at *out,
                        bool *present, struct fail *why)
{
	bool found = json_find(at, key, out);
	enum status st = expect_kind(at, JSON_OBJECT, why);

	if (st)
		return st;
	if (present)
		*present = found;
	if (found)
		return expect_kind(out, kind, why);
	return present ? ST_OK
	               : json_refuse(out, ST_INPUT, why, "is missing; %s is expected", json_kind_name(kind));
}

enum status json_number_at(const struct json_at *at, double min, double max, const char *unit, double *out,
                           struct fail *why)
{
	enum status st = expect_kind(at, JSON_NUMBER, why);

	if (st)
		return st;
	double value = at->node->valuedouble;
	if (!(value >= min && value <= max))
		return json_refuse(at, ST_RANGE, why, "%.10g is outside %.10g..%.10g%s%s; enter a value %s%s",
		                   value, min, max, unit[0] ? " " : "", unit,
		                   unit[0] ? "in " : "in that range", unit);
	*out = value;
	return ST_OK;
}

enum status json_integer_at(const struct json_at *at, int min, int max, const char *unit, int *out,
                            struct fail *why)
{
	double value = 0;
	enum status st = json_number_at(at, min, max, unit, &value, why);

	if (st)
		return st;
	if (value != floor(value))
		return json_refuse(at, ST_RANGE, why, "%.10g is not a whole number; enter one from %d to %d",
		                   value, min, max);
	*out = (int)value;
	return ST_OK;
}

enum status json_string_at(const struct json_at *at, char *out, size_t size, struct fail *why)
{
	enum status st = expect_kind(at, JSON_STRING, why);
	char quote[QUOTE_MAX_BYTES];

	if (st)
		return st;
	const char *text = at->node->valuestring;
	if (strlen(text) >= size)
		return json_refuse(at, ST_INPUT, why,
		                   "\"%s\" has %zu bytes; at most %zu are kept; shorten it",
		                   quotable(text, quote, sizeof quote), strlen(text), size - 1);
	memcpy(out, text, strlen(text) + 1);
	return ST_OK;
}

enum status json_bool_at(const struct json_at *at, bool *out, struct fail *why)
{
	enum status st = expect_kind(at, JSON_BOOL, why);

	if (!st)
		*out = cJSON_IsTrue(at->node);
	return st;
}

const char *json_text(const struct json_at *at)
{
	return json_kind(at) == JSON_STRING ? at->node->valuestring : NULL;
}

enum status json_number_in(const struct json_at *at, const char *key, double min, double max,
                           const char *unit, double *out, bool *present, struct fail *why)
{
	struct json_at value;
	enum status st = json_member(at, key, JSON_NUMBER, &value, present, why);

	return st || !value.node ? st : json_number_at(&value, min, max, unit, out, why);
}

enum status json_numbers_in(const struct json_at *at, const struct json_number_spec *spec, size_t count,
                            struct fail *why)
{
	enum status status = ST_OK;
	for (size_t i = 0; status == ST_OK && i < count; i++) {
		bool present;
		status = json_number_in(at, spec[i].key, spec[i].min, spec[i].max, spec[i].unit, spec[i].out,
		                        spec[i].optional ? &present : NULL, why);
	}
	return status;
}

enum status json_integer_in(const struct json_at *at, const char *key, int min, int max, const char *unit,
                            int *out, bool *present, struct fail *why)
{
	struct json_at value;
	enum status st = json_member(at, key, JSON_NUMBER, &value, present, why);

	return st || !value.node ? st : json_integer_at(&value, min, max, unit, out, why);
}

enum status json_string(const struct json_at *at, const char *key, char *out, size_t size, bool *present,
                        struct fail *why)
{
	struct json_at value;
	enum status st = json_member(at, key, JSON_STRING, &value, present, why);

	return st || !value.node ? st : json_string_at(&value, out, size, why);
}

enum status json_bool(const struct json_at *at, const char *key, bool *out, bool *present, struct fail *why)
{
	struct json_at value;
	enum status st = json_member(at, key, JSON_BOOL, &value, present, why);

	return st || !value.node ? st : json_bool_at(&value, out, why);
}

enum status json_schema(const struct json_at *at, const char *schema, struct fail *why)
{
	struct json_at value;
	char quote[QUOTE_MAX_BYTES];
	enum status st = json_member(at, "schema", JSON_STRING, &value, NULL, why);

	if (st || strcmp(value.node->valuestring, schema) == 0)
		return st;
	return json_refuse(&value, ST_INPUT, why, "\"%s\" is not read here; \"%s\" is expected",
	                   quotable(value.node->valuestring, quote, sizeof quote), schema);
}

/* --- names that are nearly right ---------------------------------------------------------------------- */

#define WORD_MAX 48

static size_t least3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein 1966: insertions, deletions and substitutions from one word to the other. */
static size_t edit_distance(const char *from, const char *to)
{
	size_t row[WORD_MAX + 1], m = strlen(from), n = strlen(to);

	if (m > WORD_MAX || n > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			row[j] = least3(above + 1, row[j - 1] + 1, diagonal + (from[i - 1] != to[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

const char *json_nearest(const char *word, const char *const *table, size_t count)
{
	const char *best = NULL;
	size_t length = strlen(word), least = length / 3 + 2; /* a third of the letters may be wrong */

	for (size_t i = 0; i < count; i++) {
		/* "ita" for "ita_deg": a forgotten unit is the commonest slip */
		bool stem = length >= 3 && strncmp(word, table[i], length) == 0;
		size_t distance = stem ? 0 : edit_distance(word, table[i]);
		if (distance < least) {
			least = distance;
			best = table[i];
		}
	}
	return best;
}

static void list_names(const char *const *table, size_t count, char *out, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		append(out, size, i ? ", " : "");
		append(out, size, table[i]);
	}
}

/* "enrgy_mJ" is not known; did you mean "energy_mJ"? known: ... */
static enum status refuse_name(const struct json_at *at, const char *word, const char *const *table,
                               size_t count, struct fail *why)
{
	char list[FAIL_TEXT_MAX - 3 * QUOTE_MAX_BYTES], quote[QUOTE_MAX_BYTES],
	        guess[QUOTE_MAX_BYTES + 24] = "";
	const char *nearest = json_nearest(word, table, count);

	if (nearest)
		(void)snprintf(guess, sizeof guess, "did you mean \"%.*s\"? ", QUOTE_MAX_BYTES, nearest);
	list_names(table, count, list, sizeof list);
	return json_refuse(at, ST_INPUT, why, "\"%s\" is not known; %sknown: %s",
	                   quotable(word, quote, sizeof quote), guess, list);
}

enum status json_choice_at(const struct json_at *at, const char *const *table, size_t count, size_t *out,
                           struct fail *why)
{
	enum status st = expect_kind(at, JSON_STRING, why);

	if (st)
		return st;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(at->node->valuestring, table[i]) == 0) {
			*out = i;
			return ST_OK;
		}
	}
	return refuse_name(at, at->node->valuestring, table, count, why);
}

enum status json_choice(const struct json_at *at, const char *key, const char *const *table, size_t count,
                        size_t *out, bool *present, struct fail *why)
{
	char list[FAIL_TEXT_MAX - QUOTE_MAX_BYTES];
	struct json_at value;
	bool there;
	enum status st = json_member(at, key, JSON_STRING, &value, &there, why);

	if (present)
		*present = there;
	if (st || (!there && present))
		return st;
	if (there)
		return json_choice_at(&value, table, count, out, why);
	list_names(table, count, list, sizeof list);
	return json_refuse(&value, ST_INPUT, why, "is missing; give one of: %s", list);
}

static bool listed(const char *word, const char *const *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, table[i]) == 0)
			return true;
	return false;
}

enum status json_known_keys(const struct json_at *at, const char *const *keys, enum json_extra extra,
                            struct fail *why)
{
	struct json_at member = {0};
	size_t count = 0;
	enum status st = expect_kind(at, JSON_OBJECT, why);

	while (keys[count])
		count++;
	while (!st && json_object_each(at, &member)) {
		bool passes = extra == JSON_X_EXTRA && strncmp(member.key, "x_", 2) == 0;
		if (!passes && !listed(member.key, keys, count))
			st = refuse_name(&member, member.key, keys, count, why);
	}
	return st;
}

/* ---- records ------------------------------------------------------------------------------------------- */

static enum status records_read(const struct json_doc *doc, const struct json_records *kind, char **list, size_t *count,
                                struct fail *why)
{
	const char *const keys[] = {"schema", "note", kind->key, NULL};
	struct json_at root = json_root(doc), array, item = {0};
	enum status st;
	if ((st = json_schema(&root, kind->schema, why)) || (st = json_known_keys(&root, keys, JSON_X_EXTRA, why)) ||
	    (st = json_member(&root, kind->key, JSON_ARRAY, &array, NULL, why)))
		return st;
	*list = calloc(json_count(&array) + 1, kind->record_bytes);
	if (!*list)
		return fail_set(why, ST_FULL, kind->key, "out of memory");
	for (*count = 0; !st && json_array_each(&array, &item); (*count)++) {
		st = kind->parse(&item, *list + *count * kind->record_bytes, why);
		if (!st)
			st = kind->beside(&item, *list, *count, why);
	}
	return st;
}

enum status json_records_parse(const char *name, const char *bytes, size_t length, const struct json_records *kind,
                               void **list, size_t *count, struct fail *why)
{
	struct json_doc *doc = NULL;
	char *records = NULL;
	enum status st = json_parse(name, bytes, length, &doc, why);
	if (st == ST_OK)
		st = records_read(doc, kind, &records, count, why);
	json_free(&doc);
	if (st) {
		free(records);
		records = NULL;
	}
	*list = records;
	return st;
}

const char *json_library_version(void)
{
	return cJSON_Version();
}
