/* What resources are put together from. */
#include "planner/sync/mapping_private.h"

#include "devices/json.h"
#include "planner/sync/instant.h"

void put_coding(struct json_out *out, const char *key, const char *naming, const char *code,
                const char *display)
{
	json_out_object(out, key);
	json_out_text(out, "system", naming);
	json_out_text(out, "code", code);
	json_out_text_if(out, "display", display);
	json_out_end_object(out);
}

void put_local_concept(struct json_out *out, const struct mapping *m, const char *key, const char *list,
                       const char *code, const char *display)
{
	char naming[2 * MAPPING_SYSTEM_MAX];
	(void)snprintf(naming, sizeof naming, "%s/CodeSystem/%s", m->local, list);
	json_out_object(out, key);
	json_out_array(out, "coding");
	put_coding(out, NULL, naming, code, display);
	json_out_end_array(out);
	json_out_text(out, "text", display);
	json_out_end_object(out);
}

void put_reference(struct json_out *out, const char *key, const char *name)
{
	char urn[64];
	(void)snprintf(urn, sizeof urn, "urn:lasertwin:%s", name);
	json_out_object(out, key);
	json_out_text(out, "reference", urn);
	json_out_end_object(out);
}

/* A person by the login they have with us: people are not sent. */
void put_person(struct json_out *out, const struct mapping *m, const char *key, const char *login)
{
	char naming[2 * MAPPING_SYSTEM_MAX];
	(void)snprintf(naming, sizeof naming, "%s/person", m->local);
	json_out_object(out, key);
	json_out_object(out, "identifier");
	json_out_text(out, "system", naming);
	json_out_text(out, "value", login[0] ? login : "unknown");
	json_out_end_object(out);
	json_out_text(out, "display", login[0] ? login : "unknown");
	json_out_end_object(out);
}

void put_quantity(struct json_out *out, const char *key, const struct quantity *q, int64_t micro)
{
	json_out_object(out, key);
	json_out_micro(out, "value", micro);
	json_out_text(out, "unit", q->unit);
	json_out_text(out, "system", UCUM);
	json_out_text(out, "code", q->ucum);
	json_out_end_object(out);
}

void put_instant(struct json_out *out, const char *key, int64_t ms)
{
	char text[INSTANT_SIZE];
	instant_write(ms, text);
	json_out_text(out, key, text);
}

static bool searched_by_tag(const char *type)
{
	return strcmp(type, "Provenance") == 0 || strcmp(type, "AuditEvent") == 0;
}

static void put_meta(struct json_out *out, const struct mapping *m, const char *name, const char *write,
                     bool is_virtual)
{
	json_out_object(out, "meta");
	if (is_virtual) {
		json_out_array(out, "security");
		put_coding(out, NULL, "http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST",
		           "test health data");
		json_out_end_array(out);
	}
	json_out_array(out, "tag");
	put_coding(out, NULL, m->id_system, name, NULL);
	put_coding(out, NULL, m->write_system, write, NULL);
	json_out_end_array(out);
	json_out_end_object(out);
}

void put_identifier(struct json_out *out, const char *key, const char *naming, const char *value)
{
	json_out_object(out, key);
	json_out_text(out, "system", naming);
	json_out_text(out, "value", value);
	json_out_end_object(out);
}

/* Head of every resource: type first (the engine sets the id after it), names, identifier. */
void resource_begin(struct json_out *out, const struct mapping *m, const struct sync_unit *unit,
                    const char *type, const char *name, bool is_virtual)
{
	json_out_begin(out, SYNC_BODY_MAX);
	json_out_object(out, NULL);
	json_out_text(out, "resourceType", type);
	put_meta(out, m, name, unit->uuid, is_virtual);
	if (strcmp(type, "AdverseEvent") == 0) {
		put_identifier(out, "identifier", m->id_system, name);
	} else if (!searched_by_tag(type) && strcmp(type, "Patient") != 0) {
		json_out_array(out, "identifier");
		put_identifier(out, NULL, m->id_system, name);
		json_out_end_array(out);
	}
}

enum status resource_finish(struct json_out *out, struct sync_unit *unit, const char *type, const char *name,
                            bool update, struct fail *why)
{
	BUG_ON(unit->count == SYNC_UNIT_ENTRIES_MAX);
	struct sync_entry *e = &unit->entry[unit->count];
	*e = (struct sync_entry){.update = update};
	(void)snprintf(e->type, sizeof e->type, "%s", type);
	memcpy(e->sync_id, name, UUID_TEXT_SIZE);
	json_out_end_object(out);
	enum status st = json_out_take(out, &e->body, &e->len, why);
	unit->count += st == ST_OK;
	return st;
}

/* The row beside the elements. */
void put_record_extension(struct json_out *out, const struct mapping *m, const struct beside *row)
{
	char url[2 * MAPPING_SYSTEM_MAX];
	(void)snprintf(url, sizeof url, "%s" RECORD_URL, m->local);
	json_out_array(out, "extension");
	json_out_object(out, NULL);
	json_out_text(out, "url", url);
	json_out_base64(out, "valueBase64Binary", row->text, row->len);
	json_out_end_object(out);
	json_out_end_array(out);
}

void put_list_reference(struct json_out *out, const char *key, const char *name)
{
	json_out_array(out, key);
	put_reference(out, NULL, name);
	json_out_end_array(out);
}

enum status parse_content(const char *json, size_t len, struct json_doc **doc, struct json_at *root,
                          struct fail *why)
{
	enum status st = json_parse("content", json ? json : "", len, doc, why);
	if (!st)
		*root = json_root(*doc);
	return st;
}

/* ---- documents ---------------------------------------------------------------------------------------- */

void put_attachment(struct json_out *out, const char *type, const char *bytes, size_t n, int64_t at_ms)
{
	struct digest digest;
	char hex[DIGEST_TEXT_SIZE], title[DIGEST_TEXT_SIZE + 16];
	digest_bytes(bytes, n, &digest);
	digest_hex(&digest, hex);
	(void)snprintf(title, sizeof title, "blake2b-256:%s", hex);
	json_out_array(out, "content");
	json_out_object(out, NULL);
	json_out_object(out, "attachment");
	json_out_text(out, "contentType", type);
	json_out_base64(out, "data", bytes, n);
	json_out_int(out, "size", (int64_t)n);
	json_out_text(out, "title", title);
	put_instant(out, "creation", at_ms);
	json_out_end_object(out);
	json_out_end_object(out);
	json_out_end_array(out);
}

void put_document(struct json_out *out, const struct mapping *m, const char *code, const char *display,
                  const char *patient, int64_t at_ms, const char *author)
{
	json_out_text(out, "status", "current");
	json_out_text(out, "docStatus", "final");
	put_local_concept(out, m, "type", "document", code, display);
	if (patient[0])
		put_reference(out, "subject", patient);
	put_instant(out, "date", at_ms);
	if (author) {
		json_out_array(out, "author");
		put_person(out, m, NULL, author);
		json_out_end_array(out);
	}
}
