/* Writes that can be told apart afterwards. */
#include "tests/support/store_steps.h"

#include "tests/support/store_fixture.h"

enum thing { PATIENT, READINGS, TWIN, PLAN, MORE_READINGS, DELIVERY };

/* The same name for the same visit and thing, whenever it is asked. */
static void name_of(unsigned visit, enum thing thing, char uuid[UUID_TEXT_SIZE])
{
	unsigned char bytes[UUID_BYTES] = {(unsigned char)(visit & 0xFF), (unsigned char)(visit >> 8),
	                                   (unsigned char)thing};
	uuid_from_bytes(bytes, uuid);
}

/* About 3 kB, so that a write spans pages; different for each step. */
enum { CONTENT_SIZE = 3000 };
static size_t content_of(unsigned step, char json[CONTENT_SIZE + 32])
{
	int head = snprintf(json, 32, "{\"step\":%u,\"fill\":\"", step);
	size_t n = (size_t)head;
	for (; n < CONTENT_SIZE - 2; n++)
		json[n] = (char)('a' + (n * 7 + step) % 26);
	(void)snprintf(json + n, 3, "\"}");
	return n + 2;
}

static struct store_plan plan_of(unsigned visit, int64_t version, const char *json, size_t len)
{
	struct store_plan plan = {.version = version,
	                          .twin_version = 1,
	                          .device = "d.m",
	                          .verdict = "ALLOW",
	                          .author = "a",
	                          .state = "draft",
	                          .json = json,
	                          .json_len = len};
	name_of(visit, PLAN, plan.uuid);
	name_of(visit, PATIENT, plan.patient);
	name_of(visit, TWIN, plan.twin);
	return plan;
}

static enum status write_patient(struct store *store, unsigned visit, struct fail *why)
{
	struct store_patient patient = {.sex = 'U'};
	name_of(visit, PATIENT, patient.uuid);
	(void)snprintf(patient.label, sizeof patient.label, "Visit %u", visit);
	(void)snprintf(patient.record_number, sizeof patient.record_number, "R%u", visit);
	return store_patient_add(store, &patient, &fixture_stamp, why);
}

static enum status write_readings(struct store *store, unsigned step, enum thing thing, struct fail *why)
{
	char json[CONTENT_SIZE + 32];
	struct store_readings readings = {.taken_at_ms = FIXTURE_NOW_MS + step, .json = json};
	readings.json_len = content_of(step, json);
	name_of(step / STEPS_PER_VISIT, thing, readings.uuid);
	name_of(step / STEPS_PER_VISIT, PATIENT, readings.patient);
	return store_readings_add(store, &readings, &fixture_stamp, why);
}

static enum status write_twin(struct store *store, unsigned step, struct fail *why)
{
	char json[CONTENT_SIZE + 32];
	struct store_twin twin = {.version = 1, .readings_count = 1, .json = json};
	twin.json_len = content_of(step, json);
	name_of(step / STEPS_PER_VISIT, TWIN, twin.uuid);
	name_of(step / STEPS_PER_VISIT, PATIENT, twin.patient);
	name_of(step / STEPS_PER_VISIT, READINGS, twin.readings[0]);
	return store_twin_add(store, &twin, &fixture_stamp, why);
}

static enum status write_plan(struct store *store, unsigned step, int64_t version, struct fail *why)
{
	char json[CONTENT_SIZE + 32];
	size_t n = content_of(step, json);
	struct store_plan plan = plan_of(step / STEPS_PER_VISIT, version, json, n);
	return store_plan_add_version(store, &plan, &fixture_stamp, why);
}

static enum status write_event(struct store *store, unsigned step, const char *from, const char *to,
                               struct fail *why)
{
	char json[CONTENT_SIZE + 32];
	unsigned visit = step / STEPS_PER_VISIT;
	struct store_plan_event event = {.version = 1};
	name_of(visit, PLAN, event.plan);
	(void)snprintf(event.from_state, sizeof event.from_state, "%s", from);
	(void)snprintf(event.to_state, sizeof event.to_state, "%s", to);
	size_t n = content_of(visit * STEPS_PER_VISIT + 3, json);
	digest_bytes(json, n, &event.digest);
	return store_plan_event_add(store, &event, &fixture_stamp, why);
}

static enum status write_group(struct store *store, unsigned step, struct fail *why)
{
	char object[32];
	(void)snprintf(object, sizeof object, "group %u", step);
	enum status st = store_group_begin(store, why);
	if (st == ST_OK)
		st = write_readings(store, step, MORE_READINGS, why);
	if (st == ST_OK)
		st = store_audit_add(store, "group.done", object, NULL, &fixture_stamp, why);
	if (st == ST_OK)
		return store_group_commit(store, why);
	store_group_abandon(store);
	return st;
}

static enum status write_delivery(struct store *store, unsigned step, struct fail *why)
{
	char json[CONTENT_SIZE + 32];
	struct store_record record = {
	        .kind = "delivery", .plan_version = 1, .at_ms = FIXTURE_NOW_MS + step, .json = json};
	record.json_len = content_of(step, json);
	name_of(step / STEPS_PER_VISIT, DELIVERY, record.uuid);
	name_of(step / STEPS_PER_VISIT, PATIENT, record.patient);
	name_of(step / STEPS_PER_VISIT, PLAN, record.plan);
	return store_record_add(store, &record, &fixture_stamp, why);
}

static void server_name(unsigned visit, struct store_receipt *receipt)
{
	*receipt = (struct store_receipt){"", "1", "2026-01-01T00:00:00Z"};
	(void)snprintf(receipt->server_id, sizeof receipt->server_id, "Patient/%u", visit);
}

static enum status take_receipt(struct store *store, unsigned visit, struct fail *why)
{
	struct store_outbox entry;
	struct store_external external = {.object = OUTBOX_PATIENT};
	struct store_outbox_mark mark = {.state = OUTBOX_ACKED, .receipt = &external.receipt};
	char value[32];
	name_of(visit, PATIENT, external.uuid);
	server_name(visit, &external.receipt);
	(void)snprintf(value, sizeof value, "%u", visit);
	enum status st = store_outbox_find(store, OUTBOX_PATIENT, external.uuid, 0, &entry, why);
	if (st == ST_OK)
		st = store_outbox_mark(store, entry.seq, &mark, &fixture_stamp, why);
	if (st == ST_OK)
		st = store_external_put(store, &external, &fixture_stamp, why);
	return st == ST_OK ? store_sync_set(store, "watermark", value, &fixture_stamp, why) : st;
}

static enum status write_receipt(struct store *store, unsigned step, struct fail *why)
{
	enum status st = store_group_begin(store, why);
	if (st != ST_OK)
		return st;
	st = take_receipt(store, step / STEPS_PER_VISIT, why);
	if (st == ST_OK)
		return store_group_commit(store, why);
	store_group_abandon(store);
	return st;
}

static enum status write_draft(struct store *store, unsigned step, struct fail *why)
{
	char json[CONTENT_SIZE + 32], patient[UUID_TEXT_SIZE], kind[32];
	size_t n = content_of(step, json);
	name_of(step / STEPS_PER_VISIT, PATIENT, patient);
	(void)snprintf(kind, sizeof kind, "plan.%u", step / STEPS_PER_VISIT);
	return store_draft_put(store, patient, kind, json, n, &fixture_stamp, why);
}

enum status step_write(struct store *store, unsigned step, struct fail *why)
{
	switch (step % STEPS_PER_VISIT) {
	case 0:
		return write_patient(store, step / STEPS_PER_VISIT, why);
	case 1:
		return write_readings(store, step, READINGS, why);
	case 2:
		return write_twin(store, step, why);
	case 3:
		return write_plan(store, step, 1, why);
	case 4:
		return write_event(store, step, "draft", "proposed", why);
	case 5:
		return write_event(store, step, "proposed", "approved", why);
	case 6:
		return write_plan(store, step, 2, why);
	case 7:
		return write_group(store, step, why);
	case 8:
		return write_delivery(store, step, why);
	case 9:
		return write_receipt(store, step, why);
	default:
		return write_draft(store, step, why);
	}
}

/* ---- the witness ---- */

static enum status same_content(unsigned step, const char *json, size_t len, struct fail *why)
{
	char expected[CONTENT_SIZE + 32];
	size_t n = content_of(step, expected);
	if (n == len && memcmp(json, expected, n) == 0)
		return ST_OK;
	return fail_set(why, ST_IO, "step", "step %u is not as it was written", step);
}

static enum status find_readings(struct store *store, unsigned step, enum thing thing, struct fail *why)
{
	struct store_readings readings;
	char uuid[UUID_TEXT_SIZE];
	name_of(step / STEPS_PER_VISIT, thing, uuid);
	enum status st = store_readings_get(store, uuid, &readings, why);
	if (st == ST_OK)
		st = same_content(step, readings.json, readings.json_len, why);
	store_readings_clear(&readings);
	return st;
}

static enum status find_twin(struct store *store, unsigned step, struct fail *why)
{
	struct store_twin twin;
	char uuid[UUID_TEXT_SIZE];
	name_of(step / STEPS_PER_VISIT, TWIN, uuid);
	enum status st = store_twin_get(store, uuid, 1, &twin, why);
	if (st == ST_OK)
		st = same_content(step, twin.json, twin.json_len, why);
	store_twin_clear(&twin);
	return st;
}

static enum status find_plan(struct store *store, unsigned step, int64_t version, struct fail *why)
{
	struct store_plan plan;
	char uuid[UUID_TEXT_SIZE];
	name_of(step / STEPS_PER_VISIT, PLAN, uuid);
	enum status st = store_plan_get(store, uuid, version, &plan, why);
	if (st == ST_OK)
		st = same_content(step, plan.json, plan.json_len, why);
	store_plan_clear(&plan);
	return st;
}

/* Event 2 is the proposal, event 3 the approval. */
static enum status find_event(struct store *store, unsigned step, size_t ordinal, struct fail *why)
{
	struct store_plan_event_list list;
	char uuid[UUID_TEXT_SIZE];
	name_of(step / STEPS_PER_VISIT, PLAN, uuid);
	enum status st = store_plan_event_list(store, uuid, 1, &list, why);
	if (st == ST_OK && list.count < ordinal)
		st = fail_set(why, ST_NOT_FOUND, "step", "no event %zu", ordinal);
	store_plan_event_list_free(&list);
	return st;
}

static enum status find_audit(struct store *store, unsigned step, bool *there, struct fail *why)
{
	struct store_audit_list list;
	char object[32];
	(void)snprintf(object, sizeof object, "group %u", step);
	enum status st = store_audit_list(store, 0, 0, &list, why);
	*there = false;
	for (size_t i = 0; i < list.count && st == ST_OK; i++)
		*there = *there || strcmp(list.items[i].object, object) == 0;
	store_audit_list_free(&list);
	return st;
}

/* Both writes of the group, or neither. */
static enum status find_group(struct store *store, unsigned step, struct fail *why)
{
	bool audited = false;
	enum status st = find_audit(store, step, &audited, why);
	if (st != ST_OK)
		return st;
	st = find_readings(store, step, MORE_READINGS, why);
	if ((st == ST_OK && !audited) || (st == ST_NOT_FOUND && audited))
		return fail_set(why, ST_IO, "step", "half of the group of step %u is there", step);
	return st;
}

static enum status find_delivery(struct store *store, unsigned step, struct fail *why)
{
	struct store_record record;
	char uuid[UUID_TEXT_SIZE];
	name_of(step / STEPS_PER_VISIT, DELIVERY, uuid);
	enum status st = store_record_get(store, uuid, &record, why);
	if (st == ST_OK)
		st = same_content(step, record.json, record.json_len, why);
	store_record_clear(&record);
	return st;
}

/* The mark, the name and the watermark, or none of them. */
static enum status find_receipt(struct store *store, unsigned step, struct fail *why)
{
	unsigned visit = step / STEPS_PER_VISIT;
	struct store_receipt receipt;
	struct store_external external;
	struct store_outbox entry;
	char uuid[UUID_TEXT_SIZE], value[STORE_SYNC_VALUE_MAX + 1] = "";
	name_of(visit, PATIENT, uuid);
	server_name(visit, &receipt);
	enum status st = store_outbox_find(store, OUTBOX_PATIENT, uuid, 0, &entry, why);
	if (st != ST_OK)
		return st;
	enum status named = store_external_find(store, receipt.server_id, &external, why);
	enum status marked = store_sync_get(store, "watermark", value, why);
	bool watermark = marked == ST_OK && strtoul(value, NULL, 10) >= visit;
	if ((named != ST_OK && named != ST_NOT_FOUND) || (marked != ST_OK && marked != ST_NOT_FOUND))
		return ST_IO;
	if ((entry.state == OUTBOX_ACKED) != (named == ST_OK) || (named == ST_OK) != watermark)
		return fail_set(why, ST_IO, "step", "half of the receipt of step %u is there", step);
	return named;
}

static enum status find_draft(struct store *store, unsigned step, struct fail *why)
{
	struct store_draft draft;
	char patient[UUID_TEXT_SIZE], kind[32];
	name_of(step / STEPS_PER_VISIT, PATIENT, patient);
	(void)snprintf(kind, sizeof kind, "plan.%u", step / STEPS_PER_VISIT);
	enum status st = store_draft_get(store, patient, kind, &draft, why);
	if (st == ST_OK)
		st = same_content(step, draft.json, draft.json_len, why);
	store_draft_clear(&draft);
	return st;
}

static enum status find(struct store *store, unsigned step, struct fail *why)
{
	struct store_patient patient;
	char uuid[UUID_TEXT_SIZE];
	name_of(step / STEPS_PER_VISIT, PATIENT, uuid);
	switch (step % STEPS_PER_VISIT) {
	case 0:
		return store_patient_get(store, uuid, &patient, why);
	case 1:
		return find_readings(store, step, READINGS, why);
	case 2:
		return find_twin(store, step, why);
	case 3:
		return find_plan(store, step, 1, why);
	case 4:
		return find_event(store, step, 2, why);
	case 5:
		return find_event(store, step, 3, why);
	case 6:
		return find_plan(store, step, 2, why);
	case 7:
		return find_group(store, step, why);
	case 8:
		return find_delivery(store, step, why);
	case 9:
		return find_receipt(store, step, why);
	default:
		return find_draft(store, step, why);
	}
}

enum status step_find(struct store *store, unsigned step, bool *there, struct fail *why)
{
	enum status st = find(store, step, why);
	*there = st == ST_OK;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status steps_count(struct store *store, unsigned at_most, unsigned *count, struct fail *why)
{
	bool ended = false;
	*count = 0;
	for (unsigned step = 0; step < at_most; step++) {
		bool there = false;
		enum status st = step_find(store, step, &there, why);
		if (st != ST_OK)
			return st;
		if (there && ended)
			return fail_set(why, ST_IO, "step", "step %u is there and one before it is not",
			                step);
		ended = ended || !there;
		*count += there;
	}
	return ST_OK;
}
