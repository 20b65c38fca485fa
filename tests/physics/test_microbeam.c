/* One microbeam: limits, monotony, agreement of the parts, refusals. Numbers against published lesions are
 * in tests/validation/test_fractional.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/microbeam.h"
#include "tests/support/near.h"

static const struct microbeam_options quick = {.without_spread = true};

static struct tissue cheek(void)
{
	return (struct tissue){
	        .count = 5,
	        .layer = {{TISSUE_STRATUM_CORNEUM, 15, 0, 0, 0.7, 0.3, 0},
	                  {TISSUE_EPIDERMIS, 50, 0.02, 0, 0.7, 0.7, 0},
	                  {TISSUE_BASAL, 12, 0.05, 0, 0.7, 0.7, 0},
	                  {TISSUE_PAPILLARY, 150, 0, 0.005, 0.7, 0.68, 0},
	                  {TISSUE_RETICULAR, 1800, 0, 0.003, 0.7, 0.66, 0}},
	        .surface_temperature_C = 33,
	        .core_temperature_C = 37,
	};
}

static const struct microbeam carbon_dioxide = {10600, 10, 120, 1e-4, MICROBEAM_GAUSSIAN, 0.0};
static const struct microbeam erbium_glass = {1550, 10, 140, 2e-3, MICROBEAM_GAUSSIAN, 0.0};

static struct microbeam_lesion lesion_of(const struct microbeam_light *light, struct microbeam beam,
                                         double energy_mJ, struct microbeam_axis *axis)
{
	struct tissue tissue = cheek();
	struct microbeam_lesion lesion;
	struct fail why;
	beam.energy_mJ = energy_mJ;
	assert_int_equal(microbeam_simulate(light, &tissue, &beam, 0, &quick, &lesion, axis, &why), ST_OK);
	return lesion;
}

static struct microbeam_light *light_for(double wavelength_nm, double diameter_um)
{
	struct tissue tissue = cheek();
	struct microbeam_light_request request = {.tissue = &tissue,
	                                          .variants = 1,
	                                          .wavelength_nm = wavelength_nm,
	                                          .diameter_um = diameter_um,
	                                          .photons = 10000,
	                                          .seed = 7};
	struct microbeam_light *light = NULL;
	struct fail why;
	assert_int_equal(microbeam_light_new(&request, &light, &why), ST_OK);
	return light;
}

/* ---------------------------------------------------------------- choice of the model */

static void test_mechanism_follows_the_optics(void **state)
{
	(void)state;
	const struct {
		double nm;
		enum microbeam_mechanism want;
	} rows[] = {{1440, MICROBEAM_TURBID}, {1540, MICROBEAM_TURBID}, {1927, MICROBEAM_TURBID},
	            {2790, MICROBEAM_OPAQUE}, {2940, MICROBEAM_OPAQUE}, {10600, MICROBEAM_OPAQUE}};
	struct tissue tissue = cheek();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum microbeam_mechanism got;
		assert_int_equal(microbeam_mechanism(&tissue, rows[i].nm, &got, NULL), ST_OK);
		assert_int_equal(got, rows[i].want);
	}
}

/* ---------------------------------------------------------------- opaque tissue */

/* Literature range of the heat of ablation of skin, 1.5 (explosive) to 4.3 kJ/cm3 (Walsh & Deutsch 1988,
 * 1989; Hibst & Kaufmann 1991); burning costs more than tearing out. */
static void test_heat_of_ablation(void **state)
{
	(void)state;
	struct tissue tissue = cheek();
	struct estimate co2, er;
	assert_int_equal(microbeam_heat_of_ablation_J_cm3(&tissue, 10600, &co2, NULL), ST_OK);
	assert_int_equal(microbeam_heat_of_ablation_J_cm3(&tissue, 2940, &er, NULL), ST_OK);
	assert_true(co2.value > 2500 && co2.value < 4300);
	assert_true(er.value > 1500 && er.value < 2500);
	assert_true(co2.sd > er.sd && er.sd > 0);
	assert_true(co2.flags & VALIDITY_ASSUMED);
}

static void test_no_energy_no_lesion(void **state)
{
	(void)state;
	struct microbeam_lesion lesion = lesion_of(NULL, carbon_dioxide, 0, NULL);
	assert_near(lesion.ablation_depth_um.value, 0, 0);
	assert_near(lesion.coagulation_depth_um.value, 0, 0);
	assert_near(lesion.coagulation_width_um.value, 0, 0);
	assert_true(lesion.peak_C.value < 38);
	assert_int_equal(lesion.events, 0);
	assert_true(lesion.coagulation_rim_um.flags & VALIDITY_ABSENT);
}

/* A flat beam in a short pulse: below the threshold the surface boils and keeps water, above it is dry and hotter. What
 * is dry stays until more light burns it: some three thresholds of CO2. */
static void test_threshold_separates(void **state)
{
	(void)state;
	static const double boiling_C = 180.0;
	struct tissue tissue = {.count = 1,
	                        .layer = {{TISSUE_RETICULAR, 2000, 0, 0.003, 0.7, 0.68, 0}},
	                        .surface_temperature_C = 34,
	                        .core_temperature_C = 34};
	struct estimate threshold;
	assert_int_equal(microbeam_ablation_threshold_J_cm2(&tissue, 10600, &threshold, NULL), ST_OK);
	for (int k = 0; k < 3; k++) {
		static const double times[] = {0.9, 1.2, 4.0};
		struct microbeam beam = {10600, 0, 500, 5e-6, MICROBEAM_FLAT, 0.0};
		beam.energy_mJ = times[k] * threshold.value * disc_area_cm2(500) / J_PER_MJ;
		struct microbeam_lesion lesion;
		struct microbeam_axis axis;
		assert_int_equal(microbeam_simulate(NULL, &tissue, &beam, 0, &quick, &lesion, &axis, NULL), ST_OK);
		assert_int_equal(axis.peak_C[0] > boiling_C + 1.0, k > 0);
		assert_int_equal(!!(lesion.events & MICROBEAM_ABLATED), k == 2);
		assert_int_equal(lesion.ablation_depth_um.value > 0, k == 2);
	}
}

/* First ejection: short pulses rho c dT / mua (absorption of 2.94 um water that warms bleaches), long ones the flux that
 * conduction carries away, dT = 2 q sqrt(t / (pi k rho c)): the same for both erbium lasers. Before the surface is dry. */
static void test_onset_of_removal(void **state)
{
	(void)state;
	const struct tissue water = {.count = 1, .layer = {{TISSUE_WATER, 2500, 0, 0, 0, 0.78, 0}},
	                             .surface_temperature_C = 34, .core_temperature_C = 34};
	const struct tissue_thermal t = tissue_layer_thermal(&water.layer[0]);
	const double k_W_cmK = t.conductivity_W_mK / 100, c_J_cm3K = t.density_kg_m3 * t.heat_capacity_J_kgK * 1e-6;
	struct estimate onset[2], dry;
	struct fail why = {0};
	static const double nm[] = {2940, 2790};
	for (int i = 0; i < 2; i++)
		assert_int_equal(microbeam_removal_onset_J_cm2(&water, nm[i], 0.4, &onset[i], NULL), ST_OK);
	struct tissue_optics optics;
	assert_int_equal(tissue_optics_at(&water, 0, 2940, &optics, NULL), ST_OK);
	double enters = 1.0 - (optics.n - 1.0) * (optics.n - 1.0) / ((optics.n + 1.0) * (optics.n + 1.0));
	double steady = (180.0 - 34.0) * sqrt(PI * k_W_cmK * c_J_cm3K * 0.4) / 2.0 / enters;
	assert_near(onset[0].value / steady, 1.0, 0.01);
	assert_near(onset[1].value / onset[0].value, 1.0, 0.02);
	assert_int_equal(microbeam_removal_onset_J_cm2(&water, 10600, 1e-6, &onset[0], NULL), ST_OK);
	assert_int_equal(tissue_optics_at(&water, 0, 10600, &optics, NULL), ST_OK);
	double instant = (180.0 - 34.0) * c_J_cm3K / optics.mua_1_cm.value / enters;
	assert_near(onset[0].value / instant, 1.0, 0.05);
	assert_int_equal(microbeam_ablation_threshold_J_cm2(&water, 10600, &dry, NULL), ST_OK);
	assert_true(onset[0].value < 0.5 * dry.value && onset[0].sd > 0.1 * onset[0].value);
	/* nanoseconds superheat to 300 C */
	assert_int_equal(microbeam_removal_onset_J_cm2(&water, 10600, 1e-8, &onset[1], NULL), ST_OK);
	assert_near(onset[1].value / instant, (300.0 - 34.0) / (180.0 - 34.0), 0.05);
	assert_int_equal(microbeam_removal_onset_J_cm2(&water, 10600, 0.0, &onset[0], &why), ST_RANGE);
	assert_string_equal(why.field, "pulse_s");
}

/* No size is said to be known better than published sections say. */
static void test_sizes_state_the_published_scatter(void **state)
{
	(void)state;
	struct tissue tissue = cheek();
	struct microbeam beam = {10600, 10, 200, 1e-4, MICROBEAM_GAUSSIAN, 0.0};
	struct microbeam_lesion lesion;
	assert_int_equal(microbeam_simulate(NULL, &tissue, &beam, 0, NULL, &lesion, NULL, NULL), ST_OK);
	double crater = lesion.ablation_depth_um.sd, residue = lesion.coagulation_depth_um.value - lesion.ablation_depth_um.value;
	assert_true(crater >= 0.24 * lesion.ablation_depth_um.value * (1 - 1e-9));
	assert_true(lesion.coagulation_rim_um.sd >= MICROBEAM_RESIDUE_REL_SD * lesion.coagulation_rim_um.value * (1 - 1e-9));
	assert_true(lesion.coagulation_depth_um.sd >= MICROBEAM_RESIDUE_REL_SD * residue);
	assert_int_equal(microbeam_simulate(NULL, &tissue, &beam, 0, &quick, &lesion, NULL, NULL), ST_OK);
	assert_true(lesion.ablation_depth_um.sd < 0.5 * crater); /* without the spread: the grid's alone */
}

/* Steady state, flat beam: each further J/cm2 removes 1/h of depth whatever the grid does. */
static void test_steady_state_slope(void **state)
{
	(void)state;
	struct tissue tissue = cheek();
	struct estimate heat;
	assert_int_equal(microbeam_heat_of_ablation_J_cm3(&tissue, 2940, &heat, NULL), ST_OK);
	struct microbeam beam = {2940, 0, 500, 2.5e-4, MICROBEAM_FLAT, 0.0};
	double low = lesion_of(NULL, beam, 40, NULL).ablation_depth_um.value;
	double high = lesion_of(NULL, beam, 80, NULL).ablation_depth_um.value;
	double slope = (high - low) / (microbeam_fluence_J_cm2(40, 500)); /* um per J/cm2 */
	/* less the reflected 4 % of dry stratum corneum; water of the reticular dermis is a little lower */
	assert_near(slope / (0.957 * UM_PER_CM / heat.value), 1.0, 0.05);
}

static void test_more_energy_is_deeper(void **state)
{
	(void)state;
	const double energies_mJ[] = {2.5, 5, 10, 20, 40};
	struct microbeam_lesion last = lesion_of(NULL, carbon_dioxide, 1, NULL);
	for (size_t i = 0; i < 5; i++) {
		struct microbeam_lesion next = lesion_of(NULL, carbon_dioxide, energies_mJ[i], NULL);
		assert_true(next.ablation_depth_um.value > last.ablation_depth_um.value);
		assert_true(next.ablation_width_um.value > last.ablation_width_um.value);
		assert_true(next.coagulation_depth_um.value >= next.ablation_depth_um.value);
		assert_true(next.coagulation_width_um.value >= next.ablation_width_um.value);
		last = next;
	}
}

/* What stays as heat is part of the pulse, grows with it, and is small beside what ablation carries off:
 * the steady front takes the heat of ablation, the wall keeps a layer of it. */
static void test_heat_left_is_a_growing_part_of_the_pulse(void **state)
{
	(void)state;
	double before_mJ = 0.0;
	for (double energy_mJ = 5; energy_mJ <= 40; energy_mJ *= 2) {
		struct microbeam_lesion lesion = lesion_of(NULL, carbon_dioxide, energy_mJ, NULL);
		assert_true(lesion.heat_left_mJ.value > before_mJ);
		assert_true(lesion.heat_left_mJ.value < 0.5 * energy_mJ);
		before_mJ = lesion.heat_left_mJ.value;
	}
	/* below the threshold of ablation nothing is carried off but what the surface reflects and the air takes */
	double threshold_mJ = 0.3;
	assert_true(lesion_of(NULL, carbon_dioxide, threshold_mJ / 4, NULL).heat_left_mJ.value > 0.8 * threshold_mJ / 4);
}

/* A long pulse loses heat to the wall: shallower crater, wider lesion, thicker rim. */
static void test_long_pulse_coagulates(void **state)
{
	(void)state;
	struct microbeam brief = carbon_dioxide, lasting = carbon_dioxide;
	brief.pulse_s = 5e-5;
	lasting.pulse_s = 2e-2;
	struct microbeam_lesion a = lesion_of(NULL, brief, 5, NULL), b = lesion_of(NULL, lasting, 5, NULL);
	assert_true(b.ablation_depth_um.value < 0.9 * a.ablation_depth_um.value);
	assert_true(b.coagulation_width_um.value > a.coagulation_width_um.value);
	assert_true(b.coagulation_rim_um.value > 1.5 * a.coagulation_rim_um.value);
}

/* The Gaussian peak is twice the mean: about twice as deep as a flat beam of the same diameter. */
static void test_profile_matters(void **state)
{
	(void)state;
	struct microbeam flat = carbon_dioxide;
	flat.profile = MICROBEAM_FLAT;
	double ratio = lesion_of(NULL, carbon_dioxide, 15, NULL).ablation_depth_um.value /
	               lesion_of(NULL, flat, 15, NULL).ablation_depth_um.value;
	assert_true(ratio > 1.7 && ratio < 2.2);
}

static void test_spread_and_axis(void **state)
{
	(void)state;
	struct tissue tissue = cheek();
	struct microbeam_lesion lesion;
	struct microbeam_axis axis;
	assert_int_equal(microbeam_simulate(NULL, &tissue, &carbon_dioxide, 0, NULL, &lesion, &axis, NULL),
	                 ST_OK);
	double relative = lesion.ablation_depth_um.sd / lesion.ablation_depth_um.value;
	assert_true(relative > 0.05 && relative < 0.3); /* heat of ablation 2.5..4.3: sd 15 % */
	assert_true(lesion.coagulation_rim_um.flags & VALIDITY_MODEL_LIMIT);
	assert_near(lesion.histology_factor.value, 1.21, 0);
	double front = 0;
	for (size_t j = 0; j < axis.count; j++)
		if (isinf(axis.omega[j]))
			front = axis.depth_um[j];
	assert_near(front, lesion.ablation_depth_um.value, 15);
	assert_true(axis.omega[axis.count - 1] < 1e-3);
}

/* ---------------------------------------------------------------- turbid tissue */

static void test_turbid_limits_and_growth(void **state)
{
	(void)state;
	struct microbeam_light *light = light_for(1550, 140);
	struct microbeam_lesion none = lesion_of(light, erbium_glass, 0, NULL);
	assert_near(none.coagulation_depth_um.value, 0, 0);
	struct microbeam_lesion warm = lesion_of(light, erbium_glass, 0.5, NULL);
	assert_near(warm.coagulation_depth_um.value, 0, 0);
	assert_true(warm.peak_C.value > 38 && warm.peak_C.value < 90);
	double depth = 0, width = 0;
	const double energies_mJ[] = {5, 10, 20, 40};
	for (size_t i = 0; i < 4; i++) {
		struct microbeam_lesion next = lesion_of(light, erbium_glass, energies_mJ[i], NULL);
		assert_true(next.coagulation_depth_um.value > depth &&
		            next.coagulation_width_um.value > width);
		assert_near(next.ablation_depth_um.value, 0, 0); /* the surface stays */
		depth = next.coagulation_depth_um.value;
		width = next.coagulation_width_um.value;
	}
	microbeam_light_free(&light);
	assert_null(light);
}

/* Water absorbs 1927 nm ten times more than 1550 nm: shallower at the same energy and spot. */
static void test_deeper_where_water_absorbs_less(void **state)
{
	(void)state;
	struct microbeam_light *weak = light_for(1550, 140), *strong = light_for(1927, 140);
	struct microbeam thulium = erbium_glass;
	thulium.wavelength_nm = 1927;
	struct microbeam_axis a, b;
	/* both just above coagulation, where optics alone decide: heated depth, to half the peak rise */
	(void)lesion_of(weak, erbium_glass, 2, &a);
	(void)lesion_of(strong, thulium, 0.5, &b);
	double deep[2] = {0, 0};
	const struct microbeam_axis *axis[2] = {&a, &b};
	for (size_t k = 0; k < 2; k++) {
		double top = 0;
		for (size_t j = 0; j < axis[k]->count; j++)
			top = fmax(top, axis[k]->peak_C[j] - 34);
		for (size_t j = 0; j < axis[k]->count; j++)
			if (axis[k]->peak_C[j] - 34 > 0.5 * top)
				deep[k] = axis[k]->depth_um[j];
	}
	assert_true(deep[0] > 1.3 * deep[1]);
	microbeam_light_free(&weak);
	microbeam_light_free(&strong);
}

/* One set of paths serves every variant: the first variant's lesion is that of a preparation of its own, and
 * the absorption of a drier dermis alone (heated as the wet one) makes a smaller lesion. */
static void test_variants_share_the_paths(void **state)
{
	(void)state;
	struct tissue tissue[2] = {cheek(), cheek()};
	for (size_t i = 1; i < tissue[1].count; i++)
		tissue[1].layer[i].water_frac *= 0.75;
	struct microbeam_light_request request = {.tissue = tissue,
	                                          .variants = 2,
	                                          .wavelength_nm = 1550,
	                                          .diameter_um = 140,
	                                          .photons = 10000,
	                                          .seed = 7};
	struct microbeam_light *both = NULL, *alone = light_for(1550, 140);
	assert_int_equal(microbeam_light_new(&request, &both, NULL), ST_OK);
	struct microbeam_lesion wet = lesion_of(both, erbium_glass, 10, NULL), dry;
	struct microbeam_lesion own = lesion_of(alone, erbium_glass, 10, NULL);
	assert_int_equal(microbeam_simulate(both, &tissue[0], &erbium_glass, 1, &quick, &dry, NULL, NULL),
	                 ST_OK);
	assert_near(wet.coagulation_width_um.value / own.coagulation_width_um.value, 1, 0.05);
	assert_true(dry.coagulation_width_um.value < wet.coagulation_width_um.value);
	assert_int_equal(microbeam_simulate(both, &tissue[1], &erbium_glass, 1, &quick, &dry, NULL, NULL),
	                 ST_OK);
	struct microbeam_table_request wanted = {.light = both,
	                                         .tissue = tissue,
	                                         .variants = 2,
	                                         .beam = erbium_glass,
	                                         .energy_min_mJ = 8,
	                                         .energy_max_mJ = 12};
	struct microbeam_table *table = NULL;
	assert_int_equal(microbeam_table_new(&wanted, &table, NULL), ST_OK);
	struct microbeam_lesion at;
	assert_int_equal(microbeam_table_at(table, 10, 1, &at, NULL, NULL), ST_OK);
	assert_near(at.coagulation_width_um.value / dry.coagulation_width_um.value, 1, 0.015);
	assert_true(at.coagulation_width_um.sd > 0.02 * at.coagulation_width_um.value);
	microbeam_table_free(&table);
	tissue[1].layer[4].thickness_um += 1;
	struct fail why = {0};
	struct microbeam_light *none = NULL;
	assert_int_equal(microbeam_light_new(&request, &none, &why), ST_INPUT);
	assert_string_equal(why.field, "tissue");
	assert_null(none);
	microbeam_light_free(&both);
	microbeam_light_free(&alone);
}

/* ---------------------------------------------------------------- table */

/* The deepest point of an axis that is hotter than that. */
static double depth_of(const struct microbeam_axis *axis, double temperature_C)
{
	double depth_um = 0;
	for (size_t j = 0; j < axis->count; j++)
		if (axis->peak_C[j] > temperature_C)
			depth_um = axis->depth_um[j];
	return depth_um;
}

/* Areas of a column's cross-section from an axis' or an outline's points [um2]. */
static double area_of(size_t count, const double *depth_um, const double *radius_um)
{
	double area_um2 = 0;
	for (size_t j = 1; j < count; j++)
		area_um2 += (radius_um[j] + radius_um[j - 1]) * (depth_um[j] - depth_um[j - 1]);
	return area_um2;
}

/* The cross-section between two energies is that of a simulation there, and says the same sizes as the lesion. */
static void check_outline(const struct microbeam_table *table, double energy_mJ, const struct microbeam_lesion *lesion,
                          const struct microbeam_axis *direct)
{
	struct microbeam_outline outline;
	double widest_um = 0, open_um = 0;
	assert_int_equal(microbeam_table_outline(table, energy_mJ, &outline, NULL), ST_OK);
	for (size_t p = 0; p < MICROBEAM_OUTLINE_POINTS; p++) {
		widest_um = fmax(widest_um, 2 * outline.killed_um[p]);
		open_um = outline.removed_um[p] > 0 ? outline.depth_um[p] : open_um;
		assert_true(outline.killed_um[p] >= outline.removed_um[p]);
	}
	assert_near(widest_um / lesion->coagulation_width_um.value, 1, 0.03);
	assert_near(open_um / lesion->ablation_depth_um.value, 1, 0.05);
	const double killed = area_of(MICROBEAM_OUTLINE_POINTS, outline.depth_um, outline.killed_um);
	const double removed = area_of(MICROBEAM_OUTLINE_POINTS, outline.depth_um, outline.removed_um);
	assert_near(killed / area_of(direct->count, direct->depth_um, direct->killed_um), 1, 0.05);
	assert_near(removed / area_of(direct->count, direct->depth_um, direct->removed_um), 1, 0.05);
}

/* Between two energies of the table the axis is that of a column, not the mean of a deep one and a shallow one. */
static void test_table_axis_has_no_shelf(void **state)
{
	(void)state;
	struct tissue tissue = cheek();
	struct microbeam_table_request request = {.tissue = &tissue,
	                                          .variants = 1,
	                                          .beam = carbon_dioxide,
	                                          .energy_min_mJ = 2.5,
	                                          .energy_max_mJ = 40};
	struct microbeam_table *table = NULL;
	struct microbeam_lesion at;
	struct microbeam_axis axis, direct;
	assert_int_equal(microbeam_table_new(&request, &table, NULL), ST_OK);
	for (double e = 6; e < 30; e *= 1.6) {
		assert_int_equal(microbeam_table_at(table, e, 0, &at, &axis, NULL), ST_OK);
		(void)lesion_of(NULL, carbon_dioxide, e, &direct);
		assert_near(depth_of(&axis, 150) / depth_of(&direct, 150), 1, 0.06);
		assert_near(depth_of(&axis, 60) / depth_of(&direct, 60), 1, 0.06);
		assert_near(depth_of(&axis, 45) / depth_of(&direct, 45), 1, 0.06);
		check_outline(table, e, &at, &direct);
	}
	struct microbeam_outline outline;
	assert_int_equal(microbeam_table_outline(table, 41, &outline, NULL), ST_RANGE);
	microbeam_table_free(&table);
}

/* Variants that follow the first between their own nodes: sizes and axis against their simulation, within what the table
 * says of itself. */
static void test_further_variants_follow_the_first(void **state)
{
	(void)state;
	static const double water[] = {0, 0.05, -0.03, 0.04};
	struct tissue tissue[4];
	for (size_t v = 0; v < 4; v++) {
		tissue[v] = cheek();
		for (size_t l = 1; l < tissue[v].count; l++)
			tissue[v].layer[l].water_frac += water[v];
	}
	struct microbeam_table_request request = {.tissue = tissue,
	                                          .variants = 4,
	                                          .beam = carbon_dioxide,
	                                          .energy_min_mJ = 2.5,
	                                          .energy_max_mJ = 40};
	struct microbeam_table *table = NULL;
	struct microbeam_lesion at, direct;
	struct microbeam_axis axis, own;
	assert_int_equal(microbeam_table_new(&request, &table, NULL), ST_OK);
	const double ratio = pow(16.0, 1.0 / (MICROBEAM_TABLE_NODES - 1));
	for (int node = 1; node < MICROBEAM_TABLE_NODES - 1; node++)
		for (size_t v = 2; v < 4; v++) {
			struct microbeam beam = carbon_dioxide;
			beam.energy_mJ = 2.5 * pow(ratio, node);
			assert_int_equal(microbeam_simulate(NULL, &tissue[v], &beam, 0, &quick, &direct, &own, NULL), ST_OK);
			assert_int_equal(microbeam_table_at(table, beam.energy_mJ, v, &at, &axis, NULL), ST_OK);
			assert_near(at.coagulation_depth_um.value, direct.coagulation_depth_um.value, at.coagulation_depth_um.sd);
			assert_near(at.coagulation_depth_um.value / direct.coagulation_depth_um.value, 1, 0.015);
			assert_near(at.ablation_depth_um.value / direct.ablation_depth_um.value, 1, 0.015);
			assert_near(at.coagulation_width_um.value / direct.coagulation_width_um.value, 1, 0.015);
			assert_near(depth_of(&axis, 150) / depth_of(&own, 150), 1, 0.06);
			assert_near(depth_of(&axis, 60) / depth_of(&own, 60), 1, 0.06);
		}
	microbeam_table_free(&table);
}

static int cancel_at_half(void *context, double done_frac)
{
	*(double *)context = done_frac;
	return done_frac >= 0.5;
}

static void test_table_agrees_with_the_simulation(void **state)
{
	(void)state;
	struct tissue tissue = cheek();
	struct microbeam_table_request request = {.tissue = &tissue,
	                                          .variants = 1,
	                                          .beam = carbon_dioxide,
	                                          .energy_min_mJ = 2.5,
	                                          .energy_max_mJ = 40};
	struct microbeam_table *table = NULL;
	assert_int_equal(microbeam_table_new(&request, &table, NULL), ST_OK);
	struct microbeam_lesion at, direct;
	struct microbeam_axis axis;
	assert_int_equal(microbeam_table_at(table, 13, 0, &at, &axis, NULL), ST_OK);
	direct = lesion_of(NULL, carbon_dioxide, 13, NULL);
	assert_near(at.ablation_depth_um.value / direct.ablation_depth_um.value, 1, 0.015);
	assert_near(at.coagulation_width_um.value / direct.coagulation_width_um.value, 1, 0.05);
	assert_true(at.ablation_depth_um.sd > 0.05 * at.ablation_depth_um.value);
	assert_true(isinf(axis.omega[1]) && axis.omega[axis.count - 1] < 1);
	double last = 0;
	for (double e = 2.5; e <= 40; e += 0.25) {
		assert_int_equal(microbeam_table_at(table, e, 0, &at, NULL, NULL), ST_OK);
		assert_true(at.ablation_depth_um.value >= last);
		last = at.ablation_depth_um.value;
	}
	struct fail why = {0};
	assert_int_equal(microbeam_table_at(table, 41, 0, &at, NULL, &why), ST_RANGE);
	assert_string_equal(why.field, "energy_mJ");
	assert_int_equal(microbeam_table_at(table, 10, 1, &at, NULL, &why), ST_RANGE);
	assert_string_equal(why.field, "variant");
	microbeam_table_free(&table);
	double seen = 0;
	request.progress = cancel_at_half;
	request.context = &seen;
	assert_int_equal(microbeam_table_new(&request, &table, &why), ST_CANCELLED);
	assert_near(seen, 0.5, 1e-12);
	assert_null(table);
}

/* ---------------------------------------------------------------- many microbeams */

/* DeepFX at 10 %: 884 microbeams of 120 um per cm2; 15 mJ give 13.3 J/cm2 on average, 133 in a beam. */
static void test_coverage(void **state)
{
	(void)state;
	double density = microbeam_density_1_cm2(0.10, 120);
	assert_near(density, 884, 0.5);
	assert_near(microbeam_coverage_frac(density, 120), 0.10, 1e-12);
	assert_near(microbeam_mean_fluence_J_cm2(15, density), 13.26, 0.01);
	assert_near(microbeam_fluence_J_cm2(15, 120), 132.6, 0.1);
	/* two passes at 25 %: 50 % in sum, 43.75 % as a union */
	assert_near(microbeam_coverage_sum_frac(0.25, 2), 0.5, 1e-12);
	assert_near(microbeam_coverage_union_frac(0.25, 2), 0.4375, 1e-12);
	struct estimate section = microbeam_histology_um((struct estimate){1210, 121, VALIDITY_ASSUMED},
	                                                 (struct estimate){1.21, 0.02, VALID});
	assert_near(section.value, 1000, 1e-9);
	assert_near(section.sd, hypot(100, 1000 * 0.02 / 1.21), 1e-9);
	assert_true(section.flags & VALIDITY_ASSUMED);
}

/* ---------------------------------------------------------------- refusals */

/* A Gaussian beam focused on the surface widens in its crater: on the axis z + z^3 / (3 zR^2) = F / h, zR = pi w0^2 /
 * lambda, as long as heat stays where it is put; so does a flat one, F without the 2 of the axis. */
static void test_deep_craters_widen_the_beam(void **state)
{
	(void)state;
	struct estimate heat;
	struct tissue tissue = cheek();
	struct fail why = {.text = ""};
	assert_int_equal(microbeam_heat_of_ablation_J_cm3(&tissue, 10600, &heat, &why), ST_OK);
	struct microbeam beam = {10600, 0, 120, 1e-5, MICROBEAM_GAUSSIAN, 0.0};
	double rayleigh_um = PI * 60.0 * 60.0 / 10.6;
	/* The steady front is dry: what burns takes s = 0.36 of the heat from light that the dry layer stops, 1 - exp(-83
	 * 1/cm d) = s, and the layer that is left has had the other 1 - s: so much crater is missing. */
	const double kept_um = -log1p(-0.36) / 83.0 * (1.0 - 0.36) * UM_PER_CM;
	for (int k = 0; k < 6; k++) {
		double on_axis = k < 3 ? 2.0 : 1.0, energy_mJ = 2.0 / on_axis * (10 << k % 3); /* the same on the axis */
		beam.profile = k < 3 ? MICROBEAM_GAUSSIAN : MICROBEAM_FLAT;
		double z = lesion_of(NULL, beam, energy_mJ, NULL).ablation_depth_um.value;
		double straight_um = on_axis * microbeam_fluence_J_cm2(energy_mJ, 120) / heat.value * UM_PER_CM;
		double widened_um = z + z * z * z / (3.0 * rayleigh_um * rayleigh_um) + kept_um;
		if (fabs(widened_um / straight_um - 0.95) > 0.07) /* 3 % are reflected, a few are left in the wall */
			fail_msg("%g mJ: %g um, widened %g, straight %g", energy_mJ, z, widened_um, straight_um);
	}
}

/* A tail leaves heat behind that a pulse which ends at once does not: a thicker rim, hardly less depth. */
static void test_tail_leaves_heat(void **state)
{
	(void)state;
	struct microbeam beam = {2940, 50, 500, 2.5e-4, MICROBEAM_FLAT, 0.0};
	struct microbeam_lesion square = lesion_of(NULL, beam, 50, NULL);
	beam.tail_s = MICROBEAM_ERBIUM_TAIL_S;
	struct microbeam_lesion tailed = lesion_of(NULL, beam, 50, NULL);
	double rim_square = square.coagulation_depth_um.value - square.ablation_depth_um.value;
	double rim_tailed = tailed.coagulation_depth_um.value - tailed.ablation_depth_um.value;
	assert_true(rim_tailed > 1.5 * rim_square);
	assert_true(tailed.heat_left_mJ.value > square.heat_left_mJ.value);
	assert_true(fabs(tailed.ablation_depth_um.value / square.ablation_depth_um.value - 1.0) < 0.1);
	beam.tail_s = 1e-9; /* a vanishing tail is none */
	assert_true(fabs(lesion_of(NULL, beam, 50, NULL).ablation_depth_um.value / square.ablation_depth_um.value - 1.0) <
	            1e-3);
}

static void refused(const struct microbeam_light *light, struct microbeam beam, enum status code,
                    const char *field)
{
	struct tissue tissue = cheek();
	struct microbeam_lesion lesion;
	struct fail why = {0};
	assert_int_equal(microbeam_simulate(light, &tissue, &beam, 0, &quick, &lesion, NULL, &why), code);
	assert_string_equal(why.field, field);
}

/* Every fractional wavelength gives a column that deepens with energy; opaque ones leave a crater, and Er:YAG a
 * thinner coagulated rim than carbon dioxide. */
static void test_all_fractional_wavelengths(void **state)
{
	(void)state;
	static const double nm[] = {1440, 1540, 1550, 1565, 1927, 2790, 2940, 10600};
	enum { WAVELENGTHS = sizeof nm / sizeof nm[0], TURBID = 5, ER_YAG = 6, CARBON_DIOXIDE = 7 };
	double rim_um[WAVELENGTHS];
	for (size_t i = 0; i < WAVELENGTHS; i++) {
		struct microbeam beam = i < TURBID ? erbium_glass : carbon_dioxide;
		struct microbeam_light *light = i < TURBID ? light_for(nm[i], beam.diameter_um) : NULL;
		beam.wavelength_nm = nm[i];
		struct microbeam_lesion low = lesion_of(light, beam, 10, NULL), high = lesion_of(light, beam, 20, NULL);
		assert_true(low.coagulation_depth_um.value > 20.0);
		assert_true(high.coagulation_depth_um.value > 1.1 * low.coagulation_depth_um.value);
		assert_true((high.ablation_depth_um.value > 50.0) == (i >= TURBID));
		rim_um[i] = high.coagulation_depth_um.value - high.ablation_depth_um.value;
		microbeam_light_free(&light);
	}
	assert_true(rim_um[ER_YAG] < rim_um[CARBON_DIOXIDE]);
}

static void test_refusals_by_name(void **state)
{
	(void)state;
	struct microbeam beam = carbon_dioxide;
	beam.energy_mJ = NAN;
	refused(NULL, beam, ST_RANGE, "energy_mJ");
	beam.energy_mJ = -1;
	refused(NULL, beam, ST_RANGE, "energy_mJ");
	beam = carbon_dioxide;
	beam.diameter_um = 5;
	refused(NULL, beam, ST_RANGE, "diameter_um");
	beam = carbon_dioxide;
	beam.pulse_s = 0;
	refused(NULL, beam, ST_RANGE, "pulse_s");
	refused(NULL, erbium_glass, ST_INPUT, "light");
	struct microbeam_light *light = light_for(1550, 140);
	beam = erbium_glass;
	beam.wavelength_nm = 1440;
	refused(light, beam, ST_INPUT, "wavelength_nm");
	beam = erbium_glass;
	beam.diameter_um = 100;
	refused(light, beam, ST_INPUT, "diameter_um");
	struct tissue thicker = cheek();
	thicker.layer[4].thickness_um += 100;
	struct microbeam_lesion lesion;
	struct fail why = {0};
	assert_int_equal(microbeam_simulate(light, &thicker, &erbium_glass, 0, &quick, &lesion, NULL, &why),
	                 ST_INPUT);
	assert_string_equal(why.field, "tissue");
	assert_int_equal(microbeam_simulate(light, &thicker, &erbium_glass, 1, &quick, &lesion, NULL, &why),
	                 ST_RANGE);
	assert_string_equal(why.field, "variant");
	microbeam_light_free(&light);
}

static bool always(void *context)
{
	(void)context;
	return true;
}

static void test_cancelling(void **state)
{
	(void)state;
	struct tissue tissue = cheek();
	struct microbeam_lesion lesion;
	struct microbeam_options options = {.cancelled = always};
	assert_int_equal(microbeam_simulate(NULL, &tissue, &carbon_dioxide, 0, &options, &lesion, NULL, NULL),
	                 ST_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_mechanism_follows_the_optics),
	        cmocka_unit_test(test_heat_of_ablation),
	        cmocka_unit_test(test_no_energy_no_lesion),
	        cmocka_unit_test(test_threshold_separates),
	        cmocka_unit_test(test_steady_state_slope),
	        cmocka_unit_test(test_more_energy_is_deeper),
	        cmocka_unit_test(test_heat_left_is_a_growing_part_of_the_pulse),
	        cmocka_unit_test(test_long_pulse_coagulates),
	        cmocka_unit_test(test_profile_matters),
	        cmocka_unit_test(test_spread_and_axis),
	        cmocka_unit_test(test_turbid_limits_and_growth),
	        cmocka_unit_test(test_deeper_where_water_absorbs_less),
	        cmocka_unit_test(test_variants_share_the_paths),
	        cmocka_unit_test(test_table_axis_has_no_shelf),
	        cmocka_unit_test(test_further_variants_follow_the_first),
	        cmocka_unit_test(test_table_agrees_with_the_simulation),
	        cmocka_unit_test(test_coverage),
	        cmocka_unit_test(test_all_fractional_wavelengths),
	        cmocka_unit_test(test_refusals_by_name),
	        cmocka_unit_test(test_onset_of_removal),
	        cmocka_unit_test(test_sizes_state_the_published_scatter),
	        cmocka_unit_test(test_deep_craters_widen_the_beam),
	        cmocka_unit_test(test_tail_leaves_heat),
	        cmocka_unit_test(test_cancelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
