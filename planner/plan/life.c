/* The one table of what may be done with a plan version. */
#include "planner/plan/life.h"

#define T (1u << LIFE_TECHNICIAN)
#define D (1u << LIFE_DERMATOLOGIST)
#define A (1u << LIFE_ADMINISTRATOR)
#define V (1u << LIFE_VIEWER)
#define P (1u << LIFE_PROGRAM)
#define E (1u << LIFE_EMERGENCY)
#define IN(state) (1u << PLAN_##state)
#define ANY_STATE ((1u << PLAN_STATES) - 1u)
#define SAME PLAN_STATES /* the state stays */

struct move {
	enum life_action action;
	unsigned roles, from;
	enum plan_state to;
};

static const struct move moves[] = {
	{LIFE_VIEW, T | D | A | V, ANY_STATE, SAME},
	{LIFE_REVISE, T | D, IN(DRAFT) | IN(PROPOSED) | IN(APPROVED), PLAN_SUPERSEDED},
	{LIFE_REVISE, T | D,
	 IN(REJECTED) | IN(DELIVERED) | IN(CLOSED) | IN(EXPIRED) | IN(REVOKED) | IN(STALE) | IN(SUPERSEDED), SAME},
	{LIFE_PROPOSE, T | D, IN(DRAFT), PLAN_PROPOSED},
	{LIFE_OVERRIDE, D, IN(PROPOSED) | IN(APPROVED), SAME},
	{LIFE_APPROVE, D, IN(PROPOSED), PLAN_APPROVED},
	{LIFE_REJECT, D, IN(PROPOSED), PLAN_REJECTED},
	{LIFE_REVOKE, D | A, IN(APPROVED) | IN(TREATING), PLAN_REVOKED}, /* an administrator: the key was stolen */
	{LIFE_EXPIRE, P, IN(APPROVED), PLAN_EXPIRED},
	{LIFE_OUTDATE, P, IN(PROPOSED) | IN(APPROVED), PLAN_STALE},
	{LIFE_START, T | D, IN(APPROVED), PLAN_TREATING},
	{LIFE_FINISH, T | D | E, IN(TREATING), PLAN_DELIVERED},
	{LIFE_ADVERSE, T | D | E, IN(TREATING) | IN(DELIVERED) | IN(CLOSED) | IN(REVOKED), SAME},
	{LIFE_FOLLOW_UP, T | D | E, IN(DELIVERED) | IN(CLOSED) | IN(REVOKED), SAME},
	{LIFE_CLOSE, D, IN(DELIVERED), PLAN_CLOSED},
	{LIFE_EXPORT, T | D | A, ANY_STATE & ~(IN(DRAFT) | IN(PROPOSED) | IN(REJECTED)), SAME},
	{LIFE_REGISTER, T | D | A, ANY_STATE, SAME},
	{LIFE_READ, T | D | E, ANY_STATE, SAME},
	{LIFE_STOP, T | D | E, IN(APPROVED) | IN(TREATING) | IN(REVOKED), SAME},
};

static const struct {
	const char *name;
	unsigned needs;
} actions[LIFE_ACTIONS] = {
	[LIFE_VIEW] = {"view", 0},
	[LIFE_REVISE] = {"revise", 0},
	[LIFE_PROPOSE] = {"propose", 0},
	[LIFE_OVERRIDE] = {"override", LIFE_NEEDS_REASON | LIFE_NEEDS_OTHER | LIFE_NEEDS_SECRET | LIFE_NEEDS_SECOND},
	[LIFE_APPROVE] = {"approve", LIFE_NEEDS_OTHER | LIFE_NEEDS_SECRET | LIFE_NEEDS_IDENTIFIERS},
	[LIFE_REJECT] = {"reject", LIFE_NEEDS_REASON},
	[LIFE_REVOKE] = {"revoke", LIFE_NEEDS_REASON | LIFE_NEEDS_SECRET},
	[LIFE_EXPIRE] = {"expire", 0},
	[LIFE_OUTDATE] = {"outdate", LIFE_NEEDS_REASON},
	[LIFE_START] = {"start", LIFE_NEEDS_IDENTIFIERS},
	[LIFE_FINISH] = {"finish", 0},
	[LIFE_ADVERSE] = {"record an adverse event of", 0},
	[LIFE_FOLLOW_UP] = {"record a follow-up of", 0},
	[LIFE_CLOSE] = {"close", 0},
	[LIFE_EXPORT] = {"export", 0},
	[LIFE_REGISTER] = {"register the patient of", 0},
	[LIFE_READ] = {"record readings for", 0},
	[LIFE_STOP] = {"stop the treatment of", 0},
};

static const char *const states[PLAN_STATES] = {
	[PLAN_DRAFT] = "draft",         [PLAN_PROPOSED] = "proposed",   [PLAN_REJECTED] = "rejected",
	[PLAN_APPROVED] = "approved",   [PLAN_TREATING] = "treating",   [PLAN_DELIVERED] = "delivered",
	[PLAN_CLOSED] = "closed",       [PLAN_EXPIRED] = "expired",     [PLAN_REVOKED] = "revoked",
	[PLAN_STALE] = "stale",         [PLAN_SUPERSEDED] = "superseded",
};

static const char *const roles[LIFE_ROLES] = {
	[LIFE_TECHNICIAN] = "technician", [LIFE_DERMATOLOGIST] = "dermatologist",
	[LIFE_ADMINISTRATOR] = "administrator", [LIFE_VIEWER] = "viewer", [LIFE_PROGRAM] = "program",
	[LIFE_EMERGENCY] = "emergency",
};

static bool find(const char *const *names, unsigned count, const char *name, unsigned *out)
{
	for (*out = 0; *out < count; ++*out)
		if (strcmp(names[*out], name) == 0)
			return true;
	return false;
}

const char *plan_state_name(enum plan_state state)
{
	return (unsigned)state < PLAN_STATES ? states[state] : "unknown";
}

bool plan_state_parse(const char *name, enum plan_state *out)
{
	unsigned found;
	if (!find(states, PLAN_STATES, name, &found))
		return false;
	*out = (enum plan_state)found;
	return true;
}

const char *life_role_name(enum life_role role)
{
	return (unsigned)role < LIFE_ROLES ? roles[role] : "unknown";
}

const char *life_action_name(enum life_action action)
{
	return (unsigned)action < LIFE_ACTIONS ? actions[action].name : "unknown";
}

/* ---- the table, asked ---- */

static bool in_range(enum life_action action, enum life_role role, enum plan_state state)
{
	return (unsigned)action < LIFE_ACTIONS && (unsigned)role < LIFE_ROLES && (unsigned)state < PLAN_STATES;
}

static const struct move *find_move(enum life_action action, enum life_role role, enum plan_state state)
{
	if (!in_range(action, role, state))
		return NULL;
	for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
		if (moves[i].action == action && (moves[i].roles >> role & 1u) && (moves[i].from >> state & 1u))
			return &moves[i];
	return NULL;
}

bool life_allowed(enum life_action action, enum life_role role, enum plan_state state)
{
	return find_move(action, role, state) != NULL;
}

unsigned life_needs(enum life_action action)
{
	return (unsigned)action < LIFE_ACTIONS ? actions[action].needs : ~0u;
}

/* The names whose bits are set, as "draft, proposed". */
static void list(const char *const *names, unsigned count, unsigned bits, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < count && used < size; i++)
		if (bits >> i & 1u)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[i]);
}

static enum status refuse(const struct life_request *r, struct fail *why)
{
	unsigned who = 0, from = 0;
	char may[96], when[128];
	for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
		if (moves[i].action != r->action)
			continue;
		who |= moves[i].roles;
		if ((unsigned)r->role < LIFE_ROLES && (moves[i].roles >> r->role & 1u))
			from |= moves[i].from;
	}
	list(roles, LIFE_ROLES, who, may, sizeof may);
	list(states, PLAN_STATES, from, when, sizeof when);
	if (!from)
		return fail_set(why, ST_DENIED, "role", "the role %s may not %s a plan; allowed: %s",
		                life_role_name(r->role), life_action_name(r->action), may);
	return fail_set(why, ST_DENIED, "state", "cannot %s a plan that is %s; it must be %s",
	                life_action_name(r->action), plan_state_name(r->state), when);
}

/* ---- conditions ---- */

static bool is_author(const struct life_request *r, const char *person)
{
	for (size_t i = 0; i < r->authors; i++)
		if (strcmp(r->author[i], person) == 0)
			return true;
	return false;
}

static enum status check_reason(const struct life_request *r, struct fail *why)
{
	const char *reason = r->reason ? r->reason : "";
	size_t visible = 0;
	for (const char *c = reason; *c; c++)
		visible += (unsigned char)*c > ' ';
	if (visible < LIFE_REASON_MIN)
		return fail_set(why, ST_INPUT, "reason", "to %s a plan, write why: at least %d characters",
		                life_action_name(r->action), LIFE_REASON_MIN);
	return ST_OK;
}

static enum status check_other(const struct life_request *r, struct fail *why)
{
	if (r->authors == 0)
		return fail_set(why, ST_DENIED, "author", "who wrote this plan is not known, so nobody can %s it",
		                life_action_name(r->action));
	if (is_author(r, r->actor))
		return fail_set(why, ST_DENIED, "author",
		                "you wrote or proposed a version of this plan; another dermatologist must %s it",
		                life_action_name(r->action));
	return ST_OK;
}

static enum status check_second(const struct life_request *r, struct fail *why)
{
	if (!r->second || !r->second[0])
		return fail_set(why, ST_DENIED, "second", "a second person must confirm with a secret of their own");
	if (strcmp(r->second, r->actor) == 0)
		return fail_set(why, ST_DENIED, "second", "the second person is the first; ask a colleague");
	if (r->second_role != LIFE_TECHNICIAN && r->second_role != LIFE_DERMATOLOGIST)
		return fail_set(why, ST_DENIED, "second", "the second person must be a technician or dermatologist, not %s",
		                life_role_name(r->second_role));
	return ST_OK;
}

static enum status check_needs(const struct life_request *r, struct fail *why)
{
	const unsigned needs = actions[r->action].needs;
	enum status st = ST_OK;
	if (needs & LIFE_NEEDS_OTHER)
		st = check_other(r, why);
	if (!st && (needs & LIFE_NEEDS_REASON))
		st = check_reason(r, why);
	if (!st && (needs & LIFE_NEEDS_SECOND))
		st = check_second(r, why);
	if (!st && (needs & LIFE_NEEDS_IDENTIFIERS) && !r->identifiers_confirmed)
		st = fail_set(why, ST_DENIED, "identifiers", "enter the patient's identifiers again to %s the plan",
		              life_action_name(r->action));
	if (!st && (needs & LIFE_NEEDS_SECRET) && !r->secret_given)
		st = fail_set(why, ST_DENIED, "secret", "give your secret again to %s the plan", life_action_name(r->action));
	return st;
}

enum status life_move(const struct life_request *r, enum plan_state *to, struct fail *why)
{
	const struct move *move = find_move(r->action, r->role, r->state);
	if (!r->actor || !r->actor[0])
		return fail_set(why, ST_INPUT, "actor", "nobody is signed in");
	if (!move)
		return refuse(r, why);
	enum status st = check_needs(r, why);
	if (!st)
		*to = move->to == SAME ? r->state : move->to;
	return st;
}

/* ---- time ---- */

struct life_clock life_clock(int64_t clock_ms, int64_t last_seen_ms)
{
	const bool back = clock_ms < last_seen_ms;
	struct life_clock clock = {.now_ms = back ? last_seen_ms : clock_ms};
	clock.back_ms = clock.now_ms - clock_ms;
	clock.went_back = clock.back_ms > LIFE_CLOCK_SLACK_MS;
	return clock;
}

enum status life_expiry_ms(int64_t approved_at_ms, double lease_h, int64_t *expires_at_ms, struct fail *why)
{
	const double ms_per_h = 3600000.0;
	if (isnan(lease_h))
		lease_h = LIFE_LEASE_UNKNOWN_H;
	if (!(lease_h > 0.0 && lease_h <= LIFE_LEASE_MAX_H))
		return fail_set(why, ST_RANGE, "sync_age_max_h", "%g h is outside 0..%g h; correct the limits table", lease_h,
		                LIFE_LEASE_MAX_H);
	*expires_at_ms = approved_at_ms + (int64_t)(lease_h * ms_per_h);
	return ST_OK;
}

bool life_expired(int64_t expires_at_ms, const struct life_clock *clock)
{
	return clock->now_ms >= expires_at_ms;
}

/* ---- staleness ---- */

unsigned life_stale(const struct life_basis *then, const struct life_basis *now)
{
	const struct {
		const char *a, *b;
		unsigned bit;
	} rows[] = {
		{then->patient, now->patient, STALE_IDENTITY}, {then->readings, now->readings, STALE_READINGS},
		{then->twin, now->twin, STALE_TWIN},           {then->device, now->device, STALE_DEVICE},
		{then->rules, now->rules, STALE_RULES},        {then->models, now->models, STALE_MODELS},
	};
	unsigned stale = then->version == now->version ? 0 : STALE_VERSION;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].a, rows[i].b) != 0)
			stale |= rows[i].bit;
	return stale;
}

const char *life_stale_text(unsigned stale, char *out, size_t size)
{
	static const struct {
		unsigned bit;
		const char *text;
	} rows[] = {
		{STALE_IDENTITY, "the patient's identity was changed"},
		{STALE_READINGS, "newer readings (the skin may have tanned)"},
		{STALE_TWIN, "the twin was computed anew"},
		{STALE_DEVICE, "the device's profile has changed"},
		{STALE_RULES, "rules, limits or protocols have changed"},
		{STALE_MODELS, "other models or program version"},
		{STALE_VERSION, "a newer version of the plan"},
	};
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < sizeof rows / sizeof rows[0] && used < size; i++)
		if (stale & rows[i].bit)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "; " : "", rows[i].text);
	return out;
}
