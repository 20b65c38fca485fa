/* Deterministic light against closed forms: Beer-Lambert plates, Chandrasekhar's half space, the diffusion
 * limit of thick lossless slabs; then invariances (splitting layers, bins), extremes and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "physics/nodes.h"
#include "physics/ordinates.h"

#define NORMAL ((struct light_source){0})
#define DIFFUSE ((struct light_source){.kind = LIGHT_DIFFUSE})
#define OBLIQUE(mu) ((struct light_source){.cos_incidence = (mu)})

static void assert_near(double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		print_error("got %.12g, want %.12g within %g\n", got, want, tolerance);
	assert_true(fabs(got - want) <= tolerance);
}

static struct ordinates *solved(int nodes, struct light_stack stack, struct light_source source)
{
	struct ordinates *s = NULL;
	struct fail why = {0};
	assert_int_equal(ordinates_new(nodes, &s, &why), ST_OK);
	enum status st = ordinates_solve(s, &stack, &source, &why);
	if (st != ST_OK)
		print_error("%s: %s\n", why.field, why.text);
	assert_int_equal(st, ST_OK);
	return s;
}

static struct light_balance balance_of(int nodes, struct light_stack stack, struct light_source source)
{
	struct light_balance b;
	struct ordinates *s = solved(nodes, stack, source);
	ordinates_balance(s, &b);
	ordinates_free(&s);
	return b;
}

/* Skin problem a: pale skin at 755 nm, MCML units. */
static const struct light_layer skin_a[3] = {
	{1.40, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.40, 0.10, 80, 0.85, 0.5}};
static const struct light_stack stack_a = {1.0, 1.4, 3, skin_a};

/* Exact for polynomials of degree 2 n - 1: integral of x^k on (0, 1) is 1 / (k + 1). */
static void gauss_rules_are_exact(void **state)
{
	(void)state;
	for (int n = 1; n <= 2 * NODES_PER_PANEL_MAX; n++) {
		struct gauss_rule rule;
		gauss_rule_init(&rule, n);
		for (int k = 0; k < 2 * n; k += n > 8 ? 7 : 1) {
			double sum = 0.0;
			for (int i = 0; i < n; i++)
				sum += rule.weight[i] * pow(rule.x[i], k);
			assert_near(sum, 1.0 / (k + 1.0), 1e-14);
		}
	}
}

/* The nodes' fluxes sum to n^2 / 2 in every index, whatever the panels. */
static void nodes_carry_all_flux(void **state)
{
	(void)state;
	static struct gauss_rule rules[8];
	static struct node node[NODES_MAX];
	struct light_layer layers[3] = {skin_a[0], skin_a[1], skin_a[2]};
	layers[0].n = 1.43;
	layers[2].n = 1.33;
	struct light_stack stack = {1.0, 1.5, 3, layers};
	for (int i = 0; i < 8; i++)
		gauss_rule_init(&rules[i], i + 1);
	int count = nodes_build(&stack, 4, rules, node);
	const double indices[] = {1.43, 1.4, 1.33, 1.0};
	for (int k = 0; k < 4; k++) {
		double sum = 0.0;
		for (int i = 0; i < nodes_visible(node, count, indices[k]); i++)
			sum += node[i].flux;
		assert_near(sum, 0.5 * indices[k] * indices[k], 1e-14);
	}
	for (int i = 1; i < count; i++)
		assert_true(node_cosine(&node[i], 1.43) < node_cosine(&node[i - 1], 1.43));
}

/* An absorbing plate: R = r + r (1 - r)^2 e^-2b / (1 - r^2 e^-2b), T = (1 - r)^2 e^-b / (1 - r^2 e^-2b). */
static void absorbing_plate(void **state)
{
	(void)state;
	const struct light_layer plate = {1.4, 3.0, 0.0, 0.0, 0.1};
	struct light_balance b = balance_of(0, (struct light_stack){1.0, 1.0, 1, &plate}, NORMAL);
	double r = 1.0 / 36.0, e = exp(-0.3), all = 1.0 - r * r * e * e;
	assert_near(b.specular_frac, r, 1e-15);
	assert_near(b.diffuse_reflectance_frac, r * (1 - r) * (1 - r) * e * e / all, 1e-15);
	assert_near(b.transmittance_frac, (1 - r) * (1 - r) * e / all, 1e-15);
	assert_near(b.residual_frac, 0.0, 1e-14);
}

/* Clear windows in a row transmit (1 - R) each way with R = 2 r / (1 + r) per plate; a clear layer in
 * the middle of equal ones is invisible. */
static void clear_layers_do_nothing(void **state)
{
	(void)state;
	const struct light_layer glass[2] = {{1.5, 0, 0, 0, 0.1}, {1.5, 0, 0, 0, 7.0}};
	struct light_balance b = balance_of(0, (struct light_stack){1.0, 1.0, 2, glass}, NORMAL);
	assert_near(b.transmittance_frac, (1 - 0.04) / (1 + 0.04), 1e-13);
	assert_near(b.residual_frac, 0.0, 1e-12);
	struct light_layer padded[5] = {{1.4, 0, 0, 0, 0.3}, skin_a[0], {1.4, 0, 0, 0.9, 1e-7}, skin_a[1], skin_a[2]};
	struct light_balance plain = balance_of(0, stack_a, NORMAL);
	struct light_balance more = balance_of(0, (struct light_stack){1.0, 1.4, 5, padded}, NORMAL);
	assert_near(more.diffuse_reflectance_frac, plain.diffuse_reflectance_frac, 1e-12);
	assert_near(more.absorbed_frac[1], plain.absorbed_frac[0], 1e-12);
	assert_near(more.absorbed_frac[4], plain.absorbed_frac[2], 1e-12);
}

/* Chandrasekhar's H function for isotropic scattering by iteration of his equation (1960, Radiative
 * Transfer, section 38, eq. 14): 1 / H(mu) = sqrt(1 - a) + (a / 2) int x H(x) / (mu + x) dx. */
struct h_function {
	struct gauss_rule rule;
	double albedo, h[64];
};

static double h_at(const struct h_function *f, double mu)
{
	double sum = sqrt(1.0 - f->albedo);
	for (int i = 0; i < f->rule.count; i++) {
		double x = f->rule.x[i];
		sum += 0.5 * f->albedo * f->rule.weight[i] * x * f->h[i] / (mu + x);
	}
	return 1.0 / sum;
}

static void h_solve(struct h_function *f, double albedo)
{
	gauss_rule_init(&f->rule, 64);
	f->albedo = albedo;
	for (int i = 0; i < 64; i++)
		f->h[i] = 1.0;
	for (int sweep = 0; sweep < 400; sweep++) {
		double next[64];
		for (int i = 0; i < 64; i++)
			next[i] = h_at(f, f->rule.x[i]);
		memcpy(f->h, next, sizeof next);
	}
}

/* Half space, isotropic, no index step: R(mu0) = 1 - sqrt(1 - a) H(mu0) (van de Hulst 1980, table 7.2). */
static void half_space_follows_chandrasekhar(void **state)
{
	(void)state;
	static struct h_function f;
	const double albedos[] = {0.3, 0.9, 0.99};
	for (int k = 0; k < 3; k++) {
		double a = albedos[k], diffuse = 0.0;
		const struct light_layer deep = {1.0, 1.0 - a, a, 0.0, 400.0};
		struct light_stack stack = {1.0, 1.0, 1, &deep};
		h_solve(&f, a);
		for (double mu = 0.2; mu < 1.01; mu += 0.2) {
			struct light_balance b = balance_of(16, stack, OBLIQUE(fmin(mu, 1.0)));
			assert_near(b.diffuse_reflectance_frac, 1.0 - sqrt(1.0 - a) * h_at(&f, mu), 2e-7);
		}
		for (int i = 0; i < 64; i++) {
			double mu = f.rule.x[i];
			diffuse += 2.0 * mu * f.rule.weight[i] * (1.0 - sqrt(1.0 - a) * f.h[i]);
		}
		assert_near(balance_of(16, stack, DIFFUSE).diffuse_reflectance_frac, diffuse, 2e-7);
	}
}

/* Thick lossless slab, isotropic: T = (4/3) / (tau + 2 q), q = 0.71044609 (Hopf's constant; van de Hulst
 * 1980, section 5.3), for diffuse light; (4/3) u(1) times that over 1 for a beam, u(1) = 1.25912. */
static void thick_lossless_slabs_reach_the_diffusion_limit(void **state)
{
	(void)state;
	const double depths[] = {30.0, 1e4};
	for (int k = 0; k < 2; k++) {
		const struct light_layer slab = {1.0, 0.0, 1.0, 0.0, depths[k]};
		struct light_stack stack = {1.0, 1.0, 1, &slab};
		double limit = 4.0 / 3.0 / (depths[k] + 2.0 * 0.71044609);
		struct light_balance b = balance_of(0, stack, DIFFUSE);
		assert_near(b.transmittance_frac / limit, 1.0, 1e-5);
		assert_near(b.residual_frac, 0.0, 1e-12);
		b = balance_of(0, stack, NORMAL);
		assert_near(b.transmittance_frac / (1.25912 * limit), 1.0, 1e-4);
		assert_near(b.residual_frac, 0.0, 1e-12);
	}
}

/* Cutting a layer into many changes nothing. */
static void splitting_layers_changes_nothing(void **state)
{
	(void)state;
	struct light_layer many[LIGHT_LAYERS_MAX];
	for (size_t i = 0; i < LIGHT_LAYERS_MAX; i++) {
		many[i] = skin_a[i < 4 ? 0 : i < 40 ? 1 : 2];
		many[i].thickness_cm /= i < 4 ? 4 : i < 40 ? 36 : 24;
	}
	const struct light_source sources[] = {NORMAL, OBLIQUE(0.4), DIFFUSE};
	for (int k = 0; k < 3; k++) {
		struct ordinates *one = solved(0, stack_a, sources[k]);
		struct ordinates *other = solved(0, (struct light_stack){1.0, 1.4, 64, many}, sources[k]);
		struct light_balance b, c;
		ordinates_balance(one, &b);
		ordinates_balance(other, &c);
		assert_near(c.diffuse_reflectance_frac, b.diffuse_reflectance_frac, 1e-11);
		assert_near(c.transmittance_frac, b.transmittance_frac, 1e-11);
		for (double z = 0.0; z < 0.656; z += 0.01)
			assert_near(ordinates_fluence(other, z) / ordinates_fluence(one, z), 1.0, 1e-10);
		ordinates_free(&one);
		ordinates_free(&other);
	}
}

/* Any bins: their energies sum to the layers', and a bin is the integral of mua times the fluence. */
static void bins_share_out_the_absorbed_energy(void **state)
{
	(void)state;
	double edges[301], a[300], sum = 0.0;
	struct rng rng;
	struct light_balance b;
	rng_seed(&rng, 5, 0);
	for (int i = 1; i < 300; i++) /* 40 equal bins in the epidermis, then ragged ones */
		edges[i] = i <= 40 ? i * 1e-4 : edges[i - 1] + 0.652 / 260.0 * (0.2 + 0.8 * rng_uniform(&rng));
	edges[0] = 0.0;
	edges[300] = 0.656;
	struct ordinates *s = solved(0, stack_a, OBLIQUE(0.7));
	ordinates_absorption(s, edges, 300, a);
	for (int i = 0; i < 300; i++)
		sum += a[i] * (edges[i + 1] - edges[i]);
	ordinates_balance(s, &b);
	assert_near(sum, b.absorbed_frac[0] + b.absorbed_frac[1] + b.absorbed_frac[2], 1e-13);
	for (int i = 100; i < 300; i += 11) { /* Simpson over one bin of the dermis */
		double z = 0.5 * (edges[i] + edges[i + 1]);
		double mean = ordinates_fluence(s, edges[i]) + ordinates_fluence(s, edges[i + 1]);
		mean = (mean + 4.0 * ordinates_fluence(s, z)) / 6.0;
		if (edges[i] > 0.006 && edges[i + 1] < 0.156)
			assert_near(a[i] / (0.30 * mean), 1.0, 1e-6);
	}
	ordinates_free(&s);
}

/* One run of equal bins equals bins asked for one by one, at every offset within the runs' lanes. */
static void runs_of_bins_equal_single_bins(void **state)
{
	(void)state;
	struct ordinates *s = solved(0, stack_a, NORMAL);
	double edges[420], together[419], alone;
	for (size_t count = 1; count < 420; count += count < 12 ? 1 : 101) {
		for (size_t i = 0; i <= count; i++)
			edges[i] = 0.66 * (double)i / (double)count; /* the last reaches below the stack */
		ordinates_absorption(s, edges, count, together);
		for (size_t i = 0; i < count; i++) {
			ordinates_absorption(s, edges + i, 1, &alone);
			assert_near(together[i], alone, 1e-11 * alone);
		}
	}
	ordinates_free(&s);
}

static void reported_error_covers_the_error(void **state)
{
	(void)state;
	double edges[201], coarse[200], error[200], exact[200], worst = 0.0, reported = 0.0;
	for (int i = 0; i <= 200; i++)
		edges[i] = 0.00075 * i;
	struct ordinates *s = solved(0, stack_a, NORMAL), *fine = solved(24, stack_a, NORMAL);
	assert_int_equal(ordinates_absorption_with_error(s, edges, 200, coarse, error, NULL), ST_OK);
	ordinates_absorption(fine, edges, 200, exact);
	for (int i = 0; i < 200; i++) {
		worst = fmax(worst, fabs(coarse[i] / exact[i] - 1.0));
		reported = fmax(reported, error[i]);
	}
	assert_true(worst < reported);
	assert_true(reported < 0.02);
	assert_int_equal(ordinates_absorption_with_error(s, edges, 200, exact, NULL, NULL), ST_OK);
	assert_memory_equal(exact, coarse, sizeof exact);
	ordinates_free(&s);
	ordinates_free(&fine);
}

/* Slab of optical depth 2, albedo 0.9, g 0.75: R 0.09739, T 0.66096 (van de Hulst 1980, Multiple Light Scattering,
 * vol. 2, table 35). Half space, isotropic, albedo 0.9, n 1.5: R with the surface's 0.26000 (Giovanelli 1955, Optica
 * Acta 2:153). Both as MCML's authors compare (Wang, Jacques & Zheng 1995, tables 1 and 2). */
static void published_slab_and_half_space(void **state)
{
	(void)state;
	const struct light_layer slab = {1.0, 10.0, 90.0, 0.75, 0.02}, deep = {1.5, 10.0, 90.0, 0.0, 1e9};
	struct light_balance b = balance_of(12, (struct light_stack){1.0, 1.0, 1, &slab}, NORMAL);
	assert_near(b.diffuse_reflectance_frac, 0.09739, 6e-6);
	assert_near(b.transmittance_frac, 0.66096, 6e-6);
	b = balance_of(12, (struct light_stack){1.0, 1.5, 1, &deep}, NORMAL);
	assert_near(b.specular_frac + b.diffuse_reflectance_frac, 0.26000, 1e-4);
}

/* Diffuse light through a stack comes out the same whichever side it enters by (Helmholtz reciprocity), and lengths
 * have no scale of their own. */
static void turned_over_and_scaled(void **state)
{
	(void)state;
	const struct light_layer down[2] = {{1.4, 1.0, 50.0, 0.8, 0.1}, {1.5, 10.0, 100.0, 0.9, 0.05}};
	const struct light_layer up[2] = {down[1], down[0]};
	const struct light_layer thin[2] = {{1.4, 100.0, 5000.0, 0.8, 0.001}, {1.5, 1000.0, 1e4, 0.9, 0.0005}};
	struct light_balance a = balance_of(16, (struct light_stack){1.0, 1.0, 2, down}, DIFFUSE);
	struct light_balance b = balance_of(16, (struct light_stack){1.0, 1.0, 2, up}, DIFFUSE);
	assert_near(a.transmittance_frac, b.transmittance_frac, 1e-6);
	assert_true(fabs(a.diffuse_reflectance_frac - b.diffuse_reflectance_frac) > 0.02);
	b = balance_of(16, (struct light_stack){1.0, 1.0, 2, thin}, DIFFUSE);
	assert_near(a.transmittance_frac, b.transmittance_frac, 1e-12);
	assert_near(a.diffuse_reflectance_frac, b.diffuse_reflectance_frac, 1e-12);
}

/* Far from the surface light falls as exp(-k tau), k the root of 1 = (a / 2k) ln((1 + k) / (1 - k)) for isotropic
 * scattering (Case & Zweifel 1967, Linear Transport Theory, section 4.2), whatever the index step. */
static void deep_light_decays_at_the_root(void **state)
{
	(void)state;
	const double albedos[] = {0.8, 0.9, 0.99};
	for (int i = 0; i < 3; i++) {
		double low = 1e-6, high = 1.0 - 1e-12, a = albedos[i], absorbed[2], edges[3] = {50.0, 51.0, 52.0};
		for (int k = 0; k < 200; k++) {
			double middle = 0.5 * (low + high);
			*(a / (2.0 * middle) * log((1.0 + middle) / (1.0 - middle)) < 1.0 ? &low : &high) = middle;
		}
		const struct light_layer deep = {1.4, 1.0 - a, a, 0.0, 1e4};
		struct ordinates *s = solved(16, (struct light_stack){1.0, 1.4, 1, &deep}, NORMAL);
		ordinates_absorption(s, edges, 2, absorbed);
		assert_near(log(absorbed[0] / absorbed[1]), low, 1e-6);
		ordinates_free(&s);
	}
}

/* Diffuse light on a pure absorber, matched: T = 2 E3(tau); E3(0.5) = 0.22160437 (Abramowitz & Stegun, table 5.4). */
static void diffuse_light_through_an_absorber(void **state)
{
	(void)state;
	const struct light_layer dark = {1.0, 5.0, 0.0, 0.0, 0.1};
	assert_near(balance_of(24, (struct light_stack){1.0, 1.0, 1, &dark}, DIFFUSE).transmittance_frac, 2.0 * 0.22160436,
	            1e-6);
}

/* Er:YAG light in water: 12,000 / cm. Beer-Lambert holds to the little that is scattered. */
static void strong_absorption_follows_beer(void **state)
{
	(void)state;
	const struct light_layer water = {1.2, 1.2e4, 10.0, 0.9, 0.1};
	struct ordinates *s = solved(0, (struct light_stack){1.0, 1.2, 1, &water}, NORMAL);
	double edges[3] = {0.0, 1e-4, 2e-4}, a[2];
	double inside = 1.0 - 1.0 / 121.0; /* ((1.2 - 1) / (1.2 + 1))^2 */
	ordinates_absorption(s, edges, 2, a);
	assert_near(a[0] / (inside * -expm1(-1.2) / 1e-4), 1.0, 1e-3);
	assert_near(a[1] / a[0], exp(-1.2), 1e-3);
	ordinates_free(&s);
}

/* A beam along a node's direction in a hardly scattering layer excites a mode at its own rate. */
static void resonance_is_smooth(void **state)
{
	(void)state;
	struct gauss_rule rule;
	gauss_rule_init(&rule, 8);
	const struct light_layer faint = {1.0, 1.0, 1e-9, 0.0, 2.0};
	struct light_stack stack = {1.0, 1.0, 1, &faint};
	double mu = rule.x[3];
	struct ordinates *at = solved(0, stack, OBLIQUE(mu)), *by = solved(0, stack, OBLIQUE(mu * (1 + 1e-6)));
	for (double z = 0.0; z <= 2.0; z += 0.25)
		assert_near(ordinates_fluence(at, z) / ordinates_fluence(by, z), 1.0, 1e-5);
	struct light_balance b;
	ordinates_balance(at, &b);
	assert_near(b.residual_frac, 0.0, 1e-9);
	ordinates_free(&at);
	ordinates_free(&by);
}

/* Indices up and down, windows, gaps: energy is conserved and the default agrees with many nodes. */
static void index_steps_in_any_order(void **state)
{
	(void)state;
	const struct light_layer odd[6] = {{1.76, 0, 0, 0, 0.2},          {1.33, 0.05, 0, 0, 0.05},
	                                   {1.45, 4.0, 150, 0.8, 0.008}, {1.38, 0.3, 170, 0.85, 0.1},
	                                   {1.41, 2.0, 90, 0.9, 0.05},   {1.33, 0.1, 30, 0.5, 0.3}};
	const struct light_source sources[] = {NORMAL, OBLIQUE(0.3), DIFFUSE};
	const double outside[][2] = {{1.0, 1.0}, {1.5, 1.37}, {1.0, 2.0}, {2.4, 1.0}};
	for (int o = 0; o < 4; o++) {
		for (int k = 0; k < 3; k++) {
			struct light_stack stack = {outside[o][0], outside[o][1], 6, odd};
			struct light_balance few = balance_of(0, stack, sources[k]);
			struct light_balance many = balance_of(12, stack, sources[k]);
			assert_near(few.residual_frac, 0.0, 1e-10);
			assert_near(many.residual_frac, 0.0, 1e-10);
			assert_near(few.diffuse_reflectance_frac, many.diffuse_reflectance_frac, 0.005);
			assert_near(few.absorbed_frac[3], many.absorbed_frac[3], 0.005);
		}
	}
}

/* A beam that enters from a dense medium beyond the critical angle is reflected. */
static void total_reflection_lights_nothing(void **state)
{
	(void)state;
	struct ordinates *s = solved(0, (struct light_stack){1.76, 1.4, 3, skin_a}, OBLIQUE(0.3));
	struct light_balance b;
	ordinates_balance(s, &b);
	assert_near(b.specular_frac, 1.0, 0.0);
	assert_near(b.diffuse_reflectance_frac + b.transmittance_frac, 0.0, 0.0);
	assert_near(ordinates_fluence(s, 0.01), 0.0, 0.0);
	ordinates_free(&s);
}

/* 64 layers of 64 indices: the most panels there can be. */
static void every_layer_its_own_index(void **state)
{
	(void)state;
	struct light_layer many[LIGHT_LAYERS_MAX];
	for (int i = 0; i < LIGHT_LAYERS_MAX; i++)
		many[i] = (struct light_layer){1.33 + 0.003 * ((i * 29) % 64), 0.5, 100.0, 0.8, 0.005};
	struct light_balance b = balance_of(0, (struct light_stack){1.0, 1.4, 64, many}, NORMAL);
	assert_near(b.residual_frac, 0.0, 1e-9);
	assert_true(b.diffuse_reflectance_frac > 0.3 && b.diffuse_reflectance_frac < 0.6);
}

static void bad_requests_are_refused_and_the_solver_survives(void **state)
{
	(void)state;
	struct ordinates *s = NULL;
	struct fail why = {0};
	assert_int_equal(ordinates_new(1, &s, &why), ST_RANGE);
	assert_int_equal(ordinates_new(ORDINATES_NODES_MAX + 1, &s, &why), ST_RANGE);
	assert_int_equal(ordinates_new(-3, &s, &why), ST_RANGE);
	assert_string_equal(why.field, "nodes_per_panel");
	assert_null(s);
	ordinates_free(&s);
	assert_int_equal(ordinates_new(0, &s, NULL), ST_OK);
	struct light_layer layer = {1.4, NAN, 10, 0.8, 0.1};
	struct light_stack stack = {1.0, 1.0, 1, &layer};
	struct light_source source = NORMAL;
	assert_int_equal(ordinates_solve(s, &stack, &source, &why), ST_RANGE);
	assert_non_null(strstr(why.field, "mua_1_cm"));
	layer.mua_1_cm = 1.0;
	source.cos_incidence = -1.0;
	assert_int_equal(ordinates_solve(s, &stack, &source, &why), ST_RANGE);
	stack.count = 1000000;
	assert_int_equal(ordinates_solve(s, &stack, &source, &why), ST_RANGE);
	source = NORMAL;
	assert_int_equal(ordinates_solve(s, &stack_a, &source, &why), ST_OK);
	struct light_balance b, fresh = balance_of(0, stack_a, NORMAL);
	ordinates_balance(s, &b);
	assert_true(b.diffuse_reflectance_frac == fresh.diffuse_reflectance_frac);
	ordinates_free(&s);
	assert_null(s);
}

/* Whatever passes the check is solved, and energy is conserved. */
static void random_stacks_are_solved(void **state)
{
	(void)state;
	struct rng rng;
	rng_seed(&rng, 20240607, 0);
	for (int trial = 0; trial < 300; trial++) {
		struct light_layer layer[5];
		size_t count = 1 + (size_t)(5.0 * rng_uniform(&rng));
		for (size_t i = 0; i < count; i++) {
			layer[i].n = rng_uniform(&rng) < 0.5 ? 1.4 : 1.0 + rng_uniform(&rng);
			layer[i].mua_1_cm = rng_uniform(&rng) < 0.2 ? 0.0 : pow(10.0, 9.0 * rng_uniform(&rng) - 4.0);
			layer[i].mus_1_cm = rng_uniform(&rng) < 0.2 ? 0.0 : pow(10.0, 8.0 * rng_uniform(&rng) - 4.0);
			layer[i].g = 1.98 * rng_uniform(&rng) - 0.99;
			layer[i].thickness_cm = pow(10.0, 5.0 * rng_uniform(&rng) - 4.0);
		}
		struct light_stack stack = {1.0, 1.0 + rng_uniform(&rng), count, layer};
		struct light_balance b = balance_of(trial % 7 + 2, stack, trial % 2 ? DIFFUSE : OBLIQUE(0.6));
		assert_near(b.residual_frac, 0.0, 1e-8);
		assert_true(b.diffuse_reflectance_frac > -1e-8 && b.transmittance_frac > -1e-8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gauss_rules_are_exact),
		cmocka_unit_test(nodes_carry_all_flux),
		cmocka_unit_test(absorbing_plate),
		cmocka_unit_test(clear_layers_do_nothing),
		cmocka_unit_test(half_space_follows_chandrasekhar),
		cmocka_unit_test(thick_lossless_slabs_reach_the_diffusion_limit),
		cmocka_unit_test(splitting_layers_changes_nothing),
		cmocka_unit_test(bins_share_out_the_absorbed_energy),
		cmocka_unit_test(runs_of_bins_equal_single_bins),
		cmocka_unit_test(reported_error_covers_the_error),
		cmocka_unit_test(published_slab_and_half_space),
		cmocka_unit_test(turned_over_and_scaled),
		cmocka_unit_test(deep_light_decays_at_the_root),
		cmocka_unit_test(diffuse_light_through_an_absorber),
		cmocka_unit_test(strong_absorption_follows_beer),
		cmocka_unit_test(resonance_is_smooth),
		cmocka_unit_test(index_steps_in_any_order),
		cmocka_unit_test(total_reflection_lights_nothing),
		cmocka_unit_test(every_layer_its_own_index),
		cmocka_unit_test(bad_requests_are_refused_and_the_solver_survives),
		cmocka_unit_test(random_stacks_are_solved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
