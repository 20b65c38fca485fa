/* `lasertwin mc` and `lasertwin layers`: light transport in the layers of an MCML input file, by Monte Carlo and
 * by discrete ordinates. For researchers; no clinic data is touched. */
#ifndef LASERTWIN_UI_TRANSPORT_COMMANDS_H
#define LASERTWIN_UI_TRANSPORT_COMMANDS_H

#include "ui/cli.h"

/* Does options->command (CLI_MC or CLI_LAYERS) on options->file; returns the exit code. */
int transport_run(const struct cli_options *options);

#endif
