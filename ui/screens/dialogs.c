/* Help and messages, and what is drawn over a screen: palette, number entry, leaving. */
#include "ui/view.h"

#define PALETTE_ROWS 14

#define HELP_KEY_COLS 14
#define JOB_BAR_COLS 24
#define KEYS_COLS 28 /* of one column of the popup */
#define KEYS_COLS_FULL 36 /* from here on with whole names */
#define KEY_COLS 10

static int help_rows(const struct action_spec *spec, int cols)
{
	return canvas_wrap_rows(spec->help, cols - HELP_KEY_COLS);
}

/* The lines of the help from the selected on; further up where the end would leave rows empty. */
static size_t help_first(const struct action_spec *const *spec, size_t count, size_t selected, struct area area)
{
	size_t first = count;
	for (int left = area.rows; first > 0; first--) {
		left -= help_rows(spec[first - 1], area.cols);
		if (left < 0)
			break;
	}
	return selected < first ? selected : first;
}

void screen_help(const struct app *app, struct canvas *canvas, struct area area)
{
	enum screen below = app->depth > 1 ? app->stack[app->depth - 2] : SCREEN_WORKLIST;
	const struct action_spec *spec[ACTIONS];
	char heading[64], keys[48];
	size_t count = 0, at;
	for (size_t i = 0; i < action_count(); i++)
		if (action_on_screen(action_at(i), below))
			spec[count++] = action_at(i);
	snprintf(heading, sizeof heading, "Help: %s", screen_title(below));
	struct area list = {view_heading(canvas, area, area.row, heading), area.col, area.rows - 1, area.cols};
	size_t first = help_first(spec, count, app->selected[SCREEN_HELP], list);
	for (at = first; at < count && list.rows >= help_rows(spec[at], list.cols); at++) {
		bool enabled = action_enabled(spec[at], app_available(app), NULL);
		struct area text = {list.row, list.col + HELP_KEY_COLS, list.rows, list.cols - HELP_KEY_COLS};
		action_keys(spec[at], keys, sizeof keys);
		canvas_text(canvas, list.row, list.col, HELP_KEY_COLS - 1, ROLE_KEY, keys);
		int used = canvas_wrap(canvas, text, enabled ? ROLE_TEXT : ROLE_DIM, spec[at]->help);
		list.row += used;
		list.rows -= used;
	}
	view_scroll_note(canvas, area, first, at - first, count);
}

/* What is being computed, and what waits for it. */
static int draw_jobs(const struct app *app, struct canvas *canvas, struct area area)
{
	static const char *const waiting[] = {"preparing", "judging the settings", "the fit", "the map"};
	const bool wanted[] = {app->prepare_wanted, app->assess_wanted, app->fit_wanted, app->map_wanted};
	int row = view_heading(canvas, area, area.row, "Jobs");
	if (!app_busy(app)) {
		canvas_text(canvas, row, area.col, area.cols, ROLE_DIM, "Nothing is being computed.");
		return row + 2;
	}
	canvas_text(canvas, row++, area.col, area.cols, ROLE_TEXT, app_task_text(app));
	canvas_bar(canvas, row, area.col, JOB_BAR_COLS, app->job.done_frac, ROLE_KEY);
	canvas_format(canvas, row, area.col + JOB_BAR_COLS + 1, area.cols - JOB_BAR_COLS - 1, ROLE_DIM, "%3.0f %%  %s",
	              100.0 * app->job.done_frac, app->job.cancelling ? "stopping" : "c stops it");
	row++;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (wanted[i])
			canvas_format(canvas, row++, area.col, area.cols, ROLE_DIM, "then: %s", waiting[i]);
	return row + 1;
}

void screen_messages(const struct app *app, struct canvas *canvas, struct area area)
{
	size_t kept = app_line_count(app, SCREEN_MESSAGES);
	int row = draw_jobs(app, canvas, area);
	row = view_heading(canvas, area, row, "Messages, latest first");
	for (size_t i = app->selected[SCREEN_MESSAGES]; i < kept && row < area.row + area.rows; i++) {
		const struct app_message *message = &app->message[(app->messages - 1 - i) % APP_MESSAGES_MAX];
		struct area text = {row, area.col + 2, area.row + area.rows - row, area.cols - 2};
		canvas_point(canvas, row, area.col, message->role, 0x2022);
		row += canvas_wrap(canvas, text, message->role, message->text);
	}
	if (kept == 0)
		canvas_text(canvas, row, area.col, area.cols, ROLE_DIM, "Nothing was said yet.");
}

/* The keys of an action as the popup names them: after a first key, the second alone. */
static void popup_keys(const struct app *app, const struct action_spec *spec, char *out, size_t size)
{
	action_keys(spec, out, size);
	if (app->keys_after != 0)
		memmove(out, out + 1, strlen(out));
}

static const char *popup_title(const struct app *app)
{
	if (app->keys_after == 0)
		return "Keys here: press one, Esc closes";
	return app->keys_after == '&' ? "& then one of these; Esc closes" : "; then one of these; Esc closes";
}

/* Not worth a line among all keys: everybody knows it, or it stands on the station's own list. */
static bool popup_leaves_out(const struct action_spec *spec)
{
	const bool moves = spec->id >= ACTION_UP && spec->id <= ACTION_LAST;
	return moves || spec->id == ACTION_KEYS || (strncmp(spec->name, "station: ", 9) == 0 && spec->id != ACTION_STATION);
}

static size_t popup_actions(const struct app *app, const struct action_spec *out[ACTIONS])
{
	size_t count = 0;
	for (size_t i = 0; i < action_count(); i++) {
		const struct action_spec *spec = action_at(i);
		const bool second = action_follows(spec, '&') || action_follows(spec, ';');
		const bool wanted = app->keys_after != 0 ? action_follows(spec, app->keys_after)
		                                         : !second && !popup_leaves_out(spec);
		if (wanted && action_on_screen(spec, app_screen_below(app)))
			out[count++] = spec;
	}
	return count;
}

/* Actions of the screen below in columns, what cannot be done now greyed. */
void screen_keys(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct action_spec *shown[ACTIONS];
	char keys[48];
	const size_t count = popup_actions(app, shown);
	if (!app->keys_shown && !canvas->linear)
		return;
	const bool few = app->keys_after != 0, never = app->keys_after == '&';
	const int columns = few ? 1 : area.cols >= KEYS_COLS * 3 ? 3 : area.cols >= KEYS_COLS * 2 ? 2 : 1;
	const int rows = ((int)count + columns - 1) / columns + never, width = (area.cols - 2) / columns;
	const struct area box = {area.row + (area.rows > rows + 2 ? area.rows - rows - 2 : 0), area.col,
	                         rows + 2 < area.rows ? rows + 2 : area.rows, area.cols};
	canvas_box(canvas, box, ROLE_KEY, popup_title(app));
	if (never)
		canvas_text(canvas, box.row + box.rows - 2, box.col + 1 + KEY_COLS, width - KEY_COLS - 1, ROLE_DIM,
		            "approving, treating: never of several, one patient at a time");
	for (size_t i = 0; i < count; i++) {
		const int row = box.row + 1 + (int)i % rows, col = box.col + 1 + (int)i / rows * width;
		const bool enabled = action_enabled(shown[i], app_available(app), NULL);
		if (row >= box.row + box.rows - 1)
			continue;
		popup_keys(app, shown[i], keys, sizeof keys);
		canvas_text(canvas, row, col, KEY_COLS - 1, enabled ? ROLE_KEY : ROLE_DIM, keys);
		const bool brief = width < KEYS_COLS_FULL && shown[i]->label != NULL;
		canvas_text(canvas, row, col + KEY_COLS, width - KEY_COLS - 1, enabled ? ROLE_TEXT : ROLE_DIM,
		            brief ? shown[i]->label : shown[i]->name);
	}
}

void screen_palette(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct action_spec *match[ACTIONS];
	size_t count = app_palette(app, match), selected = app->selected[SCREEN_PALETTE];
	struct area box = view_dialog(area, PALETTE_ROWS), in = area_inside(box, 1, 2);
	size_t rows = (size_t)in.rows - 1, first = view_first(selected, rows, count);
	canvas_box(canvas, box, ROLE_KEY, "Commands: type letters of the name");
	canvas_format(canvas, in.row, in.col, in.cols, ROLE_STRONG, ": %s_", app->filter);
	for (size_t i = 0; i < rows && first + i < count; i++) {
		const struct action_spec *spec = match[first + i];
		const char *why = "";
		char keys[48];
		bool enabled = action_enabled(spec, app_available(app), &why);
		struct area line = {in.row + 1 + (int)i, in.col, 1, in.cols};
		int used = canvas_text(canvas, line.row, line.col + 2, line.cols - 2,
		                       enabled ? ROLE_TEXT : ROLE_DIM, spec->name);
		action_keys(spec, keys, sizeof keys);
		canvas_text_right(canvas, line.row, line.col + used + 4, line.cols - used - 4,
		                  enabled ? ROLE_KEY : ROLE_DIM, enabled ? keys : why);
		if (first + i == selected)
			view_select_line(canvas, line);
	}
	if (count == 0)
		canvas_text(canvas, in.row + 2, in.col + 2, in.cols - 2, ROLE_DIM,
		            "No command has these letters in its name.");
}

/* What was typed, its end where it is long; returns the rows used. */
static int draw_typed(const struct entry *entry, struct canvas *canvas, struct area area)
{
	char text[ENTRY_TYPED_MAX + 40];
	const char *typed = entry->typed;
	int room = area.rows * area.cols * 3 / 4; /* words break: not all of the area can be used */
	while (text_width(typed) > room) {
		struct glyph glyph;
		typed += text_next(typed, &glyph);
	}
	snprintf(text, sizeof text, "%s%s_ %s", typed > entry->typed ? "..." : "", typed, entry->unit);
	return canvas_wrap(canvas, area, ROLE_STRONG, text);
}

void screen_entry(const struct app *app, struct canvas *canvas, struct area area)
{
	const struct entry *entry = &app->entry;
	bool answer = entry->kind == ENTRY_ANSWER;
	struct area box = view_dialog(area, answer ? 15 : 10), in = area_inside(box, 1, 2);
	int row = in.row;
	canvas_box(canvas, box, ROLE_KEY, answer ? "Answer" : entry->title);
	if (answer)
		row += canvas_wrap(canvas, (struct area){row, in.col, 3, in.cols}, ROLE_STRONG, entry->title);
	canvas_text(canvas, row + 1, in.col, 6, ROLE_DIM, "now");
	canvas_text(canvas, row + 1, in.col + 6, in.cols - 6, ROLE_DIM, entry->before);
	canvas_text(canvas, row + 2, in.col, 6, ROLE_DIM, "new");
	row += 2 + draw_typed(entry, canvas,
	                      (struct area){row + 2, in.col + 6, answer ? 4 : 1, in.cols - 6});
	canvas_text(canvas, row, in.col, 6, ROLE_DIM, "takes");
	canvas_wrap(canvas, (struct area){row, in.col + 6, 2, in.cols - 6}, ROLE_DIM, entry->range);
	if (entry->refusal.text[0] != '\0')
		canvas_wrap(canvas, (struct area){in.row + in.rows - 3, in.col, 3, in.cols}, ROLE_STOP,
		            entry->refusal.text);
	else
		canvas_text(canvas, in.row + in.rows - 2, in.col, in.cols, ROLE_DIM,
		            answer ? "Enter takes it, Esc leaves the answer as it is"
		                   : "Enter takes it, Esc leaves the value as it is");
}

void screen_quit(const struct app *app, struct canvas *canvas, struct area area)
{
	struct area box = view_dialog(area, 7), in = area_inside(box, 1, 2);
	canvas_box(canvas, box, ROLE_CAUTION, "Leave lasertwin?");
	bool settings = app->undo.count > 0, readings = app->readings_changed;
	const char *loss = settings && readings ? "Changed settings and readings are not saved (s saves)."
	                   : settings           ? "Changed settings of the open patient are not saved."
	                   : readings           ? "Changed readings and answers are not kept yet (s keeps)."
	                   : app_busy(app)      ? "A computation is running; it will be stopped."
	                                        : "Nothing is unsaved.";
	canvas_text(canvas, in.row + 1, in.col, in.cols, settings || readings ? ROLE_CAUTION : ROLE_TEXT, loss);
	if ((settings || readings) && app->source->work != NULL)
		canvas_text(canvas, in.row + 2, in.col, in.cols, app->work.not_kept ? ROLE_STOP : ROLE_TEXT,
		            app->work.not_kept ? "The last step could NOT be kept: leaving loses it."
		                               : "They are offered again at the next start.");
	int used = canvas_text(canvas, in.row + 3, in.col, in.cols, ROLE_KEY, "Esc");
	used += canvas_text(canvas, in.row + 3, in.col + used, in.cols, ROLE_TEXT, " stays      ");
	used += canvas_text(canvas, in.row + 3, in.col + used, in.cols, ROLE_KEY, "y");
	canvas_text(canvas, in.row + 3, in.col + used, in.cols, ROLE_TEXT, " leaves");
}
