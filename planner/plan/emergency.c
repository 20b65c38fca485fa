/* Emergency access as records of the clinic: begun, ended, reviewed. */
#include "planner/plan/emergency.h"

#include "devices/json.h"
#include "planner/plan/canonical.h"
#include "planner/store/record.h"

#define MS_PER_MIN 60000

static const char begin_kind[] = "emergency", end_kind[] = "emergency_end", review_kind[] = "emergency_review";
static const char begin_schema[] = "lasertwin-emergency/1", review_schema[] = "lasertwin-emergency-review/1";

/* ---- reading ---- */

static enum status last_seen(struct store *store, int64_t *at_ms, struct fail *why)
{
	struct store_audit_head head = {0};
	struct store_audit_list list = {0};
	*at_ms = 0;
	enum status st = store_audit_head(store, &head, why);
	if (!st && head.seq > 0)
		st = store_audit_list(store, head.seq - 1, 1, &list, why);
	if (!st && list.count)
		*at_ms = list.items[0].at_ms;
	store_audit_list_free(&list);
	return st;
}

static enum status read_begin(const struct store_record *row, struct emergency *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	double until = 0.0;
	*out = (struct emergency){.began_ms = row->at_ms};
	memcpy(out->uuid, row->uuid, sizeof out->uuid);
	memcpy(out->login, row->actor, sizeof out->login);
	enum status st = json_parse(begin_kind, row->json, row->json_len, &doc, why);
	if (!st) {
		struct json_at root = json_root(doc);
		st = json_schema(&root, begin_schema, why);
		if (!st)
			st = json_string(&root, "reason", out->reason, sizeof out->reason, NULL, why);
		if (!st)
			st = json_number_in(&root, "until_ms", 0.0, (double)STORE_TIME_MAX_MS, "ms", &until, NULL, why);
	}
	json_free(&doc);
	out->until_ms = (int64_t)until;
	return st;
}

static enum status read_review(const struct store_record *row, struct emergency *out, struct fail *why)
{
	struct json_doc *doc = NULL;
	enum status st = json_parse(review_kind, row->json, row->json_len, &doc, why);
	if (!st) {
		struct json_at root = json_root(doc);
		st = json_schema(&root, review_schema, why);
		if (!st)
			st = json_string(&root, "text", out->review, sizeof out->review, NULL, why);
	}
	json_free(&doc);
	out->reviewed_ms = row->at_ms;
	memcpy(out->reviewer, row->actor, sizeof out->reviewer);
	return st;
}

/* What became of it. */
static enum status follow(struct store *store, struct emergency *e, struct fail *why)
{
	const struct store_record_query ends = {.kind = end_kind, .subject = e->uuid, .limit = 1};
	const struct store_record_query reviews = {.kind = review_kind, .subject = e->uuid, .limit = 1};
	struct store_record_list list = {0};
	enum status st = store_record_list(store, &ends, &list, why);
	if (!st && list.count)
		e->ended_ms = list.items[0].at_ms;
	store_record_list_free(&list);
	if (!st)
		st = store_record_list(store, &reviews, &list, why);
	if (!st && list.count)
		st = read_review(&list.items[0], e, why);
	store_record_list_free(&list);
	return st;
}

static bool lasts(const struct emergency *e, int64_t now_ms)
{
	return e->ended_ms == 0 && now_ms < e->until_ms;
}

enum status emergency_active(struct store *store, const char *login, int64_t now_ms, struct emergency *out,
                             bool *active, struct fail *why)
{
	const struct store_record_query query = {.kind = begin_kind, .subject = login, .limit = 1};
	struct store_record_list list = {0};
	int64_t seen_ms = 0;
	*active = false;
	enum status st = store_record_list(store, &query, &list, why);
	if (!st && list.count) {
		st = last_seen(store, &seen_ms, why);
		if (!st)
			st = read_begin(&list.items[0], out, why);
		if (!st)
			st = follow(store, out, why);
		*active = !st && strcmp(out->login, login) == 0 && lasts(out, life_clock(now_ms, seen_ms).now_ms);
	}
	store_record_list_free(&list);
	return st;
}

enum status emergency_list(struct store *store, struct emergency_list *out, struct fail *why)
{
	const struct store_record_query query = {.kind = begin_kind};
	struct store_record_list list = {0};
	*out = (struct emergency_list){0};
	enum status st = store_record_list(store, &query, &list, why);
	if (!st && !(out->items = calloc(list.count + 1, sizeof *out->items)))
		st = fail_set(why, ST_FULL, begin_kind, "out of memory");
	for (size_t i = 0; !st && i < list.count; i++) {
		struct emergency *e = &out->items[out->count++];
		st = read_begin(&list.items[i], e, why);
		if (!st)
			st = follow(store, e, why);
		out->open += e->reviewed_ms == 0;
	}
	store_record_list_free(&list);
	if (st)
		emergency_list_free(out);
	return st;
}

void emergency_list_free(struct emergency_list *list)
{
	free(list->items);
	*list = (struct emergency_list){0};
}

/* ---- writing ---- */

static enum status check_text(const char *what, const char *text, struct fail *why)
{
	size_t visible = 0;
	for (const char *c = text ? text : ""; *c; c++)
		visible += (unsigned char)*c > ' ';
	return visible >= LIFE_REASON_MIN
	               ? ST_OK
	               : fail_set(why, ST_INPUT, what, "is missing or too short; write at least %d characters",
	                          LIFE_REASON_MIN);
}

/* The record and its line in the audit, together. */
static enum status keep(struct store *store, struct store_record *row, struct canonical *c, const char *action,
                        const char *object, const struct store_stamp *stamp, struct fail *why)
{
	char *json = NULL;
	size_t n = 0;
	enum status st = canonical_finish(c, &json, &n, why);
	if (!st)
		st = uuid_new(row->uuid, why);
	if (!st)
		st = store_group_begin(store, why);
	if (st) {
		free(json);
		return st;
	}
	row->json = json;
	row->json_len = n;
	st = store_record_add(store, row, stamp, why);
	if (!st)
		st = store_audit_add(store, action, object, NULL, stamp, why);
	free(json);
	if (!st)
		return store_group_commit(store, why);
	store_group_abandon(store);
	return st;
}

static enum status may_begin(struct store *store, const struct session *by, const char *reason, double minutes,
                             int64_t now_ms, struct fail *why)
{
	struct emergency before;
	bool active = false;
	enum status st = check_text("reason", reason, why);
	if (!st && !(minutes >= 1.0 && minutes <= EMERGENCY_MINUTES_MAX))
		st = fail_set(why, ST_RANGE, "minutes", "%g is outside 1 to %d", minutes, EMERGENCY_MINUTES_MAX);
	if (!st && session_has(by, ROLE_TECHNICIAN | ROLE_DERMATOLOGIST))
		st = fail_set(why, ST_DENIED, "role", "you have a clinical role: emergency access would add nothing to it");
	if (!st)
		st = emergency_active(store, session_person(by)->login, now_ms, &before, &active, why);
	return !st && active ? fail_set(why, ST_DENIED, begin_kind, "access lasts already; end it first") : st;
}

enum status emergency_begin(struct store *store, const struct session *by, const char *reason, double minutes,
                            int64_t now_ms, struct emergency *out, struct fail *why)
{
	struct store_record row = {.at_ms = now_ms};
	struct canonical c = {0};
	char object[STORE_OBJECT_MAX + 1];
	*out = (struct emergency){.began_ms = now_ms, .until_ms = now_ms + (int64_t)(minutes * MS_PER_MIN)};
	enum status st = may_begin(store, by, reason, minutes, now_ms, why);
	if (st)
		return st;
	const char *login = session_person(by)->login;
	const struct store_stamp stamp = {now_ms, login};
	(void)snprintf(row.kind, sizeof row.kind, "%s", begin_kind);
	(void)snprintf(row.subject, sizeof row.subject, "%s", login);
	(void)snprintf(out->login, sizeof out->login, "%s", login);
	(void)snprintf(out->reason, sizeof out->reason, "%s", reason);
	(void)snprintf(object, sizeof object, "%s, %.0f min", login, minutes);
	canonical_object(&c, NULL);
	canonical_text(&c, "reason", reason);
	canonical_text(&c, "schema", begin_schema);
	canonical_int(&c, "until_ms", out->until_ms);
	canonical_close(&c);
	st = keep(store, &row, &c, "emergency.begin", object, &stamp, why);
	memcpy(out->uuid, row.uuid, sizeof out->uuid);
	return st;
}

enum status emergency_end(struct store *store, const struct session *by, int64_t now_ms, struct fail *why)
{
	const char *login = session_person(by)->login;
	const struct store_stamp stamp = {now_ms, login};
	struct store_record row = {.at_ms = now_ms};
	struct canonical c = {0};
	struct emergency e;
	bool active = false;
	enum status st = emergency_active(store, login, now_ms, &e, &active, why);
	if (!st && !active)
		st = fail_set(why, ST_NOT_FOUND, begin_kind, "no emergency access of yours lasts");
	if (st)
		return st;
	(void)snprintf(row.kind, sizeof row.kind, "%s", end_kind);
	(void)snprintf(row.subject, sizeof row.subject, "%s", e.uuid);
	canonical_object(&c, NULL);
	canonical_text(&c, "schema", "lasertwin-emergency-end/1");
	canonical_close(&c);
	return keep(store, &row, &c, "emergency.end", login, &stamp, why);
}

/* ---- review ---- */

static enum status find(const struct emergency_list *list, const char *beginning, const struct emergency **out,
                        struct fail *why)
{
	const size_t n = strlen(beginning), least = 4;
	size_t found = 0;
	for (size_t i = 0; n >= least && i < list->count; i++)
		if (strncmp(list->items[i].uuid, beginning, n) == 0 && found++ == 0)
			*out = &list->items[i];
	if (found == 1)
		return ST_OK;
	return fail_set(why, found ? ST_CONFLICT : ST_NOT_FOUND, begin_kind,
	                found ? "%zu begin with \"%.40s\"; give more digits"
	                      : "%zu begin with \"%.40s\"; `lasertwin emergency list` shows them",
	                found, beginning);
}

static enum status may_review(const struct session *by, const struct emergency *e, int64_t now_ms, struct fail *why)
{
	if (!session_has(by, ROLE_ADMINISTRATOR | ROLE_DERMATOLOGIST))
		return fail_set(why, ST_DENIED, "review", "is for administrators and dermatologists: ask one");
	if (strcmp(session_person(by)->login, e->login) == 0)
		return fail_set(why, ST_DENIED, "review", "nobody reviews their own emergency access: ask another");
	if (e->reviewed_ms)
		return fail_set(why, ST_CONFLICT, "review", "was done by %s", e->reviewer);
	return lasts(e, now_ms) ? fail_set(why, ST_DENIED, "review", "the access still lasts; review it when it has ended")
	                        : ST_OK;
}

static enum status write_review(struct store *store, const struct session *by, const struct emergency *e,
                                const char *text, int64_t now_ms, struct fail *why)
{
	const struct store_stamp stamp = {now_ms, session_person(by)->login};
	struct store_record row = {.at_ms = now_ms};
	struct canonical c = {0};
	char object[STORE_OBJECT_MAX + 1];
	(void)snprintf(row.kind, sizeof row.kind, "%s", review_kind);
	(void)snprintf(row.subject, sizeof row.subject, "%s", e->uuid);
	(void)snprintf(object, sizeof object, "%s of %s", e->uuid, e->login);
	canonical_object(&c, NULL);
	canonical_text(&c, "schema", review_schema);
	canonical_text(&c, "text", text);
	canonical_close(&c);
	return keep(store, &row, &c, "emergency.review", object, &stamp, why);
}

enum status emergency_review(struct store *store, const struct session *by, const char *uuid, const char *text,
                             int64_t now_ms, struct fail *why)
{
	struct emergency_list list = {0};
	const struct emergency *e = NULL;
	enum status st = check_text("review", text, why);
	if (!st)
		st = emergency_list(store, &list, why);
	if (!st)
		st = find(&list, uuid, &e, why);
	if (!st)
		st = may_review(by, e, now_ms, why);
	if (!st)
		st = write_review(store, by, e, text, now_ms, why);
	emergency_list_free(&list);
	return st;
}

const char *emergency_text(const struct emergency *e, char *out, size_t size)
{
	const time_t seconds = (time_t)(e->until_ms / 1000);
	char until[8] = "?";
	struct tm utc;
	if (gmtime_r(&seconds, &utc))
		(void)strftime(until, sizeof until, "%H:%M", &utc);
	(void)snprintf(out, size, "EMERGENCY ACCESS of %s until %s UTC: %s", e->login, until, e->reason);
	return out;
}
