/* Boiling under a beam: between steps the modes are summed into temperatures, what passes 100 C goes into the
 * latent store of its cell until that is full (the source-based form of phase change, Voller & Swaminathan 1991,
 * Numer Heat Transfer B 19:175), and what was taken is projected back onto the modes. With all modes kept the
 * projection is exact, so energy is conserved to rounding. */
#include "physics/heat_beam_private.h"

#define MARGIN_K 15.0 /* no ring is hotter than the axis by this */

struct heat_beam_boiler {
	const struct heat_cells *cells;
	const struct heat_modes *modes;
	double *boiled_J_m2;    /* [radii x cells] */
	size_t padded;          /* cells, rounded up to a panel */
	double *panel;          /* [lanes x padded]: the state, mode by mode */
	double *temperature_K;  /* [radii x cells], without the base */
	size_t *active;         /* all modes, for every panel of cells */
};

void heat_beam_boiler_free(struct heat_beam_boiler **boiler)
{
	if (!boiler || !*boiler)
		return;
	free((*boiler)->panel);
	free((*boiler)->temperature_K);
	free((*boiler)->active);
	free(*boiler);
	*boiler = NULL;
}

enum status heat_beam_boiler_new(const struct heat_cells *cells, const struct heat_modes *modes,
                                 double *boiled_J_m2, struct heat_beam_boiler **out, struct fail *why)
{
	struct heat_beam_boiler *b = *out = calloc(1, sizeof *b);
	if (!b)
		return fail_set(why, ST_FULL, "heat.beam", "out of memory");
	*b = (struct heat_beam_boiler){.cells = cells, .modes = modes, .boiled_J_m2 = boiled_J_m2};
	b->padded = (cells->count + HEAT_BEAM_PANEL - 1) / HEAT_BEAM_PANEL * HEAT_BEAM_PANEL;
	b->panel = calloc(modes->lanes * b->padded, sizeof *b->panel);
	b->temperature_K = calloc(modes->radii * cells->count, sizeof *b->temperature_K);
	b->active = calloc(b->padded / HEAT_BEAM_PANEL, sizeof *b->active);
	for (size_t i = 0; b->active && i < b->padded / HEAT_BEAM_PANEL; i++)
		b->active[i] = modes->kept + 1;
	if (b->panel && b->temperature_K && b->active)
		return ST_OK;
	heat_beam_boiler_free(out);
	return fail_set(why, ST_FULL, "heat.beam", "out of memory for %zu cells", modes->radii * cells->count);
}

/* The rows that may boil: light and heat fall outwards, so where the axis is cold so is the rest of its row. */
static bool find_hot_rows(const struct heat_beam_boiler *b, const double *state, size_t *first, size_t *end)
{
	const struct heat_modes *modes = b->modes;
	size_t n = b->cells->count;
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		double axis_C = state[i * HEAT_BEAM_LANES + HEAT_BEAM_BASE];
		for (size_t block = 0; block < modes->blocks; block++)
			for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++)
				axis_C += modes->vector[block * HEAT_BEAM_LANES + lane] *
				          state[(block * n + i) * HEAT_BEAM_LANES + lane];
		if (axis_C < HEAT_BOILING_C - MARGIN_K)
			continue;
		*first = any ? *first : i;
		*end = i + 1;
		any = true;
	}
	return any;
}

static void turn_into_panel(struct heat_beam_boiler *b, const double *state, size_t first, size_t end)
{
	for (size_t block = 0; block < b->modes->blocks; block++)
		for (size_t i = first; i < end; i++) {
			const double *from = state + (block * b->cells->count + i) * HEAT_BEAM_LANES;
			for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++)
				b->panel[(block * HEAT_BEAM_LANES + lane) * b->padded + i - first] = from[lane];
		}
}

/* T(r_j, z_i) falls by drop_K: a_m falls by M_j V_jm drop_K. */
static void project_back(const struct heat_beam_boiler *b, size_t radius, size_t cell, double drop_K, double *state)
{
	const struct heat_modes *modes = b->modes;
	const double *vector = modes->vector + radius * modes->lanes;
	double drop = drop_K * modes->area_m2[radius];
	for (size_t block = 0; block < modes->blocks; block++) {
		double *at = state + (block * b->cells->count + cell) * HEAT_BEAM_LANES;
		for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++)
			at[lane] -= drop * vector[block * HEAT_BEAM_LANES + lane];
	}
}

static void take_latent(struct heat_beam_boiler *b, size_t radius, size_t cell, double temperature_C, double *state)
{
	const struct heat_cells *cells = b->cells;
	double *boiled_J_m2 = &b->boiled_J_m2[radius * cells->count + cell];
	double excess_J_m2 = (temperature_C - HEAT_BOILING_C) * cells->capacity_J_m2K[cell];
	double taken_J_m2 = fmin(excess_J_m2, cells->latent_J_m2[cell] - *boiled_J_m2);
	if (taken_J_m2 <= 0.0)
		return;
	*boiled_J_m2 += taken_J_m2;
	project_back(b, radius, cell, taken_J_m2 / cells->capacity_J_m2K[cell], state);
}

void heat_beam_boil(struct heat_beam_boiler *b, double *state)
{
	const struct heat_modes *modes = b->modes;
	size_t first = 0, end = 0;
	if (!find_hot_rows(b, state, &first, &end))
		return;
	turn_into_panel(b, state, first, end);
	const struct heat_beam_sum_whole sum = {.radii = modes->radii,
	                                        .modes = b->active,
	                                        .lanes = modes->lanes,
	                                        .steps = end - first,
	                                        .padded = b->padded,
	                                        .stride = b->cells->count,
	                                        .vector = modes->vector,
	                                        .panel = b->panel,
	                                        .out = b->temperature_K};
	heat_beam_kernel_sum_whole(&sum);
	const double *base_C = b->panel + HEAT_BEAM_BASE * b->padded;
	for (size_t j = 0; j < modes->radii; j++)
		for (size_t i = 0; i < end - first; i++)
			take_latent(b, j, first + i, base_C[i] + b->temperature_K[j * sum.stride + i], state);
}
