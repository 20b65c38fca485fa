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
#define MC_LANE_PHOTONS 32000
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
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
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
struct mc_speed {
	double photons_s, photons_for_percent; /* medians */
};

static struct mc_speed measure(const struct skin *skin, enum mc_engine engine, int rings, size_t variants)
{
	static double z[401], r[101], mua[MC_VARIANTS_MAX * LIGHT_LAYERS_MAX];
	struct mc_request q = {.stack = skin->stack, .grid = {rings ? 100 : 0, 400, r, z}, .engine = engine};
	struct fail why = {0};
	double rate[MC_RUNS], photons_for_percent[MC_RUNS];
	q.photons = (engine == MC_ENGINE_SCALAR ? MC_PHOTONS : MC_LANE_PHOTONS) / (variants > 1 ? variants / 4 : 1);
	for (int i = 0; i <= 400; i++)
		z[i] = 5e-4 * i;
	for (int i = 0; i <= 100; i++)
		r[i] = 5e-3 * i;
	for (size_t i = 0; i < variants * skin->stack.count; i++)
		mua[i] = skin->stack.layer[i % skin->stack.count].mua_1_cm * (0.5 + (double)(i / skin->stack.count) / 64.0);
	q.variants = variants > 1 ? variants : 0;
	q.variant_mua_1_cm = mua;
	for (int i = 0; i < MC_RUNS; i++) {
		struct mc_result *result = NULL;
		q.seed = (uint64_t)i;
		double se, start = now_us();
		must(mc_run(&q, &result, &why), &why);
		rate[i] = (double)q.photons / (now_us() - start) * 1e6;
		double value = mc_absorbed_z(result, 0, BASAL_BIN, &se);
		photons_for_percent[i] = (double)q.photons * (100.0 * se / value) * (100.0 * se / value);
		mc_free(&result);
	}
	return (struct mc_speed){median(rate, MC_RUNS), median(photons_for_percent, MC_RUNS)};
}

static void bench_engines(const struct skin *skin, int rings)
{
	const char *grid = rings ? "r-z" : "z";
	struct mc_speed plain = measure(skin, MC_ENGINE_SCALAR, rings, 1);
	for (int e = MC_ENGINE_SCALAR; e < MC_ENGINES; e++) {
		if (!mc_engine_available((enum mc_engine)e))
			continue;
		struct mc_speed speed = e == MC_ENGINE_SCALAR ? plain : measure(skin, (enum mc_engine)e, rings, 1);
		double gain = speed.photons_s / plain.photons_s;
		printf("light Monte Carlo %s, %s grid, %s\t%.0f\tphotons/s\tone core, x%.1f the plain loop; at equal standard "
		       "error in 5 um at the basal layer x%.1f; %.0f photons for 1 %% there\n",
		       skin->name, grid, mc_engine_name((enum mc_engine)e), speed.photons_s, gain,
		       gain * plain.photons_for_percent / speed.photons_for_percent, speed.photons_for_percent);
	}
}

static void bench_variants(const struct skin *skin, int rings)
{
	for (int e = MC_ENGINE_SCALAR; e < MC_ENGINES; e++) {
		if (!mc_engine_available((enum mc_engine)e))
			continue;
		double one = measure(skin, (enum mc_engine)e, rings, 1).photons_s;
		double all = measure(skin, (enum mc_engine)e, rings, MC_VARIANTS_MAX).photons_s;
		printf("light Monte Carlo %s, %s grid, %d variants, %s\t%.2f\truns of one\t%.0f photons/s\n", skin->name,
		       rings ? "r-z" : "z", MC_VARIANTS_MAX, mc_engine_name((enum mc_engine)e), one / all, all);
	}
}

int main(void)
{
	for (int i = 0; i <= BINS; i++)
		edges[i] = DEPTH_CM * i / BINS;
	for (size_t i = 0; i < sizeof skins / sizeof *skins; i++)
		bench_skin(&skins[i]);
	bench_error();
	for (int rings = 0; rings < 2; rings++) {
		bench_engines(&skins[0], rings);
		bench_engines(&skins[2], rings);
	}
	bench_variants(&skins[0], 0);
	return 0;
}
