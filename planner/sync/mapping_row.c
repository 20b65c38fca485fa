/* Rows to the byte: what travels beside the elements that others read. */
#include "planner/sync/mapping_private.h"

#include "devices/json.h"

#define ROW_MAX ((size_t)1 << 20)
#define EXACT_MAX 9007199254740992.0 /* 2^53 */

static void begin(struct json_out *out, const char *kind)
{
	json_out_begin(out, ROW_MAX);
	json_out_object(out, NULL);
	json_out_text(out, "schema", RECORD_SCHEMA);
	json_out_text(out, "kind", kind);
}

static enum status finish(struct json_out *out, const char *json, size_t json_len, struct beside *text,
                          struct fail *why)
{
	(void)json_len;
	if (json)
		json_out_text(out, "json", json);
	json_out_end_object(out);
	return json_out_take(out, &text->text, &text->len, why);
}

enum status beside_readings(const struct store_readings *row, struct beside *text, struct fail *why)
{
	struct json_out out;
	begin(&out, "readings");
	json_out_text(&out, "uuid", row->uuid);
	json_out_text(&out, "patient", row->patient);
	json_out_int(&out, "taken_at_ms", row->taken_at_ms);
	return finish(&out, row->json, row->json_len, text, why);
}

enum status beside_twin(const struct store_twin *row, struct beside *text, struct fail *why)
{
	struct json_out out;
	begin(&out, "twin");
	json_out_text(&out, "uuid", row->uuid);
	json_out_int(&out, "version", row->version);
	json_out_text(&out, "patient", row->patient);
	json_out_int(&out, "at_ms", row->created_at_ms);
	json_out_array(&out, "readings");
	for (size_t i = 0; i < row->readings_count; i++)
		json_out_text(&out, NULL, row->readings[i]);
	json_out_end_array(&out);
	return finish(&out, row->json, row->json_len, text, why);
}

enum status beside_plan(const struct store_plan *row, struct beside *text, struct fail *why)
{
	struct json_out out;
	begin(&out, "plan");
	json_out_text(&out, "uuid", row->uuid);
	json_out_int(&out, "version", row->version);
	json_out_text(&out, "patient", row->patient);
	json_out_text(&out, "twin", row->twin);
	json_out_int(&out, "twin_version", row->twin_version);
	json_out_text(&out, "device", row->device);
	json_out_text(&out, "verdict", row->verdict);
	json_out_text(&out, "actor", row->author);
	json_out_int(&out, "at_ms", row->created_at_ms);
	return finish(&out, row->json, row->json_len, text, why);
}

enum status beside_event(const struct store_plan_event *row, struct beside *text, struct fail *why)
{
	struct json_out out;
	char digest[DIGEST_TEXT_SIZE];
	digest_hex(&row->digest, digest);
	begin(&out, "event");
	json_out_text(&out, "uuid", row->plan);
	json_out_int(&out, "version", row->version);
	json_out_int(&out, "ordinal", row->ordinal);
	json_out_text(&out, "from", row->from_state);
	json_out_text(&out, "to", row->to_state);
	json_out_text(&out, "actor", row->actor);
	json_out_int(&out, "at_ms", row->at_ms);
	json_out_text(&out, "reason", row->reason);
	json_out_text(&out, "digest", digest);
	return finish(&out, row->json ? row->json : "", row->json_len, text, why);
}

enum status beside_record(const struct store_record *row, struct beside *text, struct fail *why)
{
	struct json_out out;
	begin(&out, "record");
	json_out_text(&out, "uuid", row->uuid);
	json_out_text(&out, "word", row->kind);
	json_out_text(&out, "patient", row->patient);
	json_out_text(&out, "plan", row->plan);
	json_out_int(&out, "version", row->plan_version);
	json_out_text(&out, "subject", row->subject);
	json_out_int(&out, "happened_at_ms", row->at_ms);
	json_out_int(&out, "at_ms", row->added_at_ms);
	json_out_text(&out, "actor", row->actor);
	return finish(&out, row->json, row->json_len, text, why);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static enum status read_ms(const struct json_at *at, const char *key, int64_t *out, struct fail *why)
{
	double value = 0;
	enum status st = json_number_in(at, key, 0, EXACT_MAX, "", &value, NULL, why);
	*out = (int64_t)value;
	if (!st && (double)*out != value)
		st = fail_set(why, ST_INPUT, key, "is no whole number");
	return st;
}

static enum status read_uuid(const struct json_at *at, const char *key, bool required, char *out,
                             struct fail *why)
{
	enum status st = json_string(at, key, out, UUID_TEXT_SIZE, NULL, why);
	if (!st && (required || out[0] != '\0') && !uuid_valid(out))
		st = fail_set(why, ST_INPUT, key, "is no UUID");
	return st;
}

static enum status read_json(const struct json_at *at, struct mapped *out, struct fail *why)
{
	struct json_at value;
	const char *text = json_find(at, "json", &value) ? json_text(&value) : NULL;
	out->json = text ? strdup(text) : NULL;
	return out->json ? ST_OK : fail_set(why, ST_INPUT, "json", "is missing");
}

static enum status read_readings(const struct json_at *at, struct mapped *out, struct fail *why)
{
	struct store_readings *row = &out->readings;
	enum status st = read_uuid(at, "uuid", true, row->uuid, why);
	if (!st)
		st = read_uuid(at, "patient", true, row->patient, why);
	if (!st)
		st = read_ms(at, "taken_at_ms", &row->taken_at_ms, why);
	out->at_ms = row->taken_at_ms;
	if (!st)
		st = read_json(at, out, why);
	row->json = out->json;
	row->json_len = out->json ? strlen(out->json) : 0;
	return st;
}

static enum status read_sources(const struct json_at *at, struct store_twin *row, struct fail *why)
{
	struct json_at list, item = {0};
	enum status st = json_member(at, "readings", JSON_ARRAY, &list, NULL, why);
	while (!st && json_array_each(&list, &item)) {
		if (row->readings_count == STORE_TWIN_READINGS_MAX)
			return fail_set(why, ST_RANGE, "readings", "are more than %d",
			                STORE_TWIN_READINGS_MAX);
		st = json_string_at(&item, row->readings[row->readings_count], UUID_TEXT_SIZE, why);
		if (!st && !uuid_valid(row->readings[row->readings_count]))
			st = fail_set(why, ST_INPUT, "readings", "holds no UUID");
		row->readings_count++;
	}
	return st;
}

static enum status read_twin(const struct json_at *at, struct mapped *out, struct fail *why)
{
	struct store_twin *row = &out->twin;
	enum status st = read_uuid(at, "uuid", true, row->uuid, why);
	if (!st)
		st = read_uuid(at, "patient", true, row->patient, why);
	if (!st)
		st = read_ms(at, "version", &row->version, why);
	if (!st)
		st = read_ms(at, "at_ms", &row->created_at_ms, why);
	out->at_ms = row->created_at_ms;
	if (!st)
		st = read_sources(at, row, why);
	if (!st)
		st = read_json(at, out, why);
	row->json = out->json;
	row->json_len = out->json ? strlen(out->json) : 0;
	return st;
}

static enum status read_plan(const struct json_at *at, struct mapped *out, struct fail *why)
{
	struct store_plan *row = &out->plan;
	enum status st = read_uuid(at, "uuid", true, row->uuid, why);
	if (!st)
		st = read_uuid(at, "patient", true, row->patient, why);
	if (!st)
		st = read_uuid(at, "twin", true, row->twin, why);
	if (!st)
		st = read_ms(at, "version", &row->version, why);
	if (!st)
		st = read_ms(at, "twin_version", &row->twin_version, why);
	if (!st)
		st = read_ms(at, "at_ms", &row->created_at_ms, why);
	if (!st)
		st = json_string(at, "device", row->device, sizeof row->device, NULL, why);
	if (!st)
		st = json_string(at, "verdict", row->verdict, sizeof row->verdict, NULL, why);
	if (!st)
		st = json_string(at, "actor", row->author, sizeof row->author, NULL, why);
	(void)snprintf(row->state, sizeof row->state, "draft");
	(void)snprintf(out->actor, sizeof out->actor, "%s", row->author);
	out->at_ms = row->created_at_ms;
	if (!st)
		st = read_json(at, out, why);
	row->json = out->json;
	row->json_len = out->json ? strlen(out->json) : 0;
	return st;
}

static enum status read_event(const struct json_at *at, struct mapped *out, struct fail *why)
{
	struct store_plan_event *row = &out->event;
	char digest[DIGEST_TEXT_SIZE];
	enum status st = read_uuid(at, "uuid", true, row->plan, why);
	if (!st)
		st = read_ms(at, "version", &row->version, why);
	if (!st)
		st = read_ms(at, "ordinal", &row->ordinal, why);
	if (!st)
		st = read_ms(at, "at_ms", &row->at_ms, why);
	if (!st)
		st = json_string(at, "from", row->from_state, sizeof row->from_state, NULL, why);
	if (!st)
		st = json_string(at, "to", row->to_state, sizeof row->to_state, NULL, why);
	if (!st)
		st = json_string(at, "actor", row->actor, sizeof row->actor, NULL, why);
	if (!st)
		st = json_string(at, "reason", row->reason, sizeof row->reason, NULL, why);
	if (!st)
		st = json_string(at, "digest", digest, sizeof digest, NULL, why);
	if (!st)
		st = digest_parse(digest, &row->digest, why);
	memcpy(out->actor, row->actor, sizeof out->actor);
	out->at_ms = row->at_ms;
	if (!st)
		st = read_json(at, out, why);
	row->json = out->json;
	row->json_len = out->json ? strlen(out->json) : 0;
	return st;
}

static enum status read_record(const struct json_at *at, struct mapped *out, struct fail *why)
{
	struct store_record *row = &out->record;
	enum status st = read_uuid(at, "uuid", true, row->uuid, why);
	if (!st)
		st = read_uuid(at, "patient", false, row->patient, why);
	if (!st)
		st = read_uuid(at, "plan", false, row->plan, why);
	if (!st)
		st = read_ms(at, "version", &row->plan_version, why);
	if (!st)
		st = json_string(at, "word", row->kind, sizeof row->kind, NULL, why);
	if (!st)
		st = json_string(at, "subject", row->subject, sizeof row->subject, NULL, why);
	if (!st)
		st = read_ms(at, "happened_at_ms", &row->at_ms, why);
	if (!st)
		st = read_ms(at, "at_ms", &out->at_ms, why);
	if (!st)
		st = json_string(at, "actor", out->actor, sizeof out->actor, NULL, why);
	if (!st)
		st = read_json(at, out, why);
	row->json = out->json;
	row->json_len = out->json ? strlen(out->json) : 0;
	return st;
}

enum status beside_read(const char *text, size_t len, struct mapped *out, struct fail *why)
{
	static const struct {
		const char *word;
		enum mapping_kind kind;
		enum status (*read)(const struct json_at *at, struct mapped *out, struct fail *why);
	} kinds[] = {{"readings", MAPPED_READINGS, read_readings},
	             {"twin", MAPPED_TWIN, read_twin},
	             {"plan", MAPPED_PLAN, read_plan},
	             {"event", MAPPED_EVENT, read_event},
	             {"record", MAPPED_RECORD, read_record}};
	struct json_doc *doc = NULL;
	char kind[16];
	enum status st = json_parse("record", text, len, &doc, why);
	if (st)
		return st;
	struct json_at root = json_root(doc);
	st = json_schema(&root, RECORD_SCHEMA, why);
	if (!st)
		st = json_string(&root, "kind", kind, sizeof kind, NULL, why);
	for (size_t i = 0; !st && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind, kinds[i].word) == 0) {
			out->kind = kinds[i].kind;
			st = kinds[i].read(&root, out, why);
		}
	if (!st && out->kind == MAPPED_NOTHING)
		st = fail_set(why, ST_INPUT, "kind", "\"%s\" is not known here: a newer station wrote it",
		              kind);
	json_free(&doc);
	return st;
}
