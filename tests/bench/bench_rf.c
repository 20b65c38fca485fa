/* Speed of radiofrequency with surface electrodes: the layered disc, its field, the finite volumes, a coupled run, bars. The
 * least of several trials: other load on the machine only ever adds. */
#include "physics/base/units.h"
#include "physics/dielectric.h"
#include "physics/rf_disc.h"
#include "physics/rf_patch.h"
#include "physics/rf_run.h"
#include "tests/bench/bench.h"

#define TRIALS 15
#define GRID 64
#define TIP_UM 11283.8
#define FREQUENCY_HZ 6.78e6

static struct rf_layer layer[3];
static struct fail why;

static struct rf_stack stack(void)
{
	return (struct rf_stack){FREQUENCY_HZ, 3, layer, RF_RETURN_FAR};
}

static void bench_disc(const char *name, double complex contact_ohm_m2)
{
	struct rf_disc_problem problem = {stack(), TIP_UM, {contact_ohm_m2}, 0.0};
	double best_s = INFINITY, field_s = INFINITY, error = 0.0;
	static struct rf_field field[GRID * GRID];
	double r_um[GRID], z_um[GRID];
	for (size_t i = 0; i < GRID; i++) {
		r_um[i] = 300.0 * (double)i;
		z_um[i] = 50.0 + 100.0 * (double)i;
	}
	size_t terms = 0;
	for (int trial = 0; trial < TRIALS; trial++) {
		struct rf_disc *disc = NULL;
		double start_s = wall_s();
		must(rf_disc_new(&problem, &disc, &why), &why);
		best_s = fmin(best_s, wall_s() - start_s);
		start_s = wall_s();
		must(rf_disc_grid(disc, GRID, r_um, GRID, z_um, field, &why), &why);
		field_s = fmin(field_s, wall_s() - start_s);
		error = rf_disc_result(disc)->impedance_error_ohm / cabs(rf_disc_result(disc)->impedance_ohm);
		terms = rf_disc_terms(disc);
		rf_disc_free(&disc);
	}
	printf("rf_disc_%s\t%.3f\tms\t4 cm2 on 3 complex layers, %zu terms, relative error %.1g; target 1\n", name, 1e3 * best_s,
	       terms, error);
	printf("rf_disc_%s_field\t%.2f\tms\tpotential, E and SAR on %d x %d places\n", name, 1e3 * field_s, GRID, GRID);
}

static void bench_axisym(void)
{
	struct rf_axisym_problem problem = {stack(), TIP_UM, {-0.01949 * I}, false, 0.0};
	double best_s = INFINITY;
	size_t nr = 0, nz = 0, iterations = 0;
	for (int trial = 0; trial < TRIALS; trial++) {
		struct rf_axisym *solver = NULL;
		double start_s = wall_s();
		must(rf_axisym_new(&problem, &solver, &why), &why);
		must(rf_axisym_solve(solver, NULL, 0.0, &why), &why);
		best_s = fmin(best_s, wall_s() - start_s);
		nr = rf_axisym_nr(solver);
		nz = rf_axisym_nz(solver);
		iterations = rf_axisym_iterations(solver);
		rf_axisym_free(&solver);
	}
	printf("rf_axisym_field\t%.2f\tms\t%zu x %zu complex cells, %zu iterations\n", 1e3 * best_s, nr, nz, iterations);
}

/* 120 W for 1.5 s under cryogen, and what follows. */
static void bench_run(void)
{
	static const enum damage_set_id set[] = {DAMAGE_COLLAGEN_PEARCE, DAMAGE_COLLAGEN_ONSET, DAMAGE_HENRIQUES_ER75000};
	struct heat_stage cold[] = {{0.0, 2.0, 4500.0, -10.0}};
	struct rf_run_problem problem = {.electrode = {stack(), TIP_UM, {-0.01949 * I}, false, 0.0},
	                                 .control = {.mode = RF_CONTROL_POWER, .value = 120.0, .start_s = 0.2, .on_s = 1.5},
	                                 .surface_C = 33.0,
	                                 .core_C = 37.0,
	                                 .under = {10.0, NAN, 1, cold},
	                                 .beside = {10.0, NAN, 0, NULL},
	                                 .perfusion = {3.0, 41.0, 45.0, true},
	                                 .sets = 3,
	                                 .set = set,
	                                 .end_s = 2.0};
	double best_s = INFINITY;
	size_t steps = 0, renewals = 0;
	for (int trial = 0; trial < TRIALS; trial++) {
		struct rf_run *run = NULL;
		double start_s = wall_s();
		must(rf_run_new(&problem, NULL, NULL, &run, &why), &why);
		best_s = fmin(best_s, wall_s() - start_s);
		steps = rf_run_steps(run);
		renewals = rf_run_summary(run).renewals;
		rf_run_free(&run);
	}
	printf("rf_coupled_run\t%.1f\tms\t%zu steps, %zu renewals of the field, 3 damage sets, cooling; target 50\n", 1e3 * best_s,
	       steps, renewals);
}

static void bench_bars(void)
{
	static const struct rf_patch_electrode bar[] = {{RF_PATCH_RECTANGLE, -3500.0, 0.0, 3000.0, 15000.0, RF_ACTIVE},
	                                                {RF_PATCH_RECTANGLE, 3500.0, 0.0, 3000.0, 15000.0, RF_RETURN}};
	struct rf_patch_problem problem = {stack(), 2, bar, {0.0}, 0.0};
	double best_s = INFINITY, error = 0.0;
	size_t panels = 0;
	for (int trial = 0; trial < TRIALS / 3; trial++) {
		struct rf_patch *patch = NULL;
		double start_s = wall_s();
		must(rf_patch_new(&problem, &patch, &why), &why);
		best_s = fmin(best_s, wall_s() - start_s);
		panels = rf_patch_panels(patch);
		error = rf_patch_result(patch)->impedance_error_ohm / cabs(rf_patch_result(patch)->impedance_ohm);
		rf_patch_free(&patch);
	}
	printf("rf_bars\t%.1f\tms\ttwo bars on 3 layers, %zu panels and their mirrors, relative error %.1g\n", 1e3 * best_s, panels,
	       error);
}

int main(void)
{
	must(dielectric_layer(DIELECTRIC_SKIN_WET, FREQUENCY_HZ, 1500.0, &layer[0], &why), &why);
	must(dielectric_layer(DIELECTRIC_FAT, FREQUENCY_HZ, 5000.0, &layer[1], &why), &why);
	must(dielectric_layer(DIELECTRIC_MUSCLE, FREQUENCY_HZ, INFINITY, &layer[2], &why), &why);
	bench_disc("bare", 0.0);
	bench_disc("membrane", -0.01949 * I);
	bench_axisym();
	bench_run();
	bench_bars();
	return EXIT_SUCCESS;
}
