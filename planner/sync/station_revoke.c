/* Signatures of what arrives, and revocations: they win over whatever happened meanwhile, in either order.
 *
 * A revocation that is first on the server meets what was done elsewhere under its own name, as the next step there.
 * One that comes too late for its name (the treatment had reached the server) goes as a record "revocation", which
 * conflicts with nothing: it holds the signed document, and the number of the step it must stand after. */
#include "devices/json.h"
#include "planner/plan/approval.h"
#include "planner/plan/canonical.h"
#include "planner/plan/trust.h"
#include "planner/sync/json_out.h"
#include "planner/sync/station_private.h"

#define SCHEMA "lasertwin-revocation/1"
#define EXACT_MAX 9007199254740992.0 /* 2^53 */

/* ---- trust -------------------------------------------------------------------------------------------- */

/* Signed bytes, a key trusted for that person, and the very plan that is stored here. own_key: of a person of whom no
 * key is known here the document's own will do, and *unknown says so; a person's known key is never passed over. */
static enum status check_signed(struct station *s, const struct store_plan_event *event, enum meaning meaning,
                                bool own_key, bool *unknown, struct fail *why)
{
	struct approval_document document = {0};
	struct approval said;
	struct sign_public key;
	struct fail reason = {0};
	char digest[DIGEST_TEXT_SIZE];
	*unknown = false;
	enum status st = approval_document_read("approval", event->json ? event->json : "", event->json_len,
	                                        &document, why);
	if (!st)
		st = approval_decode(document.payload, document.payload_n, &said, why);
	if (!st && trust_key_of(s->store, said.login, said.key_number, &key, &reason) != ST_OK) {
		*unknown = reason.code == ST_NOT_FOUND;
		key = document.key;
		if (!own_key || !*unknown)
			st = fail_set(why, ST_DENIED, "signature",
			              "the key of %.60s is not trusted here: an administrator enters it with "
			              "`lasertwin sync trust`",
			              said.login);
	}
	if (!st)
		st = approval_verify(&document, &key, 1, &said, why);
	digest_hex(&event->digest, digest);
	if (!st && (said.meaning != meaning || strcmp(said.plan, event->plan) != 0 ||
	            said.version != event->version || strcmp(said.plan_digest, digest) != 0))
		st = fail_set(why, ST_DENIED, "signature", "is of another plan, version, content or meaning");
	if (!st)
		st = approval_begun(&said, s->now_ms(), why);
	approval_document_clear(&document);
	return st;
}

enum status station_check_signed(struct station *s, const struct store_plan_event *event, enum meaning meaning,
                                 struct fail *why)
{
	bool unknown;
	return check_signed(s, event, meaning, false, &unknown, why);
}

/* What the server says is not believed, and a revocation only stops. So:
 *   signed by a key trusted here        stops
 *   signed, by a person not known here  stops, and is told as UNVERIFIED until the key is entered: a station may not
 *                                       know every administrator's key, and a treatment that goes on beyond a true
 *                                       revocation is worse than one that waits beyond a false one
 *   unsigned, broken, another plan's, or by another key than the person's known one
 *                                       changes nothing; parked and told */
enum status station_check_revocation(struct station *s, const struct store_plan_event *event, bool *unknown,
                                     struct fail *why)
{
	return check_signed(s, event, MEANING_REVOKED, true, unknown, why);
}

enum status station_tell_unverified(struct station *s, const struct store_plan_event *event, struct fail *why)
{
	char text[SYNC_REASON_MAX + 1];
	(void)snprintf(text, sizeof text,
	               "UNVERIFIED REVOCATION by %.60s, whose key is not known here: the plan is stopped all the same",
	               event->actor);
	return station_note(s, SYNC_NOTE_UNVERIFIED, "CarePlan", event->plan, text, why);
}

enum status station_unverified_holds(struct station *s, const char *plan, bool *holds, struct fail *why)
{
	struct store_plan row = {0};
	struct store_plan_event_list list = {0};
	bool unknown = false;
	struct fail none;
	*holds = false;
	enum status st = store_plan_latest(s->store, plan, &row, why);
	if (!st && strcmp(row.state, "revoked") == 0)
		st = store_plan_event_list(s->store, plan, row.version, &list, why);
	if (!st && list.count > 0)
		*holds = station_check_revocation(s, &list.items[list.count - 1], &unknown, &none) == ST_OK && unknown;
	store_plan_event_list_free(&list);
	store_plan_clear(&row);
	return st;
}

/* ---- first on the server ------------------------------------------------------------------------------ */

enum treated { TREATED_HERE, TREATED_ELSEWHERE };

/* Treated although it was revoked at a station that was not known of: that is an incident, told to everybody. state: of
 * the plan where it was treated. */
static enum status raise_incident(struct station *s, const struct store_plan_event *row, enum treated where,
                                  const char *state, struct fail *why)
{
	static const struct {
		const char *what, *key, *note;
	} words[] = {[TREATED_HERE] = {"revoked elsewhere before this station knew; treated here", "state_here",
	                               "REVOKED at another station and treated here: an incident is recorded"},
	             [TREATED_ELSEWHERE] = {"treated elsewhere before the revocation of this station was known there",
	                                    "state_there",
	                                    "REVOKED here and treated at another station: an incident is recorded"}};
	struct store_plan plan = {0};
	struct json_out out;
	char *json = NULL;
	const struct store_stamp stamp = station_stamp(s);
	struct store_record record = {.plan_version = row->version, .at_ms = stamp.at_ms};
	json_out_begin(&out, 1 << 14);
	json_out_object(&out, NULL);
	json_out_text(&out, "schema", "lasertwin-incident/1");
	json_out_text(&out, "what", words[where].what);
	json_out_text(&out, words[where].key, state);
	json_out_text(&out, "revoked_by", row->actor);
	json_out_int(&out, "revoked_at_ms", row->at_ms);
	json_out_text_if(&out, "reason", row->reason);
	json_out_end_object(&out);
	enum status st = json_out_take(&out, &json, &record.json_len, why);
	record.json = json;
	(void)snprintf(record.kind, sizeof record.kind, "incident");
	memcpy(record.plan, row->plan, sizeof record.plan);
	if (!st)
		st = store_plan_get(s->store, row->plan, row->version, &plan, why);
	memcpy(record.patient, plan.patient, sizeof record.patient);
	store_plan_clear(&plan);
	if (!st)
		st = uuid_new(record.uuid, why);
	store_outbox_silence(s->store, false); /* this is ours: the others are to know */
	if (!st)
		st = store_record_add(s->store, &record, &stamp, why);
	store_outbox_silence(s->store, true);
	free(json);
	return st ? st : station_note(s, SYNC_NOTE_CONFLICT, "CarePlan", row->plan, words[where].note, why);
}

/* A revocation wins over whatever happened here meanwhile, once it is known to be a person's with a trusted key.
 * `state` is the plan's here. */
enum status station_revocation_wins(struct station *s, struct store_plan_event *row, const char *state,
                                   const struct store_stamp *stamp, struct fail *why)
{
	static const char *const past[] = {"delivered", "closed"};
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	if (strcmp(state, "revoked") == 0 || strcmp(state, "superseded") == 0)
		return ST_OK;
	(void)snprintf(key, sizeof key, "i.%s.%lld", row->plan, (long long)row->version);
	bool unknown;
	enum status st = station_check_revocation(s, row, &unknown, why);
	if (!st)
		st = station_get(s, key, value, why);
	if (st || value[0])
		return st;
	for (size_t i = 0; i < sizeof past / sizeof *past; i++)
		if (strcmp(past[i], state) == 0) { /* nothing is left to stop: only a known key makes an incident of it */
			st = station_check_signed(s, row, MEANING_REVOKED, why);
			if (st)
				return st;
			st = raise_incident(s, row, TREATED_HERE, state, why);
			return st ? st : station_put(s, key, "told", why);
		}
	struct store_plan_event next = *row;
	(void)snprintf(next.from_state, sizeof next.from_state, "%s", state);
	store_outbox_silence(s->store, false); /* that it stopped something is this station's to tell */
	st = store_plan_event_add(s->store, &next, stamp, why);
	store_outbox_silence(s->store, true);
	return st || !unknown ? st : station_tell_unverified(s, row, why);
}

/* ---- too late for its name ---------------------------------------------------------------------------- */

static void told_key(const struct store_plan_event *event, char key[STORE_SYNC_KEY_MAX + 1])
{
	(void)snprintf(key, STORE_SYNC_KEY_MAX + 1, "i.%s.%lld", event->plan, (long long)event->version);
}

enum status station_revocation_is_told(struct station *s, const struct store_plan_event *event, bool *told,
                                       struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	told_key(event, key);
	enum status st = station_get(s, key, value, why);
	*told = !st && strcmp(value, STATION_REVOCATION) == 0;
	return st;
}

enum status station_is_revoked(struct station *s, const struct store_plan *plan, bool *revoked, struct fail *why)
{
	struct store_plan_event of = {.version = plan->version};
	char key[STORE_SYNC_KEY_MAX + 1], value[STORE_SYNC_VALUE_MAX + 1];
	memcpy(of.plan, plan->uuid, sizeof of.plan);
	told_key(&of, key);
	enum status st = station_get(s, key, value, why);
	*revoked = !st && (value[0] || strcmp(plan->state, "revoked") == 0);
	return st;
}

static enum status write_revocation(const struct store_plan_event *event, char **json, size_t *n, struct fail *why)
{
	struct canonical c = {0};
	char digest[DIGEST_TEXT_SIZE];
	digest_hex(&event->digest, digest);
	canonical_object(&c, NULL);
	canonical_int(&c, "after_ordinal", event->ordinal);
	canonical_int(&c, "at_ms", event->at_ms);
	canonical_text(&c, "digest", digest);
	canonical_text(&c, "reason", event->reason);
	canonical_text(&c, "revoked_by", event->actor);
	canonical_text(&c, "schema", SCHEMA);
	canonical_text(&c, "signed", event->json && event->json_len ? event->json : "");
	canonical_close(&c);
	return canonical_finish(&c, json, n, why);
}

/* Ours, as a record: the outbox takes it with the group. */
static enum status send_revocation(struct station *s, const struct store_plan_event *event, struct fail *why)
{
	const struct store_stamp stamp = {s->now_ms(), event->actor[0] ? event->actor : "sync"};
	struct store_record record = {.kind = STATION_REVOCATION, .plan_version = event->version, .at_ms = event->at_ms};
	struct store_plan plan = {0};
	char *json = NULL;
	enum status st = write_revocation(event, &json, &record.json_len, why);
	if (!st)
		st = store_plan_get(s->store, event->plan, event->version, &plan, why);
	memcpy(record.plan, event->plan, sizeof record.plan);
	memcpy(record.patient, plan.patient, sizeof record.patient);
	store_plan_clear(&plan);
	record.json = json;
	if (!st)
		st = uuid_new(record.uuid, why);
	if (!st)
		st = store_record_add(s->store, &record, &stamp, why);
	free(json);
	return st;
}

/* The unsettled row of our revocation that bears the name of this step; false: there is none. */
static enum status find_own(struct station *s, const struct store_plan_event *theirs, struct store_outbox *row,
                            bool *found, struct fail *why)
{
	char name[UUID_TEXT_SIZE];
	*found = false;
	mapping_name(theirs->plan, theirs->version, theirs->ordinal, PART_EVENT, name);
	enum status st = station_index(s, &s->open, UNSETTLED, why);
	for (const struct named *n = st ? NULL : station_named(&s->open, name); !st && n && !*found;
	     n = station_named_next(&s->open, n)) {
		st = station_row(s, n->seq, row, why);
		*found = !st && row->object == OUTBOX_PLAN_EVENT && row->state != OUTBOX_ACKED;
	}
	return st;
}

static enum status drop_row(struct station *s, const struct store_outbox *row, struct fail *why)
{
	struct sync_unit unit = {0};
	enum status st = station_unit(s, row, &unit, why);
	if (!st)
		st = station_settle_unit(s, "sync", &unit, false, why);
	sync_unit_clear(&unit);
	return st;
}

/* Our later steps (that it was delivered, that it was stopped) are told all the same. */
static enum status go_after(struct station *s, const struct store_plan_event *revoked, int64_t ordinal, bool *found,
                            struct fail *why)
{
	struct store_plan_event step = *revoked;
	struct store_outbox row;
	struct sync_unit unit = {0};
	step.ordinal = ordinal;
	enum status st = find_own(s, &step, &row, found, why);
	if (!st && *found)
		st = station_unit(s, &row, &unit, why);
	if (!st && *found)
		st = station_go_over(s, &unit, why);
	sync_unit_clear(&unit);
	return st;
}

enum status station_give_way(struct station *s, const struct store_plan_event *revoked, struct fail *why)
{
	struct store_outbox row;
	bool found = false;
	enum status st = find_own(s, revoked, &row, &found, why);
	if (!st && found)
		st = drop_row(s, &row, why);
	for (int64_t next = revoked->ordinal + 1; !st && found; next++)
		st = go_after(s, revoked, next, &found, why);
	return st;
}

/* Ours gives way under that name and goes under one of its own. */
static enum status go_as_record(struct station *s, const struct store_outbox *row, const struct store_plan_event *mine,
                                struct fail *why)
{
	char key[STORE_SYNC_KEY_MAX + 1];
	enum status st = drop_row(s, row, why);
	if (!st)
		st = send_revocation(s, mine, why);
	told_key(mine, key);
	return st ? st : station_put(s, key, STATION_REVOCATION, why);
}

static bool is_treatment(const char *state)
{
	return strcmp(state, "treating") == 0 || strcmp(state, "delivered") == 0 || strcmp(state, "closed") == 0;
}

enum status station_revoked_too_late(struct station *s, const struct store_plan_event *theirs, struct fail *why)
{
	struct store_plan_event_list list = {0};
	struct store_outbox row;
	bool found = false;
	enum status st = find_own(s, theirs, &row, &found, why);
	if (st || !found)
		return st;
	st = store_plan_event_list(s->store, theirs->plan, theirs->version, &list, why);
	const struct store_plan_event *mine =
	        !st && theirs->ordinal >= 1 && (size_t)theirs->ordinal <= list.count ? &list.items[theirs->ordinal - 1] : NULL;
	if (mine && strcmp(mine->to_state, "revoked") == 0) {
		st = go_as_record(s, &row, mine, why);
		if (!st && is_treatment(theirs->to_state)) {
			st = raise_incident(s, mine, TREATED_ELSEWHERE, theirs->to_state, why);
			store_outbox_silence(s->store, false); /* we came here with it speaking */
		}
	}
	store_plan_event_list_free(&list);
	return st;
}

/* ---- such a record arrives ---------------------------------------------------------------------------- */

struct revocation {
	struct store_plan_event event;
	char *document; /* owned; event.json */
};

static enum status read_text(const struct json_at *root, struct revocation *r, struct fail *why)
{
	struct json_at value;
	const char *text = json_find(root, "signed", &value) ? json_text(&value) : NULL;
	r->document = strdup(text ? text : "");
	r->event.json = r->document;
	r->event.json_len = r->document ? strlen(r->document) : 0;
	return r->document ? ST_OK : fail_set(why, ST_FULL, STATION_REVOCATION, "out of memory");
}

static enum status read_revocation(const struct store_record *record, struct revocation *r, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct store_plan_event *e = &r->event;
	char digest[DIGEST_TEXT_SIZE];
	double after = 0, at_ms = 0;
	enum status st = json_parse(STATION_REVOCATION, record->json, record->json_len, &doc, why);
	if (st)
		return st;
	const struct json_at root = json_root(doc);
	st = json_schema(&root, SCHEMA, why);
	if (!st)
		st = json_number_in(&root, "after_ordinal", 1, 1e6, "", &after, NULL, why);
	if (!st)
		st = json_number_in(&root, "at_ms", 0, EXACT_MAX, "", &at_ms, NULL, why);
	if (!st)
		st = json_string(&root, "digest", digest, sizeof digest, NULL, why);
	if (!st)
		st = digest_parse(digest, &e->digest, why);
	if (!st)
		st = json_string(&root, "reason", e->reason, sizeof e->reason, NULL, why);
	if (!st)
		st = json_string(&root, "revoked_by", e->actor, sizeof e->actor, NULL, why);
	if (!st)
		st = read_text(&root, r, why);
	json_free(&doc);
	memcpy(e->plan, record->plan, sizeof e->plan);
	e->version = record->plan_version;
	e->ordinal = (int64_t)after;
	e->at_ms = (int64_t)at_ms;
	(void)snprintf(e->to_state, sizeof e->to_state, "revoked");
	return st;
}

/* Where the last step was made: that station brings the state on the server up to date. */
static enum status is_own_step(struct station *s, const struct store_plan_event *e, int64_t ordinal, bool *own,
                               struct fail *why)
{
	char name[UUID_TEXT_SIZE];
	mapping_name(e->plan, e->version, ordinal, PART_EVENT, name);
	enum status st = station_index(s, &s->all, (1u << OUTBOX_STATES) - 1, why);
	*own = !st && station_named(&s->all, name) != NULL;
	return st;
}

static enum status stop_plan(struct station *s, struct store_plan_event *e, const char *state, int64_t last,
                             struct fail *why)
{
	const struct store_stamp stamp = {e->at_ms, e->actor[0] ? e->actor : "sync"};
	bool own = false;
	if (strcmp(state, "revoked") == 0 || strcmp(state, "superseded") == 0)
		return ST_OK;
	if (strcmp(state, "delivered") == 0 || strcmp(state, "closed") == 0)
		return station_note(s, SYNC_NOTE_CONFLICT, "CarePlan", e->plan,
		                    "REVOKED at another station and treated here: an incident is recorded there", why);
	enum status st = is_own_step(s, e, last, &own, why);
	if (st)
		return st;
	(void)snprintf(e->from_state, sizeof e->from_state, "%s", state);
	store_outbox_silence(s->store, !own);
	st = store_plan_event_add(s->store, e, &stamp, why);
	store_outbox_silence(s->store, true);
	return st;
}

enum status station_apply_revocation(struct station *s, const struct store_record *record, struct fail *why)
{
	struct revocation r = {0};
	struct store_plan_event_list list = {0};
	char key[STORE_SYNC_KEY_MAX + 1], state[STORE_STATE_MAX + 1] = "";
	bool unknown = false;
	enum status st = read_revocation(record, &r, why);
	if (!st)
		st = store_plan_event_list(s->store, record->plan, record->plan_version, &list, why);
	if (!st && (int64_t)list.count < r.event.ordinal)
		st = fail_set(why, ST_NOT_FOUND, "plan", "what the revocation stands against is not here yet");
	if (!st)
		memcpy(state, list.items[list.count - 1].to_state, sizeof state);
	const bool past = strcmp(state, "delivered") == 0 || strcmp(state, "closed") == 0;
	if (!st)
		st = past ? station_check_signed(s, &r.event, MEANING_REVOKED, why)
		          : station_check_revocation(s, &r.event, &unknown, why);
	const int64_t last = (int64_t)list.count;
	store_plan_event_list_free(&list);
	if (!st)
		st = stop_plan(s, &r.event, state, last, why);
	if (!st && unknown)
		st = station_tell_unverified(s, &r.event, why);
	told_key(&r.event, key);
	if (!st)
		st = station_put(s, key, STATION_REVOCATION, why);
	free(r.document);
	return st;
}
