/* Monte Carlo: exact where chance plays no part (absorption without scattering, energy, seeds), within its
 * standard errors against the deterministic solver elsewhere. Finite beams: tests/validation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/montecarlo.h"
#include "physics/ordinates.h"
#if defined(__x86_64__)
#include "physics/montecarlo_avx2.h"

#include "physics/montecarlo_lanes_math.h"
#endif

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
static const struct light_layer layers_d[3] = {
	{1.40, 5.7, 157, 0.90, 0.006}, {1.40, 0.32, 157, 0.90, 0.15}, {1.40, 0.08, 90, 0.90, 0.5}};
static const struct light_layer layers_f[3] = {
	{1.40, 6.5, 92, 0.90, 0.006}, {1.40, 7.6, 92, 0.90, 0.15}, {1.40, 1.5, 60, 0.90, 0.5}};

static const struct light_stack stack_b = {1.0, 1.40, 3, layers_b};
static const struct light_stack stack_d = {1.0, 1.40, 3, layers_d};
static const struct light_stack stack_f = {1.0, 1.40, 3, layers_f};
static const struct light_stack stack_a = {1.0, 1.40, 3, layers_a};
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

/* Without scattering a pencil in a matched absorber obeys Beer-Lambert without any chance. */
static void absorption_alone_is_exact(void **state)
{
	(void)state;
	const struct light_layer black[2] = {{1.0, 5.0, 0.0, 0.0, 0.01}, {1.0, 300.0, 0.0, 0.0, 1.0}};
	const double r_edges[3] = {0.0, 0.01, 0.02};
	struct mc_request q = depth_request((struct light_stack){1.0, 1.0, 2, black}, 100, 1);
	q.engine = MC_ENGINE_SCALAR;
	q.grid.nr = 2;
	q.grid.r_edge_cm = r_edges;
	struct mc_result *r = run(&q);
	double se, first = -expm1(-0.05);
	assert_near(mc_layer_absorbed(r, 0, 0, &se), first, 1e-13);
	assert_true(se < 1e-9);
	assert_near(mc_layer_absorbed(r, 0, 1, NULL) + mc_roulette(r, 0, NULL), 1.0 - first, 1e-12);
	for (size_t i = 0; i < 20; i++) {
		double top = exp(-5.0 * depth_edges[i]), bottom = exp(-5.0 * depth_edges[i + 1]);
		double width = depth_edges[i + 1] - depth_edges[i];
		assert_near(mc_absorbed_z(r, 0, i, NULL), (top - bottom) / width, 1e-11);
		assert_near(mc_absorbed(r, 0, 0, i, NULL) * PI * 1e-4, (top - bottom) / width, 1e-10);
		assert_true(mc_absorbed(r, 0, 1, i, NULL) == 0.0);
	}
	mc_free(&r);
	assert_null(r);
}

/* A plate with reflections: R = r + r (1 - r)^2 e^-2b / (1 - r^2 e^-2b), T = (1 - r)^2 e^-b / (...). */
static void absorbing_plate(void **state)
{
	(void)state;
	const struct light_layer plate = {1.5, 3.0, 0.0, 0.0, 0.1};
	struct mc_request q = depth_request((struct light_stack){1.0, 1.0, 1, &plate}, 200000, 2);
	struct mc_result *r = run(&q);
	double se, n = 0.04, e = exp(-0.3), all = 1.0 - n * n * e * e;
	double t = mc_transmittance(r, 0, &se);
	assert_near(t, (1 - n) * (1 - n) * e / all, SIGMAS * se);
	double d = mc_reflectance(r, 0, &se);
	assert_near(d, n * (1 - n) * (1 - n) * e * e / all, SIGMAS * se);
	assert_true(se > 0.0 && se < 1e-3);
	mc_free(&r);
}

/* What falls inside a radius: (r / R)^2 of a flat top, 1 - e^(-2 r^2 / w^2) of a Gaussian. */
static void beams_have_their_shape(void **state)
{
	(void)state;
	const struct light_layer black = {1.0, 1e4, 0.0, 0.0, 0.01};
	const double r_edges[4] = {0.0, 0.02, 0.05, 0.08};
	struct mc_request q = depth_request((struct light_stack){1.0, 1.0, 1, &black}, 100000, 3);
	const double whole[2] = {0.0, 0.02};
	q.grid = (struct mc_grid){3, 1, r_edges, whole};
	for (int gaussian = 0; gaussian < 2; gaussian++) {
		q.source = (struct mc_source){.beam = gaussian ? MC_GAUSSIAN : MC_FLAT_TOP, .radius_cm = 0.05};
		struct mc_result *r = run(&q);
		double before = 0.0;
		for (size_t i = 0; i < 3; i++) {
			double x = r_edges[i + 1] / 0.05, se;
			double inside = gaussian ? -expm1(-2.0 * x * x) : fmin(x * x, 1.0);
			double area = PI * (r_edges[i + 1] * r_edges[i + 1] - r_edges[i] * r_edges[i]);
			double part = mc_absorbed(r, 0, i, 0, &se) * area * 0.02;
			assert_near(part, inside - before, SIGMAS * se * area * 0.02 + 1e-12);
			before = inside;
		}
		mc_free(&r);
	}
}

static void energy_is_conserved_exactly(void **state)
{
	(void)state;
	const struct light_stack stacks[3] = {stack_a, stack_c, stack_e};
	for (int k = 0; k < 6; k++) {
		const struct light_stack *stack = &stacks[k / 2];
		struct mc_request q = depth_request(*stack, 500, 4);
		q.uncontrolled = k % 2;
		struct mc_result *r = run(&q);
		double se, bias = mc_roulette(r, 0, &se);
		assert_near(total_of(r, 0, stack->count), 1.0, 1e-12);
		assert_true(fabs(bias) < (q.uncontrolled ? 1e-3 : SIGMAS * se));
		mc_free(&r);
	}
}

static void compare_with_ordinates(struct light_stack stack, enum mc_engine engine, double cos_incidence,
                                   uint64_t seed)
{
	struct mc_request q = depth_request(stack, 30000, seed);
	q.engine = engine;
	q.source.cos_incidence = cos_incidence;
	struct mc_result *r = run(&q);
	struct ordinates *s = NULL;
	struct light_balance b;
	struct light_source source = {.cos_incidence = cos_incidence};
	double a[NZ], se, chi2 = 0.0;
	assert_int_equal(ordinates_new(12, &s, NULL), ST_OK);
	assert_int_equal(ordinates_solve(s, &stack, &source, NULL), ST_OK);
	ordinates_balance(s, &b);
	ordinates_absorption(s, depth_edges, NZ, a);
	assert_near(mc_specular(r), b.specular_frac, 1e-15);
	double value = mc_reflectance(r, 0, &se);
	assert_near(value, b.diffuse_reflectance_frac, SIGMAS * se);
	assert_true(se < 0.005);
	value = mc_transmittance(r, 0, &se);
	assert_near(value, b.transmittance_frac, SIGMAS * se);
	for (size_t l = 0; l < stack.count; l++) {
		value = mc_layer_absorbed(r, 0, l, &se);
		assert_near(value, b.absorbed_frac[l], SIGMAS * se);
	}
	for (size_t i = 0; i < NZ; i++) {
		value = mc_absorbed_z(r, 0, i, &se);
		assert_true(se < 0.02 * value);
		chi2 += (value - a[i]) * (value - a[i]) / (se * se);
	}
	/* neighbouring bins share photons, so chi2 scatters about NZ far more than for independent bins */
	assert_true(chi2 / NZ < 3.0);
	ordinates_free(&s);
	mc_free(&r);
}

static void agrees_with_the_deterministic_solver(void **state)
{
	(void)state;
	compare_with_ordinates(stack_a, MC_ENGINE_SCALAR, 0.0, 5);
	compare_with_ordinates(stack_c, MC_ENGINE_SCALAR, 0.0, 6);
	compare_with_ordinates(stack_e, MC_ENGINE_SCALAR, 0.0, 7);
	for (int e = MC_ENGINE_AVX2; e < MC_ENGINES; e++) {
		if (!mc_engine_available((enum mc_engine)e))
			continue;
		compare_with_ordinates(stack_a, (enum mc_engine)e, 0.0, 105);
		compare_with_ordinates(stack_b, (enum mc_engine)e, 0.0, 106);
		compare_with_ordinates(stack_c, (enum mc_engine)e, 0.0, 107);
		compare_with_ordinates(stack_d, (enum mc_engine)e, 0.0, 108);
		compare_with_ordinates(stack_e, (enum mc_engine)e, 0.0, 109);
		compare_with_ordinates(stack_f, (enum mc_engine)e, 0.0, 110);
	}
}

static void slanted_light_agrees_with_the_deterministic_solver(void **state)
{
	(void)state;
	compare_with_ordinates(stack_a, MC_ENGINE_SCALAR, 0.5, 30);
	compare_with_ordinates(stack_e, MC_ENGINE_AUTO, 0.3, 31);
	compare_with_ordinates(stack_c, MC_ENGINE_AUTO, 0.7, 32);
}

/* Engines of lanes run one calculation; the plain loop agrees with them within standard errors, bin by bin on
 * an r-z grid with uneven rows too. */
static void engines_agree(void **state)
{
	(void)state;
	const double r_edges[5] = {0.0, 0.01, 0.02, 0.05, 0.2};
	struct mc_request q = depth_request(stack_e, 8000, 33);
	q.source = (struct mc_source){.beam = MC_GAUSSIAN, .radius_cm = 0.02};
	q.grid.nr = 4;
	q.grid.r_edge_cm = r_edges;
	q.engine = MC_ENGINE_SCALAR;
	struct mc_result *plain = run(&q);
	q.photons = 40000;
	q.engine = MC_ENGINE_AUTO;
	struct mc_result *first = run(&q);
	double chi2 = 0.0, se_a, se_b;
	for (size_t k = 0; k < 4 * NZ; k++) {
		double d = mc_absorbed(plain, 0, k / NZ, k % NZ, &se_a) - mc_absorbed(first, 0, k / NZ, k % NZ, &se_b);
		chi2 += d * d / (se_a * se_a + se_b * se_b);
	}
	assert_true(chi2 / (4 * NZ) < 2.0);
	for (int e = MC_ENGINE_AVX2; e < MC_ENGINES && mc_engine_used(first) != MC_ENGINE_SCALAR; e++) {
		if (!mc_engine_available((enum mc_engine)e))
			continue;
		q.engine = (enum mc_engine)e;
		struct mc_result *other = run(&q);
		for (size_t k = 0; k < 4 * NZ; k++)
			assert_true(mc_absorbed(other, 0, k / NZ, k % NZ, NULL) == mc_absorbed(first, 0, k / NZ, k % NZ, NULL));
		assert_near(total_of(other, 0, 3), 1.0, 1e-12);
		mc_free(&other);
	}
	mc_free(&plain);
	mc_free(&first);
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

static bool run_cancelled(void *context, size_t count, void (*item)(void *state, size_t index), void *state)
{
	(void)context;
	(void)count;
	item(state, 0);
	return false;
}

static void order_of_batches_does_not_matter(void **state)
{
	(void)state;
	for (int e = MC_ENGINE_SCALAR; e < MC_ENGINES; e++) {
		size_t calls = 0;
		struct mc_request q = depth_request(stack_c, 700, 34);
		struct mc_result *one, *other;
		q.engine = (enum mc_engine)e;
		if (!mc_engine_available(q.engine))
			continue;
		one = run(&q);
		q.context = &calls;
		q.run = run_backwards;
		other = run(&q);
		assert_int_equal(calls, 32);
		for (size_t i = 0; i < NZ; i++)
			assert_true(mc_absorbed_z(one, 0, i, NULL) == mc_absorbed_z(other, 0, i, NULL));
		assert_true(mc_reflectance(one, 0, NULL) == mc_reflectance(other, 0, NULL));
		mc_free(&one);
		mc_free(&other);
		q.run = run_cancelled;
		assert_int_equal(mc_run(&q, &one, NULL), ST_CANCELLED);
	}
}

/* Rays aim at a point: without scattering, in matched media, they meet the axis there. Flat top of radius R: at
 * depth z its radius is R |1 - z/f|. */
static void focused_beam_meets_its_focus(void **state)
{
	(void)state;
	const struct light_layer clear = {1.0, 1e-3, 0.0, 0.0, 1.0};
	const double r_edges[3] = {0.0, 0.05, 0.5}, z_edges[4] = {0.0, 0.2, 0.6, 1.0};
	for (int e = MC_ENGINE_SCALAR; e < MC_ENGINES; e++) {
		struct mc_request q = {.stack = {1.0, 1.0, 1, &clear}, .photons = 20000, .seed = 35};
		q.source = (struct mc_source){.beam = MC_FLAT_TOP, .radius_cm = 0.2, .focus_depth_cm = 0.4};
		q.grid = (struct mc_grid){2, 3, r_edges, z_edges};
		q.engine = (enum mc_engine)e;
		if (!mc_engine_available(q.engine))
			continue;
		struct mc_result *r = run(&q);
		/* share within 0.05 of the axis: (0.05 / R(z))^2 above 0.3 and below 0.5, all of it between; mean over
		 * 0.2 .. 0.6: (0.2 + 2 * integral of (0.05 / (0.5 s))^2 ds from 0.1 to 0.2) / 0.4 = 0.75, slant aside */
		double se, inner = mc_absorbed(r, 0, 0, 1, &se) * PI * 0.0025 * 0.4;
		double share = inner / (mc_absorbed_z(r, 0, 1, NULL) * 0.4);
		assert_near(share, 0.75, 0.01);
		assert_true(mc_specular(r) == 0.0);
		mc_free(&r);
	}
}

/* Light of an endless array: nothing is lost sideways, so a cell absorbs what a broad beam does, and between
 * tight beams the field is that of the broad beam everywhere. */
static void arrays_are_periodic(void **state)
{
	(void)state;
	const double r_edges[3] = {0.0, 0.02, 0.1};
	for (int k = 0; k < 4; k++) {
		struct mc_request q = depth_request(stack_a, 20000, 36);
		q.source = (struct mc_source){.beam = MC_GAUSSIAN, .radius_cm = 0.01, .pitch_cm = 0.05};
		q.source.array = k % 2 ? MC_HEXAGONAL : MC_SQUARE;
		q.engine = k < 2 ? MC_ENGINE_SCALAR : MC_ENGINE_AUTO;
		q.grid.nr = 2;
		q.grid.r_edge_cm = r_edges;
		struct mc_result *r = run(&q);
		double cell = 0.05 * 0.05 * (k % 2 ? sqrt(0.75) : 1.0), inner = PI * 0.02 * 0.02, se;
		for (size_t i = 0; i < NZ; i += 13) { /* the cell's corners are within the second ring: nothing is outside */
			double sum = mc_absorbed(r, 0, 0, i, NULL) * inner + mc_absorbed(r, 0, 1, i, NULL) * (cell - inner);
			assert_near(sum / mc_absorbed_z(r, 0, i, NULL), 1.0, 1e-9);
		}
		double deep = mc_absorbed(r, 0, 1, NZ - 1, &se) * cell; /* 590 um down, a pitch is washed out */
		assert_near(deep / mc_absorbed_z(r, 0, NZ - 1, NULL), 1.0, SIGMAS * se * cell + 0.02);
		assert_near(total_of(r, 0, 3), 1.0, 1e-12);
		mc_free(&r);
	}
}

#if defined(__x86_64__)
LANE_ENTRY static void worst_of_math(double *worst_log, double *worst_sine, double *worst_cosine)
{
	float u[16], log_u[16], sine[16], cosine[16];
	for (int k = 0; k < 40000; k++) {
		for (int i = 0; i < 16; i++)
			u[i] = k % 2 ? (float)(k * 16 + i + 0.5) * (1.0f / 640000) : ldexpf(0.5f + (float)i / 32, -k / 1700);
		vf_store(log_u, minus_log(vf_load(u)));
		vf_store(sine, sine_pi(vf_sub(vf_load(u), vf_set(0.5f))));
		vf_store(cosine, cosine_pi(vf_sub(vf_load(u), vf_set(0.5f))));
		for (int i = 0; i < 16; i++) {
			double v = (double)(u[i] - 0.5f);
			*worst_log = fmax(*worst_log, fabs((double)log_u[i] / -log((double)u[i]) - 1.0));
			*worst_sine = fmax(*worst_sine, fabs((double)sine[i] - sin(PI * v)));
			*worst_cosine = fmax(*worst_cosine, fabs((double)cosine[i] - cos(PI * v)));
		}
	}
}

static void lane_functions_are_as_exact_as_stated(void **state)
{
	(void)state;
	double worst_log = 0.0, worst_sine = 0.0, worst_cosine = 0.0;
	if (!mc_engine_available(MC_ENGINE_AVX2))
		return;
	worst_of_math(&worst_log, &worst_sine, &worst_cosine);
	assert_true(worst_log < 2e-7);
	assert_true(worst_sine < 2e-7);
	assert_true(worst_cosine < 2e-7);
}
#else
static void lane_functions_are_as_exact_as_stated(void **state)
{
	(void)state;
}
#endif

/* Early roulette gives what it takes as well, with rings, where no controls take off its luck: a survival weight wrong
 * by 5 % would show. */
static void early_roulette_is_fair(void)
{
	const double r_edges[2] = {0.0, 1.0};
	struct mc_request q = depth_request(stack_c, 100000, 18);
	q.grid.nr = 1;
	q.grid.r_edge_cm = r_edges;
	struct mc_result *r = run(&q);
	double se, value = mc_roulette(r, 0, &se);
	assert_near(value, 0.0, SIGMAS * se);
	assert_true(se > 0.0 && se < 1.5e-3);
	mc_free(&r);
}

/* Roulette gives what it takes. In dark skin packets get light enough for it (in pale skin they leave
 * first); the scatter is small enough to see a wrong survival weight. */
static void roulette_is_fair(void **state)
{
	(void)state;
	struct mc_request q = depth_request(stack_c, 20000, 18);
	early_roulette_is_fair();
	q.uncontrolled = true; /* controls take off the luck of the roulette */
	struct mc_result *r = run(&q);
	double se, value = mc_roulette(r, 0, &se);
	assert_near(value, 0.0, SIGMAS * se);
	assert_true(se > 0.0 && se < 2e-5);
	mc_free(&r);
}

/* The centre of a wide flat-top sees the broad beam; rings and the outside add up to the depth. */
static void wide_beam_and_rings_add_up(void **state)
{
	(void)state;
	const double r_edges[4] = {0.0, 0.3, 1.0, 50.0};
	struct mc_request q = depth_request(stack_a, 5000, 9);
	q.source = (struct mc_source){.beam = MC_FLAT_TOP, .radius_cm = 1.0};
	q.grid.nr = 3;
	q.grid.r_edge_cm = r_edges;
	struct mc_result *r = run(&q);
	double se;
	for (size_t i = 0; i < NZ; i++) {
		double sum = 0.0;
		for (size_t k = 0; k < 3; k++)
			sum += mc_absorbed(r, 0, k, i, NULL) * PI * (r_edges[k + 1] * r_edges[k + 1] - r_edges[k] * r_edges[k]);
		assert_near(sum / mc_absorbed_z(r, 0, i, NULL), 1.0, 1e-12);
	}
	double centre = mc_absorbed(r, 0, 0, 11, &se);
	assert_near(centre * PI, 24.2945, SIGMAS * se * PI); /* broad beam, basal bin */
	mc_free(&r);
}

static void radial_grid_does_not_change_depths(void **state)
{
	(void)state;
	double r_edges[51];
	for (int i = 0; i <= 50; i++)
		r_edges[i] = 0.002 * i;
	struct mc_request q = depth_request(stack_e, 400, 10);
	q.engine = MC_ENGINE_SCALAR;
	struct mc_result *plain = run(&q);
	q.grid.nr = 50;
	q.grid.r_edge_cm = r_edges;
	struct mc_result *rings = run(&q);
	for (size_t i = 0; i < NZ; i++)
		assert_near(mc_absorbed_z(rings, 0, i, NULL) / mc_absorbed_z(plain, 0, i, NULL), 1.0, 1e-11);
	mc_free(&plain);
	mc_free(&rings);
}

static void equal_seeds_give_equal_results(void **state)
{
	(void)state;
	struct mc_request q = depth_request(stack_c, 300, 11);
	struct mc_result *one = run(&q), *same = run(&q);
	q.seed = 12;
	struct mc_result *other = run(&q);
	assert_true(mc_reflectance(one, 0, NULL) == mc_reflectance(same, 0, NULL));
	assert_true(mc_absorbed_z(one, 0, 30, NULL) == mc_absorbed_z(same, 0, 30, NULL));
	assert_true(mc_reflectance(one, 0, NULL) != mc_reflectance(other, 0, NULL));
	assert_int_equal(mc_photons(one), 300);
	mc_free(&one);
	mc_free(&same);
	mc_free(&other);
}

static void one_variant_is_the_run_itself(void **state)
{
	(void)state;
	const double own[3] = {5.4, 0.30, 0.10};
	struct mc_request q = depth_request(stack_a, 300, 13);
	struct mc_result *plain = run(&q);
	q.variants = 1;
	q.variant_mua_1_cm = own;
	struct mc_result *variant = run(&q);
	assert_true(mc_reflectance(plain, 0, NULL) == mc_reflectance(variant, 0, NULL));
	for (size_t i = 0; i < NZ; i++)
		assert_true(mc_absorbed_z(plain, 0, i, NULL) == mc_absorbed_z(variant, 0, i, NULL));
	mc_free(&plain);
	mc_free(&variant);
}

/* Three skins on one set of trajectories, each against the deterministic solution of its own. */
static void variants_under(enum mc_engine engine)
{
	const double mua[9] = {5.4, 0.30, 0.10, 43.0, 0.30, 0.10, 1.0, 3.0, 0.0};
	struct mc_request q = depth_request(stack_a, 20000, 14);
	q.engine = engine;
	q.variants = 3;
	q.variant_mua_1_cm = mua;
	struct mc_result *r = run(&q);
	for (size_t v = 0; v < 3; v++) {
		struct light_layer own[3] = {layers_a[0], layers_a[1], layers_a[2]};
		struct light_stack stack = {1.0, 1.40, 3, own};
		struct light_source source = {0};
		struct light_balance b;
		struct ordinates *s = NULL;
		double se, value;
		for (size_t l = 0; l < 3; l++)
			own[l].mua_1_cm = mua[3 * v + l];
		assert_int_equal(ordinates_new(12, &s, NULL), ST_OK);
		assert_int_equal(ordinates_solve(s, &stack, &source, NULL), ST_OK);
		ordinates_balance(s, &b);
		value = mc_reflectance(r, v, &se);
		assert_near(value, b.diffuse_reflectance_frac, SIGMAS * se);
		for (size_t l = 0; l < 3; l++) {
			value = mc_layer_absorbed(r, v, l, &se);
			assert_near(value, b.absorbed_frac[l], SIGMAS * se + 1e-15);
		}
		assert_near(total_of(r, v, 3), 1.0, 1e-12);
		ordinates_free(&s);
	}
	mc_free(&r);
}

static void variants_are_each_unbiased(void **state)
{
	(void)state;
	variants_under(MC_ENGINE_SCALAR);
	variants_under(MC_ENGINE_AUTO);
}

/* Standard errors predict the scatter between seeds. */
static void standard_errors_are_true(void **state)
{
	(void)state;
	double sum = 0.0, square = 0.0, predicted = 0.0, se;
	const int runs = 40;
	for (int i = 0; i < runs; i++) {
		struct mc_request q = depth_request(stack_c, 320, 100 + (uint64_t)i);
		struct mc_result *r = run(&q);
		double value = mc_absorbed_z(r, 0, 11, &se);
		sum += value;
		square += value * value;
		predicted += se * se / runs;
		mc_free(&r);
	}
	double actual = (square - sum * sum / runs) / (runs - 1);
	assert_true(actual / predicted > 0.5 && actual / predicted < 1.8); /* chi2 of 39, 99.9 % */
}

static void clear_and_lossless_layers_are_followed(void **state)
{
	(void)state;
	const struct light_layer layers[3] = {
		{1.5, 0.0, 0.0, 0.0, 0.1}, {1.33, 0.0, 0.0, 0.9, 0.01}, {1.4, 0.0, 50.0, 0.8, 0.1}};
	struct mc_request q = depth_request((struct light_stack){1.0, 1.0, 3, layers}, 500, 15);
	struct mc_result *r = run(&q);
	assert_near(mc_reflectance(r, 0, NULL) + mc_transmittance(r, 0, NULL) + mc_roulette(r, 0, NULL), 0.96, 1e-12);
	assert_near(mc_roulette(r, 0, NULL), 0.0, 1e-7); /* nothing but the rounding of weights */
	assert_true(mc_absorbed_z(r, 0, 5, NULL) == 0.0);
	mc_free(&r);
}

static void stops_when_precise(void **state)
{
	(void)state;
	struct mc_request q = depth_request(stack_a, 1000000000, 16);
	q.target_error_frac = 0.02;
	struct mc_result *r = run(&q);
	double se, fullest = mc_absorbed_z(r, 0, 11, NULL);
	for (size_t i = 0; i < NZ; i++) {
		mc_absorbed_z(r, 0, i, &se);
		assert_true(se < 0.021 * fullest);
	}
	assert_true(mc_photons(r) <= 100000);
	mc_free(&r);
}

struct watch {
	double last;
	int calls, stop_at;
};

static int watch_progress(void *context, double done)
{
	struct watch *w = context;
	assert_true(done > w->last && done <= 1.0);
	w->last = done;
	return ++w->calls == w->stop_at;
}

static void progress_and_cancel(void **state)
{
	(void)state;
	struct watch w = {0};
	struct mc_request q = depth_request(stack_c, 100, 17);
	q.progress = watch_progress;
	q.context = &w;
	struct mc_result *r = run(&q);
	assert_true(w.last == 1.0 && w.calls >= 32);
	mc_free(&r);
	w = (struct watch){.stop_at = 3};
	struct fail why = {0};
	assert_int_equal(mc_run(&q, &r, &why), ST_CANCELLED);
	assert_int_equal(w.calls, 3);
	assert_null(r);
}

static void expect_refusal(const struct mc_request *q, const char *field)
{
	struct mc_result *r = NULL;
	struct fail why = {0};
	enum status st = mc_run(q, &r, &why);
	assert_true(st == ST_RANGE || st == ST_INPUT);
	if (!strstr(why.field, field))
		print_error("field is \"%s\", expected \"%s\"\n", why.field, field);
	assert_non_null(strstr(why.field, field));
	assert_null(r);
}

static void bad_stacks_and_beams_are_refused_by_name(void **state)
{
	(void)state;
	struct light_layer layer = layers_a[0];
	struct mc_request q = depth_request((struct light_stack){1.0, 1.0, 1, &layer}, 10, 1);
	layer.g = 1.0;
	expect_refusal(&q, "g");
	layer = layers_a[0];
	layer.mus_1_cm = NAN;
	expect_refusal(&q, "mus_1_cm");
	layer = layers_a[0];
	layer.thickness_cm = 0.0;
	expect_refusal(&q, "thickness_cm");
	layer = layers_a[0];
	q.stack.count = 0;
	expect_refusal(&q, "layers");
	q.stack.count = 1000000;
	expect_refusal(&q, "layers");
	q.stack.count = 1;
	q.source = (struct mc_source){.beam = MC_FLAT_TOP, .radius_cm = 0.0};
	expect_refusal(&q, "radius_cm");
	q.source.radius_cm = NAN;
	expect_refusal(&q, "radius_cm");
	q.source.beam = (enum mc_beam)9;
	expect_refusal(&q, "beam");
	q.source.beam = MC_PENCIL;
	q.source.cos_incidence = -0.1;
	expect_refusal(&q, "cos_incidence");
	q.source = (struct mc_source){.focus_depth_cm = NAN};
	expect_refusal(&q, "focus_depth_cm");
	q.source = (struct mc_source){.focus_depth_cm = 1.0, .cos_incidence = 0.5};
	expect_refusal(&q, "focus_depth_cm");
	q.source = (struct mc_source){.array = MC_SQUARE};
	expect_refusal(&q, "pitch_cm");
	q.source = (struct mc_source){.array = (enum mc_array)7};
	expect_refusal(&q, "array");
	q.source = (struct mc_source){.beam = MC_PENCIL};
	q.photons = 0;
	expect_refusal(&q, "photons");
	q.photons = UINT64_MAX;
	expect_refusal(&q, "photons");
	q.photons = 10;
	q.target_error_frac = NAN;
	expect_refusal(&q, "target_error_frac");
	q.target_error_frac = 0.0;
	q.sharp_depth_cm = -0.01;
	expect_refusal(&q, "sharp_depth_cm");
	q.sharp_depth_cm = NAN;
	expect_refusal(&q, "sharp_depth_cm");
}

static void bad_grids_and_variants_are_refused_by_name(void **state)
{
	(void)state;
	const double falling[3] = {0.0, 0.1, 0.1}, late[2] = {0.01, 0.02}, endless[2] = {0.0, INFINITY};
	const double bad_mua[3] = {1.0, -1.0, 1.0};
	struct mc_request q = depth_request(stack_a, 10, 1);
	q.grid.nz = 0;
	expect_refusal(&q, "grid");
	q.grid.nz = SIZE_MAX;
	expect_refusal(&q, "grid");
	q.grid = (struct mc_grid){0, 2, NULL, falling};
	expect_refusal(&q, "z_edge_cm");
	q.grid = (struct mc_grid){0, 1, NULL, endless};
	expect_refusal(&q, "z_edge_cm");
	q.grid = (struct mc_grid){0, 1, NULL, NULL};
	expect_refusal(&q, "z_edge_cm");
	q.grid = (struct mc_grid){1, NZ, late, depth_edges};
	expect_refusal(&q, "r_edge_cm");
	q.grid = (struct mc_grid){1, NZ, NULL, depth_edges};
	expect_refusal(&q, "r_edge_cm");
	q.grid = (struct mc_grid){0, NZ, NULL, depth_edges};
	q.variants = 1;
	expect_refusal(&q, "variant_mua_1_cm");
	q.variant_mua_1_cm = bad_mua;
	expect_refusal(&q, "variant_mua_1_cm");
	q.variants = MC_VARIANTS_MAX + 1;
	expect_refusal(&q, "variants");
}

/* What leaves, by ring and angle: adds up to the whole, and the engines agree; a layer of nothing lets the beam
 * through under its own angle. */
enum { LEFT_RINGS = 4, LEFT_ANGLES = 6 };

static const double left_r_cm[LEFT_RINGS + 1] = {0.0, 0.02, 0.05, 0.1, 0.3}, left_z_cm[] = {0.0, 0.02};

static struct mc_result *left_run(const struct light_layer *layer, double cosine, enum mc_engine engine)
{
	struct mc_result *r = NULL;
	struct mc_request q = {.stack = {1.0, 1.0, 1, layer},
	                       .source = {.cos_incidence = cosine},
	                       .grid = {LEFT_RINGS, 1, left_r_cm, left_z_cm},
	                       .angles = LEFT_ANGLES,
	                       .photons = 20000,
	                       .seed = 5,
	                       .engine = engine};
	assert_int_equal(mc_run(&q, &r, NULL), ST_OK);
	return r;
}

static void leaving_light_adds_up(void **state)
{
	(void)state;
	static const struct light_layer turbid[] = {{1.4, 0.5, 90.0, 0.8, 0.02}};
	for (int e = 0; e < 2; e++) {
		struct mc_result *r = left_run(turbid, 1.0, e ? MC_ENGINE_AUTO : MC_ENGINE_SCALAR);
		double up = 0.0, down = 0.0;
		for (size_t i = 0; i <= LEFT_RINGS; i++)
			for (size_t a = 0; a < LEFT_ANGLES; a++) {
				up += mc_left(r, true, i, a, NULL);
				down += mc_left(r, false, i, a, NULL);
			}
		assert_true(fabs(up - mc_reflectance(r, 0, NULL)) < 1e-6);
		assert_true(fabs(down - mc_transmittance(r, 0, NULL)) < 1e-6);
		mc_free(&r);
	}
}

static void engines_agree_on_leaving_light(void **state)
{
	(void)state;
	static const struct light_layer turbid[] = {{1.4, 0.5, 90.0, 0.8, 0.02}};
	struct mc_result *plain = left_run(turbid, 1.0, MC_ENGINE_SCALAR), *lanes = left_run(turbid, 1.0, MC_ENGINE_AUTO);
	double chi2 = 0.0, largest = 0.0;
	size_t counted = 0;
	for (size_t n = 0; n < (size_t)2 * (LEFT_RINGS + 1) * LEFT_ANGLES; n++) {
		double se[2], ring = (double)(n / 2 % (LEFT_RINGS + 1));
		size_t angle = n / 2 / (LEFT_RINGS + 1);
		double a = mc_left(plain, n % 2, (size_t)ring, angle, &se[0]);
		double b = mc_left(lanes, n % 2, (size_t)ring, angle, &se[1]);
		if (a < 2e-3)
			continue;
		double z2 = (a - b) * (a - b) / (se[0] * se[0] + se[1] * se[1]);
		chi2 += z2;
		largest = fmax(largest, z2);
		counted++;
	}
	assert_true(counted > 15 && chi2 < 2.0 * (double)counted && largest < 16.0);
	mc_free(&plain);
	mc_free(&lanes);
}

static void clear_layer_keeps_the_angle(void **state)
{
	(void)state;
	static const struct light_layer clear[] = {{1.4, 0.5, 0.0, 0.0, 0.02}};
	for (int e = 0; e < 2; e++) { /* 67.5 degrees: the fifth of six */
		struct mc_result *r = left_run(clear, cos(67.5 * 3.14159265358979 / 180.0), e ? MC_ENGINE_AUTO : MC_ENGINE_SCALAR);
		for (size_t i = 0; i <= LEFT_RINGS; i++)
			for (size_t a = 0; a < LEFT_ANGLES; a++)
				assert_true(mc_left(r, false, i, a, NULL) == 0.0 || a == 4);
		assert_true(mc_transmittance(r, 0, NULL) > 0.5);
		mc_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absorption_alone_is_exact),
		cmocka_unit_test(absorbing_plate),
		cmocka_unit_test(beams_have_their_shape),
		cmocka_unit_test(energy_is_conserved_exactly),
		cmocka_unit_test(agrees_with_the_deterministic_solver),
		cmocka_unit_test(slanted_light_agrees_with_the_deterministic_solver),
		cmocka_unit_test(engines_agree),
		cmocka_unit_test(order_of_batches_does_not_matter),
		cmocka_unit_test(focused_beam_meets_its_focus),
		cmocka_unit_test(arrays_are_periodic),
		cmocka_unit_test(lane_functions_are_as_exact_as_stated),
		cmocka_unit_test(roulette_is_fair),
		cmocka_unit_test(wide_beam_and_rings_add_up),
		cmocka_unit_test(radial_grid_does_not_change_depths),
		cmocka_unit_test(equal_seeds_give_equal_results),
		cmocka_unit_test(one_variant_is_the_run_itself),
		cmocka_unit_test(variants_are_each_unbiased),
		cmocka_unit_test(standard_errors_are_true),
		cmocka_unit_test(clear_and_lossless_layers_are_followed),
		cmocka_unit_test(stops_when_precise),
		cmocka_unit_test(progress_and_cancel),
		cmocka_unit_test(bad_stacks_and_beams_are_refused_by_name),
		cmocka_unit_test(bad_grids_and_variants_are_refused_by_name),
		cmocka_unit_test(leaving_light_adds_up),
		cmocka_unit_test(engines_agree_on_leaving_light),
		cmocka_unit_test(clear_layer_keeps_the_angle),
	};
	return cmocka_run_group_tests(tests, make_edges, NULL);
}
