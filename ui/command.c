#include "ui/command.h"

#include <string.h>

#include "ui/cli.h"
#include "ui/commands/commands.h"

#define NAME_COLUMNS 27
#define USAGE_BYTES_MAX 512

const struct option_spec options_table[] = {
        {"--json", NULL, NULL, false, "print JSON"},
        {"--strict", NULL, NULL, false,
         "exit 1 when an expectation of the case is not met (case) or a rule forbids (check)"},
        {"--photons", "N", NULL, false, "instead of the file's count"},
        {"--seed", "N", NULL, false, "other random numbers; default 0"},
        {"--incidence-deg", "N", NULL, false, "angle of the beam outside, from the upright; default 0"},
        {"--diffuse", NULL, NULL, false, "light from all directions alike instead of a beam"},
        {"--spot-mm", "N", NULL, false, "diameter of the spot; default: a pencil beam, as in MCML"},
        {"--sharp-um", "N", NULL, false,
         "with --json: down to here sharp, light below is thinned out, which saves most of the time"},
        {"--profile", "PROFILE", "flat_top gaussian", false,
         "of the spot (gaussian: diameter at 1/e2); default flat_top"},
        {"--wavelength-nm", "N", NULL, false, "wavelength, nm"},
        {"--pulse-s", "N", NULL, false, "duration of one pulse, s"},
        {"--rate-hz", "N", NULL, false, "pulses per second; default: a single pulse"},
        {"--time-s", "N", NULL, false, "how long somebody may look, s; default: the standard's time base"},
        {"--energy-j", "N", NULL, false, "energy of one pulse, J"},
        {"--beam-mm", "N", NULL, false, "beam diameter at the aperture, mm"},
        {"--divergence-mrad", "N", NULL, false, "full divergence, mrad"},
        {"--demo", NULL, NULL, false, "of the demo's records instead of the clinic's"},
        {"--name", "NAME", NULL, false, "the person's name as it is shown"},
        {"--role", "ROLES", NULL, false,
         "technician, dermatologist, administrator, viewer; several with commas between"},
        {"--new-secret-file", "FILE", NULL, false, "holds the new secret in its first line; default: asked for"},
        {"--secret-cost", "COST", "station least", false,
         "what trying the secret costs: station (1 s, 256 MB) or least (none: for tests only)"},
        {"--recovery-file", "FILE", NULL, false,
         "make a recovery key and write its secret half there, to be kept elsewhere"},
        {"--recovery-public", "KEY", NULL, false, "the public half of a recovery key the clinic has already"},
        {"--recovery-key", "FILE", NULL, false, "holds the secret half of the clinic's recovery key"},
        {"--patient", "NAME", NULL, false, "whose: the name on the worklist, or the record number"},
        {"--map", "MAPPING", NULL, false, "how a device's export is laid out (lasertwin-mapping/1)"},
        {"--scale", "METER", "mexameter dermaspectrometer reflectance680", false,
         "the melanin meter, where the file does not say"},
        {"--check", NULL, NULL, false, "say what is wrong, keep nothing"},
        {"--before", "TWIN", NULL, false, "the twin of an earlier visit, as JSON"},
        {"--days", "N", NULL, false, "days since that visit"},
        {"--sed-per-day", "N", NULL, false, "erythemal dose of the field, SED a day (100 J/m2); default: not known"},
        {"--latitude", "N", NULL, false, "degrees north, for the season"},
        {"--day-of-year", "N", NULL, false, "1 to 366, of the start, for the season"},
        {"--indication", "NAME", NULL, false, "what is treated; default: the case's"},
        {"--device", "MODE", NULL, false, "with which profile.mode; default: the case's"},
        {"--goal", "FRAC", NULL, false, "share to be cleared; default 0.75"},
        {"--age", "N", NULL, false, "years; default: the case's"},
        {"--members", "N", NULL, false, "of the ensemble; default 400"},
        {"--from-nm", "N", NULL, false, "first wavelength; default 400"},
        {"--to-nm", "N", NULL, false, "last wavelength; default 700"},
        {"--step-nm", "N", NULL, false, "between wavelengths; default 10"},
        {"--output", "FILE", NULL, false, "file to write: .pdf, .txt, .csv or .json; default: text on stdout"},
        {"--force", NULL, NULL, false, "replace the file"},
        {"--nodes", "N", NULL, false, "directions per panel and hemisphere, 2 to 48; default 12 (plans: 4)"},
        {"--save", NULL, NULL, false, "each run into the file that it names, as MCML does; default: all on stdout"},
        {"--deidentify", NULL, NULL, false, "without names, numbers, dates and free text"},
        {"--salt", "WORD", NULL, false, "secret word of this export, from which patients get their new names"},
        {"--from", "DAY", NULL, false, "first day, as 2026-03-01; default: a year ago"},
        {"--to", "DAY", NULL, false, "first day no longer counted; default: now"},
        {"--settings", "LIST", NULL, false, "answer: treat with these, as energy_mJ=15,density_pct=10"},
        {"--refuse", "RULE", NULL, false, "answer: refuse, for this rule"},
        {"--defer", "RULE", NULL, false, "answer: not today, for this rule"},
        {"--state", "STATE", NULL, false, "only plans in this state"},
        {"--side", "SIDE[,SIDE]", NULL, false,
         "treated side of each zone, in their order: left, right, both, midline"},
        {"--version-number", "N", NULL, false, "of the plan; default: the newest"},
        {"--lock-after", "N", NULL, false,
         "seconds without a key until the screen locks; 0 never; default 600, demo 0"},
        {"--reason", "TEXT", NULL, false,
         "written reason or decision; kept in the audit, and signed where something is signed"},
        {"--minutes", "N", NULL, false, "how long emergency access lasts, 1 to 60; default 30"},
        {"--identifier", "TEXT", NULL, false, "of the patient, entered again: name, record number or date of birth"},
        {"--second-identifier", "TEXT", NULL, false, "another one of these"},
        {"--second-login", "NAME", NULL, false, "the second person; default: asked for"},
        {"--second-secret-file", "FILE", NULL, false, "holds the second person's secret; default: asked for"},
        {"--clock-is-right", NULL, NULL, false, "sign although the clock stands before the last entry"},
        {"--key", "FILE", NULL, false, "the signer's public key, as `lasertwin export key` prints it"},
        {"--once", NULL, NULL, false, "one round, then the end (default)"},
        {"--watch", NULL, NULL, false, "a round whenever there is something, until interrupted"},
        {"--reconcile", NULL, NULL, false, "compare everything with the server, as every night"},
        {"--namespace", "URL", NULL, false, "the clinic's own address for its codes; default: below the server's"},
        {"--ca-file", "FILE", NULL, false, "PEM of the clinic's own authority; default: the system's"},
        {"--pin", "PINS", NULL, false, "sha256//BASE64 of the server's public key, several with ; between"},
        {"--client-cert", "FILE", NULL, false, "the station's certificate, where the server asks for one"},
        {"--client-key", "FILE", NULL, false, "and its key"},
        {"--token-url", "URL", NULL, false, "where tokens are asked for; default: found at the server"},
        {"--client-id", "ID", NULL, false, "the station's name at the token endpoint; default: no token"},
        {"--key-id", "ID", NULL, false, "name of the station's key there; default: station"},
        {"--scope", "SCOPE", NULL, false, "what is asked for; default system/*.cruds"},
        {"--reply-seconds", "N", NULL, false, "what one answer of the server may take in all; default 60"},
        {"--number", "N", NULL, false, "of the key; default 1"},
        {"--drop", NULL, NULL, false, "trust it no more"},
        {"--plain", NULL, NULL, true,
         "no full screen: a conversation line by line, for screen readers, line terminals and scripts"},
        {"--ascii", NULL, NULL, true, "write ASCII only; default: what the locale says"},
        {"--utf8", NULL, NULL, true, "write UTF-8 whatever the locale says"},
        {"--plots", "WITH", "braille blocks", true,
         "plots of braille dots, or of half blocks for fonts without braille (default where TERM is linux); --ascii "
         "goes before it"},
        {"--color", "WHEN", "auto never", true, "auto (default; off when NO_COLOR is set) or never"},
        {"--theme", "NAME", "dark light contrast", true,
         "colours for a dark (default) or light ground, or none but contrast"},
        {"--keys", "PRESET", "plain vi emacs", false,
         "keys to begin with; default plain (arrows, and letters as in vi)"},
        {"--bind", "LIST", NULL, false,
         "other keys for actions, as \"fit=F undo=u,Ctrl-Y\"; a key that would mean two things is refused"},
        {"--mouse", "WHEN", "on off", false,
         "on (default): click selects a line or a step, again opens it, the wheel moves; off: the terminal's own"},
        {"--profiles", "DIR", NULL, true,
         "devices, protocols, rules; default: $LASERTWIN_PROFILES, the folder profiles beside the program, then the "
         "installed ones"},
        {"--home", "DIR", NULL, true,
         "records; default: $LASERTWIN_HOME, $XDG_DATA_HOME/lasertwin, then ~/.local/share/lasertwin"},
        {"--login", "NAME", NULL, true, "who opens the records; default: $LASERTWIN_LOGIN, then asked for"},
        {"--secret-file", "FILE", NULL, true,
         "holds the secret in its first line; default: $LASERTWIN_SECRET_FILE, then asked for without echo"},
        {"--help", NULL, NULL, true, "print what the command takes"},
};
const size_t options_count = sizeof options_table / sizeof *options_table;

bool command_begins_records(const struct command *command)
{
	static int (*const beginning[])(const struct cli_options *) = {
	        command_planner, command_demo,     command_add,              command_user_add,
	        command_import,  command_plan_new, command_device_calibrate, command_device_fault};
	for (size_t i = 0; i < sizeof beginning / sizeof *beginning; i++)
		if (command->run == beginning[i])
			return true;
	return false;
}

const struct command commands[] = {
        {"", "", 0, 0, "--lock-after --keys --bind --mouse",
         "open the planner on the clinic's records", command_planner},
        {"demo", "", 0, 0, "--lock-after --keys --bind --mouse",
         "open it on a clinic of virtual patients; without a terminal, print one of their plans as text",
         command_demo},
        {"case", "FILE", 1, 1, "--json --strict --before --days",
         "plan or check every request of a case file", command_case},
        {"worklist", "", 0, 0, "--demo --json", "the patients with the state and verdict of their latest plan",
         command_worklist},
        {"add", "FILE", 1, 1, "", "put a case file's patient on the clinic's worklist", command_add},
        {"login", "", 0, 0, "--demo --json",
         "try a login; print who it is, the roles and the head of the audit", command_login},
        {"user add", "LOGIN", 1, 1,
         "--demo --name --role --new-secret-file --secret-cost --recovery-file --recovery-public",
         "let a person in; in a clinic that has nobody, set it up with its first administrator", command_user_add},
        {"user list", "", 0, 0, "--demo --json", "who may use the records", command_user_list},
        {"user disable", "LOGIN", 1, 1, "--demo",
         "shut a person out; what they signed stays theirs", command_user_disable},
        {"user roles", "LOGIN", 1, 1, "--demo --role", "give a person other roles", command_user_roles},
        {"user secret", "[LOGIN]", 0, 1, "--demo --new-secret-file --secret-cost",
         "change one's own secret, or give another person a new one", command_user_secret},
        {"user recover", "LOGIN", 1, 1, "--demo --recovery-key --new-secret-file --secret-cost",
         "with the clinic's recovery key, give a new secret when no administrator can log in", command_recover},
        {"import", "FILE", 1, 1, "--patient --map --scale --check --demo",
         "readings from CSV, JSON, a FHIR bundle or a device's export: all of them or none", command_import},
        {"twin fit", "CASE", 1, 1, "--json --before --days --sed-per-day --latitude --day-of-year",
         "the skin twin of a case's readings, after an earlier one where there is one", command_twin_fit},
        {"twin history", "", 0, 0, "--patient --demo --json", "the versions of a patient's twin and what changed each",
         command_twin_history},
        {"twin show", "FILE", 1, 1, "--json", "a twin (JSON) or a case's twin, with what its readings say",
         command_twin_show},
        {"twin learn", "TWIN OUTCOME", 2, 2, "--json", "what an outcome (JSON) teaches a twin", command_twin_learn},
        {"twin forecast", "FILE", 1, 1,
         "--json --device --indication --goal --age --sed-per-day --latitude --day-of-year --members --seed",
         "pigment, healing, sessions, PIH and ageing of a twin or a case, with bands", command_twin_forecast},
        {"reflectance", "FILE", 1, 1, "--json --from-nm --to-nm --step-nm",
         "the spectrum and colour a twin or a case's twin would show", command_reflectance},
        {"course", "PATIENT", 1, 1, "--demo --json",
         "a patient's visits (name or record number): doses of each field, from when on it may be treated again",
         command_course},
        {"devices", "", 0, 0, "--demo --json",
         "devices and their modes, what is known of them, their last output checks", command_devices},
        {"plan list", "", 0, 0, "--demo --json --state", "every plan's newest version with its state",
         command_plan_list},
        {"plan new", "PATIENT", 1, 1, "--demo --json --side",
         "fit and save a draft for a patient of the worklist (number or name)",
         command_plan_new},
        {"plan show", "PLAN", 1, 1, "--demo --json --version-number", "findings first, approval, history",
         command_plan_show},
        {"plan diff", "PLAN [VERSION] [VERSION]", 1, 3, "--demo --json",
         "what differs between two versions, settings first",
         command_plan_diff},
        {"plan propose", "PLAN", 1, 1, "--demo --json", "put a draft before a dermatologist", command_plan_move},
        {"plan override", "PLAN RULE [ZONE]", 2, 3,
         "--demo --json --reason --second-login --second-secret-file --clock-is-right",
         "go beyond a finding BLOCK_MD: dermatologist, written reason, second person", command_plan_move},
        {"plan approve", "PLAN", 1, 1, "--demo --json --reason --identifier --second-identifier --clock-is-right",
         "sign a proposed plan", command_plan_move},
        {"plan reject", "PLAN", 1, 1, "--demo --json --reason", "send a proposed plan back, with the reason",
         command_plan_move},
        {"plan revoke", "PLAN", 1, 1, "--demo --json --reason --clock-is-right", "withdraw an approval, signed",
         command_plan_move},
        {"plan close", "PLAN", 1, 1, "--demo --json", "end a delivered plan after its follow-up", command_plan_move},
        {"plan overrides", "", 0, 0, "--demo --json", "how often each rule was overridden", command_plan_overrides},
        {"device calibrations", "[CONSOLE]", 0, 1, "--demo --json",
         "output checks and faults of a console, or of all, and which count today", command_device_calibrations},
        {"device calibrate", "CONSOLE HANDPIECE SET MEASURED UNIT", 5, 5, "--demo",
         "today's output check, by serial numbers: it counts for every session of the day", command_device_calibrate},
        {"device fault", "CONSOLE [HANDPIECE]", 1, 2, "--demo --reason",
         "a fault of the console: output checks before it count no more", command_device_fault},
        {"deliver", "PLAN [EVENT] [MEMBER=VALUE]...", 1, CLI_OPERANDS_MAX, "--demo --json",
         "record and verify a treatment, one event at a time; without EVENT: where it stands", command_deliver},
        {"adverse", "PLAN MEMBER=VALUE...", 2, CLI_OPERANDS_MAX, "--demo",
         "record an adverse event (kind, severity, onset_days, serious, serious_reason, outcome, "
         "text)", command_adverse},
        {"followup", "PLAN MEMBER=VALUE...", 2, CLI_OPERANDS_MAX, "--demo",
         "record what is seen later (days, clearance_pct, erythema_days, pih, depth_um, text)", command_follow_up},
        {"export approval", "PLAN", 1, 1, "--demo", "the signed approval as a file, on standard output",
         command_export_approval},
        {"export key", "[LOGIN]", 0, 1, "--demo", "a person's public key, on standard output", command_export_key},
        {"verify", "FILE", 1, 1, "--json --key",
         "check an exported approval with the signer's public key alone; needs no records", command_verify},
        {"audit", "", 0, 0, "--demo --json", "print the audit trail", command_audit},
        {"audit verify", "", 0, 0, "--demo --json --recovery-key",
         "verify the audit trail; the first entry that is not as it was written is named", command_audit_verify},
        {"audit accept", "", 0, 0, "--demo --reason",
         "take records that are older than their anchor as they are", command_audit_accept},
        {"backup", "FILE", 1, 1, "--demo", "copy the records to a new file, verified and sealed like them",
         command_backup},
        {"restore", "FILE", 1, 1, "--demo", "put a backup in the records' place; what was there is kept beside",
         command_restore},
        {"emergency begin", "", 0, 0, "--demo --reason --minutes",
         "break the glass: record and stop for a while what one's role does not allow; never plans, starts or signs",
         command_emergency_begin},
        {"emergency end", "", 0, 0, "--demo", "end one's emergency access before its time", command_emergency_end},
        {"emergency list", "", 0, 0, "--demo --json", "every emergency access, and which wait for review",
         command_emergency_list},
        {"emergency show", "ID", 1, 1, "--demo --json", "one of them with everything done meanwhile",
         command_emergency_show},
        {"emergency review", "ID", 1, 1, "--demo --reason",
         "say what is to be said of it, as another administrator or dermatologist", command_emergency_review},
        {"unfinished", "", 0, 0, "--demo --json", "work that was begun and not saved: whose, on whom, since when",
         command_unfinished},
        {"unfinished discard", "PATIENT", 1, 1, "--demo", "drop one's own unfinished work on a patient for good",
         command_unfinished_discard},
        {"answers", "PATIENT", 1, 1, "--demo --json",
         "a patient's safety answers as all stations were given them, what differs first", command_answers},
        {"answers settle", "PATIENT [QUESTION=ANSWER]...", 1, 12, "--demo --reason",
         "decide what holds of them; what is not named stays as it warns", command_answers_settle},
        {"patient show", "PATIENT", 1, 1, "--demo --json", "who a patient is on record, and before corrections",
         command_patient_show},
        {"patient correct", "PATIENT MEMBER=VALUE...", 2, 5, "--demo --reason --identifier --second-identifier",
         "correct name=, record_number=, birth= or sex=: shows old and new, asks the identifiers on record again; "
         "approvals for the former identity hold no more",
         command_patient_correct},
        {"erase", "NUMBER", 1, 1, "--demo --reason", "make the records of the patient of that record number unreadable",
         command_erase},
        {"sync", "", 0, 0, "--once --watch --reconcile --json --demo",
         "exchange records with the clinic's FHIR server; what cannot go now stays in the outbox", command_sync},
        {"sync setup", "ADDRESS", 1, 1,
         "--namespace --ca-file --pin --client-cert --client-key --token-url --client-id --key-id --scope "
         "--reply-seconds",
         "enter the server (its FHIR R4 base), make the station's key, test the connection", command_sync_setup},
        {"sync test", "", 0, 0, "--json", "test the connection step by step, and say what is wrong", command_sync_test},
        {"sync list", "", 0, 0, "--json --demo", "what waits, conflicts, what was refused, parked or doubled",
         command_sync_list},
        {"sync show", "ENTRY", 1, 1, "--json --demo", "both versions of a conflict, what differs first",
         command_sync_show},
        {"sync mine", "ENTRY", 1, 1, "--demo", "settle a conflict: ours goes over theirs", command_sync_mine},
        {"sync theirs", "ENTRY", 1, 1, "--demo", "settle a conflict: theirs stays, ours is kept here",
         command_sync_theirs},
        {"sync trust", "LOGIN FILE", 1, 2, "--number --drop --demo",
         "believe a dermatologist's key of another station (as `lasertwin export key` prints it)", command_sync_trust},
        {"mc", "FILE", 1, 1, "--json --save --force --photons --seed --incidence-deg --spot-mm --profile --sharp-um",
         "Monte Carlo light transport in the layers of an MCML input file", command_mc},
        {"layers", "FILE", 1, 1, "--json --nodes --incidence-deg --diffuse",
         "the same by discrete ordinates, without chance", command_layers},
        {"simulate", "FILE", 1, 1, "--json", "light, heat and damage of one exposure (simulation file)",
         command_simulate},
        {"threshold", "FILE", 1, 1, "--json", "radiant exposure that just meets the file's criterion",
         command_threshold},
        {"rf", "FILE", 1, 1, "--json", "field, heat and damage of one radiofrequency electrode (rf file)", command_rf},
        {"fit", "FILE", 1, 1, "--json --before --days",
         "lowest sufficient settings for every request, with alternatives, trade-off, what-ifs and course",
         command_fit},
        {"check", "FILE", 1, 1, "--json --strict --before --days",
         "judge a case file's settings as they stand, by every rule", command_check},
        {"compare", "A B", 2, 2, "--json", "what differs between the first plans of two case files", command_compare},
        {"mpe", "[DEVICE.MODE]", 0, 1,
         "--json --wavelength-nm --pulse-s --rate-hz --time-s --energy-j --beam-mm --divergence-mrad",
         "exposure limits of eye and skin, eyewear, hazard distance (IEC 60825-1, EN 207)", command_mpe},
        {"sheet treatment", "PLAN", 1, 1, "--demo --json --output --force --deidentify --version-number",
         "the sheet for the room: settings, conditions, room for what was delivered", command_sheet_treatment},
        {"sheet approval", "PLAN", 1, 1, "--demo --json --output --force --deidentify --version-number",
         "findings, predictions with their spread, history", command_sheet_approval},
        {"sheet session", "PLAN", 1, 1, "--demo --json --output --force --deidentify --version-number",
         "what was delivered against what was approved", command_sheet_session},
        {"sheet record", "PATIENT", 1, 1, "--demo --json --output --force --deidentify --salt",
         "a patient's file, by record number or name: readings, answers, plans, what was delivered and seen after it",
         command_sheet_record},
        {"sheet statistics", "", 0, 0, "--demo --json --output --force --from --to",
         "plans by state, verdict and device in a span of time; steps of every version", command_sheet_statistics},
        {"train", "[LESSON]", 0, 1, "--json --settings --refuse --defer",
         "lessons on virtual patients: list them, tell one, mark an answer", command_train},
        {"config", "", 0, 0, "", "print the configuration file with every option as a comment", command_print_config},
        {"manual", "", 0, 0, "", "print this program's manual page (man(7))", command_print_manual},
        {"completion", "", 0, 0, "", "print completion for bash", command_print_completion},
        {"help", "[COMMAND]...", 0, 2, "", "print this, or what one command or its family takes", command_print_help},
        {"about", "", 0, 0, "--json", "program, libraries, data with their digests, models, licences, sources",
         command_about},
        {"version", "", 0, 0, "", "print the version", command_print_version},
};
const size_t commands_count = sizeof commands / sizeof *commands;

static const char intended_use[] =
        "Decision support for trained professionals. Numbers are for planning and training until a clinic has "
        "validated them. lasertwin never controls a device.";
static const char exit_codes[] = "Exit codes: 0 done, 1 not done, 2 bad input. "
                                 "With --json the complaint on standard error is JSON too.";

/* --- looking up --------------------------------------------------------------------------------------- */

const struct option_spec *option_find(const char *name)
{
	for (size_t i = 0; i < options_count; i++)
		if (strcmp(options_table[i].name, name) == 0)
			return &options_table[i];
	return NULL;
}

/* Whether the word stands in a list of words separated by blanks. */
static bool word_in(const char *list, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = list; *at != '\0'; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		if (n == length && strncmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

bool option_takes_word(const struct option_spec *option, const char *word)
{
	return word_in(option->words, word);
}

bool command_takes(const struct command *command, const struct option_spec *option)
{
	return option->everywhere || word_in(command->options, option->name);
}

static const struct command *find_name(const char *name)
{
	for (size_t i = 0; i < commands_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

const struct command *command_find(const char *first, const char *second, int *used)
{
	char both[64];
	const struct command *found = NULL;
	*used = 2;
	if (second != NULL && snprintf(both, sizeof both, "%s %s", first, second) < (int)sizeof both)
		found = find_name(both);
	if (found == NULL && first[0] != '\0') {
		*used = 1;
		found = find_name(first);
	}
	return found;
}

/* "twin fit" is of the family "twin". */
static bool of_family(const struct command *command, const char *word)
{
	size_t length = strlen(word);
	return length > 0 && strncmp(command->name, word, length) == 0 && command->name[length] == ' ';
}

/* --- help --------------------------------------------------------------------------------------------- */

static void append(char *out, size_t size, const char *text)
{
	size_t used = strlen(out);
	(void)snprintf(out + used, size - used, "%s", text);
}

void command_usage(const struct command *command, char *out, size_t size)
{
	(void)snprintf(out, size, "lasertwin%s%s", command->name[0] != '\0' ? " " : "", command->name);
	if (command->operands[0] != '\0') {
		append(out, size, " ");
		append(out, size, command->operands);
	}
	for (size_t i = 0; i < options_count; i++) {
		const struct option_spec *option = &options_table[i];
		if (option->everywhere || !command_takes(command, option))
			continue;
		append(out, size, " [");
		append(out, size, option->name);
		append(out, size, option->value != NULL ? " " : "");
		append(out, size, option->value != NULL ? option->value : "");
		append(out, size, "]");
	}
}

/* Text folded at 78 columns behind a name; a long name stands on a line of its own. */
static void print_entry(FILE *out, const char *name, const char *text)
{
	int column = fprintf(out, "  %-*s ", NAME_COLUMNS - 3, name);
	if (column > NAME_COLUMNS) {
		fprintf(out, "\n%*s", NAME_COLUMNS, "");
		column = NAME_COLUMNS;
	}
	while (*text != '\0') {
		int word = (int)strcspn(text, " ");
		if (column > NAME_COLUMNS && column + 1 + word > 78) {
			fprintf(out, "\n%*s", NAME_COLUMNS, "");
			column = NAME_COLUMNS;
		}
		column += fprintf(out, "%s%.*s", column > NAME_COLUMNS ? " " : "", word, text);
		text += word + (text[word] == ' ');
	}
	putc('\n', out);
}

static void print_option(FILE *out, const struct option_spec *option)
{
	char name[64];
	(void)snprintf(name, sizeof name, "%s%s%s", option->name, option->value != NULL ? " " : "",
	               option->value != NULL ? option->value : "");
	print_entry(out, name, option->help);
}

static void print_command(FILE *out, const struct command *command)
{
	char name[96];
	(void)snprintf(name, sizeof name, "%s%s%s", command->name[0] != '\0' ? command->name : "(none)",
	               command->operands[0] != '\0' ? " " : "", command->operands);
	print_entry(out, name, command->help);
}

bool command_family(const char *word, char *out, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < commands_count; i++) {
		if (!of_family(&commands[i], word))
			continue;
		append(out, size, out[0] != '\0' ? ", " : "");
		append(out, size, commands[i].name + strlen(word) + 1);
	}
	return out[0] != '\0';
}

void command_help_family(const char *word, FILE *out)
{
	fprintf(out, "usage: lasertwin %s ... (`lasertwin COMMAND --help` lists the options)\n\n", word);
	for (size_t i = 0; i < commands_count; i++)
		if (of_family(&commands[i], word) || strcmp(commands[i].name, word) == 0)
			print_command(out, &commands[i]);
	fprintf(out, "\n%s\n", exit_codes);
}

void command_help(FILE *out)
{
	fputs("usage: lasertwin [COMMAND] [OPTION]...\n\n", out);
	for (size_t i = 0; i < commands_count; i++)
		print_command(out, &commands[i]);
	fputs("\nWith every command (`lasertwin COMMAND --help` lists its own):\n", out);
	for (size_t i = 0; i < options_count; i++)
		if (options_table[i].everywhere)
			print_option(out, &options_table[i]);
	fprintf(out, "\n%s\n\n%s\n", exit_codes, intended_use);
}

void command_help_one(const struct command *command, FILE *out)
{
	char usage[USAGE_BYTES_MAX];
	command_usage(command, usage, sizeof usage);
	fprintf(out, "usage: %s\n\n%s.\n\n", usage, command->help);
	for (size_t i = 0; i < options_count; i++)
		if (!options_table[i].everywhere && command_takes(command, &options_table[i]))
			print_option(out, &options_table[i]);
	fprintf(out, "\n%s\n", exit_codes);
}

/* --- manual page and completion ----------------------------------------------------------------------- */

/* Escapes what roff would take for its own: backslash, hyphen-minus, a leading dot or quote. */
static void roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '-')
			putc('\\', out);
		putc(*text, out);
	}
}

static void roff_entry(FILE *out, const char *name, const char *value, const char *text)
{
	fputs(".TP\n.B ", out);
	roff(out, name);
	if (value != NULL && value[0] != '\0') {
		putc(' ', out);
		roff(out, value);
	}
	putc('\n', out);
	roff(out, text);
	putc('\n', out);
}

void command_manual(FILE *out)
{
	char usage[USAGE_BYTES_MAX];
	fputs(".TH LASERTWIN 1 \"\" \"lasertwin " LASERTWIN_VERSION "\" \"User commands\"\n.SH NAME\n"
	      "lasertwin \\- plan laser treatments of the skin\n.SH SYNOPSIS\n.B lasertwin\n"
	      "[COMMAND] [OPTION]...\n.SH INTENDED USE\n",
	      out);
	roff(out, intended_use);
	fputs("\n.SH COMMANDS\n", out);
	for (size_t i = 0; i < commands_count; i++) {
		command_usage(&commands[i], usage, sizeof usage);
		roff_entry(out, usage, NULL, commands[i].help);
	}
	fputs(".SH OPTIONS\n", out);
	for (size_t i = 0; i < options_count; i++)
		roff_entry(out, options_table[i].name, options_table[i].value, options_table[i].help);
	fputs(".SH EXIT STATUS\n0 done, 1 not done, 2 bad input.\n", out);
}

void command_completion(FILE *out)
{
	fputs("# bash completion for lasertwin\n_lasertwin()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
	      "\tcase $word in\n\t-*) COMPREPLY=($(compgen -W '",
	      out);
	for (size_t i = 0; i < options_count; i++)
		fprintf(out, "%s ", options_table[i].name);
	fputs("' -- \"$word\")); return ;;\n\tesac\n\tcase $COMP_CWORD:${COMP_WORDS[1]} in\n", out);
	for (size_t i = 0; i < commands_count; i++) {
		const char *second = strchr(commands[i].name, ' ');
		if (second != NULL)
			fprintf(out, "\t2:%.*s) COMPREPLY+=($(compgen -W '%s' -- \"$word\")) ;;&\n",
			        (int)(second - commands[i].name), commands[i].name, second + 1);
	}
	fputs("\t1:*) COMPREPLY=($(compgen -W '", out);
	for (size_t i = 0; i < commands_count; i++)
		fprintf(out, "%.*s ", (int)strcspn(commands[i].name, " "), commands[i].name);
	fputs("' -- \"$word\")) ;;\n\t*) [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
	      "\tesac\n}\ncomplete -o filenames -F _lasertwin lasertwin\n",
	      out);
}
