#include "ui/config.h"

#include <strings.h>

#include "planner/plan/files.h"
#include "ui/keymap.h"

#define LINE_MAX_BYTES 1024

/* What every command or the planner takes, and no word that only makes sense for one run. */
bool config_takes(const struct option_spec *option)
{
	static const char *const not_here[] = {"--help", "--secret-file", "--login"};
	for (size_t i = 0; i < sizeof not_here / sizeof *not_here; i++)
		if (strcmp(option->name, not_here[i]) == 0)
			return false;
	return command_takes(&commands[0], option);
}

/* The command line has said the opposite. */
static bool contradicted(const struct cli_options *options, const struct option_spec *option)
{
	static const char *const opposite[][2] = {{"--ascii", "--utf8"}, {"--utf8", "--ascii"}};
	for (size_t i = 0; i < sizeof opposite / sizeof *opposite; i++)
		if (strcmp(option->name, opposite[i][0]) == 0 && cli_flag(options, opposite[i][1]))
			return true;
	return false;
}

void config_path(char *out, size_t capacity)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	out[0] = '\0';
	if (base != NULL && base[0] == '/')
		(void)snprintf(out, capacity, "%s/lasertwin/config", base);
	else if (home != NULL && home[0] == '/')
		(void)snprintf(out, capacity, "%s/.config/lasertwin/config", home);
}

/* --- lines --------------------------------------------------------------------------------------------- */

static char *trim(char *text)
{
	text += strspn(text, " \t\r");
	size_t n = strlen(text);
	while (n > 0 && strchr(" \t\r", text[n - 1]) != NULL)
		text[--n] = '\0';
	return text;
}

const struct option_spec *config_option(const char *name)
{
	char full[64];
	if (snprintf(full, sizeof full, "--%s", name) >= (int)sizeof full)
		return NULL;
	const struct option_spec *option = option_find(full);
	return option != NULL && config_takes(option) ? option : NULL;
}

static bool truth(const char *word, bool *out)
{
	*out = strcasecmp(word, "yes") == 0;
	return *out || strcasecmp(word, "no") == 0;
}

/* Bindings alone; with a preset they are looked at again when the planner starts. */
static const char *check_bindings(const char *bindings)
{
	static char wrong[FAIL_TEXT_MAX];
	struct fail why = {.text = ""};
	enum status status = keymap_apply(NULL, bindings, &why);
	keymap_reset();
	(void)snprintf(wrong, sizeof wrong, "%s", why.text);
	return status == ST_OK ? NULL : wrong;
}

/* NULL: taken; else what is wrong with the line. */
static const char *take_line(char *line, struct cli_options *options)
{
	char *equals = strchr(line, '=');
	bool wanted = true;
	if (equals == NULL)
		return "is not of the form name = value";
	*equals = '\0';
	const struct option_spec *option = config_option(trim(line));
	char *value = trim(equals + 1);
	if (option == NULL)
		return "names no option that can stand here; `lasertwin config` lists them";
	if (option->value == NULL && !truth(value, &wanted))
		return "takes yes or no";
	if (option->value != NULL && value[0] == '\0')
		return "has no value";
	if (option->words != NULL && !option_takes_word(option, value))
		return "has a value that is not one of its words; `lasertwin config` lists them";
	const char *wrong = strcmp(option->name, "--bind") == 0 ? check_bindings(value) : NULL;
	if (wrong != NULL)
		return wrong;
	const char **place = &options->value[option - options_table];
	if (*place == NULL && wanted && command_takes(options->command, option) && !contradicted(options, option))
		*place = option->value != NULL ? value : "";
	return NULL;
}

int config_apply(const char *path, struct cli_options *options, char **kept, FILE *warn)
{
	size_t length = 0;
	int bad = 0, number = 0;
	struct fail why;
	*kept = NULL;
	if (path[0] == '\0' || file_read(path, CONFIG_BYTES_MAX, kept, &length, &why) != ST_OK) {
		if (path[0] != '\0' && why.code != ST_NOT_FOUND && warn != NULL)
			fprintf(warn, "lasertwin: %s: %s; it is left out\n", path, why.text);
		return 0;
	}
	for (char *line = *kept, *next; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		number++;
		char *text = trim(line);
		const char *wrong = text[0] == '\0' || text[0] == '#' ? NULL : take_line(text, options);
		if (wrong != NULL && warn != NULL)
			fprintf(warn, "lasertwin: %s, line %d: %s; it is passed over\n", path, number, wrong);
		bad += wrong != NULL;
	}
	return bad;
}

/* --- the default file ---------------------------------------------------------------------------------- */

/* The actions that can be given keys, folded. */
static void print_words(FILE *out)
{
	char word[64];
	int column = fprintf(out, "# actions:");
	for (size_t i = 0; i < action_count(); i++) {
		keymap_word(action_at(i)->id, word, sizeof word);
		if (column + (int)strlen(word) > 76)
			column = fprintf(out, "\n#  ") - 1;
		column += fprintf(out, " %s", word);
	}
	fputc('\n', out);
}

void config_print_default(FILE *out)
{
	char path[CLI_PATH_MAX];
	config_path(path, sizeof path);
	fprintf(out, "# lasertwin: defaults for every command. Looked for in %s\n"
	             "# Take the # away from a line to use it; the command line goes before this file.\n",
	        path[0] != '\0' ? path : "$XDG_CONFIG_HOME/lasertwin/config");
	for (size_t i = 0; i < options_count; i++) {
		const struct option_spec *option = &options_table[i];
		if (!config_takes(option))
			continue;
		fprintf(out, "\n# %s\n", option->help);
		if (option->words != NULL)
			fprintf(out, "# one of: %s\n", option->words);
		if (strcmp(option->name, "--bind") == 0)
			print_words(out);
		fprintf(out, "#%s = %s\n", option->name + 2, option->value == NULL ? "no" : option->value);
	}
}
