/* Work that was begun and not saved: readings, answers and settings as they stood at the last step, kept as a draft
 * so that a crash loses nothing. Sealed with the patient's key like everything else, one for each person and patient:
 * nobody's work takes the place of somebody else's, and only its author gets the content back.
 *
 * All of it needs somebody logged in; that person is the author.
 */
#ifndef LASERTWIN_PLAN_UNFINISHED_H
#define LASERTWIN_PLAN_UNFINISHED_H

#include "planner/plan/clinic.h"

struct unfinished {
	char patient[UUID_TEXT_SIZE];
	size_t index;                    /* of the patient on the list */
	char label[STORE_LABEL_MAX + 1]; /* of the patient */
	char login[STORE_ACTOR_MAX + 1]; /* whose work */
	int64_t at_ms;                   /* of the last step */
	bool is_own;
	bool is_overtaken; /* newer readings of this patient were kept since */
};

struct unfinished_list {
	struct unfinished *items; /* one's own first, each part latest first */
	size_t count, own;
};

/* Replaces what was kept of this person's work on this patient. */
enum status unfinished_put(struct clinic *clinic, size_t index, const struct subject *subject,
                           const struct request *request, int64_t now_ms, struct fail *why) MUST_CHECK;
/* ST_OK also when there was none. */
enum status unfinished_drop(struct clinic *clinic, size_t index, int64_t now_ms, struct fail *why) MUST_CHECK;
/* Everybody's; what equals the readings kept last is left out, because nothing of it is unfinished. */
enum status unfinished_list(struct clinic *clinic, struct unfinished_list *out, struct fail *why) MUST_CHECK;
void unfinished_list_free(struct unfinished_list *list);
/* One's own, in the place of clinic_load. ST_NOT_FOUND: there is none. */
enum status unfinished_load(struct clinic *clinic, size_t index, struct subject *subject, struct request *request,
                            struct fail *why) MUST_CHECK;

#endif
