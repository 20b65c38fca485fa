/* The command line: what is understood, what is refused and how, where data are looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/cli.h"

#define WORDS_MAX 8

struct line {
	const char *words[WORDS_MAX];
};

static enum status parse(const struct line *line, struct cli_options *out, struct fail *why)
{
	char *argv[WORDS_MAX + 1] = {"lasertwin"};
	int argc = 1;
	for (; argc <= WORDS_MAX && line->words[argc - 1] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)line->words[argc - 1];
	return cli_parse(argc, argv, out, why);
}

static void commands_are_understood(void **state)
{
	(void)state;
	static const struct {
		struct line line;
		const char *command;
	} known[] = {
	        {{{NULL}}, ""},           {{{"demo"}}, "demo"},
	        {{{"case", "a.json"}}, "case"},  {{{"--version"}}, "version"},
	        {{{"add", "a.json"}}, "add"},    {{{"--home", "H", "add", "a"}}, "add"},
	        {{{"mc", "a.mci", "--json", "--photons", "9"}}, "mc"}, {{{"layers", "a.mci"}}, "layers"},
	        {{{"help"}}, "help"},              {{{"-h"}}, ""},
	        {{{"case", "--help"}}, "case"},
	        {{{"simulate", "a.json", "--json"}}, "simulate"},
	        {{{"threshold", "--ascii", "a.json"}}, "threshold"},
	        {{{"--ascii", "demo"}}, "demo"}, {{{"case", "--json", "a.json", "--strict"}}, "case"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct cli_options options;
		struct fail why;
		assert_int_equal(parse(&known[i].line, &options, &why), ST_OK);
		assert_string_equal(options.command->name, known[i].command);
	}
}

static void options_are_taken(void **state)
{
	(void)state;
	const struct line line = {
	        {"demo", "--ascii", "--color=never", "--plain", "--profiles", "P", "--home", "H"}};
	const struct line case_line = {{"case", "x.json", "--json", "--strict", "--utf8"}};
	struct cli_options options;
	struct fail why;
	assert_int_equal(parse(&line, &options, &why), ST_OK);
	assert_int_equal(options.term.charset, TERM_CHARSET_ASCII);
	assert_int_equal(options.term.color, TERM_COLOR_NEVER);
	assert_true(cli_flag(&options, "--plain") && !cli_flag(&options, "--json") && !cli_flag(&options, "--strict"));
	assert_string_equal(cli_value(&options, "--profiles"), "P");
	assert_string_equal(cli_value(&options, "--home"), "H");
	assert_int_equal(parse(&case_line, &options, &why), ST_OK);
	assert_true(cli_flag(&options, "--json") && cli_flag(&options, "--strict"));
	assert_int_equal(options.operands, 1);
	assert_string_equal(options.operand[0], "x.json");
	assert_int_equal(options.term.charset, TERM_CHARSET_UTF8);
}

/* Each refusal names the word it is about. */
static void the_rest_is_refused_by_name(void **state)
{
	(void)state;
	static const struct {
		struct line line;
		const char *field;
	} bad[] = {
	        {{{"frob"}}, "frob"},
	        {{{"--colour"}}, "--colour"},
	        {{{"--color=always"}}, "--color=always"},
	        {{{"case"}}, "case"},
	        {{{"case", "a", "b"}}, "b"},
	        {{{"add"}}, "add"},
	        {{{"add", "a", "b"}}, "b"},
	        {{{"add", "a", "--json"}}, "--json"},
	        {{{"mc"}}, "mc"},
	        {{{"layers"}}, "layers"},
	        {{{"mc", "a", "--strict"}}, "--strict"},
	        {{{"mc", "a", "--seed"}}, "--seed"},
	        {{{"layers", "a", "--photons", "9"}}, "--photons"},
	        {{{"case", "a", "--seed", "9"}}, "--seed"},
	        {{{"simulate"}}, "simulate"},
	        {{{"threshold"}}, "threshold"},
	        {{{"threshold", "a", "--strict"}}, "--strict"},
	        {{{"demo", "case"}}, "case"},
	        {{{"demo", "--json"}}, "--json"},
	        {{{"--strict"}}, "--strict"},
	        {{{"demo", "--home"}}, "--home"},
	        {{{"case", "-x"}}, "-x"},
	        {{{"case", "a", "--json=1"}}, "--json=1"},
	        {{{"--color", "sometimes"}}, "--color"},
	        {{{""}}, "\"\""},
        {{{"case", ""}}, "\"\""},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cli_options options;
		struct fail why = {.text = ""};
		assert_int_equal(parse(&bad[i].line, &options, &why), ST_INPUT);
		assert_string_equal(why.field, bad[i].field);
		assert_true(why.text[0] != '\0');
	}
}

static void failures_have_exit_codes(void **state)
{
	(void)state;
	const struct cli_options options = {.command = &commands[0]};
	const struct fail why = {.field = "test", .text = "an expected complaint of the test"};
	assert_int_equal(cli_complain(&options, ST_INPUT, &why), 2);
	assert_int_equal(cli_complain(&options, ST_RANGE, &why), 2);
	assert_int_equal(cli_complain(&options, ST_NOT_FOUND, &why), 2);
	assert_int_equal(cli_complain(&options, ST_IO, &why), 1);
	assert_int_equal(cli_complain(&options, ST_FULL, &why), 1);
}

static void places_follow_option_environment_default(void **state)
{
	(void)state;
	char path[512];
	const struct line home = {{"--home", "/a"}}, none = {{NULL}};
	struct cli_options options;
	struct fail why;
	assert_int_equal(parse(&home, &options, &why), ST_OK);
	cli_home(&options, path, sizeof path);
	assert_string_equal(path, "/a");
	assert_int_equal(parse(&none, &options, &why), ST_OK);
	setenv("LASERTWIN_HOME", "/b", 1);
	cli_home(&options, path, sizeof path);
	assert_string_equal(path, "/b");
	unsetenv("LASERTWIN_HOME");
	setenv("XDG_DATA_HOME", "/c", 1);
	cli_home(&options, path, sizeof path);
	assert_string_equal(path, "/c/lasertwin");
	unsetenv("XDG_DATA_HOME");
	setenv("HOME", "/d", 1);
	cli_home(&options, path, sizeof path);
	assert_string_equal(path, "/d/.local/share/lasertwin");
}

/* Run from the top of the tree: profiles exists here, and is not taken because it is here. */
static void profiles_are_not_those_of_the_current_folder(void **state)
{
	(void)state;
	char path[512];
	const struct line named = {{"--profiles", "profiles"}}, none = {{NULL}}, other = {{"--profiles", "tests"}};
	struct cli_options options;
	struct fail why = {.text = ""};
	assert_int_equal(parse(&named, &options, &why), ST_OK);
	assert_int_equal(cli_profiles(&options, path, sizeof path, &why), ST_OK);
	assert_string_equal(path, "profiles");
	setenv("LASERTWIN_PROFILES", "tests/../profiles", 1);
	assert_int_equal(parse(&none, &options, &why), ST_OK);
	assert_int_equal(cli_profiles(&options, path, sizeof path, &why), ST_OK);
	assert_string_equal(path, "tests/../profiles");
	/* named, but without profiles: refused, nothing else is tried */
	assert_int_equal(parse(&other, &options, &why), ST_OK);
	assert_int_equal(cli_profiles(&options, path, sizeof path, &why), ST_NOT_FOUND);
	assert_string_equal(why.field, "tests");
	assert_non_null(strstr(why.text, "--profiles"));
	unsetenv("LASERTWIN_PROFILES");
	assert_int_equal(parse(&none, &options, &why), ST_OK);
	if (cli_profiles(&options, path, sizeof path, &why) == ST_OK) { /* one is installed on this machine */
		assert_string_equal(path, LASERTWIN_DATADIR "/profiles");
		return;
	}
	assert_non_null(strstr(why.text, "tests/ui/profiles")); /* beside this very program */
	assert_non_null(strstr(why.text, LASERTWIN_DATADIR "/profiles"));
	assert_non_null(strstr(why.text, "LASERTWIN_PROFILES"));
}

/* A word in one table that the other does not have would be an option nobody can give. */
static void tables_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < commands_count; i++) {
		char list[256], *save = NULL;
		assert_non_null(commands[i].run);
		assert_true(commands[i].least <= commands[i].most && commands[i].most <= CLI_OPERANDS_MAX);
		assert_true(snprintf(list, sizeof list, "%s", commands[i].options) < (int)sizeof list);
		for (char *name = strtok_r(list, " ", &save); name != NULL; name = strtok_r(NULL, " ", &save)) {
			assert_non_null(option_find(name));
			assert_false(option_find(name)->everywhere);
		}
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(commands[i].name, commands[j].name);
	}
	for (size_t i = 0; i < options_count; i++) {
		bool taken = options_table[i].everywhere;
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(options_table[i].name, options_table[j].name);
		for (size_t j = 0; j < commands_count; j++)
			taken = taken || command_takes(&commands[j], &options_table[i]);
		assert_true(taken);
	}
}

static char *written(void (*write)(FILE *out))
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	assert_non_null(out);
	write(out);
	fclose(out);
	return text;
}

/* Help, manual page and completion name every command. */
static void every_command_is_told(void **state)
{
	(void)state;
	void (*const writers[])(FILE *) = {command_help, command_manual, command_completion};
	for (size_t w = 0; w < sizeof writers / sizeof *writers; w++) {
		char *text = written(writers[w]);
		for (size_t i = 0; i < commands_count; i++) {
			char word[64];
			(void)snprintf(word, sizeof word, "%.*s", (int)strcspn(commands[i].name, " "), commands[i].name);
			if (strstr(text, word) == NULL)
				fail_msg("%s is missing from text %zu", word, w);
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(commands_are_understood),
	        cmocka_unit_test(options_are_taken),
	        cmocka_unit_test(the_rest_is_refused_by_name),
	        cmocka_unit_test(tables_agree),
	        cmocka_unit_test(every_command_is_told),
	        cmocka_unit_test(failures_have_exit_codes),
	        cmocka_unit_test(places_follow_option_environment_default),
	        cmocka_unit_test(profiles_are_not_those_of_the_current_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
