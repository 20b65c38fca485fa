/* Finite beams: the lateral frequencies against closed forms, limits (frequency 0, wide beams, all radii
 * together), invariances (split layers, a layer of air, superposed beams) and Monte Carlo off the axis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/montecarlo.h"
#include "physics/ordinates_beam_internal.h"
#include "tests/support/near.h"

#define BINS_MAX 64

/* Pale skin at 755 nm, the same with index steps, 532 nm, and a slab under a glass window. */
static const struct light_layer skin_a[3] = {
	{1.40, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.40, 0.10, 80, 0.85, 0.5}};
static const struct light_layer skin_e[3] = {
	{1.43, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.44, 0.10, 80, 0.85, 0.5}};
static const struct light_layer skin_c[5] = {{1.40, 17.1, 210, 0.80, 0.006},
                                             {1.40, 2.8, 210, 0.80, 0.010},
                                             {1.40, 9.7, 210, 0.80, 0.008},
                                             {1.40, 1.68, 210, 0.80, 0.132},
                                             {1.40, 0.60, 120, 0.80, 0.5}};
static const struct light_layer window[2] = {{1.5, 1e-3, 0.0, 0.0, 0.1}, {1.38, 0.8, 120, 0.85, 0.2}};
static const struct light_stack stack_a = {1.0, 1.4, 3, skin_a}, stack_e = {1.0, 1.44, 3, skin_e},
				stack_c = {1.0, 1.4, 5, skin_c}, stack_window = {1.0, 1.0, 2, window};

static struct beam_solver *solved(struct beam_options options, const struct light_stack *stack, double radius_cm)
{
	struct beam_solver *s = NULL;
	struct fail why = {0};
	assert_int_equal(beam_new(&options, &s, &why), ST_OK);
	enum status st = beam_solve(s, stack, radius_cm, &why);
	if (st)
		fail_msg("%s: %s", why.field, why.text);
	return s;
}

static void broad_beam(int nodes, const struct light_stack *stack, size_t nz, const double *z, double *out)
{
	const struct light_source normal = {.kind = LIGHT_COLLIMATED};
	struct ordinates *s = NULL;
	assert_int_equal(ordinates_new(nodes, &s, NULL), ST_OK);
	assert_int_equal(ordinates_solve(s, stack, &normal, NULL), ST_OK);
	ordinates_absorption(s, z, nz, out);
	ordinates_free(&s);
}

static void spread(double to, size_t count, double *edges)
{
	for (size_t i = 0; i <= count; i++)
		edges[i] = to * (double)i / (double)count;
}

/* ---- the transform alone ---- */

/* e^(-r / a) / (2 pi a^2) per area has the transform (1 + (k a)^2)^(-3/2) (Gradshteyn & Ryzhik 6.623.2); a
 * flat-top receives 1 - (1 + R / a) e^(-R / a) of it on its axis. */
static double kernel(double k, double a)
{
	return pow(1.0 + k * k * a * a, -1.5);
}

static double weighted(const struct hankel *h, const double *weight, double a)
{
	double sum = 0.0;
	for (int j = 0; j < h->count; j++)
		sum += weight[j] * kernel(h->k_1_cm[j], a);
	return sum;
}

static void transform_has_the_closed_form_of_a_disc(void **state)
{
	(void)state;
	struct hankel h;
	double weight[HANKEL_FREQUENCIES_MAX];
	hankel_init(&h, 40, 2000.0);
	const double radii[] = {0.05, 0.2, 1.0, 5.0}, ranges[] = {0.02, 0.1, 0.25};
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < 3; j++) {
			struct beam_shape disc = {BEAM_FLAT_TOP, radii[i]};
			double x = radii[i] / ranges[j];
			hankel_radius_weights(&h, &disc, 0.0, weight);
			assert_near(weighted(&h, weight, ranges[j]), 1.0 - (1.0 + x) * exp(-x), 5e-6);
		}
	}
}

/* Gaussian on its axis: the integral of 2 e^(-2 r^2 / w^2) e^(-r / a) r / a^2 dr, by Simpson. */
static void transform_has_the_integral_of_a_gaussian(void **state)
{
	(void)state;
	struct hankel h;
	double weight[HANKEL_FREQUENCIES_MAX], a = 0.1, w = 0.3, sum = 0.0;
	const int steps = 4000;
	for (int i = 0; i <= steps; i++) {
		double r = 4.0 * w * i / steps;
		double factor = i == 0 || i == steps ? 1.0 : i % 2 ? 4.0 : 2.0;
		sum += factor * 2.0 * exp(-2.0 * r * r / (w * w)) * exp(-r / a) * r / (a * a);
	}
	hankel_init(&h, 30, 400.0);
	hankel_radius_weights(&h, &(struct beam_shape){BEAM_GAUSSIAN, w}, 0.0, weight);
	assert_near(weighted(&h, weight, a), sum * 4.0 * w / steps / 3.0, 1e-6);
}

/* Rings to far out gather the whole beam, whatever the medium does sideways. */
static void rings_gather_the_whole_beam(void **state)
{
	(void)state;
	struct hankel h;
	double edges[BINS_MAX + 1], weight[BINS_MAX * 30];
	hankel_init(&h, 30, 200.0);
	spread(3.0, BINS_MAX, edges);
	for (int profile = BEAM_FLAT_TOP; profile <= BEAM_GAUSSIAN; profile++) {
		struct beam_shape shape = {(enum beam_profile)profile, 0.2};
		double sum = 0.0, direct = 0.0;
		hankel_ring_weights(&h, &shape, BINS_MAX, edges, weight);
		for (size_t i = 0; i < BINS_MAX; i++) {
			double area = (edges[i + 1] - edges[i]) * (edges[i + 1] + edges[i]) / 0.04;
			sum += area * weighted(&h, weight + i * 30, 0.1);
			direct += area * hankel_beam_mean(&shape, edges[i], edges[i + 1]);
		}
		assert_near(sum, 1.0, 1e-5);
		assert_near(direct, 1.0, 1e-12);
	}
}

/* ---- limits ---- */

static void compare_frequency_zero(const struct light_stack *stack, double depth)
{
	double z[BINS_MAX + 1], work[3 * BINS_MAX + 2], direct[BINS_MAX], scattered[BINS_MAX], broad[BINS_MAX];
	struct beam_solver *s = solved((struct beam_options){.nodes_per_panel = 3}, stack, 0.1);
	spread(depth, BINS_MAX, z);
	broad_beam(3, stack, BINS_MAX, z, broad);
	beam_response_absorption(s, -1, BINS_MAX, z, work, direct);
	beam_response_absorption(s, 0, BINS_MAX, z, work, scattered);
	for (size_t i = 0; i < BINS_MAX; i++)
		assert_near(direct[i] + scattered[i], broad[i], 1e-9 * (1.0 + broad[i]));
	beam_free(&s);
}

static void frequency_zero_is_the_broad_beam(void **state)
{
	(void)state;
	compare_frequency_zero(&stack_a, 0.656);
	compare_frequency_zero(&stack_c, 0.656);
	compare_frequency_zero(&stack_e, 0.656);
	compare_frequency_zero(&stack_window, 0.3);
}

static void wide_beams_are_broad_on_their_axis(void **state)
{
	(void)state;
	double z[BINS_MAX + 1], broad[BINS_MAX], axis[BINS_MAX];
	spread(0.656, BINS_MAX, z);
	broad_beam(8, &stack_a, BINS_MAX, z, broad);
	struct beam_solver *s = solved((struct beam_options){0}, &stack_a, 1.0);
	assert_int_equal(beam_axis_absorption(s, &(struct beam_shape){BEAM_FLAT_TOP, 10.0}, BINS_MAX, z, axis, NULL, NULL), ST_OK);
	for (size_t i = 0; i < BINS_MAX; i++)
		assert_near(axis[i] / broad[i], 1.0, 1e-4);
	beam_free(&s);
}

static void all_radii_together_absorb_as_the_broad_beam(void **state)
{
	(void)state;
	double z[13], r[BINS_MAX + 1], broad[12], map[BINS_MAX * 12];
	spread(0.3, 12, z);
	spread(3.0, BINS_MAX, r);
	broad_beam(8, &stack_c, 12, z, broad);
	struct beam_solver *s = solved((struct beam_options){0}, &stack_c, 0.1);
	for (int profile = BEAM_FLAT_TOP; profile <= BEAM_GAUSSIAN; profile++) {
		struct beam_shape shape = {(enum beam_profile)profile, 0.25};
		assert_int_equal(beam_absorption(s, &shape, BINS_MAX, r, 12, z, map, NULL, NULL), ST_OK);
		for (size_t j = 0; j < 12; j++) {
			double sum = 0.0;
			for (size_t i = 0; i < BINS_MAX; i++)
				sum += (r[i + 1] - r[i]) * (r[i + 1] + r[i]) / 0.0625 * map[i * 12 + j];
			assert_near(sum / broad[j], 1.0, 2e-4);
		}
	}
	beam_free(&s);
}

/* ---- invariances ---- */

static void compare_axes(struct beam_options options, const struct light_stack *one, const struct light_stack *other, double shift, double limit)
{
	double z[21], moved[21], first[20], second[20];
	struct beam_shape shape = {BEAM_FLAT_TOP, 0.1};
	spread(0.5, 20, z);
	for (size_t i = 0; i <= 20; i++)
		moved[i] = z[i] + shift;
	struct beam_solver *a = solved(options, one, 0.1), *b = solved(options, other, 0.1);
	assert_int_equal(beam_axis_absorption(a, &shape, 20, z, first, NULL, NULL), ST_OK);
	assert_int_equal(beam_axis_absorption(b, &shape, 20, moved, second, NULL, NULL), ST_OK);
	for (size_t i = 0; i < 20; i++)
		assert_near(second[i] / first[i], 1.0, limit);
	beam_free(&a);
	beam_free(&b);
}

static void splitting_a_layer_changes_nothing(void **state)
{
	(void)state;
	struct light_layer split[5] = {skin_a[0], skin_a[1], skin_a[1], skin_a[2], skin_a[2]};
	split[1].thickness_cm = 0.04;
	split[2].thickness_cm = 0.11;
	split[3].thickness_cm = 0.3;
	split[4].thickness_cm = 0.2;
	compare_axes((struct beam_options){0}, &stack_a, &(struct light_stack){1.0, 1.4, 5, split}, 0.0, 1e-8);
}

/* What has left into air above never returns, so a layer of air on top is none; but it asks for
 * more nodes near the vertical, which is a difference of its own. */
static void a_layer_of_air_changes_nothing(void **state)
{
	(void)state;
	struct light_layer covered[4] = {{1.0, 0.0, 0.0, 0.0, 0.2}, skin_a[0], skin_a[1], skin_a[2]};
	compare_axes((struct beam_options){6, 3, 12}, &stack_a, &(struct light_stack){1.0, 1.4, 4, covered}, 0.2, 1e-4);
}

/* 2 e^(-2 r^2 / w^2) is the integral over u from 0 to 1 of 2 discs of radius w sqrt(-log(u) / 2). */
static void gaussian_is_a_sum_of_discs(void **state)
{
	(void)state;
	static struct gauss_rule rule;
	const double w = 0.3, z[4] = {0.0, 0.006, 0.05, 0.1}, r[5] = {0.0, 0.1, 0.2, 0.3, 0.5};
	double gaussian[12], disc[12], sum[12] = {0.0};
	struct beam_solver *s = solved((struct beam_options){.frequencies = 24}, &stack_a, 0.015);
	gauss_rule_init(&rule, 16);
	assert_int_equal(beam_absorption(s, &(struct beam_shape){BEAM_GAUSSIAN, w}, 4, r, 3, z, gaussian, NULL, NULL), ST_OK);
	for (int i = 0; i < rule.count; i++) {
		double radius = w * sqrt(-0.5 * log(rule.x[i]));
		assert_int_equal(beam_absorption(s, &(struct beam_shape){BEAM_FLAT_TOP, radius}, 4, r, 3, z, disc, NULL, NULL), ST_OK);
		for (size_t j = 0; j < 12; j++)
			sum[j] += 2.0 * rule.weight[i] * disc[j];
	}
	for (size_t j = 0; j < 12; j++)
		assert_near(sum[j] / gaussian[j], 1.0, 5e-3);
	beam_free(&s);
}

static void absorption_is_mua_times_fluence(void **state)
{
	(void)state;
	const double r = 0.07, z = 0.01, thin = 1e-5, edges[2] = {z, z + thin}, ring[2] = {r - thin, r + thin};
	double absorbed, fluence;
	struct beam_solver *s = solved((struct beam_options){0}, &stack_e, 0.1);
	struct beam_shape shape = {BEAM_GAUSSIAN, 0.1};
	assert_int_equal(beam_absorption(s, &shape, 1, ring, 1, edges, &absorbed, NULL, NULL), ST_OK);
	assert_int_equal(beam_fluence(s, &shape, r, 1, &z, &fluence, NULL), ST_OK);
	assert_near(absorbed / (0.30 * fluence), 1.0, 1e-4);
	beam_free(&s);
}

/* Nothing scatters: Beer-Lambert inside the edge, darkness outside. */
static void pure_absorber_keeps_the_edge(void **state)
{
	(void)state;
	const struct light_layer layer = {1.4, 10.0, 0.0, 0.0, 0.3};
	const struct light_stack stack = {1.0, 1.4, 1, &layer};
	const double z[3] = {0.0, 0.1, 0.2}, r[4] = {0.0, 0.1, 0.2, 0.3};
	double map[6], through = 1.0 - 1.0 / 36.0; /* ((n - 1) / (n + 1))^2 */
	struct beam_solver *s = solved((struct beam_options){0}, &stack, 0.2);
	assert_int_equal(beam_absorption(s, &(struct beam_shape){BEAM_FLAT_TOP, 0.2}, 3, r, 2, z, map, NULL, NULL), ST_OK);
	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 2; j++)
			assert_near(map[i * 2 + j], i < 2 ? through * 10.0 * (exp(-10.0 * z[j]) - exp(-10.0 * z[j + 1])) : 0.0, 1e-9);
	}
	beam_free(&s);
}

/* ---- the independent calculation ---- */

static void compare_with_photons(struct beam_options options, const struct light_stack *stack,
                                 enum beam_profile profile, double radius, uint64_t photons, double top)
{
	const double r[6] = {0.0, 0.05, 0.1, 0.13, 0.2, 0.35};
	const double z[6] = {top, top + 0.006, top + 0.02, top + 0.05, top + 0.1, top + 0.18};
	double map[25], area = PI * radius * radius;
	struct mc_request q = {.stack = *stack,
	                       .source = {.beam = profile == BEAM_GAUSSIAN ? MC_GAUSSIAN : MC_FLAT_TOP,
	                                  .radius_cm = radius},
	                       .grid = {5, 5, r, z},
	                       .photons = photons,
	                       .seed = 6};
	struct mc_result *mc = NULL;
	struct beam_solver *s = solved(options, stack, radius);
	assert_int_equal(beam_absorption(s, &(struct beam_shape){profile, radius}, 5, r, 5, z, map, NULL, NULL), ST_OK);
	assert_int_equal(mc_run(&q, &mc, NULL), ST_OK);
	double square = 0.0;
	for (size_t i = 0; i < 5; i++) {
		for (size_t j = 0; j < 5; j++) {
			double se, value = area * mc_absorbed(mc, 0, i, j, &se);
			double deviation = (map[i * 5 + j] - value) / (area * se);
			if (fabs(deviation) > 3.0)
				fail_msg("ring %zu, slab %zu: %g, photons say %g +- %g", i, j, map[i * 5 + j], value, area * se);
			square += deviation * deviation;
		}
	}
	assert_true(square / 25.0 < 2.0);
	mc_free(&mc);
	beam_free(&s);
}

/* Light that a clear window leads sideways meets nothing that evens out its directions: it takes azimuths. */
static void rings_match_monte_carlo(void **state)
{
	(void)state;
	compare_with_photons((struct beam_options){0}, &stack_e, BEAM_FLAT_TOP, 0.1, 60000, 0.0);
	compare_with_photons((struct beam_options){0}, &stack_a, BEAM_GAUSSIAN, 0.12, 60000, 0.0);
	compare_with_photons((struct beam_options){.azimuths = 7}, &stack_window, BEAM_FLAT_TOP, 0.1, 20000, 0.1);
}

/* The error that is told covers the distance to a much finer solution, and tells a coarse one from it. */
static void error_covers_the_difference_to_a_finer_solution(void **state)
{
	(void)state;
	double z[21], coarse[20], error[20], fine[20], worst = 0.0;
	struct beam_shape shape = {BEAM_FLAT_TOP, 0.1};
	spread(0.2, 20, z);
	struct beam_solver *a = solved((struct beam_options){0}, &stack_e, 0.1);
	struct beam_solver *b = solved((struct beam_options){4, 5, 24}, &stack_e, 0.1);
	assert_int_equal(beam_axis_absorption(a, &shape, 20, z, coarse, error, NULL), ST_OK);
	assert_int_equal(beam_axis_absorption(b, &shape, 20, z, fine, NULL, NULL), ST_OK);
	for (size_t i = 0; i < 20; i++) {
		assert_true(fabs(coarse[i] - fine[i]) <= error[i] + 3e-4 * fine[i]);
		worst = fmax(worst, error[i] / fine[i]);
	}
	assert_true(worst > 1e-4 && worst < 0.1);
	beam_free(&a);
	beam_free(&b);
	const double under_window[2] = {0.1, 0.11};
	a = solved((struct beam_options){0}, &stack_window, 0.1);
	assert_int_equal(beam_axis_absorption(a, &shape, 1, under_window, coarse, error, NULL), ST_OK);
	assert_true(error[0] > 0.02 * coarse[0]);
	beam_free(&a);
}

/* ---- refusals ---- */

static void refuses(enum status got, enum status want, const struct fail *why, const char *field)
{
	assert_int_equal(got, want);
	assert_string_equal(why->field, field);
}

static void bad_settings_are_refused_by_name(void **state)
{
	(void)state;
	struct beam_solver *s = NULL;
	struct fail why = {0};
	refuses(beam_new(&(struct beam_options){.nodes_per_panel = 1}, &s, &why), ST_RANGE, &why, "nodes_per_panel");
	refuses(beam_new(&(struct beam_options){.azimuths = 99}, &s, &why), ST_RANGE, &why, "azimuths");
	refuses(beam_new(&(struct beam_options){.frequencies = 3}, &s, &why), ST_RANGE, &why, "frequencies");
	assert_null(s);
	assert_int_equal(beam_new(NULL, &s, &why), ST_OK);
	refuses(beam_solve(s, &stack_a, 1e-5, &why), ST_RANGE, &why, "radius_min_cm");
	refuses(beam_solve(s, &stack_a, NAN, &why), ST_RANGE, &why, "radius_min_cm");
	struct light_layer odd = skin_a[0];
	odd.g = 1.5;
	assert_int_equal(beam_solve(s, &(struct light_stack){1.0, 1.4, 1, &odd}, 0.1, &why), ST_RANGE);
	beam_free(&s);
	assert_null(s);
}

static void bad_questions_are_refused_by_name(void **state)
{
	(void)state;
	struct fail why = {0};
	double out[4], z[3] = {0.0, 0.1, 0.1}, r[2] = {0.1, 0.0};
	struct beam_shape small = {BEAM_FLAT_TOP, 0.05}, good = {BEAM_FLAT_TOP, 0.1}, unknown = {(enum beam_profile)7, 0.1};
	struct beam_solver *s = solved((struct beam_options){0}, &stack_a, 0.1);
	refuses(beam_axis_absorption(s, &small, 1, z, out, NULL, &why), ST_MODEL, &why, "radius_cm");
	refuses(beam_axis_absorption(s, &unknown, 1, z, out, NULL, &why), ST_RANGE, &why, "profile");
	refuses(beam_axis_absorption(s, &good, 2, z, out, NULL, &why), ST_RANGE, &why, "z_edges_cm");
	refuses(beam_axis_absorption(s, &good, 0, z, out, NULL, &why), ST_RANGE, &why, "nz");
	refuses(beam_absorption(s, &good, 1, r, 1, z, out, NULL, &why), ST_RANGE, &why, "r_edges_cm");
	refuses(beam_absorption(s, &good, 0, r, 1, z, out, NULL, &why), ST_RANGE, &why, "nr");
	refuses(beam_fluence(s, &good, -1.0, 1, z, out, &why), ST_RANGE, &why, "r_cm");
	assert_int_equal(beam_solve(s, &stack_a, -1.0, &why), ST_RANGE);
	refuses(beam_axis_absorption(s, &good, 1, z, out, NULL, &why), ST_MODEL, &why, "beam");
	beam_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transform_has_the_closed_form_of_a_disc),
		cmocka_unit_test(transform_has_the_integral_of_a_gaussian),
		cmocka_unit_test(rings_gather_the_whole_beam),
		cmocka_unit_test(frequency_zero_is_the_broad_beam),
		cmocka_unit_test(wide_beams_are_broad_on_their_axis),
		cmocka_unit_test(all_radii_together_absorb_as_the_broad_beam),
		cmocka_unit_test(splitting_a_layer_changes_nothing),
		cmocka_unit_test(a_layer_of_air_changes_nothing),
		cmocka_unit_test(gaussian_is_a_sum_of_discs),
		cmocka_unit_test(absorption_is_mua_times_fluence),
		cmocka_unit_test(pure_absorber_keeps_the_edge),
		cmocka_unit_test(rings_match_monte_carlo),
		cmocka_unit_test(error_covers_the_difference_to_a_finer_solution),
		cmocka_unit_test(bad_settings_are_refused_by_name),
		cmocka_unit_test(bad_questions_are_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
