/* Enthalpy finite volumes in r and z.
 *
 * All fields are flat, radius fastest: n = iz * nr + ir. Face conductances stand in two flat arrays so
 * that the conduction loop has no branch: radial[n] joins n-1 and n (0 on the axis), axial[n] joins n-nr
 * and n (0 at the top). The temperature array has one row of padding at both ends for the same reason.
 */
#include "physics/heat_rz.h"

#include "physics/base/units.h"
#include "physics/damage.h"

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

/* Damage rates are read from a table: between its nodes the rate bends by less than 1e-3. */
#define RATE_FROM_C 40.0
#define RATE_STEP_C 0.1
#define RATE_NODES 2701

struct cell {
	double capacity_J_cm3K; /* now: falls as water leaves */
	double latent_J_cm3;    /* left */
	double matrix_J_cm3;    /* left */
	double latent_full_J_cm3;
	double matrix_full_J_cm3;
	double water_capacity_J_cm3K; /* of the full water */
	double conductivity_W_mK;     /* now */
	double wet_W_mK, dry_W_mK;
	double renewed_frac; /* water share at which the conductivity was last renewed */
};

/* Water under way as steam: the heat it gives when it condenses, and its heat capacity as water. */
struct steam {
	double latent_J, capacity_J_K;
};

struct heat_rz {
	size_t nr, nz, count;
	double boiling_C, decomposition_C, ambient_C, latent_J_g;
	double reference_C; /* sensible heat is counted from here, in every cell */
	double start_J;     /* sensible heat at the start */
	bool closed;
	size_t steam_from, steam_to; /* cells with steam under way lie in [from, to) */
	double *block;               /* owns every array of doubles below */
	double *r_edge_um, *z_edge_um;
	double *padded_C, *temperature_C, *peak_C, *omega;
	double *radial_W_K, *axial_W_K, *surface_W_K;
	double *power_W, *volume_cm3;
	double *warming_K_J;            /* 1 / heat capacity of the whole cell */
	struct steam *steam, *arriving; /* per cell: under way, and where it goes in a sweep */
	struct cell *cell;
	bool *removed;
	bool damages;
	double rate_1_s[RATE_NODES];
	double stable_s, hottest_C;
	double deposited_J, vented_J, decomposed_J, removed_J, surface_J;
};

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

/* One allocation for all arrays of doubles; padded_C has a row before and behind. */
static bool allocate(struct heat_rz *h)
{
	size_t n = h->count, row = h->nr;
	h->block = calloc(8 * n + 5 * row + h->nz + 3, sizeof *h->block);
	h->cell = calloc(n, sizeof *h->cell);
	h->removed = calloc(n, sizeof *h->removed);
	h->steam = calloc(2 * n, sizeof *h->steam);
	if (!h->block || !h->cell || !h->removed || !h->steam)
		return false;
	h->arriving = h->steam + n;
	double *next = h->block;
	h->padded_C = next;
	h->temperature_C = next + row;
	next += n + 2 * row;
	h->peak_C = next, next += n;
	h->omega = next, next += n;
	h->power_W = next, next += n;
	h->volume_cm3 = next, next += n;
	h->warming_K_J = next, next += n;
	h->radial_W_K = next, next += n + 1;
	h->axial_W_K = next, next += n + row;
	h->surface_W_K = next, next += row;
	h->r_edge_um = next, next += row + 1;
	h->z_edge_um = next;
	return true;
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

static double axial_face_W_K(const struct heat_rz *h, size_t i, size_t j)
{
	const double *z = h->z_edge_um;
	size_t n = j * h->nr + i;
	if (j == 0 || j == h->nz || h->removed[n - h->nr] || h->removed[n])
		return 0.0;
	return face_W_K(ring_area_um2(h, i), z[j] - z[j - 1], h->cell[n - h->nr].conductivity_W_mK,
	                z[j + 1] - z[j], h->cell[n].conductivity_W_mK);
}

/* Explicit limit: no cell may give away more than it holds, dt <= C V / sum G. */
static void keep_stable(struct heat_rz *h, size_t n)
{
	double conductance_W_K =
	        h->radial_W_K[n] + h->radial_W_K[n + 1] + h->axial_W_K[n] + h->axial_W_K[n + h->nr];
	if (n < h->nr)
		conductance_W_K += h->surface_W_K[n];
	if (conductance_W_K > 0.0)
		h->stable_s =
		        fmin(h->stable_s, h->cell[n].capacity_J_cm3K * h->volume_cm3[n] / conductance_W_K);
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
		h->radial_W_K[n] = radial_face_W_K(h, i, j);
		h->axial_W_K[n] = axial_face_W_K(h, i, j);
		if (j == 0 && s->surface_W_m2K > 0.0)
			h->surface_W_K[i] = ring_area_um2(h, i) * M_PER_UM * M_PER_UM /
			                    (0.5 * dz_um * M_PER_UM / h->cell[n].conductivity_W_mK +
			                     1.0 / s->surface_W_m2K);
	}
	h->stable_s = INFINITY;
	for (size_t n = 0; n < h->count; n++)
		keep_stable(h, n);
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
		h->cell[n] = (struct cell){
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
	}
}

static void fill_rates(struct heat_rz *h, const struct damage_set *set)
{
	h->damages = set != NULL;
	for (size_t k = 0; set && k < RATE_NODES; k++)
		h->rate_1_s[k] = damage_rate_1_s(set, RATE_FROM_C + RATE_STEP_C * (double)k);
}

static double sensible_J(const struct heat_rz *h)
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
	h->closed = setup->closed;
	h->reference_C = setup->start_C[0];
	h->steam_from = h->count;
	memcpy(h->r_edge_um, setup->grid.r_edge_um, (h->nr + 1) * sizeof(double));
	memcpy(h->z_edge_um, setup->grid.z_edge_um, (h->nz + 1) * sizeof(double));
	fill_cells(h, setup);
	build_faces(h, setup);
	fill_rates(h, setup->damage);
	h->start_J = sensible_J(h);
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
	free((*h)->steam); /* arriving lies behind it */
	free(*h);
	*h = NULL;
}

double heat_rz_stable_step_s(const struct heat_rz *h)
{
	return h->stable_s;
}

static double water_frac(const struct cell *c)
{
	return c->latent_full_J_cm3 > 0.0 ? fmin(c->latent_J_cm3 / c->latent_full_J_cm3, 1.0) : 0.0;
}

/* Conductivity follows the water a cell has left: renewed in coarse steps, with all that hangs on it. */
static void renew_conductivity(struct heat_rz *h, size_t n)
{
	struct cell *c = &h->cell[n];
	double wet_frac = water_frac(c);
	if (fabs(c->renewed_frac - wet_frac) < RENEWAL_FRAC && c->latent_J_cm3 > 0.0)
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

/* Boils water away with the heat above the plateau. Steam carries its latent heat and its sensible heat;
 * the cell's capacity and conductivity fall. Returns the heat left over [J/cm3]. */
static double boil(struct heat_rz *h, size_t n, double excess_J_cm3)
{
	struct cell *c = &h->cell[n];
	double used = fmin(excess_J_cm3, c->latent_J_cm3);
	double gone_capacity = c->water_capacity_J_cm3K * used / c->latent_full_J_cm3;
	c->latent_J_cm3 -= used;
	set_capacity(h, n, c->capacity_J_cm3K - gone_capacity);
	if (h->closed) {
		h->steam[n].latent_J += used * h->volume_cm3[n];
		h->steam[n].capacity_J_K += gone_capacity * h->volume_cm3[n];
		h->steam_from = n < h->steam_from ? n : h->steam_from;
		h->steam_to = n >= h->steam_to ? n + 1 : h->steam_to;
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
	struct cell *c = &h->cell[n];
	c->matrix_J_cm3 -= fmin(excess_J_cm3, c->matrix_J_cm3);
	h->decomposed_J += excess_J_cm3 * h->volume_cm3[n];
}

/* Heat into a cell that may cross a plateau. */
static void heat_cell_slow(struct heat_rz *h, size_t n, double energy_J_cm3)
{
	struct cell *c = &h->cell[n];
	double t = h->temperature_C[n] + energy_J_cm3 / c->capacity_J_cm3K;
	if (t > h->boiling_C && c->latent_J_cm3 > 0.0) {
		double rest = boil(h, n, (t - h->boiling_C) * c->capacity_J_cm3K);
		t = h->boiling_C + rest / c->capacity_J_cm3K;
	}
	if (t > h->decomposition_C) {
		decompose(h, n, (t - h->decomposition_C) * c->capacity_J_cm3K);
		t = h->decomposition_C;
	}
	h->temperature_C[n] = t;
}

static inline void heat_cell(struct heat_rz *h, size_t n, double energy_J_cm3)
{
	double t = h->temperature_C[n] + energy_J_cm3 / h->cell[n].capacity_J_cm3K;
	if (t <= h->boiling_C)
		h->temperature_C[n] = t;
	else
		heat_cell_slow(h, n, energy_J_cm3);
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

/* Steam condenses: its water mixes in at the boiling point, its latent heat warms the cell, which may boil.
 */
static void condense(struct heat_rz *h, size_t n)
{
	struct cell *c = &h->cell[n];
	struct steam arrived = h->arriving[n];
	h->arriving[n] = (struct steam){0.0, 0.0};
	if (arrived.latent_J <= 0.0)
		return;
	double water_J_cm3K = arrived.capacity_J_K / h->volume_cm3[n];
	double latent_J_cm3 = arrived.latent_J / h->volume_cm3[n];
	double capacity = c->capacity_J_cm3K + water_J_cm3K;
	h->temperature_C[n] =
	        (c->capacity_J_cm3K * h->temperature_C[n] + water_J_cm3K * h->boiling_C) / capacity;
	set_capacity(h, n, capacity);
	c->latent_J_cm3 += latent_J_cm3;
	renew_conductivity(h, n);
	heat_cell(h, n, latent_J_cm3);
}

/* One share of a cell's steam through one face. */
static void send_steam(struct heat_rz *h, struct steam steam, double share_frac, size_t to)
{
	h->arriving[to].latent_J += share_frac * steam.latent_J;
	h->arriving[to].capacity_J_K += share_frac * steam.capacity_J_K;
}

/* Steam goes through the faces of its cell in proportion to their conductance (area over distance). */
static void release_steam(struct heat_rz *h, size_t n)
{
	struct steam steam = h->steam[n];
	h->steam[n] = (struct steam){0.0, 0.0};
	double left = h->radial_W_K[n], right = h->radial_W_K[n + 1];
	double up = h->axial_W_K[n], down = h->axial_W_K[n + h->nr];
	double all = left + right + up + down;
	if (all <= 0.0) { /* shut in by removed cells */
		h->vented_J += steam.latent_J + steam.capacity_J_K * (h->boiling_C - h->reference_C);
		return;
	}
	if (left > 0.0)
		send_steam(h, steam, left / all, n - 1);
	if (right > 0.0)
		send_steam(h, steam, right / all, n + 1);
	if (up > 0.0)
		send_steam(h, steam, up / all, n - h->nr);
	if (down > 0.0)
		send_steam(h, steam, down / all, n + h->nr);
}

static void spread_steam(struct heat_rz *h)
{
	size_t from = h->steam_from, to = h->steam_to;
	h->steam_from = h->count;
	h->steam_to = 0;
	for (size_t n = from; n < to; n++)
		if (h->steam[n].latent_J > 0.0)
			release_steam(h, n);
	from = from > h->nr ? from - h->nr : 0;
	to = to + h->nr < h->count ? to + h->nr : h->count;
	for (size_t n = from; n < to; n++)
		condense(h, n);
}

static double steam_J(const struct heat_rz *h)
{
	double sum_J = 0.0;
	for (size_t n = 0; n < h->count; n++)
		sum_J += h->steam[n].latent_J + h->steam[n].capacity_J_K * (h->boiling_C - h->reference_C);
	return sum_J;
}

static void face_powers(struct heat_rz *h)
{
	const double *restrict t = h->temperature_C, *restrict gr = h->radial_W_K,
	                       *restrict gz = h->axial_W_K;
	double *restrict power = h->power_W;
	size_t nr = h->nr, count = h->count;
	const double *restrict left = t - 1, *restrict above = t - nr; /* inside the padding */
	for (size_t n = 0; n < count; n++)
		power[n] = gr[n] * (left[n] - t[n]) + gr[n + 1] * (t[n + 1] - t[n]) +
		           gz[n] * (above[n] - t[n]) + gz[n + nr] * (t[n + nr] - t[n]);
}

static void surface_powers(struct heat_rz *h, double dt_s)
{
	for (size_t i = 0; i < h->nr; i++) {
		double out_W = h->surface_W_K[i] * (h->temperature_C[i] - h->ambient_C);
		h->power_W[i] -= out_W;
		h->surface_J += out_W * dt_s;
	}
}

static double rate_at(const struct heat_rz *h, double temperature_C)
{
	double x = (temperature_C - RATE_FROM_C) / RATE_STEP_C;
	if (x >= RATE_NODES - 1)
		return h->rate_1_s[RATE_NODES - 1];
	size_t k = (size_t)x;
	double f = x - (double)k;
	return h->rate_1_s[k] + f * (h->rate_1_s[k + 1] - h->rate_1_s[k]);
}

/* Omega of one step, trapezoid in the rate. */
static double damage_step(const struct heat_rz *h, double before_C, double after_C, double dt_s)
{
	double before = before_C > RATE_FROM_C ? before_C : RATE_FROM_C;
	double after = after_C > RATE_FROM_C ? after_C : RATE_FROM_C;
	return 0.5 * dt_s * (rate_at(h, before) + rate_at(h, after));
}

/* Comparisons instead of fmax: this is the inner loop. Removed cells exchange nothing. */
static void conduct(struct heat_rz *h, double dt_s)
{
	face_powers(h);
	surface_powers(h, dt_s);
	double hottest = -INFINITY;
	for (size_t n = 0; n < h->count; n++) {
		double before = h->temperature_C[n], t = before + h->power_W[n] * dt_s * h->warming_K_J[n];
		if (t <= h->boiling_C) {
			h->temperature_C[n] = t;
		} else {
			heat_cell_slow(h, n, h->power_W[n] * dt_s / h->volume_cm3[n]);
			t = h->temperature_C[n];
		}
		double reached = before > t ? before : t; /* what was deposited since the last step counts */
		if (reached > h->peak_C[n])
			h->peak_C[n] = reached;
		if (t > hottest && !h->removed[n])
			hottest = t;
		if (reached > RATE_FROM_C && h->damages)
			h->omega[n] += damage_step(h, before, t, dt_s);
	}
	h->hottest_C = hottest;
}

void heat_rz_advance(struct heat_rz *h, double duration_s)
{
	double left_s = duration_s;
	while (left_s > 0.0) {
		for (int sweep = 0; h->steam_from < h->steam_to && sweep < STEAM_SWEEPS; sweep++)
			spread_steam(h);
		double dt_s = fmin(left_s, h->stable_s); /* drying may just have shortened it */
		conduct(h, dt_s);
		left_s = left_s > dt_s ? left_s - dt_s : 0.0;
	}
}

double heat_rz_room_J_cm3(const struct heat_rz *h, size_t ir, size_t iz)
{
	size_t n = iz * h->nr + ir;
	const struct cell *c = &h->cell[n];
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

void heat_rz_remove(struct heat_rz *h, size_t ir, size_t iz)
{
	size_t n = iz * h->nr + ir;
	if (h->removed[n])
		return;
	h->removed[n] = true;
	h->removed_J +=
	        h->cell[n].capacity_J_cm3K * (h->temperature_C[n] - h->reference_C) * h->volume_cm3[n];
	h->temperature_C[n] = h->reference_C;
	h->omega[n] = INFINITY;
	renew_faces(h, n);
	if (iz == 0)
		h->surface_W_K[ir] = 0.0;
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
	const struct cell *c = &h->cell[iz * h->nr + ir];
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

size_t heat_rz_nr(const struct heat_rz *h)
{
	return h->nr;
}

size_t heat_rz_nz(const struct heat_rz *h)
{
	return h->nz;
}

struct heat_rz_balance heat_rz_balance(const struct heat_rz *h)
{
	return (struct heat_rz_balance){.deposited_J = h->deposited_J,
	                                .stored_J = sensible_J(h) + steam_J(h) - h->start_J,
	                                .vented_J = h->vented_J,
	                                .decomposed_J = h->decomposed_J,
	                                .removed_J = h->removed_J,
	                                .surface_J = h->surface_J};
}
