#include "ui/cli.h"

#include <signal.h>
#include <unistd.h>

#include "planner/plan/case.h"
#include "planner/plan/clinic.h"
#include "planner/plan/report.h"
#include "ui/engine.h"
#include "ui/shell.h"
#include "ui/simulate_commands.h"
#include "ui/source.h"
#include "ui/text.h"
#include "ui/transport_commands.h"

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
        "  lasertwin add FILE     put a case file's patient on the clinic's worklist\n"
        "  lasertwin mc FILE      Monte Carlo light transport in the layers of an MCML input file\n"
        "  lasertwin layers FILE  the same by discrete ordinates, without chance\n"
        "  lasertwin simulate FILE    light, heat and damage of one exposure (simulation file)\n"
        "  lasertwin threshold FILE   radiant exposure that just meets the file's criterion\n"
        "  lasertwin --version    print the version\n"
        "  lasertwin --help       print this\n"
        "\n"
        "  --json           (case, mc, layers, simulate, threshold) print JSON\n"
        "  --strict         (case) exit 1 when an expectation of the case is not met\n"
        "  --photons N      (mc) instead of the file's count\n"
        "  --seed N         (mc) other random numbers; default 0\n"
        "  --plain          no full screen: print text\n"
        "  --ascii, --utf8  choose the characters; default: what the locale says\n"
        "  --color=WHEN     auto (default; off when NO_COLOR is set) or never\n"
        "  --profiles DIR   devices, protocols, rules; default: $LASERTWIN_PROFILES, the folder\n"
        "                   profiles beside the program, then the installed ones\n"
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
	                {"add", CLI_ADD},
	                {"mc", CLI_MC},
	                {"layers", CLI_LAYERS},
	                {"simulate", CLI_SIMULATE},
	                {"threshold", CLI_THRESHOLD},
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
	if (strcmp(argument, "--photons") == 0)
		return &out->photons;
	if (strcmp(argument, "--seed") == 0)
		return &out->seed;
	return strcmp(argument, "--home") == 0 ? &out->home : NULL;
}

static bool simulates(enum cli_command command)
{
	return command == CLI_SIMULATE || command == CLI_THRESHOLD;
}

static enum status check_together(const struct cli_options *options, struct fail *why)
{
	if (options->command == CLI_CASE && options->file == NULL)
		return fail_set(why, ST_INPUT, "case",
		                "which file? usage: lasertwin case FILE [--json] [--strict]");
	if (options->command == CLI_ADD && options->file == NULL)
		return fail_set(why, ST_INPUT, "add", "which file? usage: lasertwin add FILE");
	bool transport = options->command == CLI_MC || options->command == CLI_LAYERS;
	if (transport && options->file == NULL)
		return fail_set(why, ST_INPUT, options->command == CLI_MC ? "mc" : "layers",
		                "which file? usage: lasertwin mc|layers FILE.mci [--json]");
	bool simulating = simulates(options->command), prints_json = transport || simulating;
	if (simulating && options->file == NULL)
		return fail_set(why, ST_INPUT, options->command == CLI_SIMULATE ? "simulate" : "threshold",
		                "which file? usage: lasertwin simulate|threshold FILE [--json]");
	if (options->command != CLI_CASE && (options->strict || (options->json && !prints_json)))
		return fail_set(why, ST_INPUT, options->strict ? "--strict" : "--json",
		                "goes with `lasertwin case FILE` only");
	if (options->command != CLI_MC && (options->photons != NULL || options->seed != NULL))
		return fail_set(why, ST_INPUT, options->photons != NULL ? "--photons" : "--seed",
		                "goes with `lasertwin mc FILE` only");
	return ST_OK;
}

static bool takes_file(enum cli_command command)
{
	return command == CLI_CASE || command == CLI_ADD || command == CLI_MC || command == CLI_LAYERS ||
	       simulates(command);
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
			return fail_set(why, ST_INPUT, argv[i], value == &out->photons || value == &out->seed ? "needs a number after it"
			                                                                      : "needs a folder after it");
		else if (takes_file(out->command) && out->file == NULL && argv[i][0] != '-')
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

/* profiles beside the running program; empty where that cannot be told. */
static void beside_program(char *out, size_t capacity)
{
	char program[PATH_BYTES_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	out[0] = '\0';
	if (length <= 0)
		return;
	program[length] = '\0';
	char *slash = strrchr(program, '/');
	if (slash != NULL)
		*slash = '\0';
	snprintf(out, capacity, "%s/profiles", program);
}

static bool holds_profiles(const char *folder)
{
	char rules[PATH_BYTES_MAX + 32];
	int used = snprintf(rules, sizeof rules, "%s/safety/rules.json", folder);
	return used < (int)sizeof rules && access(rules, R_OK) == 0;
}

enum status cli_profiles(const struct cli_options *options, char *out, size_t capacity, struct fail *why)
{
	static const char installed[] = LASERTWIN_DATADIR "/profiles";
	const char *named = options->profiles != NULL ? options->profiles : environment("LASERTWIN_PROFILES");
	char beside[PATH_BYTES_MAX + 16];
	if (named != NULL && holds_profiles(named)) {
		snprintf(out, capacity, "%s", named);
		return ST_OK;
	}
	if (named != NULL)
		return fail_set(why, ST_NOT_FOUND, named,
		                "holds no profiles (safety/rules.json cannot be read); %s names it",
		                options->profiles != NULL ? "--profiles" : "LASERTWIN_PROFILES");
	beside_program(beside, sizeof beside);
	if (!holds_profiles(beside) && !holds_profiles(installed))
		return fail_set(why, ST_NOT_FOUND, "profiles",
		                "found neither in %s nor in %s; name the folder with --profiles DIR or "
		                "LASERTWIN_PROFILES",
		                beside[0] != '\0' ? beside : "the program's folder", installed);
	snprintf(out, capacity, "%s", holds_profiles(beside) ? beside : installed);
	return ST_OK;
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

int cli_exit_code(enum status status)
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

void cli_print(FILE *out, bool ascii, const char *text)
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
	return cli_exit_code(status);
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

/* The file's first patient, if it can be planned for: a device that is not on file would only be found out at
 * the bedside. Nothing is written before all of that is known. */
static enum status check_addable(const char *profiles, const char *path, char *label, size_t capacity,
                                 struct fail *why)
{
	struct case_file *file = NULL;
	struct library *library = NULL;
	const struct device *device;
	const struct device_mode *mode;
	enum status status = case_read(path, &file, why);
	if (status == ST_OK)
		status = library_load(profiles, &library, why);
	if (status == ST_OK)
		status = library_find_mode(library, file->request[0].request.device_mode, &device, &mode, why);
	if (status == ST_OK)
		snprintf(label, capacity, "%s", file->title[0] != '\0' ? file->title : file->id);
	library_free(&library);
	case_free(&file);
	return status;
}

static int run_add(const struct cli_options *options, const char *profiles)
{
	struct clinic *clinic = NULL;
	struct fail why = {.text = ""};
	char label[CASE_TEXT_MAX], line[CASE_TEXT_MAX + 64];
	enum status status = check_addable(profiles, options->file, label, sizeof label, &why);
	if (status == ST_OK)
		status = open_records(options, profiles, &clinic, &why);
	if (status == ST_OK)
		status = clinic_add(clinic, options->file, wall_clock_ms(), &why);
	if (status == ST_OK) {
		snprintf(line, sizeof line, "%s is on the clinic's worklist now (%zu patient%s)", label,
		         clinic_count(clinic), clinic_count(clinic) == 1 ? "" : "s");
		cli_print(stdout, !term_charset_utf8(options->term.charset), line);
	}
	clinic_close(&clinic);
	return status == ST_OK ? 0 : cli_complain(options, status, &why);
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
	cli_print(stdout, true, report_intended_use);
	print_worklist(options, clinic);
	if (clinic_count(clinic) == 0)
		puts("No patients on file. `lasertwin add FILE` adds the patient of a case file;\n"
		     "`lasertwin demo` opens a clinic of virtual patients to try.");
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
	return cli_case(options, profiles, path);
}

int cli_run(const struct cli_options *options)
{
	char profiles[PATH_BYTES_MAX];
	struct fail why = {.text = ""};
	bool text = options->plain || isatty(STDOUT_FILENO) == 0;
	if (options->command == CLI_VERSION || options->command == CLI_HELP) {
		fputs(options->command == CLI_VERSION ? "lasertwin " LASERTWIN_VERSION "\n" : help_text, stdout);
		return 0;
	}
	if (options->command == CLI_MC || options->command == CLI_LAYERS)
		return transport_run(options);
	if (simulates(options->command))
		return options->command == CLI_SIMULATE ? cli_simulate(options) : cli_threshold(options);
	enum status status = cli_profiles(options, profiles, sizeof profiles, &why);
	if (status != ST_OK)
		return cli_complain(options, status, &why);
	switch (options->command) {
	case CLI_ADD:
		return run_add(options, profiles);
	case CLI_CASE:
		return cli_case(options, profiles, options->file);
	case CLI_DEMO:
		return text ? run_demo_text(options, profiles) : run_planner(options, profiles);
	default:
		return text ? run_plain(options, profiles) : run_planner(options, profiles);
	}
}
