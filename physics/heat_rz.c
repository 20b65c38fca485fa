/* Enthalpy finite volumes in r and z: cells and faces, what boils, condenses, decomposes and is removed. */
#include "physics/heat_rz_private.h"

#include "physics/base/units.h"

#define WATER_G_CM3 0.994        /* at 34 C */
#define WATER_CAPACITY_J_GK 4.19 /* at 34..100 C */
#define DECOMPOSITION_C 300.0    /* thermal decomposition of dry collagen; design value within 250..400 C */
/* Least share of the heat capacity that is the dry matrix's: no cell may dry to nothing. */
#define DRY_CAPACITY_MIN_FRAC 0.15
/* Takata et al. 1977: k = 0.06 + 0.57 W/rho W/mK; so drying takes 0.57 W/rho away, down to the intercept. */
#define WATER_CONDUCTIVITY_W_mK 0.57
#define DRY_CONDUCTIVITY_W_mK 0.06
#define TISSUE_G_CM3 1.1
/* A cell's conductance is renewed when this share of its water has left since the last renewal. */
#define RENEWAL_FRAC 0.05
/* Steam crosses at most this many cells in one step; what is left crosses in the next. */
#define STEAM_SWEEPS 8

static enum status check_edges(const double *edge, size_t count, const char *field, struct fail *why)
{
	for (size_t i = 0; i < count; i++)
		if (!isfinite(edge[i]) || !isfinite(edge[i + 1]) || edge[i + 1] <= edge[i])
			return fail_set(why, ST_INPUT, field, "grid edges must increase (edge %zu)", i + 1);
	return ST_OK;
}

static bool material_sound(const struct heat_rz_material *m)
{
	return m->conductivity_W_mK > 0.0 && isfinite(m->conductivity_W_mK) &&
	       m->heat_capacity_J_cm3K > 0.0 && isfinite(m->heat_capacity_J_cm3K) && m->water_frac >= 0.0 &&
	       m->water_frac <= 1.0 && m->matrix_J_cm3 >= 0.0 && isfinite(m->matrix_J_cm3);
}

static enum status check_setup(const struct heat_rz_setup *s, struct fail *why)
{
	const struct heat_rz_grid *g = &s->grid;
	if (g->nr < 1 || g->nz < 1)
		return fail_set(why, ST_INPUT, "grid", "the grid needs at least one cell each way");
	if (g->nr > HEAT_RZ_CELLS_MAX || g->nz > HEAT_RZ_CELLS_MAX || g->nr * g->nz > HEAT_RZ_CELLS_MAX)
		return fail_set(why, ST_FULL, "grid", "more than %d cells", HEAT_RZ_CELLS_MAX);
	enum status st = check_edges(g->r_edge_um, g->nr, "r_edge_um", why);
	if (st == ST_OK)
		st = check_edges(g->z_edge_um, g->nz, "z_edge_um", why);
	if (st != ST_OK)
		return st;
	if (g->r_edge_um[0] != 0.0)
		return fail_set(why, ST_INPUT, "r_edge_um", "the first radius must be 0");
	for (size_t j = 0; j < g->nz; j++) {
		if (!material_sound(&s->row[j]))
			return fail_set(why, ST_INPUT, "row",
			                "thermal properties of row %zu are not physical", j);
		if (!isfinite(s->start_C[j]))
			return fail_set(why, ST_INPUT, "start_C",
			                "the start temperature of row %zu is not finite", j);
	}
	if (!(s->surface_W_m2K >= 0.0) || !isfinite(s->surface_W_m2K) || !isfinite(s->ambient_C))
		return fail_set(why, ST_INPUT, "surface_W_m2K",
		                "heat transfer must be 0 or more, ambient finite");
	return ST_OK;
}

/* Cells filled up to whole groups. */
static size_t padded(size_t count)
{
	return (count + HEAT_RZ_LANES - 1) / HEAT_RZ_LANES * HEAT_RZ_LANES;
}

static bool allocate_cells(struct heat_rz *h)
{
	h->cell = calloc(h->count, sizeof *h->cell);
	h->removed = calloc(h->count, sizeof *h->removed);
	h->ring = calloc(h->count, sizeof *h->ring);
	h->steam_J = calloc(2 * h->count, sizeof *h->steam_J);
	h->crossing = calloc(padded(h->count) / HEAT_RZ_GROUP, sizeof *h->crossing);
	if (!h->cell || !h->removed || !h->ring || !h->steam_J || !h->crossing)
		return false;
	h->arriving_J = h->steam_J + h->count;
	for (size_t n = 0; n < h->count; n++)
		h->ring[n] = n % h->nr;
	return true;
}

/* One allocation for all arrays of doubles. */
static bool allocate(struct heat_rz *h)
{
	size_t n = padded(h->count), row = h->nr, field = n + 2 * row;
	h->block = calloc(HEAT_RZ_BUFFERS * field + 8 * n + 2 * row + HEAT_RZ_LANES + row + 1 + h->nz + 1, sizeof *h->block);
	if (!h->block || !allocate_cells(h))
		return false;
	double *next = h->block;
	h->temperature_C = next + row, next += field;
	for (size_t k = 0; k + 1 < HEAT_RZ_BUFFERS; k++)
		h->spare_C[k] = next + row, next += field;
	h->peak_C = next, next += n;
	h->omega = next, next += n;
	h->volume_cm3 = next, next += n;
	h->warming_K_J = next, next += n;
	h->limit_C = next, next += n;
	h->slope_K_s = next, next += n;
	h->radial_W_K = next, next += n + HEAT_RZ_LANES;
	h->axial_W_K = next, next += n + row;
	h->surface_W_K = next, next += row;
	h->r_edge_um = next, next += row + 1;
	h->z_edge_um = next;
	return true;
}

/* Temperatures no cell has: above the surface ambient, behind the last cell so low that no maximum meets them. */
static void fill_padding(struct heat_rz *h)
{
	static const double nowhere_C = -1e6;
	double *field[HEAT_RZ_BUFFERS] = {h->temperature_C, h->spare_C[0], h->spare_C[1]};
	for (size_t k = 0; k < HEAT_RZ_BUFFERS; k++) {
		for (size_t i = 1; i <= h->nr; i++)
			field[k][-(ptrdiff_t)i] = h->ambient_C;
		for (size_t n = h->count; n < padded(h->count) + h->nr; n++)
			field[k][n] = nowhere_C;
	}
	for (size_t n = h->count; n < padded(h->count); n++)
		h->limit_C[n] = INFINITY;
}

/* Conductance of the face between two half cells in series: A / (d1/k1 + d2/k2); um of W/mK to W/K. */
static double face_W_K(double area_um2, double width1_um, double k1, double width2_um, double k2)
{
	return area_um2 / (0.5 * width1_um / k1 + 0.5 * width2_um / k2) * M_PER_UM;
}

static double ring_area_um2(const struct heat_rz *h, size_t i)
{
	return PI * (h->r_edge_um[i + 1] + h->r_edge_um[i]) * (h->r_edge_um[i + 1] - h->r_edge_um[i]);
}

static double radial_face_W_K(const struct heat_rz *h, size_t i, size_t j)
{
	const double *r = h->r_edge_um;
	size_t n = j * h->nr + i;
	if (i == 0 || i == h->nr || h->removed[n - 1] || h->removed[n])
		return 0.0;
	return face_W_K(2.0 * PI * r[i] * (h->z_edge_um[j + 1] - h->z_edge_um[j]), r[i] - r[i - 1],
	                h->cell[n - 1].conductivity_W_mK, r[i + 1] - r[i], h->cell[n].conductivity_W_mK);
}

/* The face above the first row leads to the ambient. */
static double axial_face_W_K(const struct heat_rz *h, size_t i, size_t j)
{
	const double *z = h->z_edge_um;
	size_t n = j * h->nr + i;
	if (j == 0)
		return h->removed[n] ? 0.0 : h->surface_W_K[i];
	if (j == h->nz || h->removed[n - h->nr] || h->removed[n])
		return 0.0;
	return face_W_K(ring_area_um2(h, i), z[j] - z[j - 1], h->cell[n - h->nr].conductivity_W_mK,
	                z[j + 1] - z[j], h->cell[n].conductivity_W_mK);
}

/* Explicit limit: no cell may give away more than it holds, dt <= C V / sum G. Divides only where it binds. */
static void keep_stable(struct heat_rz *h, size_t n)
{
	double conductance_W_K =
	        h->radial_W_K[n] + h->radial_W_K[n + 1] + h->axial_W_K[n] + h->axial_W_K[n + h->nr];
	double holds_J_K = h->cell[n].capacity_J_cm3K * h->volume_cm3[n];
	if (conductance_W_K * h->stable_s > holds_J_K)
		h->stable_s = holds_J_K / conductance_W_K;
}

static void renew_faces(struct heat_rz *h, size_t n)
{
	size_t i = n % h->nr, j = n / h->nr;
	h->radial_W_K[n] = radial_face_W_K(h, i, j);
	h->axial_W_K[n] = axial_face_W_K(h, i, j);
	if (i + 1 < h->nr)
		h->radial_W_K[n + 1] = radial_face_W_K(h, i + 1, j);
	if (j + 1 < h->nz)
		h->axial_W_K[n + h->nr] = axial_face_W_K(h, i, j + 1);
}

static void set_capacity(struct heat_rz *h, size_t n, double capacity_J_cm3K)
{
	h->cell[n].capacity_J_cm3K = capacity_J_cm3K;
	h->warming_K_J[n] = 1.0 / (capacity_J_cm3K * h->volume_cm3[n]);
}

static void build_faces(struct heat_rz *h, const struct heat_rz_setup *s)
{
	for (size_t n = 0; n < h->count; n++) {
		size_t i = n % h->nr, j = n / h->nr;
		double dz_um = h->z_edge_um[j + 1] - h->z_edge_um[j];
		h->volume_cm3[n] = ring_area_um2(h, i) * dz_um * CM_PER_UM * CM_PER_UM * CM_PER_UM;
		set_capacity(h, n, h->cell[n].capacity_J_cm3K);
		if (j == 0 && s->surface_W_m2K > 0.0)
			h->surface_W_K[i] = ring_area_um2(h, i) * M_PER_UM * M_PER_UM /
			                    (0.5 * dz_um * M_PER_UM / h->cell[n].conductivity_W_mK +
			                     1.0 / s->surface_W_m2K);
		h->radial_W_K[n] = radial_face_W_K(h, i, j);
		h->axial_W_K[n] = axial_face_W_K(h, i, j);
	}
	h->stable_s = INFINITY;
	for (size_t n = 0; n < h->count; n++)
		keep_stable(h, n);
}

static void renew_limit(struct heat_rz *h, size_t n)
{
	h->limit_C[n] = h->cell[n].latent_J_cm3 > 0.0 ? h->boiling_C : h->decomposition_C;
}

static double dry_conductivity_W_mK(const struct heat_rz_material *m)
{
	double dry =
	        m->conductivity_W_mK - WATER_CONDUCTIVITY_W_mK * m->water_frac * WATER_G_CM3 / TISSUE_G_CM3;
	return fmin(fmax(dry, DRY_CONDUCTIVITY_W_mK), m->conductivity_W_mK);
}

static void fill_cells(struct heat_rz *h, const struct heat_rz_setup *s)
{
	for (size_t n = 0; n < h->count; n++) {
		const struct heat_rz_material *m = &s->row[n / h->nr];
		double water = m->water_frac * WATER_G_CM3, water_J_cm3K = water * WATER_CAPACITY_J_GK;
		double capacity = fmax(m->heat_capacity_J_cm3K, water_J_cm3K / (1.0 - DRY_CAPACITY_MIN_FRAC));
		h->temperature_C[n] = h->peak_C[n] = s->start_C[n / h->nr];
		h->cell[n] = (struct heat_rz_cell){
		        .capacity_J_cm3K = capacity,
		        .latent_J_cm3 = water * h->latent_J_g,
		        .latent_full_J_cm3 = water * h->latent_J_g,
		        .matrix_J_cm3 = m->matrix_J_cm3,
		        .matrix_full_J_cm3 = m->matrix_J_cm3,
		        .water_capacity_J_cm3K = water_J_cm3K,
		        .conductivity_W_mK = m->conductivity_W_mK,
		        .wet_W_mK = m->conductivity_W_mK,
		        .dry_W_mK = dry_conductivity_W_mK(m),
		        .renewed_frac = 1.0,
		};
		renew_limit(h, n);
	}
}

double heat_rz_sensible_J(const struct heat_rz *h)
{
	double sum_J = 0.0;
	for (size_t n = 0; n < h->count; n++)
		if (!h->removed[n])
			sum_J += h->cell[n].capacity_J_cm3K * (h->temperature_C[n] - h->reference_C) *
			         h->volume_cm3[n];
	return sum_J;
}

enum status heat_rz_new(const struct heat_rz_setup *setup, struct heat_rz **out, struct fail *why)
{
	enum status st = check_setup(setup, why);
	if (st != ST_OK)
		return st;
	struct heat_rz *h = calloc(1, sizeof *h);
	if (!h)
		return fail_set(why, ST_FULL, "grid", "no memory for the heat solver");
	h->nr = setup->grid.nr;
	h->nz = setup->grid.nz;
	h->count = h->nr * h->nz;
	if (!allocate(h)) {
		heat_rz_free(&h);
		return fail_set(why, ST_FULL, "grid", "no memory for the heat solver");
	}
	h->boiling_C = setup->boiling_C > 0.0 ? setup->boiling_C : HEAT_RZ_BOILING_C;
	h->decomposition_C = setup->decomposition_C > 0.0 ? setup->decomposition_C : DECOMPOSITION_C;
	h->ambient_C = setup->ambient_C;
	h->latent_J_g = setup->latent_J_g > 0.0 ? setup->latent_J_g : HEAT_RZ_LATENT_J_G;
	h->capacity_1_K = WATER_CAPACITY_J_GK / h->latent_J_g;
	h->closed = setup->closed;
	h->reference_C = setup->start_C[0];
	h->steam_from = h->count;
	memcpy(h->r_edge_um, setup->grid.r_edge_um, (h->nr + 1) * sizeof(double));
	memcpy(h->z_edge_um, setup->grid.z_edge_um, (h->nz + 1) * sizeof(double));
	fill_cells(h, setup);
	fill_padding(h);
	build_faces(h, setup);
	heat_rz_fill_rates(h, setup->damage);
	h->start_J = heat_rz_sensible_J(h);
	h->hottest_C = h->temperature_C[0];
	*out = h;
	return ST_OK;
}

void heat_rz_free(struct heat_rz **h)
{
	if (!h || !*h)
		return;
	free((*h)->block);
	free((*h)->cell);
	free((*h)->removed);
	free((*h)->ring);
	free((*h)->crossing);
	free((*h)->steam_J); /* what arrives lies behind it */
	free(*h);
	*h = NULL;
}

double heat_rz_stable_step_s(const struct heat_rz *h)
{
	return h->stable_s;
}

static double water_frac(const struct heat_rz_cell *c)
{
	if (c->latent_J_cm3 == c->latent_full_J_cm3 && c->latent_full_J_cm3 > 0.0) /* most cells, without a division */
		return 1.0;
	return c->latent_full_J_cm3 > 0.0 ? fmin(c->latent_J_cm3 / c->latent_full_J_cm3, 1.0) : 0.0;
}

/* Conductivity follows the water a cell has left: renewed in coarse steps, with all that hangs on it. */
static void renew_conductivity(struct heat_rz *h, size_t n)
{
	struct heat_rz_cell *c = &h->cell[n];
	double wet_frac = water_frac(c), moved_frac = fabs(c->renewed_frac - wet_frac);
	if (moved_frac <= 0.0 || (moved_frac < RENEWAL_FRAC && c->latent_J_cm3 > 0.0))
		return;
	c->renewed_frac = wet_frac;
	c->conductivity_W_mK = c->dry_W_mK + wet_frac * (c->wet_W_mK - c->dry_W_mK);
	renew_faces(h, n);
	if (n % h->nr > 0)
		keep_stable(h, n - 1);
	if (n % h->nr + 1 < h->nr)
		keep_stable(h, n + 1);
	if (n >= h->nr)
		keep_stable(h, n - h->nr);
	if (n + h->nr < h->count)
		keep_stable(h, n + h->nr);
}

static void put_under_way(struct heat_rz *h, size_t n, double steam_J)
{
	h->steam_J[n] += steam_J;
	h->steam_from = n < h->steam_from ? n : h->steam_from;
	h->steam_to = n >= h->steam_to ? n + 1 : h->steam_to;
	h->steam_rings = h->ring[n] >= h->steam_rings ? h->ring[n] + 1 : h->steam_rings;
}

/* Boils water away with the heat above the plateau. Steam carries its latent heat and its sensible heat;
 * the cell's capacity and conductivity fall. Returns the heat left over [J/cm3]. */
static double boil(struct heat_rz *h, size_t n, double excess_J_cm3)
{
	struct heat_rz_cell *c = &h->cell[n];
	double used = fmin(excess_J_cm3, c->latent_J_cm3);
	double gone_capacity = c->water_capacity_J_cm3K * used / c->latent_full_J_cm3;
	c->latent_J_cm3 -= used;
	renew_limit(h, n);
	set_capacity(h, n, c->capacity_J_cm3K - gone_capacity);
	if (h->closed) {
		put_under_way(h, n, used * h->volume_cm3[n]);
	} else {
		h->vented_J += (used + gone_capacity * (h->boiling_C - h->reference_C)) * h->volume_cm3[n];
	}
	renew_conductivity(h, n);
	keep_stable(h, n);
	return excess_J_cm3 - used;
}

/* Destroys matrix with the heat above its plateau; what is beyond the matrix leaves as hot gas. */
static void decompose(struct heat_rz *h, size_t n, double excess_J_cm3)
{
	struct heat_rz_cell *c = &h->cell[n];
	c->matrix_J_cm3 -= fmin(excess_J_cm3, c->matrix_J_cm3);
	h->decomposed_J += excess_J_cm3 * h->volume_cm3[n];
}

void heat_rz_heat_slowly(struct heat_rz *h, size_t n, double energy_J_cm3)
{
	struct heat_rz_cell *c = &h->cell[n];
	double t = h->temperature_C[n] + energy_J_cm3 / c->capacity_J_cm3K;
	if (t > h->boiling_C && c->latent_J_cm3 > 0.0) {
		double rest = boil(h, n, (t - h->boiling_C) * c->capacity_J_cm3K);
		t = h->boiling_C + rest / c->capacity_J_cm3K;
		h->crossed = true;
	}
	if (t > h->decomposition_C) {
		decompose(h, n, (t - h->decomposition_C) * c->capacity_J_cm3K);
		h->crossed = true;
		t = h->decomposition_C;
	}
	h->temperature_C[n] = t;
}

static inline void heat_cell(struct heat_rz *h, size_t n, double energy_J_cm3)
{
	double t = h->temperature_C[n] + energy_J_cm3 * h->volume_cm3[n] * h->warming_K_J[n];
	if (t <= h->limit_C[n])
		h->temperature_C[n] = t;
	else
		heat_rz_heat_slowly(h, n, energy_J_cm3);
}

void heat_rz_deposit(struct heat_rz *h, size_t ir, size_t iz, double energy_J_cm3)
{
	size_t n = iz * h->nr + ir;
	if (h->removed[n])
		return;
	h->deposited_J += energy_J_cm3 * h->volume_cm3[n];
	heat_cell(h, n, energy_J_cm3);
}

void heat_rz_deposit_field(struct heat_rz *h, const double *field, double scale_J_cm3)
{
	for (size_t n = 0; n < h->count; n++) {
		if (h->removed[n])
			continue;
		double energy_J_cm3 = scale_J_cm3 * field[n];
		h->deposited_J += energy_J_cm3 * h->volume_cm3[n];
		heat_cell(h, n, energy_J_cm3);
	}
}

/* Steam condenses: its water mixes in at the boiling point, its latent heat warms the cell, which may boil. A cell at
 * the boiling point or above would boil off just what arrived and be as before: there the steam goes on as it is. */
static void condense(struct heat_rz *h, size_t n)
{
	struct heat_rz_cell *c = &h->cell[n];
	double arrived_J = h->arriving_J[n];
	if (arrived_J <= 0.0)
		return;
	h->arriving_J[n] = 0.0;
	if (h->temperature_C[n] >= h->boiling_C) {
		put_under_way(h, n, arrived_J);
		h->crossed = true;
		return;
	}
	double latent_J_cm3 = arrived_J / h->volume_cm3[n], water_J_cm3K = latent_J_cm3 * h->capacity_1_K;
	double capacity = c->capacity_J_cm3K + water_J_cm3K;
	h->temperature_C[n] =
	        (c->capacity_J_cm3K * h->temperature_C[n] + water_J_cm3K * h->boiling_C) / capacity;
	set_capacity(h, n, capacity);
	c->latent_J_cm3 += latent_J_cm3;
	renew_limit(h, n);
	renew_conductivity(h, n);
	heat_cell(h, n, latent_J_cm3);
}

/* Steam with all its heat. */
static double with_sensible_J(const struct heat_rz *h, double steam_J)
{
	return steam_J * (1.0 + h->capacity_1_K * (h->boiling_C - h->reference_C));
}

/* Steam goes through the faces of its cell in proportion to their conductance (area over distance). */
static void release_steam(struct heat_rz *h, size_t n)
{
	double steam_J = h->steam_J[n];
	h->steam_J[n] = 0.0;
	double left = h->radial_W_K[n], right = h->radial_W_K[n + 1];
	double up = n < h->nr ? 0.0 : h->axial_W_K[n], down = h->axial_W_K[n + h->nr];
	double all = left + right + up + down;
	if (all <= 0.0) { /* shut in by removed cells */
		h->vented_J += with_sensible_J(h, steam_J);
		return;
	}
	double share = steam_J / all;
	if (left > 0.0)
		h->arriving_J[n - 1] += left * share;
	if (right > 0.0)
		h->arriving_J[n + 1] += right * share;
	if (up > 0.0)
		h->arriving_J[n - h->nr] += up * share;
	if (down > 0.0)
		h->arriving_J[n + h->nr] += down * share;
}

void heat_rz_spread_steam(struct heat_rz *h)
{
	size_t first = h->steam_from / h->nr, end = (h->steam_to - 1) / h->nr + 1, rings = h->steam_rings;
	h->steam_from = h->count;
	h->steam_to = h->steam_rings = 0;
	for (size_t row = first; row < end; row++)
		for (size_t n = row * h->nr; n < row * h->nr + rings; n++)
			if (h->steam_J[n] > 0.0)
				release_steam(h, n);
	first = first > 0 ? first - 1 : 0;
	end = end < h->nz ? end + 1 : h->nz;
	rings = rings < h->nr ? rings + 1 : h->nr;
	for (size_t row = first; row < end; row++)
		for (size_t n = row * h->nr; n < row * h->nr + rings; n++)
			condense(h, n);
}

static double steam_J(const struct heat_rz *h)
{
	double sum_J = 0.0;
	for (size_t n = 0; n < h->count; n++)
		sum_J += with_sensible_J(h, h->steam_J[n]);
	return sum_J;
}

static double room_J_cm3(const struct heat_rz *h, size_t n)
{
	const struct heat_rz_cell *c = &h->cell[n];
	if (h->removed[n])
		return 0.0;
	double t = h->temperature_C[n], room = c->latent_J_cm3 + c->matrix_J_cm3;
	double dry = c->capacity_J_cm3K;
	if (c->latent_J_cm3 > 0.0) { /* first the wet tissue to boiling, then dry */
		room += fmax(h->boiling_C - t, 0.0) * c->capacity_J_cm3K;
		dry -= c->water_capacity_J_cm3K * c->latent_J_cm3 / c->latent_full_J_cm3;
		t = fmax(t, h->boiling_C);
	}
	return room + (c->matrix_full_J_cm3 > 0.0 ? fmax(h->decomposition_C - t, 0.0) * dry : 0.0);
}

double heat_rz_room_J_cm3(const struct heat_rz *h, size_t ir, size_t iz)
{
	return room_J_cm3(h, iz * h->nr + ir);
}

bool heat_rz_takes(struct heat_rz *h, size_t ir, size_t iz, double energy_J_cm3)
{
	size_t n = iz * h->nr + ir;
	const struct heat_rz_cell *c = &h->cell[n];
	bool surely = energy_J_cm3 < c->latent_J_cm3 + c->matrix_J_cm3 && !h->removed[n]; /* there is room for this alone */
	if (!surely && energy_J_cm3 >= room_J_cm3(h, n))
		return false;
	h->deposited_J += energy_J_cm3 * h->volume_cm3[n];
	heat_cell(h, n, energy_J_cm3);
	return true;
}

void heat_rz_remove(struct heat_rz *h, size_t ir, size_t iz)
{
	size_t n = iz * h->nr + ir;
	if (h->removed[n])
		return;
	h->removed[n] = h->any_removed = true;
	h->removed_J +=
	        h->cell[n].capacity_J_cm3K * (h->temperature_C[n] - h->reference_C) * h->volume_cm3[n];
	h->temperature_C[n] = h->reference_C;
	h->omega[n] = INFINITY;
	h->limit_C[n] = INFINITY;
	renew_faces(h, n);
}

bool heat_rz_removed(const struct heat_rz *h, size_t ir, size_t iz)
{
	return h->removed[iz * h->nr + ir];
}

double heat_rz_temperature_C(const struct heat_rz *h, size_t ir, size_t iz)
{
	return h->temperature_C[iz * h->nr + ir];
}

double heat_rz_peak_C(const struct heat_rz *h, size_t ir, size_t iz)
{
	return h->peak_C[iz * h->nr + ir];
}

double heat_rz_omega(const struct heat_rz *h, size_t ir, size_t iz)
{
	return h->omega[iz * h->nr + ir];
}

double heat_rz_consumed_frac(const struct heat_rz *h, size_t ir, size_t iz)
{
	const struct heat_rz_cell *c = &h->cell[iz * h->nr + ir];
	double full = c->latent_full_J_cm3 + c->matrix_full_J_cm3;
	return full > 0.0 ? fmax(1.0 - (c->latent_J_cm3 + c->matrix_J_cm3) / full, 0.0) : 0.0;
}

double heat_rz_water_frac(const struct heat_rz *h, size_t ir, size_t iz)
{
	return water_frac(&h->cell[iz * h->nr + ir]);
}

double heat_rz_hottest_C(const struct heat_rz *h)
{
	return h->hottest_C;
}

struct heat_rz_balance heat_rz_balance(const struct heat_rz *h)
{
	return (struct heat_rz_balance){.deposited_J = h->deposited_J,
	                                .stored_J = heat_rz_sensible_J(h) + steam_J(h) - h->start_J,
	                                .vented_J = h->vented_J,
	                                .decomposed_J = h->decomposed_J,
	                                .removed_J = h->removed_J,
	                                .surface_J = h->surface_J};
}
