/* The settings screen's other side: the options in force, their list, the configuration file. */
#ifndef LASERTWIN_UI_SETTINGS_H
#define LASERTWIN_UI_SETTINGS_H

#include "ui/cli.h"
#include "ui/lists.h"
#include "ui/shell.h"

enum { LOCK_AFTER_MAX_S = 86400 };

struct settings_desk {
	struct cli_options options; /* as they hold now */
	char *owned[CLI_OPTIONS_MAX]; /* values set while the program runs */
	struct list_setting setting[CLI_OPTIONS_MAX];
	struct lists *lists;     /* borrowed; shows them */
	struct shell_lock *lock; /* borrowed */
	int idle_s;              /* of the lock, as by default */
	char path[CLI_PATH_MAX];
};

void settings_begin(struct settings_desk *desk, const struct cli_options *options, struct lists *lists,
                    struct shell_lock *lock, int usual_idle_s);
void settings_end(struct settings_desk *desk);
/* Borrows desk, which must outlive it. */
struct app_settings settings_of(struct settings_desk *desk);

#endif
