/* Push: the outbox, oldest first, as far as what it refers to stands on the server.
 *
 *   single resources   many to a batch; every answer inside is read for itself
 *   units of several   one transaction; on a server that is found not to keep transactions, one by one, in
 * the order of the entries (the one that makes the whole count comes last) audit              in the order of
 * its numbers, and not past one that did not arrive
 *
 * A unit is in flight, durably, before the first byte of it leaves. A failure of the line ends the round; a
 * failure of one unit ends that unit's turn, and the units of other records go on. */
#include "planner/sync/engine_private.h"
#include "planner/sync/names.h"

#define ALONE_AFTER 3 /* failed attempts after which a unit is sent by itself, after the others */
#define VERDICTS_MAX 64
#define ORDERED_MAX 50 /* audit to one transaction: updates that a Medplum transaction takes (fhir.md, section 2) */
#define TROUBLES_MAX 3 /* units in a row that the server answers 5xx to: it is the server */

/* ---- one pass ----------------------------------------------------------------------------------------- */

struct push {
	struct sync_engine *e;
	struct names blocked;         /* records with an earlier change that is not settled */
	struct names failed;          /* of this round: not tried again in it */
	bool order_blocked, stubborn; /* stubborn: the pass for units that failed often */
	int troubles;
	size_t acked;
	struct sync_unit flight[BATCH_MAX];
	size_t flying, flying_bytes;
	struct sync_unit ordered[ORDERED_MAX];
	size_t in_order;
	struct sync_verdict verdict[VERDICTS_MAX]; /* of the audit, not put down yet */
	size_t verdicts;
};

static enum status block(struct push *p, struct names *set, const struct sync_unit *unit, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < unit->count; i++)
		st = names_add(set, unit->entry[i].sync_id, why);
	p->order_blocked |= unit->in_order;
	return st;
}

/* ---- verdicts ----------------------------------------------------------------------------------------- */

static struct sync_verdict verdict_of(const struct sync_unit *unit, enum sync_state state)
{
	return (struct sync_verdict){.seq = unit->seq, .state = state, .count = unit->count};
}

/* What the outbox says of a unit is one transaction; the audit's, whose units are many and harmless to
 * repeat, are put down together. */
static enum status put_down(struct push *p, struct fail *why)
{
	size_t count = p->verdicts;
	p->verdicts = 0;
	return count ? p->e->local.settle(p->e->local.state, p->verdict, count, why) : ST_OK;
}

static enum status settle(struct push *p, const struct sync_unit *unit, const struct sync_verdict *v,
                          struct fail *why)
{
	struct sync_engine *e = p->e;
	enum status st = ST_OK;
	if (p->verdicts == VERDICTS_MAX || !unit->in_order)
		st = put_down(p, why);
	if (!st && unit->in_order)
		p->verdict[p->verdicts++] = *v;
	else if (!st)
		st = e->local.settle(e->local.state, v, 1, why);
	if (!st && (v->state == SYNC_CONFLICT || v->state == SYNC_REFUSED))
		st = engine_note(e, v->state == SYNC_CONFLICT ? SYNC_NOTE_CONFLICT : SYNC_NOTE_REFUSED,
		                 unit->entry[0].type, unit->entry[0].sync_id, why, "%s", v->reason);
	if (v->state != SYNC_ACKED)
		return st ? st : block(p, &p->failed, unit, why);
	for (size_t i = 0; i < v->count; i++)
		engine_canary_set(e, &v->receipt[i]);
	p->acked++;
	e->outcome->pushed += v->count;
	return st;
}

static enum status settle_as(struct push *p, const struct sync_unit *unit, enum sync_state state,
                             const char *reason, struct fail *why)
{
	struct sync_verdict v = verdict_of(unit, state);
	(void)snprintf(v.reason, sizeof v.reason, "%s", reason);
	return settle(p, unit, &v, why);
}

/* ---- answers ------------------------------------------------------------------------------------------ */

enum answer {
	ANSWER_ACK,
	ANSWER_LOOK, /* what stands on the server tells */
	ANSWER_REFUSED,
	ANSWER_LATER,  /* certainly not written: pending again */
	ANSWER_UNKNOWN /* this try or one before it may have been */
};

/* An earlier try may have landed although this one did not: its unit stays in flight. */
static bool first_try(const struct sync_unit *unit)
{
	return unit->attempts == 0;
}

static void receipt_from(const struct sync_engine *e, const struct sync_entry *entry,
                         const struct reply_entry *said, struct sync_place *out)
{
	struct fail none;
	struct sync_place seen;
	*out = (struct sync_place){.ours = true, .updated_ms = said->updated_ms};
	memcpy(out->type, entry->type, sizeof out->type);
	memcpy(out->sync_id, entry->sync_id, sizeof out->sync_id);
	if (said->resource.at && reply_place(said->resource, e->options.id_system, &seen, &none) == ST_OK &&
	    strcmp(seen.sync_id, entry->sync_id) == 0) {
		*out = seen;
		out->ours = true;
		return;
	}
	(void)reply_location(said->location, entry->type, out);
	if (said->etag[0] != '\0')
		(void)reply_etag(said->etag, out->version);
}

/* A confirmed write names server id, version and time; where a part is missing, or a conditional create found
 * something, the copy on the server is looked at. */
static enum answer confirm(const struct push *p, const struct sync_unit *unit, const struct sync_entry *entry,
                           const struct reply_entry *said, struct sync_place *receipt)
{
	receipt_from(p->e, entry, said, receipt);
	if (receipt->server_id[0] == '\0' || receipt->version[0] == '\0' || receipt->updated_ms == 0)
		return ANSWER_LOOK;
	if (!entry->update && said->status != 201)
		return said->resource.at &&
		                       reply_tagged(said->resource, p->e->options.write_system, unit->uuid)
		               ? ANSWER_ACK
		               : ANSWER_LOOK;
	return ANSWER_ACK;
}

static enum answer read_answer(const struct push *p, const struct sync_unit *unit,
                               const struct sync_entry *entry, const struct reply_entry *said,
                               struct sync_verdict *v, size_t i)
{
	char reason[SYNC_REASON_MAX - 100];
	if (said->status >= 200 && said->status <= 299)
		return confirm(p, unit, entry, said, &v->receipt[i]);
	switch (said->status) {
	case 404:
	case 409:
	case 410:
	case 412:
		return ANSWER_LOOK;
	case 429:
		return first_try(unit) ? ANSWER_LATER : ANSWER_UNKNOWN;
	default:
		break;
	}
	if (said->status < 400 || said->status == 401 || (said->status >= 500 && said->status != 501))
		return ANSWER_UNKNOWN;
	reply_reason(said->outcome, reason, sizeof reason);
	(void)snprintf(v->reason, sizeof v->reason, "the server refuses this %s (%d%s): %s", entry->type,
	               said->status, said->status == 403 ? ", not allowed for good" : "", reason);
	return ANSWER_REFUSED;
}

/* What stands on the server decides. */
static enum status look_and_judge(struct push *p, const struct sync_unit *unit, size_t i,
                                  struct sync_verdict *v, enum answer *answer, struct fail *why)
{
	const struct sync_entry *entry = &unit->entry[i];
	struct sync_engine *e = p->e;
	struct landing_look look;
	enum status st = engine_look(e, unit, entry, &look, why);
	if (!st && look.twice)
		st = engine_note(e, SYNC_NOTE_DUPLICATE, entry->type, entry->sync_id, why,
		                 "stands more than once on the server: remove the copy there");
	if (!st && look.landing == LANDED) {
		v->receipt[i] = look.place;
		v->receipt[i].ours = true;
		*answer = ANSWER_ACK;
	} else if (!st && look.landing == ABSENT) {
		*answer = ANSWER_UNKNOWN;
	} else if (!st && look.landing == ELSEWHERE && entry->update &&
	           strcmp(look.place.version, entry->base) == 0) {
		*answer = ANSWER_LATER; /* what we replace stands there still: nobody was faster */
	} else if (!st && look.landing == VANISHED) {
		e->want_reconcile = true;
		*answer = first_try(unit) ? ANSWER_LATER : ANSWER_UNKNOWN;
	} else if (!st && look.landing == DELETED) {
		v->state = SYNC_REFUSED;
		(void)snprintf(v->reason, sizeof v->reason,
		               "somebody deleted this %s on the server; ours is kept", entry->type);
		*answer = ANSWER_REFUSED;
		st = e->local.mark_gone(e->local.state, entry->sync_id, why);
	} else if (!st) {
		v->state = SYNC_CONFLICT;
		(void)snprintf(v->reason, sizeof v->reason, "%s was changed on the server meanwhile",
		               entry->type);
		*answer = ANSWER_REFUSED;
	}
	landing_look_clear(&look);
	return st;
}

/* A server that states update-as-create and does not do it: its own names, and its own conditions, from now on. */
static enum status names_refused(struct push *p, const struct sync_entry *entry, struct fail *why)
{
	struct sync_engine *e = p->e;
	if (entry->update || !e->traits.conditional_create || !engine_named_by_us(e, entry->type))
		return ST_OK;
	e->traits.own_names = false;
	enum status st = engine_traits_save(e, why);
	return st ? st
	          : engine_note(e, SYNC_NOTE_SERVER, entry->type, "", why,
	                        "the server states that it takes our names and answers 404 to them: creates go by "
	                        "condition from now on");
}

/* One entry's answer into the unit's verdict; *goes_on: the next entry may be read. */
static enum status take_answer(struct push *p, const struct sync_unit *unit, size_t i,
                               const struct reply_entry *said, struct sync_verdict *v, bool *goes_on,
                               struct fail *why)
{
	enum answer answer = read_answer(p, unit, &unit->entry[i], said, v, i);
	enum status st = ST_OK;
	if (answer == ANSWER_REFUSED)
		v->state = SYNC_REFUSED;
	if (answer == ANSWER_LOOK)
		st = look_and_judge(p, unit, i, v, &answer, why);
	if (!st && answer == ANSWER_UNKNOWN && said->status == 404)
		st = names_refused(p, &unit->entry[i], why);
	if (answer == ANSWER_LATER || answer == ANSWER_UNKNOWN) {
		v->state = answer == ANSWER_LATER && unit->count == 1 ? SYNC_PENDING : SYNC_INFLIGHT;
		(void)snprintf(v->reason, sizeof v->reason, "the server answers %d: again later",
		               said->status);
	}
	if (said->status == 429 && !st) {
		struct fail none;
		(void)(engine_busy(p->e, &none) == ST_IO);
	}
	*goes_on = answer == ANSWER_ACK;
	return st;
}

/* ---- requests ----------------------------------------------------------------------------------------- */

static bool is_version(const struct sync_reply *reply, const char *base)
{
	struct span body = {0}, meta = {0}, version = {0};
	char text[SYNC_VERSION_MAX + 1];
	return reply->http == 200 && reply->body && span_object(reply->body, reply->len, &body) &&
	       span_member(body, "meta", &meta) && span_member(meta, "versionId", &version) &&
	       span_text(version, text, sizeof text) && strcmp(text, base) == 0;
}

/* Read, modify, write: the version that the update replaces is read for what others put there. Another version is not
 * looked at: the update will not pass. What cannot be carried over is said, for it is lost with the newest version. */
static enum status keep_others(struct push *p, struct sync_entry *entry, const struct sync_place *place,
                               struct fail *why)
{
	struct sync_engine *e = p->e;
	struct sync_reply reply = {0};
	struct fail reason = {0};
	char path[PATH_MAX_BYTES];
	if (!e->local.shared_type || strcmp(entry->type, e->local.shared_type) != 0)
		return ST_OK;
	(void)snprintf(path, sizeof path, "%s/%s", entry->type, place->server_id);
	enum status st = engine_get(e, path, &reply, why);
	if (!st && is_version(&reply, place->version) &&
	    e->local.keep(e->local.state, entry, reply.body, reply.len, &reason))
		st = engine_note(e, SYNC_NOTE_PARKED, entry->type, entry->sync_id, why,
		                 "what other systems wrote in it is not carried over: %.60s %.120s", reason.field, reason.text);
	sync_reply_clear(&reply);
	return st;
}

/* In flight from here on. The versions replaced are fixed now. */
static enum status depart(struct push *p, struct sync_unit *const *units, size_t count, struct fail *why)
{
	struct sync_engine *e = p->e;
	struct fail reason = {0};
	for (size_t u = 0; u < count; u++)
		for (size_t i = 0; i < units[u]->count; i++) {
			struct sync_entry *entry = &units[u]->entry[i];
			struct sync_place place;
			if (!entry->update || (units[u]->state == SYNC_INFLIGHT && entry->base[0]))
				continue;
			enum status st = e->local.find(e->local.state, entry->sync_id, &place, &reason);
			if (st)
				return fail_set(why, st, reason.field, "%s", reason.text);
			memcpy(entry->base, place.version, sizeof entry->base);
			if ((st = keep_others(p, entry, &place, why)) != ST_OK)
				return st;
		}
	enum status st = e->local.sending(e->local.state, units, count, why);
	for (size_t u = 0; !st && u < count; u++)
		units[u]->state = SYNC_INFLIGHT;
	return st;
}

/* ---- one unit by itself ------------------------------------------------------------------------------- */

/* Servers that ignore If-Match or If-None-Exist, and creates under our own names: look before writing. *done: nothing
 * is left to write. */
static enum status look_first(struct push *p, const struct sync_unit *unit, size_t i, struct sync_verdict *v,
                              bool *done, bool *goes_on, struct fail *why)
{
	const struct sync_entry *entry = &unit->entry[i];
	struct landing_look look;
	*done = false;
	*goes_on = true;
	if (entry->update ? p->e->traits.optimistic : !engine_puts_creates(p->e, entry->type))
		return ST_OK;
	enum status st = engine_look(p->e, unit, entry, &look, why);
	bool stands = look.landing == LANDED || look.landing == DELETED ||
	              (look.landing == ELSEWHERE &&
	               !(entry->update && strcmp(look.place.version, entry->base) == 0));
	landing_look_clear(&look);
	if (st || !stands)
		return st;
	enum answer answer = ANSWER_UNKNOWN;
	*done = true;
	st = look_and_judge(p, unit, i, v, &answer, why);
	*goes_on = answer == ANSWER_ACK;
	return st;
}

static void reply_as_entry(const struct sync_reply *reply, struct reply_entry *said)
{
	struct span body = {0};
	*said = (struct reply_entry){.status = reply->http};
	memcpy(said->location, reply->location, sizeof said->location);
	memcpy(said->etag, reply->etag, sizeof said->etag);
	if (!reply->body || !span_object(reply->body, reply->len, &body))
		return;
	if (reply->http >= 200 && reply->http <= 299)
		said->resource = body;
	else
		said->outcome = body;
}

static enum status send_entry(struct push *p, const struct sync_unit *unit, size_t i, struct sync_verdict *v,
                              bool *goes_on, struct fail *why)
{
	struct call call = {0};
	struct sync_reply reply = {0};
	struct reply_entry said;
	bool missing = false, done = false;
	enum status st = look_first(p, unit, i, v, &done, goes_on, why);
	if (st || done)
		return st;
	st = engine_call(p->e, unit, &unit->entry[i], MODE_ALONE, &call, &missing, why);
	if (!st && missing) {
		v->state = SYNC_INFLIGHT;
		*goes_on = false;
	} else if (!st) {
		const struct sync_request request = {
		        .method = call.method,
		        .path = call.url,
		        .body = call.body,
		        .len = call.len,
		        .if_match = call.if_match[0] ? call.if_match : NULL,
		        .if_none_exist = call.if_none_exist[0] ? call.if_none_exist : NULL,
		        .if_none_match = call.if_none_match};
		st = engine_ask(p->e, &request, &reply, why);
		if (!st) {
			reply_as_entry(&reply, &said);
			st = take_answer(p, unit, i, &said, v, goes_on, why);
		}
	}
	free(call.body);
	sync_reply_clear(&reply);
	return st;
}

static enum status send_one_by_one(struct push *p, const struct sync_unit *unit, struct fail *why)
{
	struct sync_verdict v = verdict_of(unit, SYNC_ACKED);
	bool goes_on = true;
	enum status st = ST_OK;
	for (size_t i = 0; !st && goes_on && i < unit->count; i++)
		st = send_entry(p, unit, i, &v, &goes_on, why);
	return st ? st : settle(p, unit, &v, why);
}

/* ---- a transaction ------------------------------------------------------------------------------------ */

/* The transaction as a whole was refused for a version or a name: which of them stand there? All ours: it had
 * landed before. Some: the server does not keep transactions, so on with the rest one by one. */
static enum status after_clash(struct push *p, const struct sync_unit *unit, struct fail *why)
{
	struct sync_verdict v = verdict_of(unit, SYNC_ACKED);
	size_t landed = 0, absent = 0;
	bool clash = false;
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < unit->count; i++) {
		enum answer answer = ANSWER_UNKNOWN;
		st = look_and_judge(p, unit, i, &v, &answer, why);
		landed += answer == ANSWER_ACK;
		absent += answer == ANSWER_UNKNOWN;
		clash |= answer == ANSWER_REFUSED;
	}
	if (st)
		return st;
	if (landed == unit->count || clash)
		return settle(p, unit, &v, why);
	return absent > 0 && landed > 0
	               ? send_one_by_one(p, unit, why)
	               : settle_as(p, unit, SYNC_INFLIGHT, "the server refused it once: again later", why);
}

static enum status each_alone(struct push *p, struct sync_unit *const *units, size_t count, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t u = 0; !st && u < count; u++) {
		size_t acked = p->acked;
		st = send_one_by_one(p, units[u], why);
		if (units[u]->in_order && p->acked == acked)
			break; /* audit does not go past one that did not arrive */
	}
	return st;
}

/* Entries with and without success in one "transaction": it was none. */
static enum status not_atomic(struct push *p, struct sync_unit *const *units, size_t count, struct fail *why)
{
	p->e->traits.transaction = false;
	enum status st = engine_traits_save(p->e, why);
	if (!st)
		st = engine_note(p->e, SYNC_NOTE_SERVER, "Bundle", "", why,
		                 "the server keeps parts of a refused transaction; units go entry by entry "
		                 "from now on");
	return st ? st : each_alone(p, units, count, why);
}

static enum status read_transaction(struct push *p, struct sync_unit *const *units, size_t count,
                                    const struct sync_reply *reply, struct fail *why)
{
	struct span entries, item = {0};
	struct reply_entry said[ORDERED_MAX + 1];
	size_t wanted = 0, got = 0, good = 0, at = 0;
	for (size_t u = 0; u < count; u++)
		wanted += units[u]->count;
	if (!reply_bundle(reply->body, reply->len, "transaction-response", &entries))
		return fail_set(why, ST_IO, "Bundle",
		                "the server's answer to a transaction cannot be read: asking again later");
	for (; got <= wanted && span_each(entries, &item); got++) {
		reply_entry_read(item, &said[got]);
		good += said[got].status >= 200 && said[got].status <= 299;
		if (got == wanted)
			break;
	}
	if (got != wanted)
		return fail_set(why, ST_IO, "Bundle",
		                "the server answered %zu of %zu entries: asking again later", got, wanted);
	if (good != wanted)
		return not_atomic(p, units, count, why);
	enum status st = ST_OK;
	for (size_t u = 0; !st && u < count; u++) {
		struct sync_verdict v = verdict_of(units[u], SYNC_ACKED);
		bool goes_on = true;
		for (size_t i = 0; !st && goes_on && i < units[u]->count; i++)
			st = take_answer(p, units[u], i, &said[at + i], &v, &goes_on, why);
		at += units[u]->count;
		st = st ? st : settle(p, units[u], &v, why);
	}
	return st;
}

static enum status refuse_transaction(struct push *p, struct sync_unit *unit, const struct sync_reply *reply,
                                      struct fail *why)
{
	char reason[SYNC_REASON_MAX - 100], text[SYNC_REASON_MAX + 1];
	struct span outcome = {0};
	if (reply->body && !span_object(reply->body, reply->len, &outcome))
		outcome = (struct span){0};
	reply_reason(outcome, reason, sizeof reason);
	(void)snprintf(text, sizeof text, "the server refuses this %s (%d%s): %s", unit->entry[0].type,
	               reply->http, reply->http == 403 ? ", not allowed for good" : "", reason);
	return settle_as(p, unit, SYNC_REFUSED, text, why);
}

/* Not about what is in it but about the form: too large, not built, not allowed here. */
static bool form_refused(int http)
{
	return http == 405 || http == 413 || http == 501;
}

static enum status send_transaction(struct push *p, struct sync_unit *const *units, size_t count,
                                    struct fail *why)
{
	struct sync_request request = {.method = "POST", .path = ""};
	struct sync_reply reply = {0};
	char *body = NULL;
	enum status st = engine_bundle(p->e, units, count, true, &body, &request.len, why);
	request.body = body;
	if (!st)
		st = engine_ask(p->e, &request, &reply, why);
	free(body);
	if (st)
		;
	else if (reply.http >= 200 && reply.http <= 299)
		st = read_transaction(p, units, count, &reply, why);
	else if (form_refused(reply.http) || count > 1)
		st = each_alone(p, units, count, why);
	else if (reply.http == 409 || reply.http == 412 || reply.http == 404 || reply.http == 410)
		st = after_clash(p, units[0], why);
	else
		st = refuse_transaction(p, units[0], &reply, why);
	sync_reply_clear(&reply);
	return st;
}

/* Whether this unit's writes are safe inside a bundle: the server must obey the conditions, or nothing but our own
 * write can stand under the name. */
static bool conditions_hold(const struct sync_engine *e, const struct sync_unit *unit)
{
	for (size_t i = 0; i < unit->count; i++) {
		const char *type = unit->entry[i].type;
		if (unit->entry[i].update ? !e->traits.optimistic
		                          : engine_puts_creates(e, type) && !engine_named_by_us(e, type))
			return false;
	}
	return true;
}

/* A transaction whose creates under our own names were looked for first: where something stands, one by one. */
static enum status look_and_send(struct push *p, struct sync_unit *const *units, size_t count, struct fail *why)
{
	bool stands[ORDERED_MAX], any = false;
	BUG_ON(count > ORDERED_MAX);
	enum status st = engine_look_together(p->e, units, count, stands, why);
	for (size_t u = 0; u < count; u++)
		any |= stands[u];
	if (st)
		return st;
	return any ? each_alone(p, units, count, why) : send_transaction(p, units, count, why);
}

/* Where the server does not obey conditions, look at every entry first; then the transaction if nothing
 * stands in the way. */
static enum status look_then_send(struct push *p, struct sync_unit *unit, struct fail *why)
{
	struct sync_verdict v = verdict_of(unit, SYNC_ACKED);
	size_t done_count = 0;
	bool goes_on = true;
	for (size_t i = 0; goes_on && i < unit->count; i++) {
		bool done = false;
		enum status st = look_first(p, unit, i, &v, &done, &goes_on, why);
		if (st)
			return st;
		done_count += done;
	}
	if (!goes_on || done_count == unit->count)
		return settle(p, unit, &v, why);
	return done_count > 0 ? send_one_by_one(p, unit, why) : send_transaction(p, &unit, 1, why);
}

static enum status send_alone(struct push *p, struct sync_unit *unit, struct fail *why)
{
	enum status st = depart(p, &unit, 1, why);
	if (st)
		return st;
	if (unit->count == 1 || !p->e->traits.transaction)
		return send_one_by_one(p, unit, why);
	return conditions_hold(p->e, unit) ? look_and_send(p, &unit, 1, why)
	                                   : look_then_send(p, unit, why);
}

/* A server in trouble over one unit may be well for the next; three in a row, and it is the server. */
static enum status send_guarded(struct push *p, struct sync_unit *unit, struct fail *why)
{
	struct fail reason = {0};
	int64_t wait_ms = p->e->outcome->wait_ms;
	size_t acked = p->acked;
	enum status st = send_alone(p, unit, &reason);
	p->troubles = p->acked > acked ? 0 : p->troubles;
	if (st != ST_IO || !p->stubborn || ++p->troubles >= TROUBLES_MAX)
		return st ? fail_set(why, st, reason.field, "%s", reason.text) : ST_OK;
	p->e->outcome->wait_ms = wait_ms;
	return block(p, &p->failed, unit, why);
}

/* ---- a batch ------------------------------------------------------------------------------------------ */

static enum status read_batch(struct push *p, struct sync_unit *const *units, size_t count,
                              const struct sync_reply *reply, struct fail *why)
{
	struct span entries, item = {0};
	enum status st = ST_OK;
	if (!reply_bundle(reply->body, reply->len, "batch-response", &entries))
		return fail_set(why, ST_IO, "Bundle",
		                "the server's answer to a batch cannot be read: asking again later");
	struct sync_verdict *verdicts = calloc(count, sizeof *verdicts);
	if (!verdicts)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	size_t got = 0;
	for (; !st && got < count && span_each(entries, &item); got++) {
		struct reply_entry said;
		bool goes_on;
		reply_entry_read(item, &said);
		verdicts[got] = verdict_of(units[got], SYNC_ACKED);
		st = take_answer(p, units[got], 0, &said, &verdicts[got], &goes_on, why);
	}
	if (!st && got > 0)
		st = p->e->local.settle(p->e->local.state, verdicts, got, why);
	for (size_t i = 0; !st && i < got; i++) {
		const struct sync_verdict *v = &verdicts[i];
		if (v->state == SYNC_ACKED) {
			p->acked++;
			p->e->outcome->pushed++;
			engine_canary_set(p->e, &v->receipt[0]);
			continue;
		}
		st = block(p, &p->failed, units[i], why);
		if (!st && (v->state == SYNC_CONFLICT || v->state == SYNC_REFUSED))
			st = engine_note(
			        p->e, v->state == SYNC_CONFLICT ? SYNC_NOTE_CONFLICT : SYNC_NOTE_REFUSED,
			        units[i]->entry[0].type, units[i]->entry[0].sync_id, why, "%s", v->reason);
	}
	free(verdicts);
	if (!st && got < count)
		return fail_set(why, ST_IO, "Bundle",
		                "the server answered %zu of %zu entries: asking again later", got, count);
	return st;
}

static enum status post_batch(struct push *p, struct sync_unit *const *units, size_t count, struct fail *why)
{
	struct sync_request request = {.method = "POST", .path = ""};
	struct sync_reply reply = {0};
	char *body = NULL;
	enum status st = engine_bundle(p->e, units, count, false, &body, &request.len, why);
	request.body = body;
	if (!st)
		st = engine_ask(p->e, &request, &reply, why);
	free(body);
	if (st == ST_IO && p->e->batch_now > 1)
		p->e->batch_now /= 2;
	if (!st && reply.http == 200) {
		st = read_batch(p, units, count, &reply, why);
		if (!st && p->e->batch_now < p->e->options.batch)
			p->e->batch_now *= 2;
	} else if (!st && (reply.http == 400 || reply.http == 413) && count > 1) {
		/* too large, or one of them spoils it: by halves */
		p->e->batch_now = count / 2;
		st = post_batch(p, units, count / 2, why);
		if (!st)
			st = post_batch(p, units + count / 2, count - count / 2, why);
	} else if (!st) {
		p->e->traits.batch = count > 1 ? false : p->e->traits.batch;
		st = each_alone(p, units, count, why);
	}
	sync_reply_clear(&reply);
	return st;
}

/* Where something stands already under our own name, the unit goes by itself, which looks at what it is. */
static enum status send_batch(struct push *p, struct sync_unit *const *units, size_t count, struct fail *why)
{
	bool stands[BATCH_MAX];
	struct sync_unit *absent[BATCH_MAX];
	size_t left = 0;
	enum status st = depart(p, units, count, why);
	if (!st)
		st = engine_look_together(p->e, units, count, stands, why);
	for (size_t u = 0; !st && u < count; u++)
		if (stands[u])
			st = send_one_by_one(p, units[u], why);
		else
			absent[left++] = units[u];
	return st || left == 0 ? st : post_batch(p, absent, left, why);
}

/* ---- the pass ----------------------------------------------------------------------------------------- */

static enum status land_flight(struct push *p, struct fail *why)
{
	struct sync_unit *units[BATCH_MAX];
	enum status st = ST_OK;
	for (size_t i = 0; i < p->flying; i++)
		units[i] = &p->flight[i];
	if (p->flying == 1)
		st = send_alone(p, units[0], why);
	else if (p->flying > 1)
		st = send_batch(p, units, p->flying, why);
	for (size_t i = 0; i < p->flying; i++)
		sync_unit_clear(&p->flight[i]);
	p->flying = p->flying_bytes = 0;
	return st;
}

static enum status land_ordered(struct push *p, struct fail *why)
{
	struct sync_unit *units[ORDERED_MAX];
	enum status st = ST_OK;
	size_t acked = p->acked, count = p->in_order;
	for (size_t i = 0; i < count; i++)
		units[i] = &p->ordered[i];
	if (count > 0)
		st = depart(p, units, count, why);
	if (!st && count > 1 && p->e->traits.transaction && conditions_hold(p->e, units[0]))
		st = look_and_send(p, units, count, why);
	else if (!st && count > 0)
		st = each_alone(p, units, count, why);
	if (p->acked - acked < count)
		p->order_blocked = true;
	for (size_t i = 0; i < count; i++)
		sync_unit_clear(&p->ordered[i]);
	p->in_order = 0;
	return st;
}

/* A change of a record that somebody deleted on the server: told, not sent. */
static enum status refuse_gone(struct push *p, const struct sync_unit *unit, bool *refused, struct fail *why)
{
	*refused = false;
	for (size_t i = 0; i < unit->count; i++) {
		struct sync_place place;
		struct fail reason = {0};
		enum status st = p->e->local.find(p->e->local.state, unit->entry[i].sync_id, &place, &reason);
		if (st && st != ST_NOT_FOUND)
			return fail_set(why, st, reason.field, "%s", reason.text);
		if (st || !place.gone || !unit->entry[i].update)
			continue;
		*refused = true;
		return settle_as(p, unit, SYNC_REFUSED,
		                 "somebody deleted this record on the server; ours is kept", why);
	}
	return ST_OK;
}

/* *ready: nothing stands in the unit's way in this pass. */
static enum status unit_ready(struct push *p, const struct sync_unit *unit, bool *ready, struct fail *why)
{
	bool missing = false;
	*ready = unit->state == SYNC_PENDING || unit->state == SYNC_INFLIGHT;
	*ready &= !(unit->in_order && p->order_blocked);
	*ready &= (unit->attempts >= ALONE_AFTER && unit->state == SYNC_INFLIGHT) == p->stubborn ||
	          unit->in_order;
	for (size_t i = 0; *ready && i < unit->count; i++)
		*ready = !names_hold(&p->blocked, unit->entry[i].sync_id) &&
		         !names_hold(&p->failed, unit->entry[i].sync_id);
	enum status st = ST_OK;
	for (size_t i = 0; *ready && !st && !missing && i < unit->count; i++) {
		struct call call;
		st = engine_call(p->e, unit, &unit->entry[i], MODE_TOGETHER, &call, &missing, why);
		free(call.body);
	}
	*ready &= !missing;
	bool refused = false;
	if (*ready && !st)
		st = refuse_gone(p, unit, &refused, why);
	*ready &= !refused;
	return st;
}

static size_t ordered_room(const struct sync_engine *e)
{
	return engine_named_by_us(e, "AuditEvent") ? ORDERED_MAX : SYNC_UNIT_ENTRIES_MAX;
}

/* Takes the unit over (it is cleared for the caller). */
static enum status take_unit(struct push *p, struct sync_unit *unit, struct fail *why)
{
	size_t bytes = unit->entry[0].len + PATH_MAX_BYTES;
	enum status st = block(p, &p->blocked, unit, why);
	p->order_blocked = unit->in_order ? false : p->order_blocked;
	if (st || (!unit->in_order &&
	           (unit->count > 1 || p->stubborn || !p->e->traits.batch || !conditions_hold(p->e, unit)))) {
		st = st ? st : send_guarded(p, unit, why);
		sync_unit_clear(unit);
		return st;
	}
	if (unit->in_order) {
		p->ordered[p->in_order++] = *unit;
		*unit = (struct sync_unit){0};
		return p->in_order >= ordered_room(p->e) ? land_ordered(p, why) : ST_OK;
	}
	if (p->flying > 0 && (p->flying >= p->e->batch_now || p->flying_bytes + bytes > REQUEST_BYTES_MAX))
		st = land_flight(p, why);
	p->flight[p->flying++] = *unit;
	p->flying_bytes += bytes;
	*unit = (struct sync_unit){0};
	return st;
}

static enum status pass(struct push *p, struct fail *why)
{
	struct sync_engine *e = p->e;
	struct sync_unit unit = {0};
	struct fail reason = {0};
	int64_t after = 0;
	enum status st = ST_OK, more;
	names_clear(&p->blocked);
	p->order_blocked = false;
	while (!st && (more = e->local.next(e->local.state, after, &unit, &reason)) == ST_OK) {
		bool ready;
		after = unit.seq;
		st = unit_ready(p, &unit, &ready, why);
		if (!st && ready)
			st = take_unit(p, &unit, why);
		else if (!st)
			st = block(p, &p->blocked, &unit, why);
		sync_unit_clear(&unit);
	}
	if (!st && more != ST_NOT_FOUND)
		st = fail_set(why, more, reason.field, "%s", reason.text);
	if (!st)
		st = land_flight(p, why);
	if (!st)
		st = land_ordered(p, why);
	return st ? st : put_down(p, why);
}

static enum status passes(struct push *p, bool stubborn, struct fail *why)
{
	enum status st;
	p->stubborn = stubborn;
	do {
		p->acked = 0;
		st = pass(p, why);
	} while (!st && p->acked > 0);
	return st;
}

enum status engine_push(struct sync_engine *e, struct fail *why)
{
	struct push *p = calloc(1, sizeof *p);
	if (!p)
		return fail_set(why, ST_FULL, "sync", "out of memory");
	p->e = e;
	enum status st = ST_OK;
	if (!e->traits.conditional_create && !e->traits.update_create)
		st = fail_set(why, ST_MODEL, "server",
		              "offers neither conditional create nor update-as-create: nothing is sent, or "
		              "records would double");
	if (!st)
		st = passes(p, false, why);
	if (!st)
		st = passes(p, true, why);
	for (size_t i = 0; i < p->flying; i++)
		sync_unit_clear(&p->flight[i]);
	for (size_t i = 0; i < p->in_order; i++)
		sync_unit_clear(&p->ordered[i]);
	names_clear(&p->blocked);
	names_clear(&p->failed);
	/* what is known is kept even when the round ends badly; should that fail too, it is asked again */
	struct fail none;
	if (put_down(p, st ? &none : why) && !st)
		st = why->code;
	if (engine_canary_keep(e, st ? &none : why) && !st)
		st = why->code;
	free(p);
	return st;
}
