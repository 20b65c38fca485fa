/* Lines from standard input for the conversation: whoever types, or a script. Waits with a time limit, so that the lock
 * can come; Ctrl-C and the signals that end a program are answers too. Typed without echo where asked, on a terminal.
 * There is one in a process; its signal state is file-static.
 */
#ifndef LASERTWIN_UI_LINE_INPUT_H
#define LASERTWIN_UI_LINE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_INPUT_MAX 1024 /* bytes of a line; a longer one is LINE_LONG and left out */

enum line_got {
	LINE_OK,
	LINE_END,         /* of the input */
	LINE_IDLE,        /* the time is over, or woken */
	LINE_INTERRUPTED, /* Ctrl-C */
	LINE_LEAVE,       /* a signal asks the program to end: line_input_signal() */
	LINE_LONG
};

struct line_input {
	int fd;
	bool ended, terminal;
	size_t held;
	char buffer[LINE_INPUT_MAX + 1];
};

void line_input_open(struct line_input *input, int fd); /* takes over the signals */
void line_input_close(struct line_input *input);        /* gives them back; wipes what was read */
/* Waits at most timeout_ms (-1: for ever), or until a byte stands on wake_fd (-1: none): LINE_IDLE too. masked: without
 * echo on a terminal. The line is without its end. */
enum line_got line_input_read(struct line_input *input, int wake_fd, int timeout_ms, bool masked, char *out,
                              size_t size);
/* Waits for a byte on wake_fd; true when Ctrl-C came meanwhile. Lines that wait stay unread. */
bool line_input_wait(int wake_fd, int timeout_ms);
/* What was typed at a terminal and not yet ended is dropped; the lines of a script stay. */
void line_input_drop_typed(const struct line_input *input);
int line_input_signal(void); /* the one behind LINE_LEAVE; 0: none came */

#endif
