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
	add_number(root, "started_at_ms", (double)d->started_at_ms);
	add_number(root, "ended_at_ms", (double)d->ended_at_ms);
	char *printed = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	*json = printed;
	return printed ? ST_OK : fail_set(why, ST_FULL, "outcome", "out of memory");
}
