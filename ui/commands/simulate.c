/* `lasertwin simulate` and `lasertwin threshold`: answers on standard output, progress on standard error when that is
 * a terminal. */
#include <unistd.h>

#include "planner/plan/files.h"
#include "planner/simulate/simulation.h"
#include "ui/commands/commands.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define PERCENT 100.0

struct question {
	const struct simulation *simulation;
	struct simulation_progress progress;
	bool json;
};

typedef enum status answer(const struct question *question, char **text, struct fail *why);

/* The file as errors call it: the last part of its path. */
static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static enum status read_simulation(const char *path, struct simulation *out, struct fail *why)
{
	char *bytes = NULL;
	size_t length = 0;
	enum status status = file_read(path, FILE_BYTES_MAX, &bytes, &length, why);
	if (status == ST_OK)
		status = simulation_read(last_part(path), bytes, length, out, why);
	free(bytes);
	return status;
}

static int tell(void *context, double done_frac)
{
	(void)context;
	fprintf(stderr, "\r\033[K%3.0f %%", PERCENT * done_frac);
	return 0;
}

/* What the models refuse carries their field; the file goes before it. */
static void name_file(const char *path, struct fail *why)
{
	char field[FAIL_FIELD_MAX];
	const char *name = last_part(path);
	if (strncmp(why->field, name, strlen(name)) == 0)
		return;
	(void)snprintf(field, sizeof field, "%.60s: %.60s", name, why->field);
	(void)snprintf(why->field, sizeof why->field, "%s", field);
}

static enum status answer_run(const struct question *question, char **text, struct fail *why)
{
	struct simulation_result result;
	enum status status = simulation_run(question->simulation, &question->progress, &result, why);
	if (status != ST_OK)
		return status;
	return question->json ? simulation_run_json(question->simulation, &result, text, why)
	                      : simulation_run_text(question->simulation, &result, text, why);
}

static enum status answer_threshold(const struct question *question, char **text, struct fail *why)
{
	struct simulation_threshold result;
	enum status status =
	        simulation_find_threshold(question->simulation, &question->progress, &result, why);
	if (status != ST_OK)
		return status;
	return question->json ? simulation_threshold_json(question->simulation, &result, text, why)
	                      : simulation_threshold_text(question->simulation, &result, text, why);
}

static int run(const struct cli_options *options, answer *answers)
{
	struct simulation simulation;
	struct question question = {.simulation = &simulation, .json = cli_flag(options, "--json")};
	struct fail why = {.text = ""};
	char *text = NULL;
	bool watched = isatty(STDERR_FILENO) != 0;
	if (watched)
		question.progress.tell = tell;
	enum status status = read_simulation(options->operand[0], &simulation, &why);
	if (status == ST_OK) {
		status = answers(&question, &text, &why);
		if (watched)
			fputs("\r\033[K", stderr);
	}
	if (status != ST_OK) {
		name_file(options->operand[0], &why);
		return cli_complain(options, status, &why);
	}
	if (cli_flag(options, "--json"))
		printf("%s\n", text);
	else
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return 0;
}

int command_simulate(const struct cli_options *options)
{
	return run(options, answer_run);
}

int command_threshold(const struct cli_options *options)
{
	return run(options, answer_threshold);
}
