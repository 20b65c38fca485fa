/* Arrivals into the store, and what a person decides about them. */
#include "planner/plan/approval.h"
#include "planner/plan/inventory.h"
#include "planner/plan/trust.h"
#include "planner/plan/united.h"
#include "planner/sync/json_out.h"
#include "planner/sync/instant.h"
#include "planner/sync/span.h"
#include "planner/sync/station_private.h"

#include <inttypes.h>

#define ARRIVAL_KIND "sync_arrival"

/* ---- rows --------------------------------------------------------------------------------------------- */

static enum status same_or_conflict(bool same, const char *what, struct fail *why)
{
	return same ? ST_OK
	            : fail_set(why, ST_CONFLICT, what,
	                       "is here with other content: both are kept, a person decides");
}

/* Whether a plan stands approved, or turned stale, that was so before the patient's last correction: somebody has to
 * approve it again, or revise it. */
static enum status approval_rests(struct station *s, const char *patient, bool *rests, struct fail *why)
{
	struct store_patient here;
	struct store_identity now;
	struct store_plan_list plans = {0};
	const struct store_plan_query query = {.patient = patient};
	*rests = false;
	enum status st = store_patient_get(s->store, patient, &here, why);
	if (!st && here.version == 0)
		return ST_OK;
	if (!st)
		st = store_patient_version(s->store, patient, here.version, &now, why);
	if (!st)
		st = store_plan_list(s->store, &query, &plans, why);
	for (size_t i = 0; !st && i < plans.count; i++)
		*rests |= plans.items[i].state_at_ms <= now.at_ms &&
		          (strcmp(plans.items[i].state, "approved") == 0 || strcmp(plans.items[i].state, "stale") == 0);
	store_plan_list_free(&plans);
	return st;
}

/* Corrected at another station or on the server, and not here since: taken over. What was signed for the former
 * identity holds no more (life.h, STALE_IDENTITY), so that a server that exchanges names makes nobody treatable. */
static enum status correct_patient(struct station *s, const struct store_patient *row, const struct store_patient *here,
                                   const struct store_stamp *stamp, struct fail *why)
{
	char names[64], text[SYNC_REASON_MAX + 1];
	struct store_patient corrected = *row;
	const unsigned parts = store_patient_differs(here, row);
	bool rests = false;
	corrected.version = here->version;
	enum status st = store_patient_change(s->store, &corrected, "came from the clinic's server", stamp, why);
	if (!st)
		st = approval_rests(s, row->uuid, &rests, why);
	if (st || !rests)
		return st;
	(void)snprintf(text, sizeof text,
	               "%s corrected at another station or on the server: approvals for the former identity hold no more",
	               store_identity_parts(parts, names, sizeof names));
	return station_note(s, SYNC_NOTE_IDENTITY, "Patient", row->uuid, text, why);
}

static enum status apply_patient(struct station *s, const struct store_patient *row,
                                 const struct store_stamp *stamp, struct fail *why)
{
	struct store_patient here;
	struct fail reason = {0};
	enum status st = store_patient_get(s->store, row->uuid, &here, &reason);
	if (st == ST_OK && store_patient_differs(&here, row) == 0)
		return ST_OK;
	st = st == ST_OK ? correct_patient(s, row, &here, stamp, &reason) : store_patient_add(s->store, row, stamp, &reason);
	if (st == ST_CONFLICT)
		return fail_set(why, st, "patient",
		                "has a record number that another patient has here: two entries of one "
		                "person? (%.120s)",
		                reason.text);
	return st ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
}

/* What another station was told otherwise is said to a person here; without the answers, which are nobody's to read in
 * the clear. */
static enum status note_answers(struct station *s, const char *patient, struct fail *why)
{
	struct united united = {0};
	enum status st = united_load(s->store, patient, &united, why);
	size_t questions = 0;
	char text[SYNC_REASON_MAX + 1];
	for (size_t id = 0; !st && id < facts_spec_count(); id++)
		questions += facts_spec(id)->kind == FACT_QUESTION && united_differs(&united, id);
	united_clear(&united);
	if (st || questions == 0)
		return st ? st : station_unnote(s, SYNC_NOTE_ANSWERS, patient, why);
	(void)snprintf(text, sizeof text,
	               "%zu safety question%s answered differently at two stations: the answers that warn count until a "
	               "person settles it",
	               questions, questions == 1 ? " was" : "s were");
	return station_note(s, SYNC_NOTE_ANSWERS, "Patient", patient, text, why);
}

static enum status apply_readings(struct station *s, struct store_readings *row,
                                  const struct store_stamp *stamp, struct fail *why)
{
	struct store_readings here = {0};
	struct digest digest;
	struct fail none;
	if (store_readings_get(s->store, row->uuid, &here, &none) != ST_OK) {
		enum status st = store_readings_add(s->store, row, stamp, why);
		return st ? st : note_answers(s, row->patient, why);
	}
	digest_bytes(row->json, row->json_len, &digest);
	bool same = digest_equal(&digest, &here.digest);
	store_readings_clear(&here);
	return same_or_conflict(same, "readings", why);
}

static enum status apply_twin(struct station *s, struct store_twin *row, const struct store_stamp *stamp,
                              struct fail *why)
{
	struct store_twin here = {0};
	struct digest digest;
	struct fail none;
	if (store_twin_get(s->store, row->uuid, row->version, &here, &none) != ST_OK)
		return store_twin_add(s->store, row, stamp, why);
	digest_bytes(row->json, row->json_len, &digest);
	bool same = digest_equal(&digest, &here.digest);
	store_twin_clear(&here);
	return same_or_conflict(same, "twin", why);
}

static enum status apply_plan(struct station *s, struct store_plan *row, const struct store_stamp *stamp,
                              struct fail *why)
{
	struct store_plan here = {0};
	struct digest digest;
	struct fail none;
	if (store_plan_get(s->store, row->uuid, row->version, &here, &none) != ST_OK)
		return store_plan_add_version(s->store, row, stamp, why);
	digest_bytes(row->json, row->json_len, &digest);
	bool same = digest_equal(&digest, &here.digest);
	store_plan_clear(&here);
	return same_or_conflict(same, "plan", why);
}

/* The same step made here and there: where a person took the server's, it counts as that one. Another step under
 * the same number cannot be taken over: the history here is never rewritten. */
static enum status other_event(struct station *s, const struct store_plan_event *row, bool same_step,
                               struct fail *why)
{
	char name[UUID_TEXT_SIZE], key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	mapping_name(row->plan, row->version, row->ordinal, PART_EVENT, name);
	(void)snprintf(key, sizeof key, "a.%s", name);
	enum status st = station_get(s, key, value, why);
	if (st || (value[0] && same_step))
		return st;
	return fail_set(why, ST_CONFLICT, "plan", "%s",
	                value[0] ? "went another way here than on the server: make a new version of it"
	                         : "is here with other content: both are kept, a person decides");
}

/* Events come in their order; one that is here already must be the same. */
static enum status apply_event(struct station *s, struct store_plan_event *row,
                               const struct store_stamp *stamp, struct fail *why)
{
	struct store_plan_event_list list = {0};
	enum status st = store_plan_event_list(s->store, row->plan, row->version, &list, why);
	if (st)
		return st;
	bool here = row->ordinal >= 1 && (size_t)row->ordinal <= list.count;
	bool is_next = (size_t)row->ordinal == list.count + 1, same = false, same_step = false;
	char state[STORE_STATE_MAX + 1] = "";
	if (here) {
		const struct store_plan_event *e = &list.items[row->ordinal - 1];
		same_step = strcmp(e->to_state, row->to_state) == 0 && e->json_len == row->json_len &&
		            (e->json_len == 0 || memcmp(e->json, row->json, e->json_len) == 0);
		same = same_step && strcmp(e->actor, row->actor) == 0 && e->at_ms == row->at_ms;
	}
	if (list.count > 0)
		memcpy(state, list.items[list.count - 1].to_state, sizeof state);
	store_plan_event_list_free(&list);
	if (here && !same && strcmp(row->to_state, "revoked") == 0)
		return station_revocation_wins(s, row, state, stamp, why);
	/* what is revoked here goes no further: what was done elsewhere in ignorance of it is told by its incident */
	bool passed_over = strcmp(state, "revoked") == 0 && strcmp(row->from_state, "revoked") != 0;
	st = same || passed_over ? ST_OK : station_revocation_is_told(s, row, &passed_over, why);
	if (st || same || passed_over)
		return st;
	if (here)
		return other_event(s, row, same_step, why);
	if (!is_next)
		return fail_set(why, ST_NOT_FOUND, "plan", "an earlier change of its state is not here yet");
	bool unknown = false;
	if (strcmp(row->to_state, "approved") == 0)
		st = station_check_signed(s, row, MEANING_APPROVED, why);
	if (strcmp(row->to_state, "revoked") == 0)
		st = station_check_revocation(s, row, &unknown, why);
	if (!st)
		st = store_plan_event_add(s->store, row, stamp, why);
	return st || !unknown ? st : station_tell_unverified(s, row, why);
}

/* An order is never kept; it only must say what the plan says. */
static enum status apply_order(struct station *s, const struct mapped_order *order, struct fail *why)
{
	struct store_plan here = {0};
	enum status st = store_plan_get(s->store, order->plan, order->version, &here, why);
	if (!st)
		st = mapped_order_check(order, here.json, here.json_len, why);
	store_plan_clear(&here);
	return st;
}

static enum status apply_record(struct station *s, struct store_record *row, const struct store_stamp *stamp,
                                struct fail *why)
{
	struct store_record here = {0};
	struct digest digest;
	struct fail none;
	if (store_record_get(s->store, row->uuid, &here, &none) != ST_OK) {
		enum status st = strcmp(row->kind, STATION_REVOCATION) == 0 ? station_apply_revocation(s, row, why) : ST_OK;
		return st ? st : store_record_add(s->store, row, stamp, why);
	}
	digest_bytes(row->json, row->json_len, &digest);
	bool same = digest_equal(&digest, &here.digest);
	store_record_clear(&here);
	return same_or_conflict(same, "record", why);
}

/* Another station met it, or says something new of it: the latest word counts. */
static enum status apply_device(struct station *s, const struct store_record *row, const struct store_stamp *stamp,
                                struct fail *why)
{
	struct inventory_device device;
	enum status st = inventory_read(row->json, row->json_len, &device, why);
	return st ? st : inventory_keep(s->store, &device, stamp, why);
}

static const char *patient_of(const struct mapped *m)
{
	return m->kind == MAPPED_READINGS ? m->readings.patient
	       : m->kind == MAPPED_TWIN   ? m->twin.patient
	       : m->kind == MAPPED_PLAN   ? m->plan.patient
	       : m->kind == MAPPED_RECORD ? m->record.patient
	                                  : "";
}

/* Whom the resource is said to be of must be whom its record is of: another patient's readings are nobody's. A
 * server writes its own name for the patient; where that is not known here yet, nothing is said. */
static enum status check_subject(struct station *s, const char *body, size_t len, const struct mapped *m,
                                 struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1], wanted[SYNC_SERVER_ID_MAX + 16],
	        said[SYNC_HEADER_MAX] = "";
	struct span whole, subject, reference;
	struct sync_place place;
	const char *patient = patient_of(m);
	if (!patient[0])
		return ST_OK;
	(void)snprintf(key, sizeof key, "p.%s", patient);
	enum status st = station_get(s, key, value, why);
	if (st || !station_place_read(value, patient, &place))
		return st;
	if (span_object(body, len, &whole) && span_member(whole, "subject", &subject) &&
	    span_member(subject, "reference", &reference))
		(void)span_text(reference, said, sizeof said);
	const int n = snprintf(wanted, sizeof wanted, "Patient/%s", place.server_id);
	const size_t have = strlen(said);
	const bool same = have >= (size_t)n && strcmp(said + have - n, wanted) == 0 &&
	                  (have == (size_t)n || said[have - (size_t)n - 1] == '/');
	return same ? ST_OK
	            : fail_set(why, ST_INPUT, "subject", "is \"%.60s\", but its record is another patient's: not used",
	                       said);
}

static enum status apply(struct station *s, struct mapped *m, struct fail *why)
{
	const struct store_stamp stamp = {m->at_ms > 0 ? m->at_ms : s->now_ms(),
	                                  m->actor[0] ? m->actor : "sync"};
	enum status st = ST_OK;
	store_outbox_silence(s->store, true);
	switch (m->kind) {
	case MAPPED_PATIENT:
		st = apply_patient(s, &m->patient, &stamp, why);
		break;
	case MAPPED_READINGS:
		st = apply_readings(s, &m->readings, &stamp, why);
		break;
	case MAPPED_TWIN:
		st = apply_twin(s, &m->twin, &stamp, why);
		break;
	case MAPPED_PLAN:
		st = apply_plan(s, &m->plan, &stamp, why);
		break;
	case MAPPED_EVENT:
		st = apply_event(s, &m->event, &stamp, why);
		break;
	case MAPPED_RECORD:
		st = apply_record(s, &m->record, &stamp, why);
		break;
	case MAPPED_DEVICE:
		st = apply_device(s, &m->record, &stamp, why);
		break;
	case MAPPED_ORDER:
		st = apply_order(s, &m->order, why);
		break;
	default:
		break;
	}
	store_outbox_silence(s->store, false);
	return st;
}

/* ---- keeping bodies ----------------------------------------------------------------------------------- */

/* The server's bytes as a record of the store; key -> "RECORD place". */
static enum status keep_body(struct station *s, const char *prefix, const struct sync_arrival *a,
                             struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	const struct store_stamp stamp = station_stamp(s);
	struct store_record record = {.at_ms = stamp.at_ms, .json = a->body, .json_len = a->len};
	(void)snprintf(record.kind, sizeof record.kind, ARRIVAL_KIND);
	enum status st = uuid_new(record.uuid, why);
	if (st)
		return st;
	char *copy = strndup(a->body, a->len); /* the store wants a closing NUL */
	if (!copy)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	record.json = copy;
	store_outbox_silence(s->store, true);
	st = store_record_add(s->store, &record, &stamp, why);
	store_outbox_silence(s->store, false);
	free(copy);
	(void)snprintf(key, sizeof key, "%s.%s", prefix, a->place.sync_id);
	(void)snprintf(value, sizeof value, "%s %s %s %s %" PRId64 " 0 0", record.uuid, a->place.type,
	               a->place.server_id, a->place.version, a->place.updated_ms);
	return st ? st : station_put(s, key, value, why);
}

enum status station_wait_held(struct station *s, const struct sync_place *place, const char *kept,
                              struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1];
	(void)snprintf(key, sizeof key, "w.%s", place->sync_id);
	enum status st = station_put(s, key, kept, why);
	return st ? st : station_put_place(s, place, why);
}

/* Whether the reason passes by itself (something is not here yet) or needs a person. */
static bool may_pass(enum status st)
{
	return st == ST_NOT_FOUND;
}

/* A failure of the station's own disk or memory, not of what arrived. */
static bool own_trouble(enum status st)
{
	return st == ST_IO || st == ST_FULL || st == ST_CANCELLED;
}

static enum status note_trouble(struct station *s, const struct sync_place *place, enum status st,
                                const struct fail *reason, struct fail *why)
{
	char text[SYNC_REASON_MAX + 1];
	(void)snprintf(text, sizeof text, "%.60s %.170s", reason->field, reason->text);
	bool twice = st == ST_CONFLICT && strcmp(place->type, "Patient") == 0 &&
	             strstr(reason->text, "record number");
	return station_note(s,
	                    twice               ? SYNC_NOTE_DUPLICATE
	                    : st == ST_CONFLICT ? SYNC_NOTE_CONFLICT
	                                        : SYNC_NOTE_PARKED,
	                    place->type, place->sync_id, text, why);
}

/* What was told of an arrival that could not be used has passed. */
static enum status unnote_arrival(struct station *s, const char *name, struct fail *why)
{
	static const enum sync_notice notices[] = {SYNC_NOTE_PARKED, SYNC_NOTE_CONFLICT, SYNC_NOTE_DUPLICATE};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof notices / sizeof *notices; i++)
		st = station_unnote(s, notices[i], name, why);
	return st;
}

/* A revocation does not wait for a person to settle what it stands against, neither theirs nor ours. */
static enum status heed_revocation(struct station *s, const struct sync_arrival *a, struct fail *why)
{
	struct mapped mapped;
	struct fail reason = {0};
	enum status st = mapping_read(&s->mapping, a->body, a->len, &mapped, &reason);
	if (!st && mapped.kind == MAPPED_EVENT)
		st = strcmp(mapped.event.to_state, "revoked") != 0 ? station_revoked_too_late(s, &mapped.event, &reason)
		     : (st = apply(s, &mapped, &reason)) != ST_OK  ? st
		                                                   : station_give_way(s, &mapped.event, &reason);
	mapped_clear(&mapped);
	if (own_trouble(st))
		return fail_set(why, st, reason.field, "%s", reason.text);
	return st == ST_DENIED ? note_trouble(s, &a->place, st, &reason, why) : ST_OK;
}

/* A patient's later version arrived and was taken: an earlier one that waited is past, and must not come back. */
static enum status overtake(struct station *s, const struct sync_place *place, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	if (strcmp(place->type, "Patient") != 0)
		return ST_OK; /* other rows never change: one that waits says the same */
	(void)snprintf(key, sizeof key, "w.%s", place->sync_id);
	enum status st = station_get(s, key, value, why);
	if (st || !value[0])
		return st;
	st = station_put(s, key, "", why);
	return st ? st : unnote_arrival(s, place->sync_id, why);
}

enum status station_arrival(struct station *s, const struct sync_arrival *a, struct fail *why)
{
	struct mapped mapped;
	struct fail reason = {0};
	bool held = a->held;
	enum status st = held ? ST_OK : station_changed_here(s, a->place.sync_id, &held, why);
	if (st)
		return st;
	if (held) {
		st = keep_body(s, "h", a, why);
		return st ? st : heed_revocation(s, a, why);
	}
	st = station_put_place(s, &a->place, why);
	if (st)
		return st;
	st = mapping_read(&s->mapping, a->body, a->len, &mapped, &reason);
	if (!st)
		st = check_subject(s, a->body, a->len, &mapped, &reason);
	if (!st)
		st = apply(s, &mapped, &reason);
	mapped_clear(&mapped);
	if (st == ST_OK)
		return overtake(s, &a->place, why);
	if (own_trouble(st))
		return fail_set(why, st, reason.field, "%s", reason.text);
	enum status kept = keep_body(s, "w", a, why);
	return kept || may_pass(st) ? kept : note_trouble(s, &a->place, st, &reason, why);
}

/* ---- trying again ------------------------------------------------------------------------------------- */

static enum status try_again(struct station *s, const char *key, const char *value, size_t *applied,
                             struct fail *why)
{
	struct store_record record = {0};
	struct mapped mapped = {0};
	struct sync_place place;
	struct fail reason = {0};
	char uuid[UUID_TEXT_SIZE];
	if (sscanf(value, "%36s", uuid) != 1 || !station_place_read(value + UUID_TEXT_SIZE, key + 2, &place))
		return ST_OK;
	enum status st = store_record_get(s->store, uuid, &record, why);
	if (st)
		return st;
	st = mapping_read(&s->mapping, record.json, record.json_len, &mapped, &reason);
	if (!st)
		st = check_subject(s, record.json, record.json_len, &mapped, &reason);
	if (!st)
		st = apply(s, &mapped, &reason);
	mapped_clear(&mapped);
	store_record_clear(&record);
	if (own_trouble(st))
		return fail_set(why, st, reason.field, "%s", reason.text);
	if (st) /* after a round: what it waits for was not among what came; the notice goes when it has come */
		return note_trouble(s, &place, st, &reason, why);
	++*applied;
	st = unnote_arrival(s, place.sync_id, why);
	return st ? st : station_put(s, key, "", why);
}

/* Pass after pass, as long as one applied something: what arrived may be what others wait for. */
enum status station_apply_some(struct station *s, struct station_waiting *at, size_t most, struct fail *why)
{
	char value[STORE_SYNC_VALUE_MAX + 1];
	struct fail reason = {0};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < most; i++) {
		st = store_sync_next(s->store, "w.", at->key, value, &reason);
		if (!st && value[0])
			st = try_again(s, at->key, value, &at->applied, &reason);
	}
	if (st && st != ST_NOT_FOUND)
		return fail_set(why, st, reason.field, "%s", reason.text);
	if (st == ST_NOT_FOUND) {
		at->done = at->applied == at->before;
		at->before = at->applied;
		at->key[0] = '\0';
	}
	return ST_OK;
}

enum status station_apply_waiting(struct station *s, size_t *applied, struct fail *why)
{
	struct station_waiting at = {0};
	enum status st = ST_OK;
	while (!st && !at.done)
		st = station_apply_some(s, &at, SIZE_MAX, why);
	*applied = at.applied;
	return st;
}

/* ---- for the person ----------------------------------------------------------------------------------- */

void station_list_free(struct station_list *list)
{
	free(list->items);
	*list = (struct station_list){0};
}

static bool notice_of(const char *key, struct station_item *item)
{
	for (int i = 0; i < SYNC_NOTES; i++) {
		const char *word = sync_notice_name((enum sync_notice)i);
		size_t n = strlen(word);
		if (strncmp(key, word, n) != 0 || key[n] != '.')
			continue;
		item->notice = (enum sync_notice)i;
		(void)snprintf(item->name, sizeof item->name, "%s", key + n + 1);
		if (!uuid_valid(item->name))
			item->name[0] = '\0';
		return true;
	}
	return false;
}

/* Answers may have been settled here since, a plan approved again. */
static bool still_holds(struct station *s, const struct station_item *item)
{
	struct united united;
	struct fail none;
	bool rests;
	if (item->notice == SYNC_NOTE_UNVERIFIED)
		return station_unverified_holds(s, item->name, &rests, &none) != ST_OK || rests;
	if (item->notice == SYNC_NOTE_IDENTITY)
		return approval_rests(s, item->name, &rests, &none) != ST_OK || rests;
	if (item->notice != SYNC_NOTE_ANSWERS || united_load(s->store, item->name, &united, &none) != ST_OK)
		return true;
	const bool differs = united.different > 0;
	united_clear(&united);
	return differs;
}

enum status station_notices(struct station *s, struct station_list *out, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1] = "", value[STORE_SYNC_VALUE_MAX + 1];
	struct fail reason = {0};
	enum status st;
	*out = (struct station_list){0};
	while ((st = store_sync_next(s->store, "n.", key, value, &reason)) == ST_OK) {
		struct station_item *more = realloc(out->items, (out->count + 1) * sizeof *more);
		if (!more) {
			station_list_free(out);
			return fail_set(why, ST_FULL, "sync", "out of memory");
		}
		out->items = more;
		struct station_item *item = &more[out->count];
		*item = (struct station_item){0};
		(void)snprintf(item->text, sizeof item->text, "%.*s", SYNC_REASON_MAX, value);
		out->count += value[0] != '\0' && notice_of(key + 2, item) && still_holds(s, item);
	}
	return st == ST_NOT_FOUND ? ST_OK : fail_set(why, st, reason.field, "%s", reason.text);
}

/* The held arrival of one of the unit's records. */
static enum status find_held(struct station *s, const struct sync_unit *unit, size_t *entry,
                             struct sync_place *place, char record[UUID_TEXT_SIZE], struct fail *why)
{
	for (*entry = 0; *entry < unit->count; ++*entry) {
		char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
		const char *name = unit->entry[*entry].sync_id;
		(void)snprintf(key, sizeof key, "h.%s", name);
		enum status st = station_get(s, key, value, why);
		if (st)
			return st;
		if (sscanf(value, "%36s", record) == 1 &&
		    station_place_read(value + UUID_TEXT_SIZE, name, place))
			return ST_OK;
	}
	return fail_set(why, ST_NOT_FOUND, "conflict",
	                "the server's version is not here yet: sync once more");
}

static enum status conflict_unit(struct station *s, int64_t seq, struct sync_unit *unit,
                                 struct store_outbox *row, struct fail *why)
{
	enum status st = station_row(s, seq, row, why);
	if (!st && row->state != OUTBOX_CONFLICT)
		return fail_set(why, ST_NOT_FOUND, "conflict", "entry %" PRId64 " is not in conflict", seq);
	return st ? st : station_unit(s, row, unit, why);
}

/* Ours with the server's names for what it refers to, where they are known: else every reference would differ. */
static enum status name_as_server(struct station *s, char **body, struct fail *why)
{
	const char *from = *body, *at;
	char *out = malloc(2 * strlen(from) + 1), *to = out, key[STORE_SYNC_KEY_MAX + 1],
	     value[STORE_SYNC_VALUE_MAX + 1];
	struct sync_place place;
	enum status st = out ? ST_OK : fail_set(why, ST_FULL, "sync", "out of memory");
	while (!st && (at = strstr(from, SYNC_REFERENCE)) != NULL) {
		const size_t head = sizeof "\"reference\":\"" - 1, whole = sizeof SYNC_REFERENCE - 1 + UUID_TEXT_SIZE - 1;
		const char *name = at + sizeof SYNC_REFERENCE - 1;
		(void)snprintf(key, sizeof key, "p.%.36s", name);
		st = station_get(s, key, value, why);
		if (st)
			break;
		bool known = station_place_read(value, key + 2, &place);
		memcpy(to, from, (size_t)(at - from) + head);
		to += (size_t)(at - from) + head;
		if (known)
			to += snprintf(to, sizeof place.type + sizeof place.server_id, "%s/%s", place.type,
			               place.server_id);
		else
			to = (char *)memcpy(to, at + head, whole - head) + (whole - head);
		from = at + whole;
	}
	if (st) {
		free(out);
		return st;
	}
	memcpy(to, from, strlen(from) + 1);
	free(*body);
	*body = out;
	return ST_OK;
}

enum status station_conflict(struct station *s, int64_t seq, char **mine, char **theirs, struct fail *why)
{
	struct sync_unit unit = {0};
	struct store_outbox row;
	struct store_record record = {0};
	struct sync_place place;
	char uuid[UUID_TEXT_SIZE];
	size_t entry = 0;
	enum status st = conflict_unit(s, seq, &unit, &row, why);
	if (!st)
		st = find_held(s, &unit, &entry, &place, uuid, why);
	if (!st)
		st = store_record_get(s->store, uuid, &record, why);
	if (!st) {
		*mine = unit.entry[entry].body;
		unit.entry[entry].body = NULL;
		*theirs = strdup(record.json);
		if (!*theirs)
			st = fail_set(why, ST_FULL, "sync", "out of memory");
		if (!st)
			st = name_as_server(s, mine, why);
	}
	store_record_clear(&record);
	sync_unit_clear(&unit);
	return st;
}

/* Patients and readings are a technician's too; what concerns a plan is a dermatologist's. */
static enum status may_settle(const struct session *by, const struct store_outbox *row, bool keep_mine,
                              struct fail *why)
{
	bool plan = row->object == OUTBOX_PLAN || row->object == OUTBOX_PLAN_EVENT;
	if (plan && keep_mine)
		return fail_set(
		        why, ST_DENIED, "conflict",
		        "a plan is never written over another: keep the server's, then make a new version");
	if (!session_has(by, plan ? ROLE_DERMATOLOGIST : ROLE_DERMATOLOGIST | ROLE_TECHNICIAN))
		return fail_set(why, ST_DENIED, "conflict", "is %s to settle",
		                plan ? "a dermatologist's" : "a technician's or dermatologist's");
	return ST_OK;
}

static enum status settle_entry(struct station *s, const char *name, bool keep_mine, struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	struct sync_place place;
	(void)snprintf(key, sizeof key, "h.%s", name);
	enum status st = station_get(s, key, value, why);
	if (st || !value[0] || !station_place_read(value + UUID_TEXT_SIZE, name, &place))
		return st;
	st = station_put(s, key, "", why);
	if (!st)
		st = keep_mine ? station_put_place(s, &place, why) : station_wait_held(s, &place, value, why);
	(void)snprintf(key, sizeof key, "a.%s", name);
	return st || keep_mine ? st : station_put(s, key, "theirs", why);
}

enum status station_settle_unit(struct station *s, const char *by, const struct sync_unit *unit, bool keep_mine,
                                struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1];
	const struct store_stamp stamp = {s->now_ms(), by};
	const struct store_outbox_mark mark = {.state = keep_mine ? OUTBOX_PENDING : OUTBOX_REFUSED,
	                                       .note = keep_mine ? "ours goes over theirs"
	                                                         : "theirs stays; ours is kept here"};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < unit->count; i++) {
		st = settle_entry(s, unit->entry[i].sync_id, keep_mine, why);
		if (!st)
			st = station_unnote(s, SYNC_NOTE_CONFLICT, unit->entry[i].sync_id, why);
	}
	if (!st)
		st = store_outbox_mark(s->store, unit->seq, &mark, &stamp, why);
	(void)snprintf(key, sizeof key, "%s.%" PRId64, keep_mine ? "m" : "d", unit->seq);
	if (!st)
		st = station_put(s, key, stamp.actor, why);
	return st ? st
	          : store_audit_add(s->store, keep_mine ? "sync.keep_mine" : "sync.take_theirs",
	                            unit->entry[0].sync_id, NULL, &stamp, why);
}

enum status station_go_over(struct station *s, const struct sync_unit *unit, struct fail *why)
{
	const struct store_outbox_mark mark = {.state = OUTBOX_PENDING, .note = "goes after the revocation"};
	const struct store_stamp stamp = station_stamp(s);
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < unit->count; i++) {
		st = settle_entry(s, unit->entry[i].sync_id, true, why);
		if (!st)
			st = station_unnote(s, SYNC_NOTE_CONFLICT, unit->entry[i].sync_id, why);
	}
	return st || unit->state != SYNC_CONFLICT ? st : store_outbox_mark(s->store, unit->seq, &mark, &stamp, why);
}

/* "Theirs stays" is said of the patient: corrections that were made here after the one in conflict must not go over it
 * either. They stay among the former identities. */
static enum status give_up_later(struct station *s, const char *by, const struct store_outbox *row, struct fail *why)
{
	struct store_outbox_list list = {0};
	const struct store_stamp stamp = {s->now_ms(), by};
	const struct store_outbox_mark mark = {.state = OUTBOX_REFUSED, .note = "theirs stays; ours is kept here"};
	const struct store_outbox_query query = {.states = UNSETTLED, .after_seq = row->seq, .patient = row->patient};
	enum status st = store_outbox_list(s->store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		char key[STORE_SYNC_KEY_MAX + 1];
		if (list.items[i].object != OUTBOX_PATIENT)
			continue;
		(void)snprintf(key, sizeof key, "d.%" PRId64, list.items[i].seq);
		st = store_outbox_mark(s->store, list.items[i].seq, &mark, &stamp, why);
		if (!st)
			st = station_put(s, key, by, why);
	}
	store_outbox_list_free(&list);
	return st;
}

enum status station_settle(struct station *s, const struct session *by, int64_t seq, bool keep_mine,
                           struct fail *why)
{
	struct sync_unit unit = {0};
	struct store_outbox row;
	enum status st = conflict_unit(s, seq, &unit, &row, why);
	if (!st)
		st = may_settle(by, &row, keep_mine, why);
	if (!st)
		st = store_group_begin(s->store, why);
	if (!st) {
		st = station_settle_unit(s, session_person(by)->login, &unit, keep_mine, why);
		if (!st && !keep_mine && row.object == OUTBOX_PATIENT)
			st = give_up_later(s, session_person(by)->login, &row, why);
		if (st)
			store_group_abandon(s->store);
		else
			st = store_group_commit(s->store, why);
	}
	sync_unit_clear(&unit);
	return st;
}
