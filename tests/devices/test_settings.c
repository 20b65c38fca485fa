/* Settings: coupling, grid, refusals, unit slips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "devices/device.h"
#include "devices/json.h"
#include "tests/support/device_profiles.h"
#include "tests/support/near.h"

struct entry {
	enum setting_id id;
	double value;
};
#define ENTRIES_MAX 6

static struct settings settings_of(const struct entry *entry, size_t count)
{
	struct settings settings = {0};

	for (size_t i = 0; i < count; i++)
		settings_set(&settings, entry[i].id, entry[i].value);
	return settings;
}
#define SETTINGS_OF(...)                                                                                     \
	settings_of((const struct entry[]){__VA_ARGS__},                                                     \
	            sizeof((const struct entry[]){__VA_ARGS__}) / sizeof(struct entry))

static const struct device_mode *open_mode(const char *device_id, const char *mode_id, struct device **device)
{
	*device = profile_device(device_id);
	assert_non_null(*device);
	const struct device_mode *mode = device_mode_find(*device, mode_id);
	assert_non_null(mode);
	return mode;
}

static void assert_issue(const struct setting_issues *issues, enum setting_id id, enum issue_kind kind)
{
	for (size_t i = 0; i < issues->count; i++)
		if (issues->issue[i].id == id && issues->issue[i].kind == kind)
			return;
	for (size_t i = 0; i < issues->count; i++)
		print_message("issue: %s; %s\n", issues->issue[i].text, issues->issue[i].remedy);
	fail_msg("no issue of kind %d with %s", (int)kind, setting_spec(id)->key);
}

static void the_table_is_whole(void **state)
{
	(void)state;
	for (unsigned id = 0; id < SETTINGS; id++) {
		const struct setting_spec *spec = setting_spec(id);
		enum setting_id found;
		assert_non_null(spec->key);
		assert_true(spec->max > spec->min);
		assert_true(setting_find(spec->key, &found));
		assert_int_equal(found, id);
	}
	enum setting_id found;
	assert_false(setting_find("energy", &found));
}

/* PicoSure runs at 200 mJ: 0.71 J/cm2 at 6 mm (JAAD 2016;74:931), 6.37 at 2 mm (JCM 2024;13:2116). */
static void spot_gives_fluence_and_fluence_gives_spot(void **state)
{
	struct device *device;
	const struct device_mode *mode = open_mode("picosure", "755_zoom", &device);
	struct settings out;

	(void)state;
	struct settings in = SETTINGS_OF({SETTING_SPOT_MM, 6});
	assert_true(settings_complete(mode, &in, &out, NULL));
	assert_near(out.value[SETTING_FLUENCE_J_CM2], 0.7074, 5e-5);
	assert_near(out.value[SETTING_ENERGY_MJ], 200, 0);
	assert_near(out.value[SETTING_PULSE_PS], 750, 0);
	in = SETTINGS_OF({SETTING_FLUENCE_J_CM2, 6.37});
	assert_true(settings_complete(mode, &in, &out, NULL));
	assert_near(out.value[SETTING_SPOT_MM], 2, 0);
	in = SETTINGS_OF({SETTING_FLUENCE_J_CM2, 0.71}, {SETTING_SPOT_MM, 6}, {SETTING_ENERGY_MJ, 200});
	assert_true(settings_complete(mode, &in, &out, NULL));
	device_free(&device);
}

static void contradictions_beyond_two_percent_are_reported(void **state)
{
	struct device *device;
	const struct device_mode *mode = open_mode("picosure", "755_zoom", &device);
	struct setting_issues issues;
	struct settings out;

	(void)state;
	/* 0.71 J/cm2 at 6 mm means 200.7 mJ; at 5 mm 139 mJ */
	struct settings in = SETTINGS_OF({SETTING_FLUENCE_J_CM2, 0.71}, {SETTING_SPOT_MM, 5});
	assert_false(settings_complete(mode, &in, &out, &issues));
	assert_int_equal(issues.count, 1);
	assert_issue(&issues, SETTING_FLUENCE_J_CM2, ISSUE_COUPLING);
	assert_near(issues.issue[0].expected, 1.0186, 1e-4);
	assert_non_null(strstr(issues.issue[0].text, "fluence 0.71 J/cm2 contradicts"));
	/* 1.9 % passes, 2.1 % does not: 0.70736 J/cm2 is exact */
	in = SETTINGS_OF({SETTING_FLUENCE_J_CM2, 0.70736 * 1.019}, {SETTING_SPOT_MM, 6});
	assert_true(settings_complete(mode, &in, &out, &issues));
	assert_near(out.value[SETTING_FLUENCE_J_CM2], 0.70736, 1e-5); /* derived: made exact */
	in = SETTINGS_OF({SETTING_FLUENCE_J_CM2, 0.70736 * 1.021}, {SETTING_SPOT_MM, 6});
	assert_false(settings_complete(mode, &in, &out, &issues));
	device_free(&device);
}

/* UltraPulse DeepFX: the worked case, 15 mJ 10 % of 120 um microbeams = 884 /cm2. */
static void density_follows_from_coverage(void **state)
{
	struct device *device;
	const struct device_mode *mode = open_mode("ultrapulse", "deepfx", &device);
	struct settings out;

	(void)state;
	struct settings in =
	        SETTINGS_OF({SETTING_ENERGY_MJ, 15}, {SETTING_DENSITY_PCT, 10}, {SETTING_PASSES, 1});
	assert_true(settings_complete(mode, &in, &out, NULL));
	assert_near(out.value[SETTING_DENSITY_PER_CM2], 884.19, 0.01);
	assert_false(settings_has(&out, SETTING_REP_HZ)); /* optional: stays open */
	in = SETTINGS_OF({SETTING_ENERGY_MJ, 15}, {SETTING_DENSITY_PER_CM2, 884}, {SETTING_PASSES, 1});
	assert_true(settings_complete(mode, &in, &out, NULL));
	assert_near(out.value[SETTING_DENSITY_PCT], 10, 0);
	device_free(&device);
}

/* Fraxel: coverage 20 % is level 7 at 1550 nm; 21 % is none. */
static void coverage_and_level_go_together(void **state)
{
	struct device *device;
	const struct device_mode *mode = open_mode("fraxel_dual", "1550", &device);
	struct setting_issues issues;
	struct settings out;

	(void)state;
	struct settings in =
	        SETTINGS_OF({SETTING_ENERGY_MJ, 40}, {SETTING_COVERAGE_PCT, 20}, {SETTING_PASSES, 8});
	assert_true(settings_complete(mode, &in, &out, NULL));
	assert_near(out.value[SETTING_TREATMENT_LEVEL], 7, 0);
	in = SETTINGS_OF({SETTING_ENERGY_MJ, 40}, {SETTING_TREATMENT_LEVEL, 13});
	assert_true(settings_complete(mode, &in, &out, NULL));
	assert_near(out.value[SETTING_COVERAGE_PCT], 48, 0);
	assert_near(out.value[SETTING_PASSES], 8, 0); /* usual */
	in = SETTINGS_OF({SETTING_ENERGY_MJ, 40}, {SETTING_COVERAGE_PCT, 21.5});
	assert_false(settings_complete(mode, &in, &out, &issues));
	assert_int_equal(issues.count, 1);
	assert_issue(&issues, SETTING_COVERAGE_PCT, ISSUE_CHOICE);
	assert_string_equal(issues.issue[0].remedy, "set 20 % (level 7) or 23 % (level 8)");
	in = SETTINGS_OF({SETTING_ENERGY_MJ, 40}, {SETTING_COVERAGE_PCT, 20}, {SETTING_TREATMENT_LEVEL, 8});
	assert_false(settings_complete(mode, &in, &out, &issues));
	assert_issue(&issues, SETTING_COVERAGE_PCT, ISSUE_COUPLING);
	device_free(&device);
}

/* SmartXide has no mJ: 30 W for 1000 us are 30 mJ; 350 um dots 500 um apart stand 850 um from centre to
 * centre. */
static void power_dwell_and_spacing_give_energy_and_density(void **state)
{
	struct device *device;
	const struct device_mode *mode = open_mode("smartxide_dot", "dot", &device);
	struct setting_issues issues;
	struct settings out;

	(void)state;
	struct settings in =
	        SETTINGS_OF({SETTING_POWER_W, 30}, {SETTING_DWELL_US, 1000}, {SETTING_PITCH_UM, 500});
	assert_true(settings_complete(mode, &in, &out, NULL));
	assert_near(out.value[SETTING_ENERGY_MJ], 30, 1e-9);
	assert_near(out.value[SETTING_DENSITY_PER_CM2], 138.41, 0.01); /* 1 / 0.085^2 */
	assert_near(out.value[SETTING_COVERAGE_PCT], 13.316, 0.001);
	in = SETTINGS_OF({SETTING_POWER_W, 30}, {SETTING_DWELL_US, 1000}, {SETTING_PITCH_UM, 500},
	                 {SETTING_ENERGY_MJ, 300});
	assert_false(settings_complete(mode, &in, &out, &issues));
	assert_issue(&issues, SETTING_ENERGY_MJ, ISSUE_COUPLING);
	device_free(&device);
}

static void values_off_the_grid_are_refused_by_name(void **state)
{
	struct device *device;
	const struct device_mode *mode = open_mode("ultrapulse", "deepfx", &device);
	struct setting_issues issues;
	struct settings out;

	(void)state;
	struct settings in = SETTINGS_OF({SETTING_ENERGY_MJ, 31}, {SETTING_DENSITY_PCT, 60},
	                                 {SETTING_PASSES, 1.5}, {SETTING_SPOT_MM, 3});
	assert_false(settings_complete(mode, &in, &out, &issues));
	assert_int_equal(issues.count, 4);
	assert_issue(&issues, SETTING_ENERGY_MJ, ISSUE_STEP);
	assert_issue(&issues, SETTING_DENSITY_PCT, ISSUE_RANGE);
	assert_issue(&issues, SETTING_PASSES, ISSUE_STEP);
	assert_issue(&issues, SETTING_SPOT_MM, ISSUE_NOT_A_SETTING);
	assert_near(out.value[SETTING_ENERGY_MJ], 31, 0); /* reported, never moved */
	assert_near(out.value[SETTING_DENSITY_PCT], 60, 0);
	for (size_t i = 0; i < issues.count; i++) {
		if (issues.issue[i].id != SETTING_ENERGY_MJ)
			continue;
		assert_string_equal(issues.issue[i].text,
		                    "energy 31 mJ is not on the grid 2.5..50 mJ in steps of 2.5");
		assert_string_equal(issues.issue[i].remedy, "set 30 or 32.5 mJ");
		assert_true(issues.issue[i].source[0] != '\0');
	}
	in = (struct settings){0};
	assert_false(settings_complete(mode, &in, &out, &issues));
	assert_int_equal(issues.count, 3);
	assert_issue(&issues, SETTING_ENERGY_MJ, ISSUE_MISSING);
	assert_issue(&issues, SETTING_DENSITY_PCT, ISSUE_MISSING);
	assert_issue(&issues, SETTING_PASSES, ISSUE_MISSING);
	in = SETTINGS_OF({SETTING_ENERGY_MJ, (double)NAN}, {SETTING_DENSITY_PCT, (double)INFINITY},
	                 {SETTING_PASSES, 1});
	assert_false(settings_complete(mode, &in, &out, &issues));
	assert_issue(&issues, SETTING_ENERGY_MJ, ISSUE_RANGE);
	assert_issue(&issues, SETTING_DENSITY_PCT, ISSUE_RANGE);
	device_free(&device);
}

/* PICOCARE (K241144, Med Lasers 2022;11:229): 500 mJ at most, so 10 mm ends at 0.6 J/cm2 of the 0.1 grid. */
static void the_energy_limit_couples_fluence_and_spot(void **state)
{
	static const struct {
		double spot_mm, max_J_cm2; /* the maker's limit, floored to the grid */
	} rows[] = {{2, 10}, {3, 7.0}, {4, 3.9}, {5, 2.5}, {6, 1.7}, {7, 1.2}, {8, 0.9}, {9, 0.7}, {10, 0.6}};
	struct device *device;
	const struct device_mode *mode = open_mode("picocare_majesty", "1064", &device);
	struct setting_issues issues;
	struct settings out;
	struct fail why = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct settings in = SETTINGS_OF({SETTING_SPOT_MM, rows[i].spot_mm},
		                                 {SETTING_FLUENCE_J_CM2, rows[i].max_J_cm2});
		assert_true(settings_complete(mode, &in, &out, &issues));
		assert_true(out.value[SETTING_ENERGY_MJ] <= 500);
		assert_int_equal(setting_step(mode, &in, SETTING_FLUENCE_J_CM2, 1, &out, &why), ST_RANGE);
	}
	assert_string_equal(why.field, "energy_mJ"); /* 0.7 J/cm2 at 10 mm */
	assert_non_null(strstr(why.text, "energy 549.779 mJ, which follows from the others, is outside"));
	device_free(&device);
}

static void steps_follow_the_grid_and_say_where_it_ends(void **state)
{
	struct device *device;
	const struct device_mode *mode = open_mode("ultrapulse", "deepfx", &device);
	struct settings in =
	        SETTINGS_OF({SETTING_ENERGY_MJ, 15}, {SETTING_DENSITY_PCT, 10}, {SETTING_PASSES, 1});
	struct settings out = {0};
	struct fail why = {0};

	(void)state;
	assert_int_equal(setting_step(mode, &in, SETTING_ENERGY_MJ, 1, &out, &why), ST_OK);
	assert_near(out.value[SETTING_ENERGY_MJ], 17.5, 0);
	assert_int_equal(setting_step(mode, &in, SETTING_DENSITY_PCT, 2, &out, &why), ST_OK);
	assert_near(out.value[SETTING_DENSITY_PER_CM2], 2 * 884.194, 0.01); /* derived again */
	assert_int_equal(setting_step(mode, &in, SETTING_PASSES, -1, &out, &why), ST_RANGE);
	assert_string_equal(why.field, "passes");
	assert_near(out.value[SETTING_DENSITY_PCT], 20, 0); /* unchanged on refusal */
	assert_int_equal(setting_step(mode, &in, SETTING_DENSITY_PER_CM2, 1, &out, &why), ST_INPUT);
	assert_int_equal(setting_step(mode, &in, SETTING_SPOT_MM, 1, &out, &why), ST_INPUT);
	assert_int_equal(setting_step(mode, &in, SETTING_INTERVAL_DAYS, 1, &out, &why), ST_OK);
	/* from between two grid values to the next in either direction */
	settings_set(&in, SETTING_ENERGY_MJ, 31);
	assert_int_equal(setting_step(mode, &in, SETTING_ENERGY_MJ, 1, &out, &why), ST_OK);
	assert_near(out.value[SETTING_ENERGY_MJ], 32.5, 0);
	assert_int_equal(setting_step(mode, &in, SETTING_ENERGY_MJ, -1, &out, &why), ST_OK);
	assert_near(out.value[SETTING_ENERGY_MJ], 30, 0);
	/* an empty setting starts at the near end */
	in = (struct settings){0};
	assert_int_equal(setting_step(mode, &in, SETTING_ENERGY_MJ, 1, &out, &why), ST_OK);
	assert_near(out.value[SETTING_ENERGY_MJ], 2.5, 0);
	device_free(&device);
}

/* A coverage entered without its level still turns by level. */
static void stepping_keeps_what_was_solved(void **state)
{
	struct device *device;
	const struct device_mode *mode = open_mode("fraxel_dual", "1927", &device);
	struct settings in = SETTINGS_OF({SETTING_ENERGY_MJ, 10}, {SETTING_COVERAGE_PCT, 20});
	struct settings out;
	struct fail why = {0};

	(void)state;
	assert_int_equal(setting_step(mode, &in, SETTING_TREATMENT_LEVEL, 1, &out, &why), ST_OK);
	assert_near(out.value[SETTING_COVERAGE_PCT], 25, 0);
	assert_int_equal(setting_step(mode, &in, SETTING_ENERGY_MJ, 1, &out, &why), ST_OK);
	assert_near(out.value[SETTING_TREATMENT_LEVEL], 1, 0);
	assert_near(out.value[SETTING_ENERGY_MJ], 11, 0);
	device_free(&device);
}

/* At most this many combinations of a grid are tried, evenly spread. */
#define TRIALS 400

static void every_grid_value_completes(void **state)
{
	size_t modes = 0, forbidden = 0, tried = 0;

	(void)state;
	for (size_t i = 0; i < PROFILES; i++) {
		struct device *device = profile_device(profile_ids[i]);
		assert_non_null(device);
		for (size_t m = 0; m < device->modes; m++) {
			const struct device_mode *mode = &device->mode[m];
			struct device_grid grid;
			struct fail why = {0};
			if (mode->locked)
				continue;
			if (device_grid_init(&grid, mode, NULL, &why))
				fail_msg("%s.%s: %s", device->id, mode->id, why.text);
			size_t stride = grid.count / TRIALS + 1, good = 0;
			for (size_t at = 0; at < grid.count; at += stride, tried++) {
				struct settings settings;
				struct setting_issues issues;
				bool allowed = device_grid_at(&grid, at, &settings);
				good += allowed;
				forbidden += !allowed;
				(void)settings_complete(mode, &settings, &settings, &issues);
				/* only what follows from the knobs may forbid a combination of them */
				for (size_t k = 0; k < issues.count; k++)
					assert_int_equal(mode->setting[issues.issue[k].id].kind,
					                 DOMAIN_DERIVED);
			}
			if (good == 0)
				fail_msg("%s.%s: no combination is allowed", device->id, mode->id);
			modes++;
		}
		device_free(&device);
	}
	assert_true(modes >= 25 && forbidden > 0 && forbidden < tried);
}

/* --- unit slips --------------------------------------------------------------------------------------- */

struct slips {
	size_t made, caught, made_1000, caught_1000;
};

/* One value of a good setting replaced by ten or a thousand times, or a fraction, of it. */
static void slip(const struct device_mode *mode, const struct settings *good, enum setting_id id,
                 struct slips *count)
{
	static const double factors[] = {10, 0.1, 1000, 0.001};

	if (!settings_has(good, id) || good->value[id] == 0)
		return; /* nothing, times ten, is nothing */
	for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
		struct settings slipped = *good, out;
		settings_set(&slipped, id, good->value[id] * factors[i]);
		bool refused = !settings_complete(mode, &slipped, &out, NULL);
		count->made++;
		count->caught += refused;
		count->made_1000 += i >= 2;
		count->caught_1000 += i >= 2 && refused;
	}
}

/* Slips in up to TRIALS grid settings of a mode: of whole settings, and of the knobs with nothing else
 * entered. */
static void slip_everywhere(const struct device_mode *mode, struct slips *whole, struct slips *bare)
{
	struct device_grid grid;

	if (mode->locked || device_grid_init(&grid, mode, NULL, NULL))
		return;
	for (size_t at = 0; at < grid.count; at += grid.count / TRIALS + 1) {
		struct settings full, knobs = {0};
		if (!device_grid_at(&grid, at, &full))
			continue;
		for (size_t k = 0; k < grid.knobs; k++)
			settings_set(&knobs, grid.knob[k], full.value[grid.knob[k]]);
		for (unsigned id = 0; id < SETTINGS; id++) {
			slip(mode, &full, id, whole);
			slip(mode, &knobs, id, bare);
		}
	}
}

static double share_pct(size_t part, size_t whole)
{
	return 100.0 * (double)part / (double)whole;
}

/* 15 mJ typed as 150 or 1.5, 3 mm as 3000, 0.4 J/cm2 as 400. Range, step and coupling must catch 99 of 100 in
 * a whole setting. A knob alone has nothing to contradict it: 40 mJ for 4 mJ is a setting like any other, and
 * left to the limits by skin type and zone; that share is printed. */
static void unit_slips_are_caught(void **state)
{
	struct slips whole = {0}, bare = {0};

	(void)state;
	for (size_t i = 0; i < PROFILES; i++) {
		struct device *device = profile_device(profile_ids[i]);
		assert_non_null(device);
		for (size_t m = 0; m < device->modes; m++)
			slip_everywhere(&device->mode[m], &whole, &bare);
		device_free(&device);
	}
	print_message("unit slips caught: %.1f %% of %zu in whole settings, %.1f %% of %zu in knobs alone\n",
	              share_pct(whole.caught, whole.made), whole.made, share_pct(bare.caught, bare.made),
	              bare.made);
	assert_int_equal(whole.caught_1000, whole.made_1000); /* mm for um, J for mJ: never */
	assert_true(share_pct(whole.caught, whole.made) >= 99);
}

static void cases_are_read_strictly(void **state)
{
	static const char good[] =
	        "{\"energy_mJ\":15,\"density_pct\":10,\"return_pad_site\":\"thigh\",\"x_a\":1}";
	static const char *const bad[] = {"{\"energy\":15}", "{\"energy_mJ\":\"15\"}", "{\"spot_mm\":3000}",
	                                  "{\"passes\":null}", "[]"};
	struct settings settings = {0};
	struct json_doc *doc = NULL;
	struct fail why = {0};
	char text[128];

	(void)state;
	assert_int_equal(json_parse("c.json", good, strlen(good), &doc, &why), ST_OK);
	struct json_at root = json_root(doc);
	assert_int_equal(settings_read(&root, &settings, &why), ST_OK);
	assert_string_equal(settings_text(&settings, text, sizeof text), "energy 15 mJ, density 10 %");
	assert_string_equal(settings_text(&settings, text, 8), "energy ");
	json_free(&doc);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(json_parse("c.json", bad[i], strlen(bad[i]), &doc, &why), ST_OK);
		root = json_root(doc);
		assert_int_not_equal(settings_read(&root, &settings, &why), ST_OK);
		assert_near(settings.value[SETTING_ENERGY_MJ], 15, 0); /* untouched */
		json_free(&doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_table_is_whole),
	        cmocka_unit_test(spot_gives_fluence_and_fluence_gives_spot),
	        cmocka_unit_test(contradictions_beyond_two_percent_are_reported),
	        cmocka_unit_test(density_follows_from_coverage),
	        cmocka_unit_test(coverage_and_level_go_together),
	        cmocka_unit_test(power_dwell_and_spacing_give_energy_and_density),
	        cmocka_unit_test(values_off_the_grid_are_refused_by_name),
	        cmocka_unit_test(the_energy_limit_couples_fluence_and_spot),
	        cmocka_unit_test(steps_follow_the_grid_and_say_where_it_ends),
	        cmocka_unit_test(stepping_keeps_what_was_solved),
	        cmocka_unit_test(every_grid_value_completes),
	        cmocka_unit_test(unit_slips_are_caught),
	        cmocka_unit_test(cases_are_read_strictly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
