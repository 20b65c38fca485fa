/* `--before TWIN --days N`: a case goes on from the twin of an earlier visit, with what outcomes taught it. */
#include "planner/plan/case.h"
#include "planner/plan/files.h"
#include "planner/twin/time.h"
#include "planner/twin/twin_json.h"
#include "ui/commands/commands.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

enum status cli_number(const struct cli_options *options, const char *name, double low, double high, double *out,
                       struct fail *why)
{
	const char *text = cli_value(options, name);
	char *end;
	if (!text)
		return ST_OK;
	double value = strtod(text, &end);
	if (end == text || *end != '\0' || !(value >= low && value <= high))
		return fail_set(why, ST_INPUT, name, "\"%.40s\"; a number from %g to %g belongs here", text, low, high);
	*out = value;
	return ST_OK;
}

const char *cli_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

enum status cli_read_twin(const char *path, struct twin *out, struct fail *why)
{
	char *bytes = NULL;
	size_t length = 0;
	enum status st = file_read(path, FILE_BYTES_MAX, &bytes, &length, why);
	if (!st)
		st = twin_read(cli_last_part(path), bytes, length, out, why);
	free(bytes);
	return st;
}

static enum status follow(const struct twin *before, double days, struct subject *subject, struct fail *why)
{
	const struct readings *r = &subject->readings;
	const struct twin_interval interval = {.days = days,
	                                       .age_y = r->present[READING_AGE_Y] ? r->value[READING_AGE_Y] : NAN,
	                                       .sun = {.latitude_deg = NAN, .from_day_of_year = NAN}};
	if (strcmp(before->site, r->site) != 0)
		return fail_set(why, ST_INPUT, "--before", "is a twin of the %.40s, the case is of the %.40s", before->site, r->site);
	subject->follows = true;
	subject->before_days = days;
	return twin_bring_forward(before, &interval, &subject->before, why);
}

enum status cli_follow_twin(const struct cli_options *options, struct case_file *file, struct fail *why)
{
	const char *path = cli_value(options, "--before");
	struct twin before;
	double days = 0.0;
	enum status st = cli_number(options, "--days", 0, TWIN_DAYS_MAX, &days, why);
	if (!st && !path && cli_value(options, "--days"))
		st = fail_set(why, ST_INPUT, "--days", "goes with --before");
	if (st || !path)
		return st;
	st = cli_read_twin(path, &before, why);
	for (size_t i = 0; !st && i < file->requests; i++)
		st = follow(&before, days, &file->request[i].subject, why);
	return st;
}
