/* What sharpens Monte Carlo runs: control variates, thinning below a depth, variants that share a run. Each is held
 * to be unbiased, to tell its error, and to be alike on every engine with lanes and for any order of batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/montecarlo.h"
#include "physics/ordinates.h"

#define NZ 40
#define SIGMAS 4.0 /* for single numbers; the seeds are fixed, so a pass stays a pass */

static const struct light_layer layers_a[3] = {
	{1.40, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.40, 0.10, 80, 0.85, 0.5}};
static const struct light_layer layers_c[5] = {{1.40, 17.1, 210, 0.80, 0.006},
                                               {1.40, 2.8, 210, 0.80, 0.010},
                                               {1.40, 9.7, 210, 0.80, 0.008},
                                               {1.40, 1.68, 210, 0.80, 0.132},
                                               {1.40, 0.60, 120, 0.80, 0.5}};
static const struct light_layer layers_e[3] = {
	{1.43, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.44, 0.10, 80, 0.85, 0.5}};

static const struct light_layer layers_b[3] = {
	{1.40, 43.0, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.40, 0.10, 80, 0.85, 0.5}};
static const struct light_stack stack_a = {1.0, 1.40, 3, layers_a};
static const struct light_stack stack_b = {1.0, 1.40, 3, layers_b};
static const struct light_stack stack_c = {1.0, 1.40, 5, layers_c};
static const struct light_stack stack_e = {1.0, 1.44, 3, layers_e};

static double depth_edges[NZ + 1];

static int make_edges(void **state)
{
	(void)state;
	for (int i = 0; i <= NZ; i++)
		depth_edges[i] = i * 5e-4 * (i > 20 ? 2.0 : 1.0); /* 5 um bins, then wider ones */
	return 0;
}

static struct mc_request depth_request(struct light_stack stack, uint64_t photons, uint64_t seed)
{
	return (struct mc_request){
		.stack = stack, .grid = {0, NZ, NULL, depth_edges}, .photons = photons, .seed = seed};
}

static struct mc_result *run(const struct mc_request *request)
{
	struct mc_result *r = NULL;
	struct fail why = {0};
	enum status st = mc_run(request, &r, &why);
	if (st != ST_OK)
		print_error("%s: %s\n", why.field, why.text);
	assert_int_equal(st, ST_OK);
	return r;
}

static void assert_near(double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		print_error("got %.12g, want %.12g within %g\n", got, want, tolerance);
	assert_true(fabs(got - want) <= tolerance);
}

static double total_of(const struct mc_result *r, size_t variant, size_t layers)
{
	double sum = mc_specular(r) + mc_reflectance(r, variant, NULL) + mc_transmittance(r, variant, NULL);
	for (size_t l = 0; l < layers; l++)
		sum += mc_layer_absorbed(r, variant, l, NULL);
	return sum + mc_roulette(r, variant, NULL);
}

static bool has_lanes(void)
{
	return mc_engine_available(MC_ENGINE_AVX2) || mc_engine_available(MC_ENGINE_NEON);
}

/* Backwards, as other threads might. */
static bool run_backwards(void *context, size_t count, void (*item)(void *state, size_t index), void *state)
{
	size_t *calls = context;
	*calls += count;
	while (count--)
		item(state, count);
	return true;
}

/* What controls and thinning change is the error, not the answer: both agree with a plain run, bin by bin. Controls
 * sharpen every photon; thinned photons tell less each, and more in the same time (tests/bench). */
static void sharpen(const struct light_stack *stack, uint64_t seed)
{
	double se, se_plain, chi2[2] = {0.0, 0.0}, variance[2] = {0.0, 0.0}, variance_plain = 0.0;
	struct mc_request q = depth_request(*stack, 24000, seed);
	q.uncontrolled = true;
	struct mc_result *plain = run(&q);
	for (int thinned = 0; thinned < 2; thinned++) {
		q.seed++;
		q.uncontrolled = false;
		q.sharp_depth_cm = thinned ? 0.0055 : 0.0;
		struct mc_result *r = run(&q);
		for (size_t i = 0; i < NZ; i++) {
			double d = mc_absorbed_z(r, 0, i, &se) - mc_absorbed_z(plain, 0, i, &se_plain);
			chi2[thinned] += d * d / (se * se + se_plain * se_plain) / NZ;
			variance[thinned] += se * se;
			variance_plain += thinned ? 0.0 : se_plain * se_plain;
		}
		assert_near(total_of(r, 0, stack->count), 1.0, 1e-12);
		assert_true(fabs(mc_roulette(r, 0, NULL)) < 1e-6);
		mc_free(&r);
	}
	assert_true(chi2[0] < 3.0 && chi2[1] < 3.0);
	assert_true(variance[0] < 0.85 * variance_plain && variance[1] > variance[0]);
	mc_free(&plain);
}

static void thinning_and_controls_sharpen(void **state)
{
	(void)state;
	if (!has_lanes())
		return;
	sharpen(&stack_a, 50);
	sharpen(&stack_b, 53);
	sharpen(&stack_c, 51);
	sharpen(&stack_e, 52);
}

/* The scatter between seeds is the standard error told, with controls and few photons, too; and the mean of many
 * small runs is that of one large run: coefficients found from few photons do not pull. */
static void controls_tell_their_error(void **state)
{
	(void)state;
	enum { RUNS = 100, BIN = 11 };
	double sum = 0.0, square = 0.0, predicted = 0.0, se, se_large;
	struct mc_request q = depth_request(stack_c, 1000, 300);
	q.sharp_depth_cm = 0.0055;
	for (int i = 0; i < RUNS; i++) {
		q.seed++;
		struct mc_result *r = run(&q);
		double value = mc_absorbed_z(r, 0, BIN, &se);
		sum += value / RUNS;
		square += value * value / RUNS;
		predicted += se * se / RUNS;
		mc_free(&r);
	}
	double actual = (square - sum * sum) * RUNS / (RUNS - 1.0);
	assert_true(actual / predicted > 0.6 && actual / predicted < 1.5); /* chi2 of 99, 99.9 % */
	q.photons = 200000;
	struct mc_result *large = run(&q);
	double value = mc_absorbed_z(large, 0, BIN, &se_large);
	assert_near(sum, value, SIGMAS * sqrt(se_large * se_large + actual / RUNS));
	mc_free(&large);
}

/* Results of all engines with lanes, in any order of batches, bit for bit; with splits and without. */
static void thinned_runs_are_alike_everywhere(void **state)
{
	(void)state;
	size_t calls = 0;
	struct mc_request q = depth_request(stack_a, 30000, 38);
	q.sharp_depth_cm = 0.002;
	struct mc_result *first = run(&q);
	q.context = &calls;
	q.run = run_backwards;
	for (int e = MC_ENGINE_AVX2; e < MC_ENGINES && mc_engine_used(first) != MC_ENGINE_SCALAR; e++) {
		if (!mc_engine_available((enum mc_engine)e))
			continue;
		double se_a, se_b;
		q.engine = (enum mc_engine)e;
		struct mc_result *other = run(&q);
		for (size_t i = 0; i < NZ; i++) {
			assert_true(mc_absorbed_z(other, 0, i, &se_a) == mc_absorbed_z(first, 0, i, &se_b));
			assert_true(se_a == se_b && se_a > 0.0);
		}
		mc_free(&other);
	}
	mc_free(&first);
}

/* Sixty-four absorptions of a patient's posterior share a run: each against the deterministic solution of its own,
 * all within their errors, and the errors not far from those of a run of its own. The last lies far out, where the
 * leader says little: its error must say so. */
enum { MANY = 64, FAR_OUT = MANY - 1 };

static void posterior_of(const struct light_stack *stack, double *mua)
{
	for (size_t v = 0; v < MANY; v++)
		for (size_t l = 0; l < stack->count; l++) {
			double spread = l ? sin(2.4 * (double)v) : cos(1.7 * (double)v);
			mua[v * stack->count + l] = stack->layer[l].mua_1_cm * (1.0 + 0.3 * spread);
		}
	mua[FAR_OUT * stack->count] = 5.0 * stack->layer[0].mua_1_cm;
}

static void deviate(double value, double want, double se, double *chi2, size_t *count)
{
	assert_near(value, want, 4.5 * se);
	*chi2 += (value - want) * (value - want) / (se * se);
	(*count)++;
}

static void compare_shared(const struct mc_result *r, size_t v, const struct light_stack *stack, double *chi2,
                           size_t *count)
{
	struct light_source source = {0};
	struct light_balance b;
	struct ordinates *s = NULL;
	double a[NZ], se, value;
	assert_int_equal(ordinates_new(8, &s, NULL), ST_OK);
	assert_int_equal(ordinates_solve(s, stack, &source, NULL), ST_OK);
	ordinates_balance(s, &b);
	ordinates_absorption(s, depth_edges, NZ, a);
	value = mc_reflectance(r, v, &se);
	deviate(value, b.diffuse_reflectance_frac, se, chi2, count);
	for (size_t i = 0; i < NZ; i += 5) {
		value = mc_absorbed_z(r, v, i, &se);
		deviate(value, a[i], se, chi2, count);
	}
	value = mc_roulette(r, v, &se);
	deviate(value, 0.0, se, chi2, count);
	ordinates_free(&s);
}

static void shared_variants_are_each_unbiased(void **state)
{
	(void)state;
	double mua[MANY * 3], chi2 = 0.0, se[2], se_far;
	size_t count = 0;
	struct mc_request q = depth_request(stack_a, 48000, 70);
	posterior_of(&stack_a, mua);
	q.variants = MANY;
	q.variant_mua_1_cm = mua;
	if (!has_lanes())
		return;
	struct mc_result *r = run(&q);
	for (size_t v = 0; v < MANY; v += v < 60 ? 6 : 1) {
		struct light_layer own[3] = {layers_a[0], layers_a[1], layers_a[2]};
		struct light_stack stack = {1.0, 1.40, 3, own};
		for (size_t l = 0; l < 3; l++)
			own[l].mua_1_cm = mua[3 * v + l];
		compare_shared(r, v, &stack, &chi2, &count);
	}
	assert_true(chi2 < 1.6 * (double)count);
	assert_int_equal(mc_photons(r), 48000);
	q.variants = 0;
	q.uncontrolled = true;
	struct mc_result *plain = run(&q);
	(void)mc_reflectance(r, 0, &se[0]);
	(void)mc_reflectance(plain, 0, &se[1]);
	(void)mc_reflectance(r, FAR_OUT, &se_far);
	assert_true(se[0] < 1.3 * se[1] && se_far > 1.5 * se[0]);
	mc_free(&plain);
	mc_free(&r);
}

/* The same for any order of batches, and on every engine with lanes. */
static void shared_variants_are_alike_everywhere(void **state)
{
	(void)state;
	double mua[MANY * 3];
	size_t calls = 0;
	struct mc_request q = depth_request(stack_a, 42000, 71);
	posterior_of(&stack_a, mua);
	q.variants = 20;
	q.variant_mua_1_cm = mua;
	struct mc_result *first = run(&q);
	q.context = &calls;
	q.run = run_backwards;
	for (int e = MC_ENGINE_AVX2; e < MC_ENGINES && mc_engine_used(first) != MC_ENGINE_SCALAR; e++) {
		if (!mc_engine_available((enum mc_engine)e))
			continue;
		q.engine = (enum mc_engine)e;
		struct mc_result *other = run(&q);
		for (size_t v = 0; v < 20; v++)
			assert_true(mc_absorbed_z(other, v, 11, NULL) == mc_absorbed_z(first, v, 11, NULL));
		mc_free(&other);
	}
	mc_free(&first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thinning_and_controls_sharpen),
		cmocka_unit_test(controls_tell_their_error),
		cmocka_unit_test(thinned_runs_are_alike_everywhere),
		cmocka_unit_test(shared_variants_are_each_unbiased),
		cmocka_unit_test(shared_variants_are_alike_everywhere),
	};
	return cmocka_run_group_tests(tests, make_edges, NULL);
}
