/* The needle cell: what it is given, its electric field, and its end. */
#include "physics/base/units.h"
#include "physics/rf_cell_private.h"

#define TOLERANCE 1e-8
#define ITERATIONS_MAX 2000
#define GAP_MIN_UM 20.0
#define BARE_MIN_UM 20.0
#define COARSER 0.7 /* of the grid that estimates the error */

/* ---- checks
 * -------------------------------------------------------------------------------------------------- */

static enum status check_range(const char *field, double value_um, double min_um, double max_um,
                               struct fail *why)
{
	if (value_um >= min_um && value_um <= max_um)
		return ST_OK;
	return fail_set(why, ST_RANGE, field, "%g um; %g to %g um", value_um, min_um, max_um);
}

static enum status check_gap(const struct rf_needles *n, const char *field, double pitch_um, struct fail *why)
{
	double least_um = 2.0 * n->radius_um + GAP_MIN_UM;
	if (pitch_um >= least_um && pitch_um <= 20000.0)
		return ST_OK;
	return fail_set(why, ST_RANGE, field,
	                "%g um between needles %g um thick; %g to 20000 um, or they touch", pitch_um,
	                2.0 * n->radius_um, least_um);
}

static double stack_depth_um(const struct rf_stack *stack)
{
	return rf_layer_top_um(stack, stack->layers - 1) + stack->layer[stack->layers - 1].thickness_um;
}

static enum status check_needles(const struct rf_stack *stack, const struct rf_needles *n, struct fail *why)
{
	double depth_um = stack_depth_um(stack);
	if ((unsigned)n->pattern >= RF_PATTERNS)
		return fail_set(why, ST_INPUT, "needles.pattern", "unknown pattern %d", (int)n->pattern);
	enum status status = check_range("needles.radius_um", n->radius_um, 10.0, 1000.0, why);
	if (status == ST_OK)
		status = check_gap(n, "needles.pitch_x_um", n->pitch_x_um, why);
	if (status == ST_OK && n->pattern != RF_PATTERN_PAIR)
		status = check_gap(n, "needles.pitch_y_um", n->pitch_y_um, why);
	if (status == ST_OK)
		status = check_range("needles.tip_um", n->tip_um, RF_NEEDLE_DEPTH_MIN_UM,
		                     RF_NEEDLE_DEPTH_MAX_UM, why);
	if (status == ST_OK)
		status = check_range("needles.bare_from_um", n->bare_from_um, 0.0, n->tip_um - BARE_MIN_UM,
		                     why);
	if (status == ST_OK && n->tip_um > depth_um - n->radius_um)
		return fail_set(why, ST_RANGE, "needles.tip_um",
		                "%g um; the tissue ends at %g um: shorter needles or "
		                "more tissue",
		                n->tip_um, depth_um);
	return status;
}

static enum status check_options(const struct rf_cell_options *o, struct fail *why)
{
	if (o->refine != 0.0 && !(o->refine >= 0.4 && o->refine <= 8.0))
		return fail_set(why, ST_RANGE, "refine", "%g; 0.4 to 8", o->refine);
	if (o->below_um != 0.0 && !(o->below_um >= 100.0 && o->below_um <= 1e5))
		return fail_set(why, ST_RANGE, "below_um", "%g um; 100 to 100000 um", o->below_um);
	return ST_OK;
}

/* ---- making and ending
 * -------------------------------------------------------------------------------------------- */

enum status rf_cell_new(const struct rf_stack *stack, const struct rf_needles *needles,
                        const struct rf_cell_options *options, struct rf_cell **out, struct fail *why)
{
	static const struct rf_cell_options plain = {0};
	*out = NULL;
	enum status status = rf_stack_check(stack, why);
	if (status == ST_OK)
		status = check_needles(stack, needles, why);
	if (status == ST_OK)
		status = check_options(options ? options : &plain, why);
	if (status != ST_OK)
		return status;
	struct rf_cell *cell = calloc(1, sizeof *cell);
	if (!cell)
		return fail_set(why, ST_FULL, "needles", "out of memory");
	cell->needles = *needles;
	cell->options = options ? *options : plain;
	cell->stack = *stack;
	memcpy(cell->layer, stack->layer, stack->layers * sizeof cell->layer[0]);
	cell->stack.layer = cell->layer;
	cell->symmetry = needles->pattern == RF_PATTERN_PAIR ? 2.0 : 4.0;
	cell->across_V = needles->pattern == RF_PATTERN_ALIKE ? 1.0 : 0.5;
	status = rf_cell_grid(cell, why);
	if (status != ST_OK)
		rf_cell_free(&cell);
	*out = cell;
	return status;
}

void rf_cell_free(struct rf_cell **cell)
{
	struct rf_cell *c = *cell;
	if (!c)
		return;
	void *const plain[] = {c->x_m,        c->y_m,       c->z_m,       c->inside,
	                       c->stretch_x,  c->stretch_y, c->open_frac, c->aperture,
	                       c->slab_layer, c->node,      c->scale,     c->joule_W,
	                       c->work,       c->peak_C,    c->omega,     c->cem43_min};
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		free(plain[i]);
	double complex *const padded[] = {c->gx, c->gy, c->gz, c->diagonal, c->potential};
	for (size_t i = 0; i < sizeof padded / sizeof padded[0]; i++)
		mesh_free(&c->mesh, padded[i], sizeof *padded[i]);
	free(c);
	*cell = NULL;
}

size_t rf_cell_nodes(const struct rf_cell *cell)
{
	return cell->mesh.count;
}

/* ---- links
 * ----------------------------------------------------------------------------------------------------------
 */

/* One grid cell: node of its lowest corner, sizes, and whether the needle passes its slab. */
struct brick {
	size_t i, j, k, n;
	double hx_m, hy_m, hz_m;
	bool bare;
	double open_frac;
};

static struct brick brick_at(const struct rf_cell *cell, size_t i, size_t j, size_t k)
{
	const struct mesh *m = &cell->mesh;
	struct brick b = {.i = i,
	                  .j = j,
	                  .k = k,
	                  .n = (k * m->ny + j) * m->nx + i,
	                  .hx_m = cell->x_m[i + 1] - cell->x_m[i],
	                  .hy_m = cell->y_m[j + 1] - cell->y_m[j],
	                  .hz_m = cell->z_m[k + 1] - cell->z_m[k],
	                  .open_frac = 1.0};
	b.bare = k >= cell->bare_k && k < cell->tip_k;
	if (k < cell->bare_k)
		b.open_frac = cell->open_frac[j * m->nx + i];
	return b;
}

/* The twelve links of a brick as n0, n1 and the geometric factor [m], 0 where blocked. */
struct brick_links {
	size_t n0[12], n1[12];
	double factor_m[12];
};

static void brick_links(const struct rf_cell *cell, const struct brick *b, struct brick_links *l)
{
	static const double all_open[BRICK_APERTURES] = {1, 1, 1, 1, 1, 1, 1, 1};
	const struct mesh *m = &cell->mesh;
	size_t sy = m->nx, sz = m->nx * m->ny, plane = b->j * m->nx + b->i;
	double fx = 0.25 * b->hy_m * b->hz_m / b->hx_m, fy = 0.25 * b->hx_m * b->hz_m / b->hy_m;
	double fz = 0.25 * b->hx_m * b->hy_m / b->hz_m;
	const double *open = b->k < cell->bare_k ? cell->aperture + plane * BRICK_APERTURES : all_open;
	for (unsigned q = 0; q < 4; q++) {
		size_t a = q & 1u, c = q >> 1;
		bool metal_plane = b->k >= cell->bare_k && b->k + c <= cell->tip_k;
		double sx = metal_plane ? cell->stretch_x[plane + a * sy] : 1.0;
		double sv = metal_plane ? cell->stretch_y[plane + a] : 1.0;
		l->n0[q] = b->n + a * sy + c * sz;
		l->n1[q] = l->n0[q] + 1;
		l->factor_m[q] = fx * sx * open[a];
		l->n0[4 + q] = b->n + a + c * sz;
		l->n1[4 + q] = l->n0[4 + q] + sy;
		l->factor_m[4 + q] = fy * sv * open[2 + a];
		l->n0[8 + q] = b->n + a + c * sy;
		l->n1[8 + q] = l->n0[8 + q] + sz;
		l->factor_m[8 + q] = fz * open[4 + q];
	}
}

static double complex brick_admittivity(const struct rf_cell *cell, const struct brick *b)
{
	const struct rf_layer *layer = &cell->layer[cell->slab_layer[b->k]];
	double complex y = rf_admittivity_S_m(layer, cell->stack.frequency_Hz);
	return complex_of(creal(y) * cell->scale[b->n], cimag(y));
}

static void each_brick(struct rf_cell *cell, void (*visit)(struct rf_cell *cell, const struct brick *b))
{
	const struct mesh *m = &cell->mesh;
	for (size_t k = 0; k + 1 < m->nz; k++)
		for (size_t j = 0; j + 1 < m->ny; j++)
			for (size_t i = 0; i + 1 < m->nx; i++) {
				struct brick b = brick_at(cell, i, j, k);
				if (b.open_frac > 0.0)
					visit(cell, &b);
			}
}

static void add_links(struct rf_cell *cell, const struct brick *b)
{
	struct brick_links l;
	double complex y = brick_admittivity(cell, b);
	double complex *const along[3] = {cell->gx, cell->gy, cell->gz};
	brick_links(cell, b, &l);
	for (unsigned e = 0; e < 12; e++)
		along[e / 4][l.n0[e]] += y * l.factor_m[e];
}

/* ---- solve
 * -------------------------------------------------------------------------------------------------------------
 */

static bool held(const struct rf_cell *cell, size_t n)
{
	return cell->node[n] != NODE_TISSUE;
}

static double held_V(const struct rf_cell *cell, size_t n)
{
	return cell->node[n] == NODE_METAL ? cell->across_V : 0.0;
}

/* Takes one link out of the unknowns: the diagonal keeps it, the right side gets it where one end is held. */
static void settle_link(struct rf_cell *cell, double complex *g, size_t n0, size_t n1, double complex *b)
{
	double complex link = *g;
	cell->diagonal[n0] += link;
	cell->diagonal[n1] += link;
	if (!held(cell, n0) && !held(cell, n1))
		return;
	if (!held(cell, n0))
		b[n0] += link * held_V(cell, n1);
	if (!held(cell, n1))
		b[n1] += link * held_V(cell, n0);
	*g = 0.0;
}

static void settle_links(struct rf_cell *cell, double complex *b)
{
	const struct mesh *m = &cell->mesh;
	size_t sy = m->nx, sz = m->nx * m->ny;
	memset(cell->diagonal, 0, m->count * sizeof *cell->diagonal);
	memset(b, 0, m->count * sizeof *b);
	for (size_t n = 0; n < m->count; n++) {
		size_t i = n % m->nx, j = n / m->nx % m->ny, k = n / sz;
		if (i + 1 < m->nx)
			settle_link(cell, &cell->gx[n], n, n + 1, b);
		if (j + 1 < m->ny)
			settle_link(cell, &cell->gy[n], n, n + sy, b);
		if (k + 1 < m->nz)
			settle_link(cell, &cell->gz[n], n, n + sz, b);
	}
	for (size_t n = 0; n < m->count; n++)
		if (held(cell, n) || cell->diagonal[n] == 0.0) { /* or walled in by the shaft */
			cell->diagonal[n] = 1.0;
			b[n] = 0.0; /* no part of the norm the residual is measured by */
			cell->potential[n] = 0.0;
		}
}

/* Power of every link, half to each of its nodes; the needle's own node takes its half too. */
static void add_power(struct rf_cell *cell, const struct brick *b)
{
	struct brick_links l;
	double sigma = creal(brick_admittivity(cell, b)), sum_W = 0.0;
	brick_links(cell, b, &l);
	for (unsigned e = 0; e < 12; e++) {
		double W = sigma * l.factor_m[e] *
		           square_abs(cell->potential[l.n0[e]] - cell->potential[l.n1[e]]);
		cell->joule_W[l.n0[e]] += 0.5 * W;
		cell->joule_W[l.n1[e]] += 0.5 * W;
		sum_W += W;
	}
	cell->layer_W[cell->slab_layer[b->k]] += sum_W;
}

/* Current out of the metal of the part computed; the links to it have been settled, so brick by brick. */

static double complex metal_current(const struct rf_cell *cell)
{
	const struct mesh *m = &cell->mesh;
	double complex A = 0.0;
	for (size_t k = cell->bare_k > 0 ? cell->bare_k - 1 : 0; k + 1 < m->nz && k <= cell->tip_k; k++)
		for (size_t j = 0; j + 1 < m->ny; j++)
			for (size_t i = 0; i + 1 < m->nx; i++) {
				struct brick b = brick_at(cell, i, j, k);
				struct brick_links l;
				double complex y = brick_admittivity(cell, &b), sum = 0.0;
				brick_links(cell, &b, &l);
				for (unsigned e = 0; e < 12; e++) {
					int ends = (cell->node[l.n0[e]] == NODE_METAL) -
					           (cell->node[l.n1[e]] == NODE_METAL);
					if (ends != 0)
						sum += l.factor_m[e] * ends *
						       (cell->potential[l.n0[e]] - cell->potential[l.n1[e]]);
				}
				A += cmul(y, sum);
			}
	return A;
}

static void conclude(struct rf_cell *cell)
{
	struct rf_result *r = &cell->result;
	double complex current_A = cell->symmetry * metal_current(cell);
	double sum_W = 0.0, power_W;
	double halves =
	        cell->needles.pattern == RF_PATTERN_ALIKE ? 1.0 : 2.0; /* a pair is two parts like this */
	memset(cell->layer_W, 0, sizeof cell->layer_W);
	memset(cell->joule_W, 0, cell->mesh.count * sizeof *cell->joule_W);
	each_brick(cell, add_power);
	*r = (struct rf_result){.layers = cell->stack.layers};
	r->impedance_ohm = 1.0 / current_A;
	power_W = creal(current_A);
	for (size_t i = 0; i < r->layers; i++) {
		r->layer_frac[i] = halves * cell->symmetry * cell->layer_W[i] / power_W;
		r->flags |= cell->layer[i].flags;
		sum_W += r->layer_frac[i];
	}
	r->balance_frac = fabs(sum_W - 1.0);
	cell->power_W = power_W / (halves * cell->symmetry);
}

enum status rf_cell_electric(struct rf_cell *cell, struct fail *why)
{
	const struct mesh *m = &cell->mesh;
	double complex *b = mesh_alloc(m, sizeof *b);
	if (!b)
		return fail_set(why, ST_FULL, "needles", "out of memory");
	memset(cell->gx, 0, m->count * sizeof *cell->gx);
	memset(cell->gy, 0, m->count * sizeof *cell->gy);
	memset(cell->gz, 0, m->count * sizeof *cell->gz);
	each_brick(cell, add_links);
	settle_links(cell, b);
	double tolerance = cell->tolerance > 0.0 ? cell->tolerance : TOLERANCE;
	cell->iterations = ITERATIONS_MAX;
	cell->residual =
	        mesh_solve_complex(m, cell->gx, cell->gy, cell->gz, cell->diagonal, b, cell->potential,
	                           cell->work + m->pad, tolerance, &cell->iterations);
	mesh_free(m, b, sizeof *b);
	for (size_t n = 0; n < m->count; n++)
		if (held(cell, n))
			cell->potential[n] = held_V(cell, n);
	if (!(cell->residual <= tolerance))
		return fail_set(why, ST_NUMERIC, "needles",
		                "the field did not converge: residual %.2g after %u steps, "
		                "%.0e wanted",
		                cell->residual, cell->iterations, tolerance);
	conclude(cell);
	return ST_OK;
}

/* The same on a coarser grid; the difference bounds the error where the order is at least one and the ratio
 * of the links 0.7: error <= difference x 0.7 / 0.3. */
static enum status estimate_error(const struct rf_cell *cell, double *error_ohm, struct fail *why)
{
	struct rf_cell_options options = cell->options;
	struct rf_cell *coarse = NULL;
	struct rf_result result;
	options.estimate_error = false;
	options.refine = COARSER * (cell->options.refine > 0.0 ? cell->options.refine : 1.0);
	enum status status = rf_cell_new(&cell->stack, &cell->needles, &options, &coarse, why);
	if (status == ST_OK)
		status = rf_cell_solve(coarse, &result, why);
	if (status == ST_OK)
		*error_ohm =
		        cabs(result.impedance_ohm - cell->result.impedance_ohm) * COARSER / (1.0 - COARSER);
	rf_cell_free(&coarse);
	return status;
}

enum status rf_cell_solve(struct rf_cell *cell, struct rf_result *out, struct fail *why)
{
	enum status status = rf_cell_electric(cell, why);
	cell->solved = status == ST_OK;
	if (status == ST_OK && cell->options.estimate_error)
		status = estimate_error(cell, &cell->result.impedance_error_ohm, why);
	if (status == ST_OK)
		*out = cell->result;
	return status;
}

/* ---- field
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Lower node of the link that holds a coordinate. */
static bool bracket(const double *node_m, size_t nodes, double at_m, size_t *low)
{
	if (!(at_m >= node_m[0]) || !(at_m <= node_m[nodes - 1]))
		return false;
	*low = 0;
	while (*low + 2 < nodes && node_m[*low + 1] < at_m)
		++*low;
	return true;
}

/* A place: its brick, and the share of each side passed. */
struct spot {
	size_t at[3];
	double u[3];
};

/* Potential at a spot, but moved to the node plane `node` in direction d: bilinear in the other two. */
static double complex potential_at(const struct rf_cell *cell, const struct spot *spot, unsigned d,
                                   size_t node)
{
	const size_t stride[3] = {1, cell->mesh.nx, cell->mesh.pad};
	unsigned e = (d + 1) % 3, f = (d + 2) % 3;
	double complex sum = 0.0;
	for (unsigned corner = 0; corner < 4; corner++) {
		size_t n = node * stride[d] + (spot->at[e] + (corner & 1u)) * stride[e] +
		           (spot->at[f] + (corner >> 1)) * stride[f];
		double we = (corner & 1u) ? spot->u[e] : 1.0 - spot->u[e];
		double wf = (corner >> 1) ? spot->u[f] : 1.0 - spot->u[f];
		sum += cell->potential[n] * (we * wf);
	}
	return sum;
}

static double complex link_field(const struct rf_cell *cell, const struct spot *spot, unsigned d, size_t link)
{
	const double *const node_m[3] = {cell->x_m, cell->y_m, cell->z_m};
	return (potential_at(cell, spot, d, link) - potential_at(cell, spot, d, link + 1)) /
	       (node_m[d][link + 1] - node_m[d][link]);
}

/* The neighbouring link nearer to the spot, where the field goes on smoothly: not across an interface, whose
 * normal field jumps, nor at metal. Returns link itself where there is none. */
static size_t neighbour_link(const struct rf_cell *cell, const struct spot *spot, unsigned d)
{
	const size_t links[3] = {cell->mesh.nx - 1, cell->mesh.ny - 1, cell->mesh.nz - 1};
	size_t link = spot->at[d],
	       next = spot->u[d] < 0.5 ? link - 1 : link + 1; /* wraps at 0: refused below */
	if (next >= links[d])
		return link;
	if (d == 2 && cell->slab_layer[next] != cell->slab_layer[link])
		return link;
	return square_abs(link_field(cell, spot, d, next)) > 0.0 ? next : link;
}

/* Linear between the middles of two links: second order where the links are even. */
static double complex field_along(const struct rf_cell *cell, const struct spot *spot, unsigned d)
{
	const double *const node_m[3] = {cell->x_m, cell->y_m, cell->z_m};
	size_t link = spot->at[d], next = neighbour_link(cell, spot, d);
	double complex own = link_field(cell, spot, d, link);
	if (next == link)
		return own;
	double h_m = node_m[d][link + 1] - node_m[d][link], next_m = node_m[d][next + 1] - node_m[d][next];
	double away = fabs(spot->u[d] - 0.5) * h_m / (0.5 * (h_m + next_m));
	return own * (1.0 - away) + link_field(cell, spot, d, next) * away;
}

enum status rf_cell_field(const struct rf_cell *cell, double x_um, double y_um, double depth_um,
                          struct rf_field *out, struct fail *why)
{
	const struct mesh *m = &cell->mesh;
	struct spot spot;
	double x_m = x_um * M_PER_UM, y_m = fabs(y_um) * M_PER_UM, z_m = depth_um * M_PER_UM;
	if (cell->needles.pattern != RF_PATTERN_PAIR)
		x_m = fabs(x_m);
	if (!cell->solved)
		return fail_set(why, ST_INPUT, "point", "the field has not been solved");
	if (!bracket(cell->x_m, m->nx, x_m, &spot.at[0]) || !bracket(cell->y_m, m->ny, y_m, &spot.at[1]) ||
	    !bracket(cell->z_m, m->nz, z_m, &spot.at[2]))
		return fail_set(why, ST_RANGE, "point", "x %g, y %g, depth %g um lies outside the cell", x_um,
		                y_um, depth_um);
	const double *const node_m[3] = {cell->x_m, cell->y_m, cell->z_m}, at_m[3] = {x_m, y_m, z_m};
	for (unsigned d = 0; d < 3; d++) {
		const double *low_m = node_m[d] + spot.at[d];
		spot.u[d] = (at_m[d] - low_m[0]) / (low_m[1] - low_m[0]);
	}
	*out = (struct rf_field){0};
	out->potential_V = potential_at(cell, &spot, 2, spot.at[2]) * (1.0 - spot.u[2]) +
	                   potential_at(cell, &spot, 2, spot.at[2] + 1) * spot.u[2];
	for (unsigned d = 0; d < 3; d++)
		out->field_V_m[d] = field_along(cell, &spot, d);
	rf_field_power(&cell->layer[cell->slab_layer[spot.at[2]]], out);
	return ST_OK;
}
