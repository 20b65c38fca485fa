#include "ui/source.h"

#include "planner/plan/emergency.h"
#include "planner/plan/files.h"
#include "planner/plan/unfinished.h"

#define LONG_LIST 200 /* patients; a shorter list is read at once */

static size_t count(void *context)
{
	const struct source *source = context;
	return clinic_count(source->clinic);
}

static enum status patient(void *context, size_t index, struct app_patient *out, struct fail *why)
{
	const struct source *source = context;
	struct clinic_patient row;
	enum status status = clinic_patient(source->clinic, index, &row, why);
	if (status != ST_OK)
		return status;
	*out = (struct app_patient){.is_virtual = row.is_virtual};
	text_fit(out->label, sizeof out->label, row.label, APP_NAME_MAX - 1);
	snprintf(out->device_mode, sizeof out->device_mode, "%s", row.device_mode);
	snprintf(out->indication, sizeof out->indication, "%s", row.indication);
	snprintf(out->state, sizeof out->state, "%s", row.state);
	snprintf(out->verdict, sizeof out->verdict, "%s", row.verdict);
	return ST_OK;
}

static bool label(void *context, size_t index, struct app_patient *out)
{
	const struct source *source = context;
	bool is_virtual = false;
	const char *name = clinic_label(source->clinic, index, &is_virtual);
	if (name == NULL || clinic_count(source->clinic) < LONG_LIST)
		return false;
	*out = (struct app_patient){.is_virtual = is_virtual};
	text_fit(out->label, sizeof out->label, name, APP_NAME_MAX - 1);
	return true;
}

static enum status load(void *context, size_t index, struct subject *subject, struct request *request,
                        struct fail *why)
{
	const struct source *source = context;
	return clinic_load(source->clinic, index, subject, request, why);
}

static enum status save_readings(void *context, size_t index, const struct subject *subject,
                                 const struct request *request, struct fail *why)
{
	const struct source *source = context;
	return clinic_save_readings(source->clinic, index, subject, request, source->now_ms(), why);
}

static enum status save_plan(void *context, size_t index, const struct app_draft *draft, struct fail *why)
{
	const struct source *source = context;
	return clinic_save_plan(source->clinic, index, source->lib, draft->subject, draft->twin,
	                        draft->request, draft->assessment, source->now_ms(), why);
}

static enum status history(void *context, size_t index, char **text, struct fail *why)
{
	const struct source *source = context;
	struct clinic_history versions;
	enum status status = clinic_twin_history(source->clinic, index, &versions, why);
	if (status == ST_OK)
		status = clinic_history_text(&versions, text, why);
	clinic_history_free(&versions);
	return status;
}

static const char *name(void *context, size_t index)
{
	const struct source *source = context;
	return clinic_patient_uuid(source->clinic, index);
}

static enum status find(void *context, const char *uuid, size_t *index, struct fail *why)
{
	const struct source *source = context;
	return clinic_index_of(source->clinic, uuid, index, why);
}

/* ---- unfinished work ---- */

static enum status keep(void *context, size_t index, const struct subject *subject, const struct request *request,
                        struct fail *why)
{
	const struct source *source = context;
	return unfinished_put(source->clinic, index, subject, request, source->now_ms(), why);
}

static enum status drop(void *context, size_t index, struct fail *why)
{
	const struct source *source = context;
	return unfinished_drop(source->clinic, index, source->now_ms(), why);
}

static void show(const struct unfinished *from, struct app_unfinished *to)
{
	const time_t seconds = (time_t)(from->at_ms / 1000);
	struct tm utc;
	*to = (struct app_unfinished){
	        .index = from->index, .is_own = from->is_own, .is_overtaken = from->is_overtaken};
	text_fit(to->label, sizeof to->label, from->label, APP_NAME_MAX - 1);
	text_fit(to->who, sizeof to->who, from->login, APP_NAME_MAX - 1);
	if (gmtime_r(&seconds, &utc) != NULL)
		(void)strftime(to->when, sizeof to->when, "%Y-%m-%d %H:%M", &utc);
}

static enum status list(void *context, struct app_unfinished **items, size_t *count, struct fail *why)
{
	const struct source *source = context;
	struct unfinished_list found;
	*items = NULL;
	*count = 0;
	enum status status = unfinished_list(source->clinic, &found, why);
	if (status == ST_OK && (*items = calloc(found.count + 1, sizeof **items)) == NULL)
		status = fail_set(why, ST_FULL, "unfinished work", "no memory");
	for (size_t i = 0; status == ST_OK && i < found.count; i++)
		show(&found.items[i], &(*items)[i]);
	*count = status == ST_OK ? found.count : 0;
	unfinished_list_free(&found);
	return status;
}

static enum status load_work(void *context, size_t index, struct subject *subject, struct request *request,
                             struct fail *why)
{
	const struct source *source = context;
	return unfinished_load(source->clinic, index, subject, request, why);
}

struct app_work work_of(struct source *source)
{
	return (struct app_work){.context = source, .keep = keep, .drop = drop, .list = list, .load = load_work};
}

/* ---- emergency access ---- */

static enum status begin(void *context, const char *reason, double minutes, struct fail *why)
{
	const struct source *source = context;
	struct emergency broken;
	return emergency_begin(clinic_store(source->clinic), clinic_session(source->clinic), reason,
	                       isnan(minutes) ? EMERGENCY_MINUTES : minutes, source->now_ms(), &broken, why);
}

static enum status end(void *context, struct fail *why)
{
	const struct source *source = context;
	return emergency_end(clinic_store(source->clinic), clinic_session(source->clinic), source->now_ms(), why);
}

static void banner(void *context, char *out, size_t size)
{
	const struct source *source = context;
	const struct session *session = clinic_session(source->clinic);
	struct emergency broken;
	struct fail why;
	bool active = false;
	char text[STORE_REASON_MAX + 2 * STORE_LOGIN_MAX];
	out[0] = '\0';
	if (session == NULL)
		return;
	if (emergency_active(clinic_store(source->clinic), session_person(session)->login, source->now_ms(), &broken,
	                     &active, &why) != ST_OK)
		snprintf(out, size, "Emergency access cannot be read: %s", why.text);
	else if (active)
		text_fit(out, size, emergency_text(&broken, text, sizeof text), (int)size - 1);
}

static size_t open_reviews(void *context)
{
	const struct source *source = context;
	struct emergency_list list;
	struct fail why;
	if (!session_has(clinic_session(source->clinic), ROLE_ADMINISTRATOR | ROLE_DERMATOLOGIST) ||
	    emergency_list(clinic_store(source->clinic), &list, &why) != ST_OK)
		return 0;
	const size_t open = list.open;
	emergency_list_free(&list);
	return open;
}

struct app_emergency emergency_of(struct source *source)
{
	return (struct app_emergency){
	        .context = source, .begin = begin, .end = end, .banner = banner, .open_reviews = open_reviews};
}

struct app_source source_of(struct source *source, const char *place)
{
	return (struct app_source){
	        .context = source,
	        .place = place,
	        .count = count,
	        .patient = patient,
	        .label = label,
	        .load = load,
	        .save_readings = save_readings,
	        .save_plan = save_plan,
	        .history = history,
	        .course = source->course,
	        .sync = source->sync,
	        .work = source->work,
	        .emergency = source->emergency,
	        .name = name,
	        .find = find,
	        .lists = source->lists,
	        .exists = files_exists,
	};
}
