#include "ui/source.h"

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
	return clinic_save_readings(source->clinic, index, subject, request, source->actor, source->now_ms(),
	                            why);
}

static enum status save_plan(void *context, size_t index, const struct app_draft *draft, struct fail *why)
{
	const struct source *source = context;
	return clinic_save_plan(source->clinic, index, source->library, draft->subject, draft->twin,
	                        draft->request, draft->assessment, source->actor, source->now_ms(), why);
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

struct app_source source_of(struct source *source, const char *place)
{
	return (struct app_source){
	        .context = source,
	        .place = place,
	        .count = count,
	        .patient = patient,
	        .load = load,
	        .save_readings = save_readings,
	        .save_plan = save_plan,
	        .history = history,
	        .course = source->course,
	};
}
