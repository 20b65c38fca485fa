#include "ui/cli.h"

#include "planner/plan/library.h"

#include <assert.h>
#include <pwd.h>
#include <unistd.h>

#include "ui/text.h"

#define LINE_BYTES_MAX 8192
#define MS_PER_S 1000
#define NS_PER_MS 1000000

/* --- parsing ------------------------------------------------------------------------------------------ */

static size_t place_of(const struct option_spec *option)
{
	return (size_t)(option - options_table);
}

const char *cli_value(const struct cli_options *options, const char *name)
{
	const struct option_spec *option = option_find(name);
	assert(option != NULL);
	return options->value[place_of(option)];
}

bool cli_flag(const struct cli_options *options, const char *name)
{
	return cli_value(options, name) != NULL;
}

bool cli_ascii(const struct cli_options *options)
{
	return !term_charset_utf8(options->term.charset);
}

enum status cli_whole_number(const struct cli_options *options, const char *name, double least, double most,
                             uint64_t *out, struct fail *why)
{
	const char *text = cli_value(options, name);
	char *end;
	if (text == NULL)
		return ST_OK;
	double value = strtod(text, &end);
	if (end == text || *end != '\0' || !(value >= least && value <= most) || value != floor(value))
		return fail_set(why, ST_INPUT, name, "\"%.40s\"; a whole number from %g to %g belongs here", text, least,
		                most);
	*out = (uint64_t)value;
	return ST_OK;
}

/* "--color=never" or "--color never": finds the option and what stands behind it. */
static enum status take_option(const char *argument, const char *next, int *used, struct cli_options *out,
                               struct fail *why)
{
	char name[64];
	const char *equals = strchr(argument, '='), *value = "";
	int length = equals != NULL ? (int)(equals - argument) : (int)strlen(argument);
	(void)snprintf(name, sizeof name, "%.*s", length, argument);
	const struct option_spec *option = option_find(strcmp(name, "-h") == 0 ? "--help" : name);
	if (option == NULL || (option->value == NULL && equals != NULL))
		return fail_set(why, ST_INPUT, argument, "is not understood here; `lasertwin --help` lists what is");
	*used = option->value != NULL && equals == NULL ? 2 : 1;
	if (option->value != NULL)
		value = equals != NULL ? equals + 1 : next;
	if (value == NULL)
		return fail_set(why, ST_INPUT, argument, "needs %s after it", option->value);
	if (option->words != NULL && !option_takes_word(option, value))
		return fail_set(why, ST_INPUT, argument, "takes one of: %s", option->words);
	out->value[place_of(option)] = value;
	return ST_OK;
}

static enum status take_operand(const char *word, struct cli_options *out, struct fail *why)
{
	if (out->operands >= out->command->most)
		return fail_set(why, ST_INPUT, word, "is not understood here; `lasertwin --help` lists what is");
	out->operand[out->operands++] = word;
	return ST_OK;
}

static enum status check_together(const struct cli_options *options, struct fail *why)
{
	char usage[512];
	const struct command *command = options->command;
	for (size_t i = 0; i < options_count; i++)
		if (options->value[i] != NULL && !command_takes(command, &options_table[i]))
			return fail_set(why, ST_INPUT, options_table[i].name, "does not go with `lasertwin%s%s`",
			                command->name[0] != '\0' ? " " : "", command->name);
	command_usage(command, usage, sizeof usage);
	if (options->operands < command->least && !cli_flag(options, "--help"))
		return fail_set(why, ST_INPUT, command->name, "which %s? usage: %s", command->operands, usage);
	return ST_OK;
}

/* The first words that are no options name the command, the rest are its operands. */
static enum status take_word(const char *word, const char *next, int *used, struct cli_options *out,
                             struct fail *why)
{
	char family[512];
	*used = 1;
	if (word[0] == '\0')
		return fail_set(why, ST_INPUT, "\"\"", "is an empty word; name the command or the file (an unset variable?)");
	if (out->command != NULL)
		return take_operand(word, out, why);
	out->command = command_find(word, next, used);
	if (out->command == NULL && command_family(word, family, sizeof family))
		return fail_set(why, ST_INPUT, word, "needs one of these after it: %s", family);
	if (out->command == NULL)
		return fail_set(why, ST_INPUT, word, "is not understood here; `lasertwin --help` lists what is");
	return ST_OK;
}

void cli_settle(struct cli_options *options)
{
	static const char *const themes[TERM_THEMES] = {"dark", "light", "contrast"};
	const char *color = cli_value(options, "--color"), *theme = cli_value(options, "--theme");
	for (int t = 0; t < TERM_THEMES && theme != NULL; t++)
		if (strcmp(theme, themes[t]) == 0)
			options->term.theme = (enum term_theme)t;
	if (cli_flag(options, "--ascii"))
		options->term.charset = TERM_CHARSET_ASCII;
	else if (cli_flag(options, "--utf8"))
		options->term.charset = TERM_CHARSET_UTF8;
	const char *plots = cli_value(options, "--plots"), *kind = getenv("TERM");
	/* the console's own fonts have half blocks and no braille */
	options->term.blocks = plots != NULL ? strcmp(plots, "blocks") == 0 : kind != NULL && strcmp(kind, "linux") == 0;
	const char *mouse = cli_value(options, "--mouse");
	options->term.mouse = mouse == NULL || strcmp(mouse, "on") == 0;
	if (color != NULL && strcmp(color, "never") == 0)
		options->term.color = TERM_COLOR_NEVER;
}

enum status cli_parse(int argc, char **argv, struct cli_options *out, struct fail *why)
{
	assert(options_count <= CLI_OPTIONS_MAX);
	*out = (struct cli_options){.command = NULL};
	enum status status = ST_OK;
	for (int i = 1, used = 1; i < argc && status == ST_OK; i += used) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		if (strcmp(argv[i], "--version") == 0)
			status = take_word("version", NULL, &used, out, why);
		else if (argv[i][0] == '-' && (argv[i][1] != '\0' || out->command == NULL)) /* alone: standard input */
			status = take_option(argv[i], next, &used, out, why);
		else
			status = take_word(argv[i], next, &used, out, why);
	}
	if (status != ST_OK)
		return status;
	if (out->command == NULL)
		out->command = &commands[0];
	cli_settle(out);
	return check_together(out, why);
}

int cli_run(const struct cli_options *options)
{
	if (!cli_flag(options, "--help"))
		return options->command->run(options);
	if (options->command == &commands[0])
		command_help(stdout);
	else
		command_help_one(options->command, stdout);
	return 0;
}

/* --- places and time ---------------------------------------------------------------------------------- */

static const char *environment(const char *name)
{
	const char *value = getenv(name);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* profiles beside the running program; empty where that cannot be told. */
static void beside_program(char *out, size_t capacity)
{
	char program[CLI_PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	out[0] = '\0';
	if (length <= 0)
		return;
	program[length] = '\0';
	char *slash = strrchr(program, '/');
	if (slash != NULL)
		*slash = '\0';
	snprintf(out, capacity, "%s/profiles", program);
}

static bool holds_profiles(const char *folder)
{
	char rules[CLI_PATH_MAX + 32];
	int used = snprintf(rules, sizeof rules, "%s/safety/rules.json", folder);
	return used < (int)sizeof rules && access(rules, R_OK) == 0;
}

enum status cli_profiles(const struct cli_options *options, char *out, size_t capacity, struct fail *why)
{
	static const char installed[] = LASERTWIN_DATADIR "/profiles";
	const char *option = cli_value(options, "--profiles");
	const char *named = option != NULL ? option : environment("LASERTWIN_PROFILES");
	char beside[CLI_PATH_MAX + 16];
	if (named != NULL && holds_profiles(named)) {
		snprintf(out, capacity, "%s", named);
		return ST_OK;
	}
	if (named != NULL)
		return fail_set(why, ST_NOT_FOUND, named,
		                "holds no profiles (safety/rules.json cannot be read); %s names it",
		                option != NULL ? "--profiles" : "LASERTWIN_PROFILES");
	beside_program(beside, sizeof beside);
	if (!holds_profiles(beside) && !holds_profiles(installed))
		return fail_set(why, ST_NOT_FOUND, "profiles",
		                "found neither in %s nor in %s; name the folder with --profiles DIR or "
		                "LASERTWIN_PROFILES",
		                beside[0] != '\0' ? beside : "the program's folder", installed);
	snprintf(out, capacity, "%s", holds_profiles(beside) ? beside : installed);
	return ST_OK;
}

/* Where HOME is not set (a timer, a stripped environment): records never lie where one happens to stand. */
static const char *own_folder(void)
{
	const struct passwd *entry = getpwuid(getuid());
	return entry != NULL && entry->pw_dir != NULL && entry->pw_dir[0] == '/' ? entry->pw_dir : "/nonexistent";
}

void cli_home(const struct cli_options *options, char *out, size_t capacity)
{
	const char *option = cli_value(options, "--home");
	const char *named = option != NULL ? option : environment("LASERTWIN_HOME");
	const char *data = environment("XDG_DATA_HOME"), *user = environment("HOME");
	if (named != NULL)
		snprintf(out, capacity, "%s", named);
	else if (data != NULL)
		snprintf(out, capacity, "%s/lasertwin", data);
	else
		snprintf(out, capacity, "%s/.local/share/lasertwin", user != NULL ? user : own_folder());
}

enum status cli_library(const struct cli_options *options, struct library **out, struct fail *why)
{
	char profiles[CLI_PATH_MAX], home[CLI_PATH_MAX], own[CLI_PATH_MAX + 16];
	*out = NULL;
	enum status status = cli_profiles(options, profiles, sizeof profiles, why);
	if (status != ST_OK)
		return status;
	cli_home(options, home, sizeof home);
	snprintf(own, sizeof own, "%s/clinic", home);
	return library_load_for_clinic(profiles, own, out, why);
}

int64_t cli_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* --- printing ----------------------------------------------------------------------------------------- */

int cli_exit_code(enum status status)
{
	switch (status) {
	case ST_OK:
		return 0;
	case ST_INPUT:
	case ST_RANGE:
	case ST_NOT_FOUND:
		return EXIT_BAD_INPUT;
	default:
		return EXIT_NOT_DONE;
	}
}

/* One line, cleaned, in the characters the terminal or file is to have. */
static void print_line(FILE *out, bool ascii, const char *line, size_t length)
{
	char clean[LINE_BYTES_MAX], plain[LINE_BYTES_MAX];
	text_clean(clean, sizeof clean, line, length);
	if (ascii)
		text_to_ascii(plain, sizeof plain, clean);
	fprintf(out, "%s\n", ascii ? plain : clean);
}

void cli_print(FILE *out, bool ascii, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		print_line(out, ascii, text, length);
		text += length + (text[length] == '\n');
	}
}

/* What JSON needs escaped besides control characters, which no line is printed with. */
static const char *escaped(const char *text, char *out)
{
	char *to = out;
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '\0';
	return out;
}

int cli_complain(const struct cli_options *options, enum status status, const struct fail *why)
{
	char line[2 * FAIL_FIELD_MAX + 2 * FAIL_TEXT_MAX + 128];
	char field[2 * FAIL_FIELD_MAX], text[2 * FAIL_TEXT_MAX];
	const int code = cli_exit_code(status);
	int used = cli_flag(options, "--json")
	                   ? snprintf(line, sizeof line,
	                              "{\"error\": {\"kind\": \"%s\", \"exit\": %d, \"field\": \"%s\", \"text\": \"%s\"}}",
	                              status_name(status), code, escaped(why->field, field), escaped(why->text, text))
	                   : snprintf(line, sizeof line, "lasertwin: %s%s%s", why->field,
	                              why->field[0] != '\0' ? ": " : "", why->text);
	print_line(stderr, cli_ascii(options), line, (size_t)used);
	return code;
}
