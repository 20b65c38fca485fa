/* Moves: proposed, overridden, approved, rejected, revoked, closed; and what time and change do. */
#include "devices/json.h"
#include "planner/plan/canonical.h"
#include "planner/plan/case.h"
#include "planner/plan/workflow_private.h"

static const char program[] = "program";

/* ---- asking the table ---- */

static bool ever_allowed(enum life_action action, enum life_role role)
{
	for (int s = 0; s < PLAN_STATES; s++)
		if (life_allowed(action, role, (enum plan_state)s))
			return true;
	return false;
}

bool workflow_role(const struct workflow_person *person, enum life_action action, enum plan_state state,
                   enum life_role *out)
{
	bool found = false;
	*out = LIFE_VIEWER;
	for (int r = 0; r < LIFE_ROLES; r++) {
		const enum life_role role = (enum life_role)r;
		if (!(person->roles >> r & 1u))
			continue;
		if (life_allowed(action, role, state)) {
			*out = role;
			return true;
		}
		if (!found) /* for the refusal: rather the state than the role is to blame */
			*out = role;
		found = found || ever_allowed(action, role);
	}
	return false;
}

static void clinical_role(const struct workflow_person *person, enum life_role *out)
{
	*out = person->roles >> LIFE_DERMATOLOGIST & 1u ? LIFE_DERMATOLOGIST
	       : person->roles >> LIFE_TECHNICIAN & 1u  ? LIFE_TECHNICIAN
	                                                : LIFE_VIEWER;
}

enum status workflow_ask(const struct workflow_plan *plan, const struct workflow_step *step, enum plan_state *to,
                         struct fail *why)
{
	const char *authors[APPROVAL_AUTHORS_MAX];
	struct life_request request = {.action = step->action,
	                               .state = plan->state,
	                               .role = LIFE_VIEWER,
	                               .actor = step->person->login,
	                               .author = authors,
	                               .authors = plan->authors,
	                               .reason = step->reason,
	                               .secret_given = step->person->sign != NULL,
	                               .identifiers_confirmed = step->identified,
	                               .second_role = LIFE_VIEWER};
	for (size_t i = 0; i < plan->authors; i++)
		authors[i] = plan->author[i];
	(void)workflow_role(step->person, step->action, plan->state, &request.role);
	if (step->second && step->second->sign) {
		request.second = step->second->login;
		clinical_role(step->second, &request.second_role);
	}
	return life_move(&request, to, why);
}

/* ---- writing ---- */

enum status workflow_write(const struct workflow *w, const struct workflow_plan *plan, const char *actor,
                           const char *reason, enum plan_state to, const char *json, size_t n, struct fail *why)
{
	const struct store_stamp stamp = {w->clock.now_ms, actor};
	struct store_plan_event event = {
	        .version = plan->row.version, .digest = plan->row.digest, .json = json, .json_len = n};
	memcpy(event.plan, plan->row.uuid, sizeof event.plan);
	(void)snprintf(event.from_state, sizeof event.from_state, "%s", plan_state_name(plan->state));
	(void)snprintf(event.to_state, sizeof event.to_state, "%s", plan_state_name(to));
	(void)snprintf(event.reason, sizeof event.reason, "%s", reason ? reason : "");
	return store_plan_event_add(w->store, &event, &stamp, why);
}

enum status workflow_record(const struct workflow *w, const struct workflow_plan *plan, const char *kind,
                            const char *actor, const char *json, size_t n, struct fail *why)
{
	const struct store_stamp stamp = {w->clock.now_ms, actor};
	struct store_record record = {
	        .plan_version = plan->row.version, .at_ms = w->clock.now_ms, .json = json, .json_len = n};
	(void)snprintf(record.kind, sizeof record.kind, "%s", kind);
	memcpy(record.patient, plan->row.patient, sizeof record.patient);
	memcpy(record.plan, plan->row.uuid, sizeof record.plan);
	enum status st = uuid_new(record.uuid, why);
	return st ? st : store_record_add(w->store, &record, &stamp, why);
}

/* ---- signing ---- */

static enum status describe(const struct workflow *w, const struct workflow_person *person,
                            const struct workflow_plan *p, struct approval *a, struct fail *why)
{
	struct digest id;
	memcpy(a->plan, p->row.uuid, sizeof a->plan);
	a->version = p->row.version;
	digest_hex(&p->row.digest, a->plan_digest);
	(void)snprintf(a->verdict, sizeof a->verdict, "%s", p->row.verdict);
	memcpy(a->patient, p->row.patient, sizeof a->patient);
	memcpy(a->identity, p->now.patient, sizeof a->identity);
	memcpy(a->readings, p->now.readings, sizeof a->readings);
	memcpy(a->twin, p->row.twin, sizeof a->twin);
	memcpy(a->twin_digest, p->now.twin, sizeof a->twin_digest);
	a->twin_version = p->row.twin_version;
	(void)snprintf(a->device_mode, sizeof a->device_mode, "%s", p->row.device);
	memcpy(a->device_digest, p->now.device, sizeof a->device_digest);
	memcpy(a->rules_digest, p->now.rules, sizeof a->rules_digest);
	(void)snprintf(a->library_digest, sizeof a->library_digest, "%s", library_digest(w->lib));
	memcpy(a->models, p->models, sizeof a->models);
	(void)snprintf(a->indication, sizeof a->indication, "%s", p->indication);
	a->zones = p->zones;
	memcpy(a->zone, p->zone, sizeof a->zone);
	a->form = APPROVAL_FORM;
	memcpy(a->side, p->side, sizeof a->side);
	a->authors = p->authors;
	memcpy(a->author, p->author, sizeof a->author);
	memcpy(a->person, person->uuid, sizeof a->person);
	memcpy(a->login, person->login, sizeof a->login);
	memcpy(a->name, person->name, sizeof a->name);
	sign_key_id(&person->key, &id);
	digest_hex(&id, a->key_id);
	a->key_number = person->key_number;
	a->signed_at_ms = w->clock.now_ms;
	a->audit_seq = w->audit_seq;
	memcpy(a->audit_head, w->audit_head, sizeof a->audit_head);
	return approval_set_settings(a, &p->settings, why);
}

static enum status sign_payload(const struct workflow_person *person, char *payload, size_t n,
                                struct approval_document *document, struct fail *why)
{
	struct signature signature;
	char *input = NULL;
	size_t input_n = 0;
	enum status st = approval_signing_input(payload, n, &person->key, &input, &input_n, why);
	if (!st)
		st = person->sign(person->context, input, input_n, &signature, why);
	free(input);
	if (st) {
		free(payload);
		return st;
	}
	approval_document_make(document, payload, n, &person->key, &signature);
	return ST_OK;
}

/* What was signed is verified before it is kept: a key that does not fit is found now, not at the bedside. */
static enum status check_signed(const struct workflow_person *person, const struct approval_document *document,
                                struct fail *why)
{
	struct approval again;
	return approval_verify(document, &person->key, 1, &again, why);
}

/* A signed document of the plan as it is. overrides: those it lists. */
static enum status workflow_sign(const struct workflow *w, const struct workflow_person *person,
                          const struct workflow_plan *plan, enum meaning meaning,
                          const struct approval_override *overrides, size_t count, int64_t expires_at_ms, char **text,
                          size_t *n, struct fail *why)
{
	struct approval a;
	struct approval_document document;
	char *payload;
	size_t payload_n;
	*text = NULL;
	*n = 0;
	if (w->clock.went_back && !w->clock_confirmed)
		return fail_set(why, ST_DENIED, "clock", "the clock stands %.0f min before the last entry; set it right, or confirm "
		                                         "that it is right, before signing", (double)w->clock.back_ms / 60000.0);
	memset(&a, 0, sizeof a);
	a.meaning = meaning;
	a.expires_at_ms = expires_at_ms;
	a.overrides = count;
	if (count)
		memcpy(a.override, overrides, count * sizeof a.override[0]);
	enum status st = describe(w, person, plan, &a, why);
	if (st || (st = approval_encode(&a, &payload, &payload_n, why)) ||
	    (st = sign_payload(person, payload, payload_n, &document, why)))
		return st;
	st = check_signed(person, &document, why);
	if (!st)
		st = approval_document_write(&document, text, n, why);
	approval_document_clear(&document);
	return st;
}

/* ---- the moves ---- */

static enum status check_current(const struct workflow_plan *p, const char *what, struct fail *why)
{
	char text[STALE_TEXT_MAX];
	if (p->stale == 0)
		return ST_OK;
	return fail_set(why, ST_DENIED, "stale", "cannot %s: %s; make a new version", what,
	                life_stale_text(p->stale, text, sizeof text));
}

static enum status check_no(const struct workflow_plan *p, enum outcome outcome, const char *what, struct fail *why)
{
	for (size_t i = 0; i < p->findings; i++)
		if (p->finding[i].phase == PHASE_PLAN && p->finding[i].outcome == outcome)
			return fail_set(why, ST_DENIED, p->finding[i].rule, "cannot %s: %s %s", what, outcome_name(outcome),
			                p->finding[i].text);
	return ST_OK;
}

/* Changes the state, then reads all of it again. */
static enum status change(const struct workflow *w, const struct workflow_step *step, enum plan_state to,
                          const char *json, size_t n, struct workflow_plan **plan, struct fail *why)
{
	enum status st = workflow_write(w, *plan, step->person->login, step->reason, to, json, n, why);
	return st ? st : workflow_again(w, plan, why);
}

enum status workflow_propose(const struct workflow *w, const struct workflow_person *person,
                             struct workflow_plan **plan, struct fail *why)
{
	const struct workflow_step step = {.action = LIFE_PROPOSE, .person = person};
	enum plan_state to;
	enum status st = workflow_again(w, plan, why);
	if (!st)
		st = workflow_ask(*plan, &step, &to, why);
	if (!st)
		st = check_current(*plan, "propose", why);
	if (!st)
		st = check_no(*plan, OUTCOME_BLOCK, "propose", why);
	return st ? st : change(w, &step, to, NULL, 0, plan, why);
}

static enum status plain_move(const struct workflow *w, const struct workflow_step *step, struct workflow_plan **plan,
                              struct fail *why)
{
	enum plan_state to;
	enum status st = workflow_again(w, plan, why);
	if (!st)
		st = workflow_ask(*plan, step, &to, why);
	return st ? st : change(w, step, to, NULL, 0, plan, why);
}

enum status workflow_reject(const struct workflow *w, const struct workflow_person *person,
                            const struct workflow_move *with, struct workflow_plan **plan, struct fail *why)
{
	const struct workflow_step step = {.action = LIFE_REJECT, .person = person, .reason = with->reason};
	return plain_move(w, &step, plan, why);
}

enum status workflow_close(const struct workflow *w, const struct workflow_person *person, struct workflow_plan **plan,
                           struct fail *why)
{
	const struct workflow_step step = {.action = LIFE_CLOSE, .person = person};
	return plain_move(w, &step, plan, why);
}

enum status workflow_revoke(const struct workflow *w, const struct workflow_person *person,
                            const struct workflow_move *with, struct workflow_plan **plan, struct fail *why)
{
	const struct workflow_step step = {.action = LIFE_REVOKE, .person = person, .reason = with->reason};
	enum plan_state to;
	char *text = NULL;
	size_t n = 0;
	enum status st = workflow_again(w, plan, why);
	if (!st)
		st = workflow_ask(*plan, &step, &to, why);
	if (!st)
		st = workflow_sign(w, person, *plan, MEANING_REVOKED, NULL, 0, w->clock.now_ms, &text, &n, why);
	if (!st)
		st = change(w, &step, to, text, n, plan, why);
	free(text);
	return st;
}

/* ---- approving ---- */

static const struct workflow_finding *undecided(const struct workflow_plan *p, enum outcome outcome)
{
	for (size_t i = 0; i < p->findings; i++)
		if (p->finding[i].phase == PHASE_PLAN && p->finding[i].outcome == outcome && !p->finding[i].overridden)
			return &p->finding[i];
	return NULL;
}

static enum status check_findings(const struct workflow_plan *p, const struct workflow_move *with, struct fail *why)
{
	const struct workflow_finding *f;
	enum status st = check_no(p, OUTCOME_BLOCK, "approve", why);
	if (!st)
		st = check_no(p, OUTCOME_DEFER, "approve", why);
	if (!st && (f = undecided(p, OUTCOME_BLOCK_MD)))
		st = fail_set(why, ST_DENIED, f->rule, "must be overridden first, with a reason and a second person: %s", f->text);
	if (!st && (f = undecided(p, OUTCOME_MD_DECISION)) && (!with->reason || strlen(with->reason) < LIFE_REASON_MIN))
		st = fail_set(why, ST_INPUT, f->rule,
		              "asks for the dermatologist's decision in writing (at least %d characters): %s", LIFE_REASON_MIN,
		              f->text);
	return st;
}

/* Decisions stand in the approval beside the overrides; they have no second person. */
static enum status list_decisions(const struct workflow_plan *p, const struct workflow_person *person,
                                  const struct workflow_move *with, struct approval_override *out, size_t *count,
                                  struct fail *why)
{
	*count = p->overrides;
	memcpy(out, p->override, p->overrides * sizeof out[0]);
	for (size_t i = 0; i < p->findings; i++) {
		const struct workflow_finding *f = &p->finding[i];
		if (f->phase != PHASE_PLAN || f->outcome != OUTCOME_MD_DECISION)
			continue;
		if (*count == APPROVAL_OVERRIDES_MAX)
			return fail_set(why, ST_FULL, "override", "more than %d decisions in one plan", APPROVAL_OVERRIDES_MAX);
		struct approval_override *o = &out[(*count)++];
		memset(o, 0, sizeof *o);
		memcpy(o->rule, f->rule, sizeof o->rule);
		memcpy(o->zone, f->zone, sizeof o->zone);
		(void)snprintf(o->reason, sizeof o->reason, "%s", with->reason);
		memcpy(o->by, person->uuid, sizeof o->by);
	}
	return ST_OK;
}

static int recorded_type(const struct workflow *w, const struct workflow_plan *p);

/* The table's longest time without the server, for the strictest type this skin may be taken for. */
static double lease_h(const struct workflow *w, const struct workflow_plan *p)
{
	const struct limits *limits = ruleset_limits(library_rules(w->lib));
	const struct device *device;
	const struct device_mode *mode;
	struct fail ignored;
	if (library_find_mode(w->lib, p->row.device, &device, &mode, &ignored))
		return (double)NAN;
	struct limit_query query = {.quantity = "sync_age_max_h",
	                            .mode_class = mode->mode_class[0]
	                                                  ? mode->mode_class
	                                                  : limits_mode_class(limits, p->row.device,
	                                                                      modality_name(device->modality),
	                                                                      mode->wavelength_nm,
	                                                                      device_mode_is_fractional(mode)),
	                            .effective_type = recorded_type(w, p),
	                            .wavelength_nm = (double)NAN,
	                            .spot_mm = (double)NAN};
	for (size_t i = 0; i < p->findings; i++)
		if (p->finding[i].outcome == OUTCOME_MODIFY)
			query.effective_type = FITZPATRICK_TYPES;
	const struct limit_answer answer = limits_lookup(limits, &query);
	return answer.known ? answer.value : (double)NAN;
}

static int recorded_type(const struct workflow *w, const struct workflow_plan *p)
{
	struct store_readings row = {0};
	struct case_file *file = NULL;
	struct fail ignored;
	int type = 0;
	if (store_readings_latest(w->store, p->row.patient, &row, &ignored) == ST_OK &&
	    case_parse("readings", row.json, row.json_len, &file, &ignored) == ST_OK)
		type = file->request[0].subject.readings.fitzpatrick;
	case_free(&file);
	store_readings_clear(&row);
	return type;
}

static enum status sign_approval(const struct workflow *w, const struct workflow_person *person,
                                 const struct workflow_move *with, const struct workflow_plan *p, char **text,
                                 size_t *n, struct fail *why)
{
	struct approval_override decisions[APPROVAL_OVERRIDES_MAX];
	size_t count = 0;
	int64_t expires = 0;
	enum status st = list_decisions(p, person, with, decisions, &count, why);
	if (!st)
		st = life_expiry_ms(w->clock.now_ms, lease_h(w, p), &expires, why);
	return st ? st : workflow_sign(w, person, p, MEANING_APPROVED, decisions, count, expires, text, n, why);
}

enum status workflow_approve(const struct workflow *w, const struct workflow_person *person,
                             const struct workflow_move *with, struct workflow_plan **plan, struct fail *why)
{
	struct workflow_step step = {.action = LIFE_APPROVE, .person = person, .reason = with->reason};
	enum plan_state to;
	char *text = NULL;
	size_t n = 0;
	enum status st = workflow_again(w, plan, why);
	if (!st && with->identifier_1 && with->identifier_2) {
		st = identity_confirm(&(*plan)->identity, with->identifier_1, with->identifier_2, why);
		step.identified = st == ST_OK;
	}
	if (!st)
		st = workflow_ask(*plan, &step, &to, why);
	if (!st)
		st = check_current(*plan, "approve", why);
	if (!st)
		st = check_findings(*plan, with, why);
	if (!st)
		st = sign_approval(w, person, with, *plan, &text, &n, why);
	if (!st)
		st = change(w, &step, to, text, n, plan, why);
	free(text);
	return st;
}

/* ---- overriding ---- */

/* R-STALE is judged at the start only, and may be overridden then. */
static enum status check_overridable(const struct workflow_plan *p, const char *rule, const char *zone,
                                     struct fail *why)
{
	for (size_t i = 0; i < p->findings; i++) {
		const struct workflow_finding *f = &p->finding[i];
		if (strcmp(f->rule, rule) != 0 || strcmp(f->zone, zone) != 0)
			continue;
		if (f->outcome != OUTCOME_BLOCK_MD)
			return fail_set(why, ST_DENIED, rule, "%s cannot be overridden: %s", outcome_name(f->outcome),
			                outcome_meaning(f->outcome));
		return f->overridden ? fail_set(why, ST_CONFLICT, rule, "has been overridden already") : ST_OK;
	}
	return fail_set(why, ST_NOT_FOUND, rule, "is not among the plan's findings%s%s", zone[0] ? " for " : "", zone);
}

static enum status write_override(const struct approval_override *o, const char *signature, const char *witness,
                                  char **json, size_t *n, struct fail *why)
{
	struct canonical c = {0};
	canonical_object(&c, NULL);
	canonical_text(&c, "by", o->by);
	canonical_text(&c, "reason", o->reason);
	canonical_text(&c, "rule", o->rule);
	canonical_text(&c, "schema", "lasertwin-override/1");
	canonical_text(&c, "second", o->second);
	canonical_text(&c, "signature", signature);
	canonical_text(&c, "witness", witness);
	canonical_text(&c, "zone", o->zone);
	canonical_close(&c);
	return canonical_finish(&c, json, n, why);
}

static enum status record_override(const struct workflow *w, const struct workflow_person *person,
                                   const struct workflow_person *second, const struct approval_override *o,
                                   const struct workflow_plan *p, struct fail *why)
{
	char *signature = NULL, *witness = NULL, *json = NULL;
	size_t n;
	const int64_t now = w->clock.now_ms;
	enum status st = workflow_sign(w, person, p, MEANING_OVERRIDDEN, o, 1, now, &signature, &n, why);
	if (!st)
		st = workflow_sign(w, second, p, MEANING_WITNESSED, o, 1, now, &witness, &n, why);
	if (!st)
		st = write_override(o, signature, witness, &json, &n, why);
	if (!st)
		st = workflow_record(w, p, "override", person->login, json, n, why);
	free(signature);
	free(witness);
	free(json);
	return st;
}

enum status workflow_override(const struct workflow *w, const struct workflow_person *person,
                              const struct workflow_person *second, const char *rule, const char *zone,
                              const struct workflow_move *with, struct workflow_plan **plan, struct fail *why)
{
	const struct workflow_step step = {
	        .action = LIFE_OVERRIDE, .person = person, .second = second, .reason = with->reason};
	struct approval_override o = {0};
	enum plan_state same;
	(void)snprintf(o.rule, sizeof o.rule, "%s", rule); /* they may be the plan's own, which is read anew */
	(void)snprintf(o.zone, sizeof o.zone, "%s", zone);
	enum status st = workflow_again(w, plan, why);
	if (!st)
		st = workflow_ask(*plan, &step, &same, why);
	if (!st)
		st = check_overridable(*plan, o.rule, o.zone, why);
	if (!st && strlen(with->reason) > STORE_REASON_MAX)
		st = fail_set(why, ST_RANGE, "reason", "is longer than %d bytes", STORE_REASON_MAX);
	if (st)
		return st;
	(void)snprintf(o.reason, sizeof o.reason, "%s", with->reason);
	memcpy(o.by, person->uuid, sizeof o.by);
	memcpy(o.second, second->uuid, sizeof o.second);
	st = record_override(w, person, second, &o, *plan, why);
	return st ? st : workflow_again(w, plan, why);
}

static void count_rule(struct workflow_override_count *out, size_t capacity, size_t *rules, const char *rule)
{
	for (size_t i = 0; i < *rules; i++)
		if (strcmp(out[i].rule, rule) == 0) {
			out[i].count++;
			return;
		}
	if (*rules == capacity)
		return;
	(void)snprintf(out[*rules].rule, sizeof out[0].rule, "%s", rule);
	out[(*rules)++].count = 1;
}

enum status workflow_override_counts(const struct workflow *w, struct workflow_override_count *out, size_t capacity,
                                     size_t *rules, size_t *all, struct fail *why)
{
	const struct store_record_query query = {.kind = "override"};
	struct store_record_list list = {0};
	*rules = *all = 0;
	enum status st = store_record_list(w->store, &query, &list, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		struct json_doc *doc = NULL;
		char rule[APPROVAL_RULE_MAX];
		st = json_parse("override", list.items[i].json, list.items[i].json_len, &doc, why);
		if (!st) {
			const struct json_at root = json_root(doc);
			st = json_string(&root, "rule", rule, sizeof rule, NULL, why);
		}
		json_free(&doc);
		if (!st)
			count_rule(out, capacity, rules, rule);
		*all += st == ST_OK;
	}
	store_record_list_free(&list);
	return st;
}

/* ---- time and change ---- */

static enum status refresh_one(const struct workflow *w, const char *uuid, int64_t version, size_t *moved,
                               struct fail *why)
{
	static const struct workflow_person nobody = {.login = "program", .roles = 1u << LIFE_PROGRAM};
	struct workflow_plan *p = NULL;
	char text[STALE_TEXT_MAX] = "";
	enum plan_state to;
	enum status st = workflow_plan_load(w, uuid, version, &p, why);
	if (st)
		return st;
	const bool expired = p->approved && p->approval.expires_at_ms > 0 && /* 0: it could not even be read */
	                     life_expired(p->approval.expires_at_ms, &w->clock);
	struct workflow_step step = {.action = p->stale ? LIFE_OUTDATE : LIFE_EXPIRE, .person = &nobody};
	if (p->stale)
		step.reason = life_stale_text(p->stale, text, sizeof text);
	if (p->stale || (expired && p->state == PLAN_APPROVED)) {
		st = workflow_ask(p, &step, &to, why);
		if (!st)
			st = workflow_write(w, p, program, step.reason, to, NULL, 0, why);
		*moved += st == ST_OK;
	}
	workflow_plan_free(&p);
	return st;
}

enum status workflow_refresh(const struct workflow *w, size_t *moved, struct fail *why)
{
	static const enum plan_state states[] = {PLAN_PROPOSED, PLAN_APPROVED};
	size_t count = 0;
	enum status st = ST_OK;
	for (size_t s = 0; !st && s < sizeof states / sizeof states[0]; s++) {
		const struct store_plan_query query = {.state = plan_state_name(states[s])};
		struct store_plan_list list = {0};
		st = store_plan_list(w->store, &query, &list, why);
		for (size_t i = 0; !st && i < list.count; i++)
			st = refresh_one(w, list.items[i].uuid, list.items[i].version, &count, why);
		store_plan_list_free(&list);
	}
	if (moved)
		*moved = count;
	return st;
}

enum status workflow_export(const struct workflow *w, const struct workflow_person *person,
                            const struct workflow_plan *plan, char **text, size_t *n, struct fail *why)
{
	const struct workflow_step step = {.action = LIFE_EXPORT, .person = person};
	const struct store_stamp stamp = {w->clock.now_ms, person->login};
	char object[STORE_OBJECT_MAX + 1];
	enum plan_state same;
	*text = NULL;
	*n = 0;
	enum status st = workflow_ask(plan, &step, &same, why);
	if (!st && !plan->approved)
		st = fail_set(why, ST_NOT_FOUND, "approval", "this version was never approved");
	if (!st)
		st = approval_document_write(&plan->document, text, n, why);
	(void)snprintf(object, sizeof object, "%s version %lld", plan->row.uuid, (long long)plan->row.version);
	return st ? st : store_audit_add(w->store, "approval.export", object, &plan->row.digest, &stamp, why);
}
