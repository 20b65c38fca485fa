/* Whole-file reads and folder listings. */
#include "planner/plan/files.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static enum status io_fail(const char *path, struct fail *why)
{
	enum status code = errno == ENOENT ? ST_NOT_FOUND : ST_IO;
	return fail_set(why, code, path, "cannot be read: %s", strerror(errno));
}

bool files_exists(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 || errno != ENOENT; /* what cannot be looked at is there: reading says why not */
}

/* One byte more than expected is asked for, so that the end is seen; a file that has grown since is read on. What is
 * freed is wiped, so a block as large as the limit would cost more than the file. */
static enum status read_stream(FILE *stream, const char *path, size_t expected, size_t max_bytes, char **bytes,
                               size_t *length, struct fail *why)
{
	size_t room = expected < max_bytes ? expected + 1 : max_bytes + 1;
	char *buffer = malloc(room + 1);
	if (!buffer)
		return fail_set(why, ST_FULL, path, "out of memory");
	size_t got = fread(buffer, 1, room, stream);
	if (got == room && room <= max_bytes) {
		char *larger = realloc(buffer, max_bytes + 2);
		if (!larger) {
			free(buffer);
			return fail_set(why, ST_FULL, path, "out of memory");
		}
		buffer = larger;
		got += fread(buffer + got, 1, max_bytes + 1 - got, stream);
	}
	if (ferror(stream)) {
		free(buffer);
		return io_fail(path, why);
	}
	if (got > max_bytes) {
		free(buffer);
		return fail_set(why, ST_INPUT, path, "larger than the %zu bytes allowed; this is not such a file",
		                max_bytes);
	}
	buffer[got] = '\0';
	*bytes = buffer;
	*length = got;
	return ST_OK;
}

enum status file_read(const char *path, size_t max_bytes, char **bytes, size_t *length, struct fail *why)
{
	struct stat info;
	if (stat(path, &info) != 0)
		return io_fail(path, why);
	if (!S_ISREG(info.st_mode))
		return fail_set(why, ST_INPUT, path, "is not a regular file");
	FILE *stream = fopen(path, "rb");
	if (!stream)
		return io_fail(path, why);
	enum status st = read_stream(stream, path, (size_t)info.st_size, max_bytes, bytes, length, why);
	(void)fclose(stream);
	return st;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);
	return n > s && strcmp(name + n - s, suffix) == 0;
}

enum status files_list(const char *folder, const char *suffix, struct files_list *out, struct fail *why)
{
	enum status st = ST_OK;
	out->count = 0;
	DIR *dir = opendir(folder);
	if (!dir)
		return io_fail(folder, why);
	for (struct dirent *entry = readdir(dir); entry && !st; entry = readdir(dir)) {
		if (entry->d_name[0] == '.' || !ends_in(entry->d_name, suffix))
			continue;
		if (out->count == FILES_LIST_MAX)
			st = fail_set(why, ST_FULL, folder, "more than %d files", FILES_LIST_MAX);
		else if (!(out->name[out->count] = strdup(entry->d_name)))
			st = fail_set(why, ST_FULL, folder, "out of memory");
		else
			out->count++;
	}
	(void)closedir(dir);
	if (st)
		files_list_free(out);
	else
		qsort(out->name, out->count, sizeof out->name[0], by_name);
	return st;
}

void files_list_free(struct files_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->name[i]);
	list->count = 0;
}

enum status files_make_folder(const char *path, struct fail *why)
{
	char part[1024];
	size_t n = strlen(path);
	if (n == 0 || n >= sizeof part)
		return fail_set(why, ST_INPUT, path, "is not a usable folder name");
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return fail_set(why, ST_IO, part, "cannot be made: %s; choose another folder with --home", strerror(errno));
		part[i] = path[i];
	}
	return ST_OK;
}
