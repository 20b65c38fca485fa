/* The grid of the needle cell: nodes crowd where the field bends, at the metal, the ends of its bare part and
 * the interfaces, and thin out with distance. */
#include "physics/base/units.h"
#include "physics/rf_cell_private.h"

#define LINKS_PER_RADIUS 4.0
#define END_LINK_RADII 0.1       /* link at an end of the bare part, in radii */
#define INTERFACE_LINK_RADII 1.0 /* at an interface of layers */
#define GROWTH_FRAC 0.22         /* of a link by distance from where it was finest */
#define LINKS_PER_GAP 8.0        /* between needles at least, per half pitch */
#define BELOW_PITCHES 2.5
#define BELOW_MIN_UM 2000.0
#define PAIR_MARGIN 6.0      /* around a pair, in distances */
#define PAIR_LINK_HALVES 3.0 /* longest link there, in half distances */
#define CUT_MIN 0.05         /* least part of a link in tissue: keeps the system conditioned */
#define SAMPLES_PER_SIDE 16
#define FEATURES_MAX (2 * RF_LAYERS_MAX + 6)

/* A place that wants short links. */
struct feature {
	double at_m, link_m;
};

struct axis {
	double from_m, to_m, link_max_m;
	size_t features;
	struct feature feature[FEATURES_MAX]; /* each becomes a node */
};

static double link_at(const struct axis *axis, double at_m)
{
	double link_m = axis->link_max_m;
	for (size_t f = 0; f < axis->features; f++)
		link_m = fmin(link_m,
		              axis->feature[f].link_m + GROWTH_FRAC * fabs(at_m - axis->feature[f].at_m));
	return link_m;
}

#define COUNT_STEPS 64

/* Integral of 1 / link over a stretch, by the trapezoidal rule; share[i] of it up to step i. */
static double link_count(const struct axis *axis, double from_m, double to_m, double share[COUNT_STEPS + 1])
{
	double step_m = (to_m - from_m) / COUNT_STEPS;
	share[0] = 0.0;
	for (int i = 0; i < COUNT_STEPS; i++)
		share[i + 1] = share[i] + 0.5 * step_m *
		                                  (1.0 / link_at(axis, from_m + i * step_m) +
		                                   1.0 / link_at(axis, from_m + (i + 1) * step_m));
	return share[COUNT_STEPS];
}

/* Nodes after from_m up to and with to_m; false when they are too many. */
static bool fill_stretch(const struct axis *axis, double from_m, double to_m, double *node_m, size_t *nodes)
{
	double share[COUNT_STEPS + 1], step_m = (to_m - from_m) / COUNT_STEPS;
	size_t links = (size_t)fmax(1.0, ceil(link_count(axis, from_m, to_m, share) - 0.1));
	int at = 0;
	if (*nodes + links > RF_CELL_AXIS_MAX)
		return false;
	for (size_t n = 1; n < links; n++) {
		double wanted = share[COUNT_STEPS] * (double)n / (double)links;
		while (at < COUNT_STEPS - 1 && share[at + 1] < wanted)
			at++;
		double part = (wanted - share[at]) / (share[at + 1] - share[at]);
		node_m[(*nodes)++] = from_m + (at + part) * step_m;
	}
	node_m[(*nodes)++] = to_m;
	return true;
}

static int ascending(const void *left, const void *right)
{
	double a = ((const struct feature *)left)->at_m, b = ((const struct feature *)right)->at_m;
	return (a > b) - (a < b);
}

static void add_feature(struct axis *axis, double at_m, double link_m)
{
	if (at_m > axis->from_m && at_m < axis->to_m && axis->features < FEATURES_MAX)
		axis->feature[axis->features++] = (struct feature){at_m, link_m};
}

static enum status fill_axis(struct axis *axis, const char *what, double **out, size_t *nodes,
                             struct fail *why)
{
	double node_m[RF_CELL_AXIS_MAX + 1], at_m = axis->from_m;
	qsort(axis->feature, axis->features, sizeof axis->feature[0], ascending);
	node_m[0] = at_m;
	*nodes = 1;
	bool fits = true;
	for (size_t f = 0; fits && f <= axis->features; f++) {
		double to_m = f < axis->features ? axis->feature[f].at_m : axis->to_m;
		if (to_m - at_m < 1e-9)
			continue;
		fits = fill_stretch(axis, at_m, to_m, node_m, nodes);
		at_m = to_m;
	}
	if (!fits)
		return fail_set(why, ST_FULL, what, "more than %d nodes; coarser needles, or a lower refine",
		                RF_CELL_AXIS_MAX);
	*out = malloc(*nodes * sizeof **out);
	if (!*out)
		return fail_set(why, ST_FULL, what, "out of memory");
	memcpy(*out, node_m, *nodes * sizeof **out);
	return ST_OK;
}

/* ---- extents
 * ------------------------------------------------------------------------------------------------ */

static double refinement(const struct rf_cell *cell)
{
	return cell->options.refine > 0.0 ? cell->options.refine : 1.0;
}

/* Across the needle, its axis at 0. */
static enum status side_axis(struct rf_cell *cell, bool along_x, double **out, size_t *nodes,
                             struct fail *why)
{
	const struct rf_needles *n = &cell->needles;
	double refine = refinement(cell), a_m = n->radius_um * M_PER_UM;
	bool pair = n->pattern == RF_PATTERN_PAIR;
	double half_m = 0.5 * M_PER_UM * (along_x || pair ? n->pitch_x_um : n->pitch_y_um);
	struct axis axis = {.to_m = half_m, .link_max_m = half_m / (LINKS_PER_GAP * refine)};
	if (pair && !along_x)
		axis.to_m = PAIR_MARGIN * 2.0 * half_m;
	if (pair && along_x)
		axis.from_m = -PAIR_MARGIN * 2.0 * half_m;
	if (pair)
		axis.link_max_m = PAIR_LINK_HALVES * half_m / refine;
	double link_m = a_m / (LINKS_PER_RADIUS * refine);
	add_feature(&axis, a_m, link_m);
	add_feature(&axis, -a_m, link_m);
	axis.feature[axis.features++] = (struct feature){0.0, link_m};
	return fill_axis(&axis, along_x ? "needles.pitch_x_um" : "needles.pitch_y_um", out, nodes, why);
}

static enum status depth_axis(struct rf_cell *cell, struct fail *why)
{
	const struct rf_needles *n = &cell->needles;
	double refine = refinement(cell), a_m = n->radius_um * M_PER_UM;
	double pitch_um = fmax(n->pitch_x_um, n->pattern == RF_PATTERN_PAIR ? 0.0 : n->pitch_y_um);
	double below_um = cell->options.below_um > 0.0 ? cell->options.below_um
	                                               : fmax(BELOW_PITCHES * pitch_um, BELOW_MIN_UM);
	double bottom_um = rf_layer_top_um(&cell->stack, cell->stack.layers - 1) +
	                   cell->layer[cell->stack.layers - 1].thickness_um;
	bottom_um = fmin(bottom_um, n->tip_um + below_um);
	struct axis axis = {.to_m = bottom_um * M_PER_UM, .link_max_m = below_um * M_PER_UM / (6.0 * refine)};
	add_feature(&axis, n->tip_um * M_PER_UM, END_LINK_RADII * a_m / refine);
	add_feature(&axis, n->bare_from_um * M_PER_UM, END_LINK_RADII * a_m / refine);
	for (size_t i = 1; i < cell->stack.layers; i++)
		add_feature(&axis, rf_layer_top_um(&cell->stack, i) * M_PER_UM,
		            INTERFACE_LINK_RADII * a_m / refine);
	return fill_axis(&axis, "needles.tip_um", &cell->z_m, &cell->mesh.nz, why);
}

/* ---- geometry of a plane
 * -------------------------------------------------------------------------------------- */

static bool within(const struct rf_needles *n, double x_m, double y_m)
{
	double a_m = n->radius_um * M_PER_UM * (1.0 + 1e-9);
	return n->square ? fabs(x_m) <= a_m && fabs(y_m) <= a_m : x_m * x_m + y_m * y_m <= a_m * a_m;
}

/* Link from inside to outside along one coordinate u at the other coordinate v: 1 / share outside. */
static double stretch(const struct rf_needles *n, double inside_u_m, double outside_u_m, double v_m)
{
	double a_m = n->radius_um * M_PER_UM;
	double surface_m = n->square ? a_m : sqrt(fmax(a_m * a_m - v_m * v_m, 0.0));
	double share = (fabs(outside_u_m) - surface_m) / fabs(outside_u_m - inside_u_m);
	return 1.0 / fmin(fmax(share, CUT_MIN), 1.0);
}

static double link_stretch(const struct rf_needles *n, double u0_m, double u1_m, double v_m, bool in0,
                           bool in1)
{
	if (in0 == in1)
		return 1.0;
	return in0 ? stretch(n, u0_m, u1_m, v_m) : stretch(n, u1_m, u0_m, v_m);
}

static void plane_links(struct rf_cell *cell)
{
	const struct mesh *m = &cell->mesh;
	for (size_t j = 0; j < m->ny; j++)
		for (size_t i = 0; i < m->nx; i++)
			cell->inside[j * m->nx + i] = within(&cell->needles, cell->x_m[i], cell->y_m[j]);
	for (size_t j = 0; j < m->ny; j++)
		for (size_t i = 0; i < m->nx; i++) {
			size_t p = j * m->nx + i;
			if (i + 1 < m->nx)
				cell->stretch_x[p] =
				        link_stretch(&cell->needles, cell->x_m[i], cell->x_m[i + 1],
				                     cell->y_m[j], cell->inside[p], cell->inside[p + 1]);
			if (j + 1 < m->ny)
				cell->stretch_y[p] =
				        link_stretch(&cell->needles, cell->y_m[j], cell->y_m[j + 1],
				                     cell->x_m[i], cell->inside[p], cell->inside[p + m->nx]);
		}
}

/* Share of a rectangle outside the needle, by points. */
static double area_outside(const struct rf_needles *n, double x_m, double y_m, double hx_m, double hy_m)
{
	int outside = 0;
	for (int a = 0; a < SAMPLES_PER_SIDE; a++)
		for (int b = 0; b < SAMPLES_PER_SIDE; b++)
			outside += !within(n, x_m + (a + 0.5) * hx_m / SAMPLES_PER_SIDE,
			                   y_m + (b + 0.5) * hy_m / SAMPLES_PER_SIDE);
	return (double)outside / (SAMPLES_PER_SIDE * SAMPLES_PER_SIDE);
}

/* Share outside the needle of a stretch of coordinate v at fixed u. */
static double stretch_outside(const struct rf_needles *n, double u_m, double from_v_m, double to_v_m)
{
	double a_m = n->radius_um * M_PER_UM;
	if (fabs(u_m) >= a_m)
		return 1.0;
	double half_m = n->square ? a_m : sqrt(a_m * a_m - u_m * u_m);
	double inside_m = fmax(fmin(to_v_m, half_m) - fmax(from_v_m, -half_m), 0.0);
	return 1.0 - inside_m / (to_v_m - from_v_m);
}

static void open_brick(struct rf_cell *cell, size_t i, size_t j)
{
	const struct rf_needles *n = &cell->needles;
	size_t p = j * cell->mesh.nx + i;
	double x_m = cell->x_m[i], y_m = cell->y_m[j], hx_m = 0.5 * (cell->x_m[i + 1] - x_m);
	double hy_m = 0.5 * (cell->y_m[j + 1] - y_m), *open = cell->aperture + p * BRICK_APERTURES;
	for (unsigned q = 0; q < 2; q++) {
		open[q] = stretch_outside(n, x_m + hx_m, y_m + q * hy_m, y_m + (q + 1) * hy_m);
		open[2 + q] = stretch_outside(n, y_m + hy_m, x_m + q * hx_m, x_m + (q + 1) * hx_m);
	}
	for (unsigned q = 0; q < 4; q++)
		open[4 + q] = area_outside(n, x_m + (q & 1u) * hx_m, y_m + (q >> 1) * hy_m, hx_m, hy_m);
	cell->open_frac[p] = 0.25 * (open[4] + open[5] + open[6] + open[7]);
}

static void plane_shares(struct rf_cell *cell)
{
	const struct mesh *m = &cell->mesh;
	double reach_m = 1.01 * cell->needles.radius_um * M_PER_UM;
	for (size_t j = 0; j + 1 < m->ny; j++)
		for (size_t i = 0; i + 1 < m->nx; i++) {
			size_t p = j * m->nx + i;
			bool near = fmin(fabs(cell->x_m[i]), fabs(cell->x_m[i + 1])) < reach_m &&
			            cell->y_m[j] < reach_m;
			for (unsigned q = 0; q < BRICK_APERTURES; q++)
				cell->aperture[p * BRICK_APERTURES + q] = 1.0;
			cell->open_frac[p] = 1.0;
			if (near)
				open_brick(cell, i, j);
		}
}

/* ---- nodes
 * ------------------------------------------------------------------------------------------------------ */

static size_t plane_of(const struct rf_cell *cell, double depth_um)
{
	size_t best = 0;
	for (size_t k = 1; k < cell->mesh.nz; k++)
		if (fabs(cell->z_m[k] - depth_um * M_PER_UM) < fabs(cell->z_m[best] - depth_um * M_PER_UM))
			best = k;
	return best;
}

static enum rf_node kind_of(const struct rf_cell *cell, size_t i, size_t j, size_t k)
{
	const struct mesh *m = &cell->mesh;
	enum rf_pattern pattern = cell->needles.pattern;
	if (cell->inside[j * m->nx + i] && k >= cell->bare_k && k <= cell->tip_k)
		return NODE_METAL;
	bool zero_x = pattern != RF_PATTERN_ALIKE && i + 1 == m->nx;
	bool zero_y = pattern == RF_PATTERN_CHECKERBOARD && j + 1 == m->ny;
	bool zero_z = pattern == RF_PATTERN_ALIKE && k + 1 == m->nz;
	return zero_x || zero_y || zero_z ? NODE_ZERO : NODE_TISSUE;
}

static void set_nodes(struct rf_cell *cell)
{
	const struct mesh *m = &cell->mesh;
	cell->tip_k = plane_of(cell, cell->needles.tip_um);
	cell->bare_k = plane_of(cell, cell->needles.bare_from_um);
	for (size_t k = 0; k < m->nz; k++)
		for (size_t j = 0; j < m->ny; j++)
			for (size_t i = 0; i < m->nx; i++)
				cell->node[(k * m->ny + j) * m->nx + i] =
				        (unsigned char)kind_of(cell, i, j, k);
	for (size_t k = 0; k + 1 < m->nz; k++) {
		double middle_um = 0.5 * (cell->z_m[k] + cell->z_m[k + 1]) / M_PER_UM;
		cell->slab_layer[k] = (unsigned char)rf_layer_at(&cell->stack, middle_um);
	}
}

static bool allocate(struct rf_cell *cell)
{
	struct mesh *m = &cell->mesh;
	size_t plane = m->nx * m->ny, works = MESH_WORK_ARRAYS * (m->count + 2 * m->pad);
	cell->inside = calloc(plane, 1);
	cell->stretch_x = calloc(plane, sizeof(double));
	cell->stretch_y = calloc(plane, sizeof(double));
	cell->open_frac = calloc(plane, sizeof(double));
	cell->aperture = calloc(plane, BRICK_APERTURES * sizeof(double));
	cell->slab_layer = calloc(m->nz, 1);
	cell->node = calloc(m->count, 1);
	cell->scale = malloc(m->count * sizeof(double));
	cell->joule_W = calloc(m->count, sizeof(double));
	cell->gx = mesh_alloc(m, sizeof *cell->gx);
	cell->gy = mesh_alloc(m, sizeof *cell->gy);
	cell->gz = mesh_alloc(m, sizeof *cell->gz);
	cell->diagonal = mesh_alloc(m, sizeof *cell->diagonal);
	cell->potential = mesh_alloc(m, sizeof *cell->potential);
	cell->work = calloc(works, sizeof *cell->work);
	return cell->inside && cell->stretch_x && cell->stretch_y && cell->open_frac && cell->aperture &&
	       cell->slab_layer && cell->node && cell->scale && cell->joule_W && cell->gx && cell->gy &&
	       cell->gz && cell->diagonal && cell->potential && cell->work;
}

enum status rf_cell_grid(struct rf_cell *cell, struct fail *why)
{
	struct mesh *m = &cell->mesh;
	enum status status = side_axis(cell, true, &cell->x_m, &m->nx, why);
	if (status == ST_OK)
		status = side_axis(cell, false, &cell->y_m, &m->ny, why);
	if (status == ST_OK)
		status = depth_axis(cell, why);
	if (status != ST_OK)
		return status;
	m->count = m->nx * m->ny * m->nz;
	m->pad = m->nx * m->ny;
	if (m->count > RF_CELL_NODES_MAX)
		return fail_set(why, ST_FULL, "refine", "%zu nodes; at most %d", m->count, RF_CELL_NODES_MAX);
	if (!allocate(cell))
		return fail_set(why, ST_FULL, "needles", "out of memory");
	for (size_t n = 0; n < m->count; n++)
		cell->scale[n] = 1.0;
	plane_links(cell);
	plane_shares(cell);
	set_nodes(cell);
	return ST_OK;
}
