#include "ui/engine.h"

#include "planner/twin/forecast.h"

static void describe_mode(const struct library *library, const struct device *device,
                          const struct device_mode *mode, const char *indication, struct app_mode *out)
{
	*out = (struct app_mode){.locked = mode->locked};
	snprintf(out->device_mode, sizeof out->device_mode, "%.31s.%.31s", device->id, mode->id);
	snprintf(out->name, sizeof out->name, "%.63s, %.62s", device->name, mode->name);
	snprintf(out->locked_reason, sizeof out->locked_reason, "%s", mode->locked_reason);
	out->protocol = library_protocol(library, indication, out->device_mode);
}

/* 0: protocol on file; 1: none; 2 and 3: the same, locked. */
static int mode_rank(const struct app_mode *mode)
{
	return (mode->locked ? 2 : 0) + (mode->protocol == NULL ? 1 : 0);
}

/* Modes of one rank appended to out. */
static size_t add_modes(const struct library *library, const char *indication, int rank, struct app_mode *out,
                        size_t count, size_t capacity)
{
	for (size_t d = 0; d < library_device_count(library); d++) {
		const struct device *device = library_device(library, d);
		for (size_t m = 0; m < device->modes && count < capacity; m++) {
			describe_mode(library, device, &device->mode[m], indication, &out[count]);
			if (mode_rank(&out[count]) == rank)
				count++;
		}
	}
	return count;
}

/* Modes with a protocol for the indication; all of them where none has one. */
static size_t modes(const void *context, const char *indication, struct app_mode *out, size_t capacity)
{
	const struct library *library = context;
	size_t count = add_modes(library, indication, 0, out, 0, capacity);
	count = add_modes(library, indication, 2, out, count, capacity);
	if (count > 0)
		return count;
	count = add_modes(library, indication, 1, out, 0, capacity);
	return add_modes(library, indication, 3, out, count, capacity);
}

static enum status prepare(const void *context, const struct subject *subject, const struct request *request,
                           const struct predict_options *options, struct planning **out, struct fail *why)
{
	return planning_new(context, subject, request, options, out, why);
}

static void median_tissue(const struct planning *planning, struct tissue *out)
{
	double value[TWIN_PROPERTIES];
	twin_sample(planning_twin(planning), 0, 0, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, out);
}

static enum status forecast(const void *context, const struct planning *planning, const struct subject *subject,
                            char **text, struct fail *why)
{
	const struct request *plan = planning_request(planning);
	const struct protocol *protocol = planning_protocol(planning);
	const struct readings *r = &subject->readings;
	struct forecast result;
	struct forecast_request request = {
	        .sun = {.latitude_deg = NAN, .from_day_of_year = NAN},
	        .age_y = r->present[READING_AGE_Y] ? r->value[READING_AGE_Y] : NAN,
	        .mode_class = planning_mode(planning)->mode_class,
	        .indication = plan->indication,
	        .pih = protocol != NULL ? library_pih(context, protocol) : NULL,
	};
	enum status status = twin_forecast(planning_twin(planning), &request, &result, why);
	return status == ST_OK ? forecast_text(planning_twin(planning), &result, text, why) : status;
}

static void source_text(const void *context, const char *keys, char *out, size_t capacity)
{
	rules_source_text(library_rules(context), keys, out, capacity);
}

struct app_engine engine_of(const struct library *library)
{
	return (struct app_engine){
	        .context = library,
	        .modes = modes,
	        .prepare = prepare,
	        .release = planning_free,
	        .twin = planning_twin,
	        .tissue = median_tissue,
	        .device = planning_device,
	        .mode = planning_mode,
	        .protocol = planning_protocol,
	        .default_settings = planning_default_settings,
	        .assess = planning_assess,
	        .answers = planning_answers_changed,
	        .fit = planning_fit,
	        .axes = explore_axes,
	        .next_axes = explore_next_axes,
	        .explore = explore,
	        .histogram = planning_histogram,
	        .clear = assessment_clear,
	        .forecast = forecast,
	        .source_text = source_text,
	};
}
