/* Rounds, requests and what the server can do. */
#include "planner/sync/engine.h"

#include <inttypes.h>
#include <stdarg.h>

#include "devices/json.h"
#include "planner/sync/engine_private.h"

#define OVERLAP_MS (20 * MS_PER_MINUTE)
#define DEEP_EVERY_MS (5 * MS_PER_MINUTE)
#define DAILY_MS (20 * MS_PER_HOUR)
#define BATCH 50
#define BACKOFF_MAX_MS (300 * MS_PER_S)
#define HTTP_NOT_BUILT 501 /* RFC 9110, 15.6.2: the server lacks it, and will not have it by waiting */

const char *sync_state_name(enum sync_state state)
{
	static const char *const names[SYNC_STATES] = {"pending", "in flight", "acknowledged", "conflict",
	                                               "refused"};
	return (unsigned)state < SYNC_STATES ? names[state] : "?";
}

const char *sync_notice_name(enum sync_notice notice)
{
	static const char *const names[SYNC_NOTES] = {"conflict", "refused", "duplicate", "rollback",
	                                              "deleted",  "parked",  "server",    "identity", "unverified",
	                                              "answers"};
	return (unsigned)notice < SYNC_NOTES ? names[notice] : "?";
}

void sync_unit_clear(struct sync_unit *unit)
{
	for (size_t i = 0; i < SYNC_UNIT_ENTRIES_MAX; i++)
		free(unit->entry[i].body);
	*unit = (struct sync_unit){0};
}

void sync_reply_clear(struct sync_reply *reply)
{
	free(reply->body);
	*reply = (struct sync_reply){0};
}

/* ---- requests ----------------------------------------------------------------------------------------- */

void engine_percent(const char *text, char *out, size_t size)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	size_t n = 0;
	for (; *text && n + 4 < size; text++)
		if (strchr(plain, *text))
			out[n++] = *text;
		else
			n += (size_t)snprintf(out + n, size - n, "%%%02X", (unsigned char)*text);
	BUG_ON(*text != '\0');
	out[n] = '\0';
}

/* R4's search parameters: AdverseEvent, Provenance and AuditEvent have no `identifier`. */
static bool searched_by_tag(const char *type)
{
	static const char *const types[] = {"AdverseEvent", "Provenance", "AuditEvent"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

void engine_query(const struct sync_engine *e, const char *type, const char *sync_id, bool encoded, char *out,
                  size_t size)
{
	char plain[PATH_MAX_BYTES], value[PATH_MAX_BYTES];
	(void)snprintf(plain, sizeof plain, "%s|%s", e->options.id_system, sync_id);
	engine_percent(plain, value, sizeof value);
	(void)snprintf(out, size, "%s=%s", searched_by_tag(type) ? "_tag" : "identifier",
	               encoded ? value : plain);
}

/* 1, 2, 4 ... 300 s, each between half and all of it, so that stations do not come in step. */
static int64_t backoff_ms(struct sync_engine *e)
{
	int doublings = e->failures < 9 ? e->failures : 9;
	int64_t ms = MS_PER_S << doublings;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	e->failures++;
	return ms / 2 + (int64_t)((double)ms / 2 * rng_uniform(&e->rng));
}

static void wait_at_least(struct sync_engine *e, int64_t ms)
{
	if (e->outcome->wait_ms < ms)
		e->outcome->wait_ms = ms;
}

/* Answers that say "not now": the wait is the server's wish, or the back-off. */
static enum status not_now(struct sync_engine *e, const struct sync_reply *reply, struct fail *why)
{
	wait_at_least(e, reply->retry_after_ms > 0 ? reply->retry_after_ms : backoff_ms(e));
	return fail_set(why, ST_IO, "server", "answers %d: it is %s; trying again later", reply->http,
	                reply->http == 429 ? "busy" : "in trouble");
}

enum status engine_busy(struct sync_engine *e, struct fail *why)
{
	return not_now(e, &(struct sync_reply){.http = 429}, why);
}

enum status engine_ask(struct sync_engine *e, const struct sync_request *request, struct sync_reply *reply,
                       struct fail *why)
{
	const struct sync_progress progress = {e->progress_pulled, e->outcome->pushed, e->outcome->requests};
	*reply = (struct sync_reply){0};
	if (e->options.go_on && !e->options.go_on(e->options.context, &progress))
		return fail_set(why, ST_CANCELLED, "sync",
		                "stopped; what is not sent yet stays in the outbox");
	e->outcome->requests++;
	enum status st = e->wire.exchange(e->wire.state, request, reply, why);
	if (st == ST_IO)
		wait_at_least(e, backoff_ms(e));
	if (st)
		return st;
	if (reply->date_ms > 0)
		e->server_now_ms = reply->date_ms;
	if (reply->http == 401)
		return fail_set(why, ST_DENIED, "server",
		                "refuses the access token (401): run `lasertwin sync test`");
	if (reply->http == 429 || (reply->http >= 500 && reply->http != HTTP_NOT_BUILT))
		return not_now(e, reply, why);
	e->failures = 0;
	return ST_OK;
}

enum status engine_get(struct sync_engine *e, const char *path, struct sync_reply *reply, struct fail *why)
{
	const struct sync_request request = {.method = "GET", .path = path};
	return engine_ask(e, &request, reply, why);
}

/* ---- notices and values ------------------------------------------------------------------------------- */

enum status engine_note(struct sync_engine *e, enum sync_notice notice, const char *type, const char *sync_id,
                        struct fail *why, const char *format, ...)
{
	char text[SYNC_REASON_MAX + 1];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	e->outcome->conflicts += notice == SYNC_NOTE_CONFLICT;
	e->outcome->refused += notice == SYNC_NOTE_REFUSED;
	e->outcome->parked += notice == SYNC_NOTE_PARKED;
	return e->local.note(e->local.state, notice, type, sync_id, text, why);
}

enum status engine_get_ms(struct sync_engine *e, const char *key, int64_t *ms, struct fail *why)
{
	char value[SYNC_VALUE_MAX + 1];
	struct fail reason = {0};
	*ms = 0;
	enum status st = e->local.get(e->local.state, key, value, &reason);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st)
		return fail_set(why, st, reason.field, "%s", reason.text);
	*ms = strtoll(value, NULL, 10);
	return ST_OK;
}

enum status engine_set_ms(struct sync_engine *e, const char *key, int64_t ms, struct fail *why)
{
	char value[32];
	(void)snprintf(value, sizeof value, "%" PRId64, ms);
	return e->local.set(e->local.state, key, value, why);
}

/* ---- what the server can do --------------------------------------------------------------------------- */

enum status engine_traits_save(struct sync_engine *e, struct fail *why)
{
	const struct server_traits *t = &e->traits;
	char line[SYNC_VALUE_MAX + 1];
	(void)snprintf(line, sizeof line, "%" PRId64 " %d %d %d %d %d %d", t->checked_ms,
	               t->conditional_create, t->update_create, t->optimistic, t->batch, t->transaction, t->own_names);
	return e->local.set(e->local.state, "server", line, why);
}

static bool load_traits(struct sync_engine *e)
{
	struct server_traits *t = &e->traits;
	char line[SYNC_VALUE_MAX + 1];
	struct fail none;
	int flags[6] = {0}; /* the last is not in a line of an earlier version */
	if (e->local.get(e->local.state, "server", line, &none) != ST_OK)
		return false;
	if (sscanf(line, "%" SCNd64 " %d %d %d %d %d %d", &t->checked_ms, &flags[0], &flags[1], &flags[2],
	           &flags[3], &flags[4], &flags[5]) < 6)
		return false;
	t->conditional_create = flags[0];
	t->update_create = flags[1];
	t->optimistic = flags[2];
	t->batch = flags[3];
	t->transaction = flags[4];
	t->own_names = flags[5];
	return true;
}

static bool says(const struct json_at *at, const char *key)
{
	bool value = false, present = false;
	struct fail none;
	return json_bool(at, key, &value, &present, &none) == ST_OK && present && value;
}

/* The weakest of the types we use decides: what holds for all of them holds. */
static void read_types(struct sync_engine *e, const struct json_at *rest)
{
	struct json_at list, item = {0}, value;
	bool create = true, update = true, optimistic = true;
	size_t found = 0;
	if (!json_find(rest, "resource", &list))
		return;
	while (json_array_each(&list, &item)) {
		const char *type = json_find(&item, "type", &value) ? json_text(&value) : NULL;
		for (const char *const *t = e->options.types; type && *t; t++) {
			if (strcmp(*t, type) != 0)
				continue;
			found++;
			create &= says(&item, "conditionalCreate");
			update &= says(&item, "updateCreate");
			const char *kind = json_find(&item, "versioning", &value) ? json_text(&value) : NULL;
			optimistic &= kind && strcmp(kind, "versioned-update") == 0;
		}
	}
	e->traits.conditional_create = found > 0 && create;
	e->traits.update_create = found > 0 && update;
	e->traits.optimistic = found > 0 && optimistic;
}

static void read_interactions(struct sync_engine *e, const struct json_at *rest)
{
	struct json_at list, item = {0}, value;
	e->traits.batch = e->traits.transaction = false;
	if (!json_find(rest, "interaction", &list))
		return;
	while (json_array_each(&list, &item)) {
		const char *code = json_find(&item, "code", &value) ? json_text(&value) : NULL;
		e->traits.batch |= code && strcmp(code, "batch") == 0;
		e->traits.transaction |= code && strcmp(code, "transaction") == 0;
	}
}

static enum status read_capability(struct sync_engine *e, const struct sync_reply *reply, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct json_at root, value, rest, first = {0};
	struct fail reason = {0};
	if (json_parse("metadata", reply->body ? reply->body : "", reply->len, &doc, &reason))
		return fail_set(why, ST_MODEL, "metadata",
		                "the address does not answer as a FHIR server: %.200s", reason.text);
	root = json_root(doc);
	const char *version = json_find(&root, "fhirVersion", &value) ? json_text(&value) : NULL;
	bool fit = version && strncmp(version, "4.0.", 4) == 0;
	if (fit && json_find(&root, "rest", &rest) && json_array_each(&rest, &first)) {
		read_types(e, &first);
		read_interactions(e, &first);
	}
	json_free(&doc);
	return fit ? ST_OK
	           : fail_set(why, ST_MODEL, "metadata",
	                      "the server does not speak FHIR R4 (4.0.x): use its R4 address");
}

/* *nothing: no record of ours has a name on any server yet. */
static enum status knows_nothing(struct sync_engine *e, bool *nothing, struct fail *why)
{
	struct sync_place place;
	struct fail reason = {0};
	enum status st = e->local.next_place(e->local.state, "", &place, &reason);
	*nothing = st == ST_NOT_FOUND;
	return st && !*nothing ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
}

static enum status hello(struct sync_engine *e, struct fail *why)
{
	struct sync_reply reply = {0};
	int64_t every = e->options.capability_every_ms;
	const bool met = load_traits(e);
	bool fresh = false;
	if (met && every > 0 && e->server_now_ms > 0 && e->server_now_ms >= e->traits.checked_ms &&
	    e->server_now_ms - e->traits.checked_ms < every)
		return ST_OK;
	enum status st = engine_get(e, "metadata", &reply, why);
	if (!st && reply.http != 200)
		st = fail_set(why, ST_MODEL, "metadata",
		              "the server answers %d: is the address its FHIR base?", reply.http);
	if (!st)
		st = read_capability(e, &reply, why);
	sync_reply_clear(&reply);
	if (!st && !met)
		st = knows_nothing(e, &fresh, why);
	if (st)
		return st;
	/* once: from the first contact on, or never, so that one record cannot stand there under two names */
	e->traits.own_names = e->traits.update_create && (met ? e->traits.own_names : fresh);
	e->traits.checked_ms = e->server_now_ms;
	return engine_traits_save(e, why);
}

/* ---- life --------------------------------------------------------------------------------------------- */

static void set_default(int64_t *value, int64_t standard)
{
	*value = *value == 0 ? standard : *value < 0 ? 0 : *value;
}

enum status sync_engine_new(const struct sync_local *local, const struct sync_wire *wire,
                            const struct sync_options *options, struct sync_engine **out, struct fail *why)
{
	struct sync_engine *e = calloc(1, sizeof *e);
	*out = e;
	if (!e)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	e->local = *local;
	e->wire = *wire;
	e->options = *options;
	rng_seed(&e->rng, options->seed, 0);
	set_default(&e->options.overlap_ms, OVERLAP_MS);
	set_default(&e->options.deep_every_ms, DEEP_EVERY_MS);
	set_default(&e->options.capability_every_ms, DAILY_MS);
	if (e->options.reconcile_every_ms == 0)
		e->options.reconcile_every_ms = DAILY_MS;
	if (e->options.batch == 0 || e->options.batch > BATCH_MAX)
		e->options.batch = BATCH;
	e->batch_now = e->options.batch;
	return ST_OK;
}

void sync_engine_free(struct sync_engine **engine)
{
	free(*engine);
	*engine = NULL;
}

void sync_engine_reconcile(struct sync_engine *engine)
{
	engine->want_reconcile = true;
}

static enum status reconcile_if_due(struct sync_engine *e, struct fail *why)
{
	int64_t last_ms, every = e->options.reconcile_every_ms;
	enum status st = engine_get_ms(e, "reconciled", &last_ms, why);
	if (st)
		return st;
	bool due = every >= 0 && e->server_now_ms > 0 &&
	           (e->server_now_ms - last_ms >= every || e->server_now_ms < last_ms);
	if (last_ms == 0 && !e->want_reconcile) /* nothing is known yet: the first pull is the sweep */
		return engine_set_ms(e, "reconciled", e->server_now_ms, why);
	if (!due && !e->want_reconcile)
		return ST_OK;
	st = engine_reconcile(e, why);
	if (st)
		return st;
	e->want_reconcile = false;
	return engine_set_ms(e, "reconciled", e->server_now_ms, why);
}

static enum status count_waiting(struct sync_engine *e, struct fail *why)
{
	struct sync_unit unit;
	struct fail reason = {0};
	int64_t after = 0;
	enum status st;
	while ((st = e->local.next(e->local.state, after, &unit, &reason)) == ST_OK) {
		after = unit.seq;
		e->outcome->waiting += unit.state == SYNC_PENDING || unit.state == SYNC_INFLIGHT;
		sync_unit_clear(&unit);
	}
	return st == ST_NOT_FOUND ? ST_OK : fail_set(why, st, reason.field, "%s", reason.text);
}

static enum status exchange_news(struct sync_engine *e, struct fail *why)
{
	enum status st = hello(e, why);
	if (!st)
		st = engine_canary(e, why);
	if (!st)
		st = reconcile_if_due(e, why);
	if (!st)
		st = engine_pull(e, why);
	if (!st && e->suspect_rollback) {
		e->want_reconcile = true;
		e->suspect_rollback = false;
		st = reconcile_if_due(e, why);
	}
	if (!st)
		st = engine_push(e, why);
	return !st && e->outcome->pushed > 0 ? engine_pull(e, why) : st;
}

enum status sync_round(struct sync_engine *e, struct sync_outcome *outcome, struct fail *why)
{
	*outcome = (struct sync_outcome){0};
	e->outcome = outcome;
	e->progress_pulled = 0;
	enum status st = exchange_news(e, why);
	if (st == ST_OK)
		st = count_waiting(e, why);
	e->outcome = NULL;
	return st;
}
