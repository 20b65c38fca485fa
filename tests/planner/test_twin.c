/* The twin: readings in, layered skin out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/twin/twin.h"
#include "tests/support/near.h"

static struct readings light_cheek(void)
{
	struct readings r = {.fitzpatrick = 2, .sex = SEX_FEMALE, .site = "cheek"};
	struct fail why;
	assert_int_equal(readings_set(&r, READING_AGE_Y, 29, &why), ST_OK);
	assert_int_equal(readings_set(&r, READING_ITA_DEG, 46, &why), ST_OK);
	assert_int_equal(readings_set(&r, READING_EPIDERMIS_UM, 62, &why), ST_OK);
	assert_int_equal(readings_set(&r, READING_DERMIS_MM, 1.9, &why), ST_OK);
	return r;
}

static struct twin twin_of(const struct readings *r)
{
	struct twin t;
	struct fail why = {0};
	if (twin_from_readings(r, &t, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return t;
}

static void implausible_readings_are_refused_with_their_range(void **state)
{
	(void)state;
	struct readings r = {0};
	struct fail why = {0};
	assert_int_equal(readings_set(&r, READING_ITA_DEG, 460, &why), ST_RANGE);
	assert_string_equal(why.field, "ita_deg");
	assert_non_null(strstr(why.text, "-90 to 90"));
	assert_false(r.present[READING_ITA_DEG]);
	assert_int_equal(readings_set(&r, READING_DERMIS_MM, 1900, &why), ST_RANGE); /* um entered as mm */
	assert_int_equal(readings_set(&r, READING_SKIN_TEMP_C, NAN, &why), ST_INPUT);
	assert_int_equal(readings_set(&r, READING_SKIN_TEMP_C, INFINITY, &why), ST_INPUT);
	assert_int_equal(readings_set(&r, READING_SKIN_TEMP_C, 91.4, &why), ST_RANGE); /* Fahrenheit */
}

static void every_reading_has_a_range_and_a_source(void **state)
{
	(void)state;
	for (int i = 0; i < READINGS; i++) {
		const struct reading_spec *s = readings_spec((enum reading)i);
		struct readings r = {0};
		struct fail why;
		assert_true(s->key[0] && s->label[0] && s->source[0]);
		assert_true(s->min < s->max);
		assert_int_equal(readings_set(&r, (enum reading)i, s->min, &why), ST_OK);
		assert_int_equal(readings_set(&r, (enum reading)i, s->max, &why), ST_OK);
		assert_int_equal(readings_set(&r, (enum reading)i, s->max * 1.001 + 1e-6, &why), ST_RANGE);
		enum reading found;
		assert_true(readings_find(s->key, &found) && (int)found == i);
	}
}

static void melanin_scales_are_kept_apart(void **state)
{
	(void)state;
	struct readings r = {.mi_scale = MI_DERMASPECTROMETER};
	struct fail why;
	assert_int_equal(readings_set(&r, READING_MI_FIELD, 480, &why), ST_RANGE);
	r.mi_scale = MI_MEXAMETER;
	assert_int_equal(readings_set(&r, READING_MI_FIELD, 480, &why), ST_OK);
}

static void contradictions_are_refused_by_name(void **state)
{
	(void)state;
	struct readings r = light_cheek();
	struct twin t;
	struct fail why = {0};
	assert_int_equal(readings_set(&r, READING_LAB_L, 40, &why), ST_OK);
	assert_int_equal(readings_set(&r, READING_LAB_A, 12, &why), ST_OK);
	assert_int_equal(twin_from_readings(&r, &t, &why), ST_INPUT); /* b missing */
	assert_string_equal(why.field, "lab");
	assert_int_equal(readings_set(&r, READING_LAB_B, 15, &why), ST_OK);
	assert_int_equal(twin_from_readings(&r, &t, &why), ST_INPUT); /* ITA -34, not 46 */
	assert_string_equal(why.field, "ita_deg");
}

static void a_reading_moves_its_property_and_says_so(void **state)
{
	(void)state;
	struct readings r = light_cheek();
	struct twin t = twin_of(&r);
	assert_int_equal(t.property[TWIN_DERMIS_UM].origin, TWIN_MEASURED);
	/* in logarithms: cheek 1.2 +- 0.25 mm before, 1.9 mm read to 8 %; weights 1 / variance */
	double before = log1p(pow(0.25 / 1.2, 2)), error = 0.08 * 0.08;
	double mean = (log(1200) / before + log(1900) / error) / (1 / before + 1 / error);
	assert_near(t.property[TWIN_DERMIS_UM].median, exp(mean), 1e-3 * 1900);
	assert_int_equal(t.property[TWIN_MELANOSOME_FRAC].origin, TWIN_DERIVED);
	assert_non_null(strstr(t.property[TWIN_MELANOSOME_FRAC].source, "ITA 46"));
	assert_int_equal(t.property[TWIN_SATURATION_FRAC].origin, TWIN_PRIOR);
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		const struct twin_value *v = &t.property[p];
		assert_true(v->p05 < v->median && v->median < v->p95 && v->sd > 0 && v->source[0]);
	}
}

static void missing_readings_widen_the_uncertainty(void **state)
{
	(void)state;
	struct readings r = light_cheek();
	struct twin with = twin_of(&r);
	readings_clear(&r, READING_ITA_DEG);
	readings_clear(&r, READING_EPIDERMIS_UM);
	readings_clear(&r, READING_DERMIS_MM);
	struct twin without = twin_of(&r);
	static const enum twin_property widened[] = {TWIN_MELANOSOME_FRAC, TWIN_EPIDERMIS_UM, TWIN_DERMIS_UM};
	for (size_t i = 0; i < 3; i++) {
		const struct twin_value *a = &with.property[widened[i]], *b = &without.property[widened[i]];
		assert_true(b->p95 / b->p05 > a->p95 / a->p05);
	}
	r.fitzpatrick = 0;
	struct twin nothing = twin_of(&r);
	const struct twin_value *b = &without.property[TWIN_MELANOSOME_FRAC];
	const struct twin_value *c = &nothing.property[TWIN_MELANOSOME_FRAC];
	assert_true(c->p95 / c->p05 > b->p95 / b->p05);
}

/* Colours of ITA classes from light to dark: melanin must rise, and the fitted skin must read what was
 * measured to within the model's stated error (7 deg, with the prior pulling). */
static void darker_colour_means_more_melanin_and_reads_back(void **state)
{
	(void)state;
	static const struct {
		int type;
		double ita;
	} skin[] = {{1, 60}, {2, 46}, {3, 35}, {4, 17}, {5, -10}, {6, -45}};
	double before = 0.0;
	for (size_t i = 0; i < sizeof skin / sizeof skin[0]; i++) {
		struct readings r = {.fitzpatrick = skin[i].type, .site = "cheek"};
		struct fail why;
		assert_int_equal(readings_set(&r, READING_ITA_DEG, skin[i].ita, &why), ST_OK);
		struct twin t = twin_of(&r);
		assert_true(t.property[TWIN_MELANOSOME_FRAC].median > before);
		before = t.property[TWIN_MELANOSOME_FRAC].median;
		assert_near(t.model_ita_deg, skin[i].ita, 12.0);
	}
}

static void the_lesion_never_stands_for_a_tan(void **state)
{
	(void)state;
	struct readings r = {.fitzpatrick = 4, .site = "cheek"};
	struct fail why;
	assert_int_equal(readings_set(&r, READING_MI_FIELD, 480, &why), ST_OK);
	assert_int_equal(readings_set(&r, READING_MI_ADJACENT_NORMAL, 372, &why), ST_OK);
	assert_int_equal(readings_set(&r, READING_MI_UNEXPOSED, 365, &why), ST_OK);
	struct twin t = twin_of(&r);
	assert_near(t.tan_rel, 372.0 / 365.0 - 1.0, 1e-12);
	assert_true(t.property[TWIN_LESION_MELANOSOME_FRAC].median > t.property[TWIN_MELANOSOME_FRAC].median);
	readings_clear(&r, READING_MI_ADJACENT_NORMAL);
	assert_true(isnan(twin_of(&r).tan_rel));
}

static void every_sample_is_a_possible_skin(void **state)
{
	(void)state;
	for (int type = 0; type <= 6; type++)
		for (size_t site = 0; site_name(site); site++) {
			struct readings r = {.fitzpatrick = type};
			(void)snprintf(r.site, sizeof r.site, "%s", site_name(site));
			struct twin t = twin_of(&r);
			for (unsigned s = 0; s < 64; s++) {
				double value[TWIN_PROPERTIES];
				struct tissue tissue;
				struct fail why = {0};
				twin_sample(&t, 7, s, value);
				twin_tissue(value, s % 2 ? TWIN_LESION : TWIN_NORMAL_SKIN, &tissue);
				if (tissue_check(&tissue, &why) != ST_OK)
					fail_msg("type %d %s sample %u: %s %s", type, r.site, s, why.field, why.text);
			}
		}
}

static void samples_follow_seed_and_spread(void **state)
{
	(void)state;
	struct readings r = light_cheek();
	struct twin t = twin_of(&r);
	double a[TWIN_PROPERTIES], b[TWIN_PROPERTIES], sum = 0.0, square = 0.0;
	twin_sample(&t, 1, 5, a);
	twin_sample(&t, 1, 5, b);
	assert_memory_equal(a, b, sizeof a);
	twin_sample(&t, 2, 5, b);
	assert_memory_not_equal(a, b, sizeof a);
	twin_sample(&t, 1, 0, a);
	double median = t.property[TWIN_DERMIS_UM].median;
	assert_near(a[TWIN_DERMIS_UM], median, 1e-9);
	for (unsigned s = 1; s <= 4000; s++) {
		twin_sample(&t, 3, s, a);
		double x = log(a[TWIN_DERMIS_UM] / median);
		sum += x;
		square += x * x;
	}
	/* sd of the logarithm: 8 % instrument error and the cheek's spread together, cut at 3 sd; 4000 samples give it
	 * to 1.2 % */
	double sd = 1 / sqrt(1 / (0.08 * 0.08) + 1 / log1p(pow(0.25 / 1.2, 2)));
	assert_near(sum / 4000, 0.0, 0.006);
	assert_near(sqrt(square / 4000), sd, 0.004);
}

static void melanin_of_the_layers_adds_up_to_the_mean(void **state)
{
	(void)state;
	struct readings r = light_cheek();
	struct twin t = twin_of(&r);
	double value[TWIN_PROPERTIES];
	struct tissue tissue;
	twin_sample(&t, 1, 0, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	double melanin = 0.0, viable = 0.0;
	for (size_t i = 1; i <= 2; i++) {
		melanin += tissue.layer[i].melanosome_frac * tissue.layer[i].thickness_um;
		viable += tissue.layer[i].thickness_um;
	}
	assert_near(melanin / viable, value[TWIN_MELANOSOME_FRAC], 1e-12);
	double epidermis = t.property[TWIN_EPIDERMIS_UM].median, dermis = t.property[TWIN_DERMIS_UM].median;
	assert_near(tissue_depth_um(&tissue, TISSUE_PAPILLARY), epidermis, 1e-9);
	assert_near(tissue_depth_um(&tissue, TISSUE_SUBCUTIS), epidermis + dermis, 1e-9);
}

/* 2.5 % in 70 um of viable epidermis, cells of the basal layer with four times as much as others, two folds of it: of 50 um
 * of others and 20 um of basal cells 10 um stand in the plane, by hand 5.38 %, and 2.02 % above. */
static void basal_layer_is_folded(void **state)
{
	(void)state;
	struct readings r = light_cheek();
	struct twin t = twin_of(&r);
	double value[TWIN_PROPERTIES];
	struct tissue tissue;
	twin_sample(&t, 1, 0, value);
	value[TWIN_EPIDERMIS_UM] = 85.0;
	value[TWIN_CORNEUM_UM] = 15.0;
	value[TWIN_MELANOSOME_FRAC] = 0.025;
	value[TWIN_BASAL_RATIO] = 4.0;
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	assert_near(tissue.layer[2].melanosome_frac, 4.0 * 0.025 * 70.0 / (50.0 + 4.0 * 20.0), 1e-12);
	assert_near(tissue.layer[1].melanosome_frac, (0.025 * 70.0 - 0.053846153846 * 10.0) / 60.0, 1e-9);
}

static void the_questionnaire_sums_to_a_type(void **state)
{
	(void)state;
	static const struct {
		int each, type;
	} row[] = {{0, 1}, {1, 2}, {2, 3}, {4, 6}};
	for (size_t i = 0; i < 4; i++) {
		int answer[FITZPATRICK_QUESTIONS], type, points;
		struct fail why;
		for (int q = 0; q < FITZPATRICK_QUESTIONS; q++)
			answer[q] = row[i].each;
		assert_int_equal(fitzpatrick_from_answers(answer, &type, &points, &why), ST_OK);
		assert_int_equal(type, row[i].type);
		assert_int_equal(points, row[i].each * FITZPATRICK_QUESTIONS);
		answer[3] = 5;
		assert_int_equal(fitzpatrick_from_answers(answer, &type, &points, &why), ST_RANGE);
	}
	for (int t = 1; t <= 6; t++)
		assert_int_equal(fitzpatrick_parse(fitzpatrick_name(t)), t);
	assert_int_equal(fitzpatrick_parse("VII"), 0);
	assert_int_equal(fitzpatrick_parse("iv"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(implausible_readings_are_refused_with_their_range),
		cmocka_unit_test(every_reading_has_a_range_and_a_source),
		cmocka_unit_test(melanin_scales_are_kept_apart),
		cmocka_unit_test(contradictions_are_refused_by_name),
		cmocka_unit_test(a_reading_moves_its_property_and_says_so),
		cmocka_unit_test(missing_readings_widen_the_uncertainty),
		cmocka_unit_test(darker_colour_means_more_melanin_and_reads_back),
		cmocka_unit_test(the_lesion_never_stands_for_a_tan),
		cmocka_unit_test(every_sample_is_a_possible_skin),
		cmocka_unit_test(samples_follow_seed_and_spread),
		cmocka_unit_test(basal_layer_is_folded),
		cmocka_unit_test(melanin_of_the_layers_adds_up_to_the_mean),
		cmocka_unit_test(the_questionnaire_sums_to_a_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
