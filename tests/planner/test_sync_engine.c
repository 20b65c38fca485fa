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

/* A server that takes our names: what we create stands under them, and an answer that was lost doubles nothing. */
static void records_stand_under_their_own_names(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE];
	(void)state;
	for (int ignores = 0; ignores < 2; ignores++) {
		world_begin(&w, 2, 14);
		w.server.traits = (struct fake_traits){.updates_create = true, .ignores_if_none_match = ignores};
		fill(&w);
		world_create(&w, 0, "Patient", NULL, "x", id);
		world_create(&w, 0, "Patient", NULL, "y", other);
		w.fault_after = 4; /* metadata, first pull, the look, then the batch */
		w.fault_then = LINE_DROP_AFTER;
		struct fail why;
		assert_int_equal(world_round(&w, 0, NULL, &why), ST_IO);
		settled(&w);
		assert_string_equal(fake_fhir_find(&w.server, id)->id, id);
		assert_int_equal(fake_fhir_find(&w.server, other)->count, 1);
		assert_string_equal(fake_fhir_find(&w.server, w.plans[0].plan)->id, w.plans[0].plan);
		world_end(&w);
	}
}

static void names_that_a_server_does_not_take_are_its_own(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 2, 15);
	w.server.traits.only_states_updates_create = true;
	fill(&w);
	world_create(&w, 0, "Patient", NULL, "x", id);
	settled(&w);
	assert_int_equal(fake_fhir_copies(&w.server, id), 1);
	assert_string_not_equal(fake_fhir_find(&w.server, id)->id, id);
	assert_true(memory_local_notes(&w.station[0].local, SYNC_NOTE_SERVER) >= 1);
	world_end(&w);
}

/* Records put back to what they were before the first round, at a server that has since come to take our names: what
 * was written then stands there under the server's. */
static void what_stands_under_another_name_is_not_doubled(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 1, 16);
	world_create(&w, 0, "Patient", NULL, "x", id);
	(void)go(&w, 0);
	struct memory_local *l = &w.station[0].local;
	l->value_count = 0;
	l->units[0].unit.state = SYNC_PENDING;
	l->units[0].unit.attempts = 0;
	l->records[0].place = (struct sync_place){.type = "Patient"};
	memcpy(l->records[0].place.sync_id, id, sizeof id);
	w.server.traits.updates_create = true;
	world_restart(&w, 0);
	settled(&w);
	assert_int_equal(fake_fhir_copies(&w.server, id), 1);
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

/* More of one type than one page holds: none is left out between the pages, of a pull or of the sweep. */
static void pages_leave_nothing_out(void **state)
{
	struct world w;
	struct sync_outcome outcome;
	char id[UUID_TEXT_SIZE];
	enum { MANY = 1100 };
	(void)state;
	world_begin(&w, 2, 13);
	for (int i = 0; i < MANY; i++)
		world_create(&w, 0, "Patient", NULL, "x", id);
	assert_int_equal(go(&w, 0).pushed, MANY);
	assert_int_equal(go(&w, 1).pulled, MANY);
	sync_engine_reconcile(w.station[0].engine);
	outcome = go(&w, 0);
	assert_false(outcome.rolled_back);
	assert_int_equal(memory_local_notes(&w.station[0].local, SYNC_NOTE_DELETED), 0);
	assert_int_equal(outcome.pulled + outcome.pushed, 0);
	world_end(&w);
}

static void start_anew(struct world *w, size_t station)
{
	memory_local_end(&w->station[station].local);
	memory_local_begin(&w->station[station].local);
	world_restart(w, station);
}

/* Around the sizes of a page (200 at first, 1000 at most), whether every record has a time of its own or all of them one,
 * whether the server names the next page or not: a new station gets every record, once. */
static void pages_of_any_size_leave_nothing_out(void **state)
{
	static const size_t sizes[] = {200, 201, 1001, 1201};
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct world w;
		char id[UUID_TEXT_SIZE];
		size_t there = 0;
		world_begin(&w, 2, 17);
		w.pages_by_size = true;
		w.server.traits.stands_still = kind & 1;
		w.server.traits.no_links = kind & 2;
		w.server.traits.page_cap = kind & 2 ? 1000 : 0; /* which the engine may not take for the end */
		world_restart(&w, 0);
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			for (; there < sizes[i]; there++)
				world_create(&w, 0, "Patient", NULL, "x", id);
			(void)go(&w, 0);
			start_anew(&w, 1);
			const struct sync_outcome outcome = go(&w, 1);
			if (outcome.pulled != sizes[i])
				fail_msg("kind %d: %zu of %zu", kind, outcome.pulled, sizes[i]);
			sync_engine_reconcile(w.station[1].engine);
			assert_int_equal(go(&w, 1).pulled, 0);
			assert_int_equal(memory_local_notes(&w.station[1].local, SYNC_NOTE_DELETED), 0);
		}
		world_end(&w);
	}
}

/* By the server's count of requests, right after many changes as long after them. */
static void a_round_with_nothing_to_do_is_five_requests(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE], patient[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 2, 19);
	w.pages_by_size = true;
	world_restart(&w, 0);
	world_restart(&w, 1);
	static const char *const kinds[] = {"Patient", "Observation", "DocumentReference", "AdverseEvent"};
	world_create(&w, 0, "Patient", NULL, "x", patient);
	for (int i = 0; i < 1200; i++)
		world_create(&w, 0, kinds[i % 4], i % 4 ? patient : NULL, "x", id);
	assert_int_equal(go(&w, 0).pushed, 1201);
	assert_int_equal(go(&w, 1).pulled, 1201);
	for (int station = 0; station < 2; station++)
		for (int again = 0; again < 3; again++) {
			const size_t before = w.server.requests;
			const struct sync_outcome outcome = go(&w, (size_t)station);
			assert_int_equal(outcome.pushed + outcome.pulled, 0);
			if (w.server.requests - before > 5)
				fail_msg("station %d: %zu requests", station, w.server.requests - before);
		}
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

/* A change that is committed late, under the watermark, of a record that stands there already: their number tells
 * nothing, so the overlap is read. */
static void a_late_change_is_found(void **state)
{
	struct world w;
	char id[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE];
	(void)state;
	world_begin(&w, 2, 17);
	world_create(&w, 0, "Patient", NULL, "x", id);
	(void)go(&w, 0);
	w.server.now_ms += 8 * 60000;
	world_create(&w, 0, "Patient", NULL, "y", other);
	(void)go(&w, 0);
	(void)go(&w, 1);
	world_edit(&w, 0, id, "late");
	w.server.late_ms = 4 * 60000;
	w.keeps_late = true;
	(void)go(&w, 0);
	w.keeps_late = false;
	w.server.late_ms = 0;
	w.server.now_ms += 40 * 60000;
	for (int i = 0; i < 12; i++)
		world_create(&w, 0, "Patient", NULL, "z", other);
	(void)go(&w, 0);
	assert_int_equal(go(&w, 1).pulled, 13);
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
	        cmocka_unit_test(records_stand_under_their_own_names),
	        cmocka_unit_test(names_that_a_server_does_not_take_are_its_own),
	        cmocka_unit_test(what_stands_under_another_name_is_not_doubled),
	        cmocka_unit_test(two_stations_edit_one_record_offline),
	        cmocka_unit_test(pages_leave_nothing_out),
	        cmocka_unit_test(pages_of_any_size_leave_nothing_out),
	        cmocka_unit_test(a_round_with_nothing_to_do_is_five_requests),
	        cmocka_unit_test(a_restored_server_is_filled_again),
	        cmocka_unit_test(ninety_days_offline),
	        cmocka_unit_test(nothing_to_do_takes_few_requests),
	        cmocka_unit_test(a_late_change_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
