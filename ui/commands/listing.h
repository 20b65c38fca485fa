/* Lists of the screens on the command line: the same lines, as text or JSON. */
#ifndef LASERTWIN_UI_COMMANDS_LISTING_H
#define LASERTWIN_UI_COMMANDS_LISTING_H

#include "ui/cli.h"
#include "ui/listing.h"

#endif
