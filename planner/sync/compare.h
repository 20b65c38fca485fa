/* Two versions of one record side by side: what differs first. For the person who settles a conflict. Pure. */
#ifndef LASERTWIN_SYNC_COMPARE_H
#define LASERTWIN_SYNC_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"

#define COMPARE_PATH_MAX 120
#define COMPARE_TEXT_MAX 400
#define COMPARE_ROWS_MAX 2000

struct compare_row {
	char path[COMPARE_PATH_MAX + 1]; /* "component[2].valueQuantity.value"; cut at the front where too long */
	char mine[COMPARE_TEXT_MAX + 1], theirs[COMPARE_TEXT_MAX + 1]; /* "" where it is absent */
	bool differs;
};

struct compare {
	struct compare_row *row; /* those that differ first, each half in the order of the record */
	size_t count, different;
	bool cut; /* more than COMPARE_ROWS_MAX */
};

/* Both are FHIR resources. Numbers are compared as numbers (12.50 is 12.5); server ids, versions, times and tags
 * that every write has are left out; what travels in base64 or as JSON inside a text is opened. ST_INPUT: one of
 * them is no JSON. */
enum status compare_records(const char *mine, const char *theirs, struct compare *out, struct fail *why) MUST_CHECK;
void compare_free(struct compare *compare);

#endif
