/* Protocols as data: profiles/protocols/protocols.json. */
#ifndef LASERTWIN_PROTOCOL_H
#define LASERTWIN_PROTOCOL_H

#include "planner/plan/library.h"

/* Parses a whole protocol file; *list is malloc'ed, the caller frees it. Duplicate ids and pairs of
 * indication and device mode are refused. */
enum status protocols_parse(const char *name, const char *bytes, size_t length, struct protocol **list,
                            size_t *count, struct fail *why) MUST_CHECK;

#endif
