/* Every input that fuzzing found interesting goes through its parser again: what was mended stays mended. The targets are
 * those of `make fuzz` (tests/fuzz), each linked in under its own name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>

#include "physics/base/status.h"
#include "tests/support/temp_folder.h"

#define TARGETS(X) \
	X(approval) X(case) X(config) X(device) X(import) X(mci) X(reply) X(rules) X(simulate) X(store) X(twin)

#define DECLARE(name) int fuzz_##name(const uint8_t *bytes, size_t n);
TARGETS(DECLARE)

static void replay(const char *name, int (*target)(const uint8_t *bytes, size_t n))
{
	char folder[256], path[600];
	size_t count = 0, n;
	(void)snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name);
	DIR *files = opendir(folder);
	if (!files)
		fail_msg("%s is missing; run from the top of the tree", folder);
	for (struct dirent *file; (file = readdir(files)) != NULL;) {
		if (file->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
		unsigned char *bytes = read_file(path, &n);
		assert_int_equal(target(bytes, n), 0);
		free(bytes);
		count++;
	}
	closedir(files);
	assert_true(count > 0);
	print_message("%s: %zu inputs\n", name, count);
}

#define REPLAY(name) \
	static void corpus_of_##name(void **state) \
	{ \
		(void)state; \
		replay(#name, fuzz_##name); \
	}
TARGETS(REPLAY)

#define TEST(name) cmocka_unit_test(corpus_of_##name),

int main(void)
{
	const struct CMUnitTest tests[] = {TARGETS(TEST)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
