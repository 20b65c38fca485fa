/* Protocol files: what is accepted, what is refused, and that the shipped one holds together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/json.h"
#include "planner/plan/files.h"
#include "planner/plan/protocol.h"

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
		cmocka_unit_test(truncation_at_every_byte_is_refused),
		cmocka_unit_test(every_shipped_protocol_states_origin_and_source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
