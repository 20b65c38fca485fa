/* Fresnel's formula at its landmarks, and the refusal of stacks no engine can answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/light.h"

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static void fresnel_normal_incidence(void **state)
{
	(void)state;
	NEAR(light_fresnel(1.0, 1.4, 1.0), 1.0 / 36.0, 1e-15); /* (0.4 / 2.4)^2 */
	NEAR(light_fresnel(1.0, 1.5, 1.0), 0.04, 1e-15);
	assert_true(light_fresnel(1.4, 1.4, 0.3) == 0.0);
}

/* At Brewster's angle tan(theta) = n only s is reflected: R = ((n^2 - 1) / (n^2 + 1))^2 / 2. */
static void fresnel_brewster(void **state)
{
	(void)state;
	double n = 1.5, mu = 1.0 / sqrt(1.0 + n * n), s = (n * n - 1.0) / (n * n + 1.0);
	NEAR(light_fresnel(1.0, n, mu), 0.5 * s * s, 1e-15);
}

static void fresnel_is_reciprocal(void **state)
{
	(void)state;
	for (double mu = 0.05; mu < 1.0; mu += 0.1) {
		double inside = sqrt(1.0 - (1.0 - mu * mu) / (1.4 * 1.4));
		NEAR(light_fresnel(1.0, 1.4, mu), light_fresnel(1.4, 1.0, inside), 1e-14);
	}
}

static void fresnel_beyond_the_critical_angle(void **state)
{
	(void)state;
	double critical = sqrt(1.0 - 1.0 / (1.4 * 1.4));
	assert_true(light_fresnel(1.4, 1.0, critical - 1e-9) == 1.0);
	assert_true(light_fresnel(1.4, 1.0, critical + 1e-6) < 1.0);
	assert_true(light_fresnel(1.0, 1.4, 0.0) == 1.0);
}

static const struct light_layer skin = {1.4, 5.4, 128.0, 0.8, 0.006};

static void expect_refusal(struct light_layer layer, const char *field)
{
	struct light_layer layers[2] = {skin, layer};
	struct light_stack stack = {1.0, 1.4, 2, layers};
	struct fail why = {0};
	assert_int_equal(light_stack_check(&stack, &why), ST_RANGE);
	assert_non_null(strstr(why.field, "layer 2"));
	assert_non_null(strstr(why.field, field));
	assert_true(why.text[0] != '\0');
}

static void layers_are_refused_by_name(void **state)
{
	(void)state;
	const double bad[] = {NAN, INFINITY, -INFINITY, -1.0};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct light_layer l[5] = {skin, skin, skin, skin, skin};
		l[0].n = l[1].mua_1_cm = l[2].mus_1_cm = l[3].g = l[4].thickness_cm = bad[i];
		const char *names[5] = {"n", "mua_1_cm", "mus_1_cm", "g", "thickness_cm"};
		for (int k = 0; k < 5; k++)
			expect_refusal(l[k], names[k]);
	}
	struct light_layer l = skin;
	l.g = 1.0;
	expect_refusal(l, "g");
	l.g = -0.995;
	expect_refusal(l, "g");
	l = skin;
	l.thickness_cm = 0.0;
	expect_refusal(l, "thickness_cm");
	l = skin;
	l.n = 0.99;
	expect_refusal(l, "n");
}

static void stacks_are_refused_by_name(void **state)
{
	(void)state;
	struct fail why = {0};
	struct light_stack stack = {1.0, 1.4, 1, &skin};
	assert_int_equal(light_stack_check(&stack, &why), ST_OK);
	assert_int_equal(why.code, ST_OK);
	stack.count = 0;
	assert_int_equal(light_stack_check(&stack, &why), ST_RANGE);
	assert_string_equal(why.field, "layers");
	stack.count = 1000000;
	assert_int_equal(light_stack_check(&stack, &why), ST_RANGE);
	stack = (struct light_stack){NAN, 1.4, 1, &skin};
	assert_int_equal(light_stack_check(&stack, &why), ST_RANGE);
	assert_string_equal(why.field, "n_above");
	stack = (struct light_stack){1.0, 0.5, 1, &skin};
	assert_int_equal(light_stack_check(&stack, &why), ST_RANGE);
	assert_string_equal(why.field, "n_below");
	stack = (struct light_stack){1.0, 1.0, 1, NULL};
	assert_int_equal(light_stack_check(&stack, NULL), ST_RANGE);
}

static void layers_at_their_limits_are_taken(void **state)
{
	(void)state;
	struct light_layer layers[3] = {{1.0, 0.0, 0.0, 0.99, 1e-9}, {4.0, 1.2e4, 0.0, -0.99, 1e4}, skin};
	struct light_stack stack = {1.0, 1.0, 3, layers};
	assert_int_equal(light_stack_check(&stack, NULL), ST_OK);
}

static void sources_are_refused_by_name(void **state)
{
	(void)state;
	struct fail why = {0};
	const double bad[] = {NAN, -0.5, 1.0001, INFINITY};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct light_source source = {LIGHT_COLLIMATED, bad[i]};
		assert_int_equal(light_source_check(&source, &why), ST_RANGE);
		assert_string_equal(why.field, "cos_incidence");
	}
	struct light_source unknown = {(enum light_kind)7, 1.0};
	assert_int_equal(light_source_check(&unknown, &why), ST_INPUT);
	struct light_source zero = {0};
	assert_int_equal(light_source_check(&zero, &why), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresnel_normal_incidence),
		cmocka_unit_test(fresnel_brewster),
		cmocka_unit_test(fresnel_is_reciprocal),
		cmocka_unit_test(fresnel_beyond_the_critical_angle),
		cmocka_unit_test(layers_are_refused_by_name),
		cmocka_unit_test(stacks_are_refused_by_name),
		cmocka_unit_test(layers_at_their_limits_are_taken),
		cmocka_unit_test(sources_are_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
