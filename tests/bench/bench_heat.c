/* Speed of the one-dimensional heat: building base and response, and evaluating one radiant exposure. */
#include "physics/heat.h"
#include "tests/bench/bench.h"

#define TRIALS 9
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct heat_layer skin[] = {
        {15.0, 0.21, 1200.0, 3600.0, 0.0, 0.3},     {60.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},
        {10.0, 0.23, 1200.0, 3590.0, 0.0, 0.7},     {150.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
        {100.0, 0.45, 1116.0, 3500.0, 0.003, 0.65}, {1500.0, 0.45, 1116.0, 3500.0, 0.00125, 0.65},
        {6000.0, 0.2, 950.0, 2300.0, 0.0005, 0.15},
};
static const double edge_um[] = {0.0, 15.0, 75.0, 85.0, 235.0, 335.0, 1000.0, 3000.0};
static const double absorption_1_cm[] = {2.0, 5.0, 40.0, 3.0, 4.0, 1.0, 0.3};

struct job {
	struct heat_problem problem;
	struct heat *solver;
	double *omega, *peak_C;
	double fluence_J_cm2;
	size_t sets;
};

static const enum damage_set_id set[] = {DAMAGE_HENRIQUES_ER75000, DAMAGE_COLLAGEN_PEARCE};

static void evaluate(struct job *job)
{
	struct heat_damage damage = {job->sets, set, job->omega, job->peak_C, NULL};
	struct heat_peak peak;
	if (heat_evaluate(job->solver, job->fluence_J_cm2, &damage, &peak, NULL) != ST_OK)
		exit(EXIT_FAILURE);
}

static void build(struct job *job)
{
	heat_free(&job->solver);
	if (heat_new(&job->problem, &job->solver, NULL) != ST_OK)
		exit(EXIT_FAILURE);
}

static void build_and_evaluate(struct job *job)
{
	build(job);
	evaluate(job);
}

/* Best of TRIALS batches, us per call. */
static double best_us(void (*call)(struct job *), struct job *job, int repeats)
{
	double best_s = INFINITY;
	for (int trial = 0; trial < TRIALS; trial++) {
		double start_s = cpu_s();
		for (int i = 0; i < repeats; i++)
			call(job);
		best_s = fmin(best_s, (cpu_s() - start_s) / repeats);
	}
	return best_s * 1e6;
}

static void report(const char *name, double us, const struct job *job, const char *what)
{
	printf("%s\t%.1f\tus\t%zu rows, %zu time nodes, %s\n", name, us, heat_rows(job->solver),
	       heat_steps(job->solver), what);
}

int main(void)
{
	struct heat_stage stage[HEAT_CRYOGEN_STAGES];
	keep_memory();
	heat_cryogen_r134a(0.0, 0.03, stage);
	struct job job = {.fluence_J_cm2 = 10.0, .sets = COUNT(set)};
	job.problem = (struct heat_problem){.layers = COUNT(skin),
	                                    .layer = skin,
	                                    .surface_C = 33.0,
	                                    .core_C = 37.0,
	                                    .surface = heat_still_air(),
	                                    .source = {COUNT(absorption_1_cm), edge_um, absorption_1_cm},
	                                    .pulses = {.start_s = 0.05, .duration_s = 0.003, .count = 1}};
	job.problem.surface.stages = HEAT_CRYOGEN_STAGES;
	job.problem.surface.stage = stage;
	job.omega = calloc(COUNT(set) * (HEAT_CELLS_MAX + 1), sizeof *job.omega);
	job.peak_C = calloc(HEAT_CELLS_MAX + 1, sizeof *job.peak_C);
	if (!job.omega || !job.peak_C)
		return EXIT_FAILURE;
	build_and_evaluate(&job);
	report("heat_pulse_with_damage", best_us(build_and_evaluate, &job, 20), &job,
	       "spurt, 3 ms pulse, 2 damage sets");
	report("heat_build", best_us(build, &job, 20), &job, "base and response");
	report("heat_evaluate", best_us(evaluate, &job, 200), &job, "peaks and 2 damage sets");
	job.sets = 0;
	report("heat_evaluate_peaks", best_us(evaluate, &job, 200), &job, "peaks only");
	job.problem.pulses =
	        (struct heat_pulses){.start_s = 0.05, .duration_s = 0.003, .count = 20, .rate_Hz = 5.0};
	job.sets = COUNT(set);
	build_and_evaluate(&job);
	report("heat_train_build", best_us(build, &job, 3), &job, "20 pulses at 5 Hz");
	report("heat_train_evaluate", best_us(evaluate, &job, 20), &job, "20 pulses at 5 Hz, 2 damage sets");
	heat_free(&job.solver);
	free(job.omega);
	free(job.peak_C);
	return EXIT_SUCCESS;
}
