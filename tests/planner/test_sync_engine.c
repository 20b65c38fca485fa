/* One failure at a time, in memory: what was provoked, and what must come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/sync_world.h"

static struct sync_outcome go(struct world *w, size_t station)
{
	struct sync_outcome outcome = {0};
	struct fail why;
	w->station[station].local.lives = -1;
	enum status st = world_round(w, station, &outcome, &why);
	if (st)
		fail_msg("%s: %s", why.field, why.text);
	return outcome;
}

static void settled(struct world *w)
{
	char text[256];
	if (!world_settle(w))
		fail_msg("does not come to rest: %s", world_check(w, text, sizeof text));
	const char *broken = world_check(w, text, sizeof text);
	if (broken)
		fail_msg("%s", broken);
}

/* ---- every fault at every request of a round ---------------------------------------------------------- */

static void fill(struct world *w)
{
	char patient[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE], plan[UUID_TEXT_SIZE], ignored[UUID_TEXT_SIZE];
	world_create(w, 0, "Patient", NULL, "p", patient);
	world_create(w, 0, "Patient", NULL, "q", other);
	world_create(w, 0, "Observation", patient, "o", ignored);
	world_create_plan(w, 0, patient, plan);
	world_audit(w, 0);
	world_audit(w, 0);
	world_edit(w, 0, patient, "p2");
	world_edit_plan(w, 0, plan, "plan2");
}

/* One cell: a scenario (0 push, 1 pull, 2 conflict) whose at-th request meets the fault. False: it has no
 * such request. */
static bool cell(int scenario, bool one_by_one, enum line_fault fault, size_t at)
{
	struct world w;
	struct fail why;
	world_begin(&w, 2, 7);
	w.server.traits.no_batch = w.server.traits.no_transaction = one_by_one;
	fill(&w);
	if (scenario > 0)
		(void)go(&w, 0);
	if (scenario == 2) {
		(void)go(&w, 1);
		world_edit(&w, 0, w.plans[0].patient, "mine");
		(void)go(&w, 0);
		world_edit(&w, 1, w.plans[0].patient, "theirs");
	}
	w.fault_after = at;
	w.fault_then = fault;
	(void)(world_round(&w, scenario > 0, NULL, &why) == ST_OK);
	bool met = w.fault_after == 0;
	w.fault_after = 0;
	settled(&w);
	world_end(&w);
	return met;
}

static void every_fault_at_every_request(void **state)
{
	size_t cells = 0;
	(void)state;
	for (int scenario = 0; scenario < 6; scenario++)
		for (int fault = 1; fault < LINE_FAULTS; fault++)
			for (size_t at = 1; cell(scenario % 3, scenario >= 3, (enum line_fault)fault, at);
			     at++)
				cells++;
	assert_true(cells >= 200);
}

static void death_at_every_step(void **state)
{
	(void)state;
	for (int after = 0; after < 2; after++)
		for (int64_t at = 0;; at++) {
			struct world w;
			struct fail why;
			world_begin(&w, 2, 9);
			fill(&w);
			w.station[0].local.lives = at;
			w.station[0].local.dies_after = after;
			(void)(world_round(&w, 0, NULL, &why) == ST_OK);
			bool died = w.station[0].local.dead;
			w.station[0].local.lives = -1;
			settled(&w);
			world_end(&w);
			if (!died)
				break;
		}
}

/* ---- single ones -------------------------------------------------------------------------------------- */

static void a_full_disk_moves_no_watermark(void **state)
{
	struct world w;
	struct sync_outcome outcome;
	struct fail why;
	(void)state;
	world_begin(&w, 2, 1);
	fill(&w);
	(void)go(&w, 0);
	w.station[1].local.full = true;
	assert_int_not_equal(world_round(&w, 1, &outcome, &why), ST_OK);
	assert_int_equal(w.station[1].local.value_count, 0);
	w.station[1].local.full = false;
	settled(&w);
	world_end(&w);
}

static void one_poisoned_record_does_not_block_the_rest(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE], poisoned[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 1, 2);
	for (int i = 0; i < 20; i++)
		world_create(&w, 0, "Patient", NULL, i == 7 ? "poison" : "sound", i == 7 ? poisoned : id);
	struct sync_outcome outcome = go(&w, 0);
	assert_int_equal(outcome.pushed, 19);
	assert_int_equal(outcome.refused, 1);
	assert_int_equal(fake_fhir_copies(&w.server, poisoned), 0);
	assert_int_equal(w.station[0].local.units[7].unit.state, SYNC_REFUSED);
	world_end(&w);
}

static void a_busy_batch_sends_only_the_busy_ones_again(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 1, 3);
	for (int i = 0; i < 6; i++)
		world_create(&w, 0, "Patient", NULL, "x", id);
	w.fault_after = 3; /* metadata, first pull, then the batch */
	w.fault_then = LINE_BUSY_IN_BATCH;
	struct sync_outcome outcome = go(&w, 0);
	assert_true(outcome.waiting > 0);
	assert_true(outcome.wait_ms > 0);
	size_t written = w.server.writes;
	outcome = go(&w, 0);
	assert_int_equal(outcome.waiting, 0);
	assert_int_equal(w.server.writes, 6);
	assert_true(written < 6);
	world_end(&w);
}

/* The first try landed and its answer was lost; the second met a busy server, which says nothing of the
 * first. */
static void a_busy_answer_says_nothing_of_an_earlier_try(void **state)
{
	struct world w;
	struct sync_outcome outcome;
	struct fail why;
	char id[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 2, 12);
	world_create(&w, 0, "Patient", NULL, "x", id);
	world_create(&w, 0, "Patient", NULL, "y", other);
	w.fault_after = 3; /* metadata, first pull, then the batch */
	w.fault_then = LINE_DROP_AFTER;
	assert_int_equal(world_round(&w, 0, &outcome, &why), ST_IO);
	w.fault_after = 2; /* first pull, then the batch */
	w.fault_then = LINE_BUSY_IN_BATCH;
	(void)world_round(&w, 0, &outcome, &why);
	(void)go(&w, 1);
	world_edit(&w, 1, id, "changed by the other");
	(void)go(&w, 1);
	outcome = go(&w, 0);
	assert_int_equal(outcome.conflicts, 0); /* ours is an earlier version of theirs */
	settled(&w);
	world_end(&w);
}

static void a_deleted_record_is_not_resurrected(void **state)
{
	struct world w;
	char keep[UUID_TEXT_SIZE], gone[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 1, 4);
	world_create(&w, 0, "Patient", NULL, "gone", gone);
	world_create(&w, 0, "Patient", NULL, "keep", keep);
	(void)go(&w, 0);
	fake_fhir_delete(&w.server, fake_fhir_find(&w.server, gone));
	world_edit(&w, 0, gone, "edited");
	(void)go(&w, 0);
	(void)go(&w, 0);
	assert_int_equal(fake_fhir_copies(&w.server, gone), 0);
	assert_int_equal(w.station[0].local.units[2].unit.state, SYNC_REFUSED);
	assert_non_null(memory_local_record(&w.station[0].local, gone)->body); /* kept here */
	world_end(&w);
}

static void a_copy_on_the_server_is_told(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 1, 5);
	world_create(&w, 0, "Patient", NULL, "x", id);
	(void)go(&w, 0);
	const char *body = fake_fhir_body(fake_fhir_find(&w.server, id));
	struct sync_request request = {
	        .method = "POST", .path = "Patient", .body = body, .len = strlen(body)};
	struct sync_reply reply;
	fake_fhir_handle(&w.server, &request, &reply);
	sync_reply_clear(&reply);
	(void)go(&w, 0);
	assert_true(memory_local_notes(&w.station[0].local, SYNC_NOTE_DUPLICATE) >= 1);
	world_end(&w);
}

static void servers_without_conditions_are_looked_at_first(void **state)
{
	struct world w;
	struct sync_outcome outcome;
	struct fail why;
	(void)state;
	world_begin(&w, 2, 6);
	w.server.traits = (struct fake_traits){.no_conditional_create = true,
	                                       .updates_create = true,
	                                       .ignores_if_match = true,
	                                       .no_batch = true};
	fill(&w);
	settled(&w);
	world_end(&w);
	world_begin(&w, 1, 6);
	w.server.traits = (struct fake_traits){.no_conditional_create = true};
	fill(&w);
	assert_int_equal(world_round(&w, 0, &outcome, &why),
	                 ST_MODEL); /* nothing is sent where it would double */
	assert_int_equal(w.server.writes, 0);
	world_end(&w);
}

static void two_stations_edit_one_record_offline(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 2, 8);
	world_create(&w, 0, "Patient", NULL, "x", id);
	(void)go(&w, 0);
	(void)go(&w, 1);
	world_edit(&w, 0, id, "first");
	world_edit(&w, 1, id, "second");
	(void)go(&w, 0);
	struct sync_outcome outcome = go(&w, 1);
	assert_int_equal(outcome.conflicts, 1);
	assert_non_null(strstr(fake_fhir_body(fake_fhir_find(&w.server, id)), "c:first"));
	assert_non_null(strstr(memory_local_record(&w.station[1].local, id)->body, "c:second"));
	assert_non_null(strstr(memory_local_record(&w.station[1].local, id)->held_body, "c:first"));
	settled(&w);
	world_end(&w);
}

static void a_restored_server_is_filled_again(void **state)
{
	struct world w;
	struct fake_fhir backup;
	char id[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 2, 10);
	fill(&w);
	(void)go(&w, 0);
	fake_fhir_copy(&w.server, &backup);
	for (int i = 0; i < 5; i++)
		world_create(&w, 0, "Patient", NULL, "after the backup", id);
	world_edit(&w, 0, w.plans[0].patient, "changed after the backup");
	(void)go(&w, 0);
	backup.now_ms = w.server.now_ms + 60000;
	fake_fhir_end(&w.server);
	w.server = backup;
	struct sync_outcome outcome = go(&w, 0);
	assert_true(outcome.rolled_back);
	settled(&w);
	assert_int_equal(fake_fhir_copies(&w.server, id), 1);
	world_end(&w);
}

/* Ninety days offline, a handful of changes a day at two stations, then they meet. */
static void ninety_days_offline(void **state)
{
	struct world w;
	char name[3][64][UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 2, 90);
	for (int day = 0; day < 90; day++)
		for (size_t s = 0; s < 2; s++) {
			char *id = name[s][day % 64];
			w.server.now_ms += 43200000;
			if (day < 64)
				world_create(&w, s, "Patient", NULL, "new", id);
			else
				world_edit(&w, s, id, "edited");
			world_audit(&w, s);
		}
	settled(&w);
	world_end(&w);
}

static void nothing_to_do_takes_few_requests(void **state)
{
	struct world w;
	(void)state;
	world_begin(&w, 1, 11);
	fill(&w);
	(void)go(&w, 0);
	(void)go(&w, 0);
	struct sync_outcome outcome = go(&w, 0);
	assert_int_equal(outcome.pushed + outcome.pulled, 0);
	assert_true(outcome.requests <= 5);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_fault_at_every_request),
	        cmocka_unit_test(death_at_every_step),
	        cmocka_unit_test(a_full_disk_moves_no_watermark),
	        cmocka_unit_test(one_poisoned_record_does_not_block_the_rest),
	        cmocka_unit_test(a_busy_batch_sends_only_the_busy_ones_again),
	        cmocka_unit_test(a_busy_answer_says_nothing_of_an_earlier_try),
	        cmocka_unit_test(a_deleted_record_is_not_resurrected),
	        cmocka_unit_test(a_copy_on_the_server_is_told),
	        cmocka_unit_test(servers_without_conditions_are_looked_at_first),
	        cmocka_unit_test(two_stations_edit_one_record_offline),
	        cmocka_unit_test(a_restored_server_is_filled_again),
	        cmocka_unit_test(ninety_days_offline),
	        cmocka_unit_test(nothing_to_do_takes_few_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
