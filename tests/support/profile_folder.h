/* A private copy of the profiles that make up a library, for tests that change or break them. */
#ifndef LASERTWIN_TESTS_PROFILE_FOLDER_H
#define LASERTWIN_TESTS_PROFILE_FOLDER_H

#include "tests/support/temp_folder.h"

/* Copies devices, protocols, safety and demo of ./profiles into a new temporary folder; path has TEMP_PATH_SIZE
 * bytes; removed with temp_folder_remove. Stops the test on failure. */
void profile_folder_make(char *path);
/* path/name, in a static buffer that the next call overwrites. */
const char *profile_folder_file(const char *path, const char *name);
/* Replaces the first `from` in a file by `to`; stops the test when there is none. */
void profile_folder_edit(const char *path, const char *name, const char *from, const char *to);

#endif
