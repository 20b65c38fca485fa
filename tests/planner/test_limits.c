/* The limits table: every published or chosen default, the order of look-up, zones, modes, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/safety/limits.h"
#include "tests/planner/read_profile.h"

static struct limits *limits;

static int setup(void **state)
{
	size_t length;
	char *text = read_profile("limits.json", &length);
	struct fail why = {0};
	(void)state;
	if (limits_parse(text, length, "limits.json", &limits, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	free(text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	limits_free(&limits);
	return 0;
}

static struct limit_answer ask(const char *quantity, const char *mode, const char *zone, const char *indication,
                               int type)
{
	const struct limit_query query = {
		.quantity = quantity, .mode_class = mode, .zone_class = limits_zone_class(limits, zone),
		.indication = indication, .effective_type = type, .wavelength_nm = (double)NAN, .spot_mm = (double)NAN,
	};
	return limits_lookup(limits, &query);
}

/* The defaults of the reference table (design rows anchored on V41, V42, V45, V47, V52, V87), types I..VI. */
static void test_defaults_by_type(void **state)
{
	static const struct {
		const char *quantity, *mode, *zone, *indication;
		double value[6];
	} row[] = {
		{"coverage_total_pct", "nafl_1550", "cheeks", "pores", {40, 40, 32, 20, 14, 11}},
		{"coverage_total_pct", "nafl_1550", "neck", "pores", {24, 24, 19.2, 12, 8.4, 6.6}},
		{"coverage_total_pct", "nafl_1927", "forehead", "solar_lentigines", {70, 65, 50, 35, 25, 20}},
		{"coverage_total_pct", "nafl_1927", "cheeks", "melasma", {40, 40, 35, 30, 20, 15}},
		{"coverage_total_pct", "nafl_1927", "chest", "melasma", {24, 24, 21, 18, 12, 9}},
		{"coverage_total_pct", "permea_1927", "cheeks", "melasma", {10, 10, 10, 10, 10, 10}},
		{"coverage_total_pct", "afl_co2", "lower face", "acne_scars_atrophic", {30, 25, 20, 10, 5, 5}},
		{"coverage_total_pct", "afl_co2", "neck", "acne_scars_atrophic", {10, 10, 8, 5, 0, 0}},
		{"coverage_total_pct", "afl_co2", "upper eyelid", "rhytids", {10, 10, 8, 5, 0, 0}}, /* the neck's */
		{"coverage_total_pct", "afl_er", "cheeks", "rhytids", {40, 35, 25, 15, 8, 5}},
		{"energy_max_mJ", "nafl_1550", "cheeks", "pores", {70, 70, 60, 40, 40, 30}},
		{"energy_max_mJ", "nafl_1927", "cheeks", "pores", {20, 20, 20, 15, 10, 10}},
		{"energy_max_mJ", "nafl_1927", "cheeks", "melasma", {20, 20, 15, 10, 10, 5}},
		{"energy_max_mJ", "afl_co2", "cheeks", "rhytids", {30, 30, 25, 20, 10, 10}},
		{"energy_max_mJ", "afl_co2", "decolletage", "rhytids", {10, 10, 10, 7.5, 0, 0}},
		{"energy_max_mJ", "afl_co2", "eyelid", "rhytids", {10, 10, 7.5, 5, 0, 0}},
		{"interval_min_days", "pico_spot", "arm", "tattoo_black", {56, 56, 56, 56, 56, 56}},
		{"interval_min_days", "pico_spot", "cheeks", "solar_lentigines", {28, 28, 28, 28, 28, 28}},
		{"interval_min_days", "pico_spot", "cheeks", "nevus_of_ota", {84, 84, 84, 84, 84, 84}},
		{"interval_min_days", "pico_fractional", "cheeks", "pores", {14, 14, 14, 14, 14, 14}},
		{"interval_min_days", "nafl_1550", "cheeks", "pores", {21, 21, 21, 21, 21, 21}},
		{"interval_min_days", "nafl_1927", "cheeks", "melasma", {28, 28, 28, 28, 28, 28}},
		{"interval_min_days", "permea_1927", "cheeks", "melasma", {14, 14, 14, 14, 14, 14}},
		{"interval_min_days", "afl_co2", "cheeks", "rhytids", {42, 42, 42, 42, 42, 42}},
		{"interval_min_full_field_days", "afl_er", "cheeks", "rhytids", {84, 84, 84, 84, 84, 84}},
		{"interval_min_days", "rf_mn", "cheeks", "rhytids", {28, 28, 28, 28, 28, 28}},
		{"interval_min_days", "rf_mono", "cheeks", "rhytids", {180, 180, 180, 180, 180, 180}},
		{"interval_min_days", "longpulse", "cheeks", "rhytids", {28, 28, 28, 28, 28, 28}},
		{"overlap_max_pct", "pico_spot", "cheeks", "pores", {10, 10, 10, 10, 10, 10}},
		{"tan_mi_rel", "afl_co2", "cheeks", "pores", {.1, .1, .1, .1, .1, .1}},
		{"tan_ita_deg", "afl_co2", "cheeks", "pores", {5, 5, 5, 5, 5, 5}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (int type = 1; type <= 6; type++) {
			struct limit_answer answer =
				ask(row[i].quantity, row[i].mode, row[i].zone, row[i].indication, type);
			assert_true(answer.row && answer.known);
			if (fabs(answer.value - row[i].value[type - 1]) > 1e-12)
				fail_msg("%s %s %s type %d: %g, not %g", row[i].quantity, row[i].mode, row[i].zone, type,
				         answer.value, row[i].value[type - 1]);
			assert_non_null(answer.source);
		}
}

/* The joint limit of energy and coverage lets pass what the published series bore and stops what gave more
 * adverse effects; nowhere does it grant what the two single limits forbid, and it never rises with the type. */
static void test_joint_limit(void **state)
{
	static const char *const mode[] = {"nafl_1550", "nafl_1540", "afl_co2"}, *const zone[] = {"cheeks", "neck", "eyelid"};
	static const char product[] = "energy_coverage_product_mJ_pct";
	(void)state;
	for (int type = 4; type <= 6; type++) {
		double limit = ask(product, "nafl_1550", "cheeks", "melasma", type).value;
		assert_true(limit >= 20.0 * 5.0 && limit < 20.0 * 20.0); /* V42 */
	}
	double co2 = ask(product, "afl_co2", "cheeks", "acne_scars_atrophic", 4).value;
	assert_true(co2 >= 10.0 * 10.0 && co2 < 20.0 * 10.0);                       /* V52 */
	assert_true(ask(product, "afl_co2", "cheeks", "acne_scars_atrophic", 3).value < 20.0 * 20.0);
	assert_true(ask(product, "afl_co2", "neck", "rhytids", 1).value < 20.0 * 30.0 / 5.0); /* V87 */
	for (size_t m = 0; m < 3; m++)
		for (size_t z = 0; z < 3; z++)
			for (int type = 1; type <= 6; type++) {
				struct limit_answer joint = ask(product, mode[m], zone[z], "rhytids", type);
				double single = ask("energy_max_mJ", mode[m], zone[z], "rhytids", type).value *
				                ask("coverage_total_pct", mode[m], zone[z], "rhytids", type).value;
				assert_true(joint.known && joint.value <= single);
				assert_string_equal(joint.origin, "DESIGN");
				assert_string_equal(joint.confidence, "low");
				if (type > 1)
					assert_true(joint.value <= ask(product, mode[m], zone[z], "rhytids", type - 1).value);
			}
	assert_false(ask(product, "nafl_1927", "cheeks", "melasma", 4).row); /* no series: not invented */
}

/* Start windows and eyewear hold for a wavelength (and spot): elsewhere there is no row. */
static void test_rows_for_a_wavelength(void **state)
{
	struct limit_query query = {.quantity = "start_fluence_J_cm2", .mode_class = "pico_spot",
	                            .indication = "tattoo_black", .effective_type = 5, .wavelength_nm = 1064.0,
	                            .spot_mm = (double)NAN};
	(void)state;
	assert_true(limits_lookup(limits, &query).value == 1.5);
	query.wavelength_nm = 532.0;
	assert_false(limits_lookup(limits, &query).row);
	query.indication = "solar_lentigines";
	assert_true(limits_lookup(limits, &query).row && !limits_lookup(limits, &query).known); /* V: not on file */
	query.effective_type = 3;
	assert_true(limits_lookup(limits, &query).value == 0.5);
	query.mode_class = "pico_fractional";
	query.wavelength_nm = 1064.0;
	assert_false(limits_lookup(limits, &query).row);
	query.spot_mm = 8.0;
	assert_true(limits_lookup(limits, &query).value == 1.0);
	query.quantity = "eyewear_od_min";
	assert_true(limits_lookup(limits, &query).value == 7.0);
	query.quantity = "start_spot_min_mm";
	query.mode_class = "pico_spot";
	query.indication = "tattoo_red";
	query.effective_type = 4;
	assert_true(limits_lookup(limits, &query).value == 4.0);
}

/* Nobody's type is not type I: a row by type does not answer, a row for all types does. */
static void test_unknown_type_has_no_limit(void **state)
{
	(void)state;
	struct limit_answer answer = ask("energy_max_mJ", "afl_co2", "cheeks", "rhytids", 0);
	assert_true(answer.row && !answer.known && isnan(answer.value));
	assert_true(ask("interval_min_days", "afl_co2", "cheeks", "rhytids", 0).known);
}

/* Ablative erbium on the neck has no row of its own, and the face's must not serve. */
static void test_thin_zone_does_not_take_the_face(void **state)
{
	(void)state;
	assert_false(ask("coverage_total_pct", "afl_er", "neck", "rhytids", 2).row);
	assert_false(ask("energy_max_mJ", "afl_er", "cheeks", "rhytids", 2).row);
	assert_false(ask("energy_max_mJ", "afl_co2", "no such zone", "rhytids", 2).row);
}

/* Darker is never allowed more, thin skin never more than the face, by any row. */
static void test_limits_are_monotone(void **state)
{
	(void)state;
	for (size_t i = 0; i < limits_count(limits); i++) {
		const struct limit_row *row = limits_row(limits, i);
		bool rises = strcmp(row->quantity, "start_spot_min_mm") == 0 ||
		             strcmp(row->quantity, "test_spot_wait_days") == 0;
		for (int type = 1; type < 6; type++)
			if (!isnan(row->value[type]) && !isnan(row->value[type - 1]))
				assert_true(rises ? row->value[type] >= row->value[type - 1]
				                  : row->value[type] <= row->value[type - 1]);
	}
	for (int type = 1; type <= 6; type++) {
		static const char *const mode[] = {"nafl_1550", "nafl_1927", "afl_co2"};
		for (size_t m = 0; m < 3; m++)
			assert_true(ask("coverage_total_pct", mode[m], "neck", "any", type).value <=
			            ask("coverage_total_pct", mode[m], "face", "any", type).value);
	}
}

static void test_zones_and_modes(void **state)
{
	static const struct {
		const char *device_mode, *modality;
		double nm;
		bool fractional;
		const char *mode_class;
	} row[] = {
		{"ultrapulse.deepfx", "afl", 10600, true, "afl_co2"},
		{"ultrapulse.activefx", "afl", 10600, true, "afl_co2_superficial"},
		{"profractional.2940", "afl", 2940, true, "afl_er"},
		{"fraxel_dual.1550", "nafl", 1550, true, "nafl_1550"},
		{"fraxel_dual.1927", "nafl", 1927, true, "nafl_1927"},
		{"clear_brilliant.1927", "nafl", 1927, true, "permea_1927"},
		{"picosure.755_focus_array", "pico", 755, true, "pico_fractional"},
		{"picosure.755_zoom", "pico", 755, false, "pico_spot"},
		{"morpheus8.face24", "rf_mn", (double)NAN, true, "rf_mn"},
		{NULL, "rf_mono", (double)NAN, false, "rf_mono"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_string_equal(limits_mode_class(limits, row[i].device_mode, row[i].modality, row[i].nm,
		                                      row[i].fractional), row[i].mode_class);
	assert_null(limits_mode_class(limits, "x.y", "afl", 532.0, true));
	assert_string_equal(limits_zone_class(limits, "Lower_Face"), "face");
	assert_string_equal(limits_zone_class(limits, "neck"), "neck_chest");
	assert_null(limits_zone_class(limits, "elsewhere"));
	assert_null(limits_zone_class(limits, NULL));
	for (size_t i = 0; limits_zone_name(limits, i) != NULL; i++)
		assert_non_null(limits_zone_class(limits, limits_zone_name(limits, i)));
}

#define HEAD "{\"schema\":\"lasertwin-limits/1\",\"zone_classes\":[{\"zone_class\":\"face\",\"zones\":[\"nose\"]}]," \
	"\"mode_classes\":[{\"mode_class\":\"afl\"}],\"modes\":[],\"open\":[],\"rows\":["
#define KEY "\"quantity\":\"q\",\"mode_class\":\"afl\",\"zone\":\"face\",\"indication\":\"any\",\"unit\":\"%\","
#define TAIL ",\"origin\":\"DESIGN\",\"source\":[\"D\"],\"conf\":\"low\"}"

static void test_hostile_tables_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} row[] = {
		{HEAD "{" KEY "\"by_fitz\":{\"VII\":1}" TAIL "]}", "skin type"},
		{HEAD "{" KEY "\"by_fitz\":{}" TAIL "]}", "no skin type"},
		{HEAD "{" KEY "\"by_fitz\":{\"I\":-1}" TAIL "]}", "-1"},
		{HEAD "{" KEY "\"by_fitz\":{\"I\":\"10\"}" TAIL "]}", "number"},
		{HEAD "{" KEY "\"all\":1,\"by_fitz\":{\"I\":1}" TAIL "]}", "one of by_fitz"},
		{HEAD "{" KEY "\"of_zone\":\"face\",\"factor\":0.5" TAIL "]}", "cannot be"},
		{HEAD "{" KEY "\"of_zone\":\"any\",\"factor\":1.5" TAIL "]}", "1.5"},
		{HEAD "{" KEY "\"all\":1,\"nm_min\":500" TAIL "]}", "together"},
		{HEAD "{" KEY "\"all\":1,\"limit\":2" TAIL "]}", "limit"},
		{HEAD "{" KEY "\"all\":1" TAIL ",{" KEY "\"all\":2" TAIL "]}", "repeats row 1"},
		{HEAD "{" KEY "\"all\":1,\"origin\":\"HEARSAY\",\"source\":[\"D\"],\"conf\":\"low\"}]}", "HEARSAY"},
		{HEAD "{" KEY "\"all\":1,\"origin\":\"DESIGN\",\"source\":[],\"conf\":\"low\"}]}", "no source"},
		{"{\"schema\":\"lasertwin-limits/2\"}", "lasertwin-limits/1"},
		{"[]", ""}, {"{", ""}, {"", ""},
		{"{\"schema\":\"lasertwin-limits/1\",\"zone_classes\":[{\"zone_class\":\"a\",\"falls_back_to\":\"b\","
		 "\"zones\":[]}],\"mode_classes\":[],\"modes\":[],\"open\":[],\"rows\":[]}", "before it"},
		{"{\"schema\":\"lasertwin-limits/1\",\"zone_classes\":[{\"zone_class\":\"a\",\"zones\":[\"x y\",\"X_Y\"]}],"
		 "\"mode_classes\":[],\"modes\":[],\"open\":[],\"rows\":[]}", "twice"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct limits *parsed = NULL;
		struct fail why = {0};
		if (limits_parse(row[i].text, strlen(row[i].text), "t.json", &parsed, &why) == ST_OK)
			fail_msg("taken: %s", row[i].text);
		assert_null(parsed);
		if (strstr(why.text, row[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", why.text, row[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_by_type),
		cmocka_unit_test(test_joint_limit),
		cmocka_unit_test(test_rows_for_a_wavelength),
		cmocka_unit_test(test_unknown_type_has_no_limit),
		cmocka_unit_test(test_thin_zone_does_not_take_the_face),
		cmocka_unit_test(test_limits_are_monotone),
		cmocka_unit_test(test_zones_and_modes),
		cmocka_unit_test(test_hostile_tables_are_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
