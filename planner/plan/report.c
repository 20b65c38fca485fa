/* Reports as text. */
#include "planner/plan/report.h"

#include "planner/plan/learnt.h"
#include "planner/safety/pih.h"
#include "planner/twin/twin_text.h"

const char report_intended_use[] =
	"Decision support for trained professionals. Numbers are for planning and training until a clinic has "
	"validated them. lasertwin never controls a device.";

/* What others wrote, on one line: a line break in a name must not forge a line of the report. The rest of the
 * cleaning is the printer's. */
static void write_quoted(FILE *f, const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			fputs("\xEF\xBF\xBD", f); /* U+FFFD: visible, so that it looks tampered with */
		else
			fputc(*text, f);
}

/* "12.3 (10.1 to 15.0) um" */
static void band_text(const struct band *b, int decimals, const char *unit, char *out, size_t size)
{
	char value[METRIC_NUMBER_SIZE], low[METRIC_NUMBER_SIZE], high[METRIC_NUMBER_SIZE];
	(void)snprintf(out, size, "%s (%s to %s)%s%s%s", metric_number(b->value, decimals, value),
	               metric_number(b->p05, decimals, low), metric_number(b->p95, decimals, high),
	               unit[0] ? " " : "", unit, b->flags & VALIDITY_MODEL_LIMIT ? "  (model limit)" : "");
}

static void write_twin(FILE *f, const struct twin *t)
{
	fprintf(f, "Skin twin   %s, type %s", t->site[0] ? t->site : "site not given",
	        t->fitzpatrick ? fitzpatrick_name(t->fitzpatrick) : "not recorded");
	if (!isnan(t->ita_deg))
		fprintf(f, ", ITA %.0f deg (the fitted skin reads %.0f)", t->ita_deg, t->model_ita_deg);
	if (!isnan(t->tan_rel))
		fprintf(f, ", tan %+.1f %%", 100.0 * t->tan_rel);
	fputc('\n', f);
	twin_text_properties(t, f);
	for (size_t i = 0; i < t->residuals; i++)
		if (!t->residual[i].used || fabs(t->residual[i].innovation) > TWIN_DISAGREES)
			fprintf(f, "  reading %s: %s\n", t->residual[i].key, t->residual[i].note);
	if (t->spread_factor > 1.0)
		fprintf(f, "  The readings scatter more than their errors: what they inform is widened by up to %.2f.\n",
		        t->spread_factor);
}

static void write_numbers(FILE *f, const struct exposure *e)
{
	struct exposure_numbers numbers;
	exposure_numbers(e, &numbers);
	fprintf(f, "  Numbers\n");
	for (size_t i = 0; i < numbers.count; i++)
		if (numbers.number[i].decimals > 4) /* pulse durations: picoseconds to milliseconds */
			fprintf(f, "    %-34s %10.4g %s\n", numbers.number[i].label, numbers.number[i].value,
			        numbers.number[i].unit);
		else
			fprintf(f, "    %-34s %10.*f %s\n", numbers.number[i].label, numbers.number[i].decimals,
			        numbers.number[i].value, numbers.number[i].unit);
}

static void write_check(FILE *f, const struct prediction *p)
{
	if (strcmp(p->source, "light") != 0)
		return;
	if (isnan(p->check_difference_pct))
		fprintf(f, "    second calculation: %s\n", p->check);
	else
		fprintf(f, "    second calculation (%s): %+.1f +- %.1f %%\n", p->check, p->check_difference_pct, p->check_se_pct);
}

static void write_prediction(FILE *f, const struct assessment *a)
{
	if (!a->predicted) {
		fprintf(f, "  Prediction     none: %s\n", a->unpredicted.text);
		return;
	}
	const struct prediction *p = &a->prediction;
	fprintf(f, "  Prediction     median twin (5 %% to 95 %% over %u samples of the twin)\n", p->samples);
	for (int m = 0; m < METRICS; m++) {
		const struct metric_spec *spec = metric_spec((enum metric)m);
		char band[96];
		if (p->metric[m].flags & VALIDITY_ABSENT)
			continue;
		band_text(&p->metric[m], spec->decimals, spec->unit, band, sizeof band);
		fprintf(f, "    %-34s %s\n", spec->label, band);
	}
	fprintf(f, "    %s: %s\n    heat: %s\n    damage: %s\n", p->source, p->light, p->heat, p->damage);
	write_check(f, p);
}

static void write_learnt(FILE *f, const struct library *library, const struct request *request, const struct twin *twin,
                         const struct assessment *a)
{
	struct learnt learnt;
	learnt_of(library, request, twin, a, &learnt);
	for (size_t i = 0; i < learnt.lines; i++)
		fprintf(f, "  %-14s %s\n", i ? "" : "Learnt", learnt.line[i].text);
}

static void write_missing(FILE *f, const struct finding *x)
{
	if (x->limit_missing)
		fprintf(f, "        no limit is on file for this skin, mode and zone\n");
	if (!x->missing)
		return;
	fprintf(f, "        not answered:");
	for (size_t i = 0; i < x->missing; i++)
		fprintf(f, "%s %s", i ? ";" : "", x->missing_fact[i]->wording);
	fprintf(f, "\n");
}

static void write_finding(FILE *f, const struct ruleset *rules, const struct finding *x)
{
	char source[512];
	/* at the station these are a list to tick off, whatever their outcome would be if they failed */
	const char *mark = x->phase == PHASE_START ? "[ ]" : outcome_name(x->outcome);
	fprintf(f, "    %-12s %-10s %s%s", mark, x->rule, x->name, x->zone[0] ? ", " : "");
	write_quoted(f, x->zone);
	if (x->has_value && x->has_limit)
		fprintf(f, ": %.4g %s against %.4g %s", x->value, x->unit ? x->unit : "", x->limit, x->unit ? x->unit : "");
	else if (x->has_value && x->unit && x->unit[0])
		fprintf(f, ": %.4g %s", x->value, x->unit);
	fprintf(f, "\n");
	if (x->message[0])
		fprintf(f, "        %s\n", x->message);
	write_missing(f, x);
	if (x->next_step && x->next_step[0])
		fprintf(f, "        next: %s\n", x->next_step);
	fprintf(f, "        %s; %s\n", x->origin, rules_source_text(rules, x->source, source, sizeof source));
}

static void write_findings(FILE *f, const struct ruleset *rules, const struct findings *findings)
{
	static const char *const title[] = {"Rules", "Before the first pulse (evaluated again at the station)"};
	for (int phase = PHASE_PLAN; phase <= PHASE_START; phase++) {
		fprintf(f, "  %s\n", title[phase]);
		for (int strength = 0; strength < OUTCOMES; strength++) /* strongest first */
			for (size_t i = 0; i < findings->count; i++)
				if (findings->finding[i].phase == (enum rule_phase)phase &&
				    findings->finding[i].outcome == (enum outcome)strength)
					write_finding(f, rules, &findings->finding[i]);
	}
}

static void write_alternatives(FILE *f, const struct fit_result *fit, const struct protocol *protocol)
{
	const struct metric_spec *goal = metric_spec(protocol->goal[0].metric);
	for (size_t i = 0; i < fit->alternatives; i++) {
		const struct fit_alternative *a = &fit->alternative[i];
		char settings[160], band[96];
		band_text(&a->endpoint, goal->decimals, goal->unit, band, sizeof band);
		fprintf(f, "    %s %-40s %7.2f %s  %s\n", i ? " " : "*",
		        settings_text(&a->settings, settings, sizeof settings), a->dose_J_cm2, FIT_DOSE_UNIT,
		        verdict_name(a->verdict));
		fprintf(f, "        %s %s; more is stopped by ", goal->label, band);
		write_quoted(f, a->binding);
		fputc('\n', f);
	}
}

static void write_goal(FILE *f, const struct protocol_goal *goal)
{
	const struct metric_spec *spec = metric_spec(goal->metric);
	fprintf(f, "    goal: %s at least %g", spec->label, goal->min);
	if (isfinite(goal->max))
		fprintf(f, ", at most %g", goal->max);
	fprintf(f, "%s%s (%s; %s)\n", spec->unit[0] ? " " : "", spec->unit, goal->origin, goal->source);
}

static void write_fit(FILE *f, const struct case_result *r)
{
	const struct fit_result *fit = &r->fit;
	const struct protocol *protocol = planning_protocol(r->planning);
	if (r->unfitted.code) {
		fprintf(f, "  Fit            none: ");
		write_quoted(f, r->unfitted.text);
		fputc('\n', f);
	}
	if (!r->fitted)
		return;
	fprintf(f, "  Fit            %s: %zu settings on the device's grid,",
	        fit->feasible ? "lowest sufficient dose" : "nothing feasible", fit->candidates);
	fprintf(f, " %zu allowed by the rules, %zu of them reach the goals\n", fit->allowed, fit->sufficient);
	for (size_t i = 0; i < protocol->goals; i++)
		write_goal(f, &protocol->goal[i]);
	write_alternatives(f, fit, protocol);
	if (fit->endpoint_unreachable)
		fprintf(f, "    no allowed setting reaches the goals\n");
	for (size_t i = 0; i < fit->exclusions; i++) {
		fprintf(f, "    %s excludes %zu settings: ", fit->exclusion[i].rule, fit->exclusion[i].candidates);
		write_quoted(f, fit->exclusion[i].text);
		fputc('\n', f);
	}
}

static void write_protocol(FILE *f, const struct library *library, const struct protocol *p)
{
	char pih[256];
	if (!p)
		return;
	fprintf(f, "  Endpoint       %s\n  Published      %s\n", p->endpoint, p->published);
	if (p->evidence[0])
		fprintf(f, "  Evidence       %s\n", p->evidence);
	if (library_pih(library, p))
		fprintf(f, "  Published PIH  %s\n", pih_text(library_pih(library, p), pih, sizeof pih));
	fprintf(f, "  Course         %g visits, at least %g d apart\n", p->visits, p->interval_days);
}

static void write_checks(FILE *f, const struct case_result *r)
{
	if (!r->checks)
		return;
	fprintf(f, "  Expected\n");
	for (size_t i = 0; i < r->checks; i++) {
		fprintf(f, "    %-4s ", r->check[i].met ? "met" : "MISS");
		write_quoted(f, r->check[i].what);
		fputs(": ", f);
		write_quoted(f, r->check[i].got);
		fputc('\n', f);
	}
}

static void write_joints(FILE *f, const struct case_result *r)
{
	for (size_t i = 0; i < r->joints; i++) {
		const struct case_joint *j = &r->joint[i];
		fprintf(f, "  %-14s after ", i ? "" : "Session");
		write_quoted(f, j->with);
		fprintf(f, ", %g min%s", j->gap_min, j->gap_assumed ? " (not given: the shortest)" : "");
		if (!isnan(j->rise_K))
			fprintf(f, ": at most %.1f K of its heat is left", j->rise_K);
		if (!isnan(j->dermis_joint_C))
			fprintf(f, "; dermis %.1f C, alone %.1f", j->dermis_joint_C, j->dermis_alone_C);
		if (!isnan(j->omega_joint))
			fprintf(f, "; Omega basal %.3f together, alone %.3f", j->omega_joint, j->omega_alone);
		if (j->not_computed)
			fprintf(f, "; NOT COMPUTED: %s", j->not_computed);
		fprintf(f, " (95th percentiles, upper bounds)\n");
	}
}

static void write_issues(FILE *f, const struct setting_issues *issues)
{
	for (size_t i = 0; i < issues->count; i++) {
		const struct setting_issue *x = &issues->issue[i];
		const char *from = x->source[0] ? " (" : "";
		fprintf(f, "    !            %s%s%s%s%s%s\n", x->text, x->remedy[0] ? "; " : "", x->remedy, from, x->source,
		        from[0] ? ")" : "");
	}
}

static void write_request(FILE *f, const struct library *library, const struct case_request *q,
                          const struct case_result *r)
{
	char settings[200];
	const struct request *request = &q->request;
	fprintf(f, "\nRequest ");
	write_quoted(f, request->name);
	fprintf(f, "   %s (%s), ", request->device_mode, planning_device(r->planning)->name);
	write_quoted(f, request->indication);
	fprintf(f, "\n  Zones          ");
	for (size_t i = 0; i < request->zones; i++) {
		fputs(i ? ", " : "", f);
		write_quoted(f, request->zone[i]);
		if (request->side[i] != SIDE_NOT_STATED)
			fprintf(f, " (%s)", side_name(request->side[i]));
	}
	fprintf(f, "\n  Settings       %s%s\n", settings_text(&r->assessment.settings, settings, sizeof settings),
	        q->fit && !r->fit.feasible ? "  (NO PLAN: the lowest dose of the grid, judged to show what forbids it)" : "");
	write_issues(f, &r->assessment.issues);
	fprintf(f, "  Verdict        %s\n", verdict_name(r->assessment.verdict));
	write_fit(f, r);
	write_numbers(f, &r->assessment.exposure);
	write_prediction(f, &r->assessment);
	write_joints(f, r);
	write_learnt(f, library, request, planning_twin(r->planning), &r->assessment);
	write_protocol(f, library, planning_protocol(r->planning));
	write_findings(f, library_rules(library), &r->assessment.findings);
	write_checks(f, r);
}

static bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Requests may override readings; each sheet then shows whose skin it is about. */
static bool same_twin(const struct twin *a, const struct twin *b)
{
	bool same = a->fitzpatrick == b->fitzpatrick && strcmp(a->site, b->site) == 0 &&
	            same_number(a->tan_rel, b->tan_rel) && same_number(a->ita_deg, b->ita_deg);
	for (int p = 0; same && p < TWIN_PROPERTIES; p++) {
		const struct twin_value *x = &a->property[p], *y = &b->property[p];
		same = x->median == y->median && x->p05 == y->p05 && x->p95 == y->p95 && x->origin == y->origin;
	}
	return same;
}

static void write_requests(FILE *f, const struct library *library, const struct case_file *file,
                           const struct case_result *results)
{
	const struct twin *shown = NULL;
	for (size_t i = 0; i < file->requests; i++) {
		const struct twin *twin = planning_twin(results[i].planning);
		if (!shown || !same_twin(shown, twin)) {
			fputc('\n', f);
			write_twin(f, twin);
		}
		shown = twin;
		write_request(f, library, &file->request[i], &results[i]);
	}
}

enum status report_case_text(const struct library *library, const struct case_file *file,
                             const struct case_result *results, char **out, struct fail *why)
{
	size_t size = 0;
	*out = NULL;
	FILE *f = open_memstream(out, &size);
	if (!f)
		return fail_set(why, ST_FULL, "report", "out of memory");
	write_quoted(f, file->id);
	fputs("  ", f);
	write_quoted(f, file->title);
	fprintf(f, "\n%s\n", report_intended_use);
	write_requests(f, library, file, results);
	fprintf(f, "\nlasertwin %s, library %.16s\n", LASERTWIN_VERSION, library_digest(library));
	bool failed = ferror(f) != 0;
	if (fclose(f) == 0 && !failed)
		return ST_OK;
	free(*out);
	*out = NULL;
	return fail_set(why, ST_FULL, "report", "out of memory");
}
