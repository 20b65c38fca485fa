/* A unit's entries as requests: one call each, or a bundle of many. */
#include "planner/sync/engine_private.h"

enum status engine_call(struct sync_engine *e, const struct sync_unit *unit,
                             const struct sync_entry *entry, enum reference_mode mode, struct call *call,
                             bool *missing, struct fail *why)
{
	struct sync_place place;
	struct fail reason = {0};
	bool put = entry->update || engine_puts_creates(e, entry->type);
	const char *id = NULL;
	*call = (struct call){0};
	if (entry->update) {
		enum status st = e->local.find(e->local.state, entry->sync_id, &place, &reason);
		*missing |= st == ST_NOT_FOUND;
		if (st)
			return st == ST_NOT_FOUND ? ST_OK
			                          : fail_set(why, st, reason.field, "%s", reason.text);
		id = place.server_id;
		const char *base =
		        unit->state == SYNC_INFLIGHT && entry->base[0] ? entry->base : place.version;
		(void)snprintf(call->if_match, sizeof call->if_match, "W/\"%s\"", base);
	} else if (put) {
		id = entry->sync_id;
		call->if_none_match = "*";
	} else {
		engine_query(e, entry->type, entry->sync_id, false, call->if_none_exist,
		             sizeof call->if_none_exist);
	}
	(void)snprintf(call->method, sizeof call->method, "%s", put ? "PUT" : "POST");
	(void)snprintf(call->url, sizeof call->url, "%s%s%s", entry->type, id ? "/" : "", id ? id : "");
	return engine_resolve(e, unit, entry, mode, id, &call->body, &call->len, missing, why);
}

static void write_call(struct json_out *out, const struct sync_entry *entry, const struct call *call,
                       bool named)
{
	char urn[UUID_TEXT_SIZE + 16];
	json_out_object(out, NULL);
	if (named && !entry->update && strcmp(call->method, "POST") == 0) {
		(void)snprintf(urn, sizeof urn, "urn:uuid:%s", entry->sync_id);
		json_out_text(out, "fullUrl", urn);
	}
	json_out_raw(out, "resource", call->body, call->len);
	json_out_object(out, "request");
	json_out_text(out, "method", call->method);
	json_out_text(out, "url", call->url);
	json_out_text_if(out, "ifNoneExist", call->if_none_exist);
	json_out_text_if(out, "ifMatch", call->if_match);
	if (call->if_none_match)
		json_out_text(out, "ifNoneMatch", call->if_none_match);
	json_out_end_object(out);
	json_out_end_object(out);
}

enum status engine_bundle(struct sync_engine *e, struct sync_unit *const *units, size_t count,
                                bool together, char **body, size_t *len, struct fail *why)
{
	struct json_out out;
	enum status st = ST_OK;
	bool missing = false;
	json_out_begin(&out, 4 * REQUEST_BYTES_MAX);
	json_out_object(&out, NULL);
	json_out_text(&out, "resourceType", "Bundle");
	json_out_text(&out, "type", together ? "transaction" : "batch");
	json_out_array(&out, "entry");
	for (size_t u = 0; !st && u < count; u++)
		for (size_t i = 0; !st && i < units[u]->count; i++) {
			struct call call;
			st = engine_call(e, units[u], &units[u]->entry[i],
			               together ? MODE_TOGETHER : MODE_ALONE, &call, &missing, why);
			if (!st && !missing)
				write_call(&out, &units[u]->entry[i], &call, together);
			free(call.body);
		}
	json_out_end_array(&out);
	json_out_end_object(&out);
	BUG_ON(missing); /* unit_ready has asked */
	if (st)
		json_out_drop(&out);
	return st ? st : json_out_take(&out, body, len, why);
}
