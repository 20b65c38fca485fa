/* One beam's safety: what is computed, what is said to be missing, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/safety/eye_safety.h"
#include "tests/support/device_profiles.h"
#include "tests/support/near.h"

static const struct eye_safety_question pulse = {.name = "a beam", .wavelength_nm = 1064, .pulse_s = 4.5e-10,
                                                 .time_s = NAN, .energy_J = 0.4, .beam_mm = 4, .divergence_mrad = 30};

static struct eye_safety answer(const struct eye_safety_question *q)
{
	struct eye_safety a;
	struct fail why;
	if (eye_safety(q, &a, &why))
		fail_msg("%s: %s", why.field, why.text);
	return a;
}

static void a_picosecond_pulse(void **state)
{
	(void)state;
	struct eye_safety a = answer(&pulse);
	assert_near(a.computed_od, 5.71574, 1e-5);
	assert_near(a.required_od, 6, 0);
	assert_near(a.nohd_m, 168.076, 1e-3);
	assert_int_equal(a.protector, PROTECTOR_M);
	assert_int_equal(a.protector_lb, 9); /* 3.2e4 J/m2 over 1.5e-4 x 10^n */
	assert_int_equal(a.alignment_rb, -1);
	assert_near(a.question.time_s, 100, 0);
}

/* What is not given is not guessed: no energy, no density; no divergence, no distance. */
static void what_is_missing_stays_missing(void **state)
{
	struct eye_safety_question q = pulse;
	(void)state;
	q.energy_J = NAN;
	struct eye_safety a = answer(&q);
	assert_true(isnan(a.computed_od) && isnan(a.required_od) && isnan(a.nohd_m));
	assert_int_equal(a.protector_lb, -1);
	assert_near(a.eye.per_pulse_J_m2, 0.02, 1e-12);
	q = pulse;
	q.divergence_mrad = NAN;
	a = answer(&q);
	assert_true(isnan(a.nohd_m) && !isnan(a.computed_od));
	char *text = NULL;
	struct fail why;
	assert_int_equal(eye_safety_text(&a, &text, &why), ST_OK);
	assert_non_null(strstr(text, "needs energy_J, beam_mm and divergence_mrad"));
	free(text);
	assert_int_equal(eye_safety_json(&a, &text, &why), ST_OK);
	assert_null(strstr(text, "nohd_m"));
	assert_non_null(strstr(text, "\"computed_od\":\t5.7157"));
	free(text);
}

static void slips_are_refused_by_name(void **state)
{
	static const struct {
		const char *field;
		size_t at;
		double value;
	} rows[] = {
		{"energy_J", offsetof(struct eye_safety_question, energy_J), -0.4},
		{"energy_J", offsetof(struct eye_safety_question, energy_J), 4e5},
		{"beam_mm", offsetof(struct eye_safety_question, beam_mm), 4000},
		{"beam_mm", offsetof(struct eye_safety_question, beam_mm), 0},
		{"divergence_mrad", offsetof(struct eye_safety_question, divergence_mrad), 0},
		{"divergence_mrad", offsetof(struct eye_safety_question, divergence_mrad), 1e4},
		{"wavelength_nm", offsetof(struct eye_safety_question, wavelength_nm), 1.064},
		{"pulse_s", offsetof(struct eye_safety_question, pulse_s), 450},
		{"rate_Hz", offsetof(struct eye_safety_question, rate_Hz), 1e12},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct eye_safety_question q = pulse;
		struct eye_safety a;
		struct fail why = {0};
		memcpy((char *)&q + rows[i].at, &rows[i].value, sizeof(double));
		if (strcmp(rows[i].field, "pulse_s") == 0)
			q.pulse_s = 4.5e5;
		assert_int_equal(eye_safety(&q, &a, &why), ST_RANGE);
		assert_string_equal(why.field, rows[i].field);
	}
}

/* Every laser mode that gives energy and pulse answers, with goggles no weaker than the checks will ask for. */
static void the_strongest_pulse_of_every_mode(void **state)
{
	size_t answered = 0;
	(void)state;
	for (size_t i = 0; i < PROFILES; i++) {
		struct device *device = profile_device(profile_ids[i]);
		for (size_t m = 0; m < device->modes; m++) {
			struct eye_safety_question q;
			struct fail why = {0};
			enum status st = eye_safety_of_mode(device, &device->mode[m], &q, &why);
			if (st) {
				assert_int_equal(st, ST_MODEL);
				assert_string_equal(why.field, "device");
				continue;
			}
			struct eye_safety a = answer(&q);
			assert_near(a.required_od, eyewear_for(&device->mode[m]).required_od, 0);
			answered++;
		}
		device_free(&device);
	}
	assert_true(answered > 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_picosecond_pulse),
	        cmocka_unit_test(what_is_missing_stays_missing),
	        cmocka_unit_test(slips_are_refused_by_name),
	        cmocka_unit_test(the_strongest_pulse_of_every_mode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
