/* Anchors: sizes of many samples from few simulations, on functions that are known and on the model itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "physics/microbeam.h"
#include "planner/fit/axes.h"
#include "tests/support/near.h"

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

/* Samples whose water and temperature scatter as a twin's do. */
static void scatter(struct tissue *out, unsigned samples)
{
	struct rng rng;
	rng_seed(&rng, 7, 1);
	for (unsigned s = 0; s < samples; s++) {
		out[s] = skin;
		double epidermis = s ? 0.04 * rng_normal(&rng) : 0.0, dermis = s ? 0.03 * rng_normal(&rng) : 0.0;
		for (size_t l = 0; l < 3; l++)
			out[s].layer[l].water_frac += fmax(fmin(epidermis, 0.08), -0.08);
		for (size_t l = 3; l < 5; l++)
			out[s].layer[l].water_frac += fmax(fmin(dermis, 0.08), -0.08);
		out[s].surface_temperature_C += s ? rng_normal(&rng) : 0.0;
	}
}

static double water(const struct tissue *t)
{
	return t->layer[4].water_frac;
}

static void few_samples_are_simulated_each(void **state)
{
	struct tissue tissue[ANCHORS_MAX];
	struct anchors a;
	(void)state;
	scatter(tissue, ANCHORS_MAX);
	anchors_choose(tissue, ANCHORS_MAX, 1550, &a);
	assert_int_equal(a.count, ANCHORS_MAX);
	for (unsigned s = 0; s < ANCHORS_MAX; s++) {
		assert_int_equal(a.index[s], s);
		assert_true(anchors_exact(&a, s));
	}
	assert_near(anchors_error(&a, (const double[ANCHORS_MAX]){1, 5, 2}), 0, 0);
}

static void planes_are_found_and_anchors_kept(void **state)
{
	struct tissue tissue[ANCHOR_SAMPLES_MAX];
	struct anchors a;
	double plane[ANCHORS_MAX], bent[ANCHORS_MAX];
	(void)state;
	scatter(tissue, ANCHOR_SAMPLES_MAX);
	anchors_choose(tissue, ANCHOR_SAMPLES_MAX, 1550, &a);
	assert_int_equal(a.count, ANCHORS_MAX);
	assert_int_equal(a.index[0], 0);
	for (unsigned k = 0; k < a.count; k++) {
		plane[k] = 3.0 + 2.0 * tissue[a.index[k]].surface_temperature_C;
		bent[k] = pow(tissue[a.index[k]].surface_temperature_C - 33.0, 2);
		for (unsigned j = 0; j < k; j++)
			assert_true(a.index[j] != a.index[k]);
	}
	for (unsigned s = 0; s < ANCHOR_SAMPLES_MAX; s++) {
		double sum = 0;
		for (unsigned k = 0; k < a.count; k++)
			sum += a.weight[s][k];
		assert_near(sum, 1, 1e-6);
		assert_near(anchors_value(&a, s, plane), 3.0 + 2.0 * tissue[s].surface_temperature_C, 1e-5);
	}
	for (unsigned k = 0; k < a.count; k++)
		assert_near(anchors_value(&a, a.index[k], bent), bent[k], 0);
	assert_true(anchors_error(&a, plane) < 1e-5);
	assert_true(anchors_error(&a, bent) > 0.1); /* what is no plane says so */
}

/* The model itself: depths of samples that were not simulated, against simulating them. */
static void emulated(double wavelength_nm, double energy_mJ, double pulse_s, double tolerance_frac)
{
	enum { SAMPLES = 12 };
	struct tissue tissue[SAMPLES];
	struct anchors a;
	double depth[SAMPLES], of_anchor[ANCHORS_MAX], spread = 0;
	const struct microbeam beam = {wavelength_nm, energy_mJ, 120, pulse_s, MICROBEAM_GAUSSIAN, 0.0};
	const struct microbeam_options quick = {.without_spread = true};
	struct fail why;
	scatter(tissue, SAMPLES);
	anchors_choose(tissue, SAMPLES, wavelength_nm, &a);
	for (unsigned s = 0; s < SAMPLES; s++) {
		struct microbeam_lesion lesion;
		if (microbeam_simulate(NULL, &tissue[s], &beam, 0, &quick, &lesion, NULL, &why))
			fail_msg("%s: %s", why.field, why.text);
		depth[s] = lesion.coagulation_depth_um.value;
		spread = fmax(spread, fabs(depth[s] / depth[0] - 1.0));
	}
	for (unsigned k = 0; k < a.count; k++)
		of_anchor[k] = depth[a.index[k]];
	assert_true(spread > 2.0 * tolerance_frac); /* else the test could not fail */
	for (unsigned s = 0; s < SAMPLES; s++)
		assert_near(anchors_value(&a, s, of_anchor), depth[s], tolerance_frac * depth[s]);
	assert_true(anchors_error(&a, of_anchor) < tolerance_frac * depth[0]);
	assert_true(water(&tissue[1]) > 0.0);
}

static void depths_of_carbon_dioxide_columns(void **state)
{
	(void)state;
	emulated(10600, 15, 1e-4, 0.002);
}

/* First depth from below at which the axis is this hot. */
static double depth_where(const double *peak_C, const double *depth_um, size_t count, double hot_C)
{
	for (size_t i = count - 1; i-- > 0;)
		if (peak_C[i] >= hot_C) {
			double f = (peak_C[i] - hot_C) / (peak_C[i] - peak_C[i + 1]);
			return depth_um[i] + f * (depth_um[i + 1] - depth_um[i]);
		}
	return 0;
}

/* Samples that were not simulated have the front of a column, steep, and not a shelf between the anchors' fronts. */
static void axes_have_no_shelf(void **state)
{
	enum { SAMPLES = 12, DEPTHS = 300 };
	static const double hot_C[] = {150, 80, 45};
	struct tissue tissue[SAMPLES];
	struct anchors a;
	struct axes axes;
	static struct microbeam_axis axis[SAMPLES], of_anchor[ANCHORS_MAX];
	double killed[SAMPLES], of_anchor_um[ANCHORS_MAX], depth_um[DEPTHS], peak_C[DEPTHS], omega_ln[DEPTHS], least = 1e9;
	const struct microbeam beam = {10600, 20, 120, 1e-4, MICROBEAM_GAUSSIAN, 0};
	const struct microbeam_options quick = {.without_spread = true};
	(void)state;
	scatter(tissue, SAMPLES);
	anchors_choose(tissue, SAMPLES, 10600, &a);
	for (unsigned s = 0; s < SAMPLES; s++) {
		struct microbeam_lesion lesion;
		assert_int_equal(microbeam_simulate(NULL, &tissue[s], &beam, 0, &quick, &lesion, &axis[s], NULL), ST_OK);
		killed[s] = lesion.coagulation_depth_um.value;
		least = fmin(least, killed[s]);
	}
	for (unsigned k = 0; k < a.count; k++) {
		of_anchor[k] = axis[a.index[k]];
		of_anchor_um[k] = killed[a.index[k]];
	}
	for (size_t i = 0; i < DEPTHS; i++)
		depth_um[i] = 2.0 * killed[0] * (double)i / (DEPTHS - 1);
	axes_prepare(&a, of_anchor, of_anchor_um, depth_um[DEPTHS - 1], least, &axes);
	assert_true(axes.shares);
	for (unsigned s = 0; s < SAMPLES; s++) {
		axes_sample(&axes, &a, s, killed[s], 1, depth_um, DEPTHS, peak_C, omega_ln);
		double direct[3], own[3];
		for (size_t k = 0; k < 3; k++) {
			direct[k] = depth_where(axis[s].peak_C, axis[s].depth_um, axis[s].count, hot_C[k]);
			own[k] = depth_where(peak_C, depth_um, DEPTHS, hot_C[k]);
			assert_near(own[k] / direct[k], 1, 0.02);
		}
		assert_near((own[2] - own[0]) / (direct[2] - direct[0]), 1, 0.25); /* how steep it is */
	}
}

/* Where an anchor kills nothing depths are depths; a sample that is an anchor keeps its own axis. */
static void axes_of_anchors_are_theirs(void **state)
{
	struct tissue tissue[ANCHOR_SAMPLES_MAX];
	struct anchors a;
	struct axes axes;
	static struct microbeam_axis axis[ANCHORS_MAX];
	double killed_um[ANCHORS_MAX], peak_C, omega_ln;
	(void)state;
	scatter(tissue, ANCHOR_SAMPLES_MAX);
	anchors_choose(tissue, ANCHOR_SAMPLES_MAX, 1550, &a);
	for (int killing = 0; killing < 2; killing++) {
		for (unsigned k = 0; k < a.count; k++) {
			killed_um[k] = killing ? 100.0 + 10.0 * k : k;
			axis[k].count = 3;
			for (size_t i = 0; i < 3; i++) {
				axis[k].depth_um[i] = 200.0 * (double)i;
				axis[k].peak_C[i] = 100.0 - 20.0 * (double)i - k;
				axis[k].omega[i] = exp(5.0 - (double)i - 0.1 * k);
			}
		}
		axes_prepare(&a, axis, killed_um, 300, killing ? 100 : 0, &axes);
		assert_int_equal(axes.shares, killing);
		for (unsigned k = 0; k < a.count; k++)
			for (double z = 0; z < 300; z += 37) {
				axes_sample(&axes, &a, a.index[k], killed_um[k], 1, &z, 1, &peak_C, &omega_ln);
				assert_near(peak_C, 100.0 - 0.1 * z - k, 0.05);
				assert_near(omega_ln, 5.0 - z / 200.0 - 0.1 * k, 0.005);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(few_samples_are_simulated_each),
	        cmocka_unit_test(planes_are_found_and_anchors_kept),
	        cmocka_unit_test(depths_of_carbon_dioxide_columns),
		cmocka_unit_test(axes_have_no_shelf),
		cmocka_unit_test(axes_of_anchors_are_theirs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
