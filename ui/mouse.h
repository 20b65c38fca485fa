/* What a click means, found on what is drawn: a line of a list is selected, the selected one is opened, a step in the
 * second row is gone to. No more than keys can do, and never anything that confirms. */
#ifndef LASERTWIN_UI_MOUSE_H
#define LASERTWIN_UI_MOUSE_H

#include "ui/app.h"

/* canvas: what is shown now; it is drawn on. False: nothing is there. */
bool mouse_click(struct app *app, struct canvas *canvas, int row, int col);

#endif
