/* Random histories of two to five stations with faults at every request and deaths at every step; an oracle
 * on the server and the stations checks the invariants. LASERTWIN_HISTORIES=N runs N of them,
 * LASERTWIN_HISTORY=SEED one. */
#include "tests/support/sync_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HISTORIES 600
#define STEPS 40
#define NAMES_MAX 64

struct history {
	struct world world;
	char patient[NAMES_MAX][UUID_TEXT_SIZE], plan[NAMES_MAX][UUID_TEXT_SIZE];
	size_t patients, plans, edits;
	bool faults;
};

static bool knows(struct history *h, size_t station, const char *sync_id)
{
	const struct memory_record *r = memory_local_record(&h->world.station[station].local, sync_id);
	return r && r->body;
}

static const char *some(struct history *h, size_t station, char (*names)[UUID_TEXT_SIZE], size_t count)
{
	for (size_t tries = 0; count > 0 && tries < 4; tries++) {
		const char *name = names[world_dice(&h->world, count)];
		if (knows(h, station, name))
			return name;
	}
	return NULL;
}

static void change(struct history *h, size_t station)
{
	struct world *w = &h->world;
	char content[40], ignored[UUID_TEXT_SIZE];
	const char *patient = some(h, station, h->patient, h->patients),
	           *plan = some(h, station, h->plan, h->plans);
	(void)snprintf(content, sizeof content, "e%zu", ++h->edits);
	switch (world_dice(w, 8)) {
	case 0:
	case 1:
		if (h->patients < NAMES_MAX)
			world_create(w, station, "Patient", NULL, content, h->patient[h->patients++]);
		break;
	case 2:
		if (patient)
			world_create(w, station, "Observation", patient, content, ignored);
		break;
	case 3:
		if (patient && h->plans < NAMES_MAX)
			world_create_plan(w, station, patient, h->plan[h->plans++]);
		break;
	case 4:
	case 5:
		if (patient)
			world_edit(w, station, patient, content);
		break;
	case 6:
		if (plan)
			world_edit_plan(w, station, plan, content);
		break;
	default:
		world_audit(w, station);
	}
}

static void step(struct history *h)
{
	struct world *w = &h->world;
	struct fail why;
	size_t station = (size_t)world_dice(w, w->stations);
	struct memory_local *local = &w->station[station].local;
	w->server.now_ms += (int64_t)world_dice(w, 20) == 0 ? (int64_t)world_dice(w, 3600000)
	                                                    : (int64_t)world_dice(w, 5000);
	if (world_dice(w, 3) > 0) {
		change(h, station);
		return;
	}
	if (h->faults && world_dice(w, 4) == 0) {
		local->lives = (int64_t)world_dice(w, 120);
		local->dies_after = world_dice(w, 2);
	}
	(void)(world_round(w, station, NULL, &why) == ST_OK);
	local->lives = -1;
}

static void run_history(uint64_t seed, bool faults)
{
	struct history *h = calloc(1, sizeof *h);
	char text[256];
	struct rng dice;
	rng_seed(&dice, seed, 7);
	assert_non_null(h);
	world_begin(&h->world, 2 + (size_t)(rng_next(&dice) % 4), seed);
	h->faults = faults;
	h->world.fault_percent = faults ? (int)(rng_next(&dice) % 40) : 0;
	h->world.keeps_traffic = true;
	uint64_t kind = rng_next(&dice) % 16; /* servers differ */
	h->world.server.traits = (struct fake_traits){.not_atomic = kind == 0,
	                                              .no_batch = kind == 1,
	                                              .no_transaction = kind == 2,
	                                              .bare_answers = kind == 3,
	                                              .page_cap = kind == 4 ? 3 : 0,
	                                              .updates_create = kind >= 12,
	                                              .no_conditional_create = kind == 13};
	h->world.server.traits.not_atomic |= kind == 14;
	h->world.server.traits.bare_answers |= kind == 15;
	for (int i = 0; i < STEPS; i++)
		step(h);
	bool rests = world_settle(&h->world);
	const char *broken = rests ? world_check(&h->world, text, sizeof text) : "does not come to rest";
	if (!rests && world_check(&h->world, text, sizeof text))
		broken = text;
	if (broken)
		fail_msg("seed %llu: %s", (unsigned long long)seed, broken);
	world_end(&h->world);
	free(h);
}

static void sound_lines_converge(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++)
		run_history(seed, false);
}

static void faulty_lines_converge(void **state)
{
	const char *one = getenv("LASERTWIN_HISTORY"), *many = getenv("LASERTWIN_HISTORIES");
	uint64_t from = one ? strtoull(one, NULL, 10) : 1000;
	uint64_t count = one ? 1 : many ? strtoull(many, NULL, 10) : HISTORIES;
	(void)state;
	for (uint64_t seed = from; seed < from + count; seed++)
		run_history(seed, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sound_lines_converge),
	        cmocka_unit_test(faulty_lines_converge),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
