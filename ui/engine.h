/* The planner behind the screens: app_engine on planner/plan/planning.h. */
#ifndef LASERTWIN_UI_ENGINE_H
#define LASERTWIN_UI_ENGINE_H

#include "ui/app.h"

/* Borrows the library, which must outlive the engine. */
struct app_engine engine_of(const struct library *library);

#endif
