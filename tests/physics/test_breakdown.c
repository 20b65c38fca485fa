/* Optical breakdown: the published thresholds, a beam in clear medium in closed form, scattering, and the hole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/breakdown.h"
#include "tests/support/near.h"

static const struct tissue clear = {.count = 1,
                                    .layer = {{TISSUE_WATER, 2000, 0, 0, 0, 1.0, 0}},
                                    .surface_temperature_C = 33,
                                    .core_temperature_C = 37};

static const struct tissue skin = {.count = 4,
                                   .layer = {{TISSUE_STRATUM_CORNEUM, 15, 0.0, 0, 0, 0.30, 0.05},
                                             {TISSUE_EPIDERMIS, 60, 0.0, 0, 0, 0.70, 0},
                                             {TISSUE_BASAL, 10, 0.0, 0, 0, 0.65, 0},
                                             {TISSUE_RETICULAR, 2000, 0, 0.003, 0.7, 0.65, 0}},
                                   .surface_temperature_C = 33,
                                   .core_temperature_C = 37};

static struct tissue dark(void)
{
	struct tissue t = skin;
	t.layer[1].melanosome_frac = 0.10;
	t.layer[2].melanosome_frac = 0.20;
	return t;
}

static const struct breakdown_beam focused = {1064, 450e-12, 1.0, 0.1, 10.0, 300.0};

static struct breakdown found(const struct tissue *tissue, struct breakdown_beam beam)
{
	struct breakdown b;
	struct fail why = {.text = ""};
	if (breakdown_find(tissue, &beam, &b, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return b;
}

static double irradiance(const struct tissue *tissue, struct breakdown_beam beam, double depth_um)
{
	struct estimate e;
	struct fail why = {.text = ""};
	if (breakdown_irradiance_W_cm2(tissue, &beam, depth_um, &e, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return e.value;
}

/* Vogel et al. 1996: 0.76e11 W/cm2 at 6 ns, 4.5e11 at 30 ps. */
static void thresholds_are_the_published_ones(void **state)
{
	(void)state;
	assert_near(breakdown_threshold_W_cm2(6e-9, false).value, 0.76e11, 1e6);
	assert_near(breakdown_threshold_W_cm2(30e-12, false).value, 4.5e11, 1e6);
	assert_true(breakdown_threshold_W_cm2(450e-12, false).value > breakdown_threshold_W_cm2(6e-9, false).value);
	double factor = breakdown_threshold_W_cm2(450e-12, false).value / breakdown_threshold_W_cm2(450e-12, true).value;
	assert_true(factor > 10.0 && factor < 100.0);
	assert_true(breakdown_threshold_W_cm2(5e-12, false).flags & VALIDITY_EXTRAPOLATED);
	assert_false(breakdown_threshold_W_cm2(1e-9, false).flags & VALIDITY_EXTRAPOLATED);
}

/* Almost clear water (what it scatters takes up to 5 %): 2 P (1 - R) exp(-mua z) / (pi w^2), w^2 = w0^2 + (angle / n)^2
 * (z - zf)^2; the diffraction limit lambda / (pi angle) where no waist is given. */
static void clear_beam_in_closed_form(void **state)
{
	(void)state;
	const double n = 1.325, r = (n - 1.0) / (n + 1.0), power_W = 1e-3 / 450e-12;
	for (double z = 100.0; z <= 500.0; z += 100.0) {
		double w2 = 100.0 + 0.01 / (n * n) * (z - 300.0) * (z - 300.0);
		double want = 2.0 * power_W * (1.0 - r * r) * exp(-0.15 * z * CM_PER_UM) / (PI * w2 * CM_PER_UM * CM_PER_UM);
		assert_near(irradiance(&clear, focused, z) / want, 1.0, 0.05);
	}
	struct breakdown_beam sharp = focused;
	sharp.waist_um = 0.0;
	double w0 = 1.064 / (PI * 0.1);
	assert_near(irradiance(&clear, sharp, 300.0) / irradiance(&clear, focused, 300.0), 100.0 / (w0 * w0), 1.0);
}

/* Straight light falls by exp(-mus z); what is scattered spreads with variance mus' z^3 / 3 an axis (layers by the
 * integral of mus' (z - s)^2): one layer by hand. */
static void scattering_spreads_and_dims(void **state)
{
	(void)state;
	const struct tissue dermis = {.count = 1,
	                              .layer = {{TISSUE_RETICULAR, 2000, 0, 0.0, 0.7, 0.65, 0}},
	                              .surface_temperature_C = 33,
	                              .core_temperature_C = 37};
	struct tissue_optics o;
	struct fail why;
	assert_int_equal(tissue_optics_at(&dermis, 0, 1064, &o, &why), ST_OK);
	double z = 300.0, reduced = o.reduced_scattering_1_cm.value * CM_PER_UM, mus = reduced / (1.0 - o.g);
	double r = (o.n - 1.0) / (o.n + 1.0), straight = exp(-mus * z), aside = exp(-0.5 * reduced * z) - straight;
	double wide = 100.0 + 4.0 * reduced * z * z * z / 3.0;
	double want = 2.0 * (1e-3 / 450e-12) * (1.0 - r * r) * exp(-o.mua_1_cm.value * z * CM_PER_UM) / PI *
	              (straight / 100.0 + aside / wide) / (CM_PER_UM * CM_PER_UM);
	assert_near(irradiance(&dermis, focused, z) / want, 1.0, 1e-9);
	assert_true(irradiance(&dermis, focused, z) < 0.2 * irradiance(&clear, focused, z));
	/* the same layer cut in two is the same */
	struct tissue halves = dermis;
	halves.count = 2;
	halves.layer[0].thickness_um = 130.0;
	halves.layer[1] = dermis.layer[0];
	assert_near(irradiance(&halves, focused, z) / want, 1.0, 1e-9);
}

static void forms_at_its_own_threshold(void **state)
{
	(void)state;
	struct breakdown_beam beam = focused;
	beam.energy_mJ = found(&skin, focused).energy_mJ.value * 1.001;
	assert_true(found(&skin, beam).formed);
	beam.energy_mJ *= 0.998;
	struct breakdown below = found(&skin, beam);
	assert_false(below.formed);
	assert_true(below.bubble_um.flags & VALIDITY_ABSENT && below.top_um.flags & VALIDITY_ABSENT);
	beam.energy_mJ *= 20.0;
	struct breakdown above = found(&skin, beam);
	assert_true(above.top_um.value < above.depth_um && above.depth_um < above.bottom_um.value);
}

/* The profile says what the search finds: threshold, its depth, and from where to where at any energy. */
static void a_profile_agrees_with_the_search(void **state)
{
	(void)state;
	struct breakdown_profile p;
	struct breakdown_beam beam = focused;
	struct fail why = {.text = ""};
	assert_int_equal(breakdown_profile_of(&skin, &beam, &p, &why), ST_OK);
	struct breakdown b = found(&skin, beam);
	assert_near(p.energy_mJ, b.energy_mJ.value, 1e-5 * b.energy_mJ.value);
	assert_near(p.depth_um, b.depth_um, 1e-9);
	assert_near(p.threshold_rel_sd, b.energy_mJ.sd / b.energy_mJ.value, 1e-6);
	assert_int_equal(p.flags, b.energy_mJ.flags);
	beam.energy_mJ = 5.0 * p.energy_mJ;
	b = found(&skin, beam);
	size_t top = (size_t)(b.top_um.value / BREAKDOWN_STEP_UM), end = (size_t)(b.bottom_um.value / BREAKDOWN_STEP_UM);
	assert_true((double)p.excess_1_mJ[top] * beam.energy_mJ >= 1.0 && (double)p.excess_1_mJ[end] * beam.energy_mJ < 1.0);
	beam.half_angle = -1.0;
	assert_int_equal(breakdown_profile_of(&skin, &beam, &p, &why), ST_RANGE);
	assert_string_equal(why.field, "half_angle");
}

/* Far above threshold the bubble grows with the cube root of the energy; near it, it is of the order of the vacuoles
 * published for arrays, 40-163 um (H. Kim et al. 2020, 2021). */
static void bubble_by_the_cube_root(void **state)
{
	(void)state;
	struct breakdown_beam beam = focused;
	beam.energy_mJ = 1e3 * found(&skin, focused).energy_mJ.value;
	beam.energy_mJ = fmin(beam.energy_mJ, 100.0);
	double one = found(&skin, beam).bubble_um.value;
	beam.energy_mJ *= 8.0;
	assert_near(found(&skin, beam).bubble_um.value / one, 2.0, 0.1);
	beam.energy_mJ = 2.0 * found(&skin, focused).energy_mJ.value;
	double typical = found(&skin, beam).bubble_um.value;
	assert_true(typical > 40.0 / 2.6 && typical < 163.0 * 2.6);
}

/* Pigment takes the plasma up into the epidermis, at a fraction of the energy. */
static void melanin_seeds_it(void **state)
{
	(void)state;
	struct tissue black = dark();
	struct breakdown_beam beam = {1064, 450e-12, 1.0, 0.3, 3.0, 200.0};
	struct breakdown white = found(&skin, beam), seeded = found(&black, beam);
	assert_true(seeded.seeded && !white.seeded);
	assert_true(seeded.depth_um < 85.0 && white.depth_um > 85.0);
	assert_true(seeded.energy_mJ.value < white.energy_mJ.value);
}

static void refused(struct breakdown_beam beam, enum status code, const char *field)
{
	struct breakdown b;
	struct fail why = {.text = ""};
	assert_int_equal(breakdown_find(&skin, &beam, &b, &why), code);
	assert_string_equal(why.field, field);
}

static void bad_beams_are_refused(void **state)
{
	(void)state;
	struct breakdown_beam b = focused;
	b.pulse_s = 1e-3;
	refused(b, ST_RANGE, "pulse_s");
	b = focused, b.energy_mJ = -1.0;
	refused(b, ST_RANGE, "energy_mJ");
	b = focused, b.half_angle = NAN;
	refused(b, ST_RANGE, "half_angle");
	b = focused, b.half_angle = 0.0, b.waist_um = 0.0;
	refused(b, ST_INPUT, "waist_um");
	b = focused, b.wavelength_nm = 2940;
	refused(b, ST_RANGE, "wavelength_nm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(thresholds_are_the_published_ones), cmocka_unit_test(clear_beam_in_closed_form),
	        cmocka_unit_test(scattering_spreads_and_dims),       cmocka_unit_test(forms_at_its_own_threshold),
	        cmocka_unit_test(a_profile_agrees_with_the_search),
	        cmocka_unit_test(bubble_by_the_cube_root),          cmocka_unit_test(melanin_seeds_it),
	        cmocka_unit_test(bad_beams_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
