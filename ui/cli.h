/* The command line: what was asked for, and doing it.
 *
 * Exit codes: 0 done, 1 not done (also --strict with an expectation that is not met), 2 bad input.
 */
#ifndef LASERTWIN_UI_CLI_H
#define LASERTWIN_UI_CLI_H

#include "physics/base/status.h"
#include "ui/term.h"

enum cli_command {
	CLI_PLANNER,
	CLI_DEMO,
	CLI_CASE,
	CLI_ADD,
	CLI_MC,
	CLI_LAYERS,
	CLI_SIMULATE,
	CLI_THRESHOLD,
	CLI_VERSION,
	CLI_HELP
};

struct cli_options {
	enum cli_command command;
	const char *file;           /* of the commands that take one */
	const char *photons, *seed; /* of `mc`, as written; NULL: not given */
	bool json, strict, plain;
	struct term_options term;
	const char *profiles, *home; /* NULL: found by the rules in the help text */
};

#define EXIT_NOT_DONE 1
#define EXIT_BAD_INPUT 2

/* Borrows argv. ST_INPUT names the argument that is not understood. */
enum status cli_parse(int argc, char **argv, struct cli_options *out, struct fail *why) MUST_CHECK;

/* Does it; returns the exit code. Errors are on stderr. */
int cli_run(const struct cli_options *options);

/* Says on stderr what failed, cleaned; returns the exit code of the failure. */
int cli_complain(const struct cli_options *options, enum status status, const struct fail *why);

int cli_exit_code(enum status status);

/* Evaluates and prints the case at path; returns the exit code, or ends with the signal that stopped it. */
int cli_case(const struct cli_options *options, const char *profiles, const char *path);

/* Text by others or with Greek letters, cleaned line by line. */
void cli_print(FILE *out, bool ascii, const char *text);

/* The folder of profiles: the option's, the environment's, the one beside the program, the installed one. Never
 * whatever folder the user happens to stand in. ST_NOT_FOUND names all places looked at. */
enum status cli_profiles(const struct cli_options *options, char *out, size_t capacity, struct fail *why) MUST_CHECK;
/* The folder of records that the options and the environment lead to. */
void cli_home(const struct cli_options *options, char *out, size_t capacity);

#endif
