/* Lessons: mock cases of virtual patients, answered by a trainee and marked against the same rules and the same fit
 * that plan for real patients. profiles/training/lessons.json (lasertwin-lessons/1) lists them; each names a case file
 * beside it with one request without settings.
 *
 * Nothing here touches records: a lesson has no store.
 *
 * Marks (DESIGN, 100 in all)
 *   to treat   50 safe: no rule refuses; 30 effect: share of the protocol's goals that are met; 20 economy: where all
 *              are met, the lowest sufficient dose over the dose given. Refused settings: 0. Not treating: 20, nobody
 *              harmed.
 *   to defer or refuse   70 for doing so, 30 for naming the rule that says why; refusing where deferring is enough, or
 *              the other way round: 40 at most. Treating: 0.
 */
#ifndef LASERTWIN_LESSON_H
#define LASERTWIN_LESSON_H

#include "planner/plan/case.h"

#define LESSONS_MAX 64
#define LESSON_RULES_MAX 4
#define LESSON_TEXT_MAX 400

enum lesson_choice { LESSON_TREAT, LESSON_DEFER, LESSON_REFUSE, LESSON_CHOICES };
const char *lesson_choice_name(enum lesson_choice choice);

struct lesson {
	char id[32], title[CASE_TEXT_MAX], task[LESSON_TEXT_MAX], teaches[LESSON_TEXT_MAX];
	char sources[96]; /* "V41, V52" */
	enum lesson_choice answer;
	size_t rules; /* that say why not to treat */
	char rule[LESSON_RULES_MAX][24];
	struct case_file *file; /* owned; its first request is the lesson's */
};

struct lessons {
	size_t count;
	struct lesson lesson[LESSONS_MAX];
};

/* folder: the profiles directory. A lesson that does not hold together refuses all, with its name. */
enum status lessons_load(const char *folder, const struct library *library, struct lessons **out,
                         struct fail *why) MUST_CHECK;
void lessons_free(struct lessons **lessons);
const struct lesson *lessons_find(const struct lessons *lessons, const char *id); /* NULL: none */

struct lesson_reply {
	enum lesson_choice choice;
	struct settings settings; /* to treat */
	char rule[24];            /* otherwise, the rule that says why; "" when none is named */
};

struct lesson_mark {
	int safety, effect, economy, decision, reason, total; /* points; those that do not apply are 0 */
	struct case_result result; /* what the reply would do: planning, assessment, and the fit of lessons to treat */
	char why[LESSON_TEXT_MAX]; /* in a sentence */
};

/* Plans the lesson and marks the reply; may take seconds. Free with lesson_mark_clear. */
enum status lesson_mark(const struct library *library, const struct lesson *lesson, const struct lesson_reply *reply,
                        const struct case_options *options, struct lesson_mark *out, struct fail *why) MUST_CHECK;
void lesson_mark_clear(struct lesson_mark *mark);

#endif
