/* Strict JSON: every document that comes in from a file goes through here.
 *
 * The text is checked byte by byte before the tree is built: RFC 8259 grammar (numbers too: no "01",
 * "1.", "NaN"), UTF-8 without byte order mark, no NUL even escaped, depth and size limits, nothing after
 * the value. Then the tree: no key twice in one object, every number finite. What is left is read with a
 * cursor that knows where it stands, so that every refusal names file, path, value, range and remedy:
 *
 *     field "S1.json: patient.ita_deg"   text "460 is outside -90..90 deg; enter a value in deg"
 *
 * A cursor (struct json_at) lives on the stack, borrows its document and its parent cursor, and must not
 * outlive either. Strings handed out borrow from the document and hold no NUL.
 *
 * Decimals: the tree builder reads numbers with the C library's idea of the decimal point, so the
 * program never sets LC_NUMERIC (it stays "C" whatever the user's locale).
 */
#ifndef LASERTWIN_JSON_H
#define LASERTWIN_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"

#define JSON_BYTES_MAX ((size_t)1 << 20)
#define JSON_DEPTH_MAX 32
#define JSON_NUMBER_CHARS_MAX 40 /* the longest double needs 24; the tree builder truncates at 63 */

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_doc;
struct cJSON;

struct json_at {
	const struct json_doc *doc;
	const struct cJSON *node; /* NULL: no value here */
	const struct json_at *up; /* NULL at the root */
	const char *key;          /* member name; NULL at the root and in arrays */
	size_t index;             /* in arrays */
};

/* name: how errors call the document ("S1.json"; a path is cut to its last part). Errors of form carry line
 * and column. ST_INPUT for malformed text, ST_FULL when larger than JSON_BYTES_MAX. Copies all it needs. */
enum status json_parse(const char *name, const char *bytes, size_t len, struct json_doc **out,
                       struct fail *why) MUST_CHECK;
void json_free(struct json_doc **doc);

struct json_at json_root(const struct json_doc *doc);
enum json_kind json_kind(const struct json_at *at); /* JSON_NULL also where there is no value */
const char *json_kind_name(enum json_kind kind);    /* "a number", "a list", ... */

/* "requests[1].settings.energy_mJ"; returns buffer. */
const char *json_path(const struct json_at *at, char *buffer, size_t size);

/* Refusal of the value at a cursor; the text is the caller's, the field is filled in. */
enum status json_refuse(const struct json_at *at, enum status code, struct fail *why, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* --- members ------------------------------------------------------------------------------------------
 * present == NULL: the member is required. Otherwise *present tells whether it is there and the output is
 * untouched when it is not. A member that is there with the wrong kind (null included) is an error. */
enum status json_member(const struct json_at *at, const char *key, enum json_kind kind, struct json_at *out,
                        bool *present, struct fail *why) MUST_CHECK;
/* Any kind; false when absent. For keys whose kind varies. */
bool json_find(const struct json_at *at, const char *key, struct json_at *out);

/* Bounds are inclusive; unit "" for dimensionless. */
enum status json_number_in(const struct json_at *at, const char *key, double min, double max,
                           const char *unit, double *out, bool *present, struct fail *why) MUST_CHECK;
/* Several at once, as rows of a table. */
struct json_number_spec {
	const char *key;
	double min, max;
	const char *unit;
	double *out;
	bool optional; /* out is untouched where it is absent */
};
enum status json_numbers_in(const struct json_at *at, const struct json_number_spec *spec, size_t count,
                            struct fail *why) MUST_CHECK;
enum status json_integer_in(const struct json_at *at, const char *key, int min, int max, const char *unit,
                            int *out, bool *present, struct fail *why) MUST_CHECK;
/* Copies at most size - 1 bytes; a longer text is refused, never cut. */
enum status json_string(const struct json_at *at, const char *key, char *out, size_t size, bool *present,
                        struct fail *why) MUST_CHECK;
enum status json_bool(const struct json_at *at, const char *key, bool *out, bool *present,
                      struct fail *why) MUST_CHECK;
/* A string that must be one of table[0..count); *out is its index. */
enum status json_choice(const struct json_at *at, const char *key, const char *const *table, size_t count,
                        size_t *out, bool *present, struct fail *why) MUST_CHECK;
/* The document says what it is: member "schema" equals this. */
enum status json_schema(const struct json_at *at, const char *schema, struct fail *why) MUST_CHECK;

/* --- the value at the cursor itself (items of lists) -------------------------------------------------- */
enum status json_number_at(const struct json_at *at, double min, double max, const char *unit, double *out,
                           struct fail *why) MUST_CHECK;
enum status json_integer_at(const struct json_at *at, int min, int max, const char *unit, int *out,
                            struct fail *why) MUST_CHECK;
enum status json_string_at(const struct json_at *at, char *out, size_t size, struct fail *why) MUST_CHECK;
enum status json_bool_at(const struct json_at *at, bool *out, struct fail *why) MUST_CHECK;
enum status json_choice_at(const struct json_at *at, const char *const *table, size_t count, size_t *out,
                           struct fail *why) MUST_CHECK;
/* Borrowed; NULL when the value is not a string. */
const char *json_text(const struct json_at *at);

/* --- walking ------------------------------------------------------------------------------------------
 *     struct json_at item = {0};
 *     while (json_array_each(&list, &item)) ...       (item.index counts)
 *     while (json_object_each(&object, &item)) ...    (item.key names) */
bool json_array_each(const struct json_at *array, struct json_at *item);
bool json_object_each(const struct json_at *object, struct json_at *member);
size_t json_count(const struct json_at *at); /* items or members; 0 for anything else */

enum json_extra { JSON_NO_EXTRA, JSON_X_EXTRA /* keys that start with "x_" are let through */ };

/* Refuses a member not in keys (NULL-terminated), with the nearest known key and the list. */
enum status json_known_keys(const struct json_at *at, const char *const *keys, enum json_extra extra,
                            struct fail *why) MUST_CHECK;

/* A file that is a list of records of one kind: {"schema": ..., "note": ..., "<key>": [...]}. */
struct json_records {
	const char *schema, *key;
	size_t record_bytes;
	/* Reads one record; it comes zeroed. */
	enum status (*parse)(const struct json_at *at, void *record, struct fail *why);
	/* Refuses record number `count` of `list` beside those before it. */
	enum status (*beside)(const struct json_at *at, const void *list, size_t count, struct fail *why);
};
/* *list is the caller's to free(); NULL after a refusal. */
enum status json_records_parse(const char *name, const char *bytes, size_t length, const struct json_records *kind,
                               void **list, size_t *count, struct fail *why) MUST_CHECK;

/* The entry of table most like word, or NULL when none is close: for "did you mean". */
const char *json_nearest(const char *word, const char *const *table, size_t count);

const char *json_library_version(void); /* at run time */

#endif
