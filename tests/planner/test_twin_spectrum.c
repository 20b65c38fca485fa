/* Spectrum files: what is read, and what is refused with its line; spectra in case files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "planner/plan/case.h"
#include "planner/plan/report.h"
#include "tests/support/near.h"

static enum status parse(const char *text, struct spectrum *out, struct fail *why)
{
	return spectrum_parse("s.csv", text, strlen(text), out, why);
}

static void forms_of_spectra_are_read(void **state)
{
	(void)state;
	static const char *const good[] = {
		"400,0.10\n410,0.11\n420,0.12\n430,0.13\n440,0.14\n",
		"wavelength_nm,reflectance_pct\n400,10\n410,11\n420,12\n430,13\n440,14\n",
		("# schema: lasertwin-spectrum/1\r\n# specular: excluded\r\n400;0,10\r\n410;0,11\r\n420;0,12\r\n430;0,13\r\n"
	         "440;0,14\r\n"),
		"\xEF\xBB\xBFwavelength_nm\treflectance\n400\t1e-1\n410\t.11\n\n420\t0.12\n430\t0.13\n440\t0.14",
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct spectrum s = {0};
		struct fail why = {0};
		if (parse(good[i], &s, &why) != ST_OK)
			fail_msg("%zu: %s: %s", i, why.field, why.text);
		assert_int_equal(s.count, 5);
		assert_near(s.wavelength_nm[4], 440, 1e-12);
		assert_near(s.reflectance[4], 0.14, 1e-12);
		assert_int_equal(s.surface, i == 2 ? SPECTRUM_SURFACE_EXCLUDED : SPECTRUM_SURFACE_UNKNOWN);
	}
}

static void faults_are_refused_with_their_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *field, *says;
		enum status status;
	} bad[] = {
		{"400,0.1\n390,0.1\n", "s.csv: line 2", "rise", ST_INPUT},
		{"0.40,0.1\n", "s.csv: line 1", "is it in um?", ST_RANGE},
		{"340,0.1\n", "s.csv: line 1", "350 to 2500", ST_RANGE},
		{"2501,0.1\n", "s.csv: line 1", "350 to 2500", ST_RANGE},
		{"400,35\n", "s.csv: line 1", "reflectance_pct", ST_RANGE},
		{"400,0\n", "s.csv: line 1", "0.0005", ST_RANGE},
		{"400,nan\n", "s.csv: line 1", "named wavelength_nm", ST_INPUT},
		{"400,0.1\n410,0x1\n", "s.csv: line 2", "two numbers", ST_INPUT},
		{"400,0.1\n410\n", "s.csv: line 2", "two columns", ST_INPUT},
		{"400,0.1,0.2\n", "s.csv: line 1", "more than two columns", ST_INPUT},
		{"nm,R\n400,0.1\n", "s.csv: line 1", "named wavelength_nm", ST_INPUT},
		{"# specular: maybe\n", "s.csv: line 1", "included", ST_INPUT},
		{"# schema: lasertwin-spectrum/2\n", "s.csv: line 1", "another schema", ST_INPUT},
		{"400,0.1\n410,0.1\n420,0.1\n430,0.1\n", "s.csv", "at least 5", ST_INPUT},
		{"", "s.csv", "at least 5", ST_INPUT},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct spectrum s = {.count = 99};
		struct fail why = {0};
		assert_int_equal(parse(bad[i].text, &s, &why), bad[i].status);
		assert_string_equal(why.field, bad[i].field);
		if (!strstr(why.text, bad[i].says))
			fail_msg("%zu: \"%s\" does not say \"%s\"", i, why.text, bad[i].says);
		assert_int_equal(s.count, 99); /* untouched */
	}
}

/* A point every 0.5 nm: neighbours are averaged, the shape stays. */
static void long_spectra_are_averaged(void **state)
{
	(void)state;
	enum { ROWS = 4301 };
	char *text = malloc(ROWS * 24);
	size_t used = 0;
	struct spectrum s;
	struct fail why = {0};
	assert_non_null(text);
	for (int i = 0; i < ROWS; i++)
		used += (size_t)snprintf(text + used, 24, "%.1f,%.6f\n", 350 + 0.5 * i, 0.2 + 1e-4 * i);
	assert_int_equal(spectrum_parse("long.csv", text, used, &s, &why), ST_OK);
	free(text);
	assert_true(s.count <= SPECTRUM_POINTS_MAX && s.count > 400);
	for (size_t i = 0; i < s.count; i++)
		assert_near(s.reflectance[i], 0.2 + 1e-4 * (s.wavelength_nm[i] - 350) / 0.5, 2e-6);
	assert_int_equal(spectrum_check(&s, &why), ST_OK);
}

static void random_bytes_never_break_the_reader(void **state)
{
	(void)state;
	struct rng rng;
	rng_seed(&rng, 3, 0);
	static const char letters[] = "0123456789.,;\t\n\r#e-+ wavelength_nm\0\xEF";
	for (int round = 0; round < 3000; round++) {
		char text[200];
		struct spectrum s;
		struct fail why = {0};
		size_t n = (size_t)(rng_uniform(&rng) * sizeof text);
		for (size_t i = 0; i < n; i++)
			text[i] = letters[(size_t)(rng_uniform(&rng) * (sizeof letters - 1))];
		if (spectrum_parse("fuzz", text, n, &s, &why) == ST_OK)
			assert_int_equal(spectrum_check(&s, &why), ST_OK);
	}
}

static const char case_text[] =
	"{\"schema\": \"lasertwin-case/1\", \"id\": \"T\", \"title\": \"Virtual\", \"patient\": {\"fitz\": \"II\", "
	"\"site\": \"cheek\", \"lesion_lab\": {\"L\": 45, \"a\": 10, \"b\": 18}, \"lesion_depth_um\": 150, \"corneum_um\": 12, "
	"\"spectrum\": {\"wavelength_nm\": [500, 550, 600, 650, 700], \"reflectance\": [0.3, 0.31, 0.45, 0.55, 0.6], "
	"\"specular\": \"included\"}}, \"indication\": \"melasma\", \"history\": {\"others\": \"no\"}, \"requests\": [{\"name\": "
	"\"A\", \"device\": \"fraxel_dual.1927\", \"zones\": [\"cheeks\"]}]}";

/* Spectrum and lesion colour survive the form the store keeps. */
static void a_case_keeps_its_spectrum(void **state)
{
	(void)state;
	struct case_file *file = NULL, *again = NULL;
	struct fail why = {0};
	char *json = NULL;
	if (case_parse("t.json", case_text, strlen(case_text), &file, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	const struct case_request *q = &file->request[0];
	assert_int_equal(report_subject_json("T", &q->subject, &q->request, &json, &why), ST_OK);
	if (case_parse("again", json, strlen(json), &again, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	const struct readings *r = &again->request[0].subject.readings;
	assert_memory_equal(&r->spectrum, &q->subject.readings.spectrum, sizeof r->spectrum);
	assert_near(r->value[READING_LESION_LAB_B], 18, 1e-12);
	assert_near(r->value[READING_LESION_DEPTH_UM], 150, 1e-12);
	free(json);
	case_free(&file);
	case_free(&again);
}

static void spectra_in_cases_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *says;
	} change[] = {{"[500, 550,", "[500, 450,", "rise"},
	              {"[500, 550,", "[550,", "4 wavelengths but 5"},
	              {"0.31", "31", "31"},
	              {"included", "half", "half"},
	              {"\"a\": 10, ", "", "a"}};
	for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
		char text[2048];
		const char *at = strstr(case_text, change[i].from);
		struct case_file *file = NULL;
		struct fail why = {0};
		assert_non_null(at);
		(void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - case_text), case_text, change[i].to,
		               at + strlen(change[i].from));
		assert_int_not_equal(case_parse("t.json", text, strlen(text), &file, &why), ST_OK);
		if (!strstr(why.text, change[i].says) && !strstr(why.field, change[i].says))
			fail_msg("%zu: %s: %s", i, why.field, why.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_spectra_are_read),
		cmocka_unit_test(faults_are_refused_with_their_line),
		cmocka_unit_test(long_spectra_are_averaged),
		cmocka_unit_test(random_bytes_never_break_the_reader),
		cmocka_unit_test(a_case_keeps_its_spectrum),
		cmocka_unit_test(spectra_in_cases_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
