/* Lists on the clinic's records. */
#include "ui/lists.h"

#include "planner/plan/clinic.h"

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

static enum status read_course(const struct lists *lists, const struct list_request *request, struct listing *out,
                               struct fail *why)
{
	struct store_patient patient;
	struct visits visits = {.count = 0};
	enum status status = patient_asked(lists, request, &patient, why);
	if (status == ST_OK)
		status = visits_load(clinic_store(lists->clinic), lists->library, patient.uuid, &visits, why);
	if (status != ST_OK)
		return status;
	listing_patient(out, &patient);
	list_course(out, &visits, lists->library, request->request, lists->now_ms());
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

static list_reader *const readers[SCREENS] = {
        [SCREEN_COURSE] = read_course,
        [SCREEN_DIFFERENCES] = read_differences,
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
	return (struct app_lists){.context = lists, .read = read};
}
