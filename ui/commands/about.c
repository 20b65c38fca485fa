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
	(void)options;
	command_help(stdout);
	return 0;
}

int command_print_version(const struct cli_options *options)
{
	(void)options;
	puts("lasertwin " LASERTWIN_VERSION);
	return 0;
}
