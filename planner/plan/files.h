/* Reading files whole, with a named maximum, and folders. The planner's only door to the file system apart from the
 * store. */
#ifndef LASERTWIN_FILES_H
#define LASERTWIN_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"

#define FILES_LIST_MAX 256

/* *bytes is malloc'ed and NUL-terminated beyond *length; the caller frees it. ST_NOT_FOUND, ST_IO, ST_INPUT
 * when larger than max_bytes or not a regular file. */
enum status file_read(const char *path, size_t max_bytes, char **bytes, size_t *length,
                      struct fail *why) MUST_CHECK;

bool files_exists(const char *path); /* a file or folder of that name */

/* The folder and those above it, where they are missing, for their owner only. */
enum status files_make_folder(const char *path, struct fail *why) MUST_CHECK;

/* Names in a folder that end in suffix, sorted bytewise; at most FILES_LIST_MAX. Hidden names (an editor's lock,
 * a copying tool's shadow) are not among them. Freed by files_list_free. */
struct files_list {
	size_t count;
	char *name[FILES_LIST_MAX];
};
enum status files_list(const char *folder, const char *suffix, struct files_list *out,
                       struct fail *why) MUST_CHECK;
void files_list_free(struct files_list *list);

#endif
