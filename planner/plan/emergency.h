/* Breaking the glass: access in an emergency for somebody whose roles would not allow it.
 *
 * It is loud (every screen and sheet says so while it lasts), needs a written reason, ends by itself, and stays open
 * until an administrator or dermatologist, who is not the one who broke it, has reviewed it in writing. It adds the
 * role LIFE_EMERGENCY of the table of life.h: readings, adverse events and follow-ups are recorded, a treatment is
 * stopped. It starts no treatment, makes no plan and signs nothing. Everything done stands in the audit under the
 * person's name.
 */
#ifndef LASERTWIN_PLAN_EMERGENCY_H
#define LASERTWIN_PLAN_EMERGENCY_H

#include "planner/plan/life.h"
#include "planner/store/person.h"

#define EMERGENCY_MINUTES 30     /* where nothing is said */
#define EMERGENCY_MINUTES_MAX 60 /* DESIGN: long enough for a person in need, short enough to be noticed */

struct emergency {
	char uuid[UUID_TEXT_SIZE];
	char login[STORE_ACTOR_MAX + 1];
	char reason[STORE_REASON_MAX + 1];
	int64_t began_ms, until_ms;
	int64_t ended_ms; /* 0: not by hand */
	int64_t reviewed_ms; /* 0: not yet */
	char reviewer[STORE_ACTOR_MAX + 1], review[STORE_REASON_MAX + 1];
};

struct emergency_list {
	struct emergency *items; /* latest first */
	size_t count, open; /* open: to be reviewed */
};

/* ST_DENIED: has a clinical role already, or broke it already. ST_INPUT: the reason is too short. ST_RANGE: minutes. */
enum status emergency_begin(struct store *store, const struct session *by, const char *reason, double minutes,
                            int64_t now_ms, struct emergency *out, struct fail *why) MUST_CHECK;
/* By the one who began it. ST_NOT_FOUND: none lasts. */
enum status emergency_end(struct store *store, const struct session *by, int64_t now_ms, struct fail *why) MUST_CHECK;
/* Whether one of this person lasts now. A clock set back prolongs nothing. */
enum status emergency_active(struct store *store, const char *login, int64_t now_ms, struct emergency *out,
                             bool *active, struct fail *why) MUST_CHECK;
enum status emergency_list(struct store *store, struct emergency_list *out, struct fail *why) MUST_CHECK;
void emergency_list_free(struct emergency_list *list);
/* uuid may be its beginning, 4 digits or more. ST_DENIED: not for this person, or it still lasts. ST_CONFLICT: done. */
enum status emergency_review(struct store *store, const struct session *by, const char *uuid, const char *text,
                             int64_t now_ms, struct fail *why) MUST_CHECK;

/* "EMERGENCY ACCESS of demo-viewer until 14:05 UTC: the reason"; returns out. */
const char *emergency_text(const struct emergency *emergency, char *out, size_t size);

#endif
