/* Speed of needles: the cell's field, field and 50 steps of heat, and how far the default grid is from its
 * own converged value. */
#include "physics/rf_array.h"
#include "tests/bench/bench.h"

#define TRIALS 5

static const struct rf_layer layers[2] = {
        {.matter = RF_DERMIS,
         .thickness_um = 2000.0,
         .conductivity_S_m = 0.2214,
         .permittivity = 1832.8,
         .warming_1_K = 0.015,
         .thermal = {0.37, 1109.0, 3391.0, 1.98e-3, 0.65}},
        {.matter = RF_FAT,
         .thickness_um = INFINITY,
         .conductivity_S_m = 0.0251,
         .permittivity = 27.2,
         .warming_1_K = 0.015,
         .thermal = {0.2112, 911.0, 2348.0, 0.88e-3, 0.15}},
};
static const struct rf_stack stack = {.frequency_Hz = 1e6, .layers = 2, .layer = layers};
static const struct rf_needles needles = {.pattern = RF_PATTERN_ROWS,
                                          .pitch_x_um = 1500.0,
                                          .pitch_y_um = 1500.0,
                                          .radius_um = 100.0,
                                          .bare_from_um = 1500.0,
                                          .tip_um = 1800.0};

static struct rf_cell *solve(double refine, struct rf_result *result)
{
	struct rf_cell *cell = NULL;
	struct rf_cell_options options = {.refine = refine};
	if (rf_cell_new(&stack, &needles, &options, &cell, NULL) != ST_OK ||
	    rf_cell_solve(cell, result, NULL) != ST_OK)
		exit(EXIT_FAILURE);
	return cell;
}

static double converged_ohm(void)
{
	struct rf_result fine, finer;
	struct rf_cell *cell = solve(2.0, &fine);
	rf_cell_free(&cell);
	cell = solve(4.0, &finer);
	rf_cell_free(&cell);
	return cabs(2.0 * finer.impedance_ohm - fine.impedance_ohm); /* first order */
}

static double array_s(void)
{
	static struct rf_array_result out;
	const struct rf_array array = {.needles = needles, .columns = 7, .rows = 7};
	double best_s = INFINITY;
	for (int trial = 0; trial < TRIALS; trial++) {
		double start_s = wall_s();
		if (rf_array_solve(&stack, &array, &out, NULL) != ST_OK)
			exit(EXIT_FAILURE);
		best_s = fmin(best_s, wall_s() - start_s);
	}
	return best_s;
}

int main(void)
{
	const struct rf_cell_heating heating = {
	        .pulsing = {.drive = {RF_DRIVE_POWER, 0.2}, .on_s = 0.2},
	        .cooling = {.surface_C = 33.0, .core_C = 37.0, .ambient_W_m2K = 10.0},
	        .sets = 2,
	        .set = {DAMAGE_COLLAGEN_PEARCE, DAMAGE_HENRIQUES_ER75000},
	        .steps = 50};
	static struct rf_cell_outcome out;
	struct rf_result result;
	double field_s = INFINITY, all_s = INFINITY, converged = converged_ohm();
	size_t nodes = 0;
	for (int trial = 0; trial < TRIALS; trial++) {
		double start_s = wall_s();
		struct rf_cell *cell = solve(1.0, &result);
		field_s = fmin(field_s, wall_s() - start_s);
		if (rf_cell_heat(cell, &heating, &out, NULL) != ST_OK)
			return EXIT_FAILURE;
		all_s = fmin(all_s, wall_s() - start_s);
		nodes = rf_cell_nodes(cell);
		rf_cell_free(&cell);
	}
	printf("rf_needles_field\t%.2f\tms\t%zu nodes, complex, one thread\n", 1e3 * field_s, nodes);
	printf("rf_needles_field_and_heat\t%.1f\tms\t%u steps of heat, conductivity updated %u times\n",
	       1e3 * all_s, out.steps, out.updates);
	printf("rf_needles_impedance_error\t%.2f\t%%\tdefault grid against its own converged value %.0f "
	       "ohm\n",
	       100.0 * fabs(cabs(result.impedance_ohm) / converged - 1.0), converged);
	printf("rf_needles_array_7x7\t%.1f\tms\tcurrents of 49 needles in two layers, method of moments\n",
	       1e3 * array_s());
	return EXIT_SUCCESS;
}
