/* Profiles for tests to break. */
#include "tests/support/profile_folder.h"

#include <sys/stat.h>

#include "planner/plan/files.h"

const char *profile_folder_file(const char *path, const char *name)
{
	static char joined[2 * TEMP_PATH_SIZE];
	int used = snprintf(joined, sizeof joined, "%s/%s", path, name);
	BUG_ON(used < 0 || used >= (int)sizeof joined);
	return joined;
}

static void copy_folder(const char *path, const char *folder)
{
	char from[TEMP_PATH_SIZE], name[TEMP_PATH_SIZE];
	struct files_list list;
	(void)snprintf(from, sizeof from, "profiles/%s", folder);
	BUG_ON(mkdir(profile_folder_file(path, folder), 0700) != 0);
	BUG_ON(files_list(from, ".json", &list, NULL) != ST_OK);
	for (size_t i = 0; i < list.count; i++) {
		size_t length;
		unsigned char *bytes;
		(void)snprintf(name, sizeof name, "%s/%s", folder, list.name[i]);
		bytes = read_file(profile_folder_file("profiles", name), &length);
		write_file(profile_folder_file(path, name), bytes, length);
		free(bytes);
	}
	files_list_free(&list);
}

void profile_folder_make(char *path)
{
	static const char *const folders[] = {"devices", "protocols", "safety", "demo"};
	temp_folder_make(path);
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		copy_folder(path, folders[i]);
}

void profile_folder_edit(const char *path, const char *name, const char *from, const char *to)
{
	size_t length, cut = strlen(from), put = strlen(to);
	char *bytes = (char *)read_file(profile_folder_file(path, name), &length);
	char *at = strstr(bytes, from), *edited = malloc(length + put + 1);
	BUG_ON(!at || !edited);
	size_t before = (size_t)(at - bytes), after = length - before - cut;
	memcpy(edited, bytes, before);
	memcpy(edited + before, to, put);
	memcpy(edited + before + put, at + cut, after);
	write_file(profile_folder_file(path, name), edited, before + put + after);
	free(edited);
	free(bytes);
}
