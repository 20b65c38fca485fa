/* The workflow's surroundings, read from an open clinic. */
#include "planner/plan/desk.h"

#include "planner/plan/emergency.h"
#include "planner/plan/trust.h"
#include "planner/store/outbox.h"

#include <time.h>

#define MS_PER_H 3600000.0

_Static_assert(ROLE_TECHNICIAN == 1 << LIFE_TECHNICIAN && ROLE_DERMATOLOGIST == 1 << LIFE_DERMATOLOGIST &&
                       ROLE_ADMINISTRATOR == 1 << LIFE_ADMINISTRATOR && ROLE_VIEWER == 1 << LIFE_VIEWER,
               "roles of people and of the table of moves are the same bits");

/* A key counts while its owner may sign and has not been given another since. */
static enum status key_of(void *context, const char *login, int64_t key_number, struct sign_public *out,
                          struct fail *why)
{
	struct store_person person;
	struct fail none;
	if (trust_elsewhere(context, login, key_number, out, &none) == ST_OK)
		return ST_OK;
	enum status st = store_person_get(context, login, &person, why);
	if (!st && person.is_disabled)
		st = fail_set(why, ST_DENIED, "key", "%s has been disabled since; have the plan approved again", login);
	if (!st && person.key_number != key_number)
		st = fail_set(why, ST_DENIED, "key", "%s has another key since; have the plan approved again", login);
	return st ? st : store_person_key(context, person.uuid, key_number, out, why);
}

/* The last entry of work. Whoever logs in now has just left an entry by the very clock that is to be judged. */
static enum status last_entry_ms(struct store *store, int64_t seq, int64_t *at_ms, struct fail *why)
{
	enum { LOGINS_MAX = 64 }; /* in a row; after more of them the oldest of these counts */
	struct store_audit_list list = {0};
	enum status st = store_audit_list(store, seq > LOGINS_MAX ? seq - LOGINS_MAX : 0, LOGINS_MAX, &list, why);
	size_t at = list.count;
	while (at > 1 && strncmp(list.items[at - 1].action, "login", 5) == 0)
		at--;
	if (!st && at > 0)
		*at_ms = list.items[at - 1].at_ms;
	store_audit_list_free(&list);
	return st;
}

static enum status last_sync(struct workflow *w, struct fail *why)
{
	char text[STORE_SYNC_VALUE_MAX + 1], *end;
	struct fail unset = {0};
	enum status st = store_sync_get(w->store, DESK_SYNC_KEY, text, &unset);
	if (st == ST_NOT_FOUND) {
		w->hours_since_sync = 0.0;
		return ST_OK;
	}
	if (st)
		return fail_set(why, st, unset.field, "%s", unset.text);
	const double at_ms = strtod(text, &end);
	const bool readable = end != text && *end == '\0';
	w->hours_since_sync = readable ? fmax(0.0, ((double)w->clock.now_ms - at_ms) / MS_PER_H) : (double)NAN;
	return ST_OK;
}

static int64_t ahead_of_utc_ms(int64_t at_ms)
{
	const time_t seconds = (time_t)(at_ms / 1000);
	struct tm local;
	return localtime_r(&seconds, &local) ? (int64_t)local.tm_gmtoff * 1000 : 0;
}

enum status desk_open(struct clinic *clinic, const struct library *library, int64_t clock_ms, struct workflow *out,
                      struct fail *why)
{
	struct store_audit_head head = {0};
	int64_t seen_ms = 0;
	*out = (struct workflow){clinic_store(clinic), library, .key_of = key_of};
	out->context = out->store;
	enum status st = store_audit_head(out->store, &head, why);
	if (!st && head.seq > 0)
		st = last_entry_ms(out->store, head.seq, &seen_ms, why);
	if (st)
		return st;
	out->clock = life_clock(clock_ms, seen_ms);
	out->ahead_ms = ahead_of_utc_ms(out->clock.now_ms);
	out->audit_seq = head.seq;
	if (head.seq > 0)
		digest_hex(&head.chain, out->audit_head);
	return last_sync(out, why);
}

static enum status sign(void *context, const void *bytes, size_t n, struct signature *out, struct fail *why)
{
	struct desk_signer *signer = context;
	return session_sign(signer->session, session_person(signer->session)->login, signer->secret, &signer->moment, bytes,
	                    n, out, why);
}

enum status desk_person(struct clinic *clinic, struct session *session, struct desk_signer *signer,
                        struct workflow_person *out, struct fail *why)
{
	if (!session)
		return fail_set(why, ST_DENIED, "login", "nobody is logged in");
	const struct store_person *person = session_person(session);
	*out = (struct workflow_person){.roles = person->roles, .key_number = person->key_number};
	(void)snprintf(out->uuid, sizeof out->uuid, "%s", person->uuid);
	(void)snprintf(out->login, sizeof out->login, "%s", person->login);
	(void)snprintf(out->name, sizeof out->name, "%s", person->name);
	if (signer) {
		signer->session = session;
		out->sign = sign;
		out->context = signer;
		enum status st = store_moment_now(&signer->moment, why);
		if (st)
			return st;
	}
	return store_person_key(clinic_store(clinic), out->uuid, out->key_number, &out->key, why);
}

enum status desk_emergency(struct clinic *clinic, int64_t clock_ms, struct workflow_person *person, struct fail *why)
{
	struct emergency broken;
	bool active = false;
	enum status st = emergency_active(clinic_store(clinic), person->login, clock_ms, &broken, &active, why);
	if (!st && active)
		person->roles |= 1u << LIFE_EMERGENCY;
	return st;
}

enum status desk_find_plan(const struct workflow *w, const char *beginning, char uuid[UUID_TEXT_SIZE], struct fail *why)
{
	const struct store_plan_query all = {.limit = 0};
	struct store_plan_list list = {0};
	const size_t n = strlen(beginning), least = 4;
	size_t found = 0;
	if (n < least || n >= UUID_TEXT_SIZE)
		return fail_set(why, ST_INPUT, "plan", "give the beginning of the plan's name, at least %zu digits", least);
	enum status st = store_plan_list(w->store, &all, &list, why);
	for (size_t i = 0; !st && i < list.count; i++)
		if (strncmp(list.items[i].uuid, beginning, n) == 0 && found++ == 0)
			memcpy(uuid, list.items[i].uuid, UUID_TEXT_SIZE);
	store_plan_list_free(&list);
	if (!st && found != 1)
		st = fail_set(why, found ? ST_CONFLICT : ST_NOT_FOUND, "plan",
		              found ? "%zu plans begin with \"%s\"; give more digits" : "%zu plans begin with \"%s\"; "
		                                                                        "`lasertwin plan list` shows them",
		              found, beginning);
	return st;
}
