/* Inside the engine: what its files share. */
#ifndef LASERTWIN_SYNC_ENGINE_PRIVATE_H
#define LASERTWIN_SYNC_ENGINE_PRIVATE_H

#include "physics/base/rng.h"
#include "planner/sync/engine.h"
#include "planner/sync/json_out.h"
#include "planner/sync/reply.h"

#define MS_PER_S INT64_C(1000)
#define MS_PER_MINUTE (60 * MS_PER_S)
#define MS_PER_HOUR (60 * MS_PER_MINUTE)
#define PATH_MAX_BYTES 512
#define KEY_MAX_BYTES 40
#define TYPES_MAX 24
#define REQUEST_BYTES_MAX ((size_t)1 << 20) /* of one bundle */
#define PAGE_MAX 1000                       /* Medplum caps _count here without a word */
#define PAGE_BYTES ((size_t)4 << 20)        /* what a page should have: few requests, little memory */
#define BATCH_MAX 100

/* What the server can do; kept as one line under the key "server". */
struct server_traits {
	int64_t checked_ms; /* server time of the look at /metadata */
	bool conditional_create, update_create;
	bool optimistic;         /* states versioned-update: If-Match is obeyed */
	bool batch, transaction; /* taken back when it turns out otherwise */
	bool own_names;          /* what this station creates there has always gone under its own names */
};

struct sync_engine {
	struct sync_local local;
	struct sync_wire wire;
	struct sync_options options;
	struct server_traits traits;
	struct rng rng;
	int64_t server_now_ms; /* the server's clock as last said; 0: never */
	size_t batch_now;      /* units per request at present: halved by failures, doubled by success */
	int failures;          /* in a row; sets the back-off */
	bool want_reconcile, suspect_rollback;
	size_t progress_pulled;
	struct {
		size_t records, bytes; /* read by the last pull, for each type: as much stands in the overlap, perhaps */
	} window[TYPES_MAX];
	struct sync_place canary;     /* confirmed since it was last kept; type "": none */
	struct sync_outcome *outcome; /* of the round that runs */
};

/* One request. Counts, asks go_on, keeps the server's time. The caller clears reply.
 * ST_OK: whole answer other than 401, 429, 5xx. ST_IO: unknown outcome (no whole answer, or 5xx).
 * ST_FULL: too large to take. ST_CONFLICT is never returned. "Come later" (429, 503 with a time) is ST_IO
 * with outcome->wait_ms set and reply->http telling. */
enum status engine_ask(struct sync_engine *e, const struct sync_request *request, struct sync_reply *reply,
                       struct fail *why) MUST_CHECK;
/* "Too many requests" said inside a bundle: the wait is set, ST_IO returned. */
enum status engine_busy(struct sync_engine *e, struct fail *why);
/* GET path. */
enum status engine_get(struct sync_engine *e, const char *path, struct sync_reply *reply,
                       struct fail *why) MUST_CHECK;

enum status engine_note(struct sync_engine *e, enum sync_notice notice, const char *type, const char *sync_id,
                        struct fail *why, const char *format, ...)
        __attribute__((format(printf, 6, 7), warn_unused_result));

/* Numbers kept by name; *ms is 0 when never set. */
enum status engine_get_ms(struct sync_engine *e, const char *key, int64_t *ms, struct fail *why) MUST_CHECK;
enum status engine_set_ms(struct sync_engine *e, const char *key, int64_t ms, struct fail *why) MUST_CHECK;
enum status engine_traits_save(struct sync_engine *e, struct fail *why) MUST_CHECK;

/* "identifier=SYSTEM|UUID", or _tag for the types that R4 cannot search by identifier; percent-encoded when
 * it goes into a URL. */
void engine_query(const struct sync_engine *e, const char *type, const char *sync_id, bool encoded, char *out,
                  size_t size);

/* Query value encoding (RFC 3986, section 2.1): all but unreserved characters. */
void engine_percent(const char *text, char *out, size_t size);

/* A search by time of change, page after page. */
struct page {
	const char *type;
	bool names_only; /* only ids, versions and names */
	int64_t since_ms;
	size_t count;              /* asked for */
	bool too_large;            /* the answer was not taken for its size */
	size_t offset;             /* into records of one time, where the server gives no link */
	char link[PATH_MAX_BYTES]; /* the server's next page; empty: none that may be followed */
	int stalled;               /* pages in a row without a later time */
	/* Takes the results, sets got and last_ms (the latest time met, at least since_ms). */
	enum status (*take)(struct sync_engine *e, struct page *page, struct span entries, struct fail *why);
	void *into;
	size_t got;
	bool full; /* as many as were asked for: there may be more */
	size_t read, read_bytes; /* on all pages so far */
	int64_t last_ms;
};
enum status engine_pages(struct sync_engine *e, struct page *page, struct fail *why) MUST_CHECK;
void engine_watermark_key(const char *type, char key[KEY_MAX_BYTES]);

enum status engine_pull(struct sync_engine *e, struct fail *why) MUST_CHECK;
enum status engine_push(struct sync_engine *e, struct fail *why) MUST_CHECK;
enum status engine_canary(struct sync_engine *e, struct fail *why) MUST_CHECK;
enum status engine_reconcile(struct sync_engine *e, struct fail *why) MUST_CHECK;
/* Whether the server still knows this very version: what tells a lost version from one whose successor
 * carries an earlier time (clocks of servers step, commits surface late). */
enum status engine_version_stands(struct sync_engine *e, const struct sync_place *place, bool *stands,
                                  struct fail *why) MUST_CHECK;
/* The newest confirmed record is the canary; kept at the end of the push. */
void engine_canary_set(struct sync_engine *e, const struct sync_place *place);
enum status engine_canary_keep(struct sync_engine *e, struct fail *why) MUST_CHECK;

/* ---- what one write became (engine_verdict.c) ---- */

enum landing {
	LANDED,    /* ours is there: place filled in */
	ELSEWHERE, /* another version or another's record stands there: place and body */
	ABSENT,    /* nothing there */
	DELETED,   /* was there, and the server says that it was deleted (410) */
	VANISHED   /* was there, and the server knows nothing of it (404) */
};

/* Looks whether this entry's write is on the server, as what stands there or as an earlier version of it. The
 * caller clears the look. */
struct landing_look {
	enum landing landing;
	struct sync_place place; /* LANDED: of our write; ELSEWHERE: of the version that stands there */
	bool twice;              /* several records of that name stand there */
	struct sync_reply reply; /* holds the resource that stands there now */
	struct span resource;
};
enum status engine_look(struct sync_engine *e, const struct sync_unit *unit, const struct sync_entry *entry,
                        struct landing_look *out, struct fail *why) MUST_CHECK;
void landing_look_clear(struct landing_look *look);

/* Server names for the references of a body. missing: a record that has no name there yet.
 * MODE_TOGETHER: records of the same unit by urn:uuid; MODE_ALONE: by identifier where they have no name yet.
 */
enum reference_mode { MODE_TOGETHER, MODE_ALONE };
/* Whether creates of this type go as PUT under the record's own name: for want of conditional creates, or because
 * the server takes our names, which needs no search there and cannot double. Such a write looks first. */
bool engine_puts_creates(const struct sync_engine *e, const char *type);
/* What this station made of this type stands under its own name or not at all: a read tells. */
bool engine_named_by_us(const struct sync_engine *e, const char *type);
/* One request for all creates under our own names of these units. stands[i]: something may be there, or the server
 * did not say: the unit is looked at by itself. */
enum status engine_look_together(struct sync_engine *e, struct sync_unit *const *units, size_t count, bool *stands,
                                 struct fail *why) MUST_CHECK;
enum status engine_resolve(struct sync_engine *e, const struct sync_unit *unit,
                           const struct sync_entry *entry, enum reference_mode mode, const char *server_id,
                           char **body, size_t *len, bool *missing, struct fail *why) MUST_CHECK;

/* ---- requests (engine_call.c) ---- */

struct call {
	char method[8], url[PATH_MAX_BYTES], if_none_exist[PATH_MAX_BYTES], if_match[SYNC_VERSION_MAX + 8];
	const char *if_none_match; /* servers that know it refuse what stands there since the look */
	char *body;
	size_t len;
};
/* One entry's request; the caller frees call->body. missing: something it refers to has no name there yet. */
enum status engine_call(struct sync_engine *e, const struct sync_unit *unit, const struct sync_entry *entry,
                        enum reference_mode mode, struct call *call, bool *missing, struct fail *why) MUST_CHECK;
/* A bundle of all entries of all units, none of which refers to something missing: a transaction, or a batch. */
enum status engine_bundle(struct sync_engine *e, struct sync_unit *const *units, size_t count, bool together,
                          char **body, size_t *len, struct fail *why) MUST_CHECK;

#endif
