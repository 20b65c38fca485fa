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
#define CONFIG_VALUE_MAX 900

/* Fills the options that the command line left open; complaints go to warn (NULL: nowhere). text is kept in *kept,
 * which the options then borrow from, and is to be freed after them; NULL when there is no file. Gives the number of
 * lines that were passed over. */
int config_apply(const char *path, struct cli_options *options, char **kept, FILE *warn);
/* Whether the option can stand in the file. */
bool config_takes(const struct option_spec *option);
/* The option behind a name without its hyphens; NULL: none that can stand in the file. */
const struct option_spec *config_option(const char *name);

/* --- changing it (config_edit.c) --- */

/* ST_INPUT says what the setting takes. Tries keys and takes them back: they are to be applied again. */
/* The file's text with one setting changed, malloc'ed; every other line stays. value "": taken out, its line becomes a
 * comment. before: what was set, "" nothing. NULL: no memory. */
char *config_text_set(const char *text, const char *name, const char *value, char *before, size_t size);
/* The same in the file, which is made where it is not there, and is whole at every moment. */
enum status config_set(const char *path, const char *name, const char *value, char *before, size_t size,
                       struct fail *why) MUST_CHECK;
/* Where the file is looked for; empty when there is no home. */
void config_path(char *out, size_t capacity);
/* The file with every option as a comment, with its help and default. */
void config_print_default(FILE *out);

#endif
