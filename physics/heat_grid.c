/* The grid: cells aligned with the layers, fine where something happens, coarse where nothing does.
 *
 * Size at depth z: s(z) = min over faces i of (d_i + g |z - z_i|), faces being the surface and every
 * interface; d_i is a fraction of the thinner neighbour. Each layer gets ceil(integral dz/s) cells whose
 * edges lie at equal parts of that integral, so sizes change smoothly (ratio about 1 + g) and never across an
 * interface. */
#include "physics/heat_private.h"

#include "physics/base/units.h"

#define CELLS_PER_THIN_LAYER 10.0
#define GROWTH 0.06
#define FINEST_DEFAULT_UM 2.0
#define INTERFACE_FINEST_UM 0.2
#define INTERFACE_COARSEST_UM 5.0
#define QUADRATURE_STEP 0.1 /* of the local size, when integrating dz/s: the edges move by < 0.1 cell */
/* Blood: density and heat capacity of the MCmatlab tissue library (IT'IS v4). */
#define BLOOD_J_M3K (1050.0 * 3617.0)
#define LATENT_J_M3 (1000.0 * 2.257e6) /* of water boiling at 100 C and 1 atm, per volume of water */

double heat_option(double value, double fallback)
{
	return value > 0.0 ? value : fallback;
}

struct sizing {
	size_t faces;
	double face_um[HEAT_LAYERS_MAX];
	double size_um[HEAT_LAYERS_MAX];
	double growth;
};

static struct sizing sizing_of(size_t layers, const struct heat_layer *layer,
                               const struct heat_options *options)
{
	double refine = heat_option(options->refine, 1.0), depth_um = 0.0;
	struct sizing sizing = {.faces = layers, .growth = GROWTH / refine};
	for (size_t i = 0; i < layers; i++) {
		double thin_um = layer[i].thickness_um;
		if (i > 0)
			thin_um = fmin(thin_um, layer[i - 1].thickness_um);
		double size_um = thin_um / CELLS_PER_THIN_LAYER;
		if (i == 0)
			size_um = fmin(size_um, heat_option(options->finest_um, FINEST_DEFAULT_UM));
		else
			size_um = fmin(fmax(size_um, INTERFACE_FINEST_UM), INTERFACE_COARSEST_UM);
		sizing.face_um[i] = depth_um;
		sizing.size_um[i] = size_um / refine;
		depth_um += layer[i].thickness_um;
	}
	return sizing;
}

/* Within one layer: of all faces above it one rules, and of all below, since sizes grow alike from each. */
struct local_size {
	double from_above_um, from_below_um, growth; /* size = min(above + growth z, below - growth z) */
};

static struct local_size local_size_of(const struct sizing *sizing, size_t layer)
{
	struct local_size local = {INFINITY, INFINITY, sizing->growth};
	for (size_t i = 0; i < sizing->faces; i++) {
		double grown_um = sizing->growth * sizing->face_um[i];
		if (i <= layer)
			local.from_above_um = fmin(local.from_above_um, sizing->size_um[i] - grown_um);
		else
			local.from_below_um = fmin(local.from_below_um, sizing->size_um[i] + grown_um);
	}
	return local;
}

/* A comparison instead of fmin: this is asked forty times a cell. */
static double size_at(const struct local_size *local, double depth_um)
{
	double above_um = local->from_above_um + local->growth * depth_um;
	double below_um = local->from_below_um - local->growth * depth_um;
	return above_um < below_um ? above_um : below_um;
}

/* Walks from top to bottom summing dz/s (midpoint rule); writes the depth at which the sum passes each whole
 * multiple of part, and returns the sum. With part = INFINITY it only sums. */
static double walk_layer(const struct local_size *local, double top_um, double bottom_um, double part,
                         double *edge_um)
{
	double depth_um = top_um, sum = 0.0, next = part;
	while (depth_um < bottom_um) {
		double step_um = QUADRATURE_STEP * size_at(local, depth_um), left_um = bottom_um - depth_um;
		step_um = step_um < left_um ? step_um : left_um;
		double density = 1.0 / size_at(local, depth_um + 0.5 * step_um);
		for (; sum + density * step_um >= next; next += part)
			*edge_um++ = depth_um + (next - sum) / density;
		sum += density * step_um;
		double after_um = depth_um + step_um;
		if (after_um <= depth_um)
			break;
		depth_um = after_um;
	}
	return sum;
}

static enum status layer_edges(const struct local_size *local, double top_um, double bottom_um, double *edge_um,
                               size_t room, size_t *added, struct fail *why)
{
	double sum = walk_layer(local, top_um, bottom_um, INFINITY, NULL);
	double wanted = fmax(2.0, ceil(sum));
	if (wanted > (double)room)
		return fail_set(why, ST_FULL, "heat.grid",
		                "needs more than %d cells; make the finest cell larger", HEAT_CELLS_MAX);
	/* The last edge is the layer's own face, so that faces are exact; the others stay inside it. */
	*added = (size_t)wanted;
	double scratch[HEAT_CELLS_MAX + 2];
	(void)walk_layer(local, top_um, bottom_um, sum / wanted, scratch);
	memcpy(edge_um, scratch, (*added - 1) * sizeof *edge_um);
	edge_um[*added - 1] = bottom_um;
	return ST_OK;
}

enum status heat_grid(size_t layers, const struct heat_layer *layer, const struct heat_options *options,
                      double *edge_um, size_t capacity, size_t *count, struct fail *why)
{
	if (layers < 1 || layers > HEAT_LAYERS_MAX)
		return fail_set(why, ST_RANGE, "heat.layers", "%zu layers; allowed 1 to %d", layers,
		                HEAT_LAYERS_MAX);
	const struct heat_options defaults = {0};
	struct sizing sizing = sizing_of(layers, layer, options ? options : &defaults);
	double depth_um = 0.0;
	size_t used = 1, most = capacity < HEAT_CELLS_MAX + 1 ? capacity : HEAT_CELLS_MAX + 1;
	if (most < 1)
		return fail_set(why, ST_FULL, "heat.grid", "no room for the edges");
	edge_um[0] = 0.0;
	for (size_t i = 0; i < layers; i++) {
		size_t added = 0;
		if (!(layer[i].thickness_um > 0.0) || !isfinite(layer[i].thickness_um))
			return fail_set(why, ST_RANGE, "heat.layer.thickness_um",
			                "layer %zu: %g; must be positive", i, layer[i].thickness_um);
		double bottom_um = depth_um + layer[i].thickness_um;
		const struct local_size local = local_size_of(&sizing, i);
		enum status status =
		        layer_edges(&local, depth_um, bottom_um, edge_um + used, most - used, &added, why);
		if (status != ST_OK)
			return status;
		used += added;
		depth_um = bottom_um;
	}
	*count = used;
	return ST_OK;
}

static double cell_um(const struct heat_cells *cells, size_t i)
{
	return cells->edge_um[i + 1] - cells->edge_um[i];
}

/* Resistance of half a cell, m2 K/W. */
static double half_resistance(const struct heat_cells *cells, size_t i, const struct heat_layer *layer)
{
	return 0.5 * cell_um(cells, i) * M_PER_UM / layer->conductivity_W_mK;
}

static void fill_cell(struct heat_cells *cells, size_t i, const struct heat_layer *layer,
                      double metabolic_W_m3)
{
	double size_m = cell_um(cells, i) * M_PER_UM;
	cells->capacity_J_m2K[i] = layer->density_kg_m3 * layer->heat_capacity_J_kgK * size_m;
	cells->sink_W_m2K[i] = layer->perfusion_1_s * BLOOD_J_M3K * size_m;
	cells->metabolic_W_m2[i] = layer->perfusion_1_s > 0.0 ? metabolic_W_m3 * size_m : 0.0;
	cells->latent_J_m2[i] = layer->water_frac * LATENT_J_M3 * size_m;
	cells->lateral_W_K[i] = layer->conductivity_W_mK * size_m;
}

/* Series resistance of the two half cells: exact for steady flow through an interface (Patankar 1980, 4.2-3).
 */
static void fill_cells(struct heat_cells *cells, const struct heat_problem *problem)
{
	size_t l = 0;
	double bottom_um = problem->layer[0].thickness_um, before = 0.0;
	for (size_t i = 0; i < cells->count; i++) {
		if (cells->edge_um[i] >= bottom_um && l + 1 < problem->layers)
			bottom_um += problem->layer[++l].thickness_um;
		fill_cell(cells, i, &problem->layer[l], problem->metabolic_W_m3);
		double half = half_resistance(cells, i, &problem->layer[l]);
		cells->conductance_W_m2K[i] = 1.0 / (before + half);
		before = half;
	}
	cells->conductance_W_m2K[cells->count] = problem->deep == HEAT_DEEP_CORE ? 1.0 / before : 0.0;
}

void heat_cells_deposit(const struct heat_cells *cells, const struct heat_source *source,
                        double *deposit_J_m2)
{
	size_t bin = 0;
	for (size_t i = 0; i < cells->count && bin < source->bins; i++) {
		double top_um = cells->edge_um[i], bottom_um = cells->edge_um[i + 1];
		while (bin < source->bins && source->edge_um[bin] < bottom_um) {
			double overlap_um = fmin(bottom_um, source->edge_um[bin + 1]) -
			                    fmax(top_um, source->edge_um[bin]);
			deposit_J_m2[i] += fmax(overlap_um, 0.0) * CM_PER_UM * source->absorption_1_cm[bin] *
			                   J_M2_PER_J_CM2;
			if (source->edge_um[bin + 1] > bottom_um)
				break;
			bin++;
		}
	}
}

/* Cells that are given: whole ones of every layer, from the surface to the last face. */
static enum status given_grid(const struct heat_problem *problem, double *edge_um, size_t *edges, struct fail *why)
{
	const struct heat_options *o = &problem->options;
	double face_um = 0.0;
	size_t faces = 0, i = 0;
	*edges = o->edges <= HEAT_CELLS_MAX + 1 ? o->edges : 0;
	memcpy(edge_um, o->edge_um, *edges * sizeof *edge_um);
	for (; i < *edges && (i == 0 || edge_um[i] > edge_um[i - 1]); i++)
		if (faces <= problem->layers && edge_um[i] == face_um && faces++ < problem->layers)
			face_um += problem->layer[faces - 1].thickness_um;
	if (i > 0 && i == o->edges && faces == problem->layers + 1 && edge_um[i - 1] == face_um)
		return ST_OK;
	return fail_set(why, ST_RANGE, "heat.options.edge_um", "%zu edges that are not cells of these layers", o->edges);
}

enum status heat_cells_new(const struct heat_problem *problem, struct heat_cells *cells, struct fail *why)
{
	double edge_um[HEAT_CELLS_MAX + 1];
	size_t edges = 0;
	enum status status = problem->options.edges
	                             ? given_grid(problem, edge_um, &edges, why)
	                             : heat_grid(problem->layers, problem->layer, &problem->options, edge_um,
	                                         HEAT_CELLS_MAX + 1, &edges, why);
	if (status != ST_OK)
		return status;
	enum { ARRAYS = 8 };
	double *block = calloc(ARRAYS * edges, sizeof *block);
	if (!block)
		return fail_set(why, ST_FULL, "heat.grid", "out of memory for %zu cells", edges - 1);
	*cells = (struct heat_cells){.count = edges - 1,
	                             .block = block,
	                             .edge_um = block,
	                             .capacity_J_m2K = block + edges,
	                             .sink_W_m2K = block + 2 * edges,
	                             .metabolic_W_m2 = block + 3 * edges,
	                             .latent_J_m2 = block + 4 * edges,
	                             .deposit_J_m2 = block + 5 * edges,
	                             .conductance_W_m2K = block + 6 * edges,
	                             .lateral_W_K = block + 7 * edges};
	memcpy(cells->edge_um, edge_um, edges * sizeof *edge_um);
	fill_cells(cells, problem);
	heat_cells_deposit(cells, &problem->source, cells->deposit_J_m2);
	return ST_OK;
}

void heat_cells_free(struct heat_cells *cells)
{
	free(cells->block);
	*cells = (struct heat_cells){0};
}
