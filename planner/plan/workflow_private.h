/* Shared by the workflow*.c files. */
#ifndef LASERTWIN_PLAN_WORKFLOW_PRIVATE_H
#define LASERTWIN_PLAN_WORKFLOW_PRIVATE_H

#include "planner/plan/workflow.h"

/* Loads the same version again into *plan. */
enum status workflow_again(const struct workflow *w, struct workflow_plan **plan, struct fail *why) MUST_CHECK;

struct workflow_step {
	enum life_action action;
	const struct workflow_person *person, *second;
	const char *reason;
	bool identified;
};
/* Asks the table; gives the state after. */
enum status workflow_ask(const struct workflow_plan *plan, const struct workflow_step *step, enum plan_state *to,
                         struct fail *why) MUST_CHECK;
/* Writes the event; json may be NULL. */
enum status workflow_write(const struct workflow *w, const struct workflow_plan *plan, const char *actor,
                           const char *reason, enum plan_state to, const char *json, size_t n,
                           struct fail *why) MUST_CHECK;
/* A record of this plan version. */
enum status workflow_record(const struct workflow *w, const struct workflow_plan *plan, const char *kind,
                            const char *actor, const char *json, size_t n, struct fail *why) MUST_CHECK;

#endif
