/* Exposure limits: boundaries, trains, refusals, slips of unit. Worked values: tests/validation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/exposure_limits.h"
#include "tests/support/near.h"

static double single(enum mpe_organ organ, double nm, double s, enum mpe_ends ends)
{
	struct fail why;
	double limit;
	if (mpe_single_J_m2(organ, nm, s, ends, &limit, &why))
		fail_msg("%s: %s", why.field, why.text);
	return limit;
}

static struct mpe train_of(enum mpe_organ organ, double nm, double pulse_s, double rate_Hz, double time_s)
{
	const struct mpe_train train = {organ, nm, pulse_s, rate_Hz, time_s};
	struct mpe mpe;
	struct fail why;
	if (mpe_of_train(&train, MPE_ENDS, &mpe, &why))
		fail_msg("%s: %s", why.field, why.text);
	return mpe;
}

/* Where two laws meet the program takes the lower, whichever it is: at 10 s it is the one before for skin and the
 * one after for the eye. */
static void the_stricter_law_where_two_meet(void **state)
{
	static const double at_s[] = {1e-11, 1e-9, 1e-7, 5e-6, 1.3e-5, 1e-3, 10, 100};
	static const double nm[] = {200, 308, 355, 450, 532, 755, 1064, 1320, 1450, 1550, 1927, 2940, 10600};
	(void)state;
	for (int organ = MPE_EYE; organ <= MPE_SKIN; organ++)
		for (size_t i = 0; i < sizeof nm / sizeof nm[0]; i++)
			for (size_t k = 0; k < sizeof at_s / sizeof at_s[0]; k++) {
				double closed = single((enum mpe_organ)organ, nm[i], at_s[k], MPE_ENDS_CLOSED);
				double open = single((enum mpe_organ)organ, nm[i], at_s[k], MPE_ENDS_HALF_OPEN);
				double taken = single((enum mpe_organ)organ, nm[i], at_s[k], MPE_ENDS);
				assert_near(taken, fmin(closed, open), 0);
			}
	assert_near(single(MPE_SKIN, 532, 10, MPE_ENDS), 19561, 1);
	assert_near(single(MPE_EYE, 532, 10, MPE_ENDS), 100, 1e-9);
}

/* A longer look never allows less energy, and never more power (beyond the step of the retina's limits at 10 ps). */
static void limits_grow_slower_than_time(void **state)
{
	(void)state;
	for (double nm = 182; nm < 12000; nm *= 1.013)
		for (int organ = MPE_EYE; organ <= MPE_SKIN; organ++) {
			double before = 0, last_s = 0;
			for (double s = 1.1e-11; s < 2e4; s *= 1.7) {
				double limit = single((enum mpe_organ)organ, nm, s, MPE_ENDS_CLOSED);
				if (last_s > 0.0 && !(limit >= before * 0.97 && limit / s <= before / last_s * 1.03))
					fail_msg("%g nm, %g s: %g after %g", nm, s, limit, before);
				before = limit;
				last_s = s;
			}
		}
}

/* The retina's limit at 1320 nm passes the skin's: the cornea must not burn for it. */
static void the_cornea_counts_beyond_1250_nm(void **state)
{
	(void)state;
	assert_true(single(MPE_EYE, 1320, 10, MPE_ENDS) > single(MPE_SKIN, 1320, 10, MPE_ENDS));
	struct mpe mpe = train_of(MPE_EYE, 1320, 10, 0, 0);
	assert_int_equal(mpe.rule, MPE_RULE_CORNEA);
	assert_near(mpe.per_pulse_J_m2, single(MPE_SKIN, 1320, 10, MPE_ENDS), 1e-9);
	assert_int_equal(train_of(MPE_EYE, 1064, 4.5e-10, 0, 0).rule, MPE_RULE_SINGLE);
}

static void trains_of_pulses(void **state)
{
	(void)state;
	/* 10 Hz for 10 s: 100 short pulses, C5 = 1, the single pulse binds */
	struct mpe mpe = train_of(MPE_EYE, 1064, 4.5e-10, 10, 10);
	assert_near(mpe.pulses, 100, 1e-9);
	assert_near(mpe.per_pulse_J_m2, 0.02, 1e-12);
	/* 1 kHz for 10 s: C5 = 5 x 10000^-0.25 = 0.5 */
	mpe = train_of(MPE_EYE, 1064, 4.5e-10, 1000, 10);
	assert_near(mpe.c5, 0.5, 1e-9);
	assert_int_equal(mpe.rule, MPE_RULE_TRAIN);
	assert_near(mpe.per_pulse_J_m2, 0.01, 1e-12);
	/* never below 0.4; the skin knows no such factor */
	assert_near(train_of(MPE_EYE, 1064, 4.5e-10, 5000, 100).c5, 0.4, 1e-9);
	assert_near(train_of(MPE_SKIN, 1064, 4.5e-10, 1000, 10).c5, 1, 0);
	/* 1 MHz: 13 pulses add up within 13 us, whose limit is 90 t^0.75 */
	mpe = train_of(MPE_EYE, 1064, 1e-10, 1e6, 0.25);
	assert_near(mpe.single_J_m2, 90 * pow(1.3e-5, 0.75) / 13, 1e-9);
	/* a train of one pulse is one pulse */
	mpe = train_of(MPE_SKIN, 800, 1e-8, 0.5, 1);
	assert_near(mpe.pulses, 1, 0);
	assert_true(isnan(mpe.total_J_m2));
}

static void refuse(double nm, double pulse_s, double rate_Hz, double time_s, const char *field)
{
	const struct mpe_train train = {MPE_EYE, nm, pulse_s, rate_Hz, time_s};
	struct mpe mpe;
	struct fail why = {0};
	assert_int_equal(mpe_of_train(&train, MPE_ENDS, &mpe, &why), ST_RANGE);
	assert_string_equal(why.field, field);
}

/* A wavelength in micrometres, a pulse in picoseconds: refused by name, not computed. */
static void slips_of_unit_are_refused(void **state)
{
	(void)state;
	refuse(1.064, 4.5e-10, 0, 0, "wavelength_nm");
	refuse(1064e4, 4.5e-10, 0, 0, "wavelength_nm");
	refuse(1064, 4.5e5, 0, 0, "pulse_s");
	refuse(1064, 0, 0, 0, "pulse_s");
	refuse((double)NAN, 1e-3, 0, 0, "wavelength_nm");
	refuse(1064, (double)NAN, 0, 0, "pulse_s");
	refuse(1064, 1e-3, 5000, 10, "rate_Hz");
	refuse(1064, 1e-3, -1, 10, "rate_Hz");
	refuse(1064, 1e-3, 10, 1e-6, "time_s");
	refuse(1064, 1e-3, 10, 1e6, "time_s");
}

static void apertures_and_glances(void **state)
{
	(void)state;
	assert_near(mpe_aperture_mm(MPE_EYE, 532, 1e-9), 7, 0);
	assert_near(mpe_aperture_mm(MPE_EYE, 1550, 0.1), 1, 0);
	assert_near(mpe_aperture_mm(MPE_EYE, 10600, 10), 3.5, 0);
	assert_near(mpe_aperture_mm(MPE_EYE, 10600, 1), 1.5, 1e-12);
	assert_near(mpe_aperture_mm(MPE_SKIN, 1064, 1), 3.5, 0);
	assert_near(mpe_aperture_mm(MPE_EYE, 2e5, 1), 11, 0);
	assert_near(mpe_time_base_s(532), 0.25, 0);
	assert_near(mpe_time_base_s(1064), 100, 0);
	assert_near(mpe_time_base_s(355), 3e4, 0);
}

static void distance_and_density(void **state)
{
	(void)state;
	assert_near(mpe_nohd_m(1e-9, 0.02, 4, 30), 0, 0); /* safe at the aperture already */
	assert_near(mpe_nohd_m(0.4, 0.02, 4, 15), 2 * 168.076, 0.01);
	assert_near(mpe_optical_density(1, 10), 0, 0);
	assert_near(mpe_optical_density(1000, 1), 3, 1e-12);
}

/* Each scale number stands ten times more; between, the next one. */
static void scale_numbers(void **state)
{
	(void)state;
	assert_int_equal(protector_en207(1064, PROTECTOR_D, 1e6, 0), 5);
	assert_int_equal(protector_en207(1064, PROTECTOR_D, 1.01e6, 0), 6);
	assert_int_equal(protector_en207(1064, PROTECTOR_I, 4, 0), 3);
	assert_int_equal(protector_en207(1064, PROTECTOR_I, 4, 1e4), 4);
	assert_int_equal(protector_en207(10600, PROTECTOR_D, 1e6, 0), 3);
	assert_int_equal(protector_en207(10600, PROTECTOR_I, 1e3, 1e4), 1);
	assert_int_equal(protector_en207(1064, PROTECTOR_D, 1e12, 0), -1);
	assert_int_equal(protector_en207(1064, PROTECTOR_D, (double)NAN, 0), -1);
	assert_int_equal(protector_en207(100, PROTECTOR_D, 1, 0), -1);
	assert_int_equal(protector_en207(1064, PROTECTOR_D, 1e-3, 0), 0);
	assert_int_equal(protector_en208(1064, 1), -1);
	assert_int_equal(protector_en208(532, 0.01), 1);
	assert_int_equal(protector_en208(532, 200), -1);
	assert_int_equal(protector_kind_of(1064, 1e-8), PROTECTOR_I);
	assert_int_equal(protector_kind_of(1064, 1e-3), PROTECTOR_D);
	assert_int_equal(protector_kind_of(10600, 1e-3), PROTECTOR_I);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_stricter_law_where_two_meet), cmocka_unit_test(limits_grow_slower_than_time),
	        cmocka_unit_test(the_cornea_counts_beyond_1250_nm), cmocka_unit_test(trains_of_pulses),
	        cmocka_unit_test(slips_of_unit_are_refused),        cmocka_unit_test(apertures_and_glances),
	        cmocka_unit_test(distance_and_density),             cmocka_unit_test(scale_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
