#include "planner/sync/station.h"

#include <inttypes.h>

#include "planner/store/outbox.h"
#include "planner/sync/instant.h"
#include "planner/sync/station_private.h"

#define ACTOR "sync"

/* ---- small texts -------------------------------------------------------------------------------------- */

struct store_stamp station_stamp(const struct station *s)
{
	return (struct store_stamp){s->now_ms(), ACTOR};
}

enum status station_put(struct station *s, const char *key, const char *value, struct fail *why)
{
	const struct store_stamp stamp = station_stamp(s);
	return store_sync_set(s->store, key, value, &stamp, why);
}

/* "" where there is none. */
enum status station_get(struct station *s, const char *key, char value[STORE_SYNC_VALUE_MAX + 1],
                        struct fail *why)
{
	struct fail reason = {0};
	value[0] = '\0';
	enum status st = store_sync_get(s->store, key, value, &reason);
	if (st == ST_NOT_FOUND)
		value[0] = '\0';
	return st && st != ST_NOT_FOUND ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
}

static void place_write(const struct sync_place *p, char *out, size_t size)
{
	(void)snprintf(out, size, "%s %s %s %" PRId64 " %d %d", p->type, p->server_id, p->version,
	               p->updated_ms, p->gone, p->ours);
}

bool station_place_read(const char *text, const char *name, struct sync_place *out)
{
	int gone = 0, ours = 0;
	*out = (struct sync_place){0};
	(void)snprintf(out->sync_id, sizeof out->sync_id, "%s", name);
	if (sscanf(text, "%24s %64s %64s %" SCNd64 " %d %d", out->type, out->server_id, out->version,
	           &out->updated_ms, &gone, &ours) != 6)
		return false;
	out->gone = gone;
	out->ours = ours;
	return true;
}

enum status station_put_place(struct station *s, const struct sync_place *place, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	(void)snprintf(key, sizeof key, "p.%s", place->sync_id);
	place_write(place, value, sizeof value);
	return station_put(s, key, value, why);
}

/* The engine's keys have capitals and slashes; the store's have neither. */
static void value_key(const char *key, char out[STORE_SYNC_KEY_MAX + 1])
{
	(void)snprintf(out, STORE_SYNC_KEY_MAX + 1, "v.%s", key);
	for (char *c = out; *c; c++)
		*c = *c == '/' ? '.' : *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
}

/* ---- groups ------------------------------------------------------------------------------------------- */

static enum status finish_group(struct station *s, enum status st, struct fail *why)
{
	if (st == ST_OK)
		return store_group_commit(s->store, why);
	store_group_abandon(s->store);
	return st;
}

/* ---- outbox rows as units ----------------------------------------------------------------------------- */

static enum status map_event(struct station *s, const struct store_outbox *row, struct sync_unit *unit,
                             struct fail *why)
{
	struct store_plan plan = {0};
	struct store_plan_event_list events = {0};
	struct mapping_parties parties;
	enum status st = store_plan_get(s->store, row->uuid, row->version, &plan, why);
	if (!st)
		st = store_plan_event_list(s->store, row->uuid, row->version, &events, why);
	if (!st)
		st = station_parties(s, &plan, true, &parties, why);
	bool found = false;
	for (size_t i = 0; !st && i < events.count; i++)
		if (events.items[i].ordinal == row->ordinal) {
			found = true;
			st = mapping_event(&s->mapping, &parties, &plan, &events.items[i], unit, why);
		}
	store_plan_event_list_free(&events);
	store_plan_clear(&plan);
	return st || found ? st : fail_set(why, ST_NOT_FOUND, "plan_event", "is not there");
}

/* Who the patient was when this was written, so that what is sent again are the same bytes. A correction of what never
 * reached the server (it was refused there) goes as a new record. */
static enum status map_patient(struct station *s, const struct store_outbox *row, struct sync_unit *unit,
                               struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	struct store_identity then;
	(void)snprintf(key, sizeof key, "p.%s", row->uuid);
	enum status st = station_get(s, key, value, why);
	if (!st)
		st = store_patient_version(s->store, row->uuid, row->version, &then, why);
	return st ? st : mapping_patient(&s->mapping, &then.patient, row->version > 0 && value[0] != '\0', unit, why);
}

static enum status map_content(struct station *s, const struct store_outbox *row, struct sync_unit *unit,
                               struct fail *why)
{
	struct store_readings readings = {0};
	struct store_twin twin = {0};
	struct store_plan plan = {0};
	struct store_record record = {0};
	struct mapping_parties parties;
	enum status st;
	switch (row->object) {
	case OUTBOX_PATIENT:
		return map_patient(s, row, unit, why);
	case OUTBOX_READINGS:
		st = store_readings_get(s->store, row->uuid, &readings, why);
		st = st ? st : station_parties(s, NULL, false, &parties, why);
		st = st ? st : mapping_readings(&s->mapping, &parties, &readings, unit, why);
		store_readings_clear(&readings);
		return st;
	case OUTBOX_TWIN:
		st = store_twin_get(s->store, row->uuid, row->version, &twin, why);
		st = st ? st : mapping_twin(&s->mapping, &twin, unit, why);
		store_twin_clear(&twin);
		return st;
	case OUTBOX_PLAN:
		st = store_plan_get(s->store, row->uuid, row->version, &plan, why);
		st = st ? st : station_parties(s, &plan, false, &parties, why);
		st = st ? st : mapping_plan(&s->mapping, &parties, &plan, unit, why);
		store_plan_clear(&plan);
		return st;
	case OUTBOX_PLAN_EVENT:
		return map_event(s, row, unit, why);
	default:
		st = store_record_get(s->store, row->uuid, &record, why);
		if (!st)
			st = station_is_device(row) ? station_map_device(s, &record, row->ordinal > 1, unit, why)
			                            : mapping_record(&s->mapping, &record, unit, why);
		store_record_clear(&record);
		return st;
	}
}

static void load_bases(const char *text, struct sync_unit *unit)
{
	for (size_t i = 0; i < unit->count && *text; i++) {
		size_t n = strcspn(text, " ");
		if (n <= SYNC_VERSION_MAX && !(n == 1 && *text == '-'))
			(void)snprintf(unit->entry[i].base, sizeof unit->entry[i].base, "%.*s", (int)n, text);
		text += n + (text[n] == ' ');
	}
}

/* Of a Device from its content: what another station wrote of the same thing is as good as ours. */
static enum status name_write(struct station *s, const struct store_outbox *row, char uuid[UUID_TEXT_SIZE],
                              struct fail *why)
{
	char device[UUID_TEXT_SIZE];
	if (station_is_device(row))
		return station_device_names(s, row->uuid, device, uuid, why);
	mapping_name(s->uuid, row->seq, 0, PART_UNIT, uuid);
	return ST_OK;
}

enum status station_unit(struct station *s, const struct store_outbox *row, struct sync_unit *unit,
                         struct fail *why)
{
	static const enum sync_state states[OUTBOX_STATES] = {[OUTBOX_PENDING] = SYNC_PENDING,
	                                                      [OUTBOX_INFLIGHT] = SYNC_INFLIGHT,
	                                                      [OUTBOX_ACKED] = SYNC_ACKED,
	                                                      [OUTBOX_CONFLICT] = SYNC_CONFLICT,
	                                                      [OUTBOX_REFUSED] = SYNC_REFUSED};
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	*unit = (struct sync_unit){
	        .seq = row->seq, .state = states[row->state], .attempts = (int)row->attempts};
	enum status st = name_write(s, row, unit->uuid, why);
	if (!st)
		st = map_content(s, row, unit, why);
	(void)snprintf(key, sizeof key, "b.%" PRId64, row->seq);
	if (!st && unit->state == SYNC_INFLIGHT)
		st = station_get(s, key, value, why);
	if (!st && unit->state == SYNC_INFLIGHT)
		load_bases(value, unit);
	/* "keep mine" against a record that stands there already: it goes as a change of it */
	for (size_t i = 0; !st && i < unit->count; i++) {
		(void)snprintf(key, sizeof key, "m.%" PRId64, row->seq);
		st = station_get(s, key, value, why);
		if (!st && value[0])
			unit->entry[i].update = true;
	}
	if (st)
		sync_unit_clear(unit);
	return st;
}

enum status station_dismissed(struct station *s, int64_t seq, bool *dismissed, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	(void)snprintf(key, sizeof key, "d.%" PRId64, seq);
	enum status st = station_get(s, key, value, why);
	*dismissed = !st && value[0] != '\0';
	return st;
}

/* Content that is not here any more (a patient erased) cannot be sent. */
static enum status give_up(struct station *s, const struct store_outbox *row, const struct fail *reason,
                           struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], note[SYNC_REASON_MAX + 1];
	const struct store_stamp stamp = station_stamp(s);
	(void)snprintf(note, sizeof note, "not to be sent: %.80s %.140s", reason->field, reason->text);
	const struct store_outbox_mark mark = {.state = OUTBOX_REFUSED, .note = note};
	enum status st = store_outbox_mark(s->store, row->seq, &mark, &stamp, why);
	(void)snprintf(key, sizeof key, "d.%" PRId64, row->seq);
	return st ? st : station_put(s, key, "content", why);
}

static enum status next_audit(struct station *s, int64_t after, struct sync_unit *out, struct fail *why)
{
	char value[STORE_SYNC_VALUE_MAX + 1];
	struct store_audit_list list = {0};
	struct mapping_parties parties;
	enum status st = station_get(s, "audit", value, why);
	int64_t sent = st ? 0 : strtoll(value, NULL, 10),
	        from = after - AUDIT_SEQ > sent ? after - AUDIT_SEQ : sent;
	if (!st)
		st = store_audit_list(s->store, from, 1, &list, why);
	if (!st && list.count == 0)
		st = fail_set(why, ST_NOT_FOUND, "outbox", "no more");
	if (!st) {
		*out = (struct sync_unit){
		        .seq = AUDIT_SEQ + list.items[0].seq, .attempts = 1, .state = SYNC_INFLIGHT};
		mapping_name(s->uuid, list.items[0].seq, 1, PART_UNIT, out->uuid);
		st = station_parties(s, NULL, false, &parties, why);
		if (!st)
			st = mapping_audit(&s->mapping, &parties, &list.items[0], out, why);
	}
	store_audit_list_free(&list);
	return st;
}

/* A refused one that somebody dealt with: by saying so, or by correcting what the server would not take. */
static enum status passed_over(struct station *s, const struct store_outbox *row, bool *passed, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1];
	struct store_outbox last;
	enum status st = station_dismissed(s, row->seq, passed, why);
	if (st || *passed || row->object != OUTBOX_PATIENT)
		return st;
	st = store_outbox_find(s->store, OUTBOX_PATIENT, row->uuid, 0, &last, why);
	*passed = !st && last.seq > row->seq;
	(void)snprintf(key, sizeof key, "d.%" PRId64, row->seq);
	return st || !*passed ? st : station_put(s, key, "corrected", why);
}

static enum status next(void *state, int64_t after, struct sync_unit *out, struct fail *why)
{
	struct station *s = state;
	while (after < AUDIT_SEQ) {
		struct store_outbox_list list = {0};
		struct fail reason = {0};
		const struct store_outbox_query query = {.states = UNSETTLED, .after_seq = after, .limit = 1};
		enum status st = store_outbox_list(s->store, &query, &list, why);
		if (st)
			return st;
		if (list.count == 0)
			break;
		const struct store_outbox row = list.items[0];
		bool dismissed = false;
		store_outbox_list_free(&list);
		after = row.seq;
		if (row.state == OUTBOX_REFUSED)
			st = passed_over(s, &row, &dismissed, why);
		if (!st && dismissed)
			continue;
		if (!st)
			st = station_unit(s, &row, out, &reason);
		if (st == ST_OK || (st != ST_NOT_FOUND && st != ST_DENIED && st != ST_INPUT))
			return st ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
		st = give_up(s, &row, &reason, why);
		if (st)
			return st;
	}
	return next_audit(s, after > AUDIT_SEQ ? after : AUDIT_SEQ, out, why);
}

/* ---- which unit names a record ------------------------------------------------------------------------ */

enum status station_row(struct station *s, int64_t seq, struct store_outbox *row, struct fail *why)
{
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {
	        .states = (1u << OUTBOX_STATES) - 1, .after_seq = seq - 1, .limit = 1};
	enum status st = store_outbox_list(s->store, &query, &list, why);
	if (!st && (list.count == 0 || list.items[0].seq != seq))
		st = fail_set(why, ST_NOT_FOUND, "outbox", "has no entry %" PRId64, seq);
	if (!st)
		*row = list.items[0];
	store_outbox_list_free(&list);
	return st;
}

static enum status held_version(struct station *s, const char *name, char version[SYNC_VERSION_MAX + 1],
                                struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1], body[UUID_TEXT_SIZE];
	struct sync_place place;
	version[0] = '\0';
	(void)snprintf(key, sizeof key, "h.%s", name);
	enum status st = station_get(s, key, value, why);
	if (!st && sscanf(value, "%36s", body) == 1 &&
	    station_place_read(value + UUID_TEXT_SIZE, name, &place))
		memcpy(version, place.version, sizeof place.version);
	return st;
}

static enum status open_unit(void *state, const char *name, struct sync_unit *out, struct fail *why)
{
	struct station *s = state;
	struct store_outbox row;
	enum status st = station_index(s, &s->open, UNSETTLED, why);
	if (st)
		return st;
	for (const struct named *n = station_named(&s->open, name); n; n = station_named_next(&s->open, n)) {
		bool dismissed = false;
		st = station_row(s, n->seq, &row, why);
		if (!st && row.state == OUTBOX_REFUSED)
			st = station_dismissed(s, row.seq, &dismissed, why);
		if (st)
			return st;
		if (dismissed || row.state == OUTBOX_ACKED)
			continue;
		*out = (struct sync_unit){.seq = row.seq, .attempts = (int)row.attempts};
		out->state = row.state == OUTBOX_PENDING    ? SYNC_PENDING
		             : row.state == OUTBOX_INFLIGHT ? SYNC_INFLIGHT
		             : row.state == OUTBOX_CONFLICT ? SYNC_CONFLICT
		                                            : SYNC_REFUSED;
		st = name_write(s, &row, out->uuid, why);
		return st ? st : held_version(s, name, out->held, why);
	}
	return fail_set(why, ST_NOT_FOUND, "outbox", "none");
}

enum status station_changed_here(struct station *s, const char *name, bool *changed, struct fail *why)
{
	struct sync_unit unit;
	struct fail reason = {0};
	enum status st = open_unit(s, name, &unit, &reason);
	*changed = st == ST_OK;
	return st && st != ST_NOT_FOUND ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
}

enum status station_sending_soon(struct station *s, const char *name, bool *soon, struct fail *why)
{
	struct sync_unit unit;
	struct fail reason = {0};
	enum status st = open_unit(s, name, &unit, &reason);
	*soon = st == ST_OK && (unit.state == SYNC_PENDING || unit.state == SYNC_INFLIGHT);
	return st && st != ST_NOT_FOUND ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
}

/* ---- going out ---------------------------------------------------------------------------------------- */

static enum status mark_sending(struct station *s, const struct sync_unit *unit, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	const struct store_stamp stamp = station_stamp(s);
	const struct store_outbox_mark mark = {.state = OUTBOX_INFLIGHT};
	size_t used = 0;
	bool any = false;
	if (unit->seq > AUDIT_SEQ)
		return ST_OK; /* repeated under its name until it is acknowledged */
	enum status st = store_outbox_mark(s->store, unit->seq, &mark, &stamp, why);
	for (size_t i = 0; i < unit->count; i++) {
		const char *base = unit->entry[i].base;
		any |= base[0] != '\0';
		used += (size_t)snprintf(value + used, sizeof value - used, "%s%s", used ? " " : "",
		                         base[0] ? base : "-");
	}
	(void)snprintf(key, sizeof key, "b.%" PRId64, unit->seq);
	return st || !any ? st : station_put(s, key, value, why);
}

static enum status sending(void *state, struct sync_unit *const *units, size_t count, struct fail *why)
{
	struct station *s = state;
	enum status st = store_group_begin(s->store, why);
	if (st)
		return st;
	for (size_t i = 0; !st && i < count; i++)
		st = mark_sending(s, units[i], why);
	return finish_group(s, st, why);
}

/* A held arrival newer than what was acknowledged is applied now; an older one is past. */
static enum status release_held(struct station *s, const struct sync_place *receipt, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	struct sync_place held;
	(void)snprintf(key, sizeof key, "h.%s", receipt->sync_id);
	enum status st = station_get(s, key, value, why);
	if (st || !value[0])
		return st;
	bool newer = station_place_read(value + UUID_TEXT_SIZE, receipt->sync_id, &held) &&
	             held.updated_ms > receipt->updated_ms && strcmp(held.version, receipt->version) != 0;
	st = station_put(s, key, "", why);
	return st || !newer ? st : station_wait_held(s, &held, value, why);
}

static enum status settle_acked(struct station *s, const struct sync_verdict *v, struct fail *why)
{
	const struct store_stamp stamp = station_stamp(s);
	struct store_receipt receipt = {0};
	struct store_outbox_mark mark = {.state = OUTBOX_ACKED, .receipt = &receipt};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < v->count; i++) {
		st = station_put_place(s, &v->receipt[i], why);
		if (!st)
			st = release_held(s, &v->receipt[i], why);
	}
	const struct sync_place *last = &v->receipt[v->count - 1];
	(void)snprintf(receipt.server_id, sizeof receipt.server_id, "%s/%s", last->type, last->server_id);
	(void)snprintf(receipt.version_id, sizeof receipt.version_id, "%s", last->version);
	(void)snprintf(receipt.last_updated, sizeof receipt.last_updated, "%" PRId64, last->updated_ms);
	return st ? st : store_outbox_mark(s->store, v->seq, &mark, &stamp, why);
}

/* Audit goes in order: what is settled is the next one. A refused one is told and passed over. */
static enum status settle_audit(struct station *s, const struct sync_verdict *v, struct fail *why)
{
	char value[32];
	if (v->state != SYNC_ACKED && v->state != SYNC_REFUSED && v->state != SYNC_CONFLICT)
		return ST_OK;
	(void)snprintf(value, sizeof value, "%" PRId64, v->seq - AUDIT_SEQ);
	enum status st = v->state == SYNC_ACKED ? station_put_place(s, &v->receipt[0], why) : ST_OK;
	return st ? st : station_put(s, "audit", value, why);
}

static enum status settle_one(struct station *s, const struct sync_verdict *v, struct fail *why)
{
	static const enum outbox_state states[SYNC_STATES] = {[SYNC_PENDING] = OUTBOX_PENDING,
	                                                      [SYNC_INFLIGHT] = OUTBOX_INFLIGHT,
	                                                      [SYNC_CONFLICT] = OUTBOX_CONFLICT,
	                                                      [SYNC_REFUSED] = OUTBOX_REFUSED};
	const struct store_stamp stamp = station_stamp(s);
	const struct store_outbox_mark mark = {.state = states[v->state], .note = v->reason};
	if (v->seq > AUDIT_SEQ)
		return settle_audit(s, v, why);
	if (v->state == SYNC_ACKED)
		return settle_acked(s, v, why);
	if (v->state == SYNC_INFLIGHT)
		return ST_OK; /* it is so already; marking again would count a try */
	return store_outbox_mark(s->store, v->seq, &mark, &stamp, why);
}

static enum status settle(void *state, const struct sync_verdict *verdicts, size_t count, struct fail *why)
{
	struct station *s = state;
	enum status st = store_group_begin(s->store, why);
	if (st)
		return st;
	for (size_t i = 0; !st && i < count; i++)
		st = settle_one(s, &verdicts[i], why);
	return finish_group(s, st, why);
}

static enum status lose(struct station *s, const char *name, const char *version, int64_t updated_ms,
                        struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	const struct store_stamp stamp = station_stamp(s);
	struct sync_place place;
	(void)snprintf(key, sizeof key, "p.%s", name);
	enum status st = station_get(s, key, value, why);
	if (!st && station_place_read(value, name, &place)) {
		(void)snprintf(place.version, sizeof place.version, "%s", version);
		place.updated_ms = updated_ms;
		st = version[0] ? station_put_place(s, &place, why) : station_put(s, key, "", why);
	}
	if (!st)
		st = station_index(s, &s->all, (1u << OUTBOX_STATES) - 1, why);
	for (const struct named *n = st ? NULL : station_named(&s->all, name); !st && n;
	     n = station_named_next(&s->all, n)) {
		struct store_outbox row;
		st = station_row(s, n->seq, &row, why);
		if (!st && row.state == OUTBOX_ACKED &&
		    strtoll(row.receipt.last_updated, NULL, 10) > updated_ms)
			st = store_outbox_reopen(s->store, row.seq, &stamp, why);
	}
	station_index_forget(&s->open); /* what is reopened lies before the last row it has seen */
	return st;
}

static enum status lost(void *state, const char *name, const char *version, int64_t updated_ms,
                        struct fail *why)
{
	struct station *s = state;
	enum status st = store_group_begin(s->store, why);
	return st ? st : finish_group(s, lose(s, name, version, updated_ms, why), why);
}

/* ---- places ------------------------------------------------------------------------------------------- */

static enum status find(void *state, const char *name, struct sync_place *out, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	(void)snprintf(key, sizeof key, "p.%s", name);
	enum status st = station_get(state, key, value, why);
	if (st)
		return st;
	return station_place_read(value, name, out) ? ST_OK : fail_set(why, ST_NOT_FOUND, "place", "none");
}

static enum status next_place(void *state, const char *after, struct sync_place *out, struct fail *why)
{
	struct station *s = state;
	char key[STORE_SYNC_KEY_MAX + 1] = "", value[STORE_SYNC_VALUE_MAX + 1];
	if (after[0])
		(void)snprintf(key, sizeof key, "p.%s", after);
	enum status st;
	while ((st = store_sync_next(s->store, "p.", key, value, why)) == ST_OK)
		if (station_place_read(value, key + 2, out))
			break;
	return st;
}

static enum status mark_gone(void *state, const char *name, struct fail *why)
{
	struct sync_place place;
	struct fail reason = {0};
	enum status st = find(state, name, &place, &reason);
	if (st)
		return st == ST_NOT_FOUND ? ST_OK : fail_set(why, st, reason.field, "%s", reason.text);
	place.gone = true;
	return station_put_place(state, &place, why);
}

/* ---- values, notices ---------------------------------------------------------------------------------- */

static enum status get(void *state, const char *key, char *value, struct fail *why)
{
	char name[STORE_SYNC_KEY_MAX + 1], text[STORE_SYNC_VALUE_MAX + 1];
	value_key(key, name);
	enum status st = station_get(state, name, text, why);
	if (!st && !text[0])
		st = fail_set(why, ST_NOT_FOUND, key, "was never set");
	if (!st)
		(void)snprintf(value, SYNC_VALUE_MAX + 1, "%.*s", SYNC_VALUE_MAX, text);
	return st;
}

static enum status set(void *state, const char *key, const char *value, struct fail *why)
{
	char name[STORE_SYNC_KEY_MAX + 1];
	value_key(key, name);
	return station_put(state, name, value, why);
}

static enum status arrive(void *state, const struct sync_arrival *items, size_t count, const char *key,
                          const char *value, struct fail *why)
{
	struct station *s = state;
	enum status st = store_group_begin(s->store, why);
	if (st)
		return st;
	for (size_t i = 0; !st && i < count; i++)
		st = station_arrival(s, &items[i], why);
	if (!st && key)
		st = set(s, key, value, why);
	return finish_group(s, st, why);
}

enum status station_note(struct station *s, enum sync_notice notice, const char *type, const char *name,
                         const char *text, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1],
	        fresh[SYNC_REASON_MAX + SYNC_TYPE_MAX + 4], action[STORE_ACTION_MAX + 1], hex[DIGEST_TEXT_SIZE];
	const struct store_stamp stamp = station_stamp(s);
	struct digest digest;
	(void)snprintf(fresh, sizeof fresh, "%s%s%s", type, type[0] ? " " : "", text);
	digest_bytes(fresh, strlen(fresh), &digest);
	digest_hex(&digest, hex);
	if (name[0] || notice != SYNC_NOTE_PARKED)
		(void)snprintf(key, sizeof key, "n.%s.%s", sync_notice_name(notice), name[0] ? name : "server");
	else /* of what has no name of ours there may be many: each is told */
		(void)snprintf(key, sizeof key, "n.%s.x-%.16s", sync_notice_name(notice), hex);
	enum status st = station_get(s, key, value, why);
	if (st || strcmp(value, fresh) == 0)
		return st;
	(void)snprintf(action, sizeof action, "sync.%s", sync_notice_name(notice));
	st = station_put(s, key, fresh, why);
	return st ? st : store_audit_add(s->store, action, name[0] ? name : "server", NULL, &stamp, why);
}

enum status station_unnote(struct station *s, enum sync_notice notice, const char *name, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	(void)snprintf(key, sizeof key, "n.%s.%s", sync_notice_name(notice), name);
	enum status st = station_get(s, key, value, why);
	return st || !value[0] ? st : station_put(s, key, "", why);
}

static enum status note(void *state, enum sync_notice notice, const char *type, const char *name,
                        const char *text, struct fail *why)
{
	return station_note(state, notice, type, name, text, why);
}

/* ---- life --------------------------------------------------------------------------------------------- */

static enum status keep(void *state, struct sync_entry *entry, const char *theirs, size_t len, struct fail *why)
{
	const struct station *s = state;
	return mapping_keep(&s->mapping, entry, theirs, len, why);
}

struct sync_local station_local(struct station *station)
{
	return (struct sync_local){.state = station,
	                           .next = next,
	                           .open_unit = open_unit,
	                           .sending = sending,
	                           .settle = settle,
	                           .lost = lost,
	                           .shared_type = "Patient",
	                           .keep = keep,
	                           .find = find,
	                           .next_place = next_place,
	                           .mark_gone = mark_gone,
	                           .arrive = arrive,
	                           .get = get,
	                           .set = set,
	                           .note = note};
}

enum status station_new(struct store *store, const struct mapping *mapping, int64_t (*now_ms)(void),
                        struct station **out, struct fail *why)
{
	char value[STORE_SYNC_VALUE_MAX + 1];
	struct station *s = calloc(1, sizeof *s);
	if (!s)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	*s = (struct station){.store = store, .mapping = *mapping, .now_ms = now_ms};
	enum status st = station_get(s, "station", value, why);
	if (!st && uuid_valid(value)) {
		memcpy(s->uuid, value, sizeof s->uuid);
	} else if (!st) {
		st = uuid_new(s->uuid, why);
		if (!st)
			st = station_put(s, "station", s->uuid, why);
	}
	if (!st)
		st = station_register(s, why);
	if (st)
		station_free(&s);
	*out = s;
	return st;
}

void station_free(struct station **station)
{
	if (!*station)
		return;
	free((*station)->open.items);
	free((*station)->open.bucket);
	free((*station)->all.items);
	free((*station)->all.bucket);
	free(*station);
	*station = NULL;
}
