/* The libraries that the program is linked with, as they are at run time, with their licences. */
#ifndef LASERTWIN_UI_LIBRARIES_H
#define LASERTWIN_UI_LIBRARIES_H

#include "ui/lists.h"

#define LIBRARIES_MAX 16
size_t libraries(struct list_library out[LIBRARIES_MAX]);

#endif
