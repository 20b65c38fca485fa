/* Did it land? And: names for references. */
#include "planner/sync/engine_private.h"

void landing_look_clear(struct landing_look *look)
{
	sync_reply_clear(&look->reply);
	*look = (struct landing_look){0};
}

static bool mine(const struct sync_engine *e, const struct sync_unit *unit, struct span resource)
{
	return reply_tagged(resource, e->options.write_system, unit->uuid);
}

/* The versions before the one that stands there: is ours among them? */
static enum status look_in_history(struct sync_engine *e, const struct sync_unit *unit,
                                   const struct sync_entry *entry, struct landing_look *out, struct fail *why)
{
	char path[PATH_MAX_BYTES];
	struct sync_reply reply = {0};
	struct span entries, item = {0};
	struct fail none;
	(void)snprintf(path, sizeof path, "%s/%s/_history", entry->type, out->place.server_id);
	enum status st = engine_get(e, path, &reply, why);
	bool kept = !st && reply.http == 200; /* servers without history say 404, 405 or 501 */
	if (kept ? !reply_bundle(reply.body, reply.len, "history", &entries)
	         : !st && reply.http != 404 && reply.http != 405 && reply.http != 501)
		st = fail_set(why, ST_IO, entry->type,
		              "the server answers a read of earlier versions with %d", reply.http);
	if (!st && kept)
		while (out->landing == ELSEWHERE && span_each(entries, &item)) {
			struct reply_entry version;
			struct sync_place place;
			reply_entry_read(item, &version);
			if (!version.resource.at || !mine(e, unit, version.resource) ||
			    reply_place(version.resource, e->options.id_system, &place, &none) ||
			    strcmp(place.sync_id, entry->sync_id) != 0)
				continue;
			out->place = place;
			out->landing = LANDED;
		}
	sync_reply_clear(&reply);
	return st;
}

/* The resource that stands under the record's name. */
static enum status judge(struct sync_engine *e, const struct sync_unit *unit, const struct sync_entry *entry,
                         struct landing_look *out, struct fail *why)
{
	struct fail reason = {0};
	enum status st = reply_place(out->resource, e->options.id_system, &out->place, &reason);
	if (st)
		return fail_set(why, ST_IO, entry->type, "the server's copy cannot be read: %.60s %.200s",
		                reason.field, reason.text);
	if (mine(e, unit, out->resource)) {
		out->landing = LANDED;
		return ST_OK;
	}
	out->landing = ELSEWHERE;
	return look_in_history(e, unit, entry, out, why);
}

static enum status look_by_name(struct sync_engine *e, const struct sync_unit *unit,
                                const struct sync_entry *entry, struct landing_look *out, struct fail *why)
{
	char query[PATH_MAX_BYTES], path[PATH_MAX_BYTES + SYNC_TYPE_MAX + 16];
	struct span entries, item = {0}, found = {0};
	size_t count = 0;
	engine_query(e, entry->type, entry->sync_id, true, query, sizeof query);
	(void)snprintf(path, sizeof path, "%s?%s&_count=5", entry->type, query);
	enum status st = engine_get(e, path, &out->reply, why);
	if (st)
		return st;
	if (out->reply.http != 200 || !reply_bundle(out->reply.body, out->reply.len, "searchset", &entries))
		return fail_set(why, ST_IO, entry->type, "the server answers a search by name with %d",
		                out->reply.http);
	while (span_each(entries, &item)) {
		struct reply_entry one;
		reply_entry_read(item, &one);
		if (!one.resource.at)
			continue;
		count++;
		if (!found.at || mine(e, unit, one.resource))
			found = one.resource;
	}
	out->landing = ABSENT;
	if (count == 0)
		return ST_OK;
	out->resource = found;
	out->twice = count > 1;
	return judge(e, unit, entry, out, why);
}

enum status engine_look(struct sync_engine *e, const struct sync_unit *unit, const struct sync_entry *entry,
                        struct landing_look *out, struct fail *why)
{
	struct sync_place known;
	struct fail reason = {0};
	char path[PATH_MAX_BYTES];
	*out = (struct landing_look){0};
	enum status st = e->local.find(e->local.state, entry->sync_id, &known, &reason);
	const bool placed = st == ST_OK;
	if (st && st != ST_NOT_FOUND)
		return fail_set(why, st, reason.field, "%s", reason.text);
	if (!placed && !engine_named_by_us(e, entry->type))
		return look_by_name(e, unit, entry, out, why);
	(void)snprintf(path, sizeof path, "%s/%s", entry->type, placed ? known.server_id : entry->sync_id);
	st = engine_get(e, path, &out->reply, why);
	if (st)
		return st;
	if (out->reply.http == 404 || out->reply.http == 410) {
		out->landing = out->reply.http == 410 ? DELETED : placed ? VANISHED : ABSENT;
		return ST_OK;
	}
	if (out->reply.http != 200 ||
	    !span_object(out->reply.body ? out->reply.body : "", out->reply.len, &out->resource))
		return fail_set(why, ST_IO, entry->type, "the server answers a read with %d",
		                out->reply.http);
	return judge(e, unit, entry, out, why);
}

/* ---- before writing under our own names --------------------------------------------------------------- */

static bool looked_at(const struct sync_engine *e, const struct sync_entry *entry)
{
	return !entry->update && engine_puts_creates(e, entry->type);
}

static enum status write_reads(struct sync_engine *e, struct sync_unit *const *units, size_t count, char **body,
                               size_t *len, size_t *reads, struct fail *why)
{
	struct json_out out;
	char path[PATH_MAX_BYTES];
	*reads = 0;
	json_out_begin(&out, REQUEST_BYTES_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", "Bundle");
	json_out_text(&out, "type", "batch");
	json_out_array(&out, "entry");
	for (size_t u = 0; u < count; u++)
		for (size_t i = 0; i < units[u]->count; i++) {
			const struct sync_entry *entry = &units[u]->entry[i];
			if (!looked_at(e, entry))
				continue;
			++*reads;
			(void)snprintf(path, sizeof path, "%s/%s", entry->type, entry->sync_id);
			json_out_object(&out, NULL);
			json_out_object(&out, "request");
			json_out_text(&out, "method", "GET");
			json_out_text(&out, "url", path);
			json_out_end_object(&out);
			json_out_end_object(&out);
		}
	json_out_end_array(&out);
	json_out_end_object(&out);
	return json_out_take(&out, body, len, why);
}

static void read_reads(const struct sync_engine *e, struct sync_unit *const *units, size_t count,
                       const struct sync_reply *reply, bool *stands)
{
	struct span entries, item = {0};
	bool told = reply->http == 200 && reply->body &&
	            reply_bundle(reply->body, reply->len, "batch-response", &entries);
	for (size_t u = 0; u < count; u++)
		for (size_t i = 0; i < units[u]->count; i++) {
			struct reply_entry said = {0};
			if (!looked_at(e, &units[u]->entry[i]))
				continue;
			told = told && span_each(entries, &item);
			if (told)
				reply_entry_read(item, &said);
			stands[u] |= said.status != 404;
		}
}

enum status engine_look_together(struct sync_engine *e, struct sync_unit *const *units, size_t count, bool *stands,
                                 struct fail *why)
{
	struct sync_request request = {.method = "POST", .path = ""};
	struct sync_reply reply = {0};
	char *body = NULL;
	size_t reads;
	memset(stands, 0, count * sizeof *stands);
	enum status st = write_reads(e, units, count, &body, &request.len, &reads, why);
	request.body = body;
	if (!st && reads > 0) {
		st = engine_ask(e, &request, &reply, why);
		if (!st)
			read_reads(e, units, count, &reply, stands);
	}
	free(body);
	sync_reply_clear(&reply);
	return st;
}

/* ---- references --------------------------------------------------------------------------------------- */

static const struct sync_entry *in_unit(const struct sync_unit *unit, const char *sync_id)
{
	for (size_t i = 0; i < unit->count; i++)
		if (strcmp(unit->entry[i].sync_id, sync_id) == 0)
			return &unit->entry[i];
	return NULL;
}

/* Several stations may make the device that they share, under one name: only the server's own condition settles that
 * among them. Every other name is made once, at one station. */
static bool shared_name(const char *type)
{
	return strcmp(type, "Device") == 0;
}

bool engine_puts_creates(const struct sync_engine *e, const char *type)
{
	if (!e->traits.update_create)
		return false;
	return !e->traits.conditional_create || (e->traits.own_names && !shared_name(type));
}

bool engine_named_by_us(const struct sync_engine *e, const char *type)
{
	return e->traits.own_names && engine_puts_creates(e, type);
}

struct resolver {
	struct sync_engine *engine;
	const struct sync_unit *unit;
	enum reference_mode mode;
	bool *missing;
};

/* Writes what stands instead of "reference":"urn:lasertwin:UUID". */
static enum status name_reference(const struct resolver *r, const char *sync_id, char *out, size_t size,
                                  struct fail *why)
{
	struct sync_place place;
	struct fail reason = {0};
	struct sync_engine *e = r->engine;
	const struct sync_entry *sibling = in_unit(r->unit, sync_id);
	enum status st = e->local.find(e->local.state, sync_id, &place, &reason);
	if (st && st != ST_NOT_FOUND)
		return fail_set(why, st, reason.field, "%s", reason.text);
	if (st == ST_OK && !place.gone)
		(void)snprintf(out, size, "\"reference\":\"%s/%s\"", place.type, place.server_id);
	else if (sibling && engine_puts_creates(e, sibling->type))
		(void)snprintf(out, size, "\"reference\":\"%s/%s\"", sibling->type, sync_id);
	else if (sibling && r->mode == MODE_TOGETHER)
		(void)snprintf(out, size, "\"reference\":\"urn:uuid:%s\"", sync_id);
	else if (sibling)
		(void)snprintf(out, size,
		               "\"type\":\"%s\",\"identifier\":{\"system\":\"%s\",\"value\":\"%s\"}",
		               sibling->type, e->options.id_system, sync_id);
	else
		*r->missing = true;
	return ST_OK;
}

struct growing {
	char *bytes;
	size_t len, room;
};

static bool grow(struct growing *to, const char *bytes, size_t n)
{
	if (to->len + n + 1 > to->room) {
		size_t room = (to->len + n + 1) * 2;
		char *more = realloc(to->bytes, room);
		if (!more)
			return false;
		to->bytes = more;
		to->room = room;
	}
	memcpy(to->bytes + to->len, bytes, n);
	to->len += n;
	to->bytes[to->len] = '\0';
	return true;
}

/* "resourceType":"X" comes first in every body of ours; the server's id goes after it. */
static bool put_id(struct growing *to, const char **from, const char *type, const char *server_id)
{
	char head[SYNC_TYPE_MAX + 32], id[SYNC_SERVER_ID_MAX + 16];
	int n = snprintf(head, sizeof head, "{\"resourceType\":\"%s\"", type);
	BUG_ON(strncmp(*from, head, (size_t)n) != 0);
	*from += n;
	(void)snprintf(id, sizeof id, ",\"id\":\"%s\"", server_id);
	return grow(to, head, (size_t)n) && grow(to, id, strlen(id));
}

enum status engine_resolve(struct sync_engine *e, const struct sync_unit *unit,
                           const struct sync_entry *entry, enum reference_mode mode, const char *server_id,
                           char **body, size_t *len, bool *missing, struct fail *why)
{
	const struct resolver r = {e, unit, mode, missing};
	struct growing to = {0};
	const char *from = entry->body, *at;
	char sync_id[UUID_TEXT_SIZE], text[PATH_MAX_BYTES];
	bool held = true;
	if (server_id)
		held = put_id(&to, &from, entry->type, server_id);
	while (held && !*missing && (at = strstr(from, SYNC_REFERENCE)) != NULL) {
		const char *name = at + sizeof SYNC_REFERENCE - 1;
		(void)snprintf(sync_id, sizeof sync_id, "%s", name);
		BUG_ON(!uuid_valid(sync_id) || name[UUID_TEXT_SIZE - 1] != '"');
		enum status st = name_reference(&r, sync_id, text, sizeof text, why);
		if (st || *missing) {
			free(to.bytes);
			return st;
		}
		held = grow(&to, from, (size_t)(at - from)) && grow(&to, text, strlen(text));
		from = name + UUID_TEXT_SIZE;
	}
	held = held && grow(&to, from, strlen(from));
	if (!held) {
		free(to.bytes);
		return fail_set(why, ST_FULL, "sync", "out of memory");
	}
	*body = to.bytes;
	*len = to.len;
	return ST_OK;
}
