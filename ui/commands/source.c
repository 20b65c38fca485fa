/* Files that researchers' commands read, or standard input under the name "-". */
#include <errno.h>

#include "planner/plan/files.h"
#include "ui/commands/commands.h"

enum status cli_read_source(const char *path, size_t max_bytes, char **bytes, size_t *length, struct fail *why)
{
	if (strcmp(path, "-") != 0)
		return file_read(path, max_bytes, bytes, length, why);
	char *text = malloc(max_bytes + 2);
	if (text == NULL)
		return fail_set(why, ST_FULL, "standard input", "no memory for %zu bytes", max_bytes);
	errno = 0;
	*length = fread(text, 1, max_bytes + 1, stdin);
	enum status status = ST_OK;
	if (ferror(stdin) != 0)
		status = fail_set(why, ST_IO, "standard input", "cannot be read: %s", strerror(errno));
	else if (*length > max_bytes)
		status = fail_set(why, ST_INPUT, "standard input", "larger than the %zu bytes allowed; this is not such a file",
		                  max_bytes);
	if (status != ST_OK) {
		free(text);
		return status;
	}
	text[*length] = '\0';
	*bytes = text;
	return ST_OK;
}

const char *cli_source_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : cli_last_part(path);
}
