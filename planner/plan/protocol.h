/* Protocols as data: profiles/protocols/protocols.json. */
#ifndef LASERTWIN_PROTOCOL_H
#define LASERTWIN_PROTOCOL_H

#include "planner/plan/library.h"

/* Parses a whole protocol file; *list is malloc'ed, the caller frees it. Duplicate ids and pairs of
 * indication and device mode are refused. */
enum status protocols_parse(const char *name, const char *bytes, size_t length, struct protocol **list,
                            size_t *count, struct fail *why) MUST_CHECK;

/* An indication that is asked for and not planned under that name: why, and which ones are
 * (profiles/protocols/indications.json). */
#define UNPLANNED_SEE_MAX 6
struct unplanned {
	char name[48], words[200];
	size_t sees;
	char see[UNPLANNED_SEE_MAX][48];
};
/* *list is malloc'ed, the caller frees it. */
enum status unplanned_parse(const char *name, const char *bytes, size_t length, struct unplanned **list,
                            size_t *count, struct fail *why) MUST_CHECK;

#endif
