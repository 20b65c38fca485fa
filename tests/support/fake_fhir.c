#include "tests/support/fake_fhir.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner/sync/instant.h"
#include "planner/sync/json_out.h"
#include "planner/sync/reply.h"

#define BODY_MAX ((size_t)1 << 26)
#define PATH_SIZE 1024

void fake_fhir_begin(struct fake_fhir *server)
{
	*server = (struct fake_fhir){.now_ms = INT64_C(1790000000000), .next_id = 1};
}

static void free_record(struct fake_record *record)
{
	for (size_t i = 0; i < record->count; i++)
		free(record->versions[i].body);
	free(record->versions);
}

void fake_fhir_end(struct fake_fhir *server)
{
	for (size_t i = 0; i < server->count; i++)
		free_record(&server->records[i]);
	free(server->records);
	server->records = NULL;
	server->count = server->room = 0;
}

void fake_fhir_copy(const struct fake_fhir *from, struct fake_fhir *to)
{
	*to = *from;
	to->room = from->count;
	to->records = calloc(from->count + 1, sizeof *to->records);
	for (size_t i = 0; i < from->count; i++) {
		to->records[i] = from->records[i];
		to->records[i].versions = calloc(from->records[i].count, sizeof(struct fake_version));
		for (size_t v = 0; v < from->records[i].count; v++) {
			to->records[i].versions[v] = from->records[i].versions[v];
			to->records[i].versions[v].body = strdup(from->records[i].versions[v].body);
		}
	}
}

struct fake_record *fake_fhir_find(struct fake_fhir *server, const char *sync_id)
{
	for (size_t i = 0; i < server->count; i++)
		if (!server->records[i].deleted && strcmp(server->records[i].sync_id, sync_id) == 0)
			return &server->records[i];
	return NULL;
}

size_t fake_fhir_copies(const struct fake_fhir *server, const char *sync_id)
{
	size_t n = 0;
	for (size_t i = 0; i < server->count; i++)
		n += !server->records[i].deleted && strcmp(server->records[i].sync_id, sync_id) == 0;
	return n;
}

void fake_fhir_delete(struct fake_fhir *server, struct fake_record *record)
{
	(void)server;
	record->deleted = true;
}

const char *fake_fhir_body(const struct fake_record *record)
{
	return record->versions[record->count - 1].body;
}

static struct fake_record *by_id(struct fake_fhir *server, const char *type, const char *id)
{
	for (size_t i = 0; i < server->count; i++)
		if (strcmp(server->records[i].id, id) == 0 && strcmp(server->records[i].type, type) == 0)
			return &server->records[i];
	return NULL;
}

/* ---- storing ------------------------------------------------------------------------------------------ */

static int64_t tick(struct fake_fhir *server)
{
	server->now_ms += server->traits.stands_still ? 0 : 7;
	return server->now_ms - server->late_ms;
}

static void write_meta(struct json_out *out, struct span resource, unsigned version, int64_t updated_ms)
{
	char text[INSTANT_SIZE];
	struct span meta = {0}, key = {0}, value;
	json_out_object(out, "meta");
	(void)snprintf(text, sizeof text, "%u", version);
	json_out_text(out, "versionId", text);
	instant_write(updated_ms, text);
	json_out_text(out, "lastUpdated", text);
	if (span_member(resource, "meta", &meta))
		while (span_each_member(meta, &key, &value)) {
			(void)snprintf(text, sizeof text, "%.*s", (int)key.len, key.at);
			if (strcmp(text, "versionId") != 0 && strcmp(text, "lastUpdated") != 0)
				json_out_raw(out, text, value.at, value.len);
		}
	json_out_end_object(out);
}

static char *dress(const struct fake_record *record, struct span resource, unsigned version,
                   int64_t updated_ms)
{
	struct json_out out;
	struct span key = {0}, value;
	struct fail why;
	char name[64], *body = NULL;
	size_t len;
	json_out_begin(&out, BODY_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", record->type);
	json_out_text(&out, "id", record->id);
	write_meta(&out, resource, version, updated_ms);
	while (span_each_member(resource, &key, &value)) {
		(void)snprintf(name, sizeof name, "%.*s", (int)key.len, key.at);
		if (strcmp(name, "resourceType") && strcmp(name, "id") && strcmp(name, "meta"))
			json_out_raw(&out, name, value.at, value.len);
	}
	json_out_end_object(&out);
	enum status st = json_out_take(&out, &body, &len, &why);
	assert(st == ST_OK);
	return body;
}

static void add_version(struct fake_fhir *server, struct fake_record *record, struct span resource)
{
	struct fake_version *more = realloc(record->versions, (record->count + 1) * sizeof *more);
	assert(more);
	record->versions = more;
	struct fake_version *v = &more[record->count++];
	v->number = (unsigned)record->count;
	v->updated_ms = tick(server);
	v->body = dress(record, resource, v->number, v->updated_ms);
	server->writes++;
}

static struct fake_record *create(struct fake_fhir *server, const char *type, const char *id,
                                  struct span resource)
{
	struct sync_place place;
	struct fail why;
	if (server->count == server->room) {
		server->room = server->room ? 2 * server->room : 32;
		server->records = realloc(server->records, server->room * sizeof *server->records);
		assert(server->records);
	}
	struct fake_record *record = &server->records[server->count++];
	*record = (struct fake_record){0};
	(void)snprintf(record->type, sizeof record->type, "%s", type);
	if (id)
		(void)snprintf(record->id, sizeof record->id, "%s", id);
	else
		(void)snprintf(record->id, sizeof record->id, "s%u", server->next_id++);
	add_version(server, record, resource);
	const char *body = fake_fhir_body(record);
	enum status st = reply_place((struct span){body, strlen(body)}, FAKE_ID_SYSTEM, &place, &why);
	assert(st == ST_OK);
	memcpy(record->sync_id, place.sync_id, sizeof record->sync_id);
	return record;
}

void fake_fhir_tamper(struct fake_fhir *server, struct fake_record *record, const char *from, const char *to)
{
	const char *body = fake_fhir_body(record), *at = strstr(body, from);
	assert(at);
	char *changed = malloc(strlen(body) + strlen(to) + 1);
	(void)snprintf(changed, strlen(body) + strlen(to) + 1, "%.*s%s%s", (int)(at - body), body, to,
	               at + strlen(from));
	add_version(server, record, (struct span){changed, strlen(changed)});
	free(changed);
}

/* ---- answers ------------------------------------------------------------------------------------------ */

struct answer {
	int status;
	const struct fake_record *record; /* what to show */
	char *text;                       /* or this body */
	const char *reason;
};

static struct answer refuse(int status, const char *reason)
{
	return (struct answer){.status = status, .reason = reason};
}

/* The number inside W/"3", or 0 for anything else. */
static unsigned if_match_of(const char *if_match)
{
	unsigned number = 0;
	return if_match && sscanf(if_match, "W/\"%u\"", &number) == 1 ? number : 0;
}

static bool is_current(const struct fake_record *record, const char *if_match)
{
	return if_match_of(if_match) == record->versions[record->count - 1].number;
}

/* The name in "identifier=system|uuid" or "_tag=...". */
static const char *name_in(const char *query)
{
	const char *bar = query ? strstr(query, "|") : NULL;
	return bar ? bar + 1 : "";
}

struct conditions {
	const char *if_match, *if_none_exist, *if_none_match; /* NULL: not given */
};

static struct answer do_create(struct fake_fhir *server, const char *type, const char *if_none_exist,
                               struct span resource)
{
	if (strstr(resource.at, "poison") && strstr(resource.at, "poison") < resource.at + resource.len)
		return refuse(400, "poison: this element is not known");
	if (if_none_exist && if_none_exist[0] && !server->traits.no_conditional_create) {
		const char *name = name_in(if_none_exist);
		size_t copies = fake_fhir_copies(server, name);
		if (copies > 1)
			return refuse(412, "multiple matches");
		if (copies == 1)
			return (struct answer){.status = 200, .record = fake_fhir_find(server, name)};
	}
	return (struct answer){.status = 201, .record = create(server, type, NULL, resource)};
}

static struct answer do_update(struct fake_fhir *server, const char *type, const char *id,
                               const struct conditions *given, struct span resource)
{
	struct fake_record *record = by_id(server, type, id);
	const char *if_match = given->if_match;
	if (strstr(resource.at, "poison") && strstr(resource.at, "poison") < resource.at + resource.len)
		return refuse(400, "poison: this element is not known");
	if (!record && server->traits.updates_create)
		return (struct answer){.status = 201, .record = create(server, type, id, resource)};
	if (!record || (record->deleted && server->traits.answers_404_for_deleted))
		return refuse(404, "not found");
	if (record->deleted)
		return refuse(410, "deleted");
	if (given->if_none_match && !server->traits.ignores_if_none_match)
		return refuse(412, "something stands there");
	server->blind_writes += if_match == NULL;
	if (!server->traits.ignores_if_match && if_match && !is_current(record, if_match))
		return refuse(412, "version differs");
	add_version(server, record, resource);
	return (struct answer){.status = 200, .record = record};
}

static struct answer do_read(struct fake_fhir *server, const char *type, const char *id)
{
	const struct fake_record *record = by_id(server, type, id);
	if (!record || (record->deleted && server->traits.answers_404_for_deleted))
		return refuse(404, "not found");
	return record->deleted ? refuse(410, "deleted") : (struct answer){.status = 200, .record = record};
}

/* ---- searching ---------------------------------------------------------------------------------------- */

static bool parameter(const char *query, const char *key, char *out, size_t size)
{
	size_t n = strlen(key);
	for (const char *p = query; p && *p; p = strchr(p, '&') ? strchr(p, '&') + 1 : NULL) {
		if (strncmp(p, key, n) != 0 || p[n] != '=')
			continue;
		size_t used = 0;
		for (p += n + 1; *p && *p != '&' && used + 1 < size; p++) {
			unsigned code;
			if (*p == '%' && sscanf(p + 1, "%2x", &code) == 1) {
				out[used++] = (char)code;
				p += 2;
			} else {
				out[used++] = *p;
			}
		}
		out[used] = '\0';
		return true;
	}
	return false;
}

static int by_time(const void *a, const void *b)
{
	const struct fake_record *x = *(struct fake_record *const *)a, *y = *(struct fake_record *const *)b;
	int64_t s = x->versions[x->count - 1].updated_ms, t = y->versions[y->count - 1].updated_ms;
	return s < t ? -1 : s > t ? 1 : strcmp(x->id, y->id);
}

static char *bundle_of(const struct fake_fhir *server, const char *type, const char *query)
{
	struct fake_record **found = calloc(server->count + 1, sizeof *found);
	char value[256];
	size_t count = 0, limit = 20, offset = 0;
	int64_t since_ms = 0, before_ms = INT64_MAX;
	if (parameter(query, "_lastUpdated", value, sizeof value))
		assert(strncmp(value, "ge", 2) == 0 && instant_read(value + 2, &since_ms));
	const char *too = strstr(query, "&_lastUpdated=lt");
	if (too && parameter(too + 1, "_lastUpdated", value, sizeof value))
		assert(instant_read(value + 2, &before_ms));
	bool by_name = parameter(query, "identifier", value, sizeof value) ||
	               parameter(query, "_tag", value, sizeof value);
	for (size_t i = 0; i < server->count; i++) {
		struct fake_record *r = &server->records[i];
		if (!r->deleted && strcmp(r->type, type) == 0 &&
		    r->versions[r->count - 1].updated_ms >= since_ms &&
		    r->versions[r->count - 1].updated_ms < before_ms &&
		    (!by_name || strcmp(r->sync_id, name_in(value)) == 0))
			found[count++] = r;
	}
	qsort(found, count, sizeof *found, by_time);
	if (parameter(query, "_count", value, sizeof value))
		limit = strtoul(value, NULL, 10);
	if (server->traits.page_cap && limit > server->traits.page_cap)
		limit = server->traits.page_cap;
	if (parameter(query, "_offset", value, sizeof value))
		offset = strtoul(value, NULL, 10);
	struct json_out out;
	struct fail why;
	char *body = NULL;
	size_t len;
	json_out_begin(&out, BODY_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", "Bundle");
	json_out_text(&out, "type", "searchset");
	if (offset + limit < count && !server->traits.no_links) {
		char url[PATH_SIZE];
		const char *more = strstr(query, "&_offset=");
		(void)snprintf(url, sizeof url, FAKE_BASE "%s?%.*s&_offset=%zu", type,
		               (int)(more ? more - query : (long)strlen(query)), query, offset + limit);
		json_out_array(&out, "link");
		json_out_object(&out, NULL);
		json_out_text(&out, "relation", "next");
		json_out_text(&out, "url", url);
		json_out_end_object(&out);
		json_out_end_array(&out);
	}
	json_out_array(&out, "entry");
	for (size_t i = offset; i < count && i < offset + limit; i++) {
		json_out_object(&out, NULL);
		json_out_raw(&out, "resource", fake_fhir_body(found[i]), strlen(fake_fhir_body(found[i])));
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_end_object(&out);
	enum status st = json_out_take(&out, &body, &len, &why);
	assert(st == ST_OK);
	free(found);
	return body;
}

static char *history_of(const struct fake_record *record)
{
	struct json_out out;
	struct fail why;
	char *body = NULL;
	size_t len;
	json_out_begin(&out, BODY_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", "Bundle");
	json_out_text(&out, "type", "history");
	json_out_array(&out, "entry");
	for (size_t i = record->count; i-- > 0;) {
		json_out_object(&out, NULL);
		json_out_raw(&out, "resource", record->versions[i].body, strlen(record->versions[i].body));
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_end_object(&out);
	enum status st = json_out_take(&out, &body, &len, &why);
	assert(st == ST_OK);
	return body;
}

static char *capability_of(const struct fake_fhir *server, const char *const *types)
{
	struct json_out out;
	struct fail why;
	char *body = NULL;
	size_t len;
	json_out_begin(&out, BODY_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", "CapabilityStatement");
	json_out_text(&out, "fhirVersion", "4.0.1");
	json_out_array(&out, "rest");
	json_out_object(&out, NULL);
	json_out_array(&out, "interaction");
	for (int i = 0; i < 2; i++) {
		if (i == 0 ? server->traits.no_batch : server->traits.no_transaction)
			continue;
		json_out_object(&out, NULL);
		json_out_text(&out, "code", i == 0 ? "batch" : "transaction");
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_array(&out, "resource");
	for (; *types; types++) {
		json_out_object(&out, NULL);
		json_out_text(&out, "type", *types);
		json_out_text(&out, "versioning",
		              server->traits.ignores_if_match ? "versioned" : "versioned-update");
		json_out_bool(&out, "conditionalCreate", !server->traits.no_conditional_create);
		json_out_bool(&out, "updateCreate",
		              server->traits.updates_create || server->traits.only_states_updates_create);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_end_object(&out);
	json_out_end_array(&out);
	json_out_end_object(&out);
	enum status st = json_out_take(&out, &body, &len, &why);
	assert(st == ST_OK);
	return body;
}

/* ---- routing ------------------------------------------------------------------------------------------ */

static struct answer route(struct fake_fhir *server, const char *method, const char *path,
                           const struct conditions *given, struct span resource)
{
	static const char *const types[] = {
	        "Patient",       "Device",     "Observation", "CarePlan",  "ServiceRequest",
	        "DeviceRequest", "Task",       "Provenance",  "Procedure", "DocumentReference",
	        "AdverseEvent",  "AuditEvent", NULL};
	char type[SYNC_TYPE_MAX + 1] = "", id[64] = "";
	if (strcmp(path, "metadata") == 0)
		return (struct answer){.status = 200, .text = capability_of(server, types)};
	(void)sscanf(path, "%24[A-Za-z]/%63[^/?]", type, id);
	const char *query = strchr(path, '?');
	if (strcmp(method, "GET") == 0 && strstr(path, "/_history")) {
		const struct fake_record *record = by_id(server, type, id);
		unsigned number = 0;
		if (record && sscanf(strstr(path, "/_history"), "/_history/%u", &number) == 1)
			return number >= 1 && number <= record->count
			               ? (struct answer){.status = 200,
			                                 .text = strdup(record->versions[number - 1].body)}
			               : refuse(404, "no such version");
		return record ? (struct answer){.status = 200, .text = history_of(record)}
		              : refuse(404, "not found");
	}
	if (strcmp(method, "GET") == 0 && id[0])
		return do_read(server, type, id);
	if (strcmp(method, "GET") == 0)
		return (struct answer){.status = 200,
		                       .text = bundle_of(server, type, query ? query + 1 : "")};
	if (strcmp(method, "PUT") == 0)
		return do_update(server, type, id, given, resource);
	return do_create(server, type, given->if_none_exist, resource);
}

static void member(struct span object, const char *key, char *out, size_t size)
{
	struct span value;
	out[0] = '\0';
	if (!span_member(object, key, &value))
		return;
	/* ETags hold escaped quotes */
	size_t n = 0;
	for (size_t i = 1; i + 1 < value.len && n + 1 < size; i++)
		if (value.at[i] != '\\')
			out[n++] = value.at[i];
	out[n] = '\0';
}

/* "urn:uuid:X" becomes Type/id for every created X; all creates of a transaction get their ids first. */
static char *name_urns(const char *text, size_t len, char (*urn)[64], char (*name)[72], size_t count)
{
	struct span from = {text, len};
	char *out = malloc(2 * len + 4096), *to = out;
	const char *end = from.at + from.len;
	for (const char *p = from.at; p < end;) {
		size_t i = 0;
		for (; i < count; i++)
			if (urn[i][0] && (size_t)(end - p) > strlen(urn[i]) &&
			    strncmp(p, urn[i], strlen(urn[i])) == 0)
				break;
		if (i < count) {
			memcpy(to, name[i], strlen(name[i]));
			to += strlen(name[i]);
			p += strlen(urn[i]);
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
	return out;
}

static void write_answer(const struct fake_fhir *server, struct json_out *out, const struct answer *a)
{
	char text[160];
	json_out_object(out, NULL);
	if (a->text)
		json_out_raw(out, "resource", a->text, strlen(a->text));
	else if (a->record && !server->traits.bare_answers)
		json_out_raw(out, "resource", fake_fhir_body(a->record), strlen(fake_fhir_body(a->record)));
	json_out_object(out, "response");
	(void)snprintf(text, sizeof text, server->traits.bare_answers ? "%d Words" : "%d", a->status);
	json_out_text(out, "status", text);
	if (a->record && !server->traits.bare_answers) {
		(void)snprintf(text, sizeof text, "%s/%s", a->record->type, a->record->id);
		json_out_text(out, "location", text);
	}
	if (a->reason) {
		json_out_object(out, "outcome");
		json_out_text(out, "resourceType", "OperationOutcome");
		json_out_array(out, "issue");
		json_out_object(out, NULL);
		json_out_text(out, "severity", "error");
		json_out_text(out, "code", "invalid");
		json_out_text(out, "diagnostics", a->reason);
		json_out_end_object(out);
		json_out_end_array(out);
		json_out_end_object(out);
	}
	json_out_end_object(out);
	json_out_end_object(out);
}

#define ENTRIES_MAX 256

static size_t collect(struct span entries, struct span *items)
{
	struct span item = {0};
	size_t count = 0;
	while (span_each(entries, &item)) {
		assert(count < ENTRIES_MAX);
		items[count++] = item;
	}
	return count;
}

static struct answer run_entry(struct fake_fhir *server, struct span item, bool batch)
{
	struct span request = {0}, resource = {0};
	char method[8], url[PATH_SIZE], if_match[128], if_none_exist[PATH_SIZE], if_none_match[8];
	(void)span_member(item, "request", &request);
	(void)span_member(item, "resource", &resource);
	member(request, "method", method, sizeof method);
	member(request, "url", url, sizeof url);
	member(request, "ifMatch", if_match, sizeof if_match);
	member(request, "ifNoneExist", if_none_exist, sizeof if_none_exist);
	member(request, "ifNoneMatch", if_none_match, sizeof if_none_match);
	if (batch && server->busy_in_batch > 0 && strcmp(method, "GET") != 0) {
		server->busy_in_batch--;
		return refuse(429, "too many requests");
	}
	const struct conditions given = {if_match[0] ? if_match : NULL, if_none_exist[0] ? if_none_exist : NULL,
	                                 if_none_match[0] ? if_none_match : NULL};
	return route(server, method, url, &given, resource);
}

/* Ids for the creates of a transaction, as they will be given. */
static char *prepare_transaction(struct fake_fhir *server, const char *text, size_t len, struct span entries)
{
	static char urn[ENTRIES_MAX][64], name[ENTRIES_MAX][72];
	struct span items[ENTRIES_MAX];
	size_t count = collect(entries, items);
	unsigned next = server->next_id;
	for (size_t i = 0; i < count; i++) {
		struct span request;
		char url[PATH_SIZE], if_none_exist[PATH_SIZE], method[8];
		(void)span_member(items[i], "request", &request);
		member(items[i], "fullUrl", urn[i], sizeof urn[i]);
		member(request, "url", url, sizeof url);
		member(request, "method", method, sizeof method);
		member(request, "ifNoneExist", if_none_exist, sizeof if_none_exist);
		if (strcmp(method, "POST") != 0)
			urn[i][0] = '\0';
		if (!urn[i][0])
			continue;
		struct fake_record *there = fake_fhir_find(server, name_in(if_none_exist));
		if (there)
			(void)snprintf(name[i], sizeof name[i], "%s/%s", there->type, there->id);
		else
			(void)snprintf(name[i], sizeof name[i], "%.24s/s%u", url, next++);
	}
	return name_urns(text, len, urn, name, count);
}

static char *run_bundle(struct fake_fhir *server, const char *body, size_t len, int *http)
{
	struct span whole, entries = {0}, items[ENTRIES_MAX];
	struct answer answers[ENTRIES_MAX];
	struct fake_fhir before = {0};
	char type[32], *text = NULL, *out_text = NULL;
	if (!span_object(body, len, &whole) || !span_member(whole, "entry", &entries)) {
		*http = 400;
		return NULL;
	}
	member(whole, "type", type, sizeof type);
	bool together = strcmp(type, "transaction") == 0;
	if (together ? server->traits.no_transaction : server->traits.no_batch) {
		*http = 405;
		return NULL;
	}
	if (together) {
		text = prepare_transaction(server, body, len, entries);
		assert(span_object(text, strlen(text), &whole) && span_member(whole, "entry", &entries));
		if (!server->traits.not_atomic)
			fake_fhir_copy(server, &before);
	}
	size_t count = collect(entries, items);
	int worst = 0;
	const char *reason = NULL;
	for (size_t i = 0; i < count; i++) {
		answers[i] = run_entry(server, items[i], !together);
		if (answers[i].status >= 300 && !worst) {
			worst = answers[i].status;
			reason = answers[i].reason;
		}
	}
	/* records may have moved as the table grew: find them anew */
	struct json_out out;
	struct fail why;
	size_t out_len;
	json_out_begin(&out, BODY_MAX);
	if (together && worst && !server->traits.not_atomic) {
		size_t requests = server->requests, blind = server->blind_writes;
		int64_t now_ms = server->now_ms;
		fake_fhir_end(server);
		*server = before;
		before = (struct fake_fhir){0};
		server->requests = requests;
		server->blind_writes = blind;
		server->now_ms = now_ms;
		*http = worst;
		json_out_object(&out, NULL);
		json_out_text(&out, "resourceType", "OperationOutcome");
		json_out_array(&out, "issue");
		json_out_object(&out, NULL);
		json_out_text(&out, "diagnostics", reason);
		json_out_end_object(&out);
		json_out_end_array(&out);
		json_out_end_object(&out);
	} else {
		*http = 200;
		json_out_object(&out, NULL);
		json_out_text(&out, "resourceType", "Bundle");
		json_out_text(&out, "type", together ? "transaction-response" : "batch-response");
		json_out_array(&out, "entry");
		for (size_t i = 0; i < count; i++)
			write_answer(server, &out, &answers[i]);
		json_out_end_array(&out);
		json_out_end_object(&out);
	}
	enum status st = json_out_take(&out, &out_text, &out_len, &why);
	assert(st == ST_OK);
	for (size_t i = 0; i < count; i++)
		free(answers[i].text);
	fake_fhir_end(&before);
	free(text);
	return out_text;
}

void fake_fhir_handle(struct fake_fhir *server, const struct sync_request *request, struct sync_reply *reply)
{
	struct span resource = {0};
	*reply = (struct sync_reply){0};
	server->requests++;
	(void)tick(server);
	const char *path = request->path;
	if (strncmp(path, FAKE_BASE, strlen(FAKE_BASE)) == 0)
		path += strlen(FAKE_BASE);
	/* room beforehand: answers point to records */
	size_t need = server->count + ENTRIES_MAX;
	if (server->room < need) {
		server->room = need;
		server->records = realloc(server->records, need * sizeof *server->records);
		assert(server->records);
	}
	if (path[0] == '\0') {
		reply->body = run_bundle(server, request->body, request->len, &reply->http);
	} else {
		if (request->body)
			assert(span_object(request->body, request->len, &resource));
		const struct conditions given = {request->if_match, request->if_none_exist, request->if_none_match};
		struct answer a = route(server, request->method, path, &given, resource);
		reply->http = a.status;
		reply->body = a.text                                     ? a.text
		              : a.record && !server->traits.bare_answers ? strdup(fake_fhir_body(a.record))
		                                                         : NULL;
		if (!reply->body && a.record && strcmp(request->method, "GET") == 0)
			reply->body = strdup(fake_fhir_body(a.record));
		if (!reply->body && a.reason) {
			reply->body = malloc(256);
			(void)snprintf(reply->body, 256,
			               "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"diagnostics\":"
			               "\"%s\"}]}",
			               a.reason);
		}
		if (a.record && !server->traits.bare_answers) {
			(void)snprintf(reply->location, sizeof reply->location, "http://h/fhir/%s/%s",
			               a.record->type, a.record->id);
			(void)snprintf(reply->etag, sizeof reply->etag, "W/\"%u\"",
			               a.record->versions[a.record->count - 1].number);
		}
	}
	reply->len = reply->body ? strlen(reply->body) : 0;
	reply->date_ms = server->now_ms;
}
