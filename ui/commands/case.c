/* `lasertwin case`: evaluates a case file and prints the answer, all of it or nothing.
 *
 * A request that takes long says so on stderr where somebody sits there; Ctrl-C and SIGTERM stop the computation
 * at its next step and nothing is printed. Once printing has begun it is finished. */
#include "planner/plan/case.h"
#include "planner/plan/report.h"
#include "ui/commands/commands.h"
#include "ui/commands/watch.h"

/* --- case --------------------------------------------------------------------------------------------- */

struct case_run {
	const char *path;
	struct library *lib;
	struct case_file *file;
	struct case_result *result; /* file->requests of them */
};

static void case_run_free(struct case_run *run)
{
	for (size_t i = 0; run->result != NULL && i < run->file->requests; i++)
		case_result_clear(&run->result[i]);
	free(run->result);
	case_free(&run->file);
	library_free(&run->lib);
}

static enum status evaluate(struct case_run *run, struct watch *watch, struct fail *why)
{
	const struct case_options evaluation = {.seed = 0, .progress = watch_step, .context = watch};
	enum status status = ST_OK;
	watch->items = run->file->requests;
	for (size_t i = 0; i < run->file->requests && status == ST_OK; i++) {
		watch_item(watch, i);
		struct fail detail = {.text = ""};
		status = case_evaluate(run->lib, &run->file->request[i], &evaluation, &run->result[i], &detail);
		if (status != ST_OK)
			fail_set(why, status, run->path, "request %s, %s: %s", run->file->request[i].request.name,
			         detail.field, detail.text);
	}
	if (status == ST_OK)
		status = case_join_heat(run->file, run->result, why);
	watch_clear(watch);
	if (watch_stopped() != 0)
		return fail_set(why, ST_CANCELLED, "case", "stopped by %s; nothing is printed",
		                strsignal(watch_stopped()));
	return status;
}

static enum status case_run_all(const struct cli_options *options, const char *path, struct case_run *run,
                                struct watch *watch, struct fail *why)
{
	enum status status = case_read(path, &run->file, why);
	if (status == ST_OK)
		status = cli_follow_twin(options, run->file, why);
	if (status == ST_OK)
		status = cli_library(options, &run->lib, why);
	if (status == ST_OK)
		status = case_join_sessions(run->lib, run->file, why);
	if (status != ST_OK)
		return status;
	run->result = calloc(run->file->requests, sizeof *run->result);
	if (run->result == NULL)
		return fail_set(why, ST_FULL, "case", "no memory for %zu requests", run->file->requests);
	return evaluate(run, watch, why);
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
	                             ? report_case_json(run->lib, run->file, run->result, &text, why)
	                             : report_case_text(run->lib, run->file, run->result, &text, why);
	if (status == ST_OK && cli_flag(options, "--json"))
		printf("%s\n", text); /* strings in JSON carry no control characters */
	else if (status == ST_OK)
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return status;
}

static int evaluate_and_print(const struct cli_options *options, const char *path, bool is_virtual,
                              struct watch *watch)
{
	struct case_run run = {.path = path};
	struct fail why = {.text = ""};
	enum status status = case_run_all(options, path, &run, watch, &why);
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
	struct watch watch;
	watch_begin(&watch, 0);
	int code = evaluate_and_print(options, path, is_virtual, &watch);
	watch_end(&watch, code == EXIT_NOT_DONE); /* whoever started it shall know why it ended: 130, 143 */
	return code;
}

int command_case(const struct cli_options *options)
{
	return cli_case(options, options->operand[0], false);
}
