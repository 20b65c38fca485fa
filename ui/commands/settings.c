/* Settings while the planner runs: written to the configuration file and taken over at once. */
#include "ui/commands/settings.h"

#include "planner/plan/files.h"
#include "ui/config.h"
#include "ui/keymap.h"

/* What the program was started with, or is set to by now. */
static void fill(struct settings_desk *desk)
{
	size_t count = 0;
	for (size_t i = 0; i < options_count && i < CLI_OPTIONS_MAX; i++) {
		const struct option_spec *option = &options_table[i];
		const char *value = desk->options.value[i];
		if (config_takes(option))
			desk->setting[count++] = (struct list_setting){.name = option->name + 2,
			                                               .value = value == NULL ? "" : value[0] == '\0' ? "yes" : value,
			                                               .words = option->words != NULL   ? option->words
			                                                        : option->value != NULL ? option->value
			                                                                                : "yes no",
			                                               .help = option->help};
	}
	desk->lists->setting = desk->setting;
	desk->lists->settings = count;
	desk->lists->config_path = desk->path;
	desk->lists->config_read = desk->path[0] != '\0' && files_exists(desk->path);
}

void settings_begin(struct settings_desk *desk, const struct cli_options *options, struct lists *lists,
                    struct shell_lock *lock, int usual_idle_s)
{
	*desk = (struct settings_desk){.options = *options, .lists = lists, .lock = lock, .idle_s = usual_idle_s};
	config_path(desk->path, sizeof desk->path);
	fill(desk);
}

void settings_end(struct settings_desk *desk)
{
	for (size_t i = 0; i < CLI_OPTIONS_MAX; i++)
		free(desk->owned[i]);
	*desk = (struct settings_desk){.lists = NULL};
}

/* --- at once ------------------------------------------------------------------------------------------------ */

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool take_over(struct settings_desk *desk, const char *name)
{
	static const char *const looks[] = {"theme", "color", "plots", "mouse", "ascii", "utf8"};
	static const char *const keys[] = {"keys", "bind"};
	struct fail ignored; /* what was checked before it was written */
	uint64_t idle_s = desk->idle_s > 0 ? (uint64_t)desk->idle_s : 0;
	if (is_one_of(name, looks, sizeof looks / sizeof *looks)) {
		desk->options.term = (struct term_options){.color = TERM_COLOR_AUTO};
		cli_settle(&desk->options);
		term_apply(&desk->options.term);
		return true;
	}
	if (is_one_of(name, keys, sizeof keys / sizeof *keys))
		return keymap_apply(cli_value(&desk->options, "--keys"), cli_value(&desk->options, "--bind"), &ignored) == ST_OK;
	if (strcmp(name, "lock-after") == 0 &&
	    cli_whole_number(&desk->options, "--lock-after", 0, LOCK_AFTER_MAX_S, &idle_s, &ignored) == ST_OK) {
		desk->lock->idle_s = (int)idle_s;
		return true;
	}
	return false;
}

/* Keys are tried together with the other half of them before anything is written. */
static enum status check_together(const struct settings_desk *desk, const char *name, const char *value,
                                  struct fail *why)
{
	const char *preset = cli_value(&desk->options, "--keys"), *bindings = cli_value(&desk->options, "--bind");
	if (strcmp(name, "keys") == 0)
		preset = value[0] != '\0' ? value : NULL;
	else if (strcmp(name, "bind") == 0)
		bindings = value[0] != '\0' ? value : NULL;
	return keymap_apply(preset, bindings, why);
}

static enum status set(void *context, const char *name, const char *value, char *before, size_t size, bool *at_once,
                       struct fail *why)
{
	struct settings_desk *desk = context;
	const struct option_spec *option = config_option(name);
	struct fail ignored;
	*at_once = false;
	enum status status = check_together(desk, name, value, why);
	if (status == ST_OK)
		status = config_set(desk->path, name, value, before, size, why);
	if (status == ST_OK) {
		const size_t i = (size_t)(option - options_table);
		const bool off = value[0] == '\0' || (option->value == NULL && strcmp(value, "no") == 0);
		char *copy = off ? NULL : strdup(option->value == NULL ? "" : value);
		free(desk->owned[i]);
		desk->options.value[i] = desk->owned[i] = copy;
		*at_once = take_over(desk, name);
		fill(desk);
	}
	/* trying has left the table's own keys */
	(void)(keymap_apply(cli_value(&desk->options, "--keys"), cli_value(&desk->options, "--bind"), &ignored) == ST_OK);
	return status;
}

struct app_settings settings_of(struct settings_desk *desk)
{
	return (struct app_settings){.context = desk, .set = set};
}
