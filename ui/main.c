#include "ui/cli.h"

int main(int argc, char **argv)
{
	struct cli_options options;
	struct fail why = {.text = ""};
	enum status status = cli_parse(argc, argv, &options, &why);
	return status == ST_OK ? cli_run(&options) : cli_complain(&options, status, &why);
}
