/* What a heated needle cell shows: peaks, zones of damage, lines down through it. */
#include "physics/base/units.h"
#include "physics/rf_cell_heat.h"

#define CEM_LOW_MIN 12.0
#define CEM_HIGH_MIN 240.0

static bool metal_at(const struct rf_cell *cell, size_t i, size_t j, size_t k)
{
	return cell->inside[j * cell->mesh.nx + i] && k <= cell->tip_k;
}

/* Where a value that falls from a to b over a link passes the threshold, as a share of the link; by
 * logarithms, because damage falls by decades. */
static double crossing(double a, double b, double threshold)
{
	double floor = 1e-30 * threshold;
	double la = log(fmax(a, floor)), lb = log(fmax(b, floor)), lt = log(threshold);
	return la > lb ? fmin(fmax((la - lt) / (la - lb), 0.0), 1.0) : 0.0;
}

/* Farthest the value reaches from the needle's axis along a line of nodes; 0: nowhere. */
static double reach_m(const double *node_m, size_t from, size_t nodes, const double *value, size_t stride,
                      double threshold, bool *joined)
{
	size_t last = nodes;
	for (size_t i = from; i < nodes; i++)
		if (value[(i - from) * stride] >= threshold)
			last = i;
	if (last == nodes)
		return 0.0;
	if (last + 1 == nodes) {
		*joined = true;
		return node_m[last];
	}
	const double *at = value + (last - from) * stride;
	return node_m[last] + crossing(at[0], at[stride], threshold) * (node_m[last + 1] - node_m[last]);
}

static size_t axis_column(const struct rf_cell *cell)
{
	size_t i = 0;
	while (i + 1 < cell->mesh.nx && cell->x_m[i] < -1e-9)
		i++;
	return i;
}

static double plane_width_m(const struct rf_cell *cell, const double *value, size_t k, double threshold,
                            bool *joined)
{
	const struct mesh *m = &cell->mesh;
	size_t i0 = axis_column(cell);
	const double *plane = value + k * m->pad;
	double x_m = reach_m(cell->x_m, i0, m->nx, plane + i0, 1, threshold, joined);
	double y_m = reach_m(cell->y_m, 0, m->ny, plane + i0, m->nx, threshold, joined);
	return x_m + y_m; /* mean of two widths 2x and 2y */
}

/* Highest in a plane, tissue only; *at: where. */
static double plane_highest(const struct rf_cell *cell, const double *value, size_t k, size_t *at)
{
	const struct mesh *m = &cell->mesh;
	double highest = -INFINITY;
	for (size_t j = 0; j < m->ny; j++)
		for (size_t i = 0; i < m->nx; i++) {
			size_t n = k * m->pad + j * m->nx + i;
			if (!metal_at(cell, i, j, k) && value[n] > highest) {
				highest = value[n];
				*at = n;
			}
		}
	return highest;
}

/* Beyond the last plane that reaches the threshold, down its column to where the value passes it. */
static double end_um(const struct rf_cell *cell, const double *value, size_t n, size_t k, int towards,
                     double threshold)
{
	const struct mesh *m = &cell->mesh;
	double z_m = cell->z_m[k];
	if ((towards < 0 && k == 0) || (towards > 0 && k + 1 == m->nz))
		return z_m / M_PER_UM;
	size_t next = towards < 0 ? k - 1 : k + 1, beyond = towards < 0 ? n - m->pad : n + m->pad;
	return (z_m + crossing(value[n], value[beyond], threshold) * (cell->z_m[next] - z_m)) / M_PER_UM;
}

static struct rf_cell_zone zone_of(const struct rf_cell *cell, const double *value, double threshold)
{
	struct rf_cell_zone zone = {NAN, NAN, 0.0, NAN, false};
	size_t last = 0, last_n = 0, n = 0;
	bool found = false;
	for (size_t k = 0; k < cell->mesh.nz; k++) {
		if (plane_highest(cell, value, k, &n) < threshold)
			continue;
		if (!found)
			zone.top_um = end_um(cell, value, n, k, -1, threshold);
		found = true;
		last = k;
		last_n = n;
		bool joined = false;
		double width_um = plane_width_m(cell, value, k, threshold, &joined) / M_PER_UM;
		zone.joined = zone.joined || joined;
		if (width_um > zone.width_um) {
			zone.width_um = width_um;
			zone.at_um = cell->z_m[k] / M_PER_UM;
		}
	}
	if (found)
		zone.bottom_um = end_um(cell, value, last_n, last, 1, threshold);
	return zone;
}

/* A node belongs to a layer when a slab that touches it does; at an interface to both. */
static void note_layers(const struct rf_cell *cell, size_t k, double peak_C, double cem_min,
                        struct rf_cell_outcome *out)
{
	for (size_t side = 0; side < 2; side++) {
		if ((side == 0 && k == 0) || (side == 1 && k + 1 == cell->mesh.nz))
			continue;
		size_t layer = cell->slab_layer[side == 0 ? k - 1 : k];
		out->layer_peak_C[layer] = fmax(out->layer_peak_C[layer], peak_C);
		out->layer_cem43_min[layer] = fmax(out->layer_cem43_min[layer], cem_min);
	}
}

void rf_cell_outcome_of(struct heater *h)
{
	const struct rf_cell *cell = h->cell;
	struct rf_cell_outcome *out = h->out;
	size_t at = 0;
	out->peak_C = -INFINITY;
	for (size_t k = 0; k < cell->mesh.nz; k++) {
		double peak_C = plane_highest(cell, cell->peak_C, k, &at);
		note_layers(cell, k, peak_C, plane_highest(cell, cell->cem43_min, k, &at), out);
		if (peak_C > out->peak_C) {
			out->peak_C = peak_C;
			out->peak_depth_um = cell->z_m[k] / M_PER_UM;
		}
	}
	out->surface_peak_C = plane_highest(cell, cell->peak_C, 0, &at);
	for (size_t s = 0; s < cell->sets; s++)
		out->zone[s] = zone_of(cell, cell->omega + s * cell->mesh.count, 1.0);
	out->zone_43min[0] = zone_of(cell, cell->cem43_min, CEM_LOW_MIN);
	out->zone_43min[1] = zone_of(cell, cell->cem43_min, CEM_HIGH_MIN);
	out->flags = cell->result.flags;
	if (out->peak_C > BOILING_C - 1.0)
		out->flags |= VALIDITY_MODEL_LIMIT;
}

/* ---- places
 * -----------------------------------------------------------------------------------------------------------
 */

static size_t low_node(const double *node_m, size_t nodes, double at_m, double *part)
{
	size_t low = 0;
	while (low + 2 < nodes && node_m[low + 1] < at_m)
		low++;
	*part = fmin(fmax((at_m - node_m[low]) / (node_m[low + 1] - node_m[low]), 0.0), 1.0);
	return low;
}

double rf_cell_point_C(const struct heater *h, const struct rf_cell_place *place)
{
	const struct rf_cell *c = h->cell;
	const struct mesh *m = &c->mesh;
	double u[3], sum = 0.0, x_m = place->x_um * M_PER_UM;
	if (c->needles.pattern != RF_PATTERN_PAIR)
		x_m = fabs(x_m);
	size_t i = low_node(c->x_m, m->nx, x_m, &u[0]),
	       j = low_node(c->y_m, m->ny, fabs(place->y_um) * M_PER_UM, &u[1]);
	size_t k = low_node(c->z_m, m->nz, place->depth_um * M_PER_UM, &u[2]);
	for (unsigned q = 0; q < 8; q++) {
		double w = 1.0;
		for (unsigned d = 0; d < 3; d++)
			w *= (q >> d & 1u) ? u[d] : 1.0 - u[d];
		size_t at = k + (q >> 2);
		sum += w *
		       (h->base_C[at] + h->excess_K[(at * m->ny + j + (q >> 1 & 1u)) * m->nx + i + (q & 1u)]);
	}
	return sum;
}

/* Node nearest to x, y; off the metal, so that a line beside the needle stays in tissue. */
static size_t nearest(const double *node_m, size_t nodes, double at_m)
{
	size_t best = 0;
	for (size_t i = 1; i < nodes; i++)
		if (fabs(node_m[i] - at_m) < fabs(node_m[best] - at_m))
			best = i;
	return best;
}

enum status rf_cell_line(const struct rf_cell *cell, double x_um, double y_um, size_t count,
                         const double *depth_um, double *peak_C, size_t set, double *omega, struct fail *why)
{
	const struct mesh *m = &cell->mesh;
	if (!cell->heated || set >= cell->sets)
		return fail_set(why, ST_INPUT, "line", "nothing has been heated with that damage set");
	size_t i = nearest(cell->x_m, m->nx, x_um * M_PER_UM), j = nearest(cell->y_m, m->ny, y_um * M_PER_UM);
	const double *om = cell->omega + set * m->count;
	for (size_t d = 0; d < count; d++) {
		double part;
		size_t k = low_node(cell->z_m, m->nz, depth_um[d] * M_PER_UM, &part);
		size_t n = (k * m->ny + j) * m->nx + i;
		peak_C[d] = cell->peak_C[n] * (1.0 - part) + cell->peak_C[n + m->pad] * part;
		omega[d] = om[n] * (1.0 - part) + om[n + m->pad] * part;
	}
	return ST_OK;
}

static double mix(double a, double b, double part)
{
	return a * (1.0 - part) + b * part;
}

/* Damage falls by decades: between planes by its logarithm. */
static double mix_decades(double a, double b, double part)
{
	return a > 0.0 && b > 0.0 ? exp(mix(log(a), log(b), part)) : mix(a, b, part);
}

static double highest_at(const struct rf_cell *cell, const double *value, double depth_um, bool decades)
{
	double part;
	size_t at = 0, k = low_node(cell->z_m, cell->mesh.nz, depth_um * M_PER_UM, &part);
	double above = plane_highest(cell, value, k, &at), below = plane_highest(cell, value, k + 1, &at);
	return decades ? mix_decades(above, below, part) : mix(above, below, part);
}

enum status rf_cell_hottest(const struct rf_cell *cell, size_t count, const double *depth_um, double *peak_C,
                            double *omega, double *cem43_min, struct fail *why)
{
	if (!cell->heated)
		return fail_set(why, ST_INPUT, "depths", "nothing has been heated");
	for (size_t d = 0; d < count; d++) {
		peak_C[d] = highest_at(cell, cell->peak_C, depth_um[d], false);
		for (size_t s = 0; s < cell->sets; s++)
			omega[s * count + d] =
			        highest_at(cell, cell->omega + s * cell->mesh.count, depth_um[d], true);
		if (cem43_min)
			cem43_min[d] = highest_at(cell, cell->cem43_min, depth_um[d], true);
	}
	return ST_OK;
}

enum status rf_cell_across(const struct rf_cell *cell, double depth_um, size_t count, const double *x_um,
                           double *peak_C, double *omega, struct fail *why)
{
	const struct mesh *m = &cell->mesh;
	if (!cell->heated)
		return fail_set(why, ST_INPUT, "line", "nothing has been heated");
	size_t row = nearest(cell->z_m, m->nz, depth_um * M_PER_UM) * m->pad;
	for (size_t i = 0; i < count; i++) {
		double part;
		size_t n = row + low_node(cell->x_m, m->nx, x_um[i] * M_PER_UM, &part);
		peak_C[i] = mix(cell->peak_C[n], cell->peak_C[n + 1], part);
		for (size_t s = 0; s < cell->sets; s++) {
			const double *om = cell->omega + s * m->count + n;
			omega[s * count + i] = mix_decades(om[0], om[1], part);
		}
	}
	return ST_OK;
}
