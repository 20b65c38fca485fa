/* The target and safety histogram: how the skins that the readings allow spread over the quantities that decide. For
 * each goal of the protocol, in how many of them it is reached; for each limit on a predicted quantity, in how many it
 * is passed. What the dose-volume histogram is to radiotherapy: the goal's share against the harm's, side by side.
 * Pure; counts the samples of one assessment's prediction.
 */
#ifndef LASERTWIN_PLAN_HISTOGRAM_H
#define LASERTWIN_PLAN_HISTOGRAM_H

#include "planner/plan/planning.h"

#define HISTOGRAM_ROWS_MAX (PROTOCOL_GOALS_MAX + 8)

struct histogram_row {
	bool is_goal; /* else a limit: harm lies beyond it */
	enum metric metric;
	double min, max;  /* what is asked: within; +-INFINITY where open */
	const char *rule; /* of a limit; static. Of a goal: "p05" or "p50", where it is asked */
	char origin[16], source[96];
	unsigned samples, within; /* skins, and those of them within min..max */
	const float *value;       /* samples of them; borrowed from the prediction */
	unsigned flags;           /* enum validity */
};

struct histogram {
	size_t rows; /* goals first */
	struct histogram_row row[HISTOGRAM_ROWS_MAX];
};

/* Without a prediction: no rows. Borrows planning and assessment. */
void planning_histogram(const struct planning *planning, const struct assessment *assessment, struct histogram *out);

/* The samples of row in bins of equal width over lo..hi (of the logarithm when is_log); what lies outside is counted
 * in the first or last. */
struct histogram_axis {
	double lo, hi;
	bool is_log;
};
/* Round what is shown to hold every sample and the finite ends of what is asked; is_log where they span decades. */
struct histogram_axis histogram_axis(const struct histogram_row *row);
size_t histogram_bin(const struct histogram_axis *axis, double value, size_t bins);
void histogram_count(const struct histogram_row *row, const struct histogram_axis *axis, size_t bins, unsigned *count);

#endif
