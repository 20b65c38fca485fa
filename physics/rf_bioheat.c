/* Heat on the electrical grid by alternating directions. */
#include "physics/rf_bioheat.h"

#include "physics/base/units.h"

static const struct tissue_thermal *thermal(const struct rf_bioheat *h, size_t iz)
{
	return &h->grid->layer[h->grid->row_layer[iz]].thermal;
}

static bool allocate(struct rf_bioheat *h)
{
	size_t n = h->grid->cells, nr = h->grid->nr;
	h->block = calloc(9 * n + 4 * nr, sizeof *h->block);
	if (!h->block)
		return false;
	double **const part[] = {&h->temperature_C, &h->half_C,   &h->source_W,
	                         &h->capacity_J_K,  &h->sink_W_K, &h->above_W_K,
	                         &h->inside_W_K,    &h->factor,   &h->rhs};
	for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
		*part[i] = h->block + i * n;
	h->deep_W_K = h->block + 9 * n;
	h->top_h_W_m2K = h->deep_W_K + nr;
	h->top_C = h->top_h_W_m2K + nr;
	h->top_W_K = h->top_C + nr;
	return true;
}

/* Resistance of half a cell, K/W, downwards and sideways. */
static double half_axial(const struct rf_bioheat *h, size_t ir, size_t iz)
{
	return 0.5 * rf_axisym_height_m(h->grid, iz) /
	       (thermal(h, iz)->conductivity_W_mK * rf_axisym_ring_m2(h->grid, ir));
}

static double half_radial(const struct rf_bioheat *h, size_t ir, size_t iz, size_t face)
{
	return 0.5 * rf_axisym_width_m(h->grid, ir) /
	       (thermal(h, iz)->conductivity_W_mK * rf_axisym_side_m2(h->grid, face, iz));
}

static void build(struct rf_bioheat *h)
{
	size_t nz = h->grid->nz;
	for (size_t ir = 0; ir < h->grid->nr; ir++) {
		for (size_t iz = 0; iz < nz; iz++) {
			const struct tissue_thermal *t = thermal(h, iz);
			size_t n = ir * nz + iz;
			double volume_m3 = rf_axisym_ring_m2(h->grid, ir) * rf_axisym_height_m(h->grid, iz);
			h->capacity_J_K[n] = t->density_kg_m3 * t->heat_capacity_J_kgK * volume_m3;
			h->sink_W_K[n] = t->perfusion_1_s * RF_BLOOD_J_m3K * volume_m3;
			h->above_W_K[n] =
			        iz ? 1.0 / (half_axial(h, ir, iz) + half_axial(h, ir, iz - 1)) : 0.0;
			h->inside_W_K[n] =
			        ir ? 1.0 / (half_radial(h, ir, iz, ir) + half_radial(h, ir - 1, iz, ir))
			           : 0.0;
		}
		h->deep_W_K[ir] = 1.0 / half_axial(h, ir, nz - 1);
	}
}

/* Steady column: links, sinks to the blood, surface_C above, core_C below. factor and rhs are work. */
static void start(struct rf_bioheat *h, double surface_C)
{
	size_t nz = h->grid->nz;
	double *t = h->temperature_C, top_W_K = 1.0 / half_axial(h, 0, 0);
	for (size_t iz = 0; iz < nz; iz++) {
		double up = iz ? h->above_W_K[iz] : top_W_K,
		       down = iz + 1 < nz ? h->above_W_K[iz + 1] : h->deep_W_K[0];
		double pivot = up + down + h->sink_W_K[iz] - (iz ? up * h->factor[iz - 1] : 0.0);
		double rhs = h->sink_W_K[iz] * h->core_C + up * (iz ? t[iz - 1] : surface_C);
		if (iz + 1 == nz)
			rhs += down * h->core_C;
		h->factor[iz] = down / pivot;
		t[iz] = rhs / pivot;
	}
	for (size_t iz = nz - 1; iz-- > 0;)
		t[iz] += h->factor[iz] * t[iz + 1];
	for (size_t ir = 1; ir < h->grid->nr; ir++)
		memcpy(t + ir * nz, t, nz * sizeof *t);
}

enum status rf_bioheat_new(struct rf_bioheat *h, const struct rf_axisym *grid, double surface_C,
                           double core_C, struct fail *why)
{
	*h = (struct rf_bioheat){.grid = grid, .core_C = core_C};
	if (!allocate(h))
		return fail_set(why, ST_FULL, "memory", "no memory for %zu cells", grid->cells);
	build(h);
	start(h, surface_C);
	return ST_OK;
}

void rf_bioheat_free(struct rf_bioheat *h)
{
	free(h->block);
	*h = (struct rf_bioheat){0};
}

double rf_bioheat_start_flux_W_m2(const struct rf_bioheat *h, double surface_C)
{
	return (h->temperature_C[0] - surface_C) / half_axial(h, 0, 0) / rf_axisym_ring_m2(h->grid, 0);
}

/* Heat flow into cell n from above and below, W, with half the blood. */
static double axial_W(const struct rf_bioheat *h, const double *t, size_t n, size_t ir, size_t iz)
{
	size_t nz = h->grid->nz;
	double sum = iz ? h->above_W_K[n] * (t[n - 1] - t[n]) : h->top_W_K[ir] * (h->top_C[ir] - t[n]);
	sum += iz + 1 < nz ? h->above_W_K[n + 1] * (t[n + 1] - t[n]) : h->deep_W_K[ir] * (h->core_C - t[n]);
	return sum + 0.5 * h->sink_W_K[n] * (h->core_C - t[n]);
}

static double radial_W(const struct rf_bioheat *h, const double *t, size_t n, size_t ir)
{
	size_t nz = h->grid->nz;
	double sum = ir ? h->inside_W_K[n] * (t[n - nz] - t[n]) : 0.0;
	if (ir + 1 < h->grid->nr)
		sum += h->inside_W_K[n + nz] * (t[n + nz] - t[n]);
	return sum + 0.5 * h->sink_W_K[n] * (h->core_C - t[n]);
}

/* Implicit sideways: all rows at once, so that the inner loop has no recurrence. */
static void radial_sweep(struct rf_bioheat *h, double half_s)
{
	size_t nz = h->grid->nz, nr = h->grid->nr;
	double *x = h->half_C;
	for (size_t ir = 0; ir < nr; ir++) {
		for (size_t iz = 0; iz < nz; iz++) {
			size_t n = ir * nz + iz;
			double in = ir ? h->inside_W_K[n] : 0.0,
			       out = ir + 1 < nr ? h->inside_W_K[n + nz] : 0.0;
			double hold = h->capacity_J_K[n] / half_s;
			double rhs = hold * h->temperature_C[n] + axial_W(h, h->temperature_C, n, ir, iz) +
			             h->source_W[n] + 0.5 * h->sink_W_K[n] * h->core_C;
			double pivot = hold + in + out + 0.5 * h->sink_W_K[n];
			if (ir) {
				pivot -= in * h->factor[n - nz];
				rhs += in * x[n - nz];
			}
			h->factor[n] = out / pivot;
			x[n] = rhs / pivot;
		}
	}
	for (size_t n = h->grid->cells - nz; n-- > 0;)
		x[n] += h->factor[n] * x[n + nz];
}

static void axial_sweep(struct rf_bioheat *h, double half_s)
{
	size_t nz = h->grid->nz;
	double *x = h->temperature_C;
	for (size_t ir = 0; ir < h->grid->nr; ir++) {
		for (size_t iz = 0; iz < nz; iz++) {
			size_t n = ir * nz + iz;
			double up = iz ? h->above_W_K[n] : h->top_W_K[ir];
			double down = iz + 1 < nz ? h->above_W_K[n + 1] : h->deep_W_K[ir];
			double hold = h->capacity_J_K[n] / half_s;
			double rhs = hold * h->half_C[n] + radial_W(h, h->half_C, n, ir) + h->source_W[n] +
			             0.5 * h->sink_W_K[n] * h->core_C;
			double pivot =
			        hold + up + down + 0.5 * h->sink_W_K[n] - (iz ? up * h->factor[n - 1] : 0.0);
			rhs += up * (iz ? x[n - 1] : h->top_C[ir]) + (iz + 1 < nz ? 0.0 : down * h->core_C);
			h->factor[n] = down / pivot;
			x[n] = rhs / pivot;
		}
		for (size_t iz = nz - 1; iz-- > 0;)
			x[ir * nz + iz] += h->factor[ir * nz + iz] * x[ir * nz + iz + 1];
	}
}

static void renew_top(struct rf_bioheat *h)
{
	for (size_t ir = 0; ir < h->grid->nr; ir++) {
		double film = h->top_h_W_m2K[ir] * rf_axisym_ring_m2(h->grid, ir);
		h->top_W_K[ir] = film > 0.0 ? 1.0 / (1.0 / film + half_axial(h, ir, 0)) : 0.0;
	}
}

/* The scheme's own fluxes over half a step: axial terms at the old or new state, radial at the middle. */
static void book_half(struct rf_bioheat *h, const double *axial_C, double half_s)
{
	size_t nz = h->grid->nz;
	for (size_t ir = 0; ir < h->grid->nr; ir++) {
		size_t top = ir * nz, deep = top + nz - 1;
		h->surface_J += half_s * h->top_W_K[ir] * (axial_C[top] - h->top_C[ir]);
		h->deep_J += half_s * h->deep_W_K[ir] * (axial_C[deep] - h->core_C);
	}
	for (size_t n = 0; n < h->grid->cells; n++) {
		h->source_J += half_s * h->source_W[n];
		h->blood_J += half_s * 0.5 * h->sink_W_K[n] * (axial_C[n] + h->half_C[n] - 2.0 * h->core_C);
	}
}

void rf_bioheat_step(struct rf_bioheat *h, double step_s)
{
	double half_s = 0.5 * step_s;
	renew_top(h);
	radial_sweep(h, half_s);
	book_half(h, h->temperature_C, half_s);
	axial_sweep(h, half_s);
	book_half(h, h->temperature_C, half_s);
}

double rf_bioheat_surface_C(const struct rf_bioheat *h, size_t ir)
{
	size_t top = ir * h->grid->nz;
	if (isinf(h->top_h_W_m2K[ir]))
		return h->top_C[ir];
	double film = h->top_h_W_m2K[ir] * rf_axisym_ring_m2(h->grid, ir), half = half_axial(h, ir, 0);
	return (h->temperature_C[top] + film * half * h->top_C[ir]) / (1.0 + film * half);
}

/* Lagrange's polynomial through count <= 4 nodes. */
static double through(size_t count, const double *x, const double *y, double at)
{
	double sum = 0.0;
	for (size_t i = 0; i < count; i++) {
		double term = y[i];
		for (size_t j = 0; j < count; j++)
			if (j != i)
				term *= (at - x[j]) / (x[i] - x[j]);
		sum += term;
	}
	return sum;
}

static double centre_um(const double *edge_um, size_t i)
{
	return 0.5 * (edge_um[i] + edge_um[i + 1]);
}

/* The layer of row iz as nodes: its faces (where the temperature has a kink) and its cells' centres. */
static double face_C(const struct rf_bioheat *h, size_t ir, size_t iz)
{
	const double *t = h->temperature_C + ir * h->grid->nz;
	if (iz == 0)
		return rf_bioheat_surface_C(h, ir);
	if (iz == h->grid->nz)
		return h->core_C;
	double above = half_axial(h, ir, iz - 1), below = half_axial(h, ir, iz);
	return (t[iz - 1] * below + t[iz] * above) / (above + below);
}

/* Cubic within a layer: up to two nodes on either side of the place. Node k of rows first .. last: the upper
 * face, the centres, the lower face. */
static double in_column_C(const struct rf_bioheat *h, size_t ir, double z_um)
{
	const struct rf_axisym *g = h->grid;
	size_t iz = 0;
	while (iz + 1 < g->nz && g->z_edge_um[iz + 1] <= z_um)
		iz++;
	size_t first = iz, last = iz;
	while (first > 0 && g->row_layer[first - 1] == g->row_layer[iz])
		first--;
	while (last + 1 < g->nz && g->row_layer[last + 1] == g->row_layer[iz])
		last++;
	size_t nodes = last - first + 3,
	       below = z_um < centre_um(g->z_edge_um, iz) ? iz - first + 1 : iz - first + 2;
	size_t from = below >= 2 ? below - 2 : 0, to = below + 2 <= nodes ? below + 2 : nodes;
	double x[4], y[4];
	for (size_t k = from; k < to; k++) {
		bool face = k == 0 || k + 1 == nodes;
		size_t edge = k == 0 ? first : last + 1;
		x[k - from] = face ? g->z_edge_um[edge] : centre_um(g->z_edge_um, first + k - 1);
		y[k - from] = face ? face_C(h, ir, edge) : h->temperature_C[ir * g->nz + first + k - 1];
	}
	return through(to - from, x, y, z_um);
}

/* Sideways cubic too, even in r at the axis; beyond the last centre its value holds. */
double rf_bioheat_at_C(const struct rf_bioheat *h, double r_um, double z_um)
{
	const struct rf_axisym *g = h->grid;
	size_t below = 0, count = 0;
	while (below < g->nr && centre_um(g->r_edge_um, below) <= r_um)
		below++;
	if (below == g->nr)
		return in_column_C(h, g->nr - 1, z_um);
	size_t from = below >= 2 ? below - 2 : 0, to = below + 2 <= g->nr ? below + 2 : g->nr;
	bool even = from == 0;
	double x[4], y[4];
	for (size_t ir = from; ir < to; ir++, count++) {
		double r = centre_um(g->r_edge_um, ir);
		x[count] = even ? r * r : r;
		y[count] = in_column_C(h, ir, z_um);
	}
	return through(count, x, y, even ? r_um * r_um : r_um);
}

double rf_bioheat_stored_J(const struct rf_bioheat *h, const double *start_C)
{
	double sum_J = 0.0;
	for (size_t n = 0; n < h->grid->cells; n++)
		sum_J += h->capacity_J_K[n] * (h->temperature_C[n] - start_C[n]);
	return sum_J;
}
