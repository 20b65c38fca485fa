/* What two versions or two plans differ in; what is the same is counted only. */
#include "ui/lists.h"

static const struct listing_column columns[] = {
        {"in", false, 2}, {"what", false, 0}, {"before", false, 0}, {"after", false, 0}, {"change", true, 1}};
enum { CHANGE_COLUMN = 4 };

/* "10 mJ" -> 10 and " mJ"; false where no number begins it. */
static bool split(const char *text, double *value, const char **rest)
{
	char *end;
	*value = strtod(text, &end);
	*rest = end;
	return end != text && isfinite(*value);
}

/* "+2.5 (+25 %)"; empty where there is nothing to subtract. */
static void describe_change(const char *before, const char *after, char *out, size_t size)
{
	double a, b;
	const char *unit_a, *unit_b;
	out[0] = '\0';
	if (!split(before, &a, &unit_a) || !split(after, &b, &unit_b) || strcmp(unit_a, unit_b) != 0)
		return;
	if (a != 0.0 && fabs((b - a) / a) < 10.0)
		(void)snprintf(out, size, "%+.4g (%+.3g %%)", b - a, 100.0 * (b - a) / fabs(a));
	else
		(void)snprintf(out, size, "%+.4g", b - a);
}

static const char *or_none(const char *text)
{
	return text[0] != '\0' ? text : "(none)";
}

static void add_line(struct listing *out, const struct difference_line *line)
{
	char change[64];
	describe_change(line->before, line->after, change, sizeof change);
	listing_row(out, difference_section_name(line->section), ROLE_TEXT,
	            (const char *const[]){difference_section_name(line->section), line->key, or_none(line->before),
	                                  or_none(line->after), change});
	listing_cell_role(out, CHANGE_COLUMN - 1, ROLE_STRONG);
	listing_cell_role(out, CHANGE_COLUMN, ROLE_KEY);
	listing_detail(out, "%s, %s", difference_section_name(line->section), line->key);
	listing_detail(out, "before: %s", or_none(line->before));
	listing_detail(out, "after: %s", or_none(line->after));
}

void list_difference(struct listing *out, const struct difference *difference)
{
	listing_note(out, difference->count > 0 ? ROLE_STRONG : ROLE_OK, "%zu different, %zu the same.", difference->count,
	             difference->same);
	listing_section(out, "Differences", columns, sizeof columns / sizeof *columns, "There are none.");
	for (size_t i = 0; i < difference->count; i++)
		add_line(out, &difference->line[i]);
}
