/* The rules before the first pulse: judged on the twin that was signed, gone on to today with the readings taken since.
 *
 * Never on a twin made anew from the readings: that would be another skin than the one the plan was approved for, with
 * what earlier visits and outcomes had taught it left out. How far today's skin is from the signed one is a fact of the
 * start (twin_shift_sd, rule R-TWIN-2). */
#include "planner/plan/calibration.h"
#include "planner/plan/case.h"
#include "planner/plan/response.h"
#include "planner/plan/united.h"
#include "planner/plan/workflow_private.h"
#include "planner/twin/time.h"
#include "planner/twin/twin_json.h"

#define MS_PER_DAY 86400000
#define SAME_VISIT_MS 43200000 /* 12 h: what is kept closer together is one visit */

/* Readings grow older in the store: "measured today" was true at the visit they were taken at. Counted from then, not
 * by dates: UTC's midnight is in the afternoon elsewhere. */
static void age_readings(struct readings *readings, int64_t taken_at_ms, int64_t now_ms)
{
	const int64_t days = (now_ms - taken_at_ms + MS_PER_DAY - SAME_VISIT_MS) / MS_PER_DAY;
	if (days > 0 && readings->present[READING_MEASURED_DAYS_AGO])
		readings->value[READING_MEASURED_DAYS_AGO] += (double)days;
}

static enum status start_facts(const struct workflow *w, const struct workflow_plan *p, const struct delivery *session,
                               struct facts **out, struct fail *why)
{
	enum status st = facts_new(out, why);
	if (!st)
		st = delivery_facts(session, *out, why);
	if (!st)
		st = facts_set_bool(*out, "approval_valid",
		                    p->state == PLAN_APPROVED && p->approved && p->unverified.code == ST_OK, why);
	struct drift drift = {.readings = 0};
	if (!st && session->device_known)
		st = calibration_drift(w->store, session->serial, session->handpiece_serial, w->clock.now_ms, &drift, why);
	if (!st && drift.readings)
		st = facts_set_number(*out, "output_drift_pct", 100.0 * (drift.ratio - 1.0), why);
	if (!st && !isnan(w->hours_since_sync))
		st = facts_set_number(*out, "hours_since_sync", w->hours_since_sync, why);
	return st;
}

struct workflow_start {
	const struct library *lib;
	struct case_file *file; /* readings and answers of the patient */
	struct facts *facts;
	struct request request;
	bool has_twin;      /* false: the signed twin is of a form that cannot be gone on from */
	struct twin today;  /* has_twin: the signed twin with what is known today */
	struct twin signed_twin;
};

/* ---- the twin ---- */

/* Readings that the signed twin was made from, and that stand unchanged in today's, are not new. */
static enum status mark_carried(const struct workflow *w, const struct store_twin *row, struct readings *r,
                                struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < row->readings_count; i++) {
		struct store_readings earlier = {0};
		struct case_file *file = NULL;
		st = store_readings_get(w->store, row->readings[i], &earlier, why);
		if (!st)
			st = case_parse("readings", earlier.json, earlier.json_len, &file, why);
		if (!st)
			readings_mark_carried(r, &file->request[0].subject.readings);
		store_readings_clear(&earlier);
		case_free(&file);
	}
	return st;
}

/* Today's skin from the signed one: at the same visit with the same readings it is the signed one to the bit. */
static enum status go_on(const struct workflow *w, const struct store_twin *row, const struct store_readings *latest,
                         struct workflow_start *start, struct fail *why)
{
	struct readings *r = &start->file->request[0].subject.readings;
	const int64_t since_ms = w->clock.now_ms > row->created_at_ms ? w->clock.now_ms - row->created_at_ms : 0;
	const struct twin_interval interval = {.days = (double)since_ms / MS_PER_DAY,
	                                       .age_y = r->present[READING_AGE_Y] ? r->value[READING_AGE_Y] : NAN,
	                                       .sun = {.latitude_deg = NAN, .from_day_of_year = NAN}};
	bool same = false;
	struct twin before;
	for (size_t i = 0; i < row->readings_count; i++)
		same = same || strcmp(row->readings[i], latest->uuid) == 0;
	if (same && since_ms < SAME_VISIT_MS) {
		start->today = start->signed_twin;
		return ST_OK;
	}
	enum status st = twin_bring_forward(&start->signed_twin, &interval, &before, why);
	if (!st)
		st = response_learn(w->store, row->patient, &before, NULL, why);
	if (!st)
		st = mark_carried(w, row, r, why);
	return st ? st : twin_from_readings_after(r, &before, &start->today, why);
}

/* What bears on a dose and does not change from one hour to the next. */
static double shift_of(const struct twin *then, const struct twin *now)
{
	static const enum twin_property lasting[] = {TWIN_MELANOSOME_FRAC,  TWIN_LESION_MELANOSOME_FRAC, TWIN_EPIDERMIS_UM,
	                                             TWIN_DERMIS_UM,        TWIN_SCATTERING_SCALE,       TWIN_LESION_DEPTH_UM,
	                                             TWIN_THRESHOLD_FACTOR, TWIN_DEPTH_FACTOR};
	double most = 0.0;
	for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++) {
		const enum twin_property p = lasting[i];
		most = fmax(most, fabs(now->latent[p] - then->latent[p]) / sqrt(then->covariance[p][p]));
	}
	return fmin(most, WORKFLOW_TWIN_SHIFT_MAX);
}

static enum status load_twin(const struct workflow *w, const struct workflow_plan *p, struct workflow_start *start,
                             struct fail *why)
{
	struct store_twin row = {0};
	struct store_readings latest = {0};
	struct fail unread;
	double shift = WORKFLOW_TWIN_SHIFT_MAX; /* what cannot be compared counts as changed */
	enum status st = store_twin_get(w->store, p->row.twin, p->row.twin_version, &row, why);
	if (!st)
		st = store_readings_latest(w->store, p->row.patient, &latest, why);
	if (!st && twin_read("twin", row.json, row.json_len, &start->signed_twin, &unread) == ST_OK) {
		start->has_twin = true;
		st = go_on(w, &row, &latest, start, why);
		shift = st ? shift : shift_of(&start->signed_twin, &start->today);
	}
	if (!st)
		st = facts_set_number(start->facts, "twin_shift_sd", shift, why);
	store_readings_clear(&latest);
	store_twin_clear(&row);
	return st;
}

static enum status load_subject(const struct workflow *w, const struct workflow_plan *p, struct case_file **file,
                                struct fail *why)
{
	struct store_readings row = {0};
	enum status st = store_readings_latest(w->store, p->row.patient, &row, why);
	if (!st)
		st = case_parse("readings", row.json, row.json_len, file, why);
	if (!st)
		age_readings(&(*file)->request[0].subject.readings, row.taken_at_ms, w->clock.now_ms);
	if (!st)
		st = united_answers(w->store, p->row.patient, &(*file)->request[0].subject.answers, why);
	store_readings_clear(&row);
	return st;
}

/* ---- the start ---- */

enum status workflow_start_new(const struct workflow *w, const struct workflow_plan *p, const struct delivery *session,
                               struct workflow_start **out, struct fail *why)
{
	struct workflow_start *start = calloc(1, sizeof *start);
	*out = NULL;
	if (!start)
		return fail_set(why, ST_FULL, "start", "out of memory");
	start->lib = w->lib;
	start->request.zones = p->zones;
	memcpy(start->request.side, p->side, sizeof p->side);
	start->request.settings = p->settings;
	memcpy(start->request.indication, p->indication, sizeof start->request.indication);
	memcpy(start->request.zone, p->zone, sizeof start->request.zone);
	enum status st = strlen(p->row.device) < sizeof start->request.device_mode
	                         ? load_subject(w, p, &start->file, why)
	                         : fail_set(why, ST_INPUT, "device", "\"%s\" is not of the form profile.mode", p->row.device);
	if (!st) {
		memcpy(start->request.device_mode, p->row.device, strlen(p->row.device) + 1);
		st = start_facts(w, p, session, &start->facts, why);
	}
	if (!st)
		st = load_twin(w, p, start, why);
	if (st)
		workflow_start_free(&start);
	*out = start;
	return st;
}

void workflow_start_free(struct workflow_start **start)
{
	if (!*start)
		return;
	facts_free(&(*start)->facts);
	case_free(&(*start)->file);
	free(*start);
	*start = NULL;
}

enum status workflow_start_assess(const struct workflow_start *start, const struct predict_options *options,
                                  struct assessment *assessment, struct findings *out, struct fail *why)
{
	const struct twin *twin = start->has_twin ? &start->today : NULL; /* else from the readings: R-TWIN-2 is raised */
	struct planning *planning = NULL;
	*out = (struct findings){0};
	memset(assessment, 0, sizeof *assessment);
	enum status st = planning_new_for_twin(start->lib, &start->file->request[0].subject, &start->request, options,
	                                       twin, &planning, why);
	if (!st)
		st = planning_assess(planning, &start->request.settings, assessment, why);
	if (!st)
		st = planning_judge_start(planning, assessment, start->facts, out, why);
	planning_free(&planning);
	if (st)
		assessment_clear(assessment);
	return st;
}

enum status workflow_start_judge(const struct workflow_start *start, const struct predict_options *options,
                                 struct findings *out, struct fail *why)
{
	struct assessment assessment;
	enum status st = workflow_start_assess(start, options, &assessment, out, why);
	if (!st)
		assessment_clear(&assessment);
	return st;
}

enum status workflow_judge_start(const struct workflow *w, const struct workflow_plan *plan,
                                 const struct delivery *session, const struct predict_options *options,
                                 struct findings *out, struct fail *why)
{
	struct workflow_start *start = NULL;
	*out = (struct findings){0};
	enum status st = workflow_start_new(w, plan, session, &start, why);
	if (!st)
		st = workflow_start_judge(start, options, out, why);
	workflow_start_free(&start);
	return st;
}
