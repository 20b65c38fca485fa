/* Where the screens that are lists come from: the open records and the library. */
#ifndef LASERTWIN_UI_LISTS_H
#define LASERTWIN_UI_LISTS_H

#include "planner/plan/versions.h"
#include "planner/plan/visits.h"
#include "ui/action.h"
#include "ui/listing.h"

#define LIST_NOBODY SIZE_MAX

/* What a list is asked about. */
struct list_request {
	char patient[UUID_TEXT_SIZE];  /* "": the one of patient_index, if any */
	size_t patient_index;          /* in the worklist; LIST_NOBODY */
	const struct request *request; /* what is planned for now; NULL: nothing. Borrowed */
	/* Differences: of two versions of a plan, or of two plans (then version 0: the newest of each). */
	char plan[2][UUID_TEXT_SIZE];
	int64_t version[2];
};

struct app_lists {
	void *context;
	/* Gives a listing to free. ST_DENIED: not for whoever is logged in. */
	enum status (*read)(void *context, enum screen screen, const struct list_request *request, struct listing **out,
	                    struct fail *why);
};

/* On the open records. */
struct lists {
	struct clinic *clinic;         /* borrowed */
	const struct library *library; /* borrowed */
	int64_t (*now_ms)(void);
};
/* Borrows lists, which must outlive it. */
struct app_lists lists_of(struct lists *lists);

/* --- the lists themselves (ui/lists/): pure, from data to a listing ------------------------------------------- */

/* now_ms: whether the day of the next treatment has come. request may be NULL. */
void list_course(struct listing *listing, const struct visits *visits, const struct library *library,
                 const struct request *request, int64_t now_ms);
void list_difference(struct listing *listing, const struct difference *difference);

#endif
