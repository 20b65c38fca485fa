/* Radiofrequency files: published and exact values come out, bad files are refused by field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "planner/plan/files.h"
#include "planner/rf/rf_file.h"
#include "tests/support/near.h"

#define FOLDER "tests/validation/radiofrequency/"

static struct rf_file file;
static struct rf_file_result result;

static char *bytes_of(const char *name)
{
	char path[128], *bytes = NULL;
	size_t length = 0;
	struct fail why = {.text = ""};
	(void)snprintf(path, sizeof path, FOLDER "%s", name);
	assert_int_equal(file_read(path, 1 << 20, &bytes, &length, &why), ST_OK);
	return bytes;
}

static void compute(const char *name)
{
	struct fail why = {.text = ""};
	char *bytes = bytes_of(name);
	if (rf_file_read(name, bytes, strlen(bytes), &file, &why) != ST_OK ||
	    rf_file_compute(&file, NULL, NULL, &result, &why) != ST_OK)
		fail_msg("%s: %s: %s", name, why.field, why.text);
	free(bytes);
}

/* L1 of the reference cases, semi-analytic; tolerance 1e-6. */
static void disc_on_two_layers(void **state)
{
	(void)state;
	compute("disc_two_layers.json");
	assert_near(creal(result.field.impedance_ohm), 445.851888, 445.851888e-6);
	assert_near(cabs(result.axis[3].potential_V), 0.85031179, 1e-6);
	assert_near(cabs(result.axis[2].field_V_m[2]), 47.81297, 47.81297e-6); /* just below the interface */
	assert_near(result.field.layer_frac[0], 0.468567, 1e-6);
	assert_near(cabs(result.grid[file.radii].potential_V), 0.85031179, 1e-6); /* axis at 5 mm */
	assert_null(result.heat_model);
}

/* T10: exact field and heat kernel; tolerance of grids 0.5 % of the rise, or 0.1 % of the highest. */
static void heated_disc(void **state)
{
	static const double rise_K[] = {14.280004, 9.671383, 0.597633};
	(void)state;
	compute("disc_heated.json");
	for (size_t p = 0; p < 3; p++) {
		double at_1s_C = result.heat.point_C[0][p];
		for (size_t t = 0; t < result.heat.times && result.heat.time_s[t] <= 1.0 + 1e-9; t++)
			at_1s_C = result.heat.point_C[t][p];
		assert_near(at_1s_C - 37.0, rise_K[p], fmax(0.005 * rise_K[p], 0.001 * rise_K[0]));
	}
	assert_near(result.heat.energy_J, 0.5, 1e-6);
}

static void needles_by_pair(void **state)
{
	(void)state;
	compute("needles_rows.json");
	assert_near(creal(result.field.impedance_ohm), 1614.0, 0.015 * 1614.0);
	assert_true(result.field.impedance_error_ohm > 0.0);
	compute("needles_insulated.json");
	assert_true(result.has_array && result.array.needles == 49);
	assert_near(result.heat.energy_J, 0.03, 1e-9);
	assert_string_equal(result.heat.stop, "energy delivered");
	assert_true(result.heat.peak_C > 55.0 && result.heat.zone[0].width_um > 0.0);
}

/* Real tips have ends: two strips 15 mm long conduct more than a slice of endless ones. */
static void strips_have_ends(void **state)
{
	(void)state;
	compute("strips.json");
	assert_true(creal(result.field.impedance_ohm) < 421.292 &&
	            creal(result.field.impedance_ohm) > 0.7 * 421.292);
	assert_near(cabs(result.axis[0].potential_V), 0.0, 1e-6); /* half way */
}

/* Layers of a twin, a membrane, cooling before the pulse: the skin's surface is colder than its depth. */
static void tip_on_a_twin(void **state)
{
	(void)state;
	compute("capacitive_tip.json");
	assert_true(file.layers >= 4 && file.layer[0].matter == RF_STRATUM_CORNEUM);
	assert_true(cimag(result.field.impedance_ohm) < -50.0); /* the membrane is a capacitor */
	assert_near(result.heat.energy_J, 80.0, 0.1);
	assert_true(result.heat.point_C[result.heat.times - 1][0] <
	            result.heat.point_C[result.heat.times - 1][2] - 10.0);
	assert_true(result.heat.flags & VALIDITY_ASSUMED || result.field.flags & VALIDITY_ASSUMED);
}

static void reports_hold_the_numbers(void **state)
{
	char *text = NULL;
	struct fail why;
	(void)state;
	compute("needles_insulated.json");
	assert_int_equal(rf_file_json(&file, &result, &text, &why), ST_OK);
	cJSON *json = cJSON_Parse(text);
	assert_non_null(json);
	const cJSON *heat = cJSON_GetObjectItem(json, "heat");
	assert_near(cJSON_GetObjectItem(heat, "hottest_C")->valuedouble, result.heat.peak_C, 1e-9);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "layers")), 2);
	cJSON_Delete(json);
	free(text);
	assert_int_equal(rf_file_text(&file, &result, &text, &why), ST_OK);
	assert_non_null(strstr(text, "by one needle"));
	free(text);
}

/* name of an example with `from` replaced by `to`, refused with this code at this field. */
static void refuse(const char *name, const char *from, const char *to, enum status code, const char *field)
{
	struct fail why = {.text = ""};
	char *bytes = bytes_of(name), edited[8000];
	char *at = strstr(bytes, from);
	assert_non_null(at);
	int length =
	        snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - bytes), bytes, to, at + strlen(from));
	enum status status = rf_file_read(name, edited, (size_t)length, &file, &why);
	if (status == ST_OK)
		status = rf_file_compute(&file, NULL, NULL, &result, &why);
	if (status != code || strstr(why.field, field) == NULL)
		fail_msg("%s -> %s gave %s at %s: %s", from, to, status_name(status), why.field, why.text);
	assert_true(strlen(why.text) > 10);
	free(bytes);
}

static void bad_files_are_refused(void **state)
{
	static const char disc[] = "disc_two_layers.json", rows[] = "needles_rows.json",
	                  heated[] = "needles_insulated.json";
	(void)state;
	refuse(disc, "0.22", "0", ST_RANGE, "layers[0].conductivity_S_m");
	refuse(disc, "0.22", "-1", ST_RANGE, "layers[0].conductivity_S_m");
	refuse(disc, "\"thickness_um\": 2000, ", "", ST_INPUT,
	       "layers[0].thickness_um"); /* unbounded, but not the last */
	refuse(disc, "\"frequency_MHz\": 1", "\"frequency_MHz\": 900", ST_RANGE, "frequency_MHz");
	refuse(disc, "\"radius_mm\": 10", "\"radius_mm\": 10, \"area_cm2\": 4", ST_INPUT, "electrode");
	refuse(disc, "\"radius_mm\": 10", "\"radius_cm\": 1", ST_INPUT, "electrode");
	refuse(disc, "lasertwin-rf/1", "lasertwin-rf/2", ST_INPUT, "schema");
	refuse(rows, "\"pitch_mm\": 1.5", "\"pitch_mm\": 0.2", ST_RANGE, "pitch_x_um"); /* they touch */
	refuse(rows, "\"depth_mm\": 2", "\"depth_mm\": 12", ST_RANGE, "depth_mm");
	refuse(rows, "\"conductivity_S_m\": 0.025}", "\"conductivity_S_m\": 0.025, \"thickness_um\": 10}",
	       ST_INPUT, "return");
	refuse(heated, "\"on_s\": 0.3", "\"on_s\": -1", ST_RANGE, "drive.on_s");
	refuse(heated, "\"power_W\": 0.15, ", "", ST_INPUT, "drive.power_W");
	refuse("strips.json", "\"outputs\"",
	       "\"drive\": {\"mode\": \"power\", \"value\": 1, \"on_s\": 1}, \"outputs\"", ST_MODEL, "drive");
	refuse("strips.json", "\"x_mm\": 3.5", "\"x_mm\": -3", ST_INPUT, "electrodes");
	refuse("capacitive_tip.json", "\"dermis_mm\": 1.5", "\"dermis_mm\": 150", ST_RANGE, "twin.dermis_mm");
	refuse("capacitive_tip.json", "dermis_mm", "dermis_cm", ST_INPUT, "twin.dermis_cm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(disc_on_two_layers),    cmocka_unit_test(heated_disc),
	        cmocka_unit_test(needles_by_pair),       cmocka_unit_test(strips_have_ends),
	        cmocka_unit_test(tip_on_a_twin),         cmocka_unit_test(reports_hold_the_numbers),
	        cmocka_unit_test(bad_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
