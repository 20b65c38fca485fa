/* The library: broken profile folders are refused by file, and the digest knows every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "devices/device.h"
#include "planner/plan/files.h"
#include "planner/plan/library.h"
#include "planner/plan/planning.h"
#include "planner/plan/planning_facts.h"
#include "tests/support/profile_folder.h"

static char folder[TEMP_PATH_SIZE];

static int make_folder(void **state)
{
	(void)state;
	profile_folder_make(folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	temp_folder_remove(folder);
	return 0;
}

static enum status load(struct fail *why)
{
	struct library *library = (struct library *)folder;
	*why = (struct fail){0};
	enum status st = library_load(folder, &library, why);
	assert_int_equal(st == ST_OK, library != NULL);
	library_free(&library);
	assert_null(library);
	return st;
}

/* Refused, with `name` in the field or text, and a reason. */
static void refused(const char *name)
{
	struct fail why;
	if (load(&why) == ST_OK)
		fail_msg("accepted without a whole %s", name);
	if (!strstr(why.field, name) && !strstr(why.text, name))
		fail_msg("%s is not named: %s: %s", name, why.field, why.text);
	assert_true(why.text[0]);
	assert_null(strpbrk(why.text, "\n\r\033"));
}

static void the_shipped_profiles_load(void **state)
{
	(void)state;
	struct library *library = NULL;
	struct fail why = {0};
	const struct device *device;
	const struct device_mode *mode;
	if (library_load("profiles", &library, &why))
		fail_msg("%s: %s", why.field, why.text);
	assert_true(library_device_count(library) >= 20);
	assert_null(library_device(library, library_device_count(library)));
	assert_non_null(library_rules(library));
	assert_int_equal(strlen(library_digest(library)), 64);
	for (size_t i = 0; i < library_protocol_count(library); i++) {
		const struct protocol *p = library_protocol_at(library, i);
		if (p->classes)
			continue;
		assert_ptr_equal(library_protocol(library, p->indication, p->device_mode), p);
		assert_int_equal(library_find_mode(library, p->device_mode, &device, &mode, &why), ST_OK);
		assert_false(modality_is_rf(device->modality) || mode->locked); /* a fit needs a prediction */
	}
	assert_null(library_protocol_at(library, library_protocol_count(library)));
	assert_null(library_protocol(library, "melasma", "ultrapulse.deepfx"));
	/* no protocol of its own: that of its class, within its wavelengths */
	assert_string_equal(library_protocol(library, "acne_scars_atrophic", "fraxel_repair.10600")->id, "AS-AFL");
	assert_string_equal(library_protocol(library, "tattoo_black", "picocare_majesty.1064")->id, "TA-BLACK");
	assert_null(library_protocol(library, "tattoo_black", "picocare_majesty.532"));
	assert_int_equal(library_published_count(library), 44);
	assert_null(library_published_at(library, 44));
	library_free(&library);
	library_free(&library);
}

/* Each file in turn: gone, and cut in the middle. */
static void every_file_is_needed_whole(void **state)
{
	(void)state;
	static const char *const files[] = {
		"safety/rules.json", "safety/limits.json", "safety/drugs.json", "safety/sources.json",
		"protocols/protocols.json", "protocols/published.json", "protocols/indications.json"};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		const char *name = strrchr(files[i], '/') + 1;
		size_t length;
		unsigned char *bytes = read_file(profile_folder_file(folder, files[i]), &length);
		assert_int_equal(unlink(profile_folder_file(folder, files[i])), 0);
		refused(name);
		write_file(profile_folder_file(folder, files[i]), bytes, 0);
		refused(name);
		write_file(profile_folder_file(folder, files[i]), bytes, length / 2);
		refused(name);
		write_file(profile_folder_file(folder, files[i]), bytes, length);
		free(bytes);
	}
	struct fail why;
	assert_int_equal(load(&why), ST_OK);
}

static void an_indication_that_is_none_says_which_are(void **state)
{
	(void)state;
	struct library *library = NULL;
	struct fail why = {.text = ""};
	assert_int_equal(library_load("profiles", &library, &why), ST_OK);
	assert_int_equal(library_check_indication(library, "tattoo_black", &why), ST_OK);
	assert_int_equal(library_check_indication(library, "tattoo_multicolour", &why), ST_INPUT);
	assert_non_null(strstr(why.text, "its own wavelength"));
	assert_non_null(strstr(why.text, "tattoo_black, tattoo_red, tattoo_green, tattoo_blue"));
	assert_int_equal(library_check_indication(library, "port_wine_stain", &why), ST_INPUT);
	assert_non_null(strstr(why.text, "vessels"));
	assert_int_equal(library_check_indication(library, "melasna", &why), ST_INPUT);
	assert_non_null(strstr(why.text, "did you mean \"melasma\"?; known: acne_scars_atrophic, laxity_lower_face"));
	library_free(&library);
}

/* R-OFFUSE cites where that device's label was read, not another's. */
static void off_label_use_cites_the_devices_own_label(void **state)
{
	(void)state;
	static const struct {
		const char *device_mode, *indication, *source;
	} row[] = {{"picosure.755_zoom", "rhytids", "V5"},
	           {"fraxel_dual.1927", "rhytids", "V9"},
	           {"lasemd.1927", "melasma", "V13"},
	           {"ultrapulse.deepfx", "rhytids", "device profile"}};
	struct library *library = NULL;
	struct fail why = {.text = ""};
	assert_int_equal(library_load("profiles", &library, &why), ST_OK);
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		const struct device *device;
		const struct device_mode *mode;
		struct facts *facts = NULL;
		struct findings findings = {0};
		struct request request = {.zones = 1, .zone = {"cheeks"}};
		(void)snprintf(request.indication, sizeof request.indication, "%s", row[i].indication);
		(void)snprintf(request.device_mode, sizeof request.device_mode, "%s", row[i].device_mode);
		assert_int_equal(library_find_mode(library, row[i].device_mode, &device, &mode, &why), ST_OK);
		assert_int_equal(facts_new(&facts, &why), ST_OK);
		assert_int_equal(planning_facts_of_device(facts, library_rules(library), device, mode, &request, 3, &why), ST_OK);
		assert_int_equal(facts_set_list(facts, "zones", (const char *const[]){"cheeks"}, 1, &why), ST_OK);
		assert_int_equal(facts_set_text(facts, "indication", row[i].indication, &why), ST_OK);
		assert_int_equal(rules_evaluate(library_rules(library), facts, PHASE_PLAN, &findings, &why), ST_OK);
		size_t at = 0;
		while (at < findings.count && strcmp(findings.finding[at].rule, "R-OFFUSE") != 0)
			at++;
		assert_true(at < findings.count);
		assert_string_equal(findings.finding[at].source, row[i].source);
		findings_clear(&findings);
		facts_free(&facts);
	}
	library_free(&library);
}

static void write_indications(const char *entry)
{
	char text[512];
	int n = snprintf(text, sizeof text,
	                 "{\"schema\":\"lasertwin-indications/1\",\"note\":\"\",\"indications\":[%s]}", entry);
	write_file(profile_folder_file(folder, "protocols/indications.json"), (unsigned char *)text, (size_t)n);
}

static void names_of_no_indication_send_to_one_that_is(void **state)
{
	(void)state;
	size_t length;
	unsigned char *bytes = read_file(profile_folder_file(folder, "protocols/indications.json"), &length);
	write_indications("{\"name\":\"melasma\",\"words\":\"w\",\"see\":[]}");
	refused("is planned");
	write_indications("{\"name\":\"x\",\"words\":\"w\",\"see\":[\"nothing\"]}");
	refused("which nothing plans");
	write_indications("{\"name\":\"x\",\"words\":\"w\",\"see\":[]},{\"name\":\"x\",\"words\":\"w\",\"see\":[]}");
	refused("given twice");
	write_indications("{\"name\":\"x\",\"words\":\"\",\"see\":[]}");
	refused("wants a name");
	write_file(profile_folder_file(folder, "protocols/indications.json"), bytes, length);
	free(bytes);
}

/* A device profile may be absent (the clinic does not have it), unless a protocol needs it; it is never half. */
static void device_profiles_are_whole_or_absent(void **state)
{
	(void)state;
	static const char *const needless = "devices/acupulse.json", *const needed = "devices/ultrapulse.json";
	size_t length;
	struct fail why;
	unsigned char *bytes = read_file(profile_folder_file(folder, needless), &length);
	for (size_t keep = 0; keep < length - 2; keep += length / 7) {
		write_file(profile_folder_file(folder, needless), bytes, keep);
		refused("acupulse.json");
	}
	assert_int_equal(unlink(profile_folder_file(folder, needless)), 0);
	assert_int_equal(load(&why), ST_OK);
	free(bytes);
	bytes = read_file(profile_folder_file(folder, needed), &length);
	assert_int_equal(unlink(profile_folder_file(folder, needed)), 0);
	refused("protocols.json");
	refused("ultrapulse.deepfx");
	write_file(profile_folder_file(folder, needed), bytes, length);
	write_file(profile_folder_file(folder, "devices/zz_copy.json"), bytes, length);
	refused("zz_copy.json"); /* the same device twice */
	free(bytes);
}

static void no_devices_at_all_is_refused(void **state)
{
	(void)state;
	struct files_list list;
	char name[TEMP_PATH_SIZE];
	assert_int_equal(files_list(profile_folder_file(folder, "devices"), ".json", &list, NULL), ST_OK);
	for (size_t i = 0; i < list.count; i++) {
		(void)snprintf(name, sizeof name, "devices/%s", list.name[i]);
		assert_int_equal(unlink(profile_folder_file(folder, name)), 0);
	}
	files_list_free(&list);
	refused("devices");
	assert_int_equal(rmdir(profile_folder_file(folder, "devices")), 0);
	refused("devices");
}

static void slips_of_the_pen_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *file, *from, *to, *says;
	} slips[] = {
		{"protocols/protocols.json", "\"fraxel_dual.1550\"", "\"fraxel_dual.1551\"", "fraxel_dual.1551"},
		{"protocols/protocols.json", "\"fraxel_dual.1550\"", "\"fraxel_duel.1550\"", "fraxel_duel.1550"},
		{"protocols/protocols.json", "\"coagulation_depth_um\"", "\"coagulation_depth\"", "coagulation_depth"},
		{"protocols/protocols.json", "\"at\": \"p50\"", "\"at\": \"p51\"", "at"},
		{"protocols/protocols.json", "\"passes\": 1,", "\"passes\": 1, \"pases\": 1,", "pases"},
		{"protocols/protocols.json", "\"min\": 400", "\"min\": -400", "min"},
		{"protocols/protocols.json", "\"id\": \"AS-1550\"", "\"id\": \"AS-CO2\"", "AS-CO2"},
		{"devices/ultrapulse.json", "\"modality\": \"afl\"", "\"modality\": \"alf\"", "ultrapulse.json"},
		{"safety/rules.json", "omega_basal_p95", "omega_basel_p95", "omega_basel_p95"},
	};
	for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
		size_t length;
		struct fail why;
		unsigned char *bytes = read_file(profile_folder_file(folder, slips[i].file), &length);
		profile_folder_edit(folder, slips[i].file, slips[i].from, slips[i].to);
		refused(slips[i].says);
		refused(strrchr(slips[i].file, '/') + 1);
		write_file(profile_folder_file(folder, slips[i].file), bytes, length);
		assert_int_equal(load(&why), ST_OK);
		free(bytes);
	}
}

/* Hidden files (an editor's lock, a copying tool's shadow) are nobody's profile. */
static void hidden_files_do_not_count(void **state)
{
	(void)state;
	struct fail why;
	write_file(profile_folder_file(folder, "devices/.#ultrapulse.json"), "lock", 4);
	write_file(profile_folder_file(folder, "safety/notes.txt"), "note", 4);
	assert_int_equal(load(&why), ST_OK);
}

static void read_digest(char *out)
{
	struct library *library = NULL;
	struct fail why = {0};
	if (library_load(folder, &library, &why))
		fail_msg("%s: %s", why.field, why.text);
	(void)snprintf(out, 65, "%s", library_digest(library));
	library_free(&library);
}

/* A byte of white space more at the end of a file changes nothing but the digest; putting it back, or touching
 * the file, changes nothing. Every file of the three folders counts. */
static void the_digest_knows_every_file(void **state)
{
	(void)state;
	static const char *const folders[] = {"devices", "protocols", "safety"};
	char before[65], after[65], name[TEMP_PATH_SIZE];
	size_t files = 0;
	read_digest(before);
	for (size_t f = 0; f < 3; f++) {
		struct files_list list;
		assert_int_equal(files_list(profile_folder_file(folder, folders[f]), ".json", &list, NULL), ST_OK);
		for (size_t i = 0; i < list.count; i += f == 0 ? 7 : 1) {
			size_t length;
			(void)snprintf(name, sizeof name, "%s/%s", folders[f], list.name[i]);
			unsigned char *bytes = read_file(profile_folder_file(folder, name), &length);
			bytes[length] = ' '; /* where read_file keeps its zero */
			write_file(profile_folder_file(folder, name), bytes, length + 1);
			read_digest(after);
			if (strcmp(before, after) == 0)
				fail_msg("%s is not in the digest", name);
			write_file(profile_folder_file(folder, name), bytes, length);
			free(bytes);
			files++;
		}
		files_list_free(&list);
	}
	assert_true(files > 8);
	read_digest(after);
	assert_string_equal(before, after);
	profile_folder_edit(folder, "devices/ultrapulse.json", "UltraPulse", "UltraPulze"); /* one byte changed */
	read_digest(after);
	assert_string_not_equal(before, after);
	profile_folder_edit(folder, "devices/ultrapulse.json", "UltraPulze", "UltraPulse");
	write_file(profile_folder_file(folder, "demo/01.json"), "x", 1); /* no profile */
	read_digest(after);
	assert_string_equal(before, after);
}

/* An approval is bound to the rules and to its own device, not to another device's file. */
static void rules_and_devices_have_digests_of_their_own(void **state)
{
	(void)state;
	char rules[3][65], device[3][65];
	for (int i = 0; i < 3; i++) {
		struct library *library = NULL;
		struct fail why = {0};
		if (i == 1)
			profile_folder_edit(folder, "devices/picosure.json", "PicoSure", "PicoSvre");
		if (i == 2)
			profile_folder_edit(folder, "safety/drugs.json", "amiodarone", "amiodarome");
		if (library_load(folder, &library, &why))
			fail_msg("%s: %s", why.field, why.text);
		(void)snprintf(rules[i], 65, "%s", library_rules_digest(library));
		(void)snprintf(device[i], 65, "%s", library_device_digest(library, "picosure"));
		assert_null(library_device_digest(library, "picosvre"));
		library_free(&library);
	}
	assert_string_equal(rules[0], rules[1]);
	assert_string_not_equal(rules[1], rules[2]);
	assert_string_not_equal(device[0], device[1]);
	assert_string_equal(device[1], device[2]);
}

static void the_digest_does_not_depend_on_the_place(void **state)
{
	(void)state;
	char here[65];
	struct library *shipped = NULL;
	read_digest(here);
	assert_int_equal(library_load("profiles", &shipped, NULL), ST_OK);
	assert_string_equal(here, library_digest(shipped));
	library_free(&shipped);
}

static void unknown_modes_list_what_there_is(void **state)
{
	(void)state;
	struct library *library = NULL;
	const struct device *device;
	const struct device_mode *mode;
	struct fail why = {0};
	assert_int_equal(library_load("profiles", &library, NULL), ST_OK);
	assert_int_equal(library_find_mode(library, "ultrapulse.deepfy", &device, &mode, &why), ST_NOT_FOUND);
	assert_non_null(strstr(why.text, "deepfx, activefx, scaarfx"));
	assert_int_equal(library_find_mode(library, "ultrapuls.deepfx", &device, &mode, &why), ST_NOT_FOUND);
	assert_non_null(strstr(why.text, "did you mean \"ultrapulse\""));
	assert_int_equal(library_find_mode(library, "ultrapulse", &device, &mode, &why), ST_INPUT);
	library_free(&library);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_profiles_load),
		cmocka_unit_test_setup_teardown(every_file_is_needed_whole, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(off_label_use_cites_the_devices_own_label, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(an_indication_that_is_none_says_which_are, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(names_of_no_indication_send_to_one_that_is, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(device_profiles_are_whole_or_absent, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(no_devices_at_all_is_refused, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(slips_of_the_pen_are_named, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(hidden_files_do_not_count, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(the_digest_knows_every_file, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(rules_and_devices_have_digests_of_their_own, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(the_digest_does_not_depend_on_the_place, make_folder, remove_folder),
		cmocka_unit_test(unknown_modes_list_what_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
