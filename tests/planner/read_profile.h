/* Reads a file of profiles/safety for a test; the tests run from the top of the tree. */
#ifndef LASERTWIN_TEST_READ_PROFILE_H
#define LASERTWIN_TEST_READ_PROFILE_H

#define READ_PROFILE_MAX ((size_t)1 << 19)

static inline char *read_profile(const char *name, size_t *length)
{
	char path[256];
	snprintf(path, sizeof(path), "profiles/safety/%s", name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("cannot open %s; run from the top of the tree", path);
	char *text = malloc(READ_PROFILE_MAX);
	assert_non_null(text);
	*length = fread(text, 1, READ_PROFILE_MAX - 1, file);
	text[*length] = '\0';
	fclose(file);
	return text;
}

#endif
