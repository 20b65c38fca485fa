/* The field for one value: opening it for a reading, a setting or an answer, and taking what was typed. */
#include "ui/app.h"

static void open_reading(struct app *app, enum reading reading)
{
	struct entry *entry = &app->entry;
	const struct reading_spec *spec = readings_spec(reading);
	double min, max;
	readings_range(&app->subject.readings, reading, &min, &max);
	*entry = (struct entry){.kind = ENTRY_READING, .id = (int)reading};
	snprintf(entry->title, sizeof entry->title, "%s", spec->label);
	snprintf(entry->unit, sizeof entry->unit, "%s", spec->unit);
	snprintf(entry->range, sizeof entry->range, "%g to %g %s (%s)", min, max, spec->unit, spec->source);
	if (app->subject.readings.present[reading])
		snprintf(entry->before, sizeof entry->before, "%.*f %s", spec->decimals,
		         app->subject.readings.value[reading], spec->unit);
	else
		snprintf(entry->before, sizeof entry->before, "not taken");
}

static void describe_domain(const struct setting_domain *domain, const char *unit, char *out, size_t capacity)
{
	size_t used = 0;
	if (domain->kind == DOMAIN_CHOICES) {
		used = (size_t)snprintf(out, capacity, "one of");
		for (size_t i = 0; i < domain->choices && used < capacity; i++)
			used += (size_t)snprintf(out + used, capacity - used, " %g", domain->choice[i]);
	} else {
		used = (size_t)snprintf(out, capacity, "%g to %g", domain->min, domain->max);
		if (domain->step > 0.0 && used < capacity)
			used += (size_t)snprintf(out + used, capacity - used, " in steps of %g",
			                         domain->step);
	}
	if (used < capacity)
		snprintf(out + used, capacity - used, " %s (%s)", unit, domain->from.source);
}

static void open_setting(struct app *app, enum setting_id id)
{
	struct entry *entry = &app->entry;
	const struct setting_spec *spec = setting_spec(id);
	const struct device_mode *mode = app->engine->mode(app->plan->planning);
	*entry = (struct entry){.kind = ENTRY_SETTING, .id = (int)id};
	snprintf(entry->title, sizeof entry->title, "%s", spec->label);
	snprintf(entry->unit, sizeof entry->unit, "%s", spec->unit);
	describe_domain(&mode->setting[id], spec->unit, entry->range, sizeof entry->range);
	if (settings_has(&app->settings, id))
		snprintf(entry->before, sizeof entry->before, "%.*f %s", spec->decimals,
		         app->settings.value[id], spec->unit);
	else
		snprintf(entry->before, sizeof entry->before, "not set");
}

void app_entry_open(struct app *app)
{
	enum setting_id knob[APP_KNOBS_MAX];
	size_t count;
	if (app_screen(app) == SCREEN_PATIENT) {
		open_reading(app, app_patient_row(app->selected[SCREEN_PATIENT]).reading);
	} else if (app_screen(app) == SCREEN_QUESTIONS) {
		app_answer_entry(app, &app->entry);
	} else {
		size_t turnable = app_knobs(app, knob, &count);
		if (app->selected[SCREEN_PARAMETERS] >= turnable)
			return;
		open_setting(app, knob[app->selected[SCREEN_PARAMETERS]]);
	}
	app_push(app, SCREEN_ENTRY);
}

static enum status commit_reading(struct app *app, double value)
{
	struct entry *entry = &app->entry;
	enum status status =
	        readings_set(&app->subject.readings, (enum reading)entry->id, value, &entry->refusal);
	if (status != ST_OK)
		return status;
	app->edits.serial++;
	app->readings_changed = true;
	app_work_note(app, WORK_DUE);
	app_plan_forget(app);
	app_say(app, ROLE_OK, "%s: %s, was %s. The plan is made anew from the changed readings.",
	        entry->title, entry->typed, entry->before);
	return ST_OK;
}

/* A value the device cannot take is refused with its grid, never moved. */
static enum status commit_setting(struct app *app, double value)
{
	struct entry *entry = &app->entry;
	const struct device_mode *mode = app->engine->mode(app->plan->planning);
	enum setting_id id = (enum setting_id)entry->id;
	const struct setting_domain *domain = &mode->setting[id];
	bool choice = domain->kind != DOMAIN_CHOICES;
	for (size_t i = 0; i < domain->choices && !choice; i++)
		choice = fabs(domain->choice[i] - value) <= 1e-9 * fabs(value);
	if (!choice || value < domain->min || value > domain->max)
		return fail_set(&entry->refusal, ST_RANGE, entry->title,
		                "%g %s is outside what the device takes: %s", value, entry->unit,
		                entry->range);
	struct settings settings = app->settings, completed;
	struct setting_issues issues;
	for (int other = 0; other < SETTINGS; other++)
		if (mode->setting[other].kind == DOMAIN_DERIVED)
			settings_drop(&settings, (enum setting_id)other);
	settings_set(&settings, id, value);
	if (!settings_complete(mode, &settings, &completed, &issues) && issues.count > 0)
		return fail_set(&entry->refusal, ST_RANGE, entry->title, "%s; %s", issues.issue[0].text,
		                issues.issue[0].remedy);
	app_plan_set(app, &completed);
	return ST_OK;
}

static enum status commit(struct app *app)
{
	double value;
	if (app->entry.kind == ENTRY_ANSWER)
		return app_answer_typed(app, &app->entry);
	enum status status = entry_number(app->entry.typed, &value, &app->entry.refusal);
	if (status != ST_OK)
		return status;
	return app->entry.kind == ENTRY_READING ? commit_reading(app, value) : commit_setting(app, value);
}

void app_entry_commit(struct app *app)
{
	if (commit(app) == ST_OK)
		app->depth--;
}
