/* The tables of commands and options. The parser, `--help`, the manual page and shell completion read them, so
 * that none can know a word the others do not.
 *
 * A new command: one row in command.c, its function in ui/commands and in ui/commands/commands.h. A new option: one
 * row in command.c; the command names it in its row and asks for it with cli_value() or cli_flag().
 */
#ifndef LASERTWIN_UI_COMMAND_H
#define LASERTWIN_UI_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "physics/base/status.h"

struct cli_options;

struct option_spec {
	const char *name;  /* "--seed" */
	const char *value; /* what follows it, as help calls it; NULL: a flag */
	const char *words; /* the values there are, "auto never"; NULL: any */
	bool everywhere;   /* goes with every command */
	const char *help;
};

struct command {
	const char *name;     /* one word or two ("twin fit"); "": what runs without any */
	const char *operands; /* "FILE"; "" none */
	int least, most;      /* how many of them */
	const char *options;  /* own options, "--json --seed" */
	const char *help;     /* one line, no full stop */
	int (*run)(const struct cli_options *options); /* gives the exit code */
};

extern const struct command commands[];
extern const size_t commands_count;
extern const struct option_spec options_table[];
extern const size_t options_count;

const struct option_spec *option_find(const char *name); /* NULL: none of that name */
bool option_takes_word(const struct option_spec *option, const char *word); /* one of option->words */
bool command_takes(const struct command *command, const struct option_spec *option);
/* It makes records where there are none; every other command says what does. */
bool command_begins_records(const struct command *command);
/* The command that the words begin with; *used says how many of them name it. NULL: none. */
const struct command *command_find(const char *first, const char *second, int *used);

void command_usage(const struct command *command, char *out, size_t size); /* "lasertwin case FILE [--json]" */
void command_help(FILE *out);                                     /* all of them */
/* "list, new, show": the second words of a family ("plan"); false: no family is called that. */
bool command_family(const char *word, char *out, size_t size);
void command_help_family(const char *word, FILE *out); /* a line for each */
void command_help_one(const struct command *command, FILE *out); /* one, with its options */
void command_manual(FILE *out);                                   /* the manual page, man(7) macros */
void command_completion(FILE *out);                               /* bash */

#endif
