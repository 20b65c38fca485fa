/* Heat that opaque columns leave behind in one sample: spread evenly from the surface to a depth, any depth.
 *
 * Between two edges of heat cells such a source is a mean of those that end at the edges, and so is the answer, the
 * heat being linear: what is solved is seven edges at once (heat_family), as depths ask for them. What was asked before
 * changes nothing. Include from planner/fit only. */
#ifndef LASERTWIN_RESIDUAL_H
#define LASERTWIN_RESIDUAL_H

#include "physics/heat.h"

struct residual;

/* cells: of the heat problems to come. NULL without memory. */
struct residual *residual_new(size_t cells);
void residual_free(struct residual **residual);

bool residual_has(const struct residual *residual, const struct heat_problem *problem, double depth_um);
/* The answer per J/cm2; the residual's, until it is asked again. problem: the same at every call, with its cells in its
 * options; its source does not count. Nothing is left behind at depth 0. */
enum status residual_at(struct residual *residual, const struct heat_problem *problem, double depth_um,
                        const struct heat **out, struct fail *why) MUST_CHECK;
size_t residual_bytes(const struct residual *residual);

#endif
