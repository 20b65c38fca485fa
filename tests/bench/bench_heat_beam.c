/* Speed of the heat under a circular beam: the march, all histories, and one radiant exposure. */
#include "physics/heat_beam.h"
#include "tests/bench/bench.h"

#define TRIALS 9
#define RADII 60
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BEAM_UM 2500.0
#define BASAL_UM 100.0

/* 250 cells in depth at the default grid, so 15 000 in all. */
static const struct heat_layer skin[] = {
        {15.0, 0.21, 1200.0, 3600.0, 0.0, 0.3},     {60.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},
        {10.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},     {150.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
        {100.0, 0.45, 1116.0, 3500.0, 0.003, 0.65}, {1500.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
        {6000.0, 0.2, 950.0, 2300.0, 0.0005, 0.15},
};
static const double depth_um[] = {0.0, 15.0, 75.0, 85.0, 235.0, 335.0, 1000.0, 3000.0};
static const double mua_1_cm[] = {2.0, 5.0, 40.0, 3.0, 4.0, 1.0, 0.3};
#define BINS COUNT(mua_1_cm)

static size_t beam_grid(double *r_edge_um)
{
	for (size_t j = 0; j <= RADII; j++)
		r_edge_um[j] = BEAM_UM * (j < 40 ? (double)j / 30.0 : 4.0 / 3.0 + 0.15 * (double)(j - 40));
	return RADII;
}

static void fill_light(const double *r_edge_um, double *absorption_1_cm)
{
	for (size_t j = 0; j < RADII; j++) {
		double r = 0.5 * (r_edge_um[j] + r_edge_um[j + 1]) / BEAM_UM;
		for (size_t i = 0; i < BINS; i++)
			absorption_1_cm[j * BINS + i] = mua_1_cm[i] / (1.0 + exp(20.0 * (r - 1.0)));
	}
}

/* Peaks and damage in every cell at one radiant exposure. */
static double evaluate_all(const struct heat_beam *beam, double *omega, double *peak_C)
{
	static const enum damage_set_id set[] = {DAMAGE_HENRIQUES_ER75000};
	struct heat_damage damage = {COUNT(set), set, omega, peak_C, NULL};
	double start_s = cpu_s();
	for (size_t j = 0; j < heat_beam_columns(beam); j++)
		if (heat_evaluate(heat_beam_column(beam, j), 10.0, &damage, NULL, NULL) != ST_OK)
			exit(EXIT_FAILURE);
	return cpu_s() - start_s;
}

int main(void)
{
	static double r_edge_um[RADII + 1], absorption_1_cm[RADII * BINS];
	static double omega[HEAT_CELLS_MAX + 1], peak_C[HEAT_CELLS_MAX + 1];
	struct heat_beam_source source = {beam_grid(r_edge_um), BINS, r_edge_um, depth_um,
	                                  absorption_1_cm,      0.0};
	struct heat_problem column = {.layers = COUNT(skin),
	                              .layer = skin,
	                              .surface_C = 33.0,
	                              .core_C = 37.0,
	                              .surface = heat_still_air(),
	                              .pulses = {.duration_s = 0.1, .count = 1},
	                              .options = {.refine = 1.07, .time_tolerance = 2.5e-4}};
	double build_s = INFINITY, shallow_s = INFINITY, evaluate_s = INFINITY;
	size_t cells = 0, steps = 0;
	keep_memory();
	fill_light(r_edge_um, absorption_1_cm);
	for (int trial = 0; trial < TRIALS; trial++) {
		struct heat_beam *beam = NULL;
		double start_s = cpu_s();
		if (heat_beam_new(&column, &source, &beam, NULL) != ST_OK)
			return EXIT_FAILURE;
		build_s = fmin(build_s, cpu_s() - start_s);
		evaluate_s = fmin(evaluate_s, evaluate_all(beam, omega, peak_C));
		cells = heat_beam_columns(beam) * (heat_rows(heat_beam_column(beam, 0)) - 1);
		steps = heat_steps(heat_beam_column(beam, 0));
		heat_beam_free(&beam);
		source.keep_um = BASAL_UM;
		start_s = cpu_s();
		if (heat_beam_new(&column, &source, &beam, NULL) != ST_OK)
			return EXIT_FAILURE;
		shallow_s = fmin(shallow_s, cpu_s() - start_s);
		source.keep_um = 0.0;
		heat_beam_free(&beam);
	}
	double scale = 1e3 * 15000.0 * 200.0 / ((double)cells * (double)steps);
	printf("heat_beam_build\t%.2f\tms\t%zu cells, %zu time nodes, histories of all cells\n",
	       1e3 * build_s, cells, steps);
	printf("heat_beam_build_15000x200\t%.2f\tms\tthe same per 15000 cells x 200 steps\n",
	       build_s * scale);
	printf("heat_beam_solve_15000x200\t%.2f\tms\tmodes and march, histories down to %g um kept\n",
	       shallow_s * scale, BASAL_UM);
	printf("heat_beam_evaluate\t%.2f\tms\tpeak and Omega in all cells at one radiant exposure\n",
	       1e3 * evaluate_s);
	return EXIT_SUCCESS;
}
