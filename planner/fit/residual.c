/* Sources that end at the edges of heat cells, in groups; neighbouring groups share an edge. */
#include "planner/fit/residual.h"

#include "physics/base/units.h"

#define STEP (HEAT_FAMILY_SOURCES - 1) /* edges a group goes on */

struct residual {
	size_t groups;
	struct heat_family **group;
};

struct residual *residual_new(size_t cells)
{
	struct residual *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->groups = (cells + STEP - 1) / STEP;
	r->group = calloc(r->groups, sizeof *r->group);
	if (!r->group)
		residual_free(&r);
	return r;
}

void residual_free(struct residual **residual)
{
	if (!*residual)
		return;
	for (size_t g = 0; (*residual)->group && g < (*residual)->groups; g++)
		heat_family_free(&(*residual)->group[g]);
	free((*residual)->group);
	free(*residual);
	*residual = NULL;
}

size_t residual_bytes(const struct residual *r)
{
	size_t bytes = 0;
	for (size_t g = 0; g < r->groups; g++)
		bytes += r->group[g] ? heat_family_bytes(r->group[g]) : 0;
	return bytes;
}

/* The cell a depth lies in; below the last one, that. */
static size_t cell_at(const struct heat_options *grid, double depth_um)
{
	size_t cell = 0;
	while (cell + 2 < grid->edges && grid->edge_um[cell + 1] < depth_um)
		cell++;
	return cell;
}

/* Absorption of 1/cm down to an edge; no light where that is the surface. */
static struct heat_source down_to(const double *edge_um, double *range_um)
{
	static const double everywhere_1_cm = 1.0;
	range_um[0] = 0.0;
	range_um[1] = *edge_um;
	return (struct heat_source){*edge_um > 0.0 ? 1 : 0, range_um, &everywhere_1_cm};
}

static enum status solve(const struct heat_problem *problem, size_t group, struct heat_family **out, struct fail *why)
{
	struct heat_source source[HEAT_FAMILY_SOURCES];
	double range_um[HEAT_FAMILY_SOURCES][2];
	size_t edges = problem->options.edges, first = group * STEP, count = 0;
	for (; count < HEAT_FAMILY_SOURCES && first + count < edges; count++)
		source[count] = down_to(&problem->options.edge_um[first + count], range_um[count]);
	return heat_family_new(problem, count, source, out, why);
}

bool residual_has(const struct residual *r, const struct heat_problem *problem, double depth_um)
{
	return r->group[cell_at(&problem->options, depth_um) / STEP] != NULL;
}

enum status residual_at(struct residual *r, const struct heat_problem *problem, double depth_um,
                        const struct heat **out, struct fail *why)
{
	const double *edge_um = problem->options.edge_um;
	size_t cell = cell_at(&problem->options, depth_um), group = cell / STEP, at = cell % STEP;
	double weight[HEAT_FAMILY_SOURCES] = {0};
	enum status st = r->group[group] ? ST_OK : solve(problem, group, &r->group[group], why);
	if (st)
		return st;
	if (depth_um > 0.0) {
		double inside = (fmin(depth_um, edge_um[cell + 1]) - edge_um[cell]) / (edge_um[cell + 1] - edge_um[cell]);
		weight[at] = (1.0 - inside) / (depth_um * CM_PER_UM);
		weight[at + 1] = inside / (depth_um * CM_PER_UM);
	}
	*out = heat_family_sum(r->group[group], weight);
	return ST_OK;
}
