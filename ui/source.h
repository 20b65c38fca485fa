/* The clinic's records behind the screens: app_source on planner/plan/clinic.h. */
#ifndef LASERTWIN_UI_SOURCE_H
#define LASERTWIN_UI_SOURCE_H

#include "planner/plan/clinic.h"
#include "ui/app.h"

struct source {
	struct clinic *clinic;         /* borrowed */
	const struct library *lib; /* borrowed */
	int64_t (*now_ms)(void);
	const struct app_course *course; /* borrowed; NULL: none */
	const struct app_sync *sync;     /* likewise */
	const struct app_work *work;     /* likewise; see work_of */
	const struct app_emergency *emergency; /* likewise; see emergency_of */
	const struct app_lists *lists;   /* likewise */
};

/* Borrows source, which must outlive it. */
struct app_source source_of(struct source *source, const char *place);

struct app_emergency emergency_of(struct source *source);
/* Unfinished work of whoever is logged in. Borrows source. */
struct app_work work_of(struct source *source);

#endif
