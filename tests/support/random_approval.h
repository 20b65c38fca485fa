/* Random approvals for tests of their form and signature. */
#ifndef LASERTWIN_TESTS_RANDOM_APPROVAL_H
#define LASERTWIN_TESTS_RANDOM_APPROVAL_H

#include "physics/base/rng.h"
#include "planner/plan/approval.h"

/* Every byte of *a is set, so that equal approvals are equal in memory. Zones, settings, overrides and authors
 * vary in number. */
void random_approval(struct rng *rng, struct approval *a);
/* Changes exactly one field; which one is drawn from rng. */
void change_one_field(struct rng *rng, struct approval *a);

#endif
