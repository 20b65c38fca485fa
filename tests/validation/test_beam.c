/* Finite flat-top beams against converged published-method values and photons (light_beam.json): 2 skins, 7
 * radii, 12 depths. LASERTWIN_VALIDATE=1 prints the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <cjson/cJSON.h>

#include "physics/base/units.h"
#include "physics/ordinates_beam.h"

#define CASES_FILE "tests/validation/light_beam.json"
#define CASES_BYTES_MAX 40000
#define VALUES 168

struct run {
	struct beam_options options;
	double radius_from_cm, limit_frac;
	int print, compared;
	double worst_frac, photon_square;
	int photon_values;
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

static const cJSON *member(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	assert_non_null(item);
	return item;
}

static double element(const cJSON *array, int i)
{
	const cJSON *item = cJSON_GetArrayItem(array, i);
	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

static struct beam_solver *solve_case(const struct run *run, const cJSON *one)
{
	struct light_layer layer[LIGHT_LAYERS_MAX];
	size_t count = 0;
	const cJSON *row;
	cJSON_ArrayForEach(row, member(one, "layers")) {
		layer[count++] = (struct light_layer){element(row, 0), element(row, 1), element(row, 2), element(row, 3),
		                                      element(row, 4)};
	}
	struct light_stack stack = {1.0, layer[count - 1].n, count, layer};
	struct beam_solver *s = NULL;
	assert_int_equal(beam_new(&run->options, &s, NULL), ST_OK);
	assert_int_equal(beam_solve(s, &stack, run->radius_from_cm, NULL), ST_OK);
	return s;
}

static void compare(struct run *run, const cJSON *one, const cJSON *beam, struct beam_solver *s)
{
	struct beam_shape shape = {BEAM_FLAT_TOP, member(beam, "radius_cm")->valuedouble};
	const cJSON *bins = member(one, "bins_um"), *axis = member(beam, "axis"), *photons = cJSON_GetObjectItemCaseSensitive(beam, "photons");
	for (int i = 0; i < cJSON_GetArraySize(bins); i++) {
		const cJSON *bin = cJSON_GetArrayItem(bins, i), *seen = photons ? cJSON_GetArrayItem(photons, i) : NULL;
		double edges[2] = {element(bin, 0) * CM_PER_UM, element(bin, 1) * CM_PER_UM}, model, error;
		assert_int_equal(beam_axis_absorption(s, &shape, 1, edges, &model, run->print ? &error : NULL, NULL), ST_OK);
		double expected = element(axis, i), off = model / expected - 1.0;
		double z = seen ? (model - element(seen, 0)) / element(seen, 1) : 0.0;
		if (run->print)
			printf("%-12s %5.2f %6.0f %11.5f %11.5f %8.3f %8.3f %8.2f\n", member(one, "id")->valuestring,
			       shape.radius_cm, element(bin, 0), expected, model, 100.0 * off, 100.0 * error / model, z);
		run->worst_frac = fmax(run->worst_frac, fabs(off));
		run->photon_square += z * z;
		run->photon_values += seen != NULL;
		run->compared++;
		assert_true(fabs(off) <= run->limit_frac);
	}
}

static void run_cases(struct run *run)
{
	cJSON *json = read_cases();
	const cJSON *one, *beam;
	run->print = getenv("LASERTWIN_VALIDATE") != NULL;
	if (run->print)
		printf("\nflat-top beams, on axis, %d nodes per panel, %d azimuths, %d frequencies (0: default)\n"
		       "%-12s %5s %6s %11s %11s %8s %8s %8s\n", run->options.nodes_per_panel, run->options.azimuths,
		       run->options.frequencies, "case", "R cm", "z um", "expected", "model", "off %", "told %", "photons z");
	cJSON_ArrayForEach(one, member(json, "cases")) {
		struct beam_solver *s = solve_case(run, one);
		cJSON_ArrayForEach(beam, member(one, "beams")) {
			if (member(beam, "radius_cm")->valuedouble >= run->radius_from_cm)
				compare(run, one, beam, s);
		}
		beam_free(&s);
	}
	cJSON_Delete(json);
	print_message("worst of %d values: %.3f %%; photons: chi square %.0f of %d\n", run->compared,
	              100.0 * run->worst_frac, run->photon_square, run->photon_values);
}

static void fine_solution_is_exact(void **state)
{
	(void)state;
	struct run run = {.options = {5, 5, 24}, .radius_from_cm = 0.05, .limit_frac = 0.001};
	run_cases(&run);
	assert_int_equal(run.compared, VALUES);
	assert_true(run.photon_square < 2.0 * run.photon_values);
}

static void default_solution_keeps_its_promise(void **state)
{
	(void)state;
	struct run run = {.radius_from_cm = 0.1, .limit_frac = 0.0015};
	run_cases(&run);
	assert_int_equal(run.compared, VALUES * 6 / 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fine_solution_is_exact),
		cmocka_unit_test(default_solution_keeps_its_promise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
