#include "planner/sync/names.h"

#include <stdint.h>

#define NAMES_START 256

static size_t slot_of(const struct names *set, const char *name)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
	size_t at = (size_t)hash & (set->room - 1);
	while (set->name[at][0] != '\0' && strcmp(set->name[at], name) != 0)
		at = (at + 1) & (set->room - 1);
	return at;
}

bool names_hold(const struct names *set, const char *name)
{
	return set->room > 0 && set->name[slot_of(set, name)][0] != '\0';
}

enum status names_add(struct names *set, const char *name, struct fail *why)
{
	if (2 * (set->count + 1) > set->room) {
		struct names wider = {.room = set->room ? 2 * set->room : NAMES_START};
		wider.name = calloc(wider.room, sizeof *wider.name);
		if (!wider.name)
			return fail_set(why, ST_FULL, "sync", "out of memory");
		for (size_t i = 0; i < set->room; i++)
			if (set->name[i][0] != '\0')
				memcpy(wider.name[slot_of(&wider, set->name[i])], set->name[i],
				       UUID_TEXT_SIZE);
		wider.count = set->count;
		free(set->name);
		*set = wider;
	}
	size_t at = slot_of(set, name);
	set->count += set->name[at][0] == '\0';
	memcpy(set->name[at], name, strlen(name) + 1);
	return ST_OK;
}

void names_clear(struct names *set)
{
	free(set->name);
	*set = (struct names){0};
}
