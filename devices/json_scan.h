/* The byte-level half of the strict JSON reader; see devices/json.h. */
#ifndef LASERTWIN_JSON_SCAN_H
#define LASERTWIN_JSON_SCAN_H

#include <stddef.h>

#include "physics/base/status.h"

/* ST_OK when bytes are exactly one JSON value as devices/json.h wants it. */
enum status json_scan(const char *name, const char *bytes, size_t len, struct fail *why) MUST_CHECK;

#endif
