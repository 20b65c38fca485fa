/* Coagulation in place: light from Monte Carlo, once per tissue, wavelength and spot. */
#include "physics/base/units.h"
#include "physics/microbeam_run.h"
#include "physics/montecarlo.h"
#include "physics/spectra.h"

/* What so few leave to chance goes into the spread of a lesion's sizes. */
#define PHOTONS_DEFAULT 20000
/* Relative error of depths, times the root of the photons: 1550, 1540 and 1927 nm, 20, 30 and 10 mJ, eight seeds each
 * at 15 000, 30 000 and 60 000 photons gave 0.8 to 1.5 (widths 0.1 to 0.5). */
#define CHANCE_FRAC 1.5
#define SAME_REL 1e-9 /* two lengths that are the same number */

/* Grid: fine where lesions end, wide where only heat goes. */
#define RINGS_IN_RADIUS 10.0
#define RING_MIN_UM 3.0
#define UNIFORM_RADII 1.6
#define RING_GROWTH 1.18
#define BESIDE_END_UM 600.0
#define ROW_UM 8.0
#define UNIFORM_DEPTH_UM 160.0
#define ROW_GROWTH 1.025
#define DEPTH_END_UM 2500.0

#define PORTIONS_MIN 24.0
#define WARM_NODES 101

struct microbeam_light {
	double wavelength_nm, diameter_um;
	enum microbeam_profile profile;
	struct microbeam_grid grid;
	double chance_frac; /* relative error of depths by chance */
	size_t variants;
	struct tissue *tissue;  /* variants */
	double *absorbed_1_cm3; /* variants x nz x nr, per unit launched energy */
	double *mua_1_cm;       /* variants x TISSUE_LAYERS_MAX */
};

static void build_grid(double diameter_um, double thickness_um, struct microbeam_grid *g)
{
	double radius = 0.5 * diameter_um, ring = fmax(radius / RINGS_IN_RADIUS, RING_MIN_UM);
	double wide = UNIFORM_RADII * radius;
	g->nr = microbeam_edges(ring, wide, RING_GROWTH, wide + BESIDE_END_UM, g->r_edge_um,
	                        MICROBEAM_RINGS_MAX);
	g->nz = microbeam_edges(ROW_UM, UNIFORM_DEPTH_UM, ROW_GROWTH, fmin(DEPTH_END_UM, thickness_um),
	                        g->z_edge_um, MICROBEAM_ROWS_MAX);
}

static bool same_length(double a, double b)
{
	return fabs(a - b) <= SAME_REL * fmax(fabs(a), fabs(b));
}

static bool same_geometry(const struct tissue *a, const struct tissue *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->layer[i].kind != b->layer[i].kind ||
		    !same_length(a->layer[i].thickness_um, b->layer[i].thickness_um))
			return false;
	return true;
}

static enum status check_request(const struct microbeam_light_request *r, struct fail *why)
{
	if (r->variants < 1 || r->variants > MC_VARIANTS_MAX)
		return fail_set(why, ST_RANGE, "variants", "%zu variants; 1 to %d are possible", r->variants,
		                MC_VARIANTS_MAX);
	struct microbeam beam = {r->wavelength_nm, 1.0, r->diameter_um, 1e-3, r->profile, 0.0};
	enum status st = microbeam_check(&beam, why);
	for (size_t v = 0; st == ST_OK && v < r->variants; v++) {
		st = tissue_check(&r->tissue[v], why);
		if (st == ST_OK && !same_geometry(&r->tissue[0], &r->tissue[v]))
			st = fail_set(why, ST_INPUT, "tissue", "variant %zu has other layers than variant 0",
			              v);
	}
	return st;
}

static enum status variant_absorption(struct microbeam_light *light, struct fail *why)
{
	for (size_t v = 0; v < light->variants; v++)
		for (size_t i = 0; i < light->tissue[v].count; i++) {
			struct tissue_optics optics;
			enum status st = tissue_layer_optics(&light->tissue[v].layer[i], light->wavelength_nm,
			                                     &optics, why);
			if (st != ST_OK)
				return st;
			light->mua_1_cm[v * TISSUE_LAYERS_MAX + i] = optics.mua_1_cm.value;
		}
	return ST_OK;
}

static void scale_edges(const double *edge_um, size_t count, double *edge_cm)
{
	for (size_t i = 0; i <= count; i++)
		edge_cm[i] = edge_um[i] * CM_PER_UM;
}

static uint64_t photons_of(const struct microbeam_light_request *r)
{
	return r->photons ? r->photons : PHOTONS_DEFAULT;
}

static enum status run_photons(const struct microbeam_light_request *r, const struct microbeam_grid *grid,
                               const double *mua_1_cm, struct mc_result **out, struct fail *why)
{
	struct light_layer layer[TISSUE_LAYERS_MAX];
	double r_edge_cm[MICROBEAM_RINGS_MAX + 1], z_edge_cm[MICROBEAM_ROWS_MAX + 1];
	scale_edges(grid->r_edge_um, grid->nr, r_edge_cm);
	scale_edges(grid->z_edge_um, grid->nz, z_edge_cm);
	struct mc_request request = {
	        .source = {.beam = r->profile == MICROBEAM_FLAT ? MC_FLAT_TOP : MC_GAUSSIAN,
	                   .radius_cm = 0.5 * r->diameter_um * CM_PER_UM},
	        .grid = {grid->nr, grid->nz, r_edge_cm, z_edge_cm},
	        .variants = r->variants,
	        .variant_mua_1_cm = mua_1_cm,
	        .photons = photons_of(r),
	        .seed = r->seed,
	        .run = r->run,
	        .progress = r->progress,
	        .context = r->context,
	};
	enum status st = tissue_light_stack(&r->tissue[0], r->wavelength_nm, layer, &request.stack, why);
	return st == ST_OK ? mc_run(&request, out, why) : st;
}

static void copy_field(struct microbeam_light *light, const struct mc_result *mc)
{
	const struct microbeam_grid *g = &light->grid;
	double *cell = light->absorbed_1_cm3;
	for (size_t v = 0; v < light->variants; v++)
		for (size_t j = 0; j < g->nz; j++)
			for (size_t i = 0; i < g->nr; i++)
				*cell++ = mc_absorbed(mc, v, i, j, NULL);
}

static enum status allocate(const struct microbeam_light_request *r, struct microbeam_light **out,
                            struct fail *why)
{
	struct microbeam_light *light = calloc(1, sizeof *light);
	if (!light)
		return fail_set(why, ST_FULL, "light", "no memory for the microbeam's light");
	light->wavelength_nm = r->wavelength_nm;
	light->diameter_um = r->diameter_um;
	light->profile = r->profile;
	light->variants = r->variants;
	light->chance_frac = CHANCE_FRAC / sqrt((double)photons_of(r));
	build_grid(r->diameter_um, tissue_thickness_um(&r->tissue[0]), &light->grid);
	light->tissue = calloc(r->variants, sizeof *light->tissue);
	light->absorbed_1_cm3 = calloc(r->variants * light->grid.nr * light->grid.nz, sizeof(double));
	light->mua_1_cm = calloc(r->variants * TISSUE_LAYERS_MAX, sizeof(double));
	if (!light->tissue || !light->absorbed_1_cm3 || !light->mua_1_cm) {
		microbeam_light_free(&light);
		return fail_set(why, ST_FULL, "light", "no memory for the microbeam's light");
	}
	memcpy(light->tissue, r->tissue, r->variants * sizeof *light->tissue);
	*out = light;
	return ST_OK;
}

/* The transport engine wants one row of layers after the other, without gaps. */
static double *packed_absorption(const struct microbeam_light *light)
{
	size_t layers = light->tissue[0].count;
	double *packed = calloc(light->variants * layers, sizeof *packed);
	for (size_t v = 0; packed && v < light->variants; v++)
		memcpy(packed + v * layers, light->mua_1_cm + v * TISSUE_LAYERS_MAX, layers * sizeof *packed);
	return packed;
}

enum status microbeam_light_new(const struct microbeam_light_request *request, struct microbeam_light **out,
                                struct fail *why)
{
	struct microbeam_light *light = NULL;
	struct mc_result *mc = NULL;
	double *mua_1_cm = NULL;
	enum status st = check_request(request, why);
	if (st == ST_OK)
		st = allocate(request, &light, why);
	if (st == ST_OK)
		st = variant_absorption(light, why);
	if (st != ST_OK)
		goto out;
	mua_1_cm = packed_absorption(light);
	if (!mua_1_cm) {
		st = fail_set(why, ST_FULL, "light", "no memory for the microbeam's light");
		goto out;
	}
	st = run_photons(request, &light->grid, mua_1_cm, &mc, why);
	if (st != ST_OK)
		goto out;
	copy_field(light, mc);
	*out = light;
	light = NULL;
out:
	mc_free(&mc);
	free(mua_1_cm);
	microbeam_light_free(&light);
	return st;
}

void microbeam_light_free(struct microbeam_light **light)
{
	if (!light || !*light)
		return;
	free((*light)->tissue);
	free((*light)->absorbed_1_cm3);
	free((*light)->mua_1_cm);
	free(*light);
	*light = NULL;
}

enum status microbeam_light_fits(const struct microbeam_light *light, const struct tissue *tissue,
                                 const struct microbeam *beam, size_t variant, struct fail *why)
{
	if (!light)
		return fail_set(why, ST_INPUT, "light", "%g nm needs prepared light: the tissue scatters it",
		                beam->wavelength_nm);
	if (!same_length(light->wavelength_nm, beam->wavelength_nm))
		return fail_set(why, ST_INPUT, "wavelength_nm",
		                "light was prepared for %g nm, the beam has %g nm", light->wavelength_nm,
		                beam->wavelength_nm);
	if (!same_length(light->diameter_um, beam->diameter_um) || light->profile != beam->profile)
		return fail_set(why, ST_INPUT, "diameter_um", "light was prepared for another spot (%g um)",
		                light->diameter_um);
	if (variant >= light->variants)
		return fail_set(why, ST_RANGE, "variant", "variant %zu of %zu", variant, light->variants);
	if (!same_geometry(&light->tissue[variant], tissue))
		return fail_set(why, ST_INPUT, "tissue", "light was prepared for other layers");
	return ST_OK;
}

/* One variant's light on the grid: absorbed energy per launched energy, and absorption along z. */
struct shine {
	const struct microbeam_grid *grid;
	const double *absorbed_1_cm3; /* nz x nr */
	double mua_1_cm[MICROBEAM_ROWS_MAX];
	double dry_frac[MICROBEAM_ROWS_MAX]; /* of mua_1_cm, what stays when the water has gone */
	double warm_frac[WARM_NODES]; /* absorption at 0, 1 .. 100 C over that of the light's own transport */
	double volume_cm3[MICROBEAM_RINGS_MAX * MICROBEAM_ROWS_MAX];
	double taken_J_cm3[MICROBEAM_RINGS_MAX * MICROBEAM_ROWS_MAX]; /* of one portion */
};

static void fill_shine(const struct microbeam_light *light, size_t variant, const double *layer_mua_1_cm,
                       struct shine *s)
{
	const struct microbeam_grid *g = s->grid = &light->grid;
	double own = spectra_water_warming(light->wavelength_nm, TISSUE_OPTICS_C).value;
	for (size_t k = 0; k < WARM_NODES; k++)
		s->warm_frac[k] = spectra_water_warming(light->wavelength_nm, (double)k).value / own;
	double layer_water_1_cm[TISSUE_LAYERS_MAX] = {0};
	double water_1_cm = spectra_absorption(CHROMOPHORE_WATER, light->wavelength_nm).value * own;
	for (size_t i = 0; i < light->tissue[variant].count; i++)
		layer_water_1_cm[i] = tissue_layer_thermal(&light->tissue[variant].layer[i]).water_frac * water_1_cm;
	s->absorbed_1_cm3 = light->absorbed_1_cm3 + variant * g->nr * g->nz;
	for (size_t j = 0; j < g->nz; j++) {
		double from = g->z_edge_um[j], to = g->z_edge_um[j + 1];
		s->mua_1_cm[j] = microbeam_layer_mean(&light->tissue[variant], layer_mua_1_cm, from, to);
		double wet_1_cm = microbeam_layer_mean(&light->tissue[variant], layer_water_1_cm, from, to);
		s->dry_frac[j] = fmin(fmax(1.0 - wet_1_cm / s->mua_1_cm[j], 0.0), 1.0);
		for (size_t i = 0; i < g->nr; i++)
			s->volume_cm3[j * g->nr + i] = (disc_area_cm2(2.0 * g->r_edge_um[i + 1]) -
			                                disc_area_cm2(2.0 * g->r_edge_um[i])) *
			                               (to - from) * CM_PER_UM;
	}
}

/* Absorption a cell has now over the one the light was computed with: its matrix, its water left, as warm as it is. */
static double absorbing_frac(const struct heat_rz *heat, const struct shine *s, size_t i, size_t j)
{
	double warm = heat_rz_temperature_C(heat, i, j);
	warm = warm < 0.0 ? 0.0 : warm > WARM_NODES - 1 ? WARM_NODES - 1 : warm;
	return s->dry_frac[j] + (1.0 - s->dry_frac[j]) * heat_rz_water_frac(heat, i, j) * s->warm_frac[(size_t)warm];
}

/* 1 - exp(-x) by its Pade form (1, 2): within 0.1 % for the rows' x, which are below 1. */
static double caught_frac(double x)
{
	return x / (1.0 + x / 2.0 + x * x / 12.0);
}

/* Beyond 1400 nm it is mostly water that absorbs: a cell that dries or whose band has moved away lets its water's share
 * of the light pass (a band that moves towards the wavelength takes more, which is missing below), straight on to the
 * tissue below (Beer's law); scattering on the way is left out. The matrix goes on absorbing its share, a tenth (1927
 * nm) to a quarter (1550 nm), and burns on. Row by row, as cells lie. */
static void deposit_portion(struct heat_rz *heat, struct shine *s, double energy_J)
{
	const struct microbeam_grid *g = s->grid;
	double passing_J[MICROBEAM_RINGS_MAX] = {0.0};
	for (size_t j = 0; j < g->nz; j++) {
		double row_cm = (g->z_edge_um[j + 1] - g->z_edge_um[j]) * CM_PER_UM;
		for (size_t i = 0; i < g->nr; i++) {
			size_t n = j * g->nr + i;
			double wet = absorbing_frac(heat, s, i, j), meant_J_cm3 = energy_J * s->absorbed_1_cm3[n];
			double caught_J = passing_J[i] * caught_frac(s->mua_1_cm[j] * wet * row_cm);
			s->taken_J_cm3[n] = meant_J_cm3 * wet + caught_J / s->volume_cm3[n];
			passing_J[i] += meant_J_cm3 * (1.0 - wet) * s->volume_cm3[n] - caught_J;
		}
	}
	heat_rz_deposit_field(heat, s->taken_J_cm3, 1.0);
}

/* The pulse in portions, heat spreading after each. */
static enum status shine(struct heat_rz *heat, struct shine *s, double energy_J, double pulse_s,
                         const struct microbeam_options *options, struct fail *why)
{
	double t = 0.0;
	while (t < pulse_s * (1.0 - SAME_REL)) {
		if (microbeam_cancelled(options))
			return fail_set(why, ST_CANCELLED, "microbeam", "cancelled");
		double dt = fmin(fmin(pulse_s / PORTIONS_MIN, heat_rz_stable_step_s(heat)), pulse_s - t);
		deposit_portion(heat, s, energy_J * dt / pulse_s);
		heat_rz_advance(heat, dt);
		t += dt;
	}
	return ST_OK;
}

enum status microbeam_run_turbid(const struct microbeam_light *light, const struct tissue *tissue,
                                 const struct microbeam *beam, size_t variant,
                                 const struct microbeam_constants *constants,
                                 const struct microbeam_options *options, struct microbeam_sizes *sizes,
                                 struct microbeam_axis *axis, struct fail *why)
{
	const struct microbeam_grid *g = &light->grid;
	struct heat_rz *heat = NULL;
	struct shine *s = calloc(1, sizeof *s);
	if (!s)
		return fail_set(why, ST_FULL, "microbeam", "no memory");
	fill_shine(light, variant, light->mua_1_cm + variant * TISSUE_LAYERS_MAX, s);
	const double whole_matrix = 1.0;
	enum status st = microbeam_heat_new(tissue, g, constants, whole_matrix, false, &heat, why);
	if (st == ST_OK)
		st = shine(heat, s, beam->energy_mJ * J_PER_MJ * constants->light_scale, beam->pulse_s,
		           options, why);
	if (st == ST_OK)
		st = microbeam_relax(heat, constants, options, why);
	if (st == ST_OK)
		microbeam_measure(heat, g, sizes, axis);
	if (st == ST_OK)
		sizes->cell_um = hypot(sizes->cell_um, light->chance_frac * sizes->coagulation_depth_um);
	heat_rz_free(&heat);
	free(s);
	return st;
}
