/* The safe window: two settings varied over the device's grid, everything else held, each combination judged in full.
 *
 * It is the same assessment as for a plan, cell by cell, so the map cannot promise what the plan would refuse. A map
 * that was cancelled keeps what it has; cells not judged say so.
 */
#ifndef LASERTWIN_EXPLORE_H
#define LASERTWIN_EXPLORE_H

#include "planner/plan/planning.h"

#define EXPLORE_X_MAX 20
#define EXPLORE_Y_MAX 12

struct explore_cell {
	bool judged;
	bool possible;   /* false: the device does not take this combination */
	bool predicted;
	bool sufficient; /* every goal of the protocol is met */
	enum verdict verdict;
	char rule[24];       /* the strongest finding; "" none */
	struct band goal;    /* the protocol's first goal; absent where there is none */
	struct settings settings;
};

struct explore_map {
	enum setting_id x, y;
	size_t nx, ny;
	double x_value[EXPLORE_X_MAX], y_value[EXPLORE_Y_MAX];
	size_t judged;
	struct explore_cell cell[EXPLORE_Y_MAX][EXPLORE_X_MAX];
};

/* The two settings that turn most of the dose: the first two of the mode's grid knobs that can be turned. ST_MODEL when
 * there are not two. */
enum status explore_axes(const struct planning *planning, enum setting_id *x, enum setting_id *y,
                         struct fail *why) MUST_CHECK;
/* The next pair in a fixed round, for a key that walks through them. */
void explore_next_axes(const struct planning *planning, enum setting_id *x, enum setting_id *y);

/* base: where the other settings stand. Grids finer than the map are thinned evenly, ends kept. progress as in
 * planning_fit; ST_CANCELLED leaves the cells judged so far in *out. */
enum status explore(struct planning *planning, const struct settings *base, enum setting_id x, enum setting_id y,
                    int (*progress)(void *context, double done_frac), void *context, struct explore_map *out,
                    struct fail *why) MUST_CHECK;

#endif
