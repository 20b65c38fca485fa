/* Case files: the worked cases exactly, and every kind of bad input refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/json.h"
#include "physics/base/rng.h"
#include "planner/plan/case.h"
#include "planner/plan/files.h"
#include "planner/plan/report.h"

static struct library *library;

static int load(void **state)
{
	struct fail why = {0};
	(void)state;
	if (library_load("profiles", &library, &why) != ST_OK) {
		print_error("%s: %s\n", why.field, why.text);
		return 1;
	}
	return 0;
}

static int unload(void **state)
{
	(void)state;
	library_free(&library);
	return 0;
}

static char *read_text(const char *path, size_t *length)
{
	char *bytes = NULL;
	struct fail why = {0};
	if (file_read(path, JSON_BYTES_MAX, &bytes, length, &why))
		fail_msg("%s: %s", why.field, why.text);
	return bytes;
}

/* ---- the worked cases ----------------------------------------------------------------------------------- */

static void evaluate_case(const char *path)
{
	struct case_file *file = NULL;
	struct fail why = {0};
	const struct case_options options = {.seed = 1, .samples = 8};
	if (case_read(path, &file, &why))
		fail_msg("%s: %s", why.field, why.text);
	for (size_t i = 0; i < file->requests; i++) {
		struct case_result *r = calloc(1, sizeof *r);
		assert_non_null(r);
		if (case_evaluate(library, &file->request[i], &options, r, &why))
			fail_msg("%s %s: %s: %s", path, file->request[i].request.name, why.field, why.text);
		assert_true(r->checks > 0);
		for (size_t c = 0; c < r->checks; c++)
			if (!r->check[c].met)
				fail_msg("%s %s: %s: %s", path, file->request[i].request.name, r->check[c].what, r->check[c].got);
		case_result_clear(r);
		free(r);
	}
	case_free(&file);
}

static void acne_scar_s1_is_judged_exactly(void **state)
{
	(void)state;
	evaluate_case("tests/validation/cases/S1.json");
}

static void melasma_s2_is_judged_exactly(void **state)
{
	(void)state;
	evaluate_case("tests/validation/cases/S2.json");
}

/* No radiofrequency on this patient, whatever a prediction says. */
static void pacemaker_s3_is_judged_exactly(void **state)
{
	(void)state;
	evaluate_case("tests/validation/cases/S3.json");
}

/* Expectations from the tables of rules and types, not from the program's answers. */
static void what_clinics_meet_is_judged(void **state)
{
	(void)state;
	evaluate_case("tests/validation/cases/U1.json");
}

/* ---- requests that cannot be fitted ---------------------------------------------------------------------- */

/* S1 altered: results of its first requests, and the file as if it held no others. Free with free_altered. */
static size_t requests_read;

static struct case_file *evaluate_altered(const char *from, const char *to, struct case_result *result, size_t results)
{
	size_t length;
	char *text = read_text("tests/validation/cases/S1.json", &length);
	char *at = strstr(text, from);
	struct case_file *file = NULL;
	struct fail why = {0};
	const struct case_options options = {.seed = 1, .samples = 4};
	assert_non_null(at);
	size_t room = length + strlen(to) + 1;
	char *altered = malloc(room);
	assert_non_null(altered);
	(void)snprintf(altered, room, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	if (case_parse("S1.json", altered, strlen(altered), &file, &why))
		fail_msg("%s: %s", why.field, why.text);
	requests_read = file->requests;
	assert_true(results <= requests_read);
	file->requests = results;
	for (size_t i = 0; i < results; i++)
		if (case_evaluate(library, &file->request[i], &options, &result[i], &why))
			fail_msg("%s: %s", why.field, why.text);
	free(altered);
	free(text);
	return file;
}

static void free_altered(struct case_file *file, struct case_result *result)
{
	for (size_t i = 0; i < file->requests; i++)
		case_result_clear(&result[i]);
	file->requests = requests_read;
	case_free(&file);
}

/* A mode without a protocol is judged all the same, and does not keep the other requests from their answers. */
static void without_a_protocol_the_rules_still_answer(void **state)
{
	static struct case_result result[2];
	char *report = NULL;
	struct fail why = {0};
	(void)state;
	struct case_file *file = evaluate_altered("\"requests\": [",
	        "\"requests\": [{\"name\": \"rf\", \"device\": \"thermage_flx.face_3cm2_cpt\", \"zones\": [\"cheeks\"], "
	        "\"history\": {\"active_implants\": \"pacemaker\", \"others\": \"no\"}},", result, 2);
	assert_int_equal(result[0].assessment.verdict, VERDICT_BLOCK);
	assert_false(result[0].fitted || result[0].fit.feasible);
	assert_non_null(strstr(result[0].unfitted.text, "no protocol on file"));
	assert_int_equal(result[1].assessment.verdict, VERDICT_ALLOW);
	assert_int_equal(report_case_text(library, file, result, &report, &why), ST_OK);
	assert_non_null(strstr(report, "no protocol on file"));
	assert_non_null(strstr(report, "NO PLAN"));
	free(report);
	free_altered(file, result);
}

/* Of a fixed energy the widest spot is the lowest dose, not the first of the list. */
static void where_nothing_is_feasible_the_lowest_dose_is_judged(void **state)
{
	static struct case_result result[1];
	(void)state;
	struct case_file *file = evaluate_altered("\"requests\": [",
	        "\"requests\": [{\"name\": \"p\", \"device\": \"picosure.755_zoom\", \"zones\": [\"cheeks\"], "
	        "\"indication\": \"solar_lentigines\", \"history\": {\"pregnant\": true, \"others\": \"no\"}},", result, 1);
	assert_true(result[0].fitted && !result[0].fit.feasible);
	assert_true(result[0].assessment.exposure.spot_um > 9999.0);
	free_altered(file, result);
}

/* A skin the model refuses has no predicted burn, and that is no leave to treat. */
static void without_a_prediction_nothing_is_allowed(void **state)
{
	struct case_file *file = NULL;
	struct planning *p = NULL;
	struct assessment a;
	struct twin twin;
	struct fail why = {0};
	const struct predict_options options = {.samples = 16, .seed = 1};
	(void)state;
	assert_int_equal(case_read("tests/validation/cases/S1.json", &file, &why), ST_OK);
	const struct case_request *q = &file->request[0];
	assert_int_equal(twin_from_readings(&q->subject.readings, &twin, &why), ST_OK);
	twin.covariance[TWIN_BLOOD_FRAC][TWIN_BLOOD_FRAC] += 25.0;
	assert_int_equal(twin_refresh(&twin, &why), ST_OK);
	assert_int_equal(planning_new_for_twin(library, &q->subject, &q->request, &options, &twin, &p, &why), ST_OK);
	assert_int_equal(planning_assess(p, &q->request.settings, &a, &why), ST_OK);
	assert_false(a.predicted);
	assert_non_null(strstr(a.unpredicted.text, "add up to"));
	assert_int_equal(a.verdict, VERDICT_BLOCK_MD);
	assessment_clear(&a);
	planning_free(&p);
	case_free(&file);
}

/* What is wrong with a setting is said in words, with what would be right. */
static void wrong_settings_are_named(void **state)
{
	static struct case_result result[1];
	char *report = NULL, *json = NULL;
	struct fail why = {0};
	(void)state;
	struct case_file *file = evaluate_altered("\"energy_mJ\": 15,", "\"energy_mJ\": 16,", result, 1);
	assert_int_equal(result[0].assessment.verdict, VERDICT_BLOCK);
	assert_int_equal(report_case_text(library, file, result, &report, &why), ST_OK);
	assert_non_null(strstr(report, "set 15 or 17.5 mJ"));
	assert_int_equal(report_case_json(library, file, result, &json, &why), ST_OK);
	assert_non_null(strstr(json, "\"setting_issues\""));
	free(report);
	free(json);
	free_altered(file, result);
}

/* ---- bad input ------------------------------------------------------------------------------------------ */

static enum status parse(const char *text, size_t length, struct fail *why)
{
	struct case_file *file = NULL;
	enum status st = case_parse("S1.json", text, length, &file, why);
	assert_true((st == ST_OK) == (file != NULL));
	case_free(&file);
	return st;
}

struct fault {
	const char *from, *to, *says;
};

static void faults_are_refused_by_name(void **state)
{
	(void)state;
	static const struct fault faults[] = {
		{"\"ita_deg\": 46", "\"ita_deg\": 460", "patient.ita_deg"},
		{"\"ita_deg\": 46", "\"ita_deg\": 460", "-90"},
		{"\"ita_deg\": 46", "\"ita_deg\": \"46\"", "patient.ita_deg"},
		{"\"ita_deg\": 46", "\"ita_deg\": 46, \"ita_deg\": 40", "ita_deg"},
		{"\"ita_deg\": 46", "\"ita_rad\": 0.8", "ita_rad"},
		{"\"ita_deg\": 46", "\"ita_deg\": NaN", ""},
		{"\"ita_deg\": 46", "\"ita_deg\": 1e400", ""},
		{"\"ita_deg\": 46", "\"ita_deg\": 046", ""},
		{"\"ita_deg\": 46", "\"ita_deg\": 46,5", ""},
		{"\"dermis_mm\": 1.9", "\"dermis_mm\": 1900", "dermis_mm"},
		{"\"dermis_mm\": 1.9", "\"dermis_um\": 1900", "dermis_mm"},
		{"\"epidermis_um\": 62", "\"epidermis_um\": 0.062", "epidermis_um"},
		{"\"fitz\": \"II\"", "\"fitz\": \"2\"", "fitz"},
		{"\"fitz\": \"II\"", "\"fitz\": 2", "fitz"},
		{"\"sex\": \"F\"", "\"sex\": \"female\"", "sex"},
		{"\"mi_scale\": \"mexameter\"", "\"mi_scale\": \"mexa\"", "mi_scale"},
		{"\"mi_scale\": \"mexameter\"", "\"mi_scale\": \"dermaspectrometer\"", "mi_"},
		{"\"site\": \"cheek\"", "\"site\": \"moon\"", "moon"},
		{"\"age\": 29", "\"age\": -1", "age"},
		{"\"age\": 29", "\"age\": 290", "age"},
		{"\"hsv_labialis\": true", "\"hsv_labials\": true", "hsv_labialis"},
		{"\"hsv_labialis\": true", "\"hsv_labialis\": 17", "hsv_labialis"},
		{"\"others\": \"no\"", "\"others\": \"yes\"", "others"},
		{"\"isotretinoin_stopped_days_ago\": 425", "\"isotretinoin_stopped_days_ago\": -3", "isotretinoin"},
		{"\"energy_mJ\": 15", "\"energy_J\": 0.015", "energy_mJ"},
		{"\"energy_mJ\": 15", "\"energy_mJ\": 15000000", "energy_mJ"},
		{"\"zones\": [", "\"zone\": [", "zone"},
		{"\"zones\": [", "\"sides\": [\"left\", \"left\"], \"zones\": [", "2 sides for 1 zones"},
		{"\"zones\": [", "\"sides\": [\"up\"], \"zones\": [", "not left, right, both, midline"},
		{"\"schema\": \"lasertwin-case/1\"", "\"schema\": \"lasertwin-case/2\"", "schema"},
		{"\"expect\": \"ALLOW\"", "\"expect\": \"MAYBE\"", "expect"},
	};
	size_t length;
	char *good = read_text("tests/validation/cases/S1.json", &length);
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		char *at = strstr(good, faults[i].from), *text = malloc(length + 200);
		struct fail why = {0};
		assert_non_null(text);
		if (!at)
			fail_msg("the case holds no %s", faults[i].from);
		int n = snprintf(text, length + 200, "%.*s%s%s", (int)(at - good), good, faults[i].to,
		                 at + strlen(faults[i].from));
		if (parse(text, (size_t)n, &why) == ST_OK)
			fail_msg("accepted: %s", faults[i].to);
		if (!strstr(why.field, "S1.json") || (!strstr(why.text, faults[i].says) && !strstr(why.field, faults[i].says)))
			fail_msg("%s gives \"%s: %s\"", faults[i].to, why.field, why.text);
		assert_null(strpbrk(why.text, "\n\r\033"));
		free(text);
	}
	free(good);
}

static void unknown_devices_are_refused_with_a_suggestion(void **state)
{
	(void)state;
	static const char *const wrong[] = {"ultrapuls.deepfx", "ultrapulse.deepfy", "ultrapulse", "", "..", "a.b.c"};
	size_t length;
	char *good = read_text("tests/validation/cases/S1.json", &length);
	struct case_file *file = NULL;
	struct fail why = {0};
	assert_int_equal(case_parse("S1.json", good, length, &file, &why), ST_OK);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct case_result *r = calloc(1, sizeof *r);
		const struct case_options options = {.seed = 1, .samples = 2};
		assert_non_null(r);
		(void)snprintf(file->request[0].request.device_mode, sizeof file->request[0].request.device_mode, "%s", wrong[i]);
		assert_int_not_equal(case_evaluate(library, &file->request[0], &options, r, &why), ST_OK);
		assert_string_equal(why.field, "device");
		free(r);
	}
	case_free(&file);
	free(good);
}

static void unknown_zones_and_indications_are_refused_with_a_suggestion(void **state)
{
	(void)state;
	size_t length;
	char *good = read_text("tests/validation/cases/S2.json", &length);
	for (int zone = 0; zone <= 1; zone++) {
		struct case_file *file = NULL;
		struct fail why = {0};
		struct case_result *r = calloc(1, sizeof *r);
		const struct case_options options = {.seed = 1, .samples = 2};
		assert_non_null(r);
		assert_int_equal(case_parse("S2.json", good, length, &file, &why), ST_OK);
		char *word = zone ? file->request[0].request.zone[0] : file->request[0].request.indication;
		(void)snprintf(word, PLANNING_TEXT_MAX, "%s", zone ? "cheekss" : "melasm");
		assert_int_equal(case_evaluate(library, &file->request[0], &options, r, &why), ST_INPUT);
		assert_string_equal(why.field, zone ? "zones" : "indication");
		assert_non_null(strstr(why.text, zone ? "did you mean \"cheeks\"?" : "did you mean \"melasma\"?"));
		free(r);
		case_free(&file);
	}
	free(good);
}

static void truncation_at_every_byte_is_refused(void **state)
{
	(void)state;
	size_t length;
	char *good = read_text("tests/validation/cases/S1.json", &length);
	while (length && (good[length - 1] == '\n' || good[length - 1] == ' '))
		length--;
	for (size_t n = 0; n < length; n++) {
		struct fail why = {0};
		assert_int_not_equal(parse(good, n, &why), ST_OK);
		assert_true(why.text[0]);
	}
	free(good);
}

/* Any byte anywhere: accepted or refused, never a crash, a leak or an empty reason. */
static void random_damage_never_breaks_the_reader(void **state)
{
	(void)state;
	size_t length;
	char *good = read_text("tests/validation/cases/S2.json", &length), *text = malloc(length);
	struct rng rng;
	assert_non_null(text);
	rng_seed(&rng, 20, 1);
	for (int round = 0; round < 3000; round++) {
		struct fail why = {0};
		memcpy(text, good, length);
		for (uint64_t k = 0; k <= rng_next(&rng) % 3; k++)
			text[rng_next(&rng) % length] = (char)(rng_next(&rng) & 0xff);
		if (parse(text, length, &why) != ST_OK)
			assert_true(why.text[0]);
	}
	free(text);
	free(good);
}

static void oversized_and_non_utf8_files_are_refused(void **state)
{
	(void)state;
	struct fail why = {0};
	size_t length = JSON_BYTES_MAX + 1;
	char *big = malloc(length);
	assert_non_null(big);
	memset(big, ' ', length);
	assert_int_not_equal(parse(big, length, &why), ST_OK);
	free(big);
	static const char latin1[] = "{\"schema\":\"lasertwin-case/1\",\"id\":\"\xe9\"}";
	assert_int_not_equal(parse(latin1, sizeof latin1 - 1, &why), ST_OK);
}

/* ---- round trip ----------------------------------------------------------------------------------------- */

static void a_subject_survives_the_store_format(void **state)
{
	(void)state;
	static const char *const paths[] = {"tests/validation/cases/S1.json", "tests/validation/cases/S2.json",
	                                    "tests/validation/cases/S3.json", "profiles/demo/04.json",
	                                    "profiles/demo/08.json"};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct case_file *file = NULL, *again = NULL;
		struct fail why = {0};
		char *json = NULL;
		assert_int_equal(case_read(paths[i], &file, &why), ST_OK);
		struct case_request *q = &file->request[0];
		for (size_t z = 0; z < q->request.zones; z++) {
			assert_int_equal(q->request.side[z], SIDE_NOT_STATED); /* these cases say nothing of it */
			q->request.side[z] = (enum side)((i + z) % SIDES);
		}
		assert_int_equal(report_subject_json(file->id, &q->subject, &q->request, &json, &why), ST_OK);
		if (case_parse("again", json, strlen(json), &again, &why))
			fail_msg("%s: %s in %s", why.field, why.text, json);
		const struct subject *a = &q->subject, *b = &again->request[0].subject;
		assert_memory_equal(q->request.side, again->request[0].request.side, sizeof q->request.side);
		for (int r = 0; r < READINGS; r++) {
			assert_int_equal(a->readings.present[r], b->readings.present[r]);
			assert_true(a->readings.value[r] == b->readings.value[r]);
		}
		assert_int_equal(a->readings.fitzpatrick, b->readings.fitzpatrick);
		assert_string_equal(a->readings.wood, b->readings.wood);
		assert_string_equal(a->readings.site, b->readings.site);
		assert_int_equal(a->readings.sex, b->readings.sex);
		assert_int_equal(a->readings.mi_scale, b->readings.mi_scale);
		for (size_t id = 0; id < facts_spec_count(); id++) {
			struct expr_value x, y;
			if (facts_state(a->answers, id) != facts_state(b->answers, id))
				fail_msg("%s: state of %s differs", paths[i], facts_spec(id)->name);
			if (facts_state(a->answers, id) != FACT_SET)
				continue;
			facts_get(a->answers, id, &x);
			facts_get(b->answers, id, &y);
			assert_true(x.number == y.number && x.truth == y.truth && x.items == y.items);
		}
		free(json);
		case_free(&file);
		case_free(&again);
	}
}

/* ---- one session ---------------------------------------------------------------------------------------- */

static struct case_file *session_case(const char *first, const char *second)
{
	char text[2048];
	struct case_file *file = NULL;
	struct fail why = {0};
	int length = snprintf(
	        text, sizeof text,
	        "{\"schema\":\"lasertwin-case/1\",\"id\":\"V\",\"title\":\"V\",\"patient\":{\"age\":30,\"sex\":\"F\",\"fitz\":"
	        "\"II\",\"measured_days_ago\":0},\"history\":{\"others\":\"no\"},\"indication\":\"acne_scars_atrophic\",\"requests\":["
	        "{\"name\":\"A\",\"device\":\"ultrapulse.deepfx\",\"zones\":[\"cheeks\"],\"settings\":{\"energy_mJ\":10,"
	        "\"density_pct\":15,\"passes\":1}%s},{\"name\":\"B\",%s}]}", first, second);
	if (case_parse("session.json", text, (size_t)length, &file, &why))
		fail_msg("%s: %s", why.field, why.text);
	return file;
}

static bool raises(struct case_file *file, size_t request, const char *rule)
{
	const struct case_options options = {.seed = 1, .samples = 2};
	struct case_result *r = calloc(1, sizeof *r);
	struct fail why = {0};
	bool found = false;
	assert_non_null(r);
	if (case_evaluate(library, &file->request[request], &options, r, &why))
		fail_msg("%s: %s", why.field, why.text);
	for (size_t i = 0; i < r->assessment.findings.count; i++)
		found = found || (strcmp(r->assessment.findings.finding[i].rule, rule) == 0 &&
		                  r->assessment.findings.finding[i].outcome == OUTCOME_BLOCK_MD);
	case_result_clear(r);
	free(r);
	return found;
}

static void join(struct case_file *file)
{
	struct fail why = {0};
	if (case_join_sessions(library, file, &why))
		fail_msg("%s: %s", why.field, why.text);
}

/* Ablation and heat on one field on one day; the same beams twice: judged by what they are together. */
static void treatments_of_one_session_know_of_each_other(void **state)
{
	static const char nafl_here[] =
	        "\"device\":\"fraxel_dual.1550\",\"zones\":[\"cheeks\"],\"settings\":{\"energy_mJ\":10,\"coverage_pct\":9,\"passes\":8}";
	static const char nafl_there[] =
	        "\"device\":\"fraxel_dual.1550\",\"zones\":[\"forehead\"],\"settings\":{\"energy_mJ\":10,\"coverage_pct\":9,\"passes\":8}";
	static const char again[] =
	        "\"device\":\"ultrapulse.deepfx\",\"zones\":[\"cheeks\"],\"settings\":{\"energy_mJ\":5,\"density_pct\":15,\"passes\":1}";
	static const char with_b[] = ",\"same_session\":[\"B\"]";
	(void)state;
	struct case_file *file = session_case(with_b, nafl_here);
	assert_false(raises(file, 0, "R-COMBO")); /* before they are joined */
	join(file);
	assert_true(raises(file, 0, "R-COMBO"));
	case_free(&file);
	file = session_case(with_b, nafl_there); /* another field */
	join(file);
	assert_false(raises(file, 0, "R-COMBO"));
	case_free(&file);
	file = session_case("", again);
	join(file);
	assert_false(raises(file, 0, "R-COV")); /* 15 % of 25 % */
	case_free(&file);
	file = session_case(with_b, again);
	join(file);
	assert_true(raises(file, 0, "R-COV")); /* 30 % together */
	case_free(&file);
}

static const struct finding *raised_in(const struct case_result *r, const char *rule)
{
	for (size_t i = 0; i < r->assessment.findings.count; i++)
		if (strcmp(r->assessment.findings.finding[i].rule, rule) == 0)
			return &r->assessment.findings.finding[i];
	return NULL;
}

static void set_p95(struct case_result *r, enum metric metric, double p95)
{
	r->assessment.prediction.metric[metric] = (struct band){0.5 * p95, 0.1 * p95, p95, VALID};
}

/* Each within its limit alone, together not: what is left of the first one's heat counts with the second, the longer
 * the pause the less; the first knows nothing of the second. */
static void heat_of_one_session_adds_up(void **state)
{
	static const char again[] =
	        "\"device\":\"ultrapulse.deepfx\",\"zones\":[\"cheeks\"],\"settings\":{\"energy_mJ\":5,\"density_pct\":5,"
	        "\"passes\":1},\"same_session\":[\"A\"]%s";
	static const char *const gap[] = {"", ",\"gap_min\":1", ",\"gap_min\":60"};
	const struct case_options options = {.seed = 1, .samples = 2};
	double rise_K[3];
	(void)state;
	for (size_t g = 0; g < 3; g++) {
		char second[512];
		struct case_result *r = calloc(2, sizeof *r);
		struct fail why = {0};
		(void)snprintf(second, sizeof second, again, gap[g]);
		struct case_file *file = session_case("", second);
		join(file);
		for (size_t i = 0; i < 2; i++)
			if (case_evaluate(library, &file->request[i], &options, &r[i], &why))
				fail_msg("%s: %s", why.field, why.text);
		set_p95(&r[0], METRIC_OMEGA_BASAL, 0.5);
		set_p95(&r[1], METRIC_OMEGA_BASAL, 0.005);
		set_p95(&r[1], METRIC_DERMIS_PEAK_C, 50.0);
		assert_null(raised_in(&r[1], "R-BURN"));
		assert_int_equal(case_join_heat(file, r, &why), ST_OK);
		assert_int_equal(r[0].joints, 0);
		assert_int_equal(r[1].joints, 1);
		const struct case_joint *j = &r[1].joint[0];
		rise_K[g] = j->rise_K;
		assert_int_equal(j->gap_assumed, g == 0);
		assert_null(j->not_computed);
		assert_true(j->omega_joint > 0.505 && j->dermis_joint_C > j->dermis_alone_C);
		assert_true((raised_in(&r[1], "R-BURN") != NULL) == (g < 2)); /* limit 0.53 */
		for (size_t i = 0; i < 2; i++)
			case_result_clear(&r[i]);
		case_free(&file);
		free(r);
	}
	assert_true(rise_K[0] == rise_K[1] && rise_K[2] < 0.2 * rise_K[1]);
}

static void what_is_not_computed_is_said(void **state)
{
	static const char plate[] = "\"device\":\"thermage_flx.total_tip\",\"zones\":[\"cheeks\"],\"settings\":{\"level\":2},"
	                            "\"same_session\":[\"A\"]";
	const struct case_options options = {.seed = 1, .samples = 2};
	struct case_result *r = calloc(2, sizeof *r);
	struct fail why = {0};
	(void)state;
	struct case_file *file = session_case("", plate);
	for (size_t i = 0; i < 2; i++)
		if (case_evaluate(library, &file->request[i], &options, &r[i], &why))
			fail_msg("%s: %s", why.field, why.text);
	assert_int_equal(case_join_heat(file, r, &why), ST_OK);
	assert_int_equal(r[1].joints, 1);
	assert_true(r[1].joint[0].rise_K > 0.0 && isnan(r[1].joint[0].omega_joint));
	assert_non_null(strstr(r[1].joint[0].not_computed, "no prediction"));
	char *text = NULL;
	assert_int_equal(report_case_text(library, file, r, &text, &why), ST_OK);
	assert_non_null(strstr(text, "NOT COMPUTED: damage"));
	free(text);
	for (size_t i = 0; i < 2; i++)
		case_result_clear(&r[i]);
	case_free(&file);
	free(r);
}

static void partners_must_be_known(void **state)
{
	static const char unfitted[] = "\"device\":\"fraxel_dual.1550\",\"zones\":[\"cheeks\"]";
	struct fail why = {0};
	(void)state;
	struct case_file *file = session_case(",\"same_session\":[\"C\"]", unfitted);
	assert_int_equal(case_join_sessions(library, file, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "\"C\""));
	case_free(&file);
	file = session_case(",\"same_session\":[\"A\"]", unfitted); /* itself */
	assert_int_equal(case_join_sessions(library, file, &why), ST_INPUT);
	case_free(&file);
	file = session_case(",\"same_session\":[\"B\"]", unfitted);
	assert_int_equal(case_join_sessions(library, file, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "still to be"));
	case_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acne_scar_s1_is_judged_exactly),
		cmocka_unit_test(melasma_s2_is_judged_exactly),
		cmocka_unit_test(pacemaker_s3_is_judged_exactly),
		cmocka_unit_test(what_clinics_meet_is_judged),
		cmocka_unit_test(without_a_protocol_the_rules_still_answer),
		cmocka_unit_test(where_nothing_is_feasible_the_lowest_dose_is_judged),
		cmocka_unit_test(wrong_settings_are_named),
		cmocka_unit_test(without_a_prediction_nothing_is_allowed),
		cmocka_unit_test(faults_are_refused_by_name),
		cmocka_unit_test(unknown_devices_are_refused_with_a_suggestion),
		cmocka_unit_test(unknown_zones_and_indications_are_refused_with_a_suggestion),
		cmocka_unit_test(truncation_at_every_byte_is_refused),
		cmocka_unit_test(random_damage_never_breaks_the_reader),
		cmocka_unit_test(oversized_and_non_utf8_files_are_refused),
		cmocka_unit_test(a_subject_survives_the_store_format),
		cmocka_unit_test(treatments_of_one_session_know_of_each_other),
		cmocka_unit_test(heat_of_one_session_adds_up),
		cmocka_unit_test(what_is_not_computed_is_said),
		cmocka_unit_test(partners_must_be_known),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
