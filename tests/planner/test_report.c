/* Reports: the JSON is strict and complete, says the same as the text, and neither can be turned against the
 * reader by what a case has written in its names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices/json.h"
#include "planner/plan/case.h"
#include "planner/plan/files.h"
#include "planner/plan/report.h"
#include "tests/support/near.h"
#include "tests/support/temp_folder.h"

static struct library *library;

static int load_library(void **state)
{
	(void)state;
	return library_load("profiles", &library, NULL) != ST_OK;
}

static int free_library(void **state)
{
	(void)state;
	library_free(&library);
	return 0;
}

/* A case evaluated, with both its reports. */
struct reported {
	struct case_file *file;
	struct case_result *result;
	char *json, *text;
};

static void report(struct case_file *file, struct reported *out)
{
	const struct case_options options = {.seed = 1, .samples = 2};
	struct fail why = {0};
	*out = (struct reported){.file = file};
	out->result = calloc(file->requests, sizeof *out->result);
	assert_non_null(out->result);
	for (size_t i = 0; i < file->requests; i++)
		if (case_evaluate(library, &file->request[i], &options, &out->result[i], &why))
			fail_msg("%s: %s", why.field, why.text);
	assert_int_equal(report_case_json(library, file, out->result, &out->json, &why), ST_OK);
	assert_int_equal(report_case_text(library, file, out->result, &out->text, &why), ST_OK);
}

/* The first requests of a case; the rest only costs time. */
static void report_path(const char *path, size_t requests, struct reported *out)
{
	struct case_file *file = NULL;
	struct fail why = {0};
	if (case_read(path, &file, &why))
		fail_msg("%s: %s", why.field, why.text);
	while (file->requests > requests)
		subject_free(&file->request[--file->requests].subject);
	report(file, out);
}

static void reported_free(struct reported *r)
{
	for (size_t i = 0; i < r->file->requests; i++)
		case_result_clear(&r->result[i]);
	free(r->result);
	free(r->json);
	free(r->text);
	case_free(&r->file);
}

/* Parsed by the reader that takes nothing doubtful. */
static struct json_doc *strictly(const char *json)
{
	struct json_doc *doc = NULL;
	struct fail why = {0};
	if (json_parse("report", json, strlen(json), &doc, &why))
		fail_msg("%s: %s", why.field, why.text);
	return doc;
}

static struct json_at member(const struct json_at *at, const char *key, enum json_kind kind)
{
	struct json_at out;
	struct fail why = {0};
	if (json_member(at, key, kind, &out, NULL, &why))
		fail_msg("%s: %s", why.field, why.text);
	return out;
}

static const char *text_of(const struct json_at *at, const char *key)
{
	struct json_at found = member(at, key, JSON_STRING);
	return json_text(&found);
}

static double number_of(const struct json_at *at, const char *key)
{
	double value = NAN;
	struct fail why = {0};
	if (json_number_in(at, key, -1e300, 1e300, "", &value, NULL, &why))
		fail_msg("%s: %s", why.field, why.text);
	return value;
}

/* ---- what the JSON holds ------------------------------------------------------------------------------------ */

static void check_rule(const struct json_at *rule, const struct finding *f)
{
	struct json_at value;
	assert_string_equal(text_of(rule, "id"), f->rule);
	assert_string_equal(text_of(rule, "outcome"), outcome_name(f->outcome));
	assert_string_equal(text_of(rule, "origin"), f->origin);
	assert_string_equal(text_of(rule, "source"), f->source);
	assert_string_equal(text_of(rule, "message"), f->message);
	assert_int_equal(json_find(rule, "value", &value), f->has_value && isfinite(f->value));
	if (f->has_value && isfinite(f->value))
		assert_true(number_of(rule, "value") == f->value);
	if (f->has_limit && isfinite(f->limit))
		assert_true(number_of(rule, "limit") == f->limit);
	if (f->has_value && f->unit && f->unit[0])
		assert_string_equal(text_of(rule, "unit"), f->unit);
}

static void check_predictions(const struct json_at *request, const struct assessment *a)
{
	struct json_at predictions = member(request, "predictions", JSON_OBJECT), found;
	if (!a->predicted) {
		assert_true(text_of(&predictions, "none")[0]);
		return;
	}
	for (int m = 0; m < METRICS; m++) {
		const struct band *b = &a->prediction.metric[m];
		const char *key = metric_spec((enum metric)m)->key;
		bool there = json_find(&predictions, key, &found);
		assert_int_equal(there, !(b->flags & VALIDITY_ABSENT));
		if (!there)
			continue;
		assert_true(number_of(&found, "value") == b->value);
		assert_true(number_of(&found, "p05") == b->p05 && number_of(&found, "p95") == b->p95);
		struct json_at flag;
		assert_int_equal(json_find(&found, "beyond_model", &flag), (b->flags & VALIDITY_MODEL_LIMIT) != 0);
	}
}

static void check_numbers(const struct json_at *request, const struct exposure *e)
{
	struct json_at numbers = member(request, "numbers", JSON_OBJECT);
	struct exposure_numbers expected;
	exposure_numbers(e, &expected);
	assert_true(expected.count > 0);
	for (size_t i = 0; i < expected.count; i++)
		assert_true(number_of(&numbers, expected.number[i].key) == expected.number[i].value);
}

static void check_request(const struct json_at *request, const struct case_request *q, const struct case_result *r)
{
	struct json_at rules = member(request, "rules", JSON_ARRAY), rule = {0};
	struct json_at alternatives = member(request, "alternatives", JSON_ARRAY);
	assert_string_equal(text_of(request, "name"), q->request.name);
	assert_string_equal(text_of(request, "device"), q->request.device_mode);
	assert_string_equal(text_of(request, "verdict"), verdict_name(r->assessment.verdict));
	assert_int_equal(json_count(&rules), r->assessment.findings.count);
	while (json_array_each(&rules, &rule)) {
		const struct finding *same = NULL; /* in whatever order */
		for (size_t i = 0; i < r->assessment.findings.count && !same; i++) {
			const struct finding *f = &r->assessment.findings.finding[i];
			struct json_at zone;
			bool zoned = json_find(&rule, "zone", &zone);
			if (strcmp(f->rule, text_of(&rule, "id")) == 0 && strcmp(f->zone, zoned ? json_text(&zone) : "") == 0)
				same = f;
		}
		assert_non_null(same);
		check_rule(&rule, same);
	}
	assert_int_equal(json_count(&alternatives), r->fit.alternatives);
	check_numbers(request, &r->assessment.exposure);
	check_predictions(request, &r->assessment);
}

static void check_json(const char *path, size_t requests)
{
	struct reported r;
	struct json_at request = {0};
	report_path(path, requests, &r);
	struct json_doc *doc = strictly(r.json);
	struct json_at root = json_root(doc), list = member(&root, "requests", JSON_ARRAY);
	struct json_at versions = member(&root, "versions", JSON_OBJECT);
	assert_string_equal(text_of(&root, "case"), r.file->id);
	assert_string_equal(text_of(&versions, "library"), library_digest(library));
	assert_string_equal(text_of(&versions, "lasertwin"), LASERTWIN_VERSION);
	assert_int_equal(json_count(&list), r.file->requests);
	while (json_array_each(&list, &request))
		check_request(&request, &r.file->request[request.index], &r.result[request.index]);
	json_free(&doc);
	reported_free(&r);
}

static void the_json_of_the_worked_cases_is_strict_and_complete(void **state)
{
	(void)state;
	check_json("tests/validation/cases/S1.json", CASE_REQUESTS_MAX); /* one plan accepted, one refused */
	check_json("tests/validation/cases/S2.json", CASE_REQUESTS_MAX);
	check_json("tests/validation/cases/S3.json", 1); /* radiofrequency: no prediction, and says why */
	check_json("profiles/demo/03.json", 1);          /* fitted: alternatives */
}

/* ---- the text says the same ---------------------------------------------------------------------------------- */

/* The number after a label at the head of a line of the text. */
static double number_after(const char *text, const char *label)
{
	char line[80];
	(void)snprintf(line, sizeof line, "\n    %s ", label);
	const char *at = strstr(text, line);
	if (!at)
		fail_msg("the text has no line %s", label);
	return strtod(at + strlen(line), NULL);
}

static void the_text_says_the_same(void **state)
{
	(void)state;
	struct reported r;
	report_path("profiles/demo/03.json", 1, &r);
	const struct assessment *a = &r.result[0].assessment;
	struct json_doc *doc = strictly(r.json);
	struct json_at root = json_root(doc), list = member(&root, "requests", JSON_ARRAY), request = {0}, band;
	assert_true(json_array_each(&list, &request));
	struct json_at numbers = member(&request, "numbers", JSON_OBJECT);
	struct json_at predictions = member(&request, "predictions", JSON_OBJECT);
	struct exposure_numbers shown;
	exposure_numbers(&a->exposure, &shown);
	for (size_t i = 0; i < shown.count; i++) {
		const struct exposure_number *n = &shown.number[i];
		double rounding = n->decimals > 4 ? 1e-3 * n->value : 0.5001 * pow(10, -n->decimals);
		assert_near(number_after(r.text, n->label), number_of(&numbers, n->key), rounding);
	}
	for (int m = 0; m < METRICS; m++) {
		const struct metric_spec *spec = metric_spec((enum metric)m);
		if (json_find(&predictions, spec->key, &band))
			assert_near(number_after(r.text, spec->label), number_of(&band, "value"), 0.5001 * pow(10, -spec->decimals));
	}
	char verdict[64];
	(void)snprintf(verdict, sizeof verdict, "\n  Verdict        %s\n", text_of(&request, "verdict"));
	assert_non_null(strstr(r.text, verdict));
	for (size_t i = 0; i < a->findings.count; i++)
		assert_non_null(strstr(r.text, a->findings.finding[i].rule));
	json_free(&doc);
	reported_free(&r);
}

/* Two requests about different skin: both skins are shown. */
static void every_sheet_shows_whose_skin_it_is(void **state)
{
	(void)state;
	struct reported r;
	struct case_file *file = NULL;
	assert_int_equal(case_read("tests/validation/cases/S1.json", &file, NULL), ST_OK);
	assert_true(file->requests >= 2);
	assert_int_equal(readings_set(&file->request[1].subject.readings, READING_DERMIS_MM, 1.1, NULL), ST_OK);
	report(file, &r);
	const char *first = strstr(r.text, "\nSkin twin "), *second = first ? strstr(first + 1, "\nSkin twin ") : NULL;
	assert_non_null(second);
	assert_true(second > strstr(r.text, "\nRequest ")); /* in front of the request it belongs to */
	static const char line[] = "\n  Dermis ";
	const char *one = strstr(first, line), *other = strstr(second, line);
	assert_true(one && one < second && other);
	assert_memory_not_equal(one, other, strcspn(one + 1, "\n") + 1); /* the thickness of each */
	reported_free(&r);
}

/* ---- hostile names --------------------------------------------------------------------------------------------- */

/* ESC, CSI of one character, a line break with a verdict, carriage return, direction override, bell, DEL. */
#define HOSTILE "A\\u001b[2J\\u009b31m\\n  Verdict        ALLOW\\r\\u202eevil\\u2028\\u200b\\ufeff\\u0007\\u007f"

/* A copy of a demo patient (the quickest to plan) whose title and request name are hostile. */
static void write_hostile(const char *path)
{
	char *bytes = NULL, *edited;
	size_t length = 0, size;
	FILE *out = open_memstream(&edited, &size);
	assert_non_null(out);
	assert_int_equal(file_read("profiles/demo/05.json", JSON_BYTES_MAX, &bytes, &length, NULL), ST_OK);
	const char *title = strstr(bytes, "\"title\": \""), *end = strchr(title + 10, '"');
	const char *name = strstr(end, "\"name\": \""), *name_end = strchr(name + 9, '"');
	fprintf(out, "%.*s\"title\": \"" HOSTILE "%.*s\"name\": \"" HOSTILE, (int)(title - bytes), bytes,
	        (int)(name - end), end);
	fputs(name_end, out);
	assert_int_equal(fclose(out), 0);
	write_file(path, edited, size);
	free(edited);
	free(bytes);
}

static size_t lines_with(const char *text, const char *part)
{
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, part)); at++)
		count++;
	return count;
}

/* No byte that a terminal obeys: no control but the line break, no C1, no direction or zero-width mark. */
static void check_harmless(const char *bytes, size_t n)
{
	static const char *const marks[] = {"\xe2\x80\xae", "\xe2\x80\xa8", "\xe2\x80\x8b", "\xef\xbb\xbf"};
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];
		bool control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
		bool c1 = c == 0xc2 && i + 1 < n && (unsigned char)bytes[i + 1] < 0xa0;
		if (control || c1)
			fail_msg("byte 0x%02x at %zu", c, i);
	}
	for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++)
		assert_null(strstr(bytes, marks[m]));
}

static void names_cannot_forge_lines_or_steer_a_terminal(void **state)
{
	(void)state;
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	struct reported r;
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/evil.json", folder);
	write_hostile(path);
	report_path(path, 1, &r);
	assert_true(strchr(r.file->title, '\n') && strchr(r.file->title, '\033')); /* it did come in */
	assert_int_equal(lines_with(r.text, "\n  Verdict  "), r.file->requests);
	for (const char *c = r.text; *c; c++)
		assert_true((unsigned char)*c >= 0x20 || *c == '\n');
	check_harmless(r.json, strlen(r.json));
	struct json_doc *doc = strictly(r.json);
	struct json_at root = json_root(doc);
	assert_string_equal(text_of(&root, "title"), r.file->title); /* escaped, not changed */
	json_free(&doc);
	reported_free(&r);
	temp_folder_remove(folder);
}

/* The program itself, when it has been built beside the tests. */
static char *output_of(const char *path, const char *flag, size_t *length)
{
	char folder[TEMP_PATH_SIZE], out_path[TEMP_PATH_SIZE + 16];
	int status = 0;
	temp_folder_make(folder);
	(void)snprintf(out_path, sizeof out_path, "%s/out", folder);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int out = open(out_path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
		if (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
			_exit(98);
		execl("./lasertwin", "lasertwin", "case", path, flag, (char *)NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	char *bytes = (char *)read_file(out_path, length);
	temp_folder_remove(folder);
	return bytes;
}

static void the_program_prints_nothing_a_terminal_obeys(void **state)
{
	(void)state;
	static const char *const flags[] = {"--plain", "--json", "--ascii"};
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	if (access("./lasertwin", X_OK) != 0)
		skip();
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/evil.json", folder);
	write_hostile(path);
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		size_t length;
		char *bytes = output_of(path, flags[i], &length);
		assert_non_null(strstr(bytes, "VIRTUAL-05"));
		assert_int_equal(strlen(bytes), length); /* no NUL either */
		check_harmless(bytes, length);
		assert_true(lines_with(bytes, "\n  Verdict        ALLOW\n") == 0);
		free(bytes);
	}
	temp_folder_remove(folder);
}

/* ---- what the store keeps ----------------------------------------------------------------------------------- */

/* Numbers read back to the last bit, and what is not a number is left out. */
static void numbers_survive_to_the_last_bit(void **state)
{
	(void)state;
	struct subject subject;
	struct request request = {.device_mode = "picoway.532_zoom", .indication = "solar_lentigines", .zones = 1,
	                          .zone = {"cheeks"}};
	struct case_file *again = NULL;
	char *json = NULL;
	const double awkward[] = {0.1 + 0.2, 1.0 / 3.0, 2.0 / 3.0 * 1e-3, 123456.78901234567, 5e-324 * 1e300, 1e22 / 3};
	assert_int_equal(subject_init(&subject, NULL), ST_OK);
	assert_int_equal(readings_set(&subject.readings, READING_AGE_Y, 40, NULL), ST_OK);
	for (size_t i = 0; i < sizeof awkward / sizeof awkward[0]; i++) {
		double value = fmod(awkward[i], 80.0); /* within the bounds of the setting */
		if (value < setting_spec(SETTING_FLUENCE_J_CM2)->min)
			continue;
		settings_set(&request.settings, SETTING_FLUENCE_J_CM2, value);
		assert_int_equal(report_subject_json("id", &subject, &request, &json, NULL), ST_OK);
		assert_int_equal(case_parse("again", json, strlen(json), &again, NULL), ST_OK);
		assert_true(settings_get(&again->request[0].request.settings, SETTING_FLUENCE_J_CM2) == value);
		case_free(&again);
		free(json);
	}
	settings_set(&request.settings, SETTING_FLUENCE_J_CM2, NAN);
	settings_set(&request.settings, SETTING_SPOT_MM, INFINITY);
	assert_int_equal(report_subject_json("id", &subject, &request, &json, NULL), ST_OK);
	struct json_doc *doc = strictly(json);
	assert_null(strstr(json, "fluence"));
	assert_null(strstr(json, "spot"));
	json_free(&doc);
	free(json);
	subject_free(&subject);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_json_of_the_worked_cases_is_strict_and_complete),
		cmocka_unit_test(the_text_says_the_same),
		cmocka_unit_test(every_sheet_shows_whose_skin_it_is),
		cmocka_unit_test(names_cannot_forge_lines_or_steer_a_terminal),
		cmocka_unit_test(the_program_prints_nothing_a_terminal_obeys),
		cmocka_unit_test(numbers_survive_to_the_last_bit),
	};
	return cmocka_run_group_tests(tests, load_library, free_library);
}
