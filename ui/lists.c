/* Lists on the clinic's records. */
#include "ui/lists.h"

#include "planner/plan/delivery.h"
#include "planner/plan/desk.h"
#include "ui/libraries.h"
#include "ui/sheets.h"

typedef enum status list_reader(const struct lists *lists, const struct list_request *request, struct listing *out,
                                struct fail *why);

static enum status patient_asked(const struct lists *lists, const struct list_request *request,
                                 struct store_patient *out, struct fail *why)
{
	const char *uuid = request->patient[0] != '\0' ? request->patient
	                                               : clinic_uuid(lists->clinic, request->patient_index);
	if (uuid == NULL)
		return fail_set(why, ST_NOT_FOUND, "patient", "nobody is open");
	return store_patient_get(clinic_store(lists->clinic), uuid, out, why);
}

/* How this skin has healed so far; without a twin nothing is known of it. */
static void add_course(const struct lists *lists, const struct store_patient *patient, struct visits *visits)
{
	struct clinic_history history = {.count = 0};
	struct fail none;
	size_t index;
	const bool is = clinic_index_of(lists->clinic, patient->uuid, &index, &none) == ST_OK &&
	                clinic_twin_history(lists->clinic, index, &history, &none) == ST_OK && history.count > 0;
	visits_course(visits, lists->lib, is ? &history.item[0].twin : NULL);
	clinic_history_free(&history);
}

static enum status read_course(const struct lists *lists, const struct list_request *request, struct listing *out,
                               struct fail *why)
{
	struct store_patient patient;
	struct visits visits = {.count = 0};
	enum status status = patient_asked(lists, request, &patient, why);
	if (status == ST_OK)
		status = visits_load(clinic_store(lists->clinic), lists->lib, patient.uuid, &visits, why);
	if (status != ST_OK)
		return status;
	add_course(lists, &patient, &visits);
	listing_patient(out, &patient);
	list_course(out, &visits, lists->lib, request->request, lists->now_ms());
	visits_free(&visits);
	return ST_OK;
}

static void note_version(struct listing *out, const char *which, const struct plan_version *v)
{
	char when[LISTING_TIME_SIZE];
	listing_note(out, ROLE_TEXT, "%s: plan %.8s version %lld, %s, %s, by %s, %s UTC", which, v->plan.uuid,
	             (long long)v->plan.version, v->plan.device, v->plan.state, v->plan.author,
	             listing_time(v->plan.created_at_ms, when));
}

static enum status read_differences(const struct lists *lists, const struct list_request *request, struct listing *out,
                                    struct fail *why)
{
	struct store *store = clinic_store(lists->clinic);
	struct plan_version before = {.plan = {.version = 0}}, after = {.plan = {.version = 0}};
	struct difference difference = {.count = 0};
	struct store_patient patient;
	enum status status = plan_version_load(store, request->plan[0], request->version[0], &before, why);
	if (status == ST_OK)
		status = plan_version_load(store, request->plan[1], request->version[1], &after, why);
	if (status == ST_OK)
		status = plan_versions_difference(&before, &after, &difference, why);
	if (status == ST_OK)
		status = store_patient_get(store, after.plan.patient, &patient, why);
	if (status == ST_OK) {
		listing_patient(out, &patient);
		note_version(out, "before", &before);
		note_version(out, "after", &after);
		list_difference(out, &difference);
	}
	difference_free(&difference);
	plan_version_clear(&before);
	plan_version_clear(&after);
	return status;
}

/* --- the station ------------------------------------------------------------------------------------------ */

static unsigned roles(void *context)
{
	const struct lists *lists = context;
	const struct session *session = clinic_session(lists->clinic);
	return session != NULL ? session_person(session)->roles : 0;
}

static enum status for_administrators(const struct lists *lists, struct fail *why)
{
	return (roles((void *)(uintptr_t)lists) & ROLE_ADMINISTRATOR) != 0
	               ? ST_OK
	               : fail_set(why, ST_DENIED, "role", "this is for administrators");
}

static enum status read_station(const struct lists *lists, const struct list_request *request, struct listing *out,
                                struct fail *why)
{
	(void)request;
	(void)why;
	list_station(out, roles((void *)(uintptr_t)lists));
	return ST_OK;
}

/* The part that is asked for; with a fault, the one around it. */
static int64_t part_before(const struct lists *lists, const struct list_request *request, int64_t last)
{
	const int64_t bad = request->verify && request->before == 0 ? list_audit_named(&lists->verifying.fault) : 0;
	int64_t before = bad > 0 ? bad + LIST_AUDIT_PART / 2 : request->before;
	return before == 0 || before > last ? last + 1 : before;
}

static enum status read_audit(const struct lists *lists, const struct list_request *request, struct listing *out,
                              struct fail *why)
{
	struct store *store = clinic_store(lists->clinic);
	const struct list_verifying *v = &lists->verifying;
	struct list_audit audit = {.verified = request->verify && v->begun, .stopped = v->stopped};
	struct store_audit_list list = {.count = 0};
	enum status status = for_administrators(lists, why);
	if (status == ST_OK)
		status = store_audit_head(store, &audit.head, why);
	const int64_t before = part_before(lists, request, audit.head.seq);
	const int64_t after = before > LIST_AUDIT_PART ? before - LIST_AUDIT_PART - 1 : 0;
	if (status == ST_OK)
		status = store_audit_list(store, after, (size_t)(before - 1 - after), &list, why);
	if (status != ST_OK)
		return status;
	if (audit.verified) {
		audit.found = v->found;
		audit.fault = v->fault;
	}
	audit.rolled_back = store_is_rolled_back(store);
	audit.count = list.count;
	audit.entry = list.items;
	list_audit(out, &audit);
	store_audit_list_free(&list);
	return ST_OK;
}

#define VERIFIED_AT_ONCE 200 /* entries: a few ms */

static void verify_stop(void *context)
{
	struct list_verifying *v = &((struct lists *)context)->verifying;
	if (v->check == NULL)
		return;
	v->found = *store_audit_check_found(v->check);
	v->stopped = true;
	store_audit_check_end(&v->check);
}

static enum status verify_begin(struct lists *lists, struct fail *why)
{
	struct list_verifying *v = &lists->verifying;
	store_audit_check_end(&v->check);
	*v = (struct list_verifying){.begun = true};
	enum status status = for_administrators(lists, why);
	return status == ST_OK ? store_audit_check_begin(clinic_store(lists->clinic), NULL, &v->check, why) : status;
}

static enum status verify(void *context, bool begin, double *done_frac, bool *done, struct fail *why)
{
	struct lists *lists = context;
	struct list_verifying *v = &lists->verifying;
	*done = false;
	enum status status = begin ? verify_begin(lists, why) : ST_OK;
	if (status != ST_OK)
		return status;
	(void)(store_audit_check_go_on(v->check, VERIFIED_AT_ONCE, done, &v->fault) == ST_OK); /* what it found is shown */
	*done_frac = store_audit_check_done_frac(v->check);
	if (*done) {
		v->found = *store_audit_check_found(v->check);
		store_audit_check_end(&v->check);
	}
	return ST_OK;
}

static enum status read_people(const struct lists *lists, const struct list_request *request, struct listing *out,
                               struct fail *why)
{
	struct store_person_list people = {.count = 0};
	(void)request;
	enum status status = for_administrators(lists, why);
	if (status == ST_OK)
		status = store_person_list(clinic_store(lists->clinic), &people, why);
	if (status == ST_OK)
		list_people(out, &people, session_person(clinic_session(lists->clinic))->login);
	store_person_list_free(&people);
	return status;
}

#define DELIVERIES_LOOKED_AT 2000 /* latest first */

/* The first seen of a mode is its latest. Which mode it was stands in the plan. */
static enum status take_check(struct store *store, const struct store_record *record, struct list_checks *checks,
                              struct fail *why)
{
	struct delivery_event event;
	struct store_plan plan = {.version = 0};
	enum status status = delivery_event_decode(record->json, record->json_len, &event, why);
	if (status != ST_OK || event.kind != DELIVERY_CALIBRATION || checks->count == LIST_CHECKS_MAX)
		return status;
	status = store_plan_get(store, record->plan, record->plan_version, &plan, why);
	bool known = status != ST_OK;
	for (size_t i = 0; i < checks->count; i++)
		known = known || strcmp(checks->check[i].device_mode, plan.device) == 0;
	if (!known) {
		struct list_check *check = &checks->check[checks->count++];
		*check = (struct list_check){.at_ms = event.at_ms, .set = event.set, .measured = event.measured};
		memcpy(check->device_mode, plan.device, sizeof check->device_mode);
		(void)snprintf(check->unit, sizeof check->unit, "%.31s", event.text);
	}
	store_plan_clear(&plan);
	return status;
}

static enum status read_profiles(const struct lists *lists, const struct list_request *request, struct listing *out,
                                 struct fail *why)
{
	const struct store_record_query query = {.kind = "delivery", .limit = DELIVERIES_LOOKED_AT};
	struct store_record_list records = {.count = 0};
	struct list_checks *checks = calloc(1, sizeof *checks);
	(void)request;
	if (checks == NULL)
		return fail_set(why, ST_FULL, "profiles", "no memory");
	enum status status = store_record_list(clinic_store(lists->clinic), &query, &records, why);
	for (size_t i = 0; status == ST_OK && i < records.count; i++)
		status = take_check(clinic_store(lists->clinic), &records.items[i], checks, why);
	if (status == ST_OK)
		list_profiles(out, lists->lib, checks);
	store_record_list_free(&records);
	free(checks);
	return status;
}

static enum status read_about(const struct lists *lists, const struct list_request *request, struct listing *out,
                              struct fail *why)
{
	(void)request;
	(void)why;
	struct list_library linked[LIBRARIES_MAX];
	list_about(out, lists->lib, linked, libraries(linked));
	return ST_OK;
}

static enum status read_settings(const struct lists *lists, const struct list_request *request, struct listing *out,
                                 struct fail *why)
{
	(void)request;
	(void)why;
	list_settings(out, lists->setting, lists->settings, lists->config_path != NULL ? lists->config_path : "No file",
	              lists->config_read);
	return ST_OK;
}

/* --- people ----------------------------------------------------------------------------------------------- */

/* The administrator's own secret again: a session for this one change. */
static enum status own_again(const struct lists *lists, const char *own, struct session **session, struct fail *why)
{
	struct store_moment moment;
	const struct session *now = clinic_session(lists->clinic);
	enum status status = now != NULL ? store_moment_now(&moment, why) : fail_set(why, ST_DENIED, "login", "nobody is in");
	if (status == ST_OK)
		status = store_login(clinic_store(lists->clinic), session_person(now)->login, (struct secret){own, strlen(own)},
		                     &moment, session, why);
	return status;
}

static enum status add_person(struct store *store, const struct session *by, const struct people_input *input,
                              const struct store_stamp *stamp, struct fail *why)
{
	struct store_person_new person = {.login = input->login,
	                                  .name = input->name,
	                                  .secret = {input->fresh, strlen(input->fresh)},
	                                  .is_virtual = session_person(by)->is_virtual};
	enum status status = roles_parse(input->roles, &person.roles, why);
	return status == ST_OK ? store_person_add(store, by, &person, stamp, why) : status;
}

static enum status give_roles(struct store *store, const struct session *by, const struct people_input *input,
                              const struct store_stamp *stamp, struct fail *why)
{
	unsigned given = 0;
	enum status status = roles_parse(input->roles, &given, why);
	return status == ST_OK ? store_person_roles(store, by, input->login, given, stamp, why) : status;
}

/* One's own is changed with the old one; somebody else's is given anew. */
static enum status give_secret(struct store *store, struct session *by, const struct people_input *input,
                               const struct store_stamp *stamp, struct fail *why)
{
	const struct secret fresh = {input->fresh, strlen(input->fresh)}, own = {input->own, strlen(input->own)};
	struct store_moment moment;
	if (strcmp(input->login, session_person(by)->login) != 0)
		return store_person_reset(store, by, input->login, fresh, stamp, why);
	enum status status = store_moment_now(&moment, why);
	return status == ST_OK ? store_person_secret(store, by, own, fresh, &moment, why) : status;
}

static enum status people(void *context, const struct people_input *input, struct fail *why)
{
	const struct lists *lists = context;
	struct store *store = clinic_store(lists->clinic);
	struct session *by = NULL;
	enum status status = for_administrators(lists, why);
	if (status == ST_OK)
		status = own_again(lists, input->own, &by, why);
	if (status != ST_OK)
		return status;
	const struct store_stamp stamp = {lists->now_ms(), session_person(by)->login};
	switch (input->move) {
	case PEOPLE_ADD:
		status = add_person(store, by, input, &stamp, why);
		break;
	case PEOPLE_ROLES:
		status = give_roles(store, by, input, &stamp, why);
		break;
	case PEOPLE_SECRET:
		status = give_secret(store, by, input, &stamp, why);
		break;
	default:
		status = store_person_disable(store, by, input->login, true, &stamp, why);
	}
	store_logout(&by);
	return status;
}

/* --- one's own secret, a patient's record ------------------------------------------------------------------- */

/* The demo logs its people in by the secret that its lock screen names. */
static enum status own_secret(void *context, const char *old, const char *fresh, struct fail *why)
{
	const struct lists *lists = context;
	struct session *own = clinic_session(lists->clinic);
	struct store_moment moment;
	if (own == NULL)
		return fail_set(why, ST_DENIED, "login", "nobody is in");
	if (session_person(own)->is_virtual)
		return fail_set(why, ST_DENIED, "own", "virtual people keep the secret that the lock screen names");
	enum status status = store_moment_now(&moment, why);
	return status == ST_OK ? store_person_secret(clinic_store(lists->clinic), own, (struct secret){old, strlen(old)},
	                                             (struct secret){fresh, strlen(fresh)}, &moment, why)
	                       : status;
}

static enum status record(void *context, size_t patient_index, const char *path, struct fail *why)
{
	const struct lists *lists = context;
	const char *uuid = clinic_uuid(lists->clinic, patient_index);
	struct session *own = clinic_session(lists->clinic);
	struct workflow w;
	if (uuid == NULL || own == NULL)
		return fail_set(why, ST_NOT_FOUND, "patient", "is no longer on the list");
	enum status status = desk_open(lists->clinic, lists->lib, lists->now_ms(), &w, why);
	return status == ST_OK ? sheets_record(&w, session_person(own)->login, uuid, path, why) : status;
}

/* --- who a patient is; what stations were told differently --------------------------------------------------- */

static enum status correct(void *context, const char *patient, const struct correction *correction,
                           const struct correction_confirm *confirm, struct correction_effect *effect, struct fail *why)
{
	const struct lists *lists = context;
	return confirm == NULL ? correct_look(lists->clinic, patient, correction, lists->now_ms(), effect, why)
	                       : correct_patient(lists->clinic, effect, confirm, lists->now_ms(), why);
}

static enum status answers(void *context, const char *patient, struct united *out, struct fail *why)
{
	const struct lists *lists = context;
	return united_load(clinic_store(lists->clinic), patient, out, why);
}

/* Whoever decides need not be who is logged in: a dermatologist comes to the station. */
static enum status settle_answers(void *context, const char *patient, const struct answers_input *input,
                                  struct fail *why)
{
	const struct lists *lists = context;
	struct session *by = NULL;
	struct store_moment moment;
	size_t index;
	enum status status = clinic_index_of(lists->clinic, patient, &index, why);
	if (status == ST_OK)
		status = store_moment_now(&moment, why);
	if (status == ST_OK)
		status = store_login(clinic_store(lists->clinic), input->login, (struct secret){input->secret, strlen(input->secret)},
		                     &moment, &by, why);
	if (status == ST_OK)
		status = clinic_settle_answers_as(lists->clinic, by, index, input->decision, input->decisions, input->reason,
		                               lists->now_ms(), why);
	store_logout(&by);
	return status;
}

static list_reader *const readers[SCREENS] = {
        [SCREEN_COURSE] = read_course,
        [SCREEN_DIFFERENCES] = read_differences,
        [SCREEN_STATION] = read_station,
        [SCREEN_AUDIT] = read_audit,
        [SCREEN_PEOPLE] = read_people,
        [SCREEN_PROFILES] = read_profiles,
        [SCREEN_SETTINGS] = read_settings,
        [SCREEN_ABOUT] = read_about,
};

static enum status read(void *context, enum screen screen, const struct list_request *request, struct listing **out,
                        struct fail *why)
{
	struct listing *listing = NULL;
	BUG_ON(readers[screen] == NULL);
	enum status status = listing_new(&listing, why);
	if (status == ST_OK)
		status = readers[screen](context, request, listing, why);
	return listing_finish(listing, status, out, why);
}

struct app_lists lists_of(struct lists *lists)
{
	return (struct app_lists){.context = lists, .roles = roles, .people = people, .own_secret = own_secret,
	                          .record = record, .correct = correct, .answers = answers,
	                          .settle_answers = settle_answers, .verify = verify, .verify_stop = verify_stop,
	                          .read = read};
}
