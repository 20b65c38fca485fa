/* Reading what a server says: resources and bundles, all of it untrusted. */
#ifndef LASERTWIN_SYNC_REPLY_H
#define LASERTWIN_SYNC_REPLY_H

#include "planner/sync/engine.h"
#include "planner/sync/span.h"

/* Who a resource is. ST_INPUT with the reason when it cannot be told; sync_id is empty when it carries none
 * of ours. The id system's identifier, or the tag for types that R4 cannot search by identifier. */
enum status reply_place(struct span resource, const char *id_system, struct sync_place *out,
                        struct fail *why) MUST_CHECK;

/* Whether meta.tag holds this code in this system. */
bool reply_tagged(struct span resource, const char *naming, const char *code);

/* The text of an OperationOutcome's first issue, cleaned and cut; "" when there is none. */
void reply_reason(struct span outcome, char *text, size_t size);

/* One answer inside a batch or transaction response. */
struct reply_entry {
	int status; /* leading integer of response.status; 0: unreadable */
	char location[SYNC_HEADER_MAX], etag[SYNC_HEADER_MAX];
	int64_t updated_ms;
	struct span resource, outcome; /* .at NULL: none */
};

/* The whole body as a Bundle of the given type ("" any): its list of entries (.at NULL: no entries). */
bool reply_bundle(const char *body, size_t len, const char *type, struct span *entries);
void reply_entry_read(struct span item, struct reply_entry *out);

/* "Patient/12", "Patient/12/_history/3" or the same below any base; fills what it finds. */
bool reply_location(const char *location, const char *type, struct sync_place *place);
/* W/"3" -> 3 */
bool reply_etag(const char *etag, char version[SYNC_VERSION_MAX + 1]);
/* Letters, digits, - and . only, 1 to 64: what may stand in a path. */
bool reply_id_valid(const char *id);

#endif
