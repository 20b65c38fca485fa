#include "ui/cli.h"

#include <signal.h>
#include <unistd.h>

#include "planner/plan/case.h"
#include "planner/plan/clinic.h"
#include "planner/plan/report.h"
#include "ui/engine.h"
#include "ui/shell.h"
#include "ui/source.h"
#include "ui/text.h"

#define PATH_BYTES_MAX 1024
#define LINE_BYTES_MAX 8192
#define DEMO_CASE "demo/01.json" /* the patient whose plan is printed where there is no terminal */
#define MS_PER_S 1000
#define NS_PER_MS 1000000

static const char help_text[] =
        "usage: lasertwin [COMMAND] [OPTION]...\n"
        "\n"
        "  lasertwin              open the planner on the clinic's records\n"
        "  lasertwin demo         open it on a clinic of virtual patients; without a terminal,\n"
        "                         print one of their plans as text\n"
        "  lasertwin case FILE    plan or check every request of a case file\n"
        "  lasertwin --version    print the version\n"
        "  lasertwin --help       print this\n"
        "\n"
        "  --json           (case) print JSON\n"
        "  --strict         (case) exit 1 when an expectation of the case is not met\n"
        "  --plain          no full screen: print text\n"
        "  --ascii, --utf8  choose the characters; default: what the locale says\n"
        "  --color=WHEN     auto (default; off when NO_COLOR is set) or never\n"
        "  --profiles DIR   devices, protocols, rules; default: $LASERTWIN_PROFILES, ./profiles,\n"
        "                   then the installed ones\n"
        "  --home DIR       records; default: $LASERTWIN_HOME, $XDG_DATA_HOME/lasertwin,\n"
        "                   then ~/.local/share/lasertwin\n"
        "\n"
        "Exit codes: 0 done, 1 not done, 2 bad input.\n"
        "\n"
        "Decision support for trained professionals; it never controls a device.\n";

/* --- parsing ------------------------------------------------------------------------------------------ */

static bool set_flag(const char *argument, struct cli_options *out)
{
	if (strcmp(argument, "--json") == 0)
		out->json = true;
	else if (strcmp(argument, "--strict") == 0)
		out->strict = true;
	else if (strcmp(argument, "--plain") == 0)
		out->plain = true;
	else if (strcmp(argument, "--ascii") == 0)
		out->term.charset = TERM_CHARSET_ASCII;
	else if (strcmp(argument, "--utf8") == 0)
		out->term.charset = TERM_CHARSET_UTF8;
	else if (strcmp(argument, "--color=auto") == 0)
		out->term.color = TERM_COLOR_AUTO;
	else if (strcmp(argument, "--color=never") == 0)
		out->term.color = TERM_COLOR_NEVER;
	else
		return false;
	return true;
}

static bool set_command(const char *argument, struct cli_options *out)
{
	static const struct {
		const char *word;
		enum cli_command command;
	} commands[] = {{"demo", CLI_DEMO},
	                {"case", CLI_CASE},
	                {"--version", CLI_VERSION},
	                {"--help", CLI_HELP},
	                {"-h", CLI_HELP}};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argument, commands[i].word) == 0) {
			out->command = commands[i].command;
			return true;
		}
	return false;
}

/* Options with a value: the value's place, or NULL. */
static const char **value_of(const char *argument, struct cli_options *out)
{
	if (strcmp(argument, "--profiles") == 0)
		return &out->profiles;
	return strcmp(argument, "--home") == 0 ? &out->home : NULL;
}

static enum status check_together(const struct cli_options *options, struct fail *why)
{
	if (options->command == CLI_CASE && options->file == NULL)
		return fail_set(why, ST_INPUT, "case",
		                "which file? usage: lasertwin case FILE [--json] [--strict]");
	if (options->command != CLI_CASE && (options->json || options->strict))
		return fail_set(why, ST_INPUT, options->json ? "--json" : "--strict",
		                "goes with `lasertwin case FILE` only");
	return ST_OK;
}

enum status cli_parse(int argc, char **argv, struct cli_options *out, struct fail *why)
{
	*out = (struct cli_options){.command = CLI_PLANNER};
	bool chosen = false;
	for (int i = 1; i < argc; i++) {
		const char **value = value_of(argv[i], out);
		if (value != NULL && i + 1 < argc)
			*value = argv[++i];
		else if (value != NULL)
			return fail_set(why, ST_INPUT, argv[i], "needs a folder after it");
		else if (out->command == CLI_CASE && out->file == NULL && argv[i][0] != '-')
			out->file = argv[i];
		else if (!set_flag(argv[i], out)) {
			if (chosen || !set_command(argv[i], out))
				return fail_set(why, ST_INPUT, argv[i],
				                "is not understood here; `lasertwin --help` lists what is");
			chosen = true;
		}
	}
	return check_together(out, why);
}

/* --- places and time ---------------------------------------------------------------------------------- */

static const char *environment(const char *name)
{
	const char *value = getenv(name);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

void cli_profiles(const struct cli_options *options, char *out, size_t capacity)
{
	const char *named = options->profiles != NULL ? options->profiles : environment("LASERTWIN_PROFILES");
	if (named != NULL)
		snprintf(out, capacity, "%s", named);
	else if (access("profiles/devices", R_OK) == 0)
		snprintf(out, capacity, "profiles");
	else
		snprintf(out, capacity, "%s/profiles", LASERTWIN_DATADIR);
}

void cli_home(const struct cli_options *options, char *out, size_t capacity)
{
	const char *named = options->home != NULL ? options->home : environment("LASERTWIN_HOME");
	const char *data = environment("XDG_DATA_HOME"), *user = environment("HOME");
	if (named != NULL)
		snprintf(out, capacity, "%s", named);
	else if (data != NULL)
		snprintf(out, capacity, "%s/lasertwin", data);
	else
		snprintf(out, capacity, "%s/.local/share/lasertwin", user != NULL ? user : ".");
}

static int64_t wall_clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* --- printing ----------------------------------------------------------------------------------------- */

static int exit_code(enum status status)
{
	switch (status) {
	case ST_OK:
		return 0;
	case ST_INPUT:
	case ST_RANGE:
	case ST_NOT_FOUND:
		return EXIT_BAD_INPUT;
	default:
		return EXIT_NOT_DONE;
	}
}

/* One line, cleaned, in the characters the terminal or file is to have. */
static void print_line(FILE *out, bool ascii, const char *line, size_t length)
{
	char clean[LINE_BYTES_MAX], plain[LINE_BYTES_MAX];
	text_clean(clean, sizeof clean, line, length);
	if (ascii)
		text_to_ascii(plain, sizeof plain, clean);
	fprintf(out, "%s\n", ascii ? plain : clean);
}

static void print_text(FILE *out, bool ascii, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		print_line(out, ascii, text, length);
		text += length + (text[length] == '\n');
	}
}

int cli_complain(const struct cli_options *options, enum status status, const struct fail *why)
{
	char line[FAIL_FIELD_MAX + FAIL_TEXT_MAX + 32];
	int used = snprintf(line, sizeof line, "lasertwin: %s%s%s", why->field,
	                    why->field[0] != '\0' ? ": " : "", why->text);
	print_line(stderr, !term_charset_utf8(options->term.charset), line, (size_t)used);
	return exit_code(status);
}

/* --- case --------------------------------------------------------------------------------------------- */

struct case_run {
	struct library *library;
	struct case_file *file;
	struct case_result *result; /* file->requests of them */
};

static void case_run_free(struct case_run *run)
{
	for (size_t i = 0; run->result != NULL && i < run->file->requests; i++)
		case_result_clear(&run->result[i]);
	free(run->result);
	case_free(&run->file);
	library_free(&run->library);
}

static enum status case_run_all(const char *profiles, const char *path, struct case_run *run,
                                struct fail *why)
{
	const struct case_options evaluation = {.seed = 0};
	enum status status = case_read(path, &run->file, why);
	if (status == ST_OK)
		status = library_load(profiles, &run->library, why);
	if (status != ST_OK)
		return status;
	run->result = calloc(run->file->requests, sizeof *run->result);
	if (run->result == NULL)
		return fail_set(why, ST_FULL, "case", "no memory for %zu requests", run->file->requests);
	for (size_t i = 0; i < run->file->requests && status == ST_OK; i++)
		status = case_evaluate(run->library, &run->file->request[i], &evaluation, &run->result[i],
		                       why);
	return status;
}

static bool expectations_met(const struct case_run *run)
{
	for (size_t r = 0; r < run->file->requests; r++)
		for (size_t c = 0; c < run->result[r].checks; c++)
			if (!run->result[r].check[c].met)
				return false;
	return true;
}

static enum status print_case(const struct cli_options *options, const struct case_run *run, struct fail *why)
{
	char *text = NULL;
	enum status status = options->json
	                             ? report_case_json(run->library, run->file, run->result, &text, why)
	                             : report_case_text(run->library, run->file, run->result, &text, why);
	if (status == ST_OK && options->json)
		printf("%s\n", text); /* strings in JSON carry no control characters */
	else if (status == ST_OK)
		print_text(stdout, !term_charset_utf8(options->term.charset), text);
	free(text);
	return status;
}

/* Evaluates and prints the case at path. */
static int run_case(const struct cli_options *options, const char *profiles, const char *path)
{
	struct case_run run = {.library = NULL};
	struct fail why = {.text = ""};
	enum status status = case_run_all(profiles, path, &run, &why);
	if (status == ST_OK)
		status = print_case(options, &run, &why);
	int code = status != ST_OK                              ? cli_complain(options, status, &why)
	           : options->strict && !expectations_met(&run) ? EXIT_NOT_DONE
	                                                        : 0;
	case_run_free(&run);
	return code;
}

/* --- planner and demo --------------------------------------------------------------------------------- */

static enum status open_records(const struct cli_options *options, const char *profiles,
                                struct clinic **clinic, struct fail *why)
{
	char home[PATH_BYTES_MAX];
	cli_home(options, home, sizeof home);
	const struct clinic_options records = {.home = home,
	                                       .profiles = profiles,
	                                       .kind = options->command == CLI_DEMO ? STORE_DEMO
	                                                                            : STORE_CLINIC,
	                                       .now_ms = wall_clock_ms()};
	return clinic_open(&records, clinic, why);
}

static const char *actor(void)
{
	const char *name = environment("USER");
	return name != NULL ? name : "local user";
}

static enum status run_screens(const struct cli_options *options, const char *profiles, int *leave_signal,
                               struct fail *why)
{
	struct library *library = NULL;
	struct clinic *clinic = NULL;
	enum status status = library_load(profiles, &library, why);
	if (status == ST_OK)
		status = open_records(options, profiles, &clinic, why);
	if (status == ST_OK) {
		struct source records = {
		        .clinic = clinic, .library = library, .actor = actor(), .now_ms = wall_clock_ms};
		const char *place = options->command == CLI_DEMO ? "demo clinic" : "clinic";
		struct app_source source = source_of(&records, place);
		struct app_engine engine = engine_of(library);
		status = shell_run(&source, &engine, &options->term, leave_signal, why);
	}
	clinic_close(&clinic);
	library_free(&library);
	return status;
}

static void print_worklist(const struct cli_options *options, struct clinic *clinic)
{
	bool ascii = !term_charset_utf8(options->term.charset);
	for (size_t i = 0; i < clinic_count(clinic); i++) {
		struct clinic_patient row;
		struct fail why;
		char line[1024];
		if (clinic_patient(clinic, i, &row, &why) != ST_OK)
			continue;
		int used = snprintf(line, sizeof line, "%zu. %s%s: %s with %s, plan %s, verdict %s", i + 1,
		                    row.label, row.is_virtual ? " (VIRTUAL PATIENT)" : "", row.indication,
		                    row.device_mode, row.state[0] != '\0' ? row.state : "none",
		                    row.verdict[0] != '\0' ? row.verdict : "none");
		print_line(stdout, ascii, line, (size_t)used < sizeof line ? (size_t)used : sizeof line - 1);
	}
}

/* The worklist as text, for pipes and screen readers. */
static int run_plain(const struct cli_options *options, const char *profiles)
{
	struct clinic *clinic = NULL;
	struct fail why = {.text = ""};
	enum status status = open_records(options, profiles, &clinic, &why);
	if (status != ST_OK)
		return cli_complain(options, status, &why);
	print_text(stdout, true, report_intended_use);
	print_worklist(options, clinic);
	puts("`lasertwin case FILE` plans a case as text.");
	clinic_close(&clinic);
	return 0;
}

static int run_planner(const struct cli_options *options, const char *profiles)
{
	struct fail why = {.text = ""};
	int leave_signal = 0;
	enum status status = run_screens(options, profiles, &leave_signal, &why);
	if (status != ST_OK)
		return cli_complain(options, status, &why);
	if (leave_signal != 0) {
		fprintf(stderr, "lasertwin: ended by %s; saved records are complete\n",
		        strsignal(leave_signal));
		signal(leave_signal, SIG_DFL);
		raise(leave_signal);
	}
	return 0;
}

static int run_demo_text(const struct cli_options *options, const char *profiles)
{
	char path[PATH_BYTES_MAX + sizeof DEMO_CASE];
	snprintf(path, sizeof path, "%s/" DEMO_CASE, profiles);
	puts("VIRTUAL PATIENT: made up for training, nobody's data.\n");
	fflush(stdout);
	return run_case(options, profiles, path);
}

int cli_run(const struct cli_options *options)
{
	char profiles[PATH_BYTES_MAX];
	bool text = options->plain || isatty(STDOUT_FILENO) == 0;
	cli_profiles(options, profiles, sizeof profiles);
	switch (options->command) {
	case CLI_VERSION:
		puts("lasertwin " LASERTWIN_VERSION);
		return 0;
	case CLI_HELP:
		fputs(help_text, stdout);
		return 0;
	case CLI_CASE:
		return run_case(options, profiles, options->file);
	case CLI_DEMO:
		return text ? run_demo_text(options, profiles) : run_planner(options, profiles);
	default:
		return text ? run_plain(options, profiles) : run_planner(options, profiles);
	}
}
