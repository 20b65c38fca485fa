/* Delivery of an approved plan: sessions read from their records, events checked, kept and counted; what is seen
 * afterwards. */
#include "planner/plan/canonical.h"
#include "planner/plan/inventory.h"
#include "planner/plan/response.h"
#include "planner/plan/workflow_private.h"

static const char delivery_kind[] = "delivery";

/* ---- the session ---- */

static enum status describe_plan(const struct workflow *w, const struct workflow_plan *p, struct delivery_plan *out,
                                 struct fail *why)
{
	memset(out, 0, sizeof *out);
	enum status st = library_find_mode(w->lib, p->row.device, &out->device, &out->mode, why);
	if (st)
		return st;
	memcpy(out->plan, p->row.uuid, sizeof out->plan);
	memcpy(out->patient, p->row.patient, sizeof out->patient);
	out->version = p->row.version;
	out->identity = p->identity;
	(void)snprintf(out->device_mode, sizeof out->device_mode, "%s", p->row.device);
	out->fields = p->zones;
	memcpy(out->field, p->zone, sizeof out->field);
	memcpy(out->side, p->side, sizeof out->side);
	out->settings = p->settings;
	out->target_ratio = response_target_ratio(&p->row);
	return delivery_plan_complete(out, why);
}

/* A session given up before its start leaves room for another. */
static void make_room(struct delivery *session, const struct delivery_event *event)
{
	if (event->kind == DELIVERY_OPEN && session->phase == DELIVERY_ABORTED && session->started_at_ms == 0)
		memset(session, 0, sizeof *session);
}

static enum status replay(const struct store_record *record, const struct delivery_plan *plan, struct delivery *session,
                          struct fail *why)
{
	struct delivery_event event;
	enum status st = delivery_event_decode(record->json, record->json_len, &event, why);
	if (st)
		return st;
	make_room(session, &event);
	return delivery_apply(session, plan, &event, why);
}

static enum status check_of_today(const struct workflow *w, const struct delivery *session,
                                  struct calibration_entry *out, struct fail *why)
{
	const struct calibration_day day = {w->clock.now_ms, w->ahead_ms};
	return calibration_today(w->store, session->serial, session->handpiece_serial, &day, out, why);
}

/* Until the first pulse: an output check of yesterday, or of before a fault, is none. */
static enum status expire_check(const struct workflow *w, struct delivery *session, struct fail *why)
{
	struct calibration_entry entry;
	struct fail none = {0};
	if (session->phase != DELIVERY_CHECKING || !session->calibrated)
		return ST_OK;
	enum status st = check_of_today(w, session, &entry, &none);
	if (st == ST_NOT_FOUND) {
		session->calibrated = false;
		(void)snprintf(session->output_check, sizeof session->output_check, "%.95s", none.text);
	} else if (st) {
		return fail_set(why, st, none.field, "%s", none.text);
	}
	return ST_OK;
}

enum status workflow_session(const struct workflow *w, const struct workflow_plan *plan,
                             struct delivery_plan *delivery_plan, struct delivery *session, struct fail *why)
{
	const struct store_record_query query = {
	        .kind = delivery_kind, .plan = plan->row.uuid, .plan_version = plan->row.version, .oldest_first = true};
	struct store_record_list list = {0};
	memset(session, 0, sizeof *session);
	enum status st = describe_plan(w, plan, delivery_plan, why);
	if (!st)
		st = store_record_list(w->store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count; i++)
		st = replay(&list.items[i], delivery_plan, session, why);
	store_record_list_free(&list);
	return st ? st : expire_check(w, session, why);
}

/* ---- one event ---- */

static void permits_of(const struct workflow_plan *p, struct delivery_permits *out)
{
	*out = (struct delivery_permits){0};
	for (size_t i = 0; i < p->overrides && out->count < FACT_ITEMS_MAX; i++)
		out->rule[out->count++] = p->override[i].rule;
}

static enum status check_start(const struct workflow_plan *p, const struct delivery_plan *plan,
                               const struct delivery *session, const struct findings *findings, struct fail *why)
{
	struct delivery_permits permits;
	permits_of(p, &permits);
	if (!p->approved || p->unverified.code != ST_OK)
		return fail_set(why, ST_DENIED, p->approved ? p->unverified.field : "approval", "%s",
		                p->approved ? p->unverified.text : "this version is not approved");
	if (!findings)
		return fail_set(why, ST_DENIED, "start", "the rules have not been judged again");
	return delivery_may_start(session, plan, findings, &permits, why);
}

/* One treatment at a time at a station: two open records are how the wrong patient is treated. */
static enum status check_alone(const struct workflow *w, const struct workflow_plan *p, struct fail *why)
{
	const struct store_plan_query query = {.state = plan_state_name(PLAN_TREATING), .limit = 2};
	struct store_plan_list list = {0};
	enum status st = store_plan_list(w->store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count; i++)
		if (strcmp(list.items[i].uuid, p->row.uuid) != 0)
			st = fail_set(why, ST_CONFLICT, "treating", "another treatment is open (plan %.8s); end it first",
			              list.items[i].uuid);
	store_plan_list_free(&list);
	return st;
}

static enum status check_state(const struct workflow *w, const struct workflow_plan *p,
                               const struct workflow_person *person, const struct delivery_event *event,
                               struct fail *why)
{
	const enum delivery_kind kind = event->kind;
	const bool is_end = kind == DELIVERY_ABORT;
	const bool stops = is_end || kind == DELIVERY_PAUSE || kind == DELIVERY_ERROR;
	enum life_role role;
	if (!workflow_role(person, stops ? LIFE_STOP : LIFE_START, PLAN_APPROVED, &role))
		return fail_set(why, ST_DENIED, "role", "the role %s may not treat; allowed: technician, dermatologist",
		                life_role_name(role));
	if (kind == DELIVERY_OPEN && p->state == PLAN_APPROVED)
		return p->approved && p->unverified.code == ST_OK
		               ? check_alone(w, p, why)
		               : fail_set(why, ST_DENIED, p->unverified.field, "%s", p->unverified.text);
	if (p->state == PLAN_APPROVED || p->state == PLAN_TREATING || is_end)
		return ST_OK;
	return fail_set(why, ST_DENIED, "state", "the plan is %s: %s", plan_state_name(p->state),
	                p->state == PLAN_REVOKED ? "stop; only an abort can be recorded" : "it cannot be delivered");
}

/* Which move of the plan an event brings. */
static bool moves_plan(const struct delivery_event *event, const struct delivery *before, enum life_action *action)
{
	*action = event->kind == DELIVERY_START ? LIFE_START : LIFE_FINISH;
	return event->kind == DELIVERY_START || event->kind == DELIVERY_FINISH ||
	       (event->kind == DELIVERY_ABORT && before->started_at_ms != 0);
}

/* The twin takes in what is on record now. */
static enum status teach(const struct workflow *w, const struct workflow_plan *p, const struct workflow_person *person,
                         struct fail *why)
{
	const struct store_stamp stamp = {w->clock.now_ms, person->login};
	return response_keep(w->store, p->row.patient, &stamp, why);
}

static enum status write_outcome(const struct workflow *w, const struct workflow_plan *p,
                                 const struct workflow_person *person, const struct delivery *session,
                                 const struct delivery_plan *plan, struct fail *why)
{
	char *json = NULL;
	enum status st = delivery_outcome_json(session, plan, &json, why);
	if (!st)
		st = workflow_record(w, p, "outcome", person->login, json, strlen(json), why);
	free(json);
	return st ? st : teach(w, p, person, why);
}

static enum status write_move(const struct workflow *w, const struct workflow_plan *p,
                              const struct workflow_person *person, enum life_action action,
                              const struct delivery *after, const struct delivery_plan *plan, struct fail *why)
{
	const struct workflow_step step = {.action = action, .person = person, .identified = after->identified};
	enum plan_state to;
	enum status st = ST_OK;
	if (p->state != PLAN_REVOKED) { /* what was revoked under treatment stays revoked; the record says what fell */
		st = workflow_ask(p, &step, &to, why);
		if (!st)
			st = workflow_write(w, p, person->login, after->reason, to, NULL, 0, why);
	}
	if (!st && action == LIFE_FINISH)
		st = write_outcome(w, p, person, after, plan, why);
	return st;
}

static enum status keep_calibration(const struct workflow *w, const struct workflow_person *person,
                                    const struct delivery_event *event, const struct delivery *session,
                                    struct fail *why)
{
	const struct store_stamp stamp = {w->clock.now_ms, person->login};
	char unit[CALIBRATION_WORD];
	(void)snprintf(unit, sizeof unit, "%.63s", event->text);
	const struct calibration checked = {session->serial, session->handpiece_serial, event->measured, event->set, unit};
	return calibration_keep(w->store, &checked, &stamp, why);
}

/* The very console and handpiece, as their labels were read. */
static enum status keep_device(const struct workflow *w, const struct workflow_person *person,
                               const struct delivery *session, const struct delivery_plan *plan, struct fail *why)
{
	const struct store_stamp stamp = {w->clock.now_ms, person->login};
	return inventory_keep_mode(w->store, plan->device, plan->mode, session->serial, session->handpiece_serial, &stamp,
	                           why);
}

static enum status keep_fault(const struct workflow *w, const struct workflow_person *person,
                              const struct delivery_event *event, const struct delivery *session, struct fail *why)
{
	const struct store_stamp stamp = {w->clock.now_ms, person->login};
	char reason[STORE_REASON_MAX + 1];
	(void)snprintf(reason, sizeof reason, "error %s%s%.800s", event->code, event->text[0] ? ": " : "", event->text);
	return calibration_fault(w->store, session->serial, session->handpiece_serial, reason, &stamp, why);
}

/* Everything an event brings, inside one group. */
static enum status write_event(const struct workflow *w, const struct workflow_plan *p,
                               const struct workflow_person *person, const struct delivery_event *event,
                               const struct delivery *before, const struct delivery *after,
                               const struct delivery_plan *plan, struct fail *why)
{
	enum life_action action;
	char *json = NULL;
	size_t n = 0;
	enum status st = delivery_event_encode(event, &json, &n, why);
	if (!st)
		st = workflow_record(w, p, delivery_kind, person->login, json, n, why);
	free(json);
	if (!st && event->kind == DELIVERY_CALIBRATION && !event->reference[0])
		st = keep_calibration(w, person, event, after, why);
	if (!st && event->kind == DELIVERY_DEVICE)
		st = keep_device(w, person, after, plan, why);
	if (!st && event->kind == DELIVERY_ERROR && after->serial[0])
		st = keep_fault(w, person, event, after, why);
	if (!st && moves_plan(event, before, &action))
		st = write_move(w, p, person, action, after, plan, why);
	return st;
}

/* With console and handpiece known, today's output check on record counts for this session, too. */
static enum status adopt_check(const struct workflow *w, const struct workflow_plan *p,
                               const struct workflow_person *person, const struct delivery_event *device,
                               struct delivery *session, const struct delivery_plan *plan, struct fail *why)
{
	struct calibration_entry entry;
	struct delivery_event event;
	struct fail none = {0};
	if (device->kind != DELIVERY_DEVICE || session->calibrated)
		return ST_OK;
	enum status st = check_of_today(w, session, &entry, &none);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st)
		return fail_set(why, st, none.field, "%s", none.text);
	const struct delivery before = *session;
	delivery_event_init(&event, DELIVERY_CALIBRATION, device->at_ms, device->actor);
	event.measured = entry.measured;
	event.set = entry.set;
	memcpy(event.reference, entry.uuid, sizeof entry.uuid);
	(void)calibration_words(&entry, event.text, sizeof event.text);
	st = delivery_apply(session, plan, &event, why);
	return st ? st : write_event(w, p, person, &event, &before, session, plan, why);
}

static enum status keep(const struct workflow *w, const struct workflow_plan *p, const struct workflow_person *person,
                        const struct delivery_event *event, const struct delivery *before, struct delivery *after,
                        const struct delivery_plan *plan, struct fail *why)
{
	enum status st = store_group_begin(w->store, why);
	if (st)
		return st;
	st = write_event(w, p, person, event, before, after, plan, why);
	if (!st)
		st = adopt_check(w, p, person, event, after, plan, why);
	if (!st)
		return store_group_commit(w->store, why);
	store_group_abandon(w->store);
	return st;
}

/* Somebody was about to treat by an approval that does not hold: that is worth knowing afterwards. The refusal stands
 * whether it could be noted or not. */
static void note_refused(const struct workflow *w, const struct workflow_plan *p, const struct workflow_person *person)
{
	const struct store_stamp stamp = {w->clock.now_ms, person->login};
	char object[STORE_OBJECT_MAX + 1];
	struct fail lost;
	if (!p->approved || p->unverified.code == ST_OK)
		return;
	(void)snprintf(object, sizeof object, "%s version %lld: %.20s", p->row.uuid, (long long)p->row.version,
	               p->unverified.field);
	enum status noted = store_audit_add(w->store, "approval.refused", object, &p->row.digest, &stamp, &lost);
	(void)noted;
}

enum status workflow_deliver(const struct workflow *w, const struct workflow_person *person,
                             const struct delivery_event *event, const struct findings *findings,
                             struct workflow_plan **plan, struct delivery *session, struct fail *why)
{
	struct delivery_plan delivery_plan;
	struct delivery before, after;
	struct delivery_event stamped = *event;
	stamped.at_ms = w->clock.now_ms;
	(void)snprintf(stamped.actor, sizeof stamped.actor, "%s", person->uuid);
	enum status st = workflow_again(w, plan, why);
	if (!st)
		st = workflow_session(w, *plan, &delivery_plan, &before, why);
	if (!st)
		st = check_state(w, *plan, person, event, why);
	if (!st && event->kind == DELIVERY_START)
		st = check_start(*plan, &delivery_plan, &before, findings, why);
	if (st == ST_DENIED && (event->kind == DELIVERY_OPEN || event->kind == DELIVERY_START))
		note_refused(w, *plan, person);
	if (!st && event->kind == DELIVERY_TIME_OUT && !event->side[0])
		st = fail_set(why, ST_INPUT, "side", "is missing: read back the side of every field, in their order");
	if (!st && event->kind == DELIVERY_CALIBRATION && event->reference[0])
		st = fail_set(why, ST_INPUT, "reference", "is set by the station, when console and handpiece are entered");
	if (st)
		return st;
	make_room(&before, &stamped);
	after = before;
	st = delivery_apply(&after, &delivery_plan, &stamped, why);
	if (!st)
		st = keep(w, *plan, person, &stamped, &before, &after, &delivery_plan, why);
	if (!st)
		st = workflow_again(w, plan, why);
	if (!st)
		*session = after;
	return st;
}

/* ---- checks for every session of the day ---- */

static enum status may(const struct workflow_person *person, enum life_action action, struct fail *why)
{
	enum life_role role;
	return workflow_role(person, action, PLAN_APPROVED, &role)
	               ? ST_OK
	               : fail_set(why, ST_DENIED, "role", "the role %s may not enter this; allowed: technician, dermatologist",
	                          life_role_name(role));
}

static enum status check_serial(const char *field, const char *serial, struct fail *why)
{
	const size_t n = strlen(serial);
	return n > 0 && n < CALIBRATION_WORD
	               ? ST_OK
	               : fail_set(why, ST_INPUT, field, "is %zu characters long; give 1 to %d, as on its label", n,
	                          CALIBRATION_WORD - 1);
}

enum status workflow_calibrate(const struct workflow *w, const struct workflow_person *person,
                               const struct calibration *c, struct fail *why)
{
	const struct store_stamp stamp = {w->clock.now_ms, person->login};
	enum status st = may(person, LIFE_START, why);
	if (!st)
		st = check_serial("serial", c->serial, why);
	if (!st)
		st = check_serial("handpiece_serial", c->handpiece_serial, why);
	if (!st && c->unit)
		st = check_serial("unit", c->unit, why);
	if (!st)
		st = delivery_output_check(c->measured, c->set, why);
	return st ? st : calibration_keep(w->store, c, &stamp, why);
}

enum status workflow_device_fault(const struct workflow *w, const struct workflow_person *person, const char *serial,
                                  const char *handpiece_serial, const char *reason, struct fail *why)
{
	const struct store_stamp stamp = {w->clock.now_ms, person->login};
	enum status st = may(person, LIFE_STOP, why);
	if (!st)
		st = check_serial("serial", serial, why);
	if (!st && strlen(handpiece_serial) >= CALIBRATION_WORD)
		st = check_serial("handpiece_serial", handpiece_serial, why);
	if (!st && (strlen(reason) < LIFE_REASON_MIN || strlen(reason) > STORE_REASON_MAX))
		st = fail_set(why, ST_INPUT, "reason", "is %zu characters long; say what happened in %d to %d", strlen(reason),
		              LIFE_REASON_MIN, STORE_REASON_MAX);
	return st ? st : calibration_fault(w->store, serial, handpiece_serial, reason, &stamp, why);
}

/* ---- afterwards ---- */

static const char *const severities[SEVERITIES] = {"mild", "moderate", "severe"};

const char *severity_name(enum severity severity)
{
	return (unsigned)severity < SEVERITIES ? severities[severity] : "unknown";
}

const char *adverse_kind(size_t index)
{
	static const char *const kinds[] = {"blister", "burn", "erosion", "infection", "herpes", "PIH", "hypopigmentation",
	                                    "scar", "redness over 7 days", "oedema", "pain", "purpura", "eye", "other"};
	return index < sizeof kinds / sizeof kinds[0] ? kinds[index] : NULL;
}

const char *adverse_outcome(size_t index)
{
	static const char *const outcomes[] = {"resolved", "recovering", "ongoing", "resolved with sequelae", "fatal"};
	return index < sizeof outcomes / sizeof outcomes[0] ? outcomes[index] : NULL;
}

static bool is_of(const char *(*list)(size_t index), const char *word)
{
	for (size_t i = 0; list(i); i++)
		if (strcmp(list(i), word) == 0)
			return true;
	return false;
}

static enum status check_seriousness(const struct adverse_event *event, struct fail *why)
{
	if (event->serious == SERIOUS_YES && event->serious_reason[0] == '\0')
		return fail_set(why, ST_INPUT, "serious_reason", "is missing: what makes it serious?");
	if (event->serious != SERIOUS_YES && event->serious_reason[0] != '\0')
		return fail_set(why, ST_INPUT, "serious_reason", "is given, but it is not said to be serious");
	return event->outcome[0] == '\0' || is_of(adverse_outcome, event->outcome)
	               ? ST_OK
	               : fail_set(why, ST_INPUT, "outcome",
	                          "\"%s\" is not resolved, recovering, ongoing, resolved with sequelae or fatal",
	                          event->outcome);
}

static enum status check_days(const char *field, double days, struct fail *why)
{
	const double most = 3660.0;
	return days >= 0.0 && days <= most ? ST_OK : fail_set(why, ST_RANGE, field, "%g is outside 0..%g d", days, most);
}

/* What was seen, beside what was expected, and the twin's next version. */
static enum status keep_response(const struct workflow *w, const struct workflow_person *person,
                                 const struct workflow_plan *p, const struct response *seen, struct fail *why)
{
	int sessions = 0;
	char *json = NULL;
	enum status st = response_sessions(w->store, p->row.patient, p->row.device, &sessions, why);
	if (!st)
		st = response_json(w->lib, &p->row, seen, sessions, &json, why);
	if (!st && json)
		st = workflow_record(w, p, RESPONSE_KIND, person->login, json, strlen(json), why);
	if (!st && json)
		st = teach(w, p, person, why);
	free(json);
	return st;
}

/* Asks the table, then keeps the record and what follows from it, all or nothing. */
static enum status keep_record(const struct workflow *w, const struct workflow_person *person, enum life_action action,
                               const char *kind, struct canonical *c, const struct response *seen,
                               const struct workflow_plan *p, struct fail *why)
{
	const struct workflow_step step = {.action = action, .person = person};
	enum plan_state same;
	char *json = NULL;
	size_t n = 0;
	enum status st = canonical_finish(c, &json, &n, why);
	if (!st)
		st = workflow_ask(p, &step, &same, why);
	if (!st)
		st = store_group_begin(w->store, why);
	if (st) {
		free(json);
		return st;
	}
	st = workflow_record(w, p, kind, person->login, json, n, why);
	free(json);
	if (!st)
		st = keep_response(w, person, p, seen, why);
	if (!st)
		return store_group_commit(w->store, why);
	store_group_abandon(w->store);
	return st;
}

enum status workflow_adverse(const struct workflow *w, const struct workflow_person *person,
                             const struct adverse_event *event, struct workflow_plan **plan, struct fail *why)
{
	struct canonical c = {0};
	enum status st = check_days("onset_days", event->onset_days, why);
	if (!st && !is_of(adverse_kind, event->kind))
		st = fail_set(why, ST_INPUT, "kind", "\"%s\" is not in the list of adverse events", event->kind);
	if (!st && (unsigned)event->severity >= SEVERITIES)
		st = fail_set(why, ST_INPUT, "severity", "is mild, moderate or severe");
	if (!st)
		st = check_seriousness(event, why);
	if (!st)
		st = workflow_again(w, plan, why);
	if (st)
		return st;
	canonical_object(&c, NULL);
	canonical_text(&c, "kind", event->kind);
	canonical_micro(&c, "onset_days_micro", event->onset_days);
	if (event->outcome[0])
		canonical_text(&c, "outcome", event->outcome);
	canonical_text(&c, "schema", "lasertwin-adverse-event/1");
	if (event->serious != SERIOUS_NOT_JUDGED)
		canonical_text(&c, "serious", event->serious == SERIOUS_YES ? "yes" : "no");
	if (event->serious_reason[0])
		canonical_text(&c, "serious_reason", event->serious_reason);
	canonical_text(&c, "severity", severities[event->severity]);
	canonical_text(&c, "text", event->text);
	canonical_close(&c);
	const struct response seen = {NAN, NAN, NAN, strcmp(event->kind, "PIH") == 0 ? 1 : -1};
	return keep_record(w, person, LIFE_ADVERSE, "adverse_event", &c, &seen, *plan, why);
}

enum status workflow_follow_up(const struct workflow *w, const struct workflow_person *person,
                               const struct follow_up *f, struct workflow_plan **plan, struct fail *why)
{
	struct canonical c = {0};
	enum status st = check_days("days", f->days, why);
	if (!st && !isnan(f->erythema_days))
		st = check_days("erythema_days", f->erythema_days, why);
	if (!st && f->depth_um > 0.0 && !(f->depth_um >= 5.0 && f->depth_um <= 5000.0))
		st = fail_set(why, ST_RANGE, "depth_um", "%g is outside 5..5000 um", f->depth_um);
	if (!st && !isnan(f->clearance_pct) && !(f->clearance_pct >= -100.0 && f->clearance_pct <= 100.0))
		st = fail_set(why, ST_RANGE, "clearance_pct", "%g is outside -100..100 %%", f->clearance_pct);
	if (!st)
		st = workflow_again(w, plan, why);
	if (st)
		return st;
	canonical_object(&c, NULL);
	if (!isnan(f->clearance_pct))
		canonical_micro(&c, "clearance_pct_micro", f->clearance_pct);
	canonical_micro(&c, "days_micro", f->days);
	if (f->depth_um > 0.0)
		canonical_micro(&c, "depth_um_micro", f->depth_um);
	if (!isnan(f->erythema_days))
		canonical_micro(&c, "erythema_days_micro", f->erythema_days);
	if (f->pih >= 0)
		canonical_text(&c, "pih", f->pih ? "yes" : "no");
	canonical_text(&c, "schema", "lasertwin-follow-up/1");
	canonical_text(&c, "text", f->text);
	canonical_close(&c);
	const struct response seen = {f->erythema_days, f->clearance_pct, f->depth_um, f->pih};
	return keep_record(w, person, LIFE_FOLLOW_UP, "follow_up", &c, &seen, *plan, why);
}
