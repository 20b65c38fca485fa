/* Records, what others read of them, and the audit. */
#include "planner/sync/mapping_private.h"

#include "devices/json.h"

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
	resource_begin(&out, m, unit, "Observation", name, false);
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
	return resource_finish(&out, unit, "Observation", name, false, why);
}

/* A word of the record as the checked code of its list in R4's own CodeSystems; nothing where there is no word, or none
 * that has a code. */
static void put_coded(struct json_out *out, const struct json_at *root, const char *member, const char *list,
                      const char *const (*codes)[2], size_t count, const char *text)
{
	char naming[96];
	struct json_at value;
	const char *word = json_find(root, member, &value) ? json_text(&value) : NULL;
	(void)snprintf(naming, sizeof naming, "http://terminology.hl7.org/CodeSystem/%s", list);
	for (size_t i = 0; word && i < count; i++) {
		if (strcmp(codes[i][0], word) != 0)
			continue;
		json_out_object(out, strrchr(list, '-') + 1);
		json_out_array(out, "coding");
		put_coding(out, NULL, naming, codes[i][1], NULL);
		json_out_end_array(out);
		json_out_text_if(out, "text", text);
		json_out_end_object(out);
	}
}

static void put_judgement(struct json_out *out, const struct json_at *root)
{
	static const char *const seriousness[][2] = {{"no", "Non-serious"}, {"yes", "Serious"}};
	static const char *const severity[][2] = {{"mild", "mild"}, {"moderate", "moderate"}, {"severe", "severe"}};
	static const char *const outcome[][2] = {{"resolved", "resolved"},
	                                         {"recovering", "recovering"},
	                                         {"ongoing", "ongoing"},
	                                         {"resolved with sequelae", "resolvedWithSequelae"},
	                                         {"fatal", "fatal"}};
	struct json_at value;
	const char *reason = json_find(root, "serious_reason", &value) ? json_text(&value) : NULL;
	put_coded(out, root, "serious", "adverse-event-seriousness", seriousness, 2, reason);
	put_coded(out, root, "severity", "adverse-event-severity", severity, 3, NULL);
	put_coded(out, root, "outcome", "adverse-event-outcome", outcome, 5, NULL);
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
	resource_begin(&out, m, unit, "AdverseEvent", name, false);
	json_out_text(&out, "actuality", "actual");
	put_local_concept(&out, m, "event", "adverse-event", what && what[0] ? what : "adverse-event",
	                  what && what[0] ? what : "Adverse event");
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "date", row->at_ms);
	put_instant(&out, "recordedDate", row->added_at_ms);
	put_judgement(&out, &root);
	if (row->plan[0]) {
		json_out_array(&out, "suspectEntity");
		json_out_object(&out, NULL);
		put_procedure_name(&out, m, "instance", row);
		json_out_end_object(&out);
		json_out_end_array(&out);
	}
	json_free(&doc);
	return resource_finish(&out, unit, "AdverseEvent", name, false, why);
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
	resource_begin(&out, m, unit, "DocumentReference", row->uuid, false);
	put_document(&out, m, code, row->kind, row->patient, row->added_at_ms, row->actor);
	put_attachment(&out, "application/json", text.text, text.len, row->added_at_ms);
	free(text.text);
	st = resource_finish(&out, unit, "DocumentReference", row->uuid, false, why);
	if (st || !row->patient[0])
		return st;
	return strcmp(row->kind, "adverse_event") == 0 ? put_adverse(m, row, unit, why)
	       : strcmp(row->kind, "follow_up") == 0   ? put_after(m, row, unit, why)
	                                               : ST_OK;
}

enum status mapping_audit(const struct mapping *m, const struct mapping_parties *parties, const struct store_audit *row,
                          struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	char name[UUID_TEXT_SIZE], number[32];
	mapping_name(parties->station.uuid, row->seq, 0, PART_AUDIT, name);
	(void)snprintf(number, sizeof number, "%lld", (long long)row->seq);
	resource_begin(&out, m, unit, "AuditEvent", name, false);
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
	put_device(&out, m, "observer", &parties->station);
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
	return resource_finish(&out, unit, "AuditEvent", name, false, why);
}
