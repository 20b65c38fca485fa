/* Planning: settings to assessment, by the one way through the program. */
#include "planner/plan/planning.h"

#include "planner/plan/learnt.h"
#include "planner/plan/planning_facts.h"

struct planning {
	const struct library *lib;
	const struct subject *subject;
	struct request request;
	const struct device *device;
	const struct device_mode *mode;
	const struct protocol *protocol;
	struct twin twin;
	struct target target;
	struct facts *base; /* answers, readings and device: what no setting changes */
	struct predictor *predictor;
	struct predict_options options;
};

/* ---- making ------------------------------------------------------------------------------------------- */

static enum status check_request(const struct library *library, const struct request *request, struct fail *why)
{
	if (!request->indication[0])
		return fail_set(why, ST_INPUT, "indication", "missing; name what is to be treated, for example \"melasma\"");
	if (request->zones == 0)
		return fail_set(why, ST_INPUT, "zones", "missing; name at least one zone, for example \"cheeks\"");
	enum status st = library_check_indication(library, request->indication, why);
	for (size_t i = 0; !st && i < request->zones; i++)
		st = library_check_zone(library, request->zone[i], why);
	return st;
}

/* Settings of the request, or the lowest the grid has, to shape the beam the predictor is prepared for. */
static enum status shaping_settings(const struct planning *p, struct settings *out, struct fail *why)
{
	if (p->request.settings.present && settings_complete(p->mode, &p->request.settings, out, NULL))
		return ST_OK;
	struct device_grid grid;
	enum status st = device_grid_init(&grid, p->mode, NULL, why);
	for (size_t i = 0; !st && i < grid.count; i++)
		if (device_grid_at(&grid, i, out))
			return ST_OK;
	return st ? st : fail_set(why, ST_MODEL, "settings", "%s has no valid combination", p->request.device_mode);
}

#define GRID_LOOKS 4096
#define GRID_DOSES 20000 /* as many as a fit searches */

/* Highest and lowest energy that follows from the grid of the other knobs: both ends, and evenly between. */
static void derived_range(struct planning *p)
{
	struct device_grid grid;
	struct settings at;
	struct fail ignored;
	double low = INFINITY, high = 0.0;
	if (device_grid_init(&grid, p->mode, NULL, &ignored))
		return;
	size_t looks = grid.count < GRID_LOOKS ? grid.count : GRID_LOOKS;
	for (size_t i = 0; i < looks; i++) {
		size_t index = looks > 1 ? i * (grid.count - 1) / (looks - 1) : 0;
		double energy = device_grid_at(&grid, index, &at) ? settings_get(&at, SETTING_ENERGY_MJ) : (double)NAN;
		low = energy > 0.0 ? fmin(low, energy) : low;
		high = energy > 0.0 ? fmax(high, energy) : high;
	}
	if (high > low) {
		p->options.energy_min_mJ = low;
		p->options.energy_max_mJ = high;
	}
}

/* Highest and lowest microbeam energy the mode can make, through its grid of energies, the bounds the profile gives to
 * what is derived, or what the other knobs make of it; else the predictor is prepared around the energy asked for. */
static void energy_range(struct planning *p)
{
	const struct setting_domain *energy = &p->mode->setting[SETTING_ENERGY_MJ];
	size_t count = setting_grid_count(energy);
	bool derived = energy->kind == DOMAIN_DERIVED;
	bool bounded = derived && energy->min > 0.0 && energy->max < setting_spec(SETTING_ENERGY_MJ)->max;
	if (!count && derived && !bounded)
		derived_range(p);
	if (!count && !bounded)
		return;
	p->options.energy_min_mJ = count ? setting_grid_value(energy, 0) : energy->min;
	p->options.energy_max_mJ = count ? setting_grid_value(energy, count - 1) : energy->max;
}

static enum status prepare_predictor(struct planning *p, struct fail *why)
{
	struct settings settings;
	struct exposure exposure;
	enum status st = shaping_settings(p, &settings, why);
	if (st || (st = exposure_of(p->device, p->mode, &settings, &exposure, why)))
		return st;
	if (exposure.kind == EXPOSURE_MICROBEAMS)
		energy_range(p);
	return predictor_new(&p->twin, &exposure, &p->target, &p->options, &p->predictor, why);
}

/* Answers, readings and device as facts. */
static enum status make_base(const struct planning *p, const struct facts *answers, struct facts **out,
                             struct fail *why)
{
	enum status st = facts_clone(answers, out, why);
	if (!st)
		st = planning_facts_of_readings(*out, p->subject, &p->twin, why);
	if (!st)
		st = learnt_facts(&p->twin, *out, why);
	if (!st)
		st = planning_facts_of_device(*out, library_rules(p->lib), p->device, p->mode, &p->request,
		                              p->twin.fitzpatrick, why);
	if (st)
		facts_free(out);
	return st;
}

static enum status make(struct planning *p, const struct subject *subject, const struct twin *twin, struct fail *why)
{
	enum status st = check_request(p->lib, &p->request, why);
	if (st || (st = library_find_mode(p->lib, p->request.device_mode, &p->device, &p->mode, why)))
		return st;
	if (twin)
		p->twin = *twin;
	else if ((st = subject->follows ? twin_from_readings_after(&subject->readings, &subject->before, &p->twin, why)
	                                : twin_from_readings(&subject->readings, &p->twin, why)))
		return st;
	learnt_options(p->lib, p->device, p->mode, &p->twin, &p->options);
	p->protocol = library_protocol(p->lib, p->request.indication, p->request.device_mode);
	if (p->protocol)
		p->target = p->protocol->target;
	if ((st = make_base(p, subject->answers, &p->base, why)))
		return st;
	if (p->mode->locked)
		return ST_OK; /* no prediction: assessments say why */
	struct fail unprepared;
	st = prepare_predictor(p, &unprepared);
	if (st == ST_CANCELLED || st == ST_FULL)
		return fail_set(why, st, unprepared.field, "%s", unprepared.text);
	return ST_OK;
}

enum status planning_new_for_twin(const struct library *library, const struct subject *subject,
                                  const struct request *request, const struct predict_options *options,
                                  const struct twin *twin, struct planning **out, struct fail *why)
{
	struct planning *p = calloc(1, sizeof *p);
	*out = NULL;
	if (!p)
		return fail_set(why, ST_FULL, "planning", "out of memory");
	p->lib = library;
	p->subject = subject;
	p->request = *request;
	if (options)
		p->options = *options;
	enum status st = make(p, subject, twin, why);
	if (st)
		planning_free(&p);
	*out = p;
	return st;
}

enum status planning_new(const struct library *library, const struct subject *subject,
                         const struct request *request, const struct predict_options *options,
                         struct planning **out, struct fail *why)
{
	return planning_new_for_twin(library, subject, request, options, NULL, out, why);
}

void planning_free(struct planning **planning)
{
	if (!*planning)
		return;
	facts_free(&(*planning)->base);
	predictor_free(&(*planning)->predictor);
	free(*planning);
	*planning = NULL;
}

enum status planning_answers_changed(struct planning *p, const struct facts *answers, struct fail *why)
{
	struct facts *base = NULL;
	enum status st = make_base(p, answers, &base, why);
	if (st)
		return st;
	facts_free(&p->base);
	p->base = base;
	return ST_OK;
}

const struct twin *planning_twin(const struct planning *planning)
{
	return &planning->twin;
}

const struct device *planning_device(const struct planning *planning)
{
	return planning->device;
}

const struct device_mode *planning_mode(const struct planning *planning)
{
	return planning->mode;
}

const struct request *planning_request(const struct planning *planning)
{
	return &planning->request;
}

const struct protocol *planning_protocol(const struct planning *planning)
{
	return planning->protocol;
}

struct limit_answer planning_limit(const struct planning *planning, const char *zone, const char *quantity)
{
	return rules_limit(library_rules(planning->lib), planning->base, zone, quantity);
}

/* ---- assessing ---------------------------------------------------------------------------------------- */

static enum status unpredictable(const struct planning *p, struct fail *why)
{
	if (p->mode->locked)
		return fail_set(why, ST_MODEL, "prediction", "profile locked: %s", p->mode->locked_reason);
	return ST_OK;
}

static enum status predict(struct planning *p, enum predict_depth depth, struct assessment *a, struct fail *why)
{
	enum status st = unpredictable(p, why);
	if (st)
		return st;
	if (!p->predictor || !predictor_serves(p->predictor, &a->exposure)) {
		struct predictor *before = p->predictor;
		struct predict_options options;
		if (a->exposure.kind == EXPOSURE_MICROBEAMS)
			energy_range(p);
		options = p->options;
		options.like = before;
		st = predictor_new(&p->twin, &a->exposure, &p->target, &options, &p->predictor, why);
		predictor_free(&before);
	}
	return st ? st : predictor_run(p->predictor, &a->exposure, depth, &a->prediction, why);
}

/* Two treatments of one field on one day are judged by what they cover together. */
static enum status add_other_coverage(const struct planning *p, const struct assessment *a, struct facts *facts,
                                      struct fail *why)
{
	double own_frac = a->exposure.coverage_sum_frac;
	if (!(p->request.other_coverage_pct > 0.0) || isnan(own_frac))
		return ST_OK;
	return facts_set_number(facts, "coverage_sum_pct", 100.0 * own_frac + p->request.other_coverage_pct, why);
}

/* Why there is no prediction, where one was due: that the mode is not modelled (ST_NOT_FOUND), or that the model
 * refused this skin or setting. A locked profile and settings that do not hold together have rules of their own. */
static enum status add_no_prediction(const struct planning *p, const struct assessment *a, struct facts *facts,
                                     struct fail *why)
{
	enum status reason = a->unpredicted.code;
	if (!reason || p->mode->locked || a->issues.count > 0)
		return ST_OK;
	return facts_set_bool(facts, reason == ST_NOT_FOUND ? "prediction_missing" : "prediction_failed", true, why);
}

/* Everything the rules may ask about this assessment. to_come: the prediction is left for later, so the heat below
 * a needle must not yet be taken at its usual value: what is short of the dermis' end by the tip alone stays in the
 * search. */
static enum status facts_of(const struct planning *p, const struct assessment *a, bool to_come, struct facts **out,
                            struct fail *why)
{
	enum status st = facts_clone(p->base, out, why);
	if (!st)
		st = planning_facts_of_settings(*out, library_rules(p->lib), p->mode, a, a->issues.count, why);
	if (!st)
		st = add_other_coverage(p, a, *out, why);
	if (!st && a->predicted)
		st = planning_facts_of_prediction(*out, &a->prediction, why);
	else if (!st && to_come)
		st = facts_set_number(*out, "thermal_penumbra_um", 0.0, why);
	if (!st)
		st = add_no_prediction(p, a, *out, why);
	return st;
}

static enum status judge(const struct planning *p, struct assessment *a, bool to_come, struct fail *why)
{
	struct facts *facts = NULL;
	enum status st = facts_of(p, a, to_come, &facts, why);
	if (!st)
		st = rules_evaluate(library_rules(p->lib), facts, PHASE_PLAN, &a->findings, why);
	if (!st)
		a->verdict = rules_verdict(&a->findings, PHASE_PLAN);
	facts_free(&facts);
	return st;
}

static enum status copy_start_fact(const struct facts *from, size_t id, struct facts *to, struct fail *why)
{
	const struct fact_spec *spec = facts_spec(id);
	struct expr_value value = {0};
	facts_get(from, id, &value);
	if (spec->kind != FACT_START || !value.known)
		return ST_OK;
	return spec->type == EXPR_BOOL ? facts_set_bool(to, spec->name, value.truth, why)
	                               : facts_set_number(to, spec->name, value.number, why);
}

enum status planning_judge_again(const struct planning *p, struct assessment *a, const struct facts *over,
                                 struct fail *why)
{
	struct facts *facts = NULL;
	struct findings findings = {0};
	enum status st = facts_of(p, a, false, &facts, why);
	for (size_t id = 0; !st && id < facts_spec_count(); id++) {
		struct expr_value value = {0};
		facts_get(over, id, &value);
		if (value.known && facts_spec(id)->type == EXPR_NUMBER)
			st = facts_set_number(facts, facts_spec(id)->name, value.number, why);
	}
	if (!st)
		st = rules_evaluate(library_rules(p->lib), facts, PHASE_PLAN, &findings, why);
	facts_free(&facts);
	if (st)
		return st;
	findings_clear(&a->findings);
	a->findings = findings;
	a->verdict = rules_verdict(&a->findings, PHASE_PLAN);
	return ST_OK;
}

enum status planning_judge_start(const struct planning *p, const struct assessment *a, const struct facts *start,
                                 struct findings *out, struct fail *why)
{
	struct facts *facts = NULL;
	*out = (struct findings){0};
	enum status st = facts_of(p, a, false, &facts, why);
	for (size_t id = 0; !st && id < facts_spec_count(); id++)
		st = copy_start_fact(start, id, facts, why);
	if (!st)
		st = rules_evaluate(library_rules(p->lib), facts, PHASE_START, out, why);
	facts_free(&facts);
	return st;
}

enum status planning_assess_to(struct planning *p, const struct settings *settings, enum assess_depth depth,
                               struct assessment *out, struct fail *why)
{
	struct setting_issues *issues = &out->issues;
	memset(out, 0, sizeof *out);
	bool sound = settings_complete(p->mode, settings, &out->settings, issues);
	enum status st = exposure_of(p->device, p->mode, &out->settings, &out->exposure, &out->unpredicted);
	if (!st && !sound)
		st = fail_set(&out->unpredicted, ST_INPUT, "settings", "%s", issues->issue[0].text);
	if (!st && depth != ASSESS_RULES)
		st = predict(p, depth == ASSESS_FULL ? PREDICT_FULL : PREDICT_QUICK, out, &out->unpredicted);
	if (st == ST_CANCELLED || st == ST_FULL)
		return fail_set(why, st, out->unpredicted.field, "%s", out->unpredicted.text);
	out->predicted = !st && depth != ASSESS_RULES;
	bool to_come = depth == ASSESS_RULES && p->predictor && out->exposure.kind == EXPOSURE_RF;
	return judge(p, out, to_come, why);
}

enum status planning_assess(struct planning *planning, const struct settings *settings, struct assessment *out,
                            struct fail *why)
{
	return planning_assess_to(planning, settings, ASSESS_FULL, out, why);
}

void assessment_clear(struct assessment *assessment)
{
	findings_clear(&assessment->findings);
	memset(assessment, 0, sizeof *assessment);
}

double planning_dose_J_cm2(const struct exposure *e)
{
	double dose_J_cm2 = e->fluence_J_cm2 * (e->passes ? e->passes : 1) * (e->stack ? e->stack : 1);
	return round(dose_J_cm2 * 1e6) / 1e6;
}

/* Every knob at its lowest is not the lowest dose: of a fixed energy the smallest spot is the strongest. */
static void lowest_of_grid(const struct planning *p, struct settings *out)
{
	struct device_grid grid;
	struct settings at;
	struct exposure exposure;
	struct fail ignored;
	double lowest_J_cm2 = INFINITY;
	if (device_grid_init(&grid, p->mode, NULL, &ignored))
		return;
	for (size_t i = 0; i < grid.count && i < GRID_DOSES; i++) {
		if (!device_grid_at(&grid, i, &at) || exposure_of(p->device, p->mode, &at, &exposure, &ignored))
			continue;
		double dose_J_cm2 = planning_dose_J_cm2(&exposure);
		if (dose_J_cm2 < lowest_J_cm2) {
			lowest_J_cm2 = dose_J_cm2;
			*out = at;
		}
	}
}

void planning_default_settings(const struct planning *p, struct settings *out)
{
	struct fail ignored;
	if (p->request.settings.present && settings_complete(p->mode, &p->request.settings, out, NULL))
		return;
	if (shaping_settings(p, out, &ignored))
		memset(out, 0, sizeof *out);
	else
		lowest_of_grid(p, out);
}

/* ---- subjects ----------------------------------------------------------------------------------------- */

enum status subject_init(struct subject *subject, struct fail *why)
{
	memset(subject, 0, sizeof *subject);
	return facts_new(&subject->answers, why);
}

void subject_free(struct subject *subject)
{
	facts_free(&subject->answers);
}

bool subject_sun_from_answers(struct subject *subject)
{
	struct readings *r = &subject->readings;
	struct expr_value days = {.known = false};
	const double before = r->value[READING_UV_LAST_DAYS];
	const bool was = r->present[READING_UV_LAST_DAYS];
	size_t id = 0;
	if (facts_find("uv_last_days", &id))
		facts_get(subject->answers, id, &days);
	readings_clear(r, READING_UV_LAST_DAYS);
	if (days.known) {
		/* never, or longer ago than the reading goes: the answer keeps the number, the twin only asks for weeks */
		r->value[READING_UV_LAST_DAYS] = fmin(days.number, readings_spec(READING_UV_LAST_DAYS)->max);
		r->present[READING_UV_LAST_DAYS] = true;
	}
	return was != r->present[READING_UV_LAST_DAYS] || fabs(before - r->value[READING_UV_LAST_DAYS]) > 0.0;
}
