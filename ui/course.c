/* The course of plans on the clinic's records. */
#include "ui/course.h"

#include "planner/plan/desk.h"
#include "ui/sheets.h"
#include "ui/text.h"

static enum status desk(const struct course *course, struct workflow *w, struct fail *why)
{
	return desk_open(course->clinic, course->lib, course->now_ms(), w, why);
}

static enum status whoever_is_in(const struct course *course, struct workflow_person *person, struct fail *why)
{
	enum status st = desk_person(course->clinic, clinic_session(course->clinic), NULL, person, why);
	return st ? st : desk_emergency(course->clinic, course->now_ms(), person, why);
}

static void fill_row(struct workflow *w, const struct store_plan *plan, struct course_row *row)
{
	struct store_patient patient;
	struct fail ignored;
	struct tm utc;
	const time_t seconds = (time_t)(plan->state_at_ms / 1000);
	memcpy(row->plan, plan->uuid, sizeof row->plan);
	row->version = plan->version;
	memcpy(row->state, plan->state, sizeof row->state);
	memcpy(row->verdict, plan->verdict, sizeof row->verdict);
	text_fit(row->device, sizeof row->device, plan->device, COURSE_LABEL_MAX - 1);
	if (gmtime_r(&seconds, &utc) != NULL)
		(void)strftime(row->when, sizeof row->when, "%Y-%m-%d %H:%M", &utc);
	if (store_patient_get(w->store, plan->patient, &patient, &ignored) == ST_OK) {
		text_fit(row->label, sizeof row->label, patient.label, COURSE_LABEL_MAX - 1);
		row->is_virtual = patient.is_virtual;
	}
}

static enum status list(void *context, struct course_row **rows, size_t *count, struct fail *why)
{
	struct workflow w;
	struct store_plan_list plans = {0};
	const struct store_plan_query all = {.limit = 0};
	size_t moved;
	*rows = NULL;
	*count = 0;
	enum status st = desk(context, &w, why);
	if (!st)
		st = workflow_refresh(&w, &moved, why);
	if (!st)
		st = store_plan_list(w.store, &all, &plans, why);
	if (!st && (*rows = calloc(plans.count + 1, sizeof **rows)) == NULL)
		st = fail_set(why, ST_FULL, "plans", "no memory for %zu plans", plans.count);
	for (size_t i = 0; !st && i < plans.count; i++)
		fill_row(&w, &plans.items[i], &(*rows)[i]);
	*count = st ? 0 : plans.count;
	store_plan_list_free(&plans);
	return st;
}

static enum status open(void *context, const char *plan, struct workflow_plan **out, struct fail *why)
{
	struct workflow w;
	enum status st = desk(context, &w, why);
	*out = NULL;
	return st ? st : workflow_plan_load(&w, plan, 0, out, why);
}

static bool is_signed(enum life_action action)
{
	return (life_needs(action) & LIFE_NEEDS_SECRET) != 0;
}

static bool may(void *context, enum life_action action, enum plan_state state)
{
	struct workflow_person person;
	struct fail ignored;
	enum life_role role;
	if (is_signed(action) || action == LIFE_REJECT || action == LIFE_CLOSE) /* whoever comes to the station */
		return life_allowed(action, LIFE_DERMATOLOGIST, state);
	return whoever_is_in(context, &person, &ignored) == ST_OK && workflow_role(&person, action, state, &role);
}

/* Who signs is logged in beside whoever is, for this one move. */
struct signer {
	struct session *session;
	struct workflow_person person;
	struct desk_signer desk;
};

static enum status sign_in(const struct course *course, const char *login, const char *secret, struct signer *out,
                           struct fail *why)
{
	struct store_moment moment;
	*out = (struct signer){.desk = {.secret = {secret, strlen(secret)}}};
	enum status st = store_moment_now(&moment, why);
	if (!st)
		st = store_login(clinic_store(course->clinic), login, out->desk.secret, &moment, &out->session, why);
	return st ? st : desk_person(course->clinic, out->session, &out->desk, &out->person, why);
}

static enum status do_move(const struct workflow *w, const struct workflow_person *person,
                           const struct workflow_person *second, enum life_action action,
                           const struct course_input *input, struct workflow_plan **plan, struct fail *why)
{
	const struct workflow_move with = {input->reason, input->identifier_1, input->identifier_2};
	switch (action) {
	case LIFE_PROPOSE:
		return workflow_propose(w, person, plan, why);
	case LIFE_APPROVE:
		return workflow_approve(w, person, &with, plan, why);
	case LIFE_REJECT:
		return workflow_reject(w, person, &with, plan, why);
	case LIFE_REVOKE:
		return workflow_revoke(w, person, &with, plan, why);
	case LIFE_CLOSE:
		return workflow_close(w, person, plan, why);
	case LIFE_OVERRIDE:
		return workflow_override(w, person, second, input->rule, input->zone, &with, plan, why);
	default:
		return fail_set(why, ST_INPUT, "move", "%s is not done from the screens", life_action_name(action));
	}
}

static enum status move_signed(const struct course *course, enum life_action action, const struct course_input *input,
                               struct workflow_plan **plan, struct fail *why)
{
	struct signer first = {0}, second = {0};
	struct workflow w;
	enum status st = sign_in(course, input->login, input->secret, &first, why);
	if (!st && action == LIFE_OVERRIDE)
		st = sign_in(course, input->second_login, input->second_secret, &second, why);
	if (!st)
		st = desk(course, &w, why);
	w.clock_confirmed = !st && input->clock != NULL && strcmp(input->clock, "right") == 0;
	if (!st)
		st = do_move(&w, &first.person, &second.person, action, input, plan, why);
	store_logout(&second.session);
	store_logout(&first.session);
	return st;
}

static enum status move(void *context, enum life_action action, const struct course_input *input,
                        struct workflow_plan **plan, struct fail *why)
{
	struct workflow_person person;
	struct workflow w;
	if (input->login != NULL && input->login[0] != '\0')
		return move_signed(context, action, input, plan, why);
	enum status st = desk(context, &w, why);
	if (!st)
		st = whoever_is_in(context, &person, why);
	return st ? st : do_move(&w, &person, NULL, action, input, plan, why);
}

static enum status sheet(void *context, const char *plan, const char *path, struct fail *why)
{
	struct workflow_person person;
	struct workflow w;
	enum status st = desk(context, &w, why);
	if (!st)
		st = whoever_is_in(context, &person, why);
	return st ? st : sheets_treatment(&w, person.login, plan, path, why);
}

static void clock_back(void *context, char *text, size_t size)
{
	struct workflow w;
	struct fail ignored;
	struct tm utc;
	char now[32] = "?";
	text[0] = '\0';
	if (desk(context, &w, &ignored) != ST_OK || !w.clock.went_back)
		return;
	const time_t seconds = (time_t)((w.clock.now_ms - w.clock.back_ms) / 1000);
	if (gmtime_r(&seconds, &utc) != NULL)
		(void)strftime(now, sizeof now, "%Y-%m-%d %H:%M UTC", &utc);
	(void)snprintf(text, size, "it says %s, %.0f min before the last entry: type right, or Esc and set it", now,
	               (double)w.clock.back_ms / 60000.0);
}

static enum status session(void *context, const struct workflow_plan *plan, struct delivery_plan *delivery_plan,
                           struct delivery *out, struct fail *why)
{
	struct workflow w;
	enum status st = desk(context, &w, why);
	return st ? st : workflow_session(&w, plan, delivery_plan, out, why);
}

static enum status start(void *context, const struct workflow_plan *plan, const struct delivery *delivery,
                         struct workflow_start **out, struct fail *why)
{
	struct workflow w;
	enum status st = desk(context, &w, why);
	*out = NULL;
	return st ? st : workflow_start_new(&w, plan, delivery, out, why);
}

static enum status deliver(void *context, const struct delivery_event *event, const struct findings *findings,
                           struct workflow_plan **plan, struct delivery *delivery, struct fail *why)
{
	struct workflow_person person;
	struct workflow w;
	enum status st = desk(context, &w, why);
	if (!st)
		st = whoever_is_in(context, &person, why);
	return st ? st : workflow_deliver(&w, &person, event, findings, plan, delivery, why);
}

static enum status follow_up(void *context, const struct follow_up *seen, struct workflow_plan **plan, struct fail *why)
{
	struct workflow_person person;
	struct workflow w;
	enum status st = desk(context, &w, why);
	if (!st)
		st = whoever_is_in(context, &person, why);
	return st ? st : workflow_follow_up(&w, &person, seen, plan, why);
}

static enum status adverse(void *context, const struct adverse_event *event, struct workflow_plan **plan,
                           struct fail *why)
{
	struct workflow_person person;
	struct workflow w;
	enum status st = desk(context, &w, why);
	if (!st)
		st = whoever_is_in(context, &person, why);
	return st ? st : workflow_adverse(&w, &person, event, plan, why);
}

struct app_course course_of(struct course *course)
{
	return (struct app_course){
	        .context = course,
	        .list = list,
	        .open = open,
	        .may = may,
	        .move = move,
	        .clock_back = clock_back,
	        .sheet = sheet,
	        .session = session,
	        .start = start,
	        .judge = workflow_start_judge,
	        .deliver = deliver,
	        .follow_up = follow_up,
	        .adverse = adverse,
	};
}
