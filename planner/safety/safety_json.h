/* What the safety files have in common: origin, confidence and lists of sources. */
#ifndef LASERTWIN_SAFETY_JSON_H
#define LASERTWIN_SAFETY_JSON_H

#include "devices/json.h"

#define SAFETY_FITZPATRICK_TYPES 6

/* "I".."VI" -> 1..6; 0 otherwise. */
int safety_fitzpatrick(const char *numeral);
const char *safety_fitzpatrick_name(int type); /* NULL outside 1..6 */

/* Required members; conf becomes the confidence. */
enum status safety_origin(const struct json_at *at, char *out, size_t size, struct fail *why) MUST_CHECK;
enum status safety_confidence(const struct json_at *at, char *out, size_t size, struct fail *why) MUST_CHECK;
/* "source": ["V74", "K: ..."] -> "V74, K: ..."; at least one. */
enum status safety_sources(const struct json_at *at, char *out, size_t size, struct fail *why) MUST_CHECK;
/* Whether every V-number of such a text is in the table of sources (an object keyed by them). */
enum status safety_sources_exist(const char *sources, const struct json_at *table, const char *field,
                                 struct fail *why) MUST_CHECK;

#endif
