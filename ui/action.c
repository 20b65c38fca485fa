#include "ui/action.h"

#include <string.h>

#define LISTS                                                                                                \
	(ON(SCREEN_WORKLIST) | ON(SCREEN_PATIENT) | ON(SCREEN_TWIN) | ON(SCREEN_DEVICE) |                    \
	 ON(SCREEN_PARAMETERS) | ON(SCREEN_PREDICTION) | ON(SCREEN_CHECKS) | ON(SCREEN_ALTERNATIVES) |       \
	 ON(SCREEN_QUESTIONS) | ON(SCREEN_HELP) | ON(SCREEN_MESSAGES) | ON(SCREEN_PALETTE) |                 \
	 ON(SCREEN_CHOICE) | ON(SCREEN_SKIN_TYPE) | ON(SCREEN_EXPLORE) | ON(SCREEN_GOALS) |                   \
	 ON(SCREEN_PLANS) | ON(SCREEN_TOUR) | ON(SCREEN_APPROVE) | ON(SCREEN_TREAT) | ON(SCREEN_UNFINISHED) | SCREENS_LISTINGS)
#define PLAN_SCREENS                                                                                         \
	(ON(SCREEN_PARAMETERS) | ON(SCREEN_PREDICTION) | ON(SCREEN_CHECKS) | ON(SCREEN_ALTERNATIVES) | \
	 ON(SCREEN_EXPLORE) | ON(SCREEN_GOALS))
#define DIALOGS                                                                                              \
	(ON(SCREEN_PALETTE) | ON(SCREEN_ENTRY) | ON(SCREEN_FORM) | ON(SCREEN_CHOICE) | ON(SCREEN_SKIN_TYPE) | \
	 ON(SCREEN_ALL_NO) | ON(SCREEN_UNFINISHED) | ON(SCREEN_KEYS) | ON(SCREEN_QUIT))
#define PATIENT_SCREENS (ON(SCREEN_PATIENT) | ON(SCREEN_QUESTIONS))

/* What an action is never changes; its keys may (keymap.h). */
static struct action_spec actions[] = {
        {ACTION_ENTER,
         "open or change what is selected",
         {UI_KEY_ENTER},
         "choose",
         "Opens what is selected: patient, reading, question, setting, device, particulars; takes what a dialog asks.",
         ON(SCREEN_WORKLIST) | ON(SCREEN_DEVICE) | ON(SCREEN_PARAMETERS) | ON(SCREEN_ALTERNATIVES) |
                 ON(SCREEN_EXPLORE) | PATIENT_SCREENS | ON(SCREEN_PALETTE) | ON(SCREEN_ENTRY) | ON(SCREEN_CHOICE) |
                 ON(SCREEN_SKIN_TYPE) | ON(SCREEN_PLANS) | ON(SCREEN_TREAT) | ON(SCREEN_FORM) | ON(SCREEN_UNFINISHED) |
                 SCREENS_LISTINGS,
         NEED_NOTHING},
        {ACTION_UP,
         "move up",
         {UI_KEY_UP, 'k'},
         NULL,
         "Selects the line above, or scrolls up.",
         LISTS,
         NEED_NOTHING},
        {ACTION_DOWN,
         "move down",
         {UI_KEY_DOWN, 'j'},
         NULL,
         "Selects the line below, or scrolls down.",
         LISTS,
         NEED_NOTHING},
        {ACTION_FIND,
         "list: find",
         {'/'},
         "find",
         "Shows only lines that hold every word typed, in any column; Enter keeps it, Esc shows all.",
         ON(SCREEN_WORKLIST) | SCREENS_LISTINGS,
         NEED_NOTHING},
        {ACTION_SORT,
         "worklist: sort",
         {'z'},
         "sort",
         "Sorts by name, state of the plan, verdict or device in turn; equal lines keep their order.",
         ON(SCREEN_WORKLIST),
         NEED_NOTHING},
        {ACTION_LESS,
         "one step less",
         {UI_KEY_LEFT, 'h', '-'},
         "less",
         "Takes the selected setting one step down; prediction and checks follow. On the map: one column left; on "
         "differences: one version earlier.",
         ON(SCREEN_PARAMETERS) | ON(SCREEN_SKIN_TYPE) | ON(SCREEN_EXPLORE) | ON(SCREEN_DIFFERENCES),
         NEED_STEPS},
        {ACTION_MORE,
         "one step more",
         {UI_KEY_RIGHT, 'l', '+'},
         "more",
         "Takes the selected setting one step up; prediction and checks follow. On the map: one column right; on "
         "differences: one version later.",
         ON(SCREEN_PARAMETERS) | ON(SCREEN_SKIN_TYPE) | ON(SCREEN_EXPLORE) | ON(SCREEN_DIFFERENCES),
         NEED_STEPS},
        {ACTION_MUCH_LESS,
         "setting: five steps less",
         {'['},
         NULL,
         "Takes the selected setting five steps down.",
         ON(SCREEN_PARAMETERS),
         NEED_PLAN},
        {ACTION_MUCH_MORE,
         "setting: five steps more",
         {']'},
         NULL,
         "Takes the selected setting five steps up.",
         ON(SCREEN_PARAMETERS),
         NEED_PLAN},
        {ACTION_FIT,
         "plan: fit the lowest sufficient dose",
         {'f'},
         "fit",
         "Searches the device's settings for the lowest dose that reaches the endpoint within every limit.",
         PLAN_SCREENS,
         NEED_PLAN},
        {ACTION_ALTERNATIVES,
         "plan: alternatives of the fit",
         {'a'},
         "alternatives",
         "Shows the fit's alternatives and the rule that stops each.",
         PLAN_SCREENS,
         NEED_FIT},
        {ACTION_EXPLORE,
         "plan: map of two settings",
         {'e'},
         "explore",
         "Judges every combination of two settings and shows the safe window; Enter there takes a combination.",
         PLAN_SCREENS,
         NEED_PLAN},
        {ACTION_AXES,
         "map: two other settings",
         {'v'},
         "axes",
         "Shows the map of the next pair of settings.",
         ON(SCREEN_EXPLORE),
         NEED_MAP},
        {ACTION_GOALS,
         "plan: goals and limits with their margins",
         {'o'},
         "goals",
         "Shows what the treatment must reach and must not pass, the value of each, and the margin left.",
         PLAN_SCREENS,
         NEED_PLAN},
        {ACTION_TWIN_VIEW,
         "twin: readings, forecast, history",
         {'i'},
         "more",
         "Shows what each reading says against the fitted skin, then forecasts, then the twin's versions.",
         ON(SCREEN_TWIN),
         NEED_PLAN},
        {ACTION_RESET,
         "plan: settings as at the start",
         {'r'},
         "reset",
         "Puts the settings back to where this plan began; can be undone.",
         ON(SCREEN_PARAMETERS),
         NEED_PLAN},
        {ACTION_YES,
         "answer yes",
         {'y'},
         "yes",
         "Answers the question yes; a question for a number or names opens its field.",
         ON(SCREEN_QUESTIONS) | ON(SCREEN_QUIT),
         NEED_NOTHING},
        {ACTION_NO,
         "answer no",
         {'n'},
         "no",
         "Answers the question no: never, none.",
         ON(SCREEN_QUESTIONS),
         NEED_NOTHING},
        {ACTION_CLEAR,
         "mark as not taken, not answered",
         {'x'},
         "clear",
         "Marks a reading as not taken (the twin falls back to its prior), a question as not answered.",
         PATIENT_SCREENS,
         NEED_PATIENT},
        {ACTION_ALL_NO,
         "answer no to every open question",
         {'N'},
         "no to all",
         "Answers no to every question still open, after you confirm that the patient was asked.",
         ON(SCREEN_QUESTIONS),
         NEED_OPEN_QUESTION},
        {ACTION_CONFIRM_ASKED,
         "the patient was asked",
         {'A'},
         "all asked",
         "Confirms that the patient was asked every open question and said no.",
         ON(SCREEN_ALL_NO),
         NEED_OPEN_QUESTION},
        {ACTION_QUESTIONS,
         "patient: safety questions",
         {'w'},
         "questions",
         "Asks the safety questions, the unanswered first.",
         ON(SCREEN_PATIENT) | ON(SCREEN_TWIN) | ON(SCREEN_DEVICE) | PLAN_SCREENS,
         NEED_PATIENT},
        {ACTION_SKIN_TYPE,
         "patient: skin type by ten questions",
         {'t'},
         "skin type",
         "Asks the ten questions that give the skin type.",
         ON(SCREEN_PATIENT),
         NEED_PATIENT},
        {ACTION_SAVE,
         "save",
         {'s'},
         "save",
         "Keeps readings and answers; where a plan is shown, settings, prediction and findings too, as a draft.",
         PATIENT_SCREENS | PLAN_SCREENS,
         NEED_STORE},
        {ACTION_UNDO,
         "undo the last change",
         {'u'},
         "undo",
         "Takes back the last change: of settings, or on the patient's screens of readings and answers.",
         ON(SCREEN_PARAMETERS) | PATIENT_SCREENS,
         NEED_UNDO},
        {ACTION_REDO,
         "redo what was undone",
         {'U'},
         NULL,
         "Makes the change again that was taken back.",
         ON(SCREEN_PARAMETERS) | PATIENT_SCREENS,
         NEED_REDO},
        {ACTION_DISCARD,
         "unfinished work: discard",
         {'D', UI_KEY_DELETE},
         "discard",
         "Drops the selected unfinished work for good; the records are as they were before it.",
         ON(SCREEN_UNFINISHED),
         NEED_UNFINISHED},
        {ACTION_PROPOSE,
         "plan: propose to a dermatologist",
         {'p'},
         "propose",
         "Puts the draft before a dermatologist; from then on it is read-only.",
         ON(SCREEN_APPROVE),
         NEED_PROPOSE},
        {ACTION_APPROVE,
         "plan: approve and sign",
         {'P'},
         "approve",
         "A dermatologist who wrote no version of it signs: login, secret, two identifiers of the patient.",
         ON(SCREEN_APPROVE),
         NEED_APPROVE},
        {ACTION_REJECT,
         "plan: send back with the reason",
         {'R'},
         "reject",
         "A dermatologist sends the proposed plan back; the reason is kept.",
         ON(SCREEN_APPROVE),
         NEED_APPROVE},
        {ACTION_OVERRIDE,
         "plan: override the selected finding",
         {'O'},
         "override",
         "Goes beyond a finding BLOCK MD: a dermatologist, a written reason, a second person; counted.",
         ON(SCREEN_APPROVE),
         NEED_OVERRIDE},
        {ACTION_REVOKE,
         "plan: revoke the approval",
         {'X'},
         "revoke",
         "Withdraws the approval, signed, with the reason; under treatment it stops the session.",
         ON(SCREEN_APPROVE),
         NEED_REVOKE},
        {ACTION_TREAT,
         "plan: treat",
         {'d'},
         "treat",
         "Goes to the treatment session: checklist, passes, endpoints.",
         ON(SCREEN_APPROVE),
         NEED_TREAT},
        {ACTION_CLOSE_PLAN,
         "plan: close after follow-up",
         {'C'},
         "close",
         "A dermatologist ends the delivered plan.",
         ON(SCREEN_APPROVE),
         NEED_CLOSE},
        {ACTION_FOLLOW_UP,
         "plan: enter a follow-up",
         {'F'},
         "follow-up",
         "Enters what was seen some days after the delivery: clearance, erythema, pigment; it feeds the course.",
         ON(SCREEN_APPROVE) | ON(SCREEN_TREAT),
         NEED_FOLLOW_UP},
        {ACTION_ADVERSE,
         "plan: enter an adverse event",
         {'E'},
         "adverse",
         "Enters an adverse event with its kind, severity and day; it feeds the course.",
         ON(SCREEN_APPROVE) | ON(SCREEN_TREAT),
         NEED_ADVERSE},
        {ACTION_COMPARE,
         "compare: what differs",
         {'='},
         "compare",
         "On a plan: what differs from the version before. On the list: = on one plan, then = on another of the same "
         "patient. On alternatives: the selected one against the fit's.",
         ON(SCREEN_APPROVE) | ON(SCREEN_PLANS) | ON(SCREEN_ALTERNATIVES),
         NEED_COMPARABLE},
        {ACTION_CANCEL_JOB,
         "cancel what is being computed",
         {'c'},
         "cancel",
         "Stops the computation that is running.",
         SCREENS_ALL,
         NEED_JOB},
        {ACTION_NEXT_SCREEN,
         "go: next step",
         {UI_KEY_TAB, '>'},
         "next",
         "Goes to the next step: patient, twin, device, parameters, prediction, checks.",
         SCREENS_STEPS,
         NEED_NOTHING},
        {ACTION_PREVIOUS_SCREEN,
         "go: previous step",
         {UI_KEY_BACKTAB, '<'},
         NULL,
         "Goes to the step before.",
         SCREENS_STEPS,
         NEED_NOTHING},
        {ACTION_WORKLIST, "go: worklist", {'1'}, NULL, "Goes to the worklist.", SCREENS_ALL, NEED_NOTHING},
        {ACTION_PATIENT,
         "go: patient",
         {'2'},
         NULL,
         "Goes to the readings and answers of the patient.",
         SCREENS_ALL,
         NEED_PATIENT},
        {ACTION_TWIN,
         "go: twin",
         {'3'},
         NULL,
         "Goes to the skin twin: every property with its error and source.",
         SCREENS_ALL,
         NEED_PATIENT},
        {ACTION_DEVICE,
         "go: device",
         {'4'},
         NULL,
         "Goes to the choice of device and mode.",
         SCREENS_ALL,
         NEED_PATIENT},
        {ACTION_PARAMETERS,
         "go: parameters",
         {'5'},
         NULL,
         "Goes to the settings with the live prediction.",
         SCREENS_ALL,
         NEED_PATIENT},
        {ACTION_PREDICTION,
         "go: prediction",
         {'6'},
         NULL,
         "Goes to the full plot and the table of all outcomes.",
         SCREENS_ALL,
         NEED_PATIENT},
        {ACTION_CHECKS,
         "go: checks",
         {'7'},
         NULL,
         "Goes to every finding with rule, limit, source and next step.",
         SCREENS_ALL,
         NEED_PATIENT},
        {ACTION_PLANS,
         "go: plans",
         {'8'},
         "plans",
         "Goes to the list of plans with their states, from draft to closed.",
         SCREENS_ALL,
         NEED_COURSE},
        {ACTION_SYNC,
         "go: synchronisation",
         {'0'},
         NULL,
         "Goes to the exchange with the clinic's server: state, what needs a person, what waits, receipts.",
         SCREENS_ALL,
         NEED_SYNC},
        {ACTION_KEEP_OURS,
         "conflict: ours goes over the server's",
         {'M'},
         "ours",
         "Settles the conflict: our version becomes the server's newest. Asks for login and secret; never for a plan.",
         ON(SCREEN_SYNC) | ON(SCREEN_CONFLICT),
         NEED_CONFLICT},
        {ACTION_KEEP_THEIRS,
         "conflict: the server's stays",
         {'V'},
         "theirs",
         "Settles the conflict: the server's version stays, ours is kept here. Asks for login and secret.",
         ON(SCREEN_SYNC) | ON(SCREEN_CONFLICT),
         NEED_CONFLICT},
        {ACTION_SYNC_NOW,
         "synchronisation: a round now",
         {'S'},
         "now",
         "Starts a round with the clinic's server at once; after a stop the rounds go on.",
         ON(SCREEN_SYNC),
         NEED_SYNC},
        {ACTION_SYNC_STOP,
         "synchronisation: stop",
         {'T'},
         "stop",
         "Ends the round that runs and starts no other until S; nothing is lost by it.",
         ON(SCREEN_SYNC),
         NEED_SYNC},
        {ACTION_COURSE,
         "go: course of treatments",
         {'9'},
         NULL,
         "Goes to the patient's visits: doses of each field, when it may be treated again, what was seen after.",
         SCREENS_ALL,
         NEED_SOMEBODY},
        {ACTION_EMERGENCY,
         "emergency access: break the glass, or end it",
         {'!'},
         NULL,
         "In an emergency: record and stop what your role does not allow, for a while, with a reason, reviewed.",
         SCREENS_ALL,
         NEED_COURSE},
        {ACTION_PAGE_UP, "page up", {UI_KEY_PAGE_UP}, NULL, "Moves one page up.", LISTS, NEED_NOTHING},
        {ACTION_PAGE_DOWN,
         "page down",
         {UI_KEY_PAGE_DOWN},
         NULL,
         "Moves one page down.",
         LISTS,
         NEED_NOTHING},
        {ACTION_FIRST,
         "to the top",
         {UI_KEY_HOME, 'g'},
         NULL,
         "Moves to the first line.",
         LISTS,
         NEED_NOTHING},
        {ACTION_LAST, "to the end", {UI_KEY_END, 'G'}, NULL, "Moves to the last line.", LISTS, NEED_NOTHING},
        {ACTION_MESSAGES,
         "jobs and messages",
         {'m'},
         NULL,
         "Shows what is being computed and every message of this session.",
         SCREENS_ALL,
         NEED_NOTHING},
        {ACTION_BACK,
         "back",
         {'q', UI_KEY_ESCAPE},
         "back",
         "Goes one step back; on the worklist it asks whether to leave.",
         SCREENS_ALL | DIALOGS,
         NEED_NOTHING},
        {ACTION_PALETTE,
         "find a command",
         {':', 'P' & 0x1F /* Ctrl-P */},
         "commands",
         "Finds a command by a part of its name.",
         SCREENS_ALL,
         NEED_NOTHING},
        {ACTION_HELP,
         "help",
         {'?', UI_KEY_F1},
         "help",
         "Shows what can be done on this screen.",
         SCREENS_ALL,
         NEED_NOTHING},
        {ACTION_KEYS,
         "keys that work here",
         {' '},
         NULL,
         "Shows the keys of this screen; the next key does what it says.",
         SCREENS_ALL,
         NEED_NOTHING},
        {ACTION_TOUR,
         "learn: tour and lessons",
         {'L'},
         NULL,
         "Shows the way from a reading to a closed plan, key by key, and where the lessons are.",
         SCREENS_ALL,
         NEED_NOTHING},
        {ACTION_QUIT, "quit", {'Q'}, NULL, "Asks whether to leave the program.", SCREENS_ALL, NEED_NOTHING},
};

static const char *const missing[NEEDS] = {
        [NEED_PATIENT] = "open a patient first (worklist, Enter)",
        [NEED_PLAN] = "no plan is prepared: choose a patient and a device first",
        [NEED_STEPS] = "no plan is prepared: choose a patient and a device first",
        [NEED_OPEN_QUESTION] = "every question is answered",
        [NEED_UNDO] = "nothing to undo",
        [NEED_REDO] = "nothing to redo",
        [NEED_MAP] = "no map is shown: e makes one",
        [NEED_FIT] = "compute a fit first (f)",
        [NEED_UNFINISHED] = "select work of your own",
        [NEED_STORE] = "nothing to keep: a plan is saved once it is judged, and there must be records to save in",
        [NEED_COURSE] = "there are no records to keep plans in",
        [NEED_PROPOSE] = "only a draft can be proposed, by a technician or dermatologist",
        [NEED_APPROVE] = "only a proposed plan can be approved or rejected",
        [NEED_OVERRIDE] = "select a finding BLOCK MD of a proposed or approved plan",
        [NEED_REVOKE] = "only an approved plan can be revoked",
        [NEED_TREAT] = "only an approved plan is treated by",
        [NEED_CLOSE] = "only a delivered plan can be closed",
        [NEED_FOLLOW_UP] = "a technician or dermatologist enters it, once the plan is delivered",
        [NEED_ADVERSE] = "a technician or dermatologist enters it, once the treatment has begun",
        [NEED_COMPARABLE] = "there is nothing to compare: one version, one plan or one alternative only",
        [NEED_SYNC] = "there are no records to synchronise",
        [NEED_CONFLICT] = "select a conflict first",
        [NEED_SOMEBODY] = "open a patient (1, Enter) or a plan (8, Enter) first",
        [NEED_JOB] = "nothing is being computed",
};

static const char *const titles[SCREENS] = {
        [SCREEN_WORKLIST] = "Worklist",
        [SCREEN_PATIENT] = "Patient",
        [SCREEN_TWIN] = "Twin",
        [SCREEN_DEVICE] = "Device",
        [SCREEN_PARAMETERS] = "Parameters",
        [SCREEN_PREDICTION] = "Prediction",
        [SCREEN_CHECKS] = "Checks",
        [SCREEN_ALTERNATIVES] = "Alternatives",
        [SCREEN_QUESTIONS] = "Questions",
        [SCREEN_EXPLORE] = "Explore",
        [SCREEN_GOALS] = "Goals",
        [SCREEN_PLANS] = "Plans",
        [SCREEN_APPROVE] = "Plan",
        [SCREEN_TREAT] = "Treat",
        [SCREEN_COURSE] = "Course",
        [SCREEN_DIFFERENCES] = "Differences",
        [SCREEN_SYNC] = "Synchronisation",
        [SCREEN_CONFLICT] = "Conflict",
        [SCREEN_HELP] = "Help",
        [SCREEN_MESSAGES] = "Jobs and messages",
        [SCREEN_TOUR] = "Tour",
        [SCREEN_PALETTE] = "Commands",
        [SCREEN_ENTRY] = "Enter a value",
        [SCREEN_FORM] = "Form",
        [SCREEN_CHOICE] = "Choose",
        [SCREEN_SKIN_TYPE] = "Skin type",
        [SCREEN_UNFINISHED] = "Unfinished work",
        [SCREEN_ALL_NO] = "No to every open question?",
        [SCREEN_KEYS] = "Keys",
        [SCREEN_QUIT] = "Leave?",
};

struct key_text {
	int key;
	const char *text;
};

static const struct key_text key_texts[] = {
        {UI_KEY_UP, "Up"},       {UI_KEY_DOWN, "Down"},      {UI_KEY_LEFT, "Left"},
        {UI_KEY_RIGHT, "Right"}, {UI_KEY_PAGE_UP, "PgUp"},   {UI_KEY_PAGE_DOWN, "PgDn"},
        {UI_KEY_HOME, "Home"},   {UI_KEY_END, "End"},        {UI_KEY_ENTER, "Enter"},
        {UI_KEY_ESCAPE, "Esc"},  {UI_KEY_BACKSPACE, "Bksp"}, {UI_KEY_DELETE, "Del"},
        {UI_KEY_TAB, "Tab"},     {UI_KEY_BACKTAB, "S-Tab"},  {UI_KEY_F1, "F1"},
        {' ', "Space"},
};

const char *key_label(int key, char buffer[8])
{
	for (size_t i = 0; i < sizeof key_texts / sizeof *key_texts; i++)
		if (key_texts[i].key == key)
			return key_texts[i].text;
	if (key > 0 && key < ' ') {
		snprintf(buffer, 8, "Ctrl-%c", key + '@');
		return buffer;
	}
	snprintf(buffer, 8, "%c", key > ' ' && key < 0x7F ? key : '?');
	return buffer;
}

size_t action_count(void)
{
	return sizeof actions / sizeof *actions;
}

const struct action_spec *action_at(size_t index)
{
	return &actions[index];
}

const struct action_spec *action_spec(enum action action)
{
	for (size_t i = 0; i < action_count(); i++)
		if (actions[i].id == action)
			return &actions[i];
	return NULL;
}

void action_set_keys(enum action action, const int key[ACTION_KEYS_MAX])
{
	for (size_t i = 0; i < action_count(); i++)
		if (actions[i].id == action)
			memcpy(actions[i].key, key, sizeof actions[i].key);
}

bool action_on_screen(const struct action_spec *spec, enum screen screen)
{
	return (spec->screens & ON(screen)) != 0;
}

static bool has_key(const struct action_spec *spec, int key)
{
	for (int i = 0; i < ACTION_KEYS_MAX; i++)
		if (spec->key[i] != 0 && spec->key[i] == key)
			return true;
	return false;
}

enum action action_for_key(enum screen screen, int key)
{
	for (size_t i = 0; i < action_count(); i++)
		if (action_on_screen(&actions[i], screen) && has_key(&actions[i], key))
			return actions[i].id;
	return ACTION_NONE;
}

bool action_enabled(const struct action_spec *spec, unsigned available, const char **why)
{
	if (spec->need == NEED_NOTHING || (available & (1u << spec->need)) != 0)
		return true;
	if (why != NULL)
		*why = missing[spec->need];
	return false;
}

const char *screen_title(enum screen screen)
{
	return titles[screen];
}

void action_keys(const struct action_spec *spec, char *out, size_t capacity)
{
	size_t used = 0;
	out[0] = '\0';
	for (int i = 0; i < ACTION_KEYS_MAX && spec->key[i] != 0 && used < capacity; i++) {
		char buffer[8];
		used += (size_t)snprintf(out + used, capacity - used, "%s%s", i > 0 ? " " : "",
		                         key_label(spec->key[i], buffer));
	}
}
