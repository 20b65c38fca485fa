/* A FHIR server in memory, as strict or as careless as a test wants it, with its own clock. */
#ifndef LASERTWIN_TESTS_FAKE_FHIR_H
#define LASERTWIN_TESTS_FAKE_FHIR_H

#include "planner/sync/engine.h"
#include "planner/sync/span.h"

#define FAKE_BASE "http://fake.example/fhir/"
#define FAKE_ID_SYSTEM "https://clinic.example/fhir/sync-id"
#define FAKE_WRITE_SYSTEM "https://clinic.example/fhir/write-id"

struct fake_version {
	char *body; /* with id and meta */
	int64_t updated_ms;
	unsigned number;
};

struct fake_record {
	char type[SYNC_TYPE_MAX + 1], id[40], sync_id[UUID_TEXT_SIZE];
	struct fake_version *versions;
	size_t count;
	bool deleted;
};

struct fake_traits {
	bool no_conditional_create, ignores_if_match, updates_create, not_atomic, no_batch, no_transaction;
	bool only_states_updates_create; /* and answers 404 */
	bool ignores_if_none_match; /* a create by PUT over what stands */
	bool bare_answers; /* "201 Created", no Location, no ETag, no resource in bundle answers */
	bool answers_404_for_deleted;
	size_t page_cap; /* 0: as asked */
	bool no_links;   /* names no next page */
	bool stands_still; /* everything is written at one time */
};

struct fake_fhir {
	struct fake_traits traits;
	struct fake_record *records;
	size_t count, room;
	int64_t now_ms;
	int64_t late_ms; /* the next writes carry a time this much in the past */
	unsigned next_id;
	size_t requests, blind_writes; /* updates of something that stands, without If-Match */
	size_t busy_in_batch;          /* so many batch entries answer 429 */
	size_t writes;                 /* versions made */
};

void fake_fhir_begin(struct fake_fhir *server);
void fake_fhir_end(struct fake_fhir *server);
/* Answers like a server; reply is for the caller to clear. */
void fake_fhir_handle(struct fake_fhir *server, const struct sync_request *request, struct sync_reply *reply);

/* What an administrator does. */
struct fake_record *fake_fhir_find(struct fake_fhir *server, const char *sync_id);
size_t fake_fhir_copies(const struct fake_fhir *server, const char *sync_id); /* not deleted */
void fake_fhir_delete(struct fake_fhir *server, struct fake_record *record);
void fake_fhir_copy(const struct fake_fhir *from, struct fake_fhir *to); /* a backup; end it too */
/* A new version with this text for `from` in place of it. */
void fake_fhir_tamper(struct fake_fhir *server, struct fake_record *record, const char *from, const char *to);
const char *fake_fhir_body(const struct fake_record *record); /* the newest */

#endif
