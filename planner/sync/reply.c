#include "planner/sync/reply.h"

#include "devices/json.h"
#include "planner/sync/instant.h"

#define SYSTEM_MAX 200

bool reply_id_valid(const char *id)
{
	size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");
	return n > 0 && n <= SYNC_SERVER_ID_MAX && id[n] == '\0';
}

static bool member_text(struct span object, const char *key, char *out, size_t size)
{
	struct span value;
	out[0] = '\0';
	return span_member(object, key, &value) && span_text(value, out, size);
}

/* The value under `key` of the first item of list that carries the system. */
static bool by_system(struct span list, const char *naming, const char *key, char *out, size_t size)
{
	struct span item = {0};
	char text[SYSTEM_MAX];
	while (span_each(list, &item))
		if (member_text(item, "system", text, sizeof text) && strcmp(text, naming) == 0)
			return member_text(item, key, out, size);
	return false;
}

static bool has_code(struct span list, const char *naming, const char *code)
{
	struct span item = {0};
	char text[SYSTEM_MAX];
	while (span_each(list, &item))
		if (member_text(item, "system", text, sizeof text) && strcmp(text, naming) == 0 &&
		    member_text(item, "code", text, sizeof text) && strcmp(text, code) == 0)
			return true;
	return false;
}

bool reply_tagged(struct span resource, const char *naming, const char *code)
{
	struct span meta, tags;
	return span_member(resource, "meta", &meta) && span_member(meta, "tag", &tags) &&
	       has_code(tags, naming, code);
}

/* Identifier is a list, but one object in AdverseEvent; Provenance and AuditEvent have only the tag. */
static void find_sync_id(struct span resource, struct span meta, const char *naming, char *out)
{
	struct span identifier, tags;
	char text[SYSTEM_MAX];
	out[0] = '\0';
	if (span_member(resource, "identifier", &identifier)) {
		if (by_system(identifier, naming, "value", out, UUID_TEXT_SIZE))
			return;
		if (member_text(identifier, "system", text, sizeof text) && strcmp(text, naming) == 0 &&
		    member_text(identifier, "value", out, UUID_TEXT_SIZE))
			return;
	}
	if (span_member(meta, "tag", &tags))
		(void)by_system(tags, naming, "code", out, UUID_TEXT_SIZE);
}

static enum status bad(struct fail *why, const char *field, const char *text)
{
	return fail_set(why, ST_INPUT, field, "%s", text);
}

enum status reply_place(struct span resource, const char *id_system, struct sync_place *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct span meta = {0};
	char text[INSTANT_SIZE + 16];
	*out = (struct sync_place){0};
	enum status st = json_parse("resource", resource.at, resource.len, &doc, why);
	json_free(&doc);
	if (st)
		return st;
	if (!member_text(resource, "resourceType", out->type, sizeof out->type) || out->type[0] == '\0')
		return bad(why, "resourceType", "is missing: this is no FHIR resource");
	if (!member_text(resource, "id", out->server_id, sizeof out->server_id) ||
	    !reply_id_valid(out->server_id))
		return bad(why, "id", "is missing or no FHIR id");
	if (!span_member(resource, "meta", &meta) ||
	    !member_text(meta, "versionId", out->version, sizeof out->version) ||
	    !reply_id_valid(out->version))
		return bad(why, "meta.versionId", "is missing: changes cannot be told apart");
	if (!member_text(meta, "lastUpdated", text, sizeof text) || !instant_read(text, &out->updated_ms))
		return bad(why, "meta.lastUpdated", "is missing or no instant with zone");
	find_sync_id(resource, meta, id_system, out->sync_id);
	if (out->sync_id[0] != '\0' && !uuid_valid(out->sync_id))
		return bad(why, "identifier", "is in our system but is no UUID");
	return ST_OK;
}

/* Printable ASCII and UTF-8 pass; control characters become spaces. */
static void clean(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7F || (c[0] == 0xC2 && c[1] < 0xA0))
			*c = ' ';
}

void reply_reason(struct span outcome, char *text, size_t size)
{
	struct json_doc *doc = NULL;
	struct json_at root, issues, item = {0}, details, value;
	struct fail none;
	text[0] = '\0';
	if (!outcome.at || json_parse("outcome", outcome.at, outcome.len, &doc, &none))
		return;
	root = json_root(doc);
	if (json_find(&root, "issue", &issues) && json_array_each(&issues, &item)) {
		const char *said = NULL;
		if (json_find(&item, "diagnostics", &value))
			said = json_text(&value);
		if (!said && json_find(&item, "details", &details) && json_find(&details, "text", &value))
			said = json_text(&value);
		if (!said && json_find(&item, "code", &value))
			said = json_text(&value);
		if (said)
			(void)snprintf(text, size, "%s", said);
	}
	json_free(&doc);
	clean(text);
}

bool reply_bundle(const char *body, size_t len, const char *type, struct span *entries)
{
	struct span bundle;
	char text[SYNC_TYPE_MAX + 1];
	*entries = (struct span){0};
	if (!body || !span_object(body, len, &bundle))
		return false;
	if (!member_text(bundle, "resourceType", text, sizeof text) || strcmp(text, "Bundle") != 0)
		return false;
	if (type[0] && (!member_text(bundle, "type", text, sizeof text) || strcmp(text, type) != 0))
		return false;
	return !span_member(bundle, "entry", entries) || entries->at[0] == '[';
}

/* "201", "201 Created". */
static int leading_integer(const char *text)
{
	int n = 0, digits = 0;
	for (; text[digits] >= '0' && text[digits] <= '9' && digits < 4; digits++)
		n = 10 * n + (text[digits] - '0');
	return digits == 3 ? n : 0;
}

void reply_entry_read(struct span item, struct reply_entry *out)
{
	struct span response;
	char text[64];
	*out = (struct reply_entry){0};
	if (!span_member(item, "resource", &out->resource) || out->resource.at[0] != '{')
		out->resource = (struct span){0};
	if (!span_member(item, "response", &response))
		return;
	if (member_text(response, "status", text, sizeof text))
		out->status = leading_integer(text);
	(void)member_text(response, "location", out->location, sizeof out->location);
	/* an ETag holds quotes, which JSON escapes: take the version from between them */
	struct span etag;
	if (span_member(response, "etag", &etag) && etag.len < sizeof out->etag) {
		size_t n = 0;
		for (size_t i = 1; i + 1 < etag.len; i++)
			if (etag.at[i] != '\\')
				out->etag[n++] = etag.at[i];
		out->etag[n] = '\0';
	}
	if (member_text(response, "lastModified", text, sizeof text) && !instant_read(text, &out->updated_ms))
		out->updated_ms = 0;
	if (!span_member(response, "outcome", &out->outcome))
		out->outcome = (struct span){0};
}

/* Copies the path segment at p into out; false when it is no id. */
static bool segment(const char *p, char *out)
{
	size_t n = strcspn(p, "/?#");
	if (n == 0 || n > SYNC_SERVER_ID_MAX)
		return false;
	memcpy(out, p, n);
	out[n] = '\0';
	return reply_id_valid(out);
}

bool reply_location(const char *location, const char *type, struct sync_place *place)
{
	static const char history[] = "/_history/";
	size_t n = strlen(type);
	for (const char *p = location; (p = strstr(p, type)) != NULL; p += n) {
		if (p[n] != '/' || (p > location && p[-1] != '/') || !segment(p + n + 1, place->server_id))
			continue;
		const char *version = strstr(p, history);
		if (!version || !segment(version + sizeof history - 1, place->version))
			place->version[0] = '\0';
		return true;
	}
	return false;
}

bool reply_etag(const char *etag, char version[SYNC_VERSION_MAX + 1])
{
	const char *from = strchr(etag, '"'), *to = from ? strchr(from + 1, '"') : NULL;
	if (!to || to == from + 1 || to - from - 1 > SYNC_VERSION_MAX)
		return false;
	memcpy(version, from + 1, (size_t)(to - from - 1));
	version[to - from - 1] = '\0';
	return reply_id_valid(version);
}
