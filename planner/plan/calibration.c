/* Output checks kept and read back. */
#include "planner/plan/calibration.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <time.h>

#include "devices/json.h"

#define MS_PER_DAY 86400000.0

static const char check_schema[] = "lasertwin-calibration/1", fault_schema[] = "lasertwin-device-fault/1";

/* ---- keeping ---- */

static enum status keep(struct store *store, cJSON *root, const char *serial, const struct store_stamp *stamp,
                        struct fail *why)
{
	struct store_record record = {.kind = CALIBRATION_KIND, .at_ms = stamp->at_ms};
	char *json = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	if (!json)
		return fail_set(why, ST_FULL, CALIBRATION_KIND, "out of memory");
	record.json = json;
	record.json_len = strlen(json);
	(void)snprintf(record.subject, sizeof record.subject, "%s", serial);
	enum status st = uuid_new(record.uuid, why);
	if (!st)
		st = store_record_add(store, &record, stamp, why);
	cJSON_free(json);
	return st;
}

enum status calibration_keep(struct store *store, const struct calibration *c, const struct store_stamp *stamp,
                             struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", check_schema);
	cJSON_AddStringToObject(root, "serial", c->serial);
	cJSON_AddStringToObject(root, "handpiece_serial", c->handpiece_serial);
	cJSON_AddNumberToObject(root, "measured", c->measured);
	cJSON_AddNumberToObject(root, "set", c->set);
	if (c->unit)
		cJSON_AddStringToObject(root, "unit", c->unit);
	return keep(store, root, c->serial, stamp, why);
}

enum status calibration_fault(struct store *store, const char *serial, const char *handpiece_serial, const char *reason,
                              const struct store_stamp *stamp, struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", fault_schema);
	cJSON_AddStringToObject(root, "serial", serial);
	cJSON_AddStringToObject(root, "handpiece_serial", handpiece_serial);
	cJSON_AddStringToObject(root, "reason", reason);
	return keep(store, root, serial, stamp, why);
}

/* ---- reading ---- */

static enum status read_check(const struct json_at *root, struct calibration_entry *out, struct fail *why)
{
	bool given = false;
	enum status st = json_number_in(root, "measured", 1e-9, 1e9, "", &out->measured, NULL, why);
	if (!st)
		st = json_number_in(root, "set", 1e-9, 1e9, "", &out->set, NULL, why);
	return st ? st : json_string(root, "unit", out->unit, sizeof out->unit, &given, why);
}

static enum status read_json(const struct json_at *root, struct calibration_entry *out, struct fail *why)
{
	struct fail other;
	const bool is_fault = json_schema(root, fault_schema, &other) == ST_OK;
	enum status st = is_fault ? ST_OK : json_schema(root, check_schema, why);
	if (!st)
		st = json_string(root, "serial", out->serial, sizeof out->serial, NULL, why);
	if (!st)
		st = json_string(root, "handpiece_serial", out->handpiece_serial, sizeof out->handpiece_serial, NULL, why);
	out->standing = is_fault ? CALIBRATION_FAULT : CALIBRATION_COUNTS; /* until it is judged */
	if (!st)
		st = is_fault ? json_string(root, "reason", out->reason, sizeof out->reason, NULL, why)
		              : read_check(root, out, why);
	return st;
}

/* One that cannot be read keeps its place as such. */
static void read_entry(const struct store_record *record, struct calibration_entry *out)
{
	struct json_doc *doc = NULL;
	struct fail unread;
	*out = (struct calibration_entry){.at_ms = record->at_ms, .standing = CALIBRATION_UNREADABLE};
	memcpy(out->uuid, record->uuid, sizeof out->uuid);
	memcpy(out->actor, record->actor, sizeof out->actor);
	enum status st = json_parse(CALIBRATION_KIND, record->json, record->json_len, &doc, &unread);
	if (!st) {
		const struct json_at root = json_root(doc);
		st = read_json(&root, out, &unread);
	}
	if (st)
		out->standing = CALIBRATION_UNREADABLE;
	json_free(&doc);
}

static int64_t day_of(int64_t at_ms, const struct calibration_day *day)
{
	return (int64_t)floor((double)(at_ms + day->ahead_ms) / MS_PER_DAY);
}

/* Whether the entry at `other` takes the one at `at` (latest entered first) out of force by being later. What another
 * station entered comes when it comes: a fault counts against every check that is not certainly after it, by its time
 * or by when it was entered here; of two checks the one taken later stands. */
static bool is_fault_for(const struct calibration_entry *list, size_t other, size_t at)
{
	return list[other].standing == CALIBRATION_FAULT && strcmp(list[other].serial, list[at].serial) == 0 &&
	       (other < at || list[other].at_ms > list[at].at_ms);
}

static bool is_later_check(const struct calibration_entry *list, size_t other, size_t at)
{
	return list[other].standing != CALIBRATION_UNREADABLE && list[other].standing != CALIBRATION_FAULT &&
	       strcmp(list[other].serial, list[at].serial) == 0 &&
	       strcmp(list[other].handpiece_serial, list[at].handpiece_serial) == 0 &&
	       (list[other].at_ms > list[at].at_ms || (list[other].at_ms == list[at].at_ms && other < at));
}

static enum calibration_standing standing_of(const struct calibration_entry *list, size_t count, size_t at,
                                             const struct calibration_day *day)
{
	const struct calibration_entry *e = &list[at];
	const int64_t age_ms = day->now_ms - e->at_ms;
	bool replaced = false;
	if (e->standing != CALIBRATION_COUNTS)
		return e->standing;
	for (size_t i = 0; i < count; i++) {
		if (is_fault_for(list, i, at))
			return CALIBRATION_REVOKED;
		replaced = replaced || (i != at && is_later_check(list, i, at));
	}
	if (age_ms < 0 || (day_of(e->at_ms, day) != day_of(day->now_ms, day) && age_ms > CALIBRATION_GRACE_MS))
		return CALIBRATION_PAST;
	return replaced ? CALIBRATION_REPLACED : CALIBRATION_COUNTS;
}

enum status calibration_list(struct store *store, const char *serial, const struct calibration_day *day,
                             struct calibration_entry **out, size_t *count, struct fail *why)
{
	const struct store_record_query query = {.kind = CALIBRATION_KIND, .subject = serial, .limit = CALIBRATIONS_LOOKED_AT};
	struct store_record_list list = {0};
	enum status st = store_record_list(store, &query, &list, why);
	*count = list.count;
	*out = st ? NULL : calloc(list.count + 1, sizeof **out);
	if (!st && !*out)
		st = fail_set(why, ST_FULL, CALIBRATION_KIND, "out of memory");
	for (size_t i = 0; !st && i < list.count; i++)
		read_entry(&list.items[i], &(*out)[i]);
	for (size_t i = list.count; !st && i > 0; i--) /* the earliest first: those after it are not judged yet */
		(*out)[i - 1].standing = standing_of(*out, list.count, i - 1, day);
	store_record_list_free(&list);
	return st;
}

enum status calibration_today(struct store *store, const char *serial, const char *handpiece_serial,
                              const struct calibration_day *day, struct calibration_entry *out, struct fail *why)
{
	struct calibration_entry *list = NULL;
	size_t count = 0, i = 0;
	enum status st = calibration_list(store, serial, day, &list, &count, why);
	if (st)
		return st;
	while (i < count && (strcmp(list[i].handpiece_serial, handpiece_serial) != 0 ||
	                     list[i].standing != CALIBRATION_COUNTS))
		i++;
	if (i < count)
		*out = list[i];
	else
		st = fail_set(why, ST_NOT_FOUND, CALIBRATION_KIND, "console %.40s with handpiece %.40s has no output check of today",
		              serial, handpiece_serial);
	free(list);
	return st;
}

const char *calibration_standing_name(enum calibration_standing standing)
{
	static const char *const names[CALIBRATION_STANDINGS] = {
	        [CALIBRATION_COUNTS] = "counts today", [CALIBRATION_PAST] = "past",
	        [CALIBRATION_REPLACED] = "replaced",   [CALIBRATION_REVOKED] = "revoked",
	        [CALIBRATION_FAULT] = "fault",         [CALIBRATION_UNREADABLE] = "unreadable",
	};
	return (unsigned)standing < CALIBRATION_STANDINGS ? names[standing] : "unknown";
}

const char *calibration_words(const struct calibration_entry *entry, char *out, size_t size)
{
	const time_t seconds = (time_t)(entry->at_ms / 1000);
	char when[24] = "?";
	struct tm utc;
	if (gmtime_r(&seconds, &utc))
		(void)strftime(when, sizeof when, "%H:%M UTC", &utc);
	(void)snprintf(out, size, "%s; checked %s by %s", entry->unit, when, entry->actor);
	return out;
}

/* ---- the trend ---- */

static bool is_reading(const struct store_record *record, const char *handpiece_serial, struct drift_reading *out)
{
	struct calibration_entry entry;
	read_entry(record, &entry);
	*out = (struct drift_reading){.day = (double)entry.at_ms / MS_PER_DAY, .measured = entry.measured, .set = entry.set};
	return entry.standing == CALIBRATION_COUNTS && strcmp(entry.handpiece_serial, handpiece_serial) == 0;
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
		count += is_reading(&list.items[i], handpiece_serial, &reading[count]) && reading[count].day <= today;
	store_record_list_free(&list);
	return st ? st : drift_today(reading, count, today, out, why);
}
