/* The loop of the full-screen planner: keys and the worker's news in, canvases out. */
#ifndef LASERTWIN_UI_SHELL_H
#define LASERTWIN_UI_SHELL_H

#include "ui/app.h"
#include "ui/lock.h"
#include "ui/term.h"

/* What the lock is made of. It comes after idle_s seconds without a key (0: never) and with Ctrl-L; behind it the
 * planner holds nothing of a patient, and the records are locked. */
struct shell_lock {
	void *context;
	int idle_s;
	const char *place, *hint;
	/* Locks; gives who was logged in, for the form. */
	void (*lock)(void *context, char *login, size_t size);
	enum status (*unlock)(void *context, const char *login, struct secret secret, struct fail *why);
};

/* lock and background NULL: none. Returns when the user leaves or a signal asks for it (*leave_signal then is its
 * number, else 0). The terminal is given back in every case. */
enum status shell_run(const struct app_source *source, const struct app_engine *engine,
                      const struct shell_lock *lock, struct background *background,
                      const struct term_options *options, int *leave_signal, struct fail *why) MUST_CHECK;

#endif
