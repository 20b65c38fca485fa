/* Speed of the microbeam model: one run in r and z, preparing light, building and reading a table. */
#include "physics/microbeam.h"
#include "tests/bench/bench.h"

static const struct tissue skin = {
        .count = 5,
        .layer = {{TISSUE_STRATUM_CORNEUM, 15, 0.005, 0, 0, 0.30, 0.05},
                  {TISSUE_EPIDERMIS, 60, 0.02, 0, 0, 0.70, 0},
                  {TISSUE_BASAL, 10, 0.08, 0, 0, 0.65, 0},
                  {TISSUE_PAPILLARY, 150, 0, 0.004, 0.7, 0.68, 0},
                  {TISSUE_RETICULAR, 2200, 0, 0.003, 0.7, 0.65, 0}},
        .surface_temperature_C = 33,
        .core_temperature_C = 37,
};
static const struct microbeam carbon_dioxide = {10600, 15, 120, 1e-4, MICROBEAM_GAUSSIAN, 0.0};
static const struct microbeam erbium_glass = {1550, 20, 120, 2e-3, MICROBEAM_GAUSSIAN, 0.0};

#define LOOKUPS 20000
#define TRIALS 5

static struct microbeam_light *prepare(void)
{
	struct microbeam_light_request request = {.tissue = &skin,
	                                          .variants = 1,
	                                          .wavelength_nm = erbium_glass.wavelength_nm,
	                                          .diameter_um = erbium_glass.diameter_um,
	                                          .seed = 1};
	struct microbeam_light *light = NULL;
	struct fail why = {0};
	double start = cpu_s();
	must(microbeam_light_new(&request, &light, &why), &why);
	printf("microbeam: light, 1550 nm\t%.0f\tms\t20 000 photons, one variant\n", 1e3 * (cpu_s() - start));
	return light;
}

static void time_run(const char *name, const struct microbeam_light *light, const struct microbeam *beam)
{
	const struct microbeam_options quick = {.without_spread = true};
	struct microbeam_lesion lesion;
	struct fail why = {0};
	double best = INFINITY;
	for (int i = 0; i < TRIALS; i++) {
		double start = cpu_s();
		must(microbeam_simulate(light, &skin, beam, 0, &quick, &lesion, NULL, &why), &why);
		best = fmin(best, cpu_s() - start);
	}
	printf("microbeam: one run, %s\t%.1f\tms\tbest of %d\n", name, 1e3 * best, TRIALS);
}

static void time_table(const char *name, const struct microbeam_light *light, struct microbeam beam)
{
	struct microbeam_table_request request = {.light = light,
	                                          .tissue = &skin,
	                                          .variants = 1,
	                                          .beam = beam,
	                                          .energy_min_mJ = 4,
	                                          .energy_max_mJ = 40};
	struct microbeam_table *table = NULL;
	struct microbeam_lesion lesion;
	struct microbeam_axis axis;
	struct fail why = {0};
	double start = cpu_s(), sum_um = 0.0;
	must(microbeam_table_new(&request, &table, &why), &why);
	printf("microbeam: table, %s\t%.0f\tms\t%d nodes, 4-40 mJ, with spread\n", name,
	       1e3 * (cpu_s() - start), MICROBEAM_TABLE_NODES);
	start = cpu_s();
	for (int i = 0; i < LOOKUPS; i++) {
		must(microbeam_table_at(table, 4 + 36.0 * i / LOOKUPS, 0, &lesion, NULL, &why), &why);
		sum_um += lesion.coagulation_depth_um.value;
	}
	printf("microbeam: table lookup, %s\t%.2f\tus\tmean depth %.0f um\n", name,
	       1e6 * (cpu_s() - start) / LOOKUPS, sum_um / LOOKUPS);
	start = cpu_s();
	for (int i = 0; i < LOOKUPS; i++)
		must(microbeam_table_at(table, 4 + 36.0 * i / LOOKUPS, 0, &lesion, &axis, &why), &why);
	printf("microbeam: table lookup with axis, %s\t%.2f\tus\t%zu depths\n", name,
	       1e6 * (cpu_s() - start) / LOOKUPS, axis.count);
	microbeam_table_free(&table);
}

int main(void)
{
	struct microbeam_light *light = prepare();
	time_run("CO2 15 mJ", NULL, &carbon_dioxide);
	time_run("1550 nm 20 mJ", light, &erbium_glass);
	time_table("CO2", NULL, carbon_dioxide);
	time_table("1550 nm", light, erbium_glass);
	microbeam_light_free(&light);
	return 0;
}
