/* The planner on the clinic's or the demo's records, and putting a patient on the list. */
#include <signal.h>
#include <unistd.h>

#include "planner/plan/case.h"
#include "planner/plan/clinic.h"
#include "planner/plan/report.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"
#include "ui/commands/settings.h"
#include "ui/engine.h"
#include "ui/keymap.h"
#include "ui/linear.h"
#include "ui/shell.h"
#include "ui/source.h"

#define DEMO_CASE "demo/01.json" /* the patient whose plan is printed where there is no terminal */

static enum status open_records(const struct cli_options *options, const char *profiles,
                                struct clinic **clinic, struct fail *why)
{
	return records_open(options, profiles, records_kind(options), clinic, why);
}

/* ---- the lock behind the screens ---- */

enum { LOCK_AFTER_S = 600 };

struct station {
	struct clinic *clinic;
	char actor[STORE_LOGIN_MAX + 1]; /* whose the writes are */
};

static void take_actor(struct station *station)
{
	snprintf(station->actor, sizeof station->actor, "%s", session_person(clinic_session(station->clinic))->login);
}

static void lock_station(void *context, char *login, size_t size)
{
	struct station *station = context;
	snprintf(login, size, "%s", station->actor);
	clinic_lock(station->clinic);
}

static enum status unlock_station(void *context, const char *login, struct secret secret, struct fail *why)
{
	struct station *station = context;
	enum status status = clinic_login(station->clinic, login, secret, why);
	if (status == ST_OK)
		take_actor(station);
	return status;
}

/* A demo stays open unless it is told otherwise. */
static enum status lock_of(const struct cli_options *options, struct station *station, bool demo,
                           struct shell_lock *out, struct fail *why)
{
	uint64_t idle_s = demo ? 0 : LOCK_AFTER_S;
	enum status status = cli_whole_number(options, "--lock-after", 0, LOCK_AFTER_MAX_S, &idle_s, why);
	*out = (struct shell_lock){
	        .context = station,
	        .idle_s = (int)idle_s,
	        .place = demo ? "demo clinic" : "clinic",
	        .hint = demo ? "Virtual people: demo-technician, demo-dermatologist, demo-administrator, demo-viewer; "
	                       "secret: " CLINIC_DEMO_SECRET
	                     : "",
	        .lock = lock_station,
	        .unlock = unlock_station,
	};
	return status;
}

static enum status run_screens(const struct cli_options *options, const char *profiles, int *leave_signal,
                               struct fail *why)
{
	struct library *library = NULL;
	struct clinic *clinic = NULL;
	bool demo = strcmp(options->command->name, "demo") == 0;
	enum status status = keymap_apply(cli_value(options, "--keys"), cli_value(options, "--bind"), why);
	if (status == ST_OK)
		status = demo ? library_load(profiles, &library, why) : cli_library(options, &library, why);
	if (status == ST_OK)
		status = open_records(options, profiles, &clinic, why);
	if (status == ST_OK) {
		struct station station = {.clinic = clinic};
		struct shell_lock lock;
		take_actor(&station);
		status = lock_of(options, &station, demo, &lock, why);
		struct course plans = {clinic, library, .now_ms = cli_now_ms};
		const struct app_course course = course_of(&plans);
		struct lists read = {clinic,
		                     library,
		                     .now_ms = cli_now_ms};
		struct settings_desk desk;
		settings_begin(&desk, options, &read, &lock, demo ? 0 : LOCK_AFTER_S);
		const struct app_settings settings = settings_of(&desk);
		const struct app_lists lists = lists_of(&read);
		struct source records = {clinic,
		                         library,
		                         .now_ms = cli_now_ms,
		                         .course = &course,
		                         .lists = &lists};
		const struct app_work work = work_of(&records);
		const struct app_emergency emergency = emergency_of(&records);
		records.work = &work;
		records.emergency = &emergency;
		const char *place = demo ? "demo clinic" : "clinic";
		struct background *background = NULL;
		struct app_sync sync;
		char home[CLI_PATH_MAX];
		cli_home(options, home, sizeof home);
		if (status == ST_OK)
			status = background_new(clinic, home, cli_now_ms, &background, why);
		if (background != NULL) {
			sync = background_sync(background);
			records.sync = &sync;
		}
		struct app_source source = source_of(&records, place);
		source.training = demo;
		source.settings = &settings;
		struct app_engine engine = engine_of(library);
		if (status == ST_OK && cli_flag(options, "--plain")) {
			(void)setvbuf(stdout, NULL, _IONBF, 0); /* no buffer keeps what was said for the lock to miss */
			status = linear_run(&source, &engine, &lock, background, cli_ascii(options), STDIN_FILENO, stdout,
			                    leave_signal, why);
		} else if (status == ST_OK) {
			status = shell_run(&source, &engine, &lock, background, &options->term, leave_signal, why);
		}
		background_free(&background);
		settings_end(&desk);
	}
	clinic_close(&clinic);
	library_free(&library);
	return status;
}

/* The file's first patient, if it can be planned for: a device that is not on file would only be found out at
 * the bedside. Nothing is written before all of that is known. */
static enum status check_addable(const struct cli_options *options, const char *path, char *label, size_t capacity,
                                 struct fail *why)
{
	struct case_file *file = NULL;
	struct library *library = NULL;
	const struct device *device;
	const struct device_mode *mode;
	enum status status = case_read(path, &file, why);
	if (status == ST_OK)
		status = cli_library(options, &library, why);
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
	enum status status = check_addable(options, options->operand[0], label, sizeof label, &why);
	if (status == ST_OK)
		status = open_records(options, profiles, &clinic, &why);
	if (status == ST_OK)
		status = clinic_add(clinic, options->operand[0], cli_now_ms(), &why);
	if (status == ST_OK) {
		snprintf(line, sizeof line, "%s is on the clinic's worklist now (%zu patient%s)", label,
		         clinic_count(clinic), clinic_count(clinic) == 1 ? "" : "s");
		cli_print(stdout, cli_ascii(options), line);
	}
	clinic_close(&clinic);
	return status == ST_OK ? 0 : cli_complain(options, status, &why);
}

static void print_worklist(const struct cli_options *options, struct clinic *clinic)
{
	bool ascii = cli_ascii(options);
	for (size_t i = 0; i < clinic_count(clinic); i++) {
		struct clinic_patient row;
		struct fail why;
		char line[1024];
		if (clinic_patient(clinic, i, &row, &why) != ST_OK)
			continue;
		(void)snprintf(line, sizeof line, "%zu. %s%s: %s with %s, plan %s, verdict %s", i + 1,
		               row.label, row.is_virtual ? " (VIRTUAL PATIENT)" : "", row.indication,
		               row.device_mode, row.state[0] != '\0' ? row.state : "none",
		               row.verdict[0] != '\0' ? row.verdict : "none");
		cli_print(stdout, ascii, line);
	}
}

static enum status print_worklist_json(struct clinic *clinic, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_array(&out, NULL);
	for (size_t i = 0; i < clinic_count(clinic); i++) {
		struct clinic_patient row;
		if (clinic_patient(clinic, i, &row, why) != ST_OK)
			continue;
		json_out_object(&out, NULL);
		json_out_text(&out, "patient", row.label);
		json_out_bool(&out, "virtual", row.is_virtual);
		json_out_text(&out, "indication", row.indication);
		json_out_text(&out, "device_mode", row.device_mode);
		json_out_text(&out, "state", row.state);
		json_out_text(&out, "verdict", row.verdict);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	return records_json_print(&out, why);
}

/* The worklist as text, for pipes. */
static int run_worklist(const struct cli_options *options, const char *profiles)
{
	struct clinic *clinic = NULL;
	struct fail why = {.text = ""};
	enum status status = records_open(options, profiles, records_kind(options), &clinic, &why);
	if (status == ST_OK && cli_flag(options, "--json")) {
		status = print_worklist_json(clinic, &why);
	} else if (status == ST_OK) {
		cli_print(stdout, true, report_intended_use);
		print_worklist(options, clinic);
		if (clinic_count(clinic) == 0)
			puts("No patients on file. `lasertwin add FILE` adds the patient of a case file;\n"
			     "`lasertwin demo` opens a clinic of virtual patients to try.");
		puts("`lasertwin case FILE` plans a case as text.");
	}
	clinic_close(&clinic);
	return status == ST_OK ? 0 : cli_complain(options, status, &why);
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
	char path[CLI_PATH_MAX + sizeof DEMO_CASE];
	snprintf(path, sizeof path, "%s/" DEMO_CASE, profiles);
	return cli_case(options, path, true);
}

/* --- commands ----------------------------------------------------------------------------------------- */

static int with_profiles(const struct cli_options *options, int (*run)(const struct cli_options *, const char *))
{
	char profiles[CLI_PATH_MAX];
	struct fail why = {.text = ""};
	enum status status = cli_profiles(options, profiles, sizeof profiles, &why);
	return status == ST_OK ? run(options, profiles) : cli_complain(options, status, &why);
}

static bool wants_text(const struct cli_options *options)
{
	return !cli_flag(options, "--plain") && isatty(STDOUT_FILENO) == 0;
}

int command_planner(const struct cli_options *options)
{
	return with_profiles(options, wants_text(options) ? run_worklist : run_planner);
}

int command_worklist(const struct cli_options *options)
{
	return with_profiles(options, run_worklist);
}

int command_demo(const struct cli_options *options)
{
	return with_profiles(options, wants_text(options) ? run_demo_text : run_planner);
}

int command_add(const struct cli_options *options)
{
	return with_profiles(options, run_add);
}
