/* The configuration file, key bindings among it: bad lines are passed over, and a setting that was changed reads as it
 * was given. */
#include "tests/fuzz/fuzz.h"

#include "tests/support/temp_folder.h"
#include "ui/config.h"
#include "ui/keymap.h"

static char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 8];

static void clear_up(void)
{
	temp_folder_remove(folder);
}

static void try_file(const uint8_t *bytes, size_t n)
{
	static char program[] = "lasertwin";
	char *arguments[] = {program, NULL}, *kept = NULL;
	struct cli_options options;
	struct fail why;
	if (!folder[0]) {
		temp_folder_make(folder);
		BUG_ON(atexit(clear_up) != 0);
		(void)snprintf(path, sizeof path, "%s/config", folder);
	}
	write_file(path, bytes, n);
	BUG_ON(cli_parse(1, arguments, &options, &why) != ST_OK);
	(void)config_apply(path, &options, &kept, NULL);
	cli_settle(&options);
	free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char *text = fuzz_text(bytes, n), before[CONFIG_VALUE_MAX], after[CONFIG_VALUE_MAX];
	struct fail why = {.code = ST_OK};
	try_file(bytes, n);
	char *changed = config_text_set(text, "lock-after", "7", before, sizeof before);
	BUG_ON(!changed);
	char *again = config_text_set(changed, "lock-after", "", after, sizeof after);
	BUG_ON(!again || strcmp(after, "7") != 0);
	free(again);
	free(changed);
	enum status st = keymap_apply(NULL, text, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	keymap_reset();
	free(text);
	return 0;
}
