/* After a delivery: follow-ups and adverse events, typed into a form and kept by the workflow. */
#include "ui/app.h"

/* "yes", "no", or nothing; -1: not judged. */
static enum status read_yes_no(const char *member, const char *text, int *out, struct fail *why)
{
	*out = -1;
	if (text[0] == '\0')
		return ST_OK;
	*out = strcmp(text, "yes") == 0 || strcmp(text, "y") == 0 ? 1 : 0;
	if (*out == 1 || strcmp(text, "no") == 0 || strcmp(text, "n") == 0)
		return ST_OK;
	return fail_set(why, ST_INPUT, member, "\"%.40s\" is neither yes nor no; leave it empty where it was not judged",
	                text);
}

/* NAN where nothing was typed. */
static enum status read_number(const struct form *form, const char *member, double *out, struct fail *why)
{
	const char *text = app_form_typed(form, member);
	*out = (double)NAN;
	if (text[0] == '\0')
		return ST_OK;
	enum status status = entry_number(text, out, why);
	if (status != ST_OK)
		(void)snprintf(why->field, sizeof why->field, "%s", member);
	return status;
}

static enum status read_text(const struct form *form, char *out, size_t size, struct fail *why)
{
	const char *text = app_form_typed(form, "text");
	(void)snprintf(out, size, "%s", text);
	return strlen(text) < size ? ST_OK : fail_set(why, ST_RANGE, "text", "is longer than %zu bytes", size - 1);
}

/* "2" is the second of the list; a word is itself. *out is NULL past the end. */
static const char *of_list(const char *text, const char *(*item)(size_t))
{
	char *end;
	const long number = strtol(text, &end, 10);
	const bool is_number = end != text && *end == '\0' && number >= 1;
	for (size_t i = 0; item(i) != NULL; i++)
		if (is_number ? i + 1 == (size_t)number : strcmp(item(i), text) == 0)
			return item(i);
	return NULL;
}

static void list_items(const char *(*item)(size_t), char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; item(i) != NULL && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%zu %s", i > 0 ? ", " : "", i + 1, item(i));
}

static const char *severity_at(size_t index)
{
	return index < SEVERITIES ? severity_name((enum severity)index) : NULL;
}

static void begin_form(const struct app *app, struct form *form, const char *what)
{
	char day[LISTING_TIME_SIZE] = "";
	const struct workflow_plan *plan = app->plans.open;
	const int64_t ended_ms = app->plans.has_session ? app->plans.session.ended_at_ms : 0;
	(void)snprintf(form->title, sizeof form->title, "%s: plan %.8s of %s", what, plan->row.uuid, plan->patient.label);
	if (ended_ms > 0)
		(void)snprintf(form->text, sizeof form->text, "%s, delivered on %s.", plan->row.device,
		               listing_day(ended_ms, day));
}

/* --- follow-up ------------------------------------------------------------------------------------------ */

static enum status submit_follow_up(struct app *app, const struct form *form, struct fail *refusal)
{
	const struct app_course *course = app->source->course;
	struct follow_up seen = {.pih = -1};
	enum status status = read_number(form, "days", &seen.days, refusal);
	if (status == ST_OK)
		status = read_number(form, "clearance_pct", &seen.clearance_pct, refusal);
	if (status == ST_OK)
		status = read_number(form, "erythema_days", &seen.erythema_days, refusal);
	if (status == ST_OK)
		status = read_yes_no("pih", app_form_typed(form, "pih"), &seen.pih, refusal);
	if (status == ST_OK)
		status = read_number(form, "depth_um", &seen.depth_um, refusal);
	if (status == ST_OK)
		status = read_text(form, seen.text, sizeof seen.text, refusal);
	if (status == ST_OK)
		status = course->follow_up(course->context, &seen, &app->plans.open, refusal);
	if (status == ST_OK)
		app_say(app, ROLE_OK, "Recorded: follow-up on day %.4g after plan %.8s; 9 shows the course.", seen.days,
		        app->plans.open->row.uuid);
	return status;
}

void app_follow_up_form(struct app *app)
{
	struct form form = {.submit = submit_follow_up};
	begin_form(app, &form, "Follow-up");
	app_form_add(&form, "days", "days after", "days after the delivery, 0 to 3660");
	app_form_add(&form, "clearance_pct", "clearance %",
	             "how much of the target is gone against before, -100 (worse) to 100; empty: not judged")
	        ->optional = true;
	app_form_add(&form, "erythema_days", "erythema, days", "how long it stayed red; empty: not asked")->optional = true;
	app_form_add(&form, "pih", "darkening (PIH)", "yes or no; empty: not judged")->optional = true;
	app_form_add(&form, "depth_um", "depth, um", "of the columns, by OCT or histology, 5 to 5000 um; empty: not measured")
	        ->optional = true;
	app_form_add(&form, "text", "note", "in your words; may be empty")->optional = true;
	app_form_open(app, &form);
}

/* --- adverse event ---------------------------------------------------------------------------------------- */

/* Empty, no, or what makes it serious; the outcome so far may stay open. */
static enum status read_seriousness(const struct form *form, struct adverse_event *out, struct fail *why)
{
	const char *serious = app_form_typed(form, "serious"), *typed = app_form_typed(form, "outcome");
	const char *outcome = of_list(typed, adverse_outcome);
	if (strcmp(serious, "yes") == 0)
		return fail_set(why, ST_INPUT, "serious", "type what makes it serious instead of yes");
	if (typed[0] != '\0' && outcome == NULL)
		return fail_set(why, ST_INPUT, "outcome", "\"%.40s\" is not in the list: type its number or its word", typed);
	const bool is_no = strcmp(serious, "no") == 0;
	out->serious = serious[0] == '\0' ? SERIOUS_NOT_JUDGED : is_no ? SERIOUS_NO : SERIOUS_YES;
	if (out->serious == SERIOUS_YES && strlen(serious) >= sizeof out->serious_reason)
		return fail_set(why, ST_RANGE, "serious", "is longer than %zu bytes", sizeof out->serious_reason - 1);
	(void)snprintf(out->serious_reason, sizeof out->serious_reason, "%s", out->serious == SERIOUS_YES ? serious : "");
	(void)snprintf(out->outcome, sizeof out->outcome, "%s", outcome ? outcome : "");
	return ST_OK;
}

static enum status read_adverse(const struct form *form, struct adverse_event *out, struct fail *why)
{
	const char *kind = of_list(app_form_typed(form, "kind"), adverse_kind);
	const char *severity = of_list(app_form_typed(form, "severity"), severity_at);
	if (kind == NULL)
		return fail_set(why, ST_INPUT, "kind", "\"%.40s\" is not in the list: type its number or its word",
		                app_form_typed(form, "kind"));
	if (severity == NULL)
		return fail_set(why, ST_INPUT, "severity", "\"%.40s\" is not mild, moderate or severe",
		                app_form_typed(form, "severity"));
	(void)snprintf(out->kind, sizeof out->kind, "%s", kind);
	while (severity_name(out->severity) != severity)
		out->severity++;
	enum status status = read_number(form, "onset_days", &out->onset_days, why);
	if (status == ST_OK)
		status = read_seriousness(form, out, why);
	return status == ST_OK ? read_text(form, out->text, sizeof out->text, why) : status;
}

static enum status submit_adverse(struct app *app, const struct form *form, struct fail *refusal)
{
	const struct app_course *course = app->source->course;
	struct adverse_event event = {.severity = SEVERITY_MILD};
	enum status status = read_adverse(form, &event, refusal);
	if (status == ST_OK)
		status = course->adverse(course->context, &event, &app->plans.open, refusal);
	if (status == ST_OK)
		app_say(app, ROLE_OK, "Recorded: %s, %s, day %.4g after plan %.8s; 9 shows the course.", event.kind,
		        severity_name(event.severity), event.onset_days, app->plans.open->row.uuid);
	return status;
}

void app_adverse_form(struct app *app)
{
	struct form form = {.submit = submit_adverse};
	char list[sizeof form.field[0].hint];
	begin_form(app, &form, "Adverse event");
	list_items(adverse_kind, list, sizeof list);
	app_form_add(&form, "kind", "kind", list);
	list_items(severity_at, list, sizeof list);
	app_form_add(&form, "severity", "severity", list);
	app_form_add(&form, "onset_days", "days after", "days after the delivery on which it began, 0 to 3660");
	app_form_add(&form, "serious", "serious", "no, or what makes it serious (hospital, lasting damage); empty: not judged")
	        ->optional = true;
	list_items(adverse_outcome, list, sizeof list);
	app_form_add(&form, "outcome", "outcome so far", list)->optional = true;
	app_form_add(&form, "text", "note", "where, how large, what was done")->optional = true;
	app_form_open(app, &form);
}
