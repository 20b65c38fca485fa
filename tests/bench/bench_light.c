/* Speed of light transport. Deterministic: skins a (3 layers, 755 nm), e (as a, with index steps) and c (5
 * layers, 532 nm), the whole depth in 400 bins, solve and bins together, with the largest error of any bin
 * against 32 nodes per panel. Monte Carlo: photons per second and what they buy in the basal bin. Medians. */
#include "physics/montecarlo.h"
#include "physics/ordinates.h"

#define BINS 400
#define DEPTH_CM 0.656
#define SOLVES 301
#define MC_RUNS 5
#define MC_PHOTONS 10000
#define BASAL_BIN 11 /* 55 to 60 um of the Monte Carlo grid */

static const struct light_layer skin_a[3] = {
	{1.40, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.40, 0.10, 80, 0.85, 0.5}};
static const struct light_layer skin_e[3] = {
	{1.43, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.44, 0.10, 80, 0.85, 0.5}};
static const struct light_layer skin_c[5] = {{1.40, 17.1, 210, 0.80, 0.006},
                                             {1.40, 2.8, 210, 0.80, 0.010},
                                             {1.40, 9.7, 210, 0.80, 0.008},
                                             {1.40, 1.68, 210, 0.80, 0.132},
                                             {1.40, 0.60, 120, 0.80, 0.5}};

struct skin {
	const char *name;
	struct light_stack stack;
};

static const struct skin skins[] = {
	{"skin a, 3 layers", {1.0, 1.40, 3, skin_a}},
	{"skin e, 3 layers, index steps", {1.0, 1.44, 3, skin_e}},
	{"skin c, 5 layers", {1.0, 1.40, 5, skin_c}},
};

static double edges[BINS + 1], exact[BINS], bins[BINS];

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

static void must(enum status st, const struct fail *why)
{
	if (st == ST_OK)
		return;
	fprintf(stderr, "bench_light: %s: %s\n", why->field, why->text);
	exit(1);
}

static void solve(struct ordinates *s, const struct skin *skin, double *out)
{
	struct light_source source = {0};
	struct fail why = {0};
	must(ordinates_solve(s, &skin->stack, &source, &why), &why);
	ordinates_absorption(s, edges, BINS, out);
}

static void bench_ordinates(const struct skin *skin, int per_panel)
{
	struct ordinates *s = NULL;
	struct fail why = {0};
	double time[SOLVES], worst = 0.0;
	must(ordinates_new(per_panel, &s, &why), &why);
	for (int i = 0; i < SOLVES; i++) {
		double start = now_us();
		solve(s, skin, bins);
		time[i] = now_us() - start;
	}
	for (int i = 0; i < BINS; i++)
		worst = fmax(worst, fabs(bins[i] / exact[i] - 1.0));
	printf("light ordinates %s, %d per hemisphere\t%.1f\tus\tmax error %.3f %% of any of %d bins\n", skin->name,
	       2 * per_panel, median(time, SOLVES), 100.0 * worst, BINS);
	ordinates_free(&s);
}

static void bench_skin(const struct skin *skin)
{
	struct ordinates *s = NULL;
	struct fail why = {0};
	must(ordinates_new(32, &s, &why), &why);
	solve(s, skin, exact);
	ordinates_free(&s);
	for (int per_panel = 2; per_panel <= 6; per_panel++)
		bench_ordinates(skin, per_panel);
}

static void bench_error(void)
{
	struct ordinates *s = NULL;
	struct fail why = {0};
	double time[SOLVES], error[BINS];
	must(ordinates_new(0, &s, &why), &why);
	for (int i = 0; i < SOLVES; i++) {
		double start = now_us();
		solve(s, &skins[0], bins);
		must(ordinates_absorption_with_error(s, edges, BINS, bins, error, &why), &why);
		time[i] = now_us() - start;
	}
	printf("light ordinates skin a, default nodes with error bars\t%.1f\tus\t\n", median(time, SOLVES));
	ordinates_free(&s);
}

/* 5 um bins over 2 mm, and rings of 50 um over 5 mm, as the published MCML comparisons have them. */
static void bench_montecarlo(const struct skin *skin, int rings)
{
	static double z[401], r[101];
	struct mc_request q = {.stack = skin->stack, .grid = {rings ? 100 : 0, 400, r, z}, .photons = MC_PHOTONS};
	struct fail why = {0};
	double rate[MC_RUNS], photons_for_percent[MC_RUNS];
	for (int i = 0; i <= 400; i++)
		z[i] = 5e-4 * i;
	for (int i = 0; i <= 100; i++)
		r[i] = 5e-3 * i;
	for (int i = 0; i < MC_RUNS; i++) {
		struct mc_result *result = NULL;
		q.seed = (uint64_t)i;
		double se, start = now_us();
		must(mc_run(&q, &result, &why), &why);
		rate[i] = MC_PHOTONS / (now_us() - start) * 1e6;
		double value = mc_absorbed_z(result, 0, BASAL_BIN, &se);
		photons_for_percent[i] = MC_PHOTONS * (100.0 * se / value) * (100.0 * se / value);
		mc_free(&result);
	}
	printf("light Monte Carlo %s, %s grid\t%.0f\tphotons/s\tone core; %.0f photons for 1 %% in 5 um at the basal layer\n",
	       skin->name, rings ? "r-z" : "z", median(rate, MC_RUNS), median(photons_for_percent, MC_RUNS));
}

int main(void)
{
	for (int i = 0; i <= BINS; i++)
		edges[i] = DEPTH_CM * i / BINS;
	for (size_t i = 0; i < sizeof skins / sizeof *skins; i++)
		bench_skin(&skins[i]);
	bench_error();
	bench_montecarlo(&skins[0], 0);
	bench_montecarlo(&skins[0], 1);
	bench_montecarlo(&skins[2], 0);
	bench_montecarlo(&skins[2], 1);
	return 0;
}
