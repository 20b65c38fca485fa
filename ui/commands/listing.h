/* Lists of the screens on the command line: the same lines, as text or JSON. */
#ifndef LASERTWIN_UI_COMMANDS_LISTING_H
#define LASERTWIN_UI_COMMANDS_LISTING_H

#include "ui/cli.h"
#include "ui/listing.h"

/* Whole, with the particulars of each line; --json: {"patient", "notes", "sections": [{"heading", "rows": [...]}]},
 * cells by their column's title, as the screen shows them. */
enum status listing_print(const struct cli_options *options, const struct listing *listing,
                          struct fail *why) MUST_CHECK;

#endif
