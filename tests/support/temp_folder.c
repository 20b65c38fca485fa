/* Private folders and whole files for tests. */
#include "tests/support/temp_folder.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "physics/base/status.h"

enum { OPEN_FOLDERS = 16 };

void temp_folder_make(char *path)
{
	const char *base = getenv("TMPDIR");
	(void)snprintf(path, TEMP_PATH_SIZE, "%s/lasertwin-test-XXXXXX", base && *base ? base : P_tmpdir);
	BUG_ON(!mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
	(void)about;
	(void)type;
	(void)where;
	return remove(path);
}

void temp_folder_remove(const char *path)
{
	(void)nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

unsigned char *read_file(const char *path, size_t *n)
{
	struct stat about;
	FILE *file = fopen(path, "rb");
	BUG_ON(!file || fstat(fileno(file), &about) != 0);
	*n = (size_t)about.st_size;
	unsigned char *bytes = malloc(*n + 1);
	BUG_ON(!bytes || fread(bytes, 1, *n, file) != *n);
	(void)fclose(file);
	bytes[*n] = 0;
	return bytes;
}

void write_file(const char *path, const void *bytes, size_t n)
{
	FILE *file = fopen(path, "wb");
	BUG_ON(!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0);
}
