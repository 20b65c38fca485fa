/* Sheets as files, by the suffix of their name. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/report/sheet.h"

typedef enum status write_text(const struct sheet *sheet, char **out, struct fail *why);

static const struct {
	const char *suffix;
	write_text *write; /* NULL: PDF, which writes its file itself */
} forms[] = {{".pdf", NULL}, {".txt", sheet_write_text}, {".csv", sheet_write_csv}, {".json", sheet_write_json}};

static bool ends_in(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);
	return n > m && strcmp(path + n - m, suffix) == 0;
}

static enum status put(const char *path, const char *text, bool replace, struct fail *why)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL);
	int fd = open(path, flags, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return errno == EEXIST
		               ? fail_set(why, ST_CONFLICT, path, "is there already; name another file or give --force")
		               : fail_set(why, ST_IO, path, "cannot be written: %s", strerror(errno));
	size_t n = strlen(text);
	bool whole = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
	if (close(fd) == 0 && whole)
		return ST_OK;
	(void)unlink(path);
	return fail_set(why, errno == ENOSPC ? ST_FULL : ST_IO, path, "was not written whole: %s", strerror(errno));
}

enum status sheet_save(const struct sheet *sheet, const char *path, bool replace, struct fail *why)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char *text = NULL;
		if (!ends_in(path, forms[i].suffix))
			continue;
		if (forms[i].write == NULL)
			return sheet_write_pdf(sheet, path, replace, why);
		enum status status = forms[i].write(sheet, &text, why);
		if (status == ST_OK)
			status = put(path, text, replace, why);
		free(text);
		return status;
	}
	return fail_set(why, ST_INPUT, path, "ends neither in .pdf nor .txt, .csv or .json, so its form is not known");
}
