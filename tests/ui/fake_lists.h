/* Made-up records for the screens that are lists; included by fake_clinic.h. */
#ifndef LASERTWIN_TEST_FAKE_LISTS_H
#define LASERTWIN_TEST_FAKE_LISTS_H

#include "ui/lists.h"

#define FAKE_NOW_MS INT64_C(1767225600000) /* 2026-01-01 */
#define FAKE_DAY_MS INT64_C(86400000)

static void fake_settings(struct settings *settings, double energy_mJ)
{
	settings_set(settings, SETTING_ENERGY_MJ, energy_mJ);
	settings_set(settings, SETTING_DENSITY_PCT, 10);
	settings_set(settings, SETTING_PASSES, 2);
}

/* Two visits: the first complete with a follow-up, the second stopped with an adverse event. */
static void fake_visits(struct visit visit[2])
{
	static const char *const endpoint[2] = {"pinpoint oozing", "grey-white blanching"};
	for (int i = 0; i < 2; i++) {
		struct visit *v = &visit[i];
		*v = (struct visit){.version = 1 + i, .complete = i == 0, .aborted = i == 1, .fields = 1, .after = 1};
		v->at_ms = FAKE_NOW_MS - (i == 0 ? 70 : 21) * FAKE_DAY_MS;
		(void)snprintf(v->plan, sizeof v->plan, "%d1c0ffee-0000-4000-8000-000000000001", i);
		(void)snprintf(v->device_mode, sizeof v->device_mode, "ultrapulse.deepfx");
		(void)snprintf(v->indication, sizeof v->indication, "acne_scars_atrophic");
		struct visit_field *f = &v->field[0];
		*f = (struct visit_field){.passes = i == 0 ? 2 : 1, .passes_planned = 2, .stop = i == 1};
		(void)snprintf(f->field, sizeof f->field, "cheeks");
		(void)snprintf(f->side, sizeof f->side, "both");
		(void)snprintf(f->endpoint, sizeof f->endpoint, "%s", endpoint[i]);
		f->coverage_pct = i == 0 ? 20 : 10;
		f->dose_J_cm2 = i == 0 ? 8.84 : 4.42;
		fake_settings(&f->settings, 10);
	}
	(void)snprintf(visit[1].ended, sizeof visit[1].ended, "blanching after the first pass");
	visit[0].seen[0] = (struct visit_after){.days = 28, .text = "clearance 40 %, erythema 5 d, no PIH"};
	visit[1].seen[0] =
	        (struct visit_after){.adverse = true, .severity = SEVERITY_MILD, .days = 1, .text = "blister, mild, left"};
}

static enum status fake_course(struct listing *out, const struct request *request, struct fail *why)
{
	struct visits visits = {.count = 2, .visit = calloc(2, sizeof *visits.visit)};
	BUG_ON(visits.visit == NULL);
	fake_visits(visits.visit);
	enum status status = visits_total(&visits, NULL, why);
	for (size_t i = 0; i < visits.totals; i++) { /* the library's interval, without a library */
		visits.total[i].interval = (struct limit_answer){.row = true, .known = true, .value = 42, .unit = "d",
		                                                 .origin = "LABEL", .source = "V21", .note = "6-12 weeks"};
		visits.total[i].next_ms = visits.total[i].last_ms + 42 * FAKE_DAY_MS;
	}
	for (size_t i = 0; i < visits.totals; i++) { /* nor a protocol */
		struct visit_total *t = &visits.total[i];
		t->course = (struct visit_course){.protocol = "AS-AFL", .protocol_days = 42, .slower = 1.25, .days = 53};
		t->course_ms = t->last_ms + 53 * FAKE_DAY_MS;
	}
	list_course(out, &visits, NULL, request, FAKE_NOW_MS);
	visits_free(&visits);
	return status;
}

static void fake_difference(struct listing *out)
{
	static struct difference_line line[] = {
	        {DIFFERENCE_SETTINGS, "energy", "10 mJ", "12.5 mJ"},
	        {DIFFERENCE_SETTINGS, "passes", "2", "1"},
	        {DIFFERENCE_VERDICT, "verdict", "BLOCK_MD", "ALLOW_AFTER_MD"},
	        {DIFFERENCE_FINDINGS, "R-COV cheeks", "BLOCK_MD 30 > 25 %", ""},
	        {DIFFERENCE_PREDICTION, "coagulation_depth_um", "360 um", "450 um"},
	        {DIFFERENCE_ANSWERS, "gold_therapy", "", "no"}};
	const struct difference difference = {.count = sizeof line / sizeof *line, .line = line, .same = 61};
	listing_note(out, ROLE_TEXT, "before: plan 01c0ffee version 1, testlaser.deep, superseded, by demo-technician, 2025-12-30");
	listing_note(out, ROLE_TEXT, "after: plan 01c0ffee version 2, testlaser.deep, draft, by demo-technician, 2025-12-31");
	list_difference(out, &difference);
}

static void fake_audit(struct listing *out, bool verify)
{
	static struct store_audit entry[] = {
	        {1, FAKE_NOW_MS - FAKE_DAY_MS, "demo-administrator", "person.add", "demo-technician", false, {{0}}, {{1}}, {{2}}},
	        {2, FAKE_NOW_MS - 7200000, "demo-technician", "plan.add", "01c0ffee v1", true, {{3}}, {{4}}, {{5}}},
	        {3, FAKE_NOW_MS, "demo-technician", "plan.proposed", "01c0ffee v1", true, {{6}}, {{7}}, {{8}}}};
	struct list_audit audit = {.head = {3, {{7}}}, .count = 3, .entry = entry, .verified = verify};
	if (verify)
		fail_set(&audit.fault, ST_IO, "audit 2", "is not as it was written: the chain breaks here");
	list_audit(out, &audit);
}

static void fake_people(struct listing *out)
{
	static struct store_person person[] = {
	        {.login = "adams", .name = "Ada Adams", .roles = ROLE_ADMINISTRATOR | ROLE_TECHNICIAN, .key_number = 1,
	         .added_at_ms = FAKE_NOW_MS},
	        {.login = "berg", .name = "Zo\xC3\xAB Berg", .roles = ROLE_DERMATOLOGIST, .key_number = 2, .failures = 3,
	         .added_at_ms = FAKE_NOW_MS},
	        {.login = "cole", .name = "Cy Cole", .roles = ROLE_VIEWER, .key_number = 1, .is_disabled = true,
	         .added_at_ms = FAKE_NOW_MS}};
	const struct store_person_list people = {.items = person, .count = 3};
	list_people(out, &people, "adams");
}

static void fake_profiles(struct listing *out)
{
	static struct device device = {.id = "testlaser", .name = "Test laser 10600", .maker = "Nobody", .modality = MODALITY_AFL,
	                               .modes = 2, .energy_stability_pct = 5};
	static const struct list_check check = {"testlaser.deep", "mJ", FAKE_NOW_MS - FAKE_DAY_MS, 10, 10.4};
	const struct list_profile more[2] = {{3, "d1ce", &check}, {0, "d1ce", NULL}};
	list_profiles_begin(out);
	for (int m = 0; m < 2; m++) {
		struct device_mode *mode = &device.mode[m];
		*mode = (struct device_mode){.pattern = PATTERN_MICROBEAMS, .wavelength_nm = 10600, .frequency_MHz = (double)NAN};
		(void)snprintf(mode->id, sizeof mode->id, m == 0 ? "deep" : "active");
		(void)snprintf(mode->name, sizeof mode->name, m == 0 ? "Deep" : "Active");
		(void)snprintf(mode->mode_class, sizeof mode->mode_class, "afl_co2");
		(void)snprintf(mode->locked_reason, sizeof mode->locked_reason, "most values are recalled, not read in a manual");
		mode->locked = m == 1;
		mode->setting[SETTING_ENERGY_MJ] = (struct setting_domain){
		        .kind = DOMAIN_RANGE, .min = 2.5, .max = 50, .step = 2.5, .from = {"V52", m == 0 ? CONFIDENCE_HIGH : CONFIDENCE_LOW}};
		mode->microbeam_um = (struct device_figure){120, {"V52", m == 0 ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW}};
		mode->lesion_um.value = mode->pitch_um.value = mode->microbeams_per_pulse.value = (double)NAN;
		mode->energy_fraction_in_microbeams.value = mode->peak_power_W.value = mode->ablation_um_per_J_cm2.value = (double)NAN;
		mode->microbeam_spread_frac.value = mode->pins.value = mode->needle_um.value = mode->bare_um.value = (double)NAN;
		mode->pulse_s.value = mode->tip_cm2.value = (double)NAN;
		list_profile(out, &device, mode, &more[m]);
	}
}

static void fake_settings_list(struct listing *out)
{
	static const struct list_setting setting[] = {
	        {"theme", "light", "dark light contrast", "colours for a dark or light ground, or with the most contrast"},
	        {"lock-after", "", "SECONDS", "lock the screen after so long without a key"}};
	list_settings(out, setting, 2, "/home/somebody/.config/lasertwin/config", true);
}

static unsigned fake_roles(void *context)
{
	(void)context;
	return ROLES_ALL;
}

/* Ends at once. */
static enum status fake_verify(void *context, bool begin, double *done_frac, bool *done, struct fail *why)
{
	(void)context;
	(void)begin;
	(void)why;
	*done_frac = 1;
	*done = true;
	return ST_OK;
}

static void fake_verify_stop(void *context)
{
	(void)context;
}

static enum status fake_people_move(void *context, const struct people_input *input, struct fail *why)
{
	(void)context, (void)input;
	return fail_set(why, ST_DENIED, "own", "unknown login or wrong secret");
}

static enum status fake_own_secret(void *context, const char *old, const char *fresh, struct fail *why)
{
	(void)context, (void)fresh;
	return strcmp(old, "old secret") == 0 ? ST_OK : fail_set(why, ST_DENIED, "own", "unknown login or wrong secret");
}

static enum status fake_read_list(void *context, enum screen screen, const struct list_request *request,
                                  struct listing **out, struct fail *why)
{
	struct listing *list = NULL;
	struct store_patient patient = {.is_virtual = true, .sex = 'F'};
	enum status status = listing_new(&list, why);
	(void)context;
	BUG_ON(status != ST_OK);
	(void)snprintf(patient.label, sizeof patient.label, "Ada Demo");
	(void)snprintf(patient.record_number, sizeof patient.record_number, "VIRTUAL-99");
	if (screen == SCREEN_COURSE) {
		listing_patient(list, &patient);
		status = fake_course(list, request->request, why);
	} else if (screen == SCREEN_DIFFERENCES) {
		listing_patient(list, &patient);
		fake_difference(list);
	} else if (screen == SCREEN_STATION) {
		list_station(list, ROLES_ALL);
	} else if (screen == SCREEN_AUDIT) {
		fake_audit(list, request->verify);
	} else if (screen == SCREEN_PEOPLE) {
		fake_people(list);
	} else if (screen == SCREEN_PROFILES) {
		fake_profiles(list);
	} else if (screen == SCREEN_SETTINGS) {
		fake_settings_list(list);
	} else if (screen == SCREEN_ABOUT) {
		listing_section(list, "Program", &(struct listing_column){"is", false, 0}, 1, "made up");
	}
	return listing_finish(list, status, out, why);
}

static const struct app_lists fake_lists = {
        .roles = fake_roles, .people = fake_people_move, .own_secret = fake_own_secret, .verify = fake_verify,
        .verify_stop = fake_verify_stop, .read = fake_read_list};

#endif
