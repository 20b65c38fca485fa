/* What a session amounted to, as JSON for the twin and the clinic's server. */
#include <cjson/cJSON.h>

#include "planner/plan/delivery.h"

static void add_number(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, key, value);
}

static void add_settings(cJSON *object, const struct settings *settings)
{
	cJSON *list = cJSON_AddObjectToObject(object, "settings");
	for (int i = 0; i < SETTINGS; i++)
		if (settings_has(settings, (enum setting_id)i))
			add_number(list, setting_spec((enum setting_id)i)->key, settings->value[i]);
}

static void add_field(cJSON *list, const struct delivery_field *field, const struct delivery_plan *plan,
                      const char *name)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddItemToArray(list, object);
	cJSON_AddStringToObject(object, "field", name);
	cJSON_AddStringToObject(object, "side", field->side);
	cJSON_AddNumberToObject(object, "passes", field->passes);
	cJSON_AddNumberToObject(object, "passes_planned", delivery_passes_planned(plan));
	add_number(object, "coverage_sum_pct", 100.0 * field->coverage_frac);
	add_number(object, "mean_fluence_J_cm2", field->dose_J_cm2);
	if (field->pulses > 0.0)
		add_number(object, "pulses", field->pulses);
	if (field->endpoint[0])
		cJSON_AddStringToObject(object, "endpoint", field->endpoint);
	cJSON_AddBoolToObject(object, "stop", field->stop_seen);
	if (field->passes)
		add_settings(object, &field->last);
}

/* 1, -1 or 0: what the field's endpoint says of the target's threshold. */
static int threshold_said(const struct delivery_field *field, const struct delivery_plan *plan)
{
	size_t count = 0;
	const struct endpoint *list = delivery_endpoints(plan->device, plan->mode, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, field->endpoint) == 0)
			return list[i].threshold;
	return 0;
}

/* The dose of the last pass over the one at which the target was predicted to answer. */
static double dose_ratio(const struct delivery_field *field, const struct delivery_plan *plan)
{
	double planned = settings_get(&plan->settings, SETTING_FLUENCE_J_CM2);
	double given = field->passes ? settings_get(&field->last, SETTING_FLUENCE_J_CM2) : (double)NAN;
	return plan->target_ratio * given / planned;
}

/* Seen in any field: at the least dose; in none: not even at the most. */
static void add_endpoint(cJSON *root, const struct delivery *d, const struct delivery_plan *plan)
{
	int said = 0;
	double ratio = (double)NAN;
	for (size_t i = 0; i < plan->fields && plan->target_ratio > 0.0; i++) {
		int here = threshold_said(&d->field[i], plan);
		double dose = dose_ratio(&d->field[i], plan);
		bool stronger = here > said || (here == said && (here > 0 ? dose < ratio : dose > ratio));
		if (!here || !(dose >= 0.05 && dose <= 20.0) || (said && !stronger))
			continue;
		said = here;
		ratio = dose;
	}
	if (!said)
		return;
	cJSON_AddBoolToObject(root, "endpoint_seen", said > 0);
	add_number(root, "endpoint_dose_ratio", ratio);
}

enum status delivery_outcome_json(const struct delivery *d, const struct delivery_plan *plan, char **json,
                                  struct fail *why)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", "lasertwin-outcome/1");
	cJSON_AddStringToObject(root, "plan", plan->plan);
	cJSON_AddNumberToObject(root, "version", (double)plan->version);
	cJSON_AddStringToObject(root, "patient", plan->patient);
	cJSON_AddStringToObject(root, "device", plan->device_mode);
	cJSON_AddBoolToObject(root, "complete", delivery_complete(d, plan));
	if (d->reason[0])
		cJSON_AddStringToObject(root, d->phase == DELIVERY_ABORTED ? "aborted" : "ended_early", d->reason);
	cJSON_AddNumberToObject(root, "errors", d->errors);
	cJSON *fields = cJSON_AddArrayToObject(root, "fields");
	for (size_t i = 0; i < plan->fields; i++)
		add_field(fields, &d->field[i], plan, plan->field[i]);
	add_endpoint(root, d, plan);
	add_number(root, "started_at_ms", (double)d->started_at_ms);
	add_number(root, "ended_at_ms", (double)d->ended_at_ms);
	char *printed = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	*json = printed;
	return printed ? ST_OK : fail_set(why, ST_FULL, "outcome", "out of memory");
}
