#include "planner/plan/side.h"

#include <stdio.h>
#include <string.h>

static const char *const names[SIDES] = {
        [SIDE_NOT_STATED] = "not stated", [SIDE_LEFT] = "left",       [SIDE_RIGHT] = "right",
        [SIDE_BOTH] = "both",             [SIDE_MIDLINE] = "midline",
};

const char *side_name(enum side side)
{
	return (unsigned)side < SIDES ? names[side] : NULL;
}

bool side_parse(const char *name, enum side *out)
{
	for (int i = 0; i < SIDES; i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum side)i;
			return true;
		}
	return false;
}

static enum status read_one(const struct json_at *at, enum side *out, struct fail *why)
{
	char name[16];
	enum status st = json_string_at(at, name, sizeof name, why);
	if (!st && !side_parse(name, out))
		st = json_refuse(at, ST_INPUT, why, "\"%s\" is not left, right, both, midline or \"not stated\"", name);
	return st;
}

enum status sides_read(const struct json_at *object, size_t zones, enum side *out, struct fail *why)
{
	struct json_at list, item = {0};
	bool given = false;
	enum status st = json_member(object, "sides", JSON_ARRAY, &list, &given, why);
	for (size_t i = 0; i < zones; i++)
		out[i] = SIDE_NOT_STATED;
	if (st || !given)
		return st;
	if (json_count(&list) != zones)
		return json_refuse(&list, ST_INPUT, why, "names %zu sides for %zu zones; give one for each, in their order",
		                   json_count(&list), zones);
	for (size_t i = 0; !st && json_array_each(&list, &item); i++)
		st = read_one(&item, &out[i], why);
	return st;
}

enum status sides_parse(const char *words, size_t zones, enum side *out, struct fail *why)
{
	size_t i = 0;
	for (const char *at = words; i < zones; i++) {
		char name[16] = "";
		const size_t n = strcspn(at, ",");
		if (n < sizeof name)
			memcpy(name, at, n);
		if (!side_parse(name, &out[i]) || out[i] == SIDE_NOT_STATED)
			return fail_set(why, ST_INPUT, "side", "\"%.*s\" is not left, right, both or midline", (int)n, at);
		at += n;
		if (*at == '\0')
			return i + 1 == zones ? ST_OK
			                      : fail_set(why, ST_INPUT, "side", "is given for %zu of %zu zones; give one for each, "
			                                                        "in their order", i + 1, zones);
		at++;
	}
	return fail_set(why, ST_INPUT, "side", "\"%s\" names more sides than there are zones (%zu)", words, zones);
}

const char *side_of_zone(const char *zone, enum side side, char *out, size_t size)
{
	(void)snprintf(out, size, "%s (%s%s)", zone, side == SIDE_NOT_STATED ? "side " : "", side_name(side));
	return out;
}
