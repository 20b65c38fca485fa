/* The lock: what stands on the screen while nobody is logged in, and what keys do there. Pure but for the memory of
 * the secret, which is locked and wiped.
 */
#ifndef LASERTWIN_UI_LOCK_H
#define LASERTWIN_UI_LOCK_H

#include "planner/store/person.h"
#include "ui/canvas.h"
#include "ui/key.h"

struct lock_form {
	char login[STORE_LOGIN_MAX + 1];
	char *secret; /* STORE_SECRET_MAX + 1 bytes */
	size_t length;
	bool on_secret; /* the field that is typed into */
	char place[64]; /* "clinic" */
	char hint[160]; /* what a demo's people may type; "" in a clinic */
	char said[FAIL_TEXT_MAX]; /* why the last try failed */
};

enum status lock_form_new(const char *place, const char *login, const char *hint, struct lock_form **out,
                          struct fail *why) MUST_CHECK;
void lock_form_free(struct lock_form **form);

/* LOCK_TRY: the secret is to be tried; lock_form_refused says what became of it, and the secret is wiped. */
enum lock_wish { LOCK_STAY, LOCK_TRY, LOCK_LEAVE };
enum lock_wish lock_key(struct lock_form *form, struct key_event event);
void lock_form_refused(struct lock_form *form, const struct fail *why);
void screen_login(const struct lock_form *form, struct canvas *canvas);

#endif
