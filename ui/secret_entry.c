/* Secrets from the terminal or from a file. */
#include "ui/secret_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "planner/store/vault.h"

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

bool terminal_is_there(void)
{
	int fd = open_terminal();
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static enum status no_terminal(struct fail *why)
{
	return fail_set(why, ST_IO, "secret",
	                "there is no terminal to ask on: name its file with --secret-file FILE (and --login NAME)");
}

#define INTERRUPT 3 /* Ctrl-C */

/* Up to a line end or Ctrl-C, which stays in it. False when it ended before, or is too long. */
static bool read_line(int fd, char *out, size_t size)
{
	size_t n = 0;
	char c = 0;
	for (;;) {
		ssize_t got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || c == '\n' || c == '\r' || n + 1 >= size)
			break;
		out[n++] = c;
		if (c == INTERRUPT)
			break;
	}
	out[n] = '\0';
	return c == '\n' || c == '\r';
}

static void say(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));
	(void)n;
}

/* The terminal is put back whatever happens in between: keys that would end the program are held off. Ctrl-C is no
 * signal then but the end of a line, so that it is heard at once. */
static enum status ask_once(int fd, const char *prompt, char *out, size_t size, bool echo, struct fail *why)
{
	struct termios before, silent;
	sigset_t held, old;
	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGTERM);
	(void)sigaddset(&held, SIGHUP);
	if (tcgetattr(fd, &before) != 0)
		return no_terminal(why);
	silent = before;
	silent.c_lflag &= (tcflag_t) ~(echo ? ISIG : ECHO | ISIG);
	silent.c_cc[VEOL] = INTERRUPT;
	(void)sigprocmask(SIG_BLOCK, &held, &old);
	(void)tcsetattr(fd, TCSAFLUSH, &silent);
	say(fd, prompt);
	bool whole = read_line(fd, out, size);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	const bool interrupted = strchr(out, INTERRUPT) != NULL;
	if (!echo || interrupted)
		say(fd, "\n");
	if (interrupted)
		return fail_set(why, ST_CANCELLED, "secret", "was not given: nothing was done");
	return whole ? ST_OK : fail_set(why, ST_INPUT, "secret", "is too long or was not ended: try again");
}

enum status line_ask(const char *prompt, char *out, size_t size, struct fail *why)
{
	int fd = open_terminal();
	if (fd < 0)
		return no_terminal(why);
	enum status status = ask_once(fd, prompt, out, size, true, why);
	(void)close(fd);
	return status;
}

static enum status entry_new(struct secret_entry *entry, struct fail *why)
{
	entry->bytes = vault_alloc(STORE_SECRET_MAX + 2);
	entry->secret = (struct secret){entry->bytes, 0};
	return entry->bytes != NULL ? ST_OK : fail_set(why, ST_FULL, "", "memory is exhausted");
}

void secret_clear(struct secret_entry *entry)
{
	vault_free(entry->bytes);
	*entry = (struct secret_entry){NULL, {NULL, 0}};
}

static enum status ask_again(int fd, const struct secret_entry *first, struct fail *why)
{
	struct secret_entry second;
	enum status status = entry_new(&second, why);
	if (status == ST_OK)
		status = ask_once(fd, "The same again: ", second.bytes, STORE_SECRET_MAX + 2, false, why);
	if (status == ST_OK && strcmp(first->bytes, second.bytes) != 0)
		status = fail_set(why, ST_INPUT, "secret", "was not the same twice: nothing was done");
	secret_clear(&second);
	return status;
}

enum status secret_ask(const char *prompt, bool twice, struct secret_entry *out, struct fail *why)
{
	*out = (struct secret_entry){NULL, {NULL, 0}};
	int fd = open_terminal();
	if (fd < 0)
		return no_terminal(why);
	enum status status = entry_new(out, why);
	if (status == ST_OK)
		status = ask_once(fd, prompt, out->bytes, STORE_SECRET_MAX + 2, false, why);
	if (status == ST_OK && twice)
		status = ask_again(fd, out, why);
	(void)close(fd);
	if (status == ST_OK)
		out->secret.length = strlen(out->bytes);
	else
		secret_clear(out);
	return status;
}

static enum status check_private(int fd, const char *path, struct fail *why)
{
	struct stat about;
	if (fstat(fd, &about) != 0)
		return fail_set(why, ST_IO, path, "cannot be examined: %s", strerror(errno));
	if (S_ISREG(about.st_mode) && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail_set(why, ST_DENIED, path, "can be read by others: close it to them (chmod 600)");
	return ST_OK;
}

enum status secret_read(const char *path, struct secret_entry *out, struct fail *why)
{
	*out = (struct secret_entry){NULL, {NULL, 0}};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_set(why, ST_NOT_FOUND, path, "cannot be read: %s", strerror(errno));
	enum status status = check_private(fd, path, why);
	if (status == ST_OK)
		status = entry_new(out, why);
	if (status == ST_OK) {
		(void)read_line(fd, out->bytes, STORE_SECRET_MAX + 2);
		out->secret.length = strlen(out->bytes);
	}
	(void)close(fd);
	if (status == ST_OK && (out->secret.length == 0 || out->secret.length > STORE_SECRET_MAX))
		status = fail_set(why, ST_INPUT, path, "holds no secret in its first line, or one of more than %d bytes",
		                  STORE_SECRET_MAX);
	if (status != ST_OK)
		secret_clear(out);
	return status;
}
