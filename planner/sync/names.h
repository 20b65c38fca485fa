/* A set of record names, all zero when empty. */
#ifndef LASERTWIN_SYNC_NAMES_H
#define LASERTWIN_SYNC_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/store/uuid.h"

struct names {
	char (*name)[UUID_TEXT_SIZE];
	size_t count, room; /* room is a power of two; open addressing */
};

bool names_hold(const struct names *set, const char *name);
enum status names_add(struct names *set, const char *name, struct fail *why) MUST_CHECK;
void names_clear(struct names *set);

#endif
