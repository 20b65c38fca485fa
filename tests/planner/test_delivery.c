/* Delivery: the checklist, the envelope, counters, the end; random sessions; events that read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "physics/base/rng.h"
#include "planner/plan/delivery.h"
#include "planner/twin/learn.h"
#include "tests/support/device_profiles.h"

#define NOW INT64_C(1767225600000)
#define PERSON "00000000-0000-4000-8000-00000000000a"
#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct device *fraxel, *ultrapulse, *thermage;

static int load(void **state)
{
	(void)state;
	fraxel = profile_device("fraxel_dual");
	ultrapulse = profile_device("ultrapulse");
	thermage = profile_device("thermage_flx");
	return 0;
}

static int unload(void **state)
{
	(void)state;
	device_free(&fraxel);
	device_free(&ultrapulse);
	device_free(&thermage);
	return 0;
}

/* 10 mJ, level 1, 8 passes over cheeks and forehead. */
static struct delivery_plan plan_1927(void)
{
	struct delivery_plan plan = {.version = 1,
	                             .device_mode = "fraxel_dual.1927",
	                             .device = fraxel,
	                             .mode = device_mode_find(fraxel, "1927"),
	                             .fields = 2,
	                             .field = {"cheeks", "forehead"},
	                             .identity = {"VIRTUAL 02", "D-02", "", 'F'}};
	struct fail why = {0};
	settings_set(&plan.settings, SETTING_ENERGY_MJ, 10.0);
	settings_set(&plan.settings, SETTING_TREATMENT_LEVEL, 1.0);
	settings_set(&plan.settings, SETTING_PASSES, 4.0);
	if (delivery_plan_complete(&plan, &why))
		fail_msg("%s", why.text);
	return plan;
}

/* An event from words: "kind member=value member=value". */
static struct delivery_event event_of(const char *words, int64_t at_ms)
{
	char copy[512], *rest = copy, *word;
	struct delivery_event event;
	enum delivery_kind kind;
	struct fail why = {0};
	(void)snprintf(copy, sizeof copy, "%s", words);
	word = strsep(&rest, "|");
	assert_true(delivery_kind_parse(word, &kind));
	delivery_event_init(&event, kind, at_ms, PERSON);
	while ((word = strsep(&rest, "|"))) {
		char *value = strchr(word, '=');
		assert_non_null(value);
		*value = '\0';
		if (delivery_event_set(&event, word, value + 1, &why))
			fail_msg("%s: %s", why.field, why.text);
	}
	return event;
}

static enum status act_at(struct delivery *d, const struct delivery_plan *plan, const char *words, int64_t at_ms,
                          struct fail *why)
{
	struct delivery_event event = event_of(words, at_ms);
	return delivery_apply(d, plan, &event, why);
}

static void act(struct delivery *d, const struct delivery_plan *plan, const char *words)
{
	struct fail why = {0};
	if (act_at(d, plan, words, d->last_at_ms ? d->last_at_ms + 1000 : NOW, &why))
		fail_msg("%s: %s: %s", words, why.field, why.text);
}

static void refused(struct delivery *d, const struct delivery_plan *plan, const char *words, enum status code,
                    const char *field)
{
	const struct delivery before = *d;
	struct fail why = {0};
	enum status st = act_at(d, plan, words, d->last_at_ms + 1000, &why);
	if (st != code || strcmp(why.field, field) != 0)
		fail_msg("%s: %s, %s: %s", words, status_name(st), why.field, why.text);
	assert_memory_equal(&before, d, sizeof before);
}

static const char *const checklist[] = {
        "identity|identifier_1=virtual 02|identifier_2= d-02 ",
        "site|field=cheeks|side=both",
        "site|field=forehead|side=midline",
        "consent|reference=paper 2026-01-01/7",
        "photograph|field=cheeks|reference=IMG_1.JPG|digest=" SHA,
        "photograph|field=forehead|reference=IMG_2.JPG|digest=" SHA,
        "device|serial=FD-1|handpiece=fraxel_dual.1927|handpiece_serial=HP-9",
        "calibration|measured=10.4|set=10|text=mJ",
        "eyewear|od_operator=7|od_patient=7",
        "cooling|text=cold air, stage 4",
        "time_out|text=technician and patient",
};
enum { ITEMS = sizeof checklist / sizeof checklist[0] };

static void check_all(struct delivery *d, const struct delivery_plan *plan)
{
	act(d, plan, "open");
	for (size_t i = 0; i < ITEMS; i++)
		act(d, plan, checklist[i]);
}

static void treat_field(struct delivery *d, const struct delivery_plan *plan, const char *field)
{
	char words[160];
	for (unsigned pass = 0; pass < delivery_passes_planned(plan); pass++) {
		(void)snprintf(words, sizeof words, "pass|field=%s|energy_mJ=10|treatment_level=1|pulses=40", field);
		act(d, plan, words);
	}
	(void)snprintf(words, sizeof words, "endpoint|field=%s|endpoint=erythema", field);
	act(d, plan, words);
}

/* ---- */

static void whole_session(void **state)
{
	(void)state;
	const struct delivery_plan plan = plan_1927();
	struct delivery d = {0};
	char missing[96];
	check_all(&d, &plan);
	assert_null(delivery_missing(&d, &plan, missing, sizeof missing));
	act(&d, &plan, "start");
	treat_field(&d, &plan, "cheeks");
	assert_false(delivery_complete(&d, &plan));
	treat_field(&d, &plan, "forehead");
	assert_true(delivery_complete(&d, &plan));
	assert_int_equal(d.field[0].passes, 4);
	assert_true(fabs(d.field[0].coverage_frac - plan.exposure.coverage_sum_frac) < 1e-9);
	assert_true(fabs(d.field[0].dose_J_cm2 - 4.0 * plan.exposure.fluence_J_cm2) < 1e-9);
	assert_true(fabs(d.field[0].pulses - 160.0) < 1e-9);
	act(&d, &plan, "finish");
	assert_int_equal(d.phase, DELIVERY_FINISHED);
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1", ST_DENIED, "pass");
	refused(&d, &plan, "abort|text=after the end of it all", ST_DENIED, "abort");
	char *json;
	struct fail why;
	assert_int_equal(delivery_outcome_json(&d, &plan, &json, &why), ST_OK);
	assert_non_null(strstr(json, "\"complete\":true"));
	assert_non_null(strstr(json, "\"passes\":4,\"passes_planned\":4"));
	assert_non_null(strstr(json, "\"endpoint\":\"erythema\",\"stop\":false"));
	free(json);
}

/* What the twin reads of what the delivery wrote: one form, one reader. */
static void endpoints_speak_of_the_threshold(void **state)
{
	(void)state;
	static const struct {
		const char *cheeks, *forehead;
		double target_ratio, lowered_J_cm2;
		int seen; /* -1: says nothing */
		double ratio;
	} rows[] = {
	        {"immediate whitening", "none visible", 1.4, 0.4, 1, 1.4}, {"none visible", "none visible", 1.4, 0.4, 0, 1.4},
	        {"immediate whitening", "immediate whitening", 1.4, 0.2, 1, 0.7}, /* lowered on the forehead, and seen */
	        {"none visible", "none visible", 1.4, 0.2, 0, 1.4},       {"erythema", "", 1.4, 0.4, -1, 0},
	        {"immediate whitening", "", 0.0, 0.4, -1, 0},             {"immediate whitening", "", NAN, 0.4, -1, 0},
	        {"immediate whitening", "", 30.0, 0.4, -1, 0},
	};
	struct device *pico = profile_device("picoway");
	struct delivery_plan plan = {.plan = "1b4e28ba-2fa1-41d2-883f-0016d3cca427", .version = 2,
	                             .device_mode = "picoway.532_zoom", .device = pico,
	                             .mode = device_mode_find(pico, "532_zoom"), .fields = 2, .field = {"cheeks", "forehead"}};
	settings_set(&plan.settings, SETTING_FLUENCE_J_CM2, 0.4);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct delivery d = {.started_at_ms = 1, .ended_at_ms = 2};
		const char *const endpoint[] = {rows[i].cheeks, rows[i].forehead};
		struct twin_outcome o;
		struct fail why = {0};
		char *json = NULL;
		plan.target_ratio = rows[i].target_ratio;
		for (int f = 0; f < 2; f++) {
			(void)snprintf(d.field[f].endpoint, sizeof d.field[f].endpoint, "%s", endpoint[f]);
			d.field[f].passes = 1;
			settings_set(&d.field[f].last, SETTING_FLUENCE_J_CM2, f ? rows[i].lowered_J_cm2 : 0.4);
		}
		assert_int_equal(delivery_outcome_json(&d, &plan, &json, &why), ST_OK);
		if (twin_outcome_read("outcome", json, strlen(json), &o, &why))
			fail_msg("row %zu, %s: %s", i, why.field, why.text);
		assert_int_equal(o.endpoint_seen, rows[i].seen);
		if (rows[i].seen >= 0)
			assert_true(fabs(o.endpoint_dose_ratio - rows[i].ratio) < 1e-9);
		assert_string_equal(o.treatment, "1b4e28ba-2fa1-41d2-883f-0016d3cca427:2");
		assert_string_equal(o.device_mode, "picoway.532_zoom");
		free(json);
	}
	device_free(&pico);
}

/* Each item alone left out: no start, and the start says which. */
static void each_item_is_needed(void **state)
{
	(void)state;
	const struct delivery_plan plan = plan_1927();
	static const char *const says[ITEMS] = {"two identifiers", "side",    "side",    "consent", "photograph", "photograph",
	                                        "console",         "output",  "eyewear", NULL,      "time-out"};
	for (size_t left_out = 0; left_out < ITEMS; left_out++) {
		struct delivery d = {0};
		struct fail why = {0};
		act(&d, &plan, "open");
		for (size_t i = 0; i < ITEMS; i++) {
			struct delivery_event event = event_of(checklist[i], d.last_at_ms + 1);
			if (i == left_out)
				continue;
			enum status st = delivery_apply(&d, &plan, &event, &why);
			assert_true(st == ST_OK || left_out == 0 || left_out == 1 || left_out == 2 || left_out == 6);
		}
		const bool optional = !says[left_out]; /* this device does not rely on cooling */
		assert_int_equal(act_at(&d, &plan, "start", d.last_at_ms + 1, &why), optional ? ST_OK : ST_DENIED);
		if (!optional)
			assert_non_null(strstr(why.text, says[left_out]));
	}
}

static void cooling_where_the_device_relies_on_it(void **state)
{
	(void)state;
	struct delivery_plan plan = plan_1927();
	struct device cooled = *fraxel;
	struct delivery d = {0};
	cooled.cooling_required = true;
	plan.device = &cooled;
	act(&d, &plan, "open");
	for (size_t i = 0; i < ITEMS; i++)
		if (strncmp(checklist[i], "cooling", 7) != 0)
			act(&d, &plan, checklist[i]);
	refused(&d, &plan, "start", ST_DENIED, "start");
	act(&d, &plan, "cooling|text=contact, 4 C");
	act(&d, &plan, "start");
}

static void wrong_things_are_refused_at_the_checklist(void **state)
{
	(void)state;
	const struct delivery_plan plan = plan_1927();
	struct delivery d = {0};
	struct fail why;
	assert_int_equal(act_at(&d, &plan, "start", NOW, &why), ST_DENIED);
	act(&d, &plan, "open");
	refused(&d, &plan, "open", ST_DENIED, "open");
	refused(&d, &plan, "identity|identifier_1=VIRTUAL 03|identifier_2=D-02", ST_DENIED, "identifier 1");
	refused(&d, &plan, "identity|identifier_1=D-02|identifier_2=d-02", ST_DENIED, "identifier 2");
	refused(&d, &plan, "identity|identifier_1=VIRTUAL 02|identifier_2= ", ST_DENIED, "identifier 2");
	refused(&d, &plan, "site|field=neck|side=left", ST_DENIED, "field");
	refused(&d, &plan, "site|field=cheeks|side=up", ST_INPUT, "side");
	refused(&d, &plan, "photograph|field=cheeks|reference=x|digest=e3b0", ST_INPUT, "digest");
	refused(&d, &plan, "device|serial=FD-1|handpiece=fraxel_dual.1550|handpiece_serial=HP-8", ST_DENIED, "handpiece");
	refused(&d, &plan, "calibration|measured=10|set=10|text=mJ", ST_DENIED, "calibration");
	act(&d, &plan, checklist[6]);
	refused(&d, &plan, "calibration|measured=12.1|set=10|text=mJ", ST_RANGE, "measured");
	refused(&d, &plan, "calibration|measured=7.9|set=10|text=mJ", ST_RANGE, "measured");
	refused(&d, &plan, "calibration|measured=0|set=0|text=mJ", ST_RANGE, "measured");
	refused(&d, &plan, "eyewear|od_operator=7|od_patient=0.5", ST_RANGE, "od_patient");
	refused(&d, &plan, "eyewear|od_operator=0|od_patient=9", ST_RANGE, "od_operator");
	refused(&d, &plan, "answer|fact=identity_confirmed|value=yes", ST_INPUT, "fact");
	refused(&d, &plan, "answer|fact=approval_valid|value=yes", ST_INPUT, "fact");
	refused(&d, &plan, "answer|fact=keloid|value=no", ST_INPUT, "fact");
	refused(&d, &plan, "answer|fact=alcohol_wet|value=2", ST_INPUT, "value");
	refused(&d, &plan, "time_out|text=all", ST_DENIED, "time_out");
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1", ST_DENIED, "pass");
	refused(&d, &plan, "finish", ST_DENIED, "finish");
}

/* The side that was signed is the one that is treated; one that was not stated is asked here alone. */
static void the_wrong_side_is_refused(void **state)
{
	(void)state;
	static const char *const words[] = {"left", "right", "both", "midline"};
	char text[64];
	for (int stated = SIDE_NOT_STATED; stated < SIDES; stated++)
		for (int entered = SIDE_LEFT; entered < SIDES; entered++) {
			struct delivery_plan plan = plan_1927();
			struct delivery d = {0};
			plan.side[0] = (enum side)stated;
			act(&d, &plan, "open");
			(void)snprintf(text, sizeof text, "site|field=cheeks|side=%s", words[entered - 1]);
			if (stated == SIDE_NOT_STATED || stated == entered)
				act(&d, &plan, text);
			else
				refused(&d, &plan, text, ST_DENIED, "side");
			refused(&d, &plan, "site|field=cheeks|side=not stated", ST_INPUT, "side");
		}
}

/* A handpiece changed after the output check, or another patient after the time-out, asks again. */
static void changes_undo_what_they_touch(void **state)
{
	(void)state;
	const struct delivery_plan plan = plan_1927();
	struct delivery d = {0};
	check_all(&d, &plan);
	act(&d, &plan, "device|serial=FD-1|handpiece=fraxel_dual.1927|handpiece_serial=HP-10");
	refused(&d, &plan, "start", ST_DENIED, "start");
	act(&d, &plan, checklist[7]);
	act(&d, &plan, "site|field=cheeks|side=left");
	refused(&d, &plan, "start", ST_DENIED, "start");
	act(&d, &plan, checklist[10]);
	act(&d, &plan, checklist[0]);
	refused(&d, &plan, "start", ST_DENIED, "start");
	act(&d, &plan, checklist[10]);
	act(&d, &plan, "start");
}

static void started(struct delivery *d, const struct delivery_plan *plan)
{
	*d = (struct delivery){0};
	check_all(d, plan);
	act(d, plan, "start");
}

static void nothing_above_the_plan(void **state)
{
	(void)state;
	const struct delivery_plan plan = plan_1927();
	struct delivery d;
	started(&d, &plan);
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=11|treatment_level=1", ST_RANGE, "energy_mJ");
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=2", ST_RANGE, "treatment_level");
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=10.5|treatment_level=1", ST_RANGE, "energy_mJ");
	refused(&d, &plan, "pass|field=cheeks|treatment_level=1", ST_RANGE, "energy_mJ");
	refused(&d, &plan, "pass|field=neck|energy_mJ=10|treatment_level=1", ST_DENIED, "field");
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1|pulses=0", ST_RANGE, "pulses");
	act(&d, &plan, "pass|field=cheeks|energy_mJ=9|treatment_level=1"); /* less is the operator's right */
	assert_true(d.field[0].lowered);
	for (int i = 0; i < 3; i++)
		act(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1");
	struct fail why = {0};
	assert_int_equal(act_at(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1", d.last_at_ms, &why), ST_DENIED);
	assert_non_null(strstr(why.text, "4 of 4 approved passes"));
	act(&d, &plan, "pass|field=forehead|energy_mJ=10|treatment_level=1");
}

static void density_modes_compare_energy_and_density(void **state)
{
	(void)state;
	struct delivery_plan plan = plan_1927();
	struct fail why = {0};
	struct settings read = {0};
	bool lower = false;
	plan.settings = (struct settings){0};
	plan.device = ultrapulse;
	plan.mode = device_mode_find(ultrapulse, "deepfx");
	settings_set(&plan.settings, SETTING_ENERGY_MJ, 15.0);
	settings_set(&plan.settings, SETTING_DENSITY_PCT, 10.0);
	settings_set(&plan.settings, SETTING_PASSES, 1.0);
	assert_int_equal(delivery_plan_complete(&plan, &why), ST_OK);
	settings_set(&read, SETTING_ENERGY_MJ, 15.0);
	settings_set(&read, SETTING_DENSITY_PCT, 10.0);
	assert_int_equal(delivery_within(&plan, &read, NULL, &lower, &why), ST_OK);
	assert_false(lower);
	settings_set(&read, SETTING_DENSITY_PCT, 5.0);
	assert_int_equal(delivery_within(&plan, &read, NULL, &lower, &why), ST_OK);
	assert_true(lower);
	settings_set(&read, SETTING_DENSITY_PCT, 15.0);
	assert_int_equal(delivery_within(&plan, &read, NULL, &lower, &why), ST_RANGE);
	settings_set(&read, SETTING_DENSITY_PCT, 10.0);
	settings_set(&read, SETTING_ENERGY_MJ, 17.5);
	assert_int_equal(delivery_within(&plan, &read, NULL, &lower, &why), ST_RANGE);
	assert_string_equal(why.field, "energy_mJ");
	settings_set(&read, SETTING_ENERGY_MJ, 1500.0); /* a slip of a unit */
	assert_int_equal(delivery_within(&plan, &read, NULL, &lower, &why), ST_RANGE);
}

static void stop_signs_stop(void **state)
{
	(void)state;
	const struct delivery_plan plan = plan_1927();
	struct delivery d;
	started(&d, &plan);
	act(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1");
	refused(&d, &plan, "endpoint|field=cheeks|endpoint=immediate whitening", ST_INPUT, "endpoint");
	act(&d, &plan, "endpoint|field=cheeks|endpoint=blister");
	assert_int_equal(d.phase, DELIVERY_PAUSED);
	act(&d, &plan, "resume");
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1", ST_DENIED, "field");
	act(&d, &plan, "endpoint|field=cheeks|endpoint=erythema"); /* seen later: the blister stays a reason */
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1", ST_DENIED, "field");
	act(&d, &plan, "pass|field=forehead|energy_mJ=10|treatment_level=1");
	refused(&d, &plan, "finish", ST_DENIED, "endpoint");
	act(&d, &plan, "endpoint|field=forehead|endpoint=none visible");
	refused(&d, &plan, "finish", ST_INPUT, "text");
	act(&d, &plan, "finish|text=blister on the cheek, stopped there");
}

static void errors_and_pauses(void **state)
{
	(void)state;
	const struct delivery_plan plan = plan_1927();
	struct delivery d;
	struct fail why = {0};
	started(&d, &plan);
	act(&d, &plan, "error|code=E-12|text=scanner");
	assert_int_equal(d.phase, DELIVERY_PAUSED);
	refused(&d, &plan, "pass|field=cheeks|energy_mJ=10|treatment_level=1", ST_DENIED, "pass");
	refused(&d, &plan, "resume", ST_INPUT, "text");
	act(&d, &plan, "resume|text=tip cleaned, self-test passed");
	act(&d, &plan, "pause|text=patient asked");
	int64_t late = d.last_at_ms + DELIVERY_LONG_PAUSE_MS + 1;
	assert_int_equal(act_at(&d, &plan, "resume", late, &why), ST_DENIED);
	assert_int_equal(act_at(&d, &plan, "resume|identifier_1=VIRTUAL 02|identifier_2=D-02", late, &why), ST_OK);
	assert_int_equal(act_at(&d, &plan, "pause|text=x", late - 1, &why), ST_DENIED);
	assert_string_equal(why.field, "time");
	refused(&d, &plan, "abort|text=stop", ST_INPUT, "text");
	act(&d, &plan, "abort|text=patient feels unwell");
	assert_int_equal(d.phase, DELIVERY_ABORTED);
	assert_int_equal(d.errors, 1);
	assert_int_equal(d.pauses, 2);
}

/* ---- the rules before the first pulse ---- */

static enum status start_with(const struct finding *finding, const char *permit, struct fail *why)
{
	const struct delivery_plan plan = plan_1927();
	struct finding copy = *finding;
	const struct findings findings = {.count = 1, .finding = &copy};
	const struct delivery_permits permits = {.count = permit ? 1 : 0, .rule = {permit}};
	struct delivery d = {0};
	check_all(&d, &plan);
	return delivery_may_start(&d, &plan, &findings, &permits, why);
}

static void findings_stand_against_the_start(void **state)
{
	(void)state;
	struct fail why = {0};
	struct finding f = {.rule = "R-X", .name = "x", .origin = "DESIGN", .source = "D", .message = "m", .next_step = "n"};
	static const bool stops[OUTCOMES] = {[OUTCOME_BLOCK] = true, [OUTCOME_BLOCK_MD] = true, [OUTCOME_DEFER] = true,
	                                     [OUTCOME_REQUIRE] = true};
	for (int o = 0; o < OUTCOMES; o++) {
		f.outcome = (enum outcome)o;
		assert_int_equal(start_with(&f, NULL, &why) != ST_OK, stops[o]);
		const bool permit_helps = o == OUTCOME_BLOCK_MD;
		assert_int_equal(start_with(&f, "R-X", &why) != ST_OK, stops[o] && !permit_helps);
		assert_int_equal(start_with(&f, "R-Y", &why) != ST_OK, stops[o]);
	}
	f.outcome = OUTCOME_REQUIRE;
	f.done = true;
	assert_int_equal(start_with(&f, NULL, &why), ST_OK);
}

static bool known_bool(const struct facts *facts, const char *name, bool *value)
{
	size_t id;
	struct expr_value v = {0};
	assert_true(facts_find(name, &id));
	facts_get(facts, id, &v);
	*value = v.truth;
	return v.known;
}

static void facts_follow_the_checklist(void **state)
{
	(void)state;
	const struct delivery_plan plan = plan_1927();
	struct delivery d = {0};
	struct facts *facts = NULL;
	struct fail why = {0};
	bool value;
	assert_int_equal(facts_new(&facts, &why), ST_OK);
	act(&d, &plan, "open");
	assert_int_equal(delivery_facts(&d, facts, &why), ST_OK);
	assert_true(known_bool(facts, "consent_signed", &value) && !value);
	assert_true(known_bool(facts, "photographs_taken", &value) && !value);
	assert_false(known_bool(facts, "handpiece_matches", &value));
	assert_false(known_bool(facts, "approval_valid", &value));
	assert_false(known_bool(facts, "oxygen_running", &value)); /* not asked is not no */
	for (size_t i = 0; i < ITEMS; i++)
		act(&d, &plan, checklist[i]);
	act(&d, &plan, "answer|fact=oxygen_running|value=yes");
	act(&d, &plan, "answer|fact=oxygen_running|value=no"); /* turned off: the last answer counts */
	assert_int_equal(d.answers, 1);
	assert_int_equal(delivery_facts(&d, facts, &why), ST_OK);
	static const char *const yes[] = {"consent_signed", "photographs_taken", "handpiece_matches", "output_verified",
	                                  "identity_confirmed", "cooling_confirmed"};
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		assert_true(known_bool(facts, yes[i], &value) && value);
	assert_true(known_bool(facts, "oxygen_running", &value) && !value);
	facts_free(&facts);
}

/* ---- events ---- */

static void events_read_back(void **state)
{
	(void)state;
	static const char *const words[] = {"open", "pass|field=cheeks|energy_mJ=0.71|treatment_level=3|pulses=40|text=closer \xc3\xa4",
	                                    "start", "error|code=E \"12\"", "resume|text=seen and cleared",
	                                    "endpoint|field=cheeks|endpoint=erythema", "pause|text=line\nbreak"};
	struct fail why = {0};
	for (size_t i = 0; i < ITEMS + sizeof words / sizeof words[0]; i++) {
		struct delivery_event event = event_of(i < ITEMS ? checklist[i] : words[i - ITEMS], NOW), back;
		char *json;
		size_t n;
		assert_int_equal(delivery_event_encode(&event, &json, &n, &why), ST_OK);
		if (delivery_event_decode(json, n, &back, &why))
			fail_msg("%s: %s in %s", why.field, why.text, json);
		assert_int_equal(back.settings.present, event.settings.present);
		assert_int_equal(memcmp(back.field, event.field, sizeof back.field), 0);
		assert_string_equal(back.text, event.text);
		for (size_t at = 0; at < n; at++) { /* cut anywhere */
			assert_int_equal(delivery_event_decode(json, at, &back, &why), ST_INPUT);
		}
		free(json);
	}
	struct delivery_event event = event_of("open", NOW);
	(void)snprintf(event.field, sizeof event.field, "cheeks");
	char *json;
	size_t n;
	assert_int_equal(delivery_event_encode(&event, &json, &n, &why), ST_INPUT);
	assert_string_equal(why.field, "field");
	static const char *const bad[] = {
	        "{\"actor\":\"a\",\"at_ms\":1,\"kind\":\"open\",\"schema\":\"lasertwin-delivery/2\"}",
	        "{\"actor\":\"a\",\"at_ms\":1,\"kind\":\"fire\",\"schema\":\"lasertwin-delivery/1\"}",
	        "{\"actor\":\"a\",\"at_ms\":-1,\"kind\":\"open\",\"schema\":\"lasertwin-delivery/1\"}",
	        "{\"actor\":\"a\",\"at_ms\":1,\"kind\":\"open\",\"schema\":\"lasertwin-delivery/1\",\"zzz\":1}",
	        "{\"actor\":\"a\",\"at_ms\":1,\"kind\":\"pause\",\"schema\":\"lasertwin-delivery/1\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_not_equal(delivery_event_decode(bad[i], strlen(bad[i]), &event, &why), ST_OK);
}

static void members_from_the_keyboard(void **state)
{
	(void)state;
	struct delivery_event event;
	struct fail why = {0};
	delivery_event_init(&event, DELIVERY_PASS, NOW, PERSON);
	static const struct {
		const char *member, *value;
		enum status code;
	} rows[] = {{"energy_mJ", "10", ST_OK},      {"energy_mJ", "8,5", ST_INPUT}, {"energy_mJ", "nan", ST_INPUT},
	            {"energy_mJ", "1e400", ST_INPUT}, {"energy_mJ", "-3", ST_RANGE},  {"energy_mJ", "", ST_INPUT},
	            {"energy_mj", "10", ST_INPUT},   {"pulses", "40", ST_OK},        {"pulses", "40x", ST_INPUT},
	            {"settings", "x", ST_INPUT}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(delivery_event_set(&event, rows[i].member, rows[i].value, &why), rows[i].code);
	char longer[400];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(delivery_event_set(&event, "field", longer, &why), ST_RANGE);
}

/* ---- random sessions ---- */

enum { WALKS = 400, STEPS = 120 };

static void random_sessions_keep_the_promises(void **state)
{
	(void)state;
	static const char *const other[] = {
	        "start", "pass|field=cheeks|energy_mJ=10|treatment_level=1", "pass|field=forehead|energy_mJ=8|treatment_level=1",
	        "pass|field=cheeks|energy_mJ=12|treatment_level=1", "endpoint|field=cheeks|endpoint=erythema",
	        "endpoint|field=forehead|endpoint=blister", "error|code=E1", "pause|text=p", "resume|text=cleared and tested",
	        "finish|text=the patient wished so", "abort|text=the patient feels unwell", "open"};
	enum { OTHER = sizeof other / sizeof other[0] };
	const struct delivery_plan plan = plan_1927();
	struct rng rng;
	rng_seed(&rng, 42, 0);
	for (unsigned w = 0; w < WALKS; w++) {
		struct delivery d = {0}, replay = {0};
		for (unsigned s = 0; s < STEPS; s++) {
			const uint64_t choices = ITEMS + OTHER + (d.phase == DELIVERY_CHECKING ? 40u : 0u);
			const uint64_t pick = rng_next(&rng) % choices;
			const bool is_other = pick >= ITEMS && pick < ITEMS + OTHER;
			const char *words = is_other ? other[pick - ITEMS] : checklist[pick % ITEMS];
			if (strncmp(words, "abort", 5) == 0 && rng_next(&rng) % 8)
				continue;
			struct delivery_event event = event_of(words, NOW + 1000 * s), back;
			const struct delivery before = d;
			struct fail why = {0};
			char *json;
			size_t n;
			if (delivery_apply(&d, &plan, &event, &why)) {
				assert_memory_equal(&before, &d, sizeof d);
				continue;
			}
			assert_int_equal(delivery_event_encode(&event, &json, &n, &why), ST_OK);
			assert_int_equal(delivery_event_decode(json, n, &back, &why), ST_OK);
			assert_int_equal(delivery_apply(&replay, &plan, &back, &why), ST_OK);
			free(json);
			if (event.kind == DELIVERY_PASS)
				assert_true(before.phase == DELIVERY_RUNNING && before.timed_out && before.identified && before.calibrated);
			for (size_t f = 0; f < plan.fields; f++) {
				assert_true(d.field[f].passes <= delivery_passes_planned(&plan));
				assert_true(d.field[f].coverage_frac <= plan.exposure.coverage_sum_frac * (1.0 + 1e-5));
			}
		}
		/* what a crash would find in the store is the session as it was */
		assert_memory_equal(&d, &replay, sizeof d);
	}
}

static void every_mode_has_endpoints_with_and_without_stop(void **state)
{
	(void)state;
	const struct device *const devices[] = {fraxel, ultrapulse, thermage};
	for (size_t i = 0; i < 3; i++)
		for (size_t m = 0; m < devices[i]->modes; m++) {
			size_t count, stops = 0, none = 0;
			const struct endpoint *list = delivery_endpoints(devices[i], &devices[i]->mode[m], &count);
			for (size_t e = 0; e < count; e++) {
				stops += list[e].stop;
				none += strcmp(list[e].name, ENDPOINT_NONE) == 0;
			}
			assert_true(stops > 0 && stops < count && none == 1);
		}
}

/* The sides are entered again at the time-out; a slip there stops the treatment. */
static void sides_are_read_back(void **state)
{
	(void)state;
	static const struct {
		const char *sides;
		enum status st;
	} cases[] = {{"left right", ST_OK}, {"l,r", ST_OK},        {" left,  right ", ST_OK},  {"right left", ST_DENIED},
	             {"left", ST_INPUT},    {"", ST_INPUT},        {"left right both", ST_INPUT}, {"left left", ST_DENIED},
	             {"lefty right", ST_DENIED}};
	struct delivery_plan plan = {.fields = 2, .field = {"cheeks", "chin"}};
	struct delivery d = {.field = {{.side = "left"}, {.side = "right"}}};
	struct fail why;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (delivery_sides_read_back(&d, &plan, cases[i].sides, &why) != cases[i].st)
			fail_msg("%s: %s", cases[i].sides, why.text);
}

/* FIPS 180-4's own example, as sha256sum prints it. */
static void a_photograph_is_hashed_from_its_file(void **state)
{
	(void)state;
	char path[] = "/tmp/lasertwin-photo-XXXXXX";
	struct delivery_event event;
	struct fail why;
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, "abc", 3) == 3 && close(fd) == 0);
	delivery_event_init(&event, DELIVERY_PHOTOGRAPH, 0, "");
	assert_int_equal(delivery_event_file(&event, path, &why), ST_OK);
	assert_string_equal(event.digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(event.reference, strrchr(path, '/') + 1);
	(void)unlink(path);
	assert_int_equal(delivery_event_file(&event, path, &why), ST_NOT_FOUND);
	assert_int_equal(delivery_event_file(&event, "/tmp", &why), ST_INPUT);
}

static void names_read_back(void **state)
{
	(void)state;
	enum delivery_kind kind;
	char text[256];
	for (int k = 0; k < DELIVERY_KINDS; k++) {
		assert_true(delivery_kind_parse(delivery_kind_name((enum delivery_kind)k), &kind));
		assert_int_equal(kind, k);
	}
	assert_false(delivery_kind_parse("fire", &kind));
	assert_string_equal(delivery_event_members(DELIVERY_PHOTOGRAPH, text, sizeof text), "digest, field, reference, [text]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_wrong_side_is_refused),
	        cmocka_unit_test(sides_are_read_back),
	        cmocka_unit_test(a_photograph_is_hashed_from_its_file),
	        cmocka_unit_test(whole_session),
	        cmocka_unit_test(endpoints_speak_of_the_threshold),
	        cmocka_unit_test(each_item_is_needed),
	        cmocka_unit_test(cooling_where_the_device_relies_on_it),
	        cmocka_unit_test(wrong_things_are_refused_at_the_checklist),
	        cmocka_unit_test(changes_undo_what_they_touch),
	        cmocka_unit_test(nothing_above_the_plan),
	        cmocka_unit_test(density_modes_compare_energy_and_density),
	        cmocka_unit_test(stop_signs_stop),
	        cmocka_unit_test(errors_and_pauses),
	        cmocka_unit_test(findings_stand_against_the_start),
	        cmocka_unit_test(facts_follow_the_checklist),
	        cmocka_unit_test(events_read_back),
	        cmocka_unit_test(members_from_the_keyboard),
	        cmocka_unit_test(random_sessions_keep_the_promises),
	        cmocka_unit_test(every_mode_has_endpoints_with_and_without_stop),
	        cmocka_unit_test(names_read_back),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
