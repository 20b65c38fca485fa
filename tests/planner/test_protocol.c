/* Protocol files: what is accepted, what is refused, and that the shipped one holds together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/json.h"
#include "planner/plan/files.h"
#include "planner/plan/protocol.h"
#include "planner/plan/published.h"

static const char good[] =
	"{\"schema\":\"lasertwin-protocols/1\",\"protocols\":[{\"id\":\"X\",\"indication\":\"melasma\","
	"\"device_mode\":\"a.b\",\"goals\":[{\"metric\":\"target_ratio\",\"at\":\"p50\",\"min\":1,"
	"\"origin\":\"DESIGN\",\"source\":\"s\"}],\"target\":{\"kind\":\"ink\",\"depth_um\":900,"
	"\"diameter_um\":4,\"mua_1_cm\":53000},\"passes\":1,\"interval_days\":56,\"visits\":6,"
	"\"endpoint\":\"e\",\"published\":\"p\",\"evidence\":\"\",\"pih_series\":\"\"}]}";

static enum status parse(const char *text, struct fail *why)
{
	struct protocol *list = NULL;
	size_t count = 0;
	enum status st = protocols_parse("p.json", text, strlen(text), &list, &count, why);
	free(list);
	return st;
}

/* The good file with one piece replaced. */
static void refused(const char *from, const char *to, const char *says)
{
	char text[2048];
	const char *at = strstr(good, from);
	struct fail why = {0};
	assert_non_null(at);
	(void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	assert_int_not_equal(parse(text, &why), ST_OK);
	if (!strstr(why.text, says) && !strstr(why.field, says))
		fail_msg("\"%s: %s\" does not say \"%s\"", why.field, why.text, says);
}

static void a_protocol_is_read_whole(void **state)
{
	(void)state;
	struct protocol *list = NULL;
	size_t count = 0;
	struct fail why = {0};
	assert_int_equal(protocols_parse("p.json", good, sizeof good - 1, &list, &count, &why), ST_OK);
	assert_int_equal(count, 1);
	assert_int_equal(list[0].goals, 1);
	assert_int_equal(list[0].goal[0].metric, METRIC_TARGET_RATIO);
	assert_int_equal(list[0].target.kind, TARGET_INK);
	assert_true(list[0].target.mua_1_cm == 53000);
	free(list);
}

static void faults_are_refused_by_name(void **state)
{
	(void)state;
	refused("lasertwin-protocols/1", "lasertwin-protocols/2", "schema");
	refused("\"target_ratio\"", "\"target_ration\"", "target_ration");
	refused("\"passes\":1", "\"passes\":-1", "passes");
	refused("\"passes\":1", "\"passess\":1", "passess");
	refused("\"min\":1", "\"min\":\"1\"", "min");
	refused("\"at\":\"p50\"", "\"at\":\"p99\"", "at");
	refused("\"min\":1", "\"min\":1,\"max\":0.5", "max");
	refused("\"kind\":\"ink\"", "\"kind\":\"inc\"", "kind");
	refused("\"depth_um\":900", "\"depth_um\":900000", "depth_um");
	refused("\"goals\":[", "\"goals\":[],\"x_was\":[", "goals");
	refused("]}", "]}}", "");
	/* for one mode or for classes, never both or neither */
	refused("\"device_mode\":\"a.b\"", "\"passes\":1", "");
	refused("\"device_mode\":\"a.b\"", "\"x_m\":1", "device_mode or mode_classes");
	refused("\"device_mode\":\"a.b\"", "\"device_mode\":\"a.b\",\"mode_classes\":[\"pico\"]", "device_mode or mode_classes");
	refused("\"device_mode\":\"a.b\"", "\"mode_classes\":[]", "mode_classes");
	refused("\"device_mode\":\"a.b\"", "\"mode_classes\":[\"pico\"],\"nm_min\":1064,\"nm_max\":532", "nm_max");
}

/* A class and its wavelengths answer once: overlapping bands are two answers to one question. */
static void bands_of_a_class_do_not_overlap(void **state)
{
	static const char text[] =
		"{\"schema\":\"lasertwin-protocols/1\",\"protocols\":["
		"{\"id\":\"A\",\"indication\":\"melasma\",\"mode_classes\":[\"pico\",\"qs\"],\"nm_min\":500,\"nm_max\":600,%s,"
		"{\"id\":\"B\",\"indication\":\"melasma\",\"mode_classes\":[\"qs\"],\"nm_min\":%d,\"nm_max\":1100,%s]}";
	static const char rest[] =
		"\"goals\":[{\"metric\":\"target_ratio\",\"at\":\"p50\",\"min\":1,\"origin\":\"D\",\"source\":\"s\"}],"
		"\"target\":{\"kind\":\"none\"},\"passes\":1,\"interval_days\":1,\"visits\":1,\"endpoint\":\"e\","
		"\"published\":\"p\",\"evidence\":\"\",\"pih_series\":\"\"}";
	char whole[2048];
	struct fail why = {0};
	(void)state;
	(void)snprintf(whole, sizeof whole, text, rest, 601, rest);
	assert_int_equal(parse(whole, &why), ST_OK);
	(void)snprintf(whole, sizeof whole, text, rest, 600, rest);
	assert_int_equal(parse(whole, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "twice"));
}

static const char row[] =
	"{\"schema\":\"lasertwin-published/1\",\"rows\":[{\"id\":\"X\",\"indications\":[\"melasma\"],\"device\":\"d\","
	"\"device_modes\":[\"a.b\"],\"zone\":\"cheeks\",\"fitzpatrick\":[\"III\",\"IV\"],\"settings\":{\"energy_mJ\":{\"min\":10,"
	"\"max\":20},\"spot_mm\":{\"min\":3,\"max\":4},\"fluence_J_cm2\":{\"max\":2}},\"passes\":{\"min\":1,\"max\":3},"
	"\"source\":[\"V1\",\"K\"],\"confidence\":\"high\"}]}";

static enum status parse_row(const char *from, const char *to, struct published **list, struct fail *why)
{
	char text[2048];
	const char *at = strstr(row, from);
	size_t count = 0;
	assert_non_null(at);
	(void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - row), row, to, at + strlen(from));
	return published_parse("published.json", text, strlen(text), list, &count, why);
}

static enum published_place place(const struct published *p, double energy_mJ, double spot_mm, double fluence_J_cm2)
{
	struct settings s = {0};
	settings_set(&s, SETTING_ENERGY_MJ, energy_mJ);
	settings_set(&s, SETTING_SPOT_MM, spot_mm);
	settings_set(&s, SETTING_FLUENCE_J_CM2, fluence_J_cm2);
	settings_set(&s, SETTING_VISITS, 40); /* of the course: not compared */
	return published_compare(p, &s, NULL);
}

static void published_settings_are_read_and_compared(void **state)
{
	struct published *p = NULL;
	struct fail why = {0};
	(void)state;
	assert_int_equal(parse_row("\"X\"", "\"X\"", &p, &why), ST_OK);
	assert_int_equal(p->fitzpatrick, 0xc);
	assert_string_equal(p->source, "V1, K");
	assert_true(published_speaks_of(p, "melasma", "a.b") && !published_speaks_of(p, "pores", "a.b"));
	assert_int_equal(place(p, 15, 3.5, 1), PUBLISHED_INSIDE);
	assert_int_equal(place(p, 20.05, 3.5, 1), PUBLISHED_INSIDE); /* rounding */
	assert_int_equal(place(p, 21, 3.5, 1), PUBLISHED_ABOVE);
	assert_int_equal(place(p, 9, 3.5, 3), PUBLISHED_ABOVE); /* one above is above, whatever the others */
	assert_int_equal(place(p, 9, 3.5, 1), PUBLISHED_BELOW);
	assert_int_equal(place(p, 15, 6, 1), PUBLISHED_ELSEWHERE);
	assert_int_equal(published_compare(p, &(struct settings){0}, NULL), PUBLISHED_SAYS_NOTHING);
	free(p);
}

static void published_faults_are_refused_by_name(void **state)
{
	static const char *const faults[][3] = {
		{"\"max\":20", "\"max\":5", "energy_mJ.max"},       {"energy_mJ", "energy", "is not a setting"},
		{"{\"max\":2}", "{}", "give min, max or both"},     {"\"IV\"", "\"VII\"", "fitzpatrick"},
		{"[\"V1\",\"K\"]", "[]", "without a source"},       {"[\"melasma\"]", "[]", "without an indication"},
		{"\"device\":\"d\",", "", "device"},                {"\"zone\"", "\"zonee\"", "zonee"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct published *p = NULL;
		struct fail why = {0};
		assert_int_not_equal(parse_row(faults[i][0], faults[i][1], &p, &why), ST_OK);
		assert_null(p);
		if (!strstr(why.text, faults[i][2]) && !strstr(why.field, faults[i][2]))
			fail_msg("\"%s: %s\" does not say \"%s\"", why.field, why.text, faults[i][2]);
	}
}

static void the_same_protocol_twice_is_refused(void **state)
{
	(void)state;
	char text[4096];
	const char *start = strchr(good, '[') + 1;
	size_t length = strlen(start) - 2;
	struct fail why = {0};
	(void)snprintf(text, sizeof text, "%.*s,%.*s]}", (int)(sizeof good - 3), good, (int)length, start);
	assert_int_equal(parse(text, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "twice"));
}

static void truncation_at_every_byte_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof good - 1; n++) {
		struct protocol *list = NULL;
		size_t count = 0;
		struct fail why = {0};
		assert_int_not_equal(protocols_parse("p.json", good, n, &list, &count, &why), ST_OK);
		assert_null(list);
	}
}

static void every_shipped_protocol_states_origin_and_source(void **state)
{
	(void)state;
	struct protocol *list = NULL;
	char *bytes = NULL;
	size_t length, count = 0;
	struct fail why = {0};
	assert_int_equal(file_read("profiles/protocols/protocols.json", JSON_BYTES_MAX, &bytes, &length, &why), ST_OK);
	if (protocols_parse("protocols.json", bytes, length, &list, &count, &why))
		fail_msg("%s: %s", why.field, why.text);
	assert_true(count >= 15);
	for (size_t i = 0; i < count; i++)
		for (size_t g = 0; g < list[i].goals; g++)
			assert_true(list[i].goal[g].origin[0] && list[i].goal[g].source[0] && list[i].published[0]);
	free(list);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_protocol_is_read_whole),
		cmocka_unit_test(faults_are_refused_by_name),
		cmocka_unit_test(the_same_protocol_twice_is_refused),
		cmocka_unit_test(bands_of_a_class_do_not_overlap),
		cmocka_unit_test(published_settings_are_read_and_compared),
		cmocka_unit_test(published_faults_are_refused_by_name),
		cmocka_unit_test(truncation_at_every_byte_is_refused),
		cmocka_unit_test(every_shipped_protocol_states_origin_and_source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
