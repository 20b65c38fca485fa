/* A revocation wins, whichever of it and the treatment reaches the server first, and what was treated is an incident. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "planner/store/outbox.h"
#include "tests/support/sync_pair.h"

#define SEEDS 6 /* LASERTWIN_REVOCATIONS=N runs N of them */
#define ROUNDS_TO_REST 6

static void revoke(struct post *post, const struct approved *with, const struct sign_secret *secret)
{
	char *json = sign_as(&with->made, MEANING_REVOKED, secret, &with->key);
	move_plan(post, &with->made, "approved", "revoked", json);
	free(json);
}

static void settle_down(struct pair *p)
{
	for (int i = 0; i < ROUNDS_TO_REST; i++) {
		(void)round_of(&p->a);
		(void)round_of(&p->b);
	}
}

/* Nothing waits for a person: the race is decided by itself. */
static void nobody_is_asked(struct post *post)
{
	struct store_outbox_list list = {0};
	const struct store_outbox_query query = {.states = 1u << OUTBOX_PENDING | 1u << OUTBOX_INFLIGHT | 1u << OUTBOX_CONFLICT};
	struct fail why;
	must(store_outbox_list(post->store, &query, &list, &why), &why);
	for (size_t i = 0; i < list.count; i++)
		print_message("entry %lld of %s %s %lld/%lld is not settled: %s\n", (long long)list.items[i].seq,
		              list.items[i].uuid, list.items[i].kind, (long long)list.items[i].version,
		              (long long)list.items[i].ordinal, list.items[i].note);
	assert_int_equal(list.count, 0);
	store_outbox_list_free(&list);
}

static void state_of(struct post *post, const struct made *made, char state[STORE_STATE_MAX + 1])
{
	struct store_plan plan = {0};
	struct fail why;
	must(store_plan_get(post->store, made->plan.uuid, 1, &plan, &why), &why);
	memcpy(state, plan.state, STORE_STATE_MAX + 1);
	store_plan_clear(&plan);
}

/* b treats and is first on the server; a revokes offline. */
static void late(struct pair *p, struct approved *with, bool delivered)
{
	share_approved(p, with);
	move_plan(&p->b, &with->made, "approved", "treating", NULL);
	if (delivered)
		move_plan(&p->b, &with->made, "treating", "delivered", NULL);
	revoke(&p->a, with, &with->secret);
	(void)round_of(&p->b);
	settle_down(p);
}

static void a_late_revocation_of_what_was_delivered_is_an_incident(void **state)
{
	struct pair *p = *state;
	struct approved with;
	late(p, &with, true);
	state_is(&p->a, &with.made, "revoked");
	state_is(&p->b, &with.made, "delivered"); /* which it was; that is what the incident says */
	assert_int_equal(incidents(&p->a), 1);
	assert_int_equal(incidents(&p->b), 1);
	assert_true(notices(&p->b, SYNC_NOTE_CONFLICT) >= 1);
	nobody_is_asked(&p->a);
	nobody_is_asked(&p->b);
}

static void a_late_revocation_stops_what_is_being_treated(void **state)
{
	struct pair *p = *state;
	struct approved with;
	char care[UUID_TEXT_SIZE];
	late(p, &with, false);
	state_is(&p->a, &with.made, "revoked");
	state_is(&p->b, &with.made, "revoked");
	assert_int_equal(incidents(&p->a), 1);
	mapping_name(with.made.plan.uuid, 1, 0, PART_CAREPLAN, care);
	assert_non_null(strstr(fake_fhir_body(fake_fhir_find(&p->server, care)), "\"status\":\"revoked\""));
	nobody_is_asked(&p->a);
	nobody_is_asked(&p->b);
}

static void a_late_revocation_with_a_key_nobody_trusts_stops_nothing(void **state)
{
	static const unsigned char seed[SIGN_SEED_BYTES] = {12};
	struct pair *p = *state;
	struct approved with;
	struct sign_public other;
	struct sign_secret forger;
	sign_keys(seed, &other, &forger);
	share_approved(p, &with);
	move_plan(&p->b, &with.made, "approved", "treating", NULL);
	revoke(&p->a, &with, &forger);
	(void)round_of(&p->b);
	settle_down(p);
	state_is(&p->b, &with.made, "treating");
	assert_true(notices(&p->b, SYNC_NOTE_PARKED) >= 1);
}

/* ---- any order ---------------------------------------------------------------------------------------------- */

/* Answers are lost after the server acted. */
static void try_round(struct pair *p, struct post *post, int lost_percent)
{
	struct sync_outcome outcome;
	struct fail why;
	size_t applied;
	p->lost_percent = lost_percent;
	(void)(sync_round(post->engine, &outcome, &why) == ST_OK);
	must(station_apply_waiting(post->station, &applied, &why), &why);
	p->lost_percent = 0;
}

/* One step of b's treatment, unless it knows of the revocation. */
static void treat_on(struct pair *p, const struct approved *with)
{
	char state[STORE_STATE_MAX + 1];
	state_of(&p->b, &with->made, state);
	if (strcmp(state, "approved") == 0)
		move_plan(&p->b, &with->made, "approved", "treating", NULL);
	else if (strcmp(state, "treating") == 0)
		move_plan(&p->b, &with->made, "treating", "delivered", NULL);
}

static void revoke_once(struct pair *p, const struct approved *with)
{
	char state[STORE_STATE_MAX + 1];
	state_of(&p->a, &with->made, state);
	if (strcmp(state, "approved") == 0)
		revoke(&p->a, with, &with->secret);
}

static const char *broken(struct pair *p, const struct approved *with)
{
	char at_a[STORE_STATE_MAX + 1], at_b[STORE_STATE_MAX + 1];
	state_of(&p->a, &with->made, at_a);
	state_of(&p->b, &with->made, at_b);
	const bool revoked = strcmp(at_a, "revoked") == 0, treated = strcmp(at_b, "delivered") == 0;
	if (incidents(&p->a) != incidents(&p->b))
		return "an incident is known to one station alone";
	if (revoked && treated && incidents(&p->a) != 1)
		return "treated and revoked without one incident";
	if (incidents(&p->a) > 1)
		return "an incident is told twice";
	if (revoked && !treated && strcmp(at_b, "revoked") != 0)
		return "a revocation did not reach the other station";
	if (p->server.blind_writes > 0)
		return "something was written blindly";
	return NULL;
}

static void any_order_of_revoking_and_treating_ends_the_same(void **state)
{
	const char *many = getenv("LASERTWIN_REVOCATIONS");
	const uint64_t seeds = many ? strtoull(many, NULL, 10) : SEEDS;
	(void)state;
	for (uint64_t seed = 0; seed < seeds; seed++) {
		void *made = NULL;
		struct approved with;
		struct rng dice;
		(void)make_pair(&made);
		struct pair *p = made;
		rng_seed(&dice, seed, 21);
		p->dice = &dice;
		const int lost_percent = (int)(seed % 3) * 10;
		share_approved(p, &with);
		for (int step = 0; step < 10; step++)
			switch (rng_next(&dice) % 4) {
			case 0:
				treat_on(p, &with);
				break;
			case 1:
				if (step > 2)
					revoke_once(p, &with);
				break;
			case 2:
				try_round(p, &p->a, lost_percent);
				break;
			default:
				try_round(p, &p->b, lost_percent);
			}
		settle_down(p);
		const char *what = broken(p, &with);
		if (what)
			fail_msg("seed %llu: %s", (unsigned long long)seed, what);
		nobody_is_asked(&p->a);
		nobody_is_asked(&p->b);
		(void)drop_pair(&made);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_late_revocation_of_what_was_delivered_is_an_incident, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_late_revocation_stops_what_is_being_treated, make_pair, drop_pair),
	        cmocka_unit_test_setup_teardown(a_late_revocation_with_a_key_nobody_trusts_stops_nothing, make_pair,
	                                        drop_pair),
	        cmocka_unit_test(any_order_of_revoking_and_treating_ends_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
