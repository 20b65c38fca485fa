/* Writes that can be told apart afterwards: step k is one write to a store, always the same, so that a
 * witness who only knows how many steps were acknowledged can say whether any is lost.
 *
 * Eleven steps are one visit: patient, readings, twin, plan, proposed, approved, second version, a group of two
 * writes, a delivery, the server's receipt for the patient (a group: mark, name, watermark), and a draft put in the
 * place of one. */
#ifndef LASERTWIN_TESTS_STORE_STEPS_H
#define LASERTWIN_TESTS_STORE_STEPS_H

#include "planner/store/outbox.h"

enum { STEPS_PER_VISIT = 11 };

enum status step_write(struct store *store, unsigned step, struct fail *why) MUST_CHECK;
/* Whether the step is in the store, all of it; ST_IO when a part is there or is not as written. */
enum status step_find(struct store *store, unsigned step, bool *there, struct fail *why) MUST_CHECK;
/* How many steps are there from the first on; ST_IO also when one is there after a missing one. */
enum status steps_count(struct store *store, unsigned at_most, unsigned *count, struct fail *why) MUST_CHECK;

#endif
