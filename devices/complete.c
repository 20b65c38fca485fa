/* Completing settings: from what was entered to the full set, or to a list of what is wrong with it.
 *
 * Order: what is no setting of the mode is put aside; fixed values join; relations are solved for their one
 * unknown until nothing more follows; usual values fill what is still open, each followed by another round
 * of relations. Then every value is held against its domain and every relation against its terms.
 */
#include "devices/coupling.h"
#include "devices/device.h"

#define EXACT 1e-9 /* relative; decimals of a profile against decimals typed in */

/* --- grid --------------------------------------------------------------------------------------------- */

size_t setting_grid_count(const struct setting_domain *domain)
{
	switch (domain->kind) {
	case DOMAIN_RANGE:
		return domain->step > 0 ? (size_t)llround((domain->max - domain->min) / domain->step) + 1 : 0;
	case DOMAIN_CHOICES:
		return domain->choices;
	case DOMAIN_FIXED:
		return 1;
	case DOMAIN_NONE:
	case DOMAIN_DERIVED:
		break;
	}
	return 0;
}

double setting_grid_value(const struct setting_domain *domain, size_t index)
{
	if (domain->kind == DOMAIN_CHOICES)
		return domain->choice[index];
	if (domain->kind == DOMAIN_FIXED)
		return domain->min;
	/* 0.2 + 1 x 0.1 must be the same number as a typed 0.3: round to nanounits */
	return round((domain->min + (double)index * domain->step) * 1e9) / 1e9;
}

/* The grid value nearest to a value; the domain has a grid. */
static double grid_nearest(const struct setting_domain *domain, double value)
{
	double best = setting_grid_value(domain, 0);

	if (domain->kind == DOMAIN_RANGE) {
		double place = round((value - domain->min) / domain->step);
		double last = (double)setting_grid_count(domain) - 1;
		return setting_grid_value(domain, (size_t)fmin(fmax(place, 0), last));
	}
	for (size_t i = 1; i < setting_grid_count(domain); i++) {
		double candidate = setting_grid_value(domain, i);
		if (fabs(candidate - value) < fabs(best - value))
			best = candidate;
	}
	return best;
}

static bool close_to(double value, double expected, double tolerance)
{
	return fabs(value - expected) <= tolerance * fmax(fabs(expected), fabs(value));
}

/* --- issues ------------------------------------------------------------------------------------------- */

static struct setting_issue *issue_add(struct setting_issues *issues, const struct device_mode *mode,
                                       enum setting_id id, enum issue_kind kind, double value)
{
	const struct setting_domain *domain = &mode->setting[id];
	bool none = domain->kind == DOMAIN_NONE;

	BUG_ON(issues->count == SETTING_ISSUES_MAX); /* one per setting and one per relation at most */
	struct setting_issue *issue = &issues->issue[issues->count++];
	*issue = (struct setting_issue){.id = id,
	                                .kind = kind,
	                                .value = value,
	                                .min = none ? (double)NAN : domain->min,
	                                .max = none ? (double)NAN : domain->max,
	                                .step = domain->kind == DOMAIN_RANGE ? domain->step : (double)NAN,
	                                .expected = (double)NAN};
	(void)snprintf(issue->source, sizeof issue->source, "%s", domain->from.source);
	return issue;
}

#define TEXT(issue, ...) (void)snprintf((issue)->text, sizeof(issue)->text, __VA_ARGS__)
#define REMEDY(issue, ...) (void)snprintf((issue)->remedy, sizeof(issue)->remedy, __VA_ARGS__)

/* "energy 31 mJ" */
static const char *named(enum setting_id id, double value, char *buffer, size_t size)
{
	const struct setting_spec *spec = setting_spec(id);

	(void)snprintf(buffer, size, "%s %.6g%s%s", spec->label, value, spec->unit[0] ? " " : "", spec->unit);
	return buffer;
}
#define NAMED_MAX 64

/* The grid values to either side of a value, as a remedy. */
static void remedy_neighbours(struct setting_issue *issue, const struct setting_domain *domain)
{
	const char *unit = setting_spec(issue->id)->unit;
	size_t count = setting_grid_count(domain), above = 0;

	while (above < count && setting_grid_value(domain, above) < issue->value)
		above++;
	if (above == 0 || above == count)
		REMEDY(issue, "set %.6g %s", setting_grid_value(domain, above ? count - 1 : 0), unit);
	else
		REMEDY(issue, "set %.6g or %.6g %s", setting_grid_value(domain, above - 1),
		       setting_grid_value(domain, above), unit);
}

static void report_stranger(struct setting_issues *issues, const struct device_mode *mode, enum setting_id id,
                            double value)
{
	struct setting_issue *issue = issue_add(issues, mode, id, ISSUE_NOT_A_SETTING, value);

	TEXT(issue, "%s has no setting %s", mode->name, setting_spec(id)->key);
	REMEDY(issue, "remove %s", setting_spec(id)->key);
}

static void report_missing(struct setting_issues *issues, const struct device_mode *mode, enum setting_id id)
{
	struct setting_issue *issue = issue_add(issues, mode, id, ISSUE_MISSING, (double)NAN);

	TEXT(issue, "%s is not set", setting_spec(id)->label);
	REMEDY(issue, "set %s, %.6g to %.6g %s", setting_spec(id)->key, issue->min, issue->max,
	       setting_spec(id)->unit);
}

static void report_outside(struct setting_issues *issues, const struct device_mode *mode, enum setting_id id,
                           double value)
{
	struct setting_issue *issue = issue_add(issues, mode, id, ISSUE_RANGE, value);
	bool derived = mode->setting[id].kind == DOMAIN_DERIVED;
	char name[NAMED_MAX];

	TEXT(issue, "%s%s is outside %.6g..%.6g %s", named(id, value, name, sizeof name),
	     derived ? ", which follows from the others," : "", issue->min, issue->max,
	     setting_spec(id)->unit);
	REMEDY(issue, derived ? "change the settings it follows from" : "set %.6g to %.6g %s", issue->min,
	       issue->max, setting_spec(id)->unit);
}

static void report_off_grid(struct setting_issues *issues, const struct device_mode *mode, enum setting_id id,
                            double value)
{
	const struct setting_domain *domain = &mode->setting[id];
	enum issue_kind kind = domain->kind == DOMAIN_RANGE ? ISSUE_STEP : ISSUE_CHOICE;
	struct setting_issue *issue = issue_add(issues, mode, id, kind, value);
	char name[NAMED_MAX];

	(void)named(id, value, name, sizeof name);
	if (domain->kind == DOMAIN_RANGE)
		TEXT(issue, "%s is not on the grid %.6g..%.6g %s in steps of %.6g", name, domain->min,
		     domain->max, setting_spec(id)->unit, domain->step);
	else if (domain->kind == DOMAIN_FIXED)
		TEXT(issue, "%s: the mode has %.6g and nothing else", name, domain->min);
	else
		TEXT(issue, "%s is not one of the %zu values from %.6g to %.6g", name, domain->choices,
		     domain->min, domain->max);
	remedy_neighbours(issue, domain);
}

static void report_no_level(struct setting_issues *issues, const struct device_mode *mode,
                            double coverage_pct)
{
	struct setting_issue *issue =
	        issue_add(issues, mode, SETTING_COVERAGE_PCT, ISSUE_CHOICE, coverage_pct);
	size_t above = 0;

	while (above < mode->levels && mode->level_coverage_pct[above] < coverage_pct)
		above++;
	TEXT(issue, "coverage %.6g %% belongs to no treatment level", coverage_pct);
	if (above == 0 || above == mode->levels)
		REMEDY(issue, "set %.6g %%", mode->level_coverage_pct[above ? mode->levels - 1 : 0]);
	else
		REMEDY(issue, "set %.6g %% (level %zu) or %.6g %% (level %zu)",
		       mode->level_coverage_pct[above - 1], above, mode->level_coverage_pct[above],
		       above + 1);
}

static void report_contradiction(struct setting_issues *issues, const struct device_mode *mode,
                                 const struct relation *relation, enum setting_id id, double value,
                                 double expected)
{
	struct setting_issue *issue = issue_add(issues, mode, id, ISSUE_COUPLING, value);
	char name[NAMED_MAX];

	issue->expected = expected;
	TEXT(issue, "%s contradicts the other settings (%s): they give %.4g %s",
	     named(id, value, name, sizeof name), relation->text, expected, setting_spec(id)->unit);
	REMEDY(issue, "set %s to %.4g %s, or correct the others", setting_spec(id)->key, expected,
	       setting_spec(id)->unit);
}

/* --- completing --------------------------------------------------------------------------------------- */

struct completion {
	const struct device_mode *mode;
	struct settings settings;
	struct settings entered;
	struct setting_issues *issues;
	size_t relations;
	struct relation relation[RELATIONS_MAX];
};

static enum domain_kind kind_of(const struct completion *c, unsigned id)
{
	return c->mode->setting[id].kind;
}

/* A value found by solving lands on the grid when it is within the tolerance of it: 0.71 J/cm2 from 200 mJ
 * means a spot of 6 mm, not of 5.99. */
static double snapped(const struct setting_domain *domain, double value)
{
	if (setting_grid_count(domain) == 0)
		return value;
	double nearest = grid_nearest(domain, value);
	return close_to(value, nearest, SETTINGS_COUPLING_TOLERANCE) ? nearest : value;
}

static bool solve_relation(struct completion *c, const struct relation *relation)
{
	size_t unknown = 0, which = 0;

	for (size_t i = 0; i < relation->terms; i++) {
		if (!settings_has(&c->settings, relation->term[i])) {
			unknown++;
			which = i;
		}
	}
	if (unknown != 1)
		return false;
	enum setting_id id = relation->term[which];
	double value = relation->solve(c->mode, &c->settings, id);
	if (!isfinite(value))
		return false;
	settings_set(&c->settings, id, snapped(&c->mode->setting[id], value));
	return true;
}

static void solve_all(struct completion *c)
{
	bool progress = true;

	while (progress) { /* each round sets one more of SETTINGS values */
		progress = false;
		for (size_t i = 0; i < c->relations; i++)
			progress |= solve_relation(c, &c->relation[i]);
	}
}

static void take_entered(struct completion *c)
{
	for (unsigned id = 0; id < SETTINGS; id++) {
		if (!settings_has(&c->entered, id))
			continue;
		if (setting_spec(id)->of_the_plan || kind_of(c, id) != DOMAIN_NONE)
			settings_set(&c->settings, id, c->entered.value[id]);
		else
			report_stranger(c->issues, c->mode, id, c->entered.value[id]);
	}
}

static void take_fixed(struct completion *c)
{
	for (unsigned id = 0; id < SETTINGS; id++)
		if (kind_of(c, id) == DOMAIN_FIXED && !settings_has(&c->settings, id))
			settings_set(&c->settings, id, c->mode->setting[id].min);
}

static void take_usual(struct completion *c)
{
	for (unsigned id = 0; id < SETTINGS; id++) {
		const struct setting_domain *domain = &c->mode->setting[id];
		if (domain->kind == DOMAIN_NONE || isnan(domain->usual) || settings_has(&c->settings, id))
			continue;
		settings_set(&c->settings, id, domain->usual);
		solve_all(c);
	}
}

static void check_value(struct completion *c, enum setting_id id)
{
	const struct setting_domain *domain = &c->mode->setting[id];
	double value = c->settings.value[id];
	double slack = EXACT * fmax(fabs(domain->max), fabs(domain->min));

	if (!isfinite(value) || value < domain->min - slack || value > domain->max + slack)
		report_outside(c->issues, c->mode, id, value);
	else if (setting_grid_count(domain) > 0 && !close_to(value, grid_nearest(domain, value), EXACT))
		report_off_grid(c->issues, c->mode, id, value);
}

/* Limits of what belongs to the course of visits, in modes that say nothing about it. */
static void check_plan_value(struct completion *c, enum setting_id id)
{
	const struct setting_spec *spec = setting_spec(id);
	double value = c->settings.value[id];

	if (value >= spec->min && value <= spec->max)
		return;
	struct setting_issue *issue = issue_add(c->issues, c->mode, id, ISSUE_RANGE, value);
	issue->min = spec->min;
	issue->max = spec->max;
	TEXT(issue, "%s %.6g is outside %.6g..%.6g %s", spec->label, value, spec->min, spec->max, spec->unit);
	REMEDY(issue, "set %.6g to %.6g %s", spec->min, spec->max, spec->unit);
}

/* A coverage that no treatment level has: the level stays open, but it is the coverage that is wrong. */
static bool levelless_coverage(const struct completion *c)
{
	return c->mode->levels > 0 && !settings_has(&c->settings, SETTING_TREATMENT_LEVEL) &&
	       settings_has(&c->settings, SETTING_COVERAGE_PCT);
}

static void check_absent(struct completion *c, enum setting_id id)
{
	const struct setting_domain *domain = &c->mode->setting[id];

	if (id == SETTING_TREATMENT_LEVEL && levelless_coverage(c))
		report_no_level(c->issues, c->mode, c->settings.value[SETTING_COVERAGE_PCT]);
	else if (domain->kind != DOMAIN_NONE && domain->kind != DOMAIN_DERIVED && !domain->optional)
		report_missing(c->issues, c->mode, id);
}

static void check_values(struct completion *c)
{
	for (unsigned id = 0; id < SETTINGS; id++) {
		if (!settings_has(&c->settings, id))
			check_absent(c, id);
		else if (kind_of(c, id) == DOMAIN_NONE)
			check_plan_value(c, id);
		else
			check_value(c, id);
	}
}

/* The term to blame in a contradiction, and to make exact without one: the derived one, else the last. */
static enum setting_id dependent_term(const struct device_mode *mode, const struct relation *relation)
{
	for (size_t i = 0; i < relation->terms; i++)
		if (mode->setting[relation->term[i]].kind == DOMAIN_DERIVED)
			return relation->term[i];
	return relation->term[relation->terms - 1];
}

static void check_relation(struct completion *c, const struct relation *relation)
{
	for (size_t i = 0; i < relation->terms; i++)
		if (!settings_has(&c->settings, relation->term[i]))
			return;
	enum setting_id id = dependent_term(c->mode, relation);
	double value = c->settings.value[id], expected = relation->solve(c->mode, &c->settings, id);
	if (!isfinite(expected))
		return;
	if (!close_to(value, expected, SETTINGS_COUPLING_TOLERANCE))
		report_contradiction(c->issues, c->mode, relation, id, value, expected);
	else if (kind_of(c, id) == DOMAIN_DERIVED)
		settings_set(&c->settings, id, expected);
}

bool settings_complete(const struct device_mode *mode, const struct settings *in, struct settings *out,
                       struct setting_issues *issues)
{
	struct setting_issues unread;
	struct completion c = {.mode = mode, .entered = *in, .issues = issues ? issues : &unread};

	c.issues->count = 0;
	c.relations = coupling_relations(mode, c.relation);
	take_entered(&c);
	take_fixed(&c);
	solve_all(&c);
	take_usual(&c);
	for (size_t i = 0; i < c.relations; i++)
		check_relation(&c, &c.relation[i]);
	check_values(&c);
	*out = c.settings;
	return c.issues->count == 0;
}
