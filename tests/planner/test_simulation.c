/* Simulation files: the examples, every refusal by name, bytes changed at random, and answers that must agree
 * with each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "physics/base/rng.h"
#include "planner/plan/files.h"
#include "planner/simulate/simulation.h"
#include "tests/support/near.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FOLDER "tests/validation/simulations"
#define TEXT_MAX 8192
#define MUTATIONS 4000

static const char plain[] = "{\"schema\": \"lasertwin-simulation/1\", \"wavelength_nm\": 1064, \"beam\": "
                            "{\"profile\": \"broad\"},"
                            " \"pulse\": {\"duration_s\": 0.01}, \"fluence_J_cm2\": 20,"
                            " \"layers\": [{\"kind\": \"epidermis\", \"thickness_um\": 80}, {\"kind\": "
                            "\"reticular\", \"thickness_um\": 2000}],"
                            " \"outputs\": {\"points\": [{\"depth_um\": 60}], \"times_s\": [0.01], "
                            "\"damage_sets\": [\"gaylor\"]},"
                            " \"criterion\": {\"type\": \"temperature\", \"value\": 60, \"depth_um\": 60}}";

/* plain with the first occurrence of one text replaced by another. */
static void edited(const char *from, const char *to, char *out)
{
	const char *at = strstr(plain, from);
	assert_non_null(at);
	(void)snprintf(out, TEXT_MAX, "%.*s%s%s", (int)(at - plain), plain, to, at + strlen(from));
}

static enum status read_text(const char *text, struct simulation *out, struct fail *why)
{
	return simulation_read("t.json", text, strlen(text), out, why);
}

static void examples_are_understood(void **state)
{
	(void)state;
	struct files_list list;
	struct fail why = {.text = ""};
	assert_int_equal(files_list(FOLDER, ".json", &list, &why), ST_OK);
	assert_true(list.count >= 5);
	for (size_t i = 0; i < list.count; i++) {
		char path[256], *bytes = NULL;
		size_t length = 0;
		struct simulation s;
		(void)snprintf(path, sizeof path, FOLDER "/%s", list.name[i]);
		assert_int_equal(file_read(path, 1 << 20, &bytes, &length, &why), ST_OK);
		if (simulation_read(list.name[i], bytes, length, &s, &why) != ST_OK)
			fail_msg("%s: %s", why.field, why.text);
		free(bytes);
	}
	files_list_free(&list);
}

static void refusals_name_the_field(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *field, *text;
	} wrong[] = {
	        {"simulation/1", "simulation/9", "t.json: schema", ""},
	        {"\"wavelength_nm\": 1064", "\"wavelength_nm\": 100", "t.json: wavelength_nm", "350"},
	        {"\"wavelength_nm\": 1064", "\"wavelenght_nm\": 1064", "t.json: wavelenght_nm",
	         "wavelength_nm"},
	        {"\"wavelength_nm\": 1064,", "", "t.json", "wavelength_nm is missing"},
	        {"\"broad\"", "\"square\"", "t.json: beam.profile", "flat_top"},
	        {"\"broad\"", "\"flat_top\"", "t.json: beam.diameter_mm", ""},
	        {"\"broad\"", "\"gaussian\", \"diameter_mm\": 5", "t.json: beam.definition", ""},
	        {"\"broad\"", "\"gaussian\", \"diameter_mm\": 5, \"definition\": \"fwhm\"",
	         "t.json: beam.definition", "1/e2"},
	        {"\"duration_s\": 0.01", "\"duration_s\": 0", "t.json: pulse.duration_s", "s"},
	        {"\"duration_s\": 0.01", "\"duration_s\": 0.01, \"count\": 3", "t.json: pulse", "rate_Hz"},
	        {"\"duration_s\": 0.01", "\"duration_s\": 0.01, \"count\": 3, \"rate_Hz\": 200",
	         "t.json: pulse", "100 Hz"},
	        {"\"duration_s\": 0.01", "\"duration_s\": 0.01, \"shape\": \"round\"", "t.json: pulse.shape",
	         "gaussian"},
	        {"\"duration_s\": 0.01", "\"duration_s\": 0.01, \"shape\": \"sampled\"", "t.json: pulse.samples",
	         ""},
	        {"\"duration_s\": 0.01", "\"duration_s\": 0.01, \"samples\": [1]", "t.json: pulse.samples",
	         "sampled"},
	        {"\"duration_s\": 0.01",
	         "\"duration_s\": 0.01, \"shape\": \"sampled\", \"samples\": [0, 0]", "t.json: pulse.samples",
	         "no power"},
	        {"\"duration_s\": 0.01",
	         "\"duration_s\": 0.01, \"shape\": \"sampled\", \"samples\": [1, -1]",
	         "t.json: pulse.samples[1]", "0"},
	        {"\"broad\"", "\"broad\", \"incidence_deg\": 90", "t.json: beam.incidence_deg", "89"},
	        {"\"broad\"", "\"broad\", \"incidence_deg\": 9, \"diffuse\": true", "t.json: beam.incidence_deg",
	         "no angle"},
	        {"\"broad\"", "\"flat_top\", \"diameter_mm\": 5, \"diffuse\": true", "t.json: beam.diffuse",
	         "broad"},
	        {"\"duration_s\": 0.01", "\"duration_s\": 0.01, \"passes\": 2", "t.json: pulse",
	         "pass_interval_s"},
	        {"\"fluence_J_cm2\": 20", "\"fluence_J_cm2\": -1", "t.json: fluence_J_cm2", "J/cm2"},
	        {"\"fluence_J_cm2\": 20", "\"fluence_J_cm2\": \"20\"", "t.json: fluence_J_cm2", "number"},
	        {"\"epidermis\"", "\"dermis\"", "t.json: layers[0].kind", "reticular"},
	        {"\"kind\": \"epidermis\"", "\"melanosome_frac\": 0.1", "t.json: layers[0].melanosome_frac",
	         "kind"},
	        {"\"kind\": \"epidermis\"", "\"name\": \"x\"", "t.json: layers[0]", "optics"},
	        {"\"kind\": \"epidermis\"", "\"kind\": \"epidermis\", \"melanosome_frac\": 1.5",
	         "t.json: layers[0].melanosome_frac", "1"},
	        {"\"kind\": \"epidermis\"",
	         "\"kind\": \"epidermis\", \"optics\": {\"n\": 1.4, \"mua_1_cm\": 1}",
	         "t.json: layers[0].optics.mus_1_cm", ""},
	        {"\"kind\": \"epidermis\"",
	         "\"kind\": \"epidermis\", \"optics\": {\"n\": 1.4, \"mua_1_cm\": 1, \"mus_1_cm\": 1, "
	         "\"reduced_scattering_1_cm\": 1}",
	         "t.json: layers[0].optics.mus_1_cm", "keep one"},
	        {"\"thickness_um\": 80", "\"thickness_um\": 0", "t.json: layers[0].thickness_um", "um"},
	        {"\"depth_um\": 60}]", "\"depth_um\": 9000}]", "t.json", "outputs.points[0]"},
	        {"\"gaylor\"", "\"gailor\"", "t.json: outputs.damage_sets[0]", "gaylor"},
	        {"\"temperature\", \"value\"", "\"heat\", \"value\"", "t.json: criterion.type", "cem43"},
	        {"\"type\": \"temperature\"", "\"type\": \"omega\"", "t.json: criterion.set", ""},
	        {"\"value\": 60,", "", "t.json: criterion.value", ""},
	        {"\"value\": 60,", "\"value\": 60, \"lesion_diameter_mm\": 2,", "t.json", "finite size"},
	        {"\"criterion\"", "\"cooling\": [{\"preset\": \"ice\", \"start_s\": 0}], \"criterion\"",
	         "t.json: cooling[0].preset", "sapphire"},
	        {"\"criterion\"",
	         "\"cooling\": [{\"preset\": \"cryogen_r134a\", \"start_s\": 0}], \"criterion\"",
	         "t.json: cooling[0].spurt_s", ""},
	        {"\"criterion\"",
	         "\"cooling\": [{\"start_s\": 2, \"end_s\": 1, \"h_W_m2K\": 9, \"medium_C\": 1}], "
	         "\"criterion\"",
	         "t.json: cooling[0]", "later"},
	};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char text[TEXT_MAX];
		struct simulation s;
		struct fail why = {.text = ""};
		edited(wrong[i].from, wrong[i].to, text);
		enum status status = read_text(text, &s, &why);
		if (status == ST_OK || strcmp(why.field, wrong[i].field) != 0 ||
		    !strstr(why.text, wrong[i].text))
			fail_msg("%s -> %s: %d %s: %s", wrong[i].from, wrong[i].to, (int)status, why.field,
			         why.text);
		assert_null(strchr(why.text, '\n'));
	}
}

/* Bytes changed, cut and doubled at random: refused in one line or read, never worse. */
static void changed_bytes_are_refused_or_read(void **state)
{
	(void)state;
	struct rng rng;
	size_t length = strlen(plain), refused = 0;
	rng_seed(&rng, 20240229, 1);
	for (int i = 0; i < MUTATIONS; i++) {
		char text[sizeof plain];
		struct simulation s;
		struct fail why = {.text = ""};
		memcpy(text, plain, sizeof plain);
		for (uint64_t n = 1 + rng_next(&rng) % 3; n > 0; n--) {
			size_t at = rng_next(&rng) % length, from = rng_next(&rng) % length;
			if (rng_next(&rng) % 2)
				text[at] = (char)(rng_next(&rng) % 256);
			else
				memmove(text + at, text + from, length - (at > from ? at : from));
		}
		size_t size = rng_next(&rng) % 8 ? length : rng_next(&rng) % length;
		enum status status = simulation_read("t.json", text, size, &s, &why);
		if (status != ST_OK) {
			refused++;
			assert_true(why.text[0] != '\0' && strchr(why.text, '\n') == NULL);
		} else {
			assert_true(s.layers >= 1 && s.layers <= SIMULATION_LAYERS_MAX);
		}
	}
	assert_true(refused > MUTATIONS / 2);
}

static struct simulation read_plain(void)
{
	struct simulation s;
	struct fail why = {.text = ""};
	if (read_text(plain, &s, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return s;
}

static void must(enum status status, const struct fail *why)
{
	if (status != ST_OK)
		fail_msg("%s: %s", why->field, why->text);
}

/* Run at its own threshold, a simulation just meets its criterion. */
static void threshold_and_run_agree(void **state)
{
	(void)state;
	struct simulation s = read_plain();
	struct simulation_threshold threshold;
	struct simulation_result result;
	struct fail why = {.text = ""};
	must(simulation_find_threshold(&s, NULL, &threshold, &why), &why);
	s.fluence_J_cm2 = threshold.fluence_J_cm2;
	must(simulation_run(&s, NULL, &result, &why), &why);
	assert_near(result.point[0].peak_C, 60.0, 0.02);
	assert_true(threshold.low_J_cm2 < threshold.high_J_cm2 &&
	            threshold.high_J_cm2 < 1.0002 * threshold.low_J_cm2);
	assert_true(threshold.sensitivity < -0.2 && threshold.sensitivity > -1.0);
	assert_true(threshold.more_J_cm2 < threshold.fluence_J_cm2 &&
	            threshold.fluence_J_cm2 < threshold.less_J_cm2);
}

static void lesion_diameter_needs_more_light(void **state)
{
	(void)state;
	struct simulation s = read_plain();
	struct simulation_threshold centre, wide;
	struct simulation_result result;
	struct fail why = {.text = ""};
	s.beam = (struct simulation_beam){.profile = SIMULATION_GAUSSIAN, .radius_um = 2000.0};
	s.criterion.kind = CRITERION_OMEGA;
	s.criterion.set = s.set[0];
	s.criterion.value = 1.0;
	must(simulation_find_threshold(&s, NULL, &centre, &why), &why);
	s.criterion.lesion_diameter_um = 1000.0;
	must(simulation_find_threshold(&s, NULL, &wide, &why), &why);
	assert_true(wide.fluence_J_cm2 > 1.05 * centre.fluence_J_cm2);
	s.fluence_J_cm2 = wide.fluence_J_cm2;
	must(simulation_run(&s, NULL, &result, &why), &why);
	assert_true(result.lesion[0].diameter_um > 990.0); /* the widest, at whatever depth */
	assert_true(result.lesion[0].top_um <= 60.0 && result.lesion[0].bottom_um >= 60.0);
}

/* A spot far wider than light and heat wander is the broad beam, through the other engines. */
static void wide_spot_is_the_broad_beam(void **state)
{
	(void)state;
	struct simulation s = read_plain();
	struct simulation_result broad, wide;
	struct fail why = {.text = ""};
	must(simulation_run(&s, NULL, &broad, &why), &why);
	s.beam = (struct simulation_beam){.profile = SIMULATION_FLAT_TOP, .radius_um = 30000.0};
	must(simulation_run(&s, NULL, &wide, &why), &why);
	double rise_K = broad.point[0].peak_C - s.surface_C;
	assert_near(wide.point[0].peak_C, broad.point[0].peak_C, 0.01 * rise_K);
	assert_string_not_equal(wide.models.heat, broad.models.heat);
}

/* Above 100 C the broad beam boils: the answer stays at 100 C and says which model ran. */
static void boiling_is_left_to_its_model(void **state)
{
	(void)state;
	struct simulation s = read_plain();
	struct simulation_result result;
	struct fail why = {.text = ""};
	s.fluence_J_cm2 = 150.0;
	must(simulation_run(&s, NULL, &result, &why), &why);
	assert_true(result.peak.temperature_C < 100.5 && result.boiled_frac > 0.0);
	assert_non_null(strstr(result.models.heat, "boiling"));
	s.beam = (struct simulation_beam){.profile = SIMULATION_FLAT_TOP, .radius_um = 3000.0};
	must(simulation_run(&s, NULL, &result, &why), &why);
	assert_true(result.peak.temperature_C < 100.5 && result.boiled_frac > 0.0);
	assert_non_null(strstr(result.models.heat, "r and z with boiling"));
	s.fluence_J_cm2 = 1500.0; /* the basal layer's water is gone: heat without ablation is said to be wrong */
	must(simulation_run(&s, NULL, &result, &why), &why);
	assert_true(result.peak.temperature_C > 101.0 && (result.models.flags & VALIDITY_MODEL_LIMIT));
}

/* A square pulse in parts of equal power is the square pulse; other shapes heat less early or late, and all
 * leave the same heat behind. */
static void pulse_shapes_share_their_energy(void **state)
{
	(void)state;
	static const char *const pulses[] = {
	        "\"duration_s\": 0.01, \"shape\": \"sampled\", \"samples\": [3, 3, 3]",
	        "\"duration_s\": 0.004, \"shape\": \"gaussian\"",
	        "\"duration_s\": 0.005, \"shape\": \"triangular\"",
	        "\"duration_s\": 0.002, \"shape\": \"exponential\"",
	        "\"duration_s\": 0.01, \"shape\": \"sampled\", \"samples\": [1, 0, 0, 0, 1]",
	};
	struct simulation square = read_plain();
	struct simulation_result was, is;
	struct fail why = {.text = ""};
	square.times = 1;
	square.time_s[0] = 0.5;
	must(simulation_run(&square, NULL, &was, &why), &why);
	for (size_t i = 0; i < COUNT(pulses); i++) {
		char text[TEXT_MAX];
		struct simulation s;
		edited("\"duration_s\": 0.01", pulses[i], text);
		must(read_text(text, &s, &why), &why);
		s.time_s[0] = 0.5;
		must(simulation_run(&s, NULL, &is, &why), &why);
		assert_near(is.point[0].time_C[0], was.point[0].time_C[0], 0.1);
		if (i == 0)
			assert_near(is.point[0].peak_C, was.point[0].peak_C, 0.02);
		else
			assert_true(fabs(is.point[0].peak_C - was.point[0].peak_C) > 0.05);
	}
}

/* Half of a triangle's energy comes in each half, three quarters in the middle half; it lasts twice its width. */
static void triangular_pulse(void **state)
{
	(void)state;
	char text[TEXT_MAX];
	struct simulation s;
	struct fail why = {.text = ""};
	edited("\"duration_s\": 0.01", "\"duration_s\": 0.01, \"shape\": \"triangular\"", text);
	must(read_text(text, &s, &why), &why);
	double half = 0.0, middle = 0.0;
	size_t n = s.pulses.slices;
	for (size_t i = 0; i < n; i++) {
		half += i < n / 2 ? s.pulse.slice_frac[i] : 0.0;
		middle += i >= n / 4 && i < 3 * n / 4 ? s.pulse.slice_frac[i] : 0.0;
	}
	assert_near(half, 0.5, 1e-12);
	assert_near(middle, 0.75, 1e-12);
	assert_near(s.pulses.duration_s, 0.02, 1e-12);
	assert_string_equal(simulation_shape_name(s.pulse.shape), "triangular");
}

/* Diffuse and slanted light lose more at the surface and go less deep. */
static void slanted_and_diffuse_light(void **state)
{
	(void)state;
	struct simulation s = read_plain();
	struct simulation_result upright, slanted, diffuse;
	struct fail why = {.text = ""};
	must(simulation_run(&s, NULL, &upright, &why), &why);
	s.beam.incidence_deg = 75.0;
	must(simulation_run(&s, NULL, &slanted, &why), &why);
	s.beam = (struct simulation_beam){.profile = SIMULATION_BROAD, .diffuse = true};
	must(simulation_run(&s, NULL, &diffuse, &why), &why);
	assert_true(slanted.models.reflected_frac > upright.models.reflected_frac + 0.1);
	assert_true(diffuse.models.reflected_frac > upright.models.reflected_frac + 0.01);
	assert_true(diffuse.models.reflected_frac < slanted.models.reflected_frac);
}

static void missing_questions_are_refused(void **state)
{
	(void)state;
	struct simulation s = read_plain();
	struct simulation_result result;
	struct simulation_threshold threshold;
	struct fail why = {.text = ""};
	s.fluence_J_cm2 = NAN;
	assert_int_equal(simulation_run(&s, NULL, &result, &why), ST_INPUT);
	assert_string_equal(why.field, "fluence_J_cm2");
	s.criterion.given = false;
	assert_int_equal(simulation_find_threshold(&s, NULL, &threshold, &why), ST_INPUT);
	assert_string_equal(why.field, "criterion");
	s = read_plain();
	s.criterion.kind = CRITERION_CEM43;
	s.criterion.value = 1e-12;
	s.surface_C = s.core_C = 44.0;
	assert_int_equal(simulation_find_threshold(&s, NULL, &threshold, &why), ST_MODEL);
}

static int stop(void *context, double done_frac)
{
	(void)context;
	(void)done_frac;
	return 1;
}

static void work_can_be_cancelled(void **state)
{
	(void)state;
	struct simulation s = read_plain();
	struct simulation_result result;
	struct simulation_progress progress = {.tell = stop};
	struct fail why = {.text = ""};
	assert_int_equal(simulation_run(&s, &progress, &result, &why), ST_CANCELLED);
}

static void reports_carry_the_numbers(void **state)
{
	(void)state;
	struct simulation s = read_plain();
	struct simulation_result result;
	struct simulation_threshold threshold;
	struct fail why = {.text = ""};
	char *text = NULL;
	must(simulation_run(&s, NULL, &result, &why), &why);
	must(simulation_find_threshold(&s, NULL, &threshold, &why), &why);
	must(simulation_run_json(&s, &result, &text, &why), &why);
	cJSON *root = cJSON_Parse(text);
	const cJSON *point = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "points"), 0);
	assert_near(cJSON_GetObjectItem(point, "peak_C")->valuedouble, result.point[0].peak_C, 1e-9);
	assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "models"), "light"));
	cJSON_Delete(root);
	free(text);
	must(simulation_threshold_json(&s, &threshold, &text, &why), &why);
	root = cJSON_Parse(text);
	assert_near(cJSON_GetObjectItem(root, "threshold_J_cm2")->valuedouble, threshold.fluence_J_cm2, 1e-9);
	cJSON_Delete(root);
	free(text);
	must(simulation_run_text(&s, &result, &text, &why), &why);
	assert_non_null(strstr(text, "J/cm2"));
	assert_non_null(strstr(text, "Validity"));
	free(text);
	must(simulation_threshold_text(&s, &threshold, &text, &why), &why);
	assert_non_null(strstr(text, "Sensitivity"));
	free(text);
}

/* ---- craters and plasma ---- */

static struct simulation read_example(const char *name)
{
	char path[256], *bytes = NULL;
	size_t length = 0;
	struct simulation s;
	struct fail why = {.text = ""};
	(void)snprintf(path, sizeof path, FOLDER "/%s", name);
	must(file_read(path, 1 << 20, &bytes, &length, &why), &why);
	must(simulation_read(name, bytes, length, &s, &why), &why);
	free(bytes);
	return s;
}

/* The crater is the ablation model's own; what lies in it is gone; below the threshold nothing is. */
static void erbium_digs_a_crater(void **state)
{
	(void)state;
	struct simulation s = read_example("erbium_2940.json");
	struct simulation_result r;
	struct simulation_threshold t;
	struct fail why = {.text = ""};
	char *text = NULL;
	s.points = 2;
	s.point[0] = (struct simulation_point){20.0, 0.0};
	s.point[1] = (struct simulation_point){20.0, 900.0};
	s.sets = 1;
	must(simulation_run(&s, NULL, &r, &why), &why);
	assert_true(r.crater.computed && (r.crater.lesion.events & MICROBEAM_ABLATED));
	assert_near(r.crater.lesion.ablation_depth_um.value / 20.0, 5.0, 1.5); /* 6 um per J/cm2: Hibst & Kaufmann 1991 */
	assert_true(isnan(r.point[0].peak_C) && isinf(r.point[0].omega[0]));
	assert_true(isfinite(r.point[1].peak_C));
	assert_true(r.peak.temperature_C < 400.0);
	must(simulation_run_text(&s, &r, &text, &why), &why);
	assert_non_null(strstr(text, "crater"));
	assert_non_null(strstr(text, "removed"));
	free(text);
	must(simulation_find_threshold(&s, NULL, &t, &why), &why);
	assert_near(t.fluence_J_cm2, r.crater.threshold_J_cm2.value, 1e-12);
	s.fluence_J_cm2 = 0.5 * t.fluence_J_cm2;
	must(simulation_run(&s, NULL, &r, &why), &why);
	assert_true(r.crater.computed && !(r.crater.lesion.events & MICROBEAM_ABLATED));
	assert_true(isfinite(r.point[0].peak_C));
}

/* Exposures that are not the crater's model's: run as before, and as a threshold refused by name. */
static void craters_know_their_limits(void **state)
{
	(void)state;
	struct simulation s = read_example("erbium_2940.json");
	struct simulation_threshold t;
	struct fail why = {.text = ""};
	s.wavelength_nm = 1064;
	assert_int_equal(simulation_find_threshold(&s, NULL, &t, &why), ST_MODEL);
	s = read_example("erbium_2940.json");
	s.pulses.count = 2;
	assert_int_equal(simulation_find_threshold(&s, NULL, &t, &why), ST_MODEL);
	s = read_example("erbium_2940.json");
	s.layer[1].own_optics = true;
	assert_int_equal(simulation_find_threshold(&s, NULL, &t, &why), ST_INPUT);
	assert_string_equal(why.field, "layers");
	s = read_example("focus_1064.json");
	s.focus.given = false;
	assert_int_equal(simulation_find_threshold(&s, NULL, &t, &why), ST_INPUT);
	assert_string_equal(why.field, "focus");
}

static void focus_breaks_down_above_its_threshold(void **state)
{
	(void)state;
	struct simulation s = read_example("focus_1064.json");
	struct simulation_result r;
	struct simulation_threshold t;
	struct fail why = {.text = ""};
	char *text = NULL;
	must(simulation_find_threshold(&s, NULL, &t, &why), &why);
	s.fluence_J_cm2 = 1.01 * t.fluence_J_cm2;
	must(simulation_run(&s, NULL, &r, &why), &why);
	assert_true(r.focused && r.breakdown.formed);
	must(simulation_run_json(&s, &r, &text, &why), &why);
	assert_non_null(strstr(text, "bubble_um"));
	free(text);
	s.fluence_J_cm2 = 0.99 * t.fluence_J_cm2;
	must(simulation_run(&s, NULL, &r, &why), &why);
	assert_false(r.breakdown.formed);
}

/* Minutes of mild heat: wide vessels carry more of it away; a flash leaves blood no time. Finite beams are refused. */
static double threshold_J_cm2(bool living, double duration_s)
{
	struct simulation s = read_plain();
	struct simulation_threshold t;
	struct fail why = {.text = ""};
	s.living = living;
	s.pulses.duration_s = s.pulse.width_s = duration_s;
	s.criterion.value = 46.0;
	s.criterion.depth_um = 500.0;
	must(simulation_find_threshold(&s, NULL, &t, &why), &why);
	return t.fluence_J_cm2;
}

static void living_skin_takes_more(void **state)
{
	(void)state;
	char text[TEXT_MAX];
	struct simulation s;
	struct fail why = {.text = ""};
	assert_true(threshold_J_cm2(true, 600.0) > 1.05 * threshold_J_cm2(false, 600.0));
	assert_near(threshold_J_cm2(true, 0.01) / threshold_J_cm2(false, 0.01), 1.0, 0.01);
	edited("\"fluence_J_cm2\": 20,", "\"fluence_J_cm2\": 20, \"temperature\": {\"living\": true},", text);
	assert_int_equal(read_text(text, &s, &why), ST_OK);
	assert_true(s.living);
	edited("{\"profile\": \"broad\"},",
	       "{\"profile\": \"flat_top\", \"diameter_mm\": 5}, \"temperature\": {\"living\": true},", text);
	assert_int_equal(read_text(text, &s, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "living"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(examples_are_understood),
	        cmocka_unit_test(refusals_name_the_field),
	        cmocka_unit_test(changed_bytes_are_refused_or_read),
	        cmocka_unit_test(threshold_and_run_agree),
	        cmocka_unit_test(lesion_diameter_needs_more_light),
	        cmocka_unit_test(wide_spot_is_the_broad_beam),
	        cmocka_unit_test(boiling_is_left_to_its_model),
	        cmocka_unit_test(pulse_shapes_share_their_energy),
	        cmocka_unit_test(triangular_pulse),
	        cmocka_unit_test(slanted_and_diffuse_light),
	        cmocka_unit_test(missing_questions_are_refused),
	        cmocka_unit_test(work_can_be_cancelled),
	        cmocka_unit_test(reports_carry_the_numbers),
	        cmocka_unit_test(erbium_digs_a_crater),
	        cmocka_unit_test(craters_know_their_limits),
	        cmocka_unit_test(focus_breaks_down_above_its_threshold),
	        cmocka_unit_test(living_skin_takes_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
