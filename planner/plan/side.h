/* Which side of a zone is treated: stated in the plan, signed, and compared with the mark on the skin. */
#ifndef LASERTWIN_PLAN_SIDE_H
#define LASERTWIN_PLAN_SIDE_H

#include "devices/json.h"
#include "physics/base/status.h"

/* Not stated is not "either": the delivery asks for it. */
enum side { SIDE_NOT_STATED, SIDE_LEFT, SIDE_RIGHT, SIDE_BOTH, SIDE_MIDLINE, SIDES };

const char *side_name(enum side side); /* "not stated", "left", ...; NULL past the end */
bool side_parse(const char *name, enum side *out);
/* The member "sides" of an object with that many zones, one for each in their order. Without the member none is
 * stated. ST_INPUT: more or fewer, or another word. */
enum status sides_read(const struct json_at *object, size_t zones, enum side *out, struct fail *why) MUST_CHECK;
/* The same from words between commas: "left,midline". */
enum status sides_parse(const char *words, size_t zones, enum side *out, struct fail *why) MUST_CHECK;
/* "cheeks (left)", "nose (side not stated)". Returns out. */
const char *side_of_zone(const char *zone, enum side side, char *out, size_t size);

#endif
