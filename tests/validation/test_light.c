/* Light transport against published and exact plane-layer cases (light_cases.json): with many nodes every
 * number to 1e-5, with the default every local number to 0.6 %. LASERTWIN_VALIDATE=1 prints the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <cjson/cJSON.h>

#include "physics/base/units.h"
#include "physics/montecarlo.h"
#include "physics/ordinates.h"

#define CASES_FILE "tests/validation/light_cases.json"
#define CASES_BYTES_MAX 100000
#define CONVERGED_NODES 40
#define CONVERGED_FRAC 1e-5
#define DEFAULT_FRAC 0.006
#define DEFAULT_FLUX 0.001 /* of the incident light */
#define NEGLIGIBLE 1e-10   /* smaller numbers are compared absolutely */

struct run {
	const char *id;
	struct ordinates *solver;
	double limit_frac; /* for every number, relative */
	double flux_limit; /* for Rd and T instead, when above 0: share of the incident light */
	int print;
	double worst_frac;
};

static cJSON *read_cases(void)
{
	static char text[CASES_BYTES_MAX];
	FILE *f = fopen(CASES_FILE, "rb");
	assert_non_null(f);
	size_t size = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[size] = '\0';
	cJSON *json = cJSON_Parse(text);
	assert_non_null(json);
	return json;
}

static double number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

static double element(const cJSON *array, int i)
{
	return cJSON_GetArrayItem(array, i)->valuedouble;
}

static void print_row(const struct run *run, const char *quantity, double expected, double model)
{
	if (run->print)
		printf("%-4s %-24s %14.8g %14.8g %12.8f\n", run->id, quantity, expected, model,
		       expected != 0.0 ? model / expected : 1.0);
}

static void require(const struct run *run, const char *quantity, double expected, double model, int holds)
{
	if (!holds)
		print_error("%s %s: expected %.10g, model %.10g\n", run->id, quantity, expected, model);
	assert_true(holds);
}

static void compare(struct run *run, const char *quantity, double expected, double model, double limit)
{
	double error = fabs(model - expected) / fmax(fabs(expected), NEGLIGIBLE);
	print_row(run, quantity, expected, model);
	run->worst_frac = fmax(run->worst_frac, error);
	require(run, quantity, expected, model, error <= limit);
}

/* A flux counts by its share of the incident light when flux is set, else by itself. */
static void compare_flux(struct run *run, const char *quantity, double expected, double model)
{
	if (run->flux_limit > 0.0) {
		print_row(run, quantity, expected, model);
		require(run, quantity, expected, model, fabs(model - expected) <= run->flux_limit);
	} else {
		compare(run, quantity, expected, model, run->limit_frac);
	}
}

static void compare_balance(struct run *run, const cJSON *one)
{
	struct light_balance b;
	char quantity[40];
	ordinates_balance(run->solver, &b);
	compare(run, "Rsp", number(one, "specular"), b.specular_frac, 1e-12);
	compare_flux(run, "Rd", number(one, "diffuse_reflectance"), b.diffuse_reflectance_frac);
	compare_flux(run, "T", number(one, "transmittance"), b.transmittance_frac);
	const cJSON *absorbed = cJSON_GetObjectItemCaseSensitive(one, "absorbed");
	for (int i = 0; i < cJSON_GetArraySize(absorbed); i++) {
		snprintf(quantity, sizeof quantity, "A layer %d", i + 1);
		compare(run, quantity, element(absorbed, i), b.absorbed_frac[i], run->limit_frac);
	}
	assert_true(fabs(b.residual_frac) < 1e-9);
}

static void compare_profile(struct run *run, const cJSON *one)
{
	char quantity[40];
	const cJSON *row;
	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(one, "fluence")) {
		double z = element(row, 0);
		snprintf(quantity, sizeof quantity, "fluence %g cm", z);
		compare(run, quantity, element(row, 1), ordinates_fluence(run->solver, z), run->limit_frac);
	}
	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(one, "absorption")) {
		double edges[2] = {element(row, 0), element(row, 1)}, a;
		ordinates_absorption(run->solver, edges, 1, &a);
		snprintf(quantity, sizeof quantity, "A(z) %g-%g cm", edges[0], edges[1]);
		compare(run, quantity, element(row, 2), a, run->limit_frac);
	}
}

static struct light_stack read_stack(const cJSON *one, struct light_layer *layer)
{
	size_t count = 0;
	const cJSON *row;
	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(one, "layers")) {
		layer[count++] = (struct light_layer){element(row, 0), element(row, 1), element(row, 2),
		                                      element(row, 3), element(row, 4)};
	}
	return (struct light_stack){number(one, "n_above"), number(one, "n_below"), count, layer};
}

static void solve_case(const struct run *run, const cJSON *one)
{
	struct light_layer layer[LIGHT_LAYERS_MAX];
	struct light_stack stack = read_stack(one, layer);
	struct light_source source = {0};
	struct fail why = {0};
	assert_int_equal(ordinates_solve(run->solver, &stack, &source, &why), ST_OK);
}

static double run_cases(int nodes, double limit, double flux_limit)
{
	struct run run = {.limit_frac = limit, .flux_limit = flux_limit, .print = getenv("LASERTWIN_VALIDATE") != NULL};
	assert_int_equal(ordinates_new(nodes, &run.solver, NULL), ST_OK);
	cJSON *json = read_cases();
	const cJSON *one;
	int cases = 0;
	if (run.print)
		printf("\nplane layers, %d nodes per panel\n%-4s %-24s %14s %14s %12s\n",
		       nodes ? nodes : ORDINATES_NODES_DEFAULT, "case", "quantity", "expected", "model", "ratio");
	cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, "cases")) {
		run.id = cJSON_GetObjectItemCaseSensitive(one, "id")->valuestring;
		solve_case(&run, one);
		compare_balance(&run, one);
		compare_profile(&run, one);
		cases++;
	}
	assert_int_equal(cases, 17);
	cJSON_Delete(json);
	ordinates_free(&run.solver);
	return run.worst_frac;
}

static void converged_solution_is_exact(void **state)
{
	(void)state;
	double worst = run_cases(CONVERGED_NODES, CONVERGED_FRAC, 0.0);
	print_message("worst of all numbers: %.1e\n", worst);
}

/* The field and the absorbed energy keep 0.6 % each; Rd and T keep 0.1 % of the incident light, which is
 * more than 0.6 % of themselves where little returns (V09: 7 % of an Rd of 0.005, V29: 1.8 % of 0.047). */
static void default_solution_keeps_its_promise(void **state)
{
	(void)state;
	double worst = run_cases(0, DEFAULT_FRAC, DEFAULT_FLUX);
	print_message("worst local number: %.1e\n", worst);
}

/* van de Hulst 1980, Multiple Light Scattering, table 35: albedo 0.99, depth 1, isotropic, 60 degrees. */
static void oblique_incidence_matches_van_de_hulst(void **state)
{
	(void)state;
	const struct light_layer layer = {1.0, 0.01, 0.99, 0.0, 1.0};
	struct light_stack stack = {1.0, 1.0, 1, &layer};
	struct light_source source = {LIGHT_COLLIMATED, 0.5};
	struct run run = {.id = "vdH", .print = getenv("LASERTWIN_VALIDATE") != NULL};
	struct light_balance b;
	assert_int_equal(ordinates_new(0, &run.solver, NULL), ST_OK);
	assert_int_equal(ordinates_solve(run.solver, &stack, &source, NULL), ST_OK);
	ordinates_balance(run.solver, &b);
	compare(&run, "R at 60 degrees", 0.48652, b.diffuse_reflectance_frac, 1.1e-5);
	compare(&run, "T at 60 degrees", 0.49163, b.transmittance_frac, 1.1e-5);
	ordinates_free(&run.solver);
}

/* On the axis of a flat-top of radius R the absorbed density per irradiance is, by reciprocity, what a
 * pencil deposits within R of it. Values: deterministic Hankel transform solution, confirmed within 0.1 % by
 * 2e7 photons of an unbiased Monte Carlo; bins of 5 um from 55, 100, 500 and 1000 um. */
static const struct light_layer skin_a[3] = {
	{1.40, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.40, 0.10, 80, 0.85, 0.5}};
static const struct light_layer skin_c[5] = {{1.40, 17.1, 210, 0.80, 0.006},
                                             {1.40, 2.8, 210, 0.80, 0.010},
                                             {1.40, 9.7, 210, 0.80, 0.008},
                                             {1.40, 1.68, 210, 0.80, 0.132},
                                             {1.40, 0.60, 120, 0.80, 0.5}};
static const double beam_z_cm[8] = {0.0055, 0.0060, 0.0100, 0.0105, 0.0500, 0.0505, 0.1000, 0.1005};

static const struct beam_case {
	const char *id;
	struct light_stack stack;
	double radius_cm, absorption_1_cm[4];
} beam_cases[] = {
	{"F_a", {1.0, 1.4, 3, skin_a}, 0.05, {10.888919, 0.611412, 0.349357, 0.122845}},
	{"F_a", {1.0, 1.4, 3, skin_a}, 0.15, {18.544610, 1.056391, 0.859859, 0.505978}},
	{"F_c", {1.0, 1.4, 5, skin_c}, 0.05, {33.877148, 5.525025, 1.223566, 0.306117}},
};

static void compare_beam(const struct beam_case *c, const struct mc_result *r, int print)
{
	double area = PI * c->radius_cm * c->radius_cm;
	for (size_t i = 0; i < 4; i++) {
		double se, value = area * mc_absorbed(r, 0, 0, 2 * i, &se), want = c->absorption_1_cm[i];
		se *= area;
		if (print)
			printf("%-4s R %.2f cm, z %.4f cm     %14.8g %14.8g %12.8f  (se %.1f %%)\n", c->id, c->radius_cm,
			       beam_z_cm[2 * i], want, value, value / want, 100.0 * se / value);
		assert_true(fabs(value - want) <= 3.0 * se);
		assert_true(se < 0.08 * value);
	}
}

static void finite_beams_match_within_standard_errors(void **state)
{
	(void)state;
	int print = getenv("LASERTWIN_VALIDATE") != NULL;
	if (print)
		printf("\nfinite flat-top beams, on axis, Monte Carlo\n");
	for (size_t k = 0; k < sizeof beam_cases / sizeof *beam_cases; k++) {
		const struct beam_case *c = &beam_cases[k];
		const double r_edges[2] = {0.0, c->radius_cm};
		struct mc_request q = {.stack = c->stack, .grid = {1, 7, r_edges, beam_z_cm}, .photons = 20000, .seed = 8};
		struct mc_result *r = NULL;
		assert_int_equal(mc_run(&q, &r, NULL), ST_OK);
		compare_beam(c, r, print);
		mc_free(&r);
	}
}

/* ---- Monte Carlo against the same cases ---- */

#define MC_BINS_MAX 40
#define SURELY_NONE 1e-9
#define SEEN_FRAC 0.2

struct deviations {
	const char *kind;
	size_t count, beyond_3;
	double chi2, worst;
	int print;
};

static void deviate(struct deviations *d, const char *id, const char *quantity, double want, double value, double se)
{
	if (value != 0.0 && se > SEEN_FRAC * fabs(value))
		return; /* too rarely met for a standard error to hold */
	if (se < SURELY_NONE) { /* no chance in it: what never happened, or what is certain to rounding */
		assert_true(fabs(value - want) <= 1e-6);
		return;
	}
	double z = (value - want) / se;
	if (d->print)
		printf("%-4s %-24s %14.8g %14.8g  (%+.2f se)\n", id, quantity, want, value, z);
	d->count++;
	d->beyond_3 += fabs(z) > 3.0;
	d->chi2 += z * z;
	d->worst = fmax(d->worst, fabs(z));
}

/* Depth bins of a case, each between edges of its own; at least the whole. */
static size_t read_bins(const cJSON *one, const struct light_stack *stack, double *edge)
{
	const cJSON *row;
	size_t count = 0;
	edge[0] = 0.0;
	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(one, "absorption")) {
		if (element(row, 0) > edge[count])
			edge[++count] = element(row, 0);
		edge[++count] = element(row, 1);
	}
	if (count == 0) {
		for (size_t i = 0; i < stack->count; i++)
			edge[1] = i ? edge[1] + stack->layer[i].thickness_cm : stack->layer[i].thickness_cm;
		count = 1;
	}
	return count;
}

static size_t bin_from(const double *edge, double from)
{
	size_t i = 0;
	while (edge[i] != from)
		i++;
	return i;
}

/* In a clear layer the path 1/u of a cosine u, light from all sides, has a mean but no variance: standard errors
 * say nothing there (V31, layer 1). */
static bool is_clear(const struct light_layer *l)
{
	return (l->mua_1_cm + l->mus_1_cm) * l->thickness_cm < 1e-4;
}

static void deviate_case(struct deviations *d, const cJSON *one, const struct light_stack *stack,
                         const struct mc_result *r, const double *edge)
{
	const char *id = cJSON_GetObjectItemCaseSensitive(one, "id")->valuestring;
	char quantity[40];
	const cJSON *row, *absorbed = cJSON_GetObjectItemCaseSensitive(one, "absorbed");
	double se, value = mc_reflectance(r, 0, &se);
	deviate(d, id, "Rd", number(one, "diffuse_reflectance"), value, se);
	value = mc_transmittance(r, 0, &se);
	deviate(d, id, "T", number(one, "transmittance"), value, se);
	for (int i = 0; i < cJSON_GetArraySize(absorbed); i++) {
		(void)snprintf(quantity, sizeof quantity, "A layer %d", i + 1);
		if (is_clear(&stack->layer[i]))
			continue;
		value = mc_layer_absorbed(r, 0, (size_t)i, &se);
		deviate(d, id, quantity, element(absorbed, i), value, se);
	}
	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(one, "absorption")) {
		(void)snprintf(quantity, sizeof quantity, "A(z) %g-%g cm", element(row, 0), element(row, 1));
		value = mc_absorbed_z(r, 0, bin_from(edge, element(row, 0)), &se);
		deviate(d, id, quantity, element(row, 2), value, se);
	}
}

static void run_photons(struct deviations *d, const cJSON *json, struct mc_request q)
{
	const cJSON *one;
	if (d->print)
		printf("\nplane layers, Monte Carlo, %s\n", d->kind);
	cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, "cases")) {
		struct light_layer layer[LIGHT_LAYERS_MAX];
		double edge[MC_BINS_MAX + 1];
		struct mc_result *r = NULL;
		q.stack = read_stack(one, layer);
		q.grid = (struct mc_grid){0, read_bins(one, &q.stack, edge), NULL, edge};
		assert_int_equal(mc_run(&q, &r, NULL), ST_OK);
		deviate_case(d, one, &q.stack, r, edge);
		mc_free(&r);
	}
}

/* Numbers of one case come from the same photons, so chi2 scatters more than for independent ones. */
static void photons_match_within_standard_errors(void **state)
{
	(void)state;
	const struct {
		const char *kind;
		struct mc_request q;
	} runs[] = {
		{"plain loop", {.photons = 1000, .seed = 41, .engine = MC_ENGINE_SCALAR}},
		{"lanes without controls", {.photons = 8000, .seed = 42, .uncontrolled = true}},
		{"lanes with controls", {.photons = 16000, .seed = 43}},
		{"thinned below 55 um", {.photons = 32000, .seed = 44, .sharp_depth_cm = 0.0055}},
	};
	cJSON *json = read_cases();
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		struct deviations d = {.kind = runs[i].kind, .print = getenv("LASERTWIN_VALIDATE") != NULL};
		run_photons(&d, json, runs[i].q);
		print_message("%s: %zu numbers, chi2 %.1f, %zu beyond 3 standard errors, worst %.2f\n", d.kind, d.count,
		              d.chi2, d.beyond_3, d.worst);
		assert_true(d.count > 90);
		assert_true(d.beyond_3 <= d.count / 50);
		assert_true(d.worst < 4.0);
		assert_true(d.chi2 < 1.5 * (double)d.count);
	}
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(converged_solution_is_exact),
		cmocka_unit_test(default_solution_keeps_its_promise),
		cmocka_unit_test(oblique_incidence_matches_van_de_hulst),
		cmocka_unit_test(finite_beams_match_within_standard_errors),
		cmocka_unit_test(photons_match_within_standard_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
