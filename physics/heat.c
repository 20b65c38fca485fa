/* Layered bioheat: building the linear answer and evaluating it. The grid is in heat_grid.c, the march in
 * heat_march.c, what is refused in heat_check.c, the surfaces in heat_surface.c. */
#include "physics/damage_kernel.h"
#include "physics/heat_private.h"

#define TIME_TOLERANCE_DEFAULT 5e-4
#define BASE_TOLERANCE_K 0.02 /* 1.4 % of a damage rate at E/R = 75 000 K */

#define BOILING_ROUNDING_K 1e-4 /* a boiling cell stands at 100 C to rounding: sums of modes in single precision */

#define ERROR_REFINE 2.0
#define ERROR_TIME_FRAC 0.25

void heat_free(struct heat **solver)
{
	if (!solver || !*solver)
		return;
	struct heat *old = *solver;
	heat_cells_free(&old->cells);
	free(old->depth_um);
	free(old->time_s);
	for (size_t f = 0; f < HEAT_FIELDS; f++) {
		free(old->value[f]);
		free(old->highest[f]);
	}
	free(old->line);
	free(old->line_from);
	free(old->boiled_J_m2);
	free(old);
	*solver = NULL;
}

static enum status out_of_memory(struct fail *why)
{
	return fail_set(why, ST_FULL, "heat", "out of memory");
}

enum status heat_alloc(const struct heat_problem *problem, size_t fields, struct heat **out, struct fail *why)
{
	struct heat *solver = calloc(1, sizeof *solver);
	if (!solver)
		return out_of_memory(why);
	*out = solver;
	enum status status = heat_cells_new(problem, &solver->cells, why);
	if (status != ST_OK)
		return status;
	solver->fields = fields;
	solver->rows = solver->cells.count + 1;
	solver->core_C = problem->core_C;
	solver->depth_um = calloc(solver->rows, sizeof *solver->depth_um);
	solver->boiled_J_m2 = calloc(solver->rows, sizeof *solver->boiled_J_m2);
	if (!solver->depth_um || !solver->boiled_J_m2)
		return out_of_memory(why);
	for (size_t i = 0; i < solver->cells.count; i++)
		solver->depth_um[i + 1] = 0.5 * (solver->cells.edge_um[i] + solver->cells.edge_um[i + 1]);
	return ST_OK;
}

void heat_start(const struct heat_problem *problem, const struct heat_cells *cells, double *temperature_C,
                double *ambient_C)
{
	double flux_W_m2 = heat_steady_state(cells, problem->surface_C, problem->core_C, temperature_C);
	double h_W_m2K = problem->surface.ambient_h_W_m2K;
	*ambient_C = problem->surface.ambient_C;
	if (isnan(*ambient_C))
		*ambient_C = h_W_m2K > 0.0 ? problem->surface_C - flux_W_m2 / h_W_m2K : problem->surface_C;
}

/* Last node of a run: the first of the next one, or the last of all. */
static size_t block_last(const struct heat *solver, size_t block)
{
	size_t next = (block + 1) * HEAT_BLOCK;
	return next < solver->steps ? next : solver->steps - 1;
}

/* Largest value of every run of steps in every row: bounds what the run can reach at any radiant exposure, so
 * that cold stretches cost one comparison. A run shares its last node with the next. */
void heat_note_highest(struct heat *solver, size_t f)
{
	const struct heat_runs runs = {.rows = solver->rows,
	                               .steps = solver->steps,
	                               .blocks = solver->blocks,
	                               .value = solver->value[f],
	                               .highest = solver->highest[f]};
	heat_kernel_highest(&runs);
}

enum status heat_find_highest(struct heat *solver, size_t f, struct fail *why)
{
	solver->blocks = (solver->steps + HEAT_BLOCK - 1) / HEAT_BLOCK;
	solver->highest[f] = malloc(solver->rows * solver->blocks * sizeof *solver->highest[f]);
	if (!solver->highest[f])
		return out_of_memory(why);
	heat_note_highest(solver, f);
	return ST_OK;
}

static enum status heat_run(const struct heat_problem *problem, struct heat_field *field, size_t fields,
                            bool latent, struct heat *solver, struct fail *why)
{
	double *start_C = calloc(solver->cells.count, sizeof *start_C);
	if (!start_C)
		return out_of_memory(why);
	heat_start(problem, &solver->cells, start_C, &solver->ambient_C);
	enum status status = heat_march(problem, solver, field, start_C, latent, why);
	free(start_C);
	for (size_t f = 0; status == ST_OK && f < fields; f++)
		status = heat_find_highest(solver, f, why);
	return status;
}

static enum status heat_build(const struct heat_problem *problem, struct heat_field *field, size_t fields,
                              bool latent, struct heat **out, struct fail *why)
{
	*out = NULL;
	enum status status = heat_problem_check(problem, why);
	if (status == ST_OK)
		status = heat_alloc(problem, fields, out, why);
	if (status == ST_OK)
		status = heat_run(problem, field, fields, latent, *out, why);
	if (status != ST_OK)
		heat_free(out);
	return status;
}

double heat_time_tolerance(const struct heat_problem *problem)
{
	return problem ? heat_option(problem->options.time_tolerance, TIME_TOLERANCE_DEFAULT)
	               : TIME_TOLERANCE_DEFAULT;
}

/* The base is held to the same strictness as the response: 0.02 K at the default. */
double heat_base_tolerance_K(const struct heat_problem *problem)
{
	return BASE_TOLERANCE_K * heat_time_tolerance(problem) / TIME_TOLERANCE_DEFAULT;
}

enum status heat_new(const struct heat_problem *problem, struct heat **out, struct fail *why)
{
	struct heat_field field[HEAT_FIELDS] = {
	        {.boundary = 1.0, .tolerance_K = heat_base_tolerance_K(problem)},
	        {.source = 1.0, .tolerance_frac = heat_time_tolerance(problem)},
	};
	return heat_build(problem, field, HEAT_FIELDS, false, out, why);
}

static enum status check_fluence(double fluence_J_cm2, struct fail *why)
{
	if (fluence_J_cm2 >= 0.0 && isfinite(fluence_J_cm2))
		return ST_OK;
	return fail_set(why, ST_RANGE, "fluence_J_cm2", "%g; must be finite and not negative", fluence_J_cm2);
}

enum status heat_new_boiling(const struct heat_problem *problem, double fluence_J_cm2, bool latent,
                             struct heat **out, struct fail *why)
{
	*out = NULL;
	enum status status = check_fluence(fluence_J_cm2, why);
	if (status != ST_OK)
		return status;
	struct heat_field field = {
	        .boundary = 1.0, .source = fluence_J_cm2, .tolerance_K = heat_base_tolerance_K(problem)};
	return heat_build(problem, &field, 1, latent, out, why);
}

size_t heat_rows(const struct heat *solver)
{
	return solver->rows;
}

size_t heat_steps(const struct heat *solver)
{
	return solver->steps;
}

const double *heat_depth_um(const struct heat *solver)
{
	return solver->depth_um;
}

const double *heat_edge_um(const struct heat *solver)
{
	return solver->cells.edge_um;
}

const double *heat_time_s(const struct heat *solver)
{
	return solver->time_s;
}

const float *heat_base(const struct heat *solver, size_t row)
{
	return solver->value[0] + row * solver->steps;
}

const float *heat_response(const struct heat *solver, size_t row)
{
	return solver->fields < HEAT_FIELDS ? NULL : solver->value[1] + row * solver->steps;
}

double heat_boiled_frac(const struct heat *solver, size_t row)
{
	size_t cell = row > 0 ? row - 1 : 0;
	double latent_J_m2 = solver->cells.latent_J_m2[cell];
	return latent_J_m2 > 0.0 ? solver->boiled_J_m2[cell] / latent_J_m2 : 0.0;
}

double heat_ambient_C(const struct heat *solver)
{
	return solver->ambient_C;
}

/* Some nodes of a row. */
struct part {
	size_t count;
	const double *time_s;
	const float *base_C, *response;
};

static struct part row_of(const struct heat *solver, size_t row)
{
	return (struct part){solver->steps, solver->time_s, heat_base(solver, row), heat_response(solver, row)};
}

static struct part nodes_of(const struct part *whole, size_t from, size_t count)
{
	return (struct part){count, whole->time_s + from, whole->base_C + from,
	                     whole->response ? whole->response + from : NULL};
}

/* The nodes from the first of one run to the last of another. */
static struct part runs_of(const struct heat *solver, const struct part *whole, size_t block, size_t last_block)
{
	size_t from = block * HEAT_BLOCK, to = block_last(solver, last_block);
	return nodes_of(whole, from, to - from + 1);
}

/* No moment of each run of a row can be hotter. */
static void find_bounds(const struct heat *solver, size_t row, double factor, double bound_C[HEAT_BLOCKS_MAX])
{
	size_t at = row * solver->blocks;
	const float *response = solver->fields < HEAT_FIELDS ? NULL : solver->highest[1] + at;
	damage_kernel_temperature(solver->highest[0] + at, response, factor, solver->blocks, bound_C);
}

static double node_C(const struct part *part, double factor, size_t step)
{
	return (double)part->base_C[step] + (part->response ? factor * (double)part->response[step] : 0.0);
}

/* The first step at which a row has this temperature, which it has. */
static size_t step_of(const struct part *row, double factor, double temperature_C)
{
	size_t step = 0;
	while (step + 1 < row->count && node_C(row, factor, step) < temperature_C)
		step++;
	return step;
}

static double highest_of_block(const struct heat *solver, size_t row, size_t block, double factor)
{
	struct part whole = row_of(solver, row), run = runs_of(solver, &whole, block, block);
	return damage_kernel_highest(run.base_C, run.response, factor, run.count);
}

/* The run with the highest bound is looked at first: most others then need not be. Rounding is monotonic, so no moment
 * passes its bound. */
static double peak_by_runs(const struct heat *solver, size_t row, double factor)
{
	size_t first = 0;
	double bound[HEAT_BLOCKS_MAX];
	find_bounds(solver, row, factor, bound);
	for (size_t block = 1; block < solver->blocks; block++)
		first = bound[block] > bound[first] ? block : first;
	double peak_C = highest_of_block(solver, row, first, factor);
	for (size_t block = 0; block < solver->blocks; block++) {
		double other_C = bound[block] > peak_C ? highest_of_block(solver, row, block, factor) : -INFINITY;
		peak_C = other_C > peak_C ? other_C : peak_C;
	}
	return peak_C;
}

static double peak_of(const struct heat *solver, size_t row, double factor)
{
	if (!solver->line || solver->line_from[row] == solver->line_from[row + 1])
		return peak_by_runs(solver, row, factor);
	double peak_C = -INFINITY;
	for (size_t i = solver->line_from[row]; i < solver->line_from[row + 1]; i++) {
		double other_C = (double)solver->line[i].base_C + factor * (double)solver->line[i].response;
		peak_C = other_C > peak_C ? other_C : peak_C;
	}
	return peak_C;
}

/* No moment of the row can be hotter, as its runs say. */
static double row_bound_C(const struct heat *solver, size_t row, double factor)
{
	size_t at = row * solver->blocks;
	const float *response = solver->fields < HEAT_FIELDS ? NULL : solver->highest[1] + at;
	return damage_kernel_highest(solver->highest[0] + at, response, factor, solver->blocks);
}

static void find_peaks(const struct heat *solver, double factor, size_t from, size_t to, double *peak_C)
{
	for (size_t row = from; row < to; row++)
		peak_C[row] = peak_of(solver, row, factor);
}

unsigned heat_validity(double hottest_C)
{
	return hottest_C > HEAT_BOILING_C + BOILING_ROUNDING_K ? VALIDITY_MODEL_LIMIT : VALID;
}

/* The row with the highest bound is looked at first: most others then need not be. */
static struct heat_peak find_hottest(const struct heat *solver, double factor, size_t from, size_t to)
{
	struct heat_peak best = {.temperature_C = -INFINITY};
	double bound_C[HEAT_CELLS_MAX + 1];
	size_t hottest = from;
	if (from >= to)
		return best;
	for (size_t row = from; row < to; row++) {
		bound_C[row] = row_bound_C(solver, row, factor);
		hottest = bound_C[row] > bound_C[hottest] ? row : hottest;
	}
	best.temperature_C = peak_of(solver, hottest, factor);
	for (size_t row = from; row < to; row++) {
		double peak = bound_C[row] > best.temperature_C ? peak_of(solver, row, factor) : -INFINITY;
		if (peak > best.temperature_C) {
			best.temperature_C = peak;
			hottest = row;
		}
	}
	struct part row = row_of(solver, hottest);
	best.depth_um = solver->depth_um[hottest];
	best.time_s = solver->time_s[step_of(&row, factor, best.temperature_C)];
	best.flags = heat_validity(best.temperature_C);
	best.above_boiling_C = best.flags ? best.temperature_C - HEAT_BOILING_C : 0.0;
	return best;
}

/* Below this temperature the whole run could not reach HEAT_OMEGA_FLOOR. */
static double cutoff_C(const struct heat *solver, const struct damage_set *set)
{
	double duration_s = solver->time_s[solver->steps - 1] - solver->time_s[0];
	return damage_threshold_C(set, duration_s / HEAT_OMEGA_FLOOR);
}

/* Sum over the pieces of a part, each with temperatures of its own; neighbours share a node. */
typedef double (*of_piece)(const void *integral, const double *time_s, const double *temperature_C, size_t count);

static double sum_pieces(const struct part *part, double factor, of_piece of, const void *integral)
{
	double temperature_C[DAMAGE_NODES], sum = 0.0;
	for (size_t from = 0; from + 1 < part->count; from += DAMAGE_NODES - 1) {
		size_t count = part->count - from < DAMAGE_NODES ? part->count - from : DAMAGE_NODES;
		struct part piece = nodes_of(part, from, count);
		damage_kernel_temperature(piece.base_C, piece.response, factor, count, temperature_C);
		sum += of(integral, piece.time_s, temperature_C, count);
	}
	return sum;
}

static double omega_of_piece(const void *integral, const double *time_s, const double *temperature_C, size_t count)
{
	return damage_integral_omega(integral, time_s, temperature_C, count);
}

static double cem43_of_piece(const void *integral, const double *time_s, const double *temperature_C, size_t count)
{
	(void)integral;
	return damage_cem43_min(time_s, temperature_C, count, NULL);
}

/* The row below is likely to be hot at the same time: its nodes are on their way while this row's are summed. */
static void fetch_below(const struct heat *solver, size_t row, const struct part *part)
{
	enum { LINE = 64 / sizeof(float) };
	for (size_t i = 0; row + 1 < solver->rows && i < part->count; i += LINE) {
		__builtin_prefetch(part->base_C + solver->steps + i);
		if (part->response)
			__builtin_prefetch(part->response + solver->steps + i);
	}
}

/* Only stretches of runs that may pass the cutoff are integrated. */
static double row_omega(const struct heat *solver, size_t row, double fluence_J_cm2,
                        const struct damage_integral *integral)
{
	struct part whole = row_of(solver, row);
	double bound_C[HEAT_BLOCKS_MAX], omega = 0.0;
	find_bounds(solver, row, fluence_J_cm2, bound_C);
	for (size_t block = 0; block < solver->blocks; block++) {
		size_t end = block;
		while (end < solver->blocks && bound_C[end] > integral->cutoff_C)
			end++;
		if (end == block)
			continue;
		struct part hot = runs_of(solver, &whole, block, end - 1);
		fetch_below(solver, row, &hot);
		omega += sum_pieces(&hot, fluence_J_cm2, omega_of_piece, integral);
		block = end;
	}
	return omega;
}

static void find_omega(const struct heat *solver, double fluence_J_cm2, enum damage_set_id id, size_t from, size_t to,
                       double *omega)
{
	const struct damage_set *set = damage_set(id);
	const struct damage_integral integral = damage_integral_of(set, cutoff_C(solver, set));
	for (size_t row = from; row < to; row++)
		omega[row] = row_omega(solver, row, fluence_J_cm2, &integral);
}

static void find_cem43(const struct heat *solver, double fluence_J_cm2, double *cem43_min)
{
	for (size_t row = 0; row < solver->rows; row++) {
		struct part whole = row_of(solver, row);
		cem43_min[row] = sum_pieces(&whole, fluence_J_cm2, cem43_of_piece, NULL);
	}
}

enum status heat_evaluate(const struct heat *solver, double fluence_J_cm2, const struct heat_damage *damage,
                          struct heat_peak *peak, struct fail *why)
{
	enum status status = check_fluence(fluence_J_cm2, why);
	if (status != ST_OK)
		return status;
	double *peak_C = damage ? damage->peak_C : NULL;
	if (peak_C)
		find_peaks(solver, fluence_J_cm2, 0, solver->rows, peak_C);
	if (peak)
		*peak = find_hottest(solver, fluence_J_cm2, 0, solver->rows);
	for (size_t s = 0; damage && damage->omega && s < damage->sets; s++)
		find_omega(solver, fluence_J_cm2, damage->set[s], 0, solver->rows, damage->omega + s * solver->rows);
	if (damage && damage->cem43_min)
		find_cem43(solver, fluence_J_cm2, damage->cem43_min);
	return ST_OK;
}

enum status heat_peak_rows(const struct heat *solver, double fluence_J_cm2, size_t from, size_t to, double *peak_C,
                           struct fail *why)
{
	enum status status = check_fluence(fluence_J_cm2, why);
	if (status == ST_OK)
		find_peaks(solver, fluence_J_cm2, from, to < solver->rows ? to : solver->rows, peak_C);
	return status;
}

enum status heat_hottest(const struct heat *solver, double fluence_J_cm2, size_t from, size_t to,
                         struct heat_peak *peak, struct fail *why)
{
	enum status status = check_fluence(fluence_J_cm2, why);
	if (status == ST_OK)
		*peak = find_hottest(solver, fluence_J_cm2, from, to < solver->rows ? to : solver->rows);
	return status;
}

enum status heat_evaluate_rows(const struct heat *solver, double fluence_J_cm2, enum damage_set_id set, size_t from,
                               size_t to, double *omega, struct fail *why)
{
	enum status status = check_fluence(fluence_J_cm2, why);
	if (status == ST_OK)
		find_omega(solver, fluence_J_cm2, set, from, to < solver->rows ? to : solver->rows, omega);
	return status;
}

/* Rows around a depth: the upper one and the weight of the lower one. */
static size_t row_above(const struct heat *solver, double depth_um, double *lower_frac)
{
	size_t low = 0, high = solver->rows - 1;
	*lower_frac = 0.0;
	if (depth_um >= solver->depth_um[high])
		return high;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (solver->depth_um[middle] <= depth_um)
			low = middle;
		else
			high = middle;
	}
	*lower_frac = fmax(0.0, (depth_um - solver->depth_um[low]) /
	                                (solver->depth_um[high] - solver->depth_um[low]));
	return low;
}

void heat_rows_at_depth(const struct heat *solver, double depth_um, size_t *from, size_t *to)
{
	double lower_frac;
	*from = row_above(solver, depth_um, &lower_frac);
	*to = *from + (lower_frac > 0.0 ? 2 : 1);
}

struct heat_place heat_place(const struct heat *solver, double depth_um)
{
	struct heat_place place;
	place.row = row_above(solver, depth_um, &place.lower_frac);
	return place;
}

void heat_places(const struct heat *solver, const double *depth_um, size_t depths, struct heat_place *place)
{
	const double *row_um = solver->depth_um;
	size_t last = solver->rows - 1, row = 0;
	for (size_t i = 0; i < depths; i++) {
		while (row < last && row_um[row + 1] <= depth_um[i])
			row++;
		place[i] = (struct heat_place){row, 0.0};
		if (row < last)
			place[i].lower_frac = fmax(0.0, (depth_um[i] - row_um[row]) / (row_um[row + 1] - row_um[row]));
	}
}

double heat_at(const double *row_value, struct heat_place at)
{
	double upper = row_value[at.row];
	return at.lower_frac > 0.0 ? upper + at.lower_frac * (row_value[at.row + 1] - upper) : upper;
}

double heat_omega_at(const double *row_omega, struct heat_place at)
{
	double upper = row_omega[at.row];
	if (at.lower_frac > 0.0 && upper > 0.0 && row_omega[at.row + 1] > 0.0)
		return upper * pow(row_omega[at.row + 1] / upper, at.lower_frac);
	return heat_at(row_omega, at);
}

double heat_at_depth(const struct heat *solver, const double *row_value, double depth_um)
{
	return heat_at(row_value, heat_place(solver, depth_um));
}

double heat_omega_at_depth(const struct heat *solver, const double *row_omega, double depth_um)
{
	return heat_omega_at(row_omega, heat_place(solver, depth_um));
}

enum status heat_history(const struct heat *solver, double fluence_J_cm2, double depth_um,
                         double *temperature_C, struct fail *why)
{
	enum status status = check_fluence(fluence_J_cm2, why);
	double bottom_um = solver->cells.edge_um[solver->cells.count];
	if (status != ST_OK)
		return status;
	if (!(depth_um >= 0.0 && depth_um <= bottom_um))
		return fail_set(why, ST_RANGE, "depth_um", "%g; the tissue reaches from 0 to %g", depth_um,
		                bottom_um);
	double lower_frac = 0.0;
	size_t row = row_above(solver, depth_um, &lower_frac);
	struct part upper = row_of(solver, row), lower = row_of(solver, lower_frac > 0.0 ? row + 1 : row);
	for (size_t i = 0; i < solver->steps; i++)
		temperature_C[i] = (1.0 - lower_frac) * node_C(&upper, fluence_J_cm2, i) +
		                   lower_frac * node_C(&lower, fluence_J_cm2, i);
	return ST_OK;
}

/* ---- discretisation error ---- */

struct profile {
	double *peak_C, *omega;
};

static enum status evaluate_profile(const struct heat *solver, double fluence_J_cm2, enum damage_set_id set,
                                    struct profile *profile, struct fail *why)
{
	profile->peak_C = calloc(2 * solver->rows, sizeof *profile->peak_C);
	if (!profile->peak_C)
		return out_of_memory(why);
	profile->omega = profile->peak_C + solver->rows;
	struct heat_damage damage = {
	        .sets = 1, .set = &set, .omega = profile->omega, .peak_C = profile->peak_C};
	return heat_evaluate(solver, fluence_J_cm2, &damage, NULL, why);
}

static double largest_of(const double *value, size_t count)
{
	double largest = 0.0;
	for (size_t i = 0; i < count; i++)
		largest = fmax(largest, value[i]);
	return largest;
}

static struct heat_error compare_profiles(const struct heat *coarse, const struct profile *rough,
                                          const struct heat *fine, const struct profile *good)
{
	struct heat_error error = {0};
	for (size_t row = 0; row < coarse->rows; row++) {
		double fine_C = heat_at_depth(fine, good->peak_C, coarse->depth_um[row]);
		error.peak_K = fmax(error.peak_K, fabs(rough->peak_C[row] - fine_C));
	}
	double rough_omega = largest_of(rough->omega, coarse->rows),
	       good_omega = largest_of(good->omega, fine->rows);
	if (rough_omega > 0.0)
		error.omega_frac = fabs(good_omega - rough_omega) / rough_omega;
	return error;
}

enum status heat_error(const struct heat_problem *problem, double fluence_J_cm2, enum damage_set_id set,
                       struct heat_error *out, struct fail *why)
{
	struct heat *coarse = NULL, *fine = NULL;
	struct profile rough = {0}, good = {0};
	enum status status = heat_new(problem, &coarse, why);
	if (status != ST_OK)
		return status;
	struct heat_problem finer = *problem;
	finer.options.refine = ERROR_REFINE * heat_option(problem->options.refine, 1.0);
	finer.options.time_tolerance = ERROR_TIME_FRAC * heat_time_tolerance(problem);
	status = heat_new(&finer, &fine, why);
	if (status == ST_OK)
		status = evaluate_profile(coarse, fluence_J_cm2, set, &rough, why);
	if (status == ST_OK)
		status = evaluate_profile(fine, fluence_J_cm2, set, &good, why);
	if (status == ST_OK)
		*out = compare_profiles(coarse, &rough, fine, &good);
	free(rough.peak_C);
	free(good.peak_C);
	heat_free(&coarse);
	heat_free(&fine);
	return status;
}
