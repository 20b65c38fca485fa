/* The small tools of synchronisation: base64, instants, spans, JSON writing, what a server's words mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "devices/json.h"
#include "physics/base/rng.h"
#include "planner/sync/base64.h"
#include "planner/sync/instant.h"
#include "planner/sync/json_out.h"
#include "planner/sync/reply.h"

#define SYSTEM_URL "https://clinic.example/fhir/sync-id"

/* RFC 4648, section 10. */
static void base64_vectors(void **state)
{
	static const char *const pairs[][2] = {{"", ""},
	                                       {"f", "Zg=="},
	                                       {"fo", "Zm8="},
	                                       {"foo", "Zm9v"},
	                                       {"foob", "Zm9vYg=="},
	                                       {"fooba", "Zm9vYmE="},
	                                       {"foobar", "Zm9vYmFy"}};
	unsigned char back[16];
	char text[32];
	size_t n;
	struct fail why;
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		base64_write(pairs[i][0], strlen(pairs[i][0]), BASE64_PLAIN, text);
		assert_string_equal(text, pairs[i][1]);
		assert_int_equal(base64_read(text, strlen(text), BASE64_PLAIN, back, &n, &why), ST_OK);
		assert_int_equal(n, strlen(pairs[i][0]));
		assert_memory_equal(back, pairs[i][0], n);
	}
	base64_write("\xfb\xff", 2, BASE64_URL, text);
	assert_string_equal(text, "-_8");
}

static void base64_is_strict(void **state)
{
	static const char *const bad[] = {
	        "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9v\n", "Zm-v"};
	unsigned char back[16];
	size_t n;
	struct fail why;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(base64_read(bad[i], strlen(bad[i]), BASE64_PLAIN, back, &n, &why), ST_INPUT);
}

static void every_day_of_two_centuries(void **state)
{
	char text[INSTANT_SIZE];
	int64_t days = instant_days(1900, 1, 1), ms;
	int year = 1900, month = 1, day = 1;
	(void)state;
	assert_int_equal(instant_days(1970, 1, 1), 0);
	assert_int_equal(instant_days(2000, 3, 1), 11017);
	while (year < 2101) {
		assert_int_equal(instant_days(year, month, day), days);
		instant_write(days * 86400000 + 86399999, text);
		assert_true(instant_read(text, &ms));
		assert_int_equal(ms, days * 86400000 + 86399999);
		days++;
		if (!instant_date_valid(year, month, ++day)) {
			day = 1;
			if (++month == 13) {
				month = 1;
				year++;
			}
		}
	}
}

static void instants_are_strict(void **state)
{
	static const char *const bad[] = {"2026-02-30T10:00:00Z",
	                                  "2026-11-22T10:15:30",
	                                  "2026-11-22 10:15:30Z",
	                                  "2026-11-22T24:00:00Z",
	                                  "2026-11-22",
	                                  "2026-11-22T10:15:30.Z",
	                                  "2026-11-22T10:15:30+1:00",
	                                  "0000-01-01T00:00:00Z",
	                                  "2026-11-22T10:15:30Zx",
	                                  ""};
	int64_t ms;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(instant_read(bad[i], &ms));
	assert_true(instant_read("2026-11-22T10:15:30.1239+01:00", &ms));
	assert_int_equal(ms, INT64_C(1795338930123));
	assert_true(instant_read_http("Sun, 06 Nov 1994 08:49:37 GMT", &ms)); /* RFC 9110, section 5.6.7 */
	assert_int_equal(ms, INT64_C(784111777000));
	assert_false(instant_read_http("Sunday, 06-Nov-94 08:49:37 GMT", &ms));
}

static void decimals_stay_what_they_are(void **state)
{
	static const struct {
		int64_t micro;
		const char *text;
	} cases[] = {{12500000, "12.5"},
	             {0, "0"},
	             {-1, "-0.000001"},
	             {595000000, "595"},
	             {450000, "0.45"},
	             {-12000000, "-12"},
	             {INT64_MIN, "-9223372036854.775808"}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_out out;
		struct fail why;
		char *text = NULL;
		size_t len;
		json_out_begin(&out, 100);
		json_out_micro(&out, NULL, cases[i].micro);
		assert_int_equal(json_out_take(&out, &text, &len, &why), ST_OK);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

static void writer_keeps_its_limits(void **state)
{
	struct json_out out;
	struct fail why;
	char *text = NULL;
	size_t len;
	(void)state;
	json_out_begin(&out, 40);
	json_out_object(&out, NULL);
	json_out_text(&out, "a", "\x01\"\\/\xc3\xa9");
	json_out_end_object(&out);
	assert_int_equal(json_out_take(&out, &text, &len, &why), ST_OK);
	assert_string_equal(text, "{\"a\":\"\\u0001\\\"\\\\/\xc3\xa9\"}");
	free(text);
	json_out_object(&out, NULL);
	json_out_text(&out, "a", "this is longer than forty bytes, and is refused");
	json_out_end_object(&out);
	assert_int_equal(json_out_take(&out, &text, &len, &why), ST_FULL);
	json_out_object(&out, NULL);
	assert_int_equal(json_out_take(&out, &text, &len, &why), ST_FULL); /* not closed */
	for (int i = 0; i < 30; i++)
		json_out_array(&out, NULL);
	assert_int_equal(json_out_take(&out, &text, &len, &why), ST_FULL);
}

static void spans_find_parts(void **state)
{
	static const char text[] = " {\"a\": [1, {\"x\":\"]}\"} ,\"s\\\"]\"], \"b\":\"v\", \"c\":{}} ";
	struct span whole, a, b, item = {0};
	char value[8];
	(void)state;
	assert_true(span_object(text, sizeof text - 1, &whole));
	assert_true(span_member(whole, "a", &a));
	size_t count = 0;
	while (span_each(a, &item))
		count++;
	assert_int_equal(count, 3);
	assert_true(span_member(whole, "b", &b) && span_text(b, value, sizeof value));
	assert_string_equal(value, "v");
	assert_false(span_member(whole, "x", &b));
	assert_false(span_text(b, value, 1));
}

/* No byte sequence, whole or cut, makes the finders read outside or run for ever. */
static void spans_survive_rubbish(void **state)
{
	static const char alphabet[] = "{}[]\",:\\ a1\n";
	struct rng rng;
	(void)state;
	rng_seed(&rng, 5, 0);
	for (int round = 0; round < 200000; round++) {
		size_t n = (size_t)(rng_next(&rng) % 24);
		char *text = malloc(n ? n : 1); /* exact: the sanitiser sees a byte too far */
		for (size_t i = 0; i < n; i++)
			text[i] = alphabet[rng_next(&rng) % (sizeof alphabet - 1)];
		struct span whole, value, item = {0}, key = {0};
		if (span_object(text, n, &whole)) {
			(void)span_member(whole, "a", &value);
			while (span_each_member(whole, &key, &value))
				while (span_each(value, &item))
					;
		}
		free(text);
	}
}

static void places_are_read(void **state)
{
	static const char patient[] =
	        "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"meta\":{\"versionId\":\"7\",\"lastUpdated\":"
	        "\"2026-11-22T10:15:30.000+01:00\"},\"identifier\":[{\"system\":\"urn:x\",\"value\":\"9\"},{"
	        "\"system\":\"" SYSTEM_URL "\",\"value\":\"0ac13b93-1b05-4b20-89ca-7612e2029e8d\"}]}";
	static const char event[] = "{\"resourceType\":\"AdverseEvent\",\"id\":\"e\",\"meta\":{\"versionId\":"
	                            "\"1\",\"lastUpdated\":"
	                            "\"2026-11-22T10:15:30Z\"},\"identifier\":{\"system\":\"" SYSTEM_URL
	                            "\",\"value\":\"7e893c79-1d4c-401e-a8ea-b3018cacaff5\"}}";
	struct sync_place place;
	struct fail why;
	(void)state;
	assert_int_equal(reply_place((struct span){patient, sizeof patient - 1}, SYSTEM_URL, &place, &why),
	                 ST_OK);
	assert_string_equal(place.server_id, "p1");
	assert_string_equal(place.version, "7");
	assert_int_equal(place.updated_ms, INT64_C(1795338930000));
	assert_string_equal(place.sync_id, "0ac13b93-1b05-4b20-89ca-7612e2029e8d");
	assert_int_equal(reply_place((struct span){event, sizeof event - 1}, SYSTEM_URL, &place, &why),
	                 ST_OK);
	assert_string_equal(place.sync_id, "7e893c79-1d4c-401e-a8ea-b3018cacaff5");
	assert_int_equal(reply_place((struct span){event, sizeof event - 1}, "urn:other", &place, &why),
	                 ST_OK);
	assert_string_equal(place.sync_id, "");
}

static void bad_places_are_refused_by_name(void **state)
{
	static const struct {
		const char *text, *field;
	} cases[] = {
	        {"{\"resourceType\":\"Patient\",\"id\":\"p/../"
	         "1\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2026-11-22T10:15:30Z\"}}",
	         "id"},
	        {"{\"resourceType\":\"Patient\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2026-11-"
	         "22T10:15:30Z\"}}",
	         "id"},
	        {"{\"resourceType\":\"Patient\",\"id\":\"1\",\"meta\":{\"lastUpdated\":\"2026-11-22T10:15:"
	         "30Z\"}}",
	         "meta.versionId"},
	        {"{\"resourceType\":\"Patient\",\"id\":\"1\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":"
	         "\"2026-11-22\"}}",
	         "meta.lastUpdated"},
	        {"{\"id\":\"1\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2026-11-22T10:15:30Z\"}}",
	         "resourceType"},
	        {"{\"resourceType\":\"Patient\",\"id\":\"1\",\"meta\":{\"versionId\":\"1\",\"lastUpdated\":"
	         "\"2026-11-22T10:15:30Z\"},"
	         "\"identifier\":[{\"system\":\"" SYSTEM_URL "\",\"value\":\"nonsense\"}]}",
	         "identifier"},
	};
	struct sync_place place;
	struct fail why;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(reply_place((struct span){cases[i].text, strlen(cases[i].text)}, SYSTEM_URL,
		                             &place, &why),
		                 ST_INPUT);
		assert_string_equal(why.field, cases[i].field);
	}
}

static void locations_and_etags(void **state)
{
	struct sync_place place = {0};
	char version[SYNC_VERSION_MAX + 1];
	(void)state;
	assert_true(reply_location("Patient/12", "Patient", &place));
	assert_string_equal(place.server_id, "12");
	assert_true(reply_location("https://h/fhir/Patient/12/_history/3", "Patient", &place));
	assert_string_equal(place.version, "3");
	assert_false(reply_location("Observation/12", "Patient", &place));
	assert_false(reply_location("Patient/", "Patient", &place));
	assert_false(reply_location("https://h/XPatient/12", "Patient", &place));
	assert_true(reply_etag("W/\"3\"", version));
	assert_string_equal(version, "3");
	assert_true(reply_etag("\"abc\"", version));
	assert_false(reply_etag("W/3", version));
	assert_false(reply_etag("W/\"a b\"", version));
}

static void answers_in_bundles(void **state)
{
	static const char item[] = "{\"response\":{\"status\":\"201 "
	                           "Created\",\"location\":\"Patient/1\",\"etag\":\"W/\\\"2\\\"\","
	                           "\"lastModified\":\"2026-11-22T10:15:30Z\",\"outcome\":{\"issue\":[{"
	                           "\"diagnostics\":\"a\\tb\"}]}}}";
	struct reply_entry said;
	char reason[40], version[SYNC_VERSION_MAX + 1];
	(void)state;
	reply_entry_read((struct span){item, sizeof item - 1}, &said);
	assert_int_equal(said.status, 201);
	assert_true(reply_etag(said.etag, version));
	assert_string_equal(version, "2");
	assert_int_equal(said.updated_ms, INT64_C(1795342530000));
	reply_reason(said.outcome, reason, sizeof reason);
	assert_string_equal(reason, "a b"); /* control characters do not reach the screen */
	reply_entry_read((struct span){"{\"response\":{\"status\":\"yes\"}}", 28}, &said);
	assert_int_equal(said.status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(base64_vectors),
	        cmocka_unit_test(base64_is_strict),
	        cmocka_unit_test(every_day_of_two_centuries),
	        cmocka_unit_test(instants_are_strict),
	        cmocka_unit_test(decimals_stay_what_they_are),
	        cmocka_unit_test(writer_keeps_its_limits),
	        cmocka_unit_test(spans_find_parts),
	        cmocka_unit_test(spans_survive_rubbish),
	        cmocka_unit_test(places_are_read),
	        cmocka_unit_test(bad_places_are_refused_by_name),
	        cmocka_unit_test(locations_and_etags),
	        cmocka_unit_test(answers_in_bundles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
