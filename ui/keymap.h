/* Other keys for the actions: a preset, then bindings of one's own ("fit=v undo=Z,Ctrl-Z").
 *
 * A key keeps one meaning in the whole program, whatever is bound; a binding that would give it two is refused by the
 * names of both. Enter, Esc and the keys that confirm (yes, confirm-asked) cannot be bound anew: what is confirmed by
 * another key on purpose must stay so.
 */
#ifndef LASERTWIN_UI_KEYMAP_H
#define LASERTWIN_UI_KEYMAP_H

#include "physics/base/status.h"
#include "ui/action.h"

#define KEYMAP_PRESETS "plain vi emacs"

/* An action's word in bindings: "fit". */
const char *keymap_word(enum action action, char *out, size_t size);
/* "v", "Ctrl-Z", "PgUp", "Space"; false: no key of that name. */
bool keymap_key(const char *text, int *key);
/* Changes the table of actions, or nothing: ST_INPUT names the binding and what is wrong with it. NULL: none. */
enum status keymap_apply(const char *preset, const char *bindings, struct fail *why) MUST_CHECK;
void keymap_reset(void); /* back to the keys of the table */

#endif
