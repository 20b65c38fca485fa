/* Members that every safety file has. A figure without origin and source is refused. */
#include "planner/safety/safety_json.h"

#define SOURCE_MAX 80

static const char *const numerals[SAFETY_FITZPATRICK_TYPES] = {"I", "II", "III", "IV", "V", "VI"};

int safety_fitzpatrick(const char *numeral)
{
	for (int i = 0; i < SAFETY_FITZPATRICK_TYPES; i++)
		if (strcmp(numeral, numerals[i]) == 0)
			return i + 1;
	return 0;
}

const char *safety_fitzpatrick_name(int type)
{
	return type >= 1 && type <= SAFETY_FITZPATRICK_TYPES ? numerals[type - 1] : NULL;
}

static enum status choice(const struct json_at *at, const char *key, const char *const *table, size_t count,
                          char *out, size_t size, struct fail *why)
{
	size_t index = 0;
	enum status status = json_choice(at, key, table, count, &index, NULL, why);
	if (status == ST_OK)
		snprintf(out, size, "%s", table[index]);
	return status;
}

enum status safety_origin(const struct json_at *at, char *out, size_t size, struct fail *why)
{
	static const char *const table[] = {"LABEL",  "CONSENSUS", "LITERATURE", "STANDARD",
	                                    "DESIGN", "KNOWLEDGE", "CLINIC"};
	return choice(at, "origin", table, sizeof(table) / sizeof(table[0]), out, size, why);
}

enum status safety_confidence(const struct json_at *at, char *out, size_t size, struct fail *why)
{
	static const char *const table[] = {"high", "medium", "low"};
	return choice(at, "conf", table, sizeof(table) / sizeof(table[0]), out, size, why);
}

enum status safety_sources(const struct json_at *at, char *out, size_t size, struct fail *why)
{
	struct json_at list, item = {0};
	char source[SOURCE_MAX];
	size_t used = 0;
	enum status status = json_member(at, "source", JSON_ARRAY, &list, NULL, why);
	if (status != ST_OK)
		return status;
	if (json_count(&list) == 0)
		return json_refuse(&list, ST_INPUT, why, "names no source; give at least one");
	while (json_array_each(&list, &item)) {
		status = json_string_at(&item, source, sizeof(source), why);
		if (status != ST_OK)
			return status;
		int length = snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", source);
		if (length < 0 || (size_t)length >= size - used)
			return json_refuse(&list, ST_FULL, why, "holds more than %zu characters", size - 1);
		used += (size_t)length;
	}
	return ST_OK;
}

static bool is_citation(const char *text, size_t length)
{
	return length >= 2 && text[0] == 'V' && text[1] >= '0' && text[1] <= '9';
}

enum status safety_sources_exist(const char *sources, const struct json_at *table, const char *field,
                                 struct fail *why)
{
	while (*sources != '\0') {
		char key[16];
		struct json_at found;
		size_t length = strcspn(sources, ", ");
		if (is_citation(sources, length)) {
			snprintf(key, sizeof(key), "%.*s", (int)length, sources);
			if (!json_find(table, key, &found))
				return fail_set(why, ST_INPUT, field, "source %s is not in sources.json", key);
		}
		sources += length;
		sources += strspn(sources, ", ");
	}
	return ST_OK;
}
