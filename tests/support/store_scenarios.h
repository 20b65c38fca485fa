/* Everything a clinic does with its store, each one call or a few: what the sweeps of failing memory and failing disks
 * go through. */
#ifndef LASERTWIN_TESTS_STORE_SCENARIOS_H
#define LASERTWIN_TESTS_STORE_SCENARIOS_H

#include "tests/support/store_world.h"

enum scenario_kind {
	SCENARIO_PLAIN,
	SCENARIO_SECRET, /* tries a secret: a failure in between is told at the next login */
	SCENARIO_LOCKED  /* begins with the store closed */
};

struct store_scenario {
	const char *name;
	enum status (*run)(struct store_world *world, struct fail *why); /* on an unlocked store with one patient */
	enum scenario_kind kind;
};
extern const struct store_scenario store_scenarios[];
extern const size_t store_scenario_count;

/* Once, before: what some of them find. */
enum status store_scenario_prepare(struct store_world *world, struct fail *why) MUST_CHECK;

#endif
