/* A made-up clinic for the tests of the interface: two patients, one fractional laser, a planning engine
 * whose answers are simple functions of the settings. Nothing here is physics; every number is chosen so that
 * a test can foresee what the screens show. */
#ifndef LASERTWIN_TEST_FAKE_CLINIC_H
#define LASERTWIN_TEST_FAKE_CLINIC_H

#include <stdatomic.h>

#include "physics/base/units.h"
#include "tests/ui/fake_lists.h"
#include "tests/ui/fake_sync.h"
#include "ui/app.h"

struct planning {
	struct request request;
	bool gold_open; /* the question about gold is not answered */
};

/* Knobs of the test on the clinic. */
struct fake_clinic {
	atomic_uint prepared; /* counted by the worker */
	atomic_uint told_answers; /* likewise: plans told of other answers */
	unsigned saved_plans, saved_readings;
	bool refuse_prepare;
	bool locked; /* the device's profile; set before the patient is opened */
	bool empty; /* nobody on the list; kept by fake_open */
	atomic_bool wait_for_cancel; /* prepare runs until it is cancelled */
};
static struct fake_clinic clinic;

static struct device fake_device;
static struct twin fake_twin;
static struct protocol fake_protocol;

static void set_range(struct setting_domain *domain, double min, double max, double step)
{
	*domain = (struct setting_domain){
	        .kind = DOMAIN_RANGE, .min = min, .max = max, .step = step, .usual = NAN};
	snprintf(domain->from.source, sizeof domain->from.source, "TEST");
}

static void fake_make_device(void)
{
	struct device *device = &fake_device;
	memset(device, 0, sizeof *device);
	snprintf(device->id, sizeof device->id, "testlaser");
	snprintf(device->name, sizeof device->name, "Test laser 10600");
	device->modality = MODALITY_AFL;
	device->modes = 1;
	struct device_mode *mode = &device->mode[0];
	snprintf(mode->id, sizeof mode->id, "deep");
	snprintf(mode->name, sizeof mode->name, "Deep");
	snprintf(mode->mode_class, sizeof mode->mode_class, "afl_co2");
	mode->pattern = PATTERN_MICROBEAMS;
	mode->wavelength_nm = 10600.0;
	mode->frequency_MHz = NAN;
	set_range(&mode->setting[SETTING_ENERGY_MJ], 2.5, 50.0, 2.5);
	set_range(&mode->setting[SETTING_DENSITY_PCT], 5.0, 25.0, 5.0);
	set_range(&mode->setting[SETTING_PASSES], 1.0, 3.0, 1.0);
	mode->setting[SETTING_REP_HZ] = (struct setting_domain){.kind = DOMAIN_CHOICES,
	                                                        .min = 100,
	                                                        .max = 300,
	                                                        .choices = 3,
	                                                        .choice = {100, 200, 300},
	                                                        .usual = 300};
	mode->setting[SETTING_SPOT_MM] =
	        (struct setting_domain){.kind = DOMAIN_FIXED, .min = 0.12, .max = 0.12, .usual = 0.12};
	for (int t = 0; t < FITZPATRICK_TYPES_MAX; t++)
		mode->label_energy_mJ_pin_max[t] = NAN;
	mode->microbeam_um.value = 120.0;
	mode->pitch_um.value = mode->microbeams_per_pulse.value = mode->energy_fraction_in_microbeams.value =
	        NAN;
	mode->peak_power_W.value = 60.0;
	mode->ablation_um_per_J_cm2.value = mode->microbeam_spread_frac.value = NAN;
	mode->pins.value = mode->tip_cm2.value = NAN;
}

static void fake_make_twin(void)
{
	static const double median[TWIN_PROPERTIES] = {0.03, 0.05, 2.0, 0.02, 0.6,  0.3,  0.65,
	                                               0.68, 15,   62,  1900, 6000, 0.82, 32.8};
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		struct twin_value *value = &fake_twin.property[p];
		*value = (struct twin_value){.median = median[p],
		                             .sd = 0.1 * median[p],
		                             .p05 = 0.84 * median[p],
		                             .p95 = 1.16 * median[p],
		                             .origin = (enum twin_origin)(p % 3)};
		snprintf(value->source, sizeof value->source, "made up for the test, property %d", p);
	}
	fake_twin.property[2].flags = VALIDITY_ASSUMED;
	fake_twin.fitzpatrick = fake_twin.effective_type = 2;
	fake_twin.tan_rel = 0.03;
	fake_twin.residuals = 2;
	fake_twin.disagreements = 1;
	fake_twin.residual[0] = (struct twin_residual){
	        .key = "ita_deg", .read = 46, .model = 45.2, .sd = 3.5, .innovation = 0.3, .count = 1, .used = true};
	fake_twin.residual[1] = (struct twin_residual){.key = "mi_adjacent_normal",
	                                               .read = 620,
	                                               .model = 180,
	                                               .sd = 25,
	                                               .innovation = 4.2,
	                                               .count = 1,
	                                               .used = true,
	                                               .note = "disagrees with the rest: measure again"};
	fake_twin.ita_deg = 46.0;
	fake_twin.model_ita_deg = 45.2;
}

static void fake_make_protocol(void)
{
	fake_protocol = (struct protocol){.goals = 1};
	snprintf(fake_protocol.indication, sizeof fake_protocol.indication, "acne_scars_atrophic");
	fake_protocol.goal[0].metric = METRIC_COAGULATION_DEPTH_UM;
	fake_protocol.goal[0].min = 300.0;
	fake_protocol.goal[0].max = INFINITY;
	snprintf(fake_protocol.goal[0].at, sizeof fake_protocol.goal[0].at, "p50");
	snprintf(fake_protocol.goal[0].origin, sizeof fake_protocol.goal[0].origin, "DESIGN");
	snprintf(fake_protocol.endpoint, sizeof fake_protocol.endpoint, "pinpoint oozing");
	snprintf(fake_protocol.published, sizeof fake_protocol.published, "made up: 15 mJ, 10 %%");
}

/* --- source ------------------------------------------------------------------------------------------- */

static size_t fake_count(void *context)
{
	(void)context;
	return clinic.empty ? 0 : 2;
}

static enum status fake_patient(void *context, size_t index, struct app_patient *out, struct fail *why)
{
	(void)context;
	(void)why;
	*out = (struct app_patient){.is_virtual = true};
	snprintf(out->label, sizeof out->label, index == 0 ? "Ada Demo" : "Zo\xC3\xAB \xE7\x8E\x8B Demo");
	snprintf(out->device_mode, sizeof out->device_mode, "testlaser.deep");
	snprintf(out->indication, sizeof out->indication, "acne_scars_atrophic");
	snprintf(out->state, sizeof out->state, index == 0 ? "draft" : "");
	snprintf(out->verdict, sizeof out->verdict, index == 0 ? "ALLOW" : "");
	return ST_OK;
}

static void fake_reading(struct readings *readings, enum reading id, double value)
{
	readings->value[id] = value;
	readings->present[id] = true;
}

static enum status fake_load(void *context, size_t index, struct subject *subject, struct request *request,
                             struct fail *why)
{
	struct app_patient patient;
	(void)context;
	enum status status = fake_patient(NULL, index, &patient, why);
	if (status == ST_OK)
		status = facts_new(&subject->answers, why);
	if (status != ST_OK)
		return status;
	snprintf(subject->label, sizeof subject->label, "%.60s", patient.label);
	subject->readings = (struct readings){.fitzpatrick = 2, .sex = SEX_FEMALE, .mi_scale = MI_MEXAMETER};
	snprintf(subject->readings.site, sizeof subject->readings.site, "cheek");
	fake_reading(&subject->readings, READING_AGE_Y, 29);
	fake_reading(&subject->readings, READING_ITA_DEG, 46);
	fake_reading(&subject->readings, READING_EPIDERMIS_UM, 62);
	fake_reading(&subject->readings, READING_DERMIS_MM, 1.9);
	fake_reading(&subject->readings, READING_MEASURED_DAYS_AGO, 3);
	facts_answer_all_other_questions_no(subject->answers);
	status = facts_set_number(subject->answers, "isotretinoin_stopped_days_ago", 425, why);
	if (status == ST_OK)
		status = facts_set_bool(subject->answers, "hsv_labialis", true, why);
	if (status == ST_OK)
		status = facts_set_unanswered(subject->answers, "gold_therapy", why);
	(void)subject_sun_from_answers(subject);
	snprintf(request->device_mode, sizeof request->device_mode, "testlaser.deep");
	snprintf(request->indication, sizeof request->indication, "acne_scars_atrophic");
	request->zones = 1;
	snprintf(request->zone[0], sizeof request->zone[0], "cheeks");
	settings_set(&request->settings, SETTING_ENERGY_MJ, 15);
	settings_set(&request->settings, SETTING_DENSITY_PCT, 10);
	settings_set(&request->settings, SETTING_PASSES, 1);
	settings_set(&request->settings, SETTING_REP_HZ, 300);
	settings_set(&request->settings, SETTING_SPOT_MM, 0.12);
	return status;
}

static enum status fake_save_readings(void *context, size_t index, const struct subject *subject,
                                      const struct request *request, struct fail *why)
{
	(void)context;
	(void)index;
	(void)subject;
	(void)request;
	(void)why;
	clinic.saved_readings++;
	return ST_OK;
}

static enum status fake_save_plan(void *context, size_t index, const struct app_draft *draft,
                                  struct fail *why)
{
	(void)context;
	(void)index;
	(void)why;
	clinic.saved_plans += draft->assessment != NULL;
	return ST_OK;
}

/* --- engine ------------------------------------------------------------------------------------------- */

static size_t fake_modes(const void *context, const char *indication, struct app_mode *out, size_t capacity)
{
	(void)context;
	(void)indication;
	BUG_ON(capacity < 2);
	out[0] = (struct app_mode){.protocol = &fake_protocol};
	snprintf(out[0].device_mode, sizeof out[0].device_mode, "testlaser.deep");
	snprintf(out[0].name, sizeof out[0].name, "Test laser 10600, Deep");
	out[1] = (struct app_mode){.locked = true};
	snprintf(out[1].device_mode, sizeof out[1].device_mode, "otherlaser.example");
	snprintf(out[1].name, sizeof out[1].name, "Other laser, Example");
	snprintf(out[1].locked_reason, sizeof out[1].locked_reason,
	         "most values are recalled, not read in a manual");
	return 2;
}

static bool fake_gold_open(const struct facts *answers)
{
	size_t id;
	return facts_find("gold_therapy", &id) && facts_state(answers, id) != FACT_SET;
}

static enum status fake_answers(struct planning *planning, const struct facts *answers, struct fail *why)
{
	(void)why;
	planning->gold_open = fake_gold_open(answers);
	clinic.told_answers++;
	return ST_OK;
}

static enum status fake_prepare(const void *context, const struct subject *subject,
                                const struct request *request, const struct predict_options *options,
                                struct planning **out, struct fail *why)
{
	(void)context;
	for (int step = 0; step <= 10 || clinic.wait_for_cancel; step++) {
		if (options->progress != NULL &&
		    options->progress(options->context, step < 10 ? 0.1 * step : 1.0) != 0)
			return fail_set(why, ST_CANCELLED, "", "cancelled");
		if (clinic.wait_for_cancel)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	if (clinic.refuse_prepare)
		return fail_set(why, ST_MODEL, "twin", "made-up refusal: the readings contradict each other");
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return fail_set(why, ST_FULL, "", "memory");
	fake_device.mode[0].locked = clinic.locked;
	(*out)->request = *request;
	(*out)->gold_open = fake_gold_open(subject->answers);
	clinic.prepared++;
	return ST_OK;
}

static void fake_release(struct planning **planning)
{
	free(*planning);
	*planning = NULL;
}

static const struct twin *fake_get_twin(const struct planning *planning)
{
	(void)planning;
	return &fake_twin;
}

static void fake_tissue(const struct planning *planning, struct tissue *out)
{
	(void)planning;
	static const double thickness_um[6] = {15, 40, 10, 150, 80, 1660};
	*out = (struct tissue){.count = 6};
	for (int i = 0; i < 6; i++) {
		out->layer[i].kind = (enum tissue_kind)i;
		out->layer[i].thickness_um = thickness_um[i];
		out->layer[i].melanosome_frac = i == TISSUE_BASAL ? 0.08 : i == TISSUE_EPIDERMIS ? 0.02 : 0.0;
	}
}

static const struct device *fake_get_device(const struct planning *planning)
{
	(void)planning;
	return &fake_device;
}

static const struct device_mode *fake_get_mode(const struct planning *planning)
{
	(void)planning;
	return &fake_device.mode[0];
}

static const struct protocol *fake_get_protocol(const struct planning *planning)
{
	(void)planning;
	return &fake_protocol;
}

static void fake_default_settings(const struct planning *planning, struct settings *out)
{
	*out = planning->request.settings;
	settings_set(out, SETTING_ENERGY_MJ, 2.5);
	settings_set(out, SETTING_DENSITY_PCT, 5);
	settings_set(out, SETTING_PASSES, 1);
}

static void fake_metric(struct prediction *prediction, enum metric metric, double value)
{
	prediction->metric[metric] = (struct band){value, 0.9 * value, 1.12 * value, 0};
}

/* A cone, hollow to five sixths of its depth. */
static void fake_section(double energy_mJ, struct cross_section *out)
{
	*out = (struct cross_section){.count = 100, .pitch_um = 336.0};
	for (size_t i = 0; i < out->count; i++) {
		const double depth = 0.4 * energy_mJ * (double)i, killed = 1.0 - depth / (36.0 * energy_mJ);
		out->depth_um[i] = depth;
		out->killed_um[i] = killed > 0.0 ? 90.0 * killed : 0.0;
		out->removed_um[i] = killed > 1.0 / 6.0 ? 60.0 * (killed - 1.0 / 6.0) : 0.0;
	}
}

/* One pulse of a millisecond, then cooling. */
static void fake_time(double energy_mJ, struct time_course *out)
{
	*out = (struct time_course){.count = 100, .where = "between the microbeams", .depth_um = {0, 60, 260}};
	for (size_t i = 0; i < out->count; i++) {
		const double time_s = 0.04 * (double)(i * i) / 100.0, fall = 1.0 / (1.0 + sqrt(time_s / 0.05));
		out->time_s[i] = time_s;
		out->temperature_C[COURSE_SURFACE][i] = 32.0 + (6.0 + 0.5 * energy_mJ) * fall;
		out->temperature_C[COURSE_BASAL][i] = 34.0 + (6.0 + 0.6 * energy_mJ) * fall;
		out->temperature_C[COURSE_DERMIS][i] = 35.0 + 2.0 * fall;
		out->damage_frac[i] = 0.01 * energy_mJ * (1.0 - fall);
	}
}

/* Peak falls off over 60 um; depths grow with the energy. */
static void fake_predict(double energy_mJ, struct prediction *out)
{
	*out = (struct prediction){
	        .samples = 16, .source = "light", .light = "made-up light", .heat = "made-up heat", .damage = "made-up damage",
	        .check = "made-up check", .check_difference_pct = 0.3, .check_se_pct = 0.4};
	for (int m = 0; m < METRICS; m++)
		out->metric[m].flags = VALIDITY_ABSENT;
	fake_metric(out, METRIC_ABLATION_DEPTH_UM, 30.0 * energy_mJ);
	fake_metric(out, METRIC_COAGULATION_DEPTH_UM, 36.0 * energy_mJ);
	fake_metric(out, METRIC_DERMIS_MARGIN_UM, 1962.0 - 36.0 * energy_mJ);
	fake_metric(out, METRIC_BASAL_PEAK_C, 40.0 + 0.6 * energy_mJ);
	fake_metric(out, METRIC_SURFACE_PEAK_C, 38.0 + 0.5 * energy_mJ);
	fake_metric(out, METRIC_DERMIS_PEAK_C, 45.0 + 0.4 * energy_mJ);
	out->metric[METRIC_DERMIS_PEAK_C].flags = VALIDITY_ASSUMED;
	out->samples_of[METRIC_COAGULATION_DEPTH_UM] = out->samples_of[METRIC_OMEGA_BASAL] = 64;
	for (int i = 0; i < 64; i++) { /* a bell, of sorts */
		const double z = 0.03 * ((i * 37) % 64 - 32) + 0.02 * ((i * 11) % 32 - 16);
		out->sample[METRIC_COAGULATION_DEPTH_UM][i] = (float)(36.0 * energy_mJ * (1.0 + 0.1 * z));
		out->sample[METRIC_OMEGA_BASAL][i] = (float)(0.002 * energy_mJ * exp(2.0 * z));
	}
	out->profile.count = 120;
	out->profile.where = "on the axis of a microbeam";
	for (size_t i = 0; i < out->profile.count; i++) {
		double depth = 16.0 * (double)i, rise = (62.0 + energy_mJ) * exp(-depth / (20.0 * energy_mJ));
		out->profile.depth_um[i] = depth;
		out->profile.peak_C[i] = (struct band){33 + rise, 33 + 0.92 * rise, 33 + 1.1 * rise, 0};
		double damage = 1.0 / (1.0 + exp((depth - 24.0 * energy_mJ) / 20.0));
		out->profile.damage_frac[i] = (struct band){damage, damage, damage, 0};
	}
	fake_section(energy_mJ, &out->section);
	fake_time(energy_mJ, &out->course);
}

static const struct finding fake_findings[4] = {
        {.rule = "R-HSV-2",
         .name = "Herpes prophylaxis",
         .outcome = OUTCOME_REQUIRE,
         .phase = PHASE_PLAN,
         .origin = "CONSENSUS",
         .source = "V41",
         .confidence = "high",
         .message = "Cold sores in the history: antiviral "
                    "prophylaxis starts the day before.",
         .next_step = "prescribe and record the prophylaxis",
         .unit = ""},
        {.rule = "R-EYE-1",
         .name = "Eye protection",
         .outcome = OUTCOME_REQUIRE,
         .phase = PHASE_START,
         .origin = "STANDARD",
         .source = "V3",
         .confidence = "high",
         .message = "Eyewear of the required density on everybody in the room.",
         .next_step = "check the marking",
         .unit = ""},
        {.rule = "R-COV",
         .name = "Total coverage",
         .outcome = OUTCOME_BLOCK_MD,
         .phase = PHASE_PLAN,
         .origin = "DESIGN",
         .source = "V52",
         .confidence = "medium",
         .message = "Coverage of all passes exceeds the limit for this zone.",
         .next_step = "lower density or passes",
         .zone = "cheeks",
         .has_value = true,
         .has_limit = true,
         .value = 30,
         .limit = 25,
         .unit = "%"},
        {.rule = "R-GOLD",
         .name = "Gold therapy",
         .outcome = OUTCOME_MD_DECISION,
         .phase = PHASE_PLAN,
         .origin = "LITERATURE",
         .source = "V9",
         .confidence = "high",
         .message = "Gold salts darken under laser light.",
         .next_step = "ask the patient",
         .unit = "",
         .unknown = true},
};

/* R-COV is raised when density times passes passes 25 %, R-GOLD while the question about gold is open. */
static enum status fake_assess(struct planning *planning, const struct settings *settings,
                               struct assessment *out, struct fail *why)
{
	memset(out, 0, sizeof *out);
	out->settings = *settings;
	out->predicted = true;
	fake_predict(settings_get(settings, SETTING_ENERGY_MJ), &out->prediction);
	double coverage =
	        settings_get(settings, SETTING_DENSITY_PCT) * settings_get(settings, SETTING_PASSES);
	out->findings.finding = malloc(sizeof fake_findings);
	if (out->findings.finding == NULL)
		return fail_set(why, ST_FULL, "", "memory");
	for (size_t i = 0; i < 4; i++)
		if ((coverage > 25.0 || strcmp(fake_findings[i].rule, "R-COV") != 0) &&
		    (planning->gold_open || strcmp(fake_findings[i].rule, "R-GOLD") != 0))
			out->findings.finding[out->findings.count++] = fake_findings[i];
	out->predicted = !clinic.locked;
	if (clinic.locked)
		(void)fail_set(&out->unpredicted, ST_MODEL, "prediction", "profile locked: made-up values");
	out->verdict = coverage > 25.0       ? VERDICT_BLOCK_MD
	               : planning->gold_open ? VERDICT_ALLOW_AFTER_MD
	                                     : VERDICT_ALLOW;
	return ST_OK;
}

static void fake_clear(struct assessment *assessment)
{
	free(assessment->findings.finding);
	assessment->findings.finding = NULL;
}

static enum status fake_fit(struct planning *planning, int (*progress)(void *context, double done_frac),
                            void *progress_context, struct fit_result *out, struct fail *why)
{
	memset(out, 0, sizeof *out);
	for (int step = 0; step < 5; step++)
		if (progress(progress_context, 0.2 * step) != 0)
			return fail_set(why, ST_CANCELLED, "", "cancelled");
	out->feasible = true;
	fake_default_settings(planning, &out->settings);
	settings_set(&out->settings, SETTING_ENERGY_MJ, 10);
	out->alternatives = 2;
	for (size_t i = 0; i < 2; i++) {
		out->alternative[i].settings = out->settings;
		settings_set(&out->alternative[i].settings, SETTING_ENERGY_MJ, 10.0 + 2.5 * (double)i);
		out->alternative[i].dose_J_cm2 = 4.4 + 1.1 * (double)i;
		out->alternative[i].endpoint =
		        (struct band){360 + 90 * (double)i, 324 + 81 * (double)i, 403 + 101 * (double)i, 0};
		out->alternative[i].verdict = VERDICT_ALLOW_AFTER_MD;
	}
	snprintf(out->alternative[0].binding, sizeof out->alternative[0].binding, "R-COV cheeks 30 > 25 %%");
	out->candidates = 300;
	out->sufficient = 210;
	out->allowed = 40;
	out->exclusions = 1;
	out->exclusion[0].candidates = 120;
	snprintf(out->exclusion[0].rule, sizeof out->exclusion[0].rule, "R-COV");
	snprintf(out->exclusion[0].text, sizeof out->exclusion[0].text,
	         "total coverage 30 %% over 25 %% (V52)");
	return ST_OK;
}

static enum status fake_axes(const struct planning *planning, enum setting_id *x, enum setting_id *y,
                             struct fail *why)
{
	(void)planning;
	(void)why;
	*x = SETTING_ENERGY_MJ;
	*y = SETTING_DENSITY_PCT;
	return ST_OK;
}

static void fake_next_axes(const struct planning *planning, enum setting_id *x, enum setting_id *y)
{
	(void)planning;
	*x = SETTING_ENERGY_MJ;
	*y = *y == SETTING_PASSES ? SETTING_DENSITY_PCT : SETTING_PASSES;
}

/* Small: energies 5 .. 30 mJ against four densities or passes; judged as everything else here. */
static enum status fake_explore(struct planning *planning, const struct settings *base, enum setting_id x,
                                enum setting_id y, int (*progress)(void *context, double done_frac),
                                void *progress_context, struct explore_map *out, struct fail *why)
{
	*out = (struct explore_map){.x = x, .y = y, .nx = 6, .ny = 4};
	for (size_t i = 0; i < 24; i++) {
		struct explore_cell *cell = &out->cell[i / 6][i % 6];
		struct assessment assessment = {.predicted = false};
		if (progress(progress_context, (double)i / 24.0) != 0)
			return fail_set(why, ST_CANCELLED, "", "cancelled");
		out->x_value[i % 6] = 5.0 + 5.0 * (double)(i % 6);
		out->y_value[i / 6] = y == SETTING_PASSES ? 1.0 + (double)(i / 6) : 5.0 + 10.0 * (double)(i / 6);
		cell->settings = *base;
		settings_set(&cell->settings, x, out->x_value[i % 6]);
		settings_set(&cell->settings, y, out->y_value[i / 6]);
		if (fake_assess(planning, &cell->settings, &assessment, why) != ST_OK)
			return ST_MODEL;
		cell->judged = true;
		cell->possible = i % 6 < 5 || i / 6 < 3; /* one corner the device does not take */
		cell->predicted = assessment.predicted;
		cell->sufficient = i % 6 >= 2;
		cell->verdict = assessment.verdict;
		cell->goal = assessment.prediction.metric[METRIC_COAGULATION_DEPTH_UM];
		if (cell->verdict == VERDICT_BLOCK_MD)
			snprintf(cell->rule, sizeof cell->rule, "R-COV");
		free(assessment.findings.finding);
		out->judged++;
	}
	return ST_OK;
}

/* Two rows: the goal, reached in part of the skins where the energy is low, and a harm over decades. */
static void fake_histogram(const struct planning *planning, const struct assessment *assessment, struct histogram *out)
{
	(void)planning;
	*out = (struct histogram){.rows = assessment->predicted ? 2 : 0};
	out->row[0] = (struct histogram_row){.is_goal = true, .metric = METRIC_COAGULATION_DEPTH_UM, .min = 300,
	                                     .max = INFINITY, .rule = "p50", .origin = "DESIGN", .source = "D"};
	out->row[1] = (struct histogram_row){.metric = METRIC_OMEGA_BASAL, .min = -INFINITY, .max = 0.53, .rule = "R-BURN",
	                                     .origin = "LITERATURE", .source = "HM47", .flags = VALIDITY_ASSUMED};
	for (size_t r = 0; r < out->rows; r++) {
		struct histogram_row *row = &out->row[r];
		row->samples = assessment->prediction.samples_of[row->metric];
		row->value = assessment->prediction.sample[row->metric];
		for (unsigned i = 0; i < row->samples; i++)
			row->within += (double)row->value[i] >= row->min && (double)row->value[i] <= row->max;
	}
}

static void fake_source_text(const void *context, const char *keys, char *out, size_t capacity)
{
	(void)context;
	snprintf(out, capacity, "%s: a made-up source", keys);
}

static enum status fake_text(const char *from, char **text)
{
	*text = malloc(strlen(from) + 1);
	BUG_ON(*text == NULL);
	memcpy(*text, from, strlen(from) + 1);
	return ST_OK;
}

static enum status fake_forecast(const void *context, const struct planning *planning, const struct subject *subject,
                                 char **text, struct fail *why)
{
	(void)context, (void)planning, (void)subject, (void)why;
	return fake_text("Pigment: made up\nSCENARIO, not a prognosis: made up\n", text);
}

static enum status fake_history(void *context, size_t index, char **text, struct fail *why)
{
	(void)context, (void)index, (void)why;
	return fake_text("Version 1, 2026-01-01: made up\nVersion 2, 2026-02-01: made up\n", text);
}

static const struct app_source fake_source = {
        .place = "test clinic",
        .count = fake_count,
        .patient = fake_patient,
        .load = fake_load,
        .save_readings = fake_save_readings,
        .save_plan = fake_save_plan,
        .history = fake_history,
        .lists = &fake_lists,
        .sync = &fake_sync,
};

static const struct app_engine fake_engine = {
        .modes = fake_modes,
        .prepare = fake_prepare,
        .release = fake_release,
        .twin = fake_get_twin,
        .tissue = fake_tissue,
        .device = fake_get_device,
        .mode = fake_get_mode,
        .protocol = fake_get_protocol,
        .default_settings = fake_default_settings,
        .assess = fake_assess,
        .answers = fake_answers,
        .fit = fake_fit,
        .axes = fake_axes,
        .next_axes = fake_next_axes,
        .explore = fake_explore,
        .histogram = fake_histogram,
        .clear = fake_clear,
        .forecast = fake_forecast,
        .source_text = fake_source_text,
};

/* A planner on the clinic; threaded: with a real worker. */
static struct app *fake_open(bool threaded, struct jobs **jobs)
{
	struct app *app = NULL;
	struct fail why = {.text = ""};
	clinic.prepared = clinic.told_answers = 0;
	clinic.saved_plans = clinic.saved_readings = 0;
	clinic.refuse_prepare = clinic.locked = false;
	clinic.wait_for_cancel = false;
	fake_sync_reset();
	fake_make_device();
	fake_make_twin();
	fake_make_protocol();
	BUG_ON(jobs_new(!threaded, jobs, &why) != ST_OK);
	BUG_ON(app_new(&fake_source, &fake_engine, *jobs, &app, &why) != ST_OK);
	return app;
}

static void fake_close(struct app **app, struct jobs **jobs)
{
	app_free(app);
	jobs_free(jobs);
}

/* Lets every job end. */
static void fake_settle(struct app *app)
{
	while (app_busy(app)) {
		app_wake(app);
		if (app_busy(app))
			nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
	}
}

static inline void fake_press(struct app *app, int key)
{
	app_key(app, (struct key_event){.key = key});
	fake_settle(app);
}

#endif
