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
	}
	return listing_finish(list, status, out, why);
}

static const struct app_lists fake_lists = {.read = fake_read_list};

#endif
