/* Digests of the photon loop with lanes on small runs, one line a case. The lanes give the same bits for every
 * instruction set: `make arm64` runs this program here and, emulated, as 64-bit ARM, and compares. */
#include <stdio.h>
#include <stdlib.h>

#include "physics/montecarlo.h"

#define ROWS 50
#define RINGS 10
#define VARIANTS 12
#define LAYERS 3

static const struct light_layer layers[LAYERS] = {
        {1.43, 5.4, 128, 0.80, 0.006}, {1.40, 0.30, 171, 0.85, 0.15}, {1.44, 0.10, 80, 0.85, 0.5}};

static enum mc_engine engine_with_lanes(void)
{
	int engine = MC_ENGINES - 1;
	while (engine > MC_ENGINE_SCALAR && !mc_engine_available((enum mc_engine)engine))
		engine--;
	return (enum mc_engine)engine;
}

static void print_case(enum mc_engine engine, bool rings, bool many, bool sharp)
{
	double z_cm[ROWS + 1], r_cm[RINGS + 1], mua_1_cm[VARIANTS * LAYERS], sum = 0.0;
	struct mc_result *result = NULL;
	struct fail why = {.text = ""};
	for (int i = 0; i <= ROWS; i++)
		z_cm[i] = 4e-3 * i;
	for (int i = 0; i <= RINGS; i++)
		r_cm[i] = 2e-2 * i;
	for (int i = 0; i < VARIANTS * LAYERS; i++)
		mua_1_cm[i] = layers[i % LAYERS].mua_1_cm * (0.5 + (double)(i / LAYERS) / VARIANTS);
	const struct mc_request request = {
	        .stack = {1.0, 1.44, LAYERS, layers},
	        .source = {.beam = rings ? MC_FLAT_TOP : MC_PENCIL, .radius_cm = 0.05},
	        .grid = {rings ? RINGS : 0, ROWS, r_cm, z_cm},
	        .variants = many ? VARIANTS : 0,
	        .variant_mua_1_cm = mua_1_cm,
	        .photons = sharp ? 4000 : 640,
	        .sharp_depth_cm = sharp ? 0.004 : 0.0,
	        .seed = 3,
	        .engine = engine};
	if (mc_run(&request, &result, &why) != ST_OK) {
		fprintf(stderr, "%s: %s\n", why.field, why.text);
		exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < ROWS; i++)
		sum += (double)(i + 1) * mc_absorbed_z(result, 0, i, NULL);
	printf("rings %d, many %d, sharp %d: %a %a\n", rings, many, sharp, sum, mc_reflectance(result, many ? VARIANTS - 1 : 0, NULL));
	mc_free(&result);
}

int main(void)
{
	enum mc_engine engine = engine_with_lanes();
	fprintf(stderr, "%s\n", mc_engine_name(engine));
	if (engine == MC_ENGINE_SCALAR) {
		fprintf(stderr, "this machine has no engine with lanes\n");
		return EXIT_FAILURE;
	}
	for (int i = 0; i < 4; i++)
		print_case(engine, i % 2 == 1, i > 1, false);
	print_case(engine, false, false, true);
	return EXIT_SUCCESS;
}
