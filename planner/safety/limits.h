/* Default limits by mode, zone, indication and skin type: profiles/safety/limits.json, schema
 * lasertwin-limits/1, a flat table so that a clinic can edit, compare and sign it row by row.
 *
 *   {"quantity": "coverage_total_pct", "mode_class": "afl_co2", "zone": "neck_chest", "indication": "any",
 *    "by_fitz": {"I": 10, ..., "VI": 0}, "unit": "%", "origin": "DESIGN", "source": [...], "conf": "medium"}
 *
 * A row has by_fitz, or all (one number for every type), or of_zone with factor (the row of that zone times
 * a factor). Optional nm_min/nm_max and spot_mm restrict it to a wavelength or spot.
 *
 * Lookup: the mode class, then its parents; in each the zone class, then its fallbacks, then "any"; in each
 * the indication, then "any". The first row found decides; a row without a number for the type is an answer
 * too ("not on file for this type"), never passed over. Quantities that rules speak of but nobody has
 * published a number for are listed under "open". Zones map to zone classes, wavelengths to mode
 * classes by tables in the same file.
 */
#ifndef LASERTWIN_LIMITS_H
#define LASERTWIN_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"

#define LIMIT_NAME_MAX 48
#define FITZPATRICK_TYPES 6

struct limits;

struct limit_query {
	const char *quantity;
	const char *mode_class; /* may be NULL or "": only rows for any mode */
	const char *zone_class; /* from limits_zone_class(); may be NULL: only rows for any zone */
	const char *indication; /* may be NULL: any */
	int effective_type;     /* 1..6; 0: unknown, then only rows for all types answer */
	double wavelength_nm;   /* NAN: unknown */
	double spot_mm;         /* NAN: unknown */
};

struct limit_answer {
	bool row;       /* the table has a row */
	bool known;     /* and a number for this type */
	double value;
	const char *unit, *origin, *confidence; /* valid as long as the limits; NULL without a row */
	const char *source;                     /* "V52, V87" */
	const char *note;
};

enum status limits_parse(const char *text, size_t length, const char *file, struct limits **out,
                         struct fail *why) MUST_CHECK;
void limits_free(struct limits **limits);

/* A clinic's own rows, schema lasertwin-clinic-limits/1: {"signed": {"name", "role": "dermatologist", "date",
 * "reason"}, "rows": [...]}. A row with the key of one on file takes its place, another is added; rows of origin LABEL
 * or STANDARD are the maker's or the law's and stay. Unchanged on failure. */
enum status limits_overlay(struct limits *limits, const char *text, size_t length, const char *file,
                           struct fail *why) MUST_CHECK;

struct limit_answer limits_lookup(const struct limits *limits, const struct limit_query *query);
/* Whether any row speaks of this quantity, or it is listed as open: rules that name another are refused. */
bool limits_quantity_known(const struct limits *limits, const char *quantity);

/* "cheeks" -> "face", "neck" -> "neck_chest"; NULL for a zone the table does not have. */
const char *limits_zone_class(const struct limits *limits, const char *zone);
/* The index-th zone the table has; NULL past the end. */
const char *limits_zone_name(const struct limits *limits, size_t index);
/* Mode class of a device mode: by its name ("clear_brilliant.1927") first, else by modality, wavelength
 * and array; NULL when the table has none. fractional: the mode makes an array of microbeams. */
const char *limits_mode_class_of(const struct limits *limits, const char *device_mode); /* by name only */
const char *limits_mode_class(const struct limits *limits, const char *device_mode, const char *modality,
                              double wavelength_nm, bool fractional);

bool limits_mode_class_known(const struct limits *limits, const char *mode_class);

/* For display and tests: rows as they stand in the file. */
struct limit_row {
	char quantity[LIMIT_NAME_MAX], mode_class[LIMIT_NAME_MAX], zone[LIMIT_NAME_MAX];
	char indication[LIMIT_NAME_MAX];
	double value[FITZPATRICK_TYPES]; /* NAN: none for this type */
	char of_zone[LIMIT_NAME_MAX];    /* "" unless a factor of another zone's row */
	double factor;
	double nm_min, nm_max, spot_mm; /* NAN: any */
	bool all;                       /* one number for every type */
	char unit[16], origin[16], confidence[16];
	char source[160], note[240];
};
size_t limits_count(const struct limits *limits);
const struct limit_row *limits_row(const struct limits *limits, size_t index);

#endif
