/* Plans on their way, as the screens use them: planner/plan/workflow.h behind function pointers, so that tests can do
 * without records.
 */
#ifndef LASERTWIN_UI_COURSE_H
#define LASERTWIN_UI_COURSE_H

#include "planner/plan/workflow.h"

#define COURSE_LABEL_MAX 64

/* A line tagged to be done something with; or it was, before all tags were cleared. */
struct app_tag {
	bool set, cleared;
};

/* How many lines of a list. */
struct app_tags {
	size_t set, cleared;
};

/* One line of the plan list. */
struct course_row {
	char plan[UUID_TEXT_SIZE];
	int64_t version;
	char label[COURSE_LABEL_MAX], device[COURSE_LABEL_MAX];
	bool is_virtual;
	char state[STORE_STATE_MAX + 1], verdict[STORE_VERDICT_MAX + 1];
	char when[20]; /* UTC, of the last move */
	struct app_tag tag;
};

/* What a form was filled with; NULL or "": not asked. Borrowed. */
struct course_input {
	const char *login, *secret, *reason, *identifier_1, *identifier_2;
	const char *rule, *zone;                 /* override */
	const char *second_login, *second_secret;
	const char *clock; /* "right": a clock that stands before the last entry has been looked at */
};

struct app_course {
	void *context;
	/* What has expired or gone stale is moved first. Gives rows to free. */
	enum status (*list)(void *context, struct course_row **rows, size_t *count, struct fail *why);
	enum status (*open)(void *context, const char *plan, struct workflow_plan **out, struct fail *why);
	/* Whether the person logged in may; signing moves are asked of whoever signs, so these say yes. */
	bool (*may)(void *context, enum life_action action, enum plan_state state);
	/* Asked before a signature: the clock stands before the last entry, by so much; "" it does not. May be NULL. */
	void (*clock_back)(void *context, char *text, size_t size);
	enum status (*move)(void *context, enum life_action action, const struct course_input *input,
	                    struct workflow_plan **plan, struct fail *why);
	enum status (*session)(void *context, const struct workflow_plan *plan, struct delivery_plan *delivery_plan,
	                       struct delivery *session, struct fail *why);
	enum status (*start)(void *context, const struct workflow_plan *plan, const struct delivery *session,
	                     struct workflow_start **out, struct fail *why);
	/* The plan's treatment sheet into a new file, entered in the audit. May be NULL: none are written from here. */
	enum status (*sheet)(void *context, const char *plan, const char *path, struct fail *why);
	/* On the worker: touches its arguments only. */
	enum status (*judge)(const struct workflow_start *start, const struct predict_options *options,
	                     struct findings *out, struct fail *why);
	/* What was seen after the delivery, by whoever is logged in. */
	enum status (*follow_up)(void *context, const struct follow_up *seen, struct workflow_plan **plan,
	                         struct fail *why);
	enum status (*adverse)(void *context, const struct adverse_event *event, struct workflow_plan **plan,
	                       struct fail *why);
	enum status (*deliver)(void *context, const struct delivery_event *event, const struct findings *findings,
	                       struct workflow_plan **plan, struct delivery *session, struct fail *why);
};

/* On the open records. */
struct course {
	struct clinic *clinic;         /* borrowed */
	const struct library *lib; /* borrowed */
	int64_t (*now_ms)(void);
};
/* Borrows course, which must outlive it. */
struct app_course course_of(struct course *course);

#endif
