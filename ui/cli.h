/* The command line: reads it by the tables of ui/command.h, finds the folders, says what failed.
 *
 * Exit codes: 0 done, 1 not done (also --strict with an expectation that is not met), 2 bad input.
 */
#ifndef LASERTWIN_UI_CLI_H
#define LASERTWIN_UI_CLI_H

#include "physics/base/status.h"
#include "ui/command.h"
#include "ui/term.h"

#define EXIT_NOT_DONE 1
#define EXIT_BAD_INPUT 2
#define CLI_OPERANDS_MAX 24
#define CLI_OPTIONS_MAX 96
#define CLI_PATH_MAX 1024

struct cli_options {
	const struct command *command;
	int operands;
	const char *operand[CLI_OPERANDS_MAX];
	const char *value[CLI_OPTIONS_MAX]; /* by place in options_table; NULL: not given, flags: "" */
	struct term_options term;
};

/* Borrows argv. ST_INPUT names the argument that is not understood. */
enum status cli_parse(int argc, char **argv, struct cli_options *out, struct fail *why) MUST_CHECK;

/* Takes over what the options say of the terminal; again after a configuration file has filled some. */
void cli_settle(struct cli_options *options);

/* What stood behind the option; NULL: not given. The name must be in the table. */
const char *cli_value(const struct cli_options *options, const char *name);
bool cli_flag(const struct cli_options *options, const char *name);
bool cli_ascii(const struct cli_options *options);
/* The option's whole number, if it is given, else *out stays. ST_INPUT names the option and the range. */
enum status cli_whole_number(const struct cli_options *options, const char *name, double least, double most,
                             uint64_t *out, struct fail *why) MUST_CHECK;

/* Does it; returns the exit code. Errors are on stderr. */
int cli_run(const struct cli_options *options);

/* Says on stderr what failed, cleaned, with --json as one object {"error": {"kind", "exit", "field", "text"}}; returns
 * the exit code of the failure. */
int cli_complain(const struct cli_options *options, enum status status, const struct fail *why);
int cli_exit_code(enum status status);

/* Text by others or with Greek letters, cleaned line by line. */
void cli_print(FILE *out, bool ascii, const char *text);

/* Milliseconds UTC since 1970. */
int64_t cli_now_ms(void);

/* The folder of profiles: the option's, the environment's, the one beside the program, the installed one. Never
 * whatever folder the user happens to stand in. ST_NOT_FOUND names all places looked at. */
enum status cli_profiles(const struct cli_options *options, char *out, size_t capacity, struct fail *why) MUST_CHECK;
struct library;
/* The library of those profiles, with the clinic's own (HOME/clinic) laid over it. */
enum status cli_library(const struct cli_options *options, struct library **out, struct fail *why) MUST_CHECK;
/* The folder of records that the options and the environment lead to. */
void cli_home(const struct cli_options *options, char *out, size_t capacity);

#endif
