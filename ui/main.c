#include "planner/store/person.h"
#include "ui/cli.h"
#include "ui/config.h"

#ifdef __GLIBC__
#include <malloc.h>

#define KEEP_BYTES (128 * 1024 * 1024)

/* Predictions take and give back megabytes many times a second; getting the pages anew each time cost more than the
 * calculation. What was freed is kept instead, up to this. */
static void keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
}
#else
static void keep_memory(void)
{
}
#endif

int main(int argc, char **argv)
{
	struct cli_options options;
	struct fail why = {.text = ""};
	keep_memory();
	store_process_harden();
	char path[CLI_PATH_MAX], *kept = NULL;
	enum status status = cli_parse(argc, argv, &options, &why);
	if (status == ST_OK) {
		config_path(path, sizeof path);
		(void)config_apply(path, &options, &kept, stderr);
		cli_settle(&options);
	}
	int code = status == ST_OK ? cli_run(&options) : cli_complain(&options, status, &why);
	/* a full disk or a closed pipe shows only here; a plan that was not written was not made */
	if (code == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
		fail_set(&why, ST_IO, "output", "could not be written whole; free the disk or choose another file");
		code = cli_complain(&options, ST_IO, &why);
	}
	free(kept);
	return code;
}
