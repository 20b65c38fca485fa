/* `lasertwin case`: evaluates a case file and prints the answer, all of it or nothing.
 *
 * A request that takes long says so on stderr where somebody sits there; Ctrl-C and SIGTERM stop the computation
 * at its next step and nothing is printed. Once printing has begun it is finished. */
#include <signal.h>
#include <unistd.h>

#include "planner/plan/case.h"
#include "planner/plan/report.h"
#include "ui/commands/commands.h"

#define QUIET_S 1.0   /* before progress is said */
#define REFRESH_S 0.2 /* between its updates */
#define PROGRESS_COLS 60

/* --- progress and interruption ------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted; /* the signal; 0: none. Handlers have no other way */

static void note_signal(int number)
{
	interrupted = number;
}

struct watched {
	int number;
	struct sigaction before;
};

/* A second signal of the same kind ends the program at once, should the computation not listen. */
static void watch_signals(struct watched watched[2])
{
	static const int numbers[] = {SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
	sigemptyset(&action.sa_mask);
	interrupted = 0;
	for (int i = 0; i < 2; i++) {
		watched[i].number = numbers[i];
		sigaction(numbers[i], NULL, &watched[i].before);
		if (watched[i].before.sa_handler != SIG_IGN) /* ignored on purpose: in the background */
			sigaction(numbers[i], &action, NULL);
	}
}

static void unwatch_signals(const struct watched watched[2])
{
	for (int i = 0; i < 2; i++)
		sigaction(watched[i].number, &watched[i].before, NULL);
}

struct progress {
	bool shown, wanted;
	size_t request, requests;
	double start_s, said_s;
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int progress_step(void *context, double done_frac)
{
	struct progress *progress = context;
	double now = now_s();
	if (progress->wanted && now - progress->start_s >= QUIET_S && now - progress->said_s >= REFRESH_S) {
		char line[PROGRESS_COLS + 1];
		snprintf(line, sizeof line, "request %zu of %zu: %.0f s, this step %.0f %% (Ctrl-C stops)",
		         progress->request + 1, progress->requests, now - progress->start_s, 100.0 * done_frac);
		fprintf(stderr, "\r%-*s", PROGRESS_COLS, line);
		progress->said_s = now;
		progress->shown = true;
	}
	return interrupted != 0;
}

static void progress_clear(struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r%*s\r", PROGRESS_COLS, "");
	progress->shown = false;
}

/* --- case --------------------------------------------------------------------------------------------- */

struct case_run {
	const char *path;
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

static enum status evaluate(struct case_run *run, struct progress *progress, struct fail *why)
{
	const struct case_options evaluation = {.seed = 0, .progress = progress_step, .context = progress};
	enum status status = ST_OK;
	progress->requests = run->file->requests;
	for (size_t i = 0; i < run->file->requests && status == ST_OK; i++) {
		progress->request = i;
		progress->start_s = now_s();
		struct fail detail = {.text = ""};
		status = case_evaluate(run->library, &run->file->request[i], &evaluation, &run->result[i], &detail);
		if (status != ST_OK)
			fail_set(why, status, run->path, "request %s, %s: %s", run->file->request[i].request.name,
			         detail.field, detail.text);
	}
	progress_clear(progress);
	if (interrupted != 0)
		return fail_set(why, ST_CANCELLED, "case", "stopped by %s; nothing is printed",
		                strsignal(interrupted));
	return status;
}

static enum status case_run_all(const char *profiles, const char *path, struct case_run *run,
                                struct progress *progress, struct fail *why)
{
	enum status status = case_read(path, &run->file, why);
	if (status == ST_OK)
		status = library_load(profiles, &run->library, why);
	if (status != ST_OK)
		return status;
	run->result = calloc(run->file->requests, sizeof *run->result);
	if (run->result == NULL)
		return fail_set(why, ST_FULL, "case", "no memory for %zu requests", run->file->requests);
	return evaluate(run, progress, why);
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
	enum status status = cli_flag(options, "--json")
	                             ? report_case_json(run->library, run->file, run->result, &text, why)
	                             : report_case_text(run->library, run->file, run->result, &text, why);
	if (status == ST_OK && cli_flag(options, "--json"))
		printf("%s\n", text); /* strings in JSON carry no control characters */
	else if (status == ST_OK)
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return status;
}

static int evaluate_and_print(const struct cli_options *options, const char *path, bool is_virtual)
{
	char profiles[CLI_PATH_MAX];
	struct case_run run = {.path = path};
	struct progress progress = {.wanted = isatty(STDERR_FILENO) != 0};
	struct fail why = {.text = ""};
	enum status status = cli_profiles(options, profiles, sizeof profiles, &why);
	if (status == ST_OK)
		status = case_run_all(profiles, path, &run, &progress, &why);
	if (status == ST_OK && is_virtual)
		puts("VIRTUAL PATIENT: made up for training, nobody's data.\n");
	if (status == ST_OK)
		status = print_case(options, &run, &why);
	int code = status != ST_OK                              ? cli_complain(options, status, &why)
	           : cli_flag(options, "--strict") && !expectations_met(&run) ? EXIT_NOT_DONE
	                                                        : 0;
	case_run_free(&run);
	return code;
}

int cli_case(const struct cli_options *options, const char *path, bool is_virtual)
{
	struct watched watched[2];
	watch_signals(watched);
	int code = evaluate_and_print(options, path, is_virtual);
	bool stopped = interrupted != 0 && code == EXIT_NOT_DONE;
	unwatch_signals(watched);
	if (stopped)
		raise(interrupted); /* whoever started it shall know why it ended: 130, 143 */
	return code;
}

int command_case(const struct cli_options *options)
{
	return cli_case(options, options->operand[0], false);
}
