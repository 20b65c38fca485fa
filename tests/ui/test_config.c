/* The configuration file: what it may say, what the command line overrides, and bad lines told by number and survived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/plan/files.h"

#include "tests/support/temp_folder.h"
#include "ui/config.h"

static char folder[TEMP_PATH_SIZE];

static int set_up(void **state)
{
	(void)state;
	temp_folder_make(folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	temp_folder_remove(folder);
	return 0;
}

struct outcome {
	struct cli_options options;
	char *kept, *said;
	int bad;
};

/* The file's text applied to `lasertwin WORD OPTION VALUE`. */
static void apply(const char *text, const char *word, const char *option, const char *value, struct outcome *out)
{
	char path[TEMP_PATH_SIZE + 16];
	const char *argv[] = {"lasertwin", word, option, value, NULL};
	int argc = word == NULL ? 1 : option == NULL ? 2 : value == NULL ? 3 : 4;
	struct fail why;
	size_t size = 0;
	(void)snprintf(path, sizeof path, "%s/config", folder);
	write_file(path, text, strlen(text));
	*out = (struct outcome){.bad = 0};
	assert_int_equal(cli_parse(argc, (char **)(uintptr_t)argv, &out->options, &why), ST_OK);
	FILE *warn = open_memstream(&out->said, &size);
	out->bad = config_apply(path, &out->options, &out->kept, warn);
	fclose(warn);
	cli_settle(&out->options);
}

static void outcome_free(struct outcome *o)
{
	free(o->kept);
	free(o->said);
}

static void lines_are_taken(void **state)
{
	(void)state;
	struct outcome o;
	apply("# comment\n\n  color = never \r\nascii=yes\ntheme = light\nhome=/a b\nlock-after = 60\nplain = no", NULL, NULL, NULL,
	      &o);
	assert_int_equal(o.bad, 0);
	assert_string_equal(o.said, "");
	assert_int_equal(o.options.term.color, TERM_COLOR_NEVER);
	assert_int_equal(o.options.term.charset, TERM_CHARSET_ASCII);
	assert_int_equal(o.options.term.theme, TERM_THEME_LIGHT);
	assert_string_equal(cli_value(&o.options, "--home"), "/a b");
	assert_string_equal(cli_value(&o.options, "--lock-after"), "60");
	assert_false(cli_flag(&o.options, "--plain"));
	outcome_free(&o);
}

static void the_command_line_goes_first(void **state)
{
	(void)state;
	struct outcome o;
	apply("theme = light\nascii = yes\n", "demo", "--theme", "contrast", &o);
	assert_int_equal(o.options.term.theme, TERM_THEME_CONTRAST);
	outcome_free(&o);
	apply("ascii = yes\n", "demo", "--utf8", NULL, &o);
	assert_int_equal(o.options.term.charset, TERM_CHARSET_UTF8);
	outcome_free(&o);
	apply("lock-after = 60\n", "version", NULL, NULL, &o); /* not an option of this command: no complaint */
	assert_int_equal(o.bad, 0);
	assert_null(cli_value(&o.options, "--lock-after"));
	outcome_free(&o);
}

static void bad_lines_are_told_and_survived(void **state)
{
	(void)state;
	static const char *const bad[] = {"colour = never", "color = sometimes", "ascii = 1",    "ascii",          "= x",
	                                  "home =",         "json = yes",        "help = yes",   "secret-file = x", "login = x",
	                                  "\x1b[2J = x",    "seed = 4"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[128];
		struct outcome o;
		(void)snprintf(text, sizeof text, "# first\n%s\ntheme = light\n", bad[i]);
		apply(text, NULL, NULL, NULL, &o);
		if (o.bad != 1 || strstr(o.said, "line 2") == NULL)
			fail_msg("\"%s\": %d bad, \"%s\"", bad[i], o.bad, o.said);
		assert_null(strchr(o.said, '\x1b'));
		assert_int_equal(o.options.term.theme, TERM_THEME_LIGHT);
		outcome_free(&o);
	}
}

static void no_file_is_no_fault(void **state)
{
	(void)state;
	struct cli_options options;
	struct fail why;
	char *kept = NULL, *argv[] = {(char[]){"lasertwin"}, NULL};
	assert_int_equal(cli_parse(1, argv, &options, &why), ST_OK);
	assert_int_equal(config_apply("/nonexistent/config", &options, &kept, stderr), 0);
	assert_int_equal(config_apply("", &options, &kept, stderr), 0);
	assert_null(kept);
}

/* The printed default changes nothing, and each of its lines is one that may stand. */
static void the_default_is_all_comment_and_valid(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	struct outcome o;
	FILE *f = open_memstream(&text, &size);
	config_print_default(f);
	fclose(f);
	apply(text, NULL, NULL, NULL, &o);
	assert_int_equal(o.bad, 0);
	for (size_t i = 0; i < options_count; i++)
		assert_null(o.options.value[i]);
	outcome_free(&o);
	assert_non_null(strstr(text, "#theme = NAME"));
	assert_null(strstr(text, "secret-file"));
	free(text);
}

static void places(void **state)
{
	(void)state;
	char path[512];
	setenv("XDG_CONFIG_HOME", "/c", 1);
	config_path(path, sizeof path);
	assert_string_equal(path, "/c/lasertwin/config");
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", "/d", 1);
	config_path(path, sizeof path);
	assert_string_equal(path, "/d/.config/lasertwin/config");
	unsetenv("HOME");
	config_path(path, sizeof path);
	assert_string_equal(path, "");
}

/* --- changing one setting ------------------------------------------------------------------------------------ */

/* Every other line stays, comments first of all; given back is what was set. */
static void one_line_is_changed(void **state)
{
	(void)state;
	static const struct {
		const char *text, *value, *after, *before;
	} rows[] = {
	        {"# mine\ntheme = dark\n# end\n", "light", "# mine\ntheme = light\n# end\n", "dark"},
	        {"  theme=dark  \r\nascii = yes\n", "light", "theme = light\nascii = yes\n", "dark"},
	        {"theme = dark\ntheme = light\n", "contrast", "theme = contrast\n#theme = light\n", "dark"},
	        {"# about it\n#theme = NAME\n\n# more\n", "light", "# about it\n#theme = NAME\ntheme = light\n\n# more\n", ""},
	        {"ascii = yes", "light", "ascii = yes\ntheme = light\n", ""},
	        {"", "light", "theme = light\n", ""},
	        {"# mine\ntheme = dark\n", "", "# mine\n#theme = dark\n", "dark"},
	        {"themes = dark\ntheme of mine\n", "light", "themes = dark\ntheme of mine\ntheme = light\n", ""},
	        {"ascii = yes\n", "", "ascii = yes\n", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char before[64];
		char *after = config_text_set(rows[i].text, "theme", rows[i].value, before, sizeof before);
		assert_string_equal(after, rows[i].after);
		assert_string_equal(before, rows[i].before);
		free(after);
	}
}

/* Made where it is not there, with every setting explained; a link stays a link; what is refused changes nothing. */
static void the_file_is_changed_whole(void **state)
{
	(void)state;
	char path[TEMP_PATH_SIZE + 32], link[TEMP_PATH_SIZE + 32], before[64];
	struct fail why = {.text = ""};
	struct outcome outcome;
	(void)snprintf(path, sizeof path, "%s/new/lasertwin/config", folder);
	(void)snprintf(link, sizeof link, "%s/linked", folder);
	assert_int_equal(config_set(path, "theme", "light", before, sizeof before, &why), ST_OK);
	assert_string_equal(before, "");
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(config_set(link, "lock-after", "300", before, sizeof before, &why), ST_OK);
	assert_int_equal(config_set(link, "theme", "contrast", before, sizeof before, &why), ST_OK);
	assert_string_equal(before, "light");
	static const struct {
		const char *name, *value, *says;
	} bad[] = {{"theme", "pink", "must be one of: dark light contrast"},
	           {"lock-after", "12,5", "whole number of seconds from 0 (never) to 86400"},
	           {"lock-after", "90000", "86400"},
	           {"mouse", "maybe", "must be one of: on off"},
	           {"ascii", "perhaps", "must be one of: yes no"},
	           {"bind", "fit=s", "would mean both"},
	           {"home", "/no/such/place", "there is no folder"},
	           {"theme", "light\nhome = /", "one line"},
	           {"secret-file", "x", "is no setting"}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_not_equal(config_set(link, bad[i].name, bad[i].value, before, sizeof before, &why), ST_OK);
		if (strstr(why.text, bad[i].says) == NULL)
			fail_msg("%s = %s: %s", bad[i].name, bad[i].value, why.text);
	}
	struct stat about;
	assert_int_equal(lstat(link, &about), 0);
	assert_true(S_ISLNK(about.st_mode));
	char *text = NULL;
	size_t length;
	assert_int_equal(file_read(path, CONFIG_BYTES_MAX, &text, &length, &why), ST_OK);
	apply(text, NULL, NULL, NULL, &outcome);
	assert_int_equal(outcome.bad, 0);
	assert_string_equal(cli_value(&outcome.options, "--theme"), "contrast");
	assert_string_equal(cli_value(&outcome.options, "--lock-after"), "300");
	assert_non_null(strstr(text, "# one of: dark light contrast\n"));
	outcome_free(&outcome);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_are_taken),
	        cmocka_unit_test(the_command_line_goes_first),
	        cmocka_unit_test(bad_lines_are_told_and_survived),
	        cmocka_unit_test(no_file_is_no_fault),
	        cmocka_unit_test(the_default_is_all_comment_and_valid),
	        cmocka_unit_test(places),
	        cmocka_unit_test(one_line_is_changed),
	        cmocka_unit_test(the_file_is_changed_whole),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
