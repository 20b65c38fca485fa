/* Laser safety: every published and worked value of exposure_limits.csv. With LASERTWIN_VALIDATE set, printed.
 *
 * The values are given with half a unit of their last printed digit; that is all the difference allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/exposure_limits.h"

#define TABLE "tests/validation/exposure_limits.csv"
#define ROWS 113
#define J_CM2_PER_J_M2 1e-4
#define EN_TIME_S 10.0

struct row {
	char quantity[32], ends[16], unit[16], source[16];
	double nm, s, energy_J, power_W, rate_Hz, time_s, beam_mm, divergence_mrad, value, half_width;
};

enum column { QUANTITY, NM, S, ENERGY, POWER, RATE, TIME, BEAM, DIVERGENCE, ENDS, VALUE, UNIT, HALF_WIDTH, SOURCE, COLUMNS };

static double number(const char *cell)
{
	char *end;
	double value = strtod(cell, &end);
	assert_true(*end == '\0');
	return cell[0] == '\0' ? 0.0 : value;
}

static void split(char *line, const char *cell[COLUMNS])
{
	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < COLUMNS; i++) {
		cell[i] = line;
		line += strcspn(line, ",");
		assert_true((*line == ',') == (i + 1 < COLUMNS));
		*line++ = '\0';
	}
}

static void read_row(char *line, struct row *row)
{
	const char *cell[COLUMNS];
	split(line, cell);
	(void)snprintf(row->quantity, sizeof row->quantity, "%s", cell[QUANTITY]);
	(void)snprintf(row->ends, sizeof row->ends, "%s", cell[ENDS]);
	(void)snprintf(row->unit, sizeof row->unit, "%s", cell[UNIT]);
	(void)snprintf(row->source, sizeof row->source, "%s", cell[SOURCE]);
	row->nm = number(cell[NM]);
	row->s = number(cell[S]);
	row->energy_J = number(cell[ENERGY]);
	row->power_W = number(cell[POWER]);
	row->rate_Hz = number(cell[RATE]);
	row->time_s = number(cell[TIME]);
	row->beam_mm = number(cell[BEAM]);
	row->divergence_mrad = number(cell[DIVERGENCE]);
	row->value = number(cell[VALUE]);
	row->half_width = number(cell[HALF_WIDTH]);
}

static size_t read_table(struct row rows[ROWS])
{
	FILE *file = fopen(TABLE, "r");
	size_t count = 0;
	char line[512];
	bool heading = true;
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		if (line[0] == '#')
			continue;
		if (!heading) {
			assert_true(count < ROWS);
			read_row(line, &rows[count++]);
		}
		heading = false;
	}
	assert_int_equal(fclose(file), 0);
	return count;
}

/* ---- what a row asks ------------------------------------------------------------------------------------- */

static enum mpe_ends ends_of(const struct row *row)
{
	return strcmp(row->ends, "half_open") == 0 ? MPE_ENDS_HALF_OPEN : MPE_ENDS_CLOSED;
}

static double single(const struct row *row, enum mpe_organ organ)
{
	struct fail why;
	double limit;
	if (mpe_single_J_m2(organ, row->nm, row->s, ends_of(row), &limit, &why))
		fail_msg("%s: %s", why.field, why.text);
	return limit;
}

static double skin_single(const struct row *row)
{
	return single(row, MPE_SKIN) * J_CM2_PER_J_M2;
}

static double eye_single(const struct row *row)
{
	return single(row, MPE_EYE) * J_CM2_PER_J_M2;
}

static double eye_irradiance(const struct row *row)
{
	return eye_single(row) / row->s;
}

static double skin_per_pulse(const struct row *row)
{
	const struct mpe_train train = {MPE_SKIN, row->nm, row->s, row->rate_Hz, row->time_s};
	struct mpe mpe;
	struct fail why;
	if (mpe_of_train(&train, ends_of(row), &mpe, &why))
		fail_msg("%s: %s", why.field, why.text);
	return mpe.per_pulse_J_m2 * J_CM2_PER_J_M2;
}

static double skin_pulse_energy(const struct row *row)
{
	double of_one_joule = mpe_exposure_J_m2(1.0, row->beam_mm, mpe_aperture_mm(MPE_SKIN, row->nm, row->s));
	return skin_per_pulse(row) / J_CM2_PER_J_M2 / of_one_joule;
}

/* 3.8 W/cm2 against the limit of 2.55 mW/cm2 */
static double density_of_worst_case(const struct row *row)
{
	return mpe_optical_density(3.8, eye_irradiance(row));
}

static double density_at_aperture(const struct row *row)
{
	double exposure = mpe_exposure_J_m2(row->energy_J, row->beam_mm, mpe_aperture_mm(MPE_EYE, row->nm, row->s));
	return mpe_optical_density(exposure, single(row, MPE_EYE));
}

static double distance(const struct row *row)
{
	double energy_J = row->energy_J > 0.0 ? row->energy_J : row->power_W * row->s;
	return mpe_nohd_m(energy_J, single(row, MPE_EYE), row->beam_mm, row->divergence_mrad);
}

static double protector(const struct row *row)
{
	double irradiance = mpe_exposure_J_m2(row->power_W, row->beam_mm, 0);
	return protector_en207(row->nm, PROTECTOR_D, irradiance, 0);
}

static double alignment(const struct row *row)
{
	return protector_en208(row->nm, row->power_W);
}

static const struct {
	const char *quantity;
	double (*compute)(const struct row *row);
} quantities[] = {
	{"skin_single", skin_single},
	{"skin_MPE", skin_single},
	{"skin_per_pulse_T1s", skin_per_pulse},
	{"skin_max_pulse_energy", skin_pulse_energy},
	{"eye_MPE", eye_single},
	{"eye_MPE_point", eye_single},
	{"eye_MPE_irradiance", eye_irradiance},
	{"OD", density_of_worst_case},
	{"OD_at_aperture", density_at_aperture},
	{"NOHD", distance},
	{"EN207", protector},
	{"EN208", alignment},
};

static double compute(const struct row *row)
{
	for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++)
		if (strcmp(quantities[i].quantity, row->quantity) == 0)
			return quantities[i].compute(row);
	fail_msg("%s: no such quantity", row->quantity);
	return NAN;
}

/* ---- tests ----------------------------------------------------------------------------------------------- */

static void every_worked_value(void **state)
{
	struct row rows[ROWS];
	(void)state;
	assert_int_equal(read_table(rows), ROWS);
	if (getenv("LASERTWIN_VALIDATE"))
		printf("\nExposure limits: %s\n%-22s %8s %10s %12s %12s %8s %s\n", TABLE, "quantity", "nm", "s", "worked",
		       "program", "ratio", "source");
	for (size_t i = 0; i < ROWS; i++) {
		double got = compute(&rows[i]);
		if (getenv("LASERTWIN_VALIDATE"))
			printf("%-22s %8g %10g %12g %12g %8.5f %s\n", rows[i].quantity, rows[i].nm, rows[i].s, rows[i].value, got,
			       got / rows[i].value, rows[i].source);
		if (!(fabs(got - rows[i].value) <= 1.0001 * rows[i].half_width))
			fail_msg("%s at %g nm, %g s: %g, worked value %g +- %g", rows[i].quantity, rows[i].nm, rows[i].s, got,
			         rows[i].value, rows[i].half_width);
	}
}

/* The mode-locked rows of the same guide: 50 ps at 80 MHz needs LB5, 200 fs at 1500 nm none. */
static void protectors_for_mode_locked_lasers(void **state)
{
	double exposure = mpe_exposure_J_m2(3.0 / 80e6, 2, 0);
	(void)state;
	assert_int_equal(protector_kind_of(775, 5e-11), PROTECTOR_M);
	assert_int_equal(protector_en207(775, PROTECTOR_M, exposure, 80e6 * EN_TIME_S), 5);
	exposure = mpe_exposure_J_m2(0.02 / 200e3, 3, 0) / 2e-13;
	assert_int_equal(protector_en207(1500, PROTECTOR_M, exposure, 200e3 * EN_TIME_S), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_worked_value),
	        cmocka_unit_test(protectors_for_mode_locked_lasers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
