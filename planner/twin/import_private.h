/* Between the files of the import. */
#ifndef LASERTWIN_IMPORT_PRIVATE_H
#define LASERTWIN_IMPORT_PRIVATE_H

#include "planner/twin/import.h"

struct json_at;

/* What a row says in words; NULL or "": nothing. */
struct import_words {
	const char *where, *date, *site, *reading, *unit, *scale;
	const char *value; /* digits, or a type "IV" */
	bool comma;        /* decimal comma */
};
/* Checks and adds one row; what is wrong becomes a fault. */
void import_add(struct import_set *set, const struct import_options *options, const struct import_words *words);
void import_fault(struct import_set *set, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Digits, sign, point or comma, exponent: no hexadecimal, no inf, no nan. */
bool import_number(const char *text, bool comma, double *out);

enum status import_csv(const char *name, const char *bytes, size_t length, const struct import_options *options,
                       struct import_set *set, struct fail *why) MUST_CHECK;
enum status import_mapped(const char *name, const char *bytes, size_t length, const struct import_options *options,
                          struct import_set *set, struct fail *why) MUST_CHECK;
/* The root of a lasertwin-readings/1 document, or of a FHIR Bundle or Observation. */
enum status import_json(const struct json_at *root, const struct import_options *options, struct import_set *set,
                        struct fail *why) MUST_CHECK;
enum status import_fhir(const struct json_at *root, const struct import_options *options, struct import_set *set,
                        struct fail *why) MUST_CHECK;

#endif
