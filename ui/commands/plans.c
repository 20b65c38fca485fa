/* Plans on their way: listed, shown, compared, moved, signed, exported. */
#include "planner/plan/desk.h"
#include "planner/plan/versions.h"
#include "planner/plan/fit.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"
#include "ui/commands/station.h"

/* ---- list ---- */

static void print_row(const struct cli_options *options, struct station *s, const struct store_plan *row)
{
	struct store_patient patient;
	struct fail ignored;
	char when[32];
	const bool known = store_patient_get(s->w.store, row->patient, &patient, &ignored) == ST_OK;
	station_date(row->state_at_ms, when, sizeof when);
	station_say(options, "%.8s  v%lld  %-10s  %-14s  %-24s  %s  %s", row->uuid, (long long)row->version,
	            row->state, row->verdict, row->device, when, known ? patient.label : "?");
}

static void print_row_json(const struct store_plan *row, bool first)
{
	printf("%s{\"plan\":\"%s\",\"version\":%lld,\"patient\":\"%s\",\"device\":\"%s\",\"verdict\":\"%s\","
	       "\"state\":\"%s\","
	       "\"state_at_ms\":%lld}",
	       first ? "" : ",\n ", row->uuid, (long long)row->version, row->patient, row->device,
	       row->verdict, row->state, (long long)row->state_at_ms);
}

static enum status list_plans(struct station *s, struct fail *why)
{
	const struct cli_options *options = s->options;
	const struct store_plan_query query = {.state = cli_value(options, "--state")};
	struct store_plan_list list = {0};
	const bool json = cli_flag(options, "--json");
	enum plan_state state;
	size_t moved;
	if (query.state && !plan_state_parse(query.state, &state))
		return fail_set(why, ST_INPUT, "--state", "\"%s\" is no state of a plan", query.state);
	enum status st = workflow_refresh(&s->w, &moved, why);
	if (!st)
		st = store_plan_list(s->w.store, &query, &list, why);
	if (!st && json)
		fputs("[", stdout);
	for (size_t i = 0; !st && i < list.count; i++)
		json ? print_row_json(&list.items[i], i == 0) : print_row(options, s, &list.items[i]);
	if (!st && json)
		puts("]");
	if (!st && !json && list.count == 0)
		station_say(options, "No plans.");
	store_plan_list_free(&list);
	return st;
}

int command_plan_list(const struct cli_options *options)
{
	return station_run(options, STATION_READS, list_plans);
}

/* ---- show ---- */

static void print_findings(const struct cli_options *options, const struct workflow_plan *p,
                           enum rule_phase phase)
{
	for (size_t i = 0; i < p->findings; i++)
		if (p->finding[i].phase == phase)
			station_say(options, "  %-11s %s%s%s  %s%s", outcome_name(p->finding[i].outcome),
			            p->finding[i].rule, p->finding[i].zone[0] ? " " : "", p->finding[i].zone,
			            p->finding[i].text, p->finding[i].overridden ? "  [OVERRIDDEN]" : "");
}

static void print_approval(const struct cli_options *options, const struct workflow_plan *p)
{
	char from[32], to[32];
	station_date(p->approval.signed_at_ms, from, sizeof from);
	station_date(p->approval.expires_at_ms, to, sizeof to);
	if (p->unverified.code != ST_OK)
		station_say(options, "Approval NOT in force: %s", p->unverified.text);
	else
		station_say(options, "Approved by %s (%s) %s, until %s; audit entry %lld", p->approval.name,
		            p->approval.login, from, to, (long long)p->approval.audit_seq);
	for (size_t i = 0; i < p->approval.overrides && p->unverified.code == ST_OK; i++)
		station_say(options, "  decided %s %s: %s", p->approval.override[i].rule,
		            p->approval.override[i].zone, p->approval.override[i].reason);
}

static enum status print_history(struct station *s, const struct workflow_plan *p, struct fail *why)
{
	struct store_plan_event_list list = {0};
	enum status st = store_plan_event_list(s->w.store, p->row.uuid, p->row.version, &list, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		char when[32];
		station_date(list.items[i].at_ms, when, sizeof when);
		station_say(s->options, "  %s  %-10s  %s%s%s", when, list.items[i].to_state,
		            list.items[i].actor, list.items[i].reason[0] ? ": " : "", list.items[i].reason);
	}
	store_plan_event_list_free(&list);
	return st;
}

static enum status print_plan(struct station *s, const struct workflow_plan *p, struct fail *why)
{
	const struct cli_options *options = s->options;
	char settings[512], stale[STALE_TEXT_MAX];
	station_say(options, "Plan %.8s version %lld of %lld: %s", p->row.uuid, (long long)p->row.version,
	            (long long)p->newest_version, plan_state_name(p->state));
	station_say(options, "Patient %s%s  record %s", p->patient.label,
	            p->patient.is_virtual ? " (VIRTUAL)" : "", p->patient.record_number);
	station_say(options, "%s for %s; verdict %s", p->row.device, p->indication, p->row.verdict);
	for (size_t i = 0; i < p->zones; i++)
		station_say(options, "Zone %s", side_of_zone(p->zone[i], p->side[i], settings, sizeof settings));
	station_say(options, "%s", settings_text(&p->settings, settings, sizeof settings));
	if (p->stale)
		station_say(options, "NO LONGER CURRENT: %s", life_stale_text(p->stale, stale, sizeof stale));
	if (p->approved)
		print_approval(options, p);
	station_say(options, "Findings:");
	print_findings(options, p, PHASE_PLAN);
	station_say(options, "Before the first pulse:");
	print_findings(options, p, PHASE_START);
	station_say(options, "History:");
	return print_history(s, p, why);
}

static void print_plan_json(const struct workflow_plan *p)
{
	char digest[DIGEST_TEXT_SIZE];
	digest_hex(&p->row.digest, digest);
	printf("{\"plan\":\"%s\",\"version\":%lld,\"newest_version\":%lld,\"state\":\"%s\",\"verdict\":\"%"
	       "s\","
	       "\"patient\":\"%s\",\"device\":\"%s\",\"content\":\"%s\",\"stale\":%u,\"approved\":%s,\"in_"
	       "force\":%s,\"overrides\":%zu}\n",
	       p->row.uuid, (long long)p->row.version, (long long)p->newest_version,
	       plan_state_name(p->state), p->row.verdict, p->row.patient, p->row.device, digest, p->stale,
	       p->approved ? "true" : "false",
	       p->approved && p->unverified.code == ST_OK && p->state == PLAN_APPROVED ? "true" : "false",
	       p->overrides);
}

static enum status show_plan(struct station *s, struct fail *why)
{
	uint64_t version = 0;
	size_t moved;
	struct workflow_plan *plan = NULL;
	enum status st = cli_whole_number(s->options, "--version-number", 1, 1e6, &version, why);
	if (!st)
		st = workflow_refresh(&s->w, &moved, why);
	if (!st)
		st = station_plan(s, (int64_t)version, &plan, why);
	if (!st && cli_flag(s->options, "--json"))
		print_plan_json(plan);
	else if (!st)
		st = print_plan(s, plan, why);
	workflow_plan_free(&plan);
	return st;
}

int command_plan_show(const struct cli_options *options)
{
	return station_run(options, STATION_READS, show_plan);
}

/* ---- diff ---- */

static enum status whole(const char *field, const char *text, int64_t *out, struct fail *why)
{
	char *end;
	const double value = strtod(text, &end);
	if (end == text || *end || !(value >= 1.0 && value <= 1e6) || value != floor(value))
		return fail_set(why, ST_INPUT, field, "\"%.20s\" is no version number", text);
	*out = (int64_t)value;
	return ST_OK;
}

static void print_difference(const struct cli_options *options, const struct difference *d)
{
	enum difference_section section = DIFFERENCE_SECTIONS;
	for (size_t i = 0; i < d->count; i++) {
		const struct difference_line *line = &d->line[i];
		if (line->section != section)
			station_say(options, "%s", difference_section_name(line->section));
		section = line->section;
		station_say(options, "  %-28s %s -> %s", line->key, line->before[0] ? line->before : "(none)",
		            line->after[0] ? line->after : "(none)");
	}
	station_say(options, "%zu different, %zu the same", d->count, d->same);
}

static enum status compare(struct station *s, const char *uuid, int64_t a, int64_t b, struct fail *why)
{
	struct plan_version before = {0}, after = {0};
	struct difference d = {0};
	enum status st = plan_version_load(s->w.store, uuid, a, &before, why);
	if (!st)
		st = plan_version_load(s->w.store, uuid, b, &after, why);
	if (!st)
		st = plan_versions_difference(&before, &after, &d, why);
	if (!st && cli_flag(s->options, "--json")) {
		char *text = NULL;
		st = difference_json(&d, &text, why);
		if (!st)
			puts(text);
		free(text);
	} else if (!st) {
		station_say(s->options, "Plan %.8s, version %lld -> %lld", uuid, (long long)a, (long long)b);
		print_difference(s->options, &d);
	}
	difference_free(&d);
	plan_version_clear(&before);
	plan_version_clear(&after);
	return st;
}

/* Without versions: the newest against the one before. */
static enum status diff_plan(struct station *s, struct fail *why)
{
	const struct cli_options *options = s->options;
	char uuid[UUID_TEXT_SIZE];
	struct store_plan newest = {0};
	enum status st = desk_find_plan(&s->w, options->operand[0], uuid, why);
	if (!st)
		st = store_plan_latest(s->w.store, uuid, &newest, why);
	int64_t b = newest.version, a = b - 1;
	store_plan_clear(&newest);
	if (!st && options->operands > 1)
		st = whole("version", options->operand[1], &a, why);
	if (!st && options->operands > 2)
		st = whole("version", options->operand[2], &b, why);
	if (!st && a < 1)
		st = fail_set(why, ST_INPUT, "version",
		              "the plan has one version only; there is nothing to compare it with");
	return st ? st : compare(s, uuid, a, b, why);
}

int command_plan_diff(const struct cli_options *options)
{
	return station_run(options, STATION_READS, diff_plan);
}

/* ---- new ---- */

/* By the number on the worklist or the record number. */
static enum status find_patient(struct station *s, const char *word, size_t *index, struct fail *why)
{
	struct clinic_patient row;
	char *end;
	const double number = strtod(word, &end);
	if (*end == '\0' && number >= 1.0 && number <= (double)clinic_count(s->clinic) &&
	    number == floor(number)) {
		*index = (size_t)number - 1;
		return ST_OK;
	}
	for (size_t i = 0; i < clinic_count(s->clinic); i++)
		if (clinic_patient(s->clinic, i, &row, why) == ST_OK && strcmp(row.label, word) == 0) {
			*index = i;
			return ST_OK;
		}
	return fail_set(why, ST_NOT_FOUND, "patient",
	                "\"%s\" is neither a number on the worklist (1..%zu) nor a name there", word,
	                clinic_count(s->clinic));
}

static enum status choose_settings(struct planning *planning, const struct request *request,
                                   struct settings *out, struct fail *why)
{
	struct fit_result fit;
	if (request->settings.present) {
		*out = request->settings;
		return ST_OK;
	}
	enum status st = planning_fit(planning, NULL, NULL, &fit, why);
	if (!st && !fit.feasible)
		st = fail_set(why, ST_MODEL, "fit",
		              "no setting is allowed and sufficient; plan it on the screens");
	if (!st)
		*out = fit.settings;
	return st;
}

/* The newest of the patient's plans is the one that was made. */
static enum status tell_draft(struct station *s, size_t index, const struct request *request, const char *verdict,
                              struct fail *why)
{
	const struct store_plan_query query = {.patient = clinic_uuid(s->clinic, index)};
	struct store_plan_list list = {.count = 0};
	const struct store_plan *made = NULL;
	struct clinic_patient patient;
	struct json_out out;
	enum status st = clinic_patient(s->clinic, index, &patient, why);
	if (!st)
		st = store_plan_list(s->w.store, &query, &list, why);
	for (size_t i = 0; i < list.count; i++)
		if (made == NULL || list.items[i].created_at_ms >= made->created_at_ms)
			made = &list.items[i];
	if (!st && made != NULL && cli_flag(s->options, "--json")) {
		records_json_begin(&out);
		json_out_object(&out, NULL);
		json_out_text(&out, "plan", made->uuid);
		json_out_int(&out, "version", made->version);
		json_out_text(&out, "patient", patient.label);
		json_out_text(&out, "device_mode", request->device_mode);
		json_out_text(&out, "verdict", verdict);
		json_out_end_object(&out);
		st = records_json_print(&out, why);
	} else if (!st && made != NULL) {
		station_say(s->options, "Draft %.8s for %s with %s: verdict %s", made->uuid, patient.label, request->device_mode,
		            verdict);
	}
	store_plan_list_free(&list);
	return st;
}

static enum status make_plan(struct station *s, size_t index, struct fail *why)
{
	struct subject subject = {.label = ""};
	struct request request;
	struct planning *planning = NULL;
	struct settings settings;
	struct assessment a = {0};
	const char *sides = cli_value(s->options, "--side");
	enum status st = clinic_load(s->clinic, index, &subject, &request, why);
	if (!st && sides)
		st = sides_parse(sides, request.zones, request.side, why);
	if (!st)
		st = planning_new(s->w.lib, &subject, &request, NULL, &planning, why);
	if (!st)
		st = choose_settings(planning, &request, &settings, why);
	if (!st)
		st = planning_assess(planning, &settings, &a, why);
	if (!st)
		st = clinic_save_plan(s->clinic, index, s->w.lib, &subject, planning_twin(planning),
		                      &request, &a, s->w.clock.now_ms, why);
	if (!st)
		st = tell_draft(s, index, &request, verdict_name(a.verdict), why);
	assessment_clear(&a);
	planning_free(&planning);
	subject_free(&subject);
	return st;
}

static enum status new_plan(struct station *s, struct fail *why)
{
	size_t index = 0;
	enum life_role role;
	if (!workflow_role(&s->person, LIFE_PROPOSE, PLAN_DRAFT, &role))
		return fail_set(why, ST_DENIED, "role", "the role %s may not plan", life_role_name(role));
	enum status st = find_patient(s, s->options->operand[0], &index, why);
	return st ? st : make_plan(s, index, why);
}

int command_plan_new(const struct cli_options *options)
{
	return station_run(options, STATION_READS, new_plan);
}

/* ---- moves ---- */

static struct workflow_move move_of(const struct cli_options *options)
{
	return (struct workflow_move){.reason = cli_value(options, "--reason"),
	                              .identifier_1 = cli_value(options, "--identifier"),
	                              .identifier_2 = cli_value(options, "--second-identifier")};
}

static enum status propose_plan(struct station *s, const struct workflow_move *with,
                                struct workflow_plan **plan, struct fail *why)
{
	(void)with;
	return workflow_propose(&s->w, &s->person, plan, why);
}

static enum status approve_plan(struct station *s, const struct workflow_move *with,
                                struct workflow_plan **plan, struct fail *why)
{
	return workflow_approve(&s->w, &s->person, with, plan, why);
}

static enum status reject_plan(struct station *s, const struct workflow_move *with,
                               struct workflow_plan **plan, struct fail *why)
{
	return workflow_reject(&s->w, &s->person, with, plan, why);
}

static enum status revoke_plan(struct station *s, const struct workflow_move *with,
                               struct workflow_plan **plan, struct fail *why)
{
	return workflow_revoke(&s->w, &s->person, with, plan, why);
}

static enum status close_plan(struct station *s, const struct workflow_move *with,
                              struct workflow_plan **plan, struct fail *why)
{
	(void)with;
	return workflow_close(&s->w, &s->person, plan, why);
}

static enum status override_plan(struct station *s, const struct workflow_move *with,
                                 struct workflow_plan **plan, struct fail *why)
{
	const char *zone = s->options->operands > 2 ? s->options->operand[2] : "";
	struct station_second second;
	enum status st = station_second(s, &second, why);
	if (!st)
		st = workflow_override(&s->w, &s->person, &second.person, s->options->operand[1], zone, with,
		                       plan, why);
	station_second_end(&second);
	return st;
}

typedef enum status move_function(struct station *s, const struct workflow_move *with,
                                  struct workflow_plan **plan, struct fail *why);
static const struct {
	const char *command;
	move_function *move;
	enum meaning meaning; /* MEANINGS: nothing is signed */
} moves[] = {
        {"plan propose", propose_plan, MEANINGS},
        {"plan approve", approve_plan, MEANING_APPROVED},
        {"plan reject", reject_plan, MEANINGS},
        {"plan revoke", revoke_plan, MEANING_REVOKED},
        {"plan override", override_plan, MEANING_OVERRIDDEN},
        {"plan close", close_plan, MEANINGS},
};

static size_t move_index(const struct cli_options *options)
{
	size_t i = 0;
	while (strcmp(moves[i].command, options->command->name) != 0)
		i++;
	return i;
}

static enum status move_plan(struct station *s, struct fail *why)
{
	const size_t i = move_index(s->options);
	const struct workflow_move with = move_of(s->options);
	struct workflow_plan *plan = NULL;
	enum status st = station_plan(s, 0, &plan, why);
	if (!st && moves[i].meaning < MEANINGS && !cli_flag(s->options, "--json"))
		station_say(s->options, "You sign: %s", meaning_text(moves[i].meaning));
	if (!st)
		st = moves[i].move(s, &with, &plan, why);
	if (!st && cli_flag(s->options, "--json"))
		print_plan_json(plan);
	else if (!st)
		station_say(s->options, "Plan %.8s version %lld is %s", plan->row.uuid,
		            (long long)plan->row.version, plan_state_name(plan->state));
	workflow_plan_free(&plan);
	return st;
}

int command_plan_move(const struct cli_options *options)
{
	return station_run(options,
	                   moves[move_index(options)].meaning < MEANINGS ? STATION_SIGNS : STATION_READS,
	                   move_plan);
}

static enum status print_counts_json(const struct workflow_override_count *counts, size_t rules, size_t all,
                                     struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_object(&out, NULL);
	json_out_int(&out, "all", (int64_t)all);
	json_out_object(&out, "rules");
	for (size_t i = 0; i < rules; i++)
		json_out_int(&out, counts[i].rule, (int64_t)counts[i].count);
	json_out_end_object(&out);
	json_out_end_object(&out);
	return records_json_print(&out, why);
}

static enum status count_overrides(struct station *s, struct fail *why)
{
	struct workflow_override_count counts[64];
	size_t rules, all;
	enum status st =
	        workflow_override_counts(&s->w, counts, sizeof counts / sizeof counts[0], &rules, &all, why);
	const bool json = cli_flag(s->options, "--json");
	if (!st && json)
		return print_counts_json(counts, rules, all, why);
	for (size_t i = 0; !st && i < rules; i++)
		station_say(s->options, "%6zu  %s", counts[i].count, counts[i].rule);
	if (!st)
		station_say(s->options, "%6zu  overrides in all", all);
	return st;
}

int command_plan_overrides(const struct cli_options *options)
{
	return station_run(options, STATION_READS, count_overrides);
}
