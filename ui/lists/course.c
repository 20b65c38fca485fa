/* The course of treatments: what each field has had and when it may be treated again, then the visits. */
#include "ui/lists.h"

#define NUMBER_SIZE 24

static const char *number(double value, const char *format, char out[NUMBER_SIZE])
{
	(void)snprintf(out, NUMBER_SIZE, "-");
	if (isfinite(value)) {
		const int decimals = strcmp(format, "pct") == 0 ? 3 : 4;
		(void)snprintf(out, NUMBER_SIZE, "%.*g", decimals, value);
	}
	return out;
}

/* --- fields ----------------------------------------------------------------------------------------------- */

static const struct listing_column total_columns[] = {
        {"field", false, 0},     {"side", false, 0},          {"device", false, 0},  {"visits", true, 3},
        {"dose J/cm2", true, 0}, {"coverage %", true, 2},     {"last", false, 4},    {"next from", false, 0},
        {"by protocol", false, 1},
};
#define TOTAL_COLUMNS (sizeof total_columns / sizeof *total_columns)
enum { NEXT_COLUMN = 7, COURSE_COLUMN };

static void describe_interval(struct listing *out, const struct visit_total *t)
{
	const struct limit_answer *interval = &t->interval;
	if (interval->known)
		listing_detail(out, "Interval for the same mode: %g %s (%s, %s)%s%s", interval->value, interval->unit,
		               interval->origin, interval->source, interval->note != NULL && interval->note[0] != '\0' ? "; " : "",
		               interval->note != NULL ? interval->note : "");
	else
		listing_detail(out, "No interval is on file for this mode and indication: the dermatologist sets it.");
}

static void describe_course(struct listing *out, const struct visit_total *t)
{
	const struct visit_course *c = &t->course;
	char day[LISTING_TIME_SIZE];
	if (c->protocol[0] == '\0')
		listing_detail(out, "No protocol is on file for this mode and indication.");
	else if (c->protocol_days > 0.0)
		listing_detail(out, "Protocol %s: %g d between visits.", c->protocol, c->protocol_days);
	else
		listing_detail(out, "Protocol %s names no interval between visits.", c->protocol);
	if (c->slower > 1.0)
		listing_detail(out, "This skin stayed red x%.2f as long as published after its own treatments: the interval is as "
		               "much longer (DESIGN).", c->slower);
	if (t->course_ms != 0)
		listing_detail(out, "The course goes on from %s (%.0f d after the last).", listing_day(t->course_ms, day), c->days);
}

static void add_total(struct listing *out, const struct visit_total *t, int64_t now_ms)
{
	char dose[NUMBER_SIZE], coverage[NUMBER_SIZE], last[LISTING_TIME_SIZE], next[LISTING_TIME_SIZE], visits[NUMBER_SIZE];
	char course[LISTING_TIME_SIZE];
	const bool waits = t->next_ms > now_ms;
	(void)snprintf(visits, sizeof visits, "%zu", t->visits);
	listing_row(out, t->device_mode, ROLE_TEXT,
	            (const char *const[]){t->field, t->side, t->device_mode, visits, number(t->dose_J_cm2, "dose", dose),
	                                  number(t->coverage_pct, "pct", coverage), listing_day(t->last_ms, last),
	                                  t->next_ms == 0 ? "not on file" : listing_day(t->next_ms, next),
	                                  t->course_ms == 0 ? "not on file" : listing_day(t->course_ms, course)});
	listing_cell_role(out, COURSE_COLUMN, t->course_ms == 0 ? ROLE_DIM : t->course_ms > now_ms ? ROLE_CAUTION : ROLE_OK);
	listing_cell_role(out, NEXT_COLUMN, t->next_ms == 0 ? ROLE_DIM : waits ? ROLE_CAUTION : ROLE_OK);
	listing_detail(out, "%s %s with %s: %zu visit%s for %s, last on %s", t->field, t->side, t->device_mode, t->visits,
	               t->visits == 1 ? "" : "s", t->indication[0] != '\0' ? t->indication : "an unknown indication", last);
	listing_detail(out, "Dose (mean radiant exposure, all passes): %s J/cm2; coverage, passes added: %s %%", dose,
	               coverage);
	describe_interval(out, t);
	if (t->next_ms != 0)
		listing_detail(out, waits ? "Too soon today: not before %s (%.0f d from now)."
		                          : "The interval has passed on %s (%.0f d ago).",
		               next, fabs((double)(t->next_ms - now_ms)) / 86400000.0);
	describe_course(out, t);
}

/* --- visits ----------------------------------------------------------------------------------------------- */

static const struct listing_column visit_columns[] = {
        {"visit", false, 0}, {"device", false, 2}, {"fields", false, 0}, {"delivered", false, 0},
        {"seen", false, 3},  {"after", false, 0},  {"plan", false, 4},
};
enum { DELIVERED_COLUMN = 3, SEEN_COLUMN, AFTER_COLUMN };

static const char *delivered(const struct visit *v)
{
	return v->complete ? "complete" : v->aborted ? "ABORTED" : "in part";
}

static size_t adverse_of(const struct visit *v)
{
	size_t count = 0;
	for (size_t i = 0; i < v->after; i++)
		count += v->seen[i].adverse;
	return count;
}

static void name_fields(const struct visit *v, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < v->fields && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s %s", i > 0 ? ", " : "", v->field[i].field,
		                         v->field[i].side);
}

static const char *first_endpoint(const struct visit *v, bool *stop)
{
	const char *seen = "-";
	*stop = false;
	for (size_t i = v->fields; i-- > 0;) {
		seen = v->field[i].endpoint[0] != '\0' ? v->field[i].endpoint : seen;
		*stop = *stop || v->field[i].stop;
	}
	return seen;
}

static void describe_visit(struct listing *out, const struct visit *v)
{
	char settings[512], dose[NUMBER_SIZE], coverage[NUMBER_SIZE];
	for (size_t i = 0; i < v->fields; i++) {
		const struct visit_field *f = &v->field[i];
		listing_detail(out, "%s %s: pass %u of %u, %s J/cm2, coverage %s %%%s%s%s", f->field, f->side, f->passes,
		               f->passes_planned, number(f->dose_J_cm2, "dose", dose), number(f->coverage_pct, "pct", coverage),
		               f->endpoint[0] != '\0' ? ", seen: " : "", f->endpoint, f->stop ? " (a reason to stop)" : "");
		if (f->passes > 0)
			listing_detail(out, "  %s", settings_text(&f->settings, settings, sizeof settings));
	}
	if (v->ended[0] != '\0')
		listing_detail(out, "%s: %s", v->aborted ? "Aborted" : "Ended early", v->ended);
	if (v->errors > 0)
		listing_detail(out, "Errors of the console: %d", v->errors);
	for (size_t i = 0; i < v->after; i++)
		listing_detail(out, "%s, day %.3g: %s", v->seen[i].adverse ? "ADVERSE EVENT" : "Follow-up", v->seen[i].days,
		               v->seen[i].text);
	if (v->after_more > 0)
		listing_detail(out, "... and %zu more", v->after_more);
	if (v->after == 0)
		listing_detail(out, "Nothing is recorded after this visit yet.");
}

static void add_visit(struct listing *out, const struct visit *v)
{
	char when[LISTING_TIME_SIZE], fields[256], after[64], plan[40];
	const size_t adverse = adverse_of(v), follow_ups = v->after - adverse;
	bool stop;
	const char *seen = first_endpoint(v, &stop);
	name_fields(v, fields, sizeof fields);
	(void)snprintf(plan, sizeof plan, "%.8s v%lld", v->plan, (long long)v->version);
	(void)snprintf(after, sizeof after, "-");
	if (adverse > 0)
		(void)snprintf(after, sizeof after, "%zu ADVERSE", adverse);
	else if (v->after > 0)
		(void)snprintf(after, sizeof after, "%zu follow-up%s", follow_ups, follow_ups == 1 ? "" : "s");
	listing_row(out, v->plan, ROLE_TEXT,
	            (const char *const[]){listing_time(v->at_ms, when), v->device_mode, fields, delivered(v), seen, after,
	                                  plan});
	listing_cell_role(out, DELIVERED_COLUMN, v->complete ? ROLE_OK : v->aborted ? ROLE_STOP : ROLE_CAUTION);
	if (stop)
		listing_cell_role(out, SEEN_COLUMN, ROLE_STOP);
	listing_cell_role(out, AFTER_COLUMN, adverse > 0 ? ROLE_STOP : v->after > 0 ? ROLE_OK : ROLE_DIM);
	describe_visit(out, v);
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

/* What today's request would have to wait for. */
static void note_request(struct listing *out, const struct visits *visits, const struct library *library,
                         const struct request *request, int64_t now_ms)
{
	struct limit_answer interval;
	char day[LISTING_TIME_SIZE];
	int64_t next_ms;
	if (!visits_next(visits, library, request, &next_ms, &interval))
		listing_note(out, ROLE_DIM,
		             "No treatment of these fields is on record here; what was done elsewhere is asked (w).");
	else if (next_ms > now_ms)
		listing_note(out, ROLE_CAUTION, "TOO SOON for %s on these fields: not before %s (interval %g %s, %s, %s).",
		             request->device_mode, listing_day(next_ms, day), interval.value, interval.unit, interval.origin,
		             interval.source);
	else if (next_ms > 0)
		listing_note(out, ROLE_OK, "The interval for %s on these fields has passed on %s.", request->device_mode,
		             listing_day(next_ms, day));
	else
		listing_note(out, ROLE_CAUTION, "No interval is on file for %s on these fields: the dermatologist sets it.",
		             request->device_mode);
}

void list_course(struct listing *out, const struct visits *visits, const struct library *library,
                 const struct request *request, int64_t now_ms)
{
	if (request != NULL)
		note_request(out, visits, library, request, now_ms);
	if (visits->running > 0)
		listing_note(out, ROLE_CAUTION, "%zu session%s under way: not in these sums yet%s", visits->running,
		             visits->running == 1 ? " is" : "s are",
		             visits->unplaced > 0 ? ", nor what was seen after it." : ".");
	listing_section(out, "Cumulative dose of each field, and from when on (UTC)", total_columns, TOTAL_COLUMNS,
	                "Nothing was delivered here yet.");
	for (size_t i = 0; i < visits->totals; i++)
		add_total(out, &visits->total[i], now_ms);
	listing_section(out, "Visits, latest first", visit_columns, sizeof visit_columns / sizeof *visit_columns,
	                "No visit is on record: plans are delivered from 8, d.");
	for (size_t i = visits->count; i-- > 0;)
		add_visit(out, &visits->visit[i]);
}
