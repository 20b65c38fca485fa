/* The table of expected features: fifty lines, and every test that is named there exists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/files.h"

#define TABLE "tests/ui/features.txt"
#define FEATURES 50
#define REASON_MIN 40 /* bytes: an exception is explained */

static char *read_whole(const char *path)
{
	char *text = NULL;
	size_t n = 0;
	struct fail why = {.text = ""};
	if (file_read(path, 4u << 20, &text, &n, &why) != ST_OK)
		fail_msg("%s: %s", path, why.text);
	return text;
}

static char *trim(char *text)
{
	text += strspn(text, " ");
	for (size_t n = strlen(text); n > 0 && text[n - 1] == ' ';)
		text[--n] = '\0';
	return text;
}

/* "file: name": the file runs a test of that name; a script passes. */
static void check_test(int number, char *named)
{
	char pattern[160];
	char *colon = strchr(named, ':');
	if (colon == NULL)
		fail_msg("feature %d: \"%s\" is not of the form file: test", number, named);
	*colon = '\0';
	const char *test = trim(colon + 1);
	char *source = read_whole(trim(named));
	(void)snprintf(pattern, sizeof pattern, strcmp(test, "main") == 0   ? "int %s("
	                                        : strcmp(test, "pass") == 0 ? "\n%s \""
	                                                                    : "static void %s(void **state)",
	               test);
	if (strstr(source, pattern) == NULL)
		fail_msg("feature %d: %s has no test \"%s\"", number, trim(named), test);
	free(source);
}

static void check_line(int number, char *line)
{
	char *field[4], *rest = NULL, *named = NULL;
	size_t fields = 0;
	for (char *at = strtok_r(line, "|", &rest); at != NULL && fields < 4; at = strtok_r(NULL, "|", &rest))
		field[fields++] = trim(at);
	if (fields != 4)
		fail_msg("feature %d: %zu fields, not 4", number, fields);
	assert_int_equal(strtol(field[0], NULL, 10), number);
	if (strcmp(field[2], "-") == 0) {
		if (strlen(field[3]) < REASON_MIN)
			fail_msg("feature %d is missing without a reason", number);
		return;
	}
	for (char *at = strtok_r(field[2], ";", &named); at != NULL; at = strtok_r(NULL, ";", &named))
		check_test(number, at);
}

static void every_feature_has_its_test(void **state)
{
	char *text = read_whole(TABLE), *rest = NULL;
	int count = 0;
	(void)state;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		if (line[0] != '#')
			check_line(++count, line);
	assert_int_equal(count, FEATURES);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_feature_has_its_test)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
