/* See term.h. Reading goes through poll on three descriptors (keyboard, worker, signals), because curses
 * alone can wait for the keyboard only. Signals write one byte into a pipe; no handler touches curses. */
#define _XOPEN_SOURCE_EXTENDED 1

#include "ui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define ESCAPE 0x1B
#define CONTROL_C 0x03
#define CONTROL_Z 0x1A
#define ESCAPE_WAIT_MS 25   /* a lone ESC is a key when nothing follows for this long */
#define SEQUENCE_WAIT_MS 50 /* rest of a sequence */
#define SEQUENCE_MAX 4096   /* bytes swallowed of one unknown sequence */
#define CODE_PASTE_BEGIN (KEY_MAX + 1)
#define CODE_PASTE_END (KEY_MAX + 2)
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_OFF "\033[?1000l\033[?1006l"

/* Handlers read these; they are written before the handlers are set. */
static struct termios saved_termios;
static char restore_text[256];
static volatile sig_atomic_t screen_taken, leave_signal;
static int signal_pipe[2] = {-1, -1};

static SCREEN *screen;
static bool ascii_only, half_blocks, colours, exit_hook, pasting, with_mouse;
static enum term_theme theme;

/* --- restore ---------------------------------------------------------------------------------------- */

/* Only async-signal-safe calls: write and tcsetattr (POSIX.1-2008, 2.4.3). */
static void restore_raw(void)
{
	if (!screen_taken)
		return;
	screen_taken = 0;
	ssize_t ignored = write(STDOUT_FILENO, restore_text, strlen(restore_text));
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
}

struct crash {
	int number;
	const char *text;
};

#define SAFE_TEXT " The terminal is restored. Saved records are complete: nothing that was saved is lost.\n"

static const struct crash crashes[] = {
        {SIGSEGV, "lasertwin stopped: memory fault (SIGSEGV)." SAFE_TEXT},
        {SIGBUS, "lasertwin stopped: bus error (SIGBUS)." SAFE_TEXT},
        {SIGFPE, "lasertwin stopped: arithmetic fault (SIGFPE)." SAFE_TEXT},
        {SIGILL, "lasertwin stopped: illegal instruction (SIGILL)." SAFE_TEXT},
        {SIGABRT, "lasertwin stopped: internal check failed (SIGABRT)." SAFE_TEXT},
};

static void on_crash(int number)
{
	restore_raw();
	for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
		if (crashes[i].number == number) {
			ssize_t ignored = write(STDERR_FILENO, crashes[i].text, strlen(crashes[i].text));
			(void)ignored;
		}
	signal(number, SIG_DFL);
	raise(number);
}

static void wake_with(char byte)
{
	int kept = errno;
	ssize_t ignored = write(signal_pipe[1], &byte, 1);
	(void)ignored;
	errno = kept;
}

/* First time: ask the program to end. Second time it did not listen: restore and die. */
static void on_leave(int number)
{
	if (leave_signal != 0) {
		restore_raw();
		signal(number, SIG_DFL);
		raise(number);
	}
	leave_signal = number;
	wake_with('L');
}

static void on_resize(int number)
{
	(void)number;
	wake_with('R');
}

static void on_stop(int number)
{
	(void)number;
	wake_with('Z');
}

static void set_handler(int number, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

/* A stack overflow leaves no stack for the handler, so crashes get their own. */
static void use_crash_stack(void)
{
	static char stack[65536];
	const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
	sigaltstack(&alternative, NULL);
}

static void register_handlers(void)
{
	static const int leaving[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	use_crash_stack();
	for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
		set_handler(crashes[i].number, on_crash, SA_ONSTACK | (int)SA_RESETHAND);
	for (size_t i = 0; i < sizeof leaving / sizeof *leaving; i++)
		set_handler(leaving[i], on_leave, SA_RESTART);
	set_handler(SIGWINCH, on_resize, SA_RESTART);
	set_handler(SIGTSTP, on_stop, SA_RESTART);
	set_handler(SIGPIPE, SIG_IGN, 0);
	if (!exit_hook)
		exit_hook = atexit(term_close) == 0;
}

static enum status open_signal_pipe(struct fail *why)
{
	if (signal_pipe[0] >= 0)
		return ST_OK;
	if (pipe(signal_pipe) != 0)
		return fail_set(why, ST_IO, "terminal", "cannot open a pipe: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
		fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
	}
	return ST_OK;
}

/* --- looks ------------------------------------------------------------------------------------------ */

struct look {
	short rich, plain; /* foreground of 256 colours, of 8; -1: the terminal's own */
	attr_t attributes;
	attr_t without_colour;
};

/* Blue and orange rather than green and red where two states meet, so that the commonest colour
 * blindness can tell them apart; the words beside them say the same. */
static const struct look looks[TERM_THEMES][ROLES] = {
        [TERM_THEME_DARK] = {
                [ROLE_TEXT] = {-1, -1, A_NORMAL, A_NORMAL},
                [ROLE_DIM] = {245, -1, A_NORMAL, A_DIM},
                [ROLE_STRONG] = {-1, -1, A_BOLD, A_BOLD},
                [ROLE_HEADING] = {74, COLOR_CYAN, A_BOLD, A_BOLD},
                [ROLE_FRAME] = {240, COLOR_BLUE, A_NORMAL, A_DIM},
                [ROLE_BAR] = {-1, -1, A_BOLD, A_BOLD},
                [ROLE_KEY] = {74, COLOR_CYAN, A_BOLD, A_BOLD},
                [ROLE_VIRTUAL] = {141, COLOR_MAGENTA, A_BOLD, A_BOLD | A_UNDERLINE},
                [ROLE_OK] = {74, COLOR_CYAN, A_BOLD, A_BOLD},
                [ROLE_CAUTION] = {178, COLOR_YELLOW, A_BOLD, A_BOLD},
                [ROLE_STOP] = {167, COLOR_RED, A_BOLD, A_BOLD | A_REVERSE},
                [ROLE_CURVE_1] = {215, COLOR_YELLOW, A_BOLD, A_BOLD},
                [ROLE_CURVE_2] = {74, COLOR_CYAN, A_BOLD, A_NORMAL},
                [ROLE_CURVE_3] = {141, COLOR_MAGENTA, A_BOLD, A_NORMAL},
                [ROLE_BAND] = {137, COLOR_YELLOW, A_NORMAL, A_DIM},
                [ROLE_GUIDE] = {243, -1, A_NORMAL, A_DIM},
        },
        [TERM_THEME_LIGHT] = {
                [ROLE_TEXT] = {-1, -1, A_NORMAL, A_NORMAL},
                [ROLE_DIM] = {240, -1, A_NORMAL, A_DIM},
                [ROLE_STRONG] = {-1, -1, A_BOLD, A_BOLD},
                [ROLE_HEADING] = {25, COLOR_BLUE, A_BOLD, A_BOLD},
                [ROLE_FRAME] = {248, COLOR_BLUE, A_NORMAL, A_DIM},
                [ROLE_BAR] = {-1, -1, A_BOLD, A_BOLD},
                [ROLE_KEY] = {25, COLOR_BLUE, A_BOLD, A_BOLD},
                [ROLE_VIRTUAL] = {91, COLOR_MAGENTA, A_BOLD, A_BOLD | A_UNDERLINE},
                [ROLE_OK] = {25, COLOR_BLUE, A_BOLD, A_BOLD},
                [ROLE_CAUTION] = {130, COLOR_MAGENTA, A_BOLD, A_BOLD},
                [ROLE_STOP] = {124, COLOR_RED, A_BOLD, A_BOLD | A_REVERSE},
                [ROLE_CURVE_1] = {130, COLOR_RED, A_BOLD, A_BOLD},
                [ROLE_CURVE_2] = {25, COLOR_BLUE, A_BOLD, A_NORMAL},
                [ROLE_CURVE_3] = {91, COLOR_MAGENTA, A_BOLD, A_NORMAL},
                [ROLE_BAND] = {173, COLOR_RED, A_NORMAL, A_DIM},
                [ROLE_GUIDE] = {243, -1, A_NORMAL, A_DIM},
        },
        [TERM_THEME_CONTRAST] = {
                [ROLE_TEXT] = {-1, -1, A_NORMAL, A_NORMAL},
                [ROLE_DIM] = {-1, -1, A_NORMAL, A_NORMAL},
                [ROLE_STRONG] = {-1, -1, A_BOLD, A_BOLD},
                [ROLE_HEADING] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD},
                [ROLE_FRAME] = {-1, -1, A_NORMAL, A_NORMAL},
                [ROLE_BAR] = {-1, -1, A_BOLD, A_BOLD},
                [ROLE_KEY] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD},
                [ROLE_VIRTUAL] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE},
                [ROLE_OK] = {-1, -1, A_BOLD, A_BOLD},
                [ROLE_CAUTION] = {-1, -1, A_BOLD | A_UNDERLINE, A_BOLD},
                [ROLE_STOP] = {-1, -1, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
                [ROLE_CURVE_1] = {-1, -1, A_BOLD, A_BOLD},
                [ROLE_CURVE_2] = {-1, -1, A_NORMAL, A_NORMAL},
                [ROLE_CURVE_3] = {-1, -1, A_UNDERLINE, A_NORMAL},
                [ROLE_BAND] = {-1, -1, A_NORMAL, A_DIM},
                [ROLE_GUIDE] = {-1, -1, A_NORMAL, A_DIM},
        },
};

static bool colour_wanted(enum term_color wish)
{
	const char *no_color = getenv("NO_COLOR");
	return wish == TERM_COLOR_AUTO && (no_color == NULL || no_color[0] == '\0');
}

static void start_colours(enum term_color wish)
{
	colours = colour_wanted(wish) && has_colors() && start_color() == OK && COLOR_PAIRS > ROLES;
	if (!colours)
		return;
	bool own = use_default_colors() == OK;
	for (short role = 0; role < ROLES; role++) {
		short fore = COLORS >= 256 ? looks[theme][role].rich : looks[theme][role].plain;
		init_pair((short)(role + 1), fore < 0 && !own ? COLOR_WHITE : fore, own ? -1 : COLOR_BLACK);
	}
}

/* --- open and close --------------------------------------------------------------------------------- */

bool term_charset_utf8(enum term_charset charset)
{
	setlocale(LC_CTYPE, "");
	if (charset == TERM_CHARSET_UTF8 && strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	return charset != TERM_CHARSET_ASCII && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static const char *capability(const char *name)
{
	const char *text = tigetstr(name);
	return text == NULL || text == (char *)-1 ? "" : text;
}

static enum status check_terminal(struct fail *why)
{
	const char *name = getenv("TERM");
	int found = 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return fail_set(why, ST_IO, "terminal",
		                "the full screen needs a terminal for input and output; use --plain here");
	if (name == NULL || name[0] == '\0')
		return fail_set(why, ST_IO, "TERM",
		                "TERM is not set; set it, or use --plain for text output");
	if (setupterm(name, STDOUT_FILENO, &found) != OK)
		return fail_set(why, ST_IO, "TERM",
		                "terminal type '%.40s' is unknown here; use --plain for text output", name);
	if (capability("cup")[0] == '\0')
		return fail_set(why, ST_IO, "TERM",
		                "terminal type '%.40s' cannot place the cursor; use --plain for text output",
		                name);
	return ST_OK;
}

static void write_restore_text(void)
{
	snprintf(restore_text, sizeof restore_text, "%s%s%s%s%s%s\r", with_mouse ? MOUSE_OFF : "", PASTE_OFF,
	         capability("sgr0"), capability("cnorm"), capability("rmkx"), capability("rmcup"));
}

static void prepare_restore(void)
{
	tcgetattr(STDIN_FILENO, &saved_termios);
	write_restore_text();
}

static void write_text(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

/* xterm's modified and pasted keys that terminfo does not list. */
static void define_keys(void)
{
	define_key("\033[200~", CODE_PASTE_BEGIN);
	define_key("\033[201~", CODE_PASTE_END);
}

static void take_screen(enum term_color color)
{
	screen_taken = 1;
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_WAIT_MS);
	curs_set(0);
	start_colours(color);
	define_keys();
	write_text(PASTE_ON);
	if (with_mouse) {
		mouseinterval(0); /* presses as they come, no waiting for a double click */
		(void)mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	}
}

enum status term_open(const struct term_options *options, struct fail *why)
{
	ascii_only = !term_charset_utf8(options->charset);
	half_blocks = options->blocks;
	enum status status = check_terminal(why);
	if (status == ST_OK)
		status = open_signal_pipe(why);
	if (status != ST_OK)
		return status;
	with_mouse = options->mouse;
	prepare_restore();
	leave_signal = 0;
	register_handlers();
	del_curterm(cur_term); /* of the look at its capabilities; curses makes its own */
	screen = newterm(NULL, stdout, stdin);
	if (screen == NULL)
		return fail_set(why, ST_IO, "TERM",
		                "the terminal could not be opened; use --plain for text output");
	theme = options->theme;
	take_screen(options->color);
	return ST_OK;
}

void term_close(void)
{
	if (screen == NULL)
		return;
	if (screen_taken) {
		curs_set(1);
		endwin();
		restore_raw();
	}
	delscreen(screen);
	screen = NULL;
}

void term_apply(const struct term_options *options)
{
	ascii_only = !term_charset_utf8(options->charset);
	half_blocks = options->blocks;
	theme = options->theme;
	if (screen == NULL)
		return;
	if (with_mouse && !options->mouse) {
		(void)mousemask(0, NULL);
		write_text(MOUSE_OFF);
	}
	with_mouse = options->mouse;
	if (with_mouse)
		(void)mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	write_restore_text();
	start_colours(options->color);
	clearok(curscr, TRUE);
}

bool term_blocks(void)
{
	return half_blocks;
}

bool term_ascii(void)
{
	return ascii_only;
}

int term_leave_signal(void)
{
	return leave_signal;
}

void term_suspend(void)
{
	endwin();
	write_text(with_mouse ? MOUSE_OFF PASTE_OFF : PASTE_OFF);
	screen_taken = 0;
	raise(SIGSTOP);
	screen_taken = 1;
	write_text(PASTE_ON);
	if (with_mouse)
		(void)mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	clearok(curscr, TRUE);
	refresh();
}

/* --- showing ---------------------------------------------------------------------------------------- */

void term_size(int *rows, int *cols)
{
	*rows = LINES;
	*cols = COLS;
}

static attr_t attributes_of(const struct cell *cell)
{
	const struct look *look = &looks[theme][cell->role];
	attr_t attributes = colours ? look->attributes : look->without_colour;
	return cell->selected ? attributes ^ A_REVERSE : attributes;
}

/* Columns the C library gives the code point: what curses will believe. */
static int believed_width(uint32_t point)
{
	return wcwidth((wchar_t)point);
}

/* The cell's characters as curses accepts them: one that takes columns, then marks that take none. Where
 * the C library and our tables disagree about a width, '?' keeps the columns right. */
static void cell_characters(const struct cell *cell, int width, wchar_t out[GLYPH_POINTS_MAX + 1])
{
	int count = 0;
	out[count++] = believed_width(cell->point[0]) == width ? (wchar_t)cell->point[0] : L'?';
	for (int i = 1; i < GLYPH_POINTS_MAX && cell->point[i] != 0; i++)
		if (believed_width(cell->point[i]) == 0)
			out[count++] = (wchar_t)cell->point[i];
	out[count] = L'\0';
}

static void show_cell(const struct canvas *canvas, int row, int col)
{
	const struct cell *cell = canvas_cell(canvas, row, col), *right = canvas_cell(canvas, row, col + 1);
	wchar_t characters[GLYPH_POINTS_MAX + 1];
	cchar_t shown;
	if (cell->point[0] == 0)
		return;
	bool wide = right != NULL && right->point[0] == 0;
	cell_characters(cell, wide ? 2 : 1, characters);
	setcchar(&shown, characters, attributes_of(cell), (short)(colours ? cell->role + 1 : 0), NULL);
	mvadd_wch(row, col, &shown);
	if (wide && characters[0] == L'?')
		mvaddch(row, col + 1, ' ');
}

void term_show(const struct canvas *canvas)
{
	for (int row = 0; row < canvas->rows && row < LINES; row++)
		for (int col = 0; col < canvas->cols && col < COLS; col++)
			show_cell(canvas, row, col);
	refresh();
}

/* --- reading ---------------------------------------------------------------------------------------- */

struct key_of {
	int code;
	int key;
};

static const struct key_of curses_keys[] = {
        {KEY_UP, UI_KEY_UP},         {KEY_DOWN, UI_KEY_DOWN},
        {KEY_LEFT, UI_KEY_LEFT},     {KEY_RIGHT, UI_KEY_RIGHT},
        {KEY_PPAGE, UI_KEY_PAGE_UP}, {KEY_NPAGE, UI_KEY_PAGE_DOWN},
        {KEY_HOME, UI_KEY_HOME},     {KEY_END, UI_KEY_END},
        {KEY_ENTER, UI_KEY_ENTER},   {KEY_BACKSPACE, UI_KEY_BACKSPACE},
        {KEY_DC, UI_KEY_DELETE},     {KEY_BTAB, UI_KEY_BACKTAB},
        {KEY_F(1), UI_KEY_F1},       {KEY_RESIZE, UI_KEY_RESIZE},
};

static const struct key_of control_keys[] = {
        {'\r', UI_KEY_ENTER},     {'\n', UI_KEY_ENTER}, {'\t', UI_KEY_TAB}, {0x08, UI_KEY_BACKSPACE},
        {0x7F, UI_KEY_BACKSPACE}, {CONTROL_C, 'q'},
        {0x0C, UI_KEY_LOCK},
};

static int look_up(const struct key_of *table, size_t count, int code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return table[i].key;
	return UI_KEY_NONE;
}

/* The next character within the time, or -1. */
static int next_character(int timeout_ms)
{
	wint_t character;
	struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
	for (int attempt = 0; attempt < 2; attempt++) {
		int kind = get_wch(&character);
		if (kind == OK || kind == KEY_CODE_YES)
			return (int)character;
		if (poll(&keyboard, 1, timeout_ms) <= 0)
			return -1;
	}
	return -1;
}

/* Control string (OSC, DCS, ...): up to BEL or ESC \. */
static void swallow_string(void)
{
	int before = 0;
	for (int i = 0; i < SEQUENCE_MAX; i++) {
		int c = next_character(SEQUENCE_WAIT_MS);
		if (c < 0 || c == 0x07 || (before == ESCAPE && c == '\\'))
			return;
		before = c;
	}
}

/* Control sequence (ECMA-48, 5.4): parameters, then one final byte of 0x40..0x7E. */
static void swallow_control(void)
{
	for (int i = 0; i < SEQUENCE_MAX; i++) {
		int c = next_character(SEQUENCE_WAIT_MS);
		if (c < 0 || (c >= 0x40 && c <= 0x7E))
			return;
	}
}

/* After ESC: nothing follows, it was the key; else a sequence nobody here knows. */
static int escape_key(void)
{
	int c = next_character(ESCAPE_WAIT_MS);
	if (c < 0)
		return UI_KEY_ESCAPE;
	if (c == '[')
		swallow_control();
	else if (c == 'O')
		next_character(SEQUENCE_WAIT_MS);
	else if (c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X')
		swallow_string();
	return UI_KEY_NONE;
}

static int character_key(int character)
{
	if (character == ESCAPE && !pasting)
		return escape_key();
	if (character == CONTROL_Z && !pasting) {
		term_suspend();
		return UI_KEY_RESIZE;
	}
	if (character >= 0x20 && character != 0x7F)
		return character;
	int key = look_up(control_keys, sizeof control_keys / sizeof *control_keys, character);
	return key == UI_KEY_NONE && character > 0 && character < 0x20 ? character : key; /* may be bound */
}

static struct key_event mouse_event(void)
{
	MEVENT mouse;
	struct key_event event = {.key = UI_KEY_NONE};
	if (getmouse(&mouse) != OK)
		return event;
	if ((mouse.bstate & BUTTON1_PRESSED) != 0)
		event = (struct key_event){.key = UI_KEY_CLICK, .row = mouse.y, .col = mouse.x};
	else if ((mouse.bstate & BUTTON4_PRESSED) != 0)
		event.key = UI_KEY_WHEEL_UP;
	else if ((mouse.bstate & BUTTON5_PRESSED) != 0)
		event.key = UI_KEY_WHEEL_DOWN;
	return event;
}

/* Pastes are text: keys inside them lose their meaning. */
static struct key_event keyboard_event(void)
{
	wint_t character;
	int kind = get_wch(&character);
	if (kind == ERR)
		return (struct key_event){.key = UI_KEY_NONE};
	if (kind == KEY_CODE_YES && (character == CODE_PASTE_BEGIN || character == CODE_PASTE_END)) {
		pasting = character == CODE_PASTE_BEGIN;
		return (struct key_event){.key = UI_KEY_NONE};
	}
	if (kind == KEY_CODE_YES && character == KEY_MOUSE)
		return mouse_event();
	int key = kind == KEY_CODE_YES
	                  ? look_up(curses_keys, sizeof curses_keys / sizeof *curses_keys, (int)character)
	                  : character_key((int)character);
	return (struct key_event){.key = key, .pasted = pasting};
}

static void take_new_size(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
}

static struct key_event signal_event(void)
{
	char byte;
	int key = UI_KEY_NONE;
	while (key != UI_KEY_LEAVE && read(signal_pipe[0], &byte, 1) == 1) {
		if (byte == 'Z')
			term_suspend();
		if (byte != 'L')
			take_new_size();
		key = byte == 'L' ? UI_KEY_LEAVE : UI_KEY_RESIZE;
	}
	return (struct key_event){.key = key};
}

void term_drop_typed(void)
{
	flushinp();
}

struct key_event term_read(int timeout_ms, const int wake_fd[2])
{
	struct pollfd source[4] = {{.fd = signal_pipe[0], .events = POLLIN},
	                           {.fd = STDIN_FILENO, .events = POLLIN},
	                           {.fd = wake_fd[0], .events = POLLIN},
	                           {.fd = wake_fd[1], .events = POLLIN}};
	struct key_event event = keyboard_event(); /* curses may hold what it read before */
	if (event.key != UI_KEY_NONE || leave_signal != 0)
		return leave_signal != 0 ? (struct key_event){.key = UI_KEY_LEAVE} : event;
	int ready = poll(source, 4, timeout_ms);
	if (ready > 0 && source[0].revents != 0)
		return signal_event();
	if (ready > 0 && (source[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
		return (struct key_event){.key = UI_KEY_LEAVE};
	if (ready > 0 && (source[1].revents & POLLIN) != 0)
		return keyboard_event();
	if (ready > 0 && (source[2].revents != 0 || source[3].revents != 0))
		return (struct key_event){.key = UI_KEY_WAKE};
	return event;
}

const char *term_library_version(void)
{
	const char *version = curses_version(); /* "ncurses 6.4.20221231" */
	const char *blank = strchr(version, ' ');
	return blank != NULL ? blank + 1 : version;
}
