/* `lasertwin simulate FILE` and `lasertwin threshold FILE`: a simulation file's answers on standard output,
 * as text or (--json) JSON; progress on standard error when that is a terminal. */
#ifndef LASERTWIN_UI_SIMULATE_COMMANDS_H
#define LASERTWIN_UI_SIMULATE_COMMANDS_H

#include "ui/cli.h"

int cli_simulate(const struct cli_options *options);
int cli_threshold(const struct cli_options *options);

#endif
