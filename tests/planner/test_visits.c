/* The course of treatments: records read strictly, doses summed by field, side and device, intervals of the library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/visits.h"

#define DAY_MS INT64_C(86400000)

static struct library *library;

static enum status parse(const char *json, struct visit *out, struct fail *why)
{
	return visit_of_outcome(json, strlen(json), out, why);
}

static void an_outcome_is_read_whole(void **state)
{
	(void)state;
	static const char json[] =
	        "{\"schema\":\"lasertwin-outcome/1\",\"plan\":\"p\",\"version\":2,\"patient\":\"x\",\"device\":\"picoway.532_zoom\","
	        "\"complete\":false,\"aborted\":\"blanching of the field\",\"errors\":1,\"fields\":[{\"field\":\"cheeks\",\"side\":"
	        "\"left\",\"passes\":1,\"passes_planned\":2,\"mean_fluence_J_cm2\":0.3,\"endpoint\":\"grey\",\"stop\":true,"
	        "\"settings\":{\"fluence_J_cm2\":0.3,\"spot_mm\":4}}],\"started_at_ms\":1000,\"ended_at_ms\":5000}";
	struct visit v;
	struct fail why = {.text = ""};
	if (parse(json, &v, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	assert_int_equal(v.version, 2);
	assert_int_equal(v.at_ms, 5000);
	assert_true(v.aborted && !v.complete && v.errors == 1);
	assert_string_equal(v.ended, "blanching of the field");
	assert_int_equal(v.fields, 1);
	assert_true(v.field[0].stop && v.field[0].passes == 1 && v.field[0].passes_planned == 2);
	assert_true(v.field[0].dose_J_cm2 == 0.3 && isnan(v.field[0].coverage_pct));
	assert_true(settings_get(&v.field[0].settings, SETTING_SPOT_MM) == 4.0);
}

static void other_documents_are_refused_by_name(void **state)
{
	(void)state;
	static const struct {
		const char *json, *says;
	} bad[] = {
	        {"{\"schema\":\"lasertwin-plan/1\"}", "lasertwin-outcome/1"},
	        {"{\"schema\":\"lasertwin-outcome/1\",\"plan\":\"p\",\"version\":0}", "version"},
	        {"{\"schema\":\"lasertwin-outcome/1\",\"plan\":\"p\",\"version\":1,\"device\":\"d\",\"complete\":true,"
	         "\"ended_at_ms\":1,\"fields\":[{\"field\":\"cheeks\",\"passes\":-1,\"passes_planned\":1}]}",
	         "passes"},
	        {"{", "outcome"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct visit v;
		struct fail why = {.text = ""};
		assert_true(parse(bad[i].json, &v, &why) != ST_OK);
		if (strstr(why.text, bad[i].says) == NULL && strstr(why.field, bad[i].says) == NULL)
			fail_msg("\"%s: %s\" does not speak of %s", why.field, why.text, bad[i].says);
	}
}

static void what_was_seen_after_is_read(void **state)
{
	(void)state;
	static const char adverse[] = "{\"kind\":\"blister\",\"onset_days_micro\":1500000,\"schema\":\"lasertwin-adverse-event/1\","
	                              "\"severity\":\"moderate\",\"text\":\"left\"}";
	static const char follow_up[] = "{\"clearance_pct_micro\":40000000,\"days_micro\":28000000,\"pih\":\"no\",\"schema\":"
	                                "\"lasertwin-follow-up/1\",\"text\":\"\"}";
	struct visit_after seen;
	struct fail why = {.text = ""};
	assert_int_equal(visit_after_of(true, adverse, strlen(adverse), &seen, &why), ST_OK);
	assert_string_equal(seen.text, "blister, moderate, left");
	assert_true(seen.severity == SEVERITY_MODERATE && seen.days == 1.5);
	assert_int_equal(visit_after_of(false, follow_up, strlen(follow_up), &seen, &why), ST_OK);
	assert_string_equal(seen.text, "clearance 40 %, no PIH");
	assert_int_equal(visit_after_of(false, adverse, strlen(adverse), &seen, &why), ST_INPUT);
}

/* Two devices on one cheek, the other side, and a field that was not reached. */
static void fill(struct visits *visits)
{
	static const struct {
		const char *mode, *field, *side;
		unsigned passes;
		double dose, coverage;
		int day;
	} rows[] = {{"picoway.532_zoom", "cheeks", "left", 1, 0.3, (double)NAN, 40},
	            {"picoway.532_zoom", "cheeks", "left", 2, 0.6, (double)NAN, 0},
	            {"picoway.532_zoom", "cheeks", "right", 1, 0.3, (double)NAN, 0},
	            {"fraxel_dual.1927", "cheeks", "left", 4, 5.0, 40, 20},
	            {"picoway.532_zoom", "neck", "left", 0, 0, (double)NAN, 40}};
	*visits = (struct visits){.visit = calloc(5, sizeof *visits->visit)};
	assert_non_null(visits->visit);
	for (size_t i = 0; i < 5; i++) {
		struct visit *v = &visits->visit[visits->count++];
		v->fields = 1;
		v->at_ms = rows[i].day * DAY_MS;
		(void)snprintf(v->device_mode, sizeof v->device_mode, "%s", rows[i].mode);
		(void)snprintf(v->indication, sizeof v->indication, "solar_lentigines");
		(void)snprintf(v->field[0].field, sizeof v->field[0].field, "%s", rows[i].field);
		(void)snprintf(v->field[0].side, sizeof v->field[0].side, "%s", rows[i].side);
		v->field[0].passes = rows[i].passes;
		v->field[0].dose_J_cm2 = rows[i].dose;
		v->field[0].coverage_pct = rows[i].coverage;
	}
}

static void doses_add_up_by_field_side_and_device(void **state)
{
	(void)state;
	struct visits visits;
	struct fail why;
	fill(&visits);
	assert_int_equal(visits_total(&visits, library, &why), ST_OK);
	assert_int_equal(visits.totals, 3); /* what was not reached has had nothing */
	assert_string_equal(visits.total[0].device_mode, "fraxel_dual.1927");
	assert_true(visits.total[0].coverage_pct == 40.0);
	assert_string_equal(visits.total[1].side, "left");
	assert_int_equal(visits.total[1].visits, 2);
	assert_true(fabs(visits.total[1].dose_J_cm2 - 0.9) < 1e-12 && isnan(visits.total[1].coverage_pct));
	assert_int_equal(visits.total[1].last_ms, 40 * DAY_MS);
	assert_int_equal(visits.visit[0].at_ms, 0); /* oldest first */
	visits_free(&visits);
}

static void intervals_are_those_on_file(void **state)
{
	(void)state;
	struct visits visits;
	struct fail why;
	struct limit_answer interval;
	int64_t next_ms;
	struct request request = {
	        .device_mode = "picoway.532_zoom", .indication = "solar_lentigines", .zones = 1, .zone = {"cheeks"}};
	fill(&visits);
	assert_int_equal(visits_total(&visits, library, &why), ST_OK);
	assert_int_equal(visits.total[1].next_ms, (40 + 28) * DAY_MS); /* V36, V37: 28 d */
	assert_int_equal(visits.total[0].next_ms, (20 + 28) * DAY_MS); /* V45: 28 d */
	assert_true(visits_next(&visits, library, &request, &next_ms, &interval));
	assert_int_equal(next_ms, (40 + 28) * DAY_MS);
	assert_string_equal(interval.origin, "LITERATURE");
	(void)snprintf(request.zone[0], sizeof request.zone[0], "neck");
	assert_false(visits_next(&visits, library, &request, &next_ms, &interval));
	(void)snprintf(request.zone[0], sizeof request.zone[0], "cheeks");
	(void)snprintf(request.indication, sizeof request.indication, "melasma"); /* no interval is on file */
	assert_true(visits_next(&visits, library, &request, &next_ms, &interval));
	assert_int_equal(next_ms, 0);
	visits_free(&visits);
}

/* The longer of protocol and limit, longer still for a skin that stayed red longer than published. */
static void the_course_follows_the_protocol_and_the_skin(void **state)
{
	(void)state;
	struct visits visits;
	struct fail why;
	static struct twin twin;
	fill(&visits);
	assert_int_equal(visits_total(&visits, library, &why), ST_OK);
	visits_course(&visits, library, NULL);
	for (size_t i = 0; i < visits.totals; i++) {
		const struct visit_total *t = &visits.total[i];
		const double least = t->interval.known ? t->interval.value : 0.0;
		assert_true(t->course.protocol[0] != '\0' && t->course.protocol_days > 0.0);
		assert_true(fabs(t->course.days - fmax(least, t->course.protocol_days)) < 1e-9);
		assert_true(t->course_ms >= t->next_ms);
	}
	const struct limit_answer none = {.row = false}, least = {.row = true, .known = true, .value = 42};
	const struct visit_course unknown = visit_course_of(library, "picoway.532_zoom", "nothing", &none, NULL);
	assert_true(unknown.protocol[0] == '\0' && isnan(unknown.days));
	struct visit_course course = visit_course_of(library, "ultrapulse.deepfx", "acne_scars_atrophic", &least, &twin);
	assert_string_equal(course.protocol, "AS-CO2");
	assert_true(course.slower == 1.0);
	twin.lessons = 1; /* one treatment of their own, redness a third longer than published */
	twin.lesson[0] = (struct twin_lesson){.treatment = "t", .factor = TWIN_HEALING_FACTOR, .event = -1, .variance = 1.0};
	twin.property[TWIN_HEALING_FACTOR].median = 1.3;
	course = visit_course_of(library, "ultrapulse.deepfx", "acne_scars_atrophic", &least, &twin);
	assert_true(course.slower > 1.29 && course.slower < 1.31);
	assert_true(fabs(course.days - ceil(1.3 * fmax(42.0, course.protocol_days))) < 1e-9);
	visits_free(&visits);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_outcome_is_read_whole),
	        cmocka_unit_test(other_documents_are_refused_by_name),
	        cmocka_unit_test(what_was_seen_after_is_read),
	        cmocka_unit_test(doses_add_up_by_field_side_and_device),
	        cmocka_unit_test(intervals_are_those_on_file),
	        cmocka_unit_test(the_course_follows_the_protocol_and_the_skin),
	};
	return cmocka_run_group_tests(tests, load_library, free_library);
}
