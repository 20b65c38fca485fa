/* Safety answers given at several places without knowing of each other, together: what warns is never lost.
 *
 *   kind of question           together
 *   yes or no                  yes before unanswered before no; where yes is what reassures, two answers are none
 *   how many days ago          unanswered before the fewer days; never is the most
 *   how much, how many         unanswered before the most
 *   which (a list)             unanswered before all that were named
 *   a text, an age of years    two different answers are none: unanswered
 *
 * A question that was never put at one place takes the other's answer. Pure.
 */
#ifndef LASERTWIN_UNITE_H
#define LASERTWIN_UNITE_H

#include "planner/safety/facts.h"

/* Whether both say the same to that question; a question never put differs from nothing. */
bool facts_agree(const struct facts *a, const struct facts *b, size_t id);
/* Every question of other into into. ST_FULL: more items than an answer holds. */
enum status facts_unite(struct facts *into, const struct facts *other, struct fail *why) MUST_CHECK;
/* An answer in words: "yes", "not answered", "30 d", "never", "none", "a, b"; returns out. */
const char *facts_words(const struct facts *facts, size_t id, char *out, size_t size);
/* Sets a question from such words: "yes", "no", "unanswered", a number, or items with commas between. */
enum status facts_set_words(struct facts *facts, const char *name, const char *words, struct fail *why) MUST_CHECK;

#endif
