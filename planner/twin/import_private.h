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

/* "2026-11-27", with or without a time after T; days since 1970-01-01. */
bool import_date_iso(const char *text, long *day);
bool import_date_of(int year, int month, int day, long *out);

/* Digits, sign, point or comma, exponent: no hexadecimal, no inf, no nan. */
bool import_number(const char *text, bool comma, double *out);

/* One line of separated values, quotes undone: fields point into line, which is changed. -1: a quote is not closed. */
int import_split(char *line, char separator, char **field, int capacity);

enum status import_csv(const char *name, const char *bytes, size_t length, const struct import_options *options,
                       struct import_set *set, struct fail *why) MUST_CHECK;
enum status import_mapped(const char *name, const char *bytes, size_t length, const struct import_options *options,
                          struct import_set *set, struct fail *why) MUST_CHECK;
/* The root of a lasertwin-readings/1 document, or of a FHIR Bundle or Observation. */
enum status import_json(const struct json_at *root, const struct import_options *options, struct import_set *set,
                        struct fail *why) MUST_CHECK;
enum status import_fhir(const struct json_at *root, const struct import_options *options, struct import_set *set,
                        struct fail *why) MUST_CHECK;

/* Next line of bytes into line (at most size - 1); false at the end. Too long or not text: *bad. */
bool import_line(const char **at, const char *end, char *line, size_t size, bool *bad);

#endif
