/* `lasertwin twin history`: the versions of a patient's twin, what each changed, the newest last. */
#include "planner/plan/clinic.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

static enum status print_history(const struct cli_options *options, const struct clinic_history *h, struct fail *why)
{
	char *text = NULL;
	enum status st = clinic_history_text(h, &text, why);
	if (!st)
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return st;
}

static enum status print_history_json(const struct clinic_history *h, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_array(&out, NULL);
	for (size_t i = 0; i < h->count; i++) {
		const struct clinic_version *v = &h->item[i];
		json_out_object(&out, NULL);
		json_out_int(&out, "version", v->version);
		json_out_int(&out, "created_at_ms", v->created_at_ms);
		json_out_object(&out, "median");
		for (int p = 0; p < TWIN_PROPERTIES; p++)
			if (isfinite(v->twin.property[p].median))
				json_out_micro(&out, twin_property_spec((enum twin_property)p)->key,
				               (int64_t)llround(v->twin.property[p].median * MICRO_PER_UNIT));
		json_out_end_object(&out);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	return records_json_print(&out, why);
}

int command_twin_history(const struct cli_options *options)
{
	char profiles[CLI_PATH_MAX];
	struct clinic *clinic = NULL;
	struct clinic_history history = {0};
	struct fail why = {.text = ""};
	const char *name = cli_value(options, "--patient");
	size_t index = 0;
	enum status st = name ? cli_profiles(options, profiles, sizeof profiles, &why)
	                      : fail_set(&why, ST_INPUT, "--patient", "missing; whose twin?");
	if (!st)
		st = records_open(options, profiles, records_kind(options), &clinic, &why);
	if (!st)
		st = clinic_find(clinic, name, &index, &why);
	if (!st)
		st = clinic_twin_history(clinic, index, &history, &why);
	if (!st)
		st = cli_flag(options, "--json") ? print_history_json(&history, &why)
		                                 : print_history(options, &history, &why);
	clinic_history_free(&history);
	clinic_close(&clinic);
	return st ? cli_complain(options, st, &why) : 0;
}
