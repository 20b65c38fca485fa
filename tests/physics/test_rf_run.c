/* Generator control, and current, heat and injury together: closed forms, conservation, cut-offs, cooling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/dielectric.h"
#include "physics/rf_run.h"
#include "tests/support/near.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SKIN_J_M3K (1109.0 * 3391.0)

/* A slab between plates whose heat stays where it is made. */
static const struct rf_layer block[] = {{.thickness_um = 10000.0,
                                         .conductivity_S_m = 0.3,
                                         .warming_1_K = 0.02,
                                         .thermal = {1e-6, 1109.0, 3391.0, 0.0, 0.65}}};
#define BLOCK_M2 (PI * 1e-4)
#define BLOCK_OHM (0.01 / (0.3 * BLOCK_M2))

static struct rf_run_problem plates(enum rf_control_mode mode, double value, double on_s)
{
	static const struct rf_place middle[] = {{0.0, 5000.0}};
	return (struct rf_run_problem){.electrode = {{1e6, 1, block, RF_RETURN_PLATE}, 10000.0, {0.0}, true, 0.0},
	                               .control = {.mode = mode, .value = value, .on_s = on_s},
	                               .sensor = {0.0, 5000.0},
	                               .surface_C = 37.0,
	                               .core_C = 37.0,
	                               .probes = 1,
	                               .probe = middle,
	                               .end_s = on_s};
}

static void tip_layers(struct rf_layer layer[3])
{
	assert_int_equal(dielectric_layer(DIELECTRIC_SKIN_WET, 6.78e6, 1500.0, &layer[0], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_FAT, 6.78e6, 5000.0, &layer[1], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_MUSCLE, 6.78e6, INFINITY, &layer[2], NULL), ST_OK);
}

/* A 4 cm2 membrane tip at half the default resolution. */
static struct rf_run_problem tip(const struct rf_layer layer[3], double power_W, double on_s)
{
	return (struct rf_run_problem){
	        .electrode = {{6.78e6, 3, layer, RF_RETURN_FAR}, 11283.8, {-0.01949 * I}, false, 0.5},
	        .control = {.mode = RF_CONTROL_POWER, .value = power_W, .on_s = on_s},
	        .sensor = {0.0, 1000.0},
	        .surface_C = 33.0,
	        .core_C = 37.0,
	        .under = {10.0, NAN, 0, NULL},
	        .beside = {10.0, NAN, 0, NULL},
	        .end_s = on_s};
}

static struct rf_run *ran(const struct rf_run_problem *problem)
{
	struct rf_run *run = NULL;
	struct fail why = {0};
	if (rf_run_new(problem, NULL, NULL, &run, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	assert_true(rf_run_summary(run).balance_frac < 1e-6);
	return run;
}

static double rise_K(const struct rf_run_problem *problem)
{
	struct rf_run *run = ran(problem);
	double rise = rf_run_probe_C(run, 0)[rf_run_steps(run)] - rf_run_probe_C(run, 0)[0];
	rf_run_free(&run);
	return rise;
}

/* dT = (exp(al B) - 1) / al at constant voltage, (sqrt(1 + 2 al B) - 1) / al at constant current, B = sigma0 E0^2 t /
 * rho c; constant power heats by P t / C whatever the conductivity does. */
static void test_plates_in_every_mode(void **state)
{
	(void)state;
	const double al = 0.02, b_K = 0.3 * 8000.0 * 8000.0 * 5.0 / SKIN_J_M3K;
	struct rf_run_problem p = plates(RF_CONTROL_VOLTAGE, 80.0, 5.0);
	assert_near(rise_K(&p), expm1(al * b_K) / al, 0.04);
	p.time_refine = 8.0;
	assert_near(rise_K(&p), expm1(al * b_K) / al, 0.002);
	p = plates(RF_CONTROL_CURRENT, 80.0 / BLOCK_OHM, 5.0);
	assert_near(rise_K(&p), (sqrt(1.0 + 2.0 * al * b_K) - 1.0) / al, 0.02);
	p = plates(RF_CONTROL_POWER, 50.0, 5.0);
	assert_near(rise_K(&p), 250.0 / (SKIN_J_M3K * BLOCK_M2 * 0.01), 1e-3);
}

/* The energy asked for, to rounding, and off. */
static void test_energy_control(void **state)
{
	(void)state;
	struct rf_run_problem p = plates(RF_CONTROL_ENERGY, 123.0, 10.0);
	p.control.power_W = 60.0;
	struct rf_run *run = ran(&p);
	struct rf_run_summary s = rf_run_summary(run);
	assert_near(s.energy_J, 123.0, 1e-6);
	assert_int_equal(s.stop, RF_STOP_ENERGY);
	assert_near(s.stop_s, 2.05, 1e-6);
	assert_true(rf_run_history(run)[rf_run_steps(run) - 1].output.power_W == 0.0);
	rf_run_free(&run);
}

/* A block that loses 0.6 W/K to its blood: held at the target without an offset, hardly overshot. */
static void test_temperature_control(void **state)
{
	(void)state;
	struct rf_layer wet[1] = {block[0]};
	wet[0].thermal.perfusion_1_s = 0.005;
	struct rf_run_problem p = plates(RF_CONTROL_TEMPERATURE, 67.0, 60.0);
	p.electrode.stack.layer = wet;
	p.control.power_W = 60.0;
	p.control.gain_W_K = 30.0;
	p.control.gain_W_Ks = 2.0;
	p.time_refine = 4.0;
	struct rf_run *run = ran(&p);
	size_t steps = rf_run_steps(run);
	const double *t = rf_run_probe_C(run, 0);
	double most_C = 0.0, loss_W = 30.0 * 0.005 * RF_BLOOD_J_m3K * BLOCK_M2 * 0.01;
	for (size_t i = 0; i <= steps; i++)
		most_C = fmax(most_C, t[i]);
	assert_near(t[steps], 67.0, 0.2);
	assert_true(most_C < 67.8);
	assert_true(rf_run_history(run)[0].output.power_W > 55.0);
	assert_near(rf_run_history(run)[steps - 1].output.power_W, loss_W, 0.1 * loss_W);
	rf_run_free(&run);
}

static void test_cutoffs(void **state)
{
	(void)state;
	struct rf_run_problem p = plates(RF_CONTROL_POWER, 50.0, 10.0);
	p.control.cutoff_C = 45.0;
	struct rf_run *run = ran(&p);
	assert_int_equal(rf_run_summary(run).stop, RF_STOP_TEMPERATURE);
	assert_true(rf_run_summary(run).hottest_C < 48.0);
	rf_run_free(&run);
	p.control.cutoff_C = 0.0;
	p.control.least_ohm = 0.9 * BLOCK_OHM; /* warming lowers it */
	run = ran(&p);
	assert_int_equal(rf_run_summary(run).stop, RF_STOP_IMPEDANCE_LOW);
	assert_near(cabs(rf_run_history(run)[0].impedance_ohm), BLOCK_OHM, 0.02 * BLOCK_OHM);
	rf_run_free(&run);
	p.control.least_ohm = 0.0;
	p.control.most_ohm = 0.5 * BLOCK_OHM;
	run = ran(&p);
	assert_int_equal(rf_run_summary(run).stop, RF_STOP_IMPEDANCE_HIGH);
	rf_run_free(&run);
	p.control.most_ohm = 0.0;
	p.control.rise_factor = 1.2;
	p.control.value = 200.0; /* dries out above 100 C */
	run = ran(&p);
	assert_int_equal(rf_run_summary(run).stop, RF_STOP_IMPEDANCE_RISE);
	assert_true(rf_run_summary(run).hottest_C > 100.0 && rf_run_summary(run).hottest_C < 112.0);
	assert_true(rf_run_summary(run).flags & VALIDITY_MODEL_LIMIT);
	rf_run_free(&run);
}

static void test_generator_limits(void **state)
{
	(void)state;
	struct rf_control_state idle = {0};
	struct rf_control c = {.mode = RF_CONTROL_POWER, .value = 100.0, .on_s = 1.0, .most_V = 50.0};
	struct rf_output out = rf_control_drive(&c, &idle, 100.0, 37.0);
	assert_true(out.limited);
	assert_near(out.voltage_V, 50.0, 1e-12);
	assert_near(out.power_W, 25.0, 1e-12);
	c.most_V = 0.0;
	c.most_A = 0.5;
	out = rf_control_drive(&c, &idle, 100.0, 37.0);
	assert_near(out.current_A, 0.5, 1e-12);
	c.most_A = 0.0;
	c.most_W = 120.0;
	out = rf_control_drive(&c, &idle, 60.0 - 80.0 * I, 37.0);
	assert_false(out.limited);
	assert_near(out.power_W, 100.0, 1e-9);
	assert_near(out.voltage_V * out.voltage_V * 0.006, 100.0, 1e-9);
}

static void test_packs(void **state)
{
	(void)state;
	struct rf_control c = {.on_s = 0.5, .off_s = 1.5, .packs = 3, .start_s = 1.0};
	assert_near(rf_control_end_s(&c), 5.5, 1e-12);
	assert_true(rf_control_is_on(&c, 1.2) && rf_control_is_on(&c, 3.4) && rf_control_is_on(&c, 5.4));
	assert_true(!rf_control_is_on(&c, 0.9) && !rf_control_is_on(&c, 1.6) && !rf_control_is_on(&c, 5.6));
	/* one pulse, or ten with pauses: the same energy, less peak */
	struct rf_layer layer[3];
	tip_layers(layer);
	struct rf_run_problem p = tip(layer, 100.0, 1.0);
	p.end_s = 20.0;
	struct rf_run *one = ran(&p);
	p.control.on_s = 0.1;
	p.control.off_s = 1.9;
	p.control.packs = 10;
	struct rf_run *ten = ran(&p);
	assert_near(rf_run_summary(one).energy_J, 100.0, 1e-6);
	assert_near(rf_run_summary(ten).energy_J, 100.0, 1e-6);
	assert_true(rf_run_summary(ten).hottest_C < rf_run_summary(one).hottest_C - 0.5);
	rf_run_free(&one);
	rf_run_free(&ten);
}

/* A start that is balanced stays; cooling before the pulse lowers the surface; the order of depths turns. */
static void test_cooling(void **state)
{
	(void)state;
	struct rf_layer layer[3];
	tip_layers(layer);
	const struct rf_place place[] = {{0.0, 0.0}, {0.0, 500.0}, {0.0, 2500.0}};
	struct rf_run_problem p = tip(layer, 0.0, 5.0);
	p.probes = 3;
	p.probe = place;
	struct rf_run *run = ran(&p);
	assert_near(rf_run_probe_C(run, 0)[rf_run_steps(run)], 33.0, 0.02);
	rf_run_free(&run);
	const struct heat_stage plate[] = {{0.0, 3.0, 4500.0, 5.0}};
	p = tip(layer, 120.0, 2.0);
	p.control.start_s = 1.0;
	p.end_s = 3.0;
	p.probes = 3;
	p.probe = place;
	struct rf_run *warm = ran(&p);
	p.under.stages = 1;
	p.under.stage = plate;
	struct rf_run *cool = ran(&p);
	size_t last = rf_run_steps(warm), end = rf_run_steps(cool);
	assert_true(rf_run_probe_C(cool, 0)[end] < rf_run_probe_C(warm, 0)[last] - 15.0);
	assert_near(rf_run_probe_C(cool, 2)[end], rf_run_probe_C(warm, 2)[last], 1.5);
	assert_true(rf_run_probe_C(cool, 0)[end] < rf_run_probe_C(cool, 2)[end]);
	rf_run_free(&warm);
	rf_run_free(&cool);
}

/* Without conduction: dT = (q / w)(1 - exp(-w t)) with w = perfusion x blood / (rho c); three times the flow above
 * 37 C; none where the vessels are gone. */
static void test_perfusion(void **state)
{
	(void)state;
	struct rf_layer wet[1] = {block[0]};
	wet[0].warming_1_K = 0.0;
	wet[0].thermal.perfusion_1_s = 0.02;
	struct rf_run_problem p = plates(RF_CONTROL_POWER, 2.0, 60.0);
	p.electrode.stack.layer = wet;
	double w = 0.02 * RF_BLOOD_J_m3K / SKIN_J_M3K, q_K_s = 2.0 / (SKIN_J_M3K * BLOCK_M2 * 0.01);
	assert_near(rise_K(&p), q_K_s / w * -expm1(-w * 60.0), 2e-3);
	p.perfusion = (struct rf_perfusion){3.0, 36.0, 37.0, false};
	assert_near(rise_K(&p), q_K_s / (3.0 * w) * -expm1(-3.0 * w * 60.0), 2e-3);
	p.perfusion = (struct rf_perfusion){0.0, 0.0, 0.0, true};
	p.control.value = 80.0; /* past 60 C in a few seconds */
	p.end_s = p.control.on_s = 8.0;
	double stopped_K = rise_K(&p);
	p.perfusion.stops = false;
	assert_true(stopped_K > rise_K(&p) + 0.5);
}

/* A block brought to a temperature and kept there: Omega = A t exp(-Ea/RT); CEM43 2^(T - 43) minutes a minute. */
static void test_injury(void **state)
{
	(void)state;
	static const enum damage_set_id set[] = {DAMAGE_COLLAGEN_PEARCE, DAMAGE_COLLAGEN_ONSET};
	struct rf_run_problem p = plates(RF_CONTROL_POWER, 200.0, 0.5);
	p.sets = 2;
	p.set = set;
	p.end_s = 60.0;
	struct rf_run *run = ran(&p);
	size_t cell = rf_axisym_cell(rf_run_grid(run), 0.0, 5000.0);
	double t_C = rf_run_temperature_C(run)[cell];
	assert_near(t_C, 37.0 + 100.0 / (SKIN_J_M3K * BLOCK_M2 * 0.01), 0.01);
	for (size_t i = 0; i < 2; i++) {
		double rate = damage_rate_1_s(damage_set(set[i]), t_C);
		double omega = rf_run_omega(run, i)[cell] / rate;
		assert_true(omega > 59.5 && omega < 60.0);
	}
	double cem_min = rf_run_cem43_min(run)[cell] / exp2(t_C - 43.0);
	assert_true(cem_min > 59.5 / 60.0 && cem_min < 1.0);
	assert_near(rf_run_peak_C(run)[cell], t_C, 0.01);
	rf_run_free(&run);
}

/* While it warms, the integral of the recorded history. */
static void test_injury_of_a_ramp(void **state)
{
	(void)state;
	static const enum damage_set_id set[] = {DAMAGE_COLLAGEN_ONSET};
	struct rf_run_problem p = plates(RF_CONTROL_POWER, 200.0, 0.8);
	p.sets = 1;
	p.set = set;
	struct rf_run *run = ran(&p);
	size_t cell = rf_axisym_cell(rf_run_grid(run), 0.0, 5000.0), steps = rf_run_steps(run);
	double time_s[256] = {0.0};
	assert_true(steps < 256);
	for (size_t i = 0; i < steps; i++)
		time_s[i + 1] = rf_run_history(run)[i].time_s;
	const double *t_C = rf_run_probe_C(run, 0);
	double omega = damage_omega(damage_set(set[0]), time_s, t_C, steps + 1);
	assert_near(rf_run_omega(run, 0)[cell] / omega, 1.0, 1e-3);
	double cem_min = damage_cem43_min(time_s, t_C, steps + 1, NULL);
	assert_near(rf_run_cem43_min(run)[cell] / cem_min, 1.0, 1e-3);
	rf_run_free(&run);
}

/* Isotherms: within the matter asked for, deeper for a lower level, empty above the peak. */
static void test_zones(void **state)
{
	(void)state;
	struct rf_layer layer[3];
	tip_layers(layer);
	struct rf_run_problem p = tip(layer, 120.0, 2.0);
	struct rf_run *run = ran(&p);
	const double *peak = rf_run_peak_C(run);
	struct rf_zone warm = rf_run_zone(run, peak, 43.0, RF_MATTERS), hot = rf_run_zone(run, peak, 50.0, RF_MATTERS);
	assert_true(warm.bottom_um > hot.bottom_um && warm.volume_mm3 > hot.volume_mm3);
	assert_true(warm.radius_um >= hot.radius_um && hot.radius_um > 5000.0);
	struct rf_zone fat = rf_run_zone(run, peak, 43.0, RF_FAT);
	assert_near(fat.top_um, 1500.0, 1e-6);
	assert_true(fat.bottom_um <= 6500.0 && fat.volume_mm3 < warm.volume_mm3);
	struct rf_zone none = rf_run_zone(run, peak, 99.0, RF_MUSCLE);
	assert_true(isnan(none.top_um) && none.radius_um == 0.0 && none.volume_mm3 == 0.0);
	rf_run_free(&run);
}

/* Renewing the field less often, or stepping finer, changes the temperature by far less than the rise. */
static void test_coupling_converges(void **state)
{
	(void)state;
	struct rf_layer layer[3];
	tip_layers(layer);
	static const struct rf_place place[] = {{0.0, 2500.0}};
	struct rf_run_problem p = tip(layer, 120.0, 2.0);
	p.probes = 1;
	p.probe = place;
	double usual_K = rise_K(&p);
	p.renew_frac = 0.01;
	double often_K = rise_K(&p);
	p.time_refine = 3.0;
	double fine_K = rise_K(&p);
	assert_near(usual_K / fine_K, 1.0, 2e-3);
	assert_near(often_K / fine_K, 1.0, 1e-3);
	for (int i = 0; i < 3; i++)
		layer[i].warming_1_K = 0.0;
	assert_true(fabs(rise_K(&p) / fine_K - 1.0) > 0.005); /* the coupling is worth something */
}

/* 40 cm2 in full touch stays below the norm's 6 K at 0.7 A for 60 s; a tenth of it does not. */
static void test_pad(void **state)
{
	(void)state;
	struct rf_layer layer[3];
	assert_int_equal(dielectric_layer(DIELECTRIC_SKIN_WET, 0.46e6, 1500.0, &layer[0], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_FAT, 0.46e6, 5000.0, &layer[1], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_MUSCLE, 0.46e6, INFINITY, &layer[2], NULL), ST_OK);
	struct rf_pad pad = {{0.46e6, 3, layer, RF_RETURN_FAR}, 130.0, 1.0, {0.05}, 0.7, 60.0};
	struct rf_pad_rise whole, part;
	assert_int_equal(rf_pad_rise(&pad, &whole, NULL), ST_OK);
	pad.contact_frac = 0.3;
	assert_int_equal(rf_pad_rise(&pad, &part, NULL), ST_OK);
	assert_true(whole.hottest_K < RF_PAD_LIMIT_K && whole.mean_K < whole.hottest_K);
	assert_true(part.hottest_K > 2.0 * whole.hottest_K && part.mean_K > 2.0 * whole.mean_K);
	pad.contact_frac = 0.0;
	struct fail why = {0};
	assert_int_equal(rf_pad_rise(&pad, &part, &why), ST_RANGE);
	assert_string_equal(why.field, "pad.contact_frac");
}

static bool cancel_at_once(void *context)
{
	++*(int *)context;
	return true;
}

static void test_refusals(void **state)
{
	(void)state;
	const struct heat_stage twice[] = {{0.0, 2.0, 100.0, 0.0}, {1.0, 3.0, 100.0, 0.0}};
	struct rf_run_problem good = plates(RF_CONTROL_POWER, 10.0, 1.0), bad[11];
	struct rf_layer cold[1] = {block[0]};
	cold[0].thermal.density_kg_m3 = 0.0;
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].control.on_s = 0.0;
	bad[1].control.value = -1.0;
	bad[2].control.mode = RF_CONTROL_ENERGY;
	bad[3].control.packs = 2;
	bad[4].control.rise_factor = 0.5;
	bad[5].control.least_ohm = 10.0;
	bad[5].control.most_ohm = 5.0;
	bad[6].end_s = 0.0;
	bad[7].surface_C = 500.0;
	bad[8].under = (struct heat_surface){10.0, 20.0, 2, twice};
	bad[9].electrode.stack.layer = cold;
	bad[10].perfusion.rise = 0.5;
	static const char *const field[] = {"control.on_s", "control.value", "control.power_W", "control.off_s", "control.rise_factor",
	                                    "control.most_ohm", "end_s", "surface_C", "under", "layers[0].density_kg_m3", "perfusion.rise"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct rf_run *run = NULL;
		struct fail why = {0};
		assert_int_not_equal(rf_run_new(&bad[i], NULL, NULL, &run, &why), ST_OK);
		assert_string_equal(why.field, field[i]);
		assert_null(run);
	}
	struct rf_run *run = NULL;
	int asked = 0;
	assert_int_equal(rf_run_new(&good, cancel_at_once, &asked, &run, NULL), ST_CANCELLED);
	assert_int_equal(asked, 1);
	const struct rf_place outside = {0.0, 2e4};
	good.probe = &outside;
	assert_int_equal(rf_run_new(&good, NULL, NULL, &run, NULL), ST_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_plates_in_every_mode), cmocka_unit_test(test_energy_control),
	        cmocka_unit_test(test_temperature_control),  cmocka_unit_test(test_cutoffs),
	        cmocka_unit_test(test_generator_limits),     cmocka_unit_test(test_packs),
	        cmocka_unit_test(test_cooling),              cmocka_unit_test(test_perfusion),
	        cmocka_unit_test(test_injury),               cmocka_unit_test(test_injury_of_a_ramp),  cmocka_unit_test(test_zones),
	        cmocka_unit_test(test_coupling_converges),   cmocka_unit_test(test_pad),
	        cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
