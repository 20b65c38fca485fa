/* `lasertwin simulate` and `lasertwin threshold`: answers on standard output, all or nothing; progress on standard
 * error where somebody sits there. */
#include "planner/simulate/simulation.h"
#include "ui/commands/commands.h"
#include "ui/commands/watch.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

struct question {
	const struct simulation *simulation;
	struct simulation_progress progress;
	bool json;
};

typedef enum status answer(const struct question *question, char **text, struct fail *why);

static enum status read_simulation(const char *path, struct simulation *out, struct fail *why)
{
	char *bytes = NULL;
	size_t length = 0;
	enum status status = cli_read_source(path, FILE_BYTES_MAX, &bytes, &length, why);
	if (status == ST_OK)
		status = simulation_read(cli_source_name(path), bytes, length, out, why);
	free(bytes);
	return status;
}

/* What the models refuse carries their field; the file goes before it. */
static void name_file(const char *path, struct fail *why)
{
	char field[FAIL_FIELD_MAX];
	const char *name = cli_source_name(path);
	if (strncmp(why->field, name, strlen(name)) == 0 || strcmp(why->field, path) == 0)
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

static void print(const struct cli_options *options, const char *text)
{
	if (cli_flag(options, "--json"))
		printf("%s\n", text);
	else
		cli_print(stdout, cli_ascii(options), text);
}

static int run(const struct cli_options *options, answer *answers)
{
	const char *path = options->operand[0];
	struct simulation simulation;
	struct watch watch;
	struct question question = {.simulation = &simulation,
	                            .progress = {watch_step, &watch},
	                            .json = cli_flag(options, "--json")};
	struct fail why = {.text = ""};
	char *text = NULL;
	watch_begin(&watch, 1);
	enum status status = read_simulation(path, &simulation, &why);
	if (status == ST_OK)
		status = answers(&question, &text, &why);
	watch_clear(&watch);
	if (watch_stopped() != 0)
		status = fail_set(&why, ST_CANCELLED, cli_source_name(path), "stopped by %s; nothing is printed",
		                  strsignal(watch_stopped()));
	if (status == ST_OK)
		print(options, text);
	else
		name_file(path, &why);
	const int code = status == ST_OK ? 0 : cli_complain(options, status, &why);
	free(text);
	watch_end(&watch, status == ST_CANCELLED);
	return code;
}

int command_simulate(const struct cli_options *options)
{
	return run(options, answer_run);
}

int command_threshold(const struct cli_options *options)
{
	return run(options, answer_threshold);
}
