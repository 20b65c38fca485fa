/* Speed of finite beams: skins a (3 layers, 755 nm) and c (5 layers, 532 nm), a flat-top of 1 mm radius, the map
 * A(r, z) of 24 rings x 100 depths from nothing; the map of one more beam from the same response; medians,
 * with the largest difference on the axis to a much finer solution. */
#include "physics/ordinates_beam.h"
#include "tests/bench/bench.h"

#define RINGS 24
#define DEPTHS 100
#define RUNS 51
#define RADIUS_CM 0.1

static const struct light_layer skin_a[3] = {
	{1.40, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.40, 0.10, 80, 0.85, 0.5}};
static const struct light_layer skin_c[5] = {{1.40, 17.1, 210, 0.80, 0.006},
                                             {1.40, 2.8, 210, 0.80, 0.010},
                                             {1.40, 9.7, 210, 0.80, 0.008},
                                             {1.40, 1.68, 210, 0.80, 0.132},
                                             {1.40, 0.60, 120, 0.80, 0.5}};

static const struct skin {
	const char *name;
	struct light_stack stack;
} skins[] = {
	{"skin a, 3 layers", {1.0, 1.40, 3, skin_a}},
	{"skin c, 5 layers", {1.0, 1.40, 5, skin_c}},
};

static const struct beam_shape spot = {BEAM_FLAT_TOP, RADIUS_CM};
static double r_edges[RINGS + 1], z_edges[DEPTHS + 1], map[RINGS * DEPTHS];

static void axis_of(struct beam_options options, const struct light_stack *stack, double *out)
{
	struct beam_solver *s = NULL;
	struct fail why = {0};
	must(beam_new(&options, &s, &why), &why);
	must(beam_solve(s, stack, RADIUS_CM, &why), &why);
	must(beam_axis_absorption(s, &spot, DEPTHS, z_edges, out, NULL, &why), &why);
	beam_free(&s);
}

static double worst_on_axis(const struct light_stack *stack)
{
	double fine[DEPTHS], usual[DEPTHS], worst = 0.0;
	axis_of((struct beam_options){5, 5, 24}, stack, fine);
	axis_of((struct beam_options){0}, stack, usual);
	for (size_t i = 0; i < DEPTHS; i++)
		worst = fmax(worst, fabs(usual[i] / fine[i] - 1.0));
	return worst;
}

static void bench_skin(const struct skin *skin)
{
	double whole[RUNS], again[RUNS];
	struct fail why = {0};
	for (int i = 0; i < RUNS; i++) {
		struct beam_solver *s = NULL;
		double start = 1e3 * cpu_s();
		must(beam_new(NULL, &s, &why), &why);
		must(beam_solve(s, &skin->stack, RADIUS_CM, &why), &why);
		must(beam_absorption(s, &spot, RINGS, r_edges, DEPTHS, z_edges, map, NULL, &why), &why);
		double middle = 1e3 * cpu_s();
		must(beam_absorption(s, &(struct beam_shape){BEAM_GAUSSIAN, 0.2}, RINGS, r_edges, DEPTHS, z_edges, map, NULL,
		                     &why), &why);
		again[i] = 1e3 * cpu_s() - middle;
		whole[i] = middle - start;
		beam_free(&s);
	}
	printf("light beam %s, R 1 mm, map of %d x %d\t%.2f\tms\tmax error on axis %.3f %%\n", skin->name, RINGS, DEPTHS,
	       median(whole, RUNS), 100.0 * worst_on_axis(&skin->stack));
	printf("light beam %s, map of one more beam\t%.2f\tms\tGaussian of 2 mm, same response\n", skin->name,
	       median(again, RUNS));
}

int main(void)
{
	for (int i = 0; i <= RINGS; i++)
		r_edges[i] = 0.02 * i;
	for (int i = 0; i <= DEPTHS; i++)
		z_edges[i] = 0.003 * i;
	for (size_t i = 0; i < sizeof skins / sizeof *skins; i++)
		bench_skin(&skins[i]);
	return 0;
}
