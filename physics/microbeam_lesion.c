/* Tissue into the heat solver, and the lesion out of it. */
#include "physics/microbeam_run.h"

#include "physics/base/units.h"

/* Dry matrix: 1.3 g/cm3 (Takata et al. 1977, rho = 1.3 - 0.3 W at W = 0). */
#define MATRIX_G_CM3 1.3
/* Heat to burn away dry matrix. Derived from the conventional heat of ablation of skin, 2.5..4.3 kJ/cm3
 * (Walsh & Deutsch 1988, 1989), middle 3.4: less boiling (1.93 for 0.68 water from 34 C) and heating the
 * dry rest to decomposition (0.13) leaves 1.34 kJ per cm3 holding 0.42 g. */
#define MATRIX_J_G 3200.0
/* Steam in tissue stands under pressure: 10..100 bar where collagenous tissue is ablated (Vogel & Venugopalan
 * 2003), its tensile strength being of that order. Water boils at 180 C and takes 2015 J/g at 10 bar
 * (IAPWS-95). The lower end is used; the spread of a lesion moves it. */
#define TISSUE_BOILING_C 180.0
#define TISSUE_LATENT_J_G 2015.0
#define WATER_G_CM3 0.994
#define DECOMPOSITION_C 300.0 /* dry collagen, design value within 250..400 C */

#define CELSIUS_QUIET_FROM 45.0
#define CELSIUS_QUIET_TO 75.0
#define QUIET_OMEGA_PER_S 3e-3 /* adds less than 1e-3 while the last heat spreads */
#define RELAX_END_S 2.0
#define CANCEL_EVERY 64
#define BOILED_FRAC 0.01
#define DRIED_FRAC 0.5 /* of the water is left */
#define COAGULATED_OMEGA 1.0
#define OMEGA_FLOOR 1e-30 /* keeps logarithms finite where nothing happened */

size_t microbeam_edges(double step_um, double equal_um, double growth, double end_um, double *edge,
                       size_t max)
{
	size_t n = 0;
	edge[0] = 0.0;
	double width = step_um;
	while (edge[n] < end_um * (1.0 - 1e-9) && n < max) {
		edge[n + 1] = edge[n] + width;
		n++;
		if (edge[n] >= equal_um * (1.0 - 1e-9))
			width *= growth;
	}
	edge[n] = fmax(edge[n], end_um);
	return n;
}

double microbeam_layer_mean(const struct tissue *tissue, const double *value, double from_um, double to_um)
{
	double top = 0.0, sum = 0.0;
	for (size_t i = 0; i < tissue->count; i++) {
		bool last = i + 1 == tissue->count;
		double bottom = last ? INFINITY : top + tissue->layer[i].thickness_um;
		double overlap = fmin(bottom, to_um) - fmax(top, from_um);
		if (overlap > 0.0)
			sum += overlap * value[i];
		top = bottom;
	}
	return sum / (to_um - from_um);
}

struct layer_values {
	double conductivity[TISSUE_LAYERS_MAX], capacity[TISSUE_LAYERS_MAX], water[TISSUE_LAYERS_MAX];
};

static void collect_layers(const struct tissue *tissue, struct layer_values *v)
{
	for (size_t i = 0; i < tissue->count; i++) {
		struct tissue_thermal t = tissue_layer_thermal(&tissue->layer[i]);
		v->conductivity[i] = t.conductivity_W_mK;
		v->capacity[i] = t.density_kg_m3 * t.heat_capacity_J_kgK * J_CM3_PER_J_M3;
		v->water[i] = t.water_frac;
	}
}

static struct heat_rz_material row_material(const struct tissue *tissue, const struct layer_values *v,
                                            const struct microbeam_constants *c, double burnt_frac,
                                            double from_um, double to_um)
{
	double water_frac = microbeam_layer_mean(tissue, v->water, from_um, to_um);
	return (struct heat_rz_material){
	        .conductivity_W_mK =
	                c->conductivity_scale * microbeam_layer_mean(tissue, v->conductivity, from_um, to_um),
	        .heat_capacity_J_cm3K = microbeam_layer_mean(tissue, v->capacity, from_um, to_um),
	        .water_frac = water_frac,
	        .matrix_J_cm3 = burnt_frac * c->matrix_scale * MATRIX_J_G * MATRIX_G_CM3 * (1.0 - water_frac),
	};
}

double microbeam_boiling_C(const struct microbeam_constants *constants)
{
	return TISSUE_BOILING_C + constants->boiling_shift_K;
}

double microbeam_latent_J_cm3(const struct tissue *tissue, double depth_um)
{
	struct layer_values values;
	collect_layers(tissue, &values);
	return microbeam_layer_mean(tissue, values.water, 0.0, depth_um) * WATER_G_CM3 * TISSUE_LATENT_J_G;
}

enum status microbeam_heat_new(const struct tissue *tissue, const struct microbeam_grid *grid,
                               const struct microbeam_constants *constants, double burnt_frac, bool open,
                               struct heat_rz **out, struct fail *why)
{
	struct heat_rz_material row[MICROBEAM_ROWS_MAX];
	double start_C[MICROBEAM_ROWS_MAX];
	struct layer_values values;
	collect_layers(tissue, &values);
	double surface_C = tissue->surface_temperature_C;
	double gradient_C_um = (tissue->core_temperature_C - surface_C) / tissue_thickness_um(tissue);
	for (size_t j = 0; j < grid->nz; j++) {
		double from = grid->z_edge_um[j], to = grid->z_edge_um[j + 1];
		row[j] = row_material(tissue, &values, constants, burnt_frac, from, to);
		start_C[j] = surface_C + gradient_C_um * fmin(0.5 * (from + to), tissue_thickness_um(tissue));
	}
	double boiling_C = microbeam_boiling_C(constants);
	const struct heat_rz_setup setup = {
	        .grid = {grid->nr, grid->nz, grid->r_edge_um, grid->z_edge_um},
	        .row = row,
	        .start_C = start_C,
	        .ambient_C = surface_C,
	        .boiling_C = boiling_C,
	        .latent_J_g = TISSUE_LATENT_J_G,
	        .closed = !open,
	        /* matrix torn out has not been heated to decomposition */
	        .decomposition_C = boiling_C + burnt_frac * (DECOMPOSITION_C - boiling_C),
	        .damage = damage_set(constants->damage),
	};
	return heat_rz_new(&setup, out, why);
}

bool microbeam_cancelled(const struct microbeam_options *options)
{
	return options && options->cancelled && options->cancelled(options->context);
}

static double quiet_temperature_C(enum damage_set_id id)
{
	double t = CELSIUS_QUIET_FROM;
	while (t < CELSIUS_QUIET_TO && damage_rate_1_s(damage_set(id), t) < QUIET_OMEGA_PER_S)
		t += 1.0;
	return t;
}

enum status microbeam_relax(struct heat_rz *heat, const struct microbeam_constants *constants,
                            const struct microbeam_options *options, struct fail *why)
{
	double quiet_C = quiet_temperature_C(constants->damage), t = 0.0;
	for (size_t step = 0; heat_rz_hottest_C(heat) > quiet_C && t < RELAX_END_S; step++) {
		if (step % CANCEL_EVERY == 0 && microbeam_cancelled(options))
			return fail_set(why, ST_CANCELLED, "microbeam", "cancelled");
		t += heat_rz_advance_freely(heat, RELAX_END_S - t);
	}
	return ST_OK;
}

static double centre(const double *edge, size_t i)
{
	return 0.5 * (edge[i] + edge[i + 1]);
}

/* Where Omega falls through 1 between the centres of an inner and an outer cell: log-linear. Behind a
 * removed cell the damage ends at the face. */
static double crossing_um(double inner_omega, double outer_omega, double inner_um, double outer_um,
                          double face_um)
{
	if (isinf(inner_omega))
		return face_um;
	double a = log(inner_omega), b = log(fmax(outer_omega, OMEGA_FLOOR));
	return inner_um + (outer_um - inner_um) * a / (a - b);
}

/* Outermost radius with Omega >= 1 in a row; 0 when none. */
static double row_radius_um(const struct heat_rz *h, const struct microbeam_grid *g, size_t j)
{
	for (size_t i = g->nr; i-- > 0;) {
		double omega = heat_rz_omega(h, i, j);
		if (omega < COAGULATED_OMEGA)
			continue;
		if (i + 1 == g->nr)
			return g->r_edge_um[g->nr];
		return crossing_um(omega, heat_rz_omega(h, i + 1, j), centre(g->r_edge_um, i),
		                   centre(g->r_edge_um, i + 1), g->r_edge_um[i + 1]);
	}
	return 0.0;
}

/* Deepest point with Omega >= 1 in a column; 0 when none. */
static double column_depth_um(const struct heat_rz *h, const struct microbeam_grid *g, size_t i)
{
	for (size_t j = g->nz; j-- > 0;) {
		double omega = heat_rz_omega(h, i, j);
		if (omega < COAGULATED_OMEGA)
			continue;
		if (j + 1 == g->nz)
			return g->z_edge_um[g->nz];
		return crossing_um(omega, heat_rz_omega(h, i, j + 1), centre(g->z_edge_um, j),
		                   centre(g->z_edge_um, j + 1), g->z_edge_um[j + 1]);
	}
	return 0.0;
}

/* Crater depth in the axis column, with the used share of the front cell; 0 without a removed cell. */
static double crater_depth_um(const struct heat_rz *h, const struct microbeam_grid *g)
{
	size_t j = 0;
	while (j < g->nz && heat_rz_removed(h, 0, j))
		j++;
	if (j == 0 || j == g->nz)
		return g->z_edge_um[j];
	return g->z_edge_um[j] + heat_rz_consumed_frac(h, 0, j) * (g->z_edge_um[j + 1] - g->z_edge_um[j]);
}

/* Radius of the removed cells of a row. */
static double crater_radius_um(const struct heat_rz *h, const struct microbeam_grid *g, size_t j)
{
	size_t i = 0;
	while (i < g->nr && heat_rz_removed(h, i, j))
		i++;
	return g->r_edge_um[i];
}

/* The crater's radius at the surface, with the used share of the next cell. */
static double mouth_radius_um(const struct heat_rz *h, const struct microbeam_grid *g)
{
	size_t i = 0;
	while (i < g->nr && heat_rz_removed(h, i, 0))
		i++;
	if (i == 0 || i == g->nr)
		return g->r_edge_um[i];
	return g->r_edge_um[i] + heat_rz_consumed_frac(h, i, 0) * (g->r_edge_um[i + 1] - g->r_edge_um[i]);
}

static void measure_cells(const struct heat_rz *h, const struct microbeam_grid *g, struct microbeam_sizes *s)
{
	for (size_t j = 0; j < g->nz; j++)
		for (size_t i = 0; i < g->nr; i++) {
			if (heat_rz_removed(h, i, j)) {
				s->events |= MICROBEAM_ABLATED;
				s->events |= j + 1 == g->nz ? MICROBEAM_BEYOND_GRID : 0u;
				continue;
			}
			double consumed = heat_rz_consumed_frac(h, i, j);
			s->peak_C = fmax(s->peak_C, heat_rz_peak_C(h, i, j));
			s->events |= consumed > BOILED_FRAC ? MICROBEAM_BOILED : 0u;
			s->events |= heat_rz_water_frac(h, i, j) < DRIED_FRAC ? MICROBEAM_DRIED : 0u;
			s->events |= consumed > 1.0 - 1e-9 ? MICROBEAM_CHARRED : 0u;
			if ((i + 1 == g->nr || j + 1 == g->nz) && heat_rz_omega(h, i, j) >= COAGULATED_OMEGA)
				s->events |= MICROBEAM_BEYOND_GRID;
		}
}

/* Mean thickness of the coagulated wall, weighted by depth, over the rows the crater passes. */
static void measure_rows(const struct heat_rz *h, const struct microbeam_grid *g, struct microbeam_sizes *s)
{
	double rim_um2 = 0.0, crater_um = 0.0;
	for (size_t j = 0; j < g->nz; j++) {
		double radius_um = row_radius_um(h, g, j);
		s->coagulation_width_um = fmax(s->coagulation_width_um, 2.0 * radius_um);
		if (!heat_rz_removed(h, 0, j))
			continue;
		double row_um = g->z_edge_um[j + 1] - g->z_edge_um[j];
		rim_um2 += row_um * fmax(radius_um - crater_radius_um(h, g, j), 0.0);
		crater_um += row_um;
	}
	s->coagulation_rim_um = crater_um > 0.0 ? rim_um2 / crater_um : 0.0;
}

static void fill_axis(const struct heat_rz *h, const struct microbeam_grid *g, struct microbeam_axis *axis)
{
	axis->count = g->nz;
	for (size_t j = 0; j < g->nz; j++) {
		axis->depth_um[j] = centre(g->z_edge_um, j);
		axis->peak_C[j] = heat_rz_peak_C(h, 0, j);
		axis->omega[j] = heat_rz_omega(h, 0, j);
		axis->removed_um[j] = crater_radius_um(h, g, j);
		axis->killed_um[j] = fmax(row_radius_um(h, g, j), axis->removed_um[j]);
	}
}

void microbeam_measure(const struct heat_rz *heat, const struct microbeam_grid *grid,
                       struct microbeam_sizes *sizes, struct microbeam_axis *axis)
{
	*sizes = (struct microbeam_sizes){.cell_um = 0.5 * fmax(grid->r_edge_um[1], grid->z_edge_um[1])};
	measure_cells(heat, grid, sizes);
	measure_rows(heat, grid, sizes);
	for (size_t i = 0; i < grid->nr; i++)
		sizes->coagulation_depth_um =
		        fmax(sizes->coagulation_depth_um, column_depth_um(heat, grid, i));
	sizes->ablation_depth_um = crater_depth_um(heat, grid);
	sizes->ablation_width_um = 2.0 * mouth_radius_um(heat, grid);
	sizes->coagulation_depth_um = fmax(sizes->coagulation_depth_um, sizes->ablation_depth_um);
	sizes->coagulation_width_um = fmax(sizes->coagulation_width_um, sizes->ablation_width_um);
	sizes->heat_left_mJ = heat_rz_balance(heat).stored_J / J_PER_MJ;
	if (axis)
		fill_axis(heat, grid, axis);
}
