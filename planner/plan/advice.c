/* Advice: the curve, the what-ifs, the course. */
#include "planner/plan/advice.h"

#include "planner/plan/learnt.h"

#include <stdarg.h>
#include <stdint.h>

#define VISITS_MAX 50.0      /* more is no course */
#define TEST_SPOT_DOSE_PCT 15 /* a test spot speaks for doses up to this much apart (design) */

/* ---- risk ------------------------------------------------------------------------------------------------ */

struct share {
	const char *quantity; /* of the limits table */
	const char *name;
	double value;
	double zero; /* where nothing of the limit is used */
};

static void consider(const struct planning *p, const char *zone, const struct share *s, struct advice_risk *out)
{
	struct limit_answer limit = planning_limit(p, zone, s->quantity);
	if (!limit.known || isnan(s->value))
		return;
	double share = limit.value > s->zero ? (s->value - s->zero) / (limit.value - s->zero) : INFINITY;
	if (isnan(out->share) || share > out->share)
		*out = (struct advice_risk){share, s->name, s->value, limit.value};
}

static double p95(const struct assessment *a, enum metric metric)
{
	const struct band *b = &a->prediction.metric[metric];
	return a->predicted && !(b->flags & VALIDITY_ABSENT) ? b->p95 : (double)NAN;
}

static struct advice_risk risk_of(const struct planning *p, const struct assessment *a)
{
	const struct exposure *e = &a->exposure;
	double energy = isnan(e->microbeam_energy_mJ) ? e->energy_mJ : e->microbeam_energy_mJ;
	double coverage_pct = 100.0 * e->coverage_sum_frac;
	static const double core_C = 37.0;
	const struct share shares[] = {
		{"coverage_total_pct", "total coverage", coverage_pct, 0},
		{"energy_max_mJ", "energy", energy, 0},
		{"energy_coverage_product_mJ_pct", "energy x coverage", energy * coverage_pct, 0},
		{"start_fluence_J_cm2", "starting fluence", e->fluence_J_cm2, 0},
		{"omega_basal", "burn of the basal layer", e->pulse_s < 1e-6 ? (double)NAN : p95(a, METRIC_OMEGA_BASAL), 0},
		{"dermis_peak_C", "dermis between the beams", p95(a, METRIC_DERMIS_PEAK_C), core_C},
	};
	const struct request *request = planning_request(p);
	struct advice_risk risk = {.share = NAN, .limit = ""};
	for (size_t z = 0; z < request->zones; z++)
		for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
			consider(p, request->zone[z], &shares[i], &risk);
	return risk;
}

/* ---- curve ----------------------------------------------------------------------------------------------- */

static struct band benefit_of(const struct planning *p, const struct assessment *a)
{
	const struct band none = {NAN, NAN, NAN, VALIDITY_ABSENT};
	return a->predicted ? a->prediction.metric[planning_protocol(p)->goal[0].metric] : none;
}

static enum status add_point(struct planning *p, const struct fit_candidate *c, struct advice *out, struct fail *why)
{
	struct assessment a;
	enum status st = planning_assess(p, &c->settings, &a, why);
	if (st)
		return st;
	out->curve[out->points++] = (struct advice_point){.settings = a.settings,
	                                                  .dose_J_cm2 = c->dose_J_cm2,
	                                                  .benefit = benefit_of(p, &a),
	                                                  .risk = risk_of(p, &a),
	                                                  .verdict = a.verdict,
	                                                  .sufficient = fit_sufficient(&a, planning_protocol(p))};
	assessment_clear(&a);
	return ST_OK;
}

static bool same_settings(const struct settings *a, const struct settings *b)
{
	for (unsigned id = 0; id < SETTINGS; id++)
		if (settings_has(a, id) != settings_has(b, id) ||
		    (settings_has(a, id) && fabs(a->value[id] - b->value[id]) > 1e-9 * fabs(b->value[id])))
			return false;
	return true;
}

static void mark_efficient(struct advice *out)
{
	for (size_t i = 0; i < out->points; i++) {
		struct advice_point *p = &out->curve[i];
		p->efficient = !(p->benefit.flags & VALIDITY_ABSENT);
		for (size_t k = 0; k < out->points && p->efficient; k++) {
			const struct advice_point *q = &out->curve[k];
			bool no_worse = q->benefit.value >= p->benefit.value && !(q->risk.share > p->risk.share);
			bool better = q->benefit.value > p->benefit.value || q->risk.share < p->risk.share;
			p->efficient = !(k != i && no_worse && better);
		}
	}
}

/* Evenly along the candidates' doses, both ends and the chosen settings among them. */
static enum status draw_curve(struct planning *p, const struct settings *chosen, struct advice *out, struct fail *why)
{
	struct fit_candidate *candidate = NULL;
	size_t count = 0, at_chosen = SIZE_MAX, last = SIZE_MAX;
	enum status st = planning_candidates(p, &candidate, &count, why);
	for (size_t i = 0; !st && i < count; i++)
		if (same_settings(&candidate[i].settings, chosen))
			at_chosen = i;
	size_t steps = count < ADVICE_CURVE_MAX ? count : ADVICE_CURVE_MAX - 1;
	for (size_t k = 0; !st && k < steps; k++) {
		size_t i = steps > 1 ? k * (count - 1) / (steps - 1) : 0;
		bool between = last != SIZE_MAX && at_chosen != SIZE_MAX && at_chosen > last && at_chosen < i;
		if (between && out->points < ADVICE_CURVE_MAX)
			st = add_point(p, &candidate[at_chosen], out, why);
		if (!st && i != last && out->points < ADVICE_CURVE_MAX)
			st = add_point(p, &candidate[i], out, why);
		last = i;
	}
	for (size_t i = 0; i < out->points; i++)
		out->curve[i].chosen = same_settings(&out->curve[i].settings, chosen);
	mark_efficient(out);
	free(candidate);
	return st;
}

/* ---- what if --------------------------------------------------------------------------------------------- */

static enum status judge_scenario(struct planning *p, const struct settings *settings, struct advice_scenario *out,
                                  struct fail *why)
{
	struct assessment a;
	enum status st = planning_assess(p, settings, &a, why);
	if (st)
		return st;
	const struct finding *forbidden = fit_forbidden(&a);
	out->evaluated = true;
	out->settings = a.settings;
	out->benefit = benefit_of(p, &a);
	out->risk = risk_of(p, &a);
	out->verdict = a.verdict;
	out->sufficient = fit_sufficient(&a, planning_protocol(p));
	(void)snprintf(out->forbids, sizeof out->forbids, "%s", forbidden ? forbidden->rule : "");
	assessment_clear(&a);
	return ST_OK;
}

/* The skin of the plan with one property moved. */
static enum status other_skin(const struct advice_request *r, const struct planning *p, const struct twin *twin,
                              const struct settings *chosen, struct advice_scenario *out, struct fail *why)
{
	struct planning *other = NULL;
	struct request request = *planning_request(p);
	request.settings = *chosen; /* the beam to prepare for */
	enum status st = planning_new_for_twin(r->lib, r->subject, &request, &r->options, twin, &other, why);
	if (!st)
		st = judge_scenario(other, chosen, out, why);
	planning_free(&other);
	return st;
}

/* Median of one property moved, spread and correlations kept. */
static enum status move(struct twin *twin, enum twin_property property, double factor, double more, struct fail *why)
{
	twin->latent[property] = twin_latent(property, twin->property[property].median * factor + more);
	return twin_refresh(twin, why);
}

static enum status darker(const struct advice_request *r, struct planning *p, const struct settings *chosen,
                          struct advice_scenario *out, struct fail *why)
{
	struct twin twin = *planning_twin(p);
	enum status st = move(&twin, TWIN_MELANOSOME_FRAC, 1.2, 0.0, why);
	if (!st)
		st = move(&twin, TWIN_LESION_MELANOSOME_FRAC, 1.2, 0.0, why);
	return st ? st : other_skin(r, p, &twin, chosen, out, why);
}

static enum status warmer(const struct advice_request *r, struct planning *p, const struct settings *chosen,
                          struct advice_scenario *out, struct fail *why)
{
	struct twin twin = *planning_twin(p);
	enum status st = move(&twin, TWIN_SKIN_TEMPERATURE_C, 1.0, 3.0, why);
	return st ? st : other_skin(r, p, &twin, chosen, out, why);
}

static enum status smaller_spot(const struct advice_request *r, struct planning *p, const struct settings *chosen,
                                struct advice_scenario *out, struct fail *why)
{
	struct settings next;
	struct fail end;
	(void)r;
	if (setting_step(planning_mode(p), chosen, SETTING_SPOT_MM, -1, &next, &end))
		return fail_set(why, ST_MODEL, end.field, "%s", end.text);
	return judge_scenario(p, &next, out, why);
}

static enum status ask_scenarios(const struct advice_request *r, struct planning *p, const struct settings *chosen,
                                 struct advice *out, struct fail *why)
{
	static const struct {
		const char *name;
		enum status (*ask)(const struct advice_request *r, struct planning *p, const struct settings *chosen,
		                   struct advice_scenario *out, struct fail *why);
	} rows[ADVICE_SCENARIOS] = {
		{"melanin 20 % higher", darker}, {"skin 3 C warmer", warmer}, {"spot one step smaller", smaller_spot}};
	for (size_t i = 0; i < ADVICE_SCENARIOS; i++) {
		struct advice_scenario *s = &out->scenario[i];
		s->name = rows[i].name;
		enum status st = rows[i].ask(r, p, chosen, s, &s->why_not);
		if (st == ST_CANCELLED || st == ST_FULL)
			return fail_set(why, st, s->why_not.field, "%s", s->why_not.text);
	}
	return ST_OK;
}

/* ---- course ---------------------------------------------------------------------------------------------- */

/* Whether a test spot is asked for, and the longest wait of those who ask; NAN: nobody knows. */
static bool asks_for_test_spot(const struct assessment *a, double *wait_days)
{
	bool asked = false;
	*wait_days = NAN;
	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];
		if (strcmp(f->rule, "R-TEST") != 0)
			continue;
		asked = true;
		*wait_days = f->has_value ? fmax(*wait_days, f->value) : *wait_days;
	}
	return asked;
}

__attribute__((format(printf, 3, 4)))
static void add_visit(struct advice *out, int day, const char *format, ...)
{
	va_list arguments;
	if (out->visits == ADVICE_VISITS_MAX)
		return;
	struct advice_visit *v = &out->visit[out->visits++];
	v->day = day;
	va_start(arguments, format);
	(void)vsnprintf(v->what, sizeof v->what, format, arguments);
	va_end(arguments);
}

static void plan_course(const struct planning *p, const struct assessment *a, struct advice *out)
{
	const struct protocol *protocol = planning_protocol(p);
	struct limit_answer least = planning_limit(p, planning_request(p)->zone[0], "interval_min_days");
	out->interval_days = fmax(protocol->interval_days > 0.0 ? protocol->interval_days : (double)NAN,
	                          least.known ? least.value : (double)NAN);
	double slower = learnt_interval_factor(planning_twin(p));
	if (slower > 1.0)
		out->interval_days = ceil(slower * out->interval_days);
	out->test_spot = asks_for_test_spot(a, &out->test_spot_wait_days);
	double wait_days = isnan(out->test_spot_wait_days) ? 0.0 : out->test_spot_wait_days;
	if (out->test_spot)
		add_visit(out, -(int)wait_days,
		          "test spot with these settings, read after %.0f d; speaks for doses within %d %%", wait_days,
		          TEST_SPOT_DOSE_PCT);
	double least_visits = protocol->visits >= 1.0 ? floor(protocol->visits) : 1.0;
	int visits = (int)fmin(learnt_visits(planning_twin(p), least_visits), VISITS_MAX);
	for (int i = 0; i < visits; i++) {
		if (i > 0 && isnan(out->interval_days))
			break; /* nothing on file says when */
		add_visit(out, i ? (int)(i * out->interval_days) : 0, "visit %d of %d%s", i + 1, visits,
		          i ? "; readings anew, fit anew" : "");
	}
}

enum status advice_of(const struct advice_request *request, struct planning *planning, const struct settings *chosen,
                      struct advice *out, struct fail *why)
{
	struct assessment a;
	memset(out, 0, sizeof *out);
	if (!planning_protocol(planning))
		return fail_set(why, ST_MODEL, "advice", "no protocol on file for this indication and mode");
	out->benefit_metric = planning_protocol(planning)->goal[0].metric;
	enum status st = planning_assess(planning, chosen, &a, why);
	if (st)
		return st;
	plan_course(planning, &a, out);
	struct settings whole = a.settings;
	assessment_clear(&a);
	if (!st)
		st = draw_curve(planning, &whole, out, why);
	return st ? st : ask_scenarios(request, planning, &whole, out, why);
}
