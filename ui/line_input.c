#include "ui/line_input.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted, leave_signal;
static struct sigaction before_int, before_term, before_hup;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void on_leave(int number)
{
	leave_signal = number;
}

/* Without SA_RESTART: waiting ends when a signal comes. */
static void take_signals(void)
{
	struct sigaction interrupt = {.sa_handler = on_interrupt}, leave = {.sa_handler = on_leave};
	(void)sigemptyset(&interrupt.sa_mask);
	(void)sigemptyset(&leave.sa_mask);
	(void)sigaction(SIGINT, &interrupt, &before_int);
	(void)sigaction(SIGTERM, &leave, &before_term);
	(void)sigaction(SIGHUP, &leave, &before_hup);
}

void line_input_open(struct line_input *input, int fd)
{
	*input = (struct line_input){.fd = fd, .terminal = isatty(fd) == 1};
	interrupted = leave_signal = 0;
	take_signals();
}

void line_input_close(struct line_input *input)
{
	explicit_bzero(input->buffer, sizeof input->buffer);
	(void)sigaction(SIGINT, &before_int, NULL);
	(void)sigaction(SIGTERM, &before_term, NULL);
	(void)sigaction(SIGHUP, &before_hup, NULL);
}

void line_input_drop_typed(const struct line_input *input)
{
	if (input->terminal)
		(void)tcflush(input->fd, TCIFLUSH);
}

int line_input_signal(void)
{
	return leave_signal;
}

static bool take_interrupt(void)
{
	bool was = interrupted != 0;
	interrupted = 0;
	return was;
}

bool line_input_wait(int wake_fd, int timeout_ms)
{
	struct pollfd source = {.fd = wake_fd, .events = POLLIN};
	(void)poll(&source, 1, timeout_ms);
	return take_interrupt() || leave_signal != 0;
}

/* --- lines ------------------------------------------------------------------------------------------------------- */

/* A whole line out of the buffer; at the end of the input what is left counts as one. */
static bool take_line(struct line_input *input, char *out, size_t size, bool *too_long, bool *cut)
{
	char *end = memchr(input->buffer, '\n', input->held);
	if (end == NULL && !(input->ended && input->held > 0) && input->held < LINE_INPUT_MAX)
		return false;
	size_t length = end != NULL ? (size_t)(end - input->buffer) : input->held;
	const size_t used = end != NULL ? length + 1 : length;
	if (length > 0 && input->buffer[length - 1] == '\r')
		length--;
	*cut = end == NULL && !input->ended;
	*too_long = *cut || length >= size;
	const size_t copied = *too_long ? 0 : length;
	memcpy(out, input->buffer, copied);
	out[copied] = '\0';
	memmove(input->buffer, input->buffer + used, input->held - used);
	input->held -= used;
	explicit_bzero(input->buffer + input->held, used);
	return true;
}

/* The rest of a line that is too long. */
static void skip_line(struct line_input *input)
{
	char byte;
	while (read(input->fd, &byte, 1) == 1 && byte != '\n')
		continue;
}

static enum line_got fill(struct line_input *input, int wake_fd, int timeout_ms)
{
	struct pollfd source[2] = {{.fd = input->fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
	int ready = leave_signal != 0 || interrupted != 0 ? 0 : poll(source, 2, timeout_ms);
	if (leave_signal != 0)
		return LINE_LEAVE;
	if (take_interrupt())
		return LINE_INTERRUPTED;
	if (ready == 0 || (source[0].revents == 0 && source[1].revents != 0))
		return LINE_IDLE;
	ssize_t got = read(input->fd, input->buffer + input->held, LINE_INPUT_MAX - input->held);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return LINE_OK;
	input->ended = got <= 0;
	input->held += got > 0 ? (size_t)got : 0;
	return LINE_OK;
}

static enum line_got read_line(struct line_input *input, int wake_fd, int timeout_ms, char *out, size_t size)
{
	for (;;) {
		bool too_long = false, cut = false;
		if (take_line(input, out, size, &too_long, &cut)) {
			if (cut)
				skip_line(input);
			return too_long ? LINE_LONG : LINE_OK;
		}
		if (input->ended)
			return LINE_END;
		enum line_got got = fill(input, wake_fd, timeout_ms);
		if (got != LINE_OK)
			return got;
	}
}

enum line_got line_input_read(struct line_input *input, int wake_fd, int timeout_ms, bool masked, char *out,
                              size_t size)
{
	struct termios before, silent;
	const bool terminal = masked && input->terminal && tcgetattr(input->fd, &before) == 0;
	if (terminal) {
		silent = before;
		silent.c_lflag &= (tcflag_t)~ECHO;
		(void)tcsetattr(input->fd, TCSAFLUSH, &silent);
	}
	enum line_got got = read_line(input, wake_fd, timeout_ms, out, size);
	if (terminal) {
		(void)tcsetattr(input->fd, TCSAFLUSH, &before);
		ssize_t ignored = write(STDOUT_FILENO, "\n", 1); /* the one that was not echoed */
		(void)ignored;
	}
	return got;
}
