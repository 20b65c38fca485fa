/* Published settings as data: profiles/protocols/published.json, one row a source.
 *
 * What the fit is compared with, never what it starts from. A range with one end is what the source gives.
 */
#ifndef LASERTWIN_PUBLISHED_H
#define LASERTWIN_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>

#include "devices/settings.h"

#define PUBLISHED_INDICATIONS_MAX 4
#define PUBLISHED_MODES_MAX 4
#define PUBLISHED_NAME_MAX 48

struct published_range {
	double min, max; /* -INFINITY, INFINITY where the source gives no such end */
};

struct published {
	char id[24], device[40], zone[32]; /* device: in the source's words */
	size_t indications;
	char indication[PUBLISHED_INDICATIONS_MAX][PUBLISHED_NAME_MAX];
	size_t modes; /* profiles of that kind, or the nearest; 0: a comparison of methods */
	char mode[PUBLISHED_MODES_MAX][PUBLISHED_NAME_MAX];
	unsigned fitzpatrick;               /* bit t-1 for type t; 0: not stated */
	uint32_t given;                     /* settings with a range: bit per setting_id */
	struct published_range range[SETTINGS];
	char endpoint[160], outcome[240], pih[240], note[200];
	char source[64], confidence[8];
};

/* *list is malloc'ed, the caller frees it. Rows given twice, unknown settings and ranges upside down are refused. */
enum status published_parse(const char *name, const char *bytes, size_t length, struct published **list,
                            size_t *count, struct fail *why) MUST_CHECK;

/* In the order in which they decide. */
enum published_place {
	PUBLISHED_SAYS_NOTHING,
	PUBLISHED_INSIDE,
	PUBLISHED_ELSEWHERE,
	PUBLISHED_BELOW,
	PUBLISHED_ABOVE
};
const char *published_place_name(enum published_place place);

/* Where settings lie against a row: above when an energy, fluence, density or depth the row gives is above its
 * range; else below when one is below; else elsewhere when spot, pulse or rate lie outside; else inside. *which
 * (may be NULL) gets the setting that decides. */
enum published_place published_compare(const struct published *row, const struct settings *settings,
                                       enum setting_id *which);
bool published_speaks_of(const struct published *row, const char *indication, const char *device_mode);

#endif
