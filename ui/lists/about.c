/* What computes here: program, libraries, data with their digests, models, licences, and every source by its key. */
#include "ui/lists.h"

static const struct listing_column pair_columns[] = {{"what", false, 0}, {"is", false, 0}};
static const struct listing_column library_columns[] = {
        {"library", false, 0}, {"version", false, 0}, {"licence", false, 2}, {"for", false, 1}};
static const struct listing_column model_columns[] = {{"model", false, 0}, {"method", false, 1}, {"after", false, 0}};
static const struct listing_column source_columns[] = {{"key", false, 0}, {"source", false, 0}};
#define COLUMNS(columns) columns, sizeof(columns) / sizeof *(columns)

/* What the numbers on the screens come from; ranges and figures stand above each function in physics/. */
static const struct {
	const char *model, *method, *after;
} models[] = {
        {"skin optics", "published spectra by volume fraction, their spread as uncertainty", "profiles/SOURCES.md"},
        {"light, broad beams", "delta-M discrete ordinates", "Wiscombe 1977; Stamnes 1988"},
        {"light, finite spots", "discrete ordinates by lateral frequency", "the same, Hankel transform"},
        {"light, microbeams and second check", "Monte Carlo, track length", "Wang 1995 (MCML)"},
        {"heat, one dimension", "finite volumes, TR-BDF2", "Pennes 1948; Bank 1985; Hosea & Shampine 1996"},
        {"heat, under spots", "radial modes, TR-BDF2 in depth", "the same"},
        {"heat, columns", "r-z enthalpy with boiling and removal", "Pennes 1948"},
        {"damage", "Arrhenius integrals, CEM43", "Henriques & Moritz 1947; Simanovskii 2006; Sapareto 1984"},
        {"pigment, ps to ns", "heated sphere against one criterion", "Jacques & McAuliffe 1991"},
        {"dielectrics", "four Cole-Cole terms", "S. Gabriel 1996"},
        {"radiofrequency needles", "3-D finite volumes of one needle of an array", "own, checked against closed forms"},
        {"skin twin", "least squares with priors, Laplace posterior", "readings' own instruments"},
};

static void add_pair(struct listing *out, const char *what, const char *is)
{
	listing_row(out, what, ROLE_TEXT, (const char *const[]){what, is});
	listing_detail(out, "%s: %s", what, is);
}

static void add_data(struct listing *out, const struct library *library)
{
	char text[160];
	(void)snprintf(text, sizeof text, "%zu device profiles, %zu protocols, %zu rules, %zu limits, %zu published settings",
	               library_device_count(library), library_protocol_count(library), ruleset_count(library_rules(library)),
	               limits_count(ruleset_limits(library_rules(library))), library_published_count(library));
	listing_section(out, "Data, by digest (BLAKE2b)", COLUMNS(pair_columns), "");
	add_pair(out, "contents", text);
	add_pair(out, "all files", library_digest(library));
	add_pair(out, "rules, limits, drugs, protocols", library_rules_digest(library));
	for (size_t i = 0; i < library_device_count(library); i++) {
		const char *id = library_device(library, i)->id;
		add_pair(out, id, library_device_digest(library, id));
	}
}

static void add_sources(struct listing *out, const struct library *library)
{
	const char *key, *text;
	listing_section(out, "Sources", COLUMNS(source_columns), "None is on file.");
	for (size_t i = 0; ruleset_source(library_rules(library), i, &key, &text); i++) {
		listing_row(out, key, ROLE_TEXT, (const char *const[]){key, text});
		listing_detail(out, "%s: %s", key, text);
	}
}

void list_about(struct listing *out, const struct library *library, const struct list_library *linked, size_t count)
{
	listing_section(out, "Program", COLUMNS(pair_columns), "");
	add_pair(out, "lasertwin", LASERTWIN_VERSION);
	add_pair(out, "licence", "GPL-3.0-or-later (COPYING); data: profiles/SOURCES.md");
	add_pair(out, "compiler", __VERSION__);
	listing_section(out, "Libraries, as they are now", COLUMNS(library_columns), "");
	for (size_t i = 0; i < count; i++) {
		const struct list_library *l = &linked[i];
		listing_row(out, l->name, ROLE_TEXT, (const char *const[]){l->name, l->version, l->licence, l->use});
		listing_detail(out, "%s %s, for %s. Licence: %s", l->name, l->version, l->use, l->licence);
	}
	add_data(out, library);
	listing_section(out, "Models", COLUMNS(model_columns), "");
	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		listing_row(out, models[i].model, ROLE_TEXT,
		            (const char *const[]){models[i].model, models[i].method, models[i].after});
		listing_detail(out, "%s: %s, after %s", models[i].model, models[i].method, models[i].after);
	}
	add_sources(out, library);
}
