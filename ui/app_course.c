/* Plans on their way: the list, one plan, its forms, and the treatment session. */
#include "ui/app.h"

static const struct app_course *course_of_app(const struct app *app)
{
	return app->source->course;
}

bool app_course_may(const struct app *app, enum life_action action)
{
	const struct app_course *course = course_of_app(app);
	const struct workflow_plan *plan = app->plans.open;
	return course != NULL && plan != NULL && course->may(course->context, action, plan->state);
}

const struct workflow_finding *app_course_overridable(const struct app *app)
{
	const struct workflow_plan *plan = app->plans.open;
	if (plan == NULL || app->selected[SCREEN_APPROVE] >= plan->findings || !app_course_may(app, LIFE_OVERRIDE))
		return NULL;
	const struct workflow_finding *finding = &plan->finding[app->selected[SCREEN_APPROVE]];
	return finding->outcome == OUTCOME_BLOCK_MD && !finding->overridden ? finding : NULL;
}

/* --- the list ------------------------------------------------------------------------------------------ */

static enum status read_list(struct app *app, struct fail *why)
{
	struct course_row *rows = NULL;
	size_t count = 0;
	const struct app_course *course = course_of_app(app);
	enum status status = course->list(course->context, &rows, &count, why);
	if (status != ST_OK)
		return status;
	app_tags_keep(app->plans.row, app->plans.rows, rows, count);
	free(app->plans.row);
	app->plans.row = rows;
	app->plans.rows = count;
	app_tags_count(app);
	if (app->selected[SCREEN_PLANS] >= count)
		app->selected[SCREEN_PLANS] = count > 0 ? count - 1 : 0;
	return ST_OK;
}

void app_course_refresh(struct app *app)
{
	struct fail why;
	if (read_list(app, &why) != ST_OK)
		app_say(app, ROLE_STOP, "The plans could not be read: %s", why.text);
}

void app_course_show(struct app *app)
{
	app_push(app, SCREEN_PLANS);
	app_course_refresh(app);
}

/* The session is read with the plan; a plan that cannot be delivered is still shown. */
static void read_session(struct app *app)
{
	struct app_plans *plans = &app->plans;
	const struct app_course *course = course_of_app(app);
	struct fail why;
	enum status status =
	        course->session(course->context, plans->open, &plans->delivery_plan, &plans->session, &why);
	plans->has_session = status == ST_OK;
	if (status != ST_OK)
		app_say(app, ROLE_CAUTION, "No treatment session: %s", why.text);
}

void app_course_open(struct app *app)
{
	const struct app_course *course = course_of_app(app);
	struct workflow_plan *plan = NULL;
	struct fail why;
	if (app->selected[SCREEN_PLANS] >= app->plans.rows)
		return;
	if (course->open(course->context, app->plans.row[app->selected[SCREEN_PLANS]].plan, &plan, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "The plan could not be read: %s", why.text);
		return;
	}
	workflow_plan_free(&app->plans.open);
	app->plans.open = plan;
	app->selected[SCREEN_APPROVE] = app->selected[SCREEN_TREAT] = 0;
	read_session(app);
	app_push(app, SCREEN_APPROVE);
}

enum status app_course_reopen(struct app *app, const char *plan, struct fail *why)
{
	const struct app_course *course = course_of_app(app);
	workflow_plan_free(&app->plans.open);
	enum status status = course->open(course->context, plan, &app->plans.open, why);
	if (status == ST_OK)
		read_session(app);
	return status;
}

void app_course_free(struct app *app)
{
	app_form_close(app);
	workflow_plan_free(&app->plans.open);
	free(app->plans.row);
	app->plans.row = NULL;
	app->plans.rows = 0;
	app->plans.tags = (struct app_tags){.set = 0};
}

/* --- forms --------------------------------------------------------------------------------------------- */

struct form_field *app_form_add(struct form *form, const char *member, const char *label, const char *hint)
{
	struct form_field *field = &form->field[form->fields++];
	*field = (struct form_field){.masked = false};
	(void)snprintf(field->member, sizeof field->member, "%s", member);
	(void)snprintf(field->label, sizeof field->label, "%s", label);
	(void)snprintf(field->hint, sizeof field->hint, "%s", hint);
	return field;
}

void app_form_open(struct app *app, const struct form *form)
{
	app->plans.form = *form;
	app_push(app, SCREEN_FORM);
}

void app_form_close(struct app *app)
{
	explicit_bzero(&app->plans.form, sizeof app->plans.form); /* secrets were typed into it */
	if (app->depth > 1 && app_screen(app) == SCREEN_FORM)
		app->depth--;
}

static void add_signer(struct form *form, const char *login, const char *secret, const char *who)
{
	char hint[120];
	(void)snprintf(hint, sizeof hint, "login of %s", who);
	app_form_add(form, login, "login", hint);
	app_form_add(form, secret, "secret", "not shown")->masked = true;
}

static void add_identifiers(const struct app *app, struct form *form)
{
	char kinds[64], hint[160];
	(void)snprintf(hint, sizeof hint, "ask the patient, do not read it off the screen: %s",
	               identity_kinds(&app->plans.open->identity, kinds, sizeof kinds));
	app_form_add(form, "identifier_1", "identifier", hint);
	app_form_add(form, "identifier_2", "second identifier", "another one of these");
}

/* An asked decision is no option. */
static bool asks_decision(const struct workflow_plan *plan)
{
	for (size_t i = 0; i < plan->findings; i++)
		if (plan->finding[i].phase == PHASE_PLAN && plan->finding[i].outcome == OUTCOME_MD_DECISION)
			return true;
	return false;
}

static void fill_form(const struct app *app, enum life_action action, struct form *form)
{
	static const char dermatologist[] = "the dermatologist who signs; not an author of the plan";
	const struct workflow_finding *finding = app_course_overridable(app);
	switch (action) {
	case LIFE_APPROVE:
		(void)snprintf(form->text, sizeof form->text, "%s", meaning_text(MEANING_APPROVED));
		add_identifiers(app, form);
		app_form_add(form, "reason", "decision", "in your words; required where a finding asks for it")->optional =
		        !asks_decision(app->plans.open);
		add_signer(form, "login", "secret", dermatologist);
		break;
	case LIFE_OVERRIDE:
		(void)snprintf(form->text, sizeof form->text, "%s %s: %s", finding->rule, finding->zone,
		               meaning_text(MEANING_OVERRIDDEN));
		app_form_add(form, "reason", "reason", "kept and signed; at least ten characters");
		add_signer(form, "login", "secret", dermatologist);
		add_signer(form, "second_login", "second_secret", "the second person");
		break;
	case LIFE_REVOKE:
		(void)snprintf(form->text, sizeof form->text, "%s", meaning_text(MEANING_REVOKED));
		app_form_add(form, "reason", "reason", "kept and signed; at least ten characters");
		add_signer(form, "login", "secret", "the dermatologist or administrator");
		break;
	case LIFE_REJECT:
		app_form_add(form, "reason", "reason", "what is to be changed; at least ten characters");
		add_signer(form, "login", "secret", "the dermatologist");
		break;
	default:
		add_signer(form, "login", "secret", "the dermatologist");
	}
}

static enum status do_move(struct app *app, enum life_action action, const struct course_input *input,
                           struct fail *why)
{
	const struct app_course *course = course_of_app(app);
	struct fail later;
	enum status status = course->move(course->context, action, input, &app->plans.open, why);
	if (status != ST_OK)
		return status;
	app_say(app, ROLE_OK, "Plan %.8s version %lld is %s.", app->plans.open->row.uuid,
	        (long long)app->plans.open->row.version, plan_state_name(app->plans.open->state));
	(void)read_list(app, &later); /* the list is read anew when it is shown */
	return ST_OK;
}

/* A signature carries its time: a clock that went back is looked at first. */
static void ask_about_clock(const struct app *app, struct form *form)
{
	const struct app_course *course = course_of_app(app);
	char text[sizeof form->field[0].hint] = "";
	if (course->clock_back != NULL)
		course->clock_back(course->context, text, sizeof text);
	if (text[0] != '\0')
		app_form_add(form, "clock", "clock", text);
}

/* Proposing asks for nothing; everything else has a form. */
void app_course_form(struct app *app, enum life_action action)
{
	static const struct course_input nothing = {.login = NULL};
	struct form form = {.action = action};
	struct fail why;
	if (action == LIFE_PROPOSE) {
		if (do_move(app, action, &nothing, &why) != ST_OK)
			app_say(app, ROLE_STOP, "Not proposed: %s", why.text);
		return;
	}
	(void)snprintf(form.title, sizeof form.title, "%s plan %.8s of %s", life_action_name(action),
	               app->plans.open->row.uuid, app->plans.open->patient.label);
	if (form.title[0] >= 'a' && form.title[0] <= 'z')
		form.title[0] = (char)(form.title[0] - 'a' + 'A');
	fill_form(app, action, &form);
	if ((life_needs(action) & LIFE_NEEDS_SECRET) != 0)
		ask_about_clock(app, &form);
	app_form_open(app, &form);
}

const char *app_form_typed(const struct form *form, const char *member)
{
	for (size_t i = 0; i < form->fields; i++)
		if (strcmp(form->field[i].member, member) == 0)
			return form->field[i].typed;
	return NULL;
}

static enum status submit_move(struct app *app, struct form *form)
{
	const struct workflow_finding *finding = app_course_overridable(app);
	const struct course_input input = {.login = app_form_typed(form, "login"),
	                                   .secret = app_form_typed(form, "secret"),
	                                   .reason = app_form_typed(form, "reason"),
	                                   .identifier_1 = app_form_typed(form, "identifier_1"),
	                                   .identifier_2 = app_form_typed(form, "identifier_2"),
	                                   .rule = finding != NULL ? finding->rule : "",
	                                   .zone = finding != NULL ? finding->zone : "",
	                                   .second_login = app_form_typed(form, "second_login"),
	                                   .second_secret = app_form_typed(form, "second_secret"),
	                                   .clock = app_form_typed(form, "clock")};
	return do_move(app, form->action, &input, &form->refusal);
}

/* --- typing into a form ---------------------------------------------------------------------------------- */

bool app_form_type(struct app *app, struct key_event event)
{
	struct form *form = &app->plans.form;
	struct entry entry = {.kind = ENTRY_ANSWER};
	char *text = form->field[form->at].typed;
	if (event.key == UI_KEY_UP || event.key == UI_KEY_BACKTAB) {
		form->at -= form->at > 0;
		return true;
	}
	if (event.key == UI_KEY_DOWN || event.key == UI_KEY_TAB) {
		form->at += form->at + 1 < form->fields;
		return true;
	}
	memcpy(entry.typed, text, sizeof entry.typed);
	bool taken = event.key == UI_KEY_BACKSPACE;
	if (taken)
		entry_erase(&entry);
	else
		taken = entry_type(&entry, event.key);
	if (taken) {
		memcpy(text, entry.typed, sizeof entry.typed);
		form->refusal = entry.refusal;
	}
	explicit_bzero(&entry, sizeof entry);
	return taken || event.pasted;
}

/* The first required line that is empty; fields when none is. */
static size_t first_empty(const struct form *form)
{
	size_t i = 0;
	while (i < form->fields && (form->field[i].optional || form->field[i].typed[0] != '\0'))
		i++;
	return i;
}

static enum status submit_event(struct app *app, struct form *form);

static enum status submit(struct app *app, struct form *form)
{
	if (form->submit != NULL)
		return form->submit(app, form, &form->refusal);
	return form->is_event ? submit_event(app, form) : submit_move(app, form);
}

/* The line the refusal is about. */
static void to_refused(struct form *form)
{
	for (size_t i = 0; i < form->fields; i++)
		if (form->field[i].member[0] != '\0' && strcmp(form->field[i].member, form->refusal.field) == 0)
			form->at = i;
}

void app_form_enter(struct app *app)
{
	struct form *form = &app->plans.form;
	if (form->at + 1 < form->fields) {
		form->at++;
		return;
	}
	size_t empty = first_empty(form);
	if (empty < form->fields) {
		form->at = empty;
		fail_set(&form->refusal, ST_INPUT, "form", "%s: nothing was typed", form->field[empty].label);
		return;
	}
	form->refusal.text[0] = '\0';
	if (submit(app, form) == ST_OK) {
		void (*const then)(struct app *) = form->then;
		app_form_close(app);
		if (then != NULL)
			then(app);
		return;
	}
	to_refused(form);
	for (size_t i = 0; i < form->fields; i++)
		if (form->field[i].masked) /* a refused secret is typed anew */
			explicit_bzero(form->field[i].typed, sizeof form->field[i].typed);
}

/* --- the treatment session --------------------------------------------------------------------------------- */

struct rows {
	struct treat_row *out; /* NULL: only counted */
	size_t count;
};

static void add_row(struct rows *rows, enum delivery_kind kind, size_t field, bool done, const char *text,
                    const char *of)
{
	if (rows->count == TREAT_ROWS_MAX)
		return;
	if (rows->out != NULL) {
		rows->out[rows->count] = (struct treat_row){.kind = kind, .field = field, .done = done};
		(void)snprintf(rows->out[rows->count].text, sizeof rows->out[0].text, "%s%s", text, of);
	}
	rows->count++;
}

static void add_questions(struct rows *rows, const struct delivery *d)
{
	for (size_t id = 0; id < facts_spec_count(); id++) {
		const struct fact_spec *spec = facts_spec(id);
		const char *answer = "";
		const size_t before = rows->count;
		if (!delivery_is_question(spec->name))
			continue;
		for (size_t i = 0; i < d->answers; i++)
			if (strcmp(d->answer[i].fact, spec->name) == 0)
				answer = d->answer[i].value > 0.5 ? " yes" : " no";
		add_row(rows, DELIVERY_ANSWER, 0, answer[0] != '\0', spec->wording, answer);
		if (rows->out != NULL && rows->count > before)
			rows->out[before].fact = spec->name;
	}
}

static void add_checklist(struct rows *rows, const struct delivery_plan *plan, const struct delivery *d)
{
	char zone[PLANNING_TEXT_MAX + 20], check[sizeof d->output_check + 2];
	add_row(rows, DELIVERY_IDENTITY, 0, d->identified, "Two identifiers of the patient", "");
	for (size_t i = 0; i < plan->fields; i++)
		add_row(rows, DELIVERY_SITE, i, d->field[i].side[0] != '\0', "Side, seen and marked: ",
		        side_of_zone(plan->field[i], plan->side[i], zone, sizeof zone));
	add_row(rows, DELIVERY_CONSENT, 0, d->consented, "Signed consent", "");
	for (size_t i = 0; i < plan->fields; i++)
		add_row(rows, DELIVERY_PHOTOGRAPH, i, d->field[i].photographed, "Photograph: ", plan->field[i]);
	add_row(rows, DELIVERY_DEVICE, 0, d->device_known, "Console and handpiece", "");
	(void)snprintf(check, sizeof check, "%s%s", d->output_check[0] != '\0' ? ": " : "", d->output_check);
	add_row(rows, DELIVERY_CALIBRATION, 0, d->calibrated, "Output check of today with this handpiece", check);
	if (!modality_is_rf(plan->device->modality))
		add_row(rows, DELIVERY_EYEWEAR, 0, d->eyewear_known, "Eyewear of operator and patient", "");
	add_row(rows, DELIVERY_COOLING, 0, d->cooled,
	        plan->device->cooling_required ? "Cooling, on and checked" : "Cooling, where used", "");
	add_questions(rows, d);
	add_row(rows, DELIVERY_TIME_OUT, 0, d->timed_out, "Time-out: patient, site, side and plan are read out", "");
	add_row(rows, DELIVERY_START, 0, false, "START: the rules are judged again", "");
	add_row(rows, DELIVERY_ABORT, 0, false, "Abort", "");
}

static void add_passes(struct rows *rows, const struct delivery_plan *plan, const struct delivery *d)
{
	char text[96];
	for (size_t i = 0; i < plan->fields; i++) {
		const unsigned planned = delivery_passes_planned(plan);
		const bool done = d->field[i].passes >= planned || d->field[i].stop_seen;
		(void)snprintf(text, sizeof text, "Pass %u of %u: ", done ? d->field[i].passes : d->field[i].passes + 1,
		               planned);
		add_row(rows, DELIVERY_PASS, i, done, text, plan->field[i]);
		add_row(rows, DELIVERY_ENDPOINT, i, d->field[i].endpoint[0] != '\0', "What is seen: ", plan->field[i]);
	}
	add_row(rows, DELIVERY_ERROR, 0, false, "The console shows an error", "");
	if (d->phase == DELIVERY_PAUSED)
		add_row(rows, DELIVERY_RESUME, 0, false, "Go on after the pause", "");
	else
		add_row(rows, DELIVERY_PAUSE, 0, false, "Pause", "");
	add_row(rows, DELIVERY_FINISH, 0, false, "Finish", "");
	add_row(rows, DELIVERY_ABORT, 0, false, "Abort", "");
}

size_t app_treat_rows(const struct app *app, struct treat_row out[TREAT_ROWS_MAX])
{
	const struct app_plans *plans = &app->plans;
	struct rows rows = {.out = out};
	if (plans->open == NULL || !plans->has_session)
		return 0;
	const struct delivery *d = &plans->session;
	if (d->phase == DELIVERY_NONE || (d->phase == DELIVERY_ABORTED && d->started_at_ms == 0))
		add_row(&rows, DELIVERY_OPEN, 0, false, "Open the session", "");
	else if (d->phase == DELIVERY_CHECKING)
		add_checklist(&rows, &plans->delivery_plan, d);
	else if (d->phase == DELIVERY_RUNNING || d->phase == DELIVERY_PAUSED)
		add_passes(&rows, &plans->delivery_plan, d);
	return rows.count;
}

void app_course_treat(struct app *app)
{
	app->selected[SCREEN_TREAT] = 0;
	app_push(app, SCREEN_TREAT);
}

/* --- events -------------------------------------------------------------------------------------------------- */

static enum status deliver(struct app *app, const struct delivery_event *event, const struct findings *findings,
                           struct fail *why)
{
	const struct app_course *course = course_of_app(app);
	enum status status = course->deliver(course->context, event, findings, &app->plans.open, &app->plans.session, why);
	if (status != ST_OK)
		return status;
	app_say(app, ROLE_OK, "Recorded: %s.", delivery_kind_name(event->kind));
	return ST_OK;
}

/* After an entry the next open line of the checklist is selected. */
static void select_next(struct app *app)
{
	struct treat_row row[TREAT_ROWS_MAX];
	size_t count = app_treat_rows(app, row), at = 0;
	while (at < count && row[at].done)
		at++;
	app->selected[SCREEN_TREAT] = at < count ? at : 0;
}

static void add_console_settings(const struct app *app, struct form *form)
{
	const struct delivery_plan *plan = &app->plans.delivery_plan;
	char hint[160];
	for (int id = 0; id < SETTINGS; id++) {
		const struct setting_spec *spec = setting_spec((enum setting_id)id);
		const enum domain_kind kind = plan->mode->setting[id].kind;
		const bool turned = kind == DOMAIN_RANGE || kind == DOMAIN_CHOICES;
		if (!turned || !spec->dose || id == SETTING_PASSES || !settings_has(&plan->settings, (enum setting_id)id) ||
		    form->fields + 2 >= FORM_FIELDS_MAX)
			continue;
		(void)snprintf(hint, sizeof hint, "as the console shows it, %s; approved %.*f", spec->unit, spec->decimals,
		               plan->settings.value[id]);
		app_form_add(form, spec->key, spec->label, hint);
	}
	app_form_add(form, "pulses", "pulses", "as counted by the console")->optional = true;
}

static void list_endpoints(const struct app *app, char *out, size_t size)
{
	const struct delivery_plan *plan = &app->plans.delivery_plan;
	size_t count, used = 0;
	const struct endpoint *list = delivery_endpoints(plan->device, plan->mode, &count);
	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%zu %s%s", i > 0 ? ", " : "", i + 1, list[i].name,
		                         list[i].stop ? " (stop)" : "");
}

/* What each event asks for; the field it is about is given by the line. */
static void fill_event(const struct app *app, const struct treat_row *row, struct form *form)
{
	char endpoints[sizeof form->field[0].hint];
	switch (row->kind) {
	case DELIVERY_IDENTITY:
		add_identifiers(app, form);
		break;
	case DELIVERY_SITE:
		app_form_add(form, "side", "side", "left, right, both or midline");
		break;
	case DELIVERY_CONSENT:
		app_form_add(form, "reference", "reference", "of the signed paper");
		break;
	case DELIVERY_PHOTOGRAPH:
		app_form_add(form, "reference", "reference", "of the file");
		app_form_add(form, "digest", "digest or file", "64 digits, as sha256sum prints them; or the file's path");
		break;
	case DELIVERY_DEVICE:
		app_form_add(form, "serial", "console serial", "as on its label");
		app_form_add(form, "handpiece", "handpiece", app->plans.delivery_plan.device_mode);
		app_form_add(form, "handpiece_serial", "handpiece serial", "as on its label");
		app_form_add(form, "tip", "tip", "where there is one")->optional = true;
		break;
	case DELIVERY_CALIBRATION:
		app_form_add(form, "set", "set", "number; within 20 % of what is measured");
		app_form_add(form, "measured", "measured", "number, same unit");
		app_form_add(form, "text", "unit", "mJ, J/cm2, W");
		break;
	case DELIVERY_EYEWEAR:
		app_form_add(form, "od_operator", "OD of operator", "as marked for this wavelength");
		app_form_add(form, "od_patient", "OD of patient", "as marked, or of the shields");
		break;
	case DELIVERY_COOLING:
		app_form_add(form, "text", "cooling", "which, and its setting");
		break;
	case DELIVERY_ANSWER:
		app_form_add(form, "value", "answer", "yes or no");
		break;
	case DELIVERY_TIME_OUT:
		app_form_add(form, "side", "side", "read back from the skin, field by field: left, right, both, midline");
		app_form_add(form, "text", "present", "who read back and agreed");
		break;
	case DELIVERY_PASS:
		add_console_settings(app, form);
		break;
	case DELIVERY_ENDPOINT:
		list_endpoints(app, endpoints, sizeof endpoints);
		app_form_add(form, "endpoint", "seen", endpoints);
		break;
	case DELIVERY_ERROR:
		app_form_add(form, "code", "code", "as the console shows it");
		app_form_add(form, "text", "note", "")->optional = true;
		break;
	case DELIVERY_RESUME:
		app_form_add(form, "text", "note", "after a device error: what was done")->optional = true;
		add_identifiers(app, form);
		form->field[1].optional = form->field[2].optional = true;
		break;
	case DELIVERY_FINISH:
		app_form_add(form, "text", "note", "a reason where passes are left out")->optional = true;
		break;
	default:
		app_form_add(form, "text", "reason", "at least ten characters");
	}
}

static void event_form(struct app *app, const struct treat_row *row)
{
	struct form form = {.is_event = true, .event = row->kind};
	(void)snprintf(form.title, sizeof form.title, "%s", row->text);
	fill_event(app, row, &form);
	app_form_open(app, &form);
}

/* "2" is the second of the list. */
static const char *endpoint_named(const struct app *app, const char *text)
{
	size_t count;
	const struct endpoint *list =
	        delivery_endpoints(app->plans.delivery_plan.device, app->plans.delivery_plan.mode, &count);
	const bool is_number = text[0] >= '1' && text[0] <= '9' && text[1] == '\0';
	const size_t number = is_number ? (size_t)(text[0] - '0') : 0;
	return number >= 1 && number <= count ? list[number - 1].name : text;
}

static enum status read_form(const struct app *app, const struct form *form, const struct treat_row *row,
                             struct delivery_event *event, struct fail *why)
{
	const bool about_field = row->kind == DELIVERY_SITE || row->kind == DELIVERY_PHOTOGRAPH ||
	                         row->kind == DELIVERY_PASS || row->kind == DELIVERY_ENDPOINT;
	enum status status = ST_OK;
	delivery_event_init(event, row->kind, 0, "");
	if (about_field)
		status = delivery_event_set(event, "field", app->plans.delivery_plan.field[row->field], why);
	if (status == ST_OK && row->fact != NULL)
		status = delivery_event_set(event, "fact", row->fact, why);
	for (size_t i = 0; i < form->fields && status == ST_OK; i++) {
		const char *text = form->field[i].typed;
		if (text[0] == '\0')
			continue;
		if (row->kind == DELIVERY_ENDPOINT)
			text = endpoint_named(app, text);
		status = row->kind == DELIVERY_PHOTOGRAPH && strcmp(form->field[i].member, "digest") == 0 && strchr(text, '/')
		                 ? delivery_event_file(event, text, why)
		                 : delivery_event_set(event, form->field[i].member, text, why);
	}
	return status;
}

static enum status submit_event(struct app *app, struct form *form)
{
	struct treat_row row[TREAT_ROWS_MAX];
	struct delivery_event event;
	size_t count = app_treat_rows(app, row), at = app->selected[SCREEN_TREAT];
	if (at >= count || row[at].kind != form->event)
		return fail_set(&form->refusal, ST_CONFLICT, "session", "the session has moved on; Esc and look again");
	enum status status = read_form(app, form, &row[at], &event, &form->refusal);
	if (status == ST_OK)
		status = deliver(app, &event, NULL, &form->refusal);
	if (status == ST_OK)
		select_next(app);
	return status;
}

/* --- the start ------------------------------------------------------------------------------------------------ */

static enum status app_course_work(void *argument, void *context, struct fail *why)
{
	struct app_task *task = argument;
	const struct predict_options options = {.progress = job_progress, .context = context};
	return task->judge(task->start, &options, &task->findings, why);
}

static void judge(struct app *app)
{
	const struct app_course *course = course_of_app(app);
	struct fail why;
	char missing[96];
	if (app->task != NULL) {
		app_say(app, ROLE_CAUTION, "Something is still being computed (%s); wait or cancel it.", app_task_text(app));
		return;
	}
	if (delivery_missing(&app->plans.session, &app->plans.delivery_plan, missing, sizeof missing) != NULL) {
		app_say(app, ROLE_CAUTION, "Not yet: %s is missing.", missing);
		return;
	}
	struct app_task *task = calloc(1, sizeof *task);
	if (task == NULL) {
		app_say(app, ROLE_STOP, "no memory to judge the rules");
		return;
	}
	task->kind = TASK_JUDGE;
	task->engine = app->engine;
	task->judge = course->judge;
	task->generation = app->generation;
	if (course->start(course->context, app->plans.open, &app->plans.session, &task->start, &why) != ST_OK) {
		app_say(app, ROLE_STOP, "The start could not be prepared: %s", why.text);
		free(task);
		return;
	}
	app->task = task;
	app->job = (struct job_state){.phase = JOB_RUNNING};
	BUG_ON(!jobs_start(app->jobs, app_course_work, task));
}

/* Only what was judged is started: the session must still be the same. */
void app_course_judged(struct app *app, struct app_task *task)
{
	struct delivery_event event;
	struct fail why;
	if (app->job.status != ST_OK) {
		app_say(app, app->job.status == ST_CANCELLED ? ROLE_CAUTION : ROLE_STOP, "Not started: %s",
		        app->job.status == ST_CANCELLED ? "judging was cancelled." : app->job.why.text);
		return;
	}
	if (app->plans.open == NULL || app->plans.session.phase != DELIVERY_CHECKING) {
		app_say(app, ROLE_CAUTION, "Not started: the session has moved on.");
		return;
	}
	delivery_event_init(&event, DELIVERY_START, 0, "");
	if (deliver(app, &event, &task->findings, &why) != ST_OK)
		app_say(app, ROLE_STOP, "NOT STARTED: %s", why.text);
	else
		app_say(app, ROLE_OK, "The rules stand; the first pulse may fall.");
	app->selected[SCREEN_TREAT] = 0;
}

void app_course_enter(struct app *app)
{
	struct treat_row row[TREAT_ROWS_MAX];
	struct delivery_event event;
	struct fail why;
	size_t count = app_treat_rows(app, row), at = app->selected[SCREEN_TREAT];
	if (at >= count)
		return;
	if (row[at].kind == DELIVERY_START) {
		judge(app);
	} else if (row[at].kind == DELIVERY_OPEN) {
		delivery_event_init(&event, DELIVERY_OPEN, 0, "");
		if (deliver(app, &event, NULL, &why) != ST_OK)
			app_say(app, ROLE_STOP, "Not opened: %s", why.text);
	} else {
		event_form(app, &row[at]);
	}
}
