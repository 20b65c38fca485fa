/* The bridge between store rows and the planner's subjects. */
#include "planner/plan/clinic.h"


#include "planner/plan/case.h"
#include "planner/plan/emergency.h"
#include "planner/plan/files.h"
#include "planner/plan/inventory.h"
#include "planner/plan/life.h"
#include "planner/plan/report.h"
#include "planner/plan/response.h"
#include "planner/plan/united.h"
#include "planner/safety/unite.h"
#include "planner/twin/time.h"
#include "planner/twin/twin_json.h"

#define PATH_SIZE 1024
#define TWINS_LOOKED_AT 32 /* versions back: more than a day can make */

struct clinic {
	struct store *store;
	struct session *session; /* NULL: locked */
	struct store_patient_list patients;
	int64_t opened_at_ms; /* what an earlier visit is, is told from it */
};

static enum status list_patients(struct clinic *c, struct fail *why)
{
	const struct store_patient_query everybody = {.sort = STORE_SORT_LABEL};
	store_patient_list_free(&c->patients);
	return store_patient_list(c->store, &everybody, &c->patients, why);
}

enum status clinic_refresh(struct clinic *c, struct fail *why)
{
	return list_patients(c, why);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

size_t clinic_count(const struct clinic *clinic)
{
	return clinic->patients.count;
}

static const struct store_patient *find_patient(const struct clinic *c, size_t index)
{
	return index < c->patients.count ? &c->patients.items[index] : NULL;
}

const char *clinic_uuid(const struct clinic *clinic, size_t index)
{
	const struct store_patient *patient = find_patient(clinic, index);
	return patient != NULL ? patient->uuid : NULL;
}

const char *clinic_label(const struct clinic *clinic, size_t index, bool *is_virtual)
{
	const struct store_patient *patient = find_patient(clinic, index);
	*is_virtual = patient != NULL && patient->is_virtual;
	return patient != NULL ? patient->label : NULL;
}

static enum status no_patient(struct fail *why)
{
	return fail_set(why, ST_NOT_FOUND, "patient", "no such patient in the list");
}

const char *clinic_patient_uuid(const struct clinic *clinic, size_t index)
{
	const struct store_patient *row = find_patient(clinic, index);
	return row ? row->uuid : NULL;
}

enum status clinic_index_of(const struct clinic *clinic, const char *uuid, size_t *index, struct fail *why)
{
	for (*index = 0; *index < clinic->patients.count; (*index)++)
		if (strcmp(clinic->patients.items[*index].uuid, uuid) == 0)
			return ST_OK;
	return no_patient(why);
}

static enum status load_case(struct clinic *c, const char *patient, struct case_file **file, struct fail *why)
{
	struct store_readings row = {0};
	enum status st = store_readings_latest(c->store, patient, &row, why);
	if (!st)
		st = case_parse("readings", row.json, row.json_len, file, why);
	store_readings_clear(&row);
	return st;
}

static enum status latest_plan(struct clinic *c, const char *patient, struct clinic_patient *out, struct fail *why)
{
	const struct store_plan_query query = {.patient = patient, .limit = 1};
	struct store_plan_list plans = {0};
	enum status st = store_plan_list(c->store, &query, &plans, why);
	if (!st && plans.count) {
		(void)snprintf(out->state, sizeof out->state, "%s", plans.items[0].state);
		(void)snprintf(out->verdict, sizeof out->verdict, "%s", plans.items[0].verdict);
	}
	store_plan_list_free(&plans);
	return st;
}

enum status clinic_patient(struct clinic *c, size_t index, struct clinic_patient *out, struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	struct case_file *file = NULL;
	memset(out, 0, sizeof *out);
	struct fail reason = {0};
	enum status st = row ? load_case(c, row->uuid, &file, &reason) : no_patient(why);
	if (!row)
		return st;
	(void)snprintf(out->label, sizeof out->label, "%s", row->label);
	out->is_virtual = row->is_virtual;
	/* a patient of another station may come before their readings, without, or
	 * with ones of a newer form: they stand on the list all the same, and opening them says what is wrong */
	if (st == ST_NOT_FOUND || st == ST_INPUT || st == ST_RANGE)
		return latest_plan(c, row->uuid, out, why);
	if (st)
		return fail_set(why, st, reason.field, "%s", reason.text);
	(void)snprintf(out->device_mode, sizeof out->device_mode, "%s", file->request[0].request.device_mode);
	(void)snprintf(out->indication, sizeof out->indication, "%s", file->request[0].request.indication);
	case_free(&file);
	return latest_plan(c, row->uuid, out, why);
}

/* ---- earlier visits ------------------------------------------------------------------------------------ */

#define HOUR_MS 3600000
#define VISIT_APART_HOURS 12 /* what is kept closer together is one visit: its readings would count twice */
#define MS_PER_DAY 86400000

/* Readings that the earlier twin was made from, and that stand unchanged in today's, are not new. */
static enum status mark_carried(struct clinic *c, const struct store_twin *row, struct readings *r, struct fail *why)
{
	struct store_readings earlier = {0};
	struct case_file *file = NULL;
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < row->readings_count; i++) {
		st = store_readings_get(c->store, row->readings[i], &earlier, why);
		if (!st)
			st = case_parse("readings", earlier.json, earlier.json_len, &file, why);
		if (!st)
			readings_mark_carried(r, &file->request[0].subject.readings);
		store_readings_clear(&earlier);
		case_free(&file);
	}
	return st;
}

/* A kept twin as the state before today's readings. Twins of other sites, and of forms that hold no covariance, are
 * none: false in *usable. */
static enum status bring_up(struct clinic *c, const struct store_twin *row, struct subject *s, bool *usable,
                            struct fail *why)
{
	const struct readings *r = &s->readings;
	struct twin_interval interval = {.days = (double)(c->opened_at_ms - row->created_at_ms) / MS_PER_DAY,
	                                 .age_y = r->present[READING_AGE_Y] ? r->value[READING_AGE_Y] : NAN,
	                                 .sun = {.latitude_deg = NAN, .from_day_of_year = NAN}};
	struct twin kept;
	struct fail unread;
	*usable = interval.days <= TWIN_DAYS_MAX &&
	          twin_read("twin", row->json, row->json_len, &kept, &unread) == ST_OK &&
	          strcmp(kept.site, r->site) == 0;
	if (!*usable)
		return ST_OK;
	enum status st = twin_bring_forward(&kept, &interval, &s->before, why);
	if (!st) /* what came from elsewhere, or since the version was kept */
		st = response_learn(c->store, row->patient, &s->before, NULL, why);
	s->before_days = interval.days;
	return st ? st : mark_carried(c, row, &s->readings, why);
}

static enum status follow(struct clinic *c, const char *patient, struct subject *s, struct fail *why)
{
	struct store_twin_list twins = {0};
	enum status st = store_twin_list(c->store, patient, TWINS_LOOKED_AT, &twins, why);
	for (size_t i = 0; !st && i < twins.count && !s->follows; i++)
		if (c->opened_at_ms - twins.items[i].created_at_ms >= (int64_t)VISIT_APART_HOURS * HOUR_MS)
			st = bring_up(c, &twins.items[i], s, &s->follows, why);
	store_twin_list_free(&twins);
	return st;
}

enum status clinic_follow(struct clinic *c, size_t index, struct subject *subject, struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	return row ? follow(c, row->uuid, subject, why) : no_patient(why);
}

enum status clinic_twin_history(struct clinic *c, size_t index, struct clinic_history *out, struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	struct store_twin_list twins = {0};
	*out = (struct clinic_history){0};
	enum status st = row ? store_twin_list(c->store, row->uuid, CLINIC_HISTORY_MAX, &twins, why) : no_patient(why);
	if (!st && twins.count && !(out->item = calloc(twins.count, sizeof *out->item)))
		st = fail_set(why, ST_FULL, "twin", "no memory for its history");
	for (size_t i = 0; !st && i < twins.count; i++) {
		const struct store_twin *t = &twins.items[i];
		struct clinic_version *v = &out->item[out->count];
		struct fail unread;
		v->version = t->version;
		v->created_at_ms = t->created_at_ms;
		bool readable = twin_read("twin", t->json, t->json_len, &v->twin, &unread) == ST_OK;
		out->count += readable;
		out->unreadable += !readable;
	}
	out->more = twins.more;
	store_twin_list_free(&twins);
	return st;
}

void clinic_history_free(struct clinic_history *history)
{
	free(history->item);
	*history = (struct clinic_history){0};
}

enum status clinic_load(struct clinic *c, size_t index, struct subject *subject, struct request *request,
                        struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	struct case_file *file = NULL;
	enum status st = row ? load_case(c, row->uuid, &file, why) : no_patient(why);
	if (st)
		return st;
	*subject = file->request[0].subject;
	file->request[0].subject.answers = NULL; /* moved to the caller */
	(void)snprintf(subject->label, sizeof subject->label, "%s", row->label);
	*request = file->request[0].request;
	case_free(&file);
	st = united_answers(c->store, row->uuid, &subject->answers, why);
	if (!st)
		st = follow(c, row->uuid, subject, why);
	if (st)
		subject_free(subject);
	return st;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static struct store_stamp stamp_of(const struct clinic *c, int64_t now_ms)
{
	return (struct store_stamp){now_ms, session_person(c->session)->login};
}

static bool allowed(unsigned roles, enum life_action action)
{
	for (int role = 0; role < LIFE_ROLES; role++)
		if ((roles >> role & 1u) && life_allowed(action, (enum life_role)role, PLAN_DRAFT))
			return true;
	return false;
}

enum status clinic_may(struct clinic *c, enum life_action action, int64_t now_ms, struct fail *why)
{
	struct emergency broken;
	bool active = false;
	char roles[64];
	if (!c->session)
		return fail_set(why, ST_DENIED, "clinic", "is locked: log in first");
	const struct store_person *person = session_person(c->session);
	if (allowed(person->roles, action))
		return ST_OK;
	enum status st = emergency_active(c->store, person->login, now_ms, &broken, &active, why);
	if (st || (active && allowed(1u << LIFE_EMERGENCY, action)))
		return st;
	roles_format(person->roles, roles, sizeof roles);
	return fail_set(why, ST_DENIED, "role", "%s (%s) may not %s a plan; ask a technician or dermatologist", person->login,
	                roles, life_action_name(action));
}

static enum status new_patient(struct clinic *c, const struct case_file *file, struct store_patient *p,
                               struct fail *why)
{
	static const char sex[] = {'U', 'F', 'M', 'X'};
	memset(p, 0, sizeof *p);
	p->is_virtual = store_kind(c->store) == STORE_DEMO;
	p->sex = sex[file->request[0].subject.readings.sex];
	(void)snprintf(p->label, sizeof p->label, "%s", file->title[0] ? file->title : file->id);
	(void)snprintf(p->record_number, sizeof p->record_number, "%s", file->id);
	return uuid_new(p->uuid, why);
}

/* What is kept must be readable tomorrow: readings the case reader refuses are refused before they are stored. */
static enum status check_readable(const char *json, struct fail *why)
{
	struct case_file *file = NULL;
	enum status st = case_parse("readings", json, strlen(json), &file, why);
	case_free(&file);
	return st;
}

/* How a new row stands to those that are there. */
enum ancestry {
	ANCESTRY_NONE,     /* first readings, or of an earlier day */
	ANCESTRY_FOLLOWS,  /* made in the knowledge of all; what other stations answered otherwise stays open */
	ANCESTRY_SETTLES   /* and a person decided on what differs */
};

/* The new row's text: with the answers that warn where a question is open, and with whom it follows. */
static enum status write_row(const struct united *united, enum ancestry ancestry, const char *id,
                             const struct subject *subject, const struct request *request, const char *by, char **json,
                             struct fail *why)
{
	struct subject kept = *subject;
	char *plain = NULL;
	const bool settles = ancestry == ANCESTRY_SETTLES;
	enum status st = facts_clone(subject->answers, &kept.answers, why);
	if (!st && united && !settles)
		st = united_hold(united, kept.answers, why);
	if (!st)
		st = report_subject_json(id, &kept, request, &plain, why);
	if (!st)
		st = united_mark(united, by, settles, plain, json, why);
	free(plain);
	facts_free(&kept.answers);
	return st;
}

static enum status add_readings(struct clinic *c, const char *patient, const char *id, const struct subject *subject,
                                const struct request *request, int64_t taken_at_ms, enum ancestry ancestry,
                                const struct store_stamp *stamp, char *uuid, struct fail *why)
{
	struct store_readings row = {.taken_at_ms = taken_at_ms};
	struct united united = {0};
	struct fail reason = {0};
	char *json = NULL;
	enum status st = ancestry == ANCESTRY_NONE ? ST_NOT_FOUND : united_load(c->store, patient, &united, &reason);
	if (st && st != ST_NOT_FOUND)
		return fail_set(why, st, reason.field, "%s", reason.text);
	st = write_row(st ? NULL : &united, ancestry, id, subject, request, stamp->actor, &json, why);
	united_clear(&united);
	if (!st)
		st = uuid_new(row.uuid, why);
	if (!st)
		st = check_readable(json, why);
	if (!st) {
		memcpy(row.patient, patient, sizeof row.patient);
		row.json = json;
		row.json_len = strlen(json);
		st = store_readings_add(c->store, &row, stamp, why);
		memcpy(uuid, row.uuid, sizeof row.uuid);
	}
	free(json);
	return st;
}

static enum status finish_group(struct clinic *c, enum status st, struct fail *why)
{
	if (!st)
		return store_group_commit(c->store, why);
	store_group_abandon(c->store);
	return st;
}

/* Inside a group: a person and the first readings. */
static enum status add_case(struct clinic *c, const char *path, int64_t now_ms, struct fail *why)
{
	struct case_file *file = NULL;
	struct store_patient patient;
	const struct store_stamp stamp = stamp_of(c, now_ms);
	char uuid[UUID_TEXT_SIZE];
	enum status st = case_read(path, &file, why);
	if (!st)
		st = new_patient(c, file, &patient, why);
	if (!st)
		st = store_patient_add(c->store, &patient, &stamp, why);
	if (!st)
		st = add_readings(c, patient.uuid, file->id, &file->request[0].subject, &file->request[0].request,
		                  now_ms, ANCESTRY_NONE, &stamp, uuid, why);
	case_free(&file);
	return st;
}

enum status clinic_add(struct clinic *c, const char *path, int64_t now_ms, struct fail *why)
{
	enum status st = clinic_may(c, LIFE_REGISTER, now_ms, why);
	if (!st)
		st = store_group_begin(c->store, why);
	if (!st)
		st = finish_group(c, add_case(c, path, now_ms, why), why);
	return st ? st : list_patients(c, why);
}

enum status clinic_save_readings(struct clinic *c, size_t index, const struct subject *subject,
                                 const struct request *request, int64_t now_ms, struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	char uuid[UUID_TEXT_SIZE];
	enum status st = clinic_may(c, LIFE_READ, now_ms, why);
	if (st)
		return st;
	const struct store_stamp stamp = stamp_of(c, now_ms);
	return row ? add_readings(c, row->uuid, row->record_number, subject, request, now_ms, ANCESTRY_FOLLOWS, &stamp, uuid,
	                          why)
	           : no_patient(why);
}

/* ---- what stations were told differently ---- */

enum status clinic_united(struct clinic *c, size_t index, struct united *out, struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	return row ? united_load(c->store, row->uuid, out, why) : no_patient(why);
}

static enum status may_decide(struct clinic *c, bool lowers, const char *reason, struct fail *why)
{
	if (!lowers)
		return ST_OK;
	if (!session_has(c->session, ROLE_DERMATOLOGIST))
		return fail_set(why, ST_DENIED, "answers", "an answer that warns is taken back by a dermatologist alone");
	return reason && reason[0] ? ST_OK
	                           : fail_set(why, ST_INPUT, "reason", "is missing: why does the answer that warns not hold?");
}

/* Inside a group. */
static enum status settle_answers(struct clinic *c, const struct store_patient *row, const struct case_file *file,
                                  const char *const *decision, size_t decisions, const char *reason, int64_t now_ms,
                                  struct fail *why)
{
	const struct store_stamp stamp = stamp_of(c, now_ms);
	char uuid[UUID_TEXT_SIZE];
	enum status st = add_readings(c, row->uuid, row->record_number, &file->request[0].subject, &file->request[0].request,
	                              now_ms, ANCESTRY_SETTLES, &stamp, uuid, why);
	return st ? st : united_keep_decision(c->store, row->uuid, decision, decisions, reason, &stamp, why);
}

static enum status settle_loaded(struct clinic *c, const struct store_patient *row, struct united *united,
                                 const char *const *decision, size_t decisions, const char *reason, int64_t now_ms,
                                 struct fail *why)
{
	struct case_file *file = NULL;
	bool lowers = false;
	enum status st = united->different ? load_case(c, row->uuid, &file, why)
	                                   : fail_set(why, ST_NOT_FOUND, "answers", "nothing was answered differently");
	if (!st) { /* what all were told, then what was decided */
		facts_free(&file->request[0].subject.answers);
		st = facts_clone(united->together, &file->request[0].subject.answers, why);
	}
	if (!st)
		st = united_decide(united, decision, decisions, file->request[0].subject.answers, &lowers, why);
	if (!st)
		st = may_decide(c, lowers, reason, why);
	if (!st)
		st = store_group_begin(c->store, why);
	if (!st)
		st = finish_group(c, settle_answers(c, row, file, decision, decisions, reason, now_ms, why), why);
	case_free(&file);
	return st;
}

enum status clinic_settle_answers(struct clinic *c, size_t index, const char *const *decision, size_t decisions,
                                  const char *reason, int64_t now_ms, struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	struct united united = {0};
	enum status st = clinic_may(c, LIFE_READ, now_ms, why);
	if (!st)
		st = row ? united_load(c->store, row->uuid, &united, why) : no_patient(why);
	if (!st)
		st = settle_loaded(c, row, &united, decision, decisions, reason, now_ms, why);
	united_clear(&united);
	return st;
}

enum status clinic_settle_answers_as(struct clinic *c, struct session *by, size_t index, const char *const *decision,
                                     size_t decisions, const char *reason, int64_t now_ms, struct fail *why)
{
	struct session *own = c->session;
	c->session = by;
	enum status st = clinic_settle_answers(c, index, decision, decisions, reason, now_ms, why);
	c->session = own;
	return st;
}

/* ---- import ------------------------------------------------------------------------------------------- */

#define IMPORT_DAYS_MAX 256

enum status clinic_find(const struct clinic *c, const char *name, size_t *index, struct fail *why)
{
	size_t found = 0;
	for (size_t i = 0; i < c->patients.count; i++) {
		const struct store_patient *p = &c->patients.items[i];
		if (strcmp(p->label, name) != 0 && strcmp(p->record_number, name) != 0)
			continue;
		*index = i;
		found++;
	}
	if (found > 1)
		return fail_set(why, ST_CONFLICT, "patient", "%zu people are called \"%.60s\"; give the record number", found,
		                name);
	return found ? ST_OK
	             : fail_set(why, ST_NOT_FOUND, "patient",
	                        "nobody is called \"%.60s\"; `lasertwin --plain` lists the worklist", name);
}

/* Who the person is, without what was read on another day. */
static void only_the_person(struct readings *r)
{
	struct readings who = {.fitzpatrick = r->fitzpatrick, .sex = r->sex, .mi_scale = r->mi_scale};
	memcpy(who.site, r->site, sizeof who.site);
	who.present[READING_AGE_Y] = r->present[READING_AGE_Y];
	who.value[READING_AGE_Y] = r->value[READING_AGE_Y];
	*r = who;
}

static enum status import_day(struct clinic *c, const struct store_patient *row, const struct import_set *set,
                              long day, bool newest, const struct store_stamp *stamp, struct fail *why)
{
	const long today = (long)(stamp->at_ms / MS_PER_DAY);
	struct case_file *file = NULL;
	char uuid[UUID_TEXT_SIZE];
	enum status st = load_case(c, row->uuid, &file, why);
	if (st)
		return st;
	struct subject *subject = &file->request[0].subject;
	if (!newest)
		only_the_person(&subject->readings);
	st = united_answers(c->store, row->uuid, &subject->answers, why);
	if (!st)
		st = import_apply(set, day, today, &subject->readings, why);
	int64_t taken = day == today ? stamp->at_ms : (int64_t)day * MS_PER_DAY + MS_PER_DAY / 2;
	if (!st)
		st = add_readings(c, row->uuid, row->record_number, subject, &file->request[0].request, taken,
		                  newest ? ANCESTRY_FOLLOWS : ANCESTRY_NONE, stamp, uuid, why);
	case_free(&file);
	return st;
}

enum status clinic_import(struct clinic *c, size_t index, const struct import_set *set, int64_t now_ms, size_t *days,
                          struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	long day[IMPORT_DAYS_MAX];
	BUG_ON(set->faults != 0);
	*days = import_days(set, (long)(now_ms / MS_PER_DAY), day, IMPORT_DAYS_MAX);
	if (*days > IMPORT_DAYS_MAX)
		return fail_set(why, ST_FULL, "import", "%zu days; at most %d at a time", *days, IMPORT_DAYS_MAX);
	enum status st = clinic_may(c, LIFE_READ, now_ms, why);
	if (!st)
		st = row ? store_group_begin(c->store, why) : no_patient(why);
	if (st)
		return st;
	const struct store_stamp stamp = stamp_of(c, now_ms);
	for (size_t i = 0; !st && i < *days; i++)
		st = import_day(c, row, set, day[i], i + 1 == *days, &stamp, why);
	return finish_group(c, st, why);
}

/* The next version of the patient's twin: same name when the patient has one. */
static enum status add_twin(struct clinic *c, const char *patient, const char *readings, const struct twin *twin,
                            const struct store_stamp *stamp, struct store_twin *row, struct fail *why)
{
	struct store_twin before = {0};
	struct fail none;
	char *json = NULL;
	memset(row, 0, sizeof *row);
	enum status st = store_twin_latest(c->store, patient, &before, &none);
	if (st && st != ST_NOT_FOUND)
		return fail_set(why, st, none.field, "%s", none.text);
	row->version = st ? 1 : before.version + 1;
	st = st ? uuid_new(row->uuid, why) : ST_OK;
	if (before.version)
		memcpy(row->uuid, before.uuid, sizeof row->uuid);
	store_twin_clear(&before);
	if (!st)
		st = report_twin_json(twin, &json, why);
	if (st)
		return st;
	memcpy(row->patient, patient, sizeof row->patient);
	row->created_at_ms = stamp->at_ms;
	row->readings_count = 1;
	memcpy(row->readings[0], readings, sizeof row->readings[0]);
	row->json = json;
	row->json_len = strlen(json);
	st = store_twin_add(c->store, row, stamp, why);
	row->json = NULL;
	free(json);
	return st;
}

/* A new version of the plan for the same device mode, or a new plan. */
static enum status name_plan(struct clinic *c, const char *patient, const char *device, struct store_plan *row,
                             struct fail *why)
{
	const struct store_plan_query query = {.patient = patient};
	struct store_plan_list plans = {0};
	row->version = 1;
	enum status st = store_plan_list(c->store, &query, &plans, why);
	for (size_t i = 0; !st && i < plans.count && row->version == 1; i++)
		if (strcmp(plans.items[i].device, device) == 0) {
			memcpy(row->uuid, plans.items[i].uuid, sizeof row->uuid);
			row->version = plans.items[i].version + 1;
		}
	store_plan_list_free(&plans);
	return st || row->version > 1 ? st : uuid_new(row->uuid, why);
}

/* The version before is no longer the one to be treated by. Who may save may revise, so either role will do. */
static enum status supersede(struct clinic *c, const struct store_plan *row, const struct store_stamp *stamp,
                             struct fail *why)
{
	struct store_plan before = {0};
	struct store_plan_event event = {.version = row->version - 1, .reason = "a newer version was made"};
	struct life_request request = {.action = LIFE_REVISE, .role = LIFE_TECHNICIAN, .actor = stamp->actor};
	enum plan_state to = PLAN_DRAFT;
	if (row->version == 1)
		return ST_OK;
	enum status st = store_plan_get(c->store, row->uuid, row->version - 1, &before, why);
	if (!st && !plan_state_parse(before.state, &request.state))
		st = fail_set(why, ST_IO, "state", "\"%s\" is no state of a plan", before.state);
	if (!st)
		st = life_move(&request, &to, why);
	if (!st && to != request.state) {
		event.digest = before.digest;
		memcpy(event.plan, row->uuid, sizeof event.plan);
		memcpy(event.from_state, before.state, sizeof event.from_state);
		(void)snprintf(event.to_state, sizeof event.to_state, "%s", plan_state_name(to));
		st = store_plan_event_add(c->store, &event, stamp, why);
	}
	store_plan_clear(&before);
	return st;
}

static enum status add_plan(struct clinic *c, const char *patient, const struct store_twin *twin_row,
                            const struct library *library, const struct twin *twin, const struct request *request,
                            const struct assessment *assessment, const struct store_stamp *stamp, struct fail *why)
{
	struct store_plan row = {.twin_version = twin_row->version, .created_at_ms = stamp->at_ms};
	const struct device *device;
	const struct device_mode *mode;
	char *json = NULL;
	enum status st = library_find_mode(library, request->device_mode, &device, &mode, why);
	if (!st)
		st = inventory_keep_mode(c->store, device, mode, "", "", stamp, why); /* what it is ordered from comes first */
	if (!st)
		st = name_plan(c, patient, request->device_mode, &row, why);
	if (!st)
		st = report_plan_json(library, request, twin, assessment, &json, why);
	if (!st) {
		memcpy(row.patient, patient, sizeof row.patient);
		memcpy(row.twin, twin_row->uuid, sizeof row.twin);
		(void)snprintf(row.device, sizeof row.device, "%s", request->device_mode);
		(void)snprintf(row.verdict, sizeof row.verdict, "%s", verdict_name(assessment->verdict));
		(void)snprintf(row.author, sizeof row.author, "%s", stamp->actor);
		(void)snprintf(row.state, sizeof row.state, "draft");
		row.json = json;
		row.json_len = strlen(json);
		st = supersede(c, &row, stamp, why);
		if (!st)
			st = store_plan_add_version(c->store, &row, stamp, why);
	}
	free(json);
	return st;
}

enum status clinic_save_plan(struct clinic *c, size_t index, const struct library *library,
                             const struct subject *subject, const struct twin *twin, const struct request *request,
                             const struct assessment *assessment, int64_t now_ms, struct fail *why)
{
	const struct store_patient *row = find_patient(c, index);
	struct request kept = *request;
	struct store_twin twin_row;
	char readings[UUID_TEXT_SIZE];
	kept.settings = assessment->settings;
	enum status st = clinic_may(c, LIFE_REVISE, now_ms, why);
	if (!st)
		st = row ? store_group_begin(c->store, why) : no_patient(why);
	if (st)
		return st;
	const struct store_stamp stamp = stamp_of(c, now_ms);
	st = add_readings(c, row->uuid, row->record_number, subject, &kept, now_ms, ANCESTRY_FOLLOWS, &stamp, readings, why);
	if (!st)
		st = add_twin(c, row->uuid, readings, twin, &stamp, &twin_row, why);
	if (!st)
		st = add_plan(c, row->uuid, &twin_row, library, twin, &kept, assessment, &stamp, why);
	return finish_group(c, st, why);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static enum status join(char *path, const char *folder, const char *name, const char *suffix, struct fail *why)
{
	int used = snprintf(path, PATH_SIZE, "%s/%s%s", folder, name, suffix);
	return used < 0 || used >= PATH_SIZE ? fail_set(why, ST_INPUT, folder, "path too long") : ST_OK;
}

/* All of them or none: half a demo would be taken for a whole one at the next opening. */
static enum status seed_demo(struct clinic *c, const struct clinic_options *o, struct fail *why)
{
	char folder[PATH_SIZE], path[PATH_SIZE];
	struct files_list list;
	enum status st = join(folder, o->profiles, "demo", "", why);
	if (st || (st = files_list(folder, ".json", &list, why)))
		return st;
	st = store_group_begin(c->store, why);
	for (size_t i = 0; !st && i < list.count; i++) {
		st = join(path, folder, list.name[i], "", why);
		if (!st)
			st = add_case(c, path, o->now_ms, why);
	}
	st = finish_group(c, st, why);
	files_list_free(&list);
	return st ? st : list_patients(c, why);
}

/* ---- people ------------------------------------------------------------------------------------------- */

static struct secret demo_secret(void)
{
	return (struct secret){CLINIC_DEMO_SECRET, sizeof CLINIC_DEMO_SECRET - 1};
}

static const struct {
	const char *login, *name;
	unsigned roles;
} demo_people[] = {{CLINIC_DEMO_ADMINISTRATOR, "Virtual administrator", ROLE_ADMINISTRATOR},
                   {CLINIC_DEMO_TECHNICIAN, "Virtual technician", ROLE_TECHNICIAN},
                   {CLINIC_DEMO_DERMATOLOGIST, "Virtual dermatologist", ROLE_DERMATOLOGIST},
                   {CLINIC_DEMO_VIEWER, "Virtual viewer", ROLE_VIEWER}};

static struct store_person_new demo_person(size_t i)
{
	return (struct store_person_new){.login = demo_people[i].login,
	                                 .name = demo_people[i].name,
	                                 .roles = demo_people[i].roles,
	                                 .secret = demo_secret(),
	                                 .is_virtual = true};
}

/* The first of them is an administrator, who brings the others in. */
static enum status add_demo_people(struct clinic *c, int64_t now_ms, struct fail *why)
{
	const struct store_stamp stamp = {now_ms, CLINIC_DEMO_ADMINISTRATOR};
	struct store_person_new person = demo_person(0);
	struct session *session = NULL;
	enum status st = store_setup(c->store, &person, NULL, &stamp, &session, why);
	if (!st)
		st = store_group_begin(c->store, why);
	for (size_t i = 1; !st && i < sizeof demo_people / sizeof *demo_people; i++) {
		person = demo_person(i);
		st = store_person_add(c->store, session, &person, &stamp, why);
	}
	if (session)
		st = finish_group(c, st, why);
	store_logout(&session);
	return st;
}

enum store_access clinic_access(const struct clinic *clinic)
{
	return store_access(clinic->store);
}

struct store *clinic_store(struct clinic *clinic)
{
	return clinic->store;
}

struct session *clinic_session(struct clinic *clinic)
{
	return clinic->session;
}

void clinic_lock(struct clinic *c)
{
	store_patient_list_free(&c->patients);
	store_logout(&c->session);
}

static enum status enter(struct clinic *c, struct session *session, struct fail *why)
{
	clinic_lock(c);
	c->session = session;
	return list_patients(c, why);
}

enum status clinic_setup(struct clinic *c, const struct store_person_new *first,
                         const unsigned char *recovery_public, int64_t now_ms, struct fail *why)
{
	const struct store_stamp stamp = {now_ms, first->login};
	struct session *session = NULL;
	enum status st = store_setup(c->store, first, recovery_public, &stamp, &session, why);
	return st ? st : enter(c, session, why);
}

enum status clinic_login(struct clinic *c, const char *login, struct secret secret, struct fail *why)
{
	struct session *session = NULL;
	struct store_moment moment;
	enum status st = store_moment_now(&moment, why);
	if (!st)
		st = store_login(c->store, login, secret, &moment, &session, why);
	return st ? st : enter(c, session, why);
}

static enum status open_demo(struct clinic *c, const struct clinic_options *o, struct fail *why)
{
	const bool is_new = store_access(c->store) == STORE_NEW, enters = !o->stay_locked || (is_new && o->profiles);
	enum status st = is_new ? add_demo_people(c, o->now_ms, why) : ST_OK;
	if (!st && enters)
		st = clinic_login(c, CLINIC_DEMO_TECHNICIAN, demo_secret(), why);
	if (!st && enters && c->patients.count == 0)
		st = seed_demo(c, o, why);
	if (!st && o->stay_locked)
		clinic_lock(c); /* whoever comes finds the patients there */
	return st;
}

static enum status open_store(struct clinic *c, const struct clinic_options *o, struct fail *why)
{
	char path[PATH_SIZE];
	struct store_options options = {.kind = o->kind, .create = true, .now_ms = o->now_ms, .kdf = o->kdf};
	enum status st = join(path, o->home, store_kind_name(o->kind), ".db", why);
	if (o->kind == STORE_DEMO)
		options.kdf = store_kdf_least; /* its secret is shown to everybody */
	if (!st)
		st = files_make_folder(o->home, why);
	if (!st)
		st = store_open(path, &options, &c->store, why);
	return !st && o->kind == STORE_DEMO ? open_demo(c, o, why) : st;
}

enum status clinic_open(const struct clinic_options *options, struct clinic **out, struct fail *why)
{
	struct clinic *c = calloc(1, sizeof *c);
	*out = NULL;
	if (!c)
		return fail_set(why, ST_FULL, "clinic", "out of memory");
	c->opened_at_ms = options->now_ms;
	enum status st = open_store(c, options, why);
	if (st)
		clinic_close(&c);
	*out = c;
	return st;
}

void clinic_close(struct clinic **clinic)
{
	if (!*clinic)
		return;
	clinic_lock(*clinic);
	store_close(&(*clinic)->store);
	free(*clinic);
	*clinic = NULL;
}
