#include "ui/cli.h"

int main(int argc, char **argv)
{
	struct cli_options options;
	struct fail why = {.text = ""};
	enum status status = cli_parse(argc, argv, &options, &why);
	int code = status == ST_OK ? cli_run(&options) : cli_complain(&options, status, &why);
	/* a full disk or a closed pipe shows only here; a plan that was not written was not made */
	if (code == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
		fail_set(&why, ST_IO, "output", "could not be written whole; free the disk or choose another file");
		code = cli_complain(&options, ST_IO, &why);
	}
	return code;
}
