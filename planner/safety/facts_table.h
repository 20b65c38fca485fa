/* The table behind facts_spec(), for facts.c. */
#ifndef LASERTWIN_FACTS_TABLE_H
#define LASERTWIN_FACTS_TABLE_H

#include "planner/safety/facts.h"

#define FACTS_MAX 160

extern const struct fact_spec fact_table[];
extern const size_t fact_table_count;

/* Groups of questions, in the order of the table. */
struct fact_group {
	const char *first; /* name of its first question */
	const char *title;
};
extern const struct fact_group fact_groups[];
extern const size_t fact_groups_count;

#endif
