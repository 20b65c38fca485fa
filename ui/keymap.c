#include "ui/keymap.h"

/* Names that stay when the table's sentences are reworded. */
static const char *const words[ACTIONS] = {
	[ACTION_BACK] = "back",
	[ACTION_HELP] = "help",
	[ACTION_PALETTE] = "palette",
	[ACTION_MESSAGES] = "messages",
	[ACTION_QUIT] = "quit",
	[ACTION_WORKLIST] = "worklist",
	[ACTION_PATIENT] = "patient",
	[ACTION_TWIN] = "twin",
	[ACTION_DEVICE] = "device",
	[ACTION_PARAMETERS] = "parameters",
	[ACTION_PREDICTION] = "prediction",
	[ACTION_CHECKS] = "checks",
	[ACTION_PLANS] = "plans",
	[ACTION_PROPOSE] = "propose",
	[ACTION_APPROVE] = "approve",
	[ACTION_REJECT] = "reject",
	[ACTION_OVERRIDE] = "override",
	[ACTION_REVOKE] = "revoke",
	[ACTION_TREAT] = "treat",
	[ACTION_CLOSE_PLAN] = "close-plan",
	[ACTION_COURSE] = "course",
	[ACTION_PATIENT_BEFORE] = "patient-before",
	[ACTION_NEXT_SCREEN] = "next-screen",
	[ACTION_PREVIOUS_SCREEN] = "previous-screen",
	[ACTION_UP] = "up",
	[ACTION_DOWN] = "down",
	[ACTION_PAGE_UP] = "page-up",
	[ACTION_PAGE_DOWN] = "page-down",
	[ACTION_FIRST] = "first",
	[ACTION_LAST] = "last",
	[ACTION_ENTER] = "enter",
	[ACTION_LESS] = "less",
	[ACTION_MORE] = "more",
	[ACTION_MUCH_LESS] = "much-less",
	[ACTION_MUCH_MORE] = "much-more",
	[ACTION_FIND] = "find",
	[ACTION_SORT] = "sort",
	[ACTION_FIT] = "fit",
	[ACTION_ALTERNATIVES] = "alternatives",
	[ACTION_EXPLORE] = "explore",
	[ACTION_AXES] = "axes",
	[ACTION_GOALS] = "goals",
	[ACTION_TWIN_VIEW] = "twin-view",
	[ACTION_UNDO] = "undo",
	[ACTION_REDO] = "redo",
	[ACTION_RESET] = "reset",
	[ACTION_SAVE] = "save",
	[ACTION_DISCARD] = "discard",
	[ACTION_CLEAR] = "clear",
	[ACTION_QUESTIONS] = "questions",
	[ACTION_SKIN_TYPE] = "skin-type",
	[ACTION_YES] = "yes",
	[ACTION_NO] = "no",
	[ACTION_ALL_NO] = "all-no",
	[ACTION_CONFIRM_ASKED] = "confirm-asked",
	[ACTION_FOLLOW_UP] = "follow-up",
	[ACTION_ADVERSE] = "adverse",
	[ACTION_KEYS] = "keys",
	[ACTION_TOUR] = "tour",
	[ACTION_CANCEL_JOB] = "cancel-job",
};

struct preset {
	const char *name, *bindings;
};

/* plain: the table's own, arrows and letters of vi. Control keys stand beside them, in place of nothing. */
static const struct preset presets[] = {
        {"plain", ""},
        {"vi", "page-down=PgDn,Ctrl-F page-up=PgUp,Ctrl-B redo=U,Ctrl-R"},
        {"emacs", "up=Up,k,Ctrl-P down=Down,j,Ctrl-N page-down=PgDn,Ctrl-V find=/,Ctrl-S undo=u,Ctrl-_ "
                  "back=q,Esc,Ctrl-G palette=:"},
};

static int usual[ACTIONS][ACTION_KEYS_MAX];
static bool usual_kept;

static void keep_usual(void)
{
	for (size_t i = 0; i < action_count() && !usual_kept; i++)
		memcpy(usual[action_at(i)->id], action_at(i)->key, sizeof usual[0]);
	usual_kept = true;
}

void keymap_reset(void)
{
	for (int action = 0; action < ACTIONS && usual_kept; action++)
		action_set_keys((enum action)action, usual[action]);
}

const char *keymap_word(enum action action, char *out, size_t size)
{
	const struct action_spec *spec = action_spec(action);
	if (words[action] != NULL || spec == NULL) {
		(void)snprintf(out, size, "%s", spec != NULL ? words[action] : "");
		return out;
	}
	(void)snprintf(out, size, "%s", spec->name);
	for (char *c = out; *c != '\0'; c++)
		*c = (*c >= 'a' && *c <= 'z') ? *c : '-';
	return out;
}

static bool find_word(const char *word, enum action *action)
{
	char buffer[64];
	for (size_t i = 0; i < action_count(); i++)
		if (strcmp(keymap_word(action_at(i)->id, buffer, sizeof buffer), word) == 0) {
			*action = action_at(i)->id;
			return true;
		}
	return false;
}

bool keymap_key(const char *text, int *key)
{
	char buffer[8];
	for (int named = UI_KEY_UP; named <= UI_KEY_F1; named++)
		if (strcmp(key_label(named, buffer), text) == 0) {
			*key = named;
			return true;
		}
	if (strcmp(text, "Space") == 0 || strcmp(text, "Comma") == 0) {
		*key = text[0] == 'S' ? ' ' : ',';
		return true;
	}
	if (strncmp(text, "Ctrl-", 5) == 0 && text[5] != '\0' && text[6] == '\0') {
		*key = text[5] & 0x1F;
		/* Tab, Enter, Esc, Backspace by another name, or the program's own */
		return text[5] >= 'A' && text[5] <= '_' && strchr("CHIJLMZ[", text[5]) == NULL;
	}
	if ((text[0] == '&' || text[0] == ';') && text[1] > ' ' && text[1] < 0x7F && text[2] == '\0') {
		*key = UI_CHORD(text[0], text[1]); /* two keys, the first of which opens a popup */
		return true;
	}
	*key = (unsigned char)text[0];
	return text[0] > ' ' && text[0] < 0x7F && text[1] == '\0';
}

/* --- bindings -------------------------------------------------------------------------------------------------- */

static bool is_fixed(enum action action)
{
	return action == ACTION_ENTER || action == ACTION_YES || action == ACTION_CONFIRM_ASKED;
}

/* "fit=v,F" */
static enum status bind_one(char *binding, struct fail *why)
{
	char *equals = strchr(binding, '='), *rest = NULL;
	int key[ACTION_KEYS_MAX] = {0};
	enum action action;
	size_t count = 0;
	if (equals == NULL)
		return fail_set(why, ST_INPUT, "bind", "'%.40s' is not of the form action=key", binding);
	*equals = '\0';
	if (!find_word(binding, &action))
		return fail_set(why, ST_INPUT, "bind", "'%.40s' is no action; `lasertwin config` lists them", binding);
	if (is_fixed(action))
		return fail_set(why, ST_INPUT, "bind", "the key of '%s' stays as it is: it confirms", binding);
	for (char *at = strtok_r(equals + 1, ",", &rest); at != NULL; at = strtok_r(NULL, ",", &rest)) {
		if (count == ACTION_KEYS_MAX)
			return fail_set(why, ST_INPUT, "bind", "'%s' takes at most %d keys", binding, ACTION_KEYS_MAX);
		if (!keymap_key(at, &key[count]))
			return fail_set(why, ST_INPUT, "bind",
			                "'%.20s' of '%s' is no key: a character, Ctrl-A.., Left, PgUp, Home, F1, Space", at,
			                binding);
		count++;
	}
	if (count == 0)
		return fail_set(why, ST_INPUT, "bind", "'%s' has no key", binding);
	if (action == ACTION_BACK && key[0] != UI_KEY_ESCAPE && key[1] != UI_KEY_ESCAPE && key[2] != UI_KEY_ESCAPE)
		return fail_set(why, ST_INPUT, "bind", "'back' must keep Esc among its keys");
	action_set_keys(action, key);
	return ST_OK;
}

/* One key one meaning. */
static enum status check_conflicts(struct fail *why)
{
	for (size_t i = 0; i < action_count(); i++)
		for (size_t j = i + 1; j < action_count(); j++)
			for (int k = 0; k < ACTION_KEYS_MAX * ACTION_KEYS_MAX; k++) {
				const int a = action_at(i)->key[k / ACTION_KEYS_MAX], b = action_at(j)->key[k % ACTION_KEYS_MAX];
				char first[64], second[64], label[8];
				if (a != 0 && a == b)
					return fail_set(why, ST_INPUT, "bind",
					                "the key %s would mean both '%s' and '%s': give one of them another key",
					                key_label(a, label), keymap_word(action_at(i)->id, first, sizeof first),
					                keymap_word(action_at(j)->id, second, sizeof second));
			}
	return ST_OK;
}

static enum status bind_all(const char *bindings, struct fail *why)
{
	char text[1024], *rest = NULL;
	enum status status = ST_OK;
	if (snprintf(text, sizeof text, "%s", bindings) >= (int)sizeof text)
		return fail_set(why, ST_INPUT, "bind", "is longer than %zu bytes", sizeof text - 1);
	for (char *at = strtok_r(text, " \t", &rest); at != NULL && status == ST_OK; at = strtok_r(NULL, " \t", &rest))
		status = bind_one(at, why);
	return status;
}

enum status keymap_apply(const char *preset, const char *bindings, struct fail *why)
{
	enum status status = ST_OK;
	keep_usual();
	keymap_reset();
	for (size_t i = 0; i < sizeof presets / sizeof *presets && preset != NULL && status == ST_OK; i++)
		if (strcmp(presets[i].name, preset) == 0)
			status = bind_all(presets[i].bindings, why);
	if (status == ST_OK && bindings != NULL)
		status = bind_all(bindings, why);
	if (status == ST_OK)
		status = check_conflicts(why);
	if (status != ST_OK)
		keymap_reset();
	return status;
}
