/* Speed of light transport. Deterministic: skins a (3 layers, 755 nm), e (as a, with index steps) and c (5
 * layers, 532 nm), the whole depth in 400 bins, solve and bins together, with the largest error of any bin
 * against 32 nodes per panel. Monte Carlo: photons per second and what they buy in the basal bin, best
 * of a few runs taken in turn with those of the plain loop. Else medians. */
#include "physics/montecarlo.h"
#include "physics/ordinates.h"
#include "tests/bench/bench.h"

#define BINS 400
#define DEPTH_CM 0.656
#define SOLVES 301
#define MC_RUNS 5
#define MC_PHOTONS 10000
#define MC_LANE_PHOTONS 64000
#define MC_SHARP_PHOTONS 128000
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
		double start = 1e6 * cpu_s();
		solve(s, skin, bins);
		time[i] = 1e6 * cpu_s() - start;
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
		double start = 1e6 * cpu_s();
		solve(s, &skins[0], bins);
		must(ordinates_absorption_with_error(s, edges, BINS, bins, error, &why), &why);
		time[i] = 1e6 * cpu_s() - start;
	}
	printf("light ordinates skin a, default nodes with error bars\t%.1f\tus\t\n", median(time, SOLVES));
	ordinates_free(&s);
}

/* 5 um bins over 2 mm, and rings of 50 um over 5 mm, as the published MCML comparisons have them. */
struct mc_speed {
	double us_photon;           /* least of all runs */
	double photons_for_percent; /* standard error of 1 % in the basal bin: mean of all runs */
};

struct mc_kind {
	enum mc_engine engine;
	bool plain; /* the same histories as the plain loop: no control variates, no early roulette */
	bool sharp; /* down to the basal bin, else alike everywhere */
	size_t variants;
	uint64_t photons;
};

static struct mc_request mc_request_of(const struct skin *skin, const struct mc_kind *kind, int rings)
{
	static double z[401], r[101], mua[MC_VARIANTS_MAX * LIGHT_LAYERS_MAX];
	for (int i = 0; i <= 400; i++)
		z[i] = 5e-4 * i;
	for (int i = 0; i <= 100; i++)
		r[i] = 5e-3 * i;
	for (size_t i = 0; i < kind->variants * skin->stack.count; i++)
		mua[i] = skin->stack.layer[i % skin->stack.count].mua_1_cm * (0.5 + (double)(i / skin->stack.count) / 64.0);
	return (struct mc_request){.stack = skin->stack,
	                           .grid = {rings ? 100 : 0, 400, r, z},
	                           .engine = kind->engine,
	                           .photons = kind->photons,
	                           .uncontrolled = kind->plain,
	                           .sharp_depth_cm = kind->sharp ? z[BASAL_BIN] : 0.0,
	                           .variants = kind->variants,
	                           .variant_mua_1_cm = mua};
}

static void run_once(const struct skin *skin, const struct mc_kind *kind, int rings, uint64_t seed, struct mc_speed *out)
{
	struct mc_request q = mc_request_of(skin, kind, rings);
	struct mc_result *result = NULL;
	struct fail why = {0};
	q.seed = seed;
	double se, start = 1e6 * cpu_s();
	must(mc_run(&q, &result, &why), &why);
	out->us_photon = fmin(out->us_photon, (1e6 * cpu_s() - start) / (double)q.photons);
	double value = mc_absorbed_z(result, kind->variants ? kind->variants / 2 : 0, BASAL_BIN, &se);
	out->photons_for_percent += (double)q.photons * (100.0 * se / value) * (100.0 * se / value) / MC_RUNS;
	mc_free(&result);
}

/* All kinds in turn, again and again, so that what else the machine does falls on all of them. */
static void measure(const struct skin *skin, const struct mc_kind *kind, size_t count, int rings, struct mc_speed *speed)
{
	for (size_t k = 0; k < count; k++)
		speed[k] = (struct mc_speed){INFINITY, 0.0};
	for (uint64_t i = 0; i < MC_RUNS; i++)
		for (size_t k = 0; k < count; k++)
			run_once(skin, &kind[k], rings, i, &speed[k]);
}

#define WAYS 3
#define KINDS_MAX (WAYS * MC_ENGINES)

static const char *way_of(const struct mc_kind *kind)
{
	return kind->plain ? ", same histories" : kind->sharp ? ", sharp to the basal layer" : "";
}

/* The plain loop first, then every engine of this machine: with the same histories, as it comes, and, in depth alone,
 * sharp. */
static size_t kinds_of(int rings, struct mc_kind *kind)
{
	size_t count = 0;
	kind[count++] = (struct mc_kind){.engine = MC_ENGINE_SCALAR, .photons = MC_PHOTONS};
	for (int e = MC_ENGINE_SCALAR + 1; e < MC_ENGINES; e++) {
		for (int way = 0; way < (rings ? WAYS - 1 : WAYS) && mc_engine_available((enum mc_engine)e); way++)
			kind[count++] = (struct mc_kind){.engine = (enum mc_engine)e,
			                                 .plain = way == 0,
			                                 .sharp = way == 2,
			                                 .photons = way == 2 ? MC_SHARP_PHOTONS : MC_LANE_PHOTONS};
	}
	return count;
}

static void bench_engines(const struct skin *skin, int rings)
{
	struct mc_kind kind[KINDS_MAX];
	struct mc_speed speed[KINDS_MAX];
	size_t count = kinds_of(rings, kind);
	measure(skin, kind, count, rings, speed);
	double plain_cost = speed[0].us_photon * speed[0].photons_for_percent;
	for (size_t k = 0; k < count; k++)
		printf("light Monte Carlo %s, %s grid, %s%s\t%.0f\tphotons/s\tone core, x%.1f the plain loop; at equal standard "
		       "error in 5 um at the basal layer x%.1f; %.0f photons and %.1f ms for 1 %% there\n",
		       skin->name, rings ? "r-z" : "z", mc_engine_name(kind[k].engine),
		       way_of(&kind[k]), 1e6 / speed[k].us_photon,
		       speed[0].us_photon / speed[k].us_photon,
		       plain_cost / (speed[k].us_photon * speed[k].photons_for_percent), speed[k].photons_for_percent,
		       1e-3 * speed[k].us_photon * speed[k].photons_for_percent);
}

/* Standard errors in the basal bin of some of the variants against those of as many photons spent on each alone. */
static void compare_errors(const struct skin *skin, const struct mc_kind *kind, double *mean, double *worst)
{
	struct mc_request q = mc_request_of(skin, kind, 0), own = q;
	struct mc_result *all = NULL, *alone = NULL;
	struct light_layer layer[LIGHT_LAYERS_MAX];
	struct fail why = {0};
	size_t layers = skin->stack.count, compared = 0;
	*mean = *worst = 0.0;
	must(mc_run(&q, &all, &why), &why);
	own.variants = 0;
	own.stack.layer = layer;
	for (size_t v = 0; v < kind->variants; v += 9) {
		double se, se_own;
		for (size_t l = 0; l < layers; l++) {
			layer[l] = skin->stack.layer[l];
			layer[l].mua_1_cm = q.variant_mua_1_cm[v * layers + l];
		}
		must(mc_run(&own, &alone, &why), &why);
		(void)mc_absorbed_z(all, v, BASAL_BIN, &se);
		(void)mc_absorbed_z(alone, 0, BASAL_BIN, &se_own);
		*mean += se / se_own;
		*worst = fmax(*worst, se / se_own);
		compared++;
		mc_free(&alone);
	}
	*mean /= (double)compared;
	mc_free(&all);
}

static void bench_variants(const struct skin *skin)
{
	for (int e = MC_ENGINE_SCALAR; e < MC_ENGINES; e++) {
		uint64_t photons = e == MC_ENGINE_SCALAR ? MC_PHOTONS : MC_LANE_PHOTONS;
		const struct mc_kind kind[2] = {{.engine = (enum mc_engine)e, .photons = photons},
		                                {.engine = (enum mc_engine)e, .variants = MC_VARIANTS_MAX, .photons = photons}};
		struct mc_speed speed[2];
		double mean = 1.0, worst = 1.0;
		if (!mc_engine_available((enum mc_engine)e))
			continue;
		measure(skin, kind, 2, 0, speed);
		if (e != MC_ENGINE_SCALAR)
			compare_errors(skin, &kind[1], &mean, &worst);
		printf("light Monte Carlo %s, %d variants (x0.5 to x1.5), %s\t%.2f\truns of one\t%.0f photons/s; standard errors in "
		       "the basal bin x%.2f in the mean, x%.2f at worst, of those of runs of their own\n",
		       skin->name, MC_VARIANTS_MAX, mc_engine_name((enum mc_engine)e), speed[1].us_photon / speed[0].us_photon,
		       1e6 / speed[1].us_photon, mean, worst);
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
	bench_variants(&skins[0]);
	bench_variants(&skins[2]);
	return 0;
}
