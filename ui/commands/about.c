#include "ui/commands/commands.h"
#include "ui/config.h"

int command_print_config(const struct cli_options *options)
{
	(void)options;
	config_print_default(stdout);
	return 0;
}

int command_print_manual(const struct cli_options *options)
{
	(void)options;
	command_manual(stdout);
	return 0;
}

int command_print_completion(const struct cli_options *options)
{
	(void)options;
	command_completion(stdout);
	return 0;
}

int command_print_help(const struct cli_options *options)
{
	int used = 0;
	char family[512];
	struct fail why = {.text = ""};
	const char *first = options->operand[0], *second = options->operands > 1 ? options->operand[1] : NULL;
	const struct command *command = options->operands > 0 ? command_find(first, second, &used) : NULL;
	if (options->operands == 0)
		command_help(stdout);
	else if (command != NULL && used == options->operands)
		command_help_one(command, stdout);
	else if (options->operands == 1 && command_family(first, family, sizeof family))
		command_help_family(first, stdout);
	else
		return cli_complain(options,
		                    fail_set(&why, ST_INPUT, options->operand[options->operands - 1],
		                             "is no command; `lasertwin help` lists them"),
		                    &why);
	return 0;
}

int command_print_version(const struct cli_options *options)
{
	(void)options;
	puts("lasertwin " LASERTWIN_VERSION);
	return 0;
}
