/* Speed of a whole radiofrequency plan with needles: the case of tests/validation/cases/needles.json, from readings
 * to checked settings, fit and posterior samples included. */
#include "planner/plan/case.h"
#include "planner/plan/library.h"
#include "tests/bench/bench.h"

#include <sys/resource.h>

#define TRIALS 3
#define KB_PER_MB 1024.0

/* Least time by the wall, and least of both threads together. */
struct cost {
	double wall_s, cpu_s;
};

static struct cost evaluate(const struct library *library, const struct case_request *request)
{
	const struct case_options options = {.seed = 1};
	struct cost best = {INFINITY, INFINITY};
	for (int trial = 0; trial < TRIALS; trial++) {
		struct case_result *result = calloc(1, sizeof *result);
		double start_s = clock_s(CLOCK_MONOTONIC), start_cpu_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
		if (!result || case_evaluate(library, request, &options, result, NULL) != ST_OK)
			exit(EXIT_FAILURE);
		best.wall_s = fmin(best.wall_s, clock_s(CLOCK_MONOTONIC) - start_s);
		best.cpu_s = fmin(best.cpu_s, clock_s(CLOCK_PROCESS_CPUTIME_ID) - start_cpu_s);
		case_result_clear(result);
		free(result);
	}
	return best;
}

int main(void)
{
	struct library *library = NULL;
	struct case_file *file = NULL;
	struct rusage usage;
	if (library_load("profiles", &library, NULL) != ST_OK ||
	    case_read("tests/validation/cases/needles.json", &file, NULL) != ST_OK)
		return EXIT_FAILURE;
	struct cost fitted = evaluate(library, &file->request[0]), checked = evaluate(library, &file->request[1]);
	printf("rf_plan_fitted\t%.0f\tms\tneedles: 168 settings searched, 12 samples; %.0f ms of two threads\n",
	       1e3 * fitted.wall_s, 1e3 * fitted.cpu_s);
	printf("rf_plan_checked\t%.0f\tms\tneedles: settings given, 12 samples; %.0f ms of two threads\n",
	       1e3 * checked.wall_s, 1e3 * checked.cpu_s);
	(void)getrusage(RUSAGE_SELF, &usage);
	printf("rf_plan_memory\t%.0f\tMB\tmost held, library included\n", (double)usage.ru_maxrss / KB_PER_MB);
	case_free(&file);
	library_free(&library);
	return EXIT_SUCCESS;
}
