/* Changing one setting in the configuration file: what else stands in it, comments first of all, stays as it is. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/plan/files.h"
#include "ui/config.h"
#include "ui/keymap.h"

#define LOCK_AFTER_MAX_S 86400

/* --- what it may be -------------------------------------------------------------------------------------- */

static enum status check_seconds(const char *value, struct fail *why)
{
	char *end = NULL;
	errno = 0;
	const unsigned long seconds = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || seconds > LOCK_AFTER_MAX_S)
		return fail_set(why, ST_INPUT, "value", "must be a whole number of seconds from 0 (never) to %d", LOCK_AFTER_MAX_S);
	return ST_OK;
}

static enum status check_words(const struct option_spec *option, const char *value, struct fail *why)
{
	const char *words = option->value == NULL ? "yes no" : option->words;
	const bool takes = option->value == NULL ? strcmp(value, "yes") == 0 || strcmp(value, "no") == 0
	                                         : words == NULL || option_takes_word(option, value);
	return takes ? ST_OK : fail_set(why, ST_INPUT, "value", "must be one of: %s", words);
}

/* Bindings are tried with the preset they will stand beside, and taken back. */
static enum status check_keys(const char *name, const char *value, struct fail *why)
{
	const bool is_preset = strcmp(name, "keys") == 0;
	const enum status status = keymap_apply(is_preset ? value : NULL, is_preset ? NULL : value, why);
	keymap_reset();
	return status;
}

static enum status config_check(const char *name, const char *value, struct fail *why)
{
	const struct option_spec *option = config_option(name);
	if (option == NULL)
		return fail_set(why, ST_INPUT, "setting", "'%.40s' is no setting of the configuration file", name);
	if (strlen(value) > CONFIG_VALUE_MAX || strpbrk(value, "\r\n") != NULL)
		return fail_set(why, ST_INPUT, "value", "must be one line of at most %d bytes", CONFIG_VALUE_MAX);
	if (strcmp(name, "bind") == 0 || strcmp(name, "keys") == 0) {
		const enum status status = check_words(option, value, why);
		return status == ST_OK ? check_keys(name, value, why) : status;
	}
	if (strcmp(name, "lock-after") == 0)
		return check_seconds(value, why);
	if ((strcmp(name, "home") == 0 || strcmp(name, "profiles") == 0) && !files_exists(value))
		return fail_set(why, ST_NOT_FOUND, "value", "there is no folder '%.200s'", value);
	return check_words(option, value, why);
}

/* --- lines ------------------------------------------------------------------------------------------------- */

/* Whether the line sets the name: its value, trimmed, into value. commented: "#name = ..." instead. */
static bool line_is(const char *line, size_t length, const char *name, bool commented, char *value, size_t size)
{
	const size_t n = strlen(name);
	size_t at = 0;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (commented && (at == length || line[at++] != '#'))
		return false;
	if (length - at < n || memcmp(line + at, name, n) != 0)
		return false;
	at += n;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (at == length || line[at++] != '=')
		return false;
	while (at < length && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (length > at && strchr(" \t\r", line[length - 1]) != NULL)
		length--;
	(void)snprintf(value, size, "%.*s", (int)(length - at), line + at);
	return true;
}

struct rewrite {
	const char *name, *value; /* value "": the setting is taken out */
	char *before;             /* what was set; "": nothing */
	size_t size;
	bool done;
	FILE *out;
};

static void put_setting(struct rewrite *r)
{
	if (!r->done && r->value[0] != '\0')
		fprintf(r->out, "%s = %s\n", r->name, r->value);
	r->done = true;
}

/* Lines that set it: the first is replaced, or all become comments. */
static void put_lines(struct rewrite *r, const char *text, bool after_comment)
{
	char value[CONFIG_VALUE_MAX + 1];
	while (*text != '\0') {
		const size_t length = strcspn(text, "\n");
		const bool sets = line_is(text, length, r->name, false, value, sizeof value);
		if (sets && r->before[0] == '\0')
			(void)snprintf(r->before, r->size, "%s", value);
		if (sets && r->value[0] != '\0' && !r->done)
			put_setting(r);
		else
			fprintf(r->out, "%s%.*s\n", sets ? "#" : "", (int)length, text);
		if (after_comment && !r->done && line_is(text, length, r->name, true, value, sizeof value))
			put_setting(r);
		text += length + (text[length] == '\n');
	}
}

static bool is_set(const char *text, const char *name)
{
	char value[CONFIG_VALUE_MAX + 1];
	while (*text != '\0') {
		const size_t length = strcspn(text, "\n");
		if (line_is(text, length, name, false, value, sizeof value))
			return true;
		text += length + (text[length] == '\n');
	}
	return false;
}

char *config_text_set(const char *text, const char *name, const char *value, char *before, size_t size)
{
	char *out = NULL;
	size_t length = 0;
	struct rewrite r = {.name = name, .value = value, .before = before, .size = size};
	before[0] = '\0';
	r.out = open_memstream(&out, &length);
	if (r.out == NULL)
		return NULL;
	put_lines(&r, text, !is_set(text, name));
	put_setting(&r);
	if (fclose(r.out) != 0) {
		free(out);
		return NULL;
	}
	return out;
}

/* --- the file ---------------------------------------------------------------------------------------------- */

static enum status io_fail(const char *path, const char *what, struct fail *why)
{
	return fail_set(why, ST_IO, path, "%s: %s", what, strerror(errno));
}

/* Beside it and renamed when complete; a link stays a link. */
static enum status write_file(const char *path, const char *text, struct fail *why)
{
	char real[PATH_MAX], fresh[PATH_MAX + 8];
	struct stat about;
	const bool there = realpath(path, real) != NULL && stat(real, &about) == 0;
	if (!there)
		(void)snprintf(real, sizeof real, "%s", path);
	(void)snprintf(fresh, sizeof fresh, "%s.new", real);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, there ? about.st_mode & 0777 : 0644);
	if (fd < 0)
		return io_fail(real, "cannot be written", why);
	const size_t n = strlen(text);
	bool good = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
	good = close(fd) == 0 && good;
	if (good && rename(fresh, real) == 0)
		return ST_OK;
	const enum status status = io_fail(real, "cannot be written; it is as it was", why);
	(void)unlink(fresh);
	return status;
}

static enum status make_folders(const char *path, struct fail *why)
{
	char folder[PATH_MAX];
	(void)snprintf(folder, sizeof folder, "%s", path);
	for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0755) != 0 && errno != EEXIST)
			return io_fail(folder, "cannot be made", why);
		*slash = '/';
	}
	return ST_OK;
}

/* A file that is not there begins as the one with every setting explained. */
static enum status read_or_begin(const char *path, char **text, struct fail *why)
{
	size_t length = 0;
	enum status status = file_read(path, CONFIG_BYTES_MAX, text, &length, why);
	if (status != ST_NOT_FOUND)
		return status;
	FILE *out = open_memstream(text, &length);
	if (out == NULL)
		return fail_set(why, ST_FULL, path, "no memory");
	config_print_default(out);
	if (fclose(out) != 0)
		return fail_set(why, ST_FULL, path, "no memory");
	return make_folders(path, why);
}

enum status config_set(const char *path, const char *name, const char *value, char *before, size_t size,
                       struct fail *why)
{
	char *text = NULL, *changed = NULL;
	before[0] = '\0';
	if (path[0] == '\0')
		return fail_set(why, ST_NOT_FOUND, "file", "there is no home folder for a configuration file: set HOME");
	enum status status = value[0] != '\0' ? config_check(name, value, why) : ST_OK;
	if (status == ST_OK)
		status = read_or_begin(path, &text, why);
	if (status == ST_OK && (changed = config_text_set(text, name, value, before, size)) == NULL)
		status = fail_set(why, ST_FULL, path, "no memory");
	if (status == ST_OK && strlen(changed) > CONFIG_BYTES_MAX)
		status = fail_set(why, ST_FULL, path, "would be larger than %d bytes", CONFIG_BYTES_MAX);
	if (status == ST_OK)
		status = write_file(path, changed, why);
	free(changed);
	free(text);
	return status;
}
