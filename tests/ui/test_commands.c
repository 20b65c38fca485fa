/* The command line does what the screens do, and prints as JSON what it prints: every command and every action is in
 * one of these tables, and what is missing says why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/action.h"
#include "ui/command.h"

#define REASON_MIN 25 /* bytes: an exception is explained */

/* --- JSON --------------------------------------------------------------------------------------------------- */

#define ACTS "does something and says that it is done; the exit code tells a program"

static const struct {
	const char *command, *why;
} without_json[] = {
        {"", "the full screen; into a pipe it is the worklist, which has --json"},
        {"demo", "the full screen; into a pipe it is case, which has --json"},
        {"add", ACTS},
        {"user add", ACTS},
        {"user disable", ACTS},
        {"user roles", ACTS},
        {"user secret", ACTS},
        {"user recover", ACTS},
        {"import", "faults stand on standard error, one a line with its place, as those of a compiler"},
        {"device calibrate", ACTS},
        {"device fault", ACTS},
        {"answers settle", ACTS},
        {"adverse", ACTS},
        {"followup", ACTS},
        {"export approval", "prints a signed file, whose bytes are what was signed"},
        {"export key", "prints a key file, which verify and sync trust read"},
        {"audit accept", ACTS},
        {"backup", ACTS},
        {"restore", ACTS},
        {"emergency begin", ACTS},
        {"emergency end", ACTS},
        {"emergency review", ACTS},
        {"unfinished discard", ACTS},
        {"patient correct", ACTS},
        {"erase", ACTS},
        {"sync setup", "asks and tests while it goes; sync test has --json"},
        {"sync mine", ACTS},
        {"sync theirs", ACTS},
        {"sync trust", ACTS},
        {"config", "prints the configuration file, to be put in its place"},
        {"manual", "prints the manual page, for man"},
        {"completion", "prints a script for the shell"},
        {"help", "prints help for people; completion lists commands for programs"},
        {"version", "one line for people and scripts; about has it as JSON"},
};

static const char *excepted(const char *command)
{
	for (size_t i = 0; i < sizeof without_json / sizeof *without_json; i++)
		if (strcmp(without_json[i].command, command) == 0)
			return without_json[i].why;
	return NULL;
}

static const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < commands_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void what_prints_data_prints_json(void **state)
{
	(void)state;
	const struct option_spec *json = option_find("--json");
	assert_non_null(json);
	for (size_t i = 0; i < commands_count; i++) {
		const char *why = excepted(commands[i].name);
		const bool takes = command_takes(&commands[i], json);
		if (!takes && why == NULL)
			fail_msg("%s: neither --json nor a reason why not", commands[i].name);
		if (takes && why != NULL)
			fail_msg("%s: takes --json, and is no exception any more", commands[i].name);
	}
	for (size_t i = 0; i < sizeof without_json / sizeof *without_json; i++) {
		if (command_named(without_json[i].command) == NULL)
			fail_msg("%s: there is no such command", without_json[i].command);
		assert_true(strlen(without_json[i].why) >= REASON_MIN);
	}
}

/* --- actions ------------------------------------------------------------------------------------------------ */

#define MOVES "moves about on the screens and changes nothing"
#define CASE_FILE "settings, readings and answers of a case file are edited in the file"

/* The command that does the same; or why there is none. */
static const struct {
	enum action action;
	const char *command, *why;
} done_by[] = {
        {ACTION_BACK, NULL, MOVES},
        {ACTION_HELP, "help", NULL},
        {ACTION_PALETTE, "help", NULL},
        {ACTION_MESSAGES, NULL, "each command says its own messages where it is called"},
        {ACTION_QUIT, NULL, "a command ends by itself when it is done"},
        {ACTION_WORKLIST, "worklist", NULL},
        {ACTION_PATIENT, "sheet record", NULL},
        {ACTION_TWIN, "twin show", NULL},
        {ACTION_DEVICE, "devices", NULL},
        {ACTION_PARAMETERS, "check", NULL},
        {ACTION_PREDICTION, "plan show", NULL},
        {ACTION_CHECKS, "plan show", NULL},
        {ACTION_PLANS, "plan list", NULL},
        {ACTION_PROPOSE, "plan propose", NULL},
        {ACTION_APPROVE, "plan approve", NULL},
        {ACTION_REJECT, "plan reject", NULL},
        {ACTION_OVERRIDE, "plan override", NULL},
        {ACTION_REVOKE, "plan revoke", NULL},
        {ACTION_TREAT, "deliver", NULL},
        {ACTION_CLOSE_PLAN, "plan close", NULL},
        {ACTION_FOLLOW_UP, "followup", NULL},
        {ACTION_ADVERSE, "adverse", NULL},
        {ACTION_COURSE, "course", NULL},
        {ACTION_COMPARE, "plan diff", NULL},
        {ACTION_SYNC, "sync list", NULL},
        {ACTION_SYNC_NOW, "sync", NULL},
        {ACTION_SYNC_STOP, NULL, "a signal stops `sync --watch`; nothing is lost by it"},
        {ACTION_KEEP_OURS, "sync mine", NULL},
        {ACTION_KEEP_THEIRS, "sync theirs", NULL},
        {ACTION_IDENTITY, "patient correct", NULL},
        {ACTION_ANSWERS, "answers settle", NULL},
        {ACTION_STATION, NULL, "a list of other screens, each of which has its command"},
        {ACTION_AUDIT, "audit", NULL},
        {ACTION_VERIFY, "audit verify", NULL},
        {ACTION_PEOPLE, "user list", NULL},
        {ACTION_PEOPLE_ADD, "user add", NULL},
        {ACTION_PEOPLE_ROLES, "user roles", NULL},
        {ACTION_PEOPLE_DISABLE, "user disable", NULL},
        {ACTION_PEOPLE_SECRET, "user secret", NULL},
        {ACTION_PROFILES, "devices", NULL},
        {ACTION_SETTINGS, "config", NULL},
        {ACTION_ABOUT, "about", NULL},
        {ACTION_OWN_SECRET, "user secret", NULL},
        {ACTION_TAG, NULL, "a shell names the patients or plans it means; worklist and plan list give them as JSON"},
        {ACTION_TAGGED, NULL, "as tagging: a loop of the shell over plan list --json"},
        {ACTION_TAG_ALL, NULL, "as tagging: a loop of the shell over plan list --json"},
        {ACTION_UNTAG, NULL, "as tagging: a loop of the shell over plan list --json"},
        {ACTION_TAGGED_PROPOSE, "plan propose", NULL},
        {ACTION_TAGGED_SHEETS, "sheet record", NULL},
        {ACTION_OWN, NULL, "opens the keys of one's own matters; own secret is user secret"},
        {ACTION_PATIENT_BEFORE, NULL, MOVES},
        {ACTION_NEXT_SCREEN, NULL, MOVES},
        {ACTION_PREVIOUS_SCREEN, NULL, MOVES},
        {ACTION_UP, NULL, MOVES},
        {ACTION_DOWN, NULL, MOVES},
        {ACTION_PAGE_UP, NULL, MOVES},
        {ACTION_PAGE_DOWN, NULL, MOVES},
        {ACTION_FIRST, NULL, MOVES},
        {ACTION_LAST, NULL, MOVES},
        {ACTION_ENTER, NULL, "opens what is selected; a command is given its name"},
        {ACTION_LESS, NULL, CASE_FILE},
        {ACTION_MORE, NULL, CASE_FILE},
        {ACTION_MUCH_LESS, NULL, CASE_FILE},
        {ACTION_MUCH_MORE, NULL, CASE_FILE},
        {ACTION_FIND, NULL, "grep and jq look for words in what is printed"},
        {ACTION_SORT, NULL, "sort and jq sort what is printed"},
        {ACTION_FIT, "fit", NULL},
        {ACTION_ALTERNATIVES, "fit", NULL},
        {ACTION_EXPLORE, "fit", NULL},
        {ACTION_AXES, NULL, "fit prints the trade-off of every setting, not of one pair"},
        {ACTION_GOALS, "plan show", NULL},
        {ACTION_HISTOGRAM, "fit", NULL},
        {ACTION_TWIN_VIEW, "twin forecast", NULL},
        {ACTION_UNDO, NULL, CASE_FILE},
        {ACTION_REDO, NULL, CASE_FILE},
        {ACTION_RESET, NULL, CASE_FILE},
        {ACTION_SAVE, "plan new", NULL},
        {ACTION_DISCARD, "unfinished discard", NULL},
        {ACTION_EMERGENCY, "emergency begin", NULL},
        {ACTION_CLEAR, "import", NULL},
        {ACTION_QUESTIONS, "answers settle", NULL},
        {ACTION_SKIN_TYPE, "import", NULL},
        {ACTION_YES, "answers settle", NULL},
        {ACTION_NO, "answers settle", NULL},
        {ACTION_ALL_NO, NULL, "asked in one breath on the screen only, where each question can be seen"},
        {ACTION_CONFIRM_ASKED, NULL, "asked in one breath on the screen only, where each question can be seen"},
        {ACTION_CANCEL_JOB, NULL, "a signal stops a command, which says so"},
        {ACTION_KEYS, "help", NULL},
        {ACTION_TOUR, "train", NULL},
};

static void every_action_has_its_command(void **state)
{
	int seen[ACTIONS] = {0};
	(void)state;
	for (size_t i = 0; i < sizeof done_by / sizeof *done_by; i++) {
		seen[done_by[i].action]++;
		if ((done_by[i].command == NULL) == (done_by[i].why == NULL))
			fail_msg("action %d: either a command or a reason", done_by[i].action);
		if (done_by[i].command != NULL && command_named(done_by[i].command) == NULL)
			fail_msg("%s: there is no such command", done_by[i].command);
		assert_true(done_by[i].why == NULL || strlen(done_by[i].why) >= REASON_MIN);
	}
	for (size_t i = 0; i < action_count(); i++) {
		const struct action_spec *spec = action_at(i);
		if (seen[spec->id] != 1)
			fail_msg("\"%s\" stands %d times in the table of commands", spec->name, seen[spec->id]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_prints_data_prints_json),
	        cmocka_unit_test(every_action_has_its_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
