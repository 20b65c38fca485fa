/* The versions of a twin as text. */
#include "planner/plan/clinic.h"
#include "planner/twin/twin_text.h"

#define MS_PER_S 1000
#define MS_PER_DAY 86400000.0

static void write_version(FILE *f, const struct clinic_version *v)
{
	const struct twin_value *m = &v->twin.property[TWIN_MELANOSOME_FRAC];
	time_t at = (time_t)(v->created_at_ms / MS_PER_S);
	struct tm day;
	gmtime_r(&at, &day);
	fprintf(f, "Version %lld, %04d-%02d-%02d: %s, melanosomes %.2f %% (%.2f to %.2f), %zu readings", (long long)v->version,
	        day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, v->twin.site[0] ? v->twin.site : "site not given",
	        100 * m->median, 100 * m->p05, 100 * m->p95, v->twin.residuals);
	if (v->twin.disagreements)
		fprintf(f, ", %u disagree", v->twin.disagreements);
	fprintf(f, "\n");
}

static const struct twin_lesson *lesson_in(const struct twin *t, const struct twin_lesson *l)
{
	for (size_t i = 0; i < t->lessons; i++)
		if (t->lesson[i].factor == l->factor && strcmp(t->lesson[i].treatment, l->treatment) == 0)
			return &t->lesson[i];
	return NULL;
}

/* A version with new lessons came of an outcome, any other of a visit's readings. */
static void name_cause(const struct clinic_version *before, const struct clinic_version *after, char *out, size_t size)
{
	double days = (double)(after->created_at_ms - before->created_at_ms) / MS_PER_DAY;
	int used = snprintf(out, size, "%.1f days", days);
	const char *last = "";
	for (size_t i = 0; i < after->twin.lessons && used > 0 && (size_t)used < size; i++) {
		const struct twin_lesson *l = &after->twin.lesson[i], *old = lesson_in(&before->twin, l);
		if (old && old->event == l->event && fabs(old->observed - l->observed) <= 1e-9)
			continue;
		if (strcmp(last, l->treatment) != 0)
			used += snprintf(out + used, size - (size_t)used, " and the outcome of %.45s%s%.40s%s", l->treatment,
			                 l->device_mode[0] ? " (" : "", l->device_mode, l->device_mode[0] ? ")" : "");
		last = l->treatment;
	}
	if (!last[0] && used > 0 && (size_t)used < size)
		(void)snprintf(out + used, size - (size_t)used, " and the readings then");
}

static enum status write_change(FILE *f, const struct clinic_version *before, const struct clinic_version *after,
                                struct fail *why)
{
	char cause[256], *text = NULL;
	name_cause(before, after, cause, sizeof cause);
	enum status st = twin_changes_text(&before->twin, &after->twin, cause, &text, why);
	if (!st)
		fputs(text, f);
	free(text);
	return st;
}

static enum status write_all(FILE *f, const struct clinic_history *h, struct fail *why)
{
	enum status st = ST_OK;
	if (h->more)
		fprintf(f, "Versions older than the last %d are on file, not shown\n", CLINIC_HISTORY_MAX);
	if (h->unreadable)
		fprintf(f, "%zu version%s of an older form without covariance: kept, not shown\n", h->unreadable,
		        h->unreadable == 1 ? "" : "s");
	for (size_t i = h->count; !st && i-- > 0;) {
		write_version(f, &h->item[i]);
		if (i + 1 < h->count)
			st = write_change(f, &h->item[i + 1], &h->item[i], why);
	}
	if (!h->count && !h->unreadable)
		fprintf(f, "No twin is kept yet; saving a plan keeps one.\n");
	return st;
}

enum status clinic_history_text(const struct clinic_history *history, char **out, struct fail *why)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	if (!f)
		return fail_set(why, ST_FULL, "twin", "no memory for its history");
	enum status st = write_all(f, history, why);
	if (fclose(f) != 0 && !st)
		st = fail_set(why, ST_FULL, "twin", "no memory for its history");
	if (st)
		free(text);
	else
		*out = text;
	return st;
}
