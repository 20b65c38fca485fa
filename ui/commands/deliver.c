/* Delivery from the command line: one event at a time, so that a script or a console's log can drive it; and
 * what is seen afterwards. */
#include "planner/plan/desk.h"
#include "ui/commands/commands.h"
#include "ui/commands/station.h"

/* "energy_mJ=10" -> member and value; the rest is left in place. */
static enum status split(const char *operand, char *member, size_t size, const char **value, struct fail *why)
{
	const char *equals = strchr(operand, '=');
	if (!equals || (size_t)(equals - operand) >= size)
		return fail_set(why, ST_INPUT, operand, "is not of the form MEMBER=VALUE");
	(void)snprintf(member, size, "%.*s", (int)(equals - operand), operand);
	*value = equals + 1;
	return ST_OK;
}

/* ---- what is shown ---- */

static void print_fields(const struct cli_options *options, const struct delivery *d,
                         const struct delivery_plan *plan)
{
	for (size_t i = 0; i < plan->fields; i++) {
		const struct delivery_field *f = &d->field[i];
		char coverage[48] = "";
		if (!isnan(f->coverage_frac) && !isnan(plan->exposure.coverage_sum_frac))
			(void)snprintf(coverage, sizeof coverage, ", coverage %.3g of %.3g %%",
			               100.0 * f->coverage_frac, 100.0 * plan->exposure.coverage_sum_frac);
		station_say(options, "  %-16s %-8s pass %u of %u%s%s%s%s", plan->field[i],
		            f->side[0] ? f->side : "side?", f->passes, delivery_passes_planned(plan),
		            coverage, f->endpoint[0] ? ", " : "", f->endpoint, f->stop_seen ? " [STOP]" : "");
	}
}

static void print_questions(const struct cli_options *options, const struct delivery *d)
{
	for (size_t id = 0; id < facts_spec_count(); id++) {
		const struct fact_spec *spec = facts_spec(id);
		const char *answer = "not asked";
		if (!delivery_is_question(spec->name))
			continue;
		for (size_t i = 0; i < d->answers; i++)
			if (strcmp(d->answer[i].fact, spec->name) == 0)
				answer = d->answer[i].value > 0.5 ? "yes" : "no";
		station_say(options, "  %-26s %-9s %s", spec->name, answer, spec->wording);
	}
}

static void print_session(const struct cli_options *options, const struct delivery *d,
                          const struct delivery_plan *plan)
{
	char missing[96], settings[512];
	station_say(options, "Session: %s, %zu events, %u errors, %u pauses", delivery_phase_name(d->phase),
	            d->events, d->errors, d->pauses);
	station_say(options, "Approved: %s", settings_text(&plan->settings, settings, sizeof settings));
	print_fields(options, d, plan);
	if (d->output_check[0])
		station_say(options, "Output check: %s", d->output_check);
	if (d->phase == DELIVERY_CHECKING) {
		if (delivery_missing(d, plan, missing, sizeof missing))
			station_say(options, "Next: %s", missing);
		else
			station_say(options, "The checklist is complete; `start` judges the rules again.");
		station_say(options, "Questions of the start rules (answer fact=... value=yes|no):");
		print_questions(options, d);
	}
	if (d->reason[0])
		station_say(options, "Reason: %s", d->reason);
}

static void print_session_json(const struct delivery *d, const struct delivery_plan *plan,
                               const struct workflow_plan *p)
{
	char missing[96];
	const char *what =
	        d->phase == DELIVERY_CHECKING ? delivery_missing(d, plan, missing, sizeof missing) : NULL;
	printf("{\"plan\":\"%s\",\"version\":%lld,\"state\":\"%s\",\"phase\":\"%s\",\"events\":%zu,"
	       "\"errors\":%u,\"pauses\":%u,"
	       "\"missing\":\"%s\",\"fields\":[",
	       p->row.uuid, (long long)p->row.version, plan_state_name(p->state),
	       delivery_phase_name(d->phase), d->events, d->errors, d->pauses, what ? what : "");
	for (size_t i = 0; i < plan->fields; i++)
		printf("%s{\"field\":\"%s\",\"side\":\"%s\",\"passes\":%u,\"passes_planned\":%u,\"endpoint\":"
		       "\"%s\",\"stop\":%s}",
		       i ? "," : "", plan->field[i], d->field[i].side, d->field[i].passes,
		       delivery_passes_planned(plan), d->field[i].endpoint,
		       d->field[i].stop_seen ? "true" : "false");
	puts("]}");
}

/* ---- one event ---- */

static enum status read_event(const struct cli_options *options, struct delivery_event *event,
                              struct fail *why)
{
	enum delivery_kind kind;
	char member[64], list[512] = "";
	const char *value;
	size_t used = 0;
	if (!delivery_kind_parse(options->operand[1], &kind)) {
		for (int k = 0; k < DELIVERY_KINDS && used < sizeof list; k++)
			used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k ? ", " : "",
			                         delivery_kind_name((enum delivery_kind)k));
		return fail_set(why, ST_INPUT, "event", "\"%s\" is not one of %s", options->operand[1], list);
	}
	delivery_event_init(event, kind, 0, "");
	for (int i = 2; i < options->operands; i++) {
		enum status st = split(options->operand[i], member, sizeof member, &value, why);
		if (!st && kind == DELIVERY_PHOTOGRAPH && strcmp(member, "file") == 0)
			st = delivery_event_file(event, value, why);
		else if (!st)
			st = delivery_event_set(event, member, value, why);
		if (st)
			return st;
	}
	return ST_OK;
}

static enum status take_event(struct station *s, struct workflow_plan **plan, struct delivery *session,
                              struct fail *why)
{
	struct delivery_event event;
	struct findings findings = {0};
	const struct predict_options defaults = {0};
	enum status st = read_event(s->options, &event, why);
	if (!st && event.kind == DELIVERY_START)
		st = workflow_judge_start(&s->w, *plan, session, &defaults, &findings, why);
	if (!st)
		st = workflow_deliver(&s->w, &s->person, &event, &findings, plan, session, why);
	findings_clear(&findings);
	return st;
}

static enum status deliver(struct station *s, struct fail *why)
{
	struct workflow_plan *plan = NULL;
	struct delivery_plan delivery_plan;
	struct delivery session;
	size_t moved;
	enum status st = workflow_refresh(&s->w, &moved, why);
	if (!st)
		st = station_plan(s, 0, &plan, why);
	if (!st)
		st = workflow_session(&s->w, plan, &delivery_plan, &session, why);
	if (!st && s->options->operands > 1)
		st = take_event(s, &plan, &session, why);
	if (!st && cli_flag(s->options, "--json"))
		print_session_json(&session, &delivery_plan, plan);
	else if (!st)
		print_session(s->options, &session, &delivery_plan);
	workflow_plan_free(&plan);
	return st;
}

int command_deliver(const struct cli_options *options)
{
	return station_run(options, STATION_READS, deliver);
}

/* ---- afterwards ---- */

/* A number under its name; false: another name. */
static bool take_number(const char *member, const char *value, const char *name, double *out, enum status *st,
                        struct fail *why)
{
	char *end;
	if (strcmp(member, name) != 0)
		return false;
	*out = strtod(value, &end);
	*st = end != value && *end == '\0' && isfinite(*out)
	              ? ST_OK
	              : fail_set(why, ST_INPUT, name, "\"%.40s\" is not a number with a decimal point",
	                         value);
	return true;
}

static bool take_text(const char *member, const char *value, const char *name, char *out, size_t size,
                      enum status *st, struct fail *why)
{
	if (strcmp(member, name) != 0)
		return false;
	*st = strlen(value) < size ? ST_OK
	                           : fail_set(why, ST_RANGE, name, "is longer than %zu bytes", size - 1);
	(void)snprintf(out, size, "%s", value);
	return true;
}

static enum status set_adverse(struct adverse_event *e, const char *member, const char *value,
                               struct fail *why)
{
	enum status st = ST_OK;
	char severity[16], serious[8];
	if (take_text(member, value, "serious", serious, sizeof serious, &st, why)) {
		e->serious = strcmp(serious, "yes") == 0 ? SERIOUS_YES : SERIOUS_NO;
		return st || e->serious == SERIOUS_YES || strcmp(serious, "no") == 0
		               ? st
		               : fail_set(why, ST_INPUT, "serious", "is yes or no");
	}
	if (take_text(member, value, "kind", e->kind, sizeof e->kind, &st, why) ||
	    take_text(member, value, "serious_reason", e->serious_reason, sizeof e->serious_reason, &st, why) ||
	    take_text(member, value, "outcome", e->outcome, sizeof e->outcome, &st, why) ||
	    take_text(member, value, "text", e->text, sizeof e->text, &st, why) ||
	    take_number(member, value, "onset_days", &e->onset_days, &st, why))
		return st;
	if (!take_text(member, value, "severity", severity, sizeof severity, &st, why))
		return fail_set(why, ST_INPUT, member,
		                "is not one of kind, severity, onset_days, serious, serious_reason, outcome, text");
	e->severity = SEVERITY_MILD;
	while (e->severity < SEVERITIES && strcmp(severity_name(e->severity), severity) != 0)
		e->severity++;
	return st;
}

static enum status set_follow_up(struct follow_up *f, const char *member, const char *value, struct fail *why)
{
	enum status st = ST_OK;
	char pih[8];
	if (take_number(member, value, "days", &f->days, &st, why) ||
	    take_number(member, value, "clearance_pct", &f->clearance_pct, &st, why) ||
	    take_number(member, value, "erythema_days", &f->erythema_days, &st, why) ||
	    take_number(member, value, "depth_um", &f->depth_um, &st, why) ||
	    take_text(member, value, "text", f->text, sizeof f->text, &st, why))
		return st;
	if (!take_text(member, value, "pih", pih, sizeof pih, &st, why))
		return fail_set(why, ST_INPUT, member,
		                "is not one of days, clearance_pct, erythema_days, pih, depth_um, text");
	f->pih = strcmp(pih, "yes") == 0 ? 1 : strcmp(pih, "no") == 0 ? 0 : -1;
	return f->pih >= 0 ? st : fail_set(why, ST_INPUT, "pih", "is yes or no");
}

static enum status adverse(struct station *s, struct fail *why)
{
	struct adverse_event event = {.severity = SEVERITIES, .onset_days = (double)NAN};
	struct workflow_plan *plan = NULL;
	char member[64];
	const char *value;
	enum status st = station_plan(s, 0, &plan, why);
	for (int i = 1; !st && i < s->options->operands; i++) {
		st = split(s->options->operand[i], member, sizeof member, &value, why);
		if (!st)
			st = set_adverse(&event, member, value, why);
	}
	if (!st)
		st = workflow_adverse(&s->w, &s->person, &event, &plan, why);
	if (!st)
		station_say(s->options, "Recorded: %s, %s, %g days after plan %.8s", event.kind,
		            severity_name(event.severity), event.onset_days, plan->row.uuid);
	workflow_plan_free(&plan);
	return st;
}

int command_adverse(const struct cli_options *options)
{
	return station_run(options, STATION_READS, adverse);
}

static enum status follow_up(struct station *s, struct fail *why)
{
	struct follow_up seen = {
	        .days = (double)NAN, .clearance_pct = (double)NAN, .erythema_days = (double)NAN, .pih = -1,
	        .depth_um = (double)NAN};
	struct workflow_plan *plan = NULL;
	char member[64];
	const char *value;
	enum status st = station_plan(s, 0, &plan, why);
	for (int i = 1; !st && i < s->options->operands; i++) {
		st = split(s->options->operand[i], member, sizeof member, &value, why);
		if (!st)
			st = set_follow_up(&seen, member, value, why);
	}
	if (!st)
		st = workflow_follow_up(&s->w, &s->person, &seen, &plan, why);
	if (!st)
		station_say(s->options, "Recorded: follow-up %g days after plan %.8s", seen.days,
		            plan->row.uuid);
	workflow_plan_free(&plan);
	return st;
}

int command_follow_up(const struct cli_options *options)
{
	return station_run(options, STATION_READS, follow_up);
}
