/* Everything a user can do, in one table: keys, footer, help and the palette all come from it.
 *
 * A key means the same action on every screen that has it. An action that needs something which is not
 * there (a patient, a prepared plan) is shown greyed with the reason, never hidden and never ignored.
 */
#ifndef LASERTWIN_UI_ACTION_H
#define LASERTWIN_UI_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/key.h"

enum screen {
	SCREEN_WORKLIST,
	SCREEN_PATIENT,
	SCREEN_TWIN,
	SCREEN_DEVICE,
	SCREEN_PARAMETERS,
	SCREEN_PREDICTION,
	SCREEN_CHECKS,
	SCREEN_ALTERNATIVES,
	SCREEN_QUESTIONS,
	SCREEN_EXPLORE,
	SCREEN_GOALS,
	SCREEN_PLANS,
	SCREEN_APPROVE, /* one plan on its way: findings first, then what can be done with it */
	SCREEN_TREAT,
	SCREEN_HISTOGRAM, /* benefit and harm over the skins that the readings allow */
	SCREEN_COURSE, /* lists: visits and doses of one patient */
	SCREEN_DIFFERENCES, /* of two versions, plans, or alternatives */
	SCREEN_SYNC,     /* synchronisation: its state, what needs a person, outbox, receipts */
	SCREEN_CONFLICT, /* two versions of one record */
	SCREEN_STATION,
	SCREEN_AUDIT,
	SCREEN_PEOPLE,
	SCREEN_PROFILES,
	SCREEN_SETTINGS,
	SCREEN_ABOUT,
	SCREEN_HELP,
	SCREEN_MESSAGES,
	SCREEN_TOUR,
	SCREEN_PALETTE, /* from here on: drawn over another screen */
	SCREEN_ENTRY,
	SCREEN_FORM, /* several lines typed one after the other */
	SCREEN_CHOICE,
	SCREEN_SKIN_TYPE,
	SCREEN_UNFINISHED, /* work that was begun and not saved: take up or discard */
	SCREEN_ALL_NO,
	SCREEN_KEYS, /* the keys of the screen below, or those after a first; the next one does it */
	SCREEN_TAGGED, /* what something will be done to, before and after it is done */
	SCREEN_QUIT,
	SCREENS
};

#define ON(screen) (UINT64_C(1) << (screen))
#define SCREENS_STEPS (ON(SCREEN_ALTERNATIVES) - 1) /* worklist to checks */
#define SCREENS_ALL (ON(SCREEN_PALETTE) - 1)
#define SCREENS_LISTINGS (ON(SCREEN_HELP) - ON(SCREEN_COURSE)) /* drawn from a struct listing */

enum need {
	NEED_NOTHING,
	NEED_PATIENT,    /* a patient is open */
	NEED_PLAN,       /* twin and predictor are prepared */
	NEED_STEPS,      /* something here goes in steps: a prepared plan's settings, the points of a form */
	NEED_UNDO,
	NEED_REDO,
	NEED_MAP,        /* a map of settings is shown */
	NEED_FIT,        /* a fit has been computed */
	NEED_UNFINISHED, /* work of one's own that was not saved */
	NEED_STORE,      /* there is something to keep, and somewhere to keep it */
	NEED_OPEN_QUESTION,
	NEED_COURSE,     /* plans can be moved: there are records */
	NEED_PROPOSE,    /* the plan shown may be proposed by whoever is logged in; likewise the next */
	NEED_APPROVE,
	NEED_OVERRIDE,
	NEED_REVOKE,
	NEED_TREAT,
	NEED_CLOSE,
	NEED_FOLLOW_UP,
	NEED_ADVERSE,
	NEED_RECORDS,    /* there are lists of records */
	NEED_ADMINISTRATOR,
	NEED_PERSON,     /* somebody is selected among the people */
	NEED_COMPARABLE, /* a plan, a version before it, or another alternative is selected */
	NEED_SYNC,       /* there are records that can be synchronised */
	NEED_CONFLICT,   /* a conflict is selected or shown */
	NEED_WHOM,       /* a patient is open or selected, or a notice of one, and there are records */
	NEED_SOMEBODY,   /* a patient or somebody's plan is open, and there are records */
	NEED_JOB,        /* something is being computed */
	NEED_LINE,       /* a line that can be tagged */
	NEED_TAGGED,     /* at least one is */
	NEED_BEFORE,     /* another patient was opened before */
	NEEDS
};
/* Beside the needs: whoever is logged in may look and record nothing; then that is the reason why not. */
#define AVAILABLE_READ_ONLY (UINT64_C(1) << 63)
_Static_assert(NEEDS <= 63, "a need's bit is not that of AVAILABLE_READ_ONLY");

enum action {
	ACTION_NONE,
	ACTION_BACK,
	ACTION_HELP,
	ACTION_PALETTE,
	ACTION_MESSAGES,
	ACTION_QUIT,
	ACTION_WORKLIST,
	ACTION_PATIENT,
	ACTION_TWIN,
	ACTION_DEVICE,
	ACTION_PARAMETERS,
	ACTION_PREDICTION,
	ACTION_CHECKS,
	ACTION_PLANS,
	ACTION_PROPOSE,
	ACTION_APPROVE,
	ACTION_REJECT,
	ACTION_OVERRIDE,
	ACTION_REVOKE,
	ACTION_TREAT,
	ACTION_CLOSE_PLAN,
	ACTION_FOLLOW_UP,
	ACTION_ADVERSE,
	ACTION_COURSE,
	ACTION_COMPARE,
	ACTION_SYNC,
	ACTION_SYNC_NOW,
	ACTION_SYNC_STOP,
	ACTION_KEEP_OURS,
	ACTION_KEEP_THEIRS,
	ACTION_IDENTITY,
	ACTION_ANSWERS,
	ACTION_STATION,
	ACTION_AUDIT,
	ACTION_VERIFY,
	ACTION_PEOPLE,
	ACTION_PEOPLE_ADD,
	ACTION_PEOPLE_ROLES,
	ACTION_PEOPLE_DISABLE,
	ACTION_PEOPLE_SECRET,
	ACTION_PROFILES,
	ACTION_SETTINGS,
	ACTION_ABOUT,
	ACTION_OWN_SECRET,
	ACTION_TAG,
	ACTION_TAGGED,
	ACTION_TAG_ALL,
	ACTION_UNTAG,
	ACTION_TAGGED_PROPOSE,
	ACTION_TAGGED_SHEETS,
	ACTION_OWN,
	ACTION_PATIENT_BEFORE,
	ACTION_NEXT_SCREEN,
	ACTION_PREVIOUS_SCREEN,
	ACTION_UP,
	ACTION_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_FIRST,
	ACTION_LAST,
	ACTION_ENTER,
	ACTION_LESS,
	ACTION_MORE,
	ACTION_MUCH_LESS,
	ACTION_MUCH_MORE,
	ACTION_FIND,
	ACTION_SORT,
	ACTION_FIT,
	ACTION_ALTERNATIVES,
	ACTION_EXPLORE,
	ACTION_AXES,
	ACTION_GOALS,
	ACTION_HISTOGRAM,
	ACTION_TWIN_VIEW,
	ACTION_UNDO,
	ACTION_REDO,
	ACTION_RESET,
	ACTION_SAVE,
	ACTION_DISCARD,
	ACTION_EMERGENCY,
	ACTION_CLEAR,
	ACTION_QUESTIONS,
	ACTION_SKIN_TYPE,
	ACTION_YES,
	ACTION_NO,
	ACTION_ALL_NO,
	ACTION_CONFIRM_ASKED,
	ACTION_CANCEL_JOB,
	ACTION_KEYS,
	ACTION_TOUR,
	ACTIONS
};

#define ACTION_KEYS_MAX 3

struct action_spec {
	enum action id;
	const char *name;         /* for the palette: "plan: fit the lowest sufficient dose" */
	int key[ACTION_KEYS_MAX]; /* 0: unused */
	const char *label;        /* for the footer, one word or two; NULL: not in the footer */
	const char *help;         /* one sentence */
	uint64_t screens;         /* OR of ON(screen) */
	enum need need;
};

/* Entries 0..action_count()-1, in the order the footer prefers. */
size_t action_count(void);
const struct action_spec *action_at(size_t index);
const struct action_spec *action_spec(enum action action); /* NULL for ACTION_NONE */

/* The first of two keys that an action begins; 0: it does not. */
int action_prefix(enum action action);
/* Whether one of the action's keys comes after that first one. */
bool action_follows(const struct action_spec *spec, int prefix);
/* What the key does on the screen; ACTION_NONE when nothing. */
enum action action_for_key(enum screen screen, int key);
/* For keymap.h; 0 ends the keys. */
void action_set_keys(enum action action, const int key[ACTION_KEYS_MAX]);
bool action_on_screen(const struct action_spec *spec, enum screen screen);

/* available: OR of 1 << need for what is there. why may be NULL; set to a sentence when false. */
bool action_enabled(const struct action_spec *spec, uint64_t available, const char **why);

const char *screen_title(enum screen screen);
/* All keys of an action as text: "Left h". */
void action_keys(const struct action_spec *spec, char *out, size_t capacity);

#endif
