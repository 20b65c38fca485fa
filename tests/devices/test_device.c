/* Profiles: every shipped one loads and is sound; bent ones are refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "devices/exposure.h"
#include "devices/json.h"
#include "physics/base/rng.h"
#include "planner/safety/limits.h"
#include "tests/support/device_profiles.h"
#include "tests/support/near.h"

static void every_profile_loads_under_its_own_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROFILES; i++) {
		struct device *device = profile_device(profile_ids[i]);
		if (!device)
			fail_msg("%s does not load", profile_ids[i]);
		assert_string_equal(device->id, profile_ids[i]);
		assert_true(device->modes > 0);
		device_free(&device);
		assert_null(device);
	}
}

/* A dose range somebody half remembers must not reach a patient: such modes are locked. */
static void no_open_mode_has_a_dose_range_of_low_confidence(void **state)
{
	size_t open = 0;

	(void)state;
	for (size_t i = 0; i < PROFILES; i++) {
		struct device *device = profile_device(profile_ids[i]);
		assert_non_null(device);
		for (size_t m = 0; m < device->modes; m++) {
			const struct device_mode *mode = &device->mode[m];
			open += !mode->locked;
			for (unsigned id = 0; id < SETTINGS && !mode->locked; id++) {
				const struct setting_domain *domain = &mode->setting[id];
				bool turned = domain->kind == DOMAIN_RANGE || domain->kind == DOMAIN_CHOICES;
				bool dose = setting_spec(id)->dose && id != SETTING_PASSES;
				if (turned && dose && domain->from.confidence == CONFIDENCE_LOW)
					fail_msg("%s.%s: %s", device->id, mode->id, setting_spec(id)->key);
			}
			if (mode->locked)
				assert_true(strlen(mode->locked_reason) > 10);
		}
		device_free(&device);
	}
	assert_in_range(open, 25, 40);
}

/* Clinical facts with their sources, as the clearances state them. */
static void clearances_answer_by_mode_use_and_type(void **state)
{
	static const struct {
		const char *device, *mode, *indication;
		int type;
		enum clearance_answer answer;
	} cases[] = {
	        {"fraxel_dual", "1550", "melasma", 4, CLEARED},     /* K130193 */
	        {"fraxel_dual", "1927", "melasma", 4, NOT_CLEARED}, /* K130193 */
	        {"fraxel_dual", "1550", "laxity_lower_face", 3, NOT_CLEARED},
	        {"ultrapulse", "deepfx", "acne_scars_atrophic", 2, CLEARANCE_NOT_ON_FILE},
	        {"clear_brilliant", "1927", "melasma", 4, CLEARANCE_NOT_ON_FILE},
	        {"picoway", "532_zoom", "tattoo_red", 3, CLEARED},             /* K220853 */
	        {"picoway", "532_zoom", "tattoo_red", 4, CLEARED_OTHER_TYPES}, /* K220853: I-III */
	        {"picoway", "785", "tattoo_green", 1, CLEARED_OTHER_TYPES},    /* K220853: II-IV */
	        {"picoway", "1064_zoom", "tattoo_black", 6, CLEARED},          /* K220853: I-VI */
	        {"picoway", "1064_zoom", "nevus_of_ota", 2, CLEARED_OTHER_TYPES},
	        {"picoway", "1064_zoom", "nevus_of_ota", 0, CLEARED}, /* type unknown: not looked at */
	        {"picosure", "755_focus_array", "acne_scars_atrophic", 5, CLEARED_OTHER_TYPES},
	        {"picocare_majesty", "532", "tattoo_red", 4, CLEARED_OTHER_TYPES}, /* K241144: I-III */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct device *device = profile_device(cases[i].device);
		assert_non_null(device);
		const struct device_mode *mode = device_mode_find(device, cases[i].mode);
		assert_non_null(mode);
		enum clearance_answer answer =
		        device_cleared(device, mode, cases[i].indication, cases[i].type, NULL);
		if (answer != cases[i].answer)
			fail_msg("%s.%s %s: %d", cases[i].device, cases[i].mode, cases[i].indication,
			         (int)answer);
		device_free(&device);
	}
}

/* GentleMAX Pro Treatment Guidelines 8502-00-0924 rev C, hair removal 755 nm 3 ms; relative to I-II at 18 mm
 * the mid-range falls along the types. */
static void label_fluence_follows_type_and_spot(void **state)
{
	struct device *device = profile_device("gentlemax_pro");

	(void)state;
	assert_non_null(device);
	const struct device_mode *mode = device_mode_find(device, "755");
	assert_near(device_label_fluence_max_J_cm2(mode, 1, 18), 20, 0);
	assert_near(device_label_fluence_max_J_cm2(mode, 4, 12), 20, 0);
	assert_near(device_label_fluence_max_J_cm2(mode, 6, 8), 26, 0);
	assert_true(isnan(device_label_fluence_max_J_cm2(mode, 0, 8)));
	assert_true(isnan(device_label_fluence_max_J_cm2(mode, 3, 9)));
	for (size_t row = 0; row < mode->label_fluences; row++)
		for (int type = 1; type < 6; type++)
			assert_true(mode->label_fluence[row].max_J_cm2[type] <=
			            mode->label_fluence[row].max_J_cm2[type - 1]);
	device_free(&device);
	device = profile_device("profound_matrix"); /* K240070: above 62 mJ/pin only I-IV */
	mode = device_mode_find(device, "sublative80");
	assert_true(isnan(mode->label_energy_mJ_pin_max[3]));
	assert_near(mode->label_energy_mJ_pin_max[4], 62, 0);
	device_free(&device);
}

static void names_split_at_one_dot(void **state)
{
	char device[DEVICE_ID_MAX], mode[DEVICE_ID_MAX];

	(void)state;
	assert_true(device_mode_split("ultrapulse.deepfx", device, mode));
	assert_string_equal(device, "ultrapulse");
	assert_string_equal(mode, "deepfx");
	assert_false(device_mode_split("ultrapulse", device, mode));
	assert_false(device_mode_split(".deepfx", device, mode));
	assert_false(device_mode_split("ultrapulse.", device, mode));
	assert_false(device_mode_split("a.b.c", device, mode));
	assert_false(device_mode_split("a.abcdefghijklmnopqrstuvwxyz0123456789", device, mode));
}

/* --- what is said about profiles ---------------------------------------------------------------------- */

static struct json_doc *schema_doc(void)
{
	static char bytes[65536];
	FILE *file = fopen("profiles/schema/device.schema.json", "rb");
	struct json_doc *doc = NULL;

	assert_non_null(file);
	size_t len = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	assert_int_equal(json_parse("device.schema.json", bytes, len, &doc, NULL), ST_OK);
	return doc;
}

/* Follows keys from a cursor; all cursors stay in at[]. */
static const struct json_at *follow(struct json_at *at, const char *const *keys)
{
	for (; *keys; keys++, at++)
		if (!json_find(at, *keys, at + 1))
			fail_msg("the schema has no %s", *keys);
	return at;
}

/* The schema for editors and the table the program goes by are two documents: they must agree. */
static void the_schema_lists_the_settings_with_their_bounds(void **state)
{
	struct json_doc *doc = schema_doc();
	struct json_at at[8] = {json_root(doc)};
	const struct json_at *settings =
	        follow(at, (const char *[]){"$defs", "settings", "properties", NULL});

	(void)state;
	assert_int_equal(json_count(settings), SETTINGS);
	for (unsigned id = 0; id < SETTINGS; id++) {
		const struct setting_spec *spec = setting_spec(id);
		struct json_at path[4] = {*settings};
		const struct json_at *fixed =
		        follow(path, (const char *[]){spec->key, "properties", "fixed", NULL});
		double min = 0, max = 0;
		assert_int_equal(json_number_in(fixed, "minimum", -1e9, 1e9, "", &min, NULL, NULL), ST_OK);
		assert_int_equal(json_number_in(fixed, "maximum", -1e9, 1e9, "", &max, NULL, NULL), ST_OK);
		assert_near(min, spec->min, 0);
		assert_near(max, spec->max, 0);
	}
	json_free(&doc);
}

static void assert_enum(struct json_doc *doc, const char *const *keys, const char *(*name)(int), size_t count)
{
	struct json_at at[8] = {json_root(doc)}, item = {0};
	const struct json_at *list = follow(at, keys);

	assert_int_equal(json_count(list), count);
	while (json_array_each(list, &item))
		assert_string_equal(json_text(&item), name((int)item.index));
}

static const char *modality_at(int i)
{
	return modality_name((enum modality)i);
}

static const char *pattern_at(int i)
{
	return pattern_name((enum pattern)i);
}

static const char *confidence_at(int i)
{
	return confidence_name((enum confidence)i);
}

static void the_schema_lists_the_names(void **state)
{
	struct json_doc *doc = schema_doc();

	(void)state;
	assert_enum(doc, (const char *[]){"properties", "modality", "enum", NULL}, modality_at, MODALITIES);
	assert_enum(doc, (const char *[]){"$defs", "mode", "properties", "pattern", "enum", NULL}, pattern_at,
	            PATTERNS);
	assert_enum(doc, (const char *[]){"$defs", "confidence", "enum", NULL}, confidence_at, CONFIDENCES);
	json_free(&doc);
}

/* Whether SOURCES.md has a row for "V24". */
static bool listed(const char *sources, const char *key, size_t length)
{
	const char *row = strstr(sources, "## Device profiles");

	while (row && (row = strstr(row, "\n| ")) != NULL) {
		row += 3;
		size_t cell = strcspn(row, "|");
		for (const char *hit = row; hit + length <= row + cell; hit++)
			if (strncmp(hit, key, length) == 0 && strspn(hit + length, "0123456789b") == 0)
				return true;
	}
	return false;
}

static void every_source_cited_is_listed(void **state)
{
	static struct profile_text text;
	static char sources[65536];
	FILE *file = fopen("profiles/SOURCES.md", "rb");
	size_t cited = 0;

	(void)state;
	assert_non_null(file);
	sources[fread(sources, 1, sizeof sources - 1, file)] = '\0';
	(void)fclose(file);
	for (size_t i = 0; i < PROFILES; i++) {
		assert_true(profile_text(profile_ids[i], &text));
		text.bytes[text.len] = '\0';
		for (const char *at = text.bytes; (at = strchr(at, 'V')) != NULL; at++) {
			size_t digits = strspn(at + 1, "0123456789");
			bool word = at == text.bytes || !strchr("IVX", at[-1]); /* not a skin type */
			if (digits == 0 || !word)
				continue;
			size_t length = 1 + digits + (at[1 + digits] == 'b');
			if (!listed(sources, at, length))
				fail_msg("%s cites %.*s, which SOURCES.md does not list", profile_ids[i],
				         (int)length, at);
			cited++;
		}
	}
	assert_true(cited > 100);
}

/* The limits table finds the class of a mode by name, modality and wavelength; the profile names it. Both
 * must say the same, or a limit would be looked up under the wrong class. */
static void the_limits_table_agrees_on_the_class_of_every_mode(void **state)
{
	static char bytes[131072];
	FILE *file = fopen("profiles/safety/limits.json", "rb");
	struct limits *limits = NULL;
	struct fail why = {0};

	(void)state;
	assert_non_null(file);
	size_t len = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	if (limits_parse(bytes, len, "limits.json", &limits, &why))
		fail_msg("%s", why.text);
	for (size_t i = 0; i < PROFILES; i++) {
		struct device *device = profile_device(profile_ids[i]);
		assert_non_null(device);
		for (size_t m = 0; m < device->modes; m++) {
			const struct device_mode *mode = &device->mode[m];
			char name[2 * DEVICE_ID_MAX];
			(void)snprintf(name, sizeof name, "%s.%s", device->id, mode->id);
			const char *class =
			        limits_mode_class(limits, name, modality_name(device->modality),
			                          mode->wavelength_nm, device_mode_is_fractional(mode));
			if (!class || strcmp(class, mode->mode_class) != 0)
				fail_msg("%s: %s here, %s in the limits", name, mode->mode_class,
				         class ? class : "none");
		}
		device_free(&device);
	}
	limits_free(&limits);
}

/* --- bent profiles ------------------------------------------------------------------------------------ */

/* The smallest profile; %s stands for its settings. */
static const char skeleton[] = "{\"schema\":\"lasertwin-device/"
                               "1\",\"id\":\"d\",\"name\":\"D\",\"maker\":\"M\",\"modality\":\"pico\","
                               "\"modes\":[{\"id\":\"m\",\"name\":\"M\",\"mode_class\":\"c\",\"pattern\":"
                               "\"broad\",\"wavelength_nm\":755,"
                               "\"settings\":{%s}}]}";
#define SOURCED "\"source\":\"K\",\"confidence\":\"high\""

static enum status parse_settings(const char *settings, struct fail *why)
{
	char text[1024];
	struct device *device = NULL;

	(void)snprintf(text, sizeof text, skeleton, settings);
	enum status st = device_parse("d.json", text, strlen(text), &device, why);
	device_free(&device);
	return st;
}

static void bent_settings_are_refused_with_the_field(void **state)
{
	static const struct {
		const char *settings, *field, *words;
	} cases[] = {
	        {"", "modes[0]", "no settings"},
	        {"\"spot\":{\"fixed\":3," SOURCED "}", "settings.spot", "did you mean \"spot_mm\"?"},
	        {"\"spot_mm\":{\"fixed\":3000," SOURCED "}", "spot_mm.fixed", "outside 0.05..25 mm"},
	        {"\"spot_mm\":{\"fixed\":3,\"confidence\":\"high\"}", "spot_mm.source", "missing"},
	        {"\"spot_mm\":{\"fixed\":3,\"source\":\"\",\"confidence\":\"high\"}", "spot_mm",
	         "source is empty"},
	        {"\"spot_mm\":{\"fixed\":3,\"source\":\"K\",\"confidence\":\"sure\"}", "spot_mm.confidence",
	         "high, medium"},
	        {"\"spot_mm\":{\"min\":5,\"max\":2," SOURCED "}", "spot_mm.max", "2 is outside 5..25"},
	        {"\"spot_mm\":{\"min\":2,\"max\":2," SOURCED "}", "spot_mm", "write \"fixed\""},
	        {"\"spot_mm\":{\"min\":2,\"max\":5,\"step\":0.7," SOURCED "}", "spot_mm", "not reached"},
	        {"\"spot_mm\":{\"min\":2,\"max\":5,\"step\":0," SOURCED "}", "spot_mm.step", "outside"},
	        {"\"spot_mm\":{\"min\":2,\"max\":5,\"step\":-1," SOURCED "}", "spot_mm.step", "outside"},
	        {"\"spot_mm\":{\"choices\":[3,2]," SOURCED "}", "spot_mm.choices[1]", "ascend"},
	        {"\"spot_mm\":{\"choices\":[3,3]," SOURCED "}", "spot_mm.choices[1]", "ascend"},
	        {"\"spot_mm\":{\"choices\":[]," SOURCED "}", "spot_mm.choices", "2 to 16"},
	        {"\"spot_mm\":{\"choices\":[2,3],\"usual\":2.5," SOURCED "}", "spot_mm", "usual 2.5"},
	        {"\"spot_mm\":{\"fixed\":3,\"min\":2," SOURCED "}", "spot_mm.min", "not known"},
	        {"\"spot_mm\":{\"derived\":true," SOURCED "}", "modes[0]", "nothing it follows from"},
	        {"\"spot_mm\":{\"fixed\":\"3\"," SOURCED "}", "spot_mm.fixed", "is a text"},
	        {"\"spot_mm\":{\"fixed\":8,5," SOURCED "}", "d.json:1:", "double quotes"},
	        {"\"spot_mm\":{\"fixed\":1e400," SOURCED "}", "spot_mm.fixed", "too large"},
	        {"\"spot_mm\":{\"fixed\":3,\"fixed\":4," SOURCED "}", "spot_mm.fixed", "given twice"},
	};
	struct fail why = {0};

	(void)state;
	assert_int_equal(parse_settings("\"spot_mm\":{\"fixed\":3," SOURCED "}", &why), ST_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_not_equal(parse_settings(cases[i].settings, &why), ST_OK);
		if (!strstr(why.field, cases[i].field) || !strstr(why.text, cases[i].words))
			fail_msg("%s\n  gives \"%s: %s\"", cases[i].settings, why.field, why.text);
	}
}

static void replace(const char *text, const char *from, const char *to, char *out, size_t size)
{
	const char *hit = strstr(text, from);

	assert_non_null(hit);
	(void)snprintf(out, size, "%.*s%s%s", (int)(hit - text), text, to, hit + strlen(from));
}

static void bent_profiles_are_refused_with_the_field(void **state)
{
	static const struct {
		const char *from, *to, *field, *words;
	} cases[] = {
	        {"lasertwin-device/1", "laser-device/1", "schema", "lasertwin-device/1"},
	        {"\"id\":\"d\"", "\"id\":\"D d\"", "id", "a-z"},
	        {"\"maker\":\"M\",", "", "maker", "missing"},
	        {"\"pico\"", "\"pica\"", "modality", "did you mean \"pico\"?"},
	        {"\"pico\"", "\"rf_mn\"", "modes[0]", "does not go with"},
	        {"\"wavelength_nm\":755", "\"wavelength_um\":0.755", "modes[0].wavelength_um",
	         "wavelength_nm"},
	        {"\"wavelength_nm\":755", "\"wavelength_nm\":0.755", "modes[0].wavelength_nm",
	         "outside 180..20000 nm"},
	        {"\"maker\"", "\"cleard\":[],\"maker\"", "cleard", "cleared"},
	        {"\"maker\"", "\"cleared\":[{\"use\":\"u\",\"source\":\"s\",\"modes\":[\"x\"]}],\"maker\"",
	         "cleared[0]", "does not have"},
	        {"\"broad\"", "\"microbeams\"", "modes[0]", "coverage_basis"},
	};
	char text[1024], bent[2048];
	struct device *device = NULL;
	struct fail why = {0};

	(void)state;
	(void)snprintf(text, sizeof text, skeleton, "\"spot_mm\":{\"fixed\":3," SOURCED "}");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		replace(text, cases[i].from, cases[i].to, bent, sizeof bent);
		assert_int_not_equal(device_parse("d.json", bent, strlen(bent), &device, &why), ST_OK);
		assert_null(device);
		if (!strstr(why.field, cases[i].field) || !strstr(why.text, cases[i].words))
			fail_msg("%s\n  gives \"%s: %s\"", cases[i].to, why.field, why.text);
	}
}

/* --- mutation ----------------------------------------------------------------------------------------- */

static void assert_within_absolute_bounds(const struct device *device)
{
	for (size_t m = 0; m < device->modes; m++) {
		for (unsigned id = 0; id < SETTINGS; id++) {
			const struct setting_domain *domain = &device->mode[m].setting[id];
			const struct setting_spec *spec = setting_spec(id);
			if (domain->kind == DOMAIN_NONE)
				continue;
			assert_true(domain->min >= spec->min && domain->max <= spec->max &&
			            domain->min <= domain->max);
			assert_true(domain->step >= 0 && domain->step <= domain->max - domain->min);
		}
	}
}

/* What is accepted must also be usable without harm: complete, expose, protect. */
static void exercise(const struct device *device)
{
	for (size_t m = 0; m < device->modes; m++) {
		const struct device_mode *mode = &device->mode[m];
		struct device_grid grid;
		struct settings settings = {0};
		struct setting_issues issues;
		struct exposure exposure;
		struct exposure_numbers numbers;
		(void)settings_complete(mode, &settings, &settings, &issues);
		if (device_grid_init(&grid, mode, NULL, NULL) == ST_OK) {
			(void)device_grid_at(&grid, 0, &settings);
			(void)device_grid_at(&grid, grid.count - 1, &settings);
		}
		if (exposure_of(device, mode, &settings, &exposure, NULL) == ST_OK)
			exposure_numbers(&exposure, &numbers);
		(void)eyewear_for(mode);
	}
}

static void mutated_profiles_never_crash(void **state)
{
	static const char spice[] = "{}[]\",:0123456789.eE-+nulltrue \n";
	static struct profile_text text; /* large for a stack */
	struct rng rng;
	unsigned accepted = 0;

	(void)state;
	rng_seed(&rng, 38, 14);
	for (unsigned round = 0; round < 3000; round++) {
		assert_true(profile_text(profile_ids[round % PROFILES], &text));
		for (uint64_t edits = 1 + rng_next(&rng) % 3; edits > 0; edits--)
			text.bytes[rng_next(&rng) % text.len] = spice[rng_next(&rng) % (sizeof spice - 1)];
		struct device *device = NULL;
		struct fail why = {0};
		if (device_parse("m.json", text.bytes, text.len, &device, &why) == ST_OK) {
			accepted++;
			assert_within_absolute_bounds(device);
			exercise(device);
		} else {
			assert_true(why.text[0] != '\0');
			assert_null(device);
		}
		device_free(&device);
	}
	assert_in_range(accepted, 100, 2900); /* edits inside notes are harmless */
}

/* Each number of a profile replaced in turn by what a slip of the pen makes of it. */
static void slipped_numbers_are_refused_or_stay_within_bounds(void **state)
{
	static const char *const slips[] = {"-1",  "1e400", "NaN", "8,5",     "\"5\"",
	                                    "1e9", "null",  "01",  "-0.0001", "[]"};
	static struct profile_text text;
	char bent[sizeof text.bytes + 16];

	(void)state;
	assert_true(profile_text("ultrapulse", &text));
	for (size_t at = 0; at < text.len; at++) {
		bool starts = strchr(" [", text.bytes[at]) && text.bytes[at + 1] >= '0' &&
		              text.bytes[at + 1] <= '9';
		if (!starts)
			continue;
		size_t digits = strspn(text.bytes + at + 1, "0123456789.");
		if (text.bytes[at + 1 + digits] != ',' && text.bytes[at + 1 + digits] != '\n' &&
		    text.bytes[at + 1 + digits] != '}' && text.bytes[at + 1 + digits] != ']')
			continue; /* inside a text */
		for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
			struct device *device = NULL;
			(void)snprintf(bent, sizeof bent, "%.*s%s%.*s", (int)at + 1, text.bytes, slips[i],
			               (int)(text.len - at - 1 - digits), text.bytes + at + 1 + digits);
			if (device_parse("m.json", bent, strlen(bent), &device, NULL) == ST_OK)
				fail_msg("accepted %s at byte %zu", slips[i], at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_profile_loads_under_its_own_id),
	        cmocka_unit_test(no_open_mode_has_a_dose_range_of_low_confidence),
	        cmocka_unit_test(clearances_answer_by_mode_use_and_type),
	        cmocka_unit_test(label_fluence_follows_type_and_spot),
	        cmocka_unit_test(names_split_at_one_dot),
	        cmocka_unit_test(the_schema_lists_the_settings_with_their_bounds),
	        cmocka_unit_test(the_schema_lists_the_names),
	        cmocka_unit_test(every_source_cited_is_listed),
	        cmocka_unit_test(the_limits_table_agrees_on_the_class_of_every_mode),
	        cmocka_unit_test(bent_settings_are_refused_with_the_field),
	        cmocka_unit_test(bent_profiles_are_refused_with_the_field),
	        cmocka_unit_test(mutated_profiles_never_crash),
	        cmocka_unit_test(slipped_numbers_are_refused_or_stay_within_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
