/* Damage sets against independently computed temperatures and rates, and the integrals against closed forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/damage.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TABLE "tests/validation/arrhenius_sets.csv"

static void assert_near_frac(double got, double expected, double allowed_frac)
{
	if (!(fabs(got - expected) <= allowed_frac * fabs(expected)))
		fail_msg("got %.9g, expected %.9g: off by %.3g %%", got, expected,
		         100.0 * (got / expected - 1.0));
}

/* Rows of the table: which set, which branch. */
static const struct {
	const char *name;
	enum damage_set_id id;
	int branch;
} rows[] = {
        {"henriques_moritz_ER75000", DAMAGE_HENRIQUES_ER75000, 0},
        {"henriques_moritz_Ea6.28e5", DAMAGE_HENRIQUES_EA628, 0},
        {"gaylor1989", DAMAGE_GAYLOR, 0},
        {"weaver_stoll_lowT(44-50C)", DAMAGE_WEAVER_STOLL, 0},
        {"weaver_stoll_highT(>50C)", DAMAGE_WEAVER_STOLL, 1},
        {"takata_dermis_lowT(44-50C)", DAMAGE_TAKATA, 0},
        {"takata_dermis_highT(>50C)", DAMAGE_TAKATA, 1},
        {"collagen_pearce", DAMAGE_COLLAGEN_PEARCE, 0},
        {"bulk_skin_dermis_pfefer", DAMAGE_BULK_SKIN_PFEFER, 0},
        {"whole_blood", DAMAGE_WHOLE_BLOOD, 0},
        {"diller_klutke", DAMAGE_DILLER_KLUTKE, 0},
        {"agah_aorta", DAMAGE_AGAH_AORTA, 0},
        {"microvascular_brown", DAMAGE_BROWN_MICROVASCULAR, 0},
};

/* One branch alone and without a floor, as the table was computed. */
static struct damage_set bare_branch(enum damage_set_id id, int branch)
{
	struct damage_set set = *damage_set(id);
	set.branch[0] = set.branch[branch];
	set.branch[0].from_C = 0.0;
	set.branch[1] = (struct damage_branch){0};
	return set;
}

static const double exposure_s[] = {1e-6, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 60.0, 600.0};
static const double rate_C[] = {45.0, 60.0, 70.0, 100.0};

static void check_row(const char *line)
{
	char name[64];
	int used = 0;
	size_t which = 0;
	assert_int_equal(sscanf(line, "%63[^,],%n", name, &used), 1);
	while (which < COUNT(rows) && strcmp(rows[which].name, name) != 0)
		which++;
	assert_true(which < COUNT(rows));
	struct damage_set set = bare_branch(rows[which].id, rows[which].branch);
	char *at = NULL;
	assert_near_frac(set.branch[0].frequency_factor_1_s, strtod(line + used, &at), 1e-3);
	assert_near_frac(set.branch[0].activation_energy_J_mol, strtod(at + 1, &at), 1e-5);
	for (size_t i = 0; i < COUNT(exposure_s); i++) {
		/* Printed to 0.01 C; 0.1 % of a temperature above 38 C is wider than that. */
		assert_near_frac(damage_threshold_C(&set, exposure_s[i]), strtod(at + 1, &at), 1e-3);
	}
	for (size_t i = 0; i < COUNT(rate_C); i++)
		assert_near_frac(damage_rate_1_s(&set, rate_C[i]), strtod(at + 1, &at), 1e-3);
}

static void sets_match_the_table(void **state)
{
	(void)state;
	FILE *file = fopen(TABLE, "r");
	assert_non_null(file);
	char line[512];
	size_t checked = 0;
	while (fgets(line, sizeof line, file)) {
		if (line[0] == '#' || strncmp(line, "set,", 4) == 0)
			continue;
		check_row(line);
		checked++;
	}
	(void)fclose(file);
	assert_int_equal(checked, COUNT(rows));
}

static void every_set_is_described(void **state)
{
	(void)state;
	for (int i = 0; i < DAMAGE_SETS; i++) {
		const struct damage_set *set = damage_set((enum damage_set_id)i);
		assert_true(set->id && set->name && set->source && set->use);
		assert_true(strlen(set->id) > 0 && strlen(set->source) > 0 && strlen(set->use) > 0);
		assert_true(set->valid_to_C > set->valid_from_C);
		assert_true(set->branch[0].frequency_factor_1_s > 0.0);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(set->id, damage_set((enum damage_set_id)j)->id);
	}
}

/* The two ways Henriques' pair is written differ by 4.9 at 60 C. */
static void henriques_variants_differ_by_five(void **state)
{
	(void)state;
	double er = damage_rate_1_s(damage_set(DAMAGE_HENRIQUES_ER75000), 60.0);
	double ea = damage_rate_1_s(damage_set(DAMAGE_HENRIQUES_EA628), 60.0);
	assert_near_frac(er / ea, 4.92, 5e-3);
}

/* Each branch acts in its own range and nothing happens below the floor. */
static void branches_and_floors(void **state)
{
	(void)state;
	const struct damage_set *set = damage_set(DAMAGE_WEAVER_STOLL);
	struct damage_set low = bare_branch(DAMAGE_WEAVER_STOLL, 0),
	                  high = bare_branch(DAMAGE_WEAVER_STOLL, 1);
	assert_near_frac(damage_rate_1_s(set, 47.0), damage_rate_1_s(&low, 47.0), 1e-12);
	assert_near_frac(damage_rate_1_s(set, 60.0), damage_rate_1_s(&high, 60.0), 1e-12);
	assert_true(damage_rate_1_s(set, 43.9) == 0.0);
	assert_true(damage_rate_1_s(damage_set(DAMAGE_GAYLOR), 41.9) == 0.0);
	assert_near_frac(damage_threshold_C(set, 1.0), 58.20, 1e-3);
	assert_near_frac(damage_threshold_C(set, 600.0), 46.41, 1e-3);
	/* Gaylor's 38.38 C in 600 s lies below its floor of 42 C. */
	assert_near_frac(damage_threshold_C(damage_set(DAMAGE_GAYLOR), 600.0), 42.0, 1e-12);
}

/* Two ends of collagen: first denaturation (Maitland & Walsh 1997) and complete loss of birefringence (Pearce);
 * temperatures of Omega = 1 computed by hand from the constants. */
static void collagen_onset_and_end(void **state)
{
	(void)state;
	const struct damage_set *onset = damage_set(DAMAGE_COLLAGEN_ONSET);
	assert_near_frac(damage_threshold_C(onset, 0.1), 72.1, 1e-3);
	assert_near_frac(damage_threshold_C(onset, 1.0), 67.8, 1e-3);
	assert_near_frac(damage_threshold_C(onset, 60.0), 60.3, 1e-3);
	assert_near_frac(damage_threshold_C(damage_set(DAMAGE_COLLAGEN_PEARCE), 1.0), 80.4, 1e-3);
}

/* Cells under milliseconds: the two laws meet without a step, Henriques' below; of a tenth of a second nothing changes.
 * Published: 1 eV; 130 C just lethal in 0.3 ms, of which a third counts; death seen at once 160 C in 0.3 ms. Cells that
 * were warmed to 58 +- 2 C for 0.5 s spread again by 60 % (Eur Biophys J 2011;40:1109). */
static void short_heat_goes_on_from_burns(void **state)
{
	(void)state;
	const struct damage_set *cells = damage_set(DAMAGE_EPIDERMIS), *burns = damage_set(DAMAGE_HENRIQUES_ER75000);
	double joint_C = cells->branch[1].from_C;
	assert_near_frac(damage_rate_1_s(cells, joint_C), damage_rate_1_s(burns, joint_C), 1e-4);
	assert_near_frac(damage_rate_1_s(cells, 1.0 + joint_C), 31.1 * exp(11604.5 * (1.0 / (273.15 + joint_C) - 1.0 / (274.15 + joint_C))),
	                 1e-3);
	assert_near_frac(damage_threshold_C(cells, 0.1), damage_threshold_C(burns, 0.1), 1e-12);
	assert_near_frac(damage_threshold_C(cells, 1e-4), 130.0, 1e-4);
	assert_near_frac(damage_threshold_C(cells, 1e-3), 100.1, 1e-3);
	assert_near_frac(damage_threshold_C(cells, 3e-3), 87.4, 1e-3);
	assert_true(damage_threshold_C(cells, 3e-4) < 130.0);
	assert_true(damage_threshold_C(cells, 3e-4) > damage_threshold_C(damage_set(DAMAGE_WEAVER_STOLL), 3e-4));
	double left_at_56 = 1.0 - damage_fraction(0.5 * damage_rate_1_s(cells, 56.0));
	double left_at_60 = 1.0 - damage_fraction(0.5 * damage_rate_1_s(cells, 60.0));
	assert_true(left_at_56 > 0.6 && left_at_60 < 0.6);
}

static void constant_temperature(void **state)
{
	(void)state;
	const double time_s[] = {0.0, 0.3, 1.0}, temperature_C[] = {60.0, 60.0, 60.0};
	for (int i = 0; i < DAMAGE_SETS; i++) {
		const struct damage_set *set = damage_set((enum damage_set_id)i);
		assert_near_frac(damage_omega(set, time_s, temperature_C, 3), damage_rate_1_s(set, 60.0),
		                 1e-12);
		double hold_s = 2.0, limit_C = damage_threshold_C(set, hold_s);
		const double held_s[] = {0.0, hold_s}, held_C[] = {limit_C, limit_C};
		assert_near_frac(damage_omega(set, held_s, held_C, 2), 1.0, 1e-9);
	}
}

/* A linear ramp sampled at its ends only, against the midpoint rule in 200 000 pieces. The ramp crosses floor
 * and join of the two-branch sets. */
static void coarse_ramp_is_integrated_well(void **state)
{
	(void)state;
	static const double ends_C[][2] = {
	        {35.0, 75.0}, {90.0, 40.0}, {44.5, 46.0}, {20.0, 300.0}, {49.0, 52.0}};
	for (size_t r = 0; r < COUNT(ends_C); r++)
		for (int i = 0; i < DAMAGE_SETS; i++) {
			const struct damage_set *set = damage_set((enum damage_set_id)i);
			const double time_s[] = {0.0, 0.4};
			double exact = 0.0;
			int pieces = 20000;
			for (int p = 0; p < pieces; p++)
				exact += damage_rate_1_s(set, ends_C[r][0] + (ends_C[r][1] - ends_C[r][0]) *
				                                                     (p + 0.5) / pieces) *
				         0.4 / pieces;
			assert_near_frac(damage_omega(set, time_s, ends_C[r], 2), exact, 5e-3);
		}
}

/* Same damage whether a history is given as base alone or as base + factor x response; cut-off steps are
 * free. */
static void linear_history_equals_plain(void **state)
{
	(void)state;
	enum { N = 200 };
	double time_s[N], base_C[N], response[N], sum_C[N];
	for (int i = 0; i < N; i++) {
		time_s[i] = 0.01 * i;
		base_C[i] = 34.0 - 5.0 * exp(-time_s[i]);
		response[i] = 2.0 * exp(-3.0 * time_s[i]);
		sum_C[i] = base_C[i] + 20.0 * response[i];
	}
	const struct damage_history history = {N, time_s, base_C, response};
	for (int i = 0; i < DAMAGE_SETS; i++) {
		const struct damage_set *set = damage_set((enum damage_set_id)i);
		double plain = damage_omega(set, time_s, sum_C, N);
		assert_true(plain > 0.0);
		assert_near_frac(damage_omega_linear(set, &history, 20.0, -INFINITY), plain, 1e-12);
		assert_near_frac(damage_omega_linear(set, &history, 20.0, 50.0), plain, 2e-2);
		assert_true(damage_omega_linear(set, &history, 20.0, 500.0) == 0.0);
	}
}

static void repeated_nodes_add_nothing(void **state)
{
	(void)state;
	const struct damage_set *set = damage_set(DAMAGE_HENRIQUES_ER75000);
	const double time_s[] = {0.0, 1.0, 1.0, 2.0}, jump_C[] = {55.0, 55.0, 60.0, 60.0};
	double expected = damage_rate_1_s(set, 55.0) + damage_rate_1_s(set, 60.0);
	assert_near_frac(damage_omega(set, time_s, jump_C, 4), expected, 1e-12);
}

/* A history is summed in groups; one step at a time it comes out the same, whatever crosses the joint of two branches,
 * jumps, rests below the cutoff or repeats its time. */
static void groups_equal_single_steps(void **state)
{
	(void)state;
	enum { STEPS = 203 };
	double time_s[STEPS], base_C[STEPS], response[STEPS], total_C[STEPS];
	static const enum damage_set_id id[] = {DAMAGE_HENRIQUES_ER75000, DAMAGE_WEAVER_STOLL, DAMAGE_COLLAGEN_PEARCE,
	                                        DAMAGE_EPIDERMIS};
	const double factor = 1.5;
	time_s[0] = 0.0;
	for (size_t i = 0; i < STEPS; i++) {
		if (i > 0) /* some steps take no time */
			time_s[i] = time_s[i - 1] + (i % 17 == 0 ? 0.0 : 1e-3 * (double)(1 + i % 5));
		base_C[i] = 37.0 + 6.0 * sin(0.11 * (double)i);
		response[i] = 14.0 * exp(-0.02 * (double)(i % 70)) * (i % 90 > 20); /* jumps of tens of kelvin */
		total_C[i] = base_C[i] + factor * response[i];
	}
	for (size_t k = 0; k < COUNT(id); k++)
		for (size_t count = 1; count <= STEPS; count += 11) {
			const struct damage_history history = {count, time_s, base_C, response};
			double sum = 0.0, above = 0.0;
			for (size_t i = 1; i < count; i++) {
				double step = damage_omega(damage_set(id[k]), time_s + i - 1, total_C + i - 1, 2);
				sum += step;
				above += fmax(total_C[i - 1], total_C[i]) > 46.0 ? step : 0.0;
			}
			assert_near_frac(damage_omega_linear(damage_set(id[k]), &history, factor, -INFINITY), sum, 1e-11);
			assert_near_frac(damage_omega_linear(damage_set(id[k]), &history, factor, 46.0), above, 1e-11);
		}
}

static void fraction_destroyed(void **state)
{
	(void)state;
	assert_near_frac(damage_fraction(1.0), 1.0 - exp(-1.0), 1e-12);
	assert_near_frac(damage_fraction(1e-12), 1e-12, 1e-9);
	assert_true(damage_fraction(0.0) == 0.0 && damage_fraction(1e9) == 1.0);
}

/* Sapareto & Dewey 1984: 30 min at 43 C are 30 min; one degree more doubles, one less quarters. */
static void cem43(void **state)
{
	(void)state;
	const double time_s[] = {0.0, 1800.0};
	const double at_43[] = {43.0, 43.0}, at_44[] = {44.0, 44.0}, at_42[] = {42.0, 42.0},
	             hot[] = {56.0, 56.0};
	bool valid = false;
	assert_near_frac(damage_cem43_min(time_s, at_43, 2, &valid), 30.0, 1e-12);
	assert_true(valid);
	assert_near_frac(damage_cem43_min(time_s, at_44, 2, NULL), 60.0, 1e-12);
	assert_near_frac(damage_cem43_min(time_s, at_42, 2, NULL), 7.5, 1e-12);
	(void)damage_cem43_min(time_s, hot, 2, &valid);
	assert_false(valid);
	/* Ramp 41 to 45 C in 240 s: 60 s/K. Below: (1 - 4^-2)/ln 4; above: (2^2 - 1)/ln 2 minutes. */
	const double ramp_s[] = {0.0, 240.0}, ramp_C[] = {41.0, 45.0};
	assert_near_frac(damage_cem43_min(ramp_s, ramp_C, 2, NULL),
	                 (1.0 - 1.0 / 16.0) / log(4.0) + 3.0 / log(2.0), 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sets_match_the_table),
	        cmocka_unit_test(every_set_is_described),
	        cmocka_unit_test(henriques_variants_differ_by_five),
	        cmocka_unit_test(branches_and_floors),
	        cmocka_unit_test(collagen_onset_and_end),
	        cmocka_unit_test(short_heat_goes_on_from_burns),
	        cmocka_unit_test(constant_temperature),
	        cmocka_unit_test(coarse_ramp_is_integrated_well),
	        cmocka_unit_test(linear_history_equals_plain),
	        cmocka_unit_test(repeated_nodes_add_nothing),
	        cmocka_unit_test(groups_equal_single_steps),
	        cmocka_unit_test(fraction_destroyed),
	        cmocka_unit_test(cem43),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
