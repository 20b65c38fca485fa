/* `lasertwin twin history`: the versions of a patient's twin, what each changed, the newest last. */
#include "planner/plan/clinic.h"
#include "planner/twin/twin_text.h"
#include "ui/commands/commands.h"
#include "ui/commands/records.h"

#define MS_PER_S 1000
#define MS_PER_DAY 86400000.0

static enum status print_change(const struct cli_options *options, const struct clinic_version *before,
                                const struct clinic_version *after, struct fail *why)
{
	char cause[96], *text = NULL;
	double days = (double)(after->created_at_ms - before->created_at_ms) / MS_PER_DAY;
	(void)snprintf(cause, sizeof cause, "%.1f days and the readings then", days);
	enum status st = twin_changes_text(&before->twin, &after->twin, cause, &text, why);
	if (!st)
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return st;
}

static enum status print_history(const struct cli_options *options, const struct clinic_history *h, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = h->count; !st && i-- > 0;) {
		const struct clinic_version *v = &h->item[i];
		const struct twin_value *m = &v->twin.property[TWIN_MELANOSOME_FRAC];
		time_t at = (time_t)(v->created_at_ms / MS_PER_S);
		struct tm day;
		char line[160];
		gmtime_r(&at, &day);
		(void)snprintf(line, sizeof line,
		               "Version %lld, %04d-%02d-%02d: %s, melanosomes %.2f %% (%.2f to %.2f), %zu readings, %u disagree",
		               (long long)v->version, day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, v->twin.site,
		               100 * m->median, 100 * m->p05, 100 * m->p95, v->twin.residuals, v->twin.disagreements);
		cli_print(stdout, cli_ascii(options), line);
		if (i + 1 < h->count)
			st = print_change(options, &h->item[i + 1], v, why);
	}
	if (!st && h->unreadable)
		printf("%zu version%s of an older form without covariance: kept, not shown\n", h->unreadable,
		       h->unreadable == 1 ? "" : "s");
	if (!st && h->more)
		printf("Older versions than the last %d are on file, not shown\n", CLINIC_HISTORY_MAX);
	if (!st && !h->count && !h->unreadable)
		puts("No twin is kept yet; saving a plan keeps one.");
	return st;
}

int command_twin_history(const struct cli_options *options)
{
	char profiles[CLI_PATH_MAX];
	struct clinic *clinic = NULL;
	struct clinic_history history = {0};
	struct fail why = {.text = ""};
	const char *name = cli_value(options, "--patient");
	size_t index = 0;
	enum status st = name ? cli_profiles(options, profiles, sizeof profiles, &why)
	                      : fail_set(&why, ST_INPUT, "--patient", "missing; whose twin?");
	if (!st)
		st = records_open(options, profiles, records_kind(options), &clinic, &why);
	if (!st)
		st = clinic_find(clinic, name, &index, &why);
	if (!st)
		st = clinic_twin_history(clinic, index, &history, &why);
	if (!st)
		st = print_history(options, &history, &why);
	clinic_history_free(&history);
	clinic_close(&clinic);
	return st ? cli_complain(options, st, &why) : 0;
}
