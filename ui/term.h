/* The terminal: the only file that knows curses.
 *
 * Life:   term_open -> (term_show | term_read)* -> term_close
 * Handlers that give the terminal back are registered before raw mode is entered, so it is restored after
 * a normal end, exit(), SIGTERM/INT/HUP/QUIT (reported as UI_KEY_LEAVE) and after a crash
 * (SEGV/BUS/FPE/ILL/ABRT: restored in the handler, one line on stderr, then the default action).
 * There is one terminal in a process; its state is file-static because signal handlers need it.
 */
#ifndef LASERTWIN_UI_TERM_H
#define LASERTWIN_UI_TERM_H

#include <stdbool.h>

#include "physics/base/status.h"
#include "ui/canvas.h"
#include "ui/key.h"

enum term_color { TERM_COLOR_AUTO, TERM_COLOR_NEVER };
enum term_charset { TERM_CHARSET_AUTO, TERM_CHARSET_ASCII, TERM_CHARSET_UTF8 };

enum term_theme { TERM_THEME_DARK, TERM_THEME_LIGHT, TERM_THEME_CONTRAST, TERM_THEMES }; /* by the ground */

struct term_options {
	enum term_color color; /* AUTO: colours unless NO_COLOR is set and not empty (no-color.org) */
	enum term_theme theme;
	bool mouse;
	bool blocks; /* plots in half blocks */
	enum term_charset charset; /* AUTO: UTF-8 when the locale says so */
};

/* Sets LC_CTYPE; says whether UTF-8 may be written. Numbers stay in the C locale. */
bool term_charset_utf8(enum term_charset charset);

/* ST_IO when stdin or stdout is no terminal, or TERM is unset, unknown or cannot move the cursor; the
 * text names the way out (--plain). */
enum status term_open(const struct term_options *options, struct fail *why) MUST_CHECK;
void term_close(void); /* may be called twice */
/* Other options from now on: theme, colours, mouse, plots, characters. */
void term_apply(const struct term_options *options);

bool term_ascii(void);
bool term_blocks(void);
void term_size(int *rows, int *cols);
void term_show(const struct canvas *canvas);

/* Waits at most timeout_ms (-1: for ever) for a key or for a byte on one of wake_fd (-1: none; the byte is left
 * there). Unknown escape sequences, focus reports are swallowed; so are mouse reports unless options.mouse. */
struct key_event term_read(int timeout_ms, const int wake_fd[2]);

/* Forgets keys that were typed and not read yet. */
void term_drop_typed(void);

/* The signal behind UI_KEY_LEAVE, 0 for a closed terminal. */
int term_leave_signal(void);
/* Gives the terminal back, stops the process as Ctrl-Z does, and takes the terminal again after fg. */
void term_suspend(void);

const char *term_library_version(void); /* at run time */

#endif
