/* Output checks kept and read back. */
#include "planner/plan/calibration.h"

#include <cjson/cJSON.h>

#include "devices/json.h"

#define MS_PER_DAY 86400000.0

enum status calibration_keep(struct store *store, const struct calibration *c, const struct store_stamp *stamp,
                             struct fail *why)
{
	struct store_record record = {.kind = CALIBRATION_KIND, .at_ms = stamp->at_ms};
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", "lasertwin-calibration/1");
	cJSON_AddStringToObject(root, "serial", c->serial);
	cJSON_AddStringToObject(root, "handpiece_serial", c->handpiece_serial);
	cJSON_AddNumberToObject(root, "measured", c->measured);
	cJSON_AddNumberToObject(root, "set", c->set);
	char *json = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	if (!json)
		return fail_set(why, ST_FULL, CALIBRATION_KIND, "out of memory");
	record.json = json;
	record.json_len = strlen(json);
	(void)snprintf(record.subject, sizeof record.subject, "%s", c->serial);
	enum status st = uuid_new(record.uuid, why);
	if (!st)
		st = store_record_add(store, &record, stamp, why);
	cJSON_free(json);
	return st;
}

/* Whether the record is a reading of this handpiece. */
static bool read_one(const struct store_record *record, const char *handpiece_serial, struct drift_reading *out)
{
	struct json_doc *doc = NULL;
	struct fail unread;
	char handpiece[64] = "";
	if (json_parse(CALIBRATION_KIND, record->json, record->json_len, &doc, &unread))
		return false;
	const struct json_at root = json_root(doc);
	out->day = (double)record->at_ms / MS_PER_DAY;
	enum status st = json_schema(&root, "lasertwin-calibration/1", &unread);
	if (!st)
		st = json_string(&root, "handpiece_serial", handpiece, sizeof handpiece, NULL, &unread);
	if (!st)
		st = json_number_in(&root, "measured", 1e-9, 1e9, "", &out->measured, NULL, &unread);
	if (!st)
		st = json_number_in(&root, "set", 1e-9, 1e9, "", &out->set, NULL, &unread);
	json_free(&doc);
	return st == ST_OK && strcmp(handpiece, handpiece_serial) == 0;
}

enum status calibration_drift(struct store *store, const char *serial, const char *handpiece_serial, int64_t now_ms,
                              struct drift *out, struct fail *why)
{
	const struct store_record_query query = {.kind = CALIBRATION_KIND, .subject = serial, .limit = CALIBRATIONS_LOOKED_AT};
	struct store_record_list list = {0};
	struct drift_reading reading[CALIBRATIONS_LOOKED_AT];
	size_t count = 0;
	const double today = (double)now_ms / MS_PER_DAY;
	enum status st = store_record_list(store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count && count < CALIBRATIONS_LOOKED_AT; i++)
		count += read_one(&list.items[i], handpiece_serial, &reading[count]) && reading[count].day <= today;
	store_record_list_free(&list);
	return st ? st : drift_today(reading, count, today, out, why);
}
