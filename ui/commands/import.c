/* `lasertwin import`: readings from a file, put with a patient's own; all or none, every fault with its line. */
#include "planner/plan/files.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define MS_PER_DAY 86400000

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static enum status read_mapping(const char *path, struct import_mapping **out, struct fail *why)
{
	char *bytes = NULL;
	size_t length = 0;
	*out = NULL;
	enum status st = path ? file_read(path, FILE_BYTES_MAX, &bytes, &length, why) : ST_OK;
	if (!st && path)
		st = import_mapping_parse(last_part(path), bytes, length, out, why);
	free(bytes);
	return st;
}

static enum status read_set(const struct cli_options *options, int64_t now_ms, struct import_set **out,
                            struct fail *why)
{
	struct import_options how = {.today = (long)(now_ms / MS_PER_DAY)};
	struct import_mapping *mapping = NULL;
	const char *scale = cli_value(options, "--scale");
	char *bytes = NULL;
	size_t length = 0;
	*out = NULL;
	how.scale_given = scale && melanin_scale_parse(scale, &how.scale);
	enum status st = read_mapping(cli_value(options, "--map"), &mapping, why);
	how.mapping = mapping;
	if (!st)
		st = file_read(options->operand[0], FILE_BYTES_MAX, &bytes, &length, why);
	if (!st)
		st = import_parse(last_part(options->operand[0]), bytes, length, &how, out, why);
	free(bytes);
	import_mapping_free(&mapping);
	return st;
}

static void print_faults(const struct cli_options *options, const struct import_set *set)
{
	for (size_t i = 0; i < set->faults_kept; i++) {
		char line[sizeof set->fault[0].where + FAIL_TEXT_MAX + 96];
		(void)snprintf(line, sizeof line, "lasertwin: %.60s: %s: %s", last_part(options->operand[0]),
		               set->fault[i].where, set->fault[i].text);
		cli_print(stderr, cli_ascii(options), line);
	}
	fprintf(stderr, "lasertwin: %zu fault%s%s; nothing is imported\n", set->faults, set->faults == 1 ? "" : "s",
	        set->faults > set->faults_kept ? ", the first of them above" : "");
}

static enum status keep(const struct cli_options *options, const struct import_set *set, int64_t now_ms, size_t *days,
                        struct fail *why)
{
	char profiles[CLI_PATH_MAX];
	struct clinic *clinic = NULL;
	size_t index = 0;
	enum status st = cli_profiles(options, profiles, sizeof profiles, why);
	if (!st)
		st = records_open(options, profiles, records_kind(options), &clinic, why);
	if (!st)
		st = clinic_find(clinic, cli_value(options, "--patient"), &index, why);
	if (!st)
		st = clinic_import(clinic, index, set, now_ms, days, why);
	clinic_close(&clinic);
	return st;
}

static void say_done(const struct cli_options *options, const struct import_set *set, size_t days)
{
	char line[256];
	(void)snprintf(line, sizeof line, "%zu reading%s of %zu day%s %s %.100s%s", set->rows, set->rows == 1 ? "" : "s",
	               days, days == 1 ? "" : "s", cli_flag(options, "--check") ? "could be kept; nothing is" : "kept with",
	               cli_flag(options, "--check") ? "imported" : cli_value(options, "--patient"),
	               set->skipped ? "; the file also holds what is no reading" : "");
	cli_print(stdout, cli_ascii(options), line);
}

int command_import(const struct cli_options *options)
{
	const int64_t now_ms = cli_now_ms();
	struct import_set *set = NULL;
	struct fail why = {.text = ""};
	long day[IMPORT_ROWS_MAX];
	bool check = cli_flag(options, "--check");
	enum status st = ST_OK;
	if (!check && !cli_value(options, "--patient"))
		st = fail_set(&why, ST_INPUT, "--patient", "missing; whose readings are they? (--check looks at the file alone)");
	if (!st)
		st = read_set(options, now_ms, &set, &why);
	if (set && set->faults) {
		print_faults(options, set);
		import_free(&set);
		return EXIT_BAD_INPUT;
	}
	size_t days = set ? import_days(set, (long)(now_ms / MS_PER_DAY), day, IMPORT_ROWS_MAX) : 0;
	if (!st && !check)
		st = keep(options, set, now_ms, &days, &why);
	if (!st)
		say_done(options, set, days);
	import_free(&set);
	return st ? cli_complain(options, st, &why) : 0;
}
