/* Forward prediction of one setting from cached light, bands over the spread of the twin included: the step a knob
 * costs. Processor time, so that two threads do not halve it; best of many. */
#include "devices/exposure.h"
#include "planner/fit/predict.h"
#include "planner/plan/library.h"
#include "tests/bench/bench.h"

#define SEED 7
#define STEPS 40
#define MS_PER_S 1e3

static const struct step {
	const char *name, *mode;
	struct knob {
		enum setting_id id;
		double first, by;
	} knob[4];
} steps[] = {
        {"CO2 microbeams", "ultrapulse.deepfx",
         {{SETTING_ENERGY_MJ, 15, 2.5}, {SETTING_DENSITY_PCT, 10, 0}, {SETTING_PASSES, 1, 0}, {SETTINGS, 0, 0}}},
        {"1550 nm microbeams", "fraxel_dual.1550",
         {{SETTING_ENERGY_MJ, 20, 5}, {SETTING_TREATMENT_LEVEL, 4, 0}, {SETTINGS, 0, 0}}},
        {"755 nm broad beam", "gentlemax_pro.755",
         {{SETTING_FLUENCE_J_CM2, 6, 1}, {SETTING_SPOT_MM, 12, 0}, {SETTINGS, 0, 0}}},
        {"532 nm ps broad beam", "picoway.532_zoom",
         {{SETTING_FLUENCE_J_CM2, 0.3, 0.1}, {SETTING_SPOT_MM, 4, 0}, {SETTINGS, 0, 0}}},
};

static void check(enum status status, const struct fail *why)
{
	if (status == ST_OK)
		return;
	fprintf(stderr, "bench_predict: %s: %s\n", why->field, why->text);
	exit(EXIT_FAILURE);
}

static struct exposure expose(const struct library *library, const struct step *step, int steps_up)
{
	const struct device *device;
	const struct device_mode *mode;
	struct settings settings = {0};
	struct exposure e;
	struct fail why = {.text = ""};
	check(library_find_mode(library, step->mode, &device, &mode, &why), &why);
	for (const struct knob *k = step->knob; k->id != SETTINGS; k++)
		settings_set(&settings, k->id, k->first + k->by * steps_up);
	if (!settings_complete(mode, &settings, &settings, NULL))
		check(fail_set(&why, ST_INPUT, step->mode, "these settings do not go together"), &why);
	check(exposure_of(device, mode, &settings, &e, &why), &why);
	return e;
}

/* Best time of one step up or down, and of making the predictor. */
static void measure(const struct library *library, const struct twin *twin, const struct step *step)
{
	static const struct target no_target = {.kind = TARGET_NONE};
	const struct predict_options options = {.seed = SEED, .energy_min_mJ = 10, .energy_max_mJ = 40};
	struct exposure e[2] = {expose(library, step, 0), expose(library, step, 1)};
	struct predictor *p = NULL;
	static struct prediction out;
	struct fail why = {.text = ""};
	double best_s = INFINITY, start_s = cpu_s();
	check(predictor_new(twin, &e[0], &no_target, &options, &p, &why), &why);
	double made_s = cpu_s() - start_s;
	for (int i = 0; i < STEPS; i++) {
		start_s = cpu_s();
		check(predictor_run(p, &e[i % 2], PREDICT_FULL, &out, &why), &why);
		if (i > 1)
			best_s = fmin(best_s, cpu_s() - start_s);
	}
	predictor_free(&p);
	printf("predict: one setting, %s\t%.2f\tms\t%u samples of the twin, all bands; prepared once in %.0f ms; "
	       "per sample %.3f ms\n",
	       step->name, MS_PER_S * best_s, out.samples, MS_PER_S * made_s, MS_PER_S * best_s / out.samples);
}

int main(void)
{
	struct library *library = NULL;
	struct readings readings = {.fitzpatrick = 3, .site = "cheek"};
	struct twin twin;
	struct fail why = {.text = ""};
	keep_memory();
	check(library_load("profiles", &library, &why), &why);
	check(readings_set(&readings, READING_ITA_DEG, 34, &why), &why);
	check(readings_set(&readings, READING_MEASURED_DAYS_AGO, 0, &why), &why);
	check(twin_from_readings(&readings, &twin, &why), &why);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		measure(library, &twin, &steps[i]);
	library_free(&library);
	return EXIT_SUCCESS;
}
