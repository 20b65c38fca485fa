/* `lasertwin rf FILE`: one electrode on layered tissue; answers on standard output. */
#include "planner/rf/rf_file.h"
#include "ui/commands/commands.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

static enum status answer(const char *path, bool json, char **text, struct fail *why)
{
	char *bytes = NULL;
	size_t length = 0;
	struct rf_file *file = malloc(sizeof *file);
	struct rf_file_result *result = malloc(sizeof *result);
	enum status status = file != NULL && result != NULL
	                             ? cli_read_source(path, FILE_BYTES_MAX, &bytes, &length, why)
	                             : fail_set(why, ST_FULL, "rf", "out of memory");
	if (status == ST_OK)
		status = rf_file_read(cli_source_name(path), bytes, length, file, why);
	if (status == ST_OK)
		status = rf_file_compute(file, NULL, NULL, result, why);
	if (status == ST_OK)
		status = json ? rf_file_json(file, result, text, why) : rf_file_text(file, result, text, why);
	free(bytes);
	free(file);
	free(result);
	return status;
}

/* What the models refuse carries their field; the file goes before it. */
static void name_file(const char *path, struct fail *why)
{
	char field[FAIL_FIELD_MAX];
	const char *name = cli_source_name(path);
	if (strncmp(why->field, name, strlen(name)) == 0)
		return;
	(void)snprintf(field, sizeof field, "%.60s: %.60s", name, why->field);
	(void)snprintf(why->field, sizeof why->field, "%s", field);
}

int command_rf(const struct cli_options *options)
{
	struct fail why = {.text = ""};
	char *text = NULL;
	bool json = cli_flag(options, "--json");
	enum status status = answer(options->operand[0], json, &text, &why);
	if (status != ST_OK) {
		name_file(options->operand[0], &why);
		return cli_complain(options, status, &why);
	}
	if (json)
		printf("%s\n", text);
	else
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return 0;
}
