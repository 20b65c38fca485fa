/* Settings on their screen: a word before or after by an arrow, anything by typing; written to the file at once, taken
 * over at once where that is possible, undone by a key. */
#include "ui/app.h"

enum { VALUE = 1, WORDS = 2 }; /* columns of the list */

static const struct listing_row *selected(const struct app *app)
{
	return app_listing_selected(app, SCREEN_SETTINGS);
}

static void remember(struct app *app, const char *name, const char *before)
{
	if (app->setting_changes == APP_SETTING_CHANGES_MAX) {
		memmove(app->setting_change, app->setting_change + 1, (APP_SETTING_CHANGES_MAX - 1) * sizeof *app->setting_change);
		app->setting_changes--;
	}
	struct app_setting_change *change = &app->setting_change[app->setting_changes++];
	(void)snprintf(change->name, sizeof change->name, "%s", name);
	(void)snprintf(change->before, sizeof change->before, "%s", before);
}

static enum status set(struct app *app, const char *name, const char *value, bool undoes, struct fail *why)
{
	const struct app_settings *settings = app->source->settings;
	char before[APP_SETTING_MAX + 1] = "", kept[48], fresh[APP_SETTING_MAX + 1];
	bool at_once = false;
	(void)snprintf(kept, sizeof kept, "%s", name); /* the list they stand in is read anew */
	(void)snprintf(fresh, sizeof fresh, "%s", value);
	enum status status = settings->set(settings->context, kept, fresh, before, sizeof before, &at_once, why);
	if (status != ST_OK)
		return status;
	if (!undoes)
		remember(app, kept, before);
	app_listing_again(app, SCREEN_SETTINGS);
	app_say(app, ROLE_OK, "%s: %s%s. Kept in the file; %s.", kept, fresh[0] != '\0' ? fresh : "as by default",
	        undoes ? " again" : "", at_once ? "holds from now on" : "holds from the next start");
	return ST_OK;
}

/* --- typed ------------------------------------------------------------------------------------------------- */

static enum status submit(struct app *app, const struct form *form, struct fail *refusal)
{
	return set(app, form->about, app_form_typed(form, "value"), false, refusal);
}

void app_settings_enter(struct app *app)
{
	const struct listing_row *row = selected(app);
	struct form form = {.submit = submit};
	char hint[sizeof form.field[0].hint];
	if (row == NULL)
		return;
	(void)snprintf(form.about, sizeof form.about, "%s", row->key);
	(void)snprintf(form.title, sizeof form.title, "Setting: %.60s", row->key);
	if (row->detail != NULL)
		(void)snprintf(form.text, sizeof form.text, "%.*s", (int)strcspn(row->detail, "\n"), row->detail);
	(void)snprintf(hint, sizeof hint, "takes: %.120s; nothing typed: as by default", row->cell[WORDS]);
	struct form_field *field = app_form_add(&form, "value", "value", hint);
	field->optional = true;
	if (strcmp(row->cell[VALUE], "default") != 0)
		(void)snprintf(field->typed, sizeof field->typed, "%.*s", ENTRY_TYPED_MAX, row->cell[VALUE]);
	app_form_open(app, &form);
}

/* --- by steps ------------------------------------------------------------------------------------------------ */

#define WORDS_MAX 12

/* The first is what holds by default, but for yes and no. */
static size_t split(const char *words, char out[WORDS_MAX][32])
{
	size_t count = 0;
	while (*words != '\0' && count < WORDS_MAX) {
		const size_t length = strcspn(words, " ");
		(void)snprintf(out[count++], sizeof out[0], "%.*s", (int)length, words);
		words += length + (words[length] == ' ');
	}
	return count;
}

static long current(const char *value, char word[WORDS_MAX][32], size_t words)
{
	const char *now = strcmp(value, "default") != 0 ? value : strcmp(word[0], "yes") == 0 ? "no" : word[0];
	for (size_t i = 0; i < words; i++)
		if (strcmp(word[i], now) == 0)
			return (long)i;
	return 0;
}

void app_settings_step(struct app *app, int steps)
{
	const struct listing_row *row = selected(app);
	char word[WORDS_MAX][32];
	struct fail why = {.text = ""};
	const size_t words = row != NULL ? split(row->cell[WORDS], word) : 0;
	if (app->source->settings == NULL) {
		app_say(app, ROLE_CAUTION, "Settings are not changed from here.");
		return;
	}
	if (words == 0)
		return;
	if (words == 1) {
		app_say(app, ROLE_CAUTION, "%s has no steps: Enter, and type it.", row->key);
		return;
	}
	const long next = current(row->cell[VALUE], word, words) + steps;
	if (next < 0 || next >= (long)words) {
		app_say(app, ROLE_CAUTION, "%s: %s is the %s.", row->key, word[next < 0 ? 0 : words - 1],
		        next < 0 ? "first" : "last");
		return;
	}
	if (set(app, row->key, word[next], false, &why) != ST_OK)
		app_say(app, ROLE_STOP, "NOT changed: %s", why.text);
}

void app_settings_undo(struct app *app)
{
	struct fail why = {.text = ""};
	if (app->setting_changes == 0)
		return;
	const struct app_setting_change change = app->setting_change[app->setting_changes - 1];
	if (set(app, change.name, change.before, true, &why) == ST_OK)
		app->setting_changes--;
	else
		app_say(app, ROLE_STOP, "NOT undone: %s", why.text);
}
