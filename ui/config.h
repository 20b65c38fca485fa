/* The configuration file: defaults for the options that go with every command, as plain lines.
 *
 *     # a comment
 *     color = never
 *     lock-after = 5
 *     ascii = yes
 *
 * $XDG_CONFIG_HOME/lasertwin/config, then ~/.config/lasertwin/config. What the command line says goes before the file.
 * A bad line is told with its number and passed over; it never keeps the program from starting. Secrets do not belong
 * in it: an option that names a file of one is not read from here.
 */
#ifndef LASERTWIN_UI_CONFIG_H
#define LASERTWIN_UI_CONFIG_H

#include "ui/cli.h"

#define CONFIG_BYTES_MAX 65536

/* Fills the options that the command line left open; complaints go to warn (NULL: nowhere). text is kept in *kept,
 * which the options then borrow from, and is to be freed after them; NULL when there is no file. Gives the number of
 * lines that were passed over. */
int config_apply(const char *path, struct cli_options *options, char **kept, FILE *warn);
/* Whether the option can stand in the file. */
bool config_takes(const struct option_spec *option);
/* Where the file is looked for; empty when there is no home. */
void config_path(char *out, size_t capacity);
/* The file with every option as a comment, with its help and default. */
void config_print_default(FILE *out);

#endif
