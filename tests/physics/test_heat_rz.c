/* Heat in r and z: closed forms, conservation through boiling and removal, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/damage.h"
#include "physics/heat_rz.h"
#include "tests/support/near.h"

#define NR 60
#define NZ 40

struct bench {
	double r_edge_um[NR + 1], z_edge_um[NZ + 1], start_C[NZ];
	struct heat_rz_material row[NZ];
	struct heat_rz_setup setup;
};

/* Even cells; dermis-like: k 0.45 W/mK, 3.9 J/cm3K, so kappa = 1.1538e-7 m2/s. */
static void bench_fill(struct bench *b, size_t nr, size_t nz, double dr_um, double dz_um, double start_C)
{
	*b = (struct bench){0};
	for (size_t i = 0; i <= nr; i++)
		b->r_edge_um[i] = dr_um * (double)i;
	for (size_t j = 0; j <= nz; j++)
		b->z_edge_um[j] = dz_um * (double)j;
	for (size_t j = 0; j < nz; j++) {
		b->start_C[j] = start_C;
		b->row[j] = (struct heat_rz_material){0.45, 3.9, 0.68, 0.0};
	}
	b->setup = (struct heat_rz_setup){
	        .grid = {nr, nz, b->r_edge_um, b->z_edge_um}, .row = b->row, .start_C = b->start_C};
}

static struct heat_rz *start(const struct bench *b)
{
	struct heat_rz *h = NULL;
	struct fail why;
	assert_int_equal(heat_rz_new(&b->setup, &h, &why), ST_OK);
	return h;
}

static void conduct_for(struct heat_rz *h, double time_s, double step_frac)
{
	double t = 0.0;
	while (t < time_s * (1 - 1e-12)) {
		double dt = fmin(step_frac * heat_rz_stable_step_s(h), time_s - t);
		heat_rz_advance(h, dt);
		t += dt;
	}
}

static double balance_error(const struct heat_rz *h)
{
	struct heat_rz_balance b = heat_rz_balance(h);
	double sum = b.stored_J + b.vented_J + b.decomposed_J + b.removed_J + b.surface_J;
	return (sum - b.deposited_J) / b.deposited_J;
}

/* An instantaneous Gaussian line source exp(-2 r^2/w^2) decays on its axis as 1/(1 + 8 kappa t/w^2)
 * (Carslaw & Jaeger 1959, 10.3): exact. */
static void test_gaussian_cylinder_decay(void **state)
{
	(void)state;
	const double w_um = 70, kappa_um2_s = 0.45 / 3.9 * 1e6, rise_K = 40;
	struct bench b;
	bench_fill(&b, NR, 3, 7, 20, 30);
	struct heat_rz *h = start(&b);
	for (size_t j = 0; j < 3; j++)
		for (size_t i = 0; i < NR; i++) { /* mean of the Gaussian over the ring */
			double a = b.r_edge_um[i] / w_um, c = b.r_edge_um[i + 1] / w_um;
			double mean = (exp(-2 * a * a) - exp(-2 * c * c)) / (2 * (c * c - a * a));
			heat_rz_deposit(h, i, j, 3.9 * rise_K * mean);
		}
	const double times_s[] = {2e-3, 6e-3, 15e-3};
	double t = 0;
	for (size_t k = 0; k < 3; k++) {
		conduct_for(h, times_s[k] - t, 0.5);
		t = times_s[k];
		double spread = 1 + 8 * kappa_um2_s * t / (w_um * w_um);
		double r = 0.5 * b.r_edge_um[1];
		double want = rise_K / spread * exp(-2 * r * r / (w_um * w_um * spread));
		assert_near((heat_rz_temperature_C(h, 0, 1) - 30) / want, 1.0, 0.01);
	}
	assert_near(balance_error(h), 0, 1e-10);
	heat_rz_free(&h);
}

/* Two half spaces at different temperatures: erf profile; the middle stays at the mean. */
static void test_plane_step_in_depth(void **state)
{
	(void)state;
	const double kappa_um2_s = 0.45 / 3.9 * 1e6, t = 4e-3;
	struct bench b;
	bench_fill(&b, 2, NZ, 50, 8, 30);
	for (size_t j = NZ / 2; j < NZ; j++)
		b.start_C[j] = 50;
	struct heat_rz *h = start(&b);
	conduct_for(h, t, 0.5);
	for (size_t j = 10; j < 30; j++) {
		double x = (b.z_edge_um[j] + 4 - 160) / sqrt(4 * kappa_um2_s * t);
		assert_near(heat_rz_temperature_C(h, 1, j), 40 + 10 * erf(x), 0.05);
	}
	heat_rz_free(&h);
}

/* Energy up to a cell's room is taken, wet, boiling and dry; what reaches it is not, and leaves no trace. */
static void test_takes_what_there_is_room_for(void **state)
{
	(void)state;
	struct bench b;
	bench_fill(&b, 2, 2, 10, 10, 34);
	for (size_t j = 0; j < 2; j++)
		b.row[j].matrix_J_cm3 = 500;
	struct heat_rz *h = start(&b);
	double before_J_cm3 = heat_rz_room_J_cm3(h, 0, 1), sum_J_cm3 = 0;
	for (int k = 0; k < 9; k++) {
		double room = heat_rz_room_J_cm3(h, 0, 1), warm_C = heat_rz_temperature_C(h, 0, 1), portion = 0.4 * room;
		assert_false(heat_rz_takes(h, 0, 1, room));
		assert_false(heat_rz_takes(h, 0, 1, 1.5 * room));
		assert_true(heat_rz_temperature_C(h, 0, 1) == warm_C && heat_rz_room_J_cm3(h, 0, 1) == room);
		assert_true(heat_rz_takes(h, 0, 1, portion));
		sum_J_cm3 += portion;
		assert_near((room - heat_rz_room_J_cm3(h, 0, 1)) / room, 0.4, 1e-9);
	}
	assert_near(sum_J_cm3, before_J_cm3 * (1 - pow(0.6, 9)), 1e-6 * before_J_cm3);
	assert_near(balance_error(h), 0, 1e-10);
	heat_rz_remove(h, 0, 1);
	assert_false(heat_rz_takes(h, 0, 1, 1.0));
	heat_rz_free(&h);
}

/* Surface at fixed heat transfer, small Biot number: the whole slab cools as exp(-h t/(rho c L)). */
static void test_surface_cooling(void **state)
{
	(void)state;
	struct bench b;
	bench_fill(&b, 2, 5, 50, 10, 40);
	b.setup.surface_W_m2K = 100;
	b.setup.ambient_C = 0;
	struct heat_rz *h = start(&b);
	conduct_for(h, 0.5, 0.9);
	assert_near(heat_rz_temperature_C(h, 0, 2), 40 * exp(-100 * 0.5 / (3.9e6 * 50e-6)), 0.25);
	struct heat_rz_balance balance = heat_rz_balance(h);
	assert_near(balance.surface_J / -balance.stored_J, 1.0, 1e-9);
	heat_rz_free(&h);
}

/* Water boils at the plateau: 0.68 cm3/cm3 x 0.994 g/cm3 x 2257 J/g = 1525.5 J/cm3; cooling does not
 * bring the steam's heat back. */
static void test_boiling_plateau(void **state)
{
	(void)state;
	struct bench b;
	bench_fill(&b, 1, 1, 50, 50, 34);
	struct heat_rz *h = start(&b);
	heat_rz_deposit(h, 0, 0, 3.9 * 66 + 700);
	assert_near(heat_rz_temperature_C(h, 0, 0), 100, 1e-9);
	assert_near(heat_rz_consumed_frac(h, 0, 0), 700 / 1525.5, 1e-3);
	heat_rz_deposit(h, 0, 0, -10);
	assert_true(heat_rz_temperature_C(h, 0, 0) < 99);
	heat_rz_deposit(h, 0, 0, 10 + 825.5 + 30);
	assert_near(heat_rz_consumed_frac(h, 0, 0), 1.0, 1e-9);
	assert_true(heat_rz_temperature_C(h, 0, 0) > 120); /* dry tissue warms by the little that is left */
	assert_near(balance_error(h), 0, 1e-12);
	heat_rz_free(&h);
}

/* The room a cell reports is what it takes, to the last J, wherever it stands. */
static void test_room_is_what_it_takes(void **state)
{
	(void)state;
	const double before_J_cm3[] = {0, 100, 900, 1790, 1900};
	for (size_t k = 0; k < 5; k++) {
		struct bench b;
		bench_fill(&b, 1, 1, 50, 50, 34);
		b.row[0].matrix_J_cm3 = 1400;
		struct heat_rz *h = start(&b);
		heat_rz_deposit(h, 0, 0, before_J_cm3[k]);
		double room = heat_rz_room_J_cm3(h, 0, 0);
		heat_rz_deposit(h, 0, 0, room - 1);
		assert_true(heat_rz_consumed_frac(h, 0, 0) < 1);
		heat_rz_deposit(h, 0, 0, 1.001);
		assert_near(heat_rz_consumed_frac(h, 0, 0), 1, 1e-9);
		assert_near(before_J_cm3[k] + room, 3386,
		            15); /* 257 + 1526 + 213 + 1400 - steam's sensible share */
		heat_rz_free(&h);
	}
}

/* A hard case: boiling, drying, charring and removal side by side, with a surface. Energy closes. */
static void test_energy_closes_through_everything(void **state)
{
	(void)state;
	struct bench b;
	bench_fill(&b, 20, 30, 10, 10, 34);
	for (size_t j = 0; j < 30; j++)
		b.row[j].matrix_J_cm3 = 500;
	b.setup.surface_W_m2K = 1000;
	b.setup.ambient_C = 5;
	b.setup.damage = damage_set(DAMAGE_COLLAGEN_PEARCE);
	struct heat_rz *h = start(&b);
	double field[600];
	for (size_t n = 0; n < 600; n++)
		field[n] = exp(-(double)(n % 20) / 5) * exp(-(double)(n / 20) / 10);
	for (int step = 0; step < 60; step++) {
		heat_rz_deposit_field(h, field, 80);
		if (step == 40)
			for (size_t j = 0; j < 5; j++)
				heat_rz_remove(h, 0, j);
		conduct_for(h, 2e-4, 1.0);
	}
	struct heat_rz_balance balance = heat_rz_balance(h);
	assert_true(balance.vented_J > 0 && balance.decomposed_J > 0 && balance.removed_J > 0 &&
	            balance.surface_J > 0);
	assert_near(balance_error(h), 0, 1e-10);
	assert_true(heat_rz_hottest_C(h) <= 300 + 1e-9);
	assert_true(isinf(heat_rz_omega(h, 0, 2)));
	assert_true(heat_rz_room_J_cm3(h, 0, 2) == 0);
	heat_rz_free(&h);
}

/* Closed tissue: steam condenses next door. No energy and no water leave, and the heat goes further than
 * in open tissue. */
static void test_steam_condenses_in_closed_tissue(void **state)
{
	(void)state;
	double hot_volume[2] = {0, 0};
	for (int closed = 0; closed < 2; closed++) {
		struct bench b;
		bench_fill(&b, 20, 30, 10, 10, 34);
		b.setup.closed = closed;
		struct heat_rz *h = start(&b);
		heat_rz_deposit(h, 0, 15, 3000);
		heat_rz_deposit(h, 1, 15, 1500);
		conduct_for(h, 1e-4, 1.0);
		struct heat_rz_balance balance = heat_rz_balance(h);
		assert_near(balance_error(h), 0, 1e-10);
		assert_true(closed ? balance.vented_J == 0 : balance.vented_J > 0.5 * balance.deposited_J);
		for (size_t j = 0; j < 30; j++)
			for (size_t i = 0; i < 20; i++)
				hot_volume[closed] +=
				        heat_rz_temperature_C(h, i, j) > 60 ? (double)(2 * i + 1) : 0;
		heat_rz_free(&h);
	}
	assert_true(hot_volume[1] > 2 * hot_volume[0]);
}

/* Maximum principle: conduction alone never warms the hottest nor cools the coldest, dry cells included. */
static void test_no_overshoot_at_the_stable_step(void **state)
{
	(void)state;
	struct bench b;
	bench_fill(&b, 20, 30, 5, 8, 34);
	struct heat_rz *h = start(&b);
	for (size_t j = 0; j < 10; j++)
		heat_rz_deposit(h, 0, j, 2500); /* dried out and hot */
	double hottest = 1e9;
	for (int step = 0; step < 300; step++) {
		heat_rz_advance(h, heat_rz_stable_step_s(h));
		assert_true(heat_rz_hottest_C(h) <= hottest + 1e-9);
		hottest = heat_rz_hottest_C(h);
		for (size_t j = 0; j < 30; j++)
			assert_true(heat_rz_temperature_C(h, 1, j) > 34 - 1e-9);
	}
	heat_rz_free(&h);
}

/* A core dried out by boiling, in closed tissue under a lossy surface: hundreds of plain steps, a few long ones. */
static struct heat_rz *boiled_core(struct bench *b)
{
	bench_fill(b, 30, 30, 6, 8, 34);
	b->setup.closed = true;
	b->setup.surface_W_m2K = 2000;
	b->setup.ambient_C = 20;
	b->setup.damage = damage_set(DAMAGE_COLLAGEN_PEARCE);
	struct heat_rz *h = start(b);
	for (size_t j = 2; j < 12; j++)
		for (size_t i = 0; i < 6; i++)
			heat_rz_deposit(h, i, j, 1800 - 250 * (double)i);
	do /* plainly, as long as anything boils */
		heat_rz_advance(h, heat_rz_stable_step_s(h));
	while (heat_rz_hottest_C(h) >= 100);
	return h;
}

static size_t spread_for(struct heat_rz *h, double time_s, double step_frac)
{
	size_t steps = 0;
	for (double t = 0; t < time_s * (1 - 1e-12); steps++) {
		double dt = fmin(step_frac * heat_rz_stable_step_s(h), time_s - t);
		if (step_frac > 1)
			dt = heat_rz_advance_freely(h, time_s - t);
		else
			heat_rz_advance(h, dt);
		t += dt;
	}
	return steps;
}

/* Long steps answer as plain ones of a quarter of the stable step do: temperatures, peaks, damage, energy. */
static void test_long_steps_follow_short_ones(void **state)
{
	(void)state;
	struct bench b;
	struct heat_rz *plain = boiled_core(&b), *far = boiled_core(&b);
	size_t many = spread_for(plain, 0.1, 0.25), few = spread_for(far, 0.1, INFINITY);
	assert_true(few * 50 < many);
	size_t damaged = 0;
	for (size_t j = 0; j < 30; j++)
		for (size_t i = 0; i < 30; i++) {
			double omega = heat_rz_omega(plain, i, j);
			assert_near(heat_rz_temperature_C(far, i, j), heat_rz_temperature_C(plain, i, j), 0.05);
			assert_near(heat_rz_peak_C(far, i, j), heat_rz_peak_C(plain, i, j), 0.15);
			if (omega > 1e-3 && omega < 1e3)
				assert_near(heat_rz_omega(far, i, j) / omega, 1.0, 0.03);
			damaged += omega > 1e-3 && omega < 1e3;
		}
	assert_true(damaged > 20);
	assert_near(heat_rz_hottest_C(far), heat_rz_hottest_C(plain), 0.05);
	assert_near(balance_error(far), 0, 1e-9);
	assert_near(heat_rz_balance(far).surface_J / heat_rz_balance(plain).surface_J, 1.0, 1e-3);
	heat_rz_free(&plain);
	heat_rz_free(&far);
}

/* Held at the temperature that gives Omega = 1 in 0.1 s, a cell reaches Omega = 1 in 0.1 s. */
static void test_damage_matches_the_set(void **state)
{
	(void)state;
	const struct damage_set *set = damage_set(DAMAGE_COLLAGEN_PEARCE);
	struct bench b;
	bench_fill(&b, 3, 3, 50, 50, damage_threshold_C(set, 0.1));
	b.setup.damage = set;
	struct heat_rz *h = start(&b);
	conduct_for(h, 0.1, 1.0);
	assert_near(heat_rz_omega(h, 1, 1), 1.0, 0.01);
	heat_rz_free(&h);
}

static void refused(const struct bench *b, enum status code, const char *field)
{
	struct fail why = {0};
	struct heat_rz *h = NULL;
	assert_int_equal(heat_rz_new(&b->setup, &h, &why), code);
	assert_string_equal(why.field, field);
	assert_null(h);
}

static void test_refusals_by_name(void **state)
{
	(void)state;
	struct bench b;
	bench_fill(&b, 3, 3, 10, 10, 34);
	b.setup.grid.nr = 0;
	refused(&b, ST_INPUT, "grid");
	b.setup.grid.nr = 1u << 20;
	refused(&b, ST_FULL, "grid");
	bench_fill(&b, 3, 3, 10, 10, 34);
	b.r_edge_um[0] = 1;
	refused(&b, ST_INPUT, "r_edge_um");
	b.r_edge_um[0] = 0;
	b.z_edge_um[2] = b.z_edge_um[1];
	refused(&b, ST_INPUT, "z_edge_um");
	bench_fill(&b, 3, 3, 10, 10, 34);
	b.row[2].water_frac = 1.5;
	refused(&b, ST_INPUT, "row");
	bench_fill(&b, 3, 3, 10, 10, NAN);
	refused(&b, ST_INPUT, "start_C");
	bench_fill(&b, 3, 3, 10, 10, 34);
	b.setup.surface_W_m2K = -1;
	refused(&b, ST_INPUT, "surface_W_m2K");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_takes_what_there_is_room_for),
	        cmocka_unit_test(test_gaussian_cylinder_decay),
	        cmocka_unit_test(test_plane_step_in_depth),
	        cmocka_unit_test(test_surface_cooling),
	        cmocka_unit_test(test_boiling_plateau),
	        cmocka_unit_test(test_room_is_what_it_takes),
	        cmocka_unit_test(test_energy_closes_through_everything),
	        cmocka_unit_test(test_steam_condenses_in_closed_tissue),
	        cmocka_unit_test(test_no_overshoot_at_the_stable_step),
	        cmocka_unit_test(test_long_steps_follow_short_ones),
	        cmocka_unit_test(test_damage_matches_the_set),
	        cmocka_unit_test(test_refusals_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
