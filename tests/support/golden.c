#include "tests/support/golden.h"

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return NULL;
	size_t capacity = 1 << 20, length = 0;
	char *text = malloc(capacity);
	if (text != NULL) {
		length = fread(text, 1, capacity - 1, file);
		text[length] = '\0';
	}
	fclose(file);
	return text;
}

static bool write_all(const char *path, const char *text)
{
	FILE *file = fopen(path, "wb");
	if (file == NULL)
		return false;
	bool written = fputs(text, file) >= 0;
	return fclose(file) == 0 && written;
}

bool golden_compare(const char *path, const char *actual)
{
	const char *accept = getenv("LASERTWIN_ACCEPT");
	if (accept != NULL && accept[0] == '1')
		return write_all(path, actual);
	char *expected = read_all(path);
	bool same = expected != NULL && strcmp(expected, actual) == 0;
	if (!same)
		printf("%s differs (LASERTWIN_ACCEPT=1 renews it)\n--- expected\n%s--- actual\n%s", path,
		       expected != NULL ? expected : "(no file)\n", actual);
	free(expected);
	return same;
}
