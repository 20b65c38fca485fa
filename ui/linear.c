/* The conversation. What is said comes from the screens themselves: they draw on a canvas that is tall, wide and linear
 * (canvas.h), so that nothing is cut and nothing stands beside something else, and the lines of lists get numbers. */
#include "ui/linear.h"

#include <limits.h>
#include <ctype.h>
#include <stdarg.h>
#include <strings.h>
#include <time.h>

#include "ui/line_input.h"
#include "ui/view.h"

enum { ROWS = 240, COLS = 240, PAGE = 20, COUNTED_MAX = 150, PROGRESS_EVERY_MS = 2000, WAIT_MS = 500 };
#define SAID_BYTES (4 * COLS + 32)
#define LEAVE_LINE "."

struct said_line {
	char text[SAID_BYTES];
	size_t item; /* number of the list's line, from 1; 0: none */
};

struct said {
	size_t count;
	struct said_line line[ROWS];
};

struct linear {
	struct app *app;
	struct jobs *jobs;
	struct canvas *canvas;
	const struct shell_lock *lock;
	struct background *background; /* NULL: nothing is synchronised */
	bool round_ended;              /* what it brought is taken in at the next turn */
	FILE *out;
	bool ascii, ended;
	bool lock_due; /* until somebody has logged in again */
	int leave_signal;
	struct line_input in;
	size_t told;        /* messages */
	enum screen screen; /* the one last said; SCREENS: none */
	enum screen asking; /* the dialog that has been introduced; SCREENS: none */
	size_t from;        /* first line of the list that is said */
	struct said now, before;
	char banner[SAID_BYTES];
};

/* --- saying ------------------------------------------------------------------------------------------------ */

static void say(struct linear *l, const char *text)
{
	char line[SAID_BYTES], shown[SAID_BYTES];
	(void)text_clean(line, sizeof line, text, strlen(text));
	if (l->ascii)
		text_to_ascii(shown, sizeof shown, line);
	fprintf(l->out, "%s\n", l->ascii ? shown : line);
}

static void say_format(struct linear *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say_format(struct linear *l, const char *format, ...)
{
	char text[SAID_BYTES];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	say(l, text);
}

static void prompt(struct linear *l, const char *text)
{
	char shown[SAID_BYTES];
	if (l->ascii)
		text_to_ascii(shown, sizeof shown, text);
	fputs(l->ascii ? shown : text, l->out);
	fflush(l->out);
}

static void say_messages(struct linear *l)
{
	static const char *const word[ROLES] = {
	        [ROLE_OK] = "Done: ", [ROLE_CAUTION] = "Note: ", [ROLE_STOP] = "ERROR: "};
	const struct app *app = l->app;
	if (app->messages - l->told > APP_MESSAGES_MAX)
		l->told = app->messages - APP_MESSAGES_MAX;
	for (; l->told < app->messages; l->told++) {
		const struct app_message *message = &app->message[l->told % APP_MESSAGES_MAX];
		say_format(l, "%s%s", word[message->role] != NULL ? word[message->role] : "", message->text);
	}
}

/* --- the screen as lines ----------------------------------------------------------------------------------- */

static bool is_drawing(uint32_t point)
{
	return (point >= 0x2500 && point <= 0x25FF) || (point >= 0x2800 && point <= 0x28FF);
}

/* One row without pictures, runs of blanks as two. */
static void row_text(const struct canvas *canvas, int row, char *out, size_t size)
{
	size_t used = 0, blanks = 0;
	for (int col = 0; col < canvas->cols; col++) {
		const struct cell *cell = canvas_cell(canvas, row, col);
		if (cell->point[0] == 0)
			continue;
		if (cell->point[0] == ' ' || is_drawing(cell->point[0])) {
			blanks++;
			continue;
		}
		for (; blanks > 0 && used > 0 && used + 2 < size; blanks = blanks > 2 ? 1 : blanks - 1)
			out[used++] = ' ';
		blanks = 0;
		for (int i = 0; i < GLYPH_POINTS_MAX && cell->point[i] != 0 && used + 5 < size; i++)
			used += text_encode(cell->point[i], out + used);
	}
	out[used] = '\0';
}

static int selected_row(const struct canvas *canvas)
{
	for (int row = 1; row < canvas->rows; row++)
		for (int col = 0; col < canvas->cols; col++)
			if (canvas_cell(canvas, row, col)->selected)
				return row;
	return -1;
}

static void add_said(struct said *said, size_t item, const char *text)
{
	if (said->count == ROWS || text[0] == '\0')
		return;
	struct said_line *line = &said->line[said->count++];
	line->item = item;
	(void)snprintf(line->text, sizeof line->text, "%s", text);
}

/* Where each line of the list is drawn, by drawing with it selected. */
static void find_items(struct linear *l, size_t count, size_t item_of_row[ROWS])
{
	struct app *app = l->app;
	const enum screen screen = app_screen(app);
	const size_t kept = app->selected[screen];
	for (size_t i = 0; i < count; i++) {
		app->selected[screen] = i;
		app_draw(app, l->canvas);
		const int row = selected_row(l->canvas);
		if (row >= 0 && item_of_row[row] == 0)
			item_of_row[row] = i + 1;
	}
	app->selected[screen] = kept;
}

/* A list that is too long to be drawn whole: its lines alone. */
static void compose_long(struct linear *l, size_t count)
{
	struct app *app = l->app;
	const enum screen screen = app_screen(app);
	const size_t kept = app->selected[screen];
	char text[SAID_BYTES];
	for (size_t i = l->from; i < count && i < l->from + PAGE; i++) {
		app->selected[screen] = i;
		app_draw(app, l->canvas);
		const int row = selected_row(l->canvas);
		if (row < 0)
			continue;
		row_text(l->canvas, row, text, sizeof text);
		add_said(&l->now, i + 1, text);
	}
	app->selected[screen] = kept;
}

static void compose(struct linear *l)
{
	size_t item_of_row[ROWS] = {0};
	const size_t count = app_line_count(l->app, app_screen(l->app));
	char text[SAID_BYTES];
	l->before = l->now;
	l->now.count = 0;
	if (count > COUNTED_MAX) {
		compose_long(l, count);
		app_draw(l->app, l->canvas);
		row_text(l->canvas, 0, l->banner, sizeof l->banner);
		return;
	}
	find_items(l, count, item_of_row);
	app_draw(l->app, l->canvas);
	row_text(l->canvas, 0, l->banner, sizeof l->banner);
	for (int row = 1; row < l->canvas->rows; row++) {
		const size_t item = item_of_row[row];
		if (item > 0 && (item <= l->from || item > l->from + PAGE))
			continue;
		row_text(l->canvas, row, text, sizeof text);
		add_said(&l->now, item, text);
	}
}

static void say_line(struct linear *l, const struct said_line *line)
{
	if (line->item > 0)
		say_format(l, "%zu. %s", line->item, line->text);
	else
		say(l, line->text);
}

static bool was_said(const struct said *before, const struct said_line *line)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->line[i].item == line->item && strcmp(before->line[i].text, line->text) == 0)
			return true;
	return false;
}

/* What can be done, by the words that do it. */
static void say_actions(struct linear *l)
{
	char text[SAID_BYTES];
	const enum screen screen = app_screen(l->app);
	const size_t count = app_line_count(l->app, screen);
	size_t used = (size_t)snprintf(text, sizeof text, "%s", count > 0 ? "A number, or" : "Say");
	for (size_t i = 0; i < action_count(); i++) {
		const struct action_spec *spec = action_at(i);
		const bool here = action_on_screen(spec, screen) && spec->label != NULL && spec->id != ACTION_ENTER &&
		                  spec->id != ACTION_HELP && spec->id != ACTION_PALETTE && spec->id != ACTION_CANCEL_JOB;
		if (here && used < sizeof text && action_enabled(spec, app_available(l->app), NULL))
			used += (size_t)snprintf(text + used, sizeof text - used, " %s,", spec->label);
	}
	if (used < sizeof text)
		(void)snprintf(text + used, sizeof text - used, " ? for all.");
	say(l, text);
}

static void say_screen(struct linear *l)
{
	const size_t count = app_line_count(l->app, app_screen(l->app));
	say(l, "");
	const char *title = screen_title(app_screen(l->app));
	say_format(l, "%s%s %s", title, title[strlen(title) - 1] == '?' ? "" : ".", l->banner);
	for (size_t i = 0; i < l->now.count; i++)
		say_line(l, &l->now.line[i]);
	if (count > PAGE)
		say_format(l, "Lines %zu to %zu of %zu; lines %zu says the next.", l->from + 1,
		           l->from + PAGE < count ? l->from + PAGE : count, count,
		           l->from + PAGE < count ? l->from + PAGE + 1 : 1);
	say_actions(l);
}

/* A new screen is said whole; on the same one, what has become different. */
static void say_what_is_new(struct linear *l)
{
	const enum screen screen = app_screen(l->app);
	char banner[SAID_BYTES];
	(void)snprintf(banner, sizeof banner, "%s", l->banner);
	if (screen != l->screen)
		l->from = 0;
	compose(l);
	if (screen != l->screen) {
		say_screen(l);
	} else {
		if (strcmp(banner, l->banner) != 0)
			say(l, l->banner);
		for (size_t i = 0; i < l->now.count; i++)
			if (!was_said(&l->before, &l->now.line[i]))
				say_line(l, &l->now.line[i]);
	}
	l->screen = screen;
}

/* --- computations ------------------------------------------------------------------------------------------ */

static int64_t clock_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Lines typed meanwhile wait; Ctrl-C stops the computation. */
static void settle(struct linear *l)
{
	int64_t last_ms = clock_ms();
	while (app_busy(l->app) && !l->ended) {
		if (line_input_wait(jobs_wake_fd(l->jobs), WAIT_MS)) {
			l->ended = line_input_signal() != 0;
			app_cancel_job(l->app);
			say(l, "Stopping.");
		}
		app_wake(l->app);
		if (app_busy(l->app) && clock_ms() - last_ms > PROGRESS_EVERY_MS) {
			say_format(l, "Working: %s, %.0f percent. Ctrl-C stops it.", app_task_text(l->app),
			           100.0 * l->app->job.done_frac);
			fflush(l->out);
			last_ms = clock_ms();
		}
	}
}

/* One line after the other; Ctrl-C leaves the rest undone. */
static void settle_tagged(struct linear *l)
{
	int64_t last_ms = clock_ms();
	while (app_tagged_step(l->app)) {
		if (line_input_wait(-1, 0)) {
			l->ended = line_input_signal() != 0;
			(void)app_tagged_back(l->app);
		}
		if (clock_ms() - last_ms > PROGRESS_EVERY_MS) {
			say_format(l, "Working: %zu of %zu. Ctrl-C stops it.", l->app->tagged.at, l->app->tagged.will);
			fflush(l->out);
			last_ms = clock_ms();
		}
	}
}

/* The same for what is done piece by piece between lines. */
static void settle_audit(struct linear *l)
{
	int64_t last_ms = clock_ms();
	while (!l->ended && app_audit_go_on(l->app)) {
		if (line_input_wait(-1, 0)) {
			l->ended = line_input_signal() != 0;
			app_audit_stop(l->app);
			say(l, "Stopping.");
		}
		if (app_verifying(l->app) && clock_ms() - last_ms > PROGRESS_EVERY_MS) {
			say_format(l, "Working: verifying the audit, %.0f percent. Ctrl-C stops it.", 100.0 * l->app->verified_frac);
			fflush(l->out);
			last_ms = clock_ms();
		}
	}
}

static void key(struct linear *l, int code)
{
	app_key(l->app, (struct key_event){.key = code});
	settle(l);
}

/* Text as it would be typed; what a line cannot hold in a record is refused by the field itself. */
static void type(struct linear *l, const char *text)
{
	struct glyph glyph;
	while (*text != '\0') {
		text += text_next(text, &glyph);
		for (int i = 0; i < GLYPH_POINTS_MAX && glyph.point[i] != 0; i++)
			app_key(l->app, (struct key_event){.key = (int)glyph.point[i]});
	}
}

/* --- the lock ---------------------------------------------------------------------------------------------- */

static int sooner(int64_t a, int64_t b)
{
	const int64_t ms = a < 0 ? b : b < 0 || a < b ? a : b;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Meanwhile a round may use the records; while nothing is echoed none is started, because waiting again echoes. */
static enum line_got wait_line(struct linear *l, int timeout_ms, bool masked, char *out, size_t size)
{
	if (l->background == NULL)
		return line_input_read(&l->in, -1, timeout_ms, masked, out, size);
	const int64_t until_ms = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
	enum line_got got;
	bool again;
	do {
		const int64_t now_ms = clock_ms(), left = until_ms < 0 ? -1 : until_ms > now_ms ? until_ms - now_ms : 0;
		const int64_t round = masked ? -1 : background_wait_ms(l->background);
		background_leave(l->background);
		got = line_input_read(&l->in, masked ? -1 : background_wake_fd(l->background),
		                      sooner(left, round), masked, out, size);
		background_enter(l->background);
		l->round_ended |= background_pump(l->background);
		again = got == LINE_IDLE && (until_ms < 0 || clock_ms() < until_ms);
	} while (again);
	return got;
}

/* What a script gives is repeated, so that the record of the conversation can be read; a secret never is. */
static enum line_got hear(struct linear *l, const char *question, int timeout_ms, bool masked, char *out, size_t size)
{
	prompt(l, question);
	enum line_got got = wait_line(l, timeout_ms, masked, out, size);
	if (got == LINE_OK && !l->in.terminal)
		say(l, masked ? "(not shown)" : out);
	return got;
}

static int left_ms(const struct linear *l)
{
	return l->lock != NULL && l->lock->idle_s > 0 && !l->lock_due ? l->lock->idle_s * 1000 : -1;
}

static void say_idle(struct linear *l)
{
	say_format(l, "Nothing was said for %d seconds.", l->lock->idle_s);
}

/* False: the question is over; the input ended, or nobody answered and the lock is due. */
static bool ask(struct linear *l, const char *question, bool masked, char *out, size_t size)
{
	enum line_got got = hear(l, question, left_ms(l), masked, out, size);
	if (got == LINE_LONG)
		say_format(l, "ERROR: the line is longer than %zu bytes and was left out.", size - 1);
	if (got == LINE_END || got == LINE_LEAVE)
		l->ended = true;
	if (got == LINE_END || got == LINE_IDLE)
		say(l, "");
	if (got == LINE_LONG || got == LINE_INTERRUPTED)
		(void)snprintf(out, size, LEAVE_LINE);
	if (got == LINE_IDLE)
		say_idle(l);
	l->lock_due |= got == LINE_IDLE;
	return !l->ended && got != LINE_IDLE;
}

/* What was said is kept to find out what is new: it holds names and readings as the model does. */
static void forget_said(struct linear *l)
{
	canvas_clear(l->canvas);
	explicit_bzero(&l->now, sizeof l->now);
	explicit_bzero(&l->before, sizeof l->before);
	explicit_bzero(l->banner, sizeof l->banner);
	l->told = l->from = 0;
	l->screen = l->asking = SCREENS;
	line_input_drop_typed(&l->in);
}

static bool unlock(struct linear *l, const char *login, const char *secret)
{
	struct fail why = {.text = ""};
	char who[STORE_LOGIN_MAX + 1];
	enum status status = l->lock->unlock(l->lock->context, login, (struct secret){secret, strlen(secret)}, &why);
	if (status == ST_OK) {
		status = app_unlock(l->app, &why);
		if (status != ST_OK) /* records that were opened and cannot be shown */
			l->lock->lock(l->lock->context, who, sizeof who);
	}
	if (status != ST_OK)
		say_format(l, "ERROR: %s. Try again, or end the input to leave.", why.text);
	else if (l->background != NULL)
		background_lock(l->background, false);
	return status == ST_OK;
}

/* As the full screen's: the model first, its last step is kept in records that are still open. */
static void lock(struct linear *l)
{
	/* filled whole: this frame may lie where what was said lay */
	char login[LINE_INPUT_MAX] = "", secret[LINE_INPUT_MAX] = "", who[STORE_LOGIN_MAX + 1] = "";
	char question[sizeof who + 24] = "";
	app_lock(l->app);
	forget_said(l);
	l->lock->lock(l->lock->context, who, sizeof who);
	if (l->background != NULL)
		background_lock(l->background, true);
	secret_wipe_stack();
	say_format(l, "Locked. %s", l->lock->hint);
	(void)snprintf(question, sizeof question, "Login (empty: %s): ", who);
	while (l->lock_due && ask(l, question, false, login, sizeof login) &&
	       ask(l, "Secret: ", true, secret, sizeof secret)) {
		l->lock_due = !unlock(l, login[0] != '\0' ? login : who, secret);
		explicit_bzero(secret, sizeof secret);
	}
}

/* --- dialogs ----------------------------------------------------------------------------------------------- */

static void empty_entry(struct linear *l)
{
	while (l->app->entry.typed[0] != '\0')
		key(l, UI_KEY_BACKSPACE);
}

static void ask_entry(struct linear *l)
{
	char answer[LINE_INPUT_MAX];
	const struct entry *entry = &l->app->entry;
	if (l->asking != SCREEN_ENTRY)
		say_format(l, "%s%s%s. Now: %s. Takes: %s.", entry->title, entry->unit[0] != '\0' ? ", " : "", entry->unit,
		           entry->before, entry->range);
	l->asking = SCREEN_ENTRY;
	if (!ask(l, "New (\".\" leaves it as it is): ", false, answer, sizeof answer))
		return;
	empty_entry(l);
	if (strcmp(answer, LEAVE_LINE) == 0) {
		key(l, UI_KEY_ESCAPE);
		return;
	}
	type(l, answer);
	if (strcmp(l->app->entry.typed, answer) != 0) {
		say_format(l, "ERROR: not all of that can stand here: \"%s\" would be left. Nothing was taken.",
		           l->app->entry.typed);
		return;
	}
	key(l, UI_KEY_ENTER);
	if (app_screen(l->app) == SCREEN_ENTRY)
		say_format(l, "ERROR: %s", l->app->entry.refusal.text);
}

/* The line the form is at. False: the form was left. */
static bool ask_field(struct linear *l, size_t at)
{
	char answer[LINE_INPUT_MAX], question[SAID_BYTES];
	struct form_field *field = &l->app->plans.form.field[at];
	const bool keeps = field->typed[0] != '\0' && !field->masked;
	(void)snprintf(question, sizeof question, "%s (%s%s%s%s%s): ", field->label, field->hint,
	               field->optional ? "; may be empty" : "", keeps ? "; empty keeps " : "", keeps ? field->typed : "",
	               at == 0 ? "; \".\" leaves the form" : "");
	bool go_on = ask(l, question, field->masked, answer, sizeof answer);
	if (go_on && strcmp(answer, LEAVE_LINE) == 0) {
		key(l, UI_KEY_ESCAPE);
		say(l, "Left; nothing was done.");
		go_on = false;
	}
	if (go_on && (answer[0] != '\0' || !keeps)) {
		field->typed[0] = '\0';
		type(l, answer);
		if (strcmp(field->typed, answer) != 0)
			say(l, "Note: some characters cannot stand here and were left out.");
	}
	explicit_bzero(answer, sizeof answer);
	return go_on;
}

static void ask_form(struct linear *l)
{
	const struct form *form = &l->app->plans.form;
	char title[sizeof form->title];
	memcpy(title, form->title, sizeof title);
	if (l->asking != SCREEN_FORM)
		say_format(l, "%s. %s", form->title, form->text[0] != '\0' ? form->text : "One question after the other.");
	l->asking = SCREEN_FORM;
	while (form->at > 0)
		key(l, UI_KEY_UP);
	for (size_t i = 0; i < form->fields; i++) {
		if (!ask_field(l, i))
			return;
		key(l, UI_KEY_ENTER);
		if (app_screen(l->app) == SCREEN_FORM && form->refusal.text[0] != '\0' && i + 1 == form->fields)
			say_format(l, "ERROR: %s. Once more:", form->refusal.text);
	}
	if (strcmp(title, form->title) != 0) /* another one follows, which is told anew */
		l->asking = SCREENS;
	explicit_bzero(title, sizeof title);
}

static void ask_skin_type(struct linear *l)
{
	char answer[LINE_INPUT_MAX], question[SAID_BYTES];
	for (size_t i = 0; i < FITZPATRICK_QUESTIONS && !l->ended;) {
		const struct fitzpatrick_question *q = fitzpatrick_question(i);
		l->app->selected[SCREEN_SKIN_TYPE] = i;
		say_format(l, "Question %zu of %d: %s", i + 1, FITZPATRICK_QUESTIONS, q->text);
		for (int points = 0; points <= 4; points++)
			say_format(l, "%d. %s", points, q->answer[points]);
		(void)snprintf(question, sizeof question, "0 to 4 (\".\" leaves): ");
		if (!ask(l, question, false, answer, sizeof answer))
			return;
		if (strcmp(answer, LEAVE_LINE) == 0) {
			key(l, UI_KEY_ESCAPE);
			return;
		}
		if (answer[0] >= '0' && answer[0] <= '4' && answer[1] == '\0') {
			app_skin_form_set(l->app, answer[0] - '0');
			i++;
		} else {
			say(l, "ERROR: a number from 0 to 4 is needed.");
		}
	}
	if (!l->ended)
		key(l, UI_KEY_ENTER);
}

static void ask_find(struct linear *l)
{
	char answer[LINE_INPUT_MAX];
	if (!ask(l, "Words that every line must hold (empty: show all): ", false, answer, sizeof answer))
		return;
	while (l->app->find[0] != '\0')
		key(l, UI_KEY_BACKSPACE);
	if (answer[0] == '\0' || strcmp(answer, LEAVE_LINE) == 0) {
		key(l, UI_KEY_ESCAPE);
	} else {
		type(l, answer);
		key(l, UI_KEY_ENTER);
	}
	l->screen = SCREENS;
}

/* --- commands ---------------------------------------------------------------------------------------------- */

/* What comes after "group: " of a name. */
static const char *name_tail(const struct action_spec *spec)
{
	const char *colon = strstr(spec->name, ": ");
	return colon != NULL ? colon + 2 : spec->name;
}

static bool has_key(const struct action_spec *spec, const char *word)
{
	char label[8];
	for (int i = 0; i < ACTION_KEYS_MAX && spec->key[i] != 0; i++)
		if (strcmp(key_label(spec->key[i], label), word) == 0)
			return true;
	return false;
}

/* How well a word names an action: 0 not at all, 4 exactly. */
static int fit_of(const struct action_spec *spec, const char *word)
{
	if (has_key(spec, word) || (spec->label != NULL && strcasecmp(spec->label, word) == 0))
		return 4;
	if (strcasecmp(name_tail(spec), word) == 0 || strcasecmp(spec->name, word) == 0)
		return 3;
	if (strncasecmp(name_tail(spec), word, strlen(word)) == 0)
		return 2;
	return strlen(word) > 1 && app_name_contains(spec->name, word) ? 1 : 0;
}

enum action linear_action(enum screen screen, const char *word, size_t *several)
{
	enum action found = ACTION_NONE;
	int best = 1;
	*several = 0;
	for (size_t i = 0; i < action_count(); i++) {
		const struct action_spec *spec = action_at(i);
		const int fit = action_on_screen(spec, screen) ? fit_of(spec, word) : 0;
		if (fit < best || fit == 0)
			continue;
		*several = fit > best ? 1 : *several + 1;
		best = fit;
		found = spec->id;
	}
	return *several == 1 ? found : ACTION_NONE;
}

static void say_all_actions(struct linear *l)
{
	char keys[48];
	const enum screen screen = app_screen(l->app);
	say_format(l, "On %s:", screen_title(screen));
	say(l, "N: opens line N. open WORDS: opens the line that holds them. read N: says what belongs to line N. "
	       "lines N: says the list from line N. lock: locks. An empty line: says all again.");
	for (size_t i = 0; i < action_count(); i++) {
		const struct action_spec *spec = action_at(i);
		const char *why = "";
		if (!action_on_screen(spec, screen))
			continue;
		const bool enabled = action_enabled(spec, app_available(l->app), &why);
		action_keys(spec, keys, sizeof keys);
		say_format(l, "%s (%s): %s%s%s%s", spec->label != NULL ? spec->label : name_tail(spec), keys, spec->help,
		           enabled ? "" : " Not now: ", enabled ? "" : why, enabled ? "" : ".");
	}
}

/* The last word when it is a number, cut off. */
static size_t take_number(char *text)
{
	size_t length = strlen(text), at = length;
	while (at > 0 && isdigit((unsigned char)text[at - 1]))
		at--;
	if (at == length || (at > 0 && text[at - 1] != ' ') || length - at > 9)
		return 0;
	const size_t number = (size_t)strtoul(text + at, NULL, 10);
	while (at > 0 && text[at - 1] == ' ')
		at--;
	text[at] = '\0';
	return number;
}

static bool select_line(struct linear *l, size_t number)
{
	const enum screen screen = app_screen(l->app);
	const size_t count = app_line_count(l->app, screen);
	if (number >= 1 && number <= count) {
		l->app->selected[screen] = number - 1;
		return true;
	}
	say_format(l, "ERROR: there is no line %zu here; lines are 1 to %zu.", number, count);
	return false;
}

/* What is said of a line besides the line: the parts of the screen that follow the selection. */
static void read_line(struct linear *l, size_t number)
{
	const enum screen screen = app_screen(l->app);
	l->from = number > l->from && number <= l->from + PAGE ? l->from : number - 1;
	if (app_line_count(l->app, screen) > 1) { /* against another line: what is different belongs to this one */
		l->app->selected[screen] = number == 1 ? 1 : 0;
		compose(l);
		l->app->selected[screen] = number - 1;
	}
	compose(l);
	for (size_t i = 0; i < l->now.count; i++) {
		const struct said_line *line = &l->now.line[i];
		if (line->item == number || (line->item == 0 && !was_said(&l->before, line)))
			say_line(l, line);
	}
}

static void choose(struct linear *l, size_t number)
{
	if (!select_line(l, number))
		return;
	if (action_on_screen(action_spec(ACTION_ENTER), app_screen(l->app)))
		key(l, UI_KEY_ENTER);
	else
		read_line(l, number);
}

/* The only line of the list that holds the words. */
static void open_line(struct linear *l, const char *words)
{
	const size_t count = app_line_count(l->app, app_screen(l->app)), from = l->from;
	size_t found = 0, hits = 0;
	for (l->from = 0; l->from < count && count <= COUNTED_MAX; l->from += PAGE) {
		compose(l);
		for (size_t i = 0; i < l->now.count; i++)
			if (l->now.line[i].item > 0 && app_name_contains(l->now.line[i].text, words)) {
				found = l->now.line[i].item;
				hits++;
			}
	}
	l->from = from;
	compose(l);
	if (hits == 1)
		choose(l, found);
	else
		say_format(l, "ERROR: %zu lines hold \"%s\"; say its number.", hits, words);
}

static void act(struct linear *l, const char *word, size_t number)
{
	size_t several = 0;
	const enum action action = linear_action(app_screen(l->app), word, &several);
	if (action == ACTION_NONE) {
		say_format(l, several > 1 ? "ERROR: \"%s\" could be %zu actions here; ? lists them, say more of the name."
		                          : "ERROR: \"%s\" is no action here; ? lists what can be done.",
		           word, several);
		return;
	}
	if (action == ACTION_KEYS || action_prefix(action) != 0) { /* words in place of a popup */
		say_all_actions(l);
		return;
	}
	if (number > 0 && !select_line(l, number))
		return;
	app_do(l->app, action);
	settle(l);
	settle_tagged(l);
	settle_audit(l);
}

static void command(struct linear *l, char *line)
{
	char *word = line + strspn(line, " \t");
	for (size_t n = strlen(word); n > 0 && (word[n - 1] == ' ' || word[n - 1] == '\t');)
		word[--n] = '\0';
	if (word[0] == '\0') {
		compose(l);
		say_screen(l);
		return;
	}
	if (strcmp(word, "?") == 0 || strcmp(word, ":") == 0 || strcasecmp(word, "help") == 0) {
		say_all_actions(l);
		return;
	}
	if (strncasecmp(word, "open ", 5) == 0) {
		open_line(l, word + 5);
		return;
	}
	const size_t number = take_number(word);
	if (word[0] == '\0') {
		choose(l, number);
	} else if (strcasecmp(word, "read") == 0) {
		if (select_line(l, number))
			read_line(l, number);
	} else if (strcasecmp(word, "lock") == 0 && l->lock != NULL) {
		l->lock_due = true;
	} else if (strcasecmp(word, "lines") == 0) {
		if (select_line(l, number)) {
			l->from = number - 1;
			compose(l);
			say_screen(l);
		}
	} else {
		act(l, word, number);
	}
}

/* Ctrl-C where nothing is computed asks whether to leave, as Q does. */
static void ask_command(struct linear *l)
{
	char line[LINE_INPUT_MAX], question[64];
	say_what_is_new(l);
	(void)snprintf(question, sizeof question, "%s> ", screen_title(app_screen(l->app)));
	switch (hear(l, question, left_ms(l), false, line, sizeof line)) {
	case LINE_OK:
		command(l, line);
		break;
	case LINE_IDLE:
		say(l, "");
		say_idle(l);
		l->lock_due = true;
		break;
	case LINE_INTERRUPTED:
		say(l, "");
		app_do(l->app, app_screen(l->app) == SCREEN_QUIT ? ACTION_BACK : ACTION_QUIT);
		break;
	case LINE_LONG:
		say(l, "ERROR: the line is too long and was left out.");
		break;
	default:
		say(l, "");
		l->ended = true;
	}
}

static void turn(struct linear *l)
{
	if (l->round_ended && app_screen(l->app) < SCREEN_PALETTE) { /* not under a dialog */
		l->round_ended = false;
		app_sync_ended(l->app);
	}
	settle(l);
	say_messages(l);
	const enum screen screen = app_screen(l->app);
	l->asking = l->asking == screen ? screen : SCREENS;
	if (screen == SCREEN_ENTRY)
		ask_entry(l);
	else if (screen == SCREEN_FORM)
		ask_form(l);
	else if (screen == SCREEN_SKIN_TYPE)
		ask_skin_type(l);
	else if (l->app->finding)
		ask_find(l);
	else
		ask_command(l);
	if (l->lock_due && !l->ended) /* here, where no function holds an answer any more */
		lock(l);
}

static void say_end(struct linear *l)
{
	say_messages(l);
	if (l->ended && (l->app->undo.count > 0 || l->app->readings_changed))
		say(l, "Note: the input ended; changes that were not saved are left out.");
	say(l, "Ended.");
	fflush(l->out);
}

enum status linear_run(const struct app_source *source, const struct app_engine *engine,
                       const struct shell_lock *lock_with, struct background *background, bool ascii, int in_fd,
                       FILE *out, int *leave_signal, struct fail *why)
{
	struct linear *l = calloc(1, sizeof *l);
	*leave_signal = 0;
	if (l == NULL)
		return fail_set(why, ST_FULL, "planner", "no memory");
	l->lock = lock_with;
	l->background = background;
	if (background != NULL)
		background_enter(background);
	l->out = out;
	l->ascii = ascii;
	l->screen = l->asking = SCREENS;
	enum status status = jobs_new(false, &l->jobs, why);
	if (status == ST_OK)
		status = app_new(source, engine, l->jobs, &l->app, why);
	if (status == ST_OK)
		status = canvas_new(ROWS, COLS, false, &l->canvas, why);
	if (status == ST_OK) {
		l->canvas->linear = true;
		while (app_worklist_read(l->app, l->app->patients))
			continue;
		line_input_open(&l->in, in_fd);
		say(l, "lasertwin, as a conversation. A number opens a line, a word does something, ? explains.");
		while (!l->ended && !l->app->leaving)
			turn(l);
		say_end(l);
		*leave_signal = line_input_signal();
		line_input_close(&l->in);
	}
	app_free(&l->app);
	jobs_free(&l->jobs);
	canvas_free(&l->canvas);
	if (background != NULL)
		background_leave(background);
	free(l);
	return status;
}
