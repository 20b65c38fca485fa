/* How the work grows: with layers, depth bins, spot and pulses; and the most memory any of it took. Processor time of
 * one core, best of a few; the exponent is that of the last doubling. */
#include "physics/base/units.h"
#include "physics/heat.h"
#include "physics/montecarlo.h"
#include "physics/ordinates.h"
#include "physics/ordinates_beam.h"
#include "tests/bench/bench.h"

#define TRIALS 9
#define LAYERS_MOST 32
#define BINS_MOST 1600
#define DEPTH_CM 0.2
#define US_PER_S 1e6

static void report(const char *what, double size, const char *unit, double s, double before_s, const char *note)
{
	char power[48] = "";
	if (before_s > 0.0)
		(void)snprintf(power, sizeof power, "; grows as the power %.2f", log2(s / before_s));
	printf("growth: %s, %g %s\t%.1f\tus\t%s%s\n", what, size, unit, US_PER_S * s, note, power);
}

/* ---- light ---- */

static void fill_layers(struct light_layer *layer, size_t count)
{
	for (size_t i = 0; i < count; i++)
		layer[i] = (struct light_layer){1.4, i % 2 ? 0.4 : 6.0, 150.0, 0.85, DEPTH_CM / (double)count};
}

static double light_s(size_t layers, size_t bins)
{
	static struct light_layer layer[LAYERS_MOST];
	static double edge_cm[BINS_MOST + 1], absorbed[BINS_MOST];
	const struct light_source source = {.kind = LIGHT_COLLIMATED};
	struct ordinates *solver = NULL;
	struct fail why = {.text = ""};
	double best = INFINITY;
	fill_layers(layer, layers);
	for (size_t i = 0; i <= bins; i++)
		edge_cm[i] = DEPTH_CM * (double)i / (double)bins;
	const struct light_stack stack = {1.0, 1.4, layers, layer};
	must(ordinates_new(0, &solver, &why), &why);
	for (int trial = 0; trial < TRIALS; trial++) {
		double start = cpu_s();
		for (int i = 0; i < 20; i++) {
			must(ordinates_solve(solver, &stack, &source, &why), &why);
			ordinates_absorption(solver, edge_cm, bins, absorbed);
		}
		best = fmin(best, (cpu_s() - start) / 20.0);
	}
	ordinates_free(&solver);
	return best;
}

static double spot_s(double radius_mm)
{
	enum { RINGS = 24, ROWS = 100 };
	static struct light_layer layer[4];
	double r_cm[RINGS + 1], z_cm[ROWS + 1], map[RINGS * ROWS], error[RINGS * ROWS], best = INFINITY;
	const struct beam_shape shape = {BEAM_FLAT_TOP, radius_mm * 0.1};
	struct beam_solver *solver = NULL;
	struct fail why = {.text = ""};
	fill_layers(layer, 4);
	for (int i = 0; i <= RINGS; i++)
		r_cm[i] = 2.0 * shape.radius_cm * i / RINGS;
	for (int i = 0; i <= ROWS; i++)
		z_cm[i] = DEPTH_CM * i / ROWS;
	const struct light_stack stack = {1.0, 1.4, 4, layer};
	must(beam_new(NULL, &solver, &why), &why);
	for (int trial = 0; trial < TRIALS; trial++) {
		double start = cpu_s();
		must(beam_solve(solver, &stack, shape.radius_cm, &why), &why);
		must(beam_absorption(solver, &shape, RINGS, r_cm, ROWS, z_cm, map, error, &why), &why);
		best = fmin(best, cpu_s() - start);
	}
	beam_free(&solver);
	return best;
}

/* Microseconds per photon: in depth alone, or on rings with as many absorptions as a posterior has samples. */
static double photon_s(size_t layers, size_t rings, size_t variants, uint64_t photons)
{
	enum { ROWS = 100, RINGS_MOST = 40 };
	static struct light_layer layer[LAYERS_MOST];
	static double mua[MC_VARIANTS_MAX * LAYERS_MOST], z_cm[ROWS + 1], r_cm[RINGS_MOST + 1];
	struct fail why = {.text = ""};
	double best = INFINITY;
	fill_layers(layer, layers);
	for (int i = 0; i <= ROWS; i++)
		z_cm[i] = DEPTH_CM * i / ROWS;
	for (int i = 0; i <= RINGS_MOST; i++)
		r_cm[i] = 2.5e-3 * i;
	for (size_t i = 0; i < variants * layers; i++)
		mua[i] = layer[i % layers].mua_1_cm * (0.7 + 0.6 * (double)(i / layers) / (double)variants);
	const struct mc_request q = {.stack = {1.0, 1.4, layers, layer},
	                             .grid = {rings, ROWS, r_cm, z_cm},
	                             .variants = variants,
	                             .variant_mua_1_cm = mua,
	                             .photons = photons};
	for (int trial = 0; trial < 3; trial++) {
		struct mc_result *result = NULL;
		double start = cpu_s();
		must(mc_run(&q, &result, &why), &why);
		best = fmin(best, (cpu_s() - start) / (double)photons);
		mc_free(&result);
	}
	return best;
}

static void report_photons(void)
{
	double before = 0.0;
	for (size_t n = 2; n <= LAYERS_MOST; n *= 2) {
		double s = photon_s(n, 0, 0, 32000);
		report("a photon, 100 depth bins", (double)n, "layers", s, before, "one absorption");
		before = s;
	}
	report("a photon, 100 depth bins", 64, "absorptions", photon_s(4, 0, MC_VARIANTS_MAX, 64000), 0.0, "4 layers");
	report("a photon, map of 40 x 100", 64, "absorptions", photon_s(4, 40, MC_VARIANTS_MAX, 4000), 0.0, "4 layers");
}

/* ---- heat ---- */

static double heat_s(size_t pulses, size_t *nodes)
{
	static const struct heat_layer skin[] = {{80.0, 0.4, 1120.0, 3500.0, 0.0, 0.65},
	                                         {1500.0, 0.45, 1116.0, 3500.0, 0.002, 0.65}};
	static const double edge_um[] = {0.0, 80.0, 1580.0}, absorption_1_cm[] = {20.0, 2.0};
	const struct heat_problem problem = {.layers = 2,
	                                     .layer = skin,
	                                     .surface_C = 33.0,
	                                     .core_C = 37.0,
	                                     .surface = heat_still_air(),
	                                     .pulses = {.duration_s = 3e-3, .count = pulses, .rate_Hz = 10.0},
	                                     .source = {2, edge_um, absorption_1_cm}};
	struct fail why = {.text = ""};
	double best = INFINITY;
	for (int trial = 0; trial < TRIALS; trial++) {
		struct heat *heat = NULL;
		double start = cpu_s();
		must(heat_new(&problem, &heat, &why), &why);
		best = fmin(best, cpu_s() - start);
		*nodes = heat_steps(heat);
		heat_free(&heat);
	}
	return best;
}

static double most_memory_MB(void)
{
	char line[128];
	double kB = NAN;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kB = strtod(line + 6, NULL);
	if (f)
		fclose(f);
	return kB / 1024.0;
}

int main(void)
{
	double before = 0.0;
	for (size_t n = 2; n <= LAYERS_MOST; n *= 2) {
		double s = light_s(n, 400);
		report("broad beam, 400 depth bins", (double)n, "layers", s, before, "default nodes");
		before = s;
	}
	before = 0.0;
	for (size_t n = 100; n <= BINS_MOST; n *= 2) {
		double s = light_s(4, n);
		report("broad beam, 4 layers", (double)n, "depth bins", s, before, "default nodes");
		before = s;
	}
	report_photons();
	before = 0.0;
	for (double r = 0.5; r <= 8.0; r *= 2.0) {
		double s = spot_s(r);
		report("finite beam, map of 24 x 100", r, "mm radius", s, before, "4 layers");
		before = s;
	}
	for (size_t n = 1; n <= 256; n *= 4) {
		size_t nodes = 0;
		char note[64];
		double s = heat_s(n, &nodes);
		(void)snprintf(note, sizeof note, "%zu time nodes, %.2f us each", nodes, US_PER_S * s / (double)nodes);
		printf("growth: heat in depth, %zu pulses\t%.0f\tus\t%s\n", n, US_PER_S * s, note);
	}
	printf("growth: most memory of this program\t%.1f\tMB\tall of the above in one process\n", most_memory_MB());
	return EXIT_SUCCESS;
}
