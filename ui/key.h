/* Keys as the program knows them, whatever the terminal sends for them. */
#ifndef LASERTWIN_UI_KEY_H
#define LASERTWIN_UI_KEY_H

#include <stdbool.h>

/* A key is a Unicode code point, or one of these beyond the last code point. */
enum key {
	UI_KEY_NONE = 0x110000, /* the wait timed out */
	UI_KEY_UP,
	UI_KEY_DOWN,
	UI_KEY_LEFT,
	UI_KEY_RIGHT,
	UI_KEY_PAGE_UP,
	UI_KEY_PAGE_DOWN,
	UI_KEY_HOME,
	UI_KEY_END,
	UI_KEY_ENTER,
	UI_KEY_ESCAPE,
	UI_KEY_BACKSPACE,
	UI_KEY_DELETE,
	UI_KEY_TAB,
	UI_KEY_BACKTAB,
	UI_KEY_F1,
	UI_KEY_LOCK,    /* Ctrl-L */
	UI_KEY_RESIZE,  /* the window has another size */
	UI_KEY_WAKE,    /* the worker has something to tell */
	UI_KEY_LEAVE,   /* asked to end by a signal or a closed terminal */
	UI_KEY_CLICK,   /* of the first mouse button, at row and col */
	UI_KEY_WHEEL_UP,
	UI_KEY_WHEEL_DOWN,
	UI_KEYS_END
};

/* Two keys one after the other: the first opens the popup of what can follow it. */
#define UI_CHORD_BIT 0x200000
#define UI_CHORD(prefix, key) (UI_CHORD_BIT | (prefix) << 8 | (key))

struct key_event {
	int key;
	bool pasted; /* part of a paste: text, never a command */
	int row, col; /* of a click */
};

/* "Enter", "Esc", "F1", "Left", "&p" for two keys, or the character itself; for footer and help. */
const char *key_label(int key, char buffer[8]);

#endif
