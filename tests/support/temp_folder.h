/* A private folder that a test fills and throws away. */
#ifndef LASERTWIN_TESTS_TEMP_FOLDER_H
#define LASERTWIN_TESTS_TEMP_FOLDER_H

#include <limits.h>
#include <stddef.h>

#define TEMP_PATH_SIZE 512

/* Makes a folder under TMPDIR (or the system's); path has TEMP_PATH_SIZE bytes. Stops the test on failure. */
void temp_folder_make(char *path);
/* Removes the folder and everything in it. */
void temp_folder_remove(const char *path);

/* Whole files, small ones. read_file gives n bytes, to be freed. */
unsigned char *read_file(const char *path, size_t *n);
void write_file(const char *path, const void *bytes, size_t n);

#endif
