/* The loop of the full-screen planner: keys and the worker's news in, canvases out. */
#ifndef LASERTWIN_UI_SHELL_H
#define LASERTWIN_UI_SHELL_H

#include "ui/app.h"
#include "ui/term.h"

/* Returns when the user leaves or a signal asks for it (*leave_signal then is its number, else 0). The
 * terminal is given back in every case. */
enum status shell_run(const struct app_source *source, const struct app_engine *engine,
                      const struct term_options *options, int *leave_signal, struct fail *why) MUST_CHECK;

#endif
