#include "planner/sync/mapping.h"

#include "devices/json.h"
#include "planner/sync/mapping_private.h"

#define CATEGORY "http://terminology.hl7.org/CodeSystem/observation-category"

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

/* ---- patient ------------------------------------------------------------------------------------------ */

static const char *const genders[][2] = {{"M", "male"}, {"F", "female"}, {"X", "other"}, {"U", "unknown"}};

static const char *gender_of(char sex)
{
	for (size_t i = 0; i < sizeof genders / sizeof *genders; i++)
		if (genders[i][0][0] == sex)
			return genders[i][1];
	return "unknown";
}

enum status mapping_patient(const struct mapping *m, const struct store_patient *row, bool update,
                            struct sync_unit *unit, struct fail *why)
{
	struct json_out out;
	resource_begin(&out, m, unit, "Patient", row->uuid, row->is_virtual);
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
	return resource_finish(&out, unit, "Patient", row->uuid, update, why);
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

enum status mapping_readings(const struct mapping *m, const struct mapping_parties *parties,
                             const struct store_readings *row, struct sync_unit *unit, struct fail *why)
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
	resource_begin(&out, m, unit, "Observation", row->uuid, false);
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
	if (parties->station.uuid[0])
		put_device(&out, m, "device", &parties->station);
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
	return resource_finish(&out, unit, "Observation", row->uuid, false, why);
}

/* ---- twin --------------------------------------------------------------------------------------------- */

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
	resource_begin(&out, m, unit, "DocumentReference", name, false);
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
	return resource_finish(&out, unit, "DocumentReference", name, false, why);
}
