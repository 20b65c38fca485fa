/* The fit: lowest sufficient dose on the device's own grid.
 *
 * Prescription, objectives and constraints are three things. The goals of the protocol (what must be reached)
 * select the sufficient settings; the rules (what must not be passed, judged at the 95th percentile of the
 * twin) select the allowed ones; among what is left the lowest dose wins. Candidates are sifted in the order
 * of what a question costs: rules that need no physics (microseconds), goals (quick prediction), then full
 * assessments in ascending dose until enough are found.
 */
#include "planner/plan/fit.h"

#define CANDIDATES_MAX 20000

struct search {
	struct planning *planning;
	const struct protocol *protocol;
	struct fit_result *result;
	struct fit_candidate *candidate; /* allowed by the rules without physics, ascending dose */
	size_t count;
	enum assess_depth goal_depth; /* what of the prediction the goals need */
	int (*progress)(void *context, double done_frac);
	void *context;
};

/* Ascending dose; at equal dose the larger spot (more light at depth for the same surface; types V-VI are
 * advised the largest usable one), then the lower coverage (density harms more than energy, V41, V42). */
static int by_dose(const void *left, const void *right)
{
	const struct fit_candidate *a = left, *b = right;
	if (a->dose_J_cm2 != b->dose_J_cm2)
		return a->dose_J_cm2 < b->dose_J_cm2 ? -1 : 1;
	if (a->spot_um > b->spot_um || a->spot_um < b->spot_um)
		return a->spot_um > b->spot_um ? -1 : 1;
	return (a->coverage_frac > b->coverage_frac) - (a->coverage_frac < b->coverage_frac);
}

static bool forbids(const struct finding *f)
{
	return f->phase == PHASE_PLAN && (f->outcome == OUTCOME_BLOCK || f->outcome == OUTCOME_BLOCK_MD);
}

static void exclusion_text(const struct finding *f, char *text, size_t size)
{
	const char *zone = f->zone[0] ? " in " : "";
	if (f->unknown && f->missing)
		(void)snprintf(text, size, "not answered: %s", f->missing_fact[0]->wording);
	else if (f->limit_missing)
		(void)snprintf(text, size, "%s%s%s: no limit on file (%.80s)", f->name, zone, f->zone, f->source);
	else if (f->has_value && f->has_limit)
		(void)snprintf(text, size, "%s%s%s: %.4g against %.4g %s (%.80s)", f->name, zone, f->zone, f->value,
		               f->limit, f->unit ? f->unit : "", f->source);
	else
		(void)snprintf(text, size, "%s%s%s (%.80s)", f->name, zone, f->zone, f->source);
}

/* By how much of its limit a rule is broken; a rule without numbers counts as broken altogether. */
static double excess(const struct finding *f)
{
	if (f->unknown || !f->has_value || !f->has_limit)
		return INFINITY;
	return fabs(f->value - f->limit) / fmax(fabs(f->limit), 1e-9);
}

static struct fit_exclusion *exclusion_of(struct fit_result *r, const char *rule)
{
	for (size_t i = 0; i < r->exclusions; i++)
		if (strcmp(r->exclusion[i].rule, rule) == 0)
			return &r->exclusion[i];
	if (r->exclusions == FIT_EXCLUSIONS_MAX)
		return NULL;
	struct fit_exclusion *x = &r->exclusion[r->exclusions++];
	(void)snprintf(x->rule, sizeof x->rule, "%s", rule);
	return x;
}

static void count_exclusion(struct fit_result *r, const struct finding *f)
{
	struct fit_exclusion *x = exclusion_of(r, f->rule);
	double by = excess(f);
	if (!x)
		return;
	if (!x->text[0] || by < x->excess_frac) {
		exclusion_text(f, x->text, sizeof x->text);
		x->excess_frac = by;
	}
}

/* Whether the rules let it be; every rule that does not is counted once per candidate. */
static bool allowed(struct fit_result *r, const struct assessment *a)
{
	bool free = true;
	const char *last = "";
	for (size_t i = 0; i < a->findings.count; i++) {
		const struct finding *f = &a->findings.finding[i];
		if (!forbids(f))
			continue;
		free = false;
		count_exclusion(r, f);
		if (strcmp(f->rule, last) != 0 && exclusion_of(r, f->rule))
			exclusion_of(r, f->rule)->candidates++;
		last = f->rule;
	}
	return free;
}

static const struct band *goal_band(const struct assessment *a, const struct protocol_goal *goal)
{
	return &a->prediction.metric[goal->metric];
}

static double goal_value(const struct assessment *a, const struct protocol_goal *goal)
{
	const struct band *band = goal_band(a, goal);
	return strcmp(goal->at, "p05") == 0 ? band->p05 : band->value;
}

/* Heat of the bulk tissue is left out of quick predictions; of radiofrequency they know the median twin alone. */
static enum assess_depth depth_of_goals(const struct protocol *protocol)
{
	for (size_t i = 0; i < protocol->goals; i++)
		if (protocol->goal[i].metric <= METRIC_OMEGA_PAPILLARY ||
		    (protocol->goal[i].metric >= METRIC_RF_EPIDERMIS_C && strcmp(protocol->goal[i].at, "p05") == 0))
			return ASSESS_FULL;
	return ASSESS_QUICK;
}

bool fit_sufficient(const struct assessment *a, const struct protocol *protocol)
{
	if (!a->predicted)
		return false;
	for (size_t i = 0; i < protocol->goals; i++)
		if (!(goal_value(a, &protocol->goal[i]) >= protocol->goal[i].min &&
		      goal_value(a, &protocol->goal[i]) <= protocol->goal[i].max))
			return false;
	return true;
}

/* ---- first sieve: the rules without physics --------------------------------------------------------------- */

static enum status keep_if_allowed(struct search *s, const struct settings *settings, struct fail *why)
{
	struct assessment a;
	enum status st = planning_assess_to(s->planning, settings, ASSESS_RULES, &a, why);
	if (!st && allowed(s->result, &a))
		s->candidate[s->count++] = (struct fit_candidate){a.settings, planning_dose_J_cm2(&a.exposure),
		                                                       a.exposure.spot_um,
		                                                       a.exposure.coverage_sum_frac};
	assessment_clear(&a);
	return st;
}

/* Passes, pulse duration and rate are the protocol's or the device's usual: not knobs of the dose search. */
static void fixed_settings(const struct search *s, struct settings *base)
{
	memset(base, 0, sizeof *base);
	if (s->protocol->passes > 0.0 && planning_mode(s->planning)->setting[SETTING_PASSES].kind != DOMAIN_NONE)
		settings_set(base, SETTING_PASSES, s->protocol->passes);
}

static enum status sift_by_rules(struct search *s, struct fail *why)
{
	struct device_grid grid;
	struct settings base;
	fixed_settings(s, &base);
	enum status st = device_grid_init(&grid, planning_mode(s->planning), &base, why);
	if (st)
		return st;
	if (grid.count > CANDIDATES_MAX)
		return fail_set(why, ST_FULL, "fit", "%zu settings; at most %d are searched", grid.count, CANDIDATES_MAX);
	s->candidate = malloc((grid.count + 1) * sizeof *s->candidate);
	if (!s->candidate)
		return fail_set(why, ST_FULL, "fit", "out of memory");
	for (size_t i = 0; !st && i < grid.count; i++) {
		struct settings settings;
		if (!device_grid_at(&grid, i, &settings))
			continue;
		s->result->candidates++;
		st = keep_if_allowed(s, &settings, why);
	}
	s->result->allowed = s->count;
	qsort(s->candidate, s->count, sizeof s->candidate[0], by_dose);
	return st;
}

/* ---- second sieve: goals, then everything ------------------------------------------------------------------ */

/* Whether a candidate adds something to the list: another energy, spot or density than those listed. */
static bool differs(const struct fit_result *r, const struct settings *settings)
{
	static const enum setting_id telling[] = {SETTING_ENERGY_MJ, SETTING_SPOT_MM, SETTING_FLUENCE_J_CM2,
	                                          SETTING_ENERGY_MJ_PIN, SETTING_DEPTH_MM};
	for (size_t i = 0; i < r->alternatives; i++) {
		bool same = true;
		for (size_t k = 0; k < sizeof telling / sizeof telling[0]; k++) {
			double a = settings_get(settings, telling[k]);
			double b = settings_get(&r->alternative[i].settings, telling[k]);
			same = same && ((isnan(a) && isnan(b)) || a == b);
		}
		if (same)
			return false;
	}
	return true;
}

/* The knob a technician would turn up next; false when the mode has none with steps. */
static bool main_knob(const struct device_mode *mode, enum setting_id *out)
{
	static const enum setting_id knob[] = {SETTING_ENERGY_MJ,     SETTING_ENERGY_MJ_PIN, SETTING_FLUENCE_J_CM2,
	                                       SETTING_DEPTH_UM,
	                                       SETTING_POWER_W,       SETTING_TREATMENT_LEVEL, SETTING_COVERAGE_PCT,
	                                       SETTING_DENSITY_PCT,   SETTING_SPOT_MM};
	for (size_t i = 0; i < sizeof knob / sizeof knob[0]; i++)
		if (setting_grid_count(&mode->setting[knob[i]]) > 1) {
			*out = knob[i];
			return true;
		}
	return false;
}

const struct finding *fit_forbidden(const struct assessment *a)
{
	for (size_t i = 0; i < a->findings.count; i++)
		if (forbids(&a->findings.finding[i]))
			return &a->findings.finding[i];
	return NULL;
}

static void binding_text(const struct finding *f, char *text, size_t size)
{
	const char *gap = f->zone[0] ? " " : "";
	if (f->has_value && f->has_limit)
		(void)snprintf(text, size, "%s%s%s %.4g %s %.4g %s", f->rule, gap, f->zone, f->value,
		               f->value > f->limit ? ">" : "<", f->limit, f->unit ? f->unit : "");
	else
		(void)snprintf(text, size, "%s%s%s %s", f->rule, gap, f->zone, f->name);
}

/* Whether the rules stop these settings; if so, text says which. */
static enum status stopped(struct search *s, const struct settings *settings, enum assess_depth depth, bool *yes,
                           struct fit_alternative *alternative, struct fail *why)
{
	struct assessment a;
	enum status st = planning_assess_to(s->planning, settings, depth, &a, why);
	const struct finding *f = st ? NULL : fit_forbidden(&a);
	*yes = f != NULL;
	if (f) {
		binding_text(f, alternative->binding, sizeof alternative->binding);
		alternative->binding_settings = *settings;
	}
	assessment_clear(&a);
	return st;
}

#define STEPS_UP_MAX 600 /* more than any domain has */

/* Up the main knob from the alternative: the settings on the way, as far as the rules without physics allow;
 * what stops them, if anything, is in the alternative. */
static enum status walk_up(struct search *s, enum setting_id knob, struct fit_alternative *alternative,
                           struct settings *step, size_t *steps, struct fail *why)
{
	const struct device_mode *mode = planning_mode(s->planning);
	int up = knob == SETTING_SPOT_MM ? -1 : 1; /* a smaller spot is the higher dose */
	struct settings next = alternative->settings;
	struct fail end;
	bool stop = false;
	enum status st = ST_OK;
	for (*steps = 0; *steps < STEPS_UP_MAX && setting_step(mode, &next, knob, up, &next, &end) == ST_OK;) {
		st = stopped(s, &next, ASSESS_RULES, &stop, alternative, why);
		if (st || stop)
			break;
		step[(*steps)++] = next;
	}
	return st;
}

/* What stops the way up: the rules' limits without physics are looked at step by step; predicted effects grow
 * with the dose, so the first step they forbid is found by halving. */
static enum status binding_limit(struct search *s, struct fit_alternative *alternative, struct fail *why)
{
	enum setting_id knob;
	size_t steps = 0;
	(void)snprintf(alternative->binding, sizeof alternative->binding, "end of the device's range");
	if (!main_knob(planning_mode(s->planning), &knob))
		return ST_OK;
	struct settings *step = malloc(STEPS_UP_MAX * sizeof *step);
	if (!step)
		return fail_set(why, ST_FULL, "fit", "out of memory");
	enum status st = walk_up(s, knob, alternative, step, &steps, why);
	size_t free_below = 0, first = steps; /* first: lowest step known to be forbidden */
	while (!st && free_below < first) {
		size_t middle = free_below + (first - free_below) / 2;
		bool stop = false;
		/* the topmost first: mostly nothing is in the way */
		if (first == steps && free_below == 0)
			middle = steps - 1;
		st = stopped(s, &step[middle], ASSESS_FULL, &stop, alternative, why);
		if (stop)
			first = middle;
		else
			free_below = middle + 1;
	}
	free(step);
	return st;
}

static enum status add_alternative(struct search *s, const struct fit_candidate *c, const struct assessment *a,
                                   struct fail *why)
{
	struct fit_result *r = s->result;
	struct fit_alternative *alternative = &r->alternative[r->alternatives++];
	*alternative = (struct fit_alternative){.settings = c->settings,
	                                        .dose_J_cm2 = c->dose_J_cm2,
	                                        .endpoint = *goal_band(a, &s->protocol->goal[0]),
	                                        .verdict = a->verdict};
	return binding_limit(s, alternative, why);
}

static enum status consider(struct search *s, const struct fit_candidate *c, struct fail *why)
{
	struct assessment a;
	struct fit_result *r = s->result;
	enum status st = planning_assess_to(s->planning, &c->settings, s->goal_depth, &a, why);
	bool enough = !st && fit_sufficient(&a, s->protocol);
	assessment_clear(&a);
	if (st || !enough)
		return st;
	r->sufficient++;
	if (r->alternatives == FIT_ALTERNATIVES_MAX || !differs(r, &c->settings))
		return ST_OK;
	st = planning_assess_to(s->planning, &c->settings, ASSESS_FULL, &a, why);
	if (!st && a.predicted && allowed(r, &a))
		st = add_alternative(s, c, &a, why);
	assessment_clear(&a);
	return st;
}

static enum status sift_by_goals(struct search *s, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < s->count; i++) {
		st = consider(s, &s->candidate[i], why);
		if (!st && s->progress && s->progress(s->context, (double)(i + 1) / (double)s->count))
			st = fail_set(why, ST_CANCELLED, "fit", "cancelled");
	}
	return st;
}

static int most_excluding(const void *a, const void *b)
{
	const struct fit_exclusion *x = a, *y = b;
	int more = (x->candidates < y->candidates) - (x->candidates > y->candidates);
	return more ? more : strcmp(x->rule, y->rule);
}

static void conclude(struct fit_result *r)
{
	r->feasible = r->alternatives > 0;
	r->endpoint_unreachable = !r->feasible && r->allowed > 0 && r->sufficient == 0;
	if (r->feasible)
		r->settings = r->alternative[0].settings;
	qsort(r->exclusion, r->exclusions, sizeof r->exclusion[0], most_excluding);
}

static enum status no_protocol(const struct planning *planning, struct fail *why)
{
	return fail_set(why, ST_MODEL, "fit", "no protocol on file for %s with %s, so there is no endpoint to fit to; "
	                "enter settings by hand or add a protocol to profiles/protocols",
	                planning_request(planning)->indication, planning_request(planning)->device_mode);
}

enum status planning_candidates(struct planning *planning, struct fit_candidate **out, size_t *count, struct fail *why)
{
	struct fit_result *counted = calloc(1, sizeof *counted);
	struct search s = {.planning = planning, .protocol = planning_protocol(planning), .result = counted};
	*out = NULL;
	*count = 0;
	if (!counted)
		return fail_set(why, ST_FULL, "fit", "out of memory");
	enum status st = s.protocol ? sift_by_rules(&s, why) : no_protocol(planning, why);
	free(counted);
	if (st)
		free(s.candidate);
	else {
		*out = s.candidate;
		*count = s.count;
	}
	return st;
}

enum status planning_fit(struct planning *planning, int (*progress)(void *context, double done_frac),
                         void *context, struct fit_result *out, struct fail *why)
{
	struct search s = {.planning = planning,
	                   .protocol = planning_protocol(planning),
	                   .result = out,
	                   .progress = progress,
	                   .context = context};
	memset(out, 0, sizeof *out);
	if (!s.protocol)
		return no_protocol(planning, why);
	s.goal_depth = depth_of_goals(s.protocol);
	enum status st = sift_by_rules(&s, why);
	if (!st)
		st = sift_by_goals(&s, why);
	if (!st)
		conclude(out);
	free(s.candidate);
	return st;
}
