/* Plans, their orders, and the changes of their state. */
#include "planner/sync/mapping_private.h"

#include "devices/json.h"
#include "planner/plan/approval.h"

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

static enum status put_service(const struct mapping *m, const struct store_plan *row,
                               const struct plan_names *n, const char *state, bool update,
                               struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	resource_begin(&out, m, unit, "ServiceRequest", n->service, false);
	put_list_reference(&out, "basedOn", n->care);
	json_out_text(&out, "status", mapping_status(state));
	json_out_text(&out, "intent", "order");
	put_local_concept(&out, m, "code", "procedure", "energy-based-skin-treatment",
	                  "Energy-based skin treatment");
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "authoredOn", row->created_at_ms);
	put_person(&out, m, "requester", row->author);
	put_list_reference(&out, "supportingInfo", n->twin);
	return resource_finish(&out, unit, "ServiceRequest", n->service, update, why);
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

static enum status put_order(const struct mapping *m, const struct mapping_parties *parties,
                             const struct store_plan *row,
                              const struct plan_names *n, const char *state, bool update,
                              struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	struct json_doc *doc = NULL;
	struct json_at root, settings;
	enum status st = parse_content(row->json, row->json_len, &doc, &root, why);
	if (st)
		return st;
	resource_begin(&out, m, unit, "DeviceRequest", n->device, false);
	put_list_reference(&out, "basedOn", n->service);
	put_plan_name(&out, m, row);
	json_out_text(&out, "status", mapping_status(state));
	json_out_text(&out, "intent", "order");
	if (parties->ordered.uuid[0])
		put_device(&out, m, "codeReference", &parties->ordered);
	else /* made before its laser was on record */
		put_local_concept(&out, m, "codeCodeableConcept", "device-mode", row->device, row->device);
	if (json_find(&root, "settings", &settings))
		put_parameters(&out, m, &settings);
	put_reference(&out, "subject", row->patient);
	put_instant(&out, "authoredOn", row->created_at_ms);
	json_free(&doc);
	return resource_finish(&out, unit, "DeviceRequest", n->device, update, why);
}

static enum status put_care_plan(const struct mapping *m, const struct store_plan *row,
                                 const struct plan_names *n, const char *state, bool update,
                                 struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	resource_begin(&out, m, unit, "CarePlan", n->care, false);
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
	return resource_finish(&out, unit, "CarePlan", n->care, update, why);
}

/* The CarePlan comes last: where a server takes the entries one by one, it is what makes them count. */
static enum status put_orders(const struct mapping *m, const struct mapping_parties *parties,
                              const struct store_plan *row,
                              const struct plan_names *n, const char *state, bool update,
                              struct sync_unit *unit, struct fail *why)
{
	enum status st = put_service(m, row, n, state, update, unit, why);
	if (!st)
		st = put_order(m, parties, row, n, state, update, unit, why);
	return st ? st : put_care_plan(m, row, n, state, update, unit, why);
}

enum status mapping_plan(const struct mapping *m, const struct mapping_parties *parties, const struct store_plan *row,
                         struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	struct beside text = {0};
	struct plan_names n;
	enum status st = beside_plan(row, &text, why);
	if (st)
		return st;
	name_parts(row, &n);
	resource_begin(&out, m, unit, "DocumentReference", n.plan, false);
	put_document(&out, m, "plan", "Treatment plan, whole", row->patient, row->created_at_ms, row->author);
	put_attachment(&out, "application/json", text.text, text.len, row->created_at_ms);
	free(text.text);
	st = resource_finish(&out, unit, "DocumentReference", n.plan, false, why);
	return st ? st : put_orders(m, parties, row, &n, "draft", false, unit, why);
}

/* ---- changes of state --------------------------------------------------------------------------------- */

static enum status put_task(const struct mapping *m, const struct store_plan *plan,
                            const struct store_plan_event *event, const struct plan_names *n, bool update,
                            struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	bool approved = strcmp(event->to_state, "approved") == 0,
	     rejected = strcmp(event->to_state, "rejected") == 0;
	resource_begin(&out, m, unit, "Task", n->task, false);
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
	return resource_finish(&out, unit, "Task", n->task, update, why);
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

/* The station it was done at, beside the person. */
static void put_station_agent(struct json_out *out, const struct mapping *m, const struct mapping_device *station)
{
	if (!station->uuid[0])
		return;
	json_out_object(out, NULL);
	put_local_concept(out, m, "type", "participant", "station", "Station");
	put_device(out, m, "who", station);
	json_out_end_object(out);
}

static enum status put_provenance(const struct mapping *m, const struct mapping_parties *parties,
                                  const struct store_plan_event *event,
                                  const char *name, const struct plan_names *n, const char *payload,
                                  const char *jws, const struct beside *text, struct sync_unit *unit,
                                  struct fail *why)
{
	struct json_out out;
	resource_begin(&out, m, unit, "Provenance", name, false);
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
	put_station_agent(&out, m, &parties->station);
	json_out_end_array(&out);
	if (jws)
		put_signature(&out, m, event, jws);
	return resource_finish(&out, unit, "Provenance", name, false, why);
}

/* The signed bytes by themselves, as anybody checks them. */
static enum status put_payload(const struct mapping *m, const struct store_plan *plan,
                               const struct store_plan_event *event, const char *name,
                               const struct approval_document *document, struct sync_unit *unit,
                               struct fail *why)
{
	struct json_out out;
	resource_begin(&out, m, unit, "DocumentReference", name, false);
	put_document(&out, m, "signed-payload", "Signed payload of an approval", plan->patient, event->at_ms,
	             event->actor);
	put_attachment(&out, "application/json", document->payload, document->payload_n, event->at_ms);
	return resource_finish(&out, unit, "DocumentReference", name, false, why);
}

static void put_used(struct json_out *out, const struct mapping *m, const struct mapping_parties *parties)
{
	if (!parties->handpiece.uuid[0] && !parties->laser.uuid[0])
		return;
	json_out_array(out, "usedReference");
	if (parties->laser.uuid[0])
		put_device(out, m, NULL, &parties->laser);
	if (parties->handpiece.uuid[0])
		put_device(out, m, NULL, &parties->handpiece);
	json_out_end_array(out);
}

/* A treatment that ended: delivered, or stopped by a revocation. */
static enum status put_procedure(const struct mapping *m, const struct mapping_parties *parties,
                                 const struct store_plan *plan,
                                 const struct store_plan_event *event, const struct plan_names *n,
                                 struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	char name[UUID_TEXT_SIZE];
	mapping_name(plan->uuid, plan->version, 0, PART_PROCEDURE, name);
	resource_begin(&out, m, unit, "Procedure", name, false);
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
	put_used(&out, m, parties);
	json_out_array(&out, "usedCode");
	put_local_concept(&out, m, NULL, "device-mode", plan->device, plan->device);
	json_out_end_array(&out);
	return resource_finish(&out, unit, "Procedure", name, false, why);
}

enum status mapping_event(const struct mapping *m, const struct mapping_parties *parties,
                          const struct store_plan *plan, const struct store_plan_event *event,
                          struct sync_unit *unit, struct fail *why)
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
		st = put_provenance(m, parties, event, name, &n, is_signed ? payload : NULL,
		                    is_signed ? document.jws : NULL, &text, unit, why);
	bool proposed = strcmp(event->to_state, "proposed") == 0,
	     answered = strcmp(event->from_state, "proposed") == 0;
	if (!st && (proposed || answered))
		st = put_task(m, plan, event, &n, answered, unit, why);
	if (!st && strcmp(mapping_status(event->from_state), mapping_status(event->to_state)) != 0)
		st = put_orders(m, parties, plan, &n, parties->revoked ? "revoked" : event->to_state, true, unit, why);
	if (!st && strcmp(event->from_state, "treating") == 0 && strcmp(event->to_state, "treating") != 0)
		st = put_procedure(m, parties, plan, event, &n, unit, why);
	free(text.text);
	approval_document_clear(&document);
	return st;
}
