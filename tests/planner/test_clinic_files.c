/* What a clinic writes itself: signed limits and completed profiles laid over the shipped ones, or refused whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/device.h"
#include "planner/plan/files.h"
#include "planner/plan/library.h"
#include "planner/safety/rules.h"
#include "tests/support/temp_folder.h"

#define SIGNED "\"signed\":{\"name\":\"VIRTUAL Dr\",\"role\":\"dermatologist\",\"date\":\"2026-11-27\",\"reason\":\"own series\"}"
#define ROW(mode, value, origin) \
	"{\"quantity\":\"coverage_total_pct\",\"mode_class\":\"" mode "\",\"zone\":\"face\",\"indication\":\"any\"," \
	"\"by_fitz\":{\"I\":" value "},\"unit\":\"%\",\"origin\":\"" origin "\",\"source\":[\"clinic\"],\"conf\":\"medium\"}"
#define LIMITS(rows) "{\"schema\":\"lasertwin-clinic-limits/1\"," SIGNED ",\"rows\":[" rows "]}"

static char folder[TEMP_PATH_SIZE];

static void write_text(const char *name, const char *text, size_t length)
{
	char path[TEMP_PATH_SIZE + 64];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	write_file(path, text, length);
}

static void remove_file(const char *name)
{
	char path[TEMP_PATH_SIZE + 64];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)unlink(path);
}

static struct library *load(struct fail *why)
{
	struct library *library = NULL;
	enum status st = library_load_for_clinic("profiles", folder, &library, why);
	assert_true((st == ST_OK) == (library != NULL));
	return library;
}

static int setup(void **state)
{
	char devices[TEMP_PATH_SIZE + 16];
	(void)state;
	temp_folder_make(folder);
	(void)snprintf(devices, sizeof devices, "%s/devices", folder);
	return mkdir(devices, 0700);
}

static int teardown(void **state)
{
	(void)state;
	temp_folder_remove(folder);
	return 0;
}

static double coverage(const struct library *library, const char *mode_class, int type)
{
	const struct limit_query query = {.quantity = "coverage_total_pct", .mode_class = mode_class, .zone_class = "face",
	                                  .indication = "pores", .effective_type = type, .wavelength_nm = NAN, .spot_mm = NAN};
	struct limit_answer answer = limits_lookup(ruleset_limits(library_rules(library)), &query);
	return answer.known ? answer.value : (double)NAN;
}

static void signed_rows_take_the_place_of_design_rows(void **state)
{
	struct fail why = {0};
	char before[80];
	(void)state;
	remove_file("limits.json");
	struct library *library = load(&why);
	assert_non_null(library);
	(void)snprintf(before, sizeof before, "%s", library_rules_digest(library));
	assert_true(coverage(library, "nafl_1550", 1) == 40.0);
	library_free(&library);
	write_text("limits.json", LIMITS(ROW("nafl_1550", "25", "CLINIC")), strlen(LIMITS(ROW("nafl_1550", "25", "CLINIC"))));
	library = load(&why);
	if (!library)
		fail_msg("%s: %s", why.field, why.text);
	assert_true(coverage(library, "nafl_1550", 1) == 25.0);
	assert_true(isnan(coverage(library, "nafl_1550", 2))); /* the new row speaks of type I only: not passed over */
	assert_true(coverage(library, "afl_co2", 1) == 30.0);
	assert_string_not_equal(library_rules_digest(library), before); /* approvals of the old rules end */
	library_free(&library);
	remove_file("limits.json");
}

static void refused(const char *text, const char *says)
{
	struct fail why = {0};
	write_text("limits.json", text, strlen(text));
	assert_null(load(&why));
	if (!strstr(why.text, says) && !strstr(why.field, says))
		fail_msg("\"%s: %s\" does not say \"%s\"", why.field, why.text, says);
	remove_file("limits.json");
}

static void what_is_not_the_clinics_to_say_is_refused(void **state)
{
	(void)state;
	refused("{\"schema\":\"lasertwin-clinic-limits/1\",\"rows\":[]}", "signed");
	refused(LIMITS(ROW("nafl_1550", "25", "DESIGN")), "origin CLINIC");
	refused(LIMITS(ROW("nafl_1551", "25", "CLINIC")), "nafl_1551");
	refused(LIMITS(ROW("nafl_1550", "-1", "CLINIC")), "I");
	refused("{\"schema\":\"lasertwin-clinic-limits/1\",\"signed\":{\"name\":\"T\",\"role\":\"technician\",\"date\":\"2026-11-27\","
	        "\"reason\":\"r\"},\"rows\":[]}", "role");
	refused("{\"schema\":\"lasertwin-clinic-limits/1\",\"signed\":{\"name\":\"T\",\"role\":\"dermatologist\",\"date\":\"27.11.2026\","
	        "\"reason\":\"r\"},\"rows\":[]}", "date");
	refused("{\"schema\":\"lasertwin-clinic-limits/1\",\"signed\":{\"name\":\"T\",\"role\":\"dermatologist\",\"date\":\"2026-11-27\","
	        "\"reason\":\"\"},\"rows\":[]}", "reason");
	/* the maker's interval is on the label */
	refused(LIMITS("{\"quantity\":\"interval_min_days\",\"mode_class\":\"nafl_1550\",\"zone\":\"any\",\"indication\":\"any\",\"all\":7,"
	               "\"unit\":\"d\",\"origin\":\"CLINIC\",\"source\":[\"clinic\"],\"conf\":\"low\"}"), "LABEL");
	refused("", "limits.json");
}

/* The shipped text of a locked profile with the lock taken out of its first mode, signed or not. */
static char *completed(const char *id, bool with_signature)
{
	char path[128], *text = NULL, *out = malloc(20000);
	size_t length;
	struct fail why;
	(void)snprintf(path, sizeof path, "profiles/devices/%s.json", id);
	assert_int_equal(file_read(path, 19000, &text, &length, &why), ST_OK);
	char *lock = strstr(text, "\"locked\"");
	assert_non_null(lock);
	char *end = strchr(lock, '\n');
	char *schema = strchr(text, '\n');
	assert_true(schema < lock);
	(void)snprintf(out, 20000, "{%s%.*s%s", with_signature ? SIGNED "," : "", (int)(lock - schema), schema, end);
	free(text);
	return out;
}

static bool locked(const struct library *library, const char *device_mode)
{
	const struct device *device;
	const struct device_mode *mode;
	struct fail why;
	assert_int_equal(library_find_mode(library, device_mode, &device, &mode, &why), ST_OK);
	return mode->locked;
}

static void a_locked_profile_is_completed_by_a_signed_one(void **state)
{
	struct fail why = {0};
	char *unsigned_text = completed("mosaic_1550", false), *signed_text = completed("mosaic_1550", true);
	(void)state;
	struct library *library = load(&why);
	assert_true(locked(library, "mosaic_1550.1550"));
	size_t devices = library_device_count(library);
	library_free(&library);
	write_text("devices/mosaic_1550.json", unsigned_text, strlen(unsigned_text));
	assert_null(load(&why));
	assert_non_null(strstr(why.text, "not signed"));
	write_text("devices/mosaic_1550.json", signed_text, strlen(signed_text));
	library = load(&why);
	if (!library)
		fail_msg("%s: %s", why.field, why.text);
	assert_false(locked(library, "mosaic_1550.1550"));
	assert_int_equal(library_device_count(library), devices);
	library_free(&library);
	write_text("devices/mosaic_1550.json", signed_text, strlen(signed_text) / 2); /* half a file is none */
	assert_null(load(&why));
	remove_file("devices/mosaic_1550.json");
	free(unsigned_text);
	free(signed_text);
}

static void without_a_folder_nothing_changes(void **state)
{
	struct library *plain = NULL, *with = NULL;
	struct fail why;
	(void)state;
	assert_int_equal(library_load("profiles", &plain, &why), ST_OK);
	assert_int_equal(library_load_for_clinic("profiles", "no/such/folder", &with, &why), ST_OK);
	assert_string_equal(library_digest(plain), library_digest(with));
	library_free(&plain);
	library_free(&with);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(signed_rows_take_the_place_of_design_rows),
	        cmocka_unit_test(what_is_not_the_clinics_to_say_is_refused),
	        cmocka_unit_test(a_locked_profile_is_completed_by_a_signed_one),
	        cmocka_unit_test(without_a_folder_nothing_changes),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
