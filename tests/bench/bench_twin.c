/* Speed of the twin: calibration from spectra and from a visit's readings, wall time of two threads, the best of many
 * (the machine may be busy); forecast; bringing forward a year. The spectra are of a skin drawn from the prior. */
#include "physics/base/rng.h"
#include "planner/twin/forecast.h"
#include "tests/bench/bench.h"

#define RUNS 25
#define POINTS 400

static void measured(struct readings *r, double first_nm, double last_nm)
{
	struct twin prior;
	struct tissue tissue;
	struct fail why = {0};
	struct rng rng;
	double value[TWIN_PROPERTIES];
	must(twin_from_readings(r, &prior, &why), &why);
	twin_sample(&prior, 99, 3, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	r->spectrum = (struct spectrum){.count = POINTS, .surface = SPECTRUM_SURFACE_EXCLUDED};
	for (int i = 0; i < POINTS; i++)
		r->spectrum.wavelength_nm[i] = first_nm + (last_nm - first_nm) * i / (POINTS - 1);
	must(twin_model_spectrum(&tissue, r->spectrum.wavelength_nm, POINTS, r->spectrum.reflectance, &why), &why);
	rng_seed(&rng, 5, 0);
	for (int i = 0; i < POINTS; i++)
		r->spectrum.reflectance[i] = fmax(r->spectrum.reflectance[i] * (1.0 + 0.01 * rng_normal(&rng)), 0.0006);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void calibrate(const char *name, const struct readings *r)
{
	struct twin t;
	struct fail why = {0};
	double wall[RUNS], processor = INFINITY;
	for (int i = 0; i < RUNS; i++) {
		double start = 1e3 * wall_s(), used = 1e3 * cpu_s();
		must(twin_from_readings(r, &t, &why), &why);
		wall[i] = 1e3 * wall_s() - start;
		processor = fmin(processor, 1e3 * cpu_s() - used);
	}
	qsort(wall, RUNS, sizeof wall[0], ascending);
	printf("twin calibration, %s\t%.1f\tms\tbest of %d; median %.1f; processor time %.1f; %u iterations\n", name, wall[0],
	       RUNS, wall[RUNS / 2], processor, t.iterations);
}

static void bench_spectrum(double first_nm, double last_nm)
{
	char name[64];
	struct readings r = {.fitzpatrick = 3, .site = "cheek"};
	measured(&r, first_nm, last_nm);
	(void)snprintf(name, sizeof name, "spectrum of %d points, %.0f-%.0f nm", POINTS, first_nm, last_nm);
	calibrate(name, &r);
}

static void bench_visit(struct twin *out)
{
	static const struct {
		enum reading reading;
		double value;
	} all[] = {{READING_AGE_Y, 38}, {READING_ITA_DEG, 17}, {READING_MI_FIELD, 480}, {READING_MI_ADJACENT_NORMAL, 372},
	           {READING_MI_UNEXPOSED, 365}, {READING_EI, 310}, {READING_EPIDERMIS_UM, 70}, {READING_DERMIS_MM, 1.7},
	           {READING_TEWL_G_M2_H, 13}, {READING_HYDRATION_AU, 41}, {READING_ELASTICITY_R2, 0.74},
	           {READING_SKIN_TEMP_C, 33.1}};
	struct readings r = {.fitzpatrick = 4, .site = "cheek"};
	struct fail why = {0};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		must(readings_set(&r, all[i].reading, all[i].value, &why), &why);
	calibrate("a visit's eleven readings", &r);
	must(twin_from_readings(&r, out, &why), &why);
}

static void bench_time(const struct twin *t)
{
	const struct twin_interval year = {365.25, 39, {true, 1.0, 0.0, 52.0, 1.0}};
	const struct forecast_request request = {.sun = year.sun, .age_y = 38, .indication = "melasma",
	                                         .mode_class = "nafl_1927"};
	struct twin later;
	struct forecast forecast;
	struct fail why = {0};
	double forward = INFINITY, ahead = INFINITY;
	for (int i = 0; i < RUNS; i++) {
		double start = 1e3 * wall_s();
		must(twin_bring_forward(t, &year, &later, &why), &why);
		forward = fmin(forward, 1e3 * wall_s() - start);
		start = 1e3 * wall_s();
		must(twin_forecast(t, &request, &forecast, &why), &why);
		ahead = fmin(ahead, 1e3 * wall_s() - start);
	}
	printf("twin brought forward by a year with its seasons\t%.2f\tms\tbest of %d\n", forward, RUNS);
	printf("twin forecast, %d members\t%.1f\tms\tbest of %d\n", FORECAST_MEMBERS_DEFAULT, ahead, RUNS);
}

int main(void)
{
	struct twin t;
	bench_spectrum(400, 700);
	bench_spectrum(400, 1000);
	bench_spectrum(350, 2500);
	bench_visit(&t);
	bench_time(&t);
	return 0;
}
