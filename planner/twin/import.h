/* Readings from elsewhere: CSV and JSON of our own (lasertwin-readings/1), FHIR R4 Observations, and exports of devices
 * described by a small mapping file (lasertwin-mapping/1). Forms: profiles/schema.
 *
 * All or nothing: every row is checked (reading, unit, range of its meter's scale, date, site), every fault is kept
 * with its line, and a set with one fault is not imported. Units are converted only where the table of units says so.
 * Pure: files are read and readings kept by the caller.
 */
#ifndef LASERTWIN_IMPORT_H
#define LASERTWIN_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "planner/twin/readings.h"

#define IMPORT_ROWS_MAX 5000
#define IMPORT_FAULTS_MAX 64 /* kept; more are counted */
#define IMPORT_COLUMNS_MAX 48

struct import_row {
	char where[64]; /* "line 12", "entry[2].resource.component[1]" */
	long day;       /* since 1970-01-01; IMPORT_TODAY: no date given */
	char site[48];  /* empty: the patient's */
	bool type_given; /* value is a Fitzpatrick type, 1 to 6 */
	enum reading reading;
	double value; /* in the reading's own unit */
	bool scaled;  /* a melanin or erythema index, on this scale */
	enum melanin_scale scale;
};
#define IMPORT_TODAY (-1000000L)

struct import_fault {
	char where[64];
	char text[FAIL_TEXT_MAX];
};

struct import_set {
	size_t rows, faults_kept, faults, skipped; /* skipped: known, but no reading of the twin */
	struct import_row row[IMPORT_ROWS_MAX];
	struct import_fault fault[IMPORT_FAULTS_MAX];
};

struct import_mapping;

struct import_options {
	long today;                            /* days since 1970-01-01 */
	bool scale_given;                      /* the meter, where the file does not say */
	enum melanin_scale scale;
	const struct import_mapping *mapping;  /* NULL: lasertwin-readings/1 or FHIR */
};

/* Gives a set, with its faults; free with import_free. ST_OK with none. ST_INPUT when there are faults (why names the
 * first, *out holds all) or when the file is none of the forms (*out is NULL). */
enum status import_parse(const char *name, const char *bytes, size_t length, const struct import_options *options,
                         struct import_set **out, struct fail *why) MUST_CHECK;
void import_free(struct import_set **set);

/* Days there are readings of, earliest first; returns how many (at most capacity are written). */
size_t import_days(const struct import_set *set, long today, long *day, size_t capacity);
/* The readings of one day put into those of a person: the day's are new, what was read before and is not in the set
 * stays. measured_days_ago follows from the day. ST_INPUT where the site or the meter is another than the person's. */
enum status import_apply(const struct import_set *set, long day, long today, struct readings *readings,
                         struct fail *why) MUST_CHECK;

/* The mapping of a device's export. */
enum status import_mapping_parse(const char *name, const char *bytes, size_t length, struct import_mapping **out,
                                 struct fail *why) MUST_CHECK;
void import_mapping_free(struct import_mapping **mapping);

#endif
