/* Cells of the axisymmetric solver: graded towards rim and surface, with every interface on an edge. */
#include "physics/rf_axisym_private.h"

#include "physics/base/units.h"

#define FINEST_RADII (1.0 / 200.0)
#define FINEST_MAX_UM 60.0
#define GROWTH 0.13 /* a cell's size rises by this part of the distance from the rim or surface */
#define FAR_RADII                                                                                            \
	40.0 /* end of the grid for a far return, in radii (or thicknesses of the bounded layers)            \
	      */
#define PLATE_THICKNESSES 10.0
#define LAYER_CELLS_MIN 3.0
/* A bare edge acts as one this part of a rim cell further in: the slope of R against the cell's size on a
 * half-space, growth 0.04, 185 x 145 to 250 x 179 cells (0.370, 0.376). Layers do not change it. */
#define RIM_SHIFT_CELLS 0.37

double rf_axisym_ring_m2(const struct rf_axisym *s, size_t ir)
{
	const double *r = s->r_edge_um;
	return PI * (r[ir + 1] + r[ir]) * (r[ir + 1] - r[ir]) * M_PER_UM * M_PER_UM;
}

double rf_axisym_side_m2(const struct rf_axisym *s, size_t face, size_t iz)
{
	return 2.0 * PI * s->r_edge_um[face] * M_PER_UM * rf_axisym_height_m(s, iz);
}

double rf_axisym_width_m(const struct rf_axisym *s, size_t ir)
{
	return (s->r_edge_um[ir + 1] - s->r_edge_um[ir]) * M_PER_UM;
}

double rf_axisym_height_m(const struct rf_axisym *s, size_t iz)
{
	return (s->z_edge_um[iz + 1] - s->z_edge_um[iz]) * M_PER_UM;
}

/* Sizes finest + growth x distance: cell counts and edges follow from the integral of 1 / size. */
struct grading {
	double finest_um, growth;
};

static double measure(const struct grading *g, double distance_um)
{
	return log1p(g->growth * distance_um / g->finest_um) / g->growth;
}

static double distance_um(const struct grading *g, double cells)
{
	return g->finest_um * expm1(g->growth * cells) / g->growth;
}

/* Edges from a (exclusive) to b (inclusive), both at distances from the fine place; returns how many. */
static size_t add_edges(const struct grading *g, double from_um, double to_um, double least, double *edge)
{
	double first = measure(g, from_um), last = measure(g, to_um);
	size_t cells = (size_t)fmax(ceil(last - first - 1e-9), least);
	for (size_t i = 1; edge && i <= cells; i++)
		edge[i - 1] = i == cells ? to_um
		                         : distance_um(g, first + (last - first) * (double)i / (double)cells);
	return cells;
}

static double bounded_um(const struct rf_stack *stack)
{
	double sum_um = 0.0;
	for (size_t i = 0; i < stack->layers; i++)
		if (!isinf(stack->layer[i].thickness_um))
			sum_um += stack->layer[i].thickness_um;
	return sum_um;
}

/* A layer that conducts better than what lies below carries the current out to thickness x contrast. */
static double spread_um(const struct rf_axisym *s)
{
	const struct rf_stack *stack = &s->problem.stack;
	double deep = cabs(s->admittivity_S_m[stack->layers - 1]), sum_um = 0.0;
	for (size_t i = 0; i + 1 < stack->layers; i++)
		sum_um += stack->layer[i].thickness_um * cabs(s->admittivity_S_m[i]) / deep;
	return sum_um;
}

static double far_um(const struct rf_axisym *s)
{
	double radius_um = s->problem.radius_um, bounded = bounded_um(&s->problem.stack);
	return FAR_RADII * fmax(radius_um, fmax(0.25 * bounded, fmin(0.5 * spread_um(s), 20.0 * radius_um)));
}

/* Inner edges count down from the rim, outer ones up. */
static size_t radial_edges(const struct rf_axisym *s, const struct grading *g, double *edge)
{
	const struct rf_axisym_problem *p = &s->problem;
	if (p->column) {
		if (edge) {
			edge[0] = 0.0;
			edge[1] = 0.5 * p->radius_um;
			edge[2] = p->radius_um;
		}
		return 2;
	}
	bool bare = cabs(p->contact.ohm_m2) == 0.0;
	double rim_um = p->radius_um + (bare ? RIM_SHIFT_CELLS * g->finest_um : 0.0);
	double end_um = p->stack.back == RF_RETURN_PLATE ? rim_um + PLATE_THICKNESSES * bounded_um(&p->stack)
	                                                 : far_um(s);
	size_t inner = add_edges(g, 0.0, rim_um, 4.0, NULL);
	size_t outer = add_edges(g, 0.0, end_um - rim_um, 4.0, NULL);
	if (!edge)
		return inner + outer;
	(void)add_edges(g, 0.0, rim_um, 4.0, edge);
	for (size_t i = 0; i < inner / 2; i++) { /* distances d_1..d_n inwards become radii from 0 up */
		double other = edge[inner - 1 - i];
		edge[inner - 1 - i] = edge[i];
		edge[i] = other;
	}
	for (size_t i = 0; i < inner; i++)
		edge[i] = rim_um - edge[i];
	edge[0] = 0.0;
	edge[inner] = rim_um;
	(void)add_edges(g, 0.0, end_um - rim_um, 4.0, edge + inner + 1);
	for (size_t i = 1; i <= outer; i++)
		edge[inner + i] += rim_um;
	return inner + outer;
}

static size_t axial_edges(const struct rf_axisym *s, const struct grading *g, double *edge, size_t *row_layer)
{
	size_t rows = 0;
	double top_um = 0.0;
	if (edge)
		edge[0] = 0.0;
	for (size_t i = 0; i < s->problem.stack.layers; i++) {
		double bottom_um = top_um + s->layer[i].thickness_um;
		if (isinf(bottom_um))
			bottom_um = fmax(far_um(s), 2.0 * top_um);
		size_t cells =
		        add_edges(g, top_um, bottom_um, LAYER_CELLS_MIN, edge ? edge + rows + 1 : NULL);
		for (size_t j = 0; row_layer && j < cells; j++)
			row_layer[rows + j] = i;
		rows += cells;
		top_um = bottom_um;
	}
	return rows;
}

enum status rf_axisym_grid(struct rf_axisym *s, struct fail *why)
{
	double refine = s->problem.refine;
	double finest_um = fmin(s->problem.radius_um * FINEST_RADII, FINEST_MAX_UM) / refine;
	struct grading g = {finest_um, GROWTH / refine};
	s->nr = radial_edges(s, &g, NULL);
	s->nz = axial_edges(s, &g, NULL, NULL);
	if (s->nr * s->nz > RF_AXISYM_CELLS_MAX)
		return fail_set(why, ST_FULL, "refine", "%zu x %zu cells; at most %d", s->nr, s->nz,
		                RF_AXISYM_CELLS_MAX);
	s->cells = s->nr * s->nz;
	s->r_edge_um = malloc((s->nr + 1) * sizeof *s->r_edge_um);
	s->z_edge_um = malloc((s->nz + 1) * sizeof *s->z_edge_um);
	s->row_layer = malloc(s->nz * sizeof *s->row_layer);
	if (!s->r_edge_um || !s->z_edge_um || !s->row_layer)
		return fail_set(why, ST_FULL, "memory", "no memory for the grid");
	(void)radial_edges(s, &g, s->r_edge_um);
	(void)axial_edges(s, &g, s->z_edge_um, s->row_layer);
	double rim_um = s->problem.radius_um + 0.5 * finest_um;
	while (s->electrode_cells < s->nr && s->r_edge_um[s->electrode_cells + 1] < rim_um)
		s->electrode_cells++;
	return ST_OK;
}
