/* The beam solver: radial modes, and their sum into one `struct heat` per radius.
 *
 * Finite volumes in r: ring j has area M_j; neighbouring rings exchange k dz L with
 * L_{j,j+1} = 2 pi r_{j+1/2} / (r_{j+1} - r_j) (Patankar 1980, Numerical Heat Transfer and Fluid Flow, 4.2).
 * k dz does not depend on r, so with the modes V of L V = M V diag(mu) and T(r_j, z_i) = sum_m V_jm a_m(z_i)
 * the equations of all rings become, mode by mode, those of one column with the extra sink k dz mu_m: the
 * method of lines in r is solved exactly, whatever the layers. L-stable in time (heat_beam_march.c). */
#include "physics/heat_beam_private.h"

#include "physics/base/matrix.h"
#include "physics/base/units.h"

#define AXIS_PARTS 10.0 /* of the beam's edge radius: cell on the axis */
#define EDGE_PARTS 60.0 /* and at the edge */
#define GROWTH 0.1      /* per unit distance from the edge */

struct heat_beam {
	size_t columns, rows; /* rows kept */
	bool direct;          /* boiling: the histories of the columns are whole */
	struct heat *column;
	double *r_edge_um;
	struct heat_cells cells; /* one for all columns */
	double *depth_um, *time_s;
	float *base, *response;
	double *boiled_J_m2; /* [cells], or of each column when direct */
};

/* ---- radii ---- */

/* Edges of one stretch whose cells start at small_um on the beam's edge and grow away from it, at most
 * large_um, rounded to a whole number of cells; distances from the beam's edge, rising. */
static size_t stretch(double length_um, double small_um, double large_um, double growth, double *distance_um,
                      size_t most)
{
	double turn_um = fmin(length_um, fmax(0.0, (large_um - small_um) / growth));
	double turn = log1p(growth * turn_um / small_um) / growth,
	       all = turn + (length_um - turn_um) / large_um;
	size_t count = (size_t)fmax(1.0, ceil(all));
	for (size_t i = 1; i <= count && i <= most; i++) {
		double at = all * (double)i / (double)count;
		distance_um[i - 1] = at <= turn ? small_um * expm1(growth * at) / growth
		                                : turn_um + (at - turn) * large_um;
	}
	return count;
}

enum status heat_beam_radii(double edge_um, double far_um, double refine, double *r_edge_um, size_t capacity,
                            size_t *count, struct fail *why)
{
	double inside[HEAT_BEAM_RADII_MAX], outside[HEAT_BEAM_RADII_MAX];
	double finer = heat_option(refine, 1.0), growth = GROWTH / finer,
	       small_um = edge_um / (EDGE_PARTS * finer);
	if (!(edge_um > 0.0 && far_um > edge_um && isfinite(far_um)))
		return fail_set(why, ST_RANGE, "heat.beam.far_um",
		                "%g um for a beam of radius %g um; must lie beyond it", far_um, edge_um);
	size_t in = stretch(edge_um, small_um, edge_um / (AXIS_PARTS * finer), growth, inside,
	                    HEAT_BEAM_RADII_MAX);
	size_t out = stretch(far_um - edge_um, small_um, INFINITY, growth, outside, HEAT_BEAM_RADII_MAX);
	if (in + out > HEAT_BEAM_RADII_MAX || in + out + 1 > capacity)
		return fail_set(why, ST_FULL, "heat.beam.radii", "%zu radii needed; room for %zu", in + out,
		                capacity - 1 < HEAT_BEAM_RADII_MAX ? capacity - 1
		                                                   : (size_t)HEAT_BEAM_RADII_MAX);
	for (size_t i = 0; i < in; i++)
		r_edge_um[i] = edge_um - inside[in - 1 - i];
	r_edge_um[0] = 0.0;
	r_edge_um[in] = edge_um;
	for (size_t i = 0; i < out; i++)
		r_edge_um[in + 1 + i] = edge_um + outside[i];
	r_edge_um[in + out] = far_um;
	*count = in + out + 1;
	return ST_OK;
}

/* ---- modes ---- */

struct eigen {
	double value;
	const double *vector; /* unit, of M^-1/2 L M^-1/2 */
};

static int by_value(const void *a, const void *b)
{
	double first = ((const struct eigen *)a)->value, second = ((const struct eigen *)b)->value;
	return (first > second) - (first < second);
}

/* M^-1/2 L M^-1/2, symmetric and tridiagonal. */
static void fill_radial(size_t n, const double *r_edge_um, const double *area_m2, double *matrix)
{
	for (size_t j = 0; j + 1 < n; j++) {
		double apart_um = 0.5 * (r_edge_um[j + 2] - r_edge_um[j]); /* of the rings' middles */
		double exchange = 2.0 * PI * r_edge_um[j + 1] / apart_um;
		matrix[j * n + j] += exchange / area_m2[j];
		matrix[(j + 1) * n + j + 1] += exchange / area_m2[j + 1];
		matrix[j * n + j + 1] = matrix[(j + 1) * n + j] =
		        -exchange / sqrt(area_m2[j] * area_m2[j + 1]);
	}
}

static void take_modes(struct heat_modes *modes, const struct eigen *eigen)
{
	for (size_t m = 0; m < modes->radii; m++) {
		size_t lane = m + 1;
		modes->eigenvalue_1_m2[lane] = fmax(eigen[m].value, 0.0);
		for (size_t j = 0; j < modes->radii; j++) {
			double value = eigen[m].vector[j] / sqrt(modes->area_m2[j]);
			modes->vector[j * modes->lanes + lane] = value;
			modes->largest[lane] = fmax(modes->largest[lane], fabs(value));
		}
	}
}

static bool find_modes(struct heat_modes *modes, const double *r_edge_um)
{
	size_t n = modes->radii;
	double *block = calloc(2 * n * n + 3 * n, sizeof *block);
	struct eigen *eigen = calloc(n, sizeof *eigen);
	bool found = false;
	if (block && eigen) {
		double *value = block + 2 * n * n;
		fill_radial(n, r_edge_um, modes->area_m2, block);
		found = matrix_eigen_symmetric((int)n, block, value, block + n * n, value + n) == 0;
		for (size_t m = 0; m < n; m++)
			eigen[m] = (struct eigen){value[m], block + n * n + m * n};
		qsort(eigen, n, sizeof *eigen, by_value);
		take_modes(modes, eigen);
	}
	free(block);
	free(eigen);
	return found;
}

static void modes_free(struct heat_modes *modes)
{
	free(modes->eigenvalue_1_m2);
}

static enum status modes_new(size_t radii, const double *r_edge_um, struct heat_modes *modes,
                             struct fail *why)
{
	size_t blocks = radii / HEAT_BEAM_LANES + 1, lanes = blocks * HEAT_BEAM_LANES;
	double *block = calloc(2 * lanes + (radii + HEAT_BEAM_LANES) * lanes + radii, sizeof *block);
	if (!block)
		return fail_set(why, ST_FULL, "heat.beam", "out of memory for %zu radii", radii);
	*modes = (struct heat_modes){.radii = radii,
	                             .blocks = blocks,
	                             .lanes = lanes,
	                             .kept = radii,
	                             .eigenvalue_1_m2 = block,
	                             .largest = block + lanes,
	                             .area_m2 = block + 2 * lanes,
	                             .vector = block + 2 * lanes + radii};
	for (size_t j = 0; j < radii; j++) {
		double inner_m = r_edge_um[j] * M_PER_UM, outer_m = r_edge_um[j + 1] * M_PER_UM;
		modes->area_m2[j] = PI * (outer_m - inner_m) * (outer_m + inner_m);
	}
	return find_modes(modes, r_edge_um)
	               ? ST_OK
	               : fail_set(why, ST_NUMERIC, "heat.beam", "no modes for %zu radii", radii);
}

/* ---- source ---- */

static struct heat_source ring_source(const struct heat_beam_source *source, size_t ring)
{
	return (struct heat_source){source->bins, source->z_edge_um,
	                            source->absorption_1_cm + ring * source->bins};
}

static enum status check(const struct heat_problem *column, const struct heat_beam_source *source,
                         struct fail *why)
{
	if (!column || !source || source->radii < 1 || source->radii > HEAT_BEAM_RADII_MAX ||
	    !source->r_edge_um || source->bins < 1)
		return fail_set(why, ST_RANGE, "heat.beam.radii",
		                "%zu radii; allowed 1 to %d, with light in each", source ? source->radii : 0,
		                HEAT_BEAM_RADII_MAX);
	for (size_t j = 0; j < source->radii; j++)
		if (!(source->r_edge_um[j + 1] > source->r_edge_um[j]) || source->r_edge_um[0] != 0.0 ||
		    !isfinite(source->r_edge_um[j + 1]))
			return fail_set(why, ST_INPUT, "heat.beam.r_edge_um",
			                "edge %zu: radii must increase from 0", j + 1);
	for (size_t j = 0; j < source->radii; j++) {
		struct heat_problem problem = *column;
		problem.source = ring_source(source, j);
		enum status status = heat_problem_check(&problem, why);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

/* What the light alone, all at once, would do. */
struct flash {
	double largest_K; /* in any cell, per unit radiant exposure */
	size_t edge;      /* where the beam ends: the ring from which the deposit falls most */
};

/* a_m = sum_j M_j V_jm d_j for every cell. */
static struct flash project(const struct heat_beam_source *source, const struct heat_cells *cells,
                            const struct heat_modes *modes, double *ring_J_m2, double *deposit_J_m2)
{
	struct flash flash = {0};
	double before = 0.0, steepest = 0.0;
	for (size_t j = 0; j < source->radii; j++) {
		struct heat_source ring = ring_source(source, j);
		double sum = 0.0;
		memset(ring_J_m2, 0, cells->count * sizeof *ring_J_m2);
		heat_cells_deposit(cells, &ring, ring_J_m2);
		const struct heat_beam_ring projected = {.cells = cells->count,
		                                         .blocks = modes->blocks,
		                                         .area_m2 = modes->area_m2[j],
		                                         .vector = modes->vector + j * modes->lanes,
		                                         .ring_J_m2 = ring_J_m2,
		                                         .deposit_J_m2 = deposit_J_m2};
		heat_beam_kernel_project(&projected);
		for (size_t i = 0; i < cells->count; i++) {
			flash.largest_K = fmax(flash.largest_K, ring_J_m2[i] / cells->capacity_J_m2K[i]);
			sum += ring_J_m2[i];
		}
		if (j > 0 && before - sum > steepest) {
			steepest = before - sum;
			flash.edge = j - 1;
		}
		before = sum;
	}
	return flash;
}

/* What a mode can add to the temperature at most, anywhere and ever: it has its own share of the light only.
 */
static double mode_largest_K(const struct heat_cells *cells, const struct heat_modes *modes,
                             const double *deposit_J_m2, size_t lane)
{
	const double *deposit = deposit_J_m2 + lane / HEAT_BEAM_LANES * cells->count * HEAT_BEAM_LANES +
	                        lane % HEAT_BEAM_LANES;
	double most = 0.0;
	for (size_t i = 0; i < cells->count; i++)
		most = fmax(most, fabs(deposit[i * HEAT_BEAM_LANES]) / cells->capacity_J_m2K[i]);
	return most * modes->largest[lane];
}

/* Leaves out the highest modes as long as what they could add stays below the slack of what the light can make. */
static void cut_modes(const struct heat_cells *cells, struct heat_modes *modes, double largest_K,
                      double *deposit_J_m2)
{
	size_t kept = modes->radii;
	double rest_K = 0.0;
	while (kept > 1) {
		rest_K += mode_largest_K(cells, modes, deposit_J_m2, kept);
		if (rest_K > HEAT_BEAM_MODE_SLACK * largest_K)
			break;
		kept--;
	}
	for (size_t lane = kept + 1; lane < modes->lanes; lane++) {
		modes->eigenvalue_1_m2[lane] = modes->largest[lane] = 0.0;
		for (size_t j = 0; j < modes->radii; j++)
			modes->vector[j * modes->lanes + lane] = 0.0;
	}
	modes->kept = kept;
	modes->blocks = kept / HEAT_BEAM_LANES + 1;
	size_t last = (modes->blocks - 1) * cells->count * HEAT_BEAM_LANES;
	for (size_t i = 0; i < cells->count; i++)
		for (size_t lane = kept % HEAT_BEAM_LANES + 1; lane < HEAT_BEAM_LANES; lane++)
			deposit_J_m2[last + i * HEAT_BEAM_LANES + lane] = 0.0;
}

/* ---- from modes to columns ---- */

#define PANEL_ROWS 4 /* rows turned at once: longer pieces of each state */

/* Histories of every lane in some of the tissue's rows: [row][lane][step]. */
struct panel {
	size_t first, rows;
	size_t padded, stride; /* from lane to lane, from row to row */
	float *value;
	float *vector;  /* [radii][lanes] of the modes */
	size_t *active; /* lanes that matter, by HEAT_BEAM_PANEL steps of one row */
};

static const float *state_at(const struct heat_beam_march *march, size_t step, size_t block, size_t cell)
{
	return march->value + ((step * march->modes->blocks + block) * march->kept + cell) * HEAT_BEAM_LANES;
}

/* Row 0 gets the first cell. */
static void fill_panel(const struct heat_beam_march *march, const struct panel *panel, size_t step, size_t steps)
{
	for (size_t b = 0; b < march->modes->blocks; b++)
		for (size_t row = 0; row < panel->rows; row++) {
			size_t cell = panel->first + row > 0 ? panel->first + row - 1 : 0;
			const struct heat_beam_turn turn = {
			        .steps = steps,
			        .stride = march->modes->blocks * march->kept * HEAT_BEAM_LANES,
			        .padded = panel->padded,
			        .state = state_at(march, step, b, cell),
			        .out = panel->value + row * panel->stride + b * HEAT_BEAM_LANES * panel->padded + step};
			heat_beam_kernel_turn(&turn);
		}
}

/* The surface has no heat capacity: it shares what the first cell has with the medium. */
static void take_surface(const struct heat_beam_march *march, const struct panel *panel)
{
	for (size_t lane = 0; lane <= march->modes->kept; lane++)
		for (size_t step = 0; step < march->steps; step++)
			panel->value[lane * panel->padded + step] *= (float)march->surface_share[step];
}

/* What a mode adds at most, over the steps of one panel. */
static double mode_adds_K(const struct heat_modes *modes, const float *history, size_t lane)
{
	float most = 0.0F;
	for (size_t s = 0; s < HEAT_BEAM_PANEL; s++) {
		float size = history[s] < 0.0F ? -history[s] : history[s];
		most = size > most ? size : most;
	}
	return (double)most * modes->largest[lane];
}

/* Leaves out the highest modes as long as what they add stays below the slack of the largest response. */
static void find_active(const struct heat_beam_march *march, const struct panel *panel, const float *history)
{
	const struct heat_modes *modes = march->modes;
	for (size_t t = 0; t < panel->padded; t += HEAT_BEAM_PANEL) {
		size_t kept = modes->kept;
		double rest_K = 0.0;
		while (kept > 1) {
			rest_K += mode_adds_K(modes, history + kept * panel->padded + t, kept);
			if (rest_K > HEAT_BEAM_MODE_SLACK * march->largest)
				break;
			kept--;
		}
		panel->active[t / HEAT_BEAM_PANEL] = kept + 1;
	}
}

static void fill_base(struct heat_beam *beam, const struct heat_beam_march *march, size_t row, const float *history)
{
	float *base = beam->base + row * march->steps;
	for (size_t step = 0; step < march->steps; step++)
		base[step] = row > 0 ? history[step] : (float)((double)history[step] + march->surface_C[step]);
}

static void fill_rows(struct heat_beam *beam, const struct heat_beam_march *march, const struct panel *panel)
{
	const struct heat_modes *modes = march->modes;
	size_t steps = march->steps, most = HEAT_BEAM_PANEL;
	for (size_t t = 0; t < steps; t += most)
		fill_panel(march, panel, t, steps - t < most ? steps - t : most);
	if (panel->first == 0)
		take_surface(march, panel);
	for (size_t row = 0; row < panel->rows; row++) {
		const float *history = panel->value + row * panel->stride;
		fill_base(beam, march, panel->first + row, history + HEAT_BEAM_BASE * panel->padded);
		find_active(march, panel, history);
		const struct heat_beam_sum sum = {.radii = modes->radii,
		                                  .modes = panel->active,
		                                  .lanes = modes->lanes,
		                                  .steps = steps,
		                                  .padded = panel->padded,
		                                  .stride = beam->rows * steps,
		                                  .vector = panel->vector,
		                                  .panel = history,
		                                  .out = beam->response + (panel->first + row) * steps};
		heat_beam_kernel_sum(&sum);
	}
}

static enum status panel_new(const struct heat_beam_march *march, struct panel *panel, struct fail *why)
{
	const struct heat_modes *modes = march->modes;
	size_t padded = (march->steps + HEAT_BEAM_PANEL - 1) / HEAT_BEAM_PANEL * HEAT_BEAM_PANEL;
	size_t values = PANEL_ROWS * modes->lanes * padded, vectors = (modes->radii + HEAT_BEAM_LANES) * modes->lanes;
	*panel = (struct panel){.padded = padded, .stride = modes->lanes * padded};
	panel->value = calloc(values + vectors, sizeof *panel->value);
	panel->active = calloc(padded / HEAT_BEAM_PANEL, sizeof *panel->active);
	if (!panel->value || !panel->active)
		return fail_set(why, ST_FULL, "heat.beam", "out of memory for %zu steps", march->steps);
	panel->vector = panel->value + values;
	for (size_t i = 0; i < modes->radii * modes->lanes; i++)
		panel->vector[i] = (float)modes->vector[i];
	return ST_OK;
}

static enum status fill_columns(struct heat_beam *beam, const struct heat_beam_march *march, struct fail *why)
{
	struct panel panel;
	enum status status = panel_new(march, &panel, why);
	beam->base = malloc(beam->rows * march->steps * sizeof *beam->base);
	beam->response = malloc(beam->columns * beam->rows * march->steps * sizeof *beam->response);
	if (status == ST_OK && (!beam->base || !beam->response))
		status = fail_set(why, ST_FULL, "heat.beam", "out of memory for %zu histories", beam->columns * beam->rows);
	for (; status == ST_OK && panel.first < beam->rows; panel.first += PANEL_ROWS) {
		panel.rows = beam->rows - panel.first < PANEL_ROWS ? beam->rows - panel.first : PANEL_ROWS;
		fill_rows(beam, march, &panel);
	}
	free(panel.value);
	free(panel.active);
	return status;
}

/* Every column borrows base, times, depths and cells from the beam; only the response is its own. */
static struct heat linear_column(const struct heat_beam *beam, const struct heat_beam_march *march, size_t j)
{
	struct heat column = {.cells = beam->cells,
	                      .rows = beam->rows,
	                      .steps = march->steps,
	                      .fields = HEAT_FIELDS,
	                      .depth_um = beam->depth_um,
	                      .time_s = beam->time_s,
	                      .value = {beam->base, beam->response + j * beam->rows * march->steps},
	                      .highest = {j > 0 ? beam->column[0].highest[0] : NULL},
	                      .boiled_J_m2 = beam->boiled_J_m2,
	                      .core_C = march->problem->core_C,
	                      .ambient_C = march->ambient_C};
	column.cells.count = beam->rows - 1;
	return column;
}

/* A direct run has one field, and what boiled, in every column. */
static struct heat direct_column(const struct heat_beam *beam, const struct heat_beam_march *march, size_t j)
{
	struct heat column = linear_column(beam, march, j);
	size_t values = beam->rows * march->steps;
	float *whole = column.value[1];
	for (size_t i = 0; i < values; i++)
		whole[i] += beam->base[i];
	column.fields = 1;
	column.value[0] = whole;
	column.value[1] = column.highest[0] = NULL;
	column.boiled_J_m2 = beam->boiled_J_m2 + j * beam->cells.count;
	return column;
}

static enum status join_columns(struct heat_beam *beam, const struct heat_beam_march *march, struct fail *why)
{
	enum status status = ST_OK;
	for (size_t j = 0; status == ST_OK && j < beam->columns; j++) {
		struct heat *column = &beam->column[j];
		*column = beam->direct ? direct_column(beam, march, j) : linear_column(beam, march, j);
		if (j == 0 || beam->direct)
			status = heat_find_highest(column, 0, why);
		if (status == ST_OK && !beam->direct)
			status = heat_find_highest(column, 1, why);
	}
	return status;
}

/* ---- building ---- */

void heat_beam_free(struct heat_beam **beam)
{
	if (!beam || !*beam)
		return;
	struct heat_beam *old = *beam;
	for (size_t j = 0; old->column && j < old->columns; j++) {
		free(old->column[j].highest[1]);
		if (j == 0 || old->direct)
			free(old->column[j].highest[0]);
	}
	free(old->column);
	free(old->r_edge_um);
	heat_cells_free(&old->cells);
	free(old->depth_um);
	free(old->time_s);
	free(old->base);
	free(old->response);
	free(old->boiled_J_m2);
	free(old);
	*beam = NULL;
}

/* The surface and the cells down to a depth; all when it is 0. */
static size_t rows_kept(const struct heat_cells *cells, double keep_um)
{
	size_t kept = 1;
	while (kept < cells->count && (!(keep_um > 0.0) || cells->edge_um[kept] < keep_um))
		kept++;
	return kept + 1;
}

static enum status beam_alloc(const struct heat_problem *problem, const struct heat_beam_source *source,
                              bool direct, struct heat_beam **out, struct fail *why)
{
	struct heat_beam *beam = *out = calloc(1, sizeof *beam);
	if (!beam)
		return fail_set(why, ST_FULL, "heat.beam", "out of memory");
	enum status status = heat_cells_new(problem, &beam->cells, why);
	if (status != ST_OK)
		return status;
	size_t rows = beam->cells.count + 1;
	beam->rows = rows_kept(&beam->cells, source->keep_um);
	beam->columns = source->radii;
	beam->column = calloc(source->radii, sizeof *beam->column);
	beam->r_edge_um = calloc(source->radii + 1, sizeof *beam->r_edge_um);
	beam->depth_um = calloc(rows, sizeof *beam->depth_um);
	beam->direct = direct;
	beam->boiled_J_m2 = calloc(direct ? source->radii * beam->cells.count : rows, sizeof *beam->boiled_J_m2);
	if (!beam->column || !beam->r_edge_um || !beam->depth_um || !beam->boiled_J_m2)
		return fail_set(why, ST_FULL, "heat.beam", "out of memory for %zu columns", source->radii);
	memcpy(beam->r_edge_um, source->r_edge_um, (source->radii + 1) * sizeof *beam->r_edge_um);
	for (size_t i = 0; i + 1 < rows; i++)
		beam->depth_um[i + 1] = 0.5 * (beam->cells.edge_um[i] + beam->cells.edge_um[i + 1]);
	return ST_OK;
}

/* At fluence 1 for a linear run. */
static enum status march_and_sum(const struct heat_problem *problem, const struct heat_beam_source *source,
                                 double fluence_J_cm2, struct heat_modes *modes, struct heat_beam *beam,
                                 struct fail *why)
{
	size_t n = beam->cells.count;
	double *work = calloc(2 * n + n * modes->lanes, sizeof *work),
	       *deposit_J_m2 = work ? work + 2 * n : NULL;
	if (!work)
		return fail_set(why, ST_FULL, "heat.beam", "out of memory for %zu cells", n);
	struct heat_beam_march march = {.problem = problem,
	                                .cells = &beam->cells,
	                                .modes = modes,
	                                .deposit_J_m2 = deposit_J_m2,
	                                .kept = beam->rows - 1};
	heat_start(problem, &beam->cells, work, &march.ambient_C);
	struct flash flash = project(source, &beam->cells, modes, work + n, deposit_J_m2);
	enum status status = ST_OK;
	if (beam->direct)
		status = heat_beam_boiler_new(&beam->cells, modes, beam->boiled_J_m2, &march.boiler, why);
	else
		cut_modes(&beam->cells, modes, flash.largest_K, deposit_J_m2);
	for (size_t i = 0; i < n * modes->lanes; i++)
		deposit_J_m2[i] *= fluence_J_cm2;
	march.watched[1] = flash.edge;
	if (status == ST_OK)
		status = heat_beam_marched(&march, work, why);
	beam->time_s = march.time_s;
	if (status == ST_OK)
		status = fill_columns(beam, &march, why);
	if (status == ST_OK)
		status = join_columns(beam, &march, why);
	free(march.value);
	free(march.surface_share);
	free(march.surface_C);
	heat_beam_boiler_free(&march.boiler);
	free(work);
	return status;
}

static enum status beam_build(const struct heat_problem *column, const struct heat_beam_source *source, bool direct,
                              double fluence_J_cm2, struct heat_beam **out, struct fail *why)
{
	*out = NULL;
	struct heat_modes modes = {0};
	enum status status = check(column, source, why);
	if (status != ST_OK)
		return status;
	struct heat_problem problem = *column;
	problem.source = ring_source(source, 0);
	status = modes_new(source->radii, source->r_edge_um, &modes, why);
	if (status == ST_OK)
		status = beam_alloc(&problem, source, direct, out, why);
	if (status == ST_OK)
		status = march_and_sum(&problem, source, fluence_J_cm2, &modes, *out, why);
	if (status != ST_OK)
		heat_beam_free(out);
	modes_free(&modes);
	return status;
}

enum status heat_beam_new(const struct heat_problem *column, const struct heat_beam_source *source,
                          struct heat_beam **out, struct fail *why)
{
	return beam_build(column, source, false, 1.0, out, why);
}

enum status heat_beam_new_boiling(const struct heat_problem *column, const struct heat_beam_source *source,
                                  double fluence_J_cm2, struct heat_beam **out, struct fail *why)
{
	*out = NULL;
	if (!(fluence_J_cm2 >= 0.0 && isfinite(fluence_J_cm2)))
		return fail_set(why, ST_RANGE, "fluence_J_cm2", "%g; allowed 0 and more", fluence_J_cm2);
	return beam_build(column, source, true, fluence_J_cm2, out, why);
}

/* ---- reading ---- */

size_t heat_beam_columns(const struct heat_beam *beam)
{
	return beam->columns;
}

const double *heat_beam_edge_um(const struct heat_beam *beam)
{
	return beam->r_edge_um;
}

const struct heat *heat_beam_column(const struct heat_beam *beam, size_t column)
{
	BUG_ON(column >= beam->columns);
	return &beam->column[column];
}

static double middle_um(const struct heat_beam *beam, size_t column)
{
	return 0.5 * (beam->r_edge_um[column] + beam->r_edge_um[column + 1]);
}

double heat_beam_reach_um(const struct heat_beam *beam, const double *column_value, double at_least,
                          bool logarithmic)
{
	size_t j = 0;
	while (j < beam->columns && column_value[j] >= at_least)
		j++;
	if (j == 0)
		return 0.0;
	double inner_um = middle_um(beam, j - 1);
	if (j == beam->columns)
		return inner_um;
	double inside = column_value[j - 1], outside = column_value[j];
	bool geometric = logarithmic && outside > 0.0;
	double share = geometric ? log(inside / at_least) / log(inside / outside)
	                         : (inside - at_least) / (inside - outside);
	return inner_um + share * (middle_um(beam, j) - inner_um);
}
