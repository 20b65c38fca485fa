/* Import: every form that is read, every fault with its line, units converted or refused, nothing half done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "planner/plan/files.h"
#include "planner/twin/import.h"
#include "tests/support/near.h"

#define TODAY 20784L /* 2026-11-27 */

static struct import_set *set_of(const char *name, const char *text, const struct import_options *o, enum status want)
{
	struct import_set *set = NULL;
	struct fail why = {.text = ""};
	enum status got = import_parse(name, text, strlen(text), o, &set, &why);
	if (got != want)
		fail_msg("%s: %s: status %d, not %d: %s", name, why.field, (int)got, (int)want, why.text);
	return set;
}

static struct import_set *file_of(const char *path, const struct import_options *o)
{
	struct fail why = {.text = ""};
	char *bytes = NULL;
	size_t length = 0;
	assert_int_equal(file_read(path, 1 << 20, &bytes, &length, &why), ST_OK);
	struct import_set *set = set_of(path, bytes, o, ST_OK);
	free(bytes);
	return set;
}

static const struct import_row *row_of(const struct import_set *set, enum reading reading, long day)
{
	for (size_t i = 0; i < set->rows; i++)
		if (!set->row[i].type_given && set->row[i].reading == reading && set->row[i].day == day)
			return &set->row[i];
	fail_msg("no %s on day %ld", readings_spec(reading)->key, day);
	return NULL;
}

static void our_csv_is_read_with_its_units(void **state)
{
	(void)state;
	const struct import_options o = {.today = TODAY};
	struct import_set *set = file_of("tests/validation/import/readings.csv", &o);
	assert_int_equal(set->rows, 7);
	assert_near(row_of(set, READING_DERMIS_MM, TODAY - 7)->value, 1.7, 1e-12);
	assert_near(row_of(set, READING_SKIN_TEMP_C, TODAY - 7)->value, 33.0, 1e-9); /* 91.4 F */
	assert_near(row_of(set, READING_ELASTICITY_R2, TODAY - 7)->value, 0.74, 1e-12);
	assert_int_equal(row_of(set, READING_MI_UNEXPOSED, TODAY - 7)->scale, MI_MEXAMETER);
	assert_string_equal(row_of(set, READING_DERMIS_MM, TODAY - 7)->site, "cheek"); /* "left cheek" */
	assert_near(row_of(set, READING_ITA_DEG, TODAY - 57)->value, 17.5, 1e-12);
	import_free(&set);
	assert_null(set);
}

static void our_json_is_read(void **state)
{
	(void)state;
	const struct import_options o = {.today = TODAY};
	struct import_set *set = file_of("tests/validation/import/readings.json", &o);
	assert_int_equal(set->rows, 3);
	assert_near(row_of(set, READING_TEWL_G_M2_H, TODAY - 7)->value, 13, 1e-12);
	assert_true(set->row[2].type_given);
	assert_int_equal(set->row[2].day, IMPORT_TODAY);
	import_free(&set);
}

static struct import_mapping *mapping_of(const char *path)
{
	struct fail why = {.text = ""};
	struct import_mapping *mapping = NULL;
	char *bytes = NULL;
	size_t length = 0;
	assert_int_equal(file_read(path, 1 << 20, &bytes, &length, &why), ST_OK);
	if (import_mapping_parse(path, bytes, length, &mapping, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	free(bytes);
	return mapping;
}

static void an_export_is_read_by_its_mapping(void **state)
{
	(void)state;
	struct import_mapping *mapping = mapping_of("profiles/mappings/example_wide.json");
	const struct import_options o = {.today = TODAY, .mapping = mapping};
	struct import_set *set = file_of("tests/validation/import/wide.csv", &o);
	assert_int_equal(set->rows, 7); /* empty cells are not readings */
	assert_near(row_of(set, READING_HYDRATION_AU, TODAY - 7)->value, 41.5, 1e-12);
	assert_near(row_of(set, READING_DERMIS_MM, TODAY - 7)->value, 1.7, 1e-12);
	assert_string_equal(set->row[0].site, "cheek");
	import_free(&set);
	set = set_of("w", "a\nb\nDatum;Ort;Melanin;Erythem;Feuchte;TEWL\n", &o, ST_INPUT);
	assert_null(set); /* the mapping's column Dermis is not there */
	set = set_of("w", "a\nb\nDatum;Ort;Melanin;Erythem;Feuchte;TEWL;Dermis\n2026-11-20;Wange;372;;;;\n"
	                  "20.11.2026;Nase;372;;;;\n20.11.2026;Wange;372;;;;1,7,0\n20.11.2026;Wange\n",
	             &o, ST_INPUT);
	assert_non_null(set);
	assert_int_equal(set->faults, 4);
	assert_string_equal(set->fault[0].where, "line 4, Melanin");
	assert_non_null(strstr(set->fault[0].text, "not a date like DD.MM.YYYY"));
	assert_non_null(strstr(set->fault[1].text, "unknown site \"Nase\""));
	assert_string_equal(set->fault[2].where, "line 6, Dermis");
	import_free(&set);
	import_mapping_free(&mapping);
}

static const char observation[] =
	"{\"resourceType\": \"Bundle\", \"entry\": [{\"resource\": {\"resourceType\": \"Patient\"}}, {\"resource\": "
	"{\"resourceType\": \"Observation\", \"status\": \"final\", \"effectiveDateTime\": \"2026-11-22T10:02:11.000+01:00\", "
	"\"bodySite\": {\"text\": \"left cheek\"}, \"component\": ["
	"{\"code\": {\"coding\": [{\"system\": \"http://loinc.org\", \"code\": \"66555-4\"}]}, \"valueCodeableConcept\": {\"coding\": "
	"[{\"system\": \"http://snomed.info/sct\", \"code\": \"403226000\"}]}},"
	"{\"code\": {\"coding\": [{\"code\": \"melanin-index\"}]}, \"valueQuantity\": {\"value\": 32.4, \"code\": \"[arb'U]\"}},"
	"{\"code\": {\"coding\": [{\"code\": \"ita\"}]}, \"valueQuantity\": {\"value\": 34.25, \"code\": \"deg\"}},"
	"{\"code\": {\"coding\": [{\"code\": \"skin-temperature\"}]}, \"valueQuantity\": {\"value\": 33.1, \"code\": \"Cel\"}},"
	"{\"code\": {\"coding\": [{\"code\": \"tan-now\"}]}, \"valueBoolean\": false}]}}]}";

static void a_fhir_bundle_is_read(void **state)
{
	(void)state;
	const struct import_options o = {.today = TODAY, .scale_given = true, .scale = MI_DERMASPECTROMETER};
	struct import_set *set = set_of("b.json", observation, &o, ST_OK);
	assert_int_equal(set->rows, 4);
	assert_int_equal(set->skipped, 2); /* the patient, and the question */
	assert_true(set->row[0].type_given);
	assert_near(set->row[0].value, 3, 1e-12);
	assert_int_equal(set->row[1].scale, MI_DERMASPECTROMETER);
	assert_int_equal(set->row[1].day, TODAY - 5);
	assert_string_equal(set->row[1].site, "cheek");
	import_free(&set);
}

/* The text with one thing changed: what the fault then says. */
static void fhir_faults(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to, *says;
	} change[] = {
		{"\"final\"", "\"preliminary\"", "only final, amended and corrected"},
		{"\"ita\"", "\"itta\"", "\"itta\" is not known"},
		{"\"deg\"", "\"rad\"", "not read in \"rad\""},
		{"\"Cel\"", "\"degC\"", "not read in \"degC\""},
		{"34.25", "134.25", "implausible"},
		{"34.25", "\"34\"", "number"},
		{"2026-11-22T", "2026-13-22T", "not a date"},
		{"2026-11-22T", "2031-01-22T", "future"},
		{"left cheek", "left ear", "unknown site"},
		{"\"valueQuantity\": {\"value\": 33.1, \"code\": \"Cel\"}", "\"valueString\": \"warm\"", "no valueQuantity"},
	};
	const struct import_options o = {.today = TODAY, .scale_given = true, .scale = MI_DERMASPECTROMETER};
	for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
		char text[4096];
		const char *at = strstr(observation, change[i].from);
		assert_non_null(at);
		(void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - observation), observation, change[i].to,
		               at + strlen(change[i].from));
		struct import_set *set = set_of("b.json", text, &o, ST_INPUT);
		assert_non_null(set);
		if (!strstr(set->fault[0].text, change[i].says))
			fail_msg("%zu: \"%s\" does not say \"%s\"", i, set->fault[0].text, change[i].says);
		assert_non_null(strstr(set->fault[0].where, "entry[1].resource"));
		import_free(&set);
	}
	const struct import_options no_meter = {.today = TODAY};
	struct import_set *set = set_of("b.json", observation, &no_meter, ST_INPUT);
	assert_non_null(strstr(set->fault[0].text, "the meter is not named"));
	import_free(&set);
}

static void every_fault_has_its_line(void **state)
{
	(void)state;
	static const char text[] = "date,site,reading,value,unit,scale\n"
				   "2026-11-20,cheek,dermis_mm,1700,mm,\n"            /* um taken for mm */
				   "2026-11-20,cheek,dermis_mm,1.7,m,\n"              /* no such unit */
				   "2026-11-20,cheek,mi_field,372,,\n"                /* which meter? */
				   "2026-11-20,cheek,mi_field,372,,dermaspectrometer\n" /* not on its scale */
				   "20.11.2026,cheek,ita_deg,17,deg,\n"
				   "2026-11-20,elbow,ita_deg,17,deg,\n"
				   "2026-11-20,cheek,ita,17,deg,\n"
				   "2026-11-20,cheek,ita_deg,x,deg,\n"
				   "2026-11-20,cheek,ita_deg,17,deg\n" /* a field short */
				   "2026-11-20,cheek,ita_deg,17,deg,\n"
				   "2026-11-20,cheek,ita_deg,18,deg,\n" /* twice */
				   "2026-11-20,cheek,fitz,VII,,\n"
				   "2026-11-20,cheek,ei,310,,wood\n"
				   "2027-11-20,cheek,tewl_g_m2_h,9,g/m2h,\n"
				   "2026-11-20,cheek,tewl_g_m2_h,0x10,g/m2h,\n"
				   "2026-11-20,cheek,\"tewl_g_m2_h,9,g/m2h,\n";
	static const struct {
		const char *where, *says;
	} want[] = {{"line 2", "implausible"},   {"line 3", "not read in \"m\""}, {"line 4", "meter is not named"},
	            {"line 5", "implausible"},   {"line 6", "YYYY-MM-DD"},        {"line 7", "unknown site"},
	            {"line 8", "there is no reading"}, {"line 9", "not a number"}, {"line 10", "5 fields"},
	            {"line 12", "stands at line 11"}, {"line 13", "skin type"},   {"line 14", "\"wood\""},
	            {"line 15", "future"},       {"line 16", "not a number"},     {"line 17", "quote is not closed"}};
	const struct import_options o = {.today = TODAY};
	struct import_set *set = set_of("r.csv", text, &o, ST_INPUT);
	assert_non_null(set);
	assert_int_equal(set->faults, sizeof want / sizeof want[0]);
	for (size_t i = 0; i < set->faults; i++) {
		assert_string_equal(set->fault[i].where, want[i].where);
		if (!strstr(set->fault[i].text, want[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", want[i].where, set->fault[i].text, want[i].says);
	}
	import_free(&set);
}

static void other_files_are_refused_whole(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "\n\n", "hello\n", "reading,value\nita_deg,3\n", "reading,value,unit,value\n", "date,reading,value,unit\n",
		"{\"schema\": \"lasertwin-readings/2\", \"readings\": []}", "{\"readings\": []}", "[1]",
		"{\"resourceType\": \"Patient\"}", "{\"resourceType\": \"Bundle\"}", "# schema: lasertwin-readings/9\n",
		"{\"schema\": \"lasertwin-readings/1\", \"readings\": []}",
	};
	const struct import_options o = {.today = TODAY};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct import_set *set = set_of("f", bad[i], &o, ST_INPUT);
		if (set)
			assert_int_equal(set->rows, 0);
		import_free(&set);
	}
}

static void every_reading_comes_back_through_its_own_unit(void **state)
{
	(void)state;
	const struct import_options o = {.today = TODAY, .scale_given = true, .scale = MI_MEXAMETER};
	for (int i = 0; i < READINGS; i++) {
		const struct reading_spec *spec = readings_spec((enum reading)i);
		char text[256];
		double value = 0.25 * spec->min + 0.75 * spec->max;
		(void)snprintf(text, sizeof text, "reading,value,unit\n%s,%.17g,%s\n", spec->key, value, spec->unit);
		struct import_set *set = set_of("r.csv", text, &o, ST_OK);
		assert_near(set->row[0].value, value, 1e-9 * fabs(value));
		import_free(&set);
	}
}

/* ---- what a set does to a person's readings ---- */

static void a_day_is_put_with_a_persons_readings(void **state)
{
	(void)state;
	const struct import_options o = {.today = TODAY};
	struct import_set *set = file_of("tests/validation/import/readings.csv", &o);
	struct readings r = {.site = "cheek"};
	struct fail why = {.text = ""};
	long day[8];
	assert_int_equal(readings_set(&r, READING_EPIDERMIS_UM, 70, &why), ST_OK);
	assert_int_equal(readings_set(&r, READING_ITA_DEG, 40, &why), ST_OK);
	assert_int_equal(import_days(set, TODAY, day, 8), 2);
	assert_int_equal(day[0], TODAY - 57);
	assert_int_equal(day[1], TODAY - 7);
	assert_int_equal(import_apply(set, day[1], TODAY, &r, &why), ST_OK);
	assert_int_equal(r.fitzpatrick, 4);
	assert_near(r.value[READING_MEASURED_DAYS_AGO], 7, 1e-12);
	assert_near(r.value[READING_EPIDERMIS_UM], 70, 1e-12); /* stays */
	assert_near(r.value[READING_ITA_DEG], 40, 1e-12);      /* is of the other day */
	assert_near(r.value[READING_MI_ADJACENT_NORMAL], 372, 1e-12);
	struct readings other = {.site = "back"}, before = other;
	assert_int_equal(import_apply(set, day[1], TODAY, &other, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "of the cheek"));
	assert_memory_equal(&other, &before, sizeof other); /* untouched */
	import_free(&set);
}

static void meters_do_not_mix_in_a_day(void **state)
{
	(void)state;
	const struct import_options o = {.today = TODAY};
	struct import_set *set = set_of("r.csv",
	                                "reading,value,unit,scale\nmi_field,37,,dermaspectrometer\n"
	                                "mi_unexposed,365,,mexameter\n",
	                                &o, ST_OK);
	struct readings r = {.site = "cheek"};
	struct fail why = {.text = ""};
	assert_int_equal(import_apply(set, TODAY, TODAY, &r, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "one meter a day"));
	import_free(&set);
	set = set_of("r.csv", "reading,value,unit,scale\nmi_field,37,,dermaspectrometer\n", &o, ST_OK);
	assert_int_equal(readings_set(&r, READING_MI_UNEXPOSED, 365, &why), ST_OK); /* Mexameter, the day before */
	assert_int_equal(import_apply(set, TODAY, TODAY, &r, &why), ST_OK);
	assert_int_equal(r.mi_scale, MI_DERMASPECTROMETER);
	assert_false(r.present[READING_MI_UNEXPOSED]); /* a number of the other meter does not go along */
	import_free(&set);
}

/* ---- damage ---- */

static void damage_never_breaks_the_reader(void **state)
{
	(void)state;
	static const char *const seeds[] = {"tests/validation/import/readings.csv", "tests/validation/import/readings.json",
	                                    "tests/validation/import/wide.csv"};
	struct import_mapping *mapping = mapping_of("profiles/mappings/example_wide.json");
	struct rng rng;
	rng_seed(&rng, 11, 0);
	for (size_t s = 0; s < 3; s++) {
		struct fail why = {.text = ""};
		char *bytes = NULL;
		size_t length = 0;
		assert_int_equal(file_read(seeds[s], 1 << 20, &bytes, &length, &why), ST_OK);
		const struct import_options o = {.today = TODAY, .mapping = s == 2 ? mapping : NULL};
		for (int round = 0; round < 150; round++) {
			char copy[2048];
			struct import_set *set = NULL;
			size_t n = (size_t)(rng_uniform(&rng) * (double)length);
			memcpy(copy, bytes, n);
			for (int k = 0; k < 3 && n; k++)
				copy[(size_t)(rng_uniform(&rng) * (double)n)] = (char)(rng_uniform(&rng) * 256);
			enum status st = import_parse("x", copy, n, &o, &set, &why);
			assert_true(st != ST_OK || (set && set->faults == 0 && set->rows > 0));
			import_free(&set);
		}
		free(bytes);
	}
	import_mapping_free(&mapping);
}

static void mappings_are_checked(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"{\"schema\": \"lasertwin-mapping/1\"}",
		"{\"schema\": \"lasertwin-mapping/1\", \"columns\": []}",
		"{\"schema\": \"lasertwin-mapping/1\", \"columns\": [{\"column\": \"A\", \"reading\": \"nope\", \"unit\": \"\"}]}",
		"{\"schema\": \"lasertwin-mapping/1\", \"columns\": [{\"column\": \"A\", \"reading\": \"ei\", \"unit\": \"\", "
		"\"scale\": \"nope\"}]}",
		"{\"schema\": \"lasertwin-mapping/1\", \"decimal\": \",\", \"columns\": [{\"column\": \"A\", \"reading\": \"ei\", "
		"\"unit\": \"\"}]}",
		"{\"schema\": \"lasertwin-mapping/1\", \"columns\": [{\"column\": \"A\", \"reading\": \"ei\", \"unit\": \"\"}], "
		"\"date\": {\"column\": \"D\", \"format\": \"DD.MM.YY\"}}",
		"{\"schema\": \"lasertwin-mapping/1\", \"columns\": [{\"column\": \"A\", \"reading\": \"ei\", \"unit\": \"\"}], "
		"\"site\": {\"column\": \"S\", \"names\": {\"Ohr\": \"ear\"}}}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct import_mapping *mapping = NULL;
		struct fail why = {.text = ""};
		assert_int_not_equal(import_mapping_parse("m.json", bad[i], strlen(bad[i]), &mapping, &why), ST_OK);
		assert_null(mapping);
		assert_true(why.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_csv_is_read_with_its_units),
		cmocka_unit_test(our_json_is_read),
		cmocka_unit_test(an_export_is_read_by_its_mapping),
		cmocka_unit_test(a_fhir_bundle_is_read),
		cmocka_unit_test(fhir_faults),
		cmocka_unit_test(every_fault_has_its_line),
		cmocka_unit_test(other_files_are_refused_whole),
		cmocka_unit_test(every_reading_comes_back_through_its_own_unit),
		cmocka_unit_test(a_day_is_put_with_a_persons_readings),
		cmocka_unit_test(meters_do_not_mix_in_a_day),
		cmocka_unit_test(damage_never_breaks_the_reader),
		cmocka_unit_test(mappings_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
