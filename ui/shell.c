#include "ui/shell.h"

#include "ui/mouse.h"

enum { POPUP_MS = 300, IDLE_MS = 1, IDLE_LINES = 4, MS_PER_S = 1000, NS_PER_MS = 1000000, REST_MS = 250 };

struct shell {
	struct app *app;
	struct jobs *jobs;
	struct canvas *canvas;
	const struct shell_lock *lock; /* NULL: none */
	struct background *background; /* NULL: nothing is synchronised */
	struct lock_form *form;        /* NULL: not locked */
	int64_t last_key_ms;
};

/* Goes on while the machine sleeps. */
static int64_t clock_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static enum status show(struct shell *shell, struct fail *why)
{
	int rows, cols;
	enum status status = ST_OK;
	struct canvas *canvas = shell->canvas;
	canvas->ascii = term_ascii(); /* a setting may have changed it */
	canvas->blocks = term_blocks();
	term_size(&rows, &cols);
	if (rows != canvas->rows || cols != canvas->cols)
		status = canvas_resize(canvas, rows, cols, why);
	if (status != ST_OK)
		return status;
	if (shell->form != NULL)
		screen_login(shell->form, canvas);
	else
		app_draw(shell->app, canvas);
	term_show(canvas);
	return ST_OK;
}

/* --- the lock ----------------------------------------------------------------------------------------- */

static enum status lock(struct shell *shell, struct fail *why)
{
	char login[STORE_LOGIN_MAX + 1] = "";
	app_lock(shell->app); /* first: its last step is kept in records that are still open */
	shell->lock->lock(shell->lock->context, login, sizeof login);
	if (shell->background != NULL)
		background_lock(shell->background, true);
	secret_wipe_stack();
	return lock_form_new(shell->lock->place, login, shell->lock->hint, &shell->form, why);
}

/* Records that were opened and could not be shown are locked again. */
static void refuse(struct shell *shell, const struct fail *why)
{
	char login[STORE_LOGIN_MAX + 1];
	shell->lock->lock(shell->lock->context, login, sizeof login);
	lock_form_refused(shell->form, why);
}

static void try_secret(struct shell *shell)
{
	struct fail why = {.text = ""};
	const struct secret secret = {shell->form->secret, shell->form->length};
	(void)snprintf(shell->form->said, sizeof shell->form->said, "Trying ... (about a second)");
	(void)(show(shell, &why) == ST_OK); /* a window that cannot be drawn shows at the next turn */
	enum status status = shell->lock->unlock(shell->lock->context, shell->form->login, secret, &why);
	if (status == ST_OK)
		status = app_unlock(shell->app, &why);
	if (status != ST_OK)
		refuse(shell, &why);
	else if (shell->background != NULL)
		background_lock(shell->background, false);
	if (status == ST_OK)
		lock_form_free(&shell->form);
}

/* Milliseconds until the lock comes; -1: never. */
static int64_t left_ms(const struct shell *shell)
{
	if (shell->lock == NULL || shell->lock->idle_s == 0 || shell->form != NULL)
		return -1;
	int64_t left = shell->last_key_ms + (int64_t)shell->lock->idle_s * MS_PER_S - clock_ms();
	return left > 0 ? left : 0;
}

static bool is_key(struct key_event event)
{
	return event.key != UI_KEY_NONE && event.key != UI_KEY_WAKE && event.key != UI_KEY_RESIZE;
}

/* --- the loop ----------------------------------------------------------------------------------------- */

/* Who knows the keys never sees it. */
static bool popup_waits(const struct shell *shell)
{
	return shell->form == NULL && app_screen(shell->app) == SCREEN_KEYS && !shell->app->keys_shown;
}

/* Keys typed before a dialog that decides something stood on the screen were not meant for it. */
static bool decides(enum screen screen)
{
	return screen == SCREEN_FORM || screen == SCREEN_ALL_NO || screen == SCREEN_TAGGED || screen == SCREEN_QUIT;
}

static void take_key(struct shell *shell, struct key_event event)
{
	const enum screen before = app_screen(shell->app);
	if (event.key == UI_KEY_CLICK)
		(void)mouse_click(shell->app, shell->canvas, event.row, event.col);
	else
		app_key(shell->app, event);
	if (app_screen(shell->app) != before && decides(app_screen(shell->app)))
		term_drop_typed();
}

/* Until the lock comes, or until a knob that was turned has come to rest. */
static int wait_ms(const struct shell *shell)
{
	int64_t left = left_ms(shell);
	bool resting = shell->form == NULL && app_work_pending(shell->app);
	if (popup_waits(shell))
		return POPUP_MS;
	if (shell->form == NULL && (shell->app->unread > 0 || shell->app->tagged.running || app_verifying(shell->app)))
		return IDLE_MS;
	int64_t round = shell->background != NULL ? background_wait_ms(shell->background) : -1;
	left = round >= 0 && (left < 0 || left > round) ? round : left;
	return resting && (left < 0 || left > REST_MS) ? REST_MS : (int)left;
}

/* Waits for a key or news. Meanwhile a round may use the records. */
static struct key_event wait(struct shell *shell)
{
	const int news[2] = {jobs_wake_fd(shell->jobs),
	                     shell->background != NULL ? background_wake_fd(shell->background) : -1};
	if (shell->background == NULL)
		return term_read(wait_ms(shell), news);
	background_leave(shell->background);
	struct key_event event = term_read(wait_ms(shell), news);
	background_enter(shell->background);
	if (background_pump(shell->background))
		app_sync_ended(shell->app);
	return event;
}

/* False when the program is to end. */
static bool take_locked(struct shell *shell, struct key_event event)
{
	if (event.key == UI_KEY_WAKE)
		app_wake(shell->app);
	if (!is_key(event))
		return true;
	enum lock_wish wish = lock_key(shell->form, event);
	if (wish == LOCK_TRY)
		try_secret(shell);
	return wish != LOCK_LEAVE;
}

/* False when the program is to end, or *status says why it must. */
static bool take_event(struct shell *shell, struct key_event event, enum status *status, struct fail *why)
{
	if (event.key == UI_KEY_LEAVE)
		return false;
	if (shell->form != NULL)
		return take_locked(shell, event);
	if (event.key == UI_KEY_LOCK || left_ms(shell) == 0) {
		if (shell->lock != NULL)
			*status = lock(shell, why);
		return *status == ST_OK;
	}
	if (event.key == UI_KEY_WAKE)
		app_wake(shell->app);
	else if (is_key(event))
		take_key(shell, event);
	return !shell->app->leaving;
}

static enum status loop(struct shell *shell, struct fail *why)
{
	enum status status = canvas_new(1, 1, term_ascii(), &shell->canvas, why);
	shell->last_key_ms = clock_ms();
	while (status == ST_OK) {
		status = show(shell, why);
		if (status != ST_OK)
			break;
		struct key_event event = wait(shell);
		if (event.key == UI_KEY_NONE && shell->form == NULL)
			app_work_flush(shell->app);
		if (event.key == UI_KEY_NONE && popup_waits(shell))
			shell->app->keys_shown = true;
		else if (event.key == UI_KEY_NONE && shell->form == NULL)
			(void)(app_tagged_step(shell->app) || app_worklist_read(shell->app, IDLE_LINES) || app_audit_go_on(shell->app));
		bool goes_on = take_event(shell, event, &status, why);
		if (is_key(event))
			shell->last_key_ms = clock_ms();
		if (!goes_on)
			break;
	}
	if (shell->form == NULL)
		app_work_flush(shell->app);
	lock_form_free(&shell->form);
	canvas_free(&shell->canvas);
	return status;
}

enum status shell_run(const struct app_source *source, const struct app_engine *engine, const struct shell_lock *lock,
                      struct background *background, const struct term_options *options, int *leave_signal,
                      struct fail *why)
{
	struct shell shell = {.lock = lock, .background = background};
	*leave_signal = 0;
	if (background != NULL)
		background_enter(background);
	enum status status = jobs_new(false, &shell.jobs, why);
	if (status == ST_OK)
		status = app_new(source, engine, shell.jobs, &shell.app, why);
	if (status == ST_OK)
		status = term_open(options, why);
	if (status == ST_OK) {
		status = loop(&shell, why);
		*leave_signal = term_leave_signal();
		term_close();
	}
	app_free(&shell.app);
	jobs_free(&shell.jobs);
	if (background != NULL)
		background_leave(background);
	return status;
}
