/* A twin as JSON, schema lasertwin-twin/2 (profiles/schema/twin.schema.json): everything that is needed to go on
 * from it at the next visit, to the last bit. */
#ifndef LASERTWIN_TWIN_JSON_H
#define LASERTWIN_TWIN_JSON_H

#include "planner/twin/twin.h"

struct cJSON;
struct json_at;

/* *out is malloc'ed. */
enum status twin_write(const struct twin *twin, char **out, struct fail *why) MUST_CHECK;
/* ST_INPUT for another schema, unknown properties or a covariance that is none. */
enum status twin_read(const char *name, const char *bytes, size_t length, struct twin *out,
                      struct fail *why) MUST_CHECK;

#endif
