/* Speed of the robust fit and of one change of a knob: demo patients, 64 samples of the posterior.
 *
 * A fit is everything from readings to ranked alternatives: twin, light, heat, search over the device's grid, the
 * second calculation of the light by photons. A what-if is one full assessment after a knob has moved. */
#include "planner/plan/case.h"
#include "planner/plan/fit.h"
#include "tests/bench/bench.h"

#define SAMPLES 64
#define TRIALS 5
#define WHAT_IFS 120
#define PATIENTS 8

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Walks the knobs up and down as a technician would, one step at a time. */
static void time_what_if(struct planning *planning, const struct settings *start, const char *name)
{
	const struct device_mode *mode = planning_mode(planning);
	double took_s[WHAT_IFS];
	struct settings at = *start;
	int way = 1;
	for (int i = 0; i < WHAT_IFS; i++) {
		enum setting_id knob = i % 3 == 0 ? SETTING_SPOT_MM : i % 3 == 1 ? SETTING_FLUENCE_J_CM2 : SETTING_ENERGY_MJ;
		struct assessment a;
		struct fail why;
		if (setting_step(mode, &at, knob, way, &at, &why))
			way = -way;
		double begun = wall_s();
		must(planning_assess(planning, &at, &a, &why), &why);
		took_s[i] = wall_s() - begun;
		assessment_clear(&a);
	}
	qsort(took_s, WHAT_IFS, sizeof took_s[0], ascending);
	printf("what-if, %s\t%.1f\tms\tp99 of %d steps; median %.1f\n", name, 1e3 * took_s[(WHAT_IFS * 99) / 100], WHAT_IFS,
	       1e3 * took_s[WHAT_IFS / 2]);
}

static struct fit_result fit_once(const struct library *library, const struct case_request *request,
                                  struct planning **planning, double *prepare_s, double *total_s, double *processor_s)
{
	const struct predict_options options = {.samples = SAMPLES};
	struct fit_result fit;
	struct fail why;
	double begun = wall_s(), worked_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	must(planning_new(library, &request->subject, &request->request, &options, planning, &why), &why);
	*prepare_s = wall_s() - begun;
	must(planning_fit(*planning, NULL, NULL, &fit, &why), &why);
	*total_s = wall_s() - begun;
	*processor_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - worked_s;
	return fit;
}

static void time_patient(const struct library *library, int patient)
{
	char path[64];
	struct case_file *file = NULL;
	struct planning *planning = NULL;
	struct fail why;
	struct fit_result fit = {0};
	double best_s = INFINITY, prepare_s = 0, least_s = INFINITY;
	(void)snprintf(path, sizeof path, "profiles/demo/%02d.json", patient);
	must(case_read(path, &file, &why), &why);
	for (int i = 0; i < TRIALS; i++) {
		double prepared_s, total_s, processor_s;
		planning_free(&planning);
		fit = fit_once(library, &file->request[0], &planning, &prepared_s, &total_s, &processor_s);
		least_s = fmin(least_s, processor_s);
		if (total_s < best_s) {
			best_s = total_s;
			prepare_s = prepared_s;
		}
	}
	const char *mode = file->request[0].request.device_mode;
	printf("robust fit, %s\t%.2f\ts\t%zu settings x %d samples; best of %d; %.2f s of it preparing; both threads work "
	       "%.2f s\n",
	       mode, best_s, fit.candidates, SAMPLES, TRIALS, prepare_s, least_s);
	if (fit.feasible)
		time_what_if(planning, &fit.settings, mode);
	planning_free(&planning);
	case_free(&file);
}

int main(void)
{
	struct library *library = NULL;
	struct fail why;
	must(library_load("profiles", &library, &why), &why);
	for (int patient = 1; patient <= PATIENTS; patient++)
		time_patient(library, patient);
	library_free(&library);
	return 0;
}
