/* Evaluating a request of a case, and comparing the answer with what the case expects. */
#include <strings.h>

#include "planner/plan/case.h"

void case_result_clear(struct case_result *result)
{
	assessment_clear(&result->assessment);
	planning_free(&result->planning);
	memset(result, 0, sizeof *result);
}

/* A number of an evaluation by its key: exposure numbers, predicted quantities, tan_rel_pct. NAN: none. */
static double case_number(const struct case_result *result, const char *key)
{
	enum metric metric;
	if (strcmp(key, "tan_rel_pct") == 0)
		return 100.0 * planning_twin(result->planning)->tan_rel;
	double value = exposure_number(&result->assessment.exposure, key);
	if (!isnan(value) || !metric_find(key, &metric))
		return value;
	return result->assessment.predicted ? result->assessment.prediction.metric[metric].value : (double)NAN;
}

/* ---- expectations ------------------------------------------------------------------------------------- */

_Static_assert(CASE_CHECKS_MAX >= 1 + 5 * CASE_EXPECTED_MAX + 5, "every expectation of a request has its check");

static struct case_check *new_check(struct case_result *r)
{
	BUG_ON(r->checks >= CASE_CHECKS_MAX); /* more expectations than a case can hold cannot be read in */
	return &r->check[r->checks++];
}

static void check_verdict(struct case_result *r, const struct case_expectation *e)
{
	if (!e->verdict[0])
		return;
	struct case_check *c = new_check(r);
	const char *got = verdict_name(r->assessment.verdict);
	bool refused = r->assessment.verdict == VERDICT_BLOCK || r->assessment.verdict == VERDICT_BLOCK_MD;
	(void)snprintf(c->what, sizeof c->what, "verdict %s", e->verdict);
	(void)snprintf(c->got, sizeof c->got, "%s", got);
	/* BLOCK asks that the station refuses, by either way */
	c->met = strcmp(got, e->verdict) == 0 || (strcmp(e->verdict, "BLOCK") == 0 && refused);
}

static const struct finding *find_rule(const struct findings *findings, const char *rule, bool start)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->finding[i].rule, rule) == 0 && (!start || findings->finding[i].phase == PHASE_START))
			return &findings->finding[i];
	return NULL;
}

static void check_rules(struct case_result *r, const char (*rule)[24], size_t count, const char *what, bool wanted,
                        bool start)
{
	for (size_t i = 0; i < count; i++) {
		struct case_check *c = new_check(r);
		const struct finding *f = find_rule(&r->assessment.findings, rule[i], start);
		(void)snprintf(c->what, sizeof c->what, "%s %s", rule[i], what);
		(void)snprintf(c->got, sizeof c->got, "%s", f ? outcome_name(f->outcome) : "not raised");
		c->met = (f != NULL) == wanted;
	}
}

static void check_numbers(struct case_result *r, const struct case_expectation *e)
{
	for (size_t i = 0; i < e->numbers; i++) {
		struct case_check *c = new_check(r);
		double got = case_number(r, e->number[i].key), want = e->number[i].value;
		(void)snprintf(c->what, sizeof c->what, "%s %g within %g %%", e->number[i].key, want, e->tolerance_pct);
		(void)snprintf(c->got, sizeof c->got, "%g", got);
		c->met = fabs(got - want) <= 0.01 * e->tolerance_pct * fabs(want);
	}
	for (size_t i = 0; i < e->sanity; i++) {
		struct case_check *c = new_check(r);
		double got = case_number(r, e->range[i].key);
		(void)snprintf(c->what, sizeof c->what, "%s within %g to %g", e->range[i].key, e->range[i].value,
		               e->range[i].upper);
		(void)snprintf(c->got, sizeof c->got, "%g", got);
		c->met = got >= e->range[i].value && got <= e->range[i].upper;
	}
}

static bool holds(const char *text, const char *part)
{
	size_t n = strlen(part);
	for (; text && strlen(text) >= n; text++)
		if (strncasecmp(text, part, n) == 0)
			return true;
	return false;
}

/* Said somewhere a person reads: a finding's message, or the protocol's word on the evidence. */
static bool said(const struct case_result *r, const char *text)
{
	const struct protocol *p = planning_protocol(r->planning);
	for (size_t i = 0; i < r->assessment.findings.count; i++)
		if (holds(r->assessment.findings.finding[i].message, text))
			return true;
	return p && (holds(p->evidence, text) || holds(p->published, text));
}

static void check_words(struct case_result *r, const struct case_expectation *e)
{
	for (size_t i = 0; i <= e->cites; i++) {
		const char *text = i < e->cites ? e->cite[i] : e->say;
		if (!text[0])
			continue;
		struct case_check *c = new_check(r);
		c->met = said(r, text);
		(void)snprintf(c->what, sizeof c->what, "says \"%.180s\"", text);
		(void)snprintf(c->got, sizeof c->got, "%s", c->met ? "said" : "not said");
	}
}

static void check_expectations(struct case_result *r, const struct case_expectation *e)
{
	check_verdict(r, e);
	check_rules(r, e->rule_raised, e->raised, "raised", true, false);
	check_rules(r, e->rule_not_raised, e->not_raised, "not raised", false, false);
	check_rules(r, e->rule_start, e->starts, "listed as start condition", true, true);
	check_numbers(r, e);
	check_words(r, e);
}

void case_check_again(struct case_result *result, const struct case_expectation *expected)
{
	result->checks = 0;
	check_expectations(result, expected);
}

/* ---- evaluation --------------------------------------------------------------------------------------- */

static enum status choose_settings(const struct case_request *request, const struct case_options *options,
                                   struct case_result *r, struct settings *settings, struct fail *why)
{
	*settings = request->request.settings;
	if (!request->fit)
		return ST_OK;
	enum status st = planning_fit(r->planning, options->progress, options->context, &r->fit, why);
	if (st && planning_protocol(r->planning))
		return st;
	r->fitted = st == ST_OK;
	if (st)
		r->unfitted = *why;
	if (r->fit.feasible)
		*settings = r->fit.settings;
	else
		planning_default_settings(r->planning, settings);
	return ST_OK;
}

enum status case_evaluate(const struct library *library, const struct case_request *request,
                          const struct case_options *options, struct case_result *out, struct fail *why)
{
	const struct predict_options predict = {.samples = options->samples,
	                                        .seed = options->seed,
	                                        .progress = options->progress,
	                                        .context = options->context};
	struct settings settings;
	memset(out, 0, sizeof *out);
	enum status st = planning_new(library, &request->subject, &request->request, &predict, &out->planning, why);
	if (!st)
		st = choose_settings(request, options, out, &settings, why);
	if (!st)
		st = planning_assess(out->planning, &settings, &out->assessment, why);
	if (st)
		case_result_clear(out);
	else
		check_expectations(out, &request->expected);
	return st;
}
