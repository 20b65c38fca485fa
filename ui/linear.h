/* The planner as a conversation, for screen readers, line terminals and scripts: the same model and the same table of
 * actions, said line by line. Nothing is drawn over, the cursor is never placed, no line changes after it was said.
 *
 *   a number        opens that line, or reads it out where nothing is to open
 *   read N          selects line N and says what belongs to it
 *   a word          does an action: its label, its key, a screen's title, or a part of its name; "more 2" selects
 *                   line 2 first
 *   open WORDS      opens the line that holds them
 *   lines N         says the list from line N on
 *   lock            locks, as no word for a while does: until somebody logs in nothing of a patient is held
 *   ?               every action here, with its key, and why one is not possible now
 *   (empty)         says the screen again
 *
 * Rounds of synchronisation run while a line is waited for; what arrived is taken in before the next answer is said,
 * never under a list whose numbers stand there to be typed.
 *
 * What a dialog asks is asked one line at a time; a line with a single "." leaves it. Ctrl-C cancels a computation.
 */
#ifndef LASERTWIN_UI_LINEAR_H
#define LASERTWIN_UI_LINEAR_H

#include "ui/app.h"
#include "ui/shell.h"

/* Reads in_fd, writes out; ascii: ASCII only. Returns when the user leaves, the input ends or a signal asks for it
 * (*leave_signal). lock and background may be NULL. */
enum status linear_run(const struct app_source *source, const struct app_engine *engine, const struct shell_lock *lock,
                       struct background *background, bool ascii, int in_fd, FILE *out, int *leave_signal,
                       struct fail *why) MUST_CHECK;

/* --- the parts that need no input (tests) --- */

/* The action that a word means on this screen; ACTION_NONE: none or several (*several of them). */
enum action linear_action(enum screen screen, const char *word, size_t *several);

#endif
