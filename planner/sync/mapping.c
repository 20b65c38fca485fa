#include "planner/sync/mapping.h"

#include "devices/json.h"
#include "planner/plan/approval.h"
#include "planner/sync/base64.h"
#include "planner/sync/instant.h"
#include "planner/sync/mapping_private.h"

#define CATEGORY "http://terminology.hl7.org/CodeSystem/observation-category"
#define DISPLAY_MAX 96

enum status mapping_init(struct mapping *m, const char *local, struct fail *why)
{
	size_t n = strlen(local);
	if ((strncmp(local, "https://", 8) != 0 && strncmp(local, "http://", 7) != 0) ||
	    strpbrk(local, " |\"\\") || n + sizeof "/CodeSystem/laser-parameter" > MAPPING_SYSTEM_MAX)
		return fail_set(why, ST_INPUT, "namespace",
		                "must be an https:// address of the clinic's own, at most 80 bytes");
	*m = (struct mapping){0};
	(void)snprintf(m->local, sizeof m->local, "%.*s", (int)(local[n - 1] == '/' ? n - 1 : n), local);
	(void)snprintf(m->id_system, sizeof m->id_system, "%.90s/sync-id", m->local);
	(void)snprintf(m->write_system, sizeof m->write_system, "%.90s/write-id", m->local);
	(void)snprintf(m->mrn_system, sizeof m->mrn_system, "%.90s/mrn", m->local);
	return ST_OK;
}

void mapping_name(const char *uuid, int64_t version, int64_t ordinal, enum mapping_part part,
                  char name[UUID_TEXT_SIZE])
{
	struct digest_stream stream;
	struct digest digest;
	digest_begin(&stream, "lasertwin sync name/1");
	digest_add_text(&stream, uuid, strlen(uuid));
	digest_add_int(&stream, version);
	digest_add_int(&stream, ordinal);
	digest_add_int(&stream, part);
	digest_end(&stream, &digest);
	uuid_from_bytes(digest.bytes, name);
}

/* ---- pieces ------------------------------------------------------------------------------------------- */

static void put_coding(struct json_out *out, const char *key, const char *naming, const char *code,
                       const char *display)
{
	json_out_object(out, key);
	json_out_text(out, "system", naming);
	json_out_text(out, "code", code);
	json_out_text_if(out, "display", display);
	json_out_end_object(out);
}

static void put_local_concept(struct json_out *out, const struct mapping *m, const char *key,
                              const char *list, const char *code, const char *display)
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

static void put_reference(struct json_out *out, const char *key, const char *name)
{
	char urn[64];
	(void)snprintf(urn, sizeof urn, "urn:lasertwin:%s", name);
	json_out_object(out, key);
	json_out_text(out, "reference", urn);
	json_out_end_object(out);
}

/* A person by the login they have with us: people are not sent. */
static void put_person(struct json_out *out, const struct mapping *m, const char *key, const char *login)
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

static void put_quantity(struct json_out *out, const char *key, const struct quantity *q, int64_t micro)
{
	json_out_object(out, key);
	json_out_micro(out, "value", micro);
	json_out_text(out, "unit", q->unit);
	json_out_text(out, "system", UCUM);
	json_out_text(out, "code", q->ucum);
	json_out_end_object(out);
}

static void put_instant(struct json_out *out, const char *key, int64_t ms)
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

static void put_identifier(struct json_out *out, const char *key, const char *naming, const char *value)
{
	json_out_object(out, key);
	json_out_text(out, "system", naming);
	json_out_text(out, "value", value);
	json_out_end_object(out);
}

/* Head of every resource: type first (the engine sets the id after it), names, identifier. */
static void begin(struct json_out *out, const struct mapping *m, const struct sync_unit *unit,
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

static enum status finish(struct json_out *out, struct sync_unit *unit, const char *type, const char *name,
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
static void put_record_extension(struct json_out *out, const struct mapping *m, const struct beside *row)
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

/* ---- patient ------------------------------------------------------------------------------------------ */

static const char *const genders[][2] = {{"M", "male"}, {"F", "female"}, {"X", "other"}, {"U", "unknown"}};

static const char *gender_of(char sex)
{
	for (size_t i = 0; i < sizeof genders / sizeof *genders; i++)
		if (genders[i][0][0] == sex)
			return genders[i][1];
	return "unknown";
}

enum status mapping_patient(const struct mapping *m, const struct store_patient *row, struct sync_unit *unit,
                            struct fail *why)
{
	struct json_out out;
	begin(&out, m, unit, "Patient", row->uuid, row->is_virtual);
	json_out_array(&out, "identifier");
	put_identifier(&out, NULL, m->id_system, row->uuid);
	if (row->record_number[0] != '\0') {
		json_out_object(&out, NULL);
		json_out_text(&out, "use", "usual");
		json_out_object(&out, "type");
		json_out_array(&out, "coding");
		put_coding(&out, NULL, "http://terminology.hl7.org/CodeSystem/v2-0203", "MR", NULL);
		json_out_end_array(&out);
		json_out_end_object(&out);
		json_out_text(&out, "system", m->mrn_system);
		json_out_text(&out, "value", row->record_number);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_bool(&out, "active", true);
	json_out_array(&out, "name");
	json_out_object(&out, NULL);
	json_out_text(&out, "text", row->label);
	json_out_end_object(&out);
	json_out_end_array(&out);
	json_out_text(&out, "gender", gender_of(row->sex));
	json_out_text_if(&out, "birthDate", row->birth);
	return finish(&out, unit, "Patient", row->uuid, false, why);
}

/* ---- readings ----------------------------------------------------------------------------------------- */

/* SNOMED CT of skin phototypes I to VI (fhir.md, section 3.2). */
static const char *const phototypes[][2] = {{"I", "403221005"},  {"II", "403222003"}, {"III", "403226000"},
                                            {"IV", "403231003"}, {"V", "403235007"},  {"VI", "403236008"}};

static void put_phototype(struct json_out *out, const struct mapping *m, const struct json_at *patient)
{
	char naming[2 * MAPPING_SYSTEM_MAX], text[32];
	struct json_at value;
	const char *type = json_find(patient, "fitz", &value) ? json_text(&value) : NULL;
	(void)snprintf(naming, sizeof naming, "%s/CodeSystem/fitzpatrick", m->local);
	for (size_t i = 0; type && i < sizeof phototypes / sizeof *phototypes; i++) {
		if (strcmp(phototypes[i][0], type) != 0)
			continue;
		json_out_object(out, NULL);
		json_out_object(out, "code");
		json_out_array(out, "coding");
		put_coding(out, NULL, "http://loinc.org", "66555-4",
		           "Skin type [Fitzpatrick Classification Scale]");
		json_out_end_array(out);
		json_out_text(out, "text", "Fitzpatrick skin type");
		json_out_end_object(out);
		json_out_object(out, "valueCodeableConcept");
		json_out_array(out, "coding");
		put_coding(out, NULL, "http://snomed.info/sct", phototypes[i][1], NULL);
		put_coding(out, NULL, naming, type, NULL);
		json_out_end_array(out);
		(void)snprintf(text, sizeof text, "Fitzpatrick %s", type);
		json_out_text(out, "text", text);
		json_out_end_object(out);
		json_out_end_object(out);
	}
}

static void put_components(struct json_out *out, const struct mapping *m, const struct json_at *patient)
{
	json_out_array(out, "component");
	put_phototype(out, m, patient);
	for (const struct quantity *q = reading_quantities; q->key; q++) {
		int64_t micro;
		if (!number_micro(patient, q->key, &micro))
			continue;
		json_out_object(out, NULL);
		put_local_concept(out, m, "code", "skin-twin", q->code, q->display);
		put_quantity(out, "valueQuantity", q, micro);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

static enum status parse_content(const char *json, size_t len, struct json_doc **doc, struct json_at *root,
                                 struct fail *why)
{
	enum status st = json_parse("content", json ? json : "", len, doc, why);
	if (!st)
		*root = json_root(*doc);
	return st;
}

enum status mapping_readings(const struct mapping *m, const struct store_readings *row,
                             struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	struct beside text = {0};
	struct json_doc *doc = NULL;
	struct json_at root, patient, value;
	enum status st = parse_content(row->json, row->json_len, &doc, &root, why);
	if (!st)
		st = beside_readings(row, &text, why);
	if (st) {
		json_free(&doc);
		return st;
	}
	begin(&out, m, unit, "Observation", row->uuid, false);
	put_record_extension(&out, m, &text);
	json_out_text(&out, "status", "final");
	json_out_array(&out, "category");
	json_out_object(&out, NULL);
	json_out_array(&out, "coding");
	put_coding(&out, NULL, CATEGORY, "exam", NULL);
	json_out_end_array(&out);
	json_out_end_object(&out);
	json_out_end_array(&out);
	put_local_concept(&out, m, "code", "skin-twin", "skin-twin-reading", "Skin twin reading (panel)");
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "effectiveDateTime", row->taken_at_ms);
	if (json_find(&root, "patient", &patient)) {
		const char *site = json_find(&patient, "site", &value) ? json_text(&value) : NULL;
		if (site && site[0]) {
			json_out_object(&out, "bodySite");
			json_out_text(&out, "text", site);
			json_out_end_object(&out);
		}
		put_components(&out, m, &patient);
	}
	json_free(&doc);
	free(text.text);
	return finish(&out, unit, "Observation", row->uuid, false, why);
}

/* ---- documents ---------------------------------------------------------------------------------------- */

static void put_attachment(struct json_out *out, const char *type, const char *bytes, size_t n, int64_t at_ms)
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

static void put_document(struct json_out *out, const struct mapping *m, const char *code, const char *display,
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

enum status mapping_twin(const struct mapping *m, const struct store_twin *row, struct sync_unit *unit,
                         struct fail *why)
{
	struct json_out out;
	struct beside text = {0};
	char name[UUID_TEXT_SIZE];
	enum status st = beside_twin(row, &text, why);
	if (st)
		return st;
	mapping_name(row->uuid, row->version, 0, PART_TWIN, name);
	begin(&out, m, unit, "DocumentReference", name, false);
	put_document(&out, m, "skin-twin", "Skin twin", row->patient, row->created_at_ms, NULL);
	put_attachment(&out, "application/json", text.text, text.len, row->created_at_ms);
	if (row->readings_count > 0) {
		json_out_object(&out, "context");
		json_out_array(&out, "related");
		for (size_t i = 0; i < row->readings_count; i++)
			put_reference(&out, NULL, row->readings[i]);
		json_out_end_array(&out);
		json_out_end_object(&out);
	}
	free(text.text);
	return finish(&out, unit, "DocumentReference", name, false, why);
}

/* ---- plan --------------------------------------------------------------------------------------------- */

struct plan_names {
	char plan[UUID_TEXT_SIZE], service[UUID_TEXT_SIZE], device[UUID_TEXT_SIZE], care[UUID_TEXT_SIZE],
	        task[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE], before[UUID_TEXT_SIZE];
};

static void name_parts(const struct store_plan *row, struct plan_names *n)
{
	mapping_name(row->uuid, row->version, 0, PART_PLAN, n->plan);
	mapping_name(row->uuid, row->version, 0, PART_SERVICE, n->service);
	mapping_name(row->uuid, row->version, 0, PART_DEVICE, n->device);
	mapping_name(row->uuid, row->version, 0, PART_CAREPLAN, n->care);
	mapping_name(row->uuid, row->version, 0, PART_TASK, n->task);
	mapping_name(row->uuid, row->version - 1, 0, PART_CAREPLAN, n->before);
	mapping_name(row->twin, row->twin_version, 0, PART_TWIN, n->twin);
}

static void put_list_reference(struct json_out *out, const char *key, const char *name)
{
	json_out_array(out, key);
	put_reference(out, NULL, name);
	json_out_end_array(out);
}

static enum status put_service(const struct mapping *m, const struct store_plan *row,
                               const struct plan_names *n, const char *state, bool update,
                               struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	begin(&out, m, unit, "ServiceRequest", n->service, false);
	put_list_reference(&out, "basedOn", n->care);
	json_out_text(&out, "status", mapping_status(state));
	json_out_text(&out, "intent", "order");
	put_local_concept(&out, m, "code", "procedure", "energy-based-skin-treatment",
	                  "Energy-based skin treatment");
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "authoredOn", row->created_at_ms);
	put_person(&out, m, "requester", row->author);
	put_list_reference(&out, "supportingInfo", n->twin);
	return finish(&out, unit, "ServiceRequest", n->service, update, why);
}

/* "UUID/version": whoever finds the order finds the plan it must agree with. */
static void put_plan_name(struct json_out *out, const struct mapping *m, const struct store_plan *row)
{
	char naming[2 * MAPPING_SYSTEM_MAX], value[UUID_TEXT_SIZE + 24];
	(void)snprintf(naming, sizeof naming, "%s" PLAN_NAME_PATH, m->local);
	(void)snprintf(value, sizeof value, "%s/%lld", row->uuid, (long long)row->version);
	put_identifier(out, "groupIdentifier", naming, value);
}

/* The settings of the plan: its member "settings", by the settings' own table. */
static void put_parameters(struct json_out *out, const struct mapping *m, const struct json_at *settings)
{
	struct json_at item = {0};
	bool open = false;
	while (json_object_each(settings, &item)) {
		struct quantity q;
		int64_t micro;
		if (!setting_quantity(item.key, &q) || !number_micro(settings, item.key, &micro))
			continue;
		if (!open)
			json_out_array(out, "parameter");
		open = true;
		json_out_object(out, NULL);
		put_local_concept(out, m, "code", "laser-parameter", q.code, q.display);
		put_quantity(out, "valueQuantity", &q, micro);
		json_out_end_object(out);
	}
	if (open)
		json_out_end_array(out);
}

static enum status put_device(const struct mapping *m, const struct store_plan *row,
                              const struct plan_names *n, const char *state, bool update,
                              struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	struct json_doc *doc = NULL;
	struct json_at root, settings;
	enum status st = parse_content(row->json, row->json_len, &doc, &root, why);
	if (st)
		return st;
	begin(&out, m, unit, "DeviceRequest", n->device, false);
	put_list_reference(&out, "basedOn", n->service);
	put_plan_name(&out, m, row);
	json_out_text(&out, "status", mapping_status(state));
	json_out_text(&out, "intent", "order");
	put_local_concept(&out, m, "codeCodeableConcept", "device-mode", row->device, row->device);
	if (json_find(&root, "settings", &settings))
		put_parameters(&out, m, &settings);
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "authoredOn", row->created_at_ms);
	json_free(&doc);
	return finish(&out, unit, "DeviceRequest", n->device, update, why);
}

static enum status put_care_plan(const struct mapping *m, const struct store_plan *row,
                                 const struct plan_names *n, const char *state, bool update,
                                 struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	begin(&out, m, unit, "CarePlan", n->care, false);
	if (row->version > 1)
		put_list_reference(&out, "replaces", n->before);
	json_out_text(&out, "status", mapping_status(state));
	json_out_text(&out, "intent", "plan");
	json_out_array(&out, "category");
	put_local_concept(&out, m, NULL, "plan-category", "energy-treatment-plan",
	                  "Energy-based skin treatment plan");
	json_out_end_array(&out);
	json_out_text(&out, "title", row->device);
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "created", row->created_at_ms);
	put_person(&out, m, "author", row->author);
	json_out_array(&out, "supportingInfo");
	put_reference(&out, NULL, n->twin);
	put_reference(&out, NULL, n->plan);
	json_out_end_array(&out);
	json_out_array(&out, "activity");
	for (int i = 0; i < 2; i++) {
		json_out_object(&out, NULL);
		put_reference(&out, "reference", i == 0 ? n->service : n->device);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_array(&out, "note");
	json_out_object(&out, NULL);
	put_instant(&out, "time", row->created_at_ms);
	json_out_text(&out, "text", row->verdict);
	json_out_end_object(&out);
	json_out_end_array(&out);
	return finish(&out, unit, "CarePlan", n->care, update, why);
}

/* The CarePlan comes last: where a server takes the entries one by one, it is what makes them count. */
static enum status put_orders(const struct mapping *m, const struct store_plan *row,
                              const struct plan_names *n, const char *state, bool update,
                              struct sync_unit *unit, struct fail *why)
{
	enum status st = put_service(m, row, n, state, update, unit, why);
	if (!st)
		st = put_device(m, row, n, state, update, unit, why);
	return st ? st : put_care_plan(m, row, n, state, update, unit, why);
}

enum status mapping_plan(const struct mapping *m, const struct store_plan *row, struct sync_unit *unit,
                         struct fail *why)
{
	struct json_out out;
	struct beside text = {0};
	struct plan_names n;
	enum status st = beside_plan(row, &text, why);
	if (st)
		return st;
	name_parts(row, &n);
	begin(&out, m, unit, "DocumentReference", n.plan, false);
	put_document(&out, m, "plan", "Treatment plan, whole", row->patient, row->created_at_ms, row->author);
	put_attachment(&out, "application/json", text.text, text.len, row->created_at_ms);
	free(text.text);
	st = finish(&out, unit, "DocumentReference", n.plan, false, why);
	return st ? st : put_orders(m, row, &n, "draft", false, unit, why);
}

/* ---- changes of state --------------------------------------------------------------------------------- */

static enum status put_task(const struct mapping *m, const struct store_plan *plan,
                            const struct store_plan_event *event, const struct plan_names *n, bool update,
                            struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	bool approved = strcmp(event->to_state, "approved") == 0,
	     rejected = strcmp(event->to_state, "rejected") == 0;
	begin(&out, m, unit, "Task", n->task, false);
	put_list_reference(&out, "basedOn", n->care);
	json_out_text(&out, "status",
	              !update    ? "requested"
	              : approved ? "completed"
	              : rejected ? "rejected"
	                         : "cancelled");
	json_out_text(&out, "intent", "order");
	json_out_text(&out, "priority", "routine");
	put_local_concept(&out, m, "code", "task", "approve-plan", "Approve treatment plan");
	put_reference(&out, "focus", n->care);
	put_reference(&out, "for", plan->patient);
	put_instant(&out, "authoredOn", event->at_ms);
	put_person(&out, m, "requester", event->actor);
	if (update && (approved || rejected)) {
		json_out_array(&out, "output");
		json_out_object(&out, NULL);
		json_out_object(&out, "type");
		json_out_text(&out, "text", "decision");
		json_out_end_object(&out);
		json_out_text(&out, "valueCode", event->to_state);
		json_out_end_object(&out);
		json_out_end_array(&out);
	}
	return finish(&out, unit, "Task", n->task, update, why);
}

static void put_signature(struct json_out *out, const struct mapping *m, const struct store_plan_event *event,
                          const char *jws)
{
	json_out_array(out, "signature");
	json_out_object(out, NULL);
	json_out_array(out, "type");
	put_coding(out, NULL, "urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.5",
	           "Verification Signature");
	json_out_end_array(out);
	put_instant(out, "when", event->at_ms);
	put_person(out, m, "who", event->actor);
	json_out_text(out, "targetFormat", "application/json");
	json_out_text(out, "sigFormat", "application/jose");
	json_out_base64(out, "data", jws, strlen(jws));
	json_out_end_object(out);
	json_out_end_array(out);
}

static enum status put_provenance(const struct mapping *m, const struct store_plan_event *event,
                                  const char *name, const struct plan_names *n, const char *payload,
                                  const char *jws, const struct beside *text, struct sync_unit *unit,
                                  struct fail *why)
{
	struct json_out out;
	begin(&out, m, unit, "Provenance", name, false);
	put_record_extension(&out, m, text);
	json_out_array(&out, "target");
	put_reference(&out, NULL, n->care);
	if (payload)
		put_reference(&out, NULL, payload);
	json_out_end_array(&out);
	put_instant(&out, "occurredDateTime", event->at_ms);
	put_instant(&out, "recorded", event->at_ms);
	if (jws) {
		json_out_object(&out, "activity");
		json_out_array(&out, "coding");
		put_coding(&out, NULL, "http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion", "LA",
		           "legally authenticated");
		json_out_end_array(&out);
		json_out_end_object(&out);
	} else {
		put_local_concept(&out, m, "activity", "plan-state", event->to_state, event->to_state);
	}
	json_out_array(&out, "agent");
	json_out_object(&out, NULL);
	json_out_object(&out, "type");
	json_out_array(&out, "coding");
	put_coding(&out, NULL, "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
	           jws ? "verifier" : "author", jws ? "Verifier" : "Author");
	json_out_end_array(&out);
	json_out_end_object(&out);
	put_person(&out, m, "who", event->actor);
	json_out_end_object(&out);
	json_out_end_array(&out);
	if (jws)
		put_signature(&out, m, event, jws);
	return finish(&out, unit, "Provenance", name, false, why);
}

/* The signed bytes by themselves, as anybody checks them. */
static enum status put_payload(const struct mapping *m, const struct store_plan *plan,
                               const struct store_plan_event *event, const char *name,
                               const struct approval_document *document, struct sync_unit *unit,
                               struct fail *why)
{
	struct json_out out;
	begin(&out, m, unit, "DocumentReference", name, false);
	put_document(&out, m, "signed-payload", "Signed payload of an approval", plan->patient, event->at_ms,
	             event->actor);
	put_attachment(&out, "application/json", document->payload, document->payload_n, event->at_ms);
	return finish(&out, unit, "DocumentReference", name, false, why);
}

/* A treatment that ended: delivered, or stopped by a revocation. */
static enum status put_procedure(const struct mapping *m, const struct store_plan *plan,
                                 const struct store_plan_event *event, const struct plan_names *n,
                                 struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	char name[UUID_TEXT_SIZE];
	mapping_name(plan->uuid, plan->version, 0, PART_PROCEDURE, name);
	begin(&out, m, unit, "Procedure", name, false);
	json_out_array(&out, "basedOn");
	put_reference(&out, NULL, n->care);
	put_reference(&out, NULL, n->service);
	json_out_end_array(&out);
	json_out_text(&out, "status", strcmp(event->to_state, "delivered") == 0 ? "completed" : "stopped");
	put_local_concept(&out, m, "code", "procedure", "energy-based-skin-treatment",
	                  "Energy-based skin treatment");
	put_reference(&out, "subject", plan->patient);
	json_out_object(&out, "performedPeriod");
	put_instant(&out, "end", event->at_ms);
	json_out_end_object(&out);
	json_out_array(&out, "performer");
	json_out_object(&out, NULL);
	put_person(&out, m, "actor", event->actor);
	json_out_end_object(&out);
	json_out_end_array(&out);
	json_out_array(&out, "usedCode");
	put_local_concept(&out, m, NULL, "device-mode", plan->device, plan->device);
	json_out_end_array(&out);
	return finish(&out, unit, "Procedure", name, false, why);
}

enum status mapping_event(const struct mapping *m, const struct store_plan *plan,
                          const struct store_plan_event *event, struct sync_unit *unit, struct fail *why)
{
	struct beside text = {0};
	struct plan_names n;
	struct approval_document document = {0};
	char name[UUID_TEXT_SIZE], payload[UUID_TEXT_SIZE];
	struct fail none;
	bool is_signed =
	        event->json && event->json_len > 0 &&
	        approval_document_read("approval", event->json, event->json_len, &document, &none) == ST_OK;
	enum status st = beside_event(event, &text, why);
	name_parts(plan, &n);
	mapping_name(event->plan, event->version, event->ordinal, PART_EVENT, name);
	mapping_name(event->plan, event->version, event->ordinal, PART_PAYLOAD, payload);
	if (!st && is_signed)
		st = put_payload(m, plan, event, payload, &document, unit, why);
	if (!st)
		st = put_provenance(m, event, name, &n, is_signed ? payload : NULL,
		                    is_signed ? document.jws : NULL, &text, unit, why);
	bool proposed = strcmp(event->to_state, "proposed") == 0,
	     answered = strcmp(event->from_state, "proposed") == 0;
	if (!st && (proposed || answered))
		st = put_task(m, plan, event, &n, answered, unit, why);
	if (!st && strcmp(mapping_status(event->from_state), mapping_status(event->to_state)) != 0)
		st = put_orders(m, plan, &n, event->to_state, true, unit, why);
	if (!st && strcmp(event->from_state, "treating") == 0 && strcmp(event->to_state, "treating") != 0)
		st = put_procedure(m, plan, event, &n, unit, why);
	free(text.text);
	approval_document_clear(&document);
	return st;
}

/* ---- records, audit ----------------------------------------------------------------------------------- */

/* By name, not by place: the treatment may be another station's, or older than its Procedure. */
static void put_procedure_name(struct json_out *out, const struct mapping *m, const char *key,
                               const struct store_record *row)
{
	char name[UUID_TEXT_SIZE];
	mapping_name(row->plan, row->plan_version, 0, PART_PROCEDURE, name);
	json_out_object(out, key);
	json_out_text(out, "type", "Procedure");
	put_identifier(out, "identifier", m->id_system, name);
	json_out_end_object(out);
}

/* What was seen after a treatment, as others read it. */
static enum status put_after(const struct mapping *m, const struct store_record *row, struct sync_unit *unit,
                             struct fail *why)
{
	static const struct quantity quantities[] = {{"clearance_pct_micro", "clearance", "Clearance", "%", "%"},
	                                             {"days_micro", "days-after", "Days after the treatment", "d", "d"},
	                                             {"erythema_days_micro", "erythema-duration",
	                                              "Erythema lasted", "d", "d"}};
	struct json_out out;
	struct json_doc *doc = NULL;
	struct json_at root, value;
	char name[UUID_TEXT_SIZE];
	enum status st = parse_content(row->json, row->json_len, &doc, &root, why);
	if (st)
		return st;
	mapping_name(row->uuid, 0, 0, PART_AFTER, name);
	begin(&out, m, unit, "Observation", name, false);
	if (row->plan[0]) {
		json_out_array(&out, "partOf");
		put_procedure_name(&out, m, NULL, row);
		json_out_end_array(&out);
	}
	json_out_text(&out, "status", "final");
	put_local_concept(&out, m, "code", "after-effect", "follow-up", "Follow-up of a skin treatment");
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "effectiveDateTime", row->at_ms);
	json_out_array(&out, "component");
	for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++) {
		double micro = 0;
		bool present = false;
		struct fail none;
		if (json_number_in(&root, quantities[i].key, -1e15, 1e15, "", &micro, &present, &none) || !present)
			continue;
		json_out_object(&out, NULL);
		put_local_concept(&out, m, "code", "after-effect", quantities[i].code, quantities[i].display);
		put_quantity(&out, "valueQuantity", &quantities[i], (int64_t)micro);
		json_out_end_object(&out);
	}
	const char *pih = json_find(&root, "pih", &value) ? json_text(&value) : NULL;
	if (pih) {
		json_out_object(&out, NULL);
		put_local_concept(&out, m, "code", "after-effect", "pih", "Post-inflammatory hyperpigmentation");
		json_out_bool(&out, "valueBoolean", strcmp(pih, "yes") == 0);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_free(&doc);
	return finish(&out, unit, "Observation", name, false, why);
}

static void put_severity(struct json_out *out, const struct json_at *root)
{
	struct json_at value;
	const char *severity = json_find(root, "severity", &value) ? json_text(&value) : NULL;
	if (!severity || !severity[0])
		return;
	json_out_object(out, "severity");
	json_out_array(out, "coding");
	put_coding(out, NULL, "http://terminology.hl7.org/CodeSystem/adverse-event-severity", severity, NULL);
	json_out_end_array(out);
	json_out_end_object(out);
}

static enum status put_adverse(const struct mapping *m, const struct store_record *row,
                               struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	struct json_doc *doc = NULL;
	struct json_at root, value;
	char name[UUID_TEXT_SIZE];
	enum status st = parse_content(row->json, row->json_len, &doc, &root, why);
	if (st)
		return st;
	const char *what = json_find(&root, "event", &value) || json_find(&root, "kind", &value)
	                           ? json_text(&value)
	                           : NULL;
	mapping_name(row->uuid, 0, 0, PART_ADVERSE, name);
	begin(&out, m, unit, "AdverseEvent", name, false);
	json_out_text(&out, "actuality", "actual");
	put_local_concept(&out, m, "event", "adverse-event", what && what[0] ? what : "adverse-event",
	                  what && what[0] ? what : "Adverse event");
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "date", row->at_ms);
	put_instant(&out, "recordedDate", row->added_at_ms);
	put_severity(&out, &root);
	if (row->plan[0]) {
		json_out_array(&out, "suspectEntity");
		json_out_object(&out, NULL);
		put_procedure_name(&out, m, "instance", row);
		json_out_end_object(&out);
		json_out_end_array(&out);
	}
	json_free(&doc);
	return finish(&out, unit, "AdverseEvent", name, false, why);
}

enum status mapping_record(const struct mapping *m, const struct store_record *row, struct sync_unit *unit,
                           struct fail *why)
{
	struct json_out out;
	struct beside text = {0};
	char code[STORE_KIND_MAX + 16];
	enum status st = beside_record(row, &text, why);
	if (st)
		return st;
	(void)snprintf(code, sizeof code, "record-%s", row->kind);
	begin(&out, m, unit, "DocumentReference", row->uuid, false);
	put_document(&out, m, code, row->kind, row->patient, row->added_at_ms, row->actor);
	put_attachment(&out, "application/json", text.text, text.len, row->added_at_ms);
	free(text.text);
	st = finish(&out, unit, "DocumentReference", row->uuid, false, why);
	if (st || !row->patient[0])
		return st;
	return strcmp(row->kind, "adverse_event") == 0 ? put_adverse(m, row, unit, why)
	       : strcmp(row->kind, "follow_up") == 0   ? put_after(m, row, unit, why)
	                                               : ST_OK;
}

enum status mapping_audit(const struct mapping *m, const char *station, const struct store_audit *row,
                          struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	char name[UUID_TEXT_SIZE], number[32];
	mapping_name(station, row->seq, 0, PART_AUDIT, name);
	(void)snprintf(number, sizeof number, "%lld", (long long)row->seq);
	begin(&out, m, unit, "AuditEvent", name, false);
	put_coding(&out, "type", "http://terminology.hl7.org/CodeSystem/audit-event-type", "rest",
	           "RESTful Operation");
	json_out_text(&out, "action", "E");
	put_instant(&out, "recorded", row->at_ms);
	json_out_text(&out, "outcome", "0");
	json_out_text(&out, "outcomeDesc", row->action);
	json_out_array(&out, "agent");
	json_out_object(&out, NULL);
	put_person(&out, m, "who", row->actor);
	json_out_bool(&out, "requestor", true);
	json_out_end_object(&out);
	json_out_end_array(&out);
	json_out_object(&out, "source");
	put_person(&out, m, "observer", station);
	json_out_end_object(&out);
	json_out_array(&out, "entity");
	json_out_object(&out, NULL);
	json_out_text_if(&out, "description", row->object);
	json_out_array(&out, "detail");
	json_out_object(&out, NULL);
	json_out_text(&out, "type", "number");
	json_out_text(&out, "valueString", number);
	json_out_end_object(&out);
	json_out_end_array(&out);
	json_out_end_object(&out);
	json_out_end_array(&out);
	unit->in_order = true;
	return finish(&out, unit, "AuditEvent", name, false, why);
}
